//! CloudWatch: takes metrics and log events in, and lets them be seen a while later.
//!
//! # Model
//! 1. A call takes a token of its operation's bucket, which the account shares; without
//!    one it is throttled at once, and what it told is a gap in the data.
//! 2. It is acknowledged after its time.
//! 3. Metric data is there `metric_delay` later, log events `log_delay` later: then a
//!    message goes to each link that takes the operation (`ops`), a metric stream, a
//!    subscription of logs. A flow is settled once what it told can be seen.
//!
//! # Not modelled
//! - Alarms on what calls told: those of the file (`alarms`) watch the run itself, any figure
//!   of its report and its charges, with a `delay` for the one to three minutes by which metrics
//!   that services publish of themselves are late. They are not in the bill.
//! - Dashboards, queries (Logs Insights).
//! - What is in a call: a call of too many bytes, values of more than 150 to a metric.
//! - Log events that an agent gathers into batches: give the step a `count`, and fewer calls.
//!
//! # Sources
//! CloudWatch user guide (Service quotas); CloudWatch Logs user guide (Quotas). Times
//! and delays are estimates. Read 2026-11.

use crate::component::ask::{Access, OperationInfo};
use crate::component::parameter::{
    Basis, Parameters, count, duration_law, milliseconds_p50_p99, parameters, rate, size_law,
};
use crate::component::price::{Charge, ON, PRICE_LIST, Price, RECALLED, Tiers, Usage};
use crate::component::{BucketSpec, Class, Component, KindInfo, Program, Scope, WorkSpec};
use crate::model::Cost;
use crate::random::law::Law;

/// Limits.
const QUOTAS: &str = "CloudWatch user guide, Service quotas, read 2026-11";
/// Times.
const LATENCY: &str = "in-region practice, 2026-11; no distribution is published, put your own";
/// One gibibyte in bytes.
const GIBIBYTE: f32 = 1_073_741_824.0;

/// What is paid for.
const PRICES: &[Price] = &[PUTS, READS, LOGS, METRICS];
const PUTS: Price = Price {
    item: "calls of put-metric-data",
    unit: "request",
    usd: Tiers::Flat(0.01 / 1_000.0),
    free: 0.0,
    basis: Basis::Estimate,
    source: RECALLED,
};
const READS: Price = Price {
    item: "metrics read by get-metric-data",
    unit: "metric",
    free: 0.0,
    ..PUTS
};
const LOGS: Price = Price {
    item: "log events taken in",
    unit: "GiB",
    usd: Tiers::Flat(0.5),
    free: 0.0,
    basis: Basis::Documented,
    source: PRICE_LIST,
};
const METRICS: Price = Price {
    item: "custom metrics",
    unit: "metric",
    usd: Tiers::Steps(&[(10_000.0, 0.3), (ON, 0.1)]),
    free: 0.0,
    ..PUTS
};

/// The kind.
pub static INFO: KindInfo = KindInfo {
    kind: "cloudwatch",
    class: Class::Store,
    summary: "takes metrics and log events in, shows them a while later",
    model: "takes a token of the operation's bucket, which the account shares, else throttles; acknowledges after a call's \
            time; sends to each link what can be seen by then, a delay later",
    not_modelled: "alarms on what calls told (`alarms` of the file watch the run itself), dashboards, queries, limits of what is in a call",
    sources: "CloudWatch user guide (Service quotas); CloudWatch Logs user guide (Quotas); read 2026-11",
    operations: &[
        OperationInfo {
            name: "put-metric-data",
            access: Access::Write,
            most_items: 1_000,
            doc: "tells a value, or values of up to 1,000 metrics",
        },
        OperationInfo {
            name: "put-log-events",
            access: Access::Write,
            most_items: 10_000,
            doc: "tells a log event, or up to 10,000",
        },
        OperationInfo {
            name: "get-metric-data",
            access: Access::Read,
            most_items: 500,
            doc: "reads a metric, or up to 500",
        },
    ],
    prices: PRICES,
    parameters: CloudWatch::table,
    read: |object| Box::new(CloudWatch::read(object)),
};

parameters! {
    /// Parameters of metrics and logs.
    pub struct CloudWatch {
        /// Calls per time of `put-metric-data`, of the account; one second of it at once, as of the others.
        metric_rate: f64 = 500.0, rate(), Documented, QUOTAS;
        /// Calls per time of `put-log-events`, of the account.
        log_rate: f64 = 5_000.0, rate(), Documented, "CloudWatch Logs user guide, Quotas, read 2026-11";
        /// Calls per time of `get-metric-data`, of the account.
        read_rate: f64 = 500.0, rate(), Documented, QUOTAS;
        /// Custom metrics that are kept, for the bill.
        metrics: Option<u32> = None, count(1..=100_000_000), Choice, "not known until it is given; they are then not in the bill";
        /// Size of a value or log event where a step gives none.
        item: Law = Law::Constant(256.0), size_law(), Choice, "a line of text";
        /// Time of `put-metric-data`.
        put: Law = milliseconds_p50_p99(20.0, 100.0), duration_law(), Estimate, LATENCY;
        /// Time of `put-log-events`.
        log: Law = milliseconds_p50_p99(20.0, 100.0), duration_law(), Estimate, "as `put`, for want of a figure; put your own";
        /// Time of `get-metric-data`.
        get: Law = milliseconds_p50_p99(20.0, 100.0), duration_law(), Estimate, "as `put`, for want of a figure; put your own";
        /// Time from the acknowledgement until a value can be seen.
        metric_delay: Law = milliseconds_p50_p99(5_000.0, 30_000.0), duration_law(), Estimate, "custom metrics, 2026-11; no distribution is published, put your own";
        /// Time from the acknowledgement until a subscription gets a log event.
        log_delay: Law = milliseconds_p50_p99(3_000.0, 15_000.0), duration_law(), Estimate, LATENCY;
    }
}

impl Component for CloudWatch {
    fn info(&self) -> &'static KindInfo {
        &INFO
    }

    fn compile(&self, program: &mut Program<'_>) {
        let (label, per_s, meter, time, delay) = match program.op() {
            "put-log-events" => (
                "calls of put-log-events",
                self.log_rate,
                Cost::Bytes {
                    factor: 1.0 / GIBIBYTE,
                },
                &self.log,
                Some(&self.log_delay),
            ),
            "get-metric-data" => (
                "calls of get-metric-data",
                self.read_rate,
                Cost::Items,
                &self.get,
                None,
            ),
            _ => (
                "calls of put-metric-data",
                self.metric_rate,
                Cost::One,
                &self.put,
                Some(&self.metric_delay),
            ),
        };
        let calls = BucketSpec::one_second(per_s, Scope::Account);
        let calls = program.bucket(label, &calls);
        program.admit_metered(&[(calls, Cost::One)], meter);
        program.work(&WorkSpec::of(time));
        // Without a link too: a flow is settled once it can be seen.
        if let Some(delay) = delay {
            program.aside(|program| {
                program.delay(delay);
                program.publish();
            });
        }
    }

    fn charges(&self) -> Vec<Charge> {
        let mut charges = vec![
            Charge::new(&PUTS, Usage::Units(&["put-metric-data"])),
            Charge::new(&READS, Usage::Units(&["get-metric-data"])),
            Charge::new(&LOGS, Usage::Units(&["put-log-events"])),
        ];
        if let Some(metrics) = self.metrics {
            charges.push(Charge::new(&METRICS, Usage::Kept(f64::from(metrics))));
        }
        charges
    }

    fn unbilled(&self) -> Vec<&'static str> {
        let mut unbilled = vec!["log events that are kept", "alarms and dashboards"];
        if self.metrics.is_some_and(|metrics| metrics > 250_000) {
            unbilled.push("that metrics beyond 250,000 cost less");
        }
        if self.metrics.is_none() {
            unbilled.push("custom metrics, as it has no `metrics`");
        }
        unbilled
    }

    fn item(&self) -> Option<Law> {
        Some(self.item.clone())
    }
}

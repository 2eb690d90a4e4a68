//! X-Ray: keeps traces of a part of the requests, chosen as they begin.
//!
//! # Model
//! One call tells one trace; its items are the segments, one for each service that the
//! request came to, so that what was chosen once holds for all of them.
//!
//! 1. A trace is sampled if the second that is running has a token of `reservoir` left, of
//!    the rest with probability `rate`. Who is not sampled pays `unsampled` and is done.
//! 2. A sampled trace pays `sampled`, the time that recording it takes in the request's way.
//! 3. Its segments take tokens of the bucket that the account shares; without them the
//!    trace is lost (throttled). Give the step `"on_error": []`: the caller goes on.
//! 4. The report holds the twenty slowest traces of the first replication: every visit with its
//!    times, also at nodes that tell no segment, and those that came before the call.
//!
//! # Not modelled
//! - Several rules, the share of the reservoir that each instance borrows, rules kept on
//!   each instance (n instances then have n reservoirs: multiply it).
//! - Segments that come one by one, agents that gather them, the delay until a trace can be
//!   seen (10 s to a minute), segments beyond 64 KiB.
//!
//! # Sources
//! X-Ray developer guide (Configuring sampling rules); AWS general reference (X-Ray
//! endpoints and quotas), its 2,600 segments/s recalled. Times are estimates. Read 2026-11.

use crate::component::ask::{Access, OperationInfo};
use crate::component::parameter::{
    Basis, Parameters, duration_law, milliseconds_p50_p99, parameters, rate, share,
};
use crate::component::price::{Charge, MILLION, Price, RECALLED, Tiers, Usage};
use crate::component::{BucketSpec, Class, Component, KindInfo, Program, Scope, WorkSpec};
use crate::model::{Cost, Outcome};
use crate::random::law::Law;
use crate::units::Span;

/// How requests are chosen.
const SAMPLING: &str =
    "X-Ray developer guide, Configuring sampling rules: the default rule, read 2026-11";
/// Times.
const LATENCY: &str = "in the request's way, 2026-11; no distribution is published, put your own";

/// What is paid for.
const PRICES: &[Price] = &[TRACES];
const TRACES: Price = Price {
    item: "traces recorded",
    unit: "trace",
    usd: Tiers::Flat(5.0 / MILLION),
    free: 0.1 * MILLION,
    basis: Basis::Estimate,
    source: RECALLED,
};

/// The kind.
pub static INFO: KindInfo = KindInfo {
    kind: "x-ray",
    class: Class::Leaf,
    summary: "keeps traces of a part of the requests, chosen as they begin",
    model: "samples a trace by its reservoir of the second, of the rest a share; pays the time of recording it or not; takes tokens of \
            the account for its segments, else the trace is lost (throttled); the report holds the slowest",
    not_modelled: "several rules, segments that come one by one, agents, the delay until a trace is seen",
    sources: "X-Ray developer guide (Configuring sampling rules); AWS general reference (X-Ray endpoints and quotas); read 2026-11",
    operations: &[OperationInfo {
        name: "put",
        access: Access::Write,
        most_items: 50,
        doc: "tells the segments of one trace (PutTraceSegments)",
    }],
    prices: PRICES,
    parameters: XRay::table,
    read: |object| Box::new(XRay::read(object)),
};

parameters! {
    /// Parameters of tracing.
    pub struct XRay {
        /// Traces per time that are sampled whatever the share, in seconds that begin whole.
        reservoir: f64 = 1.0, rate(), Documented, SAMPLING;
        /// Share of the other traces that are sampled.
        rate: f64 = 0.05, share(), Documented, SAMPLING;
        /// Segments per time that the account takes in; one second of it at once.
        segments: f64 = 2_600.0, rate(), Estimate, "AWS general reference, X-Ray quotas, recalled 2026-11";
        /// Time of recording a sampled trace.
        sampled: Law = milliseconds_p50_p99(0.2, 1.5), duration_law(), Estimate, LATENCY;
        /// Time of leaving a trace out.
        unsampled: Law = milliseconds_p50_p99(0.02, 0.2), duration_law(), Estimate, LATENCY;
    }
}

impl Component for XRay {
    fn info(&self) -> &'static KindInfo {
        &INFO
    }

    fn compile(&self, program: &mut Program<'_>) {
        let reservoir = BucketSpec {
            window: Span(1_000_000_000),
            ..BucketSpec::one_second(self.reservoir, Scope::Node)
        };
        let reservoir = program.bucket("reservoir of traces", &reservoir);
        let unsampled = |program: &mut Program<'_>| {
            program.work(&WorkSpec::of(&self.unsampled));
            program.leave(Outcome::Completed);
        };
        let by_chance = |program: &mut Program<'_>| program.coin(1.0 - self.rate, unsampled);
        program.afford(reservoir, Cost::One, by_chance);
        program.work(&WorkSpec::of(&self.sampled));
        let segments = BucketSpec::one_second(self.segments, Scope::Account);
        let segments = program.bucket("segments of the account", &segments);
        program.admit_traced(&[(segments, Cost::Items)], Cost::One);
    }

    fn charges(&self) -> Vec<Charge> {
        vec![Charge::new(&TRACES, Usage::Units(&[]))]
    }

    fn unbilled(&self) -> Vec<&'static str> {
        vec!["traces read and searched"]
    }
}

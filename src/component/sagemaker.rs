//! SageMaker: an endpoint, whose instances or environments run a model.
//!
//! # Model
//! 1. The platform works on the call (`overhead`), without a server that could be busy.
//! 2. Of a real-time endpoint: the call comes to any of the instances and waits there for a worker. Nothing is
//!    refused; who has waited for `timeout` is given up (timed out).
//! 3. It holds the worker for the time of the model.
//! 4. Of a serverless endpoint instead: the call takes an idle environment, or a new one, which
//!    is a `cold_start`; with `concurrency` calls inside it is throttled at once. The
//!    environment is idle until `keep_alive` is over.
//!
//! # Not modelled
//! - The part of the time limit that the model itself takes: give the link a `timeout`, too.
//! - Starts of instances and scaling, which take minutes: `instances` is fixed.
//! - Provisioned concurrency and the memory of serverless endpoints, the account's 1,000 calls at
//!   once. Asynchronous endpoints, several models in one, batches in the container.
//!
//! # Sources
//! SageMaker AI developer guide (Real-time inference), Application Auto Scaling guide; the limit
//! of 60 s and the workers are recalled. Times are estimates. Read 2026-11.

use crate::component::instance_types::{InstanceType, Offer};
use crate::component::parameter::{
    Basis, Parameters, choice, count, duration_in, duration_law, milliseconds_p50_p99, parameters,
    share,
};
use crate::component::price::{Charge, Price, RECALLED, Tiers, Usage};
use crate::component::purchase::{ON_DEMAND, PLANS, Purchase};
use crate::component::shared::MOST_INSTANCES;
use crate::component::{Class, Component, KindInfo, PoolSpec, Program, StationSpec, WorkSpec};
use crate::random::law::Law;
use crate::spec::reader::Object;
use crate::units::Span;

/// Times.
const LATENCY: &str = "a small tabular model on a processor, 2026-11; put your own";
/// What is paid for.
const PRICES: &[Price] = &[
    instance("instance ml.m5.large", 0.115),
    instance("instance ml.m5.xlarge", 0.23),
    instance("instance ml.m5.2xlarge", 0.461),
    instance("instance ml.c5.xlarge", 0.204),
    instance("instance ml.g4dn.xlarge", 0.736),
    instance("instance ml.g5.xlarge", 1.408),
    instance("instance ml.g5.2xlarge", 1.515),
];

/// Makes the price of an instance [US dollars an hour].
const fn instance(item: &'static str, usd: f64) -> Price {
    Price {
        item,
        unit: "instance-hour",
        usd: Tiers::Flat(usd),
        free: 0.0,
        basis: Basis::Estimate,
        source: RECALLED,
    }
}

/// The kind.
pub static INFO: KindInfo = KindInfo {
    kind: "sagemaker",
    class: Class::Leaf,
    summary: "an endpoint: instances or environments that run a model",
    model: "works on the call; comes to any instance and waits for a worker, up to the time-out, or takes an environment, new ones \
            after a cold start, above its concurrency throttles; holds it for the model's time",
    not_modelled: "the model's part of the time limit, starts and scaling of instances, asynchronous endpoints, several models, batches",
    sources: "SageMaker AI developer guide (Real-time inference); read 2026-11",
    operations: &[],
    prices: PRICES,
    parameters: SageMaker::table,
    read: |object| Box::new(SageMaker::read(object)),
};

/// Instance types that are offered.
///
/// ESTIMATE: families as recalled, 2026-11, since no list of them lies at hand; processors
/// and memory are those of the EC2 type of the name.
const TYPES: Offer = Offer {
    prefix: "ml.",
    suffix: "",
    families: &[
        "m5", "c5", "m6i", "c6i", "r6i", "m7i", "c7i", "c6g", "m6g", "g4dn", "g5", "g6", "inf2",
    ],
    least_gib: 4.0,
    least_vcpus: 2,
    range: "an instance type such as `ml.m5.large` or `ml.g5.xlarge`",
};
/// The type where none is given.
const M5_LARGE: InstanceType = InstanceType {
    name: "m5.large",
    vcpus: 2,
    gib: 8.0,
};

/// What runs the model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Instances that are always there.
    RealTime,
    /// Environments that come with the calls.
    Serverless,
}

parameters! {
    /// Parameters of an endpoint.
    pub struct SageMaker {
        /// What runs the model.
        mode: Mode = Mode::RealTime, choice(&[("real-time", Mode::RealTime), ("serverless", Mode::Serverless)]), Choice, "the usual endpoint";
        /// Instance type: one worker for each vCPU, as of the EC2 type of the name; the families are recalled.
        instance as "type": InstanceType = M5_LARGE, TYPES.read(), Choice, "the smallest general-purpose one";
        /// Instances.
        instances: u32 = 2, count(1..=MOST_INSTANCES), Choice, "one in each of two zones";
        /// How the instances are bought, for the bill.
        purchase: Purchase = Purchase::OnDemand, choice(PLANS), Choice, ON_DEMAND;
        /// Share of the list price that `purchase` saves; needed where it is not on demand.
        discount: Option<f64> = None, share(), Choice, "none is known that would be usual";
        /// Workers of one instance; without it one for each vCPU. Give 1 for each accelerator.
        workers: Option<u32> = None, count(1..=1_000), Estimate, "what serving containers do, recalled 2026-11";
        /// Most calls inside at once; serverless only.
        concurrency: u32 = 200, count(1..=200), Estimate, "the most of one endpoint, recalled 2026-11";
        /// Time that a new environment takes; serverless only.
        cold_start: Law = milliseconds_p50_p99(4_000.0, 20_000.0), duration_law(), Estimate, "container and model of hundreds of megabytes, 2026-11; put your own";
        /// How long an idle environment is kept; serverless only.
        keep_alive: Law = Law::Uniform { low: 300e9, high: 900e9 }, duration_law(), Estimate, "as of functions, for want of a figure; put your own";
        /// Time of the platform, beside the model.
        overhead: Law = milliseconds_p50_p99(6.0, 30.0), duration_law(), Estimate, LATENCY;
        /// Time of a worker for one call.
        model: Law = milliseconds_p50_p99(6.0, 30.0), duration_law(), Estimate, LATENCY;
        /// Longest wait for a worker.
        timeout: Span = Span(60_000_000_000), duration_in(Span(1_000_000)..=Span(60_000_000_000)), Estimate, "InvokeEndpoint answers within 60 s, recalled 2026-11";
    }
    check SageMaker::check
}

impl SageMaker {
    /// Checks rules between parameters.
    fn check(&mut self, object: &mut Object<'_>) {
        let (foreign, other): (&[&str], &str) = match self.mode {
            Mode::RealTime => (&["concurrency", "cold_start", "keep_alive"], "serverless"),
            Mode::Serverless => (
                &[
                    "type",
                    "instances",
                    "purchase",
                    "discount",
                    "workers",
                    "timeout",
                ],
                "real-time",
            ),
        };
        for key in foreign.iter().filter(|key| object.has(key)) {
            let message = format!(
                "`{key}` does not apply to {}: only a {other} endpoint has it",
                object.owner()
            );
            object.error_at(key, "sagemaker::mode", message);
        }
        self.purchase.check(self.discount, &[], object);
    }

    /// Writes what environments do with a call.
    fn serverless(&self, program: &mut Program<'_>) {
        let environments = PoolSpec {
            cold_start: Some(self.cold_start.clone()),
            keep_alive: self.keep_alive.clone(),
            last_used: true,
            most: self.concurrency,
            start_rate: 0.0,
            start_burst: 0.0,
            provisioned: 0,
            lifetime: Span::MAX,
        };
        let pool = program.pool("environments", &environments);
        program.environment(pool, None, &|_| {});
        program.work(&WorkSpec::of(&self.model));
    }

    /// Returns what an instance costs, if it is known.
    fn price(&self) -> Option<&'static Price> {
        let item = format!("instance ml.{}", self.instance.name);
        PRICES.iter().find(|price| price.item == item)
    }
}

impl Component for SageMaker {
    fn info(&self) -> &'static KindInfo {
        &INFO
    }

    fn compile(&self, program: &mut Program<'_>) {
        program.work(&WorkSpec::of(&self.overhead));
        if self.mode == Mode::Serverless {
            return self.serverless(program);
        }
        let workers = StationSpec {
            instances: self.instances,
            servers: self.workers.unwrap_or(self.instance.vcpus),
            max_wait: Some(Law::Constant(self.timeout.0 as f64)),
            ..StationSpec::default()
        };
        let workers = program.station("workers", &workers);
        program.serve(workers, &WorkSpec::of(&self.model));
    }

    fn charges(&self) -> Vec<Charge> {
        if self.mode == Mode::Serverless {
            return Vec::new();
        }
        let instances = Usage::Hours(f64::from(self.instances));
        let discount = self.purchase.discount(self.discount, &[]);
        let charge = |price| Charge::new(price, instances).at(discount);
        self.price().map(charge).into_iter().collect()
    }

    fn unbilled(&self) -> Vec<&'static str> {
        let mut unbilled = vec!["bytes that calls bring and take"];
        if self.mode == Mode::Serverless {
            unbilled.push("the time of its environments");
        } else if self.price().is_none() {
            unbilled.push("its instances, as nothing is known of the price of their type");
        }
        unbilled
    }
}

//! SageMaker: a real-time endpoint, instances whose workers run a model.
//!
//! # Model
//! 1. The platform works on the call (`overhead`), without a server that could be busy.
//! 2. The call comes to any of the instances and waits there for a worker. Nothing is
//!    refused; who has waited for `timeout` is given up (timed out).
//! 3. It holds the worker for the time of the model.
//!
//! # Not modelled
//! - The part of the time limit that the model itself takes: give the link a `timeout`, too.
//! - Starts of instances and scaling, which take minutes: `instances` is fixed.
//! - Serverless and asynchronous endpoints, several models in one, batches in the container.
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
use crate::component::{Class, Component, KindInfo, Program, StationSpec, WorkSpec};
use crate::random::law::Law;
use crate::spec::reader::Object;
use crate::units::Span;

/// Times.
const LATENCY: &str = "a small tabular model on a processor, 2026-11; put your own";
/// What is paid for.
pub const PRICES: &[Price] = &[
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
    summary: "a real-time endpoint: instances whose workers run a model",
    model: "works on the call; comes to any instance and waits for a worker, up to the time-out; holds it for the model's time",
    not_modelled: "the model's part of the time limit, starts and scaling, serverless and asynchronous endpoints, several models, batches",
    sources: "SageMaker AI developer guide (Real-time inference); read 2026-11",
    operations: &[],
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

parameters! {
    /// Parameters of an endpoint.
    pub struct SageMaker {
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
        self.purchase.check(self.discount, &[], object);
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
        let instances = Usage::Hours(f64::from(self.instances));
        let discount = self.purchase.discount(self.discount, &[]);
        let charge = |price| Charge::new(price, instances).at(discount);
        self.price().map(charge).into_iter().collect()
    }

    fn unbilled(&self) -> Vec<&'static str> {
        let mut unbilled = vec!["bytes that calls bring and take"];
        if self.price().is_none() {
            unbilled.push("its instances, as nothing is known of the price of their type");
        }
        unbilled
    }
}

//! Lambda@Edge: a function beside a distribution, in the region behind the viewer's edge.
//!
//! # Model
//! 1. The invocation takes `overhead`, then passes the gates of Lambda in that region, which
//!    all functions there share: requests per second (10 for each unit of concurrency) and
//!    concurrency. Who finds one closed is throttled at once (503 for the viewer).
//! 2. An idle environment is taken, the last used first; else one is created (cold start).
//! 3. The flow's steps run, or `compute` and then all links in order. The environment is kept
//!    throughout. A processor's share is memory / 1,769 MiB of a vCPU.
//!
//! Put it behind the distribution for origin requests, before it for viewer requests.
//!
//! # Not modelled
//! - Regions apart from each other: the one region's limits stand for those of all viewers.
//! - The rate of new environments, its own time limits (30 s), sizes of answers.
//! - CloudFront Functions: less than a millisecond, as `time` of the distribution.
//!
//! # Sources
//! CloudFront developer guide (Differences between CloudFront Functions and Lambda@Edge;
//! Quotas). Times are estimates. Read 2026-11.

use crate::component::parameter::{
    Basis, Parameters, custom, duration_law, milliseconds_p50_p99, parameters,
};
use crate::component::price::{Charge, Environments, MILLION, Price, RECALLED, Tiers, Usage};
use crate::component::{
    BucketSpec, Class, Component, Compute, KindInfo, PoolSpec, Program, Scope, WorkSpec,
};
use crate::model::Cost;
use crate::random::law::Law;
use crate::spec::field::Field;
use crate::units::Span;
use crate::units::show;

/// Times.
const LATENCY: &str = "Node.js, 2026-11; no distribution is published, put your own";
/// Memory that comes with one vCPU [MiB].
///
/// SOURCE: Lambda developer guide, Memory: 1,769 MB is one vCPU. Read 2026-11.
const MEBIBYTES_PER_VCPU: f64 = 1_769.0;
/// Requests per second for each unit of concurrency.
///
/// SOURCE: CloudFront developer guide, Quotas. Read 2026-11.
const REQUESTS_PER_CONCURRENCY: f64 = 10.0;
/// One mebibyte.
const MEBIBYTE: u64 = 1 << 20;

/// What is paid for.
const PRICES: &[Price] = &[REQUESTS, DURATION];
const REQUESTS: Price = Price {
    item: "requests at the edge",
    unit: "request",
    usd: Tiers::Flat(0.6 / MILLION),
    free: 0.0,
    basis: Basis::Estimate,
    source: RECALLED,
};
const DURATION: Price = Price {
    item: "duration at the edge",
    unit: "GiB-second",
    usd: Tiers::Flat(5.001e-5),
    ..REQUESTS
};

/// The kind.
pub static INFO: KindInfo = KindInfo {
    kind: "lambda-at-edge",
    class: Class::Programmable,
    summary: "a function beside a distribution, near the viewer",
    model: "takes the overhead of an invocation; passes the rate and concurrency of the region's functions, else throttles; \
            takes an idle environment or creates one (cold start); runs the flow's steps at memory/1769 of a vCPU",
    not_modelled: "regions apart from each other, the rate of new environments, time limits, sizes of answers, CloudFront Functions",
    sources: "CloudFront developer guide (Differences between CloudFront Functions and Lambda@Edge; Quotas); read 2026-11",
    operations: &[],
    prices: PRICES,
    parameters: LambdaAtEdge::table,
    read: |object| Box::new(LambdaAtEdge::read(object)),
};

/// Reads the memory [MiB].
fn memory() -> crate::component::parameter::How<u64> {
    let read = |field: &Field<'_>| {
        let bytes = field.size()?;
        if (128 * MEBIBYTE..=10_240 * MEBIBYTE).contains(&bytes) {
            return Some(bytes / MEBIBYTE);
        }
        field.out_of_range("128MiB", "10240MiB")
    };
    custom("size", "128MiB to 10240MiB", read, |mebibytes: &u64| {
        show::size((*mebibytes * MEBIBYTE) as f64)
    })
}

parameters! {
    /// Parameters of a function.
    pub struct LambdaAtEdge {
        /// Memory, and with it the share of a processor; viewer requests have 128MiB.
        memory: u64 = 128, memory(), Documented, "CloudFront developer guide, Quotas: 128 MB for viewer requests, read 2026-11";
        /// Work of a request for which the flow gives no steps, on one full vCPU.
        compute: Law = Law::Constant(1e6), duration_law(), Choice, "a look at headers";
        /// Time of an invocation before the function runs.
        overhead: Law = milliseconds_p50_p99(10.0, 60.0), duration_law(), Estimate, LATENCY;
        /// Time until a new environment can begin with its first request.
        cold_start: Law = milliseconds_p50_p99(260.0, 800.0), duration_law(), Estimate, LATENCY;
        /// How long an idle environment is kept.
        keep_alive: Law = Law::Uniform { low: 300e9, high: 900e9 }, duration_law(), Estimate, "5 to 15 minutes as commonly observed, 2026-11; the vendor gives no figure";
    }
}

impl Component for LambdaAtEdge {
    fn info(&self) -> &'static KindInfo {
        &INFO
    }

    fn compile(&self, program: &mut Program<'_>) {
        program.work(&WorkSpec::of(&self.overhead));
        let most = super::lambda::unreserved(program);
        // The labels of `lambda`: functions of a region share its limits.
        let cap = f64::from(most) * REQUESTS_PER_CONCURRENCY;
        let cap = BucketSpec::one_second(cap, Scope::Account);
        let requests = program.bucket("requests per unit of concurrency", &cap);
        program.admit(&[requests], Cost::One, false);
        program.limit(
            "concurrency of functions",
            most,
            Scope::Account,
            None,
            false,
        );
        let pool = program.pool(
            "environments",
            &PoolSpec {
                cold_start: Some(self.cold_start.clone()),
                keep_alive: self.keep_alive.clone(),
                last_used: true,
                most,
                start_rate: 0.0,
                start_burst: 0.0,
                provisioned: 0,
                lifetime: Span::MAX,
            },
        );
        program.environment(pool, None, &|_| {});
        program.steps(&Compute {
            station: None,
            blocking: false,
            scale: (MEBIBYTES_PER_VCPU / self.memory as f64).max(1.0),
            alone: Some(self.compute.clone()),
        });
    }

    fn charges(&self) -> Vec<Charge> {
        let environments = Environments {
            each: self.memory as f64 / 1024.0,
            provisioned: 0,
            supply: "",
            of_provisioned: false,
            // ESTIMATE: a cold start is charged whole; how much of it is init is not known.
            free_start_ns: 0.0,
            before_ns: self.overhead.mean(),
            // ESTIMATE: times are rounded up to whole milliseconds, as `lambda` does.
            rounding_ns: 500_000.0,
        };
        vec![
            Charge::new(&REQUESTS, Usage::Visits(&[])),
            Charge::new(&DURATION, Usage::Environments(environments)),
        ]
    }
}

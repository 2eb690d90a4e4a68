//! A pool of execution environments: one visit each, created when none is idle.
//!
//! # Model
//! An idle environment is taken, or a new one is created, which costs `cold_start`
//! beside `service_time`, or `cold_service_time` instead of it. Then the flow's steps
//! run, or all links are called in order. The environment is kept throughout,
//! becomes idle, and is destroyed after `keep_alive`. Above `max`, or faster than
//! `start_rate`, visits are throttled.
//!
//! # Not modelled
//! Environments that serve several visits at once; creation ahead of need.
//!
//! # Sources
//! `keep_alive`: SimFaaS (Mahmoudi and Khazaei 2021) takes ten minutes.

use crate::component::parameter::{
    Parameters, choice, count_or_unlimited, duration_law, duration_or_unlimited, factor,
    parameters, rate,
};
use crate::component::{Class, Component, Compute, KindInfo, PoolSpec, Program, WorkSpec};
use crate::random::law::Law;
use crate::spec::reader::Object;
use crate::units::Span;

/// The kind.
pub static INFO: KindInfo = KindInfo {
    kind: "pool",
    class: Class::Programmable,
    summary: "execution environments for one visit each, created when none is idle",
    model: "takes an idle environment or creates one (cold start); works; runs the flow's steps or \
            calls all links; keeps the environment idle until keep_alive is over",
    not_modelled: "several visits in one environment, creation ahead of need",
    sources: super::SOURCES,
    operations: super::PLAIN,
    prices: &[],
    parameters: EnvironmentPool::table,
    read: |object| Box::new(EnvironmentPool::read(object)),
};

parameters! {
    /// Parameters of a pool.
    pub struct EnvironmentPool {
        /// Time of the work in an environment.
        service_time: Option<Law> = None, duration_law(), Choice, "no work beside the steps";
        /// Time that creating an environment adds.
        cold_start: Option<Law> = None, duration_law(), Choice, "creation takes no time";
        /// Time of the work in a new environment, in place of `service_time`.
        cold_service_time: Option<Law> = None, duration_law(), Choice, "as in any other";
        /// How long an idle environment is kept.
        keep_alive: Law = Law::Constant(600e9), duration_law(), Measured, "SimFaaS (Mahmoudi and Khazaei 2021): ten minutes";
        /// Age at which an environment ends, as soon as it is idle.
        lifetime: Span = Span::MAX, duration_or_unlimited(), Choice, "no bound until one is given";
        /// Which idle environment is taken.
        reuse: bool = true, choice(&[("last-used", true), ("newest", false)]), Choice, "lets the others expire";
        /// Most environments.
        max: u32 = u32::MAX, count_or_unlimited(1), Choice, "no bound until one is given";
        /// New environments per time.
        start_rate: Option<f64> = None, rate(), Choice, "no bound until one is given";
        /// New environments at once; without it one second of `start_rate`.
        start_burst: Option<f64> = None, factor(1.0..=1e12), Choice, "one second of `start_rate`";
    }
    check EnvironmentPool::check
}

impl EnvironmentPool {
    /// Checks rules between parameters.
    fn check(&mut self, object: &mut Object<'_>) {
        object.exclusive("cold_start", "cold_service_time");
        if object.has("start_burst") && !object.has("start_rate") {
            object.error_at(
                "start_burst",
                "pool::needs-start-rate",
                format!("`start_burst` of {} needs a `start_rate`", object.owner()),
            );
        }
    }
}

impl Component for EnvironmentPool {
    fn info(&self) -> &'static KindInfo {
        &INFO
    }

    fn compile(&self, program: &mut Program<'_>) {
        let start_rate = self.start_rate.unwrap_or(0.0);
        let pool = program.pool(
            "environments",
            &PoolSpec {
                cold_start: self.cold_start.clone(),
                keep_alive: self.keep_alive.clone(),
                last_used: self.reuse,
                most: self.max,
                start_rate,
                start_burst: self.start_burst.unwrap_or(start_rate.max(1.0)),
                provisioned: 0,
                lifetime: self.lifetime,
            },
        );
        let work = |law: &Option<Law>, program: &mut Program<'_>| {
            if let Some(law) = law {
                program.work(&WorkSpec::of(law));
            }
        };
        let cold = |program: &mut Program<'_>| work(&self.cold_service_time, program);
        program.environment(
            pool,
            self.cold_service_time.is_some().then_some(&cold),
            &|program| work(&self.service_time, program),
        );
        program.steps(&Compute {
            station: None,
            blocking: false,
            scale: 1.0,
            alone: Some(Law::Constant(0.0)),
        });
    }

    fn room(&self) -> u32 {
        self.max
    }
}

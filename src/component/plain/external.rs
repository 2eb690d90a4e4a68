//! Somebody else's system: a time, limits and failures, and nothing inside.
//!
//! # Model
//! A token is taken and a place held, else the visit is throttled; `time` passes;
//! a share ends failed.
//!
//! # Not modelled
//! What it does with the request; its own load from others.
//!
//! # Sources
//! Defaults are the neutral element of the mechanism.

use super::limiter::burst_or_default;
use crate::component::parameter::{
    Parameters, count, duration_law, factor, parameters, rate, share,
};
use crate::component::{BucketSpec, Class, Component, KindInfo, Program, Scope, WorkSpec};
use crate::model::Cost;
use crate::random::law::Law;
use crate::spec::reader::Object;
use crate::units::Span;

/// The kind.
pub static INFO: KindInfo = KindInfo {
    kind: "external",
    class: Class::Leaf,
    summary: "somebody else's system: a time, limits and failures",
    model: "takes a token and a place, else throttles; lets time pass; fails a share of the visits",
    not_modelled: "what it does inside, its load from others",
    sources: super::SOURCES,
    operations: super::PLAIN,
    prices: &[],
    parameters: External::table,
    read: |object| Box::new(External::read(object)),
};

parameters! {
    /// Parameters of an external system.
    pub struct External {
        /// Time that a visit takes.
        time: Law = Law::Constant(0.0), duration_law(), Choice, "no time at all";
        /// Visits per time that it admits.
        rate: Option<f64> = None, rate(), Choice, "no limit until one is given";
        /// Most tokens; without it one second of `rate`.
        burst: Option<f64> = None, factor(1.0..=1e15), Choice, "one second of `rate`";
        /// Most visits inside at once.
        concurrency: Option<u32> = None, count(1..=1_000_000_000), Choice, "no limit until one is given";
        /// Share of visits that end failed after their time.
        failure: f64 = 0.0, share(), Choice, "nothing fails";
    }
    check External::check
}

impl External {
    /// Checks rules between parameters.
    fn check(&mut self, object: &mut Object<'_>) {
        if object.has("burst") && !object.has("rate") {
            object.error_at(
                "burst",
                "limiter::needs-rate",
                format!("`burst` of {} needs a `rate`", object.owner()),
            );
        }
    }
}

impl Component for External {
    fn info(&self) -> &'static KindInfo {
        &INFO
    }

    fn compile(&self, program: &mut Program<'_>) {
        if let Some(rate_per_s) = self.rate {
            let spec = BucketSpec {
                rate_per_s,
                burst: burst_or_default(self.burst, rate_per_s, Span::ZERO),
                window: Span::ZERO,
                scope: Scope::Node,
            };
            let bucket = program.bucket("rate", &spec);
            program.admit(&[bucket], Cost::One, false);
        }
        if let Some(most) = self.concurrency {
            program.limit("concurrency", most, Scope::Node, None, false);
        }
        program.work(&WorkSpec::of(&self.time));
        program.fail(self.failure);
    }

    fn room(&self) -> u32 {
        self.concurrency.unwrap_or(u32::MAX)
    }
}

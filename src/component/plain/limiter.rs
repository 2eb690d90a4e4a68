//! A limiter: lets through what its rate and its concurrency permit.
//!
//! # Model
//! A token of the bucket is taken, then a place is held until the reply has passed;
//! the call goes on to the link. Who finds neither is throttled, or waits in order
//! of arrival. Partitions have a bucket and places each.
//!
//! # Not modelled
//! Any time of its own; leaky buckets with a bounded line.
//!
//! # Sources
//! Defaults are the neutral element of the mechanism.

use crate::component::parameter::{Parameters, choice, count, duration, factor, parameters, rate};
use crate::component::shared::partitions;
use crate::component::{
    BucketSpec, Class, Component, Forward, KindInfo, PartitionSpec, Program, Scope,
};
use crate::model::{Cost, PartitionBy};
use crate::spec::reader::Object;
use crate::units::Span;

/// The kind.
pub static INFO: KindInfo = KindInfo {
    kind: "limiter",
    class: Class::Limiter,
    summary: "lets through what its rate and its concurrency permit",
    model: "takes a token, holds a place until the reply, hands the call on; else throttles or lets wait",
    not_modelled: "any time of its own",
    sources: super::SOURCES,
    operations: super::PLAIN,
    prices: &[],
    parameters: Limiter::table,
    read: |object| Box::new(Limiter::read(object)),
};

parameters! {
    /// Parameters of a limiter.
    pub struct Limiter {
        /// Tokens per time.
        rate: Option<f64> = None, rate(), Choice, "no limit until one is given";
        /// Most tokens; without it one second of `rate`, or one window.
        burst: Option<f64> = None, factor(1.0..=1e15), Choice, "one second of `rate`";
        /// Counts in fixed windows of this length instead of refilling steadily.
        window: Span = Span::ZERO, duration(), Choice, "steady refill";
        /// Most visits inside at once, until their reply.
        concurrency: Option<u32> = None, count(1..=1_000_000_000), Choice, "no limit until one is given";
        /// Partitions, each with its own limits.
        partitions: PartitionSpec = PartitionSpec::default(), partitions(), Choice, "one limit for all";
        /// What happens to visits above the limit.
        when_full: bool = false, choice(&[("throttle", false), ("wait", true)]), Choice, "limits refuse";
    }
    check Limiter::check
}

impl Limiter {
    /// Checks rules between parameters.
    fn check(&mut self, object: &mut Object<'_>) {
        if !object.has("rate") && !object.has("concurrency") {
            object.error_at(
                "rate",
                "key::missing",
                format!("{} needs `rate` or `concurrency`", object.owner()),
            );
        }
        object.exclusive("burst", "window");
        for key in ["burst", "window"] {
            if object.has(key) && !object.has("rate") {
                object.error_at(
                    key,
                    "limiter::needs-rate",
                    format!("`{key}` of {} needs a `rate`", object.owner()),
                );
            }
        }
    }
}

/// Returns the burst of a bucket: as given, else one window, else one second of the rate.
pub(crate) fn burst_or_default(burst: Option<f64>, rate_per_s: f64, window: Span) -> f64 {
    let seconds = if window == Span::ZERO {
        1.0
    } else {
        window.as_seconds()
    };
    burst.unwrap_or((rate_per_s * seconds).max(1.0))
}

impl Component for Limiter {
    fn info(&self) -> &'static KindInfo {
        &INFO
    }

    fn compile(&self, program: &mut Program<'_>) {
        let spread = self.partitions.count > 1 || self.partitions.by != PartitionBy::Hash;
        let partition = spread.then(|| program.partition("partitions", &self.partitions));
        let scope = match partition {
            Some(_) => Scope::Instance(self.partitions.count),
            None => Scope::Node,
        };
        if let Some(partition) = partition {
            program.place(partition);
        }
        if let Some(rate_per_s) = self.rate {
            let spec = BucketSpec {
                rate_per_s,
                burst: burst_or_default(self.burst, rate_per_s, self.window),
                window: self.window,
                scope,
            };
            let bucket = program.bucket("rate", &spec);
            program.admit(&[bucket], Cost::One, self.when_full);
        }
        if let Some(most) = self.concurrency {
            program.limit("concurrency", most, scope, partition, self.when_full);
        }
        if program.has_links() {
            program.forward(Forward::ByWeight);
        }
    }
}

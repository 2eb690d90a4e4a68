//! Application Load Balancer: hands every request on to one copy behind its links.
//!
//! # Model
//! 1. With `warm`, more requests than its capacity are refused (503, throttled). The capacity
//!    grows to twice what was served, `growth_after` that.
//! 2. The node works on the request (`time`), without a server that could be busy.
//! 3. With `zones`, the request has come to the node of any of them: names are answered at
//!    random. The algorithm chooses among all copies behind the links that match, or without
//!    `cross_zone` among those of the node's zone, by turns and counts of requests
//!    outstanding that are the node's own.
//! 4. With `slow_start`, a copy that comes newly gets a share of its turns that grows linearly
//!    from nothing to all, unless no other gets all of its turns.
//! 5. It waits for the answer at most `timeout` (504, timed out); the target goes on.
//!
//! # Not modelled
//! - Sticky sessions, draining, rules that cost time; health checks that fail because a target is
//!   slow or its answers are errors: it is out only by a fault.
//! - Without `warm` it admits any rate. What a real one does when it is short of capacity is
//!   not documented beyond errors and delay: here the excess is refused at once.
//! - Where `placement` puts copies: they lie in the zones in turn.
//! - Connections and TLS handshakes: requests come over connections that are open.
//!
//! # Sources
//! Elastic Load Balancing, Application Load Balancers guide (Target group attributes;
//! Load balancer attributes; Troubleshoot). Times are estimates. Read 2026-11.

use crate::component::health::HealthSpec;
use crate::component::parameter::{
    Basis, Parameters, choice, count, duration, duration_in, duration_law, flag,
    milliseconds_p50_p99, object, parameters, rate,
};
use crate::component::price::{Charge, DATA_OUT, PRICE_LIST, Price, Tiers, Usage};
use crate::component::{
    BalancerSpec, BucketSpec, CallDefaults, Class, Component, KindInfo, Program, Scope, WorkSpec,
};
use crate::mechanism::health::Health;
use crate::model::{Cost, Growth, Policy};
use crate::random::law::Law;
use crate::spec::reader::Object;
use crate::units::Span;

/// What is paid for.
const PRICES: &[Price] = &[HOURS, CAPACITY, DATA_OUT];
const HOURS: Price = Price {
    item: "load balancer",
    unit: "hour",
    usd: Tiers::Flat(0.0225),
    free: 0.0,
    basis: Basis::Documented,
    source: PRICE_LIST,
};
/// One unit is 1 GB an hour; the other dimensions of a unit are in `unbilled`.
const CAPACITY: Price = Price {
    item: "capacity units, by bytes",
    unit: "LCU-hour",
    usd: Tiers::Flat(0.008),
    ..HOURS
};

/// How it looks whether targets are well.
///
/// SOURCE: Elastic Load Balancing, Health checks for target groups: 30 s, 2 and 5. Recalled 2026-11.
const HEALTH: Health = Health {
    every: Span(30 * SECOND),
    failures: 2,
    successes: 5,
};

/// The kind.
pub static INFO: KindInfo = KindInfo {
    kind: "alb",
    class: Class::Forwarding,
    summary: "hands every request on to one copy behind its links",
    model: "refuses what is above its capacity, which follows what it served (`warm`); works on the request; chooses a copy \
            behind the links that match by its algorithm and the counts of one of its zones' nodes; new copies may start \
            slowly; gives an answer up after the idle time-out",
    not_modelled: "sticky sessions, draining, rules, handshakes, health checks of what a link loses or holds and of visits that fail",
    sources: "Application Load Balancers guide (Target group attributes; Load balancer attributes; Troubleshoot); read 2026-11",
    operations: &[],
    prices: PRICES,
    parameters: Alb::table,
    read: |object| Box::new(Alb::read(object)),
};

/// Capacity grows to so many times what was served.
///
/// SOURCE: Elastic Load Balancing, best practices for pre-warming, recalled: traffic may
/// double in five minutes. 2026-11.
const GROWTH: f64 = 2.0;

/// One second.
const SECOND: u64 = 1_000_000_000;

/// Words for the algorithms.
const ALGORITHMS: &[(&str, Policy)] = &[
    ("round-robin", Policy::RoundRobin),
    ("least-outstanding", Policy::LeastOutstanding),
    ("weighted", Policy::Weighted),
];

parameters! {
    /// Parameters of a load balancer.
    pub struct Alb {
        /// How it chooses; `weighted` is at random by the links' weights.
        policy: Policy = Policy::RoundRobin, choice(ALGORITHMS), Documented, "Application Load Balancers guide, Target group attributes: round robin, read 2026-11";
        /// For how long a copy that comes newly is spared, by round robin only; 30s to 15m.
        slow_start: Option<Span> = None, duration_in(Span(30 * SECOND)..=Span(900 * SECOND)), Documented, "Application Load Balancers guide, Target group attributes: off, read 2026-11";
        /// Zones with a node of it, each with counts of its own; 1: one stands for all.
        zones: u32 = 1, count(1..=6), Choice, "counts apart change little where copies are many";
        /// Whether every node chooses among the copies of all zones.
        cross_zone: bool = true, flag(), Documented, "Application Load Balancers guide, Cross-zone load balancing: on, read 2026-11";
        /// Requests per second that it has capacity for at the start; without it, for any.
        warm: Option<f64> = None, rate(), Choice, "no limit is published";
        /// How long after it was served a rate counts, so that there is capacity for twice as much.
        growth_after: Span = Span(300 * SECOND), duration_in(Span(SECOND)..=Span(86_400 * SECOND)), Estimate, "traffic may double in five minutes, recalled, 2026-11";
        /// Time of a request in the node, over open connections.
        time: Law = milliseconds_p50_p99(0.8, 5.0), duration_law(), Estimate, "over open connections, 2026-11; no distribution is published, put your own";
        /// Health checks; what they do not say is every 30s, out after 2 and well after 5.
        health: Option<HealthSpec> = None, object::<HealthSpec>(), Documented, "Application Load Balancers guide, Health checks: 30 s, 2 and 5, recalled 2026-11";
        /// Longest time to the target's answer: the idle time-out.
        timeout: Span = Span(60_000_000_000), duration(), Documented, "Application Load Balancers guide, Load balancer attributes: idle timeout 60 s, read 2026-11";
    }
    check Alb::check
}

impl Alb {
    /// Checks rules between parameters.
    fn check(&mut self, object: &mut Object<'_>) {
        if self.slow_start.is_some() && self.policy != Policy::RoundRobin {
            let message = format!(
                "`slow_start` of {} needs the policy \"round-robin\"",
                object.owner()
            );
            object.error_at("slow_start", "alb::slow-start", message);
        }
        if !self.cross_zone && self.zones < 2 {
            let message = format!(
                "without `cross_zone`, {} needs `zones`, at least 2",
                object.owner()
            );
            object.error_at("cross_zone", "alb::zones", message);
        }
        if object.has("growth_after") && self.warm.is_none() {
            let message = format!(
                "`growth_after` of {} needs `warm`: without it there is capacity for any rate",
                object.owner()
            );
            object.error_at("growth_after", "alb::growth", message);
        }
    }

    /// Refuses what there is no capacity for.
    fn admit(program: &mut Program<'_>, warm: f64, after: Span) {
        // ESTIMATE: capacity is kept for one second.
        let spec = BucketSpec {
            rate_per_s: warm,
            burst: warm.max(1.0),
            window: Span::ZERO,
            scope: Scope::Node,
        };
        let bucket = program.bucket("capacity", &spec);
        let growth = Growth {
            factor: GROWTH,
            after,
            most_per_s: f64::MAX,
        };
        program.grows(bucket, growth);
        program.admit(&[bucket], Cost::One, false);
    }
}

impl Component for Alb {
    fn info(&self) -> &'static KindInfo {
        &INFO
    }

    fn health(&self) -> Option<Health> {
        Some(
            self.health
                .as_ref()
                .map_or(HEALTH, |health| health.or(HEALTH)),
        )
    }

    fn compile(&self, program: &mut Program<'_>) {
        if let Some(warm) = self.warm {
            Alb::admit(program, warm, self.growth_after);
        }
        program.work(&WorkSpec::of(&self.time));
        program.balance(BalancerSpec {
            slow_start: self.slow_start.unwrap_or(Span::ZERO),
            zones: self.zones,
            own_zone: !self.cross_zone,
            ..BalancerSpec::of(self.policy)
        });
    }

    fn charges(&self) -> Vec<Charge> {
        vec![
            Charge::new(&HOURS, Usage::Hours(1.0)),
            Charge::new(&CAPACITY, Usage::Through),
            Charge::new(&DATA_OUT, Usage::Replies),
        ]
    }

    fn unbilled(&self) -> Vec<&'static str> {
        vec![
            "capacity units that new connections, open connections or rules would need beyond those of its bytes",
            "that a unit is 0.4 GB an hour in front of functions, not 1 GB",
            "public addresses",
        ]
    }

    fn calls(&self) -> CallDefaults {
        CallDefaults {
            timeout: Some(self.timeout),
            ..CallDefaults::default()
        }
    }
}

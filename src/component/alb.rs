//! Application Load Balancer: hands every request on to one copy behind its links.
//!
//! # Model
//! 1. The node works on the request (`time`), without a server that could be busy.
//! 2. The algorithm chooses among all copies behind the links that match, by the
//!    balancer's own counts of requests outstanding.
//! 3. It waits for the answer at most `timeout` (504, timed out); the target goes on.
//!
//! # Not modelled
//! - One node per zone with counters of its own: one set of counts stands for all.
//! - Health checks, slow start, sticky sessions, draining, rules that cost time.
//! - Its own growth: it admits any rate, where a real one follows steep ramps with delay.
//! - Connections and TLS handshakes: requests come over connections that are open.
//!
//! # Sources
//! Elastic Load Balancing, Application Load Balancers guide (Target group attributes;
//! Load balancer attributes; Troubleshoot). Times are estimates. Read 2026-11.

use crate::component::parameter::{
    Basis, Parameters, choice, duration, duration_law, milliseconds_p50_p99, parameters,
};
use crate::component::price::{Charge, DATA_OUT, PRICE_LIST, Price, Tiers, Usage};
use crate::component::{BalancerSpec, CallDefaults, Class, Component, KindInfo, Program, WorkSpec};
use crate::model::Policy;
use crate::random::law::Law;
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

/// The kind.
pub static INFO: KindInfo = KindInfo {
    kind: "alb",
    class: Class::Forwarding,
    summary: "hands every request on to one copy behind its links",
    model: "works on the request; chooses a copy behind the links that match by its algorithm and its \
            own counts; gives an answer up after the idle time-out",
    not_modelled: "nodes per zone, health checks, slow start, sticky sessions, draining, its own growth, handshakes",
    sources: "Application Load Balancers guide (Target group attributes; Load balancer attributes; Troubleshoot); read 2026-11",
    operations: &[],
    prices: PRICES,
    parameters: Alb::table,
    read: |object| Box::new(Alb::read(object)),
};

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
        /// Time of a request in the node, over open connections.
        time: Law = milliseconds_p50_p99(0.8, 5.0), duration_law(), Estimate, "over open connections, 2026-11; no distribution is published, put your own";
        /// Longest time to the target's answer: the idle time-out.
        timeout: Span = Span(60_000_000_000), duration(), Documented, "Application Load Balancers guide, Load balancer attributes: idle timeout 60 s, read 2026-11";
    }
}

impl Component for Alb {
    fn info(&self) -> &'static KindInfo {
        &INFO
    }

    fn compile(&self, program: &mut Program<'_>) {
        program.work(&WorkSpec::of(&self.time));
        program.balance(BalancerSpec {
            policy: self.policy,
            choices: 2,
            first_of_ties: false,
            refresh: Span::ZERO,
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

//! Network Load Balancer: hands every connection on to one copy behind its links, for life.
//!
//! # Model
//! 1. The node adds `time`, without a server that could be busy; it admits any rate.
//! 2. The hash of the key, which stands for the connection, chooses among all copies behind
//!    the links that match: a key always comes to the same copy. Requests without a
//!    key come on connections of their own, and so to any copy.
//! 3. Nothing heard for `timeout`, the connection is given up (timed out).
//!
//! # Not modelled
//! - One node per zone: all copies are candidates, as with cross-zone balancing, which
//!   is off unless it is switched on.
//! - 55,000 connections per target address, draining.
//! - New connections after a target was added: a change of copies is a new topology.
//!
//! # Sources
//! Elastic Load Balancing, Network Load Balancers guide (Listeners: idle timeout; Target
//! groups: flow hash). Its time is an estimate. Read 2026-11.

use crate::component::health::HealthSpec;
use crate::component::parameter::{
    Basis, Parameters, duration_in, duration_law, milliseconds_p50_p99, object, parameters,
};
use crate::component::price::{Charge, DATA_OUT, PRICE_LIST, Price, Tiers, Usage};
use crate::component::{BalancerSpec, CallDefaults, Class, Component, KindInfo, Program, WorkSpec};
use crate::mechanism::health::Health;
use crate::model::Policy;
use crate::random::law::Law;
use crate::units::Span;

/// One second.
const SECOND: u64 = 1_000_000_000;

/// What is paid for.
const PRICES: &[Price] = &[HOURS, CAPACITY, DATA_OUT];
const HOURS: Price = Price {
    item: "network load balancer",
    unit: "hour",
    usd: Tiers::Flat(0.0225),
    free: 0.0,
    basis: Basis::Documented,
    source: PRICE_LIST,
};
/// One unit is 1 GB an hour; the other dimensions of a unit are in `unbilled`.
const CAPACITY: Price = Price {
    item: "capacity units, by bytes",
    unit: "NLCU-hour",
    usd: Tiers::Flat(0.006),
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
    kind: "nlb",
    class: Class::Forwarding,
    summary: "hands every connection on to one copy behind its links, for life",
    model: "adds its time; the hash of the key, which stands for the connection, chooses a copy behind the links that \
            match; gives an idle connection up",
    not_modelled: "nodes per zone, connections per target address, draining, health checks of what a link loses or holds",
    sources: "Network Load Balancers guide (Listeners; Target groups); read 2026-11",
    operations: &[],
    prices: PRICES,
    parameters: Nlb::table,
    read: |object| Box::new(Nlb::read(object)),
};

parameters! {
    /// Parameters of a network load balancer.
    pub struct Nlb {
        /// Time that the node adds.
        time: Law = milliseconds_p50_p99(0.1, 0.8), duration_law(), Estimate, "2026-11; no distribution is published, put your own";
        /// Health checks; what they do not say is every 30s, out after 2 and well after 5.
        health: Option<HealthSpec> = None, object::<HealthSpec>(), Documented, "Network Load Balancers guide, Health checks: 30 s, 2 and 5, recalled 2026-11";
        /// Longest silence of a connection: the idle time-out of TCP.
        timeout: Span = Span(350 * SECOND), duration_in(Span(60 * SECOND)..=Span(6_000 * SECOND)), Documented, "Network Load Balancers guide, Listeners: 350 s, 60 s to 6,000 s, read 2026-11";
    }
}

impl Component for Nlb {
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
        program.work(&WorkSpec::of(&self.time));
        program.balance(BalancerSpec::of(Policy::ByKey));
    }

    fn calls(&self) -> CallDefaults {
        CallDefaults {
            timeout: Some(self.timeout),
            ..CallDefaults::default()
        }
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
            "capacity units that new or open connections would need beyond those of its bytes",
            "transfer between zones",
            "public addresses",
        ]
    }
}

//! Route 53: the answer to a name, mostly from a resolver that still holds it.
//!
//! # Model
//! 1. The resolver is asked (`resolver`). With the probability that it holds the answer
//!    this is all; else Route 53 is asked (`query`).
//! 2. That probability is λT/(1 + λT), for a resolver that gets λ = `resolver_rate` random
//!    requests and forgets an answer after T = `ttl`, unless `hit_rate` says it.
//! 3. The request goes on to the link that matches; several are chosen from at random by
//!    their `weight` (weighted records; equal weights are multivalue answers).
//!
//! # Not modelled
//! - Health checks and failover, latency, geolocation and geoproximity records.
//! - That all who ask one resolver go to the same place until `ttl` is over: every request
//!   chooses by itself.
//! - Clients that keep an answer longer than `ttl`, and browsers that keep connections: a
//!   flow of requests on open connections does not pass here.
//! - That a name is no place: give the links from it `"latency": "0s"`, as a request does
//!   not travel by way of the name server.
//! - The VPC resolver's 1,024 packets/s of one network interface.
//!
//! # Sources
//! Route 53 developer guide (Values for alias records; Weighted routing). Times are
//! estimates. Read 2026-11.

use crate::component::parameter::{
    Basis, Parameters, duration, duration_law, milliseconds_p50_p99, parameters, rate, share,
};
use crate::component::price::{Charge, MILLION, ON, PRICE_LIST, Price, Tiers, Usage};
use crate::component::{Class, Component, Forward, KindInfo, Program, WorkSpec};
use crate::random::law::Law;
use crate::spec::reader::Object;
use crate::units::Span;

/// Times.
const LATENCY: &str = "public resolver and anycast edge, 2026-11; put your own";

/// What is paid for: names, and queries of resolvers that do not hold the answer.
const PRICES: &[Price] = &[ZONES, QUERIES];
const ZONES: Price = Price {
    item: "hosted zone",
    unit: "month",
    usd: Tiers::Steps(&[(25.0, 0.5), (ON, 0.1)]),
    free: 0.0,
    basis: Basis::Documented,
    source: PRICE_LIST,
};
const QUERIES: Price = Price {
    item: "standard queries",
    unit: "query",
    usd: Tiers::Steps(&[(1_000.0 * MILLION, 0.4 / MILLION), (ON, 0.2 / MILLION)]),
    ..ZONES
};

/// The kind.
pub static INFO: KindInfo = KindInfo {
    kind: "route53",
    class: Class::Forwarding,
    summary: "the answer to a name, mostly from a resolver that still holds it",
    model: "asks the resolver, and Route 53 if it has forgotten the answer (by its ttl and how often it is asked); hands on to a \
            link, by weight",
    not_modelled: "health checks, failover, latency and geolocation records, clients of one resolver going together, clients that ignore the ttl",
    sources: "Route 53 developer guide (Values for alias records; Weighted routing); read 2026-11",
    operations: &[],
    prices: PRICES,
    parameters: Route53::table,
    read: |object| Box::new(Route53::read(object)),
};

parameters! {
    /// Parameters of a name.
    pub struct Route53 {
        /// How long a resolver keeps the answer.
        ttl: Span = Span(60_000_000_000), duration(), Documented, "Route 53 developer guide, Values for alias records: 60 s, read 2026-11";
        /// Requests per time that come by way of one resolver.
        resolver_rate: f64 = 1.0, rate(), Estimate, "a busy public resolver's share of a busy site, 2026-11; put your own";
        /// Share of requests whose resolver holds the answer; excludes `ttl` and `resolver_rate`.
        hit_rate: Option<f64> = None, share(), Choice, "what `ttl` and `resolver_rate` give";
        /// Time to the resolver and back.
        resolver: Law = milliseconds_p50_p99(1.0, 15.0), duration_law(), Estimate, LATENCY;
        /// Time that the resolver takes to ask Route 53.
        query: Law = milliseconds_p50_p99(18.0, 110.0), duration_law(), Estimate, LATENCY;
    }
    check Route53::check
}

impl Route53 {
    /// Checks rules between parameters.
    fn check(&mut self, object: &mut Object<'_>) {
        object.exclusive("hit_rate", "ttl");
        object.exclusive("hit_rate", "resolver_rate");
    }

    /// Returns the share of requests whose resolver holds the answer.
    fn held(&self) -> f64 {
        // Between two queries a resolver that is asked at random answers λT by itself.
        let answered = self.resolver_rate * self.ttl.as_seconds();
        self.hit_rate.unwrap_or(answered / (1.0 + answered))
    }
}

impl Component for Route53 {
    fn info(&self) -> &'static KindInfo {
        &INFO
    }

    fn compile(&self, program: &mut Program<'_>) {
        program.work(&WorkSpec::of(&self.resolver));
        program.look_up_fixed(self.held(), |program| {
            program.work(&WorkSpec::of(&self.query));
        });
        program.forward(Forward::ByWeight);
    }
    fn charges(&self) -> Vec<Charge> {
        vec![
            Charge::new(&ZONES, Usage::Kept(1.0)),
            Charge::new(&QUERIES, Usage::Misses),
        ]
    }

    fn unbilled(&self) -> Vec<&'static str> {
        vec![
            "that queries of alias records (for balancers, distributions, buckets) cost nothing",
            "health checks",
        ]
    }

    fn points_elsewhere(&self) -> bool {
        true
    }
}

//! Route 53: the answer to a name, mostly from a resolver that still holds it.
//!
//! # Model
//! 1. The resolver is asked (`resolver`). With the probability that it holds the answer
//!    this is all; else Route 53 is asked (`query`).
//!    With `resolvers`, a request comes by way of any of them, and each keeps its answer for
//!    `ttl`: all who ask it go the same way until then.
//! 2. Without, that probability is λT/(1 + λT), for a resolver that gets λ = `resolver_rate` random
//!    requests and forgets an answer after T = `ttl`, unless `hit_rate` says it.
//! 3. The request goes on to the link that matches. Of several, `policy` chooses: at random
//!    by their `weight` (weighted records; equal weights are multivalue answers), the one with
//!    the least latency to the place of the client (latency records), or what `locations`
//!    gives that place (geolocation records). Its way to there is the client's own: a name is
//!    no place.
//!
//! # Not modelled
//! - Health checks and failover, geoproximity and IP-based records.
//! - Latency records know the mean of the latencies that the file states or places have; the
//!   real ones are measured, between networks and regions, and change.
//! - Under weights, that the way there and back are of one place: each is drawn anew.
//! - Without `resolvers`, that all who ask one go to the same place until `ttl` is over: every
//!   request chooses by itself. With them, that one has more clients than another.
//! - Clients that keep an answer longer than `ttl`, and browsers that keep connections: a
//!   flow of requests on open connections does not pass here.
//! - The VPC resolver's 1,024 packets/s of one network interface.
//!
//! # Sources
//! Route 53 developer guide (Values for alias records; Weighted routing; Latency-based
//! routing; Geolocation routing). Times are estimates. Read 2026-11.

use crate::component::parameter::{
    Basis, How, Parameters, choice, count, custom, duration, duration_law, milliseconds_p50_p99,
    parameters, rate, share,
};
use crate::component::price::{Charge, MILLION, ON, PRICE_LIST, Price, Tiers, Usage};
use crate::component::{Class, Component, Forward, KindInfo, Program, WorkSpec};
use crate::random::law::Law;
use crate::spec::field::Field;
use crate::spec::reader::Object;
use crate::units::Span;

/// Times.
const LATENCY: &str = "public resolver and anycast edge, 2026-11; put your own";

/// What is paid for: names, and queries of resolvers that do not hold the answer.
const PRICES: &[Price] = &[ZONES, QUERIES, LATENCY_QUERIES, GEO_QUERIES];
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

const LATENCY_QUERIES: Price = Price {
    item: "latency queries",
    unit: "query",
    usd: Tiers::Flat(0.6 / MILLION),
    ..ZONES
};
const GEO_QUERIES: Price = Price {
    item: "geolocation queries",
    unit: "query",
    usd: Tiers::Flat(0.7 / MILLION),
    ..ZONES
};

/// How one of several answers is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Policy {
    /// At random, by the links' weights.
    Weighted,
    /// The nearest to the client.
    Latency,
    /// What a table gives the client's place.
    Geolocation,
}

/// Words for policies.
const POLICIES: &[(&str, Policy)] = &[
    ("weighted", Policy::Weighted),
    ("latency", Policy::Latency),
    ("geolocation", Policy::Geolocation),
];

/// Answers by place: (how a place begins, or `*`; node).
type Locations = Vec<(String, String)>;

/// The kind.
pub static INFO: KindInfo = KindInfo {
    kind: "route53",
    class: Class::Forwarding,
    summary: "the answer to a name, mostly from a resolver that still holds it",
    model: "asks the resolver, and Route 53 if it has forgotten the answer (by its ttl and how often it is asked, or by what each of its resolvers keeps); hands on to a \
            link: by weight, by latency from the client's place, or by what a table gives that place",
    not_modelled: "health checks, failover, clients that ignore the ttl",
    sources: "Route 53 developer guide (Values for alias records; Weighted, Latency-based and Geolocation routing); read 2026-11",
    operations: &[],
    prices: PRICES,
    parameters: Route53::table,
    read: |object| Box::new(Route53::read(object)),
};

parameters! {
    /// Parameters of a name.
    pub struct Route53 {
        /// How one of several links is chosen; all but `weighted` need a `from` of the load.
        policy: Policy = Policy::Weighted, choice(POLICIES), Choice, "records without a policy are one answer";
        /// Node for places that begin so (`eu`, `eu-west-1`), and for all others (`*`); geolocation only.
        locations: Option<Locations> = None, locations(), Choice, "has to be given for geolocation";
        /// How long a resolver keeps the answer.
        ttl: Span = Span(60_000_000_000), duration(), Documented, "Route 53 developer guide, Values for alias records: 60 s, read 2026-11";
        /// Requests per time that come by way of one resolver.
        resolver_rate: f64 = 1.0, rate(), Estimate, "a busy public resolver's share of a busy site, 2026-11; put your own";
        /// Share of requests whose resolver holds the answer; excludes `ttl` and `resolver_rate`.
        hit_rate: Option<f64> = None, share(), Choice, "what `ttl` and `resolver_rate` give";
        /// Resolvers, each with an answer of its own that it keeps for `ttl`; weighted only, and instead of `resolver_rate` and `hit_rate`.
        resolvers: Option<u32> = None, count(1..=1_000_000), Choice, "every request chooses by itself";
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
        object.exclusive("resolvers", "hit_rate");
        object.exclusive("resolvers", "resolver_rate");
        if self.resolvers.is_some() && self.policy != Policy::Weighted {
            let message = format!(
                "`resolvers` of {} needs the policy \"weighted\": the other answers do not change",
                object.owner()
            );
            object.error_at("resolvers", "route53::resolvers", message);
        }
        let located = self.policy == Policy::Geolocation;
        if located && !object.has("locations") {
            object.missing("locations");
        } else if !located && object.has("locations") {
            let message = format!(
                "`locations` of {} needs the policy \"geolocation\"",
                object.owner()
            );
            object.error_at("locations", "route53::locations", message);
        }
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
        if let Some(resolvers) = self.resolvers {
            return program.resolve(resolvers, self.ttl, &WorkSpec::of(&self.query));
        }
        program.look_up_fixed(self.held(), |program| {
            program.work(&WorkSpec::of(&self.query));
        });
        program.forward(match self.policy {
            Policy::Weighted => Forward::ByWeight,
            Policy::Latency => Forward::Nearest,
            Policy::Geolocation => Forward::ByOrigin(self.locations.clone().unwrap_or_default()),
        });
    }

    fn charges(&self) -> Vec<Charge> {
        let queries = match self.policy {
            Policy::Weighted => &QUERIES,
            Policy::Latency => &LATENCY_QUERIES,
            Policy::Geolocation => &GEO_QUERIES,
        };
        vec![
            Charge::new(&ZONES, Usage::Kept(1.0)),
            Charge::new(queries, Usage::Misses),
        ]
    }

    fn unbilled(&self) -> Vec<&'static str> {
        vec![
            "that queries of alias records (for balancers, distributions, buckets) cost nothing",
            "health checks",
            "that latency and geolocation queries beyond a thousand million a month cost less",
        ]
    }

    fn points_elsewhere(&self) -> bool {
        true
    }
}

/// Reads answers by place.
fn locations() -> How<Locations> {
    let read = |field: &Field<'_>| {
        let mut object = field.object()?;
        let members = object.members();
        let text = |name: &str, value| {
            let name = format!("`{name}` of {}", field.name);
            Some(Field::new(value, name, field.sink).text()?.to_owned())
        };
        let read = members
            .iter()
            .filter_map(|member| Some((member.key.clone(), text(&member.key, &member.value)?)));
        let read: Locations = read.collect();
        (read.len() == members.len()).then_some(read)
    };
    custom(
        "object",
        "place → node, `*` for all others",
        read,
        |locations: &Locations| format!("{} places", locations.len()),
    )
}

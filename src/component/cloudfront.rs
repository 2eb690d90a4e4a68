//! CloudFront: answers at the edge what it holds, and fetches the rest from its origin.
//!
//! # Model
//! 1. A request takes a token of the distribution; without one it is refused (503, throttled).
//! 2. The edge location works on it (`time`), without a server that could be busy.
//! 3. Unless the flow is not `cacheable`, it is looked up: by a fixed `hit_rate`, or in
//!    real entries (`cache`), where all that miss a key meanwhile wait for one fetch. With
//!    `edges` there are so many locations, each with entries of its own, and a request comes
//!    to any of them.
//! 4. A miss may be looked up in a regional cache, for `regional_time`: by a fixed
//!    `regional_hit_rate`, or in the entries of one of `regional_caches` that its edge
//!    location belongs to. The node's hit rate is that of the edge.
//! 5. A miss there pays `fetch` and goes on to the link that matches; the answer is kept in
//!    both.
//!
//! # Not modelled
//! - Locations that get more requests than others, and which of them a viewer comes to;
//!   Origin Shield. Without `edges` and `regional` one cache stands for all tiers, so that a
//!   keyed one is warmer than many small ones would be.
//! - The viewer's way to the edge: give the load line a `from`, or the link from `client`
//!   a `latency`.
//! - 150 Gbps per distribution, cached errors, functions at the edge, three attempts to
//!   connect to an origin that does not answer.
//!
//! # Sources
//! CloudFront developer guide (Quotas; Request and response behavior for custom
//! origins; Origin settings). Times and the hit rate are estimates. Read 2026-11.

use crate::component::parameter::{
    Basis, Parameters, choice, count, duration, duration_law, flag, large_count,
    milliseconds_p50_p99, object, parameters, rate, share, size,
};
use crate::component::parameter::{EVICTIONS, RENEWALS};
use crate::component::price::{Charge, MILLION, ON, PRICE_LIST, Price, TEBIBYTE, Tiers, Usage};
use crate::component::shared::{CacheParameters, check_cache};
use crate::component::{
    BucketSpec, CallDefaults, Class, Component, Forward, KindInfo, PartitionSpec, Program, Scope,
    WorkSpec,
};
use crate::model::{Cost, Eviction, PartitionBy, Renew};
use crate::random::law::Law;
use crate::spec::reader::Object;
use crate::units::Span;

/// Quotas.
const QUOTAS: &str = "CloudFront developer guide, Quotas, read 2026-11";
/// Behaviour towards origins.
const ORIGINS: &str =
    "CloudFront developer guide, Request and response behavior for custom origins, read 2026-11";
/// Times.
const LATENCY: &str =
    "inside an edge location, 2026-11; no distribution is published, put your own";
/// One second.
const SECOND: u64 = 1_000_000_000;

/// What is paid for.
const PRICES: &[Price] = &[REQUESTS, DATA_OUT, TO_ORIGIN];
const REQUESTS: Price = Price {
    item: "HTTPS requests",
    unit: "request",
    usd: Tiers::Flat(0.01 / 10_000.0),
    free: 10.0 * MILLION,
    basis: Basis::Documented,
    source: PRICE_LIST,
};
const DATA_OUT: Price = Price {
    item: "data out of the edge",
    unit: "GiB",
    usd: Tiers::Steps(&[
        (10.0 * TEBIBYTE, 0.085),
        (50.0 * TEBIBYTE, 0.08),
        (150.0 * TEBIBYTE, 0.06),
        (500.0 * TEBIBYTE, 0.04),
        (1_024.0 * TEBIBYTE, 0.03),
        (5_120.0 * TEBIBYTE, 0.025),
        (ON, 0.02),
    ]),
    free: TEBIBYTE,
    ..REQUESTS
};
const TO_ORIGIN: Price = Price {
    item: "data to the origin",
    unit: "GiB",
    usd: Tiers::Flat(0.02),
    free: 0.0,
    ..REQUESTS
};

/// The kind.
pub static INFO: KindInfo = KindInfo {
    kind: "cloudfront",
    class: Class::Cache,
    summary: "answers at the edge what it holds, fetches the rest from its origin",
    model: "takes a token of the distribution, else throttles; works at the edge; looks the key up \
            unless the flow is not cacheable, at one of its edges and then in its regional cache; fetches a miss from its link, once for \
            all who wait, and keeps it",
    not_modelled: "locations that get more requests than others, Origin Shield, the viewer's way to the edge, bandwidth of a distribution, cached errors, functions at the edge",
    sources: "CloudFront developer guide (Quotas; Request and response behavior for custom origins; Origin settings); read 2026-11",
    operations: &[],
    prices: PRICES,
    parameters: CloudFront::table,
    read: |object| Box::new(CloudFront::read(object)),
};

parameters! {
    /// Entries at the edge.
    pub struct EdgeCache {
        /// Which entry goes when it is full.
        policy: Eviction = Eviction::Lru, choice(EVICTIONS), Documented, "CloudFront developer guide: objects seldom asked for go first, read 2026-11";
        /// Most entries.
        entries: u64 = u64::MAX, large_count(1), Choice, "unlimited until a size is given";
        /// Most bytes.
        bytes: u64 = u64::MAX, size(), Choice, "unlimited until a size is given";
        /// Time to live where the origin says nothing.
        ttl: Span = Span(86_400 * SECOND), duration(), Documented, "CloudFront developer guide, Expiration: default TTL of 24 h, read 2026-11";
        /// What restarts the time to live of a present entry.
        renew: Renew = Renew::Write, choice(RENEWALS), Choice, "a fetch sets a new expiry";
        /// Whether one fetch serves all that miss the same key meanwhile.
        coalesce: bool = true, flag(), Documented, ORIGINS;
        /// How long an expired entry may be served while one fetch renews it.
        stale: Span = Span::ZERO, duration(), Choice, "stale-while-revalidate has to be asked for by the origin";
        /// Share of `entries` filled with the likeliest keys at the start.
        warm: f64 = 0.0, share(), Choice, "a cache starts empty";
    }
    check EdgeCache::check
}

impl EdgeCache {
    /// Checks rules between parameters.
    fn check(&mut self, object: &mut Object<'_>) {
        check_cache(object, self.warm, self.entries, self.stale, self.ttl);
    }

    /// Returns the same as the parameters of any cache.
    fn plain(&self) -> CacheParameters {
        CacheParameters {
            policy: self.policy,
            entries: self.entries,
            bytes: self.bytes,
            ttl: self.ttl,
            renew: self.renew,
            coalesce: self.coalesce,
            stale: self.stale,
            warm: self.warm,
        }
    }
}

parameters! {
    /// Parameters of a distribution.
    pub struct CloudFront {
        /// Share of look-ups that hit; excludes `cache`.
        hit_rate: f64 = 0.85, share(), Estimate, "static content at the edge, 2026-11; dynamic content hits less";
        /// Entries, for a hit rate that follows from keys, size and expiry.
        cache: Option<EdgeCache> = None, object::<EdgeCache>(), Choice, "a fixed hit rate needs no keys";
        /// Edge locations, each with the entries of `cache`; a request comes to any.
        edges: u32 = 1, count(1..=1_000), Choice, "one stands for all; the vendor has 700, few of which see much of one site";
        /// Share of the edge's misses that a regional cache holds; excludes `cache`.
        regional_hit_rate: Option<f64> = None, share(), Estimate, "no regional caches until it is given; half of what static content misses, 2026-11";
        /// Entries of a regional cache; needs `cache`.
        regional: Option<EdgeCache> = None, object::<EdgeCache>(), Choice, "no regional caches until it is given";
        /// Regional caches; edge location e belongs to number e modulo this.
        regional_caches: u32 = 1, count(1..=13), Choice, "all viewers on one continent; the vendor has 13";
        /// Time to a regional cache and back.
        regional_time: Law = milliseconds_p50_p99(15.0, 60.0), duration_law(), Estimate, "from an edge location, 2026-11; no distribution is published, put your own";
        /// Requests per time that the distribution admits; one second of it at once.
        rate: f64 = 250_000.0, rate(), Documented, QUOTAS;
        /// Time of a request at the edge.
        time: Law = milliseconds_p50_p99(2.0, 15.0), duration_law(), Estimate, LATENCY;
        /// Time that a fetch over a warm connection adds, beside the link and the origin.
        fetch: Law = milliseconds_p50_p99(3.0, 20.0), duration_law(), Estimate, LATENCY;
        /// Longest time to the origin's answer; then the fetch is timed out (504).
        timeout: Span = Span(30 * SECOND), duration(), Documented, "CloudFront developer guide, Origin settings: response timeout 30 s, read 2026-11";
    }
    check CloudFront::check
}

impl CloudFront {
    /// Checks rules between parameters.
    fn check(&mut self, object: &mut Object<'_>) {
        object.exclusive("hit_rate", "cache");
        object.exclusive("regional_hit_rate", "cache");
        for (key, needed) in [
            ("edges", "cache"),
            ("regional", "cache"),
            ("regional_caches", "regional"),
        ] {
            if object.has(key) && !object.has(needed) {
                let message = format!("`{key}` of {} needs `{needed}`", object.owner());
                object.error_at(key, "cloudfront::tiers", message);
            }
        }
        let regional = object.has("regional") || object.has("regional_hit_rate");
        if object.has("regional_time") && !regional {
            let message = format!(
                "`regional_time` of {} needs `regional` or `regional_hit_rate`",
                object.owner()
            );
            object.error_at("regional_time", "cloudfront::tiers", message);
        }
    }

    /// Writes what happens after a miss at the edge.
    fn missed(&self, program: &mut Program<'_>) {
        let origin = |program: &mut Program<'_>| {
            if program.has_links() {
                program.work(&WorkSpec::of(&self.fetch));
                program.fetch();
            } else {
                program.missed();
            }
        };
        if let Some(regional) = &self.regional {
            let spec = regional.plain().spec(self.regional_caches);
            let entries = program.cache_behind("regional entries", &spec);
            program.work(&WorkSpec::of(&self.regional_time));
            program.look_up(entries, |program| {
                origin(program);
                program.fill(entries);
            });
            return;
        }
        if let Some(held) = self.regional_hit_rate {
            program.work(&WorkSpec::of(&self.regional_time));
            program.coin(1.0 - held, origin);
            return;
        }
        origin(program);
    }
}

impl Component for CloudFront {
    fn info(&self) -> &'static KindInfo {
        &INFO
    }

    fn compile(&self, program: &mut Program<'_>) {
        // ESTIMATE: the quota is kept as one second of its rate.
        let spec = BucketSpec {
            rate_per_s: self.rate,
            burst: self.rate.max(1.0),
            window: Span::ZERO,
            scope: Scope::Node,
        };
        let bucket = program.bucket("requests of the distribution", &spec);
        program.admit(&[bucket], Cost::One, false);
        program.work(&WorkSpec::of(&self.time));
        let links = program.has_links();
        let fetch = |program: &mut Program<'_>| {
            program.work(&WorkSpec::of(&self.fetch));
            program.forward(Forward::ByWeight);
        };
        if !program.cacheable() || program.is_write() {
            if links {
                fetch(program);
            }
            return;
        }
        let Some(cache) = &self.cache else {
            return program.look_up_fixed(self.hit_rate, |program| self.missed(program));
        };
        if self.edges > 1 {
            let edges = PartitionSpec {
                count: self.edges,
                by: PartitionBy::Random,
                ..PartitionSpec::default()
            };
            let edge = program.partition("edges", &edges);
            program.place(edge);
        }
        let cache = program.cache("entries", &cache.plain().spec(self.edges));
        program.look_up(cache, |program| {
            self.missed(program);
            program.fill(cache);
        });
    }

    fn charges(&self) -> Vec<Charge> {
        vec![
            Charge::new(&REQUESTS, Usage::Visits(&[])),
            Charge::new(&DATA_OUT, Usage::Replies),
            Charge::new(&TO_ORIGIN, Usage::Fetched),
        ]
    }

    fn calls(&self) -> CallDefaults {
        CallDefaults {
            timeout: Some(self.timeout),
            ..CallDefaults::default()
        }
    }
}

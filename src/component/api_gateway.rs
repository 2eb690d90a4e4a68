//! API Gateway: admits what the account's bucket holds and hands it on; HTTP, REST, WebSocket.
//!
//! # Model
//! 1. A request takes a token of the stage, if it has a `rate`, and one of the bucket
//!    that all APIs of the account share; without them it is throttled at once (429).
//!    A request of more than 10 MiB fails before that (413), and a message of more than 128 KiB
//!    (WebSocket).
//! 2. The gateway works on it (`time`), without a server that could be busy. With an
//!    `authorizer` it checks the caller: by itself, or by asking a node, whose answer it
//!    knows for 5 min. A call that the node does not answer ends here as that one did.
//! 3. A REST API with a `cache` looks a cacheable request up; a hit ends here.
//! 4. At a WebSocket API a call of endpoint `connect` takes a token of the account's new
//!    connections as well, and only there an `authorizer` is asked. A client whose
//!    connection stays open (`session`) is cut off after 2 h, or, if it is one of the `quiet`
//!    ones, after 10 min; it connects again after `reconnect`, and as often as it takes, with
//!    a pause that doubles up to a minute. A `write` by a node of yours is a push: it takes a token of the
//!    account's bucket too, is with the client after `push` and the `latency` of a link to `client`, if
//!    there is one, and ends there.
//! 5. It goes on to the link that matches; an answer later than `timeout` is given up
//!    (504, timed out), and the integration goes on working.
//!
//! # Not modelled
//! - Usage plans, VPC links, edge-optimised endpoints, callers that are turned away.
//! - WebSocket: pushes to dead connections, frames, what a client
//!   still had to stay when it was cut off (it is drawn anew).
//! - The few percent by which the real limit is overshot.
//! - How errors are renamed: a throttled function is throttled for the client too, where
//!   a REST API answers 500 and an HTTP API 503.
//!
//! # Sources
//! API Gateway developer guide (Quotas; Throttle requests to your REST APIs; Throttle
//! requests to your HTTP APIs; Cache settings; Lambda authorizers; WebSocket quotas). Times are estimates. Read 2026-11.

use crate::component::authorizer::{Authorizer, authorizer};
use crate::component::parameter::{
    Basis, Parameters, choice, duration_in, duration_law, factor, milliseconds_p50_p99, object,
    parameters, rate, share,
};
use crate::component::price::{Charge, DATA_OUT, MILLION, ON, PRICE_LIST, Price, Tiers, Usage};
use crate::component::shared::CacheParameters;
use crate::component::{
    Ask, BucketSpec, CallDefaults, Class, Component, Forward, KindInfo, MostBytes, Program,
    RetryDefaults, Scope, WorkSpec,
};
use crate::model::{Backoff, Cost};
use crate::random::law::Law;
use crate::spec::reader::Object;
use crate::units::Span;

/// Limits.
const QUOTAS: &str = "API Gateway developer guide, Quotas, read 2026-11";
/// Time to live of a cached answer.
///
/// SOURCE: API Gateway developer guide, Cache settings: 300 s. Read 2026-11.
const CACHE_TTL: Span = Span(300_000_000_000);
/// Longest life of a connection, and of one on which nothing is sent.
///
/// SOURCE: API Gateway developer guide, WebSocket quotas: 2 h, and 10 min idle. Read 2026-11.
const LIFE: Span = Span(7_200_000 * MILLISECOND);
const QUIET: Span = Span(600_000 * MILLISECOND);
/// Endpoint of a WebSocket API that opens a connection.
const CONNECT: &str = "connect";
/// One millisecond.
const MILLISECOND: u64 = 1_000_000;

/// What a call of an HTTP API is charged by: steps of 512 KiB.
///
/// SOURCE: API Gateway pricing, by Infracost's golden outputs. Read 2026-11.
const STEPS: Cost = Cost::UnitsTogether {
    unit: 512 * 1024,
    factor: 1.0,
};
/// Bytes of a request, and of a message of a WebSocket API.
///
/// SOURCE: API Gateway developer guide, Quotas: 10 MB and 128 KB. Read 2026-11.
const MOST_BYTES: u64 = 10 << 20;
const MOST_OF_A_MESSAGE: u64 = 128 << 10;

/// What is paid for.
const PRICES: &[Price] = &[HTTP, REST, WEBSOCKET, MINUTES, CACHE, DATA_OUT];
/// Throttled calls cost nothing.
const HTTP: Price = Price {
    item: "HTTP API calls",
    unit: "request",
    usd: Tiers::Steps(&[(300.0 * MILLION, 1.0 / MILLION), (ON, 0.9 / MILLION)]),
    free: 0.0,
    basis: Basis::Documented,
    source: PRICE_LIST,
};
const REST: Price = Price {
    item: "REST API calls",
    usd: Tiers::Steps(&[
        (333.0 * MILLION, 3.5 / MILLION),
        (1_000.0 * MILLION, 2.8 / MILLION),
        (20_000.0 * MILLION, 2.38 / MILLION),
        (ON, 1.51 / MILLION),
    ]),
    ..HTTP
};
const WEBSOCKET: Price = Price {
    item: "WebSocket messages",
    usd: Tiers::Steps(&[(1_000.0 * MILLION, 1.0 / MILLION), (ON, 0.8 / MILLION)]),
    ..HTTP
};
const MINUTES: Price = Price {
    item: "minutes of WebSocket connections",
    unit: "minute",
    usd: Tiers::Flat(0.25 / MILLION),
    ..HTTP
};
/// The smallest size; `charges` takes the one that holds the entries.
const CACHE: Price = Price {
    item: "cache",
    unit: "hour",
    usd: Tiers::Flat(0.02),
    ..HTTP
};
/// Sizes of a cache [GiB] and their prices [US dollars an hour].
const CACHE_SIZES: &[(f64, f64)] = &[
    (0.5, 0.02),
    (1.6, 0.038),
    (6.1, 0.2),
    (13.5, 0.25),
    (28.4, 0.5),
    (58.2, 1.0),
    (118.0, 1.9),
    (237.0, 3.8),
];
/// One gibibyte in bytes.
const GIBIBYTE: f64 = 1_073_741_824.0;

/// The kind.
pub static INFO: KindInfo = KindInfo {
    kind: "api-gateway",
    class: Class::Forwarding,
    summary: "admits what the account's bucket holds; HTTP, REST, WebSocket",
    model: "takes a token of its stage and of the account's bucket, else throttles; works on the request; may ask an \
            authorizer and remember its answer; REST: may answer from its cache; WebSocket: pushes to clients, and cuts \
            connections that last; hands on to its link, and gives up after the integration time-out",
    not_modelled: "usage plans, VPC links, callers turned away, pushes to dead connections, overshoot of the limit, renamed errors",
    sources: "API Gateway developer guide (Quotas; Throttle requests to your REST APIs; Throttle requests to your HTTP APIs; Cache settings; Lambda authorizers; WebSocket quotas); read 2026-11",
    operations: &[],
    prices: PRICES,
    parameters: ApiGateway::table,
    read: |object| Box::new(ApiGateway::read(object)),
};

/// Which of the products it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Api {
    /// HTTP API: cheaper and faster.
    Http,
    /// REST API: with a cache.
    Rest,
    /// WebSocket API: pushes to clients.
    WebSocket,
}

parameters! {
    /// Parameters of an API.
    pub struct ApiGateway {
        /// HTTP, REST or WebSocket API.
        api as "type": Api = Api::Http, choice(&[("http", Api::Http), ("rest", Api::Rest), ("websocket", Api::WebSocket)]), Choice, "the cheaper and faster one";
        /// Requests per time that the stage admits, beside the account's limit.
        rate: Option<f64> = None, rate(), Documented, "API Gateway developer guide: a stage has no limit of its own until one is set, read 2026-11";
        /// Most tokens of the stage; without it one second of `rate`.
        burst: Option<f64> = None, factor(1.0..=1e12), Choice, "one second of `rate`";
        /// Entries of a REST API's cache; without a `ttl` they live 5m.
        cache: Option<CacheParameters> = None, object::<CacheParameters>(), Documented, "API Gateway developer guide, Cache settings: off until switched on, read 2026-11";
        /// Who decides whether a call may pass; of a WebSocket API when it connects.
        authorizer: Option<Authorizer> = None, authorizer(), Documented, "API Gateway developer guide, Lambda authorizers: none until one is set, read 2026-11";
        /// Time of a request in the gateway; without it p50 5ms, p99 20ms (http), p50 9ms, p99 60ms (rest; p50 5ms, p99 25ms where its cache answers), p50 10ms, p99 60ms (websocket).
        time: Option<Law> = None, duration_law(), Estimate, "light load, without an authorizer, 2026-11; no distribution is published, put your own";
        /// Time of a push to a client, websocket only; without it p50 15ms, p99 90ms.
        push: Option<Law> = None, duration_law(), Estimate, "light load, 2026-11; no distribution is published, put your own";
        /// New connections per time that the account admits, one second of it at once, websocket only; without it 500/s.
        connects: Option<f64> = None, rate(), Documented, "API Gateway developer guide, WebSocket quotas, read 2026-11";
        /// How long clients would keep a connection, websocket only; without it connections are not followed.
        session: Option<Law> = None, duration_law(), Choice, "connections are not followed until it is given";
        /// Share of connections on which nothing is sent, not even a ping, websocket only: they end after 10 min instead of 2 h. Without it none.
        quiet: Option<f64> = None, share(), Choice, "clients that send pings";
        /// Time from a cut until the client connects again, websocket only; it doubles after every refusal, up to 1m. Without it 1s for all.
        reconnect: Option<Law> = None, duration_law(), Choice, "clients without jitter";
        /// Longest time to the integration's answer; without it 30s (http), 29s (rest, websocket).
        timeout: Option<Span> = None, duration_in(Span(50 * MILLISECOND)..=Span(300_000 * MILLISECOND)), Documented, QUOTAS;
    }
    check ApiGateway::check
}

impl ApiGateway {
    /// Checks rules between parameters.
    fn check(&mut self, object: &mut Object<'_>) {
        if self.cache.is_some() && self.api != Api::Rest {
            let message = format!(
                "`cache` does not apply to {}: only a REST API has one",
                object.owner()
            );
            object.error_at("cache", "api-gateway::type", message);
        }
        for key in ["push", "connects", "session", "quiet", "reconnect"] {
            if object.has(key) && self.api != Api::WebSocket {
                let message = format!(
                    "`{key}` does not apply to {}: only a WebSocket API has it",
                    object.owner()
                );
                object.error_at(key, "api-gateway::type", message);
            }
        }
        for key in ["quiet", "reconnect"] {
            if object.has(key) && self.session.is_none() {
                let message = format!("`{key}` of {} needs a `session`", object.owner());
                object.error_at(key, "api-gateway::session", message);
            }
        }
        if self.reconnect == Some(Law::Constant(0.0)) {
            let message = format!("`reconnect` of {} must be more than 0s", object.owner());
            object.error_at("reconnect", "value::out-of-range", message);
        }
        if self.burst.is_some() && self.rate.is_none() {
            object.error_at(
                "burst",
                "limiter::needs-rate",
                format!("`burst` of {} needs a `rate`", object.owner()),
            );
        }
        if let (Api::Http, Some(timeout)) = (self.api, self.timeout)
            && timeout > Span(30_000 * MILLISECOND)
        {
            object.error_at(
                "timeout",
                "value::out-of-range",
                format!(
                    "`timeout` of {} must be at most 30s: an HTTP API's cannot be raised",
                    object.owner()
                ),
            );
        }
    }

    /// Returns the price of the smallest cache that holds `bytes`; without a limit of the smallest.
    fn cache_price(cache: &CacheParameters) -> Price {
        let needed = match cache.bytes {
            u64::MAX => 0.0,
            bytes => bytes as f64 / GIBIBYTE,
        };
        let fits = CACHE_SIZES.iter().find(|(size, _)| needed <= *size);
        let (_, usd) = fits.or(CACHE_SIZES.last()).copied().unwrap_or((0.5, 0.02));
        Price {
            usd: Tiers::Flat(usd),
            ..CACHE
        }
    }

    /// Writes a connection that its client keeps for some time, and that is cut after `most`.
    fn stay(&self, program: &mut Program<'_>, session: &Law, most: Span) {
        let pause = self.reconnect.clone();
        let pause = pause.unwrap_or(Law::Constant(1e9));
        // ESTIMATE: clients try again until they are connected, ever more slowly.
        let retry = RetryDefaults {
            attempts: u32::MAX,
            backoff: Backoff::Exponential,
            base: pause.clone(),
            cap: Span(60_000 * MILLISECOND),
            factor: 2.0,
            at_once: 0,
            steady: 0,
        };
        program.stay(session, most, |program| {
            program.delay(&pause);
            program.call_again(&retry);
        });
    }

    /// Returns for how many minutes a connection is open on average, until it is cut.
    fn minutes(&self, session: &Law) -> f64 {
        let quiet = self.quiet.unwrap_or(0.0);
        let open = quiet * session.mean_at_most(QUIET.0 as f64)
            + (1.0 - quiet) * session.mean_at_most(LIFE.0 as f64);
        open / 60e9
    }

    /// Returns the time of a request in the gateway.
    fn time(&self) -> Law {
        let usual = match self.api {
            Api::Http => milliseconds_p50_p99(5.0, 20.0),
            Api::Rest => milliseconds_p50_p99(9.0, 60.0),
            Api::WebSocket => milliseconds_p50_p99(10.0, 60.0),
        };
        self.time.clone().unwrap_or(usual)
    }
}

impl Component for ApiGateway {
    fn info(&self) -> &'static KindInfo {
        &INFO
    }

    fn compile(&self, program: &mut Program<'_>) {
        let quotas = program.account();
        let mut buckets = Vec::new();
        if let Some(rate_per_s) = self.rate {
            let stage = BucketSpec {
                rate_per_s,
                burst: self.burst.unwrap_or(rate_per_s.max(1.0)),
                window: Span::ZERO,
                scope: Scope::Node,
            };
            buckets.push(program.bucket("requests of the stage", &stage));
        }
        let account = BucketSpec {
            rate_per_s: quotas.gateway_rate_per_s,
            burst: quotas.gateway_burst,
            window: Span::ZERO,
            scope: Scope::Account,
        };
        buckets.push(program.bucket("requests of the account's APIs", &account));
        let socket = self.api == Api::WebSocket;
        let connect = socket && program.ask().endpoint.as_deref() == Some(CONNECT);
        if connect {
            let connects = self.connects.unwrap_or(500.0);
            let connects = BucketSpec {
                rate_per_s: connects,
                burst: connects.max(1.0),
                window: Span::ZERO,
                scope: Scope::Account,
            };
            buckets.push(program.bucket("new connections of the account", &connects));
        }
        match self.session.as_ref().filter(|_| connect) {
            Some(session) => {
                // A call is smaller than this unit: the minutes that it opens, on average.
                let minutes = Cost::UnitsTogether {
                    unit: u32::MAX,
                    factor: self.minutes(session) as f32,
                };
                let tolls: Vec<_> = buckets.iter().map(|bucket| (*bucket, Cost::One)).collect();
                program.admit_metered(&tolls, minutes);
            }
            None if self.api == Api::Http => {
                let tolls: Vec<_> = buckets.iter().map(|bucket| (*bucket, Cost::One)).collect();
                program.admit_metered(&tolls, STEPS);
            }
            None => program.admit(&buckets, Cost::One, false),
        }
        if socket && program.is_write() {
            let push = self.push.clone();
            let push = push.unwrap_or(milliseconds_p50_p99(15.0, 90.0));
            program.work(&WorkSpec::of(&push));
            program.cross_to_client();
            return;
        }
        let looks = self.cache.is_some() && program.cacheable() && !program.is_write();
        // ESTIMATE: what a cache answers takes p50 5 ms, p99 25 ms, and what it does not as much
        // as without it, of which this is the rest.
        let (first, rest) = match self.time {
            None if looks => {
                let [first, rest] = [(5.0, 25.0), (2.5, 50.0)];
                let law = |(p50, p99)| milliseconds_p50_p99(p50, p99);
                (law(first), Some(law(rest)))
            }
            None | Some(_) => (self.time(), None),
        };
        program.work(&WorkSpec::of(&first));
        let cache = self.cache.as_ref().map(|cache| {
            let mut spec = cache.spec(1);
            if spec.ttl == Span::MAX {
                spec.ttl = CACHE_TTL;
            }
            program.cache("entries", &spec)
        });
        if let Some(authorizer) = self.authorizer.as_ref().filter(|_| !socket || connect) {
            let own = match self.api {
                Api::Http => (1.0, 8.0),
                Api::Rest | Api::WebSocket => (2.0, 15.0),
            };
            authorizer.check_call(program, cache.is_none(), own);
        }
        match cache {
            Some(cache) if looks => {
                program.look_up(cache, |program| {
                    if let Some(rest) = &rest {
                        program.work(&WorkSpec::of(rest));
                    }
                    program.fetch();
                    program.fill(cache);
                });
            }
            Some(_) | None => program.forward(Forward::ByWeight),
        }
        if let Some(session) = self.session.as_ref().filter(|_| connect) {
            program.aside(|program| {
                program.coin(self.quiet.unwrap_or(0.0), |program| {
                    self.stay(program, session, QUIET);
                });
                self.stay(program, session, LIFE);
            });
        }
    }

    fn pushes(&self) -> bool {
        self.api == Api::WebSocket
    }

    fn asks(&self) -> Option<&str> {
        self.authorizer.as_ref()?.to.as_deref()
    }

    fn most_bytes(&self, _op: &str, _ask: &Ask) -> Option<MostBytes> {
        Some(MostBytes::call(match self.api {
            Api::Http | Api::Rest => MOST_BYTES,
            Api::WebSocket => MOST_OF_A_MESSAGE,
        }))
    }

    fn charges(&self) -> Vec<Charge> {
        let calls = match self.api {
            Api::Http => HTTP,
            Api::Rest => REST,
            Api::WebSocket => WEBSOCKET,
        };
        let mut charges = vec![
            match self.api {
                Api::Http => Charge::new(&calls, Usage::Metered),
                Api::Rest | Api::WebSocket => Charge::new(&calls, Usage::Visits(&[])),
            },
            Charge::new(&DATA_OUT, Usage::Replies),
        ];
        if self.session.is_some() {
            charges.push(Charge::new(&MINUTES, Usage::Metered));
        }
        if let Some(cache) = &self.cache {
            let price = ApiGateway::cache_price(cache);
            charges.push(Charge::new(&price, Usage::Hours(1.0)));
        }
        charges
    }

    fn unbilled(&self) -> Vec<&'static str> {
        match self.api {
            Api::Http | Api::Rest => Vec::new(),
            Api::WebSocket => {
                let mut unbilled = vec!["what a message beyond 32 KiB counts more than once"];
                if self.session.is_none() {
                    unbilled.push("minutes of open connections, as it has no `session`");
                }
                unbilled
            }
        }
    }

    fn calls(&self) -> CallDefaults {
        let usual = match self.api {
            Api::Http => 30_000,
            Api::Rest | Api::WebSocket => 29_000,
        };
        CallDefaults {
            timeout: Some(self.timeout.unwrap_or(Span(usual * MILLISECOND))),
            ..CallDefaults::default()
        }
    }
}

//! Secrets Manager: reads and writes secrets, by rates of the whole account.
//!
//! # Model
//! 1. A read takes a token of the account's reads, a write one of its writes; either is
//!    counted as a symmetric request to KMS, which decrypts the secret or makes the key that
//!    encrypts it. Without the tokens the call is throttled at once.
//!    To write more than 64 KiB fails at once.
//! 2. The time of the operation passes.
//! 3. A node with a `secret` reads here as it starts: a copy that scaling or a deployment starts is
//!    ready when it has it, an environment of a function before its first invocation. All keep it for
//!    `ttl`. A read that is throttled is tried again, three times in all; then a copy is
//!    started anew, and a visit goes on with what it has, or fails.
//! 4. The `rotation` changes the secret. From then on what was read before is denied, with
//!    `single-user`; with `alternating-users` only what is two changes old. Until `window` is over
//!    the old secret is read. A visit whose secret is denied has made a call in vain, reads
//!    anew, and tries once more; or it fails, as its node's `secret` says.
//!
//! # Not modelled
//! - Calls of the rotation itself, about ten each time.
//! - One read for all visits of a copy that find its secret too old or denied at once: each reads.
//! - Connections that were opened with the old secret, and go on: every visit opens its own.
//! - Other clients that keep a secret: put a `cache` in between.
//!
//! # Sources
//! Secrets Manager user guide (Quotas; Rotation strategies; Client-side caching); KMS developer
//! guide (Request quotas); AWS SDKs reference guide (Retry behavior). Times are estimates.
//! Read 2026-11.

use super::kms;
use crate::component::ask::{Access, OperationInfo};
use crate::component::parameter::{
    Basis, Parameters, choice, duration, duration_in, duration_law, milliseconds_p50_p99, object,
    parameters, rate,
};
use crate::component::price::{Charge, PRICE_LIST, Price, Tiers, Usage};
use crate::component::secret::Source;
use crate::component::{
    Ask, BucketSpec, Class, Component, KindInfo, MostBytes, Program, RetryDefaults, Scope, WorkSpec,
};
use crate::mechanism::held;
use crate::model::{Backoff, Cost};
use crate::random::law::Law;
use crate::spec::reader::Object;
use crate::units::{SimTime, Span};

/// Limits.
const QUOTAS: &str = "Secrets Manager user guide, Quotas, read 2026-11";

/// Bytes of a secret.
///
/// SOURCE: Secrets Manager user guide, Quotas: 65,536. Read 2026-11.
const MOST_BYTES: u64 = 64 << 10;

/// What is paid for.
const PRICES: &[Price] = &[SECRETS, CALLS];
const SECRETS: Price = Price {
    item: "secret",
    unit: "month",
    usd: Tiers::Flat(0.4),
    free: 0.0,
    basis: Basis::Documented,
    source: PRICE_LIST,
};
const CALLS: Price = Price {
    item: "calls",
    unit: "request",
    usd: Tiers::Flat(0.05 / 10_000.0),
    ..SECRETS
};

/// The kind.
pub static INFO: KindInfo = KindInfo {
    kind: "secrets-manager",
    class: Class::Leaf,
    summary: "reads and writes secrets, by rates of the whole account",
    model: "takes a token of the account's reads or writes and one of its symmetric KMS requests, else throttles; takes the \
            operation's time; nodes with a `secret` read it as they start and keep it; after a `rotation` what they keep is denied",
    not_modelled: "calls of the rotation itself, one read for all visits of a copy, connections that outlive a rotation, other clients that keep a secret",
    sources: "Secrets Manager user guide (Quotas; Rotation strategies; Client-side caching); KMS developer guide (Request quotas); AWS SDKs reference guide (Retry behavior); read 2026-11",
    operations: &[
        OperationInfo {
            name: "get",
            access: Access::Read,
            most_items: 1,
            doc: "reads a secret",
        },
        OperationInfo {
            name: "put",
            access: Access::Write,
            most_items: 1,
            doc: "writes a secret",
        },
    ],
    prices: PRICES,
    parameters: SecretsManager::table,
    read: |object| Box::new(SecretsManager::read(object)),
};

/// Who is changed by a rotation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strategy {
    /// The one user that there is: its old password is gone.
    Single,
    /// The other one of two: the password before is good until the next rotation.
    Alternating,
}

/// Words for it.
const STRATEGIES: &[(&str, Strategy)] = &[
    ("single-user", Strategy::Single),
    ("alternating-users", Strategy::Alternating),
];
/// Longest time between rotations: 999 days; the shortest is 4 hours.
const ROTATIONS: std::ops::RangeInclusive<Span> =
    Span(4 * 3_600 * 1_000_000_000)..=Span(999 * 86_400 * 1_000_000_000);
/// How clients try again.
///
/// SOURCE: AWS SDKs reference guide, Retry behavior, standard mode: three attempts, before each a
/// random part of 1 s, then of 2 s, 20 s at most. Read 2026-11.
const STANDARD: RetryDefaults = RetryDefaults {
    attempts: 3,
    backoff: Backoff::FullJitter,
    base: Law::Constant(1e9),
    cap: Span(20_000_000_000),
    factor: 2.0,
    at_once: 0,
    steady: 0,
};

parameters! {
    /// Parameters of a rotation.
    pub struct Rotation {
        /// When the secret changes first. Has to be said.
        at: Option<Span> = None, duration(), Choice, "has to be said";
        /// From one change to the next; without it there is only one.
        every: Option<Span> = None, duration_in(ROTATIONS), Documented, "Secrets Manager user guide, Rotation schedules: 4 hours to 999 days, read 2026-11";
        /// Whose password changes: that of the one user, or of the other one of two.
        strategy: Strategy = Strategy::Single, choice(STRATEGIES), Documented, "Secrets Manager user guide, Rotation strategies, read 2026-11";
        /// From the change of the password until the new one is read: steps `testSecret` and `finishSecret`.
        window: Span = Span(1_000_000_000), duration(), Estimate, "two invocations of the rotation function that follow each other, 2026-11; the vendor says that the window is small, put your own";
    }
    check Rotation::check
}

impl Rotation {
    /// Checks rules between parameters.
    fn check(&mut self, object: &mut Object<'_>) {
        if self.at.is_none() {
            object.missing("at");
        }
    }

    /// Returns when the secret changes.
    fn rule(&self) -> held::Rotation {
        held::Rotation {
            first: SimTime::ZERO + self.at.unwrap_or(Span::ZERO),
            every: self.every.unwrap_or(Span::MAX),
            window: self.window,
            outlives: match self.strategy {
                Strategy::Single => 0,
                Strategy::Alternating => 1,
            },
        }
    }
}

parameters! {
    /// Parameters of secrets.
    pub struct SecretsManager {
        /// Reads per time of the account; one second of it at once.
        reads: f64 = 10_000.0, rate(), Documented, QUOTAS;
        /// Writes per time of the account; one second of it at once.
        writes: f64 = 50.0, rate(), Documented, QUOTAS;
        /// Symmetric KMS requests per time of the account, as its `kms` nodes have it.
        symmetric: f64 = kms::SYMMETRIC, rate(), Documented, "KMS developer guide, Request quotas, read 2026-11";
        /// Time of `get`, with the decryption.
        get: Law = milliseconds_p50_p99(14.0, 70.0), duration_law(), Estimate, "in-region practice, 2026-11; no distribution is published, put your own";
        /// How the secret changes.
        rotation: Option<Rotation> = None, object::<Rotation>(), Documented, "Secrets Manager user guide, Rotation: none until it is set, read 2026-11";
        /// Time of `put`.
        put: Law = milliseconds_p50_p99(14.0, 70.0), duration_law(), Estimate, "as `get`, for want of a figure; put your own";
    }
}

impl Component for SecretsManager {
    fn info(&self) -> &'static KindInfo {
        &INFO
    }

    fn compile(&self, program: &mut Program<'_>) {
        let (label, per_s, time) = if program.is_write() {
            ("writes of secrets", self.writes, &self.put)
        } else {
            ("reads of secrets", self.reads, &self.get)
        };
        let calls = BucketSpec::one_second(per_s, Scope::Account);
        let calls = program.bucket(label, &calls);
        let keys = kms::symmetric(program, self.symmetric);
        program.admit(&[calls, keys], Cost::One, false);
        program.work(&WorkSpec::of(time));
    }

    fn keeps_secrets(&self) -> Option<Source> {
        Some(Source {
            rotation: self.rotation.as_ref().map(Rotation::rule),
            retry: STANDARD,
        })
    }

    fn follows_schedule(&self) -> bool {
        self.rotation.is_some()
    }

    fn most_bytes(&self, _op: &str, _ask: &Ask) -> Option<MostBytes> {
        Some(MostBytes::call(MOST_BYTES))
    }

    fn charges(&self) -> Vec<Charge> {
        vec![
            Charge::new(&SECRETS, Usage::Kept(1.0)),
            Charge::new(&CALLS, Usage::Visits(&[])),
        ]
    }

    fn unbilled(&self) -> Vec<&'static str> {
        vec![
            "secrets beyond one",
            "requests to KMS where they are encrypted with a key of one's own",
        ]
    }
}

//! KMS: keys that never leave it, by a rate that the whole account shares.
//!
//! # Model
//! 1. A request is counted in the second that is running, of all symmetric requests of the
//!    account, or of all that sign; when the count is full it is throttled at once.
//!    To `encrypt` more than 4 KiB fails at once.
//! 2. The time of the operation passes.
//!
//! # Not modelled
//! - Requests that S3, SQS and other services make on the account's behalf: call it from
//!   the steps. Secrets Manager's are counted.
//! - Data keys that are cached, custom key stores, pairs of keys, requests that manage keys.
//!
//! # Sources
//! KMS developer guide (Request quotas). Times are estimates. Read 2026-11.

use crate::component::ask::{Access, OperationInfo};
use crate::component::parameter::{
    Basis, Parameters, duration_law, milliseconds_p50_p99, parameters, rate,
};
use crate::component::price::{Charge, PRICE_LIST, Price, Tiers, Usage};
use crate::component::{
    Ask, BucketId, BucketSpec, Class, Component, KindInfo, MostBytes, Program, Scope, WorkSpec,
};
use crate::model::Cost;
use crate::random::law::Law;
use crate::units::Span;

/// Limits.
const QUOTAS: &str = "KMS developer guide, Request quotas: us-east-1, us-west-2 and eu-west-1 (20,000 or 10,000 elsewhere), read 2026-11";
/// Times.
const LATENCY: &str = "in-region practice, 2026-11; no distribution is published, put your own";
/// Symmetric requests per second of an account.
///
/// SOURCE: KMS developer guide, Request quotas. Read 2026-11.
pub(super) const SYMMETRIC: f64 = 100_000.0;

/// Bytes of plain text.
///
/// SOURCE: KMS developer guide, Resource quotas: 4,096. Read 2026-11.
const MOST_BYTES: u64 = 4_096;

/// What is paid for.
const PRICES: &[Price] = &[KEYS, REQUESTS, SIGNATURES];
const KEYS: Price = Price {
    item: "key",
    unit: "month",
    usd: Tiers::Flat(1.0),
    free: 0.0,
    basis: Basis::Documented,
    source: PRICE_LIST,
};
const REQUESTS: Price = Price {
    item: "symmetric requests",
    unit: "request",
    usd: Tiers::Flat(0.03 / 10_000.0),
    free: 20_000.0,
    ..KEYS
};
const SIGNATURES: Price = Price {
    item: "signing requests",
    unit: "request",
    usd: Tiers::Flat(0.15 / 10_000.0),
    ..KEYS
};

/// The kind.
pub static INFO: KindInfo = KindInfo {
    kind: "kms",
    class: Class::Leaf,
    summary: "keys that never leave it, by a rate that the whole account shares",
    model: "counts the request in the second that is running, of the account and class of key, else throttles; takes the             operation's time",
    not_modelled: "requests of other services but Secrets Manager's, cached data keys, custom key stores, pairs of keys, management",
    sources: "KMS developer guide (Request quotas); read 2026-11",
    operations: &[
        operation("decrypt", "makes plain text of a small cipher text"),
        operation("encrypt", "makes cipher text of up to 4 KiB"),
        operation("generate-data-key", "makes a key to encrypt with"),
        operation("sign", "signs, with RSA or an elliptic curve"),
    ],
    prices: PRICES,
    parameters: Kms::table,
    read: |object| Box::new(Kms::read(object)),
};

/// An operation.
const fn operation(name: &'static str, doc: &'static str) -> OperationInfo {
    OperationInfo {
        name,
        access: Access::Call,
        most_items: 1,
        doc,
    }
}

parameters! {
    /// Parameters of keys.
    pub struct Kms {
        /// Symmetric requests per time of the account, in seconds that begin whole.
        symmetric: f64 = SYMMETRIC, rate(), Documented, QUOTAS;
        /// Requests to `sign` per time of the account, in seconds that begin whole.
        signing: f64 = 1_000.0, rate(), Documented, QUOTAS;
        /// Time of `decrypt`, `encrypt` and `generate-data-key`.
        time: Law = milliseconds_p50_p99(6.0, 35.0), duration_law(), Estimate, LATENCY;
        /// Time of `sign`.
        sign: Law = milliseconds_p50_p99(12.0, 60.0), duration_law(), Estimate, LATENCY;
    }
}

/// Declares the account's count of symmetric requests.
pub(super) fn symmetric(program: &mut Program<'_>, rate_per_s: f64) -> BucketId {
    counted(program, "symmetric requests to KMS", rate_per_s)
}

/// Declares a count of the account in seconds that begin whole.
fn counted(program: &mut Program<'_>, label: &str, rate_per_s: f64) -> BucketId {
    let spec = BucketSpec {
        window: Span(1_000_000_000),
        ..BucketSpec::one_second(rate_per_s, Scope::Account)
    };
    program.bucket(label, &spec)
}

impl Component for Kms {
    fn info(&self) -> &'static KindInfo {
        &INFO
    }

    fn compile(&self, program: &mut Program<'_>) {
        let (bucket, time) = if program.op() == "sign" {
            let signing = counted(program, "signing requests to KMS", self.signing);
            (signing, &self.sign)
        } else {
            (symmetric(program, self.symmetric), &self.time)
        };
        program.admit(&[bucket], Cost::One, false);
        program.work(&WorkSpec::of(time));
    }

    fn most_bytes(&self, op: &str, _ask: &Ask) -> Option<MostBytes> {
        (op == "encrypt").then_some(MostBytes::call(MOST_BYTES))
    }

    fn charges(&self) -> Vec<Charge> {
        let symmetric = Usage::Visits(&["decrypt", "encrypt", "generate-data-key"]);
        vec![
            Charge::new(&KEYS, Usage::Kept(1.0)),
            Charge::new(&REQUESTS, symmetric),
            Charge::new(&SIGNATURES, Usage::Visits(&["sign"])),
        ]
    }

    fn unbilled(&self) -> Vec<&'static str> {
        vec![
            "keys beyond one",
            "that signing with RSA of 2,048 bits costs a fifth",
        ]
    }
}

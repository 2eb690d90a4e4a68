//! Secrets Manager: reads and writes secrets, by rates of the whole account.
//!
//! # Model
//! 1. A read takes a token of the account's reads, a write one of its writes; either is
//!    counted as a symmetric request to KMS, which decrypts the secret or makes the key that
//!    encrypts it. Without the tokens the call is throttled at once.
//! 2. The time of the operation passes.
//!
//! # Not modelled
//! - Clients that keep a secret (for an hour, as the vendor's do): put a `cache` in between.
//! - Rotation.
//!
//! # Sources
//! Secrets Manager user guide (Quotas); KMS developer guide (Request quotas). Times are
//! estimates. Read 2026-11.

use super::kms;
use crate::component::ask::{Access, OperationInfo};
use crate::component::parameter::{
    Basis, Parameters, duration_law, milliseconds_p50_p99, parameters, rate,
};
use crate::component::price::{Charge, PRICE_LIST, Price, Tiers, Usage};
use crate::component::{BucketSpec, Class, Component, KindInfo, Program, Scope, WorkSpec};
use crate::model::Cost;
use crate::random::law::Law;

/// Limits.
const QUOTAS: &str = "Secrets Manager user guide, Quotas, read 2026-11";

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
            operation's time",
    not_modelled: "clients that keep a secret, rotation",
    sources: "Secrets Manager user guide (Quotas); KMS developer guide (Request quotas); read 2026-11",
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

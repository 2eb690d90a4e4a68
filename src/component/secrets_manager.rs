//! Secrets Manager: reads and writes secrets, by rates of the whole account.
//!
//! # Model
//! 1. A read takes a token of the account's reads and is counted as a symmetric request to
//!    KMS, which decrypts it; a write takes a token of the account's writes. Without them
//!    the call is throttled at once.
//! 2. The time of the operation passes.
//!
//! # Not modelled
//! - Clients that keep a secret (for an hour, as the vendor's do): put a `cache` in between.
//! - Rotation. The KMS request of a write.
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
use crate::component::shared::admit_call;
use crate::component::{BucketSpec, Class, Component, KindInfo, Program, Scope, WorkSpec};
use crate::model::Cost;
use crate::random::law::Law;

/// Limits.
const QUOTAS: &str = "Secrets Manager user guide, Quotas, read 2026-11";

/// What is paid for.
pub const PRICES: &[Price] = &[SECRETS, CALLS];
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
    model: "a read takes a token of the account's reads and one of its symmetric KMS requests, a write one of its writes, else             throttles; takes the operation's time",
    not_modelled: "clients that keep a secret, rotation, the KMS request of a write",
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
        if program.is_write() {
            admit_call(program, "writes of secrets", self.writes);
            return program.work(&WorkSpec::of(&self.put));
        }
        let reads = BucketSpec::one_second(self.reads, Scope::Account);
        let reads = program.bucket("reads of secrets", &reads);
        let decryptions = kms::symmetric(program, self.symmetric);
        program.admit(&[reads, decryptions], Cost::One, false);
        program.work(&WorkSpec::of(&self.get));
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

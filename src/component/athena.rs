//! Athena: queries over files, submitted at a limited rate and run on shared capacity.
//!
//! # Model
//! 1. A submission takes a token of the account's bucket; without one it is throttled at once.
//! 2. Only so many queries of the account are active, running or waiting; above that it is
//!    refused at once (throttled: TooManyRequestsException).
//! 3. The fixed time of a query passes, then that of the bytes it scans.
//!
//! # Not modelled
//! - The internal queue under load, which grows with what other customers do.
//! - Requests to S3 that a query makes, and their throttling. Provisioned capacity.
//! - Polling for the result: the answer comes when it is there.
//!
//! # Sources
//! Athena user guide (Service quotas). Times are estimates. Read 2026-11.

use crate::component::ask::{Access, OperationInfo};
use crate::component::parameter::{
    Basis, Parameters, bandwidth, count, duration_law, factor, milliseconds_p50_p99, parameters,
    rate, size_law,
};
use crate::component::price::{Charge, Price, RECALLED, TEBIBYTE, Tiers, Usage};
use crate::component::{BucketSpec, Class, Component, KindInfo, Program, Scope, WorkSpec};
use crate::model::Cost;
use crate::random::law::Law;
use crate::units::Span;

/// Limits.
const QUOTAS: &str =
    "Athena user guide, Service quotas: StartQueryExecution 20/s with a burst of 80, read 2026-11";
/// What a query is charged by [GiB].
const SCANNED: Cost = Cost::Bytes {
    factor: 1.0 / 1_073_741_824.0,
};
/// What is paid for.
const PRICES: &[Price] = &[SCANS];
const SCANS: Price = Price {
    item: "bytes scanned",
    unit: "GiB",
    usd: Tiers::Flat(5.0 / TEBIBYTE),
    free: 0.0,
    basis: Basis::Estimate,
    source: RECALLED,
};

/// The kind.
pub static INFO: KindInfo = KindInfo {
    kind: "athena",
    class: Class::Leaf,
    summary: "queries over files, submitted at a limited rate",
    model: "takes a token of the account's submissions and a place among its active queries, else throttles; takes a fixed time \
            and that of the bytes it scans",
    not_modelled: "the internal queue under load, requests to S3, provisioned capacity, polling",
    sources: "Athena user guide (Service quotas); read 2026-11",
    operations: &[OperationInfo {
        name: "query",
        access: Access::Read,
        most_items: 1,
        doc: "asks a question of files; `bytes` is what it scans",
    }],
    prices: PRICES,
    parameters: Athena::table,
    read: |object| Box::new(Athena::read(object)),
};

parameters! {
    /// Parameters of queries.
    pub struct Athena {
        /// Submissions per time of the account.
        rate: f64 = 20.0, rate(), Documented, QUOTAS;
        /// Most submissions at once.
        burst: f64 = 80.0, factor(1.0..=1e6), Documented, QUOTAS;
        /// Queries of the account that are active at once.
        active: u32 = 200, count(1..=100_000), Estimate, "active DML queries in us-east-1, recalled from the Athena user guide, 2026-11";
        /// Bytes that a query scans where a step gives none.
        item: Law = Law::Constant(1e9), size_law(), Choice, "a gigabyte";
        /// Time of a query, beside what it scans.
        query: Law = milliseconds_p50_p99(1_500.0, 6_000.0), duration_law(), Estimate, "a small query, 2026-11; put your own";
        /// Bytes that a query scans in a time.
        scan: f64 = 5e9, bandwidth(), Estimate, "columnar files, 2026-11; put your own";
    }
}

impl Component for Athena {
    fn info(&self) -> &'static KindInfo {
        &INFO
    }

    fn compile(&self, program: &mut Program<'_>) {
        let submissions = BucketSpec {
            rate_per_s: self.rate,
            burst: self.burst,
            window: Span::ZERO,
            scope: Scope::Account,
        };
        let submissions = program.bucket("submissions of queries", &submissions);
        program.admit(&[submissions], Cost::One, false);
        program.limit("active queries", self.active, Scope::Account, None, false);
        // No bucket: bytes are only counted, of queries that are not refused.
        program.admit_metered(&[], SCANNED);
        program.work(&WorkSpec {
            per_byte_ns: 1e9 / self.scan,
            ..WorkSpec::of(&self.query)
        });
    }

    fn charges(&self) -> Vec<Charge> {
        vec![Charge::new(&SCANS, Usage::Units(&[]))]
    }

    fn unbilled(&self) -> Vec<&'static str> {
        vec![
            "that every query pays for 10 MB at least",
            "requests to S3 that queries make, and results kept there",
        ]
    }

    fn item(&self) -> Option<Law> {
        Some(self.item.clone())
    }
}

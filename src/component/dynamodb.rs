//! DynamoDB: a table whose partitions and throughput are metered in units.
//!
//! # Model
//! 1. The hash of the key chooses the partition.
//! 2. The operation pays units at two buckets, the table's and the partition's: all or
//!    nothing, and throttled at once if either lacks them. Reads and writes are
//!    metered apart. `get` pays ⌈bytes/4096⌉ read units an item, half of that unless
//!    `consistent`; `query` rounds the sum of its items; `put`, `update`, `conditional`
//!    and `delete` pay ⌈bytes/1024⌉ write units an item; transactions pay twice.
//! 3. Provisioned, the table's bucket gains `rcu` and `wcu` a second and keeps up to `bank`
//!    of what is not used; it begins with `banked`. On demand it gains the warm
//!    throughput and keeps one second. A partition keeps one second and never
//!    gives more than its rate, however much the table has left.
//!    With `rcu_scaling` or `wcu_scaling` the units follow the share of them that is used: what was
//!    throttled used nothing, so a flood is followed by steps of 1 / target. Those of an index follow
//!    by themselves.
//! 4. On demand, the table's rate grows to twice the highest that it has admitted,
//!    `growth_after` that, up to 40,000 a second. A partition at four fifths of its rate
//!    for `split_after` splits in two: what is not one key then has twice the rate. So does one
//!    that holds 10 GB: each begins with its part of `stored`, and of the bytes of `put` the share
//!    `growth` stays.
//! 5. The items of a `get`, `put` or `delete` of several (a batch) pay one by one, each at the
//!    partition of its own key. If none passes the call is throttled; else those that were
//!    refused are handed back (unprocessed) and sent again after `batch_pause`, which doubles,
//!    until all have passed or `batch_rounds` are over: throttled then.
//! 6. With an `index`, and more `indexes`, a write pays at each as well: all or nothing, so
//!    that one which lacks units throttles the table. `query-index` reads from `index`. Local
//!    indexes have no units of their own: a write pays once more at the table for each.
//! 7. What is provisioned is compared with the quotas of table and account (`kneepoint check`).
//!    An item of more than 400 KiB, a transaction of more than 4 MiB or a batch of more than
//!    16 MiB fails at once, and pays nothing (ValidationException).
//! 8. The operation's time passes. A `conditional` write then fails if the key was
//!    written since this request read it: it has paid nevertheless.
//! 9. Every link gets a message for every completed write (stream), some time later, in order
//!    and one batch per partition at a time; a link to another table repeats it there, each write
//!    by itself (a global table's replica, after `replication`). With an `expiry`
//!    an item that was `put` is deleted so long after its `ttl`, and that is in the stream too.
//!
//! # Not modelled
//! - The minutes that a split takes once a partition is full; that indexes fill; bytes of `update`
//!   and of what is deleted: of `put` the share `growth` stays. A table or index that scales has the
//!   partitions that its most units need from the start.
//! - The way of a batch's caller between two rounds: the pause stands for it. All rounds take
//!   the same time. The busiest partitions are told by the first key of a batch.
//! - Transactions and pages of a fan-out item by item: they pay at one partition, pages over
//!   those of the start, split or not.
//! - `update` is sized by `bytes`, not by the larger of the item before and after.
//! - Reads of further indexes; the time until an index shows a write. Scans, accelerator, the rare
//!   request that takes 5 s. A global table
//!   is a link to another table.
//!
//! # Sources
//! Units, partition limits, bank and initial throughput: DynamoDB developer guide
//! (Quotas; Burst and adaptive capacity; On-demand capacity mode; Warm throughput).
//! Times are estimates: the guide only says single-digit milliseconds. Stream:
//! bitesizedserverless.com, Serverless messaging latency compared, 2022. Read 2026-11.

use crate::component::ask::{Access, OperationInfo};
use crate::component::parameter::{
    Basis, Parameters, bandwidth, choice, count, duration, duration_in, duration_law,
    milliseconds_p50_p99, object, parameters, rate, share, size, size_law,
};
use crate::component::price::{
    Added, Ages, Charge, MILLION, PRICE_LIST, Price, Tiers, Usage, storage,
};
use crate::component::purchase::{NODES, ON_DEMAND, Purchase};
use crate::component::secondary_index::{SecondaryIndex, indexes};
use crate::component::shared::{MOST_INSTANCES, partitions};
use crate::component::supply::{UnitDefaults, UnitScaling, unit_scaling};
use crate::component::{
    Ask, BucketId, BucketSpec, Class, Component, DeliveryDefaults, KindInfo, MostBytes,
    PartitionId, PartitionSpec, Program, Provision, Scope, WorkSpec,
};
use crate::mechanism::decreases::Allowance;
use crate::model::{Cost, Growth, PartitionBy, Splitting};
use crate::random::law::Law;
use crate::spec::reader::Object;
use crate::units::Span;

/// Bytes that one read unit covers.
///
/// SOURCE: DynamoDB developer guide, Read and write operations: 4 KB. Read 2026-11.
const READ_UNIT: u32 = 4096;
/// Bytes that one write unit covers.
///
/// SOURCE: as above: 1 KB.
const WRITE_UNIT: u32 = 1024;

/// How far an on-demand limit grows: times what was admitted, units per second.
///
/// SOURCE: DynamoDB developer guide, On-demand capacity mode: twice the previous peak;
/// Quotas: 40,000 units per second of a table by default. Read 2026-11.
const GROWTH: (f64, f64) = (2.0, 40_000.0);
/// Units per second that may be provisioned for a table with its indexes, and for all tables of an
/// account and region; both can be raised.
///
/// SOURCE: DynamoDB developer guide, Quotas: 40,000 and 80,000, reads and writes each. Read 2026-11.
const OF_A_TABLE: f64 = 40_000.0;
const OF_THE_ACCOUNT: f64 = 80_000.0;
/// Shares that units may be told to have.
///
/// SOURCE: DynamoDB developer guide, Auto scaling: 20 to 90 %. Read 2026-11.
const TARGETS: std::ops::RangeInclusive<f64> = 0.2..=0.9;
/// How units follow their use.
///
/// SOURCE: re:Post, DynamoDB auto scaling: units are added after two minutes in a row above the
/// target, and removed after fifteen that are 20 points below it. DynamoDB developer guide,
/// Quotas: four decreases a day at any time, and one more after an hour without any (recalled).
/// ESTIMATE: metrics are 90 s old; a change takes a minute. Read 2026-11.
const SCALING: UnitDefaults = UnitDefaults {
    breaches: 2,
    delay: Span(90_000_000_000),
    start_up: Span(60_000_000_000),
    each: Span::ZERO,
    low: |target| target - 0.2,
    decreases: Some(Allowance {
        free: 4,
        pause: Span(3_600_000_000_000),
    }),
};
/// What the table's units are called.
const TABLE_READS: &str = "table read units";
const TABLE_WRITES: &str = "table write units";
/// Share of its rate from which on a partition is hot.
///
/// ESTIMATE: the guide says no more than that load near the maximum is noticed.
const HOT: f64 = 0.8;
/// Partitions that splits may lead to: times those of the start, and at least so many.
///
/// CHOICE: what growth to the table's quota needs.
const MOST_PARTITIONS: (u32, u32) = (8, 64);

/// Bytes of an item, of a transaction and of a batch.
///
/// SOURCE: DynamoDB developer guide, Quotas: 400 KB, 4 MB and 16 MB. Read 2026-11.
const MOST_OF_AN_ITEM: u64 = 400 << 10;
const MOST_OF_A_TRANSACTION: u64 = 4 << 20;
const MOST_OF_A_BATCH: u64 = 16 << 20;

/// Bytes that one partition holds.
///
/// SOURCE: DynamoDB developer guide, Partitions and data distribution, recalled: 10 GB. 2026-11.
const MOST_BYTES: f64 = 10e9;

/// Limits.
const QUOTAS: &str = "DynamoDB developer guide, Quotas, read 2026-11";
/// Bank.
const BURST: &str = "DynamoDB developer guide, Burst and adaptive capacity: 300 s, read 2026-11";
/// Initial throughput.
const WARM: &str = "DynamoDB developer guide, Warm throughput: a new on-demand table, read 2026-11";
/// Growth.
const GROW: &str = "DynamoDB developer guide, On-demand capacity mode: twice the previous peak within 30 minutes may be throttled, read 2026-11";
/// Splits.
const SPLIT: &str = "5 to 15 minutes by observation, 2026-11; the guide says that hot partitions are split, not when";
/// Times.
const LATENCY: &str =
    "single-digit milliseconds by the developer guide, read 2026-11; put your own";
/// Number of the strand in which an item waits for its end.
const EXPIRY: u16 = 1_000;

/// What is paid for.
const PRICES: &[Price] = &[WRITES, READS, WRITE_CAPACITY, READ_CAPACITY, STORAGE];
/// Throttled calls cost nothing.
const WRITES: Price = Price {
    item: "write units",
    unit: "WRU",
    usd: Tiers::Flat(0.625 / MILLION),
    free: 0.0,
    basis: Basis::Documented,
    source: PRICE_LIST,
};
const READS: Price = Price {
    item: "read units",
    unit: "RRU",
    usd: Tiers::Flat(0.125 / MILLION),
    ..WRITES
};
const WRITE_CAPACITY: Price = Price {
    item: "write capacity",
    unit: "WCU-hour",
    usd: Tiers::Flat(0.00065),
    ..WRITES
};
const READ_CAPACITY: Price = Price {
    item: "read capacity",
    unit: "RCU-hour",
    usd: Tiers::Flat(0.00013),
    ..WRITES
};
const STORAGE: Price = Price {
    item: "storage",
    unit: "GiB-month",
    usd: Tiers::Flat(0.25),
    free: 25.0,
    ..WRITES
};
/// Operations that pay read units.
const READING: &[&str] = &["get", "query", "query-index", "transact-get"];
/// Operations that pay write units.
const WRITING: &[&str] = &["put", "update", "conditional", "delete", "transact-write"];

/// How throughput is bought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Billing {
    /// Per request, up to the warm throughput.
    OnDemand,
    /// Units per second, with a bank of unused ones.
    Provisioned,
}

/// Words for billing.
const BILLINGS: &[(&str, Billing)] = &[
    ("on-demand", Billing::OnDemand),
    ("provisioned", Billing::Provisioned),
];

/// The kind.
pub static INFO: KindInfo = KindInfo {
    kind: "dynamodb",
    class: Class::Store,
    summary: "a table whose partitions and throughput are metered in units",
    model: "the key's hash chooses the partition; pays read or write units at table, partition and \
            every index, else throttles; on-demand limits grow with what they admitted, hot partitions split; items of a batch pay at their own partitions, and what is refused is sent again; \
            takes the operation's time; a conditional write fails if the key has changed; a link gets a message for \
            every completed write",
    not_modelled: "transactions over several partitions, reads of further indexes, scans, items put again before they \
                   expire, minutes that a split takes, indexes that fill",
    sources: "DynamoDB developer guide (Quotas; Burst and adaptive capacity; On-demand capacity mode; Warm throughput); bitesizedserverless.com, Serverless messaging latency compared, 2022; read 2026-11",
    operations: OPERATIONS,
    prices: PRICES,
    parameters: DynamoDb::table,
    read: |object| Box::new(DynamoDb::read(object)),
};

/// Operations of a table, and of what stands in front of one.
pub(super) const OPERATIONS: &[OperationInfo] = &[
    operation(
        "get",
        Access::Read,
        100,
        "reads an item by key, or several (BatchGetItem)",
    ),
    operation(
        "query",
        Access::Read,
        u32::MAX,
        "reads `count` items of one key; units of their sum",
    ),
    operation(
        "query-index",
        Access::Read,
        u32::MAX,
        "reads `count` items of one key of the `index`; units of their sum",
    ),
    operation(
        "transact-get",
        Access::Read,
        100,
        "reads items together, at twice the units",
    ),
    operation(
        "put",
        Access::Write,
        25,
        "writes an item, or several (BatchWriteItem)",
    ),
    operation("update", Access::Write, 1, "changes an item"),
    operation(
        "conditional",
        Access::Write,
        1,
        "a write that fails if the key was written since this request read it",
    ),
    operation(
        "delete",
        Access::Write,
        25,
        "takes an item out; pays as a write of it",
    ),
    operation(
        "transact-write",
        Access::Write,
        100,
        "writes items together, at twice the units",
    ),
];

/// An operation.
const fn operation(
    name: &'static str,
    access: Access,
    most_items: u32,
    doc: &'static str,
) -> OperationInfo {
    OperationInfo {
        name,
        access,
        most_items,
        doc,
    }
}

parameters! {
    /// Parameters of a table.
    pub struct DynamoDb {
        /// How throughput is bought.
        billing: Billing = Billing::OnDemand, choice(BILLINGS), Choice, "a table that asks for no capacity";
        /// Read units per second; provisioned only.
        rcu: Option<u32> = None, count(1..=10_000_000), Choice, "has to be given if provisioned";
        /// Write units per second; provisioned only.
        wcu: Option<u32> = None, count(1..=10_000_000), Choice, "has to be given if provisioned";
        /// How `rcu` follow what is read; provisioned only.
        rcu_scaling: Option<UnitScaling> = None, unit_scaling(), Choice, "a fixed number";
        /// How `wcu` follow what is written; provisioned only.
        wcu_scaling: Option<UnitScaling> = None, unit_scaling(), Choice, "a fixed number";
        /// How the units are bought, for the bill; provisioned only.
        purchase: Purchase = Purchase::OnDemand, choice(NODES), Choice, ON_DEMAND;
        /// Share of the list price that `purchase` saves; needed where it is not on demand.
        discount: Option<f64> = None, share(), Choice, "none is known that would be usual";
        /// Unused capacity that is kept, as a time of full rate; provisioned only.
        bank: Span = Span(300_000_000_000), duration_in(Span(1_000_000_000)..=Span(300_000_000_000)), Documented, BURST;
        /// Of that, what is there at the start, 1s to `bank`; provisioned only.
        banked: Span = Span(1_000_000_000), duration_in(Span(1_000_000_000)..=Span(300_000_000_000)), Choice, "a full bank would hide up to five minutes of overload, longer than many runs";
        /// Read units per second that are served at once; on demand only.
        warm_read: f64 = 12_000.0, rate(), Documented, WARM;
        /// Write units per second that are served at once; on demand only.
        warm_write: f64 = 4_000.0, rate(), Documented, WARM;
        /// How long after it was reached a peak counts, so that twice of it is served; on demand only.
        growth_after: Span = Span(1_800_000_000_000), duration_in(Span(1_000_000_000)..=Span(86_400_000_000_000)), Documented, GROW;
        /// A secondary index; without it the table has none.
        index: Option<SecondaryIndex> = None, object::<SecondaryIndex>(), Choice, "has to be made";
        /// Further global secondary indexes, each an object as `index`, at which writes pay; reads go to `index`.
        indexes: Vec<SecondaryIndex> = Vec::new(), indexes(), Documented, "DynamoDB developer guide, Quotas: up to 20 in all, read 2026-11";
        /// Local secondary indexes, which project whole items: a write pays for each again.
        local_indexes: u32 = 0, count(0..=5), Documented, "DynamoDB developer guide, Quotas: up to 5, made with the table, read 2026-11";
        /// Partitions of the keys; without it: on demand 4, or what the warm throughput needs; provisioned `rcu`/3000 + `wcu`/1000, rounded up; at least one for each 10 GB of `stored`.
        partitions: Option<PartitionSpec> = None, partitions(), Estimate, "initial throughput over a partition's limits; classic sizing rule";
        /// Read units per second of one partition.
        partition_read: f64 = 3_000.0, rate(), Documented, QUOTAS;
        /// Write units per second of one partition.
        partition_write: f64 = 1_000.0, rate(), Documented, QUOTAS;
        /// How long a partition has to be hot until it splits in two.
        split_after: Span = Span(600_000_000_000), duration_in(Span(1_000_000_000)..=Span(86_400_000_000_000)), Estimate, SPLIT;
        /// Size of one item where a step gives none.
        item: Law = Law::Constant(1024.0), size_law(), Choice, "the format's own default";
        /// Amount at rest when the first month begins, for the bill.
        stored: Option<u64> = None, size(), Choice, "not known until it is given; storage is then not in the bill";
        /// Share of the bytes of `put` that are new and stay, for the bill and for partitions that split when they hold 10 GB; the rest takes the place of others.
        growth: Option<f64> = None, share(), Choice, "nothing grows until it is given";
        /// Age at which items expire, for the bill; it costs nothing.
        ttl: Option<Span> = None, duration(), Choice, "nothing expires until it is said";
        /// Time from the end of an item's `ttl` until it is deleted, which costs nothing and goes into the stream as a `delete`; without it deletes are not followed.
        expiry: Option<Law> = None, duration_law(), Documented, "DynamoDB developer guide, Time to live: within a few days; followed once it is given, read 2026-11";
        /// Time of an eventually consistent `get`.
        get: Law = milliseconds_p50_p99(2.5, 9.0), duration_law(), Estimate, LATENCY;
        /// Time of a `consistent` `get`.
        get_consistent: Law = milliseconds_p50_p99(3.5, 12.0), duration_law(), Estimate, LATENCY;
        /// Time of every further item of a `get`: 100 take a median of 15 ms.
        get_each: Span = Span(126_000), duration(), Estimate, LATENCY;
        /// Time of a `query`, without what its bytes take.
        query: Law = milliseconds_p50_p99(5.0, 20.0), duration_law(), Estimate, LATENCY;
        /// Rate at which a `query` brings bytes back: a page of 1 MiB takes a median of 40 ms.
        query_bandwidth: f64 = 30e6, bandwidth(), Estimate, LATENCY;
        /// Time of `put`, `update` and `delete`.
        put: Law = milliseconds_p50_p99(4.5, 15.0), duration_law(), Estimate, LATENCY;
        /// Time of every further item of a `put` or `delete`: 25 take a median of 15 ms.
        put_each: Span = Span(437_500), duration(), Estimate, LATENCY;
        /// Calls until what a batch has left unprocessed is given up, the first included.
        batch_rounds: u32 = 4, count(1..=16), Choice, "as often as the vendor's clients try a call";
        /// Pause before unprocessed items are sent again; it doubles every time.
        batch_pause: Law = Law::Uniform { low: 0.0, high: 50e6 }, duration_law(), Estimate, "the developer guide asks for exponential pauses, read 2026-11; 50 ms with full jitter";
        /// Time of `conditional`.
        conditional: Law = milliseconds_p50_p99(5.0, 18.0), duration_law(), Estimate, LATENCY;
        /// Time of `transact-get`, of three items or so.
        transact_get: Law = milliseconds_p50_p99(9.0, 30.0), duration_law(), Estimate, LATENCY;
        /// Time of `transact-write`, of three items or so.
        transact_write: Law = milliseconds_p50_p99(14.0, 45.0), duration_law(), Estimate, LATENCY;
        /// Time from a write until another table (a global table's) begins to repeat it, beside the link.
        replication: Law = milliseconds_p50_p99(700.0, 2_500.0), duration_law(), Estimate, "DynamoDB developer guide, Global tables: usually within a second, read 2026-11";
        /// Time from a write until its stream's consumer starts, beside the link.
        stream: Law = milliseconds_p50_p99(213.0, 552.0), duration_law(), Measured, "bitesizedserverless.com, Serverless messaging latency compared, 2022 (to Lambda, eu-west-1), read 2026-11";
    }
    check DynamoDb::check
}

/// Units of one direction, of the table or of its index: how fast they are gained.
#[derive(Clone, Debug)]
struct Meter {
    /// Whose they are, for notes: all, a partition's.
    labels: [String; 2],
    /// Units per second of all.
    table_per_s: f64,
    /// Units per second of a partition.
    partition_per_s: f64,
}

impl DynamoDb {
    /// Checks rules between parameters.
    fn check(&mut self, object: &mut Object<'_>) {
        let (needs, foreign): (&[&str], &[&str]) = match self.billing {
            Billing::OnDemand => (
                &[],
                &[
                    "rcu",
                    "wcu",
                    "rcu_scaling",
                    "wcu_scaling",
                    "bank",
                    "banked",
                    "purchase",
                    "discount",
                ],
            ),
            Billing::Provisioned => (
                &["rcu", "wcu"],
                &["warm_read", "warm_write", "growth_after"],
            ),
        };
        for key in needs.iter().filter(|key| !object.has(key)) {
            let message = format!("{} is provisioned and needs `{key}`", object.owner());
            object.error_at(key, "key::missing", message);
        }
        for key in foreign.iter().filter(|key| object.has(key)) {
            let billing = super::parameter::word(BILLINGS, &self.billing);
            let message = format!(
                "`{key}` does not apply to {}, which is {billing}",
                object.owner()
            );
            object.error_at(key, "dynamodb::billing", message);
        }
        for (key, index) in self.all_indexes() {
            let units = [("rcu", index.rcu), ("wcu", index.wcu)];
            for (unit, given) in units {
                let provisioned = self.billing == Billing::Provisioned;
                if given.is_some() != provisioned {
                    let needs = if provisioned { "needs" } else { "takes no" };
                    let message = format!(
                        "the `{key}` of {}, which is {}, {needs} `{unit}`",
                        object.owner(),
                        super::parameter::word(BILLINGS, &self.billing)
                    );
                    object.error_at(key, "dynamodb::index", message);
                }
            }
        }
        let own = [
            ("rcu_scaling", self.rcu_scaling.as_ref()),
            ("wcu_scaling", self.wcu_scaling.as_ref()),
        ];
        let of_indexes = self.all_indexes().flat_map(|(_, index)| index.scalings());
        let of_indexes = of_indexes.map(|(key, _, scaling)| (key, scaling));
        let scalings: Vec<_> = own.into_iter().chain(of_indexes).collect();
        for (key, scaling) in scalings {
            if self.billing == Billing::OnDemand && scaling.is_some() && !object.has(key) {
                let message = format!(
                    "`{key}` of an index of {} does not apply: the table is on-demand",
                    object.owner()
                );
                object.error_at(key, "dynamodb::index", message);
            }
            let target = scaling.and_then(UnitScaling::target);
            if target.is_some_and(|target| !TARGETS.contains(&target)) {
                let message = format!(
                    "`utilisation` in `{key}` of {} must be {} to {}",
                    object.owner(),
                    TARGETS.start(),
                    TARGETS.end()
                );
                object.error_at(key, "dynamodb::target", message);
            }
        }
        if self.billing == Billing::Provisioned {
            self.purchase.check(self.discount, &[], object);
        }
        if object.has("expiry") && self.ttl.is_none() {
            let message = format!("`expiry` of {} needs a `ttl`", object.owner());
            object.error_at("expiry", "dynamodb::ttl", message);
        }
        let lies = self.stored.is_some() || self.growth.is_some() || self.expiry.is_some();
        if object.has("ttl") && !lies {
            let message = format!(
                "`ttl` of {} needs `stored`, `growth` or `expiry`: nothing lies there",
                object.owner()
            );
            object.error_at("ttl", "dynamodb::ttl", message);
        }
        if self.banked > self.bank {
            let message = format!("`banked` of {} is more than its `bank`", object.owner());
            object.error_at("banked", "dynamodb::banked", message);
        }
    }

    /// Returns all global indexes, each with the key under which it is given.
    fn all_indexes(&self) -> impl Iterator<Item = (&'static str, &SecondaryIndex)> {
        let first = self.index.iter().map(|index| ("index", index));
        first.chain(self.indexes.iter().map(|index| ("indexes", index)))
    }

    /// Returns the units per second of the table: read, write.
    fn table_per_s(&self) -> (f64, f64) {
        match self.billing {
            Billing::OnDemand => (self.warm_read, self.warm_write),
            Billing::Provisioned => (
                f64::from(units(self.rcu, &self.rcu_scaling)),
                f64::from(units(self.wcu, &self.wcu_scaling)),
            ),
        }
    }

    /// Returns the most that these may become.
    fn most_per_s(&self) -> (f64, f64) {
        let (read, write) = self.table_per_s();
        let most = |scaling: &Option<UnitScaling>, units: f64| {
            let most = scaling.as_ref().map(|one| f64::from(one.most()));
            most.map_or(units, |most| most.max(units))
        };
        (
            most(&self.rcu_scaling, read),
            most(&self.wcu_scaling, write),
        )
    }

    /// Returns what the units of its global indexes are charged, those that scale apart.
    fn index_charges(&self) -> Vec<Charge> {
        let mut fixed = [0.0; 2];
        let mut scaled: Vec<(usize, &'static str, f64)> = Vec::new();
        for (number, (_, index)) in self.all_indexes().enumerate() {
            let ((read, write), _) = index.units();
            let [(.., reads), (.., writes)] = index.scalings();
            for (at, units, scaling) in [(0, write, writes), (1, read, reads)] {
                let what = index_units(number)[at];
                let same = scaled.iter_mut().find(|one| one.1 == what);
                match (scaling, same) {
                    (None, _) => fixed[at] += units,
                    (Some(_), Some(same)) => same.2 += units,
                    (Some(_), None) => scaled.push((at, what, units)),
                }
            }
        }
        let prices = [&WRITE_CAPACITY, &READ_CAPACITY];
        let names = ["write capacity of the index", "read capacity of the index"];
        let fixed = (0..2).filter(|at| fixed[*at] > 0.0).map(|at| {
            let units = Usage::Hours(fixed[at]);
            Charge::new(prices[at], units).called(names[at])
        });
        let scaled = scaled.into_iter().map(|(at, what, units)| {
            let each = 1.0;
            Charge::new(prices[at], Usage::Supplied { what, units, each }).called(what)
        });
        fixed.chain(scaled).collect()
    }

    /// Returns how keys spread over the partitions of the table.
    fn spread(&self) -> PartitionSpec {
        let default = || self.needed(self.most_per_s(), PartitionBy::Hash);
        self.partitions.clone().unwrap_or_else(default)
    }

    /// Returns the partitions that some throughput (read, write) needs.
    fn needed(&self, (read, write): (f64, f64), by: PartitionBy) -> PartitionSpec {
        let (read, write) = (read / self.partition_read, write / self.partition_write);
        let count = match self.billing {
            Billing::OnDemand => read.max(write).max(4.0),
            Billing::Provisioned => read + write,
        };
        // What lies there needs partitions as well, whatever its throughput.
        let full = self.stored.unwrap_or(0) as f64 / MOST_BYTES;
        let count = count.max(full);
        PartitionSpec {
            count: (count.ceil() as u32).clamp(1, MOST_INSTANCES),
            by,
            ..PartitionSpec::default()
        }
    }

    /// Returns what an operation costs.
    fn price(&self, op: &str, writes: bool, consistent: bool) -> Cost {
        let read = if consistent { 1.0 } else { 0.5 };
        // The item, and once more in each local index.
        let write = 1.0 + self.local_indexes as f32;
        let per_item = |unit: u32, factor: f32| Cost::UnitsPerItem { unit, factor };
        match op {
            "query" | "query-index" => Cost::UnitsTogether {
                unit: READ_UNIT,
                factor: read,
            },
            "transact-get" => per_item(READ_UNIT, 2.0),
            "transact-write" => per_item(WRITE_UNIT, 2.0 * write),
            _ if writes => per_item(WRITE_UNIT, write),
            _ => per_item(READ_UNIT, read),
        }
    }

    /// Returns what the bill counts of an operation: on demand with what it costs at the indexes.
    fn paid(&self, cost: Cost, writes: bool) -> Cost {
        let Cost::UnitsPerItem { unit, factor } = cost else {
            return cost;
        };
        if !writes || self.billing == Billing::Provisioned || self.index.is_none() {
            return cost;
        }
        let sum = |(factor, each), (_, index): (_, &SecondaryIndex)| match index.write() {
            Cost::UnitsPerItem { factor: whole, .. } if index.item.is_none() => {
                (factor + whole, each)
            }
            Cost::UnitsPerItem { factor: fixed, .. } => (factor, each + fixed),
            Cost::One
            | Cost::Items
            | Cost::UnitsPerItemAnd { .. }
            | Cost::UnitsTogether { .. }
            | Cost::Bytes { .. } => (factor, each),
        };
        let (factor, each) = self.all_indexes().fold((factor, 0.0), sum);
        Cost::UnitsPerItemAnd { unit, factor, each }
    }

    /// Returns what an operation takes.
    fn time(&self, op: &str, consistent: bool) -> WorkSpec {
        let (law, each, bytes_per_s) = match op {
            "query" | "query-index" => (&self.query, Span::ZERO, Some(self.query_bandwidth)),
            "transact-get" => (&self.transact_get, Span::ZERO, None),
            "transact-write" => (&self.transact_write, Span::ZERO, None),
            "conditional" => (&self.conditional, Span::ZERO, None),
            "put" | "update" | "delete" => (&self.put, self.put_each, None),
            _ if consistent => (&self.get_consistent, self.get_each, None),
            _ => (&self.get, self.get_each, None),
        };
        WorkSpec {
            per_item_ns: each.0 as f64,
            per_byte_ns: bytes_per_s.map_or(0.0, |rate| 1e9 / rate),
            ..WorkSpec::of(law)
        }
    }

    /// Declares the buckets of one direction, of the table or of its index, whose keys spread
    /// over so many partitions.
    fn buckets(
        &self,
        program: &mut Program<'_>,
        meter: Meter,
        (partition, count): (PartitionId, u32),
    ) -> [BucketId; 2] {
        // ESTIMATE: what is bought by the request is kept for one second.
        let (kept, held) = match self.billing {
            Billing::OnDemand => (1.0, 1.0),
            Billing::Provisioned => (self.bank.as_seconds(), self.banked.as_seconds()),
        };
        let table = BucketSpec {
            rate_per_s: meter.table_per_s,
            burst: meter.table_per_s * kept,
            window: Span::ZERO,
            scope: Scope::Node,
        };
        let held = meter.table_per_s * held;
        let table = program.bucket_holding(&meter.labels[0], &table, held);
        if self.billing == Billing::OnDemand {
            let (factor, most_per_s) = GROWTH;
            let growth = Growth {
                factor,
                after: self.growth_after,
                most_per_s: most_per_s.max(meter.table_per_s),
            };
            program.grows(table, growth);
        }
        let splitting = Splitting {
            most: (count * MOST_PARTITIONS.0).clamp(MOST_PARTITIONS.1, MOST_INSTANCES),
            share: HOT,
            after: self.split_after,
        };
        // ESTIMATE: a partition keeps one second of its rate.
        let spec = BucketSpec {
            rate_per_s: meter.partition_per_s,
            burst: meter.partition_per_s,
            window: Span::ZERO,
            scope: Scope::Instance(splitting.most),
        };
        let each = program.bucket(&meter.labels[1], &spec);
        program.splits(partition, each, splitting);
        [table, each]
    }

    /// Lets what a `put` brings that is new lie at its partition, which splits when it is full.
    fn fill(&self, program: &mut Program<'_>, (partition, count): (PartitionId, u32), op: &str) {
        if let (Some(growth), "put") = (self.growth, op)
            && growth > 0.0
        {
            let filled = self.stored.unwrap_or(0) as f64 / f64::from(count);
            program.fills(partition, growth, (filled, MOST_BYTES));
        }
    }

    /// Declares the buckets of the index in one direction, paid at by the key of the index.
    fn index_buckets(
        &self,
        program: &mut Program<'_>,
        (number, index): (usize, &SecondaryIndex),
        writes: bool,
    ) -> [BucketId; 2] {
        let name = match number {
            0 => "index".to_owned(),
            _ => format!("index {}", number + 1),
        };
        let ((read_per_s, write_per_s), most) = match self.billing {
            Billing::OnDemand => (self.table_per_s(), self.table_per_s()),
            Billing::Provisioned => index.units(),
        };
        let default = || self.needed(most, PartitionBy::Random);
        let spread = index.partitions.clone().unwrap_or_else(default);
        let partition = program.partition(&format!("{name} partitions"), &spread);
        let meter = if writes {
            Meter {
                labels: ["write units", "partition write units"].map(|of| format!("{name} {of}")),
                table_per_s: write_per_s,
                partition_per_s: self.partition_write,
            }
        } else {
            Meter {
                labels: ["read units", "partition read units"].map(|of| format!("{name} {of}")),
                table_per_s: read_per_s,
                partition_per_s: self.partition_read,
            }
        };
        let [all, each] = self.buckets(program, meter, (partition, spread.count));
        let [of_reads, of_writes] = index.scalings();
        let (_, _, scaling) = if writes { of_writes } else { of_reads };
        if let Some(scaling) = scaling {
            let name = index_units(number)[usize::from(!writes)];
            program.supply_bucket_called(name, all, scaling, SCALING);
        }
        [all, each.at(partition)]
    }

    /// Writes what follows the work of an operation.
    fn end(&self, program: &mut Program<'_>, writes: bool, op: &str) {
        if !writes {
            return program.observe();
        }
        program.commit(op == "conditional");
        program.publish();
        if let (Some(ttl), Some(expiry), "put") = (self.ttl, &self.expiry, op) {
            // Behind the strands of what is published.
            program.beside(EXPIRY, |program| {
                program.delay(&Law::Constant(ttl.0 as f64));
                program.delay(expiry);
                program.publish_as("delete");
            });
        }
    }

    /// Writes a query of the index.
    fn query_index(&self, program: &mut Program<'_>, cost: Cost) {
        let Some(index) = &self.index else {
            let message = format!("node `{}` has no `index` to query", program.name());
            return program.refuse("dynamodb::index", message);
        };
        if program.consistent() {
            let message = format!(
                "an index of node `{}` cannot be read `consistent`",
                program.name()
            );
            return program.refuse("dynamodb::index", message);
        }
        let buckets = self.index_buckets(program, (0, index), false);
        program.admit_metered(&buckets.map(|bucket| (bucket, cost)), cost);
        program.work(&self.time(program.op(), false));
    }
}

/// Returns what the units of an index are called that scale: write, read.
fn index_units(number: usize) -> [&'static str; 2] {
    match number {
        0 => ["index write units", "index read units"],
        _ => [
            "further indexes' write units",
            "further indexes' read units",
        ],
    }
}

/// Returns the units at the start.
fn units(said: Option<u32>, scaling: &Option<UnitScaling>) -> u32 {
    let said = said.unwrap_or(1);
    scaling.as_ref().map_or(said, |scaling| scaling.start(said))
}

impl Component for DynamoDb {
    fn info(&self) -> &'static KindInfo {
        &INFO
    }

    fn compile(&self, program: &mut Program<'_>) {
        let spread = self.spread();
        let partition = program.partition("partitions", &spread);
        let (op, writes, consistent) = (program.op(), program.is_write(), program.consistent());
        let cost = self.price(op, writes, consistent);
        if op == "query-index" {
            return self.query_index(program, cost);
        }
        program.place(partition);
        let (read_per_s, write_per_s) = self.table_per_s();
        let meter = if writes {
            Meter {
                labels: [TABLE_WRITES, "partition write units"].map(str::to_owned),
                table_per_s: write_per_s,
                partition_per_s: self.partition_write,
            }
        } else {
            Meter {
                labels: [TABLE_READS, "partition read units"].map(str::to_owned),
                table_per_s: read_per_s,
                partition_per_s: self.partition_read,
            }
        };
        let place = (partition, spread.count);
        let buckets = self.buckets(program, meter, place);
        let scaling = match writes {
            true => &self.wcu_scaling,
            false => &self.rcu_scaling,
        };
        if let Some(scaling) = scaling {
            program.supply_bucket(buckets[0], scaling, SCALING);
        }
        let mut tolls: Vec<(BucketId, Cost)> = buckets.map(|bucket| (bucket, cost)).into();
        for (number, (_, index)) in self.all_indexes().enumerate().filter(|_| writes) {
            let buckets = self.index_buckets(program, (number, index), true);
            tolls.extend(buckets.map(|bucket| (bucket, index.write())));
        }
        let paid = self.paid(cost, writes);
        if program.ask().several && matches!(op, "get" | "put" | "delete") {
            // Every item at the partition of its own key.
            tolls[1].0 = tolls[1].0.at(partition);
            let again = (self.batch_rounds, &self.batch_pause);
            let time = self.time(op, consistent);
            program.admit_items((&tolls, paid), &time, again, |program| {
                self.end(program, writes, op);
            });
            return self.fill(program, (partition, spread.count), op);
        }
        program.admit_metered(&tolls, paid);
        self.fill(program, (partition, spread.count), op);
        program.work(&self.time(op, consistent));
        self.end(program, writes, op);
    }

    fn parts_items(&self) -> bool {
        true
    }

    fn provisions(&self) -> Vec<Provision> {
        if self.billing == Billing::OnDemand {
            return Vec::new();
        }
        let mut all = self.most_per_s();
        for (_, index) in self.all_indexes() {
            let (_, (read, write)) = index.units();
            all = (all.0 + read, all.1 + write);
        }
        let provision = |what, units| Provision {
            what,
            units,
            of_node: OF_A_TABLE,
            of_account: OF_THE_ACCOUNT,
            source: QUOTAS,
        };
        vec![
            provision("provisioned read units", all.0),
            provision("provisioned write units", all.1),
        ]
    }

    fn follows_schedule(&self) -> bool {
        let own = [&self.rcu_scaling, &self.wcu_scaling].into_iter().flatten();
        let of_indexes = self.all_indexes().flat_map(|(_, index)| index.scalings());
        let of_indexes = of_indexes.filter_map(|(_, _, scaling)| scaling);
        own.chain(of_indexes)
            .any(|scaling| !scaling.schedule.is_empty())
    }

    fn most_bytes(&self, op: &str, _ask: &Ask) -> Option<MostBytes> {
        let call = match op {
            "put" => MOST_OF_A_BATCH,
            "transact-write" => MOST_OF_A_TRANSACTION,
            "update" | "conditional" => u64::MAX,
            _ => return None,
        };
        Some(MostBytes {
            item: MOST_OF_AN_ITEM,
            call,
        })
    }

    fn charges(&self) -> Vec<Charge> {
        let mut charges = match self.billing {
            Billing::OnDemand => vec![
                Charge::new(&WRITES, Usage::Units(WRITING)),
                Charge::new(&READS, Usage::Units(READING)),
            ],
            Billing::Provisioned => {
                let (read, write) = self.table_per_s();
                let table = |what, units| Usage::Supplied {
                    what,
                    units,
                    each: 1.0,
                };
                let discount = self.purchase.discount(self.discount, &[]);
                let charge = |price, usage| Charge::new(price, usage).at(discount);
                let mut charges = vec![
                    charge(&WRITE_CAPACITY, table(TABLE_WRITES, write)),
                    charge(&READ_CAPACITY, table(TABLE_READS, read)),
                ];
                charges.extend(self.index_charges().into_iter().map(|one| one.at(discount)));
                charges
            }
        };
        let growth = self.growth.map(|share| Added {
            ops: &["put"],
            share,
            copies: 1.0,
        });
        let grows = growth.map(|growth| (growth, "storage, grown"));
        let ages = Ages {
            until: self.ttl.map_or(f64::INFINITY, Ages::months),
            ..Ages::ALL
        };
        charges.extend(storage(&STORAGE, self.stored, grows, ages));
        charges
    }

    fn unbilled(&self) -> Vec<&'static str> {
        let mut unbilled = vec!["backups", "stream reads other than by functions"];
        if self.stored.is_none() && self.growth.is_none() {
            unbilled.push("storage, as it has no `stored`");
        }
        unbilled
    }

    fn item(&self) -> Option<Law> {
        Some(self.item.clone())
    }

    fn delivers(&self) -> DeliveryDefaults {
        DeliveryDefaults {
            lag: Some(self.stream.clone()),
            replica_lag: Some(self.replication.clone()),
            ordered: true,
            // Whoever reads the stream has it until it is done.
            leaves: false,
            ..DeliveryDefaults::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn has_the_partitions_that_its_throughput_needs() {
        let count = |table: DynamoDb| table.spread().count;
        let provisioned = |rcu, wcu| DynamoDb {
            billing: Billing::Provisioned,
            rcu: Some(rcu),
            wcu: Some(wcu),
            ..DynamoDb::default()
        };

        assert_eq!(count(DynamoDb::default()), 4);
        assert_eq!(count(provisioned(100, 200)), 1);
        assert_eq!(count(provisioned(3_000, 1_000)), 2);
        assert_eq!(count(provisioned(7_500, 3_000)), 6);
        let warm = DynamoDb {
            warm_write: 40_000.0,
            ..DynamoDb::default()
        };
        assert_eq!(count(warm), 40);
        let stored = |bytes| DynamoDb {
            stored: Some(bytes),
            ..DynamoDb::default()
        };
        assert_eq!(count(stored(40_000_000_000)), 4);
        assert_eq!(count(stored(1_000_000_000_001)), 101);
    }
}

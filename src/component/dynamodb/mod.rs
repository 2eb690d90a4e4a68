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

mod bill;
mod operations;
mod throughput;

pub(super) use operations::OPERATIONS;

use crate::component::parameter::{
    Parameters, bandwidth, choice, count, duration, duration_in, duration_law,
    milliseconds_p50_p99, object, parameters, rate, share, size, size_law,
};
use crate::component::price::{Added, Ages, Charge, Usage, storage};
use crate::component::purchase::{NODES, ON_DEMAND, Purchase};
use crate::component::secondary_index::{SecondaryIndex, indexes};
use crate::component::shared::partitions;
use crate::component::supply::{UnitScaling, unit_scaling};
use crate::component::{
    Ask, BucketId, Class, Component, DeliveryDefaults, KindInfo, MostBytes, PartitionSpec, Program,
    Provision,
};
use crate::model::Cost;
use crate::random::law::Law;
use crate::spec::reader::Object;
use crate::units::Span;
use bill::{PRICES, READ_CAPACITY, READS, STORAGE, WRITE_CAPACITY, WRITES};
use operations::{READING, WRITING};
use throughput::{Meter, SCALING};

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
/// What the table's units are called.
const TABLE_READS: &str = "table read units";
const TABLE_WRITES: &str = "table write units";

/// Bytes of an item, of a transaction and of a batch.
///
/// SOURCE: DynamoDB developer guide, Quotas: 400 KB, 4 MB and 16 MB. Read 2026-11.
const MOST_OF_AN_ITEM: u64 = 400 << 10;
const MOST_OF_A_TRANSACTION: u64 = 4 << 20;
const MOST_OF_A_BATCH: u64 = 16 << 20;

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
            let billing = crate::component::parameter::word(BILLINGS, &self.billing);
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
                        crate::component::parameter::word(BILLINGS, &self.billing)
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

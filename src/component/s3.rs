//! S3: objects in partitions of the key space that each admit so many requests a second.
//!
//! # Model
//! 1. The hash of the key chooses the partition.
//! 2. The request takes a token of the partition's reads or of its writes; without one
//!    it is throttled at once (503 SlowDown).
//! 3. The time to the first byte passes, then the transfer of the object's bytes over
//!    one connection.
//! 4. Every link gets a message for every completed write (event notification).
//! 5. A partition that was at four fifths of its reads or writes for `split_after` splits in
//!    two, each with the full rates; what is one key stays together.
//!
//! # Not modelled
//! - Partitions that are merged again after a day. Keys are spread by hash, where S3 cuts
//!   ranges of names: a common prefix is no hot spot unless `partitions` says so, and names
//!   that only grow profit from splits here, which they do not there.
//! - A network interface that several transfers share: give the link a `bandwidth`.
//! - Multipart uploads and ranges (several calls at once), storage classes other than
//!   Standard, encryption calls, replication, lifecycle.
//!
//! # Sources
//! Rates and bandwidth: S3 user guide, Best practices design patterns (Optimizing
//! performance; Design patterns). Times are estimates; in-region measurements of
//! dvassallo/s3-benchmark, 2019, found 20 ms at p90. Read 2026-11.

use crate::component::ask::{Access, OperationInfo};
use crate::component::parameter::{
    Basis, Parameters, bandwidth, duration_in, duration_law, milliseconds_p50_p99, parameters,
    rate, size, size_law,
};
use crate::component::price::{Charge, DATA_OUT, ON, PRICE_LIST, Price, TEBIBYTE, Tiers, Usage};
use crate::component::shared::{MOST_INSTANCES, partitions};
use crate::component::{
    BucketSpec, Class, Component, DeliveryDefaults, KindInfo, PartitionSpec, Program, Scope,
    WorkSpec,
};
use crate::model::{Cost, Splitting};
use crate::random::law::Law;
use crate::units::Span;

/// Share of its rate from which on a partition is hot.
///
/// ESTIMATE: nothing is published.
const HOT: f64 = 0.8;
/// Partitions that splits may lead to, times those of the start.
///
/// CHOICE: six splits one after the other, days of growth.
const MOST_PARTITIONS: u32 = 64;

/// Rates and bandwidth.
const PERFORMANCE: &str = "S3 user guide, Optimizing performance, read 2026-11";
/// Times.
const LATENCY: &str = "dvassallo/s3-benchmark, 2019 (20 ms at p90 in the region) and practice reports, read 2026-11; the guide plans with 100 to 200 ms";

/// What is paid for; deletes are free.
pub const PRICES: &[Price] = &[WRITES, READS, STORAGE, DATA_OUT];
const WRITES: Price = Price {
    item: "puts and lists (Standard)",
    unit: "request",
    usd: Tiers::Flat(0.005 / 1_000.0),
    free: 0.0,
    basis: Basis::Documented,
    source: PRICE_LIST,
};
const READS: Price = Price {
    item: "gets (Standard)",
    usd: Tiers::Flat(0.0004 / 1_000.0),
    ..WRITES
};
const STORAGE: Price = Price {
    item: "storage (Standard)",
    unit: "GiB-month",
    usd: Tiers::Steps(&[
        (50.0 * TEBIBYTE, 0.023),
        (500.0 * TEBIBYTE, 0.022),
        (ON, 0.021),
    ]),
    ..WRITES
};
/// One gibibyte in bytes.
const GIBIBYTE: f64 = 1_073_741_824.0;

/// The kind.
pub static INFO: KindInfo = KindInfo {
    kind: "s3",
    class: Class::Store,
    summary: "objects in partitions that each admit so many requests a second",
    model: "the key's hash chooses the partition; takes a token of its reads or writes, else \
            throttles; takes the time to the first byte and the transfer of the bytes; a link gets a \
            message for every completed write; a partition that stays hot splits",
    not_modelled: "partitions that are merged, ranges of names, shared network interfaces, multipart, storage classes, encryption, replication",
    sources: "S3 user guide (Optimizing performance; Design patterns; Event notifications); dvassallo/s3-benchmark, 2019; AWS re:Post, 5xx errors of S3; read 2026-11",
    operations: &[
        operation("get", Access::Read, 1, "reads an object"),
        operation("head", Access::Read, 1, "reads an object's metadata"),
        operation(
            "list",
            Access::Read,
            1_000,
            "lists up to 1,000 keys; `count` is how many",
        ),
        operation("put", Access::Write, 1, "writes an object"),
        operation(
            "delete",
            Access::Write,
            1_000,
            "deletes an object, or up to 1,000 in one request",
        ),
    ],
    parameters: S3::table,
    read: |object| Box::new(S3::read(object)),
};

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
    /// Parameters of a bucket of objects.
    pub struct S3 {
        /// Partitions of the key space, each with rates of its own.
        partitions: PartitionSpec = PartitionSpec::default(), partitions(), Estimate, "a new bucket begins with one";
        /// Reads per time that one partition admits (get, head, list); one second of it at once.
        read_rate: f64 = 5_500.0, rate(), Documented, PERFORMANCE;
        /// Writes per time that one partition admits (put, delete); one second of it at once.
        write_rate: f64 = 3_500.0, rate(), Documented, PERFORMANCE;
        /// How long a partition has to be hot until it splits in two.
        split_after: Span = Span(2_700_000_000_000), duration_in(Span(1_000_000_000)..=Span(86_400_000_000_000)), Measured, "AWS re:Post, 5xx errors of S3: 30 to 60 minutes, read 2026-11";
        /// Size of one object where a step gives none.
        item: Law = Law::Constant(102_400.0), size_law(), Choice, "100 KiB, for which the time of a put is stated";
        /// Amount at rest, for the bill.
        stored: Option<u64> = None, size(), Choice, "not known until it is given; storage is then not in the bill";
        /// Time of `get` to the first byte.
        get: Law = milliseconds_p50_p99(20.0, 100.0), duration_law(), Estimate, LATENCY;
        /// Time of `head`.
        head: Law = milliseconds_p50_p99(15.0, 70.0), duration_law(), Estimate, LATENCY;
        /// Time of `list`.
        list: Law = milliseconds_p50_p99(60.0, 250.0), duration_law(), Estimate, LATENCY;
        /// Time of `put`, beside the transfer.
        put: Law = milliseconds_p50_p99(40.0, 200.0), duration_law(), Estimate, LATENCY;
        /// Time of `delete`.
        delete: Law = milliseconds_p50_p99(20.0, 100.0), duration_law(), Estimate, "as the first byte of a get, for want of a figure; put your own";
        /// Transfer over one connection.
        bandwidth: f64 = 90e6, bandwidth(), Documented, "S3 user guide, Design patterns: 85 to 90 MB/s for one connection, read 2026-11";
        /// Time from a write until its event's consumer starts, beside the link.
        notification: Law = milliseconds_p50_p99(1_000.0, 60_000.0), duration_law(), Estimate, "S3 user guide, Event notifications: typically seconds, sometimes a minute or longer, read 2026-11";
    }
}

impl S3 {
    /// Returns what an operation takes.
    fn time(&self, op: &str) -> WorkSpec {
        let (law, transfers) = match op {
            "head" => (&self.head, false),
            "list" => (&self.list, false),
            "delete" => (&self.delete, false),
            "put" => (&self.put, true),
            _ => (&self.get, true),
        };
        WorkSpec {
            per_byte_ns: if transfers { 1e9 / self.bandwidth } else { 0.0 },
            ..WorkSpec::of(law)
        }
    }
}

impl Component for S3 {
    fn info(&self) -> &'static KindInfo {
        &INFO
    }

    fn compile(&self, program: &mut Program<'_>) {
        let partition = program.partition("partitions", &self.partitions);
        program.place(partition);
        let writes = program.is_write();
        let (label, rate_per_s) = if writes {
            ("partition writes", self.write_rate)
        } else {
            ("partition reads", self.read_rate)
        };
        let count = self.partitions.count;
        let splitting = Splitting {
            most: (count * MOST_PARTITIONS).clamp(count, MOST_INSTANCES),
            share: HOT,
            after: self.split_after,
        };
        // ESTIMATE: a partition keeps one second of its rate.
        let spec = BucketSpec {
            rate_per_s,
            burst: rate_per_s.max(1.0),
            window: Span::ZERO,
            scope: Scope::Instance(splitting.most),
        };
        let bucket = program.bucket(label, &spec);
        program.splits(partition, bucket, splitting);
        program.admit(&[bucket], Cost::One, false);
        program.work(&self.time(program.op()));
        if writes {
            program.publish();
        }
    }

    fn charges(&self) -> Vec<Charge> {
        let mut charges = vec![
            Charge::new(&WRITES, Usage::Visits(&["put", "list"])),
            Charge::new(&READS, Usage::Visits(&["get", "head"])),
            Charge::new(&DATA_OUT, Usage::Replies),
        ];
        if let Some(stored) = self.stored {
            charges.push(Charge::new(&STORAGE, Usage::Kept(stored as f64 / GIBIBYTE)));
        }
        charges
    }

    fn unbilled(&self) -> Vec<&'static str> {
        match self.stored {
            Some(_) => Vec::new(),
            None => vec!["storage, as it has no `stored`"],
        }
    }

    fn item(&self) -> Option<Law> {
        Some(self.item.clone())
    }

    fn delivers(&self) -> DeliveryDefaults {
        DeliveryDefaults {
            lag: Some(self.notification.clone()),
            ..DeliveryDefaults::default()
        }
    }
}

//! S3: objects in partitions of the key space that each admit so many requests a second.
//!
//! # Model
//! 1. The hash of the key chooses the partition.
//! 2. The request takes a token of the partition's reads or of its writes; without one
//!    it is throttled at once (503 SlowDown).
//! 3. The time to the first byte passes, then the transfer of the object's bytes over
//!    one connection. With `ranges`, `get` and `put` are so many requests at once, each with a
//!    token, a time and an equal part of the bytes; the slowest ends them. A `head` before a
//!    `get` tells its size; a `put` is begun and completed by a request of its own (multipart).
//!    A `put` of more than 5 GiB fails at once; so many times that with `ranges`.
//! 4. Every link gets a message for every completed write (event notification), some time
//!    later; a link to another bucket repeats it there (`replication`).
//! 5. Of an archive `class`, `get` fails (403) unless its object was restored: `restore` takes
//!    minutes to days, by `tier`, and what it has restored can be read for `restored_for`.
//! 6. A partition that was at four fifths of its reads or writes for `split_after` splits in
//!    two, each with the full rates; what is one key stays together.
//!
//! # Not modelled
//! - Partitions that are merged again after a day. Keys are spread by hash, where S3 cuts
//!   ranges of names: a common prefix is no hot spot unless `partitions` says so, and names
//!   that only grow profit from splits here, which they do not there.
//! - A network interface that several transfers share: give the link a `bandwidth`.
//! - Encryption calls. Parts that are tried again by themselves. Replication is a link to
//!   another bucket, and takes `replication`; what is not replicated in time is not told.
//! - What a lifecycle moves to an archive, beside the bill: it can still be read. Who asks
//!   for a restore waits for it; the notification that it is over is not sent.
//!
//! # Sources
//! Rates and bandwidth: S3 user guide, Best practices design patterns (Optimizing
//! performance; Design patterns). Times are estimates; in-region measurements of
//! dvassallo/s3-benchmark, 2019, found 20 ms at p90. Read 2026-11.

mod classes;
mod restore;

pub use restore::Tier;

use crate::component::ask::{Access, OperationInfo};
use crate::component::parameter::{
    Parameters, bandwidth, choice, count, duration, duration_in, duration_law,
    milliseconds_p50_p99, object, parameters, rate, share, size, size_law,
};
use crate::component::price::{Charge, DATA_OUT, Usage};
use crate::component::shared::{MOST_INSTANCES, partitions};
use crate::component::{
    Ask, BucketId, BucketSpec, Class, Component, DeliveryDefaults, KindInfo, MostBytes,
    PartitionSpec, Program, Scope, WorkSpec,
};
use crate::model::{Cost, Splitting};
use crate::random::law::Law;
use crate::spec::reader::Object;
use crate::units::{Span, show};
use classes::{CLASSES, DEEP, FLEXIBLE, INSTANT, PRICES, STORED};
use restore::TIERS;

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

/// Bytes that one request writes: an object, or a part of one.
///
/// SOURCE: S3 user guide, Uploading objects: 5 GB in a single operation, and of a part. Read
/// 2026-11.
const MOST_BYTES: u64 = 5 << 30;

/// What a get from a class that charges for it is charged by [GiB].
const RETRIEVED: Cost = Cost::Bytes {
    factor: 1.0 / 1_073_741_824.0,
};

/// The kind.
pub static INFO: KindInfo = KindInfo {
    kind: "s3",
    class: Class::Store,
    summary: "objects in partitions that each admit so many requests a second",
    model: "the key's hash chooses the partition; takes a token of its reads or writes, else \
            throttles; takes the time to the first byte and the transfer of the bytes, over one connection or \
            `ranges`; an archived object has to be restored first; a link gets a message for every completed write; a partition that stays hot splits",
    not_modelled: "partitions that are merged, ranges of names, shared network interfaces, restores after a lifecycle, encryption",
    sources: "S3 user guide (Optimizing performance; Design patterns; Event notifications); dvassallo/s3-benchmark, 2019; AWS re:Post, 5xx errors of S3; read 2026-11",
    operations: &[
        operation("get", Access::Read, 1, "reads an object"),
        operation(
            "restore",
            Access::Read,
            1,
            "has an archived object restored, and waits until it can be read",
        ),
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
    prices: PRICES,
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
    /// Ages at which objects move to another storage class, or go.
    pub struct Lifecycle {
        /// Age at which they move to infrequent access.
        standard_ia as "standard-ia": Option<Span> = None, duration(), Choice, "nothing moves until it is said";
        /// Age at which they move to infrequent access in one zone.
        one_zone_ia as "one-zone-ia": Option<Span> = None, duration(), Choice, "nothing moves until it is said";
        /// Age at which they move to the archive that is read at once.
        glacier_instant as "glacier-instant": Option<Span> = None, duration(), Choice, "nothing moves until it is said";
        /// Age at which they move to the archive that has to be restored.
        glacier_flexible as "glacier-flexible": Option<Span> = None, duration(), Choice, "nothing moves until it is said";
        /// Age at which they move to the deepest archive.
        glacier_deep_archive as "glacier-deep-archive": Option<Span> = None, duration(), Choice, "nothing moves until it is said";
        /// Age at which they are deleted.
        expire: Option<Span> = None, duration(), Choice, "nothing is deleted until it is said";
    }
    check Lifecycle::check
}

impl Lifecycle {
    /// Returns the age at which objects come to each class of `STORED`, then that at which they go.
    fn ages(&self) -> [Option<Span>; 7] {
        [
            None,
            self.standard_ia,
            self.one_zone_ia,
            self.glacier_instant,
            self.glacier_flexible,
            self.glacier_deep_archive,
            self.expire,
        ]
    }

    /// Checks rules between ages: objects go through the classes in their order.
    fn check(&mut self, object: &mut Object<'_>) {
        let ages = self.ages();
        let words = STORED.iter().map(|class| class.word).chain(["expire"]);
        let mut last: Option<(&str, Span)> = None;
        for (word, age) in words.zip(ages) {
            let Some(age) = age else { continue };
            if let Some((before, earlier)) = last
                && age <= earlier
            {
                let message = format!(
                    "`{word}` of {} must be later than its `{before}`, {}",
                    object.owner(),
                    show::duration(earlier.0 as f64)
                );
                object.error_at(word, "s3::lifecycle", message);
            }
            last = Some((word, age));
        }
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
        /// Storage class of what is put; from the last two it has to be restored.
        class: usize = 0, choice(CLASSES), Choice, "the class where none is asked for";
        /// Amount at rest, for the bill: it is new, and in `class`, when the first month begins.
        stored: Option<u64> = None, size(), Choice, "not known until it is given; storage is then not in the bill";
        /// Share of the bytes put that are new and stay, for the bill; the rest takes the place of others.
        growth: Option<f64> = None, share(), Choice, "nothing grows until it is given";
        /// Ages at which what is stored moves to another class or goes, for the bill.
        lifecycle: Lifecycle = Lifecycle::default(), object::<Lifecycle>(), Choice, "all stays where it is";
        /// How urgently `restore` asks; archives only.
        tier: Tier = Tier::Standard, choice(TIERS), Documented, "S3 user guide, Archive retrieval options: the default, read 2026-11";
        /// Time of `restore`; without it by `class` and `tier`: flexible 1 to 5 minutes, 3 to 5 or 5 to 12 hours; deep 12 or 48 hours.
        restore: Option<Law> = None, duration_law(), Documented, "S3 user guide, Archive retrieval options; of the deepest archive the longest times, read 2026-11";
        /// How long what was restored can be read.
        restored_for: Span = Span(86_400_000_000_000), duration(), Choice, "a request says for how many days";
        /// Requests at once into which a `get` or a `put` is divided.
        ranges: u32 = 1, count(1..=10_000), Choice, "clients divide what is large, above 8 to 16 MiB or as they are told";
        /// Time of `get` to the first byte; without it 20 ms and 100 ms at p99, of Glacier Instant 25 ms and 150 ms.
        get: Option<Law> = None, duration_law(), Estimate, LATENCY;
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
        /// Time from a write until another bucket begins to repeat it, beside the link.
        replication: Law = milliseconds_p50_p99(15_000.0, 900_000.0), duration_law(), Estimate, "S3 user guide, Replication Time Control: most objects in seconds, 99.99 % within 15 minutes, read 2026-11";
        /// Time from a write until its event's consumer starts, beside the link.
        notification: Law = milliseconds_p50_p99(1_000.0, 60_000.0), duration_law(), Estimate, "S3 user guide, Event notifications: typically seconds, sometimes a minute or longer, read 2026-11";
    }
    check S3::check
}

impl S3 {
    /// Checks rules between parameters.
    fn check(&mut self, object: &mut Object<'_>) {
        if object.has("lifecycle") && self.stored.is_none() && self.growth.is_none() {
            let message = format!(
                "`lifecycle` of {} needs `stored` or `growth`: nothing lies there",
                object.owner()
            );
            object.error_at("lifecycle", "s3::lifecycle", message);
        }
        let archive = self.class >= FLEXIBLE;
        for key in ["tier", "restore", "restored_for"] {
            if object.has(key) && !archive {
                let message = format!(
                    "`{key}` of {} needs an archive as its `class`",
                    object.owner()
                );
                object.error_at(key, "s3::restore", message);
            }
        }
        if self.class == DEEP && self.tier == Tier::Expedited {
            let message = format!(
                "{} cannot be restored \"expedited\": not from the deepest archive",
                object.owner()
            );
            object.error_at("tier", "s3::restore", message);
        }
        let above = STORED
            .iter()
            .zip(self.lifecycle.ages())
            .take(self.class + 1);
        for (class, _) in above.filter(|(_, age)| age.is_some()) {
            let message = format!(
                "`lifecycle` of {} cannot move objects of class `{}` to `{}`",
                object.owner(),
                STORED[self.class].word,
                class.word
            );
            object.error_at("lifecycle", "s3::lifecycle", message);
        }
    }

    /// Returns what one request of an operation takes.
    fn time(&self, op: &str) -> WorkSpec {
        let (law, transfers) = match op {
            "head" => (self.head.clone(), false),
            "list" => (self.list.clone(), false),
            "delete" => (self.delete.clone(), false),
            "restore" => (self.restoring(), false),
            "put" => (self.put.clone(), true),
            _ => (self.first_byte(), true),
        };
        let part = 1e9 / self.bandwidth / f64::from(self.ranges);
        WorkSpec {
            per_byte_ns: if transfers { part } else { 0.0 },
            ..WorkSpec::of(&law)
        }
    }

    /// Returns the time of a `get` to the first byte.
    fn first_byte(&self) -> Law {
        let default = || match self.class {
            INSTANT => milliseconds_p50_p99(25.0, 150.0),
            _ => milliseconds_p50_p99(20.0, 100.0),
        };
        self.get.clone().unwrap_or_else(default)
    }

    /// Writes the requests of one operation: one, or several at once.
    fn requests(&self, program: &mut Program<'_>, op: &str, bucket: BucketId) {
        if op == "restore" {
            return;
        }
        let time = self.time(op);
        if self.ranges == 1 || !matches!(op, "get" | "put") {
            return program.work(&time);
        }
        let again = |program: &mut Program<'_>| program.admit(&[bucket], Cost::One, false);
        let before = if op == "put" { &self.put } else { &self.head };
        program.work(&WorkSpec::of(before));
        program.at_once(self.ranges, |program| {
            again(program);
            program.work(&time);
        });
        if op == "put" {
            again(program);
            program.work(&WorkSpec::of(&self.put));
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
        let counts = match program.op() {
            // What is counted is the bytes; no more of it than the bill needs.
            "put" => self.growth.is_some(),
            "get" => STORED[self.class].retrieved.is_some(),
            "restore" => self.restores().is_some(),
            _ => false,
        };
        if counts {
            program.admit_metered(&[(bucket, Cost::One)], RETRIEVED);
        } else {
            program.admit(&[bucket], Cost::One, false);
        }
        let op = program.op().to_owned();
        if self.class >= FLEXIBLE {
            self.archive(program, &op);
        } else if op == "restore" {
            let message = format!(
                "node `{}` has nothing to restore: its `class` is no archive",
                program.name()
            );
            return program.refuse("s3::restore", message);
        }
        self.requests(program, &op, bucket);
        if writes {
            program.publish();
        }
    }

    fn most_bytes(&self, op: &str, _ask: &Ask) -> Option<MostBytes> {
        let parts = u64::from(self.ranges.max(1));
        (op == "put").then_some(MostBytes::call(MOST_BYTES * parts))
    }

    fn charges(&self) -> Vec<Charge> {
        let class = &STORED[self.class];
        let priced = [
            (class.writes, Usage::Visits(&["put", "list"])),
            (class.reads, Usage::Visits(&["get", "head"])),
            (class.retrieved, Usage::Units(&["get"])),
            (
                self.restores().map(|(requests, _)| requests),
                Usage::Visits(&["restore"]),
            ),
            (
                self.restores().map(|(_, bytes)| bytes),
                Usage::Units(&["restore"]),
            ),
            (Some(&DATA_OUT), Usage::Replies),
        ];
        let known = priced
            .into_iter()
            .filter_map(|(price, usage)| Some((price?, usage)));
        let requests = known.map(|(price, usage)| Charge::new(price, usage));
        requests.chain(self.storage()).collect()
    }

    fn unbilled(&self) -> Vec<&'static str> {
        let mut unbilled = Vec::new();
        if self.stored.is_none() && self.growth.is_none() {
            unbilled.push("storage, as it has no `stored`");
        }
        if self.lifecycle.ages().iter().any(|age| age.is_some()) {
            unbilled.push("moves of what was `stored`, as its objects are not counted");
            unbilled.push("reads and restores of what has moved to another class");
        }
        if self.class >= FLEXIBLE {
            unbilled.push(
                "what restored objects cost beside those in the archive while they can be read",
            );
        }
        if self.ranges > 1 {
            unbilled.push("requests of ranges and parts beyond the first");
        }
        if self.class > 0 || self.lifecycle.ages().iter().any(|age| age.is_some()) {
            unbilled
                .push("that small objects pay for 128 KiB, and early deletions for the least time");
        }
        unbilled
    }

    fn item(&self) -> Option<Law> {
        Some(self.item.clone())
    }

    fn delivers(&self) -> DeliveryDefaults {
        DeliveryDefaults {
            lag: Some(self.notification.clone()),
            replica_lag: Some(self.replication.clone()),
            ..DeliveryDefaults::default()
        }
    }
}

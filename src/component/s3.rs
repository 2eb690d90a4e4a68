//! S3: objects in partitions of the key space that each admit so many requests a second.
//!
//! # Model
//! 1. The hash of the key chooses the partition.
//! 2. The request takes a token of the partition's reads or of its writes; without one
//!    it is throttled at once (503 SlowDown).
//! 3. The time to the first byte passes, then the transfer of the object's bytes over
//!    one connection.
//! 4. Every link gets a message for every completed write (event notification).
//!
//! # Not modelled
//! - Splits of a hot partition, 30 to 60 minutes into an overload: `partitions` stays what
//!   it is. Keys are spread by hash, where S3 cuts ranges of names: a common prefix is no
//!   hot spot unless `partitions` says so.
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
    Parameters, bandwidth, duration_law, milliseconds_p50_p99, parameters, rate, size_law,
};
use crate::component::shared::partitions;
use crate::component::{
    BucketSpec, Class, Component, DeliveryDefaults, KindInfo, PartitionSpec, Program, Scope,
    WorkSpec,
};
use crate::model::Cost;
use crate::random::law::Law;
use crate::units::Span;

/// Rates and bandwidth.
const PERFORMANCE: &str = "S3 user guide, Optimizing performance, read 2026-11";
/// Times.
const LATENCY: &str = "dvassallo/s3-benchmark, 2019 (20 ms at p90 in the region) and practice reports, read 2026-11; the guide plans with 100 to 200 ms";

/// The kind.
pub static INFO: KindInfo = KindInfo {
    kind: "s3",
    class: Class::Store,
    summary: "objects in partitions that each admit so many requests a second",
    model: "the key's hash chooses the partition; takes a token of its reads or writes, else \
            throttles; takes the time to the first byte and the transfer of the bytes; a link gets a \
            message for every completed write",
    not_modelled: "splits of hot partitions, shared network interfaces, multipart, storage classes, encryption, replication",
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
        /// Size of one object where a step gives none.
        item: Law = Law::Constant(102_400.0), size_law(), Choice, "100 KiB, for which the time of a put is stated";
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
        // ESTIMATE: a partition keeps one second of its rate.
        let spec = BucketSpec {
            rate_per_s,
            burst: rate_per_s.max(1.0),
            window: Span::ZERO,
            scope: Scope::Instance(self.partitions.count),
        };
        let bucket = program.bucket(label, &spec);
        program.admit(&[bucket], Cost::One, false);
        program.work(&self.time(program.op()));
        if writes {
            program.publish();
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

//! A log: ordered partitions that every consumer group reads at its own pace.
//!
//! # Model
//! A sent message is acknowledged at once and appended to the partition of its key.
//! Every link is a consumer group, which gets each partition in order; a failed
//! delivery is tried again in place, until `max_receives`: then its messages go to the
//! dead-letter link, one by one, or are dropped.
//!
//! # Not modelled
//! Capacity of a partition, and any time of its own.
//!
//! # Sources
//! Defaults are the neutral element of the mechanism.

use crate::component::parameter::{
    Parameters, count_or_unlimited, duration_or_unlimited, parameters,
};
use crate::component::shared::partitions;
use crate::component::{Class, Component, KindInfo, LogSpec, PartitionSpec, Program};
use crate::units::Span;

/// The kind.
pub static INFO: KindInfo = KindInfo {
    kind: "log",
    class: Class::Log,
    summary: "ordered partitions that every consumer group reads at its own pace",
    model: "acknowledges a message at once; appends it to the partition of its key; every link gets \
            each partition in order; a failed delivery is tried again in place, until max_receives",
    not_modelled: "capacity of a partition, any time of its own",
    sources: super::SOURCES,
    operations: super::PLAIN,
    prices: &[],
    parameters: PlainLog::table,
    read: |object| Box::new(PlainLog::read(object)),
};

parameters! {
    /// Parameters of a log.
    pub struct PlainLog {
        /// Partitions, each in order.
        partitions: PartitionSpec = PartitionSpec::default(), partitions(), Choice, "one order for all";
        /// Age at which a message is dropped.
        retention: Span = Span::MAX, duration_or_unlimited(), Choice, "messages are kept";
        /// Deliveries of a batch after which it is given up.
        max_receives: u32 = u32::MAX, count_or_unlimited(1), Choice, "a batch is tried again until it is too old";
    }
}

impl Component for PlainLog {
    fn info(&self) -> &'static KindInfo {
        &INFO
    }

    fn compile(&self, program: &mut Program<'_>) {
        let partition = program.partition("partitions", &self.partitions);
        program.place(partition);
        let spec = LogSpec {
            partitions: self.partitions.count,
            retention: self.retention,
            max_receives: self.max_receives,
        };
        program.append("messages", &spec);
    }
}

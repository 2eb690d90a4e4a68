//! A message queue: keeps messages until consumers have dealt with them.
//!
//! # Model
//! A sent message is acknowledged at once and becomes visible. It is delivered to a
//! consumer behind one of the links, which compete; it is hidden meanwhile. A
//! failed delivery, or one longer than `visibility`, makes it visible again, until
//! `max_receives`: then it goes to the dead-letter link, or is dropped.
//!
//! # Not modelled
//! Capacity, and any time of its own.
//!
//! # Sources
//! Defaults are the neutral element of the mechanism.

use crate::component::parameter::{
    Parameters, count_or_unlimited, duration_or_unlimited, flag, parameters, share,
};
use crate::component::{Class, Component, KindInfo, Program, QueueSpec};
use crate::units::Span;

/// The kind.
pub static INFO: KindInfo = KindInfo {
    kind: "queue",
    class: Class::Queue,
    summary: "keeps messages until consumers have dealt with them",
    model: "acknowledges a message at once; delivers it to one of its links; delivers it again after \
            a failure or when its visibility is over, until max_receives",
    not_modelled: "capacity, any time of its own",
    sources: super::SOURCES,
    operations: super::PLAIN,
    prices: &[],
    parameters: PlainQueue::table,
    read: |object| Box::new(PlainQueue::read(object)),
};

parameters! {
    /// Parameters of a message queue.
    pub struct PlainQueue {
        /// How long a receive hides a message.
        visibility: Span = Span::MAX, duration_or_unlimited(), Choice, "a message is never delivered twice for being slow";
        /// Receives after which a message is given up.
        max_receives: u32 = u32::MAX, count_or_unlimited(1), Choice, "messages are never given up";
        /// Whether messages of one key are delivered in order, one delivery at a time.
        fifo: bool = false, flag(), Choice, "no order is promised";
        /// Age at which a message is dropped.
        retention: Span = Span::MAX, duration_or_unlimited(), Choice, "messages are kept";
        /// Share of messages that are delivered twice.
        duplicates: f64 = 0.0, share(), Choice, "no duplicates";
    }
}

impl Component for PlainQueue {
    fn info(&self) -> &'static KindInfo {
        &INFO
    }

    fn compile(&self, program: &mut Program<'_>) {
        let spec = QueueSpec {
            visibility: self.visibility,
            max_receives: self.max_receives,
            fifo: self.fifo,
            retention: self.retention,
            duplicates: self.duplicates,
            in_flight: u32::MAX,
        };
        program.enqueue("messages", &spec);
    }
}

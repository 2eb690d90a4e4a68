//! A topic: hands a copy of every message to every link that matches.
//!
//! # Model
//! A message is acknowledged at once; a copy goes to each link without waiting.
//!
//! # Not modelled
//! Limits, deliveries that are tried again beyond what the link's `retry` says.
//!
//! # Sources
//! None needed.

use crate::component::parameter::{Parameters, parameters};
use crate::component::{Class, Component, KindInfo, Program};

/// The kind.
pub static INFO: KindInfo = KindInfo {
    kind: "topic",
    class: Class::Topic,
    summary: "hands a copy of every message to every link that matches",
    model: "acknowledges a message at once; sends a copy to each link without waiting",
    not_modelled: "limits, deliveries tried again beyond the link's retry",
    sources: super::SOURCES,
    operations: super::PLAIN,
    prices: &[],
    parameters: Topic::table,
    read: |object| Box::new(Topic::read(object)),
};

parameters! {
    /// Parameters of a topic.
    pub struct Topic {
    }
}

impl Component for Topic {
    fn info(&self) -> &'static KindInfo {
        &INFO
    }

    fn compile(&self, program: &mut Program<'_>) {
        program.publish();
    }
}

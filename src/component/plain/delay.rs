//! A delay: time that passes without a server.
//!
//! # Model
//! `time` passes; then the flow's steps run, or all links are called in order.
//!
//! # Not modelled
//! Any bound: as many visits as come are inside at once.
//!
//! # Sources
//! None needed.

use crate::component::parameter::{Parameters, duration_law, parameters};
use crate::component::{Class, Component, Compute, KindInfo, Program, WorkSpec};
use crate::random::law::Law;

/// The kind.
pub static INFO: KindInfo = KindInfo {
    kind: "delay",
    class: Class::Programmable,
    summary: "time that passes without a server",
    model: "lets time pass; then runs the flow's steps, or calls all links in order",
    not_modelled: "any bound on the visits inside",
    sources: super::SOURCES,
    operations: super::PLAIN,
    prices: &[],
    parameters: Delay::table,
    read: |object| Box::new(Delay::read(object)),
};

parameters! {
    /// Parameters of a delay.
    pub struct Delay {
        /// Time that a visit takes.
        time: Law = Law::Constant(0.0), duration_law(), Choice, "no time at all";
    }
}

impl Component for Delay {
    fn info(&self) -> &'static KindInfo {
        &INFO
    }

    fn compile(&self, program: &mut Program<'_>) {
        if self.time != Law::Constant(0.0) {
            program.work(&WorkSpec::of(&self.time));
        }
        program.steps(&Compute {
            station: None,
            blocking: false,
            scale: 1.0,
            alone: Some(Law::Constant(0.0)),
        });
    }
}

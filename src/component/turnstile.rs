//! Turnstile: lets visits through, a few at a time.
//!
//! # Model
//! A visit waits until one of the `gates` is free, and takes `time` there.
//!
//! # Not modelled
//! - Those who jump over.
//!
//! # Sources
//! None: it is the README's example of a kind.

use crate::component::parameter::{
    Basis, Parameters, count, duration_law, milliseconds, parameters,
};
use crate::component::price::{Charge, Price, Tiers, Usage};
use crate::component::{Class, Component, KindInfo, Program, StationSpec, WorkSpec};
use crate::random::law::Law;

/// What is paid for.
const PASSAGES: Price = Price {
    item: "passages",
    unit: "passage",
    usd: Tiers::Flat(0.01),
    free: 0.0,
    basis: Basis::Choice,
    source: "a toy's price, 2026-11",
};

/// The kind.
pub static INFO: KindInfo = KindInfo {
    kind: "turnstile",
    class: Class::Leaf,
    summary: "lets visits through, a few at a time",
    model: "waits for a free gate; takes its time there",
    not_modelled: "those who jump over",
    sources: "none: an example",
    operations: &[],
    prices: &[PASSAGES],
    parameters: Turnstile::table,
    read: |object| Box::new(Turnstile::read(object)),
};

parameters! {
    /// Parameters of a turnstile.
    pub struct Turnstile {
        /// Visits that pass side by side.
        gates: u32 = 1, count(1..=100), Choice, "the narrowest";
        /// Time of a passage.
        time: Law = milliseconds(500.0), duration_law(), Estimate, "seen at a station, 2026-11";
    }
}

impl Component for Turnstile {
    fn info(&self) -> &'static KindInfo {
        &INFO
    }

    fn compile(&self, program: &mut Program<'_>) {
        let gates = StationSpec {
            servers: self.gates,
            ..StationSpec::default()
        };
        let gates = program.station("gates", &gates);
        program.serve(gates, &WorkSpec::of(&self.time));
    }

    fn charges(&self) -> Vec<Charge> {
        vec![Charge::new(&PASSAGES, Usage::Visits(&[]))]
    }
}

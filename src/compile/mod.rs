//! Topology → model: every component writes the programs of its visits.
//!
//! A *program* is what one visit does, for one combination of node, flow, endpoint
//! and operation. Programs are found from the clients on: whoever is called gets
//! one, once. `writer` keeps that list and is what components write against;
//! `version` compiles visits, `step` and `stages` flows' steps, `call` the routes, `forward`, `by_origin`
//! and `deliver` what links mean, `faults` what goes wrong, `change` parameters that change, `health` at what balancers look, `latency` where things are, `plan` how a run is cut in time.
//!
//! Not here: checking (a `Topology` is valid), except what only shows when limits
//! of the compiled form are met.

mod account;
mod again;
mod alike;
mod audience;
mod by_origin;
mod call;
mod change;
mod control;
mod credential;
mod deliver;
mod faults;
mod finish;
mod forward;
mod hash;
mod health;
mod latency;
mod laws;
mod listing;
mod measure;
mod plan;
mod probe;
mod regions;
mod room;
mod sample;
mod size;
mod stages;
mod step;
mod transfer;
mod version;
mod writer;

#[cfg(test)]
#[allow(clippy::expect_used, reason = "a test may panic")]
mod sketch;
#[cfg(test)]
#[allow(
    clippy::expect_used,
    clippy::wildcard_enum_match_arm,
    reason = "a test may panic"
)]
mod tests;

pub use listing::listing;
pub(crate) use plan::is_scheduled;
pub use plan::plan;

use crate::component::build::Build;
use crate::diagnostic::{Diagnostic, Place};
use crate::model::{Model, Op, Outcome};
use crate::topology::{Strategy, Topology};
use writer::{Key, Writer};

/// Compiles a topology.
///
/// # Errors
///
/// What cannot be expressed in a model: more than 2³² keys, and programs of more than
/// 65 535 operations.
pub fn compile(topology: &Topology) -> Result<Model, Vec<Diagnostic>> {
    let strategy = topology.audience.as_ref().map(|audience| audience.strategy);
    compile_under(topology, strategy.unwrap_or(Strategy::Write))
}

/// Compiles a topology with another strategy of its audience: it holds for every fan-out and
/// gather that says none itself.
///
/// # Errors
///
/// As [`compile`].
pub fn compile_under(topology: &Topology, strategy: Strategy) -> Result<Model, Vec<Diagnostic>> {
    let mut build = design(topology, strategy, Build::default());
    let mut altered = Vec::new();
    if build.errors.is_empty() {
        altered = change::altered(topology, strategy, &build)?;
    }
    sample::sample(topology, &mut build);
    if !build.errors.is_empty() {
        return Err(build.errors);
    }
    change::complete(&mut build, altered);
    Ok(build.model)
}

/// Writes everything of a model but what is random about it.
fn design(topology: &Topology, strategy: Strategy, mut build: Build) -> Build {
    build.errors.extend(account::check(topology));
    build.model.fan_outs = audience::fan_outs(topology);
    let mut writer = Writer::new(topology, strategy, &mut build);
    for flow in 0..topology.flows.len() {
        writer.program(Key::Client(flow as u32));
    }
    while let Some(key) = writer.next() {
        let row = writer.row(&mut build, key.node(&writer), key.flow());
        let entry = build.begin(row);
        writer.begin(&key, entry);
        match &key {
            Key::Client(flow) => {
                let steps = &topology.flows[*flow as usize].client;
                writer.run(&mut build, steps, false);
            }
            Key::Visit(ask) => writer.visit(&mut build, ask),
            Key::Transfer(transfer) => writer.transfer(&mut build, transfer),
        }
        build.emit(Op::Leave {
            outcome: Outcome::Completed,
        });
        writer.flush(&mut build);
        if build.length() > u32::from(u16::MAX) {
            build.errors.push(Diagnostic::error(
                "compile::program-too-long",
                Place::Whole,
                "a flow's steps at one node make more than 65535 operations",
            ));
        }
    }
    finish::finish(topology, writer, &mut build);
    build
}

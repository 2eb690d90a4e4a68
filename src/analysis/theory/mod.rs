//! What is known without simulating: closed forms, bounds and approximations.
//!
//! Each formula says where it comes from and when it holds (`memoryless`, `erlang`,
//! `finite`, `general`, `fan_out`, `choices`, `popularity`). `theory` applies them to a
//! compiled topology: `traffic` works out how often everything happens, `streams` what
//! arrivals look like, `station` which form fits, `latency` what that makes end to end. `planned` is about the
//! same traffic for those who plan: every rate in the mean, with a value for what theory
//! does not know.
//! Where none fits it says so, and why; approximations are marked.
//!
//! Not here: retries, hedges, time-outs, cold starts; what is refused is not taken off the
//! rates behind. How it is shown is `cli::check`'s.

mod amounts;
mod answer;
mod capacities;
pub mod choices;
pub mod erlang;
pub mod fan_out;
pub mod finite;
pub mod general;
mod latency;
pub mod memoryless;
pub mod moments;
mod paths;
pub mod planned;
pub mod popularity;
mod recipients;
mod service;
mod station;
mod streams;
mod traffic;
mod unknown;
mod visits;

pub use answer::{Answer, Form};
pub use capacities::{Capacity, What};

use crate::model::{Model, Op};
use crate::topology::{LoadLine, Shape, Topology};
use crate::units::SimTime;
use latency::Latencies;
use std::collections::BTreeSet;
use streams::{Overloaded, Streams};
use traffic::Traffic;

/// What theory says about a topology.
#[derive(Clone, Debug, PartialEq)]
pub struct Theory {
    /// Everything with a capacity, by node.
    pub capacities: Vec<Capacity>,
    /// Every flow that has load.
    pub flows: Vec<FlowMean>,
    /// Loads that vary with time: figures are for a factor of 1.
    pub varying: Vec<String>,
}

/// The mean latency of a flow, or why there is none.
#[derive(Clone, Debug, PartialEq)]
pub struct FlowMean {
    /// The flow.
    pub flow: String,
    /// Mean from arrival to reply [s].
    pub mean: Result<f64, String>,
    /// Whether an approximation is part of it.
    pub approximate: bool,
}

impl Theory {
    /// Returns what is busiest of all that has a known utilisation.
    pub fn bottleneck(&self) -> Option<&Capacity> {
        let known = self.capacities.iter();
        known
            .filter(|one| one.utilisation.is_some())
            .max_by(|one, other| {
                let busy = |capacity: &Capacity| capacity.utilisation.unwrap_or(0.0);
                busy(one).total_cmp(&busy(other))
            })
    }
}

/// Applies theory to a compiled topology.
///
/// # Errors
///
/// Why nothing is known: calls go round for ever, or posts go to many recipients,
/// whose numbers follow no law that is worked with here, events are replayed, or connections are followed.
pub fn theory(topology: &Topology, model: &Model) -> Result<Theory, &'static str> {
    let delivers = |op: &Op| matches!(op, Op::FanOut { .. } | Op::Gather { .. });
    if model.ops.iter().any(delivers) {
        return Err("posts are fanned out or gathered");
    }
    if !model.archives.is_empty() {
        return Err("events are replayed");
    }
    if model.ops.iter().any(|op| matches!(op, Op::Earlier { .. })) {
        return Err("connections are cut and come again");
    }
    let Some(traffic) = Traffic::solve(topology, model) else {
        return Err("calls go round for ever");
    };
    let buckets = capacities::buckets(&traffic);
    let mut overloaded = Overloaded {
        buckets: full(&buckets),
        groups: BTreeSet::new(),
    };
    // What a limit lets in is known only when the times inside are: a second pass, if one is full.
    for _ in 0..2 {
        let streams = Streams::follow(topology, &traffic, &overloaded);
        let (found, limits) = apply(topology, &traffic, &streams, &buckets);
        let groups = full(&limits);
        if groups.is_subset(&overloaded.groups) {
            return Ok(found);
        }
        overloaded.groups.extend(groups);
    }
    let streams = Streams::follow(topology, &traffic, &overloaded);
    Ok(apply(topology, &traffic, &streams, &buckets).0)
}

/// Returns the indices of what is overloaded.
fn full(all: &[(u32, Capacity)]) -> BTreeSet<u32> {
    let busy = |one: &Capacity| one.utilisation.is_some_and(|busy| busy >= 1.0);
    let full = all.iter().filter(|(_, one)| busy(one));
    full.map(|(index, _)| *index).collect()
}

/// Says what follows from traffic and streams; beside it the limits, by group.
fn apply(
    topology: &Topology,
    traffic: &Traffic<'_>,
    streams: &Streams,
    buckets: &[(u32, Capacity)],
) -> (Theory, Vec<(u32, Capacity)>) {
    let stations = capacities::stations(traffic, streams);
    let forms: Vec<_> = stations
        .iter()
        .map(|station| {
            station
                .as_ref()
                .map(|one| (one.capacity.form.clone(), one.service_mean))
        })
        .collect();
    let latencies = Latencies::solve(traffic, &forms);
    let limits = capacities::limits(traffic, streams, &latencies);
    let mut all: Vec<Capacity> = stations
        .into_iter()
        .flatten()
        .map(|one| one.capacity)
        .collect();
    let indexed = limits.iter().chain(buckets);
    all.extend(indexed.map(|(_, one)| one.clone()));
    all.extend(capacities::pools(traffic, &latencies));
    all.sort_by(|one, other| one.node.cmp(&other.node));
    let theory = Theory {
        capacities: all,
        flows: flows(topology, traffic, &latencies),
        varying: topology
            .load
            .iter()
            .filter(|load| varies(load))
            .map(|load| load.name.clone())
            .collect(),
    };
    (theory, limits)
}

/// Whether a load has no one rate in the long run.
fn varies(load: &LoadLine) -> bool {
    let shaped = match load.shape {
        Shape::Steps(_) | Shape::Ramp(_) | Shape::Diurnal { .. } => true,
        Shape::Flat | Shape::Mmpp(_) => false,
    };
    shaped || load.start > SimTime::ZERO || load.stop < SimTime::NEVER
}

/// Returns the mean latencies of the flows that have load.
fn flows(topology: &Topology, traffic: &Traffic<'_>, latencies: &Latencies<'_>) -> Vec<FlowMean> {
    let mut found = Vec::new();
    for (index, flow) in traffic.model.flows.iter().enumerate() {
        if !topology.load.iter().any(|load| load.flow == index) {
            continue;
        }
        let bad = traffic
            .starts
            .get(&flow.entry)
            .map_or(0.0, |start| traffic.bad(*start));
        let mean = if bad > 1e-12 {
            Err("a share of its requests ends failed on the way".to_owned())
        } else {
            latencies.of(flow.entry)
        };
        found.push(FlowMean {
            flow: flow.name.clone(),
            approximate: mean.as_ref().is_ok_and(|mean| mean.approximate),
            mean: mean.map(|mean| mean.seconds),
        });
    }
    found
}

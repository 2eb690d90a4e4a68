//! From recordings to the report.

use super::digest::digest_of;
use super::sums::{Counted, seconds};
use super::{Analysis, FirstLimit, Report, Request, SCHEMA};
use super::{
    accounting, control, cost, fan_outs, flows, links, nodes, notes, objectives, tail, timeline,
    traces,
};
use crate::cost::{Asked, Bill};
use crate::metrics::estimate::Estimate;
use crate::metrics::recording::Recording;
use crate::model::{Model, Outcome, Plan};
use crate::topology::Topology;
use std::collections::BTreeMap;

/// What a report is made of.
#[derive(Debug)]
pub struct Input<'a> {
    /// What was asked for.
    pub topology: &'a Topology,
    /// What was run.
    pub model: &'a Model,
    /// How it was cut in time.
    pub plan: &'a Plan,
    /// What the replications left, in their order.
    pub recordings: &'a [Recording],
    /// Index of the first slice that counts.
    pub cut: usize,
    /// Whether there is a steady state.
    pub analysis: Analysis,
    /// Per flow of the model: whether what is inside grows without end.
    pub unstable_flows: Vec<bool>,
    /// The same per node.
    pub unstable_nodes: Vec<bool>,
    /// Growth of what is inside, per second, by node of the model.
    pub growth_per_s: Vec<Estimate>,
    /// Whether the user ended it early.
    pub interrupted: bool,
    /// Defaults that the answer rests on.
    pub assumptions: Vec<String>,
    /// Sentences that go before the report's own notes.
    pub warnings: Vec<String>,
}

/// Sums a run up.
///
/// # Panics
///
/// If the books of a replication do not close: the engine lost or invented a visit.
pub fn build(input: &Input) -> Report {
    build_with(input, Asked::default())
}

/// Sums a run up, with a bill that is asked for in a way of its own.
///
/// # Panics
///
/// As [`build`].
pub fn build_with(input: &Input, asked: Asked) -> Report {
    accounting::check(input);
    let counted = Counted::new(input);
    let model = input.model;
    let bill_of = |month: u32| fan_outs::bill(&counted, input.recordings, asked.free_tier, month);
    let before: Vec<Bill> = (1..asked.months).map(bill_of).collect();
    let bill = bill_of(asked.months);
    let bills = match model.fan_outs.is_empty() {
        true => Vec::new(),
        false => fan_outs::bills(&counted, asked),
    };
    let mut nodes: BTreeMap<_, _> = model
        .nodes
        .iter()
        .enumerate()
        .filter(|(_, node)| !node.hidden)
        .map(|(index, node)| (node.name.clone(), nodes::node(&counted, index)))
        .collect();
    nodes::rank(&mut nodes);
    let begin = input.plan.slices.get(input.cut).copied();
    let horizon = input.recordings.iter().map(|recording| recording.horizon);
    let interrupted = input
        .recordings
        .iter()
        .any(|recording| recording.interrupted);
    let mut report = Report {
        schema: SCHEMA,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        topology: input.topology.name.clone(),
        variant: input.topology.variant.clone(),
        seed: input.plan.seed,
        replications: input.recordings.len() as u32,
        warm_up_s: begin.map_or(0.0, seconds),
        horizon_s: seconds(horizon.max().unwrap_or(input.plan.horizon)),
        events: input
            .recordings
            .iter()
            .map(|recording| recording.events)
            .sum(),
        analysis: input.analysis,
        interrupted: input.interrupted || interrupted,
        flows: model
            .flows
            .iter()
            .enumerate()
            .map(|(index, flow)| (flow.name.clone(), flows::flow(&counted, index)))
            .collect(),
        links: model
            .links
            .iter()
            .enumerate()
            .filter(|(_, link)| !link.hidden)
            .map(|(index, link)| (link.name.clone(), links::link(&counted, index)))
            .collect(),
        fan_out: model
            .fan_outs
            .iter()
            .enumerate()
            .map(|(index, one)| {
                let found = fan_outs::fan_out(&counted, index, (&bill, &bills));
                (one.name.clone(), found)
            })
            .collect(),
        objectives: objectives::objectives(&counted, &bill),
        tail: tail::tail(input),
        alarms: control::alarms(&counted),
        deployments: control::deployments(&counted),
        cost: cost::cost(&bill, &before),
        first_limit: first_limit(input, &nodes),
        timeline: timeline::timeline(&counted),
        requests: requests(input),
        traces: traces::traces(input),
        assumptions: input.assumptions.clone(),
        nodes,
        ..Report::default()
    };
    report.notes = input.warnings.clone();
    report.notes.extend(notes::notes(&counted, &report));
    report.digest = digest_of(&report);
    report
}

/// Finds what gave way first: the first refusal by a limit; else what grows without
/// end; else the node that shed most.
fn first_limit(input: &Input, nodes: &BTreeMap<String, super::Node>) -> Option<FirstLimit> {
    let throttled = (0..input.model.nodes.len())
        .filter(|&node| !input.model.nodes[node].hidden)
        .filter_map(|node| {
            let records = input
                .recordings
                .iter()
                .map(|recording| &recording.nodes[node]);
            let at = records.filter_map(|record| record.first_throttled).min()?;
            Some((at, node))
        })
        .min();
    if let Some((at, node)) = throttled {
        let what = match notes::limit_of(input, node) {
            Some(bucket) => format!("throttled: {}", input.model.buckets[bucket].name),
            None => "throttled".to_owned(),
        };
        return Some(FirstLimit {
            node: input.model.nodes[node].name.clone(),
            what,
            at_s: Some(seconds(at)),
        });
    }
    let ranked = |name: &&String| nodes[*name].bottleneck_rank.unwrap_or(u32::MAX);
    let unstable = nodes.iter().filter(|(_, node)| node.unstable == Some(true));
    if let Some(name) = unstable.map(|(name, _)| name).min_by_key(ranked) {
        return Some(FirstLimit {
            node: name.clone(),
            what: "unstable".to_owned(),
            at_s: None,
        });
    }
    let shed = nodes.iter().filter(|(_, node)| node.shed > 0);
    let most = shed.max_by_key(|(_, node)| node.shed)?;
    Some(FirstLimit {
        node: most.0.clone(),
        what: "shed".to_owned(),
        at_s: None,
    })
}

/// Lists the first requests; their instants are exact to the nanosecond.
fn requests(input: &Input) -> Vec<Request> {
    let Some(first) = input.recordings.first() else {
        return Vec::new();
    };
    let request = |request: &crate::metrics::recording::RequestRecord| Request {
        ordinal: request.ordinal,
        flow: input.model.flows[request.flow as usize].name.clone(),
        arrived_s: request.arrived.as_seconds(),
        left_s: request.left.map(|at| at.as_seconds()),
        settled_s: request.settled.map(|at| at.as_seconds()),
        outcome: request.outcome.map(|outcome| word(outcome).to_owned()),
    };
    first.requests.iter().map(request).collect()
}

/// Returns an outcome as reports write it.
pub(super) fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Completed => "completed",
        Outcome::Throttled => "throttled",
        Outcome::Shed => "shed",
        Outcome::TimedOut => "timed_out",
        Outcome::Failed => "failed",
    }
}

//! Traces: the slowest requests of those that were traced, visit by visit.

use super::build::{Input, word};
use super::estimate::rounded;
use super::figure::{NOTHING, figure};
use super::section::Section;
use crate::metrics::trace::{TraceRecord, VisitRecord};
use crate::model::NONE;
use serde::{Deserialize, Serialize};

/// Traces that a table shows.
pub(super) const SHOWN: usize = 5;

/// A request that was traced.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trace {
    /// Number among all requests of replication 0, from 1.
    pub ordinal: u64,
    /// Its flow.
    pub flow: String,
    /// When it arrived [s].
    pub arrived_s: f64,
    /// When the client had its answer [s].
    pub left_s: f64,
    /// The time between [ms].
    pub latency_ms: f64,
    /// How it ended.
    pub outcome: String,
    /// The node at which its visits waited and were served for longest; absent if none was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub longest_at: Option<String>,
    /// Its visits, in the order of their beginnings.
    pub visits: Vec<TracedVisit>,
    /// Visits beyond those; absent if there are none.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub left_out: u32,
}

/// A visit of a request that was traced.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TracedVisit {
    /// The node.
    pub node: String,
    /// The operation, if the kind has any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub op: Option<String>,
    /// The visit that called it, as an index from 0; absent for calls of the client and for what
    /// nobody waits for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<u32>,
    /// Which of the attempts of its call that came to the node, from 1.
    pub attempt: u32,
    /// When it came [s].
    pub start_s: f64,
    /// When it left [s]; absent if it had not at the end of the run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_s: Option<f64>,
    /// Time in waiting lines of the node [ms].
    pub waiting_ms: f64,
    /// Time in service at the node [ms].
    pub service_ms: f64,
    /// How it ended, if it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
}

/// Whether a count may be left out.
#[allow(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes what it asks about by reference"
)]
fn is_zero(count: &u32) -> bool {
    *count == 0
}

/// Lists the traces that were kept, the slowest first; instants are exact to the nanosecond.
pub(super) fn traces(input: &Input) -> Vec<Trace> {
    let first = input.recordings.first();
    let kept = first.map_or(&[][..], |first| &first.traces);
    kept.iter().map(|trace| of(input, trace)).collect()
}

/// Describes one.
fn of(input: &Input, trace: &TraceRecord) -> Trace {
    Trace {
        ordinal: trace.ordinal,
        flow: input.model.flows[trace.flow as usize].name.clone(),
        arrived_s: trace.arrived.as_seconds(),
        left_s: trace.left.as_seconds(),
        latency_ms: milliseconds(trace.left.since(trace.arrived).0),
        outcome: word(trace.outcome).to_owned(),
        longest_at: longest_at(input, trace),
        visits: trace.visits.iter().map(|one| visit(input, one)).collect(),
        left_out: trace.left_out,
    }
}

/// Describes a visit.
fn visit(input: &Input, one: &VisitRecord) -> TracedVisit {
    let row = &input.model.rows[one.row as usize];
    let node = &input.model.nodes[row.node as usize];
    let op = (one.op != NONE).then(|| node.operations.get(one.op as usize).cloned());
    TracedVisit {
        node: node.name.clone(),
        op: op.flatten(),
        parent: one.parent,
        attempt: one.attempt,
        start_s: one.start.as_seconds(),
        end_s: one.end.map(|at| at.as_seconds()),
        waiting_ms: milliseconds(one.waited),
        service_ms: milliseconds(one.served),
        outcome: one.outcome.map(|outcome| word(outcome).to_owned()),
    }
}

/// Returns the node at which a request waited and was served for longest in all.
fn longest_at(input: &Input, trace: &TraceRecord) -> Option<String> {
    let mut times = vec![0_u64; input.model.nodes.len()];
    for one in &trace.visits {
        let node = input.model.rows[one.row as usize].node as usize;
        times[node] += one.waited + one.served;
    }
    let longest = times.iter().copied().max().filter(|time| *time > 0)?;
    let node = times.iter().position(|time| *time == longest)?;
    Some(input.model.nodes[node].name.clone())
}

/// Returns nanoseconds as a report writes them.
fn milliseconds(nanoseconds: u64) -> f64 {
    rounded(nanoseconds as f64 / 1e6)
}

/// The slowest, one a row.
pub(super) fn section(traces: &[Trace]) -> Section {
    let headers = [
        "flow",
        "arrived s",
        "latency ms",
        "ended",
        "visits",
        "longest at",
    ];
    let row = |trace: &Trace| {
        let cells = vec![
            trace.flow.clone(),
            figure(trace.arrived_s),
            figure(trace.latency_ms),
            trace.outcome.replace('_', " "),
            trace.visits.len().to_string(),
            trace.longest_at.clone().unwrap_or(NOTHING.to_owned()),
        ];
        (trace.ordinal.to_string(), cells)
    };
    let rows = traces.iter().take(SHOWN).map(row).collect();
    Section::new("TRACE".to_owned(), &headers.map(str::to_owned), rows)
}

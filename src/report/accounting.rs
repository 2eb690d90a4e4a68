//! Accounting: what entered has left or is inside, in every row of every replication.
//!
//! A violation is a bug of ours, so it ends the program with the row and its terms.

use super::build::Input;
use crate::metrics::recording::{Recording, Tally};

/// Asserts that the books of all replications close.
///
/// # Panics
///
/// If they do not: the engine lost or invented a visit.
pub(super) fn check(input: &Input) {
    for recording in input.recordings {
        flows(input, recording);
        rows(input, recording);
        nodes(input, recording);
    }
}

fn flows(input: &Input, recording: &Recording) {
    for (flow, record) in input.model.flows.iter().zip(&recording.flows) {
        let what = || {
            format!(
                "flow `{}`, replication {}",
                flow.name, recording.replication
            )
        };
        for slice in &record.slices {
            closes(&slice.tally, what);
        }
        let arrived: u64 = record.slices.iter().map(|slice| slice.tally.arrived).sum();
        let by_bin: u64 = record.arrived.iter().sum();
        assert!(
            arrived == by_bin,
            "the books of {} do not close: {arrived} arrived by slice, {by_bin} by bin",
            what()
        );
    }
}

fn rows(input: &Input, recording: &Recording) {
    for (row, record) in input.model.rows.iter().zip(&recording.rows) {
        let what = || {
            let node = &input.model.nodes[row.node as usize].name;
            let flow = &input.model.flows[row.flow as usize].name;
            let replication = recording.replication;
            format!("node `{node}` for flow `{flow}`, replication {replication}")
        };
        for slice in &record.slices {
            closes(&slice.tally, what);
            let (orphaned, arrived) = (slice.orphaned, slice.tally.arrived);
            assert!(
                orphaned <= arrived,
                "the books of {} do not close: {orphaned} orphaned of {arrived} arrived",
                what()
            );
        }
    }
}

fn nodes(input: &Input, recording: &Recording) {
    for (index, (node, record)) in input.model.nodes.iter().zip(&recording.nodes).enumerate() {
        let rows = input.model.rows.iter().zip(&recording.rows);
        let arrived: u64 = rows
            .filter(|(row, _)| row.node as usize == index)
            .flat_map(|(_, record)| &record.slices)
            .map(|slice| slice.tally.arrived)
            .sum();
        let by_bin: u64 = record.arrived.iter().sum();
        assert!(
            arrived == by_bin,
            "the books of node `{}` do not close: {arrived} arrived by slice, {by_bin} by bin",
            node.name
        );
    }
}

/// Asserts that no more left than arrived; the rest is inside.
fn closes(tally: &Tally, what: impl Fn() -> String) {
    let left: u64 = tally.left.iter().sum();
    assert!(
        left <= tally.arrived,
        "the books of {} do not close: {} arrived, {left} left {:?}",
        what(),
        tally.arrived,
        tally.left
    );
}

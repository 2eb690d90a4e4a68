//! A node in detail: what the table of all nodes leads to.

use super::super::figure::{self, figure, interval};
use super::super::{Estimate, Node, Report};
use super::table::{self, Table};
use crate::units::show;

/// Most copies or partitions that are listed.
///
/// CHOICE: a page is read, not searched; the JSON has them all.
const MOST_INSTANCES: usize = 32;

/// What is known of a node.
pub(super) struct Detail {
    /// Unique in the page.
    pub(super) id: String,
    /// Its name.
    pub(super) name: String,
    /// Its kind.
    pub(super) kind: String,
    /// Single figures: what they are, and what they say.
    pub(super) facts: Vec<(&'static str, String)>,
    /// Tables.
    pub(super) tables: Vec<Table>,
    /// What is not listed; empty if all is.
    pub(super) left_out: String,
}

/// Describes all nodes, in the order of the table of all nodes.
pub(super) fn details(report: &Report) -> Vec<Detail> {
    let all = report.nodes.iter().enumerate();
    all.map(|(number, (name, node))| detail(&id(number), name, node))
        .collect()
}

/// Returns what the section of a node is called; names are for people.
pub(super) fn id(number: usize) -> String {
    format!("node-{number}")
}

/// Describes one.
fn detail(id: &str, name: &str, node: &Node) -> Detail {
    let mut tables = vec![table::node_times(id, node)];
    if node.by_flow.len() > 1 {
        let parts = node
            .by_flow
            .iter()
            .map(|(name, part)| (name, part.as_ref()));
        tables.push(table::breakdown(id, "flow", parts));
    }
    if !node.by_op.is_empty() {
        let parts = node.by_op.iter().map(|(name, part)| (name, part.as_ref()));
        tables.push(table::breakdown(id, "operation", parts));
    }
    let mut left_out = Vec::new();
    let kinds = [
        ("copy", "Copies", &node.per_copy),
        ("partition", "Partitions", &node.partitions),
    ];
    for (what, caption, all) in kinds {
        if all.len() < 2 {
            continue;
        }
        let listed = &all[..all.len().min(MOST_INSTANCES)];
        tables.push(table::instances(id, what, caption, listed));
        if listed.len() < all.len() {
            left_out.push(format!(
                "{caption} after the first {MOST_INSTANCES} of {} are in the JSON report alone.",
                all.len()
            ));
        }
    }
    if !node.hot_keys.is_empty() {
        tables.push(table::hot_keys(id, &node.hot_keys));
    }
    Detail {
        id: id.to_owned(),
        name: name.to_owned(),
        kind: node.kind.clone(),
        facts: facts(node),
        tables,
        left_out: left_out.join(" "),
    }
}

/// Lists the figures of a node that say something.
fn facts(node: &Node) -> Vec<(&'static str, String)> {
    let mut facts: Vec<(&'static str, String)> = Vec::new();
    let counts = [
        ("visits", Some(node.arrived)),
        ("completed", Some(node.completed)),
        ("throttled", Some(node.throttled)),
        ("shed", Some(node.shed)),
        ("timed out", Some(node.timed_out)),
        ("failed", Some(node.failed)),
        ("not ended", Some(node.inside)),
        ("completed in vain", Some(node.orphaned)),
        ("cold starts", node.cold_starts),
        ("duplicates", node.duplicates),
        ("dead letters", node.dead_lettered),
        ("backlog at the end", node.backlog_end),
        ("longest waiting line", Some(node.waiting_max)),
        ("most copies", node.copies_max),
        ("rank as a bottleneck", node.bottleneck_rank.map(u64::from)),
    ];
    for (what, count) in counts {
        if let Some(count) = count.filter(|count| *count > 0) {
            facts.push((what, figure::count(count)));
        }
    }
    let shares = [
        ("utilisation", &node.utilisation),
        ("hit rate", &node.hit_rate),
        ("stale", &node.stale_share),
    ];
    for (what, share) in shares {
        if let Some(shown) = share.as_ref().and_then(|share| shown(share, 100.0)) {
            facts.push((what, format!("{shown} %")));
        }
    }
    let waiting = Some(node.waiting_mean.clone());
    let means = [
        ("servers, mean", &node.servers),
        ("copies, mean", &node.copies_mean),
        ("waiting line, mean", &waiting),
        ("environments, mean", &node.environments_mean),
        ("messages per delivery", &node.batch_mean),
        ("receives per message", &node.receives_per_message),
    ];
    for (what, mean) in means {
        if let Some(shown) = mean.as_ref().and_then(|mean| shown(mean, 1.0)) {
            facts.push((what, shown));
        }
    }
    let times = [
        ("first throttled at", node.first_throttled_s),
        ("last throttled at", node.last_throttled_s),
        ("drained at", node.drained_s),
    ];
    for (what, at) in times {
        if let Some(at) = at {
            facts.push((what, show::duration(at * 1e9)));
        }
    }
    for capacity in &node.capacity {
        let (from, to) = (figure(capacity.min), figure(capacity.max));
        facts.push((
            "capacity set anew",
            format!("{from} to {to} {}", capacity.of),
        ));
    }
    facts
}

/// Shows an estimate times a factor, if it has a value that is not 0.
fn shown(estimate: &Estimate, factor: f64) -> Option<String> {
    let value = estimate.value.filter(|value| *value > 0.0)?;
    let half_width = estimate.half_width.map(|half| half * factor);
    Some(interval(value * factor, half_width))
}

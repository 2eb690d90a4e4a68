//! The tail: where the slowest requests of each flow spent their time.
//!
//! The slowest 1 % of a flow are those of its counted, completed requests that were followed
//! whose latency reaches their own 99 % quantile (nearest rank), over all replications. Shares
//! are of the latency of all of them together, and so add up to 1.

use super::build::Input;
use super::estimate::rounded;
use super::figure::NOTHING;
use super::section::Section;
use crate::metrics::followed::{FollowedRecord, Spent};
use crate::model::{Model, Op};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Requests of which a tail consists at least.
///
/// CHOICE: as for quantiles (output-analysis, section 4): fewer than ten are chance.
const LEAST: usize = 10;
/// Nodes of a flow that a table shows.
pub(super) const SHOWN: usize = 5;

/// By flow: nodes, the one with the greatest share first.
pub type Tails = BTreeMap<String, Vec<TailNode>>;

/// Time that the slowest requests of a flow spent at or on the way to a node, by how it passed;
/// shares of their whole latency, in [0, 1].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TailNode {
    /// The node; `client` for what a client did by itself.
    pub node: String,
    /// In its waiting lines.
    pub waiting_share: f64,
    /// At the node otherwise: in service, in delays, in cold starts.
    pub service_share: f64,
    /// On links to it and back.
    pub network_share: f64,
    /// In attempts at it that failed or timed out, and in pauses after them.
    pub retry_share: f64,
    /// In attempts that it throttled or shed, and in pauses after them.
    pub throttle_share: f64,
}

impl TailNode {
    /// Returns its shares in their order.
    pub(super) fn shares(&self) -> [f64; 5] {
        [
            self.waiting_share,
            self.service_share,
            self.network_share,
            self.retry_share,
            self.throttle_share,
        ]
    }

    /// Returns its share in all.
    pub(super) fn share(&self) -> f64 {
        self.shares().iter().sum()
    }
}

/// Returns the nodes at which the slowest requests spent time, by flow, most first; a flow of
/// which too few were followed to have a tail is left out.
pub fn tail(input: &Input) -> Tails {
    let begin = input
        .plan
        .slices
        .get(input.cut)
        .copied()
        .unwrap_or_default();
    let named = visible(input.model);
    let flows = input.model.flows.iter().zip(0u32..);
    let of_flow = |(flow, index): (&crate::model::Flow, u32)| {
        let counted = input.recordings.iter().flat_map(|recording| {
            let all = recording.followed.iter();
            all.filter(|one| one.arrived < recording.horizon)
        });
        let mut counted: Vec<&FollowedRecord> = counted
            .filter(|one| one.flow == index && one.arrived >= begin)
            .collect();
        let slowest = slowest(&mut counted);
        (slowest.len() >= LEAST).then(|| (flow.name.clone(), shares(input.model, &named, slowest)))
    };
    flows.filter_map(of_flow).collect()
}

/// Returns those that reach the 99 % quantile.
fn slowest<'s, 'r>(all: &'s mut [&'r FollowedRecord]) -> &'s [&'r FollowedRecord] {
    all.sort_unstable_by_key(|one| one.latency);
    // The nearest rank, from 1 on: at least 99 % are no slower.
    let rank = (all.len() * 99).div_ceil(100);
    let Some(quantile) = all.get(rank.saturating_sub(1)).map(|one| one.latency) else {
        return &[];
    };
    let first = all.partition_point(|one| one.latency < quantile);
    &all[first..]
}

/// Adds up what requests did, and divides it by the latency of all of them.
fn shares(model: &Model, named: &[u32], slowest: &[&FollowedRecord]) -> Vec<TailNode> {
    let mut spent = vec![[0_u128; 5]; model.nodes.len()];
    for one in slowest.iter().flat_map(|one| &one.stretches) {
        let node = named[one.node as usize];
        // A link's bandwidth is part of the way to the node behind it.
        let at_node = matches!(one.spent, Spent::Waiting | Spent::Service);
        let how = match at_node && node != one.node {
            true => Spent::Network,
            false => one.spent,
        };
        spent[node as usize][how as usize] += u128::from(one.ns);
    }
    let all: u128 = spent.iter().flatten().sum();
    let mut nodes: Vec<(u128, TailNode)> = model
        .nodes
        .iter()
        .zip(&spent)
        .map(|(node, spent)| {
            let share = |how: Spent| rounded(spent[how as usize] as f64 / all.max(1) as f64);
            let found = TailNode {
                node: node.name.clone(),
                waiting_share: share(Spent::Waiting),
                service_share: share(Spent::Service),
                network_share: share(Spent::Network),
                retry_share: share(Spent::Retry),
                throttle_share: share(Spent::Throttle),
            };
            (spent.iter().sum(), found)
        })
        .filter(|(ns, _)| *ns > 0)
        .collect();
    nodes.sort_by(|(one, first), (other, second)| {
        other.cmp(one).then_with(|| first.node.cmp(&second.node))
    });
    nodes.into_iter().map(|(_, node)| node).collect()
}

/// Tells of every node under whose name its time is shown: a link's bandwidth belongs to the
/// node behind the link.
fn visible(model: &Model) -> Vec<u32> {
    let mut named: Vec<u32> = (0..model.nodes.len() as u32).collect();
    let node_at = |pc: u32| model.rows[model.sites[pc as usize].row as usize].node;
    let clients: Vec<u32> = model.flows.iter().map(|flow| node_at(flow.entry)).collect();
    for (op, pc) in model.ops.iter().zip(0..) {
        let from = node_at(pc);
        if let Op::Call { route } = op
            && model.nodes[from as usize].hidden
            && !clients.contains(&from)
        {
            named[from as usize] = node_at(model.routes[*route as usize].entry);
        }
    }
    named
}

/// Where the slowest went, by flow and node; `several`: the report has more than one flow.
pub(super) fn section(tails: &Tails, several: bool) -> Section {
    let flows = tails
        .iter()
        .map(|(flow, nodes)| (flow.as_str(), nodes.as_slice()));
    table(&flows.collect::<Vec<_>>(), several)
}

/// The same of some flows, which are named or not.
pub(super) fn table(flows: &[(&str, &[TailNode])], named: bool) -> Section {
    let headers = ["queue %", "service %", "network %", "retry %", "throttle %"];
    let row = |flow: &str, one: &TailNode| {
        // A hundredth is as much as some hundred requests can tell.
        let share = |share: f64| match share {
            share if share >= 0.005 => format!("{:.0}", share * 100.0),
            share if share > 0.0 => "<1".to_owned(),
            _ => NOTHING.to_owned(),
        };
        let name = match named {
            false => one.node.clone(),
            true => format!("{flow}: {}", one.node),
        };
        (name, one.shares().map(share).to_vec())
    };
    let rows = flows.iter().flat_map(|(flow, nodes)| {
        let shown = nodes.iter().take(SHOWN);
        shown.map(|one| row(flow, one))
    });
    let title = "WHERE THE SLOW 1 % GOES".to_owned();
    Section::new(title, &headers.map(str::to_owned), rows.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Requests of these latencies, whose time passed in one way at one node.
    fn of(latencies: impl IntoIterator<Item = u64>) -> Vec<FollowedRecord> {
        let record = |latency: u64| FollowedRecord {
            flow: 0,
            arrived: crate::units::SimTime(0),
            key: latency,
            latency,
            stretches: Box::new([]),
        };
        latencies.into_iter().map(record).collect()
    }

    fn slowest_of(latencies: impl IntoIterator<Item = u64>) -> Vec<u64> {
        let all = of(latencies);
        let mut all: Vec<&FollowedRecord> = all.iter().collect();
        slowest(&mut all).iter().map(|one| one.latency).collect()
    }

    #[test]
    fn the_tail_begins_at_the_nearest_rank_with_all_that_are_as_slow() {
        // 99 % of 1,000 are no slower than the 990th.
        assert_eq!(slowest_of(1..=1_000), (990..=1_000).collect::<Vec<u64>>());
        assert_eq!(slowest_of(1..=901), (892..=901).collect::<Vec<u64>>());
        // Where all are alike all are the slowest.
        assert_eq!(slowest_of(vec![7; 50]).len(), 50);
        assert!(slowest_of([]).is_empty());
    }
}

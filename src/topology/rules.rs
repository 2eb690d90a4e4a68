//! Rules about the whole graph: who is reached, and whether time passes in cycles.

use super::build::Build;
use super::flows::walk;
use super::{Flow, Step, Topology, client};
use crate::component::Class;
use crate::random::law::Law;
use crate::spec::value::shortened;
use crate::spec::{Value, listed};
use petgraph::algo::{dominators, tarjan_scc};
use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::{Dfs, EdgeRef};
use std::collections::BTreeSet;

/// Checks every rule about the whole graph.
pub(super) fn check(build: &Build, flows: &[Flow]) {
    check_reached(build, flows);
    check_cycles(build, flows);
    check_lossy(build, flows);
}

/// Refuses nodes that nothing reaches.
fn check_reached(build: &Build, flows: &[Flow]) {
    // Where a link or an entry is missing, the cause has been named.
    let entries = flows.iter().all(|flow| !flow.client.is_empty());
    if !build.links_are_whole || !entries {
        return;
    }
    let mut search = Dfs::new(&build.graph, client());
    let mut reached = BTreeSet::new();
    while let Some(node) = search.next(&build.graph) {
        reached.insert(node);
    }
    for node in build
        .graph
        .node_indices()
        .filter(|node| !reached.contains(node) && !build.carries(*node))
    {
        let Some(weight) = build.graph.node_weight(node) else {
            continue;
        };
        let name = shortened(&weight.name);
        let message = format!("nothing reaches node `{name}`");
        let help = format!("add a link to `{name}`, or remove it");
        let sink = build.sink;
        sink.error_with_help("node::unreached", &weight.place, message, help);
    }
}

/// Refuses cycles in which no time passes.
fn check_cycles(build: &Build, flows: &[Flow]) {
    let graph = &build.graph;
    let timeless: Vec<bool> = graph
        .node_indices()
        .map(|node| node.index() != 0 && build.is_known(node) && !takes_time(build, node, flows))
        .collect();
    let mut instant: DiGraph<(), ()> = DiGraph::new();
    for _ in graph.node_indices() {
        instant.add_node(());
    }
    let mut loops = Vec::new();
    for edge in graph.edge_references() {
        let ends = [edge.source(), edge.target()];
        let zero = match &edge.weight().latency {
            Some(law) => is_zero(law),
            // By placement, which is none where an end is a plain kind.
            None => ends.iter().any(|end| is_plain(build, *end)),
        };
        if zero && ends.iter().all(|end| timeless[end.index()]) {
            instant.add_edge(ends[0], ends[1], ());
            if ends[0] == ends[1] {
                loops.push(vec![ends[0]]);
            }
        }
    }
    let cycles = tarjan_scc(&instant).into_iter().filter(|one| one.len() > 1);
    for mut cycle in cycles.chain(loops) {
        cycle.sort();
        let place = cycle.first().and_then(|node| graph.node_weight(*node));
        let Some(place) = place.map(|node| node.place.clone()) else {
            continue;
        };
        let names: Vec<&str> = cycle
            .iter()
            .take(20)
            .map(|node| build.name(*node))
            .collect();
        let message = format!("no time passes in the cycle of {}", listed(names, "and"));
        let help = "give one of its links a `latency`, or one of its nodes a service time";
        let sink = build.sink;
        sink.error_with_help("link::zero-delay-cycle", &place, message, help);
    }
}

/// Kinds that are one mechanism each, and whose links take no time by themselves.
pub(super) fn is_plain_kind(kind: &str) -> bool {
    matches!(
        kind,
        "client"
            | "station"
            | "delay"
            | "cache"
            | "limiter"
            | "balancer"
            | "queue"
            | "log"
            | "topic"
            | "pool"
            | "external"
    )
}

/// Whether a node is of a plain kind.
fn is_plain(build: &Build, node: NodeIndex<u32>) -> bool {
    let weight = build.graph.node_weight(node);
    weight.is_some_and(|node| is_plain_kind(node.kind))
}

/// Whether a law is always zero.
pub(super) fn is_zero(law: &Law) -> bool {
    match law {
        Law::Constant(value) => *value < 0.5,
        Law::Sequence(values) => values.iter().all(|value| *value < 0.5),
        Law::Sum(parts) => parts.iter().all(is_zero),
        Law::Mixture(parts) => parts.iter().all(|(_, law)| is_zero(law)),
        Law::Uniform { high, .. } | Law::Triangular { high, .. } => *high < 0.5,
        Law::Quantiles(points) => points.iter().all(|(_, value)| *value < 0.5),
        Law::Exponential { .. }
        | Law::Lognormal { .. }
        | Law::Gamma { .. }
        | Law::Weibull { .. }
        | Law::Hyperexponential { .. }
        | Law::Erlang { .. }
        | Law::Normal { .. }
        | Law::Pareto { .. }
        | Law::Geometric { .. }
        | Law::Poisson { .. } => false,
    }
}

/// Whether a visit to a node takes any time of its own.
fn takes_time(build: &Build, node: NodeIndex<u32>, flows: &[Flow]) -> bool {
    let Some(value) = build.values.get(node.index()).copied().flatten() else {
        return false;
    };
    let kind = value
        .get("kind")
        .and_then(Value::as_text)
        .unwrap_or_default();
    if !is_plain_kind(kind) {
        return true;
    }
    let parameters = ["service_time", "time", "compute", "cold_service_time"];
    let own = parameters.iter().any(|key| {
        let written = value.get(key);
        // A distribution takes time unless it is written as zero.
        written.is_some_and(|value| {
            value
                .as_text()
                .is_none_or(|text| crate::units::parse::duration(text) != Ok(0.0))
        })
    });
    if build.class(node) != Some(Class::Programmable) {
        return own;
    }
    // Every flow with steps here must spend time in them; the others do the node's own work.
    flows.iter().all(|flow| {
        let mut programs = flow.at.iter().filter(|at| at.node == node).peekable();
        match programs.peek() {
            None => own,
            Some(_) => programs.all(|at| at.steps.iter().any(spends_time)),
        }
    })
}

/// Whether a step takes time whatever happens.
fn spends_time(step: &Step) -> bool {
    match step {
        Step::Compute(law) | Step::Pause(law) => !is_zero(law),
        Step::Each { steps, .. } | Step::Try { steps, .. } => steps.iter().any(spends_time),
        Step::Parallel { branches, .. } => {
            let mut branches = branches.iter();
            branches.all(|branch| branch.iter().any(spends_time))
        }
        Step::Choose(options) => {
            let mut options = options.iter();
            options.all(|(_, option)| option.iter().any(spends_time))
        }
        // A post may have no recipients, and a reader nothing to read.
        Step::FanOut(_) | Step::Gather(_) => false,
        Step::Call(_) | Step::Fail(_) => false,
    }
}

/// Refuses calls that may be lost and would then be waited for without end.
fn check_lossy(build: &Build, flows: &[Flow]) {
    for edge in build.graph.edge_references() {
        let link = edge.weight();
        let delivers = build.class(edge.source()).is_some_and(Class::delivers);
        if link.loss <= 0.0 || link.call.timeout.is_some() || delivers {
            continue;
        }
        let weight = build.graph.node_weight(edge.source());
        let component = weight.and_then(|node| node.component.as_ref());
        if component.is_some_and(|component| component.calls().timeout.is_some()) {
            continue;
        }
        if only_timed_calls(flows, edge.source(), edge.target()) {
            continue;
        }
        let name = format!(
            "{}->{}",
            build.name(edge.source()),
            build.name(edge.target())
        );
        let message = format!(
            "link `{}` loses calls and has no `timeout`",
            shortened(&name)
        );
        let help = "a caller learns of a lost call only by its time-out; give the link one";
        let sink = build.sink;
        sink.error_with_help("link::lossy", &link.place, message, help);
    }
}

/// Whether there are steps that call over a link, and all have a time-out of their own.
fn only_timed_calls(flows: &[Flow], from: NodeIndex<u32>, to: NodeIndex<u32>) -> bool {
    let mut timed = 0;
    let mut untimed = 0;
    let mut count = |step: &Step| {
        if let Step::Call(call) = step
            && call.target == to
        {
            match call.policy.timeout {
                Some(_) => timed += 1,
                None => untimed += 1,
            }
        }
    };
    for flow in flows {
        if from == client() {
            walk(&flow.client, &mut count);
        }
        for at in flow.at.iter().filter(|at| at.node == from) {
            walk(&at.steps, &mut count);
        }
    }
    timed > 0 && untimed == 0
}

/// Returns the nodes that every path from `client` to some other node leads
/// through, each with the number of nodes behind it, in order of their index.
///
/// A node without copies among them is a single point of failure.
pub fn single_points(topology: &Topology) -> Vec<(NodeIndex<u32>, usize)> {
    let tree = dominators::simple_fast(&topology.graph, client());
    let mut behind = vec![0_usize; topology.graph.node_count()];
    for node in topology.graph.node_indices() {
        for dominator in tree.strict_dominators(node).into_iter().flatten() {
            behind[dominator.index()] += 1;
        }
    }
    let nodes = topology.graph.node_indices().skip(1);
    let counted = nodes.map(|node| (node, behind[node.index()]));
    counted.filter(|(_, behind)| *behind > 0).collect()
}

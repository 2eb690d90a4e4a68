//! Rules about the graph and about how requests pass it: single points of failure, hot reads
//! without a cache, work behind work while the client waits.

use super::sites::{calls, class};
use super::{Design, Finding, Rule};
use crate::component::{Class, find};
use crate::spec::{Data, Value};
use crate::topology::{self, CallStep, Flow, Role, Step, Verb, client};
use crate::units::{parse, show};
use petgraph::graph::NodeIndex;
use petgraph::visit::EdgeRef;
use std::collections::BTreeSet;

/// Kinds of which one is one machine, and the parameters that add another.
const MACHINES: &[(&str, &[&str])] = &[
    ("station", &["copies"]),
    ("ec2", &["instances"]),
    ("ecs", &["tasks"]),
    ("eks", &["pods"]),
    ("elastic-beanstalk", &["instances"]),
    ("rds", &["multi_az"]),
    ("aurora", &["replicas"]),
    ("elasticache-redis", &["replicas"]),
    ("elasticache-memcached", &["nodes"]),
    ("opensearch", &["nodes"]),
];
/// Kinds that systems with caches of their own read from.
const DISKS: [&str; 2] = ["ebs", "efs"];
/// Reads a second from which a store is worth a cache.
///
/// CHOICE: below, one small node of any store answers them.
const MANY_READS: f64 = 100.0;
/// Reads for every write from which a store is mostly read.
const MOSTLY_READ: f64 = 5.0;
/// Share of reads that the likeliest hundredth of the keys must make up.
const HOT: f64 = 0.5;
/// Programs one inside the other from which a chain is long.
const LONG: usize = 3;

/// Finds what there is to say about the shape.
pub(super) fn findings(design: &Design<'_>) -> Vec<Finding> {
    let mut found = single_points(design);
    found.extend(uncached(design));
    found.extend(chains(design));
    found
}

/// Machines without a second one.
fn single_points(design: &Design<'_>) -> Vec<Finding> {
    let topology = design.topology;
    let behind = topology::single_points(topology);
    let total: f64 = design.estimate.flows.iter().map(|flow| flow.per_s).sum();
    let mut found = Vec::new();
    for at in topology.graph.node_indices() {
        let node = &topology.graph[at];
        let Some((_, more)) = MACHINES.iter().find(|(kind, _)| *kind == node.kind) else {
            continue;
        };
        let copies = node
            .component
            .as_ref()
            .map_or(1, |component| component.copies());
        if copies > 1 || more.iter().any(|key| several(design, at, key)) {
            continue;
        }
        let visits = design.visits(&node.name);
        // What stands beside another that does the same is no single point.
        if visits <= 0.0 || has_twin(design, at) {
            continue;
        }
        let depends = behind.iter().find(|(one, _)| *one == at);
        let depends = match depends.map_or(0, |(_, count)| *count) {
            0 => String::new(),
            1 => ", and 1 node is reached through it alone".to_owned(),
            count => format!(", and {count} nodes are reached through it alone"),
        };
        found.push(Finding {
            rule: Rule::SinglePointOfFailure,
            subject: node.name.clone(),
            message: format!(
                "nothing takes over for it: {} go there, where {} come in{depends}",
                show::rate(visits),
                show::rate(total)
            ),
        });
    }
    found
}

/// Whether a parameter says that there is more than one machine.
fn several(design: &Design<'_>, at: NodeIndex<u32>, key: &str) -> bool {
    let node = &design.topology.graph[at];
    let more = |text: &str| {
        // A second node, or one more beside the primary.
        let least = if key == "replicas" { 1.0 } else { 2.0 };
        text == "true" || parse::count(text).is_ok_and(|count| count >= least)
    };
    match design.written(&node.name, key).map(|value| &value.data) {
        Some(Data::Bool(yes)) => *yes,
        Some(Data::Number(text) | Data::Text(text)) => more(text),
        Some(Data::Null | Data::List(_) | Data::Object(_)) => false,
        None => find(node.kind).is_some_and(|info| {
            let mut parameters = (info.parameters)().iter();
            parameters.any(|one| one.name == key && more(&one.default))
        }),
    }
}

/// Whether everybody who may call a node may call another one of its kind as well, and hands
/// on to one of them.
fn has_twin(design: &Design<'_>, at: NodeIndex<u32>) -> bool {
    let graph = &design.topology.graph;
    let callers: Vec<NodeIndex<u32>> = graph
        .neighbors_directed(at, petgraph::Direction::Incoming)
        .collect();
    !callers.is_empty()
        && callers.iter().all(|caller| {
            let hands_on = class(design.topology, *caller).is_some_and(Class::forwards);
            let twins = graph.neighbors(*caller);
            let kind = graph[at].kind;
            hands_on && twins.filter(|one| graph[*one].kind == kind).count() > 1
        })
}

/// Stores that are mostly read, by hot keys, without a cache on the way.
fn uncached(design: &Design<'_>) -> Vec<Finding> {
    let topology = design.topology;
    let mut found = Vec::new();
    for store in &design.estimate.stores {
        let mostly_read = store.reads_per_s >= MOSTLY_READ * store.writes_per_s;
        if store.reads_per_s < MANY_READS || !mostly_read || DISKS.contains(&store.kind) {
            continue;
        }
        let Some(at) = topology
            .graph
            .node_indices()
            .find(|at| topology.graph[*at].name == store.node)
        else {
            continue;
        };
        if cached(design, at) {
            continue;
        }
        let hot = match store.hot {
            Some((_, share)) if share < HOT => continue,
            Some((keys, share)) => format!(
                "; the likeliest {} of {} keys are {} of them",
                show::count((keys / 100.0).max(1.0)),
                show::count(keys),
                show::share(share)
            ),
            None => String::new(),
        };
        let ratio = if store.writes_per_s > 0.0 {
            let times = store.reads_per_s / store.writes_per_s;
            format!("{} times as many as writes", show::number(times))
        } else {
            "and no writes".to_owned()
        };
        found.push(Finding {
            rule: Rule::NoCache,
            subject: store.node.clone(),
            message: format!(
                "{} reads, {ratio}, and no cache in front{hot}",
                show::rate(store.reads_per_s)
            ),
        });
    }
    found
}

/// Whether some read of a store comes after a miss, or by way of a cache.
fn cached(design: &Design<'_>, store: NodeIndex<u32>) -> bool {
    let topology = design.topology;
    let caches = topology
        .graph
        .neighbors_directed(store, petgraph::Direction::Incoming);
    let mut caches = caches.filter(|one| class(topology, *one) == Some(Class::Cache));
    if caches.any(|one| hits(design, one)) {
        return true;
    }
    topology.flows.iter().any(|flow| {
        let mut after_miss = false;
        let mut reads = false;
        for at in &flow.at {
            calls(&at.steps, &mut |step| {
                reads |= reads_from(step, store);
                for nested in step.on_miss.iter() {
                    calls(nested, &mut |inner| after_miss |= reads_from(inner, store));
                }
            });
        }
        after_miss || (reads && flow.cacheable && answered_before(design, flow))
    })
}

/// Whether a step reads from a store.
fn reads_from(step: &CallStep, store: NodeIndex<u32>) -> bool {
    step.target == store && matches!(step.verb, Verb::Read | Verb::Call)
}

/// Whether a cache in front of the first program may answer requests of a flow.
fn answered_before(design: &Design<'_>, flow: &Flow) -> bool {
    let topology = design.topology;
    let mut todo: Vec<NodeIndex<u32>> = Vec::new();
    calls(&flow.client, &mut |step| todo.push(step.target));
    let mut seen = BTreeSet::new();
    while let Some(at) = todo.pop() {
        let Some(class) = class(topology, at) else {
            continue;
        };
        if !seen.insert(at) || !class.forwards() {
            continue;
        }
        if class == Class::Cache && hits(design, at) {
            return true;
        }
        todo.extend(topology.graph.neighbors(at));
    }
    false
}

/// Whether a node of a cache's class ever answers from what it has kept.
fn hits(design: &Design<'_>, at: NodeIndex<u32>) -> bool {
    let name = &design.topology.graph[at].name;
    let nodes = &design.model.nodes;
    let keyed = nodes
        .iter()
        .any(|node| node.name == *name && design.model.caches.get(node.cache as usize).is_some());
    let positive = |value: &Value| match &value.data {
        Data::Number(text) => text.parse::<f64>().is_ok_and(|share| share > 0.0),
        Data::Null | Data::Bool(_) | Data::Text(_) | Data::List(_) | Data::Object(_) => false,
    };
    keyed || design.written(name, "hit_rate").is_some_and(positive)
}

/// Programs that call programs as their last step, while the client waits.
fn chains(design: &Design<'_>) -> Vec<Finding> {
    let topology = design.topology;
    let mut found = Vec::new();
    for (index, flow) in topology.flows.iter().enumerate() {
        if design.planned.flow(index) <= 0.0 {
            continue;
        }
        let mut entries = Vec::new();
        calls(&flow.client, &mut |step| entries.push(step.target));
        let mut longest: Vec<NodeIndex<u32>> = Vec::new();
        for entry in entries {
            let chain = last_calls(design, flow, entry, &mut BTreeSet::new());
            if chain.len() > longest.len() {
                longest = chain;
            }
        }
        let (true, Some(second)) = (longest.len() >= LONG, longest.get(1)) else {
            continue;
        };
        let whole = design.planned.flow_time(index);
        let name = &topology.graph[*second].name;
        let behind = design.planned.visit_time(index, name);
        if whole <= 0.0 {
            continue;
        }
        let names: Vec<&str> = longest
            .iter()
            .map(|at| topology.graph[*at].name.as_str())
            .collect();
        found.push(Finding {
            rule: Rule::SynchronousChain,
            subject: flow.name.clone(),
            message: format!(
                "the client waits for {}, one inside the other: from `{name}` on that is {} of {}",
                names.join(" -> "),
                show::duration(behind * 1e9),
                show::duration(whole * 1e9)
            ),
        });
    }
    found
}

/// Returns the longest way from a node by which programs call programs as the last thing
/// that they do, so that no answer is used.
fn last_calls(
    design: &Design<'_>,
    flow: &Flow,
    at: NodeIndex<u32>,
    seen: &mut BTreeSet<NodeIndex<u32>>,
) -> Vec<NodeIndex<u32>> {
    let topology = design.topology;
    let Some(class) = class(topology, at).filter(|_| at != client()) else {
        return Vec::new();
    };
    if !seen.insert(at) {
        return Vec::new();
    }
    let mut next = Vec::new();
    let mut own = Vec::new();
    if class.forwards() {
        next.extend(topology.graph.neighbors(at));
    } else if class == Class::Programmable {
        own.push(at);
        let mut programs = flow.at.iter().filter(|of| of.node == at).peekable();
        if programs.peek().is_none() {
            // Its own work, and then its links in order.
            let links = topology.graph.edges(at);
            let last = links.filter(|link| link.weight().role == Role::Primary);
            next.extend(
                last.max_by_key(|link| link.weight().order)
                    .map(|link| link.target()),
            );
        }
        for of in programs {
            if let Some(Step::Call(call)) = of.steps.last()
                && call.wait
                && matches!(call.verb, Verb::Call | Verb::Write)
            {
                next.push(call.target);
            }
        }
    }
    let mut longest = Vec::new();
    for one in next {
        let chain = last_calls(design, flow, one, seen);
        if chain.len() > longest.len() {
            longest = chain;
        }
    }
    seen.remove(&at);
    own.extend(longest);
    own
}

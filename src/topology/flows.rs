//! Flows: request classes, where they enter and what programmable nodes do for them.

use super::build::Build;
use super::links::link_exists_or_implied;
use super::steps::{Steps, target};
use super::{At, CallPolicy, CallStep, Flow, Step, Verb};
use crate::component::Class;
use crate::random::law::Law;
use crate::spec::value::shortened;
use crate::spec::{Field, Member, Object, listed};
use petgraph::Direction;
use petgraph::graph::NodeIndex;

/// Size of a request or reply that gives none [bytes].
const DEFAULT_BYTES: f64 = 1024.0;
/// Priority of a flow that gives none.
const DEFAULT_PRIORITY: u8 = 5;

/// Reads all flows, sorted by name.
pub(super) fn read<'a>(build: &mut Build<'a>, top: &mut Object<'a>) -> Vec<Flow> {
    let members = match top.object("flows") {
        Some(mut flows) => flows.members(),
        None => &[],
    };
    let mut flows = Vec::new();
    if members.is_empty() {
        let entry = default_entry(build);
        let place = top.place().clone();
        let flow = Flow {
            name: "main".to_owned(),
            key: None,
            priority: DEFAULT_PRIORITY,
            bytes: Law::Constant(DEFAULT_BYTES),
            reply: Law::Constant(DEFAULT_BYTES),
            cacheable: true,
            client: entry_steps(build, entry, None, &place, "flow `main`"),
            at: Vec::new(),
            place,
        };
        flows.push(flow);
    }
    for member in members {
        flows.extend(read_flow(build, member));
    }
    flows.sort_by(|one, other| one.name.cmp(&other.name));
    for flow in &flows {
        for steps in flow.at.iter().map(|at| &at.steps).chain([&flow.client]) {
            walk(steps, &mut |step| {
                if let Step::FanOut(step) = step {
                    build.fan_outs.insert(step.name.clone());
                }
            });
        }
        check_endpoints(build, flow);
        imply_links(build, flow);
        check_client(build, flow);
    }
    flows
}

/// Reads one flow.
fn read_flow<'a>(build: &mut Build<'a>, member: &'a Member) -> Option<Flow> {
    let owner = format!("flow `{}`", shortened(&member.key));
    let field = Field::new(&member.value, owner.as_str(), build.sink);
    let mut object = field.object()?;
    let key = object
        .field("key")
        .and_then(|field| build.key(&field, &member.key));
    let priority = object.count_in("priority", 0..=9).unwrap_or(5) as u8;
    let bytes = object.size_law("bytes");
    let reply = object.size_law("reply");
    let cacheable = object.bool("cacheable").unwrap_or(true);
    let mut at = Vec::new();
    let mut client = None;
    let programs = object.object("at").map(|mut at| at.members());
    for program in programs.unwrap_or_default() {
        let what = format!("`at` of {owner}");
        let Some((node, endpoint)) = target(build, &program.key, &program.key_place, &what) else {
            continue;
        };
        check_programmable(build, node, program);
        let name = format!("`{}` of {what}", shortened(&program.key));
        let list = Field::new(&program.value, name, build.sink);
        let steps = Steps::new(build, &member.key, node).list(&list);
        if node.index() == 0 {
            client = Some((steps, program));
        } else {
            at.push(At {
                node,
                endpoint,
                steps,
            });
        }
    }
    let enter = object.field("enter");
    let client = match (client, enter) {
        (Some((steps, _)), None) => steps,
        (Some((_, program)), Some(_)) => {
            let message = format!("{owner} has both `enter` and steps of `client`");
            let help = "`enter` is short for a single call by `client`";
            build
                .sink
                .error_with_help("key::exclusive", &program.key_place, message, help);
            Vec::new()
        }
        (None, Some(field)) => {
            let found = field
                .text()
                .and_then(|text| target(build, text, field.place(), &field.name));
            let entry = found.as_ref().map(|(node, _)| *node);
            if entry.is_some_and(|node| node.index() == 0) {
                let message = format!("{} must not be `client`", field.name);
                field.error("flow::enters-client", message);
            }
            let endpoint = found.and_then(|(_, endpoint)| endpoint);
            match entry {
                Some(entry) => entry_steps(build, Ok(entry), endpoint, field.place(), &owner),
                None => Vec::new(),
            }
        }
        (None, None) => {
            let entry = default_entry(build);
            entry_steps(build, entry, None, &member.key_place, &owner)
        }
    };
    Some(Flow {
        name: member.key.clone(),
        key,
        priority,
        bytes: bytes.unwrap_or(Law::Constant(DEFAULT_BYTES)),
        reply: reply.unwrap_or(Law::Constant(DEFAULT_BYTES)),
        cacheable,
        client,
        at,
        place: member.key_place.clone(),
    })
}

/// Returns the only node that `client`, or nobody, points to; else the candidates.
fn default_entry(build: &Build) -> Result<NodeIndex<u32>, Vec<String>> {
    let graph = &build.graph;
    let mut called: Vec<_> = graph.neighbors(super::client()).collect();
    called.sort();
    if called.is_empty() {
        called = graph
            .node_indices()
            .skip(1)
            .filter(|node| !build.carries(*node))
            .filter(|node| {
                let mut callers = graph.neighbors_directed(*node, Direction::Incoming);
                callers.all(|caller| caller == *node)
            })
            .collect();
    }
    match called.as_slice() {
        [only] => Ok(*only),
        several => Err(several
            .iter()
            .map(|node| build.name(*node).to_owned())
            .collect()),
    }
}

/// Builds the single call that `enter` stands for.
fn entry_steps(
    build: &Build,
    entry: Result<NodeIndex<u32>, Vec<String>>,
    endpoint: Option<String>,
    place: &crate::diagnostic::Place,
    owner: &str,
) -> Vec<Step> {
    let target = match entry {
        Ok(target) => target,
        // Without nodes or links something else is wrong.
        Err(_) if build.graph.node_count() < 2 || !build.links_are_whole => return Vec::new(),
        Err(names) => {
            let candidates = match names.len() {
                0 => "every node has one that points to it".to_owned(),
                1..=20 => {
                    let list = listed(names.iter().map(String::as_str), "and");
                    format!("nobody points to {list}")
                }
                more => format!("nobody points to {more} nodes"),
            };
            let message = format!("{owner} does not say where its requests enter");
            let help = format!("give it `enter`: {candidates}");
            build
                .sink
                .error_with_help("flow::no-entry", place, message, help);
            return Vec::new();
        }
    };
    vec![Step::Call(Box::new(CallStep {
        verb: Verb::Call,
        target,
        endpoint,
        op: None,
        bytes: None,
        count: None,
        key: None,
        consistent: false,
        cacheable: None,
        wait: true,
        on_miss: None,
        on_error: None,
        policy: CallPolicy::default(),
        place: place.clone(),
    }))]
}

/// Refuses steps at a node that takes none.
fn check_programmable(build: &Build, node: NodeIndex<u32>, program: &Member) {
    let Some(class) = build.class(node) else {
        if node.index() == 0 && program.key.contains('/') {
            let message = "`client` has no endpoints";
            build
                .sink
                .error("step::client-endpoint", &program.key_place, message);
        }
        return;
    };
    if class == Class::Programmable {
        return;
    }
    let name = build.name(node);
    let kind = build.graph.node_weight(node).map_or("", |node| node.kind);
    let message = format!("node `{name}` of kind `{kind}` takes no steps");
    let programmable = crate::component::registry()
        .iter()
        .filter(|info| info.class == Class::Programmable)
        .map(|info| info.kind);
    let help = format!(
        "steps are for `client` and nodes of kind {}",
        listed(programmable, "or")
    );
    build
        .sink
        .error_with_help("step::not-programmable", &program.key_place, message, help);
}

/// Calls `visit` for every step of a list and everything nested in it.
pub(super) fn walk<'s>(steps: &'s [Step], visit: &mut dyn FnMut(&'s Step)) {
    for step in steps {
        visit(step);
        match step {
            Step::Compute(_) | Step::Pause(_) | Step::Fail(_) => {}
            Step::Call(call) => {
                for nested in [&call.on_miss, &call.on_error].into_iter().flatten() {
                    walk(nested, visit);
                }
            }
            Step::Parallel { branches, .. } => {
                branches.iter().for_each(|branch| walk(branch, visit));
            }
            Step::Each { steps, .. } => walk(steps, visit),
            Step::FanOut(step) => walk(&step.steps, visit),
            Step::Gather(step) => {
                walk(&step.own, visit);
                walk(&step.pull, visit);
            }
            Step::Choose(options) => {
                options.iter().for_each(|(_, option)| walk(option, visit));
            }
            Step::Try {
                steps, on_error, ..
            } => {
                walk(steps, visit);
                on_error.iter().for_each(|nested| walk(nested, visit));
            }
        }
    }
}

/// Refuses calls of endpoints for which no node has a program.
fn check_endpoints(build: &Build, flow: &Flow) {
    let matched = |endpoint: &str| {
        build.graph.edge_weights().any(|link| {
            let named = |one: &super::Match| *one == super::Match::Endpoint(endpoint.to_owned());
            link.matches.iter().flatten().any(named)
        })
    };
    let programs = |endpoint: &str| {
        let mut programs = flow.at.iter();
        programs.any(|at| at.endpoint.as_deref() == Some(endpoint))
    };
    let mut check = |step: &Step| {
        if let Step::Call(call) = step
            && let Some(endpoint) = &call.endpoint
            && !programs(endpoint)
            && !matched(endpoint)
        {
            let shown = shortened(endpoint);
            let message = format!(
                "no node has a program for `/{shown}` in flow `{}`",
                flow.name
            );
            let help = format!("write its steps under `at` as `node/{shown}`");
            build
                .sink
                .error_with_help("step::unknown-endpoint", &call.place, message, help);
        }
    };
    walk(&flow.client, &mut check);
    for at in &flow.at {
        walk(&at.steps, &mut check);
    }
}

/// Adds links from `client` to whatever it calls, where the file has none.
fn imply_links(build: &mut Build, flow: &Flow) {
    let mut called = Vec::new();
    walk(&flow.client, &mut |step| {
        if let Step::Call(call) = step {
            called.push((call.target, call.place.clone()));
        }
    });
    for (target, place) in called {
        link_exists_or_implied(build, target, place);
    }
}

/// Refuses work that `client` cannot do.
fn check_client(build: &Build, flow: &Flow) {
    for step in &flow.client {
        let works = match step {
            Step::Gather(gather) => gather.merge > crate::units::Span::ZERO,
            Step::Compute(_) => true,
            Step::Pause(_)
            | Step::Call(_)
            | Step::Parallel { .. }
            | Step::Each { .. }
            | Step::Choose(_)
            | Step::Try { .. }
            | Step::Fail(_)
            | Step::FanOut(_) => false,
        };
        if works {
            let message = format!(
                "`client` of flow `{}` has no servers to compute on",
                flow.name
            );
            let help = "write `pause` for time that passes at the client";
            build
                .sink
                .error_with_help("step::client-computes", &flow.place, message, help);
        }
    }
}

//! Flows: where requests enter, which way they take, what programs do for them.
//!
//! Requests enter at every node to which no link leads, and where the template has a door of its
//! own. Each route of what hands on is a flow, so that it can have a load and objectives of
//! its own. A program does its own work, and then uses what it is linked to, once each.
//!
//! How much comes is in no template: every flow gets the same modest load, and is told to be assumed.

use super::design::{Design, Door, Enter, Link};
use super::draft::quoted;
use super::said::Said;
use super::wiring::outside;
use crate::component::Class;
use crate::diagnostic::Place;
use std::collections::{BTreeMap, BTreeSet};

/// Most flows of an import.
///
/// CHOICE: more than anybody can give loads to.
const MOST_FLOWS: usize = 1_000;

/// Most bytes of all steps.
///
/// CHOICE: what a topology file may have, less some room for the rest.
const MOST_BYTES: usize = 3_000_000;

/// Load of a flow.
///
/// CHOICE: modest, so that nothing of an ordinary design is overloaded before its load is known.
pub(super) const RATE: &str = "10/s";

/// Own work of a program, where steps have to say it: the default of its kind.
pub(super) const WORK: &[(&str, &str)] = &[
    (
        "lambda",
        "{ \"lognormal\": { \"p50\": \"3ms\", \"p99\": \"12ms\" } }",
    ),
    ("ecs", "\"5ms\""),
    ("ec2", "\"5ms\""),
];

/// A flow.
#[derive(Debug)]
pub(super) struct Flow {
    /// Its name.
    pub(super) name: String,
    /// What the file says about it.
    pub(super) comments: Vec<String>,
    /// Where it enters: a node, or steps of the client.
    pub(super) enter: Entry,
    /// Whether no cache may answer it.
    pub(super) writes: bool,
    /// Its load: key and value.
    pub(super) load: (&'static str, String),
    /// Steps by the name of their node.
    pub(super) steps: Vec<(String, Vec<String>)>,
}

/// Where a flow enters.
#[derive(Debug)]
pub(super) enum Entry {
    /// By a call of this node.
    Node(String),
    /// By this step of the client.
    Step(String),
}

/// A way from a door through what hands on: the links that were chosen, and where it ends.
#[derive(Clone, Debug, Default)]
struct Way {
    chosen: Vec<(usize, usize)>,
    routes: Vec<String>,
    end: usize,
}

/// What `match` says, by link.
pub(super) type Matches = BTreeMap<(usize, usize), BTreeSet<String>>;

/// Makes all flows, and what links have to look for.
pub(super) fn make(design: &mut Design, said: &Said) -> (Vec<Flow>, Matches) {
    end_somewhere(design);
    let mut matches = Matches::new();
    let mut begun = Vec::new();
    for door in doors(design) {
        for way in ways(design, door.node) {
            if begun.len() >= MOST_FLOWS {
                too_large(said, &format!("more than {MOST_FLOWS} ways in"));
                return (Vec::new(), matches);
            }
            let name = name(design, &door, &way);
            for link in &way.chosen {
                matches.entry(*link).or_default().insert(name.clone());
            }
            begun.push((name, door.clone(), way));
        }
    }
    let batches = get_batches(design);
    let mut flows = Vec::new();
    let mut bytes = 0;
    for (name, door, way) in begun {
        let flow = flow((design, &batches), &mut matches, name, &door, &way);
        let lengths = flow
            .steps
            .iter()
            .flat_map(|(_, steps)| steps)
            .map(String::len);
        bytes += lengths.sum::<usize>();
        if bytes > MOST_BYTES {
            too_large(said, "more steps than a topology file may have");
            break;
        }
        flows.push(flow);
    }
    (flows, matches)
}

/// Says that there is more than a topology can hold.
fn too_large(said: &Said, what: &str) {
    let message = format!("the template gives {what}");
    let help = "import the parts of the system one by one";
    said.sink
        .error_with_help("import::too-large", &Place::Whole, message, help);
}

/// Gives everything that hands on, and leads nowhere, somebody who answers.
fn end_somewhere(design: &mut Design) {
    for at in 0..design.nodes.len() {
        let node = &design.nodes[at];
        let hands_on = node.class() == Class::Forwarding;
        if hands_on && design.from(at).is_empty() {
            let behind = outside(design, at);
            if let Some(link) = design.link(at, behind) {
                link.evidence
                    .push("assumed: what stands behind it is not known".to_owned());
            }
        }
    }
}

/// Returns the doors: nodes to which no link leads, in their order, then the others.
fn doors(design: &Design) -> Vec<Door> {
    let reached: BTreeSet<usize> = design.links.iter().map(|link| link.to).collect();
    let knocked: BTreeSet<usize> = design.doors.iter().map(|door| door.node).collect();
    let first = (0..design.nodes.len()).filter(|at| !reached.contains(at) && !knocked.contains(at));
    let mut doors: Vec<Door> = first
        .map(|node| Door {
            node,
            enter: Enter::Call,
            comment: String::new(),
        })
        .collect();
    doors.extend(design.doors.iter().cloned());
    doors
}

/// Whether each link of a node that hands on is for requests of its own.
fn branches(design: &Design, node: usize) -> bool {
    let links = design.from(node);
    let forwards = design
        .nodes
        .get(node)
        .is_some_and(|node| node.class().forwards());
    forwards && links.len() > 1 && links.iter().all(|link| !link.routes.is_empty())
}

/// Returns all ways from a node through what hands on.
fn ways(design: &Design, from: usize) -> Vec<Way> {
    let mut found = Vec::new();
    let mut open = vec![Way {
        end: from,
        ..Way::default()
    }];
    while let Some(way) = open.pop() {
        if found.len() + open.len() > MOST_FLOWS {
            found.push(way);
            break;
        }
        let links = design.from(way.end);
        let forwards = design
            .nodes
            .get(way.end)
            .is_some_and(|node| node.class().forwards());
        let split = branches(design, way.end);
        if !forwards || links.is_empty() || (links.len() > 1 && !split) {
            found.push(way);
            continue;
        }
        for link in links.iter().rev() {
            let mut next = way.clone();
            next.end = link.to;
            if split {
                next.chosen.push((link.from, link.to));
            }
            if split || next.routes.is_empty() {
                next.routes.clone_from(&link.routes);
            }
            open.push(next);
        }
    }
    found
}

/// Returns a free name for a flow: of its route if it has one, else of where it enters.
fn name(design: &mut Design, door: &Door, way: &Way) -> String {
    let node = design.nodes.get(door.node).map_or("", |node| &node.name);
    let end = design.nodes.get(way.end).map_or("", |node| &node.name);
    let route = way.routes.first().filter(|_| !way.chosen.is_empty());
    let wanted = match (&door.enter, route) {
        (Enter::Timer(_), _) => format!("timer-{node}"),
        (Enter::Call, Some(route)) => {
            let name = super::design::name_of(&route.to_lowercase());
            let says_nothing = matches!(name.as_str(), "node" | "default" | "any-default");
            match says_nothing || design.is_taken(&name) {
                true => format!("to-{end}"),
                false => name,
            }
        }
        (Enter::Call, None) => format!("to-{node}"),
    };
    design.free(&wanted)
}

/// Makes one flow.
fn flow(
    (design, batches): (&Design, &[bool]),
    matches: &mut Matches,
    name: String,
    door: &Door,
    way: &Way,
) -> Flow {
    let entry = design.nodes.get(door.node);
    let entry_name = entry.map_or("", |node| node.name.as_str());
    let links = design.from(door.node);
    let (enter, wrote) = match entry.map(|node| (node.class(), node.kind)) {
        Some((Class::Queue | Class::Log | Class::Topic, _)) | Some((_, "step-functions")) => {
            (Entry::Step(step("send", entry_name)), true)
        }
        Some((Class::Store, _)) if !links.is_empty() => {
            (Entry::Step(step("write", entry_name)), true)
        }
        Some((Class::Store | Class::Cache, kind)) if kind != "cloudfront" => {
            (Entry::Step(step("read", entry_name)), false)
        }
        Some((Class::Leaf, kind)) if !matches!(kind, "cognito" | "external") => {
            (Entry::Step(step("read", entry_name)), false)
        }
        Some(_) | None => (Entry::Node(entry_name.to_owned()), false),
    };
    let mut comments = Vec::new();
    if !way.routes.is_empty() {
        comments.push(format!("takes {}", way.routes.join(", ")));
    }
    comments.extend(Some(door.comment.clone()).filter(|comment| !comment.is_empty()));
    if comments.is_empty() {
        let class = entry.map(|node| node.class());
        let nobody = !class.is_some_and(Class::forwards);
        comments.extend(
            nobody.then(|| "assumed: nothing in the template is known to call it".to_owned()),
        );
    }
    let methods = ["POST ", "PUT ", "PATCH ", "DELETE "];
    let changes = |route: &String| methods.iter().any(|method| route.starts_with(method));
    let load = match &door.enter {
        Enter::Call => ("rate", quoted(RATE)),
        Enter::Timer(every) => ("every", quoted(every)),
    };
    Flow {
        comments,
        enter,
        writes: !way.routes.is_empty() && way.routes.iter().all(changes),
        load,
        steps: steps((design, batches), matches, &name, (door.node, wrote)),
        name,
    }
}

/// Writes a step without further keys.
fn step(verb: &str, node: &str) -> String {
    format!("{{ \"{verb}\": {} }}", quoted(node))
}

/// Returns the steps of all programs that a flow reaches, in the order in which it reaches them.
fn steps(
    (design, batches): (&Design, &[bool]),
    matches: &mut Matches,
    flow: &str,
    (entry, wrote): (usize, bool),
) -> Vec<(String, Vec<String>)> {
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    // A store hands on only what is written to it.
    let mut open = vec![(entry, wrote)];
    while let Some((at, wrote)) = open.pop() {
        let Some(node) = design.nodes.get(at) else {
            continue;
        };
        let class = node.class();
        if class == Class::Store && !wrote {
            continue;
        }
        if !seen.insert(at) {
            continue;
        }
        let links = design.from(at);
        let mut next: Vec<(usize, bool)> = Vec::new();
        match class {
            Class::Programmable => {
                let called: Vec<&&Link> = links.iter().collect();
                let batches = batches.get(at).copied().unwrap_or(false);
                let mut steps: Vec<String> = Vec::new();
                for link in &called {
                    let (own, writes) = uses(design, link);
                    steps.extend(own);
                    next.push((link.to, writes));
                }
                let work = WORK.iter().find(|(kind, _)| *kind == node.kind);
                if let Some((_, work)) = work.filter(|_| !steps.is_empty() || batches) {
                    steps.insert(0, format!("{{ \"compute\": {work} }}"));
                }
                if batches {
                    steps = vec![format!(
                        "{{ \"each\": \"message\", \"do\": [ {} ] }}",
                        steps.join(", ")
                    )];
                }
                if !steps.is_empty() {
                    found.push((node.name.clone(), steps));
                }
            }
            Class::Forwarding | Class::Cache | Class::Limiter if branches(design, at) => {
                let takes = |link: &&&Link| {
                    let list = matches.get(&(link.from, link.to));
                    list.is_some_and(|list| list.contains(flow))
                };
                let chosen: Vec<usize> = links.iter().filter(takes).map(|link| link.to).collect();
                match (chosen.as_slice(), links.first()) {
                    // It comes from within: nothing says which route it takes.
                    ([], Some(first)) => {
                        matches
                            .entry((first.from, first.to))
                            .or_default()
                            .insert(flow.to_owned());
                        next.push((first.to, true));
                    }
                    (chosen, _) => next.extend(chosen.iter().map(|to| (*to, true))),
                }
            }
            Class::Forwarding
            | Class::Cache
            | Class::Limiter
            | Class::Queue
            | Class::Log
            | Class::Topic
            | Class::Store => next.extend(links.iter().map(|link| (link.to, true))),
            Class::Leaf => {}
        }
        next.reverse();
        open.extend(next);
    }
    found
}

/// Returns for each node whether messages come to it in batches.
fn get_batches(design: &Design) -> Vec<bool> {
    let mut found = vec![false; design.nodes.len()];
    for link in &design.links {
        let class = design.nodes.get(link.from).map(|node| node.class());
        let batches = match class {
            Some(Class::Queue | Class::Log) => true,
            Some(Class::Store) => link.properties.contains_key("batch"),
            Some(
                Class::Programmable
                | Class::Forwarding
                | Class::Cache
                | Class::Limiter
                | Class::Topic
                | Class::Leaf,
            )
            | None => false,
        };
        if let Some(one) = found.get_mut(link.to) {
            *one |= batches;
        }
    }
    found
}

/// Returns the steps by which a program uses what a link leads to, and whether it writes there.
fn uses(design: &Design, link: &Link) -> (Vec<String>, bool) {
    let Some(node) = design.nodes.get(link.to) else {
        return (Vec::new(), false);
    };
    let verbs: &[&str] = match node.class() {
        Class::Queue | Class::Log | Class::Topic => &["send"],
        Class::Programmable if node.kind == "step-functions" => &["send"],
        Class::Programmable | Class::Forwarding | Class::Limiter => &["call"],
        Class::Cache if node.kind == "cloudfront" => &["call"],
        Class::Leaf if matches!(node.kind, "cognito" | "external") => &["call"],
        Class::Store | Class::Cache | Class::Leaf => {
            match (link.access.reads, link.access.writes) {
                (true, true) => &["read", "write"],
                (false, true) => &["write"],
                (true | false, false) => &["read"],
            }
        }
    };
    let writes = verbs.iter().any(|verb| *verb != "read");
    (
        verbs.iter().map(|verb| step(verb, &node.name)).collect(),
        writes,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_that_steps_say_is_the_default_of_the_kind() {
        for (kind, work) in WORK {
            let info = crate::component::find(kind).unwrap();
            let parameters = (info.parameters)().iter();
            let shown = parameters.filter(|one| one.name == "compute");
            let shown = shown.map(|one| one.default.clone()).next().unwrap();
            let words: Vec<&str> = shown.split(' ').collect();
            let written = match words.as_slice() {
                ["lognormal", "p50", p50, "p99", p99] => {
                    format!("{{ \"lognormal\": {{ \"p50\": \"{p50}\", \"p99\": \"{p99}\" }} }}")
                }
                _ => quoted(&shown),
            };
            assert_eq!(written, *work, "{kind}");
        }
    }
}

//! Links: chains and objects, and which properties apply to which source.

use super::build::Build;
use super::policy::{self, CALL_KEYS};
use super::{CallPolicy, Delivery, Link, Match, Role};
use crate::component::Class;
use crate::diagnostic::Place;
use crate::spec::chain::{self, link_name};
use crate::spec::value::shortened;
use crate::spec::{Data, Field, Object, listed};
use crate::units::Span;
use petgraph::graph::NodeIndex;
use std::collections::BTreeMap;

/// Most links of a file.
///
/// CHOICE: a hundred times the largest design.
const MOST_LINKS: usize = 20_000;

/// Reads all links into the graph.
pub(super) fn read<'a>(build: &mut Build<'a>, top: &mut Object<'a>) {
    let mut seen = BTreeMap::new();
    for field in top.list("links").unwrap_or_default() {
        match &field.value.data {
            Data::Text(text) => {
                let pairs = chain::split(text, field.place());
                if pairs.is_empty() || pairs.iter().any(|pair| pair.to.is_empty()) {
                    let message = format!("`{}` is not a chain of links", shortened(text));
                    let help = "write `\"a -> b\"`, or `\"a -> b -> c\"` for two links";
                    build
                        .sink
                        .error_with_help("link::chain", field.place(), message, help);
                    continue;
                }
                for pair in pairs {
                    let ends = find_ends(build, &pair.from, &pair.to, &pair.place, &pair.place);
                    let Some((from, to)) = ends else { continue };
                    let link = Link::plain(seen.len(), pair.place.clone());
                    add(build, &mut seen, from, to, link);
                }
            }
            Data::Object(_) => {
                let Some(object) = field.object() else {
                    continue;
                };
                if let Some((from, to, link)) = read_object(build, object, seen.len()) {
                    add(build, &mut seen, from, to, link);
                }
            }
            Data::Null | Data::Bool(_) | Data::Number(_) | Data::List(_) => {
                field.wrong_type::<()>("a chain such as \"a -> b\" or an object");
            }
        }
        if seen.len() > MOST_LINKS {
            let message = format!("`links` has more than {MOST_LINKS} links");
            top.error_at("links", "file::too-many-entries", message);
            return;
        }
    }
}

impl Link {
    /// Builds a link without properties.
    pub(super) fn plain(order: usize, place: Place) -> Link {
        Link {
            order,
            latency: None,
            bandwidth: None,
            loss: 0.0,
            call: CallPolicy::default(),
            matches: None,
            weight: 1.0,
            role: Role::Primary,
            delivery: Delivery {
                ops: None,
                share: 1.0,
                batch: None,
                window: Span::ZERO,
                concurrency: None,
                poll: None,
                partial: false,
                bisect: false,
                attempts: None,
                max_age: None,
            },
            place,
        }
    }
}

/// Returns the names of the links, or of the first thousand of them.
pub(super) fn names(build: &Build) -> Vec<String> {
    let graph = &build.graph;
    let ends = graph.edge_indices().take(1_000);
    ends.filter_map(|edge| graph.edge_endpoints(edge))
        .map(|(from, to)| link_name(build.name(from), build.name(to)))
        .collect()
}

/// Adds a link from `client` to a node that it calls, unless it is there already.
pub(super) fn link_exists_or_implied(build: &mut Build, target: NodeIndex<u32>, place: Place) {
    if build.graph.find_edge(super::client(), target).is_none() {
        let order = build.graph.edge_count();
        build
            .graph
            .add_edge(super::client(), target, Link::plain(order, place));
    }
}

/// Adds a link, unless it is there already.
fn add(
    build: &mut Build,
    seen: &mut BTreeMap<(usize, usize), ()>,
    from: NodeIndex<u32>,
    to: NodeIndex<u32>,
    link: Link,
) {
    let name = link_name(build.name(from), build.name(to));
    if seen.insert((from.index(), to.index()), ()).is_some() {
        let message = format!("link `{name}` is declared twice");
        let help = "a link of a chain gets properties by leaving the chain: end it there, \
                    and write the link as an object";
        build
            .sink
            .error_with_help("link::twice", &link.place, message, help);
        return;
    }
    build.graph.add_edge(from, to, link);
}

/// Looks both ends up and checks that a link between them means something.
fn find_ends(
    build: &Build,
    from: &str,
    to: &str,
    from_place: &Place,
    to_place: &Place,
) -> Option<(NodeIndex<u32>, NodeIndex<u32>)> {
    let name = shortened(&link_name(from, to));
    let what = format!("link `{name}`");
    let source = build.node(from, from_place, &what);
    let target = build.node(to, to_place, &what);
    let (source, target) = (source?, target?);
    let component = build.graph.node_weight(source);
    let component = component.and_then(|node| node.component.as_ref());
    let pushes = component.is_some_and(|component| component.pushes());
    if target.index() == 0 && !(pushes || source.index() != 0 && component.is_none()) {
        let message = format!("{what} leads to `client`");
        let help = "only a websocket gateway pushes to `client`";
        build
            .sink
            .error_with_help("link::to-client", to_place, message, help);
        return None;
    }
    let kind = |node: NodeIndex<u32>| build.kinds.get(node.index()).copied().flatten();
    if let Some(first) = kind(source)
        && first.class == Class::Leaf
    {
        let message = format!("{what} begins at a node of kind `{}`", first.kind);
        let help = format!("a node of kind `{}` calls nobody", first.kind);
        build
            .sink
            .error_with_help("link::from-leaf", from_place, message, help);
    }
    Some((source, target))
}

/// Reads a link that is written as an object.
fn read_object(
    build: &Build,
    mut object: Object,
    order: usize,
) -> Option<(NodeIndex<u32>, NodeIndex<u32>, Link)> {
    let from = object
        .required("from")
        .and_then(|from| Some((from.text()?, from)));
    let to = object.required("to").and_then(|to| Some((to.text()?, to)));
    let owner = match (&from, &to) {
        (Some((from, _)), Some((to, _))) => format!("link `{}`", shortened(&link_name(from, to))),
        _ => "the link".to_owned(),
    };
    let ends = match (from, to) {
        (Some((from, from_field)), Some((to, to_field))) => {
            find_ends(build, from, to, from_field.place(), to_field.place())
        }
        _ => None,
    };
    // Messages about its properties name the link.
    object.rename(&owner);
    let callee = ends.map_or("", |(_, to)| {
        build.graph.node_weight(to).map_or("", |node| node.kind)
    });
    if let Some((from, to)) = ends {
        check_applies(build, &object, (from, to));
    }
    let place = object.place().clone();
    let mut link = Link::plain(order, place);
    link.latency = object.duration_law("latency");
    link.bandwidth = object.bandwidth("bandwidth");
    link.loss = object.share("loss").unwrap_or(0.0);
    link.call = policy::read(&mut object, callee);
    link.matches = object.list("match").map(|entries| {
        let read = entries.iter().filter_map(|entry| read_match(build, entry));
        read.collect()
    });
    link.weight = object.factor("weight").unwrap_or(1.0);
    link.role = match object.choice("role", &["primary", "standby", "dead-letter"]) {
        Some("standby") => {
            let from = ends.and_then(|(from, _)| build.graph.node_weight(from));
            let component = from.and_then(|from| from.component.as_ref());
            if component.is_some_and(|component| !component.has_reserve()) {
                let message = format!("nobody would notice that {} is needed", object.owner());
                let help = "role `standby` is for links from a balancer with `health`";
                let place = object.place_of("role");
                build
                    .sink
                    .error_with_help("link::standby", place, message, help);
            }
            Role::Standby
        }
        Some("dead-letter") => Role::DeadLetter,
        Some(_) | None => Role::Primary,
    };
    link.delivery = Delivery {
        ops: object.list("ops").map(|entries| {
            let read = entries
                .iter()
                .filter_map(|entry| read_op(build, entry, ends));
            read.collect()
        }),
        share: object.share("share").unwrap_or(1.0),
        batch: object.field("batch").and_then(|batch| batch.small_count(1)),
        window: object.duration("window").unwrap_or(Span::ZERO),
        concurrency: object
            .field("concurrency")
            .and_then(|most| most.small_count(1)),
        poll: object.duration("poll"),
        partial: object.bool("partial").unwrap_or(false),
        bisect: object.bool("bisect").unwrap_or(false),
        attempts: object
            .field("attempts")
            .and_then(|most| most.small_count(1)),
        max_age: object.duration("max_age"),
    };
    let (from, to) = ends?;
    Some((from, to, link))
}

/// Reads one entry of `match`: a flow, or an endpoint with its slash.
fn read_match(build: &Build, entry: &Field) -> Option<Match> {
    let text = entry.text()?;
    if let Some(endpoint) = text.strip_prefix('/') {
        if endpoint.is_empty() {
            entry.wrong_type::<()>("a flow or an endpoint such as \"/presign\"");
        }
        return Some(Match::Endpoint(endpoint.to_owned()));
    }
    let flow = build.flow(text, entry.place(), &entry.name)?;
    Some(Match::Flow(flow))
}

/// Reads one entry of `ops`: an operation of the store.
fn read_op(
    build: &Build,
    entry: &Field,
    ends: Option<(NodeIndex<u32>, NodeIndex<u32>)>,
) -> Option<String> {
    let text = entry.text()?;
    let info = ends.and_then(|(from, _)| build.kinds.get(from.index()).copied().flatten());
    if let Some(info) = info
        && info.class == Class::Store
        && info.operation(text).is_none()
    {
        let shown = shortened(text);
        let message = format!("kind `{}` has no operation `{shown}`", info.kind);
        let names = info.operations.iter().map(|known| known.name);
        let help = crate::spec::help(text, names);
        entry
            .sink
            .error_with_help("step::unknown-op", entry.place(), message, help);
    }
    Some(text.to_owned())
}

/// Says which properties do not apply to links from this node.
fn check_applies(build: &Build, object: &Object, (from, to): (NodeIndex<u32>, NodeIndex<u32>)) {
    if !build.is_known(from) {
        return;
    }
    let is_push = to.index() == 0;
    let class = build.class(from);
    let calls = class.is_none_or(|class| !class.delivers() && class != Class::Leaf);
    let forwards = class.is_some_and(Class::forwards);
    let is = |wanted: &[Class]| class.is_some_and(|class| wanted.contains(&class));
    let gives_up = is(&[Class::Queue, Class::Log, Class::Topic, Class::Store]);
    let batches = is(&[Class::Queue, Class::Log, Class::Store]);
    let repeats = is(&[Class::Log, Class::Store]);
    let mut groups: Vec<(&str, bool)> = vec![
        ("latency", true),
        ("bandwidth", true),
        ("loss", true),
        ("match", forwards || is(&[Class::Topic])),
        ("weight", forwards),
        ("role", forwards || gives_up),
        ("ops", is(&[Class::Store])),
        ("share", class.is_some_and(Class::delivers)),
        ("batch", batches),
        ("window", batches),
        ("concurrency", batches),
        ("poll", is(&[Class::Queue, Class::Log])),
        ("partial", batches),
        ("bisect", repeats),
        ("attempts", repeats),
        ("max_age", repeats),
    ];
    // A topic tries each of its deliveries again by itself.
    let topic = |key: &str| is(&[Class::Topic]) && matches!(key, "retry" | "timeout");
    groups.extend(CALL_KEYS.iter().map(|key| (*key, calls || topic(key))));
    if is_push {
        for (key, fits) in &mut groups {
            *fits = *key == "latency";
        }
    }
    let kind = build.graph.node_weight(from).map_or("", |node| node.kind);
    for (key, _) in groups.iter().filter(|(key, fits)| !fits && object.has(key)) {
        let why = if is_push {
            "which is for pushes".to_owned()
        } else {
            format!("which comes from a node of kind `{kind}`")
        };
        let message = format!("`{key}` does not apply to {}, {why}", object.owner());
        let fitting = groups.iter().filter(|(_, fits)| *fits).map(|(key, _)| *key);
        let list: Vec<&str> = fitting.collect();
        let help = format!("links from such a node have {}", listed(list, "and"));
        let place = object.place_of(key);
        build
            .sink
            .error_with_help("link::does-not-apply", place, message, help);
    }
    let dead_letter = object.text_of("role") == Some("dead-letter");
    if dead_letter && forwards {
        let message = format!("{} cannot be a dead-letter link", object.owner());
        let help = "only a queue, a log, a topic or a store gives messages up";
        let place = object.place_of("role");
        build
            .sink
            .error_with_help("link::does-not-apply", place, message, help);
    }
}

//! From the values of a file to a topology, or to all mistakes at once.
//!
//! Every part is read, even where an earlier part is wrong, so that one run shows
//! every mistake. What depends on something wrong is left out quietly.

use super::load_file::LoadRequest;
use super::{Key, KeyIndex, Link, Node, Topology};
use super::{audience, estimate, flows, links, load_lines, objectives, rules, settings};
use crate::component::{self, Class, KindInfo};
use crate::diagnostic::Place;
use crate::random::law::KeyLaw;
use crate::spec::value::shortened;
use crate::spec::{Data, Field, Member, Noun, Object, Sink, Value, help, listed};
use petgraph::graph::{DiGraph, NodeIndex};
use std::collections::{BTreeMap, BTreeSet};

/// Keys of the top level.
pub(super) const TOP: [&str; 20] = [
    "$schema",
    "account",
    "alarms",
    "audience",
    "deployments",
    "description",
    "estimate",
    "faults",
    "flows",
    "format",
    "keys",
    "links",
    "load",
    "name",
    "nodes",
    "objectives",
    "placement",
    "question",
    "run",
    "variants",
];

/// Names that users may not take.
const RESERVED: [&str; 3] = ["client", "cost", "recovery"];

/// What has been built so far, and what names mean.
pub(super) struct Build<'a> {
    /// Where mistakes go.
    pub(super) sink: &'a Sink,
    /// Nodes and links.
    pub(super) graph: DiGraph<Node, Link>,
    /// Nodes by name.
    pub(super) index: BTreeMap<String, NodeIndex<u32>>,
    /// Kinds by node; none for `client` and for kinds that do not exist.
    pub(super) kinds: Vec<Option<&'static KindInfo>>,
    /// Values of the nodes, by node.
    pub(super) values: Vec<Option<&'a Value>>,
    /// Whether all links could be read: rules about the whole graph make sense.
    pub(super) links_are_whole: bool,
    /// Names of flows, sorted.
    pub(super) flow_names: Vec<String>,
    /// Whether the file has an audience.
    pub(super) has_audience: bool,
    /// Whether the file has faults that come at times of their own.
    pub(super) has_faults: bool,
    /// Whether the file has other faults only: they come again and again.
    pub(super) faults_recur: bool,
    /// Names of nodes that carry deployments out, which nobody need call.
    pub(super) carriers: BTreeSet<String>,
    /// Names of fan-outs.
    pub(super) fan_outs: BTreeSet<String>,
    /// Key laws.
    pub(super) keys: Vec<Key>,
    /// Those of `keys`, by name; none where the law is wrong.
    pub(super) named_keys: BTreeMap<String, Option<KeyIndex>>,
}

/// Builds a topology; it is whole only if the sink has no errors.
pub(super) fn build(file: &Value, request: &LoadRequest, sink: &Sink) -> Option<Topology> {
    if !matches!(file.data, Data::Object(_)) {
        let message = format!("the file must be an object, got {}", file.shown());
        sink.error("file::not-an-object", &file.place, message);
        return None;
    }
    let mut top = Object::new(file, "the file", Noun::Key, sink);
    for key in TOP {
        top.field(key);
    }
    if let Some(format) = top.count("format")
        && format != 1
    {
        let message = format!("`format` is {format}; this version reads format 1");
        top.error_at("format", "file::format", message);
    }
    let name = top
        .text("name")
        .map_or_else(|| request.stem(), str::to_owned);
    let description = top.text("description").map(str::to_owned);
    let question = top.text("question").map(str::to_owned);

    let mut build = Build::new(sink);
    build.read_nodes(&mut top);
    build.name_flows(&mut top);
    let audience = audience::read(&mut top);
    build.has_audience = top.has("audience");
    let (any, timed) = super::faults::are_there(file);
    (build.has_faults, build.faults_recur) = (timed, any && !timed);
    build.carriers = super::deployments::carriers(file);
    build.read_keys(&mut top);
    build.check_variant_names(&mut top);
    let before = sink.len();
    links::read(&mut build, &mut top);
    build.links_are_whole = sink.len() == before;
    let flows = flows::read(&mut build, &mut top);
    let run = settings::run(&mut top, request);
    let placement = settings::placement(&mut build, &mut top);
    let account = settings::account(&mut top);
    let mut load = load_lines::read(&mut build, &mut top, &flows, request);
    if let Some(audience) = &audience {
        for line in load.iter_mut().filter(|line| line.from.is_empty()) {
            line.from.clone_from(&audience.from);
        }
    }
    audience::check(&build, audience.as_ref(), &flows, &load);
    let objectives = objectives::read(&build, &mut top);
    let alarms = super::control::alarms(&build, &mut top);
    let steps = super::control::steps(&build);
    let deployments = super::deployments::read(&build, &mut top, &alarms);
    let faults = super::faults::read(&build, &mut top, run.horizon);
    let estimate = estimate::read(&build, &mut top);
    rules::check(&build, &flows);
    if sink.has_errors() {
        return None;
    }
    settings::place_nodes(&mut build, &placement);
    Some(Topology {
        name,
        description,
        question,
        graph: build.graph,
        flows,
        keys: build.keys,
        audience,
        load,
        objectives,
        alarms,
        steps,
        deployments,
        faults,
        placement: placement.placement,
        account,
        estimate,
        run,
        variant: request.variant.map(str::to_owned),
    })
}

impl<'a> Build<'a> {
    /// Begins with `client` alone.
    fn new(sink: &'a Sink) -> Build<'a> {
        let mut graph = DiGraph::new();
        let client = graph.add_node(Node {
            name: "client".to_owned(),
            kind: "client",
            component: None,
            places: Vec::new(),
            place: Place::Whole,
        });
        Build {
            sink,
            graph,
            index: BTreeMap::from([("client".to_owned(), client)]),
            kinds: vec![None],
            values: vec![None],
            links_are_whole: true,
            flow_names: Vec::new(),
            has_audience: false,
            has_faults: false,
            faults_recur: false,
            carriers: BTreeSet::new(),
            fan_outs: BTreeSet::new(),
            keys: Vec::new(),
            named_keys: BTreeMap::new(),
        }
    }

    /// Returns the class of a node; none for `client` and unknown kinds.
    pub(super) fn class(&self, node: NodeIndex<u32>) -> Option<Class> {
        self.kinds
            .get(node.index())
            .copied()
            .flatten()
            .map(|info| info.class)
    }

    /// Returns the name of a node.
    pub(super) fn name(&self, node: NodeIndex<u32>) -> &str {
        self.graph.node_weight(node).map_or("", |node| &node.name)
    }

    /// Whether a node's kind is known (or it is `client`): rules about it make sense.
    pub(super) fn is_known(&self, node: NodeIndex<u32>) -> bool {
        node.index() == 0 || self.class(node).is_some()
    }

    /// Whether a node carries out deployments that name it: nobody need call it.
    pub(super) fn carries(&self, node: NodeIndex<u32>) -> bool {
        let component = self.graph.node_weight(node);
        let component = component.and_then(|node| node.component.as_ref());
        let releases = component.is_some_and(|component| component.releases().is_some());
        releases && self.carriers.contains(self.name(node))
    }

    /// Whether there is a node of this name.
    pub(super) fn has_node(&self, name: &str) -> bool {
        self.index.contains_key(name)
    }

    /// Looks a node up, or says that there is none of this name.
    pub(super) fn node(&self, name: &str, place: &Place, what: &str) -> Option<NodeIndex<u32>> {
        let found = self.index.get(name).copied();
        if found.is_none() {
            let message = format!(
                "{what} names node `{}`, which does not exist",
                shortened(name)
            );
            let names = self.index.keys().map(String::as_str);
            let help = help(name, names);
            self.sink
                .error_with_help("node::does-not-exist", place, message, help);
        }
        found
    }

    /// Looks a flow up, or says that there is none of this name.
    pub(super) fn flow(&self, name: &str, place: &Place, what: &str) -> Option<usize> {
        let found = self.flow_names.iter().position(|flow| flow == name);
        if found.is_none() {
            let message = format!(
                "{what} names flow `{}`, which does not exist",
                shortened(name)
            );
            let names = self.flow_names.iter().map(String::as_str);
            let help = help(name, names);
            self.sink
                .error_with_help("flow::does-not-exist", place, message, help);
        }
        found
    }

    /// Checks a name that the user chose.
    pub(super) fn check_name(&self, what: &str, name: &str, place: &Place) {
        let shown = shortened(name);
        if RESERVED.contains(&name) {
            let message = format!("{what} must not be called `{shown}`");
            let help = format!("{} are reserved", listed(RESERVED, "and"));
            self.sink
                .error_with_help("name::reserved", place, message, help);
            return;
        }
        let first = name
            .bytes()
            .next()
            .is_some_and(|byte| byte.is_ascii_lowercase());
        let rest = name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        if !first || !rest || name.len() > 100 {
            let message = format!("{what} cannot be called `{shown}`");
            let help = "names are lower case letters, digits and dashes, begin with a letter \
                        and have at most 100 characters";
            self.sink
                .error_with_help("name::letters", place, message, help);
        }
    }

    /// Reads the nodes.
    fn read_nodes(&mut self, top: &mut Object<'a>) {
        let Some(mut nodes) = top.required("nodes").and_then(|nodes| nodes.object()) else {
            return;
        };
        let members = nodes.members();
        if members.is_empty() {
            top.error_at("nodes", "value::empty", "`nodes` must not be empty");
        }
        for member in members {
            self.check_name("a node", &member.key, &member.key_place);
            self.read_node(member);
        }
    }

    /// Reads one node.
    fn read_node(&mut self, member: &'a Member) {
        let owner = format!("node `{}`", shortened(&member.key));
        let mut node = Node {
            name: member.key.clone(),
            kind: "unknown",
            component: None,
            places: Vec::new(),
            place: member.key_place.clone(),
        };
        let mut info = None;
        if matches!(member.value.data, Data::Object(_)) {
            let mut object = Object::new(&member.value, &owner, Noun::Parameter, self.sink);
            let kind = object.required("kind");
            let text = kind.as_ref().and_then(Field::text);
            info = text.and_then(component::find);
            match (&kind, text, info) {
                (_, _, Some(info)) => {
                    node.kind = info.kind;
                    node.component = Some((info.read)(&mut object).into());
                }
                (Some(kind), Some(text), None) => {
                    object.ignore_rest();
                    let message = format!("{owner} has unknown kind `{}`", shortened(text));
                    let kinds = component::registry().iter().map(|info| info.kind);
                    let help = help(text, kinds);
                    self.sink
                        .error_with_help("node::unknown-kind", kind.place(), message, help);
                }
                (_, _, None) => object.ignore_rest(),
            }
        } else {
            let field = Field::new(&member.value, owner, self.sink);
            field.wrong_type::<()>("an object");
        }
        let index = self.graph.add_node(node);
        // A reserved name has been reported; `client` keeps its meaning.
        self.index.entry(member.key.clone()).or_insert(index);
        self.kinds.push(info);
        self.values.push(Some(&member.value));
    }

    /// Collects the names of flows.
    fn name_flows(&mut self, top: &mut Object<'a>) {
        let Some(mut flows) = top.object("flows") else {
            self.flow_names.push("main".to_owned());
            return;
        };
        for member in flows.members() {
            self.check_name("a flow", &member.key, &member.key_place);
            if self.index.contains_key(&member.key) && member.key != "client" {
                let message = format!("`{}` is a node and a flow", shortened(&member.key));
                self.sink.error("name::taken", &member.key_place, message);
            }
            self.flow_names.push(member.key.clone());
        }
        self.flow_names.sort();
        if self.flow_names.is_empty() {
            self.flow_names.push("main".to_owned());
        }
    }

    /// Reads the named key laws.
    fn read_keys(&mut self, top: &mut Object<'a>) {
        let Some(mut keys) = top.object("keys") else {
            return;
        };
        for member in keys.members() {
            if is_audience(&member.key) {
                let message = format!("a key must not be called `{}`", member.key);
                self.sink
                    .error("name::reserved", &member.key_place, message);
            } else {
                self.check_name("a key", &member.key, &member.key_place);
            }
            let name = format!("key `{}`", shortened(&member.key));
            let law = Field::new(&member.value, name, self.sink).key_law();
            let index = law.map(|law| self.add_key(&member.key, law));
            self.named_keys.insert(member.key.clone(), index);
        }
    }

    /// Adds a key law under a name, once.
    fn add_key(&mut self, name: &str, law: KeyLaw) -> KeyIndex {
        let same = |key: &Key| key.name == name && key.law == law;
        let recent = self.keys.len().saturating_sub(1_000);
        if let Some(found) = self.keys[recent..].iter().position(same) {
            return recent + found;
        }
        self.keys.push(Key {
            name: name.to_owned(),
            law,
        });
        self.keys.len() - 1
    }

    /// Reads a key law or the name of one; a law written in place belongs to `flow`.
    pub(super) fn key(&mut self, field: &Field, flow: &str) -> Option<KeyIndex> {
        let Some(name) = field.value.as_text() else {
            let law = field.key_law()?;
            return Some(self.add_key(flow, law));
        };
        if is_audience(name) {
            return self.user_key(name, field);
        }
        let found = self.named_keys.get(name);
        if found.is_none() {
            let shown = shortened(name);
            let message = format!("{} names key `{shown}`, which does not exist", field.name);
            let names = self.named_keys.keys().map(String::as_str);
            let help = help(name, names);
            self.sink
                .error_with_help("key::does-not-exist", field.place(), message, help);
        }
        found.copied().flatten()
    }

    /// Returns the key law of those who post, or of those who read.
    fn user_key(&mut self, name: &str, field: &Field) -> Option<KeyIndex> {
        if !self.has_audience {
            let message = format!("key `{name}` is a user of the `audience`, and there is none");
            let help = "say who there is: `\"audience\": { \"users\": \"1M\", \"followers\": \"twitter\" }`";
            self.sink
                .error_with_help("audience::none", field.place(), message, help);
            return None;
        }
        let law = if name == "author" {
            KeyLaw::Author
        } else {
            KeyLaw::Reader
        };
        Some(self.add_key(name, law))
    }

    /// Checks the names of variants.
    fn check_variant_names(&self, top: &mut Object<'a>) {
        let Some(mut variants) = top.object("variants") else {
            return;
        };
        for member in variants.members() {
            self.check_name("a variant", &member.key, &member.key_place);
            if !matches!(member.value.data, Data::Object(_)) {
                let name = format!("variant `{}`", shortened(&member.key));
                Field::new(&member.value, name, self.sink).wrong_type::<()>("an object");
            }
        }
    }
}

/// Whether a key names a user of the audience.
fn is_audience(name: &str) -> bool {
    matches!(name, "author" | "reader")
}

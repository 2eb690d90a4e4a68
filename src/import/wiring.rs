//! From references to links: who is meant by a name, and what is said of a link.
//!
//! A name may mean a node, its instances, or something that stands for nodes: an alias for its
//! function, a target group for the services registered in it. Where a template writes a name out
//! instead of referring to a resource, the name that the resource gives itself is looked for.

use super::design::{Access, Design, Door, Enter, Link, Node};
use super::draft::Parameter;
use super::kinds;
use super::resource::{Data, Resource, Stack, Value};
use super::said::Said;
use crate::component::Class;
use crate::spec::value::shortened;
use std::collections::{BTreeMap, BTreeSet};

/// Properties in which resources give themselves names.
const NAMES: &[&str] = &[
    "FunctionName",
    "TableName",
    "QueueName",
    "TopicName",
    "BucketName",
    "StreamName",
    "DeliveryStreamName",
    "StateMachineName",
    "ServiceName",
    "DomainName",
    "DBInstanceIdentifier",
    "DBClusterIdentifier",
    "Bucket",
    "Identifier",
    "ClusterIdentifier",
    "Name",
];

/// Time of what stands outside of the template.
///
/// CHOICE: a service of somebody else's, as a file of one's own would say it first.
const OUTSIDE: &str = "{ \"lognormal\": { \"p50\": \"20ms\", \"p99\": \"200ms\" } }";

/// Makes links.
pub(crate) struct Wiring<'a> {
    /// All resources.
    pub(crate) stack: &'a Stack,
    /// Where mistakes and notes go.
    pub(crate) said: &'a Said,
    /// What is made.
    pub(crate) design: &'a mut Design,
    /// Nodes by the position of their resource.
    nodes: &'a [Option<usize>],
    /// Positions of resources that others stand for.
    stands: Vec<Vec<usize>>,
    /// Nodes by the name that they give themselves; none where several do.
    names: BTreeMap<&'a str, Option<usize>>,
    /// Nodes that were made while links were.
    made: BTreeMap<String, usize>,
}

impl<'a> Wiring<'a> {
    /// Begins, once all nodes are made.
    pub(crate) fn new(
        stack: &'a Stack,
        said: &'a Said,
        design: &'a mut Design,
        nodes: &'a [Option<usize>],
    ) -> Wiring<'a> {
        let mut names: BTreeMap<&str, Option<usize>> = BTreeMap::new();
        for (resource, node) in stack.resources.iter().zip(nodes) {
            let Some(node) = node else { continue };
            if let Some(name) = resource.properties.text_of(NAMES) {
                let ambiguous = names.contains_key(name);
                names.insert(name, (!ambiguous).then_some(*node));
            }
        }
        Wiring {
            stack,
            said,
            design,
            nodes,
            stands: stand_ins(stack),
            names,
            made: BTreeMap::new(),
        }
    }

    /// Returns the node of a resource.
    pub(crate) fn own(&self, resource: &Resource) -> Option<usize> {
        let at = self.stack.find(&resource.id).first()?;
        self.nodes.get(*at).copied().flatten()
    }

    /// Returns the nodes that an id means.
    pub(crate) fn by_id(&self, id: Option<&str>) -> Vec<usize> {
        let mut found = Vec::new();
        let mut seen = BTreeSet::new();
        let mut open: Vec<usize> = id.map_or(&[][..], |id| self.stack.find(id)).to_vec();
        open.reverse();
        while let Some(at) = open.pop() {
            if !seen.insert(at) {
                continue;
            }
            match self.nodes.get(at).copied().flatten() {
                Some(node) if !found.contains(&node) => found.push(node),
                Some(_) => {}
                None => open.extend(self.stands.get(at).into_iter().flatten().rev()),
            }
        }
        found
    }

    /// Returns the nodes that a value names, each once.
    pub(crate) fn nodes(&self, value: &Value) -> Vec<usize> {
        let mut found = Vec::new();
        for id in value.mentions() {
            for node in self.by_id(Some(id)) {
                if !found.contains(&node) {
                    found.push(node);
                }
            }
        }
        if found.is_empty()
            && let Some(text) = value.pattern()
        {
            let text = text.trim_end_matches("/*");
            let last = text.rsplit([':', '/']).next().unwrap_or(text);
            let known = [text, last].map(|name| self.names.get(name).copied().flatten());
            found.extend(known.into_iter().flatten().next());
        }
        if found.is_empty() && matches!(value.data, Data::List(_)) {
            let each = value.entries().iter().flat_map(|entry| self.nodes(entry));
            for node in each.collect::<Vec<_>>() {
                if !found.contains(&node) {
                    found.push(node);
                }
            }
        }
        found
    }

    /// Returns the nodes that a value or the properties of an object name.
    pub(crate) fn nodes_in(&self, value: &Value) -> Vec<usize> {
        let mut found = self.nodes(value);
        for (_, inner) in value
            .members()
            .iter()
            .filter(|_| found.is_empty())
            .collect::<Vec<_>>()
        {
            found.extend(self.nodes(inner));
        }
        found
    }

    /// Returns the nodes that the first of some properties names.
    pub(crate) fn at(&self, said: &Value, paths: &[&str]) -> Vec<usize> {
        said.first(paths)
            .map_or_else(Vec::new, |value| self.nodes(value))
    }

    /// Returns a node that no resource declares, and makes it the first time.
    pub(crate) fn made(&mut self, key: &str, make: impl FnOnce(&mut Wiring<'a>) -> usize) -> usize {
        if let Some(node) = self.made.get(key) {
            return *node;
        }
        let node = make(self);
        self.made.insert(key.to_owned(), node);
        node
    }

    /// Returns a link, and makes it if it may be made.
    pub(crate) fn link(&mut self, from: usize, to: usize, evidence: &str) -> Option<&mut Link> {
        if self.design.has_link(from, to) || self.may_link(from, to, evidence) {
            let link = self.design.link(from, to)?;
            if !link.evidence.iter().any(|one| one == evidence) {
                link.evidence.push(evidence.to_owned());
            }
            return Some(link);
        }
        None
    }

    /// Whether a link may be made; if not, says why.
    fn may_link(&self, from: usize, to: usize, evidence: &str) -> bool {
        let (Some(source), Some(target)) = (self.design.nodes.get(from), self.design.nodes.get(to))
        else {
            return false;
        };
        let why = if source.class() == Class::Leaf {
            format!("a node of kind `{}` calls nobody", source.kind)
        } else if from == to || self.design.leads(to, from) {
            "it would close a circle in which work causes itself".to_owned()
        } else {
            return true;
        };
        let text = format!(
            "no link `{}->{}` ({evidence}): {why}",
            source.name, target.name
        );
        self.said.note(&crate::diagnostic::Place::Whole, text);
        false
    }

    /// Links a program to what it uses: whether it reads, and whether it writes, sends or calls.
    pub(crate) fn uses(&mut self, from: usize, to: usize, how: (bool, bool), evidence: &str) {
        let (reads, writes) = how;
        if let Some(link) = self.link(from, to, evidence) {
            link.access = Access {
                reads: link.access.reads || reads,
                writes: link.access.writes || writes,
            };
        }
    }

    /// Links something that hands on to what a route of it leads to.
    pub(crate) fn route(&mut self, from: usize, to: usize, label: String, evidence: &str) {
        if let Some(link) = self.link(from, to, evidence)
            && !link.routes.contains(&label)
        {
            link.routes.push(label);
        }
    }

    /// Links a route to something outside of the template.
    pub(crate) fn elsewhere(&mut self, from: usize, label: String, evidence: &str) {
        let outside = self.made(&format!("outside {from}"), |wiring| {
            outside(wiring.design, from)
        });
        self.route(from, outside, label, evidence);
    }

    /// Links what gives messages up to the one that gets them.
    pub(crate) fn dead_letters(&mut self, from: usize, to: usize, evidence: &str) {
        let has_one = self
            .design
            .from(from)
            .iter()
            .any(|link| link.properties.contains_key("role"));
        if self.design.has_link(from, to) || has_one {
            return;
        }
        let delivers = self
            .design
            .nodes
            .get(from)
            .is_some_and(|node| node.class().delivers());
        if delivers && let Some(link) = self.link(from, to, evidence) {
            link.properties.insert("role", "\"dead-letter\"".to_owned());
        }
    }

    /// Lets requests in.
    pub(crate) fn door(&mut self, node: usize, enter: Enter, comment: String) {
        let known = |door: &Door| door.node == node && door.enter == enter;
        if !self.design.doors.iter().any(known) {
            self.design.doors.push(Door {
                node,
                enter,
                comment,
            });
        }
    }

    /// Says that a property names nothing that is there.
    pub(crate) fn lost(&self, resource: &Resource, name: &str) {
        let id = shortened(&resource.id);
        let text = format!("`{name}` of `{id}` names no node of the template; it is not imported");
        self.said.note(&resource.place, text);
    }

    /// Returns a whole number of at least 0 as it is written in a topology.
    pub(crate) fn count(&self, said: &Value, name: &str) -> Option<String> {
        let value = said.get(name)?;
        if let Data::Open { why, .. } = &value.data {
            let text = format!("`{name}` is not known: {why}; the default stands");
            self.said.note(&value.place, text);
            return None;
        }
        match value.number() {
            Some(number) if number.fract() == 0.0 && (0.0..1e9).contains(&number) => {
                Some(format!("{number}"))
            }
            Some(_) | None => {
                let message = format!("`{name}` must be a whole number, got {}", value.shown());
                let sink = &self.said.sink;
                sink.error("template::wrong-type", &value.place, message);
                None
            }
        }
    }
}

/// Makes a node for what stands outside of the template.
pub(crate) fn outside(design: &mut Design, from: usize) -> usize {
    let name = design.nodes.get(from).map_or("outside", |node| &node.name);
    let name = format!("{name}-backend");
    design.add(Node {
        name,
        kind: "external",
        parameters: vec![Parameter::assumed("time", OUTSIDE)],
        comments: vec!["assumed: the template does not have it".to_owned()],
    })
}

/// Returns for each resource those that it stands for.
fn stand_ins(stack: &Stack) -> Vec<Vec<usize>> {
    let mut found = vec![Vec::new(); stack.resources.len()];
    for resource in &stack.resources {
        let Some(row) = kinds::row(&resource.type_name) else {
            continue;
        };
        let positions = |path: &str| -> Vec<usize> {
            if path.is_empty() {
                return stack.find(&resource.id).to_vec();
            }
            let value = resource.properties.first(&[path]);
            let ids = value.map(Value::mentions).unwrap_or_default();
            ids.iter().flat_map(|id| stack.find(id)).copied().collect()
        };
        for (who, whom) in row.stands {
            let whom = positions(whom);
            for at in positions(who) {
                if let Some(list) = found.get_mut(at) {
                    list.extend(whom.iter().copied().filter(|one| *one != at));
                }
            }
        }
    }
    found
}

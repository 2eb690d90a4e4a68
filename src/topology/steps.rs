//! Steps: what a programmable node does for a flow, one verb each.

use super::build::Build;
use super::policy;
use super::{CallStep, Join, KeyIndex, Step, Verb};
use crate::component::Class;
use crate::diagnostic::Place;
use crate::random::law::Law;
use crate::spec::chain::link_name;
use crate::spec::value::shortened;
use crate::spec::{Data, Field, Object, help, listed};
use petgraph::Direction;
use petgraph::graph::NodeIndex;
use std::collections::BTreeSet;

/// Verbs of steps.
pub(super) const VERBS: [&str; 13] = [
    "call", "choose", "compute", "each", "fail", "fan_out", "gather", "parallel", "pause", "read",
    "send", "try", "write",
];

/// Splits `node/endpoint` and looks the node up.
pub(super) fn target(
    build: &Build,
    text: &str,
    place: &Place,
    what: &str,
) -> Option<(NodeIndex<u32>, Option<String>)> {
    let (name, endpoint) = match text.split_once('/') {
        Some((name, endpoint)) => (name, Some(endpoint.to_owned())),
        None => (text, None),
    };
    let node = build.node(name, place, what)?;
    if endpoint.as_deref().is_some_and(str::is_empty) {
        let message = format!("{what} names an endpoint without a name");
        build.sink.error("step::endpoint", place, message);
        return None;
    }
    Some((node, endpoint))
}

/// Reads the steps of one node for one flow.
pub(super) struct Steps<'b, 'a> {
    /// Names, kinds and links.
    pub(super) build: &'b mut Build<'a>,
    /// The flow, to which key laws written in place belong.
    flow: &'b str,
    /// The node whose steps they are.
    node: NodeIndex<u32>,
}

impl<'b, 'a> Steps<'b, 'a> {
    /// Begins to read steps of a node.
    pub(super) fn new(build: &'b mut Build<'a>, flow: &'b str, node: NodeIndex<u32>) -> Self {
        Steps { build, flow, node }
    }

    /// Reads a list of steps.
    pub(super) fn list(&mut self, field: &Field) -> Vec<Step> {
        let entries = field.list().unwrap_or_default();
        let steps = entries.iter().map(|entry| self.step(entry));
        steps.collect::<Vec<_>>().into_iter().flatten().collect()
    }

    /// Reads steps under a key of a step.
    pub(super) fn under(&mut self, object: &mut Object, key: &'static str) -> Option<Vec<Step>> {
        let field = object.field(key)?;
        Some(self.list(&shorter(&field, key)))
    }

    /// Reads one step.
    fn step(&mut self, entry: &Field) -> Option<Step> {
        let mut object = entry.object()?;
        let written = entry.value.members().iter();
        let verbs: Vec<&'static str> = written
            .filter_map(|member| VERBS.iter().copied().find(|verb| *verb == member.key))
            .collect();
        let [verb] = verbs.as_slice() else {
            object.ignore_rest();
            self.no_verb(entry, &verbs);
            return None;
        };
        object.rename(&format!("the `{verb}` step"));
        let value = object.field(verb)?;
        match *verb {
            "compute" => Some(Step::Compute(value.duration_law()?)),
            "pause" => Some(Step::Pause(value.duration_law()?)),
            "fail" => Some(Step::Fail(value.share()?)),
            "read" => self.call(Verb::Read, &value, &mut object),
            "write" => self.call(Verb::Write, &value, &mut object),
            "call" => self.call(Verb::Call, &value, &mut object),
            "send" => self.call(Verb::Send, &value, &mut object),
            "parallel" => self.parallel(&value, &mut object),
            "each" => self.each(&value, &mut object),
            "choose" => self.choose(&value),
            "try" => {
                let steps = self.list(&value);
                Some(Step::Try {
                    steps,
                    timeout: object
                        .duration_in("timeout", crate::units::Span(1)..=policy::longest()),
                    retry: object
                        .field("retry")
                        .and_then(|field| policy::retry(&field, "")),
                    on_error: self.under(&mut object, "on_error"),
                })
            }
            "fan_out" => self.fan_out(&value, &mut object),
            _ => self.gather(&value, &mut object),
        }
    }

    /// Says that a step has no verb, or several.
    fn no_verb(&self, entry: &Field, verbs: &[&str]) {
        let sink = entry.sink;
        let list = format!("verbs are {}", listed(VERBS, "and"));
        if verbs.is_empty() {
            let keys = entry.value.members().iter();
            let near = keys
                .filter_map(|member| crate::spec::nearest(&member.key, VERBS))
                .next();
            let help = match near {
                Some(near) => format!("did you mean `{near}`? {list}"),
                None => list,
            };
            let message = "the step has no verb";
            sink.error_with_help("step::one-verb", entry.place(), message, help);
        } else {
            let both = listed(verbs.iter().copied(), "and");
            let message = format!("the step has several verbs: {both}");
            let help = "write one step for each";
            sink.error_with_help("step::one-verb", entry.place(), message, help);
        }
    }

    /// Reads a step that calls another node.
    fn call(&mut self, verb: Verb, value: &Field, object: &mut Object) -> Option<Step> {
        let found = value
            .text()
            .and_then(|text| target(self.build, text, value.place(), &value.name));
        let callee = found.as_ref().map(|(node, _)| *node);
        if let Some(callee) = callee {
            self.check_callee(callee, value);
        }
        let kind = callee.and_then(|callee| self.build.graph.node_weight(callee));
        let kind = kind.map_or("", |node| node.kind);
        let policy = policy::read(object, kind);
        let op = object.field("op").and_then(|field| {
            let text = field.text()?;
            if let Some(callee) = callee {
                self.check_op(text, callee, &field);
            }
            Some(text.to_owned())
        });
        let bytes = object.size_law("bytes");
        let count = object.count_law("count");
        let key = self.key(object);
        let consistent = object.bool("consistent").unwrap_or(false);
        let cacheable = object.bool("cacheable");
        let wait = object.bool("wait").unwrap_or(true);
        let on_miss = self.under(object, "on_miss");
        if on_miss.is_some() {
            self.check_on_miss(verb, callee, object);
        }
        let on_error = self.under(object, "on_error");
        let (target, endpoint) = found?;
        Some(Step::Call(Box::new(CallStep {
            verb,
            target,
            endpoint,
            op,
            bytes,
            count,
            key,
            consistent,
            cacheable,
            wait,
            on_miss,
            on_error,
            policy,
            place: value.place().clone(),
        })))
    }

    /// Reads the key of a step.
    fn key(&mut self, object: &mut Object) -> Option<KeyIndex> {
        let field = object.field("key")?;
        self.build.key(&field, self.flow)
    }

    /// Checks that a node may be called.
    fn check_callee(&self, callee: NodeIndex<u32>, value: &Field) {
        if callee.index() == 0 {
            let message = format!("{} must not be `client`", value.name);
            value.error("step::calls-client", message);
            return;
        }
        let is_client = self.node.index() == 0;
        if !is_client && self.build.graph.find_edge(self.node, callee).is_none() {
            let link = link_name(self.build.name(self.node), self.build.name(callee));
            let message = format!("{} needs a link `{}`", value.name, shortened(&link));
            let neighbours = self.build.graph.neighbors(self.node);
            let mut names: Vec<&str> = neighbours.map(|node| self.build.name(node)).collect();
            names.sort_unstable();
            let name = self.build.name(self.node);
            let help = match names.as_slice() {
                [] => format!("`{name}` is linked to nobody"),
                _ => format!("`{name}` is linked to {}", listed(names, "and")),
            };
            let sink = value.sink;
            sink.error_with_help("step::no-link", value.place(), message, help);
        }
    }

    /// Checks that the callee, or whom it hands on to, knows an operation.
    fn check_op(&self, op: &str, callee: NodeIndex<u32>, field: &Field) {
        let answering = self.answering(callee);
        let kinds: Vec<_> = answering
            .iter()
            .filter_map(|node| self.build.kinds.get(node.index()).copied().flatten())
            .collect();
        if kinds.len() < answering.len() || kinds.iter().any(|info| info.operation(op).is_some()) {
            return;
        }
        let name = self.build.name(callee);
        let message = format!("node `{name}` knows no operation `{}`", shortened(op));
        let names: BTreeSet<&str> = kinds
            .iter()
            .flat_map(|info| info.operations.iter().map(|known| known.name))
            .collect();
        let help = if names.is_empty() {
            format!("`{name}` has no operations; leave `op` out")
        } else {
            help(op, names)
        };
        let sink = field.sink;
        sink.error_with_help("step::unknown-op", field.place(), message, help);
    }

    /// Checks that `on_miss` can ever run.
    fn check_on_miss(&self, verb: Verb, callee: Option<NodeIndex<u32>>, object: &Object) {
        let place = object.place_of("on_miss");
        let sink = self.build.sink;
        if verb == Verb::Send {
            let message = "the `send` step has no key `on_miss`";
            let help = "a message is never a look-up";
            sink.error_with_help("step::on-miss", place, message, help);
            return;
        }
        let Some(callee) = callee else { return };
        let answering = self.answering(callee);
        let classes: Vec<_> = answering
            .iter()
            .map(|node| self.build.class(*node))
            .collect();
        let looks_up = |class: &Option<Class>| class.is_none_or(|class| class == Class::Cache);
        if callee.index() != 0 && !classes.iter().any(looks_up) {
            let name = self.build.name(callee);
            let message = format!("`on_miss` never runs: node `{name}` is no cache");
            let help = "remove it, or read from a cache";
            sink.error_with_help("step::on-miss", place, message, help);
        }
    }

    /// Returns the callee and everybody it hands calls on to.
    fn answering(&self, callee: NodeIndex<u32>) -> BTreeSet<NodeIndex<u32>> {
        let mut found = BTreeSet::from([callee]);
        let mut open = vec![callee];
        while let Some(node) = open.pop() {
            let forwards = self.build.class(node).is_some_and(Class::forwards);
            if forwards {
                let next = self.build.graph.neighbors(node);
                open.extend(next.filter(|next| found.insert(*next)));
            }
        }
        found
    }

    /// Reads branches that run at once.
    fn parallel(&mut self, value: &Field, object: &mut Object) -> Option<Step> {
        let entries = value.list()?;
        let mut branches = Vec::new();
        for entry in &entries {
            branches.push(self.list(&shorter(entry, "parallel")));
        }
        if entries.is_empty() {
            let message = "`parallel` must have a branch";
            value.error("value::empty", message);
        }
        let join = join(object)?;
        if let Join::Some(most) = join
            && most as usize > branches.len()
        {
            let message = format!(
                "`join` waits for {most} of {} branches, which never completes",
                branches.len()
            );
            object.error_at("join", "step::join", message);
        }
        Some(Step::Parallel { branches, join })
    }

    /// Reads a repetition.
    fn each(&mut self, value: &Field, object: &mut Object) -> Option<Step> {
        let times = match &value.value.data {
            Data::Text(text) if text == "message" => {
                self.check_consumer(value);
                None
            }
            Data::Null | Data::Bool(_) | Data::List(_) => {
                value.wrong_type::<()>("a count or \"message\"");
                None
            }
            Data::Text(_) | Data::Number(_) | Data::Object(_) => value.count_law(),
        };
        let steps = match object.has("do") {
            true => self.under(object, "do").unwrap_or_default(),
            false => {
                object.missing("do");
                Vec::new()
            }
        };
        let concurrency = object
            .field("concurrency")
            .filter(|field| field.value.as_text() != Some("unlimited"))
            .and_then(|field| field.small_count(1));
        let join = join(object)?;
        if let (Join::Some(most), Some(Law::Constant(times))) = (join, &times)
            && f64::from(most) > *times
        {
            let message = format!("`join` waits for {most} of {times}, which never completes");
            object.error_at("join", "step::join", message);
        }
        Some(Step::Each {
            times,
            steps,
            concurrency,
            join,
            key: self.key(object),
        })
    }

    /// Checks that messages are delivered to this node.
    fn check_consumer(&self, value: &Field) {
        let graph = &self.build.graph;
        let delivered = graph
            .neighbors_directed(self.node, Direction::Incoming)
            .any(|source| {
                let class = self.build.class(source);
                source.index() != 0 && class.is_none_or(Class::delivers)
            });
        if !delivered {
            let name = self.build.name(self.node);
            let message = format!("node `{name}` gets no messages to repeat for");
            let help = "`\"message\"` is for consumers of a queue, log, topic or store";
            let sink = value.sink;
            sink.error_with_help("step::no-messages", value.place(), message, help);
        }
    }

    /// Reads alternatives.
    fn choose(&mut self, value: &Field) -> Option<Step> {
        let mut options = Vec::new();
        for entry in value.list()? {
            let Some(mut object) = entry.object() else {
                continue;
            };
            object.rename("the option");
            let weight = object.required("weight").and_then(|weight| weight.factor());
            let steps = match object.has("do") {
                true => self.under(&mut object, "do").unwrap_or_default(),
                false => {
                    object.missing("do");
                    Vec::new()
                }
            };
            options.push((weight.unwrap_or(1.0), steps));
        }
        if options.iter().map(|(weight, _)| weight).sum::<f64>() <= 0.0 {
            let message = "`choose` must have an option with a weight above 0";
            value.error("value::no-weight", message);
        }
        Some(Step::Choose(options))
    }
}

/// Gives nested steps a short name, so that messages do not grow with depth.
fn shorter<'a>(field: &Field<'a>, name: &str) -> Field<'a> {
    Field::new(field.value, format!("`{name}`"), field.sink)
}

/// Reads when a step with branches goes on.
pub(super) fn join(object: &mut Object) -> Option<Join> {
    let Some(field) = object.field("join") else {
        return Some(Join::All);
    };
    if matches!(field.value.data, Data::Number(_)) {
        return Some(Join::Some(field.small_count(1)?));
    }
    match field.choice(&["all", "any", "settled"])? {
        "any" => Some(Join::Some(1)),
        "settled" => Some(Join::Settled),
        _ => Some(Join::All),
    }
}

//! What watches a run and changes it: alarms, steps by which nodes scale, faults.
//!
//! Whether a measure can be watched at all depends on what a node is compiled to, so
//! that is checked later (`compile::control`).

use super::build::Build;
use super::{
    Alarm, Crash, Crashed, Failover, Impairment, Missing, Objective, Part, client, objectives,
};
use crate::component::{Class, Component};
use crate::spec::value::shortened;
use crate::spec::{Field, Object};
use crate::units::{SimTime, Span};
use petgraph::graph::NodeIndex;

/// Words for what a missing point counts as.
pub(super) const MISSING: [&str; 4] = ["breaching", "ignore", "missing", "not-breaching"];
/// Shortest period of an alarm.
const LEAST_PERIOD: Span = Span(1_000_000);
/// Length of a period where the file gives none.
const PERIOD: Span = Span(60_000_000_000);
/// Points that are looked at where the file gives none.
const POINTS: u32 = 3;
/// Most points that are looked at.
const MOST_POINTS: u64 = 1_000;

/// Reads the alarms.
pub(super) fn alarms(build: &Build, top: &mut Object) -> Vec<Alarm> {
    let Some(mut alarms) = top.object("alarms") else {
        return Vec::new();
    };
    let mut read: Vec<Alarm> = Vec::new();
    for member in alarms.members() {
        build.check_name("an alarm", &member.key, &member.key_place);
        let owner = format!("alarm `{}`", shortened(&member.key));
        let field = Field::new(&member.value, owner, build.sink);
        if let Some(mut object) = field.object() {
            read.extend(alarm(build, &member.key, &mut object));
        }
    }
    read.sort_by(|one, other| one.name.cmp(&other.name));
    read
}

/// Reads one alarm.
fn alarm(build: &Build, name: &str, object: &mut Object) -> Option<Alarm> {
    let when = object.required("when");
    let period = object.duration_in("period", LEAST_PERIOD..=super::policy::longest());
    let breaches = object.count_in("breaches", 1..=MOST_POINTS);
    let of = object.count_in("of", 1..=MOST_POINTS);
    let missing = object.choice("missing", &MISSING);
    let delay = object.duration("delay");
    let when = objectives::condition(build, &when?, None)?;
    let points = |count: Option<u64>| count.map(|count| count as u32);
    let (breaches, of) = match (points(breaches), points(of)) {
        (Some(breaches), Some(of)) => (breaches, of),
        (Some(same), None) | (None, Some(same)) => (same, same),
        (None, None) => (POINTS, POINTS),
    };
    if breaches > of {
        let message = format!(
            "{} wants {breaches} breaches of {of} points",
            object.owner()
        );
        object.error_at("breaches", "alarm::breaches", message);
    }
    Some(Alarm {
        name: name.to_owned(),
        when,
        period: period.unwrap_or(PERIOD),
        breaches,
        of,
        missing: match missing {
            Some("breaching") => Missing::Breaching,
            Some("missing") => Missing::Missing,
            Some("not-breaching") => Missing::NotBreaching,
            Some(_) | None => Missing::Ignore,
        },
        delay: delay.unwrap_or(Span::ZERO),
    })
}

/// Reads the conditions of the steps of all nodes that scale.
pub(super) fn steps(build: &Build) -> Vec<(NodeIndex<u32>, Vec<Objective>)> {
    let mut all = Vec::new();
    for index in build.graph.node_indices() {
        let Some(node) = build.graph.node_weight(index) else {
            continue;
        };
        let scales = node.component.as_ref().and_then(|one| one.scaling());
        if scales.is_none_or(|scaling| scaling.steps.is_empty()) {
            continue;
        }
        let value = build.values.get(index.index()).copied().flatten();
        let steps = value
            .and_then(|value| value.get("scaling"))
            .and_then(|scaling| scaling.get("steps"));
        let Some(steps) = steps else {
            continue;
        };
        let owner = format!("`steps` of node `{}`", shortened(&node.name));
        let entries = Field::new(steps, owner, build.sink).list();
        let conditions = entries.unwrap_or_default().into_iter().filter_map(|entry| {
            let when = entry.value.get("when")?;
            let field = Field::new(when, format!("`when` of {}", entry.name), build.sink);
            objectives::condition(build, &field, Some(&node.name))
        });
        all.push((index, conditions.collect()));
    }
    all
}

/// Verbs of faults that are not there yet.
const LATER: [&str; 4] = ["change", "flush", "lose", "pause"];
/// Greatest factor by which work is slow.
const SLOWEST: f64 = 1e6;

/// What goes wrong, by its verbs.
#[derive(Debug, Default)]
pub(super) struct Faults {
    /// Of `failover`.
    pub(super) failovers: Vec<Failover>,
    /// Of `crash`.
    pub(super) crashes: Vec<Crash>,
    /// Of `slow` and `fail`.
    pub(super) impairments: Vec<Impairment>,
}

/// Reads the faults.
pub(super) fn faults(build: &Build, top: &mut Object) -> Faults {
    let mut found = Faults::default();
    for entry in top.list("faults").unwrap_or_default() {
        let Some(mut object) = entry.object() else {
            continue;
        };
        let verbs = ["crash", "fail", "failover", "slow"];
        match verbs.into_iter().find(|verb| object.has(verb)) {
            Some("crash") => found.crashes.extend(crash(build, &mut object)),
            Some("fail") => found
                .impairments
                .extend(impairment(build, &mut object, "fail")),
            Some("slow") => found
                .impairments
                .extend(impairment(build, &mut object, "slow")),
            Some(_) | None => found.failovers.extend(failover(build, &mut object)),
        }
    }
    found
}

/// Reads a crash.
fn crash(build: &Build, object: &mut Object) -> Option<Crash> {
    refuse_later(build, object)?;
    object.text("name");
    let at = object.required("at").and_then(|at| at.duration());
    let length = object.duration("for");
    let copies = object.field("copies");
    let copies = copies.and_then(|field| field.small_count(1));
    let share = object.share("share");
    let target = object.required("crash")?;
    let text = target.text()?;
    let at = SimTime(at?.0);
    let refuse = |code: &'static str, message: String, help: &str| {
        let place = target.place();
        build.sink.error_with_help(code, place, message, help);
    };
    if super::settings::is_place(text) && !build.has_node(text) {
        if copies.is_some() || share.is_some() {
            let message = format!("of `{text}` all nodes crash: it has no `copies` or `share`");
            let help = "leave them out, or name a node";
            refuse("fault::no-copies", message, help);
            return None;
        }
        return Some(Crash {
            at,
            length,
            what: Crashed::Place(text.to_owned()),
        });
    }
    let node = build.node(text, target.place(), "`crash`")?;
    let name = shortened(build.name(node));
    if node == client() {
        let help = "name a node; clients that stop are a `stop` of their load line";
        refuse(
            "fault::no-crash",
            "`client` does not crash".to_owned(),
            help,
        );
        return None;
    }
    if let Some(Class::Queue | Class::Log | Class::Topic) = build.class(node) {
        let message = format!("a crash of node `{name}`, which keeps messages, is not simulated");
        let help = "let its consumers crash, or whoever sends to it";
        refuse("fault::no-crash", message, help);
        return None;
    }
    let part = match (copies, share) {
        (Some(_), Some(_)) => {
            let message = "a crash has both `copies` and `share`".to_owned();
            refuse("key::exclusive", message, "say how many, or which share");
            return None;
        }
        (Some(copies), None) => Some(Part::Copies(copies)),
        (None, Some(share)) => Some(Part::Share(share)),
        (None, None) => None,
    };
    let component = build.graph.node_weight(node)?.component.as_ref();
    let has_one =
        |component: &dyn Component| component.copies() < 2 && component.scaling().is_none();
    if part.is_some() && component.is_some_and(|one| has_one(&**one)) {
        let message = format!("node `{name}` has no copies of which some could crash");
        let help = "leave out `copies` and `share`, or give the node more copies";
        refuse("fault::no-copies", message, help);
        return None;
    }
    Some(Crash {
        at,
        length,
        what: Crashed::Node(node, part),
    })
}

/// Reads a node that is slow, or whose visits fail.
fn impairment(build: &Build, object: &mut Object, verb: &'static str) -> Option<Impairment> {
    refuse_later(build, object)?;
    object.text("name");
    let at = object.required("at").and_then(|at| at.duration());
    let length = object.duration("for");
    let mut found = Impairment {
        at: SimTime::ZERO,
        length,
        node: client(),
        factor: 1.0,
        by: Span::ZERO,
        fail: 0.0,
    };
    let target = object.required(verb)?;
    let refuse = |code: &'static str, message: String, help: &str| {
        let place = target.place();
        build.sink.error_with_help(code, place, message, help);
    };
    if verb == "fail" {
        found.fail = object.required("share").and_then(|share| share.share())?;
    } else {
        let factor = object.factor_in("factor", 0.0..=SLOWEST);
        let by = object.duration("by");
        if factor.is_some() == by.is_some() {
            let message = "fault `slow` needs one of `factor` and `by`".to_owned();
            refuse(
                "fault::slow",
                message,
                "say how many times as long work takes, or how much longer",
            );
            return None;
        }
        (found.factor, found.by) = (factor.unwrap_or(1.0), by.unwrap_or(Span::ZERO));
    }
    let text = target.text()?;
    if text.contains("->") {
        super::later(build.sink, target.place(), "a slow link");
        return None;
    }
    let what = format!("`{verb}`");
    found.node = build.node(text, target.place(), &what)?;
    if found.node == client() {
        let message = format!("`client` cannot {verb}");
        refuse("fault::no-work", message, "name a node");
        return None;
    }
    found.at = SimTime(at?.0);
    Some(found)
}

/// Refuses what is not there yet of a fault.
fn refuse_later(build: &Build, object: &mut Object) -> Option<()> {
    for verb in LATER {
        if let Some(field) = object.field(verb) {
            super::later(build.sink, field.place(), &format!("fault `{verb}`"));
            object.ignore_rest();
            return None;
        }
    }
    if let Some(field) = object.field("every") {
        super::later(build.sink, field.place(), "`every` of a fault");
        object.ignore_rest();
        return None;
    }
    Some(())
}

/// Reads one fault that is no crash.
fn failover(build: &Build, object: &mut Object) -> Option<Failover> {
    refuse_later(build, object)?;
    object.text("name");
    let at = object.required("at").and_then(|at| at.duration());
    let length = object.duration("for");
    let target = object.required("failover")?;
    let node = build.node(target.text()?, target.place(), "`failover`")?;
    let component = build.graph.node_weight(node)?.component.as_ref();
    if build.is_known(node) && component.is_none_or(|one| one.failover().is_none()) {
        let name = shortened(build.name(node));
        let message = format!("node `{name}` has no copy that could take over");
        let help = "a failover needs an rds node with `multi_az`, an aurora node with `replicas` or `global`, or an elasticache-redis node with `replicas`";
        build
            .sink
            .error_with_help("fault::no-standby", target.place(), message, help);
        return None;
    }
    Some(Failover {
        at: SimTime(at?.0),
        length,
        node,
    })
}

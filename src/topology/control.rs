//! What watches a run and changes it: alarms, steps by which nodes scale.
//!
//! Whether a measure can be watched at all depends on what a node is compiled to, so
//! that is checked later (`compile::control`).

use super::build::Build;
use super::{Alarm, Missing, Objective, objectives};
use crate::spec::value::shortened;
use crate::spec::{Field, Object};
use crate::units::Span;
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

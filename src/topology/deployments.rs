//! Deployments: what becomes another version, when, how, and what takes it back.
//!
//! Copies are replaced, or visits are told apart between versions of a node that take them
//! side by side; only these may set parameters.

use super::build::Build;
use super::{Alarm, Batch, Deployment, Strategies};
use crate::component::Component;
use crate::component::release::Release;
use crate::random::law::Law;
use crate::spec::value::shortened;
use crate::spec::{Data, Field, Noun, Object, Value, help, listed};
use crate::units::{SimTime, Span};
use petgraph::graph::NodeIndex;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Reads the deployments.
pub(super) fn read(build: &Build, top: &mut Object, alarms: &[Alarm]) -> Vec<Deployment> {
    let entries = top.list("deployments").unwrap_or_default();
    let read = entries.iter().filter_map(|entry| {
        let mut object = entry.object()?;
        deployment(build, &mut object, alarms)
    });
    read.collect()
}

/// Returns the names of nodes that carry deployments out, by the values of a file.
pub(super) fn carriers(file: &Value) -> BTreeSet<String> {
    let entries = file.get("deployments").map(|list| &list.data);
    let Some(Data::List(entries)) = entries else {
        return BTreeSet::new();
    };
    let by = entries.iter().filter_map(|entry| entry.get("by"));
    by.filter_map(Value::as_text).map(str::to_owned).collect()
}

/// Reads one deployment.
fn deployment(build: &Build, object: &mut Object, alarms: &[Alarm]) -> Option<Deployment> {
    object.text("name");
    let at = object.required("at").and_then(|at| at.duration());
    let deploy = object.required("deploy");
    let node = deploy.and_then(|field| target(build, &field));
    let by = object.field("by");
    let release = by.as_ref().map(|field| release(build, field, node));
    object.exclusive("by", "strategy");
    let strategy = match (object.field("strategy"), &release) {
        (_, Some(release)) => release.as_ref().map(|release| release.strategy),
        (Some(field), None) => strategy(&field),
        (None, None) => Some(Strategies::BlueGreen),
    };
    let release = release.flatten();
    let (mut slow, mut fail, mut set) = (1.0, 0.0, None);
    if let Some(mut version) = object.object("version") {
        slow = version.factor_in("slow", 0.001..=1_000.0).unwrap_or(slow);
        fail = version.share("fail").unwrap_or(fail);
        let parameters = version.field("set");
        set = parameters.and_then(|field| version_of(build, node?, &field));
    }
    let start_up = object.duration("start_up");
    let start_up = start_up.map(|length| Law::Constant(length.0 as f64));
    let rollback_on = rollback_on(build, object, alarms);
    let (node, strategy) = (node?, strategy?);
    if let Strategies::Rolling { .. } = strategy
        && !component(build, node).is_some_and(|one| one.is_fleet())
    {
        let name = shortened(build.name(node));
        let message =
            format!("node `{name}` has no copies that a rolling deployment could replace");
        object.error_at("strategy", "deployment::no-copies", message);
    }
    Some(Deployment {
        at: SimTime(at?.0),
        node,
        strategy,
        slow,
        fail,
        set,
        start_up: start_up.or(release
            .as_ref()
            .and_then(|release| release.start_up.clone())),
        rollback_on,
        rollback: release.map(|release| release.rollback),
    })
}

/// Returns a node's parameters.
fn component<'b>(build: &'b Build, node: NodeIndex<u32>) -> Option<&'b dyn Component> {
    build.graph.node_weight(node)?.component.as_deref()
}

/// Reads which node is deployed to.
fn target(build: &Build, deploy: &Field) -> Option<NodeIndex<u32>> {
    let node = build.node(deploy.text()?, deploy.place(), "`deploy`")?;
    let changes = |one: &dyn Component| one.is_fleet() || !one.versions().is_empty();
    if build.is_known(node) && !component(build, node).is_some_and(changes) {
        let name = shortened(build.name(node));
        let message = format!("node `{name}` has no copies that a deployment could replace");
        let help = "deploy to an ecs, ec2, eks or elastic-beanstalk node or a station, or to a lambda node \
                    without provisioned concurrency";
        build
            .sink
            .error_with_help("deployment::no-copies", deploy.place(), message, help);
        return None;
    }
    Some(node)
}

/// Reads which node carries a deployment out, and how it does so.
fn release(build: &Build, by: &Field, node: Option<NodeIndex<u32>>) -> Option<Release> {
    let carrier = build.node(by.text()?, by.place(), "`by`")?;
    if !build.is_known(carrier) {
        return None;
    }
    let name = shortened(build.name(carrier));
    let Some(release) = component(build, carrier).and_then(|one| one.releases()) else {
        let message = format!("node `{name}` carries no deployments out");
        let help = "`by` names a codedeploy node";
        let sink = build.sink;
        sink.error_with_help("deployment::by", by.place(), message, help);
        return None;
    };
    let target = node.and_then(|node| component(build, node))?;
    if target.platform() != Some(release.platform) {
        let what = release.platform.words();
        let message = format!("node `{name}` deploys to {what}");
        let help = match target.platform() {
            Some(other) => format!("give it a `configuration` of {}", other.words()),
            None => format!(
                "give the deployment a `strategy` instead: there is no `configuration` for {} nodes",
                target.kind()
            ),
        };
        let sink = build.sink;
        sink.error_with_help("deployment::by", by.place(), message, help);
        return None;
    }
    Some(release)
}

/// Reads the alarms that take a deployment back.
fn rollback_on(build: &Build, object: &mut Object, alarms: &[Alarm]) -> Vec<usize> {
    let mut rollback_on = Vec::new();
    for field in object.list("rollback_on").unwrap_or_default() {
        let Some(name) = field.text() else {
            continue;
        };
        let found = alarms.iter().position(|alarm| alarm.name == name);
        if found.is_none() {
            let message = format!("there is no alarm `{}`", shortened(name));
            let names = alarms.iter().map(|alarm| alarm.name.as_str());
            let help = help(name, names);
            build
                .sink
                .error_with_help("alarm::does-not-exist", field.place(), message, help);
        }
        rollback_on.extend(found);
    }
    rollback_on
}

/// Reads the node once more, with the parameters that a version sets.
fn version_of(build: &Build, node: NodeIndex<u32>, set: &Field) -> Option<Arc<dyn Component>> {
    let given = set.object()?.members();
    let may = component(build, node)?.versions();
    let name = shortened(build.name(node));
    if may.is_empty() {
        let message = format!("versions of node `{name}` differ by `slow` and `fail` alone");
        let help = "`set` is for nodes whose versions take calls side by side: lambda";
        set_error(build, set, message, help);
        return None;
    }
    let mut sound = true;
    for member in given {
        if !may.contains(&member.key.as_str()) {
            let message = format!(
                "a version of node `{name}` cannot set `{}`",
                shortened(&member.key)
            );
            let help = format!("it may set {}", listed(may.iter().copied(), "and"));
            build
                .sink
                .error_with_help("deployment::set", &member.key_place, message, help);
            sound = false;
        }
    }
    let mut value: Value = (*build.values.get(node.index()).copied().flatten()?).clone();
    let Data::Object(members) = &mut value.data else {
        return None;
    };
    // What is wrong with the node has been said; it is not said again of its version.
    if build.sink.has_errors() {
        members.retain(|member| member.key == "kind");
    } else {
        members.retain(|member| given.iter().all(|one| one.key != member.key));
    }
    let known = given.iter().filter(|one| may.contains(&one.key.as_str()));
    members.extend(known.cloned());
    let info = build.kinds.get(node.index()).copied().flatten()?;
    let owner = format!("the version of node `{name}`");
    let mut object = Object::new(&value, &owner, Noun::Parameter, build.sink);
    object.required("kind");
    let read = (info.read)(&mut object);
    sound.then(|| read.into())
}

/// Says what is wrong with `set`.
fn set_error(build: &Build, set: &Field, message: String, help: &str) {
    let sink = build.sink;
    sink.error_with_help("deployment::set", set.place(), message, help);
}

/// Reads how a deployment changes over.
fn strategy(field: &Field) -> Option<Strategies> {
    if field.value.as_text().is_some() {
        return match field.choice(&["all-at-once", "blue-green"])? {
            "all-at-once" => Some(Strategies::AllAtOnce),
            _ => Some(Strategies::BlueGreen),
        };
    }
    let mut object = field.object()?;
    let rolling = object.object("rolling").map(|mut rolling| {
        let pause = rolling.duration("pause").unwrap_or(Span::ZERO);
        let batch = positive(&mut rolling, "batch");
        Some(Strategies::Rolling {
            batch: Batch::Share(batch?),
            pause,
        })
    });
    let canary = object.object("canary").map(|mut canary| {
        let length = canary.required("for").and_then(|length| length.duration());
        let share = positive(&mut canary, "share");
        Some(Strategies::Canary {
            share: share?,
            length: length?,
        })
    });
    let linear = object.object("linear").map(|mut linear| {
        let every = linear.required("every").and_then(|every| every.duration());
        let share = positive(&mut linear, "share");
        Some(Strategies::Linear {
            share: share?,
            every: every?.max(Span(1)),
        })
    });
    let mut given = [rolling, canary, linear].into_iter().flatten();
    match (given.next(), given.next()) {
        (Some(one), None) => one,
        _ => {
            let message = format!("{} must have exactly one strategy", field.name);
            field.error("deployment::one-strategy", message);
            None
        }
    }
}

/// Reads a share above 0 that has to be there.
fn positive(object: &mut Object, key: &'static str) -> Option<f64> {
    let field = object.required(key)?;
    let share = field.share()?;
    if share > 0.0 {
        return Some(share);
    }
    let message = format!("{} must be more than 0", field.name);
    field.error("value::out-of-range", message);
    None
}

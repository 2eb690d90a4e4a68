//! Reads the faults: one verb each, at a time or again and again.
//!
//! Whether a node works, keeps entries or has servers depends on what it is compiled to, so
//! that is checked later (`compile::faults`).

use super::build::Build;
use super::fault::{Crashed, Crossing, Fault, Part, When, Wrong};
use super::{Change, client, links};
use crate::component::Component;
use crate::diagnostic::Diagnostic;
use crate::spec::value::{Data, Value, shortened};
use crate::spec::{Field, Object, help, listed, nearest};
use crate::units::{SimTime, Span, show};
use petgraph::graph::NodeIndex;
use std::collections::BTreeSet;

/// Verbs of faults.
const VERBS: [&str; 8] = [
    "change", "crash", "fail", "failover", "flush", "lose", "pause", "slow",
];
/// Greatest factor by which work is slow.
const SLOWEST: f64 = 1e6;

/// Whether a file has faults, and some of them at times of their own.
pub(super) fn are_there(file: &Value) -> (bool, bool) {
    let Some(Data::List(entries)) = file.get("faults").map(|faults| &faults.data) else {
        return (false, false);
    };
    let timed = entries.iter().any(|entry| entry.get("every").is_none());
    (!entries.is_empty(), timed)
}

/// Reads the faults of a run that ends at `horizon`.
pub(super) fn read(build: &Build, top: &mut Object, horizon: Span) -> Vec<Fault> {
    let mut names = BTreeSet::new();
    let mut found = Vec::new();
    for entry in top.list("faults").unwrap_or_default() {
        let Some(mut object) = entry.object() else {
            continue;
        };
        if let Some(fault) = fault(build, &mut object, &mut names) {
            if let Some(why) = does_nothing(&fault, horizon) {
                let message = format!("fault `{}` does nothing: {why}", fault.title);
                let warning = Diagnostic::warning("fault::nothing", fault.place.clone(), message);
                build.sink.push(warning);
            }
            found.push(fault);
        }
    }
    found
}

/// Says why nothing comes of a fault, if that is plain.
fn does_nothing(fault: &Fault, horizon: Span) -> Option<String> {
    let (idle, lasts) = match &fault.what {
        Wrong::Crash(Crashed::Node(_, Some(Part::Share(share)))) => (*share <= 0.0, false),
        Wrong::Pause(_, Some(Part::Share(share))) => (*share <= 0.0, true),
        Wrong::Impairment {
            factor, by, fail, ..
        } => {
            let same = (factor - 1.0).abs() <= 0.0;
            (same && *by == Span::ZERO && *fail <= 0.0, true)
        }
        Wrong::Link { how, .. } => match how {
            Crossing::Slower(factor) => ((factor - 1.0).abs() <= 0.0, true),
            Crossing::Longer(by) => (*by == Span::ZERO, true),
            Crossing::Loses(share) => (*share <= 0.0, true),
            Crossing::Holds => (false, true),
        },
        Wrong::Pause(_, _) | Wrong::Change(_) => (false, true),
        Wrong::Crash(_) | Wrong::Failover(_) | Wrong::Flush(_) => (false, false),
    };
    if idle {
        return Some("it is of no size".to_owned());
    }
    if let Wrong::Change(change) = &fault.what
        && change.is_idle()
    {
        return Some("the node has these parameters anyway".to_owned());
    }
    match fault.when {
        When::Once { at, .. } if at.0 >= horizon.0 => Some(format!(
            "it comes at {}, and the run ends at {}",
            show::duration(at.0 as f64),
            show::duration(horizon.0 as f64)
        )),
        When::Once {
            length: Some(Span::ZERO),
            ..
        } if lasts => Some("it lasts for 0s".to_owned()),
        When::Once { .. } | When::Again { .. } => None,
    }
}

/// Reads one fault; its name may be none of those before it.
fn fault(build: &Build, object: &mut Object, names: &mut BTreeSet<String>) -> Option<Fault> {
    let verb = verb(build, object)?;
    let name = object.field("name");
    if let Some(text) = name.as_ref().and_then(Field::text)
        && let Some(field) = &name
        && !names.insert(text.to_owned())
    {
        let message = format!("two faults are called `{}`", shortened(text));
        let help = "give each a `name` of its own: patches and `--set` tell them apart by it";
        let sink = build.sink;
        sink.error_with_help("fault::same-name", field.place(), message, help);
    }
    let when = when(object, verb);
    let target = object.field(verb)?;
    let what = match verb {
        "change" => change(build, object, &target),
        "crash" => crash(build, object, &target),
        "fail" => fail(build, object, &target),
        "failover" => failover(build, &target),
        "flush" => node(build, &target, verb).map(Wrong::Flush),
        "lose" => lose(build, object, &target),
        "pause" => pause(build, object, &target),
        "slow" => slow(build, object, &target),
        other => unreachable!("`{other}` is no verb of a fault"),
    };
    let text = target.text()?;
    let ends = text.split("->").map(str::trim);
    Some(Fault {
        title: format!("{verb} {}", ends.collect::<Vec<&str>>().join("->")),
        when: when?,
        what: what?,
        place: object.place().clone(),
    })
}

/// Returns the verb of a fault.
fn verb(build: &Build, object: &mut Object) -> Option<&'static str> {
    let verbs: Vec<&'static str> = VERBS.into_iter().filter(|verb| object.has(verb)).collect();
    let owner = object.owner().to_owned();
    let place = object.place();
    let refuse = |message: String, help: &str| {
        let sink = build.sink;
        sink.error_with_help("fault::one-verb", place, message, help);
    };
    match verbs[..] {
        [verb] => return Some(verb),
        [] => {
            let members = object.members().iter();
            let mut near = members.filter_map(|one| nearest(&one.key, VERBS));
            let near = near.next().map(|verb| format!("did you mean `{verb}`? "));
            let near = near.unwrap_or_default();
            let help = format!("{near}verbs are {}", listed(VERBS, "and"));
            refuse(format!("{owner} has no verb"), &help);
        }
        _ => refuse(
            format!("{owner} has several verbs: {}", listed(verbs, "and")),
            "write one fault for each",
        ),
    }
    object.ignore_rest();
    None
}

/// Reads when a fault comes, and for how long.
fn when(object: &mut Object, verb: &str) -> Option<When> {
    let lasts = verb != "flush";
    let Some(every) = object.field("every") else {
        let at = object.field("at");
        if at.is_none() {
            object.missing("at");
        }
        let at = at.and_then(|at| at.duration());
        let length = if lasts { object.duration("for") } else { None };
        return Some(When::Once {
            at: SimTime(at?.0),
            length,
        });
    };
    object.exclusive("at", "every");
    object.field("at");
    let between = every.duration_law();
    let length = if lasts { object.field("for") } else { None };
    if length.is_none() && lasts && verb != "failover" {
        let message = format!("{} comes again, so it needs `for`", object.owner());
        let help = "say how long it lasts: a duration, or a distribution of durations";
        let sink = object.sink();
        sink.error_with_help("key::missing", object.place(), message, help);
        return None;
    }
    let length = match length {
        Some(length) => Some(length.duration_law()?),
        None => None,
    };
    let between = between?;
    // Whatever comes again without a pause never ends.
    if between.mean() <= 0.0 {
        let message = format!("{} must be more than 0s", every.name);
        every.error("value::out-of-range", message);
        return None;
    }
    Some(When::Again { between, length })
}

/// Looks up the node that a fault is about.
fn node(build: &Build, target: &Field, verb: &str) -> Option<NodeIndex<u32>> {
    let text = target.text()?;
    let refuse = |message: String, help: &str| {
        let place = target.place();
        let sink = build.sink;
        sink.error_with_help("fault::target", place, message, help);
    };
    if text.contains("->") {
        let message = format!("`{verb}` is for nodes, got link `{}`", shortened(text));
        refuse(message, "links have the faults `lose`, `pause` and `slow`");
        return None;
    }
    let Some(node) = build.index.get(text).copied() else {
        let name = shortened(text);
        let names = build.index.keys().map(String::as_str);
        let help = help(text, names.filter(|name| *name != "client"));
        let message = format!("`{verb}` names node `{name}`, which does not exist");
        let place = target.place();
        let sink = build.sink;
        sink.error_with_help("node::does-not-exist", place, message, help);
        return None;
    };
    if node == client() {
        let message = format!("`client` cannot {verb}");
        refuse(message, "name a node, or one of its links to a node");
        return None;
    }
    Some(node)
}

/// Reads a node that has other parameters.
fn change(build: &Build, object: &mut Object, target: &Field) -> Option<Wrong> {
    let to = object.required("to");
    let node = node(build, target, "change")?;
    let to = to?;
    let given = to.object()?.members();
    let name = shortened(build.name(node));
    let own = build.values.get(node.index()).copied().flatten()?;
    let info = build.kinds.get(node.index()).copied().flatten()?;
    if given.is_empty() {
        let message = format!("{} must not be empty", to.name);
        let help = format!("say which parameters node `{name}` has then, and what they are");
        let sink = build.sink;
        sink.error_with_help("value::empty", to.place(), message, help);
        return None;
    }
    if let Some(kind) = given.iter().find(|one| one.key == "kind") {
        let message = format!("a change of node `{name}` cannot make it another kind");
        let help = "leave out `kind`: its parameters change, and it stays what it is";
        let sink = build.sink;
        sink.error_with_help("fault::change", &kind.key_place, message, help);
        return None;
    }
    let change = Change::new(node, info, (build.name(node), own), to.value);
    match change.read([&change]) {
        Ok(_) => Some(Wrong::Change(change)),
        Err(found) => {
            found.into_iter().for_each(|one| build.sink.push(one));
            None
        }
    }
}

/// Looks up the link that a fault is about.
fn link(build: &Build, target: &Field) -> Option<(NodeIndex<u32>, NodeIndex<u32>)> {
    let text = target.text()?;
    let ends = text.split_once("->").and_then(|(from, to)| {
        let node = |name: &str| build.index.get(name.trim()).copied();
        node(from).zip(node(to))
    });
    let found = ends.filter(|&(from, to)| build.graph.find_edge(from, to).is_some());
    if found.is_none() {
        let message = format!("there is no link `{}`", shortened(text));
        let names = links::names(build);
        let help = help(text, names.iter().map(String::as_str));
        let place = target.place();
        build
            .sink
            .error_with_help("fault::target", place, message, help);
    }
    found
}

/// Reads a link that loses messages.
fn lose(build: &Build, object: &mut Object, target: &Field) -> Option<Wrong> {
    let share = object.field("share");
    let share = share.map_or(Some(1.0), |share| share.share());
    let text = target.text()?;
    if !text.contains("->") {
        let name = shortened(text);
        let message = format!("`lose` is for links, got `{name}`");
        let names = links::names(build);
        let own = names.iter().map(String::as_str).filter(|link| {
            let mut ends = link.split("->");
            ends.any(|end| end == text)
        });
        let own: Vec<&str> = own.take(10).collect();
        let help = match own[..] {
            [] => "write both ends, such as `app->db`; a node that does not answer is a `pause` or a `crash`".to_owned(),
            _ => format!("its links are {}; a node that does not answer is a `pause` or a `crash`", listed(own, "and")),
        };
        let place = target.place();
        build
            .sink
            .error_with_help("fault::target", place, message, help);
        return None;
    }
    let (from, to) = link(build, target)?;
    Some(Wrong::Link {
        from,
        to,
        how: Crossing::Loses(share?),
    })
}

/// Reads something that is slow: a node, or a link.
fn slow(build: &Build, object: &mut Object, target: &Field) -> Option<Wrong> {
    let factor = object.factor_in("factor", 0.0..=SLOWEST);
    let by = object.duration("by");
    if object.has("factor") == object.has("by") {
        let message = "fault `slow` needs one of `factor` and `by`".to_owned();
        let help = "say how many times as long it takes, or how much longer";
        let place = target.place();
        build
            .sink
            .error_with_help("fault::slow", place, message, help);
        return None;
    }
    if target.text()?.contains("->") {
        let (from, to) = link(build, target)?;
        let how = match (factor, by) {
            (Some(factor), _) => Crossing::Slower(factor),
            (None, by) => Crossing::Longer(by?),
        };
        return Some(Wrong::Link { from, to, how });
    }
    let node = node(build, target, "slow")?;
    if factor.is_none() && by.is_none() {
        return None;
    }
    Some(Wrong::Impairment {
        node,
        factor: factor.unwrap_or(1.0),
        by: by.unwrap_or(Span::ZERO),
        fail: 0.0,
    })
}

/// Reads a node whose visits fail.
fn fail(build: &Build, object: &mut Object, target: &Field) -> Option<Wrong> {
    let share = object.required("share");
    let node = node(build, target, "fail");
    Some(Wrong::Impairment {
        node: node?,
        factor: 1.0,
        by: Span::ZERO,
        fail: share?.share()?,
    })
}

/// Reads a pause of a node or of a link.
fn pause(build: &Build, object: &mut Object, target: &Field) -> Option<Wrong> {
    let part = part(build, object, target);
    let refuse = |code: &'static str, message: String, help: &str| {
        let place = target.place();
        build.sink.error_with_help(code, place, message, help);
    };
    if target.text()?.contains("->") {
        let (from, to) = link(build, target)?;
        if part?.is_some() {
            let message = "a link that pauses has no `copies` or `share`".to_owned();
            refuse("fault::no-copies", message, "leave them out");
            return None;
        }
        return Some(Wrong::Link {
            from,
            to,
            how: Crossing::Holds,
        });
    }
    let node = node(build, target, "pause")?;
    let part = part?;
    if part.is_some() && has_one(build, node) {
        no_copies(build, target, node, "pause");
        return None;
    }
    check_copies(build, object, node, part)?;
    Some(Wrong::Pause(node, part))
}

/// Reads which part of the copies a fault is about.
fn part(build: &Build, object: &mut Object, target: &Field) -> Option<Option<Part>> {
    let copies = object.field("copies");
    let share = object.field("share");
    match (copies, share) {
        (Some(_), Some(_)) => {
            let owner = object.owner();
            let message = format!("{owner} has both `copies` and `share`");
            let help = "say how many, or which share";
            let place = target.place();
            build
                .sink
                .error_with_help("key::exclusive", place, message, help);
            None
        }
        (Some(copies), None) => Some(Some(Part::Copies(copies.small_count(1)?))),
        (None, Some(share)) => Some(Some(Part::Share(share.share()?))),
        (None, None) => Some(None),
    }
}

/// Whether a node has one copy, and never another.
fn has_one(build: &Build, node: NodeIndex<u32>) -> bool {
    let component = build.graph.node_weight(node);
    let component = component.and_then(|node| node.component.as_ref());
    let one = |component: &dyn Component| component.copies() < 2 && component.scaling().is_none();
    component.is_some_and(|component| one(&**component))
}

/// Refuses more copies than a node ever has.
fn check_copies(
    build: &Build,
    object: &Object,
    node: NodeIndex<u32>,
    part: Option<Part>,
) -> Option<()> {
    let weight = build.graph.node_weight(node)?;
    let (Some(Part::Copies(some)), Some(component)) = (part, weight.component.as_ref()) else {
        return Some(());
    };
    let mut most = component.copies();
    if let Some(scaling) = component.scaling() {
        let later = scaling.schedule.iter().filter_map(|bounds| bounds.most);
        most = later.chain(scaling.max).fold(most, u32::max);
    }
    if some <= most {
        return Some(());
    }
    let name = shortened(&weight.name);
    let message = format!(
        "`copies` of {} must be between 1 and {most}, as many as node `{name}` has, got {some}",
        object.owner()
    );
    let help = "leave it out for all of them";
    let place = object.place_of("copies");
    build
        .sink
        .error_with_help("fault::copies", place, message, help);
    None
}

/// Says that a node has no copies.
fn no_copies(build: &Build, target: &Field, node: NodeIndex<u32>, verb: &str) {
    let name = shortened(build.name(node));
    let message = format!("node `{name}` has no copies of which some could {verb}");
    let help = "leave out `copies` and `share`, or give the node more copies";
    let place = target.place();
    build
        .sink
        .error_with_help("fault::no-copies", place, message, help);
}

/// Reads a crash.
fn crash(build: &Build, object: &mut Object, target: &Field) -> Option<Wrong> {
    let part = part(build, object, target);
    let text = target.text()?;
    let refuse = |code: &'static str, message: String, help: &str| {
        let place = target.place();
        build.sink.error_with_help(code, place, message, help);
    };
    if super::settings::is_place(text) && !build.has_node(text) {
        if part?.is_some() {
            let message = format!("of `{text}` all nodes crash: it has no `copies` or `share`");
            let help = "leave them out, or name a node";
            refuse("fault::no-copies", message, help);
            return None;
        }
        return Some(Wrong::Crash(Crashed::Place(text.to_owned())));
    }
    if text == "client" {
        let help = "name a node; clients that stop are a `stop` of their load line";
        let message = "`client` does not crash".to_owned();
        refuse("fault::no-crash", message, help);
        return None;
    }
    let node = node(build, target, "crash")?;
    let part = part?;
    if part.is_some() && has_one(build, node) {
        no_copies(build, target, node, "crash");
        return None;
    }
    check_copies(build, object, node, part)?;
    Some(Wrong::Crash(Crashed::Node(node, part)))
}

/// Reads a failover.
fn failover(build: &Build, target: &Field) -> Option<Wrong> {
    let node = node(build, target, "failover")?;
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
    Some(Wrong::Failover(node))
}

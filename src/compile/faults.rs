//! What goes wrong → `model::fault`: which nodes, copies, caches and routes it is about.

use super::writer::Writer;
use crate::component::build::{Build, Quantity, index, threshold64};
use crate::diagnostic::{Diagnostic, Place};
use crate::model::change::Changed;
use crate::model::control::Control;
use crate::model::fault::{
    Change, Faults, Flush, Impairment, Outage, Part, Pause, Recurring, Trouble,
};
use crate::model::{Model, NONE, Op, Work};
use crate::random::hash_name;
use crate::random::law::Law;
use crate::spec::value::shortened;
use crate::spec::{Data, Member, listed};
use crate::topology::{self, Crashed, Crossing, Fault, Topology, When, Wrong};
use crate::units::{SimTime, Span};
use petgraph::graph::NodeIndex;
use std::collections::BTreeMap;

/// Most places that a node lies in whose copies crash apart.
const MOST_PLACES: usize = 128;
/// Most times that a fault comes again in a run, on average.
const MOST_TIMES: f64 = 100_000.0;

/// Writes everything that goes wrong.
pub(super) fn faults(
    topology: &Topology,
    writer: &Writer<'_>,
    build: &mut Build,
    control: &mut Control,
) {
    let mut titles: BTreeMap<&str, u32> = BTreeMap::new();
    for fault in &topology.faults {
        let found = wrong(writer, build, control, fault);
        let own = kinds_own(writer, &fault.what);
        match &fault.when {
            When::Once { at, length } => {
                let until = match length.or(own) {
                    Some(length) => *at + length,
                    None => SimTime::NEVER,
                };
                control.faults.add(&found, (*at, until));
            }
            When::Again { between, length } => {
                let nth = titles.entry(&fault.title).or_insert(0);
                *nth += 1;
                let own = own.map(|own| Law::Constant(own.0 as f64));
                let length = length.clone().or(own);
                check_times(topology, build, fault, (between, length.as_ref()));
                control.recurring.push(Recurring {
                    hash: hash_name(&format!("{} {nth}", fault.title)),
                    between: build.sampler(Quantity::Time, between),
                    length: build.sampler_or_none(Quantity::Time, length.as_ref()),
                    faults: found,
                });
            }
        }
    }
    let parts = control.all_faults().flat_map(|faults| {
        let outages = faults.outages.iter().filter(|one| one.part.is_some());
        let pauses = faults.pauses.iter().filter(|one| one.part.is_some());
        let nodes = outages.map(|one| one.node);
        nodes.chain(pauses.map(|one| one.node))
    });
    parts.for_each(|node| guard(build, node));
    control.looks = super::health::looks(writer, build, control);
    if control.recurring.is_empty() {
        control.faults.notice(&control.looks);
        control.looks.clear();
    }
}

/// Refuses what comes so often that nobody means it.
fn check_times(
    topology: &Topology,
    build: &mut Build,
    fault: &Fault,
    (between, length): (&Law, Option<&Law>),
) {
    // A run may go on for as long again.
    let run = 2.0 * topology.run.horizon.0 as f64;
    let once = between.mean() + length.map_or(0.0, Law::mean);
    if run / once > MOST_TIMES {
        let message = format!(
            "fault `{}` comes more than {MOST_TIMES} times in a run: let it come less often",
            fault.title
        );
        Writer::refuse(build, "fault::too-often", &fault.place, message);
    }
}

/// Returns the time that a fault takes by its kind, if the file says none.
fn kinds_own(writer: &Writer<'_>, what: &Wrong) -> Option<Span> {
    let Wrong::Failover(node) = what else {
        return None;
    };
    let component = writer.topology.graph[*node].component.as_ref();
    Some(component.and_then(|one| one.failover()).unwrap_or_default())
}

/// Returns what goes wrong in a fault, at times that mean nothing.
fn wrong(writer: &Writer<'_>, build: &mut Build, control: &mut Control, fault: &Fault) -> Faults {
    let mut found = Faults::default();
    let (at, until) = (SimTime::ZERO, SimTime::NEVER);
    match &fault.what {
        Wrong::Failover(node) => {
            let component = writer.topology.graph[*node].component.as_ref();
            let copies = component.and_then(|one| one.failing_copies());
            found.outages.push(Outage {
                node: writer.model_index(*node),
                part: copies.map(Part::First),
                takeover: true,
                at,
                until,
            });
        }
        Wrong::Crash(what) => {
            found.outages = crashed(writer, build, control, (what, &fault.place));
        }
        &Wrong::Impairment {
            node,
            factor,
            by,
            fail,
        } => {
            let id = writer.model_index(node);
            check_work(writer, build, node, fault);
            found.impairments.push(Impairment {
                node: id,
                factor,
                by,
                fail: threshold64(fail),
                at,
                until,
            });
        }
        Wrong::Pause(node, part) => {
            let id = writer.model_index(*node);
            check_pause(writer, build, *node, fault);
            found.pauses.push(Pause {
                node: id,
                part: part.map(|part| part_of(writer, *node, part)),
                at,
                until,
            });
        }
        Wrong::Change(change) => {
            found.changes.push(Change {
                change: index(control.changes.len()),
                at,
                until,
            });
            control.changes.push(Changed {
                node: writer.model_index(change.node),
                what: given(change),
            });
        }
        Wrong::Flush(node) => {
            let id = writer.model_index(*node);
            check_flush(writer, build, *node, fault);
            found.flushes.push(Flush { node: id, at });
        }
        Wrong::Link { from, to, how } => {
            let way = way(writer, build, control, (*from, *to), (*how, fault));
            let mut trouble = Trouble {
                way,
                factor: 1.0,
                by: Span::ZERO,
                loss: 0,
                holds: false,
                at,
                until,
            };
            match how {
                Crossing::Slower(factor) => trouble.factor = *factor,
                Crossing::Longer(by) => trouble.by = *by,
                Crossing::Loses(share) => trouble.loss = threshold64(*share),
                Crossing::Holds => trouble.holds = true,
            }
            found.troubles.push(trouble);
        }
    }
    found
}

/// Says which parameters a change gives a node.
fn given(change: &topology::Change) -> String {
    let one = |member: &Member| match member.value.data {
        Data::List(_) | Data::Object(_) => format!("another `{}`", member.key),
        Data::Null => format!("no `{}`", member.key),
        Data::Text(ref text) => format!("`{}` {}", member.key, shortened(text)),
        Data::Bool(_) | Data::Number(_) => format!("`{}` {}", member.key, member.value.shown()),
    };
    let all: Vec<String> = change.given().iter().map(one).collect();
    match all.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
        None => String::new(),
    }
}

/// Returns some of the copies of a node.
fn part_of(writer: &Writer<'_>, node: NodeIndex<u32>, part: topology::Part) -> Part {
    let component = writer.topology.graph[node].component.as_ref();
    let copies = component.map_or(1, |one| one.copies());
    match part {
        topology::Part::Copies(some) => Part::First(some),
        topology::Part::Share(share) => Part::First((share * f64::from(copies)).ceil() as u32),
    }
}

/// Refuses a node without work that could be slow or fail.
#[allow(
    clippy::wildcard_enum_match_arm,
    reason = "whatever else there is, it is no work"
)]
fn check_work(writer: &Writer<'_>, build: &mut Build, node: NodeIndex<u32>, fault: &Fault) {
    let model = &build.model;
    let id = writer.model_index(node);
    let of_node = model.ops.iter().zip(&model.sites).filter(|(_, site)| {
        let row = model.rows.get(site.row as usize);
        row.is_some_and(|row| row.node == id)
    });
    let works = of_node.filter_map(|(op, _)| match *op {
        Op::Work { work } | Op::Serve { work, .. } => model.works.get(work as usize),
        _ => None,
    });
    let works: Vec<&Work> = works.collect();
    let takes_none = |work: &&Work| {
        let law = build.laws.get(work.base as usize);
        let more = [work.per_item, work.per_byte, work.per_pulled];
        law.is_none_or(|(_, law)| law.mean() <= 0.0) && more.iter().all(|time| *time <= 0.0)
    };
    let multiplied =
        matches!(fault.what, Wrong::Impairment { factor, .. } if (factor - 1.0).abs() > 0.0);
    let name = &writer.topology.graph[node].name;
    let (message, help) = if works.is_empty() {
        (
            format!("node `{name}` does no work of its own that could be slow or fail"),
            "name a node that has a service time, or is given `compute` by a flow; a link may be slow as well",
        )
    } else if multiplied && works.iter().all(takes_none) {
        (
            format!("work of node `{name}` takes no time that could be multiplied"),
            "say `by` how much longer it takes, or give the node a time",
        )
    } else {
        return;
    };
    let diagnostic = Diagnostic::error("fault::no-work", fault.place.clone(), message).help(help);
    if !build.errors.contains(&diagnostic) {
        build.errors.push(diagnostic);
    }
}

/// Refuses a pause of servers of which nobody could say how far they are.
fn check_pause(writer: &Writer<'_>, build: &mut Build, node: NodeIndex<u32>, fault: &Fault) {
    let id = writer.model_index(node);
    let mut own = build.model.groups.iter().filter(|group| group.node == id);
    if own.any(|group| group.varies || group.credit.is_some()) {
        let name = &writer.topology.graph[node].name;
        let message = format!(
            "the speed of node `{name}` follows its load or its credits: its pause is not simulated"
        );
        Writer::refuse(build, "fault::no-pause", &fault.place, message);
    }
}

/// Refuses a flush of what keeps nothing.
fn check_flush(writer: &Writer<'_>, build: &mut Build, node: NodeIndex<u32>, fault: &Fault) {
    let id = writer.model_index(node);
    if build.model.caches.iter().any(|cache| cache.node == id) {
        return;
    }
    let name = &writer.topology.graph[node].name;
    let message = if build.model.nodes[id as usize].looks_up {
        format!(
            "node `{name}` has a fixed hit rate and keeps no entries that could be flushed: \
             give it a size, and its flows a `key`"
        )
    } else {
        format!("node `{name}` keeps no entries that could be flushed")
    };
    Writer::refuse(build, "fault::no-entries", &fault.place, message);
}

/// Who learns that something was lost over a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Told {
    /// The caller, by its time-out.
    ByTimeOut,
    /// The queue, when it is visible again; the log, which reads it again; of what a topic or
    /// store sends, nobody.
    Anyway,
    /// Nobody: the queue hides it for good.
    Never,
    /// Nothing is lost: it carries what a queue or log gives up.
    GivenUp,
}

impl Told {
    /// Returns who learns of it over a link of the model.
    fn of(model: &Model, link: u32) -> Told {
        let over = |delivery: &u32| model.deliveries[*delivery as usize].link == link;
        for queue in &model.queues {
            if queue.deliveries.iter().any(over) {
                let hides = queue.visibility == Span::MAX;
                return if hides { Told::Never } else { Told::Anyway };
            }
        }
        if model.logs.iter().any(|log| log.deliveries.iter().any(over)) {
            return Told::Anyway;
        }
        let dead = |dead: u32| model.deliveries.get(dead as usize);
        let queues = model.queues.iter().map(|queue| queue.dead_letter);
        let mut dead = queues
            .chain(model.logs.iter().map(|log| log.dead_letter))
            .filter_map(dead);
        if dead.any(|delivery| delivery.link == link) {
            Told::GivenUp
        } else if model.links[link as usize].delivers {
            Told::Anyway
        } else {
            Told::ByTimeOut
        }
    }
}

/// Returns the way of a link of which something is wrong, and lets its routes know it.
fn way(
    writer: &Writer<'_>,
    build: &mut Build,
    control: &mut Control,
    (from, to): (NodeIndex<u32>, NodeIndex<u32>),
    (how, fault): (Crossing, &Fault),
) -> u32 {
    let ends = (writer.model_index(from), writer.model_index(to));
    let graph = &writer.topology.graph;
    let name = format!("{}->{}", graph[from].name, graph[to].name);
    let loses = matches!(how, Crossing::Loses(_));
    // Behind a bandwidth is the latency; before it the caller's policy.
    let passage = writer.transfers.get(&ends).filter(|_| !loses);
    let link = writer
        .links
        .get(&passage.map_or(ends, |passage| (*passage, ends.1)));
    let Some(&link) = link else {
        let message = format!("nothing crosses link `{name}`");
        Writer::refuse(build, "fault::no-calls", &fault.place, message);
        return NONE;
    };
    let (mut any, mut instant, mut endless) = (false, true, false);
    let mut known = NONE;
    let routes = build.model.routes.iter();
    for route in routes.filter(|route| route.link == link) {
        (any, known) = (true, route.way);
        instant &= route.latency == NONE;
        endless |= route.timeout == Span::MAX;
    }
    let refuse = |build: &mut Build, code: &'static str, message: String| {
        Writer::refuse(build, code, &fault.place, message);
    };
    if !any {
        let message = format!("nothing crosses link `{name}` that could be slow, lost or held");
        refuse(build, "fault::no-calls", message);
    }
    let told = Told::of(&build.model, link);
    if told == Told::GivenUp {
        let message = format!(
            "link `{name}` takes what node `{}` gives up, which is there at once: nothing can be \
             wrong with it",
            graph[from].name
        );
        refuse(build, "fault::no-calls", message);
    }
    if loses && told == Told::Never {
        let message = format!(
            "fault `{}` loses what node `{}` delivers, which hides it for good: it is there again \
             only after a `visibility`; give the node one",
            fault.title, graph[from].name
        );
        refuse(build, "fault::lose-needs-visibility", message);
    }
    if loses && endless && told == Told::ByTimeOut {
        let message = format!(
            "fault `{}` loses calls that have no `timeout`: a caller learns of a lost call only \
             by its time-out; give the link one",
            fault.title
        );
        refuse(build, "fault::lose-needs-timeout", message);
    }
    if any && instant && matches!(how, Crossing::Slower(_)) {
        let message = format!(
            "link `{name}` takes no time that could be multiplied: say `by` how much longer it \
             takes, or give the link a `latency`"
        );
        refuse(build, "fault::no-latency", message);
    }
    if known == NONE {
        known = index(control.ways.len());
        control.ways.push(name);
    }
    let routes = build.model.routes.iter_mut();
    for route in routes.filter(|route| route.link == link) {
        route.way = known;
    }
    known
}

/// Returns what is out in a crash, and notes what a place leaves up that may lie there.
fn crashed(
    writer: &Writer<'_>,
    build: &mut Build,
    control: &mut Control,
    (what, written): (&Crashed, &Place),
) -> Vec<Outage> {
    let topology = writer.topology;
    let outage = |node: NodeIndex<u32>, part: Option<Part>| Outage {
        node: writer.model_index(node),
        part,
        takeover: false,
        at: SimTime::ZERO,
        until: SimTime::NEVER,
    };
    let place = match what {
        Crashed::Node(node, part) => {
            let part = part.map(|part| part_of(writer, *node, part));
            return vec![outage(*node, part)];
        }
        Crashed::Place(place) => place,
    };
    let mut found = Vec::new();
    let mut spared = Vec::new();
    for node in topology.graph.node_indices().skip(1) {
        let of = &topology.graph[node];
        let zones = of.places.iter().enumerate();
        let here = zones.filter(|(_, one)| is_within(one, place));
        let here: Vec<usize> = here.map(|(nth, _)| nth).collect();
        let around = of.places.iter().any(|one| is_within(place, one));
        let copies = writer.most_copies(writer.model_index(node));
        let part = if !here.is_empty() && here.len() == of.places.len() {
            None
        } else if !here.is_empty() && copies > 1 {
            if of.places.len() > MOST_PLACES {
                let message = format!(
                    "node `{}` lies in {} places, of which one crashes: at most {MOST_PLACES} are told apart",
                    of.name,
                    of.places.len()
                );
                Writer::refuse(build, "fault::too-many-places", written, message);
                continue;
            }
            // Copies lie in the places in turn.
            let which = here.iter().fold(0, |which, nth| which | 1 << nth);
            Some(Part::Zones(which, of.places.len() as u32))
        } else {
            // What has one copy lies in all of them, and in no zone if it lies in a region.
            if !here.is_empty() || around {
                spared.push(of.name.clone());
            }
            continue;
        };
        found.push(outage(node, part));
    }
    if found.is_empty() {
        let help = match &spared[..] {
            [] => "`placement` says where nodes lie".to_owned(),
            _ => format!(
                "{} may lie there, but in no zone of its own: put it into one by `placement`",
                listed(spared.iter().map(String::as_str), "or")
            ),
        };
        let message = format!("nothing lies in `{place}` that could crash");
        let diagnostic = Diagnostic::error("fault::nothing-there", written.clone(), message);
        build.errors.push(diagnostic.help(help));
    }
    control.spared.push((place.clone(), spared));
    found
}

/// Whether a place is another, or one of its zones.
fn is_within(one: &str, place: &str) -> bool {
    let region = one.trim_end_matches(|last: char| last.is_ascii_lowercase());
    one == place || region == place
}

/// Lets the visits to a node be placed at their own instants, as some of its copies may be out.
fn guard(build: &mut Build, node: u32) {
    let model = &mut build.model;
    for (op, site) in model.ops.iter().zip(&model.sites) {
        if let Op::Place { partition } = *op
            && model.rows[site.row as usize].node == node
        {
            model.partitions[partition as usize].guarded = true;
        }
    }
}

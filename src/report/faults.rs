//! What went wrong during a run, as its file wanted it: in notes, and as times for a picture.

use super::build::Input;
use super::illustration::Disturbance;
use super::notes::alike;
use super::recurring;
use super::sums::Counted;
use crate::model::fault::{Faults, Impairment, Part, Trouble};
use crate::spec::listed;
use crate::topology::{self, Subject};
use crate::units::{SimTime, Span, show};

/// Most nodes that are named in one note.
const MOST_NAMES: usize = 10;

/// Says what went wrong, and when.
pub(super) fn notes(counted: &Counted<'_>) -> Vec<String> {
    let input = counted.input;
    let horizon = input.plan.horizon;
    let once = |at: SimTime, until: SimTime| {
        if until < horizon {
            let (from, until) = alike(at.as_seconds(), until.as_seconds());
            format!("from {from} to {until}")
        } else {
            format!("from {} on", show::duration(at.0 as f64))
        }
    };
    let at = |at: SimTime| format!("at {}", show::duration(at.0 as f64));
    let control = &input.model.control;
    let mut notes = notes_of(input, &control.faults, &once, &at);
    for (place, spared) in control
        .spared
        .iter()
        .filter(|(_, spared)| !spared.is_empty())
    {
        let shown = spared.iter().take(MOST_NAMES).map(String::as_str);
        let names = listed(shown, "and");
        let more = match spared.len().saturating_sub(MOST_NAMES) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        notes.push(format!(
            "the crash of `{place}` left up what lies in no zone of its own: {names}{more}; `placement` puts a node into one"
        ));
    }
    for (one, came) in control.recurring.iter().zip(&counted.came) {
        if came.times == 0 {
            // What never came did nothing.
            continue;
        }
        let laws = &input.model.laws;
        let mean = |law: u32| laws.get(law as usize).map(|law| show::duration(law.mean()));
        let between = mean(one.between).unwrap_or_default();
        let times = match mean(one.length) {
            Some(length) => {
                format!("again and again, {between} after the last time for {length} on average")
            }
            None => format!("again and again, every {between} on average"),
        };
        let times = |_: SimTime, _: SimTime| times.clone();
        notes.extend(notes_of(input, &one.faults, &times, &|at| times(at, at)));
    }
    notes.extend(unseen(input));
    notes.extend(recurring::notes(input, &counted.came));
    let objectives = &input.topology.objectives;
    if !control.recurring.is_empty()
        && objectives
            .iter()
            .any(|one| one.subject == Subject::Recovery)
    {
        notes.push(
            "`recovery` is measured from the end of the last fault with an `at`: of those that come again and again none is the last"
                .to_owned(),
        );
    }
    notes
}

/// Says which health checks do not notice what is wrong behind them.
fn unseen(input: &Input<'_>) -> Option<String> {
    let model = input.model;
    let looks = |node: &topology::Node| {
        let component = node.component.as_ref();
        component.is_some_and(|one| one.health().is_some())
    };
    let looking = input
        .topology
        .graph
        .node_weights()
        .filter(|node| looks(node));
    let blind = looking.filter(|node| {
        let mut all = model.control.all_faults();
        all.any(|faults| {
            let begins = format!("{}->", node.name);
            let over = |one: &Trouble| {
                let way = &model.control.ways[one.way as usize];
                (one.loss > 0 || one.holds) && way.starts_with(&begins)
            };
            let fails = |one: &Impairment| {
                let mut own = model
                    .balancers
                    .iter()
                    .filter(|balancer| model.nodes[balancer.node as usize].name == node.name);
                one.fail > 0
                    && own.any(|one_of| one_of.targets.iter().any(|target| target.node == one.node))
            };
            faults.troubles.iter().any(over) || faults.impairments.iter().any(fails)
        })
    });
    let names: Vec<&str> = blind.map(|node| node.name.as_str()).collect();
    (!names.is_empty()).then(|| {
        format!(
            "health checks of {} notice crashes and pauses of nodes: not links that lose or hold, nor visits that fail",
            listed(names, "and")
        )
    })
}

/// Something that went wrong.
struct Happening {
    /// What, as the beginning of a sentence.
    what: String,
    /// What stands behind the times; may be empty.
    then: &'static str,
    /// When it began.
    at: SimTime,
    /// When it was over; none if it was so at once.
    until: Option<SimTime>,
}

/// Says what went wrong, at times that are shown so.
fn notes_of(
    input: &Input<'_>,
    faults: &Faults,
    times: &dyn Fn(SimTime, SimTime) -> String,
    moment: &dyn Fn(SimTime) -> String,
) -> Vec<String> {
    let note = |one: Happening| {
        let times = match one.until {
            Some(until) => times(one.at, until),
            None => moment(one.at),
        };
        format!("{} {times}{}", one.what, one.then)
    };
    happenings(input, faults).into_iter().map(note).collect()
}

/// Lists the times in which something went wrong, as the file gives them, up to the end of
/// counting; what comes again and again at random is not among them.
pub(super) fn windows(input: &Input<'_>) -> Vec<Disturbance> {
    let horizon = input.plan.horizon;
    let all = happenings(input, &input.model.control.faults).into_iter();
    all.filter(|one| one.at < horizon)
        .map(|one| Disturbance {
            what: one.what,
            from_s: one.at.as_seconds(),
            until_s: one.until.map(|until| until.min(horizon).as_seconds()),
        })
        .collect()
}

/// Lists what went wrong, by what it was.
fn happenings(input: &Input<'_>, faults: &Faults) -> Vec<Happening> {
    let model = input.model;
    let name = |node: u32| model.nodes[node as usize].name.as_str();
    let lasting = |what: String, at: SimTime, until: SimTime| Happening {
        what,
        then: "",
        at,
        until: Some(until),
    };
    let mut found = Vec::new();
    // Nothing is said of what did nothing.
    let began = |at: SimTime| at < input.plan.horizon;
    let some = |part: Option<Part>| part != Some(Part::First(0));
    let outages = faults.outages.iter();
    for one in outages.filter(|one| began(one.at) && some(one.part)) {
        let what = format!("{} out", part_of(name(one.node), one.part));
        found.push(Happening {
            then: ": what was inside failed, and what came was refused",
            ..lasting(what, one.at, one.until)
        });
    }
    let impairments = faults.impairments.iter();
    let slows = |one: &Impairment| (one.factor - 1.0).abs() > 0.0 || one.by > Span::ZERO;
    for one in impairments.filter(|one| began(one.at) && (one.fail > 0 || slows(one))) {
        let what = impairment(name(one.node), one);
        found.push(lasting(what, one.at, one.until));
    }
    let pauses = faults.pauses.iter();
    for one in pauses.filter(|one| began(one.at) && some(one.part)) {
        let what = format!("{} paused", part_of(name(one.node), one.part));
        found.push(Happening {
            then: ": all that was there waited",
            ..lasting(what, one.at, one.until)
        });
    }
    let troubles = faults.troubles.iter();
    let changes = |one: &Trouble| {
        one.holds || one.loss > 0 || one.by > Span::ZERO || (one.factor - 1.0).abs() > 0.0
    };
    for one in troubles.filter(|one| began(one.at) && changes(one)) {
        let what = trouble(&model.control.ways[one.way as usize], one);
        found.push(lasting(what, one.at, one.until));
    }
    for one in faults.changes.iter().filter(|one| began(one.at)) {
        let change = &model.control.changes[one.change as usize];
        let what = format!("`{}` had {}", name(change.node), change.what);
        found.push(lasting(what, one.at, one.until));
    }
    for one in faults.flushes.iter().filter(|one| began(one.at)) {
        found.push(Happening {
            what: format!("`{}` lost all entries", name(one.node)),
            then: "",
            at: one.at,
            until: None,
        });
    }
    found
}

/// Says which copies of a node it is about, and that they were.
fn part_of(name: &str, part: Option<Part>) -> String {
    match part {
        None => format!("`{name}` was"),
        Some(Part::First(1)) => format!("a copy of `{name}` was"),
        Some(Part::First(some)) => format!("{some} copies of `{name}` were"),
        Some(Part::Zones(which, of)) if which.count_ones() == 1 => {
            format!("one in {of} copies of `{name}` was")
        }
        Some(Part::Zones(which, of)) => {
            format!("{} in {of} copies of `{name}` were", which.count_ones())
        }
    }
}

/// Says how the work of a node went.
fn impairment(name: &str, one: &Impairment) -> String {
    if one.fail > 0 {
        let share = show::share(one.fail as f64 / 2.0_f64.powi(64));
        format!("{share} of the visits to `{name}` failed")
    } else if one.by > Span::ZERO {
        let by = show::duration(one.by.0 as f64);
        format!("work of `{name}` took {by} longer")
    } else {
        let factor = show::number(one.factor);
        format!("work of `{name}` took {factor} times as long")
    }
}

/// Says what was wrong with a link.
fn trouble(link: &str, one: &Trouble) -> String {
    if one.holds {
        format!("all that was to cross `{link}` waited")
    } else if one.loss > 0 {
        let share = show::share(one.loss as f64 / 2.0_f64.powi(64));
        format!("{share} of the attempts over `{link}` were lost")
    } else if one.by > Span::ZERO {
        let by = show::duration(one.by.0 as f64);
        format!("each way over `{link}` took {by} longer")
    } else {
        let factor = show::number(one.factor);
        format!("each way over `{link}` took {factor} times as long")
    }
}

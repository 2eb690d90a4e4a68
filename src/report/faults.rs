//! What went wrong during a run, as its file wanted it: in notes, and as times for a picture.

use super::build::Input;
use super::illustration::Disturbance;
use super::notes::alike;
use crate::model::fault::{Faults, Impairment, Part, Trouble};
use crate::units::{SimTime, Span, show};

/// Says what went wrong, and when.
pub(super) fn notes(input: &Input<'_>) -> Vec<String> {
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
    for one in &control.recurring {
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
    notes
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
    for one in &faults.outages {
        let what = format!("{} out", part_of(name(one.node), one.part));
        found.push(Happening {
            then: ": what was inside failed, and what came was refused",
            ..lasting(what, one.at, one.until)
        });
    }
    for one in &faults.impairments {
        let what = impairment(name(one.node), one);
        found.push(lasting(what, one.at, one.until));
    }
    for one in &faults.pauses {
        let what = format!("{} paused", part_of(name(one.node), one.part));
        found.push(Happening {
            then: ": all that was there waited",
            ..lasting(what, one.at, one.until)
        });
    }
    for one in &faults.troubles {
        let what = trouble(&model.control.ways[one.way as usize], one);
        found.push(lasting(what, one.at, one.until));
    }
    for one in &faults.flushes {
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
        Some(Part::Zone(_, of)) => format!("one in {of} copies of `{name}` was"),
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

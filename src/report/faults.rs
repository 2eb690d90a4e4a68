//! Notes on what went wrong during a run, as its file wanted it.

use super::build::Input;
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

/// Says what went wrong, at times that are shown so.
fn notes_of(
    input: &Input<'_>,
    faults: &Faults,
    times: &dyn Fn(SimTime, SimTime) -> String,
    moment: &dyn Fn(SimTime) -> String,
) -> Vec<String> {
    let model = input.model;
    let name = |node: u32| model.nodes[node as usize].name.as_str();
    let mut notes = Vec::new();
    for one in &faults.outages {
        let what = part_of(name(one.node), one.part);
        let times = times(one.at, one.until);
        notes.push(format!(
            "{what} out {times}: what was inside failed, and what came was refused"
        ));
    }
    for one in &faults.impairments {
        let what = impairment(name(one.node), one);
        notes.push(format!("{what} {}", times(one.at, one.until)));
    }
    for one in &faults.pauses {
        let what = part_of(name(one.node), one.part);
        let times = times(one.at, one.until);
        notes.push(format!("{what} paused {times}: all that was there waited"));
    }
    for one in &faults.troubles {
        let link = &model.control.ways[one.way as usize];
        let (what, times) = (trouble(link, one), times(one.at, one.until));
        notes.push(format!("{what} {times}"));
    }
    for one in &faults.flushes {
        let when = moment(one.at);
        notes.push(format!("`{}` lost all entries {when}", name(one.node)));
    }
    notes
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

//! `scaling`: how many copies a node has, as its load asks.
//!
//! Declared once for all kinds with copies. The conditions of steps are objectives
//! without a subject and are read by `topology`, which knows that grammar.
//!
//! Not here: how it is decided (`mechanism::scaling`).

use super::parameter::{How, count, custom, duration, duration_law, parameters};
use super::shared::MOST_INSTANCES;
use crate::random::law::Law;
use crate::spec::field::Field;
use crate::spec::reader::Object;
use crate::units::{SimTime, Span, show};

/// Where the defaults come from.
const SOURCE: &str = "Application Auto Scaling user guide (target tracking, cooldowns); Auto Scaling user guide (target tracking), read 2026-11";

parameters! {
    /// Parameters of a controller of copies.
    pub struct Scaling {
        /// Fewest copies.
        min: u32 = 1, count(1..=MOST_INSTANCES), Choice, "one copy always serves";
        /// Most copies; has to be said.
        max: Option<u32> = None, count(1..=MOST_INSTANCES), Choice, "has to be said";
        /// One of `utilisation` (share), `requests` (rate per copy), `line` (waiting per copy), `concurrency` (inside per copy), with the value that it is to have.
        track: Option<Track> = None, track(), Choice, "no target is tracked";
        /// Copies to `add` (or remove) `when` a measure of the node is beyond a value.
        steps: Vec<i32> = Vec::new(), steps(), Choice, "no steps";
        /// Bounds that change: `at`, and `min` or `max` or both.
        schedule: Vec<Bounds> = Vec::new(), schedule(MOST_INSTANCES), Choice, "bounds stay";
        /// Length of a period, which gives one point.
        period: Span = Span(60_000_000_000), duration(), Documented, SOURCE;
        /// Points in a row beyond the target that make it add copies.
        breaches: u32 = 3, count(1..=1_000), Measured, SOURCE;
        /// Age of a point when it is looked at.
        delay: Span = Span(60_000_000_000), duration(), Estimate, "metrics appear a minute or more after their period";
        /// After a step that adds, only a larger one acts for so long; steps only.
        cooldown: Span = Span(300_000_000_000), duration(), Documented, SOURCE;
        /// Points in a row below nine tenths of the target that make it remove copies.
        in_breaches: u32 = 15, count(1..=1_000), Measured, SOURCE;
        /// Nothing is removed for so long after any change.
        in_cooldown: Span = Span(300_000_000_000), duration(), Documented, SOURCE;
        /// From the start of a copy to its first visit, which may vary; the kind's own without it.
        start_up: Option<Law> = None, duration_law(), Choice, "as long as the kind takes";
    }
    check Scaling::check
}

/// What is tracked, and the value that it is to have.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Track {
    /// What.
    pub what: Tracked,
    /// The value: a share, visits per second and copy, or visits per copy.
    pub target: f64,
}

/// A measure of a node with copies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tracked {
    /// Busy share of the servers.
    Utilisation,
    /// Visits per second and copy.
    Requests,
    /// Waiting visits per copy.
    Line,
    /// Visits inside per copy.
    Concurrency,
}

/// Bounds from an instant on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// From when on.
    pub at: SimTime,
    /// Fewest copies, if that changes.
    pub least: Option<u32>,
    /// Most copies, if that changes.
    pub most: Option<u32>,
}

impl Scaling {
    /// Returns the most copies that there may ever be.
    pub fn room(&self) -> u32 {
        let scheduled = self.schedule.iter().filter_map(|bounds| bounds.most);
        scheduled.chain(self.max).max().unwrap_or(1)
    }

    /// Checks rules between parameters.
    fn check(&mut self, object: &mut Object<'_>) {
        let Some(max) = self.max else {
            return object.missing("max");
        };
        check_bounds((self.min, max), &self.schedule, object);
        // What is there but wrong has been reported.
        if !["track", "steps", "schedule"]
            .iter()
            .any(|key| object.has(key))
        {
            let message = format!(
                "{} has neither `track` nor `steps` nor `schedule`: nothing would change",
                object.owner()
            );
            object.error_at("max", "scaling::idle", message);
        }
        if object.has("cooldown") && self.steps.is_empty() {
            let message = format!(
                "`cooldown` of {} needs `steps`: a target is tracked by proportion, so a larger answer acts at once",
                object.owner()
            );
            object.error_at("cooldown", "scaling::cooldown", message);
        }
        if self.period < Span(1_000_000) {
            let message = format!("`period` of {} must be at least 1ms", object.owner());
            object.error_at("period", "scaling::period", message);
        }
    }
}

/// Checks that the fewest are never more than the most, and that a schedule is in order.
pub(super) fn check_bounds(mut bounds: (u32, u32), schedule: &[Bounds], object: &mut Object<'_>) {
    let mut before = SimTime::ZERO;
    if bounds.0 > bounds.1 {
        let message = format!("`min` of {} is above its `max`", object.owner());
        object.error_at("min", "scaling::bounds", message);
    }
    for entry in schedule {
        bounds = (
            entry.least.unwrap_or(bounds.0),
            entry.most.unwrap_or(bounds.1),
        );
        if bounds.0 > bounds.1 {
            let message = format!(
                "`schedule` of {} makes `min` {} and `max` {}",
                object.owner(),
                bounds.0,
                bounds.1
            );
            object.error_at("schedule", "scaling::bounds", message);
            break;
        }
        if entry.at < before {
            let message = format!("`schedule` of {} is not in order of time", object.owner());
            object.error_at("schedule", "scaling::order", message);
            break;
        }
        before = entry.at;
    }
}

/// Reads what is tracked.
pub(super) fn track() -> How<Track> {
    let read = |field: &Field<'_>| {
        let mut object = field.object()?;
        let mut found = Vec::new();
        let mut note = |what, target: Option<f64>| {
            found.extend(target.map(|target| Track { what, target }));
        };
        note(Tracked::Utilisation, object.share("utilisation"));
        note(Tracked::Requests, object.rate("requests"));
        note(Tracked::Line, object.factor("line"));
        note(Tracked::Concurrency, object.factor("concurrency"));
        let [one] = found[..] else {
            let message = format!("{} must have exactly one target", field.name);
            field.error("scaling::one-target", message);
            return None;
        };
        if one.target <= 0.0 {
            let message = format!("the target of {} must be more than 0", field.name);
            field.error("scaling::target", message);
            return None;
        }
        Some(one)
    };
    custom("object", "one target", read, |track: &Track| {
        show::number(track.target)
    })
}

/// Reads how many copies each step adds; their conditions are read later.
fn steps() -> How<Vec<i32>> {
    let read = |field: &Field<'_>| {
        let read = |entry: &Field<'_>| {
            let mut object = entry.object()?;
            object.required("when")?.text()?;
            let add = object.required("add")?;
            let number = add.number()?;
            let most = f64::from(MOST_INSTANCES);
            let whole = number.fract().abs() < f64::EPSILON && number.abs() <= most;
            if !whole || number.abs() < 1.0 {
                let message = format!("{} must be a whole number of copies, not 0", add.name);
                add.error("scaling::add", message);
                return None;
            }
            Some(number as i32)
        };
        let entries = field.list()?;
        let added: Vec<i32> = entries.iter().filter_map(read).collect();
        (added.len() == entries.len()).then_some(added)
    };
    custom("list", "at least one step", read, |steps: &Vec<i32>| {
        format!("{} steps", steps.len())
    })
}

/// Reads bounds that change in time.
pub(super) fn schedule(most: u32) -> How<Vec<Bounds>> {
    let read = move |field: &Field<'_>| {
        let read = |entry: &Field<'_>| {
            let mut object = entry.object()?;
            let at = object.required("at")?.duration()?;
            let mut bound = |key| {
                let range = 1..=u64::from(most);
                object.count_in(key, range).map(|count| count as u32)
            };
            let (least, most) = (bound("min"), bound("max"));
            Some(Bounds {
                at: SimTime(at.0),
                least,
                most,
            })
        };
        let entries = field.list()?;
        let bounds: Vec<Bounds> = entries.iter().filter_map(read).collect();
        (bounds.len() == entries.len()).then_some(bounds)
    };
    custom("list", "in order of time", read, |bounds: &Vec<Bounds>| {
        format!("{} entries", bounds.len())
    })
}

/// Returns how `scaling` is read.
pub(super) fn scaling() -> How<Scaling> {
    super::parameter::object::<Scaling>()
}

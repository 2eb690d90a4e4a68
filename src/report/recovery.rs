//! Recovery: how soon after the last fault all is well again, and stays so.
//!
//! Judged are the objectives of flows, in every point of the timeline that begins after
//! the fault: over all replications together, and only where a value can be said.

use super::Estimate;
use super::objectives::{complies, measured, standard};
use super::sums::Counted;
use crate::metrics::estimate;
use crate::topology::{self, Subject};
use crate::units::SimTime;

/// What is known about the recovery.
pub(super) struct Recovery {
    /// Time from the end of the last fault [ms].
    pub(super) measured: Estimate,
    /// Whether all was well in the end; if not, it takes longer than measured.
    pub(super) over: bool,
}

/// Measures the recovery; nothing if no fault ends before the run does.
pub(super) fn recovery(counted: &Counted) -> Option<Recovery> {
    let input = counted.input;
    let first = input.recordings.first()?;
    let horizon = first.horizon;
    let healed = input.model.control.faults.over()?;
    if healed >= horizon {
        return None;
    }
    let width = (first.bin_ns * u64::from(input.plan.bins_per_interval)).max(1);
    let objectives = || {
        let all = input.topology.objectives.iter();
        all.filter(|one| matches!(one.subject, Subject::Flow(_)))
    };
    let points = healed.0.div_ceil(width)..horizon.0.div_ceil(width);
    let last = points.end;
    let bad = points.rev().find(|point| {
        let begin = SimTime(point * width);
        let end = SimTime((begin.0 + width).min(horizon.0));
        objectives().any(|objective| !holds(counted, objective, (begin, end)))
    });
    let until = bad.map_or(healed.0, |point| ((point + 1) * width).min(horizon.0));
    let time = (until - healed.0) as f64 / 1e6;
    Some(Recovery {
        measured: estimate::Estimate::exact(time).into(),
        over: bad.is_none_or(|point| point + 1 < last),
    })
}

/// Whether an objective holds in a point of the timeline, or says nothing about it.
fn holds(
    counted: &Counted,
    objective: &topology::Objective,
    (begin, end): (SimTime, SimTime),
) -> bool {
    if let Some((from, until)) = objective.window
        && (begin < from || end > until)
    {
        return true;
    }
    let (target, compare) = standard(objective);
    let found = measured(counted, objective, Some((begin, end)));
    found
        .value
        .is_none_or(|value| complies(compare, value, target))
}

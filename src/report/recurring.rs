//! Faults that come again and again: how often they came, and what that says.
//!
//! Requests that meet one such fault are no sample of it: what is independent is each time that
//! it comes, or each replication in which it might. A fault that came a few times only says
//! little about what it does, and one that never came says nothing.

use super::build::Input;
use crate::model::fault::Recurring;
use crate::model::timetable;
use crate::random::law::Law;
use crate::topology::When;
use crate::units::show;

/// Fewest times that a fault came, over all replications, from which anything is met.
///
/// CHOICE: as many as a quantile needs beyond it (`metrics::estimate`).
const FEWEST: u64 = 10;

/// How often a fault came.
pub(super) struct Came {
    /// How many times, over all replications, before the end of counting.
    pub(super) times: u64,
    /// Share of the time for which it went on.
    share: f64,
}

/// Counts how often each fault came, in the order of the model.
pub(super) fn came(input: &Input) -> Vec<Came> {
    let all = input.model.control.recurring.iter();
    all.map(|one| count(input, one)).collect()
}

fn count(input: &Input, one: &Recurring) -> Came {
    let (mut times, mut on, mut all) = (0, 0.0, 0.0);
    for recording in input.recordings {
        let end = recording.horizon;
        all += end.0 as f64;
        let drawn = timetable::times(input.model, input.plan, (recording.replication, one));
        for (from, until) in drawn.take_while(|(from, _)| *from < end) {
            times += 1;
            on += until.min(end).since(from).0 as f64;
        }
    }
    Came {
        times,
        share: on / f64::max(all, 1.0),
    }
}

/// Returns how many independent parts a run has, if not every request is one: the times that the
/// rarest of its faults came, or its replications if these are more.
pub(super) fn parts(input: &Input, came: &[Came]) -> Option<f64> {
    let rarest = came.iter().map(|one| one.times).min()?;
    Some(rarest.max(input.recordings.len() as u64).max(1) as f64)
}

/// Whether some fault came so seldom that nothing can be said to be met.
pub(super) fn is_seldom(came: &[Came]) -> bool {
    came.iter().any(|one| one.times < FEWEST)
}

/// Says of each fault how often it came, beside how often it does in the long run.
pub(super) fn notes(input: &Input, came: &[Came]) -> Vec<String> {
    let faults = input.topology.faults.iter();
    let again = faults.filter(|fault| matches!(fault.when, When::Again { .. }));
    let all = again.zip(&input.model.control.recurring).zip(came);
    all.map(|((fault, one), came)| {
        let mean = |law: u32| input.model.laws.get(law as usize).map(Law::mean);
        let (between, length) = (mean(one.between).unwrap_or(0.0), mean(one.length));
        let times = match came.times {
            0 => "did not come".to_owned(),
            1 => "came once".to_owned(),
            times => format!("came {} times", show::count(times as f64)),
        };
        let length_of_run = show::duration(input.plan.horizon.0 as f64);
        let runs = match input.recordings.len() {
            1 => format!("a run of {length_of_run}"),
            several => format!("{several} replications of {length_of_run}"),
        };
        let long_run = length.filter(|length| *length > 0.0).map(|length| {
            let share = show::share(length / (between + length));
            match came.times {
                0 => format!("; in the long run it goes on for {share} of the time"),
                _ => format!(
                    ", and went on for {} of the time; in the long run, as every run starts without it, for {share}",
                    show::share(came.share)
                ),
            }
        });
        let long_run = long_run.unwrap_or_default();
        let few = match came.times < FEWEST {
            true => ": too seldom to call anything met; `--horizon` or `--replications` show more of it",
            false => "",
        };
        format!("`{}` {times} in {runs}{long_run}{few}", fault.title)
    })
    .collect()
}

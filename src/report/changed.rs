//! Servers of nodes where changes of parameters made them more or fewer.

use super::sums::Counted;
use crate::metrics::recording::Recording;
use crate::units::SimTime;

/// How many servers a node has from when on, per replication; nothing if that never changes.
pub(super) fn servers_in_time(counted: &Counted, node: usize) -> Option<Vec<Steps>> {
    let input = counted.input;
    let of = |recording: &Recording| {
        let number = recording.replication;
        let steps = input.model.servers_in_time(input.plan, number, node)?;
        Some(Steps(steps))
    };
    counted.each(of).into_iter().collect()
}

/// Returns the time of a node's servers while a replication counted, per replication [server × ns].
pub(super) fn servers_up(counted: &Counted, node: usize) -> Option<Vec<f64>> {
    let all = servers_in_time(counted, node)?;
    let recordings = counted.input.recordings.iter();
    let up = all.iter().zip(recordings).map(|(steps, recording)| {
        let begin = recording.slices.get(counted.input.cut);
        steps.area(begin.copied().unwrap_or(SimTime::ZERO), recording.horizon)
    });
    Some(up.collect())
}

/// A number in time, from every instant on.
pub(super) struct Steps(Vec<(SimTime, f64)>);

impl Steps {
    /// Returns the area under it between two instants [× ns].
    pub(super) fn area(&self, from: SimTime, until: SimTime) -> f64 {
        let ends = self.0.iter().skip(1).map(|step| step.0);
        let steps = self.0.iter().zip(ends.chain([SimTime::NEVER]));
        let area = steps.map(|(&(begin, value), end)| {
            let (begin, end) = (begin.max(from), end.min(until));
            value * end.0.saturating_sub(begin.0) as f64
        });
        area.sum()
    }
}

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "these values are exact")]
mod tests {
    use super::*;

    #[test]
    fn each_number_counts_for_its_own_time() {
        let steps = Steps(vec![
            (SimTime(0), 1.0),
            (SimTime(10), 3.0),
            (SimTime(20), 2.0),
        ]);

        let areas = [(0, 30), (5, 12), (14, 16), (25, 40), (40, 40)];
        let areas = areas.map(|(from, until)| steps.area(SimTime(from), SimTime(until)));

        assert_eq!(areas, [10.0 + 30.0 + 20.0, 5.0 + 6.0, 6.0, 30.0, 0.0]);
    }
}

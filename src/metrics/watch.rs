//! What ended in a period: tallies and times for those who watch a run.
//!
//! A watch is read and emptied at the end of every period. Levels in time are kept
//! elsewhere (`mechanism::level`), as they go on from period to period.

use super::cells::TWO_DIGITS;
use super::distribution::Distribution;
use super::fan_out::BulkTimes;
use super::recording::Times;
use crate::model::Outcome;
use crate::model::control::{Metric, Reading, Statistic};
use crate::units::Span;

/// Significant digits of a quantile.
const DIGITS: u8 = 3;

/// What ended in the present period.
#[derive(Clone, Debug)]
pub struct Tallies {
    /// Came in.
    pub arrived: u64,
    /// Ended, by `Outcome as usize`.
    pub ended: [u64; 5],
    /// The times that the metric is about.
    pub times: Times,
}

impl Tallies {
    /// Makes an empty record.
    pub fn new() -> Tallies {
        Tallies {
            arrived: 0,
            ended: [0; 5],
            times: Times::new(TWO_DIGITS),
        }
    }

    /// Returns the value of a metric over a period, if there is one, in which there were
    /// so many copies on average.
    pub fn value(&self, metric: Metric, period: Span, copies: f64) -> Option<f64> {
        let read = |count: u64, reading: Reading| {
            let count = count as f64;
            match reading {
                Reading::Count => Some(count),
                Reading::Share => {
                    let all: u64 = self.ended.iter().sum();
                    (all > 0).then(|| count / all as f64)
                }
                Reading::PerSecond => Some(count / period.as_seconds()),
                Reading::PerSecondAndCopy => {
                    (copies > 0.0).then(|| count / period.as_seconds() / copies)
                }
            }
        };
        match metric {
            Metric::Arrived(reading) => read(self.arrived, reading),
            Metric::Ended(which, reading) => {
                let counted = (0u8..).zip(self.ended);
                let counted = counted.filter(|(outcome, _)| which & (1 << outcome) != 0);
                read(counted.map(|(_, count)| count).sum(), reading)
            }
            Metric::Time(_, statistic) => self.time(statistic),
            Metric::State(_) | Metric::Used(_) | Metric::Booked(_) | Metric::Charged(_) => None,
        }
    }

    /// Returns a statistic of the times [ms].
    pub fn time(&self, statistic: Statistic) -> Option<f64> {
        if self.times.count == 0 {
            return None;
        }
        let all = Distribution::of([&self.times].into_iter(), DIGITS);
        Some(read_times(&all, statistic))
    }

    /// Returns a statistic of times that were counted in bulk [ms].
    pub fn bulk_time(times: &BulkTimes, statistic: Statistic) -> Option<f64> {
        let all = Distribution::of_bulk(&[times], DIGITS);
        (all.count > 0).then(|| read_times(&all, statistic))
    }

    /// Counts an end.
    pub fn end(&mut self, outcome: Outcome) {
        self.ended[outcome as usize] += 1;
    }
}

/// Returns a statistic of times [ms].
fn read_times(all: &Distribution, statistic: Statistic) -> f64 {
    let nanoseconds = match statistic {
        Statistic::Mean => all.mean_ns(),
        Statistic::Sd => all.sd_ns(),
        Statistic::Max => all.max as f64,
        Statistic::Quantile(p) => all.quantile_ns(p) as f64,
    };
    nanoseconds / 1e6
}

impl Default for Tallies {
    fn default() -> Tallies {
        Tallies::new()
    }
}

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "these values are exact")]
mod tests {
    use super::*;
    use crate::model::control::{BAD, Time};

    #[test]
    fn a_tally_is_read_as_count_share_and_rate() {
        let mut tallies = Tallies::new();
        tallies.arrived = 30;
        for outcome in [
            Outcome::Completed,
            Outcome::Completed,
            Outcome::Failed,
            Outcome::Shed,
        ] {
            tallies.end(outcome);
        }
        let value = |metric| tallies.value(metric, Span(10_000_000_000), 2.0);

        assert_eq!(value(Metric::Ended(BAD, Reading::Count)), Some(2.0));
        assert_eq!(value(Metric::Ended(BAD, Reading::Share)), Some(0.5));
        assert_eq!(value(Metric::Arrived(Reading::PerSecond)), Some(3.0));
        assert_eq!(value(Metric::Arrived(Reading::PerSecondAndCopy)), Some(1.5));
    }

    #[test]
    fn nothing_has_no_share_and_no_time() {
        let tallies = Tallies::new();
        let value = |metric| tallies.value(metric, Span(1), 1.0);

        assert_eq!(value(Metric::Ended(BAD, Reading::Share)), None);
        assert_eq!(value(Metric::Time(Time::Sojourn, Statistic::Mean)), None);
        assert_eq!(value(Metric::Ended(BAD, Reading::Count)), Some(0.0));
    }
}

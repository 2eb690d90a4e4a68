//! A distribution of times: exact moments beside a histogram.

use super::fan_out::BulkTimes;
use super::recording::Times;
use hdrhistogram::Histogram;

/// Recorded times of one replication, or of several.
#[derive(Clone, Debug)]
pub struct Distribution {
    /// Number of values; zeros included.
    pub count: u64,
    /// Sum [ns].
    pub sum: u128,
    /// Sum of squares [ns²].
    pub squares: u128,
    /// Greatest [ns].
    pub max: u64,
    histogram: Histogram<u64>,
}

impl Distribution {
    /// Sums up records, with so many significant digits in the histogram.
    ///
    /// A cell of a record counts at its top, so that quantiles err upwards, by
    /// at most the width of a cell.
    pub fn of<'a>(times: impl Iterator<Item = &'a Times>, digits: u8) -> Distribution {
        let mut all = Distribution::empty(digits);
        for times in times {
            all.count += times.count;
            all.sum += times.sum;
            all.squares += times.squares;
            all.max = all.max.max(times.max);
            all.add(0, times.zeros);
            times.cells.for_each(|_, high, count| all.add(high, count));
        }
        all
    }

    /// Sums up records of what was counted in bulk.
    pub fn of_bulk(times: &[&BulkTimes], digits: u8) -> Distribution {
        let mut all = Distribution::empty(digits);
        for times in times {
            all.count += times.count;
            all.sum += times.sum;
            all.squares += times.squares;
            all.max = all.max.max(times.max);
            for cell in times.cells.iter_recorded() {
                all.add(cell.value_iterated_to(), cell.count_at_value());
            }
        }
        all
    }

    fn empty(digits: u8) -> Distribution {
        let Ok(histogram) = Histogram::new(digits) else {
            unreachable!("digits are a constant between 0 and 5");
        };
        Distribution {
            count: 0,
            sum: 0,
            squares: 0,
            max: 0,
            histogram,
        }
    }

    fn add(&mut self, value: u64, count: u64) {
        // The histogram grows to any u64; only its memory could fail it.
        let recorded = self.histogram.record_n(value, count);
        debug_assert!(
            recorded.is_ok(),
            "an auto-resizing histogram takes every value"
        );
    }

    /// Adds distributions with the same number of digits.
    pub fn merged(parts: &[Distribution]) -> Distribution {
        let digits = parts.first().map_or(2, |part| part.histogram.sigfig());
        let mut all = Distribution::empty(digits);
        for part in parts {
            all.count += part.count;
            all.sum += part.sum;
            all.squares += part.squares;
            all.max = all.max.max(part.max);
            for cell in part.histogram.iter_recorded() {
                all.add(cell.value_iterated_to(), cell.count_at_value());
            }
        }
        all
    }

    /// Returns the mean [ns]; 0 if there is nothing.
    pub fn mean_ns(&self) -> f64 {
        if self.count == 0 {
            0.0
        } else {
            self.sum as f64 / self.count as f64
        }
    }

    /// Returns the standard deviation [ns]; 0 if there is nothing.
    pub fn sd_ns(&self) -> f64 {
        let mean = self.mean_ns();
        if self.count == 0 {
            return 0.0;
        }
        (self.squares as f64 / self.count as f64 - mean * mean)
            .max(0.0)
            .sqrt()
    }

    /// Returns the smallest recorded value v with at least a share `p` of all values ≤ v [ns].
    pub fn quantile_ns(&self, p: f64) -> u64 {
        if self.count == 0 {
            return 0;
        }
        self.histogram.value_at_quantile(p).min(self.max)
    }

    /// Returns the width of the cell in which a value lies [ns].
    pub fn cell_width_ns(&self, value: u64) -> u64 {
        self.histogram.equivalent_range(value)
    }

    /// Returns the share of values that are at most `value` [ns].
    pub fn share_at_most(&self, value: u64) -> f64 {
        if self.count == 0 {
            return 0.0;
        }
        let below: u64 = self
            .histogram
            .iter_recorded()
            .take_while(|cell| cell.value_iterated_to() <= value)
            .map(|cell| cell.count_at_value())
            .sum();
        below as f64 / self.count as f64
    }
}

#[cfg(test)]
mod tests {
    use super::super::cells::THREE_DIGITS;
    use super::*;

    #[test]
    fn the_recorder_answers_a45_within_a_thousandth() {
        // Validation case A45: the values 1 … 100 000, once each.
        let mut times = Times::new(THREE_DIGITS);
        for value in (1..=100_000).rev() {
            times.record(value);
        }

        let all = Distribution::of([&times].into_iter(), 3);

        for (p, expected) in [
            (0.5, 50_000.0),
            (0.99, 99_000.0),
            (0.999, 99_900.0),
            (0.9999, 99_990.0),
        ] {
            let found = all.quantile_ns(p) as f64;
            assert!((found / expected - 1.0).abs() < 2e-3, "p{p}: {found}");
        }
        assert_eq!(all.max, 100_000);
        assert!((all.mean_ns() - 50_000.5).abs() < 1e-6);
    }

    #[test]
    fn merging_is_adding() {
        let record = |values: std::ops::Range<u64>| {
            let mut times = Times::new(THREE_DIGITS);
            values.for_each(|value| times.record(value * 1000));
            Distribution::of([&times].into_iter(), 3)
        };

        let merged = Distribution::merged(&[record(0..500), record(500..1000)]);

        let whole = record(0..1000);
        assert_eq!(merged.count, whole.count);
        assert_eq!(merged.sum, whole.sum);
        assert_eq!(merged.quantile_ns(0.9), whole.quantile_ns(0.9));
    }
}

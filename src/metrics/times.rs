//! Durations that are counted: how many, their sums and the greatest, and cells for quantiles.

use super::cells::Cells;

/// Exact count, sums and range of a duration, with its cells.
#[derive(Clone, Debug, Default)]
pub struct Times {
    /// Number of values; zeros included.
    pub count: u64,
    /// Of those, values that were 0 (not in `cells`).
    pub zeros: u64,
    /// Sum [ns].
    pub sum: u128,
    /// Sum of squares [ns²].
    pub squares: u128,
    /// Greatest [ns].
    pub max: u64,
    /// Log-linear cells of the values > 0.
    pub cells: Cells,
}

impl Times {
    /// Makes an empty record with cells of the given fineness.
    pub fn new(bits: u32) -> Times {
        Times {
            cells: Cells::new(bits),
            ..Times::default()
        }
    }

    /// Counts one duration [ns].
    #[inline(always)]
    pub fn record(&mut self, value: u64) {
        self.count += 1;
        if value == 0 {
            self.zeros += 1;
            return;
        }
        let wide = u128::from(value);
        self.sum += wide;
        self.squares += wide * wide;
        self.max = self.max.max(value);
        self.cells.record(value);
    }

    /// Counts eight durations [ns]: what `record` does with each, or nothing with zeros.
    #[inline(always)]
    pub fn record_eight(&mut self, values: &[u64; 8], zeros_count: bool) {
        let any = values.iter().fold(0, |any, value| any | value);
        if any >> 30 == 0 {
            self.sum += u128::from(values.iter().sum::<u64>());
            self.squares += u128::from(values.iter().map(|value| value * value).sum::<u64>());
        } else {
            let wide = values.map(u128::from);
            self.sum += wide.iter().sum::<u128>();
            self.squares += wide.iter().map(|value| value * value).sum::<u128>();
        }
        if any > self.max {
            self.max = values.iter().fold(self.max, |max, &value| max.max(value));
        }
        let zeros = self.cells.record_eight(values);
        self.count += 8;
        if zeros_count {
            self.zeros += zeros;
        } else {
            self.count -= zeros;
        }
    }

    /// Adds the durations of another record with cells of the same fineness.
    pub fn add(&mut self, other: &Times) {
        self.count += other.count;
        self.zeros += other.zeros;
        self.sum += other.sum;
        self.squares += other.squares;
        self.max = self.max.max(other.max);
        self.cells.merge(&other.cells);
    }

    /// Returns the durations that were counted since an earlier state of this record. The
    /// greatest of them is known to within its cell.
    pub fn since(&self, earlier: &Times) -> Times {
        let cells = self.cells.since(&earlier.cells);
        let mut max = 0;
        cells.for_each(|_, high, _| max = high);
        Times {
            count: self.count - earlier.count,
            zeros: self.zeros - earlier.zeros,
            sum: self.sum - earlier.sum,
            squares: self.squares - earlier.squares,
            max: max.min(self.max),
            cells,
        }
    }
}

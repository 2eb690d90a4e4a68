//! Log-linear cells: the loop's histogram, one increment a value.
//!
//! Values below 2^bits have a cell each; every octave above has 2^(bits−1)
//! cells, so the relative error is at most 2^−(bits−1). Cells are numbered in
//! ascending order; kept are those of the octaves from the lowest to the highest
//! that hold a value, so an idle recorder costs nothing.

/// A growable log-linear histogram of `u64` values.
#[derive(Clone, Debug, Default)]
pub struct Cells {
    /// Cells per octave are 2^(bits−1).
    bits: u32,
    /// Number of the first cell that is kept.
    first: usize,
    /// Values per cell.
    counts: Vec<u32>,
}

/// Two significant digits: relative error at most 1/128 (nodes).
pub const TWO_DIGITS: u32 = 8;
/// Three significant digits: relative error at most 1/1024 (flows).
pub const THREE_DIGITS: u32 = 11;

impl Cells {
    /// Makes an empty histogram with 2^(bits−1) cells per octave.
    pub fn new(bits: u32) -> Cells {
        Cells {
            bits,
            first: 0,
            counts: Vec::new(),
        }
    }

    /// Counts one value.
    #[inline(always)]
    pub fn record(&mut self, value: u64) {
        self.record_times(value, 1);
    }

    /// Counts one value so many times.
    #[inline(always)]
    fn record_times(&mut self, value: u64, times: u32) {
        let cell = self.cell(value);
        if let Some(count) = self.counts.get_mut(cell.wrapping_sub(self.first)) {
            *count += times;
            return;
        }
        self.keep(cell, cell + 1);
        self.counts[cell - self.first] += times;
    }

    /// Counts those of eight values that are not 0; returns how many are.
    #[inline(always)]
    pub fn record_eight(&mut self, values: &[u64; 8]) -> u64 {
        let (bits, first) = (self.bits, self.first);
        let half = 1u64 << (bits - 1);
        let any = values.iter().fold(0, |any, value| any | value);
        let below = values
            .iter()
            .fold(0, |any, value| any | value.wrapping_sub(half));
        if any == 0 {
            return values.len() as u64;
        }
        let differ = values
            .iter()
            .fold(0, |differ, value| differ | (value ^ values[0]));
        if differ == 0 {
            self.record_times(values[0], values.len() as u32);
            return 0;
        }
        if any >> 31 | below >> 63 != 0 {
            return self.record_unlike(values);
        }
        let cells = cells_of(values, bits, first);
        let counts = &mut self.counts[..];
        let mut rest = 0u32;
        for (index, &cell) in cells.iter().enumerate() {
            if let Some(count) = counts.get_mut(cell as usize) {
                *count += 1;
            } else {
                rest |= 1 << index;
            }
        }
        if rest != 0 {
            self.record_those(values, rest);
        }
        0
    }

    /// The same, of any values.
    #[cold]
    #[inline(never)]
    fn record_unlike(&mut self, values: &[u64; 8]) -> u64 {
        let (bits, first) = (self.bits, self.first);
        let counts = &mut self.counts[..];
        let mut zeros = 0;
        let mut rest = 0u32;
        for (index, &value) in values.iter().enumerate() {
            if value == 0 {
                zeros += 1;
            } else if let Some(count) = counts.get_mut(cell_of(value, bits).wrapping_sub(first)) {
                *count += 1;
            } else {
                rest |= 1 << index;
            }
        }
        if rest != 0 {
            self.record_those(values, rest);
        }
        zeros
    }

    /// Counts those values whose bits are set.
    #[cold]
    fn record_those(&mut self, values: &[u64; 8], those: u32) {
        for (index, &value) in values.iter().enumerate() {
            if those >> index & 1 == 1 {
                self.record(value);
            }
        }
    }

    /// Returns the number of the cell of a value.
    #[inline(always)]
    fn cell(&self, value: u64) -> usize {
        cell_of(value, self.bits)
    }

    /// Keeps the whole octaves of the cells `from..to` from now on.
    #[cold]
    fn keep(&mut self, from: usize, to: usize) {
        let octave = 1usize << (self.bits - 1);
        let (mut first, mut end) = (from / octave * octave, to.next_multiple_of(octave));
        if !self.counts.is_empty() {
            first = first.min(self.first);
            end = end.max(self.first + self.counts.len());
        }
        let mut counts = vec![0; end - first];
        if !self.counts.is_empty() {
            let before = self.first - first;
            counts[before..before + self.counts.len()].copy_from_slice(&self.counts);
        }
        self.first = first;
        self.counts = counts;
    }

    /// Visits all cells that hold something, in ascending order: (least value, greatest value, count).
    pub fn for_each(&self, mut visit: impl FnMut(u64, u64, u64)) {
        for (cell, &count) in (self.first as u64..).zip(&self.counts) {
            if count > 0 {
                let octave = (cell >> (self.bits - 1)).saturating_sub(1);
                let low = (cell - (octave << (self.bits - 1))) << octave;
                visit(low, low + ((1u64 << octave) - 1), u64::from(count));
            }
        }
    }

    /// Returns the values that were counted since an earlier state of this histogram.
    pub fn since(&self, earlier: &Cells) -> Cells {
        let mut later = self.clone();
        for (cell, count) in (earlier.first..).zip(&earlier.counts) {
            if *count > 0 {
                later.counts[cell - later.first] -= count;
            }
        }
        later
    }

    /// Adds the counts of another histogram with the same number of digits.
    pub fn merge(&mut self, other: &Cells) {
        if self.bits == 0 {
            self.bits = other.bits;
        }
        debug_assert!(other.bits == 0 || self.bits == other.bits);
        if other.counts.is_empty() {
            return;
        }
        let (from, to) = (other.first, other.first + other.counts.len());
        if self.counts.is_empty() || from < self.first || to > self.first + self.counts.len() {
            self.keep(from, to);
        }
        let begin = from - self.first;
        for (mine, theirs) in self.counts[begin..].iter_mut().zip(&other.counts) {
            *mine = mine.saturating_add(*theirs);
        }
    }
}

/// Returns the number of the cell of a value.
#[inline(always)]
fn cell_of(value: u64, bits: u32) -> usize {
    let octave = (64 - value.leading_zeros()).saturating_sub(bits);
    ((octave as usize) << (bits - 1)) + (value >> octave) as usize
}

/// Returns the places of eight values after the first cell, each at least 2^(bits−1) and less
/// than 2^31: all at once, by way of floating point.
///
/// There an exponent stands above its fraction, as an octave does above its cells.
#[inline(always)]
fn cells_of(values: &[u64; 8], bits: u32, first: usize) -> [u64; 8] {
    let below = (1023 + u64::from(bits) - 2) << (bits - 1);
    let below = below.wrapping_add(first as u64);
    values.map(|value| (f64::from(value as i32).to_bits() >> (53 - bits)).wrapping_sub(below))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(cells: &Cells) -> Vec<(u64, u64, u64)> {
        let mut all = Vec::new();
        cells.for_each(|low, high, count| all.push((low, high, count)));
        all
    }

    #[test]
    fn a_cell_holds_its_values_and_is_as_narrow_as_promised() {
        let mut state = 1u64;
        for _ in 0..10_000 {
            state = state.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
            let value = state >> (state % 64);
            let mut cells = Cells::new(TWO_DIGITS);
            cells.record(value);

            let [(low, high, 1)] = all(&cells)[..] else {
                panic!("{value} is counted once");
            };
            assert!(low <= value && value <= high, "{low} {value} {high}");
            assert!((high - low) * 128 <= low, "{low}..={high}");
        }
    }

    #[test]
    fn cells_follow_one_another_without_gap() {
        let mut cells = Cells::new(TWO_DIGITS);
        for value in (0..5_000).rev() {
            cells.record(value);
        }

        let all = all(&cells);
        assert_eq!(all.iter().map(|cell| cell.2).sum::<u64>(), 5_000);
        assert!(all.windows(2).all(|two| two[0].1 + 1 == two[1].0));
    }

    #[test]
    fn eight_at_once_are_eight_by_themselves() {
        let mut state = 1u64;
        for bits in [TWO_DIGITS, THREE_DIGITS] {
            let (mut by_eight, mut one_by_one) = (Cells::new(bits), Cells::new(bits));
            for round in 0..20_000 {
                // Alike, with zeros, with small ones, of any size; what divides them, and its
                // neighbours.
                let mut values = [0u32; 8].map(|_| {
                    state = state.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
                    let word = state >> 20;
                    match round % 5 {
                        0 => (1 << 20) + word % (1 << 20),
                        1 => word % 3 * (word % 5000),
                        2 => word % (2 << bits),
                        3 => word >> (state % 44),
                        _ => (1u64 << (bits - 1) << (word % 24)) - 1 + state % 3,
                    }
                });
                if round % 7 == 0 {
                    values = [values[0]; 8];
                }

                let zeros = by_eight.record_eight(&values);

                let more = values.iter().filter(|&&value| value > 0);
                assert_eq!(zeros as usize, 8 - more.clone().count(), "{values:?}");
                more.for_each(|&value| one_by_one.record(value));
                assert_eq!(by_eight.counts, one_by_one.counts, "{values:?}");
            }
        }
    }

    #[test]
    fn merged_histograms_are_those_of_all_values() {
        let values = [[3u64, 1_000_000], [70_000, 5], [1 << 40, 1 << 40]];
        let (mut merged, mut expected) = (Cells::default(), Cells::new(THREE_DIGITS));
        for part in values {
            let mut cells = Cells::new(THREE_DIGITS);
            for value in part {
                cells.record(value);
                expected.record(value);
            }
            merged.merge(&cells);
        }

        assert_eq!(all(&merged), all(&expected));
    }
}

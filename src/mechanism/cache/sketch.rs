//! Count-min sketch: roughly how often a key was asked for lately.
//!
//! Four rows of four-bit counters; all are halved when ten times as many
//! requests as entries were counted, so that old popularity fades.
//!
//! Source: Einziger, Friedman, Manes (2017), “TinyLFU: a highly efficient cache
//! admission policy”.

/// Requests per entry after which counters are halved.
const SAMPLE: u64 = 10;
/// Fewest counters of one row.
const LEAST: usize = 64;
/// Multipliers of the rows' hashes.
const ROWS: [u64; 4] = [
    0xc3a5_c85c_97cb_3127,
    0xb492_b66f_be98_f273,
    0x9ae1_6a3b_2f90_404f,
    0xcbf2_9ce4_8422_2325,
];

/// Estimates of request frequencies, 0..=15.
#[derive(Clone, Debug)]
pub(super) struct Sketch {
    /// Sixteen counters a word, one row after the other.
    words: Vec<u64>,
    /// Counters of one row, a power of two.
    width: usize,
    counted: u64,
}

impl Sketch {
    pub(super) fn new(entries: u64) -> Sketch {
        // CHOICE: at most 2^26 counters a row (128 MiB in all).
        let width = (entries.min(1 << 24) as usize * 4)
            .next_power_of_two()
            .max(LEAST);
        Sketch {
            words: vec![0; width / 4],
            width,
            counted: 0,
        }
    }

    /// Returns how many entries it serves well.
    pub(super) fn entries(&self) -> u64 {
        self.width as u64 / 4
    }

    pub(super) fn count(&mut self, key: u32) {
        for row in 0..ROWS.len() {
            let (word, shift) = self.place(row, key);
            if self.words[word] >> shift & 15 < 15 {
                self.words[word] += 1 << shift;
            }
        }
        self.counted += 1;
        if self.counted >= SAMPLE * self.entries() {
            self.counted /= 2;
            for word in &mut self.words {
                *word = (*word >> 1) & 0x7777_7777_7777_7777;
            }
        }
    }

    pub(super) fn estimate(&self, key: u32) -> u64 {
        (0..ROWS.len())
            .map(|row| {
                let (word, shift) = self.place(row, key);
                self.words[word] >> shift & 15
            })
            .min()
            .unwrap_or(0)
    }

    fn place(&self, row: usize, key: u32) -> (usize, u32) {
        let mixed = (u64::from(key) + 1).wrapping_mul(ROWS[row]);
        let mixed = (mixed ^ (mixed >> 32)).wrapping_mul(ROWS[(row + 1) % ROWS.len()]);
        let counter = (mixed >> 32) as usize & (self.width - 1);
        (
            row * (self.width / 16) + counter / 16,
            (counter % 16) as u32 * 4,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn estimates_frequencies_and_forgets_them() {
        let mut sketch = Sketch::new(1000);

        for key in 0..200 {
            for _ in 0..=key % 4 {
                sketch.count(key);
            }
        }
        let exact = (0..200).filter(|&k| sketch.estimate(k) == u64::from(k % 4) + 1);
        assert!(exact.count() >= 195, "few keys share all four counters");

        for key in 0..50_000 {
            sketch.count(1_000 + key);
        }
        let kept: u64 = (0..200).map(|k| sketch.estimate(k)).sum();
        assert!(kept > 0 || sketch.counted > 0);
        for _ in 0..100_000 {
            sketch.count(7);
        }
        assert!((7..=15).contains(&sketch.estimate(7)));
    }
}

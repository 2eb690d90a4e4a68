//! Partitions that split where they stay hot, and how long they have been; or where they are full.
//!
//! A split halves the keys of a partition by one bit of their hash: one half stays,
//! the other goes to a partition that was spare. What takes a word as its key's hash
//! finds its partition by following the splits on its way.
//!
//! Not here: how keys come to one of the first partitions, and what a partition limits.

use crate::units::{SimTime, Span};

/// Most splits between a first partition and one that came from it.
///
/// CHOICE: one key that is hot by itself would use up all spare partitions, although
/// no split parts it; a 64th of a partition's keys is one key where it matters.
const DEEPEST: usize = 6;

/// Slots for which a partition must have been hot, one after the other.
///
/// CHOICE: long enough to tell load that stays from a burst, at any time of splitting.
const SLOTS: u64 = 10;

/// The splits of some partitions.
#[derive(Clone, Debug)]
pub struct Splits {
    /// Per partition: how many splits lie before it, and the other halves of its own.
    parts: Vec<(usize, Vec<u32>)>,
    /// Most partitions.
    most: u32,
}

impl Splits {
    /// Makes so many partitions that may become `most`.
    pub fn new(count: u32, most: u32) -> Splits {
        Splits {
            parts: vec![(0, Vec::new()); count as usize],
            most,
        }
    }

    /// Returns the partition that a word belongs to, from the first one that it came to.
    pub fn find(&self, first: u32, word: u64) -> u32 {
        let (mut at, mut depth) = (first, 0);
        loop {
            let (before, halves) = &self.parts[at as usize];
            let Some(half) = halves.get(depth - before) else {
                return at;
            };
            if (word >> depth) & 1 == 1 {
                at = *half;
            }
            depth += 1;
        }
    }

    /// Splits a partition in two, if there is a spare one and it makes sense; returns the new one.
    pub fn split(&mut self, partition: u32) -> Option<u32> {
        let new = self.parts.len() as u32;
        let (before, halves) = &mut self.parts[partition as usize];
        let depth = *before + halves.len();
        if new >= self.most || depth >= DEEPEST {
            return None;
        }
        halves.push(new);
        self.parts.push((depth + 1, Vec::new()));
        Some(new)
    }
}

/// What lies at some partitions.
#[derive(Clone, Debug)]
pub struct Sizes {
    /// Per partition [bytes].
    each: Vec<f64>,
    /// At so many one is full — constant.
    most: f64,
}

impl Sizes {
    /// Makes so many partitions alike, of which each is full at `most`.
    pub fn new(count: u32, each: f64, most: f64) -> Sizes {
        Sizes {
            each: vec![each; count as usize],
            most,
        }
    }

    /// Adds bytes to a partition; says whether it is full.
    pub fn add(&mut self, partition: u32, bytes: f64) -> bool {
        let each = &mut self.each[partition as usize];
        *each += bytes;
        *each >= self.most
    }

    /// Lets a new partition, the last one, have half of what lies at another.
    pub fn halve(&mut self, partition: u32) {
        let half = self.each[partition as usize] / 2.0;
        self.each[partition as usize] = half;
        self.each.push(half);
    }
}

/// How hot a partition is, and since when.
#[derive(Clone, Copy, Debug)]
pub struct Heat {
    /// Admitted in a slot, it is hot [10⁻¹² token] — constant.
    hot: i128,
    /// Length of a slot [ns], ≥ 1 — constant.
    slot: u64,
    /// When the slot in use ends [ns] — state.
    ends: u64,
    /// Admitted in it [10⁻¹² token] — state.
    admitted: i128,
    /// Hot slots in a row — state.
    row: u64,
}

impl Heat {
    /// Makes the measure of what is hot at a rate [1/s], and to be split if it stays so for a time.
    pub fn new(rate_per_s: f64, after: Span) -> Heat {
        let slot = (after.0 / SLOTS).max(1);
        Heat {
            hot: (rate_per_s * slot as f64 * 1e3) as i128,
            slot,
            ends: slot,
            admitted: 0,
            row: 0,
        }
    }

    /// Forgets for how long it has been hot.
    pub fn cool(&mut self) {
        self.row = 0;
    }

    /// Counts what was admitted [10⁻¹² token]; says whether it has been hot for long enough.
    pub fn note(&mut self, now: SimTime, cost: i128) -> bool {
        if now.0 < self.ends {
            self.admitted += cost;
            return false;
        }
        let hot = self.admitted >= self.hot && now.0 < self.ends.saturating_add(self.slot);
        self.row = if hot { self.row + 1 } else { 0 };
        self.ends = (now.0 / self.slot + 1) * self.slot;
        self.admitted = cost;
        if self.row < SLOTS {
            return false;
        }
        self.row = 0;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_partition_leaves_half_to_the_new_one() {
        let mut sizes = Sizes::new(2, 6.0, 10.0);

        let full = [(0, 3.0), (0, 1.0)].map(|(at, bytes)| sizes.add(at, bytes));
        sizes.halve(0);

        assert_eq!(full, [false, true]);
        assert_eq!(sizes.each, [5.0, 6.0, 5.0]);
        assert!(sizes.add(2, 5.0) && !sizes.add(1, 3.0));
    }
    use crate::mechanism::test_words::Words;

    const ONE: i128 = 1_000_000_000_000;
    const SECOND: u64 = 1_000_000_000;

    #[test]
    fn a_split_moves_half_of_a_partitions_words_and_no_others() {
        let mut splits = Splits::new(2, 8);
        let mut source = Words::new(1);
        let words: Vec<u64> = (0..100_000).map(|_| source.next()).collect();
        let at = |splits: &Splits, first| -> Vec<u32> {
            words.iter().map(|word| splits.find(first, *word)).collect()
        };

        let new = splits.split(0);
        let again = splits.split(0);
        let of_new = splits.split(2);

        assert_eq!((new, again, of_new), (Some(2), Some(3), Some(4)));
        assert!(at(&splits, 1).iter().all(|part| *part == 1));
        // 0 was halved twice, 2 once after it: a quarter each. Four standard deviations.
        let found = at(&splits, 0);
        for part in [0, 2, 3, 4] {
            let share = found.iter().filter(|one| **one == part).count() as f64 / 1e5;
            assert!((share - 0.25).abs() < 4.0 * (0.1875_f64 / 1e5).sqrt());
        }
    }

    #[test]
    fn one_word_alone_does_not_use_up_all_spare_partitions() {
        let mut splits = Splits::new(1, 1_000);
        let mut made = 0;

        while splits.split(splits.find(0, 0b0101_0101)).is_some() {
            made += 1;
        }

        assert_eq!(made, 6);
    }

    #[test]
    fn there_are_never_more_than_the_most() {
        let mut splits = Splits::new(2, 3);

        assert_eq!(
            [0, 1, 2].map(|part| splits.split(part)),
            [Some(2), None, None]
        );
    }

    /// When a partition that admits `rate` each second is split.
    fn split_at(rates: &[(std::ops::Range<u64>, i128)]) -> Vec<u64> {
        let mut heat = Heat::new(90.0, Span(10 * SECOND));
        let mut found = Vec::new();
        for (seconds, rate) in rates {
            for second in seconds.clone() {
                if heat.note(SimTime(second * SECOND), rate * ONE) {
                    found.push(second);
                }
            }
        }
        found
    }

    #[test]
    fn heat_that_stays_splits_and_heat_that_passes_does_not() {
        assert_eq!(split_at(&[(0..25, 100)]), [10, 20]);
        assert!(split_at(&[(0..100, 89)]).is_empty());
        assert!(split_at(&[(0..9, 100), (9..10, 10), (10..19, 100)]).is_empty());
        // Nothing came between 9 s and 15 s.
        assert!(split_at(&[(0..9, 100), (15..24, 100)]).is_empty());
    }
}

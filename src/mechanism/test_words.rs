//! Random words for unit tests (SplitMix64).

/// A stream of words.
pub(super) struct Words(u64);

impl Words {
    pub(super) fn new(seed: u64) -> Words {
        Words(seed)
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

/// A number in (0, 1).
pub(super) fn unit(word: u64) -> f64 {
    ((word >> 11) as f64 + 0.5) / (1u64 << 53) as f64
}

/// An exponential number of nanoseconds.
pub(super) fn exponential(word: u64, mean: f64) -> u64 {
    (-unit(word).ln() * mean).round() as u64
}

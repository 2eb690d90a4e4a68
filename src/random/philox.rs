//! Philox2x64-10: a block function that turns an address into two random words.
//!
//! SOURCE: Salmon, Moraes, Dror, Shaw, “Parallel random numbers: as easy as
//! 1, 2, 3”, SC 2011; constants and known answers as in the authors' library.

const MULTIPLIER: u64 = 0xD2B7_4407_B1CE_6E93;
const WEYL: u64 = 0x9E37_79B9_7F4A_7C15;
const ROUNDS: u32 = 10;

/// Returns the block of a counter under a key.
pub fn philox(counter: [u64; 2], key: u64) -> [u64; 2] {
    let [block] = philox_of([counter], key);
    block
}

/// Returns the blocks of several counters under a key.
///
/// All go through a round before any goes through the next: a round waits for its
/// multiplication, and the others' go on meanwhile.
#[inline(always)]
pub(super) fn philox_of<const N: usize>(mut blocks: [[u64; 2]; N], key: u64) -> [[u64; 2]; N] {
    let mut round_key = key;
    for _ in 0..ROUNDS {
        for [left, right] in &mut blocks {
            let product = u128::from(*left) * u128::from(MULTIPLIER);
            let (high, low) = ((product >> 64) as u64, product as u64);
            *left = high ^ round_key ^ *right;
            *right = low;
        }
        round_key = round_key.wrapping_add(WEYL);
    }
    blocks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_side_by_side_are_those_of_one_after_the_other() {
        let counters = [[1, 5], [2, 5], [u64::MAX, 0], [0, 0]];
        assert_eq!(
            philox_of(counters, 77),
            counters.map(|counter| philox(counter, 77))
        );
    }

    #[test]
    fn answers_are_the_published_ones() {
        assert_eq!(
            philox([0, 0], 0),
            [0xca00_a045_9843_d731, 0x66c2_4222_c9a8_45b5]
        );
        assert_eq!(
            philox([u64::MAX, u64::MAX], u64::MAX),
            [0x65b0_21d6_0cd8_310f, 0x4d02_f322_2f86_df20]
        );
        assert_eq!(
            philox(
                [0x243f_6a88_85a3_08d3, 0x1319_8a2e_0370_7344],
                0xa409_3822_299f_31d0
            ),
            [0x0a5e_742c_2997_341c, 0xb0f8_83d3_8000_de5d]
        );
    }
}

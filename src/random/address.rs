//! Addresses of draws: a draw's value depends on what it is for, and on nothing else.
//!
//! A request has a key, one Philox block of (seed, replication, load line,
//! ordinal). A draw mixes the key with (hop, purpose, operation, index) in two
//! multiplications. What belongs to a node has a stream of its own.

use super::philox::{philox, philox_of};
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{Rng, SeedableRng};

/// What a draw is for.
pub mod purpose {
    /// Time of an operation.
    pub const SERVICE: u8 = 1;
    /// Latency of a request on a link.
    pub const LATENCY: u8 = 2;
    /// Latency of a reply on a link.
    pub const REPLY_LATENCY: u8 = 3;
    /// Which key.
    pub const KEY: u8 = 4;
    /// How many.
    pub const COUNT: u8 = 5;
    /// What size.
    pub const BYTES: u8 = 6;
    /// Whether.
    pub const COIN: u8 = 7;
    /// Which branch.
    pub const SPLIT: u8 = 8;
    /// Which copy or partition.
    pub const PICK: u8 = 9;
    /// Pause before another attempt.
    pub const BACKOFF: u8 = 10;
    /// Whether a message is lost.
    pub const LOSS: u8 = 11;
    /// How long a visit is ready to wait, or an environment to idle.
    pub const PATIENCE: u8 = 12;
    /// Choice of a balancer.
    pub const CHOICE: u8 = 13;
    /// Time to create an environment.
    pub const COLD: u8 = 14;
    /// Stream of a node.
    pub const COMPONENT: u8 = 15;
    /// Time from hand-over to the start of a consumer.
    pub const LAG: u8 = 16;
    /// Whether a message passes a filter.
    pub const SHARE: u8 = 17;
    /// Time between arrivals.
    pub const GAP: u8 = 18;
    /// Think time of a client.
    pub const THINK: u8 = 19;
    /// Which posts a reader has not got yet.
    pub const STALENESS: u8 = 20;
    /// When something goes wrong, and for how long.
    pub const FAULT: u8 = 21;
}

/// Folds two products into one well-mixed word.
#[inline]
pub fn mix2(key: u64, address: u64) -> u64 {
    let fold = |a: u64, b: u64| {
        let product = u128::from(a) * u128::from(b);
        (product >> 64) as u64 ^ product as u64
    };
    let first = fold(key ^ 0x9E37_79B9_7F4A_7C15, address ^ 0xD1B5_4A32_D192_ED03);
    fold(
        first ^ key ^ 0xA076_1D64_78BD_642F,
        address.rotate_left(32) ^ first ^ 0xE703_7ED1_A0B4_28DB,
    )
}

/// Returns the word at an address.
#[inline]
pub fn draw(key: u64, address: u64) -> u64 {
    mix2(key, address)
}

/// Packs an address: hop, purpose, operation, index.
#[inline]
pub fn address(hop: u32, purpose: u8, operation: u16, index: u8) -> u64 {
    u64::from(hop) << 32 | u64::from(purpose) << 24 | u64::from(operation) << 8 | u64::from(index)
}

/// Mixes two 32-bit words into one.
#[inline]
pub fn mix32(a: u32, b: u32) -> u32 {
    (mix2(u64::from(a), u64::from(b)) >> 32) as u32
}

/// Returns the key of a request.
pub fn request_key(seed: u64, replication: u64, source: u64, ordinal: u64) -> u64 {
    RequestKeys::new(seed, replication, source).key(ordinal)
}

/// The keys of the requests of one load line in one replication.
#[derive(Clone, Copy, Debug)]
pub struct RequestKeys {
    mixed: u64,
    source: u64,
}

impl RequestKeys {
    /// Makes the keys of a load line, named by a hash, in a replication.
    pub fn new(seed: u64, replication: u64, source: u64) -> RequestKeys {
        RequestKeys {
            mixed: mix2(seed, replication),
            source,
        }
    }

    /// Returns the key of the request of a number, as `request_key` does.
    #[inline]
    pub fn key(&self, ordinal: u64) -> u64 {
        philox([ordinal, self.source], self.mixed)[0]
    }

    /// Returns the keys of the requests from a number on.
    pub(crate) fn block<const N: usize>(&self, first: u64) -> [u64; N] {
        let mut keys = [0; N];
        let mut number = first;
        for four in keys.chunks_mut(4) {
            let counters = [0, 1, 2, 3].map(|more| [number + more, self.source]);
            let blocks = philox_of(counters, self.mixed);
            for (key, [left, _]) in four.iter_mut().zip(blocks) {
                *key = left;
            }
            number += 4;
        }
        keys
    }
}

/// Returns the seed of a node's own stream.
pub fn component_seed(seed: u64, replication: u64, node: u64, purpose: u8) -> u64 {
    philox(
        [u64::from(purpose), node],
        mix2(seed ^ 0x636f_6d70, replication),
    )[0]
}

/// Hashes a name; the same on every machine and in every version.
pub fn hash_name(name: &str) -> u64 {
    // FNV-1a, then one mix, so that short names differ in all bits.
    let fnv = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    mix2(fnv, name.len() as u64)
}

/// Draws that belong to a node, used in the order of its events.
#[derive(Clone, Debug)]
pub struct ComponentStream(Xoshiro256PlusPlus);

impl ComponentStream {
    /// Starts a stream.
    pub fn new(seed: u64) -> ComponentStream {
        ComponentStream(Xoshiro256PlusPlus::seed_from_u64(seed))
    }

    /// Returns the next word.
    pub fn next_word(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// Returns the next number in [0, 1).
    pub fn next_share(&mut self) -> f64 {
        share(self.next_word())
    }
}

/// Turns a word into a number in [0, 1).
#[inline]
pub fn share(word: u64) -> f64 {
    (word >> 11) as f64 / (1u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_pinned() {
        // Golden reports depend on these; a change is a new semantics version.
        assert_eq!(address(1, 2, 3, 4), 0x0000_0001_0200_0304);
        assert_eq!(mix2(1, 2), mix2(1, 2));
        assert_ne!(mix2(1, 2), mix2(2, 1));
        assert_ne!(hash_name("a"), hash_name("b"));
    }

    #[test]
    fn words_are_equally_distributed_over_256_bins() {
        // χ² with 255 degrees of freedom: mean 255, deviation √510 = 22.6; four of them.
        for byte in [0u32, 8, 32, 56] {
            let mut bins = [0u32; 256];
            let draws = 1 << 20;
            for ordinal in 0..draws {
                let key = request_key(1, 0, 7, ordinal / 64);
                let word = draw(key, address((ordinal % 64) as u32, 1, 0, 0));
                bins[(word >> byte & 255) as usize] += 1;
            }
            let expected = draws as f64 / 256.0;
            let chi: f64 = bins
                .iter()
                .map(|&n| (f64::from(n) - expected).powi(2) / expected)
                .sum();
            assert!((chi - 255.0).abs() < 4.0 * 22.6, "byte {byte}: χ² = {chi}");
        }
    }

    #[test]
    fn every_bit_of_key_and_address_flips_half_of_the_word() {
        // Mean over 2^12 words of 64 bits: deviation of a share 0.5/√(2^18) ≈ 0.001.
        for bit in 0..64 {
            let (mut by_key, mut by_address) = (0u32, 0u32);
            for n in 0..4096u64 {
                let (key, at) = (request_key(2, 0, 3, n), address(n as u32, 1, 2, 0));
                by_key += (draw(key, at) ^ draw(key ^ 1 << bit, at)).count_ones();
                by_address += (draw(key, at) ^ draw(key, at ^ 1 << bit)).count_ones();
            }
            for flips in [by_key, by_address] {
                let share = f64::from(flips) / (4096.0 * 64.0);
                assert!((share - 0.5).abs() < 0.01, "bit {bit}: {share}");
            }
        }
    }

    #[test]
    fn neighbouring_addresses_are_uncorrelated() {
        let n = 1 << 18;
        let mut sum = 0.0;
        for i in 0..n {
            let key = request_key(5, 1, 9, i);
            let a = share(draw(key, address(11, purpose::SERVICE, 0, 0))) - 0.5;
            let b = share(draw(key, address(11, purpose::SERVICE, 1, 0))) - 0.5;
            sum += a * b;
        }
        // Variance of a product of two U(−½, ½) is 1/144.
        let z = sum / (n as f64).sqrt() * 12.0;
        assert!(z.abs() < 4.0, "z = {z}");
    }
}

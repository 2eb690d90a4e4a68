//! Back-off: the pause before a call is tried again.

use crate::units::Span;

/// How the pause grows with the number of attempts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Growth {
    /// The base.
    Fixed,
    /// e = min(cap, base × factor^(k−1)).
    Exponential,
    /// U(0, e).
    FullJitter,
    /// e/2 + U(0, e/2).
    EqualJitter,
    /// min(cap, U(base, 3 × last pause)).
    Decorrelated,
}

/// The constants of a back-off.
#[derive(Clone, Copy, Debug)]
pub struct Backoff {
    /// How the pause grows.
    pub growth: Growth,
    /// Longest pause, before `jitter`; does not bound `Fixed`.
    pub cap: Span,
    /// Growth per attempt, ≥ 0.
    pub factor: f64,
    /// The pause is multiplied by U(1−j, 1+j), j in 0..=1.
    pub jitter: f64,
    /// Attempts that are made again without a pause, before all others.
    pub at_once: u32,
    /// Attempts after those that are made again after the base, before it grows.
    pub steady: u32,
}

impl Backoff {
    /// Returns the pause before attempt k + 1, k ≥ 1 being the attempt that ended.
    ///
    /// `last` is the pause before attempt k; the first has none (`ZERO`), and
    /// counts as having had the base. One word suffices for all that is random.
    pub fn pause(&self, k: u32, base: Span, last: Span, word: u64) -> Span {
        let Some(k) = k.checked_sub(self.at_once).filter(|k| *k > 0) else {
            return Span::ZERO;
        };
        let k = k.saturating_sub(self.steady).max(1);
        let share = unit(word);
        let base_ns = base.0 as f64;
        let cap = self.cap.0 as f64;
        let grown = || (base_ns * power(self.factor, k.saturating_sub(1))).min(cap);
        let pause = match self.growth {
            Growth::Fixed => base_ns,
            Growth::Exponential => grown(),
            Growth::FullJitter => share * grown(),
            Growth::EqualJitter => (0.5 + 0.5 * share) * grown(),
            Growth::Decorrelated => {
                let last = if last == Span::ZERO { base } else { last };
                let high = (3.0 * last.0 as f64).max(base_ns);
                (base_ns + share * (high - base_ns)).min(cap)
            }
        };
        let again = unit(word.wrapping_mul(0xd128_0b24_f9a1_6bb5).rotate_left(32));
        let pause = pause * (1.0 + self.jitter * (2.0 * again - 1.0));
        Span(pause.round() as u64)
    }
}

fn unit(word: u64) -> f64 {
    (word >> 11) as f64 / (1u64 << 53) as f64
}

/// By squaring: only products, so equal on all platforms.
fn power(factor: f64, mut exponent: u32) -> f64 {
    let (mut result, mut square) = (1.0, factor);
    while exponent > 0 {
        if exponent & 1 == 1 {
            result *= square;
        }
        square *= square;
        exponent >>= 1;
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mechanism::test_words::Words;

    const BASE: Span = Span(25_000_000);

    fn backoff(growth: Growth, jitter: f64) -> Backoff {
        Backoff {
            growth,
            cap: Span(300_000_000),
            factor: 2.0,
            jitter,
            at_once: 0,
            steady: 0,
        }
    }

    /// Least, mean and greatest of many pauses [ms].
    fn range(backoff: Backoff, k: u32, last: Span) -> [f64; 3] {
        let mut words = Words::new(1);
        let mut all: Vec<u64> = (0..100_000)
            .map(|_| backoff.pause(k, BASE, last, words.next()).0)
            .collect();
        all.sort_unstable();
        let mean = all.iter().sum::<u64>() as f64 / 1e11;
        [all[0] as f64 / 1e6, mean, all[99_999] as f64 / 1e6]
    }

    fn assert_near(found: [f64; 3], expected: [f64; 3]) {
        let near = found
            .iter()
            .zip(expected)
            .all(|(f, e)| (f - e).abs() < 0.01 * (e + 20.0));
        assert!(near, "found {found:?}, expected {expected:?}");
    }

    #[test]
    fn exponential_pauses_double_up_to_the_cap() {
        let pauses = [1, 2, 3, 4, 5, 400].map(|k| {
            backoff(Growth::Exponential, 0.0)
                .pause(k, BASE, Span::ZERO, 7)
                .as_milliseconds() as u64
        });

        assert_eq!(pauses, [25, 50, 100, 200, 300, 300]);
    }

    #[test]
    fn pauses_come_in_phases() {
        let phased = Backoff {
            at_once: 3,
            steady: 2,
            ..backoff(Growth::Exponential, 0.0)
        };

        let pauses = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 400]
            .map(|k| phased.pause(k, BASE, Span::ZERO, 7).as_milliseconds() as u64);

        // Three at once, two after the base, then from the base on.
        assert_eq!(pauses, [0, 0, 0, 25, 25, 25, 50, 100, 200, 300, 300]);
    }

    #[test]
    fn random_pauses_have_their_ranges() {
        assert_near(range(backoff(Growth::Fixed, 0.0), 3, Span::ZERO), [25.0; 3]);
        assert_near(
            range(backoff(Growth::Fixed, 0.2), 3, Span::ZERO),
            [20.0, 25.0, 30.0],
        );
        assert_near(
            range(backoff(Growth::FullJitter, 0.0), 3, Span::ZERO),
            [0.0, 50.0, 100.0],
        );
        assert_near(
            range(backoff(Growth::FullJitter, 1.0), 3, Span::ZERO),
            [0.0, 50.0, 200.0],
        );
        assert_near(
            range(backoff(Growth::EqualJitter, 0.0), 3, Span::ZERO),
            [50.0, 75.0, 100.0],
        );
        assert_near(
            range(backoff(Growth::Decorrelated, 0.0), 1, Span::ZERO),
            [25.0, 50.0, 75.0],
        );
        assert_near(
            range(backoff(Growth::Decorrelated, 0.0), 2, BASE + BASE),
            [25.0, 87.5, 150.0],
        );
    }
}

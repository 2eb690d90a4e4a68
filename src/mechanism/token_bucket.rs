//! Token bucket: admits a sustained rate and bursts up to a limit.
//!
//! Tokens accrue continuously and are computed on demand from the time of the
//! last touch, so an idle bucket costs no events. Everything is an integer:
//! callers count in 10⁻¹² token, the bucket in 10⁻²¹, so that a nanosecond of
//! refill is a whole number and nothing is ever divided on the way. The other
//! form counts in fixed windows, each with its own allowance.
//!
//! Not here: which buckets a visit meets, and what becomes of a refused one.

use crate::units::{SimTime, Span};

/// The bucket's units in 10⁻¹² token.
const FINE: i128 = 1_000_000_000;

/// One token [10⁻¹² token].
pub(crate) const ONE_TOKEN: i128 = 1_000_000_000_000;

/// Returns a number of tokens in units of 10⁻¹² token, rounded half away from zero.
pub fn pico_tokens(tokens: f64) -> i128 {
    /// Below it a number and its halves are exact.
    const EXACT: f64 = 4_503_599_627_370_496.0;
    let pico = tokens * 1e12;
    if (0.0..EXACT).contains(&pico) {
        // What most visits pay: no conversion of 128 bits.
        let whole = pico as u64;
        return i128::from(whole + u64::from(pico - whole as f64 >= 0.5));
    }
    pico.round() as i128
}

/// A bucket that admits a sustained rate and short bursts.
#[derive(Clone, Copy, Debug)]
pub struct TokenBucket {
    /// Tokens gained per nanosecond [10⁻²¹ token], ≥ 1 — constant.
    rate: i128,
    /// Most tokens, or the allowance of a window [10⁻²¹ token] — constant.
    burst: i128,
    /// Tokens held at `touched` [10⁻²¹ token]; below zero by reservations and by
    /// the tolerance of `admit` — state.
    tokens: i128,
    /// When `tokens` was last brought up to date, or the window in use began — state.
    touched: u64,
    /// Length of a window [ns]; 0 is continuous refill — constant.
    window: u64,
}

impl TokenBucket {
    /// Makes a full bucket from tokens per second and the most that it holds.
    pub fn new(rate_per_s: f64, burst: f64) -> TokenBucket {
        TokenBucket::holding(rate_per_s, burst, burst)
    }

    /// Makes a bucket that holds some tokens at the start, at most `burst`.
    pub fn holding(rate_per_s: f64, burst: f64, tokens: f64) -> TokenBucket {
        let burst = pico_tokens(burst).saturating_mul(FINE);
        TokenBucket {
            rate: pico_tokens(rate_per_s).max(1),
            burst,
            tokens: pico_tokens(tokens).saturating_mul(FINE).min(burst),
            touched: 0,
            window: 0,
        }
    }

    /// Makes a bucket that admits `allowance` tokens in each window of fixed length.
    ///
    /// # Panics
    ///
    /// Panics if the window is empty.
    pub fn windowed(allowance: f64, window: Span) -> TokenBucket {
        assert!(window > Span::ZERO, "a window takes some time");
        TokenBucket {
            rate: 0,
            window: window.0,
            ..TokenBucket::new(1.0, allowance)
        }
    }

    /// Takes `cost` [10⁻¹² token] if it is there, and says whether it was.
    ///
    /// Passes when within one nanosecond's refill of the cost, and keeps the
    /// debt, so that an arrival every 1/rate, rounded, is always admitted.
    /// Refusal leaves the level as it was. A cost above the burst never passes.
    pub fn admit(&mut self, now: SimTime, cost: i128) -> bool {
        let admitted = self.has(now, cost);
        if admitted {
            self.take(cost);
        }
        admitted
    }

    /// Takes what `has` has just said is there.
    #[inline]
    pub(crate) fn take(&mut self, cost: i128) {
        self.tokens -= cost * FINE;
    }

    /// Says whether `admit` would pass, without taking anything.
    pub fn has(&mut self, now: SimTime, cost: i128) -> bool {
        self.refill(now);
        self.touched <= now.0 && self.tokens + self.rate >= cost * FINE
    }

    /// Reserves `cost` [10⁻¹² token] and returns when it is admitted, in order of calls.
    ///
    /// A cost above the burst is admitted once the whole difference has accrued
    /// (in windows: it gets one of its own).
    pub fn wait(&mut self, now: SimTime, cost: i128) -> SimTime {
        self.refill(now);
        let cost = cost * FINE;
        if self.window > 0 {
            if self.tokens < cost && self.tokens < self.burst {
                self.touched = self.touched.saturating_add(self.window);
                self.tokens = self.burst;
            }
            self.tokens -= cost;
            return SimTime(self.touched.max(now.0));
        }
        let missing = cost - self.rate - self.tokens;
        self.tokens -= cost;
        if missing <= 0 {
            return now;
        }
        let wait = (missing + self.rate - 1) / self.rate;
        now + Span(u64::try_from(wait).unwrap_or(u64::MAX))
    }

    /// Returns when `wait` would admit `cost` [10⁻¹² token], without reserving anything.
    pub fn ready(&self, now: SimTime, cost: i128) -> SimTime {
        let mut probe = *self;
        probe.wait(now, cost)
    }

    /// Gains and keeps as much more (or less) from now on as the rate is more than it was;
    /// what is held beyond that is lost.
    pub fn set_rate(&mut self, now: SimTime, rate_per_s: f64) {
        self.refill(now);
        let rate = pico_tokens(rate_per_s).max(1);
        self.burst = (self.burst as f64 * (rate as f64 / self.rate as f64)) as i128;
        self.rate = rate;
        self.tokens = self.tokens.min(self.burst);
    }

    /// Gains so much and keeps so much from now on (in windows: admits `burst` in each); what is
    /// held beyond that is lost, and what this window has admitted counts.
    pub fn change(&mut self, now: SimTime, rate_per_s: f64, burst: f64) {
        self.refill(now);
        let burst = pico_tokens(burst).saturating_mul(FINE);
        if self.window > 0 {
            self.tokens = (self.tokens + burst - self.burst).max(0);
        } else {
            self.rate = pico_tokens(rate_per_s).max(1);
            self.tokens = self.tokens.min(burst);
        }
        self.burst = burst;
    }

    /// Returns the tokens held; below zero while reservations are being earned.
    pub fn level(&mut self, now: SimTime) -> f64 {
        self.refill(now);
        self.tokens as f64 / 1e21
    }

    /// Says whether the level lies between minus one nanosecond's refill and the
    /// burst, as it must if nothing was reserved.
    pub fn is_sound(&self) -> bool {
        -self.rate <= self.tokens && self.tokens <= self.burst
    }

    fn refill(&mut self, now: SimTime) {
        // A window reserved in advance lies in the future.
        let Some(elapsed) = now.0.checked_sub(self.touched) else {
            return;
        };
        if self.window == 0 {
            let gained = times(self.rate, elapsed);
            self.tokens = self.tokens.saturating_add(gained).min(self.burst);
            self.touched = now.0;
        } else if elapsed >= self.window {
            self.tokens = self.burst;
            self.touched = now.0 - now.0 % self.window;
        }
    }
}

/// Returns what is gained in so many nanoseconds, at most the greatest number.
#[inline]
fn times(rate: i128, elapsed: u64) -> i128 {
    match u64::try_from(rate) {
        // One product: below 2^127, so it is a number of this type.
        Ok(rate) if rate < 1 << 63 => (u128::from(rate) * u128::from(elapsed)) as i128,
        Ok(_) | Err(_) => rate.saturating_mul(i128::from(elapsed)),
    }
}

/// Takes `cost` from every bucket of a chain, or from none.
///
/// # Errors
///
/// The place in the chain of the first bucket that refuses.
pub fn admit_all(
    buckets: &mut [TokenBucket],
    chain: impl Iterator<Item = usize> + Clone,
    now: SimTime,
    cost: i128,
) -> Result<(), usize> {
    for (place, bucket) in chain.clone().enumerate() {
        if !buckets[bucket].has(now, cost) {
            return Err(place);
        }
    }
    for bucket in chain {
        buckets[bucket].take(cost);
    }
    Ok(())
}

/// Reserves `cost` at every bucket of a chain and returns when the last admits it.
pub fn wait_all(
    buckets: &mut [TokenBucket],
    chain: impl Iterator<Item = usize>,
    now: SimTime,
    cost: i128,
) -> SimTime {
    chain.fold(now, |at, bucket| at.max(buckets[bucket].wait(now, cost)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: i128 = 1_000_000_000_000;
    const MS: u64 = 1_000_000;

    #[test]
    fn refuses_when_empty_and_admits_again_after_one_interval() {
        let mut bucket = TokenBucket::new(1000.0, 2.0);

        let first: Vec<bool> = (0..3).map(|_| bucket.admit(SimTime(0), ONE)).collect();
        let early = bucket.admit(SimTime(MS - 2), ONE);
        let due = bucket.admit(SimTime(MS), ONE);

        assert_eq!(first, [true, true, false]);
        assert!(!early, "two nanoseconds too early");
        assert!(due, "one token accrues per millisecond");
    }

    #[test]
    fn admits_every_arrival_at_its_rate_in_spite_of_rounding() {
        let mut bucket = TokenBucket::new(3000.0, 1.0);

        for n in 0..100_000u64 {
            let at = (n as f64 * 1e9 / 3000.0).round() as u64;
            assert!(bucket.admit(SimTime(at), ONE), "arrival {n} at {at} ns");
            assert!(bucket.is_sound(), "{bucket:?}");
        }
    }

    #[test]
    fn admits_burst_plus_rate_times_time_under_constant_excess() {
        let mut bucket = TokenBucket::new(100.0, 50.0);

        let admitted = (0..10_000u64)
            .filter(|n| bucket.admit(SimTime(n * MS), ONE))
            .count();

        // b + r·t with t = 9.999 s.
        assert_eq!(admitted, 1049);
    }

    #[test]
    fn banks_what_it_did_not_hold_at_the_start() {
        let mut bucket = TokenBucket::holding(100.0, 500.0, 20.0);

        let first = (0..1000).filter(|_| bucket.admit(SimTime(0), ONE)).count();
        let after_3_s = (0..1000)
            .filter(|_| bucket.admit(SimTime(3000 * MS), ONE))
            .count();
        let after_idling = bucket.level(SimTime(60_000 * MS));

        assert_eq!((first, after_3_s), (20, 300), "the start, then r·t");
        assert!((after_idling - 500.0).abs() < 1e-9, "never above the burst");
    }

    #[test]
    fn charges_what_a_visit_costs() {
        let mut bucket = TokenBucket::new(10.0, 5.0);

        let passed = [4.5, 0.5, 0.1].map(|cost| bucket.admit(SimTime(0), pico_tokens(cost)));

        assert_eq!(passed, [true, true, false]);
        assert!(bucket.level(SimTime(250 * MS)) > 2.4999);
        assert!(!TokenBucket::new(10.0, 5.0).admit(SimTime(u64::MAX), 6 * ONE));
    }

    #[test]
    fn rounds_tokens_half_away_from_zero_however_many_there_are() {
        let half = 0.5e-12_f64;
        let few = [0.0, half.next_down(), half, 3.0 * half, 1.0 / 3.0, 1.0, 2.5];
        for tokens in few.into_iter().chain([4503.6, 4503.7, 1e9]) {
            let expected = (tokens * 1e12_f64).round() as i128;

            assert_eq!(pico_tokens(tokens), expected, "{tokens}");
            assert_eq!(pico_tokens(-tokens), -expected, "{}", -tokens);
        }
        assert_eq!(pico_tokens(f64::INFINITY), i128::MAX);
    }

    #[test]
    fn gains_at_any_rate_for_any_time() {
        for rate in [1, 1 << 40, (1 << 63) - 1, 1 << 63, 1 << 64, i128::MAX] {
            for elapsed in [0, 1, 1 << 32, u64::MAX] {
                let expected = rate.saturating_mul(i128::from(elapsed));

                assert_eq!(times(rate, elapsed), expected, "{rate} for {elapsed} ns");
            }
        }
    }

    #[test]
    fn grows_in_rate_and_burst_and_keeps_what_it_holds() {
        let mut bucket = TokenBucket::new(100.0, 50.0);
        let before = (0..1000).filter(|_| bucket.admit(SimTime(0), ONE)).count();

        bucket.set_rate(SimTime(0), 300.0);
        let after_100_ms = (0..1000)
            .filter(|_| bucket.admit(SimTime(100 * MS), ONE))
            .count();
        let after_idling = bucket.level(SimTime(60_000 * MS));

        assert_eq!((before, after_100_ms), (50, 30));
        assert!((after_idling - 150.0).abs() < 1e-6, "{after_idling}");
    }

    #[test]
    fn loses_what_it_holds_beyond_a_smaller_burst() {
        let mut bucket = TokenBucket::new(100.0, 50.0);

        bucket.set_rate(SimTime(0), 20.0);
        let at_once = (0..1000).filter(|_| bucket.admit(SimTime(0), ONE)).count();

        assert_eq!(at_once, 10);
        assert!(bucket.is_sound());
    }

    #[test]
    fn earns_at_the_rate_of_each_time() {
        let mut bucket = TokenBucket::new(100.0, 50.0);
        let at_once = (0..1000).filter(|_| bucket.admit(SimTime(0), ONE)).count();

        // 10 up to 100 ms, of which 5 are kept; then 10 a second.
        bucket.change(SimTime(100 * MS), 10.0, 5.0);
        let then = (0..1000)
            .filter(|_| bucket.admit(SimTime(300 * MS), ONE))
            .count();
        bucket.change(SimTime(400 * MS), 100.0, 50.0);
        let level = bucket.level(SimTime(500 * MS));

        assert_eq!((at_once, then), (50, 5));
        assert!((level - (1.0 + 10.0)).abs() < 1e-9, "{level}");
    }

    #[test]
    fn what_a_window_has_admitted_counts_after_a_change() {
        let mut bucket = TokenBucket::windowed(4.0, Span(MS));
        let admitted = |bucket: &mut TokenBucket, at: u64| {
            (0..9).filter(|_| bucket.admit(SimTime(at), ONE)).count()
        };

        assert!(bucket.admit(SimTime(0), ONE));
        bucket.change(SimTime(1), 0.0, 2.0);
        let rest = admitted(&mut bucket, 2);
        bucket.change(SimTime(3), 0.0, 3.0);
        let more = admitted(&mut bucket, 4);
        bucket.change(SimTime(5), 0.0, 1.0);

        assert_eq!((rest, more), (1, 1));
        assert_eq!(
            (admitted(&mut bucket, 6), admitted(&mut bucket, MS)),
            (0, 1)
        );
    }

    #[test]
    fn takes_from_all_of_a_chain_or_from_none() {
        let mut buckets = [TokenBucket::new(1.0, 5.0), TokenBucket::new(1.0, 1.0)];

        let first = admit_all(&mut buckets, 0..2, SimTime(0), ONE);
        let second = admit_all(&mut buckets, 0..2, SimTime(0), ONE);

        assert_eq!((first, second), (Ok(()), Err(1)));
        assert_eq!(buckets.map(|b| b.tokens / FINE / ONE), [4, 0]);
    }

    #[test]
    fn waits_in_order_of_arrival() {
        let mut bucket = TokenBucket::new(1000.0, 1.0);

        let admitted: Vec<u64> = (0..4).map(|_| bucket.wait(SimTime(0), ONE).0).collect();
        let later = bucket.wait(SimTime(10 * MS), ONE);

        // Each within one nanosecond of its interval, as `admit` passes.
        assert_eq!(admitted, [0, MS - 1, 2 * MS - 1, 3 * MS - 1]);
        assert_eq!(later, SimTime(10 * MS));
    }

    #[test]
    fn says_when_it_is_ready_and_keeps_what_it_has() {
        let mut bucket = TokenBucket::new(1000.0, 1.0);

        let first = bucket.ready(SimTime(0), ONE);
        let reserved = bucket.wait(SimTime(0), ONE);
        let then = [0, MS / 2, 3 * MS].map(|now| bucket.ready(SimTime(now), ONE).0);

        assert_eq!((first, reserved), (SimTime(0), SimTime(0)));
        assert_eq!(then, [MS - 1, MS - 1, 3 * MS]);
        assert_eq!(bucket.wait(SimTime(0), ONE), SimTime(MS - 1), "as it said");
    }

    #[test]
    fn counts_in_fixed_windows() {
        let mut bucket = TokenBucket::windowed(2.0, Span(MS));

        let at = [0, 1, MS - 1, MS, MS, MS, 5 * MS + 7];
        let passed = at.map(|at| bucket.admit(SimTime(at), ONE));

        assert_eq!(passed, [true, true, false, true, true, false, true]);
    }

    #[test]
    fn waits_for_a_window_with_room() {
        let mut bucket = TokenBucket::windowed(2.0, Span(MS));

        let admitted = [3, 3, 3, 3, 3, MS + 1].map(|at| bucket.wait(SimTime(at), ONE).0);

        assert_eq!(admitted, [3, 3, MS, MS, 2 * MS, 2 * MS]);
    }
}

//! The rate that a client allows itself: grows as a cubic of the time since it was last throttled.
//!
//! Until its first throttled answer a client sends as it likes. That answer sets a
//! token bucket before it, whose rate every later answer sets anew: a throttled one
//! to β of the rate that was throttled, `w`, any other to the cubic
//! `w + c (t − k)³`, where t is the time since then and k the time that the cubic
//! takes back to w; never to more than twice the measured rate of answers, nor to
//! less than half a call per second.
//!
//! Not here: who waits for a token (`engine::pace`).
//!
//! # Sources
//! The adaptive mode of the AWS SDKs as their Python core implements it (botocore,
//! `retries/adaptive.py`, `throttling.py`, `bucket.py`; read 2026-11); the cubic is
//! that of RFC 9438, CUBIC, section 4.2.

use crate::units::{SimTime, Span};

/// What is left of the rate that was throttled.
const BETA: f64 = 0.7;
/// Growth of the cubic [calls/s⁴].
const SCALE: f64 = 0.4;
/// Least rate [calls/s].
const LEAST: f64 = 0.5;
/// Most times the measured rate.
const MOST: f64 = 2.0;
/// Weight of the latest measurement.
const SMOOTHING: f64 = 0.8;
/// Length of a measurement [ns].
const WINDOW: u64 = 500_000_000;

/// The rate limit of one client.
#[derive(Clone, Debug, Default)]
pub struct ClientRate {
    /// Whether it was ever throttled.
    limits: bool,
    /// Rate of the bucket [calls/s].
    rate: f64,
    /// Depth of the bucket [calls].
    depth: f64,
    tokens: f64,
    /// When the tokens were right.
    touched: SimTime,
    /// The rate that was last throttled, `w` [calls/s].
    throttled_rate: f64,
    /// When it was.
    throttled_at: SimTime,
    /// Answers per second, smoothed.
    measured: f64,
    answers: u32,
    /// Number of the window of the latest answer that ended one.
    window: u64,
}

impl ClientRate {
    /// Takes a token for a call, if there is one.
    pub fn take(&mut self, now: SimTime) -> bool {
        if !self.limits {
            return true;
        }
        self.refill(now);
        let has = self.tokens >= 1.0;
        if has {
            self.tokens -= 1.0;
        }
        has
    }

    /// Says when there will be a token, if no answer changes the rate.
    pub fn ready_at(&self, now: SimTime) -> SimTime {
        let lacking = (1.0 - self.tokens).max(0.0);
        // Up, so that the token is there.
        now + Span((lacking / self.rate * 1e9).ceil() as u64)
    }

    /// Learns how a call was answered.
    pub fn answered(&mut self, now: SimTime, throttled: bool) {
        let measured = self.measure(now);
        let rate = if throttled {
            self.throttled_rate = if self.limits {
                measured.min(self.rate)
            } else {
                measured
            };
            self.throttled_at = now;
            self.limits = true;
            BETA * self.throttled_rate
        } else {
            let since_s = now.since(self.throttled_at).as_seconds();
            cubic(self.throttled_rate, since_s)
        };
        self.refill(now);
        let rate = rate.min(MOST * measured);
        self.rate = rate.max(LEAST);
        self.depth = rate.max(1.0);
        self.tokens = self.tokens.min(self.depth);
    }

    /// Adds the tokens of the time since the last touch.
    fn refill(&mut self, now: SimTime) {
        let earned = now.since(self.touched).as_seconds() * self.rate;
        // A nanosecond's refill may be missing by rounding.
        let tokens = (self.tokens + earned).min(self.depth);
        self.tokens = if (1.0 - tokens).abs() < self.rate * 1e-9 {
            1.0
        } else {
            tokens
        };
        self.touched = now;
    }

    /// Counts an answer and returns the rate of answers [1/s].
    fn measure(&mut self, now: SimTime) -> f64 {
        self.answers += 1;
        let window = now.0 / WINDOW;
        if window > self.window {
            let length_s = (window - self.window) as f64 * WINDOW as f64 / 1e9;
            let latest = f64::from(self.answers) / length_s;
            self.measured = SMOOTHING * latest + (1.0 - SMOOTHING) * self.measured;
            self.answers = 0;
            self.window = window;
        }
        self.measured
    }
}

/// Returns the rate some seconds after one was throttled [calls/s].
fn cubic(throttled_rate: f64, since_s: f64) -> f64 {
    let k = libm::cbrt(throttled_rate * (1.0 - BETA) / SCALE);
    let from = since_s - k;
    SCALE * from * from * from + throttled_rate
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: f64) -> SimTime {
        SimTime((seconds * 1e9) as u64)
    }

    #[test]
    fn the_cubic_starts_at_beta_and_is_back_after_k() {
        // k = ∛(0.3 · 10 / 0.4) = 1.957 s.
        let k = 7.5_f64.cbrt();

        assert!((cubic(10.0, 0.0) - 7.0).abs() < 1e-12);
        assert!((cubic(10.0, k) - 10.0).abs() < 1e-12);
        assert!((cubic(10.0, 2.0 * k) - 13.0).abs() < 1e-12);
    }

    #[test]
    fn a_client_that_was_never_throttled_sends_as_it_likes() {
        let mut client = ClientRate::default();
        for call in 0..10_000 {
            assert!(client.take(at(f64::from(call) * 1e-6)));
            client.answered(at(f64::from(call) * 1e-6), false);
        }
    }

    #[test]
    fn answers_are_measured_by_half_seconds() {
        let mut client = ClientRate::default();
        for answer in 0..100 {
            client.answered(at(0.005 * f64::from(answer)), false);
        }
        assert_eq!(client.measured.to_bits(), 0.0_f64.to_bits());

        client.answered(at(0.5), false);

        // 101 answers in half a second, smoothed into nothing.
        assert!((client.measured - 0.8 * 202.0).abs() < 1e-9);
    }

    #[test]
    fn a_throttled_client_keeps_to_its_rate() {
        let mut client = ClientRate::default();
        for answer in 0..=200 {
            client.answered(at(0.01 * f64::from(answer)), false);
        }
        let measured = client.measured;
        client.answered(at(2.0), true);

        assert!((client.rate - BETA * measured).abs() < 1e-9);
        // Without further answers, so many calls pass in ten seconds: those of the
        // rate, less the tokens that no rate had filled before.
        let mut now = at(2.0);
        let mut passed = 0;
        while now < at(12.0) {
            if client.take(now) {
                passed += 1;
            } else {
                now = client.ready_at(now);
            }
        }
        let expected = 10.0 * client.rate + client.tokens;
        assert!(
            (f64::from(passed) - expected).abs() < client.rate,
            "{passed} {expected}"
        );
    }

    #[test]
    fn the_rate_is_at_most_twice_what_is_measured_and_at_least_a_half() {
        let mut client = ClientRate::default();
        client.answered(at(0.1), true);
        assert!((client.rate - LEAST).abs() < 1e-12);
        for answer in 0..1_000 {
            client.answered(at(30.0 + 0.1 * f64::from(answer)), false);
        }

        assert!((client.rate - MOST * client.measured).abs() < 1e-9);
        assert!((client.measured - 10.0).abs() < 0.5);
    }
}

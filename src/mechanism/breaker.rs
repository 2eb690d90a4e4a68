//! Circuit breaker: stops calling what mostly fails.
//!
//! *Closed* it counts calls and failures over a sliding window of ten buckets;
//! when enough calls were made and too large a share failed it is *open* for a
//! while and refuses; then *half open* it lets some probes through. All of them
//! must succeed to close it; the first that fails opens it again.

use crate::units::{SimTime, Span};

/// Buckets of the window.
const BUCKETS: usize = 10;

/// What a call may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permit {
    /// Go ahead.
    Call,
    /// Go ahead, and find out.
    Probe,
    /// Fail at once.
    Refused,
}

/// The state of one circuit.
#[derive(Clone, Debug)]
pub struct Breaker {
    /// Share of failures that opens it, 0..=1 — constant.
    failures: f64,
    /// Least calls in the window — constant.
    least_calls: u32,
    /// How long it stays open — constant.
    open: Span,
    /// Calls let through to find out, ≥ 1 — constant.
    probes: u32,
    /// Length of a bucket [ns], ≥ 1 — constant.
    bucket: u64,
    state: State,
    /// (calls, failures) of each bucket.
    counts: [(u32, u32); BUCKETS],
    /// Number of the latest bucket since time zero.
    latest: u64,
}

#[derive(Clone, Copy, Debug)]
enum State {
    Closed,
    Open { until: SimTime },
    HalfOpen { sent: u32, succeeded: u32 },
}

impl Breaker {
    /// Makes a closed breaker.
    pub fn new(failures: f64, window: Span, least_calls: u32, open: Span, probes: u32) -> Breaker {
        Breaker {
            failures,
            least_calls,
            open,
            probes: probes.max(1),
            bucket: (window.0 / BUCKETS as u64).max(1),
            state: State::Closed,
            counts: [(0, 0); BUCKETS],
            latest: 0,
        }
    }

    /// Says what a call at `now` may do; a probe is counted as sent.
    pub fn ask(&mut self, now: SimTime) -> Permit {
        if let State::Open { until } = self.state
            && until <= now
        {
            self.state = State::HalfOpen {
                sent: 0,
                succeeded: 0,
            };
        }
        match &mut self.state {
            State::Closed => Permit::Call,
            State::Open { .. } => Permit::Refused,
            State::HalfOpen { sent, .. } if *sent < self.probes => {
                *sent += 1;
                Permit::Probe
            }
            State::HalfOpen { .. } => Permit::Refused,
        }
    }

    /// Counts how a call ended. Calls that began before it opened count no more.
    pub fn record(&mut self, now: SimTime, probe: bool, failed: bool) {
        match self.state {
            State::Closed if !probe => {
                self.slide(now);
                let (calls, failures) = &mut self.counts[(self.latest % BUCKETS as u64) as usize];
                *calls += 1;
                *failures += u32::from(failed);
                if failed && self.exceeded() {
                    self.trip(now);
                }
            }
            State::HalfOpen { sent, succeeded } if probe => {
                if failed {
                    self.trip(now);
                } else if succeeded + 1 >= self.probes {
                    self.state = State::Closed;
                } else {
                    self.state = State::HalfOpen {
                        sent,
                        succeeded: succeeded + 1,
                    };
                }
            }
            State::Closed | State::Open { .. } | State::HalfOpen { .. } => {}
        }
    }

    /// Takes a probe back whose call ended without an answer that counts.
    pub fn forget_probe(&mut self) {
        if let State::HalfOpen { sent, .. } = &mut self.state {
            *sent = sent.saturating_sub(1);
        }
    }

    /// Says whether calls are refused or only probed.
    pub fn is_open(&self) -> bool {
        !matches!(self.state, State::Closed)
    }

    fn trip(&mut self, now: SimTime) {
        self.state = State::Open {
            until: now + self.open,
        };
        self.counts = [(0, 0); BUCKETS];
    }

    fn exceeded(&self) -> bool {
        let sum = |(calls, failures): (u64, u64), &(c, f): &(u32, u32)| {
            (calls + u64::from(c), failures + u64::from(f))
        };
        let (calls, failures) = self.counts.iter().fold((0, 0), sum);
        calls >= u64::from(self.least_calls) && failures as f64 >= self.failures * calls as f64
    }

    fn slide(&mut self, now: SimTime) {
        let latest = now.0 / self.bucket;
        let steps = (latest - self.latest).min(BUCKETS as u64);
        for step in 0..steps {
            self.counts[((latest - step) % BUCKETS as u64) as usize] = (0, 0);
        }
        self.latest = latest;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn breaker(probes: u32) -> Breaker {
        Breaker::new(0.5, Span(1000), 4, Span(500), probes)
    }

    fn end(breaker: &mut Breaker, at: u64, ends: &[bool]) {
        for &failed in ends {
            breaker.record(SimTime(at), false, failed);
        }
    }

    #[test]
    fn opens_at_its_share_of_failures_but_not_before_enough_calls() {
        let mut breaker = breaker(1);

        end(&mut breaker, 0, &[true, true, false]);
        let few = breaker.is_open();
        end(&mut breaker, 10, &[true]);

        assert!(!few && breaker.is_open());
        assert_eq!(breaker.ask(SimTime(509)), Permit::Refused);
        assert_eq!(breaker.ask(SimTime(510)), Permit::Probe);
        assert_eq!(breaker.ask(SimTime(511)), Permit::Refused);
    }

    #[test]
    fn forgets_what_left_the_window() {
        let mut breaker = breaker(1);

        end(&mut breaker, 0, &[true, true, true]);
        end(&mut breaker, 1050, &[false, true, false]);
        assert!(!breaker.is_open(), "the first three are too old");
        end(&mut breaker, 1900, &[true]);

        assert!(breaker.is_open(), "two of four failed");
    }

    #[test]
    fn closes_after_all_probes_succeed_and_opens_again_if_one_fails() {
        let mut breaker = breaker(2);
        end(&mut breaker, 0, &[true; 4]);

        let first = [breaker.ask(SimTime(500)), breaker.ask(SimTime(500))];
        breaker.record(SimTime(510), true, false);
        breaker.record(SimTime(520), true, true);
        let refused = breaker.ask(SimTime(1019));
        breaker.ask(SimTime(1020));
        breaker.record(SimTime(1030), true, false);
        breaker.ask(SimTime(1030));
        breaker.record(SimTime(1040), true, false);

        assert_eq!(first, [Permit::Probe; 2]);
        assert_eq!(refused, Permit::Refused);
        assert_eq!(
            (breaker.is_open(), breaker.ask(SimTime(1041))),
            (false, Permit::Call)
        );
    }
}

//! Controlled delay: sheds at the head of a line that has been long for long.
//!
//! Source: RFC 8289, “Controlled Delay Active Queue Management”, section 5. The
//! only departure: the least backlog that is never shed is one visit.

use crate::units::{SimTime, Span};

/// The state of one waiting line.
#[derive(Clone, Copy, Debug)]
pub struct ControlledDelay {
    /// Waiting time that is acceptable for ever — constant.
    target: Span,
    /// How long it may be exceeded — constant.
    interval: Span,
    /// When it will have been exceeded for an interval, if it is at present.
    above_since: Option<SimTime>,
    shedding: bool,
    next_shed: SimTime,
    /// Shed in this and, for a while, the last run of shedding.
    count: u32,
    last_count: u32,
}

impl ControlledDelay {
    /// Makes the state of an empty line.
    pub fn new(target: Span, interval: Span) -> ControlledDelay {
        ControlledDelay {
            target,
            interval,
            above_since: None,
            shedding: false,
            next_shed: SimTime::ZERO,
            count: 0,
            last_count: 0,
        }
    }

    /// Says whether the visit at the head of the line, which entered it at
    /// `entered`, is shed instead of served.
    ///
    /// To be asked again for the next one until it says no; `last` says that
    /// nobody else is in line (it is then served).
    pub fn sheds(&mut self, now: SimTime, entered: SimTime, last: bool) -> bool {
        let exceeded = self.exceeded(now, entered, last);
        if self.shedding {
            if !exceeded {
                self.shedding = false;
                return false;
            }
            if now < self.next_shed {
                return false;
            }
            self.count += 1;
            self.next_shed = self.control(self.next_shed);
            return true;
        }
        if !exceeded {
            return false;
        }
        self.shedding = true;
        // Soon after the last run, shedding goes on at about its rate.
        let recent = self.count - self.last_count;
        let soon = now.0.saturating_sub(self.next_shed.0) < 16 * self.interval.0;
        self.count = if recent > 1 && soon { recent } else { 1 };
        self.last_count = self.count;
        self.next_shed = self.control(now);
        true
    }

    fn exceeded(&mut self, now: SimTime, entered: SimTime, last: bool) -> bool {
        if now.since(entered) < self.target || last {
            self.above_since = None;
            return false;
        }
        match self.above_since {
            None => {
                self.above_since = Some(now + self.interval);
                false
            }
            Some(due) => now >= due,
        }
    }

    /// Returns when to shed next: sheddings come closer with the root of their number.
    fn control(&self, from: SimTime) -> SimTime {
        from + Span((self.interval.0 as f64 / f64::from(self.count).sqrt()) as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000_000;

    /// Times [ms] of sheddings when one visit a millisecond reaches the head,
    /// each having waited as `waited` [ms] says of the time.
    fn sheddings(until: u64, waited: impl Fn(u64) -> u64) -> Vec<u64> {
        let mut line = ControlledDelay::new(Span(5 * MS), Span(100 * MS));
        (1000..1000 + until)
            .filter(|&t| line.sheds(SimTime(t * MS), SimTime((t - waited(t)) * MS), false))
            .map(|t| t - 1000)
            .collect()
    }

    #[test]
    fn sheds_ever_faster_after_an_interval_above_target() {
        // 100, then + 100/√1, + 100/√2, + 100/√3, …
        assert_eq!(sheddings(400, |_| 20), [100, 200, 271, 329, 379]);
    }

    #[test]
    fn tolerates_long_waits_that_are_short_lived() {
        assert!(sheddings(1000, |t| if t % 90 == 0 { 1 } else { 50 }).is_empty());
        assert!(sheddings(1000, |_| 4).is_empty());
    }

    #[test]
    fn goes_on_at_its_rate_soon_after_a_run() {
        let times = sheddings(800, |t| if t == 1400 { 0 } else { 20 });

        // The first run shed five; the next begins with five less one: +100/√4, +100/√5.
        assert_eq!(times[..5], [100, 200, 271, 329, 379]);
        assert_eq!(times[5..8], [501, 551, 596]);
    }

    #[test]
    fn serves_the_only_one_in_line() {
        let mut line = ControlledDelay::new(Span(5), Span(100));

        let shed = (0..10).any(|n| line.sheds(SimTime(1000 * n + 500), SimTime(0), true));

        assert!(!shed);
    }
}

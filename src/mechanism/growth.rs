//! Growing limit: a rate that follows a multiple of the highest rate it has admitted.
//!
//! What is admitted is averaged over slots, thirty to the time of growth. The average
//! of a slot, times a factor, becomes the limit once that time has passed since the
//! slot's end, if it is more than the limit then is. The limit never falls.
//! Everything is found out at an admission: growth costs no events.
//!
//! Not here: the bucket whose rate it is.

use std::collections::VecDeque;

use crate::units::{SimTime, Span};

/// Slots to the time of growth.
///
/// CHOICE: peaks are told apart as coarsely as by metrics of one minute, where growth
/// takes half an hour.
const SLOTS: u64 = 30;

/// A limit that grows.
#[derive(Clone, Debug)]
pub struct Growth {
    /// Multiplies the rate of a slot — constant.
    factor: f64,
    /// From the end of a slot until its rate counts [ns] — constant.
    after: u64,
    /// Length of a slot [ns], ≥ 1 — constant.
    slot: u64,
    /// The most that the limit may become [1/s] — constant.
    most: f64,
    /// The limit [1/s] — state.
    limit: f64,
    /// When the slot in use ends [ns] — state.
    ends: u64,
    /// Admitted in it [10⁻¹² token] — state.
    admitted: i128,
    /// Limits to come, each higher than the one before: (from [ns], limit [1/s]) — state.
    coming: VecDeque<(u64, f64)>,
}

impl Growth {
    /// Makes a limit that begins at a rate, grows to `factor` times what it has admitted
    /// `after` that, and to `most` at most.
    pub fn new(limit: f64, factor: f64, after: Span, most: f64) -> Growth {
        let slot = (after.0 / SLOTS).max(1);
        Growth {
            factor,
            after: after.0,
            slot,
            most,
            limit,
            ends: slot,
            admitted: 0,
            coming: VecDeque::new(),
        }
    }

    /// Counts what was admitted [10⁻¹² token]; returns the limit if it has grown.
    pub fn note(&mut self, now: SimTime, cost: i128) -> Option<f64> {
        if now.0 < self.ends {
            self.admitted += cost;
            return None;
        }
        self.close();
        self.ends = (now.0 / self.slot + 1) * self.slot;
        self.admitted = cost;
        let before = self.limit;
        while let Some(&(from, limit)) = self.coming.front()
            && from <= now.0
        {
            self.limit = limit;
            self.coming.pop_front();
        }
        (self.limit > before).then_some(self.limit)
    }

    /// Lets the rate of the slot in use become a limit later, if it is one.
    fn close(&mut self) {
        let rate = self.admitted as f64 / 1e3 / self.slot as f64;
        let limit = (rate * self.factor).min(self.most);
        let highest = self.coming.back().map_or(self.limit, |(_, limit)| *limit);
        if limit > highest {
            self.coming
                .push_back((self.ends.saturating_add(self.after), limit));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: i128 = 1_000_000_000_000;
    const SECOND: u64 = 1_000_000_000;

    /// Admits whatever comes at a rate, up to the limit; returns when the limit grew, and to what.
    fn drive(growth: &mut Growth, seconds: std::ops::Range<u64>, offered: u64) -> Vec<(u64, f64)> {
        let mut grown = Vec::new();
        for second in seconds {
            let admitted = (offered as f64).min(growth.limit) as i128;
            if let Some(limit) = growth.note(SimTime(second * SECOND), admitted * ONE) {
                grown.push((second, limit));
            }
        }
        grown
    }

    #[test]
    fn doubles_each_time_that_its_limit_was_reached_for_so_long() {
        let mut growth = Growth::new(100.0, 2.0, Span(30 * SECOND), f64::INFINITY);

        let grown = drive(&mut growth, 0..100, 10_000);

        // A slot of 1 s at 100/s ends at 1 s: 200/s from 31 s on. The first slot that
        // begins with it ends at 33 s.
        assert_eq!(grown, [(31, 200.0), (63, 400.0), (95, 800.0)]);
    }

    #[test]
    fn does_not_grow_while_less_than_half_of_it_is_used() {
        let mut growth = Growth::new(100.0, 2.0, Span(30 * SECOND), f64::INFINITY);

        assert!(drive(&mut growth, 0..300, 50).is_empty());
    }

    #[test]
    fn keeps_what_a_peak_has_earned_and_stops_at_the_most() {
        let mut growth = Growth::new(100.0, 2.0, Span(30 * SECOND), 150.0);

        let peak = drive(&mut growth, 0..5, 80);
        let calm = drive(&mut growth, 5..200, 1);

        assert!(peak.is_empty());
        assert_eq!(calm, [(31, 150.0)]);
        assert!(drive(&mut growth, 200..400, 1_000).is_empty());
    }
}

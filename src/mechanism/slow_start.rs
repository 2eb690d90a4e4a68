//! Slow start: a candidate that comes newly gets a share of its turns that grows in time.
//!
//! The share grows linearly from nothing to all over a span. A candidate takes its turn
//! whenever its shares so far have come to another whole turn. Among n others that
//! take every turn it then gets, of `λ` calls per second during a span `T`,
//! λT·(1 − n·ln((n + 1)/n)).
//!
//! Where none of the open candidates is there for longer than the span, all take every turn:
//! there is nobody else who could.
//!
//! Not here: whose turn it is (`mechanism::balancer`).

use crate::units::{SimTime, Span};

/// A whole turn.
const TURN: u64 = 1 << 32;

/// Which candidates are new, and how much of a turn each has saved.
#[derive(Clone, Debug)]
pub struct SlowStart {
    /// From its coming until a candidate takes every turn [ns], ≥ 1 — constant.
    span: u64,
    /// When each candidate takes every turn [ns] — state.
    full: Vec<u64>,
    /// Turns that each has saved [2⁻³²] — state.
    saved: Vec<u64>,
    /// When all take every turn [ns] — state.
    over: u64,
}

impl SlowStart {
    /// Makes so many candidates, of which none is new.
    pub fn new(span: Span, candidates: usize) -> SlowStart {
        SlowStart {
            span: span.0.max(1),
            full: vec![0; candidates],
            saved: vec![0; candidates],
            over: 0,
        }
    }

    /// Lets a candidate begin.
    pub fn begin(&mut self, now: SimTime, candidate: u32) {
        let until = now.0.saturating_add(self.span);
        self.full[candidate as usize] = until;
        self.saved[candidate as usize] = 0;
        self.over = self.over.max(until);
    }

    /// Lets a candidate take every turn from now on.
    pub fn end(&mut self, now: SimTime, candidate: u32) {
        let full = &mut self.full[candidate as usize];
        *full = now.0.min(*full);
    }

    /// Whether a candidate takes every turn.
    pub fn is_full(&self, now: SimTime, candidate: u32) -> bool {
        self.full[candidate as usize] <= now.0
    }

    /// Whether somebody may have to leave a turn to the next.
    pub fn is_on(&self, now: SimTime) -> bool {
        now.0 < self.over
    }

    /// Offers a candidate its turn; says whether it takes it.
    pub fn takes(&mut self, now: SimTime, candidate: u32) -> bool {
        let left = self.full[candidate as usize].saturating_sub(now.0);
        let done = self.span - left.min(self.span);
        let share = (u128::from(TURN) * u128::from(done) / u128::from(self.span)) as u64;
        let saved = &mut self.saved[candidate as usize];
        *saved += share;
        let takes = *saved >= TURN;
        if takes {
            *saved -= TURN;
        }
        takes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_candidate_takes_the_share_of_its_turns_that_it_has_reached() {
        let mut slow = SlowStart::new(Span(1_000), 2);
        slow.begin(SimTime(500), 1);

        let taken = |slow: &mut SlowStart, at: u64| {
            (0..100)
                .filter(|_| slow.takes(SimTime(at), 1))
                .collect::<Vec<u32>>()
                .len()
        };

        assert_eq!(taken(&mut slow, 500), 0);
        assert_eq!(taken(&mut slow, 750), 25);
        assert_eq!(taken(&mut slow, 1_250), 75);
        assert!(slow.is_on(SimTime(1_499)) && !slow.is_on(SimTime(1_500)));
        assert_eq!(taken(&mut slow, 1_500), 100);
        assert!(slow.takes(SimTime(500), 0), "the other is not new");
    }
}

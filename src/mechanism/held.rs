//! Held: what several holders have read of one value that is changed from time to time.
//!
//! A holder keeps what it read for some time and then reads anew. The value is *changed* at
//! planned instants, and *published* a little later: who reads between the two gets the one
//! before. What a holder has is accepted as long as it is not too many changes old. All
//! of it follows from the clock, so a change is no event.
//!
//! Not here: who reads, and what a holder does whose value is not accepted.

use crate::random::draw;
use crate::units::{SimTime, Span};

/// When a value changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rotation {
    /// The first change.
    pub first: SimTime,
    /// From one change to the next, > 0; `MAX`: there is only one.
    pub every: Span,
    /// From a change until it can be read.
    pub window: Span,
    /// Changes that a value outlives: 0 of one that is gone with the next.
    pub outlives: u64,
}

impl Rotation {
    /// Returns how many changes there have been `after` long ago.
    fn changes(&self, now: SimTime, after: Span) -> u64 {
        let first = self.first + after;
        if now < first {
            0
        } else {
            1 + now.since(first).0 / self.every.0.max(1)
        }
    }

    /// Returns the version that is read at an instant; the one at the start is 0.
    pub fn published(&self, now: SimTime) -> u64 {
        self.changes(now, self.window)
    }

    /// Whether a version is accepted at an instant.
    pub fn accepts(&self, version: u64, now: SimTime) -> bool {
        version.saturating_add(self.outlives) >= self.changes(now, Span::ZERO)
    }
}

/// How a holder stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// What it has is accepted, and not too old.
    Good,
    /// It has nothing, or something that is too old.
    Old,
    /// What it has is not accepted.
    Denied,
}

/// What one holder has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Value {
    /// Nobody has asked: what it had at the start.
    Start,
    /// Nothing.
    None,
    /// Something, and from when on that is too old.
    Read(u64, SimTime),
}

/// What all holders have.
#[derive(Clone, Debug)]
pub struct Held {
    /// How long a value is not too old — constant.
    keep: Span,
    /// Makes the ages at the start — constant.
    seed: u64,
    /// By number.
    values: Vec<Value>,
}

impl Held {
    /// Lets every holder have the first version, read at some time within the last `keep`.
    pub fn new(keep: Span, seed: u64) -> Held {
        Held {
            keep,
            seed,
            values: Vec::new(),
        }
    }

    fn value(&mut self, holder: u32) -> &mut Value {
        let at = holder as usize;
        if at >= self.values.len() {
            self.values.resize(at + 1, Value::Start);
        }
        if self.values[at] == Value::Start {
            // Ages at the start are spread evenly, as after a long run.
            let word = u128::from(draw(self.seed, u64::from(holder)));
            let left = ((word * u128::from(self.keep.0)) >> 64) as u64;
            self.values[at] = Value::Read(0, SimTime::ZERO + Span(left));
        }
        &mut self.values[at]
    }

    /// Returns how a holder stands; `ages`: what is too old does not do.
    pub fn standing(
        &mut self,
        holder: u32,
        now: SimTime,
        rotation: Option<&Rotation>,
        ages: bool,
    ) -> Standing {
        match *self.value(holder) {
            Value::Start | Value::None => Standing::Old,
            Value::Read(_, until) if ages && now > until => Standing::Old,
            Value::Read(version, _) => match rotation {
                Some(rotation) if !rotation.accepts(version, now) => Standing::Denied,
                Some(_) | None => Standing::Good,
            },
        }
    }

    /// Lets a holder have what is read now.
    pub fn renew(&mut self, holder: u32, now: SimTime, rotation: Option<&Rotation>) {
        let version = rotation.map_or(0, |rotation| rotation.published(now));
        let until = now + self.keep;
        *self.value(holder) = Value::Read(version, until);
    }

    /// Lets a holder have nothing.
    pub fn forget(&mut self, holder: u32) {
        *self.value(holder) = Value::None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROTATION: Rotation = Rotation {
        first: SimTime(100),
        every: Span(1_000),
        window: Span(10),
        outlives: 0,
    };

    #[test]
    fn a_change_is_read_once_it_is_published() {
        let versions = [0, 109, 110, 1_109, 1_110].map(|at| ROTATION.published(SimTime(at)));
        let accepts = |version, at| ROTATION.accepts(version, SimTime(at));

        assert_eq!(versions, [0, 0, 1, 1, 2]);
        assert!(accepts(0, 99) && !accepts(0, 100), "it is gone at once");
        assert!(accepts(1, 1_099) && !accepts(1, 1_100));
    }

    #[test]
    fn with_two_users_the_last_but_one_is_accepted_too() {
        let users = Rotation {
            outlives: 1,
            ..ROTATION
        };

        let accepted = [99, 100, 1_099, 1_100].map(|at| users.accepts(0, SimTime(at)));

        assert_eq!(accepted, [true, true, true, false]);
    }

    #[test]
    fn once_means_once() {
        let once = Rotation {
            every: Span::MAX,
            ..ROTATION
        };

        assert_eq!(once.published(SimTime(u64::MAX / 2)), 1);
    }

    #[test]
    fn a_holder_is_denied_from_the_change_on_until_it_reads_the_new_one() {
        let mut held = Held::new(Span(100_000), 7);
        let mut at = |now, renews: bool| {
            if renews {
                held.renew(3, SimTime(now), Some(&ROTATION));
            }
            held.standing(3, SimTime(now), Some(&ROTATION), true)
        };

        let standings = [at(50, true), at(99, false), at(100, false), at(105, true)];
        let after = at(110, true);

        let (good, denied) = (Standing::Good, Standing::Denied);
        // What was read within the window is the one that is gone.
        assert_eq!(standings, [good, good, denied, denied]);
        assert_eq!(after, good);
    }

    #[test]
    fn what_is_too_old_is_read_anew_and_nothing_is_nothing() {
        let mut held = Held::new(Span(10), 7);
        held.renew(0, SimTime(100), None);
        let mut at = |now, ages| held.standing(0, SimTime(now), None, ages);

        let standings = [at(110, true), at(111, true), at(111, false)];
        held.forget(0);

        assert_eq!(standings, [Standing::Good, Standing::Old, Standing::Good]);
        let nothing = held.standing(0, SimTime(111), None, false);
        assert_eq!(nothing, Standing::Old);
    }

    #[test]
    fn ages_at_the_start_are_spread_evenly() {
        let mut held = Held::new(Span(1_000_000), 11);
        let mut old = |at: u64| {
            let old =
                |holder: &u32| held.standing(*holder, SimTime(at), None, true) == Standing::Old;
            (0..10_000u32).filter(old).count() as f64
        };

        // Binomial: three and a third standard deviations at a quarter are 143.
        let counts = [old(0), old(250_000), old(1_000_000)];
        assert!(counts[0] <= 1.0 && (counts[1] - 2_500.0).abs() < 143.0);
        assert!((counts[2] - 10_000.0).abs() < 1e-9, "{counts:?}");
    }
}

//! How often a day something may be made smaller.
//!
//! A day allows some decreases at any time, and one more whenever none has been made for
//! long enough. Days begin with the run.

use crate::units::{SimTime, Span};

/// One day.
const DAY: u64 = 86_400 * 1_000_000_000;

/// The constants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowance {
    /// Decreases of a day that may come at any time.
    pub free: u32,
    /// Time without a decrease after which one more may come.
    pub pause: Span,
}

/// The decreases of the present day.
#[derive(Clone, Copy, Debug)]
pub struct Decreases {
    allowance: Allowance,
    day: u64,
    made: u32,
    last: Option<SimTime>,
}

impl Decreases {
    /// Makes the record of a run in which none has been made.
    pub fn new(allowance: Allowance) -> Decreases {
        Decreases {
            allowance,
            day: 0,
            made: 0,
            last: None,
        }
    }

    /// Whether one may be made now.
    pub fn may(&self, now: SimTime) -> bool {
        let made = if now.0 / DAY == self.day {
            self.made
        } else {
            0
        };
        let pause = |last: SimTime| now >= last + self.allowance.pause;
        made < self.allowance.free || self.last.is_none_or(pause)
    }

    /// Notes that one is made.
    pub fn note(&mut self, now: SimTime) {
        if now.0 / DAY != self.day {
            self.day = now.0 / DAY;
            self.made = 0;
        }
        self.made += 1;
        self.last = Some(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: u64 = 3_600 * 1_000_000_000;

    #[test]
    fn after_four_a_day_allows_one_an_hour() {
        let mut decreases = Decreases::new(Allowance {
            free: 4,
            pause: Span(HOUR),
        });
        // One is wanted every ten minutes, for two days.
        let made = (0..288u64).filter(|step| {
            let now = SimTime(step * HOUR / 6);
            let may = decreases.may(now);
            if may {
                decreases.note(now);
            }
            may
        });
        let made: Vec<u64> = made.collect();

        // At 0 to 30 minutes, then at 1:30, 2:30 … 23:30; the second day begins with four.
        assert_eq!(made[..6], [0, 1, 2, 3, 9, 15]);
        let first_day = made.iter().filter(|step| **step < 144).count();
        assert_eq!((first_day, made.len() - first_day), (4 + 23, 4 + 23));
    }
}

//! A level in time: something that rises and falls, and the area under it.
//!
//! Changes may be told in any order, as visits run ahead on clocks of their own; the
//! area up to an instant is exact as soon as every change before it has been told.

use crate::units::SimTime;

/// A whole number that changes in time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Level {
    /// Sum of all changes.
    now: i64,
    /// Sum of every change times its instant [ns].
    moment: i128,
}

impl Level {
    /// Tells of a change at an instant.
    #[inline]
    pub fn change(&mut self, by: i64, at: SimTime) {
        self.now += by;
        self.moment += i128::from(by) * i128::from(at.0);
    }

    /// Returns the level after all changes that were told.
    pub fn value(&self) -> i64 {
        self.now
    }

    /// Returns the area under the level from time zero to an instant that no change
    /// lies behind [level × ns].
    pub fn area(&self, until: SimTime) -> i128 {
        i128::from(self.now) * i128::from(until.0) - self.moment
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_area_does_not_depend_on_the_order_of_the_changes() {
        // 2 from 10 to 30, and 1 from 20 on.
        let changes = [(2, 10), (-2, 30), (1, 20)];
        let (mut told, mut reversed) = (Level::default(), Level::default());
        for (by, at) in changes {
            told.change(by, SimTime(at));
        }
        for (by, at) in changes.into_iter().rev() {
            reversed.change(by, SimTime(at));
        }

        assert_eq!(told, reversed);
        assert_eq!(told.value(), 1);
        assert_eq!(told.area(SimTime(50)), 2 * 20 + 30);
    }
}

//! Alarm: fires when enough of the newest points of a metric breach its bound.
//!
//! Every period gives one point: it breaches, it does not, or it is missing because
//! nothing was measured. The alarm looks at the newest `of` points.
//!
//! Not here: what a point is (`metrics::watch`), and when it is looked at
//! (`engine::global`).

use std::collections::VecDeque;

/// What a missing point counts as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// As nothing: the other points decide; without any the alarm is over.
    Missing,
    /// As nothing, and the alarm stays as it is.
    Ignore,
    /// As a breach.
    Breaching,
    /// As none.
    NotBreaching,
}

/// The constants of an alarm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Breaches among the newest points that make it fire, 1..=`of`.
    pub breaches: u32,
    /// Points that are looked at, ≥ 1.
    pub of: u32,
    /// What a missing point counts as.
    pub missing: Missing,
}

/// How an alarm changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It went off.
    Fired,
    /// It is over.
    Cleared,
}

/// An alarm.
#[derive(Clone, Debug)]
pub struct Alarm {
    rules: Rules,
    /// Newest points, the latest at the back; none where it is missing.
    points: VecDeque<Option<bool>>,
    firing: bool,
}

impl Alarm {
    /// Makes an alarm that has seen nothing.
    pub fn new(rules: Rules) -> Alarm {
        Alarm {
            rules,
            points: VecDeque::new(),
            firing: false,
        }
    }

    /// Whether it is going off.
    pub fn is_firing(&self) -> bool {
        self.firing
    }

    /// Looks at the next point: whether it breaches, if there is one.
    pub fn look(&mut self, point: Option<bool>) -> Option<Change> {
        let point = match (point, self.rules.missing) {
            (None, Missing::Ignore) => return None,
            (None, Missing::Breaching) => Some(true),
            (None, Missing::NotBreaching) => Some(false),
            (point, _) => point,
        };
        self.points.push_back(point);
        if self.points.len() > self.rules.of as usize {
            self.points.pop_front();
        }
        let breaches = self.points.iter().filter(|point| **point == Some(true));
        let fires = breaches.count() >= self.rules.breaches as usize;
        let before = std::mem::replace(&mut self.firing, fires);
        match (before, fires) {
            (false, true) => Some(Change::Fired),
            (true, false) => Some(Change::Cleared),
            (true, true) | (false, false) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alarm(breaches: u32, of: u32, missing: Missing) -> Alarm {
        Alarm::new(Rules {
            breaches,
            of,
            missing,
        })
    }

    /// What the alarm did at each of some points: `!` breaches, `.` does not, `-` is missing.
    fn changes(mut alarm: Alarm, points: &str) -> Vec<(usize, Change)> {
        let point = |letter| match letter {
            '!' => Some(true),
            '.' => Some(false),
            _ => None,
        };
        points
            .chars()
            .enumerate()
            .filter_map(|(at, letter)| Some((at, alarm.look(point(letter))?)))
            .collect()
    }

    #[test]
    fn fires_at_so_many_breaches_of_the_newest_points() {
        let three = changes(alarm(3, 3, Missing::Ignore), "!!.!!!!.!");
        let two_of_three = changes(alarm(2, 3, Missing::Ignore), "!..!.!..");

        assert_eq!(three, [(5, Change::Fired), (7, Change::Cleared)]);
        assert_eq!(two_of_three, [(5, Change::Fired), (6, Change::Cleared)]);
    }

    #[test]
    fn a_missing_point_counts_as_the_rules_say() {
        let points = "!!--..";

        assert_eq!(
            changes(alarm(2, 2, Missing::Ignore), points),
            [(1, Change::Fired), (4, Change::Cleared)]
        );
        assert_eq!(
            changes(alarm(2, 2, Missing::Missing), points),
            [(1, Change::Fired), (2, Change::Cleared)]
        );
        assert_eq!(
            changes(alarm(3, 3, Missing::Breaching), points),
            [(2, Change::Fired), (4, Change::Cleared)]
        );
        assert_eq!(
            changes(alarm(2, 2, Missing::NotBreaching), "!-!!"),
            [(3, Change::Fired)]
        );
    }
}

//! Pollers: how many deliveries of a queue may be in work, as it follows the queue.
//!
//! There are some at the start. While all of them have a batch and more waits, others are
//! added at a constant rate; while nothing waits and nothing is in work, they go back at
//! the same rate, to a smallest number; else they stay. Their number is computed when it
//! is asked for, so that nothing happens meanwhile.
//!
//! Not here: how many deliveries are in work, and the most that there may be.

use crate::units::{SimTime, Span};

/// The constants of pollers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rules {
    /// Deliveries in work at once, at the start of the run.
    pub start: u32,
    /// The fewest that remain, ≤ `start`.
    pub least: u32,
    /// The most that there are.
    pub most: u32,
    /// Added or taken back per second, > 0.
    pub per_s: f64,
}

/// What the queue and its deliveries are like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Demand {
    /// Every poller has a batch, and more waits.
    Short,
    /// Neither short nor idle.
    Enough,
    /// Nothing waits, and nothing is in work.
    Idle,
}

/// The pollers of one link.
#[derive(Clone, Copy, Debug)]
pub struct Pollers {
    rules: Rules,
    /// How many there were at `since`.
    number: f64,
    since: SimTime,
    demand: Demand,
}

impl Pollers {
    /// Makes those of the start; the queue is empty.
    pub fn new(rules: Rules) -> Pollers {
        Pollers {
            rules,
            number: f64::from(rules.start),
            since: SimTime::ZERO,
            // Those of the start wait for the first message.
            demand: Demand::Enough,
        }
    }

    /// Returns how many deliveries may be in work at an instant.
    pub fn room(&self, now: SimTime) -> u32 {
        // The sum of many small steps may end just below the number that it stands for.
        (self.at(now) + 1e-9) as u32
    }

    /// Notes what the queue is like from now on.
    pub fn note(&mut self, now: SimTime, demand: Demand) {
        if demand != self.demand {
            self.number = self.at(now);
            self.since = now;
            self.demand = demand;
        }
    }

    /// Returns when there is one more; `NEVER` if there will not be.
    pub fn more_at(&self, now: SimTime) -> SimTime {
        let room = self.room(now);
        if self.demand != Demand::Short || room >= self.rules.most {
            return SimTime::NEVER;
        }
        let after_s = (f64::from(room + 1) - self.number) / self.rules.per_s;
        let at = self.since + Span::from_seconds(after_s);
        at.max(now + Span(1))
    }

    fn at(&self, now: SimTime) -> f64 {
        let step = now.since(self.since).as_seconds() * self.rules.per_s;
        match self.demand {
            Demand::Short => (self.number + step).min(f64::from(self.rules.most)),
            Demand::Enough => self.number,
            Demand::Idle => (self.number - step).max(f64::from(self.rules.least)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: Rules = Rules {
        start: 5,
        least: 2,
        most: 20,
        per_s: 5.0,
    };

    fn second(at: f64) -> SimTime {
        SimTime::ZERO + Span::from_seconds(at)
    }

    #[test]
    fn grow_while_they_are_short_and_go_back_while_they_are_idle() {
        let mut pollers = Pollers::new(RULES);

        let first = pollers.room(second(100.0));
        pollers.note(second(100.0), Demand::Short);
        let grown = [100.1, 100.2, 101.0, 110.0].map(|at| pollers.room(second(at)));
        pollers.note(second(101.0), Demand::Enough);
        let kept = pollers.room(second(105.0));
        pollers.note(second(105.0), Demand::Idle);
        let gone = [105.9, 106.0, 110.0].map(|at| pollers.room(second(at)));

        assert_eq!(first, 5);
        assert_eq!(grown, [5, 6, 10, 20]);
        assert_eq!(kept, 10);
        assert_eq!(gone, [5, 5, 2]);
    }

    #[test]
    fn say_when_there_is_one_more() {
        let mut pollers = Pollers::new(RULES);

        let enough = pollers.more_at(second(1.0));
        pollers.note(second(1.0), Demand::Short);
        let next = pollers.more_at(second(1.0));
        let after = pollers.more_at(next);
        let full = pollers.more_at(second(60.0));

        assert_eq!((enough, full), (SimTime::NEVER, SimTime::NEVER));
        assert_eq!((next, after), (second(1.2), second(1.4)));
        assert_eq!((pollers.room(next), pollers.room(after)), (6, 7));
    }

    #[test]
    fn the_same_demand_again_changes_nothing() {
        let mut often = Pollers::new(RULES);
        let mut once = often;

        once.note(second(0.0), Demand::Short);
        for tenth in 0..10 {
            often.note(second(f64::from(tenth) / 10.0), Demand::Short);
        }

        assert_eq!(often.room(second(1.6)), once.room(second(1.6)));
        assert_eq!(once.room(second(1.6)), 13);
    }
}

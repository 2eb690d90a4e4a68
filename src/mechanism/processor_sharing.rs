//! Processor sharing: each of n visits progresses at rate min(1, c/n).
//!
//! Virtual time advances at the common rate, so a visit's virtual finish time is
//! fixed when it arrives and only the least one needs an event. Virtual time
//! starts again whenever the station is idle.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use crate::units::{SimTime, Span};

/// Visits that share c servers evenly.
#[derive(Clone, Debug)]
pub struct ProcessorSharing {
    /// Number of servers, ≥ 1.
    servers: f64,
    /// Service that each visit has had since the station was idle [ns].
    virtual_now: f64,
    /// When `virtual_now` was last brought up to date.
    touched: SimTime,
    inside: BinaryHeap<Share>,
    /// Breaks ties in order of arrival.
    arrivals: u64,
}

/// One visit.
#[derive(Clone, Copy, Debug)]
struct Share {
    /// Virtual time at which it is done [ns].
    done: f64,
    arrival: u64,
    visit: u32,
}

impl Ord for Share {
    /// The earliest is the greatest, as the heap wants it.
    fn cmp(&self, other: &Share) -> Ordering {
        let done = other.done.total_cmp(&self.done);
        done.then(other.arrival.cmp(&self.arrival))
    }
}

impl PartialOrd for Share {
    fn partial_cmp(&self, other: &Share) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Share {
    fn eq(&self, other: &Share) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Share {}

impl ProcessorSharing {
    /// Makes an idle station.
    pub fn new(servers: u32) -> ProcessorSharing {
        ProcessorSharing {
            servers: f64::from(servers),
            virtual_now: 0.0,
            touched: SimTime::ZERO,
            inside: BinaryHeap::new(),
            arrivals: 0,
        }
    }

    /// Returns the number of visits inside.
    pub fn len(&self) -> usize {
        self.inside.len()
    }

    /// Says whether nobody is inside.
    pub fn is_empty(&self) -> bool {
        self.inside.is_empty()
    }

    /// Lets a visit in that needs so much service. O(log n).
    ///
    /// `next_completion` may change.
    pub fn arrive(&mut self, now: SimTime, visit: u32, service: Span) {
        self.advance(now);
        if self.inside.is_empty() {
            self.virtual_now = 0.0;
        }
        self.inside.push(Share {
            done: self.virtual_now + service.0 as f64,
            arrival: self.arrivals,
            visit,
        });
        self.arrivals += 1;
    }

    /// Returns when the next visit is done if nobody arrives before; `NEVER` if
    /// nobody is inside. Rounded up to whole nanoseconds.
    pub fn next_completion(&self, now: SimTime) -> SimTime {
        match self.inside.peek() {
            None => SimTime::NEVER,
            Some(next) => {
                let missing = next.done - self.virtual_now;
                let at = self.touched + Span((missing * self.slowdown()).ceil().max(0.0) as u64);
                at.max(now)
            }
        }
    }

    /// Takes out the visit that is done at `now`, the time that `next_completion` gave.
    ///
    /// `None` if nobody is done yet.
    pub fn complete(&mut self, now: SimTime) -> Option<u32> {
        if self.next_completion(now) > now {
            return None;
        }
        self.advance(now);
        self.inside.pop().map(|share| share.visit)
    }

    /// Takes a visit out before it is done; returns the service that it has not had. O(n).
    ///
    /// `next_completion` may change.
    pub fn leave(&mut self, now: SimTime, visit: u32) -> Option<Span> {
        self.advance(now);
        let share = self.inside.iter().find(|share| share.visit == visit)?;
        let left = (share.done - self.virtual_now).max(0.0);
        self.inside.retain(|share| share.visit != visit);
        Some(Span(left as u64))
    }

    /// Lets the visits inside have had their service up to now.
    pub fn work_until(&mut self, now: SimTime) {
        self.advance(now);
    }

    /// Lets the visits inside have had no service since the last change.
    pub fn stand_until(&mut self, now: SimTime) {
        self.touched = now;
    }

    /// Has so many servers from the last change on: bring it up to date before.
    pub fn share_among(&mut self, servers: u32) {
        self.servers = f64::from(servers);
    }

    /// Returns how much longer than its service a visit takes at present.
    fn slowdown(&self) -> f64 {
        (self.inside.len() as f64 / self.servers).max(1.0)
    }

    fn advance(&mut self, now: SimTime) {
        let elapsed = now.since(self.touched).0 as f64;
        self.virtual_now += elapsed / self.slowdown();
        self.touched = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mechanism::test_words::{Words, exponential};

    #[test]
    fn who_leaves_early_leaves_the_others_more() {
        let mut station = ProcessorSharing::new(1);
        station.arrive(SimTime(0), 1, Span(10));
        station.arrive(SimTime(0), 2, Span(10));

        let left = station.leave(SimTime(6), 1);
        let nobody = station.leave(SimTime(6), 1);
        let last = station.next_completion(SimTime(6));

        // Each has had 3 by then; the other 7 alone.
        assert_eq!((left, nobody), (Some(Span(7)), None));
        assert_eq!(last, SimTime(13));
    }

    #[test]
    fn who_stands_still_has_no_service() {
        let mut station = ProcessorSharing::new(1);
        station.arrive(SimTime(0), 1, Span(10));

        station.work_until(SimTime(4));
        station.stand_until(SimTime(100));

        assert_eq!(station.next_completion(SimTime(100)), SimTime(106));
    }

    #[test]
    fn a_second_server_comes_for_those_who_are_there() {
        let mut station = ProcessorSharing::new(1);
        station.arrive(SimTime(0), 1, Span(10));
        station.arrive(SimTime(0), 2, Span(12));

        // Each has had 4 by 8, and has a server of its own from then on.
        station.work_until(SimTime(8));
        station.share_among(2);
        let first = station.next_completion(SimTime(8));
        let left = station.complete(first);

        assert_eq!((first, left), (SimTime(14), Some(1)));
        assert_eq!(station.next_completion(first), SimTime(16));
    }

    #[test]
    fn two_visits_take_turns_on_one_server() {
        let mut station = ProcessorSharing::new(1);
        station.arrive(SimTime(0), 1, Span(10));
        station.arrive(SimTime(4), 2, Span(2));

        let first = station.next_completion(SimTime(4));
        let early = station.complete(SimTime(7));
        let short = station.complete(first);
        let second = station.next_completion(first);
        let long = station.complete(second);

        // From 4 to 8 each gets half; the long one then has 4 left.
        assert_eq!((first, early, short), (SimTime(8), None, Some(2)));
        assert_eq!((second, long), (SimTime(12), Some(1)));
        assert_eq!(station.next_completion(second), SimTime::NEVER);
    }

    #[test]
    fn visits_do_not_slow_each_other_while_servers_suffice() {
        let mut station = ProcessorSharing::new(2);
        station.arrive(SimTime(0), 1, Span(10));
        station.arrive(SimTime(0), 2, Span(10));

        assert_eq!(station.next_completion(SimTime(0)), SimTime(10));
        let done = [station.complete(SimTime(10)), station.complete(SimTime(10))];
        assert_eq!(done, [Some(1), Some(2)]);
    }

    #[test]
    fn mean_sojourn_is_that_of_mm1_whatever_the_law() {
        // M/G/1-PS: E[T] = E[S] / (1 − ρ), here with S half constant, half exponential.
        let (mut words, mut station) = (Words::new(21), ProcessorSharing::new(1));
        let mut entered = Vec::new();
        let (mut sum, mut done) = (0u128, 0u32);
        let mut arrival = SimTime(0);
        while done < 1_000_000 {
            let completion = station.next_completion(station.touched);
            if completion <= arrival {
                if let Some(visit) = station.complete(completion) {
                    sum += u128::from(completion.since(entered[visit as usize]).0);
                    done += 1;
                }
            } else {
                let service = if words.next() & 1 == 0 {
                    1_000_000
                } else {
                    exponential(words.next(), 1e6)
                };
                station.arrive(arrival, entered.len() as u32, Span(service));
                entered.push(arrival);
                arrival += Span(exponential(words.next(), 1e6 / 0.7));
            }
        }

        let mean = sum as f64 / f64::from(done) / 1e6;
        assert!((mean * 0.3 - 1.0).abs() < 0.02, "{mean} ms, theory 3.333");
    }
}

//! Planned station: first come, first served, with finish times known at arrival.
//!
//! Without scaling, faults or pre-emption the start of a visit is known when it
//! arrives, so the visit needs no further event. Planned starts never decrease;
//! hence the waiting line at an arrival is what is left of them after dropping
//! those that have passed, and bounds and patience are exact. They are dropped only
//! when the line might be longer than ever, or too long. At one instant
//! servers free up before arrivals look, and patience ends after them.
//!
//! Not here: stations whose capacity may change, which keep a line of visits.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::ring::Ring;
use super::tournament::Tournament;
use crate::units::{SimTime, Span};

/// What an arrival gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// A server.
    Served {
        /// When service starts, not before the arrival.
        start: SimTime,
        /// When it ends.
        done: SimTime,
    },
    /// The waiting line is full.
    Full,
    /// No server before the latest start: it waits until then, in vain.
    TooLate,
}

/// Identical servers that are promised in order of arrival.
#[derive(Clone, Debug)]
pub struct Planned {
    /// `u32::MAX` is unlimited — constant.
    servers: u32,
    finish: Finish,
    /// Starts of those who wait, and of some who have started, ascending.
    starts: Ring,
    /// When those leave who wait in vain.
    leaves: BinaryHeap<Reverse<SimTime>>,
    waiting_max: u32,
}

/// When servers become free: those that were ever used.
#[derive(Clone, Debug)]
enum Finish {
    One(SimTime),
    Few(Tournament),
    Many(BinaryHeap<Reverse<SimTime>>),
}

/// More servers than this are kept only as far as they were used.
///
/// CHOICE: 8 bytes each; up to here that is less than a page of memory a station, and the number
/// of a leaf is a byte.
const FEW: u32 = 256;

impl Planned {
    /// Makes an idle station of so many servers (`u32::MAX`: unlimited).
    pub fn new(servers: u32) -> Planned {
        Planned {
            servers,
            finish: match servers {
                1 => Finish::One(SimTime::ZERO),
                2..=FEW => Finish::Few(Tournament::new(servers)),
                _ => Finish::Many(BinaryHeap::new()),
            },
            starts: Ring::default(),
            leaves: BinaryHeap::new(),
            waiting_max: 0,
        }
    }

    /// Plans a visit that arrives at `t`, never before an earlier call's `t`.
    ///
    /// `limit` bounds those who wait, `latest_start` is its patience (`NEVER`:
    /// none). O(log servers).
    #[inline(always)]
    pub fn arrive(
        &mut self,
        t: SimTime,
        service: Span,
        limit: u32,
        latest_start: SimTime,
    ) -> Arrival {
        if self.servers == u32::MAX {
            let done = t + service;
            return Arrival::Served { start: t, done };
        }
        let free_at = self.free_at();
        let start = free_at.max(t);
        // A matter of chance, so that it is asked last.
        let waits = free_at > t;
        // Who has started since is looked for only where it matters.
        let known = self.starts.len() + self.leaves.len();
        if known >= self.waiting_max.min(limit) as usize && waits {
            let waiting = self.waiting(t);
            if waiting >= limit {
                return Arrival::Full;
            }
            self.waiting_max = self.waiting_max.max(waiting + 1);
        }
        if free_at > latest_start && waits {
            self.leaves.push(Reverse(latest_start.max(t)));
            return Arrival::TooLate;
        }
        let done = start + service;
        self.promise(done);
        self.starts.push_if(start, waits);
        Arrival::Served { start, done }
    }

    /// Returns how many wait when one arrives at `t`, which may not go back.
    #[inline(always)]
    pub fn waiting(&mut self, t: SimTime) -> u32 {
        self.starts.drop_until(t);
        while self.leaves.peek().is_some_and(|&Reverse(at)| at < t) {
            self.leaves.pop();
        }
        (self.starts.len() + self.leaves.len()) as u32
    }

    /// Returns the most that ever waited at once.
    pub fn waiting_max(&self) -> u32 {
        self.waiting_max
    }

    /// Returns how many servers are busy right after `t`. O(servers).
    ///
    /// Counts nothing if servers are unlimited: nobody keeps their finish times.
    pub fn busy(&self, t: SimTime) -> u32 {
        match &self.finish {
            Finish::One(at) => u32::from(*at > t),
            Finish::Few(all) => all.after(t),
            Finish::Many(all) => all.iter().filter(|Reverse(at)| *at > t).count() as u32,
        }
    }

    /// Returns when the next server is free, for one more visit.
    #[inline(always)]
    fn free_at(&self) -> SimTime {
        match &self.finish {
            Finish::One(at) => *at,
            Finish::Few(all) => all.least(),
            Finish::Many(all) if all.len() < self.servers as usize => SimTime::ZERO,
            Finish::Many(all) => all.peek().map_or(SimTime::ZERO, |&Reverse(at)| at),
        }
    }

    /// The same for an instant that is too far away for a tournament.
    #[cold]
    fn promise_far(&mut self, done: SimTime) {
        if let Finish::Few(all) = &self.finish {
            self.finish = Finish::Many(all.instants().map(Reverse).collect());
            self.promise(done);
        }
    }

    /// Has the server that is free first busy until `done`.
    #[inline(always)]
    fn promise(&mut self, done: SimTime) {
        match &mut self.finish {
            Finish::One(at) => *at = done,
            Finish::Few(all) if done < Tournament::END => all.replace_least(done),
            Finish::Few(_) => self.promise_far(done),
            Finish::Many(all) if all.len() < self.servers as usize => all.push(Reverse(done)),
            Finish::Many(all) => {
                if let Some(mut least) = all.peek_mut() {
                    *least = Reverse(done);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mechanism::test_words::{Words, exponential};

    const NO_LIMIT: u32 = u32::MAX;

    fn served(start: u64, done: u64) -> Arrival {
        Arrival::Served {
            start: SimTime(start),
            done: SimTime(done),
        }
    }

    #[test]
    fn plans_two_servers_in_order_of_arrival() {
        let mut station = Planned::new(2);

        let plans = [(0, 10), (1, 4), (2, 3), (3, 1), (9, 1)]
            .map(|(t, s)| station.arrive(SimTime(t), Span(s), NO_LIMIT, SimTime::NEVER));

        let expected = [
            served(0, 10),
            served(1, 5),
            served(5, 8),
            served(8, 9),
            served(9, 10),
        ];
        assert_eq!(plans, expected);
        assert_eq!(station.waiting_max(), 2);
        assert_eq!(
            (station.busy(SimTime(9)), station.waiting(SimTime(9))),
            (2, 0)
        );
    }

    #[test]
    fn refuses_when_the_line_is_full_until_one_starts() {
        let mut station = Planned::new(1);

        let plans =
            [0, 0, 0, 9, 10].map(|t| station.arrive(SimTime(t), Span(10), 1, SimTime::NEVER));

        let expected = [
            served(0, 10),
            served(10, 20),
            Arrival::Full,
            Arrival::Full,
            served(20, 30),
        ];
        assert_eq!(plans, expected);
    }

    #[test]
    fn those_who_leave_in_vain_fill_the_line_until_then() {
        let mut station = Planned::new(1);
        station.arrive(SimTime(0), Span(10), 1, SimTime::NEVER);

        let late = station.arrive(SimTime(1), Span(1), 1, SimTime(5));
        let during = station.arrive(SimTime(5), Span(1), 1, SimTime::NEVER);
        let after = station.arrive(SimTime(6), Span(1), 1, SimTime(10));

        assert_eq!((late, during), (Arrival::TooLate, Arrival::Full));
        assert_eq!(
            after,
            served(10, 11),
            "its patience ends as the server is free"
        );
    }

    #[test]
    fn any_number_of_servers_agrees_with_a_plain_list() {
        for servers in (1..=40u32).chain([255, 256, 257]) {
            let (mut words, mut station) = (Words::new(u64::from(servers)), Planned::new(servers));
            // Finish times of servers, and [arrival, start) of all who wait or will have waited.
            let mut free = vec![0u64; servers as usize];
            let mut lines: Vec<(u64, u64)> = Vec::new();
            let (mut t, mut most) = (0, 0);
            for _ in 0..3000 {
                t += words.next() % 20;
                let service = words.next() % (36 * u64::from(servers));
                let limit = if words.next() % 4 == 0 { 3 } else { NO_LIMIT };
                let patience = match words.next() % 4 {
                    0 => SimTime(t + words.next() % 40),
                    _ => SimTime::NEVER,
                };

                let plan = station.arrive(SimTime(t), Span(service), limit, patience);

                let at = (0..free.len()).min_by_key(|&at| free[at]).unwrap_or(0);
                // One who leaves in vain stands there to the end of that very instant.
                let waiting = lines.iter().filter(|&&(_, until)| until > t).count() as u32;
                if free[at] <= t {
                    assert_eq!(plan, served(t, t + service));
                    free[at] = t + service;
                } else if waiting >= limit {
                    assert_eq!(plan, Arrival::Full);
                } else {
                    most = most.max(waiting + 1);
                    if SimTime(free[at]) > patience {
                        assert_eq!(plan, Arrival::TooLate);
                        lines.push((t, patience.0 + 1));
                    } else {
                        assert_eq!(plan, served(free[at], free[at] + service));
                        lines.push((t, free[at]));
                        free[at] += service;
                    }
                }
                assert_eq!(station.waiting_max(), most);
                let busy = free.iter().filter(|&&at| at > t).count() as u32;
                assert_eq!(station.busy(SimTime(t)), busy);
            }
        }
    }

    #[test]
    fn unlimited_servers_never_wait() {
        let mut station = Planned::new(u32::MAX);

        let plans = [3, 3].map(|t| station.arrive(SimTime(t), Span(7), 0, SimTime::NEVER));

        assert_eq!(plans, [served(3, 10); 2]);
    }

    #[test]
    fn mean_wait_of_mm3_matches_erlang_c() {
        // λ = 2.4, μ = 1, c = 3: C = 0.6472, Wq = C / (cμ − λ) = 1.0787.
        let (mut words, mut station) = (Words::new(11), Planned::new(3));
        let (mut t, mut waited) = (0u64, 0u128);
        let visits = 4_000_000u32;
        for _ in 0..visits {
            t += exponential(words.next(), 1e9 / 2.4);
            let service = Span(exponential(words.next(), 1e9));
            match station.arrive(SimTime(t), service, NO_LIMIT, SimTime::NEVER) {
                Arrival::Served { start, .. } => waited += u128::from(start.0 - t),
                Arrival::Full | Arrival::TooLate => unreachable!("no bounds"),
            }
        }

        let mean = waited as f64 / f64::from(visits) / 1e9;
        let blocked = 2.4f64.powi(3) / 6.0 / (1.0 + 2.4 + 2.88 + 2.4f64.powi(3) / 6.0);
        let waits = blocked / (1.0 - 0.8 * (1.0 - blocked));
        assert!((mean / (waits / 0.6) - 1.0).abs() < 0.02, "{mean}");
    }

    #[test]
    fn share_refused_by_mm1k_matches_its_closed_form() {
        // ρ = 0.8, K = 4 with the one in service: (1 − ρ)ρ^K / (1 − ρ^(K+1)).
        let (mut words, mut station) = (Words::new(12), Planned::new(1));
        let (mut t, mut refused) = (0u64, 0u32);
        for _ in 0..2_000_000 {
            t += exponential(words.next(), 1.25e6);
            let service = Span(exponential(words.next(), 1e6));
            let arrival = station.arrive(SimTime(t), service, 3, SimTime::NEVER);
            refused += u32::from(arrival == Arrival::Full);
        }

        let exact = 0.2 * 0.8f64.powi(4) / (1.0 - 0.8f64.powi(5));
        let share = f64::from(refused) / 2e6;
        assert!((share / exact - 1.0).abs() < 0.02, "{share} {exact}");
    }
}

//! Copies that come and go: which of them take visits, and how long each existed.
//!
//! A copy that is started takes visits once it is ready. One that is stopped takes no
//! more of them and ends with the last that it has. The lowest numbers are started
//! first and the highest stopped first, so that a number says how often it was needed.
//!
//! Not here: who decides (`mechanism::scaling`), and what a copy does.

use super::level::Level;
use crate::units::SimTime;

/// What a copy is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stay {
    /// It does not exist.
    Absent,
    /// It is on its way.
    Starting,
    /// It takes visits.
    Serving,
    /// It is ready, and takes none.
    Idle,
    /// It takes no more of them.
    Draining,
}

/// One copy.
#[derive(Clone, Copy, Debug)]
struct One {
    stay: Stay,
    /// Which version it runs: 0 is the one that was there at the start.
    version: u8,
    /// When it was started.
    since: SimTime,
    /// When it was ready.
    ready: SimTime,
    /// Visits that are at it.
    inside: u32,
    /// When it was stopped, or the last visit since then left.
    last: SimTime,
}

/// A copy that has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended {
    /// When it was started.
    pub since: SimTime,
    /// When it was ready; its end if it never was.
    pub ready: SimTime,
    /// When it ended.
    pub until: SimTime,
}

/// The copies of a node.
#[derive(Clone, Debug)]
pub struct Copies {
    all: Vec<One>,
    /// Numbers of those that take visits, ascending.
    open: Vec<u32>,
    /// Those that are ready and have not ended.
    up: Level,
    /// Most that existed at once.
    most: u32,
}

impl Copies {
    /// Makes room for `room` copies, of which the first `start` serve from time zero on.
    pub fn new(room: u32, start: u32) -> Copies {
        let mut copies = Copies {
            all: (0..room)
                .map(|number| One {
                    stay: if number < start {
                        Stay::Serving
                    } else {
                        Stay::Absent
                    },
                    version: 0,
                    since: SimTime::ZERO,
                    ready: SimTime::ZERO,
                    inside: 0,
                    last: SimTime::ZERO,
                })
                .collect(),
            open: Vec::new(),
            up: Level::default(),
            most: start.min(room),
        };
        copies.up.change(i64::from(start.min(room)), SimTime::ZERO);
        copies.reopen();
        copies
    }

    /// Returns the numbers of the copies that take visits, ascending.
    pub fn open(&self) -> &[u32] {
        &self.open
    }

    /// Whether a copy exists, be it on its way or on its way out.
    pub fn exists(&self, copy: u32) -> bool {
        let one = self.all.get(copy as usize);
        one.is_some_and(|one| one.stay != Stay::Absent)
    }

    /// Whether a copy is on its way.
    pub fn is_starting(&self, copy: u32) -> bool {
        self.all[copy as usize].stay == Stay::Starting
    }

    /// Returns the version that a copy runs.
    pub fn version(&self, copy: u32) -> u8 {
        self.all[copy as usize].version
    }

    /// Returns how many copies take visits, or will.
    pub fn planned(&self) -> u32 {
        self.count(|one| matches!(one.stay, Stay::Starting | Stay::Serving))
    }

    /// Returns how many copies are on their way.
    pub fn starting(&self) -> u32 {
        self.count(|one| one.stay == Stay::Starting)
    }

    /// Returns the copies that are ready and have not ended, in time.
    pub fn up(&self) -> &Level {
        &self.up
    }

    /// Returns the most copies that existed at once.
    pub fn most(&self) -> u32 {
        self.most
    }

    /// Starts up to so many copies of a version, and returns their numbers.
    pub fn start(&mut self, now: SimTime, count: u32, version: u8) -> Vec<u32> {
        let absent = (0u32..)
            .zip(&self.all)
            .filter(|(_, one)| one.stay == Stay::Absent);
        let started: Vec<u32> = absent
            .map(|(number, _)| number)
            .take(count as usize)
            .collect();
        for &number in &started {
            let one = &mut self.all[number as usize];
            *one = One {
                stay: Stay::Starting,
                version,
                since: now,
                ready: SimTime::NEVER,
                // A visit may still be on its way to the copy that was here before.
                inside: one.inside,
                last: now,
            };
        }
        let existing = self.count(|one| one.stay != Stay::Absent);
        self.most = self.most.max(existing);
        started
    }

    /// Lets a copy take visits, unless it was stopped on its way; says whether it does.
    pub fn ready(&mut self, now: SimTime, copy: u32) -> bool {
        let one = &mut self.all[copy as usize];
        if one.stay != Stay::Starting {
            return false;
        }
        one.stay = Stay::Serving;
        one.ready = now;
        self.up.change(1, now);
        self.reopen();
        true
    }

    /// Lets a copy that is ready take no more visits; says whether it was.
    pub fn withdraw(&mut self, now: SimTime, copy: u32) -> bool {
        let one = &mut self.all[copy as usize];
        if !matches!(one.stay, Stay::Serving | Stay::Idle) {
            return false;
        }
        one.stay = Stay::Draining;
        one.last = now;
        self.reopen();
        true
    }

    /// Stops so many copies of a version: first those on their way, then those that serve.
    ///
    /// Returns those that ended at once because they never served.
    pub fn stop(&mut self, now: SimTime, count: u32, version: u8) -> Vec<Ended> {
        let mut left = count;
        let mut ended = Vec::new();
        for stay in [Stay::Starting, Stay::Idle, Stay::Serving] {
            for one in self.all.iter_mut().rev() {
                if left == 0 {
                    break;
                }
                if one.stay != stay || one.version != version {
                    continue;
                }
                left -= 1;
                one.last = now;
                one.stay = Stay::Draining;
                if stay == Stay::Starting {
                    one.stay = Stay::Absent;
                    ended.push(Ended {
                        since: one.since,
                        ready: now,
                        until: now,
                    });
                }
            }
        }
        self.reopen();
        ended
    }

    /// Lets the copies of a version take no visits for now; they stay ready.
    pub fn set_aside(&mut self, version: u8) {
        self.turn(version, Stay::Serving, Stay::Idle);
    }

    /// Lets the copies of a version that were set aside take visits again.
    pub fn take_back(&mut self, version: u8) {
        self.turn(version, Stay::Idle, Stay::Serving);
    }

    fn turn(&mut self, version: u8, from: Stay, to: Stay) {
        for one in &mut self.all {
            if one.version == version && one.stay == from {
                one.stay = to;
            }
        }
        self.reopen();
    }

    /// Returns how many copies of a version take visits, will, or could.
    pub fn of_version(&self, version: u8) -> u32 {
        self.count(|one| {
            one.version == version
                && matches!(one.stay, Stay::Starting | Stay::Serving | Stay::Idle)
        })
    }

    /// Notes that a visit comes to a copy.
    pub fn enter(&mut self, copy: u32) {
        self.all[copy as usize].inside += 1;
    }

    /// Notes that a visit leaves a copy.
    pub fn leave(&mut self, copy: u32, at: SimTime) {
        let one = &mut self.all[copy as usize];
        debug_assert!(one.inside > 0, "copy {copy} has no visit");
        one.inside -= 1;
        one.last = one.last.max(at);
    }

    /// Ends the stopped copies that have no visit left; no change lies ahead of `now`.
    pub fn reap(&mut self) -> Vec<Ended> {
        let mut ended = Vec::new();
        for one in &mut self.all {
            if one.stay == Stay::Draining && one.inside == 0 {
                one.stay = Stay::Absent;
                self.up.change(-1, one.last);
                ended.push(Ended {
                    since: one.since,
                    ready: one.ready,
                    until: one.last,
                });
            }
        }
        ended
    }

    /// Ends all copies, because the run does.
    pub fn close(&mut self, now: SimTime) -> Vec<Ended> {
        let existing = self.all.iter_mut().filter(|one| one.stay != Stay::Absent);
        existing
            .map(|one| {
                one.stay = Stay::Absent;
                Ended {
                    since: one.since,
                    ready: one.ready.min(now),
                    until: now,
                }
            })
            .collect()
    }

    fn count(&self, which: impl Fn(&One) -> bool) -> u32 {
        self.all.iter().filter(|one| which(one)).count() as u32
    }

    fn reopen(&mut self) {
        self.open.clear();
        let serving = (0u32..)
            .zip(&self.all)
            .filter(|(_, one)| one.stay == Stay::Serving);
        self.open.extend(serving.map(|(number, _)| number));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_serves_once_it_is_ready() {
        let mut copies = Copies::new(4, 1);

        let started = copies.start(SimTime(10), 2, 0);
        let before = copies.open().to_vec();
        copies.ready(SimTime(15), 1);

        assert_eq!((started, before), (vec![1, 2], vec![0]));
        assert_eq!(copies.open(), [0, 1]);
        assert_eq!((copies.planned(), copies.starting()), (3, 1));
        assert_eq!(copies.up().area(SimTime(20)), 20 + 5);
    }

    #[test]
    fn a_stopped_copy_ends_with_its_last_visit() {
        let mut copies = Copies::new(2, 2);
        copies.enter(1);

        let at_once = copies.stop(SimTime(5), 1, 0);
        let early = copies.reap();
        copies.leave(1, SimTime(9));
        let late = copies.reap();

        assert_eq!((at_once.len(), early.len()), (0, 0));
        assert_eq!(copies.open(), [0]);
        let ended = Ended {
            since: SimTime(0),
            ready: SimTime(0),
            until: SimTime(9),
        };
        assert_eq!(late, [ended]);
        assert_eq!(copies.up().area(SimTime(20)), 20 + 9);
    }

    #[test]
    fn one_that_is_withdrawn_ends_with_its_last_visit_whatever_its_number() {
        let mut copies = Copies::new(3, 3);
        copies.enter(0);

        let withdrawn = [
            copies.withdraw(SimTime(5), 0),
            copies.withdraw(SimTime(6), 0),
        ];
        let open = copies.open().to_vec();
        copies.leave(0, SimTime(9));

        assert_eq!((withdrawn, open), ([true, false], vec![1, 2]));
        assert_eq!(copies.planned(), 2);
        assert_eq!(copies.reap()[0].until, SimTime(9));
    }

    #[test]
    fn what_is_on_its_way_is_stopped_first_and_never_serves() {
        let mut copies = Copies::new(3, 1);
        copies.start(SimTime(1), 1, 0);

        let ended = copies.stop(SimTime(4), 1, 0);
        copies.ready(SimTime(6), 1);

        assert_eq!(ended.len(), 1);
        assert_eq!((copies.open(), copies.planned()), (&[0][..], 1));
        assert_eq!(copies.most(), 2);
    }

    #[test]
    fn versions_are_stopped_apart() {
        let mut copies = Copies::new(4, 2);
        for copy in copies.start(SimTime(0), 2, 1) {
            copies.ready(SimTime(1), copy);
        }

        copies.set_aside(0);
        let aside = copies.open().to_vec();
        copies.take_back(0);
        let back = copies.open().len();
        copies.stop(SimTime(2), 2, 0);

        assert_eq!((aside, back), (vec![2, 3], 4));
        assert_eq!((copies.of_version(0), copies.of_version(1)), (0, 2));
        assert_eq!(copies.open(), [2, 3]);
        assert_eq!((copies.version(0), copies.version(3)), (0, 1));
    }
}

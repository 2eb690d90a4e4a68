//! Pool of execution environments: a visit takes an idle one or starts a new one.
//!
//! An idle environment ends when its keep-alive has passed; nothing happens at
//! that moment, it is found out when it is touched. Idle ones are taken from the
//! top, so what lies below an ended one does not matter until it comes up:
//! whoever looks sees exactly those that exist. Environment-time is kept as
//! sums of closed intervals plus the open ones, exact to the nanosecond.
//!
//! Not here: how long a cold start takes, and lines in front of the pool.

use std::collections::BinaryHeap;

use super::token_bucket::{TokenBucket, pico_tokens};
use crate::units::{SimTime, Span};

/// Which idle environment is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reuse {
    /// The one used last.
    LastUsed,
    /// The one started last.
    Newest,
}

/// What a visit gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// An idle environment.
    Warm(u32),
    /// A new one.
    Cold(u32),
    /// None: as many as may exist do, and are busy.
    Full,
    /// None: new ones may not be started so fast.
    TooFast,
}

/// Environment-time from time zero on, in nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Areas {
    /// Of those that exist, busy or idle.
    pub existing: u128,
    /// Of those that are idle.
    pub idle: u128,
}

/// Execution environments, busy and idle.
#[derive(Clone, Debug)]
pub struct Pool {
    reuse: Reuse,
    /// Most environments; `u32::MAX` is unlimited — constant.
    most: u32,
    /// Age at which one ends that is not provisioned, as soon as it is idle; `MAX` is never —
    /// constant.
    lifetime: Span,
    /// Admits new ones, if they are limited.
    starts: Option<TokenBucket>,
    all: Vec<Environment>,
    free: Vec<u32>,
    /// Provisioned ones that are idle; they come first.
    ready: Vec<u32>,
    /// Others that are idle, by (rank, environment); the greatest rank is taken.
    ranked: BinaryHeap<(u64, u32)>,
    /// Others that are idle, used last at the end.
    stack: Vec<u32>,
    started: u64,
    /// Environments that exist, those included that ended unnoticed.
    existing: Open,
    /// The idle ones of them.
    idle: Open,
    /// Provisioned ones that are in use.
    in_use: Open,
    /// Provisioned ones in use that end as soon as they are not.
    surplus: u32,
    ended: u64,
    life: u128,
    /// Whether there may be fewer than before, so that some are too many.
    shrunk: bool,
}

/// Intervals that have begun and not ended, as their number and sum of beginnings,
/// and the length of those that have ended.
#[derive(Clone, Copy, Debug, Default)]
struct Open {
    count: u64,
    begun: u128,
    closed: u128,
}

impl Open {
    fn begin(&mut self, at: SimTime) {
        self.count += 1;
        self.begun += u128::from(at.0);
    }

    fn end(&mut self, began: SimTime, at: SimTime) {
        self.count -= 1;
        self.begun -= u128::from(began.0);
        self.closed += u128::from(at.since(began).0);
    }

    fn area(&self, now: SimTime) -> u128 {
        self.closed + u128::from(now.0) * u128::from(self.count) - self.begun
    }
}

#[derive(Clone, Copy, Debug)]
struct Environment {
    started: SimTime,
    /// Place among all ever started.
    rank: u64,
    /// Since when it is idle, if it is.
    idle_since: SimTime,
    /// When it ends if it stays idle; `NEVER` for a provisioned one.
    ends: SimTime,
    provisioned: bool,
}

impl Pool {
    /// Makes a pool in which the provisioned environments exist and are idle.
    ///
    /// `start_rate` new ones per second with bursts of `start_burst`; a rate of
    /// 0 is unlimited.
    pub fn new(
        reuse: Reuse,
        most: u32,
        (start_rate, start_burst): (f64, f64),
        provisioned: u32,
    ) -> Pool {
        let mut pool = Pool {
            reuse,
            most: most.max(provisioned),
            lifetime: Span::MAX,
            starts: (start_rate > 0.0).then(|| TokenBucket::new(start_rate, start_burst)),
            all: Vec::new(),
            free: Vec::new(),
            ready: Vec::new(),
            ranked: BinaryHeap::new(),
            stack: Vec::new(),
            started: 0,
            existing: Open::default(),
            idle: Open::default(),
            in_use: Open::default(),
            surplus: 0,
            ended: 0,
            life: 0,
            shrunk: false,
        };
        for _ in 0..provisioned {
            let id = pool.start(SimTime::ZERO, true);
            pool.ready.push(id);
            pool.idle.begin(SimTime::ZERO);
        }
        pool
    }

    /// Lets environments end at an age, except provisioned ones.
    pub fn living(mut self, lifetime: Span) -> Pool {
        self.lifetime = lifetime;
        self
    }

    /// Takes an environment for a visit.
    pub fn take(&mut self, now: SimTime) -> Taken {
        if let Some(id) = self.ready.pop() {
            let environment = &mut self.all[id as usize];
            self.idle.end(environment.idle_since, now);
            environment.idle_since = now;
            self.in_use.begin(now);
            return Taken::Warm(id);
        }
        while let Some(id) = self.pop_idle() {
            let Environment {
                idle_since, ends, ..
            } = self.all[id as usize];
            if now < ends {
                self.idle.end(idle_since, now);
                return Taken::Warm(id);
            }
            self.end_idle(id);
        }
        if self.existing.count >= u64::from(self.most) && self.most != u32::MAX {
            return Taken::Full;
        }
        if let Some(bucket) = &mut self.starts
            && !bucket.admit(now, pico_tokens(1.0))
        {
            return Taken::TooFast;
        }
        Taken::Cold(self.start(now, false))
    }

    /// Takes an environment back; it ends after `keep_alive` unless it is taken again.
    pub fn give_back(&mut self, id: u32, now: SimTime, keep_alive: Span) {
        let environment = &mut self.all[id as usize];
        if environment.provisioned {
            self.in_use.end(environment.idle_since, now);
        }
        self.idle.begin(now);
        environment.idle_since = now;
        if environment.provisioned {
            if self.surplus == 0 {
                self.ready.push(id);
                return;
            }
            self.surplus -= 1;
            environment.ends = now;
            self.end_idle(id);
            return;
        }
        environment.ends = (now + keep_alive).min(environment.started + self.lifetime);
        let too_many = self.shrunk && {
            self.sweep(now);
            self.existing.count > u64::from(self.most)
        };
        let environment = &mut self.all[id as usize];
        if environment.ends <= now || too_many {
            environment.ends = now;
            self.end_idle(id);
            return;
        }
        match self.reuse {
            Reuse::LastUsed => self.stack.push(id),
            Reuse::Newest => self.ranked.push((environment.rank, id)),
        }
    }

    /// Keeps so many provisioned environments from now on: new ones are ready at once, and
    /// of those that are too many the ones in use end when they are given back.
    pub fn keep_ready(&mut self, now: SimTime, count: u32) {
        let present = self.ready.len() as u32 + self.in_use.count as u32 - self.surplus;
        let mut more = count.saturating_sub(present);
        let kept = more.min(self.surplus);
        self.surplus -= kept;
        more -= kept;
        for _ in 0..more {
            let id = self.start(now, true);
            self.ready.push(id);
            self.idle.begin(now);
        }
        for _ in 0..present.saturating_sub(count) {
            match self.ready.pop() {
                Some(id) => {
                    self.all[id as usize].ends = now;
                    self.end_idle(id);
                }
                None => self.surplus += 1,
            }
        }
        self.most = self.most.max(count);
    }

    /// Has other bounds from now on; `starts` as for a new pool, `None`: as before.
    ///
    /// Of those that are too many the idle ones end, first those that would be taken last; the
    /// others do when they are given back.
    pub fn change(&mut self, now: SimTime, most: u32, lifetime: Span, starts: Option<(f64, f64)>) {
        self.shrunk |= most < self.most;
        self.most = most;
        self.lifetime = lifetime;
        self.sweep(now);
        let surplus = self.existing.count.saturating_sub(u64::from(most)) as usize;
        let last = match self.reuse {
            Reuse::LastUsed => self.stack.drain(..surplus.min(self.stack.len())).collect(),
            Reuse::Newest => {
                let mut all = std::mem::take(&mut self.ranked).into_sorted_vec();
                let last: Vec<u32> = (all.drain(..surplus.min(all.len())))
                    .map(|(_, id)| id)
                    .collect();
                self.ranked = all.into();
                last
            }
        };
        for id in last {
            self.all[id as usize].ends = now;
            self.end_idle(id);
        }
        let Some((rate, burst)) = starts else {
            return;
        };
        match &mut self.starts {
            Some(bucket) if rate > 0.0 => bucket.change(now, rate, burst),
            bucket => *bucket = (rate > 0.0).then(|| TokenBucket::new(rate, burst)),
        }
    }

    /// Returns the time for which provisioned environments have been in use [environment × ns].
    pub fn ready_in_use(&self, now: SimTime) -> u128 {
        self.in_use.area(now)
    }

    /// Ends every idle environment whose keep-alive has passed. O(idle).
    ///
    /// Needed only before `existing`, `idle`, `ended` and `life` are read.
    pub fn sweep(&mut self, now: SimTime) {
        let mut stack = std::mem::take(&mut self.stack);
        stack.retain(|&id| self.keep(id, now));
        self.stack = stack;
        let mut ranked = std::mem::take(&mut self.ranked);
        ranked.retain(|&(_, id)| self.keep(id, now));
        self.ranked = ranked;
    }

    /// Returns the environment-time up to `now`. O(idle).
    ///
    /// The difference of two calls is the environment-time between them.
    pub fn areas(&mut self, now: SimTime) -> Areas {
        self.sweep(now);
        Areas {
            existing: self.existing.area(now),
            idle: self.idle.area(now),
        }
    }

    /// Returns the number of environments as of the last sweep, busy and idle.
    pub fn existing(&self) -> u64 {
        self.existing.count
    }

    /// Returns the number of idle environments as of the last sweep.
    pub fn idle(&self) -> u64 {
        self.idle.count
    }

    /// Returns the number of environments that ended, as of the last sweep.
    pub fn ended(&self) -> u64 {
        self.ended
    }

    /// Returns the sum of the lives of those that ended, as of the last sweep, in nanoseconds.
    pub fn life(&self) -> u128 {
        self.life
    }

    fn pop_idle(&mut self) -> Option<u32> {
        match self.reuse {
            Reuse::LastUsed => self.stack.pop(),
            Reuse::Newest => self.ranked.pop().map(|(_, id)| id),
        }
    }

    fn start(&mut self, now: SimTime, provisioned: bool) -> u32 {
        let environment = Environment {
            started: now,
            rank: self.started,
            idle_since: now,
            ends: SimTime::NEVER,
            provisioned,
        };
        self.started += 1;
        self.existing.begin(now);
        match self.free.pop() {
            Some(id) => {
                self.all[id as usize] = environment;
                id
            }
            None => {
                self.all.push(environment);
                self.all.len() as u32 - 1
            }
        }
    }

    /// Says whether an idle environment exists, and ends it if not.
    fn keep(&mut self, id: u32, now: SimTime) -> bool {
        let exists = now < self.all[id as usize].ends;
        if !exists {
            self.end_idle(id);
        }
        exists
    }

    fn end_idle(&mut self, id: u32) {
        let Environment {
            started,
            idle_since,
            ends,
            ..
        } = self.all[id as usize];
        self.idle.end(idle_since, ends);
        self.existing.end(started, ends);
        self.ended += 1;
        self.life += u128::from(ends.since(started).0);
        self.free.push(id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mechanism::test_words::{Words, exponential};
    use std::cmp::Reverse;

    const UNLIMITED: (f64, f64) = (0.0, 0.0);

    #[test]
    fn environments_that_become_too_many_end() {
        for reuse in [Reuse::LastUsed, Reuse::Newest] {
            let mut pool = Pool::new(reuse, 4, (0.0, 0.0), 0);
            let all: Vec<Taken> = (0..5).map(|_| pool.take(SimTime(0))).collect();
            pool.give_back(0, SimTime(10), Span(1_000));
            pool.give_back(1, SimTime(20), Span(1_000));

            // Two are idle, which are too many; then one of those in use is.
            pool.change(SimTime(30), 2, Span::MAX, None);
            let none = pool.take(SimTime(40));
            pool.change(SimTime(50), 1, Span::MAX, None);
            pool.give_back(2, SimTime(60), Span(1_000));
            pool.give_back(3, SimTime(70), Span(1_000));

            assert_eq!(all[4], Taken::Full);
            assert_eq!(none, Taken::Full);
            assert_eq!(pool.areas(SimTime(100)).existing, 30 + 30 + 60 + 100);
            assert_eq!(pool.take(SimTime(110)), Taken::Warm(3));
        }
    }

    #[test]
    fn takes_the_last_used_or_the_newest() {
        let order = |reuse| {
            let mut pool = Pool::new(reuse, u32::MAX, UNLIMITED, 0);
            for _ in 0..3 {
                pool.take(SimTime(0));
            }
            for (id, at) in [(2, 1), (0, 2), (1, 3)] {
                pool.give_back(id, SimTime(at), Span(100));
            }
            [4, 4, 4, 4].map(|at| pool.take(SimTime(at)))
        };

        let cold = Taken::Cold(3);
        let last_used = [Taken::Warm(1), Taken::Warm(0), Taken::Warm(2), cold];
        let newest = [Taken::Warm(2), Taken::Warm(1), Taken::Warm(0), cold];
        assert_eq!(order(Reuse::LastUsed), last_used);
        assert_eq!(order(Reuse::Newest), newest);
    }

    #[test]
    fn keeps_as_many_ready_as_it_is_told() {
        let mut pool = Pool::new(Reuse::LastUsed, u32::MAX, UNLIMITED, 1);

        let first = [0, 1].map(|at| pool.take(SimTime(at)));
        pool.keep_ready(SimTime(2), 3);
        let more = [2, 2, 2].map(|at| pool.take(SimTime(at)));
        // Five are in use, of which three are provisioned: two of these end when they come back.
        pool.keep_ready(SimTime(5), 1);
        for id in [0, 2, 3] {
            pool.give_back(id, SimTime(10), Span(100));
        }
        let last = [10, 10].map(|at| pool.take(SimTime(at)));

        assert_eq!(first, [Taken::Warm(0), Taken::Cold(1)]);
        assert_eq!(more, [Taken::Warm(3), Taken::Warm(2), Taken::Cold(4)]);
        assert_eq!(last[0], Taken::Warm(3));
        assert!(matches!(last[1], Taken::Cold(_)), "{last:?}");
        assert_eq!(pool.ready_in_use(SimTime(12)), 10 + 8 + 8 + 2);
        assert_eq!(pool.ended(), 2);
    }

    #[test]
    fn ends_what_stayed_idle_and_counts_its_time() {
        let mut pool = Pool::new(Reuse::LastUsed, 1, UNLIMITED, 0);

        let first = pool.take(SimTime(10));
        pool.give_back(0, SimTime(15), Span(10));
        let early = pool.areas(SimTime(20));
        let second = pool.take(SimTime(25));
        let late = pool.areas(SimTime(30));

        assert_eq!((first, second), (Taken::Cold(0), Taken::Cold(0)));
        let area = |existing, idle| Areas { existing, idle };
        assert_eq!((early, late), (area(10, 5), area(20, 10)));
        assert_eq!((pool.ended(), pool.life(), pool.existing()), (1, 15, 1));
    }

    #[test]
    fn refuses_beyond_its_limits() {
        let mut full = Pool::new(Reuse::LastUsed, 2, UNLIMITED, 1);
        let mut slow = Pool::new(Reuse::LastUsed, u32::MAX, (1.0, 1.0), 0);

        let taken = [0, 1, 2].map(|at| full.take(SimTime(at)));
        let started = [0, 1, 1_000_000_001].map(|at| slow.take(SimTime(at)));

        assert_eq!(taken, [Taken::Warm(0), Taken::Cold(1), Taken::Full]);
        assert_eq!(started, [Taken::Cold(0), Taken::TooFast, Taken::Cold(1)]);
    }

    #[test]
    fn provisioned_ones_come_first_and_never_end() {
        let mut pool = Pool::new(Reuse::Newest, u32::MAX, UNLIMITED, 1);

        let taken = [pool.take(SimTime(0)), pool.take(SimTime(0))];
        pool.give_back(0, SimTime(5), Span(1));
        pool.give_back(1, SimTime(5), Span(1));
        let areas = pool.areas(SimTime(100));

        assert_eq!(taken, [Taken::Warm(0), Taken::Cold(1)]);
        assert_eq!(pool.take(SimTime(100)), Taken::Warm(0));
        let expected = Areas {
            existing: 106,
            idle: 96,
        };
        assert_eq!(areas, expected);
    }

    #[test]
    fn ends_at_its_age_once_it_is_idle() {
        let mut pool = Pool::new(Reuse::LastUsed, u32::MAX, UNLIMITED, 0).living(Span(100));

        // In use half of the time, 20 by 20: the sixth use would begin at the age of 100.
        let mut taken = Vec::new();
        for start in (0..200).step_by(20) {
            taken.push(matches!(pool.take(SimTime(start)), Taken::Cold(_)));
            pool.give_back(0, SimTime(start + 10), Span(1_000));
        }
        let areas = pool.areas(SimTime(200));
        // In use beyond its age: it ends when it is given back.
        pool.take(SimTime(200));
        pool.give_back(0, SimTime(330), Span(1_000));
        let after = pool.areas(SimTime(400));

        let cold: Vec<usize> = (0..10).filter(|&use_of| taken[use_of]).collect();
        assert_eq!(cold, [0, 5]);
        let area = |existing, idle| Areas { existing, idle };
        assert_eq!((areas, after), (area(200, 100), area(330, 100)));
        assert_eq!((pool.ended(), pool.life()), (3, 100 + 100 + 130));
    }

    /// Cold share, mean existing, mean busy and mean life [s] under Poisson arrivals.
    fn drive(
        mut pool: Pool,
        (rate, warm, cold, keep): (f64, f64, f64, u64),
        calls: u32,
    ) -> [f64; 4] {
        let mut words = Words::new(17);
        let mut busy: BinaryHeap<Reverse<(u64, u32)>> = BinaryHeap::new();
        let (mut now, mut cold_starts, mut counted) = (0u64, 0u32, 0u32);
        let (mut from, mut start) = (Areas::default(), 0);
        for call in 0..calls {
            now += exponential(words.next(), 1e9 / rate);
            while let Some(&Reverse((done, id))) = busy.peek()
                && done <= now
            {
                busy.pop();
                pool.give_back(id, SimTime(done), Span(keep));
            }
            if call == calls / 10 {
                (from, start) = (pool.areas(SimTime(now)), now);
            }
            let (id, mean) = match pool.take(SimTime(now)) {
                Taken::Warm(id) => (id, warm),
                Taken::Cold(id) => {
                    cold_starts += u32::from(start > 0);
                    (id, cold)
                }
                Taken::Full | Taken::TooFast => unreachable!("no limits"),
            };
            counted += u32::from(start > 0);
            busy.push(Reverse((now + exponential(words.next(), mean), id)));
        }
        let to = pool.areas(SimTime(now));
        let time = (now - start) as f64;
        let existing = (to.existing - from.existing) as f64 / time;
        [
            f64::from(cold_starts) / f64::from(counted),
            existing,
            existing - (to.idle - from.idle) as f64 / time,
            pool.life() as f64 / pool.ended() as f64 / 1e9,
        ]
    }

    fn assert_near(name: &str, found: f64, expected: f64, relative: f64) {
        let near = (found / expected - 1.0).abs() < relative;
        assert!(near, "{name}: found {found}, expected {expected}");
    }

    #[test]
    fn last_used_reuse_matches_its_exact_cold_share() {
        // Case A38: sum over j of Poisson(a; j) × P(first passage j → j+1 of M/M/∞ > T).
        let pool = Pool::new(Reuse::LastUsed, u32::MAX, UNLIMITED, 0);

        let [cold, existing, busy, _] = drive(pool, (5.0, 1e9, 1e9, 30_000_000_000), 5_000_000);

        assert_near("cold", cold, 0.008_554_043_6, 0.05);
        assert_near("busy", busy, 5.0, 0.01);
        assert_near("idle", existing - busy, 6.585_918, 0.02);
    }

    #[test]
    fn newest_first_reuse_matches_the_published_example() {
        // Case B02: Mahmoudi and Khazaei, SimFaaS (2021).
        let pool = Pool::new(Reuse::Newest, u32::MAX, UNLIMITED, 0);
        let law = (0.9, 1.991e9, 2.244e9, 600_000_000_000);

        let [cold, existing, busy, life] = drive(pool, law, 5_400_000);

        assert_near("cold", cold, 0.00135, 0.1);
        assert_near("existing", existing, 7.67, 0.03);
        assert_near("busy", busy, 1.79, 0.01);
        assert_near("life", life, 6330.0, 0.08);
    }
}

//! Balancer: chooses one of several copies by what it knows about them.
//!
//! It counts the calls outstanding through itself, and may know those counts
//! only as they were at the last refresh. Copies that are not well get none, and targets in
//! reserve get some only while nobody else is well.
//!
//! Not here: who says when a copy is well, and the calls themselves.

use super::slow_start::SlowStart;
use crate::units::{SimTime, Span};

/// How a balancer chooses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// In turn.
    RoundRobin,
    /// In turn, with a slow start of those that come newly.
    SlowStart(Span),
    /// The fewest calls outstanding.
    LeastOutstanding,
    /// Uniform.
    Random,
    /// The fewest outstanding of some random ones.
    Choices,
    /// By weight.
    Weighted,
    /// By hash of the key.
    ByKey,
}

/// The constants of a balancer, beside its copies.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// How it chooses.
    pub choice: Choice,
    /// Number of different copies looked at, for `Choices`, ≥ 1.
    pub choices: u32,
    /// Whether the first of equals is taken instead of a random one.
    pub first_of_ties: bool,
    /// How old the counts may be; `ZERO`: never old.
    pub refresh: Span,
}

/// A choice among the copies of several targets.
#[derive(Clone, Debug)]
pub struct Balancer {
    rules: Rules,
    /// (target, copy) of every candidate.
    places: Vec<(u32, u32)>,
    /// Calls outstanding at every candidate.
    outstanding: Vec<u32>,
    /// The same at the last refresh.
    seen: Vec<u32>,
    /// Number of the refresh period that `seen` holds for.
    period: u64,
    /// Whether every candidate takes calls, and whether it is held to be well.
    serving: Vec<[bool; 2]>,
    /// Whether every target is in reserve.
    reserve: Vec<bool>,
    /// Candidates that may be chosen, ascending.
    open: Vec<u32>,
    /// Weight of every target.
    shares: Vec<f64>,
    /// Cumulated weights of the open candidates.
    weights: Vec<f64>,
    /// Targets of which a share of the calls goes to some copies and the rest to the others.
    mixes: Vec<Mix>,
    /// The open candidates of one call, where there is such a target.
    offered: Vec<u32>,
    /// Next in turn.
    turn: u32,
    /// Different candidates drawn, for `Choices`.
    drawn: Vec<u32>,
    /// Who is new, for `SlowStart`.
    slow: Option<SlowStart>,
}

/// How the calls of a target are divided among two sets of its copies.
#[derive(Clone, Debug)]
struct Mix {
    target: u32,
    /// A call goes to the fresh copies if its word lies below.
    below: u64,
    /// The fresh copies.
    fresh: Vec<u32>,
}

impl Balancer {
    /// Makes a balancer over targets of (copies, weight), of which the last ones are in reserve.
    ///
    /// A target's copies share its weight evenly. Of a target in a zone (number, of so many)
    /// only the copies that lie there are candidates: every so many-th.
    ///
    /// # Panics
    ///
    /// Panics if there is not a single copy.
    pub fn new(
        rules: Rules,
        targets: &[(u32, f64)],
        reserve: u32,
        zone: Option<(u32, u32)>,
    ) -> Balancer {
        let mut places = Vec::new();
        for (target, &(copies, _)) in (0u32..).zip(targets) {
            let here = |copy: &u32| zone.is_none_or(|(zone, zones)| copy % zones == zone);
            places.extend((0..copies).filter(here).map(|copy| (target, copy)));
        }
        assert!(
            places
                .iter()
                .any(|place| place.0 + reserve < targets.len() as u32),
            "a balancer has someone to choose"
        );
        let mut balancer = Balancer {
            rules,
            outstanding: vec![0; places.len()],
            seen: vec![0; places.len()],
            period: 0,
            serving: vec![[true; 2]; places.len()],
            reserve: (0..targets.len())
                .map(|target| target + reserve as usize >= targets.len())
                .collect(),
            open: Vec::new(),
            places,
            shares: targets.iter().map(|&(_, weight)| weight).collect(),
            weights: Vec::new(),
            mixes: Vec::new(),
            offered: Vec::new(),
            turn: 0,
            drawn: Vec::new(),
            slow: None,
        };
        if let Choice::SlowStart(span) = rules.choice {
            balancer.slow = Some(SlowStart::new(span, balancer.places.len()));
        }
        balancer.reopen();
        balancer
    }

    /// Lets only some copies of a target be chosen from now on, given in ascending order.
    ///
    /// Calls that are open at others go on. With a slow start, those that could not be
    /// chosen until now begin; if nobody else takes every turn, all do. If nobody at all may be
    /// chosen, everybody may who is not in reserve: a balancer without a healthy target tries
    /// them all.
    pub fn open(&mut self, now: SimTime, target: u32, copies: &[u32]) {
        for (place, [serves, _]) in self.places.iter().zip(&mut self.serving) {
            if place.0 == target {
                *serves = copies.contains(&place.1);
            }
        }
        self.change(now);
    }

    /// Holds a copy of a target to be well, or not, from now on.
    pub fn see(&mut self, now: SimTime, copy: (u32, u32), is_well: bool) {
        for (place, [_, well]) in self.places.iter().zip(&mut self.serving) {
            if *place == copy {
                *well = is_well;
            }
        }
        self.change(now);
    }

    /// Works out anew who may be chosen.
    fn change(&mut self, now: SimTime) {
        let before = self.slow.is_some().then(|| self.open.clone());
        self.reopen();
        if let Some(before) = before {
            self.begin_slowly(now, &before);
        }
    }

    fn reopen(&mut self) {
        let mut open = std::mem::take(&mut self.open);
        // Those that are well before those that are not, those in reserve after all others.
        let ranks: [fn([bool; 2], bool) -> bool; 4] = [
            |[serves, well], reserve| serves && well && !reserve,
            |[serves, well], reserve| serves && well && reserve,
            |[serves, _], reserve| serves && !reserve,
            |_, reserve| !reserve,
        ];
        for rank in ranks {
            open.clear();
            let candidates = (0u32..).zip(self.places.iter().zip(&self.serving));
            let chosen = candidates
                .filter(|(_, (place, serving))| rank(**serving, self.reserve[place.0 as usize]));
            open.extend(chosen.map(|(number, _)| number));
            if !open.is_empty() {
                break;
            }
        }
        self.open = open;
        self.turn %= self.open.len() as u32;
        self.weigh();
    }

    /// Lets those that are open and were not before begin slowly.
    fn begin_slowly(&mut self, now: SimTime, before: &[u32]) {
        let Some(slow) = &mut self.slow else { return };
        let is_new = |candidate: &&u32| !before.contains(candidate);
        let mut others = self.open.iter().filter(|one| !is_new(one));
        if !others.any(|&candidate| slow.is_full(now, candidate)) {
            self.open.iter().for_each(|&one| slow.end(now, one));
            return;
        }
        for &candidate in self.open.iter().filter(is_new) {
            slow.begin(now, candidate);
        }
    }

    /// Lets a share of a target's calls go to its fresh copies, and the rest to its others;
    /// `None`: all its copies are alike again.
    pub fn mix(&mut self, target: u32, share: Option<(u64, Vec<u32>)>) {
        self.mixes.retain(|mix| mix.target != target);
        self.mixes.extend(share.map(|(below, fresh)| Mix {
            target,
            below,
            fresh,
        }));
    }

    /// Puts the open candidates of one call aside: of a mixed target one of its two sets.
    fn offer(&mut self, word: &mut impl FnMut() -> u64) {
        self.offered.clear();
        self.offered.extend_from_slice(&self.open);
        for mix in &self.mixes {
            let fresh = word() < mix.below;
            let places = &self.places;
            self.offered.retain(|&candidate| {
                let (target, copy) = places[candidate as usize];
                target != mix.target || mix.fresh.contains(&copy) == fresh
            });
        }
    }

    /// Cumulates the weights of the open candidates; those of a target share its weight evenly.
    fn weigh(&mut self) {
        let mut count = vec![0u32; self.shares.len()];
        for &candidate in &self.open {
            count[self.places[candidate as usize].0 as usize] += 1;
        }
        let mut sum = 0.0;
        self.weights.clear();
        for &candidate in &self.open {
            let target = self.places[candidate as usize].0 as usize;
            sum += self.shares[target] / f64::from(count[target]);
            self.weights.push(sum);
        }
    }

    /// Chooses a candidate and counts one more call there.
    ///
    /// Words are drawn as needed: none in turn and by key, one for each candidate
    /// looked at by `Choices`, one to break a tie.
    pub fn choose(&mut self, now: SimTime, key: u64, mut word: impl FnMut() -> u64) -> u32 {
        self.refresh(now);
        if self.mixes.is_empty() {
            return self.pick(now, key, word);
        }
        self.offer(&mut word);
        if self.offered.is_empty() {
            return self.pick(now, key, word);
        }
        std::mem::swap(&mut self.open, &mut self.offered);
        self.weigh();
        let chosen = self.pick(now, key, word);
        std::mem::swap(&mut self.open, &mut self.offered);
        chosen
    }

    /// Chooses one of the open candidates.
    #[inline]
    fn pick(&mut self, now: SimTime, key: u64, mut word: impl FnMut() -> u64) -> u32 {
        let all = self.open.len() as u32;
        let chosen = match self.rules.choice {
            Choice::RoundRobin => self.next_in_turn(),
            Choice::SlowStart(_) => self.next_that_takes(now),
            Choice::Random => self.open[below(word(), all) as usize],
            Choice::Weighted => {
                let sum = self.weights.last().copied().unwrap_or(0.0);
                let at = (word() >> 11) as f64 / (1u64 << 53) as f64 * sum;
                let nth = self.weights.partition_point(|&w| w <= at);
                self.open[nth.min(all as usize - 1)]
            }
            Choice::ByKey => self.open[below(scatter(key), all) as usize],
            Choice::LeastOutstanding => self.least(self.open.iter().copied(), &mut word),
            Choice::Choices => {
                let mut drawn = std::mem::take(&mut self.drawn);
                draw_different(&mut drawn, self.rules.choices.clamp(1, all), all, &mut word);
                let offered = drawn.iter().map(|&nth| self.open[nth as usize]);
                let chosen = self.least(offered, &mut word);
                self.drawn = drawn;
                chosen
            }
        };
        self.outstanding[chosen as usize] += 1;
        chosen
    }

    /// Returns whose turn it is.
    #[inline]
    fn next_in_turn(&mut self) -> u32 {
        let all = self.open.len() as u32;
        let turn = self.turn % all;
        self.turn = (turn + 1) % all;
        self.open[turn as usize]
    }

    /// Returns the next in turn who takes it.
    fn next_that_takes(&mut self, now: SimTime) -> u32 {
        let on = |slow: &SlowStart| {
            slow.is_on(now) && self.open.iter().any(|&one| slow.is_full(now, one))
        };
        if !self.slow.as_ref().is_some_and(on) {
            return self.next_in_turn();
        }
        // It ends: somebody takes every turn.
        loop {
            let candidate = self.next_in_turn();
            if let Some(slow) = &mut self.slow
                && slow.takes(now, candidate)
            {
                return candidate;
            }
        }
    }

    /// Counts a call that ended.
    pub fn finish(&mut self, now: SimTime, candidate: u32) {
        self.refresh(now);
        let outstanding = &mut self.outstanding[candidate as usize];
        debug_assert!(*outstanding > 0, "candidate {candidate} has no call open");
        *outstanding -= 1;
    }

    /// Returns (target, copy) of a candidate.
    pub fn place(&self, candidate: u32) -> (u32, u32) {
        self.places[candidate as usize]
    }

    /// Returns all calls outstanding.
    pub fn outstanding(&self) -> u64 {
        self.outstanding.iter().map(|&calls| u64::from(calls)).sum()
    }

    /// Takes the counts as they were when the present period began.
    fn refresh(&mut self, now: SimTime) {
        if self.rules.refresh == Span::ZERO {
            return;
        }
        let period = now.0 / self.rules.refresh.0;
        if period != self.period {
            self.period = period;
            self.seen.copy_from_slice(&self.outstanding);
        }
    }

    /// Returns one with the fewest calls of those that are offered.
    fn least(
        &self,
        offered: impl Iterator<Item = u32> + Clone,
        word: &mut impl FnMut() -> u64,
    ) -> u32 {
        let known = if self.rules.refresh == Span::ZERO {
            &self.outstanding
        } else {
            &self.seen
        };
        let (mut least, mut first, mut equals) = (u32::MAX, 0, 0);
        for candidate in offered.clone() {
            let calls = known[candidate as usize];
            if equals == 0 || calls < least {
                (least, first, equals) = (calls, candidate, 1);
            } else if calls == least {
                equals += 1;
                first = if self.rules.first_of_ties {
                    first.min(candidate)
                } else {
                    first
                };
            }
        }
        if equals <= 1 || self.rules.first_of_ties {
            return first;
        }
        let skip = below(word(), equals) as usize;
        let mut tied = offered.filter(|&candidate| known[candidate as usize] == least);
        tied.nth(skip).unwrap_or(first)
    }
}

/// Returns a number below `n` from a uniform word.
fn below(word: u64, n: u32) -> u32 {
    ((u128::from(word) * u128::from(n)) >> 64) as u32
}

/// Spreads keys evenly (the finaliser of SplitMix64).
fn scatter(key: u64) -> u64 {
    let z = key.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Draws `some` different numbers below `all` (Floyd's sampling).
fn draw_different(drawn: &mut Vec<u32>, some: u32, all: u32, word: &mut impl FnMut() -> u64) {
    drawn.clear();
    for highest in all - some..all {
        let pick = below(word(), highest + 1);
        drawn.push(if drawn.contains(&pick) { highest } else { pick });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mechanism::test_words::Words;

    fn balancer(choice: Choice, first_of_ties: bool, refresh: u64) -> Balancer {
        let rules = Rules {
            choice,
            choices: 2,
            first_of_ties,
            refresh: Span(refresh),
        };
        Balancer::new(rules, &[(1, 3.0), (3, 1.0)], 0, None)
    }

    /// Shares of 40 000 choices, in per cent, with all calls finished at once.
    fn shares(mut balancer: Balancer) -> [u32; 4] {
        let mut words = Words::new(3);
        let mut counts = [0u32; 4];
        for key in 0..40_000 {
            let chosen = balancer.choose(SimTime::ZERO, key, || words.next());
            balancer.finish(SimTime::ZERO, chosen);
            counts[chosen as usize] += 1;
        }
        counts.map(|n| (n + 200) / 400)
    }

    #[test]
    fn shares_follow_the_policy() {
        let even = |shares: [u32; 4]| shares.iter().all(|s| (24..=26).contains(s));

        assert_eq!(shares(balancer(Choice::RoundRobin, false, 0)), [25; 4]);
        assert!(even(shares(balancer(Choice::Random, false, 0))));
        assert!(even(shares(balancer(Choice::ByKey, false, 0))));
        assert!(even(shares(balancer(Choice::LeastOutstanding, false, 0))));
        assert!(even(shares(balancer(Choice::Choices, false, 0))));
        assert_eq!(
            shares(balancer(Choice::LeastOutstanding, true, 0)),
            [100, 0, 0, 0]
        );
        let weighted = shares(balancer(Choice::Weighted, false, 0));
        assert!((74..=76).contains(&weighted[0]), "{weighted:?}");
        assert!(
            weighted[1..].iter().all(|s| (7..=9).contains(s)),
            "{weighted:?}"
        );
    }

    #[test]
    fn least_outstanding_fills_the_emptiest() {
        let mut balancer = balancer(Choice::LeastOutstanding, true, 0);

        let chosen: Vec<u32> = (0..5)
            .map(|_| balancer.choose(SimTime::ZERO, 0, || 0))
            .collect();
        balancer.finish(SimTime::ZERO, 2);
        let freed = balancer.choose(SimTime::ZERO, 0, || 0);

        assert_eq!((chosen, freed), (vec![0, 1, 2, 3, 0], 2));
        assert_eq!((balancer.place(0), balancer.place(3)), ((0, 0), (1, 2)));
        assert_eq!(balancer.outstanding(), 5);
    }

    #[test]
    fn old_counts_send_all_to_one_until_the_refresh() {
        let mut balancer = balancer(Choice::LeastOutstanding, true, 10);

        let chosen = [0, 3, 9, 10, 11, 25].map(|at| balancer.choose(SimTime(at), 0, || 0));

        assert_eq!(chosen, [0, 0, 0, 1, 1, 2]);
    }

    #[test]
    fn a_shut_copy_gets_no_more_calls_and_shares_nothing() {
        let mut weighted = balancer(Choice::Weighted, false, 0);
        weighted.open(SimTime::ZERO, 1, &[0, 2]);
        let mut in_turn = balancer(Choice::RoundRobin, false, 0);
        in_turn.open(SimTime::ZERO, 1, &[1]);

        // The target's weight of 1 lies on the two copies that are left.
        let shares = shares(weighted);
        assert!(
            (74..=76).contains(&shares[0]) && shares[2] == 0,
            "{shares:?}"
        );
        assert!((12..=13).contains(&shares[1]), "{shares:?}");
        let turns: Vec<u32> = (0..4)
            .map(|_| in_turn.choose(SimTime::ZERO, 0, || 0))
            .collect();
        assert_eq!(turns, [0, 2, 0, 2]);
    }

    #[test]
    fn a_share_of_a_targets_calls_goes_to_its_fresh_copies() {
        let mut mixed = balancer(Choice::Weighted, false, 0);
        mixed.mix(1, Some((u64::MAX / 5, vec![2])));

        // A fifth of the quarter that the target gets, and the rest on its other two.
        let shares = shares(mixed);
        assert_eq!(shares[3], 5, "{shares:?}");
        assert!((9..=11).contains(&shares[1]), "{shares:?}");
        assert!((74..=76).contains(&shares[0]), "{shares:?}");
    }

    #[test]
    fn a_new_copy_gets_what_its_slow_start_lets_it() {
        let span = Span(1_000_000);
        let mut balancer = balancer(Choice::SlowStart(span), false, 0);
        balancer.open(SimTime::ZERO, 1, &[0, 1]);
        let begins = 5_000_000;
        balancer.open(SimTime(begins), 1, &[0, 1, 2]);

        let mut counts = [0u32; 4];
        for at in 0..=span.0 {
            counts[balancer.choose(SimTime(begins + at), 0, || 0) as usize] += 1;
        }
        let after: Vec<u32> = (0..4)
            .map(|_| balancer.choose(SimTime(begins + span.0), 0, || 0))
            .collect();

        // Three others: λT·(1 − 3·ln(4/3)) of λT calls, where λT is a million.
        let exact = 1e6 * (1.0 - 3.0 * (4.0f64 / 3.0).ln());
        assert!(
            (f64::from(counts[3]) - exact).abs() < 2.0,
            "{counts:?}, not {exact}"
        );
        assert!(counts[0].abs_diff(counts[2]) <= 1, "{counts:?}");
        let mut after = after;
        after.sort_unstable();
        assert_eq!(after, [0, 1, 2, 3]);
    }

    #[test]
    fn without_somebody_who_takes_every_turn_there_is_no_slow_start() {
        let rules = Rules {
            choice: Choice::SlowStart(Span(1_000)),
            choices: 2,
            first_of_ties: false,
            refresh: Span::ZERO,
        };
        let mut balancer = Balancer::new(rules, &[(3, 1.0)], 0, None);
        balancer.open(SimTime::ZERO, 0, &[0]);
        balancer.open(SimTime(10), 0, &[0, 1]);

        // The only one that took every turn leaves: the new one takes them all.
        balancer.open(SimTime(20), 0, &[1]);
        let alone = balancer.choose(SimTime(21), 0, || 0);
        balancer.open(SimTime(30), 0, &[1, 2]);
        let turns: Vec<u32> = (0..4)
            .map(|_| balancer.choose(SimTime(31), 0, || 0))
            .collect();

        // It has all its turns since, so that the third begins slowly.
        assert_eq!((alone, turns), (1, vec![1; 4]));
    }

    #[test]
    fn a_zone_knows_every_so_many_th_copy() {
        let rules = Rules {
            choice: Choice::RoundRobin,
            choices: 2,
            first_of_ties: false,
            refresh: Span::ZERO,
        };
        let mut balancer = Balancer::new(rules, &[(5, 1.0)], 0, Some((1, 2)));

        let copies = [(); 3].map(|()| {
            let candidate = balancer.choose(SimTime::ZERO, 0, || 0);
            balancer.place(candidate).1
        });

        assert_eq!(copies, [1, 3, 1]);
    }

    #[test]
    fn without_a_healthy_target_all_are_tried() {
        let mut balancer = balancer(Choice::RoundRobin, false, 0);
        balancer.open(SimTime::ZERO, 0, &[]);
        balancer.open(SimTime::ZERO, 1, &[]);

        let turns: Vec<u32> = (0..4)
            .map(|_| balancer.choose(SimTime::ZERO, 0, || 0))
            .collect();

        assert_eq!(turns, [0, 1, 2, 3]);
    }

    #[test]
    fn those_in_reserve_take_over_while_nobody_else_is_well() {
        let rules = balancer(Choice::RoundRobin, false, 0).rules;
        let mut balancer = Balancer::new(rules, &[(2, 1.0), (2, 1.0)], 1, None);
        let mut turns = |sights: &[((u32, u32), bool)]| -> Vec<u32> {
            for &(copy, well) in sights {
                balancer.see(SimTime::ZERO, copy, well);
            }
            let mut turns: Vec<u32> = (0..4)
                .map(|_| balancer.choose(SimTime::ZERO, 0, || 0))
                .collect();
            turns.sort();
            turns
        };

        assert_eq!(turns(&[]), [0, 0, 1, 1]);
        assert_eq!(turns(&[((0, 0), false)]), [1, 1, 1, 1]);
        assert_eq!(turns(&[((0, 1), false)]), [2, 2, 3, 3]);
        assert_eq!(turns(&[((1, 0), false)]), [3, 3, 3, 3]);
        // Nobody is well: those who are not in reserve are tried.
        assert_eq!(turns(&[((1, 1), false)]), [0, 0, 1, 1]);
        assert_eq!(turns(&[((0, 0), true), ((0, 1), true)]), [0, 0, 1, 1]);
    }

    #[test]
    fn one_key_always_goes_to_one_place() {
        let mut balancer = balancer(Choice::ByKey, false, 0);

        let first = balancer.choose(SimTime::ZERO, 77, || 0);

        assert_eq!(balancer.choose(SimTime(5), 77, || 1), first);
    }

    #[test]
    fn two_choices_are_different_and_prefer_the_emptier() {
        let mut words = Words::new(9);
        let mut drawn = Vec::new();
        for _ in 0..1000 {
            draw_different(&mut drawn, 2, 4, &mut || words.next());
            assert_ne!(drawn[0], drawn[1]);
        }
        // A candidate that is fuller than all others is never taken.
        let mut balancer = balancer(Choice::Choices, false, 0);
        balancer.outstanding[1] = 100;

        assert!((0..100).all(|_| balancer.choose(SimTime::ZERO, 0, || words.next()) != 1));
    }
}

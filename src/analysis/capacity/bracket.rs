//! Which load to try next: a pure function of what is known of the loads that were tried.
//!
//! A load is *high* if an objective has given way there, *low* if all that is missed asks for
//! more load, *met* if every objective is. Whether a missed objective has given way or asks for
//! more load is seen from other loads: where it is met; or else where it is missed by less.
//!
//! Doubling and halving find a load that is met (or low) below one that is high; between the
//! two the geometric mean is tried until they are near. Loads that stay undecided part what
//! is between: the lower end closes in on the lowest of them and the upper end on the
//! highest. At the end of its range the search leaves out what no load decides.

use crate::analysis::looks::Judged;
use crate::report::Verdict;

/// The range of the search.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Bounds {
    /// Lowest load to try.
    pub(super) least: f64,
    /// First load to try.
    pub(super) start: f64,
    /// Highest load to try.
    pub(super) most: f64,
    /// Ratio of the two ends, less 1, at which the search ends.
    pub(super) tolerance: f64,
}

/// What is known of one load.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Tried {
    /// Times the load that the file gives.
    pub(super) factor: f64,
    /// By objective.
    pub(super) judged: Vec<Judged>,
    /// Whether further replications would decide nothing more.
    pub(super) complete: bool,
}

/// On which side of the knee a load is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// Every objective is met.
    Met,
    /// What is missed asks for more load.
    Low,
    /// Something has given way.
    High,
    /// Nobody knows.
    Undecided,
}

/// What to do next.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Next {
    /// Try this load.
    Try(f64),
    /// Leave these objectives out, and ask again.
    LeaveOut(Vec<usize>),
    /// Nothing: it is known as well as asked, or as well as can be.
    Done,
}

/// What is known of all loads.
#[derive(Clone, Debug)]
pub(super) struct Bracket {
    bounds: Bounds,
    /// By objective: whether the search goes by it.
    active: Vec<bool>,
    /// The lowest load first.
    tried: Vec<Tried>,
}

impl Bracket {
    /// Begins a search by so many objectives.
    pub(super) fn new(bounds: Bounds, objectives: usize) -> Bracket {
        Bracket {
            bounds,
            active: vec![true; objectives],
            tried: Vec::new(),
        }
    }

    /// Returns the range of the search.
    pub(super) fn bounds(&self) -> Bounds {
        self.bounds
    }

    /// Whether the search goes by an objective.
    pub(super) fn is_active(&self, objective: usize) -> bool {
        self.active.get(objective).copied().unwrap_or(false)
    }

    /// Returns the loads that were tried, the lowest first.
    pub(super) fn tried(&self) -> impl Iterator<Item = &Tried> {
        self.tried.iter()
    }

    /// Adds a load.
    pub(super) fn add(&mut self, tried: Tried) {
        let at = self.tried.partition_point(|one| one.factor < tried.factor);
        self.tried.insert(at, tried);
    }

    /// Leaves objectives out, and forgets loads that further replications could decide now.
    pub(super) fn leave_out(&mut self, objectives: &[usize]) {
        for objective in objectives {
            if let Some(active) = self.active.get_mut(*objective) {
                *active = false;
            }
        }
        let open = |one: &Tried| !one.complete && self.side(one) == Side::Undecided;
        let kept: Vec<Tried> = self
            .tried
            .iter()
            .filter(|one| !open(one))
            .cloned()
            .collect();
        self.tried = kept;
    }

    /// Whether further replications may decide an objective that counts.
    pub(super) fn is_open(&self, tried: &Tried) -> bool {
        self.counting(tried).any(|(_, judged)| judged.open)
    }

    /// Says on which side of the knee a load is, which may be none of those that were added.
    pub(super) fn side(&self, tried: &Tried) -> Side {
        let mut side = Side::Met;
        for (objective, judged) in self.counting(tried) {
            match judged.verdict {
                Verdict::Missed if !self.asks_for_more(objective, tried) => return Side::High,
                Verdict::Undecided => side = Side::Undecided,
                Verdict::Missed if side == Side::Met => side = Side::Low,
                Verdict::Missed | Verdict::Met => {}
            }
        }
        side
    }

    /// Returns the highest load that is met below all that are high, and the lowest of these.
    pub(super) fn ends(&self) -> (Option<f64>, Option<f64>) {
        if !self.active.contains(&true) {
            return (None, None);
        }
        let high = self.lowest_high();
        let below = |one: &&Tried| high.is_none_or(|high| one.factor < high);
        let met = self.tried.iter().filter(below);
        let mut met = met.filter(|one| self.side(one) == Side::Met);
        (met.next_back().map(|one| one.factor), high)
    }

    /// Returns the loads between the two ends that are neither met nor missed.
    pub(super) fn undecided(&self) -> Vec<f64> {
        let (met, missed) = self.ends();
        let inside = |one: &&Tried| {
            met.is_none_or(|met| one.factor > met) && missed.is_none_or(|high| one.factor < high)
        };
        let found = self.tried.iter().filter(inside);
        let found = found.filter(|one| self.side(one) == Side::Undecided);
        found.map(|one| one.factor).collect()
    }

    /// Returns the highest load at which an objective is met, and the lowest above it at which
    /// it is missed.
    pub(super) fn of_objective(&self, objective: usize) -> (Option<f64>, Option<f64>) {
        let of = |verdict: Verdict| {
            let all = self.tried.iter();
            all.filter(move |one| {
                let judged = one.judged.get(objective);
                judged.is_some_and(|judged| judged.verdict == verdict)
            })
        };
        let met = of(Verdict::Met).next_back().map(|one| one.factor);
        let above = |one: &&Tried| met.is_none_or(|met| one.factor > met);
        let missed = of(Verdict::Missed).find(above);
        (met, missed.map(|one| one.factor))
    }

    /// Says what to do next. Not every factor is a load: `nearest` returns one that is, and
    /// `distinct` says whether two are different loads.
    pub(super) fn next(
        &self,
        nearest: impl Fn(f64) -> f64,
        distinct: impl Fn(f64, f64) -> bool,
    ) -> Next {
        let Bounds {
            least,
            start,
            most,
            tolerance,
        } = self.bounds;
        if !self.active.contains(&true) {
            return Next::Done;
        }
        let (Some(bottom), Some(top)) = (self.tried.first(), self.tried.last()) else {
            return Next::Try(start);
        };
        let Some(high) = self.lowest_high() else {
            let next = nearest((top.factor * 2.0).min(most));
            return match next > top.factor && distinct(next, top.factor) {
                true => Next::Try(next),
                false => self.at_the_end(top),
            };
        };
        let below = self.tried.iter().filter(|one| one.factor < high);
        let decided = |one: &&Tried| matches!(self.side(one), Side::Met | Side::Low);
        let Some(low) = below.clone().rfind(decided) else {
            let next = nearest((bottom.factor / 2.0).max(least));
            return match next < bottom.factor && distinct(next, bottom.factor) {
                true => Next::Try(next),
                false => self.at_the_end(bottom),
            };
        };
        let mut open = below.filter(|one| one.factor > low.factor);
        let first = open.next().map(|one| one.factor);
        let last = open.next_back().map(|one| one.factor).or(first);
        let between = [
            (low.factor, first.unwrap_or(high)),
            (last.unwrap_or(low.factor), high),
        ];
        let middle = |(one, other): &(f64, f64)| {
            let next = nearest((one * other).sqrt());
            let is_new = next > *one && next < *other;
            let wide = other / one > 1.0 + tolerance;
            (wide && is_new && distinct(next, *one) && distinct(next, *other)).then_some(next)
        };
        let near = high / low.factor <= 1.0 + tolerance;
        match between.iter().find_map(middle) {
            Some(next) if !near => Next::Try(next),
            Some(_) | None => self.at_the_end(low),
        }
    }

    /// Leaves out what no load decides, as the load at the end of the search shows it.
    fn at_the_end(&self, end: &Tried) -> Next {
        let missed = |side: Side| side == Side::Low || side == Side::High;
        let side = self.side(end);
        let never = |objective: usize, verdicts: &[Verdict]| {
            let mut all = self
                .tried
                .iter()
                .filter_map(|one| one.judged.get(objective));
            all.all(|judged| !verdicts.contains(&judged.verdict))
        };
        let hopeless: Vec<usize> = self
            .counting(end)
            .filter(|(objective, judged)| match judged.verdict {
                Verdict::Missed => missed(side),
                Verdict::Undecided => never(*objective, &[Verdict::Met, Verdict::Missed]),
                Verdict::Met => false,
            })
            .map(|(objective, _)| objective)
            .collect();
        match hopeless.is_empty() {
            true => Next::Done,
            false => Next::LeaveOut(hopeless),
        }
    }

    /// Returns the lowest load at which something has given way.
    fn lowest_high(&self) -> Option<f64> {
        let found = self.tried.iter().find(|one| self.side(one) == Side::High);
        found.map(|one| one.factor)
    }

    /// Returns the objectives that count, with what a load says of them.
    fn counting<'t>(&self, tried: &'t Tried) -> impl Iterator<Item = (usize, &'t Judged)> {
        let all = tried.judged.iter().enumerate();
        all.filter(|(objective, _)| self.is_active(*objective))
    }

    /// Whether an objective that is missed at a load asks for more of it: it is met above and
    /// not below; or it is met nowhere, and less load makes it worse.
    fn asks_for_more(&self, objective: usize, at: &Tried) -> bool {
        let of = |one: &Tried| one.judged.get(objective).copied();
        let met = |one: &&Tried| of(one).is_some_and(|judged| judged.verdict == Verdict::Met);
        let met_below = self
            .tried
            .iter()
            .filter(met)
            .any(|one| one.factor < at.factor);
        let met_above = self
            .tried
            .iter()
            .filter(met)
            .any(|one| one.factor > at.factor);
        if met_below || met_above {
            return !met_below;
        }
        let missed = |one: &&Tried| {
            let judged = of(one).filter(|judged| judged.verdict == Verdict::Missed);
            judged.is_some_and(|judged| judged.excess.is_some())
        };
        let mut below = self.tried.iter().filter(|one| one.factor < at.factor);
        let above = self
            .tried
            .iter()
            .find(|one| one.factor > at.factor && missed(one));
        let pair = match (below.rfind(missed), above) {
            (Some(below), _) => (below, at),
            (None, Some(above)) => (at, above),
            (None, None) => return false,
        };
        let excess = |one: &Tried| of(one).and_then(|judged| judged.excess);
        match (excess(pair.0), excess(pair.1)) {
            (Some((less, half)), Some((more, other))) => less - more > half + other,
            (_, _) => false,
        }
    }
}

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "these values are exact")]
mod tests {
    use super::*;

    const BOUNDS: Bounds = Bounds {
        least: 1.0 / 64.0,
        start: 1.0,
        most: 64.0,
        tolerance: 0.02,
    };

    /// Judges a load by how far each of some excesses is from 0; within `doubt` it is undecided.
    fn tried(factor: f64, excesses: &[f64], doubt: f64) -> Tried {
        let judge = |excess: &f64| Judged {
            verdict: match excess {
                excess if excess.abs() <= doubt => Verdict::Undecided,
                excess if *excess < 0.0 => Verdict::Met,
                _ => Verdict::Missed,
            },
            excess: Some((*excess, doubt)),
            open: false,
        };
        Tried {
            factor,
            judged: excesses.iter().map(judge).collect(),
            complete: true,
        }
    }

    /// Searches where the excesses are functions of the load; returns the loads in their order.
    fn search(excesses: &[&dyn Fn(f64) -> f64], doubt: f64) -> (Bracket, Vec<f64>) {
        let mut bracket = Bracket::new(BOUNDS, excesses.len());
        let mut loads = Vec::new();
        for _ in 0..100 {
            match bracket.next(|factor| factor, |one, other| one != other) {
                Next::Try(factor) => {
                    let found: Vec<f64> = excesses.iter().map(|of| of(factor)).collect();
                    loads.push(factor);
                    bracket.add(tried(factor, &found, doubt));
                }
                Next::LeaveOut(objectives) => bracket.leave_out(&objectives),
                Next::Done => return (bracket, loads),
            }
        }
        panic!("it does not end: {loads:?}");
    }

    #[test]
    fn doubling_and_bisection_find_where_an_objective_gives_way() {
        for knee in [0.03, 0.7, 1.3, 40.0] {
            let (bracket, loads) = search(&[&|load: f64| load - knee], 0.0);

            let (Some(met), Some(missed)) = bracket.ends() else {
                panic!("{knee}: {loads:?}");
            };
            assert!(met <= knee && knee <= missed, "{knee}: {met} to {missed}");
            assert!(missed / met <= 1.02, "{knee}: {met} to {missed}");
            assert!(loads.len() <= 14, "{knee}: {loads:?}");
        }
    }

    #[test]
    fn undecided_loads_are_closed_in_from_both_sides() {
        let (bracket, loads) = search(&[&|load: f64| load - 1.3], 0.1);

        let (Some(met), Some(missed)) = bracket.ends() else {
            panic!("{loads:?}");
        };
        // What is certain ends at 1.2 and 1.4; each end is known to the tolerance.
        assert!((1.2 / 1.02..=1.2).contains(&met), "{met}");
        assert!((1.4..=1.4 * 1.02).contains(&missed), "{missed}");
        assert!(!bracket.undecided().is_empty());
        assert!(loads.len() <= 16, "{loads:?}");
    }

    #[test]
    fn what_never_gives_way_is_followed_to_the_bound_only() {
        let (bracket, loads) = search(&[&|_| -1.0], 0.0);

        assert_eq!(bracket.ends(), (Some(64.0), None));
        assert_eq!(loads, [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0]);
    }

    #[test]
    fn what_is_missed_at_every_load_is_left_out_and_the_others_decide() {
        let (bracket, _) = search(&[&|load: f64| load - 1.3, &|_| 5.0], 0.0);

        let (Some(met), Some(missed)) = bracket.ends() else {
            panic!("the other has a knee");
        };
        assert!(met <= 1.3 && 1.3 <= missed);
        assert!(bracket.is_active(0) && !bracket.is_active(1));
        assert_eq!(bracket.of_objective(1).0, None);
    }

    #[test]
    fn what_asks_for_load_bounds_the_search_from_below() {
        // As throughput does: met from 3 on, while the other gives way at 5.
        let (bracket, _) = search(&[&|load: f64| 3.0 - load, &|load: f64| load - 5.0], 0.0);

        let (Some(met), Some(missed)) = bracket.ends() else {
            panic!("both are met from 3 to 5");
        };
        assert!((3.0..=5.0).contains(&met) && missed > 5.0 && missed <= met * 1.02);
        assert!(bracket.is_active(0) && bracket.is_active(1));
    }

    #[test]
    fn what_asks_for_more_than_others_allow_is_left_out() {
        let (bracket, _) = search(&[&|load: f64| 7.0 - load, &|load: f64| load - 5.0], 0.0);

        let (Some(met), Some(missed)) = bracket.ends() else {
            panic!("the other has a knee");
        };
        assert!(met <= 5.0 && 5.0 <= missed);
        assert!(!bracket.is_active(0));
    }

    #[test]
    fn goodput_that_collapses_has_two_ends() {
        // Asked for 2, it is load up to 4 and falls beyond.
        let goodput = |load: f64| 2.0 - if load < 4.0 { load } else { 16.0 / load };
        let (bracket, _) = search(&[&goodput], 0.0);

        let (Some(met), Some(missed)) = bracket.ends() else {
            panic!("it is met from 2 to 8");
        };
        assert!(met <= 8.0 && 8.0 <= missed, "{met} to {missed}");
    }

    #[test]
    fn nothing_is_certain_where_nothing_is_decided() {
        let (bracket, _) = search(&[&|_| 0.0], 1.0);

        assert_eq!(bracket.ends(), (None, None));
        assert!(!bracket.is_active(0));
    }

    #[test]
    fn whole_loads_are_each_tried_once() {
        // Ten clients, of whom thirteen are too many.
        let whole = |factor: f64| (factor * 10.0).round().max(1.0) / 10.0;
        let mut bracket = Bracket::new(BOUNDS, 1);
        let mut loads = Vec::new();
        while let Next::Try(factor) = bracket.next(whole, |one, other| one != other) {
            loads.push(factor);
            bracket.add(tried(factor, &[factor - 1.25], 0.0));
        }

        assert_eq!(bracket.ends(), (Some(1.2), Some(1.3)));
        let mut each = loads.clone();
        each.sort_by(f64::total_cmp);
        each.dedup();
        assert_eq!(each.len(), loads.len(), "{loads:?}");
    }

    #[test]
    fn loads_that_more_replications_would_decide_are_forgotten_when_others_are_left_out() {
        let mut bracket = Bracket::new(BOUNDS, 2);
        let mut open = tried(1.0, &[5.0, 0.0], 1.0);
        open.complete = false;
        bracket.add(open);

        bracket.leave_out(&[0]);

        assert_eq!(bracket.tried().count(), 0);
        assert_eq!(bracket.next(|one| one, |_, _| true), Next::Try(1.0));
    }
}

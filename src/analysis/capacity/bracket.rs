//! Which load to try next: a pure function of what is known of the loads that were tried.
//!
//! A load is *high* if an objective has given way there, *low* if all that is missed asks for
//! more load, *met* if every objective is. Whether a missed objective has given way or asks for
//! more load is seen from other loads: where it is met; or else where it is missed by less.
//!
//! Doubling and halving find a load that is met (or low) below one that is high; between the
//! two the geometric mean is tried until they are near. Loads that stay undecided part what
//! is between: the lower end closes in on the lowest of them and the upper end on the
//! highest. Where most of what arrives is never answered, an objective about the answers has no
//! value: that is high as well, if it had one at a lower load.
//!
//! At the end of its range the search leaves out what no load decides: what has a value
//! nowhere, and what is missed by so much that it would be without any load. That is where a
//! straight line through two loads leads: what queues and refusals do grows faster than the
//! load, so that the truth lies above the line there. What only one load says, or what shrinks
//! with the load, is not left out: then the knee lies below the range.

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
        if self.has_ended() {
            return;
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

    /// Whether an objective that counts is judged by an interval.
    pub(super) fn is_estimated(&self, tried: &Tried) -> bool {
        let mut all = self.counting(tried);
        all.any(|(_, judged)| judged.excess.is_some_and(|(_, half)| half > 0.0))
    }

    /// Tries no load beyond the highest that was.
    pub(super) fn end_at_the_highest(&mut self) {
        if let Some(top) = self.tried.last() {
            self.bounds.most = top.factor;
        }
    }

    /// Whether all objectives were left out.
    fn has_ended(&self) -> bool {
        !self.active.contains(&true)
    }

    /// Says on which side of the knee a load is, which may be none of those that were added.
    pub(super) fn side(&self, tried: &Tried) -> Side {
        let mut side = Side::Met;
        for (objective, judged) in self.counting(tried) {
            match judged.verdict {
                Verdict::Missed if self.has_ended() => return Side::High,
                Verdict::Missed if !self.asks_for_more(objective, tried) => return Side::High,
                Verdict::Undecided if self.has_lost(objective, tried) => return Side::High,
                Verdict::Undecided => side = Side::Undecided,
                Verdict::Missed if side == Side::Met => side = Side::Low,
                Verdict::Missed | Verdict::Met => {}
            }
        }
        side
    }

    /// Returns the highest load that is met below all that are high, and the lowest of these.
    pub(super) fn ends(&self) -> (Option<f64>, Option<f64>) {
        if self.has_ended() {
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
        if self.has_ended() {
            return Next::Done;
        }
        let (Some(bottom), Some(top)) = (self.tried.first(), self.tried.last()) else {
            return Next::Try(start);
        };
        let middle = |one: f64, other: f64| {
            let next = nearest((one * other).sqrt());
            let is_new = next > one && next < other;
            let wide = other / one > 1.0 + tolerance;
            (wide && is_new && distinct(next, one) && distinct(next, other)).then_some(next)
        };
        let Some(high) = self.lowest_beyond() else {
            let next = nearest((top.factor * 2.0).min(most));
            if next > top.factor && distinct(next, top.factor) {
                return Next::Try(next);
            }
            let next = match (
                self.at_the_top(top),
                self.ends().0,
                self.undecided().first(),
            ) {
                (Next::Done, Some(met), Some(&first)) => middle(met, first).map(Next::Try),
                (next, _, _) => Some(next),
            };
            return next.unwrap_or(Next::Done);
        };
        let below = self.tried.iter().filter(|one| one.factor < high);
        let decided = |one: &&Tried| matches!(self.side(one), Side::Met | Side::Low);
        let Some(low) = below.clone().rfind(decided) else {
            let next = nearest((bottom.factor / 2.0).max(least));
            return match next < bottom.factor && distinct(next, bottom.factor) {
                true => Next::Try(next),
                false => self.at_the_bottom(),
            };
        };
        let mut open = below.filter(|one| one.factor > low.factor);
        let first = open.next().map(|one| one.factor);
        let last = open.next_back().map(|one| one.factor).or(first);
        let between = [
            (low.factor, first.unwrap_or(high)),
            (last.unwrap_or(low.factor), high),
        ];
        let near = high / low.factor <= 1.0 + tolerance;
        match between.iter().find_map(|(one, other)| middle(*one, *other)) {
            Some(next) if !near => Next::Try(next),
            Some(_) | None => self.at_the_top(low),
        }
    }

    /// Leaves out what asks for more load than the highest that is not too much, and what is
    /// decided nowhere.
    fn at_the_top(&self, end: &Tried) -> Next {
        let missed = |side: Side| side == Side::Low || side == Side::High;
        let side = self.side(end);
        let hopeless = self.counting(end);
        let hopeless = hopeless.filter(|(objective, judged)| match judged.verdict {
            Verdict::Missed => missed(side),
            Verdict::Undecided => self.is_decided_nowhere(*objective),
            Verdict::Met => false,
        });
        without(hopeless.map(|(objective, _)| objective).collect())
    }

    /// Leaves out what less load than the least would not decide either.
    fn at_the_bottom(&self) -> Next {
        let all = (0..self.active.len()).filter(|objective| self.is_active(*objective));
        let hopeless = all.filter(|&objective| {
            self.is_decided_nowhere(objective) || self.is_missed_without_load(objective)
        });
        without(hopeless.collect())
    }

    /// Whether an objective is neither met nor missed at any load.
    fn is_decided_nowhere(&self, objective: usize) -> bool {
        let all = self.tried.iter();
        let mut all = all.filter_map(|one| one.judged.get(objective));
        all.all(|judged| judged.verdict == Verdict::Undecided)
    }

    /// Whether an objective is missed at the lowest load that has a value for it, and would be
    /// without any load, by the straight line through some two loads.
    fn is_missed_without_load(&self, objective: usize) -> bool {
        let known = self.tried.iter().filter_map(|one| {
            let judged = one.judged.get(objective)?;
            Some((one, judged.verdict, judged.excess?))
        });
        let known: Vec<(&Tried, Verdict, (f64, f64))> = known.collect();
        let lowest = known.first();
        let asked = lowest.is_none_or(|(one, verdict, _)| {
            *verdict != Verdict::Missed || self.asks_for_more(objective, one)
        });
        if asked {
            return false;
        }
        let missed = known
            .iter()
            .filter(|(_, verdict, excess)| *verdict == Verdict::Missed && excess.0.is_finite());
        let missed: Vec<(f64, (f64, f64))> = missed
            .map(|(one, _, excess)| (one.factor, *excess))
            .collect();
        let mut pairs = missed.iter().enumerate().flat_map(|(at, low)| {
            let above = missed.iter().skip(at + 1);
            above.map(move |high| (low, high))
        });
        pairs.any(|((low, less), (high, more))| {
            let (of_low, of_high) = (high / (high - low), low / (high - low));
            let doubt = ((of_low * less.1).powi(2) + (of_high * more.1).powi(2)).sqrt();
            of_low * less.0 - of_high * more.0 > doubt
        })
    }

    /// Whether an objective has no value at a load because most of what arrived was never
    /// answered, and had one at a lower load.
    fn has_lost(&self, objective: usize, at: &Tried) -> bool {
        let of = |one: &Tried| one.judged.get(objective).copied();
        let mut below = self.tried.iter().filter(|one| one.factor < at.factor);
        of(at).is_some_and(|judged| judged.unanswered)
            && below.any(|one| of(one).is_some_and(|judged| judged.excess.is_some()))
    }

    /// Returns the lowest load at which something has given way, or has if it has a value at
    /// all.
    fn lowest_beyond(&self) -> Option<f64> {
        let is_beyond = |one: &&Tried| {
            self.side(one) == Side::High || self.counting(one).any(|(_, judged)| judged.unanswered)
        };
        self.tried.iter().find(is_beyond).map(|one| one.factor)
    }

    /// Returns the lowest load at which something has given way.
    fn lowest_high(&self) -> Option<f64> {
        let found = self.tried.iter().find(|one| self.side(one) == Side::High);
        found.map(|one| one.factor)
    }

    /// Returns the objectives that count, with what a load says of them; all of them if none
    /// does.
    fn counting<'t>(&self, tried: &'t Tried) -> impl Iterator<Item = (usize, &'t Judged)> {
        let all = tried.judged.iter().enumerate();
        all.filter(|(objective, _)| self.has_ended() || self.is_active(*objective))
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

/// Leaves objectives out, if there are any.
fn without(objectives: Vec<usize>) -> Next {
    match objectives.is_empty() {
        true => Next::Done,
        false => Next::LeaveOut(objectives),
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
            unanswered: false,
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
    fn what_shrinks_with_the_load_is_not_left_out() {
        // As a bill does: met below 0.005 only, which is not tried.
        let (bracket, loads) = search(&[&|load: f64| load - 0.005], 1e-4);

        assert_eq!(bracket.ends(), (None, Some(BOUNDS.least)), "{loads:?}");
        assert!(bracket.is_active(0));
    }

    #[test]
    fn what_only_one_load_says_is_not_left_out() {
        let bounds = Bounds {
            least: 4.0,
            start: 4.0,
            ..BOUNDS
        };
        let mut bracket = Bracket::new(bounds, 1);
        bracket.add(tried(4.0, &[f64::INFINITY], 0.0));

        assert_eq!(bracket.next(|one| one, |_, _| true), Next::Done);
        assert_eq!(bracket.ends(), (None, Some(4.0)));
    }

    /// A load at which an objective has no value; because most was unanswered, or too little came.
    fn without_value(factor: f64, unanswered: bool) -> Tried {
        let mut tried = tried(factor, &[0.0], 0.0);
        tried.judged[0] = Judged {
            verdict: Verdict::Undecided,
            excess: None,
            open: false,
            unanswered,
        };
        tried
    }

    /// Searches where only some loads have a value.
    fn search_in(has_value: &dyn Fn(f64) -> bool, excess: f64, unanswered: bool) -> Bracket {
        let mut bracket = Bracket::new(BOUNDS, 1);
        for _ in 0..100 {
            match bracket.next(|factor| factor, |one, other| one != other) {
                Next::Try(factor) if has_value(factor) => {
                    bracket.add(tried(factor, &[excess], 0.0));
                }
                Next::Try(factor) => bracket.add(without_value(factor, unanswered)),
                Next::LeaveOut(objectives) => bracket.leave_out(&objectives),
                Next::Done => return bracket,
            }
        }
        panic!("it does not end");
    }

    #[test]
    fn what_has_no_value_at_low_loads_is_judged_by_those_that_have_one() {
        let bracket = search_in(&|load| load >= 0.25, 5.0, false);

        assert!(!bracket.is_active(0));
        assert_eq!(bracket.ends(), (None, None));
        // Nothing counts: all of it is judged.
        let sides: Vec<Side> = bracket.tried().map(|one| bracket.side(one)).collect();
        assert_eq!(sides.first(), Some(&Side::Undecided));
        assert_eq!(sides.last(), Some(&Side::High));
    }

    #[test]
    fn a_load_that_leaves_nothing_to_measure_is_beyond_the_knee() {
        for knee in [0.4, 1.3] {
            let bracket = search_in(&|load| load < knee, -1.0, true);

            let (Some(met), Some(missed)) = bracket.ends() else {
                panic!("{knee}: {:?}", bracket.tried);
            };
            assert!(met < knee && knee <= missed && missed / met <= 1.02);
        }
        // Where it has a value nowhere nobody knows.
        let bracket = search_in(&|_| false, 0.0, true);
        assert_eq!(bracket.ends(), (None, None));
        assert!(!bracket.is_active(0));
    }

    #[test]
    fn without_a_load_that_is_missed_the_search_closes_in_on_what_is_undecided() {
        let bracket = search_in(&|load| load < 1.3, -1.0, false);

        let (Some(met), None) = bracket.ends() else {
            panic!("{:?}", bracket.tried);
        };
        let first = bracket.undecided()[0];
        assert!(met < 1.3 && 1.3 <= first && first / met <= 1.02);
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

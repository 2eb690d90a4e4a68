//! Scaling controller: how many copies, or units of capacity, there are to be, from a metric or
//! by steps.
//!
//! A *target* is tracked by proportion: copies that showed a value v for a target T
//! should have been ⌈copies × v / T⌉. It acts outwards after some points in a row above
//! the target, and inwards after some, usually more, that lie low enough below it. *Steps*
//! add or remove a fixed number. With both, the larger answer holds, so that copies are
//! removed only if all agree.
//!
//! Missing points freeze everything. Nothing is removed while copies are on their way.
//!
//! Not here: measuring (`metrics::watch`), and starting or stopping copies
//! (`mechanism::copies`).

use super::decreases::{Allowance, Decreases};
use crate::units::{SimTime, Span};

/// The constants of a controller.
#[derive(Clone, Debug, PartialEq)]
pub struct Rules {
    /// Fewest copies.
    pub least: u32,
    /// Most copies.
    pub most: u32,
    /// Value that the metric is to have; > 0.
    pub target: Option<f64>,
    /// Value below which a point counts as low, < `target`.
    pub low: f64,
    /// Copies that each step adds; negative removes.
    pub steps: Vec<i32>,
    /// Points in a row that make it add, ≥ 1.
    pub breaches: u32,
    /// Points in a row that make it remove, ≥ 1.
    pub in_breaches: u32,
    /// After a step outwards only a larger step acts for so long, and by the difference.
    pub cooldown: Span,
    /// Nothing is removed for so long after any change.
    pub in_cooldown: Span,
    /// How often a day something may be removed; none: whenever it is wanted.
    pub decreases: Option<Allowance>,
}

/// What a period showed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reading<'a> {
    /// Value of the metric that is tracked; none is missing.
    pub tracked: Option<f64>,
    /// Copies that showed it, on average.
    pub copies: f64,
    /// Per step: whether its condition held; none is missing.
    pub steps: &'a [Option<bool>],
}

/// What one policy wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    /// No change.
    Hold,
    /// At least so many.
    Out(u32),
    /// So many, which is fewer.
    In(u32),
}

/// A controller.
#[derive(Clone, Debug)]
pub struct Controller {
    rules: Rules,
    /// Points in a row above the target, and low ones.
    above: u32,
    below: u32,
    /// Points in a row at which each step held.
    held: Vec<u32>,
    /// When the last step outwards began its cooldown, and what it has added since.
    stepped: Option<(SimTime, i32)>,
    /// When the number last changed.
    changed: Option<SimTime>,
    /// What has been removed today, if that is limited.
    decreases: Option<Decreases>,
}

impl Controller {
    /// Makes a controller that has seen nothing.
    pub fn new(rules: Rules) -> Controller {
        Controller {
            held: vec![0; rules.steps.len()],
            decreases: rules.decreases.map(Decreases::new),
            rules,
            above: 0,
            below: 0,
            stepped: None,
            changed: None,
        }
    }

    /// Changes the bounds; what is not given stays.
    pub fn bound(&mut self, least: Option<u32>, most: Option<u32>) {
        self.rules.least = least.unwrap_or(self.rules.least);
        self.rules.most = most.unwrap_or(self.rules.most);
    }

    /// Returns the number of copies within the bounds that is nearest to one.
    pub fn bounded(&self, copies: u32) -> u32 {
        copies.max(self.rules.least).min(self.rules.most)
    }

    /// Returns how many copies there are to be, with `planned` that serve or are on
    /// their way, the latter `starting`.
    pub fn decide(&mut self, now: SimTime, reading: &Reading, planned: u32, starting: u32) -> u32 {
        let missing = self.rules.target.is_some() && reading.tracked.is_none()
            || reading.steps.iter().any(Option::is_none);
        if missing {
            return self.bounded(planned);
        }
        let tracked = self.track(reading, planned);
        let stepped = self.step(now, reading.steps, planned);
        let cooling = self
            .changed
            .is_some_and(|at| now < at + self.rules.in_cooldown);
        let mut wanted = None;
        for answer in [tracked, stepped].into_iter().flatten() {
            let copies = match answer {
                Answer::Hold => planned,
                Answer::Out(copies) => copies.max(planned),
                Answer::In(_) if starting > 0 || cooling => planned,
                Answer::In(copies) => copies.min(planned),
            };
            wanted = wanted.max(Some(copies));
        }
        let wanted = self.bounded(wanted.unwrap_or(planned));
        if wanted < planned {
            match &mut self.decreases {
                Some(decreases) if !decreases.may(now) => return planned,
                Some(decreases) => decreases.note(now),
                None => {}
            }
        }
        if wanted != planned {
            self.changed = Some(now);
        }
        wanted
    }

    /// Counts a point without deciding anything, as a change is on its way.
    pub fn see(&mut self, reading: &Reading) {
        self.track(reading, 0);
    }

    /// Answers for the target, if there is one.
    fn track(&mut self, reading: &Reading, planned: u32) -> Option<Answer> {
        let (target, value) = (self.rules.target?, reading.tracked?);
        self.above = if value > target { self.above + 1 } else { 0 };
        self.below = if value < self.rules.low {
            self.below + 1
        } else {
            0
        };
        // A hair above a whole number is rounding, not a copy.
        let fit = (reading.copies * value / target - 1e-9).ceil().max(0.0) as u32;
        let answer = if self.above >= self.rules.breaches && fit > planned {
            Answer::Out(fit)
        } else if self.below >= self.rules.in_breaches && fit < planned {
            Answer::In(fit)
        } else {
            Answer::Hold
        };
        Some(answer)
    }

    /// Answers for the steps, if there are any.
    fn step(&mut self, now: SimTime, held: &[Option<bool>], planned: u32) -> Option<Answer> {
        if self.rules.steps.is_empty() {
            return None;
        }
        for (count, held) in self.held.iter_mut().zip(held) {
            *count = if *held == Some(true) { *count + 1 } else { 0 };
        }
        let (mut most, mut least) = (0, None);
        for (&add, &count) in self.rules.steps.iter().zip(&self.held) {
            if add > 0 && count >= self.rules.breaches {
                most = most.max(add);
            } else if add < 0 && count >= self.rules.in_breaches {
                least = least.max(Some(add));
            }
        }
        if most > 0 {
            return Some(self.step_out(now, most, planned));
        }
        Some(least.map_or(Answer::Hold, |add| {
            Answer::In(planned.saturating_sub(add.unsigned_abs()))
        }))
    }

    /// Adds a step; within the cooldown of an earlier one only what it is larger by.
    fn step_out(&mut self, now: SimTime, add: i32, planned: u32) -> Answer {
        let (since, before) = match self.stepped {
            Some((at, added)) if now < at + self.rules.cooldown => (at, added),
            Some(_) | None => (now, 0),
        };
        if add <= before {
            return Answer::Hold;
        }
        self.stepped = Some((since, add));
        Answer::Out(planned.saturating_add((add - before).unsigned_abs()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules() -> Rules {
        Rules {
            least: 1,
            most: 20,
            target: Some(0.5),
            low: 0.45,
            steps: Vec::new(),
            breaches: 3,
            in_breaches: 3,
            cooldown: Span(300),
            in_cooldown: Span(100),
            decreases: None,
        }
    }

    /// Decides every 60 for copies that follow at once, and returns their numbers.
    fn follow(rules: Rules, start: u32, values: &[Option<f64>]) -> Vec<u32> {
        let mut controller = Controller::new(rules);
        let mut copies = start;
        let minutes = (1u64..).map(|minute| SimTime(60 * minute));
        let decide = |(now, value): (SimTime, &Option<f64>)| {
            let reading = Reading {
                tracked: *value,
                copies: f64::from(copies),
                steps: &[],
            };
            copies = controller.decide(now, &reading, copies, 0);
            copies
        };
        minutes.zip(values).map(decide).collect()
    }

    #[test]
    fn tracking_acts_on_the_third_high_point_by_proportion() {
        // ⌈4 × 0.8 / 0.5⌉ = 7; then the load of 3.2 busy copies shows 3.2 / 7.
        let high = Some(0.8);
        let found = follow(rules(), 4, &[high, high, high, Some(3.2 / 7.0)]);

        assert_eq!(found, [4, 4, 7, 7]);
        // A point below the target in between begins the count anew.
        let found = follow(rules(), 4, &[high, high, Some(0.5), high, high, high]);
        assert_eq!(found, [4, 4, 4, 4, 4, 7]);
    }

    #[test]
    fn tracking_removes_below_nine_tenths_and_after_the_cooldown() {
        // 0.45 is exactly nine tenths: not low. ⌈10 × 0.3 / 0.5⌉ = 6 at the third low point,
        // at 240; ⌈6 × 0.2 / 0.5⌉ = 3 not before 340, so at 360.
        let found = follow(rules(), 10, &[0.45, 0.3, 0.3, 0.3, 0.2, 0.2, 0.2].map(Some));

        assert_eq!(found, [10, 10, 10, 6, 6, 3, 3]);
    }

    #[test]
    fn a_missing_point_freezes_and_is_not_counted() {
        let high = Some(0.8);

        assert_eq!(follow(rules(), 4, &[high, high, None, high]), [4, 4, 4, 7]);
    }

    #[test]
    fn bounds_hold_over_every_answer() {
        let found = follow(
            Rules {
                most: 5,
                breaches: 1,
                ..rules()
            },
            4,
            &[Some(1.0)],
        );

        assert_eq!(found, [5]);
        let mut controller = Controller::new(rules());
        controller.bound(Some(8), None);
        assert_eq!([2, 30].map(|copies| controller.bounded(copies)), [8, 20]);
    }

    #[test]
    fn nothing_is_removed_while_copies_are_on_their_way() {
        let mut controller = Controller::new(Rules {
            in_breaches: 1,
            in_cooldown: Span::ZERO,
            ..rules()
        });
        let low = Reading {
            tracked: Some(0.1),
            copies: 4.0,
            steps: &[],
        };

        assert_eq!(controller.decide(SimTime(60), &low, 5, 1), 5);
        assert_eq!(controller.decide(SimTime(120), &low, 5, 0), 1);
    }

    #[test]
    fn a_larger_step_within_the_cooldown_adds_the_difference() {
        // SOURCE: Application Auto Scaling user guide, step scaling, cooldown period: after
        // a step of 2, one of 3 adds 1.
        let mut controller = Controller::new(Rules {
            target: None,
            steps: vec![2, 3, -1],
            breaches: 1,
            in_breaches: 2,
            ..rules()
        });
        let mut decide = |now, steps: [bool; 3], planned| {
            let steps = steps.map(Some);
            let reading = Reading {
                tracked: None,
                copies: f64::from(planned),
                steps: &steps,
            };
            controller.decide(SimTime(now), &reading, planned, 0)
        };

        let out = [
            decide(60, [true, false, false], 4),
            decide(120, [true, false, false], 6),
            decide(180, [true, true, false], 6),
            decide(240, [true, true, false], 7),
            // The cooldown of the first step ends at 360.
            decide(360, [true, false, false], 7),
        ];
        let inwards = [
            decide(420, [false, false, true], 9),
            decide(480, [false, false, true], 9),
        ];

        assert_eq!(out, [6, 6, 7, 7, 9]);
        assert_eq!(inwards, [9, 8]);
    }

    #[test]
    fn of_two_policies_the_larger_answer_holds() {
        let mut controller = Controller::new(Rules {
            steps: vec![-1],
            in_breaches: 1,
            ..rules()
        });
        let reading = |value| Reading {
            tracked: Some(value),
            copies: 4.0,
            steps: &[Some(true)],
        };

        // The step would remove one, the target holds.
        assert_eq!(controller.decide(SimTime(60), &reading(0.48), 4, 0), 4);
        // The target would have 2, the step 3.
        assert_eq!(controller.decide(SimTime(120), &reading(0.25), 4, 0), 3);
    }
}

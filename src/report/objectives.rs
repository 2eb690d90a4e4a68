//! Objectives: what is measured of each, and what follows.
//!
//! The verdict is by the interval: an objective is met if all of it complies and
//! missed if none of it does; with fewer than five replications the point decides.

use super::estimate::{mean_ms, quantile_ms, rounded, sd_ms};
use super::flows;
use super::measure::{Bins, Whom, constant, counts, durations, look_ups, states, varies, whom};
use super::nodes;
use super::recovery::recovery;
use super::recurring;
use super::sums::{Counted, seconds};
use super::{Estimate, Input, Objective, Verdict, Window};
use crate::cost::Bill;
use crate::metrics::distribution::Distribution;
use crate::metrics::estimate::{self, mean, ratio};
use crate::topology::{self, Bound, Compare, Statistic, Subject};
use crate::units::SimTime;

/// Values that a statistic needs beyond it, as the quantiles of `metrics::estimate` do.
const LEAST_BEYOND: f64 = 10.0;
/// Why there is no value: it is not kept by time, so not for a window.
const NOT_BY_TIME: &str = "not-kept-by-time";
/// Why there is no value: nothing of the kind exists at the subject.
const NOT_APPLICABLE: &str = "does-not-apply";

/// Judges all objectives of the topology.
pub(super) fn objectives(counted: &Counted, bill: &Bill) -> Vec<Objective> {
    let all = counted.input.topology.objectives.iter();
    all.map(|objective| judge(counted, bill, objective))
        .collect()
}

fn judge(counted: &Counted, bill: &Bill, objective: &topology::Objective) -> Objective {
    let window = objective
        .window
        .map(|(from, until)| (from, until.min(horizon(counted))));
    let recovery = match objective.subject {
        Subject::Recovery => recovery(counted),
        Subject::Flow(_)
        | Subject::Node(_)
        | Subject::Link(_)
        | Subject::FanOut(_)
        | Subject::Cost => None,
    };
    let lasts = recovery.as_ref().is_some_and(|recovery| !recovery.over);
    let measured = match (recovery, cost(bill, objective)) {
        (Some(recovery), _) => recovery.measured,
        (None, Some(cost)) => cost,
        (None, None) => measured(counted, objective, window),
    };
    let (target, compare) = standard(objective);
    let verdict = if grows(counted, objective) {
        Verdict::Missed
    } else if lasts || is_too_low(bill, objective) {
        at_least(&measured, compare, target)
    } else {
        let seldom = recurring::is_seldom(&counted.came) && is_of_requests(&objective.subject);
        let found = verdict(&measured, compare, target);
        if seldom && found == Verdict::Met {
            Verdict::Undecided
        } else {
            found
        }
    };
    let subject = match &objective.subject {
        Subject::Flow(name) | Subject::Node(name) | Subject::Link(name) | Subject::FanOut(name) => {
            name
        }
        Subject::Cost => "cost",
        Subject::Recovery => "recovery",
    };
    Objective {
        expression: objective.expression.clone(),
        subject: subject.to_owned(),
        target: rounded(target),
        window: window.map(|(from, until)| Window {
            from_s: seconds(from),
            until_s: seconds(until),
        }),
        measured,
        verdict,
    }
}

/// Says by objective whether it bounds a latency from above of which hardly anything can be
/// measured, because of what arrived most was never answered.
///
/// In every replication as much arrived as it needs, and less than half of that completed.
pub fn unanswered(input: &Input) -> Vec<bool> {
    let counted = Counted::new(input);
    let all = input.topology.objectives.iter();
    all.map(|objective| is_unanswered(&counted, objective).unwrap_or(false))
        .collect()
}

/// The same of one objective; nothing where it is about something else.
fn is_unanswered(counted: &Counted, objective: &topology::Objective) -> Option<bool> {
    let whom = whom(counted, &objective.subject).filter(|whom| matches!(whom, Whom::Flow(_)))?;
    let of_time = matches!(objective.value, Bound::Milliseconds(_));
    let from_above = matches!(objective.compare, Compare::Less | Compare::AtMost);
    if !of_time || !from_above || !["latency", "settled"].contains(&&*objective.quantity) {
        return None;
    }
    let needed = match objective.statistic {
        Some(Statistic::Quantile(p)) => LEAST_BEYOND / (1.0 - p),
        None | Some(Statistic::Mean | Statistic::Sd | Statistic::Max) => LEAST_BEYOND,
    };
    let window = objective
        .window
        .map(|(from, until)| (from, until.min(horizon(counted))));
    let bins = window.map(|window| bins(counted, window));
    let completed = counts(counted, whom, "completed", bins)?;
    let mut each = completed.counts.iter().zip(&completed.arrived);
    Some(each.all(|(completed, arrived)| *arrived >= needed && 2.0 * completed < *arrived))
}

/// Returns what a measured value is compared with, and how.
///
/// A share that must comply is compared with what did, whatever the comparison.
pub(super) fn standard(objective: &topology::Objective) -> (f64, Compare) {
    match objective.share {
        Some(share) => (share, Compare::AtLeast),
        None => (value(objective.value), objective.compare),
    }
}

/// Whether a cost leaves out nodes whose kinds have no prices yet.
fn is_too_low(bill: &Bill, objective: &topology::Objective) -> bool {
    let asked = matches!(
        objective.value,
        Bound::UsdPerMonth(_) | Bound::UsdPerMillion(_)
    );
    asked
        && match &objective.subject {
            Subject::Node(name) => bill.unpriced.contains(name),
            Subject::Cost
            | Subject::Recovery
            | Subject::Flow(_)
            | Subject::Link(_)
            | Subject::FanOut(_) => !bill.unpriced.is_empty(),
        }
}

/// Whether a subject is what happens to requests, so that faults that seldom come may change it.
fn is_of_requests(subject: &Subject) -> bool {
    match subject {
        Subject::Flow(_) | Subject::Node(_) | Subject::Link(_) | Subject::FanOut(_) => true,
        Subject::Cost | Subject::Recovery => false,
    }
}

/// Judges a figure that the truth may exceed by any amount.
fn at_least(measured: &Estimate, compare: Compare, target: f64) -> Verdict {
    match (verdict(measured, compare, target), compare) {
        (Verdict::Met, Compare::Greater | Compare::AtLeast) => Verdict::Met,
        (Verdict::Missed, Compare::Less | Compare::AtMost) => Verdict::Missed,
        (Verdict::Met | Verdict::Missed | Verdict::Undecided, _) => Verdict::Undecided,
    }
}

/// Returns the end of counting.
fn horizon(counted: &Counted) -> SimTime {
    let all = counted
        .input
        .recordings
        .iter()
        .map(|recording| recording.horizon);
    all.max().unwrap_or(counted.input.plan.horizon)
}

fn value(bound: Bound) -> f64 {
    match bound {
        Bound::Milliseconds(value)
        | Bound::Number(value)
        | Bound::PerSecond(value)
        | Bound::Share(value)
        | Bound::UsdPerMonth(value)
        | Bound::UsdPerMillion(value) => value,
    }
}

/// Returns what the bill says, where an objective asks for that.
fn cost(bill: &Bill, objective: &topology::Objective) -> Option<Estimate> {
    let million = match objective.value {
        Bound::UsdPerMonth(_) => false,
        Bound::UsdPerMillion(_) => true,
        Bound::Milliseconds(_) | Bound::Number(_) | Bound::PerSecond(_) | Bound::Share(_) => {
            return None;
        }
    };
    let found = match (&objective.subject, million) {
        (Subject::Node(name), false) => bill.of_node(name),
        (Subject::Node(name), true) => bill.of_node_per_million(name),
        (_, false) => bill.month_usd,
        (_, true) => bill.million_usd,
    };
    Some(found.into())
}

/// Whether an objective bounds from above what grows without end.
fn grows(counted: &Counted, objective: &topology::Objective) -> bool {
    let from_above = match objective.compare {
        Compare::Less | Compare::AtMost | Compare::Equal => true,
        Compare::Greater | Compare::AtLeast => false,
    };
    let quantity = objective.quantity.as_str();
    let grows = match whom(counted, &objective.subject) {
        Some(Whom::Flow(flow)) => {
            ["latency", "settled", "inside"].contains(&quantity)
                && flows::is_unstable(counted, flow)
        }
        Some(Whom::Node(node)) => {
            ["sojourn", "waiting", "line", "inside", "iterator_age"].contains(&quantity)
                && nodes::is_unstable(counted, node)
        }
        Some(Whom::Link(_) | Whom::FanOut(_)) | None => false,
    };
    from_above && grows && objective.window.is_none()
}

/// Measures what an objective is about, in the unit of its value.
pub(super) fn measured(
    counted: &Counted,
    objective: &topology::Objective,
    window: Option<(SimTime, SimTime)>,
) -> Estimate {
    let Some(whom) = whom(counted, &objective.subject) else {
        return Estimate::none(NOT_APPLICABLE);
    };
    let quantity = objective.quantity.as_str();
    let bins = window.map(|window| bins(counted, window));
    let missing = if window.is_some() {
        NOT_BY_TIME
    } else {
        NOT_APPLICABLE
    };
    match (objective.value, quantity) {
        (Bound::Milliseconds(bound_ms), _) => match durations(counted, whom, quantity, bins) {
            Some(parts) => {
                let unstable = unstable(counted, whom);
                of_durations(counted, objective, (&parts, unstable), bound_ms)
            }
            None => Estimate::none(missing),
        },
        (_, "hit_rate") => match look_ups(counted, whom, bins) {
            Some((hits, all)) => counted.share(&hits, &all),
            None => Estimate::none(missing),
        },
        (Bound::Number(_) | Bound::Share(_), "inside" | "line" | "utilisation" | "backlog") => {
            match states(counted, whom, quantity, bins) {
                Some(parts) => of_states(counted, objective, whom, &parts),
                None => Estimate::none(NOT_APPLICABLE),
            }
        }
        (_, "servers" | "copies") if varies(counted, whom, quantity) => {
            match states(counted, whom, quantity, bins) {
                Some(parts) => of_states(counted, objective, whom, &parts),
                None => Estimate::none(NOT_APPLICABLE),
            }
        }
        (_, "servers" | "copies") => match constant(counted, whom, quantity) {
            Some(constant) => of_constant(objective, constant),
            None => Estimate::none(NOT_APPLICABLE),
        },
        (bound, _) => match counts(counted, whom, quantity, bins) {
            Some(found) => match bound {
                Bound::Share(_) => counted.share(&found.counts, &found.arrived),
                Bound::PerSecond(_) => ratio(&found.counts, &found.time_ns).scaled(1e9).into(),
                Bound::Number(_)
                | Bound::Milliseconds(_)
                | Bound::UsdPerMonth(_)
                | Bound::UsdPerMillion(_) => exact(found.counts.iter().sum()),
            },
            None => Estimate::none(missing),
        },
    }
}

/// Returns the whole bins that a window touches.
fn bins(counted: &Counted, (from, until): (SimTime, SimTime)) -> Bins {
    let width = counted
        .input
        .recordings
        .first()
        .map_or(1, |recording| recording.bin_ns.max(1));
    let (from, until) = (from.0 / width, until.0.div_ceil(width));
    (from as usize, until as usize)
}

fn unstable(counted: &Counted, whom: Whom) -> bool {
    match whom {
        Whom::Flow(flow) => flows::is_unstable(counted, flow),
        Whom::Node(node) => nodes::is_unstable(counted, node),
        Whom::Link(_) | Whom::FanOut(_) => false,
    }
}

/// Returns a figure that is what it is: a count over all replications, or a constant.
fn exact(value: f64) -> Estimate {
    estimate::Estimate::exact(value).into()
}

/// Measures times: a statistic (the mean if none is named), or the share that complies.
fn of_durations(
    counted: &Counted,
    objective: &topology::Objective,
    (parts, unstable): (&[Distribution], bool),
    bound_ms: f64,
) -> Estimate {
    if objective.share.is_some() {
        let counts: Vec<f64> = parts.iter().map(|part| part.count as f64).collect();
        // Cells are wider than a nanosecond, so `<` and `<=` are the same here.
        let bound = (bound_ms * 1e6).round() as u64;
        let within = parts.iter().map(|part| {
            let at_most = part.share_at_most(bound);
            part.count as f64
                * match objective.compare {
                    Compare::Less | Compare::AtMost | Compare::Equal => at_most,
                    Compare::Greater | Compare::AtLeast => 1.0 - at_most,
                }
        });
        return counted.share(&within.collect::<Vec<f64>>(), &counts);
    }
    let all = Distribution::merged(parts);
    match objective.statistic {
        None | Some(Statistic::Mean) => mean_ms(parts).into(),
        Some(Statistic::Sd) => sd_ms(parts, &all).into(),
        Some(Statistic::Max) if all.count == 0 => {
            Estimate::none(estimate::Why::TooFewSamples.word())
        }
        Some(Statistic::Max) => exact(all.max as f64 / 1e6),
        Some(Statistic::Quantile(p)) => quantile_ms(parts, &all, p, unstable),
    }
}

/// Measures states in time, by bins of a thousandth of the run or so.
fn of_states(
    counted: &Counted,
    objective: &topology::Objective,
    whom: Whom,
    parts: &[Vec<f64>],
) -> Estimate {
    let bound = value(objective.value);
    let per_part = |of: &dyn Fn(&[f64]) -> f64| -> Estimate {
        let filled = parts.iter().filter(|part| !part.is_empty());
        mean(&filled.map(|part| of(part)).collect::<Vec<f64>>()).into()
    };
    if objective.share.is_some() {
        return per_part(&|bins| {
            let within = bins
                .iter()
                .filter(|&&bin| complies(objective.compare, bin, bound));
            within.count() as f64 / bins.len() as f64
        });
    }
    let average = |bins: &[f64]| bins.iter().sum::<f64>() / bins.len() as f64;
    match objective.statistic {
        None | Some(Statistic::Mean) => per_part(&average),
        Some(Statistic::Sd) => per_part(&|bins| {
            let middle = average(bins);
            let squares = bins.iter().map(|bin| (bin - middle).powi(2)).sum::<f64>();
            (squares / bins.len() as f64).sqrt()
        }),
        Some(Statistic::Max) => match most(counted, objective, whom) {
            Some(most) => exact(most as f64),
            None => Estimate::none(NOT_BY_TIME),
        },
        Some(Statistic::Quantile(p)) => per_part(&|bins| {
            let mut sorted = bins.to_vec();
            sorted.sort_by(f64::total_cmp);
            let place = (p * sorted.len() as f64).ceil() as usize;
            sorted[place.clamp(1, sorted.len()) - 1]
        }),
    }
}

/// Returns the most at once, where it is kept: for the whole run.
fn most(counted: &Counted, objective: &topology::Objective, whom: Whom) -> Option<u64> {
    if objective.window.is_some() {
        return None;
    }
    match (whom, objective.quantity.as_str()) {
        (Whom::Flow(flow), "inside") => {
            let all = counted.each(|recording| recording.flows[flow].inside_max);
            all.into_iter().max()
        }
        (Whom::Node(node), "line") => {
            let all = counted.each(|recording| recording.nodes[node].waiting_max);
            all.into_iter().max()
        }
        (Whom::FanOut(one), "backlog") => {
            let all = counted.each(|recording| recording.fan_outs[one].backlog_max);
            all.into_iter().max()
        }
        _ => None,
    }
}

/// Measures what does not change in time.
fn of_constant(objective: &topology::Objective, constant: f64) -> Estimate {
    if objective.share.is_some() {
        let all = complies(objective.compare, constant, value(objective.value));
        return exact(if all { 1.0 } else { 0.0 });
    }
    match objective.statistic {
        Some(Statistic::Sd) => exact(0.0),
        None | Some(Statistic::Mean | Statistic::Max | Statistic::Quantile(_)) => exact(constant),
    }
}

/// Whether a number complies.
pub(super) fn complies(compare: Compare, number: f64, bound: f64) -> bool {
    match compare {
        Compare::Less => number < bound,
        Compare::AtMost => number <= bound,
        Compare::Greater => number > bound,
        Compare::AtLeast => number >= bound,
        Compare::Equal => number.total_cmp(&bound).is_eq(),
    }
}

/// Compares an interval with a bound.
fn verdict(measured: &Estimate, compare: Compare, target: f64) -> Verdict {
    let Some(point) = measured.value else {
        return Verdict::Undecided;
    };
    let half_width = measured.half_width.unwrap_or(0.0);
    let ends = [point - half_width, point + half_width];
    if compare == Compare::Equal {
        return match complies(compare, point, target) {
            true => Verdict::Met,
            false if ends[0] > target || ends[1] < target => Verdict::Missed,
            false => Verdict::Undecided,
        };
    }
    match ends.map(|end| complies(compare, end, target)) {
        [true, true] => Verdict::Met,
        [false, false] => Verdict::Missed,
        [true, false] | [false, true] => Verdict::Undecided,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_more_is_never_below_a_bound() {
        let judged = |value, compare| at_least(&known(value, 1.0), compare, 10.0);

        assert_eq!(judged(5.0, Compare::Less), Verdict::Undecided);
        assert_eq!(judged(15.0, Compare::Less), Verdict::Missed);
        assert_eq!(judged(15.0, Compare::Greater), Verdict::Met);
        assert_eq!(judged(5.0, Compare::Greater), Verdict::Undecided);
    }

    fn known(value: f64, half_width: f64) -> Estimate {
        Estimate {
            value: Some(value),
            half_width: Some(half_width),
            why: None,
        }
    }

    #[test]
    fn an_interval_around_the_bound_is_undecided() {
        let verdicts =
            [90.0, 99.0, 111.0].map(|p99| verdict(&known(p99, 5.0), Compare::Less, 100.0));

        assert_eq!(
            verdicts,
            [Verdict::Met, Verdict::Undecided, Verdict::Missed]
        );
        assert_eq!(
            verdict(&Estimate::none("unstable"), Compare::Less, 100.0),
            Verdict::Undecided
        );
    }

    #[test]
    fn counts_are_equal_or_not() {
        assert_eq!(verdict(&known(0.0, 0.0), Compare::Equal, 0.0), Verdict::Met);
        assert_eq!(
            verdict(&known(1.0, 0.0), Compare::Equal, 0.0),
            Verdict::Missed
        );
    }
}

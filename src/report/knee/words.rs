//! What the knee means, in sentences; and loads as people read them.

use super::{Knee, Limit, LineUnit, Load, Role};
use crate::report::figure::figure;
use crate::report::section::why;
use crate::report::text::brief;
use crate::report::{Objective, Verdict};
use crate::units::show;

/// Utilisation below which the busiest node is no reason for anything.
///
/// CHOICE: a single server that is half busy makes visits wait as long as it serves them.
const WORTH_NAMING: f64 = 0.5;
/// Limits by arithmetic that are named.
const LISTED: usize = 3;

/// Shows a factor: `1.207x`, with four digits, as neighbouring loads may differ in the third.
pub(super) fn times(factor: f64) -> String {
    format!("{}x", trimmed(factor))
}

/// Shows how much load a factor is, if one number says it: the requests per second of all
/// scaled lines, or what the only scaled line is.
pub(super) fn amount(knee: &Knee, load: &Load) -> Option<(f64, &'static str)> {
    let scaled: Vec<LineUnit> = knee
        .lines
        .iter()
        .filter(|line| line.scaled)
        .map(|line| line.unit)
        .collect();
    let sum: f64 = load.amounts.values().sum();
    match scaled.as_slice() {
        units if units.iter().all(|unit| *unit == LineUnit::PerSecond) => Some((sum, "/s")),
        [LineUnit::Clients] => Some((sum, "clients")),
        [LineUnit::AtOnce] => Some((sum, "at once")),
        _ => None,
    }
}

/// Shows a factor with its amount: `1.21x (96.9/s)`.
pub(super) fn named(knee: &Knee, factor: f64) -> String {
    let load = knee.load(Some(factor));
    let amount = load.and_then(|load| amount(knee, load));
    match amount {
        Some((per_s, "/s")) => format!("{} ({}/s)", times(factor), four(per_s)),
        Some((value, unit)) => format!("{} ({} {unit})", times(factor), four(value)),
        None => times(factor),
    }
}

/// Shows an amount with four digits, as neighbouring loads may differ in the third.
pub(super) fn four(value: f64) -> String {
    let units = [(1e9, "B"), (1e6, "M"), (1e3, "k"), (1.0, "")];
    let unit = units
        .iter()
        .find(|(size, _)| value.abs() >= *size * 0.99995);
    let (size, suffix) = unit.copied().unwrap_or((1.0, ""));
    format!("{}{suffix}", trimmed(value / size))
}

/// Shows a number with four digits, without zeros at the end.
fn trimmed(value: f64) -> String {
    let places = (3.0 - value.abs().max(1e-9).log10().floor()).clamp(0.0, 9.0) as usize;
    let text = format!("{value:.places$}");
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    }
}

/// Says where the knee is, in one sentence: the headline.
pub(super) fn headline(knee: &Knee) -> String {
    let name = &knee.topology;
    let decided = |one: &Limit| one.role != Role::UndecidedAtEveryLoad;
    let left_out = !knee.objectives.iter().any(|one| one.role.counts());
    let left_out = left_out && knee.objectives.iter().any(decided);
    match (knee.met, knee.missed) {
        (Some(met), Some(missed)) => format!(
            "{name}: the knee lies between {}, which is met, and {}, which is missed",
            named(knee, met),
            named(knee, missed)
        ),
        (Some(met), None) if !knee.undecided.is_empty() => format!(
            "{name}: met up to {}, and undecided from {} on: no load is missed for certain",
            named(knee, met),
            named(knee, knee.undecided.first().copied().unwrap_or(met))
        ),
        (Some(met), None) => format!(
            "{name}: no knee up to {}: that load is met, and none above it was missed",
            named(knee, met)
        ),
        (None, Some(missed)) => format!(
            "{name}: the knee lies below {}, which is missed; no load is met for certain",
            named(knee, missed)
        ),
        (None, None) if left_out => {
            format!("{name}: no knee: load is not what decides its objectives")
        }
        (None, None) => format!("{name}: no knee: no load is met or missed for certain"),
    }
}

/// Returns the sentences about what gives way, and what does not depend on the load.
pub(super) fn findings(knee: &Knee) -> Vec<String> {
    let mut found = gives_way(knee);
    found.extend(arithmetic(knee));
    let others = match knee.objectives.iter().any(|one| one.role.counts()) {
        true => "; the knee is that of the others",
        false => "",
    };
    for (index, limit) in knee.of_role(Role::MissedAtEveryLoad) {
        let values = ends(knee, index);
        found.push(format!(
            "`{}` is missed at every load that has a value for it ({values}), and less load would not mend it: something other than the load decides it{others}",
            limit.expression
        ));
    }
    for (_, limit) in knee.of_role(Role::AsksForMoreLoad) {
        let from = limit.met.map_or(String::new(), |met| {
            format!(" (it is met at {})", times(met))
        });
        found.push(format!(
            "`{}` asks for more load than the others allow{from}: no load meets them all{others}",
            limit.expression
        ));
    }
    for (index, limit) in knee.of_role(Role::UndecidedAtEveryLoad) {
        let values = ends(knee, index);
        found.push(format!(
            "`{}` is undecided at every load that was tried ({values}){others}",
            limit.expression
        ));
    }
    found
}

/// Shows what an objective measured at the lowest and the highest load that has a value.
fn ends(knee: &Knee, index: usize) -> String {
    let shown = |load: &Load| {
        let objective = load.objectives.get(index)?;
        Some(format!("{} at {}", value(objective), times(load.factor)))
    };
    let has_value = |load: &&Load| {
        let objective = load.objectives.get(index);
        objective.is_some_and(|one| one.measured.value.is_some() || one.verdict == Verdict::Missed)
    };
    let mut known: Vec<&Load> = knee.loads.iter().filter(has_value).collect();
    if known.is_empty() {
        known = knee.loads.iter().collect();
    }
    let last = known.last().filter(|_| known.len() > 1).copied();
    let all = known.first().copied().into_iter().chain(last);
    all.filter_map(shown).collect::<Vec<_>>().join(", ")
}

/// Shows what was measured, or why there is nothing.
fn value(objective: &Objective) -> String {
    match objective.measured.value {
        Some(_) => brief(&objective.expression, &objective.measured),
        None => why(&objective.measured),
    }
}

/// Says which objectives and which node give way first.
fn gives_way(knee: &Knee) -> Vec<String> {
    let (Some(gives_way), Some(above)) = (&knee.gives_way, knee.load(knee.missed)) else {
        return Vec::new();
    };
    let below = knee.load(knee.met);
    let mut found = Vec::new();
    for (index, limit) in knee.of_role(Role::GivesWayFirst) {
        let at = |load: &Load| {
            let objective = load.objectives.get(index)?;
            Some(format!("{} at {}", value(objective), times(load.factor)))
        };
        let values: Vec<String> = below.and_then(at).into_iter().chain(at(above)).collect();
        let how = match below {
            Some(_) => "gives way first",
            None => "is missed at the lowest load that is",
        };
        found.push(format!(
            "`{}` {how}: {}",
            limit.expression,
            values.join(", ")
        ));
    }
    if !gives_way.undecided.is_empty() {
        let names: Vec<String> = gives_way
            .undecided
            .iter()
            .map(|one| format!("`{one}`"))
            .collect();
        let verb = if names.len() == 1 { "is" } else { "are" };
        found.push(format!(
            "{} {verb} undecided at {}, and may give way with it",
            names.join(", "),
            times(above.factor)
        ));
    }
    if let Some(limit) = &gives_way.limit {
        let what = match limit.what.split_once(": ") {
            Some(("throttled", name)) => format!("begins to throttle by its {name}"),
            Some(_) | None => match limit.what.as_str() {
                "throttled" => "begins to throttle".to_owned(),
                "shed" => "begins to shed".to_owned(),
                _ => "grows without end".to_owned(),
            },
        };
        found.push(format!(
            "`{}` {what} at {}",
            limit.node,
            times(above.factor)
        ));
    }
    if let Some(fullest) = &gives_way.fullest {
        let busy = |utilisation: f64| format!("{} %", figure(utilisation * 100.0));
        if let Some(share) = fullest.utilisation.value {
            let before = below
                .and_then(|load| load.fullest.as_ref())
                .filter(|one| one.node == fullest.node)
                .and_then(|one| Some((one.utilisation.value?, knee.met?)))
                .map_or(String::new(), |(share, met)| {
                    format!("{} busy at {}, ", busy(share), times(met))
                });
            let so = format!("{before}{} at {}", busy(share), times(above.factor));
            found.push(match share >= WORTH_NAMING {
                true => format!("`{}` is the fullest node: {so}", fullest.node),
                false => format!(
                    "no node keeps its servers busy: the fullest is `{}`, {so}",
                    fullest.node
                ),
            });
        }
    }
    found
}

/// Says which limits are full first by arithmetic.
fn arithmetic(knee: &Knee) -> Option<String> {
    let named: Vec<String> = knee
        .full_at
        .iter()
        .take(LISTED)
        .map(|one| format!("`{}` ({}) at {}", one.node, one.limit, times(one.factor)))
        .collect();
    (!named.is_empty()).then(|| format!("by arithmetic alone, full are: {}", named.join(", then ")))
}

/// Returns what a reader should know of how the knee was found.
pub(super) fn notes(knee: &Knee) -> Vec<String> {
    let mut notes = Vec::new();
    if knee.interrupted {
        notes.push(format!(
            "interrupted: {} had been judged, and nothing else counts; the search was not at its end",
            match knee.loads.len() {
                1 => "1 load".to_owned(),
                several => format!("{several} loads"),
            }
        ));
    }
    let kept: Vec<String> = knee
        .lines
        .iter()
        .filter(|line| !line.scaled)
        .map(|line| format!("`{}`", line.name))
        .collect();
    if !kept.is_empty() {
        notes.push(format!(
            "load that stays as it is at every factor: {}",
            kept.join(", ")
        ));
    }
    if knee
        .lines
        .iter()
        .any(|line| line.scaled && line.unit == LineUnit::Clients)
    {
        notes.push(
            "a closed load slows down with its answers: a factor of its clients is not one of its rate"
                .to_owned(),
        );
    }
    if !knee.undecided.is_empty() {
        let tried: Vec<String> = knee.undecided.iter().map(|one| times(*one)).collect();
        let which = match (knee.met, knee.missed) {
            (Some(_), Some(_)) => "between the two",
            (Some(_), None) => "above it",
            (None, _) => "below it",
        };
        notes.push(format!(
            "undecided {which}, with {} replications at most: {}; `--replications` or `--horizon` narrows it",
            knee.loads.iter().map(|load| load.replications).max().unwrap_or(0),
            tried.join(", ")
        ));
    }
    if let Some(stopped) = &knee.stopped {
        notes.push(format!(
            "no load from {} on was tried, as it could not be simulated: {}",
            times(stopped.factor),
            stopped.why
        ));
    } else if knee.missed.is_none() && !knee.interrupted && knee.met.is_some() {
        notes.push(format!(
            "{} is the highest load that would be tried; `--most` sets another",
            times(knee.most)
        ));
    }
    if knee.met.is_none() && !knee.interrupted && knee.missed.is_some() {
        notes.push(format!(
            "{} is the lowest load that would be tried; `--least` sets another",
            times(knee.least)
        ));
    }
    let counts = knee.of_role(Role::GivesWayFirst).find(|(index, _)| {
        let above = knee.load(knee.missed);
        let objective = above.and_then(|load| load.objectives.get(*index));
        let exact = |one: &Objective| {
            one.measured.value.is_some() && one.measured.half_width.is_none_or(|half| half <= 0.0)
        };
        objective.is_some_and(exact)
    });
    if let Some((_, limit)) = counts {
        notes.push(format!(
            "`{}` is about all replications together: with more of them, or a longer horizon, it is missed at a lower load",
            limit.expression
        ));
    }
    notes.push(format!(
        "an objective is met or missed at a load only where its interval of {} says so, met at two looks in a row, so that all looks at it together are wrong in one of twenty cases, as far as intervals hold; that there are several objectives and loads is not allowed for. Intervals shown are of 95% and one look",
        show::share(knee.confidence)
    ));
    notes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn factors_have_four_digits_and_no_zeros_at_the_end() {
        let shown = [1.0, 0.5, 1.2066, 12.345_6, 0.015_625, 64.0].map(times);

        assert_eq!(shown, ["1x", "0.5x", "1.207x", "12.35x", "0.01562x", "64x"]);
    }

    #[test]
    fn amounts_of_neighbours_are_told_apart() {
        let shown = [96.56, 953.71, 0.5, 12_340.0, 1_000.0, 3e9].map(four);

        assert_eq!(shown, ["96.56", "953.7", "0.5", "12.34k", "1k", "3B"]);
    }
}

//! A sizing in sentences: what is cheapest, what was next, and what to think of it.

use super::{Setting, Sizing};
use crate::report::figure::{figure, interval};
use crate::report::text::brief;
use crate::report::{Estimate, Verdict};
use crate::units::show;

/// Says in a line what was found.
pub(super) fn headline(sizing: &Sizing) -> String {
    let variant = sizing.variant.as_ref();
    let variant = variant.map_or(String::new(), |name| format!(" ({name})"));
    let name = &sizing.topology;
    match sizing.cheapest.and_then(|index| sizing.settings.get(index)) {
        Some(found) => format!(
            "{name}{variant}: the cheapest that meets all objectives is {}, {} a month",
            sizing.named(&found.values),
            money(&found.month_usd)
        ),
        None => format!(
            "{name}{variant}: none of {} settings is known to meet all objectives",
            sizing.settings.len()
        ),
    }
}

/// Says what was found.
pub(super) fn findings(sizing: &Sizing) -> Vec<String> {
    let mut found = Vec::new();
    if let Some(next) = sizing.next_cheaper.and_then(|at| sizing.settings.get(at)) {
        found.push(format!(
            "next cheaper is {}, {} a month: {}",
            sizing.named(&next.values),
            money(&next.month_usd),
            lacking(next)
        ));
    }
    let others = sizing.cheaper().iter().enumerate();
    let undecided = others.filter(|(index, one)| {
        one.verdict == Verdict::Undecided && Some(*index) != sizing.next_cheaper
    });
    found.extend(undecided.map(|(_, one)| {
        format!(
            "undecided is {}, {} a month: {}",
            sizing.named(&one.values),
            money(&one.month_usd),
            lacking(one)
        )
    }));
    found
}

/// Says which objectives a setting misses; if none for certain, which are undecided.
fn lacking(setting: &Setting) -> String {
    let of = |verdict: Verdict| -> Vec<String> {
        let all = setting.objectives.iter();
        let found = all.filter(|one| one.verdict == verdict);
        found
            .map(|one| {
                format!(
                    "`{}` ({})",
                    one.expression,
                    brief(&one.expression, &one.measured)
                )
            })
            .collect()
    };
    let missed = of(Verdict::Missed);
    match missed.is_empty() {
        true => format!("undecided {}", of(Verdict::Undecided).join(", ")),
        false => format!("missed {}", missed.join(", ")),
    }
}

/// Shows a bill with its interval.
pub(super) fn money(estimate: &Estimate) -> String {
    let half_width = estimate.half_width.filter(|half| *half > 0.0);
    let value = estimate.value.map(|value| interval(value, half_width));
    value.map_or("no price".to_owned(), |value| format!("${value}"))
}

/// Says what a reader should know.
pub(super) fn notes(sizing: &Sizing) -> Vec<String> {
    let mut notes = Vec::new();
    let undecided = |one: &&Setting| one.verdict == Verdict::Undecided;
    if sizing.cheaper().iter().any(|one| undecided(&one)) {
        notes.push(
            "what is undecided counts as not met, also after ten times the replications; a longer horizon decides more"
                .to_owned(),
        );
    }
    if sizing.interrupted {
        notes.push(format!(
            "interrupted: {} of {} settings had been judged, and only these count",
            sizing.settings.len(),
            sizing.settings.len() + sizing.not_simulated.len()
        ));
        return notes;
    }
    if !sizing.not_simulated.is_empty() {
        let least = sizing.not_simulated.iter();
        let least = least
            .filter_map(|one| one.arithmetic_usd)
            .min_by(f64::total_cmp);
        let ratio = sizing.lowest_ratio.map_or(String::new(), |ratio| {
            format!(
                ": simulated bills were {} times that or more",
                show::number(ratio)
            )
        });
        notes.push(format!(
            "{} costlier settings were not simulated: by arithmetic each costs ${} a month at least, and arithmetic is taken to be as near there as elsewhere{ratio}; `--all` simulates them",
            sizing.not_simulated.len(),
            least.map_or("0".to_owned(), figure),
        ));
    }
    notes.push(
        "bills are of simulated usage at the load of the file; a setting is decided wrongly in one of twenty cases at most"
            .to_owned(),
    );
    notes
}

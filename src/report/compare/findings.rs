//! What the figures mean, in sentences: one per design, flow and headline metric.

use super::strategy::choices;
use super::table::{NO_DIFFERENCE, Shown};
use super::{Comparison, Difference, Metric, Scope};
use crate::report::figure::figure;
use crate::units::show;

/// What sentences are made about: the latency that users promise, how many are served,
/// and how many are not.
const HEADLINES: [&str; 3] = ["latency_ms.p99", "throughput_per_s", "error_share"];
/// What stands in for the first of them where it has no difference.
const INSTEAD: &str = "latency_ms.mean";

/// Returns the sentences about every design after the baseline.
pub(super) fn findings(comparison: &Comparison) -> Vec<String> {
    let mut sentences = choices(comparison);
    for (index, design) in comparison.alternatives() {
        for flow in comparison.subjects(Scope::Flow) {
            sentences.extend(about(comparison, index, &design.name, flow));
        }
    }
    sentences
}

/// Returns the sentences about one design and one flow.
fn about(comparison: &Comparison, index: usize, design: &str, flow: &str) -> Vec<String> {
    let all: Vec<(&Metric, &Difference)> = headlines(comparison, index, flow);
    let detected: Vec<String> = all
        .iter()
        .filter_map(|(metric, difference)| moved(design, metric, difference))
        .collect();
    if !detected.is_empty() {
        return detected;
    }
    let baseline = comparison.baseline();
    let known: Vec<&str> = all
        .iter()
        .filter(|(_, difference)| difference.detected.is_some())
        .map(|(metric, _)| metric.label.as_str())
        .collect();
    if known.is_empty() {
        let why = all.iter().find_map(|(_, one)| one.why.as_deref());
        let why = why.map_or("fewer than five replications".to_owned(), |why| {
            why.replace('-', " ")
        });
        return vec![format!(
            "`{design}` and `{baseline}` cannot be told apart in `{flow}`: {why}"
        )];
    }
    vec![format!(
        "{NO_DIFFERENCE} between `{design}` and `{baseline}` in {} of `{flow}`",
        joined(&known)
    )]
}

/// Returns the headline differences of a flow.
fn headlines<'c>(
    comparison: &'c Comparison,
    index: usize,
    flow: &str,
) -> Vec<(&'c Metric, &'c Difference)> {
    let find = |name: &str| {
        let metric = comparison
            .metrics
            .iter()
            .find(|one| one.scope == Scope::Flow && one.subject == flow && one.metric == name)?;
        Some((metric, metric.differences.get(index)?))
    };
    let mut found = Vec::new();
    for name in HEADLINES {
        let one = find(name);
        let known = one.is_some_and(|(_, difference)| difference.value.is_some());
        let instead = (name == HEADLINES[0] && !known).then(|| find(INSTEAD));
        found.extend(instead.flatten().or(one));
    }
    found
}

/// Says by how much a design moves a metric, if it was detected to.
fn moved(design: &str, metric: &Metric, difference: &Difference) -> Option<String> {
    if difference.detected != Some(true) {
        return None;
    }
    let (value, half_width, unit) = Shown::of(metric).change(difference)?;
    let verb = if value < 0.0 { "lowers" } else { "raises" };
    let size = value.abs();
    let half_width = half_width.unwrap_or(0.0);
    let ends = [size - half_width, size + half_width].map(figure);
    Some(
        format!(
            "`{design}` {verb} {} of `{}` by {} {unit}",
            metric.label,
            metric.subject,
            figure(size),
        )
        .trim_end()
        .to_owned()
            + &format!(" [{} .. {}]", ends[0], ends[1]),
    )
}

/// Joins names as prose does.
fn joined(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [only] => (*only).to_owned(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// Returns what a reader should know of how the comparison was made.
pub(super) fn notes(comparison: &Comparison) -> Vec<String> {
    let mut notes = Vec::new();
    if comparison.interrupted {
        notes.push(format!(
            "interrupted: {} replications had been finished by all designs, and only these count",
            comparison.replications
        ));
    }
    let priced = |one: &Metric| one.metric == "cost_per_million_usd";
    if comparison.metrics.iter().any(priced) {
        notes.push(
            "the cost of a million posts or reads is of what they use; what exists whatever the load is not in it"
                .to_owned(),
        );
    }
    let alternatives = comparison.designs.len().saturating_sub(1);
    if alternatives > 1 {
        notes.push(format!(
            "the {alternatives} intervals of a metric hold together at 95 %: each is one of {} (Bonferroni)",
            show::share(comparison.confidence)
        ));
    }
    for (index, design) in comparison.alternatives() {
        let coupled = comparison
            .subjects(Scope::Flow)
            .iter()
            .flat_map(|flow| headlines(comparison, index, flow))
            .find_map(|(metric, one)| {
                Some((metric, one.variance_ratio?, one.unpaired_replications?))
            });
        if let Some((metric, ratio, unpaired)) = coupled {
            notes.push(coupling(comparison, &design.name, metric, ratio, unpaired));
        }
    }
    notes
}

/// Says what meeting the same requests brought.
fn coupling(
    comparison: &Comparison,
    design: &str,
    metric: &Metric,
    ratio: f64,
    unpaired: u64,
) -> String {
    let effect = if ratio > 1.0 { "hurt" } else { "helped" };
    format!(
        "common random numbers {effect}: for {} of `{}` in `{design}` the variance of the difference is {} of that of independent runs, which would need {unpaired} replications of each design instead of {} for the same interval",
        metric.label,
        metric.subject,
        figure(ratio),
        comparison.replications
    )
}

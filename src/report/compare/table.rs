//! The tables of a comparison, as text in cells: what the terminal and Markdown share.
//!
//! Two designs stand side by side; of more, or with long names, each has a line of its
//! own under the metric, so that any number fits into 100 columns. Metrics that are 0
//! everywhere are left out, and so is what is no difference of nodes.

use super::strategy::strategies;
use super::{Comparison, Difference, Metric, Scope, Unit};
use crate::report::Estimate;
use crate::report::figure::{self, NOTHING, change, interval};
use crate::report::section::{Section, why};

/// Says that an interval contains 0.
pub(in crate::report) const NO_DIFFERENCE: &str = "no difference detected";

/// Longest name of a design that heads a column.
const LONGEST_NAME: usize = 14;

/// Returns all tables in their order: the strategies, one per flow and fan-out, the nodes.
pub(super) fn tables(comparison: &Comparison) -> Vec<Section> {
    let flows = comparison.subjects(Scope::Flow);
    let fan_outs = comparison.subjects(Scope::FanOut);
    let flows = flows.iter().map(|flow| (Scope::Flow, "FLOW", flow));
    let fan_outs = fan_outs.iter().map(|one| (Scope::FanOut, "FAN-OUT", one));
    let mut tables = strategies(comparison);
    tables.extend(flows.chain(fan_outs).map(|(scope, title, subject)| {
        let of = |one: &&Metric| one.scope == scope && one.subject == **subject && says(one);
        let metrics: Vec<&Metric> = comparison.metrics.iter().filter(of).collect();
        let label = |metric: &Metric| metric.label.clone();
        table(comparison, format!("{title} {subject}"), &metrics, label)
    }));
    let of = |one: &&Metric| one.scope == Scope::Node && differs(one);
    let metrics: Vec<&Metric> = comparison.metrics.iter().filter(of).collect();
    let label = |metric: &Metric| format!("{} {}", metric.subject, metric.label);
    tables.push(table(comparison, "NODE".to_owned(), &metrics, label));
    tables.retain(|table| !table.is_empty());
    tables
}

/// Whether something of a metric is not 0, or nothing of it is known.
fn says(metric: &Metric) -> bool {
    let mut known = metric.values.iter().filter_map(|one| one.value).peekable();
    known.peek().is_none() || known.any(|value| value.abs() > 0.0)
}

/// Whether a difference of a metric was detected.
fn differs(metric: &Metric) -> bool {
    metric
        .differences
        .iter()
        .any(|one| one.detected == Some(true))
}

/// Makes the table of some metrics.
fn table(
    comparison: &Comparison,
    title: String,
    metrics: &[&Metric],
    label: impl Fn(&Metric) -> String,
) -> Section {
    let names = comparison.designs.iter().map(|design| design.name.clone());
    let names: Vec<String> = names.collect();
    let confidence = figure::figure(comparison.confidence * 100.0);
    let confidence = confidence.trim_end_matches('0').trim_end_matches('.');
    let changed = [
        "change".to_owned(),
        format!("{confidence} % interval"),
        String::new(),
    ];
    let mut rows = Vec::new();
    let short = names
        .iter()
        .all(|name| name.chars().count() <= LONGEST_NAME);
    if names.len() == 2 && short {
        for metric in metrics {
            let scale = Shown::of(metric);
            let values = metric.values.iter().map(|value| scale.value(value));
            let of = metric.differences.iter().flat_map(|one| scale.cells(one));
            rows.push((scale.named(&label(metric)), values.chain(of).collect()));
        }
        let headers: Vec<String> = names.into_iter().chain(changed).collect();
        return Section::new(title, &headers, rows);
    }
    for metric in metrics {
        let scale = Shown::of(metric);
        for (index, name) in names.iter().enumerate() {
            let (first, of) = match index.checked_sub(1) {
                None => (scale.named(&label(metric)), None),
                Some(index) => (String::new(), metric.differences.get(index)),
            };
            let silent =
                metric.scope == Scope::Node && of.is_some_and(|one| one.detected == Some(false));
            if silent {
                continue;
            }
            let nothing = || [NOTHING.to_owned(), NOTHING.to_owned(), String::new()];
            let value = metric.values.get(index).map(|value| scale.value(value));
            let mut cells = vec![name.clone(), value.unwrap_or_default()];
            cells.extend(of.map_or_else(nothing, |one| scale.cells(one)));
            rows.push((first, cells));
        }
    }
    let headers = ["design", "value"].map(str::to_owned);
    let headers: Vec<String> = headers.into_iter().chain(changed).collect();
    Section::new(title, &headers, rows)
}

/// How the figures of a metric are shown.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shown {
    /// Of values.
    unit: &'static str,
    /// What values are multiplied by.
    factor: f64,
    /// Whether differences are shown relative to the baseline.
    relative: bool,
}

impl Shown {
    /// Chooses units by the baseline: shares differ by points, all else in percent.
    pub(super) fn of(metric: &Metric) -> Shown {
        let known = metric.values.iter().filter_map(|one| one.value);
        let greatest = known.fold(0.0_f64, |most, value| most.max(value.abs()));
        let relative = metric
            .differences
            .iter()
            .all(|one| one.relative.is_some() || one.value.is_none());
        let (unit, factor, relative) = match metric.unit {
            Unit::Milliseconds => {
                let scale = figure::scale(greatest);
                (scale.name, 1.0 / scale.ms, relative)
            }
            Unit::PerSecond => ("/s", 1.0, relative),
            Unit::Share => ("%", 100.0, false),
            Unit::Number => ("", 1.0, relative),
            Unit::Dollars => ("$", 1.0, relative),
        };
        Shown {
            unit,
            factor,
            relative,
        }
    }

    /// Adds the unit to a name.
    pub(super) fn named(self, label: &str) -> String {
        format!("{label} {}", self.unit).trim_end().to_owned()
    }

    /// Shows a value of a design.
    pub(super) fn value(self, estimate: &Estimate) -> String {
        match estimate.value {
            Some(value) => interval(
                value * self.factor,
                estimate.half_width.map(|half| half * self.factor),
            ),
            None => why(estimate),
        }
    }

    /// Returns a difference and its half-width as they are shown, and their unit.
    pub(super) fn change(
        self,
        difference: &Difference,
    ) -> Option<(f64, Option<f64>, &'static str)> {
        let (value, half_width, factor) = if self.relative {
            (difference.relative, difference.relative_half_width, 100.0)
        } else {
            (difference.value, difference.half_width, self.factor)
        };
        let unit = match (self.relative, self.unit) {
            (true, _) => "%",
            (false, "%") => "points",
            (false, unit) => unit,
        };
        Some((value? * factor, half_width.map(|half| half * factor), unit))
    }

    /// Shows a difference, its interval and what is to be said of it.
    fn cells(self, difference: &Difference) -> [String; 3] {
        let Some((value, half_width, unit)) = self.change(difference) else {
            let why = difference.why.as_deref().unwrap_or(NOTHING);
            let nothing = NOTHING.to_owned();
            return [nothing.clone(), nothing, why.replace('-', " ")];
        };
        let (shown, interval) = change(value, half_width);
        let word = match difference.detected {
            Some(true) => "",
            Some(false) => NO_DIFFERENCE,
            None => "too few replications",
        };
        [
            format!("{shown} {unit}").trim_end().to_owned(),
            interval.unwrap_or_else(|| NOTHING.to_owned()),
            word.to_owned(),
        ]
    }
}

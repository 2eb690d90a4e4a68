//! The table of a sweep, as text in cells: what the terminal and Markdown share.

use super::{Measure, Measured, Sweep};
use crate::report::Estimate;
use crate::report::compare::Unit;
use crate::report::figure::{NOTHING, figure, interval};
use crate::report::section::{Section, why};
use crate::report::text::{brief, sign};

/// Returns the table: a row per point.
pub(super) fn table(sweep: &Sweep) -> Section {
    let path = |index: usize| sweep.parameters.get(index).map(|one| one.path.clone());
    let others = sweep.parameters.iter().skip(1).map(|one| one.path.clone());
    let mut headers: Vec<String> = others.collect();
    headers.extend(sweep.measures.iter().map(titled));
    headers.push("$/month".to_owned());
    let rows = sweep.points.iter().map(|point| {
        let mut cells: Vec<String> = point.values.iter().skip(1).cloned().collect();
        let each = sweep.measures.iter().zip(&point.measured);
        cells.extend(each.map(|(measure, measured)| cell(measure, measured)));
        let cost = point.month_usd.as_ref().and_then(|one| one.value);
        cells.push(cost.map_or(NOTHING.to_owned(), figure));
        (point.values.first().cloned().unwrap_or_default(), cells)
    });
    Section::new(path(0).unwrap_or_default(), &headers, rows.collect())
}

/// Returns the name of a measure with its unit.
pub(super) fn titled(measure: &Measure) -> String {
    let unit = match measure.unit {
        Some(Unit::Milliseconds) => " ms",
        Some(Unit::PerSecond) => " /s",
        Some(Unit::Share) => " %",
        Some(Unit::Dollars) => " $",
        Some(Unit::Number) | None => "",
    };
    format!("{}{unit}", measure.name)
}

/// Shows what was measured with its interval, and the mark of its verdict.
fn cell(measure: &Measure, measured: &Measured) -> String {
    let verdict = measured.verdict.map_or("", sign);
    let text = format!("{} {verdict}", shown(measure, &measured.value));
    text.trim_end().to_owned()
}

/// Shows an estimate of a measure, with its interval if it has one.
pub(super) fn shown(measure: &Measure, estimate: &Estimate) -> String {
    match (estimate.value, measure.unit) {
        (None, _) => why(estimate),
        (Some(_), None) => brief(&measure.name, estimate),
        (Some(value), Some(unit)) => {
            let factor = if unit == Unit::Share { 100.0 } else { 1.0 };
            interval(
                value * factor,
                estimate.half_width.map(|half| half * factor),
            )
        }
    }
}

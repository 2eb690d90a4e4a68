//! The comparison as CSV: one row per metric and design; the baseline's has no difference.
//! Where strategies break even stands after them, without a design.

use super::{BreakEven, Comparison, Scope, Unit};
use crate::report::Estimate;
use csv::Writer;

/// Columns of the file.
const HEADER: [&str; 14] = [
    "scope",
    "subject",
    "metric",
    "unit",
    "design",
    "value",
    "half_width",
    "difference",
    "difference_half_width",
    "relative",
    "relative_half_width",
    "variance_ratio",
    "unpaired_replications",
    "detected",
];

/// Renders the comparison.
pub fn comparison_csv(comparison: &Comparison) -> String {
    let mut writer = Writer::from_writer(Vec::new());
    // Writing to memory does not fail.
    let _ = writer.write_record(HEADER);
    for metric in &comparison.metrics {
        let scope = match metric.scope {
            Scope::Flow => "flow",
            Scope::Node => "node",
            Scope::FanOut => "fan_out",
        };
        let unit = match metric.unit {
            Unit::Milliseconds => "ms",
            Unit::PerSecond => "1/s",
            Unit::Share => "share",
            Unit::Number => "1",
            Unit::Dollars => "usd",
        };
        let cell = |value: Option<f64>| value.map_or(String::new(), |value| value.to_string());
        let designs = comparison.designs.iter().zip(&metric.values);
        for (index, (design, value)) in designs.enumerate() {
            let difference = index
                .checked_sub(1)
                .and_then(|index| metric.differences.get(index))
                .cloned()
                .unwrap_or_default();
            let unpaired = difference.unpaired_replications;
            let _ = writer.write_record([
                scope.to_owned(),
                metric.subject.clone(),
                metric.metric.clone(),
                unit.to_owned(),
                design.name.clone(),
                cell(value.value),
                cell(value.half_width),
                cell(difference.value),
                cell(difference.half_width),
                cell(difference.relative),
                cell(difference.relative_half_width),
                cell(difference.variance_ratio),
                unpaired.map_or(String::new(), |count| count.to_string()),
                difference
                    .detected
                    .map_or(String::new(), |detected| u8::from(detected).to_string()),
            ]);
        }
    }
    for (name, one) in &comparison.fan_out {
        for (metric, unit, figure) in break_even(one) {
            let cell = |value: Option<f64>| value.map_or(String::new(), |value| value.to_string());
            let mut row = ["fan_out", name, &metric, unit, "", "", ""]
                .map(str::to_owned)
                .to_vec();
            row[5] = cell(figure.value);
            row[6] = cell(figure.half_width);
            row.resize(HEADER.len(), String::new());
            let _ = writer.write_record(row);
        }
    }
    let bytes = writer.into_inner().unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Lists what is known of a break-even: figures that belong to no design.
fn break_even(one: &BreakEven) -> Vec<(String, &'static str, Estimate)> {
    let exact = |value: Option<f64>| Estimate {
        value,
        ..Estimate::default()
    };
    let formula = &one.formula;
    let mut figures = vec![
        (
            "break_even_followers".to_owned(),
            "1",
            one.break_even_followers.clone(),
        ),
        (
            "per_delivery_us".to_owned(),
            "us",
            exact(Some(one.per_delivery_us)),
        ),
        ("per_pull_us".to_owned(), "us", exact(Some(one.per_pull_us))),
    ];
    for (metric, unit, value) in [
        ("cost_followers", "1", Some(formula.cost_followers)),
        ("freshness_ms", "ms", formula.freshness_ms),
        ("latency_followers", "1", formula.latency_followers),
        ("spare_ms", "ms", formula.spare_ms),
        ("burst_followers", "1", formula.burst_followers),
    ] {
        if value.is_some() {
            figures.push((format!("formula.{metric}"), unit, exact(value)));
        }
    }
    for point in &one.sweep {
        let threshold = point
            .threshold
            .map_or("all".to_owned(), |one| one.to_string());
        for (metric, unit, value) in [
            ("push_busy", "1", &point.push_busy),
            ("pull_busy", "1", &point.pull_busy),
            ("delivery_p99_ms", "ms", &point.delivery_p99_ms),
            ("read_p99_ms", "ms", &point.read_p99_ms),
        ] {
            figures.push((format!("sweep.{threshold}.{metric}"), unit, value.clone()));
        }
    }
    figures
}

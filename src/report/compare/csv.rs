//! The comparison as CSV: one row per metric and design; the baseline's has no difference.

use super::{Comparison, Scope, Unit};
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
        };
        let unit = match metric.unit {
            Unit::Milliseconds => "ms",
            Unit::PerSecond => "1/s",
            Unit::Share => "share",
            Unit::Number => "1",
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
    let bytes = writer.into_inner().unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}

//! The sweep as CSV: one row per point and measure that it has; a column for each parameter.

use super::{Sweep, Unit};
use crate::report::text::word;
use csv::Writer;

/// Columns after those of the parameters.
const HEADER: [&str; 8] = [
    "measure",
    "unit",
    "value",
    "half_width",
    "target",
    "verdict",
    "replications",
    "month_usd",
];

/// Renders the sweep.
pub fn sweep_csv(sweep: &Sweep) -> String {
    let mut writer = Writer::from_writer(Vec::new());
    let paths = sweep.parameters.iter().map(|one| one.path.as_str());
    // Writing to memory does not fail.
    let _ = writer.write_record(paths.chain(HEADER));
    let cell = |value: Option<f64>| value.map_or(String::new(), |value| value.to_string());
    for point in &sweep.points {
        let all = sweep.measures.iter().zip(&point.measured);
        for (measure, measured) in all.filter(|(_, measured)| !measured.is_absent()) {
            let unit = match measure.unit {
                Some(Unit::Milliseconds) => "ms",
                Some(Unit::PerSecond) => "1/s",
                Some(Unit::Share) => "share",
                Some(Unit::Number) => "1",
                Some(Unit::Dollars) => "usd",
                None => "",
            };
            let cost = point.month_usd.as_ref().and_then(|one| one.value);
            let mut row = point.values.clone();
            row.extend([
                measure.name.clone(),
                unit.to_owned(),
                cell(measured.value.value),
                cell(measured.value.half_width),
                cell(measured.target),
                measured
                    .verdict
                    .map_or(String::new(), |one| word(one).to_owned()),
                point.replications.to_string(),
                cell(cost),
            ]);
            let _ = writer.write_record(row);
        }
    }
    let bytes = writer.into_inner().unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}

//! The sizing as CSV: one row per setting and objective, the cheapest first; a column for each
//! parameter. What was not simulated has one row without an objective.

use super::Sizing;
use crate::report::text::word;
use csv::Writer;

/// Columns after those of the parameters.
const HEADER: [&str; 9] = [
    "month_usd",
    "month_usd_half_width",
    "arithmetic_usd",
    "verdict",
    "objective",
    "value",
    "half_width",
    "objective_verdict",
    "replications",
];

/// Renders the sizing.
pub fn sizing_csv(sizing: &Sizing) -> String {
    let mut writer = Writer::from_writer(Vec::new());
    let paths = sizing.parameters.iter().map(|one| one.path.as_str());
    // Writing to memory does not fail.
    let _ = writer.write_record(paths.chain(HEADER));
    let cell = |value: Option<f64>| value.map_or(String::new(), |value| value.to_string());
    for setting in &sizing.settings {
        for objective in &setting.objectives {
            let mut row = setting.values.clone();
            row.extend([
                cell(setting.month_usd.value),
                cell(setting.month_usd.half_width),
                cell(setting.arithmetic_usd),
                word(setting.verdict).to_owned(),
                objective.expression.clone(),
                cell(objective.measured.value),
                cell(objective.measured.half_width),
                word(objective.verdict).to_owned(),
                setting.replications.to_string(),
            ]);
            let _ = writer.write_record(row);
        }
    }
    for setting in &sizing.not_simulated {
        let mut row = setting.values.clone();
        let nothing = String::new;
        row.extend([nothing(), nothing(), cell(setting.arithmetic_usd)]);
        row.push("not simulated".to_owned());
        row.extend(std::iter::repeat_n(nothing(), 5));
        let _ = writer.write_record(row);
    }
    let bytes = writer.into_inner().unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}

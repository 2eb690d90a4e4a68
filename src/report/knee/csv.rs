//! The knee as CSV: one row per load and objective, the lowest load first.

use super::Knee;
use super::words::amount;
use crate::report::text::word;
use csv::Writer;

/// Columns of the file.
const HEADER: [&str; 13] = [
    "factor",
    "amount",
    "unit",
    "verdict",
    "replications",
    "objective",
    "counts",
    "value",
    "half_width",
    "target",
    "objective_verdict",
    "fullest",
    "utilisation",
];

/// Renders the knee.
pub fn knee_csv(knee: &Knee) -> String {
    let mut writer = Writer::from_writer(Vec::new());
    // Writing to memory does not fail.
    let _ = writer.write_record(HEADER);
    let cell = |value: Option<f64>| value.map_or(String::new(), |value| value.to_string());
    for load in &knee.loads {
        let amount = amount(knee, load);
        let fullest = load.fullest.as_ref();
        for (objective, limit) in load.objectives.iter().zip(&knee.objectives) {
            let unit = match amount {
                Some((_, "/s")) => "1/s",
                Some((_, unit)) => unit,
                None => "",
            };
            let _ = writer.write_record([
                load.factor.to_string(),
                cell(amount.map(|(value, _)| value)),
                unit.to_owned(),
                word(load.verdict).to_owned(),
                load.replications.to_string(),
                objective.expression.clone(),
                u8::from(limit.role.counts()).to_string(),
                cell(objective.measured.value),
                cell(objective.measured.half_width),
                objective.target.to_string(),
                word(objective.verdict).to_owned(),
                fullest.map_or(String::new(), |one| one.node.clone()),
                cell(fullest.and_then(|one| one.utilisation.value)),
            ]);
        }
    }
    let bytes = writer.into_inner().unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}

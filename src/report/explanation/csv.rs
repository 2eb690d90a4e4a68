//! The explanation as CSV: one row per flow and thing that was made faster.
//!
//! Where the slowest requests spent their time is left to JSON, and to the CSV of a run.

use super::{Aspect, Explanation};
use crate::report::Estimate;
use csv::Writer;

/// Columns of the file.
const HEADER: [&str; 13] = [
    "flow",
    "faster",
    "aspect",
    "faster_by",
    "p99_ms",
    "change_ms",
    "half_width_ms",
    "relative",
    "detected",
    "error_share_change",
    "utilisation",
    "waiting_p99_ms",
    "sojourn_p99_ms",
];

/// Renders the explanation.
pub fn explanation_csv(explanation: &Explanation) -> String {
    let mut writer = Writer::from_writer(Vec::new());
    // Writing to memory does not fail.
    let _ = writer.write_record(HEADER);
    let cell = |value: Option<f64>| value.map_or(String::new(), |value| value.to_string());
    let of = |estimate: &Option<Estimate>| cell(estimate.as_ref().and_then(|one| one.value));
    for flow in &explanation.flows {
        for effect in &flow.effects {
            let aspect = match effect.aspect {
                Aspect::Work => "work",
                Aspect::ColdStart => "cold-start",
                Aspect::Latency => "latency",
                Aspect::Servers => "servers",
            };
            let detected = effect.p99_ms.detected;
            let _ = writer.write_record([
                flow.flow.clone(),
                effect.name.clone(),
                aspect.to_owned(),
                explanation.faster_by.to_string(),
                cell(flow.p99_ms.value),
                cell(effect.p99_ms.value),
                cell(effect.p99_ms.half_width),
                cell(effect.p99_ms.relative),
                detected.map_or(String::new(), |one| u8::from(one).to_string()),
                cell(effect.error_share.value),
                of(&effect.utilisation),
                of(&effect.waiting_p99_ms),
                of(&effect.sojourn_p99_ms),
            ]);
        }
    }
    let bytes = writer.into_inner().unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}

//! DRAFT, replaced by the metrics branch.
#![allow(missing_docs)]
use serde::Serialize;
use std::collections::BTreeMap;
mod csv;
mod figure;
pub mod graph;
mod junit;
mod markdown;
mod section;
mod text;

#[derive(Clone, Debug, Default, Serialize)]
pub struct Estimate {
    pub value: Option<f64>,
    pub half_width: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}
#[derive(Clone, Debug, Default, Serialize)]
pub struct Quantiles {
    pub mean: Estimate, pub sd: Estimate, pub p50: Estimate, pub p90: Estimate, pub p95: Estimate, pub p99: Estimate,
    pub p99_9: Estimate, pub p99_99: Estimate, pub max: Option<f64>, pub count: u64,
}
#[derive(Clone, Debug, Default, Serialize)]
pub struct Flow {
    pub arrived: u64, pub completed: u64, pub throttled: u64, pub shed: u64, pub timed_out: u64, pub failed: u64, pub inside: u64,
    pub arrival_rate_per_s: Estimate,
    pub throttled_share: Estimate, pub shed_share: Estimate, pub timed_out_share: Estimate, pub failed_share: Estimate, pub error_share: Estimate,
    pub latency_ms: Quantiles, pub unstable: Option<bool>,
}
#[derive(Clone, Debug, Default, Serialize)]
pub struct Node {
    pub kind: String,
    pub arrived: u64,
    pub arrival_rate_per_s: Estimate,
    pub throttled_share: Estimate, pub shed_share: Estimate, pub timed_out_share: Estimate,
    pub utilisation: Option<Estimate>,
    pub waiting_ms: Quantiles, pub sojourn_ms: Quantiles,
    pub hit_rate: Option<Estimate>,
    pub unstable: Option<bool>,
}
#[derive(Clone, Debug, Default, Serialize)]
pub struct Link { pub calls: u64, pub attempts: u64, pub completed: u64, pub error_share: Estimate, pub latency_ms: Quantiles, pub hedged: u64, pub refused: u64 }
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict { Met, Missed, Undecided }
#[derive(Clone, Debug, Serialize)]
pub struct Objective { pub expression: String, pub subject: String, pub target: f64, pub measured: Estimate, pub verdict: Verdict }
#[derive(Clone, Debug, Default, Serialize)]
pub struct Report {
    pub schema: u32, pub version: String, pub topology: String, pub variant: Option<String>, pub seed: u64, pub replications: u32, pub warm_up_s: f64, pub horizon_s: f64,
    pub digest: String, pub events: u64, pub analysis: String, pub interrupted: bool,
    pub flows: BTreeMap<String, Flow>, pub nodes: BTreeMap<String, Node>, pub links: BTreeMap<String, Link>, pub objectives: Vec<Objective>,
    pub notes: Vec<String>,
}
pub use csv::csv;
pub use junit::junit;
pub use markdown::markdown;
pub use text::text;
/// JSON.
pub fn json(report: &Report) -> String { format!("{}\n", serde_json::to_string_pretty(report).unwrap_or_default()) }

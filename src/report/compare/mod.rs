//! The comparison of designs, as one value that every rendering shows.
//!
//! Its JSON form is a contract like the report's: fields are added, never renamed;
//! metrics are called as the report calls them. The first design is the baseline;
//! `values` has one entry per design, `differences` one per design after the first,
//! and a difference is *that design minus the baseline*. What an interval is made of
//! is decided in `analysis`; here are the values per replication that it starts
//! from (`series`) and the renderings, which compute nothing.

mod csv;
mod findings;
mod markdown;
mod series;
mod strategy;
mod table;
mod text;

pub use self::csv::comparison_csv;
pub use markdown::comparison_markdown;
pub use series::{Series, series};
pub use strategy::{BreakEven, Formulas, Threshold};
pub(super) use table::NO_DIFFERENCE;
pub use text::comparison_text;

use super::Analysis;
use super::digest::{digest_of, json_of};
use super::estimate::Estimate;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a comparison found.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// Version of this form; see [`super::SCHEMA`].
    pub schema: u32,
    /// Version of the program.
    pub version: String,
    /// What was compared; the first is the baseline.
    pub designs: Vec<Design>,
    /// Seed, of all designs.
    pub seed: u64,
    /// Independent runs of each design; equal numbers met the same requests.
    pub replications: u32,
    /// Length of the warm-up, which is not counted [s]; of all designs.
    pub warm_up_s: f64,
    /// End of counting [s]; of all designs.
    pub horizon_s: f64,
    /// Confidence of each difference's interval, so that those of one metric hold jointly at 95 %.
    pub confidence: f64,
    /// SHA-256 of everything else, in hex.
    pub digest: String,
    /// Events simulated, of all designs.
    pub events: u64,
    /// Whether the user ended it early: only replications that all designs finished count.
    pub interrupted: bool,
    /// What differs from the baseline; one entry per design after the first.
    pub differs: Vec<Differs>,
    /// Flows, nodes and fan-outs, each by name, in the order of the list of metrics.
    pub metrics: Vec<Metric>,
    /// Where the strategies of designs that differ in it break even, by name of the fan-out.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fan_out: BTreeMap<String, BreakEven>,
    /// What the differences mean, in sentences.
    pub findings: Vec<String>,
    /// What a reader should know, in sentences.
    pub notes: Vec<String>,
}

/// One of the designs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Design {
    /// What the comparison calls it: unique.
    pub name: String,
    /// Name of the topology.
    pub topology: String,
    /// Variant that was applied.
    pub variant: Option<String>,
    /// Whether it has a steady state.
    pub analysis: Analysis,
}

/// What differs between a design and the baseline.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Differs {
    /// The design.
    pub design: String,
    /// In the order of the files.
    pub changes: Vec<Change>,
}

/// One difference between two files, after variants and options.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// Keys joined by points, such as `nodes.server.servers`.
    pub path: String,
    /// What the baseline says; absent if the entry was added.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// What the design says; absent if the entry was removed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
}

/// One metric of one flow, node or fan-out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Metric {
    /// What has it.
    pub scope: Scope,
    /// Its name.
    pub subject: String,
    /// As the report calls it: `latency_ms.p99`.
    pub metric: String,
    /// As people call it: `p99`.
    pub label: String,
    /// Unit of values and differences.
    pub unit: Unit,
    /// One per design, each with its own 95 % interval.
    pub values: Vec<Estimate>,
    /// One per design after the first.
    pub differences: Vec<Difference>,
}

/// What has a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// A flow.
    Flow,
    /// A node.
    Node,
    /// A fan-out.
    #[serde(rename = "fan_out")]
    FanOut,
}

/// Unit of a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Unit {
    /// Milliseconds.
    #[serde(rename = "ms")]
    Milliseconds,
    /// Per second.
    #[serde(rename = "1/s")]
    PerSecond,
    /// A share in [0, 1].
    #[serde(rename = "share")]
    Share,
    /// A plain number.
    #[serde(rename = "1")]
    Number,
    /// US dollars.
    #[serde(rename = "usd")]
    Dollars,
}

/// A design minus the baseline, in one metric.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Difference {
    /// Mean of the replications' differences.
    pub value: Option<f64>,
    /// Half the length of its paired interval; none with fewer than five replications.
    pub half_width: Option<f64>,
    /// The difference relative to the baseline's mean; none where that is 0 or hardly known.
    pub relative: Option<f64>,
    /// Half the length of its interval, by the ratio estimator.
    pub relative_half_width: Option<f64>,
    /// Variance of the paired differences over that of independent ones: under 1,
    /// meeting the same requests helped; none where nothing varies.
    pub variance_ratio: Option<f64>,
    /// Replications of each design that an unpaired (Welch) interval of the same width
    /// would have needed; none where nothing varies.
    pub unpaired_replications: Option<u64>,
    /// Whether the interval leaves 0 out; none where there is no interval.
    pub detected: Option<bool>,
    /// Why there is no value: `too-few-samples`, `unstable`, `not-in-design`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

impl Comparison {
    /// Adds the sentences that follow from the figures, and the digest.
    pub fn concluded(mut self) -> Comparison {
        self.findings = findings::findings(&self);
        self.notes.extend(findings::notes(&self));
        self.digest = String::new();
        self.digest = digest_of(&self);
        self
    }

    /// Returns the comparison as JSON, indented, with a line break at its end.
    pub fn to_json(&self) -> String {
        json_of(self)
    }

    /// Returns the designs after the baseline, with their position in `differences`.
    fn alternatives(&self) -> impl Iterator<Item = (usize, &Design)> {
        self.designs.iter().skip(1).enumerate()
    }

    /// Returns the name of the baseline.
    fn baseline(&self) -> &str {
        self.designs.first().map_or("", |design| &design.name)
    }

    /// Returns the names of all subjects of a scope, each once.
    fn subjects(&self, scope: Scope) -> Vec<&str> {
        let of_scope = self.metrics.iter().filter(|metric| metric.scope == scope);
        let mut names: Vec<&str> = of_scope.map(|metric| metric.subject.as_str()).collect();
        names.dedup();
        names
    }
}

//! The report: what a run found, as one value that every rendering shows.
//!
//! `build` turns recordings into a [`Report`]; its JSON form is a contract: fields
//! are added, never renamed, and what does not apply is absent. Durations are in
//! milliseconds (`_ms`) or seconds (`_s`), shares in [0, 1]. Counts are sums over the
//! replications of the counted time; maxima, first and last times are taken over
//! all replications. Renderers compute nothing. `compare` is the same for several
//! designs side by side, `knee` for one design at several loads, `sweep` for one with
//! some of its values varied, `explanation` for one of which something is faster,
//! `sizing` for the cheapest of several settings.

mod accounting;
mod brief;
mod build;
mod changed;
mod compare;
mod control;
mod cost;
mod csv;
mod digest;
mod estimate;
mod explanation;
mod fan_outs;
mod faults;
mod fields;
mod figure;
mod flows;
pub mod graph;
mod html;
mod illustration;
mod junit;
mod knee;
mod links;
mod markdown;
mod measure;
mod nodes;
mod notes;
mod objectives;
mod recovery;
mod recurring;
mod section;
mod sizing;
mod sums;
mod supplies;
mod sweep;
mod tail;
#[cfg(test)]
#[allow(clippy::float_cmp, reason = "these values are exact")]
mod tests;
mod text;
mod timeline;
mod times;
mod traces;

pub use brief::brief_text;
pub use build::{Input, build, build_with};
pub use compare::{
    BreakEven, Change, Comparison, Design, Difference, Differs, Formulas, Metric, Scope, Series,
    Threshold, Unit, comparison_csv, comparison_markdown, comparison_text, series,
};
pub use control::{Alarm, Deployment};
pub use cost::{Cost, CostDiscount, CostLine, CostMonth, FlowCost, cost_json, cost_text};
pub use csv::csv;
pub use estimate::{Estimate, Quantiles, rounded};
pub use explanation::{
    Aspect, Effect, Explanation, FlowEffects, Untimed, explanation_csv, explanation_markdown,
    explanation_text,
};
pub use fields::{
    Analysis, Breakdown, Bucket, Capacity, FanOut, FanOutSeries, Flow, FlowSeries, HotKey,
    Instance, Link, Node, NodeSeries, Objective, Timeline, Verdict, Window,
};
pub use html::{STYLE, html};
pub use illustration::{Assumed, Disturbance, Illustration, Origin, SpectrumPoint, illustrate};
pub use junit::junit;
pub use knee::{
    FullAt, Fullest, GivesWay, Knee, Limit, Line, LineUnit, Load, Role, Stopped, knee_csv,
    knee_markdown, knee_text,
};
pub use markdown::markdown;
pub use objectives::unanswered;
pub use sizing::{Setting, Sizing, Unsimulated, sizing_csv, sizing_markdown, sizing_text};
pub use sweep::{Measure, Measured, Point, Sweep, Varied, sweep_csv, sweep_markdown, sweep_text};
pub use tail::{TailNode, Tails, tail};
pub use text::{measured, sign, text, text_with};
pub use times::{Percentile, TimeUnit, Times};
pub use traces::{Trace, TracedVisit};

use digest::json_of;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Version of the JSON form; it grows only when a field changes its meaning.
pub const SCHEMA: u32 = 1;

/// What a run found.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// Version of this form.
    pub schema: u32,
    /// Version of the program.
    pub version: String,
    /// Name of the design.
    pub topology: String,
    /// Variant that was applied.
    pub variant: Option<String>,
    /// Seed.
    pub seed: u64,
    /// Independent runs.
    pub replications: u32,
    /// Length of the warm-up, which is not counted [s].
    pub warm_up_s: f64,
    /// End of counting [s].
    pub horizon_s: f64,
    /// SHA-256 of everything else, in hex.
    pub digest: String,
    /// Events simulated.
    pub events: u64,
    /// Whether there is a steady state.
    pub analysis: Analysis,
    /// Whether the user ended it early: a partial result.
    pub interrupted: bool,
    /// By name.
    pub flows: BTreeMap<String, Flow>,
    /// By name.
    pub nodes: BTreeMap<String, Node>,
    /// By `a->b`.
    pub links: BTreeMap<String, Link>,
    /// By name of the fan-out.
    pub fan_out: BTreeMap<String, FanOut>,
    /// In the order of the file.
    pub objectives: Vec<Objective>,
    /// Where the slowest 1 % of each flow's completed requests spent their time: by flow, the
    /// node with the greatest share first. Of a flow with too few requests nothing is said.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tail: Tails,
    /// What gave way first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_limit: Option<FirstLimit>,
    /// Alarms, by name.
    pub alarms: Vec<Alarm>,
    /// Deployments, in the order of the file.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deployments: Vec<Deployment>,
    /// What it costs in a month.
    #[serde(default)]
    pub cost: Cost,
    /// How it went in time.
    pub timeline: Timeline,
    /// The first requests of replication 0, if asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub requests: Vec<Request>,
    /// The slowest requests of replication 0 that were traced, the slowest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub traces: Vec<Trace>,
    /// Defaults that the answer rests on.
    pub assumptions: Vec<String>,
    /// What a reader should know, in sentences.
    pub notes: Vec<String>,
    /// What pictures need beside the figures, if it was asked for; no part of the JSON form.
    #[serde(skip)]
    pub illustration: Option<Box<Illustration>>,
}

impl Report {
    /// Returns the report as JSON, indented, with a line break at its end.
    pub fn to_json(&self) -> String {
        json_of(self)
    }
}

/// Returns the report as JSON; see [`Report::to_json`].
pub fn json(report: &Report) -> String {
    report.to_json()
}

/// What gave way first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FirstLimit {
    /// Where.
    pub node: String,
    /// What happened: `throttled`, with the name of the limit; `shed`; `unstable`.
    pub what: String,
    /// When it first happened in any replication [s]; null if that is not kept.
    pub at_s: Option<f64>,
}

/// One listed request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// Number among all requests of the replication, from 1.
    pub ordinal: u64,
    /// Its flow.
    pub flow: String,
    /// When it arrived [s].
    pub arrived_s: f64,
    /// When it left [s], if it did.
    pub left_s: Option<f64>,
    /// When its last work had ended [s], if it had.
    pub settled_s: Option<f64>,
    /// How it ended, if it did.
    pub outcome: Option<String>,
}

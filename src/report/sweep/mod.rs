//! A sweep: one design with some of its values varied, a point for each combination.
//!
//! Its JSON form is a contract like the report's: fields are added, never renamed. Every point
//! has what its objectives measured, as `run` would have it with the same options; of a design
//! without objectives, the headline figures of its flows. The renderings compute nothing but
//! the shades of a map.

mod csv;
mod map;
mod markdown;
mod table;
mod text;

pub use self::csv::sweep_csv;
pub use markdown::sweep_markdown;
pub use text::sweep_text;

use super::compare::Unit;
use super::digest::{digest_of, json_of};
use super::{Analysis, Estimate, Objective, Report, Verdict};
use serde::{Deserialize, Serialize};

/// What a sweep found.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Sweep {
    /// Version of this form; see [`super::SCHEMA`].
    pub schema: u32,
    /// Version of the program.
    pub version: String,
    /// Name of the design.
    pub topology: String,
    /// Variant that was applied.
    pub variant: Option<String>,
    /// SHA-256 of everything else, in hex.
    pub digest: String,
    /// Events simulated, at all points.
    pub events: u64,
    /// Whether the user ended it early: the points that were finished count.
    pub interrupted: bool,
    /// What is varied, in the order that was asked for.
    pub parameters: Vec<Varied>,
    /// What is measured, in the order in which points first have it.
    pub measures: Vec<Measure>,
    /// Points that were asked for.
    pub asked: usize,
    /// One per combination; the last parameter changes fastest.
    pub points: Vec<Point>,
    /// What a reader should know, in sentences.
    pub notes: Vec<String>,
}

/// A value of the file that is varied.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Varied {
    /// Keys joined by points, such as `nodes.app.servers`.
    pub path: String,
    /// Its values, as `--set` takes them.
    pub values: Vec<String>,
}

/// What is measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measure {
    /// An objective as it is written, or a metric with its subject: `p99 of main`.
    pub name: String,
    /// Unit of values; absent of objectives, which are in the unit of their target.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<Unit>,
}

/// One combination of values.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// One per parameter.
    pub values: Vec<String>,
    /// Seed.
    pub seed: u64,
    /// Independent runs.
    pub replications: u32,
    /// Length of the warm-up, which is not counted [s].
    pub warm_up_s: f64,
    /// End of counting [s].
    pub horizon_s: f64,
    /// Whether there is a steady state.
    pub analysis: Analysis,
    /// Met if all objectives are, missed if one is; none without objectives.
    pub verdict: Option<Verdict>,
    /// One per measure; without a value and a target where the point does not have it.
    pub measured: Vec<Measured>,
    /// What it costs in a month [$]; none where nothing has a price.
    pub month_usd: Option<Estimate>,
}

/// What was measured at a point.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// In the unit of the measure.
    pub value: Estimate,
    /// What an objective is compared with; none of a metric.
    pub target: Option<f64>,
    /// What follows for an objective; none of a metric.
    pub verdict: Option<Verdict>,
}

impl Measured {
    /// Whether the point does not have the measure.
    pub(super) fn is_absent(&self) -> bool {
        self == &Measured::default()
    }
}

impl Sweep {
    /// Adds a point with what its report says.
    pub fn add(&mut self, values: Vec<String>, report: &Report) {
        let found = match report.objectives.is_empty() {
            true => headlines(report),
            false => report.objectives.iter().map(of_objective).collect(),
        };
        // What is measured may itself be varied.
        let mut measured: Vec<Option<Measured>> = vec![None; self.measures.len()];
        for (measure, one) in found {
            let known = self.measures.iter().zip(&measured);
            let known = known
                .into_iter()
                .position(|(known, taken)| taken.is_none() && *known == measure);
            match known {
                Some(at) => measured[at] = Some(one),
                None => {
                    self.measures.push(measure);
                    measured.push(Some(one));
                }
            }
        }
        let measured = measured.into_iter().map(Option::unwrap_or_default);
        self.events += report.events;
        self.points.push(Point {
            values,
            seed: report.seed,
            replications: report.replications,
            warm_up_s: report.warm_up_s,
            horizon_s: report.horizon_s,
            analysis: report.analysis,
            verdict: together(&report.objectives),
            measured: measured.collect(),
            month_usd: (!report.cost.lines.is_empty()).then(|| report.cost.month_usd.clone()),
        });
    }

    /// Adds the sentences that follow from the figures, and the digest.
    pub fn concluded(mut self) -> Sweep {
        for point in &mut self.points {
            point
                .measured
                .resize(self.measures.len(), Measured::default());
        }
        if self
            .points
            .iter()
            .any(|point| point.measured.iter().any(Measured::is_absent))
        {
            self.notes
                .push("`–` marks what a point does not have".to_owned());
        }
        if self.interrupted {
            self.notes.push(format!(
                "interrupted: {} of {} points had been simulated, and only these count",
                self.points.len(),
                self.asked
            ));
        }
        if self
            .points
            .iter()
            .any(|point| point.verdict == Some(Verdict::Undecided))
        {
            self.notes.push(
                "`?` marks what is undecided: its interval reaches the bound, or there is no value; more replications or a longer horizon decide it"
                    .to_owned(),
            );
        }
        self.digest = String::new();
        self.digest = digest_of(&self);
        self
    }

    /// Returns the sweep as JSON, indented, with a line break at its end.
    pub fn to_json(&self) -> String {
        json_of(self)
    }
}

/// Judges all objectives together; none if there are none.
fn together(objectives: &[Objective]) -> Option<Verdict> {
    let worst = |verdict: Verdict| objectives.iter().any(|one| one.verdict == verdict);
    match objectives.is_empty() {
        true => None,
        false if worst(Verdict::Missed) => Some(Verdict::Missed),
        false if worst(Verdict::Undecided) => Some(Verdict::Undecided),
        false => Some(Verdict::Met),
    }
}

/// Returns what an objective measured.
fn of_objective(objective: &Objective) -> (Measure, Measured) {
    let measure = Measure {
        name: objective.expression.clone(),
        unit: None,
    };
    let measured = Measured {
        value: objective.measured.clone(),
        target: Some(objective.target),
        verdict: Some(objective.verdict),
    };
    (measure, measured)
}

/// Returns the headline figures of all flows.
fn headlines(report: &Report) -> Vec<(Measure, Measured)> {
    let mut found = Vec::new();
    for (name, flow) in &report.flows {
        for (label, unit, value) in [
            ("p99", Unit::Milliseconds, &flow.latency_ms.p99),
            ("throughput", Unit::PerSecond, &flow.throughput_per_s),
            ("errors", Unit::Share, &flow.error_share),
        ] {
            let measure = Measure {
                name: format!("{name} {label}"),
                unit: Some(unit),
            };
            let measured = Measured {
                value: value.clone(),
                target: None,
                verdict: None,
            };
            found.push((measure, measured));
        }
    }
    found
}

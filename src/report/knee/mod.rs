//! The knee of a design, as one value that every rendering shows: the highest load that
//! meets its objectives, the lowest that does not, and what gives way between them.
//!
//! Its JSON form is a contract like the report's: fields are added, never renamed. Loads are
//! factors of the load that the file gives; what that is by line stands in `lines`. How the
//! loads were chosen and judged is decided in `analysis`; the renderings compute nothing.

mod csv;
mod markdown;
mod table;
mod text;
mod words;

pub use self::csv::knee_csv;
pub use markdown::knee_markdown;
pub use text::knee_text;

use super::digest::{digest_of, json_of};
use super::{Analysis, Estimate, FirstLimit, Objective, Verdict};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What the search for the knee found.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Knee {
    /// Version of this form; see [`super::SCHEMA`].
    pub schema: u32,
    /// Version of the program.
    pub version: String,
    /// Name of the design.
    pub topology: String,
    /// Variant that was applied.
    pub variant: Option<String>,
    /// Seed, at every load.
    pub seed: u64,
    /// End of counting that was asked for [s].
    pub horizon_s: f64,
    /// Ratio of two neighbouring loads, less 1, at which the search ends.
    pub tolerance: f64,
    /// Lowest load that would be tried, as a factor.
    pub least: f64,
    /// Highest load that would be tried, as a factor.
    pub most: f64,
    /// Confidence of the interval that a verdict is by, so that all looks at one load hold
    /// jointly at 95 %.
    pub confidence: f64,
    /// SHA-256 of everything else, in hex.
    pub digest: String,
    /// Events simulated, at all loads.
    pub events: u64,
    /// Whether the user ended it early: the loads that were finished count.
    pub interrupted: bool,
    /// The highest load that is met for certain, below all that are missed; as a factor.
    pub met: Option<f64>,
    /// The lowest load that is missed for certain, as a factor.
    pub missed: Option<f64>,
    /// Loads between these two that are neither.
    pub undecided: Vec<f64>,
    /// The load at which the search ended early, because it could not be simulated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped: Option<Stopped>,
    /// What gives way first; none if nothing was missed.
    pub gives_way: Option<GivesWay>,
    /// What is scaled, and what stays as it is; in the order of the file.
    pub lines: Vec<Line>,
    /// In the order of the file.
    pub objectives: Vec<Limit>,
    /// Every load that was tried, the lowest first.
    pub loads: Vec<Load>,
    /// When limits are full by arithmetic, the first first: means, without waiting.
    pub full_at: Vec<FullAt>,
    /// What was found, in sentences.
    pub findings: Vec<String>,
    /// What a reader should know, in sentences.
    pub notes: Vec<String>,
}

/// A load that could not be simulated.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Stopped {
    /// Times the load that the file gives.
    pub factor: f64,
    /// What the engine said.
    pub why: String,
}

/// What gives way first, at the lowest load that is missed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct GivesWay {
    /// Objectives that are missed there.
    pub objectives: Vec<String>,
    /// Objectives that may be missed there as well.
    pub undecided: Vec<String>,
    /// What refused or grew there, and did not at the highest load that is met.
    pub limit: Option<FirstLimit>,
    /// The node that is busiest there.
    pub fullest: Option<Fullest>,
}

/// A load line, and how much it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// Its name.
    pub name: String,
    /// Whose requests.
    pub flow: String,
    /// What `amount` counts.
    pub unit: LineUnit,
    /// How much the file gives; none of recorded arrivals.
    pub amount: Option<f64>,
    /// Whether the search scales it.
    pub scaled: bool,
    /// How much it is at the highest load that is met.
    pub met: Option<f64>,
    /// How much it is at the lowest load that is missed.
    pub missed: Option<f64>,
}

/// What a load line is an amount of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LineUnit {
    /// Requests per second.
    #[serde(rename = "1/s")]
    PerSecond,
    /// Clients of a closed line.
    #[serde(rename = "clients")]
    Clients,
    /// Requests that come at once.
    #[serde(rename = "at once")]
    AtOnce,
    /// Recorded arrivals, which have no amount.
    #[serde(rename = "trace")]
    Trace,
}

/// An objective, and what it has to do with the load.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Limit {
    /// As written.
    pub expression: String,
    /// What it is to the knee.
    pub role: Role,
    /// The highest load at which it is met, as a factor.
    pub met: Option<f64>,
    /// The lowest load above that one at which it is missed, as a factor.
    pub missed: Option<f64>,
}

/// What an objective is to the knee.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// It is missed at the lowest load that is.
    GivesWayFirst,
    /// It is not.
    Holds,
    /// It is missed at every load that has a value for it, and would be with less: load is not
    /// what decides. Left out of the search.
    MissedAtEveryLoad,
    /// It is met only at loads that others do not allow. Left out of the search.
    AsksForMoreLoad,
    /// It is undecided at every load that was tried. Left out of the search.
    UndecidedAtEveryLoad,
}

impl Role {
    /// Whether the search goes by it.
    pub fn counts(self) -> bool {
        match self {
            Role::GivesWayFirst | Role::Holds => true,
            Role::MissedAtEveryLoad | Role::AsksForMoreLoad | Role::UndecidedAtEveryLoad => false,
        }
    }
}

/// One load that was tried.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Load {
    /// Times the load that the file gives.
    pub factor: f64,
    /// How much each scaled line is, by name.
    pub amounts: BTreeMap<String, f64>,
    /// Met if every objective that counts is, missed if one of them is; each for certain. Where
    /// none counts, all of them do.
    pub verdict: Verdict,
    /// Independent runs.
    pub replications: u32,
    /// Length of the warm-up, which is not counted [s].
    pub warm_up_s: f64,
    /// End of counting [s].
    pub horizon_s: f64,
    /// Whether there is a steady state.
    pub analysis: Analysis,
    /// Requests per second, over all flows.
    pub arrival_rate_per_s: f64,
    /// In the order of the file; verdicts are for certain.
    pub objectives: Vec<Objective>,
    /// The busiest node, if servers are kept anywhere.
    pub fullest: Option<Fullest>,
    /// What refused or grew there first.
    pub first_limit: Option<FirstLimit>,
}

/// A node that is busy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fullest {
    /// Its name.
    pub node: String,
    /// Its kind.
    pub kind: String,
    /// Share of its servers' time.
    pub utilisation: Estimate,
}

/// When a limit is full, by arithmetic.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FullAt {
    /// The node, or the nodes that share it.
    pub node: String,
    /// Kind of the node.
    pub kind: String,
    /// What it is.
    pub limit: String,
    /// Times the load that the file gives.
    pub factor: f64,
}

impl Knee {
    /// Adds the sentences that follow from the figures, and the digest.
    pub fn concluded(mut self) -> Knee {
        self.findings = words::findings(&self);
        self.notes.extend(words::notes(&self));
        self.digest = String::new();
        self.digest = digest_of(&self);
        self
    }

    /// Returns the knee as JSON, indented, with a line break at its end.
    pub fn to_json(&self) -> String {
        json_of(self)
    }

    /// Returns the load of a factor that was tried.
    fn load(&self, factor: Option<f64>) -> Option<&Load> {
        let factor = factor?;
        let same = |load: &&Load| load.factor.total_cmp(&factor).is_eq();
        self.loads.iter().find(same)
    }

    /// Returns the objectives of a role, with their positions.
    fn of_role(&self, role: Role) -> impl Iterator<Item = (usize, &Limit)> {
        let all = self.objectives.iter().enumerate();
        all.filter(move |(_, one)| one.role == role)
    }
}

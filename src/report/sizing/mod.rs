//! The cheapest setting of a design that meets its objectives, beside those that do not.
//!
//! Its JSON form is a contract like the report's: fields are added, never renamed. Bills are of
//! simulated usage; what arithmetic says of a bill stands beside. Which settings were simulated,
//! and how they were judged, is decided in `analysis`; the renderings compute nothing.

mod csv;
mod markdown;
mod table;
mod text;
mod words;

pub use self::csv::sizing_csv;
pub use markdown::sizing_markdown;
pub use text::sizing_text;

use super::digest::{digest_of, json_of};
use super::{Analysis, Estimate, Objective, Varied, Verdict};
use serde::{Deserialize, Serialize};

/// What the search for the cheapest setting found.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Sizing {
    /// Version of this form; see [`super::SCHEMA`].
    pub schema: u32,
    /// Version of the program.
    pub version: String,
    /// Name of the design.
    pub topology: String,
    /// Variant that was applied.
    pub variant: Option<String>,
    /// Confidence of the interval that a verdict is by, so that all looks at one setting hold
    /// jointly at 95 %.
    pub confidence: f64,
    /// SHA-256 of everything else, in hex.
    pub digest: String,
    /// Events simulated, of all settings.
    pub events: u64,
    /// Whether the user ended it early: the settings that were judged count.
    pub interrupted: bool,
    /// What is varied, in the order that was asked for.
    pub parameters: Vec<Varied>,
    /// The cheapest that meets all objectives for certain, as an index into `settings`; none if
    /// none does.
    pub cheapest: Option<usize>,
    /// The next cheaper one, which meets them not for certain; as an index into `settings`.
    pub next_cheaper: Option<usize>,
    /// Lowest ratio of a simulated bill to what arithmetic says of it.
    pub lowest_ratio: Option<f64>,
    /// Those that were simulated, the cheapest first.
    pub settings: Vec<Setting>,
    /// Those that were not, the cheapest by arithmetic first.
    pub not_simulated: Vec<Unsimulated>,
    /// What was found, in sentences.
    pub findings: Vec<String>,
    /// What a reader should know, in sentences.
    pub notes: Vec<String>,
}

/// One combination of values.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Setting {
    /// One per parameter.
    pub values: Vec<String>,
    /// Met if all objectives are, missed if one is; each for certain.
    pub verdict: Verdict,
    /// What it costs in a month, by simulated usage [$].
    pub month_usd: Estimate,
    /// What it costs by arithmetic [$]; none where calls go round.
    pub arithmetic_usd: Option<f64>,
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
    /// In the order of the file; verdicts are for certain.
    pub objectives: Vec<Objective>,
}

/// One combination of values that was not simulated.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Unsimulated {
    /// One per parameter.
    pub values: Vec<String>,
    /// What it costs in a month by arithmetic [$].
    pub arithmetic_usd: Option<f64>,
}

impl Sizing {
    /// Adds what is cheapest, the sentences that follow from the figures, and the digest.
    pub fn concluded(mut self) -> Sizing {
        let mut all = self.settings.iter();
        self.cheapest = all.position(|one| one.verdict == Verdict::Met);
        // They are in the order of their bills.
        let cheaper = self.cheapest.unwrap_or(self.settings.len());
        self.next_cheaper = cheaper.checked_sub(1).filter(|_| self.cheapest.is_some());
        self.findings = words::findings(&self);
        self.notes.extend(words::notes(&self));
        self.digest = String::new();
        self.digest = digest_of(&self);
        self
    }

    /// Returns the sizing as JSON, indented, with a line break at its end.
    pub fn to_json(&self) -> String {
        json_of(self)
    }

    /// Names a setting by its values: `nodes.app.tasks=4 nodes.app.cpu=2`.
    fn named(&self, values: &[String]) -> String {
        let each = self.parameters.iter().zip(values);
        let each = each.map(|(one, value)| format!("{}={value}", one.path));
        each.collect::<Vec<String>>().join(" ")
    }

    /// Returns the settings that are cheaper than the cheapest that meets all objectives; all of
    /// them if none does.
    fn cheaper(&self) -> &[Setting] {
        let until = self.cheapest.unwrap_or(self.settings.len());
        self.settings.get(..until).unwrap_or_default()
    }
}

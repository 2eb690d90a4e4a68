//! What a design's p99 hangs on, as one value that every rendering shows: by how much it moves
//! if one thing that takes time takes a share less.
//!
//! Its JSON form is a contract like the report's: fields are added, never renamed. A difference
//! is *the faster design minus the design*, in the replications in which both met the same
//! requests. What can be faster, and how that is simulated, is decided in `analysis`; the
//! renderings compute nothing.

mod csv;
mod markdown;
mod table;
mod text;
mod words;

pub use self::csv::explanation_csv;
pub use markdown::explanation_markdown;
pub use text::explanation_text;

use super::digest::{digest_of, json_of};
use super::{Analysis, Difference, Estimate, TailNode};
use serde::{Deserialize, Serialize};

/// What the p99 of flows hangs on.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Explanation {
    /// Version of this form; see [`super::SCHEMA`].
    pub schema: u32,
    /// Version of the program.
    pub version: String,
    /// Name of the design.
    pub topology: String,
    /// Variant that was applied.
    pub variant: Option<String>,
    /// Seed.
    pub seed: u64,
    /// Independent runs of the design and of each faster one.
    pub replications: u32,
    /// Length of the warm-up, which is not counted [s].
    pub warm_up_s: f64,
    /// End of counting [s].
    pub horizon_s: f64,
    /// Confidence of each difference's interval, so that those of one flow hold jointly at 95 %.
    pub confidence: f64,
    /// SHA-256 of everything else, in hex.
    pub digest: String,
    /// Designs that were simulated: the design as it is and the faster ones.
    pub designs: usize,
    /// Events simulated, of all designs.
    pub events: u64,
    /// Whether the user ended it early: only replications that all designs finished count.
    pub interrupted: bool,
    /// Whether the design has a steady state.
    pub analysis: Analysis,
    /// What is made faster takes this share of its time less, in (0, 1).
    pub faster_by: f64,
    /// The flows that were asked for, by name.
    pub flows: Vec<FlowEffects>,
    /// Nodes of these flows that take no time of their own: there is nothing to be made faster.
    pub left_out: Vec<Untimed>,
    /// What was found, in sentences.
    pub findings: Vec<String>,
    /// What a reader should know, in sentences.
    pub notes: Vec<String>,
}

/// What the p99 of a flow hangs on.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FlowEffects {
    /// The flow.
    pub flow: String,
    /// 99 % quantile of the latency of completed requests [ms], as the design is.
    pub p99_ms: Estimate,
    /// Share of requests that ended in any way but completed, as the design is.
    pub error_share: Estimate,
    /// Where the slowest 1 % of its completed requests spent their time, as the design is: the
    /// node with the greatest share first; absent if there are too few requests.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tail: Vec<TailNode>,
    /// What moves the p99 down most; none if nothing does for certain.
    pub first: Option<String>,
    /// What may move it as much: its interval reaches that of the first.
    pub as_much: Vec<String>,
    /// What was made faster, one at a time: what moves the p99 down most comes first, then what
    /// moves it not for certain, then what moves it up.
    pub effects: Vec<Effect>,
}

/// What follows if one thing is faster.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Effect {
    /// A node, a node's cold starts or further servers, or a link; unique.
    pub name: String,
    /// What takes less time.
    pub aspect: Aspect,
    /// Change of the flow's p99 [ms].
    pub p99_ms: Difference,
    /// Change of the share of requests that ended in any way but completed.
    pub error_share: Difference,
    /// Whether the faster design has a steady state.
    pub analysis: Analysis,
    /// Share of the node's server-time in use, as the design is; absent where nothing is limited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub utilisation: Option<Estimate>,
    /// 99 % quantile of the waiting time at the node [ms], as the design is; absent of links.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiting_p99_ms: Option<Estimate>,
    /// 99 % quantile of the time from entering the node to leaving it [ms], calls to others
    /// included, as the design is; absent of links.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sojourn_p99_ms: Option<Estimate>,
}

/// What takes less time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Aspect {
    /// The work of a node, with or without a server.
    Work,
    /// The creation of environments at a node.
    ColdStart,
    /// The network latency of a link, each way.
    Latency,
    /// No time: each copy of a node has one server more.
    Servers,
}

/// A node that takes no time of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Untimed {
    /// Its name.
    pub node: String,
    /// Its kind.
    pub kind: String,
}

impl Explanation {
    /// Orders the effects, and adds the sentences that follow from the figures and the digest.
    pub fn concluded(mut self) -> Explanation {
        for flow in &mut self.flows {
            flow.order();
        }
        self.findings = words::findings(&self);
        self.notes.extend(words::notes(&self));
        self.digest = String::new();
        self.digest = digest_of(&self);
        self
    }

    /// Returns the explanation as JSON, indented, with a line break at its end.
    pub fn to_json(&self) -> String {
        json_of(self)
    }
}

impl FlowEffects {
    /// Puts what moves the p99 down most first, and says what may move it as much.
    fn order(&mut self) {
        let rank = |effect: &Effect| match (effect.p99_ms.value, effect.p99_ms.detected) {
            (Some(value), Some(true)) if value < 0.0 => 0,
            (Some(_), Some(true)) => 2,
            (Some(_), _) => 1,
            (None, _) => 3,
        };
        let value = |effect: &Effect| effect.p99_ms.value.unwrap_or(0.0);
        // Stable: what moves it alike stays in the order in which it was given.
        self.effects.sort_by(|one, other| {
            let by_rank = rank(one).cmp(&rank(other));
            by_rank.then(value(one).total_cmp(&value(other)))
        });
        let Some(first) = self.effects.first().filter(|first| rank(first) == 0) else {
            return;
        };
        let half = |effect: &Effect| effect.p99_ms.half_width.unwrap_or(f64::INFINITY);
        let highest = value(first) + half(first);
        let others = self.effects.iter().skip(1);
        let reaches = others.filter(|one| {
            let known = one.p99_ms.value.is_some();
            known && value(one) - half(one) <= highest
        });
        self.as_much = reaches.map(|one| one.name.clone()).collect();
        self.first = Some(first.name.clone());
    }

    /// Returns the first effect, if it moves the p99 down for certain.
    fn leader(&self) -> Option<&Effect> {
        self.effects
            .first()
            .filter(|effect| Some(&effect.name) == self.first.as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Makes an effect of so many milliseconds, give or take.
    fn effect(name: &str, value: f64, half_width: f64) -> Effect {
        Effect {
            name: name.to_owned(),
            aspect: Aspect::Work,
            p99_ms: Difference {
                value: Some(value),
                half_width: Some(half_width),
                detected: Some(value.abs() > half_width),
                ..Difference::default()
            },
            error_share: Difference::default(),
            analysis: Analysis::Steady,
            utilisation: None,
            waiting_p99_ms: None,
            sojourn_p99_ms: None,
        }
    }

    fn ordered(effects: Vec<Effect>) -> FlowEffects {
        let mut flow = FlowEffects {
            effects,
            ..FlowEffects::default()
        };
        flow.order();
        flow
    }

    #[test]
    fn what_moves_the_p99_down_for_certain_comes_first() {
        let flow = ordered(vec![
            effect("up", 3.0, 1.0),
            effect("perhaps", -9.0, 20.0),
            effect("some", -2.0, 0.5),
            effect("most", -6.0, 0.5),
        ]);

        let names: Vec<&str> = flow.effects.iter().map(|one| one.name.as_str()).collect();
        assert_eq!(names, ["most", "some", "perhaps", "up"]);
        assert_eq!(flow.first.as_deref(), Some("most"));
        // What is hardly known may well be more.
        assert_eq!(flow.as_much, ["perhaps"]);
    }

    #[test]
    fn nothing_is_first_where_nothing_is_certain() {
        let flow = ordered(vec![effect("a", -1.0, 2.0), effect("b", 1.0, 0.5)]);

        assert_eq!(flow.first, None);
        assert_eq!(flow.leader(), None);
        assert!(flow.as_much.is_empty());
    }
}

//! What the user wants to hold; `objectives` reads it.

use super::Topology;
use crate::diagnostic::Place;
use crate::units::SimTime;

/// What the user wants to hold, parsed.
#[derive(Clone, Debug)]
pub struct Objective {
    /// As written.
    pub expression: String,
    /// Flow, node or link.
    pub subject: Subject,
    /// What is measured.
    pub quantity: String,
    /// Which statistic of it, if one was named: `mean`, `sd`, `max`, `p99` …
    pub statistic: Option<Statistic>,
    /// How it is compared.
    pub compare: Compare,
    /// With what.
    pub value: Bound,
    /// Share that must comply, 0..=1.
    pub share: Option<f64>,
    /// Only this window of time.
    pub window: Option<(SimTime, SimTime)>,
    /// Where it was written.
    pub place: Place,
}

/// What an objective is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A flow, by name.
    Flow(String),
    /// A node, by name.
    Node(String),
    /// A link, as `a->b`.
    Link(String),
    /// The bill.
    Cost,
    /// The time from the end of the last fault until all is well.
    Recovery,
    /// A fan-out, by name.
    FanOut(String),
}

/// A statistic of a quantity.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Statistic {
    /// Mean.
    Mean,
    /// Standard deviation.
    Sd,
    /// Greatest value.
    Max,
    /// Quantile, 0..1 (`p99.9` is 0.999).
    Quantile(f64),
}

/// How an objective compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compare {
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    Greater,
    /// `>=`
    AtLeast,
    /// `=`
    Equal,
}

/// The value of an objective; it decides how a tally is read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Bound {
    /// A duration, in milliseconds.
    Milliseconds(f64),
    /// A plain number or count.
    Number(f64),
    /// Per second.
    PerSecond(f64),
    /// A share, 0..=1.
    Share(f64),
    /// US dollars a month.
    UsdPerMonth(f64),
    /// US dollars per million requests.
    UsdPerMillion(f64),
}

impl Topology {
    /// Returns the tightest bound that an objective sets on the latency of a flow [ms].
    pub fn latency_bound_ms(&self, flow: &str) -> Option<f64> {
        let bounds = self.objectives.iter().filter_map(|objective| {
            let of_flow = matches!(&objective.subject, Subject::Flow(name) if name == flow);
            let from_above = matches!(objective.compare, Compare::Less | Compare::AtMost);
            match objective.value {
                Bound::Milliseconds(bound)
                    if of_flow && from_above && objective.quantity == "latency" =>
                {
                    Some(bound)
                }
                Bound::Milliseconds(_)
                | Bound::Number(_)
                | Bound::PerSecond(_)
                | Bound::Share(_)
                | Bound::UsdPerMonth(_)
                | Bound::UsdPerMillion(_) => None,
            }
        });
        bounds.reduce(f64::min)
    }
}

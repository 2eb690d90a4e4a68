//! Capacity of a node that is not copies and changes in a run.
//!
//! A *supply* is a number of units: tokens per second of a bucket, environments that are kept
//! ready, speed of a station. A controller watches how much of it is used, and sets it anew.

use crate::mechanism::{pacing, scaling};
use crate::units::{SimTime, Span};

/// A number of units that a controller sets.
#[derive(Clone, Debug)]
pub struct Supply {
    /// The node that it belongs to.
    pub node: u32,
    /// What is supplied, for the report: `table write units`; the same for all stations of a node.
    pub name: String,
    /// What the units are.
    pub what: Units,
    /// What one unit is for the report.
    pub each: f64,
    /// Units at the start.
    pub start: u32,
    /// How they are decided.
    pub rule: Rule,
    /// How much of them is used: index into `Control::watches`; `NONE` if nothing is tracked.
    pub watch: u32,
    /// How often it is decided: the period of the watch.
    pub period: Span,
    /// Age of a period's value when it is decided.
    pub delay: Span,
    /// Until a change is in force; no other is made meanwhile.
    pub takes: Span,
    /// What every unit more adds to that.
    pub takes_each: Span,
}

/// How the units of a supply are decided.
#[derive(Clone, Debug)]
pub enum Rule {
    /// By alarms on a target, which is a share of them, within bounds.
    Tracked {
        /// How.
        rules: scaling::Rules,
        /// Changes of the bounds: when, fewest, most.
        schedule: Vec<(SimTime, Option<u32>, Option<u32>)>,
    },
    /// By a share of themselves every period.
    Paced(pacing::Rules),
}

impl Supply {
    /// Whether its use has to be watched.
    pub fn is_watched(&self) -> bool {
        match &self.rule {
            Rule::Tracked { rules, .. } => rules.target.is_some(),
            Rule::Paced(_) => true,
        }
    }
}

/// What the units of a supply are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Units {
    /// Tokens per second of a bucket, which keeps as many as it did in proportion.
    Bucket(u32),
    /// Environments of a pool that are kept ready.
    Ready(u32),
    /// Servers of a station, by the number of units that make up one; with less than a whole
    /// number of them, all are slower.
    Servers {
        /// The station.
        station: u32,
        /// Units of one server at full speed.
        of_one: f64,
    },
}

impl Units {
    /// Returns the servers that some units make up, and the speed at which they work.
    pub fn servers(units: u32, of_one: f64) -> (u32, f64) {
        let whole = f64::from(units) / of_one;
        let servers = (whole - 1e-9).ceil().max(1.0);
        (servers as u32, whole / servers)
    }
}

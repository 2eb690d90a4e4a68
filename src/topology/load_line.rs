//! Where requests come from, and how their rate changes; `load_lines` reads it.

use super::{FlowIndex, KeyIndex};
use crate::random::law::Law;
use crate::units::{SimTime, Span};

/// One source of requests.
#[derive(Clone, Debug)]
pub struct LoadLine {
    /// Its name; the flow's if the file gives none.
    pub name: String,
    /// The class of its requests.
    pub flow: FlowIndex,
    /// Where its requests come from.
    pub source: LoadSource,
    /// Requests per arrival (counts).
    pub batch: Law,
    /// How rate or clients vary in time.
    pub shape: Shape,
    /// First moment.
    pub start: SimTime,
    /// Last moment; `NEVER` if it goes on.
    pub stop: SimTime,
    /// Where the clients are, by weight; empty: where the entry is.
    pub from: Vec<(String, f64)>,
    /// Overrides the flow's key.
    pub key: Option<KeyIndex>,
    /// How the rate was written as people, for the report's arithmetic.
    pub arithmetic: Option<String>,
    /// Whose the rate is, where it was written as people.
    pub people: Option<People>,
}

/// Those who send the requests of a line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct People {
    /// How many.
    pub users: u64,
    /// The rate of the line over the mean of a day or a month.
    pub peak_to_mean: f64,
}

/// Where the requests of a load line come from.
#[derive(Clone, Debug)]
pub enum LoadSource {
    /// Open: mean requests per second; evenly spaced or Poisson.
    Rate {
        /// Requests per second.
        per_second: f64,
        /// Evenly spaced instead of Poisson.
        even: bool,
    },
    /// Open: time between arrivals [ns]; the first comes at `start`.
    Every(Law),
    /// Closed: clients that think [ns] between requests.
    Clients {
        /// How many.
        count: u64,
        /// Think time [ns].
        think: Law,
    },
    /// Recorded arrivals in order of time.
    Trace(Vec<TraceEntry>),
}

/// One recorded arrival.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceEntry {
    /// When, from the start of the run.
    pub at: SimTime,
    /// Its key, if recorded.
    pub key: Option<u64>,
    /// Its size, if recorded.
    pub bytes: Option<u64>,
}

/// How rate or clients vary in time; factors multiply the mean.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// Constant.
    Flat,
    /// Held until the next.
    Steps(Vec<(SimTime, f64)>),
    /// Straight lines between.
    Ramp(Vec<(SimTime, f64)>),
    /// A day's wave; the peak lies in the middle of the run.
    Diurnal {
        /// Peak over mean, 1..=100; above 2 the wave is no sine any more.
        peak_to_mean: f64,
        /// Length of a day.
        period: Span,
    },
    /// Markov-modulated: (factor, mean stay), visited in a ring.
    Mmpp(Vec<(f64, Span)>),
}

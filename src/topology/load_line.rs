//! Where requests come from, and how their rate changes; `load_lines` reads it.

use super::{FlowIndex, KeyIndex};
use crate::random::law::Law;
use crate::units::{SimTime, Span};

/// Most clients of a closed line.
///
/// CHOICE: every client is a visit that the engine keeps.
pub(super) const MOST_CLIENTS: u64 = 10_000_000;

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

/// What a load line is an amount of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Amount {
    /// Requests per second.
    PerSecond,
    /// Clients of a closed line.
    Clients,
    /// Requests that come at once.
    AtOnce,
}

impl LoadLine {
    /// Returns how much load it is, and of what; `None` of recorded arrivals.
    ///
    /// A line that has `every` with a `batch` of a constant number above 1 is a herd: its
    /// amount is the batch. Any other one with `every` is a rate.
    pub fn amount(&self) -> Option<(f64, Amount)> {
        match (&self.source, &self.batch) {
            (LoadSource::Rate { per_second, .. }, _) => Some((*per_second, Amount::PerSecond)),
            (LoadSource::Every(_), Law::Constant(batch)) if *batch > 1.0 => {
                Some((*batch, Amount::AtOnce))
            }
            (LoadSource::Every(gap), batch) => {
                Some((batch.mean() / gap.mean() * 1e9, Amount::PerSecond))
            }
            (LoadSource::Clients { count, .. }, _) => Some((*count as f64, Amount::Clients)),
            (LoadSource::Trace(_), _) => None,
        }
    }

    /// Returns the line with `factor` times its amount; `None` of recorded arrivals.
    ///
    /// Rates change the time between arrivals and nothing else, so that the draws of every
    /// request stay the same. Clients and herds are whole, and one at least.
    pub fn scaled(&self, factor: f64) -> Option<LoadLine> {
        let (amount, _) = self.amount()?;
        let whole = (amount * factor).round().max(1.0);
        let mut line = self.clone();
        match (&mut line.source, &mut line.batch) {
            (LoadSource::Rate { per_second, .. }, _) => *per_second *= factor,
            (LoadSource::Every(_), Law::Constant(batch)) if *batch > 1.0 => *batch = whole,
            (LoadSource::Every(gap), _) => *gap = gap.scaled(1.0 / factor),
            (LoadSource::Clients { count, .. }, _) => *count = (whole as u64).min(MOST_CLIENTS),
            (LoadSource::Trace(_), _) => return None,
        }
        if let Some(people) = &mut line.people {
            people.users = (people.users as f64 * factor).round() as u64;
        }
        // It was written for another rate.
        line.arithmetic = None;
        Some(line)
    }
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

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "these values are exact")]
mod tests {
    use super::*;

    fn line(source: LoadSource, batch: f64) -> LoadLine {
        LoadLine {
            name: "main".to_owned(),
            flow: 0,
            source,
            batch: Law::Constant(batch),
            shape: Shape::Flat,
            start: SimTime::ZERO,
            stop: SimTime::NEVER,
            from: Vec::new(),
            key: None,
            arithmetic: None,
            people: None,
        }
    }

    #[test]
    fn every_source_but_a_trace_is_scaled_in_what_it_is_an_amount_of() {
        let rate = LoadSource::Rate {
            per_second: 40.0,
            even: false,
        };
        let timer = LoadSource::Every(Law::Constant(1e9));
        let clients = LoadSource::Clients {
            count: 3,
            think: Law::Constant(1e9),
        };
        let of = |source: LoadSource, batch| {
            let line = line(source, batch);
            let scaled = line.scaled(1.5).and_then(|scaled| scaled.amount());
            (line.amount(), scaled)
        };

        let per_second = |value| Some((value, Amount::PerSecond));
        assert_eq!(of(rate, 1.0), (per_second(40.0), per_second(60.0)));
        assert_eq!(of(timer.clone(), 1.0), (per_second(1.0), per_second(1.5)));
        let herd = (Some((300.0, Amount::AtOnce)), Some((450.0, Amount::AtOnce)));
        assert_eq!(of(timer, 300.0), herd);
        let closed = (Some((3.0, Amount::Clients)), Some((5.0, Amount::Clients)));
        assert_eq!(of(clients, 1.0), closed);
        assert_eq!(of(LoadSource::Trace(Vec::new()), 1.0), (None, None));
    }
}

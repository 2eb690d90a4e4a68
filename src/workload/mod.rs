//! Arrival processes: when requests enter.
//!
//! A `Source` is a load line, compiled and immutable; a `SourceState` is where
//! one replication stands in it. Arrivals are a unit-rate stream passed through
//! the inverse of the cumulated rate, so that scaled loads meet the same stream.

mod profile;
mod state;
#[cfg(test)]
#[allow(clippy::float_cmp, reason = "these values are exact")]
mod tests;

pub use profile::Shape;
pub use state::{Arrival, FirstDraw, SourceState, UNDRAWN};

use crate::random::{Sampler, address, hash_name, purpose};
use crate::units::{SimTime, Span};
use profile::Profile;
use std::sync::Arc;

/// When the requests of a load line enter.
#[derive(Clone, Debug)]
pub enum SourceKind {
    /// Independent arrivals.
    Poisson {
        /// Requests per second.
        rate_per_s: f64,
    },
    /// Arrivals at equal distances.
    Even {
        /// Requests per second.
        rate_per_s: f64,
    },
    /// One arrival at the start, then one after each gap.
    Every {
        /// Time between two arrivals.
        gap: Sampler,
    },
    /// Clients that wait for their reply, think and send again.
    Clients {
        /// Number of clients.
        count: u64,
        /// Time between a reply and the next request.
        think: Sampler,
    },
    /// Arrivals as recorded, in order of time.
    Trace {
        /// What was recorded.
        entries: Vec<TraceEntry>,
    },
}

/// A recorded request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceEntry {
    /// When it enters.
    pub at: SimTime,
    /// Rank of the key it is about.
    pub key: Option<u64>,
    /// Its size.
    pub bytes: Option<u64>,
}

/// A compiled load line; cheap to clone.
#[derive(Clone, Debug)]
pub struct Source(Arc<Parts>);

#[derive(Debug)]
struct Parts {
    hash: u64,
    flow: u32,
    key: u32,
    kind: SourceKind,
    batch: Sampler,
    profile: Profile,
    /// States of a modulated load, else empty.
    states: Vec<(f64, Span)>,
    /// Recorded arrivals that lie before the start.
    skipped: usize,
    start: SimTime,
    /// First instant without arrivals.
    end: SimTime,
}

impl Source {
    /// Compiles a load line. `key` is the key law, `u32::MAX` for none; arrivals lie
    /// in `start..stop`, also beyond `horizon`, the end of counting: load goes on until
    /// the counted requests have left. A daily shape has its peak in the middle of the horizon.
    #[allow(clippy::too_many_arguments)] // The plain values of a line in the file.
    pub fn new(
        name: &str,
        flow: u32,
        key: u32,
        kind: SourceKind,
        batch: Sampler,
        shape: Shape,
        start: SimTime,
        stop: SimTime,
        horizon: SimTime,
    ) -> Source {
        let profile = Profile::new(&shape, start, horizon);
        let states = match shape {
            Shape::Mmpp(states) => states,
            Shape::Flat | Shape::Steps(_) | Shape::Ramp(_) | Shape::Diurnal { .. } => Vec::new(),
        };
        let skipped = match &kind {
            SourceKind::Trace { entries } => entries.partition_point(|entry| entry.at < start),
            SourceKind::Poisson { .. }
            | SourceKind::Even { .. }
            | SourceKind::Every { .. }
            | SourceKind::Clients { .. } => 0,
        };
        Source(Arc::new(Parts {
            hash: hash_name(name),
            flow,
            key,
            kind,
            batch,
            profile,
            states,
            skipped,
            start,
            end: stop,
        }))
    }

    /// Returns the hash of the name, which addresses the draws of its requests.
    pub fn hash(&self) -> u64 {
        self.0.hash
    }

    /// Returns the flow that its requests start.
    pub fn flow(&self) -> u32 {
        self.0.flow
    }

    /// Returns the key law of its requests, `u32::MAX` for none.
    pub fn key(&self) -> u32 {
        self.0.key
    }

    /// Returns when it starts.
    pub fn start(&self) -> SimTime {
        self.0.start
    }

    /// Returns the greatest number of clients of a closed load, `None` for an open one.
    pub fn clients(&self) -> Option<u64> {
        match &self.0.kind {
            SourceKind::Clients { count, .. } => Some(self.most_clients(*count)),
            SourceKind::Poisson { .. }
            | SourceKind::Even { .. }
            | SourceKind::Every { .. }
            | SourceKind::Trace { .. } => None,
        }
    }

    /// Returns how many requests enter before an instant in the mean; `None` for a closed load.
    pub fn expected(&self, before: SimTime) -> Option<f64> {
        let parts = &*self.0;
        let end = before.min(parts.end);
        let time = end.0.saturating_sub(parts.start.0) as f64;
        let arrivals = match &parts.kind {
            SourceKind::Poisson { rate_per_s } | SourceKind::Even { rate_per_s } => {
                return Some(parts.profile.mass(time) * rate_per_s / 1e9);
            }
            SourceKind::Every { gap } => parts.profile.mass(time) / gap.mean().max(1.0),
            SourceKind::Trace { entries } => {
                let until = |at: SimTime| entries.partition_point(|entry| entry.at < at);
                until(end).saturating_sub(until(parts.start)) as f64
            }
            SourceKind::Clients { .. } => return None,
        };
        Some(arrivals * parts.batch.mean())
    }

    fn most_clients(&self, count: u64) -> u64 {
        (count as f64 * self.0.profile.peak() + 0.5) as u64
    }

    /// Draws the think time before request `ordinal` of a closed load; none in an open one.
    pub fn think(&self, key: u64, ordinal: u64) -> Span {
        match &self.0.kind {
            SourceKind::Clients { think, .. } => {
                // The low half of the ordinal counts the requests of the client from 0 on.
                let nth = (ordinal & u64::from(u32::MAX)) + 1;
                Span(think.sample(key, address(0, purpose::THINK, 0, 0), nth))
            }
            SourceKind::Poisson { .. }
            | SourceKind::Even { .. }
            | SourceKind::Every { .. }
            | SourceKind::Trace { .. } => Span::ZERO,
        }
    }

    /// Returns when client number `client`, from 0 on, of a closed load may send, from
    /// `earliest` on; `None` if never again.
    ///
    /// As many clients are in force as the count times the factor, rounded.
    pub fn client_time(&self, client: u32, earliest: SimTime) -> Option<SimTime> {
        let SourceKind::Clients { count, .. } = &self.0.kind else {
            return None;
        };
        let from = earliest.max(self.0.start);
        let least = (f64::from(client) + 0.5) / *count as f64;
        let since = from.since(self.0.start).0 as f64;
        let x = self.0.profile.reaches(least, since)?;
        // A time that has not moved stays exact.
        let at = if x > since {
            self.0.start + Span(x.ceil() as u64)
        } else {
            from
        };
        (at < self.0.end).then_some(at)
    }
}

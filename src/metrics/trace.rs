//! Traces: the visits of one request, each with its times, as a tree.
//!
//! What is kept of a run is bounded: so many of the slowest requests, with so many visits each.
//!
//! Not here: which requests are traced (`engine::tracing`).

use crate::model::Outcome;
use crate::units::SimTime;

/// Most traces that are kept, the slowest.
///
/// CHOICE: more than anybody reads; with their visits some hundred kilobytes of a report.
pub const MOST_TRACES: usize = 20;
/// Most visits that are kept of a trace, the first.
///
/// CHOICE: far more than a request of services makes; a fan-out to thousands is cut.
pub const MOST_VISITS: usize = 200;

/// A request that was traced.
#[derive(Clone, Debug)]
pub struct TraceRecord {
    /// Number among all requests of the replication, from 1.
    pub ordinal: u64,
    /// Its flow.
    pub flow: u32,
    /// When it arrived.
    pub arrived: SimTime,
    /// When the client had its answer.
    pub left: SimTime,
    /// How it ended.
    pub outcome: Outcome,
    /// Its visits, in the order of their beginnings.
    pub visits: Vec<VisitRecord>,
    /// Visits beyond those.
    pub left_out: u32,
}

impl TraceRecord {
    /// Orders traces: the slowest first, of equals the one that came first.
    fn rank(&self) -> (std::cmp::Reverse<u64>, u64) {
        let latency = self.left.since(self.arrived).0;
        (std::cmp::Reverse(latency), self.ordinal)
    }
}

/// A visit of a request that was traced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VisitRecord {
    /// Recorder row: node and flow.
    pub row: u32,
    /// Operation, as an index into the node's; `NONE` if the kind has none.
    pub op: u32,
    /// The visit that called it, as an index; none for calls of the client, for what nobody
    /// waits for, and where the caller had given up before.
    pub parent: Option<u32>,
    /// Which of the attempts of its call that came to the node, from 1.
    pub attempt: u32,
    /// When it came.
    pub start: SimTime,
    /// When it left; none if it had not at the end of the run.
    pub end: Option<SimTime>,
    /// How it ended, if it did.
    pub outcome: Option<Outcome>,
    /// Time in waiting lines of the node [ns].
    pub waited: u64,
    /// Time in service at the node [ns].
    pub served: u64,
}

/// Puts a trace among those that are kept, if it belongs there.
pub fn keep(kept: &mut Vec<TraceRecord>, trace: TraceRecord) {
    let rank = trace.rank();
    let place = kept.partition_point(|other| other.rank() < rank);
    if place < MOST_TRACES {
        kept.insert(place, trace);
        kept.truncate(MOST_TRACES);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(ordinal: u64, latency: u64) -> TraceRecord {
        TraceRecord {
            ordinal,
            flow: 0,
            arrived: SimTime(100),
            left: SimTime(100 + latency),
            outcome: Outcome::Completed,
            visits: Vec::new(),
            left_out: 0,
        }
    }

    #[test]
    fn the_slowest_are_kept_and_of_equals_the_first() {
        let mut kept = Vec::new();

        for ordinal in 1..=100 {
            keep(&mut kept, of(ordinal, ordinal % 10));
        }

        let ordinals: Vec<u64> = kept.iter().map(|one| one.ordinal).collect();
        let nines = (0..10).map(|ten| 10 * ten + 9);
        let eights = (0..10).map(|ten| 10 * ten + 8);
        assert_eq!(ordinals, nines.chain(eights).collect::<Vec<u64>>());
    }
}

//! What the books count beside outcomes, by name: for those who watch a run, and for objectives.
//!
//! Every count comes with that of which it is a part.

use super::fan_out::FanOutSlice;
use super::recording::{FlowSlice, LinkSlice, RowRecord, RowSlice, Tally};
use crate::model::Outcome;
use crate::model::control::{FanOutCount, FlowCount, LinkCount, NodeCount};

/// So many, of so many.
pub type Part = (u64, u64);

impl FlowCount {
    /// Reads a flow's books.
    pub fn of(self, slice: &FlowSlice) -> Part {
        let count = match self {
            FlowCount::Attempts => slice.attempts,
            FlowCount::Retried => slice.retried,
            FlowCount::BytesIn => slice.bytes_in as u64,
            FlowCount::BytesOut => slice.bytes_out as u64,
        };
        (count, slice.tally.arrived)
    }
}

impl LinkCount {
    /// Reads a link's books; how often its breaker opened stands elsewhere.
    pub fn of(self, slice: &LinkSlice) -> Part {
        let arrived = slice.tally.arrived;
        match self {
            LinkCount::Arrived => (arrived, arrived),
            LinkCount::Attempts => (slice.attempts, arrived),
            LinkCount::Hedged => (slice.hedged, slice.attempts),
            LinkCount::Refused => (slice.refused, arrived),
            LinkCount::Opened => (0, 0),
            LinkCount::Ended(which) => {
                let ended = (0u8..).zip(slice.tally.left);
                let counted = ended.filter(|(how, _)| which & (1 << how) != 0);
                let all = slice.tally.left.iter().sum();
                (counted.map(|(_, count)| count).sum(), all)
            }
        }
    }
}

impl NodeCount {
    /// Reads a node's books, but for its visits in all; what its queue or log gave up or
    /// delivered twice stands elsewhere.
    pub fn of(self, slice: &RowSlice) -> Part {
        let all = slice.hits + slice.misses + slice.joined;
        match self {
            NodeCount::Hits => (slice.hits, all),
            NodeCount::Misses => (slice.misses, all),
            NodeCount::Joined => (slice.joined, all),
            NodeCount::Stale { of_all: true } => (slice.stale, all),
            NodeCount::Stale { of_all: false } => (slice.stale, slice.hits),
            NodeCount::ColdStarts => (slice.cold_starts, 0),
            NodeCount::Waited => (slice.waited, 0),
            NodeCount::Orphaned => (slice.orphaned, 0),
            NodeCount::DeadLettered | NodeCount::Duplicates => (0, 0),
        }
    }

    /// Whether it is a part of the visits of the node.
    pub fn is_of_visits(self) -> bool {
        match self {
            NodeCount::ColdStarts | NodeCount::Waited | NodeCount::Orphaned => true,
            NodeCount::Hits
            | NodeCount::Misses
            | NodeCount::Joined
            | NodeCount::Stale { .. }
            | NodeCount::DeadLettered
            | NodeCount::Duplicates => false,
        }
    }
}

impl FanOutCount {
    /// Reads a fan-out's books; visits stand elsewhere.
    pub fn of(self, slice: &FanOutSlice) -> Part {
        match self {
            FanOutCount::Posts => (slice.posts, slice.posts),
            FanOutCount::Pulled => (slice.pulled, slice.posts),
            FanOutCount::Deliveries => (slice.delivery.count, slice.recipients),
            FanOutCount::Dropped => (slice.dropped, slice.recipients),
            FanOutCount::Duplicates => (slice.duplicates, slice.delivery.count),
            FanOutCount::Reads => (slice.reads, slice.reads),
            FanOutCount::Visits | FanOutCount::Throttled => (0, 0),
        }
    }

    /// Reads the visits of posts and reads.
    pub fn of_visits(self, tally: &Tally) -> Part {
        match self {
            FanOutCount::Visits => (tally.arrived, tally.arrived),
            FanOutCount::Throttled => (tally.of(Outcome::Throttled), tally.arrived),
            FanOutCount::Posts
            | FanOutCount::Pulled
            | FanOutCount::Deliveries
            | FanOutCount::Dropped
            | FanOutCount::Duplicates
            | FanOutCount::Reads => (0, 0),
        }
    }
}

/// Returns how the visits of a row have ended so far, while the books are open: what an
/// operation counts is added to its row when they are closed.
pub fn tally_so_far(row: &RowRecord) -> Tally {
    let mut sum = Tally::default();
    let own = row.slices.iter().map(|slice| &slice.tally);
    let by_op = row.by_op.iter().flatten().map(|slice| &slice.tally);
    own.chain(by_op).for_each(|tally| sum.add(tally));
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_is_a_part_of_what_it_belongs_to() {
        let row = RowSlice {
            hits: 6,
            misses: 3,
            joined: 1,
            stale: 2,
            ..RowSlice::default()
        };
        let mut link = LinkSlice {
            attempts: 9,
            hedged: 4,
            ..LinkSlice::default()
        };
        link.tally.arrived = 5;
        link.tally.left = [2, 0, 1, 0, 1];

        assert_eq!(NodeCount::Hits.of(&row), (6, 10));
        assert_eq!(NodeCount::Stale { of_all: false }.of(&row), (2, 6));
        assert_eq!(NodeCount::Stale { of_all: true }.of(&row), (2, 10));
        assert_eq!(LinkCount::Hedged.of(&link), (4, 9));
        assert_eq!(LinkCount::Ended(0b1_0001).of(&link), (3, 4));
    }

    #[test]
    fn an_open_row_counts_its_operations_as_well() {
        let mut row = RowRecord {
            slices: vec![RowSlice::default()],
            by_op: vec![vec![super::super::recording::OpSlice::default()]],
        };
        row.slices[0].tally.arrived = 2;
        row.by_op[0][0].tally.arrived = 3;

        assert_eq!(tally_so_far(&row).arrived, 5);
    }
}

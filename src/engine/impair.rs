//! Impairments: for some time a node is slow, or a share of its visits fails.
//!
//! What counts is the moment at which work is begun, or would begin if nobody waited for a
//! server; and, for a failure, the moment at which a visit has done its work.

use super::replication::Replication;
use crate::random::purpose;
use crate::units::SimTime;

/// How the work of a node goes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Impaired {
    /// How many times as long it takes.
    factor: f64,
    /// What every piece of it takes longer [ns].
    by: u64,
    /// A visit fails if its word lies below.
    fail: u64,
}

impl Default for Impaired {
    fn default() -> Impaired {
        Impaired {
            factor: 1.0,
            by: 0,
            fail: 0,
        }
    }
}

impl Replication<'_> {
    /// A node becomes slow or well again: works out how its work goes from now on.
    pub(super) fn impair(&mut self, id: u32, at: SimTime) {
        let all = &self.globals.faults.impairments;
        let node = all[id as usize].node;
        let mut now = Impaired::default();
        let mut goes_well = 1.0;
        for one in all.iter().filter(|one| one.node == node) {
            if (one.at..one.until).contains(&at) {
                now.factor *= one.factor;
                now.by = now.by.saturating_add(one.by.0);
                goes_well *= 1.0 - one.fail as f64 / WORDS;
                now.fail = now.fail.max(one.fail);
            }
        }
        if goes_well < 1.0 - now.fail as f64 / WORDS {
            now.fail = ((1.0 - goes_well) * WORDS) as u64;
        }
        self.globals.impaired[node as usize] = now;
    }

    /// Returns what work takes at a visit's node now [ns].
    pub(super) fn impaired_work(&self, slot: u32, time: u64) -> u64 {
        if self.globals.impaired.is_empty() {
            return time;
        }
        let now = self.globals.impaired[self.node_of(slot) as usize];
        let longer = ((time as f64 * now.factor + 0.5) as u64).saturating_add(now.by);
        longer.min(LONGEST)
    }

    /// Whether a visit that has done its work fails because its node does.
    pub(super) fn fails_impaired(&self, slot: u32) -> bool {
        let node = self.node_of(slot) as usize;
        let now = self.globals.impaired.get(node);
        now.is_some_and(|now| now.fail > 0 && self.word(slot, purpose::COIN, 2) < now.fail)
    }
}

/// Longest that impaired work takes [ns]: longer than any run, and short enough to be added to.
const LONGEST: u64 = u64::MAX / 2;
/// Number of words, as a share is one of them.
const WORDS: f64 = 18_446_744_073_709_551_616.0;

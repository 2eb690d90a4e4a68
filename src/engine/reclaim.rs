//! Copies that are taken back: each after a time of its own, with notice.
//!
//! From when a copy is ready its time is drawn. Then it takes no more visits, and another one
//! is started for it; when the notice is over, what is still inside fails. A copy of the same
//! number that has come meanwhile is another one: each knows its own times.
//!
//! Not here: how many copies there are to be (`mechanism::scaling`).

use super::global::Kind;
use super::replication::Replication;
use crate::model::control::Reclaim;
use crate::random::{address, purpose};
use crate::units::{SimTime, Span};

/// When a copy gets notice, and when it is gone; `NEVER`: it is not planned.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lease {
    notice: SimTime,
    end: SimTime,
}

impl Lease {
    /// Nothing is planned.
    pub(super) const NONE: Lease = Lease {
        notice: SimTime::NEVER,
        end: SimTime::NEVER,
    };
}

impl Replication<'_> {
    fn reclaims(&self, id: u32) -> Option<Reclaim> {
        self.model.control.elastic[id as usize].reclaim
    }

    /// Draws the times of the copies that serve at the start.
    pub(super) fn lease_copies(&mut self, id: u32) {
        let open = self.globals.copies[id as usize].open().to_vec();
        for copy in open {
            self.lease(id, copy, SimTime::ZERO);
        }
    }

    /// Draws when a copy that is ready gets notice, if it may.
    pub(super) fn lease(&mut self, id: u32, copy: u32, at: SimTime) {
        let Some(reclaim) = self.reclaims(id) else {
            return;
        };
        let node = self.model.control.elastic[id as usize].node;
        let word = self.streams[node as usize].next_word();
        let sampler = &self.model.samplers[reclaim.after as usize];
        let after = sampler.sample(word, address(0, purpose::PATIENCE, 0, 0), 0);
        let notice = at + Span(after);
        self.globals.leases[id as usize][copy as usize] = Lease {
            notice,
            end: SimTime::NEVER,
        };
        self.globals.list.insert((notice, Kind::Notice, id, copy));
    }

    /// A copy gets notice, if it is still the one that the time was drawn for.
    pub(super) fn give_notice(&mut self, id: u32, copy: u32, at: SimTime) {
        let lease = self.globals.leases[id as usize][copy as usize];
        let Some(reclaim) = self.reclaims(id) else {
            return;
        };
        if lease.notice != at || !self.globals.copies[id as usize].withdraw(at, copy) {
            return;
        }
        let end = at + reclaim.notice;
        self.globals.leases[id as usize][copy as usize] = Lease {
            notice: SimTime::NEVER,
            end,
        };
        self.globals.list.insert((end, Kind::Reclaim, id, copy));
        let node = self.model.control.elastic[id as usize].node;
        self.recorder.recording().nodes[node as usize].reclaimed += 1;
        self.copies_changed(id, at);
        let planned = self.globals.copies[id as usize].planned();
        self.set_copies(id, planned + 1, at);
    }

    /// The notice of a copy is over: what is still inside fails.
    pub(super) fn reclaim(&mut self, id: u32, copy: u32, at: SimTime) {
        if self.globals.leases[id as usize][copy as usize].end != at {
            return;
        }
        self.globals.leases[id as usize][copy as usize] = Lease::NONE;
        let node = self.model.control.elastic[id as usize].node;
        self.fail_inside(node, &|instance| instance == copy, at);
        self.end_drained();
        // There may have been no room for another one beside it.
        self.keep_bounds(id, at);
    }
}

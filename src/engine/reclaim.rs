//! Copies that are taken back: each after a time of its own, or all of a group at once, with
//! notice.
//!
//! A copy that is ready belongs to the group that has fewest of those that take visits.
//! From when a copy is ready its time is drawn. Then it takes no more visits, and another one
//! is started for it; when the notice is over, what is still inside fails. A copy of the same
//! number that has come meanwhile is another one: each knows its own times.
//!
//! Not here: how many copies there are to be (`mechanism::scaling`).

use super::global::Kind;
use super::replication::Replication;
use crate::model::NONE;
use crate::model::control::Reclaim;
use crate::random::{address, purpose};
use crate::units::{SimTime, Span};

/// When a copy gets notice, and when it is gone; `NEVER`: it is not planned.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lease {
    notice: SimTime,
    end: SimTime,
    group: u32,
}

impl Lease {
    /// Nothing is planned.
    pub(super) const NONE: Lease = Lease {
        notice: SimTime::NEVER,
        end: SimTime::NEVER,
        group: 0,
    };
}

impl Replication<'_> {
    fn reclaims(&self, id: u32) -> Option<Reclaim> {
        self.model.control.elastic[id as usize].reclaim
    }

    /// Draws the times of the copies that serve at the start.
    pub(super) fn lease_copies(&mut self, id: u32) {
        let open = self.globals.copies[id as usize].open().to_vec();
        for copy in &open {
            if let Some(lease) = self.globals.leases[id as usize].get_mut(*copy as usize) {
                lease.group = NONE;
            }
        }
        for copy in open {
            self.lease(id, copy, SimTime::ZERO);
        }
        let groups = self.reclaims(id).map_or(0, |reclaim| reclaim.groups);
        for group in 0..groups {
            self.plan_for_all(id, group, SimTime::ZERO);
        }
    }

    /// Draws a time until copies of a node get notice.
    fn until_notice(&mut self, id: u32, law: u32) -> Span {
        let node = self.model.control.elastic[id as usize].node;
        let word = self.streams[node as usize].next_word();
        let sampler = &self.model.samplers[law as usize];
        Span(sampler.sample(word, address(0, purpose::PATIENCE, 0, 0), 0))
    }

    /// Draws when all copies of a group get notice, if they do.
    fn plan_for_all(&mut self, id: u32, group: u32, at: SimTime) {
        let together = self.reclaims(id).map_or(NONE, |reclaim| reclaim.together);
        if together != NONE {
            let notice = at + self.until_notice(id, together);
            let entry = (notice, Kind::NoticeToAll, id, group);
            self.globals.list.insert(entry);
        }
    }

    /// Returns the copies of a group that take visits.
    fn members(&self, id: u32, group: u32) -> Vec<u32> {
        let open = self.globals.copies[id as usize].open().iter();
        let leases = &self.globals.leases[id as usize];
        let own = open.filter(|copy| leases[**copy as usize].group == group);
        own.copied().collect()
    }

    /// All copies of a group get notice.
    pub(super) fn give_notice_to_all(&mut self, id: u32, group: u32, at: SimTime) {
        let mut given = 0;
        for copy in self.members(id, group) {
            given += u32::from(self.withdraw(id, copy, at));
        }
        self.replace(id, given, at);
        self.plan_for_all(id, group, at);
    }

    /// Draws when a copy that is ready gets notice, if it may.
    pub(super) fn lease(&mut self, id: u32, copy: u32, at: SimTime) {
        let Some(reclaim) = self.reclaims(id) else {
            return;
        };
        // Those that were leased before it count: of the others nobody knows their group yet.
        self.globals.leases[id as usize][copy as usize].group = NONE;
        let fewest = (0..reclaim.groups).min_by_key(|group| self.members(id, *group).len());
        let notice = match reclaim.after {
            NONE => SimTime::NEVER,
            law => at + self.until_notice(id, law),
        };
        self.globals.leases[id as usize][copy as usize] = Lease {
            notice,
            end: SimTime::NEVER,
            group: fewest.unwrap_or(0),
        };
        if notice != SimTime::NEVER {
            self.globals.list.insert((notice, Kind::Notice, id, copy));
        }
    }

    /// A copy gets notice, if it is still the one that the time was drawn for.
    pub(super) fn give_notice(&mut self, id: u32, copy: u32, at: SimTime) {
        let lease = self.globals.leases[id as usize][copy as usize];
        if lease.notice == at && self.withdraw(id, copy, at) {
            self.replace(id, 1, at);
        }
    }

    /// Lets a copy take no more visits until its notice is over; says whether it took any.
    fn withdraw(&mut self, id: u32, copy: u32, at: SimTime) -> bool {
        let Some(reclaim) = self.reclaims(id) else {
            return false;
        };
        if !self.globals.copies[id as usize].withdraw(at, copy) {
            return false;
        }
        let end = at + reclaim.notice;
        let lease = &mut self.globals.leases[id as usize][copy as usize];
        (lease.notice, lease.end) = (SimTime::NEVER, end);
        self.globals.list.insert((end, Kind::Reclaim, id, copy));
        let node = self.model.control.elastic[id as usize].node;
        self.recorder.recording().nodes[node as usize].reclaimed += 1;
        true
    }

    /// Starts others for so many copies that have got notice.
    fn replace(&mut self, id: u32, copies: u32, at: SimTime) {
        self.copies_changed(id, at);
        let planned = self.globals.copies[id as usize].planned();
        self.set_copies(id, planned + copies, at);
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

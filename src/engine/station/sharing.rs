//! Stations whose servers are shared by all that are there: one end is pending.

use super::Mode;
use crate::engine::event::{Class, What};
use crate::engine::replication::Replication;
use crate::metrics::recorder::Area;
use crate::units::SimTime;

impl Replication<'_> {
    /// Tells a watched node of a visit beyond those that all servers share, or of one of them.
    pub(super) fn count_sharing(&mut self, station: u32, served: bool, by: i64, t: SimTime) {
        if served {
            self.count_busy(station, by, t);
        } else {
            self.count_line(station, by, t);
        }
    }

    /// Adds what was busy and what waited at a sharing station since its last change. Its
    /// visits share the servers, so the time is that of the row that changes it now.
    pub(super) fn count_shared(&mut self, station: u32, row: u32, t: SimTime) {
        let id = self.stations[station as usize].group;
        let instance = self.stations[station as usize].instance;
        let group = &self.model.groups[id as usize];
        let Mode::Sharing(sharing) = &mut self.stations[station as usize].mode else {
            unreachable!("only sharing stations share");
        };
        let since = std::mem::replace(&mut sharing.since, t);
        let busy = if sharing.stopped {
            0
        } else {
            sharing.inside.min(group.servers)
        };
        let waiting = sharing.inside - busy;
        self.recorder
            .area_of(row, Area::Waiting, (since, t), waiting);
        if waiting > 0 {
            self.recorder.waiting_max(group.node, u64::from(waiting));
        }
        if self.model.nodes[group.node as usize].group == id {
            self.recorder.area_of(row, Area::Busy, (since, t), busy);
            if group.instances > 1 {
                let (node, times) = (group.node, busy);
                self.recorder
                    .instance_shared(node, instance, (since, t), times);
            }
        }
    }

    /// Posts the next end of a sharing station, and stales the one before.
    pub(super) fn post_shared(&mut self, station: u32, t: SimTime) {
        let node = self.model.groups[self.stations[station as usize].group as usize].node;
        let Mode::Sharing(sharing) = &mut self.stations[station as usize].mode else {
            unreachable!("only sharing stations share");
        };
        sharing.epoch = sharing.epoch.wrapping_add(1);
        if sharing.stopped {
            return;
        }
        let epoch = sharing.epoch;
        let at = sharing.state.next_completion(t);
        if at != SimTime::NEVER {
            let order = self.next_order(Class::Completion, node);
            self.push(at, order, station, What::SharedDone, epoch);
        }
    }

    /// The least remaining visit of a sharing station is done.
    pub(crate) fn shared_done(&mut self, station: u32, epoch: u32, t: SimTime) {
        let Mode::Sharing(sharing) = &mut self.stations[station as usize].mode else {
            unreachable!("only sharing stations share");
        };
        if sharing.epoch != epoch {
            return;
        }
        let Some(slot) = sharing.state.complete(t) else {
            self.post_shared(station, t);
            return;
        };
        let row = self.row_of(slot);
        self.count_shared(station, row, t);
        let servers = self.model.groups[self.stations[station as usize].group as usize].servers;
        let Mode::Sharing(sharing) = &mut self.stations[station as usize].mode else {
            unreachable!("it was sharing");
        };
        let served = sharing.inside <= servers;
        sharing.inside -= 1;
        self.count_sharing(station, served, -1, t);
        self.events += 1;
        self.post_shared(station, t);
        // Under processor sharing a visit is in service from its arrival on.
        let visit = &mut self.visits[slot];
        let (since, service) = (SimTime(visit.since), visit.remaining);
        visit.served += service;
        visit.waited += t.since(since).0.saturating_sub(service);
        visit.remaining = 0;
        self.visits[slot].pc += 1;
        self.drive(slot, t, false);
    }
}

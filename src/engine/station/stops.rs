//! Stations whose servers stop for some time, and visits that leave those who share.

use super::{Mode, Speed};
use crate::engine::event::{Class, What};
use crate::engine::replication::Replication;
use crate::units::{SimTime, Span};

impl Replication<'_> {
    /// Whether the servers of a station do not work until they go on.
    pub(in crate::engine) fn is_stopped(&self, station: u32) -> bool {
        match &self.stations[station as usize].mode {
            Mode::Line(line) => matches!(line.speed, Speed::Stopped(_)),
            Mode::Sharing(sharing) => sharing.stopped,
            Mode::Planned(_) => false,
        }
    }

    /// Lets the servers of a station stop if they work, or go on if they do not.
    pub(in crate::engine) fn set_stopped(&mut self, station: u32, stops: bool, t: SimTime) {
        match &mut self.stations[station as usize].mode {
            Mode::Line(line) => {
                let speed = std::mem::replace(&mut line.speed, Speed::Full);
                line.speed = match speed {
                    Speed::Stopped(before) => *before,
                    speed @ (Speed::Full | Speed::Paid(_) | Speed::Share(_)) => {
                        Speed::Stopped(Box::new(speed))
                    }
                };
            }
            Mode::Sharing(_) => self.stop_sharing(station, stops, t),
            Mode::Planned(_) => unreachable!("stations that may stop do not plan"),
        }
    }

    /// Lets a sharing station stop, or go on.
    fn stop_sharing(&mut self, station: u32, stops: bool, t: SimTime) {
        let group = &self.model.groups[self.stations[station as usize].group as usize];
        let (servers, node) = (group.servers, group.node);
        // The time goes to any row of the node, as its visits share the servers.
        let row = self.model.rows.iter().position(|row| row.node == node);
        self.count_shared(station, row.unwrap_or(0) as u32, t);
        let Mode::Sharing(sharing) = &mut self.stations[station as usize].mode else {
            unreachable!("it was sharing");
        };
        if stops {
            sharing.state.work_until(t);
        } else {
            sharing.state.stand_until(t);
        }
        sharing.stopped = stops;
        let busy = i64::from(sharing.inside.min(servers));
        let by = if stops { -busy } else { busy };
        self.count_busy(station, by, t);
        self.count_line(station, -by, t);
        self.post_shared(station, t);
    }

    /// Breaks the service of a visit off whose server stops: it goes on where it was.
    pub(in crate::engine) fn stop_service(&mut self, slot: u32, t: SimTime, station: u32) {
        self.count_service(slot, t, station);
        self.count_busy(station, -1, t);
        let visit = &mut self.visits[slot];
        visit.remaining -= t.0 - visit.since;
        visit.service_generation = visit.service_generation.wrapping_add(1);
        visit.since = t.0;
    }

    /// Lets the service of a visit go on.
    pub(in crate::engine) fn resume_service(&mut self, slot: u32, t: SimTime, station: u32) {
        self.count_busy(station, 1, t);
        let visit = &mut self.visits[slot];
        visit.since = t.0;
        let (left, generation) = (Span(visit.remaining), visit.service_generation);
        let order = self.next_order(Class::Completion, self.node_of(slot));
        self.push(t + left, order, slot, What::Done, generation);
    }

    /// Takes a visit out of a sharing station before it is done.
    pub(super) fn leave_shared(&mut self, slot: u32, t: SimTime, station: u32) {
        let row = self.row_of(slot);
        self.count_shared(station, row, t);
        let servers = self.model.groups[self.stations[station as usize].group as usize].servers;
        let Mode::Sharing(sharing) = &mut self.stations[station as usize].mode else {
            unreachable!("only lines and sharing stations can be left");
        };
        if sharing.stopped {
            sharing.state.stand_until(t);
        }
        let left = sharing.state.leave(t, slot).unwrap_or_default();
        let served = sharing.inside <= servers && !sharing.stopped;
        sharing.inside -= 1;
        self.count_sharing(station, served, -1, t);
        let visit = &mut self.visits[slot];
        let had = visit.remaining.saturating_sub(left.0);
        visit.served += had;
        visit.waited += (t.0 - visit.since).saturating_sub(had);
        visit.remaining = 0;
        self.post_shared(station, t);
    }
}

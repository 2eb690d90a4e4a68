//! Stations whose servers become more or fewer, because their node has other parameters.

use super::Mode;
use crate::engine::replication::Replication;
use crate::units::SimTime;

impl Replication<'_> {
    /// Writes the times of those who share a station down, as long as its servers are what they
    /// were.
    pub(in crate::engine) fn settle_sharing(&mut self, station: u32, t: SimTime) {
        if !matches!(self.stations[station as usize].mode, Mode::Sharing(_)) {
            return;
        }
        let group = &self.model.groups[self.stations[station as usize].group as usize];
        // The time goes to any row of the node, as its visits share the servers.
        let node = group.node;
        let row = self.model.rows.iter().position(|row| row.node == node);
        self.count_shared(station, row.unwrap_or(0) as u32, t);
    }

    /// Lets a station have other servers than before: more of them are given on at once, and of
    /// those that are too many the busy ones go when they are free.
    pub(in crate::engine) fn change_servers(
        &mut self,
        station: u32,
        (before, servers): (u32, u32),
        t: SimTime,
    ) {
        match &mut self.stations[station as usize].mode {
            Mode::Line(line) => line.servers = servers,
            Mode::Sharing(_) => return self.share_among(station, (before, servers), t),
            Mode::Planned(_) => unreachable!("who plans has always the same servers"),
        }
        while let Mode::Line(line) = &mut self.stations[station as usize].mode
            && line.busy < servers
            && line.waiting > 0
        {
            line.busy += 1;
            self.count_busy(station, 1, t);
            self.server_free(station, t);
        }
        let group = self.stations[station as usize].group;
        if self.model.groups[group as usize].blocks {
            self.let_in(station, t);
        }
    }

    /// Lets a sharing station have other servers than before.
    fn share_among(&mut self, station: u32, (before, servers): (u32, u32), t: SimTime) {
        let Mode::Sharing(sharing) = &mut self.stations[station as usize].mode else {
            unreachable!("it was sharing");
        };
        if sharing.stopped {
            sharing.state.stand_until(t);
        } else {
            sharing.state.work_until(t);
        }
        sharing.state.share_among(servers);
        if sharing.stopped {
            return;
        }
        let busy = |servers: u32| i64::from(sharing.inside.min(servers));
        let more = busy(servers) - busy(before);
        self.count_busy(station, more, t);
        self.count_line(station, -more, t);
        self.post_shared(station, t);
    }
}

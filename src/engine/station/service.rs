//! Servers of line stations: how services begin and end, and who is next.

use super::line::class_of;
use super::{FOR_JOURNEY, Mode, SEIZES, Speed};
use crate::engine::event::{Class, What};
use crate::engine::replication::Replication;
use crate::engine::step::Resume;
use crate::metrics::recorder::Area;
use crate::model::{Discipline, NONE, Op, Outcome};
use crate::units::{SimTime, Span};

impl Replication<'_> {
    /// A visit gets a server that has been counted as busy for it.
    ///
    /// Returns whether it seized the server (then it goes on), else its end is posted.
    pub(super) fn begin_service(&mut self, slot: u32, t: SimTime, station: u32) -> bool {
        let group_id = self.stations[station as usize].group;
        let group = &self.model.groups[group_id as usize];
        let (node, preemptive) = (
            group.node,
            matches!(
                group.discipline,
                Discipline::LifoPreemptive | Discipline::PriorityPreemptive
            ),
        );
        let visit = &mut self.visits[slot];
        if visit.remaining == FOR_JOURNEY {
            self.go_on_from_line(slot, t, station);
            return false;
        }
        visit.since = t.0;
        visit.service_generation = visit.service_generation.wrapping_add(1);
        if visit.remaining == SEIZES {
            // What is held is no service of a certain length.
            visit.remaining = 0;
            let limit = group.limit;
            self.hold_station(slot, t, station, limit);
            // A call that takes a connection is still to be made.
            let op = self.tables.code[self.visits[slot].pc as usize].op;
            self.visits[slot].pc += u32::from(matches!(op, Op::Seize { .. }));
            return true;
        }
        let (remaining, generation) = (visit.remaining, visit.service_generation);
        let Mode::Line(line) = &mut self.stations[station as usize].mode else {
            unreachable!("only line stations serve from a line");
        };
        if preemptive {
            line.serving.push(slot);
        }
        let remaining = match &mut line.speed {
            Speed::Full => remaining,
            Speed::Paid(credits) => credits.stretch(t, Span(remaining)).0,
            Speed::Share(share) => (remaining as f64 / *share + 0.5) as u64,
            Speed::Stopped(_) => {
                self.count_busy(station, -1, t);
                self.arm(slot);
                return false;
            }
        };
        self.arm(slot);
        let order = self.next_order(Class::Completion, node);
        self.push(t + Span(remaining), order, slot, What::Done, generation);
        false
    }

    /// A visit in service gives way to a better one; it goes on later where it stopped.
    pub(super) fn interrupt(&mut self, victim: u32, t: SimTime, station: u32) {
        let group = &self.model.groups[self.stations[station as usize].group as usize];
        let class = class_of(group.discipline, usize::from(self.visits[victim].priority));
        if self.is_stopped(station) {
            self.count_busy(station, 1, t);
        } else {
            self.count_service(victim, t, station);
            let visit = &mut self.visits[victim];
            visit.remaining -= t.0 - visit.since;
        }
        let visit = &mut self.visits[victim];
        visit.service_generation = visit.service_generation.wrapping_add(1);
        visit.since = t.0;
        let Mode::Line(line) = &mut self.stations[station as usize].mode else {
            unreachable!("only line stations pre-empt");
        };
        line.serving.retain(|&other| other != victim);
        self.link_in(victim, station, class, true);
        self.count_line(station, 1, t);
    }

    /// Adds the service of a visit from `since` to `t` to the books.
    pub(super) fn count_service(&mut self, slot: u32, t: SimTime, station: u32) {
        let row = self.row_of(slot);
        let since = SimTime(self.visits[slot].since);
        self.visits[slot].served += t.since(since).0;
        let instance = self.stations[station as usize].instance;
        self.count_one_of(row, (station, instance), since, t);
    }

    /// Adds a time for which a server was held to the books, if it is one of the node's own:
    /// those that its utilisation, and an alarm on it, is about.
    pub(crate) fn count_one_of(
        &mut self,
        row: u32,
        (station, instance): (u32, u16),
        from: SimTime,
        to: SimTime,
    ) {
        let id = self.stations[station as usize].group;
        let group = &self.model.groups[id as usize];
        if self.model.nodes[group.node as usize].group != id {
            return;
        }
        self.recorder.area(row, Area::Busy, from, to);
        if group.instances > 1 {
            self.recorder.instance_busy(group.node, instance, from, to);
        }
    }

    /// Adds the wait of a visit from `since` to `t` to the books.
    pub(super) fn count_wait(&mut self, slot: u32, t: SimTime) {
        let row = self.row_of(slot);
        let since = SimTime(self.visits[slot].since);
        self.visits[slot].waited += t.since(since).0;
        self.recorder.area(row, Area::Waiting, since, t);
    }

    /// A service at a line station is done.
    pub(crate) fn service_done(&mut self, slot: u32, t: SimTime) {
        self.events += 1;
        let Some(station) = self.serving_station(slot) else {
            unreachable!("a visit in service has a station");
        };
        self.count_service(slot, t, station);
        let this = &mut self.visits[slot];
        this.service_generation = this.service_generation.wrapping_add(1);
        this.remaining = 0;
        if let Mode::Line(line) = &mut self.stations[station as usize].mode
            && !line.serving.is_empty()
        {
            line.serving.retain(|&other| other != slot);
        }
        self.visits[slot].pc += 1;
        self.pending.push(Resume {
            slot,
            at: t,
            granted: false,
        });
        self.server_free(station, t);
        self.drain();
    }

    /// Returns the line station at whose `Serve` a visit is.
    pub(crate) fn serving_station(&self, slot: u32) -> Option<u32> {
        let routes = &self.model.routes;
        #[allow(
            clippy::wildcard_enum_match_arm,
            reason = "whatever else a visit is at, it is not at a station"
        )]
        let group = match self.tables.code[self.visits[slot].pc as usize].op {
            Op::Serve { group, .. } | Op::Seize { group } => group,
            Op::Call { route } => routes[route as usize].connections,
            Op::CallChosen { first } => {
                let target = self.visits[slot].target;
                routes[(first + target) as usize].connections
            }
            _ => NONE,
        };
        if group == NONE {
            return None;
        }
        let group = &self.model.groups[group as usize];
        let instance = u32::from(self.visits[slot].instance);
        Some(
            group.first
                + if group.instances == 1 {
                    0
                } else {
                    instance % group.instances
                },
        )
    }

    /// Ends the service of a visit that is in service at a line station, as if it had never
    /// been to last longer.
    pub(in crate::engine) fn break_off(&mut self, slot: u32, t: SimTime) {
        let remaining = self.visits[slot].remaining;
        if !matches!(
            self.tables.code[self.visits[slot].pc as usize].op,
            Op::Serve { .. }
        ) || remaining == 0
        {
            return;
        }
        let Some(station) = self.serving_station(slot) else {
            unreachable!("a visit in service has a station");
        };
        let Mode::Line(line) = &mut self.stations[station as usize].mode else {
            self.leave_shared(slot, t, station);
            return;
        };
        line.serving.retain(|&other| other != slot);
        if self.is_stopped(station) {
            self.count_busy(station, 1, t);
        } else {
            self.count_service(slot, t, station);
        }
        let this = &mut self.visits[slot];
        this.service_generation = this.service_generation.wrapping_add(1);
        this.remaining = 0;
        self.server_free(station, t);
    }

    /// A server has become free: the next in line gets it.
    pub(crate) fn server_free(&mut self, station: u32, t: SimTime) {
        self.hand_on(station, t);
        self.hand_freed_on(t);
    }

    /// Gives a server that has become free on, and lets in who stands before the line.
    pub(crate) fn hand_on(&mut self, station: u32, t: SimTime) {
        self.serve_next(station, t);
        let group = self.stations[station as usize].group;
        if self.model.groups[group as usize].blocks {
            self.let_in(station, t);
        }
    }

    /// Gives a server that has become free to the next in line.
    fn serve_next(&mut self, station: u32, t: SimTime) {
        let model = self.model;
        let group = &model.groups[self.stations[station as usize].group as usize];
        loop {
            let Mode::Line(line) = &mut self.stations[station as usize].mode else {
                unreachable!("only servers of line stations become free");
            };
            if line.waiting == 0 || line.busy > line.servers {
                line.busy -= 1;
                self.count_busy(station, -1, t);
                return;
            }
            let Some(class) = line.ends.iter().position(|&(first, _)| first != NONE) else {
                unreachable!("a line that is not empty has a first visit");
            };
            let next = line.ends[class].0;
            let since = SimTime(self.visits[next].since);
            let last = line.waiting == 1;
            let sheds = match &mut line.codel {
                Some(codel) => codel.sheds(t, since, last),
                None => false,
            };
            self.link_out(next, station, class);
            self.count_line(station, -1, t);
            self.count_wait(next, t);
            if sheds {
                self.leave_now(next, t, Outcome::Shed);
                continue;
            }
            if self.deadline(next) < t {
                self.leave_now(next, t, Outcome::TimedOut);
                continue;
            }
            debug_assert!(group.servers > 0);
            if self.begin_service(next, t, station) {
                self.pending.push(Resume {
                    slot: next,
                    at: t,
                    granted: false,
                });
            }
            return;
        }
    }
}

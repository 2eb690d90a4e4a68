//! Stations: serving, seizing, releasing (ENGINE.md section 6).
//!
//! A *planned* station knows the finish times of its servers and tells a visit
//! at its arrival when it will be done. A *line* station keeps a line and posts
//! the end of every service. A *sharing* station keeps one pending end.
//!
//! Here visits come and leave; `line` keeps the waiting lines, `service` says who is served and
//! for how long, `sharing` what all share, and in `servers` and `stops` they become more or fewer, or
//! stand still.

mod line;
mod servers;
mod service;
mod sharing;
mod stops;

use line::class_of;

use super::event::{Class, What};
use super::placement::partition_of;
use super::replication::Replication;
use super::room::{NOBODY, Outside};
use super::step::Resume;
use super::visit::{NO_INSTANCE, flag};
use crate::mechanism::codel::ControlledDelay;
use crate::mechanism::credits::Credits;
use crate::mechanism::planned::{Arrival, Planned};
use crate::mechanism::processor_sharing::ProcessorSharing;
use crate::metrics::recorder::Area;
use crate::model::{Discipline, Group, Model, NONE, Op, Outcome, Pick};
use crate::random::purpose;
use crate::units::{SimTime, Span};

/// Priorities 0..=9 have a line each.
const CLASSES: usize = 10;

/// One station of a group.
#[derive(Debug)]
pub(crate) struct Station {
    /// Group it belongs to.
    pub(crate) group: u32,
    /// Its number in the group.
    pub(crate) instance: u16,
    /// Whether its servers are all that the node has.
    sole: bool,
    mode: Mode,
}

#[derive(Debug)]
enum Mode {
    Planned(Planned),
    Line(Box<Line>),
    Sharing(Box<Sharing>),
}

#[derive(Debug)]
struct Line {
    busy: u32,
    waiting: u32,
    /// First and last of each class's line.
    ends: [(u32, u32); CLASSES],
    /// Visits in service, oldest first; kept only where they can be pre-empted.
    serving: Vec<u32>,
    codel: Option<ControlledDelay>,
    /// Servers that there are.
    servers: u32,
    speed: Speed,
    /// Who stands before the full line of a station that blocks.
    outside: Outside,
}

/// How fast servers work.
#[derive(Debug)]
enum Speed {
    /// At full speed.
    Full,
    /// As fast as savings pay for.
    Paid(Credits),
    /// At some share of full speed; what is in service goes on at the speed at which it began.
    Share(f64),
    /// Not at all, until they go on as before.
    Stopped(Box<Speed>),
}

#[derive(Debug)]
struct Sharing {
    state: ProcessorSharing,
    /// Generation of the pending end.
    epoch: u32,
    inside: u32,
    /// Until when its times are in the books.
    since: SimTime,
    /// Whether its servers do not work until they go on.
    stopped: bool,
}

/// Makes the stations of a model, idle.
pub(crate) fn stations(model: &Model) -> Vec<Station> {
    (0u32..)
        .zip(&model.groups)
        .flat_map(|(id, group)| {
            (0..group.instances).map(move |instance| Station {
                group: id,
                instance: instance as u16,
                sole: model.nodes[group.node as usize].group == id && group.instances == 1,
                mode: if group.discipline == Discipline::ProcessorSharing {
                    Mode::Sharing(Box::new(Sharing {
                        state: ProcessorSharing::new(group.servers),
                        epoch: 0,
                        inside: 0,
                        since: SimTime::ZERO,
                        stopped: false,
                    }))
                } else if group.planned {
                    Mode::Planned(Planned::new(group.servers))
                } else {
                    Mode::Line(Box::new(Line {
                        busy: 0,
                        waiting: 0,
                        ends: [(NONE, NONE); CLASSES],
                        serving: Vec::new(),
                        codel: (group.discipline == Discipline::CoDel)
                            .then(|| ControlledDelay::new(group.codel.0, group.codel.1)),
                        servers: group.servers,
                        speed: match group.credit {
                            Some(credit) => Speed::Paid(Credits::new(
                                group.servers,
                                credit.share,
                                credit.most,
                                credit.held,
                            )),
                            None => Speed::Full,
                        },
                        outside: NOBODY,
                    }))
                },
            })
        })
        .collect()
}

impl Replication<'_> {
    /// Returns the station of a group that a visit belongs to.
    #[inline(always)]
    pub(super) fn station_of(&mut self, slot: u32, group_id: u32) -> u32 {
        let group = &self.model.groups[group_id as usize];
        if group.instances == 1 {
            return group.first;
        }
        let instance = u32::from(self.visits[slot].instance);
        let chosen = if instance == u32::from(NO_INSTANCE) {
            if self.globals.active
                && let Some(copy) = self.any_copy(slot, group.node)
            {
                copy
            } else {
                match group.pick {
                    Pick::Partition(_) | Pick::Random | Pick::Inherited => {
                        partition_of(self.word(slot, purpose::PICK, 1), group.instances)
                    }
                }
            }
        } else {
            instance % group.instances
        };
        self.visits[slot].instance = chosen as u16;
        group.first + chosen
    }

    /// Returns a station that plans, if it is one.
    pub(crate) fn planned_station(&mut self, station: u32) -> Option<&mut Planned> {
        match &mut self.stations[station as usize].mode {
            Mode::Planned(planned) => Some(planned),
            Mode::Line(_) | Mode::Sharing(_) => None,
        }
    }

    /// Serves a visit: `Some(done)` if its end is known, else it goes on by an event, or has ended.
    pub(crate) fn serve(
        &mut self,
        slot: u32,
        t: SimTime,
        group_id: u32,
        work: u32,
    ) -> Option<SimTime> {
        let model = self.model;
        let group = &model.groups[group_id as usize];
        let station = self.station_of(slot, group_id);
        let mut service = self.work(slot, work);
        if self.globals.active {
            service = self.versioned(slot, service);
        }
        let row = self.row_of(slot);
        let patience = self.patience(slot, group);
        let deadline = self.deadline(slot);
        match &mut self.stations[station as usize].mode {
            Mode::Planned(planned) => {
                let latest = (t + patience).min(deadline);
                let plan = planned.arrive(t, Span(service), group.waiting_limit, latest);
                let waiting = u64::from(planned.waiting_max());
                let instance = self.visits[slot].instance;
                match plan {
                    Arrival::Served { start, done } => {
                        let visit = &mut self.visits[slot];
                        visit.served += service;
                        if start > t {
                            visit.waited += start.since(t).0;
                            self.recorder.waiting_max(group.node, waiting);
                            self.recorder.area(row, Area::Waiting, t, start);
                        }
                        if self.stations[station as usize].sole {
                            self.recorder.area(row, Area::Busy, start, done);
                        } else {
                            self.count_one_of(row, (station, instance), start, done);
                        }
                        self.visits[slot].pc += 1;
                        Some(done)
                    }
                    Arrival::Full => {
                        self.leave_now(slot, t, group.when_full);
                        None
                    }
                    Arrival::TooLate => {
                        self.recorder.waiting_max(group.node, waiting);
                        let leaves = latest.max(t);
                        self.visits[slot].waited += leaves.since(t).0;
                        self.recorder.area(row, Area::Waiting, t, leaves);
                        self.leave_at(slot, leaves, Outcome::TimedOut);
                        None
                    }
                }
            }
            Mode::Line(_) => {
                self.visits[slot].remaining = service;
                self.join_line(slot, t, station, patience);
                self.hand_freed_on(t);
                None
            }
            Mode::Sharing(sharing) => {
                if group.waiting_limit != u32::MAX
                    && sharing.inside >= group.servers.saturating_add(group.waiting_limit)
                {
                    self.leave_now(slot, t, group.when_full);
                    return None;
                }
                self.count_shared(station, row, t);
                let Mode::Sharing(sharing) = &mut self.stations[station as usize].mode else {
                    unreachable!("it was sharing");
                };
                sharing.inside += 1;
                let served = sharing.inside <= group.servers && !sharing.stopped;
                if sharing.stopped {
                    sharing.state.stand_until(t);
                }
                sharing.state.arrive(t, slot, Span(service));
                self.count_sharing(station, served, 1, t);
                let visit = &mut self.visits[slot];
                visit.since = t.0;
                visit.remaining = service;
                self.post_shared(station, t);
                None
            }
        }
    }

    /// Takes a server and keeps it. Returns whether the visit has it now.
    pub(crate) fn seize(&mut self, slot: u32, t: SimTime, group_id: u32) -> bool {
        let group = &self.model.groups[group_id as usize];
        let station = self.station_of(slot, group_id);
        let patience = self.patience(slot, group);
        self.visits[slot].remaining = SEIZES;
        let seized = self.join_line(slot, t, station, patience);
        self.hand_freed_on(t);
        seized
    }

    /// Takes a server of a line station for whom keeps it, if one is free.
    #[inline(always)]
    pub(super) fn seize_at_once(&mut self, station: u32) -> bool {
        match &mut self.stations[station as usize].mode {
            Mode::Line(line) if line.busy < line.servers => {
                line.busy += 1;
                true
            }
            Mode::Line(_) | Mode::Planned(_) | Mode::Sharing(_) => false,
        }
    }

    /// Takes one of the connections that a call needs. Returns whether the visit has it now.
    pub(crate) fn connect(&mut self, slot: u32, t: SimTime, route: u32) -> bool {
        let group = self.model.routes[route as usize].connections;
        group == NONE || self.holds_place(slot, group) || self.seize(slot, t, group)
    }

    /// Draws how long a visit is ready to wait.
    #[inline(always)]
    pub(crate) fn patience(&self, slot: u32, group: &Group) -> Span {
        if group.max_wait == NONE {
            Span::MAX
        } else {
            Span(self.sample(slot, group.max_wait, purpose::PATIENCE))
        }
    }

    /// Returns the instant from which a service of this visit would be pointless.
    #[inline]
    pub(crate) fn deadline(&self, slot: u32) -> SimTime {
        let visit = &self.visits[slot];
        if visit.flags & flag::DEADLINE != 0 {
            SimTime(visit.reply_by)
        } else {
            SimTime::NEVER
        }
    }

    /// A visit comes to a line station. Returns whether it seized a server at once.
    pub(crate) fn join_line(
        &mut self,
        slot: u32,
        t: SimTime,
        station: u32,
        patience: Span,
    ) -> bool {
        let model = self.model;
        let group = &model.groups[self.stations[station as usize].group as usize];
        let priority = usize::from(self.visits[slot].priority);
        let Mode::Line(line) = &mut self.stations[station as usize].mode else {
            unreachable!("only line stations keep a line");
        };
        if line.busy < line.servers {
            line.busy += 1;
            self.count_busy(station, 1, t);
            if group.blocks {
                self.tell_room(slot, t);
            }
            return self.begin_service(slot, t, station);
        }
        let victim = match group.discipline {
            Discipline::LifoPreemptive => line.serving.first().copied(),
            Discipline::PriorityPreemptive => line
                .serving
                .iter()
                .rev()
                .copied()
                .max_by_key(|&other| self.visits[other].priority)
                .filter(|&other| usize::from(self.visits[other].priority) > priority),
            Discipline::Fifo
            | Discipline::Lifo
            | Discipline::Priority
            | Discipline::ProcessorSharing
            | Discipline::CoDel => None,
        };
        if let Some(victim) = victim {
            self.interrupt(victim, t, station);
            if group.blocks {
                self.tell_room(slot, t);
            }
            return self.begin_service(slot, t, station);
        }
        if line.waiting >= group.waiting_limit {
            if group.blocks {
                self.stand_before(slot, t, station);
                return false;
            }
            let last = line.ends[class_of(group.discipline, priority)].1;
            if !group.replaces || last == NONE {
                self.leave_now(slot, t, group.when_full);
                return false;
            }
            self.leave_line(last, t, group.when_full);
        }
        let class = class_of(group.discipline, priority);
        let front = matches!(
            group.discipline,
            Discipline::Lifo | Discipline::LifoPreemptive
        );
        self.wait_in_line(slot, t, station, (class, front));
        if patience != Span::MAX {
            let order = self.next_order(Class::Timer, group.node);
            let generation = self.visits[slot].service_generation;
            self.push(t + patience, order, slot, What::Patience, generation);
        }
        if group.blocks {
            self.tell_room(slot, t);
        }
        false
    }

    /// Puts a visit into the line of a class, at its end or at its front.
    pub(super) fn wait_in_line(
        &mut self,
        slot: u32,
        t: SimTime,
        station: u32,
        (class, front): (usize, bool),
    ) {
        self.link_in(slot, station, class, front);
        self.count_line(station, 1, t);
        self.visits[slot].since = t.0;
        self.arm(slot);
        let Mode::Line(line) = &self.stations[station as usize].mode else {
            unreachable!("it was a line");
        };
        let waiting = u64::from(line.waiting);
        let group = &self.model.groups[self.stations[station as usize].group as usize];
        if !group.limit {
            self.recorder.waiting_max(group.node, waiting);
        }
    }

    /// Returns how many visits wait in the line of a station.
    pub(super) fn waiting_at(&self, station: u32) -> u32 {
        match &self.stations[station as usize].mode {
            Mode::Line(line) => line.waiting,
            Mode::Planned(_) | Mode::Sharing(_) => 0,
        }
    }

    /// Tells a watched node of a change of its busy servers.
    #[inline]
    fn count_busy(&mut self, station: u32, by: i64, t: SimTime) {
        if self.globals.active {
            let group = self.stations[station as usize].group;
            let node = self.model.groups[group as usize].node;
            if self.model.nodes[node as usize].group == group {
                self.globals.busy(node, by, t);
                self.globals.count_station(station, by, t);
            }
        }
    }

    /// Lets a station have so many servers from now on, which work at some share of full speed.
    ///
    /// Of those that are too many the busy ones go when they are free.
    pub(super) fn set_servers(&mut self, station: u32, t: SimTime, servers: u32, speed: f64) {
        loop {
            let Mode::Line(line) = &mut self.stations[station as usize].mode else {
                unreachable!("only servers of line stations come and go");
            };
            line.servers = servers;
            line.speed = Speed::Share(speed);
            if line.busy >= servers || line.waiting == 0 {
                return;
            }
            line.busy += 1;
            self.count_busy(station, 1, t);
            self.server_free(station, t);
        }
    }

    /// Tells a watched node of a change of its waiting lines.
    #[inline]
    fn count_line(&mut self, station: u32, by: i64, t: SimTime) {
        if self.globals.active {
            let group = &self.model.groups[self.stations[station as usize].group as usize];
            if !group.limit {
                self.globals.line(group.node, by, t);
            }
        }
    }

    /// Ends a visit at the present instant; its caller goes on when the event is over.
    pub(crate) fn leave_now(&mut self, slot: u32, t: SimTime, outcome: Outcome) {
        let visit = &mut self.visits[slot];
        visit.service_generation = visit.service_generation.wrapping_add(1);
        if let Some((slot, at)) = self.end(slot, t, outcome, true) {
            self.pending.push(Resume {
                slot,
                at,
                granted: false,
            });
        }
    }

    /// Ends a visit at a later instant that is already known.
    pub(super) fn leave_at(&mut self, slot: u32, at: SimTime, outcome: Outcome) {
        if self.visits[slot].holds == NONE && at < self.barrier {
            self.leave_now(slot, at, outcome);
            return;
        }
        self.visits[slot].aside = outcome;
        let order = self.next_order(Class::Completion, self.node_of(slot));
        self.arm(slot);
        let generation = self.visits[slot].generation;
        self.push(at, order, slot, What::Leave, generation);
    }

    /// Adds what is in lines and in service at the end of the run to the areas.
    pub(crate) fn close_station_areas(&mut self, slot: u32, end: SimTime) {
        if self.visits[slot].flags & flag::WAITING != 0 {
            if !self.visits.rare(slot).outside {
                self.count_wait(slot, end);
            }
            return;
        }
        if let Op::Serve { group, .. } = self.tables.code[self.visits[slot].pc as usize].op
            && self.visits[slot].remaining > 0
            && !self.model.groups[group as usize].planned
            && let Some(station) = self.serving_station(slot)
        {
            match &self.stations[station as usize].mode {
                // All that share it at once: nothing is left for the next of them.
                Mode::Sharing(_) => self.count_shared(station, self.row_of(slot), end),
                Mode::Line(_) if self.is_stopped(station) => {}
                Mode::Line(_) | Mode::Planned(_) => self.count_service(slot, end, station),
            }
        }
    }
}

/// Marks a visit in a line as one that seizes instead of being served.
const SEIZES: u64 = u64::MAX;
/// The same of one that waits for a journey (`in_line`).
pub(super) const FOR_JOURNEY: u64 = u64::MAX - 1;

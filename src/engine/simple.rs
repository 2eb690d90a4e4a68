//! Simple stations and tolls: those at which a visit without a slot is served, or pays.
//!
//! A simple station tells beforehand when a visit will be done.
//!
//! Not here: what else such a visit does (`light`).

use super::event::Class;
use super::lane::Lane;
use super::light::{Light, Stop};
use super::replication::Replication;
use super::tables::{Instruction, Tables};
use super::visit::NO_INSTANCE;
use super::visiting::{Single, Visiting};
use crate::mechanism::planned::Arrival;
use crate::metrics::recorder::Area;
use crate::model::{Admission, Cost, Discipline, Group, Model, NONE, Of, Op, Outcome, Toll};
use crate::units::{SimTime, Span};
use crate::workload::UNDRAWN;

/// A station of its node's own servers that tells beforehand when a visit will be done.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SimpleStation {
    /// `NONE`: there is none.
    station: u32,
    /// Where its waiting line counts.
    pub(super) node: u32,
    pub(super) waiting_limit: u32,
    /// Whether there is one for each copy or partition.
    pub(super) is_split: bool,
    instances: u32,
}

impl SimpleStation {
    /// What stands where none is.
    pub(super) const NONE: SimpleStation = SimpleStation {
        station: NONE,
        node: NONE,
        waiting_limit: 0,
        is_split: false,
        instances: 1,
    };

    /// Whether the group has one.
    pub(super) fn is_one(&self) -> bool {
        self.station != NONE
    }

    /// Whether the group has one, whatever copy or partition a visit goes to.
    pub(super) fn is_sole(&self) -> bool {
        self.is_one() && !self.is_split
    }

    /// Returns the station of a copy or partition.
    #[inline(always)]
    pub(super) fn of_instance(&self, instance: u16) -> u32 {
        if self.is_split {
            self.station + u32::from(instance) % self.instances
        } else {
            self.station
        }
    }
}

/// Tells of every admission the only bucket at which a visit of one item pays, a token; `NONE`
/// where there are others, or more follows from it.
pub(super) fn single_tolls(model: &Model) -> Vec<u32> {
    let single = |admission: &Admission| match admission.tolls[..] {
        [
            Toll {
                bucket,
                of: Of::One,
                cost: Cost::One | Cost::Items,
                ..
            },
        ] if !admission.wait
            && !admission.watched
            && !admission.traces
            && admission.meter.is_none()
            && admission.fills.is_none() =>
        {
            bucket
        }
        _ => NONE,
    };
    model.admissions.iter().map(single).collect()
}

/// Tells of every group its simple station.
pub(super) fn simple_stations(model: &Model) -> Vec<SimpleStation> {
    let is_simple = |id: u32, group: &Group| {
        group.planned
            && model.nodes[group.node as usize].group == id
            && group.discipline != Discipline::ProcessorSharing
            && group.max_wait == NONE
    };
    let station = |(id, group): (u32, &Group)| SimpleStation {
        station: if is_simple(id, group) {
            group.first
        } else {
            NONE
        },
        node: group.node,
        waiting_limit: group.waiting_limit,
        is_split: group.instances > 1,
        instances: group.instances,
    };
    (0..).zip(&model.groups).map(station).collect()
}

impl Replication<'_> {
    /// Serves a light visit, if its station tells beforehand when it will be done.
    #[inline(always)]
    pub(super) fn serve_light(
        &mut self,
        visit: &mut impl Visiting,
        site: &Instruction,
        (group, work): (u32, u32),
    ) -> Option<Stop> {
        let tables = self.tables;
        let plain = tables.plain_works[work as usize];
        if plain == NONE {
            let mut copy = visit.copied(tables);
            let service = self.composed_work_light(copy.errand, work, site.operation);
            let Some(service) = service else {
                return Some(Stop::Here);
            };
            let (latest, caller_pc) = (latest_of(visit, tables), visit.caller_pc(tables));
            let stop = self.serve_for(copy.over(None, caller_pc), site, (group, service), latest);
            visit.become_copy(&copy);
            return stop;
        }
        let simple = &tables.simple_stations[group as usize];
        let stop = self.come_to_station(visit, site, simple);
        if stop.is_some() {
            return stop;
        }
        let first = visit.first();
        let begins = |lane: &Lane| lane.entry == visit.light().pc;
        let service = if first != UNDRAWN && visit.lane(tables).is_some_and(begins) {
            first
        } else {
            self.sample_at(visit, plain, site.operation)
        };
        let latest = latest_of(visit, tables);
        self.serve_now(visit.light_mut(), site, (simple, service), latest)
    }

    /// The same, where it is known how long that takes.
    #[cold]
    #[inline(never)]
    pub(super) fn serve_for(
        &mut self,
        mut visit: Single<'_>,
        site: &Instruction,
        (group, service): (u32, u64),
        latest: SimTime,
    ) -> Option<Stop> {
        let simple = &self.tables.simple_stations[group as usize];
        let stop = self.come_to_station(&mut visit, site, simple);
        if stop.is_some() {
            return stop;
        }
        self.serve_now(visit.light, site, (simple, service), latest)
    }

    /// Returns how a visit leaves for which the station of this operation has no place to wait.
    #[cold]
    pub(super) fn refusal_at(&self, pc: u32) -> Outcome {
        let Op::Serve { group, .. } = self.tables.code[pc as usize].op else {
            unreachable!("only stations have places to wait");
        };
        self.model.groups[group as usize].when_full
    }

    /// Lets a light visit come to a simple station: `None` if it is there.
    #[inline(always)]
    fn come_to_station(
        &mut self,
        visit: &mut impl Visiting,
        site: &Instruction,
        simple: &SimpleStation,
    ) -> Option<Stop> {
        if !simple.is_one() || simple.is_split && visit.light().instance == NO_INSTANCE {
            return Some(Stop::Here);
        }
        self.reach_light(visit, Class::Arrival, site.node)
    }

    /// Serves a light visit that has come to a simple station, and would not be served from
    /// `latest` on.
    #[inline(always)]
    fn serve_now(
        &mut self,
        light: &mut Light,
        site: &Instruction,
        (simple, service): (&SimpleStation, u64),
        latest: SimTime,
    ) -> Option<Stop> {
        let t = light.at;
        match self.plan_simply(simple, (site.row, light.instance), (t, latest), service) {
            Arrival::Served { start, done } => {
                light.waited += start.since(t).0;
                light.served += service;
                light.at = done;
                None
            }
            Arrival::Full => Some(Stop::Full),
            Arrival::TooLate => {
                let leaves = latest.max(t);
                light.waited += leaves.since(t).0;
                Some(Stop::TooLate(leaves))
            }
        }
    }

    /// Plans and records the service of a visit that comes to a simple station at `t` and
    /// would not be served from `latest` on.
    #[inline(always)]
    pub(super) fn plan_simply(
        &mut self,
        simple: &SimpleStation,
        (row, instance): (u32, u16),
        (t, latest): (SimTime, SimTime),
        service: u64,
    ) -> Arrival {
        let Some(planned) = self.planned_station(simple.of_instance(instance)) else {
            unreachable!("a simple station tells beforehand");
        };
        let before = planned.waiting_max();
        let plan = planned.arrive(t, Span(service), simple.waiting_limit, latest);
        let waiting = planned.waiting_max();
        if waiting > before {
            self.recorder.waiting_max(simple.node, u64::from(waiting));
        }
        match plan {
            Arrival::Served { start, done } => {
                self.recorder.service(row, t, start, done);
                if simple.is_split {
                    self.recorder
                        .instance_busy(simple.node, instance, start, done);
                }
            }
            Arrival::Full => {}
            Arrival::TooLate => self.recorder.area(row, Area::Waiting, t, latest.max(t)),
        }
        plan
    }
}

/// Returns from when on a visit is not served any more.
#[inline(always)]
pub(super) fn latest_of(visit: &impl Visiting, tables: &Tables) -> SimTime {
    if visit.light().hurried && visit.lane(tables).is_some_and(|lane| lane.deadline) {
        SimTime(visit.due().reply_by)
    } else {
        SimTime::NEVER
    }
}

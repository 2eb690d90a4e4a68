//! Light visits: visits that have no slot, as long as nothing makes them wait.
//!
//! A plain call to a node that only takes time runs through at once: its station knows
//! when it is done, what it draws depends on addresses, and its answer is known to be in time.
//! Such a visit is a handful of numbers. It gets a slot when something is to happen to it
//! by an event, or at an operation that is not simple; from there it goes on like any other.
//! The draws, the orders and the counts are those of the general way.
//!
//! Not here: callers, which have a slot, or a frame of a journey (`journey`).

use super::event::Class;
use super::lane::Lane;
use super::replication::Replication;
use super::tables::Instruction;
use super::visit::NO_INSTANCE;
use crate::mechanism::planned::Arrival;
use crate::mechanism::token_bucket::ONE_TOKEN;
use crate::metrics::recorder::{Area, LookUps};
use crate::model::{Admission, Cost, Discipline, Group, Model, NONE, Of, Op, Outcome, Toll};
use crate::random::{address, draw, purpose};
use crate::units::{SimTime, Span};

/// What a plain call takes from its caller.
#[derive(Clone, Copy, Debug)]
pub(super) struct Caller {
    pub(super) key: u64,
    pub(super) ordinal: u64,
    /// Deadline of its own attempt [ns].
    pub(super) reply_by: u64,
    pub(super) salt: u32,
    /// Operation of the call.
    pub(super) pc: u32,
    pub(super) item: u32,
    /// Whether it is about one item, and remembers nothing that it would hand on.
    pub(super) simple: bool,
}

/// What a visit is about: it stays the same all the time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Errand {
    pub(super) key: u64,
    pub(super) ordinal: u64,
    /// Its data key; 0 is none.
    pub(super) item: u32,
    /// Addresses its draws.
    pub(super) hop: u32,
    pub(super) salt: u32,
}

impl Errand {
    /// What stands where none is.
    pub(super) const NONE: Errand = Errand {
        key: 0,
        ordinal: 0,
        item: 0,
        hop: 0,
        salt: 0,
    };
}

/// A visit without a slot.
#[derive(Clone, Copy, Debug)]
pub(super) struct Light {
    pub(super) reply_by: u64,
    pub(super) pc: u32,
    /// Whether a service of it would be pointless from `reply_by` on.
    pub(super) strict: bool,
    /// Whether it has entered its node.
    pub(super) enters: bool,
    /// Its local time.
    pub(super) at: SimTime,
    pub(super) entered: SimTime,
    pub(super) waited: u64,
    pub(super) served: u64,
    /// Order of its time-out among events; 0 until it is needed.
    pub(super) timer: u64,
    pub(super) missed: u32,
    /// Its answer is a miss.
    pub(super) misses: bool,
    /// Route by which it was called (only on journeys).
    pub(super) route: u32,
    /// Copy or partition of the node; `NO_INSTANCE` until placed.
    pub(super) instance: u16,
    /// The line station of which it holds a server, or `NONE` (only on journeys).
    pub(super) holds: u32,
    /// Since when.
    pub(super) since: SimTime,
    /// The latest of the places and environments that it holds, or `NONE` (only on journeys, and
    /// without a server of a line station).
    pub(super) keeps: u32,
    /// Whether a server or an environment works for it all the time.
    pub(super) served_throughout: bool,
    /// When one of those that wait for it may give up [ns] (only on journeys).
    pub(super) until: u64,
    /// Counts that it has put aside, all of them 1.
    pub(super) pushed: u8,
}

impl Light {
    /// What stands where none is.
    pub(super) const NONE: Light = Light {
        reply_by: u64::MAX,
        pc: 0,
        strict: false,
        enters: false,
        at: SimTime::ZERO,
        entered: SimTime::ZERO,
        waited: 0,
        served: 0,
        timer: 0,
        missed: 0,
        misses: false,
        route: NONE,
        instance: NO_INSTANCE,
        holds: NONE,
        since: SimTime::ZERO,
        keeps: NONE,
        served_throughout: false,
        until: u64::MAX,
        pushed: 0,
    };

    /// Whether it holds nothing that it has to give back.
    #[inline(always)]
    pub(super) fn is_free(&self) -> bool {
        self.holds & self.keeps == NONE
    }

    /// Returns how many items of its answer were missed.
    pub(super) fn missed_items(&self) -> u32 {
        if self.misses { self.missed.max(1) } else { 0 }
    }
}

const _: () = assert!(size_of::<Light>() <= 96);

/// Why a light visit does not go on as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// It has completed; its answer arrives then.
    Answered(SimTime),
    /// At an operation that needs a slot.
    Here,
    /// It goes on by an event of this order.
    Waits(u64),
    /// Its station has no place to wait.
    Full(Outcome),
    /// It waits in vain until then.
    TooLate(SimTime),
}

/// Whether a visit that begins with this operation may be light.
pub(super) fn may_begin(op: Op) -> bool {
    matches!(
        op,
        Op::Serve { .. }
            | Op::Work { .. }
            | Op::Delay { .. }
            | Op::Place { .. }
            | Op::Admit { .. }
            | Op::LookUp { join: false, .. }
            | Op::Leave { .. }
    )
}

impl Replication<'_> {
    /// Runs a light visit, called by the operation at `caller_pc`, until it has ended or needs a
    /// slot.
    #[allow(
        clippy::wildcard_enum_match_arm,
        reason = "every other operation needs a slot"
    )]
    #[inline(always)]
    pub(super) fn run_light(
        &mut self,
        errand: &Errand,
        visit: &mut Light,
        lane: &Lane,
        caller_pc: u32,
    ) -> Stop {
        let tables = self.tables;
        loop {
            // Local time never passes the horizon or a global event.
            if visit.at >= self.barrier && visit.at != self.now {
                return Stop::Here;
            }
            let site = &tables.code[visit.pc as usize];
            let next = match site.op {
                Op::Serve { group, work } => {
                    if let Some(stop) =
                        self.serve_light((errand, visit), site, (group, work), caller_pc)
                    {
                        return stop;
                    }
                    if site.completes && visit.at < self.barrier && visit.is_free() {
                        visit.pc += 1;
                        return self.answer_light(errand, visit, lane);
                    }
                    visit.pc + 1
                }
                Op::Work { work } => {
                    let Some(time) = self.work_light(errand, work, site.operation) else {
                        return Stop::Here;
                    };
                    self.work_for(visit, site.row, time);
                    visit.pc + 1
                }
                Op::Delay { time } => {
                    let end = visit.at + Span(self.sample_at(errand, time, site.operation));
                    if visit.served_throughout {
                        self.recorder.area(site.row, Area::Blocked, visit.at, end);
                    }
                    visit.at = end;
                    visit.pc + 1
                }
                Op::Place { partition } => {
                    if self.model.partitions[partition as usize].guarded
                        && let Some(stop) =
                            self.reach_light(visit, Class::Arrival, site.node, caller_pc)
                    {
                        return stop;
                    }
                    let word = |of| {
                        let place = address(errand.hop, purpose::PICK, site.operation, of);
                        draw(errand.key, place)
                    };
                    visit.instance = self.placed_simply(partition, site.node, errand.item, word);
                    visit.pc + 1
                }
                Op::Admit { admission } => {
                    if let Some(stop) = self.admit_light(visit, site, admission, caller_pc) {
                        return stop;
                    }
                    visit.pc + 1
                }
                Op::LookUpFixed { below, miss } => {
                    let hit = coin(errand, site.operation) < below;
                    let counts = LookUps {
                        hits: u64::from(hit),
                        misses: u64::from(!hit),
                        ..LookUps::default()
                    };
                    self.recorder.look_ups(site.row, visit.entered, counts);
                    visit.missed = u32::from(!hit);
                    if hit { visit.pc + 1 } else { miss }
                }
                Op::LookUp {
                    cache,
                    miss,
                    join: false,
                } => {
                    let stop = self.reach_light(visit, Class::Arrival, site.node, caller_pc);
                    if let Some(stop) = stop {
                        return stop;
                    }
                    let whose = (site.row, visit.entered);
                    if self.look_one_up(cache, whose, visit.instance, (errand.item, visit.at)) {
                        visit.pc + 1
                    } else {
                        visit.missed = 1;
                        miss
                    }
                }
                Op::Coin { below, target } => {
                    if coin(errand, site.operation) < below {
                        target
                    } else {
                        visit.pc + 1
                    }
                }
                Op::Missed => {
                    visit.misses = true;
                    visit.pc + 1
                }
                Op::PushCount if visit.missed <= 1 => {
                    visit.pushed += 1;
                    visit.pc + 1
                }
                Op::PopCount if visit.pushed > 0 => {
                    visit.pushed -= 1;
                    visit.pc + 1
                }
                Op::Split { split } => {
                    let place = address(errand.hop, purpose::SPLIT, site.operation, 0);
                    self.branch_at(visit.pc, split, draw(errand.key, place))
                }
                Op::Jump { target } => target,
                Op::Leave {
                    outcome: Outcome::Completed,
                } if visit.is_free() => return self.answer_light(errand, visit, lane),
                _ => return Stop::Here,
            };
            let comes_by_again = next <= visit.pc;
            visit.pc = next;
            if comes_by_again {
                return Stop::Here;
            }
        }
    }

    /// Ends a light visit that has completed, if its answer comes in time.
    #[inline(always)]
    fn answer_light(&self, errand: &Errand, visit: &Light, lane: &Lane) -> Stop {
        let (key, hop, ordinal) = (errand.key, errand.hop, errand.ordinal);
        let answers = visit.at + self.time_on(lane, key, hop, purpose::REPLY_LATENCY, ordinal);
        if answers.0 > visit.reply_by {
            return Stop::Here;
        }
        Stop::Answered(answers)
    }

    /// Serves a light visit, if its station tells beforehand when it will be done.
    #[inline(always)]
    fn serve_light(
        &mut self,
        (errand, visit): (&Errand, &mut Light),
        site: &Instruction,
        (group, work): (u32, u32),
        caller_pc: u32,
    ) -> Option<Stop> {
        match self.work_light(errand, work, site.operation) {
            Some(service) => self.serve_for(visit, site, (group, service), caller_pc),
            None => Some(Stop::Here),
        }
    }

    /// The same, where it is known how long that takes.
    #[inline(always)]
    pub(super) fn serve_for(
        &mut self,
        visit: &mut Light,
        site: &Instruction,
        (group, service): (u32, u64),
        caller_pc: u32,
    ) -> Option<Stop> {
        let simple = &self.tables.simple_stations[group as usize];
        let t = visit.at;
        if !simple.is_one() || simple.is_split && visit.instance == NO_INSTANCE {
            return Some(Stop::Here);
        }
        let stop = self.reach_light(visit, Class::Arrival, site.node, caller_pc);
        if stop.is_some() {
            return stop;
        }
        let latest = if visit.strict {
            SimTime(visit.reply_by)
        } else {
            SimTime::NEVER
        };
        match self.plan_simply(simple, (site.row, visit.instance), (t, latest), service) {
            Arrival::Served { start, done } => {
                visit.waited += start.since(t).0;
                visit.served += service;
                visit.at = done;
                None
            }
            Arrival::Full => Some(Stop::Full(simple.when_full)),
            Arrival::TooLate => {
                let leaves = latest.max(t);
                visit.waited += leaves.since(t).0;
                Some(Stop::TooLate(leaves))
            }
        }
    }

    /// Lets a light visit come to a shared operation: `None` if it is there, and may run it now.
    #[inline(always)]
    pub(super) fn reach_light(
        &mut self,
        visit: &mut Light,
        class: Class,
        node: u32,
        caller_pc: u32,
    ) -> Option<Stop> {
        let t = visit.at;
        if visit.reply_by < t.0 || visit.until <= t.0 {
            return Some(Stop::Here);
        }
        if !(t == self.now && class <= self.class && node == self.node) {
            let order = self.next_order(class, node);
            self.time_light(visit, caller_pc);
            if !self.is_next(t, order, node) {
                return Some(Stop::Waits(order));
            }
        }
        self.events += 1;
        None
    }

    /// Gives the time-out of a light visit, called by the operation at `caller_pc`, its place in
    /// the order, if it has none yet.
    #[inline(always)]
    pub(super) fn time_light(&mut self, visit: &mut Light, caller_pc: u32) {
        if visit.reply_by != u64::MAX && visit.timer == 0 {
            let node = self.tables.code[caller_pc as usize].node;
            visit.timer = self.next_order(Class::Timer, node);
        }
    }

    /// Lets a light visit pass an admission that is one bucket, if it has a token.
    #[inline(always)]
    fn admit_light(
        &mut self,
        visit: &mut Light,
        site: &Instruction,
        admission: u32,
        caller_pc: u32,
    ) -> Option<Stop> {
        let bucket = self.tables.single_tolls[admission as usize];
        if bucket == NONE {
            return Some(Stop::Here);
        }
        let stop = self.reach_light(visit, Class::Arrival, site.node, caller_pc);
        if stop.is_some() {
            return stop;
        }
        let paid = self.buckets[bucket as usize].admit(visit.at, ONE_TOKEN);
        if !paid {
            // The general way refuses it.
            self.events -= 1;
            return Some(Stop::Here);
        }
        None
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

    /// Returns what work takes of a light visit, which is about one item; `None`: that depends on
    /// the item's size.
    #[inline(always)]
    fn work_light(&self, errand: &Errand, work: u32, operation: u16) -> Option<u64> {
        let plain = self.tables.plain_works[work as usize];
        if plain == NONE {
            let by_size = self.model.works[work as usize].per_byte != 0.0;
            return (!by_size).then(|| self.work_of_size(errand, work, operation, 0));
        }
        Some(self.sample_at(errand, plain, operation))
    }

    /// Returns what work takes of a visit to one item of this size (`composed_work`).
    #[inline(never)]
    pub(super) fn work_of_size(
        &self,
        errand: &Errand,
        work: u32,
        operation: u16,
        bytes: u64,
    ) -> u64 {
        let work = &self.model.works[work as usize];
        let base = if work.base == NONE {
            0
        } else {
            self.sample_at(errand, work.base, operation)
        };
        if super::step::is_plain(work) {
            return base;
        }
        (base as f64 * work.scale + bytes as f64 * work.per_byte + 0.5) as u64
    }

    /// Lets time pass in which a light visit is worked for.
    #[inline(always)]
    pub(super) fn work_for(&mut self, visit: &mut Light, row: u32, time: u64) {
        let end = visit.at + Span(time);
        if !visit.served_throughout {
            self.recorder.worked(row, visit.at, end);
            visit.served += time;
        }
        visit.at = end;
    }

    /// Draws the value of a sampler for an operation of a light visit.
    #[inline(always)]
    fn sample_at(&self, errand: &Errand, sampler: u32, operation: u16) -> u64 {
        self.service_of((errand.key, errand.hop, errand.ordinal), sampler, operation)
    }

    /// Draws what an operation takes of a visit with these key, hop and ordinal.
    #[inline(always)]
    pub(super) fn service_of(
        &self,
        (key, hop, ordinal): (u64, u32, u64),
        sampler: u32,
        operation: u16,
    ) -> u64 {
        let ordinal = if self.model.needs_ordinal { ordinal } else { 0 };
        let place = address(hop, purpose::SERVICE, operation, 0);
        self.model.samplers[sampler as usize].sample_inlined(key, place, ordinal)
    }
}

/// Draws the word of a coin for an operation of a light visit.
#[inline(always)]
fn coin(errand: &Errand, operation: u16) -> u32 {
    let place = address(errand.hop, purpose::COIN, operation, 0);
    (draw(errand.key, place) >> 32) as u32
}

/// A station of its node's own servers that tells beforehand when a visit will be done.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SimpleStation {
    /// `NONE`: there is none.
    station: u32,
    /// Where its waiting line counts.
    node: u32,
    waiting_limit: u32,
    pub(super) when_full: Outcome,
    /// Whether there is one for each copy or partition.
    is_split: bool,
    instances: u32,
}

impl SimpleStation {
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
    fn of_instance(&self, instance: u16) -> u32 {
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
        when_full: group.when_full,
        is_split: group.instances > 1,
        instances: group.instances,
    };
    (0..).zip(&model.groups).map(station).collect()
}

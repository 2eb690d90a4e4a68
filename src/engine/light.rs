//! Light visits: visits that have no slot, as long as nothing makes them wait.
//!
//! A plain call to a node that only takes time runs through at once: its station knows
//! when it is done, what it draws depends on addresses, and its answer is known to be in time.
//! Such a visit is a handful of numbers. It gets a slot when something is to happen to it
//! by an event, or at an operation that is not simple; from there it goes on like any other.
//! The draws, the orders and the counts are those of the general way.
//!
//! Not here: callers, which have a slot, or wait on a journey (`journey`); at which stations it
//! is served (`simple`).

use super::event::Class;
use super::replication::Replication;
use super::tables::{Instruction, Tables};
use super::visit::NO_INSTANCE;
use super::visiting::{Single, Visiting};
use crate::mechanism::token_bucket::ONE_TOKEN;
use crate::metrics::recorder::{Area, LookUps};
use crate::model::{NONE, Op, Outcome};
use crate::random::{address, draw, purpose};
use crate::units::{SimTime, Span};
use crate::workload::UNDRAWN;

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
    /// What the operation takes with which it begins; `UNDRAWN`: that is to be drawn.
    pub(super) first: u64,
}

impl Errand {
    /// What stands where none is.
    pub(super) const NONE: Errand = Errand {
        key: 0,
        ordinal: 0,
        item: 0,
        hop: 0,
        salt: 0,
        first: UNDRAWN,
    };
}

/// A visit without a slot.
#[derive(Clone, Copy, Debug)]
pub(super) struct Light {
    pub(super) pc: u32,
    /// Whether it has entered its node.
    pub(super) enters: bool,
    /// Its local time.
    pub(super) at: SimTime,
    pub(super) entered: SimTime,
    pub(super) waited: u64,
    pub(super) served: u64,
    /// Whether its last look-up, or that of whom it called last, was a miss.
    pub(super) missed: bool,
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
    /// Whether it, or one of those that wait for it, has a deadline.
    pub(super) hurried: bool,
    /// Counts that it has put aside, all of them 1.
    pub(super) pushed: u8,
}

impl Light {
    /// What stands where none is.
    pub(super) const NONE: Light = Light {
        pc: 0,
        enters: false,
        at: SimTime::ZERO,
        entered: SimTime::ZERO,
        waited: 0,
        served: 0,
        missed: false,
        misses: false,
        route: NONE,
        instance: NO_INSTANCE,
        holds: NONE,
        since: SimTime::ZERO,
        keeps: NONE,
        served_throughout: false,
        hurried: false,
        pushed: 0,
    };

    /// Whether it holds nothing that it has to give back.
    #[inline(always)]
    pub(super) fn is_free(&self) -> bool {
        self.holds & self.keeps == NONE
    }

    /// Holds a server of a line station from now on.
    #[inline(always)]
    pub(super) fn hold(&mut self, station: u32) {
        self.holds = station;
        self.served_throughout = true;
        self.since = self.at;
    }

    /// Returns how many items of its answer were missed.
    pub(super) fn missed_items(&self) -> u32 {
        u32::from(self.misses)
    }
}

// One cache line.
const _: () = assert!(size_of::<Light>() <= 64);

/// The deadlines of a visit.
#[derive(Clone, Copy, Debug)]
pub(super) struct Due {
    /// Of its own attempt [ns].
    pub(super) reply_by: u64,
    /// When one of those that wait for it may give up [ns] (only on journeys).
    pub(super) until: u64,
    /// Order of its time-out among events; 0 until it is needed.
    pub(super) timer: u64,
}

impl Due {
    /// No deadlines.
    pub(super) const NONE: Due = Due {
        reply_by: u64::MAX,
        until: u64::MAX,
        timer: 0,
    };

    /// Whether there are any.
    #[inline(always)]
    pub(super) fn is_some(&self) -> bool {
        self.reply_by & self.until != u64::MAX
    }
}

/// Why a light visit does not go on as one.
///
/// Whatever is told with a reason is 64 bits wide, so that both come back in registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// It has completed; its answer arrives then.
    Answered(SimTime),
    /// At an operation that needs a slot.
    Here,
    /// It goes on by an event of this order.
    Waits(u64),
    /// Its station has no place to wait (`Replication::refusal_at`).
    Full,
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
    /// Runs a light visit until it has ended or needs a slot.
    #[inline(always)]
    pub(super) fn run_light(&mut self, mut visit: Single<'_>) -> Stop {
        let tables = self.tables;
        loop {
            let light = &*visit.light;
            if self.is_beyond(light.at) {
                return Stop::Here;
            }
            let pc = light.pc;
            let site = &tables.code[pc as usize];
            if let Some(stop) = self.do_light(&mut visit, site) {
                return stop;
            }
            let next = visit.light.pc;
            if next <= pc && !self.leaves_at(next) {
                return Stop::Here;
            }
        }
    }

    /// Whether a visit that is led back to an operation leaves there, so that it does not come by
    /// it again and again.
    #[inline(always)]
    pub(super) fn leaves_at(&self, pc: u32) -> bool {
        matches!(self.tables.code[pc as usize].op, Op::Leave { .. })
    }

    /// Whether local time has come to the horizon, or to a global event, which it never passes.
    #[inline(always)]
    pub(super) fn is_beyond(&self, at: SimTime) -> bool {
        at >= self.barrier && self.is_not_now(at)
    }

    /// Apart, so that nothing is compared where that is known already.
    #[cold]
    #[inline(never)]
    fn is_not_now(&self, at: SimTime) -> bool {
        at != self.now
    }

    /// Does what a visit without a slot does by itself: `None` if it goes on as one.
    ///
    /// What is seldom done stands apart, and is done with copies: whatever is passed on by
    /// reference would lie in memory from the start.
    #[allow(
        clippy::wildcard_enum_match_arm,
        reason = "every other operation needs a slot"
    )]
    #[inline(always)]
    pub(super) fn do_light(
        &mut self,
        visit: &mut impl Visiting,
        site: &Instruction,
    ) -> Option<Stop> {
        let tables = self.tables;
        let pc = visit.light().pc;
        match site.op {
            Op::Serve { group, work } => {
                let stop = self.serve_light(visit, site, (group, work));
                if stop.is_some() {
                    return stop;
                }
                let stop = self.complete_light(visit, site);
                if stop.is_some() {
                    return stop;
                }
            }
            Op::Work { work } => {
                let Some(time) = self.work_light(visit, work, site.operation) else {
                    return Some(Stop::Here);
                };
                self.work_for(visit.light_mut(), site.row, time);
            }
            Op::Delay { time } => {
                let took = Span(self.sample_at(visit, time, site.operation));
                let light = visit.light_mut();
                let end = light.at + took;
                if light.served_throughout {
                    self.recorder.area(site.row, Area::Blocked, light.at, end);
                }
                light.at = end;
            }
            Op::Place { partition } => {
                let rule = &self.model.partitions[partition as usize];
                if rule.is_fixed() {
                    let word = |of| pick(visit, tables, site.operation, of);
                    let placed = self.placed_simply(rule, site.node, visit.item(), word);
                    visit.light_mut().instance = placed;
                } else {
                    let (mut copy, caller_pc) = (visit.copied(tables), visit.caller_pc(tables));
                    let stop = self.place_light(copy.over(None, caller_pc), site, partition);
                    visit.become_copy(&copy);
                    if stop.is_some() {
                        return stop;
                    }
                }
            }
            Op::Admit { admission } => {
                let stop = self.admit_light(visit, site, admission);
                if stop.is_some() {
                    return stop;
                }
            }
            Op::LookUpFixed { below, miss } => {
                let hit = coin(visit, tables, site.operation) < below;
                let counts = LookUps {
                    hits: u64::from(hit),
                    misses: u64::from(!hit),
                    ..LookUps::default()
                };
                let light = visit.light_mut();
                self.recorder.look_ups(site.row, light.entered, counts);
                light.missed = !hit;
                if !hit {
                    self.lead_to(light, miss);
                    return None;
                }
                let stop = self.complete_light(visit, site);
                if stop.is_some() {
                    return stop;
                }
            }
            Op::LookUp {
                cache,
                miss,
                join: false,
            } => {
                let (mut copy, caller_pc) = (visit.copied(tables), visit.caller_pc(tables));
                let looking = copy.over(None, caller_pc);
                let stop = self.look_up_light(looking, site, (cache, miss));
                visit.become_copy(&copy);
                return stop;
            }
            Op::Coin { below, target } => {
                if coin(visit, tables, site.operation) < below {
                    visit.light_mut().pc = target;
                    return None;
                }
            }
            Op::Missed => visit.light_mut().misses = true,
            Op::PushCount => visit.light_mut().pushed += 1,
            Op::PopCount if visit.light().pushed > 0 => visit.light_mut().pushed -= 1,
            Op::Split { split } => {
                let place = address(visit.hop(tables), purpose::SPLIT, site.operation, 0);
                let next = self.branch_at(pc, split, draw(visit.key(), place));
                self.lead_to(visit.light_mut(), next);
                return None;
            }
            Op::Jump { target } => {
                visit.light_mut().pc = target;
                return None;
            }
            Op::Leave {
                outcome: Outcome::Completed,
            } if visit.light().is_free() => return Some(self.answer_light(visit)),
            _ => return Some(Stop::Here),
        }
        visit.light_mut().pc = site.next;
        None
    }

    /// Lets a visit to one item go on at an operation; one that is nothing to it is passed.
    #[allow(
        clippy::wildcard_enum_match_arm,
        reason = "every other operation is something to it"
    )]
    #[inline(always)]
    pub(super) fn lead_to(&self, light: &mut Light, pc: u32) {
        light.pc = pc;
        let site = &self.tables.code[pc as usize];
        if site.is_passed() {
            match site.op {
                Op::PushCount => light.pushed += 1,
                Op::PopCount if light.pushed > 0 => light.pushed -= 1,
                Op::Jump { .. } => {}
                _ => return,
            }
            light.pc = site.next;
        }
    }

    /// Ends a light visit that completes after an operation, if nothing is to be done before that.
    #[inline(always)]
    pub(super) fn complete_light(
        &self,
        visit: &mut impl Visiting,
        site: &Instruction,
    ) -> Option<Stop> {
        let light = visit.light();
        if !site.completes() || light.at >= self.barrier || !light.is_free() {
            return None;
        }
        visit.light_mut().pc = site.next;
        Some(self.answer_light(visit))
    }

    /// Ends a light visit that has completed, if its answer comes in time.
    #[inline(always)]
    fn answer_light(&self, visit: &impl Visiting) -> Stop {
        // Nobody waits for a strand.
        let Some(lane) = visit.lane(self.tables) else {
            return Stop::Here;
        };
        let (key, ordinal, light) = (visit.key(), visit.ordinal(), visit.light());
        let hop = visit.hop(self.tables);
        let answers = light.at + self.time_on(lane, key, hop, purpose::REPLY_LATENCY, ordinal);
        if light.hurried && answers.0 > visit.due().reply_by {
            return Stop::Here;
        }
        Stop::Answered(answers)
    }

    /// Lets a light visit come to a shared operation: `None` if it is there, and may run it now.
    #[inline(always)]
    pub(super) fn reach_light(
        &mut self,
        visit: &mut impl Visiting,
        class: Class,
        node: u32,
    ) -> Option<Stop> {
        let light = visit.light();
        let t = light.at;
        if light.hurried {
            let due = visit.due();
            if due.reply_by < t.0 || due.until <= t.0 {
                return Some(Stop::Here);
            }
        }
        if !(t == self.now && class <= self.class && node == self.node) {
            let order = self.next_order(class, node);
            self.time_light(visit);
            if !self.is_next(t, order, node) {
                return Some(Stop::Waits(order));
            }
        }
        self.events += 1;
        None
    }

    /// Gives the time-out of a light visit its place in the order, if it has none yet.
    #[inline(always)]
    pub(super) fn time_light(&mut self, visit: &mut impl Visiting) {
        if !visit.light().hurried {
            return;
        }
        let due = visit.due();
        if due.reply_by != u64::MAX && due.timer == 0 {
            let pc = visit.caller_pc(self.tables);
            let node = self.tables.code[pc as usize].node;
            visit.due_mut().timer = self.next_order(Class::Timer, node);
        }
    }

    /// Lets a light visit pass an admission that is one bucket, if it has a token.
    #[inline(always)]
    fn admit_light(
        &mut self,
        visit: &mut impl Visiting,
        site: &Instruction,
        admission: u32,
    ) -> Option<Stop> {
        let bucket = self.tables.single_tolls[admission as usize];
        if bucket == NONE {
            return Some(Stop::Here);
        }
        let stop = self.reach_light(visit, Class::Arrival, site.node);
        if stop.is_some() {
            return stop;
        }
        let paid = self.buckets[bucket as usize].admit(visit.light().at, ONE_TOKEN);
        if !paid {
            // The general way refuses it.
            self.events -= 1;
            return Some(Stop::Here);
        }
        None
    }

    /// Places a light visit where that depends on what came before.
    #[cold]
    #[inline(never)]
    fn place_light(
        &mut self,
        mut visit: Single<'_>,
        site: &Instruction,
        partition: u32,
    ) -> Option<Stop> {
        if self.model.partitions[partition as usize].guarded {
            let stop = self.reach_light(&mut visit, Class::Arrival, site.node);
            if stop.is_some() {
                return stop;
            }
        }
        let word = |of| pick(&visit, self.tables, site.operation, of);
        let placed = self.placed_now(partition, site.node, visit.item(), word);
        visit.light.instance = placed;
        None
    }

    /// Looks up what a light visit is about: `None` if it goes on as one.
    #[inline(never)]
    fn look_up_light(
        &mut self,
        mut visit: Single<'_>,
        site: &Instruction,
        (cache, miss): (u32, u32),
    ) -> Option<Stop> {
        let stop = self.reach_light(&mut visit, Class::Arrival, site.node);
        if stop.is_some() {
            return stop;
        }
        let light = visit.light;
        let whose = (site.row, light.entered);
        if self.look_one_up(cache, whose, light.instance, (visit.errand.item, light.at)) {
            light.pc = site.next;
        } else {
            light.missed = true;
            light.pc = miss;
        }
        None
    }

    /// Returns what work takes of a light visit, which is about one item; `None`: that depends on
    /// the item's size.
    #[inline(always)]
    fn work_light(&self, visit: &impl Visiting, work: u32, operation: u16) -> Option<u64> {
        let plain = self.tables.plain_works[work as usize];
        if plain == NONE {
            return self.composed_work_light(visit.errand(self.tables), work, operation);
        }
        Some(self.sample_at(visit, plain, operation))
    }

    /// The same, where it is composed.
    #[cold]
    #[inline(never)]
    pub(super) fn composed_work_light(
        &self,
        errand: Errand,
        work: u32,
        operation: u16,
    ) -> Option<u64> {
        let by_size = self.model.works[work as usize].per_byte != 0.0;
        (!by_size).then(|| self.work_of_size(&errand, work, operation, 0))
    }

    /// Returns what work takes of a visit to one item of this size (`composed_work`).
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
            let addressed = (errand.key, errand.hop, errand.ordinal);
            self.service_of(addressed, work.base, operation)
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
    pub(super) fn sample_at(&self, visit: &impl Visiting, sampler: u32, operation: u16) -> u64 {
        let addressed = (visit.key(), visit.hop(self.tables), visit.ordinal());
        self.service_of(addressed, sampler, operation)
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

/// Draws a word of a choice for an operation of a light visit.
#[inline(always)]
fn pick(visit: &impl Visiting, tables: &Tables, operation: u16, of: u8) -> u64 {
    let place = address(visit.hop(tables), purpose::PICK, operation, of);
    draw(visit.key(), place)
}

/// Draws the word of a coin for an operation of a light visit.
#[inline(always)]
fn coin(visit: &impl Visiting, tables: &Tables, operation: u16) -> u32 {
    let place = address(visit.hop(tables), purpose::COIN, operation, 0);
    (draw(visit.key(), place) >> 32) as u32
}

//! Light visits: visits that have no slot, as long as nothing makes them wait.
//!
//! A plain call to a node that only takes time runs through at once: its station knows
//! when it is done, what it draws depends on addresses, and its answer is known to be in time.
//! Such a visit is a handful of numbers. It gets a slot when something is to happen to it
//! by an event, or at an operation that is not simple; from there it goes on like any other.
//! The draws, the orders and the counts are those of the general way.
//!
//! Not here: callers, which have a slot, or a frame of a journey (`journey`); at which stations it
//! is served (`simple`).

use super::event::Class;
use super::lane::Lane;
use super::replication::Replication;
use super::tables::Instruction;
use super::visit::NO_INSTANCE;
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
    pub(super) reply_by: u64,
    pub(super) pc: u32,
    /// Whether it has entered its node.
    pub(super) enters: bool,
    /// Its local time.
    pub(super) at: SimTime,
    pub(super) entered: SimTime,
    pub(super) waited: u64,
    pub(super) served: u64,
    /// Order of its time-out among events; 0 until it is needed.
    pub(super) timer: u64,
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
        enters: false,
        at: SimTime::ZERO,
        entered: SimTime::ZERO,
        waited: 0,
        served: 0,
        timer: 0,
        missed: false,
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
        u32::from(self.misses)
    }
}

const _: () = assert!(size_of::<Light>() <= 88);

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
    /// Runs a light visit, called over a lane by the operation at `caller_pc`, until it has ended
    /// or needs a slot. Without a lane it is a strand, and ends otherwise.
    ///
    /// What is seldom done stands apart, and is done with copies: whatever is passed on by
    /// reference would lie in memory from the start.
    #[allow(
        clippy::wildcard_enum_match_arm,
        reason = "every other operation needs a slot"
    )]
    #[inline(always)]
    pub(super) fn run_light(
        &mut self,
        errand: &Errand,
        visit: &mut Light,
        lane: Option<&Lane>,
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
                        self.serve_light((errand, visit), site, (group, work), (lane, caller_pc))
                    {
                        return stop;
                    }
                    if site.completes
                        && visit.at < self.barrier
                        && visit.is_free()
                        && let Some(lane) = lane
                    {
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
                    let rule = &self.model.partitions[partition as usize];
                    if rule.is_fixed() {
                        let word = |of| pick(errand, site.operation, of);
                        let item = errand.item;
                        visit.instance = self.placed_simply(rule, site.node, item, word);
                    } else {
                        let mut placed = *visit;
                        let stop =
                            self.place_light((*errand, &mut placed), site, partition, caller_pc);
                        *visit = placed;
                        if let Some(stop) = stop {
                            return stop;
                        }
                    }
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
                    visit.missed = !hit;
                    if hit { visit.pc + 1 } else { miss }
                }
                Op::LookUp {
                    cache,
                    miss,
                    join: false,
                } => {
                    let mut looking = *visit;
                    let found =
                        self.look_up_light((*errand, &mut looking), site, (cache, miss), caller_pc);
                    *visit = looking;
                    match found {
                        Ok(next) => next,
                        Err(stop) => return stop,
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
                Op::PushCount => {
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
                } if visit.is_free()
                    && let Some(lane) = lane =>
                {
                    return self.answer_light(errand, visit, lane);
                }
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

    /// Places a light visit where that depends on what came before.
    #[inline(never)]
    fn place_light(
        &mut self,
        (errand, visit): (Errand, &mut Light),
        site: &Instruction,
        partition: u32,
        caller_pc: u32,
    ) -> Option<Stop> {
        if self.model.partitions[partition as usize].guarded {
            let stop = self.reach_light(visit, Class::Arrival, site.node, caller_pc);
            if stop.is_some() {
                return stop;
            }
        }
        let word = |of| pick(&errand, site.operation, of);
        visit.instance = self.placed_now(partition, site.node, errand.item, word);
        None
    }

    /// Looks up what a light visit is about; returns where it goes on.
    ///
    /// # Errors
    ///
    /// Why it does not, as a light one.
    #[inline(never)]
    fn look_up_light(
        &mut self,
        (errand, visit): (Errand, &mut Light),
        site: &Instruction,
        (cache, miss): (u32, u32),
        caller_pc: u32,
    ) -> Result<u32, Stop> {
        if let Some(stop) = self.reach_light(visit, Class::Arrival, site.node, caller_pc) {
            return Err(stop);
        }
        let whose = (site.row, visit.entered);
        if self.look_one_up(cache, whose, visit.instance, (errand.item, visit.at)) {
            return Ok(visit.pc + 1);
        }
        visit.missed = true;
        Ok(miss)
    }

    /// Returns what work takes of a light visit, which is about one item; `None`: that depends on
    /// the item's size.
    #[inline(always)]
    fn work_light(&self, errand: &Errand, work: u32, operation: u16) -> Option<u64> {
        let plain = self.tables.plain_works[work as usize];
        if plain == NONE {
            return self.composed_work_light(*errand, work, operation);
        }
        Some(self.sample_at(errand, plain, operation))
    }

    /// The same, where it is composed.
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
    pub(super) fn sample_at(&self, errand: &Errand, sampler: u32, operation: u16) -> u64 {
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

/// Draws a word of a choice for an operation of a light visit.
#[inline(always)]
fn pick(errand: &Errand, operation: u16, of: u8) -> u64 {
    let place = address(errand.hop, purpose::PICK, operation, of);
    draw(errand.key, place)
}

/// Draws the word of a coin for an operation of a light visit.
#[inline(always)]
fn coin(errand: &Errand, operation: u16) -> u32 {
    let place = address(errand.hop, purpose::COIN, operation, 0);
    (draw(errand.key, place) >> 32) as u32
}

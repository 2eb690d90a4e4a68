//! Lanes: calls of which nothing goes wrong, by the shortest way.
//!
//! Most calls are one attempt over a route that nobody else keeps count of, and one
//! answer in time. What such a call needs of its route lies in one cache line, and it
//! does, in two pieces, what `call` does in general: the same draws, the same
//! orders, the same counts. Whatever does not fit goes the general way, before
//! anything was changed.
//!
//! Not here: strands, hedges, breakers, budgets, lost messages, bad outcomes (`call`).

use super::call::Next;
use super::event::{Class, What};
use super::light::{Caller, Due, Errand, Light, Stop, may_begin};
use super::replication::Replication;
use super::visit::{NO_INSTANCE, Visit, flag};
use super::visiting::Sent;
use crate::metrics::day_book::{Stay, first_accounts};
use crate::model::{CountFrom, INHERITED, Model, NONE, OnRoom, Outcome};
use crate::random::{address, mix32, purpose};
use crate::units::{SimTime, Span};
use crate::workload::UNDRAWN;

/// What a call over a route needs of it.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
pub(crate) struct Lane {
    /// Time on the way, each way [ns]; where it is drawn, `latency` says from what.
    delay: u64,
    /// Time-out of an attempt [ns]; `u64::MAX` is none.
    pub(super) timeout: u64,
    latency: u32,
    /// First operation of its visits.
    pub(super) entry: u32,
    pub(super) link: u32,
    /// Of the row and the operation (see `first_accounts`).
    pub(super) account: u32,
    /// Addresses draws below a caller without a salt.
    pub(super) hop: u32,
    site: u32,
    /// Node of the callee.
    pub(super) node: u32,
    pub(super) on_miss: u32,
    bytes: u32,
    /// Whether the link alone connects its ends.
    pub(super) free: bool,
    pub(super) cuttable: bool,
    pub(super) again: bool,
    /// Whether it is about as many items as its caller.
    inherits: bool,
    pub(super) deadline: bool,
    /// Whether a request on a journey may go on over it.
    pub(super) travels: bool,
    /// The same, and nothing but an answer comes back, in its own time.
    pub(super) onward: bool,
    fits: Fits,
    priority: u8,
}

const _: () = assert!(size_of::<Lane>() == 64);

/// How far the calls over a route fit a lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fits {
    /// Not at all: somebody beside the caller keeps count of them.
    Shared,
    /// Not at all, for other reasons.
    Not,
    /// They may take it.
    Plain,
    /// And their visits may begin without a slot.
    Light,
}

/// Makes the lanes of a model, one a route.
pub(crate) fn lanes(model: &Model, is_shared: &[bool], is_free: &[bool]) -> Vec<Lane> {
    // Pages of a fan-out are handed on from visit to visit.
    let pages = !model.fan_out_steps.is_empty() || !model.gathers.is_empty();
    // What is said twice is known by where it came from, which the general way hands on.
    let remembers = !model.memories.is_empty();
    let accounts = first_accounts(model);
    (model.routes.iter().zip(is_shared).zip(is_free))
        .map(|((route, &shared), &free)| {
            let sampler = model.samplers.get(route.latency as usize);
            let constant = sampler.map_or(Some(0), |sampler| sampler.constant());
            let row = model.sites[route.entry as usize].row;
            let plain = !pages
                && !remembers
                && !route.strand
                && !route.cancel
                && !route.same_copy
                && route.loss == 0
                && route.way == NONE
                && route.key == NONE
                && route.on_room == OnRoom::Nobody
                && !matches!(route.count, CountFrom::Drawn(_));
            let fits = if shared {
                Fits::Shared
            } else if !plain {
                Fits::Not
            } else if may_begin(model.ops[route.entry as usize]) {
                Fits::Light
            } else {
                Fits::Plain
            };
            let travels = fits >= Fits::Plain && !route.again && (free || !route.cuttable);
            let onward = fits == Fits::Light
                && free
                && route.timeout == Span::MAX
                && !route.deadline
                && !route.again
                && route.on_miss == NONE;
            Lane {
                delay: constant.unwrap_or(0),
                timeout: route.timeout.0,
                latency: if constant.is_some() {
                    NONE
                } else {
                    route.latency
                },
                entry: route.entry,
                link: route.link,
                hop: mix32(route.site, 0),
                site: route.site,
                account: accounts[row as usize] + route.op.wrapping_add(1),
                node: model.rows[row as usize].node,
                on_miss: route.on_miss,
                bytes: route.bytes,
                free,
                cuttable: route.cuttable,
                again: route.again,
                inherits: route.count == CountFrom::Inherited,
                deadline: route.deadline,
                travels,
                onward,
                fits,
                priority: route.priority,
            }
        })
        .collect()
}

/// Returns the instance of a visit to a chosen copy, or none.
fn instance_of(copy: u32) -> u16 {
    if copy == NONE {
        NO_INSTANCE
    } else {
        copy as u16
    }
}

/// Who hears of a visit that has ended.
#[derive(Clone, Copy, Debug)]
enum Heard {
    /// Nobody, or not yet.
    Nobody,
    /// This caller, at that time.
    By(u32, SimTime),
    /// The same, and it does nothing more than to complete.
    Last(u32, SimTime),
}

/// Returns what is recorded of a visit that has completed without a slot.
#[inline(always)]
pub(super) fn stay_of(light: &Light, item: u32) -> Stay {
    Stay {
        entered: light.entered,
        left: light.at,
        waited: light.waited,
        served: light.served,
        instance: light.instance,
        item,
    }
}

/// Returns the flags of the visit that a call over a lane makes.
#[inline(always)]
pub(super) fn flags_of(light: &Light, lane: &Lane) -> u16 {
    let mut flags = flag::LIVE;
    if lane.deadline {
        flags |= flag::DEADLINE;
    }
    if !light.enters {
        flags |= flag::FRESH;
    }
    if light.misses {
        flags |= flag::MISS;
    }
    flags
}

impl Lane {
    /// Whether a call may take the lane, as far as its route is concerned.
    #[inline(always)]
    pub(super) fn is_plain(&self) -> bool {
        self.fits >= Fits::Plain
    }

    /// Returns the priority of a visit over it, by that of its caller.
    #[inline(always)]
    pub(super) fn priority_below(&self, callers: u8) -> u8 {
        if self.priority == u8::MAX {
            callers
        } else {
            self.priority
        }
    }

    /// Whether a visit over it may begin without a slot.
    #[inline(always)]
    pub(super) fn is_light(&self) -> bool {
        self.fits == Fits::Light
    }
}

impl Replication<'_> {
    /// Opens a call over a plain route; the step goes on in its only attempt.
    #[inline(never)]
    pub(super) fn call_plain(&mut self, slot: u32, t: SimTime, route: u32, copy: u32) -> Next {
        let lane = &self.tables.lanes[route as usize];
        let parent = &self.visits[slot];
        let caller = Caller {
            key: parent.key,
            ordinal: parent.ordinal,
            reply_by: parent.reply_by,
            salt: parent.salt,
            pc: parent.pc,
            item: parent.item,
            simple: (parent.count == 1 || !lane.inherits)
                && !parent.is_used()
                && parent.flags & flag::TRY == 0,
        };
        if caller.reply_by != u64::MAX {
            self.arm(slot);
        }
        self.recorder.call_begins(lane.link, t);
        let mut sent = self.set_out(lane, &caller, t);
        sent.light.instance = instance_of(copy);
        if !(sent.light.enters && lane.is_light() && caller.simple) {
            return self.start_child(slot, (route, copy, t), &sent, Stop::Here);
        }
        let stop = self.run_light(sent.over(Some(lane), caller.pc));
        if let Stop::Answered(answers) = stop {
            self.record_light(lane, &sent);
            let caller = &mut self.visits[slot];
            caller.began = t.0;
            caller.live = 1;
            if self.answer(lane, slot, answers, sent.light.missed_items(), 0)
                && answers < self.barrier
                && let Some(next) = self.complete(slot, answers)
            {
                return next;
            }
            return Some((slot, answers));
        }
        self.start_child(slot, (route, copy, t), &sent, stop)
    }

    /// Makes the attempt of a plain call.
    #[inline(always)]
    pub(super) fn set_out(&self, lane: &Lane, caller: &Caller, t: SimTime) -> Sent {
        // A call that comes by again must not draw the same.
        let salt = if lane.again {
            mix32(caller.salt, lane.site)
        } else {
            caller.salt
        };
        let hop = if salt == 0 {
            lane.hop
        } else {
            mix32(lane.site, salt)
        };
        let mut reply_by = t.0.saturating_add(lane.timeout);
        if lane.deadline {
            reply_by = reply_by.min(caller.reply_by);
        }
        let (key, ordinal) = (caller.key, caller.ordinal);
        let arrives = t + self.time_on(lane, key, hop, purpose::LATENCY, ordinal);
        // It enters when its event runs; without one, now.
        let enters = !lane.cuttable && !self.globals.active && arrives < self.barrier;
        let errand = Errand {
            key,
            ordinal,
            item: caller.item,
            hop,
            salt,
            first: UNDRAWN,
        };
        let due = Due {
            reply_by,
            ..Due::NONE
        };
        let light = Light {
            hurried: due.is_some(),
            pc: lane.entry,
            enters,
            at: arrives,
            entered: if enters { arrives } else { t },
            ..Light::NONE
        };
        Sent { errand, light, due }
    }

    /// Records a visit that has completed without a slot.
    #[inline(always)]
    pub(super) fn record_light(&mut self, lane: &Lane, sent: &Sent) {
        self.passing = 0;
        self.recorder
            .leave_completed(lane.account, &stay_of(&sent.light, sent.errand.item));
    }

    /// Returns the size of an item that is sent over a lane; `None`: that of its caller.
    #[inline(always)]
    pub(super) fn item_bytes(&self, lane: &Lane, errand: &Errand) -> Option<u64> {
        match lane.bytes {
            INHERITED => None,
            NONE => Some(1024),
            sampler => {
                let place = address(errand.hop, purpose::BYTES, 0, 0);
                let sampler = &self.model.samplers[sampler as usize];
                Some(sampler.sample(errand.key, place, errand.ordinal))
            }
        }
    }

    /// Gives the only attempt of a plain call a slot.
    #[inline(always)]
    pub(super) fn seat(
        &mut self,
        slot: u32,
        (route, copy, t): (u32, u32, SimTime),
        sent: &Sent,
    ) -> u32 {
        let Sent { errand, light, due } = sent;
        let lane = &self.tables.lanes[route as usize];
        let parent = &mut self.visits[slot];
        parent.open_call(route, t, copy);
        parent.attempts = 1;
        parent.live = 1;
        let &mut Visit {
            bytes: parents_bytes,
            items: parents_items,
            request,
            item,
            generation: parents_generation,
            priority: parents_priority,
            count,
            ..
        } = parent;
        let used = parent.is_used();
        let items = if lane.inherits { count } else { 1 };
        let bytes = match self.item_bytes(lane, errand) {
            Some(one) => one.saturating_mul(u64::from(items)),
            None if parents_items.max(1) | items == 1 => parents_bytes,
            None => parents_bytes / u64::from(parents_items.max(1)) * u64::from(items),
        };
        let flags = flags_of(light, lane);
        let (child, visit) = self.visits.start();
        visit.key = errand.key;
        visit.entered = light.entered.0;
        visit.reply_by = due.reply_by;
        visit.item = item;
        visit.request = request;
        visit.caller = slot;
        visit.caller_generation = parents_generation;
        visit.hop = errand.hop;
        visit.salt = errand.salt;
        visit.pc = light.pc;
        visit.instance = light.instance;
        visit.flags = flags;
        visit.waited = light.waited;
        visit.served = light.served;
        visit.timer = due.timer;
        visit.missed = u32::from(light.missed);
        visit.ordinal = errand.ordinal;
        visit.items = items;
        visit.count = items;
        visit.bytes = bytes;
        visit.via = route;
        visit.priority = lane.priority_below(parents_priority);
        if light.pushed != 0 {
            self.visits.rare_mut(child).depth = light.pushed;
        }
        if used {
            let observed = self.visits.rare(slot).observed;
            self.visits.set_observed(child, observed);
        }
        child
    }

    /// Gives the attempt of a plain call a slot; the step goes on there, if it may.
    #[inline(always)]
    pub(super) fn start_child(
        &mut self,
        slot: u32,
        (route, copy, t): (u32, u32, SimTime),
        sent: &Sent,
        stop: Stop,
    ) -> Next {
        let lane = &self.tables.lanes[route as usize];
        let parents_pc = self.visits[slot].pc;
        let child = self.seat(slot, (route, copy, t), sent);
        let generation = self.visits[child].generation;
        let at = sent.light.at;
        if !lane.cuttable {
            match stop {
                Stop::Waits(order) => self.push(at, order, child, What::Resume, generation),
                Stop::Full => self.leave_now(child, at, self.refusal_at(sent.light.pc)),
                Stop::TooLate(leaves) => self.leave_at(child, leaves, Outcome::TimedOut),
                Stop::Here | Stop::Answered(_) => return Some((child, at)),
            }
            return None;
        }
        if !lane.free {
            return self.cross(child, at, route).then_some((child, at));
        }
        let order = self.next_order(Class::Arrival, self.tables.code[parents_pc as usize].node);
        if sent.due.reply_by != u64::MAX {
            self.arm_by(child, at, sent.due.reply_by);
        }
        if self.is_elsewhere(lane.node) {
            self.send_call(child, at, order);
            return None;
        }
        if self.is_next(at, order, lane.node) {
            return Some((child, at));
        }
        self.push(at, order, child, What::Resume, generation);
        None
    }

    /// Returns how long something is on its way over a lane.
    #[inline(always)]
    pub(super) fn time_on(
        &self,
        lane: &Lane,
        key: u64,
        hop: u32,
        purpose: u8,
        ordinal: u64,
    ) -> Span {
        if lane.latency == NONE {
            return Span(lane.delay);
        }
        let place = address(hop, purpose, 0, 0);
        Span(self.model.samplers[lane.latency as usize].sample(key, place, ordinal))
    }

    /// Ends a visit that has completed, and after it every caller that only hands the answer
    /// on; says where the step goes on. Changes nothing and returns `None` if the visit ends
    /// in no such way.
    #[inline(never)]
    pub(super) fn complete(&mut self, mut slot: u32, mut t: SimTime) -> Option<Next> {
        let mut next = None;
        loop {
            match self.end_plainly(slot, t) {
                None => return next,
                Some(Heard::Nobody) => return Some(None),
                Some(Heard::By(caller, at)) => return Some(Some((caller, at))),
                Some(Heard::Last(caller, at)) => {
                    next = Some(Some((caller, at)));
                    if at >= self.barrier {
                        return next;
                    }
                    (slot, t) = (caller, at);
                }
            }
        }
    }

    /// Ends a visit that has completed, if its answer comes in time over a plain route and
    /// nothing else is to be done; else changes nothing and returns `None`.
    #[inline(always)]
    fn end_plainly(&mut self, slot: u32, t: SimTime) -> Option<Heard> {
        const ODD: u16 = flag::STRAND
            | flag::DETACHED
            | flag::ABANDONED
            | flag::HEDGE
            | flag::DELIVERY
            | flag::FRESH
            | flag::TRY
            | flag::BRANCH;
        let visit = &self.visits[slot];
        if visit.holds != NONE || self.follows(slot) {
            return None;
        }
        if visit.flags & flag::ROOT != 0 {
            self.passing = 0;
            self.leave_system(slot, t, Outcome::Completed);
            return Some(Heard::Nobody);
        }
        if visit.flags & ODD != 0 || visit.caller == NONE {
            return None;
        }
        let caller = &self.visits[visit.caller];
        let lane = &self.tables.lanes[visit.via as usize];
        if !lane.is_plain()
            || lane.cuttable && !lane.free
            || caller.generation != visit.caller_generation
            || caller.flags & flag::TRY != 0
        {
            return None;
        }
        let (key, hop, ordinal) = (visit.key, visit.hop, visit.ordinal);
        let arrives = t + self.time_on(lane, key, hop, purpose::REPLY_LATENCY, ordinal);
        if arrives.0 > visit.reply_by {
            return None;
        }
        let passes = lane.free && self.only_passes_on(visit, caller, lane);
        let (of, flags, missed) = (visit.caller, visit.flags, visit.missed);
        let observed = if visit.is_used() {
            self.visits.rare(slot).observed
        } else {
            0
        };
        self.recorder.leave_completed(
            lane.account,
            &Stay {
                entered: SimTime(visit.entered),
                left: t,
                waited: visit.waited,
                served: visit.served,
                instance: visit.instance,
                item: visit.item,
            },
        );
        let passing = std::mem::take(&mut self.passing);
        if lane.free && !self.is_heard(slot, arrives, passing, lane, passes) {
            return Some(Heard::Nobody);
        }
        if flags & flag::ARMED != 0 {
            self.disarm(slot);
        }
        self.visits.free(slot);
        let missed = if flags & flag::MISS == 0 {
            0
        } else {
            missed.max(1)
        };
        if self.answer(lane, of, arrives, missed, observed) {
            return Some(Heard::Last(of, arrives));
        }
        Some(Heard::By(of, arrives))
    }

    /// Whether all that a caller does with an answer over a free lane is to end, without
    /// touching anything that is shared (see `only_ends`).
    #[inline(always)]
    fn only_passes_on(&self, visit: &Visit, caller: &Visit, lane: &Lane) -> bool {
        const NEVER: u16 = flag::BRANCH | flag::TRY | flag::DELIVERY;
        let above = self.tables.lanes.get(caller.via as usize);
        self.tables.code[caller.pc as usize].ends()
            && (visit.flags & flag::MISS == 0 || lane.on_miss == NONE)
            && caller.flags & NEVER == 0
            && caller.holds == NONE
            && (caller.flags & flag::ROOT == 0 || caller.caller == NONE)
            && above.is_none_or(|above| {
                above.fits != Fits::Shared && (above.free || self.ends_with_request(visit.caller))
            })
    }

    /// Sends an answer over a free link; says whether its caller may hear of it now.
    #[inline(always)]
    fn is_heard(
        &mut self,
        slot: u32,
        arrives: SimTime,
        passing: u64,
        lane: &Lane,
        passes: bool,
    ) -> bool {
        let order = if passing == 0 {
            self.next_order(Class::Completion, lane.node)
        } else {
            passing
        };
        if passes && arrives < self.barrier {
            self.passing = order;
            return true;
        }
        let visit = &mut self.visits[slot];
        visit.aside = Outcome::Completed;
        visit.flags |= flag::ENDED;
        let (caller, generation) = (visit.caller, visit.generation);
        if self.is_next(arrives, order, self.node_of(caller)) {
            self.passing = if passes { order } else { 0 };
            return true;
        }
        self.push(arrives, order, slot, What::Reply, generation);
        false
    }

    /// Closes the plain call whose answer has arrived, and lets the caller go on behind it;
    /// says whether it completes there without doing anything else.
    #[inline(always)]
    pub(super) fn answer(
        &mut self,
        lane: &Lane,
        slot: u32,
        t: SimTime,
        missed: u32,
        observed: u64,
    ) -> bool {
        let caller = &mut self.visits[slot];
        debug_assert_eq!(caller.live, 1, "without hedges one attempt is out");
        caller.live = 0;
        caller.missed = missed;
        caller.generation = caller.generation.wrapping_add(1);
        let mut completes =
            self.tables.code[caller.pc as usize].completes() && !self.globals.active;
        caller.pc = if missed != 0 && lane.on_miss != NONE {
            completes = false;
            lane.on_miss
        } else {
            caller.pc + 1
        };
        let (began, holds) = (SimTime(caller.began), caller.holds);
        if observed != 0 || caller.is_used() {
            self.visits.set_observed(slot, observed);
        }
        self.recorder.call_completes(lane.link, began, t);
        if holds != NONE {
            self.blocked(slot, began, t);
        }
        completes
    }
}

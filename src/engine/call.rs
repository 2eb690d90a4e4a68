//! Calls: attempts, replies, time-outs, retries, hedges (ENGINE.md section 5).
//!
//! An attempt is a child visit. Its caller hears of it once: by the reply, by
//! the time-out, or never, if it has moved on. Whoever is not waited for any
//! more works on and is noted at the request when it ends.

use super::event::{Class, What};
use super::replication::Replication;
use super::step::Resume;
use super::visit::{NO_INSTANCE, Rare, Visit, flag};
use crate::mechanism::backoff;
use crate::mechanism::breaker::Permit;
use crate::model::{Backoff, CountFrom, INHERITED, NONE, OnRoom, Outcome, Retry, Route};
use crate::random::{address, mix32, purpose};
use crate::units::{SimTime, Span};

/// Where the step goes on: a visit and its local time.
pub(crate) type Next = Option<(u32, SimTime)>;

/// Marks the address of a hedge apart from the attempts.
const HEDGE_SALT: u32 = 0x8000_0000;

impl Replication<'_> {
    /// Opens a call and starts its first attempt; the step goes on in the child.
    pub(crate) fn call(&mut self, slot: u32, t: SimTime, route_id: u32, copy: Option<u32>) -> Next {
        if self.tables.lanes[route_id as usize].is_plain() && !self.follows(slot) {
            return self.call_plain(slot, t, route_id, copy.unwrap_or(NONE));
        }
        let model = self.model;
        let route = &model.routes[route_id as usize];
        self.arm(slot);
        self.visits[slot].open_call(route_id, t, copy.unwrap_or(NONE));
        if !self.tables.route_is_shared[route_id as usize] {
            if let Some(link) = self.recorder.link_slice(route.link, t) {
                link.tally.arrived += 1;
                link.attempts += u64::from(!route.strand);
            }
            return self.attempt(slot, t, false);
        }
        if let Some(link) = self.recorder.link_slice(route.link, t) {
            link.tally.arrived += 1;
        }
        if route.retry != NONE {
            let budget = model.retries[route.retry as usize].budget;
            if budget != NONE && model.budgets[budget as usize].on_call {
                self.budgets[budget as usize].earn(model.budgets[budget as usize].earn);
            }
        }
        if !self.may_call(slot, t, route) {
            if let Some(link) = self.recorder.link_slice(route.link, t) {
                link.refused += 1;
            }
            return self.give_up(slot, t, Outcome::Throttled);
        }
        if route.hedge_after != Span::MAX {
            let order = self.next_order(Class::Timer, self.node_of(slot));
            let generation = self.visits[slot].generation;
            self.push(t + route.hedge_after, order, slot, What::Hedge, generation);
        }
        if !route.strand
            && let Some(link) = self.recorder.link_slice(route.link, t)
        {
            link.attempts += 1;
        }
        if !self.may_send(slot, t, route) {
            return None;
        }
        self.attempt(slot, t, false)
    }

    /// Asks the breaker of a call whether an attempt may start.
    fn may_call(&mut self, slot: u32, t: SimTime, route: &Route) -> bool {
        if route.breaker == NONE {
            return true;
        }
        let permit = self.breakers[route.breaker as usize].ask(t);
        self.visits[slot].probe = permit == Permit::Probe;
        permit != Permit::Refused
    }

    /// Tells the breaker of a call how an attempt ended.
    fn tell_breaker(&mut self, caller: u32, t: SimTime, route: &Route, failed: bool) {
        if route.breaker == NONE {
            return;
        }
        let probe = self.visits[caller].probe;
        let breaker = &mut self.breakers[route.breaker as usize];
        let was_open = breaker.is_open();
        breaker.record(t, probe, failed);
        self.visits[caller].probe = false;
        let breaker = &self.breakers[route.breaker as usize];
        let opened = !was_open && breaker.is_open();
        self.count_breaker(route.link, opened);
    }

    /// Starts an attempt of the open call of `slot` at its local time.
    #[inline(always)]
    fn attempt(&mut self, slot: u32, t: SimTime, hedge: bool) -> Next {
        let model = self.model;
        let route_id = self.visits[slot].route;
        let route = &model.routes[route_id as usize];
        let items = self.count_of(slot, route.count);
        let caller = &mut self.visits[slot];
        caller.attempts += 1;
        caller.live += 1;
        caller.hedges += u32::from(hedge);
        let &mut Visit {
            attempts,
            copy,
            ordinal,
            priority,
            bytes: parent_bytes,
            count: parent_count,
            missed: parent_missed,
            began,
            ..
        } = caller;
        let parent_items = caller.items.max(1);
        let &Rare { observed, page, .. } = self.visits.rare(slot);
        let parent = self.visits[slot];
        let salt = match (attempts, hedge) {
            (1, _) => parent.salt,
            (n, false) => mix32(parent.salt, n),
            (n, true) => mix32(parent.salt, n | HEDGE_SALT),
        };
        // A call that comes by again must not draw the same.
        let salt = if route.again {
            mix32(salt, route.site)
        } else {
            salt
        };
        let hop = if route.strand {
            if attempts == 1 {
                parent.hop
            } else {
                mix32(parent.hop, attempts)
            }
        } else if salt == 0 {
            mix32(route.site, 0)
        } else {
            mix32(route.site, salt)
        };
        let reply_by = {
            let own = if route.timeout == Span::MAX {
                u64::MAX
            } else {
                (t + route.timeout).0
            };
            if route.deadline {
                own.min(parent.reply_by)
            } else {
                own
            }
        };
        let item = if route.key == NONE {
            parent.item
        } else {
            model.keys[route.key as usize].draw_nth(
                parent.key,
                address(hop, purpose::KEY, 0, 0),
                ordinal,
            )
        };
        let mut flags = flag::LIVE | flag::FRESH;
        if hedge {
            flags |= flag::HEDGE;
        }
        if route.deadline {
            flags |= flag::DEADLINE;
        }
        if route.strand {
            flags |= flag::STRAND;
            if route.timeout != Span::MAX {
                flags |= flag::TRY;
            }
        }
        let instance = if copy != NONE {
            copy as u16
        } else if route.same_copy {
            parent.instance
        } else {
            NO_INSTANCE
        };
        let size = match route.bytes {
            NONE => 1024 * u64::from(items),
            INHERITED if route.strand => parent_bytes,
            INHERITED if parent_items == 1 && items == 1 => parent_bytes,
            INHERITED => parent_bytes / u64::from(parent_items) * u64::from(items),
            sampler => {
                let one = model.samplers[sampler as usize].sample(
                    parent.key,
                    address(hop, purpose::BYTES, 0, 0),
                    ordinal,
                );
                one.saturating_mul(u64::from(items))
            }
        };
        let (child, visit) = self.visits.start();
        visit.key = parent.key;
        visit.entered = t.0;
        visit.reply_by = reply_by;
        visit.item = item;
        visit.request = parent.request;
        visit.caller = slot;
        visit.caller_generation = parent.generation;
        visit.hop = hop;
        visit.salt = salt;
        visit.pc = route.entry;
        visit.instance = instance;
        visit.flags = flags;
        visit.ordinal = ordinal;
        visit.items = items;
        visit.count = if route.strand { parent_count } else { items };
        visit.bytes = size;
        visit.via = route_id;
        visit.priority = if route.priority == u8::MAX {
            priority
        } else {
            route.priority
        };
        if route.strand {
            // A strand shares its node's server with its parent.
            visit.missed = parent_missed;
        }
        self.visits.set_observed(child, observed);
        if page.post != NONE {
            let handed_on = &mut self.visits.rare_mut(child).page;
            *handed_on = page;
            if matches!(route.count, CountFrom::Drawn(_)) {
                // So many items of another kind: they are not the recipients.
                handed_on.count = 0;
            }
        }
        if salt != 0 && !model.memories.is_empty() {
            self.inherit_origin(slot, child, route);
        }
        if self.follows(slot) {
            self.follow_attempt(slot, child, t, hedge);
        }
        if attempts > 1 {
            self.count_again(slot, route, SimTime(began), hedge);
            self.send_what_is_left(slot, child);
        }
        if route.cancel {
            self.remember_attempt(slot, child);
        }
        let (began_at, mut t, mut loss) = (t, t, route.loss);
        if route.latency != NONE {
            t += Span(self.link_latency(parent.key, route, hop, purpose::LATENCY, ordinal));
        }
        if route.way != NONE {
            (t, loss) = self.cross_way(route.way, (began_at, t), loss);
            if t == SimTime::NEVER {
                return self.never_arrives(child);
            }
        }
        if loss != 0 && crate::random::draw(parent.key, address(hop, purpose::LOSS, 0, 0)) < loss {
            self.visits[child].flags |= flag::LOST;
            self.visits[child].flags &= !flag::FRESH;
            if let Some(link) = self.recorder.link_slice(route.link, SimTime(began)) {
                link.lost += 1;
            }
            self.arm(child);
            if self.visits[child].reply_by == u64::MAX {
                self.lose_unnoticed(child, t);
            }
            return None;
        }
        if route.cuttable && !self.cross(child, t, route_id) {
            return None;
        }
        Some((child, t))
    }

    /// An attempt waits at a link that is held for good: only its time-out speaks for it.
    #[cold]
    fn never_arrives(&mut self, child: u32) -> Next {
        self.visits[child].flags |= flag::LOST;
        self.visits[child].flags &= !flag::FRESH;
        self.arm(child);
        None
    }

    #[inline(always)]
    fn link_latency(&self, key: u64, route: &Route, hop: u32, purpose: u8, ordinal: u64) -> u64 {
        self.model.samplers[route.latency as usize].sample(
            key,
            address(hop, purpose, 0, 0),
            ordinal,
        )
    }

    /// Ends a visit at its local time; the step goes on in its caller, if it may.
    ///
    /// `here`: the outcome arose at this node; else it came from a call.
    pub(crate) fn end(&mut self, slot: u32, t: SimTime, outcome: Outcome, here: bool) -> Next {
        let passing = std::mem::take(&mut self.passing);
        let visit = &self.visits[slot];
        let (holds, via) = (visit.holds, visit.via);
        let counted = if here || outcome == Outcome::Completed {
            outcome
        } else {
            Outcome::Failed
        };
        if holds != NONE {
            self.let_go(slot, t, counted);
        }
        let flags = self.visits[slot].flags;
        if outcome == Outcome::Completed && t > self.now && self.is_hedged(via) {
            // Whether anybody still waits is known only then.
            self.visits[slot].aside = outcome;
            let order = self.next_order(Class::Completion, self.node_of(slot));
            self.arm(slot);
            self.push(t, order, slot, What::End, self.visits[slot].generation);
            return None;
        }
        if flags & flag::STRAND == 0 && flags & flag::ROOT == 0 {
            self.record_departure(slot, t, Some(counted));
        }
        if flags & flag::ROOT != 0 {
            self.leave_system(slot, t, outcome);
            return None;
        }
        if flags & flag::DELIVERY != 0 {
            self.visits.rare_mut(slot).elsewhere = !here;
            self.delivered(slot, t, outcome);
            return None;
        }
        if flags & (flag::DETACHED | flag::ABANDONED) != 0 {
            self.note_end(slot, t);
            self.visits.free(slot);
            return None;
        }
        if flags & flag::BRANCH != 0 {
            self.visits.rare_mut(slot).elsewhere = !here && outcome != Outcome::Completed;
            return self.branch_ended(slot, t, outcome);
        }
        self.reply(slot, t, outcome, passing)
    }

    /// Whether an attempt over a route is one of a call that may be answered by another.
    #[inline(always)]
    fn is_hedged(&self, via: u32) -> bool {
        via != NONE
            && self.tables.route_is_shared[via as usize]
            && self.model.routes[via as usize].hedge_after != Span::MAX
    }

    /// Sends the reply of an attempt that has ended.
    ///
    /// `passing`: the order of the answer that it only passes on, or 0.
    fn reply(&mut self, child: u32, t: SimTime, outcome: Outcome, passing: u64) -> Next {
        if self.follows(child) {
            self.follow_departure(child, t);
        }
        let visit = &self.visits[child];
        let (key, caller, reply_by) = (visit.key, visit.caller, visit.reply_by);
        let (hop, generation) = (visit.hop, visit.generation);
        if caller == NONE {
            self.reply_elsewhere(child, t, outcome, passing);
            return None;
        }
        if self.visits[caller].generation != visit.caller_generation {
            // The caller has moved on: the attempt was counted as detached then.
            self.disarm(child);
            self.note_end(child, t);
            self.visits.free(child);
            return None;
        }
        let via = self.visits[child].via;
        let route = &self.model.routes[via as usize];
        let mut arrives = t;
        if route.latency != NONE && !route.strand {
            let ordinal = self.visits[child].ordinal;
            arrives += Span(self.link_latency(key, route, hop, purpose::REPLY_LATENCY, ordinal));
        }
        let mut never = false;
        if route.way != NONE {
            arrives = self.cross_way(route.way, (t, arrives), 0).0;
            never = arrives == SimTime::NEVER;
        }
        self.visits[child].aside = outcome;
        if arrives.0 > reply_by || never {
            // Too late: the time-out speaks for it.
            self.arm(child);
            self.visits[child].flags |= flag::ENDED;
            self.visits[child].since = t.0;
            return None;
        }
        if self.tables.route_is_free[via as usize] {
            return self.reply_over_link(child, arrives, outcome, passing);
        }
        let over = self.is_over(caller, arrives);
        if self.tables.route_is_shared[via as usize] || over || route.cuttable {
            let node = self.node_of(caller);
            if arrives == self.now && self.node == node {
                return self.resolve(child, arrives, outcome);
            }
            let order = self.next_order(Class::Completion, node);
            self.arm_later(child);
            self.visits[child].flags |= flag::ENDED;
            if self.is_next(arrives, order, node) {
                return self.resolve(child, arrives, outcome);
            }
            self.push(arrives, order, child, What::Reply, generation);
            return None;
        }
        self.resolve(child, arrives, outcome)
    }

    /// Sends a reply to a caller in another part.
    fn reply_elsewhere(&mut self, child: u32, t: SimTime, outcome: Outcome, passing: u64) {
        let visit = &self.visits[child];
        let &Visit { via, ordinal, .. } = &self.visits[child];
        let route = &self.model.routes[via as usize];
        let latency =
            self.link_latency(visit.key, route, visit.hop, purpose::REPLY_LATENCY, ordinal);
        let arrives = t + Span(latency);
        // An answer that comes too late takes no place in the order.
        let order = if arrives.0 > visit.reply_by {
            0
        } else if passing == 0 {
            self.next_order(Class::Completion, self.node_of(child))
        } else {
            passing
        };
        self.send_answer(child, (t, arrives), order, outcome);
    }

    /// Sends a reply over a link whose ends may lie in different parts.
    ///
    /// Its order is the answering node's, so that it does not depend on what the
    /// caller's node does meanwhile. An answer that is only passed on keeps its order:
    /// so the caller may end ahead of time, or in another part, and nothing shows it.
    fn reply_over_link(
        &mut self,
        child: u32,
        arrives: SimTime,
        outcome: Outcome,
        passing: u64,
    ) -> Next {
        let order = if passing == 0 {
            self.next_order(Class::Completion, self.node_of(child))
        } else {
            passing
        };
        let passes = self.only_ends(child, outcome);
        if passes && arrives < self.barrier {
            self.passing = order;
            return self.resolve(child, arrives, outcome);
        }
        let visit = &mut self.visits[child];
        visit.flags |= flag::ENDED;
        let (caller, generation) = (visit.caller, visit.generation);
        if self.is_next(arrives, order, self.node_of(caller)) {
            self.passing = if passes { order } else { 0 };
            return self.resolve(child, arrives, outcome);
        }
        self.push(arrives, order, child, What::Reply, generation);
        None
    }

    /// Whether all that a caller does with an answer is to end.
    ///
    /// Its end touches nothing that is shared: it is no branch, holds nothing,
    /// and its own caller hears of it over a link as of any other answer.
    #[inline(always)]
    fn only_ends(&self, child: u32, outcome: Outcome) -> bool {
        const NEVER: u16 = flag::BRANCH | flag::TRY | flag::DELIVERY;
        let visit = &self.visits[child];
        let via = visit.via as usize;
        let on_miss = self.model.routes[via].on_miss;
        let misses = visit.flags & flag::MISS != 0 && on_miss != NONE;
        let slot = visit.caller;
        let caller = &self.visits[slot];
        self.tables.code[caller.pc as usize].ends
            && outcome == Outcome::Completed
            && !misses
            && !self.tables.route_is_shared[via]
            && caller.flags & NEVER == 0
            && caller.holds == NONE
            // A client of a closed load sends again, and a hedge may have been faster.
            && (caller.flags & flag::ROOT == 0 || caller.caller == NONE)
            && (caller.via == NONE
                || !self.tables.route_is_shared[caller.via as usize]
                    && (self.tables.route_is_free[caller.via as usize]
                        || self.ends_with_request(slot)))
    }

    /// Whether a visit was called by a client without delay, and the request ends with it.
    pub(super) fn ends_with_request(&self, slot: u32) -> bool {
        let visit = &self.visits[slot];
        let route = &self.model.routes[self.visits[slot].via as usize];
        let root = &self.visits[visit.caller];
        root.flags & flag::ROOT != 0
            && root.generation == visit.caller_generation
            && root.caller == NONE
            && route.latency == NONE
            && (visit.flags & flag::MISS == 0 || route.on_miss == NONE)
            && self.tables.code[root.pc as usize].ends
            && self.visits[visit.caller].holds == NONE
    }

    /// The reply event of a child whose answer crossed a link.
    pub(crate) fn reply_arrives(&mut self, child: u32, t: SimTime, order: u64) {
        let visit = self.visits[child];
        if visit.flags & flag::DELIVERY != 0 {
            self.delivery_ends(child, t);
            self.drain();
            return;
        }
        if self.visits[visit.caller].generation != visit.caller_generation {
            self.disarm(child);
            self.note_end(child, t);
            self.visits.free(child);
            return;
        }
        self.node = self.node_of(visit.caller);
        let outcome = self.visits[child].aside;
        let via = self.visits[child].via;
        if self.tables.route_is_free[via as usize] && self.only_ends(child, outcome) {
            self.passing = order;
        }
        if let Some((slot, at)) = self.resolve(child, t, outcome) {
            self.drive(slot, at, false);
        }
    }

    /// Brings the outcome of an attempt to its caller at local time `t`.
    fn resolve(&mut self, child: u32, t: SimTime, outcome: Outcome) -> Next {
        let model = self.model;
        let &Visit {
            caller,
            flags,
            via,
            missed,
            ..
        } = &self.visits[child];
        let observed = self.visits.rare(child).observed;
        let route = &model.routes[via as usize];
        let miss = flags & flag::MISS != 0;
        let hedge = flags & flag::HEDGE != 0;
        if self.follows(caller) {
            self.follow_answer(caller, child, t, outcome);
        }
        self.disarm(child);
        self.visits.free(child);
        if outcome == Outcome::Completed && !self.tables.route_is_shared[via as usize] {
            self.close_plain(caller, t, route);
        } else {
            self.visits[caller].live -= 1;
            self.tell_breaker(caller, t, route, outcome != Outcome::Completed);
            self.tell_pace(caller, t, route, outcome == Outcome::Throttled);
            if outcome != Outcome::Completed {
                if self.may_have_returned() {
                    let life = self.visits[child].life;
                    self.returned(caller, child, life);
                }
                return self.decide(caller, t, outcome);
            }
            if route.retry != NONE {
                let budget = model.retries[route.retry as usize].budget;
                let first = self.visits[caller].attempts == 1 && !hedge;
                if budget != NONE && first && !model.budgets[budget as usize].on_call {
                    self.budgets[budget as usize].earn(model.budgets[budget as usize].earn);
                }
            }
            self.close_call(caller, t, Some(Outcome::Completed));
        }
        self.visits.set_observed(caller, observed);
        let visit = &mut self.visits[caller];
        visit.missed = if miss && !route.strand {
            missed.max(1)
        } else {
            0
        };
        visit.pc = if miss && route.on_miss != NONE {
            route.on_miss
        } else {
            visit.pc + 1
        };
        Some((caller, t))
    }

    /// Closes an open call that has been answered and of which nobody else keeps count.
    #[inline(always)]
    fn close_plain(&mut self, caller: u32, t: SimTime, route: &Route) {
        let visit = &mut self.visits[caller];
        debug_assert_eq!(visit.live, 1, "without hedges one attempt is out");
        visit.live = 0;
        let (began, holds) = (SimTime(visit.began), visit.holds);
        visit.generation = visit.generation.wrapping_add(1);
        if let Some(link) = self.recorder.link_slice(route.link, began) {
            link.tally.left[Outcome::Completed as usize] += 1;
            link.latency.record(t.0 - began.0);
        }
        if holds != NONE && !route.strand {
            self.blocked(caller, began, t);
        }
    }

    /// Closes the open call of a visit that ends where it is.
    pub(crate) fn abandon_call(&mut self, slot: u32, t: SimTime) {
        let model = self.model;
        let route = &model.routes[self.visits[slot].route as usize];
        self.forget_probe(slot, route);
        self.close_call(slot, t, Some(Outcome::Failed));
    }

    /// Closes the open call: whoever is still out works on detached.
    fn close_call(&mut self, caller: u32, t: SimTime, outcome: Option<Outcome>) {
        let route = &self.model.routes[self.visits[caller].route as usize];
        let (live, began) = {
            let visit = &self.visits[caller];
            (visit.live, visit.began)
        };
        if live > 0 {
            self.detach(self.visits[caller].request, live);
        }
        if route.cancel {
            self.cancel_others(caller, t);
        }
        self.visits[caller].live = 0;
        self.visits[caller].generation = self.visits[caller].generation.wrapping_add(1);
        if let Some(link) = self.recorder.link_slice(route.link, SimTime(began))
            && let Some(outcome) = outcome
        {
            link.tally.left[outcome as usize] += 1;
            if outcome == Outcome::Completed {
                link.latency.record(t.0 - began);
            }
        }
        if route.connections != NONE {
            self.release_group(caller, t, route.connections);
        }
        if let OnRoom::Release(group) = route.on_room {
            self.give_kept(caller, t, group);
            self.hand_freed_on(t);
        }
        if self.visits[caller].holds != NONE && !route.strand {
            self.blocked(caller, SimTime(began), t);
        }
    }

    /// Tries again, waits for a sibling, or gives up.
    fn decide(&mut self, caller: u32, t: SimTime, outcome: Outcome) -> Next {
        let model = self.model;
        let visit = self.visits[caller];
        let route = &model.routes[visit.route as usize];
        if visit.live > 0 {
            self.visits[caller].aside = outcome;
            return None;
        }
        if self.follows(caller) {
            self.follow_loss(caller, t, outcome);
        }
        if route.retry != NONE {
            let retry = &model.retries[route.retry as usize];
            let made = visit.attempts - visit.hedges;
            let late = route.deadline && t.0 >= self.visits[caller].reply_by;
            let wanted = retry.on & (1 << outcome as u8) != 0;
            let most = if outcome == Outcome::Throttled {
                retry.attempts_throttled
            } else {
                retry.attempts
            };
            if made < most
                && wanted
                && !late
                && self.may_call(caller, t, route)
                && self.pays_or_forgets(caller, route, retry.budget, outcome)
            {
                let pause = self.pause(caller, outcome);
                let rare = self.visits.rare_mut(caller);
                (rare.pause, rare.retrying) = (pause, true);
                let node = self.node_of(caller);
                let order = self.next_order(Class::Timer, node);
                let generation = self.visits[caller].generation;
                self.push(t + Span(pause), order, caller, What::Retry, generation);
                return None;
            }
        }
        self.give_up(caller, t, outcome)
    }

    /// Takes the price of a retry; a probe that cannot be paid for is none.
    fn pays_or_forgets(
        &mut self,
        caller: u32,
        route: &Route,
        budget: u32,
        outcome: Outcome,
    ) -> bool {
        let pays = self.pays(budget, outcome);
        if !pays {
            self.forget_probe(caller, route);
        }
        pays
    }

    /// Lets another call find out what the open call of a visit will not.
    pub(crate) fn forget_probe(&mut self, caller: u32, route: &Route) {
        if std::mem::take(&mut self.visits[caller].probe) {
            self.breakers[route.breaker as usize].forget_probe();
        }
    }

    /// Takes the price of a retry from its budget, if there is enough.
    fn pays(&mut self, budget: u32, outcome: Outcome) -> bool {
        if budget == NONE {
            return true;
        }
        let constants = &self.model.budgets[budget as usize];
        let cost = if outcome == Outcome::Throttled {
            constants.cost_throttled
        } else {
            constants.cost
        };
        self.budgets[budget as usize].pay(cost)
    }

    /// Draws the pause before the next attempt [ns].
    fn pause(&self, caller: u32, outcome: Outcome) -> u64 {
        let model = self.model;
        let visit = &self.visits[caller];
        let route = &model.routes[visit.route as usize];
        let retry = &model.retries[route.retry as usize];
        let made = visit.attempts - visit.hedges;
        let hop = mix32(route.site, mix32(visit.salt, made));
        let sampler = if outcome == Outcome::Throttled {
            retry.base_throttled
        } else {
            retry.base
        };
        let base = model.samplers[sampler as usize].sample(
            visit.key,
            address(hop, purpose::BACKOFF, 0, 0),
            visit.ordinal,
        );
        let word = crate::random::draw(visit.key, address(hop, purpose::BACKOFF, 1, 0));
        let backoff = backoff_of(retry);
        let last = if made == 1 {
            Span::ZERO
        } else {
            Span(self.visits.rare(caller).pause)
        };
        backoff.pause(made, Span(base), last, word).0
    }

    /// Starts the next attempt after its pause, if the client's own rate allows.
    pub(crate) fn retry(&mut self, caller: u32, t: SimTime) {
        let generation = self.visits[caller].generation;
        if self.globals.active && self.is_put_off(caller, t, (caller, What::Retry, generation)) {
            return;
        }
        self.visits.rare_mut(caller).retrying = false;
        let route = &self.model.routes[self.visits[caller].route as usize];
        let ends = flag::TRY | flag::ABANDONED;
        if self.visits[caller].flags & ends == ends || self.may_send(caller, t, route) {
            self.send(caller, t);
        }
    }

    /// Starts the next attempt of an open call.
    pub(crate) fn send(&mut self, caller: u32, t: SimTime) {
        let ends = flag::TRY | flag::ABANDONED;
        if self.visits[caller].flags & ends == ends {
            // Its own time is over: it does not try again.
            self.drop_call(caller);
            self.let_go(caller, t, Outcome::TimedOut);
            self.note_end(caller, t);
            self.visits.free(caller);
            self.drain();
            return;
        }
        if let Some((slot, at)) = self.attempt(caller, t, false) {
            self.drive(slot, at, false);
        }
    }

    /// Starts a second attempt if none has answered.
    pub(crate) fn hedge(&mut self, caller: u32, t: SimTime) {
        let visit = self.visits[caller];
        let route = &self.model.routes[visit.route as usize];
        if visit.live == 0 || visit.hedges >= route.hedge_most {
            return;
        }
        let generation = visit.generation;
        if self.globals.active && self.is_put_off(caller, t, (caller, What::Hedge, generation)) {
            return;
        }
        if visit.hedges + 1 < route.hedge_most {
            let order = self.next_order(Class::Timer, self.node_of(caller));
            let generation = self.visits[caller].generation;
            self.push(
                t + route.hedge_after,
                order,
                caller,
                What::Hedge,
                generation,
            );
        }
        if self.may_hedge(caller, t, route)
            && let Some((slot, at)) = self.attempt(caller, t, true)
        {
            self.drive(slot, at, false);
        }
    }

    /// The open call has failed for good: `on_error`, or the caller ends in the same way.
    fn give_up(&mut self, caller: u32, t: SimTime, outcome: Outcome) -> Next {
        let route = &self.model.routes[self.visits[caller].route as usize];
        self.close_call(caller, t, Some(outcome));
        if route.on_error != NONE {
            self.visits[caller].missed = 0;
            self.visits[caller].pc = route.on_error;
            return Some((caller, t));
        }
        self.end_badly(caller, t, outcome)
    }

    /// Ends a visit because something that it needed ended badly.
    ///
    /// A visit that holds something ends by an event at `t`, like any release.
    pub(crate) fn end_badly(&mut self, slot: u32, t: SimTime, outcome: Outcome) -> Next {
        let clear = self.visits[slot].holds == NONE;
        if (clear || (t == self.now && self.node_of(slot) == self.node))
            && (t < self.barrier || t == self.now)
        {
            return self.end(slot, t, outcome, false);
        }
        // The operation to run at `t` is the end itself.
        self.visits[slot].aside = outcome;
        let order = self.next_order(Class::Completion, self.node_of(slot));
        self.arm(slot);
        let generation = self.visits[slot].generation;
        self.push(t, order, slot, What::End, generation);
        None
    }

    /// An attempt has taken too long.
    pub(crate) fn time_out(&mut self, child: u32, t: SimTime) {
        self.events += 1;
        let visit = self.visits[child];
        let via = self.visits[child].via;
        let route = &self.model.routes[via as usize];
        let caller = visit.caller;
        let moved_on = self.visits[caller].generation != visit.caller_generation;
        if self.globals.active
            && !moved_on
            && self.is_put_off(caller, t, (child, What::TimeOut, visit.life))
        {
            self.events -= 1;
            return;
        }
        if !moved_on && self.follows(caller) {
            self.follow_time_out(caller, child, t);
        }
        if visit.flags & (flag::ENDED | flag::LOST) != 0 {
            self.let_go(child, t, Outcome::TimedOut);
            // It may have run ahead: its work ends later, and nobody waits for that.
            let ended = if visit.flags & flag::ENDED != 0 {
                t.max(SimTime(self.visits[child].since))
            } else {
                t
            };
            if moved_on {
                self.note_end(child, ended);
            } else if ended > t {
                self.detach(visit.request, 1);
                self.note_end(child, ended);
            }
            self.visits.free(child);
        } else {
            self.visits[child].flags |= flag::ABANDONED;
            if !moved_on {
                self.detach(visit.request, 1);
            }
            let ended = visit.flags & flag::STRAND != 0 && self.abandon_open_call(child, t);
            if route.cancel && !ended {
                self.send_cancel(child, t, via);
            }
        }
        if moved_on {
            return;
        }
        self.visits[caller].live -= 1;
        self.tell_breaker(caller, t, route, true);
        self.tell_pace(caller, t, route, false);
        if route.late != NONE {
            self.close_call(caller, t, Some(Outcome::TimedOut));
            self.visits[caller].missed = 0;
            self.visits[caller].pc = route.late;
            self.wake(caller, t);
            self.drain();
            return;
        }
        if let Some((slot, at)) = self.decide(caller, t, Outcome::TimedOut) {
            self.pending.push(Resume {
                slot,
                at,
                granted: false,
            });
            self.drain();
        }
    }
}

/// Returns how the pauses of a retry policy grow.
pub(super) fn backoff_of(retry: &Retry) -> backoff::Backoff {
    backoff::Backoff {
        growth: match retry.backoff {
            Backoff::Fixed => backoff::Growth::Fixed,
            Backoff::Exponential => backoff::Growth::Exponential,
            Backoff::FullJitter => backoff::Growth::FullJitter,
            Backoff::EqualJitter => backoff::Growth::EqualJitter,
            Backoff::Decorrelated => backoff::Growth::Decorrelated,
        },
        cap: retry.cap,
        factor: retry.factor,
        jitter: retry.jitter,
        at_once: retry.at_once,
        steady: retry.steady,
    }
}

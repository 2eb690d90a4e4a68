//! How visits end, and how their callers hear of it.
//!
//! Not here: what a caller does about an attempt that has failed (`again`), and visits that end
//! plainly (`lane`).

use super::Next;
use crate::engine::event::{Class, What};
use crate::engine::replication::Replication;
use crate::engine::visit::{Visit, flag};
use crate::model::{NONE, OnRoom, Outcome, Route};
use crate::random::purpose;
use crate::units::{SimTime, Span};

impl Replication<'_> {
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
        self.tables.code[caller.pc as usize].ends()
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
    pub(in crate::engine) fn ends_with_request(&self, slot: u32) -> bool {
        let visit = &self.visits[slot];
        let route = &self.model.routes[self.visits[slot].via as usize];
        let root = &self.visits[visit.caller];
        root.flags & flag::ROOT != 0
            && root.generation == visit.caller_generation
            && root.caller == NONE
            && route.latency == NONE
            && (visit.flags & flag::MISS == 0 || route.on_miss == NONE)
            && self.tables.code[root.pc as usize].ends()
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
    pub(super) fn close_call(&mut self, caller: u32, t: SimTime, outcome: Option<Outcome>) {
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
}

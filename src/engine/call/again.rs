//! What a caller does when an attempt has failed or takes too long: another one, or it gives up.
//!
//! Not here: when time-outs are due (`time_outs`), and the rate of a client's own (`pace`).

use super::Next;
use crate::engine::event::{Class, What};
use crate::engine::replication::Replication;
use crate::engine::step::Resume;
use crate::engine::visit::flag;
use crate::mechanism::backoff;
use crate::model::{Backoff, NONE, Outcome, Retry, Route};
use crate::random::{address, mix32, purpose};
use crate::units::{SimTime, Span};

impl Replication<'_> {
    /// Tries again, waits for a sibling, or gives up.
    pub(super) fn decide(&mut self, caller: u32, t: SimTime, outcome: Outcome) -> Next {
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
    pub(super) fn give_up(&mut self, caller: u32, t: SimTime, outcome: Outcome) -> Next {
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
        self.unfold_behind(child);
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
pub(in crate::engine) fn backoff_of(retry: &Retry) -> backoff::Backoff {
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

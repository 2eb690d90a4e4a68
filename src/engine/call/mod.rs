//! Calls: attempts, replies, time-outs, retries, hedges (ENGINE.md section 5).
//!
//! An attempt is a child visit. Its caller hears of it once: by the reply, by
//! the time-out, or never, if it has moved on. Whoever is not waited for any
//! more works on and is noted at the request when it ends.
//!
//! Here calls are opened and attempts made; `answer` tells how they end and what the caller hears,
//! `again` what it does when one has failed.

mod again;
mod answer;

pub(super) use again::backoff_of;

use super::event::{Class, What};
use super::replication::Replication;
use super::visit::{NO_INSTANCE, Rare, Visit, flag};
use crate::mechanism::breaker::Permit;
use crate::model::{CountFrom, INHERITED, NONE, Outcome, Route};
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
}

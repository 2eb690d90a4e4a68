//! Outages: a node is out, so what is inside fails and what comes is refused.
//!
//! A queue or log that is out keeps its messages, and hands none over until it is back.
//! CHOICE: what a consumer has done meanwhile is done all the same: it tries until it can.
//!
//! If only some of its copies are, a visit is refused where a rule places it
//! (`Partition::guarded`); one that has not been placed yet goes on until then.

use super::replication::Replication;
use super::visit::{NO_INSTANCE, flag};
use crate::model::fault::{Outage, Part};
use crate::model::{Delivery, NONE, Outcome};
use crate::units::SimTime;

/// Whether an outage is about a copy.
fn covers(part: Option<Part>, copy: u32) -> bool {
    part.is_none_or(|part| copy != u32::from(NO_INSTANCE) && part.has(copy))
}

impl Replication<'_> {
    /// A node goes out, or comes back.
    pub(super) fn outage(&mut self, id: u32, begins: bool, at: SimTime) {
        let outage = self.globals.faults.outages[id as usize];
        let out = &mut self.globals.out[outage.node as usize];
        let out = &mut out[usize::from(outage.part.is_some())];
        if !begins {
            *out -= 1;
            self.globals.partly.retain(|one| *one != id);
            self.hand_over_again(&|delivery| delivery.from == outage.node, at);
            return;
        }
        *out += 1;
        if outage.part.is_some() {
            self.globals.partly.push(id);
        }
        let part = outage.part;
        self.fail_inside(outage.node, &|instance| covers(part, instance), at);
        if outage.takeover && part.is_none() {
            self.lose_writes(outage.node, at);
        }
    }

    /// Whether a delivery takes nothing now: the queue or log is out or stands still, or the link
    /// holds what is to cross it.
    pub(super) fn is_silent(&self, delivery: u32, t: SimTime) -> bool {
        let constants = &self.model.deliveries[delivery as usize];
        let out = self.globals.out.get(constants.from as usize);
        let routes = constants.routes.iter();
        let mut ways = routes.filter_map(|route| {
            let route = self.model.routes.get(*route as usize)?;
            self.globals.ways.get(route.way as usize)
        });
        out.is_some_and(|[all, _]| *all > 0)
            || self.globals.pauses.until(constants.from, NO_INSTANCE) > t
            || ways.any(|way| way.holds(t))
    }

    /// Returns from when on a delivery takes something that it would take at an instant.
    pub(super) fn takes_at(&self, delivery: u32, t: SimTime) -> SimTime {
        let constants = &self.model.deliveries[delivery as usize];
        let routes = constants.routes.iter();
        let ways = routes.filter_map(|route| self.model.routes.get(*route as usize));
        let ways: Vec<u32> = ways.map(|route| route.way).collect();
        let faults = &self.globals.faults;
        let mut at = t;
        loop {
            let covers = |from: SimTime, until: SimTime| (from..until).contains(&at);
            let outages = faults.outages.iter().filter(|one| {
                one.node == constants.from && one.part.is_none() && covers(one.at, one.until)
            });
            let pauses = faults.pauses.iter().filter(|one| {
                one.node == constants.from && one.part.is_none() && covers(one.at, one.until)
            });
            let troubles = faults
                .troubles
                .iter()
                .filter(|one| one.holds && ways.contains(&one.way) && covers(one.at, one.until));
            let ends = outages.map(|one| one.until);
            let ends = ends.chain(pauses.map(|one| one.until));
            match ends.chain(troubles.map(|one| one.until)).max() {
                Some(end) => at = end,
                None => return at,
            }
        }
    }

    /// Lets queues and logs hand over what has waited because some of their deliveries took
    /// nothing.
    pub(super) fn hand_over_again(&mut self, which: &dyn Fn(&Delivery) -> bool, at: SimTime) {
        let model = self.model;
        for (id, queue) in (0u32..).zip(&model.queues) {
            let mut deliveries = queue.deliveries.iter();
            if deliveries.any(|delivery| which(&model.deliveries[*delivery as usize])) {
                self.offer(id, at);
            }
        }
        for (id, log) in (0u32..).zip(&model.logs) {
            for &delivery in &log.deliveries {
                if !which(&model.deliveries[delivery as usize]) {
                    continue;
                }
                for partition in 0..log.partitions {
                    self.take_from_log(id, delivery, partition, at, false);
                }
                self.note_unread(id, at);
            }
        }
    }

    /// A balancer notices that a copy is out, or well again.
    pub(super) fn see(&mut self, id: u32, at: SimTime) {
        let sight = self.globals.faults.sights[id as usize];
        self.balancers[sight.balancer as usize].see(at, sight.copy, sight.well);
    }

    /// Whether a visit was placed at a copy that is out while others go on.
    pub(super) fn is_placed_out(&self, slot: u32) -> bool {
        let node = self.node_of(slot);
        let out = self.globals.out.get(node as usize);
        out.is_some_and(|[_, some]| *some > 0)
            && self.globals.partly.iter().any(|id| {
                let outage = &self.globals.faults.outages[*id as usize];
                outage.node == node && self.is_at(slot, outage)
            })
    }

    /// Whether a visit is at a copy that an outage is about.
    fn is_at(&self, slot: u32, outage: &Outage) -> bool {
        covers(outage.part, u32::from(self.visits[slot].instance))
    }

    /// Places a visit that has just come to a node of which some copies are out, if copies
    /// take visits at random there; says whether its copy is out.
    pub(super) fn comes_to_an_end(&mut self, slot: u32) -> bool {
        let node = self.node_of(slot);
        let place = &self.model.nodes[node as usize];
        if place.partition == NONE && place.group != NONE {
            self.station_of(slot, place.group);
        }
        self.is_placed_out(slot)
    }

    /// Ends everything that is at what goes out as failed: at some copies of a node.
    ///
    /// Those in lines go first, so that no server that becomes free is given to one of them. Calls
    /// that were made go on, and nobody waits for them.
    pub(super) fn fail_inside(&mut self, node: u32, out: &dyn Fn(u32) -> bool, at: SimTime) {
        let mut inside: Vec<(u32, u32)> = self
            .visits
            .slots()
            .filter(|&slot| {
                self.is_inside(slot, node) && out(u32::from(self.visits[slot].instance))
            })
            .map(|slot| (slot, self.visits[slot].life))
            .collect();
        // Visits before their branches, so that none goes on because of them.
        let ranked = |one: &Replication<'_>, slot: u32| {
            let depth = one.depth_of(slot);
            (
                depth > 0 || one.visits[slot].flags & flag::WAITING == 0,
                depth,
            )
        };
        inside.sort_by_cached_key(|&(slot, _)| ranked(self, slot));
        for (slot, life) in inside {
            // The end of one may have been that of another.
            if !self.visits.is_alive(slot, life) || !self.is_inside(slot, node) {
                continue;
            }
            if self.visits[slot].flags & flag::WAITING != 0 {
                self.leave_line(slot, at, Outcome::Failed);
            } else {
                self.break_off(slot, at);
                let rare = self.visits.rare(slot);
                let (running, retrying) = (rare.running, rare.retrying);
                if running > 0 {
                    self.close_join(slot);
                }
                if retrying || self.visits[slot].live > 0 {
                    self.abandon_call(slot, at);
                }
                self.leave_now(slot, at, Outcome::Failed);
            }
            self.drain();
        }
    }

    /// Returns how many branches deep a visit is within that of its node.
    fn depth_of(&self, slot: u32) -> u32 {
        let (mut at, mut depth) = (slot, 0);
        while self.visits[at].flags & (flag::STRAND | flag::DETACHED) == flag::STRAND {
            (at, depth) = (self.visits[at].caller, depth + 1);
            if at == NONE || depth > 64 {
                break;
            }
        }
        depth
    }

    /// Whether a visit is at a node: it has come, and not ended.
    pub(super) fn is_inside(&self, slot: u32, node: u32) -> bool {
        const NOT: u16 = flag::ROOT | flag::ENDED | flag::LOST;
        let visit = &self.visits[slot];
        visit.flags & flag::LIVE != 0
            && visit.flags & NOT == 0
            && (visit.flags & flag::FRESH == 0 || self.has_entered(slot))
            && self.node_of(slot) == node
    }
}

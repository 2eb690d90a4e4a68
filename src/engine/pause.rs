//! Pauses: for some time a node stands still, or some of its copies do.
//!
//! Its servers stop: what is in service goes on when the pause is over, and what comes stands
//! in their lines meanwhile, as far as these are long enough. Whatever else a visit would do
//! there waits until then: other work takes so much longer, answers are heard and time-outs are
//! noticed afterwards. A queue hands nothing over. Who is called goes on, and who waits for the
//! node may give it up.
//!
//! A visit at a node that ever stands still keeps its `FRESH`, so that the interpreter asks
//! before each of its operations (`stands_still`); that it has entered is known by its life.

use super::event::{Class, What};
use super::replication::Replication;
use super::visit::{NO_INSTANCE, flag};
use crate::model::fault::Part;
use crate::model::{Discipline, Op};
use crate::units::{SimTime, Span};
use std::collections::BTreeMap;

/// What stands still.
#[derive(Debug, Default)]
pub(super) struct Pauses {
    /// Per node: whether it ever does, which part of it does now, and until when; empty if
    /// nothing ever does.
    nodes: Vec<(bool, Vec<Still>)>,
    /// Per visit: its life, if it has entered a node that ever stands still.
    entered: Vec<u32>,
    /// Visits that were at work without a server: their lives, and how much longer it takes.
    longer: BTreeMap<u32, (u32, Span)>,
}

/// A part of a node that stands still, and until when.
type Still = (Option<Part>, SimTime);

impl Pauses {
    /// Notes which nodes ever stand still.
    pub(super) fn new(nodes: usize, ever: impl Iterator<Item = u32>) -> Pauses {
        let mut pauses = Pauses::default();
        for node in ever {
            pauses.nodes.resize(nodes, (false, Vec::new()));
            pauses.nodes[node as usize].0 = true;
        }
        pauses
    }

    /// Returns until when a copy of a node stands still: not at all if that is over.
    pub(super) fn until(&self, node: u32, instance: u16) -> SimTime {
        let still = self
            .nodes
            .get(node as usize)
            .map_or(&[][..], |node| &node.1);
        let until = still.iter().filter(|(part, _)| covers(*part, instance));
        until.map(|still| still.1).max().unwrap_or(SimTime::ZERO)
    }
}

/// Whether a part of a node has a copy.
fn covers(part: Option<Part>, instance: u16) -> bool {
    part.is_none_or(|part| instance != NO_INSTANCE && part.has(u32::from(instance)))
}

impl Replication<'_> {
    /// A pause begins, or ends.
    pub(super) fn change_pause(&mut self, id: u32, at: SimTime) {
        let node = self.globals.faults.pauses[id as usize].node;
        let all = self.globals.faults.pauses.iter();
        let now = all.filter(|one| one.node == node && (one.at..one.until).contains(&at));
        let now = now.map(|one| (one.part, one.until)).collect();
        let before = std::mem::replace(&mut self.globals.pauses.nodes[node as usize].1, now);
        self.lengthen_work(node, &before, at);
        for (group, constants) in (0u32..).zip(&self.model.groups) {
            if constants.node != node || constants.limit {
                continue;
            }
            for instance in 0..constants.instances {
                // What all copies share stands still with all of them.
                let whose = if constants.instances == 1 {
                    NO_INSTANCE
                } else {
                    instance as u16
                };
                let stops = self.globals.pauses.until(node, whose) > at;
                self.stop_station(group, constants.first + instance, stops, at);
            }
        }
        self.hand_over_again(&|delivery| delivery.from == node, at);
    }

    /// Lets the work without a server that is under way take longer by what the node stands
    /// still more than it was known to.
    fn lengthen_work(&mut self, node: u32, before: &[Still], at: SimTime) {
        let slots: Vec<u32> = self.visits.slots().collect();
        for slot in slots {
            if !self.is_inside(slot, node) || !self.is_at_work(slot) {
                continue;
            }
            let visit = &self.visits[slot];
            let (instance, life) = (visit.instance, visit.life);
            let known = before.iter().filter(|still| covers(still.0, instance));
            let known = known.map(|still| still.1).max().unwrap_or(at).max(at);
            let until = self.globals.pauses.until(node, instance);
            if until > known && until != SimTime::NEVER {
                let longer = self.globals.pauses.longer.entry(slot);
                let longer = longer.or_insert((life, Span::ZERO));
                if longer.0 != life {
                    *longer = (life, Span::ZERO);
                }
                longer.1 = longer.1 + until.since(known);
            }
        }
    }

    /// Whether a visit's own time passes at work for which it needs no server.
    fn is_at_work(&self, slot: u32) -> bool {
        let visit = &self.visits[slot];
        let rare = self.visits.rare(slot);
        let waits = visit.live > 0 || rare.running > 0 || rare.retrying;
        let before = (visit.pc as usize).checked_sub(1);
        let before = before.map(|pc| self.tables.code[pc].op);
        !waits && visit.flags & flag::WAITING == 0 && matches!(before, Some(Op::Work { .. }))
    }

    /// Lets a station stop, or go on.
    fn stop_station(&mut self, group: u32, station: u32, stops: bool, at: SimTime) {
        if self.is_stopped(station) == stops {
            return;
        }
        self.set_stopped(station, stops, at);
        if self.model.groups[group as usize].discipline == Discipline::ProcessorSharing {
            return;
        }
        let slots: Vec<u32> = self.visits.slots().collect();
        for slot in slots {
            let visit = &self.visits[slot];
            let op = self.tables.code[visit.pc as usize].op;
            let is_served = visit.flags & flag::WAITING == 0
                && visit.remaining > 0
                && matches!(op, Op::Serve { group: own, .. } if own == group)
                && self.serving_station(slot) == Some(station);
            if !is_served {
                continue;
            }
            if !stops {
                self.resume_service(slot, at, station);
            } else if visit.since + visit.remaining > at.0 {
                // What is done at this very instant is done.
                self.stop_service(slot, at, station);
            }
        }
    }

    /// Whether a visit has entered a node that ever stands still, and keeps its `FRESH`.
    pub(super) fn has_entered(&self, slot: u32) -> bool {
        let entered = self.globals.pauses.entered.get(slot as usize);
        entered.is_some_and(|life| *life == self.visits[slot].life)
    }

    /// Whether a visit does not do its next operation now, because its node stands still: then
    /// it does it when that is over.
    pub(super) fn stands_still(&mut self, slot: u32, t: SimTime) -> bool {
        if self.globals.pauses.nodes.is_empty() {
            return false;
        }
        let node = self.node_of(slot);
        if !self.globals.pauses.nodes[node as usize].0 {
            return false;
        }
        self.visits[slot].flags |= flag::FRESH;
        let life = self.visits[slot].life;
        let entered = &mut self.globals.pauses.entered;
        if entered.len() <= slot as usize {
            entered.resize(slot as usize + 1, u32::MAX);
        }
        entered[slot as usize] = life;
        let op = self.tables.code[self.visits[slot].pc as usize].op;
        let longer = self.globals.pauses.longer.remove(&slot);
        if let Some((_, longer)) = longer.filter(|longer| longer.0 == life) {
            self.go_on_at(slot, t + longer);
            return true;
        }
        // Servers that stop keep a line; copies are chosen before it.
        if matches!(op, Op::Serve { .. } | Op::Seize { .. } | Op::Place { .. }) {
            return false;
        }
        match self.still_until(slot, t) {
            Some(until) => {
                self.go_on_at(slot, until);
                true
            }
            None => false,
        }
    }

    /// Returns until when the node of a visit stands still, if it does.
    pub(super) fn still_until(&self, slot: u32, t: SimTime) -> Option<SimTime> {
        let pauses = &self.globals.pauses;
        let until = pauses.until(self.node_of(slot), self.visits[slot].instance);
        (until > t).then_some(until)
    }

    /// Lets a visit go on at a later time.
    fn go_on_at(&mut self, slot: u32, at: SimTime) {
        let reply_by = self.visits[slot].reply_by;
        if at == SimTime::NEVER {
            self.arm(slot);
            return;
        }
        if reply_by != u64::MAX {
            self.arm_by(slot, at, reply_by);
        }
        let order = self.next_order(Class::Completion, self.node_of(slot));
        let generation = self.visits[slot].generation;
        self.push(at, order, slot, What::Resume, generation);
    }

    /// Puts off what a caller is to notice while its node stands still; says whether it was.
    #[cold]
    pub(super) fn is_put_off(&mut self, caller: u32, t: SimTime, event: (u32, What, u32)) -> bool {
        let Some(until) = self.still_until(caller, t) else {
            return false;
        };
        if until != SimTime::NEVER {
            let (slot, what, generation) = event;
            let order = self.next_order(Class::Timer, self.node_of(caller));
            self.push(until, order, slot, what, generation);
        }
        true
    }
}

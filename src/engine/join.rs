//! Branches, repetitions and detached strands, and how they come together.

use super::call::Next;
use super::event::{Class, What};
use super::replication::Replication;
use super::step::Resume;
use super::visit::{Joins, Rare, flag};
use crate::mechanism::message::Page;
use crate::model::{ALL, NONE, Outcome};
use crate::random::{address, mix32, purpose};
use crate::units::{SimTime, Span};

/// What a branch takes over from a message of the delivery.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FromMessage {
    pub(crate) key: u64,
    pub(crate) item: u32,
    pub(crate) request: u32,
    pub(crate) ordinal: u64,
    pub(crate) bytes: u32,
    pub(crate) page: Page,
}

impl Replication<'_> {
    /// Prepares a visit to wait for branches.
    pub(crate) fn open_join(&mut self, slot: u32, needed: u32, total: u32, each: u32, error: u32) {
        self.visits[slot].aside = Outcome::Completed;
        let branches = self.visits.rare_mut(slot);
        branches.needed = needed;
        branches.total = total;
        branches.running = 0;
        branches.completed = 0;
        branches.started = 0;
        branches.each = each;
        branches.join_error = error;
        branches.joins = Joins::Branches;
        branches.elsewhere = false;
    }

    /// Starts a strand of the visit's node that runs beside it.
    fn strand(&mut self, slot: u32, t: SimTime, entry: u32, index: u32) -> u32 {
        let parent = self.visits[slot];
        let origin = Self::salted(self.origin_of(slot), index);
        let child = self.visits.take();
        let visit = &mut self.visits[child];
        visit.key = parent.key;
        visit.entered = t.0;
        visit.item = parent.item;
        visit.request = parent.request;
        visit.hop = Self::salted(parent.hop, index);
        visit.salt = Self::salted(parent.salt, index);
        visit.pc = entry;
        visit.instance = parent.instance;
        // Whoever begins a strand at a node that ever stands still is marked by `FRESH`.
        visit.flags |= flag::STRAND | parent.flags & flag::FRESH;
        visit.ordinal = parent.ordinal;
        visit.items = parent.items;
        visit.count = parent.count;
        visit.missed = parent.missed;
        visit.bytes = parent.bytes;
        visit.priority = parent.priority;
        let &Rare { observed, page, .. } = self.visits.rare(slot);
        self.visits.set_observed(child, observed);
        if page.post != NONE {
            self.visits.rare_mut(child).page = page;
        }
        if !self.model.memories.is_empty() {
            self.visits.rare_mut(child).origin = origin;
        }
        child
    }

    /// Starts a branch of a fork or of a repetition.
    pub(crate) fn branch(
        &mut self,
        slot: u32,
        t: SimTime,
        entry: u32,
        index: u32,
        message: Option<FromMessage>,
    ) {
        let child = self.strand(slot, t, entry, index);
        let generation = self.visits[slot].generation;
        let parent_request = self.visits[slot].request;
        let of_message = message.is_some_and(|message| message.request != parent_request);
        self.visits.rare_mut(child).of_message = of_message;
        let visit = &mut self.visits[child];
        visit.caller = slot;
        visit.caller_generation = generation;
        visit.flags |= flag::BRANCH;
        if self.follows(slot) {
            self.follow_branch(slot, child, t);
        }
        let visit = &mut self.visits[child];
        if let Some(message) = message {
            visit.key = message.key;
            visit.item = message.item;
            visit.request = message.request;
            visit.ordinal = message.ordinal;
            visit.bytes = u64::from(message.bytes);
            visit.items = 1;
            visit.count = 1;
            self.visits.rare_mut(child).page = message.page;
        }
        self.pending.push(Resume {
            slot: child,
            at: t,
            granted: false,
        });
    }

    /// Starts a strand that nobody waits for.
    pub(crate) fn spawn(&mut self, slot: u32, t: SimTime, entry: u32, number: u16) {
        let child = self.strand(slot, t, entry, 0);
        let visit = &mut self.visits[child];
        visit.hop = mix32(visit.hop, u32::from(number) | DETACHED_HOP);
        visit.flags |= flag::DETACHED;
        let request = visit.request;
        let parent = &self.visits[slot];
        if parent.holds != NONE && parent.flags & flag::DETACHED == 0 {
            self.hand_places(slot, child);
        }
        self.detach(request, 1);
        self.pending.push(Resume {
            slot: child,
            at: t,
            granted: false,
        });
    }

    /// Lets time pass for a strand that nobody waits for, until the earlier of two moments: at
    /// the second it goes on at `target`. Its request has nothing to do with it any more.
    pub(crate) fn earlier(
        &mut self,
        slot: u32,
        t: SimTime,
        (time, other): (u32, u32),
        target: u32,
    ) -> SimTime {
        let first = self.sample(slot, time, purpose::SERVICE);
        let second = self.sample(slot, other, purpose::PATIENCE);
        self.note_end(slot, t);
        let visit = &mut self.visits[slot];
        visit.request = NONE;
        visit.pc = if first < second { visit.pc + 1 } else { target };
        t + Span(first.min(second))
    }

    /// Opens a repetition. Returns whether the visit goes on at once.
    pub(crate) fn repeat(&mut self, slot: u32, t: SimTime, each: u32, on_error: u32) -> bool {
        let table = &self.model.loops[each as usize];
        let total = if table.times == NONE {
            self.messages_of(slot)
        } else {
            u32::try_from(self.sample(slot, table.times, purpose::COUNT)).unwrap_or(u32::MAX)
        };
        let total = if table.cut == 0 {
            total
        } else {
            total.div_ceil(table.cut).max(1)
        };
        if total == 0 {
            self.visits[slot].pc += 1;
            return true;
        }
        let needed = if table.needed == ALL {
            total
        } else {
            table.needed
        };
        self.open_join(slot, needed, total, each, on_error);
        self.arm(slot);
        let at_once = total.min(table.concurrency);
        self.visits.rare_mut(slot).started = at_once;
        self.visits.rare_mut(slot).running = at_once;
        for index in (0..at_once).rev() {
            self.iteration(slot, t, each, index);
        }
        false
    }

    /// Starts one iteration of a repetition.
    fn iteration(&mut self, slot: u32, t: SimTime, each: u32, index: u32) {
        let table = &self.model.loops[each as usize];
        let message = if table.times == NONE {
            self.message_of(slot, index)
        } else {
            None
        };
        self.branch(slot, t, table.entry, index, message);
        if table.cut != 0
            && let Some(resume) = self.pending.last()
        {
            // The same draw as when the repetition began: the visit is still at it.
            let items = self.sample(slot, table.times, purpose::COUNT);
            let items = u32::try_from(items).unwrap_or(u32::MAX);
            let count = items.saturating_sub(index * table.cut).min(table.cut);
            self.visits[resume.slot].count = count;
            // So many items of another kind: they are not the recipients.
            self.visits.rare_mut(resume.slot).page.count = 0;
        }
        if table.key != NONE
            && let Some(resume) = self.pending.last()
        {
            let child = resume.slot;
            let visit = self.visits[child];
            let ordinal = self.visits[child].ordinal;
            let item = self.model.keys[table.key as usize].draw_nth(
                visit.key,
                address(visit.hop, purpose::KEY, 0, 0),
                ordinal,
            );
            self.visits[child].item = item;
        }
    }

    /// A branch has come to its end at its local time: the join is an event there.
    pub(crate) fn branch_ended(&mut self, child: u32, t: SimTime, outcome: Outcome) -> Next {
        self.visits[child].aside = outcome;
        let node = self.node_of(child);
        if t == self.now && node == self.node && Class::Completion <= self.class {
            return self.join(child, t);
        }
        let order = self.next_order(Class::Completion, node);
        if self.is_next(t, order, node) {
            return self.join(child, t);
        }
        let generation = self.visits[child].generation;
        self.push(t, order, child, What::Join, generation);
        None
    }

    /// Counts a branch that has ended.
    pub(crate) fn join(&mut self, child: u32, t: SimTime) -> Next {
        self.events += 1;
        let visit = self.visits[child];
        let outcome = self.visits[child].aside;
        let observed = self.visits.rare(child).observed;
        let slot = visit.caller;
        let joins = self.visits.rare(slot).joins;
        self.page_ended(child, t, outcome);
        let moved_on = self.visits[slot].generation != visit.caller_generation;
        if moved_on {
            if !self.visits.rare(child).of_message {
                self.note_end(child, t);
            }
            self.visits.free(child);
            return None;
        }
        if joins == Joins::Partitions {
            self.part_ended(slot, child, outcome);
        } else if joins == Joins::Branches && outcome != Outcome::Completed {
            self.message_failed(slot, visit.key);
        }
        if self.follows(slot) {
            self.follow_join(slot, child, t);
        }
        self.visits.free(child);
        let branches = self.visits.rare_mut(slot);
        branches.running -= 1;
        if outcome == Outcome::Completed {
            branches.completed += 1;
            branches.observed = observed;
        }
        let branches = *branches;
        let aside = &mut self.visits[slot].aside;
        if outcome != Outcome::Completed {
            *aside = outcome;
        }
        let aside = *aside;
        match joins {
            Joins::Branches | Joins::Gather => {}
            Joins::Pages => return self.pages_join(slot, t),
            Joins::Partitions => return self.parts_join(slot, t),
        }
        let to_come = branches.running + (branches.total - branches.started);
        let settled = branches.needed == NONE;
        if settled && to_come == 0 || !settled && branches.completed >= branches.needed {
            self.close_join(slot);
            self.visits[slot].pc += 1;
            return Some((slot, t));
        }
        if !settled && branches.completed + to_come < branches.needed {
            self.close_join(slot);
            if branches.join_error != NONE {
                self.visits[slot].pc = branches.join_error;
                return Some((slot, t));
            }
            return self.end_badly(slot, t, aside);
        }
        if branches.each != NONE && branches.started < branches.total {
            self.visits.rare_mut(slot).started += 1;
            self.visits.rare_mut(slot).running += 1;
            match joins {
                Joins::Gather => self.pull(slot, t, branches.each, branches.started),
                Joins::Branches | Joins::Pages | Joins::Partitions => {
                    self.iteration(slot, t, branches.each, branches.started);
                }
            }
        }
        None
    }

    /// The visit goes on: branches that are still out work on detached.
    pub(crate) fn close_join(&mut self, slot: u32) {
        if self.visits.rare(slot).joins == Joins::Gather {
            self.forget_pulls(slot);
        }
        if self.follows(slot) {
            self.follow_joined(slot);
        }
        let running = std::mem::take(&mut self.visits.rare_mut(slot).running);
        if running > 0 {
            self.detach(self.visits[slot].request, running);
        }
        self.visits[slot].generation = self.visits[slot].generation.wrapping_add(1);
    }
}

/// Keeps the addresses of detached strands apart from those of their parents.
pub(super) const DETACHED_HOP: u32 = 0x4000_0000;

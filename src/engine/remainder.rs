//! Calls about several items that pay one by one, each at the partition of its key.
//!
//! Items that find the tokens pass and are worked on together. The others are handed back
//! and tried again after a pause that grows, so many times in all. A call of which nothing
//! passes at first is refused as any other.
//!
//! What is left of a call lies here while it waits: most calls leave nothing. What is given up may
//! come back to the caller, who sends only that when it tries again (`Batch::returned`).
//!
//! Not here: how a visit finds its partition (`step`), and the keys of its items (`lookup`).

use std::collections::BTreeMap;

use super::admission::tokens;
use super::replication::Replication;
use crate::mechanism::token_bucket;
use crate::model::{Admission, Of, Toll};
use crate::random::{address, purpose};
use crate::units::{SimTime, Span};

/// What is left of a call.
#[derive(Clone, Debug)]
struct Rest {
    /// Life of the slot whose visit it is.
    life: u32,
    /// Its items' keys.
    keys: Vec<u32>,
    /// Numbers of the items that have not passed.
    left: Vec<u32>,
    /// Size of one item [bytes].
    each: u64,
    /// Rounds so far.
    rounds: u32,
    /// Whether it has waited and is to try again.
    again: bool,
}

/// What is left of all calls that have left something, by slot.
#[derive(Debug, Default)]
pub(crate) struct Remainders {
    rests: BTreeMap<u32, Rest>,
    /// By slot of a visit that has given items up: its life, and how many.
    given_up: BTreeMap<u32, (u32, u32)>,
    /// By slot of a caller whose open call has come back in part: the call, and how many items
    /// are left of it.
    returned: BTreeMap<u32, (u32, u32)>,
}

impl Replication<'_> {
    /// Lets the items of a visit pass an admission one by one.
    ///
    /// `None`: nothing passed at first. Nothing of a later round: the work behind is skipped,
    /// as a call of which nothing passes is refused at once.
    pub(super) fn admit_items(
        &mut self,
        slot: u32,
        t: SimTime,
        admission: &Admission,
    ) -> Option<SimTime> {
        let visit = &self.visits[slot];
        let (items, bytes, life) = (visit.items, visit.bytes, visit.life);
        let known = self.remainders.rests.remove(&slot);
        let mut rest = match known.filter(|rest| rest.again && rest.life == life) {
            Some(rest) => rest,
            None => Rest {
                life,
                keys: self.keys_of(slot),
                left: (0..items).collect(),
                each: bytes / u64::from(items),
                rounds: 0,
                again: false,
            },
        };
        let mut left = Vec::new();
        for &index in &rest.left {
            let item = (index, rest.keys[index as usize], rest.each);
            if !self.admit_item(slot, t, admission, item) {
                left.push(index);
            }
        }
        let passed = (rest.left.len() - left.len()) as u32;
        let first = rest.rounds == 0;
        if first && passed == 0 {
            return None;
        }
        if passed == 0 {
            self.visits[slot].pc += 1;
        }
        self.meter_some(slot, admission, (passed, rest.each * u64::from(passed)));
        rest.left = left;
        rest.rounds += 1;
        rest.again = false;
        if !first || !rest.left.is_empty() {
            let visit = &mut self.visits[slot];
            visit.items = passed;
            visit.bytes = rest.each * u64::from(passed);
            self.remainders.rests.insert(slot, rest);
        }
        Some(t)
    }

    /// Whether a visit has waited to try what is left of its items again.
    pub(super) fn tries_again(&self, slot: u32) -> bool {
        let rest = self.remainders.rests.get(&slot);
        rest.is_some_and(|rest| rest.again && rest.life == self.visits[slot].life)
    }

    /// Lets one item pass, and pay, if all buckets have its tokens.
    fn admit_item(
        &mut self,
        slot: u32,
        t: SimTime,
        admission: &Admission,
        item: (u32, u32, u64),
    ) -> bool {
        for toll in &admission.tolls {
            let (bucket, cost) = self.due_of_item(slot, toll, item);
            if !self.buckets[bucket].has(t, cost) {
                let entered = SimTime(self.visits[slot].entered);
                self.recorder
                    .refusal(self.node_of(slot), bucket as u32, entered);
                return false;
            }
        }
        let node = self.node_of(slot);
        for toll in &admission.tolls {
            let (bucket, cost) = self.due_of_item(slot, toll, item);
            let paid = self.buckets[bucket].admit(t, cost);
            debug_assert!(paid, "a bucket that has the tokens gives them");
            self.watch_limit((node, t), admission, toll, (bucket, cost));
            self.fill_partition(node, admission, toll, (bucket, item.2));
        }
        true
    }

    /// Returns the bucket of one item's toll, and its price there [10⁻¹² token].
    fn due_of_item(
        &self,
        slot: u32,
        toll: &Toll,
        (index, key, bytes): (u32, u32, u64),
    ) -> (usize, i128) {
        let instance = match toll.of {
            Of::One => 0,
            Of::Instance => u32::from(self.visits[slot].instance),
            Of::Partition(partition) => self.partition_of_item(slot, partition, (index, key)),
        };
        let cost = tokens(toll.cost, 1, bytes);
        let bucket = toll.bucket + instance;
        (bucket as usize, token_bucket::pico_tokens(cost))
    }

    /// A call has ended badly, of which a part may have passed: the caller learns what is left.
    #[cold]
    pub(super) fn returned(&mut self, caller: u32, child: u32, life: u32) {
        let given_up = self.remainders.given_up.remove(&child);
        if let Some((_, left)) = given_up.filter(|(of, _)| *of == life) {
            let call = self.visits[caller].generation;
            self.remainders.returned.insert(caller, (call, left));
        }
    }

    /// Whether a call has given items up of which its caller is to learn.
    #[inline]
    pub(super) fn may_have_returned(&self) -> bool {
        !self.remainders.given_up.is_empty()
    }

    /// Lets another attempt of a call be about what is left of it, if a part has passed.
    #[cold]
    pub(super) fn send_what_is_left(&mut self, caller: u32, attempt: u32) {
        let known = self.remainders.returned.get(&caller).copied();
        let call = self.visits[caller].generation;
        if let Some((_, left)) = known.filter(|(of, _)| *of == call) {
            let visit = &mut self.visits[attempt];
            visit.bytes = visit.bytes / u64::from(visit.items.max(1)) * u64::from(left);
            (visit.items, visit.count) = (left, left);
        }
    }

    /// Ends a round: waits for the next one and goes back to `admit`, or goes on.
    ///
    /// Returns when, and whether what is left is given up.
    pub(super) fn next_round(
        &mut self,
        slot: u32,
        t: SimTime,
        (batch, admit): (u32, u32),
    ) -> (SimTime, bool) {
        let model = self.model;
        let batch = &model.batches[batch as usize];
        let life = self.visits[slot].life;
        let own = |rest: &&mut Rest| rest.life == life;
        let Some(rest) = self.remainders.rests.get_mut(&slot).filter(own) else {
            self.visits[slot].pc += 1;
            return (t, false);
        };
        let (rounds, left) = (rest.rounds, rest.left.len() as u32);
        if left == 0 || rounds >= batch.rounds {
            let passed = rest.keys.len() as u32 - left;
            let bytes = rest.each * u64::from(passed);
            self.remainders.rests.remove(&slot);
            if left > 0 && batch.returned {
                self.remainders.given_up.insert(slot, (life, left));
            }
            let this = &mut self.visits[slot];
            // What follows is about those that have passed.
            (this.items, this.count) = (passed, passed);
            this.bytes = bytes;
            self.visits[slot].pc += 1;
            return (t, left > 0);
        }
        rest.again = true;
        let visit = &self.visits[slot];
        let operation = self.tables.code[visit.pc as usize].operation;
        let place = address(visit.hop, purpose::BACKOFF, operation, rounds as u8);
        let ordinal = self.visits[slot].ordinal;
        let pause = model.samplers[batch.pause as usize].sample(visit.key, place, ordinal);
        // It doubles from round to round.
        let pause = pause.saturating_mul(1 << (rounds - 1).min(32));
        self.visits[slot].pc = admit;
        if let Some(way) = self.visits.way_mut(slot) {
            way.thrown_back += pause;
        }
        (t + Span(pause), false)
    }
}

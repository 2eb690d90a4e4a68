//! Message queue: messages are received, hidden meanwhile, and deleted when done.
//!
//! A message that is not deleted within its visibility time-out is visible
//! again; received too often, it is a dead letter; too old, it is dropped. With
//! `ordered`, the messages of a key are received in order, one delivery at a
//! time. All lists are links between numbers, so every step is O(1), but for
//! messages given back with a delay of their own (O(log n)).
//!
//! Nothing happens by itself: `next_at` says when `expire` has something to do.
//! Not here: consumers, batches and their windows, and where dead letters go.

mod chain;
mod line;

#[cfg(test)]
mod tests;

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use self::chain::{AGE, Chain, Held, LINE, NONE, Place, Slab};
use self::line::Line;
use super::message::Message;
use crate::units::{SimTime, Span};

/// The constants of a message queue.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// How long a receive hides a message; `MAX` is unlimited.
    pub visibility: Span,
    /// Receives after which a message is a dead letter, ≥ 1; `u32::MAX` is unlimited.
    pub max_receives: u32,
    /// Whether messages of one key (`item`) are received in order.
    pub ordered: bool,
    /// Age at which a message is dropped; `MAX` is never.
    pub retention: Span,
    /// Most messages in flight; `u32::MAX` is unlimited.
    pub in_flight: u32,
}

/// A message as one receive handed it out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Receipt {
    id: u32,
    generation: u32,
}

/// What became of the messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Messages sent.
    pub sent: u64,
    /// Second copies of some of them.
    pub duplicates: u64,
    /// Receives, of one message each.
    pub receives: u64,
    /// Deleted, that is done.
    pub deleted: u64,
    /// Received too often.
    pub dead_lettered: u64,
    /// Too old.
    pub expired: u64,
}

/// Messages between senders and consumers.
#[derive(Clone, Debug)]
pub struct MessageQueue {
    rules: Rules,
    slab: Slab,
    line: Line,
    /// In order of sending, without those that are overdue.
    ages: Chain,
    /// Hidden for the visibility time-out, the first to be visible again in front.
    hidden: Chain,
    /// (visible again, sequence, message, generation) of those with a time of their own.
    delayed: BinaryHeap<Reverse<(SimTime, u64, u32, u32)>>,
    dead: VecDeque<Message>,
    /// Messages dropped for their age, to be told to whoever counts them.
    lost: VecDeque<Message>,
    visible: u64,
    in_flight: u64,
    tally: Tally,
    sequence: u64,
}

impl MessageQueue {
    /// Makes an empty queue.
    pub fn new(rules: Rules) -> MessageQueue {
        MessageQueue {
            rules,
            slab: Slab::default(),
            line: Line::new(rules.ordered),
            ages: Chain::new(AGE),
            hidden: Chain::new(LINE),
            delayed: BinaryHeap::new(),
            dead: VecDeque::new(),
            lost: VecDeque::new(),
            visible: 0,
            in_flight: 0,
            tally: Tally::default(),
            sequence: 0,
        }
    }

    /// Follows other rules from now on, in the same order: what is hidden stays so for as long as
    /// it was to, and every message has the age that it has.
    pub fn change(&mut self, rules: Rules) {
        self.rules = Rules {
            ordered: self.rules.ordered,
            ..rules
        };
    }

    /// Adds a message at `now`; a duplicate is counted as such.
    pub fn send(&mut self, now: SimTime, message: Message, duplicate: bool) {
        let message = Message {
            receives: 0,
            ..message
        };
        let id = self.slab.add(message, now, self.sequence);
        self.sequence += 1;
        if duplicate {
            self.tally.duplicates += 1;
        } else {
            self.tally.sent += 1;
        }
        self.visible += 1;
        self.ages.push_back(&mut self.slab, id);
        self.line.push(&mut self.slab, id);
    }

    /// Receives up to `most` messages, appends their receipts to `batch`, and
    /// returns how many.
    ///
    /// # Panics
    ///
    /// Panics in debug builds if `expire` has something to do at `now`.
    pub fn receive(&mut self, now: SimTime, most: u32, batch: &mut Vec<Receipt>) -> u32 {
        debug_assert!(
            self.next_at() > now,
            "what is due by {now:?} comes before a receive"
        );
        let room = match self.rules.in_flight {
            u32::MAX => u64::MAX,
            bound => u64::from(bound).saturating_sub(self.in_flight),
        };
        let most = u64::from(most).min(room) as u32;
        let until = now + self.rules.visibility;
        let before = batch.len();
        let hidden = &mut self.hidden;
        self.line.receive(&mut self.slab, most, |slab, id| {
            let held = slab.at_mut(id);
            held.place = Place::InFlight;
            held.hidden_until = until;
            hidden.insert_by_end(slab, id);
            let held = slab.at_mut(id);
            held.generation = held.generation.wrapping_add(1);
            held.message.receives += 1;
            batch.push(Receipt {
                id,
                generation: held.generation,
            });
        });
        let taken = (batch.len() - before) as u32;
        self.visible -= u64::from(taken);
        self.in_flight += u64::from(taken);
        self.tally.receives += u64::from(taken);
        taken
    }

    /// Returns the message of a receipt, unless it is gone or was received again.
    pub fn message(&self, receipt: Receipt) -> Option<&Message> {
        let held = self.slab.at(receipt.id);
        (held.generation == receipt.generation).then_some(&held.message)
    }

    /// Deletes a message that is done; says whether the receipt still counted.
    ///
    /// It does until the message is received again, or, in an ordered queue,
    /// until it is visible again.
    pub fn delete(&mut self, receipt: Receipt) -> bool {
        let Held {
            generation, place, ..
        } = *self.slab.at(receipt.id);
        let stale = generation != receipt.generation;
        if stale || place == Place::Visible && self.rules.ordered {
            return false;
        }
        if place == Place::Visible {
            self.visible -= 1;
            self.line.remove(&mut self.slab, receipt.id);
        } else {
            self.land(receipt.id);
            self.line.forget(&self.slab, receipt.id);
        }
        self.drop_message(receipt.id);
        self.tally.deleted += 1;
        true
    }

    /// Gives a message in flight back, visible from `at` on (at once if that is
    /// not later than `now`); says whether the receipt still counted.
    pub fn release(&mut self, receipt: Receipt, now: SimTime, at: SimTime) -> bool {
        let Held {
            generation,
            place,
            sequence,
            ..
        } = *self.slab.at(receipt.id);
        if generation != receipt.generation || place != Place::InFlight {
            return false;
        }
        if at <= now {
            self.give_back(receipt.id);
            return true;
        }
        self.hidden.unlink(&mut self.slab, receipt.id);
        self.slab.at_mut(receipt.id).place = Place::Delayed;
        self.delayed
            .push(Reverse((at, sequence, receipt.id, generation)));
        true
    }

    /// Makes visible, gives up and drops what is due by `now`.
    pub fn expire(&mut self, now: SimTime) {
        while self.hidden.first != NONE && self.slab.at(self.hidden.first).hidden_until <= now {
            self.give_back(self.hidden.first);
        }
        while let Some(&Reverse((at, _, id, generation))) = self.delayed.peek()
            && at <= now
        {
            self.delayed.pop();
            let held = self.slab.at(id);
            if held.generation == generation && held.place == Place::Delayed {
                self.give_back(id);
            }
        }
        while self.ages.first != NONE
            && self.slab.at(self.ages.first).entered + self.rules.retention <= now
        {
            let id = self.ages.first;
            if self.slab.at(id).place == Place::Visible {
                self.visible -= 1;
                self.lost.push_back(self.slab.at(id).message);
                self.line.remove(&mut self.slab, id);
                self.drop_message(id);
                self.tally.expired += 1;
            } else {
                self.ages.unlink(&mut self.slab, id);
                self.slab.at_mut(id).overdue = true;
            }
        }
    }

    /// Returns when `expire` has something to do next, or a little earlier;
    /// `NEVER` if nothing is under way.
    pub fn next_at(&self) -> SimTime {
        let mut next = SimTime::NEVER;
        if self.hidden.first != NONE {
            next = next.min(self.slab.at(self.hidden.first).hidden_until);
        }
        if let Some(Reverse((at, ..))) = self.delayed.peek() {
            next = next.min(*at);
        }
        if self.ages.first != NONE {
            next = next.min(self.slab.at(self.ages.first).entered + self.rules.retention);
        }
        next
    }

    /// Takes the next dead letter out.
    pub fn next_dead(&mut self) -> Option<Message> {
        self.dead.pop_front()
    }

    /// Returns the next message that was dropped for its age, if any.
    pub fn next_lost(&mut self) -> Option<Message> {
        self.lost.pop_front()
    }

    /// Returns the number of messages that may be received, now or, in an
    /// ordered queue, after those before them.
    pub fn visible(&self) -> u64 {
        self.visible
    }

    /// Returns the number of messages received and neither deleted nor back.
    pub fn in_flight(&self) -> u64 {
        self.in_flight
    }

    /// Returns the age of the oldest message that is not overdue.
    pub fn oldest(&self, now: SimTime) -> Span {
        match self.ages.first {
            NONE => Span::ZERO,
            first => now.since(self.slab.at(first).entered),
        }
    }

    /// Returns what became of the messages so far.
    pub fn tally(&self) -> Tally {
        self.tally
    }

    /// Asserts that every message is accounted for.
    ///
    /// # Panics
    ///
    /// Panics if one is lost or counted twice.
    pub fn identity(&self) {
        let Tally {
            sent,
            duplicates,
            receives,
            deleted,
            dead_lettered,
            expired,
        } = self.tally;
        let ended = deleted + dead_lettered + expired;
        assert_eq!(
            sent + duplicates,
            ended + self.visible + self.in_flight,
            "sent and duplicates = deleted, dead-lettered, expired, visible and in flight"
        );
        assert!(
            receives >= deleted + dead_lettered,
            "what was done or given up had been received"
        );
    }

    /// Takes a message out of flight.
    fn land(&mut self, id: u32) {
        self.in_flight -= 1;
        if self.slab.at(id).place == Place::InFlight {
            self.hidden.unlink(&mut self.slab, id);
        }
    }

    /// Makes a message in flight visible, or gives it up.
    fn give_back(&mut self, id: u32) {
        self.land(id);
        let Held {
            message, overdue, ..
        } = *self.slab.at(id);
        if !overdue && message.receives < self.rules.max_receives {
            self.slab.at_mut(id).place = Place::Visible;
            self.visible += 1;
            self.line.put_back(&mut self.slab, id);
            return;
        }
        if overdue {
            self.tally.expired += 1;
            self.lost.push_back(message);
        } else {
            self.tally.dead_lettered += 1;
            self.dead.push_back(message);
        }
        self.line.forget(&self.slab, id);
        self.drop_message(id);
    }

    /// Frees a message that is in no line.
    fn drop_message(&mut self, id: u32) {
        if !self.slab.at(id).overdue {
            self.ages.unlink(&mut self.slab, id);
        }
        self.slab.free(id);
    }
}

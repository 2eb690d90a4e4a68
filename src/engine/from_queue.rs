//! Message queues in the loop: what is sent to them, and what consumers take from them.
//!
//! The rules of a queue (visibility, groups, order) are the mechanism's; here time passes.

use super::delivery::Batch;
use super::event::{Class, What};
use super::replication::Replication;
use crate::mechanism::message::Message;
use crate::mechanism::pollers::Demand;
use crate::model::Outcome;
use crate::units::{SimTime, Span};

/// Pause before a message without a visibility time-out is visible again if its delivery
/// ended badly at the instant at which it began.
///
/// CHOICE: that of a log (`from_log`), so that a consumer that refuses at once is not asked
/// in a loop; one that has worked on the message gets it again at once.
const REFUSED_AT_ONCE: Span = Span(100_000_000);

impl Replication<'_> {
    /// Leaves the messages of a visit in a queue.
    pub(crate) fn enqueue(&mut self, slot: u32, t: SimTime, queue: u32, about: u32) {
        let messages = self.messages_from(slot, t, about);
        self.enqueue_all(queue, t, messages);
    }

    /// Leaves messages in a queue.
    pub(super) fn enqueue_all(
        &mut self,
        queue: u32,
        t: SimTime,
        messages: impl IntoIterator<Item = Message>,
    ) {
        let model = self.model;
        let constants = &model.queues[queue as usize];
        for message in messages {
            let twice = constants.duplicates > 0.0
                && self.streams[constants.node as usize].next_share() < constants.duplicates;
            if twice {
                self.detach(message.request, 1);
            }
            self.queues[queue as usize].send(t, message, false);
            if twice {
                self.queues[queue as usize].send(t, message, true);
            }
        }
        let visible = self.queues[queue as usize].visible();
        let most = &mut self.backlog_max[queue as usize];
        *most = (*most).max(visible);
        self.offer(queue, t);
    }

    /// Offers what is visible in a queue to its consumers.
    pub(super) fn offer(&mut self, queue: u32, t: SimTime) {
        let model = self.model;
        self.expire(queue, t);
        for &delivery in &model.queues[queue as usize].deliveries {
            self.take_from_queue(queue, delivery, t, false);
        }
        let record = &mut self.drained[queue as usize];
        if self.queues[queue as usize].visible() == 0 && record.1 {
            *record = (Some(t), false);
        } else if self.queues[queue as usize].visible() > 0 {
            record.1 = true;
        }
        self.note_backlog(queue, t);
        self.watch(queue, t);
    }

    /// Writes down how many messages wait in a queue from now on.
    pub(super) fn note_backlog(&mut self, queue: u32, t: SimTime) {
        let node = self.model.queues[queue as usize].node;
        let visible = self.queues[queue as usize].visible();
        self.recorder.backlog_is(node, t, visible);
    }

    /// Lets time do its work on a queue: visible again, too often received, too old.
    pub(super) fn expire(&mut self, queue: u32, t: SimTime) {
        self.queues[queue as usize].expire(t);
        while let Some(message) = self.queues[queue as usize].next_dead() {
            let dead = self.model.queues[queue as usize].dead_letter;
            self.give_up_message(dead, message, t);
        }
        while let Some(message) = self.queues[queue as usize].next_lost() {
            self.note_request(message.request, t);
        }
    }

    /// Posts the next moment at which time does something to a queue.
    pub(super) fn watch(&mut self, queue: u32, t: SimTime) {
        let at = self.queues[queue as usize].next_at();
        if at == SimTime::NEVER || self.watches[queue as usize] <= at {
            return;
        }
        self.watches[queue as usize] = at;
        let node = self.model.queues[queue as usize].node;
        let order = self.next_order(Class::Timer, node);
        self.push(at.max(t), order, queue, What::Visibility, 0);
    }

    /// Time does something to a queue.
    pub(crate) fn queue_wakes(&mut self, queue: u32, t: SimTime) {
        if self.watches[queue as usize] != t {
            return;
        }
        self.watches[queue as usize] = SimTime::NEVER;
        self.offer(queue, t);
    }

    /// Hands messages of a queue to a consumer as long as it has room.
    ///
    /// `flush`: the window of a batch is over; what is there goes.
    pub(super) fn take_from_queue(&mut self, queue: u32, delivery: u32, t: SimTime, flush: bool) {
        self.hand_over(queue, delivery, t, flush);
        if self.model.deliveries[delivery as usize].pollers.is_some() {
            self.note_pollers(queue, delivery, t);
        }
    }

    /// Lets the pollers of a delivery follow the queue, and looks again when there is one more.
    fn note_pollers(&mut self, queue: u32, delivery: u32, t: SimTime) {
        let waiting = self.queues[queue as usize].visible() > 0;
        let state = &mut self.deliveries[delivery as usize];
        let Some(pollers) = &mut state.pollers else {
            return;
        };
        let active = state.active[0];
        let demand = match (waiting, active) {
            (true, _) if active >= pollers.room(t) => Demand::Short,
            (false, 0) => Demand::Idle,
            (true | false, _) => Demand::Enough,
        };
        pollers.note(t, demand);
        let more = pollers.more_at(t);
        if more != SimTime::NEVER {
            self.set_timer(delivery, 0, more);
        }
    }

    fn hand_over(&mut self, queue: u32, delivery: u32, t: SimTime, flush: bool) {
        if self.globals.active && self.is_silent(delivery, t) {
            return;
        }
        let model = self.model;
        let constants = &model.deliveries[delivery as usize];
        let mut flush = flush;
        loop {
            let visible = self.queues[queue as usize].visible();
            if visible == 0 {
                return;
            }
            if self.deliveries[delivery as usize].active[0] >= self.room(delivery, t) {
                return;
            }
            if !flush && self.deliveries[delivery as usize].active[0] == 0 {
                let next = self.asks_at(delivery, 0, t);
                if next > t {
                    self.set_timer(delivery, 0, next);
                    return;
                }
            }
            if visible < u64::from(constants.batch) && constants.window > Span::ZERO && !flush {
                self.set_timer(delivery, 0, t + constants.window);
                return;
            }
            let ready = self.reads_at(delivery, t);
            if ready > t {
                self.set_timer(delivery, 0, ready);
                return;
            }
            flush = false;
            self.deliveries[delivery as usize].timer[0] = SimTime::NEVER;
            let mut receipts = Vec::new();
            if self.queues[queue as usize].receive(t, constants.batch, &mut receipts) == 0 {
                return;
            }
            self.pay_for_read(delivery, 0, t, receipts.len() as u32, 0);
            // A delivery holds messages of one flow, for one endpoint.
            let mut batches: Vec<(u32, Batch)> = Vec::new();
            for receipt in receipts {
                let Some(&message) = self.queues[queue as usize].message(receipt) else {
                    continue;
                };
                if !self.passes(delivery, &message) {
                    self.queues[queue as usize].delete(receipt);
                    self.note_request(message.request, t);
                    continue;
                }
                let place = match batches
                    .iter()
                    .position(|(about, _)| *about == message.about)
                {
                    Some(place) => place,
                    None => {
                        batches.push((
                            message.about,
                            Batch {
                                delivery,
                                ..Batch::default()
                            },
                        ));
                        batches.len() - 1
                    }
                };
                batches[place].1.receipts.push(receipt);
                batches[place].1.messages.push(message);
            }
            for (_, batch) in batches {
                let batch = self.batches.add(batch);
                self.deliver(batch, t);
            }
        }
    }

    pub(super) fn queue_batch_ends(
        &mut self,
        queue: u32,
        batch_id: u32,
        outcome: Outcome,
        t: SimTime,
    ) {
        let constants = &self.model.queues[queue as usize];
        let unlimited = constants.visibility == Span::MAX;
        let batch = &mut self.batches.slots[batch_id as usize];
        let back = if batch.began == t {
            t + REFUSED_AT_ONCE
        } else {
            t
        };
        let receipts = std::mem::take(&mut batch.receipts);
        let messages = std::mem::take(&mut batch.messages);
        let mut failed = std::mem::take(&mut batch.failed);
        if outcome == Outcome::Completed && constants.fifo {
            fail_what_follows(&messages, &mut failed);
        }
        for (index, (receipt, message)) in receipts.into_iter().zip(messages).enumerate() {
            let done = outcome == Outcome::Completed && failed.get(index) != Some(&true);
            if done {
                if self.queues[queue as usize].delete(receipt) {
                    self.note_request(message.request, t);
                }
            } else if unlimited {
                // Without a visibility time-out a failed message is there again at once, unless
                // no time would pass until it fails again.
                self.queues[queue as usize].release(receipt, t, back);
            }
        }
        self.batches.remove(batch_id);
        self.offer(queue, t);
    }
}

/// Lets the messages of a key behind one that failed come back with it, so that they stay in
/// order.
fn fail_what_follows(messages: &[Message], failed: &mut [bool]) {
    for index in 1..failed.len() {
        let item = messages[index].item;
        let mut before = messages[..index].iter().zip(failed.iter());
        let blocked = before.any(|(message, failed)| *failed && message.item == item);
        failed[index] |= blocked;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mechanism::message::Page;

    #[test]
    fn what_follows_a_failure_in_its_group_comes_back_too() {
        let message = |item| Message {
            key: 0,
            ordinal: 0,
            sent: SimTime::ZERO,
            item,
            request: 0,
            about: 0,
            bytes: 0,
            receives: 1,
            page: Page::NONE,
        };
        let messages = [1, 2, 1, 2, 1].map(message);
        let mut failed = [false, false, true, false, false];

        fail_what_follows(&messages, &mut failed);

        assert_eq!(failed, [false, false, true, false, true]);
    }
}

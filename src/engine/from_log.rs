//! Logs in the loop: what is appended to them, and what consumer groups read from them.
//!
//! A partition hands over one batch at a time to each group, in order.

use super::delivery::Batch;
use super::replication::Replication;
use super::visit::NO_INSTANCE;
use crate::mechanism::log;
use crate::mechanism::message::Message;
use crate::model::Outcome;
use crate::units::{SimTime, Span};

/// Pause before a batch of a log that ended badly is tried again, unless the poll is longer.
///
/// CHOICE: long enough that a consumer that refuses at once is not asked in a
/// loop, short beside the poll interval of a second.
const LOG_RETRY: Span = Span(100_000_000);

impl Replication<'_> {
    /// Appends the messages of a visit to its partition of a log.
    pub(crate) fn append(&mut self, slot: u32, t: SimTime, log: u32, about: u32) {
        let model = self.model;
        let constants = &model.logs[log as usize];
        let instance = self.visits[slot].instance;
        let partition = if instance == NO_INSTANCE {
            0
        } else {
            u32::from(instance) % constants.partitions
        };
        let consumers = constants.deliveries.len() as u32;
        let messages = self.messages_from(slot, t, about);
        // Every consumer group gets its own copy of the work.
        let request = self.visits[slot].request;
        let count = messages.len() as u32;
        if consumers == 0 {
            for _ in 0..count {
                self.note_request(request, t);
            }
        } else {
            self.detach(request, count * (consumers - 1));
        }
        for message in messages {
            self.logs[log as usize].append(t, partition, message);
        }
        for &delivery in &constants.deliveries {
            self.take_from_log(log, delivery, partition, t, false);
        }
    }

    pub(super) fn log_batch_ends(&mut self, log: u32, batch_id: u32, outcome: Outcome, t: SimTime) {
        let model = self.model;
        let (delivery, partition, range) = {
            let batch = &self.batches.slots[batch_id as usize];
            (batch.delivery, batch.partition, batch.range)
        };
        let group = self.deliveries[delivery as usize].group;
        let Some(range) = range else {
            unreachable!("a batch of a log has a range")
        };
        if outcome == Outcome::Completed {
            self.end_log_batch(log, batch_id, range, t);
            self.take_after(log, delivery, partition, t);
            return;
        }
        // Tried again in place: nothing of this partition overtakes it.
        self.expire_log(log, t);
        let left = self.logs[log as usize].retry(group, range);
        let mut messages = Vec::new();
        if let Some(range) = left {
            let all = self.logs[log as usize].messages(range);
            messages.extend(
                all.filter(|message| self.passes(delivery, message))
                    .copied(),
            );
        }
        let batch = &mut self.batches.slots[batch_id as usize];
        let gone = batch.messages.len().saturating_sub(messages.len());
        let expired = batch.messages[..gone].iter();
        self.dropped.extend(expired.map(|message| message.request));
        batch.messages.clear();
        batch.tries += 1;
        let constants = &model.logs[log as usize];
        match left {
            Some(range) if !messages.is_empty() && batch.tries < constants.max_receives => {
                batch.range = Some(range);
                batch.messages = messages;
                let poll = model.deliveries[delivery as usize].poll;
                self.deliver(batch_id, t + LOG_RETRY.max(poll));
            }
            Some(range) => {
                self.logs[log as usize].discard(group, range);
                self.recorder.recording().nodes[constants.node as usize].given_up +=
                    messages.len() as u64;
                for message in messages {
                    self.give_up_message(constants.dead_letter, message, t);
                }
                self.batches.remove(batch_id);
                self.take_after(log, delivery, partition, t);
            }
            None => {
                self.batches.remove(batch_id);
                self.take_after(log, delivery, partition, t);
            }
        }
        for request in std::mem::take(&mut self.dropped) {
            self.note_request(request, t);
        }
    }

    /// Lets a log's partition take over keys of another, as the rule that places visits does.
    pub(super) fn log_splits(&mut self, node: u32, from: u32, to: u32) {
        let log = self.model.nodes[node as usize].log;
        let constants = self.model.logs.get(log as usize);
        if constants.is_some_and(|log| to < log.partitions) {
            self.logs[log as usize].split(from, to);
        }
    }

    /// Hands messages over of a partition whose batch has ended, and of those that wait for it.
    fn take_after(&mut self, log: u32, delivery: u32, partition: u32, t: SimTime) {
        self.take_from_log(log, delivery, partition, t, false);
        let waiting: Vec<u32> = self.logs[log as usize].split_from(partition).collect();
        for partition in waiting {
            self.take_from_log(log, delivery, partition, t, false);
        }
    }

    /// Commits a batch of a log.
    fn end_log_batch(&mut self, log: u32, batch_id: u32, range: log::Batch, t: SimTime) {
        let delivery = self.batches.slots[batch_id as usize].delivery;
        let group = self.deliveries[delivery as usize].group;
        let messages = std::mem::take(&mut self.batches.slots[batch_id as usize].messages);
        for message in messages {
            self.note_request(message.request, t);
        }
        self.logs[log as usize].commit(group, range);
        self.batches.remove(batch_id);
    }

    /// Drops what is too old in a log.
    fn expire_log(&mut self, log: u32, t: SimTime) {
        self.logs[log as usize].expire(t);
        while let Some(message) = self.logs[log as usize].next_lost() {
            self.note_request(message.request, t);
        }
    }

    /// Hands messages of one partition of a log to a consumer group.
    ///
    /// `flush`: the window of a batch, or a poll interval, is over.
    pub(super) fn take_from_log(
        &mut self,
        log: u32,
        delivery: u32,
        partition: u32,
        t: SimTime,
        flush: bool,
    ) {
        let model = self.model;
        let constants = &model.deliveries[delivery as usize];
        let group = self.deliveries[delivery as usize].group;
        self.expire_log(log, t);
        let mut flush = flush;
        loop {
            let active = self.deliveries[delivery as usize].active[partition as usize];
            let waiting = self.logs[log as usize].backlog(group, partition);
            if waiting == 0 || active >= constants.concurrency {
                return;
            }
            if !self.logs[log as usize].may_read(group, partition) {
                return;
            }
            if !flush && active == 0 {
                let next = self.asks_at(delivery, partition, t);
                if next > t {
                    self.set_timer(delivery, partition, next);
                    return;
                }
            }
            if waiting < u64::from(constants.batch) && constants.window > Span::ZERO && !flush {
                self.set_timer(delivery, partition, t + constants.window);
                return;
            }
            flush = false;
            self.deliveries[delivery as usize].timer[partition as usize] = SimTime::NEVER;
            let most = self.alike(log, delivery, partition);
            let Some(range) = self.logs[log as usize].take(group, partition, most) else {
                return;
            };
            let all: Vec<Message> = self.logs[log as usize].messages(range).copied().collect();
            let bytes = all.iter().map(|message| u64::from(message.bytes)).sum();
            let read = self.pay_for_read(delivery, partition, t, all.len() as u32, bytes);
            let (kept, dropped): (Vec<Message>, Vec<Message>) = all
                .into_iter()
                .partition(|message| self.passes(delivery, message));
            for message in dropped {
                self.note_request(message.request, t);
            }
            if kept.is_empty() {
                self.logs[log as usize].commit(group, range);
                continue;
            }
            let batch = Batch {
                delivery,
                partition,
                range: Some(range),
                messages: kept,
                ..Batch::default()
            };
            let batch = self.batches.add(batch);
            self.deliver(batch, read);
        }
    }

    /// Returns how many of the next messages of a partition one batch may hold: those that
    /// pass its filter are of one flow, for one endpoint.
    fn alike(&self, log: u32, delivery: u32, partition: u32) -> u32 {
        let most = self.model.deliveries[delivery as usize].batch;
        let group = self.deliveries[delivery as usize].group;
        let mut about = None;
        let mut count = 0;
        for message in self.logs[log as usize]
            .next(group, partition)
            .take(most as usize)
        {
            if self.passes(delivery, message)
                && *about.get_or_insert(message.about) != message.about
            {
                break;
            }
            count += 1;
        }
        count
    }
}

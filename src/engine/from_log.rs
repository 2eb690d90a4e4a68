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
        let messages = self.messages_from(slot, t, about);
        let visit = &self.visits[slot];
        let (instance, request) = (visit.instance, visit.request);
        self.append_all((log, instance), t, request, messages);
    }

    /// Appends messages of a request to the partition of a log that is its sender's.
    pub(super) fn append_all(
        &mut self,
        (log, instance): (u32, u16),
        t: SimTime,
        request: u32,
        messages: impl IntoIterator<Item = Message, IntoIter: ExactSizeIterator>,
    ) {
        let messages = messages.into_iter();
        let model = self.model;
        let constants = &model.logs[log as usize];
        let partition = if instance == NO_INSTANCE {
            0
        } else {
            u32::from(instance) % constants.partitions
        };
        let consumers = constants.deliveries.len() as u32;
        // Every consumer group gets its own copy of the work.
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
        self.note_unread(log, t);
    }

    /// Writes down how many messages of a log wait from now on: those of the consumer group
    /// that has most of them.
    pub(super) fn note_unread(&mut self, log: u32, t: SimTime) {
        let node = self.model.logs[log as usize].node;
        let waiting = self.logs[log as usize].most_waiting();
        self.recorder.backlog_is(node, t, waiting);
    }

    /// A batch has ended; `refused`: its consumer was too busy to begin.
    pub(super) fn log_batch_ends(
        &mut self,
        log: u32,
        batch_id: u32,
        (outcome, refused): (Outcome, bool),
        t: SimTime,
    ) {
        let batch = &mut self.batches.slots[batch_id as usize];
        let Some(range) = batch.range else {
            unreachable!("a batch of a log has a range")
        };
        let failed = std::mem::take(&mut batch.failed);
        if outcome == Outcome::Completed && failed.is_empty() {
            self.commit_batch(log, batch_id, range, t);
        } else {
            let done = outcome == Outcome::Completed;
            self.try_again(log, batch_id, range, (done, refused, &failed), t);
        }
        for request in std::mem::take(&mut self.dropped) {
            self.note_request(request, t);
        }
        self.note_unread(log, t);
    }

    /// Tries a batch again in place, or what is left of it: nothing of its partition
    /// overtakes it. Where some messages failed alone, what came before them is done.
    fn try_again(
        &mut self,
        log: u32,
        batch_id: u32,
        range: log::Batch,
        (completed, refused, failed): (bool, bool, &[bool]),
        t: SimTime,
    ) {
        let model = self.model;
        let delivery = self.batches.slots[batch_id as usize].delivery;
        let group = self.deliveries[delivery as usize].group;
        let constants = &model.deliveries[delivery as usize];
        self.expire_log(log, t);
        let before = std::mem::take(&mut self.batches.slots[batch_id as usize].messages);
        let Some(mut left) = self.logs[log as usize].retry(group, range) else {
            self.dropped.extend(before.iter().map(|one| one.request));
            return self.log_goes_on(log, batch_id, t);
        };
        let mut messages = self.kept(log, delivery, left);
        let gone = before.len() - messages.len();
        self.dropped
            .extend(before[..gone].iter().map(|one| one.request));
        let mut tries = self.batches.slots[batch_id as usize].tries;
        let done = if completed {
            let left = failed.iter().skip(gone);
            left.take_while(|failed| !**failed).count()
        } else {
            0
        };
        if done == messages.len() {
            self.dropped.extend(messages.iter().map(|one| one.request));
            self.logs[log as usize].commit(group, left);
            return self.log_goes_on(log, batch_id, t);
        }
        if done > 0 {
            let (head, tail) = self.part(log, delivery, left, done);
            self.dropped
                .extend(messages.drain(..done).map(|one| one.request));
            self.logs[log as usize].commit(group, head);
            left = tail;
            tries = 0;
        }
        // Neither a refusal nor parting a batch is an attempt.
        if !refused && constants.bisect && !completed && messages.len() > 1 {
            let middle = messages.len() / 2;
            let (head, tail) = self.part(log, delivery, left, middle);
            let tail = (tail, messages.split_off(middle));
            self.batches.slots[batch_id as usize].rest.push(tail);
            left = head;
        } else if !refused {
            tries += 1;
        }
        let most = model.logs[log as usize]
            .max_receives
            .min(constants.attempts);
        if tries >= most {
            self.give_up_batch(log, delivery, left, t);
            return self.log_goes_on(log, batch_id, t);
        }
        self.batches.slots[batch_id as usize].again += 1;
        let at = t + LOG_RETRY.max(constants.poll);
        if !self.deliver_left(log, batch_id, (left, tries), (t, at)) {
            self.log_goes_on(log, batch_id, t);
        }
    }

    /// Parts a batch behind so many of the messages that pass its filter.
    fn part(
        &mut self,
        log: u32,
        delivery: u32,
        range: log::Batch,
        kept: usize,
    ) -> (log::Batch, log::Batch) {
        let group = self.deliveries[delivery as usize].group;
        let all = self.logs[log as usize].messages(range);
        let passing = all
            .enumerate()
            .filter(|(_, message)| self.passes(delivery, message));
        let at = passing.map(|(at, _)| at).nth(kept).unwrap_or(kept);
        self.logs[log as usize].split(group, range, at as u32)
    }

    /// Returns the messages of a batch that pass its filter.
    fn kept(&self, log: u32, delivery: u32, range: log::Batch) -> Vec<Message> {
        let all = self.logs[log as usize].messages(range);
        all.filter(|message| self.passes(delivery, message))
            .copied()
            .collect()
    }

    /// Gives a batch of a log up: its messages go to the dead letters, or are dropped.
    fn give_up_batch(&mut self, log: u32, delivery: u32, range: log::Batch, t: SimTime) {
        let constants = &self.model.logs[log as usize];
        let messages = self.kept(log, delivery, range);
        let group = self.deliveries[delivery as usize].group;
        self.logs[log as usize].discard(group, range);
        self.recorder.recording().nodes[constants.node as usize].given_up += messages.len() as u64;
        for message in messages {
            self.give_up_message(constants.dead_letter, message, t);
        }
    }

    /// Gives up what of a batch would be too old for its link when it is delivered, and
    /// returns what is left.
    fn give_up_aged(
        &mut self,
        log: u32,
        delivery: u32,
        range: log::Batch,
        (t, at): (SimTime, SimTime),
    ) -> Option<log::Batch> {
        let most = self.model.deliveries[delivery as usize].max_age;
        if most == Span::MAX {
            return Some(range);
        }
        let all = self.logs[log as usize].messages(range);
        let aged = all.take_while(|message| message.sent + most < at).count() as u32;
        if aged == 0 {
            return Some(range);
        }
        if aged == range.count {
            self.give_up_batch(log, delivery, range, t);
            return None;
        }
        let group = self.deliveries[delivery as usize].group;
        let (head, tail) = self.logs[log as usize].split(group, range, aged);
        self.give_up_batch(log, delivery, head, t);
        Some(tail)
    }

    /// Delivers a range that has been taken as the batch, at `at`; says whether anything is
    /// left of it.
    fn deliver_left(
        &mut self,
        log: u32,
        batch_id: u32,
        (range, tries): (log::Batch, u32),
        (t, at): (SimTime, SimTime),
    ) -> bool {
        let delivery = self.batches.slots[batch_id as usize].delivery;
        let at = if self.globals.active {
            self.takes_at(delivery, at)
        } else {
            at
        };
        if at == SimTime::NEVER {
            // It stays where it is until the run ends.
            return true;
        }
        let Some(range) = self.give_up_aged(log, delivery, range, (t, at)) else {
            return false;
        };
        let messages = self.kept(log, delivery, range);
        if messages.is_empty() {
            let group = self.deliveries[delivery as usize].group;
            self.logs[log as usize].commit(group, range);
            return false;
        }
        let batch = &mut self.batches.slots[batch_id as usize];
        batch.range = Some(range);
        batch.messages = messages;
        batch.tries = tries;
        self.deliver(batch_id, at);
        true
    }

    /// Goes on behind a batch that is done or given up: with its other parts, or the next.
    fn log_goes_on(&mut self, log: u32, batch_id: u32, t: SimTime) {
        let batch = &self.batches.slots[batch_id as usize];
        let (delivery, partition) = (batch.delivery, batch.partition);
        let group = self.deliveries[delivery as usize].group;
        while let Some((range, messages)) = self.batches.slots[batch_id as usize].rest.pop() {
            self.expire_log(log, t);
            let left = self.logs[log as usize].retry(group, range);
            let kept = left.map_or(0, |left| self.kept(log, delivery, left).len());
            let gone = &messages[..messages.len() - kept];
            self.dropped.extend(gone.iter().map(|one| one.request));
            if let Some(left) = left
                && self.deliver_left(log, batch_id, (left, 0), (t, t))
            {
                return;
            }
        }
        self.batches.remove(batch_id);
        self.take_after(log, delivery, partition, t);
    }

    /// Lets a log's partition take over keys of another, as the rule that places visits does.
    pub(super) fn log_splits(&mut self, node: u32, from: u32, to: u32) {
        let log = self.model.nodes[node as usize].log;
        let constants = self.model.logs.get(log as usize);
        if constants.is_some_and(|log| to < log.partitions) {
            self.logs[log as usize].take_over(from, to);
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
    fn commit_batch(&mut self, log: u32, batch_id: u32, range: log::Batch, t: SimTime) {
        let delivery = self.batches.slots[batch_id as usize].delivery;
        let group = self.deliveries[delivery as usize].group;
        let messages = std::mem::take(&mut self.batches.slots[batch_id as usize].messages);
        for message in messages {
            self.note_request(message.request, t);
        }
        self.logs[log as usize].commit(group, range);
        self.log_goes_on(log, batch_id, t);
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
        if self.globals.active && self.is_silent(delivery, t) {
            return;
        }
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
            for message in &all {
                if !self.passes(delivery, message) {
                    self.note_request(message.request, t);
                }
            }
            let batch = self.batches.add(Batch {
                delivery,
                partition,
                ..Batch::default()
            });
            if !self.deliver_left(log, batch, (range, 0), (t, read)) {
                self.batches.remove(batch);
            }
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

//! Deliveries: how queues and logs hand their messages to consumers.
//!
//! A delivery is a link from a queue or log. It takes messages as long as its
//! consumer has room, waits a window for a full batch and for the tokens that reading
//! costs, and starts one visit at the consumer per batch. A batch that completes is
//! deleted; one that ends badly goes back.
//!
//! Not here: what a queue (`from_queue`) or a log (`from_log`) has to hand over.

use super::admission::tokens;
use super::event::{Class, What};
use super::join::FromMessage;
use super::replication::Replication;
use super::visit::{NO_INSTANCE, flag};
use crate::mechanism::log::{self, Log};
use crate::mechanism::message::{Message, Page};
use crate::mechanism::message_queue::{MessageQueue, Receipt};
use crate::mechanism::pollers::Pollers;
use crate::mechanism::token_bucket;
use crate::metrics::recording::QueueRecord;
use crate::model::{Model, NONE, Of, Outcome};
use crate::random::{address, draw, mix32, purpose};
use crate::units::{SimTime, Span};

/// What a delivery is doing, per partition (a queue has one).
#[derive(Clone, Debug)]
pub(crate) struct DeliveryState {
    pub(super) active: Vec<u32>,
    /// When the pending timer of a partition fires; `NEVER` is none.
    pub(super) timer: Vec<SimTime>,
    /// Deliveries so far; addresses their draws.
    pub(super) ordinal: u64,
    /// Log that it reads; `NONE`: it takes from the queue of its node.
    pub(super) log: u32,
    /// Consumer group of the log.
    pub(super) group: u32,
    /// Who takes from a queue, if their number follows it.
    pub(super) pollers: Option<Pollers>,
}

/// A batch that is being processed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Batch {
    pub(super) delivery: u32,
    pub(super) partition: u32,
    /// The queue's receipts of the messages; for a log empty.
    pub(super) receipts: Vec<Receipt>,
    /// The log's range of the messages.
    pub(super) range: Option<log::Batch>,
    pub(super) messages: Vec<Message>,
    /// Which of the messages failed on their own; empty if none did.
    pub(super) failed: Vec<bool>,
    /// Parts of a batch of a log that are tried after this one, the next at the end.
    pub(super) rest: Vec<(log::Batch, Vec<Message>)>,
    pub(super) tries: u32,
    /// How often messages of it have been delivered again, for the draws of their steps.
    pub(super) again: u32,
    /// When its messages were last handed over.
    pub(super) began: SimTime,
}

/// All batches of a replication.
#[derive(Debug, Default)]
pub(crate) struct Batches {
    pub(super) slots: Vec<Batch>,
    pub(super) free: Vec<u32>,
}

impl Batch {
    /// Returns what addresses the draws of a message's own steps: others at every delivery.
    fn key_of(&self, message: &Message) -> u64 {
        if self.again == 0 && message.receives <= 1 {
            return message.key;
        }
        let which = 1 << 63 | u64::from(message.receives) << 32 | u64::from(self.again);
        draw(message.key, which)
    }
}

impl Batches {
    pub(super) fn add(&mut self, batch: Batch) -> u32 {
        if let Some(index) = self.free.pop() {
            self.slots[index as usize] = batch;
            return index;
        }
        self.slots.push(batch);
        self.slots.len() as u32 - 1
    }

    pub(super) fn remove(&mut self, index: u32) {
        self.free.push(index);
    }
}

/// Makes the deliveries of a model, with nothing under way.
pub(crate) fn deliveries(model: &Model) -> Vec<DeliveryState> {
    (0u32..)
        .zip(&model.deliveries)
        .map(|(id, constants)| {
            let log = (0u32..).zip(&model.logs).find_map(|(at, log)| {
                let group = log.deliveries.iter().position(|&delivery| delivery == id)?;
                Some((log.partitions, at, group as u32))
            });
            let (partitions, log, group) = log.unwrap_or((1, NONE, 0));
            DeliveryState {
                active: vec![0; partitions as usize],
                timer: vec![SimTime::NEVER; partitions as usize],
                ordinal: 0,
                log,
                group,
                pollers: constants.pollers.map(Pollers::new),
            }
        })
        .collect()
}

/// Makes the message queues of a model, empty.
pub(crate) fn queues(model: &Model) -> Vec<MessageQueue> {
    model
        .queues
        .iter()
        .map(|queue| MessageQueue::new(super::change::rules(queue)))
        .collect()
}

/// Makes the logs of a model, empty.
pub(crate) fn logs(model: &Model) -> Vec<Log> {
    model
        .logs
        .iter()
        .map(|log| Log::new(log.partitions, log.deliveries.len() as u32, log.retention))
        .collect()
}

impl Replication<'_> {
    /// Makes the messages that a visit leaves behind.
    pub(super) fn messages_from(&mut self, slot: u32, t: SimTime, about: u32) -> Vec<Message> {
        let visit = self.visits[slot];
        let this = self.visits[slot];
        let items = this.items.max(1);
        self.detach(visit.request, items);
        // What one request sends from several branches must not draw the same.
        let key = if visit.salt == 0 {
            visit.key
        } else {
            draw(visit.key, u64::from(visit.salt) << 32)
        };
        // What a strand leaves late was sent when the strand began.
        let sent = if visit.flags & flag::STRAND == 0 {
            t
        } else {
            SimTime(visit.entered)
        };
        (0..items)
            .map(|index| Message {
                key: if index == 0 {
                    key
                } else {
                    draw(key, u64::from(index))
                },
                item: visit.item,
                request: visit.request,
                about,
                bytes: u32::try_from(this.bytes / u64::from(items)).unwrap_or(u32::MAX),
                ordinal: this.ordinal,
                sent,
                receives: 0,
                page: self.visits.rare(slot).page,
            })
            .collect()
    }

    /// Returns how many deliveries a consumer may have in work at an instant.
    pub(super) fn room(&self, delivery: u32, t: SimTime) -> u32 {
        let constants = &self.model.deliveries[delivery as usize];
        if constants.elastic != NONE
            && let Some(copies) = self.globals.copies(constants.elastic)
        {
            let serving = copies.open().len() as u32;
            return constants.room_of_a_copy.saturating_mul(serving);
        }
        let pollers = &self.deliveries[delivery as usize].pollers;
        pollers
            .as_ref()
            .map_or(constants.concurrency, |pollers| pollers.room(t))
    }

    /// Hands over what is there, because the consumer has other copies than before.
    pub(crate) fn more_room(&mut self, delivery: u32, t: SimTime) {
        let from = self.model.deliveries[delivery as usize].from as usize;
        let queue = self.model.nodes[from].queue;
        self.take_from_queue(queue, delivery, t, false);
        self.note_backlog(queue, t);
        self.watch(queue, t);
    }

    /// Sets the timer of a delivery, unless an earlier one is pending.
    pub(super) fn set_timer(&mut self, delivery: u32, partition: u32, at: SimTime) {
        let pending = self.deliveries[delivery as usize].timer[partition as usize];
        if pending <= at {
            return;
        }
        self.deliveries[delivery as usize].timer[partition as usize] = at;
        let node = self.model.deliveries[delivery as usize].from;
        let order = self.next_order(Class::Timer, node);
        self.push(at, order, delivery, What::Deliver, partition);
    }

    /// The timer of a delivery has fired.
    pub(crate) fn look_for_messages(&mut self, delivery: u32, partition: u32, t: SimTime) {
        let timer = &mut self.deliveries[delivery as usize].timer[partition as usize];
        if *timer != t {
            return;
        }
        *timer = SimTime::NEVER;
        let log = self.deliveries[delivery as usize].log;
        if log == NONE {
            let from = self.model.deliveries[delivery as usize].from as usize;
            let queue = self.model.nodes[from].queue;
            self.expire(queue, t);
            self.take_from_queue(queue, delivery, t, true);
            self.note_backlog(queue, t);
            self.watch(queue, t);
        } else {
            self.take_from_log(log, delivery, partition, t, true);
            self.note_unread(log, t);
        }
    }

    /// Returns when an idle consumer asks next: without `poll` at once, else at fixed
    /// moments of its own.
    pub(super) fn asks_at(&self, delivery: u32, partition: u32, t: SimTime) -> SimTime {
        let constants = &self.model.deliveries[delivery as usize];
        let poll = constants.poll.0;
        if poll == 0 {
            return t;
        }
        let phase = draw(
            self.model.nodes[constants.from as usize].hash,
            u64::from(delivery) << 32 | u64::from(partition),
        );
        let offset = ((u128::from(phase) * u128::from(poll)) >> 64) as u64;
        SimTime((t.0 + poll - offset).div_ceil(poll) * poll + offset - poll)
    }

    /// A message has been received too often: it goes to the dead letters, or is dropped.
    pub(super) fn give_up_message(&mut self, dead: u32, message: Message, t: SimTime) {
        let model = self.model;
        let route = if dead == NONE {
            NONE
        } else {
            model.deliveries[dead as usize]
                .routes
                .get(message.about as usize)
                .copied()
                .unwrap_or(NONE)
        };
        if route == NONE {
            self.note_request(message.request, t);
            return;
        }
        let slot = self.start_message(route, &message, message.key, t);
        self.visits[slot].flags |= flag::DETACHED;
        self.wake(slot, t);
    }

    /// Makes the visit that a message, or a batch, becomes at its consumer.
    fn start_message(&mut self, route_id: u32, message: &Message, key: u64, t: SimTime) -> u32 {
        let route = &self.model.routes[route_id as usize];
        let slot = self.visits.take();
        let visit = &mut self.visits[slot];
        visit.key = key;
        visit.entered = t.0;
        visit.reply_by = u64::MAX;
        visit.item = message.item;
        visit.request = message.request;
        visit.caller = NONE;
        visit.hop = mix32(route.site, 0);
        visit.salt = 0;
        visit.pc = route.entry;
        visit.instance = NO_INSTANCE;
        visit.flags |= flag::FRESH;
        let this = &mut self.visits[slot];
        this.ordinal = message.ordinal;
        this.bytes = u64::from(message.bytes);
        this.via = route_id;
        if route.priority != u8::MAX {
            this.priority = route.priority;
        }
        if message.page.post != NONE {
            self.visits.rare_mut(slot).page = message.page;
        }
        slot
    }

    /// Starts the visit of a batch at its consumer.
    pub(super) fn deliver(&mut self, batch: u32, t: SimTime) {
        let model = self.model;
        let (delivery, partition, first, count, bytes) = {
            let batch = &self.batches.slots[batch as usize];
            let bytes: u64 = batch.messages.iter().map(|m| u64::from(m.bytes)).sum();
            (
                batch.delivery,
                batch.partition,
                batch.messages[0],
                batch.messages.len(),
                bytes,
            )
        };
        let constants = &model.deliveries[delivery as usize];
        let route_id = constants.routes[first.about as usize];
        let ordinal = self.deliveries[delivery as usize].ordinal;
        self.deliveries[delivery as usize].ordinal += 1;
        self.deliveries[delivery as usize].active[partition as usize] += 1;
        let tries = self.batches.slots[batch as usize].tries;
        let node = &model.nodes[constants.from as usize];
        let again = model.routes[route_id as usize].again;
        let key = if count == 1 && tries == 0 && first.receives <= 1 && !again {
            first.key
        } else {
            draw(node.hash, u64::from(delivery) << 40 | ordinal)
        };
        let slot = self.start_message(route_id, &first, key, t);
        let visit = &mut self.visits[slot];
        visit.caller = batch;
        visit.flags |= flag::DELIVERY;
        if count > 1 {
            visit.request = NONE;
            self.visits.rare_mut(slot).page = Page::NONE;
        }
        let visit = &mut self.visits[slot];
        let hop = visit.hop;
        let this = &mut self.visits[slot];
        this.items = count as u32;
        this.bytes = bytes;
        let (mut at, mut loss) = (t, 0);
        for (sampler, use_of) in [
            (model.routes[route_id as usize].latency, purpose::LATENCY),
            (constants.lag, purpose::LAG),
        ] {
            if sampler != NONE {
                let word = address(hop, use_of, 0, 0);
                at += Span(model.samplers[sampler as usize].sample(key, word, first.ordinal));
            }
            if use_of == purpose::LATENCY && model.routes[route_id as usize].way != NONE {
                (at, loss) = self.cross_way(model.routes[route_id as usize].way, (t, at), 0);
            }
        }
        if let Some(link) = self.recorder.link_slice(constants.link, t) {
            link.tally.arrived += 1;
            link.attempts += 1;
        }
        self.batches.slots[batch as usize].began = t;
        // Each by itself: who is handed the same over again must not draw the same.
        let own = || draw(node.hash, u64::from(delivery) << 40 | ordinal);
        if loss != 0 && draw(own(), address(hop, purpose::LOSS, 0, 0)) < loss {
            return self.lose_delivery(slot, delivery, (t, at));
        }
        for index in 0..count {
            let sent = self.batches.slots[batch as usize].messages[index].sent;
            if let Some(link) = self.recorder.link_slice(constants.link, t) {
                link.lag.record(at.0 - sent.0);
            }
        }
        if self.deliveries[delivery as usize].log != NONE && self.recorder.counts(t) {
            let slice = self.recorder.slice(t);
            let from = constants.from as usize;
            if let Some(age) = self.recorder.recording().nodes[from]
                .iterator_age
                .get_mut(slice)
            {
                age.record(t.0 - first.sent.0);
            }
        }
        let order = self.next_order(Class::Arrival, constants.from);
        let generation = self.visits[slot].generation;
        self.push(at, order, slot, What::Resume, generation);
    }

    /// The visit of a batch has ended at its local time.
    pub(crate) fn delivered(&mut self, slot: u32, t: SimTime, outcome: Outcome) {
        self.visits[slot].aside = outcome;
        self.visits[slot].flags |= flag::ENDED;
        if t == self.now && Class::Completion <= self.class {
            self.delivery_ends(slot, t);
            return;
        }
        let batch = self.visits[slot].caller as usize;
        let delivery = self.batches.slots[batch].delivery;
        let node = self.model.deliveries[delivery as usize].from;
        let order = self.next_order(Class::Completion, node);
        let generation = self.visits[slot].generation;
        self.push(t, order, slot, What::Reply, generation);
    }

    /// The queue or log learns how a batch has ended.
    pub(crate) fn delivery_ends(&mut self, slot: u32, t: SimTime) {
        let model = self.model;
        let outcome = self.visits[slot].aside;
        let batch_id = self.visits[slot].caller;
        // A consumer that refuses has not begun; one whose own call was refused has.
        let lost = self.visits[slot].flags & flag::LOST != 0;
        let refused = lost || outcome == Outcome::Throttled && !self.visits.rare(slot).elsewhere;
        self.visits.free(slot);
        // Not in the visit: the consumer's own calls and forks note when they began there.
        let (delivery, partition, began) = {
            let batch = &self.batches.slots[batch_id as usize];
            (batch.delivery, batch.partition, batch.began)
        };
        let constants = &model.deliveries[delivery as usize];
        self.deliveries[delivery as usize].active[partition as usize] -= 1;
        if let Some(link) = self.recorder.link_slice(constants.link, began) {
            link.tally.left[outcome as usize] += 1;
            if outcome == Outcome::Completed {
                link.latency.record(t.since(began).0);
            }
        }
        match self.deliveries[delivery as usize].log {
            NONE => {
                let queue = model.nodes[constants.from as usize].queue;
                self.queue_batch_ends(queue, batch_id, outcome, t);
            }
            log => self.log_batch_ends(log, batch_id, (outcome, refused), t),
        }
    }

    /// Returns when the next receive from a queue finds its tokens, which do not depend on
    /// what it brings.
    pub(super) fn reads_at(&self, delivery: u32, t: SimTime) -> SimTime {
        let tolls = &self.model.deliveries[delivery as usize].tolls;
        tolls.iter().fold(t, |at, toll| {
            let cost = token_bucket::pico_tokens(tokens(toll.cost, 1, 0));
            at.max(self.buckets[toll.bucket as usize].ready(t, cost))
        })
    }

    /// Pays for messages that are handed over, and returns when they may be.
    pub(super) fn pay_for_read(
        &mut self,
        delivery: u32,
        partition: u32,
        t: SimTime,
        items: u32,
        bytes: u64,
    ) -> SimTime {
        let tolls = &self.model.deliveries[delivery as usize].tolls;
        tolls.iter().fold(t, |at, toll| {
            let own = match toll.of {
                Of::Instance => partition,
                Of::One | Of::Partition(_) => 0,
            };
            let cost = token_bucket::pico_tokens(tokens(toll.cost, items, bytes));
            at.max(self.buckets[(toll.bucket + own) as usize].wait(t, cost))
        })
    }

    /// Whether a message passes the filter of a delivery.
    pub(super) fn passes(&self, delivery: u32, message: &Message) -> bool {
        let constants = &self.model.deliveries[delivery as usize];
        if constants
            .routes
            .get(message.about as usize)
            .is_none_or(|&route| route == NONE)
        {
            return false;
        }
        if constants.share >= 1.0 {
            return true;
        }
        let word = draw(message.key, address(delivery, purpose::SHARE, 0, 0));
        (word >> 11) as f64 / (1u64 << 53) as f64 <= constants.share
    }

    /// Returns how many messages the delivery of a visit has.
    pub(crate) fn messages_of(&self, slot: u32) -> u32 {
        let batch = self.batch_of(slot);
        batch.map_or(1, |batch| {
            self.batches.slots[batch as usize].messages.len() as u32
        })
    }

    /// Notes that the steps of one message of a delivery have ended badly, if its link lets
    /// such messages come back alone.
    pub(super) fn message_failed(&mut self, slot: u32, key: u64) {
        let each = self.visits.rare(slot).each;
        if each == NONE || self.model.loops[each as usize].times != NONE {
            return;
        }
        let Some(batch) = self.batch_of(slot) else {
            return;
        };
        let batch = &mut self.batches.slots[batch as usize];
        if !self.model.deliveries[batch.delivery as usize].partial {
            return;
        }
        batch.failed.resize(batch.messages.len(), false);
        let index = (0..batch.messages.len()).find(|&index| {
            // The two of a message that came twice have the same key.
            !batch.failed[index] && batch.key_of(&batch.messages[index]) == key
        });
        if let Some(index) = index {
            batch.failed[index] = true;
        }
    }

    /// Returns a message of the delivery of a visit.
    pub(crate) fn message_of(&self, slot: u32, index: u32) -> Option<FromMessage> {
        let batch = self.batch_of(slot)?;
        let batch = &self.batches.slots[batch as usize];
        let message = batch.messages[index as usize];
        Some(FromMessage {
            key: batch.key_of(&message),
            item: message.item,
            request: message.request,
            ordinal: message.ordinal,
            bytes: message.bytes,
            page: message.page,
        })
    }

    /// Returns the batch for which a visit, or the visit whose strand it is, works.
    fn batch_of(&self, slot: u32) -> Option<u32> {
        let mut slot = slot;
        loop {
            let visit = &self.visits[slot];
            if visit.flags & flag::DELIVERY != 0 {
                return Some(visit.caller);
            }
            if visit.flags & flag::STRAND == 0 || visit.caller == NONE {
                return None;
            }
            slot = visit.caller;
        }
    }

    /// Closes the books of pools, queues, logs and caches.
    pub(crate) fn close_mechanisms(&mut self) {
        let model = self.model;
        for (index, constants) in model.queues.iter().enumerate() {
            let queue = &self.queues[index];
            queue.identity();
            let tally = queue.tally();
            let deliveries = constants
                .deliveries
                .iter()
                .map(|&d| self.deliveries[d as usize].ordinal)
                .sum();
            self.recorder.recording().nodes[constants.node as usize].queue = Some(QueueRecord {
                sent: tally.sent,
                duplicates: tally.duplicates,
                receives: tally.receives,
                deliveries,
                deleted: tally.deleted,
                dead_lettered: tally.dead_lettered,
                expired: tally.expired,
                backlog_end: queue.visible(),
                backlog_max: self.backlog_max[index],
                drained: self.drained[index].0.filter(|_| !self.drained[index].1),
            });
        }
        for (constants, log) in model.logs.iter().zip(&self.logs) {
            log.identity();
            let backlog = (0..constants.deliveries.len() as u32)
                .flat_map(|group| (0..constants.partitions).map(move |part| (group, part)))
                .map(|(group, part)| log.backlog(group, part));
            self.recorder.recording().nodes[constants.node as usize].untaken +=
                backlog.sum::<u64>();
        }
        for (pool, constants) in self.pools.iter().zip(&model.pools) {
            let node = constants.node as usize;
            self.recorder.recording().nodes[node].environments_ended = (pool.ended(), pool.life());
        }
        for (constants, cache) in (0u32..)
            .zip(&model.caches)
            .map(|(id, c)| (c, self.lookups.of(id)))
        {
            for instance in cache {
                assert!(
                    instance.len() <= constants.entries,
                    "a cache of node {} holds more entries than it may",
                    model.nodes[constants.node as usize].name
                );
            }
        }
    }
}

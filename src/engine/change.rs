//! Changes: for some time a node has other parameters.
//!
//! The run goes on with the model as it is then (`model::change`), which is made of the same
//! and has other numbers. Most of them are looked up when they are needed: what a visit draws
//! at a station when it comes there, a place in a line when it wants one, an environment's
//! keep-alive when it becomes idle. What mechanisms keep is set here: a token bucket has earned
//! at its old rate up to now; servers that are too many go when they are free; a cache that is
//! too full loses what goes first.
//!
//! CHOICE: what was promised holds: who waits for a token gets it when it was told to, and an
//! entry or a message that was put away keeps the time that it was given.

use super::convert;
use super::global::Kind;
use super::replication::Replication;
use super::tables::Setting;
use crate::mechanism::message_queue::Rules;
use crate::model::change::in_time;
use crate::model::{Bucket, Group, Model, Pool, Queue};
use crate::units::{SimTime, Span};

/// Returns a model as it is at time zero.
pub(super) fn at_start(model: &Model) -> &Model {
    let first = in_time(&model.control.faults.changes).into_iter().next();
    first.map_or(model, |(_, by)| model.while_changed(&by))
}

/// Returns the constants of a message queue.
pub(super) fn rules(queue: &Queue) -> Rules {
    Rules {
        visibility: queue.visibility,
        max_receives: queue.max_receives,
        ordered: queue.fifo,
        retention: queue.retention,
        in_flight: queue.in_flight,
    }
}

impl<'m> Setting<'m> {
    /// Returns what a run goes on with while some changes do.
    fn while_changed(self, by: &[u32]) -> Setting<'m> {
        let altered = self.model.altered.iter().zip(&self.tables.altered);
        let mut found = altered.filter(|(one, _)| one.by == by);
        found.next().map_or(self, |(one, tables)| Setting {
            model: &one.model,
            tables,
            ..self
        })
    }

    /// Returns what a run begins with.
    pub(super) fn at_start(self) -> Setting<'m> {
        let first = in_time(&self.model.control.faults.changes)
            .into_iter()
            .next();
        first.map_or(self, |(_, by)| self.while_changed(&by))
    }
}

/// Whether two numbers are the same.
fn same(one: f64, other: f64) -> bool {
    one.to_bits() == other.to_bits()
}

impl Replication<'_> {
    /// A node gets other parameters, or has its own again.
    pub(super) fn change_parameters(&mut self, id: u32, begins: bool, at: SimTime) {
        let change = self.globals.faults.changes[id as usize].change;
        self.globals.changing.note(change, begins);
        // Those of one instant come together.
        let next = self.globals.list.first();
        if next.is_some_and(|next| next.0 == at && next.1 == Kind::Change) {
            return;
        }
        let by = self.globals.changing.now();
        let next = self.setting.while_changed(&by);
        let (before, after) = (self.model, next.model);
        if std::ptr::eq(before, after) {
            return;
        }
        self.settle_shared(before, after, at);
        self.model = after;
        self.tables = next.tables;
        for (id, (old, new)) in before.buckets.iter().zip(&after.buckets).enumerate() {
            self.change_bucket(id, (old, new), at);
        }
        for (id, (old, new)) in before.pools.iter().zip(&after.pools).enumerate() {
            let starts = |one: &Pool| (one.start_rate, one.start_burst);
            let other = starts(old) != starts(new);
            let pool = &mut self.pools[id];
            if other || (old.most, old.lifetime) != (new.most, new.lifetime) {
                let most = new.most.max(new.provisioned);
                pool.change(at, most, new.lifetime, other.then(|| starts(new)));
            }
            if new.provisioned != old.provisioned {
                pool.keep_ready(at, new.provisioned);
            }
        }
        for (id, (old, new)) in (0u32..).zip(before.caches.iter().zip(&after.caches)) {
            let constants = |one| format!("{one:?}");
            if constants(old) != constants(new) {
                self.change_cache(id);
            }
        }
        for (id, (old, new)) in (0u32..).zip(before.groups.iter().zip(&after.groups)) {
            self.change_group(id, (old, new), at);
        }
        for (id, (old, new)) in (0u32..).zip(before.queues.iter().zip(&after.queues)) {
            if format!("{old:?}") != format!("{new:?}") {
                self.queues[id as usize].change(rules(new));
                self.offer(id, at);
            }
        }
        for (id, (old, new)) in before.logs.iter().zip(&after.logs).enumerate() {
            if old.retention != new.retention {
                self.logs[id].keep_for(new.retention);
            }
        }
        let deliveries = before.deliveries.iter().zip(&after.deliveries);
        for (id, (old, new)) in (0u32..).zip(deliveries) {
            if old.concurrency != new.concurrency {
                self.more_room(id, at);
            }
        }
    }

    /// Lets a token bucket have another rate and burst.
    fn change_bucket(&mut self, id: usize, (old, new): (&Bucket, &Bucket), at: SimTime) {
        if same(old.rate_per_s, new.rate_per_s) && same(old.burst, new.burst) {
            return;
        }
        let burst = match new.window {
            Span::ZERO => new.burst,
            window => new.rate_per_s * window.as_seconds(),
        };
        self.buckets[id].change(at, new.rate_per_s, burst);
    }

    /// Lets a cache hold more or less, or for another time.
    fn change_cache(&mut self, id: u32) {
        let constants = &self.model.caches[id as usize];
        let limits = convert::limits(constants);
        let stream = &mut self.streams[constants.node as usize];
        self.lookups.change(id, limits, &mut || stream.next_word());
    }

    /// Brings what shares servers up to date before their number changes.
    fn settle_shared(&mut self, before: &Model, after: &Model, at: SimTime) {
        for (old, new) in before.groups.iter().zip(&after.groups) {
            if old.servers != new.servers {
                for instance in 0..old.instances {
                    self.settle_sharing(old.first + instance, at);
                }
            }
        }
    }

    /// Lets the stations of a group have more or fewer servers, or places.
    fn change_group(&mut self, id: u32, (old, new): (&Group, &Group), at: SimTime) {
        let node = &self.model.nodes[new.node as usize];
        if old.servers != new.servers && node.group == id {
            let more = i64::from(new.servers) - i64::from(old.servers);
            let more = more * i64::from(new.instances);
            self.globals.servers_changed(new.node, more, at);
        }
        for instance in 0..new.instances {
            let station = new.first + instance;
            if old.servers != new.servers {
                self.change_servers(station, (old.servers, new.servers), at);
            }
            if new.blocks && old.waiting_limit != new.waiting_limit {
                self.let_in(station, at);
            }
        }
        self.hand_freed_on(at);
    }
}

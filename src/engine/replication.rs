//! One replication: its state, its clock and its loop.
//!
//! Three things compete to be next: the head of the event queue, the next
//! arrival of a load line, and a run-on check. Time-outs wait in a wheel and
//! become events when their slot opens, before anything at their time runs.

use super::delivery::{Batches, DeliveryState};
use super::event::{Class, What};
use super::fan_out::FanOuts;
use super::global::Globals;
use super::hold::Holdings;
use super::lookup::Lookups;
use super::pace::Pace;
use super::queue::{Event, EventQueue, Target, key};
use super::station::{Station, stations};
use super::visit::{Visits, flag};
use super::wheel::Wheel;
use super::{Observer, STOP_CHECKS};
use crate::mechanism::balancer::Balancer;
use crate::mechanism::breaker::Breaker;
use crate::mechanism::budget::RetryBudget;
use crate::mechanism::log::Log;
use crate::mechanism::message_queue::MessageQueue;
use crate::mechanism::pool::{Pool, Reuse};
use crate::mechanism::token_bucket::TokenBucket;
use crate::metrics::recorder::Recorder;
use crate::metrics::recording::{Recording, RequestRecord};
use crate::model::{Model, NONE, OnRoom, Op, Outcome, Plan, Route};
use crate::random::{ComponentStream, address, component_seed, mix32, purpose, request_key};
use crate::units::{SimTime, Span};
use crate::workload::{Arrival, SourceState};
use std::collections::VecDeque;

/// Live visits at which a replication ends as unstable.
const MOST_LIVE: u32 = 16_000_000;
/// Events at one instant that are taken for a loop without time.
const MOST_AT_ONCE: u64 = 10_000_000;

/// What is kept of a request of which work may outlive the reply.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Request {
    flow: u32,
    /// Detached work that has not ended.
    out: u32,
    arrived: SimTime,
    /// When the reply came; `NEVER` until then.
    left: SimTime,
    last_end: SimTime,
    /// Index among the listed requests, or `NONE`.
    listed: u32,
    /// Whether some call was tried again.
    retried: bool,
    /// First of the posts that it fans out, or `NONE`.
    posts: u32,
}

/// Everything that changes during a replication.
pub(crate) struct Replication<'m> {
    pub(crate) model: &'m Model,
    plan: &'m Plan,
    number: u32,
    /// Time of the current event.
    pub(crate) now: SimTime,
    /// Class of the current event.
    pub(crate) class: Class,
    /// Node of the current event.
    pub(crate) node: u32,
    /// Local time never passes this: the next global event or run-on check.
    pub(crate) barrier: SimTime,
    /// The horizon, then the next run-on check.
    pub(crate) check: SimTime,
    pub(crate) globals: Globals,
    queue: EventQueue,
    wheel: Wheel,
    /// Per operation: its node.
    pub(crate) node_at: Vec<u32>,
    /// Per operation: after it the visit ends.
    pub(crate) ends: Vec<bool>,
    /// Per node, then per load line: events posted so far.
    counters: Vec<u64>,
    pub(crate) visits: Visits,
    pub(crate) holdings: Holdings,
    /// Visits that go on within the current event.
    pub(crate) pending: Vec<super::step::Resume>,
    pub(crate) stations: Vec<Station>,
    /// Stations whose servers were given back because somebody was let in elsewhere.
    pub(crate) freed: VecDeque<u32>,
    /// Whether servers may be kept in a circle.
    may_deadlock: bool,
    pub(crate) buckets: Vec<TokenBucket>,
    pub(crate) watched: super::convert::Watched,
    pub(crate) pools: Vec<Pool>,
    /// Environment-time up to the last mark, per pool.
    pool_areas: Vec<crate::mechanism::pool::Areas>,
    /// Slices whose end has been marked.
    marks: usize,
    /// End of the first slice that has not been marked.
    next_mark: SimTime,
    pub(crate) balancers: Vec<Balancer>,
    pub(crate) budgets: Vec<RetryBudget>,
    pub(crate) breakers: Vec<Breaker>,
    pub(crate) paces: Vec<Pace>,
    pub(crate) lookups: Lookups,
    pub(crate) batches: Batches,
    pub(crate) deliveries: Vec<DeliveryState>,
    pub(crate) queues: Vec<MessageQueue>,
    /// Per queue: when time does something to it next, as posted.
    pub(crate) watches: Vec<SimTime>,
    /// Per queue: when it was last empty again, and whether it holds something.
    pub(crate) drained: Vec<(Option<SimTime>, bool)>,
    /// Per queue: most visible messages at once.
    pub(crate) backlog_max: Vec<u64>,
    /// Requests whose messages were just dropped.
    pub(crate) dropped: Vec<u32>,
    pub(crate) logs: Vec<Log>,
    /// Per route: its calls touch a shared budget or breaker, or may be overtaken.
    pub(crate) route_is_shared: Vec<bool>,
    /// Per route: the hop of a first attempt under a caller without a salt.
    pub(crate) route_hop: Vec<u32>,
    /// Streams of the nodes' own draws.
    pub(crate) streams: Vec<ComponentStream>,
    sources: Vec<SourceState>,
    /// Per load line: its next arrival, taken out of the source.
    next: Vec<Option<Arrival>>,
    /// The load line that is next, with its time and order as one number.
    next_source: (u128, usize),
    /// Closed loads: per source and client the number of its next request.
    clients: Vec<Vec<u32>>,
    requests: Vec<Request>,
    free_requests: Vec<u32>,
    pub(crate) fan_outs: FanOuts,
    /// Per flow: whether it fans out, so that its requests are waited for until they settle.
    fans_out: Vec<bool>,
    /// Counted requests that have not left, or settled if they fan out.
    counted_inside: u64,
    /// Per flow: requests inside, and departures that lie ahead of the clock.
    inside: Vec<Inside>,
    ordinal: u64,
    /// Attempts whose callee is told when to stop, by caller.
    pub(crate) cancellable: std::collections::BTreeMap<u32, Vec<(u32, u32)>>,
    pub(crate) recorder: Recorder,
    pub(crate) events: u64,
    queue_events: u64,
    at_once: (SimTime, u64),
    failure: Option<String>,
}

/// Counts the requests of a flow that are inside, exactly, although departures are known early.
#[derive(Debug, Default)]
struct Inside {
    count: u64,
    most: u64,
    ahead: std::collections::BinaryHeap<std::cmp::Reverse<u64>>,
}

impl Inside {
    fn arrive(&mut self, now: SimTime) {
        while self.ahead.peek().is_some_and(|at| at.0 <= now.0) {
            self.ahead.pop();
            self.count -= 1;
        }
        self.count += 1;
        self.most = self.most.max(self.count);
    }

    fn leave(&mut self, now: SimTime, at: SimTime) {
        if at <= now {
            self.count -= 1;
        } else {
            self.ahead.push(std::cmp::Reverse(at.0));
        }
    }
}

/// Returns the time in a number that `key` made.
#[inline]
fn time_of(key: u128) -> SimTime {
    SimTime((key >> 64) as u64)
}

/// Returns the end of a slice; `NEVER` if there is none of that number.
fn end_of_slice(plan: &Plan, slice: usize) -> SimTime {
    let slices = &plan.slices;
    match slices.get(slice + 1) {
        Some(&end) => end,
        None if slice < slices.len() => plan.horizon,
        None => SimTime::NEVER,
    }
}

/// Tells of every operation whether the visit ends after it, without doing anything else.
fn ends(model: &Model) -> Vec<bool> {
    let leaves = |op: Option<&Op>| matches!(op, Some(Op::Leave { .. }));
    (0..model.ops.len())
        .map(|pc| match model.ops.get(pc + 1) {
            Some(&Op::Jump { target }) => leaves(model.ops.get(target as usize)),
            next => leaves(next),
        })
        .collect()
}

impl<'m> Replication<'m> {
    /// Makes a replication at time zero.
    pub(crate) fn new(
        model: &'m Model,
        plan: &'m Plan,
        number: u32,
        lookups: Lookups,
    ) -> Replication<'m> {
        let sources: Vec<SourceState> = model
            .sources
            .iter()
            .map(|source| SourceState::new(source, plan.seed, u64::from(number)))
            .collect();
        let is_shared = |route: &Route| {
            route.breaker != NONE
                || route.hedge_after != Span::MAX
                || route.cancel
                || route.connections != NONE
                || matches!(route.on_room, OnRoom::Release(_))
                || route.retry != NONE && {
                    let retry = &model.retries[route.retry as usize];
                    retry.budget != NONE || retry.pace != NONE
                }
        };
        let mut replication = Replication {
            model,
            plan,
            number,
            now: SimTime::ZERO,
            class: Class::Global,
            node: NONE,
            barrier: plan.horizon,
            check: plan.horizon,
            globals: Globals::new(model),
            queue: EventQueue::new(),
            wheel: Wheel::new(),
            node_at: model
                .sites
                .iter()
                .map(|site| model.rows[site.row as usize].node)
                .collect(),
            ends: ends(model),
            counters: vec![0; model.nodes.len() + model.sources.len()],
            visits: Visits::new(),
            holdings: Holdings::default(),
            pending: Vec::new(),
            stations: stations(model),
            freed: VecDeque::new(),
            may_deadlock: Replication::may_deadlock(model),
            buckets: model.buckets.iter().map(super::convert::bucket).collect(),
            watched: super::convert::watched(model),
            pools: model
                .pools
                .iter()
                .map(|pool| {
                    let reuse = if pool.last_used {
                        Reuse::LastUsed
                    } else {
                        Reuse::Newest
                    };
                    let starts = (pool.start_rate, pool.start_burst);
                    Pool::new(reuse, pool.most, starts, pool.provisioned).living(pool.lifetime)
                })
                .collect(),
            pool_areas: vec![crate::mechanism::pool::Areas::default(); model.pools.len()],
            marks: 0,
            next_mark: end_of_slice(plan, 0),
            balancers: super::balance::balancers(model),
            budgets: model
                .budgets
                .iter()
                .map(|budget| RetryBudget::new(budget.tokens))
                .collect(),
            breakers: model
                .breakers
                .iter()
                .map(|b| Breaker::new(b.failures, b.window, b.least_calls, b.open, b.probes))
                .collect(),
            paces: super::pace::paces(model),
            lookups,
            batches: Batches::default(),
            deliveries: super::delivery::deliveries(model),
            queues: super::delivery::queues(model),
            watches: vec![SimTime::NEVER; model.queues.len()],
            drained: vec![(None, false); model.queues.len()],
            backlog_max: vec![0; model.queues.len()],
            dropped: Vec::new(),
            logs: super::delivery::logs(model),
            route_is_shared: model.routes.iter().map(is_shared).collect(),
            route_hop: model
                .routes
                .iter()
                .map(|route| mix32(route.site, 0))
                .collect(),
            streams: model
                .nodes
                .iter()
                .map(|node| {
                    ComponentStream::new(component_seed(
                        plan.seed,
                        u64::from(number),
                        node.hash,
                        purpose::COMPONENT,
                    ))
                })
                .collect(),
            next: vec![None; sources.len()],
            next_source: (u128::MAX, 0),
            clients: model.sources.iter().map(|_| Vec::new()).collect(),
            sources,
            requests: Vec::new(),
            free_requests: Vec::new(),
            fan_outs: FanOuts::new(model),
            fans_out: (0u32..)
                .zip(&model.flows)
                .map(|(id, _)| model.fan_outs.iter().any(|one| one.flows.contains(&id)))
                .collect(),
            counted_inside: 0,
            inside: model.flows.iter().map(|_| Inside::default()).collect(),
            ordinal: 0,
            cancellable: std::collections::BTreeMap::new(),
            recorder: Recorder::new(model, plan, number),
            events: 0,
            queue_events: 0,
            at_once: (SimTime::ZERO, 0),
            failure: None,
        };
        for source in 0..model.sources.len() {
            replication.start_source(source);
        }
        replication.find_next_source();
        replication.set_barrier();
        replication.open_copies();
        replication
    }

    /// Returns the next order of a class at a node.
    #[inline]
    pub(crate) fn next_order(&mut self, class: Class, node: u32) -> u64 {
        let counter = &mut self.counters[node as usize];
        let count = *counter;
        *counter += 1;
        debug_assert!(count < 1 << 36, "a node posts fewer than 2^36 events");
        u64::from(class as u8) << 60 | u64::from(node) << 36 | count
    }

    /// Pushes an event.
    pub(crate) fn push(&mut self, at: SimTime, order: u64, slot: u32, what: What, generation: u32) {
        self.queue_events += 1;
        self.queue.push(Event {
            at,
            order,
            target: Target::new(slot, what as u8),
            generation,
        });
    }

    /// Returns time and order of what is next outside the current step as one number.
    #[inline]
    pub(crate) fn head(&self) -> u128 {
        let opens = key(self.wheel.next_at(), 0);
        self.queue.head().min(self.next_source.0).min(opens)
    }

    /// Moves the clock to an event that is about to run.
    pub(crate) fn begin(&mut self, at: SimTime, class: Class, node: u32) {
        debug_assert!(at >= self.now, "time never runs backwards");
        self.now = at;
        self.class = class;
        self.node = node;
    }

    /// Puts the time-out of an attempt into the wheel, if it has one.
    #[inline]
    pub(crate) fn arm(&mut self, slot: u32) {
        if self.may_time_out(slot) {
            self.arm_at(slot);
        }
    }

    /// Lets the time-out of an attempt be armed later: the visit is sure to do something by then.
    ///
    /// Only its place in the order is taken, as if it had been armed.
    #[inline]
    pub(crate) fn arm_later(&mut self, slot: u32) {
        if self.may_time_out(slot) {
            self.timer_order(slot);
        }
    }

    /// Whether a visit has a time-out that is not in the wheel yet.
    #[inline]
    fn may_time_out(&self, slot: u32) -> bool {
        const NEVER: u16 =
            flag::ARMED | flag::ROOT | flag::DELIVERY | flag::BRANCH | flag::DETACHED;
        let visit = &self.visits[slot];
        visit.reply_by != u64::MAX && visit.flags & NEVER == 0
    }

    /// Returns the order of the time-out of an attempt, once and for all.
    #[inline(always)]
    fn timer_order(&mut self, slot: u32) -> u64 {
        let known = self.visits.extra[slot as usize].timer;
        if known != 0 {
            return known;
        }
        let node = self.node_of(self.visits[slot].caller);
        let order = self.next_order(Class::Timer, node);
        self.visits.extra[slot as usize].timer = order;
        order
    }

    fn arm_at(&mut self, slot: u32) {
        let at = SimTime(self.visits[slot].reply_by);
        let order = self.timer_order(slot);
        self.visits[slot].flags |= flag::ARMED;
        if at <= self.now {
            let life = self.visits.extra[slot as usize].life;
            self.push(at.max(self.now), order, slot, What::TimeOut, life);
        } else {
            self.wheel.insert(slot, at, order);
        }
    }

    /// Takes the time-out of an attempt out of the wheel, if it is there.
    #[inline]
    pub(crate) fn disarm(&mut self, slot: u32) {
        if self.visits[slot].flags & flag::ARMED != 0 {
            self.wheel.remove(slot);
        }
    }

    /// Notes that a step made a million operations without time passing.
    #[cold]
    pub(crate) fn fail_budget(&mut self, slot: u32) {
        let node = self.node_of(slot);
        self.failure = Some(format!(
            "a visit to `{}` made a million operations without time passing",
            self.model.nodes[node as usize].name
        ));
    }

    /// Runs to the end and closes the books.
    ///
    /// # Errors
    ///
    /// A loop without time, with the name of the node; servers that are kept in a circle.
    pub(crate) fn run(mut self, observer: &dyn Observer) -> Result<Recording, String> {
        let horizon = self.plan.horizon;
        let check_step = Span((horizon.0 / 64).max(1));
        let bin = self.plan.bin;
        let mut close = SimTime::ZERO + bin;
        let mut ended;
        let (mut interrupted, mut overflowed, mut cut_short) = (false, false, false);
        let mut countdown = STOP_CHECKS;
        loop {
            self.open_wheel();
            let (source_key, source) = self.next_source;
            let queue_key = self.queue.head();
            let from_source = source_key < queue_key;
            let at = time_of(source_key.min(queue_key));
            if at >= close || at == SimTime::NEVER {
                // Bins that have ended by then are closed one by one.
                while close <= at && close < horizon {
                    self.look_for_deadlock()?;
                    observer.bin_closed(self.number, close);
                    close += bin;
                    if observer.stop() {
                        interrupted = true;
                        break;
                    }
                    if at == SimTime::NEVER {
                        close = horizon;
                    }
                }
                if interrupted || self.visits.live > MOST_LIVE {
                    overflowed = !interrupted;
                    ended = (close - bin).max(self.now);
                    self.recorder.cut(ended);
                    break;
                }
            }
            if at >= self.next_mark {
                self.mark_pools(at);
            }
            if at >= self.barrier && self.barrier < self.check {
                self.run_global();
                if let Some(failure) = self.failure.take() {
                    return Err(failure);
                }
                continue;
            }
            if at >= self.barrier {
                // The horizon, then a run-on check: is a counted request still inside?
                self.look_for_deadlock()?;
                let check = self.check;
                self.begin(check, Class::Global, NONE);
                ended = check;
                if self.counted_inside == 0 && check >= horizon {
                    break;
                }
                if check >= horizon + Span(horizon.0) || at == SimTime::NEVER {
                    cut_short = self.counted_inside > 0;
                    break;
                }
                self.check = check + check_step;
                self.set_barrier();
                observer.bin_closed(self.number, check);
                if observer.stop() {
                    cut_short = true;
                    break;
                }
                continue;
            }
            if at == self.at_once.0 {
                self.at_once.1 += 1;
                if self.at_once.1 > MOST_AT_ONCE {
                    return Err(self.loop_without_time(at));
                }
            } else {
                self.at_once = (at, 0);
            }
            countdown -= 1;
            if countdown == 0 {
                countdown = STOP_CHECKS;
                observer.progress(self.number, at);
            }
            if from_source {
                self.arrive(source);
            } else {
                self.next_event();
            }
            if let Some(failure) = self.failure.take() {
                return Err(failure);
            }
        }
        Ok(self.close(ended, interrupted, overflowed, cut_short))
    }

    /// Ends the run if servers are kept in a circle.
    fn look_for_deadlock(&self) -> Result<(), String> {
        let found = self.may_deadlock.then(|| self.deadlock()).flatten();
        found.map_or(Ok(()), Err)
    }

    /// Notes the environment-time of pools at slice boundaries that have been reached.
    fn mark_pools(&mut self, at: SimTime) {
        while self.marks < self.plan.slices.len() && at >= self.next_mark {
            self.mark_pools_at(self.next_mark);
        }
    }

    /// Adds the environment-time since the last mark to the slice that ends here.
    fn mark_pools_at(&mut self, mark: SimTime) {
        for index in 0..self.pools.len() {
            let areas = self.pools[index].areas(mark);
            let before = std::mem::replace(&mut self.pool_areas[index], areas);
            let node = self.model.pools[index].node as usize;
            let record = &mut self.recorder.recording().nodes[node];
            record.environment_area[self.marks] += areas.existing - before.existing;
            record.idle_area[self.marks] += areas.idle - before.idle;
        }
        self.marks += 1;
        self.next_mark = end_of_slice(self.plan, self.marks);
    }

    fn loop_without_time(&self, at: SimTime) -> String {
        let node = self
            .model
            .nodes
            .get(self.node as usize)
            .map_or("client", |n| &n.name);
        format!(
            "more than ten million events at {} s of simulated time, the last one at `{node}`",
            at.as_seconds()
        )
    }

    /// Turns time-outs of wheel slots that open now into events.
    fn open_wheel(&mut self) {
        loop {
            let opens = self.wheel.next_at();
            let next = time_of(self.queue.head().min(self.next_source.0)).min(self.barrier);
            if opens > next || opens == SimTime::NEVER {
                return;
            }
            let Replication {
                wheel,
                queue,
                queue_events,
                visits,
                ..
            } = self;
            wheel.open(opens, |slot, at, order| {
                *queue_events += 1;
                let life = visits.extra[slot as usize].life;
                queue.push(Event {
                    at,
                    order,
                    target: Target::new(slot, What::TimeOut as u8),
                    generation: life,
                });
            });
        }
    }

    /// Runs the event at the head of the queue.
    fn next_event(&mut self) {
        let Some(event) = self.queue.pop() else {
            return;
        };
        let slot = event.target.slot();
        let what = What::from_code(event.target.what());
        let node = ((event.order >> 36) & 0xff_ffff) as u32;
        let class = match event.order >> 60 {
            0 => Class::Global,
            1 => Class::Capacity,
            2 => Class::Completion,
            3 => Class::Arrival,
            _ => Class::Timer,
        };
        self.begin(event.at, class, node);
        let at = event.at;
        let current = |visits: &Visits| visits[slot].generation == event.generation;
        match what {
            What::Resume => {
                if current(&self.visits) {
                    self.drive(slot, at, true);
                }
            }
            What::Done => {
                if self.visits.extra[slot as usize].service_generation == event.generation {
                    self.service_done(slot, at);
                }
            }
            What::SharedDone => self.shared_done(slot, event.generation, at),
            What::Patience => {
                if self.visits.extra[slot as usize].service_generation == event.generation {
                    self.out_of_patience(slot, at);
                }
            }
            What::Reply => {
                if current(&self.visits) {
                    self.reply_arrives(slot, at);
                }
            }
            What::TimeOut => {
                if self.visits.extra[slot as usize].life == event.generation {
                    self.time_out(slot, at);
                }
            }
            What::Hedge => {
                if current(&self.visits) {
                    self.hedge(slot, at);
                }
            }
            What::Pace => self.pace_ready(slot, event.generation, at),
            What::Retry => {
                if current(&self.visits) {
                    self.retry(slot, at);
                }
            }
            What::Join => {
                if current(&self.visits)
                    && let Some((slot, at)) = self.join(slot, at)
                {
                    self.drive(slot, at, false);
                }
            }
            What::End | What::Leave => {
                if current(&self.visits) {
                    let outcome = self.visits.extra[slot as usize].aside;
                    let here = what == What::Leave;
                    if let Some((slot, at)) = self.end(slot, at, outcome, here) {
                        self.drive(slot, at, false);
                    }
                }
            }
            What::Cancel => {
                if self.visits.extra[slot as usize].life == event.generation {
                    self.cancelled(slot, at);
                }
            }
            What::Deliver => self.look_for_messages(slot, event.generation, at),
            What::Visibility => self.queue_wakes(slot, at),
            What::Client => self.client_sends(slot, event.generation as usize, at),
        }
        self.drain();
    }

    // ---- sources ------------------------------------------------------------

    fn start_source(&mut self, index: usize) {
        let source = &self.model.sources[index];
        if let Some(count) = source.clients() {
            self.clients[index] = vec![0; count as usize];
            for client in 0..count as u32 {
                self.think(index, client, source.start());
            }
        } else {
            self.next[index] = self.sources[index].next(source);
        }
    }

    /// Lets a client of a closed load think, then send.
    fn think(&mut self, index: usize, client: u32, from: SimTime) {
        let source = &self.model.sources[index];
        let n = self.clients[index][client as usize];
        let ordinal = u64::from(client) << 32 | u64::from(n);
        let key = request_key(
            self.plan.seed,
            u64::from(self.number),
            source.hash(),
            ordinal,
        );
        let think = source.think(key, ordinal);
        if let Some(at) = source.client_time(client, from + think) {
            let id = self.model.nodes.len() + index;
            let order = self.next_order(Class::Arrival, id as u32);
            self.push(at, order, client, What::Client, index as u32);
        }
    }

    fn client_sends(&mut self, client: u32, index: usize, at: SimTime) {
        let n = self.clients[index][client as usize];
        self.clients[index][client as usize] = n.wrapping_add(1);
        let ordinal = u64::from(client) << 32 | u64::from(n);
        let key = request_key(
            self.plan.seed,
            u64::from(self.number),
            self.model.sources[index].hash(),
            ordinal,
        );
        let arrival = Arrival {
            at,
            ordinal,
            key,
            key_rank: None,
            bytes: None,
        };
        self.enter(index, arrival, client);
    }

    fn find_next_source(&mut self) {
        let first_id = self.model.nodes.len() as u64;
        self.next_source = (u128::MAX, 0);
        for (index, arrival) in self.next.iter().enumerate() {
            if let Some(arrival) = arrival {
                let order = 3u64 << 60 | (first_id + index as u64) << 36;
                let key = key(arrival.at, order);
                if key < self.next_source.0 {
                    self.next_source = (key, index);
                }
            }
        }
    }

    /// Lets the next request of a load line enter.
    fn arrive(&mut self, index: usize) {
        let Some(arrival) = self.next[index] else {
            unreachable!("a load line that is next has an arrival");
        };
        self.next[index] = self.sources[index].next(&self.model.sources[index]);
        self.find_next_source();
        self.begin(
            arrival.at,
            Class::Arrival,
            (self.model.nodes.len() + index) as u32,
        );
        self.enter(index, arrival, NONE);
    }

    fn enter(&mut self, index: usize, arrival: Arrival, client: u32) {
        let model = self.model;
        let source = &model.sources[index];
        let flow_id = source.flow();
        let flow = &model.flows[flow_id as usize];
        let key = arrival.key;
        self.events += 1;
        self.ordinal += 1;
        let slot = self.visits.take();
        let law = source.key();
        let item = if law == NONE {
            0
        } else {
            let keys = &model.keys[law as usize];
            match arrival.key_rank {
                Some(rank) => keys.global(rank),
                None => keys.draw_nth(key, address(0, purpose::KEY, 0, 0), arrival.ordinal),
            }
        };
        let mut listed = NONE;
        if self.number == 0 && self.ordinal <= u64::from(self.plan.record) {
            listed = (self.ordinal - 1) as u32;
            let record = RequestRecord {
                ordinal: self.ordinal,
                flow: flow_id,
                arrived: arrival.at,
                left: None,
                settled: None,
                outcome: None,
            };
            self.recorder.recording().requests.push(record);
        }
        let request = Request {
            flow: flow_id,
            out: 0,
            arrived: arrival.at,
            left: SimTime::NEVER,
            last_end: arrival.at,
            listed,
            retried: false,
            posts: NONE,
        };
        let request = if let Some(index) = self.free_requests.pop() {
            self.requests[index as usize] = request;
            index
        } else {
            self.requests.push(request);
            self.requests.len() as u32 - 1
        };
        {
            let visit = &mut self.visits[slot];
            visit.key = key;
            visit.entered = arrival.at.0;
            visit.reply_by = u64::MAX;
            visit.item = item;
            visit.request = request;
            visit.caller = client;
            visit.caller_generation = index as u32;
            visit.hop = 0;
            visit.salt = 0;
            visit.pc = flow.entry;
            visit.instance = super::visit::NO_INSTANCE;
            visit.flags |= flag::ROOT;
        }
        let bytes = arrival.bytes.unwrap_or_else(|| {
            model.samplers[flow.bytes as usize].sample(
                key,
                address(0, purpose::BYTES, 0, 0),
                arrival.ordinal,
            )
        });
        let extra = &mut self.visits.extra[slot as usize];
        extra.ordinal = arrival.ordinal;
        extra.priority = flow.priority;
        extra.bytes = bytes;
        if self.recorder.counts(arrival.at) {
            self.counted_inside += 1;
        }
        if self.fans_out[flow_id as usize] {
            self.expect_post(slot, flow_id, arrival.at);
        }
        self.inside[flow_id as usize].arrive(self.now);
        if self.globals.active {
            self.globals.flow_enters(flow_id, arrival.at);
        }
        if let Some(slice) = self.recorder.flow_slice(flow_id, arrival.at) {
            slice.bytes_in += u128::from(bytes);
            slice.attempts += 1;
        }
        self.drive(slot, arrival.at, false);
    }

    /// The client has its answer.
    pub(crate) fn leave_system(&mut self, slot: u32, t: SimTime, outcome: Outcome) {
        let model = self.model;
        let visit = self.visits[slot];
        let request = &mut self.requests[visit.request as usize];
        request.left = t;
        request.last_end = request.last_end.max(t);
        let request = *request;
        let arrived = SimTime(visit.entered);
        let ordinal = self.visits.extra[slot as usize].ordinal;
        let slice = self
            .recorder
            .request(request.flow, arrived, t, Some(outcome));
        if let Some(slice) = slice {
            if outcome == Outcome::Completed {
                let flow = &model.flows[request.flow as usize];
                slice.bytes_out += u128::from(model.samplers[flow.reply as usize].sample(
                    visit.key,
                    address(0, purpose::BYTES, 1, 0),
                    ordinal,
                ));
            }
            if request.out == 0 {
                slice
                    .settled
                    .record(request.last_end.since(request.arrived).0);
            }
        }
        if self.recorder.counts(arrived) && !self.fans_out[request.flow as usize] {
            self.counted_inside -= 1;
        }
        self.inside[request.flow as usize].leave(self.now, t);
        if self.globals.active {
            self.globals
                .flow_leaves(model, request.flow, (arrived, t), outcome);
        }
        if request.listed != NONE
            && let Some(record) = self
                .recorder
                .recording()
                .requests
                .get_mut(request.listed as usize)
        {
            record.left = Some(t);
            record.outcome = Some(outcome);
        }
        self.visits.free(slot);
        if request.out == 0 {
            self.forget_request(visit.request);
        }
        if visit.caller != NONE {
            self.think(visit.caller_generation as usize, visit.caller, t);
        }
    }

    /// Counts an attempt beyond the first of some call of a request.
    pub(crate) fn count_repeat(&mut self, slot: u32) {
        let index = self.visits[slot].request;
        if index == NONE {
            return;
        }
        let request = &mut self.requests[index as usize];
        let first = !std::mem::replace(&mut request.retried, true);
        let (flow, arrived) = (request.flow, request.arrived);
        if let Some(slice) = self.recorder.flow_slice(flow, arrived) {
            slice.attempts += 1;
            slice.retried += u64::from(first);
        }
    }

    /// Notes work that nobody waits for.
    pub(crate) fn detach(&mut self, request: u32, count: u32) {
        if request != NONE {
            self.requests[request as usize].out += count;
        }
    }

    /// Notes the end of a visit that nobody waited for.
    pub(crate) fn note_end(&mut self, slot: u32, t: SimTime) {
        let request = self.visits[slot].request;
        self.note_request(request, t);
    }

    /// Notes the end of a piece of detached work of a request.
    pub(crate) fn note_request(&mut self, request: u32, t: SimTime) {
        if request == NONE {
            return;
        }
        let record = &mut self.requests[request as usize];
        debug_assert!(record.out > 0, "detached work ends once");
        record.out -= 1;
        record.last_end = record.last_end.max(t);
        self.settle(request);
    }

    /// Records a request whose reply and detached work have all ended.
    fn settle(&mut self, index: u32) {
        let request = self.requests[index as usize];
        if request.out > 0 || request.left == SimTime::NEVER {
            return;
        }
        let settled = request.last_end.since(request.arrived).0;
        if let Some(slice) = self.recorder.flow_slice(request.flow, request.arrived) {
            slice.settled.record(settled);
        }
        self.forget_request(index);
    }

    /// Forgets a request that has settled.
    fn forget_request(&mut self, index: u32) {
        let request = self.requests[index as usize];
        if self.fans_out[request.flow as usize] {
            self.close_posts(request.posts, request.last_end, true);
            if self.recorder.counts(request.arrived) {
                self.counted_inside -= 1;
            }
        }
        if request.listed != NONE
            && let Some(record) = self
                .recorder
                .recording()
                .requests
                .get_mut(request.listed as usize)
        {
            record.settled = Some(request.last_end);
        }
        // A late look at the record must find nothing.
        self.requests[index as usize].posts = NONE;
        self.free_requests.push(index);
    }

    /// Returns the first post of a request.
    pub(crate) fn first_post(&self, request: u32) -> u32 {
        self.requests[request as usize].posts
    }

    /// Puts a post before the others of a request.
    pub(crate) fn set_first_post(&mut self, request: u32, post: u32) {
        self.requests[request as usize].posts = post;
    }

    /// Ends the replication with a reason that the user has to know.
    #[cold]
    pub(crate) fn fail(&mut self, why: String) {
        self.failure.get_or_insert(why);
    }

    /// Returns the flow and the arrival of a visit's request.
    pub(crate) fn request_of(&self, slot: u32) -> Option<(u32, SimTime)> {
        let request = self.visits[slot].request;
        (request != NONE).then(|| {
            let request = &self.requests[request as usize];
            (request.flow, request.arrived)
        })
    }

    /// Whether a visit's answer is awaited by nobody.
    pub(crate) fn nobody_waits(&self, slot: u32, t: SimTime) -> bool {
        let visit = &self.visits[slot];
        if visit.flags & flag::ABANDONED != 0 || t.0 > visit.reply_by {
            return true;
        }
        visit.flags & (flag::DETACHED | flag::DELIVERY | flag::ROOT) == 0
            && visit.caller != NONE
            && (self.visits[visit.caller].generation != visit.caller_generation
                || self.is_over(visit.caller, t))
    }

    /// Whether the time of a `try` strand is over at an instant that may lie ahead.
    pub(crate) fn is_over(&self, slot: u32, t: SimTime) -> bool {
        let visit = &self.visits[slot];
        visit.flags & flag::TRY != 0 && t.0 > visit.reply_by
    }

    // ---- the end ------------------------------------------------------------

    /// Counts what is still inside, checks the identities, and hands out the recording.
    fn close(
        mut self,
        ended: SimTime,
        interrupted: bool,
        overflowed: bool,
        cut_short: bool,
    ) -> Recording {
        let slots: Vec<u32> = self.visits.slots().collect();
        for slot in slots {
            let visit = self.visits[slot];
            if visit.flags & (flag::LOST | flag::ENDED | flag::FRESH) != 0 {
                continue;
            }
            if visit.flags & flag::ROOT != 0 {
                let flow = self.requests[visit.request as usize].flow;
                self.recorder
                    .request(flow, SimTime(visit.entered), ended, None);
                continue;
            }
            self.close_station_areas(slot, ended);
            self.close_held_areas(slot, ended);
            if visit.flags & flag::STRAND == 0 {
                self.record_departure(slot, ended, None);
            }
        }
        if self.marks < self.plan.slices.len() {
            // Ended early: the slice that was under way ends here.
            self.mark_pools_at(self.now.min(ended));
        }
        self.close_mechanisms();
        for index in 0..self.requests.len() {
            let first = std::mem::replace(&mut self.requests[index].posts, NONE);
            self.close_posts(first, ended, false);
        }
        self.close_fan_outs(ended);
        self.close_copies(ended);
        for (flow, inside) in self.inside.iter().enumerate() {
            self.recorder.recording().flows[flow].inside_max = inside.most;
        }
        let recording = self.recorder.recording();
        recording.events = self.events;
        recording.queue_events = self.queue_events;
        recording.interrupted = interrupted;
        recording.overflowed = overflowed;
        recording.cut_short = cut_short;
        self.recorder.finish(ended)
    }
}

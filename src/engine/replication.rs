//! One replication: its state, its clock and its loop.
//!
//! Three things compete to be next: the head of the event queue, the next
//! arrival of a load line, and a run-on check. Time-outs wait in a wheel and
//! become events when their slot opens, before anything at their time runs.

use super::cut::{Cut, Load};
use super::delivery::{Batches, DeliveryState};
use super::event::{Class, What, class_of};
use super::fan_out::FanOuts;
use super::fetch::fetch;
use super::follow::Following;
use super::global::Globals;
use super::hold::Holdings;
use super::journey::Journeys;
use super::letter::{HOME, Letters};
use super::light::{Errand, Light};
use super::lookup::Lookups;
use super::pace::Pace;
use super::queue::{Event, EventQueue, Target, key};
use super::requests::{Inside, Request};
use super::station::{Station, stations};
use super::tables::{Setting, Tables};
use super::ties::Ties;
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
use crate::metrics::recording::Recording;
use crate::model::{Model, NONE, Plan};
use crate::random::{ComponentStream, component_seed, purpose};
use crate::units::{SimTime, Span};
use crate::workload::SourceState;
use std::collections::VecDeque;

/// Live visits at which a replication ends as unstable.
pub(crate) const MOST_LIVE: u32 = 16_000_000;
/// Events of a replication after which it is looked at whether parts would be faster.
const LOOK_AFTER: u64 = 200_000;
/// Share of the horizon after which it is.
const LOOK_SHARE: u64 = 100;
/// Events at one instant that are taken for a loop without time.
const MOST_AT_ONCE: u64 = 10_000_000;

/// How a replication ended.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ending {
    /// When.
    pub(crate) ended: SimTime,
    /// The user asked for it.
    pub(crate) interrupted: bool,
    /// Too many visits were inside.
    pub(crate) overflowed: bool,
    /// Counted requests were still inside at the end of the run-on.
    pub(crate) cut_short: bool,
}

impl Ending {
    /// An end as planned.
    fn at(ended: SimTime) -> Ending {
        Ending {
            ended,
            interrupted: false,
            overflowed: false,
            cut_short: false,
        }
    }
}

/// What became of a replication.
pub(crate) enum Ran {
    /// It has ended.
    Done(Box<Recording>),
    /// It is better run in parts, from the start.
    Cut(Cut),
}

/// Decides early in a run, by its load and events so far, whether to run it in parts.
pub(crate) type Look<'a> = &'a mut dyn FnMut(&Load, u64) -> Option<Cut>;

/// Everything that changes during a replication.
pub(crate) struct Replication<'m> {
    pub(crate) model: &'m Model,
    pub(super) plan: &'m Plan,
    pub(crate) tables: &'m Tables,
    /// What it is without any changes of parameters.
    pub(super) setting: Setting<'m>,
    pub(super) number: u32,
    /// Time of the current event.
    pub(crate) now: SimTime,
    /// Class of the current event.
    pub(crate) class: Class,
    /// Node of the current event.
    pub(crate) node: u32,
    /// Local time never passes this: the next global event or run-on check.
    pub(crate) barrier: SimTime,
    /// No event from here on runs before the loop has looked around: at most `barrier`.
    pub(crate) fence: SimTime,
    /// Order of the answer that the visit which ends next passes on; 0: none.
    pub(crate) passing: u64,
    /// The horizon, then the next run-on check.
    pub(crate) check: SimTime,
    pub(crate) globals: Globals,
    pub(super) queue: EventQueue,
    pub(super) wheel: Wheel,
    /// Per node, then per load line: events posted so far.
    pub(super) counters: Vec<u64>,
    pub(crate) visits: Visits,
    pub(super) journeys: Journeys,
    /// The light visit that is about to get a slot.
    pub(super) parked: (Errand, Light),
    pub(crate) holdings: Holdings,
    /// Visits that go on within the current event.
    pub(crate) pending: Vec<super::step::Resume>,
    pub(crate) stations: Vec<Station>,
    /// Stations whose servers were given back because somebody was let in elsewhere.
    pub(crate) freed: VecDeque<u32>,
    /// Whether servers may be kept in a circle.
    may_deadlock: bool,
    pub(crate) buckets: Vec<TokenBucket>,
    /// What a visit pays where, while it pays.
    pub(super) dues: Vec<(usize, i128)>,
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
    pub(crate) behind: crate::mechanism::behind::Behind,
    pub(super) afar: crate::mechanism::afar::Afar,
    pub(crate) resolvers: Vec<crate::mechanism::resolver::Resolvers>,
    pub(crate) remainders: super::remainder::Remainders,
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
    pub(super) memories: Vec<crate::mechanism::recent::Recent>,
    pub(super) archives: Vec<crate::mechanism::archive::Archive>,
    /// Per credential: what its holders have.
    pub(super) held: Vec<crate::mechanism::held::Held>,
    /// Streams of the nodes' own draws.
    pub(crate) streams: Vec<ComponentStream>,
    pub(super) sources: Vec<SourceState>,
    /// Per load line: when its next request enters; `NEVER`: there is none.
    pub(super) next: Vec<SimTime>,
    /// The load line that is next, with its time and order as one number.
    pub(super) next_source: (u128, usize),
    /// Closed loads: per source and client the number of its next request.
    pub(super) clients: Vec<Vec<u32>>,
    pub(super) requests: Vec<Request>,
    pub(super) free_requests: Vec<u32>,
    pub(crate) fan_outs: FanOuts,
    /// Per flow: whether it fans out, so that its requests are waited for until they settle.
    pub(super) fans_out: Vec<bool>,
    /// Counted requests that have not left, or settled if they fan out.
    pub(super) counted_inside: u64,
    /// Per flow: requests inside, and departures that lie ahead of the clock.
    pub(super) inside: Vec<Inside>,
    pub(super) ordinal: u64,
    pub(super) following: Following,
    /// Attempts whose callee is told when to stop, by caller.
    pub(crate) cancellable: std::collections::BTreeMap<u32, Vec<(u32, u32)>>,
    pub(crate) recorder: Recorder,
    /// Requests that may have settled, to be looked at when no note is on the way.
    pub(super) unsettled: Vec<u32>,
    /// Per node: its part of the run.
    pub(crate) part_of: Vec<u16>,
    /// Which part this is.
    pub(crate) me: u16,
    /// Per route: the node that calls over it (if there are parts).
    pub(crate) route_from: Vec<u32>,
    /// Per part: letters to it.
    pub(crate) letters: Vec<Letters>,
    /// Everything before has been run: letters are for later.
    pub(crate) handled: SimTime,
    pub(crate) events: u64,
    pub(super) queue_events: u64,
    at_once: (SimTime, u64),
    /// Events until progress is reported again.
    countdown: u32,
    /// Live visits with which it does not go on.
    pub(super) most_live: u32,
    failure: Option<String>,
}

/// Returns the time in a number that `key` made.
#[inline]
pub(super) fn time_of(key: u128) -> SimTime {
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

impl<'m> Replication<'m> {
    /// Makes a replication at time zero.
    pub(crate) fn new(setting: Setting<'m>, number: u32, lookups: Lookups) -> Replication<'m> {
        let Setting {
            model,
            plan,
            tables,
        } = setting.at_start();
        let sources: Vec<SourceState> = model
            .sources
            .iter()
            .zip(&tables.gates)
            .map(|(source, gate)| {
                // Drawn early, it must not depend on what is in force when a request enters.
                let first = gate
                    .first
                    .clone()
                    .filter(|_| setting.model.altered.is_empty());
                SourceState::new(source, plan.seed, u64::from(number), first)
            })
            .collect();
        Replication {
            model,
            plan,
            tables,
            setting,
            number,
            now: SimTime::ZERO,
            class: Class::Global,
            node: NONE,
            barrier: plan.horizon,
            fence: SimTime::ZERO,
            passing: 0,
            check: plan.horizon,
            globals: Globals::new(setting.model, plan, number),
            queue: EventQueue::new(),
            wheel: Wheel::new(),
            counters: vec![0; model.nodes.len() + model.sources.len()],
            visits: Visits::new(),
            journeys: Journeys::default(),
            parked: (Errand::NONE, Light::NONE),
            holdings: Holdings::default(),
            pending: Vec::new(),
            stations: stations(model),
            freed: VecDeque::new(),
            may_deadlock: Replication::may_deadlock(model),
            buckets: model.buckets.iter().map(super::convert::bucket).collect(),
            dues: Vec::new(),
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
            behind: crate::mechanism::behind::Behind::default(),
            afar: crate::mechanism::afar::Afar::default(),
            resolvers: super::resolve::resolvers(model),
            remainders: super::remainder::Remainders::default(),
            deliveries: super::delivery::deliveries(model),
            queues: super::delivery::queues(model),
            watches: vec![SimTime::NEVER; model.queues.len()],
            drained: vec![(None, false); model.queues.len()],
            backlog_max: vec![0; model.queues.len()],
            dropped: Vec::new(),
            logs: super::delivery::logs(model),
            memories: super::once::memories(model),
            archives: super::replay::archives(model),
            held: super::credential::held(model, plan.seed, number),
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
            next: vec![SimTime::NEVER; sources.len()],
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
            following: Following::new(model, plan, number),
            cancellable: std::collections::BTreeMap::new(),
            recorder: Recorder::new(model, plan, number),
            unsettled: Vec::new(),
            part_of: vec![HOME as u16; model.nodes.len()],
            me: HOME as u16,
            route_from: Vec::new(),
            letters: vec![Letters::default()],
            handled: SimTime::ZERO,
            events: 0,
            queue_events: 0,
            at_once: (SimTime::ZERO, 0),
            countdown: STOP_CHECKS,
            most_live: MOST_LIVE,
            failure: None,
        }
    }

    /// Makes this a part of a run, before anything has happened.
    pub(crate) fn become_part(&mut self, me: usize, cut: &Cut, ties: &Ties) {
        self.me = me as u16;
        self.part_of.clone_from(&cut.part_of);
        self.route_from.clone_from(&ties.route_from);
        self.letters = vec![Letters::default(); cut.parts];
        if self.is_home() {
            self.start_sources();
        }
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
    #[inline(never)]
    pub(crate) fn push(&mut self, at: SimTime, order: u64, slot: u32, what: What, generation: u32) {
        self.push_here(at, order, slot, what, generation);
    }

    /// Pushes an event where that is done over and over.
    #[inline(always)]
    pub(super) fn push_here(
        &mut self,
        at: SimTime,
        order: u64,
        slot: u32,
        what: What,
        generation: u32,
    ) {
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

    /// Returns a time before which nothing happens here by itself.
    pub(crate) fn next_at(&self) -> SimTime {
        time_of(self.head())
    }

    /// Moves the clock to an event that is about to run.
    pub(crate) fn begin(&mut self, at: SimTime, class: Class, node: u32) {
        debug_assert!(at >= self.now, "time never runs backwards");
        self.now = at;
        self.class = class;
        self.node = node;
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

    /// Runs to the end and closes the books, unless the look early on finds parts better.
    ///
    /// # Errors
    ///
    /// A loop without time, with the name of the node; servers that are kept in a circle.
    pub(crate) fn run(
        mut self,
        observer: &dyn Observer,
        mut look: Option<Look<'_>>,
    ) -> Result<Ran, String> {
        self.check_timetable();
        self.start_sources();
        let horizon = self.plan.horizon;
        let bin = self.plan.bin;
        let mut close = SimTime::ZERO + bin;
        loop {
            let at = self.run_to(close.min(self.barrier), observer)?;
            if at < close && self.is_overrun() {
                let ending = Ending {
                    overflowed: true,
                    ..Ending::at(self.now)
                };
                return Ok(Ran::Done(Box::new(self.close(&ending))));
            }
            let mut interrupted = false;
            if at >= close {
                // Bins that have ended by then are closed one by one.
                let mut closed = close;
                while close <= at && close < horizon {
                    self.look_for_deadlock()?;
                    observer.bin_closed(self.number, close);
                    closed = close;
                    close += bin;
                    if observer.stop() {
                        interrupted = true;
                        break;
                    }
                    if at == SimTime::NEVER {
                        close = horizon;
                    }
                }
                if interrupted || self.is_overrun() {
                    let ending = Ending {
                        interrupted,
                        overflowed: !interrupted,
                        ..Ending::at(closed.min(horizon).max(self.now))
                    };
                    return Ok(Ran::Done(Box::new(self.close(&ending))));
                }
                if close >= horizon {
                    // There are no bins after the horizon.
                    close = SimTime::NEVER;
                }
                if self.events >= LOOK_AFTER
                    && closed.0 >= horizon.0 / LOOK_SHARE
                    && close < horizon
                    && let Some(look) = look.take()
                    && let Some(cut) = look(&self.load(closed), self.events)
                {
                    return Ok(Ran::Cut(cut));
                }
            }
            self.mark_pools(at.min(self.barrier));
            if at >= self.barrier && self.barrier < self.check {
                self.run_global(observer);
                if let Some(failure) = self.failure.take() {
                    return Err(failure);
                }
            } else if at >= self.barrier {
                self.look_for_deadlock()?;
                if let Some(ending) = self.run_on_check(observer) {
                    return Ok(Ran::Done(Box::new(self.close(&ending))));
                }
            }
        }
    }

    /// At the horizon and at a run-on check: is a counted request still inside?
    ///
    /// Returns how the run has ended, if it has.
    fn run_on_check(&mut self, observer: &dyn Observer) -> Option<Ending> {
        let (check, horizon) = (self.check, self.plan.horizon);
        self.begin(check, Class::Global, NONE);
        if self.counted_inside == 0 {
            return Some(Ending::at(check));
        }
        let cut_short = Ending {
            cut_short: true,
            ..Ending::at(check)
        };
        if check >= horizon + Span(horizon.0) {
            return Some(cut_short);
        }
        self.check = check + Span((horizon.0 / 64).max(1));
        self.set_barrier();
        observer.bin_closed(self.number, check);
        observer.stop().then_some(cut_short)
    }

    /// What a run that is cut into parts decides where all of them stand still.
    ///
    /// Returns how it has ended, if it has.
    pub(crate) fn look_around(&mut self, at: SimTime, observer: &dyn Observer) -> Option<Ending> {
        if at >= self.check {
            return self.run_on_check(observer);
        }
        observer.bin_closed(self.number, at);
        observer.stop().then(|| Ending {
            interrupted: true,
            ..Ending::at(at)
        })
    }

    /// Sums up what has happened where, until a bin was closed.
    fn load(&mut self, closed: SimTime) -> Load {
        self.recorder.enter_day_book();
        let recording = self.recorder.recording();
        let posted = self.counters.iter();
        let mut nodes: Vec<f64> = recording
            .nodes
            .iter()
            .zip(posted)
            .map(|(node, &posted)| (node.arrived.iter().sum::<u64>() + posted) as f64)
            .collect();
        for flow in self.model.flows.iter().take(1) {
            // A request enters and leaves: less than two visits, by the instructions that they take.
            let client = self.tables.code[flow.entry as usize].node;
            nodes[client as usize] += 1.5 * self.ordinal as f64;
        }
        Load {
            nodes,
            links: recording
                .links
                .iter()
                .map(|link| link.slices.iter().map(|slice| slice.attempts).sum::<u64>() as f64)
                .collect(),
            elapsed: closed.0.max(1) as f64,
        }
    }

    /// Whether more visits are live than a replication goes on with.
    #[inline(always)]
    pub(crate) fn is_overrun(&self) -> bool {
        self.visits.live + self.journeys.visits() > self.most_live
    }

    /// Runs all events before a limit, unless it is overrun meanwhile; returns when the next one
    /// happens.
    ///
    /// # Errors
    ///
    /// A loop without time, with the name of the node.
    pub(crate) fn run_to(
        &mut self,
        limit: SimTime,
        observer: &dyn Observer,
    ) -> Result<SimTime, String> {
        self.fence = limit.min(self.next_mark);
        loop {
            self.open_wheel();
            let (source_key, source) = self.next_source;
            let queue_key = self.queue.head();
            let from_source = source_key < queue_key;
            let at = time_of(source_key.min(queue_key));
            if at >= self.fence {
                if self.fence == limit {
                    return Ok(self.next_at());
                }
                self.mark_pools(self.fence);
                self.fence = limit.min(self.next_mark);
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
            self.countdown -= 1;
            if self.countdown == 0 {
                self.countdown = STOP_CHECKS;
                observer.progress(self.number, at);
                if self.is_overrun() {
                    return Ok(at);
                }
            }
            if from_source {
                self.arrive(source);
            } else {
                self.next_event();
            }
            if self.failure.is_some() {
                return Err(self.failure.take().unwrap_or_default());
            }
        }
    }

    /// Ends the run if servers are kept in a circle.
    fn look_for_deadlock(&self) -> Result<(), String> {
        let found = self.may_deadlock.then(|| self.deadlock()).flatten();
        found.map_or(Ok(()), Err)
    }

    /// Notes the environment-time of pools at slice boundaries that have been reached.
    pub(crate) fn mark_pools(&mut self, at: SimTime) {
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

    /// Returns why a loop without time is refused and, in a second line, what helps.
    fn loop_without_time(&self, at: SimTime) -> String {
        let node = self
            .model
            .nodes
            .get(self.node as usize)
            .map_or("client", |n| &n.name);
        format!(
            "more than ten million events at {} s of simulated time, the last one at `{node}`: \
             something is done again and again without time passing\n\
             give what repeats it some time: `visibility` or `max_receives` at a queue, `backoff` at a \
             link that tries again, `think` of clients, or work at `{node}`",
            at.as_seconds()
        )
    }

    /// Runs the event at the head of the queue.
    #[inline(always)]
    fn next_event(&mut self) {
        let Some(Event {
            at,
            order,
            target,
            generation,
        }) = self.queue.pop()
        else {
            return;
        };
        fetch(&mut self.queue, &self.visits, &self.journeys);
        let (slot, code) = (target.slot(), target.what());
        let node = ((order >> 36) & 0xff_ffff) as u32;
        self.begin(at, class_of(order), node);
        if code == What::Journey as u8 {
            self.go_on(slot, at, order);
            self.drain();
        } else if code == What::Resume as u8 && self.visits[slot].generation == generation {
            self.resume(slot, at);
        } else {
            self.run_event((at, order), target, generation);
        }
    }

    /// Runs an event of another kind than those that most are of.
    #[inline(never)]
    fn run_event(&mut self, (at, order): (SimTime, u64), target: Target, generation: u32) {
        let slot = target.slot();
        let what = What::from_code(target.what());
        let current = |visits: &Visits| visits[slot].generation == generation;
        match what {
            // Whom it is for is not there any more.
            What::Resume | What::Journey => return,
            What::Done => {
                if self.visits.is_served(slot, generation) {
                    self.service_done(slot, at);
                }
            }
            What::SharedDone => self.shared_done(slot, generation, at),
            What::Patience => {
                if self.visits.is_served(slot, generation) {
                    self.out_of_patience(slot, at);
                }
            }
            What::Reply => {
                if current(&self.visits) {
                    self.reply_arrives(slot, at, order);
                }
            }
            What::TimeOut => {
                if self.visits.is_alive(slot, generation) {
                    self.time_out(slot, at);
                }
            }
            What::Hedge => {
                if current(&self.visits) {
                    self.hedge(slot, at);
                }
            }
            What::Pace => self.pace_ready(slot, generation, at),
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
                    let outcome = self.visits[slot].aside;
                    let here = what == What::Leave;
                    if let Some((slot, at)) = self.end(slot, at, outcome, here) {
                        self.drive(slot, at, false);
                    }
                }
            }
            What::Cancel => {
                if self.visits.is_alive(slot, generation) {
                    self.cancelled(slot, at);
                }
            }
            What::Deliver => self.look_for_messages(slot, generation, at),
            What::Visibility => self.queue_wakes(slot, at),
            What::Client => self.client_sends(slot, generation as usize, at),
        }
        self.drain();
    }

    /// Ends the replication with a reason that the user has to know.
    #[cold]
    pub(crate) fn fail(&mut self, why: String) {
        self.failure.get_or_insert(why);
    }

    /// Whether a visit's answer is awaited by nobody.
    pub(crate) fn nobody_waits(&self, slot: u32, t: SimTime) -> bool {
        let visit = &self.visits[slot];
        if t.0 > visit.reply_by {
            return true;
        }
        if visit.flags & flag::ABANDONED != 0 {
            // At its very deadline: where the caller may be in another part, nobody here knows.
            let via = self.visits[slot].via;
            return via == NONE || !self.tables.route_is_free[via as usize];
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
    pub(crate) fn close(mut self, ending: &Ending) -> Recording {
        let ended = ending.ended;
        if ending.interrupted || ending.overflowed {
            self.recorder.cut(ended);
        }
        self.end_journeys();
        debug_assert_eq!(self.journeys.visits(), 0, "what ends is counted off");
        let slots: Vec<u32> = self.visits.slots().collect();
        for slot in slots {
            let visit = self.visits[slot];
            let fresh = visit.flags & flag::FRESH != 0 && !self.has_entered(slot);
            if fresh || visit.flags & (flag::LOST | flag::ENDED) != 0 {
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
        self.close_traces();
        self.recorder.recording().followed = self.following.close();
        for (flow, inside) in self.inside.iter().enumerate() {
            self.recorder.recording().flows[flow].inside_max = inside.most;
        }
        let recording = self.recorder.recording();
        recording.events = self.events;
        recording.queue_events = self.queue_events;
        recording.interrupted = ending.interrupted;
        recording.overflowed = ending.overflowed;
        recording.cut_short = ending.cut_short;
        self.recorder.finish(ended)
    }
}

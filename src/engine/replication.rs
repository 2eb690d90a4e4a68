//! One replication: its state, its clock, and the order of its events.
//!
//! Not here: its loop (`run`).

use super::STOP_CHECKS;
use super::cut::Cut;
use super::delivery::{Batches, DeliveryState};
use super::event::{Class, What};
use super::fan_out::FanOuts;
use super::follow::Following;
use super::global::Globals;
use super::hold::Holdings;
use super::journey::Journeys;
use super::letter::{HOME, Letters};
use super::lookup::Lookups;
use super::pace::Pace;
use super::queue::{Event, EventQueue, Target, key};
use super::requests::{Inside, Request};
use super::station::{Station, stations};
use super::tables::{Setting, Tables};
use super::ties::Ties;
use super::visit::{Visits, flag};
use super::visiting::Sent;
use super::wheel::Wheel;
use crate::mechanism::balancer::Balancer;
use crate::mechanism::breaker::Breaker;
use crate::mechanism::budget::RetryBudget;
use crate::mechanism::log::Log;
use crate::mechanism::message_queue::MessageQueue;
use crate::mechanism::pool::{Pool, Reuse};
use crate::mechanism::token_bucket::TokenBucket;
use crate::metrics::recorder::Recorder;
use crate::model::{Model, NONE, Plan};
use crate::random::{ComponentStream, component_seed, purpose};
use crate::units::SimTime;
use crate::workload::SourceState;
use std::collections::VecDeque;

/// Live visits at which a replication ends as unstable.
pub(crate) const MOST_LIVE: u32 = 16_000_000;

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
    pub(super) parked: Sent,
    pub(crate) holdings: Holdings,
    /// Visits that go on within the current event.
    pub(crate) pending: Vec<super::step::Resume>,
    pub(crate) stations: Vec<Station>,
    /// Stations whose servers were given back because somebody was let in elsewhere.
    pub(crate) freed: VecDeque<u32>,
    /// Whether servers may be kept in a circle.
    pub(super) may_deadlock: bool,
    pub(crate) buckets: Vec<TokenBucket>,
    /// What a visit pays where, while it pays.
    pub(super) dues: Vec<(usize, i128)>,
    pub(crate) watched: super::convert::Watched,
    pub(crate) pools: Vec<Pool>,
    /// Environment-time up to the last mark, per pool.
    pub(super) pool_areas: Vec<crate::mechanism::pool::Areas>,
    /// Slices whose end has been marked.
    pub(super) marks: usize,
    /// End of the first slice that has not been marked.
    pub(super) next_mark: SimTime,
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
    pub(super) at_once: (SimTime, u64),
    /// Events until progress is reported again.
    pub(super) countdown: u32,
    /// Live visits with which it does not go on.
    pub(super) most_live: u32,
    pub(super) failure: Option<String>,
}

/// Returns the time in a number that `key` made.
#[inline]
pub(super) fn time_of(key: u128) -> SimTime {
    SimTime((key >> 64) as u64)
}

/// Returns the end of a slice; `NEVER` if there is none of that number.
pub(super) fn end_of_slice(plan: &Plan, slice: usize) -> SimTime {
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
            parked: Sent::NONE,
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
}

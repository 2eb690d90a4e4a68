//! Where requests come from: load lines that send by the clock, and clients that wait and think.
//!
//! The next arrival of every open load line is known; the least of them competes with the
//! event queue. A client of a closed load is an event of its own.
//!
//! Not here: how arrivals are spaced (`workload`), and how requests leave (`requests`).

use super::event::{Class, What};
use super::queue::key;
use super::replication::Replication;
use super::requests::Request;
use super::visit::flag;
use crate::metrics::recording::RequestRecord;
use crate::model::NONE;
use crate::random::{address, purpose, request_key};
use crate::units::SimTime;
use crate::workload::{Arrival, UNDRAWN};

/// A request that enters.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entering {
    pub(super) at: SimTime,
    pub(super) key: u64,
    /// Its number among those of its load line.
    pub(super) ordinal: u64,
    /// Its data key; 0 is none.
    pub(super) item: u32,
    /// Its size.
    pub(super) bytes: u64,
}

impl Replication<'_> {
    /// Starts all load lines.
    pub(super) fn start_sources(&mut self) {
        for source in 0..self.model.sources.len() {
            self.start_source(source);
        }
        self.find_next_source();
        self.set_barrier();
        self.open_copies();
        self.plan_replays();
    }

    fn start_source(&mut self, index: usize) {
        let source = &self.model.sources[index];
        if let Some(count) = source.clients() {
            self.clients[index] = vec![0; count as usize];
            for client in 0..count as u32 {
                self.think(index, client, source.start());
            }
        } else {
            self.next[index] = self.sources[index].advance(source);
        }
    }

    /// Lets a client of a closed load think, then send.
    pub(super) fn think(&mut self, index: usize, client: u32, from: SimTime) {
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

    pub(super) fn client_sends(&mut self, client: u32, index: usize, at: SimTime) {
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
            first: UNDRAWN,
        };
        self.enter(index, self.entering(index, &arrival), (client, UNDRAWN));
    }

    fn find_next_source(&mut self) {
        let first_id = self.model.nodes.len() as u64;
        let key_of = |(index, &at): (usize, &SimTime)| {
            let order = 3u64 << 60 | (first_id + index as u64) << 36;
            let key = if at == SimTime::NEVER {
                u128::MAX
            } else {
                key(at, order)
            };
            (key, index)
        };
        self.next_source = match &self.next[..] {
            [at] => key_of((0, at)),
            all => (all.iter().enumerate().map(key_of))
                .min_by_key(|(key, _)| *key)
                .unwrap_or((u128::MAX, 0)),
        };
    }

    /// Lets the next request of a load line enter.
    #[inline(always)]
    pub(super) fn arrive(&mut self, index: usize) {
        let source = &mut self.sources[index];
        let arrival = source.arrival();
        self.next[index] = source.advance(&self.model.sources[index]);
        let request = self.entering(index, &arrival);
        self.find_next_source();
        self.begin(
            request.at,
            Class::Arrival,
            (self.model.nodes.len() + index) as u32,
        );
        self.enter(index, request, (NONE, arrival.first));
    }

    /// Draws what a request is about.
    #[inline(always)]
    fn entering(&self, index: usize, arrival: &Arrival) -> Entering {
        let model = self.model;
        let gate = &self.tables.gates[index];
        let &Arrival {
            at, ordinal, key, ..
        } = arrival;
        let law = gate.keys;
        let item = if law == NONE {
            0
        } else {
            let keys = &model.keys[law as usize];
            match arrival.key_rank {
                Some(rank) => keys.global(rank),
                None => keys.draw_nth(key, address(0, purpose::KEY, 0, 0), ordinal),
            }
        };
        let bytes = match arrival.bytes {
            Some(bytes) => bytes,
            None => self.request_bytes(gate, key, ordinal),
        };
        Entering {
            at,
            key,
            ordinal,
            item,
            bytes,
        }
    }

    #[inline(always)]
    fn enter(&mut self, index: usize, request: Entering, (client, first): (u32, u64)) {
        let gate = &self.tables.gates[index];
        let flow_id = gate.flow;
        self.events += 1;
        self.ordinal += 1;
        self.inside[flow_id as usize].arrive(self.now);
        let followed = self.following.takes(flow_id, request.key);
        let listed = followed || self.number == 0 && self.ordinal <= u64::from(self.plan.record);
        if gate.direct != NONE && client == NONE && !listed && !self.globals.active {
            self.enter_direct(gate, request, first, index);
        } else if client == NONE && !listed && self.sets_forth(flow_id) {
            self.set_forth(index, request);
        } else {
            self.recorder
                .request_begins(flow_id, request.at, request.bytes);
            let slot = self.open_root(index, request, client, NONE);
            self.drive(slot, request.at, false);
        }
    }

    /// Gives a request a place.
    pub(super) fn open_request(&mut self, flow_id: u32, entering: &Entering) -> u32 {
        let mut listed = NONE;
        if self.number == 0 && self.ordinal <= u64::from(self.plan.record) {
            listed = (self.ordinal - 1) as u32;
            let record = RequestRecord {
                ordinal: self.ordinal,
                flow: flow_id,
                arrived: entering.at,
                left: None,
                settled: None,
                outcome: None,
            };
            self.recorder.recording().requests.push(record);
        }
        let request = Request {
            flow: flow_id,
            out: 0,
            arrived: entering.at,
            left: SimTime::NEVER,
            last_end: entering.at,
            listed,
            retried: false,
            loose: false,
            posts: NONE,
        };
        if let Some(index) = self.free_requests.pop() {
            self.requests[index as usize] = request;
            index
        } else {
            self.requests.push(request);
            self.requests.len() as u32 - 1
        }
    }

    /// Gives a request, unless it has one (`record`), and its root visit a place each.
    pub(super) fn open_root(
        &mut self,
        index: usize,
        entering: Entering,
        client: u32,
        record: u32,
    ) -> u32 {
        let flow_id = self.model.sources[index].flow();
        let flow = &self.model.flows[flow_id as usize];
        let request = if record == NONE {
            self.open_request(flow_id, &entering)
        } else {
            record
        };
        let (slot, visit) = self.visits.start();
        visit.key = entering.key;
        visit.entered = entering.at.0;
        visit.item = entering.item;
        visit.request = request;
        visit.caller = client;
        visit.caller_generation = index as u32;
        visit.pc = flow.entry;
        visit.flags = flag::LIVE | flag::ROOT;
        visit.ordinal = entering.ordinal;
        visit.priority = flow.priority;
        visit.bytes = entering.bytes;
        if self.following.has(flow_id, entering.key) {
            self.visits.follow(slot, entering.at);
        }
        if self.recorder.counts(entering.at) {
            self.counted_inside += 1;
        }
        if self.fans_out[flow_id as usize] {
            self.expect_post(slot, flow_id, entering.at);
        }
        if self.globals.active {
            self.arrive_watched(request, flow_id, entering.at);
        }
        slot
    }
}

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
use crate::workload::Arrival;

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
            self.next[index] = self.sources[index].next(source);
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
    #[inline]
    pub(super) fn arrive(&mut self, index: usize) {
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
            loose: false,
            posts: NONE,
        };
        let request = if let Some(index) = self.free_requests.pop() {
            self.requests[index as usize] = request;
            index
        } else {
            self.requests.push(request);
            self.requests.len() as u32 - 1
        };
        let bytes = arrival.bytes.unwrap_or_else(|| {
            model.samplers[flow.bytes as usize].sample(
                key,
                address(0, purpose::BYTES, 0, 0),
                arrival.ordinal,
            )
        });
        let (slot, visit) = self.visits.start();
        visit.key = key;
        visit.entered = arrival.at.0;
        visit.item = item;
        visit.request = request;
        visit.caller = client;
        visit.caller_generation = index as u32;
        visit.pc = flow.entry;
        visit.flags = flag::LIVE | flag::ROOT;
        visit.ordinal = arrival.ordinal;
        visit.priority = flow.priority;
        visit.bytes = bytes;
        if self.recorder.counts(arrival.at) {
            self.counted_inside += 1;
        }
        if self.fans_out[flow_id as usize] {
            self.expect_post(slot, flow_id, arrival.at);
        }
        self.inside[flow_id as usize].arrive(self.now);
        if self.globals.active {
            self.arrive_watched(request, flow_id, arrival.at);
        }
        if let Some(slice) = self.recorder.flow_slice(flow_id, arrival.at) {
            slice.bytes_in += u128::from(bytes);
            slice.attempts += 1;
        }
        self.drive(slot, arrival.at, false);
    }
}

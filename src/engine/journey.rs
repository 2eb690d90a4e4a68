//! Journeys: requests that pass along a row of stations, without a visit for each of them.
//!
//! Where every node on the way does nothing with an answer but to hand it on, those that wait
//! for it are a few numbers each. A journey is one record for all of them: the visit that goes
//! on as a `Light` one does, and a frame for every visit that has called on and waits. When the
//! answer comes, the frames are gone through once.
//!
//! The draws, the orders and the counts are those of visits. Whatever else may happen (an
//! operation that needs a slot, a full line, an answer that comes after the next check) makes
//! visits of a journey, as they would have been, and goes on with them.
//!
//! Not here: requests whose nodes choose, wait for time-outs or hold a server while they call
//! (`call`); those that are over without any event (`direct`); runs that are watched.

use super::event::{Class, What};
use super::light::{Light, Stop};
use super::replication::Replication;
use super::sources::Entering;
use super::visit::NO_INSTANCE;
use crate::metrics::day_book::Stay;
use crate::model::{NONE, Op, Outcome};
use crate::random::{address, purpose};
use crate::units::SimTime;

/// Visits of a journey that have called on, at most; a longer row needs visits.
///
/// CHOICE: rows in topologies are shorter; a journey of this many is six cache lines.
const MOST: usize = 6;

/// A visit that has called on, and waits for the answer.
#[derive(Clone, Copy, Debug, Default)]
struct Frame {
    /// When it entered its node [ns].
    entered: u64,
    /// Time in waiting lines [ns].
    waited: u64,
    /// Time in service [ns].
    served: u64,
    /// When it called on [ns].
    began: u64,
    /// Route by which it was called.
    route: u32,
    /// Its operation, the call.
    pc: u32,
}

/// A request on its way.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(64))]
pub(super) struct Journey {
    request: Entering,
    /// Load line that it came from.
    source: u32,
    /// Route by which its present visit was called.
    route: u32,
    /// Operation of that visit.
    pc: u32,
    /// Frames in use.
    depth: u8,
    /// Whether the present visit has still to enter its node.
    fresh: bool,
    live: bool,
    entered: u64,
    waited: u64,
    served: u64,
    /// Items of a look-up of the present visit that were missed.
    missed: u32,
    /// Whether its answer is a miss.
    misses: bool,
    frames: [Frame; MOST],
    next_free: u32,
}

impl Journey {
    const NEW: Journey = Journey {
        request: Entering {
            at: SimTime::ZERO,
            key: 0,
            ordinal: 0,
            item: 0,
            bytes: 0,
        },
        source: 0,
        route: NONE,
        pc: 0,
        depth: 0,
        fresh: true,
        live: false,
        entered: 0,
        waited: 0,
        served: 0,
        missed: 0,
        misses: false,
        frames: [Frame {
            entered: 0,
            waited: 0,
            served: 0,
            began: 0,
            route: NONE,
            pc: 0,
        }; MOST],
        next_free: NONE,
    };

    fn frames(&self) -> &[Frame] {
        &self.frames[..usize::from(self.depth).min(MOST)]
    }

    /// Returns its present visit.
    #[inline(always)]
    fn present(&self, hop: u32, at: SimTime) -> Light {
        Light {
            key: self.request.key,
            ordinal: self.request.ordinal,
            hop,
            pc: self.pc,
            enters: true,
            at,
            entered: SimTime(self.entered),
            waited: self.waited,
            served: self.served,
            missed: self.missed,
            misses: self.misses,
            ..Light::NONE
        }
    }

    /// Returns how many visits it stands for: that of the client, the present one, and those
    /// between them.
    fn visits(&self) -> u32 {
        u32::from(self.depth) + 2
    }
}

/// All journeys of a replication.
#[derive(Debug)]
pub(super) struct Journeys {
    journeys: Vec<Journey>,
    free: u32,
    visits: u32,
}

impl Default for Journeys {
    fn default() -> Journeys {
        Journeys {
            journeys: Vec::new(),
            free: NONE,
            visits: 0,
        }
    }
}

impl Journeys {
    /// Returns how many visits they stand for.
    pub(super) fn visits(&self) -> u32 {
        self.visits
    }

    /// Returns a bound of how many visits they have stood for at once.
    pub(super) fn most_visits(&self) -> usize {
        self.journeys.len() * (MOST + 2)
    }

    /// Takes a slot.
    #[inline(always)]
    fn start(&mut self) -> u32 {
        self.visits += 2;
        if self.free == NONE {
            self.grow();
        }
        let slot = self.free;
        self.free = self.journeys[slot as usize].next_free;
        slot
    }

    #[cold]
    fn grow(&mut self) {
        let slot = u32::try_from(self.journeys.len()).unwrap_or(NONE);
        assert!(slot < 1 << 27, "more than 2^27 requests are inside at once");
        self.journeys.push(Journey::NEW);
        self.free = slot;
    }

    /// Has the present visit of a journey wait for a call that it makes now.
    #[inline(always)]
    fn wait(&mut self, slot: u32, light: &Light) {
        self.visits += 1;
        let journey = &mut self.journeys[slot as usize];
        let route = journey.route;
        if let Some(frame) = journey.frames.get_mut(usize::from(journey.depth)) {
            *frame = Frame {
                entered: light.entered.0,
                waited: light.waited,
                served: light.served,
                began: light.at.0,
                route,
                pc: light.pc,
            };
            journey.depth += 1;
        }
    }

    /// Gives a slot back.
    #[inline(always)]
    fn free(&mut self, slot: u32) {
        let journey = &mut self.journeys[slot as usize];
        debug_assert!(journey.live, "a journey ends once");
        journey.live = false;
        journey.next_free = self.free;
        self.visits -= journey.visits();
        self.free = slot;
    }
}

impl std::ops::Index<u32> for Journeys {
    type Output = Journey;
    fn index(&self, slot: u32) -> &Journey {
        &self.journeys[slot as usize]
    }
}

impl std::ops::IndexMut<u32> for Journeys {
    fn index_mut(&mut self, slot: u32) -> &mut Journey {
        &mut self.journeys[slot as usize]
    }
}

impl Replication<'_> {
    /// Whether the requests of a flow go on journeys, and this part knows where the first leads.
    #[inline(always)]
    pub(super) fn sets_forth(&self, flow: u32) -> bool {
        let route = self.tables.journeys[flow as usize];
        route != NONE
            && !self.globals.active
            && !self.is_elsewhere(self.tables.lanes[route as usize].node)
    }

    /// Lets a request enter that goes on a journey.
    #[inline(never)]
    pub(super) fn set_forth(&mut self, source: usize, request: Entering) {
        let flow = self.model.sources[source].flow();
        let t = request.at;
        self.recorder.request_begins(flow, t, request.bytes);
        if self.recorder.counts(t) {
            self.counted_inside += 1;
        }
        let slot = self.journeys.start();
        let journey = &mut self.journeys[slot];
        journey.request = request;
        journey.source = source as u32;
        journey.depth = 0;
        journey.live = true;
        let pc = self.model.flows[flow as usize].entry;
        if let Some(at) = self.call_on(slot, (self.tables.journeys[flow as usize], pc), t) {
            self.go_on(slot, at);
        }
        self.drain();
    }

    /// Makes the call of a journey at `pc`; tells when it arrives if nothing comes before.
    #[inline(always)]
    fn call_on(&mut self, slot: u32, (route, pc): (u32, u32), t: SimTime) -> Option<SimTime> {
        let lane = &self.tables.lanes[route as usize];
        self.recorder.call_begins(lane.link, t);
        let order = self.next_order(Class::Arrival, self.tables.code[pc as usize].node);
        let journey = &mut self.journeys[slot];
        journey.route = route;
        journey.pc = lane.entry;
        journey.fresh = true;
        let Entering { key, ordinal, .. } = journey.request;
        let at = t + self.time_on(lane, key, lane.hop, purpose::LATENCY, ordinal);
        if self.is_next(at, order, lane.node) {
            return Some(at);
        }
        self.push(at, order, slot, What::Journey, 0);
        None
    }

    /// Lets a journey go on whose event has come, as far as it gets.
    #[inline(never)]
    pub(super) fn go_on(&mut self, slot: u32, mut at: SimTime) {
        let tables = self.tables;
        loop {
            let journey = &mut self.journeys[slot];
            if std::mem::take(&mut journey.fresh) {
                journey.entered = at.0;
                (journey.waited, journey.served) = (0, 0);
                (journey.missed, journey.misses) = (0, false);
            }
            let lane = &tables.lanes[journey.route as usize];
            let mut light = journey.present(lane.hop, at);
            // The order of a call over a link is that of the node which made it.
            self.node = lane.node;
            let stop = self.run_light(&mut light, lane, NONE);
            let site = &tables.code[light.pc as usize];
            match stop {
                Stop::Answered(answers) if self.arrive_back(slot, &light, answers) => return,
                Stop::Here
                    if let Op::Call { route } = site.op
                        && site.completes
                        && self.may_call_on(slot, &light, route) =>
                {
                    self.journeys.wait(slot, &light);
                    match self.call_on(slot, (route, light.pc), light.at) {
                        Some(arrives) => at = arrives,
                        None => return,
                    }
                }
                Stop::Waits(order) => {
                    let journey = &mut self.journeys[slot];
                    journey.pc = light.pc;
                    (journey.waited, journey.served) = (light.waited, light.served);
                    (journey.missed, journey.misses) = (light.missed, light.misses);
                    self.push(light.at, order, slot, What::Journey, 0);
                    return;
                }
                Stop::Here | Stop::Answered(_) | Stop::Full(_) | Stop::TooLate(_) => {
                    return self.go_on_as_visits(slot, &light, stop);
                }
            }
        }
    }

    /// Whether a journey may make a call that only hands its answer on.
    #[inline(always)]
    fn may_call_on(&self, slot: u32, light: &Light, route: u32) -> bool {
        let lane = &self.tables.lanes[route as usize];
        lane.onward
            && (light.at < self.barrier || light.at == self.now)
            && !light.misses
            && usize::from(self.journeys[slot].depth) < MOST
            && !self.is_elsewhere(lane.node)
    }

    /// Ends a journey whose present visit has completed, by recording all of its visits, unless
    /// its client hears of that only after the next check.
    #[inline(always)]
    fn arrive_back(&mut self, slot: u32, light: &Light, answers: SimTime) -> bool {
        let tables = self.tables;
        let journey = &self.journeys[slot];
        let Entering {
            key, ordinal, item, ..
        } = journey.request;
        // When every answer is there, the innermost first.
        let mut heard = [answers; MOST + 1];
        let mut at = answers;
        for (frame, heard) in journey.frames().iter().rev().zip(&mut heard[1..]) {
            let lane = &tables.lanes[frame.route as usize];
            at += self.time_on(lane, key, lane.hop, purpose::REPLY_LATENCY, ordinal);
            *heard = at;
        }
        if at >= self.barrier {
            return false;
        }
        let mut stay = Stay {
            entered: light.entered,
            left: light.at,
            waited: light.waited,
            served: light.served,
            instance: NO_INSTANCE,
            item,
        };
        let mut lane = &tables.lanes[journey.route as usize];
        // One order for all of them: whoever hands an answer on passes its order on.
        self.next_order(Class::Completion, lane.node);
        let depth = self.journeys[slot].frames().len();
        for (back, heard) in (0..depth).rev().zip(heard) {
            self.recorder.leave_completed(lane.account, &stay);
            let Some(frame) = self.journeys[slot].frames.get(back) else {
                break;
            };
            self.recorder
                .call_completes(lane.link, SimTime(frame.began), heard);
            stay.entered = SimTime(frame.entered);
            stay.left = heard;
            stay.waited = frame.waited;
            stay.served = frame.served;
            lane = &tables.lanes[frame.route as usize];
        }
        self.recorder.leave_completed(lane.account, &stay);
        self.end_journey(slot, lane.link, at);
        true
    }

    /// The client has its answer, over its only link.
    #[inline(always)]
    fn end_journey(&mut self, slot: u32, link: u32, left: SimTime) {
        let Journey {
            request:
                Entering {
                    at: arrived,
                    key,
                    ordinal,
                    ..
                },
            source,
            ..
        } = self.journeys[slot];
        self.recorder.call_completes(link, arrived, left);
        let flow = self.model.sources[source as usize].flow();
        let reply = self.model.flows[flow as usize].reply;
        let place = address(0, purpose::BYTES, 1, 0);
        let bytes = self.model.samplers[reply as usize].sample(key, place, ordinal);
        self.recorder
            .request_completes(flow, (arrived, left), Some(left), bytes);
        if self.recorder.counts(arrived) {
            self.counted_inside -= 1;
        }
        self.inside[flow as usize].leave(self.now, left);
        self.journeys.free(slot);
    }

    /// Makes visits of a journey, and goes on with them.
    #[cold]
    #[inline(never)]
    fn go_on_as_visits(&mut self, slot: u32, light: &Light, stop: Stop) {
        let visit = self.unfold(slot, light);
        match stop {
            Stop::Full(outcome) => self.leave_now(visit, light.at, outcome),
            Stop::TooLate(leaves) => self.leave_at(visit, leaves, Outcome::TimedOut),
            Stop::Here | Stop::Answered(_) | Stop::Waits(_) => self.drive(visit, light.at, false),
        }
    }

    /// Makes visits of a journey, as they would have been; returns the present one.
    fn unfold(&mut self, slot: u32, light: &Light) -> u32 {
        let tables = self.tables;
        let journey = self.journeys[slot];
        self.journeys.free(slot);
        if self.recorder.counts(journey.request.at) {
            // It is counted again as it opens.
            self.counted_inside -= 1;
        }
        let mut caller = self.open_root(journey.source as usize, journey.request, NONE);
        let mut began = journey.request.at;
        for frame in journey.frames() {
            let waits = Light {
                pc: frame.pc,
                hop: tables.lanes[frame.route as usize].hop,
                entered: SimTime(frame.entered),
                waited: frame.waited,
                served: frame.served,
                ..*light
            };
            let waits = Light {
                enters: true,
                missed: 0,
                misses: false,
                ..waits
            };
            caller = self.seat(caller, (frame.route, NONE, began), &waits);
            began = SimTime(frame.began);
        }
        self.seat(caller, (journey.route, NONE, began), light)
    }

    /// Makes visits of all journeys, as the run has ended.
    pub(super) fn end_journeys(&mut self) {
        for slot in 0..self.journeys.journeys.len() as u32 {
            let journey = self.journeys[slot];
            if journey.live {
                let lane = &self.tables.lanes[journey.route as usize];
                let light = Light {
                    enters: !journey.fresh,
                    ..journey.present(lane.hop, self.now)
                };
                self.unfold(slot, &light);
            }
        }
    }
}

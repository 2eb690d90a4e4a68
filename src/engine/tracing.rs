//! Tracing: notes the visits of requests, and keeps those of the slowest that were sampled.
//!
//! A request is sampled somewhere on its way, when its visits before that are over; so the
//! visits of all requests of replication 0 are noted while they are under way. It is done only
//! where a model has a node that samples, by those hooks that watch nodes anyway.
//!
//! Not here: who is sampled (a passage of a program, `Admission::traces`).

use super::replication::Replication;
use super::visit::{Visit, flag};
use crate::metrics::trace::{MOST_VISITS, TraceRecord, VisitRecord, keep};
use crate::model::{NONE, Outcome};
use crate::units::SimTime;

/// Visits of requests that are under way.
#[derive(Debug, Default)]
pub(super) struct Tracer {
    /// Whether anything is noted.
    pub(super) on: bool,
    /// Per request of the replication.
    open: Vec<Open>,
    /// Per visit: its request, and which of the visits there it is.
    places: Vec<(u32, u32)>,
}

impl Tracer {
    /// A visit leaves its node.
    pub(super) fn leaves(
        &mut self,
        (slot, visit): (u32, &Visit),
        row: u32,
        at: SimTime,
        outcome: Outcome,
    ) {
        let place = self.places.get(slot as usize).copied();
        let Some((request, place)) = place.filter(|place| place.0 == visit.request) else {
            return;
        };
        let open = self.open.get_mut(request as usize);
        let noted = open.and_then(|open| open.visits.get_mut(place as usize));
        // The visit of a hidden node shares its caller's place.
        if let Some(noted) = noted.filter(|noted| noted.visit.row == row) {
            noted.visit.end = Some(at);
            noted.visit.outcome = Some(outcome);
            noted.visit.waited = visit.waited;
            noted.visit.served = visit.served;
        }
    }
}

/// What is noted of a request.
#[derive(Debug, Default)]
struct Open {
    ordinal: u64,
    flow: u32,
    arrived: SimTime,
    /// When it left, and how.
    left: Option<(SimTime, Outcome)>,
    sampled: bool,
    visits: Vec<Noted>,
    left_out: u32,
}

/// What is noted of a visit.
#[derive(Clone, Copy, Debug)]
struct Noted {
    visit: VisitRecord,
    /// Which call it is an attempt of: where it was made, and over which route.
    call: (u32, u32),
}

/// No place among the visits of a request.
const NOWHERE: (u32, u32) = (NONE, NONE);

impl Replication<'_> {
    /// A request has arrived, and takes the place of one that has settled.
    pub(super) fn trace_begins(&mut self, request: u32, flow: u32, at: SimTime) {
        if !self.globals.tracer.on {
            return;
        }
        self.close_trace(request);
        let tracer = &mut self.globals.tracer;
        if tracer.open.len() <= request as usize {
            tracer.open.resize_with(request as usize + 1, Open::default);
        }
        let open = &mut tracer.open[request as usize];
        let mut visits = std::mem::take(&mut open.visits);
        visits.clear();
        *open = Open {
            ordinal: self.ordinal,
            flow,
            arrived: at,
            visits,
            ..Open::default()
        };
    }

    /// The client has its answer.
    pub(super) fn trace_answered(&mut self, request: u32, at: SimTime, outcome: Outcome) {
        if let Some(open) = self.globals.tracer.open.get_mut(request as usize) {
            open.left = Some((at, outcome));
        }
    }

    /// A request has been sampled.
    pub(super) fn trace_sampled(&mut self, slot: u32) {
        let request = self.visits[slot].request as usize;
        if let Some(open) = self.globals.tracer.open.get_mut(request) {
            open.sampled = true;
        }
    }

    /// A visit has come to its node.
    pub(super) fn trace_enters(&mut self, slot: u32, at: SimTime) {
        let visit = self.visits[slot];
        let caller = self.caller_of(&visit);
        let parent = caller.and_then(|caller| self.place_of(caller, visit.request));
        let row = self.row_of(slot);
        let hidden = self.model.nodes[self.node_of(slot) as usize].hidden;
        let via = visit.via;
        // A strand makes calls of its own.
        let hop = match caller {
            Some(_) => self.visits[visit.caller].hop,
            None => visit.hop,
        };
        let op = self.model.routes.get(via as usize);
        let op = op.map_or(NONE, |route| route.op);
        let tracer = &mut self.globals.tracer;
        if tracer.places.len() <= slot as usize {
            tracer.places.resize(slot as usize + 1, NOWHERE);
        }
        let Some(open) = tracer.open.get_mut(visit.request as usize) else {
            tracer.places[slot as usize] = NOWHERE;
            return;
        };
        if hidden {
            // What it calls is called by its caller.
            tracer.places[slot as usize] = parent.map_or(NOWHERE, |at| (visit.request, at));
            return;
        }
        if open.visits.len() == MOST_VISITS {
            open.left_out += 1;
            tracer.places[slot as usize] = NOWHERE;
            return;
        }
        tracer.places[slot as usize] = (visit.request, open.visits.len() as u32);
        open.visits.push(Noted {
            visit: VisitRecord {
                row,
                op,
                parent,
                attempt: 1,
                start: at,
                end: None,
                outcome: None,
                waited: 0,
                served: 0,
            },
            call: (hop, via),
        });
    }

    /// Keeps what was noted of all requests that are still there at the end.
    pub(super) fn close_traces(&mut self) {
        for request in 0..self.globals.tracer.open.len() as u32 {
            self.close_trace(request);
        }
    }

    /// Keeps what was noted of a request, if it was sampled, and counts.
    fn close_trace(&mut self, request: u32) {
        let Some(open) = self.globals.tracer.open.get_mut(request as usize) else {
            return;
        };
        let sampled = std::mem::take(&mut open.sampled);
        let (Some((left, outcome)), true) = (open.left, sampled) else {
            return;
        };
        if !self.recorder.counts(open.arrived) {
            return;
        }
        let trace = TraceRecord {
            ordinal: open.ordinal,
            flow: open.flow,
            arrived: open.arrived,
            left,
            outcome,
            visits: in_order(&open.visits),
            left_out: open.left_out,
        };
        let recording = self.recorder.recording();
        recording.traced += 1;
        keep(&mut recording.traces, trace);
    }

    /// Returns the visit that called another: no strand, but the visit that it is one of.
    fn caller_of(&self, visit: &Visit) -> Option<u32> {
        let mut of = *visit;
        loop {
            if of.caller == NONE || of.flags & (flag::DELIVERY | flag::ROOT) != 0 {
                return None;
            }
            let caller = self.visits[of.caller];
            if caller.generation != of.caller_generation {
                return None;
            }
            if caller.flags & flag::STRAND == 0 {
                return Some(of.caller);
            }
            of = caller;
        }
    }

    /// Returns which of a request's visits one is.
    fn place_of(&self, slot: u32, request: u32) -> Option<u32> {
        if self.visits[slot].flags & flag::ROOT != 0 {
            return None;
        }
        let place = self.globals.tracer.places.get(slot as usize)?;
        (place.0 == request && request != NONE).then_some(place.1)
    }
}

/// Returns visits in the order of their beginnings, and numbers attempts.
fn in_order(noted: &[Noted]) -> Vec<VisitRecord> {
    let mut order: Vec<usize> = (0..noted.len()).collect();
    order.sort_by_key(|at| (noted[*at].visit.start, *at));
    let mut moved = vec![0; noted.len()];
    for (new, old) in order.iter().enumerate() {
        moved[*old] = new as u32;
    }
    let visits = order.iter().enumerate().map(|(new, old)| {
        let one = &noted[*old];
        let same = |earlier: &&usize| noted[**earlier].call == one.call;
        VisitRecord {
            parent: one.visit.parent.map(|parent| moved[parent as usize]),
            attempt: order[..new].iter().filter(same).count() as u32 + 1,
            ..one.visit
        }
    });
    visits.collect()
}

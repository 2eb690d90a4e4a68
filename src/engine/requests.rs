//! What is kept of requests: from the reply to the end of the last work that they caused.
//!
//! A request leaves when its client has the answer, and settles when nothing works for it
//! any more. In a run of several parts, requests live in the first; the others write to it.
//!
//! Not here: how requests enter (`sources`).

use super::letter::Note;
use super::replication::Replication;
use crate::mechanism::ring::Ring;
use crate::model::{NONE, Outcome};
use crate::units::SimTime;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// What is kept of a request of which work may outlive the reply.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Request {
    pub(super) flow: u32,
    /// Detached work that has not ended; notes from several parts may come out of order.
    pub(super) out: i64,
    pub(super) arrived: SimTime,
    /// When the reply came; `NEVER` until then.
    pub(super) left: SimTime,
    pub(super) last_end: SimTime,
    /// Index among the listed requests, or `NONE`.
    pub(super) listed: u32,
    /// Whether some call was tried again.
    pub(super) retried: bool,
    /// Notes about it may come from other parts: it settles at the limit.
    pub(super) loose: bool,
    /// First of the posts that it fans out, or `NONE`.
    pub(super) posts: u32,
}

/// The most requests of a flow that were inside at once, although departures are known early.
///
/// Departures that have passed are dropped only when there might be more inside than ever.
#[derive(Debug, Default)]
pub(crate) struct Inside {
    /// Those whose departure is not known, and all departures that are kept: some of these have
    /// passed.
    known: u64,
    pub(super) most: u64,
    /// Departures that came to be known in their order.
    line: Ring,
    /// The latest others, in no order: most have passed before anybody asks.
    near: Vec<u64>,
    /// The rest of them.
    ahead: BinaryHeap<Reverse<u64>>,
}

/// Departures that are kept in no order.
///
/// CHOICE: some cache lines.
const NEAR: usize = 64;

impl Inside {
    #[inline(always)]
    pub(super) fn arrive(&mut self, now: SimTime) {
        self.known += 1;
        if self.known > self.most {
            self.count(now);
        }
    }

    /// Counts exactly.
    #[cold]
    #[inline(never)]
    fn count(&mut self, now: SimTime) {
        let before = self.kept();
        self.line.drop_until(now);
        self.near.retain(|&at| at > now.0);
        while self.ahead.peek().is_some_and(|at| at.0 <= now.0) {
            self.ahead.pop();
        }
        self.known -= before - self.kept();
        self.most = self.most.max(self.known);
    }

    /// Returns how many departures are kept.
    fn kept(&self) -> u64 {
        (self.line.len() + self.near.len() + self.ahead.len()) as u64
    }

    /// Makes room among those in no order.
    #[cold]
    fn make_room(&mut self, now: SimTime) {
        let before = self.kept();
        self.near.retain(|&at| at > now.0);
        self.known -= before - self.kept();
        if self.near.len() > NEAR / 2 {
            self.ahead.extend(self.near.drain(..).map(Reverse));
        }
    }

    #[inline]
    pub(super) fn leave(&mut self, now: SimTime, at: SimTime) {
        if at <= now {
            self.known -= 1;
            return;
        }
        // A latest one that is gone already lies before `at` too.
        if self.line.latest() <= at {
            self.line.push_if(at, true);
        } else {
            if self.near.len() == NEAR {
                self.make_room(now);
            }
            self.near.push(at.0);
        }
    }
}

impl Replication<'_> {
    /// The client has its answer.
    pub(crate) fn leave_system(&mut self, slot: u32, t: SimTime, outcome: Outcome) {
        if self.follows(slot) {
            self.follow_home(slot, t, outcome);
        }
        let visit = &self.visits[slot];
        let (key, index, ordinal) = (visit.key, visit.request, visit.ordinal);
        let (client, source) = (visit.caller, visit.caller_generation);
        let arrived = SimTime(visit.entered);
        let settled = self.reply_to_client(index, t);
        let request = self.requests[index as usize];
        if outcome == Outcome::Completed {
            let bytes = self.reply_bytes(&self.tables.gates[source as usize], key, ordinal);
            self.recorder
                .request_completes(request.flow, (arrived, t), settled, bytes);
        } else if let Some(slice) = (self.recorder).request(request.flow, arrived, t, Some(outcome))
            && let Some(last_end) = settled
        {
            slice.settled.record(last_end.since(arrived).0);
        }
        if self.recorder.counts(arrived) && !self.fans_out[request.flow as usize] {
            self.counted_inside -= 1;
        }
        self.inside[request.flow as usize].leave(self.now, t);
        if self.globals.active {
            self.answer_watched((index, request.flow), (arrived, t), outcome);
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
        self.forget_if_settled(index);
        if client != NONE {
            self.think(source as usize, client, t);
        }
    }

    /// Notes that the client of a request has its answer; returns when the request settles, if
    /// that is known.
    pub(super) fn reply_to_client(&mut self, index: u32, t: SimTime) -> Option<SimTime> {
        let request = &mut self.requests[index as usize];
        request.left = t;
        request.last_end = request.last_end.max(t);
        (request.out == 0 && !request.loose).then_some(request.last_end)
    }

    /// Forgets a request whose client has its answer, unless something still works for it.
    pub(super) fn forget_if_settled(&mut self, index: u32) {
        let request = &self.requests[index as usize];
        if request.loose {
            self.unsettled.push(index);
        } else if request.out == 0 {
            self.forget_request(index);
        }
    }

    /// Counts an attempt beyond the first of some call of a request.
    pub(crate) fn count_repeat(&mut self, index: u32) {
        if index == NONE {
            return;
        }
        if !self.is_home() {
            return self.write_home(Note::Again { request: index });
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
        if request == NONE {
            return;
        }
        if !self.is_home() {
            return self.write_home(Note::Detached { request, count });
        }
        let loose = self.letters.len() > 1;
        let record = &mut self.requests[request as usize];
        record.out += i64::from(count);
        record.loose = loose;
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
        if !self.is_home() {
            return self.write_home(Note::Ended { request, at: t });
        }
        let loose = self.letters.len() > 1;
        let record = &mut self.requests[request as usize];
        record.loose = loose;
        debug_assert!(record.out > 0 || loose, "detached work ends once");
        record.out -= 1;
        record.last_end = record.last_end.max(t);
        self.settle(request);
    }

    /// Records a request whose reply and detached work have all ended.
    fn settle(&mut self, index: u32) {
        let request = self.requests[index as usize];
        if request.out != 0 || request.left == SimTime::NEVER {
            return;
        }
        if request.loose {
            self.unsettled.push(index);
            return;
        }
        let settled = request.last_end.since(request.arrived).0;
        if let Some(slice) = self.recorder.flow_slice(request.flow, request.arrived) {
            slice.settled.record(settled);
        }
        self.forget_request(index);
    }

    /// Settles what could not be settled while notes might be on the way; now none is.
    pub(crate) fn settle_the_rest(&mut self) {
        for index in std::mem::take(&mut self.unsettled) {
            let request = &mut self.requests[index as usize];
            if request.loose && request.out == 0 {
                request.loose = false;
                self.settle(index);
            }
        }
    }

    /// Forgets a request that has settled.
    #[inline(always)]
    fn forget_request(&mut self, index: u32) {
        // A late look at the record must find no posts.
        let record = &mut self.requests[index as usize];
        let request = *record;
        record.posts = NONE;
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

    /// Returns the flow and the arrival of a visit's request.
    pub(crate) fn request_of(&self, slot: u32) -> Option<(u32, SimTime)> {
        let request = self.visits[slot].request;
        (request != NONE).then(|| {
            let request = &self.requests[request as usize];
            (request.flow, request.arrived)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Requests that leave in any order, of which it is known early when; `crowd`: more and more
    /// of them are inside.
    fn agrees_with_all_departures(crowd: u64) {
        let mut inside = Inside::default();
        let mut departures: Vec<u64> = Vec::new();
        let mut most = 0;
        let mut word = 1u64;
        for step in 1..=3_000u64 {
            word = word
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let now = SimTime(step * 10 - step * 10 % 30);
            departures.retain(|&at| at > now.0);

            inside.arrive(now);
            departures.push(u64::MAX);
            most = most.max(departures.len() as u64);
            assert_eq!(inside.most, most, "at the arrival {step}");

            let at = SimTime(now.0 + (word >> 40) % (400 + crowd * step));
            inside.leave(now, at);
            departures.pop();
            departures.push(at.0);
        }
    }

    #[test]
    fn the_most_inside_at_once_is_exact_although_departures_are_known_early() {
        agrees_with_all_departures(0);
        agrees_with_all_departures(8);
    }
}

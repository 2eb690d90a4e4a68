//! What the parts of a run write to one another: calls, answers, and notes on requests.
//!
//! A call over a link to another part leaves the attempt's visit, or its journey (`abroad`),
//! behind as a *proxy*: it has the time-out and hears the answer, but never enters a node.
//! The visit at the callee has no caller to look at; where the answer goes stands in its
//! `caller_generation`. Requests live in the first part, with the clients; others
//! write what they count of them. Those notes commute, so they are not ordered; a request of
//! which work was ever detached settles only at the limit, when no note is on the way.

use super::event::What;
use super::office::Bag;
use super::replication::Replication;
use super::sources::Entering;
use super::visit::flag;
use super::way::Past;
use crate::model::Outcome;
use crate::units::SimTime;

/// The part in which requests enter and leave.
pub(crate) const HOME: usize = 0;

/// Letters from one part to another. In which order they are taken shows nowhere.
#[derive(Clone, Debug, Default)]
pub(crate) struct Letters {
    calls: Vec<Call>,
    pub(super) passages: Vec<Passage>,
    pub(super) answers: Vec<Answer>,
    pasts: Vec<(u32, Past)>,
    notes: Vec<Note>,
}

impl Bag for Letters {
    fn is_empty(&self) -> bool {
        self.calls.is_empty()
            && self.passages.is_empty()
            && self.answers.is_empty()
            && self.notes.is_empty()
    }

    fn take_from(&mut self, other: &mut Letters) {
        self.calls.append(&mut other.calls);
        self.passages.append(&mut other.passages);
        self.answers.append(&mut other.answers);
        self.pasts.append(&mut other.pasts);
        self.notes.append(&mut other.notes);
    }
}

/// What a part counts of a request, written to the part in which requests live.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Note {
    /// Work of a request goes on although nobody waits for it.
    Detached {
        /// Index among the requests.
        request: u32,
        /// Pieces of work.
        count: u32,
    },
    /// A piece of detached work has ended.
    Ended {
        /// Index among the requests.
        request: u32,
        /// When.
        at: SimTime,
    },
    /// Some call of a request was tried again.
    Again {
        /// Index among the requests.
        request: u32,
    },
}

/// An attempt on its way, of which the receiver makes a visit.
#[derive(Clone, Debug)]
struct Call {
    at: SimTime,
    order: u64,
    key: u64,
    reply_by: u64,
    ordinal: u64,
    bytes: u64,
    observed: u64,
    item: u32,
    request: u32,
    proxy: u32,
    hop: u32,
    salt: u32,
    pc: u32,
    via: u32,
    items: u32,
    count: u32,
    instance: u16,
    flags: u16,
    priority: u8,
    followed: bool,
}

/// A call on its way of which the receiver makes a journey.
#[derive(Clone, Debug)]
pub(crate) struct Passage {
    pub(super) order: u64,
    pub(super) request: Entering,
    /// Of what the other parts count of the request.
    pub(super) record: u32,
    pub(super) proxy: u32,
    pub(super) via: u32,
    /// Deadline of the call [ns].
    pub(super) reply_by: u64,
    pub(super) priority: u8,
}

/// An answer on its way.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(super) proxy: u32,
    /// When it arrives.
    pub(super) at: SimTime,
    /// Its order; without meaning if it comes too late.
    pub(super) order: u64,
    /// When the visit at the callee ended.
    pub(super) ended: SimTime,
    pub(super) observed: u64,
    pub(super) missed: u32,
    pub(super) miss: bool,
    pub(super) outcome: Outcome,
}

// Letters are copied twice, and go from core to core.
const _: () = assert!(size_of::<Call>() <= 104);
const _: () = assert!(size_of::<Passage>() <= 72 && size_of::<Answer>() <= 48);

impl Replication<'_> {
    /// Whether a node lies in another part.
    #[inline]
    pub(crate) fn is_elsewhere(&self, node: u32) -> bool {
        self.part_of[node as usize] != self.me
    }

    /// Whether requests live in this part.
    #[inline]
    pub(crate) fn is_home(&self) -> bool {
        self.me as usize == HOME
    }

    /// Writes to the part in which requests live.
    #[cold]
    pub(crate) fn write_home(&mut self, note: Note) {
        self.letters[HOME].notes.push(note);
    }

    /// Sends an attempt to the part of its node; the visit here becomes its proxy.
    pub(crate) fn send_call(&mut self, child: u32, at: SimTime, order: u64) {
        self.arm(child);
        let followed = self.follows(child);
        if followed {
            self.follow_arrival(child, at);
        }
        let visit = &self.visits[child];
        let call = Call {
            at,
            order,
            key: visit.key,
            reply_by: visit.reply_by,
            ordinal: visit.ordinal,
            bytes: visit.bytes,
            observed: self.visits.rare(child).observed,
            item: visit.item,
            request: visit.request,
            proxy: child,
            hop: visit.hop,
            salt: visit.salt,
            pc: visit.pc,
            via: visit.via,
            items: visit.items,
            count: visit.count,
            instance: visit.instance,
            // The proxy has the time-out.
            flags: visit.flags | flag::ARMED,
            priority: visit.priority,
            followed,
        };
        let part = self.part_of[self.node_of(child) as usize];
        self.letters[part as usize].calls.push(call);
    }

    /// Sends the answer of a visit whose caller lies in another part, and frees it.
    ///
    /// `order`: that of the answer, if it comes in time.
    pub(crate) fn send_answer(
        &mut self,
        child: u32,
        (ended, at): (SimTime, SimTime),
        order: u64,
        outcome: Outcome,
    ) {
        let visit = &self.visits[child];
        let answer = Answer {
            proxy: visit.caller_generation,
            at,
            order,
            ended,
            observed: self.visits.rare(child).observed,
            missed: visit.missed,
            miss: visit.flags & flag::MISS != 0,
            outcome,
        };
        let part = self.part_of[self.route_from[visit.via as usize] as usize];
        let letters = &mut self.letters[part as usize];
        // What it did is there before its answer.
        if let Some(past) = self.visits.take_past(child) {
            letters.pasts.push((answer.proxy, past));
        }
        letters.answers.push(answer);
        self.visits.free(child);
    }

    /// Takes letters in.
    pub(crate) fn receive(&mut self, letters: &mut Letters) {
        for call in letters.calls.drain(..) {
            self.receive_call(&call);
        }
        for passage in letters.passages.drain(..) {
            self.check_time(passage.request.at);
            self.receive_journey(&passage);
        }
        for (proxy, past) in letters.pasts.drain(..) {
            self.follow_proxy(proxy, &past);
        }
        for answer in letters.answers.drain(..) {
            self.receive_answer(&answer);
        }
        for note in letters.notes.drain(..) {
            match note {
                Note::Detached { request, count } => self.detach(request, count),
                Note::Ended { request, at } => self.note_request(request, at),
                Note::Again { request } => self.count_repeat(request),
            }
        }
    }

    fn receive_call(&mut self, call: &Call) {
        self.check_time(call.at);
        let (slot, visit) = self.visits.start();
        visit.key = call.key;
        visit.entered = call.at.0;
        visit.reply_by = call.reply_by;
        visit.item = call.item;
        visit.request = call.request;
        visit.caller_generation = call.proxy;
        visit.hop = call.hop;
        visit.salt = call.salt;
        visit.pc = call.pc;
        visit.instance = call.instance;
        visit.flags = call.flags;
        visit.ordinal = call.ordinal;
        visit.items = call.items;
        visit.count = call.count;
        visit.bytes = call.bytes;
        visit.via = call.via;
        visit.priority = call.priority;
        let generation = visit.generation;
        self.visits.set_observed(slot, call.observed);
        if call.followed {
            self.visits.follow(slot, call.at);
        }
        self.push(call.at, call.order, slot, What::Resume, generation);
    }

    fn receive_answer(&mut self, answer: &Answer) {
        let mut proxy = answer.proxy;
        if self.is_late(answer) {
            self.learn_of_end(proxy, answer.ended);
            return;
        }
        self.check_time(answer.at);
        if let Some(slot) = self.journey_behind(proxy) {
            match self.hear_from_abroad(slot, answer) {
                Some(visit) => proxy = visit,
                None => return,
            }
        }
        let visit = &mut self.visits[proxy];
        visit.flags |= flag::ENDED;
        if answer.miss {
            visit.flags |= flag::MISS;
        }
        visit.missed = answer.missed;
        visit.aside = answer.outcome;
        let generation = visit.generation;
        self.visits.set_observed(proxy, answer.observed);
        self.push(answer.at, answer.order, proxy, What::Reply, generation);
    }

    /// An attempt in another part has ended too late to be answered.
    fn learn_of_end(&mut self, proxy: u32, ended: SimTime) {
        if self.visits[proxy].flags & flag::ABANDONED != 0 {
            self.note_end(proxy, ended);
            self.visits.free(proxy);
        } else {
            // Its time-out, yet to come here, speaks for it.
            self.visits[proxy].flags |= flag::ENDED;
            self.visits[proxy].since = ended.0;
        }
    }

    /// What arrives lies ahead, or the distances between parts are wrong.
    fn check_time(&self, at: SimTime) {
        assert!(
            at >= self.handled,
            "a letter for {} s comes to a part that has come to {} s",
            at.as_seconds(),
            self.handled.as_seconds()
        );
    }
}

//! What calls leave behind at links and flows, and how a callee is told to stop.

use super::event::{Class, What};
use super::replication::Replication;
use super::visit::flag;
use crate::model::{NONE, Outcome, Route};
use crate::random::{address, purpose};
use crate::units::{SimTime, Span};

impl Replication<'_> {
    /// Counts an attempt that is not the first of its call, at its link and at the request.
    pub(crate) fn count_again(&mut self, slot: u32, route: &Route, began: SimTime, hedge: bool) {
        if !route.strand
            && let Some(link) = self.recorder.link_slice(route.link, began)
        {
            link.attempts += 1;
            link.hedged += u64::from(hedge);
        }
        self.count_repeat(self.visits[slot].request);
    }

    /// Counts the opening of a breaker.
    pub(crate) fn count_breaker(&mut self, link: u32, opened: bool) {
        if opened && link != NONE {
            self.recorder.recording().links[link as usize].breaker_opened += 1;
        }
    }

    /// Remembers an attempt over a link whose callee is told when to stop.
    pub(crate) fn remember_attempt(&mut self, caller: u32, child: u32) {
        let life = self.visits[child].life;
        self.cancellable
            .entry(caller)
            .or_default()
            .push((child, life));
    }

    /// Tells the attempts of a call that are still out that they are not needed.
    pub(crate) fn cancel_others(&mut self, caller: u32, t: SimTime) {
        for (child, life) in self.cancellable.remove(&caller).unwrap_or_default() {
            if self.visits.is_alive(child, life) && self.visits[child].flags & flag::ABANDONED == 0
            {
                let via = self.visits[child].via;
                self.send_cancel(child, t, via);
            }
        }
    }

    /// Sends the message that an answer is not needed any more.
    pub(crate) fn send_cancel(&mut self, child: u32, t: SimTime, via: u32) {
        let route = &self.model.routes[via as usize];
        let visit = self.visits[child];
        let latency = if route.latency == NONE {
            0
        } else {
            self.model.samplers[route.latency as usize].sample(
                visit.key,
                address(visit.hop, purpose::LATENCY, 1, 0),
                self.visits[child].ordinal,
            )
        };
        let mut arrives = t + Span(latency);
        if route.way != NONE {
            arrives = self.cross_way(route.way, (t, arrives), 0).0;
            if arrives == SimTime::NEVER {
                return;
            }
        }
        let node = self.node_of(visit.caller);
        let order = self.next_order(Class::Timer, node);
        let life = self.visits[child].life;
        self.push(arrives, order, child, What::Cancel, life);
    }

    /// A callee learns that its answer is not needed: it leaves the waiting line.
    pub(crate) fn cancelled(&mut self, slot: u32, t: SimTime) {
        if self.visits[slot].flags & flag::WAITING != 0 {
            self.leave_line(slot, t, Outcome::TimedOut);
        }
    }

    /// Closes the books of an open call whose caller's own time is over.
    pub(crate) fn drop_call(&mut self, strand: u32) {
        let visit = self.visits[strand];
        let route = &self.model.routes[visit.route as usize];
        self.forget_probe(strand, route);
        if let Some(link) = self.recorder.link_slice(route.link, SimTime(visit.began)) {
            link.tally.left[Outcome::TimedOut as usize] += 1;
        }
    }

    /// The time of a `try` strand is over: if it waits for others, it ends now.
    ///
    /// Returns whether it has ended; else it ends at its next operation.
    pub(crate) fn abandon_open_call(&mut self, strand: u32, t: SimTime) -> bool {
        let running = self.visits.rare(strand).running;
        let visit = &mut self.visits[strand];
        let out = visit.live + running;
        if out == 0 {
            return false;
        }
        let calls = visit.live > 0;
        visit.live = 0;
        if running > 0 {
            self.visits.rare_mut(strand).running = 0;
        }
        if calls {
            self.drop_call(strand);
        }
        let request = self.visits[strand].request;
        self.detach(request, out);
        self.let_go(strand, t, Outcome::TimedOut);
        self.note_end(strand, t);
        self.visits.free(strand);
        true
    }
}

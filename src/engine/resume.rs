//! Resuming: a visit goes on at its event, by the shortest way.
//!
//! Most events bring a visit to a station that tells at once when it will be done, and then
//! the visit completes, or makes a plain call. That takes two steps without the interpreter,
//! which does the same for whatever else there is: the same draws, orders and counts.
//!
//! Not here: visits without a slot (`light`); other operations (`step`).

use super::call::Next;
use super::replication::Replication;
use super::tables::Instruction;
use super::visit::{NO_INSTANCE, flag};
use crate::mechanism::planned::Arrival;
use crate::model::{NONE, Op, Outcome};
use crate::units::SimTime;

impl Replication<'_> {
    /// Lets a visit go on for which an event was posted.
    #[inline(always)]
    pub(super) fn resume(&mut self, slot: u32, at: SimTime) {
        let visit = &self.visits[slot];
        let pc = visit.pc as usize;
        let site = &self.tables.code[pc];
        // A call over a link takes its order from the node that made it.
        self.node = site.node;
        if !site.is_simple()
            || visit.flags & flag::TRY != 0
            || self.globals.active
            || self.follows(slot)
        {
            self.drive(slot, at, true);
            return;
        }
        let mut next = self.serve_simply(slot, at, site);
        if let Some((slot, t)) = next
            && t < self.barrier
        {
            if site.completes() {
                next = self.complete(slot, t).unwrap_or(next);
            } else if site.calls()
                && let Op::Call { route } = self.tables.code[pc + 1].op
            {
                next = self.call_plain(slot, t, route, NONE);
            }
        }
        match next {
            Some((slot, t)) => self.drive(slot, t, false),
            None => self.drain(),
        }
    }

    /// Serves a visit at a simple station, where its event has come.
    #[inline(always)]
    fn serve_simply(&mut self, slot: u32, t: SimTime, site: &Instruction) -> Next {
        let tables = self.tables;
        let Op::Serve { group, work } = site.op else {
            unreachable!("simple operations serve");
        };
        let simple = &tables.simple_stations[group as usize];
        let sampler = tables.plain_works[work as usize];
        self.events += 1;
        let visit = &mut self.visits[slot];
        if visit.flags & flag::FRESH != 0 {
            visit.flags &= !flag::FRESH;
            visit.entered = t.0;
        }
        let at = (visit.key, visit.hop, visit.ordinal);
        let latest = self.deadline(slot);
        let service = self.service_of(at, sampler, site.operation);
        match self.plan_simply(simple, (site.row, NO_INSTANCE), (t, latest), service) {
            Arrival::Served { start, done } => {
                let visit = &mut self.visits[slot];
                visit.waited += start.since(t).0;
                visit.served += service;
                visit.pc += 1;
                Some((slot, done))
            }
            Arrival::Full => {
                let outcome = self.refusal_at(self.visits[slot].pc);
                self.leave_now(slot, t, outcome);
                None
            }
            Arrival::TooLate => {
                let leaves = latest.max(t);
                self.visits[slot].waited += leaves.since(t).0;
                self.leave_at(slot, leaves, Outcome::TimedOut);
                None
            }
        }
    }
}

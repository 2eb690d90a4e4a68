//! Unfolding: visits are made of a journey, as they would have been.
//!
//! Each has what its frame tells, and what it holds; the present one goes on.
//!
//! Not here: when that is needed (`travel`, `row`, `abroad`).

use super::event::What;
use super::journey::{Client, Journey, Stage, errand_of};
use super::light::{Due, Light, Stop};
use super::replication::Replication;
use super::sources::Entering;
use super::visit::flag;
use super::visiting::Sent;
use crate::model::{NONE, Outcome};
use crate::units::SimTime;

impl Replication<'_> {
    /// Makes visits of a journey, and goes on with them.
    #[cold]
    #[inline(never)]
    pub(super) fn go_on_as_visits(&mut self, slot: u32, journey: Box<Journey>, stop: Stop) {
        let at = journey.present().at;
        let visit = self.unfold(slot, journey);
        match stop {
            Stop::Full => self.leave_now(visit, at, self.refusal_at(self.visits[visit].pc)),
            Stop::TooLate(leaves) => self.leave_at(visit, leaves, Outcome::TimedOut),
            Stop::Here | Stop::Answered(_) => self.drive(visit, at, false),
            Stop::Waits(order) if self.is_elsewhere(self.node_of(visit)) => {
                self.send_call(visit, at, order);
            }
            Stop::Waits(order) => self.resume_at(visit, at, order),
        }
    }

    /// Makes visits of a journey, as they would have been; returns the present one.
    pub(super) fn unfold(&mut self, slot: u32, journey: Box<Journey>) -> u32 {
        let mut visits = journey.frames();
        let (mut visit, mut began) = match journey.client {
            Client::Home { source } => {
                if self.recorder.counts(journey.request.at) {
                    // It is counted again as it opens.
                    self.counted_inside -= 1;
                }
                let root = self.open_root(source as usize, journey.request, NONE, journey.record);
                (root, journey.request.at)
            }
            Client::Abroad { .. } | Client::Nobody { .. } => match visits.next() {
                Some((light, _)) if light.route == NONE => {
                    (self.seat_strand(&journey, light), light.at)
                }
                Some((light, due)) => (self.seat_abroad(&journey, light, due), light.at),
                None => unreachable!("a journey has a present visit"),
            },
        };
        for (light, due) in visits {
            // Whoever calls waits, until the attempt's deadline.
            self.arm(visit);
            visit = self.seat_of(visit, (&journey.request, began), (light, due));
            began = light.at;
        }
        if journey.stand_in != NONE {
            self.relieve(journey.stand_in, visit);
            visit = journey.stand_in;
        }
        self.journeys.free(slot, journey);
        visit
    }

    /// Gives the outermost visit of a journey a slot whose client is no visit of this part.
    pub(super) fn seat_outermost(
        &mut self,
        journey: &Journey,
        light: &Light,
        (hop, priority): (u32, u8),
    ) -> u32 {
        let &Entering {
            key,
            ordinal,
            item,
            bytes,
            ..
        } = &journey.request;
        let (slot, visit) = self.visits.start();
        visit.key = key;
        visit.entered = light.entered.0;
        visit.item = item;
        visit.request = journey.record;
        visit.hop = hop;
        visit.pc = light.pc;
        visit.instance = light.instance;
        visit.waited = light.waited;
        visit.served = light.served;
        visit.missed = u32::from(light.missed);
        visit.ordinal = ordinal;
        visit.bytes = bytes;
        visit.priority = priority;
        if light.pushed != 0 {
            self.visits.rare_mut(slot).depth = light.pushed;
        }
        self.give_what_it_holds(slot, light);
        slot
    }

    /// Gives a visit of a journey a slot, and what it holds.
    fn seat_of(
        &mut self,
        caller: u32,
        (request, began): (&Entering, SimTime),
        (light, due): (&Light, Due),
    ) -> u32 {
        let hop = self.tables.lanes[light.route as usize].hop;
        let sent = Sent {
            errand: errand_of(request, hop),
            light: *light,
            due,
        };
        let visit = self.seat(caller, (light.route, NONE, began), &sent);
        self.give_what_it_holds(visit, light);
        visit
    }

    /// Gives a visit of a journey that has a slot what it holds.
    pub(super) fn give_what_it_holds(&mut self, visit: u32, light: &Light) {
        self.visits[visit].holds = light.keeps;
        if light.holds != NONE {
            self.visits[visit].since = light.since.0;
            self.hold_station(visit, light.since, light.holds, false);
        }
    }

    /// Makes visits of all journeys, as the run has ended.
    pub(super) fn end_journeys(&mut self) {
        for slot in 0..self.journeys.slots() {
            if self.journeys.is_over(slot) {
                continue;
            }
            let mut journey = self.journeys.take(slot);
            let (now, stage) = (self.now, journey.stage);
            self.write_down(&mut journey, now);
            let light = journey.present_mut();
            light.at = now;
            if matches!(stage, Stage::Arriving | Stage::Abroad) {
                light.enters = false;
                light.entered = now;
            }
            let since = self.leave_line_at_end(&mut journey);
            let visit = self.unfold(slot, journey);
            if let Some(since) = since {
                self.visits[visit].flags |= flag::WAITING;
                self.visits[visit].since = since;
            }
            if stage == Stage::Back {
                self.visits[visit].flags |= flag::ENDED;
            }
        }
    }

    /// Lets a visit go on by an event that has its order already.
    fn resume_at(&mut self, slot: u32, at: SimTime, order: u64) {
        let generation = self.visits[slot].generation;
        let reply_by = self.visits[slot].reply_by;
        if reply_by != u64::MAX {
            self.arm_by(slot, at, reply_by);
        }
        self.push(at, order, slot, What::Resume, generation);
    }
}

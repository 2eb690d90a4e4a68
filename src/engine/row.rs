//! Rows: journeys whose visits do nothing with an answer but to hand it on.
//!
//! Where all calls go over long links, without time-outs, what waits for the answer is a few
//! numbers each, and when it comes, the frames are gone through once. This is what `travel`
//! does for them, by a shorter way; at anything else the journey goes on there.
//!
//! Not here: the record (`journey`).

use super::event::{Class, What};
use super::journey::{Client, Journey, MOST, Stage, errand_of, fresh};
use super::lane::stay_of;
use super::light::{Light, Stop};
use super::replication::Replication;
use super::sources::Entering;
use crate::metrics::day_book::Stay;
use crate::model::{NONE, Op};
use crate::random::purpose;
use crate::units::SimTime;

impl Replication<'_> {
    /// Lets a journey go on whose event has come.
    #[inline(always)]
    pub(super) fn go_on(&mut self, slot: u32, at: SimTime, order: u64) {
        let journey = self.journeys.take(slot);
        if journey.row {
            self.go_on_in_row(slot, journey);
        } else {
            self.arrive_on_journey(slot, journey, at, order);
        }
    }

    /// Makes the call of a journey in a row at `pc`; tells whether what is called is there
    /// before anything else happens.
    #[inline(always)]
    pub(super) fn call_in_row(
        &mut self,
        slot: u32,
        journey: &mut Journey,
        (route, pc): (u32, u32),
        t: SimTime,
    ) -> bool {
        let lane = &self.tables.lanes[route as usize];
        self.recorder.call_begins(lane.link, t);
        let order = self.next_order(Class::Arrival, self.tables.code[pc as usize].node);
        let Entering { key, ordinal, .. } = journey.request;
        let at = t + self.time_on(lane, key, lane.hop, purpose::LATENCY, ordinal);
        let never = (u64::MAX, u64::MAX);
        journey.call(&fresh((route, lane), never, at));
        if self.is_elsewhere(lane.node) {
            self.cross_on_journey(slot, journey, at, order);
            return false;
        }
        if self.is_next(at, order, lane.node) {
            return true;
        }
        journey.stage = Stage::Arriving;
        self.push_here(at, order, slot, What::Journey, 0);
        false
    }

    /// Lets a journey in a row go on, as far as it gets.
    #[inline(never)]
    pub(super) fn go_on_in_row(&mut self, slot: u32, mut journey: Box<Journey>) {
        let tables = self.tables;
        let before = journey.visits();
        loop {
            let lane = &tables.lanes[journey.present().route as usize];
            let errand = errand_of(&journey.request, lane.hop);
            // The order of a call over a link is that of the node which made it.
            self.node = lane.node;
            let light = journey.present_mut();
            let stop = self.run_light(&errand, light, Some(lane), NONE);
            let Light { pc, at, .. } = *light;
            match stop {
                Stop::Answered(answers) if self.come_home_by_row(&journey, answers) => {
                    self.journeys.count(before, journey.visits());
                    return self.journeys.free(slot, journey);
                }
                Stop::Here
                    if let Op::Call { route } = tables.code[pc as usize].op
                        && self.may_call_in_row(&journey, route) =>
                {
                    if !self.call_in_row(slot, &mut journey, (route, pc), at) {
                        self.journeys.count(before, journey.visits());
                        return self.journeys.put(slot, journey);
                    }
                }
                Stop::Answered(_)
                | Stop::Here
                | Stop::Waits(_)
                | Stop::Full(_)
                | Stop::TooLate(_) => {
                    self.journeys.count(before, journey.visits());
                    return self.leave_row(slot, journey, stop);
                }
            }
        }
    }

    /// Lets a journey in a row go on that does what is not done there.
    fn leave_row(&mut self, slot: u32, mut journey: Box<Journey>, stop: Stop) {
        match stop {
            Stop::Waits(order) => {
                self.wait_for(slot, &mut journey, order);
                self.journeys.put(slot, journey);
            }
            Stop::Here => {
                journey.row = false;
                self.travel(slot, journey);
            }
            Stop::Answered(_) | Stop::Full(_) | Stop::TooLate(_) => {
                self.go_on_as_visits(slot, journey, stop);
            }
        }
    }

    /// Whether a journey in a row may make a call that only hands its answer on.
    #[inline(always)]
    fn may_call_in_row(&self, journey: &Journey, route: u32) -> bool {
        let lane = &self.tables.lanes[route as usize];
        let light = journey.present();
        lane.onward
            && self.tables.code[light.pc as usize].completes
            && (light.at < self.barrier || light.at == self.now)
            && !light.misses
            && journey.has_room()
    }

    /// Ends a journey in a row whose present visit has completed, by recording all of its
    /// visits, unless its client hears of that only after the next check.
    #[inline(always)]
    fn come_home_by_row(&mut self, journey: &Journey, answers: SimTime) -> bool {
        let tables = self.tables;
        let Entering {
            key, ordinal, item, ..
        } = journey.request;
        // When every answer is there, the innermost first.
        let mut heard = [answers; MOST + 1];
        let mut at = answers;
        for (light, heard) in journey.waiting().iter().rev().zip(&mut heard[1..]) {
            let lane = &tables.lanes[light.route as usize];
            at += self.time_on(lane, key, lane.hop, purpose::REPLY_LATENCY, ordinal);
            *heard = at;
        }
        if at >= self.barrier {
            return false;
        }
        let present = journey.present();
        let mut stay = stay_of(present, item);
        let mut lane = &tables.lanes[present.route as usize];
        // One order for all of them: whoever hands an answer on passes its order on.
        self.passing = self.next_order(Class::Completion, lane.node);
        for (light, heard) in journey.waiting().iter().rev().zip(heard) {
            self.recorder.leave_completed(lane.account, &stay);
            self.recorder.call_completes(lane.link, light.at, heard);
            stay = Stay {
                left: heard,
                ..stay_of(light, item)
            };
            lane = &tables.lanes[light.route as usize];
        }
        let Client::Home { source } = journey.client else {
            unreachable!("rows come home in the part that they set out from");
        };
        self.come_home((journey, source), &stay, lane, at);
        true
    }
}

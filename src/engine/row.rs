//! Rows: journeys whose visits do nothing with an answer but to hand it on.
//!
//! Where all calls go over long links, without time-outs, what waits for the answer is a few
//! numbers each, and when it comes, the frames are gone through once. This is what `travel`
//! does for them, by a shorter way; at anything else the journey goes on there.
//!
//! Not here: the record (`journey`).

use super::event::{Class, What};
use super::journey::{MOST, Stage, fresh};
use super::lane::stay_of;
use super::light::{Light, Stop};
use super::replication::Replication;
use super::sources::Entering;
use super::visit::NO_INSTANCE;
use crate::model::{NONE, Op};
use crate::random::purpose;
use crate::units::SimTime;

impl Replication<'_> {
    /// Lets a journey go on whose event has come.
    #[inline(always)]
    pub(super) fn go_on(&mut self, slot: u32, at: SimTime) {
        if self.journeys[slot].row {
            self.go_on_in_row(slot, at);
        } else {
            self.travel(slot, at, true);
        }
    }

    /// Makes the call of a journey in a row at `pc`, whose visit is the present one already;
    /// tells when it arrives if nothing comes before.
    #[inline(always)]
    pub(super) fn call_in_row(
        &mut self,
        slot: u32,
        (route, pc): (u32, u32),
        t: SimTime,
    ) -> Option<SimTime> {
        let lane = &self.tables.lanes[route as usize];
        self.recorder.call_begins(lane.link, t);
        let order = self.next_order(Class::Arrival, self.tables.code[pc as usize].node);
        let journey = &mut self.journeys[slot];
        journey.stage = Stage::Arriving;
        let Entering { key, ordinal, .. } = journey.request;
        let at = t + self.time_on(lane, key, lane.hop, purpose::LATENCY, ordinal);
        if self.is_next(at, order, lane.node) {
            return Some(at);
        }
        self.push(at, order, slot, What::Journey, 0);
        None
    }

    /// Lets a journey in a row go on, as far as it gets.
    #[inline(never)]
    pub(super) fn go_on_in_row(&mut self, slot: u32, mut at: SimTime) {
        let tables = self.tables;
        loop {
            let journey = &self.journeys[slot];
            let frame = journey.present();
            let lane = &tables.lanes[frame.route as usize];
            let (key, ordinal, item) = (
                journey.request.key,
                journey.request.ordinal,
                journey.request.item,
            );
            let mut light = Light {
                key,
                ordinal,
                item,
                ..fresh(lane, u64::MAX, at)
            };
            if journey.stage != Stage::Arriving {
                light.pc = frame.pc;
                light.entered = SimTime(frame.entered);
                (light.waited, light.served) = (frame.waited, frame.served);
                (light.missed, light.misses) = (frame.missed, frame.misses);
            }
            // The order of a call over a link is that of the node which made it.
            self.node = lane.node;
            let stop = self.run_light(&mut light, lane, NONE);
            let in_row = light.instance == NO_INSTANCE && light.pushed == 0;
            match stop {
                Stop::Answered(answers) if self.come_home_by_row(slot, &light, answers) => return,
                Stop::Here
                    if let Op::Call { route } = tables.code[light.pc as usize].op
                        && in_row
                        && self.may_call_in_row(slot, &light, route) =>
                {
                    self.journeys.call_in_row(slot, &light, route);
                    match self.call_in_row(slot, (route, light.pc), light.at) {
                        Some(arrives) => at = arrives,
                        None => return,
                    }
                }
                Stop::Waits(order) => {
                    let journey = &mut self.journeys[slot];
                    journey.wait(&light, Stage::Within);
                    if !in_row {
                        journey.leave_row();
                    }
                    self.push(light.at, order, slot, What::Journey, 0);
                    return;
                }
                Stop::Here => {
                    let journey = &mut self.journeys[slot];
                    journey.leave_row();
                    journey.wait(&light, Stage::Within);
                    return self.travel(slot, light.at, false);
                }
                Stop::Answered(_) | Stop::Full(_) | Stop::TooLate(_) => {
                    return self.go_on_as_visits(slot, &light, stop);
                }
            }
        }
    }

    /// Whether a journey in a row may make a call that only hands its answer on.
    #[inline(always)]
    fn may_call_in_row(&self, slot: u32, light: &Light, route: u32) -> bool {
        let lane = &self.tables.lanes[route as usize];
        lane.onward
            && self.tables.code[light.pc as usize].completes
            && (light.at < self.barrier || light.at == self.now)
            && !light.misses
            && self.journeys[slot].depth() < MOST
            && !self.is_elsewhere(lane.node)
    }

    /// Ends a journey in a row whose present visit has completed, by recording all of its
    /// visits, unless its client hears of that only after the next check.
    #[inline(always)]
    fn come_home_by_row(&mut self, slot: u32, light: &Light, answers: SimTime) -> bool {
        let tables = self.tables;
        let journey = &self.journeys[slot];
        let mut stay = stay_of(light);
        // When every answer is there, the innermost first.
        let mut heard = [answers; MOST + 1];
        let mut at = answers;
        for (frame, heard) in journey.waiting().iter().rev().zip(&mut heard[1..]) {
            let lane = &tables.lanes[frame.route as usize];
            let (key, ordinal) = (light.key, light.ordinal);
            at += self.time_on(lane, key, lane.hop, purpose::REPLY_LATENCY, ordinal);
            *heard = at;
        }
        if at >= self.barrier {
            return false;
        }
        let mut lane = &tables.lanes[journey.present().route as usize];
        // One order for all of them: whoever hands an answer on passes its order on.
        self.passing = self.next_order(Class::Completion, lane.node);
        let depth = self.journeys[slot].depth();
        for (back, heard) in (0..depth).rev().zip(heard) {
            self.recorder.leave_completed(lane.account, &stay);
            let Some(frame) = self.journeys[slot].waiting().get(back) else {
                break;
            };
            let began = SimTime(frame.began);
            self.recorder.call_completes(lane.link, began, heard);
            stay.entered = SimTime(frame.entered);
            stay.left = heard;
            stay.waited = frame.waited;
            stay.served = frame.served;
            lane = &tables.lanes[frame.route as usize];
        }
        let journey = &self.journeys[slot];
        let came = (journey.request, self.flow_of(journey));
        self.come_home(came, &stay, lane, at);
        self.journeys.free(slot);
        true
    }
}

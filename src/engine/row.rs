//! Rows: journeys whose visits do nothing with an answer but to hand it on.
//!
//! Where all calls go over long links, without time-outs, what waits for the answer is a few
//! numbers each, and when it comes, the frames are gone through once. This is what `travel`
//! does for them, by a shorter way; at anything else the journey goes on there.
//!
//! Not here: the record (`journey`).

use super::event::{Class, What};
use super::journey::{Client, Journey, MOST, Stage, errand_of, fresh};
use super::lane::{Lane, stay_of};
use super::light::{Due, Stop};
use super::replication::Replication;
use super::sources::Entering;
use super::visiting::Single;
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

    /// Makes the call of a journey in a row by an operation of a node; tells whether what is
    /// called is there before anything else happens.
    #[inline(always)]
    pub(super) fn call_in_row(
        &mut self,
        slot: u32,
        journey: &mut Journey,
        (route, node): (u32, u32),
        t: SimTime,
    ) -> bool {
        let lane = &self.tables.lanes[route as usize];
        self.recorder.call_begins(lane.link, t);
        let order = self.next_order(Class::Arrival, node);
        let Entering { key, ordinal, .. } = journey.request;
        let at = t + self.time_on(lane, key, lane.hop, purpose::LATENCY, ordinal);
        journey.call_over(route);
        if self.is_elsewhere(lane.node) {
            journey.has_come(&fresh((route, lane), false, at));
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
        let answers = loop {
            let coming = journey.coming();
            let route = if coming == NONE {
                journey.present().route
            } else {
                coming
            };
            let lane = &tables.lanes[route as usize];
            let leg = &tables.legs[route as usize];
            // The order of a call over a link is that of the node which made it.
            self.node = lane.node;
            let next = if leg.is_one() && coming != NONE && journey.has_room() {
                if let Some(stop) = self.serve_on_leg(&mut journey, (route, lane), leg) {
                    return self.leave_row(slot, journey, stop);
                }
                if leg.next == NONE {
                    break self.answer_on_leg(&journey, lane);
                }
                leg.next
            } else {
                match self.run_in_row(&mut journey, lane) {
                    Ok(next) => next,
                    Err(Stop::Answered(answers)) => break answers,
                    Err(stop @ (Stop::Here | Stop::Waits(_) | Stop::Full | Stop::TooLate(_))) => {
                        return self.leave_row(slot, journey, stop);
                    }
                }
            };
            let at = journey.present().at;
            if !self.call_in_row(slot, &mut journey, (next, lane.node), at) {
                return self.journeys.put(slot, journey);
            }
        };
        if self.come_home_by_row(&journey, answers) {
            self.journeys.free(slot, journey);
        } else {
            self.leave_row(slot, journey, Stop::Answered(answers));
        }
    }

    /// Runs the present visit of a journey in a row; returns the route of its call, if that is
    /// what it does next.
    ///
    /// # Errors
    ///
    /// Why it does something else.
    #[cold]
    #[inline(never)]
    fn run_in_row(&mut self, journey: &mut Journey, lane: &Lane) -> Result<u32, Stop> {
        let errand = errand_of(&journey.request, lane.hop);
        self.write_down(journey, self.now);
        let (light, mut due) = (journey.present_mut(), Due::NONE);
        let stop = self.run_light(Single {
            errand: &errand,
            light: &mut *light,
            due: &mut due,
            lane: Some(lane),
            caller_pc: NONE,
        });
        if stop == Stop::Here
            && let Op::Call { route } = self.tables.code[light.pc as usize].op
            && self.may_call_in_row(journey, route)
        {
            return Ok(route);
        }
        Err(stop)
    }

    /// Writes the present visit of a journey in a row down, if it is still coming, as one that comes
    /// then.
    pub(super) fn write_down(&self, journey: &mut Journey, at: SimTime) {
        let route = journey.coming();
        if route != NONE {
            let lane = &self.tables.lanes[route as usize];
            journey.has_come(&fresh((route, lane), false, at));
        }
    }

    /// Returns when the answer of the present visit of a journey, which has completed, is there.
    #[inline(always)]
    fn answer_on_leg(&self, journey: &Journey, lane: &Lane) -> SimTime {
        let Entering { key, ordinal, .. } = journey.request;
        let at = journey.present().at;
        at + self.time_on(lane, key, lane.hop, purpose::REPLY_LATENCY, ordinal)
    }

    /// Lets a journey in a row go on that does what is not done there.
    #[cold]
    #[inline(never)]
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
            Stop::Answered(_) | Stop::Full | Stop::TooLate(_) => {
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
            && self.tables.code[light.pc as usize].completes()
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

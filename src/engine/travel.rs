//! Travelling: how a journey goes on from event to event, as long as all goes well.
//!
//! Its present visit runs as a light one does. Where that stops, it may call on, hold a server
//! meanwhile, give it back, or be answered, so that its caller is the present visit again.
//! Anything else makes visits of the journey.
//!
//! Not here: the record (`journey`); those that only pass along a row (`row`); what a visit without a slot does by itself (`light`).

use super::event::{Class, What};
use super::journey::{Journey, MOST, Stage, fresh};
use super::lane::{Lane, stay_of};
use super::light::{Light, Stop};
use super::replication::Replication;
use super::sources::Entering;
use crate::metrics::day_book::Stay;
use crate::metrics::recorder::Area;
use crate::model::{NONE, Op, Outcome};
use crate::random::{address, purpose};
use crate::units::SimTime;

/// What has become of a journey in a step.
pub(super) enum Step {
    /// It goes on in its present visit.
    On,
    /// It waits for an event.
    Rests,
    /// It is over.
    Home,
    /// Its visits go on as such.
    Visits(Stop),
}

impl Replication<'_> {
    /// Lets a journey go on from where it stands; `comes`: by its event.
    #[inline(never)]
    pub(super) fn travel(&mut self, slot: u32, at: SimTime, comes: bool) {
        // What a journey meets on its way knows nothing of journeys.
        let mut journeys = std::mem::take(&mut self.journeys);
        let journey = &mut journeys[slot];
        let before = journey.visits();
        let stage = journey.stage;
        if stage == Stage::Back {
            self.node = self.calling_node(journey);
            let child = journey.present();
            let (route, missed) = (child.route, child.missed_items());
            self.hear(journey, (route, missed), at);
        } else if comes {
            // The order of a call over a link is that of the node which made it.
            self.node = self.tables.lanes[journey.present().route as usize].node;
        }
        let mut light = self.present_of(journey, at, stage);
        let end = loop {
            let lane = &self.tables.lanes[journey.present().route as usize];
            let caller_node = self.timing_node(journey, &light);
            let step = match self.run_light(&mut light, lane, caller_node) {
                Stop::Answered(answers) => self.come_back(slot, journey, &mut light, answers),
                Stop::Here => self.do_more(slot, journey, &mut light),
                Stop::Waits(order) => {
                    self.wait_for(slot, journey, &light, order);
                    Step::Rests
                }
                stop @ (Stop::Full(_) | Stop::TooLate(_)) => Step::Visits(stop),
            };
            if !matches!(step, Step::On) {
                break step;
            }
        };
        let after = journey.visits();
        journeys.count(before, after);
        if matches!(end, Step::Home) {
            journeys.free(slot);
        }
        self.journeys = journeys;
        if let Step::Visits(stop) = end {
            let present = light;
            self.go_on_as_visits(slot, &present, stop);
        }
    }

    /// Has the present visit of a journey wait for the event of its next operation.
    #[inline(always)]
    pub(super) fn wait_for(&mut self, slot: u32, journey: &mut Journey, light: &Light, order: u64) {
        journey.wait(light, Stage::Within);
        self.push(light.at, order, slot, What::Journey, 0);
    }

    /// Returns the node that called the present visit of a journey.
    #[inline(always)]
    fn calling_node(&self, journey: &Journey) -> u32 {
        let pc = match journey.caller() {
            Some(frame) => frame.pc,
            None => self.model.flows[self.flow_of(journey) as usize].entry,
        };
        self.tables.code[pc as usize].node
    }

    /// Returns the node that gives the time-out of the present visit its place in the order.
    #[inline(always)]
    fn timing_node(&self, journey: &Journey, light: &Light) -> u32 {
        if light.reply_by == u64::MAX {
            NONE
        } else {
            self.calling_node(journey)
        }
    }

    /// Does what only visits on journeys do without a slot.
    #[allow(
        clippy::wildcard_enum_match_arm,
        reason = "every other operation needs visits"
    )]
    #[inline(always)]
    fn do_more(&mut self, slot: u32, journey: &mut Journey, light: &mut Light) -> Step {
        if light.at >= self.barrier && light.at != self.now {
            return Step::Visits(Stop::Here);
        }
        match self.tables.code[light.pc as usize].op {
            Op::Call { route } if self.may_call_on(journey, route) => {
                let caller_node = self.timing_node(journey, light);
                self.time_light(light, caller_node);
                journey.call(light, route);
                light.until = light.until.min(light.reply_by);
                self.step_over(slot, journey, light, route)
            }
            Op::Seize { group } => self.take_server(slot, journey, light, group),
            Op::Release { group } => self.release_server(slot, journey, light, Some(group)),
            Op::Leave {
                outcome: Outcome::Completed,
            } => self.release_server(slot, journey, light, None),
            _ => Step::Visits(Stop::Here),
        }
    }

    /// Whether a journey may make a call.
    #[inline(always)]
    fn may_call_on(&self, journey: &Journey, route: u32) -> bool {
        let lane = &self.tables.lanes[route as usize];
        lane.travels && journey.depth() < MOST && !self.is_elsewhere(lane.node)
    }

    /// Makes a call: `light` is its caller, and then the visit that it makes.
    #[inline(always)]
    pub(super) fn step_over(
        &mut self,
        slot: u32,
        journey: &mut Journey,
        light: &mut Light,
        route: u32,
    ) -> Step {
        let lane = &self.tables.lanes[route as usize];
        let (t, key, ordinal) = (light.at, light.key, light.ordinal);
        self.recorder.call_begins(lane.link, t);
        let at = t + self.time_on(lane, key, lane.hop, purpose::LATENCY, ordinal);
        let node = self.tables.code[light.pc as usize].node;
        let mut reply_by = t.0.saturating_add(lane.timeout);
        if lane.deadline {
            reply_by = reply_by.min(light.reply_by);
        }
        *light = Light {
            key,
            ordinal,
            item: light.item,
            until: light.until,
            ..fresh(lane, reply_by, at)
        };
        journey.timed |= reply_by != u64::MAX;
        if !lane.cuttable {
            if at < self.barrier {
                return Step::On;
            }
            // It enters when its event runs.
            light.enters = false;
            light.entered = t;
            return Step::Visits(Stop::Here);
        }
        let order = self.next_order(Class::Arrival, node);
        if reply_by < at.0 || light.until <= at.0 {
            light.enters = false;
            light.entered = t;
            return Step::Visits(Stop::Waits(order));
        }
        self.time_light(light, node);
        if self.is_next(at, order, lane.node) {
            return Step::On;
        }
        journey.set_out(light);
        self.push(at, order, slot, What::Journey, 0);
        Step::Rests
    }

    /// Takes a server that the present visit keeps, if one is free.
    #[inline(always)]
    fn take_server(
        &mut self,
        slot: u32,
        journey: &mut Journey,
        light: &mut Light,
        group: u32,
    ) -> Step {
        let station = self.tables.simple_lines[group as usize];
        if station == NONE || light.holds != NONE {
            return Step::Visits(Stop::Here);
        }
        if let Some(step) = self.come_to(slot, journey, light, Class::Arrival) {
            return step;
        }
        if !self.seize_at_once(station) {
            // It waits in the line, which is one of visits.
            self.events -= 1;
            return Step::Visits(Stop::Here);
        }
        light.holds = station;
        light.since = light.at;
        light.pc += 1;
        Step::On
    }

    /// Gives the server that the present visit holds back, at a `Release` of this group or as
    /// it leaves.
    #[inline(always)]
    fn release_server(
        &mut self,
        slot: u32,
        journey: &mut Journey,
        light: &mut Light,
        group: Option<u32>,
    ) -> Step {
        let station = light.holds;
        let other = |group: u32| self.tables.simple_lines[group as usize] != station;
        if station == NONE || group.is_some_and(other) {
            return Step::Visits(Stop::Here);
        }
        if let Some(step) = self.come_to(slot, journey, light, Class::Completion) {
            return step;
        }
        let t = light.at;
        let row = self.tables.code[light.pc as usize].row;
        light.holds = NONE;
        light.served += t.since(light.since).0;
        self.recorder.area(row, Area::Busy, light.since, t);
        self.server_free(station, t);
        light.pc += u32::from(group.is_some());
        Step::On
    }

    /// Lets the present visit come to a shared operation: `None` if it may run it now.
    #[inline(always)]
    fn come_to(
        &mut self,
        slot: u32,
        journey: &mut Journey,
        light: &mut Light,
        class: Class,
    ) -> Option<Step> {
        let node = self.tables.code[light.pc as usize].node;
        let caller_node = self.timing_node(journey, light);
        let stop = self.reach_light(light, class, node, caller_node)?;
        if let Stop::Waits(order) = stop {
            self.wait_for(slot, journey, light, order);
            return Some(Step::Rests);
        }
        Some(Step::Visits(stop))
    }

    /// Brings the answer of the present visit, which has completed, to those that wait for it, as
    /// far as all they do is to hand it on.
    #[inline(always)]
    fn come_back(
        &mut self,
        slot: u32,
        journey: &mut Journey,
        light: &mut Light,
        answers: SimTime,
    ) -> Step {
        let tables = self.tables;
        let (key, ordinal) = (light.key, light.ordinal);
        let mut answers = answers;
        let mut stay = stay_of(light);
        let mut missed = light.missed_items();
        let mut route = journey.present().route;
        // When the present visit, which may be another one by then, is where it is.
        let (mut first, mut at) = (true, light.at);
        let step = loop {
            let lane = &tables.lanes[route as usize];
            let turns = missed != 0 && lane.on_miss != NONE;
            let Some(caller) = journey.caller() else {
                if answers >= self.barrier || turns {
                    break Step::Visits(Stop::Here);
                }
                let came = (journey.request, self.flow_of(journey));
                self.come_home(came, &stay, lane, answers);
                return Step::Home;
            };
            let site = &tables.code[caller.pc as usize];
            let (holds, above) = (caller.holds, caller.route);
            let passes = lane.cuttable && !turns && site.ends && self.passes_on(journey);
            if answers >= self.barrier || lane.cuttable && !passes && answers.0 >= journey.until() {
                break Step::Visits(Stop::Here);
            }
            self.recorder.leave_completed(lane.account, &stay);
            let passing = std::mem::take(&mut self.passing);
            if lane.cuttable {
                let order = if passing == 0 {
                    self.next_order(Class::Completion, lane.node)
                } else {
                    passing
                };
                if passes {
                    self.passing = order;
                } else if !self.is_next(answers, order, site.node) {
                    if first {
                        journey.wait(light, Stage::Back);
                    } else {
                        journey.stage = Stage::Back;
                    }
                    self.push(answers, order, slot, What::Journey, 0);
                    return Step::Rests;
                }
            }
            self.hear(journey, (route, missed), answers);
            let frame = journey.present();
            (first, at, route) = (false, answers, above);
            if !site.completes || turns || holds != NONE {
                break Step::On;
            }
            // It ends at once too.
            stay = Stay {
                entered: SimTime(frame.entered),
                left: answers,
                waited: frame.waited,
                served: frame.served,
                instance: frame.instance,
                item: stay.item,
            };
            missed = frame.missed_items();
            let lane = &tables.lanes[route as usize];
            let arrives =
                answers + self.time_on(lane, key, lane.hop, purpose::REPLY_LATENCY, ordinal);
            if arrives.0 > frame.reply_by {
                break Step::Visits(Stop::Here);
            }
            answers = arrives;
        };
        if !first {
            *light = self.present_of(journey, at, Stage::Within);
        }
        step
    }

    /// Whether a caller of the present visit that ends with the answer does so without touching
    /// anything that is shared.
    #[inline(always)]
    fn passes_on(&self, journey: &Journey) -> bool {
        let Some(caller) = journey.caller() else {
            return true;
        };
        let above = &self.tables.lanes[caller.route as usize];
        caller.holds == NONE
            && (above.free
                || journey.depth() == 1
                    && self.model.routes[caller.route as usize].latency == NONE
                    && !(caller.misses && above.on_miss != NONE))
    }

    /// The caller of the present visit has the answer over a route, and is the present one.
    #[inline(always)]
    fn hear(&mut self, journey: &mut Journey, (route, missed): (u32, u32), at: SimTime) {
        let lane = &self.tables.lanes[route as usize];
        journey.step_back();
        let frame = journey.present();
        let (pc, began) = (frame.pc, SimTime(frame.began));
        if frame.holds != NONE {
            let row = self.tables.code[pc as usize].row;
            self.recorder.area(row, Area::Blocked, began, at);
        }
        self.recorder.call_completes(lane.link, began, at);
        let turns = missed != 0 && lane.on_miss != NONE;
        let next = if turns { lane.on_miss } else { pc + 1 };
        journey.turn(missed, next);
    }

    /// The client has the answer of the only call that it made, and leaves.
    #[inline(always)]
    pub(super) fn come_home(
        &mut self,
        (request, flow): (Entering, u32),
        stay: &Stay,
        lane: &Lane,
        left: SimTime,
    ) {
        self.recorder.leave_completed(lane.account, stay);
        let passing = std::mem::take(&mut self.passing);
        if lane.cuttable && passing == 0 {
            self.next_order(Class::Completion, lane.node);
        }
        let Entering {
            at: arrived,
            key,
            ordinal,
            ..
        } = request;
        self.recorder.call_completes(lane.link, arrived, left);
        let reply = self.model.flows[flow as usize].reply;
        let place = address(0, purpose::BYTES, 1, 0);
        let bytes = self.model.samplers[reply as usize].sample(key, place, ordinal);
        self.recorder
            .request_completes(flow, (arrived, left), Some(left), bytes);
        if self.recorder.counts(arrived) {
            self.counted_inside -= 1;
        }
        self.inside[flow as usize].leave(self.now, left);
    }
}

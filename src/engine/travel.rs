//! Travelling: how a journey goes on from event to event, as long as all goes well.
//!
//! Its present visit runs as a light one does. Where that stops, it may call on, hold a server
//! meanwhile, give it back, keep other things (`kept`), do more at its node (`work`), start a
//! strand that nobody waits for (`strand`), or be answered, so that its caller is the present visit
//! again. Anything else makes visits of the journey.
//!
//! Not here: the record (`journey`); those that only pass along a row (`row`); what a visit without
//! a slot does by itself (`light`).

use super::event::{Class, What};
use super::journey::{Calling, Client, Journey, Stage, fresh};
use super::lane::{Lane, stay_of};
use super::light::{Due, Light, Stop};
use super::replication::Replication;
use super::sources::Entering;
use super::visiting::Visiting;
use super::work::Store;
use crate::metrics::day_book::Stay;
use crate::metrics::recorder::Area;
use crate::model::{NONE, Op, Outcome};
use crate::random::purpose;
use crate::units::SimTime;

/// How often a journey goes on at an operation by which its visits have come already.
///
/// CHOICE: few requests have more calls with something to do on a miss.
const MOST_BACK: u8 = 2;

/// What has become of a journey in a step.
pub(super) enum Step {
    /// It goes on in its present visit.
    On,
    /// Its present visit has completed; the answer arrives then.
    Answered(SimTime),
    /// It waits for an event.
    Rests,
    /// It is over.
    Home,
    /// Its visits go on as such.
    Visits(Stop),
}

impl Replication<'_> {
    /// Lets a journey go on whose event has come.
    #[inline(always)]
    pub(super) fn arrive_on_journey(
        &mut self,
        slot: u32,
        mut journey: Box<Journey>,
        at: SimTime,
        order: u64,
    ) {
        if matches!(journey.stage, Stage::Back | Stage::Abroad) {
            if journey.stage == Stage::Abroad && self.hands_on(&journey) {
                self.passing = order;
            }
            self.node = self.tables.code[journey.caller_pc(self.tables) as usize].node;
            if let (None, Client::Home { source }) = (journey.caller(), journey.client) {
                let lane = &self.tables.lanes[journey.present().route as usize];
                self.close_request((&journey, source), lane.link, at);
                return self.rest(slot, journey, Step::Home);
            }
            self.hear(&mut journey, at);
        } else {
            // The order of a call over a link is that of the node which made it.
            self.node = self.tables.code[journey.present().pc as usize].node;
        }
        self.travel(slot, journey);
    }

    /// Lets a journey go on from where it stands.
    #[allow(
        clippy::wildcard_enum_match_arm,
        reason = "every other operation is one of a visit without a slot, or rare"
    )]
    #[inline(never)]
    pub(super) fn travel(&mut self, slot: u32, mut journey: Box<Journey>) {
        let tables = self.tables;
        let step = loop {
            let mut visit = journey.visit();
            let light = visit.light();
            if self.is_beyond(light.at) {
                break Step::Visits(Stop::Here);
            }
            let site = &tables.code[light.pc as usize];
            let pc = light.pc;
            let step = match site.op {
                Op::Call { route } => self.call_on(slot, &mut journey, route),
                Op::Seize { group } => self.take_server(slot, &mut journey, group),
                Op::Release { group } => self.release_server(slot, &mut journey, Some(group)),
                _ => match self.do_light(&mut visit, site) {
                    None => {
                        let next = visit.light().pc;
                        if next > pc || self.leaves_at(next) {
                            continue;
                        }
                        self.come_by_again(&mut journey)
                    }
                    Some(Stop::Answered(answers)) => Step::Answered(answers),
                    Some(Stop::Here) => self.do_something_else(slot, &mut journey),
                    Some(Stop::Waits(order)) => self.wait_for(slot, &mut journey, order),
                    Some(stop @ (Stop::Full | Stop::TooLate(_))) => Step::Visits(stop),
                },
            };
            let step = match step {
                Step::Answered(answers) => self.come_back(slot, &mut journey, answers),
                Step::On | Step::Rests | Step::Home | Step::Visits(_) => step,
            };
            if !matches!(step, Step::On) {
                break step;
            }
        };
        self.rest(slot, journey, step);
    }

    /// Lets a journey go on at an operation by which its present visit has come already.
    ///
    /// What is done on a miss leads back to what follows it; only a loop does so for ever.
    #[cold]
    #[inline(never)]
    fn come_by_again(&self, journey: &mut Journey) -> Step {
        let op = self.tables.code[journey.present().pc as usize].op;
        // These bring it to another visit, or to an event.
        if !matches!(op, Op::Call { .. } | Op::Seize { .. } | Op::Release { .. }) {
            if journey.led_back >= MOST_BACK {
                return Step::Visits(Stop::Here);
            }
            journey.led_back += 1;
        }
        Step::On
    }

    /// Lets a journey rest, or go on, after a step.
    #[inline(always)]
    pub(super) fn rest(&mut self, slot: u32, journey: Box<Journey>, step: Step) {
        match step {
            Step::On => self.travel(slot, journey),
            Step::Answered(_) => unreachable!("an answer comes back at once"),
            Step::Rests => self.journeys.put(slot, journey),
            Step::Home => self.journeys.free(slot, journey),
            Step::Visits(stop) => self.go_on_as_visits(slot, journey, stop),
        }
    }

    /// Has the present visit of a journey wait for the event of its next operation.
    #[inline(always)]
    pub(super) fn wait_for(&mut self, slot: u32, journey: &mut Journey, order: u64) -> Step {
        journey.stage = Stage::Within;
        self.push(journey.present().at, order, slot, What::Journey, 0);
        Step::Rests
    }

    /// Makes a call of the present visit, if it may.
    #[inline(always)]
    fn call_on(&mut self, slot: u32, journey: &mut Journey, route: u32) -> Step {
        if !self.may_call_on(journey, route) {
            return self.do_something_else(slot, journey);
        }
        self.time_light(&mut journey.visit());
        let (light, due) = (journey.present(), journey.due());
        let caller = Calling {
            pc: light.pc,
            at: light.at,
            reply_by: due.reply_by,
            until: due.until.min(due.reply_by),
        };
        self.step_over(slot, journey, &caller, route)
    }

    /// Does the same where that is seldom, or much.
    #[allow(
        clippy::wildcard_enum_match_arm,
        reason = "every other operation needs visits"
    )]
    #[cold]
    #[inline(never)]
    fn do_something_else(&mut self, slot: u32, journey: &mut Journey) -> Step {
        let light = journey.present();
        match self.tables.code[light.pc as usize].op {
            Op::Spawn { entry, strand } if light.holds == NONE && self.journeys.have_room() => {
                self.spawn_from(journey, entry, strand);
                Step::On
            }
            Op::Leave {
                outcome: Outcome::Completed,
            } if light.holds != NONE => self.release_server(slot, journey, None),
            Op::Seize { group } => {
                self.take_place(slot, journey, self.tables.simple_limits[group as usize])
            }
            Op::Leave {
                outcome: Outcome::Completed,
            } if light.keeps != NONE => self.let_go_on_journey(slot, journey),
            Op::Leave {
                outcome: Outcome::Completed,
            } if journey.is_strand() => {
                self.end_strand(journey);
                Step::Home
            }
            Op::Append { log, about } => {
                self.send_on_journey(slot, journey, (Store::Log(log), about))
            }
            Op::Enqueue { queue, about } => {
                self.send_on_journey(slot, journey, (Store::Queue(queue), about))
            }
            Op::Admit { admission } if self.tables.passable[admission as usize] => {
                self.pass_on_journey(slot, journey, admission)
            }
            Op::Serve { group, work } if self.depends_on_size(work) => {
                self.serve_by_size(slot, journey, (group, work))
            }
            Op::Work { work } if self.depends_on_size(work) => {
                let time = self.time_of_work(journey, work);
                let light = journey.present_mut();
                let row = self.tables.code[light.pc as usize].row;
                self.work_for(light, row, time);
                light.pc += 1;
                Step::On
            }
            Op::Warm { pool, cold } => self.take_environment(slot, journey, (pool, cold)),
            Op::Fill { cache, must } => self.fill_on_journey(slot, journey, (cache, must)),
            _ => Step::Visits(Stop::Here),
        }
    }

    /// Whether a journey may make a call.
    #[inline(always)]
    fn may_call_on(&self, journey: &Journey, route: u32) -> bool {
        let lane = &self.tables.lanes[route as usize];
        lane.travels
            && journey.has_room()
            && (!journey.present().hurried || {
                let due = journey.due();
                self.is_within_reach(lane, due.until.min(due.reply_by))
            })
    }

    /// Makes a call: what is called is the present visit then.
    #[inline(always)]
    pub(super) fn step_over(
        &mut self,
        slot: u32,
        journey: &mut Journey,
        caller: &Calling,
        route: u32,
    ) -> Step {
        let lane = &self.tables.lanes[route as usize];
        let t = caller.at;
        let (key, ordinal) = (journey.request.key, journey.request.ordinal);
        self.recorder.call_begins(lane.link, t);
        let at = t + self.time_on(lane, key, lane.hop, purpose::LATENCY, ordinal);
        let mut reply_by = t.0.saturating_add(lane.timeout);
        if lane.deadline {
            reply_by = reply_by.min(caller.reply_by);
        }
        let due = Due {
            reply_by,
            until: caller.until,
            ..Due::NONE
        };
        journey.call(&fresh((route, lane), due.is_some(), at), &due);
        if !lane.cuttable {
            if at < self.barrier {
                return Step::On;
            }
            return not_there(journey, t, Stop::Here);
        }
        let node = self.tables.code[caller.pc as usize].node;
        let order = self.next_order(Class::Arrival, node);
        if reply_by < at.0 || caller.until <= at.0 {
            return not_there(journey, t, Stop::Waits(order));
        }
        self.time_light(&mut journey.visit());
        if self.is_elsewhere(lane.node) {
            self.cross_on_journey(slot, journey, at, order);
            return Step::Rests;
        }
        if self.is_next(at, order, lane.node) {
            return Step::On;
        }
        journey.stage = Stage::Arriving;
        self.push(at, order, slot, What::Journey, 0);
        Step::Rests
    }

    /// Takes a server that the present visit keeps, if one is free.
    #[inline(always)]
    fn take_server(&mut self, slot: u32, journey: &mut Journey, group: u32) -> Step {
        let station = self.tables.simple_lines[group as usize];
        if station == NONE {
            return self.do_something_else(slot, journey);
        }
        if !journey.present().is_free() {
            return Step::Visits(Stop::Here);
        }
        if let Some(step) = self.seize_on_journey(slot, journey, station) {
            return step;
        }
        let light = journey.present_mut();
        light.hold(station);
        light.pc += 1;
        Step::On
    }

    /// Seizes a server, or a place, of a line station: `None` if the present visit has it.
    #[inline(always)]
    pub(super) fn seize_on_journey(
        &mut self,
        slot: u32,
        journey: &mut Journey,
        station: u32,
    ) -> Option<Step> {
        if let Some(step) = self.come_to(slot, journey, Class::Arrival) {
            return Some(step);
        }
        if self.seize_at_once(station) {
            return None;
        }
        Some(self.stand_in_line(slot, journey, station))
    }

    /// Gives the server that the present visit holds back, at a `Release` of this group or as
    /// it leaves.
    #[inline(always)]
    fn release_server(&mut self, slot: u32, journey: &mut Journey, group: Option<u32>) -> Step {
        let station = journey.present().holds;
        let other = |group: u32| self.tables.simple_lines[group as usize] != station;
        if station == NONE || group.is_some_and(other) {
            return Step::Visits(Stop::Here);
        }
        if let Some(step) = self.come_to(slot, journey, Class::Completion) {
            return step;
        }
        let light = journey.present_mut();
        let t = light.at;
        let row = self.tables.code[light.pc as usize].row;
        light.holds = NONE;
        light.served_throughout = false;
        light.served += t.since(light.since).0;
        self.recorder.area(row, Area::Busy, light.since, t);
        self.server_free(station, t);
        if group.is_none() {
            return Step::On;
        }
        let tables = self.tables;
        let mut visit = journey.visit();
        let site = &tables.code[visit.light().pc as usize];
        visit.light_mut().pc = site.next;
        match self.complete_light(&mut visit, site) {
            Some(Stop::Answered(answers)) => Step::Answered(answers),
            _ => Step::On,
        }
    }

    /// Lets the present visit come to a shared operation: `None` if it may run it now.
    #[inline(always)]
    pub(super) fn come_to(
        &mut self,
        slot: u32,
        journey: &mut Journey,
        class: Class,
    ) -> Option<Step> {
        let mut visit = journey.visit();
        let node = self.tables.code[visit.light().pc as usize].node;
        match self.reach_light(&mut visit, class, node)? {
            Stop::Waits(order) => Some(self.wait_for(slot, journey, order)),
            stop @ (Stop::Here | Stop::Answered(_) | Stop::Full | Stop::TooLate(_)) => {
                Some(Step::Visits(stop))
            }
        }
    }

    /// Brings the answer of the present visit, which has completed, to those that wait for it, as
    /// far as all they do is to hand it on.
    #[inline(always)]
    fn come_back(&mut self, slot: u32, journey: &mut Journey, answers: SimTime) -> Step {
        let tables = self.tables;
        let mut answers = answers;
        loop {
            let (light, until) = (journey.present(), journey.due().until);
            let missed = light.missed_items();
            let stay = stay_of(light, journey.request.item);
            let lane = &tables.lanes[light.route as usize];
            let turns = missed != 0 && lane.on_miss != NONE;
            let Some(caller) = journey.caller() else {
                match journey.client {
                    Client::Nobody { .. } => unreachable!("nobody is answered"),
                    Client::Abroad { .. } => self.answer_abroad(journey, &stay, answers),
                    Client::Home { .. } if answers >= self.barrier || turns => {
                        return Step::Visits(Stop::Here);
                    }
                    Client::Home { source } => {
                        self.come_home((journey, source), &stay, lane, answers);
                    }
                }
                return Step::Home;
            };
            let site = &tables.code[caller.pc as usize];
            let passes = lane.cuttable && !turns && site.ends() && self.passes_on(journey, caller);
            if answers >= self.barrier || lane.cuttable && !passes && answers.0 >= until {
                return Step::Visits(Stop::Here);
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
                    journey.stage = Stage::Back;
                    self.push(answers, order, slot, What::Journey, 0);
                    return Step::Rests;
                }
            }
            self.hear_over(journey, (lane, turns), answers);
            let light = journey.present();
            if !site.completes() || turns || !light.is_free() || light.route == NONE {
                return Step::On;
            }
            // It ends at once too.
            let lane = &tables.lanes[light.route as usize];
            let (key, ordinal) = (journey.request.key, journey.request.ordinal);
            let arrives =
                answers + self.time_on(lane, key, lane.hop, purpose::REPLY_LATENCY, ordinal);
            if arrives.0 > journey.due().reply_by {
                return Step::Visits(Stop::Here);
            }
            answers = arrives;
        }
    }

    /// Whether all that the caller of the present visit does with its answer, which is there, is
    /// to end, without touching anything that is shared.
    fn hands_on(&self, journey: &Journey) -> bool {
        let light = journey.present();
        let turns =
            light.missed_items() != 0 && self.tables.lanes[light.route as usize].on_miss != NONE;
        !turns
            && journey.caller().is_some_and(|caller| {
                self.tables.code[caller.pc as usize].ends() && self.passes_on(journey, caller)
            })
    }

    /// Whether a caller of the present visit that ends with the answer does so without touching
    /// anything that is shared.
    #[inline(always)]
    fn passes_on(&self, journey: &Journey, caller: &Light) -> bool {
        let Some(above) = self.tables.lanes.get(caller.route as usize) else {
            return caller.is_free();
        };
        caller.is_free()
            && (above.free
                || journey.waiting().len() == 1
                    && self.model.routes[caller.route as usize].latency == NONE
                    && !(caller.misses && above.on_miss != NONE))
    }

    /// The caller of the present visit has its answer, and is the present one.
    #[inline(always)]
    fn hear(&mut self, journey: &mut Journey, at: SimTime) {
        let answered = journey.present();
        let lane = &self.tables.lanes[answered.route as usize];
        let turns = answered.missed_items() != 0 && lane.on_miss != NONE;
        self.hear_over(journey, (lane, turns), at);
    }

    /// The same, over a lane; whether it does what is done on a miss.
    #[inline(always)]
    fn hear_over(&mut self, journey: &mut Journey, (lane, turns): (&Lane, bool), at: SimTime) {
        let missed = journey.present().missed_items() != 0;
        journey.step_back();
        let light = journey.present_mut();
        let began = light.at;
        if light.served_throughout {
            let row = self.tables.code[light.pc as usize].row;
            self.recorder.area(row, Area::Blocked, began, at);
        }
        self.recorder.call_completes(lane.link, began, at);
        light.missed = missed;
        let next = if turns { lane.on_miss } else { light.pc + 1 };
        light.at = at;
        self.lead_to(light, next);
    }

    /// The client has the answer of the only call that it made, and leaves.
    #[inline(always)]
    pub(super) fn come_home(
        &mut self,
        (journey, source): (&Journey, u32),
        stay: &Stay,
        lane: &Lane,
        left: SimTime,
    ) {
        self.recorder.leave_completed(lane.account, stay);
        let passing = std::mem::take(&mut self.passing);
        if lane.cuttable && passing == 0 {
            self.next_order(Class::Completion, lane.node);
        }
        self.close_request((journey, source), lane.link, left);
    }

    /// The client has the answer of the call that it made over a link.
    #[inline(always)]
    fn close_request(&mut self, (journey, source): (&Journey, u32), link: u32, left: SimTime) {
        let Entering {
            at: arrived,
            key,
            ordinal,
            ..
        } = journey.request;
        let gate = &self.tables.gates[source as usize];
        let flow = gate.flow;
        self.recorder.call_completes(link, arrived, left);
        let bytes = self.reply_bytes(gate, key, ordinal);
        let settled = self.settles(journey, left);
        self.recorder
            .request_completes(flow, (arrived, left), settled, bytes);
        if self.recorder.counts(arrived) {
            self.counted_inside -= 1;
        }
        self.inside[flow as usize].leave(self.now, left);
        if journey.record != NONE {
            self.forget_if_settled(journey.record);
        }
    }

    /// Returns when a request settles whose client has the answer of its journey, if that is
    /// known then.
    #[inline(always)]
    fn settles(&mut self, journey: &Journey, left: SimTime) -> Option<SimTime> {
        if journey.record == NONE {
            return Some(left);
        }
        self.reply_to_client(journey.record, left)
    }
}

/// Has the present visit of a journey go on as one that is on its way to its node, since `t`.
fn not_there(journey: &mut Journey, t: SimTime, stop: Stop) -> Step {
    let light = journey.present_mut();
    light.enters = false;
    light.entered = t;
    Step::Visits(stop)
}

//! Journeys that go on in another part of a run.
//!
//! A call over a link to another part, of which nobody may give up, leaves its journey behind:
//! its present visit stands for the call there, and the answer comes in a letter. In the other
//! part a journey begins whose client is that visit. It takes what its visits would have taken
//! from those above them (size, priority, request), and whatever makes visits of it makes those
//! of this part only.
//!
//! Not here: calls that may time out, which are visits (`letter`).

use super::event::{Class, What};
use super::journey::{Client, Journey, Stage, errand_of, fresh};
use super::lane::{Lane, flags_of};
use super::letter::{Answer, Call};
use super::light::Light;
use super::replication::Replication;
use super::sources::Entering;
use super::visit::{NO_INSTANCE, flag};
use crate::metrics::day_book::Stay;
use crate::model::{NONE, Outcome};
use crate::units::SimTime;

/// Set in the number of a proxy that is a journey: slots are fewer than 2²⁷.
const IS_JOURNEY: u32 = 1 << 31;

/// Returns the slot of the journey that a proxy is, if it is one.
pub(super) fn journey_of(proxy: u32) -> Option<u32> {
    (proxy & IS_JOURNEY != 0).then_some(proxy & !IS_JOURNEY)
}

impl Replication<'_> {
    /// Whether a journey may call over a lane, whose callers wait until then [ns] at most.
    #[inline(always)]
    pub(super) fn is_within_reach(&self, lane: &Lane, until: u64) -> bool {
        !self.is_elsewhere(lane.node) || lane.timeout == u64::MAX && until == u64::MAX
    }

    /// Sends the call that a journey has just made to the part of its node.
    #[inline(never)]
    pub(super) fn cross_on_journey(
        &mut self,
        slot: u32,
        journey: &mut Journey,
        at: SimTime,
        order: u64,
    ) {
        if journey.record == NONE
            && let Client::Home { source } = journey.client
        {
            // The others write to it what they count of it.
            let flow = self.model.sources[source as usize].flow();
            journey.record = self.open_request(flow, &journey.request);
        }
        journey.row = false;
        journey.stage = Stage::Abroad;
        let (bytes, priority) = self.handed_down(journey);
        let light = journey.present();
        let lane = &self.tables.lanes[light.route as usize];
        let Entering {
            key, ordinal, item, ..
        } = journey.request;
        let call = Call {
            at,
            order,
            key,
            reply_by: u64::MAX,
            ordinal,
            bytes,
            observed: 0,
            item,
            request: journey.record,
            proxy: slot | IS_JOURNEY,
            hop: lane.hop,
            salt: 0,
            pc: light.pc,
            via: light.route,
            items: 1,
            count: 1,
            instance: NO_INSTANCE,
            // The proxy has the time-out.
            flags: flags_of(light, lane) | flag::FRESH | flag::ARMED,
            priority,
            followed: false,
        };
        let part = self.part_of[lane.node as usize];
        self.letters[part as usize].calls.push(call);
    }

    /// Returns size and priority of the present visit of a journey.
    fn handed_down(&self, journey: &Journey) -> (u64, u8) {
        let (mut goods, above) = match journey.client {
            Client::Home { source } => {
                let flow = self.model.sources[source as usize].flow();
                let priority = self.model.flows[flow as usize].priority;
                ((journey.request.bytes, priority), 0)
            }
            // Those of its first visit.
            Client::Abroad { priority, .. } => ((journey.request.bytes, priority), 1),
        };
        for light in journey.frames().iter().skip(above) {
            let lane = &self.tables.lanes[light.route as usize];
            let errand = errand_of(&journey.request, lane);
            goods = (
                self.item_bytes(lane, &errand).unwrap_or(goods.0),
                lane.priority_below(goods.1),
            );
        }
        goods
    }

    /// Begins the journey of a call that comes from another part.
    pub(super) fn receive_journey(&mut self, call: &Call) {
        let client = Client::Abroad {
            proxy: call.proxy,
            priority: call.priority,
        };
        let request = Entering {
            at: call.at,
            key: call.key,
            ordinal: call.ordinal,
            item: call.item,
            bytes: call.bytes,
        };
        let lane = &self.tables.lanes[call.via as usize];
        let (slot, mut journey) = self.journeys.start((client, NONE), request);
        journey.record = call.request;
        journey.row = false;
        journey.stage = Stage::Arriving;
        journey.call(&fresh((call.via, lane), (u64::MAX, u64::MAX), call.at));
        self.journeys.put(slot, journey);
        self.push(call.at, call.order, slot, What::Journey, 0);
    }

    /// Answers the call from another part whose journey has come to its end.
    pub(super) fn answer_abroad(&mut self, journey: &Journey, stay: &Stay, at: SimTime) {
        let Client::Abroad { proxy, .. } = journey.client else {
            unreachable!("a client of this part is no proxy");
        };
        let light = journey.present();
        let lane = &self.tables.lanes[light.route as usize];
        self.recorder.leave_completed(lane.account, stay);
        let order = match std::mem::take(&mut self.passing) {
            0 => self.next_order(Class::Completion, lane.node),
            passing => passing,
        };
        let answer = Answer {
            proxy,
            at,
            order,
            ended: stay.left,
            observed: 0,
            missed: light.missed,
            miss: light.misses,
            outcome: Outcome::Completed,
        };
        let part = self.part_of[self.route_from[light.route as usize] as usize];
        self.letters[part as usize].answers.push(answer);
    }

    /// Takes the answer to a journey in; returns the visit that it is for, if it makes visits of
    /// the journey.
    pub(super) fn hear_from_abroad(&mut self, slot: u32, answer: &Answer) -> Option<u32> {
        let mut journey = self.journeys.take(slot);
        let to_client = journey.caller().is_none();
        let light = journey.present_mut();
        let turns = answer.miss && self.tables.lanes[light.route as usize].on_miss != NONE;
        if answer.outcome != Outcome::Completed || answer.observed != 0 || turns && to_client {
            light.enters = false;
            return Some(self.unfold(slot, journey));
        }
        light.missed = answer.missed;
        light.misses = answer.miss;
        self.journeys.put(slot, journey);
        self.push(answer.at, answer.order, slot, What::Journey, 0);
        None
    }

    /// Makes a visit of the outermost one of a journey that came from another part.
    pub(super) fn seat_abroad(&mut self, journey: &Journey, light: &Light) -> u32 {
        let Client::Abroad { proxy, priority } = journey.client else {
            unreachable!("a client of this part has a visit");
        };
        let lane = &self.tables.lanes[light.route as usize];
        let Entering {
            key,
            ordinal,
            item,
            bytes,
            ..
        } = journey.request;
        let (slot, visit) = self.visits.start();
        visit.key = key;
        visit.entered = light.entered.0;
        visit.item = item;
        visit.request = journey.record;
        visit.caller_generation = proxy;
        visit.hop = lane.hop;
        visit.pc = light.pc;
        visit.instance = light.instance;
        visit.flags = flags_of(light, lane) | flag::ARMED;
        visit.waited = light.waited;
        visit.served = light.served;
        visit.missed = light.missed;
        visit.ordinal = ordinal;
        visit.bytes = bytes;
        visit.via = light.route;
        visit.priority = priority;
        if light.pushed != 0 {
            self.visits.rare_mut(slot).depth = light.pushed;
        }
        self.give_server(slot, light);
        slot
    }
}

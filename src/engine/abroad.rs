//! Journeys that go on in another part of a run.
//!
//! A call over a link to another part leaves its journey behind: its present visit stands for
//! the call there, and the answer comes in a letter. In the other part a journey begins whose
//! client is that visit. It takes what its visits would have taken from those above them (size,
//! priority, request), and whatever makes visits of it makes those of this part only. Where the
//! call has a time-out, a visit stands in for the present one, by whose number the answer finds
//! the journey; if it runs out of time, it becomes what it stands for.
//!
//! Not here: calls of which a caller further above may give up, which are visits (`letter`).

use super::event::{Class, What};
use super::journey::{Client, Journey, Stage, fresh};
use super::lane::{Lane, flags_of};
use super::letter::{Answer, Passage};
use super::light::{Due, Light};
use super::replication::Replication;
use super::sources::Entering;
use super::visit::{Visit, flag};
use crate::metrics::day_book::Stay;
use crate::model::{NONE, Outcome};
use crate::units::SimTime;

/// Set in the number of a proxy that is a journey: slots are fewer than 2²⁷.
const IS_JOURNEY: u32 = 1 << 31;

impl Replication<'_> {
    /// Whether a journey may call over a lane, whose callers wait until then [ns] at most.
    #[inline(always)]
    pub(super) fn is_within_reach(&self, lane: &Lane, until: u64) -> bool {
        !self.is_elsewhere(lane.node) || until == u64::MAX
    }

    /// Returns the slot of the journey whose call a proxy stands for, if it is no visit's.
    pub(super) fn journey_behind(&self, proxy: u32) -> Option<u32> {
        if proxy & IS_JOURNEY != 0 {
            return Some(proxy & !IS_JOURNEY);
        }
        let visit = &self.visits[proxy];
        // One that stands in came by no route.
        (visit.via == NONE).then_some(visit.caller)
    }

    /// Whether an answer comes when its proxy has given up.
    pub(super) fn is_late(&self, answer: &Answer) -> bool {
        answer.proxy & IS_JOURNEY == 0 && answer.at.0 > self.visits[answer.proxy].reply_by
    }

    /// Sends the call that a journey has just made to the part of its node.
    #[cold]
    #[inline(never)]
    pub(super) fn cross_on_journey(
        &mut self,
        slot: u32,
        journey: &mut Journey,
        at: SimTime,
        order: u64,
    ) {
        // The others write to it what they count of the request.
        let record = self.record_of(journey);
        journey.row = false;
        journey.stage = Stage::Abroad;
        let (bytes, priority) = self.handed_down(journey);
        let proxy = if journey.due().reply_by == u64::MAX {
            slot | IS_JOURNEY
        } else {
            self.stand_in_for(slot, journey)
        };
        let (light, due) = (journey.present(), journey.due());
        let lane = &self.tables.lanes[light.route as usize];
        let passage = Passage {
            order,
            request: Entering {
                at,
                bytes,
                ..journey.request
            },
            record,
            proxy,
            via: light.route,
            reply_by: due.reply_by,
            priority,
        };
        let part = self.part_of[lane.node as usize];
        self.letters[part as usize].passages.push(passage);
    }

    /// Has a visit stand in for the present one of a journey, whose caller may give up.
    fn stand_in_for(&mut self, slot: u32, journey: &mut Journey) -> u32 {
        let Due {
            reply_by, timer, ..
        } = journey.due();
        let (stand_in, visit) = self.visits.start();
        visit.caller = slot;
        visit.reply_by = reply_by;
        visit.timer = timer;
        self.arm(stand_in);
        journey.stand_in = stand_in;
        stand_in
    }

    /// Makes visits of the journey for which a visit stands in that has run out of time, unless
    /// it is a visit of its own.
    #[inline(always)]
    pub(super) fn unfold_behind(&mut self, proxy: u32) {
        if self.visits[proxy].via == NONE {
            let slot = self.visits[proxy].caller;
            let mut journey = self.journeys.take(slot);
            journey.present_mut().enters = false;
            let visit = self.unfold(slot, journey);
            debug_assert_eq!(visit, proxy, "it is known by the same number");
        }
    }

    /// Puts a visit into the slot of the one that stands in for it.
    pub(super) fn relieve(&mut self, stand_in: u32, visit: u32) {
        let seated = self.visits[visit];
        debug_assert!(!seated.is_used(), "it has done nothing yet");
        let place = &mut self.visits[stand_in];
        *place = Visit {
            flags: seated.flags | place.flags & (flag::ARMED | flag::ENDED),
            since: place.since,
            life: place.life,
            generation: place.generation,
            service_generation: place.service_generation,
            ..seated
        };
        self.visits.free(visit);
    }

    /// Begins the journey of a call that comes from another part.
    pub(super) fn receive_journey(&mut self, passage: &Passage) {
        let client = Client::Abroad {
            proxy: passage.proxy,
            priority: passage.priority,
        };
        let request = passage.request;
        let lane = &self.tables.lanes[passage.via as usize];
        let (slot, mut journey) = self.journeys.start(client, request);
        journey.record = passage.record;
        journey.row = false;
        journey.stage = Stage::Arriving;
        let due = Due {
            reply_by: passage.reply_by,
            // The proxy has the time-out.
            timer: u64::MAX,
            ..Due::NONE
        };
        let light = fresh((passage.via, lane), due.is_some(), request.at);
        journey.call(&light, &due);
        self.journeys.put(slot, journey);
        self.push(request.at, passage.order, slot, What::Journey, 0);
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
            missed: u32::from(light.missed),
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
        if journey.stand_in != NONE {
            self.disarm(journey.stand_in);
            self.visits.free(journey.stand_in);
            journey.stand_in = NONE;
        }
        let to_client = journey.caller().is_none();
        let light = journey.present_mut();
        let turns = answer.miss && self.tables.lanes[light.route as usize].on_miss != NONE;
        let odd = answer.outcome != Outcome::Completed || answer.observed != 0 || answer.missed > 1;
        if odd || turns && to_client {
            light.enters = false;
            return Some(self.unfold(slot, journey));
        }
        light.missed = answer.missed != 0;
        light.misses = answer.miss;
        self.journeys.put(slot, journey);
        self.push(answer.at, answer.order, slot, What::Journey, 0);
        None
    }

    /// Makes a visit of the outermost one of a journey that came from another part.
    pub(super) fn seat_abroad(&mut self, journey: &Journey, light: &Light, due: Due) -> u32 {
        let Client::Abroad { proxy, priority } = journey.client else {
            unreachable!("a client of this part has a visit");
        };
        let lane = &self.tables.lanes[light.route as usize];
        let slot = self.seat_outermost(journey, light, (lane.hop, priority));
        let visit = &mut self.visits[slot];
        visit.reply_by = due.reply_by;
        visit.caller_generation = proxy;
        visit.flags = flags_of(light, lane) | flag::ARMED;
        visit.via = light.route;
        slot
    }
}

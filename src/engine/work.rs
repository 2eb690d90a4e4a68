//! What the present visit of a journey does at its node beside what a light one does: it passes
//! admissions that count and change limits, works by the size of what it is about, fills caches
//! and leaves messages in queues and logs.
//!
//! Each comes to its operation as `travel` does; where a visit would be refused, one is made of it.
//!
//! Not here: what it holds (`travel`, `kept`), and the calls that it makes (`travel`).

use super::admission::Passer;
use super::event::Class;
use super::journey::{Journey, errand_of};
use super::light::Stop;
use super::replication::Replication;
use super::simple::latest_of;
use super::sources::Entering;
use super::travel::Step;
use super::visiting::Visiting;
use crate::mechanism::message::{Message, Page};
use crate::model::NONE;

/// Where messages lie.
#[derive(Clone, Copy, Debug)]
pub(super) enum Store {
    Log(u32),
    Queue(u32),
}

impl Replication<'_> {
    /// Whether work depends on the size of what a visit is about.
    pub(super) fn depends_on_size(&self, work: u32) -> bool {
        self.model.works[work as usize].per_byte != 0.0
    }

    /// Returns what work takes of the present visit [ns].
    pub(super) fn time_of_work(&self, journey: &Journey, work: u32) -> u64 {
        let (bytes, _) = self.handed_down(journey);
        let light = journey.present();
        let lane = self.tables.lanes.get(light.route as usize);
        let errand = errand_of(&journey.request, journey.hop(lane));
        let operation = self.tables.code[light.pc as usize].operation;
        self.work_of_size(&errand, work, operation, bytes)
    }

    /// Serves the present visit for a time that depends on its size.
    pub(super) fn serve_by_size(
        &mut self,
        slot: u32,
        journey: &mut Journey,
        (group, work): (u32, u32),
    ) -> Step {
        let service = self.time_of_work(journey, work);
        let mut visit = journey.visit();
        let site = &self.tables.code[visit.light().pc as usize];
        let (latest, caller_pc) = (latest_of(&visit, self.tables), visit.caller_pc(self.tables));
        let mut copy = visit.copied(self.tables);
        let stop = self.serve_for(copy.over(None, caller_pc), site, (group, service), latest);
        visit.become_copy(&copy);
        match stop {
            None => {
                visit.light_mut().pc += 1;
                Step::On
            }
            Some(Stop::Waits(order)) => self.wait_for(slot, journey, order),
            Some(stop) => Step::Visits(stop),
        }
    }

    /// Lets the present visit pass an admission, if it has the tokens.
    pub(super) fn pass_on_journey(
        &mut self,
        slot: u32,
        journey: &mut Journey,
        admission: u32,
    ) -> Step {
        if let Some(step) = self.come_to(slot, journey, Class::Arrival) {
            return step;
        }
        let (bytes, _) = self.handed_down(journey);
        let light = journey.present_mut();
        let site = &self.tables.code[light.pc as usize];
        let passer = Passer {
            slot: NONE,
            node: site.node,
            row: site.row,
            via: light.route,
            entered: light.entered,
            instance: light.instance,
            items: 1,
            bytes,
        };
        let admission = &self.model.admissions[admission as usize];
        if self.pass(&passer, light.at, admission).is_err() {
            // The visit is refused.
            self.events -= 1;
            return Step::Visits(Stop::Here);
        }
        light.pc += 1;
        Step::On
    }

    /// Lets the present visit put what it is about into a cache, if it fits where it must.
    pub(super) fn fill_on_journey(
        &mut self,
        slot: u32,
        journey: &mut Journey,
        which: (u32, bool),
    ) -> Step {
        if let Some(step) = self.come_to(slot, journey, Class::Arrival) {
            return step;
        }
        let (bytes, _) = self.handed_down(journey);
        let item = (journey.request.item, bytes);
        let light = journey.present_mut();
        if !self.fill_one(which, light.instance, item, light.at) {
            // The visit fails.
            self.events -= 1;
            return Step::Visits(Stop::Here);
        }
        light.pc += 1;
        Step::On
    }

    /// Lets the present visit leave a message about what it is about in a queue, or a log.
    pub(super) fn send_on_journey(
        &mut self,
        slot: u32,
        journey: &mut Journey,
        (to, about): (Store, u32),
    ) -> Step {
        if let Some(step) = self.come_to(slot, journey, Class::Arrival) {
            return step;
        }
        let request = self.record_of(journey);
        let (bytes, _) = self.handed_down(journey);
        let is_strand = journey.is_strand();
        let Entering {
            key, ordinal, item, ..
        } = journey.request;
        let light = journey.present_mut();
        light.pc += 1;
        let (instance, t) = (light.instance, light.at);
        let message = Message {
            key,
            item,
            request,
            about,
            bytes: u32::try_from(bytes).unwrap_or(u32::MAX),
            ordinal,
            // What a strand leaves late was sent when the strand began.
            sent: if is_strand { light.entered } else { t },
            receives: 0,
            page: Page::NONE,
        };
        self.detach(request, 1);
        match to {
            Store::Log(log) => self.append_all((log, instance), t, request, [message]),
            Store::Queue(queue) => self.enqueue_all(queue, t, [message]),
        }
        Step::On
    }
}

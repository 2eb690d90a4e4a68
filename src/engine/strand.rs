//! Strands on journeys: what a journey has done beside it, for which nobody waits, as a journey of
//! its own.
//!
//! Its outermost visit is at the node where it was started, and ends without an answer. It begins
//! when whoever started it has come as far as that gets, like the strands of visits.
//!
//! Not here: those (`join`), and how journeys go on (`travel`).

use super::join::DETACHED_HOP;
use super::journey::{Client, Journey};
use super::light::{Due, Light};
use super::replication::Replication;
use super::sources::Entering;
use super::step::Resume;
use super::visit::flag;
use crate::random::mix32;
use crate::units::SimTime;

/// Set in the number of what is to run on if that is a journey: slots are fewer than 2²⁷.
const ON_JOURNEY: u32 = 1 << 30;

/// Returns the slot of the journey that is to run on, if this names one.
#[inline(always)]
pub(super) fn strand_on_journey(slot: u32) -> Option<u32> {
    (slot & ON_JOURNEY != 0).then_some(slot & !ON_JOURNEY)
}

impl Replication<'_> {
    /// Starts a strand that nobody waits for, at the present visit of a journey: a journey too.
    #[cold]
    #[inline(never)]
    pub(super) fn spawn_from(&mut self, journey: &mut Journey, entry: u32, number: u16) {
        let record = self.record_of(journey);
        let (bytes, priority) = self.handed_down(journey);
        journey.present_mut().pc += 1;
        let light = journey.present();
        let at = light.at;
        let lane = self.tables.lanes.get(light.route as usize);
        let client = Client::Nobody {
            hop: mix32(journey.hop(lane), u32::from(number) | DETACHED_HOP),
            priority,
        };
        let request = Entering {
            bytes,
            ..journey.request
        };
        let (slot, mut strand) = self.journeys.start(client, request);
        strand.record = record;
        strand.row = false;
        let first = Light {
            pc: entry,
            enters: true,
            at: light.at,
            entered: light.at,
            missed: light.missed,
            instance: light.instance,
            ..Light::NONE
        };
        strand.call(&first, &Due::NONE);
        self.journeys.put(slot, strand);
        self.detach(record, 1);
        self.run_on(slot, at);
    }

    /// Lets a journey run on as soon as whoever goes on now has come as far as that gets.
    pub(super) fn run_on(&mut self, slot: u32, at: SimTime) {
        self.pending.push(Resume {
            slot: slot | ON_JOURNEY,
            at,
            granted: false,
        });
    }

    /// Lets a journey run on: a strand begins, or a server is its.
    pub(super) fn run_on_now(&mut self, slot: u32) {
        let journey = self.journeys.take(slot);
        self.travel(slot, journey);
    }

    /// Ends the strand on a journey for which nobody waits.
    pub(super) fn end_strand(&mut self, journey: &Journey) {
        self.passing = 0;
        self.note_request(journey.record, journey.present().at);
    }

    /// Gives a strand on a journey a slot.
    pub(super) fn seat_strand(&mut self, journey: &Journey, light: &Light) -> u32 {
        let Client::Nobody { hop, priority } = journey.client else {
            unreachable!("somebody waits for it");
        };
        let slot = self.seat_outermost(journey, light, (hop, priority));
        self.visits[slot].flags |= flag::STRAND | flag::DETACHED;
        slot
    }
}

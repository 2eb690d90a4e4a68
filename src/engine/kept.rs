//! What the present visit of a journey keeps until it leaves: places under limits, environments.
//!
//! They lie in the list in which those of visits lie (`hold`), so that a visit that is made of it
//! has them too; the latest is given back first. Where a place or an environment is not to be had,
//! visits go on, and are refused.
//!
//! Not here: the servers of line stations, of which a journey holds one at most (`travel`).

use super::event::Class;
use super::hold::Held;
use super::journey::{Journey, errand_of};
use super::light::Stop;
use super::replication::Replication;
use super::travel::Step;
use crate::mechanism::pool::Taken;
use crate::model::{Discipline, Group, Model, NONE};
use crate::random::{address, purpose};
use crate::units::Span;

/// Tells of every group the station under whose limit a journey may have a place: the only one of
/// its group, at which nobody stands before the line, and whose places go to no strand. `NONE`:
/// there is none.
pub(super) fn simple_limits(model: &Model) -> Vec<u32> {
    let limit = |group: &Group| {
        let simple = group.limit
            && !group.planned
            && group.discipline != Discipline::ProcessorSharing
            && group.instances == 1
            && !group.blocks
            && !group.handed;
        if simple { group.first } else { NONE }
    };
    model.groups.iter().map(limit).collect()
}

impl Replication<'_> {
    /// Takes a place that the present visit keeps, if one is free; the station may be `NONE`.
    #[inline(always)]
    pub(super) fn take_place(&mut self, slot: u32, journey: &mut Journey, station: u32) -> Step {
        if station == NONE || journey.present().holds != NONE {
            return Step::Visits(Stop::Here);
        }
        if let Some(step) = self.seize_on_journey(slot, journey, station) {
            return step;
        }
        let light = journey.present_mut();
        light.keeps = (self.holdings).add(Held::Place(station), light.at, light.keeps);
        light.pc += 1;
        Step::On
    }

    /// Takes an environment of a pool that the present visit keeps.
    #[inline(always)]
    pub(super) fn take_environment(
        &mut self,
        slot: u32,
        journey: &mut Journey,
        (pool, cold): (u32, u32),
    ) -> Step {
        if journey.present().holds != NONE {
            return Step::Visits(Stop::Here);
        }
        if let Some(step) = self.come_to(slot, journey, Class::Arrival) {
            return step;
        }
        let at = journey.present().at;
        let (environment, is_cold) = match self.pools[pool as usize].take(at) {
            Taken::Warm(environment) => (environment, false),
            Taken::Cold(environment) => (environment, true),
            Taken::Full | Taken::TooFast => {
                // The visit is refused.
                self.events -= 1;
                return Step::Visits(Stop::Here);
            }
        };
        let start = if is_cold {
            self.start_cold(journey, pool)
        } else {
            Span::ZERO
        };
        let light = journey.present_mut();
        let held = Held::Environment(pool, environment);
        light.keeps = self.holdings.add(held, at, light.keeps);
        light.served_throughout = true;
        light.at = at + start;
        light.pc = if is_cold && cold != NONE {
            cold
        } else {
            light.pc + 1
        };
        Step::On
    }

    /// Starts an environment for the present visit of a journey; returns how long that takes.
    fn start_cold(&mut self, journey: &Journey, pool: u32) -> Span {
        let law = self.model.pools[pool as usize].cold_start;
        let time = if law == NONE {
            Span::ZERO
        } else {
            self.drawn_on_journey(journey, law, purpose::COLD)
        };
        let light = journey.present();
        let row = self.tables.code[light.pc as usize].row;
        self.recorder.cold_start(row, light.entered, time);
        time
    }

    /// Gives everything back that the present visit keeps, as it leaves.
    #[inline(always)]
    pub(super) fn let_go_on_journey(&mut self, slot: u32, journey: &mut Journey) -> Step {
        if let Some(step) = self.come_to(slot, journey, Class::Completion) {
            return step;
        }
        let row = self.tables.code[journey.present().pc as usize].row;
        let t = journey.present().at;
        while let Some(holding) = self.holdings.take(journey.present().keeps) {
            journey.present_mut().keeps = holding.next;
            match holding.what {
                Held::Place(station) => self.server_free(station, t),
                Held::Environment(pool, environment) => {
                    journey.present_mut().served += t.since(holding.since).0;
                    self.recorder.worked(row, holding.since, t);
                    let law = self.model.pools[pool as usize].keep_alive;
                    let keep_alive = self.drawn_on_journey(journey, law, purpose::PATIENCE);
                    self.pools[pool as usize].give_back(environment, t, keep_alive);
                }
                Held::Server(_) | Held::Fetch(..) | Held::Choice(..) => {
                    unreachable!("a journey keeps places and environments")
                }
            }
        }
        journey.present_mut().served_throughout = false;
        Step::On
    }

    /// Draws a time for the operation at which the present visit of a journey stands.
    fn drawn_on_journey(&self, journey: &Journey, law: u32, purpose: u8) -> Span {
        let light = journey.present();
        let lane = self.tables.lanes.get(light.route as usize);
        let errand = errand_of(&journey.request, journey.hop(lane));
        let operation = self.tables.code[light.pc as usize].operation;
        let place = address(errand.hop, purpose, operation, 0);
        let sampler = &self.model.samplers[law as usize];
        Span(sampler.sample(errand.key, place, errand.ordinal))
    }
}

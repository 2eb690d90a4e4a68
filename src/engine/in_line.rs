//! Journeys in line: one that waits for a server, or for a place under a limit, goes on when it has
//! it, and no visits are made of it meanwhile.
//!
//! What stands in the line is a visit that says which journey waits. Nothing else may happen to it
//! there: lines that are left before a server is free, or in another order than that of arrival,
//! are for visits, as are callers that may give up.
//!
//! Not here: the line (`station`), and what journeys do with a server (`travel`).

use super::hold::Held;
use super::journey::{Journey, Stage};
use super::light::{Light, Stop};
use super::replication::Replication;
use super::station::FOR_JOURNEY;
use super::travel::Step;
use crate::model::{Discipline, Group, Model, NONE};
use crate::units::SimTime;

/// Visits in a line at which no further journey stands.
///
/// CHOICE: longer lines are those of nodes that are overrun, where room is short; visits take less.
const LONGEST: u32 = 1 << 12;

/// Tells of every group the line station of which a journey may hold a server: the only one that
/// its node has, with nobody standing before its line. `NONE`: there is none.
pub(super) fn simple_lines(model: &Model) -> Vec<u32> {
    let line = |(id, group): (u32, &Group)| {
        let simple = !group.planned
            && group.discipline != Discipline::ProcessorSharing
            && group.instances == 1
            && !group.blocks
            && !group.limit
            && model.nodes[group.node as usize].group == id;
        if simple { group.first } else { NONE }
    };
    (0..).zip(&model.groups).map(line).collect()
}

impl Replication<'_> {
    /// Lets a journey wait in the line of a station without a free server; else visits are made of
    /// it, which wait or are refused.
    #[cold]
    #[inline(never)]
    pub(super) fn stand_in_line(&mut self, slot: u32, journey: &mut Journey, station: u32) -> Step {
        let group = &self.model.groups[self.stations[station as usize].group as usize];
        let light = journey.present();
        let waiting = self.waiting_at(station);
        let may_wait = group.discipline == Discipline::Fifo
            && group.max_wait == NONE
            && !group.replaces
            && waiting < group.waiting_limit.min(LONGEST)
            && !light.hurried
            && !self.may_deadlock;
        if !may_wait {
            // They come to the operation again.
            self.events -= 1;
            return Step::Visits(Stop::Here);
        }
        let &Light { pc, at, .. } = light;
        let (waiter, visit) = self.visits.start();
        visit.caller = slot;
        visit.pc = pc;
        visit.remaining = FOR_JOURNEY;
        journey.stand_in = waiter;
        journey.stage = Stage::Within;
        self.wait_in_line(waiter, at, station, (0, false));
        Step::Rests
    }

    /// Gives a server, or a place, to the journey for which a visit has stood in the line.
    pub(super) fn go_on_from_line(&mut self, waiter: u32, t: SimTime, station: u32) {
        let limit = self.model.groups[self.stations[station as usize].group as usize].limit;
        let (slot, waited) = (self.visits[waiter].caller, self.visits[waiter].waited);
        self.visits.free(waiter);
        let mut journey = self.journeys.take(slot);
        journey.stand_in = NONE;
        let light = journey.present_mut();
        light.at = t;
        light.waited += waited;
        light.pc += 1;
        if limit {
            light.keeps = self.holdings.add(Held::Place(station), t, light.keeps);
        } else {
            light.hold(station);
        }
        self.journeys.put(slot, journey);
        self.run_on(slot, t);
    }

    /// Takes the visit of a journey that waits out of its line, as the run has ended; returns since
    /// when it has stood there.
    pub(super) fn leave_line_at_end(&mut self, journey: &mut Journey) -> Option<u64> {
        let waiter = journey.stand_in;
        if waiter == NONE || self.visits[waiter].remaining != FOR_JOURNEY {
            return None;
        }
        journey.stand_in = NONE;
        let since = self.visits[waiter].since;
        self.visits.free(waiter);
        Some(since)
    }
}

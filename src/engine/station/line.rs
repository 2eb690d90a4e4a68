//! Waiting lines of stations: one for each class, linked through the visits in it.
//!
//! Not here: who comes to a line (`station`), and who is served next (`service`).

use super::{CLASSES, Mode};
use crate::engine::replication::Replication;
use crate::engine::room::{NOBODY, Outside};
use crate::engine::visit::flag;
use crate::model::{Discipline, Group, NONE, Outcome};
use crate::units::SimTime;

impl Replication<'_> {
    /// Returns who stands before the line of a station.
    pub(crate) fn outside(&self, station: u32) -> Outside {
        match &self.stations[station as usize].mode {
            Mode::Line(line) => line.outside,
            Mode::Planned(_) | Mode::Sharing(_) => NOBODY,
        }
    }

    /// Sets who stands before the line of a station.
    pub(crate) fn set_outside(&mut self, station: u32, outside: Outside) {
        let Mode::Line(line) = &mut self.stations[station as usize].mode else {
            unreachable!("only before a line is there a place to stand");
        };
        line.outside = outside;
    }

    /// Whether a station would take another visit, or let it wait.
    pub(crate) fn has_room(&self, station: u32, group: &Group) -> bool {
        let Mode::Line(line) = &self.stations[station as usize].mode else {
            unreachable!("only stations with a line are full");
        };
        line.busy < line.servers || line.waiting < group.waiting_limit
    }

    /// Puts a visit into the line of a class.
    pub(super) fn link_in(&mut self, slot: u32, station: u32, class: usize, front: bool) {
        let Mode::Line(line) = &mut self.stations[station as usize].mode else {
            unreachable!("only line stations keep a line");
        };
        line.waiting += 1;
        let (first, last) = line.ends[class];
        self.visits[slot].flags |= flag::WAITING;
        let rank = self.visits.rare(slot).page.rank;
        let discipline =
            self.model.groups[self.stations[station as usize].group as usize].discipline;
        if rank > 0 && !front && is_by_priority(discipline) {
            self.link_in_by_rank(slot, station, class, rank);
            return;
        }
        let Mode::Line(line) = &mut self.stations[station as usize].mode else {
            unreachable!("it was a line");
        };
        if first == NONE {
            line.ends[class] = (slot, slot);
            self.visits[slot].link = NONE;
            self.visits[slot].previous = NONE;
        } else if front {
            line.ends[class].0 = slot;
            self.visits[slot].link = first;
            self.visits[slot].previous = NONE;
            self.visits[first].previous = slot;
        } else {
            line.ends[class].1 = slot;
            self.visits[slot].link = NONE;
            self.visits[slot].previous = last;
            self.visits[last].link = slot;
        }
    }

    /// Puts a page into the line of a class, before those of larger posts.
    fn link_in_by_rank(&mut self, slot: u32, station: u32, class: usize, rank: u32) {
        let Mode::Line(line) = &mut self.stations[station as usize].mode else {
            unreachable!("only line stations keep a line");
        };
        let mut before = line.ends[class].1;
        while before != NONE && self.visits.rare(before).page.rank > rank {
            before = self.visits[before].previous;
        }
        let after = if before == NONE {
            std::mem::replace(&mut line.ends[class].0, slot)
        } else {
            std::mem::replace(&mut self.visits[before].link, slot)
        };
        self.visits[slot].link = after;
        self.visits[slot].previous = before;
        if after == NONE {
            line.ends[class].1 = slot;
        } else {
            self.visits[after].previous = slot;
        }
    }

    /// Takes a visit out of the line of a class.
    pub(super) fn link_out(&mut self, slot: u32, station: u32, class: usize) {
        let previous = self.visits[slot].previous;
        let next = self.visits[slot].link;
        self.visits[slot].flags &= !flag::WAITING;
        self.visits[slot].link = NONE;
        let Mode::Line(line) = &mut self.stations[station as usize].mode else {
            unreachable!("only line stations keep a line");
        };
        line.waiting -= 1;
        if previous == NONE {
            line.ends[class].0 = next;
        } else {
            self.visits[previous].link = next;
        }
        if next == NONE {
            line.ends[class].1 = previous;
        } else {
            self.visits[next].previous = previous;
        }
    }

    /// A visit has waited as long as it may.
    pub(crate) fn out_of_patience(&mut self, slot: u32, t: SimTime) {
        if self.visits[slot].flags & flag::WAITING == 0 {
            return;
        }
        self.events += 1;
        self.leave_line(slot, t, Outcome::TimedOut);
        self.drain();
    }

    /// Takes a visit out of the line in which it stands, and ends it.
    pub(crate) fn leave_line(&mut self, slot: u32, t: SimTime, outcome: Outcome) {
        let Some(station) = self.serving_station(slot) else {
            unreachable!("a visit in a line stands at a station");
        };
        let group = &self.model.groups[self.stations[station as usize].group as usize];
        let class = class_of(group.discipline, usize::from(self.visits[slot].priority));
        if self.visits.rare(slot).outside {
            self.step_aside(slot, station);
            self.leave_now(slot, t, outcome);
            return;
        }
        let blocks = group.blocks;
        self.link_out(slot, station, class);
        self.count_line(station, -1, t);
        self.count_wait(slot, t);
        self.leave_now(slot, t, outcome);
        if blocks {
            self.let_in(station, t);
            self.hand_freed_on(t);
        }
    }
}

fn is_by_priority(discipline: Discipline) -> bool {
    matches!(
        discipline,
        Discipline::Priority | Discipline::PriorityPreemptive
    )
}

pub(super) fn class_of(discipline: Discipline, priority: usize) -> usize {
    match discipline {
        Discipline::Priority | Discipline::PriorityPreemptive => priority.min(CLASSES - 1),
        Discipline::Fifo
        | Discipline::Lifo
        | Discipline::LifoPreemptive
        | Discipline::ProcessorSharing
        | Discipline::CoDel => 0,
    }
}

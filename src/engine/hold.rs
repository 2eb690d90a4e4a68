//! What visits hold until they leave: servers, environments, fetches.
//!
//! A visit's holdings form a list, the latest first; leaving gives them back in
//! that order, at the leaving time, on whatever path the visit leaves.

use super::replication::Replication;
use super::step::Resume;
use super::visit::flag;
use crate::mechanism::pool::Taken;
use crate::metrics::recorder::Area;
use crate::model::{NONE, Outcome};
use crate::random::purpose;
use crate::units::{SimTime, Span};

/// One thing that a visit holds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Holding {
    pub(super) what: Held,
    pub(super) since: SimTime,
    pub(super) next: u32,
}

/// What is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Held {
    /// A server of a station: the node's own.
    Server(u32),
    /// A place under a limit, or a connection.
    Place(u32),
    /// An environment of a pool.
    Environment(u32, u32),
    /// The fetch of a key that others wait for.
    Fetch(u32, u32),
    /// A balancer's choice that is counted as outstanding: balancer and candidate.
    Choice(u32, u32),
}

/// All holdings of a replication.
#[derive(Debug, Default)]
pub(crate) struct Holdings {
    slots: Vec<Holding>,
    free: Vec<u32>,
}

impl Holdings {
    /// Puts something before a list, of which the first is `next`; returns the new first.
    pub(super) fn add(&mut self, what: Held, since: SimTime, next: u32) -> u32 {
        let holding = Holding { what, since, next };
        if let Some(index) = self.free.pop() {
            self.slots[index as usize] = holding;
            return index;
        }
        self.slots.push(holding);
        self.slots.len() as u32 - 1
    }

    /// Takes the first of a list away.
    pub(super) fn take(&mut self, first: u32) -> Option<Holding> {
        let holding = *self.slots.get(first as usize)?;
        self.free.push(first);
        Some(holding)
    }
}

impl Replication<'_> {
    /// Notes that a visit holds something from now on.
    pub(crate) fn hold(&mut self, slot: u32, t: SimTime, what: Held) {
        let next = self.visits[slot].holds;
        self.visits[slot].holds = self.holdings.add(what, t, next);
    }

    /// Notes that a visit has seized a server of a station.
    pub(crate) fn hold_station(&mut self, slot: u32, t: SimTime, station: u32, limit: bool) {
        self.hold(
            slot,
            t,
            if limit {
                Held::Place(station)
            } else {
                Held::Server(station)
            },
        );
    }

    /// Returns the environment of a pool that a visit holds.
    pub(super) fn environment_of(&self, slot: u32, pool: u32) -> Option<u32> {
        let mut index = self.visits[slot].holds;
        while index != NONE {
            let holding = self.holdings.slots[index as usize];
            if let Held::Environment(of, environment) = holding.what
                && of == pool
            {
                return Some(environment);
            }
            index = holding.next;
        }
        None
    }

    /// Hands the places that a visit holds for what goes on beside it over to that strand.
    pub(super) fn hand_places(&mut self, slot: u32, strand: u32) {
        let (mut before, mut index) = (NONE, self.visits[slot].holds);
        while index != NONE {
            let Holding { what, next, .. } = self.holdings.slots[index as usize];
            let handed = matches!(what, Held::Place(station)
                if self.model.groups[self.stations[station as usize].group as usize].handed);
            if handed {
                if before == NONE {
                    self.visits[slot].holds = next;
                } else {
                    self.holdings.slots[before as usize].next = next;
                }
                self.holdings.slots[index as usize].next = self.visits[strand].holds;
                self.visits[strand].holds = index;
            } else {
                before = index;
            }
            index = next;
        }
    }

    /// Whether a visit, or the visit whose strand it is, holds a server of its node.
    pub(crate) fn holds_server(&self, slot: u32) -> bool {
        let mut slot = slot;
        loop {
            let mut index = self.visits[slot].holds;
            while index != NONE {
                let holding = self.holdings.slots[index as usize];
                if matches!(holding.what, Held::Server(_) | Held::Environment(..)) {
                    return true;
                }
                index = holding.next;
            }
            let visit = &self.visits[slot];
            if visit.flags & flag::STRAND == 0
                || visit.flags & flag::DETACHED != 0
                || self.visits[visit.caller].generation != visit.caller_generation
            {
                return false;
            }
            slot = visit.caller;
        }
    }

    /// Returns the station of a group of which a visit holds a server.
    pub(crate) fn held_of(&self, slot: u32, group: u32) -> Option<u32> {
        let mut found = None;
        self.servers_of(slot, |station| {
            if self.stations[station as usize].group == group {
                found = Some(station);
            }
        });
        found
    }

    /// Visits the stations of which a visit holds a server.
    pub(crate) fn servers_of(&self, slot: u32, mut found: impl FnMut(u32)) {
        let mut index = self.visits[slot].holds;
        while index != NONE {
            let holding = self.holdings.slots[index as usize];
            if let Held::Server(station) = holding.what {
                found(station);
            }
            index = holding.next;
        }
    }

    /// Whether a visit holds a place or connection of a group.
    pub(crate) fn holds_place(&self, slot: u32, group: u32) -> bool {
        let mut index = self.visits[slot].holds;
        while index != NONE {
            let holding = self.holdings.slots[index as usize];
            if let Held::Place(station) = holding.what
                && self.stations[station as usize].group == group
            {
                return true;
            }
            index = holding.next;
        }
        false
    }

    /// Adds time in which a held server did nothing to the books.
    pub(crate) fn blocked(&mut self, slot: u32, from: SimTime, to: SimTime) {
        if self.holds_server(slot) {
            let row = self.row_of(slot);
            self.recorder.area(row, Area::Blocked, from, to);
        }
    }

    /// Gives back the latest server that a visit holds of a group.
    pub(crate) fn release_group(&mut self, slot: u32, t: SimTime, group: u32) {
        let station = self.forget_server(slot, t, group);
        self.server_free(station, t);
    }

    /// Takes the latest server of a group from a visit that holds it, and returns its station.
    pub(crate) fn forget_server(&mut self, slot: u32, t: SimTime, group: u32) -> u32 {
        let mut before = NONE;
        let mut index = self.visits[slot].holds;
        while index != NONE {
            let holding = self.holdings.slots[index as usize];
            if let Held::Server(station) | Held::Place(station) = holding.what
                && self.stations[station as usize].group == group
            {
                if before == NONE {
                    self.visits[slot].holds = holding.next;
                } else {
                    self.holdings.slots[before as usize].next = holding.next;
                }
                self.holdings.free.push(index);
                self.count_held(slot, holding, t);
                return station;
            }
            before = index;
            index = holding.next;
        }
        unreachable!("a program releases what it has seized");
    }

    /// Gives back everything that a visit holds, because it leaves.
    pub(crate) fn let_go(&mut self, slot: u32, t: SimTime, outcome: Outcome) {
        let mut index = self.visits[slot].holds;
        self.visits[slot].holds = NONE;
        while index != NONE {
            let holding = self.holdings.slots[index as usize];
            self.holdings.free.push(index);
            self.give_back(slot, t, holding, outcome);
            index = holding.next;
        }
    }

    /// Forgets that a visit holds a fetch, which has ended.
    pub(crate) fn drop_fetch(&mut self, slot: u32, cache: u32, item: u32) {
        self.drop_held(slot, Held::Fetch(cache, item));
    }

    /// Forgets that a visit holds something.
    pub(crate) fn drop_held(&mut self, slot: u32, what: Held) {
        let mut before = NONE;
        let mut index = self.visits[slot].holds;
        while index != NONE {
            let holding = self.holdings.slots[index as usize];
            if holding.what == what {
                if before == NONE {
                    self.visits[slot].holds = holding.next;
                } else {
                    self.holdings.slots[before as usize].next = holding.next;
                }
                self.holdings.free.push(index);
                return;
            }
            before = index;
            index = holding.next;
        }
    }

    fn give_back(&mut self, slot: u32, t: SimTime, holding: Holding, outcome: Outcome) {
        self.count_held(slot, holding, t);
        match holding.what {
            Held::Server(station) | Held::Place(station) => self.server_free(station, t),
            Held::Environment(pool, environment) => {
                // What was in the middle of something when its time was over is not used again.
                let keep_alive = if outcome == Outcome::TimedOut {
                    Span::ZERO
                } else {
                    let law = self.model.pools[pool as usize].keep_alive;
                    Span(self.sample(slot, law, purpose::PATIENCE))
                };
                self.pools[pool as usize].give_back(environment, t, keep_alive);
            }
            Held::Fetch(cache, item) => self.fetch_ended(cache, item, t, outcome),
            Held::Choice(balancer, candidate) => {
                self.balancers[balancer as usize].finish(t, candidate);
            }
        }
    }

    /// Adds the time for which something was held to the books.
    fn count_held(&mut self, slot: u32, holding: Holding, t: SimTime) {
        let station = match holding.what {
            Held::Server(station) => Some(station),
            Held::Environment(..) => None,
            Held::Place(_) | Held::Fetch(..) | Held::Choice(..) => return,
        };
        let row = self.row_of(slot);
        self.visits[slot].served += t.since(holding.since).0;
        match station {
            Some(station) => {
                let instance = self.stations[station as usize].instance;
                self.count_one_of(row, (station, instance), holding.since, t);
            }
            None => self.recorder.worked(row, holding.since, t),
        }
    }

    /// Adds what is still held at the end of the run to the areas.
    pub(crate) fn close_held_areas(&mut self, slot: u32, end: SimTime) {
        let mut index = self.visits[slot].holds;
        while index != NONE {
            let holding = self.holdings.slots[index as usize];
            self.count_held(slot, holding, end);
            index = holding.next;
        }
        let visit = &self.visits[slot];
        let holds = visit.holds != NONE && visit.live > 0;
        if holds && !self.model.routes[visit.route as usize].strand {
            self.blocked(slot, SimTime(visit.began), end);
        }
    }

    /// Takes an environment; `Some(ready)` is when it may work, `None` a refusal.
    pub(crate) fn warm(&mut self, slot: u32, t: SimTime, pool: u32, cold: u32) -> Option<SimTime> {
        let constants = &self.model.pools[pool as usize];
        match self.pools[pool as usize].take(t) {
            Taken::Warm(environment) => {
                self.hold(slot, t, Held::Environment(pool, environment));
                self.visits[slot].pc += 1;
                Some(t)
            }
            Taken::Cold(environment) => {
                self.hold(slot, t, Held::Environment(pool, environment));
                let row = self.row_of(slot);
                let entered = SimTime(self.visits[slot].entered);
                let start = if constants.cold_start == NONE {
                    0
                } else {
                    self.sample(slot, constants.cold_start, purpose::COLD)
                };
                self.recorder.cold_start(row, entered, Span(start));
                let pc = self.visits[slot].pc;
                self.visits[slot].pc = if cold == NONE { pc + 1 } else { cold };
                Some(t + Span(start))
            }
            Taken::Full | Taken::TooFast => None,
        }
    }

    /// Lets a visit that waited for something go on at the present instant.
    pub(crate) fn wake(&mut self, slot: u32, t: SimTime) {
        self.pending.push(Resume {
            slot,
            at: t,
            granted: false,
        });
    }
}

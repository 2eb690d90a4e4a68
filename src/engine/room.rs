//! Blocking: visits that stand before a full line, and the callers whom they keep.
//!
//! A station that blocks lets a visit that finds its line full stand before it, first
//! come first. As soon as there is room the visit joins, and whoever called it gives
//! back the server that it kept (`OnRoom`). That server may let another visit in, whose
//! caller gives one back, and so on; these are taken one after the other, so that a
//! long row of full stations needs no deep stack.
//!
//! Servers may be kept in a circle, so that none of them is ever given back. Nothing
//! happens then; `deadlock` finds it between two events.

use std::collections::{BTreeMap, BTreeSet};

use super::replication::Replication;
use super::step::Resume;
use super::visit::flag;
use crate::metrics::recorder::Area;
use crate::model::{Model, NONE, OnRoom, Outcome};
use crate::units::{SimTime, Span};

/// Who stands before a line: first and last.
pub(crate) type Outside = (u32, u32);

/// Nobody stands before a line.
pub(crate) const NOBODY: Outside = (NONE, NONE);

impl Replication<'_> {
    /// Lets a visit stand before the line of a station.
    pub(crate) fn stand_before(&mut self, slot: u32, t: SimTime, station: u32) {
        let (first, last) = self.outside(station);
        self.visits[slot].flags |= flag::WAITING;
        self.visits[slot].link = NONE;
        let visit = &mut self.visits[slot];
        visit.previous = last;
        visit.since = t.0;
        self.visits.rare_mut(slot).outside = true;
        self.follow_stand(slot, t);
        if last == NONE {
            self.set_outside(station, (slot, slot));
        } else {
            self.visits[last].link = slot;
            self.set_outside(station, (first, slot));
        }
        self.arm(slot);
    }

    /// Takes a visit away from before the line of a station.
    pub(crate) fn step_aside(&mut self, slot: u32, station: u32) {
        let (mut first, mut last) = self.outside(station);
        let next = self.visits[slot].link;
        self.visits.rare_mut(slot).outside = false;
        let previous = self.visits[slot].previous;
        self.visits[slot].flags &= !flag::WAITING;
        self.visits[slot].link = NONE;
        if previous == NONE {
            first = next;
        } else {
            self.visits[previous].link = next;
        }
        if next == NONE {
            last = previous;
        } else {
            self.visits[next].previous = previous;
        }
        self.set_outside(station, (first, last));
    }

    /// Lets in who stands before the line of a station, as far as there is room.
    pub(crate) fn let_in(&mut self, station: u32, t: SimTime) {
        let model = self.model;
        let group = &model.groups[self.stations[station as usize].group as usize];
        loop {
            let (next, _) = self.outside(station);
            if next == NONE || !self.has_room(station, group) {
                return;
            }
            self.step_aside(next, station);
            self.follow_step(next, t);
            if self.deadline(next) < t {
                self.leave_now(next, t, Outcome::TimedOut);
                continue;
            }
            let patience = self.patience(next, group);
            if self.join_line(next, t, station, patience) {
                self.pending.push(Resume {
                    slot: next,
                    at: t,
                    granted: false,
                });
            }
        }
    }

    /// Tells whoever called a visit that a station that blocks has let it in.
    pub(crate) fn tell_room(&mut self, slot: u32, t: SimTime) {
        const ALONE: u16 = flag::ROOT | flag::DETACHED | flag::DELIVERY | flag::ABANDONED;
        let mut slot = slot;
        loop {
            let visit = self.visits[slot];
            if visit.flags & ALONE != 0
                || self.visits[visit.caller].generation != visit.caller_generation
            {
                return;
            }
            if visit.flags & flag::STRAND == 0 {
                let via = self.visits[slot].via;
                match self.model.routes[via as usize].on_room {
                    OnRoom::Nobody => return,
                    OnRoom::Above => {}
                    OnRoom::Release(group) => {
                        self.give_kept(visit.caller, t, group);
                        return;
                    }
                }
            }
            slot = visit.caller;
        }
    }

    /// Gives back the server of a group that a caller keeps, if it still does.
    pub(crate) fn give_kept(&mut self, caller: u32, t: SimTime, group: u32) {
        let Some(station) = self.held_of(caller, group) else {
            return;
        };
        let began = SimTime(self.visits[caller].began);
        let row = self.row_of(caller);
        self.recorder.area(row, Area::Blocked, began, t);
        self.forget_server(caller, t, group);
        self.freed.push_back(station);
    }

    /// Hands on the servers that were given back because somebody was let in.
    ///
    /// To be called before the clock may move.
    #[inline]
    pub(crate) fn hand_freed_on(&mut self, t: SimTime) {
        while let Some(station) = self.freed.pop_front() {
            self.hand_on(station, t);
        }
    }

    /// Whether a model has stations at which servers may be kept in a circle.
    pub(crate) fn may_deadlock(model: &Model) -> bool {
        model.groups.iter().any(|group| group.blocks) && model.routes.iter().any(|one| one.again)
    }

    /// Returns what is to be said of stations whose servers are kept in a circle, if any are.
    ///
    /// A server is stuck if its holder waits for a visit that stands at a station of the
    /// circle, and nothing else can wake it: no time-out, hedge or sibling. The greatest
    /// set of stations all of whose servers are stuck at stations of the set is found by
    /// taking away those that are not. O(live visits).
    pub(crate) fn deadlock(&self) -> Option<String> {
        let model = self.model;
        // Per station: its holders, each with the stations at which it waits.
        let mut holders: BTreeMap<u32, BTreeMap<u32, BTreeSet<u32>>> = BTreeMap::new();
        let mut before = BTreeSet::new();
        for slot in self.visits.slots() {
            if self.visits[slot].flags & flag::WAITING == 0 {
                continue;
            }
            let Some(at) = self.serving_station(slot) else {
                continue;
            };
            let group = &model.groups[self.stations[at as usize].group as usize];
            if self.visits.rare(slot).outside {
                before.insert(at);
            }
            if group.max_wait != NONE && group.waiting_limit > 0 {
                // Somebody in the line gives up some time, and makes room.
                continue;
            }
            self.climb(slot, |holder, station| {
                let of = holders.entry(station).or_default();
                of.entry(holder).or_default().insert(at);
            });
        }
        let mut stuck: BTreeSet<u32> = holders.keys().copied().collect();
        loop {
            let keeps = |station: &u32| {
                let servers = model.groups[self.stations[*station as usize].group as usize].servers;
                let waits = holders[station]
                    .values()
                    .filter(|at| at.iter().any(|at| stuck.contains(at)));
                waits.count() >= servers as usize
            };
            let left: BTreeSet<u32> = stuck.iter().copied().filter(keeps).collect();
            let same = left.len() == stuck.len();
            stuck = left;
            if same {
                break;
            }
        }
        if !stuck.iter().any(|station| before.contains(station)) {
            return None;
        }
        let nodes: BTreeSet<String> = stuck
            .iter()
            .map(|station| {
                let group = &model.groups[self.stations[*station as usize].group as usize];
                format!("`{}`", model.nodes[group.node as usize].name)
            })
            .collect();
        let nodes: Vec<String> = nodes.into_iter().collect();
        let named = match nodes.as_slice() {
            [only] => format!("node {only} is full of visits that wait for room at itself"),
            several => format!(
                "nodes {} are full of visits that wait for room at one another",
                several.join(", ")
            ),
        };
        Some(format!(
            "{named}, at {} s of simulated time: none of them ever goes on; give one of them more \
             room, or the calls between them a `timeout`",
            self.now.as_seconds()
        ))
    }

    /// Visits the servers whose holders can only wait for a visit.
    fn climb(&self, slot: u32, mut found: impl FnMut(u32, u32)) {
        const ALONE: u16 = flag::ROOT | flag::DETACHED | flag::DELIVERY | flag::ABANDONED;
        let mut slot = slot;
        loop {
            let visit = &self.visits[slot];
            self.servers_of(slot, |station| found(slot, station));
            if visit.flags & ALONE != 0
                || visit.reply_by != u64::MAX
                || self.visits[visit.caller].generation != visit.caller_generation
            {
                return;
            }
            let caller = &self.visits[visit.caller];
            let waits = if visit.flags & flag::BRANCH != 0 {
                let branches = self.visits.rare(visit.caller);
                branches.needed == NONE || branches.needed == branches.total
            } else {
                caller.live == 1
                    && self.model.routes[caller.route as usize].hedge_after == Span::MAX
            };
            if !waits {
                return;
            }
            slot = visit.caller;
        }
    }
}

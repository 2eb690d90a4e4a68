//! Messages in one array, linked into chains by number.

use crate::mechanism::message::Message;
use crate::units::SimTime;

/// Ends a chain.
pub(super) const NONE: u32 = u32::MAX;
/// Links in order of sending.
pub(super) const AGE: usize = 0;
/// Links in the line, or among those in flight.
pub(super) const LINE: usize = 1;

/// Where a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Gone; its number may be used again.
    Free,
    /// In the line.
    Visible,
    /// Received, and hidden for the visibility time-out.
    InFlight,
    /// Received, given back, and hidden until a time of its own.
    Delayed,
}

/// A message and its place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Held {
    pub(super) message: Message,
    /// When it came to this queue.
    pub(super) entered: SimTime,
    /// When it is visible again.
    pub(super) hidden_until: SimTime,
    /// Order of sending.
    pub(super) sequence: u64,
    /// Raised whenever it is received, or its number becomes free.
    pub(super) generation: u32,
    /// Its key's group, if the queue keeps order.
    pub(super) group: u32,
    pub(super) place: Place,
    /// Whether its retention ended while it was in flight.
    pub(super) overdue: bool,
    /// (previous, next) by kind of chain.
    links: [(u32, u32); 2],
}

/// All messages; freed numbers are used again first.
#[derive(Clone, Debug, Default)]
pub(super) struct Slab {
    all: Vec<Held>,
    free: Vec<u32>,
}

impl Slab {
    /// Adds a message that is in no chain and returns its number.
    pub(super) fn add(&mut self, message: Message, entered: SimTime, sequence: u64) -> u32 {
        let mut held = Held {
            message,
            entered,
            hidden_until: SimTime::ZERO,
            sequence,
            generation: 0,
            group: NONE,
            place: Place::Visible,
            overdue: false,
            links: [(NONE, NONE); 2],
        };
        match self.free.pop() {
            Some(id) => {
                held.generation = self.all[id as usize].generation;
                self.all[id as usize] = held;
                id
            }
            None => {
                self.all.push(held);
                self.all.len() as u32 - 1
            }
        }
    }

    /// Takes back a message that is in no chain any more.
    pub(super) fn free(&mut self, id: u32) {
        let held = self.at_mut(id);
        held.place = Place::Free;
        held.generation = held.generation.wrapping_add(1);
        self.free.push(id);
    }

    pub(super) fn at(&self, id: u32) -> &Held {
        &self.all[id as usize]
    }

    pub(super) fn at_mut(&mut self, id: u32) -> &mut Held {
        &mut self.all[id as usize]
    }
}

/// A doubly linked chain of messages.
#[derive(Clone, Copy, Debug)]
pub(super) struct Chain {
    pub(super) first: u32,
    last: u32,
    kind: usize,
}

impl Chain {
    /// An empty chain of the given kind of links.
    pub(super) const fn new(kind: usize) -> Chain {
        Chain {
            first: NONE,
            last: NONE,
            kind,
        }
    }

    pub(super) fn push_back(&mut self, slab: &mut Slab, id: u32) {
        self.insert_after(slab, self.last, id);
    }

    /// Puts a message behind another one (`NONE`: in front of all).
    pub(super) fn insert_after(&mut self, slab: &mut Slab, before: u32, id: u32) {
        let next = if before == NONE {
            std::mem::replace(&mut self.first, id)
        } else {
            std::mem::replace(&mut slab.at_mut(before).links[self.kind].1, id)
        };
        if next == NONE {
            self.last = id;
        } else {
            slab.at_mut(next).links[self.kind].0 = id;
        }
        slab.at_mut(id).links[self.kind] = (before, next);
    }

    /// Puts a message behind those that were sent before it. O(those).
    pub(super) fn insert_in_order(&mut self, slab: &mut Slab, id: u32) {
        let sequence = slab.at(id).sequence;
        let (mut before, mut next) = (NONE, self.first);
        while next != NONE && slab.at(next).sequence < sequence {
            before = next;
            next = slab.at(next).links[self.kind].1;
        }
        self.insert_after(slab, before, id);
    }

    /// Puts a message behind those that are hidden until the same instant or an earlier one.
    /// O(those behind), of which there are none unless less is hidden than before.
    pub(super) fn insert_by_end(&mut self, slab: &mut Slab, id: u32) {
        let until = slab.at(id).hidden_until;
        let mut before = self.last;
        while before != NONE && slab.at(before).hidden_until > until {
            before = slab.at(before).links[self.kind].0;
        }
        self.insert_after(slab, before, id);
    }

    pub(super) fn unlink(&mut self, slab: &mut Slab, id: u32) {
        let (previous, next) = slab.at(id).links[self.kind];
        if previous == NONE {
            self.first = next;
        } else {
            slab.at_mut(previous).links[self.kind].1 = next;
        }
        if next == NONE {
            self.last = previous;
        } else {
            slab.at_mut(next).links[self.kind].0 = previous;
        }
    }
}

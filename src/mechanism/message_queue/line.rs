//! The line of visible messages: one for all, or one per key, kept in order.

use std::collections::VecDeque;

use super::chain::{Chain, LINE, NONE, Slab};
use crate::mechanism::key_index::KeyIndex;

/// Visible messages.
#[derive(Clone, Debug)]
pub(super) enum Line {
    /// Any may be received.
    Open(Chain),
    /// Those of a key wait while one of them is in flight.
    Ordered(Groups),
}

/// One line per key.
#[derive(Clone, Debug, Default)]
pub(super) struct Groups {
    index: KeyIndex,
    all: Vec<Group>,
    free: Vec<u32>,
    /// Groups that may be received from, and some that are empty by now.
    ready: VecDeque<u32>,
}

#[derive(Clone, Copy, Debug)]
struct Group {
    key: u32,
    waiting: Chain,
    in_flight: u32,
    /// Whether it is in `ready`.
    queued: bool,
}

impl Line {
    pub(super) fn new(ordered: bool) -> Line {
        if ordered {
            Line::Ordered(Groups::default())
        } else {
            Line::Open(Chain::new(LINE))
        }
    }

    /// Puts a new message behind all others of its line.
    pub(super) fn push(&mut self, slab: &mut Slab, id: u32) {
        match self {
            Line::Open(line) => line.push_back(slab, id),
            Line::Ordered(groups) => {
                let group = groups.find_or_open(slab.at(id).message.item);
                slab.at_mut(id).group = group;
                groups.all[group as usize].waiting.push_back(slab, id);
                groups.settle(group);
            }
        }
    }

    /// Puts a message that was in flight back: behind all, or where it was.
    pub(super) fn put_back(&mut self, slab: &mut Slab, id: u32) {
        match self {
            Line::Open(line) => line.push_back(slab, id),
            Line::Ordered(groups) => {
                let group = slab.at(id).group;
                groups.all[group as usize].waiting.insert_in_order(slab, id);
                groups.land(group);
            }
        }
    }

    /// Tells the line that a message in flight will not come back.
    pub(super) fn forget(&mut self, slab: &Slab, id: u32) {
        if let Line::Ordered(groups) = self {
            groups.land(slab.at(id).group);
        }
    }

    /// Takes a visible message out that is not received.
    pub(super) fn remove(&mut self, slab: &mut Slab, id: u32) {
        match self {
            Line::Open(line) => line.unlink(slab, id),
            Line::Ordered(groups) => {
                let group = slab.at(id).group;
                groups.all[group as usize].waiting.unlink(slab, id);
                groups.settle(group);
            }
        }
    }

    /// Takes up to `most` messages out to be in flight.
    pub(super) fn receive(
        &mut self,
        slab: &mut Slab,
        most: u32,
        mut taken: impl FnMut(&mut Slab, u32),
    ) {
        match self {
            Line::Open(line) => {
                for _ in 0..most {
                    let id = line.first;
                    if id == NONE {
                        return;
                    }
                    line.unlink(slab, id);
                    taken(slab, id);
                }
            }
            Line::Ordered(groups) => {
                let mut left = most;
                while left > 0
                    && let Some(ready) = groups.ready.pop_front()
                {
                    let group = &mut groups.all[ready as usize];
                    group.queued = false;
                    while left > 0 && group.waiting.first != NONE {
                        let id = group.waiting.first;
                        group.waiting.unlink(slab, id);
                        group.in_flight += 1;
                        left -= 1;
                        taken(slab, id);
                    }
                    groups.settle(ready);
                }
            }
        }
    }
}

impl Groups {
    fn find_or_open(&mut self, key: u32) -> u32 {
        if let Some(group) = self.index.find(key) {
            return group;
        }
        let group = Group {
            key,
            waiting: Chain::new(LINE),
            in_flight: 0,
            queued: false,
        };
        let id = match self.free.pop() {
            Some(id) => {
                self.all[id as usize] = group;
                id
            }
            None => {
                self.all.push(group);
                self.all.len() as u32 - 1
            }
        };
        self.index.insert(key, id);
        id
    }

    /// Counts a message of the group that is not in flight any more.
    fn land(&mut self, id: u32) {
        self.all[id as usize].in_flight -= 1;
        self.settle(id);
    }

    /// Makes a group ready if it may be, or closes it if nothing is left of it.
    fn settle(&mut self, id: u32) {
        let group = &mut self.all[id as usize];
        if group.in_flight > 0 || group.queued {
            return;
        }
        if group.waiting.first != NONE {
            group.queued = true;
            self.ready.push_back(id);
        } else {
            self.index.remove(group.key);
            self.free.push(id);
        }
    }
}

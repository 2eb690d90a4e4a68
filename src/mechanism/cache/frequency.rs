//! Least frequently used: entries in lists by number of uses, all O(1).
//!
//! Uses are counted while an entry is in the cache and forgotten with it. Among
//! equals the least recently used goes first.

use super::entries::{Entries, List, NONE};

/// Entries ordered by number of uses.
#[derive(Clone, Debug)]
pub(super) struct Frequency {
    /// Lists of entries with equal uses, linked in ascending order of uses.
    lists: Vec<Rank>,
    /// Fewest uses.
    lowest: u32,
    free: u32,
}

#[derive(Clone, Copy, Debug)]
struct Rank {
    uses: u64,
    list: List,
    lower: u32,
    higher: u32,
}

impl Frequency {
    pub(super) fn new() -> Frequency {
        Frequency {
            lists: Vec::new(),
            lowest: NONE,
            free: NONE,
        }
    }

    /// Adds an entry with one use; `last` puts it behind its equals.
    pub(super) fn add(&mut self, entries: &mut Entries, id: u32, last: bool) {
        let once = match self.lists.get(self.lowest as usize) {
            Some(rank) if rank.uses == 1 => self.lowest,
            _ => self.open(1, NONE),
        };
        entries.at_mut(id).list = once;
        let list = &mut self.lists[once as usize].list;
        if last {
            list.push_back(entries, id);
        } else {
            list.push_front(entries, id);
        }
    }

    /// Counts one more use.
    pub(super) fn touch(&mut self, entries: &mut Entries, id: u32) {
        let from = entries.at(id).list;
        let Rank { uses, higher, .. } = self.lists[from as usize];
        let to = match self.lists.get(higher as usize) {
            Some(rank) if rank.uses == uses + 1 => higher,
            _ => self.open(uses + 1, from),
        };
        self.remove(entries, id);
        entries.at_mut(id).list = to;
        self.lists[to as usize].list.push_front(entries, id);
    }

    pub(super) fn remove(&mut self, entries: &mut Entries, id: u32) {
        let rank = entries.at(id).list;
        self.lists[rank as usize].list.unlink(entries, id);
        if self.lists[rank as usize].list.len == 0 {
            self.close(rank);
        }
    }

    /// Returns the entry that goes first.
    pub(super) fn victim(&self) -> Option<u32> {
        Some(self.lists.get(self.lowest as usize)?.list.last)
    }

    /// Opens a list above `lower` (`NONE`: as the lowest).
    fn open(&mut self, uses: u64, lower: u32) -> u32 {
        let higher = match self.lists.get(lower as usize) {
            Some(rank) => rank.higher,
            None => self.lowest,
        };
        let rank = Rank {
            uses,
            list: List::EMPTY,
            lower,
            higher,
        };
        let id = self.free;
        let id = if id == NONE {
            self.lists.push(rank);
            self.lists.len() as u32 - 1
        } else {
            self.free = self.lists[id as usize].higher;
            self.lists[id as usize] = rank;
            id
        };
        self.join(lower, id);
        self.join(id, higher);
        id
    }

    fn close(&mut self, rank: u32) {
        let Rank { lower, higher, .. } = self.lists[rank as usize];
        self.join(lower, higher);
        self.lists[rank as usize].higher = self.free;
        self.free = rank;
    }

    fn join(&mut self, lower: u32, higher: u32) {
        if lower == NONE {
            self.lowest = higher;
        } else {
            self.lists[lower as usize].higher = higher;
        }
        if higher != NONE {
            self.lists[higher as usize].lower = lower;
        }
    }
}

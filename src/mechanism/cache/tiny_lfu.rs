//! Windowed TinyLFU: a small recency window, and a main part that a candidate
//! enters only if it was asked for more often than the entry that would go.
//!
//! The window is 1 % of the capacity; the main part is a segmented list, four
//! fifths of it protected (entries that were used again there).
//!
//! Source: Einziger, Friedman, Manes (2017), “TinyLFU”, section 4.

use super::entries::{Entries, List};
use super::sketch::Sketch;

const WINDOW: u32 = 0;
const PROBATION: u32 = 1;
const PROTECTED: u32 = 2;

/// Entries in three lists, and the estimate of what is asked for.
#[derive(Clone, Debug)]
pub(super) struct TinyLfu {
    lists: [List; 3],
    /// Most (entries, bytes) of the window.
    window: (u64, u64),
    /// Most (entries, bytes) of the protected part.
    protected: (u64, u64),
    sketch: Sketch,
}

fn exceeds(list: &List, most: (u64, u64)) -> bool {
    list.len > most.0 || list.bytes > most.1
}

impl TinyLfu {
    pub(super) fn new(entries: u64, bytes: u64) -> TinyLfu {
        let split = |most: u64| {
            if most == u64::MAX {
                return (most, most);
            }
            let window = (most / 100).max(1);
            (window, (most - window.min(most)) / 5 * 4)
        };
        let (by_entries, by_bytes) = (split(entries), split(bytes));
        TinyLfu {
            lists: [List::EMPTY; 3],
            window: (by_entries.0, by_bytes.0),
            protected: (by_entries.1, by_bytes.1),
            sketch: Sketch::new(if entries == u64::MAX { 64 } else { entries }),
        }
    }

    /// Counts a look-up of a key, present or not.
    pub(super) fn count(&mut self, key: u32) {
        self.sketch.count(key);
    }

    pub(super) fn add(&mut self, entries: &mut Entries, id: u32) {
        let held: u64 = self.lists.iter().map(|list| list.len).sum();
        if held > self.sketch.entries() {
            self.sketch = Sketch::new(held * 2);
        }
        self.push(entries, id, WINDOW);
    }

    /// Adds an entry that counts for less than all before it.
    pub(super) fn add_last(&mut self, entries: &mut Entries, id: u32) {
        let bytes = u64::from(entries.at(id).bytes);
        let protected = self.lists[PROTECTED as usize];
        let fits = protected.len < self.protected.0
            && protected.bytes.saturating_add(bytes) <= self.protected.1;
        let list = if fits { PROTECTED } else { PROBATION };
        entries.at_mut(id).list = list;
        self.lists[list as usize].push_back(entries, id);
    }

    pub(super) fn touch(&mut self, entries: &mut Entries, id: u32) {
        let list = entries.at(id).list;
        self.remove(entries, id);
        if list == WINDOW {
            self.push(entries, id, WINDOW);
            return;
        }
        self.push(entries, id, PROTECTED);
        while exceeds(&self.lists[PROTECTED as usize], self.protected) {
            let last = self.lists[PROTECTED as usize].last;
            self.remove(entries, last);
            self.push(entries, last, PROBATION);
            if last == id {
                break;
            }
        }
    }

    pub(super) fn remove(&mut self, entries: &mut Entries, id: u32) {
        let list = entries.at(id).list;
        self.lists[list as usize].unlink(entries, id);
    }

    /// Chooses the entry that goes while the cache as a whole holds too much.
    pub(super) fn victim(&mut self, entries: &mut Entries) -> Option<u32> {
        let [window, probation, protected] = &self.lists;
        let main = [probation, protected].into_iter().find(|list| list.len > 0);
        let Some(main) = main else {
            return (window.len > 0).then_some(window.last);
        };
        let resident = main.last;
        if !exceeds(window, self.window) {
            return Some(resident);
        }
        let candidate = window.last;
        let (asked, kept) = (entries.at(candidate).key, entries.at(resident).key);
        if self.sketch.estimate(asked) > self.sketch.estimate(kept) {
            self.promote(entries, candidate);
            Some(resident)
        } else {
            Some(candidate)
        }
    }

    /// Lets what the window cannot hold into the main part, where there is room.
    pub(super) fn settle(&mut self, entries: &mut Entries) {
        while exceeds(&self.lists[WINDOW as usize], self.window) {
            self.promote(entries, self.lists[WINDOW as usize].last);
        }
    }

    fn promote(&mut self, entries: &mut Entries, id: u32) {
        self.remove(entries, id);
        self.push(entries, id, PROBATION);
    }

    fn push(&mut self, entries: &mut Entries, id: u32, list: u32) {
        entries.at_mut(id).list = list;
        self.lists[list as usize].push_front(entries, id);
    }
}

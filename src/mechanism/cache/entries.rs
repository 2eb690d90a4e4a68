//! Entries of a cache: one array, linked into lists by number.

use crate::mechanism::overlay::Overlay;
use crate::units::SimTime;

/// Ends a list.
pub(super) const NONE: u32 = u32::MAX;

/// What a cache holds for a key.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    /// First instant at which it is not fresh any more.
    pub(super) expires: SimTime,
    pub(super) key: u32,
    /// Size [bytes].
    pub(super) bytes: u32,
    /// Towards the front of its list; a place, for random replacement.
    pub(super) prev: u32,
    /// Towards the back of its list; the next free entry, when free.
    pub(super) next: u32,
    /// The list that it is in, for policies that have several.
    pub(super) list: u32,
}

const _: () = assert!(
    size_of::<Entry>() == 32,
    "a cache may hold millions of them"
);

/// All entries; freed ones are used again first.
#[derive(Clone, Debug)]
pub(super) struct Entries {
    all: Overlay<Entry>,
    free: u32,
}

impl Entries {
    pub(super) fn new() -> Entries {
        Entries {
            all: Overlay::new(Vec::new()),
            free: NONE,
        }
    }

    /// Makes room for so many more entries at once.
    pub(super) fn reserve(&mut self, more: usize) {
        self.all.reserve(more);
    }

    /// Returns the number that the next entry will have.
    pub(super) fn next(&self) -> u32 {
        if self.free == NONE {
            self.all.len() as u32
        } else {
            self.free
        }
    }

    /// Adds an entry that is in no list and returns its number.
    pub(super) fn add(&mut self, key: u32, bytes: u32, expires: SimTime) -> u32 {
        let entry = Entry {
            expires,
            key,
            bytes,
            prev: NONE,
            next: NONE,
            list: NONE,
        };
        if self.free == NONE {
            self.all.push(entry);
            return self.all.len() as u32 - 1;
        }
        let id = self.free;
        self.free = self.at(id).next;
        *self.at_mut(id) = entry;
        id
    }

    /// Takes back an entry that is in no list any more.
    pub(super) fn free(&mut self, id: u32) {
        self.at_mut(id).next = self.free;
        self.free = id;
    }

    pub(super) fn at(&self, id: u32) -> &Entry {
        self.all.at(id as usize)
    }

    pub(super) fn at_mut(&mut self, id: u32) -> &mut Entry {
        self.all.at_mut(id as usize)
    }

    /// Has the copies of these entries share what they are now.
    pub(super) fn share(&mut self) {
        self.all.share();
    }

    pub(super) fn clear(&mut self) {
        self.all = Overlay::new(Vec::new());
        self.free = NONE;
    }
}

/// A list of entries, the most valuable in front.
#[derive(Clone, Copy, Debug)]
pub(super) struct List {
    pub(super) first: u32,
    pub(super) last: u32,
    /// Number of entries.
    pub(super) len: u64,
    /// Size of all entries.
    pub(super) bytes: u64,
}

impl List {
    pub(super) const EMPTY: List = List {
        first: NONE,
        last: NONE,
        len: 0,
        bytes: 0,
    };

    pub(super) fn push_front(&mut self, entries: &mut Entries, id: u32) {
        let first = self.first;
        let entry = entries.at_mut(id);
        entry.prev = NONE;
        entry.next = first;
        self.bytes += u64::from(entry.bytes);
        self.len += 1;
        self.first = id;
        if first == NONE {
            self.last = id;
        } else {
            entries.at_mut(first).prev = id;
        }
    }

    pub(super) fn push_back(&mut self, entries: &mut Entries, id: u32) {
        let last = self.last;
        let entry = entries.at_mut(id);
        entry.prev = last;
        entry.next = NONE;
        self.bytes += u64::from(entry.bytes);
        self.len += 1;
        self.last = id;
        if last == NONE {
            self.first = id;
        } else {
            entries.at_mut(last).next = id;
        }
    }

    pub(super) fn unlink(&mut self, entries: &mut Entries, id: u32) {
        let Entry {
            prev, next, bytes, ..
        } = *entries.at(id);
        self.bytes -= u64::from(bytes);
        self.len -= 1;
        if prev == NONE {
            self.first = next;
        } else {
            entries.at_mut(prev).next = next;
        }
        if next == NONE {
            self.last = prev;
        } else {
            entries.at_mut(next).prev = prev;
        }
    }
}

//! Index from keys to places: a flat hash table without allocation per entry.
//!
//! Open addressing with linear probing; an entry is removed by moving its
//! followers up, so there are no tombstones. A slot is eight bytes. It can be
//! looked up but not iterated, so its order cannot reach a result.

use crate::mechanism::overlay::Overlay;

/// Marks an empty slot (in the half that holds the place).
const EMPTY: u32 = u32::MAX;
/// Keys that begin in neighbouring slots, as a power of two.
const BLOCK: u32 = 3;

/// Finds the place (any number but `u32::MAX`) that belongs to a key.
#[derive(Clone, Debug)]
pub struct KeyIndex {
    /// (key, place), a power of two of them.
    slots: Overlay<(u32, u32)>,
    /// 64 minus the number of bits of a block's number.
    shift: u32,
    len: usize,
}

impl Default for KeyIndex {
    fn default() -> KeyIndex {
        KeyIndex::new()
    }
}

impl KeyIndex {
    /// Makes an empty index.
    pub fn new() -> KeyIndex {
        KeyIndex {
            slots: Overlay::new(vec![(0, EMPTY); 16]),
            shift: 64 - (4 - BLOCK),
            len: 0,
        }
    }

    /// Makes room for so many more keys at once.
    pub fn reserve(&mut self, more: usize) {
        let mut slots = self.slots.len();
        while (self.len + more) * 4 >= slots * 3 {
            slots *= 2;
        }
        if slots > self.slots.len() {
            self.grow(slots);
        }
    }

    /// Returns the number of keys.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Says whether there are no keys.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Returns the place of a key.
    pub fn find(&self, key: u32) -> Option<u32> {
        let (_, place) = *self.slots.at(self.probe(key));
        (place != EMPTY).then_some(place)
    }

    /// Sets the place of a key.
    pub fn insert(&mut self, key: u32, place: u32) {
        debug_assert!(place != EMPTY, "the last place marks empty slots");
        self.reserve(1);
        let slot = self.probe(key);
        let entry = self.slots.at_mut(slot);
        self.len += usize::from(entry.1 == EMPTY);
        *entry = (key, place);
    }

    /// Sets the place of a key that has none; says whether it had none.
    pub fn add(&mut self, key: u32, place: u32) -> bool {
        debug_assert!(place != EMPTY, "the last place marks empty slots");
        self.reserve(1);
        let entry = self.slots.at_mut(self.probe(key));
        if entry.1 != EMPTY {
            return false;
        }
        *entry = (key, place);
        self.len += 1;
        true
    }

    /// Takes a key out and returns its place.
    pub fn remove(&mut self, key: u32) -> Option<u32> {
        let mask = self.slots.len() - 1;
        let mut hole = self.probe(key);
        let (_, place) = *self.slots.at(hole);
        if place == EMPTY {
            return None;
        }
        self.len -= 1;
        let mut slot = hole;
        loop {
            slot = (slot + 1) & mask;
            let (follower, its_place) = *self.slots.at(slot);
            if its_place == EMPTY {
                break;
            }
            // It may move up if its home is not between the hole and itself.
            let distance = slot.wrapping_sub(self.home(follower)) & mask;
            if distance >= slot.wrapping_sub(hole) & mask {
                *self.slots.at_mut(hole) = (follower, its_place);
                hole = slot;
            }
        }
        self.slots.at_mut(hole).1 = EMPTY;
        Some(place)
    }

    /// Forgets all keys.
    pub fn clear(&mut self) {
        self.slots = Overlay::new(vec![(0, EMPTY); self.slots.len()]);
        self.len = 0;
    }

    /// Returns the slot where the search for a key begins.
    ///
    /// CHOICE: neighbours stay together: a cache is filled with the likeliest
    /// keys in order, and then a slot is in the line of memory of the one before.
    fn home(&self, key: u32) -> usize {
        let block = u64::from(key >> BLOCK).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        ((block >> self.shift) as usize) << BLOCK | (key as usize & ((1 << BLOCK) - 1))
    }

    /// Returns the slot of a key, or the empty one where it belongs.
    fn probe(&self, key: u32) -> usize {
        let mask = self.slots.len() - 1;
        let mut slot = self.home(key);
        loop {
            let &(other, place) = self.slots.at(slot);
            if place == EMPTY || other == key {
                return slot;
            }
            slot = (slot + 1) & mask;
        }
    }

    /// Spreads the keys over so many slots, a power of two.
    #[cold]
    fn grow(&mut self, slots: usize) {
        self.shift -= slots.ilog2() - self.slots.len().ilog2();
        let before = std::mem::replace(&mut self.slots, Overlay::new(vec![(0, EMPTY); slots]));
        for &(key, place) in (0..before.len()).map(|slot| before.at(slot)) {
            if place != EMPTY {
                let slot = self.probe(key);
                *self.slots.at_mut(slot) = (key, place);
            }
        }
    }

    /// Has the copies of this index share what it holds now.
    pub fn share(&mut self) {
        self.slots.share();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        #[test]
        fn agrees_with_a_map(steps in prop::collection::vec((0u8..3, 0u32..60), 1..500)) {
            let mut index = KeyIndex::new();
            let mut map = BTreeMap::new();
            for (place, (what, key)) in (0u32..).zip(steps) {
                if what == 0 {
                    prop_assert_eq!(index.remove(key), map.remove(&key));
                } else {
                    index.insert(key, place);
                    map.insert(key, place);
                }
                prop_assert_eq!(index.len(), map.len());
                for key in 0..60 {
                    prop_assert_eq!(index.find(key), map.get(&key).copied());
                }
            }
        }
    }
}

//! Index from keys to places: a flat hash table without allocation per entry.
//!
//! Open addressing with linear probing; an entry is removed by moving its
//! followers up, so there are no tombstones. A slot is eight bytes. It can be
//! looked up but not iterated, so its order cannot reach a result.

/// Marks an empty slot (in the half that holds the place).
const EMPTY: u32 = u32::MAX;

/// Finds the place (any number but `u32::MAX`) that belongs to a key.
#[derive(Clone, Debug)]
pub struct KeyIndex {
    /// (key, place), a power of two of them.
    slots: Vec<(u32, u32)>,
    /// 64 minus the number of bits of a slot's number.
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
            slots: vec![(0, EMPTY); 16],
            shift: 60,
            len: 0,
        }
    }

    /// Makes room for so many more keys at once.
    pub fn reserve(&mut self, more: usize) {
        while (self.len + more) * 4 >= self.slots.len() * 3 {
            self.grow();
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
        let (_, place) = self.slots[self.probe(key)];
        (place != EMPTY).then_some(place)
    }

    /// Sets the place of a key.
    pub fn insert(&mut self, key: u32, place: u32) {
        debug_assert!(place != EMPTY, "the last place marks empty slots");
        if self.len * 4 >= self.slots.len() * 3 {
            self.grow();
        }
        let slot = self.probe(key);
        self.len += usize::from(self.slots[slot].1 == EMPTY);
        self.slots[slot] = (key, place);
    }

    /// Takes a key out and returns its place.
    pub fn remove(&mut self, key: u32) -> Option<u32> {
        let mask = self.slots.len() - 1;
        let mut hole = self.probe(key);
        let (_, place) = self.slots[hole];
        if place == EMPTY {
            return None;
        }
        self.len -= 1;
        let mut slot = hole;
        loop {
            slot = (slot + 1) & mask;
            let (follower, its_place) = self.slots[slot];
            if its_place == EMPTY {
                break;
            }
            // It may move up if its home is not between the hole and itself.
            let distance = slot.wrapping_sub(self.home(follower)) & mask;
            if distance >= slot.wrapping_sub(hole) & mask {
                self.slots[hole] = (follower, its_place);
                hole = slot;
            }
        }
        self.slots[hole].1 = EMPTY;
        Some(place)
    }

    /// Forgets all keys.
    pub fn clear(&mut self) {
        self.slots.fill((0, EMPTY));
        self.len = 0;
    }

    fn home(&self, key: u32) -> usize {
        (u64::from(key).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> self.shift) as usize
    }

    /// Returns the slot of a key, or the empty one where it belongs.
    fn probe(&self, key: u32) -> usize {
        let mask = self.slots.len() - 1;
        let mut slot = self.home(key);
        while self.slots[slot].1 != EMPTY && self.slots[slot].0 != key {
            slot = (slot + 1) & mask;
        }
        slot
    }

    fn grow(&mut self) {
        let slots = vec![(0, EMPTY); self.slots.len() * 2];
        self.shift -= 1;
        for (key, place) in std::mem::replace(&mut self.slots, slots) {
            if place != EMPTY {
                let slot = self.probe(key);
                self.slots[slot] = (key, place);
            }
        }
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

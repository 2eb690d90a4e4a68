//! Timing wheel: time-outs, most of which are cancelled before they are due.
//!
//! Four levels of 64 slots; a tick is 2^17 ns (131 µs), so the levels span 36
//! minutes. Entries are doubly linked through one array that is parallel to the
//! visits, hence setting and cancelling are O(1) and memory follows the live
//! entries. When a slot of the lowest level opens, its entries are handed out
//! to become exact events; a slot of a higher level is spread over the lower
//! ones. What lies beyond the levels waits in a list that is looked through
//! when the levels' span has passed.
//!
//! Not here: exact order, which is the event queue's (`engine::queue`).

use crate::units::SimTime;

/// Nanoseconds of one tick, as a power of two.
const TICK: u32 = 17;
/// Bits of a tick number told apart by one level.
const DIGIT: u32 = 6;
/// Slots of one level.
const SLOTS: u64 = 1 << DIGIT;
/// Levels.
const LEVELS: u32 = 4;
/// Ticks that the levels span, as a power of two.
const SPAN: u32 = DIGIT * LEVELS;
/// The list of what lies beyond the levels; it comes after the levels' slots.
const BEYOND: u32 = (SLOTS as u32) * LEVELS;
/// Ends a list.
const NONE: u32 = u32::MAX;
/// Marks an entry that is in no list.
const OUT: u32 = u32::MAX;
/// Marks a `prev` that names a list instead of an entry.
const HEAD: u32 = 1 << 31;

/// Time-outs by slot of a visit; each slot has at most one.
#[derive(Clone, Debug)]
pub struct Wheel {
    /// By slot of a visit, grown on demand.
    entries: Vec<Entry>,
    /// First entry of each list.
    heads: Vec<u32>,
    /// Per level: which lists hold entries.
    filled: [u64; LEVELS as usize],
    /// Tick from which levels are counted; never after the present.
    base: u64,
    /// When `open` has something to do next.
    next_at: SimTime,
    /// Number of entries.
    len: usize,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    at: SimTime,
    order: u64,
    prev: u32,
    next: u32,
}

impl Default for Wheel {
    fn default() -> Wheel {
        Wheel::new()
    }
}

impl Wheel {
    /// Makes an empty wheel that starts at time zero.
    pub fn new() -> Wheel {
        Wheel {
            entries: Vec::new(),
            heads: vec![NONE; BEYOND as usize + 1],
            filled: [0; LEVELS as usize],
            base: 0,
            next_at: SimTime::NEVER,
            len: 0,
        }
    }

    /// Returns the number of entries.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Says whether there are no entries.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Says whether the slot has an entry.
    pub fn holds(&self, slot: u32) -> bool {
        self.entries
            .get(slot as usize)
            .is_some_and(|entry| entry.prev != OUT)
    }

    /// Sets the entry of a slot. O(1).
    ///
    /// # Panics
    ///
    /// Panics in debug builds if the slot already has an entry.
    pub fn insert(&mut self, slot: u32, at: SimTime, order: u64) {
        debug_assert!(!self.holds(slot), "slot {slot} already has an entry");
        if slot as usize >= self.entries.len() {
            let out = Entry {
                at: SimTime::ZERO,
                order: 0,
                prev: OUT,
                next: NONE,
            };
            self.entries.resize(slot as usize + 1, out);
        }
        let entry = &mut self.entries[slot as usize];
        entry.at = at;
        entry.order = order;
        self.len += 1;
        self.link(slot);
    }

    /// Cancels the entry of a slot; says whether there was one. O(1).
    pub fn remove(&mut self, slot: u32) -> bool {
        if !self.holds(slot) {
            return false;
        }
        let Entry { prev, next, .. } = self.entries[slot as usize];
        self.entries[slot as usize].prev = OUT;
        if next != NONE {
            self.entries[next as usize].prev = prev;
        }
        if prev & HEAD == 0 {
            self.entries[prev as usize].next = next;
        } else {
            let list = prev & !HEAD;
            self.heads[list as usize] = next;
            if next == NONE {
                self.unmark(list);
                self.next_at = self.find_next();
            }
        }
        self.len -= 1;
        true
    }

    /// Returns when `open` has something to do next: no entry is due earlier.
    ///
    /// `NEVER` if there are no entries.
    #[inline]
    pub fn next_at(&self) -> SimTime {
        self.next_at
    }

    /// Looks for what `next_at` answers.
    fn find_next(&self) -> SimTime {
        match self.first_list() {
            Some(list) => SimTime(self.start_of(list) << TICK),
            None if self.heads[BEYOND as usize] != NONE => SimTime(self.next_span() << TICK),
            None => SimTime::NEVER,
        }
    }

    /// Hands out, once each and in no particular order, the entries of all ticks
    /// that have begun by `now`.
    ///
    /// To be called before anything at or after `next_at` happens. An entry may
    /// be due up to a tick later than `now`.
    pub fn open(&mut self, now: SimTime, mut due: impl FnMut(u32, SimTime, u64)) {
        while self.next_at() <= now {
            let Some(list) = self.first_list() else {
                self.base = self.next_span().max(now.0 >> TICK >> SPAN << SPAN);
                self.relink(BEYOND);
                continue;
            };
            self.base = self.start_of(list);
            if u64::from(list) >= SLOTS {
                self.relink(list);
                continue;
            }
            let mut slot = self.take(list);
            while slot != NONE {
                let Entry {
                    at, order, next, ..
                } = self.entries[slot as usize];
                self.entries[slot as usize].prev = OUT;
                self.len -= 1;
                due(slot, at, order);
                slot = next;
            }
        }
    }

    /// Puts an entry at the front of the list where it belongs at present.
    fn link(&mut self, slot: u32) {
        let tick = (self.entries[slot as usize].at.0 >> TICK).max(self.base);
        let differing = (tick ^ self.base) | (SLOTS - 1);
        let level = differing.ilog2() / DIGIT;
        let (list, start) = if level < LEVELS {
            let first = tick >> (level * DIGIT);
            let digit = first % SLOTS;
            self.filled[level as usize] |= 1 << digit;
            let list = level * SLOTS as u32 + digit as u32;
            (list, first << (level * DIGIT))
        } else {
            (BEYOND, self.next_span())
        };
        self.next_at = self.next_at.min(SimTime(start << TICK));
        let next = std::mem::replace(&mut self.heads[list as usize], slot);
        if next != NONE {
            self.entries[next as usize].prev = slot;
        }
        self.entries[slot as usize].prev = HEAD | list;
        self.entries[slot as usize].next = next;
    }

    /// Spreads a list over the lists where its entries belong at present.
    fn relink(&mut self, list: u32) {
        let mut slot = self.take(list);
        while slot != NONE {
            let next = self.entries[slot as usize].next;
            self.link(slot);
            slot = next;
        }
    }

    /// Empties a list and returns its first entry.
    fn take(&mut self, list: u32) -> u32 {
        self.unmark(list);
        let first = std::mem::replace(&mut self.heads[list as usize], NONE);
        self.next_at = self.find_next();
        first
    }

    fn unmark(&mut self, list: u32) {
        if list < BEYOND {
            self.filled[(list / SLOTS as u32) as usize] &= !(1 << (list % SLOTS as u32));
        }
    }

    /// Returns the earliest list of the levels that holds entries.
    fn first_list(&self) -> Option<u32> {
        let level = self.filled.iter().position(|&filled| filled != 0)?;
        Some(level as u32 * SLOTS as u32 + self.filled[level].trailing_zeros())
    }

    /// Returns the first tick of a list of the levels.
    fn start_of(&self, list: u32) -> u64 {
        let (level, digit) = (list / SLOTS as u32, u64::from(list) % SLOTS);
        let above = (level + 1) * DIGIT;
        (self.base >> above << above) | digit << (level * DIGIT)
    }

    /// Returns the first tick beyond the levels.
    fn next_span(&self) -> u64 {
        ((self.base >> SPAN) + 1) << SPAN
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    #[test]
    fn hands_out_an_entry_in_the_tick_of_its_time() {
        let mut wheel = Wheel::new();
        wheel.insert(7, SimTime(200_000_000), 42);

        let mut seen = Vec::new();
        let mut opened = SimTime::ZERO;
        while !wheel.is_empty() {
            opened = wheel.next_at();
            wheel.open(opened, |slot, at, order| seen.push((slot, at, order)));
        }

        assert_eq!(seen, [(7, SimTime(200_000_000), 42)]);
        assert_eq!(opened, SimTime(200_000_000 >> TICK << TICK));
        assert_eq!(wheel.next_at(), SimTime::NEVER);
    }

    #[test]
    fn forgets_what_is_cancelled() {
        let mut wheel = Wheel::new();
        for slot in 0..5 {
            wheel.insert(slot, SimTime(1_000_000), 0);
        }

        let removed = [
            wheel.remove(4),
            wheel.remove(0),
            wheel.remove(2),
            wheel.remove(2),
        ];
        let mut seen = Vec::new();
        wheel.open(SimTime(1_000_000), |slot, _, _| seen.push(slot));
        seen.sort_unstable();

        assert_eq!(removed, [true, true, true, false]);
        assert_eq!(seen, [1, 3]);
        assert!(!wheel.holds(1) && wheel.is_empty());
    }

    #[test]
    fn reaches_entries_days_away() {
        let day = 86_400_000_000_000u64;
        let mut wheel = Wheel::new();
        wheel.insert(1, SimTime(7 * day), 0);
        wheel.insert(2, SimTime(day), 0);

        let mut seen = Vec::new();
        let mut opens = 0;
        while !wheel.is_empty() {
            let now = wheel.next_at();
            wheel.open(now, |slot, at, _| {
                assert!(now <= at, "{now:?} is after {at:?}");
                seen.push(slot);
            });
            opens += 1;
        }

        assert_eq!(seen, [2, 1]);
        assert!(opens < 400, "{opens} spans of 36 minutes in a week");
    }

    proptest! {
        #[test]
        fn hands_out_every_entry_in_time_and_once(
            steps in prop::collection::vec((0u8..4, 0u32..64, 0u32..46, 1u64..64), 1..400)
        ) {
            let mut wheel = Wheel::new();
            let mut live = BTreeMap::new();
            let mut handed: Vec<(u32, SimTime, u64)> = Vec::new();
            let mut now = 0u64;
            for (index, (what, slot, shift, factor)) in steps.into_iter().enumerate() {
                let delay = (factor << shift) >> 6;
                if what < 2 && !live.contains_key(&slot) {
                    wheel.insert(slot, SimTime(now + delay), index as u64);
                    live.insert(slot, (SimTime(now + delay), index as u64));
                } else if what == 2 {
                    prop_assert_eq!(wheel.remove(slot), live.remove(&slot).is_some());
                } else {
                    now += delay;
                    if wheel.next_at() <= SimTime(now) {
                        wheel.open(SimTime(now), |slot, at, order| handed.push((slot, at, order)));
                    }
                    for (slot, at, order) in handed.drain(..) {
                        prop_assert_eq!(live.remove(&slot), Some((at, order)));
                        prop_assert!(at.0 < now + (1 << TICK), "too early");
                    }
                    prop_assert!(live.values().all(|(at, _)| at.0 > now), "too late");
                }
                prop_assert_eq!(wheel.len(), live.len());
                prop_assert!(live.values().all(|(at, _)| wheel.next_at() <= *at));
            }
        }
    }
}

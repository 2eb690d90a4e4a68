//! Event queue: pending events in the order `(at, order)`.
//!
//! A radix wheel: nine levels of 64 slots, a slot of level `l` being `64^l` ticks
//! of 4 µs wide, so that the wheel spans all of time and nothing adapts. An event
//! lies at the level of the highest digit in which its time differs from `base`. Slots are unsorted. When the earliest slot is opened, few events are
//! sorted into `open`, many are spread over the levels below it. Events for the
//! open stretch of time are inserted into its sorted rest; once that has grown
//! long the stretch is cut short, so that an insertion never moves much.
//!
//! The order is total, so nothing here shows in a result. Not here: arrivals of
//! load lines, which stay outside (`engine`), and time-outs that are mostly
//! cancelled (`engine::wheel`).

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

use super::sort::sort;
use crate::units::SimTime;

/// Width of the narrowest slot, as a power of two of nanoseconds.
///
/// CHOICE: narrower ones hold single events at most rates we simulate, wider ones
/// have more to sort; from 2^10 to 2^12 the difference is in the noise.
pub(super) const TICK: u32 = 12;
/// Bits of time told apart by one level.
const DIGIT: u32 = 6;
/// Slots of one level.
const SLOTS: usize = 1 << DIGIT;
/// Levels that cover 64 bits.
const LEVELS: usize = 9;
/// A slot with more events than this is spread over the levels below it.
const SORT_LIMIT: usize = 32;
/// A sorted rest longer than this is cut short before an insertion.
const OPEN_LIMIT: usize = 64;
/// Stands for the key of an event that does not exist.
const EMPTY: u128 = u128::MAX;
/// An emptied slot keeps room for at most this many events.
const KEEP_LIMIT: usize = 4096;

/// Whom an event concerns (27 bits) and what happens (5 bits).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target(u32);

impl Target {
    /// Nothing that happens to anybody.
    pub(super) const NONE: Target = Target(0);
    /// Highest slot that a target can name.
    pub const MAX_SLOT: u32 = (1 << 27) - 1;

    /// Packs a slot and a code of what happens.
    ///
    /// # Panics
    ///
    /// Panics in debug builds if the slot needs more than 27 bits or the code
    /// more than 5.
    #[inline]
    pub fn new(slot: u32, what: u8) -> Target {
        debug_assert!(slot <= Self::MAX_SLOT, "slot {slot} needs over 27 bits");
        debug_assert!(what < 32, "code {what} needs over 5 bits");
        Target(slot << 5 | u32::from(what))
    }

    /// Returns whom it concerns.
    pub fn slot(self) -> u32 {
        self.0 >> 5
    }

    /// Returns the code of what happens, below 32.
    pub fn what(self) -> u8 {
        (self.0 & 31) as u8
    }
}

/// A thing that will happen at a known time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// When it happens.
    pub at: SimTime,
    /// Breaks ties: class, then source, then that source's own count.
    pub order: u64,
    /// Whom it concerns and what happens.
    pub target: Target,
    /// The slot's generation when this was posted; a later one makes it stale.
    pub generation: u32,
}

// The pending set is the largest thing the loop touches; at 24 bytes, 1 000
// pending events fit in a first-level cache.
const _: () = assert!(size_of::<Event>() == 24, "events are 24 bytes");

impl Event {
    pub(super) fn key(&self) -> u128 {
        key(self.at, self.order)
    }
}

/// Returns time and order as one number, which sorts like the two.
#[inline]
pub fn key(at: SimTime, order: u64) -> u128 {
    u128::from(at.0) << 64 | u128::from(order)
}

impl Ord for Event {
    fn cmp(&self, other: &Event) -> Ordering {
        self.key().cmp(&other.key())
    }
}

impl PartialOrd for Event {
    fn partial_cmp(&self, other: &Event) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Pending events, earliest first.
///
/// Events may be pushed at any time from that of the last popped event on.
#[derive(Clone, Debug)]
pub struct EventQueue {
    /// Events up to `open_last`, sorted, earliest at the end.
    open: Vec<Event>,
    /// More of them, when many fall into one tick.
    crowd: BinaryHeap<Reverse<Event>>,
    /// Last instant of the open stretch; all later events lie in slots.
    open_last: u64,
    /// Whether the open stretch is longer than one tick.
    divisible: bool,
    /// Time from which levels are counted; never after a later push.
    base: u64,
    /// Time of the last popped event.
    now: u64,
    /// `LEVELS × SLOTS` unsorted lists.
    slots: Vec<Vec<Event>>,
    /// Per level: which slots hold events.
    filled: [u64; LEVELS],
    /// Which levels hold events.
    levels: u32,
    /// Key of the earliest event; `EMPTY` if there is none.
    head: u128,
    /// Number of pending events.
    len: usize,
    /// Whether the open stretch has been opened since somebody asked.
    opened: bool,
}

impl Default for EventQueue {
    fn default() -> EventQueue {
        EventQueue::new()
    }
}

impl EventQueue {
    /// Makes an empty queue that starts at time zero.
    pub fn new() -> EventQueue {
        EventQueue {
            open: Vec::new(),
            crowd: BinaryHeap::new(),
            open_last: 0,
            divisible: false,
            base: 0,
            now: 0,
            slots: vec![Vec::new(); LEVELS * SLOTS],
            filled: [0; LEVELS],
            levels: 0,
            head: EMPTY,
            len: 0,
            opened: false,
        }
    }

    /// Returns the number of pending events.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Says whether nothing is pending.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Adds an event. Amortised O(1), except O(log n) among n events of one tick.
    ///
    /// # Panics
    ///
    /// Panics in debug builds if the event lies before the last popped one.
    #[inline(always)]
    pub fn push(&mut self, event: Event) {
        debug_assert!(event.at.0 >= self.now, "{event:?} lies in the past");
        self.len += 1;
        self.head = self.head.min(event.key());
        if event.at.0 > self.open_last {
            self.file(event);
        } else {
            // In registers: one event that is passed in memory has all of them written there.
            self.insert(event.at, event.order, event.target, event.generation);
        }
    }

    /// Puts an event into the sorted rest of the open stretch.
    #[inline(never)]
    fn insert(&mut self, at: SimTime, order: u64, target: Target, generation: u32) {
        let event = Event {
            at,
            order,
            target,
            generation,
        };
        if self.open.len() >= OPEN_LIMIT {
            if self.divisible {
                self.cut_short();
                if event.at.0 > self.open_last {
                    self.file(event);
                    return;
                }
            }
            if self.open.len() >= OPEN_LIMIT {
                self.crowd.push(Reverse(event));
                return;
            }
        }
        let key = event.key();
        let mut place = self.open.len();
        while place > 0 && self.open[place - 1].key() < key {
            place -= 1;
        }
        self.open.insert(place, event);
    }

    /// Takes the earliest event.
    #[inline(always)]
    pub fn pop(&mut self) -> Option<Event> {
        if self.open.is_empty() || !self.crowd.is_empty() {
            self.have_it_last();
        }
        // From here alone, so that it comes in registers.
        let event = self.open.pop()?;
        self.len -= 1;
        self.now = event.at.0;
        if self.open.is_empty() && self.crowd.is_empty() {
            // What comes before it from now on is put into the open stretch.
            self.open_next();
        }
        self.head = match self.open.last() {
            Some(next) if self.crowd.is_empty() => next.key(),
            _ => self.find_head(),
        };
        Some(event)
    }

    /// Has the open stretch end with the earliest event, if there is any, where it does not do so
    /// by itself.
    #[cold]
    #[inline(never)]
    fn have_it_last(&mut self) {
        if self.open.is_empty() && self.crowd.is_empty() {
            self.open_next();
        }
        if let Some(Reverse(crowd)) = self.crowd.peek()
            && self.open.last().is_none_or(|open| crowd < open)
        {
            self.open.push(*crowd);
            self.crowd.pop();
        }
    }

    /// Returns time and order of the earliest event. O(1).
    #[inline]
    pub fn peek(&self) -> Option<(SimTime, u64)> {
        (self.head != EMPTY).then_some((SimTime((self.head >> 64) as u64), self.head as u64))
    }

    /// Returns time and order of the earliest event as one number; the greatest if there is none.
    #[inline]
    pub fn head(&self) -> u128 {
        self.head
    }

    /// Looks for the key of the earliest event, of which the open stretch holds one if any.
    #[cold]
    fn find_head(&self) -> u128 {
        let open = self.open.last().map(Event::key);
        let crowd = self.crowd.peek().map(|Reverse(event)| event.key());
        open.into_iter().chain(crowd).min().unwrap_or(EMPTY)
    }

    /// Puts an event that lies after the open stretch into its slot.
    #[inline]
    fn file(&mut self, event: Event) {
        let differing = ((event.at.0 ^ self.base) >> TICK) | (SLOTS as u64 - 1);
        let level = (differing.ilog2() / DIGIT) as usize;
        let digit = (event.at.0 >> (TICK + level as u32 * DIGIT)) as usize % SLOTS;
        self.slots[level * SLOTS + digit].push(event);
        self.filled[level] |= 1 << digit;
        self.levels |= 1 << level;
    }

    /// Returns the slot that holds the earliest event outside the open stretch.
    fn first_slot(&self) -> Option<usize> {
        if self.levels == 0 {
            return None;
        }
        let level = self.levels.trailing_zeros() as usize;
        Some(level * SLOTS + self.filled[level].trailing_zeros() as usize)
    }

    /// Opens the earliest slot; says whether there was one.
    #[inline(never)]
    fn open_next(&mut self) -> bool {
        let Some(slot) = self.first_slot() else {
            return false;
        };
        let level = slot / SLOTS;
        self.filled[level] &= !(1 << (slot % SLOTS));
        if self.filled[level] == 0 {
            self.levels &= !(1 << level);
        }
        if level == 0 || self.slots[slot].len() <= SORT_LIMIT {
            std::mem::swap(&mut self.open, &mut self.slots[slot]);
            let below = (1u64 << (TICK + level as u32 * DIGIT)) - 1;
            self.base = self.open.first().map_or(self.base, |e| e.at.0) & !below;
            self.open_last = self.base | below;
            self.divisible = level > 0;
        } else {
            let mut events = std::mem::take(&mut self.slots[slot]);
            let first = events.iter().map(|e| e.at.0).min();
            self.start_at(first.unwrap_or(self.base));
            for event in events.drain(..) {
                if event.at.0 <= self.open_last {
                    self.open.push(event);
                } else {
                    self.file(event);
                }
            }
            self.keep(slot, events);
        }
        sort(&mut self.open);
        self.opened = true;
        true
    }

    /// Returns the event that comes next, unless that has yet to be found.
    #[inline(always)]
    pub fn next(&self) -> Option<&Event> {
        self.open.last()
    }

    /// Returns the events that come next, latest first, if they were found since this was asked
    /// last. Of many in one tick some may be missing.
    #[inline(always)]
    pub fn just_opened(&mut self) -> Option<&[Event]> {
        std::mem::take(&mut self.opened).then_some(&self.open[..])
    }

    /// Files all but the present tick of the open stretch.
    fn cut_short(&mut self) {
        self.start_at(self.now);
        let kept = self.open.partition_point(|e| e.at.0 > self.open_last);
        for place in 0..kept {
            self.file(self.open[place]);
        }
        self.open.drain(..kept);
    }

    /// Makes the rest of one tick the open stretch.
    fn start_at(&mut self, at: u64) {
        self.base = at;
        self.open_last = at | ((1 << TICK) - 1);
        self.divisible = false;
    }

    /// Gives an emptied list back to its slot, unless it has become a burden.
    fn keep(&mut self, slot: usize, list: Vec<Event>) {
        if list.capacity() <= KEEP_LIMIT && self.slots[slot].capacity() == 0 {
            self.slots[slot] = list;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn event(at: u64, order: u64) -> Event {
        Event {
            at: SimTime(at),
            order,
            target: Target::new(order as u32 & Target::MAX_SLOT, 3),
            generation: 0,
        }
    }

    /// SplitMix64.
    fn word(state: &mut u64) -> u64 {
        *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = *state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Holds `pending` events and pops and pushes `steps` times beside a heap.
    fn agrees_with_a_heap(pending: usize, steps: usize, mut delay: impl FnMut(u64) -> u64) {
        let mut state = pending as u64;
        let mut queue = EventQueue::new();
        let mut heap = BinaryHeap::new();
        let mut now = 0;
        for step in 0..pending + steps {
            if step >= pending {
                let expected = heap.pop().map(|Reverse(e): Reverse<Event>| e);
                if step % 3 == 0 {
                    let head = expected.map(|e| (e.at, e.order));
                    assert_eq!(queue.peek(), head, "head at step {step}");
                }
                let popped = queue.pop();
                assert_eq!(popped, expected, "step {step}");
                now = popped.map_or(now, |e| e.at.0);
            }
            let at = now.saturating_add(delay(word(&mut state)));
            let new = event(at, word(&mut state) << 32 | step as u64);
            queue.push(new);
            heap.push(Reverse(new));
        }
        while let Some(Reverse(expected)) = heap.pop() {
            assert_eq!(queue.pop(), Some(expected), "emptying");
        }
        assert!(queue.is_empty() && queue.pop().is_none() && queue.peek().is_none());
    }

    #[test]
    fn target_keeps_slot_and_code() {
        let target = Target::new(Target::MAX_SLOT, 31);

        assert_eq!((target.slot(), target.what()), (Target::MAX_SLOT, 31));
    }

    #[test]
    fn takes_an_earlier_event_after_a_look_at_a_far_one() {
        let mut queue = EventQueue::new();
        queue.push(event(60_000_000_000, 1));

        let far = queue.peek();
        queue.push(event(5, 2));
        queue.push(event(u64::MAX, 3));

        assert_eq!(far, Some((SimTime(60_000_000_000), 1)));
        assert_eq!(queue.peek(), Some((SimTime(5), 2)));
        let order: Vec<u64> = std::iter::from_fn(|| queue.pop())
            .map(|e| e.order)
            .collect();
        assert_eq!(order, [2, 1, 3]);
    }

    #[test]
    fn tells_once_which_events_come_next() {
        let mut queue = EventQueue::new();
        // In two ticks.
        for at in [10, 5_000, 5_001, 5_002] {
            queue.push(event(at, at));
        }

        let before = queue.just_opened().map(<[Event]>::len);
        let first = queue.pop().map(|event| event.at.0);
        let next: Option<Vec<u64>> =
            (queue.just_opened()).map(|events| events.iter().map(|event| event.at.0).collect());

        assert_eq!(before, None);
        assert_eq!(first, Some(10));
        assert_eq!(next, Some(vec![5_002, 5_001, 5_000]));
        assert_eq!(queue.just_opened(), None);
    }

    #[test]
    fn agrees_with_a_heap_on_dense_schedules() {
        agrees_with_a_heap(20_000, 200_000, |w| w % 1_000_000);
    }

    #[test]
    fn agrees_with_a_heap_on_sparse_and_mixed_schedules() {
        agrees_with_a_heap(300, 100_000, |w| (w >> 8) >> (w % 50));
    }

    #[test]
    fn agrees_with_a_heap_on_crowded_instants() {
        agrees_with_a_heap(5_000, 100_000, |w| w % 3 / 2 * 1000);
    }

    #[test]
    fn agrees_with_a_heap_when_a_wide_stretch_fills_up() {
        let mut sent = 0;
        agrees_with_a_heap(10, 100_000, |w| {
            sent += 1;
            if sent < 5_000 { 1 << 30 } else { w % 5_000 }
        });
    }

    proptest! {
        #[test]
        fn agrees_with_a_heap_on_any_pushes_and_pops(
            steps in prop::collection::vec((0u8..4, 0u32..45, 0u64..8), 1..600)
        ) {
            let mut queue = EventQueue::new();
            let mut heap = BinaryHeap::new();
            let mut now = 0;
            for (index, (what, shift, factor)) in steps.into_iter().enumerate() {
                if what == 0 {
                    let popped = queue.pop();
                    prop_assert_eq!(popped, heap.pop().map(|Reverse(e): Reverse<Event>| e));
                    now = popped.map_or(now, |e| e.at.0);
                } else {
                    let order = (factor.wrapping_mul(0x9e37) & 7) << 32 | index as u64;
                    let new = event(now + (factor << shift >> 3), order);
                    queue.push(new);
                    heap.push(Reverse(new));
                }
                prop_assert_eq!(queue.len(), heap.len());
                if what < 2 {
                    let head = heap.peek().map(|Reverse(e)| (e.at, e.order));
                    prop_assert_eq!(queue.peek(), head);
                }
            }
        }
    }
}

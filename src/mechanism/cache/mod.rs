//! Keyed cache: which keys are held, how long, and which go when it is full.
//!
//! Expired entries stay until they are touched or evicted, as in the stores we
//! model. A fetch that several visits share is a `Fetches` beside the entries.
//!
//! Not here: caches with a fixed hit rate (a coin), and the time a look-up takes.

mod entries;
mod fetch;
mod frequency;
mod sketch;
mod tiny_lfu;

#[cfg(test)]
mod tests;

pub use fetch::Fetches;

use self::entries::{Entries, List};
use self::frequency::Frequency;
use self::tiny_lfu::TinyLfu;
use crate::mechanism::key_index::KeyIndex;
use crate::units::{SimTime, Span};

/// Which entry goes when the cache is full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Eviction {
    /// The least recently used.
    Lru,
    /// The least frequently used, by uses while in the cache.
    Lfu,
    /// Windowed TinyLFU: admitted by estimated frequency.
    TinyLfu,
    /// The oldest.
    Fifo,
    /// Any, with equal probability.
    Random,
    /// None: what does not fit is not kept.
    Refuse,
}

/// What restarts the time to live of a present entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Renewal {
    /// A fill.
    Write,
    /// A fill or a hit.
    Hit,
    /// Nothing.
    Never,
}

/// The constants of a cache.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Which entry goes.
    pub eviction: Eviction,
    /// Most entries; `u64::MAX` is unlimited.
    pub entries: u64,
    /// Most bytes of all entries; `u64::MAX` is unlimited.
    pub bytes: u64,
    /// Time to live; `MAX` is for ever.
    pub ttl: Span,
    /// What restarts it.
    pub renewal: Renewal,
    /// How long an expired entry may be served while one fetch renews it.
    pub stale: Span,
}

/// What a look-up finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LookUp {
    /// A fresh entry.
    Hit,
    /// An expired entry that may be served.
    Stale {
        /// Whether this visit has to fetch it anew (nobody else does).
        fetch: bool,
    },
    /// Nothing.
    Miss,
    /// Nothing, but another visit is fetching it: wait for that one.
    Join,
}

/// Which keys are held, and since when.
#[derive(Clone, Debug)]
pub struct Cache {
    limits: Limits,
    index: KeyIndex,
    entries: Entries,
    order: Order,
    bytes: u64,
    /// Fetches under way, and who waits for them.
    pub fetches: Fetches,
}

/// The order in which entries go.
#[derive(Clone, Debug)]
enum Order {
    Recency(List),
    Age(List),
    Frequency(Frequency),
    Tiny(Box<TinyLfu>),
    None(Vec<u32>),
}

impl Cache {
    /// Makes an empty cache.
    pub fn new(limits: Limits) -> Cache {
        Cache {
            limits,
            index: KeyIndex::new(),
            entries: Entries::new(),
            order: Order::new(&limits),
            bytes: 0,
            fetches: Fetches::default(),
        }
    }

    /// Returns the number of entries, expired ones included.
    pub fn len(&self) -> u64 {
        self.index.len() as u64
    }

    /// Says whether it holds nothing.
    pub fn is_empty(&self) -> bool {
        self.index.is_empty()
    }

    /// Returns the size of all entries, in bytes.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Says whether a fresh entry is there, without using it.
    pub fn holds(&self, key: u32, now: SimTime) -> bool {
        self.index
            .find(key)
            .is_some_and(|id| now < self.entries.at(id).expires)
    }

    /// Looks a key up and counts the use.
    ///
    /// With `coalesce` a miss begins a fetch that later ones join; it ends by
    /// `fill` or `fetches.end`.
    pub fn look_up(&mut self, key: u32, now: SimTime, coalesce: bool) -> LookUp {
        if let Order::Tiny(tiny) = &mut self.order {
            tiny.count(key);
        }
        if let Some(id) = self.index.find(key) {
            let expires = self.entries.at(id).expires;
            if now < expires {
                if self.limits.renewal == Renewal::Hit {
                    self.entries.at_mut(id).expires = now + self.limits.ttl;
                }
                self.order.touch(&mut self.entries, id);
                return LookUp::Hit;
            }
            if now < expires + self.limits.stale {
                self.order.touch(&mut self.entries, id);
                return LookUp::Stale {
                    fetch: self.fetches.begin(key),
                };
            }
            self.remove(id);
        }
        if coalesce && !self.fetches.begin(key) {
            LookUp::Join
        } else {
            LookUp::Miss
        }
    }

    /// Puts a key in, ends its fetch, and returns the first of the chain of
    /// visits that waited for it.
    ///
    /// Evicts what has to go; an entry larger than the cache is not kept.
    /// `word` is drawn from for random replacement.
    pub fn fill(
        &mut self,
        key: u32,
        bytes: u32,
        now: SimTime,
        word: impl FnMut() -> u64,
    ) -> Option<u32> {
        self.store(key, bytes, now, word);
        if self.fetches.is_empty() {
            None
        } else {
            self.fetches.end(key)
        }
    }

    /// Says whether a key would be kept: where nothing is evicted, whether there is room for it.
    pub fn fits(&self, key: u32, bytes: u32) -> bool {
        if self.limits.eviction != Eviction::Refuse {
            return true;
        }
        let there = self.index.find(key).map(|id| self.entries.at(id).bytes);
        let entries = self.len() + u64::from(there.is_none());
        let bytes = self.bytes - u64::from(there.unwrap_or(0)) + u64::from(bytes);
        entries <= self.limits.entries && bytes <= self.limits.bytes
    }

    fn store(&mut self, key: u32, bytes: u32, now: SimTime, mut word: impl FnMut() -> u64) {
        if !self.fits(key, bytes) {
            return;
        }
        let mut expires = now + self.limits.ttl;
        if let Some(id) = self.index.find(key) {
            let entry = self.entries.at_mut(id);
            if self.limits.renewal == Renewal::Never && now < entry.expires {
                expires = entry.expires;
            }
            if entry.bytes == bytes {
                entry.expires = expires;
                self.order.touch(&mut self.entries, id);
                return;
            }
            // CHOICE: an entry of another size is a new one: it may need room.
            self.remove(id);
        }
        let size = u64::from(bytes);
        if size > self.limits.bytes || self.limits.entries == 0 {
            return;
        }
        if !matches!(self.order, Order::Tiny(_)) {
            self.make_room(1, size, &mut word);
        }
        let id = self.entries.add(key, bytes, expires);
        self.index.insert(key, id);
        self.bytes += size;
        self.order.add(&mut self.entries, id);
        self.make_room(0, 0, &mut word);
        if let Order::Tiny(tiny) = &mut self.order {
            tiny.settle(&mut self.entries);
        }
        debug_assert!(self.len() <= self.limits.entries && self.bytes <= self.limits.bytes);
    }

    /// Takes a key out; says whether it was there. A fetch under way goes on.
    pub fn invalidate(&mut self, key: u32) -> bool {
        match self.index.find(key) {
            Some(id) => {
                self.remove(id);
                true
            }
            None => false,
        }
    }

    /// Takes all keys out; fetches under way go on.
    pub fn flush(&mut self) {
        self.index.clear();
        self.entries.clear();
        self.order = Order::new(&self.limits);
        self.bytes = 0;
    }

    /// Holds as much as other limits say from now on, of the same policy: what is too much goes.
    /// What is there keeps the time that it was given.
    pub fn change(&mut self, limits: Limits, mut word: impl FnMut() -> u64) {
        self.limits = limits;
        self.make_room(0, 0, &mut word);
    }

    /// Puts keys in, the likeliest first, until it is full or there are no more.
    ///
    /// Earlier keys count as more recently used. Keys already held are left alone.
    pub fn warm(&mut self, keys: impl Iterator<Item = u32>, bytes: u32, now: SimTime) {
        let (_, most) = keys.size_hint();
        let room = self.limits.entries.saturating_sub(self.len());
        let more = most.map_or(0, |most| room.min(most as u64) as usize);
        self.index.reserve(more);
        self.entries.reserve(more);
        for key in keys {
            let size = self.bytes.saturating_add(u64::from(bytes));
            if self.len() >= self.limits.entries || size > self.limits.bytes {
                return;
            }
            if !self.index.add(key, self.entries.next()) {
                continue;
            }
            let id = self.entries.add(key, bytes, now + self.limits.ttl);
            self.bytes = size;
            self.order.add_last(&mut self.entries, id);
        }
    }

    /// Has the copies of this cache share what it holds now, until they change it.
    pub fn share(&mut self) {
        self.index.share();
        self.entries.share();
    }

    /// Evicts until so many more entries and bytes fit.
    fn make_room(&mut self, entries: u64, bytes: u64, word: &mut impl FnMut() -> u64) {
        while self.len() + entries > self.limits.entries
            || self.bytes.saturating_add(bytes) > self.limits.bytes
        {
            let Some(victim) = self.order.victim(&mut self.entries, word) else {
                return;
            };
            self.remove(victim);
        }
    }

    fn remove(&mut self, id: u32) {
        let entry = *self.entries.at(id);
        self.order.remove(&mut self.entries, id);
        self.index.remove(entry.key);
        self.bytes -= u64::from(entry.bytes);
        self.entries.free(id);
    }
}

impl Order {
    fn new(limits: &Limits) -> Order {
        match limits.eviction {
            Eviction::Lru => Order::Recency(List::EMPTY),
            Eviction::Fifo | Eviction::Refuse => Order::Age(List::EMPTY),
            Eviction::Lfu => Order::Frequency(Frequency::new()),
            Eviction::TinyLfu => Order::Tiny(Box::new(TinyLfu::new(limits.entries, limits.bytes))),
            Eviction::Random => Order::None(Vec::new()),
        }
    }

    fn add(&mut self, entries: &mut Entries, id: u32) {
        match self {
            Order::Recency(list) | Order::Age(list) => list.push_front(entries, id),
            Order::Frequency(frequency) => frequency.add(entries, id, false),
            Order::Tiny(tiny) => tiny.add(entries, id),
            Order::None(held) => {
                entries.at_mut(id).prev = held.len() as u32;
                held.push(id);
            }
        }
    }

    /// Adds an entry that goes before all others.
    fn add_last(&mut self, entries: &mut Entries, id: u32) {
        match self {
            Order::Recency(list) | Order::Age(list) => list.push_back(entries, id),
            Order::Frequency(frequency) => frequency.add(entries, id, true),
            Order::Tiny(tiny) => tiny.add_last(entries, id),
            Order::None(_) => self.add(entries, id),
        }
    }

    fn touch(&mut self, entries: &mut Entries, id: u32) {
        match self {
            Order::Recency(list) => {
                if list.first != id {
                    list.unlink(entries, id);
                    list.push_front(entries, id);
                }
            }
            Order::Frequency(frequency) => frequency.touch(entries, id),
            Order::Tiny(tiny) => tiny.touch(entries, id),
            Order::Age(_) | Order::None(_) => {}
        }
    }

    fn remove(&mut self, entries: &mut Entries, id: u32) {
        match self {
            Order::Recency(list) | Order::Age(list) => list.unlink(entries, id),
            Order::Frequency(frequency) => frequency.remove(entries, id),
            Order::Tiny(tiny) => tiny.remove(entries, id),
            Order::None(held) => {
                let place = entries.at(id).prev;
                held.swap_remove(place as usize);
                if let Some(&moved) = held.get(place as usize) {
                    entries.at_mut(moved).prev = place;
                }
            }
        }
    }

    fn victim(&mut self, entries: &mut Entries, word: &mut impl FnMut() -> u64) -> Option<u32> {
        match self {
            Order::Recency(list) | Order::Age(list) => (list.len > 0).then_some(list.last),
            Order::Frequency(frequency) => frequency.victim(),
            Order::Tiny(tiny) => tiny.victim(entries),
            Order::None(held) if held.is_empty() => None,
            Order::None(held) => {
                let place = (u128::from(word()) * held.len() as u128) >> 64;
                Some(held[place as usize])
            }
        }
    }
}

//! Look-ups in caches, fills, and the versions of keys.

use super::hold::Held;
use super::replication::Replication;
use super::visit::NO_INSTANCE;
use crate::mechanism::cache::{Cache, Limits, LookUp};
use crate::metrics::recorder::LookUps;
use crate::model::{Model, NONE, Outcome};
use crate::random::{address, draw, purpose};
use crate::units::SimTime;
use std::collections::BTreeMap;

/// Caches, and what few visits remember of keys.
///
/// All replications begin with the same: a large warm cache is filled once and
/// shared by copies that remember what they change.
#[derive(Clone, Debug)]
pub(crate) struct Lookups {
    /// Per cache of the model, per copy or partition.
    caches: Vec<Vec<Cache>>,
    /// Keys that a visit's call for several items missed, by the calling visit.
    missed: BTreeMap<u32, Vec<u32>>,
    /// Version of a written key of a node.
    versions: BTreeMap<(u32, u32), u64>,
}

impl Lookups {
    /// Makes the caches of a model, warm where they are to be.
    pub(crate) fn new(model: &Model) -> Lookups {
        let model = super::change::at_start(model);
        let caches = model
            .caches
            .iter()
            .map(|constants| super::convert::caches(model, constants))
            .collect();
        Lookups {
            caches,
            missed: BTreeMap::new(),
            versions: BTreeMap::new(),
        }
    }

    /// Has the copies of these caches share what they hold now.
    pub(crate) fn share(&mut self) {
        for cache in self.caches.iter_mut().flatten() {
            cache.share();
        }
    }

    /// Takes all entries out of one cache of the model; fetches under way go on.
    pub(crate) fn flush(&mut self, cache: u32) {
        self.caches[cache as usize]
            .iter_mut()
            .for_each(Cache::flush);
    }

    /// Lets one cache of the model hold more or less, or for another time.
    pub(super) fn change(&mut self, cache: u32, limits: Limits, word: &mut dyn FnMut() -> u64) {
        for one in &mut self.caches[cache as usize] {
            one.change(limits, &mut *word);
        }
    }

    /// Returns the caches of one cache of the model.
    pub(crate) fn of(&self, cache: u32) -> &[Cache] {
        &self.caches[cache as usize]
    }
}

impl Replication<'_> {
    fn cache_of(&mut self, slot: u32, cache: u32) -> (u32, &mut Cache) {
        self.cache_at(self.visits[slot].instance, cache)
    }

    /// Returns the cache of a copy or partition, and its number among all of them.
    #[inline(always)]
    fn cache_at(&mut self, instance: u16, cache: u32) -> (u32, &mut Cache) {
        let instances = &mut self.lookups.caches[cache as usize];
        let index = if instance == NO_INSTANCE {
            0
        } else {
            usize::from(instance) % instances.len()
        };
        let id = (cache << 16) | index as u32;
        (id, &mut instances[index])
    }

    /// Counts look-ups as the node's, unless the cache lies behind another.
    #[inline]
    fn count_look_ups(&mut self, cache: u32, row: u32, entered: SimTime, counts: LookUps) {
        if self.model.caches[cache as usize].counted {
            self.recorder.look_ups(row, entered, counts);
        }
    }

    /// Looks one item up for whom fetches what it misses by itself; tells whether it is there.
    #[inline]
    pub(super) fn look_one_up(
        &mut self,
        cache: u32,
        (row, entered): (u32, SimTime),
        instance: u16,
        (item, t): (u32, SimTime),
    ) -> bool {
        let (_, store) = self.cache_at(instance, cache);
        let (hit, stale) = match store.look_up(item, t, false) {
            LookUp::Hit => (true, false),
            LookUp::Stale { fetch } => (!fetch, !fetch),
            // Nobody waits for another's fetch here.
            LookUp::Miss | LookUp::Join => (false, false),
        };
        let counts = LookUps {
            hits: u64::from(hit),
            misses: u64::from(!hit),
            stale: u64::from(stale),
            ..LookUps::default()
        };
        self.count_look_ups(cache, row, entered, counts);
        hit
    }

    /// Looks up in a keyed cache. Returns whether the visit goes on now.
    pub(crate) fn look_up(
        &mut self,
        slot: u32,
        t: SimTime,
        cache: u32,
        miss: u32,
        join: bool,
    ) -> bool {
        let items = self.visits[slot].items;
        if items > 1 {
            self.look_up_several(slot, t, cache, miss);
            return true;
        }
        let item = self.visits[slot].item;
        let row = self.row_of(slot);
        let entered = SimTime(self.visits[slot].entered);
        let pc = self.visits[slot].pc;
        if !join {
            let instance = self.visits[slot].instance;
            let hit = self.look_one_up(cache, (row, entered), instance, (item, t));
            let visit = &mut self.visits[slot];
            if hit {
                visit.pc = pc + 1;
            } else {
                (visit.pc, visit.missed) = (miss, 1);
            }
            return true;
        }
        let (id, store) = self.cache_of(slot, cache);
        match store.look_up(item, t, true) {
            LookUp::Hit => {
                self.visits[slot].pc = pc + 1;
                self.count_look_ups(
                    cache,
                    row,
                    entered,
                    LookUps {
                        hits: 1,
                        ..LookUps::default()
                    },
                );
            }
            LookUp::Stale { fetch } => {
                if fetch {
                    self.spawn(slot, t, miss, 0);
                    if let Some(resume) = self.pending.last() {
                        let strand = resume.slot;
                        self.visits.rare_mut(strand).renews = true;
                        self.hold(strand, t, Held::Fetch(id, item));
                    }
                }
                self.visits[slot].pc = pc + 1;
                let counts = LookUps {
                    hits: 1,
                    stale: 1,
                    ..LookUps::default()
                };
                self.count_look_ups(cache, row, entered, counts);
            }
            LookUp::Miss => {
                self.hold(slot, t, Held::Fetch(id, item));
                self.visits[slot].pc = miss;
                self.visits[slot].missed = 1;
                self.count_look_ups(
                    cache,
                    row,
                    entered,
                    LookUps {
                        misses: 1,
                        ..LookUps::default()
                    },
                );
            }
            LookUp::Join => {
                let after = store.fetches.join(item, slot);
                self.visits[slot].link = NONE;
                if let Some(after) = after {
                    self.visits[after].link = slot;
                }
                self.arm(slot);
                self.follow_stand(slot, t);
                self.count_look_ups(
                    cache,
                    row,
                    entered,
                    LookUps {
                        joined: 1,
                        ..LookUps::default()
                    },
                );
                return false;
            }
        }
        true
    }

    /// Looks several keys up; one miss suffices to go on as after a miss.
    fn look_up_several(&mut self, slot: u32, t: SimTime, cache: u32, miss: u32) {
        let keys = self.keys_of(slot);
        let row = self.row_of(slot);
        let entered = SimTime(self.visits[slot].entered);
        let pc = self.visits[slot].pc;
        let mut counts = LookUps::default();
        let mut missed = Vec::new();
        let (_, store) = self.cache_of(slot, cache);
        for &key in &keys {
            match store.look_up(key, t, false) {
                LookUp::Hit => counts.hits += 1,
                LookUp::Stale { fetch: false } => {
                    counts.hits += 1;
                    counts.stale += 1;
                }
                LookUp::Stale { fetch: true } | LookUp::Miss | LookUp::Join => missed.push(key),
            }
        }
        counts.misses = missed.len() as u64;
        self.count_look_ups(cache, row, entered, counts);
        if missed.is_empty() {
            self.visits[slot].pc = pc + 1;
            return;
        }
        self.visits[slot].missed = missed.len() as u32;
        self.visits[slot].pc = miss;
        let via = self.visits[slot].via;
        if via != NONE && self.model.routes[via as usize].on_miss != NONE {
            let caller = self.visits[slot].caller;
            self.lookups.missed.insert(caller, missed);
        }
    }

    /// Returns the keys that a visit is about: those that its caller missed, or fresh draws.
    pub(super) fn keys_of(&self, slot: u32) -> Vec<u32> {
        let visit = &self.visits[slot];
        let items = self.visits[slot].items;
        if visit.caller != NONE
            && let Some(missed) = self.lookups.missed.get(&visit.caller)
            && missed.len() == items as usize
        {
            return missed.clone();
        }
        if self.is_page(slot) {
            // The recipients of the page: any users.
            let keys = (0..items).map(|index| {
                let key = draw(visit.key, u64::from(index));
                self.recipient(key, address(visit.hop, purpose::KEY, 0, 1))
            });
            return keys.collect();
        }
        let Some(law) = self
            .model
            .keys
            .iter()
            .find(|keys| keys.contains(visit.item))
        else {
            return vec![visit.item; items as usize];
        };
        let ordinal = self.visits[slot].ordinal;
        std::iter::once(visit.item)
            .chain((1..items).map(|index| {
                let key = draw(visit.key, u64::from(index));
                let nth = ordinal + u64::from(index);
                law.draw_nth(key, address(visit.hop, purpose::KEY, 0, 1), nth)
            }))
            .collect()
    }

    /// Whether a strand that renews an expired entry has done so: what lies behind the
    /// look-up is for the visit that was answered from it.
    pub(crate) fn has_renewed(&self, slot: u32) -> bool {
        let rare = self.visits.rare(slot);
        rare.renews && rare.depth == 1
    }

    /// Forgets the keys that a visit's call has missed.
    pub(crate) fn forget_missed(&mut self, slot: u32) {
        self.lookups.missed.remove(&slot);
    }

    /// Looks up with a fixed hit rate.
    pub(crate) fn look_up_fixed(&mut self, slot: u32, below: u32, miss: u32) {
        let items = self.visits[slot].items;
        let visit = &self.visits[slot];
        let (key, pc, entered) = (visit.key, visit.pc, SimTime(visit.entered));
        let site = &self.tables.code[pc as usize];
        let place = address(visit.hop, purpose::COIN, site.operation, 0);
        let mut counts = LookUps::default();
        for index in 0..items {
            let key = if index == 0 {
                key
            } else {
                draw(key, u64::from(index))
            };
            if ((draw(key, place) >> 32) as u32) < below {
                counts.hits += 1;
            } else {
                counts.misses += 1;
            }
        }
        self.recorder.look_ups(site.row, entered, counts);
        self.visits[slot].missed = counts.misses as u32;
        self.visits[slot].pc = if counts.misses == 0 { pc + 1 } else { miss };
    }

    /// Puts the item that a journey is about into a cache, and lets those who waited go on;
    /// unless it must fit and does not, which is told.
    pub(super) fn fill_one(
        &mut self,
        (cache, must): (u32, bool),
        instance: u16,
        (item, bytes): (u32, u64),
        t: SimTime,
    ) -> bool {
        let size = u32::try_from(bytes).unwrap_or(u32::MAX);
        if must && !self.cache_at(instance, cache).1.fits(item, size) {
            return false;
        }
        let (_, first) = self.put_in(cache, instance, (item, size), t);
        self.wake_chain(first, t);
        true
    }

    /// Puts one item into a cache, if there is room; returns the number of the copy's or
    /// partition's cache, and the first of those who waited for the item.
    fn put_in(
        &mut self,
        cache: u32,
        instance: u16,
        (item, size): (u32, u32),
        t: SimTime,
    ) -> (u32, Option<u32>) {
        let node = self.model.caches[cache as usize].node;
        let mut stream = self.streams[node as usize].clone();
        let (id, store) = self.cache_at(instance, cache);
        let first = store.fill(item, size, t, || stream.next_word());
        self.streams[node as usize] = stream;
        (id, first)
    }

    /// Puts what a visit is about into a cache, and lets those who waited go on. Returns
    /// whether there was room for all of it.
    pub(crate) fn fill(&mut self, slot: u32, t: SimTime, cache: u32) -> bool {
        let visit = &self.visits[slot];
        let (items, bytes) = (visit.items, visit.bytes);
        let size = u32::try_from(bytes / u64::from(items.max(1))).unwrap_or(u32::MAX);
        let keys = if items > 1 {
            self.keys_of(slot)
        } else {
            vec![self.visits[slot].item]
        };
        let mut kept = true;
        for item in keys {
            kept &= self.cache_of(slot, cache).1.fits(item, size);
            let instance = self.visits[slot].instance;
            let (id, first) = self.put_in(cache, instance, (item, size), t);
            self.drop_fetch(slot, id, item);
            self.wake_chain(first, t);
        }
        kept
    }

    /// Takes what a visit is about out of a cache.
    pub(crate) fn invalidate(&mut self, slot: u32, cache: u32) {
        let keys = if self.visits[slot].items > 1 {
            self.keys_of(slot)
        } else {
            vec![self.visits[slot].item]
        };
        for item in keys {
            self.cache_of(slot, cache).1.invalidate(item);
        }
    }

    /// Lets a chain of visits that waited for a fetch go on as after a hit.
    fn wake_chain(&mut self, first: Option<u32>, t: SimTime) {
        let mut chain = Vec::new();
        let mut next = first;
        while let Some(slot) = next {
            let link = self.visits[slot].link;
            self.visits[slot].link = NONE;
            next = (link != NONE).then_some(link);
            chain.push(slot);
        }
        for slot in chain.into_iter().rev() {
            self.follow_step(slot, t);
            self.visits[slot].pc += 1;
            self.wake(slot, t);
        }
    }

    /// A visit that fetched a key has left without filling it: the first who waits fetches.
    pub(crate) fn fetch_ended(&mut self, id: u32, item: u32, t: SimTime, _outcome: Outcome) {
        let cache = id >> 16;
        let index = (id & 0xffff) as usize;
        let store = &mut self.lookups.caches[cache as usize][index];
        let visits = &self.visits;
        let Some(slot) = store.fetches.hand_over(item, |slot| visits[slot].link) else {
            return;
        };
        self.visits[slot].link = NONE;
        let crate::model::Op::LookUp { miss, .. } =
            self.tables.code[self.visits[slot].pc as usize].op
        else {
            unreachable!("who waits for a fetch stands at a look-up");
        };
        self.visits[slot].pc = miss;
        self.visits[slot].missed = 1;
        self.hold(slot, t, Held::Fetch(id, item));
        self.follow_step(slot, t);
        self.wake(slot, t);
    }

    /// Remembers the version of the key that a visit reads.
    pub(crate) fn observe(&mut self, slot: u32, node: u32) {
        let item = self.visits[slot].item;
        let version = self
            .lookups
            .versions
            .get(&(node, item))
            .copied()
            .unwrap_or(0);
        self.visits.rare_mut(slot).observed = version;
    }

    /// Writes the key of a visit; refuses if it depends on a version that is gone.
    pub(crate) fn commit(&mut self, slot: u32, node: u32, conditional: bool) -> bool {
        let item = self.visits[slot].item;
        let version = self.lookups.versions.entry((node, item)).or_insert(0);
        if conditional && *version != self.visits.rare(slot).observed {
            return false;
        }
        *version += 1;
        true
    }
}

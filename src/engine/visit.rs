//! Visits: a request's stays at nodes, in one slab of cache lines.
//!
//! A visit is three lines of 64 bytes: who it is and where, what its end and an answer to it
//! touch, and the rest, of which a call needs some, and an end nothing. What few visits need (a join, a page of a fan-out) lies in
//! `Rare`, which nobody touches before it is needed.

use super::way::{Past, Way, Ways};
use crate::mechanism::message::Page;
use crate::model::{NONE, Outcome};
use crate::units::SimTime;

/// A request's stay at one node, or a strand of such a stay.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(64))]
pub(crate) struct Visit {
    /// Addresses every draw of the request.
    pub(crate) key: u64,
    /// Arrival at this node [ns].
    pub(crate) entered: u64,
    /// Deadline of this attempt as its caller set it [ns]; `u64::MAX` if none.
    pub(crate) reply_by: u64,
    /// The data key in force (global id); 0 is none.
    pub(crate) item: u32,
    /// Its `Request`, or `NONE`.
    pub(crate) request: u32,
    /// Who hears the reply: a visit, or a batch if `DELIVERY` is set; `NONE` if detached.
    pub(crate) caller: u32,
    /// The caller's generation when it called; another one means that it has moved on.
    pub(crate) caller_generation: u32,
    /// Raised whenever the slot is freed or the call it waits in is resolved.
    pub(crate) generation: u32,
    /// Addresses its draws, from the names at the call.
    pub(crate) hop: u32,
    /// What attempts and loop indices above it contribute to hops below it.
    pub(crate) salt: u32,
    /// Current operation.
    pub(crate) pc: u32,
    /// Next in a waiting line, or in the free list.
    pub(crate) link: u32,
    /// Copy or partition of the node; `NO_INSTANCE` until placed.
    pub(crate) instance: u16,
    /// See `flag`.
    pub(crate) flags: u16,
    /// Time spent in waiting lines of this node so far [ns].
    pub(crate) waited: u64,
    /// Time spent in service at this node so far [ns].
    pub(crate) served: u64,
    /// Number of the request among those of its source, or `user << 32 | n`.
    pub(crate) ordinal: u64,
    /// When its open call began [ns].
    pub(crate) began: u64,
    /// Attempts of its open call that are still out.
    pub(crate) live: u32,
    /// Items of the last answer that were missed.
    pub(crate) missed: u32,
    /// Route by which it was called.
    pub(crate) via: u32,
    /// First of what it holds (servers, environments, fetches).
    pub(crate) holds: u32,
    /// Route of its open call.
    pub(crate) route: u32,
    /// Items in this visit.
    pub(crate) items: u32,
    /// Items in force for nested steps (see `Op::PushCount`).
    pub(crate) count: u32,
    /// Priority 0..=9.
    pub(crate) priority: u8,
    /// Worst outcome of an attempt or branch that was set aside.
    pub(crate) aside: Outcome,
    /// Whether its open call finds out if a breaker may close.
    pub(crate) probe: bool,
    /// Whether its `Rare` has been touched.
    pub(super) used: bool,
    /// Sum of the sizes of its items [bytes].
    pub(crate) bytes: u64,
    /// Attempts of its open call so far.
    pub(crate) attempts: u32,
    /// Hedges of its open call so far.
    pub(crate) hedges: u32,
    /// Copy of the callee that its open call goes to, or `NONE`.
    pub(crate) copy: u32,
    /// Raised when the slot is taken; stales `TimeOut` and `Cancel` (see `is_alive`).
    pub(crate) life: u32,
    /// Target that a balancer chose; `copy` is the copy behind it.
    pub(crate) target: u32,
    /// The same as a number among all of the balancer's copies.
    pub(crate) candidate: u32,
    /// Raised whenever a service is begun or broken off, or the slot is taken; stales `Done` and
    /// `Patience`.
    pub(crate) service_generation: u32,
    /// Previous in the waiting line.
    pub(crate) previous: u32,
    /// Order of its time-out among events; 0 until it is needed.
    pub(crate) timer: u64,
    /// When it joined the line, or when its service began [ns].
    pub(crate) since: u64,
    /// Service that is left (line stations) [ns].
    pub(crate) remaining: u64,
}

// A visit is three cache lines: the loop touches a few hundred thousand of them at random.
const _: () = assert!(size_of::<Visit>() == 192);

/// No copy or partition chosen yet.
pub(crate) const NO_INSTANCE: u16 = u16::MAX;

/// Bits of `Visit::flags`.
pub(crate) mod flag {
    /// The slot is in use.
    pub(crate) const LIVE: u16 = 1;
    /// The stay of a request at `client`.
    pub(crate) const ROOT: u16 = 1 << 1;
    /// A branch of a visit of the same node; not counted as an arrival.
    pub(crate) const STRAND: u16 = 1 << 2;
    /// Nobody waits; its end is noted at the request.
    pub(crate) const DETACHED: u16 = 1 << 3;
    /// Its caller has given up.
    pub(crate) const ABANDONED: u16 = 1 << 4;
    /// A second attempt beside the first.
    pub(crate) const HEDGE: u16 = 1 << 5;
    /// Its time-out waits in the wheel.
    pub(crate) const ARMED: u16 = 1 << 6;
    /// Its answer is a miss.
    pub(crate) const MISS: u16 = 1 << 7;
    /// Work past `reply_by` is dropped when its turn comes.
    pub(crate) const DEADLINE: u16 = 1 << 8;
    /// The caller is a delivery of messages.
    pub(crate) const DELIVERY: u16 = 1 << 9;
    /// It has not entered its node yet.
    pub(crate) const FRESH: u16 = 1 << 10;
    /// It has ended, and stays only until its time-out.
    pub(crate) const ENDED: u16 = 1 << 11;
    /// The message was lost: the attempt never arrives.
    pub(crate) const LOST: u16 = 1 << 12;
    /// It stands in a waiting line.
    pub(crate) const WAITING: u16 = 1 << 13;
    /// A strand with a deadline of its own (`try`).
    pub(crate) const TRY: u16 = 1 << 14;
    /// A branch of a fork or a repetition: its end is a join.
    pub(crate) const BRANCH: u16 = 1 << 15;
}

/// Slots of which what few visits need lies together.
///
/// CHOICE: few, so that one visit in a hundred that is followed does not take a page for most of the others.
const PAGE: usize = 8;

/// What few visits need: a version, a join, a page of a fan-out.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rare {
    /// Version of the key that it last read.
    pub(crate) observed: u64,
    /// Last pause before an attempt [ns].
    pub(crate) pause: u64,
    /// Branches that must complete; `NONE`: all must have ended.
    pub(crate) needed: u32,
    /// Branches in work.
    pub(crate) running: u32,
    /// Branches that have completed.
    pub(crate) completed: u32,
    /// Branches started, and in all (repetitions).
    pub(crate) started: u32,
    /// Branches in all.
    pub(crate) total: u32,
    /// Repetition table entry of the open loop, or `NONE`.
    pub(crate) each: u32,
    /// Where to go on if the join fails.
    pub(crate) join_error: u32,
    /// Outer counts, saved by `PushCount`.
    pub(crate) counts: [u32; 4],
    /// Depth of `counts`.
    pub(crate) depth: u8,
    /// Whether it renews an expired entry beside a visit that was answered from it.
    pub(crate) renews: bool,
    /// What its branches are.
    pub(crate) joins: Joins,
    /// Whether the outcome of a branch arose at another node.
    pub(crate) elsewhere: bool,
    /// Whether its request is that of a message of the batch, which notes it itself.
    pub(crate) of_message: bool,
    /// Whether its open call waits to be made again.
    pub(crate) retrying: bool,
    /// Whether it stands before the line in which it is to wait.
    pub(crate) outside: bool,
    /// Accounts that its last gather pulled.
    pub(crate) pulled: u32,
    /// Where they are listed while it gathers.
    pub(crate) list: u32,
    /// The page of a post that it works on.
    pub(crate) page: Page,
    /// Of a page: the step that cut it; else `NONE`.
    pub(crate) cut_by: u32,
    /// What its open fan-out delivers.
    pub(crate) delivers: Page,
    /// What its salt would be if every call above it had been made once; 0, and not set, where
    /// it has no salt.
    pub(crate) origin: u32,
    /// Its way, if it is followed, or `NONE`.
    way: u32,
}

/// What the branches of a visit are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Joins {
    /// Branches of a fork, or repetitions.
    Branches,
    /// Pages of a fan-out.
    Pages,
    /// Parts of a page at the partitions of a node.
    Partitions,
    /// One's own list and pulls.
    Gather,
}

impl Visit {
    /// Opens a call of which no attempt is out yet.
    #[inline(always)]
    pub(crate) fn open_call(&mut self, route: u32, at: SimTime, copy: u32) {
        self.route = route;
        self.attempts = 0;
        self.live = 0;
        self.hedges = 0;
        self.began = at.0;
        self.aside = Outcome::Completed;
        self.copy = copy;
    }

    /// Whether the visit has something that few visits need.
    #[inline(always)]
    pub(crate) fn is_used(&self) -> bool {
        self.used
    }

    /// What a new visit starts from.
    pub(crate) const NEW: Visit = Visit {
        key: 0,
        entered: 0,
        reply_by: u64::MAX,
        item: 0,
        request: NONE,
        caller: NONE,
        caller_generation: 0,
        generation: 0,
        hop: 0,
        salt: 0,
        pc: 0,
        link: NONE,
        instance: NO_INSTANCE,
        flags: flag::LIVE,
        waited: 0,
        served: 0,
        bytes: 0,
        ordinal: 0,
        began: 0,
        via: NONE,
        holds: NONE,
        route: NONE,
        items: 1,
        count: 1,
        priority: 5,
        aside: Outcome::Completed,
        probe: false,
        used: false,
        attempts: 0,
        live: 0,
        hedges: 0,
        copy: NONE,
        missed: 0,
        life: 0,
        target: 0,
        candidate: 0,
        service_generation: 0,
        previous: NONE,
        timer: 0,
        since: 0,
        remaining: 0,
    };
}

impl Rare {
    /// What a new visit starts from.
    const NEW: Rare = Rare {
        observed: 0,
        pause: 0,
        needed: 0,
        running: 0,
        completed: 0,
        started: 0,
        total: 0,
        each: NONE,
        join_error: NONE,
        counts: [1; 4],
        depth: 0,
        renews: false,
        retrying: false,
        joins: Joins::Branches,
        elsewhere: false,
        of_message: false,
        outside: false,
        pulled: 0,
        list: 0,
        page: Page::NONE,
        cut_by: NONE,
        delivers: Page::NONE,
        origin: 0,
        way: NONE,
    };
}

/// All visits of a replication.
#[derive(Debug, Default)]
pub(crate) struct Visits {
    visits: Vec<Visit>,
    /// In pages of so many slots each, which are there once one of them was touched; that of a new
    /// visit until then.
    rare: Vec<Option<Box<[Rare; PAGE]>>>,
    ways: Ways,
    free: u32,
    /// Visits in use.
    pub(crate) live: u32,
}

impl Visits {
    /// Makes an empty slab.
    pub(crate) fn new() -> Visits {
        Visits {
            visits: Vec::new(),
            rare: Vec::new(),
            ways: Ways::default(),
            free: NONE,
            live: 0,
        }
    }

    /// Takes a slot; its generation goes on from its last use.
    #[inline(always)]
    pub(crate) fn take(&mut self) -> u32 {
        self.start().0
    }

    /// Takes a slot for a visit that is to be filled in; its generations go on.
    #[inline(always)]
    pub(crate) fn start(&mut self) -> (u32, &mut Visit) {
        self.live += 1;
        if self.free == NONE {
            self.grow();
        }
        let slot = self.free;
        let visit = &mut self.visits[slot as usize];
        self.free = visit.link;
        *visit = Visit {
            generation: visit.generation,
            life: visit.life.wrapping_add(1),
            service_generation: visit.service_generation.wrapping_add(1),
            ..Visit::NEW
        };
        (slot, visit)
    }

    /// Makes one more slot, and has it free.
    #[cold]
    fn grow(&mut self) {
        let slot = u32::try_from(self.visits.len()).unwrap_or(NONE);
        assert!(slot < 1 << 27, "more than 2^27 visits are inside at once");
        self.visits.push(Visit::NEW);
        self.free = slot;
    }

    /// Gives a slot back; whoever still names it by generation finds it stale.
    #[inline(always)]
    pub(crate) fn free(&mut self, slot: u32) {
        let visit = &mut self.visits[slot as usize];
        debug_assert!(visit.flags & flag::LIVE != 0, "a visit is freed once");
        visit.generation = visit.generation.wrapping_add(1);
        visit.flags = 0;
        visit.link = self.free;
        self.free = slot;
        self.live -= 1;
        if visit.used {
            let way = std::mem::replace(self.rare_mut(slot), Rare::NEW).way;
            if way != NONE {
                self.ways.end(way);
            }
        }
    }

    /// Whether a visit is still the one that had this `life`.
    #[inline]
    pub(crate) fn is_alive(&self, slot: u32, life: u32) -> bool {
        let visit = &self.visits[slot as usize];
        visit.life == life && visit.flags & flag::LIVE != 0
    }

    /// Whether a service is still the one that was begun with this number.
    #[inline]
    pub(crate) fn is_served(&self, slot: u32, service_generation: u32) -> bool {
        let visit = &self.visits[slot as usize];
        visit.service_generation == service_generation && visit.flags & flag::LIVE != 0
    }

    /// Returns what few visits need, of any visit.
    #[inline]
    pub(crate) fn rare(&self, slot: u32) -> &Rare {
        const NEW: &Rare = &Rare::NEW;
        if !self.visits[slot as usize].used {
            return NEW;
        }
        match &self.rare[slot as usize / PAGE] {
            Some(page) => &page[slot as usize % PAGE],
            None => unreachable!("what is used has a page"),
        }
    }

    /// Remembers which version of a key a visit has read; 0 is none.
    #[inline]
    pub(crate) fn set_observed(&mut self, slot: u32, version: u64) {
        if version != 0 || self.visits[slot as usize].used {
            self.rare_mut(slot).observed = version;
        }
    }

    /// Gives a visit what few visits need.
    #[inline]
    pub(crate) fn rare_mut(&mut self, slot: u32) -> &mut Rare {
        self.visits[slot as usize].used = true;
        let (page, place) = (slot as usize / PAGE, slot as usize % PAGE);
        if page >= self.rare.len() {
            self.rare.resize_with(page + 1, || None);
        }
        &mut self.rare[page].get_or_insert_with(|| Box::new([Rare::NEW; PAGE]))[place]
    }

    /// Whether a visit is followed.
    #[inline(always)]
    pub(super) fn has_way(&self, slot: u32) -> bool {
        self.rare(slot).way != NONE
    }

    /// Follows a visit from an instant on.
    pub(super) fn follow(&mut self, slot: u32, at: SimTime) {
        let way = self.ways.start(at);
        self.rare_mut(slot).way = way;
    }

    /// Returns the way of a visit, if it is followed.
    pub(super) fn way_mut(&mut self, slot: u32) -> Option<&mut Way> {
        match self.rare(slot).way {
            NONE => None,
            way => Some(&mut self.ways[way]),
        }
    }

    /// Lets a caller that is followed go on at an instant after what a visit called by it did,
    /// and the way back from that visit's node.
    pub(super) fn hand_on(&mut self, child: u32, caller: u32, node: u32, t: SimTime) {
        let ways = [self.rare(caller).way, self.rare(child).way];
        if !ways.contains(&NONE) {
            self.ways.hand_on(ways, node, t);
        }
    }

    /// Follows a visit no longer, and returns what it has done until then.
    pub(super) fn take_past(&mut self, slot: u32) -> Option<Past> {
        let way = self.rare(slot).way;
        if way == NONE {
            return None;
        }
        self.rare_mut(slot).way = NONE;
        self.ways.end(way);
        Some(self.ways[way].past.take())
    }

    /// Returns how many slots there are: so many visits have been live at once.
    pub(crate) fn most(&self) -> usize {
        self.visits.len()
    }

    /// Visits all slots in use.
    pub(crate) fn slots(&self) -> impl Iterator<Item = u32> + '_ {
        (0u32..)
            .zip(&self.visits)
            .filter(|(_, v)| v.flags & flag::LIVE != 0)
            .map(|(slot, _)| slot)
    }
}

impl std::ops::Index<u32> for Visits {
    type Output = Visit;
    fn index(&self, slot: u32) -> &Visit {
        &self.visits[slot as usize]
    }
}

impl std::ops::IndexMut<u32> for Visits {
    fn index_mut(&mut self, slot: u32) -> &mut Visit {
        &mut self.visits[slot as usize]
    }
}

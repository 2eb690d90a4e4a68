//! What surrounds a visit without a slot: whose it is, how it was called, and what addresses its
//! draws.
//!
//! By itself it lies in registers, with all of that beside it; on a journey it lies in the record,
//! and the rest is looked up where it is needed.
//!
//! Not here: what it does (`light`).

use super::journey::{Client, Journey, hop_of};
use super::lane::Lane;
use super::light::{Errand, Light};
use super::sources::Entering;
use super::tables::Tables;
use crate::workload::UNDRAWN;

/// A visit without a slot, where it stands.
pub(super) trait Visiting {
    fn light(&self) -> &Light;
    fn light_mut(&mut self) -> &mut Light;
    fn key(&self) -> u64;
    fn ordinal(&self) -> u64;
    /// Its data key; 0 is none.
    fn item(&self) -> u32;
    /// What the operation takes with which it begins; `UNDRAWN`: that is to be drawn.
    fn first(&self) -> u64;
    /// The lane over which it was called; a strand was not.
    fn lane<'t>(&'t self, tables: &'t Tables) -> Option<&'t Lane>;
    /// Addresses its draws.
    fn hop(&self, tables: &Tables) -> u32;
    /// The operation that called it.
    fn caller_pc(&self) -> u32;

    /// Returns what it is about.
    #[inline(always)]
    fn errand(&self, tables: &Tables) -> Errand {
        Errand {
            key: self.key(),
            ordinal: self.ordinal(),
            item: self.item(),
            hop: self.hop(tables),
            salt: 0,
            first: self.first(),
        }
    }

    /// Returns a copy of it, for what is done apart: without the lane.
    #[inline(always)]
    fn copied<'a>(&self, errand: &'a Errand, light: &'a mut Light) -> Single<'a> {
        Single {
            errand,
            light,
            lane: None,
            caller_pc: self.caller_pc(),
        }
    }
}

/// A visit by itself.
pub(super) struct Single<'a> {
    pub(super) errand: &'a Errand,
    pub(super) light: &'a mut Light,
    pub(super) lane: Option<&'a Lane>,
    pub(super) caller_pc: u32,
}

impl Visiting for Single<'_> {
    #[inline(always)]
    fn light(&self) -> &Light {
        self.light
    }

    #[inline(always)]
    fn light_mut(&mut self) -> &mut Light {
        self.light
    }

    #[inline(always)]
    fn key(&self) -> u64 {
        self.errand.key
    }

    #[inline(always)]
    fn ordinal(&self) -> u64 {
        self.errand.ordinal
    }

    #[inline(always)]
    fn item(&self) -> u32 {
        self.errand.item
    }

    #[inline(always)]
    fn first(&self) -> u64 {
        self.errand.first
    }

    #[inline(always)]
    fn lane<'t>(&'t self, _: &'t Tables) -> Option<&'t Lane> {
        self.lane
    }

    #[inline(always)]
    fn hop(&self, _: &Tables) -> u32 {
        self.errand.hop
    }

    #[inline(always)]
    fn caller_pc(&self) -> u32 {
        self.caller_pc
    }
}

/// The present visit of a journey.
pub(super) struct Present<'a> {
    request: &'a Entering,
    client: Client,
    /// Operation of the client's call.
    entry: u32,
    /// Those that wait for it.
    waiting: &'a [Light],
    light: &'a mut Light,
}

impl<'a> Present<'a> {
    #[inline(always)]
    pub(super) fn new(journey: &'a mut Journey) -> Present<'a> {
        let (client, entry) = (journey.client, journey.entry);
        let (request, waiting, light) = journey.apart();
        Present {
            request,
            client,
            entry,
            waiting,
            light,
        }
    }
}

impl Visiting for Present<'_> {
    #[inline(always)]
    fn light(&self) -> &Light {
        self.light
    }

    #[inline(always)]
    fn light_mut(&mut self) -> &mut Light {
        self.light
    }

    #[inline(always)]
    fn key(&self) -> u64 {
        self.request.key
    }

    #[inline(always)]
    fn ordinal(&self) -> u64 {
        self.request.ordinal
    }

    #[inline(always)]
    fn item(&self) -> u32 {
        self.request.item
    }

    #[inline(always)]
    fn first(&self) -> u64 {
        UNDRAWN
    }

    #[inline(always)]
    fn lane<'t>(&'t self, tables: &'t Tables) -> Option<&'t Lane> {
        tables.lanes.get(self.light.route as usize)
    }

    #[inline(always)]
    fn hop(&self, tables: &Tables) -> u32 {
        hop_of(self.client, self.lane(tables))
    }

    #[inline(always)]
    fn caller_pc(&self) -> u32 {
        self.waiting.last().map_or(self.entry, |caller| caller.pc)
    }
}

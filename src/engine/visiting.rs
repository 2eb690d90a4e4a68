//! What surrounds a visit without a slot: whose it is, how it was called, and what addresses its
//! draws.
//!
//! By itself it lies in registers, with all of that beside it; on a journey it lies in the record,
//! and the rest is looked up where it is needed.
//!
//! Not here: what it does (`light`).

use super::journey::{Client, called_by, hop_of};
use super::lane::Lane;
use super::light::{Due, Errand, Light};
use super::sources::Entering;
use super::tables::Tables;
use crate::workload::UNDRAWN;

/// A visit without a slot, where it stands.
pub(super) trait Visiting {
    fn light(&self) -> &Light;
    fn light_mut(&mut self) -> &mut Light;
    /// Its deadlines, if it has any (`Light::hurried`).
    fn due(&self) -> &Due;
    fn due_mut(&mut self) -> &mut Due;
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
    fn caller_pc(&self, tables: &Tables) -> u32;

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

    /// Returns a copy of it, for what is done apart.
    #[inline(always)]
    fn copied(&self, tables: &Tables) -> Sent {
        let light = *self.light();
        Sent {
            errand: self.errand(tables),
            light,
            due: if light.hurried {
                *self.due()
            } else {
                Due::NONE
            },
        }
    }

    /// Makes it what has become of its copy.
    #[inline(always)]
    fn become_copy(&mut self, copy: &Sent) {
        *self.light_mut() = copy.light;
        if copy.light.hurried {
            *self.due_mut() = copy.due;
        }
    }
}

/// A visit by itself that was sent over a lane.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sent {
    pub(super) errand: Errand,
    pub(super) light: Light,
    pub(super) due: Due,
}

impl Sent {
    /// What stands where none is.
    pub(super) const NONE: Sent = Sent {
        errand: Errand::NONE,
        light: Light::NONE,
        due: Due::NONE,
    };

    /// Returns it with what surrounds it.
    #[inline(always)]
    pub(super) fn over<'a>(&'a mut self, lane: Option<&'a Lane>, caller_pc: u32) -> Single<'a> {
        Single {
            errand: &self.errand,
            light: &mut self.light,
            due: &mut self.due,
            lane,
            caller_pc,
        }
    }
}

/// A visit by itself, and what surrounds it.
pub(super) struct Single<'a> {
    pub(super) errand: &'a Errand,
    pub(super) light: &'a mut Light,
    pub(super) due: &'a mut Due,
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
    fn due(&self) -> &Due {
        self.due
    }

    #[inline(always)]
    fn due_mut(&mut self) -> &mut Due {
        self.due
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
    fn caller_pc(&self, _: &Tables) -> u32 {
        self.caller_pc
    }
}

/// The present visit of a journey.
pub(super) struct Present<'a> {
    pub(super) request: &'a Entering,
    pub(super) client: Client,
    /// Visits of the journey.
    pub(super) length: u8,
    /// Those of them that wait, and others.
    pub(super) waiting: &'a [Light],
    pub(super) light: &'a mut Light,
    pub(super) due: &'a mut Due,
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
    fn due(&self) -> &Due {
        self.due
    }

    #[inline(always)]
    fn due_mut(&mut self) -> &mut Due {
        self.due
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
    fn caller_pc(&self, tables: &Tables) -> u32 {
        let caller = usize::from(self.length).wrapping_sub(2);
        called_by(self.client, self.waiting.get(caller), tables)
    }
}

//! What is said twice: the same call of a request, tried again, is the same message.
//!
//! A visit's `salt` tells apart what its callers did several times, attempts and rounds of
//! loops alike, so that each draws anew. Its `origin` is what the salt would be had every call
//! above it been made once: rounds of a loop are different messages, attempts of a call are
//! one. With the request's key and the call's place it makes the id of what a call says.
//! Where no salt is there is none to take apart, and only models that remember something keep
//! origins: there no call takes a `lane`.
//!
//! Not here: for how long an id is remembered (`mechanism::recent`).

use super::replication::Replication;
use crate::mechanism::recent::Recent;
use crate::model::{Model, NONE, Route};
use crate::random::{draw, mix32};
use crate::units::SimTime;

/// Makes the memories of a model, empty.
pub(super) fn memories(model: &Model) -> Vec<Recent> {
    let memories = model.memories.iter();
    memories.map(|memory| Recent::new(memory.window)).collect()
}

impl Replication<'_> {
    /// Returns what the salt of a visit would be if every call above it had been made once.
    pub(super) fn origin_of(&self, slot: u32) -> u32 {
        if self.visits[slot].salt == 0 {
            return 0;
        }
        self.visits.rare(slot).origin
    }

    /// Hands the origin of a caller on to an attempt.
    #[cold]
    #[inline(never)]
    pub(super) fn inherit_origin(&mut self, caller: u32, child: u32, route: &Route) {
        let origin = self.origin_of(caller);
        // As in the salt: a call that comes by again is another one.
        let again = route.again.then(|| mix32(origin, route.site));
        self.visits.rare_mut(child).origin = again.unwrap_or(origin);
    }

    /// Whether what a visit says was not said before, as far as a memory goes.
    pub(super) fn is_new(&mut self, slot: u32, t: SimTime, memory: u32) -> bool {
        // A part of a page is a branch of the visit that was called.
        let mut called = slot;
        while self.visits[called].via == NONE && self.visits[called].caller != NONE {
            called = self.visits[called].caller;
        }
        let via = self.visits[called].via;
        let site = self
            .model
            .routes
            .get(via as usize)
            .map_or(0, |one| one.site);
        let place = u64::from(site) << 32 | u64::from(self.origin_of(slot));
        let mut id = draw(self.visits[slot].key, place);
        let page = self.visits.rare(slot).page;
        if page.post != NONE {
            // Pages of a post come from one call.
            id = draw(id, u64::from(page.post) << 32 | u64::from(page.first));
        }
        self.memories[memory as usize].say(t, id)
    }
}

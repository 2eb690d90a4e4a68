//! Calls that wait for their client's own rate limit.
//!
//! One limit per copy of the calling node and link. Calls wait in order of their
//! coming; only the first has an event, put anew whenever an answer changes the rate.
//! A hedge does not wait: without a token it is not sent.

use super::event::{Class, What};
use super::replication::Replication;
use super::visit::{NO_INSTANCE, flag};
use crate::mechanism::client_rate::ClientRate;
use crate::model::{self, Model, NONE, Route};
use crate::units::SimTime;
use std::collections::VecDeque;

/// The limit of one client, and who waits for it.
#[derive(Debug)]
pub(crate) struct Pace {
    rate: ClientRate,
    /// Visits with the generations of their open calls.
    waiting: VecDeque<(u32, u32)>,
    /// Number of the pending event.
    epoch: u32,
    /// Node that calls.
    node: u32,
}

/// Makes the limits of a model: nobody was throttled yet.
pub(crate) fn paces(model: &Model) -> Vec<Pace> {
    let copies = |pace: &model::Pace| (0..pace.copies).map(|_| pace.node).collect::<Vec<u32>>();
    model
        .paces
        .iter()
        .flat_map(copies)
        .map(|node| Pace {
            rate: ClientRate::default(),
            waiting: VecDeque::new(),
            epoch: 0,
            node,
        })
        .collect()
}

impl Replication<'_> {
    /// Returns the limit that the calls of a visit over a route keep to, if one does.
    fn pace_of(&self, slot: u32, route: &Route) -> Option<usize> {
        if route.retry == NONE {
            return None;
        }
        let pace = self.model.retries[route.retry as usize].pace;
        if pace == NONE {
            return None;
        }
        let pace = &self.model.paces[pace as usize];
        let instance = self.visits[slot].instance;
        let copy = if instance == NO_INSTANCE {
            0
        } else {
            u32::from(instance) % pace.copies
        };
        Some((pace.first + copy) as usize)
    }

    /// Lets an attempt of the open call of a visit go, or puts it into the line.
    pub(crate) fn may_send(&mut self, slot: u32, t: SimTime, route: &Route) -> bool {
        let Some(at) = self.pace_of(slot, route) else {
            return true;
        };
        self.drop_gone(at);
        let pace = &mut self.paces[at];
        if pace.waiting.is_empty() && pace.rate.take(t) {
            return true;
        }
        pace.waiting.push_back((slot, self.visits[slot].generation));
        if pace.waiting.len() == 1 {
            self.wake_first(at, t);
        }
        false
    }

    /// The first of a line may find its token.
    pub(crate) fn pace_ready(&mut self, at: u32, epoch: u32, t: SimTime) {
        if self.paces[at as usize].epoch != epoch {
            // The rate has changed since.
            return;
        }
        self.events += 1;
        self.drop_gone(at as usize);
        let pace = &mut self.paces[at as usize];
        let first = pace.waiting.front().copied();
        let goes = first.filter(|(slot, _)| {
            let ends = flag::TRY | flag::ABANDONED;
            self.visits[*slot].flags & ends == ends || pace.rate.take(t)
        });
        if goes.is_some() {
            pace.waiting.pop_front();
        }
        self.wake_first(at as usize, t);
        if let Some((slot, _)) = goes {
            self.send(slot, t);
        }
    }

    /// Whether a hedge of the open call of a visit may be sent.
    pub(crate) fn may_hedge(&mut self, slot: u32, t: SimTime, route: &Route) -> bool {
        self.pace_of(slot, route).is_none_or(|at| {
            let pace = &mut self.paces[at];
            pace.waiting.is_empty() && pace.rate.take(t)
        })
    }

    /// Tells the limit of a visit's calls how one was answered.
    pub(crate) fn tell_pace(&mut self, slot: u32, t: SimTime, route: &Route, throttled: bool) {
        if let Some(at) = self.pace_of(slot, route) {
            self.paces[at].rate.answered(t, throttled);
            if !self.paces[at].waiting.is_empty() {
                self.wake_first(at, t);
            }
        }
    }

    /// Takes those out of the front of a line whose calls are closed.
    fn drop_gone(&mut self, at: usize) {
        while let Some(&(slot, generation)) = self.paces[at].waiting.front()
            && self.visits[slot].generation != generation
        {
            self.paces[at].waiting.pop_front();
        }
    }

    /// Posts the instant at which the first of a line finds its token.
    fn wake_first(&mut self, at: usize, t: SimTime) {
        self.drop_gone(at);
        let pace = &mut self.paces[at];
        pace.epoch = pace.epoch.wrapping_add(1);
        if pace.waiting.is_empty() {
            return;
        }
        let (wake, epoch, node) = (pace.rate.ready_at(t), pace.epoch, pace.node);
        let order = self.next_order(Class::Timer, node);
        self.push(wake, order, at as u32, What::Pace, epoch);
    }
}

//! Trouble on links: for some time a link is slow, loses messages, or holds them back.
//!
//! What counts is the moment at which a message sets out: what is on its way arrives. What a
//! queue delivers waits in the queue.

use super::event::{Class, What};
use super::replication::Replication;
use super::visit::flag;
use crate::model::{NONE, Outcome};
use crate::units::{SimTime, Span};

/// How a link is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Way {
    /// How many times as long each way takes.
    factor: f64,
    /// What each way takes longer [ns].
    by: u64,
    /// An attempt is lost if its word lies below.
    loss: u64,
    /// Until when messages wait before they set out.
    held: SimTime,
}

impl Default for Way {
    fn default() -> Way {
        Way {
            factor: 1.0,
            by: 0,
            loss: 0,
            held: SimTime::ZERO,
        }
    }
}

impl Way {
    /// Whether messages wait before they set out.
    pub(super) fn holds(&self, t: SimTime) -> bool {
        self.held > t
    }

    /// Returns when a message arrives that sets out at `t` and would arrive at `arrives` if all
    /// were well; `NEVER`: it does not.
    fn over(&self, t: SimTime, arrives: SimTime) -> SimTime {
        let latency = arrives.since(t).0 as f64 * self.factor + 0.5;
        t.max(self.held) + Span(latency as u64) + Span(self.by)
    }
}

impl Replication<'_> {
    /// Something begins or ends to be wrong with a link: works out how it is from now on.
    pub(super) fn trouble(&mut self, id: u32, at: SimTime) {
        let way = self.globals.faults.troubles[id as usize].way;
        self.globals.ways[way as usize] = self.way_at(way, at);
        let routes = &self.model.routes;
        let is_it = |route: &u32| {
            routes
                .get(*route as usize)
                .is_some_and(|one| one.way == way)
        };
        self.hand_over_again(&|delivery| delivery.routes.iter().any(is_it), at);
    }

    /// Returns how a link is at an instant, which may lie ahead.
    fn way_at(&self, way: u32, at: SimTime) -> Way {
        let mut then = Way::default();
        let all = self.globals.faults.troubles.iter();
        for one in all.filter(|one| one.way == way && (one.at..one.until).contains(&at)) {
            then.factor *= one.factor;
            then.by = then.by.saturating_add(one.by.0);
            then.loss = either(then.loss, one.loss);
            if one.holds {
                then.held = then.held.max(one.until);
            }
        }
        then
    }

    /// What a delivery hands over never arrives. A queue learns of it when it is visible again,
    /// and keeps a place of the consumer until then; what a log loses is read again, which is no
    /// attempt, as nobody has begun.
    #[cold]
    pub(super) fn lose_delivery(&mut self, slot: u32, delivery: u32, (t, at): (SimTime, SimTime)) {
        let constants = &self.model.deliveries[delivery as usize];
        let queue = self.model.nodes[constants.from as usize].queue;
        let visibility = self.model.queues.get(queue as usize);
        let known = match visibility.filter(|_| self.deliveries[delivery as usize].log == NONE) {
            Some(queue) => t + queue.visibility,
            None => at,
        };
        if let Some(link) = self.recorder.link_slice(constants.link, t) {
            link.lost += 1;
        }
        self.visits[slot].flags |= flag::LOST | flag::ENDED;
        self.visits[slot].flags &= !flag::FRESH;
        self.visits[slot].aside = Outcome::TimedOut;
        self.tell_later(slot, constants.from, known);
    }

    /// An attempt is lost of which no time-out tells: whoever sent it goes on as if it had been
    /// given up when it would have arrived.
    #[cold]
    pub(super) fn lose_unnoticed(&mut self, child: u32, t: SimTime) {
        self.visits[child].aside = Outcome::TimedOut;
        let node = self.node_of(child);
        self.tell_later(child, node, t);
    }

    /// Lets whoever waits for a visit learn at an instant that it is lost.
    fn tell_later(&mut self, slot: u32, node: u32, at: SimTime) {
        let order = self.next_order(Class::Completion, node);
        let generation = self.visits[slot].generation;
        self.push(at, order, slot, What::Reply, generation);
    }

    /// Returns when a message over a link arrives, and the word below which it is lost.
    #[cold]
    pub(super) fn cross_way(
        &self,
        way: u32,
        (t, arrives): (SimTime, SimTime),
        loss: u64,
    ) -> (SimTime, u64) {
        // What is tried again later sets out when something else may be wrong.
        let then = if t < self.barrier {
            self.globals.ways[way as usize]
        } else {
            self.way_at(way, t)
        };
        (then.over(t, arrives), either(loss, then.loss))
    }
}

/// Returns the share of words of which one of two shares is lost.
fn either(one: u64, other: u64) -> u64 {
    // (1 − a)(1 − b) is what gets through.
    one + (((u128::from(u64::MAX - one) + 1) * u128::from(other)) >> 64) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn losses_are_independent() {
        let share = |share: f64| (share * 18_446_744_073_709_551_616.0) as u64;

        assert_eq!(either(0, share(0.25)) >> 40, share(0.25) >> 40);
        assert_eq!(either(share(0.25), 0), share(0.25));
        assert_eq!(either(share(0.5), share(0.5)) >> 40, share(0.75) >> 40);
        assert_eq!(either(u64::MAX, share(0.5)), u64::MAX);
    }

    #[test]
    fn what_is_held_sets_out_when_it_is_over() {
        let way = Way {
            factor: 3.0,
            by: 5,
            loss: 0,
            held: SimTime(100),
        };

        assert_eq!(way.over(SimTime(40), SimTime(50)), SimTime(135));
        assert_eq!(way.over(SimTime(200), SimTime(210)), SimTime(235));
        assert_eq!(Way::default().over(SimTime(40), SimTime(50)), SimTime(50));
    }
}

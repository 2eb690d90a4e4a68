//! Trouble on links: for some time a link is slow, loses messages, or holds them back.
//!
//! What counts is the moment at which a message sets out: what is on its way arrives. What a
//! queue delivers waits in the queue.

use super::replication::Replication;
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
        let all = &self.globals.faults.troubles;
        let way = all[id as usize].way;
        let mut now = Way::default();
        for one in all.iter().filter(|one| one.way == way) {
            if (one.at..one.until).contains(&at) {
                now.factor *= one.factor;
                now.by = now.by.saturating_add(one.by.0);
                now.loss = either(now.loss, one.loss);
                if one.holds {
                    now.held = now.held.max(one.until);
                }
            }
        }
        self.globals.ways[way as usize] = now;
        let routes = &self.model.routes;
        let is_it = |route: &u32| {
            routes
                .get(*route as usize)
                .is_some_and(|one| one.way == way)
        };
        self.hand_over_again(&|delivery| delivery.routes.iter().any(is_it), at);
    }

    /// Returns when a message over a link arrives, and the word below which it is lost.
    #[cold]
    pub(super) fn cross_way(
        &self,
        way: u32,
        (t, arrives): (SimTime, SimTime),
        loss: u64,
    ) -> (SimTime, u64) {
        let now = &self.globals.ways[way as usize];
        (now.over(t, arrives), either(loss, now.loss))
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

//! Following: where single requests spend their time, to the nanosecond.
//!
//! Which requests are followed depends on their keys alone, and so on the seed, the replication
//! and the request. They go by visits, as listed ones do, and by the general way of every
//! operation; their draws, orders and counts are those of all others. What their visits do is
//! noted as it happens, each time at one node in one way (`way`):
//!
//! - from when an attempt sets out until it is at its node, and from its end until the caller
//!   hears of it: `Network`, at the node that is called;
//! - at a node, what its lines say: `Waiting`; the rest: `Service`;
//! - of a call, what the answer that the caller goes on with did; what was before that answer's
//!   attempt, all attempts without use and the pauses after them, is `Retry` at the node that is
//!   called, or `Throttle` if it throttled or shed them;
//! - of branches, what the one did with which the wait for them ended, and what the one did
//!   before that made room for it. Work that nobody waits for is in no way.
//!
//! Steps under `try` are no attempt at another node: what they did counts as it is. If their time
//! is over, a call that was open then was of no use, and so was a wait for branches.

use super::replication::Replication;
use super::visit::{Visit, flag};
use super::way::Past;
use crate::metrics::followed::{FollowedRecord, Spent};
use crate::model::{Model, Outcome, Plan};
use crate::units::SimTime;

/// Times what is wanted of a flow at which half of those that were chosen are given up.
///
/// CHOICE: twice; chance alone does not reach it where the load is known beforehand.
const MOST_TIMES: usize = 2;

/// Which requests are followed, and what became of them.
#[derive(Debug, Default)]
pub(super) struct Following {
    /// Per flow: requests whose keys are below are followed.
    below: Vec<u64>,
    /// Per flow: keys of those that were chosen.
    chosen: Vec<Vec<u64>>,
    /// Of a flow, at most so many.
    most: usize,
    records: Vec<FollowedRecord>,
}

impl Following {
    /// Chooses for a replication: of each flow about as many requests as of any other, or all.
    pub(super) fn new(model: &Model, plan: &Plan, number: u32) -> Following {
        let flows = model.flows.len();
        let wanted = plan.following;
        if number >= wanted.replications || wanted.requests == 0 {
            return Following {
                below: vec![0; flows],
                ..Following::default()
            };
        }
        let mut expected = vec![None; flows];
        for source in &model.sources {
            let of_flow = &mut expected[source.flow() as usize];
            // Of clients that wait nobody knows beforehand how often they send.
            let count = source.expected(plan.horizon).unwrap_or(0.0);
            *of_flow = Some(of_flow.unwrap_or(0.0) + count);
        }
        let loaded = expected.iter().flatten().count().max(1);
        let each = (wanted.requests as usize).div_ceil(loaded);
        let share = |expected: &Option<f64>| {
            let share = each as f64 / expected.unwrap_or(0.0);
            // A share of one and more is the greatest number there is.
            (share * 18_446_744_073_709_551_616.0) as u64
        };
        Following {
            below: expected.iter().map(share).collect(),
            chosen: vec![Vec::new(); flows],
            most: each.saturating_mul(MOST_TIMES),
            records: Vec::new(),
        }
    }

    /// Whether a request that arrives is to be followed.
    #[inline(always)]
    pub(super) fn takes(&mut self, flow: u32, key: u64) -> bool {
        key < self.below[flow as usize] && self.take(flow, key)
    }

    /// Counts a request that is to be followed; if they are too many, only one of two is.
    #[inline(never)]
    fn take(&mut self, flow: u32, key: u64) -> bool {
        let (below, chosen) = (
            &mut self.below[flow as usize],
            &mut self.chosen[flow as usize],
        );
        chosen.push(key);
        while chosen.len() > self.most {
            *below /= 2;
            chosen.retain(|key| *key < *below);
        }
        key < *below
    }

    /// Whether a request is followed.
    #[inline]
    pub(super) fn has(&self, flow: u32, key: u64) -> bool {
        key < self.below[flow as usize]
    }

    /// Follows no request of a flow, and none that was followed until now.
    #[cold]
    fn give_up(&mut self, flow: u32) {
        self.below[flow as usize] = 0;
    }

    /// Returns what became of those that were followed to the end, in the order of arrival.
    pub(super) fn close(&mut self) -> Vec<FollowedRecord> {
        let mut records = std::mem::take(&mut self.records);
        records.retain(|one| self.has(one.flow, one.key));
        records.sort_unstable_by_key(|one| (one.arrived, one.flow, one.key));
        records
    }
}

impl Replication<'_> {
    /// Whether a visit is followed.
    #[inline(always)]
    pub(super) fn follows(&self, slot: u32) -> bool {
        self.visits.has_way(slot)
    }

    /// A visit has spent the time until now at its node.
    fn pass_at_node(&mut self, slot: u32, t: SimTime) {
        let (node, waited) = (self.node_of(slot), self.visits[slot].waited);
        if let Some(way) = self.visits.way_mut(slot) {
            way.pass_at(node, waited, t);
        }
    }

    /// Returns the node that the open call of a visit is to.
    fn callee_of(&self, slot: u32) -> u32 {
        self.tables.lanes[self.visits[slot].route as usize].node
    }

    /// An attempt of the open call of a visit that is followed sets out.
    #[cold]
    #[inline(never)]
    pub(super) fn follow_attempt(&mut self, slot: u32, child: u32, t: SimTime, hedge: bool) {
        let visit = &self.visits[slot];
        let (began, first) = (SimTime(visit.began), visit.attempts == 1);
        let (own, callee) = (self.node_of(slot), self.callee_of(slot));
        if first {
            self.pass_at_node(slot, began);
        }
        if let Some(way) = self.visits.way_mut(slot) {
            match (first, hedge) {
                // It may wait for its client's own rate.
                (true, _) => way.past.pass(own, Spent::Waiting, t),
                (false, false) => way.past.pass(callee, way.lost, t),
                (false, true) => {}
            }
        }
        self.visits.follow(child, t);
    }

    /// A visit that is followed comes to its node.
    #[cold]
    #[inline(never)]
    pub(super) fn follow_arrival(&mut self, slot: u32, t: SimTime) {
        let node = self.node_of(slot);
        if let Some(way) = self.visits.way_mut(slot) {
            way.past.pass(node, Spent::Network, t);
        }
    }

    /// A visit that is followed leaves its node.
    #[cold]
    #[inline(never)]
    pub(super) fn follow_departure(&mut self, slot: u32, t: SimTime) {
        self.pass_at_node(slot, t);
    }

    /// The caller of a visit that is followed hears how it has ended.
    #[cold]
    #[inline(never)]
    pub(super) fn follow_answer(&mut self, caller: u32, child: u32, t: SimTime, outcome: Outcome) {
        let node = self.node_of(child);
        let strand = self.visits[child].flags & flag::STRAND != 0;
        if outcome == Outcome::Completed || strand {
            self.visits.hand_on(child, caller, node, t);
        }
    }

    /// What a visit in another part did reaches its proxy, if somebody still waits for it.
    pub(super) fn follow_proxy(&mut self, proxy: u32, past: &Past) {
        let node = self.node_of(proxy);
        if let Some(way) = self.visits.way_mut(proxy) {
            way.past.go_on(past, node, Spent::Network);
        }
    }

    /// A visit that is followed goes on after what another did.
    fn go_on_after(&mut self, slot: u32, past: &Past, node: u32) {
        if let Some(way) = self.visits.way_mut(slot) {
            // What was before it is attempts that it has overtaken.
            way.past.go_on(past, node, Spent::Retry);
        }
    }

    /// The open call of a visit that is followed has failed, for now or for good.
    #[cold]
    #[inline(never)]
    pub(super) fn follow_loss(&mut self, slot: u32, t: SimTime, outcome: Outcome) {
        let callee = self.callee_of(slot);
        if let Some(way) = self.visits.way_mut(slot) {
            way.lost = match outcome {
                Outcome::Throttled | Outcome::Shed => Spent::Throttle,
                Outcome::TimedOut | Outcome::Failed | Outcome::Completed => Spent::Retry,
            };
            way.past.pass(callee, way.lost, t);
        }
    }

    /// An attempt of a visit that is followed has taken too long: nobody waits for it any more.
    #[cold]
    #[inline(never)]
    pub(super) fn follow_time_out(&mut self, caller: u32, child: u32, t: SimTime) {
        let strand = self.visits[child].flags & flag::STRAND != 0;
        let node = self.node_of(child);
        if !strand {
            self.visits.take_past(child);
            return;
        }
        // Its steps have done something until now, unless it has run ahead.
        let calls = self.visits[child].live > 0;
        let lost_at = if calls { self.callee_of(child) } else { node };
        let ahead = self.visits.way_mut(child);
        let ahead = ahead.is_none_or(|way| way.past.until > t || way.joins);
        if !calls && !ahead {
            self.follow_step(child, t);
            let Visit { flags, since, .. } = self.visits[child];
            let outside = self.visits.rare(child).outside;
            if let Some(way) = self.visits.way_mut(child)
                && flags & flag::WAITING != 0
                && !outside
            {
                way.stood += t.since(SimTime(since)).0;
            }
            self.pass_at_node(child, t);
        }
        let Some(mut past) = self.visits.take_past(child) else {
            return;
        };
        if past.until > t {
            past = Past::new(past.began);
        }
        past.pass(lost_at, Spent::Retry, t);
        self.go_on_after(caller, &past, node);
    }

    /// A branch of a visit that is followed sets out.
    #[cold]
    #[inline(never)]
    pub(super) fn follow_branch(&mut self, slot: u32, child: u32, t: SimTime) {
        let waits = |way: &mut super::way::Way| std::mem::replace(&mut way.joins, true);
        if self.visits.way_mut(slot).is_some_and(|way| !waits(way)) {
            self.pass_at_node(slot, t);
        }
        let before = self.visits.way_mut(slot).and_then(|way| way.last.take());
        self.visits.follow(child, t);
        if let (Some(way), Some(before)) = (self.visits.way_mut(child), before) {
            way.past = before;
        }
    }

    /// A branch has ended of a visit that is followed and waits for it.
    #[cold]
    #[inline(never)]
    pub(super) fn follow_join(&mut self, slot: u32, child: u32, t: SimTime) {
        self.pass_at_node(child, t);
        let past = self.visits.take_past(child);
        if let Some(way) = self.visits.way_mut(slot) {
            way.last = past;
        }
    }

    /// A visit that is followed waits for branches no longer.
    #[cold]
    #[inline(never)]
    pub(super) fn follow_joined(&mut self, slot: u32) {
        let (node, waited) = (self.node_of(slot), self.visits[slot].waited);
        if let Some(way) = self.visits.way_mut(slot) {
            way.joins = false;
            // What its parts have waited may have become its own.
            way.waited = waited;
            if let Some(past) = way.last.take() {
                way.past.go_on(&past, node, Spent::Service);
            }
        }
    }

    /// A visit that is followed was served in parts at once: what the last of them has waited
    /// is its waiting.
    pub(super) fn follow_parts(&mut self, slot: u32, before: u64, waited: u64) {
        let counted = self.visits[slot].waited - before;
        if let Some(way) = self.visits.way_mut(slot) {
            way.waited = way.waited.wrapping_add(counted).wrapping_sub(waited);
        }
    }

    /// A visit that is followed begins to stand in a line that its waiting does not count.
    pub(super) fn follow_stand(&mut self, slot: u32, t: SimTime) {
        if let Some(way) = self.visits.way_mut(slot) {
            way.stands = Some(t);
        }
    }

    /// A visit that is followed stands there no longer.
    pub(super) fn follow_step(&mut self, slot: u32, t: SimTime) {
        if let Some(way) = self.visits.way_mut(slot)
            && let Some(since) = way.stands.take()
        {
            way.stood += t.since(since).0;
        }
    }

    /// The client of a request that is followed has its answer.
    ///
    /// A flow of which some request's time is not all accounted for is not followed any more.
    #[cold]
    #[inline(never)]
    pub(super) fn follow_home(&mut self, slot: u32, t: SimTime, outcome: Outcome) {
        let visit = self.visits[slot];
        let flow = self.requests[visit.request as usize].flow;
        let arrived = SimTime(visit.entered);
        if outcome != Outcome::Completed || !self.recorder.counts(arrived) {
            return;
        }
        self.pass_at_node(slot, t);
        let Some(way) = self.visits.way_mut(slot) else {
            return;
        };
        let latency = t.since(arrived).0;
        let stretches = &mut way.past.stretches;
        let sum: u64 = stretches.iter().map(|one| one.ns).sum();
        debug_assert_eq!(sum, latency, "all of a latency is accounted for");
        if sum != latency {
            return self.following.give_up(flow);
        }
        stretches.sort_unstable_by_key(|one| (one.node, one.spent));
        self.following.records.push(FollowedRecord {
            flow,
            arrived,
            key: visit.key,
            latency,
            stretches: stretches.as_slice().into(),
        });
    }
}

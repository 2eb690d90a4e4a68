//! Ways: where the time of visits that are followed has gone until now.
//!
//! A way is the past of one visit, from when it set out: stretches without a gap. What a call
//! or a branch did becomes part of its caller's way when the caller goes on because of it; so
//! the way of a request's root is at last what its client waited for.
//!
//! Not here: which visits have one, and when time is added (`follow`).

use crate::metrics::followed::{Spent, Stretch, add};
use crate::units::SimTime;

/// A past without gaps.
#[derive(Clone, Debug)]
pub(crate) struct Past {
    /// When it began.
    pub(super) began: SimTime,
    /// When it ended: so much later as its stretches are long.
    pub(super) until: SimTime,
    pub(super) stretches: Vec<Stretch>,
}

impl Past {
    /// Begins without any time gone.
    pub(super) fn new(at: SimTime) -> Past {
        Past {
            began: at,
            until: at,
            stretches: Vec::new(),
        }
    }

    /// Takes it away.
    pub(super) fn take(&mut self) -> Past {
        std::mem::replace(self, Past::new(self.until))
    }

    /// Lets time pass in one way, up to an instant.
    #[inline]
    pub(super) fn pass(&mut self, node: u32, spent: Spent, t: SimTime) {
        debug_assert!(t >= self.until, "a visit's own time never runs backwards");
        add(&mut self.stretches, node, spent, t.since(self.until).0);
        self.until = t;
    }

    /// Goes on with another past, which began when this one ended or later; what lies between
    /// passed in one way.
    pub(super) fn go_on(&mut self, other: &Past, node: u32, spent: Spent) {
        self.pass(node, spent, other.began);
        for one in &other.stretches {
            add(&mut self.stretches, one.node, one.spent, one.ns);
        }
        self.until = other.until;
    }
}

/// The past of a visit, and what tells its own time apart.
#[derive(Clone, Debug)]
pub(crate) struct Way {
    pub(super) past: Past,
    /// How much of the visit's `waited` is in its past [ns].
    pub(super) waited: u64,
    /// Other time in lines that is not in its past yet [ns].
    pub(super) stood: u64,
    /// Since when it stands in a line that its `waited` does not count.
    pub(super) stands: Option<SimTime>,
    /// Pauses for what its node threw back that are not in its past yet [ns].
    pub(super) thrown_back: u64,
    /// How the time of its open call was lost that failed last.
    pub(super) lost: Spent,
    /// Whether it waits for branches.
    pub(super) joins: bool,
    /// The past of the branch that ended last.
    pub(super) last: Option<Past>,
}

impl Way {
    fn new(at: SimTime) -> Way {
        Way {
            past: Past::new(at),
            waited: 0,
            stood: 0,
            stands: None,
            thrown_back: 0,
            lost: Spent::Retry,
            joins: false,
            last: None,
        }
    }

    /// Lets time pass at the visit's node, of which `waited` [ns] in lines so far.
    pub(super) fn pass_at(&mut self, node: u32, waited: u64, t: SimTime) {
        let all = t.since(self.past.until).0;
        let new = waited.wrapping_sub(self.waited);
        let waiting = (new + std::mem::take(&mut self.stood)).min(all);
        let thrown_back = std::mem::take(&mut self.thrown_back).min(all - waiting);
        self.waited = waited;
        let stretches = &mut self.past.stretches;
        add(stretches, node, Spent::Waiting, waiting);
        add(stretches, node, Spent::Throttle, thrown_back);
        add(stretches, node, Spent::Service, all - waiting - thrown_back);
        self.past.until = t;
    }
}

/// All ways of a replication.
#[derive(Debug, Default)]
pub(crate) struct Ways {
    ways: Vec<Way>,
    free: Vec<u32>,
}

impl Ways {
    /// Begins one.
    pub(super) fn start(&mut self, at: SimTime) -> u32 {
        if let Some(index) = self.free.pop() {
            let way = &mut self.ways[index as usize];
            let mut stretches = std::mem::take(&mut way.past.stretches);
            stretches.clear();
            *way = Way::new(at);
            way.past.stretches = stretches;
            return index;
        }
        self.ways.push(Way::new(at));
        self.ways.len() as u32 - 1
    }

    /// Lets a caller's way go on at an instant after that of what it called at a node.
    pub(super) fn hand_on(&mut self, [caller, callee]: [u32; 2], node: u32, t: SimTime) {
        let both = [caller as usize, callee as usize];
        let Ok([caller, callee]) = self.ways.get_disjoint_mut(both) else {
            unreachable!("two visits have two ways");
        };
        callee.past.pass(node, Spent::Network, t);
        // What was before it is attempts that it has overtaken.
        caller.past.go_on(&callee.past, node, Spent::Retry);
    }

    /// Forgets one.
    pub(super) fn end(&mut self, index: u32) {
        self.free.push(index);
    }
}

impl std::ops::Index<u32> for Ways {
    type Output = Way;
    fn index(&self, index: u32) -> &Way {
        &self.ways[index as usize]
    }
}

impl std::ops::IndexMut<u32> for Ways {
    fn index_mut(&mut self, index: u32) -> &mut Way {
        &mut self.ways[index as usize]
    }
}

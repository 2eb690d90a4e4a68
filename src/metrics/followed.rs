//! Followed requests: where the time of single requests went, to the nanosecond.
//!
//! The latency of a request is the sum of its stretches: what passed it at which node along
//! what its client waited for, and how. What is kept of a run is bounded by how many
//! requests are followed.
//!
//! Not here: who is followed, and how time is told apart (`engine::follow`).

use crate::units::SimTime;

/// How time passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Spent {
    /// In a waiting line of the node.
    Waiting,
    /// At the node: in service, in a delay, in a cold start, in whatever else it does.
    Service,
    /// On the way to the node, and back from it.
    Network,
    /// In attempts at the node that were of no use, and in the pauses after them.
    Retry,
    /// In attempts that the node throttled or shed, and in the pauses after them.
    Throttle,
}

/// Time that passed at a node in one way, all of it together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// The node.
    pub node: u32,
    /// How.
    pub spent: Spent,
    /// How long [ns], > 0.
    pub ns: u64,
}

/// A request that was followed, and has completed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FollowedRecord {
    /// Its flow.
    pub flow: u32,
    /// When it arrived.
    pub arrived: SimTime,
    /// Addresses its draws: tells those apart that arrived at once.
    pub key: u64,
    /// From its arrival to its answer [ns]: the sum of its stretches.
    pub latency: u64,
    /// By node, then by how the time passed; each pair once.
    pub stretches: Box<[Stretch]>,
}

/// Adds time to what passed in the same way.
#[inline]
pub fn add(stretches: &mut Vec<Stretch>, node: u32, spent: Spent, ns: u64) {
    if ns == 0 {
        return;
    }
    // There are few: most requests come to a handful of nodes.
    let same = |one: &&mut Stretch| one.node == node && one.spent == spent;
    match stretches.iter_mut().find(same) {
        Some(one) => one.ns += ns,
        None => stretches.push(Stretch { node, spent, ns }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_of_one_kind_at_one_node_is_one_stretch() {
        let mut stretches = Vec::new();

        add(&mut stretches, 1, Spent::Waiting, 3);
        add(&mut stretches, 2, Spent::Waiting, 5);
        add(&mut stretches, 1, Spent::Service, 0);
        add(&mut stretches, 1, Spent::Waiting, 4);

        let found: Vec<(u32, Spent, u64)> = stretches
            .iter()
            .map(|one| (one.node, one.spent, one.ns))
            .collect();
        assert_eq!(found, [(1, Spent::Waiting, 7), (2, Spent::Waiting, 5)]);
    }
}

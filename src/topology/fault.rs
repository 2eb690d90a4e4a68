//! Faults: what goes wrong, where, and when.

use super::Change;
use crate::diagnostic::Place;
use crate::random::law::Law;
use crate::units::{SimTime, Span};
use petgraph::graph::NodeIndex;

/// Something that goes wrong.
#[derive(Clone, Debug)]
pub struct Fault {
    /// Its verb and its target: `crash db`, `lose app->db`.
    pub title: String,
    /// When.
    pub when: When,
    /// What.
    pub what: Wrong,
    /// Where it was written.
    pub place: Place,
}

/// When something goes wrong.
#[derive(Clone, Debug)]
pub enum When {
    /// Once.
    Once {
        /// From when on.
        at: SimTime,
        /// For how long; to the end if none, or for the time of the kind.
        length: Option<Span>,
    },
    /// Again and again, at random.
    Again {
        /// From the start, or the end of the last time, to the next time [ns].
        between: Law,
        /// How long it lasts [ns]; none of what is over at once, or takes the time of the kind.
        length: Option<Law>,
    },
}

/// What goes wrong.
#[derive(Clone, Debug)]
pub enum Wrong {
    /// A node is out until another copy has taken over.
    Failover(NodeIndex<u32>),
    /// Something is out: what is inside fails, and what comes is refused.
    Crash(Crashed),
    /// A node is slow, or its visits fail.
    Impairment {
        /// The node.
        node: NodeIndex<u32>,
        /// How many times as long its work takes.
        factor: f64,
        /// What every piece of its work takes longer.
        by: Span,
        /// Share of the visits that fail after their work.
        fail: f64,
    },
    /// A node stands still, or a part of its copies: all that is there waits.
    Pause(NodeIndex<u32>, Option<Part>),
    /// A node has other parameters: limits, sizes, rates, times. It is as if its file had them,
    /// but for the bill, which keeps to the file where it is not made of what is measured.
    Change(Change),
    /// The entries of a node's cache are gone.
    Flush(NodeIndex<u32>),
    /// A link is slow, loses messages, or holds them back.
    Link {
        /// Who calls over it.
        from: NodeIndex<u32>,
        /// Who is called.
        to: NodeIndex<u32>,
        /// What is wrong with it.
        how: Crossing,
    },
}

/// What is wrong with a link.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Crossing {
    /// Its latency is so many times as long.
    Slower(f64),
    /// Each way over it takes so much longer.
    Longer(Span),
    /// This share of the attempts is lost.
    Loses(f64),
    /// Whatever sets out waits until it is over.
    Holds,
}

/// What is out in a crash.
#[derive(Clone, Debug)]
pub enum Crashed {
    /// A node, or a part of its copies while the others go on.
    Node(NodeIndex<u32>, Option<Part>),
    /// What lies in a region or zone.
    Place(String),
}

/// A part of the copies that a node has at the start.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Part {
    /// So many.
    Copies(u32),
    /// This share, rounded up.
    Share(f64),
}

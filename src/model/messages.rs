//! Messages: queues, logs, and how they are handed over.

use super::Toll;
use crate::mechanism::archive::Window;
use crate::mechanism::held::Rotation;
use crate::mechanism::pollers;
use crate::units::{SimTime, Span};

/// A message queue.
#[derive(Clone, Debug)]
pub struct Queue {
    /// The node it is.
    pub node: u32,
    /// How long a receive hides a message; `MAX` is unlimited.
    pub visibility: Span,
    /// Receives after which a message is given up; `u32::MAX` is unlimited.
    pub max_receives: u32,
    /// Whether messages of one key are delivered in order, one delivery at a time.
    pub fifo: bool,
    /// Age at which a message is dropped; `MAX` is never.
    pub retention: Span,
    /// Share of messages that are delivered twice.
    pub duplicates: f64,
    /// Most messages in flight; `u32::MAX` is unlimited.
    pub in_flight: u32,
    /// Its consumers (indices into `deliveries`), which compete.
    pub deliveries: Vec<u32>,
    /// Delivery that gets what is given up; `NONE`: dropped, and counted.
    pub dead_letter: u32,
}

/// A partitioned, ordered log.
#[derive(Clone, Debug)]
pub struct Log {
    /// The node it is.
    pub node: u32,
    /// Number of partitions (shards), ≥ 1; a message goes to the visit's instance.
    pub partitions: u32,
    /// Age at which a message is dropped; `MAX` is never.
    pub retention: Span,
    /// Its consumer groups (indices into `deliveries`).
    pub deliveries: Vec<u32>,
    /// Deliveries after which a batch is given up; `u32::MAX` is unlimited.
    pub max_receives: u32,
    /// Delivery that gets what is given up; `NONE`: dropped, and counted.
    pub dead_letter: u32,
}

/// How messages are handed to a consumer.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// Routes to the consumer by what a message is about (`Op::Enqueue`), `NONE` or absent if none.
    pub routes: Vec<u32>,
    /// Link whose tally it is.
    pub link: u32,
    /// Node that delivers (the queue, log or store).
    pub from: u32,
    /// Share of messages that pass its filter, 0..=1.
    pub share: f64,
    /// Most messages per delivery, ≥ 1.
    pub batch: u32,
    /// Longest wait for a full batch.
    pub window: Span,
    /// Most deliveries at once (for a log: per partition); `u32::MAX` is unlimited.
    pub concurrency: u32,
    /// Pause after an empty receive; `ZERO`: handed over as soon as a consumer is free.
    pub poll: Span,
    /// Time from hand-over until the consumer starts, beside the link: sampler or `NONE`.
    pub lag: u32,
    /// How `concurrency` is grown into, where the number of pollers follows the queue.
    pub pollers: Option<pollers::Rules>,
    /// Flows that match; all if empty.
    pub flows: Vec<u32>,
    /// What a hand-over pays, and waits for until it can: `Of::Instance` is by partition.
    pub tolls: Vec<Toll>,
    /// Whether of a batch that completed the messages come back whose own steps ended badly.
    pub partial: bool,
    /// Whether a batch of a log that ended badly is tried again in halves.
    pub bisect: bool,
    /// Deliveries of a batch of a log after which it is given up; `u32::MAX` is unlimited.
    pub attempts: u32,
    /// Age at which a message of a log is given up; `MAX` is never.
    pub max_age: Span,
    /// Consumer whose copies come and go, so that `concurrency` follows them; else `NONE`.
    pub elastic: u32,
    /// Most deliveries at once of one of its copies.
    pub room_of_a_copy: u32,
}

/// What was said to a node, remembered so that it counts once.
#[derive(Clone, Copy, Debug)]
pub struct Memory {
    /// The node that remembers.
    pub node: u32,
    /// For how long.
    pub window: Span,
}

/// A value that a node's copies or environments read and keep, and that changes.
#[derive(Clone, Copy, Debug)]
pub struct Credential {
    /// The node whose copies or environments keep it.
    pub node: u32,
    /// Which of them a visit is at.
    pub holders: Holders,
    /// For how long it is kept until it is read anew.
    pub keep: Span,
    /// When it changes, if it does.
    pub rotation: Option<Rotation>,
}

/// Who holds a credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holders {
    /// Every environment of a pool.
    Pool(u32),
    /// Every copy, by the stations of a group.
    Group(u32),
}

/// What passed a node, kept for replays.
#[derive(Clone, Debug)]
pub struct Archive {
    /// The node that keeps it.
    pub node: u32,
    /// Who will ask for it.
    pub replays: Vec<Replay>,
}

/// What passed once and is started again.
#[derive(Clone, Copy, Debug)]
pub struct Replay {
    /// When it begins.
    pub at: SimTime,
    /// What is replayed, and how fast.
    pub window: Window,
    /// The `Op::Replay` that does it; `NONE` until it is written.
    pub entry: u32,
}

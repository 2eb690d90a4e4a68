//! What visits share: stations, pools of environments, balancers, partitions.

use super::Outcome;
use crate::units::{SimTime, Span};
use std::ops::Range;

/// Identical stations: copies or partitions of a node, a limit, a connection pool.
#[derive(Clone, Debug)]
pub struct Group {
    /// The node it belongs to.
    pub node: u32,
    /// Number of stations in it, ≥ 1.
    pub instances: u32,
    /// First station of the group in the engine's array.
    pub first: u32,
    /// Servers of one station, ≥ 1; `u32::MAX` is unlimited.
    pub servers: u32,
    /// Which visit is served next.
    pub discipline: Discipline,
    /// Places in the line of one station; `u32::MAX` is unlimited.
    pub waiting_limit: u32,
    /// Outcome of a visit that finds the line full, unless it `blocks`.
    pub when_full: Outcome,
    /// Whether a visit that finds the line full stands before it until there is room.
    pub blocks: bool,
    /// Whether a visit that finds the line full takes the place of the last one there, which ends
    /// as `when_full`.
    pub replaces: bool,
    /// Longest wait: sampler; `NONE` is unlimited.
    pub max_wait: u32,
    /// Whether finish times may be planned at arrival (ENGINE.md section 6).
    pub planned: bool,
    /// CoDel target and interval, for `Discipline::CoDel`.
    pub codel: (Span, Span),
    /// How a visit without a preset instance finds its station.
    pub pick: Pick,
    /// Whether this is a limit or a connection pool, not the node's servers:
    /// its waiting is recorded, its busy time is not the node's.
    pub limit: bool,
    /// Whether a visit hands its place over to what goes on beside it, which it starts next.
    pub handed: bool,
    /// Whether the servers and their speed change in a run; `servers` is the most there are.
    pub varies: bool,
    /// What full speed is paid from, if it is: such a station keeps a line, first come, first served.
    pub credit: Option<Credit>,
}

/// Savings from which the servers of a station pay for full speed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Credit {
    /// Share of full speed that is always there, 0 < share ≤ 1.
    pub share: f64,
    /// Most savings, as time of one server.
    pub most: Span,
    /// Savings at the start.
    pub held: Span,
}

/// How a visit finds its station in a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pick {
    /// The only one, or the instance that a balancer chose, else uniform at random.
    Random,
    /// By the partitioning rule of this index.
    Partition(u32),
    /// The instance of the visit's caller (a connection pool per copy).
    Inherited,
}

/// Which visit is served next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Discipline {
    /// First come, first served.
    Fifo,
    /// Last come, first served.
    Lifo,
    /// Last come, first served, pre-empting.
    LifoPreemptive,
    /// Smallest priority number first, FIFO within.
    Priority,
    /// The same, pre-empting (resume).
    PriorityPreemptive,
    /// Each of n visits progresses at rate min(1, c/n).
    ProcessorSharing,
    /// FIFO, shedding at the head by CoDel.
    CoDel,
}

/// How partitions split where they stay hot.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Splitting {
    /// Most partitions, those of the start included.
    pub most: u32,
    /// Share of a partition's rate from which on it is hot.
    pub share: f64,
    /// How long it has to stay so.
    pub after: Span,
}

/// A pool of execution environments.
#[derive(Clone, Debug)]
pub struct Pool {
    /// The node it belongs to.
    pub node: u32,
    /// Added on a cold start [ns]: sampler; `NONE` is nothing.
    pub cold_start: u32,
    /// Idle this long, an environment is destroyed: sampler.
    pub keep_alive: u32,
    /// Which idle one is taken: the last used, else the newest.
    pub last_used: bool,
    /// Most environments; `u32::MAX` is unlimited.
    pub most: u32,
    /// New environments per second; 0 is unlimited.
    pub start_rate: f64,
    /// Burst of new environments.
    pub start_burst: f64,
    /// Environments that always exist (provisioned).
    pub provisioned: u32,
    /// Age at which the others end once they are idle; `MAX` is never.
    pub lifetime: Span,
}

/// A choice among routes and their copies.
#[derive(Clone, Debug)]
pub struct Balancer {
    /// The node it belongs to.
    pub node: u32,
    /// How it chooses.
    pub policy: Policy,
    /// Number of candidates looked at, for `Choices`.
    pub choices: u32,
    /// Whether the first of equals is taken instead of a random one.
    pub first_of_ties: bool,
    /// How old the counts may be.
    pub refresh: Span,
    /// For how long a copy that comes newly gets less than its turn, for `RoundRobin`.
    pub slow_start: Span,
    /// The zone (number, of so many) to whose copies it is confined, if it is.
    pub zone: Option<(u32, u32)>,
    /// Its targets; the routes of a `CallChosen` lie together in the same order.
    pub targets: Vec<Target>,
    /// How many of them, the last ones, stand by.
    pub reserve: u32,
}

/// Resolvers that keep the answer to a name.
#[derive(Clone, Copy, Debug)]
pub struct Resolvers {
    /// How many there are, ≥ 1.
    pub count: u32,
    /// How long an answer is kept.
    pub ttl: Span,
}

/// One target of a balancer.
#[derive(Clone, Debug)]
pub struct Target {
    /// The node behind the link.
    pub node: u32,
    /// Copies behind the link (1 if the target has none).
    pub copies: u32,
    /// Weight, for `Weighted`.
    pub weight: f64,
}

/// How a balancer chooses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Policy {
    /// In turn.
    RoundRobin,
    /// The fewest calls outstanding.
    LeastOutstanding,
    /// Uniform.
    Random,
    /// The fewest outstanding of some random ones.
    Choices,
    /// By weight.
    Weighted,
    /// By hash of the key.
    ByKey,
}

/// Which partition a key belongs to.
#[derive(Clone, Debug)]
pub struct Partition {
    /// Number of partitions, ≥ 1.
    pub count: u32,
    /// The rule.
    pub by: PartitionBy,
    /// Cumulated weights as 64-bit thresholds, for `Random`; empty: even.
    pub weights: Vec<u64>,
    /// Copies of each partition among which a visit is placed at random; copy c of
    /// partition p is the instance c × `count` + p.
    pub copies: Range<u32>,
    /// How partitions split, if they do; there is one copy of each then.
    pub splits: Option<Splitting>,
    /// What lies at each of them at the start, and with how much it splits [bytes].
    pub filled: Option<(f64, f64)>,
    /// How many there are later, in order of time; those of a change lie behind those before it.
    pub later: Vec<Recount>,
    /// Whether a visit is placed at its own instant, because where the rule leads to may
    /// depend on what came before: partitions split, or some copies may be out.
    pub guarded: bool,
}

impl Partition {
    /// Whether where a visit goes depends on nothing but its own draws and its key.
    pub fn is_fixed(&self) -> bool {
        !self.guarded && self.later.is_empty() && self.splits.is_none()
    }

    /// Returns the most partitions that there may be.
    pub fn most(&self) -> u32 {
        let last = self.later.last().map(|one| one.first + one.count);
        let splits = self.splits.map(|splits| splits.most);
        splits.or(last).unwrap_or(self.count)
    }
}

/// A planned change of the number of partitions.
#[derive(Clone, Copy, Debug)]
pub struct Recount {
    /// The node that they belong to.
    pub node: u32,
    /// When.
    pub at: SimTime,
    /// Until everything has arrived in a log that was on its way there.
    pub lag: Span,
    /// The first of the new ones.
    pub first: u32,
    /// How many of them there are.
    pub count: u32,
}

/// The rule of a partitioning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PartitionBy {
    /// Hash of the key; without a key, uniform at random.
    Hash,
    /// Key modulo count.
    Modulo,
    /// Drawn for each visit.
    Random,
    /// Each key has its own, up to `count`.
    Key,
}

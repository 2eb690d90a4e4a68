//! What the engine executes: operations, routes and the constants of mechanisms.
//!
//! A `Model` is immutable and shared by all threads. It knows queueing words
//! only. Visits run *programs*: slices of `ops` that end with `Leave`. Everything
//! that an operation needs beyond 12 bytes lies in a table that it indexes.

mod audience;
mod calls;
pub mod change;
pub mod control;
pub mod fault;
mod messages;
mod op;
mod stations;
pub mod supply;
pub mod timetable;

pub use audience::{FanOut, FanOutStep, Gather, Recipients};
pub use calls::{Backoff, Breaker, Budget, OnRoom, Pace, Retry, Route};
pub use control::Control;
pub use messages::{Archive, Credential, Delivery, Holders, Log, Memory, Queue, Replay};
pub use op::{Admission, Batch, Cost, CountFrom, Lagging, Of, Op, Outcome, Toll, Work};
pub use stations::{
    Balancer, Credit, Discipline, Group, Partition, PartitionBy, Pick, Policy, Pool, Recount,
    Resolvers, Splitting, Target,
};

use crate::random::law::Law;
use crate::random::{Keys, Population, Sampler};
use crate::units::{SimTime, Span};
use crate::workload::Source;
use std::sync::Arc;

/// Stands for “none” in every `u32` index.
pub const NONE: u32 = u32::MAX;
/// In `Route::bytes`: the size in force at the caller is handed on.
pub const INHERITED: u32 = u32::MAX - 1;
/// Links whose floor is at least this couple nothing: they may be cut.
///
/// CHOICE: between the default floors inside a zone and between zones; a
/// constant of the semantics (a step never runs ahead across such a link).
pub const CUTTABLE_FLOOR: Span = Span(100_000);

/// A compiled topology.
#[derive(Debug, Default)]
pub struct Model {
    /// All programs, one after the other.
    pub ops: Vec<Op>,
    /// Per operation: whose it is, and its number inside its program.
    pub sites: Vec<Site>,
    /// Nodes, sorted by name (their index is their identity in tie-breaking).
    pub nodes: Vec<Node>,
    /// Flows, sorted by name.
    pub flows: Vec<Flow>,
    /// Recorder rows: one per (node, flow) that a program exists for.
    pub rows: Vec<Row>,
    /// Links as the report names them.
    pub links: Vec<Link>,
    /// Calls that programs can make.
    pub routes: Vec<Route>,
    /// Station groups.
    pub groups: Vec<Group>,
    /// What work takes.
    pub works: Vec<Work>,
    /// Token buckets; those of the partitions of a node lie together.
    pub buckets: Vec<Bucket>,
    /// Passages through buckets.
    pub admissions: Vec<Admission>,
    /// How items that did not pass are tried again.
    pub batches: Vec<Batch>,
    /// What visits may bring at most.
    pub sizes: Vec<Size>,
    /// Caches.
    pub caches: Vec<Cache>,
    /// Pools of execution environments.
    pub pools: Vec<Pool>,
    /// Balancers.
    pub balancers: Vec<Balancer>,
    /// Resolvers of names.
    pub resolvers: Vec<Resolvers>,
    /// Message queues.
    pub queues: Vec<Queue>,
    /// Partitioned logs.
    pub logs: Vec<Log>,
    /// What nodes remember so that it counts once.
    pub memories: Vec<Memory>,
    /// What copies and environments read and keep.
    pub credentials: Vec<Credential>,
    /// What nodes keep for replays.
    pub archives: Vec<Archive>,
    /// Who gets what queues and logs deliver.
    pub deliveries: Vec<Delivery>,
    /// Branch tables of `Fork`.
    pub forks: Vec<Fork>,
    /// Repetitions.
    pub loops: Vec<Loop>,
    /// Calls that are cut because they are about more items than one may be.
    pub cuts: Vec<Cut>,
    /// Weighted jumps of `Split`.
    pub splits: Vec<Split>,
    /// Fan-outs, sorted by name.
    pub fan_outs: Vec<FanOut>,
    /// Steps that fan out.
    pub fan_out_steps: Vec<FanOutStep>,
    /// Steps that gather.
    pub gathers: Vec<Gather>,
    /// Users, if there is an audience.
    pub population: Option<Arc<Population>>,
    /// The id before that of the first user.
    pub users_base: u32,
    /// Retry policies.
    pub retries: Vec<Retry>,
    /// Retry budgets.
    pub budgets: Vec<Budget>,
    /// Circuit breakers.
    pub breakers: Vec<Breaker>,
    /// Rate limits that clients set themselves.
    pub paces: Vec<Pace>,
    /// Partitioning rules.
    pub partitions: Vec<Partition>,
    /// Compiled laws.
    pub samplers: Vec<Sampler>,
    /// What they were compiled from, in the same order: for theory, not for the loop.
    pub laws: Vec<Law>,
    /// Compiled key laws; each owns a range of the global key space.
    pub keys: Vec<Keys>,
    /// Load lines.
    pub sources: Vec<Source>,
    /// What watches a run and changes it.
    pub control: Control,
    /// The model while parameters are changed, by which of the changes go on.
    pub altered: Vec<change::Altered>,
    /// Whether any sampler is a `Sequence` (visits then carry their ordinal).
    pub needs_ordinal: bool,
}

impl Model {
    /// Returns the servers of a node, over all copies, where they are limited.
    pub fn servers(&self, node: usize) -> Option<f64> {
        let group = self.groups.get(self.nodes[node].group as usize)?;
        let limited = group.servers != u32::MAX && !group.limit && !group.varies;
        limited.then(|| f64::from(group.servers) * f64::from(group.instances))
    }

    /// Whether a node notes something of some sort about what lags.
    pub fn has_lag(&self, node: u32, sort: impl Fn(Lagging) -> bool) -> bool {
        let mut ops = self.ops.iter().zip(&self.sites);
        ops.any(|(op, site)| {
            matches!(op, Op::Lag { what } if sort(*what))
                && self.rows[site.row as usize].node == node
        })
    }

    /// Whether a node has copies that may give old answers.
    pub fn has_replicas(&self, node: u32) -> bool {
        self.has_lag(node, |what| {
            what != Lagging::Sent && what != Lagging::Arrived
        })
    }
}

/// What a visit may bring at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// The node that refuses what is larger.
    pub node: u32,
    /// Bytes of one item.
    pub item: u64,
    /// Bytes of all items of a call.
    pub call: u64,
}

/// Whose an operation is.
#[derive(Clone, Copy, Debug)]
pub struct Site {
    /// Recorder row of (node, flow).
    pub row: u32,
    /// Number of the operation inside its program; addresses its draws.
    pub operation: u16,
}

/// A node as the engine and the recorder know it.
#[derive(Clone, Debug)]
pub struct Node {
    /// Name; a hidden node (a link's bandwidth) has one that no user can write.
    pub name: String,
    /// Kind as users write it.
    pub kind: &'static str,
    /// Whether reports leave it out (`client`, links' bandwidth).
    pub hidden: bool,
    /// First 64 bits of the hash of the name; addresses the node's own draws.
    pub hash: u64,
    /// The station group that `utilisation`, `servers`, `copies` are about.
    pub group: u32,
    /// The pool of environments, if that is its capacity.
    pub pool: u32,
    /// The cache it answers from.
    pub cache: u32,
    /// Whether it looks up in a cache, keyed or by a coin (then it has a hit rate).
    pub looks_up: bool,
    /// The message queue it is.
    pub queue: u32,
    /// The log it is.
    pub log: u32,
    /// How its visits spread over partitions, for the per-partition tallies.
    pub partition: u32,
    /// Names of its operations, for `by_op`; indexed by `Route::op`.
    pub operations: Vec<String>,
}

/// A request class.
#[derive(Clone, Debug)]
pub struct Flow {
    /// Name.
    pub name: String,
    /// Program of the client; its row is (client, flow).
    pub entry: u32,
    /// Size of a request [bytes]: sampler.
    pub bytes: u32,
    /// Size of a reply [bytes]: sampler.
    pub reply: u32,
    /// 0 (first) to 9.
    pub priority: u8,
}

/// A recorder row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// Index into `nodes`.
    pub node: u32,
    /// Index into `flows`.
    pub flow: u32,
}

/// A link as the report names it.
#[derive(Clone, Debug)]
pub struct Link {
    /// `a->b`.
    pub name: String,
    /// Whether it delivers messages instead of calls.
    pub delivers: bool,
    /// Whether reports leave it out.
    pub hidden: bool,
}

/// A token bucket.
#[derive(Clone, Debug)]
pub struct Bucket {
    /// The node it belongs to.
    pub node: u32,
    /// What the limit is, for notes: `table write units`, `account requests`.
    pub name: String,
    /// Tokens per second, > 0.
    pub rate_per_s: f64,
    /// Most tokens, > 0.
    pub burst: f64,
    /// Tokens at the start, at most `burst`; windows begin whole.
    pub tokens: f64,
    /// Counted in fixed windows of this length instead; `ZERO`: continuous refill.
    pub window: Span,
    /// How the limit follows what it has admitted, if it does.
    pub growth: Option<Growth>,
    /// Partitioning rule whose partition is hot if this bucket is; `NONE`: none splits.
    pub heats: u32,
    /// Whether a controller sets its rate, and wants to know what is paid.
    pub supplied: bool,
}

/// How a limit follows what it has admitted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Growth {
    /// Multiplies the highest rate so far.
    pub factor: f64,
    /// How long after a rate was admitted it counts.
    pub after: Span,
    /// Most that the limit may become [1/s].
    pub most_per_s: f64,
}

/// Entries of a cache.
#[derive(Clone, Debug)]
pub struct Cache {
    /// The node it belongs to.
    pub node: u32,
    /// Which entry goes when it is full.
    pub policy: Eviction,
    /// Most entries of one instance; `u64::MAX` is unlimited.
    pub entries: u64,
    /// Most bytes of one instance; `u64::MAX` is unlimited.
    pub bytes: u64,
    /// Time to live; `MAX` is for ever.
    pub ttl: Span,
    /// What restarts the time to live of a present entry.
    pub renew: Renew,
    /// Whether one fetch serves all that miss the same key meanwhile.
    pub coalesce: bool,
    /// How long an expired entry may be served while one fetch renews it.
    pub stale: Span,
    /// Share of `entries` filled with the likeliest keys at the start, 0..=1.
    pub warm: f64,
    /// Key law whose likeliest keys fill it; `NONE` if not warm.
    pub warm_keys: u32,
    /// Instances: the partitions (shards) or copies of the node, each with its own entries.
    pub instances: u32,
    /// Whether its hits and misses are the node's; not those of a tier behind another.
    pub counted: bool,
}

/// Which entry of a full cache goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Eviction {
    /// Least recently used.
    Lru,
    /// Least frequently used.
    Lfu,
    /// Windowed, admitted by estimated frequency.
    TinyLfu,
    /// Oldest.
    Fifo,
    /// Any.
    Random,
    /// None: what does not fit is not kept.
    Refuse,
}

/// What restarts an entry's time to live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Renew {
    /// Writing it.
    Write,
    /// Every hit as well.
    Hit,
    /// Nothing.
    Never,
}

/// Branches that start at once.
#[derive(Clone, Debug)]
pub struct Fork {
    /// First operation of each branch.
    pub entries: Vec<u32>,
    /// How many must complete; `NONE`: all must have ended, however.
    pub needed: u32,
}

/// The same steps several times.
#[derive(Clone, Debug)]
pub struct Loop {
    /// First operation of the body.
    pub entry: u32,
    /// How often: sampler; `NONE`: once per message of the delivery.
    pub times: u32,
    /// Most items of one branch if `times` is a number of items to be cut; 0: it is not.
    pub cut: u32,
    /// Most at once, ≥ 1; `u32::MAX` is unlimited.
    pub concurrency: u32,
    /// How many must complete; `NONE`: all must have ended; `u32::MAX - 1`: all must complete.
    pub needed: u32,
    /// Key law drawn for each, or `NONE`.
    pub key: u32,
}

/// A call that is cut into several at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut {
    /// Node that calls.
    pub from: u32,
    /// Node that is called.
    pub to: u32,
    /// Most items of one call.
    pub most: u32,
}

/// “All must complete” in `Fork::needed` and `Loop::needed`.
pub const ALL: u32 = u32::MAX - 1;

/// Weighted jumps.
#[derive(Clone, Debug)]
pub struct Split {
    /// (cumulated probability as a 64-bit threshold, where to go on).
    pub branches: Vec<(u64, u32)>,
    /// Whose versions the branches are, by number: index into `Control::aliases`; else `NONE`.
    pub alias: u32,
}

/// How a run is cut in time.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Seed.
    pub seed: u64,
    /// End of counting.
    pub horizon: SimTime,
    /// Beginnings of the slices of arrival that recorders keep apart, ascending, the first is 0.
    pub slices: Vec<SimTime>,
    /// Width of a bin.
    pub bin: Span,
    /// Number of bins up to the horizon.
    pub bins: u32,
    /// Bins per point of the timeline.
    pub bins_per_interval: u32,
    /// The first n requests of replication 0 are listed.
    pub record: u32,
    /// Requests whose time is followed.
    pub following: Following,
}

/// How many requests of a run are followed, to say where their time goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Following {
    /// Of the first so many replications.
    pub replications: u32,
    /// Requests of each of these, about, spread evenly over the flows; a flow with fewer is
    /// followed as a whole.
    pub requests: u32,
}

impl Following {
    /// Nobody is followed.
    pub const NOBODY: Following = Following {
        replications: 0,
        requests: 0,
    };
}

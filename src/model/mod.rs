//! What the engine executes: operations, routes and the constants of mechanisms.
//!
//! A `Model` is immutable and shared by all threads. It knows queueing words
//! only. Visits run *programs*: slices of `ops` that end with `Leave`. Everything
//! that an operation needs beyond 12 bytes lies in a table that it indexes.

mod audience;
pub mod control;
mod op;

pub use audience::{FanOut, FanOutStep, Gather, Recipients};
pub use control::Control;
pub use op::{Admission, Cost, CountFrom, Of, Op, Outcome, Toll, Work};

use std::ops::Range;

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
    /// Caches.
    pub caches: Vec<Cache>,
    /// Pools of execution environments.
    pub pools: Vec<Pool>,
    /// Balancers.
    pub balancers: Vec<Balancer>,
    /// Message queues.
    pub queues: Vec<Queue>,
    /// Partitioned logs.
    pub logs: Vec<Log>,
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
    /// Whether any sampler is a `Sequence` (visits then carry their ordinal).
    pub needs_ordinal: bool,
}

impl Model {
    /// Returns the servers of a node, over all copies, where they are limited.
    pub fn servers(&self, node: usize) -> Option<f64> {
        let group = self.groups.get(self.nodes[node].group as usize)?;
        let limited = group.servers != u32::MAX && !group.limit;
        limited.then(|| f64::from(group.servers) * f64::from(group.instances))
    }
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

/// A call that a program can make: to whom, how, and what then.
#[derive(Clone, Debug)]
pub struct Route {
    /// First operation of the callee's program.
    pub entry: u32,
    /// Recorder row that counts the child as an arrival; the caller's own row
    /// for a strand (then `strand` is set and nothing is counted).
    pub row: u32,
    /// Link whose tally it is; `NONE` for a strand.
    pub link: u32,
    /// Whether the child is a strand of the caller's node (`try`).
    pub strand: bool,
    /// Hash of caller, callee and the number of this call in the program.
    pub site: u32,
    /// One-way latency; `NONE` is none.
    pub latency: u32,
    /// Whether the link's floor is at least `CUTTABLE_FLOOR`.
    pub cuttable: bool,
    /// Share of messages lost, as a threshold on a 64-bit draw (0: none).
    pub loss: u64,
    /// Time-out of one attempt; `MAX` is none.
    pub timeout: Span,
    /// Whether the caller's own deadline bounds the attempt's.
    pub deadline: bool,
    /// Whether the callee is told when its answer is not needed any more.
    pub cancel: bool,
    /// Retry policy; `NONE` is none.
    pub retry: u32,
    /// Hedge after this long; `MAX` is never.
    pub hedge_after: Span,
    /// Most hedges.
    pub hedge_most: u32,
    /// Circuit breaker; `NONE` is none.
    pub breaker: u32,
    /// Station group that bounds the calls outstanding; `NONE` is none.
    pub connections: u32,
    /// Key law drawn for the child, or `NONE`: inherited.
    pub key: u32,
    /// Items in the call.
    pub count: CountFrom,
    /// Size of one item [bytes]: sampler, `NONE`: 1 KiB, or `INHERITED`: the caller's.
    pub bytes: u32,
    /// Where the caller goes on if the answer was a miss; `NONE`: as on a hit.
    pub on_miss: u32,
    /// Where the caller goes on after a bad outcome; `NONE`: it ends in the same way.
    pub on_error: u32,
    /// Where the caller goes on if an attempt has taken longer than `timeout`, without
    /// trying again; `NONE`: that is a bad outcome like others.
    pub late: u32,
    /// Whether the callee may come back to the caller, so that its draws must tell rounds apart.
    pub again: bool,
    /// Index into the callee's `operations`; `NONE`: unnamed.
    pub op: u32,
    /// Priority of the child 0..=9; 255: inherited.
    pub priority: u8,
    /// Who hears that a full callee has room for the child.
    pub on_room: OnRoom,
    /// Whether the child goes to the copy at which the caller is: a strand, or behind a
    /// link's bandwidth.
    pub same_copy: bool,
}

/// Who hears that a station that keeps its callers waiting has room for an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnRoom {
    /// Nobody: the caller holds what it holds until the reply.
    Nobody,
    /// The caller's own caller, on whose behalf it only hands the call on.
    Above,
    /// The caller, which kept a server of this group since it worked, and gives it back.
    Release(u32),
}

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
    /// Its targets; the routes of a `CallChosen` lie together in the same order.
    pub targets: Vec<Target>,
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
    /// Concurrency at the start and its growth per second (pollers); (`u32::MAX`, 0) is at once.
    pub ramp: (u32, f64),
    /// Flows that match; all if empty.
    pub flows: Vec<u32>,
    /// What a hand-over pays, and waits for until it can: `Of::Instance` is by partition.
    pub tolls: Vec<Toll>,
    /// Consumer whose copies come and go, so that `concurrency` follows them; else `NONE`.
    pub elastic: u32,
    /// Most deliveries at once of one of its copies.
    pub room_of_a_copy: u32,
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
}

/// A retry policy.
#[derive(Clone, Debug)]
pub struct Retry {
    /// Attempts in all; `u32::MAX` is unlimited.
    pub attempts: u32,
    /// The same after `Throttled`.
    pub attempts_throttled: u32,
    /// How the pause grows.
    pub backoff: Backoff,
    /// Base pause: sampler.
    pub base: u32,
    /// Base pause after `Throttled`: sampler.
    pub base_throttled: u32,
    /// Longest pause.
    pub cap: Span,
    /// Growth per attempt.
    pub factor: f64,
    /// Multiplies by U(1−j, 1+j).
    pub jitter: f64,
    /// Attempts made again without a pause, before all others.
    pub at_once: u32,
    /// Attempts after those that are made again after the base, before it grows.
    pub steady: u32,
    /// Outcomes that are tried again: bit of `Outcome as u8`.
    pub on: u8,
    /// Budget; `NONE` is none.
    pub budget: u32,
    /// The client's own rate limit; `NONE` is none.
    pub pace: u32,
}

/// The rate limits of a calling node towards one link, one per copy of it.
#[derive(Clone, Debug)]
pub struct Pace {
    /// Node that calls.
    pub node: u32,
    /// Index of the first copy's among all.
    pub first: u32,
    /// Copies of the calling node, ≥ 1.
    pub copies: u32,
}

/// How the pause before an attempt is formed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backoff {
    /// The base.
    Fixed,
    /// e = min(cap, base × factor^(k−1)).
    Exponential,
    /// U(0, e).
    FullJitter,
    /// e/2 + U(0, e/2).
    EqualJitter,
    /// min(cap, U(base, 3 × last pause)).
    Decorrelated,
}

/// A token bucket that pays for retries, one per calling node and link.
#[derive(Clone, Debug)]
pub struct Budget {
    /// Most tokens, and tokens at the start.
    pub tokens: f64,
    /// Price of a retry.
    pub cost: f64,
    /// Price of a retry after `Throttled`.
    pub cost_throttled: f64,
    /// Tokens earned.
    pub earn: f64,
    /// Earned by every call, else by a success at the first attempt.
    pub on_call: bool,
}

/// A circuit breaker, one per calling node and link.
#[derive(Clone, Debug)]
pub struct Breaker {
    /// Share of failures that opens it.
    pub failures: f64,
    /// Over how long the share is taken.
    pub window: Span,
    /// Least calls in the window.
    pub least_calls: u32,
    /// How long it stays open.
    pub open: Span,
    /// Calls let through to find out.
    pub probes: u32,
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
}

impl Partition {
    /// Returns the most partitions that there may be.
    pub fn most(&self) -> u32 {
        self.splits.map_or(self.count, |splits| splits.most)
    }
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
}

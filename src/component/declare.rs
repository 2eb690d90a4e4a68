//! What a component declares: mechanisms in its own words, before they are tables.
//!
//! Every specification has a default, so that a recipe names only what matters.
//! Ids are handles that `Program` gave out; they index tables of the model.

use crate::model::{
    Backoff, Credit, Discipline, Eviction, Of, Outcome, PartitionBy, Policy, Renew,
};
use crate::random::law::Law;
use crate::units::Span;

/// A declared station group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GroupId(pub(crate) u32);
/// A declared token bucket (or the first of one per instance).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BucketId {
    /// First bucket.
    pub(crate) first: u32,
    /// Which of them a visit pays at.
    pub(crate) of: Of,
}

impl BucketId {
    /// Returns the same buckets, paid at where a partitioning rule would place the visit.
    pub fn at(self, partition: PartitionId) -> BucketId {
        BucketId {
            of: Of::Partition(partition.0),
            ..self
        }
    }
}

/// A declared cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CacheId(pub(crate) u32);
/// A declared pool of environments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolId(pub(crate) u32);
/// A declared partitioning rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PartitionId(pub(crate) u32);
/// A declared message queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueueId(pub(crate) u32);
/// A declared log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogId(pub(crate) u32);

/// Identical stations: copies or partitions, each with servers and a waiting line.
#[derive(Clone, Debug, PartialEq)]
pub struct StationSpec {
    /// Number of stations, ≥ 1.
    pub instances: u32,
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
    /// Longest wait [ns].
    pub max_wait: Option<Law>,
    /// The rule that chooses the station; else the balancer's choice or any.
    pub partition: Option<PartitionId>,
    /// What full speed is paid from, for first come, first served; none: nothing.
    pub credit: Option<Credit>,
}

impl Default for StationSpec {
    fn default() -> StationSpec {
        StationSpec {
            instances: 1,
            servers: 1,
            discipline: Discipline::Fifo,
            waiting_limit: u32::MAX,
            when_full: Outcome::Shed,
            blocks: false,
            replaces: false,
            max_wait: None,
            partition: None,
            credit: None,
        }
    }
}

/// The time that work takes: base × scale + (items − 1) × per item + bytes × per byte.
#[derive(Clone, Debug, PartialEq)]
pub struct WorkSpec {
    /// Base [ns].
    pub base: Option<Law>,
    /// Multiplies the base; a slower processor: > 1.
    pub scale: f64,
    /// Nanoseconds for every item beyond the first.
    pub per_item_ns: f64,
    /// Nanoseconds for every byte of all items.
    pub per_byte_ns: f64,
}

impl WorkSpec {
    /// Describes work that takes a law's time.
    pub fn of(law: &Law) -> WorkSpec {
        WorkSpec {
            base: Some(law.clone()),
            ..WorkSpec::default()
        }
    }
}

impl Default for WorkSpec {
    fn default() -> WorkSpec {
        WorkSpec {
            base: None,
            scale: 1.0,
            per_item_ns: 0.0,
            per_byte_ns: 0.0,
        }
    }
}

/// How keys spread over partitions.
#[derive(Clone, Debug, PartialEq)]
pub struct PartitionSpec {
    /// Number of partitions, ≥ 1.
    pub count: u32,
    /// The rule.
    pub by: PartitionBy,
    /// Weights of the partitions, for `Random`; empty: even.
    pub weights: Vec<f64>,
}

impl Default for PartitionSpec {
    fn default() -> PartitionSpec {
        PartitionSpec {
            count: 1,
            by: PartitionBy::Hash,
            weights: Vec::new(),
        }
    }
}

/// Who shares a bucket or limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// All visits of the node.
    Node,
    /// Each of so many partitions or copies has its own; place the visit first.
    Instance(u32),
    /// All nodes of the account that declare the same label.
    Account,
}

/// A token bucket.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BucketSpec {
    /// Tokens per second, > 0.
    pub rate_per_s: f64,
    /// Most tokens; full at the start.
    pub burst: f64,
    /// Counted in fixed windows of this length instead; `ZERO`: continuous refill.
    pub window: Span,
    /// Who shares it.
    pub scope: Scope,
}

impl BucketSpec {
    /// Describes a bucket that holds one second of its rate, and at least one token.
    pub fn one_second(rate_per_s: f64, scope: Scope) -> BucketSpec {
        BucketSpec {
            rate_per_s,
            burst: rate_per_s.max(1.0),
            window: Span::ZERO,
            scope,
        }
    }

    /// Describes a bucket that holds one token: passages keep their distance.
    ///
    /// Waited for, it is a server with a fixed time of 1/rate (M/D/1).
    pub fn paced(rate_per_s: f64, scope: Scope) -> BucketSpec {
        BucketSpec {
            rate_per_s,
            burst: 1.0,
            window: Span::ZERO,
            scope,
        }
    }
}

/// Entries of a cache.
#[derive(Clone, Debug, PartialEq)]
pub struct CacheSpec {
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
    /// Shards or copies, each with its own entries.
    pub instances: u32,
}

impl Default for CacheSpec {
    fn default() -> CacheSpec {
        CacheSpec {
            policy: Eviction::Lru,
            entries: u64::MAX,
            bytes: u64::MAX,
            ttl: Span::MAX,
            renew: Renew::Write,
            coalesce: false,
            stale: Span::ZERO,
            warm: 0.0,
            instances: 1,
        }
    }
}

/// A pool of execution environments.
#[derive(Clone, Debug, PartialEq)]
pub struct PoolSpec {
    /// Added on a cold start [ns].
    pub cold_start: Option<Law>,
    /// Idle this long, an environment is destroyed [ns].
    pub keep_alive: Law,
    /// Which idle one is taken: the last used, else the newest.
    pub last_used: bool,
    /// Most environments; `u32::MAX` is unlimited.
    pub most: u32,
    /// New environments per second; 0 is unlimited.
    pub start_rate: f64,
    /// Burst of new environments.
    pub start_burst: f64,
    /// Environments that always exist.
    pub provisioned: u32,
    /// Age at which the others end once they are idle; `MAX` is never.
    pub lifetime: Span,
}

/// How a balancer chooses among its links and their copies.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BalancerSpec {
    /// The rule.
    pub policy: Policy,
    /// Number of candidates looked at, for `Policy::Choices`.
    pub choices: u32,
    /// Whether the first of equals is taken instead of a random one.
    pub first_of_ties: bool,
    /// How old the counts may be.
    pub refresh: Span,
    /// For how long a copy that comes newly gets less than its turn, for `Policy::RoundRobin`.
    pub slow_start: Span,
    /// Nodes of the balancer, one to a zone, each with counts of its own, ≥ 1.
    pub zones: u32,
    /// Whether each of them chooses among the copies of its own zone only.
    pub own_zone: bool,
}

impl BalancerSpec {
    /// Returns a balancer of one node that knows its counts and takes new copies as the others.
    pub fn of(policy: Policy) -> BalancerSpec {
        BalancerSpec {
            policy,
            choices: 2,
            first_of_ties: false,
            refresh: Span::ZERO,
            slow_start: Span::ZERO,
            zones: 1,
            own_zone: false,
        }
    }
}

/// A message queue.
#[derive(Clone, Debug, PartialEq)]
pub struct QueueSpec {
    /// How long a receive hides a message; `MAX` is unlimited.
    pub visibility: Span,
    /// Receives after which a message is given up; `u32::MAX` is unlimited.
    pub max_receives: u32,
    /// Whether messages of one key are delivered in order.
    pub fifo: bool,
    /// Age at which a message is dropped; `MAX` is never.
    pub retention: Span,
    /// Share of messages that are delivered twice.
    pub duplicates: f64,
    /// Most messages in flight; `u32::MAX` is unlimited.
    pub in_flight: u32,
}

/// A partitioned log; place the visit before appending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogSpec {
    /// Number of partitions, ≥ 1.
    pub partitions: u32,
    /// Age at which a message is dropped; `MAX` is never.
    pub retention: Span,
    /// Deliveries after which a batch is given up; `u32::MAX` is unlimited.
    pub max_receives: u32,
}

/// How calls of a node behave where neither link nor step says.
#[derive(Clone, Debug, Default)]
pub struct CallDefaults {
    /// Time-out of one attempt.
    pub timeout: Option<Span>,
    /// Most calls outstanding per copy of the caller.
    pub connections: Option<u32>,
    /// How it tries again.
    pub retry: Option<RetryDefaults>,
}

/// A kind's own way of trying again.
#[derive(Clone, Debug, PartialEq)]
pub struct RetryDefaults {
    /// Attempts in all, the first included.
    pub attempts: u32,
    /// How the pause grows.
    pub backoff: Backoff,
    /// Base pause [ns].
    pub base: Law,
    /// Longest pause.
    pub cap: Span,
    /// Growth per attempt.
    pub factor: f64,
    /// Attempts made again without a pause, before all others.
    pub at_once: u32,
    /// Attempts after those that are made again after the base, before it grows.
    pub steady: u32,
}

/// What a kind does with a call that nobody waits for: it is kept, done later, and tried again.
#[derive(Clone, Debug, PartialEq)]
pub struct Accepting {
    /// Time until the caller has been told that it is kept [ns].
    pub time: Law,
    /// Time that it is kept before it is done [ns].
    pub wait: Law,
    /// How it is tried again.
    pub retry: RetryDefaults,
    /// Attempts in all where they were throttled, and the base pause after that [ns].
    pub throttled: (u32, Law),
}

/// What `compute` holds while a flow's steps run.
#[derive(Clone, Debug)]
pub struct Compute {
    /// Station whose server it holds; none: work takes time, but no server.
    pub station: Option<GroupId>,
    /// Whether a visit holds its server from its first step to its last.
    pub blocking: bool,
    /// Multiplies the time of every `compute` step and of `alone`; a slower processor: > 1.
    pub scale: f64,
    /// Work of a visit for which the flow gives no steps.
    pub alone: Option<Law>,
}

/// How a node hands a call on to one of the links that match.
#[derive(Clone, Debug, PartialEq)]
pub enum Forward {
    /// By the links' weights; most have one.
    ByWeight,
    /// As a balancer: among the links and their copies.
    Balance(BalancerSpec),
    /// By the links' weights, as one of some resolvers has been told.
    Resolved {
        /// Resolvers, of which each request asks any.
        resolvers: u32,
        /// How long each keeps an answer.
        ttl: Span,
        /// What asking for an answer takes: index into `Model::works`.
        query: u32,
    },
    /// To the one that is nearest to the client's place.
    Nearest,
    /// To the node of the longest beginning of the client's place: (beginning or `*`, node).
    ByOrigin(Vec<(String, String)>),
}

/// Quotas that all nodes of an account share.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AccountQuotas {
    /// Functions inside at once, those included for which room is reserved.
    pub function_concurrency: u32,
    /// Room that functions have reserved.
    pub reserved_functions: u32,
    /// Requests per second of the managed gateways.
    pub gateway_rate_per_s: f64,
    /// Burst of the managed gateways.
    pub gateway_burst: f64,
    /// Builds of a project at once.
    pub builds: u32,
}

/// Whose processors a node's copies run on: each sort has a quota of the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Machines {
    /// Tasks on capacity that the vendor manages.
    Managed,
    /// Instances on demand.
    Instances,
    /// Instances that may be taken back.
    Spot,
}

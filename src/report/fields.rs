//! The fields of flows, nodes, links and the timeline: the contract, name by name.

use super::estimate::{Estimate, Quantiles};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a flow did.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Flow {
    /// Requests.
    pub arrived: u64,
    /// Left with a reply.
    pub completed: u64,
    /// Refused by a limit.
    pub throttled: u64,
    /// Refused by a full line.
    pub shed: u64,
    /// Given up by the client.
    pub timed_out: u64,
    /// Ended otherwise.
    pub failed: u64,
    /// Had not left when the run ended.
    pub inside: u64,
    /// Attempts of all calls made for its requests, retries included.
    pub attempts: u64,
    /// Share of what arrived.
    pub completed_share: Estimate,
    /// Share of what arrived.
    pub throttled_share: Estimate,
    /// Share of what arrived.
    pub shed_share: Estimate,
    /// Share of what arrived.
    pub timed_out_share: Estimate,
    /// Share of what arrived.
    pub failed_share: Estimate,
    /// Share of what arrived that ended in any way but completed.
    pub error_share: Estimate,
    /// Requests per second.
    pub arrival_rate_per_s: Estimate,
    /// Completed requests per second.
    pub throughput_per_s: Estimate,
    /// Requests per second completed within the latency objectives of the flow.
    pub goodput_per_s: Estimate,
    /// Latency of completed requests.
    pub latency_ms: Quantiles,
    /// Latency of all requests that left.
    pub latency_all_ms: Quantiles,
    /// Time until the last work of a request had ended.
    pub settled_ms: Quantiles,
    /// Requests inside, over time.
    pub inside_mean: Estimate,
    /// Most inside at once.
    pub inside_max: u64,
    /// Attempts per request.
    pub attempts_per_request: Estimate,
    /// Share of requests of which some call was tried again.
    pub retried_share: Estimate,
    /// When the first request ended badly [s]; null if none did.
    pub first_error_s: Option<f64>,
    /// When the last counted request left [s], over the replications.
    pub last_left_s: Estimate,
    /// Bytes of requests.
    pub bytes_in: u64,
    /// Bytes of replies.
    pub bytes_out: u64,
    /// Whether what is inside grows without end; absent if the run is terminating.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unstable: Option<bool>,
}

/// What a node did.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Node {
    /// Kind as users write it.
    pub kind: String,
    /// Visits.
    pub arrived: u64,
    /// Left with a reply.
    pub completed: u64,
    /// Refused here by a limit.
    pub throttled: u64,
    /// Refused here by a full line.
    pub shed: u64,
    /// Gave up waiting here.
    pub timed_out: u64,
    /// Ended otherwise, also because a call ended badly.
    pub failed: u64,
    /// Had not left when the run ended.
    pub inside: u64,
    /// Completed, but nobody waited any more.
    pub orphaned: u64,
    /// Share of what arrived.
    pub completed_share: Estimate,
    /// Share of what arrived.
    pub throttled_share: Estimate,
    /// Share of what arrived.
    pub shed_share: Estimate,
    /// Share of what arrived.
    pub timed_out_share: Estimate,
    /// Share of what arrived.
    pub failed_share: Estimate,
    /// Share of what arrived that ended in any way but completed.
    pub error_share: Estimate,
    /// Visits per second.
    pub arrival_rate_per_s: Estimate,
    /// Completed visits per second.
    pub throughput_per_s: Estimate,
    /// Visits per request of the flows that come here.
    pub visits_per_request: Estimate,
    /// Share of server-time in use, where servers are limited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub utilisation: Option<Estimate>,
    /// Servers, where they are limited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub servers: Option<Estimate>,
    /// Copies, over time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub copies_mean: Option<Estimate>,
    /// Most copies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub copies_max: Option<u64>,
    /// Visits in the waiting line, over time; at a queue or log messages that nobody has taken.
    pub waiting_mean: Estimate,
    /// Most in the waiting line at once.
    pub waiting_max: u64,
    /// Visits holding one of the node's own servers, over time; without any: in work.
    pub busy_mean: Estimate,
    /// Of those, waiting for a call or a pause.
    pub blocked_mean: Estimate,
    /// Visits inside, over time; also those that wait for their own calls.
    pub inside_mean: Estimate,
    /// Share of visits that had to wait.
    pub waited_share: Estimate,
    /// Waiting time of every visit, with 0 for those served at once.
    pub waiting_ms: Quantiles,
    /// Service time of visits that were served.
    pub service_ms: Quantiles,
    /// Time from entering to leaving.
    pub sojourn_ms: Quantiles,
    /// Share of look-ups answered from the cache.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hit_rate: Option<Estimate>,
    /// Look-ups answered from the cache.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hits: Option<u64>,
    /// Look-ups not answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub misses: Option<u64>,
    /// Look-ups that waited for another's fetch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub joined: Option<u64>,
    /// Share of hits on an expired entry; of a database, share of the rows read that a copy
    /// did not know the last write of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stale_share: Option<Estimate>,
    /// Writes lost with the node, which had not got to its second region, of the whole run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lost_writes: Option<Estimate>,
    /// Age of the oldest of them [s].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oldest_lost_s: Option<Estimate>,
    /// Visits that created an environment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cold_starts: Option<u64>,
    /// Environments existing, over time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environments_mean: Option<Estimate>,
    /// Environments idle, over time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idle_mean: Option<Estimate>,
    /// When a visit was first refused by a limit [s].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_throttled_s: Option<f64>,
    /// When one was last refused [s].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_throttled_s: Option<f64>,
    /// Messages per delivery, of the whole run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch_mean: Option<Estimate>,
    /// Receives per message sent, of the whole run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receives_per_message: Option<Estimate>,
    /// Messages that the queue itself delivered twice, of the whole run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duplicates: Option<u64>,
    /// Messages given up after too many receives, of the whole run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dead_lettered: Option<u64>,
    /// Messages waiting at the horizon, most of all replications.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backlog_end: Option<u64>,
    /// When it was empty again [s], latest of all replications; absent if one never was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drained_s: Option<f64>,
    /// Growth of what is inside, per second; absent if the run is terminating.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub growth_per_s: Option<Estimate>,
    /// Age of the oldest unread message of a log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iterator_age_ms: Option<Quantiles>,
    /// 1 is the node that gives way first under more load.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bottleneck_rank: Option<u32>,
    /// Whether what is inside grows without end; absent if the run is terminating.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unstable: Option<bool>,
    // In boxes: a map takes room for eleven at once, and most nodes have one.
    /// By flow.
    pub by_flow: BTreeMap<String, Box<Breakdown>>,
    /// By operation, where it has several.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub by_op: BTreeMap<String, Box<Breakdown>>,
    /// Its partitions, of all time up to the horizon.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub partitions: Vec<Instance>,
    /// Its copies, of all time up to the horizon.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub per_copy: Vec<Instance>,
    /// Its busiest keys, of all time up to the horizon.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hot_keys: Vec<HotKey>,
    /// What it has by the unit and was set anew during the run.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub capacity: Vec<Capacity>,
}

/// Capacity in units that was set anew during the run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Capacity {
    /// What the units are.
    pub of: String,
    /// Units at the start of the run.
    pub start: f64,
    /// Units over time; of all instances where each has its own.
    pub mean: Estimate,
    /// Fewest units of an instance, up to the horizon.
    pub min: f64,
    /// Most units of an instance.
    pub max: f64,
    /// Share of them that was used, where that was watched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used_share: Option<Estimate>,
    /// Changes up to the horizon, over all replications.
    pub changes: u64,
    /// When the first change was in force in any replication [s]; null if none was.
    pub first_change_s: Option<f64>,
}

/// The part of a node's visits that belongs to one flow or one operation.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Breakdown {
    /// Visits.
    pub arrived: u64,
    /// Left with a reply.
    pub completed: u64,
    /// Refused here by a limit.
    pub throttled: u64,
    /// Refused here by a full line.
    pub shed: u64,
    /// Gave up waiting here.
    pub timed_out: u64,
    /// Ended otherwise.
    pub failed: u64,
    /// Had not left when the run ended.
    pub inside: u64,
    /// Waiting time.
    pub waiting_ms: Quantiles,
    /// Time from entering to leaving.
    pub sojourn_ms: Quantiles,
}

/// One copy or partition.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Instance {
    /// Visits.
    pub arrived: u64,
    /// Refused by a limit.
    pub throttled: u64,
    /// Refused by a full line.
    pub shed: u64,
    /// Share of server-time in use, where servers are limited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub utilisation: Option<Estimate>,
}

/// One of the busiest keys.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct HotKey {
    /// Its rank in its law, from 1.
    pub key: u64,
    /// Visits per second.
    pub arrival_rate_per_s: f64,
    /// Visits.
    pub arrived: u64,
    /// Refused by a limit.
    pub throttled: u64,
}

/// What went over a link.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Link {
    /// Calls, or messages handed over.
    pub calls: u64,
    /// Attempts, retries and hedges included.
    pub attempts: u64,
    /// Calls that brought a reply.
    pub completed: u64,
    /// Calls refused by a limit.
    pub throttled: u64,
    /// Calls refused by a full line.
    pub shed: u64,
    /// Calls given up by the caller.
    pub timed_out: u64,
    /// Calls that ended otherwise.
    pub failed: u64,
    /// Had not ended when the run did.
    pub inside: u64,
    /// Share of calls.
    pub completed_share: Estimate,
    /// Share of calls.
    pub throttled_share: Estimate,
    /// Share of calls.
    pub shed_share: Estimate,
    /// Share of calls.
    pub timed_out_share: Estimate,
    /// Share of calls.
    pub failed_share: Estimate,
    /// Share of calls that ended in any way but completed.
    pub error_share: Estimate,
    /// Attempts that were hedges.
    pub hedged: u64,
    /// Calls refused by the breaker.
    pub refused: u64,
    /// How often the breaker opened, of the whole run.
    pub breaker_opened: u64,
    /// From the call to its end, over completed calls.
    pub latency_ms: Quantiles,
    /// From append to delivery, where messages are delivered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lag_ms: Option<Quantiles>,
}

/// What a fan-out did. A post and all of its deliveries count when the post was made.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FanOut {
    /// Posts.
    pub posts: u64,
    /// Recipients who have their post.
    pub deliveries: u64,
    /// Recipients of all posts that were pushed: deliveries + dropped + inside.
    pub recipients: u64,
    /// Recipients who never will have theirs.
    pub dropped: u64,
    /// Recipients who did not have theirs when the run ended.
    pub inside: u64,
    /// Deliveries to recipients who had it already.
    pub duplicates: u64,
    /// Share of posts that were left to be pulled.
    pub pulled_share: Estimate,
    /// Deliveries per post.
    pub amplification: Estimate,
    /// Per post: time until the first recipient had it.
    pub first_ms: Quantiles,
    /// Per post: time until half of its recipients had it.
    pub reach_50_ms: Quantiles,
    /// Per post: time until 99 % of its recipients had it.
    pub reach_99_ms: Quantiles,
    /// Per post: time until the last recipient that got it had it.
    pub last_ms: Quantiles,
    /// Over all deliveries: time from the post.
    pub delivery_ms: Quantiles,
    /// Reads, where something gathers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reads: Option<u64>,
    /// Per read, where something gathers from followers: age of the oldest post that the
    /// reader was to have and had not; 0 if there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub staleness_ms: Option<Quantiles>,
    /// Accounts pulled per read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pulls_per_read: Option<Estimate>,
    /// Visits of its posts and reads, at any node.
    pub visits: u64,
    /// Of those, refused by a limit of the node.
    pub throttled: u64,
    /// Their share.
    pub throttled_share: Estimate,
    /// What a million of its posts and reads together use [US dollars], without what exists
    /// whatever the load; absent where nothing has a price.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost_per_million_usd: Option<Estimate>,
    /// The same, of posts alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost_per_million_posts_usd: Option<Estimate>,
    /// The same, of reads alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost_per_million_reads_usd: Option<Estimate>,
    /// Most recipients at once who were to get a post and had not.
    pub backlog_max: u64,
    /// The same at the end of the run, most of all replications.
    pub backlog_end: u64,
    /// When the backlog was last empty after having been filled [s]; null if it never was.
    pub drained_s: Option<f64>,
    /// By followers of the author, where there were posts.
    pub buckets: Vec<Bucket>,
    /// How exact it is: `E0` as if every delivery were simulated, `E1` equal in law.
    pub level: String,
}

/// Posts of authors with so many followers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Bucket {
    /// Least followers.
    pub followers_from: u64,
    /// More than the most followers; null is no end.
    pub followers_to: Option<u64>,
    /// Posts.
    pub posts: u64,
    /// Recipients who have their post.
    pub deliveries: u64,
    /// Per post: time until the last recipient that got it had it.
    pub last_ms: Quantiles,
}

/// Means over the replications, point by point; entry i covers the time from i × interval on.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Timeline {
    /// Width of one point [s].
    pub interval_s: f64,
    /// By name.
    pub flows: BTreeMap<String, FlowSeries>,
    /// By name.
    pub nodes: BTreeMap<String, NodeSeries>,
    /// By name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fan_outs: BTreeMap<String, FanOutSeries>,
}

/// A fan-out in time.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FanOutSeries {
    /// Recipients who were to get a post and had not, time average.
    pub backlog: Vec<f64>,
}

/// A flow in time.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FlowSeries {
    /// Requests that arrived.
    pub arrived: Vec<f64>,
    /// Of those, completed.
    pub completed: Vec<f64>,
    /// Of those, ended in any other way.
    pub errors: Vec<f64>,
    /// Requests inside, time average.
    pub inside: Vec<f64>,
    /// Median latency of those completed; null where there are too few.
    pub p50_ms: Vec<Option<f64>>,
    /// 99 % quantile of their latency; null where there are too few.
    pub p99_ms: Vec<Option<f64>>,
}

/// A node in time.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct NodeSeries {
    /// Visits inside, time average.
    pub inside: Vec<f64>,
    /// Visits in the waiting line, time average.
    pub line: Vec<f64>,
    /// Visits holding a server, time average.
    pub busy: Vec<f64>,
    /// Servers, where they are limited.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub servers: Vec<f64>,
    /// Visits refused by a limit.
    pub throttled: Vec<f64>,
    /// Share of look-ups answered from the cache; null where there were none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hit_rate: Vec<Option<f64>>,
}

/// One objective and how it fared.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Objective {
    /// As written.
    pub expression: String,
    /// Flow, node or link.
    pub subject: String,
    /// What it is compared with: in ms, a share, a count or per second.
    pub target: f64,
    /// The part of the run that it is about, if not all of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<Window>,
    /// In the unit of `target`.
    pub measured: Estimate,
    /// What follows.
    pub verdict: Verdict,
}

/// A part of the run.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Window {
    /// Its beginning [s].
    pub from_s: f64,
    /// Its end [s].
    pub until_s: f64,
}

/// What follows from an interval and a bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// The whole interval complies.
    Met,
    /// Nothing of the interval complies.
    Missed,
    /// The interval straddles the bound, or there is no value.
    Undecided,
}

/// Whether there is a steady state to speak of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Analysis {
    /// Figures are those of the long run.
    #[default]
    Steady,
    /// The run itself is the answer, from its start to its end.
    Terminating,
    /// Something grows without end.
    Unstable,
}

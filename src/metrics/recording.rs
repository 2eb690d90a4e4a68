//! What one replication leaves behind: integers that add up in any order.
//!
//! Everything is kept by the *slice* of time in which a request arrived or a
//! visit entered its node, so that the warm-up cut can be chosen afterwards, and
//! in *bins* for the timeline and for warm-up detection.

pub use super::times::Times;

use super::cells::Cells;
use super::fan_out::FanOutRecord;
use super::followed::FollowedRecord;
use super::trace::TraceRecord;
use crate::model::Outcome;
use crate::units::{SimTime, Span};

/// Everything that one replication counted.
#[derive(Clone, Debug, Default)]
pub struct Recording {
    /// Index of the replication.
    pub replication: u32,
    /// End of counting; earlier than planned if interrupted or cut at a limit.
    pub horizon: SimTime,
    /// When the run-on ended.
    pub ended: SimTime,
    /// Beginnings of the slices, ascending; the first is 0.
    pub slices: Vec<SimTime>,
    /// Width of a bin [ns]; bin i covers [i × width, (i+1) × width).
    pub bin_ns: u64,
    /// Per flow of the model.
    pub flows: Vec<FlowRecord>,
    /// Per row of the model.
    pub rows: Vec<RowRecord>,
    /// Per link of the model.
    pub links: Vec<LinkRecord>,
    /// Per node of the model.
    pub nodes: Vec<NodeRecord>,
    /// Per fan-out of the model.
    pub fan_outs: Vec<FanOutRecord>,
    /// Semantic events (ENGINE.md section 14): equal however far steps run ahead.
    pub events: u64,
    /// Events that went through the event queue; depends on the engine.
    pub queue_events: u64,
    /// How it was cut into parts, if it was; as little a result as `queue_events`.
    pub split: Option<Split>,
    /// The user asked it to stop.
    pub interrupted: bool,
    /// It ended at the limit on live visits: the design is unstable.
    pub overflowed: bool,
    /// Counted requests were still inside at the end of the run-on.
    pub cut_short: bool,
    /// The first requests, one by one (replication 0 only).
    pub requests: Vec<RequestRecord>,
    /// The slowest of those that were traced, the slowest first (replication 0 only).
    pub traces: Vec<TraceRecord>,
    /// Requests that were traced and have left (replication 0 only).
    pub traced: u64,
    /// Requests that were followed until they completed, by their arrival.
    pub followed: Vec<FollowedRecord>,
    /// Per alarm of the model.
    pub alarms: Vec<AlarmRecord>,
    /// Per deployment of the model.
    pub deployments: Vec<DeploymentRecord>,
    /// Per supply of the model.
    pub supplies: Vec<SupplyRecord>,
}

/// How many units of a supply there were.
#[derive(Clone, Debug, Default)]
pub struct SupplyRecord {
    /// Units in force by slice [unit × ns], by time.
    pub units: Vec<u128>,
    /// What was used of them, by slice in which a whole period began [unit × ns].
    pub used: Vec<u128>,
    /// The time of these periods [ns].
    pub watched: Vec<u128>,
    /// Fewest and most that were in force up to the horizon.
    pub range: (u32, u32),
    /// Changes up to the horizon.
    pub changes: u32,
    /// When the first change was in force.
    pub first: Option<SimTime>,
}

/// What became of a deployment, up to the horizon.
#[derive(Clone, Copy, Debug, Default)]
pub struct DeploymentRecord {
    /// When it began.
    pub started: Option<SimTime>,
    /// When all visits went to the new version.
    pub finished: Option<SimTime>,
    /// When it was taken back.
    pub rolled_back: Option<SimTime>,
}

/// When an alarm changed, up to the horizon.
#[derive(Clone, Debug, Default)]
pub struct AlarmRecord {
    /// When it went off, in order.
    pub fired: Vec<SimTime>,
    /// When it was over, in order.
    pub cleared: Vec<SimTime>,
}

/// How a replication was run in parts.
#[derive(Clone, Copy, Debug)]
pub struct Split {
    /// Parts, a thread each.
    pub parts: u32,
    /// How often the part that did so most looked how far it might run.
    pub rounds: u64,
    /// Times faster than one thread that any cut can be: all events over the heaviest node's.
    pub bound: f64,
}

/// How many ended in each way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Entered.
    pub arrived: u64,
    /// Left, by `Outcome as usize`: completed, throttled, shed, timed out, failed.
    pub left: [u64; 5],
}

impl Tally {
    /// Returns how many ended like this.
    pub fn of(&self, outcome: Outcome) -> u64 {
        self.left[outcome as usize]
    }

    /// Returns how many had entered but not left when the run ended.
    pub fn inside(&self) -> u64 {
        self.arrived - self.left.iter().sum::<u64>()
    }

    /// Adds another tally.
    pub fn add(&mut self, other: &Tally) {
        self.arrived += other.arrived;
        for (mine, theirs) in self.left.iter_mut().zip(other.left) {
            *mine += theirs;
        }
    }
}

/// What a flow counted in one slice of arrival.
#[derive(Clone, Debug, Default)]
pub struct FlowSlice {
    /// Requests.
    pub tally: Tally,
    /// Attempts of the client's own calls and of all calls below, retries included.
    pub attempts: u64,
    /// Requests of which some call was tried again.
    pub retried: u64,
    /// Latency of completed requests.
    pub latency: Times,
    /// Latency of all others.
    pub latency_bad: Times,
    /// Time until the last work of a request had ended, over all settled requests.
    pub settled: Times,
    /// Of completed requests whose last work ended with the reply: while the run goes on, what
    /// is not in `latency` and `settled` yet.
    pub at_once: Times,
    /// Area of requests inside [request × ns], by time (not by arrival).
    pub inside_area: u128,
    /// Bytes of requests.
    pub bytes_in: u128,
    /// Bytes of replies.
    pub bytes_out: u128,
}

/// What a flow counted.
#[derive(Clone, Debug, Default)]
pub struct FlowRecord {
    /// By slice of arrival.
    pub slices: Vec<FlowSlice>,
    /// Arrived, per bin.
    pub arrived: Vec<u64>,
    /// Completed, per bin of arrival.
    pub completed: Vec<u64>,
    /// Other outcomes, per bin of arrival.
    pub errors: Vec<u64>,
    /// Area inside per bin [request × ns].
    pub inside: Vec<u64>,
    /// Sum of latency of completed requests per bin of arrival [ns].
    pub latency_sum: Vec<u64>,
    /// Latency of completed requests per point of the timeline.
    pub timeline: Vec<Cells>,
    /// Most inside at once.
    pub inside_max: u64,
    /// When the first request ended badly.
    pub first_error: Option<SimTime>,
    /// When the last counted request left.
    pub last_left: SimTime,
}

/// What a (node, flow) counted in one slice of entry.
#[derive(Clone, Debug, Default)]
pub struct RowSlice {
    /// Visits.
    pub tally: Tally,
    /// Completed, but nobody waited any more.
    pub orphaned: u64,
    /// Visits that had to wait.
    pub waited: u64,
    /// Look-ups answered from the cache (items).
    pub hits: u64,
    /// Look-ups not answered (items).
    pub misses: u64,
    /// Look-ups that waited for another's fetch.
    pub joined: u64,
    /// Hits on an expired entry.
    pub stale: u64,
    /// Visits that created an environment.
    pub cold_starts: u64,
    /// Time that these took, as part of `service` [ns].
    pub cold_ns: u128,
    /// Waiting time, 0 for those served at once.
    pub waiting: Times,
    /// Service time of visits that were served.
    pub service: Times,
    /// Time from entering to leaving, of all that left.
    pub sojourn: Times,
    /// What visits were charged for at kinds without operations [10⁻¹² unit].
    pub units: u128,
    /// Area waiting [visit × ns], by time; of a queue or log that of its messages, in the
    /// node's first row.
    pub waiting_area: u128,
    /// Area holding one of the node's own servers [visit × ns], by time; at a node without any,
    /// in work. Where visits share a server it may be in another row of the node.
    pub busy_area: u128,
    /// Of that, while waiting for a call or a pause.
    pub blocked_area: u128,
    /// Area inside [visit × ns], by time.
    pub inside_area: u128,
}

/// What a (node, flow) counted.
#[derive(Clone, Debug, Default)]
pub struct RowRecord {
    /// By slice of entry.
    pub slices: Vec<RowSlice>,
    /// By operation of the node (`Model::nodes[n].operations`): tallies summed over the
    /// slices from index on are not kept; one entry per slice and operation.
    pub by_op: Vec<Vec<OpSlice>>,
}

/// What one operation of a row counted in one slice.
#[derive(Clone, Debug, Default)]
pub struct OpSlice {
    /// Visits.
    pub tally: Tally,
    /// What the visits are charged for [10⁻¹² unit], where they are metered.
    pub units: u128,
    /// Bytes that the visits brought or asked for, where they are metered.
    pub bytes: u128,
    /// Waiting time.
    pub waiting: Times,
    /// Time from entering to leaving.
    pub sojourn: Times,
}

/// What a link counted in one slice of the call's start.
#[derive(Clone, Debug, Default)]
pub struct LinkSlice {
    /// Calls (or messages handed over) and how they ended.
    pub tally: Tally,
    /// Attempts, retries and hedges included.
    pub attempts: u64,
    /// Attempts that were hedges.
    pub hedged: u64,
    /// Calls refused by the breaker.
    pub refused: u64,
    /// Items of messages, where the bill asks for them.
    pub items: u64,
    /// Their bytes.
    pub bytes: u128,
    /// Attempts lost on the way.
    pub lost: u64,
    /// From the call to its end, over completed calls.
    pub latency: Times,
    /// Log consumers: from append to delivery.
    pub lag: Times,
}

/// What a link counted.
#[derive(Clone, Debug, Default)]
pub struct LinkRecord {
    /// By slice of the call's start.
    pub slices: Vec<LinkSlice>,
    /// How often the breaker opened.
    pub breaker_opened: u64,
}

/// What a node counted, over its flows.
#[derive(Clone, Debug, Default)]
pub struct NodeRecord {
    /// Most in the waiting line at once (summed over copies: of any one copy).
    pub waiting_max: u64,
    /// Area waiting per bin [visit × ns]; of a queue or log, of messages.
    pub line: Vec<u64>,
    /// Area holding a server per bin.
    pub busy: Vec<u64>,
    /// Area inside per bin.
    pub inside: Vec<u64>,
    /// Throttled visits per bin of entry.
    pub throttled: Vec<u64>,
    /// Arrived visits per bin of entry.
    pub arrived: Vec<u64>,
    /// Hits per bin of entry; empty if the node looks nothing up.
    pub hits: Vec<u64>,
    /// Look-ups per bin of entry; empty if the node looks nothing up.
    pub lookups: Vec<u64>,
    /// When it first refused a visit as throttled.
    pub first_throttled: Option<SimTime>,
    /// When it last did.
    pub last_throttled: Option<SimTime>,
    /// Refusals by bucket: (index into `Model::buckets`, refused visits).
    pub refusals: Vec<(u32, u64)>,
    /// Visits refused because what they brought was too large.
    pub too_large: u64,
    /// Tallies and busy area per instance (copy or partition), of all time.
    pub instances: Vec<InstanceRecord>,
    /// Environments existing, by slice [environment × ns], by time.
    pub environment_area: Vec<u128>,
    /// Environments idle, by slice [environment × ns], by time.
    pub idle_area: Vec<u128>,
    /// Environments destroyed, and the sum of their lives [ns].
    pub environments_ended: (u64, u128),
    /// What a message queue counted.
    pub queue: Option<QueueRecord>,
    /// Messages of a log that were given up after too many deliveries, over all its
    /// consumer groups and the whole run.
    pub given_up: u64,
    /// Messages of a log that a consumer group had not taken at the end, over all of them.
    pub untaken: u64,
    /// Copies that were taken back.
    pub reclaimed: u64,
    /// Writes that were lost with the node, because they had not got elsewhere.
    pub lost_writes: u64,
    /// Age of the oldest of them.
    pub oldest_lost: Span,
    /// Age of the oldest unread message of a log, sampled at every delivery.
    pub iterator_age: Vec<Times>,
    /// The busiest keys of a keyed or partitioned node: (key, arrived, throttled).
    pub hot_keys: Vec<(u32, u64, u64)>,
    /// What became of its copies, if they come and go.
    pub copies: Option<CopiesRecord>,
}

/// How many copies there were in time.
#[derive(Clone, Debug, Default)]
pub struct CopiesRecord {
    /// Most that existed at once.
    pub most: u32,
    /// From its start to its end, by slice [copy × ns], by time.
    pub existing: Vec<u128>,
    /// From when it was ready to its end, by slice [copy × ns], by time.
    pub up: Vec<u128>,
    /// The same as `up`, per bin.
    pub up_by_bin: Vec<u64>,
}

/// What one copy or partition counted, of all counted time.
#[derive(Clone, Copy, Debug, Default)]
pub struct InstanceRecord {
    /// Visits.
    pub arrived: u64,
    /// Refused by a limit.
    pub throttled: u64,
    /// Refused by a full line.
    pub shed: u64,
    /// Area holding a server [visit × ns] from the beginning of the last slice but none: of [0, horizon).
    pub busy_area: u128,
}

/// What a message queue counted over the whole run.
#[derive(Clone, Copy, Debug, Default)]
pub struct QueueRecord {
    /// Messages sent.
    pub sent: u64,
    /// Copies made by the queue itself.
    pub duplicates: u64,
    /// Handed to a consumer, repeats included.
    pub receives: u64,
    /// Deliveries (batches).
    pub deliveries: u64,
    /// Processed and deleted.
    pub deleted: u64,
    /// Given up after too many receives.
    pub dead_lettered: u64,
    /// Dropped for their age.
    pub expired: u64,
    /// Waiting at the horizon.
    pub backlog_end: u64,
    /// Most waiting at once.
    pub backlog_max: u64,
    /// When the queue was last empty after having been filled, at or before the end.
    pub drained: Option<SimTime>,
}

/// One listed request.
#[derive(Clone, Copy, Debug)]
pub struct RequestRecord {
    /// Number among all requests of the run, from 1.
    pub ordinal: u64,
    /// Index of its flow.
    pub flow: u32,
    /// When it arrived.
    pub arrived: SimTime,
    /// When it left, if it did.
    pub left: Option<SimTime>,
    /// When its last work had ended, if it had.
    pub settled: Option<SimTime>,
    /// How it ended, if it did.
    pub outcome: Option<Outcome>,
}

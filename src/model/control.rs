//! What watches a run and changes it: metrics, alarms, scaling, deployments.
//!
//! All of it happens in global events, which run alone (`engine::global`). A metric is
//! kept only if something here names it.

use super::Outcome;
use super::change::Changed;
use super::fault::{Faults, Look, Recurring};
use super::supply::Supply;
use crate::mechanism::{alarm, scaling};
use crate::units::{SimTime, Span};

/// Everything that watches and changes a run.
#[derive(Clone, Debug, Default)]
pub struct Control {
    /// Metrics that are kept.
    pub watches: Vec<Watch>,
    /// Alarms, sorted by name.
    pub alarms: Vec<Alarm>,
    /// Nodes whose copies come and go, or that are watched copy by copy.
    pub elastic: Vec<Elastic>,
    /// Changes of version, in file order.
    pub deployments: Vec<Deployment>,
    /// Nodes of which two versions take visits side by side.
    pub aliases: Vec<u32>,
    /// Bounds on how fast copies are started: per second, and at once.
    pub launches: Vec<(f64, f64)>,
    /// What goes wrong at times of its own.
    pub faults: Faults,
    /// What goes wrong again and again at random, in file order.
    pub recurring: Vec<Recurring>,
    /// By crash of a place: the place, and the nodes that go on although they may lie there, as
    /// they have one copy and no zone of their own.
    pub spared: Vec<(String, Vec<String>)>,
    /// Changes of parameters.
    pub changes: Vec<Changed>,
    /// Names of the links of which something is wrong for some time.
    pub ways: Vec<String>,
    /// Copies that balancers look at.
    pub looks: Vec<Look>,
    /// Capacity in units that changes.
    pub supplies: Vec<Supply>,
    /// Whether some requests are traced.
    pub traced: bool,
    /// Whether the number of some partitions changes.
    pub recounts: bool,
}

impl Control {
    /// Whether nothing is watched, nothing traced, and nothing changes.
    pub fn is_empty(&self) -> bool {
        self.watches.is_empty()
            && self.elastic.is_empty()
            && self.aliases.is_empty()
            && self.faults.is_empty()
            && self.recurring.is_empty()
            && self.supplies.is_empty()
            && !self.traced
            && !self.recounts
    }

    /// Returns everything that ever goes wrong, at whatever times.
    pub fn all_faults(&self) -> impl Iterator<Item = &Faults> {
        let recurring = self.recurring.iter().map(|one| &one.faults);
        std::iter::once(&self.faults).chain(recurring)
    }
}

/// A metric: one value for every period, aligned to the start of the run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Watch {
    /// Whose it is.
    pub whom: Whom,
    /// What is measured.
    pub metric: Metric,
    /// Length of a period, > 0.
    pub period: Span,
}

/// Whose metric it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whom {
    /// A flow.
    Flow(u32),
    /// A node.
    Node(u32),
    /// A link.
    Link(u32),
    /// A fan-out.
    FanOut(u32),
    /// The run as a whole.
    Run,
}

/// What a metric measures in a period.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Metric {
    /// A statistic of a time of what ended in it [ms]; missing if nothing did.
    Time(Time, Statistic),
    /// What ended in some of these ways (bits of `Outcome as u8`).
    Ended(u8, Reading),
    /// What came in.
    Arrived(Reading),
    /// A time average over it.
    State(State),
    /// Used share of a supply, by index into `Control::supplies`.
    Used(u32),
    /// What the books say more at its end than at its beginning.
    Booked(Book),
    /// What was used in it, at its prices (`metrics::charged`).
    Charged(Charged),
}

/// How charges are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Charged {
    /// What a month comes to at the pace of the period [US dollars].
    Month,
    /// What a million requests of all flows come to [US dollars]; missing if none arrived.
    Million,
}

/// A metric that is read off the books of a run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Book {
    /// How many of something.
    Counted(Count, Reading),
    /// A statistic of a time of what ended; never the greatest, of which the books know only
    /// that of the whole run.
    Timed(BookedTime, Statistic),
    /// Requests of a flow that completed within so long [ns], of all that left.
    Within(u64, Reading),
    /// Messages of a queue or log that nobody has taken, or recipients of a fan-out who have
    /// not got theirs, at the end of the period.
    Line,
}

/// Something that the books count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Count {
    /// Of a flow.
    Flow(FlowCount),
    /// Of a link.
    Link(LinkCount),
    /// Of a node.
    Node(NodeCount),
    /// Of a fan-out.
    FanOut(FanOutCount),
}

/// Something that the books count of a flow, of all requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FlowCount {
    /// Attempts of their calls.
    Attempts,
    /// Requests of which some call was tried again.
    Retried,
    /// Bytes that they brought.
    BytesIn,
    /// Bytes of their replies.
    BytesOut,
}

/// Something that the books count of a link, of all calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkCount {
    /// Calls, or messages.
    Arrived,
    /// Calls that ended in some of these ways (bits of `Outcome as u8`), of those that ended.
    Ended(u8),
    /// Attempts.
    Attempts,
    /// Attempts that were hedges.
    Hedged,
    /// Calls refused by the breaker.
    Refused,
    /// How often the breaker opened.
    Opened,
}

/// Something that the books count of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeCount {
    /// Look-ups that were answered, of all of them.
    Hits,
    /// Look-ups that were not.
    Misses,
    /// Look-ups that waited for another's fetch.
    Joined,
    /// Old answers, of all look-ups or of those that were answered.
    Stale {
        /// Of all of them.
        of_all: bool,
    },
    /// Visits that created an environment, of those that came.
    ColdStarts,
    /// Visits that had to wait.
    Waited,
    /// Visits that completed, but nobody waited any more.
    Orphaned,
    /// Messages that were given up.
    DeadLettered,
    /// Messages that the queue itself delivered twice.
    Duplicates,
}

/// Something that the books count of a fan-out, by when it is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FanOutCount {
    /// Posts that have settled.
    Posts,
    /// Of those, left to be pulled.
    Pulled,
    /// Recipients who have their post.
    Deliveries,
    /// Recipients who never will, of those of the posts that have settled.
    Dropped,
    /// Deliveries to recipients who had it already.
    Duplicates,
    /// Reads.
    Reads,
    /// Visits of posts and reads, at any node.
    Visits,
    /// Of those, refused by a limit of the node.
    Throttled,
}

/// A time that the books keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BookedTime {
    /// Of a call over a link.
    Latency,
    /// From append to delivery, over a link.
    Lag,
    /// In service at a node.
    Service,
    /// Of all requests that left, however they ended.
    LatencyAll,
    /// Until the last work of a request had ended.
    Settled,
    /// Age of the oldest message of a log that was not read, at every delivery.
    IteratorAge,
    /// From a post until the first of its recipients had it.
    First,
    /// Until half of them had it.
    Reach50,
    /// Until 99 % of them had it.
    Reach99,
    /// Until the last of them had it.
    Last,
    /// From a post to each of its deliveries.
    Delivery,
    /// Age of the oldest post that a reader was to have and had not.
    Staleness,
}

/// A time of a request or visit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Time {
    /// From entering to leaving; of a flow only what completed.
    Sojourn,
    /// In waiting lines.
    Waiting,
}

/// A statistic of times.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Statistic {
    /// Mean.
    Mean,
    /// Standard deviation.
    Sd,
    /// Greatest.
    Max,
    /// Quantile, 0..1.
    Quantile(f64),
}

/// How a tally is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// As it is.
    Count,
    /// Of all that ended in the period; missing if nothing did.
    Share,
    /// Per second.
    PerSecond,
    /// Per second and copy.
    PerSecondAndCopy,
}

/// A state in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Inside the flow or node.
    Inside,
    /// Inside the node, per copy.
    InsidePerCopy,
    /// In the waiting lines of the node's servers.
    Line,
    /// The same, per copy.
    LinePerCopy,
    /// Busy servers, of those that there are.
    Utilisation,
    /// Copies that are ready and have not ended.
    Copies,
    /// Their servers.
    Servers,
}

/// How a value is compared with a bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compare {
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    Greater,
    /// `>=`
    AtLeast,
    /// `=`
    Equal,
}

impl Compare {
    /// Whether a value compares so with a bound.
    #[allow(
        clippy::float_cmp,
        reason = "`=` is asked of counts, which are whole numbers"
    )]
    pub fn holds(self, value: f64, bound: f64) -> bool {
        match self {
            Compare::Less => value < bound,
            Compare::AtMost => value <= bound,
            Compare::Greater => value > bound,
            Compare::AtLeast => value >= bound,
            Compare::Equal => value == bound,
        }
    }
}

/// A condition on a metric.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Condition {
    /// Index into `Control::watches`.
    pub watch: u32,
    /// How it is compared.
    pub compare: Compare,
    /// With what.
    pub bound: f64,
}

/// An alarm.
#[derive(Clone, Debug)]
pub struct Alarm {
    /// Name.
    pub name: String,
    /// What has to hold in a period for it to breach.
    pub when: Condition,
    /// When it fires.
    pub rules: alarm::Rules,
    /// Age of a period's value when it is looked at.
    pub delay: Span,
}

/// A node whose copies come and go.
#[derive(Clone, Debug)]
pub struct Elastic {
    /// The node.
    pub node: u32,
    /// Copies that its parameters say, for which the bill is made out; none if it is not paid
    /// by the copy.
    pub said: Option<u32>,
    /// Copies at the start.
    pub start: u32,
    /// Most copies at once, those that end included: stations of its groups.
    pub room: u32,
    /// Who decides how many there are.
    pub scaling: Option<Scaling>,
    /// What bounds how fast they are started: index into `Control::launches`, or `NONE`.
    pub launches: u32,
    /// How copies are taken back, if they are.
    pub reclaim: Option<Reclaim>,
    /// What a copy reads before it is ready.
    pub reads: Option<Reads>,
    /// Copies of one host, and how long one takes to start (sampler), if copies wait for hosts:
    /// those with the lowest numbers lie together on the first one.
    pub hosts: Option<(u32, u32)>,
}

/// What a copy reads before it is ready.
#[derive(Clone, Copy, Debug)]
pub struct Reads {
    /// The route over which a visit would read it; its entry leads to admissions and work alone.
    pub route: u32,
    /// What it holds then: index into `Model::credentials`.
    pub credential: u32,
}

/// How copies are taken back.
#[derive(Clone, Copy, Debug)]
pub struct Reclaim {
    /// From when a copy is ready until it gets notice: sampler; `NONE`: no one alone does.
    pub after: u32,
    /// From the notice until it is gone.
    pub notice: Span,
    /// Groups over which the copies are spread evenly, ≥ 1.
    pub groups: u32,
    /// Time between two notices to all copies of a group at once: sampler; `NONE`: there are none.
    pub together: u32,
}

/// A controller of copies.
#[derive(Clone, Debug)]
pub struct Scaling {
    /// How it decides.
    pub rules: scaling::Rules,
    /// Metric that is tracked: index into `Control::watches`.
    pub tracked: Option<u32>,
    /// Conditions of the steps.
    pub steps: Vec<Condition>,
    /// Changes of the bounds: when, fewest, most.
    pub schedule: Vec<(SimTime, Option<u32>, Option<u32>)>,
    /// How often it decides: the period of its metrics.
    pub period: Span,
    /// Age of a period's values when it decides.
    pub delay: Span,
    /// From starting a copy to its first visit: sampler.
    pub start_up: u32,
    /// The mean of that.
    pub start_up_mean: Span,
}

/// A change of the version of a node.
#[derive(Clone, Debug)]
pub struct Deployment {
    /// When it begins.
    pub at: SimTime,
    /// The node.
    pub node: u32,
    /// Whose copies run the version: index into `Control::elastic`; `NONE` of an alias.
    pub elastic: u32,
    /// Whose visits are told apart: index into `Control::aliases`; `NONE` of copies.
    pub alias: u32,
    /// How copies or visits change over.
    pub strategy: Strategy,
    /// The version that it brings; the one at the start is 0.
    pub version: u8,
    /// Multiplies the work of a visit at the new version of copies.
    pub slow: f64,
    /// Share of visits that end `Failed` there after their work, as a threshold on a draw.
    pub fail: u64,
    /// From starting a copy to its first visit, or until the first visits are shifted: sampler.
    pub start_up: u32,
    /// Alarms that take it back: indices into `Control::alarms`.
    pub rollback_on: Vec<u32>,
    /// From such an alarm until it is taken back: sampler; `NONE`: at once.
    pub rollback: u32,
}

/// How a deployment changes over.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Strategy {
    /// All copies are stopped, and started anew.
    AllAtOnce,
    /// New copies are started beside the others, and take all visits when they are ready.
    BlueGreen,
    /// So many copies at a time are stopped and started anew, with a pause between.
    Rolling {
        /// Copies of a batch.
        batch: Batch,
        /// Pause after a batch is ready.
        pause: Span,
    },
    /// As blue-green, but a share of the visits goes to the new copies for a while first.
    Canary {
        /// Share of the visits.
        share: f64,
        /// For how long.
        length: Span,
    },
    /// As blue-green, but the share of visits that goes to the new copies grows by steps.
    Linear {
        /// Share that each step adds.
        share: f64,
        /// Time between two steps, > 0.
        every: Span,
    },
}

/// How many copies a rolling deployment replaces at a time; one at least.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Batch {
    /// A share of them, rounded up.
    Share(f64),
    /// Half of them, rounded down.
    Half,
    /// One.
    One,
}

impl Batch {
    /// Returns how many of some copies are a batch.
    pub fn of(self, copies: u32) -> u32 {
        let batch = match self {
            Batch::Share(share) => (f64::from(copies) * share - 1e-9).ceil() as u32,
            Batch::Half => copies / 2,
            Batch::One => 1,
        };
        batch.max(1)
    }
}

/// All outcomes but `Completed`, as bits.
pub const BAD: u8 = !(1 << Outcome::Completed as u8) & 0b1_1111;

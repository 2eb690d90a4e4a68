//! The validated graph of nodes and links, with everything that runs over it.
//!
//! A `Topology` is valid by construction: names are resolved, every rule has been
//! checked, quantities are in base units (ns, bytes, 1/s). Nobody checks again.
//! `build` turns a `Spec` into one, or into all diagnostics at once.

mod audience;
mod build;
mod control;
mod estimate;
mod flows;
mod links;
mod load_file;
mod load_lines;
mod objectives;
mod policy;
mod rules;
mod schema;
mod settings;
mod steps;
mod trace;

pub use estimate::{Codes, Estimate};
pub use load_file::{LoadRequest, load};
pub use rules::single_points;
pub use schema::{link_meaning, schema};

use crate::component::Component;
use crate::diagnostic::Place;
pub use crate::mechanism::alarm::Missing;
pub use crate::model::control::Strategy as Strategies;
use crate::random::law::{KeyLaw, Law};
use crate::spec::Sink;
use crate::units::{SimTime, Span};
use petgraph::graph::{DiGraph, NodeIndex};

/// Index of a flow in `Topology::flows`.
pub type FlowIndex = usize;
/// Index of a key law in `Topology::keys`.
pub type KeyIndex = usize;

/// A complete, checked topology with load, objectives and run settings.
#[derive(Debug)]
pub struct Topology {
    /// Name of the design (file name where the file gives none).
    pub name: String,
    /// What it is.
    pub description: Option<String>,
    /// What a reader should be able to answer after a run.
    pub question: Option<String>,
    /// Nodes and links; node 0 is `client`. petgraph answers the graph rules.
    pub graph: DiGraph<Node, Link>,
    /// Request classes, sorted by name.
    pub flows: Vec<Flow>,
    /// Key laws: those of `keys`, and those written in place (named after their flow).
    pub keys: Vec<Key>,
    /// Who posts and who reads, if the file says so.
    pub audience: Option<Audience>,
    /// Load lines in file order.
    pub load: Vec<LoadLine>,
    /// Objectives in file order.
    pub objectives: Vec<Objective>,
    /// Alarms, sorted by name.
    pub alarms: Vec<Alarm>,
    /// Conditions of the steps by which nodes scale, by node, in file order.
    pub steps: Vec<(NodeIndex<u32>, Vec<Objective>)>,
    /// Changes of version, in file order.
    pub deployments: Vec<Deployment>,
    /// Faults, in file order.
    pub failovers: Vec<Failover>,
    /// Where nodes and clients are, and how far apart.
    pub placement: Placement,
    /// Account-wide quotas that nodes share.
    pub account: Account,
    /// What a capacity estimate needs beyond the design; a run does not look at it.
    pub estimate: Estimate,
    /// Run settings.
    pub run: Run,
    /// Name of the variant that was applied.
    pub variant: Option<String>,
}

/// Returns the index of `client` in every topology's graph.
pub fn client() -> NodeIndex<u32> {
    NodeIndex::new(0)
}

/// Refuses a part of the format that is not there yet.
fn later(sink: &Sink, place: &Place, what: &str) {
    let message = format!("{what} is not there yet");
    let help = "remove it; this version does not simulate it";
    sink.error_with_help("format::not-there-yet", place, message, help);
}

/// One element of a topology.
#[derive(Debug)]
pub struct Node {
    /// Name chosen by the user.
    pub name: String,
    /// Kind as users write it; `client` for the client.
    pub kind: &'static str,
    /// Parameters, read and checked; none for `client`.
    pub component: Option<Box<dyn Component>>,
    /// Region or zones it lies in; several: its copies are spread over them.
    pub places: Vec<String>,
    /// Where it was written.
    pub place: Place,
}

/// A directed connection between two nodes.
#[derive(Clone, Debug)]
pub struct Link {
    /// Position among all links of the file; calls without steps follow it.
    pub order: usize,
    /// One-way latency [ns] if written; else by placement.
    pub latency: Option<Law>,
    /// Bytes per second each way, shared by what is under way; unlimited if none.
    pub bandwidth: Option<f64>,
    /// Share of messages lost, 0..=1.
    pub loss: f64,
    /// The caller's policy.
    pub call: CallPolicy,
    /// Flows or endpoints that take this link; all if none.
    pub matches: Option<Vec<Match>>,
    /// Weight for `weighted` choice.
    pub weight: f64,
    /// What it is used for.
    pub role: Role,
    /// How messages are handed over, for links from a queue, log, topic or store.
    pub delivery: Delivery,
    /// Where it was written.
    pub place: Place,
}

/// What a `match` entry names.
#[derive(Clone, Debug, PartialEq)]
pub enum Match {
    /// Requests of a flow.
    Flow(FlowIndex),
    /// Calls to an endpoint (without the slash).
    Endpoint(String),
}

/// When a link is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Always.
    Primary,
    /// While no primary is healthy.
    Standby,
    /// Gets what the source gives up.
    DeadLetter,
}

/// A caller's policy; what is `None` falls back to the link's, then the kind's.
#[derive(Clone, Debug, Default)]
pub struct CallPolicy {
    /// Time-out of one attempt.
    pub timeout: Option<Span>,
    /// Whether the caller's remaining time is passed on.
    pub deadline: Option<bool>,
    /// Retry policy; `Some(Retry::none())` switches a default off.
    pub retry: Option<Retry>,
    /// Hedging: another attempt after this long, at most so many.
    pub hedge: Option<Hedge>,
    /// Whether the callee is told when its answer is not needed any more.
    pub cancel: Option<bool>,
    /// Circuit breaker.
    pub breaker: Option<Breaker>,
    /// Most calls outstanding per copy of the caller.
    pub connections: Option<u32>,
}

/// How a caller tries again.
#[derive(Clone, Debug, PartialEq)]
pub struct Retry {
    /// Attempts in all, the first included; `u32::MAX` is unlimited.
    pub attempts: u32,
    /// How the pause grows.
    pub backoff: Backoff,
    /// Base pause [ns].
    pub base: Law,
    /// Base pause after `throttled` [ns], where it differs (AWS SDKs).
    pub base_throttled: Option<Law>,
    /// Longest pause.
    pub cap: Span,
    /// Growth per attempt.
    pub factor: f64,
    /// Multiplies by U(1−j, 1+j).
    pub jitter: f64,
    /// Outcomes that are tried again.
    pub on: Vec<Bad>,
    /// Retry budget.
    pub budget: Option<Budget>,
    /// The adaptive mode's own rate limit on the client.
    pub adaptive: bool,
}

/// How the pause before attempt k+1 is formed, with e = min(cap, base × factor^(k−1)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backoff {
    /// `base`, drawn anew each time.
    Fixed,
    /// e.
    Exponential,
    /// U(0, e).
    FullJitter,
    /// e/2 + U(0, e/2).
    EqualJitter,
    /// min(cap, U(base, 3 × last pause)).
    Decorrelated,
}

/// An outcome other than completed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bad {
    /// Refused by a rate or concurrency limit.
    Throttled,
    /// Refused by a full waiting line.
    Shed,
    /// Given up by its caller.
    TimedOut,
    /// Ended by a fault or a failed call.
    Failed,
}

/// A token bucket that pays for retries.
#[derive(Clone, Debug, PartialEq)]
pub struct Budget {
    /// Most tokens, and tokens at the start.
    pub tokens: f64,
    /// Price of a retry.
    pub cost: f64,
    /// Price of a retry after `throttled`, where it differs.
    pub cost_throttled: Option<f64>,
    /// Tokens earned.
    pub earn: f64,
    /// Earned by every call (true) or by a success at the first attempt (false).
    pub earn_on_call: bool,
}

/// Another attempt if none has answered.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hedge {
    /// How long to wait for an answer first.
    pub after: Span,
    /// Most additional attempts.
    pub most: u32,
}

/// A circuit breaker.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Breaker {
    /// Share of failures that opens it, 0..=1.
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

/// How messages of a queue, log, topic or store reach a consumer.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// Operations of a store that produce a message; all writes if none.
    pub ops: Option<Vec<String>>,
    /// Share of messages that pass a filter.
    pub share: f64,
    /// Most messages per delivery; the kind's default if none.
    pub batch: Option<u32>,
    /// Longest wait for a full batch.
    pub window: Span,
    /// Most deliveries at once; for a log per partition.
    pub concurrency: Option<u32>,
    /// Pause after an empty receive.
    pub poll: Option<Span>,
}

/// A class of requests.
#[derive(Debug)]
pub struct Flow {
    /// Name chosen by the user; `main` if the file has none.
    pub name: String,
    /// The key of a request, if any.
    pub key: Option<KeyIndex>,
    /// 0 (first) to 9.
    pub priority: u8,
    /// Size of the request [bytes].
    pub bytes: Law,
    /// Size of the reply [bytes].
    pub reply: Law,
    /// Whether caches in front of the first programmable node may answer.
    pub cacheable: bool,
    /// Steps of the client; a call of the entry where the file gives `enter`.
    pub client: Vec<Step>,
    /// Steps of programmable nodes, by node and endpoint.
    pub at: Vec<At>,
    /// Where it was written.
    pub place: Place,
}

/// The steps of one programmable node (at one endpoint) for one flow.
#[derive(Debug)]
pub struct At {
    /// The node.
    pub node: NodeIndex<u32>,
    /// The endpoint, without the slash.
    pub endpoint: Option<String>,
    /// What it does.
    pub steps: Vec<Step>,
}

/// One thing a programmable node does.
#[derive(Clone, Debug)]
pub enum Step {
    /// Work on a server; time on one full vCPU [ns].
    Compute(Law),
    /// Time without work [ns].
    Pause(Law),
    /// `read`, `write`, `call` or `send`.
    Call(Box<CallStep>),
    /// Branches at once.
    Parallel {
        /// The branches.
        branches: Vec<Vec<Step>>,
        /// When to go on.
        join: Join,
    },
    /// The same steps several times.
    Each {
        /// How often; `None`: once for every message of the delivery.
        times: Option<Law>,
        /// What to do.
        steps: Vec<Step>,
        /// Most at once; 1 is a loop; `None` is unlimited.
        concurrency: Option<u32>,
        /// When to go on.
        join: Join,
        /// The key of each, if set anew.
        key: Option<KeyIndex>,
    },
    /// One of several, by weight.
    Choose(Vec<(f64, Vec<Step>)>),
    /// Steps with a policy of their own.
    Try {
        /// What to do.
        steps: Vec<Step>,
        /// Time-out of one attempt.
        timeout: Option<Span>,
        /// Retry policy.
        retry: Option<Retry>,
        /// What to do when it ended badly.
        on_error: Option<Vec<Step>>,
    },
    /// Ends the visit as `failed` with this probability.
    Fail(f64),
    /// Delivers the request to its author's recipients.
    FanOut(Box<FanOutStep>),
    /// Reads what was delivered, and pulls the rest.
    Gather(Box<GatherStep>),
}

/// A step that delivers a request to many, page by page.
#[derive(Clone, Debug)]
pub struct FanOutStep {
    /// Name, which `gather`, objectives and reports use.
    pub name: String,
    /// Who gets it.
    pub recipients: Recipients,
    /// Whether only those of the page that came in as a message.
    pub of_page: bool,
    /// Recipients per page, ≥ 1.
    pub batch: u32,
    /// Pages in work at once per visit, ≥ 1.
    pub concurrency: u32,
    /// Whether pages of authors with fewer recipients go before others.
    pub small_first: bool,
    /// Overrides the audience's.
    pub strategy: Option<Strategy>,
    /// Run once per page.
    pub steps: Vec<Step>,
    /// Where it was written.
    pub place: Place,
}

/// Who gets a post.
#[derive(Clone, Debug, PartialEq)]
pub enum Recipients {
    /// All followers of the author.
    Followers,
    /// Those whose timeline is kept.
    Active,
    /// Those who are connected now.
    Online,
    /// So many, whoever they are.
    Count(Law),
}

/// A step that reads what was delivered to a user, and pulls the rest.
#[derive(Clone, Debug)]
pub struct GatherStep {
    /// Name of the fan-out that it belongs to.
    pub name: String,
    /// Run once, unless everything is pulled.
    pub own: Vec<Step>,
    /// Run for every pulled account.
    pub pull: Vec<Step>,
    /// Accounts per run of `pull`, ≥ 1.
    pub batch: u32,
    /// Most runs at once; `None` is unlimited.
    pub concurrency: Option<u32>,
    /// When to go on.
    pub join: Join,
    /// Work per pulled account afterwards.
    pub merge: Span,
    /// Overrides the audience's.
    pub strategy: Option<Strategy>,
    /// Where it was written.
    pub place: Place,
}

/// Who posts and who reads.
#[derive(Clone, Debug)]
pub struct Audience {
    /// Accounts, followers, activity.
    pub population: crate::random::Audience,
    /// Where the users are, by weight; empty: where the entry is.
    pub from: Vec<(String, f64)>,
    /// For every fan-out and gather that says none itself.
    pub strategy: Strategy,
}

/// Which authors push to their recipients; those who do not are pulled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strategy {
    /// All.
    Write,
    /// None.
    Read,
    /// Those with fewer followers than this.
    Hybrid(u64),
}

/// What a call does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verb {
    /// Brings an item back.
    Read,
    /// Takes an item along.
    Write,
    /// Runs a program, or hands on.
    Call,
    /// Leaves a message; ends with the acknowledgement.
    Send,
}

/// A step that calls another node.
#[derive(Clone, Debug)]
pub struct CallStep {
    /// The verb.
    pub verb: Verb,
    /// Who is called; a link leads there (or the caller is `client`).
    pub target: NodeIndex<u32>,
    /// Which of its programs.
    pub endpoint: Option<String>,
    /// Which operation; one that the target's kind lists. `None`: the kind's.
    pub op: Option<String>,
    /// Size of one item [bytes]; the target's `item` if none.
    pub bytes: Option<Law>,
    /// Items in this one call; inherited if none (1 for `send`).
    pub count: Option<Law>,
    /// Which key; inherited if none.
    pub key: Option<KeyIndex>,
    /// Strong read.
    pub consistent: bool,
    /// Overrides the flow's.
    pub cacheable: Option<bool>,
    /// Whether the caller waits for the end.
    pub wait: bool,
    /// Run after a miss.
    pub on_miss: Option<Vec<Step>>,
    /// Run after a bad outcome.
    pub on_error: Option<Vec<Step>>,
    /// Overrides the link's policy.
    pub policy: CallPolicy,
    /// Where it was written.
    pub place: Place,
}

/// When a step with several branches goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Join {
    /// All have completed.
    All,
    /// So many have completed (`any` is 1).
    Some(u32),
    /// All have ended, however.
    Settled,
}

/// A named law of keys.
#[derive(Clone, Debug)]
pub struct Key {
    /// Its name in `keys`, or the flow's.
    pub name: String,
    /// Its law.
    pub law: KeyLaw,
}

/// One source of requests.
#[derive(Clone, Debug)]
pub struct LoadLine {
    /// Its name; the flow's if the file gives none.
    pub name: String,
    /// The class of its requests.
    pub flow: FlowIndex,
    /// Where its requests come from.
    pub source: LoadSource,
    /// Requests per arrival (counts).
    pub batch: Law,
    /// How rate or clients vary in time.
    pub shape: Shape,
    /// First moment.
    pub start: SimTime,
    /// Last moment; `NEVER` if it goes on.
    pub stop: SimTime,
    /// Where the clients are, by weight; empty: where the entry is.
    pub from: Vec<(String, f64)>,
    /// Overrides the flow's key.
    pub key: Option<KeyIndex>,
    /// How the rate was written as people, for the report's arithmetic.
    pub arithmetic: Option<String>,
    /// Whose the rate is, where it was written as people.
    pub people: Option<People>,
}

/// Those who send the requests of a line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct People {
    /// How many.
    pub users: u64,
    /// The rate of the line over the mean of a day or a month.
    pub peak_to_mean: f64,
}

/// Where the requests of a load line come from.
#[derive(Clone, Debug)]
pub enum LoadSource {
    /// Open: mean requests per second; evenly spaced or Poisson.
    Rate {
        /// Requests per second.
        per_second: f64,
        /// Evenly spaced instead of Poisson.
        even: bool,
    },
    /// Open: time between arrivals [ns]; the first comes at `start`.
    Every(Law),
    /// Closed: clients that think [ns] between requests.
    Clients {
        /// How many.
        count: u64,
        /// Think time [ns].
        think: Law,
    },
    /// Recorded arrivals in order of time.
    Trace(Vec<TraceEntry>),
}

/// One recorded arrival.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceEntry {
    /// When, from the start of the run.
    pub at: SimTime,
    /// Its key, if recorded.
    pub key: Option<u64>,
    /// Its size, if recorded.
    pub bytes: Option<u64>,
}

/// How rate or clients vary in time; factors multiply the mean.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// Constant.
    Flat,
    /// Held until the next.
    Steps(Vec<(SimTime, f64)>),
    /// Straight lines between.
    Ramp(Vec<(SimTime, f64)>),
    /// A day's wave; the peak lies in the middle of the run.
    Diurnal {
        /// Peak over mean, 1..=100; above 2 the wave is no sine any more.
        peak_to_mean: f64,
        /// Length of a day.
        period: Span,
    },
    /// Markov-modulated: (factor, mean stay), visited in a ring.
    Mmpp(Vec<(f64, Span)>),
}

/// What the user wants to hold, parsed.
#[derive(Clone, Debug)]
pub struct Objective {
    /// As written.
    pub expression: String,
    /// Flow, node or link.
    pub subject: Subject,
    /// What is measured.
    pub quantity: String,
    /// Which statistic of it, if one was named: `mean`, `sd`, `max`, `p99` …
    pub statistic: Option<Statistic>,
    /// How it is compared.
    pub compare: Compare,
    /// With what.
    pub value: Bound,
    /// Share that must comply, 0..=1.
    pub share: Option<f64>,
    /// Only this window of time.
    pub window: Option<(SimTime, SimTime)>,
    /// Where it was written.
    pub place: Place,
}

/// A watch over a measure, which fires while it is out of bounds.
#[derive(Clone, Debug)]
pub struct Alarm {
    /// Its name.
    pub name: String,
    /// What breaches; an objective without share and window.
    pub when: Objective,
    /// Length of a period, which gives one point.
    pub period: Span,
    /// Breaches among the newest points that make it fire, 1..=`of`.
    pub breaches: u32,
    /// Points that are looked at.
    pub of: u32,
    /// What a period without a value counts as.
    pub missing: Missing,
    /// Age of a point when it is looked at.
    pub delay: Span,
}

/// A change of the version that a node's copies run.
#[derive(Clone, Debug)]
pub struct Deployment {
    /// When it begins.
    pub at: SimTime,
    /// Whose copies.
    pub node: NodeIndex<u32>,
    /// How they change over.
    pub strategy: Strategies,
    /// Multiplies the work of a visit at the new version.
    pub slow: f64,
    /// Share of visits that fail there.
    pub fail: f64,
    /// From starting a copy to its first visit; the kind's own if none.
    pub start_up: Option<Span>,
    /// Alarms that take it back, by index into `Topology::alarms`.
    pub rollback_on: Vec<usize>,
}

/// A node that is out until another copy has taken over.
#[derive(Clone, Debug)]
pub struct Failover {
    /// When it begins.
    pub at: SimTime,
    /// For how long; the kind's own time if none.
    pub length: Option<Span>,
    /// The node.
    pub node: NodeIndex<u32>,
}

/// What an objective is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A flow, by name.
    Flow(String),
    /// A node, by name.
    Node(String),
    /// A link, as `a->b`.
    Link(String),
    /// The bill.
    Cost,
    /// The time from the end of the last fault until all is well.
    Recovery,
    /// A fan-out, by name.
    FanOut(String),
}

/// A statistic of a quantity.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Statistic {
    /// Mean.
    Mean,
    /// Standard deviation.
    Sd,
    /// Greatest value.
    Max,
    /// Quantile, 0..1 (`p99.9` is 0.999).
    Quantile(f64),
}

/// How an objective compares.
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

/// The value of an objective; it decides how a tally is read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Bound {
    /// A duration, in milliseconds.
    Milliseconds(f64),
    /// A plain number or count.
    Number(f64),
    /// Per second.
    PerSecond(f64),
    /// A share, 0..=1.
    Share(f64),
    /// US dollars a month.
    UsdPerMonth(f64),
    /// US dollars per million requests.
    UsdPerMillion(f64),
}

/// Regions, zones and the one-way latencies between them.
#[derive(Clone, Debug)]
pub struct Placement {
    /// The region of unnamed nodes.
    pub region: String,
    /// Its zones.
    pub zones: u32,
    /// Within one zone [ns], one way.
    pub same_zone: Option<Law>,
    /// Between zones of a region [ns], one way.
    pub other_zone: Option<Law>,
    /// Between two places [ns], one way, as the file overrides them.
    pub pairs: Vec<(String, String, Law)>,
}

/// Account-wide quotas.
#[derive(Clone, Debug)]
pub struct Account {
    /// Lambda concurrency of the account and region.
    pub lambda_concurrency: u32,
    /// API Gateway requests per second of the account and region.
    pub api_gateway_rate: f64,
    /// API Gateway burst.
    pub api_gateway_burst: f64,
}

/// Run settings, after the command line has had its say.
#[derive(Clone, Debug)]
pub struct Run {
    /// End of counting, warm-up included.
    pub horizon: Span,
    /// How the warm-up is found.
    pub warm_up: WarmUp,
    /// Independent runs.
    pub replications: u32,
    /// Seed.
    pub seed: u64,
    /// Width of one point of the timeline.
    pub interval: Span,
    /// The first n requests of replication 0 are listed.
    pub record: u32,
}

/// How the warm-up is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WarmUp {
    /// Detected, or none where something follows a schedule.
    Auto,
    /// Given.
    Fixed(Span),
}

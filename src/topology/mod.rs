//! The validated graph of nodes and links, with everything that runs over it.
//!
//! A `Topology` is valid by construction: names are resolved, every rule has been
//! checked, quantities are in base units (ns, bytes, 1/s). Nobody checks again.
//! `build` turns a `Spec` into one, or into all diagnostics at once.

mod audience;
mod build;
mod calling;
mod change;
mod control;
mod deployments;
mod estimate;
mod fault;
mod faults;
mod flows;
mod links;
mod load_file;
mod load_line;
mod load_lines;
mod objective;
mod objectives;
mod policy;
mod replies;
mod rules;
mod schema;
mod settings;
mod step;
mod steps;
mod trace;

pub use calling::{Backoff, Bad, Breaker, Budget, CallPolicy, Hedge, Retry};
pub use change::Change;
pub use estimate::{Codes, Estimate};
pub use fault::{Crashed, Crossing, Fault, Part, When, Wrong};
pub use load_file::{LoadRequest, load};
pub use load_line::{Amount, LoadLine, LoadSource, People, Shape, TraceEntry};
pub use objective::{Bound, Compare, Objective, Statistic, Subject};
pub use rules::single_points;
pub use schema::{link_meaning, schema};
pub use settings::MOST_REPLICATIONS;
pub use step::{CallStep, FanOutStep, GatherStep, Join, Recipients, Step, Strategy, Verb};

use crate::component::Component;
use crate::diagnostic::Place;
pub use crate::mechanism::alarm::Missing;
pub use crate::model::control::{Batch, Strategy as Strategies};
use crate::random::law::{KeyLaw, Law};
use crate::spec::Sink;
use crate::units::{SimTime, Span};
use petgraph::graph::{DiGraph, NodeIndex};
use std::sync::Arc;

/// Index of a flow in `Topology::flows`.
pub type FlowIndex = usize;
/// Index of a key law in `Topology::keys`.
pub type KeyIndex = usize;

/// A complete, checked topology with load, objectives and run settings.
#[derive(Clone, Debug)]
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
    /// What goes wrong, in file order.
    pub faults: Vec<Fault>,
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
#[derive(Clone, Debug)]
pub struct Node {
    /// Name chosen by the user.
    pub name: String,
    /// Kind as users write it; `client` for the client.
    pub kind: &'static str,
    /// Parameters, read and checked; none for `client`.
    pub component: Option<Arc<dyn Component>>,
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
    /// Whether of a batch only the messages come back whose own steps ended badly.
    pub partial: bool,
    /// Whether a batch of a log that ended badly is tried again in halves.
    pub bisect: bool,
    /// Deliveries of a batch of a log after which it is given up; the log's own if none.
    pub attempts: Option<u32>,
    /// Age at which a message of a log is given up instead of being delivered.
    pub max_age: Option<Span>,
}

/// A class of requests.
#[derive(Clone, Debug)]
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
#[derive(Clone, Debug)]
pub struct At {
    /// The node.
    pub node: NodeIndex<u32>,
    /// The endpoint, without the slash.
    pub endpoint: Option<String>,
    /// What it does.
    pub steps: Vec<Step>,
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

/// A named law of keys.
#[derive(Clone, Debug)]
pub struct Key {
    /// Its name in `keys`, or the flow's.
    pub name: String,
    /// Its law.
    pub law: KeyLaw,
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

/// A change of the version of a node.
#[derive(Clone, Debug)]
pub struct Deployment {
    /// When it begins.
    pub at: SimTime,
    /// Whose copies or visits.
    pub node: NodeIndex<u32>,
    /// How they change over.
    pub strategy: Strategies,
    /// Multiplies the work of a visit at the new version.
    pub slow: f64,
    /// Share of visits that fail there.
    pub fail: f64,
    /// The node with the parameters of the new version, if it sets any.
    pub set: Option<Arc<dyn Component>>,
    /// From starting a copy to its first visit [ns]; the kind's own if none.
    pub start_up: Option<Law>,
    /// Alarms that take it back, by index into `Topology::alarms`.
    pub rollback_on: Vec<usize>,
    /// From such an alarm until it is taken back [ns]; at once if none.
    pub rollback: Option<Law>,
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
    /// Builds of a project at once, where its node says nothing.
    pub builds: u32,
    /// Processors that its machines may have together; `None`: more than anybody starts with.
    pub machines: Option<Machines>,
}

/// Processors that run at once in an account [vCPU].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Machines {
    /// Of tasks on capacity that the vendor manages.
    pub managed: f64,
    /// Of instances on demand.
    pub instances: f64,
    /// Of instances that may be taken back.
    pub spot: f64,
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

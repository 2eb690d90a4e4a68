//! The catalogue: what each kind of node is, and how a visit to it is compiled.
//!
//! A kind is a *recipe*: one struct of parameters, declared once with
//! `parameters!`, and `compile`, which writes the few operations of one visit
//! with a [`Program`]. To add a kind: write its file with the four headings *what
//! it is / Model / Not modelled / Sources*, and add its name to `kinds!`. The shortest one
//! is `turnstile`, the README's example, which only the tests know.
//!
//! Not here: what links and steps mean (`compile`), and what happens at run time
//! (`engine`). A component never sees the clock, an event or a random number.

mod ask;
pub mod authorizer;
pub(crate) mod build;
mod declare;
mod fleet;
mod health;
pub mod instance_types;
mod mechanisms;
pub mod parameter;
pub mod plain;
pub mod price;
pub(crate) mod program;
pub mod purchase;
pub mod quota;
mod relational;
pub mod release;
pub mod replays;
pub mod scaling;
pub mod secondary_index;
pub mod secret;
pub mod shared;
pub mod supply;

pub use ask::{Access, Ask, OperationInfo};
pub use declare::{
    Accepting, AccountQuotas, BalancerSpec, BucketId, BucketSpec, CacheId, CacheSpec, CallDefaults,
    Compute, Forward, GroupId, LogId, LogSpec, Machines, PartitionId, PartitionSpec, PoolId,
    PoolSpec, QueueId, QueueSpec, RetryDefaults, Scope, StationSpec, WorkSpec,
};
pub use parameter::ParameterInfo;
pub use program::Program;

use crate::mechanism::health::Health;
use crate::mechanism::pollers;
use crate::model::Cost;
use crate::random::law::Law;
use crate::spec::reader::Object;
use crate::units::Span;

/// Declares the modules of kinds, and lists the kinds behind the plain ones.
///
/// `cargo fmt` does not look into macros: `rustfmt src/component/NAME.rs` formats a kind, and
/// `NAME/mod.rs` one that is a folder.
macro_rules! kinds {
    ($($(#[$when:meta])* $name:ident,)*) => {
        $($(#[$when])* pub mod $name;)*

        /// All kinds, plain ones first.
        static KINDS: &[&KindInfo] = &[
            &plain::station::INFO,
            &plain::delay::INFO,
            &plain::cache::INFO,
            &plain::limiter::INFO,
            &plain::balancer::INFO,
            &plain::queue::INFO,
            &plain::log::INFO,
            &plain::topic::INFO,
            &plain::pool::INFO,
            &plain::external::INFO,
            $($(#[$when])* &$name::INFO,)*
        ];
    };
}

kinds! {
    cloudfront,
    alb,
    api_gateway,
    ecs,
    lambda,
    elasticache_redis,
    dynamodb,
    s3,
    sqs,
    sns,
    kinesis,
    rds,
    aurora,
    ec2,
    nlb,
    route53,
    elasticache_memcached,
    dax,
    eventbridge,
    firehose,
    step_functions,
    cognito,
    kms,
    secrets_manager,
    opensearch,
    eks,
    elastic_beanstalk,
    efs,
    ebs,
    lambda_at_edge,
    iam,
    rekognition,
    sagemaker,
    redshift,
    athena,
    nat_gateway,
    vpc,
    cloudwatch,
    x_ray,
    codebuild,
    codedeploy,
    codepipeline,
    #[cfg(test)]
    turnstile,
}

/// One node's parameters, read and checked, and its recipe.
pub trait Component: std::fmt::Debug + Send + Sync {
    /// Returns what is known about the kind.
    fn info(&self) -> &'static KindInfo;

    /// Writes the program of one visit, as `program.ask()` describes it.
    ///
    /// It runs once per program. A label means the same mechanism in all programs
    /// of the node. A program that runs off its end leaves completed.
    fn compile(&self, program: &mut Program<'_>);

    /// Returns the kind as users write it.
    fn kind(&self) -> &'static str {
        self.info().kind
    }

    /// Returns how it looks whether those behind it are well, if it does.
    fn health(&self) -> Option<Health> {
        None
    }

    /// Whether it pushes to clients, so that a link may lead from it to them.
    fn pushes(&self) -> bool {
        false
    }

    /// Whether links to those that stand by may lead from it.
    fn has_reserve(&self) -> bool {
        false
    }

    /// Returns the identical copies behind one link; balancers choose among them.
    fn copies(&self) -> u32 {
        1
    }

    /// Returns how the number of copies follows the load, if it does.
    fn scaling(&self) -> Option<&scaling::Scaling> {
        None
    }

    /// Whether capacity that is not copies follows a schedule.
    fn follows_schedule(&self) -> bool {
        false
    }

    /// Whether it consists of copies that can be replaced one by one.
    fn is_fleet(&self) -> bool {
        false
    }

    /// Returns what its versions are installed on, where a node may carry its deployments out.
    fn platform(&self) -> Option<release::Platform> {
        None
    }

    /// Returns how it carries out deployments that name it, if it does.
    fn releases(&self) -> Option<release::Release> {
        None
    }

    /// Returns the parameters in which versions may differ that take visits side by side;
    /// nothing if there can be no such versions.
    fn versions(&self) -> &'static [&'static str] {
        &[]
    }

    /// Whether what it pays by the hour is paid for every copy.
    fn pays_by_copy(&self) -> bool {
        true
    }

    /// Returns for how long it is out when another copy takes over, if there is one that can.
    fn failover(&self) -> Option<Span> {
        None
    }

    /// Returns how many of its copies, the first ones, are out while another takes over; none:
    /// all of it is.
    fn failing_copies(&self) -> Option<u32> {
        None
    }

    /// Returns the time from starting a copy to its first visit where the file gives none.
    fn start_up(&self) -> Span {
        Span::ZERO
    }

    /// Returns how fast copies can be started, if there is a bound that all nodes of the account share.
    fn launches(&self) -> Option<Launches> {
        None
    }

    /// Returns how its copies are taken back, if they are.
    fn reclaimed(&self) -> Option<Reclaimed> {
        None
    }

    /// Returns the hosts that copies need, if these are started with them.
    fn hosts(&self) -> Option<Hosts> {
        None
    }

    /// Returns the most deliveries that a consumer of this kind takes at once.
    fn room(&self) -> u32 {
        u32::MAX
    }

    /// Returns the size of one item where a step gives none [bytes].
    fn item(&self) -> Option<Law> {
        None
    }

    /// Returns how calls made by this node behave where neither link nor step says.
    fn calls(&self) -> CallDefaults {
        CallDefaults::default()
    }

    /// The same for calls of the node with this name.
    fn calls_to(&self, _name: &str) -> CallDefaults {
        self.calls()
    }

    /// Returns how messages are handed over by this node where a link says nothing.
    fn delivers(&self) -> DeliveryDefaults {
        DeliveryDefaults::default()
    }

    /// The same for messages to the node with this name, of some kind, of a topic or store.
    fn delivers_to(&self, _name: &str, _kind: &str) -> DeliveryDefaults {
        self.delivers()
    }

    /// Returns how the number of deliveries of a queue to this kind follows the queue;
    /// `None`: as many as there is room for at once.
    fn pollers(&self) -> Option<pollers::Rules> {
        None
    }

    /// Returns what it keeps for itself of the functions that may be inside at once.
    fn reserves(&self) -> u32 {
        0
    }

    /// Returns the processors that its copies have at most [vCPU], and whose they are.
    fn processors(&self) -> Option<(Machines, f64)> {
        None
    }

    /// Returns the node that it asks before it hands a call on, by name, if there is one: the
    /// link to it takes no calls.
    fn asks(&self) -> Option<&str> {
        None
    }

    /// Returns how the secrets that it keeps change, and how clients read them, if it keeps any.
    fn keeps_secrets(&self) -> Option<secret::Source> {
        None
    }

    /// Returns what becomes of a call that nobody waits for, if the kind keeps it until it is done.
    fn accepts(&self) -> Option<Accepting> {
        None
    }

    /// Returns what the node pays for; nothing where the kind has no price.
    fn charges(&self) -> Vec<price::Charge> {
        Vec::new()
    }

    /// Returns what each message to the node with this name, of some kind, is charged; of a topic.
    fn charges_to(&self, _name: &str, _kind: &str) -> Vec<price::Postage> {
        Vec::new()
    }

    /// Returns what the node would pay for as well, but what the bill cannot say.
    fn unbilled(&self) -> Vec<&'static str> {
        Vec::new()
    }

    /// Whether a full line keeps callers waiting, who keep the servers that they called from.
    fn blocks(&self) -> bool {
        false
    }

    /// Whether most of what it pays for has no price yet, so that no bound on its cost is met.
    fn lacks_prices(&self) -> bool {
        false
    }

    /// Whether a bill leaves out most of what it costs: no bound on its cost is met.
    fn is_unpriced(&self) -> bool {
        self.lacks_prices() || self.charges().is_empty() && !self.info().prices.is_empty()
    }

    /// Returns the most bytes that a visit may bring, by the operation that it asks for, if there
    /// is a bound; what is larger ends as failed, and has cost nothing.
    fn most_bytes(&self, _op: &str, _ask: &Ask) -> Option<MostBytes> {
        None
    }

    /// Whether the items of one call are refused one by one.
    fn parts_items(&self) -> bool {
        false
    }

    /// Returns what it asks for beforehand that is bounded for a node, and for all of its kind in
    /// an account.
    fn provisions(&self) -> Vec<Provision> {
        Vec::new()
    }

    /// Whether it says where to go, and replies to clients do not pass through it.
    fn points_elsewhere(&self) -> bool {
        false
    }

    /// Whether visits take their work from the parameters, so that no flow need give steps.
    fn works_alone(&self) -> bool {
        true
    }
}

/// How fast copies can be started in an account.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Launches {
    /// What the bound is: nodes of the same share it.
    pub label: &'static str,
    /// Starts per second.
    pub rate_per_s: f64,
    /// Starts at once.
    pub burst: f64,
}

/// What a node asks for beforehand.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Provision {
    /// What.
    pub what: &'static str,
    /// How much, per second, at most.
    pub units: f64,
    /// How much a node may ask for.
    pub of_node: f64,
    /// How much all nodes of the kind may ask for together.
    pub of_account: f64,
    /// Where the bounds come from.
    pub source: &'static str,
}

/// The most bytes that a visit may bring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MostBytes {
    /// One item.
    pub item: u64,
    /// All items of a call.
    pub call: u64,
}

impl MostBytes {
    /// A bound on all that a call brings, and so on every item.
    pub const fn call(bytes: u64) -> MostBytes {
        MostBytes {
            item: bytes,
            call: bytes,
        }
    }
}

/// How copies are taken back.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reclaimed {
    /// Mean time after which a copy is, each by itself [ns].
    pub alone: Option<f64>,
    /// Groups over which the copies are spread, and the mean time after which all copies of one
    /// are taken back at once [ns].
    pub together: Option<(u32, f64)>,
    /// From the notice until they are gone.
    pub notice: Span,
}

/// Hosts that are started for the copies that find no room.
#[derive(Clone, Debug, PartialEq)]
pub struct Hosts {
    /// Copies on one of them, ≥ 1.
    pub each: u32,
    /// From asking for one until it takes copies [ns].
    pub start: Law,
}

/// How messages are handed over where a link says nothing.
#[derive(Clone, Debug)]
pub struct DeliveryDefaults {
    /// Most messages per delivery.
    pub batch: u32,
    /// Longest wait for a full batch.
    pub window: Span,
    /// Most deliveries at once; the consumer's room if none (for a log: 1 per partition).
    pub concurrency: Option<u32>,
    /// Pause after an empty receive [ns]; 0: handed over as soon as a consumer is free.
    pub poll_ns: u64,
    /// Time from hand-over until the consumer starts, beside the link [ns].
    pub lag: Option<Law>,
    /// The same, from a store to another of its kind, which repeats the write [ns]; as `lag` if none.
    pub replica_lag: Option<Law>,
    /// Whether a consumer that accepts what nobody waits for is left to itself with a copy.
    pub leaves: bool,
    /// Of a store: whether its changes to other kinds are read as a log, one batch a partition
    /// at once and in order, instead of each being sent by itself.
    pub ordered: bool,
    /// Rates at which messages are handed over at most; what is above waits.
    pub reads: Vec<ReadLimit>,
}

/// A rate of handing messages over.
#[derive(Clone, Debug, PartialEq)]
pub struct ReadLimit {
    /// What the limit is, for notes.
    pub label: &'static str,
    /// Its tokens; `Scope::Instance` is one bucket per partition of the log.
    pub bucket: BucketSpec,
    /// What one delivery costs.
    pub cost: Cost,
    /// Whether every consumer has tokens of its own.
    pub each_consumer: bool,
}

impl Default for DeliveryDefaults {
    fn default() -> DeliveryDefaults {
        DeliveryDefaults {
            batch: 1,
            window: Span::ZERO,
            concurrency: None,
            poll_ns: 0,
            lag: None,
            replica_lag: None,
            leaves: true,
            ordered: false,
            reads: Vec::new(),
        }
    }
}

/// What a kind is, for the catalogue, the schema and messages.
#[derive(Debug)]
pub struct KindInfo {
    /// Kind as users write it.
    pub kind: &'static str,
    /// What a link from it means, and whether flows may give it steps.
    pub class: Class,
    /// What it is, in one sentence.
    pub summary: &'static str,
    /// How a visit is treated, in order.
    pub model: &'static str,
    /// What it leaves out.
    pub not_modelled: &'static str,
    /// Where the defaults come from.
    pub sources: &'static str,
    /// Operations that steps may name.
    pub operations: &'static [OperationInfo],
    /// What nodes may have to pay for; nothing if the kind is free.
    pub prices: &'static [price::Price],
    /// Parameters in the order of their declaration.
    pub parameters: fn() -> &'static [ParameterInfo],
    /// Reads the parameters of a node; mistakes are noted in the object.
    pub read: fn(&mut Object<'_>) -> Box<dyn Component>,
}

impl KindInfo {
    /// Returns the operation that a call with this access means if it names none.
    pub fn default_operation(&self, access: Access) -> Option<usize> {
        self.operations
            .iter()
            .position(|known| known.access == access)
    }

    /// Returns an operation by name.
    pub fn operation(&self, name: &str) -> Option<usize> {
        self.operations.iter().position(|known| known.name == name)
    }
}

/// What a link from a node of some kind means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Flows may give it steps; a link means that it may call.
    Programmable,
    /// Hands on to one of its links.
    Forwarding,
    /// Hands on a miss, and answers by itself without links.
    Cache,
    /// Hands on to one of its links, or answers by itself without links.
    Limiter,
    /// Delivers to consumers, which compete.
    Queue,
    /// Delivers to consumer groups.
    Log,
    /// Hands a copy to every link that matches.
    Topic,
    /// Sends a message for every completed write.
    Store,
    /// Has no links.
    Leaf,
}

impl Class {
    /// Whether links from it deliver messages instead of calls.
    pub fn delivers(self) -> bool {
        match self {
            Class::Queue | Class::Log | Class::Topic | Class::Store => true,
            Class::Programmable
            | Class::Forwarding
            | Class::Cache
            | Class::Limiter
            | Class::Leaf => false,
        }
    }

    /// Whether it hands calls on instead of making its own.
    pub fn forwards(self) -> bool {
        match self {
            Class::Forwarding | Class::Cache | Class::Limiter => true,
            Class::Programmable
            | Class::Queue
            | Class::Log
            | Class::Topic
            | Class::Store
            | Class::Leaf => false,
        }
    }
}

/// Returns all kinds.
pub fn registry() -> &'static [&'static KindInfo] {
    KINDS
}

/// Returns a kind by name.
pub fn find(kind: &str) -> Option<&'static KindInfo> {
    KINDS.iter().copied().find(|info| info.kind == kind)
}

/// Whether a kind is plain: a bare mechanism, which is nowhere in particular.
pub fn is_plain(kind: &str) -> bool {
    plain::INFOS.iter().any(|info| info.kind == kind)
}

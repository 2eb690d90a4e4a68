//! What a programmable node does for a flow, step by step; `steps` reads it.

use super::KeyIndex;
use super::calling::{CallPolicy, Retry};
use crate::diagnostic::Place;
use crate::random::law::Law;
use crate::units::Span;
use petgraph::graph::NodeIndex;

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

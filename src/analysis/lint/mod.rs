//! Known mistakes of designs, each a rule with a name and the figure behind it.
//!
//! `sites` lists who calls whom under what policy; `policies` looks at retries, time-outs
//! and queues, `shape` at the graph and at how requests pass it, `money` at what is paid for
//! and not used, `watch` at alarms.

mod money;
mod policies;
mod shape;
mod sites;
mod watch;

use super::estimate::Estimate;
use super::theory::planned::Planned;
use crate::model::Model;
use crate::spec::Value;
use crate::topology::Topology;

/// A known mistake.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// One machine whose end is the end of the service.
    SinglePointOfFailure,
    /// Reads that a cache could answer go to a store.
    NoCache,
    /// Work behind work behind work, while the client waits.
    SynchronousChain,
    /// Calls that fail together come back together.
    RetryWithoutJitter,
    /// Retries may multiply the load beyond what can be served.
    RetryWithoutBudget,
    /// A caller waits longer than its own caller does.
    TimeoutBeyondCallers,
    /// Messages that always fail stay, or vanish.
    NoDeadLetters,
    /// Paid for, and hardly used.
    OverEngineered,
    /// Nobody is told when something goes wrong.
    NoAlarm,
}

/// All rules.
pub const RULES: [Rule; 9] = [
    Rule::SinglePointOfFailure,
    Rule::NoCache,
    Rule::SynchronousChain,
    Rule::RetryWithoutJitter,
    Rule::RetryWithoutBudget,
    Rule::TimeoutBeyondCallers,
    Rule::NoDeadLetters,
    Rule::OverEngineered,
    Rule::NoAlarm,
];

impl Rule {
    /// Returns its name.
    pub fn name(self) -> &'static str {
        match self {
            Rule::SinglePointOfFailure => "single-point-of-failure",
            Rule::NoCache => "no-cache",
            Rule::SynchronousChain => "synchronous-chain",
            Rule::RetryWithoutJitter => "retry-without-jitter",
            Rule::RetryWithoutBudget => "retry-without-budget",
            Rule::TimeoutBeyondCallers => "timeout-beyond-callers",
            Rule::NoDeadLetters => "no-dead-letters",
            Rule::OverEngineered => "over-engineered",
            Rule::NoAlarm => "no-alarm",
        }
    }

    /// Returns what to do about it.
    pub fn remedy(self) -> &'static str {
        match self {
            Rule::SinglePointOfFailure => "run two or more, in several zones",
            Rule::NoCache => "put a cache in front, or answer at the edge",
            Rule::SynchronousChain => "send what the client need not wait for to a queue",
            Rule::RetryWithoutJitter => "let `backoff` be `full-jitter`",
            Rule::RetryWithoutBudget => "give `retry` a `budget`, or the link a `breaker`",
            Rule::TimeoutBeyondCallers => "shorten it, or set `deadline`",
            Rule::NoDeadLetters => "set `max_receives`, and link a queue with role `dead-letter`",
            Rule::OverEngineered => "buy less, or buy by use",
            Rule::NoAlarm => "add `alarms` on errors, latency and what is nearest to its limit",
        }
    }
}

/// A rule that a design breaks.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// The rule.
    pub rule: Rule,
    /// The node or link that it is about.
    pub subject: String,
    /// What was found, with its figure: lower case, no full stop.
    pub message: String,
}

/// What rules look at.
struct Design<'a> {
    topology: &'a Topology,
    model: &'a Model,
    estimate: &'a Estimate,
    planned: Planned<'a>,
    /// The file, for parameters as they are written.
    file: &'a Value,
}

impl Design<'_> {
    /// Returns a parameter as the file gives it.
    fn written(&self, node: &str, key: &str) -> Option<&Value> {
        self.file.get("nodes")?.get(node)?.get(key)
    }

    /// Returns the visits of a node [1/s].
    fn visits(&self, node: &str) -> f64 {
        self.estimate.visits.get(node).copied().unwrap_or(0.0)
    }

    /// Returns the greatest share of a limit of its own that a node uses at the peak.
    fn fullest(&self, node: &str) -> Option<f64> {
        let own = self.estimate.quotas.iter().filter(|one| {
            let of_account = one.key.is_some_and(|key| key.starts_with("account."));
            one.node == node && !of_account
        });
        own.map(super::estimate::Quota::share)
            .max_by(f64::total_cmp)
    }
}

/// Looks for known mistakes; by rule, then by subject.
pub fn lint(topology: &Topology, model: &Model, estimate: &Estimate, file: &Value) -> Vec<Finding> {
    let Some(planned) = Planned::solve(topology, model, true) else {
        return Vec::new();
    };
    let design = Design {
        topology,
        model,
        estimate,
        planned,
        file,
    };
    let mut found = shape::findings(&design);
    found.extend(policies::findings(&design));
    found.extend(money::findings(&design));
    found.extend(watch::findings(&design));
    found.sort_by(|one, other| (one.rule, &one.subject).cmp(&(other.rule, &other.subject)));
    found.dedup();
    found
}

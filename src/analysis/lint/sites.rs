//! Who calls whom under what policy: every step and every link that calls, with what holds
//! there after step, link and kind have had their say.

use crate::component::{Class, RetryDefaults, find};
use crate::model;
use crate::topology::{Backoff, CallPolicy, CallStep, Retry, Role, Step, Topology, client};
use crate::units::Span;
use petgraph::graph::NodeIndex;
use petgraph::visit::EdgeRef;

/// A place at which calls are made.
#[derive(Clone, Debug)]
pub(super) struct Site {
    /// Who calls.
    pub(super) caller: NodeIndex<u32>,
    /// Who is called.
    pub(super) callee: NodeIndex<u32>,
    /// Time-out of one attempt.
    pub(super) timeout: Option<Span>,
    /// Whether the file gives it; else it is the kind's own.
    pub(super) written: bool,
    /// Whether the caller's remaining time is passed on.
    pub(super) deadline: bool,
    /// Most attempts; 1: none is tried again.
    pub(super) attempts: u32,
    /// Pause after the first attempt [ns].
    pub(super) base_ns: f64,
    /// Longest pauses between all attempts, together [ns].
    pub(super) pauses_ns: f64,
    /// Whether pauses are spread at random.
    pub(super) jitter: bool,
    /// Whether something bounds how many calls are tried again.
    pub(super) bounded: bool,
}

impl Site {
    /// Returns `a->b`.
    pub(super) fn name(&self, topology: &Topology) -> String {
        let [one, other] = [self.caller, self.callee].map(|at| topology.graph[at].name.as_str());
        format!("{one}->{other}")
    }
}

/// Lists all places at which calls are made and waited for.
pub(super) fn sites(topology: &Topology) -> Vec<Site> {
    let mut found: Vec<Site> = Vec::new();
    let mut add = |site: Site| {
        let same = |known: &Site| {
            (known.caller, known.callee, known.timeout, known.attempts)
                == (site.caller, site.callee, site.timeout, site.attempts)
                && (known.jitter, known.bounded, known.deadline)
                    == (site.jitter, site.bounded, site.deadline)
        };
        if !found.iter().any(same) {
            found.push(site);
        }
    };
    let mut stepped = Vec::new();
    for flow in &topology.flows {
        let mut of_client = |step: &CallStep| {
            stepped.push((client(), step.target));
            add(site(topology, client(), step.target, Some(&step.policy)));
        };
        calls(&flow.client, &mut of_client);
        for at in &flow.at {
            calls(&at.steps, &mut |step| {
                stepped.push((at.node, step.target));
                if step.wait {
                    add(site(topology, at.node, step.target, Some(&step.policy)));
                }
            });
        }
    }
    for edge in topology.graph.edge_references() {
        let ends = (edge.source(), edge.target());
        let delivers = class(topology, ends.0).is_some_and(Class::delivers);
        if !delivers && edge.weight().role != Role::DeadLetter && !stepped.contains(&ends) {
            add(site(topology, ends.0, ends.1, None));
        }
    }
    found
}

/// Returns the class of a node; none for the client.
pub(super) fn class(topology: &Topology, node: NodeIndex<u32>) -> Option<Class> {
    find(topology.graph[node].kind).map(|info| info.class)
}

/// Works out what holds for calls from one node to another.
fn site(
    topology: &Topology,
    caller: NodeIndex<u32>,
    callee: NodeIndex<u32>,
    step: Option<&CallPolicy>,
) -> Site {
    let edge = topology.graph.find_edge(caller, callee);
    let link = edge.map(|edge| &topology.graph[edge].call);
    let component = topology.graph[caller].component.as_ref();
    let kind = component.map(|component| component.calls());
    let kind = kind.unwrap_or_default();
    let either =
        |of: &dyn Fn(&CallPolicy) -> Option<Span>| step.and_then(of).or_else(|| link.and_then(of));
    let policies = [step, link];
    let retry = policies
        .iter()
        .flatten()
        .find_map(|policy| policy.retry.as_ref());
    let breaker = policies
        .iter()
        .flatten()
        .any(|policy| policy.breaker.is_some());
    let deadline = policies.iter().flatten().find_map(|policy| policy.deadline);
    let written = either(&|policy| policy.timeout);
    let mut site = Site {
        caller,
        callee,
        timeout: written.or(kind.timeout),
        written: written.is_some(),
        deadline: deadline.unwrap_or(false),
        attempts: 1,
        base_ns: 0.0,
        pauses_ns: 0.0,
        jitter: true,
        bounded: breaker,
    };
    if let Some(retry) = retry {
        site.attempts = retry.attempts;
        site.base_ns = crate::random::mean(&retry.base);
        site.pauses_ns = pauses_ns(retry);
        site.bounded |= retry.budget.is_some() || retry.adaptive;
        site.jitter = retry.jitter > 0.0
            || match retry.backoff {
                Backoff::Fixed => !matches!(retry.base, crate::random::law::Law::Constant(_)),
                Backoff::Exponential => false,
                Backoff::FullJitter | Backoff::EqualJitter | Backoff::Decorrelated => true,
            };
    } else if let Some(retry) = &kind.retry {
        of_kind(&mut site, retry);
    }
    site
}

/// Returns what the pauses of a policy take at most, together; those without end are none [ns].
pub(super) fn pauses_ns(retry: &Retry) -> f64 {
    let base = crate::random::mean(&retry.base);
    let cap = retry.cap.0 as f64;
    let pauses = retry.attempts.saturating_sub(1);
    if pauses > 1_000 {
        return 0.0;
    }
    let pause = |nth: u32| match retry.backoff {
        Backoff::Fixed => base,
        Backoff::Exponential | Backoff::FullJitter | Backoff::EqualJitter => {
            (base * retry.factor.powi(nth as i32)).min(cap)
        }
        Backoff::Decorrelated => (base * 3.0_f64.powi(nth as i32 + 1)).min(cap),
    };
    (0..pauses).map(pause).sum::<f64>() * (1.0 + retry.jitter)
}

/// Visits every group of steps with a time-out of its own, nested ones too.
pub(super) fn tries(steps: &[Step], visit: &mut dyn FnMut(Span, Option<&Retry>)) {
    for step in steps {
        match step {
            Step::Try {
                steps,
                timeout,
                retry,
                on_error,
            } => {
                if let Some(timeout) = timeout {
                    visit(*timeout, retry.as_ref());
                }
                tries(steps, visit);
                tries(on_error.as_deref().unwrap_or_default(), visit);
            }
            Step::Parallel { branches, .. } => {
                branches.iter().for_each(|branch| tries(branch, visit));
            }
            Step::Each { steps, .. } => tries(steps, visit),
            Step::Choose(branches) => {
                branches.iter().for_each(|(_, steps)| tries(steps, visit));
            }
            Step::Call(call) => {
                for nested in [&call.on_miss, &call.on_error].into_iter().flatten() {
                    tries(nested, visit);
                }
            }
            Step::FanOut(step) => tries(&step.steps, visit),
            Step::Gather(step) => {
                tries(&step.own, visit);
                tries(&step.pull, visit);
            }
            Step::Compute(_) | Step::Pause(_) | Step::Fail(_) => {}
        }
    }
}

/// Puts a kind's own way of trying again in force.
fn of_kind(site: &mut Site, retry: &RetryDefaults) {
    site.attempts = retry.attempts;
    site.base_ns = crate::random::mean(&retry.base);
    site.jitter = match retry.backoff {
        model::Backoff::Fixed | model::Backoff::Exponential => false,
        model::Backoff::FullJitter | model::Backoff::EqualJitter | model::Backoff::Decorrelated => {
            true
        }
    };
}

/// Visits every call among steps, nested ones too.
pub(super) fn calls(steps: &[Step], visit: &mut dyn FnMut(&CallStep)) {
    for step in steps {
        match step {
            Step::Call(call) => {
                visit(call);
                for nested in [&call.on_miss, &call.on_error].into_iter().flatten() {
                    calls(nested, visit);
                }
            }
            Step::Parallel { branches, .. } => {
                for branch in branches {
                    calls(branch, visit);
                }
            }
            Step::Each { steps, .. } => calls(steps, visit),
            Step::Choose(branches) => {
                for (_, steps) in branches {
                    calls(steps, visit);
                }
            }
            Step::Try {
                steps, on_error, ..
            } => {
                calls(steps, visit);
                if let Some(steps) = on_error {
                    calls(steps, visit);
                }
            }
            Step::FanOut(step) => calls(&step.steps, visit),
            Step::Gather(step) => {
                calls(&step.own, visit);
                calls(&step.pull, visit);
            }
            Step::Compute(_) | Step::Pause(_) | Step::Fail(_) => {}
        }
    }
}

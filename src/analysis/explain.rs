//! What the p99 hangs on: the design beside itself with one thing after another made faster.
//!
//! Where the slowest requests of the design spent their time is told first: some are followed
//! (`simulation`).
//!
//! Every faster design meets the same requests with the same draws as the design (common
//! random numbers), so that the difference is due to what is faster; intervals are paired and
//! hold jointly (`compare`). What comes first is what moves the p99 down most; what may move it
//! as much, by the intervals, is named beside it.
//!
//! A p99 is one of the design as a whole: two things made faster at once move it by more or less
//! than the sum of both.
//!
//! Not here: what can be faster (`faster`), and what is said of it (`report`).

use crate::analysis::compare::{Candidate, Uncompared, compare_changed};
use crate::analysis::faster::{Lever, levers};
use crate::analysis::simulation::{Refused, Settings, Watcher};
use crate::compile::compile;
use crate::metrics::estimate::LEAST_REPLICATIONS;
use crate::model::Model;
use crate::report::{
    Analysis, Aspect, Comparison, Difference, Effect, Estimate, Explanation, FlowEffects, Metric,
    SCHEMA, Scope,
};
use crate::topology::Topology;

/// By how much things are made faster if nothing else is asked.
///
/// CHOICE: what a tuning or the next size of a machine may bring, and more than the noise.
pub const FASTER_BY: f64 = 0.2;
/// What the design is called beside the faster ones; no node can be.
const AS_IT_IS: &str = "the design";

/// What is asked.
#[derive(Clone, Debug, PartialEq)]
pub struct Ask {
    /// The flow; none: all of them.
    pub flow: Option<String>,
    /// Share of its time that what is made faster takes less, in (0, 1).
    pub faster_by: f64,
    /// Whether nodes are also given one server more for each copy.
    pub servers: bool,
    /// Whether links are made faster as well.
    pub links: bool,
}

impl Default for Ask {
    fn default() -> Ask {
        Ask {
            flow: None,
            faster_by: FASTER_BY,
            servers: false,
            links: false,
        }
    }
}

/// Why there is no explanation.
#[derive(Debug)]
pub enum Unexplained {
    /// There is no flow of this name.
    NoFlow(String),
    /// So few replications have no interval.
    TooFew(u32),
    /// Nothing takes time that could be faster.
    NothingTakesTime,
    /// The design could not be simulated.
    Refused(Refused),
}

/// Finds out what the p99 of flows hangs on.
///
/// # Errors
///
/// There is no such flow or nothing to be made faster, there are too few replications, or the
/// design could not be simulated (see [`Unexplained`]).
pub fn explain(
    topology: &Topology,
    ask: &Ask,
    settings: &Settings,
    watcher: &dyn Watcher,
) -> Result<Explanation, Unexplained> {
    let replications = topology.run.replications;
    if (replications as usize) < LEAST_REPLICATIONS {
        return Err(Unexplained::TooFew(replications));
    }
    let model = compile(topology).map_err(|why| Unexplained::Refused(Refused::Compile(why)))?;
    let flows = flows(&model, ask.flow.as_deref())?;
    let (levers, left_out) = levers(&model, &flows, (ask.servers, ask.links));
    if levers.is_empty() {
        return Err(Unexplained::NothingTakesTime);
    }
    let names = levers.iter().map(|lever| lever.name(&model));
    let names = std::iter::once(AS_IT_IS.to_owned()).chain(names);
    let candidates: Vec<Candidate> = names
        .map(|name| Candidate {
            name,
            topology,
            changes: Vec::new(),
        })
        .collect();
    let change = |index: usize, model: &mut Model| {
        let lever = index.checked_sub(1).and_then(|index| levers.get(index));
        if let Some(lever) = lever {
            lever.pull(model, ask.faster_by);
        }
    };
    let compared = compare_changed(&candidates, &change, settings, watcher);
    let (comparison, mut tails) = compared.map_err(|why| match why {
        Uncompared::Design(_, why) => Unexplained::Refused(why),
        Uncompared::TooFew | Uncompared::Unlike { .. } => {
            unreachable!("a design is like itself, and something is faster")
        }
    })?;
    let found = Found {
        model: &model,
        levers: &levers,
        comparison: &comparison,
    };
    let analysis = comparison.designs.first();
    let of_flow = |flow: &u32| {
        let effects = found.of_flow(*flow);
        FlowEffects {
            tail: tails.remove(&effects.flow).unwrap_or_default(),
            ..effects
        }
    };
    Ok(Explanation {
        schema: SCHEMA,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        topology: topology.name.clone(),
        variant: topology.variant.clone(),
        seed: comparison.seed,
        replications: comparison.replications,
        warm_up_s: comparison.warm_up_s,
        horizon_s: comparison.horizon_s,
        confidence: comparison.confidence,
        designs: candidates.len(),
        events: comparison.events,
        interrupted: comparison.interrupted,
        analysis: analysis.map_or(Analysis::Steady, |one| one.analysis),
        faster_by: ask.faster_by,
        flows: flows.iter().map(of_flow).collect(),
        left_out,
        notes: comparison.notes.clone(),
        ..Explanation::default()
    }
    .concluded())
}

/// Finds the flows that are asked for.
fn flows(model: &Model, asked: Option<&str>) -> Result<Vec<u32>, Unexplained> {
    let all = model.flows.iter().zip(0..);
    let found = all.filter(|(flow, _)| asked.is_none_or(|name| flow.name == name));
    let found: Vec<u32> = found.map(|(_, index)| index).collect();
    match asked {
        Some(name) if found.is_empty() => Err(Unexplained::NoFlow(name.to_owned())),
        Some(_) | None => Ok(found),
    }
}

/// The design beside the faster ones.
struct Found<'f> {
    model: &'f Model,
    levers: &'f [Lever],
    comparison: &'f Comparison,
}

impl Found<'_> {
    /// Returns a metric of all designs.
    fn metric(&self, scope: Scope, subject: &str, metric: &str) -> Option<&Metric> {
        let mut all = self.comparison.metrics.iter();
        all.find(|one| one.scope == scope && one.subject == subject && one.metric == metric)
    }

    /// Returns a metric of the design as it is.
    fn as_it_is(&self, scope: Scope, subject: &str, metric: &str) -> Option<Estimate> {
        self.metric(scope, subject, metric)?.values.first().cloned()
    }

    /// Says what moves the p99 of a flow.
    fn of_flow(&self, flow: u32) -> FlowEffects {
        let name = &self.model.flows[flow as usize].name;
        let value = |metric| {
            let found = self.as_it_is(Scope::Flow, name, metric);
            found.unwrap_or_default()
        };
        let effects = self.levers.iter().enumerate();
        let effects = effects.filter(|(_, lever)| lever.is_of(self.model, flow));
        FlowEffects {
            flow: name.clone(),
            p99_ms: value("latency_ms.p99"),
            error_share: value("error_share"),
            effects: effects
                .map(|(index, lever)| self.effect(name, index, *lever))
                .collect(),
            ..FlowEffects::default()
        }
    }

    /// Says what follows for a flow if something is faster.
    fn effect(&self, flow: &str, index: usize, lever: Lever) -> Effect {
        let change = |metric| -> Difference {
            let metric = self.metric(Scope::Flow, flow, metric);
            let found = metric.and_then(|metric| metric.differences.get(index));
            found.cloned().unwrap_or_default()
        };
        let of_node = |metric| match lever.aspect {
            Aspect::Work | Aspect::ColdStart | Aspect::Servers => {
                let node = &self.model.nodes[lever.of as usize].name;
                self.as_it_is(Scope::Node, node, metric)
            }
            Aspect::Latency => None,
        };
        let faster = self.comparison.designs.get(index + 1);
        Effect {
            name: lever.name(self.model),
            aspect: lever.aspect,
            p99_ms: change("latency_ms.p99"),
            error_share: change("error_share"),
            analysis: faster.map_or(Analysis::Steady, |one| one.analysis),
            utilisation: of_node("utilisation"),
            waiting_p99_ms: of_node("waiting_ms.p99"),
            sojourn_p99_ms: of_node("sojourn_ms.p99"),
        }
    }
}

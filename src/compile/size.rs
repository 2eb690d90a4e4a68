//! Sizes that a kind refuses: which calls may bring them, and what then happens.
//!
//! A bound is looked at only where a call may exceed it, by the laws of the sizes in force:
//! all other programs are as if there were none.
//!
//! Not here: the bounds (`component`), and the comparison (`engine::sizes`).

use super::call::{Bytes, Plan};
use super::laws::ceiling;
use super::writer::Writer;
use crate::component::build::{Build, Quantity, index};
use crate::component::{Access, Ask, MostBytes};
use crate::model::{CountFrom, NONE, Op, Outcome, Size};
use crate::random::law::Law;
use crate::random::quantile::{Side, quantile};
use crate::topology::{CallStep, LoadSource, Step};
use petgraph::graph::{EdgeIndex, NodeIndex};

/// Share of sizes above what is taken as the largest of a law without an end.
///
/// CHOICE: less often than runs could show.
const NEVER: f64 = 1e-9;
/// Size of an item of which nothing is said [bytes].
const USUAL: f64 = 1024.0;

impl Writer<'_> {
    /// Returns the bound on what a call brings, if its callee has one.
    ///
    /// What a service hands on has been looked at when it came in; of a store it tells what
    /// happened, and not what was written.
    pub(crate) fn most_bytes(&self, ask: &Ask) -> Option<MostBytes> {
        if ask.access == Access::Read || ask.delivered {
            return None;
        }
        let component = self.component(ask.node)?;
        let operations = component.info().operations;
        let op = ask.operation().and_then(|at| operations.get(at));
        component.most_bytes(op.map_or("", |op| op.name), ask)
    }

    /// Whether a call may bring more than its callee takes.
    pub(crate) fn is_large(&self, build: &Build, plan: &Plan<'_, '_>) -> bool {
        let Some(most) = self.most_bytes(&plan.ask) else {
            return false;
        };
        let one = match plan.bytes {
            Bytes::Law(law) => largest(law),
            Bytes::Item => {
                let component = self.component(plan.ask.node);
                match component.and_then(|component| component.item()) {
                    Some(law) => largest(&law),
                    None if plan.edge.from == self.client => self.request(plan.ask.flow),
                    None => USUAL,
                }
            }
            Bytes::Inherited => self.handed_on(plan.ask.flow).bytes,
        };
        if one > most.item as f64 {
            return true;
        }
        let known = self.component(plan.ask.node).and_then(|component| {
            let operations = component.info().operations;
            operations.get(plan.ask.operation()?)
        });
        let items = match plan.count {
            CountFrom::One => 1.0,
            CountFrom::Drawn(sampler) => match build.laws.get(sampler as usize) {
                Some((Quantity::Count, law)) => largest(law),
                Some(_) | None => f64::INFINITY,
            },
            CountFrom::Inherited => self.handed_on(plan.ask.flow).items,
        };
        let items = items.min(known.map_or(f64::INFINITY, |known| f64::from(known.most_items)));
        most.call < u64::MAX && one * items > most.call as f64
    }

    /// Returns the largest that calls of a flow bring which a node hands on.
    ///
    /// A page of a fan-out stands for calls of one item each.
    fn handed_on(&self, flow: u32) -> Largest {
        let (graph, known) = (&self.topology.graph, &self.topology.flows[flow as usize]);
        let mut most = Largest {
            bytes: self.request(flow),
            items: 1.0,
        };
        let forwards = |node: NodeIndex<u32>| {
            let component = graph[node].component.as_deref();
            component.is_some_and(|one| one.info().class.forwards())
        };
        let item = |node: NodeIndex<u32>| {
            let component = graph[node].component.as_ref();
            let item = component.and_then(|component| component.item());
            item.as_ref().map_or(USUAL, largest)
        };
        let mut calls = Vec::new();
        for steps in known.at.iter().map(|at| &at.steps).chain([&known.client]) {
            list(steps, &mut calls);
        }
        let delivered = |edge: &EdgeIndex<u32>| {
            let ends = graph.edge_endpoints(*edge);
            ends.is_some_and(|(from, to)| {
                let from = graph[from].component.as_deref();
                from.is_some_and(|from| from.info().class.delivers()) && forwards(to)
            })
        };
        let delivered: Vec<EdgeIndex<u32>> = graph.edge_indices().filter(delivered).collect();
        // What is delivered may have been brought by any call.
        let any = !delivered.is_empty();
        for call in calls.iter().filter(|call| any || forwards(call.target)) {
            let bytes = call.bytes.as_ref();
            most.bytes = most
                .bytes
                .max(bytes.map_or_else(|| item(call.target), largest));
            most.items = most.items.max(call.count.as_ref().map_or(1.0, largest));
        }
        for edge in delivered {
            let batch = graph[edge].delivery.batch;
            let from = graph.edge_endpoints(edge);
            let from = from.and_then(|(from, _)| graph[from].component.as_deref());
            let usual = from.map_or(1, |from| from.delivers().batch);
            most.items = most.items.max(f64::from(batch.unwrap_or(usual)));
        }
        for node in graph.node_indices().filter(|node| any || forwards(*node)) {
            most.bytes = most.bytes.max(item(node));
        }
        most
    }

    /// Returns the largest request of a flow.
    fn request(&self, flow: u32) -> f64 {
        let mut most = largest(&self.topology.flows[flow as usize].bytes);
        let lines = self.topology.load.iter();
        for line in lines.filter(|line| line.flow == flow as usize) {
            if let LoadSource::Trace(entries) = &line.source {
                let sizes = entries.iter().filter_map(|entry| entry.bytes);
                most = most.max(sizes.max().unwrap_or(0) as f64);
            }
        }
        most
    }

    /// Writes the refusal of what is larger than a node takes.
    pub(crate) fn refuse_large(&self, build: &mut Build, ask: &Ask) {
        let Some(most) = self.most_bytes(ask).filter(|_| ask.large) else {
            return;
        };
        let size = Size {
            node: ask.node,
            item: most.item,
            call: most.call,
        };
        let sizes = &mut build.model.sizes;
        let at = sizes.iter().position(|known| *known == size);
        let size = index(at.unwrap_or_else(|| {
            sizes.push(size);
            sizes.len() - 1
        }));
        let at = build.emit(Op::Fits { size, target: NONE });
        let over = build.jump();
        let target = build.here();
        build.model.ops[at as usize] = Op::Fits { size, target };
        build.emit(Op::Leave {
            outcome: Outcome::Failed,
        });
        build.land(over);
    }
}

/// Returns a size that next to no draw of a law lies above.
fn largest(law: &Law) -> f64 {
    let end = ceiling(law);
    if end.is_finite() {
        return end;
    }
    match law {
        Law::Mixture(parts) => {
            let parts = parts.iter().map(|(_, law)| largest(law));
            parts.fold(0.0, f64::max)
        }
        Law::Sum(parts) => parts.iter().map(largest).sum(),
        Law::Constant(_)
        | Law::Exponential { .. }
        | Law::Lognormal { .. }
        | Law::Gamma { .. }
        | Law::Weibull { .. }
        | Law::Hyperexponential { .. }
        | Law::Erlang { .. }
        | Law::Normal { .. }
        | Law::Uniform { .. }
        | Law::Triangular { .. }
        | Law::Pareto { .. }
        | Law::Quantiles(_)
        | Law::Sequence(_)
        | Law::Geometric { .. }
        | Law::Poisson { .. } => quantile(law, Side::High, NEVER).unwrap_or(end),
    }
}

/// The largest that calls bring.
struct Largest {
    /// Size of one item [bytes].
    bytes: f64,
    /// Items of one call.
    items: f64,
}

/// Lists the calls of steps, and of those within them.
fn list<'t>(steps: &'t [Step], calls: &mut Vec<&'t CallStep>) {
    for step in steps {
        match step {
            Step::Call(call) => {
                calls.push(call);
                for nested in [&call.on_miss, &call.on_error].into_iter().flatten() {
                    list(nested, calls);
                }
            }
            Step::Parallel { branches, .. } => {
                branches.iter().for_each(|branch| list(branch, calls));
            }
            Step::Choose(branches) => {
                branches.iter().for_each(|(_, steps)| list(steps, calls));
            }
            Step::Each { steps, .. } => list(steps, calls),
            Step::Try {
                steps, on_error, ..
            } => {
                list(steps, calls);
                list(on_error.as_deref().unwrap_or_default(), calls);
            }
            Step::FanOut(step) => list(&step.steps, calls),
            Step::Gather(step) => {
                list(&step.own, calls);
                list(&step.pull, calls);
            }
            Step::Compute(_) | Step::Pause(_) | Step::Fail(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_of_a_law_is_its_end_or_what_next_to_no_draw_exceeds() {
        // −ln 10⁻⁹ = 20.723 means.
        let exponential = largest(&Law::Exponential { mean: 100.0 });
        let mixed = Law::Mixture(vec![
            (0.5, Law::Constant(5_000.0)),
            (0.5, Law::Exponential { mean: 100.0 }),
        ]);
        let uniform = Law::Uniform {
            low: 1.0,
            high: 7.0,
        };

        assert!((exponential - 2_072.33).abs() < 0.01, "{exponential}");
        assert!((largest(&mixed) - 5_000.0).abs() < 1e-9);
        assert!((largest(&uniform) - 7.0).abs() < 1e-9);
    }
}

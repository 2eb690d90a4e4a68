//! The last steps: entries of programs, modes of stations, samplers, order of links.

use std::collections::{BTreeMap, BTreeSet};

use super::laws::is_sequence;
use super::writer::{Key, Writer};
use crate::component::build::{Build, index};
use crate::diagnostic::Diagnostic;
use crate::model::{self, Model, NONE, Op};
use crate::random::law::Law;
use crate::random::{Sampler, Unit};
use crate::topology::Topology;
use crate::units::Span;

/// Completes a model whose programs have all been written.
pub(crate) fn finish(
    topology: &Topology,
    mut writer: Writer<'_>,
    mut build: Build,
) -> Result<Model, Vec<Diagnostic>> {
    for (route, program) in &writer.unresolved {
        build.model.routes[*route as usize].entry = writer.entries[*program as usize];
    }
    flows(topology, &mut writer, &mut build.model);
    unplan(&mut build.model, &writer.links);
    order_links(&mut build.model);
    build.model.needs_ordinal = build.laws.iter().any(|(_, law)| is_sequence(law));
    super::sample::sample(topology, &mut build);
    if build.errors.is_empty() {
        Ok(build.model)
    } else {
        Err(build.errors)
    }
}

/// Writes the flows.
fn flows(topology: &Topology, writer: &mut Writer<'_>, model: &mut Model) {
    for (at, flow) in topology.flows.iter().enumerate() {
        let program = writer.program(Key::Client(index(at)));
        model.flows.push(model::Flow {
            name: flow.name.clone(),
            entry: writer.entries[program as usize],
            bytes: mean_bytes(&flow.bytes),
            reply: mean_bytes(&flow.reply),
            priority: flow.priority,
            detaches: detaches(model, index(at)),
        });
    }
}

/// Returns the mean of a law of sizes.
fn mean_bytes(law: &Law) -> u32 {
    Sampler::compile(law, Unit::Whole).mean().round() as u32
}

/// Whether anything of a flow may outlive its reply.
fn detaches(model: &Model, flow: u32) -> bool {
    let operations = model.ops.iter().zip(&model.sites);
    let mut of_flow = operations.filter(|(_, site)| model.rows[site.row as usize].flow == flow);
    let abandons = |route: u32| {
        let route = &model.routes[route as usize];
        route.timeout < Span::MAX || route.hedge_most > 0
    };
    of_flow.any(|(op, _)| match op {
        Op::Spawn { .. }
        | Op::Fork { .. }
        | Op::Each { .. }
        | Op::Enqueue { .. }
        | Op::Append { .. } => true,
        Op::Call { route } => abandons(*route),
        Op::CallChosen { first } => abandons(*first),
        Op::Delay { .. }
        | Op::Work { .. }
        | Op::Place { .. }
        | Op::Serve { .. }
        | Op::Seize { .. }
        | Op::Release { .. }
        | Op::Admit { .. }
        | Op::LookUp { .. }
        | Op::LookUpFixed { .. }
        | Op::Missed
        | Op::Fill { .. }
        | Op::Invalidate { .. }
        | Op::Warm { .. }
        | Op::Coin { .. }
        | Op::Split { .. }
        | Op::Choose { .. }
        | Op::Unchoose { .. }
        | Op::PushCount
        | Op::PopCount
        | Op::Observe { .. }
        | Op::Commit { .. }
        | Op::Jump { .. }
        | Op::Leave { .. } => false,
    })
}

/// Takes early planning from stations in whose lines somebody may be cancelled, or
/// drop work that is past its deadline: those at and behind a call that says so.
fn unplan(model: &mut Model, links: &BTreeMap<(u32, u32), u32>) {
    let mut touched: BTreeSet<u32> = model
        .routes
        .iter()
        .filter(|route| route.cancel || route.deadline)
        .map(|route| model.rows[route.row as usize].node)
        .collect();
    let mut todo: Vec<u32> = touched.iter().copied().collect();
    while let Some(node) = todo.pop() {
        let behind = links.range((node, 0)..=(node, NONE));
        for ((_, target), _) in behind {
            if touched.insert(*target) {
                todo.push(*target);
            }
        }
    }
    for group in &mut model.groups {
        group.planned &= !touched.contains(&group.node);
    }
}

/// Sorts links by name, and hidden ones to the end.
fn order_links(model: &mut Model) {
    let mut order: Vec<usize> = (0..model.links.len()).collect();
    order.sort_by_key(|at| (model.links[*at].hidden, model.links[*at].name.clone()));
    let mut moved = vec![NONE; order.len()];
    for (new, old) in order.iter().enumerate() {
        moved[*old] = index(new);
    }
    model.links = order.iter().map(|old| model.links[*old].clone()).collect();
    let new_place = |link: &mut u32| {
        if *link != NONE {
            *link = moved[*link as usize];
        }
    };
    for route in &mut model.routes {
        new_place(&mut route.link);
    }
    for delivery in &mut model.deliveries {
        new_place(&mut delivery.link);
    }
}

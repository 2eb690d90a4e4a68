//! The last steps: entries of programs, modes of stations, samplers, order of links.

use std::collections::{BTreeMap, BTreeSet};

use super::laws::is_sequence;
use super::writer::{Key, Writer};
use crate::component::build::{Build, Quantity, index};
use crate::diagnostic::{Diagnostic, Place};
use crate::model::{self, Model, NONE};
use crate::topology::Topology;

/// Completes a model whose programs have all been written, but for what is random about it.
pub(crate) fn finish(topology: &Topology, mut writer: Writer<'_>, build: &mut Build) {
    for (route, program) in &writer.unresolved {
        build.model.routes[*route as usize].entry = writer.entries[*program as usize];
    }
    flows(topology, &mut writer, build);
    super::control::control(topology, &writer, build);
    unplan(&mut build.model, &writer.links);
    order_links(&mut build.model);
    warm(build);
    build.model.needs_ordinal = build.laws.iter().any(|(_, law)| is_sequence(law));
}

/// Writes the flows.
fn flows(topology: &Topology, writer: &mut Writer<'_>, build: &mut Build) {
    for (at, flow) in topology.flows.iter().enumerate() {
        let program = writer.program(Key::Client(index(at)));
        let flow = model::Flow {
            name: flow.name.clone(),
            entry: writer.entries[program as usize],
            bytes: build.sampler(Quantity::Size, &flow.bytes),
            reply: build.sampler(Quantity::Size, &flow.reply),
            priority: flow.priority,
        };
        build.model.flows.push(flow);
    }
}

/// Takes early planning from stations in whose lines somebody may be cancelled, or
/// drop work that is past its deadline: those at and behind a call that says so. The same
/// of stations that are watched, or whose copies come and go.
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
    touched.extend(super::control::watched_stations(&model.control));
    for group in &mut model.groups {
        group.planned &= !touched.contains(&group.node);
    }
}

/// Refuses warm caches that no key is looked up in: there is nothing to fill them with.
fn warm(build: &mut Build) {
    let model = &build.model;
    let cold = model
        .caches
        .iter()
        .filter(|cache| cache.warm > 0.0 && cache.warm_keys == NONE);
    let errors: Vec<Diagnostic> = cold
        .map(|cache| {
            let name = &model.nodes[cache.node as usize].name;
            let message =
                format!("the cache of node `{name}` is to be warm, but no flow has a `key` for it");
            Diagnostic::error("cache::warm-needs-key", Place::Whole, message)
        })
        .collect();
    build.errors.extend(errors);
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

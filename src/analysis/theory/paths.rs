//! The ways that visits take through the programs of a model, operation by operation.
//!
//! A *start* is an operation at which somebody begins: a visit, a branch, the body of a
//! loop, detached work. From a start on, operations follow one another with known
//! probabilities until a `Leave`.

use crate::model::{Delivery, Loop, Model, NONE, Op, Policy};
use std::collections::BTreeMap;

/// Returns all starts, numbered in the order of their addresses.
pub(super) fn starts(model: &Model) -> BTreeMap<u32, usize> {
    let flows = model.flows.iter().map(|flow| flow.entry);
    let routes = model.routes.iter().map(|route| route.entry);
    let loops = model.loops.iter().map(|each| each.entry);
    let forks = model.forks.iter().flat_map(|fork| fork.entries.clone());
    let mut found: Vec<u32> = flows.chain(routes).chain(loops).chain(forks).collect();
    found.extend(model.fan_out_steps.iter().map(|step| step.entry));
    let gathers = model.gathers.iter();
    found.extend(gathers.flat_map(|gather| [gather.own, gather.pull]));
    for op in &model.ops {
        if let Op::Spawn { entry, .. } = op {
            found.push(*entry);
        }
    }
    found.retain(|at| *at != NONE);
    found.sort_unstable();
    found.dedup();
    (0..).zip(found).map(|(index, at)| (at, index)).collect()
}

/// Returns the operations that may follow one within the same visit.
pub(super) fn following(model: &Model, at: u32) -> Vec<u32> {
    let next = at + 1;
    let and = |other: u32| {
        if other == NONE {
            vec![next]
        } else {
            vec![next, other]
        }
    };
    let after_call = |route: u32| {
        let route = &model.routes[route as usize];
        let mut all = and(route.on_miss);
        if route.on_error != NONE {
            all.push(route.on_error);
        }
        all
    };
    match model.ops[at as usize] {
        Op::Leave { .. } => Vec::new(),
        Op::Jump { target } => vec![target],
        Op::Coin { target, .. }
        | Op::Once { known: target, .. }
        | Op::Earlier { target, .. }
        | Op::Afford { target, .. }
        | Op::Remainder {
            given_up: target, ..
        } => and(target),
        Op::LookUp { miss, .. } | Op::LookUpFixed { miss, .. } => and(miss),
        Op::Split { split } => {
            let branches = &model.splits[split as usize].branches;
            branches.iter().map(|(_, target)| *target).collect()
        }
        Op::Resolve { split, .. } => {
            let branches = model.splits[split as usize].branches.iter();
            branches.flat_map(|(_, to)| [*to, *to + 1]).collect()
        }
        Op::Call { route } => after_call(route),
        Op::CallChosen { first } => {
            let routes = targets(model, at, first);
            let mut all: Vec<u32> = routes.flat_map(after_call).collect();
            all.sort_unstable();
            all.dedup();
            all
        }
        Op::Fork { on_error, .. } | Op::Each { on_error, .. } => and(on_error),
        Op::Warm { cold, .. } => and(cold),
        Op::Fits { target, .. } => and(target),
        Op::Held { old, denied, .. } => vec![next, old, denied],
        Op::Delay { .. }
        | Op::Work { .. }
        | Op::Hold { .. }
        | Op::Place { .. }
        | Op::Serve { .. }
        | Op::Seize { .. }
        | Op::Release { .. }
        | Op::Admit { .. }
        | Op::Missed
        | Op::Fill { .. }
        | Op::Invalidate { .. }
        | Op::Choose { .. }
        | Op::Unchoose { .. }
        | Op::Spawn { .. }
        | Op::PushCount
        | Op::PopCount
        | Op::Enqueue { .. }
        | Op::Append { .. }
        | Op::FanOut { .. }
        | Op::Gather { .. }
        | Op::Keep { .. }
        | Op::Tell { .. }
        | Op::Replay { .. }
        | Op::Lag { .. }
        | Op::Observe { .. }
        | Op::Commit { .. } => vec![next],
    }
}

/// Returns the operations that can be reached from a start within the same visit, sorted.
pub(super) fn reached(model: &Model, start: u32) -> Vec<u32> {
    let mut found = std::collections::BTreeSet::from([start]);
    let mut todo = vec![start];
    while let Some(at) = todo.pop() {
        for next in following(model, at) {
            if found.insert(next) {
                todo.push(next);
            }
        }
    }
    found.into_iter().collect()
}

/// Returns the operations that a visit passes with what it takes at one: until it gives a
/// server back, or ends.
pub(super) fn held(model: &Model, at: u32) -> Vec<u32> {
    let gives_back = |op: u32| match (model.ops[at as usize], model.ops[op as usize]) {
        (Op::Seize { group }, Op::Release { group: other }) => group == other,
        _ => false,
    };
    let mut found = std::collections::BTreeSet::new();
    let mut todo = vec![at];
    while let Some(at) = todo.pop() {
        for next in following(model, at) {
            if !gives_back(next) && found.insert(next) {
                todo.push(next);
            }
        }
    }
    found.into_iter().collect()
}

/// Returns the balancer that chooses for a `CallChosen`: that of the `Choose` before it.
pub(super) fn chooser(model: &Model, at: u32) -> Option<u32> {
    let before = at.checked_sub(1)?;
    let Op::Choose { balancer } = model.ops[before as usize] else {
        return None;
    };
    Some(balancer)
}

/// Returns the routes that a `CallChosen` may take.
pub(super) fn targets(model: &Model, at: u32, first: u32) -> impl Iterator<Item = u32> + use<> {
    let count = chooser(model, at)
        .map(|balancer| model.balancers[balancer as usize].targets.len() as u32)
        .unwrap_or(1);
    first..first + count
}

/// Returns the share of every target of a balancer; `None` if it depends on what it sees.
pub(super) fn shares(model: &Model, balancer: u32) -> Option<Vec<f64>> {
    let balancer = &model.balancers[balancer as usize];
    if balancer.targets.len() == 1 {
        return Some(vec![1.0]);
    }
    // Those that stand by get nothing as long as all is well.
    let active = balancer.targets.len() - balancer.reserve as usize;
    let by = |value: &dyn Fn(&crate::model::Target) -> f64| {
        let total: f64 = balancer.targets[..active].iter().map(value).sum();
        let each = balancer.targets[..active].iter();
        let mut shares: Vec<f64> = each.map(|one| value(one) / total).collect();
        shares.resize(balancer.targets.len(), 0.0);
        Some(shares)
    };
    if active == 1 {
        return by(&|_| 1.0);
    }
    match balancer.policy {
        Policy::RoundRobin | Policy::Random => by(&|target| f64::from(target.copies)),
        Policy::Weighted => by(&|target| target.weight),
        Policy::LeastOutstanding | Policy::Choices | Policy::ByKey => None,
    }
}

/// Returns how often a repetition runs its steps, on average; `None`: once per message.
///
/// A number of items that is cut runs them once per part: the mean of ⌈n / cut⌉ has no form
/// for any law, so that it is taken over draws.
pub(super) fn rounds(model: &Model, each: &Loop) -> Option<f64> {
    /// Draws of which the mean number of parts is taken: 2 % off at most.
    const DRAWS: u64 = 4096;
    let sampler = model.samplers.get(each.times as usize)?;
    if each.cut == 0 {
        let times = sampler.constant();
        return Some(times.map_or(sampler.mean(), |times| times as f64));
    }
    let parts = (0..DRAWS)
        .map(|draw| sampler.sample(draw, 0, draw))
        .map(|items| items.div_ceil(u64::from(each.cut)).max(1));
    Some(parts.sum::<u64>() as f64 / DRAWS as f64)
}

/// Returns the route on which a delivery hands on what an operation has sent, if it does.
pub(super) fn delivery_route(model: &Model, op: u32, delivery: &Delivery) -> Option<u32> {
    let row = model.sites[op as usize].row;
    let flow = model.rows[row as usize].flow;
    if !delivery.flows.is_empty() && !delivery.flows.contains(&flow) {
        return None;
    }
    #[allow(
        clippy::wildcard_enum_match_arm,
        reason = "whatever else an operation does, it sends nothing"
    )]
    let about = match model.ops[op as usize] {
        Op::Enqueue { about, .. } | Op::Append { about, .. } => about,
        _ => return None,
    };
    let route = delivery.routes.get(about as usize).copied()?;
    (route != NONE).then_some(route)
}

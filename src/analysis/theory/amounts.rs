//! How much a visit is about: items, bytes and key law, as far as they are the same for all.

use crate::model::{CountFrom, INHERITED, Model, NONE, Op, Route};
use std::collections::BTreeMap;

/// A quantity that visits bring along.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Amount {
    /// Nobody has come yet.
    Unset,
    /// Always the same.
    Fixed(f64),
    /// Random, with this mean.
    Mean(f64),
    /// It depends on where the visit comes from.
    Mixed,
}

impl Amount {
    fn join(self, other: Amount) -> Amount {
        match (self, other) {
            (Amount::Unset, one) | (one, Amount::Unset) => one,
            (one, another) if one == another => one,
            (Amount::Fixed(_) | Amount::Mean(_) | Amount::Mixed, _) => Amount::Mixed,
        }
    }

    fn times(self, factor: Amount) -> Amount {
        match (self, factor) {
            (Amount::Fixed(one), Amount::Fixed(two)) => Amount::Fixed(one * two),
            (Amount::Mean(one), Amount::Fixed(two)) | (Amount::Fixed(one), Amount::Mean(two)) => {
                Amount::Mean(one * two)
            }
            (Amount::Unset, _) | (_, Amount::Unset) => Amount::Unset,
            (Amount::Mean(_) | Amount::Mixed, _) | (Amount::Fixed(_), Amount::Mixed) => {
                Amount::Mixed
            }
        }
    }

    /// Returns the mean, where it is known.
    pub(super) fn mean(self) -> Option<f64> {
        match self {
            Amount::Fixed(value) | Amount::Mean(value) => Some(value),
            Amount::Unset | Amount::Mixed => None,
        }
    }

    /// Returns the value, where it is always the same.
    pub(super) fn fixed(self) -> Option<f64> {
        match self {
            Amount::Fixed(value) => Some(value),
            Amount::Unset | Amount::Mean(_) | Amount::Mixed => None,
        }
    }
}

/// What all visits that start at a place are about.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Amounts {
    /// Items.
    pub(super) items: Amount,
    /// Bytes of all items.
    pub(super) bytes: Amount,
    /// Key law, `NONE` without a key; a number that is no whole one never occurs.
    pub(super) key: Amount,
}

const UNSET: Amounts = Amounts {
    items: Amount::Unset,
    bytes: Amount::Unset,
    key: Amount::Unset,
};

/// Returns what the visits of every start are about.
pub(super) fn amounts(
    model: &Model,
    starts: &BTreeMap<u32, usize>,
    reached: &[Vec<u32>],
) -> Vec<Amounts> {
    let mut found = vec![UNSET; starts.len()];
    for (index, flow) in (0u32..).zip(&model.flows) {
        let keys = model.sources.iter().filter(|one| one.flow() == index);
        let key = keys
            .map(|source| Amount::Fixed(f64::from(source.key())))
            .fold(Amount::Unset, Amount::join);
        if let Some(&at) = starts.get(&flow.entry) {
            found[at] = Amounts {
                items: Amount::Fixed(1.0),
                bytes: sampled(model, flow.bytes),
                key,
            };
        }
    }
    // Amounts only ever become less certain, in three steps: few passes suffice.
    loop {
        let before = found.clone();
        for (at, ops) in reached.iter().enumerate() {
            let own = found[at];
            let counted = ops
                .iter()
                .any(|op| matches!(model.ops[*op as usize], Op::PushCount));
            for op in ops {
                hand_on(model, *op, own, counted, &mut |entry, given| {
                    if let Some(&to) = starts.get(&entry) {
                        let known = &mut found[to];
                        known.items = known.items.join(given.items);
                        known.bytes = known.bytes.join(given.bytes);
                        known.key = known.key.join(given.key);
                    }
                });
            }
        }
        if found == before {
            return found;
        }
    }
}

/// Says what an operation hands on to the visits that it starts.
fn hand_on(
    model: &Model,
    op: u32,
    own: Amounts,
    counted: bool,
    give: &mut dyn FnMut(u32, Amounts),
) {
    let same = |entry: u32, give: &mut dyn FnMut(u32, Amounts)| give(entry, own);
    match model.ops[op as usize] {
        Op::Call { route } => {
            let route = &model.routes[route as usize];
            give(route.entry, called(model, route, own, counted));
        }
        Op::CallChosen { first } => {
            for route in super::paths::targets(model, op, first) {
                let route = &model.routes[route as usize];
                give(route.entry, called(model, route, own, counted));
            }
        }
        Op::Spawn { entry, .. } => same(entry, give),
        Op::Fork { fork, .. } => {
            for entry in &model.forks[fork as usize].entries {
                same(*entry, give);
            }
        }
        Op::Each { each, .. } => {
            let each = &model.loops[each as usize];
            let key = if each.key == NONE {
                own.key
            } else {
                Amount::Fixed(f64::from(each.key))
            };
            // Once per message: one of them at a time.
            let messages = each.times == NONE && own.items != Amount::Fixed(1.0);
            let one = if messages || each.cut != 0 {
                Amount::Mixed
            } else {
                own.items
            };
            let given = Amounts {
                items: one,
                key,
                ..own
            };
            give(each.entry, given);
        }
        Op::Enqueue { queue, .. } => {
            for delivery in &model.queues[queue as usize].deliveries {
                delivered(model, op, *delivery, own, give);
            }
        }
        Op::Append { log, .. } => {
            for delivery in &model.logs[log as usize].deliveries {
                delivered(model, op, *delivery, own, give);
            }
        }
        Op::Delay { .. }
        | Op::Work { .. }
        | Op::Place { .. }
        | Op::Serve { .. }
        | Op::Seize { .. }
        | Op::Release { .. }
        | Op::Admit { .. }
        | Op::Remainder { .. }
        | Op::Afford { .. }
        | Op::LookUp { .. }
        | Op::LookUpFixed { .. }
        | Op::Missed
        | Op::Fill { .. }
        | Op::Invalidate { .. }
        | Op::Warm { .. }
        | Op::Coin { .. }
        | Op::Split { .. }
        | Op::Resolve { .. }
        | Op::Choose { .. }
        | Op::Unchoose { .. }
        | Op::PushCount
        | Op::PopCount
        | Op::FanOut { .. }
        | Op::Gather { .. }
        | Op::Once { .. }
        | Op::Held { .. }
        | Op::Hold { .. }
        | Op::Earlier { .. }
        | Op::Keep { .. }
        | Op::Tell { .. }
        | Op::Fits { .. }
        | Op::Replay { .. }
        | Op::Lag { .. }
        | Op::Observe { .. }
        | Op::Commit { .. }
        | Op::Jump { .. }
        | Op::Leave { .. } => {}
    }
}

/// Returns what a call is about.
fn called(model: &Model, route: &Route, own: Amounts, counted: bool) -> Amounts {
    if route.strand {
        return own;
    }
    let one = Amount::Fixed(1.0);
    let items = match route.count {
        CountFrom::One => one,
        CountFrom::Inherited if own.items == one || !counted => own.items,
        CountFrom::Inherited => Amount::Mixed,
        CountFrom::Drawn(sampler) => sampled(model, sampler),
    };
    let bytes = match route.bytes {
        NONE => items.times(Amount::Fixed(1024.0)),
        INHERITED if own.items == items => own.bytes,
        INHERITED if own.items == one => own.bytes.times(items),
        INHERITED => Amount::Mixed,
        sampler => sampled(model, sampler).times(items),
    };
    let key = if route.key == NONE {
        own.key
    } else {
        Amount::Fixed(f64::from(route.key))
    };
    Amounts { items, bytes, key }
}

/// Hands a message on to the consumer of a delivery.
fn delivered(
    model: &Model,
    op: u32,
    delivery: u32,
    own: Amounts,
    give: &mut dyn FnMut(u32, Amounts),
) {
    let one = Amount::Fixed(1.0);
    let delivery = &model.deliveries[delivery as usize];
    let (items, bytes) = if delivery.batch == 1 && own.items == one {
        (one, own.bytes)
    } else {
        (Amount::Mixed, Amount::Mixed)
    };
    if let Some(route) = super::paths::delivery_route(model, op, delivery) {
        let key = own.key;
        let entry = model.routes[route as usize].entry;
        give(entry, Amounts { items, bytes, key });
    }
}

/// Returns the amount that a sampler draws.
fn sampled(model: &Model, sampler: u32) -> Amount {
    let Some(sampler) = model.samplers.get(sampler as usize) else {
        return Amount::Mixed;
    };
    match sampler.constant() {
        Some(value) => Amount::Fixed(value as f64),
        None => Amount::Mean(sampler.mean()),
    }
}

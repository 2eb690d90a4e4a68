//! What the traffic equations need and the model does not tell.
//!
//! Each of these gets a value, and every rate is worked out once more with another one:
//! what stays the same does not depend on it. So nothing is guessed, and nothing that is
//! known is left out.

use super::amounts::Amounts;
use super::{paths, popularity};
use crate::model::{Eviction, Model, NONE, Op};
use crate::topology::{LoadSource, Topology};
use crate::units::Span;

/// Something that decides about rates.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Unknown {
    /// What it is.
    pub(super) about: About,
    /// Its value; made up unless `approximate`.
    pub(super) value: f64,
    /// Whether the value is an approximation, not made up.
    pub(super) approximate: bool,
    /// It in words.
    pub(super) words: String,
}

/// What is unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum About {
    /// The rate of a load line.
    Load(usize),
    /// How often a cache with keys misses.
    Cache(u32),
    /// How often a look-up of several items finds them all.
    Several(u32),
    /// How often a visit finds the tokens that it may do without.
    Tokens(u32),
    /// How full the batches of a delivery are, from one message (0) to the most (1).
    Batch(u32),
    /// Which of the consumers of a queue gets a message.
    Consumer(u32),
    /// Which target a balancer chooses.
    Balancer(u32),
}

/// Made up; any value that makes no two paths equal will do.
const MADE_UP: f64 = 0.4;

/// Lists what is unknown about a model.
pub(super) fn unknowns(
    topology: &Topology,
    model: &Model,
    amounts: &[Amounts],
    reached: &[Vec<u32>],
) -> Vec<Unknown> {
    let mut found = Vec::new();
    let mut add = |about, words: String| {
        found.push(Unknown {
            about,
            value: MADE_UP,
            approximate: false,
            words,
        });
    };
    for (line, load) in topology.load.iter().enumerate() {
        match load.source {
            LoadSource::Clients { .. } => add(
                About::Load(line),
                format!(
                    "how much the clients of load `{}` send depends on how long they wait",
                    load.name
                ),
            ),
            LoadSource::Trace(_) => add(
                About::Load(line),
                format!("load `{}` follows a trace", load.name),
            ),
            LoadSource::Rate { .. } | LoadSource::Every(_) => {}
        }
    }
    for (index, balancer) in (0u32..).zip(&model.balancers) {
        if paths::shares(model, index).is_none() {
            let node = &model.nodes[balancer.node as usize].name;
            let words = format!("`{node}` chooses among unequal targets by what it sees");
            add(About::Balancer(index), words);
        }
    }
    for (index, queue) in (0u32..).zip(&model.queues) {
        if queue.deliveries.len() > 1 {
            let node = &model.nodes[queue.node as usize].name;
            add(
                About::Consumer(index),
                format!("the consumers of `{node}` compete"),
            );
        }
    }
    for (index, delivery) in (0u32..).zip(&model.deliveries) {
        if delivery.batch > 1 {
            let node = &model.nodes[delivery.from as usize].name;
            add(
                About::Batch(index),
                format!("how full the batches of `{node}` are is not known"),
            );
        }
    }
    for (at, op) in (0u32..).zip(&model.ops) {
        if let Op::Afford { .. } = op {
            let row = model.sites[at as usize].row as usize;
            let node = &model.nodes[model.rows[row].node as usize].name;
            add(
                About::Tokens(at),
                format!("how many visits to `{node}` find a token is not known"),
            );
        }
        if let Op::LookUpFixed { .. } = op
            && !one_number(amounts, reached, at)
        {
            let row = model.sites[at as usize].row as usize;
            let node = &model.nodes[model.rows[row].node as usize].name;
            add(
                About::Several(at),
                format!("how many items a look-up in `{node}` is about varies"),
            );
        }
    }
    for (index, cache) in (0u32..).zip(&model.caches) {
        let node = &model.nodes[cache.node as usize].name;
        let che = misses_by_che(model, index, amounts, reached);
        found.push(Unknown {
            about: About::Cache(index),
            value: che.unwrap_or(MADE_UP),
            approximate: che.is_some(),
            words: format!("how often cache `{node}` hits is not known"),
        });
    }
    found
}

/// Whether all visits that come to an operation bring the same number of items.
fn one_number(amounts: &[Amounts], reached: &[Vec<u32>], at: u32) -> bool {
    let mut all = amounts.iter().zip(reached);
    all.all(|(own, ops)| ops.binary_search(&at).is_err() || own.items.fixed().is_some())
}

/// Returns the share of misses of a cache by Che's approximation, where it applies: LRU of one
/// instance, bounded by entries alone, one item and one key law for all, never invalidated.
fn misses_by_che(
    model: &Model,
    index: u32,
    amounts: &[Amounts],
    reached: &[Vec<u32>],
) -> Option<f64> {
    let cache = &model.caches[index as usize];
    let plain = cache.policy == Eviction::Lru
        && cache.instances == 1
        && cache.bytes == u64::MAX
        && cache.entries < u64::MAX
        && cache.ttl == Span::MAX
        && !cache.coalesce;
    let invalidated = model
        .ops
        .iter()
        .any(|op| matches!(op, Op::Invalidate { cache } if *cache == index));
    if !plain || invalidated {
        return None;
    }
    let mut law = None;
    for (own, ops) in amounts.iter().zip(reached) {
        let looks_up = |at: &&u32| matches!(model.ops[**at as usize], Op::LookUp { cache, .. } if cache == index);
        if ops.iter().any(|at| looks_up(&at)) {
            let key = own.key.fixed()? as u32;
            if own.items.fixed()? > 1.0 || law.is_some_and(|other| other != key) {
                return None;
            }
            law = Some(key);
        }
    }
    let key = law.filter(|key| *key != NONE)?;
    let keys = &model.keys[key as usize];
    let first = keys.probability(1);
    // Groups need popularity that falls with the rank.
    let falls = [2u64, 10, 100, 10_000, keys.count()]
        .windows(2)
        .all(|pair| {
            keys.probability(pair[0].min(keys.count()))
                >= keys.probability(pair[1].min(keys.count()))
        });
    if first < keys.probability(2) || !falls || keys.needs_ordinal() {
        return None;
    }
    let groups = popularity::groups(keys.count(), |rank| keys.probability(rank));
    Some(1.0 - popularity::che(&groups, cache.entries as f64))
}

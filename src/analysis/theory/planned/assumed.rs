//! Values for what theory does not know, each with a sentence that says what is assumed.

use super::{LEAST_TIME, Planned};
use crate::analysis::theory::amounts::Amounts;
use crate::analysis::theory::popularity;
use crate::analysis::theory::unknown::{About, Unknown};
use crate::model::{Model, NONE, Op};
use crate::topology::{Bound, Compare, LoadSource, Subject, Topology};

/// Gives something unknown a value, and says what is assumed if there is something to say.
pub(super) fn state(
    topology: &Topology,
    model: &Model,
    unknown: &Unknown,
    amounts: &[Amounts],
    reached: &[Vec<u32>],
    before: Option<&Planned<'_>>,
) -> (f64, Option<String>) {
    match unknown.about {
        About::Load(line) => {
            let load = &topology.load[line];
            match &load.source {
                LoadSource::Clients { count, think } => {
                    let wait = before.map_or(LEAST_TIME, |before| before.flow_time(load.flow));
                    let cycle = (crate::random::mean(think) / 1e9 + wait).max(LEAST_TIME);
                    let words = format!(
                        "the clients of load `{}` never wait in a line: {} a second at most",
                        load.name,
                        crate::units::show::count(*count as f64 / cycle)
                    );
                    (*count as f64 / cycle, Some(words))
                }
                LoadSource::Trace(entries) => {
                    let last = entries.last().map_or(0.0, |last| last.at.0 as f64 / 1e9);
                    let time = last.max(topology.run.horizon.as_seconds());
                    let words = format!("the trace of load `{}` comes at its mean rate", load.name);
                    (entries.len() as f64 / time, Some(words))
                }
                LoadSource::Rate { .. } | LoadSource::Every(_) => (0.0, None),
            }
        }
        About::Cache(cache) => {
            let node = &model.nodes[model.caches[cache as usize].node as usize].name;
            let hits = |share: f64, why: &str| {
                let shown = crate::units::show::share(share);
                (
                    1.0 - share,
                    Some(format!("`{node}` hits {shown} of its look-ups, {why}")),
                )
            };
            let most = kept_likeliest(model, cache, amounts, reached);
            if let Some(asked) = asked_hit_rate(topology, node) {
                return match most.filter(|most| *most < asked) {
                    Some(most) => hits(most, "which is all that its entries allow"),
                    None => hits(asked, "as its objective asks"),
                };
            }
            if unknown.approximate {
                return hits(1.0 - unknown.value, "by Che's approximation");
            }
            let lasting = before.and_then(|before| before.found_alive(cache));
            match (most, lasting) {
                (Some(most), Some(lasting)) if lasting < most => {
                    hits(lasting, "as its keys expire between look-ups")
                }
                (Some(most), _) => hits(most, "as if it always kept its likeliest keys"),
                (None, _) => hits(0.0, "as nothing is known of its keys"),
            }
        }
        About::Batch(index) => {
            let delivery = &model.deliveries[index as usize];
            let node = &model.nodes[delivery.from as usize];
            let parts = model.logs.get(node.log as usize);
            let parts = parts.map_or(1.0, |log| f64::from(log.partitions));
            let messages = before.map_or(0.0, |before| {
                let routes = before.routes();
                let mine = delivery.routes.iter().filter(|route| **route != NONE);
                let rates = mine.map(|route| routes[*route as usize] * before.batch(*route));
                rates.sum::<f64>()
            });
            let window = delivery.window.as_seconds();
            let batch = f64::from(delivery.batch);
            let mean = (1.0 + messages / parts * window).min(batch);
            let words = format!(
                "`{}` hands over {} at a time",
                node.name,
                crate::units::show::number(mean)
            );
            ((mean - 1.0) / (batch - 1.0).max(1.0), Some(words))
        }
        About::Tokens(op) => (before.map_or(1.0, |before| before.paid(op)), None),
        // Even shares.
        About::Consumer(_) | About::Balancer(_) => (0.0, None),
        About::Several(at) => {
            let Op::LookUpFixed { below, .. } = model.ops[at as usize] else {
                return (1.0, None);
            };
            (1.0 - f64::from(below) / 4_294_967_296.0, None)
        }
    }
}

/// Returns the hit rate that an objective asks of a node.
pub fn asked_hit_rate(topology: &Topology, node: &str) -> Option<f64> {
    let mut asked = topology.objectives.iter().filter_map(|objective| {
        let about = objective.subject == Subject::Node(node.to_owned());
        let least = matches!(objective.compare, Compare::Greater | Compare::AtLeast);
        match objective.value {
            Bound::Share(share) if about && least && objective.quantity == "hit_rate" => {
                Some(share)
            }
            Bound::Share(_)
            | Bound::Milliseconds(_)
            | Bound::Number(_)
            | Bound::PerSecond(_)
            | Bound::UsdPerMonth(_)
            | Bound::UsdPerMillion(_) => None,
        }
    });
    asked.next()
}

/// Returns the key law of all look-ups of a cache, where it is one.
pub(super) fn key_law(
    model: &Model,
    cache: u32,
    amounts: &[Amounts],
    reached: &[Vec<u32>],
) -> Option<u32> {
    let mut law = None;
    for (own, ops) in amounts.iter().zip(reached) {
        let looks_up = |at: &&u32| matches!(model.ops[**at as usize], Op::LookUp { cache: of, .. } if of == cache);
        if ops.iter().any(|at| looks_up(&at)) {
            let key = own.key.fixed()? as u32;
            if law.is_some_and(|other| other != key) {
                return None;
            }
            law = Some(key);
        }
    }
    law.filter(|key| *key != NONE)
}

/// Returns the most that a cache can hit, where its keys are known.
fn kept_likeliest(
    model: &Model,
    cache: u32,
    amounts: &[Amounts],
    reached: &[Vec<u32>],
) -> Option<f64> {
    let key = key_law(model, cache, amounts, reached)?;
    let cache = &model.caches[cache as usize];
    let keys = &model.keys[key as usize];
    let entries = cache.entries as f64 * f64::from(cache.instances);
    Some(most_hits(keys, entries))
}

/// Returns the share of requests that so many entries can answer at most.
pub fn most_hits(keys: &crate::random::Keys, entries: f64) -> f64 {
    let groups = popularity::groups(keys.count(), |rank| keys.probability(rank));
    let mut groups = groups;
    groups.sort_by(|one, other| other.1.total_cmp(&one.1));
    popularity::keep_the_likeliest(&groups, entries).min(1.0)
}

/// Returns the entries that must be kept for a share of requests, at least.
pub fn entries_for(keys: &crate::random::Keys, share: f64) -> f64 {
    let mut groups = popularity::groups(keys.count(), |rank| keys.probability(rank));
    groups.sort_by(|one, other| other.1.total_cmp(&one.1));
    let (mut entries, mut hits) = (0.0, 0.0);
    for (number, probability) in groups {
        let all = number * probability;
        if hits + all >= share {
            let more = entries + (share - hits) / probability.max(f64::MIN_POSITIVE);
            // Whole entries; what rounding adds is none.
            return (more * (1.0 - 1e-9)).ceil();
        }
        entries += number;
        hits += all;
    }
    entries
}

/// Says how posts are counted, if there are any.
pub(super) fn fan_outs(model: &Model) -> Option<String> {
    let any = model.fan_out_steps.is_empty() && model.gathers.is_empty();
    (!any).then(|| "posts go to the mean number of recipients".to_owned())
}

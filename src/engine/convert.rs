//! Mechanisms made from the constants of a model.

use crate::mechanism::balancer::{Balancer, Choice, Rules};
use crate::mechanism::cache::{Cache, Eviction, Limits, Renewal};
use crate::mechanism::growth::Growth;
use crate::mechanism::split::{Heat, Sizes, Splits};
use crate::mechanism::token_bucket::TokenBucket;
use crate::model::supply::Units;
use crate::model::{self, Model};
use crate::units::{SimTime, Span};

/// What grows and what splits in a replication.
#[derive(Debug)]
pub(crate) struct Watched {
    /// Per bucket: how its limit grows.
    pub(crate) growths: Vec<Option<Growth>>,
    /// Per bucket: how hot its partition is.
    pub(crate) heats: Vec<Option<Heat>>,
    /// Per partitioning rule: its splits.
    pub(crate) splits: Vec<Splits>,
    /// Per partitioning rule: what lies at its partitions, if they can be full.
    pub(crate) sizes: Vec<Option<Sizes>>,
    /// Per partitioning rule: the first of its partitions, and their number.
    pub(crate) present: Vec<(u32, u32)>,
    /// Per bucket: what was paid there [10⁻¹² token], if a controller wants to know.
    pub(crate) paid: Vec<Option<i128>>,
}

/// Makes a balancer with nothing outstanding.
pub(crate) fn balancer(constants: &model::Balancer) -> Balancer {
    let rules = Rules {
        choice: match constants.policy {
            model::Policy::RoundRobin if constants.slow_start > Span::ZERO => {
                Choice::SlowStart(constants.slow_start)
            }
            model::Policy::RoundRobin => Choice::RoundRobin,
            model::Policy::LeastOutstanding => Choice::LeastOutstanding,
            model::Policy::Random => Choice::Random,
            model::Policy::Choices => Choice::Choices,
            model::Policy::Weighted => Choice::Weighted,
            model::Policy::ByKey => Choice::ByKey,
        },
        choices: constants.choices,
        first_of_ties: constants.first_of_ties,
        refresh: constants.refresh,
    };
    let targets: Vec<(u32, f64)> = constants
        .targets
        .iter()
        .map(|target| (target.copies, target.weight))
        .collect();
    Balancer::new(rules, &targets, constants.reserve, constants.zone)
}

/// Makes a bucket with what it holds at the start.
pub(crate) fn bucket(constants: &model::Bucket) -> TokenBucket {
    if constants.window > Span::ZERO {
        let allowance = constants.rate_per_s * constants.window.as_seconds();
        TokenBucket::windowed(allowance, constants.window)
    } else {
        TokenBucket::holding(constants.rate_per_s, constants.burst, constants.tokens)
    }
}

/// Makes what grows and what splits of a model, as it is at the start.
pub(crate) fn watched(model: &Model) -> Watched {
    let growth = |bucket: &model::Bucket| {
        let growth = bucket.growth?;
        Some(Growth::new(
            bucket.rate_per_s,
            growth.factor,
            growth.after,
            growth.most_per_s,
        ))
    };
    let heat = |bucket: &model::Bucket| {
        let splits = model.partitions.get(bucket.heats as usize)?.splits?;
        let hot = bucket.rate_per_s * splits.share;
        Some(Heat::new(hot, splits.after))
    };
    let splits = |rule: &model::Partition| Splits::new(rule.count, rule.most());
    let sizes = |rule: &model::Partition| {
        let (each, most) = rule.filled?;
        Some(Sizes::new(rule.count, each, most))
    };
    let supplies = model.control.supplies.iter();
    let supplied: Vec<Units> = supplies.map(|supply| supply.what).collect();
    let buckets = 0..model.buckets.len() as u32;
    let paid = buckets.map(|bucket| supplied.contains(&Units::Bucket(bucket)).then_some(0));
    Watched {
        paid: paid.collect(),
        growths: model.buckets.iter().map(growth).collect(),
        heats: model.buckets.iter().map(heat).collect(),
        splits: model.partitions.iter().map(splits).collect(),
        sizes: model.partitions.iter().map(sizes).collect(),
        present: super::reshard::present(model),
    }
}

/// Returns the constants of a cache.
pub(crate) fn limits(constants: &model::Cache) -> Limits {
    Limits {
        eviction: match constants.policy {
            model::Eviction::Lru => Eviction::Lru,
            model::Eviction::Lfu => Eviction::Lfu,
            model::Eviction::TinyLfu => Eviction::TinyLfu,
            model::Eviction::Fifo => Eviction::Fifo,
            model::Eviction::Random => Eviction::Random,
            model::Eviction::Refuse => Eviction::Refuse,
        },
        entries: constants.entries,
        bytes: constants.bytes,
        ttl: constants.ttl,
        renewal: match constants.renew {
            model::Renew::Write => Renewal::Write,
            model::Renew::Hit => Renewal::Hit,
            model::Renew::Never => Renewal::Never,
        },
        stale: constants.stale,
    }
}

/// Makes the instances of a cache, each filled with the likeliest keys that are its own.
pub(crate) fn caches(model: &Model, constants: &model::Cache) -> Vec<Cache> {
    let instances = constants.instances.max(1);
    let mut caches: Vec<Cache> = (0..instances)
        .map(|_| Cache::new(limits(constants)))
        .collect();
    let Some(keys) = model.keys.get(constants.warm_keys as usize) else {
        return caches;
    };
    let share = (constants.entries.min(keys.count()) as f64 * constants.warm) as u64;
    if share == 0 {
        return caches;
    }
    let node = &model.nodes[constants.node as usize];
    let rule = model.partitions.get(node.partition as usize);
    let Some(rule) = rule.filter(|_| instances > 1) else {
        for cache in &mut caches {
            cache.warm(keys.likeliest(share), WARM_BYTES, SimTime::ZERO);
        }
        return caches;
    };
    // Each key is asked once where it belongs, and not by every instance.
    let mut own = vec![Vec::new(); instances as usize];
    for item in keys.likeliest(share.saturating_mul(u64::from(instances))) {
        let at = super::placement::partition_of_key(rule, node.hash, item, keys.rank(item));
        if let Some(own) = own.get_mut(at as usize)
            && (own.len() as u64) < share
        {
            own.push(item);
        }
    }
    for (cache, own) in caches.iter_mut().zip(own) {
        cache.warm(own.into_iter(), WARM_BYTES, SimTime::ZERO);
    }
    caches
}

/// Size of what a cache holds from the start: nobody has written it.
const WARM_BYTES: u32 = 0;

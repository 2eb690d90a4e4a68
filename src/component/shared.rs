//! Parameters that several kinds have, spelled alike.
//!
//! `cache` and `partitions` objects, what a full line does, and the ways of
//! reading them that a single word or number does not need.

use super::declare::{BucketSpec, CacheSpec, PartitionSpec, Scope};
use super::parameter::{
    EVICTIONS, How, PARTITION_BY, RENEWALS, choice, count, custom, duration, duration_or_unlimited,
    flag, large_count, parameters, share, size, word,
};
use super::program::Program;
use crate::model::{Cost, Eviction, Outcome, PartitionBy, Renew};
use crate::spec::field::Field;
use crate::spec::reader::Object;
use crate::spec::value::Data;
use crate::units::Span;

/// Most copies or partitions of a node.
///
/// CHOICE: a visit remembers its copy in 16 bits.
pub const MOST_INSTANCES: u32 = 65_000;

parameters! {
    /// Entries of a cache.
    pub struct CacheParameters {
        /// Which entry goes when it is full.
        policy: Eviction = Eviction::Lru, choice(EVICTIONS), Choice, "the policy that most caches have";
        /// Most entries.
        entries: u64 = u64::MAX, large_count(1), Choice, "unlimited until a size is given";
        /// Most bytes.
        bytes: u64 = u64::MAX, size(), Choice, "unlimited until a size is given";
        /// Time to live of an entry.
        ttl: Span = Span::MAX, duration_or_unlimited(), Choice, "entries stay until they are evicted";
        /// What restarts the time to live of a present entry.
        renew: Renew = Renew::Write, choice(RENEWALS), Choice, "a write sets a new expiry in most caches";
        /// Whether one fetch serves all that miss the same key meanwhile.
        coalesce: bool = false, flag(), Choice, "every miss fetches, as plain cache-aside does";
        /// How long an expired entry may be served while one fetch renews it.
        stale: Span = Span::ZERO, duration(), Choice, "expired entries are not served";
        /// Share of `entries` filled with the likeliest keys at the start.
        warm: f64 = 0.0, share(), Choice, "a cache starts empty";
    }
    check CacheParameters::check
}

impl CacheParameters {
    /// Checks rules between parameters.
    fn check(&mut self, object: &mut Object<'_>) {
        check_cache(object, self.warm, self.entries, self.stale, self.ttl);
    }

    /// Returns the cache that the parameters describe, with so many instances.
    pub fn spec(&self, instances: u32) -> CacheSpec {
        CacheSpec {
            policy: self.policy,
            entries: self.entries,
            bytes: self.bytes,
            ttl: self.ttl,
            renew: self.renew,
            coalesce: self.coalesce,
            stale: self.stale,
            warm: self.warm,
            instances,
        }
    }
}

/// Checks the rules between the parameters of any cache.
pub fn check_cache(object: &mut Object<'_>, warm: f64, entries: u64, stale: Span, ttl: Span) {
    object.exclusive("entries", "bytes");
    if warm > 0.0 && entries == u64::MAX {
        object.error_at(
            "warm",
            "cache::warm-needs-entries",
            format!("`warm` of {} needs `entries`", object.owner()),
        );
    }
    if stale > Span::ZERO && ttl == Span::MAX {
        object.error_at(
            "stale",
            "cache::stale-needs-ttl",
            format!("`stale` of {} needs `ttl`", object.owner()),
        );
    }
}

parameters! {
    /// The object form of `partitions`.
    pub struct PartitionParameters {
        /// Number of partitions.
        count: u32 = 1, count(1..=MOST_INSTANCES), Choice, "not partitioned";
        /// Which partition a key belongs to.
        by: PartitionBy = PartitionBy::Hash, choice(PARTITION_BY), Choice, "what most stores do";
        /// Weights that skew `random`.
        weights: Vec<f64> = Vec::new(), weights(), Choice, "even";
    }
    check PartitionParameters::check
}

impl PartitionParameters {
    /// Checks rules between parameters.
    fn check(&mut self, object: &mut Object<'_>) {
        if self.weights.is_empty() {
            return;
        }
        if self.by != PartitionBy::Random {
            object.error_at(
                "weights",
                "partitions::weights-need-random",
                format!("`weights` of {} need `\"by\": \"random\"`", object.owner()),
            );
        }
        if self.weights.len() > MOST_INSTANCES as usize {
            object.error_at(
                "weights",
                "value::out-of-range",
                format!(
                    "`weights` of {} must be at most {MOST_INSTANCES} numbers",
                    object.owner()
                ),
            );
        } else if !object.has("count") {
            self.count = self.weights.len() as u32;
        } else if self.weights.len() != self.count as usize {
            object.error_at(
                "weights",
                "partitions::weights-count",
                format!(
                    "`weights` of {} must be {} numbers, got {}",
                    object.owner(),
                    self.count,
                    self.weights.len()
                ),
            );
        }
    }
}

/// Reads a list of weights with a positive sum.
fn weights() -> How<Vec<f64>> {
    let read = |field: &Field<'_>| {
        let entries = field.list()?;
        let weights: Option<Vec<f64>> = entries.iter().map(Field::factor).collect();
        let weights = weights?;
        if weights.iter().sum::<f64>() > 0.0 {
            return Some(weights);
        }
        field.error(
            "value::out-of-range",
            format!("{} must have a positive sum", field.name),
        );
        None
    };
    custom("list of weight", "a positive sum", read, |list| {
        if list.is_empty() {
            "even".to_owned()
        } else {
            format!("{list:?}")
        }
    })
}

/// Reads `partitions`: a count, or an object with `count`, `by` and `weights`.
pub fn partitions() -> How<PartitionSpec> {
    let read = |field: &Field<'_>| match &field.value.data {
        Data::Object(_) => {
            let read = super::parameter::object::<PartitionParameters>();
            let parameters = (read.read)(field)?;
            Some(PartitionSpec {
                count: parameters.count,
                by: parameters.by,
                weights: parameters.weights,
            })
        }
        Data::Null | Data::Bool(_) | Data::Number(_) | Data::Text(_) | Data::List(_) => {
            let count = u32::try_from(field.count_in(1..=u64::from(MOST_INSTANCES))?).ok()?;
            Some(PartitionSpec {
                count,
                ..PartitionSpec::default()
            })
        }
    };
    let mut how = custom(
        "count, object",
        "1 to 65000",
        read,
        |spec: &PartitionSpec| format!("{} by {}", spec.count, word(PARTITION_BY, &spec.by)),
    );
    how.keys = <PartitionParameters as super::parameter::Parameters>::table();
    how
}

/// What a full waiting line does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhenFull {
    /// The visit is shed.
    Shed,
    /// The visit is throttled.
    Throttle,
    /// The visit stands before the line until there is room.
    Block,
}

impl WhenFull {
    /// Returns the outcome of a visit that is refused.
    pub fn outcome(self) -> Outcome {
        match self {
            WhenFull::Throttle => Outcome::Throttled,
            WhenFull::Shed | WhenFull::Block => Outcome::Shed,
        }
    }
}

/// Reads what a full waiting line does.
pub fn when_full() -> How<WhenFull> {
    choice(&[
        ("shed", WhenFull::Shed),
        ("block", WhenFull::Block),
        ("throttle", WhenFull::Throttle),
    ])
}

/// Reads `io`: whether a visit keeps its server while it waits for its calls.
pub fn io() -> How<bool> {
    choice(&[("blocking", true), ("async", false)])
}

/// Takes one call from a bucket that all nodes of the account share, which holds one
/// second of its rate; without a token the visit is throttled.
pub(super) fn admit_call(program: &mut Program<'_>, label: &str, rate_per_s: f64) {
    let bucket = program.bucket(label, &BucketSpec::one_second(rate_per_s, Scope::Account));
    program.admit(&[bucket], Cost::One, false);
}

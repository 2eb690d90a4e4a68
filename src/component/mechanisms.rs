//! Declarations: the mechanisms that a node's programs name.
//!
//! A label means the same mechanism in all programs of its node, or of the account.

use std::ops::Range;

use super::build::{Owner, Quantity, Table, index, threshold64};
use super::declare::{
    BucketId, BucketSpec, CacheId, CacheSpec, GroupId, PartitionId, PartitionSpec, PoolId,
    PoolSpec, Scope, StationSpec,
};
use super::program::Program;
use crate::model::{
    Bucket, Cache, Discipline, Group, Growth, NONE, Of, Partition, Pick, Pool, Recount, Splitting,
};
use crate::units::{SimTime, Span};

/// CoDel's target and interval.
///
/// SOURCE: RFC 8289, section 4.2 and 4.3: 5 ms and 100 ms.
const CODEL: (Span, Span) = (Span(5_000_000), Span(100_000_000));

impl Program<'_> {
    /// Declares the station whose servers are the node's: utilisation is about it.
    pub fn station(&mut self, label: &str, spec: &StationSpec) -> GroupId {
        let (group, new) = self.group(Owner::Node(self.ask.node), label, spec, false);
        if new {
            let node = &mut self.build.model.nodes[self.ask.node as usize];
            if node.group == NONE {
                node.group = group.0;
            }
        }
        group
    }

    /// Declares a partitioning rule; the node's first one is that of its tallies.
    pub fn partition(&mut self, label: &str, spec: &PartitionSpec) -> PartitionId {
        self.copies(label, spec, 0..1)
    }

    /// Declares a partitioning rule that places a visit at one of some copies of its
    /// partition; copy c of partition p is the instance c × `count` + p.
    pub fn copies(&mut self, label: &str, spec: &PartitionSpec, copies: Range<u32>) -> PartitionId {
        let owner = Owner::Node(self.ask.node);
        if let Some(known) = self.build.labelled(Table::Partitions, owner.clone(), label) {
            return PartitionId(known);
        }
        let total: f64 = spec.weights.iter().sum();
        let mut sum = 0.0;
        let weights = spec.weights.iter().map(|weight| {
            sum += weight;
            threshold64(sum / total)
        });
        let weights = weights.collect();
        let partitions = &mut self.build.model.partitions;
        let at = index(partitions.len());
        partitions.push(Partition {
            count: spec.count,
            by: spec.by,
            weights,
            copies,
            splits: None,
            filled: None,
            later: Vec::new(),
            guarded: false,
        });
        self.build.label(Table::Partitions, owner, label, at);
        let node = &mut self.build.model.nodes[self.ask.node as usize];
        if node.partition == NONE {
            node.partition = at;
        }
        PartitionId(at)
    }

    /// Declares a token bucket, or one per instance, full at the start.
    pub fn bucket(&mut self, label: &str, spec: &BucketSpec) -> BucketId {
        self.bucket_holding(label, spec, spec.burst)
    }

    /// Declares a token bucket, or one per instance, that holds some tokens at the start.
    pub fn bucket_holding(&mut self, label: &str, spec: &BucketSpec, tokens: f64) -> BucketId {
        let owner = self.owner(spec.scope);
        let (count, of) = match spec.scope {
            Scope::Instance(count) => (count, Of::Instance),
            Scope::Node | Scope::Account => (1, Of::One),
        };
        if let Some(first) = self.build.labelled(Table::Buckets, owner.clone(), label) {
            self.check_limit(label, spec, first);
            return BucketId { first, of };
        }
        let buckets = &mut self.build.model.buckets;
        let first = index(buckets.len());
        for _ in 0..count {
            buckets.push(Bucket {
                node: self.ask.node,
                name: label.to_owned(),
                rate_per_s: spec.rate_per_s,
                burst: spec.burst,
                tokens,
                window: spec.window,
                growth: None,
                heats: NONE,
                supplied: false,
            });
        }
        self.build.label(Table::Buckets, owner, label, first);
        BucketId { first, of }
    }

    /// Lets a bucket's rate follow what it has admitted.
    pub fn grows(&mut self, bucket: BucketId, growth: Growth) {
        self.build.model.buckets[bucket.first as usize].growth = Some(growth);
    }

    /// Lets the partitions of a rule split where one of their buckets stays hot; each of
    /// the rule's `most` partitions has one.
    pub fn splits(&mut self, partition: PartitionId, buckets: BucketId, splitting: Splitting) {
        let rule = &mut self.build.model.partitions[partition.0 as usize];
        rule.splits = Some(splitting);
        rule.guarded = true;
        let first = buckets.first as usize;
        for bucket in &mut self.build.model.buckets[first..first + splitting.most as usize] {
            bucket.heats = partition.0;
        }
    }

    /// Lets other partitions take over all keys at planned instants: when, and how many; `lag` is
    /// how long after that something may still arrive in the node's log.
    pub fn recount(&mut self, partition: PartitionId, changes: &[(SimTime, u32)], lag: Span) {
        let node = self.ask.node;
        let rule = &mut self.build.model.partitions[partition.0 as usize];
        let mut first = rule.count;
        let later = changes.iter().map(|&(at, count)| {
            let recount = Recount {
                node,
                at,
                lag,
                first,
                count,
            };
            first += count;
            recount
        });
        rule.later = later.collect();
        self.build.model.control.recounts = true;
    }

    /// Refuses another rate for a limit that all nodes of the account share.
    fn check_limit(&mut self, label: &str, spec: &BucketSpec, known: u32) {
        let known = &self.build.model.buckets[known as usize];
        let same = |one: f64, other: f64| (one - other).abs() <= 1e-9 * other.abs();
        let agree = same(known.rate_per_s, spec.rate_per_s) && same(known.burst, spec.burst);
        if spec.scope != Scope::Account || agree {
            return;
        }
        self.two_limits(label, known.node);
    }

    /// Refuses what another node of the account states differently.
    pub(super) fn two_limits(&mut self, label: &str, other: u32) {
        let other = &self.build.model.nodes[other as usize].name;
        let message = format!(
            "nodes `{other}` and `{}` state different limits for the {label}, which they share",
            self.name
        );
        self.refuse("account::two-limits", message);
    }

    /// Declares the cache that the node answers from.
    pub fn cache(&mut self, label: &str, spec: &CacheSpec) -> CacheId {
        self.cache_of_tier(label, spec, true)
    }

    /// Declares a cache behind that one: what hits or misses there is not counted again.
    pub fn cache_behind(&mut self, label: &str, spec: &CacheSpec) -> CacheId {
        self.cache_of_tier(label, spec, false)
    }

    fn cache_of_tier(&mut self, label: &str, spec: &CacheSpec, counted: bool) -> CacheId {
        let owner = Owner::Node(self.ask.node);
        let known = self.build.labelled(Table::Caches, owner.clone(), label);
        let at = known.unwrap_or_else(|| {
            let at = index(self.build.model.caches.len());
            self.build.model.caches.push(Cache {
                node: self.ask.node,
                policy: spec.policy,
                entries: spec.entries,
                bytes: spec.bytes,
                ttl: spec.ttl,
                renew: spec.renew,
                coalesce: spec.coalesce,
                stale: spec.stale,
                warm: spec.warm,
                warm_keys: NONE,
                instances: spec.instances,
                counted,
            });
            self.build.label(Table::Caches, owner, label, at);
            at
        });
        let node = &mut self.build.model.nodes[self.ask.node as usize];
        node.looks_up = true;
        if node.cache == NONE {
            node.cache = at;
        }
        CacheId(at)
    }

    /// Declares the pool of environments that is the node's capacity; every version has its own.
    pub fn pool(&mut self, label: &str, spec: &PoolSpec) -> PoolId {
        let owner = Owner::Node(self.ask.node);
        let label = &match self.version {
            0 => label.to_owned(),
            version => format!("{label} of version {version}"),
        };
        if let Some(known) = self.build.labelled(Table::Pools, owner.clone(), label) {
            return PoolId(known);
        }
        let cold_start = self
            .build
            .sampler_or_none(Quantity::Time, spec.cold_start.as_ref());
        let keep_alive = self.build.sampler(Quantity::Time, &spec.keep_alive);
        let at = index(self.build.model.pools.len());
        self.build.model.pools.push(Pool {
            node: self.ask.node,
            cold_start,
            keep_alive,
            last_used: spec.last_used,
            most: spec.most,
            start_rate: spec.start_rate,
            start_burst: spec.start_burst,
            provisioned: spec.provisioned,
            lifetime: spec.lifetime,
        });
        self.build.label(Table::Pools, owner, label, at);
        if self.version == 0 {
            self.build.model.nodes[self.ask.node as usize].pool = at;
        }
        PoolId(at)
    }

    /// Returns whose label it is.
    pub(super) fn owner(&self, scope: Scope) -> Owner {
        match scope {
            Scope::Node | Scope::Instance(_) => Owner::Node(self.ask.node),
            Scope::Account => Owner::Account,
        }
    }

    /// Declares a station group; says whether it is new.
    pub(super) fn group(
        &mut self,
        owner: Owner,
        label: &str,
        spec: &StationSpec,
        limit: bool,
    ) -> (GroupId, bool) {
        if let Some(known) = self.build.labelled(Table::Groups, owner.clone(), label) {
            return (GroupId(known), false);
        }
        let max_wait = self
            .build
            .sampler_or_none(Quantity::Time, spec.max_wait.as_ref());
        let instances = self
            .around
            .room(self.ask.node)
            .filter(|_| !limit && spec.partition.is_none())
            .unwrap_or(spec.instances);
        let groups = &mut self.build.model.groups;
        let at = index(groups.len());
        let first = groups.last().map_or(0, |last| last.first + last.instances);
        groups.push(Group {
            node: self.ask.node,
            instances,
            first,
            servers: spec.servers,
            discipline: spec.discipline,
            waiting_limit: spec.waiting_limit,
            when_full: spec.when_full,
            blocks: spec.blocks,
            replaces: spec.replaces,
            max_wait,
            planned: spec.discipline == Discipline::Fifo
                && max_wait == NONE
                && !limit
                && spec.credit.is_none()
                && !spec.blocks
                && !spec.replaces,
            codel: CODEL,
            pick: match spec.partition {
                Some(partition) => Pick::Partition(partition.0),
                None => Pick::Random,
            },
            limit,
            handed: false,
            varies: false,
            credit: spec.credit,
        });
        self.build.label(Table::Groups, owner, label, at);
        (GroupId(at), true)
    }
}

//! Memcached on nodes of ElastiCache: keys spread over nodes, each with a thread for every vCPU.
//!
//! # Model
//! 1. The key's hash chooses the node, as clients do it.
//! 2. The command waits for one of the node's threads, one for each vCPU, and holds it for
//!    its time, a time for every further key, and a time for every KiB copied.
//! 3. With `hit_rate` or `cache`, a read may miss. The miss is the caller's
//!    (`on_miss`); else it is fetched over the link and put in, which is one more `set`
//!    at the node; else the node answers and keeps it. Without either, every read finds
//!    its key.
//! 4. A write passes down the link, if there is one, and its keys are then present;
//!    `delete` takes them out, and stays here.
//!
//! # Not modelled
//! - Memory: give `cache` `entries` or `bytes`. Classes of item sizes, each with its own
//!   list: one `lru` list stands for all of a node. Items above 1 MiB.
//! - A command of several keys that lie on several nodes: it is run where its first key
//!   lies, as the client would have to split it.
//! - Nodes that are lost or added, and the keys that are cold then.
//! - Connections and their limit of 65,000 a node.
//!
//! # Sources
//! ElastiCache user guide (Quotas; Choosing between engines). Nishtala et al., Scaling
//! Memcache at Facebook, NSDI 2013. Times are estimates from 200,000 commands/s of one
//! thread. Read 2026-11.

use crate::component::ask::{Access, OperationInfo};
use crate::component::elasticache_redis;
use crate::component::instance_types::{InstanceType, M7G_LARGE, Offer};
use crate::component::parameter::{
    Parameters, choice, count, duration, object, parameters, share, size_law,
};
use crate::component::price::{Charge, Price, Usage};
use crate::component::purchase::{NODES, ON_DEMAND, Purchase};
use crate::component::shared::CacheParameters;
use crate::component::{Class, Component, KindInfo, PartitionSpec, Program, StationSpec, WorkSpec};
use crate::random::law::Law;
use crate::spec::reader::Object;
use crate::units::Span;

/// Times.
const SCALE: &str =
    "200,000 commands/s of one thread, as practice reports it, 2026-11; put your own";

/// What is paid for: a node costs what it does with Redis.
const PRICES: &[Price] = elasticache_redis::PRICES;

/// The kind.
pub static INFO: KindInfo = KindInfo {
    kind: "elasticache-memcached",
    class: Class::Cache,
    summary: "Memcached: keys over nodes with a thread for each vCPU",
    model: "the key's hash chooses the node; a command waits for one of its threads and holds it for its time, \
            further keys and bytes; a miss goes to on_miss or down the link",
    not_modelled: "memory beside `cache`, classes of item sizes, commands over several nodes, nodes lost or added, connections",
    sources: "ElastiCache user guide (Quotas; Choosing between engines); Nishtala et al., NSDI 2013; read 2026-11",
    operations: &[
        operation("get", Access::Read, "reads a key, or several"),
        operation("set", Access::Write, "writes keys"),
        operation("incr", Access::Write, "adds to a counter"),
        operation("delete", Access::Write, "takes keys out"),
    ],
    prices: PRICES,
    parameters: ElastiCacheMemcached::table,
    read: |object| Box::new(ElastiCacheMemcached::read(object)),
};

/// An operation.
const fn operation(name: &'static str, access: Access, doc: &'static str) -> OperationInfo {
    OperationInfo {
        name,
        access,
        most_items: u32::MAX,
        doc,
    }
}

/// Node types that are offered.
///
/// ESTIMATE: families as recalled, 2026-11, since no list of them lies at hand; processors
/// and memory are those of the EC2 type of the name.
const TYPES: Offer = Offer {
    prefix: "cache.",
    suffix: "",
    families: &["t3", "t4g", "m5", "m6g", "m7g", "r6g", "r7g"],
    least_gib: 0.5,
    least_vcpus: 2,
    range: "a node type such as `cache.t4g.small` or `cache.m7g.large`",
};

parameters! {
    /// Parameters of Memcached.
    pub struct ElastiCacheMemcached {
        /// Nodes over which keys are spread by hash.
        nodes: u32 = 1, count(1..=300), Documented, "ElastiCache user guide, Quotas: up to 300 nodes in a region, read 2026-11; one is the plainest";
        /// Node type: one thread for each of its vCPUs, as of the EC2 type of the name; the families are recalled.
        node as "type": InstanceType = M7G_LARGE, TYPES.read(), Choice, "the smallest general-purpose one that does not burst";
        /// How the nodes are bought, for the bill.
        purchase: Purchase = Purchase::OnDemand, choice(NODES), Choice, ON_DEMAND;
        /// Share of the list price that `purchase` saves; needed where it is not on demand.
        discount: Option<f64> = None, share(), Choice, "none is known that would be usual";
        /// Share of reads that find their key; excludes `cache`.
        hit_rate: Option<f64> = None, share(), Choice, "every read finds its key until `hit_rate` or `cache` is given";
        /// Entries of one node, for a hit rate that follows from keys, size and expiry.
        cache: Option<CacheParameters> = None, object::<CacheParameters>(), Choice, "every read finds its key until `hit_rate` or `cache` is given";
        /// Size of one value where a step gives none.
        item: Law = Law::Constant(1024.0), size_law(), Choice, "the format's own default";
        /// Time of a thread for a command of one key.
        command: Span = Span(5_000), duration(), Estimate, SCALE;
        /// Time of a thread for every further key.
        key_each: Span = Span(1_000), duration(), Estimate, SCALE;
        /// Time of a thread to copy one KiB of values.
        copy: Span = Span(150), duration(), Estimate, "as Redis copies, for want of a figure, 2026-11";
    }
    check ElastiCacheMemcached::check
}

impl ElastiCacheMemcached {
    /// Checks rules between parameters.
    fn check(&mut self, object: &mut Object<'_>) {
        self.purchase.check(self.discount, &[], object);
        object.exclusive("hit_rate", "cache");
    }

    /// Returns what a node costs, if it is known.
    fn price(&self) -> Option<&'static Price> {
        let item = format!("node cache.{}", self.node.name);
        PRICES.iter().find(|price| price.item == item)
    }

    /// Returns what a command holds a thread for.
    fn command(&self, op: &str) -> WorkSpec {
        let copies = op != "delete";
        WorkSpec {
            base: Some(Law::Constant(self.command.0 as f64)),
            per_item_ns: self.key_each.0 as f64,
            per_byte_ns: if copies {
                self.copy.0 as f64 / 1024.0
            } else {
                0.0
            },
            ..WorkSpec::default()
        }
    }
}

impl Component for ElastiCacheMemcached {
    fn info(&self) -> &'static KindInfo {
        &INFO
    }

    fn compile(&self, program: &mut Program<'_>) {
        let spread = PartitionSpec {
            count: self.nodes,
            ..PartitionSpec::default()
        };
        let node = (self.nodes > 1).then(|| program.partition("nodes", &spread));
        if let Some(node) = node {
            program.place(node);
        }
        let threads = StationSpec {
            instances: self.nodes,
            servers: self.node.vcpus,
            partition: node,
            ..StationSpec::default()
        };
        let threads = program.station("threads", &threads);
        let op = program.op();
        program.serve(threads, &self.command(op));

        let cache = self.cache.as_ref();
        let cache = cache.map(|cache| program.cache("entries", &cache.spec(self.nodes)));
        let links = program.has_links();
        if program.is_write() {
            let removes = op == "delete";
            if links && !removes {
                program.fetch();
            }
            match cache {
                Some(cache) if removes => program.invalidate(cache),
                Some(cache) => program.fill(cache),
                None => {}
            }
            return;
        }
        if !program.cacheable() && links {
            return program.fetch();
        }
        let miss = |program: &mut Program<'_>| {
            if !links {
                // Nobody else answers: what it makes up itself it keeps.
                if let (Some(cache), false) = (cache, program.handles_misses()) {
                    program.fill(cache);
                }
                return program.missed();
            }
            program.fetch();
            if let Some(node) = node {
                program.place(node);
            }
            program.serve(threads, &self.command("set"));
            if let Some(cache) = cache {
                program.fill(cache);
            }
        };
        match (cache, self.hit_rate) {
            (Some(cache), _) => program.look_up(cache, miss),
            (None, Some(hit_rate)) => program.look_up_fixed(hit_rate, miss),
            (None, None) => {}
        }
    }

    fn charges(&self) -> Vec<Charge> {
        let nodes = Usage::Hours(f64::from(self.nodes));
        let discount = self.purchase.discount(self.discount, &[]);
        let charge = |price| Charge::new(price, nodes).at(discount);
        self.price().map(charge).into_iter().collect()
    }

    fn unbilled(&self) -> Vec<&'static str> {
        let mut unbilled = vec!["transfer between the zones of node and client"];
        if self.price().is_none() {
            unbilled.push("its nodes, as nothing is known of the price of their type");
        }
        unbilled
    }

    fn item(&self) -> Option<Law> {
        Some(self.item.clone())
    }
}

//! Redis or Valkey on nodes of ElastiCache: shards that each run one command at a time.
//!
//! # Model
//! 1. The key's hash chooses the shard; with `replicas`, a read that need not be
//!    `consistent` goes to one of the shard's replicas, at random.
//! 2. The command waits its turn (one server, FIFO) and holds the executor for the
//!    socket work of one request, the command's own time, a time for every further
//!    item, and a time for every KiB copied.
//! 3. With `hit_rate` or `cache`, a read may miss. The miss is the caller's
//!    (`on_miss`); else it is fetched over the link and put in, which is one more `set`
//!    at the shard; else the node answers and keeps it. Without either, every read
//!    finds its key.
//! 4. A write passes down the link, if there is one, and its keys are then present;
//!    `delete` and `invalidate` take them out, and stay here.
//! 5. A full `cache` evicts by its `policy` what `memory_policy` permits. By default those are
//!    keys with a `ttl`: without one nothing goes, and a write that does not fit fails
//!    (out of memory), while what was missed is fetched but not kept.
//! 6. Every replica applies a write as well: the command's own time, without socket work.
//! 7. `publish` tells `count` subscribers: each costs the executor; it stays here.
//!
//! # Not modelled
//! - How many bytes a node has, beside its keys' overhead: give the `cache` its `bytes`.
//!   Evictions are exact where Redis samples five keys; expired keys count until touched.
//! - Old answers of replicas that lag and what they lose at a `failover`, at which the primaries
//!   of all shards are out, and no others; subscribers and their connections.
//! - A command of several keys that lie in several shards: it is run where its first key
//!   lies, as the client would have to split it.
//! - Connections and their limit of 65,000, TLS, forks, resharding, the serverless
//!   token rate.
//!
//! # Sources
//! Executor and socket times from published redis-benchmark figures (redis-doc): 508,388
//! GET/s and 403,063 SET/s in pipelines of 16 give 1.97 and 2.48 µs; 72,000 to 79,000
//! requests/s without pipeline give 11.5 µs of socket work each. Other commands are
//! estimates on that scale. Limits: ElastiCache user guide. Read 2026-11.

use crate::component::ask::{Access, OperationInfo};
use crate::component::parameter::{
    Basis, Parameters, choice, count, duration, duration_law, object, parameters, share, size_law,
};
use crate::component::price::{Charge, PRICE_LIST, Price, RECALLED, Tiers, Usage};
use crate::component::purchase::{NODES, ON_DEMAND, Purchase};
use crate::component::shared::CacheParameters;
use crate::component::{
    CacheSpec, Class, Component, GroupId, KindInfo, PartitionId, PartitionSpec, Program,
    StationSpec, WorkSpec,
};
use crate::model::Eviction;
use crate::random::law::Law;
use crate::spec::reader::Object;
use crate::units::Span;

/// Where the measured times come from.
const BENCHMARK: &str = "redis-doc, benchmark page (508,388 GET/s, 403,063 SET/s pipelined; 72,000 to 79,000/s unpipelined), read 2026-11";
/// What the estimated times are derived from.
const SCALE: &str = "on the scale of redis-doc, benchmark page, read 2026-11";
/// Limits.
const QUOTAS: &str = "ElastiCache user guide, Quotas: up to 500 shards and 5 replicas each, read 2026-11; one is the plainest";

/// What is paid for.
pub(super) const PRICES: &[Price] = &[
    node("node cache.t4g.micro", 0.016, Basis::Estimate, RECALLED),
    node("node cache.m4.large", 0.156, Basis::Documented, PRICE_LIST),
    node("node cache.m7g.large", 0.158, Basis::Estimate, RECALLED),
    node("node cache.m7g.xlarge", 0.316, Basis::Estimate, DOUBLED),
    node("node cache.m7g.2xlarge", 0.632, Basis::Estimate, DOUBLED),
    node("node cache.r6g.large", 0.206, Basis::Estimate, RECALLED),
    node("node cache.r7g.large", 0.219, Basis::Estimate, RECALLED),
    node("node cache.r7g.xlarge", 0.438, Basis::Estimate, DOUBLED),
    node("node cache.r7g.2xlarge", 0.876, Basis::Estimate, DOUBLED),
    node("node cache.r7g.4xlarge", 1.752, Basis::Estimate, DOUBLED),
    node(
        "node cache.r5.4xlarge",
        1.724,
        Basis::Documented,
        PRICE_LIST,
    ),
    node(
        "node cache.m6g.12xlarge",
        3.557,
        Basis::Documented,
        PRICE_LIST,
    ),
];
/// Sizes whose price follows from a smaller one.
const DOUBLED: &str = "twice the price of every smaller size of the family, as commonly published and not read again, 2026-11";

/// Makes the price of a node [US dollars an hour].
const fn node(item: &'static str, usd: f64, basis: Basis, source: &'static str) -> Price {
    Price {
        item,
        unit: "node-hour",
        usd: Tiers::Flat(usd),
        free: 0.0,
        basis,
        source,
    }
}

/// Words for types of nodes, as places in `PRICES`.
const NODE_TYPES: &[(&str, usize)] = &[
    ("cache.t4g.micro", 0),
    ("cache.m4.large", 1),
    ("cache.m7g.large", 2),
    ("cache.m7g.xlarge", 3),
    ("cache.m7g.2xlarge", 4),
    ("cache.r6g.large", 5),
    ("cache.r7g.large", 6),
    ("cache.r7g.xlarge", 7),
    ("cache.r7g.2xlarge", 8),
    ("cache.r7g.4xlarge", 9),
    ("cache.r5.4xlarge", 10),
    ("cache.m6g.12xlarge", 11),
];

/// For how long clients are refused while a replica takes over.
///
/// ESTIMATE: detection, promotion and the clients' new view take 10 s to 40 s; their middle.
const FAILOVER: Span = Span(25_000_000_000);

/// The kind.
pub static INFO: KindInfo = KindInfo {
    kind: "elasticache-redis",
    class: Class::Cache,
    summary: "Redis or Valkey: shards that each run one command at a time",
    model: "the key's hash chooses the shard, reads go to its replicas if there are any; a command \
            holds the only executor for socket work, its own time, further items and bytes; a miss \
            goes to on_miss or down the link; replicas apply writes too; full memory evicts keys with a ttl, else \
            writes fail",
    not_modelled: "bytes of a node, old answers of replicas, subscribers, commands \
                   over several shards, connections, TLS, failover, resharding, serverless",
    sources: "redis-doc, benchmark page; ElastiCache user guide (Quotas, Parameter groups, Scaling); AWS Database Blog (Redis 7.1, Valkey 8); read 2026-11",
    operations: &[
        read("get", "reads a key, or several (MGET)"),
        read("hget", "reads fields of a hash"),
        read(
            "range",
            "reads elements of a list or sorted set; `count` is how many",
        ),
        write("set", "writes a key, or several in a pipeline"),
        write("hset", "writes fields of a hash"),
        write("incr", "adds to a counter"),
        write("push", "adds to a list and trims it"),
        write("zadd", "adds to a sorted set"),
        write(
            "publish",
            "tells `count` subscribers of a channel, who are not here",
        ),
        write("delete", "takes keys out"),
        write("invalidate", "takes keys out, as `delete`"),
    ],
    prices: PRICES,
    parameters: ElastiCacheRedis::table,
    read: |object| Box::new(ElastiCacheRedis::read(object)),
};

/// An operation that brings items back.
const fn read(name: &'static str, doc: &'static str) -> OperationInfo {
    OperationInfo {
        name,
        access: Access::Read,
        most_items: u32::MAX,
        doc,
    }
}

/// An operation that takes items along.
const fn write(name: &'static str, doc: &'static str) -> OperationInfo {
    OperationInfo {
        access: Access::Write,
        ..read(name, doc)
    }
}

/// Which keys a full cache may evict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Memory {
    /// Those with a time to live.
    Volatile,
    /// All.
    AllKeys,
    /// None.
    None,
}

parameters! {
    /// Parameters of Redis.
    pub struct ElastiCacheRedis {
        /// Shards over which keys are spread by hash, each with one executor.
        shards: u32 = 1, count(1..=500), Choice, QUOTAS;
        /// Read copies of each shard; reads go there unless `consistent`.
        replicas: u32 = 0, count(0..=5), Choice, QUOTAS;
        /// Type of every node, for the bill alone: it makes nothing faster.
        node_type: usize = 6, choice(NODE_TYPES), Choice, "13 GiB and a core to spare, a common first node";
        /// How the nodes are bought, for the bill.
        purchase: Purchase = Purchase::OnDemand, choice(NODES), Choice, ON_DEMAND;
        /// Share of the list price that `purchase` saves; needed where it is not on demand.
        discount: Option<f64> = None, share(), Choice, "none is known that would be usual";
        /// Share of reads that find their key; excludes `cache`.
        hit_rate: Option<f64> = None, share(), Choice, "every read finds its key until `hit_rate` or `cache` is given";
        /// Entries of one shard, for a hit rate that follows from keys, size and expiry.
        cache: Option<CacheParameters> = None, object::<CacheParameters>(), Choice, "every read finds its key until `hit_rate` or `cache` is given";
        /// Which keys a full cache evicts: those with a `ttl`, all, or none.
        memory_policy: Memory = Memory::Volatile, choice(&[("volatile", Memory::Volatile), ("allkeys", Memory::AllKeys), ("noeviction", Memory::None)]), Documented, "ElastiCache user guide, Parameter groups: volatile-lru is the default, read 2026-11";
        /// Size of one value where a step gives none.
        item: Law = Law::Constant(1024.0), size_law(), Choice, "the format's own default";
        /// Socket work of one request, on a node that does it on the executor's core; nodes with cores to spare do it beside (1,000,000 requests/s on r7g.4xlarge).
        socket: Law = Law::Constant(11_500.0), duration_law(), Measured, BENCHMARK;
        /// Executor time of `get`.
        get: Span = Span(2_000), duration(), Measured, BENCHMARK;
        /// Executor time of every further key of a `get`, and field of an `hget`.
        get_each: Span = Span(600), duration(), Estimate, SCALE;
        /// Executor time of `hget`.
        hget: Span = Span(2_300), duration(), Estimate, SCALE;
        /// Executor time of `range`, without its elements.
        range: Span = Span(3_000), duration(), Estimate, SCALE;
        /// Executor time of every element of a `range`.
        range_each: Span = Span(150), duration(), Estimate, SCALE;
        /// Executor time of `set`, for every key.
        set: Span = Span(2_500), duration(), Measured, BENCHMARK;
        /// Executor time of `hset`, for every field.
        hset: Span = Span(3_000), duration(), Estimate, SCALE;
        /// Executor time of `incr`.
        incr: Span = Span(2_200), duration(), Estimate, SCALE;
        /// Executor time of `push` with its trim, for every element.
        push: Span = Span(3_500), duration(), Estimate, SCALE;
        /// Executor time of `zadd` for every element: 2.5us + 0.25us × log2 of 1,000 members.
        zadd: Span = Span(5_000), duration(), Estimate, SCALE;
        /// Executor time of `publish` without subscribers.
        publish: Span = Span(2_500), duration(), Estimate, SCALE;
        /// Executor time of a `publish` for every subscriber.
        publish_each: Span = Span(1_500), duration(), Estimate, SCALE;
        /// Executor time of `delete` and `invalidate`, for every key.
        delete: Span = Span(2_500), duration(), Estimate, SCALE;
        /// Executor time to copy one KiB of values.
        copy: Span = Span(150), duration(), Estimate, SCALE;
    }
    check ElastiCacheRedis::check
}

impl ElastiCacheRedis {
    /// Checks rules between parameters.
    fn check(&mut self, object: &mut Object<'_>) {
        self.purchase.check(self.discount, &[], object);
        object.exclusive("hit_rate", "cache");
    }

    /// Returns the entries of the shards, and what goes when they are full.
    fn entries(&self, cache: &CacheParameters) -> CacheSpec {
        let mut spec = cache.spec(self.shards);
        let evicts = match self.memory_policy {
            Memory::Volatile => cache.ttl < Span::MAX,
            Memory::AllKeys => true,
            Memory::None => false,
        };
        if !evicts {
            spec.policy = Eviction::Refuse;
        }
        spec
    }

    /// Writes that every replica of the key's shard applies a command.
    fn replicate(
        &self,
        program: &mut Program<'_>,
        executors: GroupId,
        spread: &PartitionSpec,
        op: &str,
    ) {
        for copy in 1..=self.replicas {
            program.beside(copy as u16, |program| {
                let label = format!("replica {copy}");
                let at = program.copies(&label, spread, copy..copy + 1);
                program.place(at);
                program.serve(executors, &self.work(op, false));
            });
        }
    }

    /// Returns what a command that comes over a socket holds the executor for.
    fn command(&self, op: &str) -> WorkSpec {
        self.work(op, true)
    }

    /// Returns what a command holds the executor for, with socket work or without.
    fn work(&self, op: &str, socket: bool) -> WorkSpec {
        let (first, each) = match op {
            "hget" => (self.hget, self.get_each),
            // Every element of a range costs, the first too.
            "range" => (self.range + self.range_each, self.range_each),
            "set" => (self.set, self.set),
            "hset" => (self.hset, self.hset),
            "incr" => (self.incr, self.incr),
            "push" => (self.push, self.push),
            "zadd" => (self.zadd, self.zadd),
            "publish" => (self.publish + self.publish_each, self.publish_each),
            "delete" | "invalidate" => (self.delete, self.delete),
            _ => (self.get, self.get_each),
        };
        let copies = !matches!(op, "delete" | "invalidate");
        WorkSpec {
            base: Some(if socket {
                plus(&self.socket, first)
            } else {
                Law::Constant(first.0 as f64)
            }),
            per_item_ns: each.0 as f64,
            per_byte_ns: if copies {
                self.copy.0 as f64 / 1024.0
            } else {
                0.0
            },
            ..WorkSpec::default()
        }
    }
}

/// Returns the law of a time and a fixed one after it.
fn plus(law: &Law, fixed: Span) -> Law {
    let fixed = fixed.0 as f64;
    if let Law::Constant(time) = law {
        return Law::Constant(time + fixed);
    }
    Law::Sum(vec![law.clone(), Law::Constant(fixed)])
}

impl Component for ElastiCacheRedis {
    fn info(&self) -> &'static KindInfo {
        &INFO
    }

    fn failover(&self) -> Option<Span> {
        (self.replicas > 0).then_some(FAILOVER)
    }

    fn failing_copies(&self) -> Option<u32> {
        (self.replicas > 0).then_some(self.shards)
    }

    fn compile(&self, program: &mut Program<'_>) {
        let spread = PartitionSpec {
            count: self.shards,
            ..PartitionSpec::default()
        };
        let several = self.shards > 1 || self.replicas > 0;
        let primary: Option<PartitionId> = several.then(|| program.partition("shards", &spread));
        let spec = StationSpec {
            instances: self.shards * (1 + self.replicas),
            partition: primary,
            ..StationSpec::default()
        };
        let writes = program.is_write();
        if self.replicas > 0 && !writes && !program.consistent() {
            let replicas = program.copies("replicas", &spread, 1..1 + self.replicas);
            program.place(replicas);
        } else if let Some(primary) = primary {
            program.place(primary);
        }
        let executors = program.station("shards", &spec);
        let op = program.op();
        program.serve(executors, &self.command(op));

        let cache = self.cache.as_ref();
        let cache = cache.map(|cache| program.cache("entries", &self.entries(cache)));
        let links = program.has_links();
        if writes {
            self.replicate(program, executors, &spread, op);
            if op == "publish" {
                return;
            }
            let removes = matches!(op, "delete" | "invalidate");
            if links && !removes {
                program.fetch();
            }
            match cache {
                Some(cache) if removes => program.invalidate(cache),
                Some(cache) => program.fill_or_fail(cache),
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
            if let Some(primary) = primary {
                program.place(primary);
            }
            program.serve(executors, &self.command("set"));
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
        let nodes = f64::from(self.shards * (1 + self.replicas));
        let price = PRICES.get(self.node_type);
        let discount = self.purchase.discount(self.discount, &[]);
        let charge = price.map(|price| Charge::new(price, Usage::Hours(nodes)).at(discount));
        charge.into_iter().collect()
    }

    fn unbilled(&self) -> Vec<&'static str> {
        vec!["transfer between the zones of node and client"]
    }

    fn item(&self) -> Option<Law> {
        Some(self.item.clone())
    }
}

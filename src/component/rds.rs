//! RDS: a relational database on an instance, with read replicas.
//!
//! # Model
//! 1. A write, and a read that must be `consistent`, goes to the primary; with
//!    `replicas`, other reads go to one of them at random.
//! 2. The operation takes a connection of the instance until it ends; above the
//!    instance's `connections` it is refused at once (throttled: too many connections). With
//!    `proxy` it takes longer by `proxy_time`, and waits for a connection up to `proxy_wait`.
//! 3. `overhead` passes, then it waits for one of the instance's vCPUs and holds it for
//!    the operation's own processor time and a time for every further row.
//! 4. A row read is in memory with probability `hit_rate`; the others, and every row
//!    written, wait for the storage operations that `iops` permits, one after the
//!    other. Reading pages takes `page`, making a write durable `commit`.
//! 5. Every replica does a write again once it is durable: after `lag` it holds a vCPU there
//!    for `replay_cpu`, so that a replica is no help against writes, and lags without bound
//!    where it has no vCPU left. A read of a replica before that has an old answer
//!    (`stale_share`).
//!
//! # Not modelled
//! - Idle connections of clients' pools: what holds one here is at work. Statements that
//!   pin a client of the proxy to its connection.
//! - Locks: writers of one row do not wait for each other.
//! - Old answers to more than the first row of a read, to requests without a key, and of
//!   statements that hold up the replay.
//! - At a `failover` the primary is out for 90 s unless the fault says how long, and `replicas` go
//!   on serving; memory is as warm afterwards, and replicas need not find the new primary.
//! - Group commit, checkpoints, vacuum; volume throughput (MiB/s); credits of T classes.
//! - Opening a connection (15 ms with TLS): connections are there.
//!
//! # Sources
//! RDS user guide (Quotas and constraints; Storage types; Multi-AZ; Read replicas).
//! Processor times and latencies are estimates: no distribution is published. Read 2026-11.

use crate::component::instance_types::{InstanceType, M7G_LARGE, Offer};
use crate::component::parameter::{
    Basis, Parameters, choice, count, duration, duration_law, flag, milliseconds_p50_p99,
    parameters, rate, share, size, word,
};
use crate::component::price::{Charge, GIB_MONTH, Price, RECALLED, Tiers, Usage};
use crate::component::purchase::{NODES, ON_DEMAND, Purchase};
use crate::component::relational::{LEAST_PROXIED, OPERATIONS, Processor, Proxy, Relational};
use crate::component::{Class, Component, KindInfo, Program};
use crate::random::law::Law;
use crate::spec::reader::Object;
use crate::units::Span;

/// Limits of connections.
const CONNECTIONS: &str = "RDS user guide, Quotas and constraints: memory / 12,582,880 (mysql), / 9,531,392 up to 5,000 (postgresql), / 25,165,760 up to 12,000 (mariadb), read 2026-11; of the memory all but 318 MiB is counted, which meets observed limits of 2 to 15 GiB within 4 %, an estimate";
/// Storage.
const VOLUMES: &str = "RDS user guide, Storage types: gp3 has 3,000, and 12,000 from 400 GiB on (postgresql, mysql, mariadb), read 2026-11";
/// Processor times.
const PROCESSOR: &str = "no figure is published, 2026-11; measure your statements";
/// Latencies.
const LATENCY: &str = "in-region practice, 2026-11: a cached read takes 1 ms (p99 5 ms), a commit 3 ms (15 ms), 5 ms (25 ms) with a standby; put your own";
/// Memory of an instance that the engine does not count [bytes].
///
/// ESTIMATE: what the system and the agent take. Observed limits of PostgreSQL (198, 413,
/// 856 and 1,660 at 2, 4, 8 and 15 GiB) times 9,531,392 bytes leave 248, 342, 411 and
/// 271 MiB: about as much everywhere, and no share of the memory, which would run from
/// 1.8 % to 12 %. With the mean of the four every observed limit is met within 4 %.
const RESERVED_MEMORY: f64 = 318.0 * 1_048_576.0;
/// One gibibyte in bytes.
const GIBIBYTE: u64 = 1 << 30;
/// Operations and size [GiB] from which on a volume includes more of them.
///
/// SOURCE: RDS user guide, Storage types: gp3 has 3,000, and 12,000 from 400 GiB on. Read 2026-11.
const INCLUDED: [(u64, f64); 2] = [(0, 3_000.0), (400, 12_000.0)];

/// For how long connections are refused while the standby takes over.
///
/// SOURCE: RDS user guide, Multi-AZ DB instance deployments: typically 60 to 120 seconds; its
/// middle. Read 2026-11.
const FAILOVER: Span = Span(90_000_000_000);

/// What is paid for.
const PRICES: &[Price] = &[
    instance("instance db.t4g.small (mysql)", 0.032),
    instance("instance db.t3.large (mysql)", 0.136),
    instance("instance db.m5.large (mysql)", 0.171),
    recalled("instance db.m6g.large (mysql)", 0.152),
    recalled("instance db.r6g.large (mysql)", 0.215),
    recalled("instance db.r6g.large (postgresql)", 0.225),
    STORAGE,
    MIRRORED,
    OPERATIONS_BEYOND,
    PROXY,
];
const PROXY: Price = Price {
    item: "proxy, by processors behind it",
    unit: "vCPU-hour",
    ..recalled("", 0.015)
};
const STORAGE: Price = Price {
    item: "storage (gp3)",
    unit: GIB_MONTH,
    ..instance("", 0.115)
};
const MIRRORED: Price = Price {
    item: "storage (gp3, Multi-AZ)",
    usd: Tiers::Flat(0.23),
    ..STORAGE
};
const OPERATIONS_BEYOND: Price = Price {
    item: "operations beyond those included",
    unit: "IOPS-month",
    usd: Tiers::Flat(0.02),
    ..STORAGE
};

/// Makes the price of an instance in one zone [US dollars an hour].
const fn instance(item: &'static str, usd: f64) -> Price {
    Price {
        item,
        unit: "instance-hour",
        usd: Tiers::Flat(usd),
        free: 0.0,
        basis: Basis::Documented,
        source: "public price list, us-east-1, 2026-05, by Infracost's golden outputs, read 2026-11",
    }
}

/// The same, where it was not read again.
const fn recalled(item: &'static str, usd: f64) -> Price {
    Price {
        basis: Basis::Estimate,
        source: RECALLED,
        ..instance(item, usd)
    }
}

/// The kind.
pub static INFO: KindInfo = KindInfo {
    kind: "rds",
    class: Class::Leaf,
    summary: "a relational database on an instance, with read replicas",
    model: "a write goes to the primary, a read to a replica if there are any; takes a connection, else throttles \
            (with a proxy: waits); waits for a vCPU and holds it; rows that are not in memory and rows written wait for storage \
            operations; a write is made durable, and done again by every replica after its lag; a read before that has an old answer",
    not_modelled: "idle connections, locks, old answers to more than the first row, memory that is cold after a failover, group commit, checkpoints, volume throughput, credits of T classes, opening connections",
    sources: "RDS user guide (Quotas and constraints; Storage types; Multi-AZ; Read replicas); read 2026-11",
    operations: OPERATIONS,
    prices: PRICES,
    parameters: Rds::table,
    read: |object| Box::new(Rds::read(object)),
};

/// Classes that are offered.
///
/// ESTIMATE: families as recalled, 2026-11, since no list of them lies at hand; processors
/// and memory are those of the EC2 type of the name.
const CLASSES: Offer = Offer {
    prefix: "db.",
    suffix: "",
    families: &[
        "t3", "t4g", "m5", "m6g", "m6i", "m7g", "m7i", "m8g", "r6g", "r6i", "r7g", "r7i", "r8g",
    ],
    least_gib: 1.0,
    least_vcpus: 2,
    range: "an instance class such as `db.t4g.medium` or `db.m7g.large`",
};

/// Which database it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// MySQL.
    MySql,
    /// PostgreSQL.
    PostgreSql,
    /// MariaDB.
    MariaDb,
}

/// Words for engines.
const ENGINES: &[(&str, Engine)] = &[
    ("mysql", Engine::MySql),
    ("postgresql", Engine::PostgreSql),
    ("mariadb", Engine::MariaDb),
];

parameters! {
    /// Parameters of a database.
    pub struct Rds {
        /// Which database it is; it decides how many connections there are.
        engine: Engine = Engine::PostgreSql, choice(ENGINES), Choice, "one of the two usual ones";
        /// Instance class: processors and memory of the primary and of each replica, as of the EC2 type of the name; the families are recalled.
        class: InstanceType = M7G_LARGE, CLASSES.read(), Choice, "the smallest general-purpose one";
        /// How the instances are bought, for the bill.
        purchase: Purchase = Purchase::OnDemand, choice(NODES), Choice, ON_DEMAND;
        /// Share of the list price that `purchase` saves; needed where it is not on demand.
        discount: Option<f64> = None, share(), Choice, "none is known that would be usual";
        /// Read copies; reads go there unless `consistent`.
        replicas: u32 = 0, count(0..=15), Documented, "RDS user guide, Read replicas: up to 15, none until one is made, read 2026-11";
        /// Whether a commit waits for a standby in another zone.
        multi_az: bool = false, flag(), Choice, "has to be switched on";
        /// Most connections of one instance; without it what engine and class permit.
        connections: Option<u32> = None, count(1..=100_000), Documented, CONNECTIONS;
        /// Whether a proxy stands in front, which shares connections out.
        proxy: bool = false, flag(), Choice, "has to be made";
        /// Longest wait for a connection of the proxy, then timed out.
        proxy_wait: Span = Span(120_000_000_000), duration(), Documented, "RDS user guide, RDS Proxy: connection borrow timeout 120 s, read 2026-11";
        /// Time that the proxy adds.
        proxy_time: Law = milliseconds_p50_p99(1.5, 6.0), duration_law(), Estimate, "in-region practice, 2026-11; put your own";
        /// Share of rows read whose page is in memory.
        hit_rate: f64 = 0.99, share(), Estimate, "a working set that fits, 2026-11; put your own";
        /// Size of the volume of one instance, for the bill.
        stored: Option<u64> = None, size(), Choice, "not known until it is given; storage is then not in the bill";
        /// Storage operations per time of one instance; none are saved up.
        iops: f64 = 3_000.0, rate(), Documented, VOLUMES;
        /// Time of an operation beside processor and storage: protocol and scheduling.
        overhead: Law = milliseconds_p50_p99(0.8, 4.8), duration_law(), Estimate, LATENCY;
        /// Processor time of `get`.
        get_cpu: Span = Span(200_000), duration(), Estimate, PROCESSOR;
        /// Processor time of `query`.
        query_cpu: Span = Span(1_000_000), duration(), Estimate, PROCESSOR;
        /// Processor time of `insert`, `update`, `delete` and `conditional`.
        write_cpu: Span = Span(300_000), duration(), Estimate, PROCESSOR;
        /// Processor time of every further row of an operation.
        row_cpu: Span = Span(10_000), duration(), Estimate, PROCESSOR;
        /// Time from a commit until a replica hears of it.
        lag: Law = milliseconds_p50_p99(20.0, 100.0), duration_law(), Estimate, "about 20 ms where the replica is idle, 2026-11; put your own";
        /// Processor time of a replica to do a write again.
        replay_cpu: Span = Span(150_000), duration(), Estimate, "half of a write: nothing is parsed or planned, 2026-11; measure your own";
        /// Time to read what is not in memory from the volume, beside the wait for `iops`.
        page: Law = milliseconds_p50_p99(0.8, 2.5), duration_law(), Estimate, "gp3, 16 KiB: single-digit milliseconds by the EBS user guide, 2026-11; put your own";
        /// Time to make a write durable, beside the wait for `iops`; without it p50 2ms, p99 10ms, and p50 4ms, p99 20ms with `multi_az`.
        commit: Option<Law> = None, duration_law(), Estimate, LATENCY;
    }
    check Rds::check
}

impl Rds {
    /// Checks rules between parameters.
    fn check(&mut self, object: &mut Object<'_>) {
        self.purchase.check(self.discount, &[], object);
    }

    /// Returns what an instance costs in one zone, if it is known.
    fn price(&self) -> Option<&'static Price> {
        let engine = word(ENGINES, &self.engine);
        let item = format!("instance db.{} ({engine})", self.class.name);
        PRICES.iter().find(|price| price.item == item)
    }

    /// Returns the most connections of one instance.
    fn connections(&self) -> u32 {
        let (bytes_each, most) = match self.engine {
            Engine::MySql => (12_582_880.0, 100_000.0),
            Engine::PostgreSql => (9_531_392.0, 5_000.0),
            Engine::MariaDb => (25_165_760.0, 12_000.0),
        };
        let counted = (self.class.bytes() - RESERVED_MEMORY).max(0.0);
        let permitted = (counted / bytes_each).min(most) as u32;
        self.connections.unwrap_or(permitted.max(1))
    }
}

impl Component for Rds {
    fn info(&self) -> &'static KindInfo {
        &INFO
    }

    fn failover(&self) -> Option<Span> {
        self.multi_az.then_some(FAILOVER)
    }

    fn failing_copies(&self) -> Option<u32> {
        (self.replicas > 0).then_some(1)
    }

    fn compile(&self, program: &mut Program<'_>) {
        let usual = if self.multi_az {
            milliseconds_p50_p99(4.0, 20.0)
        } else {
            milliseconds_p50_p99(2.0, 10.0)
        };
        let database = Relational {
            vcpus: self.class.vcpus,
            serverless: None,
            connections: self.connections(),
            replicas: self.replicas,
            hit_rate: self.hit_rate,
            overhead: &self.overhead,
            processor: Processor {
                get: self.get_cpu,
                query: self.query_cpu,
                write: self.write_cpu,
                row: self.row_cpu,
            },
            page: &self.page,
            commit: self.commit.as_ref().unwrap_or(&usual),
            storage: Some(self.iops),
            proxy: self.proxy.then_some(Proxy {
                time: &self.proxy_time,
                wait: self.proxy_wait,
            }),
            lag: &self.lag,
            replay: Some(self.replay_cpu),
            afar: None,
        };
        database.compile(program);
    }

    fn charges(&self) -> Vec<Charge> {
        // SOURCE: RDS pricing: Multi-AZ costs twice, 2026-05. Replicas have no standby here.
        let instances = 1 + u32::from(self.multi_az) + self.replicas;
        let discount = self.purchase.discount(self.discount, &[]);
        let hours = Usage::Hours(f64::from(instances));
        let charge = |price| Charge::new(price, hours).at(discount);
        let instances = self.price().map(charge);
        let mut charges: Vec<Charge> = instances.into_iter().collect();
        if self.proxy {
            // A standby is not behind the proxy, replicas are.
            let vcpus = self.class.vcpus.max(LEAST_PROXIED) * (1 + self.replicas);
            charges.push(Charge::new(&PROXY, Usage::Hours(f64::from(vcpus))));
        }
        let Some(stored) = self.stored else {
            return charges;
        };
        let gibibytes = stored as f64 / GIBIBYTE as f64;
        let primary = if self.multi_az { &MIRRORED } else { &STORAGE };
        let (_, included) = INCLUDED[usize::from(stored >= INCLUDED[1].0 * GIBIBYTE)];
        let beyond = (self.iops - included).max(0.0) * f64::from(1 + self.replicas);
        charges.extend([
            Charge::new(primary, Usage::Kept(gibibytes)),
            Charge::new(&STORAGE, Usage::Kept(gibibytes * f64::from(self.replicas))),
            Charge::new(&OPERATIONS_BEYOND, Usage::Kept(beyond)),
        ]);
        charges
    }

    fn lacks_prices(&self) -> bool {
        self.price().is_none()
    }

    fn unbilled(&self) -> Vec<&'static str> {
        let mut unbilled = vec![
            "backups beyond the size of the database",
            "transfer between zones",
        ];
        if self.stored.is_none() {
            unbilled.push("storage and its operations, as it has no `stored`");
        }
        if self.price().is_none() {
            unbilled.push(
                "its instances, as nothing is known of the price of their class with this engine",
            );
        }
        unbilled
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn engine_and_memory_decide_how_many_connections_there_are() {
        let with = |engine, gib| {
            let class = InstanceType { gib, ..M7G_LARGE };
            let database = Rds {
                engine,
                class,
                ..Rds::default()
            };
            database.connections()
        };

        // ⌊(memory − 318 MiB) ÷ bytes of a connection⌋, and the engine's own cap.
        assert_eq!(with(Engine::MySql, 8.0), 656);
        assert_eq!(with(Engine::PostgreSql, 8.0), 866);
        assert_eq!(with(Engine::PostgreSql, 128.0), 5_000);
        assert_eq!(with(Engine::MariaDb, 8.0), 328);
        assert_eq!(with(Engine::MariaDb, 768.0), 12_000);
    }

    #[test]
    fn observed_limits_of_postgresql_are_met_within_4_per_cent() {
        for (gib, observed) in [(2.0, 198.0), (4.0, 413.0), (8.0, 856.0), (15.0, 1_660.0)] {
            let class = InstanceType { gib, ..M7G_LARGE };
            let database = Rds {
                class,
                ..Rds::default()
            };

            let off = f64::from(database.connections()) / observed - 1.0;
            assert!(off.abs() < 0.041, "{gib} GiB: off by {off}");
        }
    }
}

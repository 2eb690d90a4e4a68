//! Aurora: a relational database whose writer and readers share replicated storage.
//!
//! # Model
//! 1. A write, and a read that must be `consistent`, goes to the writer; with
//!    `replicas`, other reads go to one of the readers at random.
//! 2. The operation takes a connection of the instance until it ends; above the
//!    instance's `connections` it is refused at once (throttled: too many connections).
//! 3. `overhead` passes, then it waits for one of the instance's vCPUs and holds it for
//!    the operation's own processor time and a time for every further row.
//! 4. A row read is in memory with probability `hit_rate`; the others are read from
//!    storage (`page`), which has no limit of operations. A write is durable after
//!    `commit`, when four of six copies have it.
//!
//! # Not modelled
//! - The copies of storage one by one: `commit` is the time of the fourth of them.
//! - Serverless capacity, auto-pause, global databases, RDS Proxy.
//! - At a `failover` the writer is out for 30 s unless the fault says how long, and readers go on
//!   serving; the one that becomes the writer does not restart, and readers are as many as before.
//! - The lag of readers (usually far below 100 ms). Locks of rows.
//! - Idle connections of clients' pools: what holds one here is at work. Opening one.
//!
//! # Sources
//! Aurora user guide (High availability; Replication; Managing performance for Aurora
//! MySQL). Processor times and latencies are estimates. Read 2026-11.

use crate::component::instance_types::{InstanceType, Offer};
use crate::component::parameter::{
    Basis, Parameters, choice, count, duration, duration_law, milliseconds_p50_p99, parameters,
    share, size,
};
use crate::component::price::{
    Ages, Charge, GIB_MONTH, MILLION, Price, RECALLED, Tiers, Usage, storage,
};
use crate::component::purchase::{NODES, ON_DEMAND, Purchase};
use crate::component::relational::{OPERATIONS, Processor, Relational};
use crate::component::{Class, Component, KindInfo, Program};
use crate::random::law::Law;
use crate::spec::reader::Object;
use crate::units::Span;

/// Limits of connections.
const CONNECTIONS: &str = "Aurora user guide, Managing performance (mysql: 90 on db.t3.medium, 1,000 on db.r6g.large, 1,000 more each doubling) and Aurora PostgreSQL (memory / 9,531,392 up to 5,000), read 2026-11";
/// Processor times.
const PROCESSOR: &str = "no figure is published, 2026-11; measure your statements";
/// Latencies.
const LATENCY: &str = "in-region practice, 2026-11: a cached read takes 0.9 ms (p99 4 ms), a commit 3 ms (12 ms); put your own";

/// For how long the cluster is out while a reader becomes the writer.
///
/// SOURCE: Aurora user guide, High availability: service is typically restored in less than
/// 60 seconds, and often less than 30 seconds. Read 2026-11.
const FAILOVER: Span = Span(30_000_000_000);

/// What is paid for: the same for both engines.
const PRICES: &[Price] = &[
    instance("instance db.t3.medium", 0.082),
    instance("instance db.t3.large", 0.164),
    recalled("instance db.r6g.large", 0.26),
    recalled("instance db.r7g.large", 0.276),
    STORAGE,
    OPERATIONS_OF_STORAGE,
];
const STORAGE: Price = Price {
    item: "storage",
    unit: GIB_MONTH,
    ..instance("", 0.1)
};
const OPERATIONS_OF_STORAGE: Price = Price {
    item: "storage operations",
    unit: "operation",
    ..instance("", 0.2 / MILLION)
};

/// Makes the price of an instance [US dollars an hour].
const fn instance(item: &'static str, usd: f64) -> Price {
    Price {
        item,
        unit: "instance-hour",
        usd: Tiers::Flat(usd),
        free: 0.0,
        basis: Basis::Documented,
        source: "public price list, us-east-1, 2025-03 to 2026, by Infracost's golden outputs, read 2026-11",
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

/// Operations that write.
const WRITES: &[&str] = &["insert", "update", "delete", "conditional"];

/// The kind.
pub static INFO: KindInfo = KindInfo {
    kind: "aurora",
    class: Class::Leaf,
    summary: "a relational database whose writer and readers share replicated storage",
    model: "a write goes to the writer, a read to a reader if there are any; takes a connection, else throttles; \
            waits for a vCPU and holds it; rows that are not in memory are read from storage; a write is \
            durable when a quorum has it",
    not_modelled: "copies of storage one by one, serverless capacity, global databases, the restart of the reader that takes over, RDS Proxy, reader lag, locks, idle connections",
    sources: "Aurora user guide (High availability; Replication; Managing performance for Aurora MySQL); read 2026-11",
    operations: OPERATIONS,
    prices: PRICES,
    parameters: Aurora::table,
    read: |object| Box::new(Aurora::read(object)),
};

/// Classes that are offered.
///
/// ESTIMATE: families as recalled, 2026-11, since no list of them lies at hand; processors
/// and memory are those of the EC2 type of the name.
const CLASSES: Offer = Offer {
    prefix: "db.",
    suffix: "",
    families: &["t3", "t4g", "r6g", "r6i", "r7g", "r7i", "r8g"],
    least_gib: 4.0,
    least_vcpus: 2,
    range: "an instance class such as `db.t4g.medium` or `db.r6g.large`",
};
/// The class where none is given.
const R6G_LARGE: InstanceType = InstanceType {
    name: "r6g.large",
    vcpus: 2,
    gib: 16.0,
};

/// Which database it speaks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// MySQL.
    MySql,
    /// PostgreSQL.
    PostgreSql,
}

parameters! {
    /// Parameters of a cluster.
    pub struct Aurora {
        /// Which database it speaks like; it decides how many connections there are.
        engine: Engine = Engine::PostgreSql, choice(&[("mysql", Engine::MySql), ("postgresql", Engine::PostgreSql)]), Choice, "one of the two";
        /// Instance class: processors and memory of the writer and of each reader, as of the EC2 type of the name; the families are recalled.
        class: InstanceType = R6G_LARGE, CLASSES.read(), Choice, "the smallest one that does not burst";
        /// How the instances are bought, for the bill.
        purchase: Purchase = Purchase::OnDemand, choice(NODES), Choice, ON_DEMAND;
        /// Share of the list price that `purchase` saves; needed where it is not on demand.
        discount: Option<f64> = None, share(), Choice, "none is known that would be usual";
        /// Readers; reads go there unless `consistent`.
        replicas: u32 = 0, count(0..=15), Documented, "Aurora user guide, Replication: up to 15, none until one is made, read 2026-11";
        /// Most connections of one instance; without it what engine and class permit.
        connections: Option<u32> = None, count(1..=100_000), Documented, CONNECTIONS;
        /// Amount at rest, which all instances share, for the bill.
        stored: Option<u64> = None, size(), Choice, "not known until it is given; storage is then not in the bill";
        /// Share of rows read whose page is in memory.
        hit_rate: f64 = 0.99, share(), Estimate, "a working set that fits, 2026-11; put your own";
        /// Time of an operation beside processor and storage: protocol and scheduling.
        overhead: Law = milliseconds_p50_p99(0.7, 3.8), duration_law(), Estimate, LATENCY;
        /// Processor time of `get`.
        get_cpu: Span = Span(200_000), duration(), Estimate, PROCESSOR;
        /// Processor time of `query`.
        query_cpu: Span = Span(1_000_000), duration(), Estimate, PROCESSOR;
        /// Processor time of `insert`, `update`, `delete` and `conditional`.
        write_cpu: Span = Span(300_000), duration(), Estimate, PROCESSOR;
        /// Processor time of every further row of an operation.
        row_cpu: Span = Span(10_000), duration(), Estimate, PROCESSOR;
        /// Time to read what is not in memory from storage.
        page: Law = milliseconds_p50_p99(1.1, 6.0), duration_law(), Estimate, "a read that misses memory takes 2 ms (p99 10 ms) in all, 2026-11; put your own";
        /// Time until a quorum of storage has a write.
        commit: Law = milliseconds_p50_p99(2.0, 8.0), duration_law(), Estimate, LATENCY;
    }
    check Aurora::check
}

impl Aurora {
    /// Checks rules between parameters.
    fn check(&mut self, object: &mut Object<'_>) {
        self.purchase.check(self.discount, &[], object);
    }

    /// Returns what an instance costs, if it is known.
    fn price(&self) -> Option<&'static Price> {
        let item = format!("instance db.{}", self.class.name);
        PRICES.iter().find(|price| price.item == item)
    }

    /// Returns the most connections of one instance.
    fn connections(&self) -> u32 {
        let permitted = match self.engine {
            // SOURCE: the documented table (90, 135, 1,000, 2,000, … 6,000) as a formula.
            // ESTIMATE: other classes with as much memory permit as many.
            Engine::MySql => {
                let doublings = libm::log2(self.class.gib);
                (45.0 * doublings).max(1_000.0 * (doublings - 3.0))
            }
            Engine::PostgreSql => (self.class.bytes() / 9_531_392.0).min(5_000.0),
        };
        self.connections.unwrap_or(permitted as u32)
    }
}

impl Component for Aurora {
    fn info(&self) -> &'static KindInfo {
        &INFO
    }

    fn failover(&self) -> Option<Span> {
        (self.replicas > 0).then_some(FAILOVER)
    }

    fn failing_copies(&self) -> Option<u32> {
        (self.replicas > 0).then_some(1)
    }

    fn compile(&self, program: &mut Program<'_>) {
        let database = Relational {
            vcpus: self.class.vcpus,
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
            commit: &self.commit,
            storage: None,
            proxy: None,
            // Readers see the writer's storage.
            replay: None,
        };
        database.compile(program);
    }

    fn charges(&self) -> Vec<Charge> {
        let instances = f64::from(1 + self.replicas);
        let discount = self.purchase.discount(self.discount, &[]);
        let charge = |price| Charge::new(price, Usage::Hours(instances)).at(discount);
        let instances = self.price().map(charge).into_iter();
        let stored = storage(&STORAGE, self.stored, None, Ages::ALL);
        let operations = |usage| Charge::new(&OPERATIONS_OF_STORAGE, usage);
        instances
            .chain(stored)
            .chain([
                operations(Usage::Misses).called("storage operations of reads"),
                operations(Usage::Visits(WRITES)).called("storage operations of writes"),
            ])
            .collect()
    }

    fn lacks_prices(&self) -> bool {
        self.price().is_none()
    }

    fn unbilled(&self) -> Vec<&'static str> {
        let mut unbilled = vec![
            "that a write may take several storage operations",
            "backups",
            "transfer between zones",
        ];
        if self.stored.is_none() {
            unbilled.push("storage, as it has no `stored`");
        }
        if self.price().is_none() {
            unbilled.push("its instances, as nothing is known of the price of their class");
        }
        unbilled
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mysql_permits_what_the_table_of_the_guide_says() {
        let with = |gib| {
            let class = InstanceType { gib, ..R6G_LARGE };
            let cluster = Aurora {
                engine: Engine::MySql,
                class,
                ..Aurora::default()
            };
            cluster.connections()
        };

        // t3.medium and .large, then r6g from .large to .16xlarge.
        let found = [4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0].map(with);

        assert_eq!(found, [90, 135, 1_000, 2_000, 3_000, 4_000, 5_000, 6_000]);
    }
}

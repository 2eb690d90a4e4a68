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
//! 5. Every replica does a write again once it is durable: it holds a vCPU there for `replay_cpu`,
//!    so that a replica is no help against writes.
//!
//! # Not modelled
//! - Idle connections of clients' pools: what holds one here is at work. Statements that
//!   pin a client of the proxy to its connection.
//! - Locks: writers of one row do not wait for each other.
//! - Old answers of replicas that lag: replay waits for vCPUs, but reads do not see it. Failover.
//! - Group commit, checkpoints, vacuum; volume throughput (MiB/s); credits of T classes.
//! - Opening a connection (15 ms with TLS): connections are there.
//!
//! # Sources
//! RDS user guide (Quotas and constraints; Storage types; Multi-AZ; Read replicas).
//! Processor times and latencies are estimates: no distribution is published. Read 2026-11.

use crate::component::instance_types::{InstanceType, M7G_LARGE, Offer};
use crate::component::parameter::{
    Parameters, choice, count, duration, duration_law, flag, milliseconds_p50_p99, parameters,
    rate, share,
};
use crate::component::relational::{OPERATIONS, Processor, Proxy, Relational};
use crate::component::{Class, Component, KindInfo, Program};
use crate::random::law::Law;
use crate::units::Span;

/// Limits of connections.
const CONNECTIONS: &str = "RDS user guide, Quotas and constraints: memory / 12,582,880 (mysql), / 9,531,392 up to 5,000 (postgresql), / 25,165,760 up to 12,000 (mariadb), read 2026-11; of the memory 9/10 are counted, an estimate";
/// Storage.
const STORAGE: &str = "RDS user guide, Storage types: gp3 has 3,000, and 12,000 from 400 GiB on (postgresql, mysql, mariadb), read 2026-11";
/// Processor times.
const PROCESSOR: &str = "no figure is published, 2026-11; measure your statements";
/// Latencies.
const LATENCY: &str = "in-region practice, 2026-11: a cached read takes 1 ms (p99 5 ms), a commit 3 ms (15 ms), 5 ms (25 ms) with a standby; put your own";
/// Share of an instance's memory that the engine counts.
///
/// ESTIMATE: what the system and the agent leave. Observed limits of PostgreSQL (198,
/// 413, 856 and 1,660 at 2, 4, 8 and 15 GiB) lie between 0.88 and 0.98.
const ENGINE_MEMORY: f64 = 0.9;

/// The kind.
pub static INFO: KindInfo = KindInfo {
    kind: "rds",
    class: Class::Leaf,
    summary: "a relational database on an instance, with read replicas",
    model: "a write goes to the primary, a read to a replica if there are any; takes a connection, else throttles \
            (with a proxy: waits); waits for a vCPU and holds it; rows that are not in memory and rows written wait for storage \
            operations; a write is made durable, and done again by every replica",
    not_modelled: "idle connections, locks, old answers of replicas, failover, group commit, checkpoints, volume throughput, credits of T classes, opening connections",
    sources: "RDS user guide (Quotas and constraints; Storage types; Multi-AZ; Read replicas); read 2026-11",
    operations: OPERATIONS,
    parameters: Rds::table,
    read: |object| Box::new(Rds::read(object)),
};

/// Classes that are offered.
///
/// SOURCE: RDS user guide, DB instance classes. Read 2026-11.
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
        /// Instance class: processors and memory of the primary and of each replica.
        class: InstanceType = M7G_LARGE, CLASSES.read(), Choice, "the smallest general-purpose one";
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
        /// Storage operations per time of one instance; none are saved up.
        iops: f64 = 3_000.0, rate(), Documented, STORAGE;
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
        /// Processor time of a replica to do a write again.
        replay_cpu: Span = Span(150_000), duration(), Estimate, "half of a write: nothing is parsed or planned, 2026-11; measure your own";
        /// Time to read what is not in memory from the volume, beside the wait for `iops`.
        page: Law = milliseconds_p50_p99(0.8, 2.5), duration_law(), Estimate, "gp3, 16 KiB: single-digit milliseconds by the EBS user guide, 2026-11; put your own";
        /// Time to make a write durable, beside the wait for `iops`; without it p50 2ms, p99 10ms, and p50 4ms, p99 20ms with `multi_az`.
        commit: Option<Law> = None, duration_law(), Estimate, LATENCY;
    }
}

impl Rds {
    /// Returns the most connections of one instance.
    fn connections(&self) -> u32 {
        let (bytes_each, most) = match self.engine {
            Engine::MySql => (12_582_880.0, 100_000.0),
            Engine::PostgreSql => (9_531_392.0, 5_000.0),
            Engine::MariaDb => (25_165_760.0, 12_000.0),
        };
        let permitted = (self.class.bytes() * ENGINE_MEMORY / bytes_each).min(most) as u32;
        self.connections.unwrap_or(permitted.max(1))
    }
}

impl Component for Rds {
    fn info(&self) -> &'static KindInfo {
        &INFO
    }

    fn compile(&self, program: &mut Program<'_>) {
        let usual = if self.multi_az {
            milliseconds_p50_p99(4.0, 20.0)
        } else {
            milliseconds_p50_p99(2.0, 10.0)
        };
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
            commit: self.commit.as_ref().unwrap_or(&usual),
            storage: Some(self.iops),
            proxy: self.proxy.then_some(Proxy {
                time: &self.proxy_time,
                wait: self.proxy_wait,
            }),
            replay: Some(self.replay_cpu),
        };
        database.compile(program);
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

        // ⌊0.9 × memory ÷ bytes of a connection⌋, and the engine's own cap.
        assert_eq!(with(Engine::MySql, 8.0), 614);
        assert_eq!(with(Engine::PostgreSql, 8.0), 811);
        assert_eq!(with(Engine::PostgreSql, 4.0), 405);
        assert_eq!(with(Engine::PostgreSql, 128.0), 5_000);
        assert_eq!(with(Engine::MariaDb, 8.0), 307);
        assert_eq!(with(Engine::MariaDb, 768.0), 12_000);
    }
}

//! Aurora: a relational database whose writer and readers share replicated storage.
//!
//! # Model
//! 1. A write, and a read that must be `consistent`, goes to the writer; with
//!    `replicas`, other reads go to one of the readers at random.
//! 2. The operation takes a connection of the instance until it ends; above the
//!    instance's `connections` it is refused at once (throttled: too many connections). With a
//!    `proxy` it takes longer by `proxy_time`, and waits for a connection up to `proxy_wait`.
//! 3. `overhead` passes, then it waits for one of the instance's vCPUs and holds it for
//!    the operation's own processor time and a time for every further row.
//! 4. A row read is in memory with probability `hit_rate`; the others are read from
//!    storage (`page`), which has no limit of operations. A write is durable after
//!    `commit`, when four of six copies have it.
//! 5. A reader knows of a write after `lag`, which costs it nothing. A read of it before that
//!    has an old answer (`stale_share`).
//! 6. With `serverless` an instance has a quarter of a vCPU for each capacity unit. Every second the
//!    units go towards what `target` would take, by a tenth of what there is at most: from half a
//!    unit to sixteen takes over half a minute.
//! 7. With `global` a second region has every write after a time of its own. A `failover` is then
//!    one to there: the whole cluster is out for `takeover`, and the writes that the second
//!    region had not got are lost (`lost_writes`, and how old the oldest was: the RPO).
//!
//! # Not modelled
//! - The copies of storage one by one: `commit` is the time of the fourth of them.
//! - Of `global`: reads in the second region, and that calls take longer once it has taken over
//!   (callers are thought to go on there too); more than two regions. Of `serverless`: auto-pause, memory that grows with it (the
//!   `hit_rate` stays), readers that follow the writer; it begins with its fewest units.
//! - At a `failover` the writer is out for 30 s unless the fault says how long, and readers go on
//!   serving; the one that becomes the writer does not restart, and readers are as many as before.
//! - Old answers to more than the first row of a read, and to requests without a key. Locks
//!   of rows.
//! - Idle connections of clients' pools: what holds one here is at work. Opening one.
//!
//! # Sources
//! Aurora user guide (High availability; Replication; Managing performance for Aurora
//! MySQL). Processor times and latencies are estimates. Read 2026-11.

use crate::component::instance_types::{InstanceType, Offer};
use crate::component::parameter::{
    Basis, How, Parameters, choice, count, custom, duration, duration_law, flag,
    milliseconds_p50_p99, object, parameters, share, size,
};
use crate::component::price::{
    Ages, Charge, GIB_MONTH, MILLION, Price, RECALLED, Tiers, Usage, storage,
};
use crate::component::purchase::{NODES, ON_DEMAND, Purchase};
use crate::component::relational::{LEAST_PROXIED, OPERATIONS, Processor, Proxy, Relational};
use crate::component::supply::ServerUnits;
use crate::component::{Class, Component, KindInfo, Program};
use crate::mechanism::pacing;
use crate::random::law::Law;
use crate::spec::field::Field;
use crate::spec::reader::Object;
use crate::units::{Span, show};

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

/// How fast capacity units follow the load.
const SERVERLESS: &str = "Aurora user guide, Serverless v2: evaluated every second, in steps that grow with the capacity; no rate is published, 2026-11";
/// Capacity units that come with one vCPU.
///
/// ESTIMATE: a unit is 2 GiB with the processors that go with them, and instances of the
/// memory-optimised families have 8 GiB for each vCPU. 2026-11.
const UNITS_PER_VCPU: f64 = 4.0;
/// What capacity units are called.
const CAPACITY: &str = "capacity units";
/// How often capacity is evaluated.
///
/// SOURCE: Aurora user guide, Serverless v2. Read 2026-11.
const SECOND: Span = Span(1_000_000_000);
/// One gibibyte [bytes].
const GIBIBYTE: f64 = 1_073_741_824.0;

/// What is paid for: the same for both engines.
const PRICES: &[Price] = &[
    instance("instance db.t3.medium", 0.082),
    instance("instance db.t3.large", 0.164),
    recalled("instance db.r6g.large", 0.26),
    recalled("instance db.r7g.large", 0.276),
    UNITS,
    STORAGE,
    OPERATIONS_OF_STORAGE,
    PROXY,
];
const UNITS: Price = Price {
    unit: "ACU-hour",
    ..instance(CAPACITY, 0.12)
};
const PROXY: Price = Price {
    item: "proxy, by processors behind it",
    unit: "vCPU-hour",
    ..recalled("", 0.015)
};
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
            durable when a quorum has it; a reader knows of it after its lag, and a read before that has an old answer",
    not_modelled: "copies of storage one by one, auto-pause and memory of serverless capacity, reads in the second region, the restart of the reader that takes over, old answers to more than the first row, locks, idle connections",
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
        /// Capacity that follows the load, of the writer and of each reader by itself, in place of a class.
        serverless: Option<Serverless> = None, object::<Serverless>(), Choice, "instances of a class";
        /// How the instances are bought, for the bill.
        purchase: Purchase = Purchase::OnDemand, choice(NODES), Choice, ON_DEMAND;
        /// Share of the list price that `purchase` saves; needed where it is not on demand.
        discount: Option<f64> = None, share(), Choice, "none is known that would be usual";
        /// Readers; reads go there unless `consistent`.
        replicas: u32 = 0, count(0..=15), Documented, "Aurora user guide, Replication: up to 15, none until one is made, read 2026-11";
        /// A second region that takes over at a `failover`.
        global: Option<Global> = None, object::<Global>(), Documented, "Aurora user guide, Global databases: one region until another is added, recalled 2026-11";
        /// Most connections of one instance; without it what engine and class permit.
        connections: Option<u32> = None, count(1..=100_000), Documented, CONNECTIONS;
        /// Amount at rest, which all instances share, for the bill.
        stored: Option<u64> = None, size(), Choice, "not known until it is given; storage is then not in the bill";
        /// Whether a proxy stands in front, which shares connections out.
        proxy: bool = false, flag(), Choice, "has to be made";
        /// Longest wait for a connection of the proxy, then timed out.
        proxy_wait: Span = Span(120_000_000_000), duration(), Documented, "Aurora user guide, RDS Proxy: connection borrow timeout 120 s, read 2026-11";
        /// Time that the proxy adds.
        proxy_time: Law = milliseconds_p50_p99(1.5, 6.0), duration_law(), Estimate, "in-region practice, 2026-11; put your own";
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
        /// Time from a commit until a reader knows of it.
        lag: Law = milliseconds_p50_p99(20.0, 100.0), duration_law(), Documented, "Aurora user guide, Replication: usually much less than 100 ms, read 2026-11";
        /// Time until a quorum of storage has a write.
        commit: Law = milliseconds_p50_p99(2.0, 8.0), duration_law(), Estimate, LATENCY;
    }
    check Aurora::check
}

parameters! {
    /// A second region of a global database.
    pub struct Global {
        /// Time from a commit until the second region has it.
        lag: Law = milliseconds_p50_p99(300.0, 1_000.0), duration_law(), Documented, "Aurora user guide, Global databases: typically under a second, read 2026-11; the distribution is an estimate";
        /// Time from the loss of the region until the other one takes writes.
        takeover: Span = Span(60_000_000_000), duration(), Documented, "Aurora user guide, Global databases, managed failover: in the order of minutes, recalled 2026-11; put your own";
        /// Instances in the second region, for the bill.
        instances: u32 = 1, count(0..=16), Choice, "one that can take over";
    }
}

parameters! {
    /// Capacity of an instance that follows its load, in capacity units of 2 GiB.
    #[derive(Copy)]
    pub struct Serverless {
        /// Fewest units, in steps of a half; at the start.
        min: f64 = 0.5, capacity_units(), Documented, "Aurora user guide, Serverless v2: 0.5 is the least without auto-pause, read 2026-11";
        /// Most units; has to be said.
        max: f64 = 0.0, capacity_units(), Choice, "has to be said";
        /// Processor share that it is to have.
        target: f64 = 0.7, share(), Estimate, SERVERLESS;
        /// Most that a second adds, as a share of what there is.
        grow: f64 = 0.1, share(), Estimate, SERVERLESS;
        /// Most that a second takes away.
        shrink: f64 = 0.02, share(), Estimate, SERVERLESS;
    }
    check Serverless::check
}

/// Reads capacity units.
fn capacity_units() -> How<f64> {
    let read = |field: &Field<'_>| {
        let units = field.number()?;
        let whole = (units * 2.0).fract().abs() < 1e-9;
        if whole && (0.5..=256.0).contains(&units) {
            return Some(units);
        }
        let message = format!(
            "{} must be 0.5 to 256 in steps of 0.5, got {units}",
            field.name
        );
        field.error("aurora::units", message);
        None
    };
    custom(
        "number",
        "0.5 to 256 in steps of 0.5",
        read,
        |units: &f64| show::number(*units),
    )
}

impl Serverless {
    /// Checks rules between parameters.
    fn check(&mut self, object: &mut Object<'_>) {
        if !object.has("max") {
            return object.missing("max");
        }
        if self.max > 0.0 && self.min > self.max {
            let message = format!("`min` of {} is above its `max`", object.owner());
            object.error_at("min", "aurora::units", message);
        }
        for (key, share) in [("target", self.target), ("grow", self.grow)] {
            if share <= 0.0 {
                let message = format!("`{key}` of {} must be more than 0", object.owner());
                object.error_at(key, "aurora::units", message);
            }
        }
    }

    /// Returns the memory of its most units [GiB].
    fn gibibytes(self) -> f64 {
        2.0 * self.max
    }

    /// Returns the processors of its most units.
    fn vcpus(self) -> u32 {
        (self.max / UNITS_PER_VCPU).ceil().max(1.0) as u32
    }

    /// Returns how they follow the load: in halves of a unit.
    fn units(self) -> ServerUnits {
        let halves = |units: f64| (2.0 * units).round() as u32;
        ServerUnits {
            name: CAPACITY,
            each: 0.5,
            of_one: 2.0 * UNITS_PER_VCPU,
            start: halves(self.min),
            rules: pacing::Rules {
                least: halves(self.min),
                most: halves(self.max),
                target: self.target,
                grow: self.grow,
                shrink: self.shrink.min(0.999),
            },
            period: SECOND,
        }
    }
}

impl Aurora {
    /// Checks rules between parameters.
    fn check(&mut self, object: &mut Object<'_>) {
        if self.serverless.is_some() {
            for key in ["class", "purchase", "discount"] {
                if object.has(key) {
                    let message = format!(
                        "`{key}` does not apply to {}, which is `serverless`: its capacity is what it uses",
                        object.owner()
                    );
                    object.error_at(key, "aurora::serverless", message);
                }
            }
        }
        self.purchase.check(self.discount, &[], object);
    }

    /// Returns what an instance costs, if it is known.
    fn price(&self) -> Option<&'static Price> {
        let item = format!("instance db.{}", self.class.name);
        PRICES.iter().find(|price| price.item == item)
    }

    /// Returns the most connections of one instance.
    fn connections(&self) -> u32 {
        let serverless = self.serverless.map(Serverless::gibibytes);
        let gib = serverless.unwrap_or(self.class.gib);
        let permitted = match self.engine {
            // SOURCE: the documented table (90, 135, 1,000, 2,000, … 6,000) as a formula.
            // ESTIMATE: other classes with as much memory permit as many.
            Engine::MySql => {
                let doublings = libm::log2(gib);
                (45.0 * doublings).max(1_000.0 * (doublings - 3.0))
            }
            Engine::PostgreSql => (gib * GIBIBYTE / 9_531_392.0).min(5_000.0),
        };
        // SOURCE: Aurora user guide, Serverless v2: 2,000 of PostgreSQL if it may shrink to half a
        // unit. Read 2026-11.
        let small = self.engine == Engine::PostgreSql
            && self.serverless.is_some_and(|units| units.min < 1.0 - 1e-9);
        let permitted = if small {
            permitted.min(2_000.0)
        } else {
            permitted
        };
        self.connections.unwrap_or(permitted.max(1.0) as u32)
    }
}

impl Component for Aurora {
    fn info(&self) -> &'static KindInfo {
        &INFO
    }

    fn failover(&self) -> Option<Span> {
        let within = (self.replicas > 0).then_some(FAILOVER);
        self.global
            .as_ref()
            .map(|global| global.takeover)
            .or(within)
    }

    fn failing_copies(&self) -> Option<u32> {
        (self.replicas > 0 && self.global.is_none()).then_some(1)
    }

    fn compile(&self, program: &mut Program<'_>) {
        let database = Relational {
            vcpus: self.serverless.map_or(self.class.vcpus, Serverless::vcpus),
            serverless: self.serverless.map(Serverless::units),
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
            proxy: self.proxy.then_some(Proxy {
                time: &self.proxy_time,
                wait: self.proxy_wait,
            }),
            // Readers see the writer's storage, as soon as their memory knows of it.
            lag: &self.lag,
            replay: None,
            afar: self.global.as_ref().map(|global| &global.lag),
        };
        database.compile(program);
    }

    fn charges(&self) -> Vec<Charge> {
        let second = self.global.as_ref().map_or(0, |global| global.instances);
        let instances = f64::from(1 + self.replicas + second);
        let serverless = self.serverless.map(|units| {
            let usage = Usage::Supplied {
                what: CAPACITY,
                units: 2.0 * units.min * instances,
                each: 0.5,
            };
            Charge::new(&UNITS, usage)
        });
        let discount = self.purchase.discount(self.discount, &[]);
        let charge = |price| Charge::new(price, Usage::Hours(instances)).at(discount);
        let of_class = self.serverless.is_none().then(|| self.price()).flatten();
        // A reader is behind it as well, the second region is not.
        let proxied = self.class.vcpus.max(LEAST_PROXIED) * (1 + self.replicas);
        let proxied = (self.proxy && self.serverless.is_none())
            .then(|| Charge::new(&PROXY, Usage::Hours(f64::from(proxied))));
        let instances = of_class.map(charge).into_iter().chain(serverless);
        let instances = instances.chain(proxied);
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
        self.serverless.is_none() && self.price().is_none()
    }

    fn unbilled(&self) -> Vec<&'static str> {
        let mut unbilled = vec![
            "that a write may take several storage operations",
            "backups",
            "transfer between zones",
        ];
        if self.global.is_some() {
            unbilled.push("writes repeated in the second region, and its storage");
        }
        if self.proxy && self.serverless.is_some() {
            unbilled.push("its proxy, as nothing is known of the price for capacity units");
        }
        if self.stored.is_none() {
            unbilled.push("storage, as it has no `stored`");
        }
        if self.lacks_prices() {
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

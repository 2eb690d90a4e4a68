//! Relational databases: what RDS and Aurora share.
//!
//! A primary and its read copies each have connections, processors and, if it is
//! limited, a rate of storage operations.
//!
//! Not here: how many connections an engine permits, and what storage takes.

use super::ask::{Access, OperationInfo};
use super::declare::{BucketSpec, PartitionSpec, Scope, StationSpec, WorkSpec};
use super::program::Program;
use super::supply::ServerUnits;
use crate::model::{Cost, Lagging};
use crate::random::law::Law;
use crate::units::Span;

/// Operations of a relational database.
pub(super) const OPERATIONS: &[OperationInfo] = &[
    operation("get", Access::Read, "reads rows by primary key"),
    operation(
        "query",
        Access::Read,
        "reads `count` rows by an index, or joins them",
    ),
    operation("insert", Access::Write, "adds rows in one transaction"),
    operation("update", Access::Write, "changes rows in one transaction"),
    operation("delete", Access::Write, "takes rows out in one transaction"),
    operation(
        "conditional",
        Access::Write,
        "an update that fails if the row was written since this request read it",
    ),
];

/// Processors that a proxy is paid for at least: an instance of fewer pays for two.
pub(super) const LEAST_PROXIED: u32 = 2;

/// An operation.
const fn operation(name: &'static str, access: Access, doc: &'static str) -> OperationInfo {
    OperationInfo {
        name,
        access,
        most_items: u32::MAX,
        doc,
    }
}

/// Processor times.
#[derive(Clone, Copy, Debug)]
pub(super) struct Processor {
    /// Of a `get`.
    pub(super) get: Span,
    /// Of a `query`.
    pub(super) query: Span,
    /// Of a transaction that writes.
    pub(super) write: Span,
    /// Of every further row.
    pub(super) row: Span,
}

/// A primary and its read copies.
#[derive(Clone, Copy, Debug)]
pub(super) struct Relational<'a> {
    /// Processors of one instance; the most of them if they follow the load.
    pub(super) vcpus: u32,
    /// How they follow the load, if they do.
    pub(super) serverless: Option<ServerUnits>,
    /// Most visits at one instance.
    pub(super) connections: u32,
    /// Read copies.
    pub(super) replicas: u32,
    /// Share of rows read whose page is in memory.
    pub(super) hit_rate: f64,
    /// Time beside processor and storage.
    pub(super) overhead: &'a Law,
    /// Processor times.
    pub(super) processor: Processor,
    /// Time to read pages from storage.
    pub(super) page: &'a Law,
    /// Time to make a transaction durable.
    pub(super) commit: &'a Law,
    /// Storage operations per second of one instance; none: not limited.
    pub(super) storage: Option<f64>,
    /// What stands between clients and connections, if anything does.
    pub(super) proxy: Option<Proxy<'a>>,
    /// Time until a read copy hears of a write.
    pub(super) lag: &'a Law,
    /// Processor time of each read copy to do a write again; none: copies share storage.
    pub(super) replay: Option<Span>,
    /// Time until a second region has a write, if there is one.
    pub(super) afar: Option<&'a Law>,
}

/// What hands connections to clients one transaction at a time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Proxy<'a> {
    /// Time that it adds.
    pub(super) time: &'a Law,
    /// Longest wait for a connection.
    pub(super) wait: Span,
}

impl Relational<'_> {
    /// Writes a visit.
    pub(super) fn compile(self, program: &mut Program<'_>) {
        let (op, writes) = (program.op(), program.is_write());
        let instances = 1 + self.replicas;
        let whole = PartitionSpec::default();
        let primary = (self.replicas > 0).then(|| program.partition("primary", &whole));
        if let Some(primary) = primary {
            if writes || program.consistent() {
                program.place(primary);
            } else {
                let replicas = program.copies("replicas", &whole, 1..instances);
                program.place(replicas);
            }
        }
        let scope = Scope::Instance(instances);
        let patience = self.proxy.map(|proxy| Law::Constant(proxy.wait.0 as f64));
        if let Some(proxy) = self.proxy {
            program.work(&WorkSpec::of(proxy.time));
        }
        program.limit_within(
            "connections",
            (self.connections, scope),
            primary,
            patience.as_ref().map(Some),
        );
        program.work(&WorkSpec::of(self.overhead));
        let processors = StationSpec {
            instances,
            servers: self.vcpus,
            partition: primary,
            ..StationSpec::default()
        };
        let processors = program.station("processors", &processors);
        if let Some(units) = &self.serverless {
            program.supply_servers(processors, units);
        }
        let first = match op {
            "query" => self.processor.query,
            _ if writes => self.processor.write,
            _ => self.processor.get,
        };
        let work = WorkSpec {
            base: Some(Law::Constant(first.0 as f64)),
            per_item_ns: self.processor.row.0 as f64,
            ..WorkSpec::default()
        };
        program.serve(processors, &work);
        if !writes {
            program.look_up_fixed(self.hit_rate, |program| {
                self.store(program, scope);
                program.work(&WorkSpec::of(self.page));
            });
            if self.replicas > 0 && !program.consistent() {
                program.lag(Lagging::Read);
            }
            return program.observe();
        }
        self.store(program, scope);
        program.work(&WorkSpec::of(self.commit));
        program.commit(op == "conditional");
        if self.replicas > 0 {
            program.lag(Lagging::Written(self.replicas));
        }
        let work = self.replay.map(|replay| WorkSpec {
            base: Some(Law::Constant(replay.0 as f64)),
            per_item_ns: self.processor.row.0 as f64,
            ..WorkSpec::default()
        });
        for copy in 1..instances {
            program.beside(copy as u16, |program| {
                let label = format!("replica {copy}");
                let at = program.copies(&label, &whole, copy..copy + 1);
                program.place(at);
                program.delay(self.lag);
                if let Some(work) = &work {
                    program.serve(processors, work);
                }
                program.lag(Lagging::Applied);
            });
        }
        if let Some(time) = self.afar {
            // Behind the copies, whose numbers are theirs.
            program.beside(instances as u16, |program| {
                program.lag(Lagging::Sent);
                program.delay(time);
                program.lag(Lagging::Arrived);
            });
        }
    }

    /// Writes the wait for storage operations, one for each row in force.
    fn store(self, program: &mut Program<'_>, scope: Scope) {
        if let Some(rate_per_s) = self.storage {
            let operations = BucketSpec::paced(rate_per_s, scope);
            let operations = program.bucket("storage operations", &operations);
            program.admit(&[operations], Cost::Items, true);
        }
    }
}

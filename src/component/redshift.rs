//! Redshift: a data warehouse that runs a few queries at a time and lets the others wait.
//!
//! # Model
//! 1. A call takes one of the cluster's connections until it ends; above them it is refused
//!    at once (throttled).
//! 2. A query whose result is kept is answered from there (`cached`), with probability `hit_rate`.
//! 3. Another one waits for one of the `slots`, in order of arrival, and holds it for the time
//!    of its operation.
//! 4. A transaction that inserts waits for the cluster's only commit queue instead, and holds it.
//!
//! # Not modelled
//! - Clusters that are added for concurrency, after a minute; automatic slots, rules that
//!   abort queries; resizing and pauses; serverless.
//! - Bytes that a query scans, nodes and what they can do: `query` is a time of your own.
//!
//! # Sources
//! Redshift management guide (Quotas and limits). Times are estimates. Read 2026-11.

use crate::component::ask::{Access, OperationInfo};
use crate::component::parameter::{
    Basis, Parameters, choice, count, duration, duration_law, milliseconds_p50_p99, parameters,
    share, size,
};
use crate::component::price::{
    Ages, Charge, GIB_MONTH, PRICE_LIST, Price, RECALLED, Tiers, Usage, storage,
};
use crate::component::purchase::{NODES, ON_DEMAND, Purchase};
use crate::component::{Class, Component, KindInfo, Program, Scope, StationSpec, WorkSpec};
use crate::random::law::Law;
use crate::spec::reader::Object;
use crate::units::Span;

/// Times.
const LATENCY: &str = "practice, 2026-11; no distribution is published, put your own";
/// What is paid for.
const PRICES: &[Price] = &[NODE, STORAGE];
const STORAGE: Price = Price {
    item: "managed storage",
    unit: GIB_MONTH,
    usd: Tiers::Flat(0.024),
    free: 0.0,
    basis: Basis::Documented,
    source: PRICE_LIST,
};
const NODE: Price = Price {
    item: "node ra3.xlplus",
    unit: "node-hour",
    usd: Tiers::Flat(1.086),
    free: 0.0,
    basis: Basis::Estimate,
    source: RECALLED,
};

/// The kind.
pub static INFO: KindInfo = KindInfo {
    kind: "redshift",
    class: Class::Leaf,
    summary: "a data warehouse that runs a few queries at a time",
    model: "takes a connection, else throttles; answers from results that are kept, or waits for a slot and holds it; inserts wait \
            for the one commit queue",
    not_modelled: "clusters added for concurrency, automatic slots, rules that abort, resizing, serverless, bytes scanned, nodes",
    sources: "Redshift management guide (Quotas and limits); read 2026-11",
    operations: &[
        operation("query", Access::Read, "asks a dashboard's question"),
        operation("insert", Access::Write, "writes rows in one transaction"),
    ],
    prices: PRICES,
    parameters: Redshift::table,
    read: |object| Box::new(Redshift::read(object)),
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

parameters! {
    /// Parameters of a cluster.
    pub struct Redshift {
        /// Amount at rest, for the bill.
        stored: Option<u64> = None, size(), Choice, "not known until it is given; storage is then not in the bill";
        /// Nodes, for the bill alone: they make nothing faster.
        nodes: u32 = 1, count(1..=128), Choice, "the least cluster";
        /// How the nodes are bought, for the bill.
        purchase: Purchase = Purchase::OnDemand, choice(NODES), Choice, ON_DEMAND;
        /// Share of the list price that `purchase` saves; needed where it is not on demand.
        discount: Option<f64> = None, share(), Choice, "none is known that would be usual";
        /// Most connections.
        connections: u32 = 2_000, count(1..=2_000), Documented, "Redshift management guide, Quotas: 2,000 on RA3, read 2026-11";
        /// Queries that run at once.
        slots: u32 = 5, count(1..=50), Estimate, "the default queue's, recalled from the management guide, 2026-11; at most 50";
        /// Share of queries whose result is kept from before.
        hit_rate: f64 = 0.0, share(), Choice, "no query is asked twice until it is said";
        /// Time of a query that is answered from results.
        cached: Law = milliseconds_p50_p99(20.0, 100.0), duration_law(), Estimate, LATENCY;
        /// Time that a query holds a slot.
        query: Law = milliseconds_p50_p99(800.0, 6_000.0), duration_law(), Estimate, LATENCY;
        /// Time that a transaction holds the commit queue.
        insert: Law = milliseconds_p50_p99(80.0, 400.0), duration_law(), Estimate, LATENCY;
        /// Time of every further row of it.
        insert_each: Span = Span(20_000), duration(), Estimate, "a million rows in 20 s, as COPY does, 2026-11; put your own";
    }
    check Redshift::check
}

impl Redshift {
    /// Checks rules between parameters.
    fn check(&mut self, object: &mut Object<'_>) {
        self.purchase.check(self.discount, &[], object);
    }
}

impl Component for Redshift {
    fn info(&self) -> &'static KindInfo {
        &INFO
    }

    fn compile(&self, program: &mut Program<'_>) {
        program.limit("connections", self.connections, Scope::Node, None, false);
        if program.is_write() {
            let queue = program.station("commit queue", &StationSpec::default());
            let work = WorkSpec {
                per_item_ns: self.insert_each.0 as f64,
                ..WorkSpec::of(&self.insert)
            };
            return program.serve(queue, &work);
        }
        let run = |program: &mut Program<'_>| {
            let slots = StationSpec {
                servers: self.slots,
                ..StationSpec::default()
            };
            let slots = program.station("slots", &slots);
            program.serve(slots, &WorkSpec::of(&self.query));
        };
        if self.hit_rate <= 0.0 {
            return run(program);
        }
        program.coin(1.0 - self.hit_rate, |program| {
            run(program);
            program.leave(crate::model::Outcome::Completed);
        });
        program.work(&WorkSpec::of(&self.cached));
    }

    fn charges(&self) -> Vec<Charge> {
        let discount = self.purchase.discount(self.discount, &[]);
        let nodes = Charge::new(&NODE, Usage::Hours(f64::from(self.nodes))).at(discount);
        let mut charges = storage(&STORAGE, self.stored, None, Ages::ALL);
        charges.insert(0, nodes);
        charges
    }

    fn unbilled(&self) -> Vec<&'static str> {
        let mut unbilled = vec!["what a node of another type than ra3.xlplus costs"];
        if self.stored.is_none() {
            unbilled.push("storage, as it has no `stored`");
        }
        unbilled
    }
}

//! DAX: a cache in front of a DynamoDB table that speaks the table's own language.
//!
//! # Model
//! 1. The cluster works on the call (`time`), without a server that could be busy.
//! 2. An eventually consistent `get` is looked up among the items, a `query` among the
//!    results: by a fixed `hit_rate`, or in real entries (`cache`, twice: one of each).
//! 3. A miss goes on to the table over the link, and its answer is kept.
//! 4. A `consistent` read and a transaction that reads pass through and leave nothing.
//! 5. A write goes to the table first, then its items are present, and fresh. Results of
//!    queries do not learn of it before they expire.
//!
//! # Not modelled
//! - Nodes apart from each other (up to 11, each with its own copy, a moment behind) and
//!   their capacity: no rate of a node is published.
//! - Answers that there is no such item, which DAX keeps too. Scans.
//!
//! # Sources
//! DynamoDB developer guide (DAX: How it works; DAX and consistency models). The time is an
//! estimate: the guide says microseconds at the cache. Read 2026-11.

use crate::component::ask::{Access, OperationInfo};
use crate::component::dynamodb;
use crate::component::parameter::{
    Basis, Parameters, choice, count, duration_law, milliseconds_p50_p99, object, parameters, share,
};
use crate::component::price::{Charge, Price, RECALLED, Tiers, Usage};
use crate::component::purchase::{NODES, ON_DEMAND, Purchase};
use crate::component::shared::CacheParameters;
use crate::component::{Class, Component, Forward, KindInfo, Program, WorkSpec};
use crate::random::law::Law;
use crate::spec::reader::Object;
use crate::units::Span;

/// Time to live of items and of results.
///
/// ESTIMATE: 5 minutes each, recalled from the DynamoDB developer guide, 2026-11.
const TTL: Span = Span(300_000_000_000);
/// What is paid for.
const PRICES: &[Price] = &[NODE];
const NODE: Price = Price {
    item: "node dax.r5.large",
    unit: "node-hour",
    usd: Tiers::Flat(0.255),
    free: 0.0,
    basis: Basis::Estimate,
    source: RECALLED,
};

/// The kind.
pub static INFO: KindInfo = KindInfo {
    kind: "dax",
    class: Class::Cache,
    summary: "a cache in front of a DynamoDB table that speaks its language",
    model: "works on the call; looks an eventually consistent get up among items, a query among results; fetches a \
            miss from the table and keeps it; a write goes to the table, then its items are present",
    not_modelled: "nodes apart from each other and their capacity, answers that there is no such item, scans",
    sources: "DynamoDB developer guide (DAX: How it works; DAX and consistency models); read 2026-11",
    operations: dynamodb::OPERATIONS,
    prices: PRICES,
    parameters: Dax::table,
    read: |object| Box::new(Dax::read(object)),
};

parameters! {
    /// Parameters of a cluster.
    pub struct Dax {
        /// Share of look-ups that hit; excludes `cache`.
        hit_rate: Option<f64> = None, share(), Choice, "entries without a bound until `hit_rate` or `cache` is given";
        /// Entries, of items and of results each; without a `ttl` they live 5m.
        cache: CacheParameters = CacheParameters::default(), object::<CacheParameters>(), Choice, "unlimited until a size is given";
        /// Nodes, for the bill alone: they make nothing faster.
        nodes: u32 = 1, count(1..=11), Choice, "the least cluster";
        /// How the nodes are bought, for the bill.
        purchase: Purchase = Purchase::OnDemand, choice(NODES), Choice, ON_DEMAND;
        /// Share of the list price that `purchase` saves; needed where it is not on demand.
        discount: Option<f64> = None, share(), Choice, "none is known that would be usual";
        /// Time of a call in the cluster.
        time: Law = milliseconds_p50_p99(0.5, 2.0), duration_law(), Estimate, "microseconds at the cache by the developer guide, with client and network 2026-11; put your own";
    }
    check Dax::check
}

impl Dax {
    /// Checks rules between parameters.
    fn check(&mut self, object: &mut Object<'_>) {
        object.exclusive("hit_rate", "cache");
        self.purchase.check(self.discount, &[], object);
    }
}

/// What of a table's operations is kept.
fn kept(operations: &[OperationInfo], op: &str) -> Option<&'static str> {
    let known = operations.iter().find(|known| known.name == op)?;
    match (known.access, op) {
        (Access::Write, _) | (_, "get") => Some("items"),
        (_, "query") => Some("results"),
        _ => None,
    }
}

impl Component for Dax {
    fn info(&self) -> &'static KindInfo {
        &INFO
    }

    fn compile(&self, program: &mut Program<'_>) {
        program.work(&WorkSpec::of(&self.time));
        let links = program.has_links();
        let onward = |program: &mut Program<'_>| {
            if links {
                program.forward(Forward::ByWeight);
            }
        };
        let label = kept(INFO.operations, program.op());
        let label = label.filter(|_| program.cacheable() && !program.consistent());
        let Some(label) = label else {
            return onward(program);
        };
        let cache = self.hit_rate.is_none().then(|| {
            let mut spec = self.cache.spec(1);
            if spec.ttl == Span::MAX {
                spec.ttl = TTL;
            }
            program.cache(label, &spec)
        });
        if program.is_write() {
            onward(program);
            match cache {
                Some(cache) if program.op() == "delete" => program.invalidate(cache),
                Some(cache) => program.fill(cache),
                None => {}
            }
            return;
        }
        let miss = |program: &mut Program<'_>| {
            if links {
                program.fetch();
            } else {
                program.missed();
            }
            if let Some(cache) = cache {
                program.fill(cache);
            }
        };
        match cache {
            Some(cache) => program.look_up(cache, miss),
            None => program.look_up_fixed(self.hit_rate.unwrap_or(1.0), miss),
        }
    }

    fn charges(&self) -> Vec<Charge> {
        let discount = self.purchase.discount(self.discount, &[]);
        vec![Charge::new(&NODE, Usage::Hours(f64::from(self.nodes))).at(discount)]
    }

    fn unbilled(&self) -> Vec<&'static str> {
        vec!["what a node of another type than dax.r5.large costs"]
    }
}

//! OpenSearch: data nodes with a pool of threads for searches and one for writes.
//!
//! # Model
//! 1. A search asks `shards` shards at once, each on any of the nodes, and ends with the
//!    slowest; what one of them refuses fails it. Other calls come to any of the nodes.
//! 2. It waits for a thread of the node's pool: of ⌊1.5 × vCPU⌋ + 1 for searches, of one for
//!    each vCPU for writes. Only so many may wait; above that it is throttled at once (429).
//! 3. It holds the thread for the time of the operation, and for every further document.
//!
//! # Not modelled
//! - Which node a shard lies on: several of one search may meet. Partial results, which a
//!   real search returns where a shard fails. The fetch that follows a search.
//! - The second before a document can be found, replicas of writes, shards that are
//!   uneven, memory and its circuit breakers, full disks, serverless.
//!
//! # Sources
//! OpenSearch Service developer guide (Quotas; Handling errors); sizes of pools as the engine
//! documents them. Times are estimates. Read 2026-11.

use crate::component::ask::{Access, OperationInfo};
use crate::component::instance_types::{InstanceType, Offer};
use crate::component::parameter::{
    Basis, Parameters, choice, count, duration, duration_law, milliseconds_p50_p99, parameters,
    share, size,
};
use crate::component::price::{Ages, Charge, GIB_MONTH, Price, RECALLED, Tiers, Usage, storage};
use crate::component::purchase::{NODES, ON_DEMAND, Purchase};
use crate::component::{Class, Component, KindInfo, Program, StationSpec, WorkSpec};
use crate::model::Outcome;
use crate::random::law::Law;
use crate::spec::reader::Object;
use crate::units::Span;

/// Lengths of lines.
const LINES: &str = "OpenSearch Service developer guide, Quotas: search queue 1,000, write queue 10,000, read 2026-11";
/// Times.
const LATENCY: &str = "a warm index, 2026-11; no distribution is published, put your own";
/// What is paid for.
const PRICES: &[Price] = &[
    node("data node m6g.large.search", 0.128),
    node("data node r6g.large.search", 0.167),
    STORAGE,
];
const STORAGE: Price = Price {
    item: "storage (gp3)",
    unit: GIB_MONTH,
    ..node("", 0.122)
};

/// Makes the price of a data node [US dollars an hour].
const fn node(item: &'static str, usd: f64) -> Price {
    Price {
        item,
        unit: "node-hour",
        usd: Tiers::Flat(usd),
        free: 0.0,
        basis: Basis::Estimate,
        source: RECALLED,
    }
}

/// The kind.
pub static INFO: KindInfo = KindInfo {
    kind: "opensearch",
    class: Class::Leaf,
    summary: "data nodes with a pool of threads for searches and one for writes",
    model: "a search asks its shards at once, each on any node, and ends with the slowest; other calls come to any node; waits for a thread of the pool of searches or of writes, throttled if too many wait; holds it \
            for the operation's time and further documents",
    not_modelled: "where shards lie, partial results, delay until documents are found, replicas of writes, uneven shards, memory, full disks, serverless",
    sources: "OpenSearch Service developer guide (Quotas; Handling errors); read 2026-11",
    operations: &[
        operation("search", Access::Read, "looks terms up"),
        operation(
            "text",
            Access::Read,
            "searches text, and ranks what it finds",
        ),
        operation("aggregate", Access::Read, "counts over many documents"),
        operation(
            "index",
            Access::Write,
            "writes a document, or several (bulk)",
        ),
    ],
    prices: PRICES,
    parameters: OpenSearch::table,
    read: |object| Box::new(OpenSearch::read(object)),
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

/// Instance types that are offered.
///
/// ESTIMATE: families as recalled, 2026-11, since no list of them lies at hand; processors
/// and memory are those of the EC2 type of the name.
const TYPES: Offer = Offer {
    prefix: "",
    suffix: ".search",
    families: &["m5", "m6g", "m7g", "c5", "c6g", "c7g", "r6g", "r7g"],
    least_gib: 4.0,
    least_vcpus: 2,
    range: "an instance type such as `m7g.large.search` or `r7g.xlarge.search`",
};

/// The type where none is given.
const M6G_LARGE: InstanceType = InstanceType {
    name: "m6g.large",
    vcpus: 2,
    gib: 8.0,
};

parameters! {
    /// Parameters of a domain.
    pub struct OpenSearch {
        /// Data nodes.
        nodes: u32 = 3, count(1..=80), Choice, "one in each of three zones; up to 80 by quota";
        /// Instance type of a data node: threads follow from its vCPUs, as of the EC2 type of the name; the families are recalled.
        node as "type": InstanceType = M6G_LARGE, TYPES.read(), Choice, "the smallest general-purpose one of which a price is known";
        /// How the data nodes are bought, for the bill.
        purchase: Purchase = Purchase::OnDemand, choice(NODES), Choice, ON_DEMAND;
        /// Share of the list price that `purchase` saves; needed where it is not on demand.
        discount: Option<f64> = None, share(), Choice, "none is known that would be usual";
        /// Size of the volumes of all nodes together, for the bill.
        stored: Option<u64> = None, size(), Choice, "not known until it is given; storage is then not in the bill";
        /// Shards that a search asks, all at once; its time is that of one shard.
        shards: u32 = 1, count(1..=1_000), Choice, "as if an index were not divided; an index has one primary shard where nothing is said";
        /// Searches that may wait at one node.
        search_limit: u32 = 1_000, count(0..=1_000_000), Documented, LINES;
        /// Writes that may wait at one node.
        write_limit: u32 = 10_000, count(0..=1_000_000), Documented, LINES;
        /// Time of a thread for `search`, at one shard.
        search: Law = milliseconds_p50_p99(8.0, 60.0), duration_law(), Estimate, LATENCY;
        /// Time of a thread for `text`.
        text: Law = milliseconds_p50_p99(20.0, 150.0), duration_law(), Estimate, LATENCY;
        /// Time of a thread for `aggregate`.
        aggregate: Law = milliseconds_p50_p99(200.0, 2_000.0), duration_law(), Estimate, LATENCY;
        /// Time of a thread for `index`.
        index: Law = milliseconds_p50_p99(8.0, 60.0), duration_law(), Estimate, LATENCY;
        /// Time of a thread for every further document: 1,000 take a median of 120 ms.
        index_each: Span = Span(112_000), duration(), Estimate, LATENCY;
    }
    check OpenSearch::check
}

impl OpenSearch {
    /// Checks rules between parameters.
    fn check(&mut self, object: &mut Object<'_>) {
        self.purchase.check(self.discount, &[], object);
    }

    /// Returns what a data node costs, if it is known.
    fn price(&self) -> Option<&'static Price> {
        let item = format!("data node {}.search", self.node.name);
        PRICES.iter().find(|price| price.item == item)
    }

    /// Returns the threads of one node that search, and that write.
    fn threads(&self) -> (u32, u32) {
        // SOURCE: OpenSearch, thread pools: int(1.5 × vCPU) + 1 and 1 × vCPU.
        (self.node.vcpus * 3 / 2 + 1, self.node.vcpus)
    }
}

impl Component for OpenSearch {
    fn info(&self) -> &'static KindInfo {
        &INFO
    }

    fn compile(&self, program: &mut Program<'_>) {
        let (searchers, writers) = self.threads();
        let pool = |servers, waiting_limit| StationSpec {
            instances: self.nodes,
            servers,
            waiting_limit,
            when_full: Outcome::Throttled,
            ..StationSpec::default()
        };
        if program.is_write() {
            let writers = program.station("writers", &pool(writers, self.write_limit));
            let work = WorkSpec {
                per_item_ns: self.index_each.0 as f64,
                ..WorkSpec::of(&self.index)
            };
            return program.serve(writers, &work);
        }
        let time = match program.op() {
            "text" => &self.text,
            "aggregate" => &self.aggregate,
            _ => &self.search,
        };
        let searchers = program.station("searchers", &pool(searchers, self.search_limit));
        let time = WorkSpec::of(time);
        match self.shards {
            1 => program.serve(searchers, &time),
            shards => program.at_once(shards, |program| program.serve(searchers, &time)),
        }
    }

    fn charges(&self) -> Vec<Charge> {
        let nodes = Usage::Hours(f64::from(self.nodes));
        let discount = self.purchase.discount(self.discount, &[]);
        let charge = |price| Charge::new(price, nodes).at(discount);
        let nodes = self.price().map(charge).into_iter();
        nodes
            .chain(storage(&STORAGE, self.stored, None, Ages::ALL))
            .collect()
    }

    fn lacks_prices(&self) -> bool {
        self.price().is_none()
    }

    fn unbilled(&self) -> Vec<&'static str> {
        let mut unbilled = vec!["dedicated master nodes"];
        if self.stored.is_none() {
            unbilled.push("storage, as it has no `stored`");
        }
        if self.price().is_none() {
            unbilled.push("its data nodes, as nothing is known of the price of their type");
        }
        unbilled
    }
}

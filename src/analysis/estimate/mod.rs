//! The capacity estimate: rates, peaks, storage, bandwidth, quotas and the bill, by
//! arithmetic alone.
//!
//! Everything follows from the load lines and the traffic equations (`theory::planned`):
//! means, no waiting, nothing refused. What had to be assumed is said. A day has 86,400 s,
//! a month 30 days.
//!
//! `bill` puts prices to it, `quotas` compares it with every limit.

mod bill;
mod quotas;

pub use bill::{Bill, Bought, Line};
pub use quotas::{Quota, Unit};

use crate::component::{Access, Class, KindInfo, find};
use crate::model::{Model, NONE};
use crate::random::mean;
use crate::topology::Topology;
use crate::units::Span;

use super::theory::planned::{self, Planned};
use std::collections::{BTreeMap, BTreeSet};

/// Seconds of a day.
pub const DAY: f64 = 86_400.0;
/// Seconds of a month of 30 days.
pub const MONTH: f64 = 30.0 * DAY;

/// What the arithmetic gives.
#[derive(Clone, Debug)]
pub struct Estimate {
    /// By flow.
    pub flows: Vec<FlowLoad>,
    /// Visits of every node [1/s], in the mean.
    pub visits: BTreeMap<String, f64>,
    /// By fan-out.
    pub fan_outs: Vec<Deliveries>,
    /// By node that keeps something.
    pub stores: Vec<Store>,
    /// By cache with a known law of keys.
    pub caches: Vec<CacheRoom>,
    /// The space of codes, if the file has some.
    pub codes: Option<CodeSpace>,
    /// Availability of flows, if the file gives that of nodes.
    pub availability: Vec<Availability>,
    /// Every limit that the load meets, the fullest first.
    pub quotas: Vec<Quota>,
    /// The bill of a month.
    pub bill: Bill,
    /// What was assumed, in sentences.
    pub assumed: Vec<String>,
}

/// How much a flow asks for.
#[derive(Clone, Debug, PartialEq)]
pub struct FlowLoad {
    /// The flow.
    pub flow: String,
    /// How its rate was written as people.
    pub arithmetic: Vec<String>,
    /// Requests per second, in the mean.
    pub per_s: f64,
    /// Requests per second when its load lines are at their peak.
    pub peak_per_s: f64,
    /// Bytes per second from its clients, in the mean.
    pub in_per_s: f64,
    /// Bytes per second to its clients, in the mean.
    pub out_per_s: f64,
    /// Seconds that a request takes if it never waits in a line, in the mean.
    pub time_s: f64,
}

/// How much a fan-out delivers.
#[derive(Clone, Debug, PartialEq)]
pub struct Deliveries {
    /// The fan-out.
    pub fan_out: String,
    /// Posts per second, pushed or not.
    pub posts_per_s: f64,
    /// Recipients of a post that it is pushed to, in the mean.
    pub recipients: f64,
    /// Deliveries per second.
    pub per_s: f64,
}

/// What comes to a node that keeps something.
#[derive(Clone, Debug, PartialEq)]
pub struct Store {
    /// The node.
    pub node: String,
    /// Its kind.
    pub kind: &'static str,
    /// Calls that read per second, in the mean.
    pub reads_per_s: f64,
    /// Calls that write per second, in the mean.
    pub writes_per_s: f64,
    /// Bytes read per second.
    pub read_bytes_per_s: f64,
    /// Bytes written per second.
    pub written_bytes_per_s: f64,
    /// New items per second; what changes an item adds none.
    pub new_per_s: f64,
    /// Bytes of new items per second.
    pub new_bytes_per_s: f64,
    /// Keys that reads ask for and the share of reads that the likeliest hundredth of them
    /// makes up, where all reads have one law of keys.
    pub hot: Option<(f64, f64)>,
    /// How long they stay, what is there by then, and its bytes.
    pub kept: Option<Kept>,
}

/// What has come together when the first of it goes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Kept {
    /// How long items stay.
    pub time: Span,
    /// Items.
    pub items: f64,
    /// Bytes.
    pub bytes: f64,
}

/// How much a cache can hold, against what is asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct CacheRoom {
    /// The node.
    pub node: String,
    /// Entries over all instances.
    pub entries: f64,
    /// Keys that are asked for.
    pub keys: f64,
    /// Share of look-ups that it can answer at most.
    pub most_hit_rate: f64,
    /// Hit rate that an objective asks for.
    pub asked: Option<f64>,
    /// Entries that this takes at least.
    pub entries_for_asked: Option<f64>,
}

/// The codes that name what is written.
#[derive(Clone, Debug, PartialEq)]
pub struct CodeSpace {
    /// The node whose records they name.
    pub node: String,
    /// How many there are.
    pub space: f64,
    /// How many are in use when the first record goes; absent if nothing says when.
    pub used: Option<f64>,
}

/// Share of time that everything on the way of a flow is there.
#[derive(Clone, Debug, PartialEq)]
pub struct Availability {
    /// The flow.
    pub flow: String,
    /// Share of time.
    pub share: f64,
    /// Nodes that it was worked out from, with the copies of each.
    pub nodes: Vec<(String, u32)>,
}

impl Availability {
    /// Returns the minutes of a month without it.
    pub fn minutes_down(&self) -> f64 {
        (1.0 - self.share) * MONTH / 60.0
    }
}

/// Does the arithmetic; `None` if calls go round for ever.
pub fn estimate(topology: &Topology, model: &Model) -> Option<Estimate> {
    let mean = Planned::solve(topology, model, false)?;
    let peak = Planned::solve(topology, model, true)?;
    let stores = stores(topology, &mean);
    let codes = codes(topology, &stores);
    Some(Estimate {
        flows: flows(topology, &mean, &peak),
        visits: visits(&mean),
        fan_outs: fan_outs(&mean),
        caches: caches(topology, &mean),
        availability: availability(topology, &mean),
        quotas: quotas::quotas(topology, &mean, &peak),
        bill: bill::bill(topology, &mean),
        assumed: mean.assumed.clone(),
        stores,
        codes,
    })
}

/// Says what every flow with load asks for.
fn flows(topology: &Topology, at_mean: &Planned<'_>, at_peak: &Planned<'_>) -> Vec<FlowLoad> {
    let mut found = Vec::new();
    for (index, flow) in topology.flows.iter().enumerate() {
        let per_s = at_mean.flow(index);
        if per_s <= 0.0 {
            continue;
        }
        let lines = topology.load.iter().filter(|line| line.flow == index);
        found.push(FlowLoad {
            flow: flow.name.clone(),
            arithmetic: lines.filter_map(|line| line.arithmetic.clone()).collect(),
            per_s,
            peak_per_s: at_peak.flow(index),
            in_per_s: per_s * mean(&flow.bytes),
            out_per_s: per_s * mean(&flow.reply),
            time_s: at_mean.flow_time(index),
        });
    }
    found
}

/// Counts the visits of every node.
fn visits(planned: &Planned<'_>) -> BTreeMap<String, f64> {
    let model = planned.model();
    let mut found = BTreeMap::new();
    for (route, rate) in model.routes.iter().zip(planned.routes()) {
        let node = &model.nodes[model.rows[route.row as usize].node as usize];
        if !route.strand && !node.hidden {
            *found.entry(node.name.clone()).or_insert(0.0) += rate;
        }
    }
    found
}

/// Says what every fan-out delivers.
fn fan_outs(planned: &Planned<'_>) -> Vec<Deliveries> {
    let model = planned.model();
    let mut found = Vec::new();
    for (index, fan_out) in (0u32..).zip(&model.fan_outs) {
        let (mut posts_per_s, mut per_s) = (0.0, 0.0);
        for (step, table) in (0u32..).zip(&model.fan_out_steps) {
            if table.fan_out != index {
                continue;
            }
            let (visits, recipients, _) = planned.fan_out(step);
            // Pages that came in are of posts that were counted where they were cut.
            if !table.of_page {
                posts_per_s += visits;
            }
            if table.delivers {
                per_s += visits * recipients;
            }
        }
        if posts_per_s > 0.0 {
            found.push(Deliveries {
                fan_out: fan_out.name.clone(),
                posts_per_s,
                recipients: per_s / posts_per_s,
                per_s,
            });
        }
    }
    found
}

/// Whether nodes of a kind keep what is written to them, beside caches.
pub(super) fn keeps(info: &KindInfo) -> bool {
    let writes = info.operations.iter().any(|op| op.access == Access::Write);
    writes && matches!(info.class, Class::Store | Class::Leaf)
}

/// Operations that change an item, or take it away, and so add none.
const CHANGES: [&str; 3] = ["update", "conditional", "delete"];

/// Says what comes to every node that keeps something.
fn stores(topology: &Topology, planned: &Planned<'_>) -> Vec<Store> {
    let model = planned.model();
    let rates = planned.routes();
    let mut found = Vec::new();
    for (index, node) in model.nodes.iter().enumerate() {
        let Some(info) = find(node.kind).filter(|info| keeps(info)) else {
            continue;
        };
        let mut store = Store {
            node: node.name.clone(),
            kind: node.kind,
            reads_per_s: 0.0,
            writes_per_s: 0.0,
            read_bytes_per_s: 0.0,
            written_bytes_per_s: 0.0,
            new_per_s: 0.0,
            new_bytes_per_s: 0.0,
            hot: None,
            kept: None,
        };
        let mut keys = BTreeSet::new();
        for (route, rate) in model.routes.iter().zip(&rates) {
            let there = model.rows[route.row as usize].node as usize == index && !route.strand;
            let op = info.operations.get(route.op as usize);
            let (Some(op), true, true) = (op, there && route.op != NONE, *rate > 0.0) else {
                continue;
            };
            let (items, bytes) = planned.about(route.entry);
            match op.access {
                Access::Write => {
                    store.writes_per_s += rate;
                    store.written_bytes_per_s += rate * bytes;
                    if !CHANGES.contains(&op.name) {
                        store.new_per_s += rate * items;
                        store.new_bytes_per_s += rate * bytes;
                    }
                }
                Access::Read | Access::Call | Access::Send => {
                    store.reads_per_s += rate;
                    keys.insert(planned.key(route.entry));
                    store.read_bytes_per_s += rate * bytes;
                }
            }
        }
        if let (1, Some(Some(key))) = (keys.len(), keys.first()) {
            let keys = &model.keys[*key as usize];
            let hundredth = (keys.count() as f64 / 100.0).max(1.0);
            store.hot = Some((keys.count() as f64, planned::most_hits(keys, hundredth)));
        }
        if store.reads_per_s + store.writes_per_s > 0.0 {
            store.kept = topology.estimate.keep.map(|time| Kept {
                time,
                items: (store.new_per_s * time.as_seconds()).round(),
                bytes: store.new_bytes_per_s * time.as_seconds(),
            });
            found.push(store);
        }
    }
    found
}

/// Says how much every cache can hold.
fn caches(topology: &Topology, planned: &Planned<'_>) -> Vec<CacheRoom> {
    let model = planned.model();
    let mut found = Vec::new();
    for (index, cache) in (0u32..).zip(&model.caches) {
        let Some(key) = planned.key_of_cache(index) else {
            continue;
        };
        if planned.look_ups(index) <= 0.0 || cache.entries == u64::MAX {
            continue;
        }
        let keys = &model.keys[key as usize];
        let node = &model.nodes[cache.node as usize].name;
        let entries = cache.entries as f64 * f64::from(cache.instances);
        let asked = planned::asked_hit_rate(topology, node);
        found.push(CacheRoom {
            node: node.clone(),
            entries,
            keys: keys.count() as f64,
            most_hit_rate: planned::most_hits(keys, entries),
            asked,
            entries_for_asked: asked.map(|asked| planned::entries_for(keys, asked)),
        });
    }
    found
}

/// Says how much of the codes is used up.
fn codes(topology: &Topology, stores: &[Store]) -> Option<CodeSpace> {
    let codes = topology.estimate.codes.as_ref()?;
    let store = stores.iter().find(|store| store.node == codes.node);
    Some(CodeSpace {
        node: codes.node.clone(),
        space: codes.space(),
        used: store.and_then(|store| store.kept).map(|kept| kept.items),
    })
}

/// Works out how often everything on the way of a flow is there: nodes in series, the copies
/// of one in parallel, all independent of one another.
fn availability(topology: &Topology, planned: &Planned<'_>) -> Vec<Availability> {
    let given = &topology.estimate.availability;
    let mut found = Vec::new();
    for (index, flow) in topology.flows.iter().enumerate() {
        if given.is_empty() || planned.flow(index) <= 0.0 {
            continue;
        }
        let needed = planned.waited_for(index);
        let mut one = Availability {
            flow: flow.name.clone(),
            share: 1.0,
            nodes: Vec::new(),
        };
        for (name, share) in given.iter().filter(|(name, _)| needed.contains(name)) {
            let mut nodes = topology.graph.node_weights();
            let component = nodes
                .find(|node| node.name == *name)
                .and_then(|node| node.component.as_ref());
            let copies = component.map_or(1, |component| component.copies());
            one.share *= 1.0 - libm::pow(1.0 - share, f64::from(copies));
            one.nodes.push((name.clone(), copies));
        }
        found.push(one);
    }
    found
}

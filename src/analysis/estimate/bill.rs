//! The bill of a month by arithmetic: what traffic in the mean uses, times the prices.
//!
//! Nothing is refused, tried again or cold. Tiers belong to the account, as in `cost`.

use super::MONTH;
use crate::analysis::theory::planned::Planned;
use crate::component::price::{Charge, Environments, Inside, Usage};
use crate::cost::growth::{grown, lying, passing};
use crate::cost::{self, HOURS_PER_MONTH};
use crate::model::{Model, NONE, Op};
use crate::random::mean;
use crate::topology::{Bound, Subject, Topology};

/// One gibibyte in bytes.
const GIBIBYTE: f64 = 1_073_741_824.0;

/// What a month costs.
#[derive(Clone, Debug, PartialEq)]
pub struct Bill {
    /// By node and item.
    pub lines: Vec<Line>,
    /// All of them [US dollars].
    pub month_usd: f64,
    /// The same for each of `estimate.users`.
    pub user_usd: Option<f64>,
    /// Per million requests of all flows.
    pub million_usd: Option<f64>,
    /// What somebody else wrote down: the sum of `estimate.costs` [US dollars].
    pub stated_usd: Option<f64>,
    /// That for each of `estimate.users`.
    pub stated_user_usd: Option<f64>,
    /// What the money of objectives about one node's cost buys.
    pub bought: Vec<Bought>,
    /// Nodes whose kind has no prices.
    pub unpriced: Vec<String>,
}

/// One line of a bill.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// Who pays.
    pub node: String,
    /// For what.
    pub item: &'static str,
    /// Units of a month.
    pub quantity: f64,
    /// What it is counted in.
    pub unit: &'static str,
    /// What it comes to [US dollars].
    pub usd: f64,
    /// Whether it is paid whatever the load.
    pub standing: bool,
    /// Document and date of the price.
    pub source: &'static str,
}

/// What some money buys of what a node pays most for.
#[derive(Clone, Debug, PartialEq)]
pub struct Bought {
    /// The node.
    pub node: String,
    /// The money of a month [US dollars].
    pub usd: f64,
    /// For what.
    pub item: &'static str,
    /// How many units it buys.
    pub quantity: f64,
    /// How many are used.
    pub used: f64,
}

/// A charge, and how much of it is used.
struct Entry {
    node: String,
    charge: Charge,
    quantity: f64,
}

/// Puts prices to the traffic.
pub(super) fn bill(topology: &Topology, planned: &Planned<'_>) -> Bill {
    let model = planned.model();
    let mut entries = Vec::new();
    let mut unpriced = Vec::new();
    for (index, node) in model.nodes.iter().enumerate() {
        let mut known = topology.graph.node_weights();
        let known = known.find(|known| known.name == node.name);
        let Some(component) = known.and_then(|known| known.component.as_deref()) else {
            continue;
        };
        let charges = cost::charges(topology, model, component, &node.name);
        if component.is_unpriced() {
            unpriced.push(node.name.clone());
        }
        for charge in charges {
            let quantity = quantity(topology, planned, index, &charge.usage);
            let mut own = entries.iter_mut();
            let same = own.find(|entry: &&mut Entry| {
                cost::is_postage(&charge.usage)
                    && entry.node == node.name
                    && entry.charge.price == charge.price
            });
            if let Some(same) = same {
                same.quantity += quantity;
            } else if quantity > 0.0 {
                entries.push(Entry {
                    node: node.name.clone(),
                    charge,
                    quantity,
                });
            }
        }
    }
    let lines: Vec<Line> = entries.iter().map(|one| line(one, &entries)).collect();
    let month_usd = lines.iter().fold(0.0, |sum, line| sum + line.usd);
    let requests: f64 = (0..model.flows.len()).map(|flow| planned.flow(flow)).sum();
    let users = topology.estimate.users;
    let stated: f64 = topology.estimate.costs.iter().map(|(_, usd)| usd).sum();
    let stated_usd = (!topology.estimate.costs.is_empty()).then_some(stated);
    Bill {
        bought: bought(topology, &entries),
        month_usd,
        user_usd: users.map(|users| month_usd / users),
        million_usd: (requests > 0.0).then(|| month_usd / (requests * MONTH) * 1e6),
        stated_usd,
        stated_user_usd: stated_usd.zip(users).map(|(usd, users)| usd / users),
        lines,
        unpriced,
    }
}

/// Prices an entry: units of all who pay the same price share its tiers.
fn line(entry: &Entry, entries: &[Entry]) -> Line {
    let price = &entry.charge.price;
    let same = entries.iter().filter(|other| other.charge.price == *price);
    let all: f64 = same.map(|other| other.quantity).sum();
    Line {
        node: entry.node.clone(),
        item: entry.charge.item,
        quantity: entry.quantity,
        unit: price.unit,
        usd: price.amount(all) * entry.quantity / all * entry.charge.paid_share(),
        standing: matches!(
            entry.charge.usage,
            Usage::Hours(_)
                | Usage::ReaderHours(_)
                | Usage::Supplied { .. }
                | Usage::Kept(_)
                | Usage::Lying(..)
        ),
        source: price.source,
    }
}

/// Says what the money of objectives such as `api cost < $35/month` buys.
fn bought(topology: &Topology, entries: &[Entry]) -> Vec<Bought> {
    let asked = topology.objectives.iter().filter_map(|objective| {
        if let (Subject::Node(node), Bound::UsdPerMonth(usd)) =
            (&objective.subject, objective.value)
        {
            return Some((node, usd));
        }
        None
    });
    let found = asked.filter_map(|(node, usd)| {
        let mine = entries.iter().filter(|entry| entry.node == *node);
        let greatest = mine.max_by(|one, other| {
            let amount = |entry: &Entry| entry.charge.price.amount(entry.quantity);
            amount(one).total_cmp(&amount(other))
        })?;
        Some(Bought {
            node: node.clone(),
            usd,
            item: greatest.charge.item,
            quantity: greatest.charge.price.bought(usd).round(),
            used: greatest.quantity,
        })
    });
    found.collect()
}

/// Returns how much of something a node uses in a month.
fn quantity(topology: &Topology, planned: &Planned<'_>, node: usize, usage: &Usage) -> f64 {
    let model = planned.model();
    let rates = planned.routes();
    let visits = |ops: &[&str]| -> f64 {
        let routes = model.routes.iter().zip(&rates);
        let mine = routes.filter(|(route, _)| {
            !route.strand
                && model.rows[route.row as usize].node as usize == node
                && named(planned, node, route.op, ops)
        });
        mine.map(|(_, rate)| rate).sum()
    };
    let programs = |ops: &[&str]| -> Vec<u32> {
        let mut entries = Vec::new();
        for route in &model.routes {
            let mine = !route.strand && model.rows[route.row as usize].node as usize == node;
            if mine && named(planned, node, route.op, ops) && !entries.contains(&route.entry) {
                entries.push(route.entry);
            }
        }
        entries
    };
    match usage {
        Usage::Hours(units) => units * HOURS_PER_MONTH,
        Usage::Supplied { units, each, .. } => units * each * HOURS_PER_MONTH,
        Usage::Kept(units) => *units,
        Usage::Visits(ops) => visits(ops) * MONTH,
        Usage::EachVisit(units) => visits(&[]) * units * MONTH,
        Usage::Misses => planned.missed(node) * MONTH,
        Usage::Units(ops) => {
            let entries = programs(ops).into_iter();
            entries.map(|entry| planned.metered(entry)).sum::<f64>() * MONTH
        }
        Usage::Metered => {
            let entries = programs(&[]).into_iter();
            entries.map(|entry| planned.metered(entry)).sum::<f64>() * MONTH
        }
        Usage::Part(share) => {
            let entries = programs(&[]).into_iter();
            entries.map(|entry| planned.metered(entry)).sum::<f64>() * MONTH * share
        }
        Usage::Bytes(ops) => {
            let entries = programs(ops).into_iter();
            let bytes: f64 = entries.map(|entry| planned.metered_bytes(entry)).sum();
            bytes * MONTH / GIBIBYTE
        }
        // Of the first month.
        Usage::Lying(units, ages) => units * lying(ages.from, ages.until, 1.0),
        Usage::Grown(growth, ages) => {
            let entries = programs(growth.ops).into_iter();
            let bytes: f64 = entries.map(|entry| planned.metered_bytes(entry)).sum();
            let times = growth.share * growth.copies * grown(ages.from, ages.until, 1.0);
            bytes * MONTH / GIBIBYTE * times
        }
        Usage::Passing(growth, age) => {
            visits(growth.ops) * MONTH * growth.share * passing(*age, 1.0)
        }
        Usage::Deliveries(calls) => {
            let queue = model.queues.get(model.nodes[node].queue as usize);
            let deliveries = queue.map_or(&[][..], |queue| &queue.deliveries);
            let routes = deliveries
                .iter()
                .flat_map(|one| &model.deliveries[*one as usize].routes);
            let known = routes.filter(|route| **route != NONE);
            known.map(|route| rates[*route as usize]).sum::<f64>() * calls * MONTH
        }
        Usage::Sent(link) => sent(planned, *link, |items, _| items) * MONTH,
        Usage::SentBytes(link) => sent(planned, *link, |_, bytes| bytes) * MONTH / GIBIBYTE,
        Usage::ReaderHours(units) => units * readers(model, node) * HOURS_PER_MONTH,
        Usage::ReadUnits => {
            let entries = programs(&[]).into_iter();
            let units: f64 = entries.map(|entry| planned.metered(entry)).sum();
            units * MONTH * readers(model, node)
        }
        Usage::ReadBytes => {
            let entries = programs(&[]).into_iter();
            let bytes: f64 = entries.map(|entry| planned.metered_bytes(entry)).sum();
            bytes * MONTH / GIBIBYTE * readers(model, node)
        }
        Usage::Inside(of) => inside(planned, node, of) * MONTH,
        Usage::Replies => {
            let flows = topology.flows.iter().enumerate();
            let bytes = flows.map(|(index, flow)| {
                let share = replying(topology, planned, index, node);
                planned.flow(index) * mean(&flow.reply) * share
            });
            bytes.sum::<f64>() * MONTH / GIBIBYTE
        }
        Usage::Fetched => by_flow(planned, node, |flow, _, calls| {
            calls * mean(&topology.flows[flow].bytes) * MONTH / GIBIBYTE
        }),
        Usage::Through => by_flow(planned, node, |flow, visits, _| {
            let flow = &topology.flows[flow];
            visits * (mean(&flow.bytes) + mean(&flow.reply)) * MONTH / GIBIBYTE
        }),
        Usage::Environments(of) => environments(planned, node, visits(&[]), of),
    }
}

/// Sums something of the items and bytes of the messages over a link [1/s].
fn sent(planned: &Planned<'_>, link: u32, of: impl Fn(f64, f64) -> f64) -> f64 {
    let routes = planned.model().routes.iter().zip(planned.routes());
    let mine = routes.filter(|(route, _)| route.link == link);
    mine.map(|(route, rate)| {
        let (items, bytes) = planned.about(route.entry);
        rate * of(items, bytes)
    })
    .sum()
}

/// Returns how many consumers read a log.
fn readers(model: &Model, node: usize) -> f64 {
    let log = model.logs.get(model.nodes[node].log as usize);
    log.map_or(0, |log| log.deliveries.len()) as f64
}

/// Returns what the time that visits take is charged [1/s].
fn inside(planned: &Planned<'_>, node: usize, of: &Inside) -> f64 {
    let model = planned.model();
    let routes = model.routes.iter().zip(planned.routes());
    let mine = routes
        .filter(|(route, _)| !route.strand && model.rows[route.row as usize].node as usize == node);
    mine.map(|(route, rate)| {
        let time = (planned.time_of(route.entry) - of.before_ns * 1e-9).max(0.0);
        rate * (time + of.rounding_ns * 1e-9) * of.each
    })
    .sum()
}

/// Returns the share of a flow's replies that its clients get from a node: from the one that
/// they call or, where that only says where to go, from those behind it, by their visits.
fn replying(topology: &Topology, planned: &Planned<'_>, flow: usize, node: usize) -> f64 {
    let model = planned.model();
    let graph = &topology.graph;
    let entry = planned.entry(flow).map(|entry| &model.nodes[entry].name);
    let at = graph
        .node_indices()
        .find(|at| Some(&graph[*at].name) == entry);
    let replying = at.map_or(Vec::new(), |at| topology.replying(at));
    let nodes = replying.into_iter().filter_map(|at| {
        let mut nodes = model.nodes.iter();
        nodes.position(|node| node.name == graph[at].name)
    });
    let found: Vec<usize> = nodes.collect();
    if !found.contains(&node) {
        return 0.0;
    }
    let rates = planned.routes();
    let visits = |node: usize| -> f64 {
        let routes = model.routes.iter().zip(&rates).filter(|(route, _)| {
            let row = model.rows[route.row as usize];
            !route.strand && (row.node as usize, row.flow as usize) == (node, flow)
        });
        routes.map(|(_, rate)| rate).sum()
    };
    let all: f64 = found.iter().map(|node| visits(*node)).sum();
    match found.len() {
        1 => 1.0,
        _ if all > 0.0 => visits(node) / all,
        _ => 0.0,
    }
}

/// Whether an operation is one of those named; any if none is named.
fn named(planned: &Planned<'_>, node: usize, op: u32, ops: &[&str]) -> bool {
    let operations = &planned.model().nodes[node].operations;
    let name = operations.get(op as usize);
    ops.is_empty() || name.is_some_and(|name| ops.contains(&name.as_str()))
}

/// Sums something over the flows that come to a node: (flow, visits, calls made) [1/s].
fn by_flow(planned: &Planned<'_>, node: usize, value: impl Fn(usize, f64, f64) -> f64) -> f64 {
    let model = planned.model();
    let rates = planned.routes();
    let mut sum = 0.0;
    for flow in 0..model.flows.len() {
        let mut visits = 0.0;
        for (route, rate) in model.routes.iter().zip(&rates) {
            let row = model.rows[route.row as usize];
            if !route.strand && (row.node as usize, row.flow as usize) == (node, flow) {
                visits += rate;
            }
        }
        let mut calls = 0.0;
        for (op, site) in model.ops.iter().zip(&model.sites) {
            let row = model.rows[site.row as usize];
            if (row.node as usize, row.flow as usize) != (node, flow) {
                continue;
            }
            if let Op::Call { route } | Op::CallChosen { first: route } = op {
                calls += rates[*route as usize];
            }
        }
        sum += value(flow, visits, calls);
    }
    sum
}

/// Returns the time for which environments are in work in a month.
fn environments(planned: &Planned<'_>, node: usize, visits: f64, of: &Environments) -> f64 {
    let model = planned.model();
    let pools = planned.pools();
    let busy = pools
        .iter()
        .find(|busy| model.pools[busy.index as usize].node as usize == node);
    let working = busy.map_or(0.0, |busy| busy.erlangs);
    if working <= 0.0 {
        return 0.0;
    }
    let always = working.min(f64::from(of.provisioned));
    let time = match of.of_provisioned {
        true => always,
        false => working - always,
    };
    let rounding = visits * time / working * of.rounding_ns * 1e-9;
    (time + rounding) * MONTH * of.each
}

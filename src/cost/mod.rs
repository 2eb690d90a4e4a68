//! The bill: what simulated usage costs in a month, line by line.
//!
//! Usage per request is what the counted part of the runs gives, per flow; times the
//! requests of a month at the mean rate of the flow's load lines, which neither a `shape`
//! nor the `peak_to_mean` of people changes. Where a line has no rate of its own (clients, traces), the rate that was
//! measured goes on for a month. What exists whatever the load costs its hours. A
//! month has 30 days, as in rates: 720 hours. Everything is read off recordings; the
//! loop counts nothing for it but units of metered operations.
//!
//! `usage` finds quantities, `tariff` puts prices to them; `pace` does both while a run goes on.
//!
//! Storage may grow with what is written: the bill is that of one month, and the first
//! begins with what was `stored`. `growth` says what lies there in a later one.
//!
//! Not here: prices and who pays them (`component`), and how a bill is shown (`report`).

pub mod growth;
mod pace;
mod tariff;
mod usage;

pub use pace::Pace;

use crate::component::Component;
use crate::component::parameter::Basis;
use crate::component::price::{Charge, GIB_MONTH, Postage, Usage};
use crate::component::purchase::{Discount, Purchase};
use crate::metrics::estimate::{Estimate, LEAST_REPLICATIONS, student};
use crate::metrics::recording::Recording;
use crate::model::{Model, NONE, Outcome};
use crate::topology::{Role, Topology};
use usage::Counted;

/// Hours of a month of 30 days.
pub const HOURS_PER_MONTH: f64 = 720.0;
/// Nanoseconds of a month.
const NS_PER_MONTH: f64 = HOURS_PER_MONTH * 3_600e9;

/// What a bill is made of.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    /// What was asked for.
    pub topology: &'a Topology,
    /// What was run.
    pub model: &'a Model,
    /// What the replications left, in their order.
    pub recordings: &'a [Recording],
    /// Index of the first slice that counts.
    pub cut: usize,
    /// Whether the free units of a month are taken off.
    pub free_tier: bool,
    /// Which month, from 1 on: what is stored grows.
    pub month: u32,
}

/// What a bill is asked for, beside the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Whether the free units of a month are taken off.
    pub free_tier: bool,
    /// Month that it is of, from 1 on; beyond the first it comes with those before it.
    pub months: u32,
}

impl Default for Asked {
    fn default() -> Asked {
        Asked {
            free_tier: false,
            months: 1,
        }
    }
}

/// What a month costs.
#[derive(Clone, Debug)]
pub struct Bill {
    /// All of it [US dollars].
    pub month_usd: Estimate,
    /// The same per million requests of all flows.
    pub million_usd: Estimate,
    /// Those who use it, where the file says how many.
    pub users: Option<f64>,
    /// By node and item; nodes by name.
    pub lines: Vec<Line>,
    /// By flow, in the order of the model.
    pub flows: Vec<FlowCost>,
    /// What exists whatever the load, and so belongs to no flow [US dollars].
    pub standing_usd: f64,
    /// What is not in it, in sentences.
    pub left_out: Vec<String>,
    /// Nodes of which most could not be priced: sums are too low by all that they cost.
    pub unpriced: Vec<String>,
}

/// One line of a bill.
#[derive(Clone, Debug)]
pub struct Line {
    /// Who pays.
    pub node: String,
    /// For what.
    pub item: &'static str,
    /// Units of a month.
    pub quantity: Estimate,
    /// What it is counted in.
    pub unit: &'static str,
    /// What a unit costs on average over the tiers and free units [US dollars].
    pub price_usd: f64,
    /// What it comes to [US dollars].
    pub usd: Estimate,
    /// Whether the quantity was measured; else it follows from parameters alone.
    pub measured: bool,
    /// Where the price comes from.
    pub basis: Basis,
    /// Document and date of the price.
    pub source: &'static str,
    /// What is taken off the price; `price_usd` and `usd` are without it.
    pub discount: Option<Discount>,
    /// `usd` as a sum, for what several lines come to.
    spread: Sum,
}

/// What the requests of a flow cost, without what exists whatever the load.
#[derive(Clone, Debug)]
pub struct FlowCost {
    /// Its name.
    pub name: String,
    /// Requests of a month.
    pub requests: f64,
    /// What they cost [US dollars].
    pub month_usd: Estimate,
    /// What a million of them costs [US dollars].
    pub million_usd: Estimate,
}

/// A value with what each replication adds to its uncertainty.
#[derive(Clone, Debug, Default)]
struct Sum {
    value: f64,
    /// Deviations of the replications, which sum to 0.
    deviations: Vec<f64>,
}

impl Sum {
    /// Returns what is known exactly, for so many replications.
    fn exact(value: f64, replications: usize) -> Sum {
        Sum {
            value,
            deviations: vec![0.0; replications],
        }
    }

    /// Returns usage per something, times as much of it as there is in a month; both as
    /// counted in each replication.
    fn per(used: &[f64], counted: &[f64], month: f64) -> Sum {
        let below: f64 = counted.iter().sum();
        let n = counted.len();
        if below <= 0.0 {
            return Sum::exact(0.0, n);
        }
        let each = used.iter().sum::<f64>() / below;
        let scale = month * n as f64 / below;
        let pairs = used.iter().zip(counted);
        Sum {
            value: each * month,
            deviations: pairs
                .map(|(used, counted)| (used - each * counted) * scale)
                .collect(),
        }
    }

    /// Adds another one, so many times.
    fn add(&mut self, other: &Sum, times: f64) {
        self.value += other.value * times;
        for (mine, theirs) in self.deviations.iter_mut().zip(&other.deviations) {
            *mine += theirs * times;
        }
    }

    /// Returns it so many times.
    fn times(&self, factor: f64) -> Sum {
        let mut sum = Sum::exact(0.0, self.deviations.len());
        sum.add(self, factor);
        sum
    }

    /// Returns it with its 95 % interval: t · √(Σ d² / (n (n − 1))).
    fn estimate(&self) -> Estimate {
        let n = self.deviations.len();
        let squares: f64 = self.deviations.iter().map(|one| one * one).sum();
        let half_width = (n >= LEAST_REPLICATIONS).then(|| {
            student(n as f64 - 1.0, 0.95) * (squares / (n as f64 * (n as f64 - 1.0))).sqrt()
        });
        Estimate {
            value: Some(self.value),
            half_width,
            why: None,
        }
    }
}

/// Sums usage up and puts prices to it.
pub fn bill(input: &Input) -> Bill {
    let counted = Counted::new(input);
    let replications = input.recordings.len();
    let mut entries = Vec::new();
    let mut left_out = Vec::new();
    let mut unpriced = Vec::new();
    for (index, node) in input.model.nodes.iter().enumerate() {
        let known = input.topology.graph.node_weights();
        let found = known.into_iter().find(|known| known.name == node.name);
        let Some(component) = found.and_then(|known| known.component.as_deref()) else {
            continue;
        };
        let charges = charges(input.topology, input.model, component, &node.name);
        if component.is_unpriced() {
            unpriced.push(node.name.clone());
        }
        for &charge in &charges {
            let parts = counted.parts(index, &charge.usage);
            // What goes over several links at one price is one line.
            let mut own = entries.iter_mut();
            let same = own.find(|entry: &&mut Entry| {
                is_postage(&charge.usage)
                    && entry.node == index
                    && entry.charge.price == charge.price
            });
            if let Some(same) = same {
                same.parts.extend(parts);
                continue;
            }
            entries.push(Entry {
                node: index,
                charge,
                parts,
                measured: is_measured(&charge.usage)
                    || counted.is_changing_capacity(index, &charge.usage),
            });
        }
        let mut elastic = input.model.control.elastic.iter();
        let taken_back = elastic.any(|one| one.node as usize == index && one.reclaim.is_some());
        if let Some(what) = risk(&charges).filter(|_| !taken_back) {
            left_out.push(format!("`{}`: {what}", node.name));
        }
        let missing = component.unbilled();
        if !missing.is_empty() {
            left_out.push(format!("`{}`: {}", node.name, missing.join("; ")));
        }
    }
    if !entries.is_empty() {
        left_out.extend(other_versions(input));
        left_out.extend(counted.idle_flows());
        left_out.extend(unfinished(input));
        left_out.extend(unpaid_replies(&counted, &entries));
    }
    // What is not used is no line.
    entries.retain(|entry| entry.quantity() > 0.0);
    let priced = tariff::priced(&entries, replications, input.free_tier);

    let mut total = Sum::exact(0.0, replications);
    let mut standing_usd = 0.0;
    let mut flows = vec![Sum::exact(0.0, replications); input.model.flows.len()];
    let mut lines = Vec::new();
    for (entry, priced) in entries.iter().zip(priced) {
        total.add(&priced.usd, 1.0);
        for part in &entry.parts {
            match part.flow {
                Some(flow) => flows[flow].add(&part.quantity, priced.price_usd),
                None => standing_usd += part.quantity.value * priced.price_usd,
            }
        }
        lines.push(entry.line(input.model, priced, replications));
    }
    let requests: Vec<f64> = (0..flows.len())
        .map(|flow| counted.requests(flow))
        .collect();
    let per_million = |sum: &Sum, requests: f64| {
        if requests > 0.0 {
            sum.times(1e6 / requests).estimate()
        } else {
            Estimate::none(crate::metrics::estimate::Why::TooFewSamples)
        }
    };
    Bill {
        month_usd: total.estimate(),
        million_usd: per_million(&total, requests.iter().sum()),
        users: usage::users(input.topology),
        lines,
        flows: (0..flows.len())
            .map(|flow| FlowCost {
                name: input.model.flows[flow].name.clone(),
                requests: requests[flow],
                month_usd: flows[flow].estimate(),
                million_usd: per_million(&flows[flow], requests[flow]),
            })
            .collect(),
        standing_usd,
        left_out,
        unpriced,
    }
}

/// Returns everything that a node pays for, messages over its links included.
pub fn charges(
    topology: &Topology,
    model: &Model,
    component: &dyn Component,
    name: &str,
) -> Vec<Charge> {
    let mut charges = component.charges();
    let graph = &topology.graph;
    let Some(at) = graph.node_indices().find(|at| graph[*at].name == name) else {
        return charges;
    };
    for neighbour in graph.neighbors(at) {
        let to = &graph[neighbour];
        let postage = component.charges_to(&to.name, to.kind);
        let edge = graph.find_edge(at, neighbour);
        if postage.is_empty() || edge.is_none_or(|edge| graph[edge].role != Role::Primary) {
            continue;
        }
        let link = format!("{name}->{}", to.name);
        let Some(link) = model.links.iter().position(|known| known.name == link) else {
            continue;
        };
        let link = u32::try_from(link).unwrap_or(NONE);
        charges.extend(postage.iter().map(|one| match one {
            Postage::Message(price) => Charge::new(price, Usage::Sent(link)),
            Postage::Bytes(price) => Charge::new(price, Usage::SentBytes(link)),
        }));
    }
    charges
}

/// Whether a charge is for messages over a link.
pub fn is_postage(usage: &Usage) -> bool {
    matches!(usage, Usage::Sent(_) | Usage::SentBytes(_))
}

/// Says what a discount costs in another way.
fn risk(charges: &[Charge]) -> Option<&'static str> {
    let mut discounts = charges.iter().filter_map(|charge| charge.discount);
    let spot = discounts.any(|off| off.purchase == Purchase::Spot);
    spot.then_some("machines that are taken back, as none are in this run")
}

/// Says whose versions are charged as if they had the parameters of the first one.
fn other_versions(input: &Input) -> Vec<String> {
    let deployments = input.topology.deployments.iter();
    let set = deployments.filter(|one| one.set.is_some());
    let mut all: Vec<String> = set
        .map(|one| {
            let node = &input.topology.graph[one.node].name;
            format!("`{node}`: what the parameters change that a deployment sets")
        })
        .collect();
    all.dedup();
    all
}

/// Share of messages whose consumers may be missing in a bill without a word.
///
/// CHOICE: about what is under way at the end of any run.
const UNFINISHED: f64 = 0.01;

/// Says what work is missing, as its messages had not been dealt with by the end of the runs.
fn unfinished(input: &Input) -> Vec<String> {
    let mut all = Vec::new();
    for (index, node) in input.model.nodes.iter().enumerate() {
        let (mut sent, mut left) = (0, 0);
        let queue = input.model.queues.get(node.queue as usize);
        let queue_is_read = queue.is_some_and(|queue| !queue.deliveries.is_empty());
        for run in input.recordings {
            let record = &run.nodes[index];
            if let Some(queue) = &record.queue
                && queue_is_read
            {
                let done = queue.deleted + queue.dead_lettered + queue.expired;
                let all = queue.sent.max(accepted(input, run, index)) + queue.duplicates;
                sent += all;
                left += all.saturating_sub(done);
            } else if let Some(log) = input.model.logs.get(node.log as usize) {
                // Each group of consumers reads all of it.
                sent += record.arrived.iter().sum::<u64>() * log.deliveries.len() as u64;
                left += record.untaken;
            }
        }
        let share = left as f64 / sent as f64;
        if sent > 0 && share > UNFINISHED {
            let name = &node.name;
            let percent = (share * 100.0).round().min(100.0);
            all.push(format!(
                "`{name}`: the work on {percent}% of its messages, which were still there at the end of the run"
            ));
        }
    }
    all
}

/// Returns how many sends a queue has accepted, of which some may be on their way; 0 where
/// something is remembered, so that what is said twice is accepted and dropped.
fn accepted(input: &Input, run: &Recording, node: usize) -> u64 {
    if !input.model.memories.is_empty() {
        return 0;
    }
    let rows = input.model.rows.iter().zip(&run.rows);
    let own = rows.filter(|(row, _)| row.node as usize == node);
    let slices = own.flat_map(|(_, record)| &record.slices);
    slices
        .map(|slice| slice.tally.left[Outcome::Completed as usize])
        .sum()
}

/// Says whose replies reach clients from a node that pays nothing for it.
fn unpaid_replies(counted: &Counted<'_>, entries: &[Entry]) -> Vec<String> {
    let input = counted.input;
    let pays = |node: usize| {
        let mut own = entries.iter().filter(|entry| entry.node == node);
        own.any(|entry| entry.charge.usage == Usage::Replies)
    };
    let flows = input.model.flows.iter().enumerate();
    let unpaid = flows.flat_map(|(flow, known)| {
        let replying = counted.replying(flow).into_iter();
        let unpaid = replying.filter(|row| !pays(input.model.rows[*row].node as usize));
        unpaid.map(|row| {
            let node = &input.model.nodes[input.model.rows[row].node as usize].name;
            let flow = &known.name;
            format!("flow `{flow}`: data out, as nothing is known of it at `{node}`")
        })
    });
    unpaid.collect()
}

impl Bill {
    /// Returns what lies at all nodes, on average over the month [GiB].
    pub fn stored_gib(&self) -> f64 {
        let lines = self.lines.iter().filter(|line| line.unit == GIB_MONTH);
        lines.filter_map(|line| line.quantity.value).sum()
    }

    /// Returns what a month costs per user [US dollars], where it is said how many there are.
    pub fn per_user_usd(&self) -> Option<f64> {
        let (users, usd) = (self.users?, self.month_usd.value?);
        (users > 0.0).then(|| usd / users)
    }

    /// Returns what a node costs in a month [US dollars].
    pub fn of_node(&self, name: &str) -> Estimate {
        self.sum_of(name).estimate()
    }

    /// Returns what a node costs per million requests of all flows [US dollars].
    pub fn of_node_per_million(&self, name: &str) -> Estimate {
        let requests: f64 = self.flows.iter().map(|flow| flow.requests).sum();
        if requests > 0.0 {
            return self.sum_of(name).times(1e6 / requests).estimate();
        }
        Estimate::none(crate::metrics::estimate::Why::TooFewSamples)
    }

    fn sum_of(&self, name: &str) -> Sum {
        let replications = self
            .lines
            .first()
            .map_or(0, |line| line.spread.deviations.len());
        let mut sum = Sum::exact(0.0, replications);
        for line in self.lines.iter().filter(|line| line.node == name) {
            sum.add(&line.spread, 1.0);
        }
        sum
    }
}

/// A charge with its quantity.
#[derive(Debug)]
struct Entry {
    /// Who pays: index into the nodes of the model.
    node: usize,
    /// For what.
    charge: Charge,
    /// How much, by flow.
    parts: Vec<Part>,
    /// Whether that was measured.
    measured: bool,
}

/// The part of a quantity that one flow causes.
#[derive(Debug)]
struct Part {
    /// The flow; none for what exists whatever the load.
    flow: Option<usize>,
    /// Units of a month.
    quantity: Sum,
}

impl Entry {
    /// Returns the units of a month.
    fn quantity(&self) -> f64 {
        self.parts.iter().map(|part| part.quantity.value).sum()
    }

    /// Returns the units of a month with their spread.
    fn sum(&self, replications: usize) -> Sum {
        let mut sum = Sum::exact(0.0, replications);
        for part in &self.parts {
            sum.add(&part.quantity, 1.0);
        }
        sum
    }

    /// Writes the line.
    fn line(&self, model: &Model, priced: tariff::Priced, replications: usize) -> Line {
        let price = &self.charge.price;
        Line {
            node: model.nodes[self.node].name.clone(),
            item: self.charge.item,
            quantity: self.sum(replications).estimate(),
            unit: price.unit,
            price_usd: priced.price_usd,
            usd: priced.usd.estimate(),
            measured: self.measured,
            basis: price.basis,
            source: price.source,
            discount: self.charge.discount,
            spread: priced.usd,
        }
    }
}

/// Whether a quantity was measured; else it follows from parameters, or stands for more
/// than what was counted.
fn is_measured(usage: &Usage) -> bool {
    match usage {
        Usage::Hours(_)
        | Usage::ReaderHours(_)
        | Usage::Supplied { .. }
        | Usage::Kept(_)
        | Usage::Lying(..)
        | Usage::Through => false,
        // How the work splits among provisioned environments and others is not counted.
        Usage::Environments(of) => of.provisioned == 0,
        Usage::Visits(_)
        | Usage::EachVisit(_)
        | Usage::Misses
        | Usage::Units(_)
        | Usage::Metered
        | Usage::Part(_)
        | Usage::Bytes(_)
        | Usage::Grown(..)
        | Usage::Passing(..)
        | Usage::Deliveries(_)
        | Usage::Sent(_)
        | Usage::SentBytes(_)
        | Usage::ReadUnits
        | Usage::ReadBytes
        | Usage::Inside(_)
        | Usage::Replies
        | Usage::Fetched => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::estimate::{mean, ratio};

    #[test]
    fn the_interval_of_a_quantity_is_that_of_the_ratio() {
        let used = [12.0, 15.0, 9.0, 14.0, 11.0, 13.0];
        let requests = [100.0, 110.0, 90.0, 105.0, 95.0, 100.0];

        let found = Sum::per(&used, &requests, 1e6).estimate();
        let expected = ratio(&used, &requests).scaled(1e6);

        let close = |one: Option<f64>, other: Option<f64>| {
            let (one, other) = (one.expect("a value"), other.expect("a value"));
            assert!((one / other - 1.0).abs() < 1e-9, "{one} {other}");
        };
        close(found.value, expected.value);
        close(found.half_width, expected.half_width);
    }

    #[test]
    fn what_two_lines_share_makes_their_sum_no_more_certain() {
        let even = [1.0; 6];
        let one = Sum::per(&[12.0, 15.0, 9.0, 14.0, 11.0, 13.0], &even, 1.0);
        let mut same = one.times(2.0);
        let mut opposite = one.clone();

        same.add(&one, 1.0);
        opposite.add(&one, -1.0);

        let half = mean(&[12.0, 15.0, 9.0, 14.0, 11.0, 13.0]).half_width;
        let (half, found) = (half.expect("six values"), same.estimate().half_width);
        assert!((found.expect("six values") / (3.0 * half) - 1.0).abs() < 1e-9);
        assert!(opposite.estimate().half_width.expect("six values") < 1e-9);
    }
}

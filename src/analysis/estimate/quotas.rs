//! Every limit that the load meets: token buckets, limits of concurrency, environments,
//! and servers, with what is asked of them.

use crate::analysis::theory::planned::{Busy, Planned};
use crate::component::quota;
use crate::model::{Group, NONE, Op, Queue};
use crate::topology::Topology;
use std::collections::{BTreeMap, BTreeSet};

/// What a limit is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Tokens a second.
    PerSecond,
    /// Places that are taken at once.
    Places,
    /// Servers at work.
    Servers,
    /// Bytes of one thing.
    Bytes,
}

/// A limit, and what the load asks of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Quota {
    /// The node, or the nodes that share it.
    pub node: String,
    /// Kind of the node.
    pub kind: &'static str,
    /// What it is.
    pub name: String,
    /// What it is counted in.
    pub unit: Unit,
    /// The limit, of one instance.
    pub limit: f64,
    /// Instances alike; keys decide among them.
    pub instances: u32,
    /// What is asked of the busiest instance, in the mean.
    pub used: f64,
    /// The same when the load is at its peak.
    pub peak: f64,
    /// What sets it, as users write it.
    pub key: Option<&'static str>,
    /// Where it comes from.
    pub source: &'static str,
}

impl Quota {
    /// Returns what is used at the peak, as a share of the limit.
    pub fn share(&self) -> f64 {
        self.peak / self.limit
    }

    /// Returns how many times this load would fill it.
    pub fn headroom(&self) -> f64 {
        self.limit / self.peak
    }
}

/// Lists all limits, the fullest first.
pub(super) fn quotas(topology: &Topology, mean: &Planned<'_>, peak: &Planned<'_>) -> Vec<Quota> {
    let mut found = buckets(mean, peak);
    found.extend(limits(mean, peak));
    found.extend(environments(topology, mean, peak));
    found.extend(servers(mean, peak));
    found.extend(provisions(topology));
    found.extend(sizes(mean));
    found.extend(in_flight(mean, peak));
    found.retain(|one| one.limit > 0.0 && one.peak > 0.0);
    found.sort_by(|one, other| {
        let fullest = other.share().total_cmp(&one.share());
        fullest.then_with(|| (&one.node, &one.name).cmp(&(&other.node, &other.name)))
    });
    found
}

/// Compares what nodes ask for beforehand with what they may ask for: each, and those of a kind.
fn provisions(topology: &Topology) -> Vec<Quota> {
    let nodes = topology.graph.node_weights();
    let components = nodes.filter_map(|node| Some((node, node.component.as_ref()?)));
    let mut found = Vec::new();
    let mut together: BTreeMap<(&'static str, &'static str), (Vec<&str>, Quota)> = BTreeMap::new();
    for (node, component) in components {
        for asked in component.provisions() {
            let quota = |name: String, limit: f64| Quota {
                node: node.name.clone(),
                kind: node.kind,
                name,
                unit: Unit::PerSecond,
                limit,
                instances: 1,
                used: asked.units,
                peak: asked.units,
                key: None,
                source: asked.source,
            };
            found.push(quota(asked.what.to_owned(), asked.of_node));
            let all = together.entry((node.kind, asked.what)).or_insert_with(|| {
                let name = format!("{} of the account", asked.what);
                let none = Quota {
                    used: 0.0,
                    peak: 0.0,
                    ..quota(name, asked.of_account)
                };
                (Vec::new(), none)
            });
            all.0.push(&node.name);
            all.1.used += asked.units;
            all.1.peak += asked.units;
        }
    }
    let together = together.into_values().map(|(names, quota)| Quota {
        node: names.join(", "),
        ..quota
    });
    found.extend(together);
    found
}

/// Compares mean sizes with the largest that are taken, where larger ones may come.
fn sizes(mean: &Planned<'_>) -> Vec<Quota> {
    let mut found: Vec<Quota> = Vec::new();
    for (size, items, bytes) in mean.bounded() {
        let node = &mean.model().nodes[size.node as usize];
        let (item, call) = (bytes / items.max(1.0), bytes);
        let of_items = item / size.item as f64;
        let (used, limit, name) = if call / size.call as f64 > of_items {
            (call, size.call, "bytes of a call, in the mean")
        } else {
            (item, size.item, "bytes of an item, in the mean")
        };
        let quota = Quota {
            node: node.name.clone(),
            kind: node.kind,
            name: name.to_owned(),
            unit: Unit::Bytes,
            limit: limit as f64,
            instances: 1,
            used,
            peak: used,
            key: None,
            source: quota::origin(node.kind, name).source,
        };
        let mut same = found.iter_mut();
        match same.find(|one| (&one.node, &one.name) == (&quota.node, &quota.name)) {
            Some(known) if known.share() >= quota.share() => {}
            Some(known) => *known = quota,
            None => found.push(quota),
        }
    }
    found
}

/// Compares the messages that consumers of a queue have taken and not dealt with: by Little's
/// law, as many as come in the time of a delivery, but no more than consumers take at once.
fn in_flight(mean: &Planned<'_>, peak: &Planned<'_>) -> Vec<Quota> {
    let model = mean.model();
    let taken = |planned: &Planned<'_>, queue: &Queue| -> f64 {
        let rates = planned.routes();
        let deliveries = queue.deliveries.iter();
        let each = deliveries.map(|delivery| {
            let delivery = &model.deliveries[*delivery as usize];
            let routes = delivery.routes.iter().filter(|route| **route != NONE);
            let messages = routes.map(|route| {
                let entry = model.routes[*route as usize].entry;
                let (items, _) = planned.about(entry);
                rates[*route as usize] * items * planned.time_of(entry)
            });
            let room = f64::from(delivery.concurrency) * f64::from(delivery.batch);
            messages.sum::<f64>().min(room)
        });
        each.sum()
    };
    let queues = model.queues.iter();
    let queues = queues.filter(|queue| queue.in_flight < u32::MAX);
    let found = queues.map(|queue| {
        let node = &model.nodes[queue.node as usize];
        let origin = quota::origin(node.kind, "messages in flight");
        Quota {
            node: node.name.clone(),
            kind: node.kind,
            name: "messages in flight".to_owned(),
            unit: Unit::Places,
            limit: f64::from(queue.in_flight),
            instances: 1,
            used: taken(mean, queue),
            peak: taken(peak, queue),
            key: origin.key,
            source: origin.source,
        }
    });
    found.collect()
}

/// Compares token buckets.
fn buckets(mean: &Planned<'_>, peak: &Planned<'_>) -> Vec<Quota> {
    let model = mean.model();
    let at_peak = peak.tokens();
    let all = mean.tokens().into_iter();
    let found = all.map(|tokens| {
        let bucket = &model.buckets[tokens.bucket as usize];
        let node = &model.nodes[bucket.node as usize];
        let origin = quota::origin(node.kind, &bucket.name);
        let mut peaks = at_peak.iter();
        let at_peak = peaks.find(|one| one.bucket == tokens.bucket);
        Quota {
            node: node.name.clone(),
            kind: node.kind,
            name: bucket.name.clone(),
            unit: Unit::PerSecond,
            limit: bucket.rate_per_s,
            instances: tokens.instances,
            used: tokens.busiest_per_s,
            peak: at_peak.map_or(tokens.busiest_per_s, |one| one.busiest_per_s),
            key: origin.key,
            source: origin.source,
        }
    });
    found.collect()
}

/// Compares limits on what is inside at once.
fn limits(mean: &Planned<'_>, peak: &Planned<'_>) -> Vec<Quota> {
    let all = mean.limits();
    let at_peak = peak.limits();
    let each = all.iter().filter_map(|busy| {
        let group = &mean.model().groups[busy.index as usize];
        if group.handed {
            // How long what goes on beside a visit keeps its place is not planned.
            return None;
        }
        let name = if group.limit {
            "concurrency"
        } else {
            "servers"
        };
        let unit = if group.limit {
            Unit::Places
        } else {
            Unit::Servers
        };
        let mut quota = of_group(mean, &at_peak, busy, group, name, unit)?;
        quota.node = holders(mean, busy.index);
        Some(quota)
    });
    each.collect()
}

/// Compares servers that work.
fn servers(mean: &Planned<'_>, peak: &Planned<'_>) -> Vec<Quota> {
    let all = mean.stations();
    let at_peak = peak.stations();
    let each = all.iter().filter_map(|busy| {
        let group = &mean.model().groups[busy.index as usize];
        of_group(mean, &at_peak, busy, group, "servers", Unit::Servers)
    });
    each.collect()
}

fn of_group(
    planned: &Planned<'_>,
    at_peak: &[Busy],
    busy: &Busy,
    group: &Group,
    name: &str,
    unit: Unit,
) -> Option<Quota> {
    let node = &planned.model().nodes[group.node as usize];
    if group.servers == u32::MAX {
        return None;
    }
    let origin = quota::origin(node.kind, name);
    let peak = at_peak.iter().find(|one| one.index == busy.index);
    // In the long run savings add nothing to what is earned.
    let (share, at) = match group.credit {
        Some(credit) => (credit.share, " at the baseline"),
        None => (1.0, ""),
    };
    Some(Quota {
        node: node.name.clone(),
        kind: node.kind,
        name: format!("{name}{at}"),
        unit,
        limit: f64::from(group.servers) * share,
        instances: group.instances,
        used: busy.busiest,
        peak: peak.map_or(busy.busiest, |one| one.busiest),
        key: origin.key,
        source: origin.source,
    })
}

/// Compares environments with the most that there may be.
fn environments(topology: &Topology, mean: &Planned<'_>, peak: &Planned<'_>) -> Vec<Quota> {
    let model = mean.model();
    let at_peak = peak.pools();
    let all = mean.pools();
    let each = all.iter().map(|busy| {
        let pool = &model.pools[busy.index as usize];
        let node = &model.nodes[pool.node as usize];
        let of_account = f64::from(topology.account.lambda_concurrency);
        let most = if pool.most == u32::MAX {
            of_account
        } else {
            f64::from(pool.most)
        };
        // What is reserved is the function's own limit.
        let mut of_nodes = topology.graph.node_weights();
        let own = of_nodes
            .find(|one| one.name == node.name)
            .and_then(|one| one.component.as_ref())
            .is_some_and(|one| one.reserves() > 0);
        let of = if own { "concurrency" } else { "environments" };
        let origin = quota::origin(node.kind, of);
        let peak = at_peak.iter().find(|one| one.index == busy.index);
        Quota {
            node: node.name.clone(),
            kind: node.kind,
            name: "environments".to_owned(),
            unit: Unit::Places,
            limit: most,
            instances: 1,
            used: busy.erlangs,
            peak: peak.map_or(busy.erlangs, |one| one.erlangs),
            key: origin.key,
            source: origin.source,
        }
    });
    each.collect()
}

/// Returns the nodes that hold servers of a group: a limit may be shared.
fn holders(planned: &Planned<'_>, index: u32) -> String {
    let model = planned.model();
    let ops = model.ops.iter().zip(&model.sites);
    let seizing = ops.filter(|(op, _)| matches!(op, Op::Seize { group } if *group == index));
    let names: BTreeSet<&str> = seizing
        .map(|(_, site)| model.rows[site.row as usize].node as usize)
        .map(|node| model.nodes[node].name.as_str())
        .collect();
    names.into_iter().collect::<Vec<_>>().join(", ")
}

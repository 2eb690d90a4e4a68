//! Nodes: where the load went, and what gave way.

use super::estimate::{Estimate, Quantiles, rounded};
use super::sums::{Counted, NODE_DIGITS, Tallied, seconds, total};
use super::timeline::servers;
use super::{Analysis, Breakdown, HotKey, Instance, Node, changed, control, supplies};
use crate::metrics::distribution::Distribution;
use crate::metrics::estimate::{self, mean, ratio};
use crate::metrics::recording::{OpSlice, QueueRecord, Recording, Tally};
use crate::model::{Lagging, NONE, Outcome};
use crate::units::SimTime;
use std::collections::BTreeMap;

/// Most keys that are listed.
const HOT_KEYS: usize = 10;

/// Sums up a node.
pub(super) fn node(counted: &Counted, node: usize) -> Node {
    let model = counted.input.model;
    let this = &model.nodes[node];
    let rows = counted.rows_of(node);
    let unstable = is_unstable(counted, node);
    let steady = counted.input.analysis != Analysis::Terminating;
    let all = Tallied::of(counted, &counted.row_tallies(&rows));
    let records = || {
        counted
            .input
            .recordings
            .iter()
            .map(|recording| &recording.nodes[node])
    };
    let growth = counted.input.growth_per_s.get(node).copied();
    let mut found = Node {
        kind: this.kind.to_owned(),
        arrived: all.total.arrived,
        completed: all.total.of(Outcome::Completed),
        throttled: all.total.of(Outcome::Throttled),
        shed: all.total.of(Outcome::Shed),
        timed_out: all.total.of(Outcome::TimedOut),
        failed: all.total.of(Outcome::Failed),
        inside: all.total.inside(),
        orphaned: total(&counted.rows(&rows, |slice| slice.orphaned)),
        completed_share: all.share(Outcome::Completed),
        throttled_share: all.share(Outcome::Throttled),
        shed_share: all.share(Outcome::Shed),
        timed_out_share: all.share(Outcome::TimedOut),
        failed_share: all.share(Outcome::Failed),
        error_share: all.errors.clone(),
        arrival_rate_per_s: counted.per_second(&all.arrived),
        throughput_per_s: counted.per_second(&all.completed),
        visits_per_request: ratio(&all.arrived, &requests(counted, &rows)).into(),
        waiting_mean: counted.over_time(&counted.rows(&rows, |slice| slice.waiting_area)),
        waiting_max: records()
            .map(|record| record.waiting_max)
            .max()
            .unwrap_or(0),
        busy_mean: counted.over_time(&counted.rows(&rows, |slice| slice.busy_area)),
        blocked_mean: counted.over_time(&counted.rows(&rows, |slice| slice.blocked_area)),
        inside_mean: counted.over_time(&counted.rows(&rows, |slice| slice.inside_area)),
        waited_share: counted.share(&counted.rows(&rows, |slice| slice.waited), &all.arrived),
        waiting_ms: Quantiles::of(&counted.row_times(&rows, |slice| &slice.waiting), unstable),
        service_ms: Quantiles::of(&counted.row_times(&rows, |slice| &slice.service), unstable),
        sojourn_ms: Quantiles::of(&counted.row_times(&rows, |slice| &slice.sojourn), unstable),
        first_throttled_s: records()
            .filter_map(|r| r.first_throttled)
            .min()
            .map(seconds),
        last_throttled_s: records()
            .filter_map(|r| r.last_throttled)
            .max()
            .map(seconds),
        growth_per_s: growth.filter(|_| steady).map(Estimate::from),
        unstable: steady.then_some(unstable),
        by_flow: by_flow(counted, &rows, unstable),
        by_op: by_op(counted, node, &rows, unstable),
        hot_keys: hot_keys(counted, node),
        ..Node::default()
    };
    capacity(counted, node, &rows, &mut found);
    if this.looks_up {
        look_ups(counted, node, &rows, &mut found);
    }
    if this.pool != NONE {
        environments(counted, node, &rows, &mut found);
    }
    if this.queue != NONE {
        queue(counted, node, &mut found);
    }
    if this.log != NONE {
        let parts = ages(counted, node);
        found.iterator_age_ms = Some(Quantiles::of(&parts, unstable));
        let given_up = counted.each(|recording| recording.nodes[node].given_up);
        found.dead_lettered = Some(given_up.into_iter().sum());
        let untaken = counted.each(|recording| recording.nodes[node].untaken);
        found.backlog_end = untaken.into_iter().max();
    }
    if model.has_lag(node as u32, |what| what == Lagging::Sent) {
        let lost = counted.each(|recording| recording.nodes[node].lost_writes as f64);
        let oldest = counted.each(|recording| recording.nodes[node].oldest_lost.as_seconds());
        found.lost_writes = Some(mean(&lost).into());
        found.oldest_lost_s = Some(mean(&oldest).into());
    }
    found
}

/// Whether what is inside a node grows without end.
pub(super) fn is_unstable(counted: &Counted, node: usize) -> bool {
    let input = counted.input;
    input.analysis != Analysis::Terminating
        && input.unstable_nodes.get(node).copied().unwrap_or(false)
}

/// Returns the ages of the oldest unread message of a log, per replication.
pub(super) fn ages(counted: &Counted, node: usize) -> Vec<Distribution> {
    counted.each(|recording| {
        let slices = counted.slices(&recording.nodes[node].iterator_age);
        Distribution::of(slices.iter(), NODE_DIGITS)
    })
}

/// Returns the requests of all flows that have these rows, per replication.
fn requests(counted: &Counted, rows: &[usize]) -> Vec<f64> {
    let flows = rows
        .iter()
        .map(|&row| counted.input.model.rows[row].flow as usize);
    let mut flows: Vec<usize> = flows.collect();
    flows.sort_unstable();
    flows.dedup();
    let arrived = |recording: &Recording| {
        let records = flows.iter().map(|&flow| &recording.flows[flow]);
        records
            .flat_map(|record| record.slices.get(counted.input.cut..).unwrap_or(&[]))
            .map(|slice| slice.tally.arrived as f64)
            .sum()
    };
    counted.each(arrived)
}

/// Adds what is known of servers, copies and partitions.
fn capacity(counted: &Counted, node: usize, rows: &[usize], found: &mut Node) {
    let model = counted.input.model;
    let this = &model.nodes[node];
    if let Some(servers) = servers(model, node) {
        let busy = counted.rows(rows, |slice| slice.busy_area);
        found.utilisation = Some(
            ratio(&busy, &counted.measured_ns)
                .scaled(1.0 / servers)
                .into(),
        );
        found.servers = Some(estimate::Estimate::exact(servers).into());
    }
    if let Some(up) = changed::servers_up(counted, node) {
        let busy = counted.rows(rows, |slice| slice.busy_area);
        found.utilisation = Some(ratio(&busy, &up).into());
        let each: Vec<f64> = (up.iter().zip(&counted.measured_ns))
            .map(|(up, ns)| up / ns.max(1.0))
            .collect();
        found.servers = Some(match each.first() {
            Some(one) if each.iter().all(|other| other.to_bits() == one.to_bits()) => {
                estimate::Estimate::exact(*one).into()
            }
            Some(_) | None => mean(&each).into(),
        });
    }
    found.capacity = supplies::capacity(counted, node);
    if let Some((servers, used)) = supplies::servers(counted, node) {
        found.servers = Some(servers.into());
        found.utilisation = Some(used.into());
    }
    let in_time = control::copies(counted, node);
    if let Some(copies) = &in_time
        && let Some(servers) = copies.servers
    {
        // Busy servers of those that there were.
        let busy = counted.rows(rows, |slice| slice.busy_area);
        found.utilisation = Some(ratio(&busy, &copies.up).scaled(1.0 / servers).into());
        let up = ratio(&copies.up, &counted.measured_ns);
        found.servers = Some(up.scaled(servers).into());
    }
    let group = model
        .groups
        .get(this.group as usize)
        .filter(|_| this.group != NONE);
    let instances = instances(counted, node);
    if this.partition != NONE {
        found.partitions = instances;
    } else if let Some(group) = group {
        found.copies_mean = Some(estimate::Estimate::exact(f64::from(group.instances)).into());
        found.copies_max = Some(u64::from(group.instances));
        found.per_copy = instances;
    }
    if let Some(copies) = in_time {
        let existing = ratio(&copies.existing, &counted.measured_ns);
        found.copies_mean = Some(existing.into());
        found.copies_max = Some(u64::from(copies.most));
    }
}

/// Sums up copies or partitions, over all time up to the horizon.
fn instances(counted: &Counted, node: usize) -> Vec<Instance> {
    let model = counted.input.model;
    let recordings = counted.input.recordings;
    let first = match model.partitions.get(model.nodes[node].partition as usize) {
        Some(rule) if rule.splits.is_some() || !rule.later.is_empty() => rule.count as usize,
        Some(_) | None => usize::MAX,
    };
    let count = recordings.iter().map(|recording| {
        let all = &recording.nodes[node].instances;
        // Of those that splits may have made: up to the last that was.
        let made = all.iter().rposition(|one| one.arrived > 0);
        first.max(made.map_or(0, |last| last + 1)).min(all.len())
    });
    let count = count.max().unwrap_or(0);
    let time = counted.each(|recording| recording.horizon.0 as f64);
    let in_time = changed::servers_in_time(counted, node);
    let up: Option<Vec<f64>> = in_time.map(|all| {
        let all = all.iter().zip(recordings);
        all.map(|(steps, recording)| steps.area(SimTime::ZERO, recording.horizon))
            .collect()
    });
    // Servers of one: only where each instance is a station of the node's group.
    let each = servers(model, node)
        .filter(|_| model.groups[model.nodes[node].group as usize].instances as usize == count);
    let instance = |index: usize| {
        let records = counted.each(|recording| {
            recording.nodes[node]
                .instances
                .get(index)
                .copied()
                .unwrap_or_default()
        });
        let busy: Vec<f64> = records
            .iter()
            .map(|record| record.busy_area as f64)
            .collect();
        let utilisation = |servers: f64| match &up {
            Some(up) => ratio(&busy, up).scaled(count as f64),
            None => ratio(&busy, &time).scaled(count as f64 / servers),
        };
        Instance {
            arrived: records.iter().map(|record| record.arrived).sum(),
            throttled: records.iter().map(|record| record.throttled).sum(),
            shed: records.iter().map(|record| record.shed).sum(),
            utilisation: each.map(|servers| utilisation(servers).into()),
        }
    };
    (0..count).map(instance).collect()
}

/// Adds what a cache answered.
fn look_ups(counted: &Counted, node: usize, rows: &[usize], found: &mut Node) {
    let hits = counted.rows(rows, |slice| slice.hits);
    let misses = counted.rows(rows, |slice| slice.misses);
    let joined = counted.rows(rows, |slice| slice.joined);
    let all = counted.rows(rows, |slice| slice.hits + slice.misses + slice.joined);
    let stale = counted.rows(rows, |slice| slice.stale);
    found.hit_rate = Some(counted.share(&hits, &all));
    let lags = counted.input.model.has_replicas(node as u32);
    let answers = if lags { &all } else { &hits };
    found.stale_share = Some(counted.share(&stale, answers));
    found.hits = Some(total(&hits));
    found.misses = Some(total(&misses));
    found.joined = Some(total(&joined));
}

/// Adds what a pool of environments did.
fn environments(counted: &Counted, node: usize, rows: &[usize], found: &mut Node) {
    let areas = |of: fn(&Recording, usize) -> &Vec<u128>| {
        let sums = counted.each(|recording| {
            let slices = counted.slices(of(recording, node));
            slices.iter().sum::<u128>() as f64
        });
        Some(counted.over_time(&sums))
    };
    found.cold_starts = Some(total(&counted.rows(rows, |slice| slice.cold_starts)));
    found.environments_mean = areas(|recording, node| &recording.nodes[node].environment_area);
    found.idle_mean = areas(|recording, node| &recording.nodes[node].idle_area);
}

/// Adds what a message queue counted, over the whole run.
fn queue(counted: &Counted, node: usize, found: &mut Node) {
    let records: Vec<QueueRecord> =
        counted.each(|recording| recording.nodes[node].queue.unwrap_or_default());
    let of = |count: fn(&QueueRecord) -> u64| -> Vec<f64> {
        records.iter().map(|record| count(record) as f64).collect()
    };
    let receives = of(|record| record.receives);
    found.batch_mean = Some(ratio(&receives, &of(|record| record.deliveries)).into());
    found.receives_per_message = Some(ratio(&receives, &of(|record| record.sent)).into());
    found.duplicates = Some(records.iter().map(|record| record.duplicates).sum());
    found.dead_lettered = Some(records.iter().map(|record| record.dead_lettered).sum());
    found.backlog_end = records.iter().map(|record| record.backlog_end).max();
    let drained: Option<Vec<_>> = records.iter().map(|record| record.drained).collect();
    found.drained_s = drained.and_then(|all| all.into_iter().max()).map(seconds);
}

/// Splits a node by flow.
fn by_flow(counted: &Counted, rows: &[usize], unstable: bool) -> BTreeMap<String, Box<Breakdown>> {
    let model = counted.input.model;
    rows.iter()
        .map(|&row| {
            let tally = Tallied::of(counted, &counted.row_tallies(&[row])).total;
            let waiting = counted.row_times(&[row], |slice| &slice.waiting);
            let sojourn = counted.row_times(&[row], |slice| &slice.sojourn);
            let flow = &model.flows[model.rows[row].flow as usize].name;
            let times = [waiting, sojourn].map(|parts| Quantiles::of(&parts, unstable));
            (flow.clone(), Box::new(breakdown(&tally, times)))
        })
        .collect()
}

/// Splits a node by operation; operations that nobody asked for are left out.
fn by_op(
    counted: &Counted,
    node: usize,
    rows: &[usize],
    unstable: bool,
) -> BTreeMap<String, Box<Breakdown>> {
    let names = counted.input.model.nodes[node]
        .operations
        .iter()
        .enumerate();
    names
        .filter_map(|(op, name)| {
            let parts: Vec<Vec<&OpSlice>> = counted.each(|recording| {
                let records = rows
                    .iter()
                    .filter_map(|&row| recording.rows[row].by_op.get(op));
                records.flat_map(|slices| counted.slices(slices)).collect()
            });
            let mut tally = Tally::default();
            for slice in parts.iter().flatten() {
                tally.add(&slice.tally);
            }
            let times = |of: fn(&OpSlice) -> &crate::metrics::recording::Times| {
                let parts: Vec<Distribution> = parts
                    .iter()
                    .map(|slices| {
                        Distribution::of(slices.iter().map(|slice| of(slice)), NODE_DIGITS)
                    })
                    .collect();
                Quantiles::of(&parts, unstable)
            };
            let times = (tally.arrived > 0)
                .then(|| [times(|slice| &slice.waiting), times(|slice| &slice.sojourn)]);
            Some((name.clone(), Box::new(breakdown(&tally, times?))))
        })
        .collect()
}

fn breakdown(tally: &Tally, [waiting_ms, sojourn_ms]: [Quantiles; 2]) -> Breakdown {
    Breakdown {
        arrived: tally.arrived,
        completed: tally.of(Outcome::Completed),
        throttled: tally.of(Outcome::Throttled),
        shed: tally.of(Outcome::Shed),
        timed_out: tally.of(Outcome::TimedOut),
        failed: tally.of(Outcome::Failed),
        inside: tally.inside(),
        waiting_ms,
        sojourn_ms,
    }
}

/// Merges the busiest keys of all replications.
fn hot_keys(counted: &Counted, node: usize) -> Vec<HotKey> {
    let input = counted.input;
    let mut sums: BTreeMap<u32, (u64, u64)> = BTreeMap::new();
    for recording in input.recordings {
        for &(key, arrived, throttled) in &recording.nodes[node].hot_keys {
            let sum = sums.entry(key).or_default();
            sum.0 += arrived;
            sum.1 += throttled;
        }
    }
    let mut keys: Vec<(u32, (u64, u64))> = sums.into_iter().collect();
    keys.sort_by_key(|&(key, (arrived, _))| (std::cmp::Reverse(arrived), key));
    keys.truncate(HOT_KEYS);
    let seconds: f64 = input
        .recordings
        .iter()
        .map(|recording| recording.horizon.as_seconds())
        .sum();
    let rank = |key: u32| {
        let law = input.model.keys.iter().find(|law| law.contains(key));
        law.map_or(u64::from(key), |law| law.rank(key))
    };
    keys.into_iter()
        .map(|(key, (arrived, throttled))| HotKey {
            key: rank(key),
            arrival_rate_per_s: if seconds > 0.0 {
                rounded(arrived as f64 / seconds)
            } else {
                0.0
            },
            arrived,
            throttled,
        })
        .collect()
}

/// Ranks the nodes that hold visits back: by utilisation, then by their waiting line. What
/// waits in a queue or log is held back by who takes it.
pub(super) fn rank(nodes: &mut BTreeMap<String, Node>) {
    let utilisation = |node: &Node| node.utilisation.as_ref().and_then(|of| of.value);
    let waiting = |node: &Node| node.waiting_mean.value.unwrap_or(0.0);
    let mut order: Vec<(f64, f64, String)> = nodes
        .iter()
        .filter(|(_, node)| {
            let visits_wait = node.backlog_end.is_none() && waiting(node) > 0.0;
            utilisation(node).is_some() || visits_wait
        })
        .map(|(name, node)| {
            (
                utilisation(node).unwrap_or(0.0),
                waiting(node),
                name.clone(),
            )
        })
        .collect();
    order.sort_by(|a, b| {
        let by_load = b.0.total_cmp(&a.0).then(b.1.total_cmp(&a.1));
        by_load.then_with(|| a.2.cmp(&b.2))
    });
    for (rank, (_, _, name)) in (1..).zip(order) {
        if let Some(node) = nodes.get_mut(&name) {
            node.bottleneck_rank = Some(rank);
        }
    }
}

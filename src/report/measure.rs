//! What an objective measures: times, states in time and tallies, per replication.

use super::changed;
use super::fan_outs::{self, deliveries, post_times};
use super::flows::good;
use super::nodes::ages;
use super::sums::{Counted, NODE_DIGITS, bad};
use super::timeline::{servers, servers_of_a_copy, times};
use crate::metrics::cells::Cells;
use crate::metrics::counts::Part;
use crate::metrics::distribution::Distribution;
use crate::metrics::recording::{Recording, Tally};
use crate::model::control::{FanOutCount, FlowCount, LinkCount, NodeCount};
use crate::model::{NONE, Outcome};
use crate::topology::Subject;
use crate::units::SimTime;

/// Whom an objective is about, by its index in the model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Whom {
    /// A flow.
    Flow(usize),
    /// A node.
    Node(usize),
    /// A link.
    Link(usize),
    /// A fan-out.
    FanOut(usize),
}

/// Counts per replication, and what they are related to.
pub(super) struct Counts {
    /// The tally itself.
    pub(super) counts: Vec<f64>,
    /// What arrived.
    pub(super) arrived: Vec<f64>,
    /// Time [ns].
    pub(super) time_ns: Vec<f64>,
}

/// Finds whom an objective is about; `None` if the model has nobody of that name.
pub(super) fn whom(counted: &Counted, subject: &Subject) -> Option<Whom> {
    let model = counted.input.model;
    match subject {
        Subject::Flow(name) => {
            let found = model.flows.iter().position(|flow| flow.name == *name);
            found.map(Whom::Flow)
        }
        Subject::Node(name) => {
            let found = model.nodes.iter().position(|node| node.name == *name);
            found.map(Whom::Node)
        }
        Subject::Link(name) => {
            let found = model.links.iter().position(|link| link.name == *name);
            found.map(Whom::Link)
        }
        Subject::Cost | Subject::Recovery => None,
        Subject::FanOut(name) => {
            let found = model.fan_outs.iter().position(|one| one.name == *name);
            found.map(Whom::FanOut)
        }
    }
}

/// Picks a series of bins of a flow or node.
type Series = fn(&Recording, usize) -> &Vec<u64>;

/// A part of the run in whole bins [first, last).
pub(super) type Bins = (usize, usize);

/// Returns the times that a quantity is about, per replication; in a window only
/// the latency of flows is kept.
pub(super) fn durations(
    counted: &Counted,
    whom: Whom,
    quantity: &str,
    window: Option<Bins>,
) -> Option<Vec<Distribution>> {
    if let Some(window) = window {
        return match (whom, quantity) {
            (Whom::Flow(flow), "latency") => Some(windowed_latency(counted, flow, window)),
            _ => None,
        };
    }
    let found = match (whom, quantity) {
        (Whom::Flow(flow), "latency") => counted.flow_times(flow, |slice| vec![&slice.latency]),
        (Whom::Flow(flow), "latency_all") => {
            counted.flow_times(flow, |slice| vec![&slice.latency, &slice.latency_bad])
        }
        (Whom::Flow(flow), "settled") => counted.flow_times(flow, |slice| vec![&slice.settled]),
        (Whom::Node(node), "sojourn") => {
            counted.row_times(&counted.rows_of(node), |slice| &slice.sojourn)
        }
        (Whom::Node(node), "waiting") => {
            counted.row_times(&counted.rows_of(node), |slice| &slice.waiting)
        }
        (Whom::Node(node), "service") => {
            counted.row_times(&counted.rows_of(node), |slice| &slice.service)
        }
        (Whom::Node(node), "iterator_age") => ages(counted, node),
        (Whom::Link(link), "lag") => counted.link_times(link, |slice| &slice.lag),
        (Whom::Link(link), "latency") => counted.link_times(link, |slice| &slice.latency),
        (Whom::FanOut(one), "first") => post_times(counted, one, &|slice| &slice.first),
        (Whom::FanOut(one), "reach50") => post_times(counted, one, &|slice| &slice.reach_50),
        (Whom::FanOut(one), "reach99") => post_times(counted, one, &|slice| &slice.reach_99),
        (Whom::FanOut(one), "last") => post_times(counted, one, &|slice| &slice.last),
        (Whom::FanOut(one), "staleness") => post_times(counted, one, &|slice| &slice.staleness),
        (Whom::FanOut(one), "delivery") => deliveries(counted, one),
        _ => return None,
    };
    Some(found)
}

/// Returns the latency of requests that arrived in the points of the timeline that
/// a window touches.
fn windowed_latency(counted: &Counted, flow: usize, (first, last): Bins) -> Vec<Distribution> {
    let per_point = (counted.input.plan.bins_per_interval as usize).max(1);
    counted.each(|recording| {
        let points = &recording.flows[flow].timeline;
        let until = last.div_ceil(per_point).min(points.len());
        let from = (first / per_point).min(until);
        let cells: Vec<&Cells> = points[from..until].iter().collect();
        Distribution::of([&times(&cells)].into_iter(), NODE_DIGITS)
    })
}

/// Returns the state of every bin, per replication: the time average of what is there.
pub(super) fn states(
    counted: &Counted,
    whom: Whom,
    quantity: &str,
    window: Option<Bins>,
) -> Option<Vec<Vec<f64>>> {
    let model = counted.input.model;
    if let Whom::Node(node) = whom
        && let Some(states) = copies_in_time(counted, node, quantity, window)
    {
        return Some(states);
    }
    if let (Whom::Node(node), "servers" | "utilisation") = (whom, quantity)
        && let Some(states) = servers_changed(counted, node, quantity, window)
    {
        return Some(states);
    }
    if let (Whom::FanOut(one), "backlog") = (whom, quantity) {
        return Some(counted.each(|recording| {
            let all = &recording.fan_outs[one].backlog;
            let (from, until) = window.unwrap_or_else(|| whole(counted, recording));
            let bins = all.iter().enumerate().take(until.min(all.len())).skip(from);
            bins.map(|(bin, &area)| area as f64 / bin_ns(recording, bin))
                .collect()
        }));
    }
    let (series, scale): (Series, f64) = match (whom, quantity) {
        (Whom::Flow(_), "inside") => (|recording, flow| &recording.flows[flow].inside, 1.0),
        (Whom::Node(_), "inside") => (|recording, node| &recording.nodes[node].inside, 1.0),
        (Whom::Node(_), "line") => (|recording, node| &recording.nodes[node].line, 1.0),
        (Whom::Node(node), "utilisation") => (
            |recording, node| &recording.nodes[node].busy,
            servers(model, node)?,
        ),
        _ => return None,
    };
    let (Whom::Flow(index) | Whom::Node(index) | Whom::Link(index) | Whom::FanOut(index)) = whom;
    Some(counted.each(|recording| {
        let all = series(recording, index);
        let (from, until) = window.unwrap_or_else(|| whole(counted, recording));
        let until = until.min(all.len());
        let bins = all.iter().enumerate().take(until).skip(from);
        bins.map(|(bin, &area)| area as f64 / bin_ns(recording, bin) / scale)
            .collect()
    }))
}

/// Returns the copies, servers or utilisation of every bin of a node whose copies come and go.
fn copies_in_time(
    counted: &Counted,
    node: usize,
    quantity: &str,
    window: Option<Bins>,
) -> Option<Vec<Vec<f64>>> {
    let each = servers_of_a_copy(counted.input.model, node);
    let (scale, busy) = match quantity {
        "copies" => (1.0, false),
        "servers" => (each?, false),
        "utilisation" => (each?, true),
        _ => return None,
    };
    let parts = counted.each(|recording| {
        let record = &recording.nodes[node];
        let up = &record.copies.as_ref()?.up_by_bin;
        let (from, until) = window.unwrap_or_else(|| whole(counted, recording));
        let until = until.min(up.len());
        let bins = (from.min(until)..until).map(|bin| {
            let copies = up[bin] as f64 * scale;
            match busy {
                true if copies > 0.0 => record.busy[bin] as f64 / copies,
                true => 0.0,
                false => copies / bin_ns(recording, bin),
            }
        });
        Some(bins.collect())
    });
    parts.into_iter().collect()
}

/// Returns the servers or utilisation of every bin of a node whose servers change.
fn servers_changed(
    counted: &Counted,
    node: usize,
    quantity: &str,
    window: Option<Bins>,
) -> Option<Vec<Vec<f64>>> {
    let in_time = changed::servers_in_time(counted, node)?;
    let all = in_time.iter().zip(counted.input.recordings);
    let of = |(steps, recording): (&changed::Steps, &Recording)| {
        let busy = &recording.nodes[node].busy;
        let (from, until) = window.unwrap_or_else(|| whole(counted, recording));
        let until = until.min(busy.len());
        let bins = (from.min(until)..until).map(|bin| {
            let begin = SimTime(bin as u64 * recording.bin_ns);
            let width = bin_ns(recording, bin);
            let up = steps.area(begin, SimTime(begin.0 + width as u64));
            match quantity {
                "servers" => up / width,
                _ => busy[bin] as f64 / up.max(1.0),
            }
        });
        bins.collect()
    };
    Some(all.map(of).collect())
}

/// Whether a node's copies come and go, or its servers change if these are meant.
pub(super) fn varies(counted: &Counted, whom: Whom, quantity: &str) -> bool {
    let model = counted.input.model;
    let mut elastic = model.control.elastic.iter();
    match whom {
        Whom::Node(node) => {
            elastic.any(|one| one.node as usize == node)
                || quantity == "servers" && model.changes_servers(node)
        }
        Whom::Flow(_) | Whom::Link(_) | Whom::FanOut(_) => false,
    }
}

/// Returns the counted bins of a replication.
fn whole(counted: &Counted, recording: &Recording) -> Bins {
    let width = recording.bin_ns.max(1);
    let begin = recording
        .slices
        .get(counted.input.cut)
        .map_or(0, |begin| begin.0);
    let first = begin.div_ceil(width);
    let last = recording.horizon.0.div_ceil(width);
    (first as usize, last as usize)
}

/// Returns the width of a bin; the horizon may cut the last one.
fn bin_ns(recording: &Recording, bin: usize) -> f64 {
    let begin = bin as u64 * recording.bin_ns;
    let left = recording.horizon.0.saturating_sub(begin);
    recording.bin_ns.min(left).max(1) as f64
}

/// Returns the constant that a quantity is, if it is one.
pub(super) fn constant(counted: &Counted, whom: Whom, quantity: &str) -> Option<f64> {
    let model = counted.input.model;
    let Whom::Node(node) = whom else {
        return None;
    };
    match quantity {
        "servers" => servers(model, node),
        "copies" => {
            let this = &model.nodes[node];
            let group = model.groups.get(this.group as usize);
            let group = group.filter(|_| this.group != NONE && this.partition == NONE);
            group.map(|group| f64::from(group.instances))
        }
        _ => None,
    }
}

/// Returns a tally, per replication; in a window only what is kept by time.
pub(super) fn counts(
    counted: &Counted,
    whom: Whom,
    quantity: &str,
    window: Option<Bins>,
) -> Option<Counts> {
    if let Some(window) = window {
        return windowed_counts(counted, whom, quantity, window);
    }
    if let Some((counts, arrived)) = named(counted, whom, quantity) {
        return Some(Counts {
            counts,
            arrived,
            time_ns: counted.measured_ns.clone(),
        });
    }
    let tallies = match whom {
        Whom::Flow(flow) => counted.flow_tallies(flow),
        Whom::Node(node) => counted.row_tallies(&counted.rows_of(node)),
        Whom::Link(link) => counted.link_tallies(link),
        Whom::FanOut(_) => return None,
    };
    let of = |count: fn(&Tally) -> u64| -> Vec<f64> {
        tallies.iter().map(|tally| count(tally) as f64).collect()
    };
    let counts = match (quantity, whom) {
        ("arrived", _) => of(|tally| tally.arrived),
        ("goodput", Whom::Flow(flow)) => good(counted, flow),
        ("completed" | "goodput", _) => of(|tally| tally.of(Outcome::Completed)),
        ("throttled", _) => of(|tally| tally.of(Outcome::Throttled)),
        ("shed", _) => of(|tally| tally.of(Outcome::Shed)),
        ("timed_out", _) => of(|tally| tally.of(Outcome::TimedOut)),
        ("failed", _) => of(|tally| tally.of(Outcome::Failed)),
        ("errors", _) => of(bad),
        ("attempts", Whom::Flow(flow)) => counted.flow(flow, |slice| slice.attempts),
        ("attempts", Whom::Link(link)) => counted.link(link, |slice| slice.attempts),
        // Every attempt that reaches a node is a visit.
        ("attempts", Whom::Node(_)) => of(|tally| tally.arrived),
        ("cold_starts", Whom::Node(node)) => {
            counted.rows(&counted.rows_of(node), |slice| slice.cold_starts)
        }
        ("dead_lettered", Whom::Node(node)) => counted.each(|recording| {
            let this = &recording.nodes[node];
            (this.queue.unwrap_or_default().dead_lettered + this.given_up) as f64
        }),
        _ => return None,
    };
    Some(Counts {
        counts,
        arrived: of(|tally| tally.arrived),
        time_ns: counted.measured_ns.clone(),
    })
}

/// Returns what the books count under a name beside outcomes, and of how many, per replication.
fn named(counted: &Counted, whom: Whom, quantity: &str) -> Option<(Vec<f64>, Vec<f64>)> {
    let both = |of: &dyn Fn(&Recording) -> Part| {
        let parts = counted.each(of);
        let parts = parts.iter().map(|part| (part.0 as f64, part.1 as f64));
        Some(parts.unzip())
    };
    let sum = |parts: &mut dyn Iterator<Item = Part>| {
        parts.fold((0, 0), |sum, part| (sum.0 + part.0, sum.1 + part.1))
    };
    match whom {
        Whom::Flow(flow) => {
            let what = match quantity {
                "retried" => FlowCount::Retried,
                "bytes_in" => FlowCount::BytesIn,
                "bytes_out" => FlowCount::BytesOut,
                _ => return None,
            };
            both(&|recording| {
                let slices = counted.slices(&recording.flows[flow].slices);
                sum(&mut slices.iter().map(|slice| what.of(slice)))
            })
        }
        Whom::Link(link) => {
            let what = match quantity {
                "hedged" => LinkCount::Hedged,
                "refused" => LinkCount::Refused,
                "breaker_opened" => {
                    return both(&|recording| (recording.links[link].breaker_opened, 0));
                }
                _ => return None,
            };
            both(&|recording| {
                let slices = counted.slices(&recording.links[link].slices);
                sum(&mut slices.iter().map(|slice| what.of(slice)))
            })
        }
        Whom::Node(node) => {
            let model = counted.input.model;
            let this = &model.nodes[node];
            let has = match quantity {
                "hits" | "misses" | "joined" | "stale" => this.looks_up,
                "duplicates" => this.queue != NONE,
                _ => true,
            };
            if !has {
                return None;
            }
            let replicas = model.has_replicas(node as u32);
            let what = match quantity {
                "hits" => NodeCount::Hits,
                "misses" => NodeCount::Misses,
                "joined" => NodeCount::Joined,
                "stale" => NodeCount::Stale { of_all: replicas },
                "waited" => NodeCount::Waited,
                "orphaned" => NodeCount::Orphaned,
                "duplicates" => {
                    return both(&|recording| {
                        let queue = recording.nodes[node].queue.unwrap_or_default();
                        (queue.duplicates, queue.sent)
                    });
                }
                _ => return None,
            };
            let rows = counted.rows_of(node);
            both(&|recording| {
                let slices = rows
                    .iter()
                    .flat_map(|row| counted.slices(&recording.rows[*row].slices));
                sum(&mut slices.map(|slice| match what.of(slice) {
                    (count, _) if what.is_of_visits() => (count, slice.tally.arrived),
                    part => part,
                }))
            })
        }
        Whom::FanOut(one) => {
            let what = match quantity {
                "posts" => FanOutCount::Posts,
                "pulled" => FanOutCount::Pulled,
                "deliveries" => FanOutCount::Deliveries,
                "dropped" => FanOutCount::Dropped,
                "duplicates" => FanOutCount::Duplicates,
                "reads" => FanOutCount::Reads,
                "visits" | "throttled" => {
                    let what = match quantity {
                        "visits" => FanOutCount::Visits,
                        _ => FanOutCount::Throttled,
                    };
                    let tallies = fan_outs::visits(counted, one);
                    let parts = tallies.iter().map(|tally| what.of_visits(tally));
                    let parts = parts.map(|part| (part.0 as f64, part.1 as f64));
                    return Some(parts.unzip());
                }
                _ => return None,
            };
            both(&|recording| {
                let slices = counted.slices(&recording.fan_outs[one].slices);
                sum(&mut slices.iter().map(|slice| what.of(slice)))
            })
        }
    }
}

fn windowed_counts(counted: &Counted, whom: Whom, quantity: &str, window: Bins) -> Option<Counts> {
    let (of, arrived): (Series, Series) = match (whom, quantity) {
        (Whom::Flow(_), "arrived") => (|r, f| &r.flows[f].arrived, |r, f| &r.flows[f].arrived),
        (Whom::Flow(_), "completed") => (|r, f| &r.flows[f].completed, |r, f| &r.flows[f].arrived),
        (Whom::Flow(_), "errors") => (|r, f| &r.flows[f].errors, |r, f| &r.flows[f].arrived),
        (Whom::Node(_), "arrived" | "attempts") => {
            (|r, n| &r.nodes[n].arrived, |r, n| &r.nodes[n].arrived)
        }
        (Whom::Node(_), "throttled") => (|r, n| &r.nodes[n].throttled, |r, n| &r.nodes[n].arrived),
        (Whom::Node(_), "hit_rate") => (|r, n| &r.nodes[n].hits, |r, n| &r.nodes[n].lookups),
        _ => return None,
    };
    let (Whom::Flow(index) | Whom::Node(index) | Whom::Link(index) | Whom::FanOut(index)) = whom;
    let sum = |series: Series| -> Vec<f64> {
        counted.each(|recording| {
            let bins = series(recording, index).iter();
            let bins = bins.take(window.1).skip(window.0);
            bins.map(|&count| count as f64).sum()
        })
    };
    Some(Counts {
        counts: sum(of),
        arrived: sum(arrived),
        time_ns: counted.each(|recording| {
            let until = (window.1 as u64 * recording.bin_ns).min(recording.horizon.0);
            until.saturating_sub(window.0 as u64 * recording.bin_ns) as f64
        }),
    })
}

/// Returns hits and look-ups of a node, per replication.
pub(super) fn look_ups(
    counted: &Counted,
    whom: Whom,
    window: Option<Bins>,
) -> Option<(Vec<f64>, Vec<f64>)> {
    let Whom::Node(node) = whom else {
        return None;
    };
    if let Some(window) = window {
        let found = windowed_counts(counted, whom, "hit_rate", window)?;
        return Some((found.counts, found.arrived));
    }
    let rows = counted.rows_of(node);
    let hits = counted.rows(&rows, |slice| slice.hits);
    let all = counted.rows(&rows, |slice| slice.hits + slice.misses + slice.joined);
    Some((hits, all))
}

//! The timeline: how a run went, as means over the replications.

use super::changed;
use super::estimate::rounded;
use super::sums::{Counted, NODE_DIGITS};
use super::{FanOutSeries, FlowSeries, NodeSeries, Timeline};
use crate::metrics::cells::Cells;
use crate::metrics::distribution::Distribution;
use crate::metrics::recording::{NodeRecord, Times};
use crate::model::Model;
use crate::units::SimTime;

/// Fewest values above a quantile of one point, over all replications.
const LEAST_ABOVE: f64 = 10.0;

/// Sums up the timeline.
pub(super) fn timeline(counted: &Counted) -> Timeline {
    let Some(first) = counted.input.recordings.first() else {
        return Timeline::default();
    };
    let per_point = (counted.input.plan.bins_per_interval as usize).max(1);
    let horizon = counted
        .input
        .recordings
        .iter()
        .map(|recording| recording.horizon.0);
    let horizon = horizon.max().unwrap_or(0);
    let width_ns = (first.bin_ns * per_point as u64).max(1);
    let points = Points {
        counted,
        per_point,
        width_ns,
        horizon,
        count: horizon.div_ceil(width_ns) as usize,
    };
    let model = counted.input.model;
    Timeline {
        interval_s: rounded(width_ns as f64 / 1e9),
        flows: model
            .flows
            .iter()
            .enumerate()
            .map(|(index, flow)| (flow.name.clone(), points.flow(index)))
            .collect(),
        nodes: model
            .nodes
            .iter()
            .enumerate()
            .filter(|(_, node)| !node.hidden)
            .map(|(index, node)| (node.name.clone(), points.node(index)))
            .collect(),
        fan_outs: model
            .fan_outs
            .iter()
            .enumerate()
            .map(|(index, one)| (one.name.clone(), points.fan_out(index)))
            .collect(),
    }
}

/// How bins are put together.
struct Points<'a> {
    counted: &'a Counted<'a>,
    /// Bins of a point.
    per_point: usize,
    /// Width of a point [ns].
    width_ns: u64,
    /// End of counting [ns].
    horizon: u64,
    /// Number of points.
    count: usize,
}

impl<'a> Points<'a> {
    fn flow(&self, flow: usize) -> FlowSeries {
        let of = |series: fn(&crate::metrics::recording::FlowRecord) -> &Vec<u64>| {
            self.sums(|recording| series(&recording.flows[flow]))
        };
        FlowSeries {
            arrived: self.counts(&of(|record| &record.arrived)),
            completed: self.counts(&of(|record| &record.completed)),
            errors: self.counts(&of(|record| &record.errors)),
            inside: self.averages(&of(|record| &record.inside)),
            p50_ms: self.quantiles(flow, 0.5),
            p99_ms: self.quantiles(flow, 0.99),
        }
    }

    fn node(&self, node: usize) -> NodeSeries {
        let of = |series: fn(&NodeRecord) -> &Vec<u64>| {
            self.sums(|recording| series(&recording.nodes[node]))
        };
        let model = self.counted.input.model;
        let hit_rate = model.nodes[node].looks_up.then(|| {
            let (hits, all) = (of(|record| &record.hits), of(|record| &record.lookups));
            let share = |(hits, all): (&f64, &f64)| (*all > 0.0).then(|| rounded(hits / all));
            hits.iter().zip(&all).map(share).collect()
        });
        NodeSeries {
            inside: self.averages(&of(|record| &record.inside)),
            line: self.averages(&of(|record| &record.line)),
            busy: self.averages(&of(|record| &record.busy)),
            servers: self.servers(node),
            throttled: self.counts(&of(|record| &record.throttled)),
            hit_rate: hit_rate.unwrap_or_default(),
        }
    }

    /// Returns the servers in time, where they are limited.
    fn servers(&self, node: usize) -> Vec<f64> {
        let model = self.counted.input.model;
        let Some(all) = servers(model, node) else {
            return Vec::new();
        };
        if let Some(in_time) = changed::servers_in_time(self.counted, node) {
            let area = |point: usize| {
                let begin = point as u64 * self.width_ns;
                let end = (begin + self.width_ns).min(self.horizon);
                let areas = in_time.iter();
                let areas = areas.map(|steps| steps.area(SimTime(begin), SimTime(end)));
                areas.sum()
            };
            let areas: Vec<f64> = (0..self.count).map(area).collect();
            return self.averages(&areas);
        }
        let records = self.counted.input.recordings.iter();
        let copies: Option<Vec<&Vec<u64>>> = records
            .map(|recording| Some(&recording.nodes[node].copies.as_ref()?.up_by_bin))
            .collect();
        match (copies, servers_of_a_copy(model, node)) {
            (Some(copies), Some(each)) => {
                let mut sums = vec![0.0; self.count];
                for bins in copies {
                    for (sum, bins) in sums.iter_mut().zip(bins.chunks(self.per_point)) {
                        *sum += each * bins.iter().map(|&bin| bin as f64).sum::<f64>();
                    }
                }
                self.averages(&sums)
            }
            _ => vec![all; self.count],
        }
    }

    fn fan_out(&self, fan_out: usize) -> FanOutSeries {
        FanOutSeries {
            backlog: self.averages(&self.sums(|recording| &recording.fan_outs[fan_out].backlog)),
        }
    }

    /// Sums bins to points, over the replications.
    fn sums<T: Copy + Into<u128> + 'a>(
        &self,
        series: impl Fn(&'a crate::metrics::recording::Recording) -> &'a Vec<T>,
    ) -> Vec<f64> {
        let mut sums = vec![0.0; self.count];
        for recording in self.counted.input.recordings {
            let points = series(recording).chunks(self.per_point);
            for (sum, bins) in sums.iter_mut().zip(points) {
                *sum += bins.iter().map(|&bin| bin.into() as f64).sum::<f64>();
            }
        }
        sums
    }

    fn counts(&self, sums: &[f64]) -> Vec<f64> {
        let replications = self.counted.input.recordings.len() as f64;
        sums.iter().map(|sum| rounded(sum / replications)).collect()
    }

    /// Turns areas into time averages; the last point may be cut by the horizon.
    fn averages(&self, sums: &[f64]) -> Vec<f64> {
        let replications = self.counted.input.recordings.len() as f64;
        let average = |(point, sum): (usize, &f64)| {
            let begin = point as u64 * self.width_ns;
            let width = self.width_ns.min(self.horizon.saturating_sub(begin)).max(1);
            rounded(sum / replications / width as f64)
        };
        sums.iter().enumerate().map(average).collect()
    }

    /// Returns a quantile of the latency of each point [ms], from all replications.
    fn quantiles(&self, flow: usize, p: f64) -> Vec<Option<f64>> {
        let point = |point: usize| {
            let recordings = self.counted.input.recordings.iter();
            let cells: Vec<&Cells> = recordings
                .filter_map(|recording| recording.flows[flow].timeline.get(point))
                .collect();
            let times = times(&cells);
            let enough = times.count as f64 * (1.0 - p) >= LEAST_ABOVE * (1.0 - 1e-9);
            let all = Distribution::of([&times].into_iter(), NODE_DIGITS);
            enough.then(|| rounded(all.quantile_ns(p) as f64 / 1e6))
        };
        (0..self.count).map(point).collect()
    }
}

/// Merges cells into a record of times; sums and squares are those of the cells' tops.
pub(super) fn times(cells: &[&Cells]) -> Times {
    let mut times = Times::default();
    for one in cells {
        times.cells.merge(one);
    }
    let (mut count, mut sum, mut squares, mut max) = (0, 0, 0, 0);
    times.cells.for_each(|_, high, seen| {
        count += seen;
        sum += u128::from(high) * u128::from(seen);
        squares += u128::from(high) * u128::from(high) * u128::from(seen);
        max = max.max(high);
    });
    Times {
        count,
        sum,
        squares,
        max,
        ..times
    }
}

/// Returns the servers of a node, where they are limited.
pub(super) fn servers(model: &Model, node: usize) -> Option<f64> {
    model.servers(node)
}

/// Returns the servers of one copy of a node, where they are limited.
pub(super) fn servers_of_a_copy(model: &Model, node: usize) -> Option<f64> {
    servers(model, node)?;
    let group = &model.groups[model.nodes[node].group as usize];
    Some(f64::from(group.servers))
}

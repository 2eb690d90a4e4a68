//! Opens and closes the books: a record of its own for everything in the model.

use super::day_book::DayBook;
use super::place::{Bin, Stretch};
use super::series::Series;
use super::{Desk, Recorder};
use crate::metrics::cells::{Cells, THREE_DIGITS, TWO_DIGITS};
use crate::metrics::fan_out::{FanOutRecord, FanOutSlice};
use crate::metrics::hot_keys::HotKeys;
use crate::metrics::recording::{
    AlarmRecord, CopiesRecord, DeploymentRecord, FlowRecord, FlowSlice, InstanceRecord, LinkRecord,
    LinkSlice, NodeRecord, OpSlice, Recording, RowRecord, RowSlice, SupplyRecord, Times,
};
use crate::model::{Model, NONE, Plan};
use crate::units::SimTime;

impl Recorder {
    /// Makes an empty recorder for one replication.
    pub fn new(model: &Model, plan: &Plan, replication: u32) -> Recorder {
        let bins = plan.bins as usize;
        let slices = plan.slices.len();
        let bin_ns = plan.bin.0.max(1);
        let intervals = bins.div_ceil(plan.bins_per_interval as usize);
        let flow_slice = || FlowSlice {
            latency: Times::new(THREE_DIGITS),
            latency_bad: Times::new(THREE_DIGITS),
            settled: Times::new(THREE_DIGITS),
            at_once: Times::new(THREE_DIGITS),
            ..FlowSlice::default()
        };
        let flows = model
            .flows
            .iter()
            .map(|_| FlowRecord {
                slices: (0..slices).map(|_| flow_slice()).collect(),
                arrived: vec![0; bins],
                completed: vec![0; bins],
                errors: vec![0; bins],
                latency_sum: vec![0; bins],
                timeline: vec![Cells::new(TWO_DIGITS); intervals],
                ..FlowRecord::default()
            })
            .collect();
        let row_slice = || RowSlice {
            waiting: Times::new(TWO_DIGITS),
            service: Times::new(TWO_DIGITS),
            sojourn: Times::new(TWO_DIGITS),
            ..RowSlice::default()
        };
        let op_slice = || OpSlice {
            waiting: Times::new(TWO_DIGITS),
            sojourn: Times::new(TWO_DIGITS),
            ..OpSlice::default()
        };
        let rows = model
            .rows
            .iter()
            .map(|row| {
                let operations = model.nodes[row.node as usize].operations.len();
                RowRecord {
                    slices: (0..slices).map(|_| row_slice()).collect(),
                    by_op: (0..operations)
                        .map(|_| (0..slices).map(|_| op_slice()).collect())
                        .collect(),
                }
            })
            .collect();
        let link_slice = || LinkSlice {
            latency: Times::new(TWO_DIGITS),
            lag: Times::new(TWO_DIGITS),
            ..LinkSlice::default()
        };
        let links = model
            .links
            .iter()
            .map(|_| LinkRecord {
                slices: (0..slices).map(|_| link_slice()).collect(),
                ..LinkRecord::default()
            })
            .collect();
        let nodes: Vec<NodeRecord> = (0u32..)
            .zip(&model.nodes)
            .map(|(id, node)| NodeRecord {
                throttled: vec![0; bins],
                arrived: vec![0; bins],
                hits: vec![0; if node.looks_up { bins } else { 0 }],
                lookups: vec![0; if node.looks_up { bins } else { 0 }],
                instances: vec![InstanceRecord::default(); instances(model, id)],
                environment_area: vec![0; slices],
                idle_area: vec![0; slices],
                iterator_age: if node.log == NONE {
                    Vec::new()
                } else {
                    (0..slices).map(|_| Times::new(TWO_DIGITS)).collect()
                },
                copies: model
                    .control
                    .elastic
                    .iter()
                    .any(|elastic| elastic.node == id)
                    .then(|| CopiesRecord {
                        existing: vec![0; slices],
                        up: vec![0; slices],
                        up_by_bin: vec![0; bins],
                        ..CopiesRecord::default()
                    }),
                ..NodeRecord::default()
            })
            .collect();
        let day_book = DayBook::new(model, |node| {
            let split = !nodes[node as usize].instances.is_empty();
            (split, model.nodes[node as usize].partition != NONE)
        });
        Recorder {
            day_book,
            recording: Recording {
                replication,
                horizon: plan.horizon,
                slices: plan.slices.clone(),
                bin_ns,
                flows,
                rows,
                links,
                nodes,
                fan_outs: model
                    .fan_outs
                    .iter()
                    .map(|_| FanOutRecord {
                        slices: (0..slices).map(|_| FanOutSlice::new()).collect(),
                        backlog: vec![0; bins],
                        ..FanOutRecord::default()
                    })
                    .collect(),
                alarms: vec![AlarmRecord::default(); model.control.alarms.len()],
                deployments: vec![DeploymentRecord::default(); model.control.deployments.len()],
                supplies: model
                    .control
                    .supplies
                    .iter()
                    .map(|supply| SupplyRecord {
                        units: vec![0; slices],
                        used: vec![0; slices],
                        watched: vec![0; slices],
                        range: (supply.start, supply.start),
                        ..SupplyRecord::default()
                    })
                    .collect(),
                ..Recording::default()
            },
            rows: model.rows.iter().map(|row| (row.node, row.flow)).collect(),
            desks: (0u32..)
                .zip(&model.nodes)
                .map(|(id, node)| Desk {
                    line: Series::new(bins),
                    busy: Series::new(bins),
                    inside: Series::new(bins),
                    row: (0u32..)
                        .zip(&model.rows)
                        .find(|(_, row)| row.node == id)
                        .map_or(NONE, |(at, _)| at),
                    backlog: (SimTime::ZERO, 0),
                    hot: (node.partition != NONE).then(HotKeys::new),
                })
                .collect(),
            flow_inside: model.flows.iter().map(|_| Series::new(bins)).collect(),
            reciprocal: (u128::from(u64::MAX) / u128::from(bin_ns)) as u64,
            bins: u64::from(plan.bins),
            table: (0..=u64::from(plan.bins))
                .map(|bin| Bin {
                    slice: (plan.slices.partition_point(|begin| begin.0 <= bin * bin_ns) - 1)
                        as u32,
                    interval: (bin / u64::from(plan.bins_per_interval)) as u32,
                })
                .collect(),
            ends: plan
                .slices
                .iter()
                .skip(1)
                .map(|begin| begin.0)
                .chain([u64::MAX])
                .collect(),
            known: [Stretch::default(); 2],
            horizon: plan.horizon.0,
        }
    }

    /// Ends the counting earlier than planned.
    pub fn cut(&mut self, horizon: SimTime) {
        self.close_day_book();
        self.horizon = self.horizon.min(horizon.0);
        self.recording.horizon = SimTime(self.horizon);
    }

    /// Closes the books.
    pub fn finish(mut self, ended: SimTime) -> Recording {
        self.enter_day_book();
        let bins = self.bins as usize;
        let bin_ns = self.recording.bin_ns;
        for node in 0..self.desks.len() as u32 {
            let (_, messages) = self.desks[node as usize].backlog;
            self.backlog_is(node, SimTime(self.horizon), messages);
        }
        for (record, desk) in self.recording.nodes.iter_mut().zip(&mut self.desks) {
            record.line = desk.line.areas(bins, bin_ns);
            record.busy = desk.busy.areas(bins, bin_ns);
            record.inside = desk.inside.areas(bins, bin_ns);
            if let Some(hot) = desk.hot.take() {
                record.hot_keys = hot.busiest(10);
            }
        }
        let flows = self.recording.flows.iter_mut();
        for slice in flows.flat_map(|flow| &mut flow.slices) {
            let at_once = std::mem::take(&mut slice.at_once);
            slice.latency.add(&at_once);
            slice.settled.add(&at_once);
        }
        for row in &mut self.recording.rows {
            for operation in &row.by_op {
                for (slice, counts) in row.slices.iter_mut().zip(operation) {
                    slice.tally.add(&counts.tally);
                    slice.waiting.add(&counts.waiting);
                    slice.sojourn.add(&counts.sojourn);
                }
            }
        }
        for (flow, series) in self.flow_inside.iter().enumerate() {
            self.recording.flows[flow].inside = series.areas(bins, bin_ns);
        }
        self.recording.ended = ended;
        self.recording
    }
}

/// Returns how many copies or partitions a node keeps apart.
fn instances(model: &Model, node: u32) -> usize {
    let this = &model.nodes[node as usize];
    let stations = match model.groups.get(this.group as usize) {
        Some(group) if this.group != NONE => group.instances as usize,
        Some(_) | None => 0,
    };
    if this.partition == NONE {
        return if stations == 1 { 0 } else { stations };
    }
    // Copies of partitions are stations of their own.
    stations.max(model.partitions[this.partition as usize].most() as usize)
}

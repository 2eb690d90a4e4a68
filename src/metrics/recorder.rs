//! The recorder: what the loop calls when a visit or a request has ended.
//!
//! Everything about a visit is recorded once, when its end is known: its tally
//! and times in the slice in which it entered, its intervals as areas over the
//! bins that they cover. Nothing is sampled and everything is an integer, so the
//! order of the calls does not matter.

use super::cells::{Cells, THREE_DIGITS, TWO_DIGITS};
use super::day_book::DayBook;
use super::fan_out::{FanOutRecord, FanOutSlice};
use super::recording::{
    AlarmRecord, CopiesRecord, DeploymentRecord, FlowRecord, FlowSlice, InstanceRecord, LinkRecord,
    LinkSlice, NodeRecord, OpSlice, Recording, RowRecord, RowSlice, SupplyRecord, Times,
};
use crate::mechanism::copies::Ended;
use crate::model::{Model, NONE, Outcome, Plan};
use crate::units::{SimTime, Span};

/// How a visit ended, with all that is recorded of it.
#[derive(Clone, Copy, Debug)]
pub struct Departure {
    /// Recorder row.
    pub row: u32,
    /// Operation of the node, or `NONE`.
    pub op: u32,
    /// Copy or partition; `u16::MAX` is none.
    pub instance: u16,
    /// When it entered the node.
    pub entered: SimTime,
    /// When it left.
    pub left: SimTime,
    /// How it counts at the node; `None`: it was still inside when the run ended.
    pub outcome: Option<Outcome>,
    /// Whether it completed, but nobody waited any more.
    pub orphaned: bool,
    /// Time in waiting lines [ns].
    pub waited: u64,
    /// Time in service [ns]; `None` if it never was.
    pub served: Option<u64>,
    /// Its key, for the hot-key list; 0 is none.
    pub item: u32,
}

/// What look-ups in a cache did.
#[derive(Clone, Copy, Debug, Default)]
pub struct LookUps {
    /// Items found.
    pub hits: u64,
    /// Of those, expired but still served.
    pub stale: u64,
    /// Items not found.
    pub misses: u64,
    /// Items that wait for another's fetch.
    pub joined: u64,
}

/// One interval series of a node: partly covered bins directly, whole ones by differences.
#[derive(Clone, Debug, Default)]
pub(super) struct Series {
    pub(super) part: Vec<u64>,
    whole: Vec<i32>,
}

impl Series {
    fn new(bins: usize) -> Series {
        Series {
            part: vec![0; bins + 1],
            whole: vec![0; bins + 2],
        }
    }

    /// Returns the area per bin.
    fn areas(&self, bins: usize, bin_ns: u64) -> Vec<u64> {
        let mut covering = 0i64;
        (0..bins)
            .map(|bin| {
                covering += i64::from(self.whole[bin]);
                self.part[bin] + covering.unsigned_abs() * bin_ns
            })
            .collect()
    }
}

/// Which area an interval belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Area {
    /// In a waiting line of the node, or a message that nobody has taken yet.
    Waiting,
    /// Holding one of the node's own servers; at a node without any, in work.
    Busy,
    /// Holding a server while waiting for a call or a pause.
    Blocked,
    /// Anywhere in the node.
    Inside,
}

/// What is counted at one node, and written to its record in the end.
#[derive(Debug)]
pub(super) struct Desk {
    pub(super) line: Series,
    pub(super) busy: Series,
    pub(super) inside: Series,
    /// Whether the node has servers of its own, which its busy time is about.
    staffed: bool,
    /// First row of the node.
    row: u32,
    /// Visible messages of a queue or log, and since when.
    backlog: (SimTime, u64),
    /// Key → (arrived, throttled), kept small (space saving).
    hot: Option<super::hot_keys::HotKeys>,
}

/// Where an instant lies: looked up once, used for everything that counts there.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Place {
    pub(super) bin: usize,
    pub(super) slice: usize,
}

/// Instants with one place.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Stretch {
    pub(super) from: u64,
    pub(super) length: u64,
    pub(super) place: Place,
}

impl Stretch {
    /// Whether both ends of an interval lie in it.
    #[inline(always)]
    pub(super) fn holds(&self, from: u64, to: u64) -> bool {
        (from.wrapping_sub(self.from) < self.length) & (to.wrapping_sub(self.from) < self.length)
    }
}

/// Which of the stretches looked up last an instant is compared with.
#[derive(Clone, Copy)]
enum Side {
    Begin = 0,
    End = 1,
}

/// What is known of a bin beforehand.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bin {
    /// Slice in which it begins.
    slice: u32,
    /// Point of the timeline that it belongs to.
    pub(super) interval: u32,
}

/// Records one replication.
#[derive(Debug)]
pub struct Recorder {
    pub(super) recording: Recording,
    /// Whose the rows are: node and flow.
    pub(super) rows: Vec<(u32, u32)>,
    pub(super) desks: Vec<Desk>,
    pub(super) flow_inside: Vec<Series>,
    pub(super) day_book: DayBook,
    /// 2^64 / bin width: multiplies instead of divides.
    reciprocal: u64,
    bins: u64,
    /// By bin, and one for the horizon and after.
    pub(super) table: Vec<Bin>,
    /// Ends of the slices [ns]; the last one never ends.
    ends: Vec<u64>,
    /// The stretches of time that were looked up last, for beginnings and for ends.
    known: [Stretch; 2],
    pub(super) horizon: u64,
}

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
                    staffed: node.group != NONE,
                    row: (0u32..)
                        .zip(&model.rows)
                        .find(|(_, row)| row.node == id)
                        .map_or(NONE, |(at, _)| at),
                    backlog: (SimTime::ZERO, 0),
                    hot: (node.partition != NONE).then(super::hot_keys::HotKeys::new),
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

    /// Returns the slice of an instant.
    #[inline]
    pub fn slice(&mut self, at: SimTime) -> usize {
        self.place(at.0, Side::Begin).slice
    }

    /// Returns bin and slice of an instant; the bin is `bins` from the horizon on.
    ///
    /// Most beginnings lie where the last one lay, and so do most ends.
    #[inline(always)]
    fn place(&mut self, at: u64, side: Side) -> Place {
        let known = &self.known[side as usize];
        if at.wrapping_sub(known.from) < known.length {
            return known.place;
        }
        self.find_place(at, side)
    }

    #[cold]
    fn find_place(&mut self, at: u64, side: Side) -> Place {
        let stretch = self.stretch(at);
        self.known[side as usize] = stretch;
        stretch.place
    }

    /// Returns the bin and slice in which an instant lies, and from when to when they last.
    pub(super) fn stretch(&self, at: u64) -> Stretch {
        let bin_ns = self.recording.bin_ns;
        let guess = ((u128::from(at) * u128::from(self.reciprocal)) >> 64) as u64;
        // The reciprocal is rounded down, so the guess may be one too small.
        let bin = (guess + u64::from(at >= (guess + 1) * bin_ns)).min(self.bins);
        let mut slice = self.table[bin as usize].slice as usize;
        while at >= self.ends[slice] {
            slice += 1;
        }
        let place = Place {
            bin: bin as usize,
            slice,
        };
        let from = self.recording.slices[slice].0.max(bin * bin_ns);
        let end = if bin == self.bins {
            u64::MAX
        } else {
            self.ends[slice].min((bin + 1) * bin_ns)
        };
        Stretch {
            from,
            length: end - from,
            place,
        }
    }

    /// Whether what enters at this instant counts.
    #[inline]
    pub fn counts(&self, at: SimTime) -> bool {
        at.0 < self.horizon
    }

    /// Adds the wait and the service of a visit.
    #[inline(always)]
    pub fn service(&mut self, row: u32, arrived: SimTime, start: SimTime, done: SimTime) {
        if !self.day_book.service(row, arrived.0, start.0, done.0) {
            self.service_over_bins(row, arrived, start, done);
        }
    }

    #[inline(never)]
    fn service_over_bins(&mut self, row: u32, arrived: SimTime, start: SimTime, done: SimTime) {
        self.area(row, Area::Waiting, arrived, start);
        self.area(row, Area::Busy, start, done);
    }

    /// Adds an interval to an area of a row.
    #[inline(always)]
    pub fn area(&mut self, row: u32, area: Area, from: SimTime, to: SimTime) {
        if self.day_book.area(row, area, from.0, to.0) {
            return;
        }
        let to = to.0.min(self.horizon);
        if to > from.0 {
            let first = self.place(from.0, Side::Begin);
            self.add_area(row, area, (from.0, first), to);
        }
    }

    /// Adds an interval that begins at a known place and ends by the horizon.
    #[inline(always)]
    fn add_area(&mut self, row: u32, area: Area, (from, first): (u64, Place), to: u64) {
        let last = self.place(to, Side::End);
        let (node, _) = self.rows[row as usize];
        let slices = &mut self.recording.rows[row as usize].slices;
        let mut add = |slice: usize, time: u64| {
            let record = &mut slices[slice];
            let sum = match area {
                Area::Waiting => &mut record.waiting_area,
                Area::Busy => &mut record.busy_area,
                Area::Blocked => &mut record.blocked_area,
                Area::Inside => &mut record.inside_area,
            };
            *sum += u128::from(time);
        };
        if first.slice == last.slice {
            add(first.slice, to - from);
        } else {
            spread(&self.ends, (from, first.slice), (to, last.slice), add);
        }
        let series = match area {
            Area::Waiting => &mut self.desks[node as usize].line,
            Area::Busy => &mut self.desks[node as usize].busy,
            Area::Inside => &mut self.desks[node as usize].inside,
            Area::Blocked => return,
        };
        cover(
            series,
            (first.bin, last.bin),
            (from, to),
            self.recording.bin_ns,
        );
    }

    /// Adds an interval in which a visit was worked on without one of the node's own servers:
    /// it is busy time of a node that has none.
    #[inline]
    pub fn worked(&mut self, row: u32, from: SimTime, to: SimTime) {
        let (node, _) = self.rows[row as usize];
        if !self.desks[node as usize].staffed {
            self.area(row, Area::Busy, from, to);
        }
    }

    /// Adds an interval in which so many visits were in an area of a row.
    pub fn area_of(&mut self, row: u32, area: Area, (from, to): (SimTime, SimTime), visits: u32) {
        let (from, to) = (from.0, to.0.min(self.horizon));
        if visits == 0 || to <= from {
            return;
        }
        let (node, _) = self.rows[row as usize];
        let (first, last) = (self.place(from, Side::Begin), self.place(to, Side::End));
        let slices = &mut self.recording.rows[row as usize].slices;
        let places = ((from, first.slice), (to, last.slice));
        spread(&self.ends, places.0, places.1, |slice, time| {
            let sum = match area {
                Area::Waiting => &mut slices[slice].waiting_area,
                Area::Busy => &mut slices[slice].busy_area,
                Area::Blocked => &mut slices[slice].blocked_area,
                Area::Inside => &mut slices[slice].inside_area,
            };
            *sum += u128::from(time) * u128::from(visits);
        });
        let desk = &mut self.desks[node as usize];
        let series = match area {
            Area::Waiting => &mut desk.line,
            Area::Busy => &mut desk.busy,
            Area::Inside => &mut desk.inside,
            Area::Blocked => return,
        };
        let bin_ns = self.recording.bin_ns;
        let each = u64::from(visits);
        if first.bin == last.bin {
            series.part[first.bin] += (to - from) * each;
        } else {
            series.part[first.bin] += ((first.bin as u64 + 1) * bin_ns - from) * each;
            series.part[last.bin] += (to - last.bin as u64 * bin_ns) * each;
            series.whole[first.bin + 1] += visits as i32;
            series.whole[last.bin] -= visits as i32;
        }
    }

    /// Adds an interval in which so many servers of a copy or partition were busy.
    pub fn instance_shared(
        &mut self,
        node: u32,
        instance: u16,
        (from, to): (SimTime, SimTime),
        servers: u32,
    ) {
        let time = to.0.min(self.horizon).saturating_sub(from.0);
        let instances = &mut self.recording.nodes[node as usize].instances;
        if let Some(record) = instances.get_mut(usize::from(instance)) {
            record.busy_area += u128::from(time) * u128::from(servers);
        }
    }

    /// Says how many messages are visible at a queue or log from now on: its waiting line.
    pub fn backlog_is(&mut self, node: u32, at: SimTime, messages: u64) {
        let counts = self.counts(at);
        let desk = &mut self.desks[node as usize];
        let (since, before) = std::mem::replace(&mut desk.backlog, (at, messages));
        let row = desk.row;
        if counts {
            self.waiting_max(node, messages);
        }
        // Nobody else's than the node's, so it does not matter whose row it is.
        self.area_of(row, Area::Waiting, (since, at), saturated(before));
    }

    /// Adds a busy interval to a copy or partition.
    #[inline]
    pub fn instance_busy(&mut self, node: u32, instance: u16, from: SimTime, to: SimTime) {
        let to = to.0.min(self.horizon);
        let begin = from.0;
        if let Some(record) = self.recording.nodes[node as usize]
            .instances
            .get_mut(usize::from(instance))
        {
            record.busy_area += u128::from(to.saturating_sub(begin));
        }
    }

    /// Records a visit that has left, or was inside when the run ended.
    #[inline(always)]
    pub fn leave(&mut self, departure: &Departure) {
        let Departure {
            row, entered, left, ..
        } = *departure;
        if !self.counts(entered) {
            return;
        }
        let place = self.place(entered.0, Side::Begin);
        let Place { bin, slice } = place;
        let to = left.0.min(self.horizon);
        let last = self.place(to, Side::End);
        let (node, _) = self.rows[row as usize];
        let desk = &mut self.desks[node as usize];
        let record = &mut self.recording.rows[row as usize];
        // A visit without duration adds nothing.
        let bins = (bin, last.bin);
        cover(
            &mut desk.inside,
            bins,
            (entered.0, to),
            self.recording.bin_ns,
        );
        if slice == last.slice {
            record.slices[slice].inside_area += u128::from(to - entered.0);
        } else {
            let slices = (entered.0, slice);
            spread(&self.ends, slices, (to, last.slice), |slice, time| {
                record.slices[slice].inside_area += u128::from(time);
            });
        }
        let throttled = departure.outcome == Some(Outcome::Throttled);
        {
            let nodes = &mut self.recording.nodes[node as usize];
            nodes.arrived[bin] += 1;
            if let Some(instance) = nodes.instances.get_mut(usize::from(departure.instance)) {
                instance.arrived += 1;
                instance.throttled += u64::from(throttled);
                instance.shed += u64::from(departure.outcome == Some(Outcome::Shed));
            }
            if throttled {
                nodes.throttled[bin] += 1;
                nodes.first_throttled = Some(nodes.first_throttled.map_or(left, |t| t.min(left)));
                nodes.last_throttled = Some(nodes.last_throttled.map_or(left, |t| t.max(left)));
            }
        }
        if departure.item != 0
            && let Some(hot) = &mut desk.hot
        {
            hot.count(departure.item, throttled);
        }
        let counts = &mut record.slices[slice];
        counts.waited += u64::from(departure.waited > 0);
        counts.orphaned += u64::from(departure.orphaned);
        if let Some(served) = departure.served
            && departure.outcome.is_some()
        {
            counts.service.record(served);
        }
        // What an operation counts is added to its row when the books are closed.
        let (tally, sojourn, waiting) = if departure.op == NONE {
            (&mut counts.tally, &mut counts.sojourn, &mut counts.waiting)
        } else {
            let counts = &mut record.by_op[departure.op as usize][slice];
            (&mut counts.tally, &mut counts.sojourn, &mut counts.waiting)
        };
        tally.arrived += 1;
        if let Some(outcome) = departure.outcome {
            tally.left[outcome as usize] += 1;
            sojourn.record(left.0 - entered.0);
            waiting.record(departure.waited);
        }
    }

    /// Records look-ups of a visit that entered its node at `entered`.
    #[inline]
    pub fn look_ups(&mut self, row: u32, entered: SimTime, look_ups: LookUps) {
        if !self.counts(entered) {
            return;
        }
        let (node, _) = self.rows[row as usize];
        let Place { bin, slice } = self.place(entered.0, Side::Begin);
        let record = &mut self.recording.rows[row as usize].slices[slice];
        record.hits += look_ups.hits;
        record.stale += look_ups.stale;
        record.misses += look_ups.misses;
        record.joined += look_ups.joined;
        let node = &mut self.recording.nodes[node as usize];
        node.hits[bin] += look_ups.hits;
        node.lookups[bin] += look_ups.hits + look_ups.misses + look_ups.joined;
    }

    /// Records a cold start of a visit that entered at `entered`, and how long it takes.
    pub fn cold_start(&mut self, row: u32, entered: SimTime, time: Span) {
        if self.counts(entered) {
            let slice = self.slice(entered);
            let counts = &mut self.recording.rows[row as usize].slices[slice];
            counts.cold_starts += 1;
            counts.cold_ns += u128::from(time.0);
        }
    }

    /// Records a refusal by a bucket of a visit that entered at `entered`.
    pub fn refusal(&mut self, node: u32, bucket: u32, entered: SimTime) {
        if !self.counts(entered) {
            return;
        }
        let refusals = &mut self.recording.nodes[node as usize].refusals;
        match refusals.iter_mut().find(|(known, _)| *known == bucket) {
            Some((_, count)) => *count += 1,
            None => refusals.push((bucket, 1)),
        }
    }

    /// Records a refusal of what was too large, of a visit that entered at `entered`.
    pub fn too_large(&mut self, node: u32, entered: SimTime) {
        if self.counts(entered) {
            self.recording.nodes[node as usize].too_large += 1;
        }
    }

    /// Adds what a visit that entered at `entered` is charged for [10⁻¹² unit], and its bytes.
    pub fn units(&mut self, row: u32, op: u32, entered: SimTime, pico_units: u128, bytes: u64) {
        if !self.counts(entered) {
            return;
        }
        let slice = self.slice(entered);
        let record = &mut self.recording.rows[row as usize];
        if let Some(slices) = record.by_op.get_mut(op as usize) {
            slices[slice].units += pico_units;
            slices[slice].bytes += u128::from(bytes);
        } else {
            record.slices[slice].units += pico_units;
        }
    }

    /// Raises the greatest length of a node's waiting line.
    #[inline]
    pub fn waiting_max(&mut self, node: u32, waiting: u64) {
        let record = &mut self.recording.nodes[node as usize];
        record.waiting_max = record.waiting_max.max(waiting);
    }

    /// Records a request that has left (`outcome`), or was inside at the end of the run.
    ///
    /// Returns what counts with it, if it counts.
    #[inline(always)]
    pub fn request(
        &mut self,
        flow: u32,
        arrived: SimTime,
        left: SimTime,
        outcome: Option<Outcome>,
    ) -> Option<&mut FlowSlice> {
        if !self.counts(arrived) {
            return None;
        }
        let first = self.place(arrived.0, Side::Begin);
        let Place { bin, slice } = first;
        let to = left.0.min(self.horizon);
        let last = self.place(to, Side::End);
        let record = &mut self.recording.flows[flow as usize];
        if to > arrived.0 {
            cover(
                &mut self.flow_inside[flow as usize],
                (bin, last.bin),
                (arrived.0, to),
                self.recording.bin_ns,
            );
            if slice == last.slice {
                record.slices[slice].inside_area += u128::from(to - arrived.0);
            } else {
                spread(
                    &self.ends,
                    (arrived.0, slice),
                    (to, last.slice),
                    |slice, time| record.slices[slice].inside_area += u128::from(time),
                );
            }
        }
        record.arrived[bin] += 1;
        let latency = left.0 - arrived.0;
        let counts = &mut record.slices[slice];
        counts.tally.arrived += 1;
        let Some(outcome) = outcome else {
            return Some(counts);
        };
        record.last_left = record.last_left.max(left);
        counts.tally.left[outcome as usize] += 1;
        if outcome == Outcome::Completed {
            counts.latency.record(latency);
            record.completed[bin] += 1;
            record.latency_sum[bin] = record.latency_sum[bin].saturating_add(latency);
            record.timeline[self.table[bin].interval as usize].record(latency);
        } else {
            counts.latency_bad.record(latency);
            record.errors[bin] += 1;
            record.first_error = Some(record.first_error.map_or(left, |first| first.min(left)));
        }
        Some(counts)
    }

    /// Gives access to what a flow counts for requests that arrived at `arrived`, if they count.
    #[inline]
    pub fn flow_slice(&mut self, flow: u32, arrived: SimTime) -> Option<&mut FlowSlice> {
        if !self.counts(arrived) {
            return None;
        }
        let slice = self.slice(arrived);
        Some(&mut self.recording.flows[flow as usize].slices[slice])
    }

    /// Gives access to what a link counts for calls that began at `began`, if they count.
    #[inline(always)]
    pub fn link_slice(&mut self, link: u32, began: SimTime) -> Option<&mut LinkSlice> {
        if link == NONE || !self.counts(began) {
            return None;
        }
        let slice = self.slice(began);
        Some(&mut self.recording.links[link as usize].slices[slice])
    }

    /// Gives access to what a fan-out counts for posts made at `posted`, if they count.
    pub fn fan_out_slice(&mut self, fan_out: u32, posted: SimTime) -> Option<&mut FanOutSlice> {
        if !self.counts(posted) {
            return None;
        }
        let slice = self.slice(posted);
        Some(&mut self.recording.fan_outs[fan_out as usize].slices[slice])
    }

    /// Adds a time in which a fan-out had so many recipients to reach. O(bins covered).
    pub fn backlog(&mut self, fan_out: u32, (from, to): (SimTime, SimTime), recipients: u64) {
        let bin_ns = self.recording.bin_ns;
        let to = to.0.min(self.horizon);
        let mut from = from.0;
        while from < to {
            let bin = self.place(from, Side::Begin).bin;
            let end = to.min((bin as u64 + 1) * bin_ns);
            let area = u128::from(end - from) * u128::from(recipients);
            self.recording.fan_outs[fan_out as usize].backlog[bin] += area;
            from = end;
        }
    }

    /// Counts what a visit that entered at `entered` did at one of several partitions.
    pub fn instance_left(&mut self, node: u32, instance: u16, entered: SimTime, how: Outcome) {
        if !self.counts(entered) {
            return;
        }
        let instances = &mut self.recording.nodes[node as usize].instances;
        if let Some(record) = instances.get_mut(usize::from(instance)) {
            record.arrived += 1;
            record.throttled += u64::from(how == Outcome::Throttled);
            record.shed += u64::from(how == Outcome::Shed);
        }
    }

    /// Records how long a copy existed, now that it has ended.
    pub fn copy_ended(&mut self, node: u32, copy: Ended) {
        let (bins, bin_ns) = (self.bins as usize, self.recording.bin_ns);
        let until = copy.until.0.min(self.horizon);
        let ends = &self.ends;
        let begins = &self.recording.slices;
        let Some(record) = &mut self.recording.nodes[node as usize].copies else {
            return;
        };
        let within = |from: u64, begin: u64, end: u64| {
            u128::from(until.min(end).saturating_sub(from.max(begin)))
        };
        for (slice, (begin, end)) in begins.iter().zip(ends).enumerate() {
            record.existing[slice] += within(copy.since.0, begin.0, *end);
            record.up[slice] += within(copy.ready.0, begin.0, *end);
        }
        for (bin, area) in record.up_by_bin.iter_mut().enumerate().take(bins) {
            let begin = bin as u64 * bin_ns;
            *area += within(copy.ready.0, begin, begin + bin_ns) as u64;
        }
    }

    /// Records that so many units of a supply were in force, and how many are from then on.
    pub fn supplied(
        &mut self,
        supply: u32,
        units: u32,
        (since, until): (SimTime, SimTime),
        then: Option<u32>,
    ) {
        let end_of_counting = self.horizon;
        let record = &mut self.recording.supplies[supply as usize];
        let begins = self.recording.slices.iter();
        for ((begin, end), area) in begins.zip(&self.ends).zip(&mut record.units) {
            let until = until.0.min(end_of_counting).min(*end);
            let length = until.saturating_sub(since.0.max(begin.0));
            *area += u128::from(length) * u128::from(units);
        }
        if let Some(then) = then
            && until.0 <= end_of_counting
        {
            let (least, most) = record.range;
            record.range = (least.min(then), most.max(then));
            record.changes += 1;
            record.first = record.first.or(Some(until));
        }
    }

    /// Records what was used of a supply in a period that ends now [unit × ns].
    pub fn used(&mut self, supply: u32, end: SimTime, period: Span, used: i128) {
        if end.0 > self.horizon {
            return;
        }
        let begin = SimTime(end.0.saturating_sub(period.0));
        let begins = &self.recording.slices;
        let slice = begins
            .partition_point(|one| *one <= begin)
            .saturating_sub(1);
        let record = &mut self.recording.supplies[supply as usize];
        record.used[slice] += used.unsigned_abs();
        record.watched[slice] += u128::from(period.0);
    }

    /// Returns what has been recorded so far.
    ///
    /// What is noted in the day book only is not in it (`enter_day_book`).
    pub fn books(&self) -> &Recording {
        &self.recording
    }

    /// Gives access to the recording, for what is not counted per visit, call or request.
    pub fn recording(&mut self) -> &mut Recording {
        &mut self.recording
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

/// Returns a number of messages as far as it can be counted with.
fn saturated(messages: u64) -> u32 {
    messages.min(i32::MAX as u64) as u32
}

/// Hands out [from, to) slice by slice, `from` and `to` with their slices.
#[cold]
fn spread(
    ends: &[u64],
    (from, first): (u64, usize),
    (to, last): (u64, usize),
    mut add: impl FnMut(usize, u64),
) {
    let mut begin = from;
    for (slice, end) in ends.iter().enumerate().take(last + 1).skip(first) {
        let end = to.min(*end);
        add(slice, end - begin);
        begin = end;
    }
}

/// Adds [from, to) to a series, both ends with their bins.
#[inline(always)]
fn cover(series: &mut Series, (first, last): (usize, usize), (from, to): (u64, u64), bin_ns: u64) {
    if first == last {
        series.part[first] += to - from;
    } else {
        series.part[first] += (first as u64 + 1) * bin_ns - from;
        series.part[last] += to - last as u64 * bin_ns;
        series.whole[first + 1] += 1;
        series.whole[last] -= 1;
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

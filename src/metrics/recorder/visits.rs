//! Visits that have left, look-ups, and what else is counted once for each.

use super::Recorder;
use super::place::{Place, Side};
use super::series::{cover, spread};
use crate::model::{NONE, Outcome};
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

impl Recorder {
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
    #[inline(always)]
    pub fn look_ups(&mut self, row: u32, entered: SimTime, look_ups: LookUps) {
        if !self.day_book.look_ups(row, entered.0, &look_ups) {
            let LookUps {
                hits,
                stale,
                misses,
                joined,
            } = look_ups;
            self.look_ups_otherwise((row, entered), (hits, stale), (misses, joined));
        }
    }

    /// Does the same from numbers, as what is passed by reference lies in memory from the start.
    #[cold]
    #[inline(never)]
    fn look_ups_otherwise(
        &mut self,
        (row, entered): (u32, SimTime),
        (hits, stale): (u64, u64),
        (misses, joined): (u64, u64),
    ) {
        if !self.counts(entered) {
            return;
        }
        let (node, _) = self.rows[row as usize];
        let Place { bin, slice } = self.place(entered.0, Side::Begin);
        let record = &mut self.recording.rows[row as usize].slices[slice];
        record.hits += hits;
        record.stale += stale;
        record.misses += misses;
        record.joined += joined;
        let node = &mut self.recording.nodes[node as usize];
        node.hits[bin] += hits;
        node.lookups[bin] += hits + misses + joined;
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
}

//! Requests that have left, the calls that they made, and posts to many.

use super::Recorder;
use super::place::{Place, Side};
use super::series::{cover, spread};
use crate::metrics::fan_out::FanOutSlice;
use crate::metrics::recording::{FlowSlice, LinkSlice};
use crate::model::{NONE, Outcome};
use crate::units::SimTime;

impl Recorder {
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
}

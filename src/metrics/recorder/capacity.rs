//! Capacity that comes and goes: how long copies existed, and units of supplies were in force.

use super::Recorder;
use crate::mechanism::copies::Ended;
use crate::units::{SimTime, Span};

impl Recorder {
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
}

//! What is entered in the records: the notes of one account, link or flow.

use super::{DayBook, LEAF};
use crate::metrics::recorder::Recorder;
use crate::metrics::recorder::place::Place;
use crate::metrics::recording::Times;
use crate::model::{NONE, Outcome};
use crate::units::SimTime;

impl Recorder {
    /// Enters the visits of an account.
    #[inline(never)]
    pub(super) fn enter_visits(&mut self, number: u32) {
        let DayBook {
            accounts, present, ..
        } = &mut self.day_book;
        let account = &mut accounts[number as usize];
        let filled = usize::from(std::mem::take(&mut account.filled)).min(LEAF);
        if filled == 0 {
            return;
        }
        let Place { bin, slice } = present.place;
        let node = self.rows[account.row as usize].0 as usize;
        let waiters = usize::from(std::mem::take(&mut account.waiters)).min(LEAF);
        let sojourn = &account.sojourn[..filled];
        let inside: u64 = sojourn.iter().sum();
        let beside = std::mem::take(&mut account.beside);
        self.desks[node].inside.part[bin] += inside - beside.inside;
        self.recording.nodes[node].arrived[bin] += filled as u64 - beside.count;
        let record = &mut self.recording.rows[account.row as usize];
        let counts = &mut record.slices[slice];
        counts.inside_area += u128::from(inside);
        counts.waited += waiters as u64;
        // A visit without service is none of the served ones.
        enter(&mut counts.service, &account.served, filled, false);
        let (tally, sojourns, waits) = if account.op == NONE {
            (&mut counts.tally, &mut counts.sojourn, &mut counts.waiting)
        } else {
            let counts = &mut record.by_op[account.op as usize][slice];
            (&mut counts.tally, &mut counts.sojourn, &mut counts.waiting)
        };
        tally.arrived += filled as u64;
        tally.left[Outcome::Completed as usize] += filled as u64;
        enter(sojourns, &account.sojourn, filled, true);
        enter(waits, &account.waited, waiters, true);
        waits.count += (filled - waiters) as u64;
        waits.zeros += (filled - waiters) as u64;
    }

    /// Enters the calls over a link.
    #[inline(never)]
    pub(super) fn enter_calls(&mut self, link: u32) {
        let calls = &mut self.day_book.calls[link as usize];
        let slice = self.day_book.present.place.slice;
        let record = &mut self.recording.links[link as usize].slices[slice];
        let began = u64::from(std::mem::take(&mut calls.began));
        record.tally.arrived += began;
        record.attempts += began;
        let filled = usize::from(std::mem::take(&mut calls.filled)).min(LEAF);
        record.tally.left[Outcome::Completed as usize] += filled as u64;
        enter(&mut record.latency, &calls.latency, filled, true);
    }

    /// Enters the requests of a flow.
    #[inline(never)]
    pub(super) fn enter_requests(&mut self, flow: u32) {
        let DayBook {
            requests, present, ..
        } = &mut self.day_book;
        let requests = &mut requests[flow as usize];
        let Place { bin, slice } = present.place;
        let record = &mut self.recording.flows[flow as usize];
        let counts = &mut record.slices[slice];
        counts.attempts += u64::from(std::mem::take(&mut requests.began));
        counts.bytes_in += std::mem::take(&mut requests.bytes_in);
        counts.bytes_out += std::mem::take(&mut requests.bytes_out);
        let filled = usize::from(std::mem::take(&mut requests.filled)).min(LEAF);
        if filled == 0 {
            return;
        }
        let latency = &requests.latency[..filled];
        let inside: u64 = latency.iter().sum();
        let beside = std::mem::take(&mut requests.beside);
        self.flow_inside[flow as usize].part[bin] += inside - beside.inside;
        counts.inside_area += u128::from(inside);
        counts.tally.arrived += filled as u64;
        counts.tally.left[Outcome::Completed as usize] += filled as u64;
        enter(&mut counts.at_once, &requests.latency, filled, true);
        record.last_left = record.last_left.max(SimTime(requests.last_left));
        record.arrived[bin] += filled as u64 - beside.count;
        record.completed[bin] += filled as u64 - beside.count;
        let sum = &mut record.latency_sum[bin];
        *sum = sum.saturating_add(inside - beside.latency);
        let point = &mut record.timeline[self.table[bin].interval as usize];
        latency.iter().for_each(|&value| point.record(value));
    }
}

/// Counts the first of some durations; zeros count if they are said to.
#[inline]
fn enter(times: &mut Times, values: &[u64; LEAF], filled: usize, zeros_count: bool) {
    let (eights, rest) = values[..filled.min(LEAF)].as_chunks();
    for eight in eights {
        times.record_eight(eight, zeros_count);
    }
    for &value in rest {
        if value > 0 || zeros_count {
            times.record(value);
        }
    }
}

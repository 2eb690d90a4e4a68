//! The day book: what ends well and soon is noted in passing, and entered later.
//!
//! Most intervals begin and end in one bin of one slice, the present one, and most of them
//! belong to visits, calls and requests that completed. Those are put down as a few numbers
//! beside each other, without looking up where they belong. Eight of them are entered in the
//! records at once, and whatever is left when the present bin has passed, or when somebody
//! wants to read the records. All of it is sums, counts and greatest values of integers, so
//! a record does not depend on when something was entered.
//!
//! Not here: intervals over several bins, and whatever did not complete (`recorder`).

use super::recorder::{Area, Departure, Place, Recorder, Stretch};
use super::recording::Times;
use crate::model::{Model, NONE, Outcome};
use crate::units::SimTime;

/// Notes that are entered at once.
const LEAF: usize = 8;
/// Intervals after the present bin that make the bin in which they lie the present one.
///
/// CHOICE: single visits run ahead of the clock, so that a few mean nothing.
const EARLY: u32 = 32;
/// Intervals before it that do the same.
///
/// CHOICE: more than begin in one bin and end in the next; only where the present bin lies
/// far ahead of the clock are there so many.
const LATE: u32 = 1 << 16;

/// Visits of one row and operation.
#[derive(Clone, Copy, Debug)]
struct Account {
    row: u32,
    op: u32,
    /// Whether its node counts by copy or partition.
    split: bool,
    /// Whether its node counts by key.
    keyed: bool,
    filled: u8,
    /// Visits that waited, of those.
    waiters: u8,
    sojourn: [u64; LEAF],
    /// Of those who waited.
    waited: [u64; LEAF],
    /// Time in service; 0: none.
    served: [u64; LEAF],
}

impl Account {
    /// Notes a visit; returns how many are noted.
    #[inline(always)]
    fn note(&mut self, stay: &Stay) -> usize {
        let place = usize::from(self.filled) % LEAF;
        self.sojourn[place] = stay.left.0 - stay.entered.0;
        // Who waits is a matter of chance, so that nothing branches by it.
        self.waited[usize::from(self.waiters) % LEAF] = stay.waited;
        self.waiters += u8::from(stay.waited > 0);
        self.served[place] = stay.served;
        self.filled += 1;
        usize::from(self.filled)
    }
}

/// A visit that has completed, and was waited for.
#[derive(Clone, Copy, Debug)]
pub struct Stay {
    /// When it entered the node.
    pub entered: SimTime,
    /// When it left.
    pub left: SimTime,
    /// Time in waiting lines [ns].
    pub waited: u64,
    /// Time in service [ns]; 0 if it never was.
    pub served: u64,
    /// Copy or partition; `u16::MAX` is none.
    pub instance: u16,
    /// Its key, for the hot-key list; 0 is none.
    pub item: u32,
}

/// A request that has completed with the only call that it made.
#[derive(Clone, Copy, Debug)]
pub struct Passed {
    /// Its flow.
    pub flow: u32,
    /// Link of the call, or `NONE`.
    pub link: u32,
    /// Account of the visit (see `first_accounts`).
    pub account: u32,
    /// When it entered, and the call began.
    pub arrived: SimTime,
    /// When the answer was there, and it left.
    pub left: SimTime,
    /// Size of the request [bytes].
    pub bytes_in: u64,
    /// Size of the reply [bytes].
    pub bytes_out: u64,
}

/// Areas of one row [visit × ns]: within a bin, of no more than 2^24 visits at once.
#[derive(Clone, Copy, Debug, Default)]
struct Areas {
    waiting: u64,
    busy: u64,
}

/// Calls over one link.
#[derive(Clone, Copy, Debug, Default)]
struct Calls {
    /// Calls that began with their only attempt.
    began: u32,
    filled: u8,
    latency: [u64; LEAF],
}

/// Requests of one flow.
#[derive(Clone, Copy, Debug, Default)]
struct Requests {
    filled: u8,
    began: u32,
    latency: [u64; LEAF],
    last_left: u64,
    bytes_in: u128,
    bytes_out: u128,
}

/// What is noted of the present bin.
#[derive(Debug)]
pub(super) struct DayBook {
    present: Stretch,
    early: u32,
    late: u32,
    accounts: Vec<Account>,
    /// Per row.
    areas: Vec<Areas>,
    /// Per link.
    calls: Vec<Calls>,
    /// Per flow.
    requests: Vec<Requests>,
}

/// Returns, per row, the number of its account without an operation; those of its operations follow.
pub fn first_accounts(model: &Model) -> Vec<u32> {
    let mut next = 0;
    (model.rows.iter())
        .map(|row| {
            let first = next;
            next += model.nodes[row.node as usize].operations.len() as u32 + 1;
            first
        })
        .collect()
}

impl DayBook {
    /// Makes an empty book; per node: whether it counts by copy or partition, and by key.
    pub(super) fn new(model: &Model, counts: impl Fn(u32) -> (bool, bool)) -> DayBook {
        let accounts = (0u32..).zip(&model.rows).flat_map(|(id, row)| {
            let operations = model.nodes[row.node as usize].operations.len() as u32;
            let (split, keyed) = counts(row.node);
            std::iter::once(NONE)
                .chain(0..operations)
                .map(move |op| Account {
                    row: id,
                    op,
                    split,
                    keyed,
                    filled: 0,
                    waiters: 0,
                    sojourn: [0; LEAF],
                    waited: [0; LEAF],
                    served: [0; LEAF],
                })
        });
        DayBook {
            present: Stretch::default(),
            early: 0,
            late: 0,
            accounts: accounts.collect(),
            areas: vec![Areas::default(); model.rows.len()],
            calls: vec![Calls::default(); model.links.len()],
            requests: vec![Requests::default(); model.flows.len()],
        }
    }

    /// Notes an interval that a row waited or was busy, if it lies in the present bin.
    #[inline(always)]
    pub(super) fn area(&mut self, row: u32, area: Area, from: u64, to: u64) -> bool {
        let noted = self.present.holds(from, to);
        let areas = &mut self.areas[row as usize];
        match area {
            Area::Waiting if noted => areas.waiting += to - from,
            Area::Busy if noted => areas.busy += to - from,
            Area::Waiting | Area::Busy | Area::Blocked | Area::Inside => return false,
        }
        true
    }

    /// Notes that a row waited, and was busy then, if all of it lies in the present bin.
    #[inline(always)]
    pub(super) fn service(&mut self, row: u32, arrived: u64, start: u64, done: u64) -> bool {
        if !self.present.holds(arrived, done) {
            return false;
        }
        let areas = &mut self.areas[row as usize];
        areas.waiting += start - arrived;
        areas.busy += done - start;
        true
    }

    /// Whether the bin in which an interval begins is to be the present one.
    fn is_to_turn(&mut self, from: u64) -> bool {
        if from < self.present.from {
            self.late += 1;
        } else if from - self.present.from >= self.present.length {
            self.early += 1;
        }
        self.early > EARLY || self.late > LATE
    }
}

impl Recorder {
    /// Records a visit of an account (`first_accounts`).
    #[inline(always)]
    pub fn leave_completed(&mut self, number: u32, stay: &Stay) {
        let book = &mut self.day_book;
        let holds = book.present.holds(stay.entered.0, stay.left.0);
        let account = &mut book.accounts[number as usize];
        if !holds || account.keyed && stay.item != 0 {
            return self.leave_otherwise(number, *stay);
        }
        if account.split {
            let node = self.rows[account.row as usize].0;
            let instances = &mut self.recording.nodes[node as usize].instances;
            if let Some(instance) = instances.get_mut(usize::from(stay.instance)) {
                instance.arrived += 1;
            }
        }
        if account.note(stay) == LEAF {
            self.enter_visits(number);
        }
    }

    #[inline(never)]
    fn leave_otherwise(&mut self, number: u32, stay: Stay) {
        self.look_at(stay.entered.0);
        let account = &self.day_book.accounts[number as usize];
        self.leave(&Departure {
            row: account.row,
            op: account.op,
            instance: stay.instance,
            entered: stay.entered,
            left: stay.left,
            outcome: Some(Outcome::Completed),
            orphaned: false,
            waited: stay.waited,
            served: (stay.served > 0).then_some(stay.served),
            item: stay.item,
        });
    }

    /// Records that a call over a link began with its first attempt.
    #[inline(always)]
    pub fn call_begins(&mut self, link: u32, began: SimTime) {
        if link == NONE {
            return;
        }
        if self.day_book.present.holds(began.0, began.0) {
            self.day_book.calls[link as usize].began += 1;
        } else if let Some(slice) = self.link_slice(link, began) {
            slice.tally.arrived += 1;
            slice.attempts += 1;
        }
    }

    /// Records that a call over a link has completed.
    #[inline(always)]
    pub fn call_completes(&mut self, link: u32, began: SimTime, ended: SimTime) {
        if link == NONE {
            return;
        }
        let latency = ended.0 - began.0;
        if self.day_book.present.holds(began.0, began.0) {
            let calls = &mut self.day_book.calls[link as usize];
            calls.latency[usize::from(calls.filled) % LEAF] = latency;
            calls.filled += 1;
            if usize::from(calls.filled) == LEAF {
                self.enter_calls(link);
            }
        } else if let Some(slice) = self.link_slice(link, began) {
            slice.tally.left[Outcome::Completed as usize] += 1;
            slice.latency.record(latency);
        }
    }

    /// Records a request that has completed with the only call that it made, and that call.
    #[inline(always)]
    pub fn request_passes(&mut self, passed: &Passed, stay: &Stay) {
        let &Passed {
            flow,
            link,
            account: number,
            arrived,
            left,
            bytes_in,
            bytes_out,
        } = passed;
        let book = &mut self.day_book;
        let account = &mut book.accounts[number as usize];
        if !book.present.holds(arrived.0, left.0) || account.split || account.keyed || link == NONE
        {
            return self.request_passes_otherwise(passed, stay);
        }
        let requests = &mut book.requests[flow as usize];
        let calls = &mut book.calls[link as usize];
        let latency = left.0 - arrived.0;
        requests.began += 1;
        requests.bytes_in += u128::from(bytes_in);
        requests.bytes_out += u128::from(bytes_out);
        requests.last_left = requests.last_left.max(left.0);
        requests.latency[usize::from(requests.filled) % LEAF] = latency;
        requests.filled += 1;
        calls.began += 1;
        calls.latency[usize::from(calls.filled) % LEAF] = latency;
        calls.filled += 1;
        let (call_full, full) = (calls.filled, requests.filled);
        if account.note(stay) == LEAF {
            self.enter_visits(number);
        }
        if usize::from(call_full) == LEAF {
            self.enter_calls(link);
        }
        if usize::from(full) == LEAF {
            self.enter_requests(flow);
        }
    }

    #[inline(never)]
    fn request_passes_otherwise(&mut self, passed: &Passed, stay: &Stay) {
        let (arrived, left) = (passed.arrived, passed.left);
        self.request_begins(passed.flow, arrived, passed.bytes_in);
        self.call_begins(passed.link, arrived);
        self.leave_completed(passed.account, stay);
        self.call_completes(passed.link, arrived, left);
        self.request_completes(passed.flow, (arrived, left), Some(left), passed.bytes_out);
    }

    /// Records that a request of so many bytes has begun.
    #[inline(always)]
    pub fn request_begins(&mut self, flow: u32, arrived: SimTime, bytes: u64) {
        if self.day_book.present.holds(arrived.0, arrived.0) {
            let requests = &mut self.day_book.requests[flow as usize];
            requests.began += 1;
            requests.bytes_in += u128::from(bytes);
        } else if let Some(slice) = self.flow_slice(flow, arrived) {
            slice.bytes_in += u128::from(bytes);
            slice.attempts += 1;
        }
    }

    /// Records that a request has completed, and when the last work that it caused has ended,
    /// if that is known.
    #[inline(always)]
    pub fn request_completes(
        &mut self,
        flow: u32,
        (arrived, left): (SimTime, SimTime),
        settled: Option<SimTime>,
        bytes: u64,
    ) {
        if !self.day_book.present.holds(arrived.0, left.0) || settled != Some(left) {
            return self.request_completes_otherwise(flow, (arrived, left), settled, bytes);
        }
        let requests = &mut self.day_book.requests[flow as usize];
        requests.latency[usize::from(requests.filled) % LEAF] = left.0 - arrived.0;
        requests.last_left = requests.last_left.max(left.0);
        requests.bytes_out += u128::from(bytes);
        requests.filled += 1;
        if usize::from(requests.filled) == LEAF {
            self.enter_requests(flow);
        }
    }

    #[inline(never)]
    fn request_completes_otherwise(
        &mut self,
        flow: u32,
        (arrived, left): (SimTime, SimTime),
        settled: Option<SimTime>,
        bytes: u64,
    ) {
        self.look_at(arrived.0);
        if let Some(slice) = self.request(flow, arrived, left, Some(Outcome::Completed)) {
            slice.bytes_out += u128::from(bytes);
            if let Some(settled) = settled {
                slice.settled.record(settled.since(arrived).0);
            }
        }
    }

    /// Turns the page once enough begins in another bin than the present one.
    fn look_at(&mut self, from: u64) {
        if from < self.horizon && self.day_book.is_to_turn(from) {
            self.close_day_book();
            let present = self.stretch(from);
            let end = (present.from + present.length).min(self.horizon);
            let length = end.saturating_sub(present.from);
            self.day_book.present = Stretch { length, ..present };
        }
    }

    /// Enters all that is noted; nothing is noted any more until a page is opened.
    pub(super) fn close_day_book(&mut self) {
        self.enter_day_book();
        self.day_book.present = Stretch::default();
        (self.day_book.early, self.day_book.late) = (0, 0);
    }

    /// Enters all that is noted, so that the records can be read.
    pub fn enter_day_book(&mut self) {
        for number in 0..self.day_book.accounts.len() {
            self.enter_visits(number as u32);
        }
        for link in 0..self.day_book.calls.len() {
            self.enter_calls(link as u32);
        }
        for flow in 0..self.day_book.requests.len() {
            self.enter_requests(flow as u32);
        }
        let Place { bin, slice } = self.day_book.present.place;
        for (row, areas) in self.day_book.areas.iter_mut().enumerate() {
            let Areas { waiting, busy } = std::mem::take(areas);
            let desk = &mut self.desks[self.rows[row].0 as usize];
            desk.line.part[bin] += waiting;
            desk.busy.part[bin] += busy;
            let record = &mut self.recording.rows[row].slices[slice];
            record.waiting_area += u128::from(waiting);
            record.busy_area += u128::from(busy);
        }
    }

    /// Enters the visits of an account.
    #[inline(never)]
    fn enter_visits(&mut self, number: u32) {
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
        self.desks[node].inside.part[bin] += inside;
        self.recording.nodes[node].arrived[bin] += filled as u64;
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
    fn enter_calls(&mut self, link: u32) {
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
    fn enter_requests(&mut self, flow: u32) {
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
        self.flow_inside[flow as usize].part[bin] += inside;
        counts.inside_area += u128::from(inside);
        counts.tally.arrived += filled as u64;
        counts.tally.left[Outcome::Completed as usize] += filled as u64;
        enter(&mut counts.at_once, &requests.latency, filled, true);
        record.last_left = record.last_left.max(SimTime(requests.last_left));
        record.arrived[bin] += filled as u64;
        record.completed[bin] += filled as u64;
        record.latency_sum[bin] = record.latency_sum[bin].saturating_add(inside);
        let point = &mut record.timeline[self.table[bin].interval as usize];
        latency.iter().for_each(|&value| point.record(value));
    }
}

/// Counts the first of some durations; zeros count if they are said to.
#[inline]
fn enter(times: &mut Times, values: &[u64; LEAF], filled: usize, zeros_count: bool) {
    if filled == LEAF {
        return times.record_eight(values, zeros_count);
    }
    for &value in &values[..filled] {
        if value > 0 || zeros_count {
            times.record(value);
        }
    }
}

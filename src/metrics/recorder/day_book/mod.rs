//! The day book: what ends well and soon is noted in passing, and entered later.
//!
//! Most intervals begin and end in one bin of one slice, the present one, and most of them
//! belong to visits, calls and requests that completed. Those are put down as a few numbers
//! beside each other, without looking up where they belong. Thirty-two of them are entered in the
//! records at once, and whatever is left when the present bin has passed, or when somebody
//! wants to read the records. All of it is sums, counts and greatest values of integers, so
//! a record does not depend on when something was entered.
//!
//! Not here: what is put down (`note`), also of intervals that reach into the bins beside the
//! present one (`beside`), and what becomes of it (`enter`); intervals over more bins, and whatever
//! did not complete (the recorder's other files).

mod beside;
mod enter;
mod note;

use super::place::{Place, Stretch};
use super::{Area, LookUps, Recorder};
use crate::model::{Model, NONE};
use crate::units::SimTime;
use beside::Beside;

/// Notes that are entered at once: a multiple of eight.
///
/// CHOICE: an account of 32 lies in 800 bytes; the processor never foresees that one is full.
const LEAF: usize = 32;
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
    beside: Beside,
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
///
/// And its look-ups.
#[derive(Clone, Copy, Debug, Default)]
struct Areas {
    waiting: u64,
    busy: u64,
    blocked: u64,
    hits: u64,
    misses: u64,
    /// What of its waiting and busy time lies beside the present bin.
    waiting_beside: u64,
    busy_beside: u64,
    /// Whether its node has servers of its own, which its busy time is about.
    staffed: bool,
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
    beside: Beside,
}

impl Requests {
    /// Notes that a request has completed; returns how many are noted.
    #[inline(always)]
    fn note(&mut self, latency: u64, left: u64, bytes_out: u64) -> usize {
        self.latency[usize::from(self.filled) % LEAF] = latency;
        self.last_left = self.last_left.max(left);
        self.bytes_out += u128::from(bytes_out);
        self.filled += 1;
        usize::from(self.filled)
    }
}

/// What is noted of the present bin.
#[derive(Debug)]
pub(super) struct DayBook {
    present: Stretch,
    /// The same, and the bins beside it that count in the same slice and point of the timeline.
    near: Stretch,
    early: u32,
    late: u32,
    accounts: Vec<Account>,
    /// Per row.
    areas: Vec<Areas>,
    /// Per link.
    calls: Vec<Calls>,
    /// Per flow.
    requests: Vec<Requests>,
    /// What is recorded at once, by the other way: what is handed over by reference would lie in
    /// memory from the start, whichever way it goes.
    aside: Option<(Passed, Stay)>,
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
                    beside: Beside::default(),
                })
        });
        DayBook {
            present: Stretch::default(),
            near: Stretch::default(),
            early: 0,
            late: 0,
            accounts: accounts.collect(),
            areas: (model.rows.iter())
                .map(|row| Areas {
                    staffed: model.nodes[row.node as usize].group != NONE,
                    ..Areas::default()
                })
                .collect(),
            calls: vec![Calls::default(); model.links.len()],
            requests: vec![Requests::default(); model.flows.len()],
            aside: None,
        }
    }

    /// Notes an interval that a row waited, was busy or blocked, if it lies in the present bin.
    #[inline(always)]
    pub(super) fn area(&mut self, row: u32, area: Area, from: u64, to: u64) -> bool {
        let noted = self.present.holds(from, to);
        let areas = &mut self.areas[row as usize];
        match area {
            Area::Waiting if noted => areas.waiting += to - from,
            Area::Busy if noted => areas.busy += to - from,
            Area::Blocked if noted => areas.blocked += to - from,
            Area::Waiting | Area::Busy | Area::Blocked | Area::Inside => return false,
        }
        true
    }

    /// Whether the node of a row has servers of its own.
    #[inline(always)]
    pub(super) fn staffed(&self, row: u32) -> bool {
        self.areas[row as usize].staffed
    }

    /// Notes look-ups of a visit that entered then, if that lies in the present bin, and all
    /// there is to say of them is whether they hit.
    #[inline(always)]
    pub(super) fn look_ups(&mut self, row: u32, entered: u64, look_ups: &LookUps) -> bool {
        if look_ups.stale | look_ups.joined != 0 || !self.present.holds(entered, entered) {
            return false;
        }
        let areas = &mut self.areas[row as usize];
        areas.hits += look_ups.hits;
        areas.misses += look_ups.misses;
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
    /// Turns the page once enough begins in another bin than the present one.
    fn look_at(&mut self, from: u64) {
        if from < self.horizon && self.day_book.is_to_turn(from) {
            self.close_day_book();
            let present = self.stretch(from);
            let end = (present.from + present.length).min(self.horizon);
            let length = end.saturating_sub(present.from);
            let present = Stretch { length, ..present };
            self.day_book.near = self.near(&present);
            self.day_book.present = present;
        }
    }

    /// Enters all that is noted; nothing is noted any more until a page is opened.
    pub(super) fn close_day_book(&mut self) {
        self.enter_day_book();
        self.day_book.present = Stretch::default();
        self.day_book.near = Stretch::default();
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
            let Areas {
                waiting,
                busy,
                blocked,
                hits,
                misses,
                waiting_beside,
                busy_beside,
                staffed,
            } = *areas;
            *areas = Areas {
                staffed,
                ..Areas::default()
            };
            let desk = &mut self.desks[self.rows[row].0 as usize];
            desk.line.part[bin] += waiting - waiting_beside;
            desk.busy.part[bin] += busy - busy_beside;
            let record = &mut self.recording.rows[row].slices[slice];
            record.waiting_area += u128::from(waiting);
            record.busy_area += u128::from(busy);
            record.blocked_area += u128::from(blocked);
            if hits | misses != 0 {
                record.hits += hits;
                record.misses += misses;
                let node = &mut self.recording.nodes[self.rows[row].0 as usize];
                node.hits[bin] += hits;
                node.lookups[bin] += hits + misses;
            }
        }
    }
}

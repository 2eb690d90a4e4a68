//! Areas: what is added up over the time that visits wait, hold a server or are inside.
//!
//! An interval in the present bin is noted in the day book, any other added here.

use super::Recorder;
use super::place::{Place, Side};
use super::series::{cover, spread};
use crate::units::SimTime;

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

impl Recorder {
    /// Adds the wait and the service of a visit.
    #[inline(always)]
    pub fn service(&mut self, row: u32, arrived: SimTime, start: SimTime, done: SimTime) {
        if !self.day_book.service(row, arrived.0, start.0, done.0) {
            self.service_over_bins(row, arrived, start, done);
        }
    }

    #[cold]
    #[inline(never)]
    fn service_over_bins(&mut self, row: u32, arrived: SimTime, start: SimTime, done: SimTime) {
        self.area(row, Area::Waiting, arrived, start);
        self.area(row, Area::Busy, start, done);
    }

    /// Adds an interval to an area of a row.
    #[inline(always)]
    pub fn area(&mut self, row: u32, area: Area, from: SimTime, to: SimTime) {
        if !self.day_book.area(row, area, from.0, to.0) {
            self.area_otherwise(row, area, from, to);
        }
    }

    #[cold]
    #[inline(never)]
    fn area_otherwise(&mut self, row: u32, area: Area, from: SimTime, to: SimTime) {
        if self.area_beside(row, area, (from.0, to.0)) {
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
    #[inline(always)]
    pub fn worked(&mut self, row: u32, from: SimTime, to: SimTime) {
        if !self.day_book.staffed(row) {
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
}

/// Returns a number of messages as far as it can be counted with.
fn saturated(messages: u64) -> u32 {
    messages.min(i32::MAX as u64) as u32
}

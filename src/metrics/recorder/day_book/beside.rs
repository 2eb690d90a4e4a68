//! What reaches into the bins beside the present one, and counts with it in all else.
//!
//! Most slices, and most points of the timeline, have many bins, and whatever begins in one and
//! ends in the next belongs to one slice and one point. It is noted like what lies in the present
//! bin; what of it belongs to another bin is written there at once, and left out as the notes are
//! entered.
//!
//! Not here: intervals over more than three bins, or several slices (`areas`, `visits`,
//! `requests`).

use super::{LEAF, Stay};
use crate::metrics::recorder::place::Stretch;
use crate::metrics::recorder::series::Series;
use crate::metrics::recorder::{Area, Recorder};

/// What is noted of an account or flow, and was written in other bins than the present one.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Beside {
    /// Time inside [ns].
    pub(super) inside: u64,
    /// Of what arrived there: how many, and their latency [ns].
    pub(super) count: u64,
    pub(super) latency: u64,
}

/// Adds to a series what of an interval lies beside a bin; returns how much that is.
fn add_beside(present: &Stretch, series: &mut Series, (from, to): (u64, u64)) -> u64 {
    let (begin, end) = (present.from, present.from + present.length);
    let bin = present.place.bin;
    let mut beside = 0;
    if from < begin {
        let before = to.min(begin) - from;
        series.part[bin - 1] += before;
        beside += before;
    }
    if to > end {
        let after = to - from.max(end);
        series.part[bin + 1] += after;
        beside += after;
    }
    beside
}

/// Returns the bin in which an instant near the present one lies.
fn bin_of(present: &Stretch, at: u64) -> usize {
    let bin = present.place.bin;
    if at < present.from {
        bin - 1
    } else if at - present.from < present.length {
        bin
    } else {
        bin + 1
    }
}

impl Recorder {
    /// Returns a stretch, and those beside it that count in the same slice and point of the
    /// timeline.
    pub(super) fn near(&self, present: &Stretch) -> Stretch {
        let alike = |other: &Stretch| {
            let interval = |bin: usize| self.table[bin].interval;
            other.place.slice == present.place.slice
                && interval(other.place.bin) == interval(present.place.bin)
        };
        let (mut from, mut end) = (present.from, present.from + present.length);
        if from > 0 {
            let before = self.stretch(from - 1);
            if alike(&before) {
                from = before.from;
            }
        }
        if end < self.horizon {
            let after = self.stretch(end);
            if alike(&after) {
                end = (after.from + after.length).min(self.horizon);
            }
        }
        Stretch {
            from,
            length: end - from,
            place: present.place,
        }
    }

    /// Records a visit of an account that does not lie in the present bin.
    #[cold]
    #[inline(never)]
    pub(super) fn leave_beside(&mut self, number: u32, stay: Stay) {
        let (entered, left) = (stay.entered.0, stay.left.0);
        self.look_at(entered);
        let book = &mut self.day_book;
        let account = &mut book.accounts[number as usize];
        if !book.near.holds(entered, left) || account.keyed && stay.item != 0 {
            return self.leave_otherwise(number, &stay);
        }
        let node = self.rows[account.row as usize].0 as usize;
        let nodes = &mut self.recording.nodes[node];
        if account.split
            && let Some(instance) = nodes.instances.get_mut(usize::from(stay.instance))
        {
            instance.arrived += 1;
        }
        let present = &book.present;
        let inside = &mut self.desks[node].inside;
        account.beside.inside += add_beside(present, inside, (entered, left));
        let bin = bin_of(present, entered);
        if bin != present.place.bin {
            nodes.arrived[bin] += 1;
            account.beside.count += 1;
        }
        if account.note(&stay) == LEAF {
            self.enter_visits(number);
        }
    }

    /// Records a request that has completed with its last work, and does not lie in the present bin,
    /// if it lies near it.
    pub(super) fn request_beside(
        &mut self,
        flow: u32,
        (arrived, left): (u64, u64),
        bytes: u64,
    ) -> bool {
        let book = &mut self.day_book;
        if !book.near.holds(arrived, left) {
            return false;
        }
        let present = &book.present;
        let requests = &mut book.requests[flow as usize];
        let latency = left - arrived;
        let inside = &mut self.flow_inside[flow as usize];
        requests.beside.inside += add_beside(present, inside, (arrived, left));
        let bin = bin_of(present, arrived);
        if bin != present.place.bin {
            let record = &mut self.recording.flows[flow as usize];
            record.arrived[bin] += 1;
            record.completed[bin] += 1;
            record.latency_sum[bin] = record.latency_sum[bin].saturating_add(latency);
            requests.beside.count += 1;
            requests.beside.latency += latency;
        }
        if requests.note(latency, left, bytes) == LEAF {
            self.enter_requests(flow);
        }
        true
    }

    /// Adds an interval to an area of a row that does not lie in the present bin, if it lies near
    /// it.
    pub(in crate::metrics::recorder) fn area_beside(
        &mut self,
        row: u32,
        area: Area,
        (from, to): (u64, u64),
    ) -> bool {
        let book = &mut self.day_book;
        if !book.near.holds(from, to) {
            return false;
        }
        let areas = &mut book.areas[row as usize];
        let desk = &mut self.desks[self.rows[row as usize].0 as usize];
        match area {
            Area::Waiting => {
                areas.waiting += to - from;
                areas.waiting_beside += add_beside(&book.present, &mut desk.line, (from, to));
            }
            Area::Busy => {
                areas.busy += to - from;
                areas.busy_beside += add_beside(&book.present, &mut desk.busy, (from, to));
            }
            Area::Blocked => areas.blocked += to - from,
            Area::Inside => return false,
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::recorder::LookUps;
    use crate::model::{Flow, Following, Link, Model, NONE, Node, Plan, Row};
    use crate::units::{SimTime, Span};

    /// A node without servers, and one flow over one link.
    fn model() -> Model {
        Model {
            nodes: vec![Node {
                name: "node".into(),
                kind: "delay",
                hidden: false,
                hash: 0,
                group: NONE,
                pool: NONE,
                cache: NONE,
                looks_up: true,
                queue: NONE,
                log: NONE,
                partition: NONE,
                operations: Vec::new(),
            }],
            flows: vec![Flow {
                name: "main".into(),
                entry: 0,
                bytes: 0,
                reply: 0,
                priority: 0,
            }],
            rows: vec![Row { node: 0, flow: 0 }],
            links: vec![Link {
                name: "client->node".into(),
                delivers: false,
                hidden: false,
            }],
            ..Model::default()
        }
    }

    /// Bins of 100 ns, three to a point of the timeline; slices begin in bins and between them.
    fn plan() -> Plan {
        Plan {
            seed: 1,
            horizon: SimTime(60_000),
            slices: [0, 10_050, 20_000, 20_100, 30_070].map(SimTime).to_vec(),
            bin: Span(100),
            bins: 600,
            bins_per_interval: 3,
            record: 0,
            following: Following::NOBODY,
        }
    }

    /// Records visits that run ahead of the clock and lag behind it, of any length up to so many
    /// nanoseconds; `noted`: by the day book.
    fn recorded(longest: u64, noted: bool) -> String {
        let mut recorder = Recorder::new(&model(), &plan(), 0);
        let mut state = 1u64;
        let mut below = |bound: u64| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % bound
        };
        for clock in 0..60_500u64 {
            let entered = (clock + below(40)).saturating_sub(below(40));
            let waited = below(longest / 2 + 1) * below(2);
            let left = entered + waited + below(longest);
            let (began, ended) = (SimTime(entered), SimTime(left));
            let stay = Stay {
                entered: began,
                left: ended,
                waited,
                served: (left - entered - waited) * below(2),
                instance: u16::MAX,
                item: 0,
            };
            recorder.request_begins(0, began, below(9));
            recorder.call_begins(0, began);
            recorder.area(0, Area::Waiting, began, SimTime(entered + waited));
            recorder.area(0, Area::Busy, SimTime(entered + waited), ended);
            recorder.area(0, Area::Blocked, began, ended);
            recorder.look_ups(0, began, LookUps::default());
            recorder.leave_completed(0, &stay);
            recorder.call_completes(0, began, ended);
            // What it caused may end later than the reply.
            let settled = ended + Span(below(2) * 7);
            recorder.request_completes(0, (began, ended), Some(settled), below(9));
            if !noted {
                recorder.close_day_book();
            }
        }
        format!("{:?}", recorder.finish(SimTime(60_000)))
    }

    #[test]
    fn what_is_noted_near_a_bin_is_what_is_recorded_without_notes() {
        for longest in [1, 30, 90, 250, 700] {
            assert_eq!(
                recorded(longest, true),
                recorded(longest, false),
                "{longest}"
            );
        }
    }
}

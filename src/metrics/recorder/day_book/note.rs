//! What is put down: a visit, call or request that ends in the bin in which it began.
//!
//! Whatever does not goes to the records at once.

use super::{LEAF, Passed, Stay};
use crate::metrics::recorder::{Departure, Recorder};
use crate::model::{NONE, Outcome};
use crate::units::SimTime;

impl Recorder {
    /// Records a visit of an account (`first_accounts`).
    #[inline(always)]
    pub fn leave_completed(&mut self, number: u32, stay: &Stay) {
        let book = &mut self.day_book;
        let holds = book.present.holds(stay.entered.0, stay.left.0);
        let account = &mut book.accounts[number as usize];
        if !holds || account.keyed && stay.item != 0 {
            return self.leave_beside(number, *stay);
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

    pub(super) fn leave_otherwise(&mut self, number: u32, stay: &Stay) {
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
        if self.day_book.near.holds(began.0, began.0) {
            self.day_book.calls[link as usize].began += 1;
        } else {
            self.call_begins_otherwise(link, began);
        }
    }

    #[cold]
    #[inline(never)]
    fn call_begins_otherwise(&mut self, link: u32, began: SimTime) {
        if let Some(slice) = self.link_slice(link, began) {
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
        if self.day_book.near.holds(began.0, began.0) {
            let calls = &mut self.day_book.calls[link as usize];
            calls.latency[usize::from(calls.filled) % LEAF] = latency;
            calls.filled += 1;
            if usize::from(calls.filled) == LEAF {
                self.enter_calls(link);
            }
        } else {
            self.call_completes_otherwise(link, began, latency);
        }
    }

    #[cold]
    #[inline(never)]
    fn call_completes_otherwise(&mut self, link: u32, began: SimTime, latency: u64) {
        if let Some(slice) = self.link_slice(link, began) {
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
            book.aside = Some((*passed, *stay));
            return self.request_passes_otherwise();
        }
        let requests = &mut book.requests[flow as usize];
        let calls = &mut book.calls[link as usize];
        let latency = left.0 - arrived.0;
        requests.began += 1;
        requests.bytes_in += u128::from(bytes_in);
        let full = requests.note(latency, left.0, bytes_out);
        calls.began += 1;
        calls.latency[usize::from(calls.filled) % LEAF] = latency;
        calls.filled += 1;
        let call_full = usize::from(calls.filled);
        if account.note(stay) == LEAF {
            self.enter_visits(number);
        }
        if call_full == LEAF {
            self.enter_calls(link);
        }
        if full == LEAF {
            self.enter_requests(flow);
        }
    }

    #[cold]
    #[inline(never)]
    fn request_passes_otherwise(&mut self) {
        let Some((passed, stay)) = self.day_book.aside.take() else {
            unreachable!("it was put there");
        };
        let (arrived, left) = (passed.arrived, passed.left);
        self.request_begins(passed.flow, arrived, passed.bytes_in);
        self.call_begins(passed.link, arrived);
        self.leave_completed(passed.account, &stay);
        self.call_completes(passed.link, arrived, left);
        self.request_completes(passed.flow, (arrived, left), Some(left), passed.bytes_out);
    }

    /// Records that a request of so many bytes has begun.
    #[inline(always)]
    pub fn request_begins(&mut self, flow: u32, arrived: SimTime, bytes: u64) {
        if self.day_book.near.holds(arrived.0, arrived.0) {
            let requests = &mut self.day_book.requests[flow as usize];
            requests.began += 1;
            requests.bytes_in += u128::from(bytes);
        } else {
            self.request_begins_otherwise(flow, arrived, bytes);
        }
    }

    #[cold]
    #[inline(never)]
    fn request_begins_otherwise(&mut self, flow: u32, arrived: SimTime, bytes: u64) {
        if let Some(slice) = self.flow_slice(flow, arrived) {
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
        if requests.note(left.0 - arrived.0, left.0, bytes) == LEAF {
            self.enter_requests(flow);
        }
    }

    #[cold]
    #[inline(never)]
    fn request_completes_otherwise(
        &mut self,
        flow: u32,
        (arrived, left): (SimTime, SimTime),
        settled: Option<SimTime>,
        bytes: u64,
    ) {
        self.look_at(arrived.0);
        if settled == Some(left) && self.request_beside(flow, (arrived.0, left.0), bytes) {
            return;
        }
        if let Some(slice) = self.request(flow, arrived, left, Some(Outcome::Completed)) {
            slice.bytes_out += u128::from(bytes);
            if let Some(settled) = settled {
                slice.settled.record(settled.since(arrived).0);
            }
        }
    }
}

//! Charges of a period, for alarms on them: the books as if the run ended now, and what they say
//! more has been used than at the period's beginning.
//!
//! Areas that are added up when something ends are brought up to date in a copy of the books,
//! all of them in the first slice, as only their sums matter here.
//!
//! Not here: what is paid for and its price (`cost`).

use super::Observer;
use super::books::Account;
use super::replication::Replication;
use crate::metrics::counts::tally_so_far;
use crate::metrics::recording::Recording;
use crate::model::control::{Charged, Watch, Whom};
use crate::units::SimTime;

/// Requests by which a price is told.
const MILLION: f64 = 1e6;
/// Nanoseconds of a month of 30 days.
const MONTH_NS: f64 = 30.0 * 86_400e9;

impl Replication<'_> {
    /// Returns what a period that ends now is charged, and what has been used until now.
    pub(super) fn read_charges(
        &mut self,
        watch: &Watch,
        how: Charged,
        before: &Account,
        (at, observer): (SimTime, &dyn Observer),
    ) -> (Option<f64>, Account) {
        let Some(charges) = observer.charges() else {
            return (None, Account::default());
        };
        let books = self.books_now(at);
        let used = charges.used(&books);
        let requests = books.flows.iter().flat_map(|flow| &flow.slices);
        let requests: u64 = requests.map(|slice| slice.tally.arrived).sum();
        let (earlier, earlier_requests) = &before.charged;
        let begun = |place: usize| earlier.get(place).copied().unwrap_or(0.0);
        let during = used.iter().enumerate();
        let during: Vec<f64> = during.map(|(place, now)| now - begun(place)).collect();
        let node = match watch.whom {
            Whom::Node(node) => Some(node),
            Whom::Flow(_) | Whom::Link(_) | Whom::FanOut(_) | Whom::Run => None,
        };
        let period = watch.period.0 as f64;
        let month = charges.month_usd(&during, period, node);
        let value = match how {
            Charged::Month => Some(month),
            Charged::Million => {
                let arrived = (requests - earlier_requests) as f64;
                let of_month = arrived * MONTH_NS / period;
                (arrived > 0.0).then(|| month / of_month * MILLION)
            }
        };
        (value, Account::of_charges(used, requests))
    }

    /// Returns the books as they would be closed if the run ended now, as far as they are paid.
    fn books_now(&mut self, at: SimTime) -> Recording {
        self.recorder.enter_day_book();
        let mut books = self.recorder.books().clone();
        books.horizon = at;
        for row in &mut books.rows {
            let tally = tally_so_far(row);
            for slice in &mut row.slices {
                slice.tally = Default::default();
            }
            if let Some(first) = row.slices.first_mut() {
                first.tally = tally;
            }
        }
        for (elastic, copies) in self.model.control.elastic.iter().zip(&self.globals.copies) {
            let record = &mut books.nodes[elastic.node as usize].copies;
            let first = record
                .as_mut()
                .and_then(|record| record.existing.first_mut());
            if let Some(first) = first {
                let alive = copies.clone().close(at).into_iter();
                let times = alive.map(|copy| u128::from(at.0.saturating_sub(copy.since.0)));
                *first += times.sum::<u128>();
            }
        }
        for (record, present) in books.supplies.iter_mut().zip(&self.globals.supplies) {
            if let Some(first) = record.units.first_mut() {
                *first += present.since_change(at);
            }
        }
        for (pool, constants) in self.pools.iter_mut().zip(&self.model.pools) {
            let areas = pool.areas(at);
            let record = &mut books.nodes[constants.node as usize];
            for (marked, now) in [
                (&mut record.environment_area, areas.existing),
                (&mut record.idle_area, areas.idle),
            ] {
                marked.iter_mut().for_each(|area| *area = 0);
                if let Some(first) = marked.first_mut() {
                    *first = now;
                }
            }
        }
        books
    }
}

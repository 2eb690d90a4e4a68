//! Admissions: what a visit pays at token buckets, and what follows from what was paid.
//!
//! All buckets of an admission are paid, or none. Limits grow and hot partitions split by
//! what was paid there.
//!
//! Not here: the bucket itself (`mechanism`), and calls whose items pay one by one
//! (`remainder`).

use super::replication::Replication;
use super::visit::NO_INSTANCE;
use crate::mechanism::token_bucket;
use crate::model::{Admission, Cost, Model, Of, Toll};
use crate::units::SimTime;

/// Who passes an admission: a visit, or the present one of a journey.
#[derive(Clone, Copy, Debug)]
pub(super) struct Passer {
    /// The visit's slot; `NONE` on a journey.
    pub(super) slot: u32,
    pub(super) node: u32,
    /// Recorder row.
    pub(super) row: u32,
    /// Route by which it was called, or `NONE`.
    pub(super) via: u32,
    pub(super) entered: SimTime,
    /// Copy or partition of the node, or `NO_INSTANCE`.
    pub(super) instance: u16,
    pub(super) items: u32,
    /// Sum of the sizes of its items.
    pub(super) bytes: u64,
}

/// Tells of every admission whether a visit on a journey may pass it.
pub(super) fn passable(model: &Model) -> Vec<bool> {
    let is_passable = |admission: &Admission| {
        let by_rule = |toll: &Toll| matches!(toll.of, Of::Partition(_));
        !admission.wait && !admission.traces && !admission.tolls.iter().any(by_rule)
    };
    model.admissions.iter().map(is_passable).collect()
}

impl Replication<'_> {
    /// Returns a visit as one who passes an admission.
    #[inline(always)]
    fn passer(&self, slot: u32) -> Passer {
        let visit = &self.visits[slot];
        Passer {
            slot,
            node: self.node_of(slot),
            row: self.row_of(slot),
            via: visit.via,
            entered: SimTime(visit.entered),
            instance: visit.instance,
            items: visit.items,
            bytes: visit.bytes,
        }
    }

    /// Returns the bucket of a toll, and its price there [10⁻¹² token].
    #[inline(always)]
    fn due(&self, passer: &Passer, toll: &Toll) -> (usize, i128) {
        let instance = match toll.of {
            Of::One => 0,
            Of::Instance => passer.instance,
            Of::Partition(partition) => self.placed(passer.slot, partition),
        };
        let instance = if instance == NO_INSTANCE { 0 } else { instance };
        let cost = tokens(toll.cost, passer.items, passer.bytes);
        let bucket = toll.bucket + u32::from(instance);
        (bucket as usize, token_bucket::pico_tokens(cost))
    }

    /// Passes an admission; `None` if a bucket refused.
    pub(super) fn admit(&mut self, slot: u32, t: SimTime, admission: u32) -> Option<SimTime> {
        let model = self.model;
        let admission = &model.admissions[admission as usize];
        // Of a call that tries what is left again one item may have passed, or none.
        if admission.each
            && (self.visits[slot].items > 1 || self.tries_again(slot))
            && !self.is_page(slot)
        {
            return self.admit_items(slot, t, admission);
        }
        let passer = self.passer(slot);
        if admission.wait {
            let mut admitted = t;
            for toll in &admission.tolls {
                let (bucket, cost) = self.due(&passer, toll);
                admitted = admitted.max(self.buckets[bucket].wait(t, cost));
            }
            if admitted > t {
                let wait = admitted.since(t).0;
                let area = crate::metrics::recorder::Area::Waiting;
                self.recorder.area(passer.row, area, t, admitted);
                self.visits[slot].waited += wait;
            }
            return Some(admitted);
        }
        if let Err(bucket) = self.pass(&passer, t, admission) {
            self.recorder
                .refusal(passer.node, bucket as u32, passer.entered);
            return None;
        }
        Some(t)
    }

    /// Lets whoever has the tokens pass an admission at which nobody waits.
    ///
    /// # Errors
    ///
    /// The first bucket that refuses; nothing has changed then.
    pub(super) fn pass(
        &mut self,
        passer: &Passer,
        t: SimTime,
        admission: &Admission,
    ) -> Result<(), usize> {
        self.pay_all(passer, t, &admission.tolls)?;
        if admission.watched {
            self.watch_limits(passer, t, admission);
        }
        self.meter(passer, admission, (passer.items, passer.bytes));
        Ok(())
    }

    /// Pays all tolls, or none.
    ///
    /// # Errors
    ///
    /// The first bucket that refuses.
    fn pay_all(&mut self, passer: &Passer, t: SimTime, tolls: &[Toll]) -> Result<(), usize> {
        self.dues.clear();
        for toll in tolls {
            let (bucket, cost) = self.due(passer, toll);
            if !self.buckets[bucket].has(t, cost) {
                return Err(bucket);
            }
            self.dues.push((bucket, cost));
        }
        for &(bucket, cost) in &self.dues {
            // A bucket that stands in the way twice may have had it only once.
            debug_assert!(self.buckets[bucket].has(t, cost), "it gives what it has");
            self.buckets[bucket].take(cost);
        }
        Ok(())
    }

    /// Counts what the bill is made of: so many items with so many bytes have passed.
    #[inline]
    fn meter(&mut self, passer: &Passer, admission: &Admission, (items, bytes): (u32, u64)) {
        let Some(meter) = admission.meter else { return };
        let units = token_bucket::pico_tokens(tokens(meter, items, bytes)).unsigned_abs();
        let &Passer { row, entered, .. } = passer;
        // A visit without a call names no operation; only the client's does, which has no limits.
        if let Some(route) = self.model.routes.get(passer.via as usize) {
            self.recorder.units(row, route.op, entered, units, bytes);
        }
    }

    /// Counts what the bill is made of: so many items of a visit with so many bytes have passed.
    pub(super) fn meter_some(&mut self, slot: u32, admission: &Admission, amount: (u32, u64)) {
        self.meter(&self.passer(slot), admission, amount);
    }

    /// Lets limits grow, partitions split and traces be kept by what a visit has paid.
    #[inline(never)]
    fn watch_limits(&mut self, passer: &Passer, t: SimTime, admission: &Admission) {
        if admission.traces {
            self.trace_sampled(passer.slot);
        }
        for toll in &admission.tolls {
            let due = self.due(passer, toll);
            self.watch_limit((passer.node, t), admission, toll, due);
        }
        for toll in &admission.tolls {
            let (bucket, _) = self.due(passer, toll);
            self.fill_partition(passer.node, admission, toll, (bucket, passer.bytes));
        }
    }

    /// Lets bytes come to lie at the partition of a toll, which splits if it is full.
    pub(super) fn fill_partition(
        &mut self,
        node: u32,
        admission: &Admission,
        toll: &Toll,
        (bucket, bytes): (usize, u64),
    ) {
        let Some((rule, share)) = admission.fills else {
            return;
        };
        if self.model.buckets[bucket].heats != rule {
            return;
        }
        let partition = bucket as u32 - toll.bucket;
        let sizes = self.watched.sizes[rule as usize].as_mut();
        if sizes.is_some_and(|sizes| sizes.add(partition, bytes as f64 * share)) {
            self.split_hot(node, admission, partition, bucket);
        }
    }

    /// Lets the limit of a bucket grow, or its partition split, by what it was paid.
    pub(super) fn watch_limit(
        &mut self,
        (node, t): (u32, SimTime),
        admission: &Admission,
        toll: &Toll,
        (bucket, cost): (usize, i128),
    ) {
        let growth = self.watched.growths[bucket].as_mut();
        if let Some(limit) = growth.and_then(|growth| growth.note(t, cost)) {
            self.buckets[bucket].set_rate(t, limit);
        }
        if let Some(paid) = &mut self.watched.paid[bucket] {
            *paid += cost;
        }
        let heat = self.watched.heats[bucket].as_mut();
        if heat.is_some_and(|heat| heat.note(t, cost)) {
            self.split_hot(node, admission, bucket as u32 - toll.bucket, bucket);
        }
    }

    /// Splits the partition of a bucket that has been hot for long enough, or is full.
    fn split_hot(&mut self, node: u32, admission: &Admission, partition: u32, bucket: usize) {
        let rule = self.model.buckets[bucket].heats;
        let new = self.watched.splits[rule as usize].split(partition);
        if let Some(new) = new {
            self.log_splits(node, partition, new);
            if let Some(sizes) = &mut self.watched.sizes[rule as usize] {
                sizes.halve(partition);
            }
        }
        // What else was hot there is so no more.
        for toll in admission.tolls.iter().filter(|toll| toll.of != Of::One) {
            let other = (toll.bucket + partition) as usize;
            if other != bucket
                && self.model.buckets[other].heats == rule
                && let Some(heat) = &mut self.watched.heats[other]
            {
                heat.cool();
            }
        }
    }

    /// Pays at token buckets, all or none; says whether it did.
    pub(super) fn afford(&mut self, slot: u32, t: SimTime, admission: u32) -> bool {
        let tolls = &self.model.admissions[admission as usize].tolls;
        self.pay_all(&self.passer(slot), t, tolls).is_ok()
    }
}

/// Rounds up to whole units, at least one.
#[inline]
fn units(of: f64) -> f64 {
    if of <= 1.0 {
        return 1.0;
    }
    // Beyond 2^64 every number is whole, and the conversion has reached its end.
    let whole = of as u64 as f64;
    if whole < of && whole < 9_007_199_254_740_992.0 {
        whole + 1.0
    } else {
        of
    }
}

/// Returns the tokens that a visit with so many items and bytes costs.
pub(super) fn tokens(cost: Cost, items: u32, bytes: u64) -> f64 {
    let (items, bytes) = (f64::from(items), bytes as f64);
    match cost {
        Cost::One => 1.0,
        Cost::Items => items,
        Cost::UnitsPerItem { unit, factor } => {
            items * units(bytes / items.max(1.0) / f64::from(unit)) * f64::from(factor)
        }
        Cost::UnitsPerItemAnd { unit, factor, each } => {
            let units = units(bytes / items.max(1.0) / f64::from(unit));
            items * (units * f64::from(factor) + f64::from(each))
        }
        Cost::UnitsTogether { unit, factor } => units(bytes / f64::from(unit)) * f64::from(factor),
        Cost::Bytes { factor } => bytes * f64::from(factor),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Prices of a visit with so many items of so many bytes each.
    fn price(cost: Cost, items: u32, each: u64) -> f64 {
        tokens(cost, items, each * u64::from(items))
    }

    #[test]
    fn rounds_up_as_the_standard_library_does() {
        let some = [0.0, 0.2, 1.0, 1.000_001, 1.5, 2.0, 2.1, 1e9 + 0.5];
        let many = [4_503_599_627_370_495.5, 9_007_199_254_740_993.0, 1e300];
        for of in some.into_iter().chain(many).chain([f64::INFINITY]) {
            assert_eq!(units(of).to_bits(), of.ceil().max(1.0).to_bits(), "{of}");
        }
    }

    #[test]
    fn rounds_units_up_per_item_or_together() {
        let per_item = Cost::UnitsPerItem {
            unit: 1024,
            factor: 1.0,
        };
        let and = Cost::UnitsPerItemAnd {
            unit: 1024,
            factor: 2.0,
            each: 0.5,
        };
        let together = Cost::UnitsTogether {
            unit: 4096,
            factor: 0.5,
        };

        let prices = [
            price(per_item, 1, 1024),
            price(per_item, 1, 1025),
            price(per_item, 25, 1500),
            price(and, 3, 1025),
            price(together, 10, 500),
            price(together, 10, 819),
            price(together, 10, 820),
            price(together, 1, 0),
        ];

        let expected = [1.0, 2.0, 50.0, 13.5, 1.0, 1.0, 1.5, 0.5];
        assert_eq!(
            prices.map(token_bucket::pico_tokens),
            expected.map(token_bucket::pico_tokens)
        );
    }
}

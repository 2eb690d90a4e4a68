//! What a table pays for.

use super::DynamoDb;
use super::throughput::index_units;
use crate::component::parameter::Basis;
use crate::component::price::{Charge, MILLION, PRICE_LIST, Price, Tiers, Usage};

/// What is paid for.
pub(super) const PRICES: &[Price] = &[WRITES, READS, WRITE_CAPACITY, READ_CAPACITY, STORAGE];
/// Throttled calls cost nothing.
pub(super) const WRITES: Price = Price {
    item: "write units",
    unit: "WRU",
    usd: Tiers::Flat(0.625 / MILLION),
    free: 0.0,
    basis: Basis::Documented,
    source: PRICE_LIST,
};
pub(super) const READS: Price = Price {
    item: "read units",
    unit: "RRU",
    usd: Tiers::Flat(0.125 / MILLION),
    ..WRITES
};
pub(super) const WRITE_CAPACITY: Price = Price {
    item: "write capacity",
    unit: "WCU-hour",
    usd: Tiers::Flat(0.00065),
    ..WRITES
};
pub(super) const READ_CAPACITY: Price = Price {
    item: "read capacity",
    unit: "RCU-hour",
    usd: Tiers::Flat(0.00013),
    ..WRITES
};
pub(super) const STORAGE: Price = Price {
    item: "storage",
    unit: "GiB-month",
    usd: Tiers::Flat(0.25),
    free: 25.0,
    ..WRITES
};

impl DynamoDb {
    /// Returns what the units of its global indexes are charged, those that scale apart.
    pub(super) fn index_charges(&self) -> Vec<Charge> {
        let mut fixed = [0.0; 2];
        let mut scaled: Vec<(usize, &'static str, f64)> = Vec::new();
        for (number, (_, index)) in self.all_indexes().enumerate() {
            let ((read, write), _) = index.units();
            let [(.., reads), (.., writes)] = index.scalings();
            for (at, units, scaling) in [(0, write, writes), (1, read, reads)] {
                let what = index_units(number)[at];
                let same = scaled.iter_mut().find(|one| one.1 == what);
                match (scaling, same) {
                    (None, _) => fixed[at] += units,
                    (Some(_), Some(same)) => same.2 += units,
                    (Some(_), None) => scaled.push((at, what, units)),
                }
            }
        }
        let prices = [&WRITE_CAPACITY, &READ_CAPACITY];
        let names = ["write capacity of the index", "read capacity of the index"];
        let fixed = (0..2).filter(|at| fixed[*at] > 0.0).map(|at| {
            let units = Usage::Hours(fixed[at]);
            Charge::new(prices[at], units).called(names[at])
        });
        let scaled = scaled.into_iter().map(|(at, what, units)| {
            let each = 1.0;
            Charge::new(prices[at], Usage::Supplied { what, units, each }).called(what)
        });
        fixed.chain(scaled).collect()
    }
}

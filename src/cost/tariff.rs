//! Prices put to quantities: tiers and free units, shared by all who pay the same price,
//! and discounts, each for itself.

use super::{Entry, Sum};
use crate::component::price::Price;

/// What an entry comes to.
#[derive(Debug)]
pub(super) struct Priced {
    /// US dollars of a month.
    pub(super) usd: Sum,
    /// US dollars per unit, on average.
    pub(super) price_usd: f64,
}

/// Prices all entries.
///
/// Tiers and free units belong to the account: what is paid for all units together is
/// divided by the units of each.
pub(super) fn priced(entries: &[Entry], replications: usize, free_tier: bool) -> Vec<Priced> {
    let pool = |price: &Price| {
        let mut all = Sum::exact(0.0, replications);
        let same = entries.iter().filter(|other| other.charge.price == *price);
        for entry in same {
            all.add(&entry.sum(replications), 1.0);
        }
        all
    };
    let one = |entry: &Entry| {
        let price = &entry.charge.price;
        let own = entry.sum(replications);
        let all = pool(price);
        let free = if free_tier { price.free } else { 0.0 };
        let paid = (all.value - free).max(0.0);
        let average = price.amount(paid) / all.value;
        let next = if paid > 0.0 { price.next(paid) } else { 0.0 };
        // Own units cost the average; and units of all move the average.
        let mut usd = own.times(average);
        let moved = Sum {
            value: 0.0,
            ..all.clone()
        };
        usd.add(&moved, (next - average) * own.value / all.value);
        // Tiers go by quantities; a discount is off what they come to.
        let paid_share = entry.charge.paid_share();
        Priced {
            usd: usd.times(paid_share),
            price_usd: average * paid_share,
        }
    };
    entries.iter().map(one).collect()
}

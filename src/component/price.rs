//! Prices: what a unit of a kind costs, and what a node is charged for.
//!
//! Every kind declares its prices beside its parameters, in its own file
//! (`KindInfo::prices`), and says in `Component::charges` which of them a node pays and for what
//! ([`Usage`]). How much of it a run used, and what that comes to in a month, is
//! found in `cost`. Region us-east-1, list prices in US dollars, no taxes.
//!
//! A gibibyte is what the vendor bills as a gigabyte (2³⁰ bytes).
//!
//! Not here: discounts (`purchase`), and transfer between zones and regions.

use super::parameter::Basis;
use super::purchase::Discount;
use crate::units::Span;

/// The price list that most prices come from.
pub const PRICE_LIST: &str =
    "public price list, us-east-1, 2026-08-21, by Infracost's golden outputs, read 2026-11";
/// Prices that were not read again.
pub const RECALLED: &str =
    "price page, us-east-1, as commonly published and not read again, 2026-11";
/// Every further unit.
pub const ON: f64 = f64::INFINITY;
/// One tebibyte in gibibytes.
pub const TEBIBYTE: f64 = 1024.0;
/// What storage is counted in.
pub const GIB_MONTH: &str = "GiB-month";
/// One million.
pub const MILLION: f64 = 1e6;

/// What one unit costs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Price {
    /// What is bought, as the bill calls it.
    pub item: &'static str,
    /// What it is counted in.
    pub unit: &'static str,
    /// US dollars per unit, by the quantity of a month: all nodes of an account that pay
    /// the same price share its tiers.
    pub usd: Tiers,
    /// Units of a month that are free where the free tier applies.
    pub free: f64,
    /// Where the price comes from.
    pub basis: Basis,
    /// Document and date.
    pub source: &'static str,
}

/// How a price depends on the quantity.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Tiers {
    /// Not at all.
    Flat(f64),
    /// (up to this quantity of a month, US dollars per unit), ascending; the last ends at `ON`.
    Steps(&'static [(f64, f64)]),
}

impl Price {
    /// Returns what a quantity of a month costs [US dollars].
    pub fn amount(&self, quantity: f64) -> f64 {
        match self.usd {
            Tiers::Flat(usd) => usd * quantity,
            Tiers::Steps(steps) => {
                let mut from = 0.0;
                let mut amount = 0.0;
                for &(up_to, usd) in steps {
                    amount += (quantity.min(up_to) - from).max(0.0) * usd;
                    from = up_to;
                }
                amount
            }
        }
    }

    /// Returns what one more unit costs [US dollars].
    pub fn next(&self, quantity: f64) -> f64 {
        match self.usd {
            Tiers::Flat(usd) => usd,
            Tiers::Steps(steps) => {
                let found = steps.iter().find(|(up_to, _)| quantity < *up_to);
                found.or(steps.last()).map_or(0.0, |(_, usd)| *usd)
            }
        }
    }

    /// Returns how much so many US dollars of a month buy.
    pub fn bought(&self, usd: f64) -> f64 {
        match self.usd {
            Tiers::Flat(price) => usd / price,
            Tiers::Steps(steps) => {
                let (mut left, mut from, mut quantity) = (usd, 0.0, 0.0);
                for &(up_to, price) in steps {
                    let here = (left / price).min(up_to - from);
                    quantity += here;
                    left -= here * price;
                    from = up_to;
                }
                quantity
            }
        }
    }
}

/// Something that a node pays for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Charge {
    /// What one unit costs.
    pub price: Price,
    /// How many units.
    pub usage: Usage,
    /// What is bought, as the bill calls it.
    pub item: &'static str,
    /// What is taken off.
    pub discount: Option<Discount>,
}

impl Charge {
    /// Says that a price is paid for a usage.
    pub fn new(price: &Price, usage: Usage) -> Charge {
        Charge {
            price: *price,
            usage,
            item: price.item,
            discount: None,
        }
    }

    /// Returns the share of the list price that is paid.
    pub fn paid_share(&self) -> f64 {
        1.0 - self.discount.map_or(0.0, |off| off.share)
    }

    /// Takes a discount off.
    pub fn at(self, discount: Option<Discount>) -> Charge {
        Charge { discount, ..self }
    }

    /// Calls it otherwise than the price does, where a node pays one price several times.
    pub fn called(self, item: &'static str) -> Charge {
        Charge { item, ..self }
    }
}

/// Where a quantity of a month comes from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Usage {
    /// So many units exist all the time, whatever the load: times the hours of a month.
    Hours(f64),
    /// Units of a supply of this name, or so many if it does not change, each so much: times the
    /// hours of a month.
    Supplied {
        /// Name of the supply.
        what: &'static str,
        /// Units that the parameters say.
        units: f64,
        /// What one unit is.
        each: f64,
    },
    /// So many units lie there, whatever the load.
    Kept(f64),
    /// So many units lay there, new, when the first month began; those of some ages.
    Lying(f64, Ages),
    /// What writes have added since the first month began; that of some ages [GiB].
    Grown(Added, Ages),
    /// Writes that added something, as they come of this age [months].
    Passing(Added, f64),
    /// Visits that were not throttled, of these operations (all if none is named).
    Visits(&'static [&'static str]),
    /// Visits that were not throttled, each so many units.
    EachVisit(f64),
    /// Visits that looked something up and did not find it.
    Misses,
    /// What `Program::admit_metered` counted, of these operations (all if none is named).
    Units(&'static [&'static str]),
    /// The same of a kind without operations.
    Metered,
    /// A share of what `Program::admit_metered` counted, of all operations.
    Part(f64),
    /// Bytes that it counted of these operations [GiB].
    Bytes(&'static [&'static str]),
    /// Deliveries to consumers, each so many calls.
    Deliveries(f64),
    /// Messages over a link of the model, counted one by one (see [`Postage`]).
    Sent(u32),
    /// Their bytes [GiB].
    SentBytes(u32),
    /// So many units for each reader of a log all the time: times the hours of a month.
    ReaderHours(f64),
    /// What `Program::admit_metered` counted, once for each reader of the log.
    ReadUnits,
    /// Bytes that it counted, once for each reader of the log [GiB].
    ReadBytes,
    /// Replies to clients that call the node, be it by way of one that only says where it
    /// is [GiB].
    Replies,
    /// Requests that the node sends on to what lies behind it [GiB].
    Fetched,
    /// Requests and replies that pass through it [GiB].
    Through,
    /// Time for which environments are in work.
    Environments(Environments),
    /// Time that visits take.
    Inside(Inside),
}

/// What a message to some node is charged by (`Component::charges_to`).
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Postage {
    /// The piece.
    Message(Price),
    /// Its bytes [GiB].
    Bytes(Price),
}

/// The time that visits take, from when they have begun.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Inside {
    /// Units of one visit and second.
    pub each: f64,
    /// Mean time of a visit that is not charged [ns].
    pub before_ns: f64,
    /// Mean time that rounding adds to a visit [ns].
    pub rounding_ns: f64,
}

/// A range of ages [months].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ages {
    /// From this age on.
    pub from: f64,
    /// Up to this one.
    pub until: f64,
}

impl Ages {
    /// Everything, however old.
    pub const ALL: Ages = Ages {
        from: 0.0,
        until: f64::INFINITY,
    };

    /// Returns an age in months of 30 days.
    pub fn months(age: Span) -> f64 {
        age.as_seconds() / (30.0 * 86_400.0)
    }
}

/// Returns what is paid for what lies at a node: what was stored when the first month began
/// [bytes], and what writes add to it.
pub fn storage(
    price: &Price,
    stored: Option<u64>,
    growth: Option<(Added, &'static str)>,
    ages: Ages,
) -> Vec<Charge> {
    let lying = stored.map(|bytes| {
        let gibibytes = bytes as f64 / 1_073_741_824.0;
        Charge::new(price, Usage::Lying(gibibytes, ages))
    });
    let grown =
        growth.map(|(growth, item)| Charge::new(price, Usage::Grown(growth, ages)).called(item));
    lying.into_iter().chain(grown).collect()
}

/// What writes add to what lies at a node.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Added {
    /// Operations that add something; they have to be metered.
    pub ops: &'static [&'static str],
    /// Share of what they bring that is new, and stays.
    pub share: f64,
    /// Copies that are paid for.
    pub copies: f64,
}

/// The time for which environments are in work, from the beginning of init on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Environments {
    /// Units of one environment and second.
    pub each: f64,
    /// Environments that always exist.
    pub provisioned: u32,
    /// The supply that says how many of these there are, where they change.
    pub supply: &'static str,
    /// Whether the part meant is that of the provisioned ones, else the rest.
    pub of_provisioned: bool,
    /// Mean time of a cold start that is not charged [ns].
    pub free_start_ns: f64,
    /// Mean time of a visit before it has an environment [ns].
    pub before_ns: f64,
    /// Mean time that rounding adds to a visit [ns].
    pub rounding_ns: f64,
}

/// Transfer to the internet, over all kinds but those with prices of their own.
pub const DATA_OUT: Price = Price {
    item: "data out",
    unit: "GiB",
    usd: Tiers::Steps(&[
        (10.0 * TEBIBYTE, 0.09),
        (50.0 * TEBIBYTE, 0.085),
        (150.0 * TEBIBYTE, 0.07),
        (ON, 0.05),
    ]),
    free: 100.0,
    basis: Basis::Estimate,
    source: RECALLED,
};

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "these values are exact")]
mod tests {
    use super::*;

    const STEPS: Price = Price {
        usd: Tiers::Steps(&[(100.0, 3.0), (300.0, 2.0), (ON, 1.0)]),
        ..DATA_OUT
    };

    #[test]
    fn a_quantity_pays_tier_by_tier() {
        let amounts = [0.0, 50.0, 100.0, 250.0, 400.0].map(|quantity| STEPS.amount(quantity));

        assert_eq!(amounts, [0.0, 150.0, 300.0, 600.0, 800.0]);
        assert_eq!([99.0, 100.0, 1e9].map(|q| STEPS.next(q)), [3.0, 2.0, 1.0]);
    }

    #[test]
    fn what_money_buys_costs_that_money() {
        for usd in [10.0, 300.0, 450.0, 5_000.0] {
            assert_eq!(STEPS.amount(STEPS.bought(usd)), usd);
        }
    }

    #[test]
    fn only_bare_mechanisms_rights_and_deployments_cost_nothing() {
        let free = super::super::registry()
            .iter()
            .filter(|info| info.prices.is_empty());
        let services = free.filter(|info| !super::super::is_plain(info.kind));

        let names: Vec<&str> = services.map(|info| info.kind).collect();
        assert_eq!(names, ["iam", "codedeploy"]);
    }

    #[test]
    fn tiers_ascend_and_every_price_has_a_source_with_a_date() {
        for info in super::super::registry() {
            for price in info.prices {
                let what = format!("{} of {}", price.item, info.kind);
                assert!(price.source.contains("2026"), "{what}");
                if let Tiers::Steps(steps) = price.usd {
                    assert!(steps.windows(2).all(|two| two[0].0 < two[1].0), "{what}");
                    assert!(steps.last().is_some_and(|last| last.0 == ON), "{what}");
                }
            }
        }
    }
}

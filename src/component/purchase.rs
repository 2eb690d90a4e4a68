//! How capacity that exists all the time is bought: on demand, or at a discount.
//!
//! Kinds that run on machines have the parameters `purchase` and `discount`. A discount
//! takes a share off the list price of what is bought that way, and off nothing else. The
//! fact sheet knows usual discounts of a few sorts only; the others have to be given.
//!
//! Not here: payments up front, terms, a plan that covers a part of the machines only (make
//! them two nodes), and spot machines that are taken back: none are.

use super::declare::Machines;
use super::parameter::{Basis, word};
use crate::spec::reader::Object;

/// How capacity is bought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purchase {
    /// By the second, without a promise of either side.
    OnDemand,
    /// What is left over, until it is taken back.
    Spot,
    /// A spend promised for a year or three.
    SavingsPlan,
    /// Machines of one type promised for a year or three.
    Reserved,
}

/// All words.
const WORDS: &[(&str, Purchase)] = MACHINES;
/// How machines are bought.
pub const MACHINES: &[(&str, Purchase)] = &[
    ("on-demand", Purchase::OnDemand),
    ("spot", Purchase::Spot),
    ("savings-plan", Purchase::SavingsPlan),
    ("reserved", Purchase::Reserved),
];
/// How nodes of managed stores are bought.
pub const NODES: &[(&str, Purchase)] = &[
    ("on-demand", Purchase::OnDemand),
    ("reserved", Purchase::Reserved),
];
/// How machines are bought that a plan covers and nobody reserves.
pub const PLANS: &[(&str, Purchase)] = &[
    ("on-demand", Purchase::OnDemand),
    ("savings-plan", Purchase::SavingsPlan),
];

/// Why `purchase` is what it is where nothing is said.
pub const ON_DEMAND: &str = "nothing is promised until it is said";
/// Where usual discounts come from.
pub const USUAL: &str = "spot 0.65 (0.7 on Fargate), one-year savings plan without payment up front 0.27 of instances: typical figures, read 2026-11; of others none is known";

/// Usual discounts of instances.
///
/// ESTIMATE: the fact sheet's typical figures of EC2, 2026-11.
pub const OF_INSTANCES: &[(Purchase, f64)] =
    &[(Purchase::Spot, 0.65), (Purchase::SavingsPlan, 0.27)];
/// Usual discounts on Fargate.
///
/// ESTIMATE: the fact sheet's typical figure, 2026-11.
pub const OF_FARGATE: &[(Purchase, f64)] = &[(Purchase::Spot, 0.7)];

/// What is taken off a price.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Discount {
    /// How it is bought.
    pub purchase: Purchase,
    /// Share of the list price that is saved.
    pub share: f64,
    /// Where the share comes from.
    pub basis: Basis,
    /// Document and date, or who says so.
    pub source: &'static str,
}

impl Machines {
    /// Returns whose processors instances are, as they are bought.
    pub(super) fn of(purchase: Purchase) -> Machines {
        match purchase {
            Purchase::Spot => Machines::Spot,
            Purchase::OnDemand | Purchase::SavingsPlan | Purchase::Reserved => Machines::Instances,
        }
    }

    /// Returns what they are called.
    pub fn words(self) -> &'static str {
        match self {
            Machines::Managed => "tasks on Fargate",
            Machines::Instances => "instances on demand",
            Machines::Spot => "spot instances",
        }
    }
}

impl Purchase {
    /// Returns the word that users write.
    pub fn word(self) -> String {
        word(WORDS, &self)
    }

    /// Returns what it takes off the price: as given, else as usual.
    pub fn discount(self, given: Option<f64>, usual: &[(Purchase, f64)]) -> Option<Discount> {
        if self == Purchase::OnDemand {
            return None;
        }
        let known = usual.iter().find(|(purchase, _)| *purchase == self);
        let (share, basis, source) = match (given, known) {
            (Some(share), _) => (share, Basis::Choice, "the topology's own `discount`"),
            (None, Some((_, share))) => (*share, Basis::Estimate, USUAL),
            (None, None) => return None,
        };
        Some(Discount {
            purchase: self,
            share,
            basis,
            source,
        })
    }

    /// Refuses a discount of nothing, and a purchase whose discount nobody says.
    pub(super) fn check(
        self,
        given: Option<f64>,
        usual: &[(Purchase, f64)],
        object: &mut Object<'_>,
    ) {
        let owner = object.owner();
        if self == Purchase::OnDemand {
            if object.has("discount") {
                let message = format!("`discount` of {owner} needs a `purchase` that has one");
                object.error_at("discount", "purchase::discount", message);
            }
        } else if self.discount(given, usual).is_none() {
            let how = self.word();
            let message =
                format!("{owner} needs `discount`, as no usual one of `{how}` is known here");
            object.error_at("purchase", "purchase::discount", message);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_given_goes_before_what_is_usual() {
        let of = |purchase: Purchase, given| {
            let found = purchase.discount(given, OF_INSTANCES);
            found.map(|found| (found.share, found.basis))
        };

        assert_eq!(of(Purchase::OnDemand, None), None);
        assert_eq!(of(Purchase::Spot, None), Some((0.65, Basis::Estimate)));
        assert_eq!(of(Purchase::Spot, Some(0.5)), Some((0.5, Basis::Choice)));
        assert_eq!(of(Purchase::Reserved, None), None);
        assert_eq!(
            of(Purchase::Reserved, Some(0.4)),
            Some((0.4, Basis::Choice))
        );
    }
}

//! Storage classes: what each costs, and what lies in it.

use super::S3;
use crate::component::parameter::Basis;
use crate::component::price::{
    Added, Ages, Charge, DATA_OUT, GIB_MONTH, ON, PRICE_LIST, Price, RECALLED, TEBIBYTE, Tiers,
    Usage, storage,
};

/// What is paid for; deletes are free.
pub(super) const PRICES: &[Price] = &[
    WRITES,
    READS,
    STORAGE,
    DATA_OUT,
    IA_WRITES,
    IA_READS,
    IA_RETRIEVED,
    IA_STORAGE,
    ONE_ZONE_STORAGE,
    INSTANT_WRITES,
    INSTANT_READS,
    INSTANT_RETRIEVED,
    INSTANT_STORAGE,
    FLEXIBLE_STORAGE,
    DEEP_STORAGE,
    TO_IA,
    TO_FLEXIBLE,
    TO_DEEP,
    TO_ONE_ZONE,
    TO_INSTANT,
    FLEXIBLE_WRITES,
    DEEP_WRITES,
    ARCHIVE_READS,
    EXPEDITED,
    EXPEDITED_BYTES,
    RESTORED,
    RESTORED_BYTES,
    DEEP_RESTORED,
    DEEP_RESTORED_BYTES,
    DEEP_BULK,
    DEEP_BULK_BYTES,
];
const WRITES: Price = Price {
    item: "puts and lists (Standard)",
    unit: "request",
    usd: Tiers::Flat(0.005 / 1_000.0),
    free: 0.0,
    basis: Basis::Documented,
    source: PRICE_LIST,
};
const READS: Price = Price {
    item: "gets (Standard)",
    usd: Tiers::Flat(0.0004 / 1_000.0),
    ..WRITES
};
const STORAGE: Price = Price {
    item: "storage (Standard)",
    unit: GIB_MONTH,
    usd: Tiers::Steps(&[
        (50.0 * TEBIBYTE, 0.023),
        (500.0 * TEBIBYTE, 0.022),
        (ON, 0.021),
    ]),
    ..WRITES
};
const IA_WRITES: Price = Price {
    item: "puts and lists (Standard-IA)",
    usd: Tiers::Flat(0.01 / 1_000.0),
    ..WRITES
};
const IA_READS: Price = Price {
    item: "gets (Standard-IA)",
    usd: Tiers::Flat(0.001 / 1_000.0),
    ..WRITES
};
const IA_RETRIEVED: Price = Price {
    item: "bytes retrieved (Standard-IA)",
    unit: "GiB",
    usd: Tiers::Flat(0.01),
    ..WRITES
};
const IA_STORAGE: Price = Price {
    item: "storage (Standard-IA)",
    usd: Tiers::Flat(0.0125),
    ..STORAGE
};
const ONE_ZONE_STORAGE: Price = Price {
    item: "storage (One Zone-IA)",
    usd: Tiers::Flat(0.01),
    ..STORAGE
};
const INSTANT_WRITES: Price = Price {
    item: "puts and lists (Glacier Instant)",
    usd: Tiers::Flat(0.02 / 1_000.0),
    basis: Basis::Estimate,
    source: RECALLED,
    ..WRITES
};
const INSTANT_READS: Price = Price {
    item: "gets (Glacier Instant)",
    usd: Tiers::Flat(0.01 / 1_000.0),
    ..INSTANT_WRITES
};
const INSTANT_RETRIEVED: Price = Price {
    item: "bytes retrieved (Glacier Instant)",
    unit: "GiB",
    usd: Tiers::Flat(0.03),
    ..INSTANT_WRITES
};
const INSTANT_STORAGE: Price = Price {
    item: "storage (Glacier Instant)",
    unit: GIB_MONTH,
    usd: Tiers::Flat(0.004),
    ..INSTANT_WRITES
};
const FLEXIBLE_STORAGE: Price = Price {
    item: "storage (Glacier Flexible)",
    usd: Tiers::Flat(0.0036),
    ..STORAGE
};
const DEEP_STORAGE: Price = Price {
    item: "storage (Glacier Deep Archive)",
    usd: Tiers::Flat(0.000_99),
    ..STORAGE
};
const TO_IA: Price = Price {
    item: "moves to Standard-IA",
    unit: "object",
    usd: Tiers::Flat(0.01 / 1_000.0),
    ..WRITES
};
const TO_FLEXIBLE: Price = Price {
    item: "moves to Glacier Flexible",
    usd: Tiers::Flat(0.03 / 1_000.0),
    ..TO_IA
};
const TO_DEEP: Price = Price {
    item: "moves to Glacier Deep Archive",
    usd: Tiers::Flat(0.05 / 1_000.0),
    ..TO_IA
};
const TO_ONE_ZONE: Price = Price {
    item: "moves to One Zone-IA",
    basis: Basis::Estimate,
    source: RECALLED,
    ..TO_IA
};
const TO_INSTANT: Price = Price {
    item: "moves to Glacier Instant",
    usd: Tiers::Flat(0.02 / 1_000.0),
    ..TO_ONE_ZONE
};
const FLEXIBLE_WRITES: Price = Price {
    item: "puts and lists (Glacier Flexible)",
    usd: Tiers::Flat(0.03 / 1_000.0),
    ..WRITES
};
const DEEP_WRITES: Price = Price {
    item: "puts and lists (Glacier Deep Archive)",
    usd: Tiers::Flat(0.05 / 1_000.0),
    ..WRITES
};
const ARCHIVE_READS: Price = Price {
    item: "gets (Glacier)",
    usd: Tiers::Flat(0.0004 / 1_000.0),
    basis: Basis::Estimate,
    source: RECALLED,
    ..WRITES
};
pub(super) const EXPEDITED: Price = Price {
    item: "restores, expedited (Glacier Flexible)",
    usd: Tiers::Flat(10.0 / 1_000.0),
    ..WRITES
};
pub(super) const EXPEDITED_BYTES: Price = Price {
    item: "bytes restored, expedited (Glacier Flexible)",
    unit: "GiB",
    usd: Tiers::Flat(0.03),
    ..WRITES
};
pub(super) const RESTORED: Price = Price {
    item: "restores (Glacier Flexible)",
    usd: Tiers::Flat(0.03 / 1_000.0),
    ..WRITES
};
pub(super) const RESTORED_BYTES: Price = Price {
    item: "bytes restored (Glacier Flexible)",
    usd: Tiers::Flat(0.01),
    ..EXPEDITED_BYTES
};
pub(super) const DEEP_RESTORED: Price = Price {
    item: "restores (Glacier Deep Archive)",
    usd: Tiers::Flat(0.1 / 1_000.0),
    ..WRITES
};
pub(super) const DEEP_RESTORED_BYTES: Price = Price {
    item: "bytes restored (Glacier Deep Archive)",
    usd: Tiers::Flat(0.02),
    ..EXPEDITED_BYTES
};
pub(super) const DEEP_BULK: Price = Price {
    item: "restores, bulk (Glacier Deep Archive)",
    usd: Tiers::Flat(0.025 / 1_000.0),
    ..WRITES
};
pub(super) const DEEP_BULK_BYTES: Price = Price {
    item: "bytes restored, bulk (Glacier Deep Archive)",
    usd: Tiers::Flat(0.0025),
    ..EXPEDITED_BYTES
};
/// What brings an object.
const PUT: &[&str] = &["put"];

/// What a storage class costs; the order is that in which a lifecycle goes through them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stored {
    /// Word of the class.
    pub(super) word: &'static str,
    /// Of what lies there.
    storage: &'static Price,
    /// What the bill calls it where writes have added it.
    grown: &'static str,
    /// Of putting and listing objects; none: not known, or cannot be done.
    pub(super) writes: Option<&'static Price>,
    /// Of getting objects.
    pub(super) reads: Option<&'static Price>,
    /// Of the bytes got.
    pub(super) retrieved: Option<&'static Price>,
    /// Of an object that a lifecycle moves here.
    moved: Option<&'static Price>,
}

/// Storage classes.
pub(super) const STORED: [Stored; 6] = [
    Stored {
        word: "standard",
        storage: &STORAGE,
        grown: "storage (Standard), grown",
        writes: Some(&WRITES),
        reads: Some(&READS),
        retrieved: None,
        moved: None,
    },
    Stored {
        word: "standard-ia",
        storage: &IA_STORAGE,
        grown: "storage (Standard-IA), grown",
        writes: Some(&IA_WRITES),
        reads: Some(&IA_READS),
        retrieved: Some(&IA_RETRIEVED),
        moved: Some(&TO_IA),
    },
    Stored {
        word: "one-zone-ia",
        storage: &ONE_ZONE_STORAGE,
        grown: "storage (One Zone-IA), grown",
        writes: None,
        reads: None,
        retrieved: None,
        moved: Some(&TO_ONE_ZONE),
    },
    Stored {
        word: "glacier-instant",
        storage: &INSTANT_STORAGE,
        grown: "storage (Glacier Instant), grown",
        writes: Some(&INSTANT_WRITES),
        reads: Some(&INSTANT_READS),
        retrieved: Some(&INSTANT_RETRIEVED),
        moved: Some(&TO_INSTANT),
    },
    Stored {
        word: "glacier-flexible",
        storage: &FLEXIBLE_STORAGE,
        grown: "storage (Glacier Flexible), grown",
        writes: Some(&FLEXIBLE_WRITES),
        reads: Some(&ARCHIVE_READS),
        retrieved: None,
        moved: Some(&TO_FLEXIBLE),
    },
    Stored {
        word: "glacier-deep-archive",
        storage: &DEEP_STORAGE,
        grown: "storage (Glacier Deep Archive), grown",
        writes: Some(&DEEP_WRITES),
        reads: Some(&ARCHIVE_READS),
        retrieved: None,
        moved: Some(&TO_DEEP),
    },
];
/// Classes that objects can be put into, as places in `STORED`.
pub(super) const CLASSES: &[(&str, usize)] = &[
    ("standard", 0),
    ("standard-ia", 1),
    ("glacier-instant", INSTANT),
    ("glacier-flexible", FLEXIBLE),
    ("glacier-deep-archive", DEEP),
];
/// The archive that is read at once, as a place in `STORED`.
pub(super) const INSTANT: usize = 3;
/// The archive that has to be restored.
pub(super) const FLEXIBLE: usize = 4;
/// The deepest archive.
pub(super) const DEEP: usize = 5;

impl S3 {
    /// Returns what lies in each class, and what moves there.
    pub(super) fn storage(&self) -> Vec<Charge> {
        let growth = self.growth.map(|share| Added {
            ops: PUT,
            share,
            copies: 1.0,
        });
        let mut ages = self.lifecycle.ages().map(|age| age.map(Ages::months));
        ages[self.class] = Some(0.0);
        let mut charges = Vec::new();
        for (place, class) in STORED.iter().enumerate() {
            let Some(from) = ages[place] else { continue };
            let until = ages[place + 1..].iter().flatten().next();
            let until = until.copied().unwrap_or(f64::INFINITY);
            let ages = Ages { from, until };
            let grows = growth.map(|growth| (growth, class.grown));
            charges.extend(storage(class.storage, self.stored, grows, ages));
            let Some(growth) = growth else { continue };
            if let Some(moved) = class.moved.filter(|_| place > self.class) {
                charges.push(Charge::new(moved, Usage::Passing(growth, from)));
            }
        }
        charges
    }
}

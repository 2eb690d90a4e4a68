//! Restoring what an archive keeps: how urgently, what it takes and what it costs.

use super::S3;
use super::classes::{
    DEEP, DEEP_BULK, DEEP_BULK_BYTES, DEEP_RESTORED, DEEP_RESTORED_BYTES, EXPEDITED,
    EXPEDITED_BYTES, FLEXIBLE, RESTORED, RESTORED_BYTES,
};
use crate::component::price::Price;
use crate::component::{CacheSpec, Program};
use crate::model::Outcome;
use crate::random::law::Law;

/// One minute, and one hour [ns].
const MINUTE: f64 = 60e9;
const HOUR: f64 = 3_600e9;

/// How urgently an object is restored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tier {
    /// Within minutes; not from the deepest archive.
    Expedited,
    /// Within hours.
    Standard,
    /// Within half a day or two days.
    Bulk,
}

/// Words for tiers.
pub(super) const TIERS: &[(&str, Tier)] = &[
    ("expedited", Tier::Expedited),
    ("standard", Tier::Standard),
    ("bulk", Tier::Bulk),
];

impl S3 {
    /// Returns the prices of a restore and of the bytes that it restores; none where it is free
    /// (bulk, but for the deepest archive), or nothing is restored.
    pub(super) fn restores(&self) -> Option<(&'static Price, &'static Price)> {
        match (self.class, self.tier) {
            (FLEXIBLE, Tier::Expedited) => Some((&EXPEDITED, &EXPEDITED_BYTES)),
            (FLEXIBLE, Tier::Standard) => Some((&RESTORED, &RESTORED_BYTES)),
            (DEEP, Tier::Bulk) => Some((&DEEP_BULK, &DEEP_BULK_BYTES)),
            (DEEP, Tier::Standard | Tier::Expedited) => {
                Some((&DEEP_RESTORED, &DEEP_RESTORED_BYTES))
            }
            _ => None,
        }
    }

    /// Returns the time until an archived object can be read.
    pub(super) fn restoring(&self) -> Law {
        let between = |low, high| Law::Uniform { low, high };
        let default = || match (self.class, self.tier) {
            (DEEP, Tier::Bulk) => Law::Constant(48.0 * HOUR),
            (DEEP, Tier::Standard | Tier::Expedited) => Law::Constant(12.0 * HOUR),
            (_, Tier::Expedited) => between(MINUTE, 5.0 * MINUTE),
            (_, Tier::Standard) => between(3.0 * HOUR, 5.0 * HOUR),
            (_, Tier::Bulk) => between(5.0 * HOUR, 12.0 * HOUR),
        };
        self.restore.clone().unwrap_or_else(default)
    }

    /// Writes what an archive does with an operation before its time.
    pub(super) fn archive(&self, program: &mut Program<'_>, op: &str) {
        if op != "get" && op != "restore" {
            return;
        }
        let restored = CacheSpec {
            ttl: self.restored_for,
            ..CacheSpec::default()
        };
        let restored = program.cache("restored", &restored);
        if op == "restore" {
            program.work(&self.time(op));
            program.fill(restored);
        } else {
            program.look_up(restored, |program| program.leave(Outcome::Failed));
        }
    }
}

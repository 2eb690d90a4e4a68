//! A table's secondary index: parameters, what a write of the table pays there, and queries.
//!
//! An index has rates and partitions of its own. A write that the index cannot take is
//! refused by the table (back-pressure). Reads of it are eventually consistent.
//!
//! Not here: the table, and the buckets that both are made of.

use super::declare::PartitionSpec;
use super::parameter::{How, Parameters, count, custom, factor, parameters, size};
use super::shared::partitions;
use super::supply::{UnitScaling, unit_scaling};
use crate::model::Cost;
use crate::spec::field::Field;

/// Bytes that one write unit covers.
///
/// SOURCE: DynamoDB developer guide, Read and write operations: 1 KB. Read 2026-11.
const WRITE_UNIT: u64 = 1024;

parameters! {
    /// Parameters of a secondary index.
    pub struct SecondaryIndex {
        /// Read units per second; provisioned only.
        rcu: Option<u32> = None, count(1..=10_000_000), Choice, "has to be given if provisioned";
        /// Write units per second; provisioned only.
        wcu: Option<u32> = None, count(1..=10_000_000), Choice, "has to be given if provisioned";
        /// How `rcu` follow what is read of the index; provisioned only.
        rcu_scaling: Option<UnitScaling> = None, unit_scaling(), Choice, "a fixed number";
        /// How `wcu` follow what is written to the index; provisioned only.
        wcu_scaling: Option<UnitScaling> = None, unit_scaling(), Choice, "a fixed number";
        /// Size of what is projected of an item; without it the whole item.
        item: Option<u64> = None, size(), Choice, "all attributes are projected";
        /// Writes to the index for one write of the table, on average: 2 where every one changes the index's key, less than 1 where not every one changes what is projected.
        writes: f64 = 1.0, factor(0.0..=2.0), Documented, "DynamoDB developer guide, Global secondary indexes: one for a new item, two (a delete and a put) if the key changes, read 2026-11";
        /// Partitions of the index; without it as many as its throughput needs, chosen at random for each write, as its key is another attribute. One stands for a key with few values.
        partitions: Option<PartitionSpec> = None, partitions(), Estimate, "as of a table";
    }
}

impl SecondaryIndex {
    /// Returns its controllers, with the units that each has at the start: read, write.
    pub(super) fn scalings(&self) -> [(&'static str, u32, Option<&UnitScaling>); 2] {
        [
            (
                "rcu_scaling",
                self.rcu.unwrap_or(1),
                self.rcu_scaling.as_ref(),
            ),
            (
                "wcu_scaling",
                self.wcu.unwrap_or(1),
                self.wcu_scaling.as_ref(),
            ),
        ]
    }

    /// Returns the units per second at the start, and the most that they may become: read, write.
    pub(super) fn units(&self) -> ((f64, f64), (f64, f64)) {
        let [read, write] = self.scalings().map(|(_, said, scaling)| {
            let start = scaling.map_or(said, |scaling| scaling.start(said));
            let most = scaling.map_or(start, |scaling| scaling.most().max(start));
            (f64::from(start), f64::from(most))
        });
        ((read.0, write.0), (read.1, write.1))
    }

    /// Returns what a write of the table pays at the index.
    pub(super) fn write(&self) -> Cost {
        match self.item {
            None => Cost::UnitsPerItem {
                unit: WRITE_UNIT as u32,
                factor: self.writes as f32,
            },
            // Every item is smaller than this unit: a price for each.
            Some(bytes) => Cost::UnitsPerItem {
                unit: u32::MAX,
                factor: (bytes.div_ceil(WRITE_UNIT).max(1) as f64 * self.writes) as f32,
            },
        }
    }
}

/// Most indexes beside the first.
///
/// SOURCE: DynamoDB developer guide, Quotas: 20 global secondary indexes of a table. Read 2026-11.
const MOST: usize = 19;

/// Reads a list of indexes.
pub(super) fn indexes() -> How<Vec<SecondaryIndex>> {
    let read = |field: &Field<'_>| {
        let entries = field.list()?;
        if entries.len() > MOST {
            let message = format!("{} has more than {MOST} indexes", field.name);
            field.error("value::out-of-range", message);
            return None;
        }
        let read = |entry: &Field<'_>| Some(SecondaryIndex::read(&mut entry.object()?));
        let indexes: Vec<SecondaryIndex> = entries.iter().filter_map(read).collect();
        (indexes.len() == entries.len()).then_some(indexes)
    };
    custom(
        "list",
        "up to 19",
        read,
        |indexes: &Vec<SecondaryIndex>| match indexes.len() {
            0 => "none".to_owned(),
            some => format!("{some} indexes"),
        },
    )
}

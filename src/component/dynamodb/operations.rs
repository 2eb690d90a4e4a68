//! What can be done at a table, the units that it costs, and the time that it takes.

use super::{Billing, DynamoDb};
use crate::component::WorkSpec;
use crate::component::ask::{Access, OperationInfo};
use crate::component::secondary_index::SecondaryIndex;
use crate::model::Cost;
use crate::units::Span;

/// Bytes that one read unit covers.
///
/// SOURCE: DynamoDB developer guide, Read and write operations: 4 KB. Read 2026-11.
const READ_UNIT: u32 = 4096;
/// Bytes that one write unit covers.
///
/// SOURCE: as above: 1 KB.
const WRITE_UNIT: u32 = 1024;

/// Operations that pay read units.
pub(super) const READING: &[&str] = &["get", "query", "query-index", "transact-get"];
/// Operations that pay write units.
pub(super) const WRITING: &[&str] = &["put", "update", "conditional", "delete", "transact-write"];

/// Operations of a table, and of what stands in front of one.
pub(in crate::component) const OPERATIONS: &[OperationInfo] = &[
    operation(
        "get",
        Access::Read,
        100,
        "reads an item by key, or several (BatchGetItem)",
    ),
    operation(
        "query",
        Access::Read,
        u32::MAX,
        "reads `count` items of one key; units of their sum",
    ),
    operation(
        "query-index",
        Access::Read,
        u32::MAX,
        "reads `count` items of one key of the `index`; units of their sum",
    ),
    operation(
        "transact-get",
        Access::Read,
        100,
        "reads items together, at twice the units",
    ),
    operation(
        "put",
        Access::Write,
        25,
        "writes an item, or several (BatchWriteItem)",
    ),
    operation("update", Access::Write, 1, "changes an item"),
    operation(
        "conditional",
        Access::Write,
        1,
        "a write that fails if the key was written since this request read it",
    ),
    operation(
        "delete",
        Access::Write,
        25,
        "takes an item out; pays as a write of it",
    ),
    operation(
        "transact-write",
        Access::Write,
        100,
        "writes items together, at twice the units",
    ),
];

/// An operation.
const fn operation(
    name: &'static str,
    access: Access,
    most_items: u32,
    doc: &'static str,
) -> OperationInfo {
    OperationInfo {
        name,
        access,
        most_items,
        doc,
    }
}

impl DynamoDb {
    /// Returns what an operation costs.
    pub(super) fn price(&self, op: &str, writes: bool, consistent: bool) -> Cost {
        let read = if consistent { 1.0 } else { 0.5 };
        // The item, and once more in each local index.
        let write = 1.0 + self.local_indexes as f32;
        let per_item = |unit: u32, factor: f32| Cost::UnitsPerItem { unit, factor };
        match op {
            "query" | "query-index" => Cost::UnitsTogether {
                unit: READ_UNIT,
                factor: read,
            },
            "transact-get" => per_item(READ_UNIT, 2.0),
            "transact-write" => per_item(WRITE_UNIT, 2.0 * write),
            _ if writes => per_item(WRITE_UNIT, write),
            _ => per_item(READ_UNIT, read),
        }
    }

    /// Returns what the bill counts of an operation: on demand with what it costs at the indexes.
    pub(super) fn paid(&self, cost: Cost, writes: bool) -> Cost {
        let Cost::UnitsPerItem { unit, factor } = cost else {
            return cost;
        };
        if !writes || self.billing == Billing::Provisioned || self.index.is_none() {
            return cost;
        }
        let sum = |(factor, each), (_, index): (_, &SecondaryIndex)| match index.write() {
            Cost::UnitsPerItem { factor: whole, .. } if index.item.is_none() => {
                (factor + whole, each)
            }
            Cost::UnitsPerItem { factor: fixed, .. } => (factor, each + fixed),
            Cost::One
            | Cost::Items
            | Cost::UnitsPerItemAnd { .. }
            | Cost::UnitsTogether { .. }
            | Cost::Bytes { .. } => (factor, each),
        };
        let (factor, each) = self.all_indexes().fold((factor, 0.0), sum);
        Cost::UnitsPerItemAnd { unit, factor, each }
    }

    /// Returns what an operation takes.
    pub(super) fn time(&self, op: &str, consistent: bool) -> WorkSpec {
        let (law, each, bytes_per_s) = match op {
            "query" | "query-index" => (&self.query, Span::ZERO, Some(self.query_bandwidth)),
            "transact-get" => (&self.transact_get, Span::ZERO, None),
            "transact-write" => (&self.transact_write, Span::ZERO, None),
            "conditional" => (&self.conditional, Span::ZERO, None),
            "put" | "update" | "delete" => (&self.put, self.put_each, None),
            _ if consistent => (&self.get_consistent, self.get_each, None),
            _ => (&self.get, self.get_each, None),
        };
        WorkSpec {
            per_item_ns: each.0 as f64,
            per_byte_ns: bytes_per_s.map_or(0.0, |rate| 1e9 / rate),
            ..WorkSpec::of(law)
        }
    }
}

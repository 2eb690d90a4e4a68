//! Throughput: the units of table and indexes, and the partitions that they need.

use super::{Billing, DynamoDb};
use crate::component::secondary_index::SecondaryIndex;
use crate::component::shared::MOST_INSTANCES;
use crate::component::supply::{UnitDefaults, UnitScaling};
use crate::component::{BucketId, BucketSpec, PartitionId, PartitionSpec, Program, Scope};
use crate::mechanism::decreases::Allowance;
use crate::model::{Growth, PartitionBy, Splitting};
use crate::units::Span;

/// How far an on-demand limit grows: times what was admitted, units per second.
///
/// SOURCE: DynamoDB developer guide, On-demand capacity mode: twice the previous peak;
/// Quotas: 40,000 units per second of a table by default. Read 2026-11.
const GROWTH: (f64, f64) = (2.0, 40_000.0);
/// How units follow their use.
///
/// SOURCE: re:Post, DynamoDB auto scaling: units are added after two minutes in a row above the
/// target, and removed after fifteen that are 20 points below it. DynamoDB developer guide,
/// Quotas: four decreases a day at any time, and one more after an hour without any (recalled).
/// ESTIMATE: metrics are 90 s old; a change takes a minute. Read 2026-11.
pub(super) const SCALING: UnitDefaults = UnitDefaults {
    breaches: 2,
    delay: Span(90_000_000_000),
    start_up: Span(60_000_000_000),
    each: Span::ZERO,
    low: |target| target - 0.2,
    decreases: Some(Allowance {
        free: 4,
        pause: Span(3_600_000_000_000),
    }),
};
/// Share of its rate from which on a partition is hot.
///
/// ESTIMATE: the guide says no more than that load near the maximum is noticed.
const HOT: f64 = 0.8;
/// Partitions that splits may lead to: times those of the start, and at least so many.
///
/// CHOICE: what growth to the table's quota needs.
const MOST_PARTITIONS: (u32, u32) = (8, 64);
/// Bytes that one partition holds.
///
/// SOURCE: DynamoDB developer guide, Partitions and data distribution, recalled: 10 GB. 2026-11.
const MOST_BYTES: f64 = 10e9;

/// Units of one direction, of the table or of its index: how fast they are gained.
#[derive(Clone, Debug)]
pub(super) struct Meter {
    /// Whose they are, for notes: all, a partition's.
    pub(super) labels: [String; 2],
    /// Units per second of all.
    pub(super) table_per_s: f64,
    /// Units per second of a partition.
    pub(super) partition_per_s: f64,
}

impl DynamoDb {
    /// Returns the units per second of the table: read, write.
    pub(super) fn table_per_s(&self) -> (f64, f64) {
        match self.billing {
            Billing::OnDemand => (self.warm_read, self.warm_write),
            Billing::Provisioned => (
                f64::from(units(self.rcu, &self.rcu_scaling)),
                f64::from(units(self.wcu, &self.wcu_scaling)),
            ),
        }
    }

    /// Returns the most that these may become.
    pub(super) fn most_per_s(&self) -> (f64, f64) {
        let (read, write) = self.table_per_s();
        let most = |scaling: &Option<UnitScaling>, units: f64| {
            let most = scaling.as_ref().map(|one| f64::from(one.most()));
            most.map_or(units, |most| most.max(units))
        };
        (
            most(&self.rcu_scaling, read),
            most(&self.wcu_scaling, write),
        )
    }

    /// Returns how keys spread over the partitions of the table.
    pub(super) fn spread(&self) -> PartitionSpec {
        let default = || self.needed(self.most_per_s(), PartitionBy::Hash);
        self.partitions.clone().unwrap_or_else(default)
    }

    /// Returns the partitions that some throughput (read, write) needs.
    fn needed(&self, (read, write): (f64, f64), by: PartitionBy) -> PartitionSpec {
        let (read, write) = (read / self.partition_read, write / self.partition_write);
        let count = match self.billing {
            Billing::OnDemand => read.max(write).max(4.0),
            Billing::Provisioned => read + write,
        };
        // What lies there needs partitions as well, whatever its throughput.
        let full = self.stored.unwrap_or(0) as f64 / MOST_BYTES;
        let count = count.max(full);
        PartitionSpec {
            count: (count.ceil() as u32).clamp(1, MOST_INSTANCES),
            by,
            ..PartitionSpec::default()
        }
    }

    /// Declares the buckets of one direction, of the table or of its index, whose keys spread
    /// over so many partitions.
    pub(super) fn buckets(
        &self,
        program: &mut Program<'_>,
        meter: Meter,
        (partition, count): (PartitionId, u32),
    ) -> [BucketId; 2] {
        // ESTIMATE: what is bought by the request is kept for one second.
        let (kept, held) = match self.billing {
            Billing::OnDemand => (1.0, 1.0),
            Billing::Provisioned => (self.bank.as_seconds(), self.banked.as_seconds()),
        };
        let table = BucketSpec {
            rate_per_s: meter.table_per_s,
            burst: meter.table_per_s * kept,
            window: Span::ZERO,
            scope: Scope::Node,
        };
        let held = meter.table_per_s * held;
        let table = program.bucket_holding(&meter.labels[0], &table, held);
        if self.billing == Billing::OnDemand {
            let (factor, most_per_s) = GROWTH;
            let growth = Growth {
                factor,
                after: self.growth_after,
                most_per_s: most_per_s.max(meter.table_per_s),
            };
            program.grows(table, growth);
        }
        let splitting = Splitting {
            most: (count * MOST_PARTITIONS.0).clamp(MOST_PARTITIONS.1, MOST_INSTANCES),
            share: HOT,
            after: self.split_after,
        };
        // ESTIMATE: a partition keeps one second of its rate.
        let spec = BucketSpec {
            rate_per_s: meter.partition_per_s,
            burst: meter.partition_per_s,
            window: Span::ZERO,
            scope: Scope::Instance(splitting.most),
        };
        let each = program.bucket(&meter.labels[1], &spec);
        program.splits(partition, each, splitting);
        [table, each]
    }

    /// Lets what a `put` brings that is new lie at its partition, which splits when it is full.
    pub(super) fn fill(
        &self,
        program: &mut Program<'_>,
        (partition, count): (PartitionId, u32),
        op: &str,
    ) {
        if let (Some(growth), "put") = (self.growth, op)
            && growth > 0.0
        {
            let filled = self.stored.unwrap_or(0) as f64 / f64::from(count);
            program.fills(partition, growth, (filled, MOST_BYTES));
        }
    }

    /// Declares the buckets of the index in one direction, paid at by the key of the index.
    pub(super) fn index_buckets(
        &self,
        program: &mut Program<'_>,
        (number, index): (usize, &SecondaryIndex),
        writes: bool,
    ) -> [BucketId; 2] {
        let name = match number {
            0 => "index".to_owned(),
            _ => format!("index {}", number + 1),
        };
        let ((read_per_s, write_per_s), most) = match self.billing {
            Billing::OnDemand => (self.table_per_s(), self.table_per_s()),
            Billing::Provisioned => index.units(),
        };
        let default = || self.needed(most, PartitionBy::Random);
        let spread = index.partitions.clone().unwrap_or_else(default);
        let partition = program.partition(&format!("{name} partitions"), &spread);
        let meter = if writes {
            Meter {
                labels: ["write units", "partition write units"].map(|of| format!("{name} {of}")),
                table_per_s: write_per_s,
                partition_per_s: self.partition_write,
            }
        } else {
            Meter {
                labels: ["read units", "partition read units"].map(|of| format!("{name} {of}")),
                table_per_s: read_per_s,
                partition_per_s: self.partition_read,
            }
        };
        let [all, each] = self.buckets(program, meter, (partition, spread.count));
        let [of_reads, of_writes] = index.scalings();
        let (_, _, scaling) = if writes { of_writes } else { of_reads };
        if let Some(scaling) = scaling {
            let name = index_units(number)[usize::from(!writes)];
            program.supply_bucket_called(name, all, scaling, SCALING);
        }
        [all, each.at(partition)]
    }
}

/// Returns what the units of an index are called that scale: write, read.
pub(super) fn index_units(number: usize) -> [&'static str; 2] {
    match number {
        0 => ["index write units", "index read units"],
        _ => [
            "further indexes' write units",
            "further indexes' read units",
        ],
    }
}

/// Returns the units at the start.
fn units(said: Option<u32>, scaling: &Option<UnitScaling>) -> u32 {
    let said = said.unwrap_or(1);
    scaling.as_ref().map_or(said, |scaling| scaling.start(said))
}

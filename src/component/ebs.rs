//! EBS: a volume whose operations and bytes wait for its rates.
//!
//! # Model
//! 1. An operation waits for the volume's IOPS (large ones count once for every 256 KiB)
//!    and for its bytes at `throughput`, one after the other; nothing is refused.
//! 2. gp2 does 3 IOPS for each GiB and saves up what is not used, up to 5,400,000; with
//!    savings it does 3,000. st1 and sc1 do the same with bytes.
//! 3. The time of one operation passes.
//!
//! # Not modelled
//! - The instance's own limit of volume bandwidth: give the link a `bandwidth`.
//! - Sequential operations that are merged, blocks of a snapshot that are touched for the
//!   first time, volumes that are lost, changes of size.
//!
//! # Sources
//! EBS user guide (Volume types; General purpose SSD; HDD volumes). Times are estimates:
//! the guide says single-digit milliseconds. Read 2026-11.

use crate::component::ask::{Access, OperationInfo};
use crate::component::parameter::{
    Basis, Parameters, bandwidth, choice, custom, duration_law, milliseconds_p50_p99, parameters,
    rate, share, size_law,
};
use crate::component::price::{
    Added, Ages, Charge, PRICE_LIST, Price, RECALLED, Tiers, Usage, storage,
};
use crate::component::{
    BucketId, BucketSpec, Class, Component, KindInfo, Program, Scope, WorkSpec,
};
use crate::model::Cost;
use crate::random::law::Law;
use crate::spec::field::Field;
use crate::spec::reader::Object;
use crate::units::{Span, show};

/// Volume types.
const TYPES: &str = "EBS user guide, Volume types, read 2026-11";
/// One mebibyte, in bytes.
const MEBIBYTE: f64 = 1_048_576.0;
/// One gibibyte.
const GIBIBYTE: u64 = 1 << 30;
/// Bytes that one operation covers on a solid-state volume.
///
/// SOURCE: EBS user guide, I/O characteristics: 256 KiB. Read 2026-11.
const OPERATION: u32 = 256 * 1024;
/// Operations that a gp2 volume saves up, and its rate with savings.
///
/// SOURCE: EBS user guide, General purpose SSD. Read 2026-11.
const GP2: (f64, f64) = (5_400_000.0, 3_000.0);
/// Operations and bytes per second that the price of a gp3 volume's size includes.
///
/// SOURCE: EBS user guide, General purpose SSD: 3,000 and 125 MiB/s. Read 2026-11.
const INCLUDED: (f64, f64) = (3_000.0, 125.0);
/// Rates at which a further operation of an io2 volume becomes cheaper.
///
/// SOURCE: as the prices beyond them.
const IO2_STEPS: [f64; 2] = [32_000.0, 64_000.0];
/// What is paid for.
const PRICES: &[Price] = &[
    GP3,
    GP3_IOPS,
    GP3_THROUGHPUT,
    GP2_SIZE,
    IO2,
    IO2_IOPS,
    IO2_MORE_IOPS,
    IO2_MOST_IOPS,
    ST1,
    SC1,
];
const GP3: Price = Price {
    item: "size (gp3)",
    unit: "GiB-month",
    usd: Tiers::Flat(0.08),
    free: 0.0,
    basis: Basis::Documented,
    source: PRICE_LIST,
};
const GP3_IOPS: Price = Price {
    item: "operations beyond 3,000/s (gp3)",
    unit: "IOPS-month",
    usd: Tiers::Flat(0.005),
    ..GP3
};
const GP3_THROUGHPUT: Price = Price {
    item: "throughput beyond 125 MiB/s (gp3)",
    unit: "MiB/s-month",
    usd: Tiers::Flat(0.04),
    ..GP3
};
const GP2_SIZE: Price = Price {
    item: "size (gp2)",
    usd: Tiers::Flat(0.1),
    ..GP3
};
const IO2: Price = Price {
    item: "size (io2)",
    usd: Tiers::Flat(0.125),
    ..GP3
};
/// Its steps are those of one volume, not of an account: three prices, not tiers of one.
const IO2_IOPS: Price = Price {
    item: "operations up to 32,000/s (io2)",
    unit: "IOPS-month",
    usd: Tiers::Flat(0.065),
    ..GP3
};
const IO2_MORE_IOPS: Price = Price {
    item: "operations from 32,000/s to 64,000/s (io2)",
    usd: Tiers::Flat(0.0455),
    basis: Basis::Estimate,
    source: RECALLED,
    ..IO2_IOPS
};
const IO2_MOST_IOPS: Price = Price {
    item: "operations beyond 64,000/s (io2)",
    usd: Tiers::Flat(0.032),
    ..IO2_MORE_IOPS
};
const ST1: Price = Price {
    item: "size (st1)",
    usd: Tiers::Flat(0.045),
    ..GP3
};
const SC1: Price = Price {
    item: "size (sc1)",
    usd: Tiers::Flat(0.015),
    ..GP3
};

/// The kind.
pub static INFO: KindInfo = KindInfo {
    kind: "ebs",
    class: Class::Leaf,
    summary: "a volume whose operations and bytes wait for its rates",
    model: "waits for IOPS and for bytes at the volume's throughput; gp2, st1 and sc1 save up what is not used; takes the \
            time of an operation",
    not_modelled: "the instance's own limit, merged operations, first touch of blocks from a snapshot, lost volumes, changes of size",
    sources: "EBS user guide (Volume types; General purpose SSD; HDD volumes); read 2026-11",
    operations: &[
        operation("read", Access::Read, "reads blocks"),
        operation("write", Access::Write, "writes blocks"),
    ],
    prices: PRICES,
    parameters: Ebs::table,
    read: |object| Box::new(Ebs::read(object)),
};

/// An operation.
const fn operation(name: &'static str, access: Access, doc: &'static str) -> OperationInfo {
    OperationInfo {
        name,
        access,
        most_items: u32::MAX,
        doc,
    }
}

/// What the volume is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Volume {
    /// General purpose, with rates of their own.
    Gp3,
    /// General purpose, with rates by size.
    Gp2,
    /// Provisioned.
    Io2,
    /// Disk, for throughput.
    St1,
    /// Disk, cold.
    Sc1,
}

/// Words for volumes.
const VOLUMES: &[(&str, Volume)] = &[
    ("gp3", Volume::Gp3),
    ("gp2", Volume::Gp2),
    ("io2", Volume::Io2),
    ("st1", Volume::St1),
    ("sc1", Volume::Sc1),
];

/// Reads the size of the volume [bytes].
fn volume_size() -> crate::component::parameter::How<u64> {
    let read = |field: &Field<'_>| {
        let bytes = field.size()?;
        if (GIBIBYTE..=65_536 * GIBIBYTE).contains(&bytes) {
            return Some(bytes);
        }
        field.out_of_range("1GiB", "64TiB")
    };
    custom("size", "1GiB to 64TiB", read, |bytes: &u64| {
        show::size(*bytes as f64)
    })
}

parameters! {
    /// Parameters of a volume.
    pub struct Ebs {
        /// What the volume is made of.
        volume as "type": Volume = Volume::Gp3, choice(VOLUMES), Choice, "what is bought today";
        /// Size of the volume; the rates of gp2, st1 and sc1 follow from it.
        size: u64 = 100 * GIBIBYTE, volume_size(), Choice, "a common size";
        /// Share of the bytes written for which the volume is made larger, for the bill; its rates stay.
        growth: Option<f64> = None, share(), Choice, "a volume stays as large as it is until this is given";
        /// Operations per time; gp3 and io2 only. Without it 3,000/s.
        iops: Option<f64> = None, rate(), Documented, TYPES;
        /// Bytes per time; gp3 only. Without it 125MiB/s.
        throughput: Option<f64> = None, bandwidth(), Documented, TYPES;
        /// Share of the most savings that is there at the start; gp2, st1 and sc1 only.
        credits: f64 = 1.0, share(), Documented, "EBS user guide, General purpose SSD: a new volume has all, read 2026-11";
        /// Size of one operation where a step gives none.
        item: Law = Law::Constant(16_384.0), size_law(), Choice, "16 KiB, for which times are stated";
        /// Time of an operation; without it p50 0.8ms, p99 2.5ms (gp3), 0.9ms, 3.5ms (gp2), 0.35ms, 0.8ms (io2), 8ms, 40ms (st1), 15ms, 80ms (sc1).
        time: Option<Law> = None, duration_law(), Estimate, "single-digit milliseconds by the EBS user guide, below 0.5 ms on average for io2, read 2026-11; put your own";
    }
    check Ebs::check
}

/// A rate, and what may be saved of a smaller one.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Rate {
    /// Per second at most.
    most_per_s: f64,
    /// Gained per second, and the most that is saved.
    saved: Option<(f64, f64)>,
}

impl Ebs {
    /// Checks rules between parameters.
    fn check(&mut self, object: &mut Object<'_>) {
        let foreign: &[&str] = match self.volume {
            Volume::Gp3 => &["credits"],
            Volume::Io2 => &["credits", "throughput"],
            Volume::Gp2 | Volume::St1 | Volume::Sc1 => &["iops", "throughput"],
        };
        for key in foreign.iter().filter(|key| object.has(key)) {
            let message = format!(
                "`{key}` does not apply to {}, a {} volume",
                object.owner(),
                super::parameter::word(VOLUMES, &self.volume)
            );
            object.error_at(key, "ebs::type", message);
        }
    }

    /// Returns the rate of operations.
    fn operations(&self) -> Rate {
        let gibibytes = self.size as f64 / GIBIBYTE as f64;
        let plain = |most_per_s| Rate {
            most_per_s,
            saved: None,
        };
        match self.volume {
            Volume::Gp3 | Volume::Io2 => plain(self.iops.unwrap_or(3_000.0)),
            Volume::Gp2 => {
                let gained = (3.0 * gibibytes).clamp(100.0, 16_000.0);
                let (savings, with_savings) = GP2;
                if gained >= with_savings {
                    return plain(gained);
                }
                Rate {
                    most_per_s: with_savings,
                    saved: Some((gained, savings)),
                }
            }
            // SOURCE: EBS user guide, Volume types: of 1 MiB each.
            Volume::St1 => plain(500.0),
            Volume::Sc1 => plain(250.0),
        }
    }

    /// Returns the rate of bytes.
    fn bytes(&self) -> Rate {
        let tebibytes = self.size as f64 / (1024 * GIBIBYTE) as f64;
        let plain = |mebibytes: f64| Rate {
            most_per_s: mebibytes * MEBIBYTE,
            saved: None,
        };
        // SOURCE: EBS user guide, HDD volumes: MiB/s for each TiB, gained and with
        // savings, each up to a most; savings of 1 TiB for each TiB.
        let disk = |(gained, most_gained): (f64, f64), (burst, most): (f64, f64)| Rate {
            most_per_s: (burst * tebibytes).min(most) * MEBIBYTE,
            saved: Some((
                (gained * tebibytes).min(most_gained) * MEBIBYTE,
                self.size as f64,
            )),
        };
        match self.volume {
            Volume::Gp3 => Rate {
                most_per_s: self.throughput.unwrap_or(125.0 * MEBIBYTE),
                saved: None,
            },
            Volume::Gp2 if self.size < 170 * GIBIBYTE => plain(128.0),
            Volume::Gp2 => plain(250.0),
            Volume::Io2 => plain(4_000.0),
            Volume::St1 => disk((40.0, 500.0), (250.0, 500.0)),
            Volume::Sc1 => disk((12.0, 192.0), (80.0, 250.0)),
        }
    }

    /// Returns the time of an operation.
    fn time(&self) -> Law {
        let (p50, p99) = match self.volume {
            Volume::Gp3 => (0.8, 2.5),
            Volume::Gp2 => (0.9, 3.5),
            Volume::Io2 => (0.35, 0.8),
            Volume::St1 => (8.0, 40.0),
            Volume::Sc1 => (15.0, 80.0),
        };
        let usual = || milliseconds_p50_p99(p50, p99);
        self.time.clone().unwrap_or_else(usual)
    }

    /// Adds the buckets of a rate to a passage.
    fn add(
        &self,
        program: &mut Program<'_>,
        tolls: &mut Vec<(BucketId, Cost)>,
        labels: [&str; 2],
        rate: Rate,
        cost: Cost,
    ) {
        let paced = BucketSpec::paced(rate.most_per_s, Scope::Node);
        tolls.push((program.bucket(labels[0], &paced), cost));
        if let Some((rate_per_s, burst)) = rate.saved {
            let savings = BucketSpec {
                rate_per_s,
                burst,
                window: Span::ZERO,
                scope: Scope::Node,
            };
            let held = burst * self.credits;
            tolls.push((program.bucket_holding(labels[1], &savings, held), cost));
        }
    }
}

impl Component for Ebs {
    fn info(&self) -> &'static KindInfo {
        &INFO
    }

    fn compile(&self, program: &mut Program<'_>) {
        let unit = match self.volume {
            Volume::Gp3 | Volume::Gp2 | Volume::Io2 => OPERATION,
            Volume::St1 | Volume::Sc1 => 4 * OPERATION,
        };
        let operation = Cost::UnitsPerItem { unit, factor: 1.0 };
        let byte = Cost::Bytes { factor: 1.0 };
        let mut tolls = Vec::new();
        let labels = ["operations", "saved operations"];
        self.add(program, &mut tolls, labels, self.operations(), operation);
        let labels = ["bytes", "saved bytes"];
        self.add(program, &mut tolls, labels, self.bytes(), byte);
        program.admit_each(&tolls, true);
        if self.growth.is_some() && program.is_write() {
            // No bucket: bytes are only counted.
            program.admit_metered(&[], Cost::One);
        }
        program.work(&WorkSpec::of(&self.time()));
    }

    fn charges(&self) -> Vec<Charge> {
        let growth = self.growth.map(|share| Added {
            ops: &["write"],
            share,
            copies: 1.0,
        });
        let size = |price: &Price, item: &'static str| {
            let grows = growth.map(|growth| (growth, item));
            storage(price, Some(self.size), grows, Ages::ALL)
        };
        let (operations, bytes) = (self.operations().most_per_s, self.bytes().most_per_s);
        let beyond = |rate: f64, from: f64| Usage::Kept((rate - from).max(0.0));
        match self.volume {
            Volume::Gp3 => {
                let mut charges = size(&GP3, "size (gp3), grown");
                charges.extend([
                    Charge::new(&GP3_IOPS, beyond(operations, INCLUDED.0)),
                    Charge::new(&GP3_THROUGHPUT, beyond(bytes / MEBIBYTE, INCLUDED.1)),
                ]);
                charges
            }
            Volume::Gp2 => size(&GP2_SIZE, "size (gp2), grown"),
            Volume::Io2 => {
                let [first, second] = IO2_STEPS;
                let mut charges = size(&IO2, "size (io2), grown");
                charges.extend([
                    Charge::new(&IO2_IOPS, Usage::Kept(operations.min(first))),
                    Charge::new(&IO2_MORE_IOPS, beyond(operations.min(second), first)),
                    Charge::new(&IO2_MOST_IOPS, beyond(operations, second)),
                ]);
                charges
            }
            Volume::St1 => size(&ST1, "size (st1), grown"),
            Volume::Sc1 => size(&SC1, "size (sc1), grown"),
        }
    }

    fn unbilled(&self) -> Vec<&'static str> {
        vec!["snapshots"]
    }

    fn item(&self) -> Option<Law> {
        Some(self.item.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_follow_from_type_and_size() {
        let volume = |volume, gibibytes| Ebs {
            volume,
            size: gibibytes * GIBIBYTE,
            ..Ebs::default()
        };

        let gp2 = |gibibytes| volume(Volume::Gp2, gibibytes).operations();
        assert_eq!(gp2(10).saved, Some((100.0, 5_400_000.0)));
        assert_eq!(gp2(100).saved, Some((300.0, 5_400_000.0)));
        let plain = |most_per_s| Rate {
            most_per_s,
            saved: None,
        };
        assert_eq!(gp2(1_000), plain(3_000.0));
        assert_eq!(gp2(16_000), plain(16_000.0));
        let st1 = Rate {
            most_per_s: 500.0 * MEBIBYTE,
            saved: Some((80.0 * MEBIBYTE, 2_048.0 * 1_073_741_824.0)),
        };
        assert_eq!(volume(Volume::St1, 2_048).bytes(), st1);
    }
}

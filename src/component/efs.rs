//! EFS: a shared file system whose operations and bytes wait for its rates.
//!
//! # Model
//! 1. An operation waits for the file system's rate of reads or of writes; nothing is refused.
//! 2. In bursting mode its bytes wait as well: 50 MiB/s for each TiB stored (at least 1) are
//!    gained and saved up; with savings it does 100 MiB/s for each TiB (at least 100).
//!    Reads count a third. Every operation counts as 4 KiB at least.
//! 3. In provisioned mode they wait for `throughput`, or for what is gained by what is stored
//!    if that is more; they count as in bursting mode, and nothing is saved up.
//! 4. The time of the operation passes.
//!
//! # Not modelled
//! - The regional maximum of bytes in elastic mode (20 GiB/s of reads and more); the most of one client: give the link a `bandwidth`.
//! - Infrequent-access storage, locks, the 25,000 connections of a file system.
//!
//! # Sources
//! EFS user guide (Performance; Quotas). Times are estimates from the guide's best cases (1 ms
//! and 2.7 ms). Read 2026-11.

use crate::component::ask::{Access, OperationInfo};
use crate::component::parameter::{
    Basis, Parameters, bandwidth, choice, custom, duration_law, milliseconds_p50_p99, parameters,
    rate, share, size_law,
};
use crate::component::price::{Charge, PRICE_LIST, Price, RECALLED, Tiers, Usage};
use crate::component::{BucketSpec, Class, Component, KindInfo, Program, Scope, WorkSpec};
use crate::model::Cost;
use crate::random::law::Law;
use crate::spec::field::Field;
use crate::spec::reader::Object;
use crate::units::{Span, show};

/// Rates of operations.
const QUOTAS: &str = "EFS user guide, Quotas, read 2026-11";
/// Times.
const LATENCY: &str =
    "best cases of the EFS user guide, Performance, read 2026-11, with a tail; put your own";
/// One mebibyte, in bytes.
const MEBIBYTE: f64 = 1_048_576.0;
/// One tebibyte, in bytes.
const TEBIBYTE: f64 = 1_099_511_627_776.0;
/// Bytes that one operation is counted as at least.
///
/// SOURCE: EFS user guide, Metering: 4 KiB. Read 2026-11.
const METERED: u32 = 4096;
/// What reads and writes are charged by in elastic mode [GiB].
const BYTES: Cost = Cost::UnitsPerItem {
    unit: METERED,
    factor: METERED as f32 / GIBIBYTE,
};
/// One gibibyte, in bytes.
const GIBIBYTE: f32 = 1_073_741_824.0;
/// What is paid for.
const PRICES: &[Price] = &[STORAGE, READS, WRITES, THROUGHPUT];
const STORAGE: Price = Price {
    item: "storage (Standard)",
    unit: "GiB-month",
    usd: Tiers::Flat(0.3),
    free: 0.0,
    basis: Basis::Documented,
    source: PRICE_LIST,
};
const READS: Price = Price {
    item: "bytes read (elastic)",
    unit: "GiB",
    usd: Tiers::Flat(0.03),
    basis: Basis::Estimate,
    source: RECALLED,
    ..STORAGE
};
const WRITES: Price = Price {
    item: "bytes written (elastic)",
    usd: Tiers::Flat(0.06),
    ..READS
};

const THROUGHPUT: Price = Price {
    item: "throughput beyond what is stored gains",
    unit: "MiB/s-month",
    usd: Tiers::Flat(6.0),
    ..STORAGE
};

/// The kind.
pub static INFO: KindInfo = KindInfo {
    kind: "efs",
    class: Class::Leaf,
    summary: "a shared file system whose operations and bytes wait for its rates",
    model: "waits for the rate of reads or writes; bursting: waits for bytes, which are saved up when not used; provisioned: waits for bytes; takes the \
            operation's time",
    not_modelled: "regional maximum of bytes, the most of one client, infrequent-access storage, locks, connections",
    sources: "EFS user guide (Performance; Quotas); read 2026-11",
    operations: &[
        operation("read", Access::Read, "reads from a file"),
        operation("open", Access::Read, "finds or makes a file"),
        operation("write", Access::Write, "writes to a file"),
    ],
    prices: PRICES,
    parameters: Efs::table,
    read: |object| Box::new(Efs::read(object)),
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

/// What bounds its throughput.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Nothing but regional maxima; every byte is paid for.
    Elastic,
    /// What is stored, with savings.
    Bursting,
    /// What is bought.
    Provisioned,
}

/// Words for modes.
const MODES: &[(&str, Mode)] = &[
    ("elastic", Mode::Elastic),
    ("bursting", Mode::Bursting),
    ("provisioned", Mode::Provisioned),
];

/// Reads how much is stored [bytes].
fn stored() -> crate::component::parameter::How<u64> {
    custom(
        "size",
        "any",
        |field: &Field<'_>| field.size(),
        |bytes: &u64| show::size(*bytes as f64),
    )
}

parameters! {
    /// Parameters of a file system.
    pub struct Efs {
        /// What bounds its throughput.
        mode: Mode = Mode::Elastic, choice(MODES), Documented, "EFS user guide, Performance: elastic is the default, read 2026-11";
        /// Bytes per time that are bought; provisioned only, where it has to be given.
        throughput: Option<f64> = None, bandwidth(), Choice, "has to be given if provisioned";
        /// What is stored; not elastic.
        stored: u64 = 100 << 30, stored(), Choice, "a common size";
        /// Share of the most savings that is there at the start; bursting only.
        credits: f64 = 1.0, share(), Estimate, "a new file system has 2.1 TiB, recalled from the EFS user guide, 2026-11";
        /// Reads per time; without it 250,000/s (elastic), 35,000/s (bursting), 55,000/s (provisioned).
        reads: Option<f64> = None, rate(), Documented, QUOTAS;
        /// Writes per time; without it 50,000/s (elastic), 7,000/s (bursting), 25,000/s (provisioned).
        writes: Option<f64> = None, rate(), Documented, QUOTAS;
        /// Size of one operation where a step gives none.
        item: Law = Law::Constant(65_536.0), size_law(), Choice, "64 KiB, a part of a file";
        /// Time of `read`.
        read_time as "read": Law = milliseconds_p50_p99(1.0, 5.0), duration_law(), Estimate, LATENCY;
        /// Time of `open`.
        open: Law = milliseconds_p50_p99(3.0, 15.0), duration_law(), Estimate, LATENCY;
        /// Time of `write`.
        write: Law = milliseconds_p50_p99(2.7, 12.0), duration_law(), Estimate, LATENCY;
    }
    check Efs::check
}

impl Efs {
    /// Checks rules between parameters.
    fn check(&mut self, object: &mut Object<'_>) {
        if self.mode == Mode::Provisioned && !object.has("throughput") {
            let message = format!("{} is provisioned and needs `throughput`", object.owner());
            object.error_at("throughput", "key::missing", message);
        }
        let foreign: &[&str] = match self.mode {
            Mode::Elastic => &["stored", "credits", "throughput"],
            Mode::Bursting => &["throughput"],
            Mode::Provisioned => &["credits"],
        };
        for key in foreign.iter().filter(|key| object.has(key)) {
            let message = format!(
                "`{key}` does not apply to {}, whose mode is {}",
                object.owner(),
                super::parameter::word(MODES, &self.mode)
            );
            object.error_at(key, "efs::mode", message);
        }
    }

    /// Writes the wait for bytes.
    fn burst(&self, program: &mut Program<'_>, writes: bool) {
        let tebibytes = self.stored as f64 / TEBIBYTE;
        let most = BucketSpec::paced((100.0 * tebibytes).max(100.0) * MEBIBYTE, Scope::Node);
        // ESTIMATE: savings of 2.1 TiB, and so much for each TiB above one.
        let kept = 2.1 * TEBIBYTE * tebibytes.max(1.0);
        let savings = BucketSpec {
            rate_per_s: (50.0 * tebibytes).max(1.0) * MEBIBYTE,
            burst: kept,
            window: Span::ZERO,
            scope: Scope::Node,
        };
        let most = program.bucket("bytes", &most);
        let savings = program.bucket_holding("saved bytes", &savings, kept * self.credits);
        program.admit(&[most, savings], Efs::counted(writes), true);
    }

    /// Returns the bytes per second that come with what is stored.
    fn gained(&self) -> f64 {
        50.0 * MEBIBYTE * self.stored as f64 / TEBIBYTE
    }

    /// Writes the wait for bytes that are bought.
    fn provisioned(&self, program: &mut Program<'_>, writes: bool) {
        let bought = self.throughput.unwrap_or(0.0).max(self.gained());
        let most = BucketSpec::paced(bought, Scope::Node);
        let most = program.bucket("bytes", &most);
        program.admit(&[most], Efs::counted(writes), true);
    }

    /// Returns what the bytes of an operation count.
    fn counted(writes: bool) -> Cost {
        let share = if writes { 1.0 } else { 1.0 / 3.0 };
        Cost::UnitsPerItem {
            unit: METERED,
            factor: METERED as f32 * share,
        }
    }
}

impl Component for Efs {
    fn info(&self) -> &'static KindInfo {
        &INFO
    }

    fn compile(&self, program: &mut Program<'_>) {
        let writes = program.is_write();
        let (reading, writing) = match self.mode {
            Mode::Elastic => (250_000.0, 50_000.0),
            Mode::Bursting => (35_000.0, 7_000.0),
            Mode::Provisioned => (55_000.0, 25_000.0),
        };
        let (label, per_s) = if writes {
            ("writes", self.writes.unwrap_or(writing))
        } else {
            ("reads", self.reads.unwrap_or(reading))
        };
        let rate = program.bucket(label, &BucketSpec::paced(per_s, Scope::Node));
        program.admit(&[rate], Cost::Items, true);
        let opens = program.op() == "open";
        if self.mode == Mode::Bursting && !opens {
            self.burst(program, writes);
        }
        if self.mode == Mode::Provisioned && !opens {
            self.provisioned(program, writes);
        }
        if self.mode == Mode::Elastic && !opens {
            // No bucket: bytes are only counted.
            program.admit_metered(&[], BYTES);
        }
        let time = match (writes, opens) {
            (true, _) => &self.write,
            (_, true) => &self.open,
            _ => &self.read_time,
        };
        program.work(&WorkSpec::of(time));
    }

    fn charges(&self) -> Vec<Charge> {
        match self.mode {
            Mode::Elastic => vec![
                Charge::new(&READS, Usage::Units(&["read"])),
                Charge::new(&WRITES, Usage::Units(&["write"])),
            ],
            Mode::Bursting | Mode::Provisioned => {
                let gibibytes = self.stored as f64 / f64::from(GIBIBYTE);
                // SOURCE: EFS pricing, recalled 2026-11: what storage includes is not paid again.
                let bought = self.throughput.unwrap_or(0.0) - self.gained();
                let bought = Usage::Kept(bought.max(0.0) / MEBIBYTE);
                vec![
                    Charge::new(&STORAGE, Usage::Kept(gibibytes)),
                    Charge::new(&THROUGHPUT, bought),
                ]
            }
        }
    }

    fn unbilled(&self) -> Vec<&'static str> {
        match self.mode {
            Mode::Elastic => vec![
                "storage, as an elastic file system has no `stored`",
                "bytes that `open` is counted as",
                "backups",
            ],
            Mode::Bursting | Mode::Provisioned => vec!["backups"],
        }
    }

    fn item(&self) -> Option<Law> {
        Some(self.item.clone())
    }
}

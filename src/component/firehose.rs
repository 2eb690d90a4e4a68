//! Data Firehose: gathers records and writes them to a destination in large pieces.
//!
//! # Model
//! 1. A call pays a record for each of its records, one call, and its bytes at the
//!    stream's three buckets, all or nothing; without the tokens it is throttled at once.
//!    A record of more than 1,000 KiB fails at once, and a call of more than 4 MiB.
//! 2. It is acknowledged after its time; the records are in the buffer.
//! 3. The buffer is handed to the link when it holds `buffer` bytes, or `interval` after its
//!    first record; one piece at a time. A store gets a piece as one write of all its
//!    bytes; a piece that fails is tried again in place.
//!
//! # Not modelled
//! - Bytes are counted as records of the mean size of `item`: `buffer` is a number of records.
//! - Records of one call that are refused while others pass: the call is refused whole.
//! - Buffers that grow by themselves when the destination is behind, the backup of
//!   pieces that fail for long, dynamic partitions, conversion, compression.
//!
//! # Sources
//! Data Firehose developer guide (Quota; Buffering hints; Data delivery). Times of calls are
//! estimates. Read 2026-11.

use crate::component::ask::{Access, OperationInfo};
use crate::component::parameter::{
    Basis, Parameters, bandwidth, custom, duration, duration_in, duration_law,
    milliseconds_p50_p99, parameters, rate, size_law,
};
use crate::component::price::{Charge, ON, Price, RECALLED, TEBIBYTE, Tiers, Usage};
use crate::component::{
    Ask, BucketSpec, Class, Component, DeliveryDefaults, KindInfo, LogSpec, MostBytes, Program,
    Scope, WorkSpec,
};
use crate::model::Cost;
use crate::random::law::Law;
use crate::spec::field::Field;
use crate::units::{Span, show};

/// Limits.
const QUOTAS: &str =
    "Data Firehose developer guide, Quota: us-east-1, us-west-2 and eu-west-1, read 2026-11";
/// Buffering.
const BUFFERING: &str =
    "5 MiB or 300 s, recalled from the Data Firehose developer guide, Buffering hints, 2026-11";
/// Times of calls.
const LATENCY: &str = "within a region, light load, 2026-11; put your own";
/// One mebibyte.
const MEBIBYTE: u64 = 1 << 20;
/// One second.
const SECOND: u64 = 1_000_000_000;

/// What a record is charged by: 5 KiB, in gibibytes.
///
/// SOURCE: Data Firehose pricing, records are rounded up to 5 KiB, read 2026-11.
const INGESTED: Cost = Cost::UnitsPerItem {
    unit: 5 * 1024,
    factor: 5.0 / (1024.0 * 1024.0),
};
/// Bytes of a record, and of all records of a call.
///
/// SOURCE: Data Firehose developer guide, Quota: 1,000 KiB and 4 MiB. Read 2026-11.
const MOST_OF_A_RECORD: u64 = 1_000 << 10;
const MOST_OF_A_CALL: u64 = 4 << 20;

/// What is paid for.
const PRICES: &[Price] = &[INGEST];
const INGEST: Price = Price {
    item: "data ingested, in steps of 5 KiB a record",
    unit: "GiB",
    usd: Tiers::Steps(&[
        (500.0 * TEBIBYTE, 0.029),
        (2_036.0 * TEBIBYTE, 0.025),
        (ON, 0.02),
    ]),
    free: 0.0,
    basis: Basis::Estimate,
    source: RECALLED,
};

/// The kind.
pub static INFO: KindInfo = KindInfo {
    kind: "firehose",
    class: Class::Log,
    summary: "gathers records and writes them to a destination in large pieces",
    model: "pays records, calls and bytes at its buckets, else throttles; acknowledges after a call's time; hands the \
            buffer to its link when it is full or its interval is over, one piece at a time",
    not_modelled: "bytes of single records in the buffer, records refused one by one, buffers that grow, backup, dynamic partitions, conversion",
    sources: "Data Firehose developer guide (Quota; Buffering hints; Data delivery); read 2026-11",
    operations: &[OperationInfo {
        name: "put",
        access: Access::Send,
        most_items: 500,
        doc: "leaves a record, or up to 500 (PutRecordBatch)",
    }],
    prices: PRICES,
    parameters: Firehose::table,
    read: |object| Box::new(Firehose::read(object)),
};

/// Reads the size of the buffer [bytes].
fn buffer() -> crate::component::parameter::How<u64> {
    let read = |field: &Field<'_>| {
        let bytes = field.size()?;
        if (MEBIBYTE..=128 * MEBIBYTE).contains(&bytes) {
            return Some(bytes);
        }
        field.out_of_range("1MiB", "128MiB")
    };
    custom("size", "1MiB to 128MiB", read, |bytes: &u64| {
        show::size(*bytes as f64)
    })
}

parameters! {
    /// Parameters of a stream.
    pub struct Firehose {
        /// Records per time that the stream takes in; one second of it at once.
        records: f64 = 500_000.0, rate(), Documented, QUOTAS;
        /// Calls per time that the stream takes in; one second of it at once.
        calls: f64 = 2_000.0, rate(), Documented, QUOTAS;
        /// Bytes per time that the stream takes in; one second of it at once.
        bytes: f64 = 5_242_880.0, bandwidth(), Documented, QUOTAS;
        /// Size of a record where a step gives none; its mean turns `buffer` into records.
        item: Law = Law::Constant(1024.0), size_law(), Choice, "the format's own default";
        /// Size at which the buffer is handed over.
        buffer: u64 = 5 * MEBIBYTE, buffer(), Estimate, BUFFERING;
        /// Age of its first record at which the buffer is handed over.
        interval: Span = Span(300 * SECOND), duration_in(Span(SECOND)..=Span(900 * SECOND)), Estimate, BUFFERING;
        /// Time of a call until it is acknowledged.
        put: Law = milliseconds_p50_p99(15.0, 80.0), duration_law(), Estimate, LATENCY;
        /// Time of every further record of a call: 500 take a median of 30 ms.
        put_each: Span = Span(30_000), duration(), Estimate, LATENCY;
    }
}

impl Firehose {
    /// Returns the records that fill the buffer.
    fn full(&self) -> u32 {
        let mean = self.item.mean().max(1.0);
        (self.buffer as f64 / mean).ceil().clamp(1.0, 1e6) as u32
    }
}

impl Component for Firehose {
    fn info(&self) -> &'static KindInfo {
        &INFO
    }

    fn compile(&self, program: &mut Program<'_>) {
        let bucket = |program: &mut Program<'_>, label, per_s| {
            program.bucket(label, &BucketSpec::one_second(per_s, Scope::Node))
        };
        let records = bucket(program, "records", self.records);
        let calls = bucket(program, "calls", self.calls);
        let bytes = bucket(program, "bytes", self.bytes);
        let tolls = [
            (records, Cost::Items),
            (calls, Cost::One),
            (bytes, Cost::Bytes { factor: 1.0 }),
        ];
        program.admit_metered(&tolls, INGESTED);
        program.work(&WorkSpec {
            per_item_ns: self.put_each.0 as f64,
            ..WorkSpec::of(&self.put)
        });
        let log = LogSpec {
            partitions: 1,
            retention: Span::MAX,
            max_receives: u32::MAX,
        };
        program.append("buffer", &log);
    }

    fn item(&self) -> Option<Law> {
        Some(self.item.clone())
    }

    fn delivers(&self) -> DeliveryDefaults {
        DeliveryDefaults {
            batch: self.full(),
            window: self.interval,
            ..DeliveryDefaults::default()
        }
    }

    fn most_bytes(&self, _op: &str, _ask: &Ask) -> Option<MostBytes> {
        Some(MostBytes {
            item: MOST_OF_A_RECORD,
            call: MOST_OF_A_CALL,
        })
    }

    fn charges(&self) -> Vec<Charge> {
        vec![Charge::new(&INGEST, Usage::Units(&[]))]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_buffer_is_full_after_its_size_in_records() {
        let full = |item, mebibytes| {
            let stream = Firehose {
                item,
                buffer: mebibytes * MEBIBYTE,
                ..Firehose::default()
            };
            stream.full()
        };

        assert_eq!(full(Law::Constant(1024.0), 5), 5_120);
        assert_eq!(full(Law::Exponential { mean: 500.0 }, 1), 2_098);
    }
}

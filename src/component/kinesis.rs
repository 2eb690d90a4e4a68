//! A Kinesis data stream: ordered shards, provisioned or on demand, each with limits of its own.
//!
//! # Model
//! 1. The hash of the key chooses the shard. On demand there are as many as `warm` needs, and
//!    one that is above half of its rate for `split_after` splits in two: under a flood the
//!    stream doubles every quarter of an hour. Consumers read the new shard once they are past
//!    what the old one held.
//! 2. The call pays a record for each of its records and their bytes at the shard's two
//!    buckets, all or nothing; without the tokens it is throttled at once.
//!    A call that brings more than 10 MiB fails at once.
//! 3. It is acknowledged after the time of one call and of its further records.
//! 4. The records can be read `propagation` later. Every link is a consumer group, which
//!    gets each shard in order, one batch per shard at a time; a batch that ends
//!    badly is tried again in place.
//! 5. `resharding` changes the number of shards at planned times (UpdateShardCount). So long
//!    after it is asked for, others take over all keys, each an equal part of the hashes, with
//!    buckets of their own, full at first. The old ones take nothing more; a consumer reads a new
//!    one once it is past what all those held whose keys that has.
//! 6. A batch waits until the shard may give out its bytes: 2 MB/s to all consumers
//!    together, or to each of them with enhanced fan-out. So a consumer falls behind that
//!    shares a shard with too many others, and the age of what it reads grows.
//!
//! # Not modelled
//! - Calls of reading, 5 a second of a shard: consumers that share them ask less often, which
//!   is in `propagation`, 200 ms for each of them.
//! - A call whose records lie in several shards: all go to the shard of the first
//!   record's key, and a refusal is the call's, not the record's. A call of more than 1 MB
//!   never finds the tokens.
//! - Merges on demand: a stream never shrinks here, as the peak of 30 days counts; `warm` is what
//!   it has grown to. Old and new shard both go on after a split on demand, where the real one is closed.
//! - In the bill: consumers that read records again, or do not read all; each is taken to read
//!   everything once. Shards on demand, which have no price.
//! - A resharding shard by shard, with shards between the old and the new: it is in force at once
//!   when it is over. A record whose call was acknowledged later than one of the same key behind it
//!   may be read after that. SplitShard and MergeShards for single shards.
//!
//! # Sources
//! Limits and propagation: Kinesis Data Streams developer guide (Quotas and limits;
//! Low-latency processing). Times of calls are estimates. Read 2026-11.

use crate::component::ask::{Access, OperationInfo};
use crate::component::parameter::{
    Basis, How, Parameters, bandwidth, choice, count, count_or_unlimited, custom, duration,
    duration_in, duration_law, milliseconds_p50_p99, parameters, rate, size_law,
};
use crate::component::price::{
    Added, Ages, Charge, GIB_MONTH, MILLION, PRICE_LIST, Price, RECALLED, Tiers, Usage,
};
use crate::component::{
    Ask, BucketSpec, Class, Component, DeliveryDefaults, KindInfo, LogSpec, MostBytes,
    PartitionSpec, Program, ReadLimit, Scope, WorkSpec,
};
use crate::model::{Cost, Splitting};
use crate::random::law::Law;
use crate::spec::field::Field;
use crate::spec::reader::Object;
use crate::units::{SimTime, Span};

/// Limits.
const LIMITS: &str = "Kinesis Data Streams developer guide, Quotas and limits, read 2026-11";
/// Propagation.
const PROPAGATION: &str = "Kinesis Data Streams developer guide, Low-latency processing: 200 ms mean with one consumer, 1 s with five, 70 ms enhanced, read 2026-11";
/// How often a batch is tried.
const RETRIES: &str = "Lambda developer guide, event source mappings: MaximumRetryAttempts is \
                       infinite by default, read 2026-11";
/// Times of calls.
const LATENCY: &str = "within a region, light load, 2026-11; put your own";
/// What a record is charged by: payload units of 25 KiB.
///
/// SOURCE: Kinesis Data Streams pricing, PUT payload unit, read 2026-11.
const PAYLOAD: Cost = Cost::UnitsPerItem {
    unit: 25 * 1024,
    factor: 1.0,
};
/// Bytes of a record, and of all records of a call.
///
/// SOURCE: Kinesis Data Streams developer guide, Quotas and limits: 10 MiB since 2025 (1 MiB, and
/// 5 MiB of a call, before). Read 2026-11.
const MOST_BYTES: u64 = 10 << 20;

/// What is paid for.
const PRICES: &[Price] = &[
    SHARDS,
    PUTS,
    RETENTION,
    KEPT_LONG,
    FANNED_OUT,
    BYTES_FANNED_OUT,
    STREAM,
    INGEST,
    READ,
    READ_ENHANCED,
];
const SHARDS: Price = Price {
    item: "shards",
    unit: "shard-hour",
    usd: Tiers::Flat(0.015),
    free: 0.0,
    basis: Basis::Documented,
    source: PRICE_LIST,
};
const PUTS: Price = Price {
    item: "payload units of 25 KiB",
    unit: "unit",
    usd: Tiers::Flat(0.014 / MILLION),
    ..SHARDS
};
const RETENTION: Price = Price {
    item: "retention of 1 to 7 days",
    unit: "shard-hour",
    usd: Tiers::Flat(0.02),
    basis: Basis::Estimate,
    source: RECALLED,
    ..SHARDS
};
const KEPT_LONG: Price = Price {
    item: "retention beyond 7 days",
    unit: GIB_MONTH,
    usd: Tiers::Flat(0.023),
    ..SHARDS
};
const FANNED_OUT: Price = Price {
    item: "enhanced fan-out",
    unit: "consumer-shard-hour",
    usd: Tiers::Flat(0.015),
    ..SHARDS
};
const BYTES_FANNED_OUT: Price = Price {
    item: "bytes read by enhanced fan-out",
    unit: "GiB",
    usd: Tiers::Flat(0.013),
    ..SHARDS
};
const STREAM: Price = Price {
    item: "stream on demand",
    unit: "hour",
    usd: Tiers::Flat(0.04),
    ..SHARDS
};
const INGEST: Price = Price {
    item: "records taken in",
    unit: "GiB",
    usd: Tiers::Flat(0.08),
    ..SHARDS
};
const READ: Price = Price {
    item: "records read",
    usd: Tiers::Flat(0.04),
    ..INGEST
};
const READ_ENHANCED: Price = Price {
    item: "records read by enhanced fan-out",
    usd: Tiers::Flat(0.05),
    ..INGEST
};
/// What lies there longer than 7 days.
const LONG: Added = Added {
    ops: &["put"],
    share: 1.0,
    copies: 1.0,
};
/// What a record is charged by on demand: whole kibibytes [GiB].
///
/// SOURCE: Kinesis Data Streams pricing, on-demand, read 2026-11.
const KIBIBYTES: Cost = Cost::UnitsPerItem {
    unit: 1024,
    factor: 1.0 / 1_048_576.0,
};

/// How throughput is bought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// By the shard.
    Provisioned,
    /// By the byte; the stream has the shards that it needs.
    OnDemand,
}

/// Words for it.
const MODES: &[(&str, Mode)] = &[
    ("provisioned", Mode::Provisioned),
    ("on-demand", Mode::OnDemand),
];

/// What consumers share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Consumers {
    /// What a shard gives out, and the calls that ask for it.
    Shared,
    /// Nothing.
    Enhanced,
}

/// Words for it.
const CONSUMERS: &[(&str, Consumers)] = &[
    ("shared", Consumers::Shared),
    ("enhanced", Consumers::Enhanced),
];
/// Propagation for every consumer that shares [ns].
///
/// SOURCE: Kinesis Data Streams developer guide, Low-latency processing: 200 ms with one,
/// 1 s with five, as each asks a fifth as often. Read 2026-11.
const PROPAGATION_SHARED: u64 = 200_000_000;
/// Propagation with enhanced fan-out.
///
/// SOURCE: as above.
const PROPAGATION_ENHANCED: Span = Span(70_000_000);
/// One day.
const DAY: Span = Span(86_400 * 1_000_000_000);
/// Seven days: what is older has a price of its own.
const WEEK: Span = Span(7 * DAY.0);
/// Longest retention: 365 days.
const YEAR: Span = Span(365 * 86_400 * 1_000_000_000);

/// Share of a shard's rate from which on it is hot.
///
/// SOURCE: Kinesis Data Streams developer guide, How do I size a stream: a shard above 500 KB/s
/// splits within 15 minutes. ESTIMATE: half of its records are as much. Read 2026-11.
const HOT: f64 = 0.5;
/// How long it has to stay so.
const SPLIT_AFTER: Span = Span(900_000_000_000);
/// Shards that one may split into, and most of a stream: 10 GB/s.
///
/// CHOICE: four doublings are an hour of growth. SOURCE: Quotas and limits. Read 2026-11.
const MOST_SPLITS: u32 = 16;
const MOST_SHARDS: u32 = 10_000;

/// The kind.
pub static INFO: KindInfo = KindInfo {
    kind: "kinesis",
    class: Class::Log,
    summary: "a data stream: ordered shards with limits of records and bytes",
    model: "the key's hash chooses the shard (on demand, a hot one splits); pays records and bytes at its buckets, else throttles; \
            acknowledges after a call's time; `resharding` lets others take over; every link reads each shard in order, `propagation` later, and waits \
            for the bytes that the shard gives out",
    not_modelled: "calls of reading, calls over several shards, resharding shard by shard, merges on demand",
    sources: "Kinesis Data Streams developer guide (Quotas and limits; Low-latency processing; Building consumers); read 2026-11",
    operations: &[OperationInfo {
        name: "put",
        access: Access::Send,
        most_items: 500,
        doc: "appends a record, or several (PutRecords)",
    }],
    prices: PRICES,
    parameters: Kinesis::table,
    read: |object| Box::new(Kinesis::read(object)),
};

/// Changes of the number of shards in 24 hours.
///
/// SOURCE: Kinesis Data Streams API reference, UpdateShardCount: ten in rolling 24 hours, to double
/// at most and half at least. Read 2026-11.
const UPDATES: usize = 10;
/// Most shards of a stream after such a change.
///
/// SOURCE: as above. Read 2026-11.
const MOST_UPDATED: u32 = 10_000;
/// Most shards of a stream in a run, closed ones included.
const MOST_AT_ALL: u32 = 60_000;

parameters! {
    /// Parameters of a change of the number of shards.
    pub struct Resharding {
        /// When it is asked for. Has to be said.
        at: Option<Span> = None, duration(), Choice, "has to be said";
        /// Shards then. Has to be said.
        shards: Option<u32> = None, count(1..=MOST_UPDATED), Choice, "has to be said";
        /// Until it is in force.
        takes: Span = Span(300_000_000_000), duration(), Estimate, "minutes for a doubling in practice, 2026-11; the vendor gives no figure";
    }
    check Resharding::check
}

impl Resharding {
    /// Checks that all is there.
    fn check(&mut self, object: &mut Object<'_>) {
        if self.at.is_none() {
            object.missing("at");
        }
        if self.shards.is_none() {
            object.missing("shards");
        }
    }
}

/// Reads changes of the number of shards.
fn reshardings() -> How<Vec<Resharding>> {
    let read = |field: &Field<'_>| {
        let entries = field.list()?;
        let read = |entry: &Field<'_>| Some(Resharding::read(&mut entry.object()?));
        let all: Vec<Resharding> = entries.iter().filter_map(read).collect();
        (all.len() == entries.len()).then_some(all)
    };
    custom(
        "list",
        "in order of time",
        read,
        |all: &Vec<Resharding>| match all.len() {
            0 => "none".to_owned(),
            some => format!("{some} changes"),
        },
    )
}

parameters! {
    /// Parameters of a data stream.
    pub struct Kinesis {
        /// How throughput is bought.
        mode: Mode = Mode::Provisioned, choice(MODES), Choice, "shards that are asked for";
        /// Shards over which keys are spread by hash; provisioned only.
        shards: u32 = 1, count(1..=20_000), Choice, "one is the plainest; up to 20,000 by quota";
        /// Bytes per time that the stream has grown to take in, a shard for each megabyte; on demand only.
        warm: f64 = 4e6, bandwidth(), Documented, "Kinesis Data Streams developer guide, How do I size a stream: 4 MB/s at first, read 2026-11";
        /// How long a shard has to be above half of its rate until it splits in two; on demand only, 15 minutes without it.
        split_after: Option<Span> = None, duration_in(Span(1_000_000_000)..=DAY), Documented, "Kinesis Data Streams developer guide, How do I size a stream: within 15 minutes, read 2026-11";
        /// Changes of the number of shards: `at`, `shards`, and how long it `takes`; provisioned only, up to 10 in 24 hours, each to half at least and to double at most.
        resharding: Vec<Resharding> = Vec::new(), reshardings(), Choice, "the shards stay";
        /// Records per time that one shard takes in; one second of it at once.
        shard_records: f64 = 1_000.0, rate(), Documented, LIMITS;
        /// Bytes per time that one shard takes in; one second of it at once.
        shard_bytes: f64 = 1e6, bandwidth(), Documented, LIMITS;
        /// Size of a record where a step gives none; else the size in force.
        item: Option<Law> = None, size_law(), Choice, "the size in force, else 1 KiB";
        /// Time of a call until it is acknowledged.
        put: Law = milliseconds_p50_p99(12.0, 60.0), duration_law(), Estimate, LATENCY;
        /// Time of every further record of a call: 500 take a median of 30 ms.
        put_each: Span = Span(36_000), duration(), Estimate, LATENCY;
        /// Whether consumers share what a shard gives out, or each has its own (enhanced fan-out).
        consumers: Consumers = Consumers::Shared, choice(CONSUMERS), Choice, "enhanced fan-out has to be registered";
        /// Bytes per time that one shard gives out, to all consumers or to each; one second of it at once.
        shard_reads: f64 = 2e6, bandwidth(), Documented, LIMITS;
        /// Time from the acknowledgement until consumers can read; without it 200ms for every consumer that shares, 70ms with enhanced fan-out.
        propagation: Option<Span> = None, duration(), Documented, PROPAGATION;
        /// Age at which a record is dropped.
        retention: Span = Span(86_400 * 1_000_000_000), duration_in(Span(86_400 * 1_000_000_000)..=YEAR), Documented, LIMITS;
        /// Deliveries of a batch to a consumer after which its records go to the dead-letter link.
        max_receives: u32 = u32::MAX, count_or_unlimited(1), Documented, RETRIES;
    }
    check Kinesis::check
}

impl Kinesis {
    /// Checks rules between parameters.
    fn check(&mut self, object: &mut Object<'_>) {
        let (foreign, mode): (&[&str], _) = match self.mode {
            Mode::Provisioned => (&["warm", "split_after"], "on-demand"),
            Mode::OnDemand => (&["shards", "resharding"], "provisioned"),
        };
        for foreign in foreign.iter().filter(|key| object.has(key)) {
            let message = format!(
                "`{foreign}` does not apply to {}: only a stream that is {mode} has it",
                object.owner()
            );
            object.error_at(foreign, "kinesis::mode", message);
        }
        if let Some(wrong) = self.wrong_resharding() {
            let message = format!("`resharding` of {} {wrong}", object.owner());
            object.error_at("resharding", "kinesis::resharding", message);
        }
    }

    /// Returns what UpdateShardCount would refuse, if anything.
    fn wrong_resharding(&self) -> Option<String> {
        let (mut shards, mut free) = (self.shards, Span::ZERO);
        for (number, one) in self.resharding.iter().enumerate() {
            let (at, to) = (one.at.unwrap_or_default(), one.shards.unwrap_or(shards));
            if to > shards.saturating_mul(2) || to < shards.div_ceil(2) {
                return Some(format!(
                    "goes from {shards} to {to} shards: at least half and at most double is allowed at a time"
                ));
            }
            if at < free {
                return Some(format!(
                    "asks for {to} shards before the change to {shards} is over"
                ));
            }
            if let Some(tenth) = number.checked_sub(UPDATES)
                && at.0 < self.resharding[tenth].at.unwrap_or_default().0 + DAY.0
            {
                return Some(format!("asks more than {UPDATES} times in 24 hours"));
            }
            (shards, free) = (to, Span(at.0 + one.takes.0));
        }
        let all = self.resharding.iter().filter_map(|one| one.shards);
        let all = all.fold(self.shards, u32::saturating_add);
        (all > MOST_AT_ALL).then(|| {
            format!("makes {all} shards, the closed ones included, more than {MOST_AT_ALL}")
        })
    }

    /// Returns when the number of shards changes, and to what.
    fn changes(&self) -> Vec<(SimTime, u32)> {
        let changes = self.resharding.iter();
        let changes = changes.map(|one| {
            let at = SimTime::ZERO + one.at.unwrap_or_default() + one.takes;
            (at, one.shards.unwrap_or(self.shards))
        });
        changes.collect()
    }

    /// Returns the shards.
    fn count(&self) -> u32 {
        match self.mode {
            Mode::Provisioned => self.shards,
            Mode::OnDemand => (self.warm / self.shard_bytes).ceil().clamp(1.0, 20_000.0) as u32,
        }
    }
}

impl Kinesis {
    /// Returns the most shards that there may be.
    fn most(&self) -> u32 {
        match self.mode {
            Mode::Provisioned => {
                let later = self.changes();
                let later = later.iter().map(|(_, shards)| shards);
                self.shards + later.sum::<u32>()
            }
            Mode::OnDemand => (self.count() * MOST_SPLITS).min(MOST_SHARDS.max(self.count())),
        }
    }
}

impl Component for Kinesis {
    fn info(&self) -> &'static KindInfo {
        &INFO
    }

    fn compile(&self, program: &mut Program<'_>) {
        let (count, most) = (self.count(), self.most());
        let spread = PartitionSpec {
            count,
            ..PartitionSpec::default()
        };
        let shard = program.partition("shards", &spread);
        // ESTIMATE: a bucket holds one second of its rate.
        let limit = |rate_per_s: f64| BucketSpec {
            rate_per_s,
            burst: rate_per_s.max(1.0),
            window: Span::ZERO,
            scope: Scope::Instance(most),
        };
        let records = program.bucket("shard records", &limit(self.shard_records));
        let bytes = program.bucket("shard bytes", &limit(self.shard_bytes));
        if self.mode == Mode::OnDemand {
            let splitting = Splitting {
                most,
                share: HOT,
                after: self.split_after.unwrap_or(SPLIT_AFTER),
            };
            program.splits(shard, bytes, splitting);
            program.splits(shard, records, splitting);
        }
        let usual = match self.consumers {
            Consumers::Shared => Span(PROPAGATION_SHARED * u64::from(program.consumers().max(1))),
            Consumers::Enhanced => PROPAGATION_ENHANCED,
        };
        let propagation = self.propagation.unwrap_or(usual);
        if !self.resharding.is_empty() {
            program.recount(shard, &self.changes(), propagation);
        }
        program.place(shard);
        let prices = [(records, Cost::Items), (bytes, Cost::Bytes { factor: 1.0 })];
        let meter = match self.mode {
            Mode::Provisioned => PAYLOAD,
            Mode::OnDemand => KIBIBYTES,
        };
        program.admit_metered(&prices, meter);
        program.work(&WorkSpec {
            base: Some(self.put.clone()),
            per_item_ns: self.put_each.0 as f64,
            ..WorkSpec::default()
        });
        let log = LogSpec {
            partitions: most,
            retention: self.retention,
            max_receives: self.max_receives,
        };
        if propagation == Span::ZERO {
            program.append("records", &log);
            return;
        }
        // The same for all, so that records of a shard stay in order.
        program.aside(|program| {
            program.delay(&Law::Constant(propagation.0 as f64));
            program.append("records", &log);
        });
    }

    fn most_bytes(&self, _op: &str, _ask: &Ask) -> Option<MostBytes> {
        Some(MostBytes::call(MOST_BYTES))
    }

    fn charges(&self) -> Vec<Charge> {
        let enhanced = self.consumers == Consumers::Enhanced;
        let shards = f64::from(self.shards);
        let mut charges = match self.mode {
            Mode::OnDemand => {
                let read = if enhanced { &READ_ENHANCED } else { &READ };
                vec![
                    Charge::new(&STREAM, Usage::Hours(1.0)),
                    Charge::new(&INGEST, Usage::Units(&[])),
                    Charge::new(read, Usage::ReadUnits),
                ]
            }
            Mode::Provisioned => vec![
                Charge::new(&SHARDS, Usage::Hours(shards)),
                Charge::new(&PUTS, Usage::Units(&[])),
            ],
        };
        if self.mode == Mode::Provisioned {
            if self.retention > DAY {
                charges.push(Charge::new(&RETENTION, Usage::Hours(shards)));
            }
            if enhanced {
                charges.push(Charge::new(&FANNED_OUT, Usage::ReaderHours(shards)));
                charges.push(Charge::new(&BYTES_FANNED_OUT, Usage::ReadBytes));
            }
        }
        if self.retention > WEEK {
            let ages = Ages {
                from: Ages::months(WEEK),
                until: Ages::months(self.retention),
            };
            charges.push(Charge::new(&KEPT_LONG, Usage::Grown(LONG, ages)));
        }
        charges
    }

    fn unbilled(&self) -> Vec<&'static str> {
        let mut unbilled = Vec::new();
        if self.mode == Mode::OnDemand && self.retention > DAY {
            unbilled.push("retention of 1 to 7 days, of which no price on demand is known");
        }
        if self.retention > WEEK {
            unbilled.push("reads of what is older than 7 days");
        }
        if !self.resharding.is_empty() {
            unbilled.push("shards after `resharding`: `shards` are charged all month");
        }
        unbilled
    }

    fn follows_schedule(&self) -> bool {
        !self.resharding.is_empty()
    }

    fn item(&self) -> Option<Law> {
        self.item.clone()
    }

    fn delivers(&self) -> DeliveryDefaults {
        // SOURCE: Lambda developer guide, event source mappings: 100 records a
        // batch, read 2026-11.
        DeliveryDefaults {
            batch: 100,
            reads: vec![ReadLimit {
                label: "bytes read of a shard",
                bucket: BucketSpec::one_second(self.shard_reads, Scope::Instance(self.most())),
                cost: Cost::Bytes { factor: 1.0 },
                each_consumer: self.consumers == Consumers::Enhanced,
            }],
            ..DeliveryDefaults::default()
        }
    }
}

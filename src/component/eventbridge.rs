//! EventBridge: a bus that admits events and hands each to the targets whose rules match.
//!
//! # Model
//! 1. Every event of a call takes a token of the bucket that all buses of the account share.
//!    Events that find none are handed back while the others pass; the caller sends them
//!    again after `batch_pause`, which doubles, `batch_rounds` times in all. If some are left
//!    then, the call ends throttled, and a `retry` of it sends those alone; or, where the caller
//!    does not look at the entries of the answer (`failed_entries`), it counts as answered and
//!    they are lost. If none passed at first, the call ends throttled.
//!    A call that brings more than 1 MiB fails at once.
//! 2. It is acknowledged after its time. The events go on beside it.
//! 3. Rules are the links: `match` names flows or endpoints, `share` a part of the events.
//!    An event waits for as many tokens of the account's invocations as links get it on
//!    average, and leaves for all of them at once; nothing is lost by waiting.
//! 4. A target starts `delivery` later, beside the link. One that ends badly is tried again
//!    with pauses that double from 1 s to 10 min, 185 times; then the event goes to the
//!    dead-letter link, or is lost.
//! 5. A replay (`replays`) begins `at` a planned time and sends what came in between `from`
//!    and `to` again, in order, at the rate of the bus and beside its limit, to all links that
//!    match. What is replayed is not archived again. The bill has an archive of all events, for
//!    ever, and each replay once a month.
//!
//! # Not modelled
//! - That a caller sees a call of which no entry was accepted as answered (HTTP 200), too.
//! - The 24 hours after which deliveries end: 185 pauses with jitter take 15 of them.
//! - That an archive has an event only some minutes after the bus; replays for single rules,
//!   and their order within a minute.
//! - Pipes, the limits of API destinations, order (there is none).
//! - Schedules: give the load a line with `every`.
//!
//! # Sources
//! EventBridge user guide (Quotas; Retrying event delivery; PutEvents; Replaying archived
//! events), of the bus that it calls classic. Times are estimates around one report (80 ms at p90). Read 2026-11.

use crate::component::ask::{Access, OperationInfo};
use crate::component::parameter::{
    Basis, Parameters, choice, count, duration_law, milliseconds_p50_p99, parameters, rate,
    size_law,
};
use crate::component::price::{
    Added, Ages, Charge, GIB_MONTH, MILLION, PRICE_LIST, Price, RECALLED, Tiers, Usage,
};
use crate::component::program::Left;
use crate::component::replays::{ReplaySpec, replays};
use crate::component::{
    Ask, BucketSpec, CallDefaults, Class, Component, DeliveryDefaults, KindInfo, MostBytes,
    Program, RetryDefaults, Scope, WorkSpec,
};
use crate::model::{Backoff, Cost};
use crate::random::law::Law;
use crate::units::Span;

/// Limits.
const QUOTAS: &str =
    "EventBridge user guide, Quotas: us-east-1, us-west-2 and eu-west-1, read 2026-11";
/// One second.
const SECOND: u64 = 1_000_000_000;

/// What an event is charged by: chunks of 64 KiB.
const CHUNKS: Cost = Cost::UnitsPerItem {
    unit: 64 * 1024,
    factor: 1.0,
};
/// Bytes of all events of a call.
///
/// SOURCE: EventBridge user guide, PutEvents: 1 MiB. Read 2026-11.
const MOST_BYTES: u64 = 1 << 20;

/// What is paid for; what the rules match is free.
const PRICES: &[Price] = &[EVENTS, ARCHIVED, ARCHIVE, REPLAYED];
const EVENTS: Price = Price {
    item: "custom events, in chunks of 64 KiB",
    unit: "chunk",
    usd: Tiers::Flat(1.0 / MILLION),
    free: 0.0,
    basis: Basis::Documented,
    source: PRICE_LIST,
};

const ARCHIVED: Price = Price {
    item: "events taken into the archive",
    unit: "GiB",
    usd: Tiers::Flat(0.1),
    basis: Basis::Estimate,
    source: RECALLED,
    ..EVENTS
};
const ARCHIVE: Price = Price {
    item: "archive",
    unit: GIB_MONTH,
    usd: Tiers::Flat(0.023),
    ..ARCHIVED
};
const REPLAYED: Price = Price {
    item: "events replayed, in chunks of 64 KiB",
    basis: Basis::Estimate,
    source: RECALLED,
    ..EVENTS
};
/// What the archive keeps: all events, for ever.
///
/// SOURCE: EventBridge user guide, Archiving events: indefinitely unless a retention is set.
/// Read 2026-11.
const KEPT: Added = Added {
    ops: &["put"],
    share: 1.0,
    copies: 1.0,
};
/// A month of 30 days [s].
const MONTH: f64 = 30.0 * 86_400.0;

/// The kind.
pub static INFO: KindInfo = KindInfo {
    kind: "eventbridge",
    class: Class::Topic,
    summary: "a bus that hands each event to the targets whose rules match",
    model: "each event of a call takes a token, and those without one are sent again, alone, else throttle or are lost; is acknowledged; each \
            event waits for the account's invocations and goes to every link that matches, after the time of delivery; \
            failures are tried again; replays send archived events again at a planned time",
    not_modelled: "that a call of which nothing was accepted looks answered, the 24 hours of a delivery, the delay of an archive, pipes, API destinations",
    sources: "EventBridge user guide (Quotas; Retrying event delivery; PutEvents; Replaying archived events); AWS Architecture Blog, 2026 (80 ms at p90); read 2026-11",
    operations: &[OperationInfo {
        name: "put",
        access: Access::Send,
        most_items: 10,
        doc: "leaves an event, or up to 10 (PutEvents)",
    }],
    prices: PRICES,
    parameters: EventBridge::table,
    read: |object| Box::new(EventBridge::read(object)),
};

parameters! {
    /// Parameters of a bus.
    pub struct EventBridge {
        /// Events per time that all buses of the account take in; one second of it at once.
        rate: f64 = 10_000.0, rate(), Documented, QUOTAS;
        /// Invocations of targets per time of the account; events wait for them.
        invocations: f64 = 18_750.0, rate(), Documented, QUOTAS;
        /// Calls until what is left of a call of several events is given up, the first included.
        batch_rounds: u32 = 1, count(1..=16), Choice, "a client that does not look at the answer's entries sends none again";
        /// What a caller does about events that are left of a call: a `retry` of it sends them alone (`returned`), or it takes the call as answered (`ignored`).
        failed_entries: Left = Left::Returned, choice(&[("returned", Left::Returned), ("ignored", Left::Ignored)]), Choice, "a caller that looks at them; PutEvents answers 200 all the same, with a FailedEntryCount";
        /// Pause before the events that are left are sent again; it doubles every time.
        batch_pause: Law = Law::Uniform { low: 0.0, high: 100e6 }, duration_law(), Estimate, "100 ms with full jitter, 2026-11; the user guide asks for a pause, put your own";
        /// What is sent again from the archive: `at`, and `from`, `to`, `rate` (without it that of the bus).
        replays: Vec<ReplaySpec> = Vec::new(), replays(), Documented, "EventBridge user guide, Replaying archived events: as fast as the limit of PutEvents, beside it, 10 at once, read 2026-11";
        /// Size of an event where a step gives none; else the size in force.
        item: Option<Law> = None, size_law(), Choice, "the size in force, else 1 KiB";
        /// Time of a call until it is acknowledged.
        put: Law = milliseconds_p50_p99(25.0, 90.0), duration_law(), Estimate, "within a region, light load, 2026-11; put your own";
        /// Time from the acknowledgement until a target starts, beside the link.
        delivery: Law = milliseconds_p50_p99(60.0, 250.0), duration_law(), Estimate, "around 80 ms at p90 with 2,000 events/s, AWS Architecture Blog, read 2026-11";
    }
}

impl EventBridge {
    /// Writes what becomes of events that have passed.
    fn send_on(&self, program: &mut Program<'_>) {
        let targets = program.messages();
        if targets <= 0.0 {
            return;
        }
        program.aside_kept((&self.replays, self.rate), |program| {
            let invocations = BucketSpec::one_second(self.invocations, Scope::Account);
            let invocations = program.bucket("invocations of the account's targets", &invocations);
            // An event is smaller than the unit: it costs `targets`.
            let each = Cost::UnitsPerItem {
                unit: u32::MAX,
                factor: targets as f32,
            };
            program.admit(&[invocations], each, true);
            program.publish();
        });
    }
}

impl Component for EventBridge {
    fn info(&self) -> &'static KindInfo {
        &INFO
    }

    fn compile(&self, program: &mut Program<'_>) {
        let events = BucketSpec::one_second(self.rate, Scope::Account);
        let events = program.bucket("events of the account's buses", &events);
        let time = WorkSpec::of(&self.put);
        if program.ask().several {
            let again = (self.batch_rounds, &self.batch_pause);
            let tolls = [(events, Cost::Items)];
            let again = (again, self.failed_entries);
            return program.admit_entries((&tolls, CHUNKS), &time, again, |program| {
                self.send_on(program);
            });
        }
        program.admit_metered(&[(events, Cost::Items)], CHUNKS);
        program.work(&time);
        self.send_on(program);
    }

    fn parts_items(&self) -> bool {
        true
    }

    fn item(&self) -> Option<Law> {
        self.item.clone()
    }

    fn delivers(&self) -> DeliveryDefaults {
        DeliveryDefaults {
            lag: Some(self.delivery.clone()),
            ..DeliveryDefaults::default()
        }
    }

    fn calls(&self) -> CallDefaults {
        CallDefaults {
            // SOURCE: EventBridge user guide, Retrying event delivery: 185 times, with
            // pauses that grow and vary. The pauses are estimates.
            retry: Some(RetryDefaults {
                attempts: 186,
                backoff: Backoff::FullJitter,
                base: Law::Constant(1e9),
                cap: Span(600 * SECOND),
                factor: 2.0,
                at_once: 0,
                steady: 0,
            }),
            ..CallDefaults::default()
        }
    }

    fn most_bytes(&self, _op: &str, _ask: &Ask) -> Option<MostBytes> {
        Some(MostBytes::call(MOST_BYTES))
    }

    fn charges(&self) -> Vec<Charge> {
        let mut charges = vec![Charge::new(&EVENTS, Usage::Units(&[]))];
        if !self.replays.is_empty() {
            // Each replay is asked for once a month.
            let replayed: f64 = self.replays.iter().map(ReplaySpec::seconds).sum();
            charges.push(Charge::new(&ARCHIVED, Usage::Bytes(KEPT.ops)));
            charges.push(Charge::new(&ARCHIVE, Usage::Grown(KEPT, Ages::ALL)));
            charges.push(Charge::new(&REPLAYED, Usage::Part(replayed / MONTH)));
        }
        charges
    }

    fn unbilled(&self) -> Vec<&'static str> {
        vec![
            "that events of the vendor's own services cost nothing",
            "calls of API destinations",
        ]
    }
}

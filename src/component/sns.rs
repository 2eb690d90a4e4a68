//! SNS: hands a copy of every message to each of its subscriptions; standard topics.
//!
//! # Model
//! 1. Every message of a call takes a token of the bucket that all topics of the account
//!    share in a region; without them the call is throttled at once.
//! 2. The call is acknowledged after its time.
//! 3. `lag` later a copy goes to each link that matches, all at once and without waiting
//!    for each other. A delivery that ends badly is tried again on its own, as towards
//!    services of the vendor: after 1 s, then with growing pauses up to 20 s, for 23
//!    days. What is given up goes to the dead-letter link, or is lost.
//!
//! # Not modelled
//! - FIFO topics: refused. Duplicates.
//! - The retries of e-mail, SMS and push, which are fewer and slower, and of HTTP: give
//!   the link a `retry`. That a service's first three retries come without a pause.
//! - Pacing of HTTP deliveries, limits of SMS and e-mail: give the node that stands for
//!   the provider a `rate`.
//!
//! # Sources
//! SNS endpoints and quotas; SNS developer guide (Message delivery retries). Lag:
//! bitesizedserverless.com, Serverless messaging latency compared, 2022. The time of a
//! call is an estimate. Read 2026-11.

use crate::component::ask::{Access, OperationInfo};
use crate::component::parameter::{
    Basis, Parameters, duration_law, milliseconds_p50_p99, parameters, rate, size_law,
};
use crate::component::price::{Charge, MILLION, PRICE_LIST, Price, Tiers, Usage};
use crate::component::{
    BucketSpec, CallDefaults, Class, Component, DeliveryDefaults, KindInfo, Program, RetryDefaults,
    Scope, WorkSpec,
};
use crate::model::{Backoff, Cost};
use crate::random::law::Law;
use crate::units::Span;

/// Most messages in a call (PublishBatch).
///
/// SOURCE: SNS endpoints and quotas. Read 2026-11.
const BATCH: u32 = 10;
/// Attempts of a delivery to a service of the vendor: 3 at once, 2 after 1 s, 10 with
/// growing pauses up to 20 s, then every 20 s.
///
/// SOURCE: SNS developer guide, Message delivery retries. Read 2026-11.
const ATTEMPTS: u32 = 100_015;
/// One second.
const SECOND: u64 = 1_000_000_000;

/// What a message is charged by: chunks of 64 KiB.
///
/// ESTIMATE: recalled from the SNS pricing page, 2026-11.
const CHUNKS: Cost = Cost::UnitsPerItem {
    unit: 64 * 1024,
    factor: 1.0,
};
/// What is paid for; deliveries to queues and functions are free.
pub const PRICES: &[Price] = &[PUBLISHED];
const PUBLISHED: Price = Price {
    item: "messages published, in chunks of 64 KiB",
    unit: "chunk",
    usd: Tiers::Flat(0.5 / MILLION),
    free: 0.0,
    basis: Basis::Documented,
    source: PRICE_LIST,
};

/// The kind.
pub static INFO: KindInfo = KindInfo {
    kind: "sns",
    class: Class::Topic,
    summary: "hands a copy of every message to each of its subscriptions; standard topics",
    model: "takes a token of the account's bucket for every message, else throttles; acknowledges after a \
            call's time; a lag later sends a copy to each link, and tries each again on its own",
    not_modelled: "FIFO topics, duplicates, the slower retries of e-mail, SMS, push and HTTP, their pacing",
    sources: "SNS endpoints and quotas; SNS developer guide (Message delivery retries); bitesizedserverless.com, Serverless messaging latency compared, 2022; read 2026-11",
    operations: &[OperationInfo {
        name: "publish",
        access: Access::Send,
        most_items: BATCH,
        doc: "publishes a message, or up to 10 (PublishBatch)",
    }],
    parameters: Sns::table,
    read: |object| Box::new(Sns::read(object)),
};

parameters! {
    /// Parameters of a topic.
    pub struct Sns {
        /// Messages per time that the topics of the account admit in a region; one second of it at once. They share it: give all of them the same.
        rate: f64 = 30_000.0, rate(), Documented, "SNS endpoints and quotas: us-east-1; 9,000/s in us-west-2, 300/s in the smallest regions, read 2026-11";
        /// Size of a message where a step gives none; else the size in force.
        item: Option<Law> = None, size_law(), Choice, "the size in force, else 1 KiB";
        /// Time of a call until it is acknowledged.
        publish: Law = milliseconds_p50_p99(12.0, 60.0), duration_law(), Estimate, "within a region, light load, 2026-11; put your own";
        /// Time from the acknowledgement until a subscription has its copy, beside the link.
        lag: Law = milliseconds_p50_p99(73.0, 225.0), duration_law(), Measured, "bitesizedserverless.com, Serverless messaging latency compared, 2022 (to Lambda, eu-west-1), read 2026-11";
    }
}

impl Component for Sns {
    fn info(&self) -> &'static KindInfo {
        &INFO
    }

    fn compile(&self, program: &mut Program<'_>) {
        // ESTIMATE: the account's bucket keeps one second of its rate.
        let spec = BucketSpec {
            rate_per_s: self.rate,
            burst: self.rate.max(1.0),
            window: Span::ZERO,
            scope: Scope::Account,
        };
        let messages = program.bucket("messages of the account's topics", &spec);
        program.admit_metered(&[(messages, Cost::Items)], CHUNKS);
        program.work(&WorkSpec::of(&self.publish));
        program.publish();
    }

    fn item(&self) -> Option<Law> {
        self.item.clone()
    }

    fn calls(&self) -> CallDefaults {
        CallDefaults {
            retry: Some(RetryDefaults {
                attempts: ATTEMPTS,
                backoff: Backoff::Exponential,
                base: Law::Constant(SECOND as f64),
                cap: Span(20 * SECOND),
                factor: 1.35,
            }),
            ..CallDefaults::default()
        }
    }

    fn delivers(&self) -> DeliveryDefaults {
        DeliveryDefaults {
            lag: Some(self.lag.clone()),
            ..DeliveryDefaults::default()
        }
    }

    fn charges(&self) -> Vec<Charge> {
        vec![Charge::new(&PUBLISHED, Usage::Units(&[]))]
    }

    fn unbilled(&self) -> Vec<&'static str> {
        vec!["deliveries to others than queues and functions"]
    }
}

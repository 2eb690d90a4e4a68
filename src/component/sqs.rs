//! SQS: keeps messages until consumers have dealt with them; standard or FIFO.
//!
//! # Model
//! 1. A FIFO queue admits `rate` calls a second to each of its partitions, chosen by
//!    the hash of the key (the message group); others are throttled at once. A
//!    standard queue admits all.
//!    A call that brings more than 1 MiB fails at once.
//! 2. The call is acknowledged after its time; its messages are visible `delay` and `lag`
//!    later. A FIFO queue with `deduplicates` only acknowledges what it has acknowledged
//!    within five minutes: attempts of one call (time-outs, retries, hedges) say the same.
//! 3. Messages are handed to a consumer behind one of the links, which compete: up to
//!    10 at once, as soon as one has room (long polling), or when it asks next, if the
//!    link has a `poll` (short polling). They are in flight meanwhile, up to
//!    `in_flight`. A share of the messages of a standard queue comes twice. In a FIFO queue
//!    the messages of a key come in order, one delivery at a time, and all partitions
//!    together are received from `rate` times a second each: what is above waits, so that
//!    fuller batches get more messages through.
//! 4. A delivery that ends badly, or takes longer than `visibility`, makes its messages
//!    visible again when `visibility` is over; after `max_receives` they go to the
//!    dead-letter link, or are dropped.
//!
//! # Not modelled
//! - Receives and deletes as calls of their own: their time is in `lag`; nor that short
//!   polls ask only some of the servers and may find nothing.
//! - Delays of single messages, the order of a standard queue (it is kept, except after
//!   returns), the search of a FIFO queue's first 120,000 messages for a free group, fair
//!   queues.
//! - Messages that say the same by chance; a consumer that sends again because it got a
//!   message again says something new, and a call of several messages is known or new whole.
//!
//! # Sources
//! Limits: SQS developer guide (Message quotas; FIFO quotas; Visibility timeout). Lag:
//! bitesizedserverless.com, Serverless messaging latency compared, 2022. Times of
//! calls and the share of duplicates are estimates. Read 2026-11.

use crate::component::ask::{Access, OperationInfo};
use crate::component::parameter::{
    Basis, Parameters, choice, count, count_or_unlimited, duration, duration_in, duration_law,
    flag, milliseconds, milliseconds_p50_p99, parameters, rate, share, size_law,
};
use crate::component::price::{Charge, MILLION, ON, Price, Tiers, Usage};
use crate::component::{
    Ask, BucketSpec, Class, Component, DeliveryDefaults, KindInfo, MostBytes, PartitionSpec,
    Program, QueueSpec, ReadLimit, Scope, WorkSpec,
};
use crate::model::Cost;
use crate::random::law::Law;
use crate::spec::reader::Object;
use crate::units::Span;

/// Limits of messages.
const QUOTAS: &str = "SQS developer guide, Message quotas, read 2026-11";
/// Limits of FIFO queues.
const FIFO: &str = "SQS developer guide, FIFO quotas: 300 calls/s an action, 70,000 in high-throughput mode in us-east-1, read 2026-11";
/// Times of calls.
const LATENCY: &str = "within a region, light load, 2026-11; put your own";
/// Most messages in a call or a delivery.
///
/// SOURCE: SQS developer guide, Message quotas. Read 2026-11.
const BATCH: u32 = 10;
/// Partitions of a FIFO queue in high-throughput mode.
///
/// SOURCE: SQS developer guide, FIFO quotas: 70,000 calls/s in us-east-1 over 300/s a
/// partition. Read 2026-11.
const HIGH_THROUGHPUT: u32 = 233;
/// How long a FIFO queue knows what it was sent.
///
/// SOURCE: SQS developer guide, Exactly-once processing: the deduplication interval is five
/// minutes. Read 2026-11.
const KNOWN: Span = Span(300 * SECOND);
/// One second.
const SECOND: u64 = 1_000_000_000;

/// Bytes of a message, and of all messages of a call.
///
/// SOURCE: SQS developer guide, Message quotas: 1 MiB since 2025-08 (256 KiB before), recalled
/// 2026-11.
const MOST_BYTES: u64 = 1 << 20;

/// What is paid for.
const PRICES: &[Price] = &[STANDARD, GROUPED];
const STANDARD: Price = Price {
    item: "calls of a standard queue",
    unit: "request",
    usd: Tiers::Steps(&[
        (100_000.0 * MILLION, 0.4 / MILLION),
        (200_000.0 * MILLION, 0.3 / MILLION),
        (ON, 0.24 / MILLION),
    ]),
    free: MILLION,
    basis: Basis::Documented,
    source: "SQS pricing page, us-east-1, 2026-03, read 2026-11",
};
const GROUPED: Price = Price {
    item: "calls of a FIFO queue",
    usd: Tiers::Flat(0.5 / MILLION),
    ..STANDARD
};

/// What order it keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// None to rely on.
    Standard,
    /// That of sending, within a key.
    Fifo,
}

/// The kind.
pub static INFO: KindInfo = KindInfo {
    kind: "sqs",
    class: Class::Queue,
    summary: "keeps messages until consumers have dealt with them; standard or FIFO",
    model: "FIFO: takes a token of the group's partition, else throttles; acknowledges after a call's \
            time; messages are visible a delay and a lag later, FIFO once in five minutes; delivers up to 10 at once, FIFO so many times a second; \
            delivers them again after a failure or when visibility is over, until max_receives",
    not_modelled: "receives and deletes as calls, growth of pollers, delays of single messages, equal messages of different calls",
    sources: "SQS developer guide (Message quotas; FIFO quotas; Visibility timeout; High throughput for FIFO queues); bitesizedserverless.com, Serverless messaging latency compared, 2022; read 2026-11",
    operations: &[OperationInfo {
        name: "send",
        access: Access::Send,
        most_items: BATCH,
        doc: "leaves a message, or up to 10 (SendMessageBatch)",
    }],
    prices: PRICES,
    parameters: Sqs::table,
    read: |object| Box::new(Sqs::read(object)),
};

parameters! {
    /// Parameters of a queue.
    pub struct Sqs {
        /// What order it keeps.
        order as "type": Order = Order::Standard, choice(&[("standard", Order::Standard), ("fifo", Order::Fifo)]), Choice, "the plainer one";
        /// How long a receive hides a message.
        visibility: Span = Span(30 * SECOND), duration_in(Span::ZERO..=Span(43_200 * SECOND)), Documented, QUOTAS;
        /// Receives after which a message is given up.
        max_receives: u32 = u32::MAX, count_or_unlimited(1), Documented, "SQS developer guide, Dead-letter queues: none until one is set up, read 2026-11";
        /// Most messages in flight.
        in_flight: u32 = 120_000, count(1..=120_000), Documented, QUOTAS;
        /// Time for which new messages are hidden from consumers.
        delay: Span = Span::ZERO, duration_in(Span::ZERO..=Span(900 * SECOND)), Documented, "SQS developer guide, Delay queues: none until one is set, up to 15 min, read 2026-11";
        /// Age at which a message is dropped.
        retention: Span = Span(4 * 86_400 * SECOND), duration_in(Span(60 * SECOND)..=Span(14 * 86_400 * SECOND)), Documented, QUOTAS;
        /// Share of messages that come twice; standard only.
        duplicates: f64 = 1e-4, share(), Estimate, "at least once by the SQS developer guide, which gives no figure, read 2026-11";
        /// High-throughput mode: more partitions; FIFO only.
        high_throughput: bool = false, flag(), Choice, "has to be switched on";
        /// Partitions of a FIFO queue by key; without it 1, and 233 in high-throughput mode.
        partitions: Option<u32> = None, count(1..=1_000), Documented, FIFO;
        /// Calls per time that each partition of a FIFO queue admits, of sending and of receiving; one second of it at once.
        rate: f64 = 300.0, rate(), Documented, FIFO;
        /// Whether what is sent again within 5m, as an attempt of one call, is delivered once: by its content, or an id that it keeps; FIFO only, and true without it.
        deduplicates: Option<bool> = None, flag(), Documented, "SQS developer guide, Exactly-once processing: without an id, or deduplication by content, a FIFO queue refuses a message, read 2026-11";
        /// Size of a message where a step gives none; else the size in force.
        item: Option<Law> = None, size_law(), Choice, "the size in force, else 1 KiB";
        /// Time of a call until it is acknowledged.
        send: Law = milliseconds_p50_p99(8.0, 45.0), duration_law(), Estimate, LATENCY;
        /// Time of every further message of a call: 10 take a median of 12 ms.
        send_each: Span = Span(444_000), duration(), Estimate, LATENCY;
        /// Time from the acknowledgement until a consumer can have the message, beside the link; without it p50 16ms, p99 105ms if standard, and 28ms if FIFO: its median, as a varying lag upsets the order.
        lag: Option<Law> = None, duration_law(), Measured, "bitesizedserverless.com, Serverless messaging latency compared, 2022 (to Lambda, eu-west-1), read 2026-11";
    }
    check Sqs::check
}

impl Sqs {
    /// Checks rules between parameters.
    fn check(&mut self, object: &mut Object<'_>) {
        let (foreign, other): (&[&str], &str) = match self.order {
            Order::Standard => (
                &["high_throughput", "partitions", "rate", "deduplicates"],
                "FIFO",
            ),
            Order::Fifo => (&["duplicates"], "standard"),
        };
        for key in foreign.iter().filter(|key| object.has(key)) {
            let message = format!(
                "`{key}` does not apply to {}: only a {other} queue has it",
                object.owner()
            );
            object.error_at(key, "sqs::type", message);
        }
    }

    /// Returns the partitions of a FIFO queue.
    fn count(&self) -> u32 {
        match (self.partitions, self.high_throughput) {
            (Some(count), _) => count,
            (None, true) => HIGH_THROUGHPUT,
            (None, false) => 1,
        }
    }

    /// Writes the passage through the limit of a FIFO queue.
    fn admit(&self, program: &mut Program<'_>) {
        let count = self.count();
        let spread = PartitionSpec {
            count,
            ..PartitionSpec::default()
        };
        let partition = program.partition("partitions", &spread);
        program.place(partition);
        // ESTIMATE: a partition keeps one second of its rate.
        let spec = BucketSpec {
            rate_per_s: self.rate,
            burst: self.rate.max(1.0),
            window: Span::ZERO,
            scope: Scope::Instance(count),
        };
        let calls = program.bucket("calls", &spec);
        program.admit(&[calls], Cost::One, false);
    }

    /// Writes how messages come into the queue.
    fn keep(&self, program: &mut Program<'_>) {
        let fifo = self.order == Order::Fifo;
        let queue = QueueSpec {
            visibility: self.visibility,
            max_receives: self.max_receives,
            fifo,
            retention: self.retention,
            duplicates: if fifo { 0.0 } else { self.duplicates },
            in_flight: self.in_flight,
        };
        let lag = self.lag.clone().unwrap_or(match self.order {
            Order::Standard => milliseconds_p50_p99(16.2, 105.0),
            Order::Fifo => milliseconds(28.1),
        });
        let delay = Law::Constant(self.delay.0 as f64);
        let times: Vec<&Law> = [&delay, &lag]
            .into_iter()
            .filter(|law| **law != Law::Constant(0.0))
            .collect();
        if times.is_empty() {
            program.enqueue("messages", &queue);
            return;
        }
        // Before the receive: a busy consumer does not wait for it again.
        program.aside(|program| {
            for law in times {
                program.delay(law);
            }
            program.enqueue("messages", &queue);
        });
    }
}

impl Component for Sqs {
    fn info(&self) -> &'static KindInfo {
        &INFO
    }

    fn compile(&self, program: &mut Program<'_>) {
        let fifo = self.order == Order::Fifo;
        if fifo {
            self.admit(program);
        }
        program.work(&WorkSpec {
            per_item_ns: self.send_each.0 as f64,
            ..WorkSpec::of(&self.send)
        });
        if fifo && self.deduplicates.unwrap_or(true) {
            program.once(KNOWN, |program| self.keep(program));
        } else {
            self.keep(program);
        }
    }

    fn most_bytes(&self, _op: &str, _ask: &Ask) -> Option<MostBytes> {
        Some(MostBytes::call(MOST_BYTES))
    }

    fn charges(&self) -> Vec<Charge> {
        let price = match self.order {
            Order::Standard => STANDARD,
            Order::Fifo => GROUPED,
        };
        vec![
            Charge::new(&price, Usage::Visits(&[])).called("sends"),
            Charge::new(&price, Usage::Deliveries(2.0)).called("receives and deletes"),
        ]
    }

    fn unbilled(&self) -> Vec<&'static str> {
        vec![
            "receives that find nothing",
            "what a call beyond 64 KiB counts more than once",
        ]
    }

    fn item(&self) -> Option<Law> {
        self.item.clone()
    }

    fn delivers(&self) -> DeliveryDefaults {
        DeliveryDefaults {
            batch: BATCH,
            reads: match self.order {
                Order::Standard => Vec::new(),
                // Groups of any partition may be in a receive.
                Order::Fifo => vec![ReadLimit {
                    label: "receives",
                    bucket: BucketSpec::one_second(
                        self.rate * f64::from(self.count()),
                        Scope::Node,
                    ),
                    cost: Cost::One,
                    each_consumer: false,
                }],
            },
            ..DeliveryDefaults::default()
        }
    }
}

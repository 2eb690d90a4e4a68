//! SNS: hands a copy of every message to each of its subscriptions; standard or FIFO.
//!
//! # Model
//! 1. Every message of a call takes a token of the bucket that all standard topics of the
//!    account share in a region. A FIFO topic has a bucket of its own and one for each
//!    message group (key). Without the tokens the call is throttled at once.
//!    A call that brings more than 256 KiB fails at once.
//! 2. The call is acknowledged after its time. A FIFO topic with `deduplicates` only
//!    acknowledges what it has acknowledged within five minutes: attempts of one call say
//!    the same.
//! 3. Every link has the topic's `protocol`, or that of its entry in `subscriptions`.
//!    Deliveries by e-mail and SMS wait for their rate, which the account shares.
//! 4. `lag` later a copy goes to each link that matches, all at once and without waiting
//!    for each other. Filters are the links' `match` and `share`.
//! 5. A delivery that ends badly is tried again on its own. To services of the vendor: three
//!    times at once, twice after 1 s, ten times with pauses that grow to 20 s, then every
//!    20 s for 23 days. By e-mail, SMS and push: twice after 10 s, ten times up to 10 min,
//!    then 37 times. By HTTP: three times after 20 s. What is given up goes to the
//!    dead-letter link, or is lost.
//!
//! # Not modelled
//! - Duplicates; messages that say the same by chance (see `sqs`).
//! - FIFO: that only queues subscribe, and 20 MB/s of a topic; that the order of a group holds
//!   whatever the time of the call to the queue (its lag is constant, that time is not).
//! - In the bill, that a delivery which is tried again counts anew: each copy is paid once.
//! - Jitter of the pauses, pacing that an HTTP subscription asks for, spend limits of SMS,
//!   what limits the providers of push have.
//!
//! # Sources
//! SNS endpoints and quotas; SNS developer guide (Message delivery retries); the rates of
//! FIFO topics, e-mail and SMS are recalled. Lags: bitesizedserverless.com, Serverless
//! messaging latency compared, 2022; those of e-mail, SMS and push and the time of a call are
//! estimates. Read 2026-11.

use crate::component::ask::{Access, OperationInfo};
use crate::component::parameter::{
    Basis, How, Parameters, choice, custom, duration_law, flag, milliseconds, milliseconds_p50_p99,
    parameters, rate, size_law,
};
use crate::component::price::{
    Charge, MILLION, PRICE_LIST, Postage, Price, RECALLED, Tiers, Usage,
};
use crate::component::{
    Ask, BucketSpec, CallDefaults, Class, Component, DeliveryDefaults, KindInfo, MostBytes,
    PartitionSpec, Program, RetryDefaults, Scope, WorkSpec,
};
use crate::model::{Backoff, Cost};
use crate::random::law::Law;
use crate::spec::field::Field;
use crate::spec::reader::Object;
use crate::units::Span;

/// Most messages in a call (PublishBatch).
///
/// SOURCE: SNS endpoints and quotas. Read 2026-11.
const BATCH: u32 = 10;
/// Buckets of message groups, by hash.
///
/// CHOICE: at the topic's rate, evenly spread, a bucket has a tenth of its own rate.
const GROUPS: u32 = 100;
/// How long a FIFO topic knows what was published.
///
/// SOURCE: SNS developer guide, Message deduplication for FIFO topics: five minutes. Recalled
/// 2026-11.
const KNOWN: Span = Span(300 * SECOND);
/// One second.
const SECOND: u64 = 1_000_000_000;
/// Rates of FIFO topics.
const FIFO: &str = "SNS endpoints and quotas, recalled 2026-11 (older pages: 300/s)";
/// Rates of deliveries to people.
const PEOPLE: &str = "10/s by e-mail, 20/s by SMS: SNS endpoints and quotas, recalled 2026-11";

/// What order it keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// None to rely on.
    Standard,
    /// That of sending, within a key.
    Fifo,
}

/// How its subscriptions are reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// SQS, Lambda, Firehose.
    Service,
    /// A server of anybody's.
    Http,
    /// Mail.
    Email,
    /// Text messages.
    Sms,
    /// Apps on mobile devices.
    Push,
}

/// Words for the protocols.
const PROTOCOLS: &[(&str, Protocol)] = &[
    ("service", Protocol::Service),
    ("http", Protocol::Http),
    ("email", Protocol::Email),
    ("sms", Protocol::Sms),
    ("push", Protocol::Push),
];

/// A link with a protocol of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    /// Name of the node that it leads to.
    pub to: String,
    /// How it is reached.
    pub protocol: Protocol,
}

/// Reads links with a protocol of their own.
fn subscriptions() -> How<Vec<Subscription>> {
    let words: Vec<&'static str> = PROTOCOLS.iter().map(|(word, _)| *word).collect();
    let read = move |field: &Field<'_>| {
        let read = |entry: &Field<'_>| {
            let mut object = entry.object()?;
            let to = object.required("to")?.text()?.to_owned();
            let word = object.required("protocol")?.choice(&words)?;
            let known = PROTOCOLS.iter().find(|(known, _)| *known == word)?;
            Some(Subscription {
                to,
                protocol: known.1,
            })
        };
        let entries = field.list()?;
        let all: Vec<Subscription> = entries.iter().filter_map(read).collect();
        (all.len() == entries.len()).then_some(all)
    };
    custom("list", "", read, |all: &Vec<Subscription>| {
        match all.len() {
            0 => "none".to_owned(),
            some => format!("{some} entries"),
        }
    })
}

/// What a message is charged by: chunks of 64 KiB.
///
/// ESTIMATE: recalled from the SNS pricing page, 2026-11.
const CHUNKS: Cost = Cost::UnitsPerItem {
    unit: 64 * 1024,
    factor: 1.0,
};
/// Bytes of a message, and of all messages of a call.
///
/// SOURCE: SNS endpoints and quotas: 256 KiB. Read 2026-11.
const MOST_BYTES: u64 = 256 << 10;

/// What is paid for; deliveries to queues and functions are free (of a standard topic).
const PRICES: &[Price] = &[
    PUBLISHED,
    HTTP,
    EMAIL,
    SMS,
    PUSH,
    TO_FIREHOSE,
    IN_ORDER,
    BYTES_IN_ORDER,
    DELIVERED_IN_ORDER,
    BYTES_DELIVERED_IN_ORDER,
];
const PUBLISHED: Price = Price {
    item: "messages published, in chunks of 64 KiB",
    unit: "chunk",
    usd: Tiers::Flat(0.5 / MILLION),
    free: 0.0,
    basis: Basis::Documented,
    source: PRICE_LIST,
};
const IN_ORDER: Price = Price {
    item: "messages published to FIFO topics",
    unit: "message",
    usd: Tiers::Flat(0.3 / MILLION),
    ..PUBLISHED
};
const HTTP: Price = delivery("deliveries by HTTP", 0.6 / MILLION);
const EMAIL: Price = delivery("deliveries by e-mail", 2.0 / 100_000.0);
const PUSH: Price = delivery("deliveries by mobile push", 0.5 / MILLION);
const TO_FIREHOSE: Price = delivery("deliveries to Firehose", 0.19 / MILLION);
const DELIVERED_IN_ORDER: Price = delivery("deliveries of FIFO topics", 0.01 / MILLION);
const SMS: Price = Price {
    basis: Basis::Estimate,
    source: RECALLED,
    ..delivery("deliveries by SMS, to the United States", 0.006_45)
};
const BYTES_IN_ORDER: Price = Price {
    item: "bytes published to FIFO topics",
    unit: "GiB",
    usd: Tiers::Flat(0.017),
    ..PUBLISHED
};
const BYTES_DELIVERED_IN_ORDER: Price = Price {
    item: "bytes delivered by FIFO topics",
    usd: Tiers::Flat(0.001),
    ..BYTES_IN_ORDER
};

/// Makes the price of a delivery [US dollars].
const fn delivery(item: &'static str, usd: f64) -> Price {
    Price {
        item,
        unit: "delivery",
        usd: Tiers::Flat(usd),
        ..PUBLISHED
    }
}

/// The kind.
pub static INFO: KindInfo = KindInfo {
    kind: "sns",
    class: Class::Topic,
    summary: "hands a copy of every message to each subscription; standard or FIFO",
    model: "takes a token of the account's bucket for every message (FIFO: of its own and the group's), else throttles; \
            acknowledges after a call's time, FIFO once in five minutes; waits for the rate of e-mail and SMS; a lag later sends a \
            copy to each link, and tries each again on its own, as its protocol does",
    not_modelled: "duplicates, equal messages of different calls, bytes of a FIFO topic, jitter, pacing by the subscription, spend limits",
    sources: "SNS endpoints and quotas; SNS developer guide (Message delivery retries); bitesizedserverless.com, Serverless messaging latency compared, 2022; read 2026-11",
    operations: &[OperationInfo {
        name: "publish",
        access: Access::Send,
        most_items: BATCH,
        doc: "publishes a message, or up to 10 (PublishBatch)",
    }],
    prices: PRICES,
    parameters: Sns::table,
    read: |object| Box::new(Sns::read(object)),
};

parameters! {
    /// Parameters of a topic.
    pub struct Sns {
        /// What order it keeps.
        order as "type": Order = Order::Standard, choice(&[("standard", Order::Standard), ("fifo", Order::Fifo)]), Choice, "the plainer one";
        /// How its subscriptions are reached.
        protocol: Protocol = Protocol::Service, choice(PROTOCOLS), Choice, "the usual fan-out";
        /// Links with a protocol of their own: `to` (a node) and `protocol`, standard only.
        subscriptions: Vec<Subscription> = Vec::new(), subscriptions(), Choice, "all alike until one is named";
        /// Whether what is published again within 5m, as an attempt of one call, is delivered once; FIFO only, and true without it.
        deduplicates: Option<bool> = None, flag(), Documented, "SNS developer guide, Message deduplication for FIFO topics: by an id or by content, recalled 2026-11";
        /// Messages per time that the topics of the account admit in a region; one second of it at once. They share it: give all of them the same. Standard only.
        rate: f64 = 30_000.0, rate(), Documented, "SNS endpoints and quotas: us-east-1; 9,000/s in us-west-2, 300/s in the smallest regions, read 2026-11";
        /// Messages per time that a FIFO topic admits; one second of it at once.
        topic_rate: f64 = 3_000.0, rate(), Estimate, FIFO;
        /// Messages per time of one message group of a FIFO topic; one second of it at once.
        group_rate: f64 = 300.0, rate(), Estimate, FIFO;
        /// Deliveries per time of the account, by e-mail or SMS, if that is the `protocol`; what is above waits. Without it 10/s (email), 20/s (sms).
        delivery_rate: Option<f64> = None, rate(), Estimate, PEOPLE;
        /// Size of a message where a step gives none; else the size in force.
        item: Option<Law> = None, size_law(), Choice, "the size in force, else 1 KiB";
        /// Time of a call until it is acknowledged.
        publish: Law = milliseconds_p50_p99(12.0, 60.0), duration_law(), Estimate, "within a region, light load, 2026-11; put your own";
        /// Time from the acknowledgement until a subscription has its copy, beside the link; without it p50 73ms, p99 225ms (service, http), p50 19ms, p99 105ms (to a standard queue), 12ms (fifo, on its way to a queue), p50 1s, p99 10s (push, email), p50 5s, p99 1m (sms).
        lag: Option<Law> = None, duration_law(), Measured, "bitesizedserverless.com, Serverless messaging latency compared, 2022 (to Lambda, eu-west-1), read 2026-11; to a queue, of push, e-mail and SMS an estimate";
    }
    check Sns::check
}

impl Sns {
    /// Checks rules between parameters.
    fn check(&mut self, object: &mut Object<'_>) {
        let (foreign, other): (&[&str], &str) = match self.order {
            Order::Standard => (&["topic_rate", "group_rate", "deduplicates"], "FIFO"),
            Order::Fifo => (&["rate", "protocol", "subscriptions"], "standard"),
        };
        for key in foreign.iter().filter(|key| object.has(key)) {
            let message = format!(
                "`{key}` does not apply to {}: only a {other} topic has it",
                object.owner()
            );
            object.error_at(key, "sns::type", message);
        }
        let people = matches!(self.protocol, Protocol::Email | Protocol::Sms);
        if object.has("delivery_rate") && !people {
            let message = format!(
                "`delivery_rate` does not apply to {}: only `email` and `sms` have it",
                object.owner()
            );
            object.error_at("delivery_rate", "sns::protocol", message);
        }
    }

    /// Writes the passage through the limits of publishing.
    fn admit(&self, program: &mut Program<'_>) {
        // ESTIMATE: a bucket keeps one second of its rate.
        if self.order == Order::Standard {
            let messages = BucketSpec::one_second(self.rate, Scope::Account);
            let messages = program.bucket("messages of the account's topics", &messages);
            return program.admit_metered(&[(messages, Cost::Items)], CHUNKS);
        }
        let groups = PartitionSpec {
            count: GROUPS,
            ..PartitionSpec::default()
        };
        let group = program.partition("groups", &groups);
        program.place(group);
        let topic = BucketSpec::one_second(self.topic_rate, Scope::Node);
        let topic = program.bucket("messages of the topic", &topic);
        let group = BucketSpec::one_second(self.group_rate, Scope::Instance(GROUPS));
        let group = program.bucket("messages of a group", &group);
        program.admit_metered(&[(topic, Cost::Items), (group, Cost::Items)], Cost::Items);
    }

    /// Returns how a node is reached.
    fn protocol_of(&self, name: &str) -> Protocol {
        let own = self.subscriptions.iter().find(|one| one.to == name);
        own.map_or(self.protocol, |one| one.protocol)
    }

    /// Returns the rate of deliveries by a protocol, and what it is called.
    fn paced(&self, protocol: Protocol) -> Option<(f64, &'static str)> {
        let (usual, label) = match protocol {
            Protocol::Service | Protocol::Http | Protocol::Push => return None,
            Protocol::Email => (10.0, "e-mails of the account"),
            Protocol::Sms => (20.0, "text messages of the account"),
        };
        let said = self.delivery_rate.filter(|_| protocol == self.protocol);
        Some((said.unwrap_or(usual), label))
    }

    /// Returns the time until a subscription has its copy.
    fn usual_lag(&self, protocol: Protocol, kind: &str) -> Law {
        match protocol {
            // The measured 40.1 ms by way of a queue, less the queue's own 28.1 ms.
            Protocol::Service if self.order == Order::Fifo => milliseconds(12.0),
            // ESTIMATE: p50 30 ms, p99 120 ms until it is in the queue, less the queue's own call.
            Protocol::Service if kind == super::sqs::INFO.kind => milliseconds_p50_p99(19.0, 105.0),
            Protocol::Service | Protocol::Http => milliseconds_p50_p99(73.0, 225.0),
            Protocol::Email | Protocol::Push => milliseconds_p50_p99(1_000.0, 10_000.0),
            Protocol::Sms => milliseconds_p50_p99(5_000.0, 60_000.0),
        }
    }

    /// Writes the copies for all subscriptions.
    fn send_copies(&self, program: &mut Program<'_>) {
        for one in &self.subscriptions {
            if !program.delivers_to(&one.to) {
                let message = format!(
                    "`subscriptions` of node `{}` names `{}`, to which it has no link",
                    program.name(),
                    one.to
                );
                program.refuse("sns::subscription", message);
            }
        }
        let mut strands = 0;
        for (_, protocol) in PROTOCOLS {
            let wanted = |name: &str| self.protocol_of(name) == *protocol;
            let copies = program.messages_to(&wanted);
            if copies <= 0.0 {
                continue;
            }
            let Some((per_s, label)) = self.paced(*protocol) else {
                program.publish_to(&wanted);
                continue;
            };
            program.beside(strands, |program| {
                let deliveries = BucketSpec::one_second(per_s, Scope::Account);
                let deliveries = program.bucket(label, &deliveries);
                // A message is smaller than the unit: it costs its copies.
                let each = Cost::UnitsPerItem {
                    unit: u32::MAX,
                    factor: copies as f32,
                };
                program.admit(&[deliveries], each, true);
                program.publish_to(&wanted);
            });
            strands += 1;
        }
    }
}

/// Returns how deliveries by a protocol are tried again.
///
/// SOURCE: SNS developer guide, Message delivery retries. Read 2026-11. Pauses grow
/// from the base to the cap in ten steps.
fn retries(protocol: Protocol) -> RetryDefaults {
    let policy = |attempts, at_once, steady, base: u64, cap: u64, factor| RetryDefaults {
        attempts,
        backoff: Backoff::Exponential,
        base: Law::Constant((base * SECOND) as f64),
        cap: Span(cap * SECOND),
        factor,
        at_once,
        steady,
    };
    match protocol {
        // 20^(1/9): the tenth pause is the longest.
        Protocol::Service => policy(100_015, 3, 2, 1, 20, 1.394_950_8),
        Protocol::Http => policy(4, 0, 0, 20, 20, 1.0),
        // 60^(1/9).
        Protocol::Email | Protocol::Sms | Protocol::Push => policy(50, 0, 2, 10, 600, 1.576_058_6),
    }
}

impl Component for Sns {
    fn info(&self) -> &'static KindInfo {
        &INFO
    }

    fn compile(&self, program: &mut Program<'_>) {
        self.admit(program);
        program.work(&WorkSpec::of(&self.publish));
        if self.order == Order::Fifo && self.deduplicates.unwrap_or(true) {
            program.once(KNOWN, |program| self.send_copies(program));
        } else {
            self.send_copies(program);
        }
    }

    fn item(&self) -> Option<Law> {
        self.item.clone()
    }

    fn calls(&self) -> CallDefaults {
        CallDefaults {
            retry: Some(retries(self.protocol)),
            ..CallDefaults::default()
        }
    }

    fn calls_to(&self, name: &str) -> CallDefaults {
        CallDefaults {
            retry: Some(retries(self.protocol_of(name))),
            ..CallDefaults::default()
        }
    }

    fn delivers(&self) -> DeliveryDefaults {
        let lag = self.lag.clone();
        DeliveryDefaults {
            lag: Some(lag.unwrap_or_else(|| self.usual_lag(self.protocol, ""))),
            ..DeliveryDefaults::default()
        }
    }

    fn delivers_to(&self, name: &str, kind: &str) -> DeliveryDefaults {
        let protocol = self.protocol_of(name);
        let lag = self.lag.clone().filter(|_| protocol == self.protocol);
        DeliveryDefaults {
            lag: Some(lag.unwrap_or_else(|| self.usual_lag(protocol, kind))),
            ..DeliveryDefaults::default()
        }
    }

    fn most_bytes(&self, _op: &str, _ask: &Ask) -> Option<MostBytes> {
        Some(MostBytes::call(MOST_BYTES))
    }

    fn charges(&self) -> Vec<Charge> {
        match self.order {
            Order::Standard => vec![Charge::new(&PUBLISHED, Usage::Units(&[]))],
            Order::Fifo => vec![
                Charge::new(&IN_ORDER, Usage::Units(&[])),
                Charge::new(&BYTES_IN_ORDER, Usage::Bytes(&[])),
            ],
        }
    }

    fn charges_to(&self, name: &str, kind: &str) -> Vec<Postage> {
        if self.order == Order::Fifo {
            return vec![
                Postage::Message(DELIVERED_IN_ORDER),
                Postage::Bytes(BYTES_DELIVERED_IN_ORDER),
            ];
        }
        let price = match self.protocol_of(name) {
            Protocol::Service if kind == super::firehose::INFO.kind => TO_FIREHOSE,
            Protocol::Service => return Vec::new(),
            Protocol::Http => HTTP,
            Protocol::Email => EMAIL,
            Protocol::Sms => SMS,
            Protocol::Push => PUSH,
        };
        vec![Postage::Message(price)]
    }

    fn unbilled(&self) -> Vec<&'static str> {
        let mut protocols = self.subscriptions.iter().map(|one| one.protocol);
        let texts = self.protocol == Protocol::Sms || protocols.any(|one| one == Protocol::Sms);
        match texts {
            true => vec!["what text messages to other countries than the United States cost more"],
            false => Vec::new(),
        }
    }
}

//! VPC: what a call passes on its way out of a private network, to services or other networks.
//!
//! # Model
//! 1. An interface endpoint has an interface in each of `zones` zones, one of which a call
//!    comes to at random. There, and on a way with a `bandwidth`, the bytes of the call wait
//!    in order until those before them have passed; nothing is refused.
//! 2. The way adds `time`, and the call goes on to the link that matches.
//! 3. Nothing heard for `timeout` at an interface endpoint, the connection is given up
//!    (timed out).
//!
//! Zones and regions themselves are `placement`: it makes the latency of the links. The way
//! to the internet is the kind `nat-gateway`.
//!
//! # Not modelled
//! - That an interface endpoint grows above 10 Gbit/s a zone: give it the `bandwidth` that it
//!   has grown to. The bytes of the answer: those of a call are what it brings or takes along.
//! - The 1,024 packets/s that one interface may ask the VPC's resolver, security groups,
//!   routes, addresses that run out, the loss of a zone, policies of endpoints.
//! - Bytes between zones and regions in the bill.
//!
//! # Sources
//! VPC user guide and AWS PrivateLink guide (Quotas), recalled but for the bandwidth of an
//! interface endpoint. Times are estimates. Read 2026-11.

use crate::component::parameter::{
    Basis, Parameters, bandwidth, choice, count, duration, duration_law, milliseconds_p50_p99,
    parameters,
};
use crate::component::price::{Charge, ON, PRICE_LIST, Price, TEBIBYTE, Tiers, Usage};
use crate::component::{
    BucketSpec, CallDefaults, Class, Component, Forward, KindInfo, PartitionSpec, Program, Scope,
    WorkSpec,
};
use crate::model::{Cost, PartitionBy};
use crate::random::law::Law;
use crate::spec::reader::Object;
use crate::units::Span;

/// Bandwidth of an interface endpoint in one zone [bytes/s]: 10 Gbit/s.
///
/// SOURCE: AWS PrivateLink guide, Quotas. Read 2026-11.
const INTERFACE: f64 = 1.25e9;

/// What is paid for.
const PRICES: &[Price] = &[INTERFACES, PASSED, ATTACHMENTS, ROUTED, GATEWAY, PEERING];
const INTERFACES: Price = Price {
    item: "interface endpoint",
    unit: "zone-hour",
    usd: Tiers::Flat(0.01),
    free: 0.0,
    basis: Basis::Documented,
    source: PRICE_LIST,
};
const ATTACHMENTS: Price = Price {
    item: "attachments to the transit gateway",
    unit: "attachment-hour",
    usd: Tiers::Flat(0.05),
    ..INTERFACES
};
const PASSED: Price = Price {
    item: "data through the endpoint",
    unit: "GiB",
    usd: Tiers::Steps(&[
        (1_024.0 * TEBIBYTE, 0.01),
        (5_120.0 * TEBIBYTE, 0.006),
        (ON, 0.004),
    ]),
    ..INTERFACES
};
const ROUTED: Price = Price {
    item: "data through the transit gateway",
    unit: "GiB",
    usd: Tiers::Flat(0.02),
    ..INTERFACES
};
const GATEWAY: Price = Price {
    item: "data through the gateway endpoint",
    unit: "GiB",
    usd: Tiers::Flat(0.0),
    ..INTERFACES
};
const PEERING: Price = Price {
    item: "data between networks, in one zone",
    unit: "GiB",
    usd: Tiers::Flat(0.0),
    ..INTERFACES
};
/// What a call passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// An interface of the network that stands for a service (PrivateLink).
    Interface,
    /// An entry in the routes that leads to S3 or DynamoDB.
    Gateway,
    /// A router between many networks.
    Transit,
    /// Routes between two networks.
    Peering,
}

/// Words for the ways.
const WAYS: &[(&str, Way)] = &[
    ("interface-endpoint", Way::Interface),
    ("gateway-endpoint", Way::Gateway),
    ("transit-gateway", Way::Transit),
    ("peering", Way::Peering),
];

/// The kind.
pub static INFO: KindInfo = KindInfo {
    kind: "vpc",
    class: Class::Forwarding,
    summary: "a way out of a private network: endpoint, transit gateway, peering",
    model: "comes to an interface in some zone, and waits until the bytes before it have passed; adds its time; hands on to \
            its link; an interface endpoint gives a silent connection up",
    not_modelled: "growth of an endpoint's bandwidth, bytes of answers, the resolver's packets, addresses that run out, loss of a zone",
    sources: "AWS PrivateLink guide (Quotas); VPC user guide; read 2026-11",
    operations: &[],
    prices: PRICES,
    parameters: Vpc::table,
    read: |object| Box::new(Vpc::read(object)),
};

parameters! {
    /// Parameters of a way.
    pub struct Vpc {
        /// What a call passes.
        way as "type": Way = Way::Interface, choice(WAYS), Choice, "the one with limits and a price";
        /// Zones with an interface; interface endpoints only.
        zones: u32 = 2, count(1..=6), Choice, "one in each of two zones";
        /// Bytes per time, of an interface endpoint in each zone; without it 10 Gbit/s there, and unlimited on the other ways.
        bandwidth: Option<f64> = None, bandwidth(), Documented, "AWS PrivateLink guide, Quotas: 10 Gbit/s a zone, growing to 100, read 2026-11";
        /// Time that the way adds; without it p50 0.3ms, p99 2ms (interface-endpoint), p50 0.4ms, p99 2ms (transit-gateway), none (the others).
        time: Option<Law> = None, duration_law(), Estimate, "2026-11; no distribution is published, put your own";
        /// Longest silence of a connection; interface endpoints only.
        timeout: Span = Span(350_000_000_000), duration(), Estimate, "350 s, recalled from the AWS PrivateLink guide, 2026-11";
    }
    check Vpc::check
}

impl Vpc {
    /// Checks rules between parameters.
    fn check(&mut self, object: &mut Object<'_>) {
        if self.way == Way::Interface {
            return;
        }
        for key in ["zones", "timeout"] {
            if object.has(key) {
                let message = format!(
                    "`{key}` does not apply to {}: only an interface endpoint has it",
                    object.owner()
                );
                object.error_at(key, "vpc::type", message);
            }
        }
    }

    /// Returns the time that the way adds.
    fn time(&self) -> Option<Law> {
        let usual = match self.way {
            Way::Interface => Some(milliseconds_p50_p99(0.3, 2.0)),
            Way::Transit => Some(milliseconds_p50_p99(0.4, 2.0)),
            Way::Gateway | Way::Peering => None,
        };
        self.time.clone().or(usual)
    }

    /// Writes the wait for the bytes before those of the call.
    fn transfer(&self, program: &mut Program<'_>) {
        let (usual, scope) = match self.way {
            Way::Interface => (Some(INTERFACE), Scope::Instance(self.zones)),
            Way::Gateway | Way::Transit | Way::Peering => (None, Scope::Node),
        };
        let Some(bytes_per_s) = self.bandwidth.or(usual) else {
            return;
        };
        if scope != Scope::Node {
            let zones = PartitionSpec {
                count: self.zones,
                by: PartitionBy::Random,
                ..PartitionSpec::default()
            };
            let zone = program.partition("zones", &zones);
            program.place(zone);
        }
        let bytes = program.bucket("bandwidth", &BucketSpec::paced(bytes_per_s, scope));
        program.admit(&[bytes], Cost::Bytes { factor: 1.0 }, true);
    }
}

impl Component for Vpc {
    fn info(&self) -> &'static KindInfo {
        &INFO
    }

    fn compile(&self, program: &mut Program<'_>) {
        self.transfer(program);
        if let Some(time) = self.time() {
            program.work(&WorkSpec::of(&time));
        }
        program.forward(Forward::ByWeight);
    }

    fn charges(&self) -> Vec<Charge> {
        let hours = |price, units| Charge::new(price, Usage::Hours(units));
        let bytes = |price| Charge::new(price, Usage::Through);
        match self.way {
            Way::Interface => vec![hours(&INTERFACES, f64::from(self.zones)), bytes(&PASSED)],
            // One to either side.
            Way::Transit => vec![hours(&ATTACHMENTS, 2.0), bytes(&ROUTED)],
            Way::Gateway => vec![bytes(&GATEWAY)],
            Way::Peering => vec![bytes(&PEERING)],
        }
    }

    fn unbilled(&self) -> Vec<&'static str> {
        match self.way {
            Way::Peering => vec!["transfer between zones"],
            Way::Interface | Way::Transit | Way::Gateway => Vec::new(),
        }
    }

    fn calls(&self) -> CallDefaults {
        CallDefaults {
            timeout: (self.way == Way::Interface).then_some(self.timeout),
            ..CallDefaults::default()
        }
    }
}

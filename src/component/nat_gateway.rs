//! NAT gateway: the way out of a private subnet, with so many connections to one destination.
//!
//! # Model
//! 1. A call takes one of the source ports that the gateway has for its destination, 55,000
//!    for each address, until the answer has passed; without one it is refused at once
//!    (throttled: ErrorPortAllocation).
//! 2. The gateway adds `time`, and hands the call on to the link that matches.
//! 3. Nothing heard for `timeout`, the connection is given up (timed out).
//!
//! One node stands for the way to one destination.
//!
//! # Not modelled
//! - A connection that finds no port is lost, and its caller learns it by a time-out of its own.
//! - Connections that are kept open between calls. Bandwidth (5 to 100 Gbit/s): give the
//!   link a `bandwidth`. Packets above ten million a second. The loss of its zone.
//!
//! # Sources
//! VPC user guide (NAT gateway basics). Its time is an estimate. Read 2026-11.

use crate::component::parameter::{
    Basis, Parameters, count, duration, duration_law, milliseconds_p50_p99, parameters,
};
use crate::component::price::{Charge, DATA_OUT, PRICE_LIST, Price, Tiers, Usage};
use crate::component::{
    CallDefaults, Class, Component, Forward, KindInfo, Program, Scope, WorkSpec,
};
use crate::random::law::Law;
use crate::units::Span;

/// Limits.
const BASICS: &str = "VPC user guide, NAT gateway basics, read 2026-11";
/// Connections of one address to one destination.
///
/// SOURCE: VPC user guide, NAT gateway basics. Read 2026-11.
const PORTS: u32 = 55_000;

/// What is paid for.
const PRICES: &[Price] = &[HOURS, PROCESSED, DATA_OUT];
const HOURS: Price = Price {
    item: "NAT gateway",
    unit: "hour",
    usd: Tiers::Flat(0.045),
    free: 0.0,
    basis: Basis::Documented,
    source: PRICE_LIST,
};
const PROCESSED: Price = Price {
    item: "data processed",
    unit: "GiB",
    ..HOURS
};

/// The kind.
pub static INFO: KindInfo = KindInfo {
    kind: "nat-gateway",
    class: Class::Limiter,
    summary: "the way out of a private subnet, with so many ports",
    model: "takes a source port until the answer has passed, else throttles; adds its time; hands on to its link; gives a \
            silent connection up",
    not_modelled: "that refused connections are lost silently, connections kept open, bandwidth, packet rates, loss of a zone",
    sources: "VPC user guide (NAT gateway basics); read 2026-11",
    operations: &[],
    prices: PRICES,
    parameters: NatGateway::table,
    read: |object| Box::new(NatGateway::read(object)),
};

parameters! {
    /// Parameters of a gateway.
    pub struct NatGateway {
        /// Addresses, each with 55,000 ports to one destination.
        addresses: u32 = 1, count(1..=8), Documented, BASICS;
        /// Time that the gateway adds.
        time: Law = milliseconds_p50_p99(0.3, 1.5), duration_law(), Estimate, "2026-11; no distribution is published, put your own";
        /// Longest silence of a connection.
        timeout: Span = Span(350_000_000_000), duration(), Documented, BASICS;
    }
}

impl Component for NatGateway {
    fn info(&self) -> &'static KindInfo {
        &INFO
    }

    fn compile(&self, program: &mut Program<'_>) {
        let ports = self.addresses.saturating_mul(PORTS);
        program.limit("source ports", ports, Scope::Node, None, false);
        program.work(&WorkSpec::of(&self.time));
        if program.has_links() {
            program.forward(Forward::ByWeight);
        }
    }

    fn calls(&self) -> CallDefaults {
        CallDefaults {
            timeout: Some(self.timeout),
            ..CallDefaults::default()
        }
    }

    fn charges(&self) -> Vec<Charge> {
        vec![
            Charge::new(&HOURS, Usage::Hours(1.0)),
            Charge::new(&PROCESSED, Usage::Through),
            Charge::new(&DATA_OUT, Usage::Replies),
        ]
    }

    fn unbilled(&self) -> Vec<&'static str> {
        vec![
            "what leaves to the internet by way of it",
            "public addresses",
            "gateways of further zones",
        ]
    }
}

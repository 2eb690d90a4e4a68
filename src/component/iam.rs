//! IAM: what of it is called at run time, the Security Token Service.
//!
//! # Model
//! 1. A call takes a token of the bucket that all STS calls of the account share; without
//!    one it is throttled at once.
//! 2. The time of the operation passes.
//!
//! # Not modelled
//! - Authorisation: every call of every kind is authorised within its own time.
//! - Credentials that services fetch for roles of functions, tasks and instances: they do
//!   not count. Sessions that run out, changes that are not everywhere yet.
//!
//! # Sources
//! IAM user guide (IAM and STS quotas). Times are estimates. Read 2026-11.

use crate::component::ask::{Access, OperationInfo};
use crate::component::parameter::{
    Parameters, duration_law, milliseconds_p50_p99, parameters, rate,
};
use crate::component::price::Price;
use crate::component::shared::admit_call;
use crate::component::{Class, Component, KindInfo, Program, WorkSpec};
use crate::random::law::Law;

/// Times.
const LATENCY: &str = "regional endpoint, 2026-11; no distribution is published, put your own";

/// What is paid for: nothing.
///
/// SOURCE: IAM and STS are offered at no charge, IAM pricing. Read 2026-11.
const PRICES: &[Price] = &[];

/// The kind.
pub static INFO: KindInfo = KindInfo {
    kind: "iam",
    class: Class::Leaf,
    summary: "what of IAM is called at run time: the Security Token Service",
    model: "takes a token of the account's STS calls, else throttles; takes the operation's time",
    not_modelled: "authorisation (in every call's own time), credentials that services fetch, sessions that run out",
    sources: "IAM user guide (IAM and STS quotas); read 2026-11",
    operations: &[
        operation("assume-role", "makes credentials of a role"),
        operation("get-caller-identity", "says whose credentials they are"),
    ],
    prices: PRICES,
    parameters: Iam::table,
    read: |object| Box::new(Iam::read(object)),
};

/// An operation.
const fn operation(name: &'static str, doc: &'static str) -> OperationInfo {
    OperationInfo {
        name,
        access: Access::Call,
        most_items: 1,
        doc,
    }
}

parameters! {
    /// Parameters of the token service.
    pub struct Iam {
        /// Calls per time of the account; one second of it at once.
        rate: f64 = 600.0, rate(), Documented, "IAM user guide, IAM and STS quotas: 600/s in a region, read 2026-11";
        /// Time of `assume-role`.
        assume_role: Law = milliseconds_p50_p99(35.0, 160.0), duration_law(), Estimate, LATENCY;
        /// Time of `get-caller-identity`.
        identity: Law = milliseconds_p50_p99(20.0, 100.0), duration_law(), Estimate, LATENCY;
    }
}

impl Component for Iam {
    fn info(&self) -> &'static KindInfo {
        &INFO
    }

    fn compile(&self, program: &mut Program<'_>) {
        admit_call(program, "STS calls", self.rate);
        let time = match program.op() {
            "get-caller-identity" => &self.identity,
            _ => &self.assume_role,
        };
        program.work(&WorkSpec::of(time));
    }
}

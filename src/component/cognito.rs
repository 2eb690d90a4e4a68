//! Cognito: signs users in and up, by rates of the whole account.
//!
//! # Model
//! 1. A call takes a token of its category from the bucket that all user pools of the
//!    account share; without one it is throttled at once (TooManyRequestsException).
//!    Answers to challenges (`respond`) have a bucket three times as large as that of
//!    authentications, and take of the latter once theirs is empty.
//! 2. The time of the operation passes.
//!
//! # Not modelled
//! - Limits of one user, lockouts after wrong passwords, triggers, identity pools.
//! - Tokens are checked by whoever gets them, without a call: do not send every request here.
//!
//! # Sources
//! Cognito developer guide (Quotas). Times are estimates. Read 2026-11.

use crate::component::ask::{Access, OperationInfo};
use crate::component::parameter::{
    Basis, Parameters, duration_law, large_count, milliseconds_p50_p99, parameters, rate,
};
use crate::component::price::{Charge, Price, RECALLED, Tiers, Usage};
use crate::component::shared::admit_call;
use crate::component::{BucketSpec, Class, Component, KindInfo, Program, Scope, WorkSpec};
use crate::model::Cost;
use crate::random::law::Law;

/// Limits.
const QUOTAS: &str = "Cognito developer guide, Quotas, read 2026-11";
/// Times.
const LATENCY: &str = "in-region practice, 2026-11; no distribution is published, put your own";

/// What is paid for: users, not calls.
const PRICES: &[Price] = &[USERS];
const USERS: Price = Price {
    item: "users active in a month (Essentials)",
    unit: "user",
    usd: Tiers::Flat(0.015),
    free: 10_000.0,
    basis: Basis::Estimate,
    source: RECALLED,
};

/// The kind.
pub static INFO: KindInfo = KindInfo {
    kind: "cognito",
    class: Class::Leaf,
    summary: "signs users in and up, by rates of the whole account",
    model: "takes a token of the operation's category from the account, else throttles; takes the operation's time",
    not_modelled: "limits of one user, lockouts, triggers, identity pools",
    sources: "Cognito developer guide (Quotas); read 2026-11",
    operations: &[
        operation("sign-in", "checks a password (InitiateAuth)"),
        operation("refresh", "makes new tokens; counts as a sign-in"),
        operation("respond", "answers a challenge, such as a code or SRP"),
        operation("sign-up", "makes a user"),
        operation("recover", "begins or ends what a forgotten password needs"),
        operation("federate", "signs in by way of another provider"),
        operation("get-user", "reads a user"),
        operation("update-user", "changes a user"),
    ],
    prices: PRICES,
    parameters: Cognito::table,
    read: |object| Box::new(Cognito::read(object)),
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
    /// Parameters of user pools.
    pub struct Cognito {
        /// Users that are active in a month, for the bill.
        active_users: Option<u64> = None, large_count(1), Choice, "not billed until it is given";
        /// Calls per time to `sign-in` and `refresh` together; one second of it at once, as of the others.
        authentication: f64 = 120.0, rate(), Documented, QUOTAS;
        /// Calls per time to `respond`, before they count as authentications; without it three times `authentication`.
        challenges: Option<f64> = None, rate(), Documented, QUOTAS;
        /// Calls per time to `sign-up`.
        creation: f64 = 50.0, rate(), Documented, QUOTAS;
        /// Calls per time to `federate`.
        federation: f64 = 25.0, rate(), Documented, QUOTAS;
        /// Calls per time to `recover`.
        recovery: f64 = 30.0, rate(), Documented, QUOTAS;
        /// Calls per time to `get-user`.
        reading: f64 = 120.0, rate(), Documented, QUOTAS;
        /// Calls per time to `update-user`.
        updating: f64 = 25.0, rate(), Documented, QUOTAS;
        /// Time of `sign-in`, `respond` and `sign-up`: mostly that of hashing a password.
        password: Law = milliseconds_p50_p99(130.0, 450.0), duration_law(), Estimate, LATENCY;
        /// Time of `refresh`.
        refresh: Law = milliseconds_p50_p99(60.0, 250.0), duration_law(), Estimate, LATENCY;
        /// Time of `federate`, without the other provider.
        federate: Law = milliseconds_p50_p99(60.0, 250.0), duration_law(), Estimate, "as `refresh`, for want of a figure; put your own";
        /// Time of `get-user`, `update-user` and `recover`.
        user: Law = milliseconds_p50_p99(35.0, 150.0), duration_law(), Estimate, LATENCY;
    }
}

impl Cognito {
    /// Writes an answer to a challenge, which has two buckets to take from.
    fn respond(&self, program: &mut Program<'_>) {
        let per_s = self.challenges.unwrap_or(3.0 * self.authentication);
        let answers = BucketSpec::one_second(per_s, Scope::Account);
        let answers = program.bucket("answers to challenges", &answers);
        program.afford(answers, Cost::One, |program| {
            admit_call(program, "authentications", self.authentication);
        });
        program.work(&WorkSpec::of(&self.password));
    }
}

impl Component for Cognito {
    fn info(&self) -> &'static KindInfo {
        &INFO
    }

    fn compile(&self, program: &mut Program<'_>) {
        let (category, per_s, time) = match program.op() {
            "respond" => return self.respond(program),
            "recover" => ("recoveries of accounts", self.recovery, &self.user),
            "sign-up" => ("creations of users", self.creation, &self.password),
            "federate" => ("federated sign-ins", self.federation, &self.federate),
            "get-user" => ("reads of users", self.reading, &self.user),
            "update-user" => ("updates of users", self.updating, &self.user),
            "refresh" => ("authentications", self.authentication, &self.refresh),
            _ => ("authentications", self.authentication, &self.password),
        };
        admit_call(program, category, per_s);
        program.work(&WorkSpec::of(time));
    }

    fn charges(&self) -> Vec<Charge> {
        let users = self.active_users.iter();
        users
            .map(|users| Charge::new(&USERS, Usage::Kept(*users as f64)))
            .collect()
    }

    fn unbilled(&self) -> Vec<&'static str> {
        match self.active_users {
            Some(_) => vec!["that fewer users are free if they come by way of another provider"],
            None => vec!["everything, as it has no `active_users`"],
        }
    }
}

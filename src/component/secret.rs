//! Secrets that an instance or environment reads as it starts, keeps, and shows to others.
//!
//! What an instance keeps is read anew when it is older than `ttl`, and as its first work by an
//! environment. A copy that is started reads before it is ready (`engine::credential`). After
//! the rotation of the secret what is kept is denied: the visit has made a call in vain, reads
//! anew, and goes on with what it gets; or it fails, as long as the old value is kept.
//!
//! Not here: who keeps secrets, and when they change (`secrets_manager`).

use super::WorkSpec;
use super::build::{Owner, Table, index};
use super::declare::{GroupId, PoolId, RetryDefaults};
use super::parameter::{
    How, choice, duration_in, duration_law, milliseconds_p50_p99, object, parameters, text,
};
use super::program::Program;
use crate::mechanism::held::Rotation;
use crate::model::{Credential, Holders, NONE, Op, Outcome};
use crate::random::law::Law;
use crate::spec::reader::Object;
use crate::units::Span;

/// One second.
const SECOND: u64 = 1_000_000_000;
/// How long clients keep a secret.
const CACHING: &str = "Secrets Manager user guide, client-side caching: an hour; the Lambda extension keeps it for 300 s, read 2026-11";

/// What a client does whose secret is denied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denied {
    /// It reads the secret and tries once more.
    Refresh,
    /// It fails, and keeps what it has.
    Fail,
}

/// Words for it.
const DENIED: &[(&str, Denied)] = &[("refresh", Denied::Refresh), ("fail", Denied::Fail)];

/// How a node keeps secrets.
#[derive(Clone, Debug)]
pub struct Source {
    /// When they change.
    pub rotation: Option<Rotation>,
    /// How its clients try again.
    pub retry: RetryDefaults,
}

parameters! {
    /// Parameters of a secret that a node reads.
    pub struct Secret {
        /// Node that keeps it, a secrets-manager; a link has to lead there. A start goes over it as well, but for its `timeout`. Has to be said.
        from: Option<String> = None, text(), Choice, "has to be said";
        /// For how long it is kept until it is read anew; 0s: every visit reads it.
        ttl: Span = Span(3_600 * SECOND), duration_in(Span::ZERO..=Span(7 * 86_400 * SECOND)), Documented, CACHING;
        /// What a visit does whose secret is denied after a rotation: `refresh` reads it and tries once more, `fail` fails until `ttl` is over.
        denied: Denied = Denied::Refresh, choice(DENIED), Documented, "Secrets Manager user guide, rotation: an application should retry with the secret as it is then, read 2026-11";
        /// Time of a call that is denied.
        attempt: Law = milliseconds_p50_p99(5.0, 25.0), duration_law(), Estimate, "a new connection to a database in the region and its refusal, 2026-11; put your own";
    }
    check Secret::check
}

/// Returns how `secret` is read.
pub(super) fn secret() -> How<Secret> {
    object::<Secret>()
}

impl Secret {
    /// Checks rules between parameters.
    fn check(&mut self, object: &mut Object<'_>) {
        if self.from.is_none() {
            object.missing("from");
        }
    }

    /// Returns the node that keeps it.
    pub(super) fn asks(&self) -> Option<&str> {
        self.from.as_deref()
    }

    /// Writes what a visit does before its work, at an environment of a pool.
    pub(super) fn of_environment(&self, program: &mut Program<'_>, pool: PoolId) {
        let Some(credential) = self.declare(program, Holders::Pool(pool.0)) else {
            return program.environment(pool, None, &|_| {});
        };
        let forget = |program: &mut Program<'_>| {
            let read = false;
            program.build.emit(Op::Hold { credential, read });
        };
        program.environment(pool, Some(&forget), &|_| {});
        self.hold(program, credential);
    }

    /// The same at a copy.
    pub(super) fn of_copy(&self, program: &mut Program<'_>, group: GroupId) {
        if let Some(credential) = self.declare(program, Holders::Group(group.0)) {
            self.hold(program, credential);
        }
    }

    /// Declares what copies or environments hold; nothing if it was refused.
    fn declare(&self, program: &mut Program<'_>, holders: Holders) -> Option<u32> {
        let name = self.from.as_deref().unwrap_or_default();
        let Some(source) = program.around.asked_secrets(program.ask) else {
            let message = format!(
                "`secret` of node `{}` is kept by `{name}`: that has to be a secrets-manager node to which it has a link",
                program.name()
            );
            program.refuse("secret::from", message);
            return None;
        };
        let build = &mut *program.build;
        let owner = Owner::Node(program.ask.node);
        let label = format!("{holders:?}");
        if let Some(known) = build.labelled(Table::Credentials, owner.clone(), &label) {
            return Some(known);
        }
        let at = index(build.model.credentials.len());
        build.model.credentials.push(Credential {
            node: program.ask.node,
            holders,
            keep: self.ttl,
            rotation: source.rotation,
        });
        build.label(Table::Credentials, owner, &label, at);
        Some(at)
    }

    /// Writes how a visit comes to hold a secret that is accepted, or fails.
    fn hold(&self, program: &mut Program<'_>, credential: u32) {
        let held = |old, denied, ages| Op::Held {
            credential,
            old,
            denied,
            ages,
        };
        let attempt = WorkSpec::of(&self.attempt);
        let first = program.build.emit(held(NONE, NONE, true));
        let good = program.build.jump();
        let denied = program.build.here();
        program.work(&attempt);
        if self.denied == Denied::Fail {
            program.leave(Outcome::Failed);
        }
        let old = program.build.here();
        let route = index(program.build.model.routes.len());
        program.ask_first();
        let read = true;
        program.build.emit(Op::Hold { credential, read });
        // Who cannot read goes on with what it has, if it has something.
        let second = program.build.emit(held(NONE, NONE, false));
        let renewed = program.build.jump();
        program.build.model.routes[route as usize].on_error = second;
        let again = program.build.here();
        program.work(&attempt);
        let nothing = program.build.here();
        program.leave(Outcome::Failed);
        let ops = &mut program.build.model.ops;
        ops[first as usize] = held(old, denied, true);
        ops[second as usize] = held(nothing, again, false);
        program.build.land(good);
        program.build.land(renewed);
    }
}

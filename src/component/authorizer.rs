//! Who decides whether a call may pass a gateway, and for how long the answer is known.
//!
//! With `to` a node is asked and its answer kept for `ttl`, by the flow's key, which stands
//! for the caller's token. Without it the gateway checks a signed token by itself.
//!
//! Not here: what a gateway does before and behind it (`api_gateway`).

use super::declare::CacheSpec;
use super::parameter::{How, duration_in, duration_law, milliseconds_p50_p99, parameters, text};
use super::program::Program;
use super::{CacheId, WorkSpec};
use crate::random::law::Law;
use crate::units::Span;

/// One second.
const SECOND: u64 = 1_000_000_000;

parameters! {
    /// Parameters of an authorizer.
    pub struct Authorizer {
        /// Node that is asked, a function of yours: a link has to lead there, which takes no other calls. Without it the gateway checks a token by itself (JWT, Cognito).
        to: Option<String> = None, text(), Choice, "nobody is asked";
        /// How long an answer is known, by the flow's key; 0s: every call asks.
        ttl: Span = Span(300 * SECOND), duration_in(Span::ZERO..=Span(3_600 * SECOND)), Documented, "API Gateway developer guide, Lambda authorizers: 300 s, at most 3,600, read 2026-11";
        /// Time of a check in the gateway; without it p50 1ms, p99 5ms with `to`, and without that p50 1ms, p99 8ms (HTTP API), p50 2ms, p99 15ms (others).
        time: Option<Law> = None, duration_law(), Estimate, "light load, 2026-11; no distribution is published, put your own";
    }
}

/// Returns how `authorizer` is read.
pub(super) fn authorizer() -> How<Authorizer> {
    super::parameter::object::<Authorizer>()
}

impl Authorizer {
    /// Writes a check; `counted`: look-ups of known answers are the node's own, and `own`: the
    /// usual time (p50, p99) [ms] of a gateway that checks a token by itself.
    pub(super) fn check_call(&self, program: &mut Program<'_>, counted: bool, own: (f64, f64)) {
        let (p50, p99) = match self.to {
            Some(_) => (1.0, 5.0),
            None => own,
        };
        let time = self.time.clone();
        let time = time.unwrap_or_else(|| milliseconds_p50_p99(p50, p99));
        program.work(&WorkSpec::of(&time));
        let Some(to) = &self.to else { return };
        if self.ttl == Span::ZERO {
            return Authorizer::ask(program, to);
        }
        let spec = CacheSpec {
            ttl: self.ttl,
            ..CacheSpec::default()
        };
        let known: CacheId = match counted {
            true => program.cache("authorizations", &spec),
            false => program.cache_behind("authorizations", &spec),
        };
        program.look_up(known, |program| {
            Authorizer::ask(program, to);
            program.fill(known);
        });
    }

    /// Asks the node.
    fn ask(program: &mut Program<'_>, to: &str) {
        if !program.ask_first() {
            let message = format!(
                "`authorizer` of node `{}` asks `{to}`, to which it has no link",
                program.name()
            );
            program.refuse("authorizer::no-link", message);
        }
    }
}

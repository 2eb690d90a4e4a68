//! A caller's policy: time-out, retry, hedge, breaker and the like.
//!
//! Links and steps have the same keys; a step's hold over its link's.

use super::{Backoff, Bad, Breaker, Budget, CallPolicy, Hedge, Retry};
use crate::random::law::Law;
use crate::spec::{Data, Field, Object};
use crate::units::Span;

/// Keys of a caller's policy.
pub(super) const CALL_KEYS: [&str; 7] = [
    "timeout",
    "deadline",
    "retry",
    "hedge",
    "cancel",
    "breaker",
    "connections",
];

/// Ways in which the pause between attempts grows.
pub(super) const BACKOFFS: [&str; 5] = [
    "fixed",
    "exponential",
    "full-jitter",
    "equal-jitter",
    "decorrelated",
];

/// Outcomes that can be tried again.
pub(super) const BAD: [&str; 4] = ["throttled", "shed", "timed_out", "failed"];

/// One nanosecond: the least time-out.
const LEAST: Span = Span(1);

/// Reads the policy among the keys of a link or step.
pub(super) fn read(object: &mut Object, callee_kind: &str) -> CallPolicy {
    CallPolicy {
        timeout: object.duration_in("timeout", LEAST..=longest()),
        deadline: object.bool("deadline"),
        retry: object
            .field("retry")
            .and_then(|field| retry(&field, callee_kind)),
        hedge: object.object("hedge").and_then(hedge),
        cancel: object.bool("cancel"),
        breaker: object.object("breaker").and_then(breaker),
        connections: object
            .field("connections")
            .and_then(|field| field.small_count(1)),
    }
}

/// Returns the longest duration that can be written.
pub(super) fn longest() -> Span {
    Span(crate::units::parse::LONGEST as u64)
}

impl Retry {
    /// Builds the policy that never tries again.
    pub fn none() -> Retry {
        Retry {
            attempts: 1,
            backoff: Backoff::FullJitter,
            base: Law::Constant(25e6),
            base_throttled: None,
            cap: Span(20_000_000_000),
            factor: 2.0,
            jitter: 0.0,
            on: vec![Bad::Throttled, Bad::Shed, Bad::TimedOut, Bad::Failed],
            budget: None,
            adaptive: false,
        }
    }

    /// Builds the standard mode of the AWS SDKs towards a callee of some kind.
    // SOURCE: storage-data-messaging facts, `client_sdk_retry`: behaviour since
    // November 2026. Read 2026-11.
    pub fn aws_standard(callee_kind: &str) -> Retry {
        let dynamodb = callee_kind == "dynamodb";
        Retry {
            attempts: if dynamodb { 4 } else { 3 },
            base: Law::Constant(if dynamodb { 25e6 } else { 50e6 }),
            base_throttled: Some(Law::Constant(1e9)),
            budget: Some(Budget {
                tokens: 500.0,
                cost: 14.0,
                cost_throttled: Some(5.0),
                earn: 1.0,
                earn_on_call: false,
            }),
            ..Retry::none()
        }
    }
}

/// Reads a retry policy: an object or the name of one.
pub(super) fn retry(field: &Field, callee_kind: &str) -> Option<Retry> {
    match &field.value.data {
        Data::Object(_) => retry_object(field.object()?),
        Data::Text(_) => match field.choice(&["none", "aws-standard", "aws-adaptive"])? {
            "none" => Some(Retry::none()),
            "aws-standard" => Some(Retry::aws_standard(callee_kind)),
            _ => Some(Retry {
                adaptive: true,
                ..Retry::aws_standard(callee_kind)
            }),
        },
        Data::Null | Data::Bool(_) | Data::Number(_) | Data::List(_) => {
            field.wrong_type("an object, \"none\", \"aws-standard\" or \"aws-adaptive\"")
        }
    }
}

/// Reads a retry policy that is written out.
fn retry_object(mut object: Object) -> Option<Retry> {
    let none = Retry::none();
    let attempts = match object.field("attempts") {
        None => 3,
        Some(field) => match field.count_or_unlimited()? {
            u64::MAX => u32::MAX,
            _ => field.small_count(1)?,
        },
    };
    let backoff = match object.choice("backoff", &BACKOFFS) {
        Some("fixed") => Backoff::Fixed,
        Some("exponential") => Backoff::Exponential,
        Some("equal-jitter") => Backoff::EqualJitter,
        Some("decorrelated") => Backoff::Decorrelated,
        Some(_) | None => Backoff::FullJitter,
    };
    let base = match object.field("base") {
        None => none.base.clone(),
        Some(field) => {
            let law = field.duration_law()?;
            if backoff != Backoff::Fixed && !matches!(law, Law::Constant(_)) {
                let message = format!("{} may vary only with `backoff` `fixed`", field.name);
                field.error("retry::base-varies", message);
            }
            law
        }
    };
    let on = object.list("on").map(|entries| {
        let read = entries.iter().filter_map(|entry| entry.choice(&BAD));
        read.map(bad).collect()
    });
    Some(Retry {
        attempts,
        backoff,
        base,
        base_throttled: None,
        cap: object.duration("cap").unwrap_or(none.cap),
        factor: object.factor_in("factor", 1.0..=1000.0).unwrap_or(2.0),
        jitter: object.share("jitter").unwrap_or(0.0),
        on: on.unwrap_or(none.on),
        budget: object.object("budget").map(budget),
        adaptive: false,
    })
}

/// Returns the outcome of a word of `BAD`.
fn bad(word: &str) -> Bad {
    match word {
        "throttled" => Bad::Throttled,
        "shed" => Bad::Shed,
        "timed_out" => Bad::TimedOut,
        _ => Bad::Failed,
    }
}

/// Reads a retry budget.
fn budget(mut object: Object) -> Budget {
    Budget {
        tokens: object.factor("tokens").unwrap_or(500.0),
        cost: object.factor("cost").unwrap_or(5.0),
        cost_throttled: None,
        earn: object.factor("earn").unwrap_or(1.0),
        earn_on_call: object.choice("earn_on", &["success", "call"]) == Some("call"),
    }
}

/// Reads a hedge.
fn hedge(mut object: Object) -> Option<Hedge> {
    let after = object.required("after").and_then(|after| after.duration());
    let most = object
        .field("most")
        .map_or(Some(1), |most| most.small_count(1));
    Some(Hedge {
        after: after?,
        most: most?,
    })
}

/// Reads a circuit breaker.
fn breaker(mut object: Object) -> Option<Breaker> {
    let failures = object.required("failures").and_then(|one| one.share());
    let window = object
        .required("window")
        .and_then(|one| one.duration_in(LEAST..=longest()));
    let least_calls = object
        .required("least_calls")
        .and_then(|one| one.small_count(1));
    let open = object.required("open").and_then(|one| one.duration());
    let probes = object
        .field("probes")
        .map_or(Some(1), |one| one.small_count(1));
    Some(Breaker {
        failures: failures?,
        window: window?,
        least_calls: least_calls?,
        open: open?,
        probes: probes?,
    })
}

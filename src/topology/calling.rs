//! How a caller behaves: time-outs, retries, hedges, breakers.
//!
//! What is `None` falls back to the link's, then to the kind's; `policy` reads it.

use crate::random::law::Law;
use crate::units::Span;

/// A caller's policy; what is `None` falls back to the link's, then the kind's.
#[derive(Clone, Debug, Default)]
pub struct CallPolicy {
    /// Time-out of one attempt.
    pub timeout: Option<Span>,
    /// Whether the caller's remaining time is passed on.
    pub deadline: Option<bool>,
    /// Retry policy; `Some(Retry::none())` switches a default off.
    pub retry: Option<Retry>,
    /// Hedging: another attempt after this long, at most so many.
    pub hedge: Option<Hedge>,
    /// Whether the callee is told when its answer is not needed any more.
    pub cancel: Option<bool>,
    /// Circuit breaker.
    pub breaker: Option<Breaker>,
    /// Most calls outstanding per copy of the caller.
    pub connections: Option<u32>,
}

/// How a caller tries again.
#[derive(Clone, Debug, PartialEq)]
pub struct Retry {
    /// Attempts in all, the first included; `u32::MAX` is unlimited.
    pub attempts: u32,
    /// How the pause grows.
    pub backoff: Backoff,
    /// Base pause [ns].
    pub base: Law,
    /// Base pause after `throttled` [ns], where it differs (AWS SDKs).
    pub base_throttled: Option<Law>,
    /// Longest pause.
    pub cap: Span,
    /// Growth per attempt.
    pub factor: f64,
    /// Multiplies by U(1−j, 1+j).
    pub jitter: f64,
    /// Outcomes that are tried again.
    pub on: Vec<Bad>,
    /// Retry budget.
    pub budget: Option<Budget>,
    /// The adaptive mode's own rate limit on the client.
    pub adaptive: bool,
}

/// How the pause before attempt k+1 is formed, with e = min(cap, base × factor^(k−1)).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backoff {
    /// `base`, drawn anew each time.
    Fixed,
    /// e.
    Exponential,
    /// U(0, e).
    FullJitter,
    /// e/2 + U(0, e/2).
    EqualJitter,
    /// min(cap, U(base, 3 × last pause)).
    Decorrelated,
}

/// An outcome other than completed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bad {
    /// Refused by a rate or concurrency limit.
    Throttled,
    /// Refused by a full waiting line.
    Shed,
    /// Given up by its caller.
    TimedOut,
    /// Ended by a fault or a failed call.
    Failed,
}

/// A token bucket that pays for retries.
#[derive(Clone, Debug, PartialEq)]
pub struct Budget {
    /// Most tokens, and tokens at the start.
    pub tokens: f64,
    /// Price of a retry.
    pub cost: f64,
    /// Price of a retry after `throttled`, where it differs.
    pub cost_throttled: Option<f64>,
    /// Tokens earned.
    pub earn: f64,
    /// Earned by every call (true) or by a success at the first attempt (false).
    pub earn_on_call: bool,
}

/// Another attempt if none has answered.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hedge {
    /// How long to wait for an answer first.
    pub after: Span,
    /// Most additional attempts.
    pub most: u32,
}

/// A circuit breaker.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Breaker {
    /// Share of failures that opens it, 0..=1.
    pub failures: f64,
    /// Over how long the share is taken.
    pub window: Span,
    /// Least calls in the window.
    pub least_calls: u32,
    /// How long it stays open.
    pub open: Span,
    /// Calls let through to find out.
    pub probes: u32,
}

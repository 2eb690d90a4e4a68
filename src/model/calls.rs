//! Calls: what an attempt is, and the constants of retries, budgets and breakers.

use super::CountFrom;
use crate::units::Span;

/// A call that a program can make: to whom, how, and what then.
#[derive(Clone, Debug)]
pub struct Route {
    /// First operation of the callee's program.
    pub entry: u32,
    /// Recorder row that counts the child as an arrival; the caller's own row
    /// for a strand (then `strand` is set and nothing is counted).
    pub row: u32,
    /// Link whose tally it is; `NONE` for a strand.
    pub link: u32,
    /// Whether the child is a strand of the caller's node (`try`).
    pub strand: bool,
    /// Hash of caller, callee and the number of this call in the program.
    pub site: u32,
    /// One-way latency; `NONE` is none.
    pub latency: u32,
    /// Whether the link's floor is at least `CUTTABLE_FLOOR`.
    pub cuttable: bool,
    /// Share of messages lost, as a threshold on a 64-bit draw (0: none).
    pub loss: u64,
    /// Time-out of one attempt; `MAX` is none.
    pub timeout: Span,
    /// Whether the caller's own deadline bounds the attempt's.
    pub deadline: bool,
    /// Whether the callee is told when its answer is not needed any more.
    pub cancel: bool,
    /// Retry policy; `NONE` is none.
    pub retry: u32,
    /// Hedge after this long; `MAX` is never.
    pub hedge_after: Span,
    /// Most hedges.
    pub hedge_most: u32,
    /// Circuit breaker; `NONE` is none.
    pub breaker: u32,
    /// Station group that bounds the calls outstanding; `NONE` is none.
    pub connections: u32,
    /// Key law drawn for the child, or `NONE`: inherited.
    pub key: u32,
    /// Items in the call.
    pub count: CountFrom,
    /// Size of one item [bytes]: sampler, `NONE`: 1 KiB, or `INHERITED`: the caller's.
    pub bytes: u32,
    /// Where the caller goes on if the answer was a miss; `NONE`: as on a hit.
    pub on_miss: u32,
    /// Where the caller goes on after a bad outcome; `NONE`: it ends in the same way.
    pub on_error: u32,
    /// Where the caller goes on if an attempt has taken longer than `timeout`, without
    /// trying again; `NONE`: that is a bad outcome like others.
    pub late: u32,
    /// Whether the callee may come back to the caller, so that its draws must tell rounds apart.
    pub again: bool,
    /// Index into the callee's `operations`; `NONE`: unnamed.
    pub op: u32,
    /// Priority of the child 0..=9; 255: inherited.
    pub priority: u8,
    /// Who hears that a full callee has room for the child.
    pub on_room: OnRoom,
    /// Whether the child goes to the copy at which the caller is: a strand, or behind a
    /// link's bandwidth.
    pub same_copy: bool,
    /// Its link, if something is wrong with that for some time: index into `Control::ways`.
    pub way: u32,
}

/// Who hears that a station that keeps its callers waiting has room for an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnRoom {
    /// Nobody: the caller holds what it holds until the reply.
    Nobody,
    /// The caller's own caller, on whose behalf it only hands the call on.
    Above,
    /// The caller, which kept a server of this group since it worked, and gives it back.
    Release(u32),
}

/// A retry policy.
#[derive(Clone, Debug)]
pub struct Retry {
    /// Attempts in all; `u32::MAX` is unlimited.
    pub attempts: u32,
    /// The same after `Throttled`.
    pub attempts_throttled: u32,
    /// How the pause grows.
    pub backoff: Backoff,
    /// Base pause: sampler.
    pub base: u32,
    /// Base pause after `Throttled`: sampler.
    pub base_throttled: u32,
    /// Longest pause.
    pub cap: Span,
    /// Growth per attempt.
    pub factor: f64,
    /// Multiplies by U(1−j, 1+j).
    pub jitter: f64,
    /// Attempts made again without a pause, before all others.
    pub at_once: u32,
    /// Attempts after those that are made again after the base, before it grows.
    pub steady: u32,
    /// Outcomes that are tried again: bit of `Outcome as u8`.
    pub on: u8,
    /// Budget; `NONE` is none.
    pub budget: u32,
    /// The client's own rate limit; `NONE` is none.
    pub pace: u32,
}

/// The rate limits of a calling node towards one link, one per copy of it.
#[derive(Clone, Debug)]
pub struct Pace {
    /// Node that calls.
    pub node: u32,
    /// Index of the first copy's among all.
    pub first: u32,
    /// Copies of the calling node, ≥ 1.
    pub copies: u32,
}

/// How the pause before an attempt is formed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backoff {
    /// The base.
    Fixed,
    /// e = min(cap, base × factor^(k−1)).
    Exponential,
    /// U(0, e).
    FullJitter,
    /// e/2 + U(0, e/2).
    EqualJitter,
    /// min(cap, U(base, 3 × last pause)).
    Decorrelated,
}

/// A token bucket that pays for retries, one per calling node and link.
#[derive(Clone, Debug)]
pub struct Budget {
    /// Most tokens, and tokens at the start.
    pub tokens: f64,
    /// Price of a retry.
    pub cost: f64,
    /// Price of a retry after `Throttled`.
    pub cost_throttled: f64,
    /// Tokens earned.
    pub earn: f64,
    /// Earned by every call, else by a success at the first attempt.
    pub on_call: bool,
}

/// A circuit breaker, one per calling node and link.
#[derive(Clone, Debug)]
pub struct Breaker {
    /// Share of failures that opens it.
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

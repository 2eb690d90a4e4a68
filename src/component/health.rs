//! Health checks, as users write them: how often somebody looks, and what it takes to be
//! held to be out, or well again.
//!
//! Not here: when an outage is noticed (`mechanism::health`), and of what (`compile::health`).

use super::parameter::{count, duration_in, parameters};
use crate::mechanism::health::Health;
use crate::units::Span;

/// Shortest time between two looks.
const LEAST: Span = Span(1_000_000);
/// Longest time between two looks: an hour.
const MOST: Span = Span(3_600_000_000_000);

parameters! {
    /// Parameters of health checks.
    pub struct HealthSpec {
        /// Time between two checks.
        every: Option<Span> = None, duration_in(LEAST..=MOST), Choice, "the kind's own";
        /// Checks that fail in a row until a copy gets no more calls.
        failures: Option<u32> = None, count(1..=1_000), Choice, "the kind's own";
        /// Checks that do not fail in a row until it gets calls again.
        successes: Option<u32> = None, count(1..=1_000), Choice, "the kind's own";
    }
}

impl HealthSpec {
    /// Returns how somebody looks; `own`: where it says nothing.
    pub(super) fn or(&self, own: Health) -> Health {
        Health {
            every: self.every.unwrap_or(own.every),
            failures: self.failures.unwrap_or(own.failures),
            successes: self.successes.unwrap_or(own.successes),
        }
    }
}

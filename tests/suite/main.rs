//! The integration tests: one binary, so that it links once.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::float_cmp,
    reason = "a test may stop at what it did not expect, and print what it found"
)]

mod architecture;
mod batches;
#[cfg(feature = "serve")]
mod browser;
mod calls;
mod capacity;
mod check;
mod cli;
mod compare;
mod component;
mod control;
mod cost;
mod cost_months;
mod cost_requests;
mod defaults;
mod determinism;
mod explain;
mod golden;
mod hostile;
mod html;
#[cfg(feature = "serve")]
mod http;
mod import;
mod invalid;
mod journeys;
mod known;
mod large;
mod lessons;
mod messages;
mod parts;
mod readme;
mod schema;
#[cfg(feature = "serve")]
mod serve;
mod shown;
#[allow(clippy::float_cmp, reason = "these values are exact")]
mod sizes;
mod sizing;
mod strategies;
mod support;
mod sweep;
mod utilisation;
mod valid;

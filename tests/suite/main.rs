//! The integration tests: one binary, so that it links once.

#![allow(
    clippy::unwrap_used,
    reason = "a test may stop at what it did not expect"
)]

mod calls;
mod determinism;
mod hostile;
mod invalid;
mod known;
mod schema;
mod valid;

//! The integration tests: one binary, so that it links once.

mod invalid;
mod known;

//! One binary for all integration tests: it links once.

mod architecture;
mod cli;
mod golden;
mod invalid;
mod known;
mod readme;
mod support;

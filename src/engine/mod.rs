//! Runs a compiled model: one replication, one event after the other.

pub mod queue;
pub mod wheel;

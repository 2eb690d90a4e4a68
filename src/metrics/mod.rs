//! Tallies, histograms and time averages; intervals over replications.
pub mod cells;
mod hot_keys;
pub mod recorder;
pub mod recording;

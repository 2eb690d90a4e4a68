//! Tallies, histograms and time averages; intervals over replications.
pub mod cells;
pub mod recording;

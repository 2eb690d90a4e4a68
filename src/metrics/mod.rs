//! Tallies, histograms and time averages; intervals over replications.
//!
//! `recorder` fills a `Recording` in the loop. `distribution`, `estimate` and
//! `warm_up` turn the recordings of several replications into numbers that
//! carry an interval or the reason why they have none.

pub mod cells;
pub mod charged;
pub mod counts;
pub mod distribution;
pub mod estimate;
pub mod fan_out;
pub mod followed;
mod hot_keys;
pub mod recorder;
pub mod recording;
mod times;
pub mod trace;
pub mod warm_up;
pub mod watch;

pub use recorder::day_book;

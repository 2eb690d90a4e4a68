//! Measuring two programs in turn: medians, ratios and their spread.
//!
//! Times drift together on a shared machine, so A and B alternate and what is
//! quoted is the median of the ratios of neighbours.

#![allow(
    dead_code,
    clippy::print_stdout,
    reason = "shared by several benches, which print their tables"
)]

use std::time::Instant;

/// Runs of each program that count, after one that does not.
pub(crate) const ROUNDS: usize = 5;

/// What one program took, run after run [ns].
#[derive(Clone, Debug, Default)]
pub(crate) struct Samples(Vec<f64>);

impl Samples {
    /// Adds a run.
    pub(crate) fn push(&mut self, ns: f64) {
        self.0.push(ns);
    }

    /// Returns the median.
    pub(crate) fn median(&self) -> f64 {
        median(&self.0)
    }

    /// Returns the least and the greatest.
    pub(crate) fn range(&self) -> (f64, f64) {
        let least = self.0.iter().copied().fold(f64::INFINITY, f64::min);
        (least, self.0.iter().copied().fold(0.0, f64::max))
    }

    /// Returns the ratios of runs that were neighbours in time.
    pub(crate) fn over(&self, other: &Samples) -> Samples {
        Samples(self.0.iter().zip(&other.0).map(|(a, b)| a / b).collect())
    }
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    if sorted.len() % 2 == 1 {
        sorted[middle]
    } else {
        (sorted[middle - 1] + sorted[middle]) / 2.0
    }
}

/// Returns what something gives, and how long it took [ns].
pub(crate) fn timed<T>(run: impl FnOnce() -> T) -> (T, f64) {
    let start = Instant::now();
    let value = std::hint::black_box(run());
    (value, start.elapsed().as_nanos() as f64)
}

/// Whether this is `cargo bench`; else everything runs once and short, to see that it works.
pub(crate) fn in_earnest() -> bool {
    std::env::args().any(|argument| argument == "--bench")
}

//! What usage is charged: asked by the loop, which knows no prices, of somebody who does.

use super::recording::Recording;

/// Somebody who knows what usage costs.
pub trait Charges: Sync {
    /// Returns how many units of everything that is paid for have been used, by the books of
    /// one replication, so that the difference of two states of them is what was used between.
    ///
    /// What is there whatever the load is used as time passes. In all: month × units.
    fn used(&self, books: &Recording) -> Vec<f64>;

    /// Returns what a month comes to in which `used` goes on, as it was in so much time [ns]:
    /// of a node, or of all [US dollars].
    fn month_usd(&self, used: &[f64], during_ns: f64, node: Option<u32>) -> f64;
}

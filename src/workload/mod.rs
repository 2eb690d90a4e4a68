//! Arrival processes: when requests enter.

/// A compiled load line (placeholder until it lands).
#[derive(Clone, Debug, Default)]
pub struct Source;

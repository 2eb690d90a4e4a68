//! The same stations in a row, written for other simulation crates.
//!
//! Each is written as the crate's own documentation writes its examples, except that
//! latencies are recorded where a request leaves instead of being sent to a sink, and
//! that draws and records are those of the hand-specialised loops: what differs is
//! the machinery of events. `nexosim` is the current crate of general use; `simrs` is
//! the least of those that keep their events in a heap.

mod nexosim;
mod simrs;

use crate::parts::{Draw, Figures};
use statrs::distribution::{ContinuousCDF, StudentsT};

/// A program of another crate, by row of stations, horizon [ns] and seed.
pub(crate) type Program = fn(&Row, u64, u64) -> Result<Figures, String>;

/// The crates, in the order of their columns.
pub(crate) const PEERS: [(&str, Program); 2] = [("nexosim", nexosim::run), ("simrs", simrs::run)];

/// Stations in a row, with a hop before each and as many hops back.
pub(crate) struct Row {
    pub(crate) stations: usize,
    pub(crate) servers: usize,
    /// Each hop [ns].
    pub(crate) hop: u64,
    /// Makes the law between arrivals.
    pub(crate) gap: fn() -> Draw,
    /// Makes the law of a service.
    pub(crate) service: fn() -> Draw,
}

/// W1: one server, no hops.
pub(crate) const MM1: Row = Row {
    stations: 1,
    servers: 1,
    hop: 0,
    gap: || Draw::exponential(1.25e6),
    service: || Draw::exponential(1e6),
};

/// W2: five stations of 16 servers.
pub(crate) const TANDEM: Row = Row {
    stations: 5,
    servers: 16,
    hop: 250_000,
    gap: || Draw::exponential(1e9 / 2560.0),
    service: || Draw::lognormal(5e6, 0.5),
};

/// Says whether two programs give the same mean, by the interval of 99.9 % of its difference.
///
/// # Errors
///
/// Names both means if they are not the same.
pub(crate) fn agree(crate_name: &str, ours: &[f64], theirs: &[f64]) -> Result<(), String> {
    let (a, b) = (Mean::of(ours), Mean::of(theirs));
    let freedom = (ours.len() + theirs.len()) as f64 - 2.0;
    let t = StudentsT::new(0.0, 1.0, freedom)
        .map_err(|error| error.to_string())?
        .inverse_cdf(0.9995);
    let allowed = t * (a.variance + b.variance).sqrt();
    if (a.mean - b.mean).abs() <= allowed {
        return Ok(());
    }
    Err(format!(
        "{crate_name} has a mean of {:.4} ms, the engine {:.4} ms: {allowed:.4} ms are allowed",
        b.mean, a.mean
    ))
}

/// A mean of independent runs, and its variance.
struct Mean {
    mean: f64,
    variance: f64,
}

impl Mean {
    fn of(values: &[f64]) -> Mean {
        let count = values.len() as f64;
        let mean = values.iter().sum::<f64>() / count;
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        Mean {
            mean,
            variance: squares / (count - 1.0) / count,
        }
    }
}

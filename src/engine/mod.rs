//! The loop: replays one scenario, replication by replication.
//!
//! A replication is sequential; replications run in parallel and are handed back
//! in the order of their numbers, so that nothing depends on threads. Within a
//! replication, `replication` holds state and clock, `step` interprets programs,
//! `call`, `join`, `pace`, `station`, `room`, `hold`, `lookup` and `delivery` are what
//! operations do, `queue` and `wheel` hold what is to come. `global`, `deploy` and `outage`
//! watch a run and change it, in events that run alone.
//!
//! Not here: what a node of a topology is (`component`), and what counts are
//! worth (`metrics`).

mod balance;
mod books;
mod call;
mod convert;
mod delivery;
mod deploy;
mod event;
mod fan_out;
mod from_log;
mod from_queue;
mod global;
mod hold;
mod join;
mod link;
mod lookup;
mod outage;
mod pace;
mod page;
pub mod queue;
mod replication;
mod room;
#[cfg(test)]
mod smoke;
mod station;
mod step;
mod supply;
mod visit;
pub mod wheel;

use crate::metrics::recording::Recording;
use crate::model::{Model, Plan};
use crate::units::SimTime;
use rayon::prelude::*;
use std::ops::Range;

/// Events between two reports of progress.
const STOP_CHECKS: u32 = 1 << 14;

/// Somebody who watches a run, and may end it.
pub trait Observer: Sync {
    /// A replication has reached an instant.
    fn progress(&self, replication: u32, at: SimTime) {
        let _ = (replication, at);
    }

    /// A bin of a replication has ended.
    fn bin_closed(&self, replication: u32, at: SimTime) {
        let _ = (replication, at);
    }

    /// Whether the run is to end at the next close of a bin.
    fn stop(&self) -> bool {
        false
    }
}

/// Watches nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Nobody;

impl Observer for Nobody {}

/// Runs one replication.
///
/// # Errors
///
/// A loop without time, with the name of the node at which it was found.
pub fn run_one(
    model: &Model,
    plan: &Plan,
    replication: u32,
    observer: &dyn Observer,
) -> Result<Recording, String> {
    start(
        model,
        plan,
        replication,
        lookup::Lookups::new(model),
        observer,
    )
}

/// Runs one replication from the caches that it begins with.
fn start(
    model: &Model,
    plan: &Plan,
    number: u32,
    caches: lookup::Lookups,
    observer: &dyn Observer,
) -> Result<Recording, String> {
    replication::Replication::new(model, plan, number, caches).run(observer)
}

/// Runs replications on a pool of threads; the recordings come in order of their numbers.
///
/// # Errors
///
/// That of the first replication that failed, or the reason why no threads could be had.
pub fn run(
    model: &Model,
    plan: &Plan,
    replications: Range<u32>,
    threads: usize,
    observer: &dyn Observer,
) -> Result<Vec<Recording>, String> {
    let mut caches = lookup::Lookups::new(model);
    caches.share();
    let run = |number| start(model, plan, number, caches.clone(), observer);
    if threads == 1 {
        return replications.map(run).collect();
    }
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()
        .map_err(|error| format!("no threads to be had: {error}"))?;
    pool.install(|| replications.into_par_iter().map(run).collect())
}

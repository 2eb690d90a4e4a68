//! The loop: replays one scenario, replication by replication.
//!
//! Replications run in parallel and are handed back in the order of their numbers; if
//! threads are left, one may run in `parts`, cut where links are long. Nothing depends
//! on threads. Within a replication, `replication` holds state and clock, `run` is its loop, `step`
//! interprets programs, `call`, `join`, `pace`, `station`, `room`, `hold`, `lookup` and
//! `delivery` are what operations do, `lane` is the short
//! way of `call`, `journey` that of whole requests (`travel`: how they go on; `row`, `leg`: where
//! that is little; `abroad`: through several parts; `strand`: of
//! what nobody waits for; `in_line`: while it waits; `unfold`: back to visits), `light` that of what
//! needs no slot (`visiting`: what surrounds it), `queue` and `wheel` hold what is to come, and
//! `fetch` looks ahead.
//! `global`, `deploy`, `alias`, `outage` and `change` watch a run and change it, in events that run alone;
//! `tracing` notes what single requests did, `follow` where their time went.
//!
//! Not here: what a node of a topology is (`component`), and what counts are
//! worth (`metrics`).

mod abroad;
mod admission;
mod alias;
mod balance;
mod books;
mod call;
mod change;
mod charge;
mod convert;
mod credential;
mod cut;
mod delivery;
mod deploy;
mod direct;
mod event;
mod fan_out;
mod fetch;
mod flush;
mod follow;
mod from_log;
mod from_queue;
mod gate;
mod global;
mod hold;
mod impair;
mod in_line;
mod join;
mod journey;
mod kept;
mod lag;
mod lane;
mod leg;
mod letter;
mod light;
mod link;
mod lookup;
mod office;
#[cfg(test)]
mod office_checked;
mod once;
mod outage;
mod pace;
mod page;
mod parts;
mod pause;
mod placement;
pub mod queue;
mod reclaim;
mod remainder;
mod replay;
mod replication;
mod requests;
mod reshard;
mod resolve;
mod resume;
mod room;
mod row;
mod run;
mod seldom;
mod simple;
mod sizes;
#[cfg(test)]
mod smoke;
mod sort;
mod sources;
mod station;
mod step;
mod strand;
mod supply;
mod tables;
mod ties;
mod time_outs;
mod timetable;
mod tracing;
mod travel;
mod trouble;
mod unfold;
mod visit;
mod visiting;
mod way;
pub mod wheel;
mod work;

pub use cut::{Cut, Load};

use crate::metrics::charged::Charges;
use crate::metrics::recording::Recording;
use crate::model::{Model, Plan};
use crate::units::SimTime;
use rayon::prelude::*;
use std::ops::Range;
use tables::{Setting, Tables};

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

    /// Returns who knows what usage costs, for alarms on it; without them it has no value.
    fn charges(&self) -> Option<&dyn Charges> {
        None
    }
}

/// Watches nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Nobody;

impl Observer for Nobody {}

/// What the parts of a run meet by; tests put a model checker's in their place.
mod sync {
    pub(crate) use std::sync::Mutex;
    pub(crate) use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
}

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
    let tables = &Tables::new(model);
    let setting = Setting {
        model,
        plan,
        tables,
    };
    parts::run_whole(setting, replication, lookup::Lookups::new(model), observer)
}

/// Runs one replication in the parts of a cut.
///
/// # Errors
///
/// A loop without time, with the name of the node at which it was found.
pub fn run_in_parts(
    model: &Model,
    plan: &Plan,
    replication: u32,
    cut: &Cut,
    observer: &dyn Observer,
) -> Result<Recording, String> {
    let mut caches = lookup::Lookups::new(model);
    caches.share();
    let tables = &Tables::new(model);
    let setting = Setting {
        model,
        plan,
        tables,
    };
    parts::run_cut(setting, replication, &caches, cut, None, observer)
}

/// Runs replications on several threads; the recordings come in order of their numbers.
///
/// Replications come first: only threads that are left run parts of one.
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
    let tables = &Tables::new(model);
    let setting = Setting {
        model,
        plan,
        tables,
    };
    let run = |number| parts::run_whole(setting, number, caches.clone(), observer);
    if threads == 1 {
        return replications.map(run).collect();
    }
    let each = threads / replications.len().max(1);
    if each > 1 {
        // Parts wait for one another, so each needs a thread that runs: none of a pool.
        let run = |number| parts::run(setting, number, &caches, each, observer);
        // The last one is run here: another thread is slower at getting memory.
        let mut numbers: Vec<u32> = replications.collect();
        let last = numbers.pop();
        return std::thread::scope(|scope| {
            let running: Vec<_> = numbers
                .into_iter()
                .map(|number| scope.spawn(move || run(number)))
                .collect();
            let last = last.map(run);
            running.into_iter().map(joined).chain(last).collect()
        });
    }
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()
        .map_err(|error| format!("no threads to be had: {error}"))?;
    pool.install(|| replications.into_par_iter().map(run).collect())
}

/// Returns what a thread has computed, or panics as it did.
fn joined<T>(thread: std::thread::ScopedJoinHandle<'_, T>) -> T {
    match thread.join() {
        Ok(result) => result,
        Err(panic) => std::panic::resume_unwind(panic),
    }
}

//! How far a run is, and the wish to end it: what it shares with those who watch it.

use crate::analysis::simulation::Watcher;
use crate::engine::Observer;
use crate::units::SimTime;
use std::ops::Range;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// What a run and those who watch it share.
#[derive(Debug, Default)]
pub struct Watch {
    /// Set to end the run early.
    pub stop: AtomicBool,
    /// Simulated time so far, over all replications [ns].
    pub simulated_ns: AtomicU64,
    /// Simulated time in all, over all replications [ns]; grows with every stage.
    pub planned_ns: AtomicU64,
    /// How far each replication of the stage is [ns], from the first of them on.
    reached: Mutex<(u32, Vec<u64>)>,
}

impl Observer for Watch {
    fn progress(&self, replication: u32, at: SimTime) {
        let Ok(mut reached) = self.reached.lock() else {
            return;
        };
        let (first, all) = &mut *reached;
        if let Some(known) = all.get_mut(replication.wrapping_sub(*first) as usize)
            && at.0 > *known
        {
            self.simulated_ns
                .fetch_add(at.0 - *known, Ordering::Relaxed);
            *known = at.0;
        }
    }

    fn stop(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}

impl Watcher for Watch {
    fn stage(&self, replications: Range<u32>, horizon: SimTime) {
        let planned = horizon.0.saturating_mul(replications.len() as u64);
        let before = self.planned_ns.fetch_add(planned, Ordering::Relaxed);
        // What is behind us is done, however early it ended.
        self.simulated_ns.store(before, Ordering::Relaxed);
        if let Ok(mut reached) = self.reached.lock() {
            *reached = (replications.start, vec![0; replications.len()]);
        }
    }
}

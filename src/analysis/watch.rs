//! How far a run is, and the wish to end it: what it shares with those who watch it.

use crate::analysis::simulation::Watcher;
use crate::engine::Observer;
use crate::units::{SimTime, show};
use std::fmt;
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

/// How far a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Simulated time so far, over all replications [ns], at most what is planned.
    pub simulated_ns: u64,
    /// Simulated time in all, over all replications [ns].
    pub planned_ns: u64,
    /// Whether it is about to end early.
    pub stopping: bool,
}

impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verb = match self.stopping {
            true => "stopping after",
            false => "simulated",
        };
        let [simulated, planned] =
            [self.simulated_ns, self.planned_ns].map(|time| show::duration(time as f64));
        write!(f, "{verb} {simulated} of {planned}")
    }
}

impl Watch {
    /// Says how far the run is.
    pub fn so_far(&self) -> Progress {
        let planned = self.planned_ns.load(Ordering::Relaxed);
        Progress {
            simulated_ns: self.simulated_ns.load(Ordering::Relaxed).min(planned),
            planned_ns: planned,
            stopping: self.stop.load(Ordering::Relaxed),
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_counts_simulated_time() {
        let watch = Watch::default();
        watch.stage(0..10, SimTime(60_000_000_000));
        watch.progress(0, SimTime(18_200_000_000));

        assert_eq!(watch.so_far().to_string(), "simulated 18.2s of 10m");
    }
}

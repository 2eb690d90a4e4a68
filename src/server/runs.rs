//! All runs: one is simulated, some wait, the last ones are kept.

use crate::server::answer::Refusal;
use crate::server::question::Design;
use crate::server::run::Run;
use axum::http::StatusCode;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

/// Most runs that are kept, the ones that wait included.
///
/// CHOICE: an afternoon's; a report takes some megabytes.
pub(super) const MOST_KEPT: usize = 20;
/// Most runs that wait.
///
/// CHOICE: one uses all cores, so that beginning several at once would help nobody; who
/// has more to ask wants `sweep` or `compare`.
const MOST_WAITING: usize = 8;

/// A run and what it simulates.
type Task = (Arc<Run>, Design);

/// All runs.
#[derive(Debug)]
pub(super) struct Runs {
    kept: Mutex<Kept>,
    queue: Sender<Task>,
}

/// The runs that are kept, the oldest first.
#[derive(Debug, Default)]
struct Kept {
    begun: u64,
    runs: VecDeque<Arc<Run>>,
}

impl Runs {
    /// Starts the thread that has runs simulated, by so many threads each.
    ///
    /// # Errors
    ///
    /// The system gives no thread.
    pub(super) fn start(threads: usize) -> std::io::Result<Runs> {
        let (queue, tasks): (Sender<Task>, Receiver<Task>) = channel();
        let work = move || {
            for (run, design) in tasks {
                survive(&run, || run.simulate(&design, threads));
            }
        };
        thread::Builder::new()
            .name("simulate".to_owned())
            .spawn(work)?;
        Ok(Runs {
            kept: Mutex::default(),
            queue,
        })
    }

    /// Takes a run in; it is simulated after those that came before it.
    ///
    /// # Errors
    ///
    /// Too many wait.
    pub(super) fn add(&self, design: Design) -> Result<Arc<Run>, Refusal> {
        let mut kept = self.locked();
        let unfinished = kept.runs.iter().filter(|run| !run.has_ended()).count();
        if unfinished > MOST_WAITING {
            return Err(Refusal::new(
                StatusCode::TOO_MANY_REQUESTS,
                format!("{MOST_WAITING} runs wait already"),
                "wait for one to end, or stop one with `DELETE /runs/{id}`",
            ));
        }
        if kept.runs.len() >= MOST_KEPT
            && let Some(oldest) = kept.runs.iter().position(|run| run.has_ended())
        {
            kept.runs.remove(oldest);
        }
        kept.begun += 1;
        let run = Arc::new(Run::new(kept.begun));
        kept.runs.push_back(Arc::clone(&run));
        let sent = self.queue.send((Arc::clone(&run), design));
        debug_assert!(sent.is_ok(), "the thread that simulates is gone");
        Ok(run)
    }

    /// Finds a run.
    pub(super) fn find(&self, id: u64) -> Option<Arc<Run>> {
        let kept = self.locked();
        kept.runs.iter().find(|run| run.id == id).cloned()
    }

    /// Counts the runs before one.
    pub(super) fn ahead(&self, id: u64) -> usize {
        let kept = self.locked();
        let before = kept.runs.iter().filter(|run| run.id < id);
        before.filter(|run| !run.has_ended()).count()
    }

    /// Ends all that have not ended.
    pub(super) fn stop_all(&self) {
        self.locked().runs.iter().for_each(|run| run.stop());
    }

    /// Holds the runs; a thread that panicked has not left half a change.
    fn locked(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Simulates a run; a mistake of ours ends the run that shows it, and no other.
fn survive(run: &Run, simulate: impl FnOnce()) {
    if catch_unwind(AssertUnwindSafe(simulate)).is_err() {
        run.fail(Refusal::internal());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_that_panics_has_failed() {
        let run = Run::new(1);

        survive(&run, || panic!("as a mistake of ours would"));

        assert!(run.has_ended());
    }
}

//! One run: what is to be simulated, how far it is, and what became of it.

use crate::analysis::scenario::{self, Ran};
use crate::analysis::simulation::{self, Refused, Settings};
use crate::analysis::watch::Watch;
use crate::cost::Asked;
use crate::report::Report;
use crate::server::answer::{Refusal, Said};
use crate::server::question::Design;
use axum::http::StatusCode;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A run that was asked for.
#[derive(Debug)]
pub(super) struct Run {
    /// Its number.
    pub(super) id: u64,
    /// How far it is.
    pub(super) watch: Watch,
    state: Mutex<State>,
}

/// Where a run is.
#[derive(Clone, Debug)]
pub(super) enum State {
    /// Others are before it.
    Waiting,
    /// It is being simulated.
    Running,
    /// It has a report, if only a partial one.
    Done(Arc<Report>),
    /// It has none.
    Failed(Refusal),
}

impl Run {
    /// Makes a run that waits.
    pub(super) fn new(id: u64) -> Run {
        Run {
            id,
            watch: Watch::default(),
            state: Mutex::new(State::Waiting),
        }
    }

    /// Returns where it is.
    pub(super) fn state(&self) -> State {
        self.locked().clone()
    }

    /// Whether nothing more will become of it.
    pub(super) fn has_ended(&self) -> bool {
        match *self.locked() {
            State::Waiting | State::Running => false,
            State::Done(_) | State::Failed(_) => true,
        }
    }

    /// Ends it early; one that waits is not begun.
    pub(super) fn stop(&self) {
        self.watch.stop.store(true, Ordering::Relaxed);
        let mut state = self.locked();
        if matches!(*state, State::Waiting) {
            *state = State::Failed(stopped("it was stopped before it began"));
        }
    }

    /// Simulates it, unless it was stopped before.
    pub(super) fn simulate(&self, design: &Design, threads: usize) {
        {
            let mut state = self.locked();
            if !matches!(*state, State::Waiting) {
                return;
            }
            *state = State::Running;
        }
        let settings = Settings {
            threads,
            precision: None,
        };
        let loaded = &design.loaded;
        let ran = scenario::simulate(
            (&loaded.topology, &loaded.file),
            design.origin.clone(),
            &settings,
            &self.watch,
            Asked::default(),
        );
        let ended = match ran {
            Ok(Ran { report, .. }) => State::Done(Arc::new(report)),
            Err(why) => State::Failed(refused(why, &design.origin.text)),
        };
        *self.locked() = ended;
    }

    /// Ends it without a report.
    pub(super) fn fail(&self, why: Refusal) {
        *self.locked() = State::Failed(why);
    }

    /// Holds its state; a thread that panicked has not left half of one.
    fn locked(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Says why a run has no report.
fn refused(why: Refused, text: &str) -> Refusal {
    match why {
        Refused::Compile(found) => Refusal::unsound(Said::all(&found, text)),
        Refused::Engine(message) => {
            Refusal::unsound(Said::all(&[simulation::stopped(&message)], text))
        }
        Refused::NothingCounted => stopped("it was stopped before anything was counted"),
    }
}

/// Says that a run has no report because it was stopped.
fn stopped(message: &str) -> Refusal {
    let help = "run it again; what was simulated after the warm-up is reported";
    Refusal::new(StatusCode::CONFLICT, message, help)
}

//! Ctrl-C: the first asks the run to stop, the second ends the program at once.

use crate::analysis::watch::Watch;
use crate::cli::failure::{Failure, Status};
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Lets Ctrl-C (and a request to terminate) stop a run.
///
/// # Errors
///
/// As [`listen`].
pub(crate) fn install(watch: &Arc<Watch>) -> Result<(), Failure> {
    let watch = Arc::clone(watch);
    listen(move || {
        if watch.stop.swap(true, Ordering::Relaxed) {
            std::process::exit(Status::Interrupted.code().into());
        }
    })
}

/// Does something whenever Ctrl-C is pressed or termination is asked for.
///
/// # Errors
///
/// The system does not let us hear of it.
pub(crate) fn listen(heard: impl FnMut() + Send + 'static) -> Result<(), Failure> {
    ctrlc::set_handler(heard)
        .map_err(|error| Failure::refused(format!("Ctrl-C cannot be listened for: {error}")))
}

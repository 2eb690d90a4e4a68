//! A bar with simulated time and the time left, on a terminal only.
//!
//! A thread of its own looks at the counters of the run; the run never waits for
//! the terminal. The bar is erased before the result is printed.

use crate::analysis::watch::Watch;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// How often the bar is drawn.
const PERIOD: Duration = Duration::from_millis(100);
/// A run shorter than this shows no bar.
const PATIENCE: Duration = Duration::from_millis(300);
/// What the bar looks like.
const TEMPLATE: &str = "{spinner} {msg} [{bar:30}] {eta} left";

/// A bar that is drawn until it is dropped.
#[derive(Debug)]
pub(crate) struct Progress {
    done: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Progress {
    /// Shows the progress of a run, if there is somebody to see it.
    pub(crate) fn show(watch: &Arc<Watch>, wanted: bool) -> Progress {
        let done = Arc::new(AtomicBool::new(false));
        let thread = (wanted && std::io::stderr().is_terminal()).then(|| {
            let (watch, done) = (Arc::clone(watch), Arc::clone(&done));
            std::thread::spawn(move || draw(&watch, &done))
        });
        Progress { done, thread }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.done.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            // A bar that could not be drawn changes nothing about the result.
            let _ = thread.join();
        }
    }
}

/// Draws the bar until the run is done, then erases it.
fn draw(watch: &Watch, done: &AtomicBool) {
    std::thread::park_timeout(PATIENCE);
    let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template(TEMPLATE) {
        bar.set_style(style.progress_chars("█▉▊▋▌▍▎▏ "));
    }
    while !done.load(Ordering::Relaxed) {
        let so_far = watch.so_far();
        bar.set_length(so_far.planned_ns);
        bar.set_position(so_far.simulated_ns);
        bar.set_message(so_far.to_string());
        bar.tick();
        std::thread::park_timeout(PERIOD);
    }
    bar.finish_and_clear();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_drawn_where_nobody_looks() {
        let watch = Arc::new(Watch::default());

        let progress = Progress::show(&watch, false);

        assert!(progress.thread.is_none());
    }
}

//! A bar with simulated time and the time left, on a terminal only.
//!
//! A thread of its own looks at the counters of the run; the run never waits for
//! the terminal. The bar is erased before the result is printed.

use crate::analysis::watch::Watch;
use crate::units::show;
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
        let planned = watch.planned_ns.load(Ordering::Relaxed);
        let simulated = watch.simulated_ns.load(Ordering::Relaxed).min(planned);
        bar.set_length(planned);
        bar.set_position(simulated);
        bar.set_message(message(
            simulated,
            planned,
            watch.stop.load(Ordering::Relaxed),
        ));
        bar.tick();
        std::thread::park_timeout(PERIOD);
    }
    bar.finish_and_clear();
}

/// Says how far the run is.
fn message(simulated: u64, planned: u64, stopping: bool) -> String {
    let verb = if stopping {
        "stopping after"
    } else {
        "simulated"
    };
    let shown = [simulated, planned].map(|time| show::duration(time as f64));
    format!("{verb} {} of {}", shown[0], shown[1])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_counts_simulated_time() {
        let text = message(18_200_000_000, 600_000_000_000, false);

        assert_eq!(text, "simulated 18.2s of 10m");
    }

    #[test]
    fn nothing_is_drawn_where_nobody_looks() {
        let watch = Arc::new(Watch::default());

        let progress = Progress::show(&watch, false);

        assert!(progress.thread.is_none());
    }
}

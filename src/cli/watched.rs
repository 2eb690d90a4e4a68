//! A long task under watch: a bar while it lasts, Ctrl-C to end it, and how fast it was.

use crate::analysis::watch::Watch;
use crate::cli::args::SimulationArguments;
use crate::cli::failure::Failure;
use crate::cli::interrupt;
use crate::cli::progress::Progress;
use crate::units::show;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Does something that simulates, and says how long it took.
///
/// # Errors
///
/// As the task, or Ctrl-C cannot be listened for.
pub(crate) fn watched<T>(
    options: &SimulationArguments,
    task: impl FnOnce(&Watch) -> Result<T, Failure>,
) -> Result<(T, Duration), Failure> {
    let watch = Arc::new(Watch::default());
    interrupt::install(&watch)?;
    let begun = Instant::now();
    let progress = Progress::show(&watch, !options.no_progress);
    let done = task(&watch);
    drop(progress);
    Ok((done?, begun.elapsed()))
}

/// Says how fast simulations were that came one after the other: the `replications` of one of
/// them are what threads can share.
pub(crate) fn speed(
    threads: usize,
    count: &str,
    events: u64,
    replications: u32,
    wall: Duration,
) -> String {
    let seconds = wall.as_secs_f64().max(1e-9);
    format!(
        "{threads} threads · {count} · {} events · {seconds:.2} s wall ({}) · at most {replications} times one thread",
        show::count(events as f64),
        show::rate(events as f64 / seconds),
    )
}

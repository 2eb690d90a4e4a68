//! One load: looked at with more and more replications until it is decided.

use super::bracket::{Bracket, Side, Tried};
use crate::analysis::looks::{Judged, Looks, look};
use crate::analysis::simulation::{Refused, Settings, Watcher};
use crate::report::Report;
use crate::topology::Topology;

/// A load that was simulated.
pub(super) struct Level {
    /// What the search knows of it.
    pub(super) tried: Tried,
    /// What was found.
    pub(super) report: Report,
}

/// Simulates a topology until its load is decided; `None` if the user ended it.
///
/// # Errors
///
/// As `simulation::simulate`.
pub(super) fn level(
    topology: &Topology,
    factor: f64,
    bracket: &Bracket,
    looks: &Looks,
    settings: &Settings,
    watcher: &dyn Watcher,
) -> Result<Option<Level>, Refused> {
    let tried = |judged: &[Judged]| Tried {
        factor,
        judged: judged.to_vec(),
        complete: true,
    };
    let more = |_: &Report, judged: &[Judged]| {
        let tried = tried(judged);
        bracket.side(&tried) == Side::Undecided && bracket.is_open(&tried)
    };
    let found = look(topology, looks, &more, settings, watcher)?;
    Ok(found.map(|(report, judged)| {
        let mut tried = tried(&judged);
        let last = looks.after(report.replications).is_none();
        tried.complete = last || !bracket.is_open(&tried);
        Level { tried, report }
    }))
}

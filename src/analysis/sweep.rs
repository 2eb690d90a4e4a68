//! From several settings of one design to a table: each is simulated as `run` does.
//!
//! All points have the seed of the file, if none of them varies it, and so meet the same
//! requests (common random numbers): what differs between neighbours is the design's own.
//!
//! Not here: which combinations there are (`cli`), and how they are shown (`report`).

use crate::analysis::simulation::{Refused, Settings, Simulation, Watcher};
use crate::report::{SCHEMA, Sweep, Varied};
use crate::topology::Topology;

/// One combination of values.
#[derive(Debug)]
pub struct Combination<'a> {
    /// One per parameter.
    pub values: Vec<String>,
    /// The design that has them.
    pub topology: &'a Topology,
}

/// Simulates all combinations, one after the other.
///
/// # Errors
///
/// The combination of this position could not be simulated, or the user ended it before one had
/// been.
pub fn sweep(
    parameters: Vec<Varied>,
    combinations: &[Combination],
    settings: &Settings,
    watcher: &dyn Watcher,
) -> Result<Sweep, (usize, Refused)> {
    let first = combinations.first().map(|one| one.topology);
    let mut found = Sweep {
        schema: SCHEMA,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        topology: first.map_or_else(String::new, |one| one.name.clone()),
        variant: first.and_then(|one| one.variant.clone()),
        parameters,
        asked: combinations.len(),
        ..Sweep::default()
    };
    for (index, combination) in combinations.iter().enumerate() {
        let ran = Simulation::begin(combination.topology, settings, watcher);
        match ran {
            Ok(run) if !run.interrupted => found.add(combination.values.clone(), &run.report()),
            // What was ended early is no match for the others.
            Ok(_) | Err(Refused::NothingCounted) if index > 0 => {
                found.interrupted = true;
                break;
            }
            Ok(_) => return Err((index, Refused::NothingCounted)),
            Err(why) => return Err((index, why)),
        }
    }
    Ok(found.concluded())
}

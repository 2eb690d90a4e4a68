//! The arrows of the data flow, as the verbs call them: file → topology → model → report.
//!
//! Nothing else in `cli` knows how a run is made. A verb gives an input and
//! options and gets a topology or a report; mistakes come back rendered.

use crate::cli::args::{SimulationArguments, TopologyArguments};
use crate::cli::console::Console;
use crate::cli::failure::Failure;
use crate::cli::input::Input;
use crate::diagnostic::{self, Diagnostic, Place};
use crate::report::Report;
use crate::spec::{self, Data, Sink, Value, patch};
use crate::topology::{self, LoadRequest, Topology};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64};

/// What a run and those who watch it share.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    /// Set to end the run early.
    pub(crate) stop: AtomicBool,
    /// Simulated time so far, over all replications [ns].
    pub(crate) simulated_ns: AtomicU64,
    /// Simulated time in all, over all replications [ns]; grows with `--precision`.
    pub(crate) planned_ns: AtomicU64,
}

/// A topology, and what it was read from.
#[derive(Debug)]
pub(crate) struct Loaded {
    /// The topology.
    pub(crate) topology: Topology,
    /// What is unusual about it; printed already.
    pub(crate) warnings: usize,
    /// What the file says, after variant and options.
    pub(crate) file: Value,
}

/// Reads and checks a topology; warnings are printed.
///
/// # Errors
///
/// It cannot be read, or it is wrong.
pub(crate) fn load(
    arguments: &TopologyArguments,
    simulation: Option<&SimulationArguments>,
    console: &Console,
) -> Result<Loaded, Failure> {
    let input = Input::read(&arguments.topology)?;
    let colour = console.colours_messages();
    let render =
        |found: &[Diagnostic]| diagnostic::render(found, &input.shown, &input.text(), colour);
    let text = spec::decode(&input.bytes)
        .map_err(|found| Failure::Diagnosed(render(std::slice::from_ref(&found))))?;
    let mut request = LoadRequest::new(text, &input.shown);
    request.directory = input.directory.as_deref().unwrap_or(Path::new("."));
    request.variant = arguments.variant.as_deref();
    request.sets = &arguments.set;
    // A picture needs no load; a run does.
    request.needs_load = simulation.is_some();
    if let Some(options) = simulation {
        request.seed = options.seed;
        request.replications = options.replications;
        request.horizon = options.horizon.map(|time| time.0);
        request.warm_up = options.warm_up.map(|cut| cut.0);
    }
    let (topology, warnings) =
        topology::load(&request).map_err(|found| Failure::Diagnosed(render(&found)))?;
    if !warnings.is_empty() {
        console.error(render(&warnings).trim_end());
    }
    Ok(Loaded {
        file: patched(text, arguments),
        topology,
        warnings: warnings.len(),
    })
}

/// Returns what the file says once variant and options are applied; it has been
/// found sound, so that no message can arise.
fn patched(text: &str, arguments: &TopologyArguments) -> Value {
    let sink = Sink::new();
    let nothing = || Value {
        place: Place::Whole,
        data: Data::Null,
    };
    let mut file = spec::read(text).unwrap_or_else(|_| nothing());
    let name = arguments.variant.as_deref().unwrap_or_default();
    let variant = file
        .get("variants")
        .and_then(|variants| variants.get(name))
        .cloned();
    if let Some(variant) = variant {
        patch::apply(&mut file, &variant, &sink);
    }
    for option in &arguments.set {
        patch::set(&mut file, option, &sink);
    }
    file
}

/// A finished run.
#[derive(Debug)]
pub(crate) struct Ran {
    /// What was found.
    pub(crate) report: Report,
    /// Threads at work.
    pub(crate) threads: usize,
}

/// Simulates a topology.
///
/// # Errors
///
/// It cannot be compiled.
pub(crate) fn simulate(
    loaded: &Loaded,
    options: &SimulationArguments,
    watch: &Watch,
    console: &Console,
) -> Result<Ran, Failure> {
    let _ = (loaded, options, watch, console);
    Err(Failure::refused("simulation is not wired up"))
}

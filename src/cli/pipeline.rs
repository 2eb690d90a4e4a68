//! The arrows of the data flow, as the verbs call them: file → topology → model → report.
//!
//! Nothing else in `cli` knows how a run is made. A verb gives an input and
//! options and gets a topology or a report; mistakes come back rendered.

use crate::analysis::assumed;
use crate::analysis::simulation::{self, Refused, Settings, Watcher};
use crate::analysis::theory::{self, Theory};
use crate::cli::args::{SimulationArguments, TopologyArguments};
use crate::cli::console::Console;
use crate::cli::failure::Failure;
use crate::cli::input::Input;
use crate::compile;
use crate::diagnostic::{self, Diagnostic, Place};
use crate::engine::Observer;
use crate::report::Report;
use crate::spec::{self, Data, Sink, Value, patch};
use crate::topology::{self, LoadRequest, Topology};
use crate::units::SimTime;
use std::num::NonZero;
use std::ops::Range;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// What a run and those who watch it share.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    /// Set to end the run early.
    pub(crate) stop: AtomicBool,
    /// Simulated time so far, over all replications [ns].
    pub(crate) simulated_ns: AtomicU64,
    /// Simulated time in all, over all replications [ns]; grows with every stage.
    pub(crate) planned_ns: AtomicU64,
    /// How far each replication of the stage is [ns], from the first of them on.
    reached: Mutex<(u32, Vec<u64>)>,
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

/// A topology, and what it was read from.
#[derive(Debug)]
pub(crate) struct Loaded {
    /// The topology.
    pub(crate) topology: Topology,
    /// What is unusual about it; printed already.
    pub(crate) warnings: usize,
    /// What the file says, after variant and options.
    pub(crate) file: Value,
    /// What it was read from, for messages.
    input: Input,
}

impl Loaded {
    /// Returns mistakes that showed when it was compiled, as a failure.
    fn diagnosed(&self, found: &[Diagnostic], colour: bool) -> Failure {
        let input = &self.input;
        Failure::Diagnosed(diagnostic::render(
            found,
            &input.shown,
            &input.text(),
            colour,
        ))
    }
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
        input,
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

/// Applies theory to a topology; `None` if calls go round in circles for ever.
///
/// # Errors
///
/// It cannot be compiled.
pub(crate) fn theory(loaded: &Loaded, console: &Console) -> Result<Option<Theory>, Failure> {
    let model = compile::compile(&loaded.topology)
        .map_err(|found| loaded.diagnosed(&found, console.colours_messages()))?;
    Ok(theory::theory(&loaded.topology, &model))
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
/// It cannot be compiled, has a loop without time, or was interrupted before anything counted.
pub(crate) fn simulate(
    loaded: &Loaded,
    options: &SimulationArguments,
    watch: &Watch,
    console: &Console,
) -> Result<Ran, Failure> {
    let cores = || std::thread::available_parallelism().map_or(1, NonZero::get);
    let threads = options.threads.map_or_else(cores, NonZero::get);
    let settings = Settings {
        threads,
        precision: options.precision.map(|share| share.0),
    };
    let assumptions = assumed::assumptions(&loaded.file)
        .iter()
        .map(|one| one.sentence())
        .collect();
    let ran = simulation::simulate(&loaded.topology, assumptions, &settings, watch);
    match ran {
        Ok(ran) => Ok(Ran {
            report: ran.report(),
            threads,
        }),
        Err(Refused::Compile(found)) => Err(loaded.diagnosed(&found, console.colours_messages())),
        Err(Refused::Engine(message)) => Err(Failure::refused(message)),
        Err(Refused::NothingCounted) => Err(Failure::Interrupted),
    }
}

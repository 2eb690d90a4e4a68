//! The arrows of the data flow, as the verbs call them: file → topology → model → report.
//!
//! Nothing else in `cli` knows how a run is made. A verb gives an input and
//! options and gets a topology or a report; mistakes come back rendered.

use crate::analysis::capacity::{self as searching, Ask, Unsearched};
use crate::analysis::compare::{self as comparing, Candidate, Uncompared};
use crate::analysis::explain::{self as explaining, Unexplained};
use crate::analysis::scenario::{self as running, Source};
use crate::analysis::simulation::{self, Refused, Settings};
use crate::analysis::size::{self as sizing, Unsized};
use crate::analysis::sweep::{self as sweeping, Combination};
use crate::analysis::watch::Watch;
use crate::cli::args::{SimulationArguments, TopologyArguments, scenario};
use crate::cli::console::Console;
use crate::cli::failure::Failure;
use crate::cli::input::Input;
use crate::compile;
use crate::cost::Asked;
use crate::diagnostic::{self, Diagnostic};
use crate::metrics::recording::Split;
use crate::model::Model;
use crate::report::{Change, Comparison, Explanation, Knee, Report, Sizing, Sweep, Varied};
use crate::spec::value::shortened;
use crate::spec::{self, Value};
use crate::topology::Topology;
use crate::units::show;
use std::num::NonZero;
use std::path::Path;

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
    /// How it was asked for.
    asked: TopologyArguments,
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
    let (loaded, warnings) = check(input, arguments, simulation, console)?;
    if let Some(warnings) = warnings {
        console.error(&warnings);
    }
    Ok(loaded)
}

/// Reads and checks several topologies; each file is read once, and a warning that
/// several have in common is printed once. The variant `base` is the file itself
/// where it has none of that name.
///
/// # Errors
///
/// One cannot be read, or is wrong.
pub(crate) fn load_several(
    all: &[TopologyArguments],
    simulation: &SimulationArguments,
    base: &str,
    console: &Console,
) -> Result<Vec<Loaded>, Failure> {
    let mut inputs: Vec<(&str, Input)> = Vec::new();
    let mut printed: Vec<String> = Vec::new();
    let mut found = Vec::with_capacity(all.len());
    for one in all {
        let known = inputs.iter().find(|(name, _)| *name == one.topology);
        let input = match known {
            Some((_, input)) => input.clone(),
            None => {
                let input = Input::read(&one.topology)?;
                inputs.push((&one.topology, input.clone()));
                input
            }
        };
        let mut one = one.clone();
        one.variant = one
            .variant
            .filter(|name| name != base || has_variant(&input, name));
        let (loaded, warnings) = check(input, &one, Some(simulation), console)
            .map_err(|failure| failure.with(&[one.set.as_slice(), &one.varied].concat()))?;
        if let Some(warnings) = warnings.filter(|warnings| !printed.contains(warnings)) {
            console.error(&warnings);
            printed.push(warnings);
        }
        found.push(loaded);
    }
    Ok(found)
}

/// Whether a file has a variant of this name; one that cannot be read has none.
fn has_variant(input: &Input, name: &str) -> bool {
    let file = spec::decode(&input.bytes)
        .ok()
        .and_then(|text| spec::read(text).ok());
    file.is_some_and(|file| {
        let variants = file.get("variants");
        variants.is_some_and(|variants| variants.get(name).is_some())
    })
}

/// Checks what was read; returns the warnings as they are to be printed.
fn check(
    input: Input,
    arguments: &TopologyArguments,
    simulation: Option<&SimulationArguments>,
    console: &Console,
) -> Result<(Loaded, Option<String>), Failure> {
    let colour = console.colours_messages();
    let render =
        |found: &[Diagnostic]| diagnostic::render(found, &input.shown, &input.text(), colour);
    let text = spec::decode(&input.bytes)
        .map_err(|found| Failure::Diagnosed(render(std::slice::from_ref(&found))))?;
    let source = Source {
        text,
        shown: &input.shown,
        directory: input.directory.as_deref().unwrap_or(Path::new(".")),
        traces: None,
    };
    // A picture needs no load; a run does.
    let loaded = scenario(arguments, simulation)
        .load(&source, simulation.is_some())
        .map_err(|found| Failure::Diagnosed(render(&found)))?;
    let warnings = &loaded.warnings;
    let printed = (!warnings.is_empty()).then(|| render(warnings).trim_end().to_owned());
    let loaded = Loaded {
        file: loaded.file,
        topology: loaded.topology,
        warnings: loaded.warnings.len(),
        input,
        asked: arguments.clone(),
    };
    Ok((loaded, printed))
}

/// Compiles a topology.
///
/// # Errors
///
/// It cannot be compiled.
pub(crate) fn compiled(loaded: &Loaded, console: &Console) -> Result<Model, Failure> {
    compile::compile(&loaded.topology)
        .map_err(|found| loaded.diagnosed(&found, console.colours_messages()))
}

/// A finished run.
#[derive(Debug)]
pub(crate) struct Ran {
    /// What was found.
    pub(crate) report: Report,
    /// Threads at work.
    pub(crate) threads: usize,
    /// How the first replication that was run in parts was cut.
    pub(crate) split: Option<Split>,
}

/// Simulates a topology.
///
/// # Errors
///
/// As [`simulate_with`].
pub(crate) fn simulate(
    loaded: &Loaded,
    options: &SimulationArguments,
    watch: &Watch,
    console: &Console,
) -> Result<Ran, Failure> {
    simulate_with(loaded, options, watch, console, Asked::default())
}

/// Simulates a topology, with a bill that is asked for in a way of its own.
///
/// # Errors
///
/// It cannot be compiled, has a loop without time, or was interrupted before anything counted.
pub(crate) fn simulate_with(
    loaded: &Loaded,
    options: &SimulationArguments,
    watch: &Watch,
    console: &Console,
    asked: Asked,
) -> Result<Ran, Failure> {
    let settings = settings(options);
    let input = &loaded.input;
    let origin = scenario(&loaded.asked, Some(options)).origin(&input.shown, &input.text());
    let design = (&loaded.topology, &loaded.file);
    match running::simulate(design, origin, &settings, watch, asked) {
        Ok(ran) => Ok(Ran {
            report: ran.report,
            split: ran.split,
            threads: settings.threads,
        }),
        Err(why) => Err(refused(why, loaded, console)),
    }
}

/// Returns the threads that work at a run.
pub(crate) fn threads(asked: Option<NonZero<usize>>) -> usize {
    let cores = || std::thread::available_parallelism().map_or(1, NonZero::get);
    asked.map_or_else(cores, NonZero::get)
}

/// Returns how a run is made.
fn settings(options: &SimulationArguments) -> Settings {
    Settings {
        threads: threads(options.threads),
        precision: options.precision.map(|share| share.0),
    }
}

/// Says why a topology could not be simulated.
fn refused(why: Refused, loaded: &Loaded, console: &Console) -> Failure {
    match why {
        Refused::Compile(found) => loaded.diagnosed(&found, console.colours_messages()),
        Refused::Engine(message) => {
            let found = simulation::stopped(&message);
            loaded.diagnosed(&[found], console.colours_messages())
        }
        Refused::NothingCounted => Failure::Interrupted,
    }
}

/// Searches for the highest load that meets the objectives of a topology.
///
/// # Errors
///
/// There is nothing to search for or by, a load cannot be simulated, or it was interrupted
/// before one had been judged.
pub(crate) fn capacity(
    loaded: &mut Loaded,
    ask: &Ask,
    options: &SimulationArguments,
    watch: &Watch,
    console: &Console,
) -> Result<Knee, Failure> {
    let found = searching::capacity(&mut loaded.topology, ask, &settings(options), watch);
    found.map_err(|why| unsearched(why, loaded, console))
}

/// Says why there was no search for a knee.
fn unsearched(why: Unsearched, loaded: &Loaded, console: &Console) -> Failure {
    let topology = &loaded.topology;
    let names = |with_traces: bool| {
        let lines = topology.load.iter();
        let lines = lines.filter(|line| with_traces || line.amount().is_some());
        lines.map(|line| line.name.as_str()).collect::<Vec<&str>>()
    };
    match why {
        Unsearched::NoObjectives => {
            no_objectives(topology, "a knee is the highest load that still meets them")
        }
        Unsearched::NoLine(name) => Failure::with_help(
            format!("there is no load line `{}`", shortened(&name)),
            spec::help(&name, names(true)),
        ),
        Unsearched::Recorded(Some(name)) => {
            let message = format!("load line `{name}` is a trace, and has no rate to scale");
            let others = names(false);
            match others.is_empty() {
                true => Failure::refused(message),
                false => {
                    let help = format!("accepted: {}", spec::listed(others, "and"));
                    Failure::with_help(message, help)
                }
            }
        }
        Unsearched::Recorded(None) => Failure::with_help(
            "all load lines are traces, and have no rate to scale",
            "give a line `rate`, `every` or `clients`",
        ),
        Unsearched::TooFew(replications) => too_few("a knee", replications),
        Unsearched::Bounds(least, most) => Failure::with_help(
            format!(
                "the lowest load to try must be below the highest, got {} and {} times the file's",
                show::number(least),
                show::number(most)
            ),
            "give others, such as `--least 0.5 --most 4`",
        ),
        Unsearched::Load(why) => refused(why, loaded, console),
    }
}

/// Finds out what the p99 of a topology's flows hangs on.
///
/// # Errors
///
/// There is no such flow or nothing to be made faster, it cannot be simulated, or it was
/// interrupted before all designs had finished a replication.
pub(crate) fn explain(
    loaded: &Loaded,
    ask: &explaining::Ask,
    options: &SimulationArguments,
    watch: &Watch,
    console: &Console,
) -> Result<Explanation, Failure> {
    let found = explaining::explain(&loaded.topology, ask, &settings(options), watch);
    found.map_err(|why| match why {
        Unexplained::NoFlow(name) => {
            let flows = loaded.topology.flows.iter();
            let names = flows.map(|flow| flow.name.as_str());
            Failure::with_help(
                format!("there is no flow `{}`", shortened(&name)),
                spec::help(&name, names),
            )
        }
        Unexplained::TooFew(replications) => too_few("what moves a p99", replications),
        Unexplained::NothingTakesTime => Failure::with_help(
            format!(
                "nothing in `{}` takes time that could be less: no node does work",
                loaded.topology.name
            ),
            "give a node a service time, or make links faster with `--links`",
        ),
        Unexplained::Refused(why) => refused(why, loaded, console),
    })
}

/// Says that so few replications have no interval.
fn too_few(what: &str, replications: u32) -> Failure {
    Failure::with_help(
        format!(
            "{what} is found by intervals, which take 5 replications at least, got {replications}"
        ),
        "give more, such as `--replications 10`",
    )
}

/// Simulates several settings of one topology, each with its values.
///
/// # Errors
///
/// One cannot be simulated, or it was interrupted before the first had been.
pub(crate) fn sweep(
    parameters: Vec<Varied>,
    points: &[(Vec<String>, Loaded)],
    options: &SimulationArguments,
    watch: &Watch,
    console: &Console,
) -> Result<Sweep, Failure> {
    let swept = sweeping::sweep(parameters, &combinations(points), &settings(options), watch);
    swept.map_err(|(index, why)| match points.get(index) {
        Some((_, loaded)) => refused(why, loaded, console),
        None => Failure::refused("a sweep needs at least one point"),
    })
}

/// Searches for the cheapest of several settings that meets its objectives; `all` are simulated
/// if that is asked.
///
/// # Errors
///
/// One has no objectives or no price, or cannot be simulated, or it was interrupted before one
/// had been judged.
pub(crate) fn size(
    parameters: Vec<Varied>,
    settings_of: &[(Vec<String>, Loaded)],
    all: bool,
    options: &SimulationArguments,
    watch: &Watch,
    console: &Console,
) -> Result<Sizing, Failure> {
    let combinations = combinations(settings_of);
    let found = sizing::size(parameters, &combinations, all, &settings(options), watch);
    let of = |index: usize| settings_of.get(index).map(|(_, loaded)| loaded);
    found.map_err(|why| match why {
        Unsized::NoObjectives(index) => match of(index) {
            Some(loaded) => no_objectives(&loaded.topology, "a size is one that meets them"),
            None => nothing_to_size(),
        },
        Unsized::NoPrice(index) => {
            let name = of(index).map_or("it", |loaded| &loaded.topology.name);
            Failure::with_help(
                format!("nothing in `{name}` has a price, so that nothing is cheaper"),
                "`kneepoint sweep` shows which values meet the objectives",
            )
        }
        Unsized::TooFew(_, replications) => too_few("a size", replications),
        Unsized::Setting(index, why) => match of(index) {
            Some(loaded) => refused(why, loaded, console),
            None => nothing_to_size(),
        },
        Unsized::NoSettings => nothing_to_size(),
    })
}

/// Says that there are no settings.
fn nothing_to_size() -> Failure {
    Failure::refused("a search needs at least one setting")
}

/// Says that a topology has no objectives, and what they are needed for.
fn no_objectives(topology: &Topology, what: &str) -> Failure {
    let flow = topology.flows.first().map_or("main", |flow| &flow.name);
    Failure::with_help(
        format!("`{}` has no objectives: {what}", topology.name),
        format!("add them to the file, or `--set 'objectives=[\"{flow} p99 < 200ms\"]'`"),
    )
}

/// Pairs designs with their values.
fn combinations(points: &[(Vec<String>, Loaded)]) -> Vec<Combination<'_>> {
    let all = points.iter();
    all.map(|(values, loaded)| Combination {
        values: values.clone(),
        topology: &loaded.topology,
    })
    .collect()
}

/// A topology that is to be compared, and what the comparison calls it.
#[derive(Debug)]
pub(crate) struct Contestant {
    /// Unique.
    pub(crate) name: String,
    /// The topology.
    pub(crate) loaded: Loaded,
}

/// Simulates several topologies alike and compares them with the first.
///
/// # Errors
///
/// There are fewer than two, they are not run alike, one cannot be simulated, or it was
/// interrupted before all had finished a replication.
pub(crate) fn compare(
    contestants: &[Contestant],
    options: &SimulationArguments,
    watch: &Watch,
    console: &Console,
) -> Result<Comparison, Failure> {
    let baseline = contestants.first().map(|one| &one.loaded.file);
    let candidates: Vec<Candidate> = contestants
        .iter()
        .map(|one| Candidate {
            name: one.name.clone(),
            topology: &one.loaded.topology,
            changes: baseline
                .map_or_else(Vec::new, |file| changes(file, &one.loaded.file, options)),
        })
        .collect();
    let compared = comparing::compare(&candidates, &settings(options), watch);
    compared.map_err(|why| match why {
        Uncompared::TooFew => Failure::refused("a comparison needs two designs"),
        Uncompared::Unlike { message, setting } => {
            let example = match setting {
                "horizon" => "60s",
                "seed" => "1",
                _ => "10",
            };
            let help = format!("give one for all, such as `--{setting} {example}`");
            Failure::with_help(message, help)
        }
        Uncompared::Design(index, why) => match contestants.get(index) {
            Some(one) => refused(why, &one.loaded, console),
            None => Failure::refused("a comparison needs two designs"),
        },
    })
}

/// Lists what differs between two files; run settings that are alike by now, or that
/// an option overrides, are left out.
fn changes(baseline: &Value, file: &Value, options: &SimulationArguments) -> Vec<Change> {
    let overridden = |path: &str| match path {
        "run.horizon" | "run.seed" | "run.replications" => true,
        "run.warm_up" => options.warm_up.is_some(),
        _ => false,
    };
    spec::differences(baseline, file)
        .into_iter()
        .filter(|one| !overridden(&one.path))
        .map(|one| Change {
            path: one.path,
            from: one.from,
            to: one.to,
        })
        .collect()
}

//! `kneepoint capacity`: the highest load that still meets the objectives, and what gives way first.

use crate::analysis::capacity::{Ask, TOLERANCE};
use crate::cli::args::{Factor, Precision, SimulationArguments, TopologyArguments};
use crate::cli::console::{Console, Target};
use crate::cli::failure::{Failure, Status};
use crate::cli::interrupt;
use crate::cli::pipeline::{self, Watch};
use crate::cli::progress::Progress;
use crate::report::{self, Knee};
use crate::units::show;
use clap::{Args, ValueEnum};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What `capacity` is given.
#[derive(Debug, Args)]
#[command(after_help = "\
All load lines are scaled by one factor, or those that `--line` names; recorded ones
stay. A load is met or missed only where its intervals say so, after ten times the
replications at most; what is neither is reported as such.

Examples:
  kneepoint capacity single-server
  kneepoint capacity single-server --set nodes.server.servers=2 --tolerance 5%
  kneepoint capacity single-server --line main --most 4 --output json")]
pub(crate) struct Arguments {
    #[command(flatten)]
    topology: TopologyArguments,
    /// Scale this load line only; may be repeated
    #[arg(long, value_name = "NAME")]
    line: Vec<String>,
    /// End the search when what is met and what is missed are this near
    #[arg(long, value_name = "SHARE", default_value_t = Precision(TOLERANCE))]
    tolerance: Precision,
    /// Lowest load to try, as a factor of the file's
    #[arg(long, value_name = "FACTOR")]
    least: Option<Factor>,
    /// Highest load to try, as a factor of the file's
    #[arg(long, value_name = "FACTOR")]
    most: Option<Factor>,
    #[command(flatten)]
    simulation: SimulationArguments,
    /// Form of the result
    #[arg(long, value_enum, default_value_t = Output::Text)]
    output: Output,
    /// Write the result to a file instead of standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Form of a result: for people, for programs, a row per load and objective, tables to paste.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Output {
    Text,
    Json,
    Csv,
    Md,
}

/// Searches for the knee and prints it.
pub(crate) fn run(arguments: &Arguments, console: &Console) -> Result<Status, Failure> {
    let options = &arguments.simulation;
    let mut loaded = pipeline::load(&arguments.topology, Some(options), console)?;
    let target = Target::open(arguments.out.as_deref())?;
    let watch = Arc::new(Watch::default());
    interrupt::install(&watch)?;
    let ask = Ask {
        lines: arguments.line.clone(),
        tolerance: arguments.tolerance.0,
        least: arguments.least.map(|factor| factor.0),
        most: arguments.most.map(|factor| factor.0),
    };
    let begun = Instant::now();
    let progress = Progress::show(&watch, !options.no_progress);
    let found = pipeline::capacity(&mut loaded, &ask, options, &watch, console);
    drop(progress);
    let knee = found?;
    let colour = target.colours(console);
    target.write(&rendered(&knee, arguments.output, colour), console)?;
    if options.timing {
        let threads = pipeline::threads(options);
        console.error(&timing(&knee, threads, begun.elapsed()));
    }
    Ok(if knee.interrupted {
        Status::Interrupted
    } else {
        Status::Met
    })
}

/// Renders a knee in one of its forms.
fn rendered(knee: &Knee, output: Output, colour: bool) -> String {
    match output {
        Output::Text => report::knee_text(knee, colour),
        Output::Json => knee.to_json(),
        Output::Csv => report::knee_csv(knee),
        Output::Md => report::knee_markdown(knee),
    }
}

/// Says how fast it was.
fn timing(knee: &Knee, threads: usize, wall: Duration) -> String {
    let seconds = wall.as_secs_f64().max(1e-9);
    let most = knee.loads.iter().map(|load| load.replications).max();
    format!(
        "{threads} threads · {} loads · {} events · {seconds:.2} s wall ({}) · at most {} times one thread",
        knee.loads.len(),
        show::count(knee.events as f64),
        show::rate(knee.events as f64 / seconds),
        // One load after the other; the replications of each are independent.
        most.unwrap_or(1),
    )
}

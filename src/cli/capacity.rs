//! `kneepoint capacity`: the highest load that still meets the objectives, and what gives way first.

use crate::analysis::capacity::{Ask, TOLERANCE};
use crate::cli::args::{
    Factor, Precision, ResultArguments, SimulationArguments, TableForm, TopologyArguments,
};
use crate::cli::console::Console;
use crate::cli::failure::{Failure, Status};
use crate::cli::pipeline;
use crate::cli::watched::{speed, watched};
use crate::report::{self, Knee};
use clap::Args;
use std::time::Duration;

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
    #[command(flatten)]
    result: ResultArguments<TableForm>,
}

/// Searches for the knee and prints it.
pub(crate) fn run(arguments: &Arguments, console: &Console) -> Result<Status, Failure> {
    let options = &arguments.simulation;
    let mut loaded = pipeline::load(&arguments.topology, Some(options), console)?;
    let target = arguments.result.target()?;
    let ask = Ask {
        lines: arguments.line.clone(),
        tolerance: arguments.tolerance.0,
        least: arguments.least.map(|factor| factor.0),
        most: arguments.most.map(|factor| factor.0),
    };
    let (knee, wall) = watched(options, |watch| {
        pipeline::capacity(&mut loaded, &ask, options, watch, console)
    })?;
    let colour = target.colours(console);
    target.write(&rendered(&knee, arguments.result.output, colour), console)?;
    if options.timing {
        console.error(&timing(&knee, pipeline::threads(options.threads), wall));
    }
    Ok(if knee.interrupted {
        Status::Interrupted
    } else {
        Status::Met
    })
}

/// Renders a knee in one of its forms.
fn rendered(knee: &Knee, output: TableForm, colour: bool) -> String {
    match output {
        TableForm::Text => report::knee_text(knee, colour),
        TableForm::Json => knee.to_json(),
        TableForm::Csv => report::knee_csv(knee),
        TableForm::Md => report::knee_markdown(knee),
    }
}

/// Says how fast it was.
fn timing(knee: &Knee, threads: usize, wall: Duration) -> String {
    let count = format!("{} loads", knee.loads.len());
    let most = knee.loads.iter().map(|load| load.replications).max();
    speed(threads, &count, knee.events, most.unwrap_or(1), wall)
}

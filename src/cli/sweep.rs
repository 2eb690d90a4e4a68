//! `kneepoint sweep`: one or more values over ranges; a table, and a map of two.

use crate::cli::args::{ResultArguments, SimulationArguments, TableForm, TopologyArguments};
use crate::cli::console::Console;
use crate::cli::failure::{Failure, Status};
use crate::cli::grid::Grid;
use crate::cli::pipeline;
use crate::cli::vary::Vary;
use crate::cli::watched::{speed, watched};
use crate::report::{self, Sweep};
use clap::Args;
use std::time::Duration;

/// What `sweep` is given.
#[derive(Debug, Args)]
#[command(after_help = "\
Values are those of `--set`: a list `PATH=a,b,c`, or a range from its first value
as far as its last, `PATH=2..10`, `PATH=10ms..50ms:10ms` by steps, `PATH=1..64:x2` by a
factor. Several `--vary` make every combination; the last changes fastest, and two of them a map.

Examples:
  kneepoint sweep single-server --vary nodes.server.servers=1..3
  kneepoint sweep single-server --vary nodes.server.servers=1..3 --vary load.main.rate=80/s,160/s
  kneepoint sweep single-server --vary load.main.rate=20/s..80/s:20/s --output csv")]
pub(crate) struct Arguments {
    #[command(flatten)]
    topology: TopologyArguments,
    /// Vary a value over a list or a range, such as `nodes.app.servers=2..10`; may be repeated
    #[arg(long, value_name = "PATH=VALUES", required = true)]
    vary: Vec<Vary>,
    #[command(flatten)]
    simulation: SimulationArguments,
    #[command(flatten)]
    result: ResultArguments<TableForm>,
}

/// Simulates all combinations and prints them.
pub(crate) fn run(arguments: &Arguments, console: &Console) -> Result<Status, Failure> {
    let options = &arguments.simulation;
    let grid = Grid::of(&arguments.vary, "a sweep")?;
    let asked = grid.asked(&arguments.topology);
    let loaded = pipeline::load_several(&asked, options, "", console)?;
    let target = arguments.result.target()?;
    let points = grid
        .combinations
        .into_iter()
        .zip(loaded)
        .collect::<Vec<_>>();
    let (sweep, wall) = watched(options, |watch| {
        pipeline::sweep(grid.parameters, &points, options, watch, console)
    })?;
    let colour = target.colours(console);
    target.write(&rendered(&sweep, arguments.result.output, colour), console)?;
    if options.timing {
        console.error(&timing(&sweep, pipeline::threads(options.threads), wall));
    }
    Ok(if sweep.interrupted {
        Status::Interrupted
    } else {
        Status::Met
    })
}

/// Renders a sweep in one of its forms.
fn rendered(sweep: &Sweep, output: TableForm, colour: bool) -> String {
    match output {
        TableForm::Text => report::sweep_text(sweep, colour),
        TableForm::Json => sweep.to_json(),
        TableForm::Csv => report::sweep_csv(sweep),
        TableForm::Md => report::sweep_markdown(sweep),
    }
}

/// Says how fast it was.
fn timing(sweep: &Sweep, threads: usize, wall: Duration) -> String {
    let count = format!("{} points", sweep.points.len());
    let most = sweep.points.iter().map(|point| point.replications).max();
    speed(threads, &count, sweep.events, most.unwrap_or(1), wall)
}

//! `kneepoint size`: the cheapest parameters that meet the objectives.

use crate::cli::args::{ResultArguments, SimulationArguments, TableForm, TopologyArguments};
use crate::cli::console::Console;
use crate::cli::failure::{Failure, Status};
use crate::cli::grid::Grid;
use crate::cli::pipeline;
use crate::cli::vary::Vary;
use crate::cli::watched::{speed, watched};
use crate::report::{self, Sizing};
use clap::Args;
use std::time::Duration;

/// What `size` is given.
#[derive(Debug, Args)]
#[command(after_help = "\
Values are written as for `sweep`: `PATH=a,b,c`, `PATH=2..10`, `PATH=1..64:x2`. Every
combination is a setting; they are simulated by their bills, the least first, until one
meets all objectives for certain and arithmetic puts the rest above its bill.

Examples:
  kneepoint size url-shortener --vary nodes.hot.shards=1..3
  kneepoint size url-shortener --vary nodes.app.memory=256MiB,512MiB,1GiB --all
  kneepoint size url-shortener --vary nodes.clicks.shards=1..4 --output json")]
pub(crate) struct Arguments {
    #[command(flatten)]
    topology: TopologyArguments,
    /// Vary a value over a list or a range, such as `nodes.app.servers=2..10`; may be repeated
    #[arg(long, value_name = "PATH=VALUES", required = true)]
    vary: Vec<Vary>,
    /// Simulate all settings, also those that arithmetic puts above what meets the objectives
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    simulation: SimulationArguments,
    #[command(flatten)]
    result: ResultArguments<TableForm>,
}

/// Searches for the cheapest setting and prints it; one that meets all objectives is a success.
pub(crate) fn run(arguments: &Arguments, console: &Console) -> Result<Status, Failure> {
    let options = &arguments.simulation;
    let grid = Grid::of(&arguments.vary, "a search")?;
    let asked = grid.asked(&arguments.topology);
    let loaded = pipeline::load_several(&asked, options, "", console)?;
    let target = arguments.result.target()?;
    let settings = grid
        .combinations
        .into_iter()
        .zip(loaded)
        .collect::<Vec<_>>();
    let (sizing, wall) = watched(options, |watch| {
        let all = arguments.all;
        pipeline::size(grid.parameters, &settings, all, options, watch, console)
    })?;
    let colour = target.colours(console);
    target.write(&rendered(&sizing, arguments.result.output, colour), console)?;
    if options.timing {
        console.error(&timing(&sizing, pipeline::threads(options.threads), wall));
    }
    Ok(match (sizing.interrupted, sizing.cheapest) {
        (true, _) => Status::Interrupted,
        (false, Some(_)) => Status::Met,
        (false, None) => Status::Missed,
    })
}

/// Renders a sizing in one of its forms.
fn rendered(sizing: &Sizing, output: TableForm, colour: bool) -> String {
    match output {
        TableForm::Text => report::sizing_text(sizing, colour),
        TableForm::Json => sizing.to_json(),
        TableForm::Csv => report::sizing_csv(sizing),
        TableForm::Md => report::sizing_markdown(sizing),
    }
}

/// Says how fast it was.
fn timing(sizing: &Sizing, threads: usize, wall: Duration) -> String {
    let count = format!("{} settings", sizing.settings.len());
    let most = sizing.settings.iter().map(|one| one.replications).max();
    speed(threads, &count, sizing.events, most.unwrap_or(1), wall)
}

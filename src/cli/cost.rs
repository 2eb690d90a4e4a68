//! `kneepoint cost`: simulates a topology and prints the bill of a month.

use crate::cli::args::{ListForm, ResultArguments, SimulationArguments, TopologyArguments};
use crate::cli::console::Console;
use crate::cli::failure::{Failure, Status};
use crate::cli::pipeline;
use crate::cli::run::timing;
use crate::cli::watched::watched;
use crate::cost::Asked;
use crate::report::{self, Report};
use clap::Args;

/// What `cost` is given.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  kneepoint cost url-shortener
  kneepoint cost url-shortener --free-tier --months 60
  kneepoint cost url-shortener --set nodes.api.type=rest --set nodes.edge.hit_rate=0")]
pub(crate) struct Arguments {
    #[command(flatten)]
    topology: TopologyArguments,
    #[command(flatten)]
    simulation: SimulationArguments,
    /// Take off what is free every month, where the price lists say so
    #[arg(long)]
    free_tier: bool,
    /// Bill of this month, after those before it: what is stored grows as nodes say (`growth`)
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=600))]
    months: u32,
    #[command(flatten)]
    result: ResultArguments<ListForm>,
}

/// Simulates and prints the bill; it has no objectives of its own.
pub(crate) fn run(arguments: &Arguments, console: &Console) -> Result<Status, Failure> {
    let options = &arguments.simulation;
    let loaded = pipeline::load(&arguments.topology, Some(options), console)?;
    let target = arguments.result.target()?;
    let asked = Asked {
        free_tier: arguments.free_tier,
        months: arguments.months,
    };
    let (ran, wall) = watched(options, |watch| {
        pipeline::simulate_with(&loaded, options, watch, console, asked)
    })?;
    let report = &ran.report;
    target.write(&rendered(report, arguments.result.output), console)?;
    if options.timing {
        console.error(&timing(&ran, wall));
    }
    Ok(if report.interrupted {
        Status::Interrupted
    } else {
        Status::Met
    })
}

/// Renders the bill in one of its forms.
fn rendered(report: &Report, output: ListForm) -> String {
    match output {
        ListForm::Text => report::cost_text(report),
        ListForm::Json => report::cost_json(report),
    }
}

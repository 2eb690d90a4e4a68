//! `kneepoint cost`: simulates a topology and prints the bill of a month.

use crate::cli::args::{SimulationArguments, TopologyArguments};
use crate::cli::console::{Console, Target};
use crate::cli::failure::{Failure, Status};
use crate::cli::interrupt;
use crate::cli::pipeline::{self, Watch};
use crate::cli::progress::Progress;
use crate::cli::run::timing;
use crate::cost::Asked;
use crate::report::{self, Report};
use clap::{Args, ValueEnum};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

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
    /// Form of the bill
    #[arg(long, value_enum, default_value_t = Output::Text)]
    output: Output,
    /// Write the bill to a file instead of standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Form of a bill.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Output {
    // No doc comments: with them `--help` gives every value a line of its own.
    Text,
    Json,
}

/// Simulates and prints the bill; it has no objectives of its own.
pub(crate) fn run(arguments: &Arguments, console: &Console) -> Result<Status, Failure> {
    let options = &arguments.simulation;
    let loaded = pipeline::load(&arguments.topology, Some(options), console)?;
    let target = Target::open(arguments.out.as_deref())?;
    let watch = Arc::new(Watch::default());
    interrupt::install(&watch)?;
    let begun = Instant::now();
    let progress = Progress::show(&watch, !options.no_progress);
    let asked = Asked {
        free_tier: arguments.free_tier,
        months: arguments.months,
    };
    let ran = pipeline::simulate_with(&loaded, options, &watch, console, asked);
    drop(progress);
    let ran = ran?;
    let report = &ran.report;
    target.write(&rendered(report, arguments.output), console)?;
    if options.timing {
        console.error(&timing(&ran, begun.elapsed()));
    }
    Ok(if report.interrupted {
        Status::Interrupted
    } else {
        Status::Met
    })
}

/// Renders the bill in one of its forms.
fn rendered(report: &Report, output: Output) -> String {
    match output {
        Output::Text => report::cost_text(report),
        Output::Json => report::cost_json(report),
    }
}

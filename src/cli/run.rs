//! `kneepoint run`: simulates a topology, prints the report and judges the objectives.

use crate::cli::args::{ResultArguments, SimulationArguments, TopologyArguments};
use crate::cli::console::Console;
use crate::cli::failure::{Failure, Status};
use crate::cli::pipeline::{self, Ran};
use crate::cli::shown::TextArguments;
use crate::cli::watched::watched;
use crate::report::{self, Report, Verdict};
use crate::units::show;
use clap::{Args, ValueEnum};
use std::time::Duration;

/// What `run` is given.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  kneepoint run single-server
  kneepoint run single-server --set nodes.server.servers=4 --set load.main.rate=320/s
  kneepoint run single-server --output json --out report.json")]
pub(crate) struct Arguments {
    #[command(flatten)]
    topology: TopologyArguments,
    #[command(flatten)]
    simulation: SimulationArguments,
    #[command(flatten)]
    result: ResultArguments<Output>,
    #[command(flatten)]
    text: TextArguments,
}

/// Form of a report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Output {
    // No doc comments: with them `--help` gives every value a line of its own.
    #[default]
    Text,
    Json,
    Csv,
    Md,
    Junit,
    Html,
}

/// Simulates and reports.
pub(crate) fn run(arguments: &Arguments, console: &Console) -> Result<Status, Failure> {
    let options = &arguments.simulation;
    arguments
        .text
        .fits(arguments.result.output == Output::Text)?;
    let loaded = pipeline::load(&arguments.topology, Some(options), console)?;
    let target = arguments.result.target()?;
    let (ran, wall) = watched(options, |watch| {
        pipeline::simulate(&loaded, options, watch, console)
    })?;
    let colour = target.colours(console);
    target.write(&rendered(&ran.report, arguments, colour), console)?;
    if options.timing {
        console.error(&timing(&ran, wall));
    }
    Ok(status(&ran.report))
}

/// Renders a report in one of its forms.
fn rendered(report: &Report, arguments: &Arguments, colour: bool) -> String {
    match arguments.result.output {
        Output::Text => arguments.text.text(report, colour),
        Output::Json => report::json(report),
        Output::Csv => report::csv(report),
        Output::Md => report::markdown(report),
        Output::Junit => report::junit(report),
        Output::Html => report::html(report),
    }
}

/// Says how fast it was: wall time, events and counted requests a second, what threads could have brought, memory.
pub(crate) fn timing(ran: &Ran, wall: Duration) -> String {
    let seconds = wall.as_secs_f64().max(1e-9);
    let requests: u64 = ran.report.flows.values().map(|flow| flow.arrived).sum();
    let memory = peak_memory().map_or_else(String::new, |bytes| {
        format!(" · {:.0} MB of memory at most", bytes / 1e6)
    });
    let bound = match ran.split {
        Some(split) => format!(
            "{} parts, {} rounds, at most {:.1} times one thread by the heaviest node",
            split.parts, split.rounds, split.bound
        ),
        // Replications are independent and one thread each; nothing else is split.
        None => format!("at most {} times one thread", ran.report.replications),
    };
    format!(
        "{} threads · {} events · {:.2} s wall ({} events/s, {} counted requests/s) · {bound}{memory}",
        ran.threads,
        show::count(ran.report.events as f64),
        seconds,
        show::count(ran.report.events as f64 / seconds),
        show::count(requests as f64 / seconds),
    )
}

/// Returns the most memory that this process had at once [bytes], where the system tells.
fn peak_memory() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024.0)
}

/// Returns the exit status that a report asks for.
fn status(report: &Report) -> Status {
    if report.interrupted {
        return Status::Interrupted;
    }
    let met = report
        .objectives
        .iter()
        .all(|one| one.verdict == Verdict::Met);
    if met { Status::Met } else { Status::Missed }
}

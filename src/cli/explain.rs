//! `kneepoint explain`: where the slowest 1 % went; which node, made faster, would move the p99
//! most.

use crate::analysis::explain::{Ask, FASTER_BY};
use crate::cli::args::{
    Precision, ResultArguments, SimulationArguments, TableForm, TopologyArguments,
};
use crate::cli::console::Console;
use crate::cli::failure::{Failure, Status};
use crate::cli::pipeline;
use crate::cli::watched::{speed, watched};
use crate::report::{self, Explanation};
use clap::Args;
use std::time::Duration;

/// What `explain` is given.
#[derive(Debug, Args)]
#[command(after_help = "\
First, where the slowest 1 % of each flow's completed requests spent their time: requests are
followed (all of a short run, 15 000 to 100 000 of a long one), and the latency of the
slowest is divided into waiting lines (queue), the nodes themselves (service), the way to a
node and back (network), and attempts at it that failed or timed out (retry) or were refused
(throttle), with the pauses after them. Of parallel calls the one counts that ended last. A
flow needs about a thousand requests; `run` shows the same.

Then, node after node, the design is simulated again with all work there taking a share less
time. All meet the same requests; each change of the p99 comes with a paired interval.

Examples:
  kneepoint explain single-server
  kneepoint explain url-shortener --flow redirect --faster 10%
  kneepoint explain single-server --servers --output json")]
pub(crate) struct Arguments {
    #[command(flatten)]
    topology: TopologyArguments,
    /// Explain this flow only
    #[arg(long, value_name = "NAME")]
    flow: Option<String>,
    /// Share of its time that what is made faster takes less
    #[arg(long, value_name = "SHARE", default_value_t = Precision(FASTER_BY))]
    faster: Precision,
    /// Also give nodes one server more, each copy of them
    #[arg(long)]
    servers: bool,
    /// Make links faster as well: their latency
    #[arg(long)]
    links: bool,
    #[command(flatten)]
    simulation: SimulationArguments,
    #[command(flatten)]
    result: ResultArguments<TableForm>,
}

/// Makes one thing after another faster, and prints what that changes.
pub(crate) fn run(arguments: &Arguments, console: &Console) -> Result<Status, Failure> {
    let options = &arguments.simulation;
    let loaded = pipeline::load(&arguments.topology, Some(options), console)?;
    let target = arguments.result.target()?;
    let ask = Ask {
        flow: arguments.flow.clone(),
        faster_by: arguments.faster.0,
        servers: arguments.servers,
        links: arguments.links,
    };
    let (explanation, wall) = watched(options, |watch| {
        pipeline::explain(&loaded, &ask, options, watch, console)
    })?;
    target.write(&rendered(&explanation, arguments.result.output), console)?;
    if options.timing {
        console.error(&timing(
            &explanation,
            pipeline::threads(options.threads),
            wall,
        ));
    }
    Ok(if explanation.interrupted {
        Status::Interrupted
    } else {
        Status::Met
    })
}

/// Renders an explanation in one of its forms.
fn rendered(explanation: &Explanation, output: TableForm) -> String {
    match output {
        TableForm::Text => report::explanation_text(explanation),
        TableForm::Json => explanation.to_json(),
        TableForm::Csv => report::explanation_csv(explanation),
        TableForm::Md => report::explanation_markdown(explanation),
    }
}

/// Says how fast it was.
fn timing(explanation: &Explanation, threads: usize, wall: Duration) -> String {
    let count = format!("{} designs", explanation.designs);
    let Explanation {
        events,
        replications,
        ..
    } = explanation;
    speed(threads, &count, *events, *replications, wall)
}

//! The command line: one file per verb, and what the verbs share.
//!
//! `start` parses, dispatches, prints what went wrong and returns the exit
//! status. Results go to standard output; progress, diagnostics and timing go to
//! standard error. How a file becomes a report is in `pipeline`, the one place
//! here that knows the arrows of the data flow.

mod args;
mod capacity;
mod check;
mod compare;
mod completions;
mod console;
mod cost;
mod explain;
mod failure;
mod graph;
mod grid;
mod import;
mod input;
mod interrupt;
mod list;
mod new;
mod pipeline;
mod progress;
mod run;
mod schema;
#[cfg(feature = "serve")]
mod serve;
mod services;
mod shipped;
mod shown;
mod size;
mod sweep;
mod vary;
mod watched;
mod words;
mod wrap;

pub use shipped::SHIPPED;

use clap::{ColorChoice, CommandFactory, FromArgMatches, Parser, Subcommand};
use console::{Console, When};
use failure::Status;
use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;

/// Load-tests a system design before it exists.
///
/// A topology file names nodes, links, a load and objectives; a discrete-event
/// simulation replays the load request by request and says what holds, what gives
/// way first, and how sure that is. `kneepoint FILE` is short for `kneepoint run FILE`.
#[derive(Debug, Parser)]
#[command(name = "kneepoint", version, arg_required_else_help = true)]
#[command(disable_help_subcommand = true, after_help = EXAMPLES)]
struct CommandLine {
    #[command(subcommand)]
    verb: Verb,
    /// When to colour judgements; `NO_COLOR` is heeded
    #[arg(long, global = true, value_enum, value_name = "WHEN", default_value_t = When::Auto)]
    color: When,
}

/// The examples under `kneepoint --help`.
const EXAMPLES: &str = "\
Examples:
  kneepoint run single-server
  kneepoint check single-server --set load.main.rate=320/s --set nodes.server.servers=4
  kneepoint services station

Exit status: 0 objectives met; 1 internal error; 2 command line or file is wrong;
99 an objective is missed or undecided; 105 interrupted.";

/// What to do; one file each.
#[derive(Debug, Subcommand)]
enum Verb {
    /// Simulate a topology and judge its objectives
    Run(run::Arguments),
    /// Examine a topology without simulating: mistakes, capacity, theory
    Check(check::Arguments),
    /// Print the bill of a month, line by line, from simulated usage
    Cost(cost::Arguments),
    /// Find the highest load that meets the objectives, and what gives way first
    Capacity(capacity::Arguments),
    /// Find the cheapest values that meet the objectives
    Size(size::Arguments),
    /// Vary values over lists or ranges: a table, and a map of two
    Sweep(sweep::Arguments),
    /// Simulate files or variants side by side: what differs, and by how much
    Compare(compare::Arguments),
    /// Find out where the slowest 1 % went; which node, made faster, would move the p99 most
    Explain(explain::Arguments),
    /// List the kinds of nodes, or everything about one
    Services(services::Arguments),
    /// List the topologies that the program carries
    List(list::Arguments),
    /// Start a topology file of your own from one that the program carries
    New(new::Arguments),
    /// Make a topology of a CloudFormation or SAM template, or of a Terraform plan
    Import(import::Arguments),
    /// Draw a topology as DOT, Mermaid or SVG
    Graph(graph::Arguments),
    /// Open the web interface: choose, edit, run and read in a browser
    #[cfg(feature = "serve")]
    Serve(serve::Arguments),
    /// Print the JSON Schema of topology files, for editors
    Schema(schema::Arguments),
    /// Print the completion script of a shell
    Completions(completions::Arguments),
}

/// Runs the program and returns its exit status.
pub fn start(words: Vec<OsString>) -> ExitCode {
    let words = words::expand(words, &verbs(), &shipped::names());
    let when = words::colour(&words);
    let matches = command().color(when.into()).try_get_matches_from(words);
    let parsed = matches.and_then(|matches| CommandLine::from_arg_matches(&matches));
    let line = match parsed {
        Ok(line) => line,
        Err(error) => {
            // A reader that went away is no reason to complain.
            let _ = error.print();
            let status = if error.use_stderr() {
                Status::Refused
            } else {
                Status::Met
            };
            return status.into();
        }
    };
    let console = Console::new(line.color);
    let outcome = match line.verb {
        Verb::Run(arguments) => run::run(&arguments, &console),
        Verb::Check(arguments) => check::run(&arguments, &console),
        Verb::Cost(arguments) => cost::run(&arguments, &console),
        Verb::Capacity(arguments) => capacity::run(&arguments, &console),
        Verb::Size(arguments) => size::run(&arguments, &console),
        Verb::Sweep(arguments) => sweep::run(&arguments, &console),
        Verb::Compare(arguments) => compare::run(&arguments, &console),
        Verb::Explain(arguments) => explain::run(&arguments, &console),
        Verb::Services(arguments) => services::run(&arguments, &console),
        Verb::List(arguments) => list::run(&arguments, &console),
        Verb::New(arguments) => new::run(&arguments, &console),
        Verb::Import(arguments) => import::run(&arguments, &console),
        Verb::Graph(arguments) => graph::run(&arguments, &console),
        #[cfg(feature = "serve")]
        Verb::Serve(arguments) => serve::run(&arguments, &console),
        Verb::Schema(arguments) => schema::run(&arguments, &console),
        Verb::Completions(arguments) => completions::run(&arguments, command(), &console),
    };
    match outcome {
        Ok(status) => status.into(),
        Err(failure) => {
            console.error(&failure.to_string());
            failure.status().into()
        }
    }
}

/// Makes a panic, which is always our mistake, a short message and exit status 1.
pub fn catch_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let what = panic.payload_as_str().unwrap_or("no message");
        let place = panic
            .location()
            .map_or(String::new(), |place| format!(" ({place})"));
        let mut stderr = std::io::stderr().lock();
        let _ = writeln!(stderr, "error: internal error: {what}{place}");
        let _ = writeln!(
            stderr,
            "  help: this is a mistake in kneepoint; please report it with the file"
        );
        drop(stderr);
        // The panic may be another thread's; nobody would hear of it.
        std::process::exit(Status::Internal.code().into());
    }));
}

/// Returns the command as clap knows it.
fn command() -> clap::Command {
    CommandLine::command()
}

/// Returns the names of all verbs.
fn verbs() -> Vec<String> {
    let command = command();
    let names = command
        .get_subcommands()
        .map(|verb| verb.get_name().to_owned());
    names.collect()
}

impl From<When> for ColorChoice {
    fn from(when: When) -> ColorChoice {
        match when {
            When::Auto => ColorChoice::Auto,
            When::Always => ColorChoice::Always,
            When::Never => ColorChoice::Never,
        }
    }
}

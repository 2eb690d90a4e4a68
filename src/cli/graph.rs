//! `kneepoint graph`: the topology as a picture.

use crate::cli::args::TopologyArguments;
use crate::cli::console::{Console, Target};
use crate::cli::failure::{Failure, Status};
use crate::cli::pipeline;
use crate::report::graph;
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// What `graph` is given.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  kneepoint graph single-server
  kneepoint graph single-server --format mermaid
  kneepoint graph single-server --format svg --out single-server.svg")]
pub(crate) struct Arguments {
    #[command(flatten)]
    topology: TopologyArguments,
    /// Language of the picture
    #[arg(long, value_enum, default_value_t = Format::Dot)]
    format: Format,
    /// Write to a file instead of standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Language of a picture.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// For Graphviz
    Dot,
    /// For Markdown
    Mermaid,
    /// For browsers
    Svg,
}

/// Draws the topology.
pub(crate) fn run(arguments: &Arguments, console: &Console) -> Result<Status, Failure> {
    let loaded = pipeline::load(&arguments.topology, None, console)?;
    let target = Target::open(arguments.out.as_deref())?;
    let picture = graph::picture(&loaded.topology);
    let text = match arguments.format {
        Format::Dot => graph::dot(&picture),
        Format::Mermaid => graph::mermaid(&picture),
        Format::Svg => graph::svg(&picture),
    };
    target.write(&text, console)?;
    Ok(Status::Met)
}

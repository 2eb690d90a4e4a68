//! `kneepoint check`: what can be said about a topology without simulating it.

mod theory;

use crate::analysis::assumed::{self, Assumption};
use crate::cli::args::TopologyArguments;
use crate::cli::console::Console;
use crate::cli::failure::{Failure, Status};
use crate::cli::pipeline::{self, Loaded};
use crate::topology::{self, Topology};
use clap::Args;

/// Widest line of text.
const WIDTH: usize = 80;

/// What `check` is given.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  kneepoint check single-server
  kneepoint check single-server --set load.main.rate=120/s
  kneepoint new single-server - | kneepoint check -")]
pub(crate) struct Arguments {
    #[command(flatten)]
    topology: TopologyArguments,
}

/// Checks the file, then says what stands out.
pub(crate) fn run(arguments: &Arguments, console: &Console) -> Result<Status, Failure> {
    let loaded = pipeline::load(&arguments.topology, None, console)?;
    let mut text = summary(&loaded);
    text.push_str(&single_points(&loaded.topology));
    text.push_str(&match pipeline::theory(&loaded, console)? {
        Ok(known) => theory::section(&known),
        Err(why) => format!("\nTHEORY: no closed form: {why}\n"),
    });
    text.push_str(&assumptions(&assumed::assumptions(&loaded.file)));
    console.result(&text)?;
    Ok(Status::Met)
}

/// Says what the file holds, in a line.
fn summary(loaded: &Loaded) -> String {
    let topology = &loaded.topology;
    let plural = |count: usize, word: &str| match count {
        1 => format!("1 {word}"),
        _ => format!("{count} {word}s"),
    };
    format!(
        "{}: {}, {}, {}, {}; {}\n",
        topology.name,
        plural(topology.graph.node_count() - 1, "node"),
        plural(topology.graph.edge_count(), "link"),
        plural(topology.flows.len(), "flow"),
        plural(topology.objectives.len(), "objective"),
        plural(loaded.warnings, "warning"),
    )
}

/// Lists the nodes without copies that others depend on.
fn single_points(topology: &Topology) -> String {
    let mut text = String::new();
    for (index, behind) in topology::single_points(topology) {
        let node = &topology.graph[index];
        let copies = node
            .component
            .as_ref()
            .map_or(1, |component| component.copies());
        if copies > 1 {
            continue;
        }
        if text.is_empty() {
            text.push_str("\nSINGLE POINTS OF FAILURE (one copy, and the only way to others)\n");
        }
        let nodes = if behind == 1 {
            "1 node lies"
        } else {
            &format!("{behind} nodes lie")
        };
        push_wrapped(
            &mut text,
            &format!("{} ({}): {nodes} behind it", node.name, node.kind),
        );
    }
    text
}

/// Lists the defaults that the design rests on, node by node.
fn assumptions(found: &[Assumption]) -> String {
    let mut text = String::new();
    if !found.is_empty() {
        text.push_str("\nASSUMED (defaults; `kneepoint services KIND` gives their sources)\n");
    }
    for group in found.chunk_by(|one, other| one.node == other.node) {
        let values: Vec<String> = group
            .iter()
            .map(|one| format!("{} = {} ({})", one.parameter, one.value, one.basis))
            .collect();
        let node = group.first().map_or("", |one| one.node.as_str());
        push_wrapped(&mut text, &format!("{node}: {}", values.join(", ")));
    }
    text
}

/// Adds an indented paragraph.
fn push_wrapped(text: &mut String, line: &str) {
    for (number, part) in crate::cli::wrap::wrapped(line, WIDTH - 4)
        .iter()
        .enumerate()
    {
        let indent = if number == 0 { "  " } else { "    " };
        text.push_str(&format!("{indent}{part}\n"));
    }
}

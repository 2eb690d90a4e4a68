//! `kneepoint check`: what can be said about a topology without simulating it.
//!
//! The arithmetic of a capacity estimate, every limit that the load meets, known mistakes,
//! and what theory says; as text, or as JSON for machines.

mod capacity;
mod json;
mod theory;

use crate::analysis::assumed::{self, Assumption};
use crate::analysis::estimate::{self, Estimate};
use crate::analysis::lint::{self, Finding};
use crate::analysis::theory::{self as known, Theory};
use crate::cli::args::{ListForm, ResultArguments, TopologyArguments};
use crate::cli::console::Console;
use crate::cli::failure::{Failure, Status};
use crate::cli::pipeline::{self, Loaded};
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
    #[command(flatten)]
    result: ResultArguments<ListForm>,
}

/// Everything that is known without a run.
struct Checked<'l> {
    loaded: &'l Loaded,
    /// The arithmetic; none if calls go round for ever.
    estimate: Option<Estimate>,
    findings: Vec<Finding>,
    theory: Result<Theory, &'static str>,
    assumed: Vec<Assumption>,
}

/// Checks the file, then says what stands out.
pub(crate) fn run(arguments: &Arguments, console: &Console) -> Result<Status, Failure> {
    let loaded = pipeline::load(&arguments.topology, None, console)?;
    let target = arguments.result.target()?;
    let model = pipeline::compiled(&loaded, console)?;
    let topology = &loaded.topology;
    let estimate = estimate::estimate(topology, &model);
    let found = |estimate| lint::lint(topology, &model, estimate, &loaded.file);
    let checked = Checked {
        findings: estimate.as_ref().map(found).unwrap_or_default(),
        estimate,
        theory: known::theory(topology, &model),
        assumed: assumed::assumptions(&loaded.file),
        loaded: &loaded,
    };
    let rendered = match arguments.result.output {
        ListForm::Text => text(&checked),
        ListForm::Json => json::document(&checked),
    };
    target.write(&rendered, console)?;
    Ok(Status::Met)
}

/// Says everything in words.
fn text(checked: &Checked<'_>) -> String {
    let mut text = summary(checked.loaded);
    if let Some(estimate) = &checked.estimate {
        text.push_str(&capacity::sections(estimate));
    }
    text.push_str(&mistakes(&checked.findings));
    text.push_str(&match &checked.theory {
        Ok(known) => theory::section(known),
        Err(why) => format!("\nTHEORY: no closed form: {why}\n"),
    });
    text.push_str(&assumptions(&checked.assumed));
    text
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

/// Lists known mistakes by rule, with what to do about them.
fn mistakes(findings: &[Finding]) -> String {
    let mut text = String::new();
    if !findings.is_empty() {
        text.push_str("\nKNOWN MISTAKES\n");
    }
    for group in findings.chunk_by(|one, other| one.rule == other.rule) {
        for one in group {
            let line = format!("{}: {}: {}", one.rule.name(), one.subject, one.message);
            push_wrapped(&mut text, &line);
        }
        if let Some(first) = group.first() {
            push_wrapped(&mut text, &format!("  help: {}", first.rule.remedy()));
        }
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

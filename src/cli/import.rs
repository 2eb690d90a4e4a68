//! `kneepoint import`: a topology of what is deployed, from its template or its plan.

use crate::cli::console::{Console, create};
use crate::cli::failure::{Failure, Status};
use crate::cli::input::Input;
use crate::diagnostic::{self, Place};
use crate::import::{Note, import};
use clap::Args;
use std::path::PathBuf;

/// What `import` is given.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  kneepoint import template.yaml > design.json
  kneepoint import template.yaml --parameter Stage=prod --out design.json
  terraform show -json plan.out | kneepoint import - | kneepoint check -")]
pub(crate) struct Arguments {
    /// A CloudFormation or SAM template (YAML or JSON), or a Terraform plan as `terraform show
    /// -json` writes it; `-` for standard input
    file: String,
    /// Value of a parameter of the template; may be repeated
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair)]
    parameter: Vec<(String, String)>,
    /// Write the topology to a file that does not exist yet, instead of standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Reads `NAME=VALUE`.
fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        Some(_) | None => Err("write `NAME=VALUE`".to_owned()),
    }
}

/// Imports; what is left out or assumed is told on standard error.
pub(crate) fn run(arguments: &Arguments, console: &Console) -> Result<Status, Failure> {
    let input = Input::file(&arguments.file)?;
    let text = input.text();
    let imported = import(&input.bytes, &arguments.parameter).map_err(|found| {
        let colour = console.colours_messages();
        let consequence = "nothing was imported";
        let rendered = diagnostic::render_for(&found, &input.shown, &text, colour, consequence);
        Failure::Diagnosed(rendered)
    })?;
    for note in &imported.notes {
        console.error(&line(note, &input.shown, &text));
    }
    match &arguments.out {
        None => console.result(&imported.topology)?,
        Some(path) => {
            create(
                path,
                &imported.topology,
                "give another file, or none for standard output",
            )?;
            console.error(&format!(
                "`{0}` is written; put your load in, then `kneepoint check {0}` and `kneepoint run {0}`",
                path.display()
            ));
        }
    }
    Ok(Status::Met)
}

/// Writes a note with its place.
fn line(note: &Note, shown: &str, text: &str) -> String {
    match &note.place {
        Place::File(range) => {
            let (line, column) = diagnostic::position(text, range.start);
            format!("note: {shown}:{line}:{column}: {}", note.text)
        }
        Place::Option(option) => format!("note: {option}: {}", note.text),
        Place::Whole => format!("note: {}", note.text),
    }
}

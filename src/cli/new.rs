//! `kneepoint new`: a topology file of one's own, begun from a shipped one.

use crate::cli::console::{Console, create};
use crate::cli::failure::{Failure, Status};
use crate::cli::shipped;
use clap::Args;
use std::path::PathBuf;

/// What `new` is given.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  kneepoint new single-server
  kneepoint new single-server mine.json
  kneepoint new single-server - | kneepoint check -")]
pub(crate) struct Arguments {
    /// A shipped topology, as `kneepoint list` names it
    name: String,
    /// Where to write it; `-` is standard output [default: NAME.json]
    file: Option<PathBuf>,
}

/// Copies a shipped topology to a file that does not exist yet.
pub(crate) fn run(arguments: &Arguments, console: &Console) -> Result<Status, Failure> {
    let name = arguments.name.as_str();
    let Some(text) = shipped::text(name) else {
        let message = format!("there is no shipped topology `{name}`");
        return Err(Failure::with_help(message, shipped::help(name)));
    };
    let path = match &arguments.file {
        Some(file) if file.as_os_str() == "-" => {
            console.result(text)?;
            return Ok(Status::Met);
        }
        Some(file) => file.clone(),
        None => PathBuf::from(format!("{name}.json")),
    };
    create(&path, text, "give another file, or `-` for standard output")?;
    console.error(&format!(
        "`{0}` is written; change it, then `kneepoint check {0}` and `kneepoint run {0}`",
        path.display()
    ));
    Ok(Status::Met)
}

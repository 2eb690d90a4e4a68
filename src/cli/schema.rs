//! `kneepoint schema`: the JSON Schema of topology files, for editors.

use crate::cli::console::Console;
use crate::cli::failure::{Failure, Status};
use crate::topology;
use clap::Args;

/// What `schema` is given.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  kneepoint schema > topology.schema.json
  kneepoint schema | head
  kneepoint new single-server - | kneepoint check -")]
pub(crate) struct Arguments {}

/// Prints the schema.
pub(crate) fn run(_: &Arguments, console: &Console) -> Result<Status, Failure> {
    console.result(&format!("{:#}\n", topology::schema()))?;
    Ok(Status::Met)
}

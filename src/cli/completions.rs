//! `kneepoint completions`: the script that completes commands in a shell.

use crate::cli::console::Console;
use crate::cli::failure::{Failure, Status};
use clap::{Args, Command};
use clap_complete::Shell;

/// What `completions` is given.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  source <(kneepoint completions bash)
  kneepoint completions zsh > _kneepoint
  kneepoint completions fish | source")]
pub(crate) struct Arguments {
    /// Which shell
    #[arg(value_enum)]
    shell: Shell,
}

/// Prints the script.
pub(crate) fn run(
    arguments: &Arguments,
    mut command: Command,
    console: &Console,
) -> Result<Status, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut command, "kneepoint", &mut script);
    console.result(&String::from_utf8_lossy(&script))?;
    Ok(Status::Met)
}

//! The `kneepoint` program: everything lies in the library's `cli`.

use std::process::ExitCode;

fn main() -> ExitCode {
    kneepoint::cli::catch_panics();
    kneepoint::cli::start(std::env::args_os().collect())
}

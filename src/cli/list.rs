//! `kneepoint list`: the topologies that the program carries.

use crate::cli::console::Console;
use crate::cli::failure::{Failure, Status};
use crate::cli::shipped::SHIPPED;
use crate::spec::{self, Data, Value};
use clap::Args;

/// What `list` is given.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  kneepoint list
  kneepoint run single-server
  kneepoint new single-server mine.json")]
pub(crate) struct Arguments {}

/// Prints name and question of every shipped topology.
pub(crate) fn run(_: &Arguments, console: &Console) -> Result<Status, Failure> {
    let widest = SHIPPED
        .iter()
        .map(|(name, _)| name.len())
        .max()
        .unwrap_or(0);
    let mut text = String::new();
    for (name, source) in SHIPPED {
        let about = spec::read(source).ok();
        let about = about.as_ref();
        let description = about
            .and_then(|file| member(file, "description"))
            .unwrap_or_default();
        let question = about
            .and_then(|file| member(file, "question"))
            .unwrap_or_default();
        text.push_str(&format!(
            "{name:widest$}  {description}\n{:widest$}  {question}\n",
            ""
        ));
    }
    console.result(&text)?;
    Ok(Status::Met)
}

/// Returns a text of the top level.
fn member<'v>(file: &'v Value, key: &str) -> Option<&'v str> {
    let Data::Object(members) = &file.data else {
        return None;
    };
    let found = members.iter().find(|member| member.key == key)?;
    match &found.value.data {
        Data::Text(text) => Some(text),
        Data::Null | Data::Bool(_) | Data::Number(..) | Data::List(_) | Data::Object(_) => None,
    }
}

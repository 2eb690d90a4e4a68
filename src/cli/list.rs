//! `kneepoint list`: the topologies that the program carries.

use crate::cli::console::Console;
use crate::cli::failure::{Failure, Status};
use crate::cli::shipped::{self, SHIPPED};
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

/// Prints name, description and question of every shipped topology, by what it is for.
pub(crate) fn run(_: &Arguments, console: &Console) -> Result<Status, Failure> {
    let widest = SHIPPED
        .iter()
        .map(|(name, _)| name.len())
        .max()
        .unwrap_or(0);
    let mut text = String::new();
    for (title, names) in shipped::groups() {
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(&format!("{title}\n"));
        for name in names {
            let about = shipped::text(name).and_then(|source| spec::read(source).ok());
            let member = |key| about.as_ref().and_then(|file| member(file, key));
            let description = member("description").unwrap_or_default();
            let question = member("question").unwrap_or_default();
            text.push_str(&format!(
                "  {name:widest$}  {description}\n  {:widest$}  {question}\n",
                ""
            ));
        }
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

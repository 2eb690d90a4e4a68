//! `kneepoint compare`: files or variants side by side, under common random numbers.

use crate::cli::args::{ResultArguments, SimulationArguments, TableForm, TopologyArguments};
use crate::cli::console::Console;
use crate::cli::failure::{Failure, Status};
use crate::cli::pipeline::{self, Contestant};
use crate::cli::watched::{speed, watched};
use crate::report::{self, Comparison};
use clap::Args;
use std::path::Path;
use std::time::Duration;

/// What `--variants` calls the file without any variant, unless it has one of that name.
const BASE: &str = "base";

/// What `compare` is given.
#[derive(Debug, Args)]
#[command(after_help = "\
The first design named is the baseline. All run the same replications, in which
they meet the same requests; differences come with paired intervals.

Examples:
  kneepoint compare single-server --variants base,two-servers
  kneepoint compare single-server --variants base,two-servers --set load.main.rate=90/s
  kneepoint compare single-server single-server --horizon 20s --output json")]
pub(crate) struct Arguments {
    /// Files, names of shipped topologies, or `-`; the first is the baseline
    #[arg(required = true, value_name = "TOPOLOGY")]
    topologies: Vec<String>,
    /// Compare these variants of one file; `base` is the file itself
    #[arg(
        long,
        value_name = "NAME,...",
        value_delimiter = ',',
        conflicts_with = "variant"
    )]
    variants: Vec<String>,
    /// Apply this variant to all files first
    #[arg(long, value_name = "NAME")]
    variant: Option<String>,
    /// Set a value in all designs, such as `load.main.rate=90/s`; may be repeated
    #[arg(long, value_name = "PATH=VALUE")]
    set: Vec<String>,
    #[command(flatten)]
    simulation: SimulationArguments,
    #[command(flatten)]
    result: ResultArguments<TableForm>,
}

/// Simulates all designs and compares them.
pub(crate) fn run(arguments: &Arguments, console: &Console) -> Result<Status, Failure> {
    let options = &arguments.simulation;
    let contestants = contestants(arguments, console)?;
    let target = arguments.result.target()?;
    let (comparison, wall) = watched(options, |watch| {
        pipeline::compare(&contestants, options, watch, console)
    })?;
    target.write(&rendered(&comparison, arguments.result.output), console)?;
    if options.timing {
        console.error(&timing(
            &comparison,
            pipeline::threads(options.threads),
            wall,
        ));
    }
    Ok(if comparison.interrupted {
        Status::Interrupted
    } else {
        Status::Met
    })
}

/// Reads all designs, and names them.
fn contestants(arguments: &Arguments, console: &Console) -> Result<Vec<Contestant>, Failure> {
    let of = |topology: &str, variant: Option<&str>| TopologyArguments {
        topology: topology.to_owned(),
        variant: variant.map(str::to_owned),
        set: arguments.set.clone(),
        varied: Vec::new(),
    };
    let several = |count: usize| count > 1;
    let (asked, names): (Vec<TopologyArguments>, Vec<String>) =
        match arguments.topologies.as_slice() {
            [topology] if several(arguments.variants.len()) => {
                let variants = arguments.variants.iter();
                let asked = variants.clone().map(|name| of(topology, Some(name)));
                (asked.collect(), unique(variants.cloned().collect()))
            }
            [topology] => {
                let help = "name a second file, or variants of this one: `--variants base,NAME`";
                let message = match arguments.variants.as_slice() {
                    [only] => format!("a comparison needs two designs, got `{only}` alone"),
                    _ => format!("a comparison needs two designs, got `{topology}` alone"),
                };
                return Err(Failure::with_help(message, help));
            }
            files if arguments.variants.is_empty() => {
                let asked = files
                    .iter()
                    .map(|file| of(file, arguments.variant.as_deref()));
                (asked.collect(), unique(names(files)))
            }
            files => {
                return Err(Failure::with_help(
                    format!(
                        "`--variants` are those of one file, got {} files",
                        files.len()
                    ),
                    "give one file, or `--variant NAME` for all",
                ));
            }
        };
    let loaded = pipeline::load_several(&asked, &arguments.simulation, BASE, console)?;
    Ok(names
        .into_iter()
        .zip(loaded)
        .map(|(name, loaded)| Contestant { name, loaded })
        .collect())
}

/// Names files: without directory and extension where that tells them apart.
fn names(files: &[String]) -> Vec<String> {
    let stem = |file: &String| match file.as_str() {
        "-" => "stdin".to_owned(),
        file => Path::new(file).file_stem().map_or_else(
            || file.to_owned(),
            |stem| stem.to_string_lossy().into_owned(),
        ),
    };
    let stems: Vec<String> = files.iter().map(stem).collect();
    let clash = |at: usize| {
        let others = stems.iter().zip(files);
        others
            .enumerate()
            .any(|(other, (name, file))| other != at && *name == stems[at] && *file != files[at])
    };
    let named = |at: usize| match clash(at) {
        true => files[at].clone(),
        false => stems[at].clone(),
    };
    (0..files.len()).map(named).collect()
}

/// Numbers names that occur again: `a`, `a (2)`.
fn unique(names: Vec<String>) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for name in names {
        let numbered = (1..).map(|number| match number {
            1 => name.clone(),
            number => format!("{name} ({number})"),
        });
        found.extend(
            numbered
                .take(found.len() + 1)
                .find(|one| !found.contains(one)),
        );
    }
    found
}

/// Renders a comparison in one of its forms.
fn rendered(comparison: &Comparison, output: TableForm) -> String {
    match output {
        TableForm::Text => report::comparison_text(comparison),
        TableForm::Json => comparison.to_json(),
        TableForm::Csv => report::comparison_csv(comparison),
        TableForm::Md => report::comparison_markdown(comparison),
    }
}

/// Says how fast it was.
fn timing(comparison: &Comparison, threads: usize, wall: Duration) -> String {
    let count = format!("{} designs", comparison.designs.len());
    let Comparison {
        events,
        replications,
        ..
    } = comparison;
    speed(threads, &count, *events, *replications, wall)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn designs_are_named_as_shortly_as_tells_them_apart() {
        let named = |files: &[&str]| {
            let files: Vec<String> = files.iter().map(|file| (*file).to_owned()).collect();
            unique(names(&files))
        };

        assert_eq!(named(&["x/a.json", "b.json", "-"]), ["a", "b", "stdin"]);
        assert_eq!(named(&["x/a.json", "y/a.json"]), ["x/a.json", "y/a.json"]);
        assert_eq!(
            named(&["a.json", "a.json", "a.json"]),
            ["a", "a (2)", "a (3)"]
        );
    }
}

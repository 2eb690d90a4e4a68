//! `kneepoint sweep`: one or more values over ranges; a table, and a map of two.

use crate::cli::args::{SimulationArguments, TopologyArguments};
use crate::cli::console::{Console, Target};
use crate::cli::failure::{Failure, Status};
use crate::cli::interrupt;
use crate::cli::pipeline::{self, Watch};
use crate::cli::progress::Progress;
use crate::cli::vary::Vary;
use crate::report::{self, Sweep, Varied};
use crate::units::show;
use clap::{Args, ValueEnum};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Most points of a sweep.
///
/// CHOICE: at a second each it takes a quarter of an hour.
const MOST_POINTS: usize = 1_000;

/// What `sweep` is given.
#[derive(Debug, Args)]
#[command(after_help = "\
Values are those of `--set`: a list `PATH=a,b,c`, or a range from its first value
as far as its last, `PATH=2..10`, `PATH=10ms..50ms:10ms` by steps, `PATH=1..64:x2` by a
factor. Several `--vary` make every combination; the last changes fastest, and two of them a map.

Examples:
  kneepoint sweep single-server --vary nodes.server.servers=1..3
  kneepoint sweep single-server --vary nodes.server.servers=1..3 --vary load.main.rate=80/s,160/s
  kneepoint sweep single-server --vary load.main.rate=20/s..80/s:20/s --output csv")]
pub(crate) struct Arguments {
    #[command(flatten)]
    topology: TopologyArguments,
    /// Vary a value over a list or a range, such as `nodes.app.servers=2..10`; may be repeated
    #[arg(long, value_name = "PATH=VALUES", required = true)]
    vary: Vec<Vary>,
    #[command(flatten)]
    simulation: SimulationArguments,
    /// Form of the table
    #[arg(long, value_enum, default_value_t = Output::Text)]
    output: Output,
    /// Write the table to a file instead of standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Form of a table: for people, for programs, a row per point and measure, tables to paste.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Output {
    Text,
    Json,
    Csv,
    Md,
}

/// Simulates all combinations and prints them.
pub(crate) fn run(arguments: &Arguments, console: &Console) -> Result<Status, Failure> {
    let options = &arguments.simulation;
    let parameters = parameters(&arguments.vary)?;
    let combinations = combinations(&parameters);
    let asked: Vec<TopologyArguments> = combinations
        .iter()
        .map(|values| {
            let mut asked = arguments.topology.clone();
            let varied = parameters.iter().zip(values);
            asked
                .set
                .extend(varied.map(|(one, value)| format!("{}={value}", one.path)));
            asked
        })
        .collect();
    let loaded = pipeline::load_several(&asked, options, "", console)?;
    let target = Target::open(arguments.out.as_deref())?;
    let watch = Arc::new(Watch::default());
    interrupt::install(&watch)?;
    let begun = Instant::now();
    let progress = Progress::show(&watch, !options.no_progress);
    let points = combinations.into_iter().zip(loaded).collect::<Vec<_>>();
    let swept = pipeline::sweep(parameters, &points, options, &watch, console);
    drop(progress);
    let sweep = swept?;
    let colour = target.colours(console);
    target.write(&rendered(&sweep, arguments.output, colour), console)?;
    if options.timing {
        let threads = pipeline::threads(options);
        console.error(&timing(&sweep, threads, begun.elapsed()));
    }
    Ok(if sweep.interrupted {
        Status::Interrupted
    } else {
        Status::Met
    })
}

/// Checks what is varied.
fn parameters(vary: &[Vary]) -> Result<Vec<Varied>, Failure> {
    let all: Vec<Varied> = vary.iter().map(|one| one.0.clone()).collect();
    for (at, one) in all.iter().enumerate() {
        if all.iter().take(at).any(|other| other.path == one.path) {
            return Err(Failure::with_help(
                format!("`{}` is varied twice", one.path),
                "give all its values in one `--vary`",
            ));
        }
    }
    let points = all.iter().fold(1_usize, |points, one| {
        points.saturating_mul(one.values.len())
    });
    if points > MOST_POINTS {
        return Err(Failure::with_help(
            format!("a sweep has at most {MOST_POINTS} points, got {points}"),
            "give fewer values, or a wider step such as `2..10:4`",
        ));
    }
    Ok(all)
}

/// Lists all combinations; the last parameter changes fastest.
fn combinations(parameters: &[Varied]) -> Vec<Vec<String>> {
    let mut found = vec![Vec::new()];
    for parameter in parameters {
        let with = |values: &Vec<String>| {
            let values = values.clone();
            let each = parameter.values.iter();
            each.map(move |value| [values.as_slice(), std::slice::from_ref(value)].concat())
                .collect::<Vec<_>>()
        };
        found = found.iter().flat_map(with).collect();
    }
    found
}

/// Renders a sweep in one of its forms.
fn rendered(sweep: &Sweep, output: Output, colour: bool) -> String {
    match output {
        Output::Text => report::sweep_text(sweep, colour),
        Output::Json => sweep.to_json(),
        Output::Csv => report::sweep_csv(sweep),
        Output::Md => report::sweep_markdown(sweep),
    }
}

/// Says how fast it was.
fn timing(sweep: &Sweep, threads: usize, wall: Duration) -> String {
    let seconds = wall.as_secs_f64().max(1e-9);
    let most = sweep.points.iter().map(|point| point.replications).max();
    format!(
        "{threads} threads · {} points · {} events · {seconds:.2} s wall ({}) · at most {} times one thread",
        sweep.points.len(),
        show::count(sweep.events as f64),
        show::rate(sweep.events as f64 / seconds),
        // One point after the other; the replications of each are independent.
        most.unwrap_or(1),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_parameter_changes_fastest() {
        let parameter = |path: &str, values: &[&str]| Varied {
            path: path.to_owned(),
            values: values.iter().map(|value| (*value).to_owned()).collect(),
        };

        let found = combinations(&[parameter("a", &["1", "2"]), parameter("b", &["x", "y"])]);

        let joined: Vec<String> = found.iter().map(|values| values.join("")).collect();
        assert_eq!(joined, ["1x", "1y", "2x", "2y"]);
    }

    #[test]
    fn what_is_varied_twice_or_too_much_is_refused() {
        let vary = |texts: &[&str]| {
            let all = texts
                .iter()
                .map(|text| text.parse().expect("it can be read"));
            parameters(&all.collect::<Vec<Vary>>()).map_err(|failure| failure.to_string())
        };

        let twice = vary(&["a=1,2", "a=3,4"]).expect_err("twice");
        let many = vary(&["a=1..100", "b=1..100"]).expect_err("too many");

        assert!(twice.contains("`a` is varied twice"), "{twice}");
        assert!(many.contains("at most 1000 points, got 10000"), "{many}");
    }
}

//! Options that several verbs share, and values that parse themselves.

use crate::analysis::scenario::Scenario;
use crate::cli::console::Target;
use crate::cli::failure::Failure;
use crate::topology::{MOST_REPLICATIONS, WarmUp};
use crate::units::Span;
use crate::units::parse;
use clap::{Args, ValueEnum};
use std::fmt;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::str::FromStr;

/// Which topology, and what is changed in it.
#[derive(Clone, Debug, Args)]
pub(crate) struct TopologyArguments {
    /// A file, the name of a shipped topology, or `-` for standard input
    pub(crate) topology: String,
    /// Apply this variant of the file first
    #[arg(long, value_name = "NAME")]
    pub(crate) variant: Option<String>,
    /// Set a value of the file, such as `load.main.rate=90/s`; may be repeated
    #[arg(long, value_name = "PATH=VALUE")]
    pub(crate) set: Vec<String>,
    /// What a sweep sets at a point
    #[arg(skip)]
    pub(crate) varied: Vec<String>,
}

/// How it is simulated.
#[derive(Clone, Debug, Args)]
pub(crate) struct SimulationArguments {
    /// Seed of all random draws
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<u64>,
    /// Independent runs
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=i64::from(MOST_REPLICATIONS)))]
    pub(crate) replications: Option<u32>,
    /// Simulated time, warm-up included, such as `10m`
    #[arg(long, value_name = "TIME")]
    pub(crate) horizon: Option<Time>,
    /// First part that is not counted: a time, or `auto`
    #[arg(long, value_name = "TIME")]
    pub(crate) warm_up: Option<Cut>,
    /// Add replications until the intervals are this narrow, such as `2%`
    #[arg(long, value_name = "SHARE")]
    pub(crate) precision: Option<Precision>,
    /// Threads at work; all cores by default
    #[arg(long, value_name = "N")]
    pub(crate) threads: Option<NonZeroUsize>,
    /// Print wall time and speed to standard error
    #[arg(long)]
    pub(crate) timing: bool,
    /// Show no progress bar
    #[arg(long)]
    pub(crate) no_progress: bool,
}

/// Returns what is asked for, in one.
pub(crate) fn scenario(
    topology: &TopologyArguments,
    simulation: Option<&SimulationArguments>,
) -> Scenario {
    Scenario {
        topology: topology.topology.clone(),
        variant: topology.variant.clone(),
        set: topology.set.clone(),
        varied: topology.varied.clone(),
        seed: simulation.and_then(|options| options.seed),
        replications: simulation.and_then(|options| options.replications),
        horizon: simulation.and_then(|options| Some(options.horizon?.0)),
        warm_up: simulation.and_then(|options| Some(options.warm_up?.0)),
        precision: simulation.and_then(|options| Some(options.precision?.0)),
    }
}

/// In which form the result is wanted, and where.
#[derive(Clone, Debug, Args)]
pub(crate) struct ResultArguments<F>
where
    F: ValueEnum + Default + Clone + Send + Sync + 'static,
{
    /// Form of the result
    #[arg(long, value_enum, default_value_t)]
    pub(crate) output: F,
    /// Write the result to a file instead of standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl<F> ResultArguments<F>
where
    F: ValueEnum + Default + Clone + Send + Sync + 'static,
{
    /// Opens what the result is written to.
    ///
    /// # Errors
    ///
    /// The file cannot be created or written.
    pub(crate) fn target(&self) -> Result<Target, Failure> {
        Target::open(self.out.as_deref())
    }
}

/// Form of a table: for people, for programs, a row per figure, tables to paste.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum TableForm {
    // No doc comments: with them `--help` gives every value a line of its own.
    #[default]
    Text,
    Json,
    Csv,
    Md,
}

/// Form of findings that are no table: for people, for programs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ListForm {
    // No doc comments, as above.
    #[default]
    Text,
    Json,
}

/// A duration of a run, more than 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Time(pub(crate) Span);

impl FromStr for Time {
    type Err = String;

    fn from_str(text: &str) -> Result<Time, String> {
        parse::lasting(text).map(Time)
    }
}

/// What `--warm-up` takes: a duration, or `auto`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cut(pub(crate) WarmUp);

impl FromStr for Cut {
    type Err = String;

    fn from_str(text: &str) -> Result<Cut, String> {
        if text == "auto" {
            return Ok(Cut(WarmUp::Auto));
        }
        match parse::time(text) {
            Ok(time) => Ok(Cut(WarmUp::Fixed(time))),
            Err(message) => Err(format!("{message}, or `auto`")),
        }
    }
}

/// A relative half-width, between 0 and 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Precision(pub(crate) f64);

impl FromStr for Precision {
    type Err = String;

    fn from_str(text: &str) -> Result<Precision, String> {
        let (number, scale) = match text.strip_suffix('%') {
            Some(number) => (number, 0.01),
            None => (text, 1.0),
        };
        match parse::number(number) {
            Ok(share) if share * scale > 0.0 && share * scale < 1.0 => Ok(Precision(share * scale)),
            Ok(_) => Err("it must lie between 0 and 1; write 2 % as `2%` or `0.02`".to_owned()),
            Err(_) => Err("it is no share; write `2%` or `0.02`".to_owned()),
        }
    }
}

impl fmt::Display for Precision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&crate::units::show::share(self.0))
    }
}

/// A factor of the load that a file gives, more than 0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Factor(pub(crate) f64);

impl FromStr for Factor {
    type Err = String;

    fn from_str(text: &str) -> Result<Factor, String> {
        const MOST: f64 = 1e6;
        match parse::number(text.strip_suffix('x').unwrap_or(text)) {
            Ok(factor) if factor > 0.0 && factor <= MOST => Ok(Factor(factor)),
            Ok(_) => Err("it must be more than 0 and at most 1000000".to_owned()),
            Err(_) => Err("it is no factor; write `4`, or `0.5` for half".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_precision_is_a_share_or_a_percentage() {
        let shares = ["2%", "0.02"].map(|text| text.parse::<Precision>().map(|share| share.0));

        assert!(shares.iter().all(|share| {
            share
                .as_ref()
                .is_ok_and(|share| (share - 0.02).abs() < 1e-12)
        }));
        assert!("200%".parse::<Precision>().is_err());
        assert!("0".parse::<Precision>().is_err());
    }

    #[test]
    fn a_factor_is_a_number_above_nothing() {
        assert_eq!("4".parse(), Ok(Factor(4.0)));
        assert_eq!("0.5x".parse(), Ok(Factor(0.5)));
        assert!("0".parse::<Factor>().is_err());
        assert!("-1".parse::<Factor>().is_err());
        let rate = "90/s".parse::<Factor>();
        assert!(rate.is_err_and(|message| message.contains("no factor")));
    }

    #[test]
    fn a_time_without_unit_says_so() {
        assert_eq!("60s".parse(), Ok(Time(Span(60_000_000_000))));
        assert!("0s".parse::<Time>().is_err());
        assert!(
            "60".parse::<Time>()
                .is_err_and(|message| message.contains("no unit"))
        );
        assert_eq!("auto".parse(), Ok(Cut(WarmUp::Auto)));
        assert_eq!("0s".parse(), Ok(Cut(WarmUp::Fixed(Span::ZERO))));
        assert!(
            "soon"
                .parse::<Cut>()
                .is_err_and(|message| message.contains("or `auto`"))
        );
    }
}

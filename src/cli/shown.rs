//! How the text of a run is shown: which percentiles, in which unit, at what length.

use crate::cli::failure::Failure;
use crate::report::{self, Percentile, Report, TimeUnit, Times};
use clap::{Args, ValueEnum};

/// What the text of a run shows.
#[derive(Clone, Debug, Args)]
pub(crate) struct TextArguments {
    /// Percentiles of the latency in the text, such as `50,99,99.99`
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    percentiles: Vec<Percentile>,
    /// Unit of the times in the tables of the text
    #[arg(long, value_enum, value_name = "UNIT")]
    time_unit: Option<Unit>,
    /// Say it in a few lines of text
    #[arg(long)]
    brief: bool,
}

/// A unit of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Unit {
    // No doc comments: with them `--help` gives every value a line of its own.
    S,
    Ms,
    Us,
}

impl TextArguments {
    /// Makes sure that nothing was asked of a text where there is none.
    ///
    /// # Errors
    ///
    /// An option is about the text, and the output is none.
    pub(crate) fn fits(&self, is_text: bool) -> Result<(), Failure> {
        let given = [
            ("--percentiles", !self.percentiles.is_empty()),
            ("--time-unit", self.time_unit.is_some()),
            ("--brief", self.brief),
        ];
        match given.iter().find(|(_, given)| *given) {
            Some((option, _)) if !is_text => Err(Failure::with_help(
                format!("`{option}` is about the text of a run, and another output is asked for"),
                "leave one of the two out; other forms hold all percentiles, in milliseconds",
            )),
            Some(_) | None => Ok(()),
        }
    }

    /// Renders the text.
    pub(crate) fn text(&self, report: &Report, colour: bool) -> String {
        let times = Times {
            percentiles: self.percentiles.clone(),
            unit: self.time_unit.map(|unit| match unit {
                Unit::S => TimeUnit::S,
                Unit::Ms => TimeUnit::Ms,
                Unit::Us => TimeUnit::Us,
            }),
        };
        match self.brief {
            true => report::brief_text(report, colour, &times),
            false => report::text_with(report, colour, &times),
        }
    }
}

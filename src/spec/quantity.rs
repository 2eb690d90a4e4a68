//! The dimensions a value can be asked for in, and what messages say about them.

use crate::units::parse::{self, Misread};

/// What a value measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantity {
    /// Nanoseconds.
    Duration,
    /// Bytes.
    Size,
    /// One.
    Count,
    /// Events per second.
    Rate,
    /// Bytes per second.
    Bandwidth,
}

impl Quantity {
    /// Reads a text in base units.
    ///
    /// # Errors
    ///
    /// As the parser of the dimension.
    pub fn parse(self, text: &str) -> Result<f64, Misread> {
        match self {
            Quantity::Duration => parse::duration(text),
            Quantity::Size => parse::size(text),
            Quantity::Count => parse::count(text),
            Quantity::Rate => parse::rate(text),
            Quantity::Bandwidth => parse::bandwidth(text),
        }
    }

    /// Returns what messages ask for.
    pub fn wanted(self) -> &'static str {
        match self {
            Quantity::Duration => "a duration such as \"12ms\"",
            Quantity::Size => "a size such as \"4KiB\"",
            Quantity::Count => "a count such as 20 or \"100k\"",
            Quantity::Rate => "a rate such as \"400/s\"",
            Quantity::Bandwidth => "a bandwidth such as \"90MB/s\"",
        }
    }

    /// Returns the units it is written in.
    pub fn units(self) -> &'static str {
        match self {
            Quantity::Duration => "ns, us, ms, s, m, h, d",
            Quantity::Size => "B, kB, MB, GB, TB, KiB, MiB, GiB, TiB",
            Quantity::Count => "k, M, B, T",
            Quantity::Rate => "/s, /min, /h, /day, /month after a number or one with k, M, B, T",
            Quantity::Bandwidth => "B/s to TB/s, KiB/s to TiB/s, bit/s to Tbit/s",
        }
    }

    /// Returns the greatest value that can be written.
    pub fn most(self) -> &'static str {
        match self {
            Quantity::Duration => "36500d",
            Quantity::Size => "1000000TB",
            Quantity::Count => "10^18",
            Quantity::Rate => "10^18/s",
            Quantity::Bandwidth => "1000000TB/s",
        }
    }

    /// Returns what to write in place of a bare number.
    pub fn help(self, number: &str) -> String {
        match self {
            Quantity::Duration => {
                format!("write \"{number}ms\", or \"{number}s\" if seconds were meant")
            }
            Quantity::Size => {
                format!("write \"{number}B\", or \"{number}KiB\" if kibibytes were meant")
            }
            Quantity::Rate => {
                format!("write \"{number}/s\", or \"{number}/min\" if minutes were meant")
            }
            Quantity::Bandwidth => format!("write \"{number}MB/s\""),
            Quantity::Count => format!("write {number}"),
        }
    }
}

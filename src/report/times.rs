//! Which times a text shows, and in which unit.

use super::figure::{self, Scale};
use super::{Estimate, Quantiles};
use std::fmt;
use std::str::FromStr;

/// What a text shows of times.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Times {
    /// Percentiles of the latency; none: those that the form shows by itself.
    pub percentiles: Vec<Percentile>,
    /// Unit of the tables; none: the one in which each reads best.
    pub unit: Option<TimeUnit>,
}

/// A unit of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeUnit {
    /// Seconds.
    S,
    /// Milliseconds.
    Ms,
    /// Microseconds.
    Us,
}

/// A percentile that reports keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Percentile {
    /// The median.
    P50,
    /// 90 %.
    P90,
    /// 95 %.
    P95,
    /// 99 %.
    P99,
    /// 99.9 %.
    P99_9,
    /// 99.99 %.
    P99_99,
}

/// All percentiles, and how they are written.
const PERCENTILES: [(Percentile, &str); 6] = [
    (Percentile::P50, "50"),
    (Percentile::P90, "90"),
    (Percentile::P95, "95"),
    (Percentile::P99, "99"),
    (Percentile::P99_9, "99.9"),
    (Percentile::P99_99, "99.99"),
];

impl Percentile {
    /// Returns it of a distribution.
    pub(super) fn of(self, times: &Quantiles) -> &Estimate {
        match self {
            Percentile::P50 => &times.p50,
            Percentile::P90 => &times.p90,
            Percentile::P95 => &times.p95,
            Percentile::P99 => &times.p99,
            Percentile::P99_9 => &times.p99_9,
            Percentile::P99_99 => &times.p99_99,
        }
    }

    /// Whether it is so far out that a reader wants its interval beside it.
    pub(super) fn is_tail(self) -> bool {
        matches!(
            self,
            Percentile::P99 | Percentile::P99_9 | Percentile::P99_99
        )
    }
}

impl fmt::Display for Percentile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let found = PERCENTILES.iter().find(|(one, _)| one == self);
        write!(f, "p{}", found.map_or("", |(_, written)| written))
    }
}

impl FromStr for Percentile {
    type Err = String;

    fn from_str(text: &str) -> Result<Percentile, String> {
        let digits = text.trim().trim_start_matches(['p', 'P']);
        let found = PERCENTILES.iter().find(|(_, written)| *written == digits);
        found.map(|(one, _)| *one).ok_or_else(|| {
            let all = PERCENTILES.map(|(_, written)| written);
            format!("reports keep the percentiles {}", all.join(", "))
        })
    }
}

impl Times {
    /// Returns the percentiles to show; `usual` are those of the form.
    pub(super) fn percentiles<'t>(&'t self, usual: &'t [Percentile]) -> &'t [Percentile] {
        match self.percentiles.is_empty() {
            true => usual,
            false => &self.percentiles,
        }
    }

    /// Returns the unit of a column: the one that was asked for, or the one in which its
    /// greatest p99 reads best, or its greatest mean where there is none.
    pub(super) fn scale<'q>(&self, all: impl Iterator<Item = &'q Quantiles>) -> Scale {
        match self.unit {
            Some(TimeUnit::S) => figure::scale(1e3),
            Some(TimeUnit::Ms) => figure::scale(1.0),
            Some(TimeUnit::Us) => figure::scale(1e-3),
            None => {
                let headline =
                    |times: &Quantiles| times.p99.value.or(times.mean.value).unwrap_or(0.0);
                figure::scale(all.map(headline).fold(0.0, f64::max))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_those_that_reports_keep() {
        assert_eq!("99.9".parse(), Ok(Percentile::P99_9));
        assert_eq!("p50".parse(), Ok(Percentile::P50));
        assert_eq!(Percentile::P99_99.to_string(), "p99.99");
        let refused = "97".parse::<Percentile>();
        assert!(refused.is_err_and(|message| message.contains("99.99")));
    }

    #[test]
    fn a_unit_that_was_asked_for_is_taken() {
        let unit = |unit| Times {
            unit: Some(unit),
            ..Times::default()
        };
        let names = [TimeUnit::S, TimeUnit::Ms, TimeUnit::Us]
            .map(|one| unit(one).scale(std::iter::empty()).name);

        assert_eq!(names, ["s", "ms", "us"]);
    }
}

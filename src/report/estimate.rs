//! Figures as reports carry them: estimates with their intervals, and distributions.

use crate::metrics::distribution::Distribution;
use crate::metrics::estimate::{self, Why, mean, quantile_of, ratio};
use serde::{Deserialize, Serialize};

/// A value with the half-width of its 95 % interval, or the reason why there is none.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// The point estimate.
    pub value: Option<f64>,
    /// Half the length of the interval; none with fewer than five replications.
    pub half_width: Option<f64>,
    /// Why there is no value: `too-few-samples`, `unstable`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

impl Estimate {
    /// Returns an estimate without a value, with the word that says why.
    pub fn none(why: &str) -> Estimate {
        Estimate {
            value: None,
            half_width: None,
            why: Some(why.to_owned()),
        }
    }
}

impl From<estimate::Estimate> for Estimate {
    fn from(estimate: estimate::Estimate) -> Estimate {
        Estimate {
            value: estimate.value.map(rounded),
            half_width: estimate.half_width.map(rounded),
            why: estimate.why.map(|why| why.word().to_owned()),
        }
    }
}

/// A distribution of times [ms].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Quantiles {
    /// Mean.
    pub mean: Estimate,
    /// Standard deviation.
    pub sd: Estimate,
    /// Median.
    pub p50: Estimate,
    /// 90 % quantile.
    pub p90: Estimate,
    /// 95 % quantile.
    pub p95: Estimate,
    /// 99 % quantile.
    pub p99: Estimate,
    /// 99.9 % quantile.
    pub p99_9: Estimate,
    /// 99.99 % quantile.
    pub p99_99: Estimate,
    /// Greatest of all replications; none if there is nothing.
    pub max: Option<f64>,
    /// Number of values, over all replications.
    pub count: u64,
}

impl Quantiles {
    /// Estimates a distribution from one part per replication.
    pub(super) fn of(parts: &[Distribution], unstable: bool) -> Quantiles {
        let all = Distribution::merged(parts);
        let quantile = |p: f64| quantile_ms(parts, &all, p, unstable);
        Quantiles {
            mean: mean_ms(parts).into(),
            sd: sd_ms(parts, &all).into(),
            p50: quantile(0.5),
            p90: quantile(0.9),
            p95: quantile(0.95),
            p99: quantile(0.99),
            p99_9: quantile(0.999),
            p99_99: quantile(0.9999),
            max: (all.count > 0).then(|| rounded(all.max as f64 / 1e6)),
            count: all.count,
        }
    }
}

/// Estimates the mean [ms].
pub(super) fn mean_ms(parts: &[Distribution]) -> estimate::Estimate {
    let sums: Vec<f64> = parts.iter().map(|part| part.sum as f64).collect();
    let counts: Vec<f64> = parts.iter().map(|part| part.count as f64).collect();
    ratio(&sums, &counts).scaled(1e-6)
}

/// Estimates the standard deviation [ms]; its spread is that of the replications' own.
pub(super) fn sd_ms(parts: &[Distribution], all: &Distribution) -> estimate::Estimate {
    if all.count == 0 {
        return estimate::Estimate::none(Why::TooFewSamples);
    }
    let each: Vec<f64> = parts.iter().map(Distribution::sd_ns).collect();
    let spread = mean(&each);
    estimate::Estimate {
        value: Some(all.sd_ns()),
        ..spread
    }
    .scaled(1e-6)
}

/// Estimates a quantile [ms]; there is none where the times grow as long as the run goes on.
pub(super) fn quantile_ms(
    parts: &[Distribution],
    all: &Distribution,
    p: f64,
    unstable: bool,
) -> Estimate {
    if unstable {
        return Estimate::none(Why::Unstable.word());
    }
    quantile_of(parts, all, p).scaled(1e-6).into()
}

/// Rounds to six significant digits: what lies beyond is noise of the arithmetic.
pub fn rounded(value: f64) -> f64 {
    if value.is_finite() {
        format!("{value:.5e}").parse().unwrap_or(value)
    } else {
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn six_digits_are_kept() {
        let shown =
            [123_456_789.0, 0.123_456_789, 1.0, 0.0].map(|value| rounded(value).to_string());

        assert_eq!(shown, ["123457000", "0.123457", "1", "0"]);
    }

    #[test]
    fn a_reason_is_written_only_where_there_is_one() {
        let known = Estimate {
            value: Some(1.5),
            half_width: None,
            why: None,
        };

        assert_eq!(
            serde_json::to_string(&known).unwrap(),
            r#"{"value":1.5,"half_width":null}"#
        );
        assert_eq!(
            serde_json::to_string(&Estimate::none("unstable")).unwrap(),
            r#"{"value":null,"half_width":null,"why":"unstable"}"#
        );
    }
}

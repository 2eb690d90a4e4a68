//! Estimates over replications, with 95 % intervals or the reason why there is none.
//!
//! SOURCE: ratio estimator: Law, “Simulation Modeling and Analysis”; sectioning:
//! Asmussen and Glynn 2007, Nakayama 2014 (output-analysis, sections 2 and 3).

use super::distribution::Distribution;
use statrs::distribution::{ContinuousCDF, Normal, StudentsT};

/// Fewest replications from which an interval is formed.
///
/// CHOICE: with four, Student's factor is 3.2 and the interval says little.
pub const LEAST_REPLICATIONS: usize = 5;
/// Fewest values above a quantile, per replication.
const LEAST_ABOVE: f64 = 10.0;

/// Why an estimate has no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// The sample cannot carry it.
    TooFewSamples,
    /// There is no steady state to speak of.
    Unstable,
}

impl Why {
    /// Returns the word that reports use.
    pub fn word(self) -> &'static str {
        match self {
            Why::TooFewSamples => "too-few-samples",
            Why::Unstable => "unstable",
        }
    }
}

/// A value with its half-width.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// The point estimate.
    pub value: Option<f64>,
    /// Half the length of the 95 % interval; none with fewer than five replications.
    pub half_width: Option<f64>,
    /// Why there is no value.
    pub why: Option<Why>,
}

impl Estimate {
    /// Returns an estimate without a value.
    pub fn none(why: Why) -> Estimate {
        Estimate {
            value: None,
            half_width: None,
            why: Some(why),
        }
    }

    /// Returns a value that is known exactly.
    pub fn exact(value: f64) -> Estimate {
        Estimate {
            value: Some(value),
            half_width: Some(0.0),
            why: None,
        }
    }

    /// Multiplies value and half-width, for another unit.
    pub fn scaled(self, factor: f64) -> Estimate {
        Estimate {
            value: self.value.map(|value| value * factor),
            half_width: self.half_width.map(|half| half * factor),
            why: self.why,
        }
    }
}

/// Returns Student's two-sided factor at a confidence in (0, 1); degrees may be broken.
///
/// From a thousand degrees on it is the normal law's with its first correction
/// (Abramowitz and Stegun 26.7.5), which is exact to six digits there: the inverse
/// of the law itself does not end for very many.
pub fn student(degrees: f64, confidence: f64) -> f64 {
    let p = f64::midpoint(1.0, confidence);
    if degrees > 1_000.0 {
        let z = Normal::standard().inverse_cdf(p);
        return z + (z.powi(3) + z) / (4.0 * degrees);
    }
    StudentsT::new(0.0, 1.0, degrees).map_or(f64::INFINITY, |law| law.inverse_cdf(p))
}

/// Estimates a mean from one value per replication.
pub fn mean(values: &[f64]) -> Estimate {
    let n = values.len();
    if n == 0 {
        return Estimate::none(Why::TooFewSamples);
    }
    let average = values.iter().sum::<f64>() / n as f64;
    let spread = values
        .iter()
        .map(|value| (value - average).powi(2))
        .sum::<f64>();
    Estimate {
        value: Some(average),
        half_width: half_width(spread, n, 1.0),
        why: None,
    }
}

/// Estimates a ratio of sums, such as a mean per request or a share.
pub fn ratio(numerators: &[f64], denominators: &[f64]) -> Estimate {
    let n = numerators.len();
    let below: f64 = denominators.iter().sum();
    if n == 0 || below <= 0.0 {
        return Estimate::none(Why::TooFewSamples);
    }
    let value = numerators.iter().sum::<f64>() / below;
    let spread = numerators
        .iter()
        .zip(denominators)
        .map(|(s, n)| (s - value * n).powi(2))
        .sum::<f64>();
    let scale = below / n as f64;
    Estimate {
        value: Some(value),
        half_width: half_width(spread, n, scale),
        why: None,
    }
}

/// Estimates a share; where nothing (or everything) was observed, the half-width
/// is the one-sided 95 % bound of as many independent observations: so many parts, or all of
/// those that were observed.
pub fn share(numerators: &[f64], denominators: &[f64], parts: Option<f64>) -> Estimate {
    let mut estimate = ratio(numerators, denominators);
    let (seen, of): (f64, f64) = (numerators.iter().sum(), denominators.iter().sum());
    if of > 0.0 && (seen <= 0.0 || seen >= of) && estimate.half_width.is_some() {
        let independent = parts.map_or(of, |parts| parts.min(of));
        estimate.half_width = Some(1.0 - 0.05_f64.powf(1.0 / independent));
    }
    estimate
}

/// t · √(Σ d² / (n (n − 1))) / scale.
fn half_width(spread: f64, n: usize, scale: f64) -> Option<f64> {
    if n < LEAST_REPLICATIONS || scale <= 0.0 {
        return None;
    }
    let n_f = n as f64;
    Some(student(n_f - 1.0, 0.95) * (spread / (n_f * (n_f - 1.0))).sqrt() / scale)
}

/// Estimates a quantile [ns] by sectioning, with replications as sections.
///
/// The point is the quantile of all values together; the spread is that of the
/// replications' quantiles around it; half a cell of the histogram is added.
pub fn quantile(parts: &[Distribution], p: f64) -> Estimate {
    quantile_of(parts, &Distribution::merged(parts), p)
}

/// The same, with the merged distribution at hand.
pub fn quantile_of(parts: &[Distribution], all: &Distribution, p: f64) -> Estimate {
    let enough = |part: &Distribution| part.count as f64 * (1.0 - p) >= LEAST_ABOVE * (1.0 - 1e-9);
    if parts.is_empty() || !parts.iter().all(enough) {
        return Estimate::none(Why::TooFewSamples);
    }
    let point = all.quantile_ns(p);
    let value = point as f64;
    let spread = parts
        .iter()
        .map(|part| (part.quantile_ns(p) as f64 - value).powi(2))
        .sum::<f64>();
    let half_width = half_width(spread, parts.len(), 1.0).map(|half| {
        half + if point == all.max {
            0.0
        } else {
            all.cell_width_ns(point) as f64 / 2.0
        }
    });
    Estimate {
        value: Some(value),
        half_width,
        why: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn students_factors_are_those_of_the_tables() {
        for (degrees, factor) in [(4.0, 2.776), (9.0, 2.262), (19.0, 2.093)] {
            assert!((student(degrees, 0.95) - factor).abs() < 5e-4, "{degrees}");
        }
        assert!((student(19.0, 0.999) - 3.883).abs() < 5e-4);
        // Nothing is seen of the change to the normal law.
        let [below, above] = [1_000.0, 1_000.1].map(|degrees| student(degrees, 0.99));
        assert!((below - above).abs() < 1e-5, "{below} {above}");
        assert!((student(1e12, 0.95) - 1.959_964).abs() < 1e-6);
    }

    #[test]
    fn a_mean_of_five_has_its_interval_by_hand() {
        // 1 … 5: mean 3, s² = 2.5, half-width 2.776 · √(2.5/5).
        let estimate = mean(&[1.0, 2.0, 3.0, 4.0, 5.0]);

        assert_eq!(estimate.value, Some(3.0));
        assert!((estimate.half_width.unwrap() - 2.776_445 * 0.5_f64.sqrt()).abs() < 1e-4);
        assert_eq!(mean(&[1.0, 2.0, 3.0, 4.0]).half_width, None);
    }

    #[test]
    fn a_ratio_of_proportional_sums_is_certain() {
        let estimate = ratio(&[2.0, 4.0, 6.0, 8.0, 10.0], &[1.0, 2.0, 3.0, 4.0, 5.0]);

        assert_eq!(estimate.value, Some(2.0));
        assert!(estimate.half_width.unwrap() < 1e-12);
    }

    #[test]
    fn nothing_seen_in_three_hundred_is_at_most_one_percent() {
        let estimate = share(&[0.0; 5], &[60.0; 5], None);

        assert_eq!(estimate.value, Some(0.0));
        assert!((estimate.half_width.unwrap() - 0.009_936).abs() < 1e-5);
        // Ten parts, each of which might have been all bad: 1 − 0.05^(1/10).
        let parts = share(&[0.0; 5], &[60.0; 5], Some(10.0));
        assert!((parts.half_width.unwrap() - 0.258_866).abs() < 1e-5);
    }
}

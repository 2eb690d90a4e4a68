//! Paired differences: what two designs that met the same requests differ by.
//!
//! With d_r the difference in replication r, the interval is d̄ ± t·s_d/√R. Where
//! several designs are compared with one baseline, each of the k − 1 intervals has
//! the confidence 1 − 0.05/(k − 1), so that together they hold at 95 % (Bonferroni).
//!
//! A relative difference is the ratio d̄/ā of two means that vary together; its
//! interval is that of the ratio estimator, with the residuals d_r − (d̄/ā)·a_r.
//!
//! SOURCE: Law, “Simulation Modeling and Analysis”, paired-t and Welch's interval,
//! ratio estimator (output-analysis, sections 2 and 6).

use crate::metrics::estimate::{LEAST_REPLICATIONS, student};

/// Most replications that are looked for; beyond, “more than that” is said.
const MOST_UNPAIRED: u64 = 1_000_000_000;

/// A design minus the baseline.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Paired {
    /// Mean difference.
    pub value: f64,
    /// Half the length of the interval; none with fewer than five replications.
    pub half_width: Option<f64>,
    /// Mean difference over the baseline's mean; none where that is 0.
    pub relative: Option<f64>,
    /// Half the length of the relative difference's interval.
    pub relative_half_width: Option<f64>,
    /// s_d² / (s_a² + s_b²); none where neither design varies.
    pub variance_ratio: Option<f64>,
    /// Replications of each design that an unpaired interval of this width needs;
    /// none where nothing varies.
    pub unpaired: Option<u64>,
}

/// Returns the confidence of each of several intervals that hold together at 95 %.
pub fn confidence(alternatives: usize) -> f64 {
    1.0 - 0.05 / alternatives.max(1) as f64
}

/// Compares two designs by one value per replication; both have as many.
///
/// The half-width does not know of histograms: what their cells hide is added by
/// whoever knows them.
pub fn paired(baseline: &[f64], design: &[f64], confidence: f64) -> Paired {
    debug_assert_eq!(baseline.len(), design.len(), "pairs have two parts");
    let differences: Vec<f64> = baseline
        .iter()
        .zip(design)
        .map(|(baseline, design)| design - baseline)
        .collect();
    let n = differences.len();
    let (value, of_difference) = moments(&differences);
    let [of_baseline, of_design] = [baseline, design].map(|values| moments(values).1);
    let apart = of_baseline + of_design;
    let half = |variance: f64| {
        (n >= LEAST_REPLICATIONS)
            .then(|| student(n as f64 - 1.0, confidence) * (variance / n as f64).sqrt())
    };
    let half_width = half(of_difference);
    let whole = moments(baseline).0;
    let relative = (whole.abs() > 0.0).then(|| value / whole);
    let relative_half_width = relative.and_then(|relative| {
        let residuals = differences.iter().zip(baseline);
        let residuals: Vec<f64> = residuals.map(|(d, a)| d - relative * a).collect();
        Some(half(moments(&residuals).1)? / whole.abs())
    });
    Paired {
        value,
        half_width,
        relative: relative.map(|relative| relative * whole.signum()),
        relative_half_width,
        variance_ratio: (apart > 0.0).then(|| of_difference / apart),
        unpaired: half_width
            .filter(|half_width| *half_width > 0.0)
            .and_then(|half_width| unpaired([of_baseline, of_design], half_width, confidence)),
    }
}

/// Returns mean and sample variance.
fn moments(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n.max(1.0);
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (mean, squares / (n - 1.0).max(1.0))
}

/// Returns the fewest replications of each of two designs from which Welch's interval
/// is no wider than this.
fn unpaired(variances: [f64; 2], half_width: f64, confidence: f64) -> Option<u64> {
    let apart: f64 = variances.iter().sum();
    let squares: f64 = variances.iter().map(|variance| variance * variance).sum();
    if squares <= 0.0 {
        return None;
    }
    let narrow = |n: u64| {
        let n = n as f64;
        let degrees = (n - 1.0) * apart * apart / squares;
        student(degrees, confidence) * (apart / n).sqrt() <= half_width
    };
    // Width falls with n: double until it is narrow enough, then halve the rest.
    let mut high = 2;
    while !narrow(high) {
        high *= 2;
        if high > MOST_UNPAIRED {
            return None;
        }
    }
    let mut low = high / 2;
    while high - low > 1 {
        let middle = u64::midpoint(low, high);
        if narrow(middle) {
            high = middle;
        } else {
            low = middle;
        }
    }
    Some(high)
}

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "these values are exact")]
mod tests {
    use super::*;

    #[test]
    fn five_pairs_have_their_interval_by_hand() {
        // d = 1, 2, 3, 4, 5: d̄ = 3, s_d² = 2.5; t(4, 97.5 %) = 2.776.
        let found = paired(
            &[10.0, 20.0, 30.0, 40.0, 50.0],
            &[11.0, 22.0, 33.0, 44.0, 55.0],
            0.95,
        );

        assert_eq!(found.value, 3.0);
        assert!((found.half_width.unwrap() - 2.776_445 * 0.5_f64.sqrt()).abs() < 1e-4);
        // Every design is a tenth above the baseline: that ratio is certain.
        assert!((found.relative.unwrap() - 0.1).abs() < 1e-12);
        assert!(found.relative_half_width.unwrap() < 1e-12);
        // s_a² = 250, s_b² = 302.5.
        assert!((found.variance_ratio.unwrap() - 2.5 / 552.5).abs() < 1e-12);
    }

    #[test]
    fn an_unpaired_comparison_of_the_same_width_needs_what_welch_says() {
        // Equal variances s² = 2.5 and independent: width t(2n − 2)·√(5/n).
        let found = unpaired([2.5, 2.5], 1.0, 0.95).unwrap();
        let width = |n: f64| student(2.0 * n - 2.0, 0.95) * (5.0 / n).sqrt();

        assert!(width(found as f64) <= 1.0, "{found}");
        assert!(width(found as f64 - 1.0) > 1.0, "{found}");
    }

    #[test]
    fn a_design_compared_with_itself_differs_by_nothing() {
        let values = [3.0, 1.0, 4.0, 1.0, 5.0];

        let found = paired(&values, &values, 0.95);

        assert_eq!(found.value, 0.0);
        assert_eq!(found.half_width, Some(0.0));
        assert_eq!(found.relative, Some(0.0));
        assert_eq!(found.relative_half_width, Some(0.0));
        assert_eq!(found.variance_ratio, Some(0.0));
        assert_eq!(found.unpaired, None);
    }

    #[test]
    fn four_pairs_have_no_interval() {
        let found = paired(&[1.0; 4], &[2.0; 4], 0.95);

        assert_eq!(found.value, 1.0);
        assert_eq!(found.half_width, None);
        assert_eq!(found.variance_ratio, None);
    }

    #[test]
    fn the_confidence_is_shared_out() {
        assert_eq!(confidence(1), 0.95);
        assert_eq!(confidence(5), 0.99);
    }
}

//! The least value of a bounded Pareto law that has a given mean.

/// Solves for `min`, if a law with this exponent, mean and greatest value exists.
///
/// Without a greatest value, mean = a·min/(a − 1) for a > 1. With one, the mean
/// grows with `min` from 0 to `max`, so halving finds it.
pub(super) fn min_for_mean(exponent: f64, mean: f64, max: f64) -> Option<f64> {
    if !max.is_finite() {
        return (exponent > 1.0).then(|| mean * (exponent - 1.0) / exponent);
    }
    if mean >= max {
        return None;
    }
    let (mut low, mut high) = (0.0, mean);
    for _ in 0..200 {
        let middle = (low + high) / 2.0;
        if middle > 0.0 && bounded_mean(exponent, middle / max) * max > mean {
            high = middle;
        } else {
            low = middle;
        }
    }
    (high > 0.0).then_some(high)
}

/// Returns the mean of a Pareto law between `ratio` and 1.
fn bounded_mean(exponent: f64, ratio: f64) -> f64 {
    // E[X] = a/(1 − r^a) · r^a · ∫_r^1 x^−a dx.
    let power = libm::pow(ratio, exponent);
    let scale = exponent * power / (1.0 - power);
    let distance = exponent - 1.0;
    let integral = if distance.abs() < 1e-9 {
        -libm::log(ratio)
    } else {
        (libm::pow(ratio, -distance) - 1.0) / distance
    };
    scale * integral
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unbounded_mean_is_the_closed_form() {
        let min = min_for_mean(2.0, 10.0, f64::INFINITY);

        assert!(min.is_some_and(|min| (min - 5.0).abs() < 1e-12));
        assert_eq!(min_for_mean(1.0, 10.0, f64::INFINITY), None);
    }

    #[test]
    fn bounded_mean_is_inverted() {
        for exponent in [0.5, 1.0, 1.5, 3.0] {
            let min = min_for_mean(exponent, 10.0, 1000.0).unwrap();
            let mean = bounded_mean(exponent, min / 1000.0) * 1000.0;

            assert!(
                (mean - 10.0).abs() < 1e-6,
                "exponent {exponent}: mean {mean}"
            );
        }
        assert_eq!(min_for_mean(2.0, 10.0, 10.0), None);
    }
}

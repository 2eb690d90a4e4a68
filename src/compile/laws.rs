//! What compilation must know about laws: their least value and their mean.

use crate::random::law::Law;

/// Returns a value that no draw lies below, in the law's unit.
pub(crate) fn floor(law: &Law) -> f64 {
    match law {
        Law::Constant(value) => *value,
        Law::Uniform { low, .. } | Law::Triangular { low, .. } => *low,
        Law::Pareto { min, .. } => *min,
        Law::Geometric { .. } => 1.0,
        Law::Mixture(parts) => {
            let floors = parts.iter().map(|(_, law)| floor(law));
            floors.fold(f64::INFINITY, f64::min)
        }
        Law::Sum(parts) => parts.iter().map(floor).sum(),
        Law::Quantiles(points) => points.first().map_or(0.0, |(_, value)| *value),
        Law::Sequence(values) => values.iter().copied().fold(f64::INFINITY, f64::min),
        Law::Exponential { .. }
        | Law::Lognormal { .. }
        | Law::Gamma { .. }
        | Law::Weibull { .. }
        | Law::Hyperexponential { .. }
        | Law::Erlang { .. }
        | Law::Normal { .. }
        | Law::Poisson { .. } => 0.0,
    }
}

/// Returns a value that no draw lies above, in the law's unit; infinite if there is none.
pub(crate) fn ceiling(law: &Law) -> f64 {
    match law {
        Law::Constant(value) => *value,
        Law::Uniform { high, .. } | Law::Triangular { high, .. } => *high,
        Law::Pareto { max, .. } => *max,
        Law::Mixture(parts) => {
            let ceilings = parts.iter().map(|(_, law)| ceiling(law));
            ceilings.fold(0.0, f64::max)
        }
        Law::Sum(parts) => parts.iter().map(ceiling).sum(),
        Law::Quantiles(points) => points.last().map_or(0.0, |(_, value)| *value),
        Law::Sequence(values) => values.iter().copied().fold(0.0, f64::max),
        Law::Exponential { .. }
        | Law::Lognormal { .. }
        | Law::Gamma { .. }
        | Law::Weibull { .. }
        | Law::Hyperexponential { .. }
        | Law::Erlang { .. }
        | Law::Normal { .. }
        | Law::Geometric { .. }
        | Law::Poisson { .. } => f64::INFINITY,
    }
}

/// Returns the mean in the law's unit; infinite where there is none.
pub(crate) fn mean(law: &Law) -> f64 {
    match law {
        Law::Constant(value) => *value,
        Law::Exponential { mean }
        | Law::Gamma { mean, .. }
        | Law::Weibull { mean, .. }
        | Law::Hyperexponential { mean, .. }
        | Law::Erlang { mean, .. }
        | Law::Geometric { mean }
        | Law::Poisson { mean }
        | Law::Normal { mean, .. } => *mean,
        Law::Lognormal { mu, sigma } => libm::exp(mu + sigma * sigma / 2.0),
        Law::Uniform { low, high } => (low + high) / 2.0,
        Law::Triangular { low, mode, high } => (low + mode + high) / 3.0,
        Law::Pareto { exponent, min, max } => pareto_mean(*exponent, *min, *max),
        Law::Mixture(parts) => {
            let total: f64 = parts.iter().map(|(weight, _)| weight).sum();
            let sum: f64 = parts.iter().map(|(weight, law)| weight * mean(law)).sum();
            sum / total
        }
        Law::Sum(parts) => parts.iter().map(mean).sum(),
        Law::Quantiles(points) => {
            let areas = points
                .windows(2)
                .map(|pair| (pair[1].0 - pair[0].0) * (pair[0].1 + pair[1].1) / 2.0);
            areas.sum()
        }
        Law::Sequence(values) => values.iter().sum::<f64>() / values.len() as f64,
    }
}

/// Returns the mean of a bounded Pareto law.
fn pareto_mean(exponent: f64, min: f64, max: f64) -> f64 {
    if max.is_infinite() {
        return if exponent > 1.0 {
            exponent * min / (exponent - 1.0)
        } else {
            f64::INFINITY
        };
    }
    let ratio = min / max;
    let inside = 1.0 - libm::pow(ratio, exponent);
    if (exponent - 1.0).abs() < 1e-9 {
        return min * libm::log(max / min) / inside;
    }
    exponent / (exponent - 1.0) * (min - max * libm::pow(ratio, exponent)) / inside
}

/// Whether a law is, or contains, a sequence: its visits then need their ordinal.
pub(crate) fn is_sequence(law: &Law) -> bool {
    match law {
        Law::Sequence(_) => true,
        Law::Mixture(parts) => parts.iter().any(|(_, law)| is_sequence(law)),
        Law::Sum(parts) => parts.iter().any(is_sequence),
        Law::Constant(_)
        | Law::Exponential { .. }
        | Law::Lognormal { .. }
        | Law::Gamma { .. }
        | Law::Weibull { .. }
        | Law::Hyperexponential { .. }
        | Law::Erlang { .. }
        | Law::Normal { .. }
        | Law::Uniform { .. }
        | Law::Triangular { .. }
        | Law::Pareto { .. }
        | Law::Geometric { .. }
        | Law::Poisson { .. }
        | Law::Quantiles(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_floor_and_a_tail_has_the_floor_and_both_means() {
        let law = Law::Sum(vec![Law::Constant(3.0), Law::Exponential { mean: 2.0 }]);

        assert!((floor(&law) - 3.0).abs() < 1e-12);
        assert!((mean(&law) - 5.0).abs() < 1e-12);
    }

    #[test]
    fn bounded_pareto_mean_tends_to_the_unbounded() {
        let bounded = pareto_mean(2.5, 1.0, 1e9);

        assert!((bounded - 2.5 / 1.5).abs() < 1e-9, "{bounded}");
    }
}

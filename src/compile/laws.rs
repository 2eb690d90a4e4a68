//! What compilation must know about laws: their least value.

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
    fn a_floor_and_a_tail_has_the_floor_of_the_floor_alone() {
        let law = Law::Sum(vec![Law::Constant(3.0), Law::Exponential { mean: 2.0 }]);

        assert!((floor(&law) - 3.0).abs() < 1e-12);
    }
}

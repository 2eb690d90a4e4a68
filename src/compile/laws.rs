//! What compilation must know about laws: how far they reach, and whether they count.

use crate::random::law::Law;

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
    fn a_sum_reaches_as_far_as_its_parts_together() {
        let bounded = Law::Uniform {
            low: 1.0,
            high: 4.0,
        };
        let law = Law::Sum(vec![Law::Constant(3.0), bounded]);

        assert!((ceiling(&law) - 7.0).abs() < 1e-12);
        assert!(ceiling(&Law::Poisson { mean: 1.0 }).is_infinite());
    }
}

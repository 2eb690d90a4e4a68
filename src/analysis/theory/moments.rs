//! What the formulas need of a law: its variance, and whether it is exponential.

use crate::random::law::Law;

/// Returns E\[X²\] of a law whose exact mean is given, in its own unit squared; `None` where
/// values are no independent draws (a sequence), infinite where the tail is that heavy.
pub fn second_moment(law: &Law, mean: f64) -> Option<f64> {
    let with = |variance: f64| Some(mean * mean + variance);
    match law {
        Law::Constant(_) => with(0.0),
        Law::Exponential { .. } => with(mean * mean),
        Law::Lognormal { sigma, .. } => Some(mean * mean * libm::exp(sigma * sigma)),
        Law::Gamma { cv, .. } | Law::Weibull { cv, .. } | Law::Hyperexponential { cv, .. } => {
            with(mean * mean * cv * cv)
        }
        Law::Erlang { phases, .. } => with(mean * mean / f64::from(*phases)),
        // Below zero counts as zero: E[max(0, X)²] = μ·E[max(0, X)] + σ²·P(X > 0).
        Law::Normal { mean: centre, sd } => {
            let positive = if *sd > 0.0 {
                0.5 * libm::erfc(-centre / sd / std::f64::consts::SQRT_2)
            } else {
                0.0
            };
            Some(centre * mean + sd * sd * positive)
        }
        Law::Uniform { low, high } => with((high - low) * (high - low) / 12.0),
        Law::Triangular { low, mode, high } => {
            let squares = low * low + mode * mode + high * high;
            with((squares - low * mode - low * high - mode * high) / 18.0)
        }
        Law::Pareto { exponent, min, max } => Some(pareto(*exponent, *min, *max)),
        Law::Geometric { .. } => with(mean * (mean - 1.0)),
        Law::Poisson { .. } => with(mean),
        Law::Mixture(parts) => {
            let total: f64 = parts.iter().map(|(weight, _)| weight).sum();
            let each = parts.iter().map(|(weight, part)| {
                Some(weight / total * second_moment(part, crate::random::mean(part))?)
            });
            each.sum()
        }
        Law::Sum(parts) => {
            let variances = parts.iter().map(|part| {
                let mean = crate::random::mean(part);
                Some(second_moment(part, mean)? - mean * mean)
            });
            with(variances.sum::<Option<f64>>()?)
        }
        Law::Quantiles(points) => {
            let pieces = points.windows(2).filter_map(|pair| {
                let [(p, x), (q, y)] = pair else { return None };
                Some((q - p) * (x * x + x * y + y * y) / 3.0)
            });
            Some(pieces.sum())
        }
        Law::Sequence(_) => None,
    }
}

/// Returns E\[X²\] of a bounded Pareto law.
fn pareto(exponent: f64, min: f64, max: f64) -> f64 {
    if !max.is_finite() {
        return if exponent > 2.0 {
            exponent * min * min / (exponent - 2.0)
        } else {
            f64::INFINITY
        };
    }
    let inside = 1.0 - libm::pow(min / max, exponent);
    if (exponent - 2.0).abs() < 1e-9 {
        return 2.0 * min * min * libm::log(max / min) / inside;
    }
    let beyond = 1.0 - libm::pow(min / max, exponent - 2.0);
    exponent * min * min / (exponent - 2.0) * beyond / inside
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Sampler, Unit, mean};

    #[test]
    fn moments_are_those_of_the_draws() {
        let laws = [
            Law::Exponential { mean: 1e6 },
            Law::Lognormal {
                mu: 13.0,
                sigma: 0.6,
            },
            Law::Gamma { mean: 1e6, cv: 0.5 },
            Law::Weibull { mean: 1e6, cv: 0.7 },
            Law::Hyperexponential { mean: 1e6, cv: 1.5 },
            Law::Erlang {
                mean: 1e6,
                phases: 3,
            },
            Law::Normal { mean: 1e6, sd: 8e5 },
            Law::Uniform {
                low: 1e5,
                high: 9e5,
            },
            Law::Triangular {
                low: 1e5,
                mode: 2e5,
                high: 9e5,
            },
            Law::Pareto {
                exponent: 2.0,
                min: 1e5,
                max: 1e6,
            },
            Law::Mixture(vec![
                (3.0, Law::Constant(1e5)),
                (1.0, Law::Exponential { mean: 1e6 }),
            ]),
            Law::Sum(vec![
                Law::Constant(1e5),
                Law::Uniform {
                    low: 0.0,
                    high: 1e6,
                },
            ]),
            Law::Quantiles(vec![(0.0, 1e5), (0.5, 2e5), (1.0, 9e5)]),
        ];
        for law in laws {
            let sampler = Sampler::compile(&law, Unit::Nanoseconds);
            let draws = (1..=400_000u64).map(|n| sampler.sample(7, n << 16, n) as f64);

            let found = draws.map(|x| x * x).sum::<f64>() / 400_000.0;
            let Some(exact) = second_moment(&law, mean(&law)) else {
                panic!("{law:?} has one");
            };
            assert!(
                (found / exact - 1.0).abs() < 0.02,
                "{law:?}: {found} {exact}"
            );
        }
    }

    #[test]
    fn heavy_tails_have_no_end_and_sequences_no_moment() {
        let heavy = Law::Pareto {
            exponent: 1.5,
            min: 1.0,
            max: f64::INFINITY,
        };

        assert_eq!(second_moment(&heavy, 3.0), Some(f64::INFINITY));
        assert_eq!(second_moment(&Law::Sequence(vec![1.0]), 1.0), None);
    }
}

//! Laws of random quantities as the topology file states them.
//!
//! A `Law` is pure data in base units: nanoseconds for durations, bytes for
//! sizes, one for counts and keys. `Sampler` compiles it for the loop.

/// The law of a random quantity, in base units (ns, bytes, or 1).
#[derive(Clone, Debug, PartialEq)]
pub enum Law {
    /// Always the same value.
    Constant(f64),
    /// Exponential by mean.
    Exponential {
        /// Mean, > 0.
        mean: f64,
    },
    /// Lognormal: exp(N(mu, sigma²)).
    Lognormal {
        /// Mean of the logarithm.
        mu: f64,
        /// Standard deviation of the logarithm, ≥ 0.
        sigma: f64,
    },
    /// Gamma by mean and coefficient of variation.
    Gamma {
        /// Mean, > 0.
        mean: f64,
        /// Coefficient of variation, ≥ 0; 0 is constant.
        cv: f64,
    },
    /// Weibull by mean and coefficient of variation.
    Weibull {
        /// Mean, > 0.
        mean: f64,
        /// Coefficient of variation, ≥ 0; 0 is constant.
        cv: f64,
    },
    /// Two exponential phases with balanced means.
    Hyperexponential {
        /// Mean, > 0.
        mean: f64,
        /// Coefficient of variation, ≥ 1.
        cv: f64,
    },
    /// Sum of equal exponential phases.
    Erlang {
        /// Mean of the whole, > 0.
        mean: f64,
        /// Number of phases, ≥ 1.
        phases: u32,
    },
    /// Normal; below zero counts as zero.
    Normal {
        /// Mean.
        mean: f64,
        /// Standard deviation, ≥ 0.
        sd: f64,
    },
    /// Uniform; whole numbers for counts and keys (both ends included).
    Uniform {
        /// Least value.
        low: f64,
        /// Greatest value.
        high: f64,
    },
    /// Triangular.
    Triangular {
        /// Least value.
        low: f64,
        /// Likeliest value.
        mode: f64,
        /// Greatest value.
        high: f64,
    },
    /// Bounded Pareto: P(X > x) ∝ x^−exponent between `min` and `max`.
    Pareto {
        /// Exponent, > 0.
        exponent: f64,
        /// Least value, > 0.
        min: f64,
        /// Greatest value, > `min`; may be infinite.
        max: f64,
    },
    /// Geometric from 1 on, by mean (counts only).
    Geometric {
        /// Mean, ≥ 1.
        mean: f64,
    },
    /// Poisson by mean (counts only).
    Poisson {
        /// Mean, > 0.
        mean: f64,
    },
    /// One of several laws, by weight (normalised).
    Mixture(Vec<(f64, Law)>),
    /// Sum of independent parts.
    Sum(Vec<Law>),
    /// Straight lines between quantiles: (probability, value), from 0 to 1.
    Quantiles(Vec<(f64, f64)>),
    /// The n-th request gets the n-th value, then from the start again.
    Sequence(Vec<f64>),
}

impl Law {
    /// Returns the mean of what is drawn, where nothing counts for more than `most`.
    ///
    /// Of laws that have no quantile (sums, mixtures) the lesser of the mean and `most`, which
    /// is never too little.
    pub fn mean_at_most(&self, most: f64) -> f64 {
        const POINTS: u32 = 4_096;
        let sampler = super::Sampler::compile(self, super::Unit::Nanoseconds);
        let at = |point: u32| sampler.quantile((f64::from(point) + 0.5) / f64::from(POINTS));
        let sum: Option<f64> = (0..POINTS).map(|point| Some(at(point)?.min(most))).sum();
        let bound = self.mean().min(most);
        sum.map_or(bound, |sum| (sum / f64::from(POINTS)).min(bound))
    }

    /// Returns the exact mean, in base units; infinite where there is none.
    pub fn mean(&self) -> f64 {
        super::quantile::mean(self)
    }

    /// Returns the law of `factor` times what this one draws; `factor` is more than 0.
    ///
    /// Of whole numbers (`Geometric`, `Poisson`) it is the law with `factor` times the mean.
    pub fn scaled(&self, factor: f64) -> Law {
        match self {
            Law::Constant(value) => Law::Constant(value * factor),
            Law::Exponential { mean } => Law::Exponential {
                mean: mean * factor,
            },
            Law::Lognormal { mu, sigma } => Law::Lognormal {
                mu: mu + libm::log(factor),
                sigma: *sigma,
            },
            Law::Gamma { mean, cv } => Law::Gamma {
                mean: mean * factor,
                cv: *cv,
            },
            Law::Weibull { mean, cv } => Law::Weibull {
                mean: mean * factor,
                cv: *cv,
            },
            Law::Hyperexponential { mean, cv } => Law::Hyperexponential {
                mean: mean * factor,
                cv: *cv,
            },
            Law::Erlang { mean, phases } => Law::Erlang {
                mean: mean * factor,
                phases: *phases,
            },
            Law::Normal { mean, sd } => Law::Normal {
                mean: mean * factor,
                sd: sd * factor,
            },
            Law::Uniform { low, high } => Law::Uniform {
                low: low * factor,
                high: high * factor,
            },
            Law::Triangular { low, mode, high } => Law::Triangular {
                low: low * factor,
                mode: mode * factor,
                high: high * factor,
            },
            Law::Pareto { exponent, min, max } => Law::Pareto {
                exponent: *exponent,
                min: min * factor,
                max: max * factor,
            },
            Law::Geometric { mean } => Law::Geometric {
                mean: (mean * factor).max(1.0),
            },
            Law::Poisson { mean } => Law::Poisson {
                mean: mean * factor,
            },
            Law::Mixture(parts) => {
                let parts = parts.iter();
                Law::Mixture(
                    parts
                        .map(|(weight, law)| (*weight, law.scaled(factor)))
                        .collect(),
                )
            }
            Law::Sum(parts) => Law::Sum(parts.iter().map(|law| law.scaled(factor)).collect()),
            Law::Quantiles(points) => {
                let points = points.iter();
                Law::Quantiles(
                    points
                        .map(|(share, value)| (*share, value * factor))
                        .collect(),
                )
            }
            Law::Sequence(values) => {
                Law::Sequence(values.iter().map(|value| value * factor).collect())
            }
        }
    }
}

/// The law of a key: which of the things (URLs, users, tweets) a request is about.
#[derive(Clone, Debug, PartialEq)]
pub enum KeyLaw {
    /// P(k) ∝ k^−exponent over 1..=count.
    Zipf {
        /// Exponent, ≥ 0.
        exponent: f64,
        /// Number of keys, ≥ 1.
        count: u64,
    },
    /// P(k) ∝ the k-th weight.
    Weights(Vec<f64>),
    /// A distribution of whole numbers ≥ 1.
    Whole(Law),
    /// A user of the audience who posts.
    Author,
    /// A user of the audience who reads.
    Reader,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scaled_law_has_as_many_times_the_mean_and_the_same_form() {
        let laws = [
            Law::Constant(3.0),
            Law::Exponential { mean: 3.0 },
            Law::Lognormal {
                mu: 1.0,
                sigma: 0.5,
            },
            Law::Gamma { mean: 3.0, cv: 0.5 },
            Law::Weibull { mean: 3.0, cv: 0.5 },
            Law::Hyperexponential { mean: 3.0, cv: 2.0 },
            Law::Erlang {
                mean: 3.0,
                phases: 3,
            },
            Law::Normal { mean: 3.0, sd: 0.5 },
            Law::Uniform {
                low: 1.0,
                high: 5.0,
            },
            Law::Triangular {
                low: 1.0,
                mode: 2.0,
                high: 6.0,
            },
            Law::Pareto {
                exponent: 2.5,
                min: 1.0,
                max: 100.0,
            },
            Law::Geometric { mean: 3.0 },
            Law::Poisson { mean: 3.0 },
            Law::Mixture(vec![(1.0, Law::Constant(2.0)), (1.0, Law::Constant(4.0))]),
            Law::Sum(vec![Law::Constant(1.0), Law::Exponential { mean: 2.0 }]),
            Law::Quantiles(vec![(0.0, 1.0), (0.5, 3.0), (1.0, 5.0)]),
            Law::Sequence(vec![2.0, 4.0]),
        ];

        for law in laws {
            let ratio = law.scaled(2.5).mean() / law.mean();
            assert!((ratio - 2.5).abs() < 1e-9, "{law:?}: {ratio}");
            assert_eq!(law.scaled(1.0), law);
        }
    }
}

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

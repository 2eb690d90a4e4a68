//! Quantile functions of continuous laws, in pure-Rust maths.
//!
//! Each law is asked for the value at a distance `d` from one end of the unit
//! interval: from 0 (`Side::Low`) or from 1 (`Side::High`), so that far tails
//! keep their precision.

use super::law::Law;
use libm::{erfc, exp, expm1, lgamma, log, log1p, pow, sqrt, tgamma};

/// From which end of the unit interval a probability is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    /// The probability itself.
    Low,
    /// One minus the probability.
    High,
}

/// Returns the value at distance `d` in (0, ½] from one end; `None` for laws that are
/// not sampled by a table.
pub(crate) fn quantile(law: &Law, side: Side, d: f64) -> Option<f64> {
    let value = match law {
        Law::Exponential { mean } => mean * unit_exponential(side, d),
        Law::Lognormal { mu, sigma } => exp(mu + sigma * standard_normal(side, d)),
        Law::Normal { mean, sd } => (mean + sd * standard_normal(side, d)).max(0.0),
        Law::Weibull { mean, cv } => {
            let k = weibull_shape(*cv);
            mean / tgamma(1.0 + 1.0 / k) * pow(unit_exponential(side, d), 1.0 / k)
        }
        Law::Gamma { mean, cv } => {
            let shape = 1.0 / (cv * cv);
            mean / shape * gamma_quantile(shape, side, d)
        }
        Law::Erlang { mean, phases } => {
            let shape = f64::from(*phases);
            mean / shape * gamma_quantile(shape, side, d)
        }
        Law::Hyperexponential { mean, cv } => hyperexponential(*mean, *cv, side, d),
        Law::Uniform { low, high } => match side {
            Side::Low => low + (high - low) * d,
            Side::High => high - (high - low) * d,
        },
        Law::Triangular { low, mode, high } => {
            let width = high - low;
            let p = if side == Side::Low { d } else { 1.0 - d };
            if width <= 0.0 {
                *low
            } else if p * width <= mode - low {
                low + sqrt(p * width * (mode - low))
            } else {
                let rest = if side == Side::High { d } else { 1.0 - d };
                high - sqrt(rest * width * (high - mode))
            }
        }
        Law::Pareto { exponent, min, max } => {
            // 1 − F(x) = ((min/x)^a − r) / (1 − r), r = (min/max)^a.
            let r = if max.is_finite() {
                pow(min / max, *exponent)
            } else {
                0.0
            };
            let survival = if side == Side::High { d } else { 1.0 - d };
            min * pow(survival * (1.0 - r) + r, -1.0 / exponent)
        }
        Law::Constant(_)
        | Law::Geometric { .. }
        | Law::Poisson { .. }
        | Law::Mixture(_)
        | Law::Sum(_)
        | Law::Quantiles(_)
        | Law::Sequence(_) => return None,
    };
    Some(value)
}

/// Returns the exact mean of a law, where it has one.
pub(crate) fn mean(law: &Law) -> f64 {
    match law {
        Law::Constant(value) => *value,
        Law::Exponential { mean }
        | Law::Gamma { mean, .. }
        | Law::Weibull { mean, .. }
        | Law::Hyperexponential { mean, .. }
        | Law::Erlang { mean, .. }
        | Law::Geometric { mean }
        | Law::Poisson { mean } => *mean,
        Law::Lognormal { mu, sigma } => exp(mu + sigma * sigma / 2.0),
        Law::Normal { mean, sd } => {
            if *sd <= 0.0 {
                return mean.max(0.0);
            }
            let z = mean / sd;
            mean * (1.0 - normal_tail(z))
                + sd * exp(-z * z / 2.0) / sqrt(2.0 * std::f64::consts::PI)
        }
        Law::Uniform { low, high } => (low + high) / 2.0,
        Law::Triangular { low, mode, high } => (low + mode + high) / 3.0,
        Law::Pareto {
            exponent: a,
            min,
            max,
        } => {
            if !max.is_finite() {
                return if *a > 1.0 {
                    a * min / (a - 1.0)
                } else {
                    f64::INFINITY
                };
            }
            let r = pow(min / max, *a);
            if (a - 1.0).abs() < 1e-9 {
                min * log(max / min) / (1.0 - r)
            } else {
                a * min / (a - 1.0) * (1.0 - pow(min / max, a - 1.0)) / (1.0 - r)
            }
        }
        Law::Mixture(parts) => {
            let total: f64 = parts.iter().map(|(weight, _)| weight).sum();
            parts
                .iter()
                .map(|(weight, law)| weight / total * mean(law))
                .sum()
        }
        Law::Sum(parts) => parts.iter().map(mean).sum(),
        Law::Quantiles(points) => points
            .windows(2)
            .map(|pair| (pair[1].0 - pair[0].0) * (pair[0].1 + pair[1].1) / 2.0)
            .sum(),
        Law::Sequence(values) => values.iter().sum::<f64>() / values.len().max(1) as f64,
    }
}

fn unit_exponential(side: Side, d: f64) -> f64 {
    match side {
        Side::Low => -log1p(-d),
        Side::High => -log(d),
    }
}

/// P(Z > z) of the standard normal law.
fn normal_tail(z: f64) -> f64 {
    0.5 * erfc(z / std::f64::consts::SQRT_2)
}

/// Returns the standard normal value at distance `d` from one end.
fn standard_normal(side: Side, d: f64) -> f64 {
    // Bisection on the tail, then Newton: exact to rounding, and cold.
    let (mut low, mut high) = (0.0_f64, 40.0_f64);
    for _ in 0..60 {
        let middle = (low + high) / 2.0;
        if normal_tail(middle) > d {
            low = middle;
        } else {
            high = middle;
        }
    }
    let z = (low + high) / 2.0;
    if side == Side::Low { -z } else { z }
}

/// Returns the shape of the Weibull law with this coefficient of variation.
fn weibull_shape(cv: f64) -> f64 {
    let of = |k: f64| {
        let log_ratio = lgamma(1.0 + 2.0 / k) - 2.0 * lgamma(1.0 + 1.0 / k);
        sqrt(expm1(log_ratio).max(0.0))
    };
    let (mut low, mut high) = (0.05_f64, 1000.0_f64);
    for _ in 0..200 {
        let middle = sqrt(low * high);
        if of(middle) > cv {
            low = middle;
        } else {
            high = middle;
        }
    }
    sqrt(low * high)
}

/// Returns the value of the unit-scale gamma law at distance `d` from one end.
fn gamma_quantile(shape: f64, side: Side, d: f64) -> f64 {
    let beyond = |x: f64| match side {
        Side::Low => gamma_p(shape, x) < d,
        Side::High => gamma_q(shape, x) > d,
    };
    let mut high = shape.max(1.0);
    while beyond(high) {
        high *= 2.0;
    }
    let mut low = 0.0;
    // Near 0 the law is ∝ x^shape: bisect there on the logarithm's scale.
    let mut floor = high;
    while !beyond(floor) && floor > 1e-290 {
        high = floor;
        floor /= 16.0;
    }
    if beyond(floor) {
        low = floor;
    }
    for _ in 0..100 {
        let middle = (low + high) / 2.0;
        if beyond(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
    (low + high) / 2.0
}

/// Regularised lower incomplete gamma function.
///
/// SOURCE: series and continued fraction of Abramowitz and Stegun, 6.5.29 and 6.5.31.
fn gamma_p(shape: f64, x: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if x > shape + 1.0 {
        return 1.0 - gamma_q(shape, x);
    }
    let mut term = 1.0 / shape;
    let mut sum = term;
    let mut a = shape;
    for _ in 0..10_000 {
        a += 1.0;
        term *= x / a;
        sum += term;
        if term < sum * 1e-17 {
            break;
        }
    }
    sum * exp(shape * log(x) - x - lgamma(shape))
}

/// Regularised upper incomplete gamma function.
fn gamma_q(shape: f64, x: f64) -> f64 {
    if x <= shape + 1.0 {
        return 1.0 - gamma_p(shape, x);
    }
    let tiny = 1e-300;
    let mut b = x + 1.0 - shape;
    let mut c = 1.0 / tiny;
    let mut d = 1.0 / b;
    let mut h = d;
    for n in 1..10_000 {
        let n = f64::from(n);
        let an = -n * (n - shape);
        b += 2.0;
        d = an * d + b;
        d = if d.abs() < tiny { tiny } else { d };
        c = b + an / c;
        c = if c.abs() < tiny { tiny } else { c };
        d = 1.0 / d;
        let delta = d * c;
        h *= delta;
        if (delta - 1.0).abs() < 1e-16 {
            break;
        }
    }
    exp(shape * log(x) - x - lgamma(shape)) * h
}

/// Two exponential phases with balanced means.
fn hyperexponential(mean: f64, cv: f64, side: Side, d: f64) -> f64 {
    let c2 = (cv * cv).max(1.0);
    let p = (1.0 + sqrt((c2 - 1.0) / (c2 + 1.0))) / 2.0;
    let (a, b) = (mean / (2.0 * p), mean / (2.0 * (1.0 - p)));
    let survival = |x: f64| p * exp(-x / a) + (1.0 - p) * exp(-x / b);
    let distribution = |x: f64| -(p * expm1(-x / a) + (1.0 - p) * expm1(-x / b));
    let beyond = |x: f64| match side {
        Side::Low => distribution(x) < d,
        Side::High => survival(x) > d,
    };
    let (mut low, mut high) = (0.0, mean);
    while beyond(high) {
        high *= 2.0;
    }
    for _ in 0..100 {
        let middle = (low + high) / 2.0;
        if beyond(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
    (low + high) / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(found: f64, expected: f64) {
        assert!(
            (found / expected - 1.0).abs() < 1e-9,
            "{found} instead of {expected}"
        );
    }

    #[test]
    fn known_quantiles() {
        close(standard_normal(Side::High, 0.025), 1.959_963_984_540_054);
        close(standard_normal(Side::High, 1e-12), 7.034_483_825_301_131);
        close(gamma_quantile(1.0, Side::High, 0.01), 4.605_170_185_988_091);
        close(gamma_quantile(4.0, Side::Low, 0.5), 3.672_060_748_850_897);
        // χ² with one degree of freedom is twice a gamma of shape ½.
        close(
            2.0 * gamma_quantile(0.5, Side::High, 0.05),
            3.841_458_820_694_124,
        );
        close(
            hyperexponential(1.0, 1.0, Side::High, 0.01),
            4.605_170_185_988_091,
        );
        close(weibull_shape(1.0), 1.0);
    }
}

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

/// Evaluates a polynomial, the constant term first.
fn polynomial(coefficients: &[f64], x: f64) -> f64 {
    coefficients.iter().rev().fold(0.0, |sum, c| sum * x + c)
}

/// Returns the standard normal value at distance `d` from one end.
///
/// SOURCE: Wichura 1988, algorithm AS 241 (PPND16): relative error about 10⁻¹⁶.
fn standard_normal(side: Side, d: f64) -> f64 {
    let centre = 0.5 - d;
    let z = if centre <= 0.425 {
        let r = 0.180_625 - centre * centre;
        centre * polynomial(&CENTRE.0, r) / polynomial(&CENTRE.1, r)
    } else {
        let r = sqrt(-log(d));
        let ((above, below), r) = if r <= 5.0 {
            (&MIDDLE, r - 1.6)
        } else {
            (&TAIL, r - 5.0)
        };
        polynomial(above, r) / polynomial(below, r)
    };
    if side == Side::Low { -z } else { z }
}

/// Numerator and denominator of AS 241 within 0.425 of the middle.
const CENTRE: ([f64; 8], [f64; 8]) = (
    [
        3.387_132_872_796_366_5,
        1.331_416_678_917_843_8e2,
        1.971_590_950_306_551_3e3,
        1.373_169_376_550_946e4,
        4.592_195_393_154_987e4,
        6.726_577_092_700_87e4,
        3.343_057_558_358_813e4,
        2.509_080_928_730_122_7e3,
    ],
    [
        1.0,
        4.231_333_070_160_091e1,
        6.871_870_074_920_579e2,
        5.394_196_021_424_751e3,
        2.121_379_430_158_66e4,
        3.930_789_580_009_271e4,
        2.872_908_573_572_194_3e4,
        5.226_495_278_852_854e3,
    ],
);
/// The same between there and a distance of e⁻²⁵.
const MIDDLE: ([f64; 8], [f64; 8]) = (
    [
        1.423_437_110_749_683_5,
        4.630_337_846_156_546,
        5.769_497_221_460_691,
        3.647_848_324_763_204_5,
        1.270_458_252_452_368_4,
        2.417_807_251_774_506e-1,
        2.272_384_498_926_918_4e-2,
        7.745_450_142_783_414e-4,
    ],
    [
        1.0,
        2.053_191_626_637_759,
        1.676_384_830_183_803_8,
        6.897_673_349_851e-1,
        1.481_039_764_274_800_8e-1,
        1.519_866_656_361_645_7e-2,
        5.475_938_084_995_345e-4,
        1.050_750_071_644_416_9e-9,
    ],
);
/// The same beyond.
const TAIL: ([f64; 8], [f64; 8]) = (
    [
        6.657_904_643_501_103,
        5.463_784_911_164_114,
        1.784_826_539_917_291_3,
        2.965_605_718_285_048_7e-1,
        2.653_218_952_657_612_4e-2,
        1.242_660_947_388_078_4e-3,
        2.711_555_568_743_487_6e-5,
        2.010_334_399_292_288_1e-7,
    ],
    [
        1.0,
        5.998_322_065_558_88e-1,
        1.369_298_809_227_358e-1,
        1.487_536_129_085_061_5e-2,
        7.868_691_311_456_133e-4,
        1.846_318_317_510_054_8e-5,
        1.421_511_758_316_446e-7,
        2.044_263_103_389_939_7e-15,
    ],
);

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
    fn normal_quantiles_are_inverse_to_the_tail() {
        // Through all three ranges of the approximation.
        for exponent in 1..=50 {
            let d = libm::exp2(-f64::from(exponent));
            let z = standard_normal(Side::High, d);

            assert!(
                (normal_tail(z) / d - 1.0).abs() < 1e-11,
                "2^-{exponent}: {z}"
            );
            assert!((z + standard_normal(Side::Low, d)).abs() <= 0.0, "mirrored");
        }
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

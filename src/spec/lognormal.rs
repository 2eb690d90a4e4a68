//! A lognormal law from two of its mean, variation and quantiles.

use crate::random::law::Law;
use crate::spec::field::Field;
use crate::spec::law::{MOST_VARIATION, Quantity, positive};

/// Standard normal quantiles of the keys that `lognormal` knows.
const NORMAL_QUANTILES: [(&str, f64); 5] = [
    ("p50", 0.0),
    ("p90", 1.281_551_565_544_600_4),
    ("p95", 1.644_853_626_951_472_2),
    ("p99", 2.326_347_874_040_841),
    ("p99_9", 3.090_232_306_167_813),
];

/// Solves a lognormal from two of mean, cv, sigma and quantiles.
pub(super) fn lognormal(field: &Field, quantity: Quantity) -> Option<Law> {
    let mut object = field.object()?;
    let mean = object.field("mean").map(|mean| positive(&mean, quantity));
    let cv = object
        .field("cv")
        .map(|cv| cv.factor_in(0.0..=MOST_VARIATION));
    let sigma = object
        .field("sigma")
        .map(|sigma| sigma.factor_in(0.0..=20.0));
    let mut points = Vec::new();
    for (key, z) in NORMAL_QUANTILES {
        if let Some(point) = object.field(key) {
            points.push((z, positive(&point, quantity)));
        }
    }
    let given = [mean.is_some(), cv.is_some(), sigma.is_some()];
    let given = given.into_iter().filter(|given| *given).count() + points.len();
    if given != 2 || (cv.is_some() && sigma.is_some()) {
        let message = format!("{} does not fix a lognormal distribution", field.name);
        let help = "give two of `mean`, `p50`, `p90`, `p95`, `p99`, `p99_9`, \
                    or one of them with `cv` or `sigma`";
        field
            .sink
            .error_with_help("law::underdetermined", field.place(), message, help);
        return None;
    }
    // Anything wrong inside has been said.
    let points: Vec<(f64, f64)> = points
        .into_iter()
        .map(|(z, value)| Some((z, libm::log(value?))))
        .collect::<Option<_>>()?;
    let mean = match mean {
        Some(mean) => Some(libm::log(mean?)),
        None => None,
    };
    let spread = match (cv, sigma) {
        (Some(cv), _) => Some(libm::sqrt(libm::log1p(cv? * cv?))),
        (None, Some(sigma)) => Some(sigma?),
        (None, None) => None,
    };
    let solved = match (mean, spread, points.as_slice()) {
        (Some(mean), Some(sigma), _) => Some((mean - sigma * sigma / 2.0, sigma)),
        (None, Some(sigma), [(z, log)]) => Some((log - z * sigma, sigma)),
        (Some(mean), None, [(z, log)]) => {
            sigma_of_mean(mean - log, *z).map(|sigma| (mean - sigma * sigma / 2.0, sigma))
        }
        (None, None, [(z1, log1), (z2, log2)]) => {
            let sigma = (log2 - log1) / (z2 - z1);
            (sigma >= 0.0).then_some((log1 - z1 * sigma, sigma))
        }
        _ => unreachable!("two of them are given, and not both cv and sigma"),
    };
    if solved.is_none() {
        let message = format!("{}: no lognormal distribution has these values", field.name);
        field.error("law::contradiction", message);
    }
    solved.map(|(mu, sigma)| Law::Lognormal { mu, sigma })
}

/// Solves σ²/2 − zσ = ln(mean / quantile) for the smallest σ ≥ 0.
fn sigma_of_mean(distance: f64, z: f64) -> Option<f64> {
    let root = z * z + 2.0 * distance;
    if root < 0.0 {
        return None;
    }
    let root = libm::sqrt(root);
    [z - root, z + root].into_iter().find(|sigma| *sigma >= 0.0)
}

//! One request, many parts: what the slowest of them makes of the tail.

/// Returns the probability that at least one of `parts` is slow, 1 − (1 − p)ⁿ.
///
/// SOURCE: Dean and Barroso, The Tail at Scale, Communications of the ACM 56(2), 2013.
pub fn some_slow(share: f64, parts: u32) -> f64 {
    -libm::expm1(f64::from(parts) * libm::log1p(-share))
}

/// Returns which quantile of one part is the p-quantile of the slowest of `parts`
/// independent ones, p^(1/n): F⁻¹ of it is the answer.
pub fn part_quantile(p: f64, parts: u32) -> f64 {
    libm::pow(p, 1.0 / f64::from(parts))
}

/// Returns Hₙ = 1 + 1/2 + … + 1/n: the mean of the slowest of n exponential parts of mean 1.
pub fn harmonic(parts: u32) -> f64 {
    // From the smallest on, so that nothing is lost.
    (1..=parts).rev().map(|k| 1.0 / f64::from(k)).sum()
}

/// Returns the mean response of a fork to n ≥ 2 M/M/1 queues and a join of all, by Nelson and
/// Tantawi [s]; `None` if the queues are not stable.
///
/// Exact for two; for more an approximation that they found within 5 % up to 32 queues.
/// Every queue has the same arrival rate [1/s] and mean service time [s].
///
/// SOURCE: Nelson and Tantawi, Approximate analysis of fork/join synchronization in parallel
/// queues, IEEE Transactions on Computers 37(6), 1988.
pub fn nelson_tantawi(queues: u32, arrival_rate: f64, service_time: f64) -> Option<f64> {
    let one = super::memoryless::Mm1::new(arrival_rate, service_time)?;
    let utilisation = one.utilisation();
    let ratio = harmonic(queues) / harmonic(2);
    let factor = ratio + 4.0 / 11.0 * (1.0 - ratio) * utilisation;
    Some(factor * (12.0 - utilisation) / 8.0 * one.mean_sojourn())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_queues_are_exact() {
        // SOURCE: Flatto and Hahn 1984: (12 − ρ)/8 · 1/(μ − λ).
        let Some(found) = nelson_tantawi(2, 50.0, 0.01) else {
            panic!("it is stable");
        };

        assert!((found - 0.028_75).abs() < 1e-12);
    }

    #[test]
    fn the_tail_of_one_part_is_the_body_of_many() {
        assert!((some_slow(0.01, 100) - 0.633_967_658_7).abs() < 1e-9);
        assert!((part_quantile(0.99, 1) - 0.99).abs() < 1e-15);
        assert!((1.0 - some_slow(1.0 - part_quantile(0.99, 7), 7) - 0.99).abs() < 1e-12);
        assert!((harmonic(4) - 25.0 / 12.0).abs() < 1e-15);
    }
}

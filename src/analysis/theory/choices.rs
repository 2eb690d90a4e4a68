//! The supermarket model: each visit joins the shortest of d random queues.
//!
//! Mean field: exact as the number of queues grows without end, a little low for few.
//!
//! SOURCE: Mitzenmacher, The Power of Two Choices in Randomized Load Balancing (1996);
//! Vvedenskaya, Dobrushin and Karpelevich (1996).

/// Returns the mean response in mean service times of M/M/1 queues at a utilisation below 1
/// with `choices` ≥ 1, Σ ρ^((dⁱ − d)/(d − 1)) over i ≥ 1; `None` if they are not stable.
pub fn mean_response(utilisation: f64, choices: u32) -> Option<f64> {
    if utilisation >= 1.0 {
        return None;
    }
    if choices <= 1 {
        return Some(1.0 / (1.0 - utilisation));
    }
    let d = f64::from(choices);
    // The exponents are 0, d, d + d², …: each is d times the last, and d.
    let (mut sum, mut exponent) = (0.0, 0.0);
    loop {
        let term = libm::pow(utilisation, exponent);
        sum += term;
        if term < 1e-18 {
            return Some(sum);
        }
        exponent = exponent * d + d;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_choice_is_one_queue() {
        let (Some(one), Some(two)) = (mean_response(0.9, 1), mean_response(0.9, 2)) else {
            panic!("both are stable");
        };

        assert!((one - 10.0).abs() < 1e-12);
        assert!(two < 2.62, "{two}");
        assert_eq!(mean_response(1.0, 2), None);
    }
}

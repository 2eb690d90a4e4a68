//! Any service law: one formula that is exact, one bound, one approximation.
//!
//! Times are in seconds, rates per second; variability is the squared coefficient of
//! variation (variance over squared mean) of service times or of times between arrivals.

use super::memoryless::Mmc;

/// Returns the mean wait of M/G/1 (Pollaczek–Khinchine), λ·E\[S²\]/(2(1 − ρ)) [s].
///
/// Exact for Poisson arrivals, one server and every order of service that does not look at
/// service times. `None` if it is not stable.
///
/// SOURCE: Kleinrock, Queueing Systems vol. 1 (1975), section 5.6.
pub fn pollaczek_khinchine(
    arrival_rate: f64,
    service_time: f64,
    service_variability: f64,
) -> Option<f64> {
    let utilisation = arrival_rate * service_time;
    let square = service_time * service_time * (1.0 + service_variability);
    (utilisation < 1.0).then(|| arrival_rate * square / (2.0 * (1.0 - utilisation)))
}

/// Returns the mean wait of M/D/1, ρ·E\[S\]/(2(1 − ρ)) [s]: half that of M/M/1.
pub fn md1(arrival_rate: f64, service_time: f64) -> Option<f64> {
    pollaczek_khinchine(arrival_rate, service_time, 0.0)
}

/// Returns Kingman's upper bound on the mean wait of G/G/1, λ(σa² + σs²)/(2(1 − ρ)) [s].
///
/// Independent times between arrivals and independent service times, one server.
///
/// SOURCE: Kingman, Some inequalities for the queue GI/G/1, Biometrika 49 (1962).
pub fn kingman(
    arrival_rate: f64,
    arrival_variability: f64,
    service_time: f64,
    service_variability: f64,
) -> Option<f64> {
    let utilisation = arrival_rate * service_time;
    let gap = 1.0 / arrival_rate;
    let variance =
        arrival_variability * gap * gap + service_variability * service_time * service_time;
    (utilisation < 1.0).then(|| arrival_rate * variance / (2.0 * (1.0 - utilisation)))
}

/// Returns the mean wait of G/G/c by Allen and Cunneen, (ca² + cs²)/2 × that of M/M/c [s].
///
/// An approximation: exact for M/M/c and M/G/1, good in heavy traffic.
///
/// SOURCE: Allen, Probability, Statistics and Queueing Theory, 2nd edition (1990), section 5.2.7.
pub fn allen_cunneen(
    servers: u32,
    arrival_rate: f64,
    arrival_variability: f64,
    service_time: f64,
    service_variability: f64,
) -> Option<f64> {
    let queue = Mmc::new(servers, arrival_rate, service_time)?;
    Some(queue.mean_wait() * (arrival_variability + service_variability) / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn with_one_server_the_approximation_is_the_exact_form() {
        let exact = pollaczek_khinchine(70.0, 0.01, 2.0);
        let close = allen_cunneen(1, 70.0, 1.0, 0.01, 2.0);

        let (Some(exact), Some(close)) = (exact, close) else {
            panic!("both are stable");
        };
        assert!((exact - 0.035).abs() < 1e-12);
        assert!((exact - close).abs() < 1e-12);
    }

    #[test]
    fn nothing_is_said_of_a_queue_that_grows() {
        assert_eq!(md1(100.0, 0.01), None);
        assert_eq!(kingman(100.0, 1.0, 0.02, 1.0), None);
        assert_eq!(allen_cunneen(2, 100.0, 1.0, 0.02, 1.0), None);
    }
}

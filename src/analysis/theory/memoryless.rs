//! M/M/1 and M/M/c: Poisson arrivals, exponential service, one line, first come first served.
//!
//! Times are in seconds and rates per second. A queue is made only where it is
//! stable (λ·E\[S\] < c), so that no method has to say otherwise.
//!
//! SOURCE: Kleinrock, Queueing Systems vol. 1 (1975), sections 3.2, 3.5 and 5.12.

use super::erlang;

/// Halvings after which a quantile is as exact as a number can be.
const HALVINGS: u32 = 200;

/// A stable M/M/1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mm1 {
    arrival_rate: f64,
    service_rate: f64,
}

impl Mm1 {
    /// Makes a queue of an arrival rate [1/s] ≥ 0 and a mean service time [s] > 0; `None` if
    /// it is not stable.
    pub fn new(arrival_rate: f64, service_time: f64) -> Option<Mm1> {
        let stable = service_time > 0.0 && arrival_rate * service_time < 1.0;
        stable.then_some(Mm1 {
            arrival_rate,
            service_rate: 1.0 / service_time,
        })
    }

    /// Returns ρ = λ/μ.
    pub fn utilisation(&self) -> f64 {
        self.arrival_rate / self.service_rate
    }

    /// Returns the mean wait, ρ/(μ − λ) [s].
    pub fn mean_wait(&self) -> f64 {
        self.utilisation() * self.mean_sojourn()
    }

    /// Returns the mean sojourn, 1/(μ − λ) [s].
    pub fn mean_sojourn(&self) -> f64 {
        1.0 / (self.service_rate - self.arrival_rate)
    }

    /// Returns the quantile of the sojourn, −ln(1 − p)/(μ − λ) [s], for p in 0..1.
    pub fn sojourn_quantile(&self, p: f64) -> f64 {
        -libm::log1p(-p) * self.mean_sojourn()
    }

    /// Returns the mean number inside, ρ/(1 − ρ).
    pub fn mean_inside(&self) -> f64 {
        self.arrival_rate * self.mean_sojourn()
    }

    /// Returns the probability that at least so many are inside, ρⁿ.
    pub fn at_least(&self, inside: u32) -> f64 {
        libm::pow(self.utilisation(), f64::from(inside))
    }
}

/// A stable M/M/c.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mmc {
    waits: f64,
    arrival_rate: f64,
    service_rate: f64,
    /// cμ − λ, the rate at which the line empties.
    spare: f64,
}

impl Mmc {
    /// Makes a queue of so many servers ≥ 1, an arrival rate [1/s] ≥ 0 and a mean service
    /// time [s] > 0; `None` if it is not stable.
    pub fn new(servers: u32, arrival_rate: f64, service_time: f64) -> Option<Mmc> {
        let load = arrival_rate * service_time;
        let stable = service_time > 0.0 && load < f64::from(servers);
        stable.then(|| Mmc {
            waits: erlang::c(servers, load),
            arrival_rate,
            service_rate: 1.0 / service_time,
            spare: f64::from(servers) / service_time - arrival_rate,
        })
    }

    /// Returns the probability of waiting (Erlang C).
    pub fn waits(&self) -> f64 {
        self.waits
    }

    /// Returns the mean wait, C/(cμ − λ) [s].
    pub fn mean_wait(&self) -> f64 {
        self.waits / self.spare
    }

    /// Returns the quantile of the wait [s], for p in 0..1; 0 for all who find a free server.
    pub fn wait_quantile(&self, p: f64) -> f64 {
        let beyond = 1.0 - p;
        if beyond >= self.waits {
            return 0.0;
        }
        libm::log(self.waits / beyond) / self.spare
    }

    /// Returns the mean sojourn [s].
    pub fn mean_sojourn(&self) -> f64 {
        self.mean_wait() + 1.0 / self.service_rate
    }

    /// Returns the mean number inside.
    pub fn mean_inside(&self) -> f64 {
        self.arrival_rate * self.mean_sojourn()
    }

    /// Returns the probability of a sojourn of more than `t` [s].
    ///
    /// Service, and for those who wait an exponential wait of rate cμ − λ before it.
    pub fn sojourn_beyond(&self, t: f64) -> f64 {
        let served = libm::exp(-self.service_rate * t);
        // Both rates may be equal: then the quotient is t.
        let difference = self.spare - self.service_rate;
        let quotient = if (difference * t).abs() < 1e-12 {
            t
        } else {
            -libm::expm1(-difference * t) / difference
        };
        served + self.waits * self.service_rate * served * quotient
    }

    /// Returns the quantile of the sojourn [s], for p in 0..1.
    pub fn sojourn_quantile(&self, p: f64) -> f64 {
        let beyond = 1.0 - p;
        let slowest = self.spare.min(self.service_rate);
        let (mut low, mut high) = (0.0, 1.0 / slowest);
        while self.sojourn_beyond(high) > beyond {
            high *= 2.0;
        }
        for _ in 0..HALVINGS {
            let middle = f64::midpoint(low, high);
            if self.sojourn_beyond(middle) > beyond {
                low = middle;
            } else {
                high = middle;
            }
        }
        high
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(found: f64, expected: f64) {
        assert!(
            (found / expected - 1.0).abs() < 1e-9,
            "{found} is not {expected}"
        );
    }

    #[test]
    fn one_server_is_both() {
        let (Some(one), Some(many)) = (Mm1::new(80.0, 0.01), Mmc::new(1, 80.0, 0.01)) else {
            panic!("both are stable");
        };

        close(many.waits(), one.utilisation());
        close(many.mean_wait(), one.mean_wait());
        close(many.mean_inside(), one.mean_inside());
        close(many.sojourn_quantile(0.99), one.sojourn_quantile(0.99));
    }

    #[test]
    fn equal_rates_of_line_and_service_are_no_trap() {
        // Two servers, half loaded: 2μ − λ = μ.
        let near = Mmc::new(2, 100.000_1, 0.01).map(|queue| queue.sojourn_beyond(0.02));
        let equal = Mmc::new(2, 100.0, 0.01).map(|queue| queue.sojourn_beyond(0.02));

        let (Some(near), Some(equal)) = (near, equal) else {
            panic!("both are stable");
        };
        assert!((near / equal - 1.0).abs() < 1e-5, "{near} and {equal}");
    }

    #[test]
    fn a_queue_without_room_to_spare_is_none() {
        assert_eq!(Mm1::new(100.0, 0.01), None);
        assert_eq!(Mmc::new(4, 400.0, 0.01), None);
    }
}

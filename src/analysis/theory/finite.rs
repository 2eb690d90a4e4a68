//! M/M/c/K: at most K inside, those in service included; who finds K is refused.
//!
//! Stable at every load. Times are in seconds, rates per second.
//!
//! SOURCE: Gross, Shortle, Thompson and Harris, Fundamentals of Queueing Theory, 4th
//! edition (2008), sections 2.5 and 2.6.

/// Room beyond which no smallest one is looked for.
const MOST_ROOM: u32 = 1_000_000;

/// An M/M/c/K.
#[derive(Clone, Debug, PartialEq)]
pub struct Finite {
    /// Probability of n inside, n from 0 to K.
    inside: Vec<f64>,
    arrival_rate: f64,
}

impl Finite {
    /// Makes a queue of so many servers ≥ 1 and room for so many ≥ `servers`, an arrival
    /// rate [1/s] > 0 and a mean service time [s] > 0. O(room).
    pub fn new(servers: u32, room: u32, arrival_rate: f64, service_time: f64) -> Finite {
        let load = arrival_rate * service_time;
        let mut weight = 1.0;
        let mut inside = vec![weight];
        for n in 1..=room {
            weight *= load / f64::from(n.min(servers));
            inside.push(weight);
            if weight > 1e200 {
                inside.iter_mut().for_each(|one| *one /= weight);
                weight = 1.0;
            }
        }
        let total: f64 = inside.iter().sum();
        inside.iter_mut().for_each(|one| *one /= total);
        Finite {
            inside,
            arrival_rate,
        }
    }

    /// Returns the fraction refused: arrivals see time averages.
    pub fn refused(&self) -> f64 {
        self.inside.last().copied().unwrap_or(0.0)
    }

    /// Returns the rate of those that are let in [1/s].
    pub fn throughput(&self) -> f64 {
        self.arrival_rate * (1.0 - self.refused())
    }

    /// Returns the mean number inside.
    pub fn mean_inside(&self) -> f64 {
        let numbers = (0u32..).map(f64::from);
        numbers.zip(&self.inside).map(|(n, p)| n * p).sum()
    }

    /// Returns the mean sojourn of those that are let in (Little's law) [s].
    pub fn mean_sojourn(&self) -> f64 {
        self.mean_inside() / self.throughput()
    }
}

/// Returns the fraction refused by M/M/1/K at a utilisation ρ > 0, (1 − ρ)ρᴷ/(1 − ρᴷ⁺¹).
pub fn refused_by_one(utilisation: f64, room: u32) -> f64 {
    if (utilisation - 1.0).abs() < 1e-9 {
        return 1.0 / (f64::from(room) + 1.0);
    }
    let power = libm::pow(utilisation, f64::from(room));
    (1.0 - utilisation) * power / (1.0 - power * utilisation)
}

/// Returns the smallest K for which M/M/1/K refuses less than a fraction; `None` if not
/// even a million places do (a load of 1 and more refuses (ρ − 1)/ρ at least).
pub fn smallest_room(utilisation: f64, refused: f64) -> Option<u32> {
    let enough = |room: u32| refused_by_one(utilisation, room) < refused;
    if !enough(MOST_ROOM) {
        return None;
    }
    let (mut low, mut high) = (0, MOST_ROOM);
    while low < high {
        let middle = u32::midpoint(low, high);
        if enough(middle) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    Some(low)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_server_is_the_geometric_form() {
        let chain = Finite::new(1, 5, 90.0, 0.01);

        assert!((chain.refused() - refused_by_one(0.9, 5)).abs() < 1e-15);
        assert!((refused_by_one(1.0, 4) - 0.2).abs() < 1e-15);
    }

    #[test]
    fn a_great_load_does_not_overflow() {
        let chain = Finite::new(1, 2_000, 900.0, 0.01);

        assert!((chain.refused() - 8.0 / 9.0).abs() < 1e-12);
        assert_eq!(smallest_room(9.0, 0.5), None);
    }
}

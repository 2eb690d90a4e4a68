//! What lies at a node in a month, and in which range of ages.
//!
//! What is written comes in at an even rate, and nothing is taken out before its time: at
//! `t` months what came in since the start and is at most `a` months old is
//! growth × min(t, a). What lay there at the start was new then. All means are exact, over
//! the month that ends at `month`.

/// Returns ∫ min(t, age) dt over a month: months of growth that are at most so old, on average.
fn younger(age: f64, month: f64) -> f64 {
    let begin = month - 1.0;
    if age >= month {
        return month - 0.5;
    }
    if age <= begin {
        return age;
    }
    // It rises until `age` is reached, and then stays.
    (age * age - begin * begin) / 2.0 + age * (month - age)
}

/// Returns how many months' growth is `from` to `until` months old, on average over a month.
pub fn grown(from: f64, until: f64, month: f64) -> f64 {
    younger(until, month) - younger(from, month)
}

/// Returns the part of a month in which what was new at the start is `from` to `until` months old.
pub fn lying(from: f64, until: f64, month: f64) -> f64 {
    (until.min(month) - from.max(month - 1.0)).max(0.0)
}

/// Returns how many months' growth comes of an age within a month.
pub fn passing(age: f64, month: f64) -> f64 {
    (month - age).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The end of ages.
    const EVER: f64 = f64::INFINITY;

    fn close(found: f64, expected: f64) {
        assert!((found - expected).abs() < 1e-12, "{found}, not {expected}");
    }

    #[test]
    fn growth_without_end_is_what_came_in_until_the_middle_of_the_month() {
        close(grown(0.0, EVER, 1.0), 0.5);
        close(grown(0.0, EVER, 60.0), 59.5);
    }

    #[test]
    fn ranges_of_ages_share_out_what_lies_there() {
        for month in [1.0, 2.0, 3.0, 4.0, 12.0] {
            let parts = [(0.0, 1.5), (1.5, 3.0), (3.0, EVER)];
            let sum: f64 = parts.iter().map(|(a, b)| grown(*a, *b, month)).sum();
            let lying: f64 = parts.iter().map(|(a, b)| lying(*a, *b, month)).sum();

            close(sum, month - 0.5);
            close(lying, 1.0);
        }
    }

    #[test]
    fn what_is_younger_than_a_bound_stops_growing_there() {
        // Of the second month the first half fills up to 1.5 months' growth.
        close(grown(0.0, 1.5, 2.0), 0.5 * 1.25 + 0.5 * 1.5);
        close(grown(0.0, 1.5, 3.0), 1.5);
        close(grown(1.5, EVER, 2.0), 0.5 * 0.25);
        close(lying(0.0, 1.5, 2.0), 0.5);
    }

    #[test]
    fn what_comes_of_an_age_is_a_months_growth_from_then_on() {
        let found = [1.0, 2.0, 3.0].map(|month| passing(1.5, month));

        for (found, expected) in found.into_iter().zip([0.0, 0.5, 1.0]) {
            close(found, expected);
        }
    }
}

//! Health checks: when somebody who looks every now and then notices that something is out.
//!
//! A look takes no time. After so many that failed in a row the thing is held to be out, after so
//! many that did not in a row to be well again, so that an outage at time t is noticed with the
//! `failures`-th look from t on; one that is over before that is not.
//!
//! Not here: what a look asks for, and what becomes of the answer.

use crate::units::{SimTime, Span};

/// How somebody looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Health {
    /// Time between two looks, > 0; the first comes after that.
    pub every: Span,
    /// Looks that fail in a row until it is held to be out, ≥ 1.
    pub failures: u32,
    /// Looks that do not in a row until it is held to be well again, ≥ 1.
    pub successes: u32,
}

/// Times in which something is out: [from, until), in order and apart.
pub type Outages = Vec<(SimTime, SimTime)>;

impl Health {
    /// Returns what is noticed of outages: when, and whether it is well from then on.
    pub fn notices(&self, outages: &Outages) -> Vec<(SimTime, bool)> {
        let nth = |at: SimTime| at.0.div_ceil(self.every.0).max(1);
        // Looks that fail, in runs [first, last).
        let mut runs: Vec<(u64, u64)> = Vec::new();
        for &(from, until) in outages {
            let (first, last) = (nth(from), nth(until));
            match runs.last_mut() {
                Some(run) if run.1 >= first => run.1 = run.1.max(last),
                Some(_) | None if last > first => runs.push((first, last)),
                Some(_) | None => {}
            }
        }
        let at = |look: u64| SimTime(look.saturating_mul(self.every.0));
        let mut noticed = Vec::new();
        let mut well = true;
        for (number, &(first, last)) in runs.iter().enumerate() {
            if well && last - first >= u64::from(self.failures) {
                well = false;
                noticed.push((at(first + u64::from(self.failures) - 1), well));
            }
            let next = runs.get(number + 1).map_or(u64::MAX, |run| run.0);
            if !well && next - last >= u64::from(self.successes) {
                well = true;
                noticed.push((at(last + u64::from(self.successes) - 1), well));
            }
        }
        noticed.retain(|(at, _)| *at < SimTime::NEVER);
        noticed
    }
}

/// Joins times in which something is out for one reason or another.
pub fn either(mut all: Outages) -> Outages {
    all.sort();
    let mut joined: Outages = Vec::new();
    for (from, until) in all {
        match joined.last_mut() {
            Some(last) if last.1 >= from => last.1 = last.1.max(until),
            Some(_) | None => joined.push((from, until)),
        }
    }
    joined
}

/// Returns the times in which two things are out.
pub fn both(one: &Outages, other: &Outages) -> Outages {
    let pairs = one.iter().flat_map(|a| other.iter().map(move |b| (a, b)));
    let common = pairs.map(|(a, b)| (a.0.max(b.0), a.1.min(b.1)));
    either(common.filter(|(from, until)| from < until).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEALTH: Health = Health {
        every: Span(10),
        failures: 2,
        successes: 3,
    };

    fn noticed(outages: &[(u64, u64)]) -> Vec<(u64, bool)> {
        let times = outages.iter();
        let times = times.map(|&(from, until)| (SimTime(from), SimTime(until)));
        let noticed = HEALTH.notices(&times.collect());
        noticed.iter().map(|(at, well)| (at.0, *well)).collect()
    }

    #[test]
    fn an_outage_is_noticed_by_the_looks_that_fall_into_it() {
        // Looks at 20 and 30 fail; those at 40, 50 and 60 do not.
        assert_eq!(noticed(&[(15, 35)]), [(30, false), (60, true)]);
        // An outage that begins with a look, and one that ends with it.
        assert_eq!(noticed(&[(20, 40)]), [(30, false), (60, true)]);
        assert_eq!(noticed(&[(0, 25)]), [(20, false), (50, true)]);
    }

    #[test]
    fn one_that_is_short_is_not_noticed() {
        assert_eq!(noticed(&[(21, 39), (55, 65)]), []);
    }

    #[test]
    fn looks_count_in_a_row() {
        // One look in each: 20, not 30, 40.
        assert_eq!(noticed(&[(15, 25), (35, 45)]), []);
        // Between two outages that no look tells apart; and well again for two looks only.
        assert_eq!(noticed(&[(15, 21), (22, 31)]), [(30, false), (60, true)]);
        assert_eq!(noticed(&[(15, 35), (55, 65)]), [(30, false), (90, true)]);
    }

    #[test]
    fn one_without_end_is_noticed_and_never_over() {
        assert_eq!(noticed(&[(15, u64::MAX)]), [(30, false)]);
    }

    #[test]
    fn times_are_joined_and_cut() {
        let of = |times: &[(u64, u64)]| -> Outages {
            let times = times.iter();
            times.map(|&(a, b)| (SimTime(a), SimTime(b))).collect()
        };

        let joined = either(of(&[(5, 9), (1, 3), (3, 6), (20, 30)]));
        let common = both(&joined, &of(&[(8, 25)]));

        assert_eq!(joined, of(&[(1, 9), (20, 30)]));
        assert_eq!(common, of(&[(8, 9), (20, 25)]));
    }
}

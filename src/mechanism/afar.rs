//! Afar: what has been done here and is on its way to somewhere else.
//!
//! When this place is lost, what is still on its way is lost with it. With writes at rate w and
//! any law of the way's time, they are the customers of M/G/∞: Poisson with mean w·E\[time\].
//! With exponential times of mean m the oldest of them is (ln(w·m) + γ)·m old on average,
//! if w·m is large (the maximum of a Gumbel law; γ is Euler's constant).
//!
//! Not here: how long the way takes, and when a place is lost.

use std::collections::BTreeMap;

use crate::units::{SimTime, Span};

/// What is on its way, by place, in order of time.
#[derive(Clone, Debug, Default)]
pub struct Afar(BTreeMap<(u32, SimTime, u64), u32>);

impl Afar {
    /// Something sets out.
    pub fn send(&mut self, place: u32, at: SimTime, id: u64) {
        *self.0.entry((place, at, id)).or_default() += 1;
    }

    /// What set out then has arrived.
    pub fn arrive(&mut self, place: u32, at: SimTime, id: u64) {
        let key = (place, at, id);
        if let Some(count) = self.0.get_mut(&key) {
            *count -= 1;
            if *count == 0 {
                self.0.remove(&key);
            }
        }
    }

    /// A place is lost, and what is on its way from there: how much, and how old the oldest is.
    pub fn lose(&mut self, place: u32, now: SimTime) -> (u64, Span) {
        let all = (place, SimTime::ZERO, 0)..=(place, SimTime::NEVER, u64::MAX);
        let lost: Vec<(u32, SimTime, u64)> = self.0.range(all).map(|(key, _)| *key).collect();
        let oldest = lost.first().map_or(Span::ZERO, |&(_, at, _)| now.since(at));
        let counts = lost.iter().filter_map(|key| self.0.remove(key));
        (counts.map(u64::from).sum(), oldest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_not_arrived_is_lost_with_its_place() {
        let mut afar = Afar::default();
        for (place, at, id) in [(1, 5, 7), (1, 6, 8), (1, 6, 8), (1, 9, 9), (2, 1, 7)] {
            afar.send(place, SimTime(at), id);
        }
        afar.arrive(1, SimTime(5), 7);
        afar.arrive(1, SimTime(6), 8);
        afar.arrive(1, SimTime(3), 3);

        assert_eq!(afar.lose(1, SimTime(10)), (2, Span(4)));
        assert_eq!(afar.lose(1, SimTime(11)), (0, Span::ZERO), "only once");
        assert_eq!(afar.lose(2, SimTime(11)), (1, Span(10)), "another place");
        assert!(afar.0.is_empty());
    }
}

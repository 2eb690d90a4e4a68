//! A ring: instants in their order, added at one end and forgotten at the other.
//!
//! Not here: instants that come in any order (a heap).

use crate::units::SimTime;

/// Instants that never decrease.
#[derive(Clone, Debug)]
pub struct Ring {
    /// A power of two of them.
    places: Vec<SimTime>,
    first: usize,
    end: usize,
}

impl Default for Ring {
    fn default() -> Ring {
        Ring {
            places: vec![SimTime::ZERO; 8],
            first: 0,
            end: 0,
        }
    }
}

impl Ring {
    /// Returns how many there are.
    #[inline(always)]
    pub fn len(&self) -> usize {
        self.end - self.first
    }

    /// Whether there is none.
    #[inline(always)]
    pub fn is_empty(&self) -> bool {
        self.end == self.first
    }

    /// Returns the latest; that of an empty ring is one that was forgotten, or zero.
    #[inline(always)]
    pub fn latest(&self) -> SimTime {
        self.places[self.end.wrapping_sub(1) & (self.places.len() - 1)]
    }

    /// Adds an instant, not before the latest, if it is to be kept. Nothing branches by that,
    /// which is a matter of chance.
    #[inline(always)]
    pub fn push_if(&mut self, at: SimTime, keep: bool) {
        let place = self.end & (self.places.len() - 1);
        self.places[place] = at;
        self.end += usize::from(keep);
        if self.len() == self.places.len() {
            self.grow();
        }
    }

    #[cold]
    fn grow(&mut self) {
        let size = self.places.len();
        self.places.rotate_left(self.first & (size - 1));
        self.places.resize(2 * size, SimTime::ZERO);
        (self.first, self.end) = (0, size);
    }

    /// Forgets those up to `t`.
    #[inline(always)]
    pub fn drop_until(&mut self, t: SimTime) {
        while self.first < self.end && self.places[self.first & (self.places.len() - 1)] <= t {
            self.first += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::VecDeque;

    #[test]
    fn agrees_with_a_double_ended_queue_as_it_grows_and_wraps() {
        let mut ring = Ring::default();
        let mut queue = VecDeque::new();
        for t in 0..2_000u64 {
            // In phases: it fills up, then empties.
            let at = SimTime(t + 90);
            let keep = t % 3 != 0 && t / 100 % 2 == 0;

            ring.push_if(at, keep);
            ring.drop_until(SimTime(t));

            if keep {
                queue.push_back(at);
                assert_eq!(ring.latest(), at);
            }
            queue.retain(|&at| at > SimTime(t));
            assert_eq!(ring.len(), queue.len(), "{t}");
            assert_eq!(ring.is_empty(), queue.is_empty(), "{t}");
        }
    }
}

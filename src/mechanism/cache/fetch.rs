//! Fetches under way, by key, and who waits for each.
//!
//! Those who wait form a chain whose links the caller keeps (a visit has one
//! word for that); here are only its two ends.

use super::entries::NONE;
use crate::mechanism::key_index::KeyIndex;

/// Keys that are being fetched.
#[derive(Clone, Debug, Default)]
pub struct Fetches {
    index: KeyIndex,
    /// (first, last) of the chain.
    all: Vec<(u32, u32)>,
    free: Vec<u32>,
}

impl Fetches {
    /// Returns the number of fetches under way.
    pub fn len(&self) -> usize {
        self.index.len()
    }

    /// Says whether nothing is being fetched.
    pub fn is_empty(&self) -> bool {
        self.index.is_empty()
    }

    /// Says whether a key is being fetched.
    pub fn holds(&self, key: u32) -> bool {
        self.index.find(key).is_some()
    }

    /// Begins a fetch, unless one is under way; says whether it began.
    pub fn begin(&mut self, key: u32) -> bool {
        if self.holds(key) {
            return false;
        }
        let place = match self.free.pop() {
            Some(place) => {
                self.all[place as usize] = (NONE, NONE);
                place
            }
            None => {
                self.all.push((NONE, NONE));
                self.all.len() as u32 - 1
            }
        };
        self.index.insert(key, place);
        true
    }

    /// Adds a visit to those who wait, and returns whom it comes after: the
    /// caller links that one to it. `None` if it is the first.
    ///
    /// # Panics
    ///
    /// Panics if the key is not being fetched.
    pub fn join(&mut self, key: u32, visit: u32) -> Option<u32> {
        let Some(place) = self.index.find(key) else {
            unreachable!("joined a fetch of key {key} that is not under way");
        };
        let (first, last) = self.all[place as usize];
        let first = if first == NONE { visit } else { first };
        self.all[place as usize] = (first, visit);
        (last != NONE).then_some(last)
    }

    /// Ends a fetch and returns the first of the chain of those who waited.
    pub fn end(&mut self, key: u32) -> Option<u32> {
        let place = self.index.remove(key)?;
        self.free.push(place);
        let (first, _) = self.all[place as usize];
        (first != NONE).then_some(first)
    }

    /// Hands a fetch that ended badly to the first who waits, and returns that
    /// visit; ends the fetch if nobody waits.
    ///
    /// `next` says who follows a visit in the chain (ignored for the last).
    pub fn hand_over(&mut self, key: u32, next: impl FnOnce(u32) -> u32) -> Option<u32> {
        let place = self.index.find(key)?;
        let (first, last) = self.all[place as usize];
        if first == NONE {
            self.end(key);
            return None;
        }
        self.all[place as usize] = if first == last {
            (NONE, NONE)
        } else {
            (next(first), last)
        };
        Some(first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chains_those_who_wait_and_hands_over() {
        let mut fetches = Fetches::default();

        assert!(fetches.begin(9) && !fetches.begin(9));
        let after = [5, 6, 7].map(|visit| fetches.join(9, visit));
        let fetcher = fetches.hand_over(9, |_| 6);
        let woken = fetches.end(9);

        assert_eq!(after, [None, Some(5), Some(6)]);
        assert_eq!((fetcher, woken), (Some(5), Some(6)));
        assert!(fetches.is_empty() && !fetches.holds(9));
    }

    #[test]
    fn ends_when_nobody_is_left_to_fetch() {
        let mut fetches = Fetches::default();

        fetches.begin(1);
        fetches.join(1, 4);

        assert_eq!(fetches.hand_over(1, |_| unreachable!("the last")), Some(4));
        assert_eq!(fetches.hand_over(1, |_| unreachable!("nobody")), None);
        assert!(!fetches.holds(1));
    }
}

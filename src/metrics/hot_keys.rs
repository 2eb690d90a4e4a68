//! The busiest keys of a node, in bounded memory (Space-Saving).
//!
//! A key that makes up more than 1/CAPACITY of the visits is always in the list;
//! its count is at most the true count plus the least count of the list. With
//! fewer keys than places the counts are exact.
//!
//! SOURCE: Metwally, Agrawal, El Abbadi, “Efficient computation of frequent and
//! top-k elements in data streams”, ICDT 2005.

use crate::mechanism::key_index::KeyIndex;

/// Keys kept at once.
///
/// CHOICE: ten are reported; a hundred times as many keep the error of a key
/// that takes one percent below a tenth of its count.
const CAPACITY: usize = 1000;

/// The busiest keys seen so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct HotKeys {
    /// Key → index into `counts`.
    index: KeyIndex,
    /// Key, visits, of which refused.
    counts: Vec<(u32, u64, u64)>,
    /// Where the search for the least count goes on.
    hand: usize,
    /// No count was below this when the hand last came round.
    least: u64,
}

impl HotKeys {
    /// Makes an empty list.
    pub(crate) fn new() -> HotKeys {
        HotKeys::default()
    }

    /// Counts a visit.
    pub(crate) fn count(&mut self, key: u32, throttled: bool) {
        if let Some(place) = self.index.find(key) {
            let (_, visits, refused) = &mut self.counts[place as usize];
            *visits += 1;
            *refused += u64::from(throttled);
            return;
        }
        if self.counts.len() < CAPACITY {
            self.index.insert(key, self.counts.len() as u32);
            self.counts.push((key, 1, u64::from(throttled)));
            return;
        }
        let place = self.place_of_least();
        let (old, count, _) = self.counts[place];
        self.index.remove(old);
        self.index.insert(key, place as u32);
        self.counts[place] = (key, count + 1, u64::from(throttled));
    }

    /// Finds an entry with the least count; amortised O(1), since the least
    /// count only grows and the hand passes every entry once per step of it.
    fn place_of_least(&mut self) -> usize {
        loop {
            while self.hand < self.counts.len() {
                if self.counts[self.hand].1 <= self.least {
                    let place = self.hand;
                    self.hand += 1;
                    return place;
                }
                self.hand += 1;
            }
            self.hand = 0;
            self.least = self
                .counts
                .iter()
                .map(|&(_, count, _)| count)
                .min()
                .unwrap_or(0);
        }
    }

    /// Returns the `most` busiest, busiest first; ties by key.
    pub(crate) fn busiest(mut self, most: usize) -> Vec<(u32, u64, u64)> {
        self.counts
            .sort_by_key(|&(key, count, _)| (std::cmp::Reverse(count), key));
        self.counts.truncate(most);
        self.counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_exact_while_there_is_room() {
        let mut hot = HotKeys::new();
        for key in 1..=100u32 {
            for _ in 0..key {
                hot.count(key, key == 100);
            }
        }

        assert_eq!(hot.busiest(2), vec![(100, 100, 100), (99, 99, 0)]);
    }

    #[test]
    fn a_key_with_one_percent_stays_in_the_list_among_many() {
        let mut hot = HotKeys::new();
        for visit in 0..200_000u32 {
            hot.count(if visit % 100 == 0 { 1 } else { 10 + visit }, false);
        }

        let (key, count, _) = hot.busiest(1)[0];

        assert_eq!(key, 1);
        assert!((2000..=2200).contains(&count), "{count}");
    }
}

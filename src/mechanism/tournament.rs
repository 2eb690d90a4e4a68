//! A tournament: the least of many instants, of which the least is always the one to be replaced.
//!
//! Servers that are promised first come, first served ask for nothing else. Every match
//! remembers its loser, so that a new instant only plays the matches on the way from its leaf
//! to the root: as many as there are levels, whatever it is. Which of two is less is a matter of
//! chance; nothing branches by it.
//!
//! Source: D. E. Knuth, The Art of Computer Programming, vol. 3, section 5.4.1 (tree of losers).

use crate::units::SimTime;
use std::hint::select_unpredictable;

/// Instants in a tree of losers.
#[derive(Clone, Debug)]
pub(super) struct Tournament {
    /// The loser of every match; the first is nobody's.
    losers: Box<[Player]>,
    winner: Player,
    /// Leaves beyond the last, which are never less than another.
    spare: u32,
}

/// An instant, and the leaf at which it entered.
#[derive(Clone, Copy, Debug)]
struct Player {
    at: SimTime,
    leaf: u32,
}

impl Tournament {
    /// Makes a tournament of so many instants, at least one, all of them zero.
    pub(super) fn new(count: u32) -> Tournament {
        let leaves = count.next_power_of_two().max(2);
        let player = |leaf: u32| Player {
            at: if leaf < count {
                SimTime::ZERO
            } else {
                SimTime::NEVER
            },
            leaf,
        };
        // The left one of two wins: of every match the first leaf of its right half loses.
        let losers = (0..leaves).map(|node| {
            let width = leaves >> node.max(1).ilog2();
            let first = (node.max(1) * width) % leaves;
            player(first + width / 2)
        });
        Tournament {
            losers: losers.collect(),
            winner: player(0),
            spare: leaves - count,
        }
    }

    /// Returns the least of them.
    #[inline(always)]
    pub(super) fn least(&self) -> SimTime {
        self.winner.at
    }

    /// Puts another instant in the place of the least. O(log count).
    #[inline(always)]
    pub(super) fn replace_least(&mut self, at: SimTime) {
        let mut player = Player {
            at,
            leaf: self.winner.leaf,
        };
        let mut node = (self.losers.len() + player.leaf as usize) / 2;
        while node > 0 {
            let Some(loser) = self.losers.get_mut(node) else {
                break;
            };
            let other = *loser;
            let loses = other.at < player.at;
            loser.at = select_unpredictable(loses, player.at, other.at);
            loser.leaf = select_unpredictable(loses, player.leaf, other.leaf);
            player.at = select_unpredictable(loses, other.at, player.at);
            player.leaf = select_unpredictable(loses, other.leaf, player.leaf);
            node /= 2;
        }
        self.winner = player;
    }

    /// Returns how many of them lie after an instant. O(count).
    pub(super) fn after(&self, t: SimTime) -> u32 {
        let all = self.losers.iter().skip(1).chain([&self.winner]);
        (all.filter(|player| player.at > t).count() as u32).saturating_sub(self.spare)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mechanism::test_words::Words;
    use std::cmp::Reverse;
    use std::collections::BinaryHeap;

    #[test]
    fn agrees_with_a_heap_for_any_number_of_instants() {
        for count in 1..=70u32 {
            let mut words = Words::new(u64::from(count));
            let mut tournament = Tournament::new(count);
            let mut heap: BinaryHeap<Reverse<u64>> = (0..count).map(|_| Reverse(0)).collect();
            for _ in 0..2_000 {
                let least = heap.pop().map_or(0, |Reverse(at)| at);
                assert_eq!(tournament.least(), SimTime(least), "{count}");
                // Ties, and now and then an instant that is long gone.
                let at = least + words.next() % 8 * (words.next() % 50);

                tournament.replace_least(SimTime(at));

                heap.push(Reverse(at));
                let later = heap.iter().filter(|other| other.0 > at).count();
                assert_eq!(tournament.after(SimTime(at)), later as u32, "{count}");
            }
        }
    }
}

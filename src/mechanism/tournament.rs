//! A tournament: the least of many instants, of which the least is always the one to be replaced.
//!
//! Servers that are promised first come, first served ask for nothing else. Every match
//! remembers its loser, so that a new instant only plays the matches on the way from its leaf
//! to the root: as many as there are levels, whatever it is. Which of two is less is a matter of
//! chance; nothing branches by it.
//!
//! Source: D. E. Knuth, The Art of Computer Programming, vol. 3, section 5.4.1 (tree of losers).

use crate::units::SimTime;

/// Bits of a player that tell its leaf.
const LEAF: u32 = 8;

/// Instants in a tree of losers.
///
/// A player is an instant and, in its last bits, the leaf at which it entered: one number, which
/// sorts like the instant. Between equal instants the leaf decides, which makes no difference.
#[derive(Clone, Debug)]
pub(super) struct Tournament {
    /// The loser of every match; the first is nobody's.
    losers: Box<[u64]>,
    winner: u64,
}

impl Tournament {
    /// First instant that it cannot keep: 2^55 ns are more than a year.
    pub(super) const END: SimTime = SimTime(1 << (u64::BITS - LEAF - 1));

    /// Makes a tournament of so many instants, 1..=256, all of them zero.
    pub(super) fn new(count: u32) -> Tournament {
        let leaves = count.next_power_of_two().max(2);
        debug_assert!(leaves <= 1 << LEAF, "{count} leaves");
        let player = |leaf: u32| {
            let at = if leaf < count { 0 } else { Tournament::END.0 };
            at << LEAF | u64::from(leaf)
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
        }
    }

    /// Returns the least of them.
    #[inline(always)]
    pub(super) fn least(&self) -> SimTime {
        SimTime(self.winner >> LEAF)
    }

    /// Puts another instant, before `END`, in the place of the least. O(log count).
    #[inline(always)]
    pub(super) fn replace_least(&mut self, at: SimTime) {
        debug_assert!(at < Tournament::END, "{at:?} is too far away");
        let leaf = self.winner & ((1 << LEAF) - 1);
        let mut player = at.0 << LEAF | leaf;
        let mut node = (self.losers.len() + leaf as usize) / 2;
        while node > 0 {
            let Some(loser) = self.losers.get_mut(node) else {
                break;
            };
            let other = *loser;
            *loser = other.max(player);
            player = other.min(player);
            node /= 2;
        }
        self.winner = player;
    }

    /// Returns all of them, in no order.
    pub(super) fn instants(&self) -> impl Iterator<Item = SimTime> + '_ {
        let all = self.losers.iter().skip(1).chain([&self.winner]);
        all.map(|player| SimTime(player >> LEAF))
            .filter(|&at| at < Tournament::END)
    }

    /// Returns how many of them lie after an instant. O(count).
    pub(super) fn after(&self, t: SimTime) -> u32 {
        self.instants().filter(|&at| at > t).count() as u32
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
                assert_eq!(tournament.instants().count(), count as usize);
            }
        }
    }
}

//! Partitions whose number is changed at planned instants: others take over all keys.
//!
//! The new partitions lie behind the old ones, which take nothing more; each has the keys of
//! an equal part of all hashes, as the old ones had. A log's are read by a group once it is
//! past what all of those held whose keys they have, so that the order of a key is kept.
//!
//! Not here: partitions that split because they are hot (`admission`).

use super::global::Kind;
use super::replication::Replication;
use crate::model::{Model, Recount};
use crate::units::SimTime;

/// What partitioning rules say now, by number: the first of the partitions, and their number.
pub(super) fn present(model: &Model) -> Vec<(u32, u32)> {
    let rules = model.partitions.iter();
    rules.map(|rule| (0, rule.count)).collect()
}

/// Returns when what happens to rules whose partitions change: kind, rule and number of the change.
pub(super) fn events(model: &Model) -> impl Iterator<Item = (SimTime, Kind, u32, u32)> {
    let rules = (0u32..).zip(&model.partitions);
    rules.flat_map(|(rule, constants)| {
        let changes = (0u32..).zip(&constants.later);
        changes.flat_map(move |(number, recount)| {
            let read = recount.at + recount.lag;
            [
                (recount.at, Kind::Recount, rule, number),
                (read, Kind::Succeed, rule, number),
            ]
        })
    })
}

impl Replication<'_> {
    /// The partitions of a rule change.
    pub(super) fn recount(&mut self, rule: u32, number: u32) {
        let Recount { first, count, .. } =
            self.model.partitions[rule as usize].later[number as usize];
        self.watched.present[rule as usize] = (first, count);
    }

    /// The new partitions of a log are read behind the old ones, in which everything has
    /// arrived that was on its way there.
    pub(super) fn succeed(&mut self, rule: u32, number: u32) {
        let model = self.model;
        let constants = &model.partitions[rule as usize];
        let new = &constants.later[number as usize];
        let before = constants.later[..number as usize].iter();
        let before = before.map(|one| (one.first, one.count));
        for (first, count) in [(0, constants.count)].into_iter().chain(before) {
            for parent in 0..count {
                for child in children((parent, count), new.count) {
                    self.log_splits(new.node, first + parent, new.first + child);
                }
            }
        }
    }
}

/// Returns which of `many` partitions share keys with one of some.
fn children((parent, count): (u32, u32), many: u32) -> std::ops::RangeInclusive<u32> {
    let (parent, count) = (u64::from(parent), u64::from(count));
    let first = parent * u64::from(many) / count;
    let last = ((parent + 1) * u64::from(many)).div_ceil(count) - 1;
    first as u32..=last as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::placement::partition_of;

    #[test]
    fn halves_and_doubles_have_the_keys_of_whom_they_succeed() {
        let doubled: Vec<_> = (0..2).map(|parent| children((parent, 2), 4)).collect();
        let halved: Vec<_> = (0..4).map(|parent| children((parent, 4), 2)).collect();

        assert_eq!(doubled, [0..=1, 2..=3]);
        assert_eq!(halved, [0..=0, 0..=0, 1..=1, 1..=1]);
    }

    #[test]
    fn every_key_goes_to_a_child_of_its_partition() {
        for (from, to) in [(3, 5), (5, 3), (7, 8), (4, 4), (1, 2)] {
            for step in 0..10_000u64 {
                let word = step.wrapping_mul(0x9e37_79b9_7f4a_7c15);
                let (parent, child) = (partition_of(word, from), partition_of(word, to));

                let all = children((parent, from), to);

                assert!(all.contains(&child), "{from} to {to}: {parent} to {child}");
            }
        }
    }
}

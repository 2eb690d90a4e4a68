//! Where a visit goes within its node: partitions by key, by chance or by weight, and copies.
//!
//! Not here: when partitions split (`admission`), and which target a balancer chooses
//! (`balance`).

use super::replication::Replication;
use crate::model::{Partition, PartitionBy};
use crate::random::{draw, purpose};

/// Tells the word by which a key's partition splits from the one that chooses it.
const SPLITS: u64 = 1 << 32;

impl Replication<'_> {
    /// Sets the visit's copy or partition by a rule.
    #[inline]
    pub(super) fn place(&mut self, slot: u32, partition: u32) {
        self.visits[slot].instance = self.placed(slot, partition);
    }

    /// Returns the copy or partition of a visit by a rule.
    #[inline]
    pub(super) fn placed(&self, slot: u32, partition: u32) -> u16 {
        let (node, item) = (self.node_of(slot), self.visits[slot].item);
        self.placed_now(partition, node, item, |of| {
            self.word(slot, purpose::PICK, of)
        })
    }

    /// Returns the partition of one item of a visit by a rule: number and key of the item.
    pub(super) fn partition_of_item(
        &self,
        slot: u32,
        partition: u32,
        (index, item): (u32, u32),
    ) -> u32 {
        // Every item but the first draws words of its own.
        let drawn = |of: u8| match index {
            0 => self.word(slot, purpose::PICK, of),
            _ => draw(self.word(slot, purpose::PICK, of), u64::from(index)),
        };
        self.present_partition(partition, self.node_of(slot), item, drawn)
    }

    /// Returns the partition of an item at a node by a rule, as they are now; `drawn` draws the
    /// words of the choice.
    #[inline(always)]
    fn present_partition(
        &self,
        partition: u32,
        node: u32,
        item: u32,
        drawn: impl Fn(u8) -> u64,
    ) -> u32 {
        let rule = &self.model.partitions[partition as usize];
        let by_chance = rule.by == PartitionBy::Random || item == 0;
        if !rule.later.is_empty() {
            let (first, count) = self.watched.present[partition as usize];
            let word = match by_chance {
                true => drawn(0),
                false => draw(self.model.nodes[node as usize].hash, u64::from(item)),
            };
            return first + partition_of(word, count);
        }
        let mut instance = self.unsplit(rule, node, item, || drawn(0));
        if rule.splits.is_some() {
            let word = if by_chance {
                drawn(3)
            } else {
                let hash = self.model.nodes[node as usize].hash;
                draw(hash, SPLITS | u64::from(item))
            };
            instance = self.watched.splits[partition as usize].find(instance, word);
        }
        instance
    }

    /// Returns the partition of an item by a rule, before any of them splits.
    #[inline(always)]
    fn unsplit(&self, rule: &Partition, node: u32, item: u32, drawn: impl Fn() -> u64) -> u32 {
        if rule.count == 1 {
            return 0;
        }
        if rule.by == PartitionBy::Random || item == 0 {
            let word = drawn();
            if rule.weights.is_empty() {
                return partition_of(word, rule.count);
            }
            let found = rule.weights.iter().position(|below| word < *below);
            return found.map_or(rule.count - 1, |index| index as u32);
        }
        let hash = self.model.nodes[node as usize].hash;
        let rank = if rule.by == PartitionBy::Hash {
            0
        } else {
            self.rank_of(item)
        };
        partition_of_key(rule, hash, item, rank)
    }

    /// Returns the copy or partition of an item at a node by a rule that depends on nothing
    /// else (`Partition::is_fixed`); `word` draws the words of the visit's choice.
    #[inline(always)]
    pub(super) fn placed_simply(
        &self,
        rule: &Partition,
        node: u32,
        item: u32,
        word: impl Fn(u8) -> u64,
    ) -> u16 {
        let partition = self.unsplit(rule, node, item, || word(0));
        copy_of(rule, partition, || word(2))
    }

    /// Returns the copy or partition of an item at a node by a rule, as they are now.
    pub(super) fn placed_now(
        &self,
        partition: u32,
        node: u32,
        item: u32,
        word: impl Fn(u8) -> u64,
    ) -> u16 {
        let rule = &self.model.partitions[partition as usize];
        let place = self.present_partition(partition, node, item, &word);
        copy_of(rule, place, || word(2))
    }

    /// Returns the copy of a partition that a visit goes to, any of them.
    pub(crate) fn instance_of(&self, slot: u32, rule: &Partition, partition: u32) -> u16 {
        copy_of(rule, partition, || self.word(slot, purpose::PICK, 2))
    }

    /// Returns the rank of a key within its law, from 1.
    pub(crate) fn rank_of(&self, item: u32) -> u64 {
        self.model
            .keys
            .iter()
            .find_map(|keys| keys.contains(item).then(|| keys.rank(item)))
            .unwrap_or(u64::from(item))
    }
}

/// Returns the instance of a partition that a visit goes to, any of its copies.
#[inline(always)]
fn copy_of(rule: &Partition, partition: u32, drawn: impl Fn() -> u64) -> u16 {
    let copy = match rule.copies.len() as u32 {
        1 => rule.copies.start,
        many => rule.copies.start + partition_of(drawn(), many),
    };
    (copy * rule.count + partition) as u16
}

/// Returns the partition of a word drawn uniformly.
pub(crate) fn partition_of(word: u64, count: u32) -> u32 {
    ((u128::from(word) * u128::from(count)) >> 64) as u32
}

/// Returns the partition of a key with a rank in its law, at a node with a hash.
pub(crate) fn partition_of_key(rule: &Partition, hash: u64, item: u32, rank: u64) -> u32 {
    match rule.by {
        PartitionBy::Hash | PartitionBy::Random => {
            partition_of(draw(hash, u64::from(item)), rule.count)
        }
        PartitionBy::Modulo => (rank % u64::from(rule.count)) as u32,
        PartitionBy::Key => ((rank.max(1) - 1) % u64::from(rule.count)) as u32,
    }
}

//! Copies that lag: which writes of a key each of them has not done again yet.
//!
//! A write is outstanding at every copy from its commit until the copy has done it again.
//! A read of a copy finds an old answer while a write of its key is outstanding there. With
//! writes of a key at rate w and any law of the lag, writes outstanding are the customers
//! of M/G/∞: a read finds none with probability exp(−w·E\[lag\]).
//!
//! Not here: how long a copy takes.

use std::collections::BTreeMap;

/// Outstanding writes by key (node and item), of each copy.
#[derive(Clone, Debug, Default)]
pub struct Behind {
    keys: BTreeMap<(u32, u32), Vec<u32>>,
}

impl Behind {
    /// Counts a write that so many copies have still to do again.
    pub fn write(&mut self, key: (u32, u32), copies: u32) {
        let outstanding = self.keys.entry(key).or_default();
        if outstanding.len() < copies as usize {
            outstanding.resize(copies as usize, 0);
        }
        for writes in outstanding {
            *writes += 1;
        }
    }

    /// Counts a write that a copy, from 0, has done again.
    pub fn apply(&mut self, key: (u32, u32), copy: u32) {
        let Some(outstanding) = self.keys.get_mut(&key) else {
            return;
        };
        if let Some(writes) = outstanding.get_mut(copy as usize) {
            *writes = writes.saturating_sub(1);
        }
        if outstanding.iter().all(|writes| *writes == 0) {
            self.keys.remove(&key);
        }
    }

    /// Forgets all writes of a node: there are other copies now.
    pub fn forget(&mut self, node: u32) {
        self.keys.retain(|(of, _), _| *of != node);
    }

    /// Whether a copy has still to do a write of the key again.
    pub fn is_behind(&self, key: (u32, u32), copy: u32) -> bool {
        let outstanding = self.keys.get(&key);
        outstanding.is_some_and(|all| all.get(copy as usize).is_some_and(|writes| *writes > 0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_is_behind_until_it_has_done_every_write_again() {
        let mut behind = Behind::default();
        behind.write((1, 7), 2);
        behind.write((1, 7), 2);

        behind.apply((1, 7), 0);
        let after_one = [0, 1].map(|copy| behind.is_behind((1, 7), copy));
        behind.apply((1, 7), 0);
        let after_two = [0, 1].map(|copy| behind.is_behind((1, 7), copy));
        behind.apply((1, 7), 1);
        behind.apply((1, 7), 1);

        assert_eq!((after_one, after_two), ([true, true], [false, true]));
        assert!(!behind.is_behind((1, 8), 0), "another key");
        assert!(behind.keys.is_empty(), "nothing is kept of what is done");
        behind.write((1, 7), 1);
        behind.write((2, 7), 1);
        behind.forget(1);
        assert!(!behind.is_behind((1, 7), 0) && behind.is_behind((2, 7), 0));
    }
}

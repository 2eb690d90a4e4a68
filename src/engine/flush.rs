//! Flushes: caches that lose all their entries at a moment.

use super::replication::Replication;

impl Replication<'_> {
    /// The caches of a node lose their entries.
    pub(super) fn flush(&mut self, id: u32) {
        let node = self.globals.faults.flushes[id as usize].node;
        for (cache, constants) in (0u32..).zip(&self.model.caches) {
            if constants.node == node {
                self.lookups.flush(cache);
            }
        }
    }
}

//! What visits bring, counted for the bill where it is paid for.
//!
//! It touches nothing that others see, so that no visit waits for it.
//!
//! Not here: who pays for it, and what (`component`).

use super::replication::Replication;
use crate::units::SimTime;

impl Replication<'_> {
    /// Counts the items in force and their bytes, as those of a message over a link.
    pub(super) fn tell(&mut self, slot: u32, t: SimTime, link: u32) {
        let visit = &self.visits[slot];
        let items = u64::from(visit.count);
        let bytes = visit.bytes / u64::from(visit.items.max(1)) * items;
        if let Some(slice) = self.recorder.link_slice(link, t) {
            slice.items += items;
            slice.bytes += u128::from(bytes);
        }
    }
}

//! What visits bring: counted for the bill where it is paid for, and refused where it is too
//! large.
//!
//! Neither touches what others see, so that no visit waits for it.
//!
//! Not here: who has such a limit, and how large it is (`component`).

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

    /// Whether what a visit brings is not too large; counts it if it is.
    pub(super) fn fits(&mut self, slot: u32, size: u32) -> bool {
        let size = &self.model.sizes[size as usize];
        let visit = &self.visits[slot];
        let item = visit.bytes / u64::from(visit.items.max(1));
        // A page of a fan-out stands for calls of one item each.
        let call = if self.is_page(slot) {
            item
        } else {
            visit.bytes
        };
        let fits = item <= size.item && call <= size.call;
        if !fits {
            let entered = SimTime(visit.entered);
            self.recorder.too_large(size.node, entered);
        }
        fits
    }
}

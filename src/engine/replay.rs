//! Replays: what passed a node is kept, and started again at a planned time.
//!
//! A replay is a strand of the node that nobody waits for. From its time on it takes one record
//! after the other, each when the items before it have had their time at the replay's rate, and
//! starts what was done with it again: with draws of its own, and without a request, which was
//! answered long ago.
//!
//! Not here: which windows are kept (`mechanism::archive`).

use super::event::{Class, What};
use super::replication::Replication;
use super::step::Resume;
use super::visit::flag;
use crate::mechanism::archive::{Archive, Kept};
use crate::model::{Model, NONE};
use crate::random::draw;
use crate::units::SimTime;

/// Marks the address of a replay apart from all others.
const AGAIN: u64 = 3 << 62;

/// Makes the archives of a model, empty.
pub(super) fn archives(model: &Model) -> Vec<Archive> {
    let windows = |archive: &crate::model::Archive| {
        let windows = archive.replays.iter().map(|replay| replay.window);
        Archive::new(windows.collect())
    };
    model.archives.iter().map(windows).collect()
}

impl Replication<'_> {
    /// Posts the beginning of every replay.
    pub(super) fn plan_replays(&mut self) {
        let model = self.model;
        for archive in &model.archives {
            for replay in archive.replays.iter().filter(|one| one.entry != NONE) {
                let slot = self.start_strand(replay.entry, replay.at);
                let order = self.next_order(Class::Timer, archive.node);
                let generation = self.visits[slot].generation;
                self.push(replay.at, order, slot, What::Resume, generation);
            }
        }
    }

    /// Makes a strand that nobody waits for and no request knows.
    fn start_strand(&mut self, entry: u32, at: SimTime) -> u32 {
        let slot = self.visits.take();
        let visit = &mut self.visits[slot];
        visit.key = 0;
        visit.entered = at.0;
        visit.reply_by = u64::MAX;
        visit.item = 0;
        visit.request = NONE;
        visit.caller = NONE;
        visit.hop = 0;
        visit.salt = 0;
        visit.pc = entry;
        visit.instance = super::visit::NO_INSTANCE;
        visit.flags |= flag::STRAND | flag::DETACHED;
        slot
    }

    /// Keeps what a visit is about.
    pub(super) fn keep(&mut self, slot: u32, t: SimTime, archive: u32, entry: u32) {
        let visit = &self.visits[slot];
        self.archives[archive as usize].keep(Kept {
            at: t,
            items: visit.items.max(1),
            bytes: visit.bytes,
            key: visit.key,
            hop: visit.hop,
            ordinal: visit.ordinal,
            item: visit.item,
            priority: visit.priority,
            entry,
        });
    }

    /// Starts the next record of a replay again, and returns when the one behind it is due;
    /// `None`: there is none left.
    pub(super) fn replay(
        &mut self,
        slot: u32,
        t: SimTime,
        archive: u32,
        number: u32,
    ) -> Option<SimTime> {
        let (record, after) = self.archives[archive as usize].take(number as usize)?;
        let child = self.start_strand(record.entry, t);
        let visit = &mut self.visits[child];
        visit.key = draw(record.key, AGAIN | u64::from(number));
        visit.hop = record.hop;
        visit.item = record.item;
        visit.items = record.items;
        visit.count = record.items;
        visit.bytes = record.bytes;
        visit.ordinal = record.ordinal;
        visit.priority = record.priority;
        self.pending.push(Resume {
            slot: child,
            at: t,
            granted: false,
        });
        let began = SimTime(self.visits[slot].entered);
        Some(began + after)
    }
}

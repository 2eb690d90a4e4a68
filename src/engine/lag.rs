//! Copies of a database that lag: writes that they have to do again, and reads that come
//! before that; and writes that are on their way to another region.
//!
//! Only the first key of a visit counts. A visit without a key finds no old answers.

use super::replication::Replication;
use super::visit::NO_INSTANCE;
use crate::metrics::recorder::LookUps;
use crate::model::Lagging;
use crate::units::SimTime;

impl Replication<'_> {
    /// Notes a write, that a copy has done it again, or a read of a copy.
    pub(super) fn lag(&mut self, slot: u32, what: Lagging) {
        let visit = &self.visits[slot];
        let (node, began, key) = (self.node_of(slot), SimTime(visit.entered), visit.key);
        if what == Lagging::Sent {
            return self.afar.send(node, began, key);
        }
        if what == Lagging::Arrived {
            return self.afar.arrive(node, began, key);
        }
        if visit.item == 0 || visit.instance == NO_INSTANCE {
            return;
        }
        let (item, entered) = (visit.item, SimTime(visit.entered));
        // Instance 0 is the primary.
        let copy = u32::from(visit.instance).saturating_sub(1);
        let key = (self.node_of(slot), item);
        match what {
            Lagging::Written(copies) => self.behind.write(key, copies),
            Lagging::Applied => self.behind.apply(key, copy),
            Lagging::Sent | Lagging::Arrived => unreachable!("both have been dealt with"),
            Lagging::Read => {
                if self.behind.is_behind(key, copy) {
                    let row = self.row_of(slot);
                    let stale = LookUps {
                        stale: 1,
                        ..LookUps::default()
                    };
                    self.recorder.look_ups(row, entered, stale);
                }
            }
        }
    }

    /// A node is lost as a whole: what had not got elsewhere is lost, and what goes on there
    /// is behind nothing.
    pub(super) fn lose_writes(&mut self, node: u32, at: SimTime) {
        let (lost, oldest) = self.afar.lose(node, at);
        self.behind.forget(node);
        let record = &mut self.recorder.recording().nodes[node as usize];
        record.lost_writes += lost;
        record.oldest_lost = record.oldest_lost.max(oldest);
    }
}

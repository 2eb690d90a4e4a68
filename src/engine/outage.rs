//! Outages: a node is out, so what is inside fails and what comes is refused.

use super::replication::Replication;
use super::visit::flag;
use crate::model::Outcome;
use crate::units::SimTime;

impl Replication<'_> {
    /// A node goes out, or comes back.
    pub(super) fn outage(&mut self, id: u32, begins: bool, at: SimTime) {
        let node = self.model.control.outages[id as usize].node;
        let out = &mut self.globals.out[node as usize];
        if !begins {
            *out -= 1;
            return;
        }
        *out += 1;
        self.fail_inside(node, at);
    }

    /// Ends everything that is at a node as failed.
    ///
    /// Those in lines go first, so that no server that becomes free is given to one of them.
    fn fail_inside(&mut self, node: u32, at: SimTime) {
        let inside: Vec<(u32, u32)> = self
            .visits
            .slots()
            .filter(|&slot| self.is_inside(slot, node))
            .map(|slot| (slot, self.visits.extra[slot as usize].life))
            .collect();
        let waits = |one: &Replication<'_>, slot: u32| one.visits[slot].flags & flag::WAITING != 0;
        let (waiting, others): (Vec<_>, Vec<_>) =
            inside.into_iter().partition(|&(slot, _)| waits(self, slot));
        for (slot, _) in waiting {
            self.leave_line(slot, at, Outcome::Failed);
        }
        for (slot, life) in others {
            // The end of one may have been that of another.
            if self.visits.extra[slot as usize].life != life || !self.is_inside(slot, node) {
                continue;
            }
            self.break_off(slot, at);
            let extra = &self.visits.extra[slot as usize];
            if extra.running > 0 {
                self.close_join(slot);
            }
            self.leave_now(slot, at, Outcome::Failed);
        }
    }

    /// Whether a visit is at a node: it has come, and not ended.
    fn is_inside(&self, slot: u32, node: u32) -> bool {
        const NOT: u16 = flag::ROOT | flag::FRESH | flag::ENDED | flag::LOST;
        let visit = &self.visits[slot];
        visit.flags & flag::LIVE != 0 && visit.flags & NOT == 0 && self.node_of(slot) == node
    }
}

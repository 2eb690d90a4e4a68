//! Outages: a node is out, so what is inside fails and what comes is refused.
//!
//! If only some of its copies are, a visit is refused where a rule places it
//! (`Partition::guarded`); one that has not been placed yet goes on until then.

use super::replication::Replication;
use super::visit::flag;
use crate::model::Outcome;
use crate::model::control::Outage;
use crate::units::SimTime;

impl Replication<'_> {
    /// A node goes out, or comes back.
    pub(super) fn outage(&mut self, id: u32, begins: bool, at: SimTime) {
        let outage = &self.model.control.outages[id as usize];
        let out = &mut self.globals.out[outage.node as usize];
        let out = &mut out[usize::from(outage.first.is_some())];
        if !begins {
            *out -= 1;
            return;
        }
        *out += 1;
        let first = outage.first;
        let node = outage.node;
        self.fail_inside(
            node,
            &|instance| first.is_none_or(|first| instance < first),
            at,
        );
        if outage.first.is_none() {
            self.lose_writes(outage.node, at);
        }
    }

    /// Whether a visit was placed at a copy that is out while others go on.
    pub(super) fn is_placed_out(&self, slot: u32) -> bool {
        let node = self.node_of(slot);
        let out = self.globals.out.get(node as usize);
        out.is_some_and(|[_, some]| *some > 0)
            && self.model.control.outages.iter().any(|outage| {
                outage.node == node && outage.first.is_some() && self.is_at(slot, outage)
            })
    }

    /// Whether a visit is at a copy that an outage is about.
    fn is_at(&self, slot: u32, outage: &Outage) -> bool {
        let instance = u32::from(self.visits[slot].instance);
        outage.first.is_none_or(|first| instance < first)
    }

    /// Ends everything that is at what goes out as failed: at some copies of a node.
    ///
    /// Those in lines go first, so that no server that becomes free is given to one of them.
    pub(super) fn fail_inside(&mut self, node: u32, out: &dyn Fn(u32) -> bool, at: SimTime) {
        let inside: Vec<(u32, u32)> = self
            .visits
            .slots()
            .filter(|&slot| {
                self.is_inside(slot, node) && out(u32::from(self.visits[slot].instance))
            })
            .map(|slot| (slot, self.visits[slot].life))
            .collect();
        let waits = |one: &Replication<'_>, slot: u32| one.visits[slot].flags & flag::WAITING != 0;
        let (waiting, others): (Vec<_>, Vec<_>) =
            inside.into_iter().partition(|&(slot, _)| waits(self, slot));
        for (slot, _) in waiting {
            self.leave_line(slot, at, Outcome::Failed);
        }
        for (slot, life) in others {
            // The end of one may have been that of another.
            if !self.visits.is_alive(slot, life) || !self.is_inside(slot, node) {
                continue;
            }
            self.break_off(slot, at);
            if self.visits.rare(slot).running > 0 {
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

//! Balancers in the loop: choosing a target, and taking the choice back.

use super::hold::Held;
use super::replication::Replication;
use crate::mechanism::balancer::Balancer;
use crate::model::Model;
use crate::random::{draw, purpose};
use crate::units::SimTime;

/// Makes the balancers of a model, with nothing outstanding.
pub(crate) fn balancers(model: &Model) -> Vec<Balancer> {
    model
        .balancers
        .iter()
        .map(super::convert::balancer)
        .collect()
}

impl Replication<'_> {
    /// Chooses a target and a copy behind it.
    pub(crate) fn choose(&mut self, slot: u32, t: SimTime, balancer: u32) {
        let visit = self.visits[slot];
        let operation = self.tables.code[visit.pc as usize].operation;
        let by_key = draw(u64::from(visit.item), 0x6b65_795f_6861_7368);
        let mut index = 0u8;
        let candidate = self.balancers[balancer as usize].choose(t, by_key, || {
            let address = crate::random::address(visit.hop, purpose::CHOICE, operation, index);
            index = index.wrapping_add(1);
            draw(visit.key, address)
        });
        let this = &mut self.visits[slot];
        (this.target, this.copy) = self.balancers[balancer as usize].place(candidate);
        this.candidate = candidate;
        if super::step::counts_outstanding(self.model.balancers[balancer as usize].policy) {
            // Given back when the reply passes, or when the visit ends because the call did.
            self.hold(slot, t, Held::Choice(balancer, candidate));
        } else {
            self.balancers[balancer as usize].finish(t, candidate);
        }
    }

    /// Takes a choice back: the reply has passed.
    pub(crate) fn unchoose(&mut self, slot: u32, t: SimTime, balancer: u32) {
        let candidate = self.visits[slot].candidate;
        self.drop_held(slot, Held::Choice(balancer, candidate));
        self.balancers[balancer as usize].finish(t, candidate);
    }
}

//! Asking a name: which resolver, what it answers, and where that leads.

use super::placement::partition_of;
use super::replication::Replication;
use crate::mechanism::resolver::Resolvers;
use crate::metrics::recorder::LookUps;
use crate::model::Model;
use crate::random::purpose;
use crate::units::SimTime;

/// Makes the resolvers of a model, which hold nothing yet.
pub(super) fn resolvers(model: &Model) -> Vec<Resolvers> {
    let all = model.resolvers.iter();
    all.map(|one| Resolvers::new(one.count, one.ttl)).collect()
}

impl Replication<'_> {
    /// Asks one of the resolvers, any of them, and goes on as it says: at a branch if it had
    /// to ask for that, behind the first operation of the branch if it held the answer.
    pub(super) fn ask_resolver(&mut self, slot: u32, t: SimTime, resolvers: u32, split: u32) {
        let model = self.model;
        let branches = &model.splits[split as usize].branches;
        let word = self.word(slot, purpose::SPLIT, 0);
        let count = self.resolvers[resolvers as usize].count();
        let which = partition_of(self.word(slot, purpose::PICK, 0), count);
        let (answer, held) = self.resolvers[resolvers as usize].ask(t, which, || {
            let chosen = branches.iter().position(|(below, _)| word < *below);
            chosen.unwrap_or(branches.len() - 1) as u32
        });
        let row = self.row_of(slot);
        let entered = SimTime(self.visits[slot].entered);
        let look_ups = LookUps {
            hits: u64::from(held),
            misses: u64::from(!held),
            ..LookUps::default()
        };
        self.recorder.look_ups(row, entered, look_ups);
        self.visits[slot].pc = branches[answer as usize].1 + u32::from(held);
    }
}

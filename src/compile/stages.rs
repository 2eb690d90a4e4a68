//! Stages: steps of which each may hold a server of its own, from its beginning to its end.
//!
//! A visit gives the server of a stage back before it goes on to the next one, for which it
//! waits with none. A stage that ends badly ends the visit, and the server is free.

use super::writer::Writer;
use crate::component::build::Build;
use crate::component::{Ask, GroupId};
use crate::model::Op;

impl Writer<'_> {
    /// Returns how many stages a node has for what is asked: the flow's steps, or else its links.
    pub(super) fn stages_of(&self, ask: &Ask) -> usize {
        match self.steps_of(ask) {
            Some(steps) => steps.len(),
            None => self.taken(ask).len(),
        }
    }

    /// Writes the stages, each behind some work.
    pub(super) fn write_stages(
        &mut self,
        build: &mut Build,
        ask: &Ask,
        groups: &[GroupId],
        between: u32,
    ) {
        let steps = self.steps_of(ask);
        let links = self.taken(ask);
        for stage in 0..self.stages_of(ask) {
            build.emit(Op::Work { work: between });
            let group = groups.get(stage).map(|group| group.0);
            if let Some(group) = group {
                build.model.groups[group as usize].planned = false;
                build.emit(Op::Seize { group });
            }
            match steps {
                Some(steps) => self.run(build, &steps[stage..=stage], false),
                None => {
                    let (edge, link) = links[stage];
                    self.call_over(build, ask, edge, link);
                }
            }
            if let Some(group) = group {
                build.emit(Op::Release { group });
            }
        }
    }
}

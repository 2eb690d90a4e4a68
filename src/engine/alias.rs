//! Aliases: two versions of a node that take visits side by side, each its share.
//!
//! A deployment moves the share (`deploy`). Which version a visit meets is drawn for it, with
//! an address of its own: shares do not change what others draw.

use super::global::Globals;
use super::replication::Replication;
use crate::model::NONE;
use crate::model::control::Deployment;
use crate::random::purpose;

/// The versions that the visits of a node meet.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Alias {
    /// The version of those to whom no other falls.
    current: u8,
    /// The version that a deployment brings.
    next: u8,
    /// Threshold on a draw: visits below meet `next`.
    pub(super) below: u64,
    /// Whether a deployment is under way.
    pub(super) deploying: bool,
}

impl Globals {
    /// Returns the version that a visit meets, by its draw.
    pub(super) fn version_of(&self, alias: u32, word: u64) -> usize {
        let alias = self.aliases[alias as usize];
        usize::from(match word < alias.below {
            true => alias.next,
            false => alias.current,
        })
    }
}

impl Replication<'_> {
    /// Returns where a visit goes on: at one of several places by weight, or at its version.
    #[inline(never)]
    pub(super) fn branch_of(&self, slot: u32, split: u32) -> u32 {
        let word = self.word(slot, purpose::SPLIT, 0);
        self.branch_at(self.visits[slot].pc, split, word)
    }

    /// Returns where a visit goes on from an operation, by the word that it has drawn.
    pub(super) fn branch_at(&self, pc: u32, split: u32, word: u64) -> u32 {
        let table = &self.model.splits[split as usize];
        let chosen = if table.alias == NONE {
            table.branches.iter().find(|(below, _)| word < *below)
        } else {
            table
                .branches
                .get(self.globals.version_of(table.alias, word))
        };
        let chosen = chosen.or(table.branches.last());
        chosen.map_or(pc + 1, |&(_, target)| target)
    }

    /// Makes the version of a deployment the one that visits are shifted to, of which none is
    /// yet; returns the one that they meet.
    pub(super) fn begin_shifting(&mut self, deployment: &Deployment) -> u8 {
        let alias = &mut self.globals.aliases[deployment.alias as usize];
        alias.next = deployment.version;
        alias.deploying = true;
        alias.current
    }

    /// Lets all visits meet one version.
    pub(super) fn end_shifting(&mut self, deployment: &Deployment, version: u8) {
        self.globals.aliases[deployment.alias as usize] = Alias {
            current: version,
            ..Alias::default()
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::deploy::threshold;

    #[test]
    fn the_share_of_a_draw_decides_the_version() {
        let mut globals = Globals::default();
        globals.aliases.push(Alias {
            current: 2,
            next: 3,
            below: threshold(0.25),
            deploying: true,
        });

        // A quarter of all words, exactly: 2^62 of 2^64.
        assert_eq!(globals.version_of(0, (1 << 62) - 1), 3);
        assert_eq!(globals.version_of(0, 1 << 62), 2);
    }
}

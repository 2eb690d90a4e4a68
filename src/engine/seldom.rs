//! Operations that few models have, apart from the interpreter.
//!
//! One arm of the interpreter leads here, so that they cost no other model an instruction:
//! what stands in `step` decides which registers are left for the rest.

use super::event::Class;
use super::replication::Replication;
use crate::mechanism::held::Standing;
use crate::model::Op;
use crate::units::SimTime;

impl Replication<'_> {
    /// Runs an operation of a visit at its local time, and returns that time afterwards;
    /// `None`: an event was posted for it.
    #[cold]
    #[inline(never)]
    pub(super) fn seldom(&mut self, slot: u32, t: SimTime, granted: bool) -> Option<SimTime> {
        let pc = self.visits[slot].pc;
        let op = self.model.ops[pc as usize];
        if let Op::Earlier {
            time,
            other,
            target,
        } = op
        {
            return Some(self.earlier(slot, t, (time, other), target));
        }
        if let Op::Tell { link } = op {
            self.tell(slot, t, link);
            self.visits[slot].pc = pc + 1;
            return Some(t);
        }
        if let Op::Fits { size, target } = op {
            let fits = self.fits(slot, size);
            self.visits[slot].pc = if fits { pc + 1 } else { target };
            return Some(t);
        }
        if !self.reach(slot, t, Class::Arrival, granted) {
            return None;
        }
        #[allow(
            clippy::wildcard_enum_match_arm,
            reason = "the interpreter's match names what comes here"
        )]
        match op {
            Op::Once { memory, known } => {
                let new = self.is_new(slot, t, memory);
                self.visits[slot].pc = if new { pc + 1 } else { known };
                Some(t)
            }
            Op::Held {
                credential,
                old,
                denied,
                ages,
            } => {
                let standing = self.standing(slot, t, credential, ages);
                self.visits[slot].pc = match standing {
                    Standing::Good => pc + 1,
                    Standing::Old => old,
                    Standing::Denied => denied,
                };
                Some(t)
            }
            Op::Hold { credential, read } => {
                self.take_over(slot, t, credential, read);
                self.visits[slot].pc = pc + 1;
                Some(t)
            }
            Op::Keep { archive, entry } => {
                self.keep(slot, t, archive, entry);
                self.visits[slot].pc = pc + 1;
                Some(t)
            }
            Op::Replay { archive, number } => {
                let next = self.replay(slot, t, archive, number);
                if next.is_none() {
                    self.visits[slot].pc = pc + 1;
                }
                Some(next.unwrap_or(t))
            }
            _ => unreachable!("{op:?} is an operation of the interpreter"),
        }
    }
}

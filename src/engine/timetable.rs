//! The timetable of a replication: what goes wrong in it, and when.
//!
//! What comes again and again is drawn before anything else happens (`model::timetable`), so
//! that balancers can be told beforehand what they will notice (`model::fault`).

use super::replication::Replication;
use crate::model::fault::Faults;
use crate::model::timetable::{MOST_TIMES, times};
use crate::model::{Model, Plan};

/// Lists what goes wrong in a replication; of a fault that comes too often too few times.
pub(super) fn faults(model: &Model, plan: &Plan, number: u32) -> Faults {
    let control = &model.control;
    let mut faults = control.faults.clone();
    for one in &control.recurring {
        for times in times(model, plan, (number, one)) {
            faults.add(&one.faults, times);
        }
    }
    if !control.recurring.is_empty() {
        faults.notice(&control.looks);
    }
    faults
}

impl Replication<'_> {
    /// Refuses a replication in which a fault comes too often to be listed.
    pub(super) fn check_timetable(&mut self) {
        let faults = &self.globals.faults;
        let most = (faults.outages.len())
            .max(faults.impairments.len())
            .max(faults.pauses.len())
            .max(faults.troubles.len())
            .max(faults.flushes.len())
            .max(faults.changes.len());
        if most as u64 >= MOST_TIMES {
            let why = "a fault with `every` comes a million times in a run: let it come less often";
            self.fail(why.to_owned());
        }
    }
}

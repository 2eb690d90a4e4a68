//! The timetable of a replication: what goes wrong in it, and when.
//!
//! What comes again and again is drawn before anything else happens, from a stream that
//! belongs to the fault alone: so it is the same whatever else is in a model, and balancers can
//! be told beforehand what they will notice (`model::fault`). From the start, or the end of the
//! last time, to the next time passes `between`; then it lasts for `length`.

use super::replication::Replication;
use crate::model::fault::{Faults, Recurring};
use crate::model::{Model, Plan};
use crate::random::{ComponentStream, address, component_seed, purpose};
use crate::units::{SimTime, Span};

/// Most times that one fault comes in a replication.
const MOST_TIMES: u64 = 1_000_000;

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

/// Draws when a fault comes, and when it is over, for as long as a run may last.
fn times(
    model: &Model,
    plan: &Plan,
    (number, one): (u32, &Recurring),
) -> impl Iterator<Item = (SimTime, SimTime)> {
    let seed = component_seed(plan.seed, u64::from(number), one.hash, purpose::FAULT);
    let mut stream = ComponentStream::new(seed);
    // A run goes on for as long again at most, and a check longer.
    let end = SimTime(plan.horizon.0.saturating_mul(2)) + Span(plan.horizon.0 / 32);
    let (between, length) = (one.between, one.length);
    let mut at = SimTime::ZERO;
    let mut nth = 0;
    std::iter::from_fn(move || {
        let mut draw = |law: u32, index: u8| {
            let sampler = model.samplers.get(law as usize)?;
            let place = address(0, purpose::FAULT, 0, index);
            Some(Span(sampler.sample(stream.next_word(), place, nth)))
        };
        let begins = at + draw(between, 0)?;
        at = begins + draw(length, 1).unwrap_or_default();
        nth += 1;
        (begins < end && nth <= MOST_TIMES).then_some((begins, at))
    })
}

impl Replication<'_> {
    /// Refuses a replication in which a fault comes too often to be listed.
    pub(super) fn check_timetable(&mut self) {
        let faults = &self.globals.faults;
        let most = (faults.outages.len())
            .max(faults.impairments.len())
            .max(faults.pauses.len())
            .max(faults.troubles.len())
            .max(faults.flushes.len());
        if most as u64 >= MOST_TIMES {
            let why = "a fault with `every` comes a million times in a run: let it come less often";
            self.fail(why.to_owned());
        }
    }
}

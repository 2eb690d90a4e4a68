//! When what comes again and again comes in a replication.
//!
//! It is drawn before anything else happens, from a stream that belongs to the fault alone: so it
//! is the same whatever else is in a model, and whoever wants to know can draw it again. From the
//! start, or the end of the last time, to the next time passes `between`; then it lasts for
//! `length`.

use super::fault::Recurring;
use super::{Model, Plan};
use crate::random::{ComponentStream, address, component_seed, purpose};
use crate::units::{SimTime, Span};

/// Most times that one fault comes in a replication.
pub const MOST_TIMES: u64 = 1_000_000;

/// Draws when a fault comes, and when it is over, for as long as a run may last.
pub fn times(
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

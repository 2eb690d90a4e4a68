//! Fetching: what the next events are about is looked at before they come.
//!
//! Each event would have to wait for its own to come from memory, or from a slower cache. So the
//! next one's is looked at while the present one runs; with many pending, those of one stretch of
//! time are looked at together, so that the processor waits for all at once. Nothing is changed
//! by that.

use super::event::What;
use super::journey::Journeys;
use super::queue::{Event, EventQueue};
use super::visit::Visits;

/// With fewer events pending, what they are about mostly lies in the processor's caches: the next
/// one is enough.
///
/// CHOICE: two lines of 64 bytes each, and two that they lead to, make a megabyte, which is a
/// second-level cache.
const MANY: usize = 1 << 12;

/// So many events at once are worth it.
const FEW: usize = 4;

/// Looks at what the next event is about while the present one runs, and at that of all which the
/// queue has just found to be next, if they are many.
#[inline(always)]
pub(super) fn fetch(queue: &mut EventQueue, visits: &Visits, journeys: &Journeys) {
    if queue.len() >= MANY {
        if let Some(events) = queue.just_opened()
            && events.len() >= FEW
        {
            look_at(events, visits, journeys);
        }
    } else if let Some(next) = queue.next()
        && next.target.what() == What::Journey as u8
    {
        // The compiler must not find out that nobody needs it.
        std::hint::black_box(journeys.touch(next.target.slot()));
    }
}

#[inline(never)]
fn look_at(events: &[Event], visits: &Visits, journeys: &Journeys) {
    let mut seen = 0;
    for event in events {
        let slot = event.target.slot();
        let what = What::from_code(event.target.what());
        if what == What::Journey {
            seen ^= journeys.touch(slot);
        } else if what == What::Resume {
            seen ^= visits[slot].generation ^ visits[slot].live;
        }
    }
    // The compiler must not find out that nobody needs it.
    std::hint::black_box(seen);
}

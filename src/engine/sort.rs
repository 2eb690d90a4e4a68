//! The order of the events that lie in one slot of the queue.
//!
//! Not here: the slots (`queue`).

use super::queue::{Event, TICK, Target};
use crate::units::SimTime;
use std::cmp::Reverse;

/// Up to so many events are sorted without a branch.
///
/// CHOICE: twice as many take four times as long.
const FEW: usize = 8;

/// Sorts the events of a slot, latest first.
///
/// Which of them is later is a matter of chance; where they are few, nothing branches by it.
#[inline(always)]
pub(super) fn sort(events: &mut Vec<Event>) {
    match &mut events[..] {
        [] | [_] => {}
        [first, second] => {
            let both = [*first, *second];
            let later = usize::from(both[0].key() < both[1].key());
            (*first, *second) = (both[later], both[1 - later]);
        }
        // Those of the first tick may be as early as what fills the places up.
        few if few.len() <= FEW && few[0].at.0 >> TICK > 0 => sort_few(events),
        many => sort_many(many),
    }
}

#[inline(never)]
fn sort_many(events: &mut [Event]) {
    events.sort_unstable_by_key(|event| Reverse(event.key()));
}

/// Sorts a few events of one slot, not of the first: each goes to the place that tells how many of
/// them are later.
#[inline(always)]
fn sort_few(events: &mut Vec<Event>) {
    let count = events.len();
    events.extend_from_slice(&PADS[count.min(FEW)..]);
    let Some(all) = events.first_chunk_mut::<FEW>() else {
        unreachable!("so many were put there");
    };
    let before = *all;
    let mut later = [0u8; FEW];
    for one in 1..FEW {
        for other in 0..one {
            later[one] += u8::from(before[other].at > before[one].at);
            later[other] += u8::from(before[one].at > before[other].at);
        }
    }
    let differ = later.iter().sum::<u8>() as usize == FEW * (FEW - 1) / 2;
    if differ {
        for (event, place) in before.iter().zip(later) {
            all[usize::from(place) % FEW] = *event;
        }
    }
    events.truncate(count);
    if !differ {
        // Some happen at the same time.
        sort_many(events);
    }
}

/// What fills up the places of a few events: all of it is before them.
const PADS: [Event; FEW] = {
    let mut pads = [Event {
        at: SimTime::ZERO,
        order: 0,
        target: Target::NONE,
        generation: 0,
    }; FEW];
    let mut index = 0;
    while index < FEW {
        pads[index].at = SimTime(index as u64);
        index += 1;
    }
    pads
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::draw;

    #[test]
    fn few_events_are_sorted_as_many_are() {
        for round in 0..20_000 {
            let count = round % (FEW + 3);
            // From all at once to all apart, in a tick and in a wider slot.
            let apart = 1 << (round / 7 % 20);
            let mut events: Vec<Event> = (0..count as u64)
                .map(|index| event((1 << 30) + draw(round as u64, index) % apart, index ^ 5))
                .collect();
            let mut expected = events.clone();
            expected.sort_by_key(|event| Reverse(event.key()));

            sort(&mut events);

            assert_eq!(events, expected);
        }
    }

    fn event(at: u64, order: u64) -> Event {
        Event {
            at: SimTime(at),
            order,
            target: Target::new(order as u32, 3),
            generation: 0,
        }
    }
}

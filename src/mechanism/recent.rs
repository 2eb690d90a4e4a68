//! Recent: what was said for the first time within a window, so that it counts once.
//!
//! An id is known for the length of the window from when it was first said, however often it
//! is said again meanwhile. Ids are forgotten in the order in which they came, as somebody
//! says something; so it holds at most what came within the last window.
//!
//! Not here: what makes two things the same (`engine::once`).

use std::collections::{HashSet, VecDeque};
use std::hash::{BuildHasherDefault, DefaultHasher};

use crate::units::{SimTime, Span};

/// Ids that were said within a window.
#[derive(Clone, Debug)]
pub struct Recent {
    /// How long an id is known — constant.
    window: Span,
    /// The known ids. Never iterated.
    known: HashSet<u64, BuildHasherDefault<DefaultHasher>>,
    /// The same in order, with when each was first said.
    order: VecDeque<(SimTime, u64)>,
}

impl Recent {
    /// Knows nothing.
    pub fn new(window: Span) -> Recent {
        Recent {
            window,
            known: HashSet::default(),
            order: VecDeque::new(),
        }
    }

    /// Says an id, and returns whether it was new.
    pub fn say(&mut self, now: SimTime, id: u64) -> bool {
        while let Some(&(since, old)) = self.order.front()
            && now.since(since) >= self.window
        {
            self.known.remove(&old);
            self.order.pop_front();
        }
        let new = self.known.insert(id);
        if new {
            self.order.push_back((now, id));
        }
        new
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_known_for_the_window_from_when_it_was_first_said() {
        let mut recent = Recent::new(Span(10));

        let said = [(0, 7), (4, 7), (9, 7), (9, 8), (10, 7), (19, 7), (20, 7)]
            .map(|(at, id)| recent.say(SimTime(at), id));

        // Said again at 4 and 9 it is not known any longer: at 10 it is new, and at 20.
        assert_eq!(said, [true, false, false, true, true, false, true]);
    }

    #[test]
    fn what_is_older_than_the_window_is_forgotten() {
        let mut recent = Recent::new(Span(100));
        for id in 0..10_000 {
            recent.say(SimTime(id), id);
        }

        assert_eq!((recent.known.len(), recent.order.len()), (100, 100));
    }
}

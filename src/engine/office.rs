//! How the parts of one run keep out of each other's past: clocks, letters, a common limit.
//!
//! A part publishes a *clock*: it has handled everything before, and has sent all that
//! follows from it. What a part does at a time reaches another no earlier than the
//! distance between the two later; so a part may run up to the least sum of another's
//! clock and its distance. A part reads the clocks first and takes its letters
//! then: a letter that it does not see yet was sent after the clock that it read, and is
//! for later. Nobody waits for all, except at the *limit*, where the first part (the
//! leader) looks around while the others stand still, and then raises it.
//!
//! The order in which letters are taken shows nowhere: whatever is timed in them goes
//! through the event queue. Not here: what letters say (`letter`), what is decided at
//! the limit (`parts`).

use super::sync::{AtomicBool, AtomicU64, Mutex, Ordering};

/// Later than any clock.
const NEVER: u64 = u64::MAX;

/// A number on a cache line of its own.
#[derive(Debug)]
#[repr(align(128))]
struct Alone(AtomicU64);

/// What letters are carried in.
pub(crate) trait Bag: Default {
    /// Whether it holds no letter.
    fn is_empty(&self) -> bool;

    /// Takes all letters out of another.
    fn take_from(&mut self, other: &mut Self);
}

impl<L> Bag for Vec<L> {
    fn is_empty(&self) -> bool {
        Vec::is_empty(self)
    }

    fn take_from(&mut self, other: &mut Self) {
        self.append(other);
    }
}

/// What the parts of a run share.
#[derive(Debug)]
pub(crate) struct Office<B> {
    clocks: Vec<Alone>,
    /// By receiver, then by sender.
    boxes: Vec<Mutex<B>>,
    /// By receiver, then by sender: what the sender does cannot matter sooner; `NEVER`: at all.
    distances: Vec<u64>,
    limit: Alone,
    over: AtomicBool,
}

impl<B: Bag> Office<B> {
    /// Makes an office for so many parts as the square root of the number of distances.
    pub(crate) fn new(parts: usize, distances: Vec<u64>, limit: u64) -> Office<B> {
        Office {
            clocks: (0..parts).map(|_| Alone(AtomicU64::new(0))).collect(),
            boxes: (0..parts * parts)
                .map(|_| Mutex::new(B::default()))
                .collect(),
            distances,
            limit: Alone(AtomicU64::new(limit)),
            over: AtomicBool::new(false),
        }
    }

    /// Returns the time before which a part has all letters that are in its boxes by now.
    ///
    /// It only looks at clocks, and keeps nobody from sending.
    pub(crate) fn safe(&self, me: usize) -> u64 {
        let parts = self.clocks.len();
        let clocks = self.clocks.iter().zip(&self.distances[me * parts..]);
        // A part's distance to itself is `NEVER`.
        clocks
            .map(|(clock, &distance)| clock.0.load(Ordering::Acquire).saturating_add(distance))
            .fold(NEVER, u64::min)
    }

    /// Takes the letters to a part, and returns the time before which it has all of them.
    pub(crate) fn collect(&self, me: usize, into: &mut B) -> u64 {
        let safe = self.safe(me);
        let parts = self.clocks.len();
        for mailbox in &self.boxes[me * parts..(me + 1) * parts] {
            if let Ok(mut letters) = mailbox.lock() {
                into.take_from(&mut letters);
            }
        }
        safe
    }

    /// Puts letters into a box.
    pub(crate) fn send(&self, me: usize, to: usize, letters: &mut B) {
        if letters.is_empty() {
            return;
        }
        if let Ok(mut mailbox) = self.boxes[to * self.clocks.len() + me].lock() {
            mailbox.take_from(letters);
        }
    }

    /// Says that a part has handled everything before, and sent what follows from it.
    pub(crate) fn publish(&self, me: usize, clock: u64) {
        self.clocks[me].0.store(clock, Ordering::Release);
    }

    /// Returns the time at which all parts stand still.
    pub(crate) fn limit(&self) -> u64 {
        self.limit.0.load(Ordering::Acquire)
    }

    /// Lets the parts go on up to a later time.
    pub(crate) fn raise(&self, limit: u64) {
        self.limit.0.store(limit, Ordering::Release);
    }

    /// Whether all parts have come to the limit, and so have sent all their letters.
    pub(crate) fn all_there(&self) -> bool {
        let limit = self.limit();
        self.clocks
            .iter()
            .all(|clock| clock.0.load(Ordering::Acquire) >= limit)
    }

    /// Ends the run for all parts.
    pub(crate) fn end(&self) {
        self.over.store(true, Ordering::Release);
    }

    /// Whether the run has ended.
    pub(crate) fn is_over(&self) -> bool {
        self.over.load(Ordering::Acquire)
    }
}

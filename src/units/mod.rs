//! Quantities: simulated time as whole nanoseconds, and what people write for it.
//!
//! Durations and instants are newtypes, so that neither can be mistaken for the
//! other or for a count. Parsing (`"12ms"`, `"400/s"`, `"4KiB"`) and printing to
//! three significant digits live in the files beside this one.

pub mod parse;
pub mod show;

use std::ops::{Add, AddAssign, Sub};

/// A point on the simulation clock, in whole nanoseconds since the run began.
///
/// Integer time makes ordering exact. The range is 584 years.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SimTime(pub u64);

/// A length of simulated time, in whole nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span(pub u64);

impl SimTime {
    /// The instant at which every replication starts.
    pub const ZERO: SimTime = SimTime(0);
    /// Later than every instant of a run; stands for “never”.
    pub const NEVER: SimTime = SimTime(u64::MAX);

    /// Returns the time that has passed since `earlier`.
    ///
    /// # Panics
    ///
    /// Panics in debug builds if `earlier` lies in the future: the clock never
    /// runs backwards, so this is a bug in the caller.
    pub fn since(self, earlier: SimTime) -> Span {
        debug_assert!(earlier <= self, "{earlier:?} is later than {self:?}");
        Span(self.0 - earlier.0)
    }

    /// Returns the instant in seconds, for reports.
    pub fn as_seconds(self) -> f64 {
        self.0 as f64 / 1e9
    }
}

impl Span {
    /// No time at all.
    pub const ZERO: Span = Span(0);
    /// Longer than every run; stands for “unlimited”.
    pub const MAX: Span = Span(u64::MAX);

    /// Returns the span nearest to a number of seconds; negative counts as zero.
    pub fn from_seconds(seconds: f64) -> Span {
        Span((seconds * 1e9).round().max(0.0) as u64)
    }

    /// Returns the length in seconds, for reports.
    pub fn as_seconds(self) -> f64 {
        self.0 as f64 / 1e9
    }

    /// Returns the length in milliseconds, for reports.
    pub fn as_milliseconds(self) -> f64 {
        self.0 as f64 / 1e6
    }
}

impl Add<Span> for SimTime {
    type Output = SimTime;
    fn add(self, span: Span) -> SimTime {
        SimTime(self.0.saturating_add(span.0))
    }
}

impl AddAssign<Span> for SimTime {
    fn add_assign(&mut self, span: Span) {
        *self = *self + span;
    }
}

impl Sub<Span> for SimTime {
    type Output = SimTime;
    fn sub(self, span: Span) -> SimTime {
        SimTime(self.0.saturating_sub(span.0))
    }
}

impl Add for Span {
    type Output = Span;
    fn add(self, other: Span) -> Span {
        Span(self.0.saturating_add(other.0))
    }
}

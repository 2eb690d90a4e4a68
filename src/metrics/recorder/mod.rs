//! The recorder: what the loop calls when a visit or a request has ended.
//!
//! Everything about a visit is recorded once, when its end is known: its tally
//! and times in the slice in which it entered, its intervals as areas over the
//! bins that they cover. Nothing is sampled and everything is an integer, so the
//! order of the calls does not matter.
//!
//! `place` finds where an instant lies. Whatever ended well and soon is noted in the
//! `day_book` first; `areas`, `visits` and `requests` take the rest, and `capacity` what
//! comes and goes beside the visits. `books` opens and closes it all.

mod areas;
mod books;
mod capacity;
pub mod day_book;
mod place;
mod requests;
mod series;
mod visits;

pub use areas::Area;
pub use visits::{Departure, LookUps};

use super::hot_keys::HotKeys;
use super::recording::Recording;
use crate::units::SimTime;
use day_book::DayBook;
use place::{Bin, Stretch};
use series::Series;

/// What is counted at one node, and written to its record in the end.
#[derive(Debug)]
struct Desk {
    line: Series,
    busy: Series,
    inside: Series,
    /// First row of the node.
    row: u32,
    /// Visible messages of a queue or log, and since when.
    backlog: (SimTime, u64),
    /// Key → (arrived, throttled), kept small (space saving).
    hot: Option<HotKeys>,
}

/// Records one replication.
#[derive(Debug)]
pub struct Recorder {
    recording: Recording,
    /// Whose the rows are: node and flow.
    rows: Vec<(u32, u32)>,
    desks: Vec<Desk>,
    flow_inside: Vec<Series>,
    day_book: DayBook,
    /// 2^64 / bin width: multiplies instead of divides.
    reciprocal: u64,
    bins: u64,
    /// By bin, and one for the horizon and after.
    table: Vec<Bin>,
    /// Ends of the slices [ns]; the last one never ends.
    ends: Vec<u64>,
    /// The stretches of time that were looked up last, for beginnings and for ends.
    known: [Stretch; 2],
    horizon: u64,
}

impl Recorder {
    /// Whether what enters at this instant counts.
    #[inline]
    pub fn counts(&self, at: SimTime) -> bool {
        at.0 < self.horizon
    }

    /// Returns what has been recorded so far.
    ///
    /// What is noted in the day book only is not in it (`enter_day_book`).
    pub fn books(&self) -> &Recording {
        &self.recording
    }

    /// Gives access to the recording, for what is not counted per visit, call or request.
    pub fn recording(&mut self) -> &mut Recording {
        &mut self.recording
    }
}

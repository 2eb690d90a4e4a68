//! Archive: keeps what passed within some windows of time, in order, for who asks for it later.
//!
//! A replay asks for one window and takes it record by record, at a fixed rate of items. What
//! lies in no window is not kept.
//!
//! Not here: what becomes of a record that is taken (`engine::replay`).

use crate::units::{SimTime, Span};

/// What is asked for: a window, and how fast it is taken.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Window {
    /// First instant of it.
    pub from: SimTime,
    /// First instant behind it, > `from`.
    pub to: SimTime,
    /// Items per second at which it is taken, > 0.
    pub rate_per_s: f64,
}

/// One record, with what its reader needs to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kept {
    /// When it passed.
    pub at: SimTime,
    /// Items in it, ≥ 1.
    pub items: u32,
    /// Sum of their sizes [bytes].
    pub bytes: u64,
    /// Addresses its draws.
    pub key: u64,
    /// Addresses them too, from the names at the call.
    pub hop: u32,
    /// Number of the request at its source.
    pub ordinal: u64,
    /// The data key in force.
    pub item: u32,
    /// Priority 0..=9.
    pub priority: u8,
    /// First operation of what is done with it.
    pub entry: u32,
}

/// Records of the windows that will be asked for.
#[derive(Clone, Debug)]
pub struct Archive {
    windows: Vec<Window>,
    /// In order of time.
    kept: Vec<Kept>,
    /// Per window: records taken so far, and their items.
    taken: Vec<(usize, u64)>,
}

impl Archive {
    /// Keeps nothing yet.
    pub fn new(windows: Vec<Window>) -> Archive {
        Archive {
            kept: Vec::new(),
            taken: vec![(0, 0); windows.len()],
            windows,
        }
    }

    /// Keeps a record if a window needs it.
    ///
    /// # Panics
    ///
    /// Panics in debug builds if a later record has been kept already.
    pub fn keep(&mut self, record: Kept) {
        debug_assert!(
            self.kept.last().is_none_or(|last| last.at <= record.at),
            "records come in order of time"
        );
        let inside = |window: &Window| window.from <= record.at && record.at < window.to;
        if self.windows.iter().any(inside) {
            self.kept.push(record);
        }
    }

    /// Takes the next record of a window, and returns how long after the first one comes the
    /// one behind it.
    pub fn take(&mut self, window: usize) -> Option<(Kept, Span)> {
        let Window {
            from,
            to,
            rate_per_s,
        } = self.windows[window];
        let start = self.kept.partition_point(|record| record.at < from);
        let (records, items) = &mut self.taken[window];
        let record = *self.kept.get(start + *records)?;
        if record.at >= to {
            return None;
        }
        *records += 1;
        *items += u64::from(record.items);
        let after = *items as f64 * 1e9 / rate_per_s;
        Some((record, Span(after.round() as u64)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(at: u64, items: u32) -> Kept {
        Kept {
            at: SimTime(at),
            items,
            bytes: 1024,
            key: at,
            hop: 0,
            ordinal: at,
            item: 0,
            priority: 5,
            entry: 0,
        }
    }

    fn window(from: u64, to: u64) -> Window {
        Window {
            from: SimTime(from),
            to: SimTime(to),
            rate_per_s: 1e8,
        }
    }

    #[test]
    fn a_window_is_taken_in_order_at_its_rate_and_each_window_by_itself() {
        let mut archive = Archive::new(vec![window(10, 20), window(15, 30)]);
        for at in [5, 10, 12, 16, 20, 29, 30] {
            archive.keep(record(at, if at == 12 { 3 } else { 1 }));
        }

        let mut taken = |window| {
            std::iter::from_fn(|| archive.take(window))
                .map(|(record, after)| (record.at.0, after.0))
                .collect::<Vec<_>>()
        };

        // An item every 10 ns: one, then three, then one.
        assert_eq!(taken(0), [(10, 10), (12, 40), (16, 50)]);
        assert_eq!(taken(1), [(16, 10), (20, 20), (29, 30)]);
        assert_eq!(archive.kept.len(), 5, "what no window needs is not kept");
    }
}

//! Where an instant lies: its bin and slice, found once and used for everything that counts there.
//!
//! Most instants lie where the last one lay, so the stretch of time around it is kept.

use super::Recorder;
use crate::units::SimTime;

/// Where an instant lies: looked up once, used for everything that counts there.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Place {
    pub(super) bin: usize,
    pub(super) slice: usize,
}

/// Instants with one place.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Stretch {
    pub(super) from: u64,
    pub(super) length: u64,
    pub(super) place: Place,
}

impl Stretch {
    /// Whether both ends of an interval lie in it.
    #[inline(always)]
    pub(super) fn holds(&self, from: u64, to: u64) -> bool {
        (from.wrapping_sub(self.from) < self.length) & (to.wrapping_sub(self.from) < self.length)
    }
}

/// Which of the stretches looked up last an instant is compared with.
#[derive(Clone, Copy)]
pub(super) enum Side {
    Begin = 0,
    End = 1,
}

/// What is known of a bin beforehand.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bin {
    /// Slice in which it begins.
    pub(super) slice: u32,
    /// Point of the timeline that it belongs to.
    pub(super) interval: u32,
}

impl Recorder {
    /// Returns the slice of an instant.
    #[inline]
    pub fn slice(&mut self, at: SimTime) -> usize {
        self.place(at.0, Side::Begin).slice
    }

    /// Returns bin and slice of an instant; the bin is `bins` from the horizon on.
    ///
    /// Most beginnings lie where the last one lay, and so do most ends.
    #[inline(always)]
    pub(super) fn place(&mut self, at: u64, side: Side) -> Place {
        let known = &self.known[side as usize];
        if at.wrapping_sub(known.from) < known.length {
            return known.place;
        }
        self.find_place(at, side)
    }

    #[cold]
    fn find_place(&mut self, at: u64, side: Side) -> Place {
        let stretch = self.stretch(at);
        self.known[side as usize] = stretch;
        stretch.place
    }

    /// Returns the bin and slice in which an instant lies, and from when to when they last.
    pub(super) fn stretch(&self, at: u64) -> Stretch {
        let bin_ns = self.recording.bin_ns;
        let guess = ((u128::from(at) * u128::from(self.reciprocal)) >> 64) as u64;
        // The reciprocal is rounded down, so the guess may be one too small.
        let bin = (guess + u64::from(at >= (guess + 1) * bin_ns)).min(self.bins);
        let mut slice = self.table[bin as usize].slice as usize;
        while at >= self.ends[slice] {
            slice += 1;
        }
        let place = Place {
            bin: bin as usize,
            slice,
        };
        let from = self.recording.slices[slice].0.max(bin * bin_ns);
        let end = if bin == self.bins {
            u64::MAX
        } else {
            self.ends[slice].min((bin + 1) * bin_ns)
        };
        Stretch {
            from,
            length: end - from,
            place,
        }
    }
}

//! Intervals that are added up: over the bins of a series, and over the slices of a record.

/// One interval series of a node: partly covered bins directly, whole ones by differences.
#[derive(Clone, Debug, Default)]
pub(super) struct Series {
    pub(super) part: Vec<u64>,
    pub(super) whole: Vec<i32>,
}

impl Series {
    pub(super) fn new(bins: usize) -> Series {
        Series {
            part: vec![0; bins + 1],
            whole: vec![0; bins + 2],
        }
    }

    /// Returns the area per bin.
    pub(super) fn areas(&self, bins: usize, bin_ns: u64) -> Vec<u64> {
        let mut covering = 0i64;
        (0..bins)
            .map(|bin| {
                covering += i64::from(self.whole[bin]);
                self.part[bin] + covering.unsigned_abs() * bin_ns
            })
            .collect()
    }
}

/// Hands out [from, to) slice by slice, `from` and `to` with their slices.
#[cold]
pub(super) fn spread(
    ends: &[u64],
    (from, first): (u64, usize),
    (to, last): (u64, usize),
    mut add: impl FnMut(usize, u64),
) {
    let mut begin = from;
    for (slice, end) in ends.iter().enumerate().take(last + 1).skip(first) {
        let end = to.min(*end);
        add(slice, end - begin);
        begin = end;
    }
}

/// Adds [from, to) to a series, both ends with their bins.
#[inline(always)]
pub(super) fn cover(
    series: &mut Series,
    (first, last): (usize, usize),
    (from, to): (u64, u64),
    bin_ns: u64,
) {
    if first == last {
        series.part[first] += to - from;
    } else {
        series.part[first] += (first as u64 + 1) * bin_ns - from;
        series.part[last] += to - last as u64 * bin_ns;
        series.whole[first + 1] += 1;
        series.whole[last] -= 1;
    }
}

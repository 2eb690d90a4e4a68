//! Log-linear cells: the loop's histogram, one increment a value.
//!
//! Values below 2^bits have a cell each; every octave above has 2^(bits−1)
//! cells, so the relative error is at most 2^−(bits−1). Octaves are pages, made
//! when the first value falls into them, so an idle recorder costs nothing.

/// A growable log-linear histogram of `u64` values.
#[derive(Clone, Debug, Default)]
pub struct Cells {
    /// Cells per octave are 2^(bits−1).
    bits: u32,
    /// Page 0 holds values below 2^bits; page e holds [2^(bits+e−1), 2^(bits+e)).
    pages: Vec<Vec<u32>>,
}

/// Two significant digits: relative error at most 1/128 (nodes).
pub const TWO_DIGITS: u32 = 8;
/// Three significant digits: relative error at most 1/1024 (flows).
pub const THREE_DIGITS: u32 = 11;

impl Cells {
    /// Makes an empty histogram with 2^(bits−1) cells per octave.
    pub fn new(bits: u32) -> Cells {
        Cells {
            bits,
            pages: Vec::new(),
        }
    }

    /// Counts one value.
    #[inline]
    pub fn record(&mut self, value: u64) {
        let (page, cell) = self.locate(value);
        if let Some(count) = self.pages.get_mut(page).and_then(|page| page.get_mut(cell)) {
            *count += 1;
            return;
        }
        self.grow(page);
        self.pages[page][cell] += 1;
    }

    #[cold]
    fn grow(&mut self, page: usize) {
        if self.pages.len() <= page {
            self.pages.resize(page + 1, Vec::new());
        }
        let cells = if page == 0 {
            1usize << self.bits
        } else {
            1usize << (self.bits - 1)
        };
        self.pages[page] = vec![0; cells];
    }

    #[inline]
    fn locate(&self, value: u64) -> (usize, usize) {
        let page = (64 - value.leading_zeros()).saturating_sub(self.bits);
        if page == 0 {
            return (0, value as usize);
        }
        let cell = (value >> page) as usize - (1usize << (self.bits - 1));
        (page as usize, cell)
    }

    /// Visits all cells that hold something, in ascending order: (least value, greatest value, count).
    pub fn for_each(&self, mut visit: impl FnMut(u64, u64, u64)) {
        for (page, cells) in self.pages.iter().enumerate() {
            for (cell, &count) in cells.iter().enumerate() {
                if count > 0 {
                    let (low, width) = if page == 0 {
                        (cell as u64, 1)
                    } else {
                        (
                            (cell as u64 + (1u64 << (self.bits - 1))) << page,
                            1u64 << page,
                        )
                    };
                    visit(low, low + (width - 1), u64::from(count));
                }
            }
        }
    }

    /// Adds the counts of another histogram with the same number of digits.
    pub fn merge(&mut self, other: &Cells) {
        if self.bits == 0 {
            self.bits = other.bits;
        }
        debug_assert!(other.bits == 0 || self.bits == other.bits);
        for (page, cells) in other.pages.iter().enumerate() {
            if cells.is_empty() {
                continue;
            }
            if self.pages.get(page).is_none_or(Vec::is_empty) {
                self.grow(page);
            }
            for (mine, theirs) in self.pages[page].iter_mut().zip(cells) {
                *mine = mine.saturating_add(*theirs);
            }
        }
    }
}

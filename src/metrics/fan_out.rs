//! What fan-outs leave behind: posts, and when their recipients had them.
//!
//! A post counts in the slice in which its request arrived, and so do all of its
//! deliveries. Deliveries are counted by pages, up to 10⁸ at a time, so that their
//! histogram holds 64-bit counts.

use super::recording::Times;
use hdrhistogram::Histogram;

/// Significant digits of delivery latencies.
const DIGITS: u8 = 3;
/// Beginnings of the classes of authors by followers; each ends where the next begins.
pub const BUCKETS: [u64; 6] = [0, 1_000, 10_000, 100_000, 1_000_000, 10_000_000];

/// Exact count, sums and range of a duration that is counted in bulk.
#[derive(Clone, Debug)]
pub struct BulkTimes {
    /// Number of values.
    pub count: u64,
    /// Sum [ns].
    pub sum: u128,
    /// Sum of squares [ns²].
    pub squares: u128,
    /// Greatest [ns].
    pub max: u64,
    /// Cells of all values.
    pub cells: Histogram<u64>,
}

impl Default for BulkTimes {
    fn default() -> BulkTimes {
        let Ok(cells) = Histogram::new(DIGITS) else {
            unreachable!("digits are a constant between 0 and 5");
        };
        BulkTimes {
            count: 0,
            sum: 0,
            squares: 0,
            max: 0,
            cells,
        }
    }
}

impl BulkTimes {
    /// Adds the durations of another record.
    pub fn add(&mut self, other: &BulkTimes) {
        self.count += other.count;
        self.sum += other.sum;
        self.squares += other.squares;
        self.max = self.max.max(other.max);
        let added = self.cells.add(&other.cells);
        debug_assert!(
            added.is_ok(),
            "an auto-resizing histogram takes every value"
        );
    }

    /// Returns the durations that were counted since an earlier state of this record. The
    /// greatest of them is known to within its cell.
    pub fn since(&self, earlier: &BulkTimes) -> BulkTimes {
        let mut cells = self.cells.clone();
        let taken = cells.subtract(&earlier.cells);
        debug_assert!(taken.is_ok(), "an earlier state holds no more");
        BulkTimes {
            count: self.count - earlier.count,
            sum: self.sum - earlier.sum,
            squares: self.squares - earlier.squares,
            max: cells.max(),
            cells,
        }
    }

    /// Counts so many equal durations [ns].
    pub fn record(&mut self, value: u64, count: u64) {
        self.count += count;
        self.sum += u128::from(value) * u128::from(count);
        self.squares += u128::from(value) * u128::from(value) * u128::from(count);
        self.max = self.max.max(value);
        // The histogram grows to any u64; only its memory could fail it.
        let recorded = self.cells.record_n(value, count);
        debug_assert!(
            recorded.is_ok(),
            "an auto-resizing histogram takes every value"
        );
    }
}

/// What a fan-out counted for authors of one class.
#[derive(Clone, Debug, Default)]
pub struct BucketRecord {
    /// Posts.
    pub posts: u64,
    /// Deliveries.
    pub delivered: u64,
    /// Time until the last recipient had it.
    pub last: Times,
}

/// What a fan-out counted for posts of one slice.
#[derive(Clone, Debug, Default)]
pub struct FanOutSlice {
    /// Posts.
    pub posts: u64,
    /// Of those, left to be pulled.
    pub pulled: u64,
    /// Recipients of all posts that were pushed.
    pub recipients: u64,
    /// Recipients who have their post.
    pub delivered: u64,
    /// Recipients who had a post in this slice, whenever it was made.
    pub reached: u64,
    /// Recipients who never will.
    pub dropped: u64,
    /// Recipients who did not yet when the run ended.
    pub inside: u64,
    /// Deliveries to recipients who had it already.
    pub duplicates: u64,
    /// Per post: time until the first recipient had it.
    pub first: Times,
    /// Per post: time until half of its recipients had it.
    pub reach_50: Times,
    /// Per post: time until 99 % of its recipients had it.
    pub reach_99: Times,
    /// Per post: time until the last recipient that got it had it.
    pub last: Times,
    /// Over all deliveries: time from the post.
    pub delivery: BulkTimes,
    /// By class of followers, as `BUCKETS`.
    pub buckets: [BucketRecord; BUCKETS.len()],
    /// Reads, by the slice in which their request arrived.
    pub reads: u64,
    /// Accounts pulled by them.
    pub pulls: u64,
    /// Per read: age of the oldest post that the reader was to have and had not; 0 if none.
    pub staleness: Times,
}

/// What a fan-out counted.
#[derive(Clone, Debug, Default)]
pub struct FanOutRecord {
    /// By slice of the post.
    pub slices: Vec<FanOutSlice>,
    /// Most recipients at once who were to get a post and had not.
    pub backlog_max: u64,
    /// Those at the end of the run.
    pub backlog_end: u64,
    /// When the backlog was last empty after having been filled [ns].
    pub drained: Option<u64>,
    /// Area of those who were to get a post and had not, per bin [recipient × ns].
    pub backlog: Vec<u128>,
}

impl FanOutSlice {
    /// Makes an empty record with cells of three digits.
    pub fn new() -> FanOutSlice {
        let times = || Times::new(super::cells::THREE_DIGITS);
        FanOutSlice {
            first: times(),
            reach_50: times(),
            reach_99: times(),
            last: times(),
            staleness: times(),
            buckets: std::array::from_fn(|_| BucketRecord {
                last: times(),
                ..BucketRecord::default()
            }),
            ..FanOutSlice::default()
        }
    }
}

/// Returns the class of an author with so many followers.
pub fn bucket(followers: u64) -> usize {
    BUCKETS.partition_point(|&from| from <= followers).max(1) - 1
}

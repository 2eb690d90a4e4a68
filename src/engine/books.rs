//! Metrics that are read off the books of a run: what they say more at the end of a period
//! than at its beginning.
//!
//! Nothing is noted for them as it happens, so that what nobody watches costs nothing. All
//! that happened before a global event is in the books, and nothing that comes after it.

use super::replication::Replication;
use crate::mechanism::log::Log;
use crate::metrics::recording::{LinkSlice, RowSlice, Times};
use crate::metrics::watch::Tallies;
use crate::model::control::{Book, BookedTime, Count, Reading, Watch, Whom};
use crate::units::SimTime;

/// What the books say of a metric, from time zero on.
#[derive(Clone, Debug, Default)]
pub(super) struct Account {
    /// How many.
    count: u64,
    /// Of how many.
    among: u64,
    times: Times,
}

impl Replication<'_> {
    /// Returns the value of a metric in the period that ends now, and what the books say now.
    pub(super) fn read_books(
        &self,
        watch: &Watch,
        book: Book,
        before: &Account,
        at: SimTime,
    ) -> (Option<f64>, Account) {
        match book {
            Book::Line => (
                Some(self.messages_waiting(watch.whom, at)),
                Account::default(),
            ),
            Book::Counted(what, reading) => {
                let account = self.counted(watch.whom, what);
                let count = (account.count - before.count) as f64;
                let among = (account.among - before.among) as f64;
                let value = match reading {
                    Reading::Count => Some(count),
                    Reading::Share => (among > 0.0).then(|| count / among),
                    Reading::PerSecond | Reading::PerSecondAndCopy => {
                        Some(count / watch.period.as_seconds())
                    }
                };
                (value, account)
            }
            Book::Timed(what, statistic) => {
                let account = Account {
                    times: self.timed(watch.whom, what),
                    ..Account::default()
                };
                let during = Tallies {
                    times: account.times.since(&before.times),
                    ..Tallies::new()
                };
                (during.time(statistic), account)
            }
        }
    }

    /// Returns how many of something there were so far.
    fn counted(&self, whom: Whom, what: Count) -> Account {
        let mut account = Account::default();
        let mut add = |count: u64, among: u64| {
            account.count += count;
            account.among += among;
        };
        match whom {
            Whom::Flow(flow) => {
                for slice in &self.recorder.books().flows[flow as usize].slices {
                    add(slice.attempts, slice.tally.arrived);
                }
            }
            Whom::Link(link) => {
                for slice in self.slices_of_link(link) {
                    let ended = (0u8..).zip(slice.tally.left);
                    match what {
                        Count::Ended(which) => {
                            let counted = ended.clone().filter(|(how, _)| which & (1 << how) != 0);
                            let all = ended.map(|(_, count)| count).sum();
                            add(counted.map(|(_, count)| count).sum(), all);
                        }
                        Count::Arrived => add(slice.tally.arrived, slice.tally.arrived),
                        Count::Attempts | Count::Hits | Count::ColdStarts | Count::DeadLettered => {
                            add(slice.attempts, slice.tally.arrived)
                        }
                    }
                }
            }
            Whom::Node(node) if what == Count::DeadLettered => {
                let queue = self.model.nodes[node as usize].queue;
                let queue = self.queues.get(queue as usize);
                let queue = queue.map_or(0, |queue| queue.tally().dead_lettered);
                add(
                    queue + self.recorder.books().nodes[node as usize].given_up,
                    0,
                );
            }
            Whom::Node(node) => {
                for slice in self.slices_of_node(node) {
                    match what {
                        Count::Hits => {
                            let all = slice.hits + slice.misses + slice.joined;
                            add(slice.hits, all);
                        }
                        Count::ColdStarts => add(slice.cold_starts, slice.tally.arrived),
                        Count::Attempts
                        | Count::Ended(_)
                        | Count::Arrived
                        | Count::DeadLettered => add(slice.tally.arrived, slice.tally.arrived),
                    }
                }
            }
        }
        account
    }

    /// Returns the times of something so far.
    fn timed(&self, whom: Whom, what: BookedTime) -> Times {
        let mut times = Times::default();
        let books = self.recorder.books();
        match (whom, what) {
            (Whom::Flow(flow), _) => {
                let slices = books.flows[flow as usize].slices.iter();
                slices.for_each(|slice| times.add(&slice.settled));
            }
            (Whom::Link(link), _) => {
                let slices = self.slices_of_link(link);
                slices.for_each(|slice| times.add(&slice.latency));
            }
            (Whom::Node(node), BookedTime::IteratorAge) => {
                let ages = books.nodes[node as usize].iterator_age.iter();
                ages.for_each(|age| times.add(age));
            }
            (Whom::Node(node), BookedTime::Service | BookedTime::Settled | BookedTime::Latency) => {
                let slices = self.slices_of_node(node);
                slices.for_each(|slice| times.add(&slice.service));
            }
        }
        times
    }

    /// Returns the messages of a queue or log that nobody has taken yet; of a log those of
    /// the consumer group that has most of them.
    fn messages_waiting(&self, whom: Whom, at: SimTime) -> f64 {
        let Whom::Node(node) = whom else {
            return 0.0;
        };
        let this = &self.model.nodes[node as usize];
        if let Some(queue) = self.queues.get(this.queue as usize) {
            debug_assert!(queue.next_at() >= at, "what time does to it has been done");
            return queue.visible() as f64;
        }
        let log = self.logs.get(this.log as usize);
        log.map_or(0, Log::most_waiting) as f64
    }

    fn slices_of_node(&self, node: u32) -> impl Iterator<Item = &RowSlice> {
        let rows = self.model.rows.iter().zip(&self.recorder.books().rows);
        let rows = rows.filter(move |(row, _)| row.node == node);
        rows.flat_map(|(_, record)| &record.slices)
    }

    fn slices_of_link(&self, link: u32) -> impl Iterator<Item = &LinkSlice> {
        self.recorder.books().links[link as usize].slices.iter()
    }
}

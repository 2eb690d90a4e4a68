//! Metrics that are read off the books of a run: what they say more at the end of a period
//! than at its beginning.
//!
//! Nothing is noted for them as it happens, so that what nobody watches costs nothing. All
//! that happened before a global event is in the books, and nothing that comes after it.

use super::replication::Replication;
use crate::mechanism::log::Log;
use crate::metrics::counts::{Part, tally_so_far};
use crate::metrics::distribution::Distribution;
use crate::metrics::fan_out::BulkTimes;
use crate::metrics::recording::{LinkSlice, RowSlice, Tally, Times};
use crate::metrics::watch::Tallies;
use crate::model::control::{
    Book, BookedTime, Count, FanOutCount, LinkCount, NodeCount, Reading, Watch, Whom,
};
use crate::units::SimTime;

/// What the books say of a metric, from time zero on.
#[derive(Clone, Debug, Default)]
pub(super) struct Account {
    /// How many.
    count: u64,
    /// Of how many.
    among: u64,
    times: Times,
    /// Times of deliveries, which are counted in bulk.
    bulk: Option<Box<BulkTimes>>,
    /// Units of all that is paid for, and requests of all flows.
    pub(super) charged: (Vec<f64>, u64),
}

impl Account {
    /// Notes what has been used of all that is paid for, and the requests that there were.
    pub(super) fn of_charges(used: Vec<f64>, requests: u64) -> Account {
        Account {
            charged: (used, requests),
            ..Account::default()
        }
    }
}

/// Significant digits of a share of times.
const DIGITS: u8 = 3;

/// Reads a count of a period, of so many.
fn read(watch: &Watch, reading: Reading, count: f64, among: f64) -> Option<f64> {
    match reading {
        Reading::Count => Some(count),
        Reading::Share => (among > 0.0).then(|| count / among),
        Reading::PerSecond | Reading::PerSecondAndCopy => Some(count / watch.period.as_seconds()),
    }
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
                let (count, among) = self.counted(watch.whom, what);
                let account = Account {
                    count,
                    among,
                    ..Account::default()
                };
                let count = (account.count - before.count) as f64;
                let among = (account.among - before.among) as f64;
                (read(watch, reading, count, among), account)
            }
            Book::Within(bound_ns, reading) => {
                let mut account = Account::default();
                if let Whom::Flow(flow) = watch.whom {
                    for slice in &self.recorder.books().flows[flow as usize].slices {
                        account.times.add(&slice.latency);
                        account.times.add(&slice.at_once);
                        account.among += slice.tally.arrived;
                    }
                }
                let during = account.times.since(&before.times);
                let within = Distribution::of([&during].into_iter(), DIGITS);
                let count = (during.count as f64 * within.share_at_most(bound_ns)).round();
                let among = (account.among - before.among) as f64;
                (read(watch, reading, count, among), account)
            }
            Book::Timed(BookedTime::Delivery, statistic) => {
                let mut bulk = BulkTimes::default();
                if let Whom::FanOut(fan_out) = watch.whom {
                    let slices = self.recorder.books().fan_outs[fan_out as usize]
                        .slices
                        .iter();
                    slices.for_each(|slice| bulk.add(&slice.delivery));
                }
                let value = match &before.bulk {
                    Some(earlier) => Tallies::bulk_time(&bulk.since(earlier), statistic),
                    None => Tallies::bulk_time(&bulk, statistic),
                };
                let account = Account {
                    bulk: Some(Box::new(bulk)),
                    ..Account::default()
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

    /// Returns how many of something there were so far, and of how many.
    fn counted(&self, whom: Whom, what: Count) -> Part {
        let mut sum = (0, 0);
        let mut add = |part: Part| {
            sum.0 += part.0;
            sum.1 += part.1;
        };
        match (whom, what) {
            (Whom::Flow(flow), Count::Flow(what)) => {
                let slices = &self.recorder.books().flows[flow as usize].slices;
                slices.iter().for_each(|slice| add(what.of(slice)));
            }
            (Whom::Link(link), Count::Link(LinkCount::Opened)) => {
                add((self.recorder.books().links[link as usize].breaker_opened, 0));
            }
            (Whom::Link(link), Count::Link(what)) => {
                self.slices_of_link(link)
                    .for_each(|slice| add(what.of(slice)));
            }
            (Whom::Node(node), Count::Node(what)) => add(self.counted_at(node, what)),
            (Whom::FanOut(fan_out), Count::FanOut(what)) => {
                let slices = &self.recorder.books().fan_outs[fan_out as usize].slices;
                slices.iter().for_each(|slice| add(what.of(slice)));
                if what == FanOutCount::Visits || what == FanOutCount::Throttled {
                    add(what.of_visits(&self.visits_of_fan_out(fan_out)));
                }
            }
            (
                Whom::Flow(_) | Whom::Link(_) | Whom::Node(_) | Whom::FanOut(_) | Whom::Run,
                Count::Flow(_) | Count::Link(_) | Count::Node(_) | Count::FanOut(_),
            ) => unreachable!("a count is one of whom it is watched at"),
        }
        sum
    }

    /// Returns how many of something there were at a node so far, and of how many.
    fn counted_at(&self, node: u32, what: NodeCount) -> Part {
        let queue = self.model.nodes[node as usize].queue;
        let queue = self.queues.get(queue as usize).map(|queue| queue.tally());
        if what == NodeCount::DeadLettered {
            let given_up = self.recorder.books().nodes[node as usize].given_up;
            return (queue.map_or(0, |tally| tally.dead_lettered) + given_up, 0);
        }
        if what == NodeCount::Duplicates {
            return (queue.map_or(0, |tally| tally.duplicates), 0);
        }
        let (mut count, mut among) = (0, 0);
        for slice in self.slices_of_node(node) {
            let (here, of) = what.of(slice);
            count += here;
            among += of;
        }
        if what.is_of_visits() {
            let rows = self.model.rows.iter().zip(&self.recorder.books().rows);
            let own = rows.filter(|(row, _)| row.node == node);
            among = own.map(|(_, record)| tally_so_far(record).arrived).sum();
        }
        (count, among)
    }

    /// Tallies the visits so far of the posts and reads of a fan-out.
    fn visits_of_fan_out(&self, fan_out: u32) -> Tally {
        let this = &self.model.fan_outs[fan_out as usize];
        let mut sum = Tally::default();
        for (row, record) in self.model.rows.iter().zip(&self.recorder.books().rows) {
            let its = this.flows.contains(&row.flow) || this.readers.contains(&row.flow);
            if its && !self.model.nodes[row.node as usize].hidden {
                sum.add(&tally_so_far(record));
            }
        }
        sum
    }

    /// Returns the times of something so far.
    fn timed(&self, whom: Whom, what: BookedTime) -> Times {
        let mut times = Times::default();
        let books = self.recorder.books();
        match whom {
            Whom::Flow(flow) => {
                for slice in &books.flows[flow as usize].slices {
                    if what == BookedTime::LatencyAll {
                        times.add(&slice.latency);
                        times.add(&slice.latency_bad);
                    } else {
                        times.add(&slice.settled);
                    }
                    times.add(&slice.at_once);
                }
            }
            Whom::Link(link) => {
                let lag = what == BookedTime::Lag;
                let slices = self.slices_of_link(link);
                slices.for_each(|slice| times.add(if lag { &slice.lag } else { &slice.latency }));
            }
            Whom::Node(node) if what == BookedTime::IteratorAge => {
                let ages = books.nodes[node as usize].iterator_age.iter();
                ages.for_each(|age| times.add(age));
            }
            Whom::Node(node) => {
                let slices = self.slices_of_node(node);
                slices.for_each(|slice| times.add(&slice.service));
            }
            Whom::FanOut(fan_out) => {
                for slice in &books.fan_outs[fan_out as usize].slices {
                    times.add(match what {
                        BookedTime::First => &slice.first,
                        BookedTime::Reach50 => &slice.reach_50,
                        BookedTime::Reach99 => &slice.reach_99,
                        BookedTime::Staleness => &slice.staleness,
                        BookedTime::Last
                        | BookedTime::Delivery
                        | BookedTime::Latency
                        | BookedTime::LatencyAll
                        | BookedTime::Lag
                        | BookedTime::Service
                        | BookedTime::Settled
                        | BookedTime::IteratorAge => &slice.last,
                    });
                }
            }
            Whom::Run => {}
        }
        times
    }

    /// Returns the messages of a queue or log that nobody has taken yet, of a log those of the
    /// consumer group that has most of them; the recipients of a fan-out who wait for theirs.
    fn messages_waiting(&self, whom: Whom, at: SimTime) -> f64 {
        let node = match whom {
            Whom::Node(node) => node,
            Whom::FanOut(fan_out) => return self.fan_outs.waiting(fan_out) as f64,
            Whom::Flow(_) | Whom::Link(_) | Whom::Run => return 0.0,
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

//! Partitioned log: consumer groups read each partition in order, at their own pace.
//!
//! A batch is a range of offsets. It is tried again in place: the group does
//! not pass it before it is committed or discarded. Messages are kept until
//! every group is past them or their retention ends.
//!
//! Not here: which partition a message goes to, and windows of batches.

use std::collections::VecDeque;

use super::message::Message;
use crate::units::{SimTime, Span};

/// Messages of one partition that a group has taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Batch {
    /// The partition.
    pub partition: u32,
    /// Offset of the first message.
    pub first: u64,
    /// Number of messages, ≥ 1.
    pub count: u32,
}

/// What became of the messages as one group sees it, over all partitions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Done.
    pub committed: u64,
    /// Given up after too many attempts.
    pub discarded: u64,
    /// Dropped before they were done, because they were too old.
    pub expired: u64,
}

/// An ordered, partitioned log and its consumer groups.
#[derive(Clone, Debug)]
pub struct Log {
    retention: Span,
    groups: u32,
    partitions: Vec<Partition>,
    progress: Vec<Progress>,
    /// Messages not taken yet, by group.
    waiting: Vec<u64>,
    /// Messages dropped before a group took them, once per group.
    lost: VecDeque<Message>,
    /// Nothing is too old before.
    none_before: SimTime,
    /// Partitions that have split, in order.
    splits: Vec<Split>,
}

/// A partition from which another took keys over.
#[derive(Clone, Copy, Debug)]
struct Split {
    from: u32,
    to: u32,
    /// Offset in the first one from which on the other has its keys.
    at: u64,
}

#[derive(Clone, Debug)]
struct Partition {
    /// Offset of the first message kept.
    first: u64,
    /// Messages kept, and when they were appended.
    messages: VecDeque<(SimTime, Message)>,
    /// By group.
    readers: Vec<Reader>,
}

#[derive(Clone, Debug, Default)]
struct Reader {
    /// Offset of the next message to take.
    next: u64,
    /// Batches taken, in order: (first offset, end, whether it is settled).
    taken: VecDeque<(u64, u64, bool)>,
    /// Messages of the batches that are not settled.
    in_work: u64,
}

impl Reader {
    /// Returns the first offset that is still needed.
    fn needed(&self) -> u64 {
        self.taken.front().map_or(self.next, |&(first, ..)| first)
    }
}

impl Partition {
    fn end(&self) -> u64 {
        self.first + self.messages.len() as u64
    }

    /// Drops messages that every group is past.
    fn trim(&mut self) {
        let needed = self.readers.iter().map(Reader::needed).min();
        let needed = needed.unwrap_or(self.first);
        while self.first < needed && self.messages.pop_front().is_some() {
            self.first += 1;
        }
    }
}

impl Log {
    /// Makes an empty log; every group starts at its beginning.
    pub fn new(partitions: u32, groups: u32, retention: Span) -> Log {
        let partition = Partition {
            first: 0,
            messages: VecDeque::new(),
            readers: vec![Reader::default(); groups as usize],
        };
        Log {
            retention,
            groups,
            partitions: vec![partition; partitions as usize],
            progress: vec![Progress::default(); groups as usize],
            waiting: vec![0; groups as usize],
            lost: VecDeque::new(),
            none_before: SimTime::ZERO + retention,
            splits: Vec::new(),
        }
    }

    /// Lets a partition, empty so far, take over keys of another.
    pub fn take_over(&mut self, from: u32, to: u32) {
        let at = self.partitions[from as usize].end();
        self.splits.push(Split { from, to, at });
    }

    /// Whether a group may read a partition: it is past what came before a split, so that
    /// messages of a key stay in order.
    pub fn may_read(&self, group: u32, partition: u32) -> bool {
        let mut splits = self.splits.iter().filter(|split| split.to == partition);
        splits.all(|split| {
            let reader = &self.partitions[split.from as usize].readers[group as usize];
            reader.needed() >= split.at
        })
    }

    /// Returns the partitions that took over keys of one.
    pub fn split_from(&self, partition: u32) -> impl Iterator<Item = u32> {
        let splits = self.splits.iter();
        splits
            .filter(move |split| split.from == partition)
            .map(|split| split.to)
    }

    /// Adds a message at the end of a partition.
    pub fn append(&mut self, now: SimTime, partition: u32, message: Message) {
        let partition = &mut self.partitions[partition as usize];
        partition.messages.push_back((now, message));
        for waiting in &mut self.waiting {
            *waiting += 1;
        }
    }

    /// Returns the messages of a partition that a group has not taken yet, in order.
    pub fn next(&self, group: u32, partition: u32) -> impl Iterator<Item = &Message> {
        let partition = &self.partitions[partition as usize];
        let from = partition.readers[group as usize].next - partition.first;
        let messages = partition.messages.range(from as usize..);
        messages.map(|(_, message)| message)
    }

    /// Takes the next messages of a partition for a group, at most `most`.
    ///
    /// How many batches a group may have in work is the caller's matter.
    pub fn take(&mut self, group: u32, partition: u32, most: u32) -> Option<Batch> {
        let held = &mut self.partitions[partition as usize];
        let end = held.end();
        let reader = &mut held.readers[group as usize];
        let first = reader.next;
        let count = (end - first).min(u64::from(most)) as u32;
        if count == 0 {
            return None;
        }
        reader.next += u64::from(count);
        reader.in_work += u64::from(count);
        self.waiting[group as usize] -= u64::from(count);
        reader.taken.push_back((first, reader.next, false));
        Some(Batch {
            partition,
            first,
            count,
        })
    }

    /// Returns the messages of a batch, without those that are dropped by now.
    pub fn messages(&self, batch: Batch) -> impl Iterator<Item = &Message> {
        let partition = &self.partitions[batch.partition as usize];
        let from = batch.first.max(partition.first) - partition.first;
        let to = (batch.first + u64::from(batch.count)).max(partition.first) - partition.first;
        partition
            .messages
            .range(from as usize..to as usize)
            .map(|(_, message)| message)
    }

    /// Parts a batch in work in two, of which the first has `count` messages.
    ///
    /// # Panics
    ///
    /// Panics in debug builds if either part would be empty.
    pub fn split(&mut self, group: u32, batch: Batch, count: u32) -> (Batch, Batch) {
        debug_assert!(0 < count && count < batch.count, "both parts hold messages");
        let middle = batch.first + u64::from(count);
        let end = batch.first + u64::from(batch.count);
        let partition = &mut self.partitions[batch.partition as usize];
        let taken = &mut partition.readers[group as usize].taken;
        if let Some(at) = taken.iter().position(|taken| taken.1 == end) {
            taken[at].1 = middle;
            taken.insert(at + 1, (middle, end, false));
        }
        let head = Batch { count, ..batch };
        let tail = Batch {
            first: middle,
            count: batch.count - count,
            ..batch
        };
        (head, tail)
    }

    /// Settles a batch that is done.
    pub fn commit(&mut self, group: u32, batch: Batch) {
        self.settle(group, batch);
        self.progress[group as usize].committed += u64::from(batch.count);
    }

    /// Settles a batch that is given up.
    pub fn discard(&mut self, group: u32, batch: Batch) {
        self.settle(group, batch);
        self.progress[group as usize].discarded += u64::from(batch.count);
    }

    /// Returns what is left to be tried again of a batch: what is too old has
    /// expired. `None` if nothing is left; the batch is settled then.
    pub fn retry(&mut self, group: u32, batch: Batch) -> Option<Batch> {
        let partition = &mut self.partitions[batch.partition as usize];
        let end = batch.first + u64::from(batch.count);
        let first = batch.first.max(partition.first.min(end));
        let lost = first - batch.first;
        if lost == 0 {
            return Some(batch);
        }
        self.progress[group as usize].expired += lost;
        if first == end {
            self.settle(group, batch);
            return None;
        }
        let reader = &mut partition.readers[group as usize];
        reader.in_work -= lost;
        if let Some(taken) = reader.taken.iter_mut().find(|taken| taken.1 == end) {
            taken.0 = first;
        }
        Some(Batch {
            first,
            count: (end - first) as u32,
            ..batch
        })
    }

    /// Keeps messages for another time from now on, those included that it holds.
    pub fn keep_for(&mut self, retention: Span) {
        self.retention = retention;
        self.none_before = SimTime::ZERO;
    }

    /// Drops what is too old at `now`, whoever still needs it.
    pub fn expire(&mut self, now: SimTime) {
        if now < self.none_before {
            return;
        }
        self.none_before = now + self.retention;
        for partition in &mut self.partitions {
            while let Some((appended, message)) = partition.messages.front()
                && *appended + self.retention <= now
            {
                let message = *message;
                partition.messages.pop_front();
                partition.first += 1;
                let groups = self.progress.iter_mut().zip(&mut self.waiting);
                for (reader, (progress, waiting)) in partition.readers.iter_mut().zip(groups) {
                    if reader.next < partition.first {
                        reader.next = partition.first;
                        progress.expired += 1;
                        *waiting -= 1;
                        self.lost.push_back(message);
                    }
                }
            }
            if let Some((appended, _)) = partition.messages.front() {
                self.none_before = self.none_before.min(*appended + self.retention);
            }
        }
    }

    /// Returns the next message that was dropped before a group took it, if any.
    pub fn next_lost(&mut self) -> Option<Message> {
        self.lost.pop_front()
    }

    /// Returns when `expire` has something to do next; `NEVER` if nothing is kept.
    pub fn next_at(&self) -> SimTime {
        let firsts = self.partitions.iter().filter_map(|p| p.messages.front());
        let oldest = firsts.map(|(appended, _)| *appended).min();
        oldest.map_or(SimTime::NEVER, |appended| appended + self.retention)
    }

    /// Returns how many messages of a partition a group has not taken yet.
    pub fn backlog(&self, group: u32, partition: u32) -> u64 {
        let partition = &self.partitions[partition as usize];
        partition.end() - partition.readers[group as usize].next
    }

    /// Returns how many messages the group that has most of them has not taken yet.
    pub fn most_waiting(&self) -> u64 {
        self.waiting.iter().copied().max().unwrap_or(0)
    }

    /// Returns how many messages of a partition a group has in work.
    pub fn in_work(&self, group: u32, partition: u32) -> u64 {
        self.partitions[partition as usize].readers[group as usize].in_work
    }

    /// Returns the age of the first message that a group has not settled, if any.
    pub fn iterator_age(&self, group: u32, partition: u32, now: SimTime) -> Span {
        let partition = &self.partitions[partition as usize];
        let needed = partition.readers[group as usize].needed();
        let place = needed.max(partition.first) - partition.first;
        let message = partition.messages.get(place as usize);
        message.map_or(Span::ZERO, |(appended, _)| now.since(*appended))
    }

    /// Returns what became of the messages as a group sees it.
    pub fn progress(&self, group: u32) -> Progress {
        self.progress[group as usize]
    }

    /// Asserts that every group accounts for every message.
    ///
    /// # Panics
    ///
    /// Panics if one is lost or counted twice.
    pub fn identity(&self) {
        let appended: u64 = self.partitions.iter().map(Partition::end).sum();
        for group in 0..self.groups {
            let Progress {
                committed,
                discarded,
                expired,
            } = self.progress(group);
            let all = 0..self.partitions.len() as u32;
            let left: u64 = all
                .map(|partition| self.backlog(group, partition) + self.in_work(group, partition))
                .sum();
            assert_eq!(
                appended,
                committed + discarded + expired + left,
                "appended = committed, discarded, expired, in work and not taken, group {group}"
            );
            let all = 0..self.partitions.len() as u32;
            let waiting: u64 = all.map(|partition| self.backlog(group, partition)).sum();
            assert_eq!(
                self.waiting[group as usize], waiting,
                "not taken by group {group}"
            );
        }
    }

    fn settle(&mut self, group: u32, batch: Batch) {
        let partition = &mut self.partitions[batch.partition as usize];
        let reader = &mut partition.readers[group as usize];
        let end = batch.first + u64::from(batch.count);
        if let Some(taken) = reader.taken.iter_mut().find(|taken| taken.1 == end) {
            taken.2 = true;
        }
        reader.in_work -= u64::from(batch.count);
        while let Some(&(_, _, true)) = reader.taken.front() {
            reader.taken.pop_front();
        }
        partition.trim();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn log(retention: u64, groups: u32, appended: u64) -> Log {
        let mut log = Log::new(2, groups, Span(retention));
        for ordinal in 0..appended {
            log.append(SimTime(ordinal), 0, Message::numbered(ordinal, 0));
        }
        log
    }

    fn taken(log: &mut Log, group: u32, partition: u32, most: u32) -> Batch {
        let batch = log.take(group, partition, most);
        batch.unwrap_or_else(|| panic!("nothing to take in partition {partition}"))
    }

    fn ordinals(log: &Log, batch: Batch) -> Vec<u64> {
        log.messages(batch).map(|message| message.ordinal).collect()
    }

    #[test]
    fn groups_read_the_same_messages_at_their_own_pace() {
        let mut log = log(u64::MAX, 2, 5);

        let first = taken(&mut log, 0, 0, 3);
        let whole = taken(&mut log, 1, 0, 100);
        log.commit(0, first);
        let rest = taken(&mut log, 0, 0, 3);

        assert_eq!(ordinals(&log, first), [0, 1, 2]);
        assert_eq!(ordinals(&log, whole), [0, 1, 2, 3, 4]);
        assert_eq!(ordinals(&log, rest), [3, 4]);
        assert_eq!((log.take(0, 0, 1), log.take(0, 1, 1)), (None, None));
        assert_eq!((log.backlog(0, 0), log.in_work(0, 0)), (0, 2));
        log.identity();
    }

    #[test]
    fn what_took_keys_over_is_read_after_what_was_there_before() {
        let mut log = log(u64::MAX, 2, 3);
        let first = taken(&mut log, 0, 0, 2);
        log.take_over(0, 1);
        log.append(SimTime(3), 0, Message::numbered(3, 0));
        log.append(SimTime(3), 1, Message::numbered(4, 0));

        log.commit(0, first);
        let before = log.may_read(0, 1);
        let last = taken(&mut log, 0, 0, 2);
        log.commit(0, last);

        assert!(!before, "the third message came before the split");
        assert!(log.may_read(0, 1) && log.may_read(0, 0));
        assert!(!log.may_read(1, 1), "the other group has read nothing");
        assert_eq!(log.split_from(0).collect::<Vec<u32>>(), [1]);
    }

    #[test]
    fn forgets_what_every_group_is_past() {
        let mut log = log(u64::MAX, 2, 5);

        for group in 0..2 {
            let batch = taken(&mut log, group, 0, 4);
            log.commit(group, batch);
        }

        assert_eq!(log.partitions[0].messages.len(), 1);
        assert_eq!(log.iterator_age(0, 0, SimTime(10)), Span(6));
        assert_eq!(log.iterator_age(0, 1, SimTime(10)), Span::ZERO);
    }

    #[test]
    fn a_later_commit_does_not_pass_a_batch_in_work() {
        let mut log = log(u64::MAX, 1, 4);

        let first = taken(&mut log, 0, 0, 2);
        let second = taken(&mut log, 0, 0, 2);
        log.commit(0, second);
        let age = log.iterator_age(0, 0, SimTime(100));
        let again = log.retry(0, first);
        log.discard(0, first);

        assert_eq!((age, again), (Span(100), Some(first)));
        assert!(log.partitions[0].messages.is_empty());
        let expected = Progress {
            committed: 2,
            discarded: 2,
            expired: 0,
        };
        assert_eq!(log.progress(0), expected);
        log.identity();
    }

    #[test]
    fn parts_of_a_batch_are_settled_one_by_one() {
        let mut log = log(u64::MAX, 1, 8);

        let whole = taken(&mut log, 0, 0, 6);
        let (head, tail) = log.split(0, whole, 2);
        let (middle, end) = log.split(0, tail, 3);
        log.commit(0, middle);
        let age = log.iterator_age(0, 0, SimTime(100));
        log.commit(0, head);
        let after = log.iterator_age(0, 0, SimTime(100));
        log.discard(0, end);

        assert_eq!(ordinals(&log, end), Vec::<u64>::new());
        assert_eq!((age, after), (Span(100), Span(95)));
        assert_eq!((log.in_work(0, 0), log.backlog(0, 0)), (0, 2));
        let progress = log.progress(0);
        assert_eq!((progress.committed, progress.discarded), (5, 1));
        log.identity();
    }

    #[test]
    fn what_is_too_old_expires_under_a_blocked_reader() {
        let mut log = log(10, 1, 6);

        let batch = taken(&mut log, 0, 0, 3);
        let due = log.next_at();
        log.expire(SimTime(11));
        let left = log.retry(0, batch);
        log.expire(SimTime(14));
        let none = left.and_then(|left| log.retry(0, left));

        assert_eq!(due, SimTime(10));
        assert_eq!(left.map(|left| (left.first, left.count)), Some((2, 1)));
        assert_eq!((none, log.progress(0).expired), (None, 5));
        assert_eq!(log.take(0, 0, 9).map(|batch| batch.first), Some(5));
        log.identity();
    }

    proptest! {
        #[test]
        fn every_group_accounts_for_every_message(
            steps in prop::collection::vec((0u8..8, 0u32..2, 0u32..2, 0u64..20), 1..300)
        ) {
            let mut log = Log::new(2, 2, Span(150));
            let (mut now, mut work): (u64, Vec<(u32, Batch)>) = (0, Vec::new());
            for (what, group, partition, number) in steps {
                now += number;
                let pick = (number as usize).checked_rem(work.len());
                match (what, pick) {
                    (0..3, _) => log.append(SimTime(now), partition, Message::numbered(now, 0)),
                    (3, _) => {
                        let batch = log.take(group, partition, number as u32);
                        work.extend(batch.map(|batch| (group, batch)));
                    }
                    (4, Some(pick)) => {
                        let (group, batch) = work.swap_remove(pick);
                        log.commit(group, batch);
                    }
                    (5, Some(pick)) => {
                        let (group, batch) = work.swap_remove(pick);
                        work.extend(log.retry(group, batch).map(|left| (group, left)));
                    }
                    (7, Some(pick)) if (2..=number as u32).contains(&work[pick].1.count) => {
                        let (group, batch) = work.swap_remove(pick);
                        if let Some(left) = log.retry(group, batch) {
                            let parts = match left.count {
                                1 => vec![left],
                                _ => {
                                    let (head, tail) = log.split(group, left, 1);
                                    vec![head, tail]
                                }
                            };
                            work.extend(parts.into_iter().map(|part| (group, part)));
                        }
                    }
                    (_, Some(pick)) if number == 0 => {
                        let (group, batch) = work.swap_remove(pick);
                        log.discard(group, batch);
                    }
                    (_, _) => log.expire(SimTime(now)),
                }
                log.identity();
            }
        }
    }
}

//! Pages at the nodes that they come to: items served together, and split over partitions.
//!
//! A page's items are counted, not visited. At a partitioned node a multinomial draw
//! says how many lie at each partition; the part there is served as one, with the sum of
//! its services, and the page is through when the slowest part is. Where a part does
//! nothing but wait in a plain line, its end is known as it comes and costs no event;
//! elsewhere each part is a strand.
//!
//! Not here: how posts are cut into pages, and who has what (`fan_out`).

use super::call::Next;
use super::replication::Replication;
use super::visit::{Joins, Rare, flag};
use crate::mechanism::planned::Arrival;
use crate::metrics::recorder::Area;
use crate::model::{NONE, Op, Outcome, Partition, PartitionBy, Work};
use crate::random::variates::Stream;
use crate::random::{address, purpose};
use crate::units::{SimTime, Span};

impl Replication<'_> {
    /// Whether a visit is a page, or a part of one, with several items.
    #[inline]
    pub(crate) fn is_page(&self, slot: u32) -> bool {
        if self.model.fan_out_steps.is_empty() {
            return false;
        }
        self.visits.rare(slot).page.count > 0 && self.visits[slot].items > 1
    }

    /// Returns what a page takes whose items are served one after another [ns].
    pub(crate) fn page_work(&self, slot: u32, work: &Work) -> u64 {
        if work.base == NONE {
            return 0;
        }
        let visit = &self.visits[slot];
        let operation = self.tables.code[visit.pc as usize].operation;
        let at = address(visit.hop, purpose::SERVICE, operation, 0);
        let sampler = &self.model.samplers[work.base as usize];
        let sum = sampler.sum(visit.key, at, visit.ordinal, u64::from(visit.items));
        (sum as f64 * work.scale + 0.5) as u64
    }

    /// Splits a page at a partitioned node, part by part.
    ///
    /// `Some(done)` if the parts are served already and the last of them ends then;
    /// else each is a strand, and the visit waits for them.
    pub(crate) fn split_page(&mut self, slot: u32, t: SimTime, partition: u32) -> Option<SimTime> {
        let rule = &self.model.partitions[partition as usize];
        let items = u64::from(self.visits[slot].items);
        let mut stream = Stream::new(self.word(slot, purpose::PICK, 0));
        let mut counts = std::mem::take(&mut self.fan_outs.counts);
        counts.resize(rule.count as usize, 0);
        if rule.by == PartitionBy::Random && !rule.weights.is_empty() {
            stream.spread_by(items, &rule.weights, &mut counts);
        } else {
            stream.spread(items, &mut counts);
        }
        let done = match self.plain_service(slot, rule) {
            Some((group, work)) => Some(self.serve_parts(slot, t, (group, work), &counts)),
            None => {
                self.start_parts(slot, t, rule, &counts);
                None
            }
        };
        self.fan_outs.counts = counts;
        done
    }

    /// Returns the service of a page's parts if it is all that happens to them and its end
    /// is known as they come: they can neither be refused nor leave the line.
    fn plain_service(&self, slot: u32, rule: &Partition) -> Option<(u32, u32)> {
        let entry = self.visits[slot].pc as usize + 1;
        let (
            Some(&Op::Serve { group, work }),
            Some(Op::Leave {
                outcome: Outcome::Completed,
            }),
        ) = (self.model.ops.get(entry), self.model.ops.get(entry + 1))
        else {
            return None;
        };
        let station = &self.model.groups[group as usize];
        let plain = station.planned
            && station.waiting_limit == u32::MAX
            && station.max_wait == NONE
            && rule.copies.len() == 1
            && self.visits[slot].flags & flag::DEADLINE == 0
            && self.visits[slot].holds == NONE;
        plain.then_some((group, work))
    }

    /// Serves the parts of a page, each at its partition. Returns when the last one ends.
    ///
    /// Draws, times and tallies are those of a strand per part: first come, first served,
    /// nothing that comes later changes an end that has been planned.
    fn serve_parts(
        &mut self,
        slot: u32,
        t: SimTime,
        (group_id, work): (u32, u32),
        counts: &[u32],
    ) -> SimTime {
        let model = self.model;
        let group = &model.groups[group_id as usize];
        let work = &model.works[work as usize];
        self.visits[slot].pc += 1;
        let row = self.row_of(slot);
        let entered = SimTime(self.visits[slot].entered);
        let (mut last, mut most) = (t, 0);
        let (before, mut waited_of_last) = (self.visits[slot].waited, 0);
        for (instance, &count) in (0u32..).zip(counts) {
            if count == 0 {
                continue;
            }
            let service = self.part_work(slot, work, instance, count);
            let chosen = instance % group.instances;
            let Some(station) = self.planned_station(group.first + chosen) else {
                unreachable!("the group is planned");
            };
            let plan = station.arrive(t, Span(service), u32::MAX, SimTime::NEVER);
            let Arrival::Served { start, done } = plan else {
                unreachable!("the line has no bound, and nobody gives up");
            };
            let waiting = u64::from(station.waiting_max());
            let visit = &mut self.visits[slot];
            visit.served += service;
            if start > t {
                visit.waited = visit.waited.max(start.since(t).0);
                most = most.max(waiting);
                self.recorder.area(row, Area::Waiting, t, start);
            }
            let station = group.first + chosen;
            self.count_one_of(row, (station, chosen as u16), start, done);
            let completed = Outcome::Completed;
            self.recorder
                .instance_left(group.node, chosen as u16, entered, completed);
            if done > last {
                (last, waited_of_last) = (done, start.since(t).0);
            }
        }
        self.follow_parts(slot, before, waited_of_last);
        if most > 0 {
            self.recorder.waiting_max(group.node, most);
        }
        self.visits[slot].pc += 1;
        last
    }

    /// Returns what the part of a page at a partition takes [ns], as `work` says of its strand.
    fn part_work(&self, slot: u32, work: &Work, instance: u32, count: u32) -> u64 {
        let visit = &self.visits[slot];
        let each = work.each && count > 1;
        let drawn = if work.base == NONE {
            0
        } else {
            let sampler = &self.model.samplers[work.base as usize];
            let operation = self.tables.code[visit.pc as usize].operation;
            let hop = Self::salted(visit.hop, instance + 1);
            let at = address(hop, purpose::SERVICE, operation, 0);
            if each {
                sampler.sum(visit.key, at, visit.ordinal, u64::from(count))
            } else {
                let ordinal = if self.model.needs_ordinal {
                    visit.ordinal
                } else {
                    0
                };
                sampler.sample(visit.key, at, ordinal)
            }
        };
        let bytes = visit.bytes / u64::from(visit.items) * u64::from(count);
        let time = drawn as f64 * work.scale
            + if each {
                0.0
            } else {
                f64::from(count - 1) * work.per_item + bytes as f64 * work.per_byte
            };
        (time + 0.5) as u64
    }

    /// Starts a strand per partition that a page touches.
    fn start_parts(&mut self, slot: u32, t: SimTime, rule: &Partition, counts: &[u32]) {
        let visit = self.visits[slot];
        let touched = counts.iter().filter(|count| **count > 0).count() as u32;
        self.open_join(slot, NONE, touched, NONE, NONE);
        self.arm(slot);
        {
            let branches = self.visits.rare_mut(slot);
            branches.joins = Joins::Partitions;
            branches.started = touched;
            branches.running = touched;
        }
        let entry = self.visits[slot].pc + 1;
        for (instance, &count) in counts.iter().enumerate().rev() {
            if count == 0 {
                continue;
            }
            self.branch(slot, t, entry, instance as u32 + 1, None);
            let Some(child) = self.pending.last().map(|resume| resume.slot) else {
                unreachable!("a branch has just been started");
            };
            self.visits[child].instance = self.instance_of(child, rule, instance as u32);
            let part = &mut self.visits[child];
            part.items = count;
            part.count = count;
            part.bytes = visit.bytes / u64::from(visit.items) * u64::from(count);
        }
    }

    /// Adds what a partition did to the visit that was split over them.
    pub(crate) fn part_ended(&mut self, slot: u32, child: u32, outcome: Outcome) {
        let part = self.visits[child];
        let instance = self.visits[child].instance;
        let (node, entered) = (self.node_of(slot), SimTime(self.visits[slot].entered));
        self.recorder
            .instance_left(node, instance, entered, outcome);
        let miss = self.visits[child].flags & super::visit::flag::MISS;
        self.visits[slot].flags |= miss;
        let this = &mut self.visits[slot];
        this.waited = this.waited.max(part.waited);
        this.served += part.served;
        this.missed += part.missed;
        if self.visits.rare(child).elsewhere {
            self.visits.rare_mut(slot).elsewhere = true;
        }
    }

    /// A partition is done, and the visit that was split waits for all.
    pub(crate) fn parts_join(&mut self, slot: u32, t: SimTime) -> Next {
        let &Rare {
            running, elsewhere, ..
        } = self.visits.rare(slot);
        if running > 0 {
            return None;
        }
        let visit = self.visits[slot];
        self.close_join(slot);
        if elsewhere {
            return self.end_badly(slot, t, visit.aside);
        }
        self.end(slot, t, visit.aside, true)
    }
}

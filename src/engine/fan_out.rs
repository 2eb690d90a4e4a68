//! Fan-outs and gathers: one post to many recipients, page by page, and back.
//!
//! A page is a strand of the visit that fans out: it is retried, throttled and
//! attributed like any other, and its recipients are counted, not visited (`page`). A
//! recipient has the post when its page has completed.
//!
//! A post belongs to its request: if its fan-out runs again (a message that was
//! not processed in time), pages that have completed before count as duplicates,
//! and what has not been delivered when the request settles is dropped.
//!
//! Not here: who the users are (`random::population`).

use super::call::Next;
use super::replication::Replication;
use super::visit::{Joins, Rare};
use crate::mechanism::message::Page;
use crate::metrics::fan_out::{FanOutSlice, bucket};
use crate::model::{ALL, FanOutStep, Model, NONE, Outcome, Recipients};
use crate::random::variates::Stream;
use crate::random::{address, purpose};
use crate::units::SimTime;

/// Most pages of a post, times the partitions that one touches.
///
/// CHOICE: about as many strands are simulated in some seconds; a larger page says
/// the same with fewer.
const MOST_JOBS: u64 = 10_000_000;

/// A post that is being delivered.
#[derive(Clone, Debug, Default)]
struct Post {
    fan_out: u32,
    /// Next post of the same request, or `NONE`.
    next: u32,
    serial: u32,
    posted: SimTime,
    /// Key of the author, as it stood when recipients were counted.
    author: u32,
    followers: u64,
    recipients: u32,
    /// Whether its author does not push.
    pulled: bool,
    /// Whether its fan-out has begun; before, the request is on its way there.
    begun: bool,
    delivered: u32,
    duplicates: u64,
    last: SimTime,
    /// Recipients per page of the author's fan-out.
    outer: u32,
    /// Pages that have completed, one bit each.
    done: Vec<u64>,
}

/// What a fan-out has under way.
#[derive(Clone, Copy, Debug, Default)]
struct Backlog {
    recipients: u64,
    /// Those of posts that were open when the run ended.
    left: u64,
    most: u64,
    drained: Option<SimTime>,
    /// Since when there have been so many recipients.
    since: SimTime,
}

/// All posts of a replication.
#[derive(Debug, Default)]
pub(crate) struct FanOuts {
    posts: Vec<Post>,
    free: Vec<u32>,
    /// Posts begun so far.
    begun: u32,
    backlogs: Vec<Backlog>,
    /// Per gather: accounts that are pulled are those of the ranks up to this.
    ranks: Vec<u64>,
    /// Per partition, while a page is split.
    pub(super) counts: Vec<u32>,
    /// First accounts of the batches that gathering visits pull, the lists that nobody uses
    /// among them.
    lists: Vec<Vec<u32>>,
    free_lists: Vec<u32>,
    /// Greatest number of partitions of a node.
    partitions: u32,
    /// Per flow: the step by which its requests become posts as they arrive, or `NONE`.
    by_flow: Vec<u32>,
}

impl FanOuts {
    /// Makes the state of a model's fan-outs.
    pub(crate) fn new(model: &Model) -> FanOuts {
        let ranks = model.gathers.iter().map(|gather| {
            let population = model.population.as_ref();
            population.map_or(0, |population| match gather.threshold {
                u64::MAX => 0,
                0 => population.users(),
                threshold => population.at_least(threshold),
            })
        });
        // Who gets a post is known as it arrives, unless recipients are drawn by the step.
        let by_flow = (0u32..).zip(&model.flows).map(|(flow, _)| {
            let step = model.fan_out_steps.iter().position(|step| {
                let counted = matches!(step.recipients, Recipients::Count(_));
                step.flow == flow && !step.of_page && !counted
            });
            step.map_or(NONE, |step| step as u32)
        });
        let partitions = model.partitions.iter().map(|rule| rule.count);
        FanOuts {
            ranks: ranks.collect(),
            by_flow: by_flow.collect(),
            backlogs: vec![Backlog::default(); model.fan_outs.len()],
            partitions: partitions.max().unwrap_or(1),
            ..FanOuts::default()
        }
    }

    /// Returns how many recipients of a fan-out are to get a post and have not.
    pub(super) fn waiting(&self, fan_out: u32) -> u64 {
        self.backlogs[fan_out as usize].recipients
    }
}

impl Replication<'_> {
    /// Opens a fan-out. Returns whether the visit goes on at once.
    pub(crate) fn fan_out(&mut self, slot: u32, t: SimTime, step: u32) -> bool {
        let table = &self.model.fan_out_steps[step as usize];
        let delivers = if table.of_page {
            let mut page = self.visits.rare(slot).page;
            if page.post == NONE || page.count == 0 {
                self.fail_fan_out(slot, table, "got no page of it");
                return false;
            }
            let post = &self.fan_outs.posts[page.post as usize];
            if table.small_first && post.serial == page.serial {
                page.rank = post.recipients;
            }
            page
        } else {
            let Some(post) = self.post_of(slot, t, table) else {
                return false;
            };
            let recipients = self.fan_outs.posts[post as usize].recipients;
            let touched = u64::from(self.fan_outs.partitions.min(table.batch));
            let jobs = u64::from(recipients.div_ceil(table.batch)) * touched;
            if jobs > MOST_JOBS {
                self.fail_fan_out(
                    slot,
                    table,
                    &format!(
                        "has a post of {recipients} recipients, which in pages of {} is more than \
                         ten million pieces of work; make `batch` larger",
                        table.batch
                    ),
                );
                return false;
            }
            let rank = if table.small_first {
                recipients.max(1)
            } else {
                0
            };
            Page {
                post,
                first: 0,
                count: recipients,
                serial: self.fan_outs.posts[post as usize].serial,
                rank,
            }
        };
        if delivers.count == 0 {
            self.visits[slot].pc += 1;
            return true;
        }
        let pages = delivers.count.div_ceil(table.batch);
        self.open_join(slot, NONE, pages, step, NONE);
        self.visits.rare_mut(slot).joins = Joins::Pages;
        self.visits.rare_mut(slot).delivers = delivers;
        self.arm(slot);
        let at_once = pages.min(table.concurrency);
        let branches = self.visits.rare_mut(slot);
        branches.started = at_once;
        branches.running = at_once;
        self.visits[slot].began = t.0;
        for index in (0..at_once).rev() {
            self.page(slot, t, step, index);
        }
        false
    }

    /// Ends the replication: the topology asks for what cannot be delivered.
    fn fail_fan_out(&mut self, slot: u32, table: &FanOutStep, why: &str) {
        let name = &self.model.fan_outs[table.fan_out as usize].name;
        let node = self.node_of(slot);
        let node = &self.model.nodes[node as usize].name;
        self.fail(format!("the fan-out `{name}` at `{node}` {why}"));
    }

    /// Finds the post of a visit's request, or begins it.
    fn post_of(&mut self, slot: u32, t: SimTime, table: &FanOutStep) -> Option<u32> {
        let Some((_, posted)) = self.request_of(slot) else {
            let why = "is of one post, but a delivery brought several; put it into \
                       `{ \"each\": \"message\", … }`";
            self.fail_fan_out(slot, table, why);
            return None;
        };
        let mut known = self.first_post(self.visits[slot].request);
        while known != NONE {
            let post = &self.fan_outs.posts[known as usize];
            if post.fan_out == table.fan_out {
                break;
            }
            known = post.next;
        }
        if known == NONE {
            known = self.begin_post(slot, t, table, posted)?;
        } else if !self.fan_outs.posts[known as usize].begun
            && self.fan_outs.posts[known as usize].author != self.visits[slot].item
        {
            // It turned out to be another's: a call on the way has set the key anew.
            self.count_recipients(slot, t, table, known)?;
        }
        self.fan_outs.posts[known as usize].begun = true;
        Some(known)
    }

    /// Makes a post of a request that arrives, if it will be delivered to users.
    ///
    /// So those who are still to get it are known while it waits for its fan-out.
    pub(crate) fn expect_post(&mut self, slot: u32, flow: u32, t: SimTime) {
        let step = self.fan_outs.by_flow[flow as usize];
        if step != NONE && self.user_of(slot).is_some() {
            let model = self.model;
            self.begin_post(slot, t, &model.fan_out_steps[step as usize], t);
        }
    }

    /// Begins a post of a visit's request.
    fn begin_post(
        &mut self,
        slot: u32,
        t: SimTime,
        table: &FanOutStep,
        posted: SimTime,
    ) -> Option<u32> {
        let request = self.visits[slot].request;
        let first = self.first_post(request);
        let state = &mut self.fan_outs;
        let index = state.free.pop().unwrap_or_else(|| {
            state.posts.push(Post::default());
            state.posts.len() as u32 - 1
        });
        state.begun = state.begun.wrapping_add(1);
        let post = &mut state.posts[index as usize];
        let mut done = std::mem::take(&mut post.done);
        done.clear();
        *post = Post {
            fan_out: table.fan_out,
            next: first,
            serial: state.begun,
            posted,
            last: posted,
            outer: table.batch,
            done,
            ..Post::default()
        };
        self.set_first_post(request, index);
        self.count_recipients(slot, t, table, index)?;
        Some(index)
    }

    /// Finds out who gets a post, in place of what was known before.
    fn count_recipients(
        &mut self,
        slot: u32,
        t: SimTime,
        table: &FanOutStep,
        index: u32,
    ) -> Option<()> {
        let (followers, recipients) = self.recipients(slot, table)?;
        let pulled = followers >= table.threshold;
        let recipients = if pulled { 0 } else { recipients };
        let Ok(recipients) = u32::try_from(recipients) else {
            let why = format!("has a post of {recipients} recipients, more than 4294967295");
            self.fail_fan_out(slot, table, &why);
            return None;
        };
        let author = self.visits[slot].item;
        self.backlog_until(table.fan_out, t);
        let post = &mut self.fan_outs.posts[index as usize];
        let before = std::mem::replace(&mut post.recipients, recipients);
        (post.author, post.followers, post.pulled) = (author, followers, pulled);
        let backlog = &mut self.fan_outs.backlogs[table.fan_out as usize];
        backlog.recipients = backlog.recipients - u64::from(before) + u64::from(recipients);
        backlog.most = backlog.most.max(backlog.recipients);
        Some(())
    }

    /// Writes down how many recipients were waited for until now.
    fn backlog_until(&mut self, fan_out: u32, t: SimTime) {
        let backlog = &mut self.fan_outs.backlogs[fan_out as usize];
        let since = backlog.since;
        backlog.since = since.max(t);
        if backlog.recipients > 0 {
            let waited_for = backlog.recipients;
            self.recorder.backlog(fan_out, (since, t), waited_for);
        }
    }

    /// Returns the followers of a visit's author, and how many of them get the post.
    fn recipients(&mut self, slot: u32, table: &FanOutStep) -> Option<(u64, u64)> {
        if let Recipients::Count(sampler) = table.recipients {
            let count = self.sample(slot, sampler, purpose::COUNT);
            return Some((count, count));
        }
        let model = self.model;
        let user = self.user_of(slot);
        let (Some(population), Some(user)) = (&model.population, user) else {
            self.fail_fan_out(slot, table, "does not know who posts: the key is no user");
            return None;
        };
        let followers = population.followers(user);
        let recipients = match table.recipients {
            Recipients::Followers => followers,
            Recipients::Active => population.active(user),
            Recipients::Online => population.online(user),
            Recipients::Count(_) => 0,
        };
        Some((followers, recipients))
    }

    /// Returns the user that a visit is about.
    fn user_of(&self, slot: u32) -> Option<u64> {
        let users = self.model.population.as_ref()?.users();
        let item = self.visits[slot].item;
        let user = u64::from(item.checked_sub(self.model.users_base)?);
        (1..=users).contains(&user).then_some(user)
    }

    /// Draws the key of a recipient: any user; none if recipients are only counted.
    pub(crate) fn recipient(&self, key: u64, address: u64) -> u32 {
        let Some(population) = &self.model.population else {
            return 0;
        };
        let word = crate::random::draw(key, address);
        let user = (u128::from(word) * u128::from(population.users())) >> 64;
        self.model.users_base + 1 + user as u32
    }

    /// Starts a page.
    fn page(&mut self, slot: u32, t: SimTime, step: u32, index: u32) {
        let table = &self.model.fan_out_steps[step as usize];
        let all = self.visits.rare(slot).delivers;
        let offset = index * table.batch;
        let count = table.batch.min(all.count - offset);
        self.branch(slot, t, table.entry, index, None);
        let Some(child) = self.pending.last().map(|resume| resume.slot) else {
            unreachable!("a branch has just been started");
        };
        let visit = self.visits[child];
        self.visits[child].item = self.recipient(visit.key, address(visit.hop, purpose::KEY, 0, 0));
        self.visits[child].count = count;
        let rare = self.visits.rare_mut(child);
        rare.cut_by = step;
        rare.page = Page {
            first: all.first + offset,
            count,
            ..all
        };
    }

    /// Notes the end of a branch; a page counts even if nobody waits for it any more.
    pub(crate) fn page_ended(&mut self, child: u32, t: SimTime, outcome: Outcome) {
        let step = self.visits.rare(child).cut_by;
        if step == NONE {
            return;
        }
        let table = &self.model.fan_out_steps[step as usize];
        if outcome != Outcome::Completed || !table.delivers {
            return;
        }
        let page = self.visits.rare(child).page;
        self.backlog_until(table.fan_out, t);
        let post = &mut self.fan_outs.posts[page.post as usize];
        if post.serial != page.serial {
            // The request was given up meanwhile, and this recipient with it.
            return;
        }
        let number = if table.of_page {
            let per_page = post.outer.div_ceil(table.batch);
            page.first / post.outer * per_page + page.first % post.outer / table.batch
        } else {
            page.first / table.batch
        };
        let (word, bit) = (number as usize / 64, 1u64 << (number % 64));
        if post.done.len() <= word {
            post.done.resize(word + 1, 0);
        }
        if post.done[word] & bit != 0 {
            post.duplicates += u64::from(page.count);
            return;
        }
        post.done[word] |= bit;
        let before = post.delivered;
        post.delivered += page.count;
        post.last = t;
        let (fan_out, posted, all) = (post.fan_out, post.posted, post.recipients);
        let (after, followers) = (post.delivered, post.followers);
        debug_assert!(after <= all, "no recipient has a post twice");
        let backlog = &mut self.fan_outs.backlogs[fan_out as usize];
        backlog.recipients -= u64::from(page.count);
        if backlog.recipients == 0 {
            backlog.drained = Some(t);
        }
        if let Some(slice) = self.recorder.fan_out_slice(fan_out, t) {
            slice.reached += u64::from(page.count);
        }
        let Some(slice) = self.recorder.fan_out_slice(fan_out, posted) else {
            return;
        };
        let latency = t.since(posted).0;
        slice.delivery.record(latency, u64::from(page.count));
        if before == 0 {
            slice.first.record(latency);
        }
        let passes = |share: u64| {
            let needed = (u64::from(all) * share).div_ceil(100);
            u64::from(before) < needed && u64::from(after) >= needed
        };
        if passes(50) {
            slice.reach_50.record(latency);
        }
        if passes(99) {
            slice.reach_99.record(latency);
        }
        if after == all {
            slice.last.record(latency);
            slice.buckets[bucket(followers)].last.record(latency);
        }
    }

    /// A page has ended, and its fan-out waits for it.
    pub(crate) fn pages_join(&mut self, slot: u32, t: SimTime) -> Next {
        let branches = *self.visits.rare(slot);
        if branches.started < branches.total {
            self.visits.rare_mut(slot).started += 1;
            self.visits.rare_mut(slot).running += 1;
            self.page(slot, t, branches.each, branches.started);
            return None;
        }
        if branches.running > 0 {
            return None;
        }
        let visit = self.visits[slot];
        self.close_join(slot);
        if visit.aside == Outcome::Completed {
            self.visits[slot].pc += 1;
            return Some((slot, t));
        }
        self.end_badly(slot, t, visit.aside)
    }

    /// Closes the posts of a request that has settled, or of one that never will.
    pub(crate) fn close_posts(&mut self, first: u32, t: SimTime, settled: bool) {
        let mut index = first;
        while index != NONE {
            self.backlog_until(self.fan_outs.posts[index as usize].fan_out, t);
            let post = &mut self.fan_outs.posts[index as usize];
            let (fan_out, next) = (post.fan_out as usize, post.next);
            let missing = u64::from(post.recipients - post.delivered);
            let done = std::mem::take(&mut post.done);
            let closed = std::mem::take(post);
            post.done = done;
            let backlog = &mut self.fan_outs.backlogs[fan_out];
            if !settled {
                backlog.left += missing;
            } else if missing > 0 {
                backlog.recipients -= missing;
                if backlog.recipients == 0 {
                    backlog.drained = Some(t);
                }
            }
            // A request that settled without a fan-out was no post.
            if (closed.begun || !settled)
                && let Some(slice) = self.recorder.fan_out_slice(closed.fan_out, closed.posted)
            {
                close_post(slice, &closed, settled, missing);
            }
            self.fan_outs.free.push(index);
            index = next;
        }
    }

    /// Writes down what fan-outs had under way in all.
    pub(crate) fn close_fan_outs(&mut self, t: SimTime) {
        for fan_out in 0..self.fan_outs.backlogs.len() as u32 {
            self.backlog_until(fan_out, t);
        }
        let backlogs = std::mem::take(&mut self.fan_outs.backlogs);
        let records = &mut self.recorder.recording().fan_outs;
        for (record, backlog) in records.iter_mut().zip(backlogs) {
            assert!(
                backlog.recipients == backlog.left,
                "{} recipients are waited for, {} of open posts",
                backlog.recipients,
                backlog.left
            );
            record.backlog_max = backlog.most;
            record.backlog_end = backlog.recipients;
            let empty = backlog.recipients == 0;
            record.drained = backlog.drained.filter(|_| empty).map(|at| at.0);
            for slice in &record.slices {
                assert!(
                    slice.recipients == slice.delivered + slice.dropped + slice.inside,
                    "of {} recipients {} have their post, {} never will, {} do not yet",
                    slice.recipients,
                    slice.delivered,
                    slice.dropped,
                    slice.inside
                );
                assert!(
                    slice.delivered == slice.delivery.count,
                    "{} deliveries were counted, {} recorded",
                    slice.delivered,
                    slice.delivery.count
                );
            }
        }
    }

    /// Opens a gather. Returns whether the visit goes on at once.
    pub(crate) fn gather(&mut self, slot: u32, t: SimTime, gather: u32) -> bool {
        let model = self.model;
        let table = &model.gathers[gather as usize];
        let place = self.fan_outs.free_lists.pop().unwrap_or_else(|| {
            self.fan_outs.lists.push(Vec::new());
            self.fan_outs.lists.len() as u32 - 1
        });
        let mut list = std::mem::take(&mut self.fan_outs.lists[place as usize]);
        let mut pulled = 0;
        if let (Some(population), Some(reader)) = (&model.population, self.user_of(slot)) {
            if table.pull != NONE {
                let ranks = self.fan_outs.ranks[gather as usize];
                pulled = population.followed(reader, ranks, table.batch, &mut list);
            }
        } else {
            let name = &model.fan_outs[table.fan_out as usize].name;
            self.fail(format!(
                "the gather `{name}` does not know who reads: the key is no user"
            ));
            return false;
        }
        self.fan_outs.lists[place as usize] = list;
        self.visits.rare_mut(slot).pulled = pulled;
        if let Some((_, arrived)) = self.request_of(slot) {
            let staleness = self.staleness(slot, t, table.fan_out);
            if let Some(slice) = self.recorder.fan_out_slice(table.fan_out, arrived) {
                slice.reads += 1;
                slice.pulls += u64::from(pulled);
                if let Some(age) = staleness {
                    slice.staleness.record(age);
                }
            }
        }
        let own = u32::from(table.own != NONE);
        let total = own + pulled.div_ceil(table.batch);
        if total == 0 {
            self.fan_outs.free_lists.push(place);
            self.visits[slot].pc += 1;
            return true;
        }
        let needed = match table.needed {
            ALL => total,
            NONE => NONE,
            some => some.min(total),
        };
        self.open_join(slot, needed, total, gather, NONE);
        self.arm(slot);
        let at_once = total.min(own.saturating_add(table.concurrency));
        let branches = self.visits.rare_mut(slot);
        branches.joins = Joins::Gather;
        branches.list = place;
        branches.started = at_once;
        branches.running = at_once;
        self.visits[slot].began = t.0;
        for index in (0..at_once).rev() {
            self.pull(slot, t, gather, index);
        }
        false
    }

    /// Draws the age of the oldest post that a reader was to have and has not [ns].
    ///
    /// Recipients are any of the users among whom a fan-out delivers, so a reader is
    /// one of those whom a post has not reached with their share of these users. O(posts
    /// under way).
    fn staleness(&self, slot: u32, t: SimTime, fan_out: u32) -> Option<u64> {
        let among = self.model.fan_outs[fan_out as usize].among;
        if among <= 0.0 {
            return None;
        }
        if self.fan_outs.backlogs[fan_out as usize].recipients == 0 {
            return Some(0);
        }
        let mut stream = Stream::new(self.word(slot, purpose::STALENESS, 0));
        let waited_for = self.fan_outs.posts.iter().filter(|post| {
            post.fan_out == fan_out && post.recipients > post.delivered && post.posted <= t
        });
        let ages = waited_for.map(|post| {
            let waits = stream.open() < f64::from(post.recipients - post.delivered) / among;
            if waits { t.since(post.posted).0 } else { 0 }
        });
        Some(ages.max().unwrap_or(0))
    }

    /// Starts a branch of a gather: one's own list first, then pulls.
    pub(crate) fn pull(&mut self, slot: u32, t: SimTime, gather: u32, index: u32) {
        let table = &self.model.gathers[gather as usize];
        let own = u32::from(table.own != NONE);
        if index < own {
            self.branch(slot, t, table.own, index, None);
            return;
        }
        self.branch(slot, t, table.pull, index + 1 - own, None);
        let Some(child) = self.pending.last().map(|resume| resume.slot) else {
            unreachable!("a branch has just been started");
        };
        let batch = index - own;
        let &Rare { list, pulled, .. } = self.visits.rare(slot);
        if let Some(user) = self.fan_outs.lists[list as usize].get(batch as usize) {
            self.visits[child].item = self.model.users_base + user;
        }
        if table.batch > 1 {
            let left = pulled - batch * table.batch;
            self.visits[child].count = left.min(table.batch);
        }
    }

    /// Forgets whom a visit gathers from.
    pub(crate) fn forget_pulls(&mut self, slot: u32) {
        let list = self.visits.rare(slot).list;
        self.fan_outs.free_lists.push(list);
    }
}

/// Writes a post down.
fn close_post(slice: &mut FanOutSlice, post: &Post, settled: bool, missing: u64) {
    slice.posts += 1;
    slice.pulled += u64::from(post.pulled);
    slice.recipients += u64::from(post.recipients);
    slice.delivered += u64::from(post.delivered);
    slice.duplicates += post.duplicates;
    let class = &mut slice.buckets[bucket(post.followers)];
    class.posts += 1;
    class.delivered += u64::from(post.delivered);
    if settled {
        slice.dropped += missing;
        if missing > 0 && post.delivered > 0 {
            let latency = post.last.since(post.posted).0;
            slice.last.record(latency);
            class.last.record(latency);
        }
    } else {
        slice.inside += missing;
    }
}

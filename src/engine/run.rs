//! The run of one replication: its loop, when it looks around, and how it ends.
//!
//! Three things compete to be next: the head of the event queue, the next
//! arrival of a load line, and a run-on check. Time-outs wait in a wheel and
//! become events when their slot opens, before anything at their time runs.
//!
//! Not here: what the state is (`replication`), and what events do.

use super::cut::{Cut, Load};
use super::event::{Class, What, class_of};
use super::fetch::fetch;
use super::queue::{Event, Target};
use super::replication::{Replication, end_of_slice, time_of};
use super::visit::{Visits, flag};
use super::{Observer, STOP_CHECKS};
use crate::metrics::recording::Recording;
use crate::model::NONE;
use crate::units::{SimTime, Span};

/// Events of a replication after which it is looked at whether parts would be faster.
const LOOK_AFTER: u64 = 200_000;
/// Share of the horizon after which it is.
const LOOK_SHARE: u64 = 100;
/// Events at one instant that are taken for a loop without time.
const MOST_AT_ONCE: u64 = 10_000_000;

/// How a replication ended.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ending {
    /// When.
    pub(crate) ended: SimTime,
    /// The user asked for it.
    pub(crate) interrupted: bool,
    /// Too many visits were inside.
    pub(crate) overflowed: bool,
    /// Counted requests were still inside at the end of the run-on.
    pub(crate) cut_short: bool,
}

impl Ending {
    /// An end as planned.
    fn at(ended: SimTime) -> Ending {
        Ending {
            ended,
            interrupted: false,
            overflowed: false,
            cut_short: false,
        }
    }
}

/// What became of a replication.
pub(crate) enum Ran {
    /// It has ended.
    Done(Box<Recording>),
    /// It is better run in parts, from the start.
    Cut(Cut),
}

/// Decides early in a run, by its load and events so far, whether to run it in parts.
pub(crate) type Look<'a> = &'a mut dyn FnMut(&Load, u64) -> Option<Cut>;

impl Replication<'_> {
    /// Runs to the end and closes the books, unless the look early on finds parts better.
    ///
    /// # Errors
    ///
    /// A loop without time, with the name of the node; servers that are kept in a circle.
    pub(crate) fn run(
        mut self,
        observer: &dyn Observer,
        mut look: Option<Look<'_>>,
    ) -> Result<Ran, String> {
        self.check_timetable();
        self.start_sources();
        let horizon = self.plan.horizon;
        let bin = self.plan.bin;
        let mut close = SimTime::ZERO + bin;
        loop {
            let at = self.run_to(close.min(self.barrier), observer)?;
            if at < close && self.is_overrun() {
                let ending = Ending {
                    overflowed: true,
                    ..Ending::at(self.now)
                };
                return Ok(Ran::Done(Box::new(self.close(&ending))));
            }
            let mut interrupted = false;
            if at >= close {
                // Bins that have ended by then are closed one by one.
                let mut closed = close;
                while close <= at && close < horizon {
                    self.look_for_deadlock()?;
                    observer.bin_closed(self.number, close);
                    closed = close;
                    close += bin;
                    if observer.stop() {
                        interrupted = true;
                        break;
                    }
                    if at == SimTime::NEVER {
                        close = horizon;
                    }
                }
                if interrupted || self.is_overrun() {
                    let ending = Ending {
                        interrupted,
                        overflowed: !interrupted,
                        ..Ending::at(closed.min(horizon).max(self.now))
                    };
                    return Ok(Ran::Done(Box::new(self.close(&ending))));
                }
                if close >= horizon {
                    // There are no bins after the horizon.
                    close = SimTime::NEVER;
                }
                if self.events >= LOOK_AFTER
                    && closed.0 >= horizon.0 / LOOK_SHARE
                    && close < horizon
                    && let Some(look) = look.take()
                    && let Some(cut) = look(&self.load(closed), self.events)
                {
                    return Ok(Ran::Cut(cut));
                }
            }
            self.mark_pools(at.min(self.barrier));
            if at >= self.barrier && self.barrier < self.check {
                self.run_global(observer);
                if let Some(failure) = self.failure.take() {
                    return Err(failure);
                }
            } else if at >= self.barrier {
                self.look_for_deadlock()?;
                if let Some(ending) = self.run_on_check(observer) {
                    return Ok(Ran::Done(Box::new(self.close(&ending))));
                }
            }
        }
    }

    /// At the horizon and at a run-on check: is a counted request still inside?
    ///
    /// Returns how the run has ended, if it has.
    fn run_on_check(&mut self, observer: &dyn Observer) -> Option<Ending> {
        let (check, horizon) = (self.check, self.plan.horizon);
        self.begin(check, Class::Global, NONE);
        if self.counted_inside == 0 {
            return Some(Ending::at(check));
        }
        let cut_short = Ending {
            cut_short: true,
            ..Ending::at(check)
        };
        if check >= horizon + Span(horizon.0) {
            return Some(cut_short);
        }
        self.check = check + Span((horizon.0 / 64).max(1));
        self.set_barrier();
        observer.bin_closed(self.number, check);
        observer.stop().then_some(cut_short)
    }

    /// What a run that is cut into parts decides where all of them stand still.
    ///
    /// Returns how it has ended, if it has.
    pub(crate) fn look_around(&mut self, at: SimTime, observer: &dyn Observer) -> Option<Ending> {
        if at >= self.check {
            return self.run_on_check(observer);
        }
        observer.bin_closed(self.number, at);
        observer.stop().then(|| Ending {
            interrupted: true,
            ..Ending::at(at)
        })
    }

    /// Sums up what has happened where, until a bin was closed.
    fn load(&mut self, closed: SimTime) -> Load {
        self.recorder.enter_day_book();
        let recording = self.recorder.recording();
        let posted = self.counters.iter();
        let mut nodes: Vec<f64> = recording
            .nodes
            .iter()
            .zip(posted)
            .map(|(node, &posted)| (node.arrived.iter().sum::<u64>() + posted) as f64)
            .collect();
        for flow in self.model.flows.iter().take(1) {
            // A request enters and leaves: less than two visits, by the instructions that they take.
            let client = self.tables.code[flow.entry as usize].node;
            nodes[client as usize] += 1.5 * self.ordinal as f64;
        }
        Load {
            nodes,
            links: recording
                .links
                .iter()
                .map(|link| link.slices.iter().map(|slice| slice.attempts).sum::<u64>() as f64)
                .collect(),
            elapsed: closed.0.max(1) as f64,
        }
    }

    /// Whether more visits are live than a replication goes on with.
    #[inline(always)]
    pub(crate) fn is_overrun(&self) -> bool {
        self.visits.live + self.journeys.visits() > self.most_live
    }

    /// Runs all events before a limit, unless it is overrun meanwhile; returns when the next one
    /// happens.
    ///
    /// # Errors
    ///
    /// A loop without time, with the name of the node.
    pub(crate) fn run_to(
        &mut self,
        limit: SimTime,
        observer: &dyn Observer,
    ) -> Result<SimTime, String> {
        self.fence = limit.min(self.next_mark);
        loop {
            self.open_wheel();
            let (source_key, source) = self.next_source;
            let queue_key = self.queue.head();
            let from_source = source_key < queue_key;
            let at = time_of(source_key.min(queue_key));
            if at >= self.fence {
                if self.fence == limit {
                    return Ok(self.next_at());
                }
                self.mark_pools(self.fence);
                self.fence = limit.min(self.next_mark);
                continue;
            }
            if at == self.at_once.0 {
                self.at_once.1 += 1;
                if self.at_once.1 > MOST_AT_ONCE {
                    return Err(self.loop_without_time(at));
                }
            } else {
                self.at_once = (at, 0);
            }
            self.countdown -= 1;
            if self.countdown == 0 {
                self.countdown = STOP_CHECKS;
                observer.progress(self.number, at);
                if self.is_overrun() {
                    return Ok(at);
                }
            }
            if from_source {
                self.arrive(source);
            } else {
                self.next_event();
            }
            if self.failure.is_some() {
                return Err(self.failure.take().unwrap_or_default());
            }
        }
    }

    /// Ends the run if servers are kept in a circle.
    fn look_for_deadlock(&self) -> Result<(), String> {
        let found = self.may_deadlock.then(|| self.deadlock()).flatten();
        found.map_or(Ok(()), Err)
    }

    /// Notes the environment-time of pools at slice boundaries that have been reached.
    pub(crate) fn mark_pools(&mut self, at: SimTime) {
        while self.marks < self.plan.slices.len() && at >= self.next_mark {
            self.mark_pools_at(self.next_mark);
        }
    }

    /// Adds the environment-time since the last mark to the slice that ends here.
    fn mark_pools_at(&mut self, mark: SimTime) {
        for index in 0..self.pools.len() {
            let areas = self.pools[index].areas(mark);
            let before = std::mem::replace(&mut self.pool_areas[index], areas);
            let node = self.model.pools[index].node as usize;
            let record = &mut self.recorder.recording().nodes[node];
            record.environment_area[self.marks] += areas.existing - before.existing;
            record.idle_area[self.marks] += areas.idle - before.idle;
        }
        self.marks += 1;
        self.next_mark = end_of_slice(self.plan, self.marks);
    }

    /// Returns why a loop without time is refused and, in a second line, what helps.
    fn loop_without_time(&self, at: SimTime) -> String {
        let node = self
            .model
            .nodes
            .get(self.node as usize)
            .map_or("client", |n| &n.name);
        format!(
            "more than ten million events at {} s of simulated time, the last one at `{node}`: \
             something is done again and again without time passing\n\
             give what repeats it some time: `visibility` or `max_receives` at a queue, `backoff` at a \
             link that tries again, `think` of clients, or work at `{node}`",
            at.as_seconds()
        )
    }

    /// Runs the event at the head of the queue.
    #[inline(always)]
    fn next_event(&mut self) {
        let Some(Event {
            at,
            order,
            target,
            generation,
        }) = self.queue.pop()
        else {
            return;
        };
        fetch(&mut self.queue, &self.visits, &self.journeys);
        let (slot, code) = (target.slot(), target.what());
        let node = ((order >> 36) & 0xff_ffff) as u32;
        self.begin(at, class_of(order), node);
        if code == What::Journey as u8 {
            self.go_on(slot, at, order);
            self.drain();
        } else if code == What::Resume as u8 && self.visits[slot].generation == generation {
            self.resume(slot, at);
        } else {
            self.run_event((at, order), target, generation);
        }
    }

    /// Runs an event of another kind than those that most are of.
    #[inline(never)]
    fn run_event(&mut self, (at, order): (SimTime, u64), target: Target, generation: u32) {
        let slot = target.slot();
        let what = What::from_code(target.what());
        let current = |visits: &Visits| visits[slot].generation == generation;
        match what {
            // Whom it is for is not there any more.
            What::Resume | What::Journey => return,
            What::Done => {
                if self.visits.is_served(slot, generation) {
                    self.service_done(slot, at);
                }
            }
            What::SharedDone => self.shared_done(slot, generation, at),
            What::Patience => {
                if self.visits.is_served(slot, generation) {
                    self.out_of_patience(slot, at);
                }
            }
            What::Reply => {
                if current(&self.visits) {
                    self.reply_arrives(slot, at, order);
                }
            }
            What::TimeOut => {
                if self.visits.is_alive(slot, generation) {
                    self.time_out(slot, at);
                }
            }
            What::Hedge => {
                if current(&self.visits) {
                    self.hedge(slot, at);
                }
            }
            What::Pace => self.pace_ready(slot, generation, at),
            What::Retry => {
                if current(&self.visits) {
                    self.retry(slot, at);
                }
            }
            What::Join => {
                if current(&self.visits)
                    && let Some((slot, at)) = self.join(slot, at)
                {
                    self.drive(slot, at, false);
                }
            }
            What::End | What::Leave => {
                if current(&self.visits) {
                    let outcome = self.visits[slot].aside;
                    let here = what == What::Leave;
                    if let Some((slot, at)) = self.end(slot, at, outcome, here) {
                        self.drive(slot, at, false);
                    }
                }
            }
            What::Cancel => {
                if self.visits.is_alive(slot, generation) {
                    self.cancelled(slot, at);
                }
            }
            What::Deliver => self.look_for_messages(slot, generation, at),
            What::Visibility => self.queue_wakes(slot, at),
            What::Client => self.client_sends(slot, generation as usize, at),
        }
        self.drain();
    }

    /// Ends the replication with a reason that the user has to know.
    #[cold]
    pub(crate) fn fail(&mut self, why: String) {
        self.failure.get_or_insert(why);
    }

    /// Counts what is still inside, checks the identities, and hands out the recording.
    pub(crate) fn close(mut self, ending: &Ending) -> Recording {
        let ended = ending.ended;
        if ending.interrupted || ending.overflowed {
            self.recorder.cut(ended);
        }
        self.end_journeys();
        debug_assert_eq!(self.journeys.visits(), 0, "what ends is counted off");
        let slots: Vec<u32> = self.visits.slots().collect();
        for slot in slots {
            let visit = self.visits[slot];
            let fresh = visit.flags & flag::FRESH != 0 && !self.has_entered(slot);
            if fresh || visit.flags & (flag::LOST | flag::ENDED) != 0 {
                continue;
            }
            if visit.flags & flag::ROOT != 0 {
                let flow = self.requests[visit.request as usize].flow;
                self.recorder
                    .request(flow, SimTime(visit.entered), ended, None);
                continue;
            }
            self.close_station_areas(slot, ended);
            self.close_held_areas(slot, ended);
            if visit.flags & flag::STRAND == 0 {
                self.record_departure(slot, ended, None);
            }
        }
        if self.marks < self.plan.slices.len() {
            // Ended early: the slice that was under way ends here.
            self.mark_pools_at(self.now.min(ended));
        }
        self.close_mechanisms();
        for index in 0..self.requests.len() {
            let first = std::mem::replace(&mut self.requests[index].posts, NONE);
            self.close_posts(first, ended, false);
        }
        self.close_fan_outs(ended);
        self.close_copies(ended);
        self.close_traces();
        self.recorder.recording().followed = self.following.close();
        for (flow, inside) in self.inside.iter().enumerate() {
            self.recorder.recording().flows[flow].inside_max = inside.most;
        }
        let recording = self.recorder.recording();
        recording.events = self.events;
        recording.queue_events = self.queue_events;
        recording.interrupted = ending.interrupted;
        recording.overflowed = ending.overflowed;
        recording.cut_short = ending.cut_short;
        self.recorder.finish(ended)
    }
}

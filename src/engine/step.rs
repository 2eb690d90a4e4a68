//! One step: a visit runs ahead on its own clock until something shared stops it.
//!
//! Operations that only take time move the local clock `t`. An operation on
//! shared state runs if an event was posted for it, or if it belongs to the node
//! of the current event, at the same instant and of a class that is not later;
//! else it becomes an event at `t` (ENGINE.md section 4).

use super::event::{Class, What, class_of};
use super::queue::key;
use super::replication::Replication;
use super::strand::strand_on_journey;
use super::visit::flag;
use crate::metrics::recorder::Departure;
use crate::model::{ALL, CountFrom, NONE, Op, Outcome, Policy, Work};
use crate::random::{address, draw, mix32, purpose};
use crate::units::SimTime;

/// Operations that one step may execute without time passing.
const BUDGET: u32 = 1_000_000;

/// A visit that is to run on at a local time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Resume {
    /// Its slot, or that of a journey (`strand`).
    pub(crate) slot: u32,
    pub(crate) at: SimTime,
    /// An event was posted for its next operation.
    pub(crate) granted: bool,
}

impl Replication<'_> {
    /// Runs a visit, and everything that it starts, as far as their own clocks go.
    pub(crate) fn drive(&mut self, slot: u32, at: SimTime, granted: bool) {
        self.step(slot, at, granted);
        self.drain();
    }

    /// Runs what was started by the current event until nothing is left to run.
    #[inline(always)]
    pub(crate) fn drain(&mut self) {
        if !self.pending.is_empty() {
            self.run_pending();
        }
    }

    #[inline(never)]
    fn run_pending(&mut self) {
        while let Some(next) = self.pending.pop() {
            match strand_on_journey(next.slot) {
                Some(slot) => self.run_on_now(slot),
                None => self.step(next.slot, next.at, next.granted),
            }
        }
    }

    /// Posts an event for a visit at its local time.
    ///
    /// Returns true if the event would be the next to run anyway and may run at
    /// once: then the clock has been moved to it.
    #[inline]
    pub(crate) fn post(&mut self, slot: u32, at: SimTime, class: Class, what: What) -> bool {
        let visit = &self.visits[slot];
        let (reply_by, generation) = (visit.reply_by, visit.generation);
        let node = self.tables.code[visit.pc as usize].node;
        let order = self.next_order(class, node);
        if reply_by != u64::MAX {
            self.arm_by(slot, at, reply_by);
        }
        self.is_next(at, order, node) || {
            self.push(at, order, slot, what, generation);
            false
        }
    }

    /// Posts the arrival of an attempt that has crossed a link, as `post` does.
    ///
    /// Where the two ends may lie in different parts, the order is the calling node's.
    pub(crate) fn cross(&mut self, child: u32, at: SimTime, route: u32) -> bool {
        if !self.tables.route_is_free[route as usize] {
            return self.post(child, at, Class::Arrival, What::Resume);
        }
        let visit = self.visits[child];
        let order = self.next_order(Class::Arrival, self.node_of(visit.caller));
        self.arm_by(child, at, visit.reply_by);
        let node = self.node_of(child);
        if self.is_elsewhere(node) {
            self.send_call(child, at, order);
            return false;
        }
        self.is_next(at, order, node) || {
            self.push(at, order, child, What::Resume, visit.generation);
            false
        }
    }

    /// Moves the clock to an event at a node if it would be the next to run anyway.
    #[inline]
    pub(crate) fn is_next(&mut self, at: SimTime, order: u64, node: u32) -> bool {
        if self.pending.is_empty()
            && at < self.fence
            && key(at, order) < self.queue.head().min(self.next_source.0)
            && at < self.wheel.next_at()
        {
            self.begin(at, class_of(order), node);
            return true;
        }
        false
    }

    /// Whether a shared operation of a class may run now; if not, an event was posted.
    pub(super) fn reach(&mut self, slot: u32, at: SimTime, class: Class, granted: bool) -> bool {
        self.events += 1;
        if granted && at == self.now {
            return true;
        }
        if at == self.now && class <= self.class && self.node_of(slot) == self.node {
            return true;
        }
        self.events -= 1;
        if self.post(slot, at, class, What::Resume) {
            self.events += 1;
            return true;
        }
        false
    }

    /// Returns the node at which a visit is.
    pub(crate) fn node_of(&self, slot: u32) -> u32 {
        self.tables.code[self.visits[slot].pc as usize].node
    }

    /// Returns the recorder row of a visit.
    pub(crate) fn row_of(&self, slot: u32) -> u32 {
        self.tables.code[self.visits[slot].pc as usize].row
    }

    /// Draws the value of a sampler for the current operation of a visit.
    #[inline(always)]
    pub(crate) fn sample(&self, slot: u32, sampler: u32, purpose: u8) -> u64 {
        let sampler = &self.model.samplers[sampler as usize];
        if let Some(constant) = sampler.constant() {
            return constant;
        }
        let visit = &self.visits[slot];
        let operation = self.tables.code[visit.pc as usize].operation;
        let ordinal = if self.model.needs_ordinal {
            self.visits[slot].ordinal
        } else {
            0
        };
        sampler.sample(
            visit.key,
            address(visit.hop, purpose, operation, 0),
            ordinal,
        )
    }

    /// Draws a word for the current operation of a visit.
    #[inline]
    pub(crate) fn word(&self, slot: u32, purpose: u8, index: u8) -> u64 {
        let visit = &self.visits[slot];
        let operation = self.tables.code[visit.pc as usize].operation;
        draw(visit.key, address(visit.hop, purpose, operation, index))
    }

    /// Returns what the work of a visit takes [ns].
    #[inline(always)]
    pub(crate) fn work(&self, slot: u32, work: u32) -> u64 {
        let plain = self.tables.plain_works[work as usize];
        if plain == NONE {
            return self.composed_work(slot, work);
        }
        self.sample(slot, plain, purpose::SERVICE)
    }

    /// Returns what the work of a visit takes that depends on the visit [ns].
    fn composed_work(&self, slot: u32, work: u32) -> u64 {
        let work = &self.model.works[work as usize];
        let base = if work.base == NONE {
            0
        } else {
            self.sample(slot, work.base, purpose::SERVICE)
        };
        if work.each && self.is_page(slot) {
            return self.page_work(slot, work);
        }
        if is_plain(work) {
            return base;
        }
        let visit = &self.visits[slot];
        let items = f64::from(visit.items.saturating_sub(1));
        let time = base as f64 * work.scale
            + items * work.per_item
            + visit.bytes as f64 * work.per_byte
            + f64::from(self.visits.rare(slot).pulled) * work.per_pulled;
        (time + 0.5) as u64
    }

    /// Runs one visit until it posts, waits or ends; a reply goes on in its caller.
    #[allow(
        clippy::too_many_lines,
        reason = "the interpreter is one match on purpose"
    )]
    fn step(&mut self, first: u32, at: SimTime, first_granted: bool) {
        let (model, tables) = (self.model, self.tables);
        let (mut slot, mut t, mut next_granted) = (first, at, first_granted);
        let mut budget = BUDGET;
        loop {
            // An event was posted for one operation, the first.
            let mut granted = std::mem::take(&mut next_granted);
            budget -= 1;
            if budget == 0 {
                self.fail_budget(slot);
                return;
            }
            let visit = &self.visits[slot];
            let (flags, pc) = (visit.flags, visit.pc);
            if flags & (flag::FRESH | flag::TRY) != 0 && !self.before_operation(slot, t) {
                return;
            }
            // Local time never passes the horizon or a global event.
            if t >= self.barrier && t != self.now {
                if !self.post(slot, t, Class::Completion, What::Resume) {
                    return;
                }
                granted = false;
            }
            let site = &tables.code[pc as usize];
            match site.op {
                Op::Delay { time } => {
                    let delay = self.sample(slot, time, purpose::SERVICE);
                    let end = t + crate::units::Span(delay);
                    if self.visits[slot].holds != NONE {
                        self.blocked(slot, t, end);
                    }
                    t = end;
                    self.visits[slot].pc += 1;
                }
                Op::Work { work } => {
                    let mut time = self.work(slot, work);
                    if self.globals.active {
                        time = self.versioned(slot, time);
                    }
                    let end = t + crate::units::Span(time);
                    if !self.holds_server(slot) {
                        let row = self.row_of(slot);
                        self.recorder.worked(row, t, end);
                        self.visits[slot].served += time;
                    }
                    t = end;
                    self.visits[slot].pc += 1;
                }
                Op::Place { partition } if self.is_page(slot) => {
                    if !self.reach(slot, t, Class::Arrival, granted) {
                        return;
                    }
                    match self.split_page(slot, t, partition) {
                        Some(done) => t = done,
                        None => return,
                    }
                }
                Op::Place { partition } => {
                    let guarded = model.partitions[partition as usize].guarded;
                    if guarded && !self.reach(slot, t, Class::Arrival, granted) {
                        return;
                    }
                    self.place(slot, partition);
                    if guarded && self.is_placed_out(slot) {
                        let Some(next) = self.end(slot, t, Outcome::Failed, true) else {
                            return;
                        };
                        (slot, t) = next;
                    } else {
                        self.visits[slot].pc += 1;
                    }
                }
                Op::Serve { group, work } => {
                    if !self.reach(slot, t, Class::Arrival, granted) {
                        return;
                    }
                    match self.serve(slot, t, group, work) {
                        Some(done) => t = done,
                        None => return,
                    }
                    if site.completes()
                        && t < self.barrier
                        && !self.globals.active
                        && let Some(next) = self.complete(slot, t)
                    {
                        match next {
                            Some(next) => (slot, t) = next,
                            None => return,
                        }
                    }
                }
                Op::Seize { group } => {
                    if !self.reach(slot, t, Class::Arrival, granted) {
                        return;
                    }
                    if !self.seize(slot, t, group) {
                        return;
                    }
                }
                Op::Release { group } => {
                    if !self.reach(slot, t, Class::Completion, granted) {
                        return;
                    }
                    self.visits[slot].pc += 1;
                    self.release_group(slot, t, group);
                }
                Op::Admit { admission } => {
                    if !self.reach(slot, t, Class::Arrival, granted) {
                        return;
                    }
                    match self.admit(slot, t, admission) {
                        Some(admitted) => {
                            self.visits[slot].pc += 1;
                            t = admitted;
                        }
                        None => {
                            let Some(next) = self.end(slot, t, Outcome::Throttled, true) else {
                                return;
                            };
                            (slot, t) = next;
                        }
                    }
                }
                Op::Remainder {
                    batch,
                    admit,
                    given_up,
                } => {
                    let (next, gives_up) = self.next_round(slot, t, (batch, admit));
                    if gives_up {
                        self.visits[slot].pc = given_up;
                    }
                    t = next;
                }
                Op::Afford { admission, target } => {
                    if !self.reach(slot, t, Class::Arrival, granted) {
                        return;
                    }
                    let paid = self.afford(slot, t, admission);
                    self.visits[slot].pc = if paid { target } else { pc + 1 };
                }
                Op::LookUp { cache, miss, join } => {
                    if !self.reach(slot, t, Class::Arrival, granted) {
                        return;
                    }
                    if !self.look_up(slot, t, cache, miss, join) {
                        return;
                    }
                }
                Op::LookUpFixed { below, miss } => self.look_up_fixed(slot, below, miss),
                Op::Missed => {
                    self.visits[slot].flags |= flag::MISS;
                    self.visits[slot].pc += 1;
                }
                Op::Fill { cache, must } => {
                    if !self.reach(slot, t, Class::Arrival, granted) {
                        return;
                    }
                    let kept = self.fill(slot, t, cache);
                    if kept || !must {
                        self.visits[slot].pc += 1;
                    } else {
                        let Some(next) = self.end(slot, t, Outcome::Failed, true) else {
                            return;
                        };
                        (slot, t) = next;
                    }
                }
                Op::Invalidate { cache } => {
                    if !self.reach(slot, t, Class::Arrival, granted) {
                        return;
                    }
                    self.visits[slot].pc += 1;
                    self.invalidate(slot, cache);
                }
                Op::Warm { pool, cold } => {
                    if !self.reach(slot, t, Class::Arrival, granted) {
                        return;
                    }
                    match self.warm(slot, t, pool, cold) {
                        Some(ready) => t = ready,
                        None => {
                            let Some(next) = self.end(slot, t, Outcome::Throttled, true) else {
                                return;
                            };
                            (slot, t) = next;
                        }
                    }
                }
                Op::Coin { below, target } => {
                    let word = (self.word(slot, purpose::COIN, 0) >> 32) as u32;
                    self.visits[slot].pc = if word < below { target } else { pc + 1 };
                }
                Op::Split { split } => self.visits[slot].pc = self.branch_of(slot, split),
                Op::Resolve { resolvers, split } => {
                    if !self.reach(slot, t, Class::Arrival, granted) {
                        return;
                    }
                    self.ask_resolver(slot, t, resolvers, split);
                }
                Op::Choose { balancer } => {
                    if is_ordered(model.balancers[balancer as usize].policy)
                        && !self.reach(slot, t, Class::Arrival, granted)
                    {
                        return;
                    }
                    self.choose(slot, t, balancer);
                    self.visits[slot].pc += 1;
                }
                Op::CallChosen { first } => {
                    let this = &self.visits[slot];
                    let (target, copy) = (this.target, this.copy);
                    if self.tables.route_is_shared[(first + target) as usize] {
                        if !self.reach(slot, t, Class::Arrival, granted) {
                            return;
                        }
                        if !self.connect(slot, t, first + target) {
                            return;
                        }
                    }
                    match self.call(slot, t, first + target, Some(copy)) {
                        Some(next) => (slot, t) = next,
                        None => return,
                    }
                }
                Op::Unchoose { balancer } => {
                    if counts_outstanding(model.balancers[balancer as usize].policy) {
                        if !self.reach(slot, t, Class::Completion, granted) {
                            return;
                        }
                        self.unchoose(slot, t, balancer);
                    }
                    self.visits[slot].pc += 1;
                }
                Op::Call { route } => {
                    if self.tables.route_is_shared[route as usize] {
                        if !self.reach(slot, t, Class::Arrival, granted) {
                            return;
                        }
                        if !self.connect(slot, t, route) {
                            return;
                        }
                    }
                    let plain = self.tables.lanes[route as usize].is_plain();
                    let next = if plain && !self.follows(slot) {
                        self.call_plain(slot, t, route, NONE)
                    } else {
                        self.call(slot, t, route, None)
                    };
                    match next {
                        Some(next) => (slot, t) = next,
                        None => return,
                    }
                }
                Op::Spawn { entry, strand } => {
                    self.visits[slot].pc += 1;
                    self.spawn(slot, t, entry, strand);
                }
                Op::Fork { fork, on_error } => {
                    let table = &model.forks[fork as usize];
                    let total = table.entries.len() as u32;
                    let needed = if table.needed == ALL {
                        total
                    } else {
                        table.needed
                    };
                    if total == 0 {
                        self.visits[slot].pc += 1;
                        continue;
                    }
                    self.open_join(slot, needed, total, NONE, on_error);
                    for index in (0..total).rev() {
                        self.branch(slot, t, table.entries[index as usize], 0, None);
                    }
                    let branches = self.visits.rare_mut(slot);
                    branches.started = total;
                    branches.running = total;
                    self.visits[slot].began = t.0;
                    self.arm(slot);
                    return;
                }
                Op::Each { each, on_error } => {
                    if !self.repeat(slot, t, each, on_error) {
                        return;
                    }
                }
                Op::FanOut { step } => {
                    if !self.reach(slot, t, Class::Arrival, granted) {
                        return;
                    }
                    if !self.fan_out(slot, t, step) {
                        return;
                    }
                }
                Op::Gather { gather } => {
                    if !self.reach(slot, t, Class::Arrival, granted) {
                        return;
                    }
                    if !self.gather(slot, t, gather) {
                        return;
                    }
                }
                Op::PushCount => {
                    let count = self.visits[slot].count;
                    let outer = self.visits.rare_mut(slot);
                    outer.counts[usize::from(outer.depth)] = count;
                    outer.depth += 1;
                    let this = &mut self.visits[slot];
                    this.count = this.missed.max(1);
                    self.visits[slot].pc += 1;
                }
                Op::PopCount if self.has_renewed(slot) => {
                    if self.visits[slot].holds != NONE
                        && !self.reach(slot, t, Class::Completion, granted)
                    {
                        return;
                    }
                    let Some(next) = self.end(slot, t, Outcome::Completed, true) else {
                        return;
                    };
                    (slot, t) = next;
                }
                Op::PopCount => {
                    let outer = self.visits.rare_mut(slot);
                    outer.depth -= 1;
                    let count = outer.counts[usize::from(outer.depth)];
                    self.visits[slot].count = count;
                    self.visits[slot].pc += 1;
                    self.forget_missed(slot);
                }
                Op::Enqueue { queue, about } => {
                    if !self.reach(slot, t, Class::Arrival, granted) {
                        return;
                    }
                    self.visits[slot].pc += 1;
                    self.enqueue(slot, t, queue, about);
                }
                Op::Append { log, about } => {
                    if !self.reach(slot, t, Class::Arrival, granted) {
                        return;
                    }
                    self.visits[slot].pc += 1;
                    self.append(slot, t, log, about);
                }
                Op::Earlier { .. }
                | Op::Once { .. }
                | Op::Held { .. }
                | Op::Hold { .. }
                | Op::Keep { .. }
                | Op::Replay { .. }
                | Op::Tell { .. }
                | Op::Fits { .. } => match self.seldom(slot, t, granted) {
                    Some(next) => t = next,
                    None => return,
                },
                Op::Lag { what } => {
                    if !self.reach(slot, t, Class::Arrival, granted) {
                        return;
                    }
                    self.lag(slot, what);
                    self.visits[slot].pc += 1;
                }
                Op::Observe { node } => {
                    if !self.reach(slot, t, Class::Arrival, granted) {
                        return;
                    }
                    self.visits[slot].pc += 1;
                    self.observe(slot, node);
                }
                Op::Commit { node, conditional } => {
                    if !self.reach(slot, t, Class::Arrival, granted) {
                        return;
                    }
                    if self.commit(slot, node, conditional) {
                        self.visits[slot].pc += 1;
                    } else {
                        let Some(next) = self.end(slot, t, Outcome::Failed, true) else {
                            return;
                        };
                        (slot, t) = next;
                    }
                }
                Op::Jump { target } => self.visits[slot].pc = target,
                Op::Leave { outcome } => {
                    if self.visits[slot].holds != NONE
                        && !self.reach(slot, t, Class::Completion, granted)
                    {
                        return;
                    }
                    if outcome == Outcome::Completed && !self.globals.active {
                        self.let_go(slot, t, outcome);
                        if let Some(next) = self.complete(slot, t) {
                            match next {
                                Some(next) => (slot, t) = next,
                                None => return,
                            }
                            continue;
                        }
                    }
                    let fails = self.globals.active
                        && outcome == Outcome::Completed
                        && self.version_fails(slot);
                    let outcome = if fails { Outcome::Failed } else { outcome };
                    let Some(next) = self.end(slot, t, outcome, true) else {
                        return;
                    };
                    (slot, t) = next;
                }
            }
        }
    }

    /// Counts a visit's arrival, and ends a `try` strand whose time is over.
    ///
    /// Returns false if the visit does not go on.
    fn before_operation(&mut self, slot: u32, t: SimTime) -> bool {
        let flags = self.visits[slot].flags;
        let fresh = flags & flag::FRESH != 0;
        if fresh && !(self.globals.active && self.has_entered(slot)) {
            if t >= self.barrier && t != self.now {
                // It enters when its event runs.
                if !self.post(slot, t, Class::Arrival, What::Resume) {
                    return false;
                }
            }
            let visit = &mut self.visits[slot];
            visit.flags &= !flag::FRESH;
            visit.entered = t.0;
            if self.follows(slot) {
                self.follow_arrival(slot, t);
            }
            if self.globals.active && !self.enter_watched(slot, t) {
                return false;
            }
        }
        if fresh && self.globals.active && self.stands_still(slot, t) {
            return false;
        }
        if flags & flag::TRY != 0 && t.0 > self.visits[slot].reply_by {
            // Its time-out, an event of its own, speaks for it.
            if flags & flag::ABANDONED == 0 {
                self.arm(slot);
                self.visits[slot].flags |= flag::ENDED;
                self.visits[slot].since = t.0;
                return false;
            }
            if let Some((caller, at)) = self.end(slot, self.now.max(t), Outcome::TimedOut, true) {
                self.pending.push(Resume {
                    slot: caller,
                    at,
                    granted: false,
                });
            }
            return false;
        }
        true
    }

    /// Draws how many items a call is about.
    pub(crate) fn count_of(&self, slot: u32, count: CountFrom) -> u32 {
        match count {
            CountFrom::One => 1,
            CountFrom::Inherited => self.visits[slot].count,
            CountFrom::Drawn(sampler) => {
                u32::try_from(self.sample(slot, sampler, purpose::COUNT)).unwrap_or(u32::MAX)
            }
        }
    }

    /// Records the end of a visit at its node.
    #[inline(never)]
    pub(crate) fn record_departure(&mut self, slot: u32, t: SimTime, outcome: Option<Outcome>) {
        if self.globals.active
            && let Some(outcome) = outcome
        {
            self.leave_watched(slot, t, outcome);
        }
        let visit = &self.visits[slot];
        let via = visit.via;
        let op = if via == NONE {
            NONE
        } else {
            self.model.routes[via as usize].op
        };
        let row = self.tables.code[visit.pc as usize].row;
        let departure = Departure {
            row,
            op,
            instance: visit.instance,
            entered: SimTime(visit.entered),
            left: t,
            outcome,
            orphaned: outcome == Some(Outcome::Completed) && self.nobody_waits(slot, t),
            waited: visit.waited,
            served: (visit.served > 0).then_some(visit.served),
            item: visit.item,
        };
        self.recorder.leave(&departure);
    }

    /// Mixes an index into the address of what comes below.
    pub(crate) fn salted(salt: u32, index: u32) -> u32 {
        if index == 0 { salt } else { mix32(salt, index) }
    }
}

/// Whether work takes what is drawn for it, and nothing else.
#[allow(
    clippy::float_cmp,
    reason = "1 and 0 are exact and mean “nothing to do”"
)]
pub(super) fn is_plain(work: &Work) -> bool {
    work.scale == 1.0 && work.per_item == 0.0 && work.per_byte == 0.0 && work.per_pulled == 0.0
}

/// Whether a choice depends on what was chosen before.
fn is_ordered(policy: Policy) -> bool {
    counts_outstanding(policy) || policy == Policy::RoundRobin
}

/// Whether a choice depends on the calls outstanding.
pub(crate) fn counts_outstanding(policy: Policy) -> bool {
    matches!(policy, Policy::LeastOutstanding | Policy::Choices)
}

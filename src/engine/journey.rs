//! Journeys: requests that go through nodes one after the other, without a visit for each of them.
//!
//! A journey is one record for all visits of a request: the present one, which goes on as a
//! `Light` one does, and a frame for every visit that has called on and waits for the answer.
//! What a request does that goes well is little (`travel`): whatever else may happen makes
//! visits of its journey, as they would have been, and goes on with them. The draws, the orders
//! and the counts are those of visits.
//!
//! Not here: how journeys go on (`row`, `travel`); requests that are over without any event (`direct`);
//! runs that are watched, in which there are none.

use super::event::What;
use super::lane::Lane;
use super::light::{Light, Stop};
use super::replication::Replication;
use super::sources::Entering;
use super::travel::Step;
use super::visit::{NO_INSTANCE, flag};
use crate::model::{Discipline, Group, Model, NONE, Op, Outcome};
use crate::units::SimTime;

/// Visits of a journey that have called on, at most; more of them need visits.
///
/// CHOICE: rows in topologies are shorter.
pub(super) const MOST: usize = 6;

/// A visit of a journey.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    /// When it entered its node [ns].
    pub(super) entered: u64,
    /// Time in waiting lines [ns].
    pub(super) waited: u64,
    /// Time in service [ns].
    pub(super) served: u64,
    /// When it called on [ns].
    pub(super) began: u64,
    /// Deadline of its attempt [ns]; `u64::MAX` if none.
    pub(super) reply_by: u64,
    /// Order of its time-out among events; 0 until it is needed.
    timer: u64,
    /// Since when it holds a server [ns].
    since: u64,
    /// Station of which it holds a server, or `NONE`.
    pub(super) holds: u32,
    /// Route by which it was called.
    pub(super) route: u32,
    /// Its operation.
    pub(super) pc: u32,
    /// Items of its last answer or look-up that were missed.
    pub(super) missed: u32,
    /// Copy or partition.
    pub(super) instance: u16,
    /// Whether its answer is a miss.
    pub(super) misses: bool,
    /// Counts that it has put aside.
    pushed: u8,
}

impl Frame {
    const NEW: Frame = Frame {
        entered: 0,
        waited: 0,
        served: 0,
        began: 0,
        reply_by: u64::MAX,
        timer: 0,
        since: 0,
        holds: NONE,
        route: NONE,
        pc: 0,
        missed: 0,
        instance: NO_INSTANCE,
        misses: false,
        pushed: 0,
    };

    /// Returns how many items of its answer were missed.
    #[inline(always)]
    pub(super) fn missed_items(&self) -> u32 {
        if self.misses { self.missed.max(1) } else { 0 }
    }

    /// Puts down a visit, which calls on now if it calls.
    #[inline(always)]
    fn put(&mut self, light: &Light) {
        self.entered = light.entered.0;
        self.waited = light.waited;
        self.served = light.served;
        self.began = light.at.0;
        self.reply_by = light.reply_by;
        self.timer = light.timer;
        self.since = light.since.0;
        self.holds = light.holds;
        self.pc = light.pc;
        self.missed = light.missed;
        self.instance = light.instance;
        self.misses = light.misses;
        self.pushed = light.pushed;
    }
}

/// What the event of a journey brings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// Its present visit to the node, over a link.
    Arriving,
    /// Its present visit to an operation on shared state.
    Within,
    /// The answer of its present visit, over a link, to the one that waits for it.
    Back,
}

/// A request on its way.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(64))]
pub(super) struct Journey {
    pub(super) request: Entering,
    /// Load line that it came from.
    source: u32,
    /// Visits that wait for the present one: so many frames before its own.
    depth: u8,
    pub(super) stage: Stage,
    /// Whether some call has a time-out.
    pub(super) timed: bool,
    /// Whether all that wait only hand the answer on, over lanes that are `onward`.
    pub(super) row: bool,
    live: bool,
    next_free: u32,
    frames: [Frame; MOST + 1],
}

impl Journey {
    const NEW: Journey = Journey {
        request: Entering {
            at: SimTime::ZERO,
            key: 0,
            ordinal: 0,
            item: 0,
            bytes: 0,
        },
        source: 0,
        depth: 0,
        stage: Stage::Within,
        timed: false,
        row: false,
        live: false,
        next_free: NONE,
        frames: [Frame::NEW; MOST + 1],
    };

    /// Returns how many visits wait for the present one, that of the client apart.
    #[inline(always)]
    pub(super) fn depth(&self) -> usize {
        usize::from(self.depth)
    }

    /// Returns the frame of its present visit.
    #[inline(always)]
    pub(super) fn present(&self) -> &Frame {
        &self.frames[self.depth()]
    }

    /// Returns the frame of the visit that waits for the present one, unless that is the client's.
    #[inline(always)]
    pub(super) fn caller(&self) -> Option<&Frame> {
        self.depth().checked_sub(1).map(|index| &self.frames[index])
    }

    /// Returns the visits that wait for the present one, but that of the client.
    #[inline(always)]
    pub(super) fn waiting(&self) -> &[Frame] {
        &self.frames[..self.depth()]
    }

    /// Returns when one of those that wait for the present visit may give up [ns].
    #[inline(always)]
    pub(super) fn until(&self) -> u64 {
        if !self.timed {
            return u64::MAX;
        }
        let deadlines = self.waiting().iter().map(|frame| frame.reply_by);
        deadlines.min().unwrap_or(u64::MAX)
    }

    /// Has the present visit wait for a call over a route that it makes now.
    #[inline(always)]
    pub(super) fn call(&mut self, light: &Light, route: u32) {
        let depth = self.depth();
        self.frames[depth].put(light);
        if let Some(callee) = self.frames.get_mut(depth + 1) {
            callee.route = route;
            self.depth += 1;
        }
    }

    /// Has frames in a row say all that those of other journeys say.
    #[inline(never)]
    pub(super) fn leave_row(&mut self) {
        self.row = false;
        let depth = self.depth();
        for frame in &mut self.frames[..depth] {
            *frame = Frame {
                entered: frame.entered,
                waited: frame.waited,
                served: frame.served,
                began: frame.began,
                route: frame.route,
                pc: frame.pc,
                ..Frame::NEW
            };
        }
    }

    /// Has the present visit wait for its next event.
    #[inline(always)]
    pub(super) fn wait(&mut self, light: &Light, stage: Stage) {
        self.stage = stage;
        self.frames[self.depth()].put(light);
    }

    /// Has the present visit wait until it arrives at its node.
    #[inline(always)]
    pub(super) fn set_out(&mut self, light: &Light) {
        self.stage = Stage::Arriving;
        if self.timed {
            let frame = &mut self.frames[self.depth()];
            frame.reply_by = light.reply_by;
            frame.timer = light.timer;
        }
    }

    /// Forgets the present visit, which has ended: its caller is the present one.
    #[inline(always)]
    pub(super) fn step_back(&mut self) {
        self.depth -= 1;
    }

    /// Notes that the present visit has had an answer of which so many items were missed, and
    /// goes on there.
    #[inline(always)]
    pub(super) fn turn(&mut self, missed: u32, pc: u32) {
        let frame = &mut self.frames[self.depth()];
        frame.missed = missed;
        frame.pc = pc;
    }

    /// Returns how many visits it stands for: that of the client, the present one, and those
    /// between them.
    #[inline(always)]
    pub(super) fn visits(&self) -> u32 {
        u32::from(self.depth) + 2
    }
}

/// All journeys of a replication.
#[derive(Debug)]
pub(super) struct Journeys {
    journeys: Vec<Journey>,
    free: u32,
    visits: u32,
}

impl Default for Journeys {
    fn default() -> Journeys {
        Journeys {
            journeys: Vec::new(),
            free: NONE,
            visits: 0,
        }
    }
}

impl Journeys {
    /// Returns how many visits they stand for.
    pub(super) fn visits(&self) -> u32 {
        self.visits
    }

    /// Returns a bound of how many visits they have stood for at once.
    pub(super) fn most_visits(&self) -> usize {
        self.journeys.len() * (MOST + 2)
    }

    /// Takes a slot for a request, whose visit is called over a route.
    #[inline(always)]
    fn start(&mut self, source: usize, request: Entering, route: u32) -> u32 {
        self.visits += 2;
        if self.free == NONE {
            self.grow();
        }
        let slot = self.free;
        let journey = &mut self.journeys[slot as usize];
        self.free = journey.next_free;
        journey.request = request;
        journey.source = source as u32;
        journey.depth = 0;
        journey.timed = false;
        journey.live = true;
        journey.frames[0].route = route;
        slot
    }

    #[cold]
    fn grow(&mut self) {
        let slot = u32::try_from(self.journeys.len()).unwrap_or(NONE);
        assert!(slot < 1 << 27, "more than 2^27 requests are inside at once");
        self.journeys.push(Journey::NEW);
        self.free = slot;
    }

    /// Notes that a journey stands for another number of visits.
    #[inline(always)]
    pub(super) fn count(&mut self, before: u32, after: u32) {
        self.visits = self.visits + after - before;
    }

    /// Has the present visit of a journey in a row wait for a call over a route that it makes now.
    #[inline(always)]
    pub(super) fn call_in_row(&mut self, slot: u32, light: &Light, route: u32) {
        self.visits += 1;
        let journey = &mut self.journeys[slot as usize];
        let depth = journey.depth();
        let frame = &mut journey.frames[depth];
        frame.entered = light.entered.0;
        frame.waited = light.waited;
        frame.served = light.served;
        frame.began = light.at.0;
        frame.pc = light.pc;
        if let Some(callee) = journey.frames.get_mut(depth + 1) {
            callee.route = route;
            journey.depth += 1;
        }
    }

    /// Gives a slot back.
    #[inline(always)]
    pub(super) fn free(&mut self, slot: u32) {
        let journey = &mut self.journeys[slot as usize];
        debug_assert!(journey.live, "a journey ends once");
        journey.live = false;
        journey.next_free = self.free;
        self.visits -= journey.visits();
        self.free = slot;
    }
}

impl std::ops::Index<u32> for Journeys {
    type Output = Journey;
    fn index(&self, slot: u32) -> &Journey {
        &self.journeys[slot as usize]
    }
}

impl std::ops::IndexMut<u32> for Journeys {
    fn index_mut(&mut self, slot: u32) -> &mut Journey {
        &mut self.journeys[slot as usize]
    }
}

/// Returns the visit that a call over a lane makes, as it enters its node.
#[inline(always)]
pub(super) fn fresh(lane: &Lane, reply_by: u64, at: SimTime) -> Light {
    Light {
        reply_by,
        deadline: deadline_of(lane, reply_by),
        hop: lane.hop,
        pc: lane.entry,
        enters: true,
        at,
        entered: at,
        ..Light::NONE
    }
}

/// Returns the instant from which a service would be pointless.
#[inline(always)]
fn deadline_of(lane: &Lane, reply_by: u64) -> SimTime {
    if lane.deadline {
        SimTime(reply_by)
    } else {
        SimTime::NEVER
    }
}

/// Tells of every group the line station of which a journey may hold a server: the only one that
/// its node has, with nobody standing before its line. `NONE`: there is none.
pub(super) fn simple_lines(model: &Model) -> Vec<u32> {
    let line = |(id, group): (u32, &Group)| {
        let simple = !group.planned
            && group.discipline != Discipline::ProcessorSharing
            && group.instances == 1
            && !group.blocks
            && !group.limit
            && model.nodes[group.node as usize].group == id;
        if simple { group.first } else { NONE }
    };
    (0..).zip(&model.groups).map(line).collect()
}

impl Replication<'_> {
    /// Returns the flow of a journey.
    #[inline(always)]
    pub(super) fn flow_of(&self, journey: &Journey) -> u32 {
        self.model.sources[journey.source as usize].flow()
    }

    /// Whether the requests of a flow go on journeys from the start, and this part knows where
    /// the first call leads.
    #[inline(always)]
    pub(super) fn sets_forth(&self, flow: u32) -> bool {
        let route = self.tables.journeys[flow as usize];
        route != NONE
            && !self.globals.active
            && !self.is_elsewhere(self.tables.lanes[route as usize].node)
    }

    /// Lets a request enter that goes on a journey.
    #[inline(never)]
    pub(super) fn set_forth(&mut self, source: usize, request: Entering) {
        let flow = self.model.sources[source].flow();
        let route = self.tables.journeys[flow as usize];
        self.recorder
            .request_begins(flow, request.at, request.bytes);
        if self.recorder.counts(request.at) {
            self.counted_inside += 1;
        }
        let slot = self.journeys.start(source, request, route);
        let pc = self.model.flows[flow as usize].entry;
        let in_row = self.tables.lanes[route as usize].onward;
        self.journeys[slot].row = in_row;
        if in_row {
            if let Some(at) = self.call_in_row(slot, (route, pc), request.at) {
                self.go_on_in_row(slot, at);
            }
            self.drain();
            return;
        }
        let mut light = Light {
            key: request.key,
            ordinal: request.ordinal,
            item: request.item,
            pc,
            at: request.at,
            ..Light::NONE
        };
        let mut journeys = std::mem::take(&mut self.journeys);
        let step = self.step_over(slot, &mut journeys[slot], &mut light, route);
        self.journeys = journeys;
        self.begin_journey(slot, &light, step);
    }

    /// Whether what a direct request does next, without a slot until now, may go on as a journey.
    #[allow(
        clippy::wildcard_enum_match_arm,
        reason = "every other operation needs a slot"
    )]
    pub(super) fn may_travel(&self, light: &Light, stop: Stop) -> bool {
        match stop {
            Stop::Waits(_) => true,
            Stop::Here => {
                light.enters
                    && match self.tables.code[light.pc as usize].op {
                        Op::Call { route } => self.tables.lanes[route as usize].travels,
                        Op::Seize { group } => self.tables.simple_lines[group as usize] != NONE,
                        _ => false,
                    }
            }
            Stop::Answered(_) | Stop::Full(_) | Stop::TooLate(_) => false,
        }
    }

    /// Lets a direct request go on as a journey whose visit has come to a stop.
    #[inline(always)]
    pub(super) fn set_forth_from(
        &mut self,
        source: usize,
        request: Entering,
        route: u32,
        light: &Light,
        stop: Stop,
    ) {
        if self.recorder.counts(request.at) {
            self.counted_inside += 1;
        }
        let slot = self.journeys.start(source, request, route);
        let journey = &mut self.journeys[slot];
        journey.timed = light.reply_by != u64::MAX;
        journey.row = false;
        let step = if let Stop::Waits(order) = stop {
            journey.wait(light, Stage::Within);
            self.push(light.at, order, slot, What::Journey, 0);
            Step::Rests
        } else {
            Step::On
        };
        self.begin_journey(slot, light, step);
    }

    /// Lets a journey go on from its first step.
    #[inline(always)]
    fn begin_journey(&mut self, slot: u32, light: &Light, step: Step) {
        match step {
            Step::On => {
                self.journeys[slot].wait(light, Stage::Within);
                self.travel(slot, light.at, false);
            }
            Step::Rests | Step::Home => {}
            Step::Visits(stop) => self.go_on_as_visits(slot, light, stop),
        }
        self.drain();
    }

    /// Returns the present visit of a journey, at an event or after an answer.
    #[inline(always)]
    pub(super) fn present_of(&self, journey: &Journey, at: SimTime, stage: Stage) -> Light {
        let frame = journey.present();
        let until = journey.until();
        if stage != Stage::Arriving {
            return Light {
                until,
                ..self.light_of(journey, frame, at)
            };
        }
        let (reply_by, timer) = if journey.timed {
            (frame.reply_by, frame.timer)
        } else {
            (u64::MAX, 0)
        };
        Light {
            key: journey.request.key,
            ordinal: journey.request.ordinal,
            item: journey.request.item,
            timer,
            until,
            ..fresh(&self.tables.lanes[frame.route as usize], reply_by, at)
        }
    }

    /// Returns a visit of a journey.
    #[inline(always)]
    fn light_of(&self, journey: &Journey, frame: &Frame, at: SimTime) -> Light {
        let lane = &self.tables.lanes[frame.route as usize];
        Light {
            key: journey.request.key,
            ordinal: journey.request.ordinal,
            reply_by: frame.reply_by,
            deadline: deadline_of(lane, frame.reply_by),
            hop: lane.hop,
            salt: 0,
            pc: frame.pc,
            enters: true,
            at,
            entered: SimTime(frame.entered),
            waited: frame.waited,
            served: frame.served,
            timer: frame.timer,
            missed: frame.missed,
            misses: frame.misses,
            item: journey.request.item,
            instance: frame.instance,
            holds: frame.holds,
            since: SimTime(frame.since),
            until: u64::MAX,
            pushed: frame.pushed,
        }
    }

    /// Makes visits of a journey, and goes on with them.
    #[cold]
    #[inline(never)]
    pub(super) fn go_on_as_visits(&mut self, slot: u32, light: &Light, stop: Stop) {
        let visit = self.unfold(slot, light);
        match stop {
            Stop::Full(outcome) => self.leave_now(visit, light.at, outcome),
            Stop::TooLate(leaves) => self.leave_at(visit, leaves, Outcome::TimedOut),
            Stop::Here | Stop::Answered(_) => self.drive(visit, light.at, false),
            Stop::Waits(order) => self.resume_at(visit, light.at, order),
        }
    }

    /// Makes visits of a journey, as they would have been; returns the present one.
    fn unfold(&mut self, slot: u32, light: &Light) -> u32 {
        let mut journey = self.journeys[slot];
        self.journeys.free(slot);
        if journey.row {
            journey.leave_row();
        }
        if self.recorder.counts(journey.request.at) {
            // It is counted again as it opens.
            self.counted_inside -= 1;
        }
        let mut caller = self.open_root(journey.source as usize, journey.request, NONE);
        let mut began = journey.request.at;
        for frame in journey.waiting() {
            let waits = self.light_of(&journey, frame, SimTime(frame.began));
            caller = self.seat_of(caller, (frame.route, began), &waits);
            self.arm(caller);
            began = SimTime(frame.began);
        }
        self.seat_of(caller, (journey.present().route, began), light)
    }

    /// Gives a visit of a journey a slot, and what it holds.
    fn seat_of(&mut self, caller: u32, (route, began): (u32, SimTime), light: &Light) -> u32 {
        let visit = self.seat(caller, (route, NONE, began), light);
        if light.holds != NONE {
            self.visits[visit].since = light.since.0;
            self.hold_station(visit, light.since, light.holds, false);
        }
        visit
    }

    /// Makes visits of all journeys, as the run has ended.
    pub(super) fn end_journeys(&mut self) {
        for slot in 0..self.journeys.journeys.len() as u32 {
            let journey = self.journeys[slot];
            if !journey.live {
                continue;
            }
            let mut light = self.present_of(&journey, self.now, journey.stage);
            light.enters = journey.stage != Stage::Arriving;
            let visit = self.unfold(slot, &light);
            if journey.stage == Stage::Back {
                self.visits[visit].flags |= flag::ENDED;
            }
        }
    }

    /// Lets a visit go on by an event that has its order already.
    fn resume_at(&mut self, slot: u32, at: SimTime, order: u64) {
        let generation = self.visits[slot].generation;
        let reply_by = self.visits[slot].reply_by;
        if reply_by != u64::MAX {
            self.arm_by(slot, at, reply_by);
        }
        self.push(at, order, slot, What::Resume, generation);
    }
}

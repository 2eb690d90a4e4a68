//! Journeys: requests that go through nodes one after the other, without a visit for each of them.
//!
//! A journey is one record for all visits of a request, or of a strand for which nobody waits: the present one, which goes on as a
//! `Light` one does, and those that have called on and wait for the answer, as they were then.
//! What a request does that goes well is little (`travel`): whatever else may happen makes
//! visits of its journey, as they would have been, and goes on with them. The draws, the orders
//! and the counts are those of visits.
//!
//! Not here: how journeys go on (`row`, `travel`, `abroad`), and how visits are made of them (`unfold`); requests that are over without any event (`direct`);
//! runs that are watched, in which there are none.

use super::lane::Lane;
use super::light::{Due, Errand, Light, Stop};
use super::replication::Replication;
use super::sources::Entering;
use super::tables::Tables;
use super::visiting::{Present, Sent};
use crate::model::{NONE, Op};
use crate::units::SimTime;
use crate::workload::UNDRAWN;

/// Visits of a journey that have called on, at most; more of them need visits.
///
/// CHOICE: rows in topologies are shorter.
pub(super) const MOST: usize = 6;

/// Journeys at once, at most; further requests go by visits, which take less room.
///
/// CHOICE: 0.8 GB of them, more than any run has that is not overrun.
const MOST_JOURNEYS: u32 = 1 << 20;

/// What the event of a journey brings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// Its present visit to the node, over a link.
    Arriving,
    /// Its present visit to an operation on shared state.
    Within,
    /// The answer of its present visit, over a link, to the one that waits for it.
    Back,
    /// The same from another part, where its present visit has been (`abroad`).
    Abroad,
    /// Nothing more: it is over.
    Over,
}

/// Who waits for the outermost visit of a journey.
#[derive(Clone, Copy, Debug)]
pub(super) enum Client {
    /// The client of a load line.
    Home {
        /// The load line.
        source: u32,
    },
    /// A visit in another part.
    Abroad {
        /// What stands for the call there.
        proxy: u32,
        /// Priority of the call.
        priority: u8,
    },
    /// Nobody: it is a strand, and its outermost visit is at the node where it was started.
    Nobody {
        /// Addresses the draws of that visit.
        hop: u32,
        priority: u8,
    },
}

impl Client {
    /// Returns the operation of its call; `NONE` if that is in another part, or there is none.
    #[inline(always)]
    pub(super) fn entry(self, tables: &Tables) -> u32 {
        match self {
            Client::Home { source } => tables.gates[source as usize].entry,
            Client::Abroad { .. } | Client::Nobody { .. } => NONE,
        }
    }
}

/// A request on its way.
///
/// What is looked at as its event comes lies in two cache lines: what it is about, and its present
/// visit. Deadlines lie apart, as most visits have none.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(64))]
pub(super) struct Journey {
    pub(super) request: Entering,
    pub(super) client: Client,
    /// Route over which its present visit is coming, of which nothing is written down yet (only in
    /// a row); else `NONE`.
    coming: u32,
    /// Its visits: the present one, and those that wait for it, the client's apart.
    length: u8,
    pub(super) stage: Stage,
    /// Whether all that wait only hand the answer on, over lanes that are `onward`.
    pub(super) row: bool,
    /// How often it has gone on where a visit of it had stopped (`travel`).
    pub(super) led_back: u8,
    /// Its `Request`, if work for it is done elsewhere, or beside it; else `NONE`.
    pub(super) record: u32,
    /// The visit that has the time-out of its call to another part, or stands in a line for it;
    /// else `NONE`. Of a journey that is over, the next one that is.
    pub(super) stand_in: u32,
    present: Light,
    /// Those that wait, each as it was when it called on.
    waiting: [Light; MOST],
    /// Deadlines of the present visit, if it is hurried, and of those that wait.
    due: Due,
    dues: [Due; MOST],
}

const _: () = assert!(std::mem::offset_of!(Journey, present) == 64);

impl Journey {
    const NEW: Journey = Journey {
        request: Entering {
            at: SimTime::ZERO,
            key: 0,
            ordinal: 0,
            item: 0,
            bytes: 0,
        },
        client: Client::Home { source: 0 },
        coming: NONE,
        length: 0,
        stage: Stage::Over,
        row: false,
        led_back: 0,
        record: NONE,
        stand_in: NONE,
        present: Light::NONE,
        waiting: [Light::NONE; MOST],
        due: Due::NONE,
        dues: [Due::NONE; MOST],
    };

    /// Whether another visit fits in.
    #[inline(always)]
    pub(super) fn has_room(&self) -> bool {
        usize::from(self.length) <= MOST
    }

    /// Returns its present visit.
    #[inline(always)]
    pub(super) fn present(&self) -> &Light {
        &self.present
    }

    /// Returns its present visit.
    #[inline(always)]
    pub(super) fn present_mut(&mut self) -> &mut Light {
        &mut self.present
    }

    /// Returns the deadlines of its present visit.
    #[inline(always)]
    pub(super) fn due(&self) -> Due {
        due_of(&self.present, &self.due)
    }

    /// Returns the visit that waits for the present one, unless that is the client's.
    #[inline(always)]
    pub(super) fn caller(&self) -> Option<&Light> {
        self.waiting.get(usize::from(self.length).wrapping_sub(2))
    }

    /// Returns the operation that called the present visit, unless that is in another part.
    #[inline(always)]
    pub(super) fn caller_pc(&self, tables: &Tables) -> u32 {
        let caller = usize::from(self.length).wrapping_sub(2);
        called_by(self.client, self.waiting.get(caller), tables)
    }

    /// Returns its visits, but that of the client, and their deadlines.
    pub(super) fn frames(&self) -> impl Iterator<Item = (&Light, Due)> {
        let waiting = self.waiting().iter().zip(&self.dues);
        waiting
            .chain(std::iter::once((&self.present, &self.due)))
            .map(|(light, due)| (light, due_of(light, due)))
    }

    /// Returns the visits that wait for the present one, but that of the client.
    #[inline(always)]
    pub(super) fn waiting(&self) -> &[Light] {
        &self.waiting[..usize::from(self.length).saturating_sub(1)]
    }

    /// Has the present visit, or the client, wait for the one that it calls.
    #[inline(always)]
    pub(super) fn call(&mut self, callee: &Light, due: &Due) {
        if self.present_waits() {
            self.dues[usize::from(self.length) - 1] = self.due;
        }
        self.length += 1;
        self.present = *callee;
        if callee.hurried {
            self.due = *due;
        }
    }

    /// Has the present visit wait, if there is one; says whether it has deadlines.
    #[inline(always)]
    fn present_waits(&mut self) -> bool {
        if self.length == 0 {
            return false;
        }
        self.waiting[usize::from(self.length) - 1] = self.present;
        self.present.hurried
    }

    /// The same where the visit is only written down as it comes, and nobody has a deadline.
    #[inline(always)]
    pub(super) fn call_over(&mut self, route: u32) {
        let hurried = self.present_waits();
        debug_assert!(!hurried, "nobody in a row has a deadline");
        self.coming = route;
        self.length += 1;
    }

    /// Returns the route over which its present visit is coming, if that is not written down.
    #[inline(always)]
    pub(super) fn coming(&self) -> u32 {
        self.coming
    }

    /// Writes down the present visit, which has come.
    #[inline(always)]
    pub(super) fn has_come(&mut self, visit: &Light) {
        self.coming = NONE;
        self.present = *visit;
    }

    /// Forgets the present visit, which has ended: its caller is the present one.
    #[inline(always)]
    pub(super) fn step_back(&mut self) {
        self.length -= 1;
        let caller = usize::from(self.length).wrapping_sub(1);
        if let Some(light) = self.waiting.get(caller) {
            self.present = *light;
            if light.hurried {
                self.due = self.dues[caller];
            }
        }
    }

    /// Returns its present visit, and what surrounds it.
    #[inline(always)]
    pub(super) fn visit(&mut self) -> Present<'_> {
        Present {
            request: &self.request,
            client: self.client,
            length: self.length,
            waiting: &self.waiting,
            light: &mut self.present,
            due: &mut self.due,
        }
    }

    /// Returns what addresses the draws of the present visit, which came over this lane, if it did.
    #[inline(always)]
    pub(super) fn hop(&self, lane: Option<&Lane>) -> u32 {
        hop_of(self.client, lane)
    }

    /// Whether the present visit is a strand, for which nobody waits.
    #[inline(always)]
    pub(super) fn is_strand(&self) -> bool {
        self.present().route == NONE
    }

    /// Returns how many visits it stands for: that of the client, the present one, and those
    /// between them. A strand has no client: that is one too many, of a sum that is a bound.
    #[inline(always)]
    pub(super) fn visits(&self) -> u32 {
        u32::from(self.length) + 1
    }
}

/// All journeys of a replication, each with a slot.
#[derive(Debug)]
pub(super) struct Journeys {
    /// Those that rest, and those that are over; who goes on is taken out meanwhile.
    slots: Vec<Option<Box<Journey>>>,
    free: u32,
    /// Visits of those that rest.
    visits: u32,
    /// How many there may be at once.
    pub(super) most: u32,
}

impl Default for Journeys {
    fn default() -> Journeys {
        Journeys {
            slots: Vec::new(),
            free: NONE,
            visits: 0,
            most: MOST_JOURNEYS,
        }
    }
}

impl Journeys {
    /// Whether there is room for another one.
    #[inline(always)]
    pub(super) fn have_room(&self) -> bool {
        self.free != NONE || self.slots() < self.most
    }

    /// Returns how many visits they stand for, while all rest.
    pub(super) fn visits(&self) -> u32 {
        self.visits
    }

    /// Returns how many slots there are.
    pub(super) fn slots(&self) -> u32 {
        self.slots.len() as u32
    }

    /// Returns a bound of how many visits they have stood for at once.
    pub(super) fn most_visits(&self) -> usize {
        self.slots.len() * (MOST + 2)
    }

    /// Takes a slot for a request, which is on its first visit.
    #[inline(always)]
    pub(super) fn start(&mut self, client: Client, request: Entering) -> (u32, Box<Journey>) {
        if self.free == NONE {
            self.grow();
        }
        let slot = self.free;
        let Some(mut journey) = self.slots[slot as usize].take() else {
            unreachable!("a journey that is over lies in its slot");
        };
        self.free = journey.stand_in;
        journey.request = request;
        journey.client = client;
        journey.record = NONE;
        journey.stand_in = NONE;
        journey.length = 0;
        journey.led_back = 0;
        journey.stage = Stage::Within;
        (slot, journey)
    }

    #[cold]
    fn grow(&mut self) {
        let slot = u32::try_from(self.slots.len()).unwrap_or(NONE);
        assert!(slot < 1 << 27, "more than 2^27 requests are inside at once");
        self.slots.push(Some(Box::new(Journey::NEW)));
        self.free = slot;
    }

    /// Takes a journey out of its slot, to go on.
    #[inline(always)]
    pub(super) fn take(&mut self, slot: u32) -> Box<Journey> {
        match self.slots[slot as usize].take() {
            Some(journey) => {
                self.visits -= journey.visits();
                journey
            }
            None => unreachable!("a journey goes on once at a time"),
        }
    }

    /// Looks at what a journey goes on with, so that it is at hand.
    #[inline(always)]
    pub(super) fn touch(&self, slot: u32) -> u32 {
        let journey = self.slots[slot as usize].as_deref();
        journey.map_or(0, |one| {
            if one.coming == NONE {
                one.present.pc
            } else {
                one.coming
            }
        })
    }

    /// Has a journey rest in its slot.
    #[inline(always)]
    pub(super) fn put(&mut self, slot: u32, journey: Box<Journey>) {
        self.visits += journey.visits();
        self.slots[slot as usize] = Some(journey);
    }

    /// Whether the journey of a slot is over.
    pub(super) fn is_over(&self, slot: u32) -> bool {
        (self.slots[slot as usize].as_deref()).is_some_and(|one| one.stage == Stage::Over)
    }

    /// Gives the slot of a journey back that is over.
    #[inline(always)]
    pub(super) fn free(&mut self, slot: u32, mut journey: Box<Journey>) {
        debug_assert!(journey.stage != Stage::Over, "a journey ends once");
        debug_assert_eq!(journey.coming, NONE, "what ends has come");
        journey.stage = Stage::Over;
        journey.stand_in = self.free;
        self.free = slot;
        self.slots[slot as usize] = Some(journey);
    }
}

/// Returns the operation that called a visit, by the visit that waits for it, if that is not the
/// client's.
#[inline(always)]
pub(super) fn called_by(client: Client, caller: Option<&Light>, tables: &Tables) -> u32 {
    caller.map_or_else(|| client.entry(tables), |caller| caller.pc)
}

/// Returns what addresses the draws of a visit that came over this lane, or of a strand.
#[inline(always)]
pub(super) fn hop_of(client: Client, lane: Option<&Lane>) -> u32 {
    match (lane, client) {
        (Some(lane), _) => lane.hop,
        (None, Client::Nobody { hop, .. }) => hop,
        (None, Client::Home { .. } | Client::Abroad { .. }) => {
            unreachable!("only strands begin without a call")
        }
    }
}

/// Who makes a call: a visit of a journey, or its client.
#[derive(Clone, Copy, Debug)]
pub(super) struct Calling {
    pub(super) pc: u32,
    pub(super) at: SimTime,
    /// Deadline of its own attempt [ns].
    pub(super) reply_by: u64,
    /// The least of those of the visits that wait for it [ns].
    pub(super) until: u64,
}

/// Returns the visit that a call over a route makes, as it enters its node.
#[inline(always)]
pub(super) fn fresh((route, lane): (u32, &Lane), hurried: bool, at: SimTime) -> Light {
    Light {
        hurried,
        route,
        pc: lane.entry,
        enters: true,
        at,
        entered: at,
        ..Light::NONE
    }
}

/// Returns the deadlines of a visit, which lie here if it has any.
#[inline(always)]
fn due_of(light: &Light, due: &Due) -> Due {
    if light.hurried { *due } else { Due::NONE }
}

/// Returns what the visit of a request is about whose draws this addresses.
#[inline(always)]
pub(super) fn errand_of(request: &Entering, hop: u32) -> Errand {
    Errand {
        key: request.key,
        ordinal: request.ordinal,
        item: request.item,
        hop,
        salt: 0,
        first: UNDRAWN,
    }
}

impl Replication<'_> {
    /// Whether the requests of a flow go on journeys from the start, and this part knows where
    /// the first call leads.
    #[inline(always)]
    pub(super) fn sets_forth(&self, flow: u32) -> bool {
        let route = self.tables.journeys[flow as usize];
        route != NONE
            && !self.globals.active
            && self.journeys.have_room()
            && self.is_within_reach(&self.tables.lanes[route as usize], u64::MAX)
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
        let pc = self.model.flows[flow as usize].entry;
        let source = source as u32;
        let client = Client::Home { source };
        let (slot, mut journey) = self.journeys.start(client, request);
        journey.row = self.tables.lanes[route as usize].onward;
        if journey.row {
            let node = self.tables.code[pc as usize].node;
            match self.call_in_row(slot, &mut journey, (route, node), request.at) {
                true => self.go_on_in_row(slot, journey),
                false => self.journeys.put(slot, journey),
            }
        } else {
            let caller = Calling {
                pc,
                at: request.at,
                reply_by: u64::MAX,
                until: u64::MAX,
            };
            let step = self.step_over(slot, &mut journey, &caller, route);
            self.rest(slot, journey, step);
        }
        self.drain();
    }

    /// Whether what a direct request does next at an operation, without a slot until now, may go on
    /// as a journey.
    #[allow(
        clippy::wildcard_enum_match_arm,
        reason = "every other operation needs a slot"
    )]
    pub(super) fn may_travel(&self, (pc, has_entered): (u32, bool), stop: Stop) -> bool {
        if !self.journeys.have_room() {
            return false;
        }
        match stop {
            Stop::Waits(_) => true,
            Stop::Here => {
                has_entered
                    && match self.tables.code[pc as usize].op {
                        Op::Call { route } => self.tables.lanes[route as usize].travels,
                        Op::Seize { group } => self.may_seize(group),
                        Op::Admit { admission } => self.tables.passable[admission as usize],
                        Op::Serve { work, .. } | Op::Work { work } => self.depends_on_size(work),
                        Op::Warm { .. } | Op::Spawn { .. } | Op::Fill { .. } => true,
                        _ => false,
                    }
            }
            Stop::Answered(_) | Stop::Full | Stop::TooLate(_) => false,
        }
    }

    /// Whether a journey may hold a server, or have a place, of a group.
    fn may_seize(&self, group: u32) -> bool {
        let group = group as usize;
        self.tables.simple_lines[group] & self.tables.simple_limits[group] != NONE
    }

    /// Returns the `Request` of a journey, which is opened if there is none yet.
    pub(super) fn record_of(&mut self, journey: &mut Journey) -> u32 {
        if journey.record == NONE
            && let Client::Home { source } = journey.client
        {
            let flow = self.model.sources[source as usize].flow();
            journey.record = self.open_request(flow, &journey.request);
        }
        journey.record
    }

    /// Returns size and priority of the present visit of a journey.
    pub(super) fn handed_down(&self, journey: &Journey) -> (u64, u8) {
        let (mut goods, above) = match journey.client {
            Client::Home { source } => {
                let flow = self.model.sources[source as usize].flow();
                let priority = self.model.flows[flow as usize].priority;
                ((journey.request.bytes, priority), 0)
            }
            // Those of its first visit.
            Client::Abroad { priority, .. } | Client::Nobody { priority, .. } => {
                ((journey.request.bytes, priority), 1)
            }
        };
        for (light, _) in journey.frames().skip(above) {
            let lane = &self.tables.lanes[light.route as usize];
            let errand = errand_of(&journey.request, lane.hop);
            goods = (
                self.item_bytes(lane, &errand).unwrap_or(goods.0),
                lane.priority_below(goods.1),
            );
        }
        goods
    }

    /// Lets a direct request go on as a journey whose visit has come to a stop.
    #[inline(always)]
    pub(super) fn set_forth_from(
        &mut self,
        source: usize,
        request: Entering,
        route: u32,
        sent: &Sent,
        stop: Stop,
    ) {
        if self.recorder.counts(request.at) {
            self.counted_inside += 1;
        }
        let source = source as u32;
        let client = Client::Home { source };
        let (slot, mut journey) = self.journeys.start(client, request);
        journey.row = false;
        let light = Light {
            route,
            ..sent.light
        };
        journey.call(&light, &sent.due);
        if let Stop::Waits(order) = stop {
            self.wait_for(slot, &mut journey, order);
            self.journeys.put(slot, journey);
        } else {
            self.travel(slot, journey);
        }
        self.drain();
    }
}

//! Global events: what watches a run and changes it, alone and before all else of its instant.
//!
//! One list ordered by (at, kind, name). Visits never run ahead past the next entry
//! (`Replication::barrier`), so an event finds everything that happened before it, and
//! nothing that comes after. Watches are closed at the end of every period; alarms and
//! controllers look at the value when it is as old as they say.
//!
//! Not here: what copies a controller wants (`mechanism::scaling`), when an alarm fires
//! (`mechanism::alarm`), what becomes of it all in a report.

use super::Observer;
use super::alias::Alias;
use super::books::Account;
use super::credential::FirstRead;
use super::deploy::Rollout;
use super::event::Class;
use super::placement::partition_of;
use super::reclaim::Lease;
use super::replication::Replication;
use super::supply::{self, Supplied};
use super::tracing::Tracer;
use super::visit::{NO_INSTANCE, flag};
use crate::mechanism::alarm::{Alarm, Change};
use crate::mechanism::copies::Copies;
use crate::mechanism::level::Level;
use crate::mechanism::scaling::{Controller, Reading};
use crate::mechanism::token_bucket::{TokenBucket, pico_tokens};
use crate::metrics::watch::Tallies;
use crate::model::control::{Deployment, Elastic, Metric, State, Time, Watch, Whom};
use crate::model::supply::{Supply, Units};
use crate::model::{Model, NONE, Outcome};
use crate::random::{address, purpose};
use crate::units::{SimTime, Span};
use std::collections::BTreeSet;

/// What a global event is about; of one instant the first kind comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// A balancer notices that a copy is out, or well again (id: sight).
    Sight,
    /// A node goes out (detail 0) or comes back (id: outage).
    Outage,
    /// A period of a watch is over (id: watch).
    Close,
    /// A copy is gone whose notice is over (id: elastic node, detail: copy).
    Reclaim,
    /// A copy gets notice (id: elastic node, detail: copy).
    Notice,
    /// All copies of a group get notice (id: elastic node, detail: group).
    NoticeToAll,
    /// A copy is ready (id: elastic node, detail: copy).
    Ready,
    /// A change of a supply is in force (id: supply).
    Supplied,
    /// The partitions of a rule change (id: rule, detail: number of the change).
    Recount,
    /// They are read behind those before them (as `Recount`).
    Succeed,
    /// A deployment begins or goes on (id: deployment, detail: its turn).
    Deploy,
    /// The bounds of a controller change (id: elastic node, detail: entry).
    Bounds,
    /// The bounds of a supply change (id: supply, detail: entry).
    SupplyBounds,
    /// A controller decides (id: elastic node, detail: period).
    Decide,
    /// A controller of a supply decides (id: supply, detail: period).
    DecideSupply,
    /// An alarm looks (id: alarm, detail: period).
    Look,
}

/// When, what, whose, which.
type Entry = (SimTime, Kind, u32, u32);

/// A watch, and what it has measured.
#[derive(Debug)]
struct Kept {
    /// What ended in the present period.
    tallies: Tallies,
    /// Values of the periods that are over.
    values: Vec<Option<f64>>,
    /// Copies that there were in them, on average.
    copies: Vec<f64>,
    /// Area of the state, and of the copies, up to the last close.
    before: (i128, i128),
    /// What the books said then.
    account: Account,
}

/// What is at a node, in time.
#[derive(Clone, Copy, Debug, Default)]
struct Levels {
    inside: Level,
    line: Level,
    busy: Level,
}

/// The list of global events, and what they know.
#[derive(Debug, Default)]
pub(crate) struct Globals {
    pub(super) list: BTreeSet<Entry>,
    /// Whether anything is watched or changes; all else is empty if not.
    pub(crate) active: bool,
    /// Per flow and per node: whose watches want to know.
    flow_watches: Vec<Vec<u32>>,
    node_watches: Vec<Vec<u32>>,
    kept: Vec<Kept>,
    flows: Vec<Level>,
    nodes: Vec<Levels>,
    alarms: Vec<Alarm>,
    /// Per node: which of the elastic ones it is, or `NONE`.
    elastic: Vec<u32>,
    pub(super) copies: Vec<Copies>,
    controllers: Vec<Option<Controller>>,
    /// Per node: outages that it is in, all of it and some of its copies.
    pub(super) out: Vec<[u32; 2]>,
    /// Per deployment.
    pub(super) rollouts: Vec<Rollout>,
    /// Per alias.
    pub(super) aliases: Vec<Alias>,
    /// Per elastic node: the version that gets a share of the visits, and which.
    pub(super) mixes: Vec<Option<(u8, u64)>>,
    /// Whether the versions of copies differ in what they do.
    versions: bool,
    /// Per elastic node: the version that copies are started with.
    pub(super) current: Vec<u8>,
    /// Per elastic node: whether a deployment changes its copies, so that no other is made.
    pub(super) deploying: Vec<bool>,
    /// Per elastic node: when each of its hosts takes copies; `NEVER`: there is none.
    hosts: Vec<Vec<SimTime>>,
    /// Per elastic node: when its copies are taken back; empty if they never are.
    pub(super) leases: Vec<Vec<Lease>>,
    /// Per elastic node: the first reads of its copies; empty if they read nothing.
    pub(super) first_reads: Vec<Vec<FirstRead>>,
    /// Per bound on starts.
    launches: Vec<TokenBucket>,
    /// What is noted of requests one by one.
    pub(super) tracer: Tracer,
    /// Per supply.
    pub(super) supplies: Vec<Supplied>,
    /// Per station: its busy servers, if any are supplied.
    stations: Vec<Level>,
}

impl Globals {
    /// Lists what a model does by itself, from time zero on.
    pub(crate) fn new(model: &Model) -> Globals {
        let control = &model.control;
        let mut globals = Globals::default();
        if control.is_empty() {
            return globals;
        }
        globals.active = true;
        globals.flows = vec![Level::default(); model.flows.len()];
        globals.nodes = vec![Levels::default(); model.nodes.len()];
        globals.flow_watches = vec![Vec::new(); model.flows.len()];
        globals.node_watches = vec![Vec::new(); model.nodes.len()];
        globals.elastic = vec![NONE; model.nodes.len()];
        for (id, watch) in (0u32..).zip(&control.watches) {
            match watch.whom {
                Whom::Flow(flow) => globals.flow_watches[flow as usize].push(id),
                Whom::Node(node) => globals.node_watches[node as usize].push(id),
                Whom::Link(_) | Whom::FanOut(_) | Whom::Run => {}
            }
            globals.kept.push(Kept {
                tallies: Tallies::new(),
                values: Vec::new(),
                copies: Vec::new(),
                before: (0, 0),
                account: Account::default(),
            });
            let first = SimTime::ZERO + watch.period;
            globals.list.insert((first, Kind::Close, id, 0));
        }
        for (id, alarm) in (0u32..).zip(&control.alarms) {
            globals.alarms.push(Alarm::new(alarm.rules));
            let period = control.watches[alarm.when.watch as usize].period;
            let first = SimTime::ZERO + period + alarm.delay;
            globals.list.insert((first, Kind::Look, id, 0));
        }
        globals.list.extend(super::reshard::events(model));
        globals.out = vec![[0; 2]; model.nodes.len()];
        for (id, outage) in (0u32..).zip(&control.outages) {
            globals.list.insert((outage.at, Kind::Outage, id, 0));
            globals.list.insert((outage.until, Kind::Outage, id, 1));
        }
        for (id, sight) in (0u32..).zip(&control.sights) {
            globals.list.insert((sight.at, Kind::Sight, id, 0));
        }
        for (id, deployment) in (0u32..).zip(&control.deployments) {
            globals.rollouts.push(Rollout::default());
            globals.list.insert((deployment.at, Kind::Deploy, id, 0));
        }
        let of_stations = |supply: &Supply| matches!(supply.what, Units::Servers { .. });
        if control.supplies.iter().any(of_stations) {
            let stations = model.groups.iter().map(|group| group.instances as usize);
            globals.stations = vec![Level::default(); stations.sum()];
        }
        for (id, supply) in (0u32..).zip(&control.supplies) {
            globals.supplies.push(Supplied::new(supply));
            let events = supply::events(supply).into_iter();
            let events = events.map(|(at, kind, detail)| (at, kind, id, detail));
            globals.list.extend(events);
        }
        globals.versions = control.deployments.iter().any(|one| one.elastic != NONE);
        globals.aliases = vec![Alias::default(); control.aliases.len()];
        globals.hosts = control.elastic.iter().map(hosts_at_start).collect();
        let launches = control.launches.iter();
        globals.launches = launches
            .map(|(rate, burst)| TokenBucket::new(*rate, *burst))
            .collect();
        globals.current = vec![0; control.elastic.len()];
        globals.deploying = vec![false; control.elastic.len()];
        globals.mixes = vec![None; control.elastic.len()];
        let leases = control.elastic.iter().map(|elastic| match elastic.reclaim {
            Some(_) => vec![Lease::NONE; elastic.room as usize],
            None => Vec::new(),
        });
        globals.leases = leases.collect();
        let reads = control.elastic.iter().map(|elastic| match elastic.reads {
            Some(_) => vec![FirstRead::default(); elastic.room as usize],
            None => Vec::new(),
        });
        globals.first_reads = reads.collect();
        for (id, elastic) in (0u32..).zip(&control.elastic) {
            globals.elastic[elastic.node as usize] = id;
            globals
                .copies
                .push(Copies::new(elastic.room, elastic.start));
            let scaling = elastic.scaling.as_ref();
            globals
                .controllers
                .push(scaling.map(|scaling| Controller::new(scaling.rules.clone())));
            let Some(scaling) = scaling else {
                continue;
            };
            for (entry, (at, _, _)) in (0u32..).zip(&scaling.schedule) {
                globals.list.insert((*at, Kind::Bounds, id, entry));
            }
            if scaling.tracked.is_some() || !scaling.steps.is_empty() {
                let first = SimTime::ZERO + scaling.period + scaling.delay;
                globals.list.insert((first, Kind::Decide, id, 0));
            }
        }
        globals
    }

    /// Returns when the next global event is.
    pub(crate) fn next_at(&self) -> SimTime {
        self.list.first().map_or(SimTime::NEVER, |entry| entry.0)
    }

    /// Returns the copies of a node, if they come and go.
    #[inline]
    pub(crate) fn copies(&self, node: u32) -> Option<&Copies> {
        match self.elastic.get(node as usize) {
            Some(&id) if id != NONE => Some(&self.copies[id as usize]),
            Some(_) | None => None,
        }
    }

    /// Notes that a visit comes to a copy of a node, if its copies come and go.
    pub(crate) fn copy_enters(&mut self, node: u32, copy: u32) {
        if let Some(&id) = self.elastic.get(node as usize)
            && id != NONE
        {
            self.copies[id as usize].enter(copy);
        }
    }

    /// Notes a request of a flow that has arrived.
    pub(crate) fn flow_enters(&mut self, flow: u32, at: SimTime) {
        self.flows[flow as usize].change(1, at);
        for &watch in &self.flow_watches[flow as usize] {
            self.kept[watch as usize].tallies.arrived += 1;
        }
    }

    /// Notes a request of a flow that has left.
    pub(crate) fn flow_leaves(
        &mut self,
        model: &Model,
        flow: u32,
        (arrived, left): (SimTime, SimTime),
        outcome: Outcome,
    ) {
        self.flows[flow as usize].change(-1, left);
        for &watch in &self.flow_watches[flow as usize] {
            let tallies = &mut self.kept[watch as usize].tallies;
            tallies.end(outcome);
            let timed = matches!(
                model.control.watches[watch as usize].metric,
                Metric::Time(..)
            );
            if timed && outcome == Outcome::Completed {
                tallies.times.record(left.since(arrived).0);
            }
        }
    }

    /// Notes a visit that enters a node.
    pub(crate) fn node_enters(&mut self, node: u32, at: SimTime) {
        self.nodes[node as usize].inside.change(1, at);
        for &watch in &self.node_watches[node as usize] {
            self.kept[watch as usize].tallies.arrived += 1;
        }
    }

    /// Notes a visit that leaves a node, and the copy at which it was.
    pub(crate) fn node_leaves(
        &mut self,
        model: &Model,
        (node, copy): (u32, Option<u32>),
        (entered, left): (SimTime, SimTime),
        waited: u64,
        outcome: Outcome,
    ) {
        self.nodes[node as usize].inside.change(-1, left);
        if let Some(copy) = copy
            && let id = self.elastic[node as usize]
            && id != NONE
        {
            self.copies[id as usize].leave(copy, left);
        }
        for &watch in &self.node_watches[node as usize] {
            let tallies = &mut self.kept[watch as usize].tallies;
            tallies.end(outcome);
            match model.control.watches[watch as usize].metric {
                Metric::Time(Time::Sojourn, _) => tallies.times.record(left.since(entered).0),
                Metric::Time(Time::Waiting, _) => tallies.times.record(waited),
                Metric::Ended(..)
                | Metric::Arrived(_)
                | Metric::State(_)
                | Metric::Used(_)
                | Metric::Booked(_)
                | Metric::Charged(_) => {}
            }
        }
    }

    /// Notes a change of the busy servers of a station.
    pub(super) fn count_station(&mut self, station: u32, by: i64, at: SimTime) {
        if let Some(busy) = self.stations.get_mut(station as usize) {
            busy.change(by, at);
        }
    }

    /// Returns the area of a station's busy servers [server × ns].
    pub(super) fn station_busy(&self, station: u32, until: SimTime) -> i128 {
        let busy = self.stations.get(station as usize);
        busy.map_or(0, |busy| busy.area(until))
    }

    /// Notes a change of the busy servers of a node.
    pub(crate) fn busy(&mut self, node: u32, by: i64, at: SimTime) {
        self.nodes[node as usize].busy.change(by, at);
    }

    /// Notes a change of the waiting lines of a node.
    pub(crate) fn line(&mut self, node: u32, by: i64, at: SimTime) {
        self.nodes[node as usize].line.change(by, at);
    }

    /// Returns the area of a node's copies up to an instant [copy × ns].
    fn copies_area(&self, model: &Model, node: u32, until: SimTime) -> i128 {
        if let Some(copies) = self.copies(node) {
            return copies.up().area(until);
        }
        let group = model.nodes[node as usize].group;
        let copies = match group {
            NONE => 1,
            group => model.groups[group as usize].instances,
        };
        i128::from(copies) * i128::from(until.0)
    }

    /// Returns the area of the state that a watch is about up to an instant.
    fn state_area(&self, model: &Model, watch: &Watch, until: SimTime) -> i128 {
        if let Some((used, units, _)) = self.servers_supplied(model, watch, until) {
            let servers = watch.metric == Metric::State(State::Servers);
            return if servers { units } else { used };
        }
        let state = match watch.metric {
            Metric::State(state) => state,
            Metric::Used(supply) => return self.supplies[supply as usize].used,
            Metric::Time(..)
            | Metric::Ended(..)
            | Metric::Arrived(_)
            | Metric::Booked(_)
            | Metric::Charged(_) => return 0,
        };
        match (watch.whom, state) {
            (Whom::Flow(flow), _) => self.flows[flow as usize].area(until),
            (Whom::Link(_) | Whom::FanOut(_) | Whom::Run, _) => 0,
            (Whom::Node(node), State::Inside | State::InsidePerCopy) => {
                self.nodes[node as usize].inside.area(until)
            }
            (Whom::Node(node), State::Line | State::LinePerCopy) => {
                self.nodes[node as usize].line.area(until)
            }
            (Whom::Node(node), State::Utilisation) => self.nodes[node as usize].busy.area(until),
            (Whom::Node(node), State::Copies | State::Servers) => {
                self.copies_area(model, node, until)
            }
        }
    }

    /// Ends the present period of a watch, at its end.
    ///
    /// `booked` is its value and what the books say, if it is read off them.
    fn close(
        &mut self,
        model: &Model,
        id: u32,
        now: SimTime,
        booked: Option<(Option<f64>, Account)>,
    ) {
        let watch = &model.control.watches[id as usize];
        let supplied = self.servers_supplied(model, watch, now);
        let copies_area = match (supplied, watch.metric, watch.whom) {
            (Some((_, units, _)), ..) => units,
            (None, Metric::Used(supply), _) => self.supplies[supply as usize].units.area(now),
            (None, _, Whom::Node(node)) => self.copies_area(model, node, now),
            (None, _, Whom::Flow(_) | Whom::Link(_) | Whom::FanOut(_) | Whom::Run) => {
                i128::from(now.0)
            }
        };
        let area = self.state_area(model, watch, now);
        let kept = &mut self.kept[id as usize];
        let length = watch.period.0 as f64;
        let during = (area - kept.before.0) as f64;
        let copies = (copies_area - kept.before.1) as f64;
        kept.before = (area, copies_area);
        let servers = match (supplied, watch.whom) {
            (Some((.., of_one)), _) if watch.metric == Metric::State(State::Servers) => {
                1.0 / of_one
            }
            (None, Whom::Node(node)) => servers_of_a_copy(model, node),
            (Some(_), _) | (None, Whom::Flow(_) | Whom::Link(_) | Whom::FanOut(_) | Whom::Run) => {
                1.0
            }
        };
        let value = match watch.metric {
            Metric::State(state) => match state {
                State::Inside | State::Line | State::Copies => Some(during / length),
                State::Servers => Some(during / length * servers),
                State::InsidePerCopy | State::LinePerCopy => {
                    (copies > 0.0).then(|| during / copies)
                }
                State::Utilisation => (copies > 0.0).then(|| during / copies / servers),
            },
            Metric::Booked(_) | Metric::Charged(_) => booked.and_then(|(value, account)| {
                kept.account = account;
                value
            }),
            Metric::Used(_) => (copies > 0.0).then(|| during / copies),
            Metric::Time(..) | Metric::Ended(..) | Metric::Arrived(_) => {
                kept.tallies
                    .value(watch.metric, watch.period, copies / length)
            }
        };
        kept.tallies = Tallies::new();
        kept.values.push(value);
        kept.copies.push(copies / length);
    }

    /// Returns the value of a period of a watch, and the copies or units that showed it.
    pub(super) fn seen(&self, watch: u32, period: u32) -> (Option<f64>, f64) {
        let kept = &self.kept[watch as usize];
        (kept.values[period as usize], kept.copies[period as usize])
    }

    /// Returns the value of a period of a watch, which is over.
    fn value(&self, watch: u32, period: u32) -> Option<f64> {
        self.kept[watch as usize].values[period as usize]
    }
}

/// Returns when the hosts of a node take copies: those of the copies at the start do.
fn hosts_at_start(elastic: &Elastic) -> Vec<SimTime> {
    let Some((each, _)) = elastic.hosts else {
        return Vec::new();
    };
    let used = elastic.start.div_ceil(each);
    let hosts = 0..elastic.room.div_ceil(each);
    hosts
        .map(|host| {
            if host < used {
                SimTime::ZERO
            } else {
                SimTime::NEVER
            }
        })
        .collect()
}

/// Returns the servers of one copy of a node; 1 where they are not limited.
fn servers_of_a_copy(model: &Model, node: u32) -> f64 {
    match model.nodes[node as usize].group {
        NONE => 1.0,
        group => f64::from(model.groups[group as usize].servers),
    }
}

impl Replication<'_> {
    /// Lets local time run up to the next global event or check, whichever is first.
    pub(crate) fn set_barrier(&mut self) {
        self.barrier = self.check.min(self.globals.next_at());
    }

    /// Tells balancers which copies serve at the start.
    pub(crate) fn open_copies(&mut self) {
        self.globals.tracer.on = self.model.control.traced && self.number == 0;
        self.open_supplies();
        for id in 0..self.model.control.elastic.len() as u32 {
            self.copies_changed(id, SimTime::ZERO);
            self.lease_copies(id);
        }
        self.set_barrier();
    }

    /// Notes a visit that has come to its node. Returns false if it was refused there,
    /// because no copy serves.
    pub(crate) fn enter_watched(&mut self, slot: u32, t: SimTime) -> bool {
        let visit = self.visits[slot];
        if visit.flags & flag::STRAND != 0 {
            return true;
        }
        let node = self.node_of(slot);
        self.globals.node_enters(node, t);
        if self.globals.tracer.on {
            self.trace_enters(slot, t);
        }
        let [all, some] = self.globals.out[node as usize];
        // The items of a page lie at several copies, of which one is out.
        let out = all > 0 || some > 0 && self.is_page(slot);
        let none = self
            .globals
            .copies(node)
            .is_some_and(|copies| copies.open().is_empty());
        if out || none {
            self.visits[slot].instance = NO_INSTANCE;
            if let Some((slot, at)) = self.end(slot, t, Outcome::Failed, true) {
                self.wake(slot, at);
            }
            return false;
        }
        if visit.instance != NO_INSTANCE {
            self.globals.copy_enters(node, u32::from(visit.instance));
        }
        if some > 0 && self.comes_to_an_end(slot) {
            if let Some((slot, at)) = self.end(slot, t, Outcome::Failed, true) {
                self.wake(slot, at);
            }
            return false;
        }
        true
    }

    /// Notes a visit that leaves its node.
    #[inline(never)]
    pub(crate) fn leave_watched(&mut self, slot: u32, t: SimTime, outcome: Outcome) {
        let row = self.row_of(slot);
        let visit = &self.visits[slot];
        if self.globals.tracer.on {
            let tracer = &mut self.globals.tracer;
            tracer.leaves((slot, visit), row, t, outcome);
        }
        let copy = (visit.instance != NO_INSTANCE).then_some(u32::from(visit.instance));
        let node = self.model.rows[row as usize].node;
        let times = (SimTime(visit.entered), t);
        self.globals
            .node_leaves(self.model, (node, copy), times, visit.waited, outcome);
    }

    /// Notes a request that has arrived.
    #[inline(never)]
    pub(crate) fn arrive_watched(&mut self, request: u32, flow: u32, at: SimTime) {
        self.globals.flow_enters(flow, at);
        self.trace_begins(request, flow, at);
    }

    /// Notes a request whose client has its answer.
    #[inline(never)]
    pub(crate) fn answer_watched(
        &mut self,
        (request, flow): (u32, u32),
        times: (SimTime, SimTime),
        outcome: Outcome,
    ) {
        self.globals.flow_leaves(self.model, flow, times, outcome);
        self.trace_answered(request, times.1, outcome);
    }

    /// Returns any copy of a node that takes visits, if its copies come and go.
    pub(crate) fn any_copy(&mut self, slot: u32, node: u32) -> Option<u32> {
        let word = self.word(slot, purpose::PICK, 1);
        let copies = self.globals.copies(node)?;
        let open = copies.open();
        let id = self.globals.elastic[node as usize];
        let copy = match (open.len() as u32, self.globals.mixes[id as usize]) {
            // The last one was stopped when the visit was already at the node.
            (0, _) => 0,
            (many, None) => open[partition_of(word, many) as usize],
            (_, Some((version, below))) => {
                let fresh = self.word(slot, purpose::PICK, 3) < below;
                let chosen = |copy: &&u32| (copies.version(**copy) == version) == fresh;
                let many = open.iter().filter(chosen).count() as u32;
                let nth = partition_of(word, many.max(1)) as usize;
                open.iter()
                    .filter(chosen)
                    .nth(nth)
                    .copied()
                    .unwrap_or(open[0])
            }
        };
        if self.visits[slot].flags & flag::STRAND == 0 {
            self.globals.copy_enters(node, copy);
        }
        Some(copy)
    }

    /// Returns the deployment whose version a visit is at, if it is not the first one.
    fn deployed(&self, slot: u32) -> Option<&Deployment> {
        if !self.globals.versions {
            return None;
        }
        let instance = self.visits[slot].instance;
        let node = self.node_of(slot);
        let copies = self.globals.copies(node)?;
        if instance == NO_INSTANCE {
            return None;
        }
        let version = copies.version(u32::from(instance));
        let id = self.globals.elastic[node as usize];
        let all = self.model.control.deployments.iter();
        let mut all = all.filter(|one| one.elastic == id && one.version == version);
        all.next()
    }

    /// Returns what work takes at the version of a visit's copy [ns].
    pub(crate) fn versioned(&self, slot: u32, time: u64) -> u64 {
        match self.deployed(slot) {
            Some(deployment) => (time as f64 * deployment.slow + 0.5) as u64,
            None => time,
        }
    }

    /// Whether a visit that has done its work fails because of its copy's version.
    pub(crate) fn version_fails(&self, slot: u32) -> bool {
        self.visits[slot].flags & flag::STRAND == 0
            && self.deployed(slot).is_some_and(|deployment| {
                deployment.fail > 0 && self.word(slot, purpose::COIN, 1) < deployment.fail
            })
    }

    /// Runs the next global event, alone, with all clocks at its instant.
    pub(crate) fn run_global(&mut self, observer: &dyn Observer) {
        let Some((at, kind, id, detail)) = self.globals.list.pop_first() else {
            return;
        };
        self.begin(at, Class::Global, NONE);
        // Nothing runs ahead of the event itself.
        self.barrier = at;
        self.end_drained();
        match kind {
            Kind::Outage => self.outage(id, detail == 0, at),
            Kind::Sight => self.see(id, at),
            Kind::Close => self.close_period(id, at, observer),
            Kind::Recount => self.recount(id, detail),
            Kind::Succeed => self.succeed(id, detail),
            Kind::Deploy => self.go_on_deploying(id, detail, at),
            Kind::Ready if !self.has_read(id, detail, at) => {}
            Kind::Ready => {
                if self.globals.copies[id as usize].ready(at, detail) {
                    self.lease(id, detail, at);
                }
                self.copies_changed(id, at);
            }
            Kind::Notice => self.give_notice(id, detail, at),
            Kind::NoticeToAll => self.give_notice_to_all(id, detail, at),
            Kind::Reclaim => self.reclaim(id, detail, at),
            Kind::Supplied => self.supply_changed(id, at),
            Kind::Bounds => self.change_bounds(id, detail, at),
            Kind::SupplyBounds => self.bound_supply(id, detail, at),
            Kind::DecideSupply => self.decide_supply(id, detail, at),
            Kind::Decide => self.decide_copies(id, detail, at),
            Kind::Look => self.look_at(id, detail, at),
        }
        self.drain();
        self.set_barrier();
    }

    fn close_period(&mut self, watch: u32, at: SimTime, observer: &dyn Observer) {
        let constants = &self.model.control.watches[watch as usize];
        let mut booked = None;
        match constants.metric {
            Metric::Used(supply) => self.note_used(supply, at),
            Metric::Booked(book) => {
                self.recorder.enter_day_book();
                let before = &self.globals.kept[watch as usize].account;
                booked = Some(self.read_books(constants, book, before, at));
            }
            Metric::Charged(how) => {
                let before = std::mem::take(&mut self.globals.kept[watch as usize].account);
                booked = Some(self.read_charges(constants, how, &before, (at, observer)));
            }
            Metric::Time(..) | Metric::Ended(..) | Metric::Arrived(_) | Metric::State(_) => {}
        }
        self.globals.close(self.model, watch, at, booked);
        let period = self.model.control.watches[watch as usize].period;
        self.globals
            .list
            .insert((at + period, Kind::Close, watch, 0));
    }

    /// Shows an alarm the value of a period.
    fn look_at(&mut self, id: u32, period: u32, at: SimTime) {
        let alarm = &self.model.control.alarms[id as usize];
        let value = self.globals.value(alarm.when.watch, period);
        let breaches = value.map(|value| alarm.when.compare.holds(value, alarm.when.bound));
        let changed = self.globals.alarms[id as usize].look(breaches);
        if changed == Some(Change::Fired) {
            self.take_back_on(id, at);
        }
        if self.recorder.counts(at) {
            let record = &mut self.recorder.recording().alarms[id as usize];
            match changed {
                Some(Change::Fired) => record.fired.push(at),
                Some(Change::Cleared) => record.cleared.push(at),
                None => {}
            }
        }
        let length = self.model.control.watches[alarm.when.watch as usize].period;
        self.globals
            .list
            .insert((at + length, Kind::Look, id, period + 1));
    }

    /// Lets a controller decide on the values of a period.
    fn decide_copies(&mut self, id: u32, period: u32, at: SimTime) {
        let Some(scaling) = &self.model.control.elastic[id as usize].scaling else {
            unreachable!("a controller that decides has rules");
        };
        let held: Vec<Option<bool>> = scaling
            .steps
            .iter()
            .map(|step| {
                let value = self.globals.value(step.watch, period)?;
                Some(step.compare.holds(value, step.bound))
            })
            .collect();
        let tracked = scaling
            .tracked
            .and_then(|watch| self.globals.value(watch, period));
        let copies = scaling.tracked.map_or(0.0, |watch| {
            self.globals.kept[watch as usize].copies[period as usize]
        });
        let reading = Reading {
            tracked,
            copies,
            steps: &held,
        };
        let present = &self.globals.copies[id as usize];
        let (planned, starting) = (present.planned(), present.starting());
        let deploying = self.globals.deploying[id as usize];
        match &mut self.globals.controllers[id as usize] {
            Some(controller) if deploying => controller.see(&reading),
            Some(controller) => {
                let wanted = controller.decide(at, &reading, planned, starting);
                self.set_copies(id, wanted, at);
            }
            None => {}
        }
        self.globals
            .list
            .insert((at + scaling.period, Kind::Decide, id, period + 1));
    }

    /// Changes the bounds of a controller, and the copies if they lie outside.
    fn change_bounds(&mut self, id: u32, entry: u32, at: SimTime) {
        let scaling = self.model.control.elastic[id as usize].scaling.as_ref();
        let entry = scaling.and_then(|scaling| scaling.schedule.get(entry as usize));
        let Some(&(_, least, most)) = entry else {
            unreachable!("a change of bounds is an entry of the schedule");
        };
        if let Some(controller) = &mut self.globals.controllers[id as usize] {
            controller.bound(least, most);
        }
        self.keep_bounds(id, at);
    }

    /// Brings the copies of a node within the bounds of its controller, unless a deployment
    /// changes them.
    pub(super) fn keep_bounds(&mut self, id: u32, at: SimTime) {
        let planned = self.globals.copies[id as usize].planned();
        let controller = self.globals.controllers[id as usize].as_ref();
        if let (Some(controller), false) = (controller, self.globals.deploying[id as usize]) {
            let wanted = controller.bounded(planned);
            self.set_copies(id, wanted, at);
        }
    }

    /// Returns when a copy that is wanted now can be started: its account may start another, and
    /// its host is there.
    pub(super) fn launch(&mut self, elastic: u32, copy: u32, at: SimTime) -> SimTime {
        let constants = &self.model.control.elastic[elastic as usize];
        let bucket = self.globals.launches.get_mut(constants.launches as usize);
        let launched = bucket.map_or(at, |bucket| bucket.wait(at, pico_tokens(1.0)));
        let Some((each, start)) = constants.hosts else {
            return launched;
        };
        let host = (copy / each) as usize;
        if self.globals.hosts[elastic as usize][host] == SimTime::NEVER {
            let ready = launched + self.start_up(constants.node, start);
            self.globals.hosts[elastic as usize][host] = ready;
        }
        launched.max(self.globals.hosts[elastic as usize][host])
    }

    /// Lets the hosts go that have no copy.
    pub(super) fn release_hosts(&mut self, elastic: u32) {
        let Some((each, _)) = self.model.control.elastic[elastic as usize].hosts else {
            return;
        };
        let copies = &self.globals.copies[elastic as usize];
        let hosts = &mut self.globals.hosts[elastic as usize];
        for (host, ready) in (0u32..).zip(hosts) {
            let mut own = host * each..(host + 1) * each;
            if !own.any(|copy| copies.exists(copy)) {
                *ready = SimTime::NEVER;
            }
        }
    }

    /// Draws the time from a start at a node to the first visit, or another time of the kind.
    pub(super) fn start_up(&mut self, node: u32, law: u32) -> Span {
        let Some(sampler) = self.model.samplers.get(law as usize) else {
            return Span::ZERO;
        };
        if let Some(constant) = sampler.constant() {
            return Span(constant);
        }
        let word = self.streams[node as usize].next_word();
        Span(sampler.sample(word, address(0, purpose::COLD, 0, 0), 0))
    }

    /// Starts or stops copies until so many serve or are on their way.
    pub(super) fn set_copies(&mut self, id: u32, wanted: u32, at: SimTime) {
        let version = self.globals.current[id as usize];
        let node = self.model.control.elastic[id as usize].node;
        let planned = self.globals.copies[id as usize].planned();
        if wanted > planned {
            let scaling = self.model.control.elastic[id as usize].scaling.as_ref();
            let law = scaling.map_or(NONE, |scaling| scaling.start_up);
            self.release_hosts(id);
            for copy in self.globals.copies[id as usize].start(at, wanted - planned, version) {
                let launched = self.launch(id, copy, at);
                let ready = launched + self.start_up(node, law);
                self.globals.list.insert((ready, Kind::Ready, id, copy));
            }
        } else if wanted < planned {
            let ended = self.globals.copies[id as usize].stop(at, planned - wanted, version);
            for copy in ended {
                self.recorder.copy_ended(node, copy);
            }
            self.copies_changed(id, at);
        }
    }

    /// Tells those who choose among copies, or deliver to them, that others serve now.
    pub(super) fn copies_changed(&mut self, id: u32, at: SimTime) {
        let model = self.model;
        let node = model.control.elastic[id as usize].node;
        let copies = &self.globals.copies[id as usize];
        let open = copies.open();
        let mix = self.globals.mixes[id as usize].map(|(version, below)| {
            let fresh = open.iter().filter(|copy| copies.version(**copy) == version);
            (below, fresh.copied().collect::<Vec<u32>>())
        });
        for (balancer, constants) in self.balancers.iter_mut().zip(&model.balancers) {
            for (target, one) in (0u32..).zip(&constants.targets) {
                if one.node == node {
                    balancer.open(at, target, open);
                    balancer.mix(target, mix.clone());
                }
            }
        }
        for (delivery, constants) in (0u32..).zip(&model.deliveries) {
            if constants.elastic == node {
                self.more_room(delivery, at);
            }
        }
    }

    /// Ends the stopped copies whose last visit has left.
    pub(super) fn end_drained(&mut self) {
        for (id, elastic) in self.model.control.elastic.iter().enumerate() {
            for copy in self.globals.copies[id].reap() {
                self.recorder.copy_ended(elastic.node, copy);
            }
        }
    }

    /// Adds the copies that exist at the end of the run to the books.
    pub(crate) fn close_copies(&mut self, ended: SimTime) {
        self.close_supplies(ended);
        self.end_drained();
        for (id, elastic) in self.model.control.elastic.iter().enumerate() {
            let most = self.globals.copies[id].most();
            for copy in self.globals.copies[id].close(ended) {
                self.recorder.copy_ended(elastic.node, copy);
            }
            let record = &mut self.recorder.recording().nodes[elastic.node as usize];
            if let Some(copies) = &mut record.copies {
                copies.most = most;
            }
        }
    }
}

//! Global events: what watches a run and changes it, alone and before all else of its instant.
//!
//! One list ordered by (at, kind, name). Visits never run ahead past the next entry
//! (`Replication::barrier`), so an event finds everything that happened before it, and
//! nothing that comes after. Watches are closed at the end of every period; alarms and
//! controllers look at the value when it is as old as they say.
//!
//! `watched` measures, `control` looks and decides, `copies` starts and ends what was decided.
//!
//! Not here: what copies a controller wants (`mechanism::scaling`), when an alarm fires
//! (`mechanism::alarm`), what becomes of it all in a report.

mod control;
mod copies;
mod watched;

use super::Observer;
use super::alias::Alias;
use super::books::Account;
use super::credential::FirstRead;
use super::deploy::Rollout;
use super::event::Class;
use super::impair::Impaired;
use super::pause::Pauses;
use super::reclaim::Lease;
use super::replication::Replication;
use super::supply::{self, Supplied};
use super::tracing::Tracer;
use super::trouble::Way;
use crate::mechanism::alarm::Alarm;
use crate::mechanism::copies::Copies;
use crate::mechanism::level::Level;
use crate::mechanism::scaling::Controller;
use crate::mechanism::token_bucket::TokenBucket;
use crate::metrics::watch::Tallies;
use crate::model::change::GoingOn;
use crate::model::control::Whom;
use crate::model::fault::Faults;
use crate::model::supply::{Supply, Units};
use crate::model::{Model, NONE, Plan};
use crate::units::SimTime;
use std::collections::{BTreeMap, BTreeSet};

/// What a global event is about; of one instant the first kind comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// A node gets other parameters (detail 0), or has its own again (id: change).
    Change,
    /// A balancer notices that a copy is out, or well again (id: sight).
    Sight,
    /// A node becomes slow or well again (id: impairment).
    Impair,
    /// Something begins or ends to be wrong with a link (id: trouble).
    Trouble,
    /// Caches lose their entries (id: flush).
    Flush,
    /// A node stops, or goes on (id: pause).
    Pause,
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
    /// What goes wrong in this replication.
    pub(super) faults: Faults,
    /// Outages of some copies that are going on.
    pub(super) partly: Vec<u32>,
    /// Per node: how its work goes now; empty if that never changes.
    pub(super) impaired: Vec<Impaired>,
    /// Per link of which something is ever wrong: how it is now.
    pub(super) ways: Vec<Way>,
    /// What stands still now.
    pub(super) pauses: Pauses,
    /// Which changes of parameters go on.
    pub(super) changing: GoingOn,
    /// Servers of nodes where changes make them more or fewer.
    pub(super) servers: BTreeMap<u32, Level>,
    /// What is noted of requests one by one.
    pub(super) tracer: Tracer,
    /// Per supply.
    pub(super) supplies: Vec<Supplied>,
    /// Per station: its busy servers, if any are supplied.
    stations: Vec<Level>,
}

impl Globals {
    /// Lists what a model does by itself, from time zero on.
    pub(crate) fn new(model: &Model, plan: &Plan, number: u32) -> Globals {
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
        let first = super::change::at_start(model);
        for node in (0..model.nodes.len()).filter(|node| model.changes_servers(*node)) {
            let servers = first.servers(node).unwrap_or(0.0);
            let level = globals.servers.entry(node as u32).or_default();
            level.change(servers as i64, SimTime::ZERO);
        }
        globals.list.extend(super::reshard::events(model));
        globals.out = vec![[0; 2]; model.nodes.len()];
        globals.plan_faults(model, super::timetable::faults(model, plan, number));
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
        globals.hosts = control.elastic.iter().map(copies::hosts_at_start).collect();
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

    /// Lists when something goes wrong, and is well again.
    fn plan_faults(&mut self, model: &Model, faults: Faults) {
        let list = &mut self.list;
        let mut lasts = |kind: Kind, id: u32, (at, until): (SimTime, SimTime)| {
            list.insert((at, kind, id, 0));
            list.insert((until, kind, id, 1));
        };
        for (id, outage) in (0u32..).zip(&faults.outages) {
            lasts(Kind::Outage, id, (outage.at, outage.until));
        }
        for (id, impairment) in (0u32..).zip(&faults.impairments) {
            lasts(Kind::Impair, id, (impairment.at, impairment.until));
        }
        for (id, pause) in (0u32..).zip(&faults.pauses) {
            lasts(Kind::Pause, id, (pause.at, pause.until));
        }
        for (id, trouble) in (0u32..).zip(&faults.troubles) {
            lasts(Kind::Trouble, id, (trouble.at, trouble.until));
        }
        for (id, change) in (0u32..).zip(&faults.changes) {
            lasts(Kind::Change, id, (change.at, change.until));
        }
        for (id, sight) in (0u32..).zip(&faults.sights) {
            self.list.insert((sight.at, Kind::Sight, id, 0));
        }
        for (id, flush) in (0u32..).zip(&faults.flushes) {
            self.list.insert((flush.at, Kind::Flush, id, 0));
        }
        if !faults.impairments.is_empty() {
            self.impaired = vec![Impaired::default(); model.nodes.len()];
        }
        self.ways = vec![Way::default(); model.control.ways.len()];
        let ever = faults.pauses.iter().map(|pause| pause.node);
        self.pauses = Pauses::new(model.nodes.len(), ever);
        self.faults = faults;
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
}

impl Replication<'_> {
    /// Lets local time run up to the next global event or check, whichever is first.
    pub(crate) fn set_barrier(&mut self) {
        self.barrier = self.check.min(self.globals.next_at());
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
            Kind::Change => self.change_parameters(id, detail == 0, at),
            Kind::Outage => self.outage(id, detail == 0, at),
            Kind::Sight => self.see(id, at),
            Kind::Impair => self.impair(id, at),
            Kind::Trouble => self.trouble(id, at),
            Kind::Flush => self.flush(id),
            Kind::Pause => self.change_pause(id, at),
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
}

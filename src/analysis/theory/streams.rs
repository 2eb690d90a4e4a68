//! What the arrivals at every operation look like: Poisson, renewal, or neither.
//!
//! A Poisson stream stays one where visits are parted at random or merely delayed, and
//! behind stations with product form: M/M/c (Burke 1956), processor sharing, unlimited
//! servers, and pre-empting last come first served. There, a request that comes back by way
//! of such stations does no harm (Jackson 1957; Baskett, Chandy, Muntz and Palacios 1975),
//! unless it is at several places at once. Everything else breaks the stream.

use super::paths;
use super::service;
use super::traffic::{self, Traffic};
use super::visits::Visits;
use crate::model::{Discipline, NONE, Op, Outcome, Policy, Route};
use crate::topology::{LoadSource, Shape, Topology};
use crate::units::SimTime;
use std::collections::{BTreeMap, BTreeSet};

/// The arrivals at an operation.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Stream {
    /// None.
    Nothing,
    /// Independent of one another.
    Poisson,
    /// Independent times between them, of this squared coefficient of variation.
    Renewal(f64),
    /// Poisson, and each has joined the shorter of so many random queues.
    Chosen(u32),
    /// Neither, and why.
    Broken(String),
}

/// What happens to a stream on its way.
#[derive(Clone, Debug)]
enum Passage {
    /// Nothing.
    Free,
    /// Parted at random, or delayed at random.
    Stirred,
    /// Through a station.
    Station(u32),
    /// To the shorter of so many queues.
    Chosen(u32),
    /// It breaks.
    Breaks(String),
}

/// What refuses a share of its visits for ever, by index.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Overloaded {
    /// Token buckets.
    pub(super) buckets: BTreeSet<u32>,
    /// Limits of concurrency.
    pub(super) groups: BTreeSet<u32>,
}

/// The streams of a model.
#[derive(Debug)]
pub(super) struct Streams {
    /// Per operation.
    at: Vec<Stream>,
}

impl Streams {
    /// Returns the arrivals at some operations, all taken together.
    pub(super) fn together(&self, places: &[(usize, u32)]) -> Stream {
        let ops: BTreeSet<u32> = places.iter().map(|(_, op)| *op).collect();
        let several = ops.len() > 1;
        let mut all = Stream::Nothing;
        for op in ops {
            all = joined(all, &self.at[op as usize], several);
        }
        all
    }

    /// Follows all streams from the loads on; nothing is known behind what is overloaded.
    pub(super) fn follow(
        topology: &Topology,
        traffic: &Traffic<'_>,
        overloaded: &Overloaded,
    ) -> Streams {
        let mut follower = Follower::new(traffic, overloaded);
        let mut at = vec![Stream::Nothing; traffic.model.ops.len()];
        let mut todo = Vec::new();
        for (line, load) in topology.load.iter().enumerate() {
            let entry = traffic.model.flows[load.flow].entry;
            let several = topology
                .load
                .iter()
                .filter(|one| one.flow == load.flow)
                .count()
                > 1;
            let came = joined(
                at[entry as usize].clone(),
                &arrivals(topology, line),
                several,
            );
            at[entry as usize] = came;
            todo.push(entry);
        }
        while let Some(op) = todo.pop() {
            let stream = at[op as usize].clone();
            if let Op::Serve { group, .. } = traffic.model.ops[op as usize]
                && stream != Stream::Poisson
                && follower.good.remove(&group)
            {
                // All that leave the station are no Poisson stream any more.
                todo.extend(follower.sites.get(&group).into_iter().flatten());
            }
            for (to, passage) in follower.edges.get(&op).cloned().unwrap_or_default() {
                let out = follower.passed(&stream, &passage);
                let several = follower.incoming.get(&to).is_some_and(|count| *count > 1);
                let new = joined(at[to as usize].clone(), &out, several);
                if new != at[to as usize] {
                    at[to as usize] = new;
                    todo.push(to);
                }
            }
        }
        Streams { at }
    }
}

/// Returns the arrivals of a load line.
fn arrivals(topology: &Topology, line: usize) -> Stream {
    let load = &topology.load[line];
    let broken = |why: String| Stream::Broken(why);
    match load.shape {
        Shape::Flat => {}
        Shape::Mmpp(_) => return broken(format!("the rate of load `{}` is modulated", load.name)),
        Shape::Steps(_) | Shape::Ramp(_) | Shape::Diurnal { .. } => {
            return broken(format!("load `{}` varies with time", load.name));
        }
    }
    if load.start > SimTime::ZERO || load.stop < SimTime::NEVER {
        return broken(format!("load `{}` does not come all the time", load.name));
    }
    if load.batch != crate::random::law::Law::Constant(1.0) {
        return broken(format!("requests of load `{}` come in batches", load.name));
    }
    match &load.source {
        LoadSource::Rate { even: false, .. } => Stream::Poisson,
        LoadSource::Rate { even: true, .. } => Stream::Renewal(0.0),
        LoadSource::Every(gap) => {
            let mean = crate::random::mean(gap);
            match super::moments::second_moment(gap, mean) {
                Some(square) if square.is_finite() => Stream::Renewal(square / mean / mean - 1.0),
                Some(_) | None => broken(format!(
                    "times between requests of load `{}` have no variance",
                    load.name
                )),
            }
        }
        LoadSource::Clients { .. } => broken(format!(
            "the clients of load `{}` wait for their replies",
            load.name
        )),
        LoadSource::Trace(_) => broken(format!("load `{}` follows a trace", load.name)),
    }
}

/// Adds a stream to another; `several`: there may be more than this one.
fn joined(known: Stream, new: &Stream, several: bool) -> Stream {
    match (known, new) {
        (known, Stream::Nothing) => known,
        (Stream::Broken(why), _) => Stream::Broken(why),
        (_, Stream::Broken(why)) => Stream::Broken(why.clone()),
        (_, Stream::Renewal(_) | Stream::Chosen(_)) if several => {
            Stream::Broken("streams meet that are not Poisson".to_owned())
        }
        (Stream::Nothing, new) => new.clone(),
        (known, new) if known == *new => known,
        (Stream::Poisson | Stream::Renewal(_) | Stream::Chosen(_), _) => {
            Stream::Broken("streams meet that are not Poisson".to_owned())
        }
    }
}

/// The ways of streams, and the stations that let them be.
struct Follower<'a> {
    traffic: &'a Traffic<'a>,
    overloaded: &'a Overloaded,
    edges: BTreeMap<u32, Vec<(u32, Passage)>>,
    /// Number of edges to an operation.
    incoming: BTreeMap<u32, u32>,
    /// Station groups with product form, as far as is known.
    good: BTreeSet<u32>,
    /// Of broken ones: why.
    why: BTreeMap<u32, String>,
    /// The operations at which each station serves.
    sites: BTreeMap<u32, Vec<u32>>,
}

impl<'a> Follower<'a> {
    fn new(traffic: &'a Traffic<'a>, overloaded: &'a Overloaded) -> Follower<'a> {
        let mut follower = Follower {
            traffic,
            overloaded,
            edges: BTreeMap::new(),
            incoming: BTreeMap::new(),
            good: BTreeSet::new(),
            why: BTreeMap::new(),
            sites: BTreeMap::new(),
        };
        for (at, op) in (0u32..).zip(&traffic.model.ops) {
            if let Some(group) = traffic::serves(op) {
                follower.sites.entry(group).or_default().push(at);
            }
        }
        for (start, ops) in traffic.reached.iter().enumerate() {
            for op in ops {
                if traffic.rate_of(start, *op).per_s > 0.0 {
                    follower.add(start, *op);
                }
            }
        }
        let visits = Visits::new(traffic);
        for (group, places) in traffic.places_by(traffic::serves) {
            follower.judge(group, &places, &visits);
        }
        follower
    }

    /// Judges whether a station leaves Poisson streams as they are.
    fn judge(&mut self, group: u32, places: &[(usize, u32)], visits: &Visits<'_>) {
        let traffic = self.traffic;
        let of = &traffic.model.groups[group as usize];
        let name = &traffic.model.nodes[of.node as usize].name;
        let service = service::of_station(traffic, places);
        let exponential = service.is_some_and(|service| service.exponential);
        let endless = of.waiting_limit == u32::MAX && of.max_wait == NONE;
        let form = match of.discipline {
            _ if of.servers == u32::MAX => true,
            Discipline::ProcessorSharing | Discipline::LifoPreemptive => endless,
            Discipline::Fifo | Discipline::Lifo => endless && exponential,
            Discipline::Priority | Discipline::PriorityPreemptive | Discipline::CoDel => false,
        };
        let most = f64::from(of.servers) * f64::from(of.instances);
        let full = service.is_some_and(|one| traffic.rate_at(places).per_s * one.mean >= most);
        if full && of.servers != u32::MAX {
            self.why
                .insert(group, format!("more comes to `{name}` than it can serve"));
        } else if !form {
            self.why
                .insert(group, format!("what leaves `{name}` is no Poisson stream"));
        } else if visits.at_once(group) {
            let why = format!("a request may come to `{name}` several times at once");
            self.why.insert(group, why);
        } else {
            self.good.insert(group);
        }
    }

    /// Whether a passage leads through a bucket that is overloaded.
    fn refuses(&self, admission: u32) -> bool {
        let tolls = &self.traffic.model.admissions[admission as usize].tolls;
        let full = |bucket| self.overloaded.buckets.contains(&bucket);
        tolls.iter().any(|toll| full(toll.bucket))
    }

    fn edge(&mut self, from: u32, to: u32, passage: Passage) {
        let known = self.edges.entry(from).or_default();
        // Starts may share operations; the same way counts once.
        if known.iter().any(|(other, _)| *other == to) {
            return;
        }
        known.push((to, passage));
        *self.incoming.entry(to).or_insert(0) += 1;
    }

    /// Adds what follows an operation.
    fn add(&mut self, start: usize, at: u32) {
        let traffic = self.traffic;
        let model = traffic.model;
        let node = |row: u32| &model.nodes[model.rows[row as usize].node as usize].name;
        let here = node(model.sites[at as usize].row);
        let following = paths::following(model, at);
        let passage = match model.ops[at as usize] {
            Op::Call { route } => {
                self.call(start, at, route, None);
                return;
            }
            Op::CallChosen { first } => {
                for route in paths::targets(model, at, first) {
                    self.call(start, at, route, paths::chooser(model, at));
                }
                return;
            }
            Op::Delay { time } if model.samplers[time as usize].is_constant() => Passage::Free,
            Op::Work { work } => {
                let time = service::work(model, work, &traffic.amounts[start]);
                if time.is_some_and(|time| time.is_constant()) {
                    Passage::Free
                } else {
                    Passage::Stirred
                }
            }
            Op::Delay { .. } | Op::Coin { .. } | Op::Split { .. } | Op::LookUpFixed { .. } => {
                Passage::Stirred
            }
            Op::Serve { group, .. } => Passage::Station(group),
            Op::Seize { group } => {
                let of = &model.groups[group as usize];
                if self.overloaded.groups.contains(&group) {
                    Passage::Breaks(format!("`{here}` refuses a share of all"))
                } else if of.limit && of.waiting_limit == 0 {
                    Passage::Free
                } else {
                    Passage::Breaks(format!("`{here}` keeps a server during its calls"))
                }
            }
            Op::Admit { admission } if model.admissions[admission as usize].wait => {
                Passage::Breaks(format!("`{here}` lets wait for its rate"))
            }
            Op::Admit { admission } if self.refuses(admission) => {
                Passage::Breaks(format!("`{here}` refuses a share of all"))
            }
            Op::Resolve { .. } => Passage::Breaks(format!(
                "those who ask one resolver of `{here}` go the same way"
            )),
            Op::Remainder { .. } => {
                Passage::Breaks(format!("`{here}` tries again what it refused"))
            }
            Op::Afford { .. } => Passage::Breaks(format!("`{here}` parts visits by its rate")),
            Op::LookUp { .. } => {
                Passage::Breaks(format!("what `{here}` misses is no Poisson stream"))
            }
            Op::Spawn { entry, .. } => {
                self.edge(at, entry, Passage::Free);
                Passage::Free
            }
            Op::Fork { fork, .. } => {
                for entry in model.forks[fork as usize].entries.clone() {
                    self.edge(at, entry, Passage::Free);
                }
                Passage::Breaks("calls made at the same time are waited for".to_owned())
            }
            Op::Each { each, .. } => {
                let each = &model.loops[each as usize];
                if each.concurrency == 1 {
                    self.edge(at, each.entry, Passage::Free);
                    self.returns(each.entry, each.entry, &Passage::Free);
                    Passage::Free
                } else {
                    let why = "calls are made several at once".to_owned();
                    self.edge(at, each.entry, Passage::Breaks(why));
                    Passage::Breaks("calls made at the same time are waited for".to_owned())
                }
            }
            Op::Enqueue { queue, .. } => {
                self.deliver(at, &model.queues[queue as usize].deliveries, here);
                Passage::Free
            }
            Op::Append { log, .. } => {
                self.deliver(at, &model.logs[log as usize].deliveries, here);
                Passage::Free
            }
            Op::Leave { .. }
            | Op::Admit { .. }
            | Op::Place { .. }
            | Op::Release { .. }
            | Op::Missed
            | Op::Fill { .. }
            | Op::Invalidate { .. }
            | Op::Warm { .. }
            | Op::Choose { .. }
            | Op::Unchoose { .. }
            | Op::PushCount
            | Op::PopCount
            | Op::FanOut { .. }
            | Op::Gather { .. }
            | Op::Once { .. }
            | Op::Held { .. }
            | Op::Hold { .. }
            | Op::Earlier { .. }
            | Op::Keep { .. }
            | Op::Tell { .. }
            | Op::Fits { .. }
            | Op::Replay { .. }
            | Op::Lag { .. }
            | Op::Observe { .. }
            | Op::Commit { .. }
            | Op::Jump { .. } => Passage::Free,
        };
        for to in following {
            if traffic.count(start, to) > 0.0 {
                self.edge(at, to, passage.clone());
            }
        }
    }

    fn deliver(&mut self, at: u32, deliveries: &[u32], here: &str) {
        let model = self.traffic.model;
        for delivery in deliveries {
            let delivery = &model.deliveries[*delivery as usize];
            if let Some(route) = paths::delivery_route(model, at, delivery) {
                let entry = model.routes[route as usize].entry;
                let why = format!("messages of `{here}` wait for their consumers");
                self.edge(at, entry, Passage::Breaks(why));
            }
        }
    }

    /// Adds the way to a callee and back.
    fn call(&mut self, start: usize, at: u32, route: u32, chooser: Option<u32>) {
        let traffic = self.traffic;
        let model = traffic.model;
        let route: &Route = &model.routes[route as usize];
        let constant =
            |sampler: u32| sampler == NONE || model.samplers[sampler as usize].is_constant();
        let mut there = if constant(route.latency) {
            Passage::Free
        } else {
            Passage::Stirred
        };
        if route.connections != NONE {
            there = Passage::Breaks("calls wait for a connection".to_owned());
        }
        let troubled = model.control.ways.get(route.way as usize);
        if let Some(balancer) = chooser {
            let balancer = &model.balancers[balancer as usize];
            let active = balancer.targets.len() - balancer.reserve as usize;
            let active = &balancer.targets[..active];
            let copies: u32 = active.iter().map(|target| target.copies).sum();
            let name = &model.nodes[balancer.node as usize].name;
            match balancer.policy {
                _ if copies == 1 => {}
                Policy::Random | Policy::Weighted => there = Passage::Stirred,
                Policy::Choices
                    if balancer.refresh.0 == 0
                        && !balancer.first_of_ties
                        && balancer.targets.len() == 1
                        && balancer.choices < copies =>
                {
                    there = Passage::Chosen(balancer.choices);
                }
                Policy::RoundRobin | Policy::LeastOutstanding | Policy::Choices | Policy::ByKey => {
                    there = Passage::Breaks(format!("`{name}` does not choose at random"));
                }
            }
        }
        if let Some(way) = troubled {
            let why = format!("something is wrong with link `{way}` for some time");
            there = Passage::Breaks(why);
        }
        self.edge(at, route.entry, there);
        for to in paths::following(model, at) {
            if traffic.count(start, to) > 0.0 {
                self.returns(route.entry, to, &Passage::Stirred);
            }
        }
    }

    /// Adds the ways from the ends of a start to where its caller goes on.
    fn returns(&mut self, entry: u32, to: u32, passage: &Passage) {
        let traffic = self.traffic;
        let Some(start) = traffic.starts.get(&entry) else {
            return;
        };
        for op in &traffic.reached[*start] {
            let ends = matches!(
                traffic.model.ops[*op as usize],
                Op::Leave {
                    outcome: Outcome::Completed
                }
            );
            if ends && traffic.count(*start, *op) > 0.0 {
                self.edge(*op, to, passage.clone());
            }
        }
    }

    /// Returns a stream after a passage.
    fn passed(&self, stream: &Stream, passage: &Passage) -> Stream {
        let stirred = "arrivals are neither Poisson nor renewal there".to_owned();
        match (stream, passage) {
            (Stream::Nothing, _) => Stream::Nothing,
            (Stream::Broken(why), _) => Stream::Broken(why.clone()),
            (_, Passage::Breaks(why)) => Stream::Broken(why.clone()),
            (stream, Passage::Free) => stream.clone(),
            (Stream::Poisson, Passage::Stirred) => Stream::Poisson,
            (Stream::Renewal(_) | Stream::Chosen(_), Passage::Stirred) => Stream::Broken(stirred),
            (Stream::Poisson, Passage::Chosen(choices)) => Stream::Chosen(*choices),
            (Stream::Renewal(_) | Stream::Chosen(_), Passage::Chosen(_)) => Stream::Broken(stirred),
            (Stream::Poisson, Passage::Station(group)) if self.good.contains(group) => {
                Stream::Poisson
            }
            (_, Passage::Station(group)) => {
                let of = &self.traffic.model.groups[*group as usize];
                let name = &self.traffic.model.nodes[of.node as usize].name;
                let why = self.why.get(group).cloned();
                Stream::Broken(
                    why.unwrap_or_else(|| format!("what leaves `{name}` is no Poisson stream")),
                )
            }
        }
    }
}

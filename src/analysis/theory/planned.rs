//! Traffic for planning: how often everything happens in the mean, with a value for all that
//! theory does not know.
//!
//! A cache hits what its objective asks for, else what Che's approximation says, else as
//! often as if it kept its likeliest keys, else never. Batches are as full as their window
//! makes them. Clients that wait for answers wait as long as nobody waits in a line. Each
//! assumption is said in words. What visits are about (items, bytes) is a mean over all
//! that come to a place; posts go to the mean number of recipients.
//!
//! Not here: waiting, retries, refusals.

use super::recipients;
use super::traffic::Traffic;
use super::unknown::{About, Unknown};
use super::{amounts::Amounts, paths, popularity};
use crate::model::{Cost, CountFrom, INHERITED, Model, NONE, Of, Op};
use crate::topology::{Bound, Compare, LoadSource, Shape, Subject, Topology};
use std::collections::BTreeSet;

/// Passes after which means are taken as they are.
const MOST_PASSES: usize = 200;
/// Relative change at which means have settled.
const SETTLED: f64 = 1e-9;
/// Time that a call which is over at once takes [s]: clients without think time go on for ever.
const LEAST_TIME: f64 = 1e-6;

/// What the visits of a start are about, in the mean.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Means {
    items: f64,
    /// Bytes of all items.
    bytes: f64,
}

impl Means {
    /// Returns the same about another number of items.
    fn with(self, items: f64) -> Means {
        let bytes = self.bytes / self.items.max(f64::MIN_POSITIVE) * items;
        Means { items, bytes }
    }
}

/// Traffic in the mean.
#[derive(Debug)]
pub struct Planned<'a> {
    topology: &'a Topology,
    traffic: Traffic<'a>,
    means: Vec<Means>,
    /// Seconds that a visit of a start takes if it never waits in a line.
    times: Vec<f64>,
    /// What was assumed, in sentences.
    pub assumed: Vec<String>,
}

/// The tokens that a bucket is asked for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tokens {
    /// The bucket, or the first of those of all instances: index into `Model::buckets`.
    pub bucket: u32,
    /// Buckets alike; keys decide among them.
    pub instances: u32,
    /// Tokens per second, over all of them.
    pub per_s: f64,
    /// Tokens per second of the busiest, as far as keys are known.
    pub busiest_per_s: f64,
}

/// Servers that are taken.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Busy {
    /// Index into `Model::groups`, or `Model::pools`.
    pub index: u32,
    /// Servers in use in the mean, over all instances [erlangs].
    pub erlangs: f64,
    /// Servers in use of the busiest instance.
    pub busiest: f64,
}

/// Returns the factor of a load line at its peak.
pub fn peak(shape: &Shape) -> f64 {
    let greatest = |all: &mut dyn Iterator<Item = f64>| all.fold(0.0, f64::max);
    match shape {
        Shape::Flat => 1.0,
        Shape::Steps(points) | Shape::Ramp(points) => {
            greatest(&mut points.iter().map(|(_, factor)| *factor))
        }
        Shape::Diurnal { peak_to_mean, .. } => *peak_to_mean,
        // The mean factor is part of the rate already.
        Shape::Mmpp(states) => {
            let time: f64 = states.iter().map(|(_, stay)| stay.as_seconds()).sum();
            let mass = states
                .iter()
                .map(|(factor, stay)| factor * stay.as_seconds());
            let mean = mass.sum::<f64>() / time;
            greatest(&mut states.iter().map(|(factor, _)| *factor)) / mean
        }
    }
}

impl<'a> Planned<'a> {
    /// Works out traffic in the mean, or at the peak of every load line; `None` if calls go
    /// round for ever.
    pub fn solve(topology: &'a Topology, model: &'a Model, at_peak: bool) -> Option<Planned<'a>> {
        let factor = |shape: &Shape| if at_peak { peak(shape) } else { 1.0 };
        let factors: Vec<f64> = topology.load.iter().map(|one| factor(&one.shape)).collect();
        let first = Planned::with(topology, model, &factors, None)?;
        Planned::with(topology, model, &factors, Some(&first))
    }

    /// Solves with what an earlier solution tells about batches and clients.
    fn with(
        topology: &'a Topology,
        model: &'a Model,
        factors: &[f64],
        before: Option<&Planned<'a>>,
    ) -> Option<Planned<'a>> {
        let mut assumed = Vec::new();
        let traffic = Traffic::stated(topology, model, factors, |unknowns, amounts, reached| {
            for unknown in unknowns {
                let stated = state(topology, model, unknown, amounts, reached, before);
                unknown.value = stated.0;
                assumed.extend(stated.1);
            }
        })?;
        if let Some(line) = fan_outs(model) {
            assumed.push(line);
        }
        let mut planned = Planned {
            topology,
            traffic,
            means: Vec::new(),
            times: Vec::new(),
            assumed,
        };
        planned.assumed.sort();
        planned.assumed.dedup();
        planned.means = planned.means();
        planned.times = planned.times();
        Some(planned)
    }

    /// Returns the model.
    pub fn model(&self) -> &'a Model {
        self.traffic.model
    }

    /// Returns the requests of a flow [1/s].
    pub fn flow(&self, flow: usize) -> f64 {
        let entry = self.model().flows[flow].entry;
        let start = self.traffic.starts.get(&entry);
        start.map_or(0.0, |start| self.traffic.begun(*start))
    }

    /// Returns how long a request of a flow takes if it never waits in a line [s].
    pub fn flow_time(&self, flow: usize) -> f64 {
        self.time_of(self.model().flows[flow].entry)
    }

    /// Returns how long a visit of a flow at a node takes if it never waits in a line [s], the
    /// longest of those that there are.
    pub fn visit_time(&self, flow: usize, node: &str) -> f64 {
        let model = self.model();
        let routes = model.routes.iter().filter(|route| {
            let row = model.rows[route.row as usize];
            let named = model.nodes[row.node as usize].name == node;
            named && row.flow as usize == flow && !route.strand
        });
        routes
            .map(|route| self.time_of(route.entry))
            .fold(0.0, f64::max)
    }

    /// Returns the calls (attempts, messages) on every route [1/s].
    pub fn routes(&self) -> Vec<f64> {
        let mut rates = vec![0.0; self.model().routes.len()];
        for (start, ops) in self.traffic.reached.iter().enumerate() {
            for op in ops {
                for one in self.traffic.begun_by(self.topology, start, *op) {
                    if one.route != NONE {
                        rates[one.route as usize] += one.times;
                    }
                }
            }
        }
        rates
    }

    /// Returns the items and bytes that the visits at an address are about.
    pub fn about(&self, entry: u32) -> (f64, f64) {
        let start = self.traffic.starts.get(&entry);
        let means = start.map(|start| self.means[*start]);
        means.map_or((1.0, 1024.0), |means| (means.items, means.bytes))
    }

    /// Returns the key law of all that comes to an address, where it is one; an index into
    /// `Model::keys`.
    pub fn key(&self, entry: u32) -> Option<u32> {
        let start = self.traffic.starts.get(&entry)?;
        self.key_of(*start)
    }

    fn key_of(&self, start: usize) -> Option<u32> {
        let key = self.traffic.amounts[start].key.fixed()? as u32;
        (key != NONE).then_some(key)
    }

    /// Returns what every token bucket is asked for.
    pub fn tokens(&self) -> Vec<Tokens> {
        let model = self.model();
        let mut found: Vec<Tokens> = Vec::new();
        for (start, op) in self.traffic.places(|op| matches!(op, Op::Admit { .. })) {
            let Op::Admit { admission } = model.ops[op as usize] else {
                continue;
            };
            let rate = self.traffic.rate_of(start, op).per_s;
            for toll in &model.admissions[admission as usize].tolls {
                let per_s = rate * self.price(start, toll.cost);
                // Partitions that may split are taken as they are at the start.
                let splitting = model.buckets[toll.bucket as usize].heats;
                let instances = match toll.of {
                    Of::One => 1,
                    Of::Partition(rule) => model.partitions[rule as usize].count,
                    Of::Instance if splitting != NONE => model.partitions[splitting as usize].count,
                    Of::Instance => alike(model, toll.bucket),
                };
                let busiest_per_s = per_s * self.busiest(start, instances);
                match found.iter_mut().find(|one| one.bucket == toll.bucket) {
                    Some(one) => {
                        one.per_s += per_s;
                        one.busiest_per_s += busiest_per_s;
                    }
                    None => found.push(Tokens {
                        bucket: toll.bucket,
                        instances,
                        per_s,
                        busiest_per_s,
                    }),
                }
            }
        }
        found.sort_by_key(|one| one.bucket);
        found
    }

    /// Returns the metered units of the programs that the visits of a route run [1/s].
    pub fn metered(&self, entry: u32) -> f64 {
        self.metered_by(entry, |start, meter| self.price(start, meter))
    }

    /// Returns the bytes of the metered visits of a route [1/s].
    pub fn metered_bytes(&self, entry: u32) -> f64 {
        self.metered_by(entry, |start, _| self.means[start].bytes)
    }

    /// Sums something over the visits of a route that are metered [1/s].
    fn metered_by(&self, entry: u32, each: impl Fn(usize, Cost) -> f64) -> f64 {
        let Some(start) = self.traffic.starts.get(&entry) else {
            return 0.0;
        };
        let mut sum = 0.0;
        for op in &self.traffic.reached[*start] {
            if let Op::Admit { admission } = self.model().ops[*op as usize]
                && let Some(meter) = self.model().admissions[admission as usize].meter
            {
                sum += self.traffic.rate_of(*start, *op).per_s * each(*start, meter);
            }
        }
        sum
    }

    /// Returns the visits of a node that do not find what they look up [1/s].
    pub fn missed(&self, node: usize) -> f64 {
        let model = self.model();
        let looks = |op: &Op| matches!(op, Op::LookUp { .. } | Op::LookUpFixed { .. });
        let places = self.traffic.places(looks);
        let mine = places.into_iter().filter(|(_, op)| {
            let row = model.sites[*op as usize].row as usize;
            model.rows[row].node as usize == node
        });
        mine.map(|(start, op)| {
            if let Op::LookUpFixed { below, .. } = model.ops[op as usize] {
                let share = 1.0 - f64::from(below) / 4_294_967_296.0;
                return self.traffic.rate_of(start, op).per_s * share;
            }
            let after = paths::following(model, op);
            let missed = after.last().map(|miss| self.traffic.rate_of(start, *miss));
            missed.map_or(0.0, |rate| rate.per_s)
        })
        .sum()
    }

    /// Returns the share of visits that find the tokens they may do without.
    fn paid(&self, op: u32) -> f64 {
        let model = self.model();
        let Op::Afford { admission, .. } = model.ops[op as usize] else {
            return 1.0;
        };
        let places = self.traffic.places(|one| *one == model.ops[op as usize]);
        let mut share: f64 = 1.0;
        for toll in &model.admissions[admission as usize].tolls {
            let asked: f64 = places
                .iter()
                .map(|(start, op)| {
                    self.traffic.rate_of(*start, *op).per_s * self.price(*start, toll.cost)
                })
                .sum();
            let rate = model.buckets[toll.bucket as usize].rate_per_s;
            if asked > rate {
                share = share.min(rate / asked);
            }
        }
        share
    }

    /// Returns the share of the busiest of so many instances: that of its likeliest key, and
    /// its part of all else.
    fn busiest(&self, start: usize, instances: u32) -> f64 {
        let even = 1.0 / f64::from(instances.max(1));
        let Some(key) = self.key_of(start) else {
            return even;
        };
        let keys = &self.model().keys[key as usize];
        let likeliest = keys.likeliest(1).next().map_or(1, |id| keys.rank(id));
        let first = keys.probability(likeliest);
        // Few keys: some partition has one more than its part.
        let most = (keys.count() as f64 * even).ceil() / keys.count() as f64;
        (first + (1.0 - first) * even).max(even).max(most.min(1.0))
    }

    /// Returns what a visit pays in the mean.
    fn price(&self, start: usize, cost: Cost) -> f64 {
        let Means { items, bytes } = self.means[start];
        match cost {
            Cost::One => 1.0,
            Cost::Items => items,
            Cost::Bytes { factor } => bytes * f64::from(factor),
            Cost::UnitsPerItem { unit, factor } => {
                let one = bytes / items.max(f64::MIN_POSITIVE);
                units(one, unit) * f64::from(factor) * items
            }
            Cost::UnitsTogether { unit, factor } => units(bytes, unit) * f64::from(factor),
        }
    }

    /// Returns the servers in use of every group that has some, beside what is only a limit.
    pub fn stations(&self) -> Vec<Busy> {
        let mut found = Vec::new();
        for (index, group) in (0u32..).zip(&self.model().groups) {
            let serves = |op: &Op| matches!(op, Op::Serve { group, .. } if *group == index);
            let mut busy = Busy {
                index,
                erlangs: 0.0,
                busiest: 0.0,
            };
            for (start, op) in self.traffic.places(serves) {
                let Op::Serve { work, .. } = self.model().ops[op as usize] else {
                    continue;
                };
                let one = self.traffic.rate_of(start, op).per_s * self.work(start, work);
                let share = match group.pick {
                    crate::model::Pick::Partition(_) => self.busiest(start, group.instances),
                    crate::model::Pick::Random | crate::model::Pick::Inherited => {
                        1.0 / f64::from(group.instances.max(1))
                    }
                };
                busy.erlangs += one;
                busy.busiest += one * share;
            }
            if busy.erlangs > 0.0 {
                found.push(busy);
            }
        }
        found
    }

    /// Returns the servers of every group that are kept while visits go on.
    pub fn limits(&self) -> Vec<Busy> {
        let groups = (0u32..).zip(&self.model().groups);
        let each = groups.filter_map(|(index, group)| {
            let seizes = |op: &Op| matches!(op, Op::Seize { group } if *group == index);
            self.held(index, group.instances, seizes)
        });
        each.collect()
    }

    /// Returns the environments of every pool that are in work.
    pub fn pools(&self) -> Vec<Busy> {
        let pools = (0u32..).zip(&self.model().pools);
        let each = pools.filter_map(|(index, _)| {
            let takes = |op: &Op| matches!(op, Op::Warm { pool, .. } if *pool == index);
            self.held(index, 1, takes)
        });
        each.collect()
    }

    /// Returns what is kept from an operation to the end of its visit.
    fn held(&self, index: u32, instances: u32, wanted: impl Fn(&Op) -> bool) -> Option<Busy> {
        let mut erlangs = 0.0;
        for (start, op) in self.traffic.places(wanted) {
            let count = self.traffic.count(start, op);
            let behind = self.time_from(start, op + 1, &self.times);
            erlangs += self.traffic.rate_of(start, op).per_s * behind / count;
        }
        (erlangs > 0.0).then(|| Busy {
            index,
            erlangs,
            busiest: erlangs / f64::from(instances.max(1)),
        })
    }

    /// Returns the look-ups of a cache [1/s].
    pub fn look_ups(&self, cache: u32) -> f64 {
        let looks_up = |op: &Op| matches!(op, Op::LookUp { cache: of, .. } if *of == cache);
        let places = self.traffic.places(looks_up);
        self.traffic.rate_at(&places).per_s
    }

    /// Returns the key law of all look-ups of a cache, where it is one.
    pub fn key_of_cache(&self, cache: u32) -> Option<u32> {
        key_law(
            self.model(),
            cache,
            &self.traffic.amounts,
            &self.traffic.reached,
        )
    }

    /// Returns the node that the client of a flow calls first.
    pub fn entry(&self, flow: usize) -> Option<usize> {
        let model = self.model();
        let start = self.traffic.starts.get(&model.flows[flow].entry)?;
        let mut ops = self.traffic.reached[*start].iter();
        ops.find_map(|op| {
            let Op::Call { route } = model.ops[*op as usize] else {
                return None;
            };
            let row = model.routes[route as usize].row;
            Some(model.rows[row as usize].node as usize)
        })
    }

    /// Returns the nodes that a request of a flow may wait for, by name: those that are called
    /// and not sent a message.
    pub fn waited_for(&self, flow: usize) -> BTreeSet<String> {
        self.called_from(vec![self.model().flows[flow].entry])
    }

    /// Returns the nodes that pages of fan-outs are delivered to, by name.
    pub fn delivered_to(&self) -> BTreeSet<String> {
        let steps = self.model().fan_out_steps.iter();
        self.called_from(steps.map(|step| step.entry).collect())
    }

    /// Returns the nodes that are called from some addresses on.
    fn called_from(&self, mut todo: Vec<u32>) -> BTreeSet<String> {
        let model = self.model();
        let mut found = BTreeSet::new();
        let mut seen = BTreeSet::new();
        while let Some(entry) = todo.pop() {
            let Some(&start) = self.traffic.starts.get(&entry) else {
                continue;
            };
            if !seen.insert(entry) {
                continue;
            }
            for op in &self.traffic.reached[start] {
                let apart = matches!(
                    model.ops[*op as usize],
                    Op::Spawn { .. } | Op::Enqueue { .. } | Op::Append { .. }
                );
                if apart {
                    continue;
                }
                for one in self.traffic.begun_by(self.topology, start, *op) {
                    if let Some(route) = model.routes.get(one.route as usize) {
                        let node = model.rows[route.row as usize].node as usize;
                        if !model.nodes[node].hidden {
                            found.insert(model.nodes[node].name.clone());
                        }
                    }
                    todo.push(one.entry);
                }
            }
        }
        found
    }

    /// Returns how often a fan-out step happens, the recipients of one and its pages [1/s, 1, 1].
    pub fn fan_out(&self, step: u32) -> (f64, f64, f64) {
        let steps = |op: &Op| matches!(op, Op::FanOut { step: of } if *of == step);
        let places = self.traffic.places(steps);
        let rate = self.traffic.rate_at(&places).per_s;
        let pages = recipients::pages(self.model(), &self.model().fan_out_steps[step as usize]);
        (rate, pages.number * pages.items, pages.number)
    }

    /// Works out what visits are about.
    fn means(&self) -> Vec<Means> {
        let model = self.model();
        let count = self.traffic.reached.len();
        let usual = Means {
            items: 1.0,
            bytes: 1024.0,
        };
        let mut means = vec![usual; count];
        let begun: Vec<Vec<(u32, usize, super::traffic::Begin)>> = (0..count)
            .map(|start| {
                let ops = self.traffic.reached[start].iter();
                let begins = ops.flat_map(|op| {
                    let all = self.traffic.begun_by(self.topology, start, *op);
                    all.into_iter().map(move |one| (*op, one))
                });
                let placed = begins.filter_map(|(op, one)| {
                    let to = *self.traffic.starts.get(&one.entry)?;
                    (one.times > 0.0).then_some((op, to, one))
                });
                placed.collect()
            })
            .collect();
        for _ in 0..MOST_PASSES {
            let mut sums = vec![(0.0, 0.0, 0.0); count];
            for flow in &model.flows {
                if let Some(&start) = self.traffic.starts.get(&flow.entry) {
                    let bytes = model.samplers[flow.bytes as usize].mean();
                    sums[start] = (1.0, 1.0, bytes);
                }
            }
            for (from, begins) in begun.iter().enumerate() {
                for (op, to, one) in begins {
                    let given = self.given(*op, one, means[from]);
                    let sum = &mut sums[*to];
                    sum.0 += one.times;
                    sum.1 += one.times * given.items;
                    sum.2 += one.times * given.bytes;
                }
            }
            let mut moved = 0.0_f64;
            for (known, (weight, items, bytes)) in means.iter_mut().zip(sums) {
                if weight > 0.0 {
                    let next = Means {
                        items: items / weight,
                        bytes: bytes / weight,
                    };
                    moved = moved.max((next.items / known.items - 1.0).abs());
                    moved = moved.max((next.bytes / known.bytes.max(1e-300) - 1.0).abs());
                    *known = next;
                }
            }
            if moved < SETTLED {
                break;
            }
        }
        means
    }

    /// Returns what somebody who is started is about.
    fn given(&self, op: u32, one: &super::traffic::Begin, own: Means) -> Means {
        let model = self.model();
        let op = model.ops[op as usize];
        if let Op::Each { each, .. } = op {
            let each = &model.loops[each as usize];
            return match paths::rounds(model, each) {
                None => own.with(1.0),
                Some(rounds) if each.cut != 0 => {
                    let items = model.samplers[each.times as usize].mean();
                    own.with(items / rounds)
                }
                Some(_) => own,
            };
        }
        if let Op::FanOut { step } = op {
            let step = &model.fan_out_steps[step as usize];
            return own.with(recipients::pages(model, step).items);
        }
        if let Op::Gather { gather } = op {
            let gather = &model.gathers[gather as usize];
            let pulls = one.entry == gather.pull;
            let items = recipients::pulls(model, gather).items.max(1.0);
            return if pulls { own.with(items) } else { own };
        }
        let Some(route) = model.routes.get(one.route as usize) else {
            return own;
        };
        if matches!(op, Op::Enqueue { .. } | Op::Append { .. }) {
            return own.with(self.batch(one.route));
        }
        if route.strand {
            return own;
        }
        let items = match route.count {
            CountFrom::One => 1.0,
            CountFrom::Inherited => own.items,
            CountFrom::Drawn(sampler) => model.samplers[sampler as usize].mean(),
        };
        match route.bytes {
            NONE => Means {
                items,
                bytes: 1024.0 * items,
            },
            INHERITED => own.with(items),
            sampler => Means {
                items,
                bytes: model.samplers[sampler as usize].mean() * items,
            },
        }
    }

    /// Returns the messages in one delivery on a route.
    fn batch(&self, route: u32) -> f64 {
        let model = self.model();
        let found = (0u32..).zip(&model.deliveries);
        let mut found = found.filter(|(_, one)| one.routes.contains(&route));
        let Some((index, delivery)) = found.next() else {
            return 1.0;
        };
        let fullness = self.traffic.unknowns.iter();
        let fullness = fullness
            .filter(|one| one.about == About::Batch(index))
            .map(|one| one.value)
            .next()
            .unwrap_or(0.0);
        1.0 + fullness * f64::from(delivery.batch - 1)
    }

    /// Works out how long the visits of every start take if they never wait.
    fn times(&self) -> Vec<f64> {
        let mut times = vec![0.0; self.traffic.reached.len()];
        for _ in 0..MOST_PASSES {
            let next: Vec<f64> = (0..times.len())
                .map(|start| self.time_from(start, 0, &times))
                .collect();
            let settled = times
                .iter()
                .zip(&next)
                .all(|(old, new): (&f64, &f64)| (old - new).abs() <= SETTLED * new.abs());
            times = next;
            if settled {
                break;
            }
        }
        times
    }

    fn time_of(&self, entry: u32) -> f64 {
        let start = self.traffic.starts.get(&entry);
        start.map_or(0.0, |start| self.times[*start])
    }

    /// Returns the time that a visit of a start spends at operations from an address on [s].
    fn time_from(&self, start: usize, first: u32, times: &[f64]) -> f64 {
        let ops = self.traffic.reached[start].iter();
        let each = ops.filter(|op| **op >= first).map(|op| {
            let count = self.traffic.count(start, *op);
            if count > 0.0 {
                count * self.time_at(start, *op, times)
            } else {
                0.0
            }
        });
        each.sum()
    }

    /// Returns the time of one operation [s].
    fn time_at(&self, start: usize, op: u32, times: &[f64]) -> f64 {
        let model = self.model();
        let of = |entry: u32| {
            let start = self.traffic.starts.get(&entry);
            start.map_or(0.0, |start| times[*start])
        };
        let call = |route: u32| {
            let route = &model.routes[route as usize];
            let way = model.samplers.get(route.latency as usize);
            let way = way.map_or(0.0, |way| way.mean() / 1e9);
            2.0 * way + of(route.entry)
        };
        // So many at once, each for so long.
        let rounds = |times: f64, at_once: u32| (times / f64::from(at_once)).max(times.min(1.0));
        match model.ops[op as usize] {
            Op::Delay { time } => model.samplers[time as usize].mean() / 1e9,
            Op::Work { work } | Op::Serve { work, .. } => self.work(start, work),
            Op::Call { route } => call(route),
            Op::CallChosen { first } => {
                let routes: Vec<u32> = paths::targets(model, op, first).collect();
                let balancer = paths::chooser(model, op);
                let even = vec![1.0 / routes.len() as f64; routes.len()];
                let shares = balancer.and_then(|one| paths::shares(model, one));
                let each = routes.iter().zip(shares.unwrap_or(even));
                each.map(|(route, share)| share * call(*route)).sum()
            }
            Op::Fork { fork, .. } => {
                let entries = model.forks[fork as usize].entries.iter();
                entries.map(|entry| of(*entry)).fold(0.0, f64::max)
            }
            Op::Each { each, .. } => {
                let each = &model.loops[each as usize];
                let times = paths::rounds(model, each).unwrap_or(self.means[start].items);
                rounds(times, each.concurrency) * of(each.entry)
            }
            Op::FanOut { step } => {
                let step = &model.fan_out_steps[step as usize];
                let pages = recipients::pages(model, step).number;
                rounds(pages, step.concurrency) * of(step.entry)
            }
            Op::Gather { gather } => {
                let gather = &model.gathers[gather as usize];
                let pulls = recipients::pulls(model, gather).number;
                let own = if gather.own == NONE {
                    0.0
                } else {
                    of(gather.own)
                };
                own.max(rounds(pulls, gather.concurrency) * of(gather.pull))
            }
            Op::Place { .. }
            | Op::Seize { .. }
            | Op::Release { .. }
            | Op::Admit { .. }
            | Op::Afford { .. }
            | Op::LookUp { .. }
            | Op::LookUpFixed { .. }
            | Op::Missed
            | Op::Fill { .. }
            | Op::Invalidate { .. }
            | Op::Warm { .. }
            | Op::Coin { .. }
            | Op::Split { .. }
            | Op::Choose { .. }
            | Op::Unchoose { .. }
            | Op::Spawn { .. }
            | Op::PushCount
            | Op::PopCount
            | Op::Enqueue { .. }
            | Op::Append { .. }
            | Op::Observe { .. }
            | Op::Commit { .. }
            | Op::Jump { .. }
            | Op::Leave { .. } => 0.0,
        }
    }

    /// Returns the mean time of some work in visits of a start [s].
    fn work(&self, start: usize, work: u32) -> f64 {
        let model = self.model();
        let Means { items, bytes } = self.means[start];
        let work = &model.works[work as usize];
        let base = match model.laws.get(work.base as usize) {
            Some(law) if work.base != NONE => crate::random::mean(law),
            Some(_) | None => 0.0,
        };
        // The items of a page are served one after another.
        let each = if work.each { items.max(1.0) } else { 1.0 };
        let more = (items - 1.0).max(0.0) * work.per_item + bytes * work.per_byte;
        (base * work.scale * each + more) / 1e9
    }
}

/// Returns the whole units that some bytes come to, at least one.
fn units(bytes: f64, unit: u32) -> f64 {
    (bytes / f64::from(unit)).ceil().max(1.0)
}

/// Returns how many buckets lie together with one of a node's instances.
fn alike(model: &Model, first: u32) -> u32 {
    let Some(bucket) = model.buckets.get(first as usize) else {
        return 1;
    };
    let rest = model.buckets[first as usize..].iter();
    let same = rest.take_while(|one| one.node == bucket.node && one.name == bucket.name);
    same.count() as u32
}

/// Gives something unknown a value, and says what is assumed if there is something to say.
fn state(
    topology: &Topology,
    model: &Model,
    unknown: &Unknown,
    amounts: &[Amounts],
    reached: &[Vec<u32>],
    before: Option<&Planned<'_>>,
) -> (f64, Option<String>) {
    match unknown.about {
        About::Load(line) => {
            let load = &topology.load[line];
            match &load.source {
                LoadSource::Clients { count, think } => {
                    let wait = before.map_or(LEAST_TIME, |before| before.flow_time(load.flow));
                    let cycle = (crate::random::mean(think) / 1e9 + wait).max(LEAST_TIME);
                    let words = format!(
                        "the clients of load `{}` never wait in a line: {} a second at most",
                        load.name,
                        crate::units::show::count(*count as f64 / cycle)
                    );
                    (*count as f64 / cycle, Some(words))
                }
                LoadSource::Trace(entries) => {
                    let last = entries.last().map_or(0.0, |last| last.at.0 as f64 / 1e9);
                    let time = last.max(topology.run.horizon.as_seconds());
                    let words = format!("the trace of load `{}` comes at its mean rate", load.name);
                    (entries.len() as f64 / time, Some(words))
                }
                LoadSource::Rate { .. } | LoadSource::Every(_) => (0.0, None),
            }
        }
        About::Cache(cache) => {
            let node = &model.nodes[model.caches[cache as usize].node as usize].name;
            let hits = |share: f64, why: &str| {
                let shown = crate::units::show::share(share);
                (
                    1.0 - share,
                    Some(format!("`{node}` hits {shown} of its look-ups, {why}")),
                )
            };
            if let Some(asked) = asked_hit_rate(topology, node) {
                return hits(asked, "as its objective asks");
            }
            if unknown.approximate {
                return hits(1.0 - unknown.value, "by Che's approximation");
            }
            match kept_likeliest(model, cache, amounts, reached) {
                Some(most) => hits(most, "as if it always kept its likeliest keys"),
                None => hits(0.0, "as nothing is known of its keys"),
            }
        }
        About::Batch(index) => {
            let delivery = &model.deliveries[index as usize];
            let node = &model.nodes[delivery.from as usize];
            let parts = model.logs.get(node.log as usize);
            let parts = parts.map_or(1.0, |log| f64::from(log.partitions));
            let messages = before.map_or(0.0, |before| {
                let routes = before.routes();
                let mine = delivery.routes.iter().filter(|route| **route != NONE);
                let rates = mine.map(|route| routes[*route as usize] * before.batch(*route));
                rates.sum::<f64>()
            });
            let window = delivery.window.as_seconds();
            let batch = f64::from(delivery.batch);
            let mean = (1.0 + messages / parts * window).min(batch);
            let words = format!(
                "`{}` hands over {} at a time",
                node.name,
                crate::units::show::number(mean)
            );
            ((mean - 1.0) / (batch - 1.0).max(1.0), Some(words))
        }
        About::Tokens(op) => (before.map_or(1.0, |before| before.paid(op)), None),
        // Even shares.
        About::Consumer(_) | About::Balancer(_) => (0.0, None),
        About::Several(at) => {
            let Op::LookUpFixed { below, .. } = model.ops[at as usize] else {
                return (1.0, None);
            };
            (1.0 - f64::from(below) / 4_294_967_296.0, None)
        }
    }
}

/// Returns the hit rate that an objective asks of a node.
pub fn asked_hit_rate(topology: &Topology, node: &str) -> Option<f64> {
    let mut asked = topology.objectives.iter().filter_map(|objective| {
        let about = objective.subject == Subject::Node(node.to_owned());
        let least = matches!(objective.compare, Compare::Greater | Compare::AtLeast);
        match objective.value {
            Bound::Share(share) if about && least && objective.quantity == "hit_rate" => {
                Some(share)
            }
            Bound::Share(_)
            | Bound::Milliseconds(_)
            | Bound::Number(_)
            | Bound::PerSecond(_)
            | Bound::UsdPerMonth(_)
            | Bound::UsdPerMillion(_) => None,
        }
    });
    asked.next()
}

/// Returns the key law of all look-ups of a cache, where it is one.
fn key_law(model: &Model, cache: u32, amounts: &[Amounts], reached: &[Vec<u32>]) -> Option<u32> {
    let mut law = None;
    for (own, ops) in amounts.iter().zip(reached) {
        let looks_up = |at: &&u32| matches!(model.ops[**at as usize], Op::LookUp { cache: of, .. } if of == cache);
        if ops.iter().any(|at| looks_up(&at)) {
            let key = own.key.fixed()? as u32;
            if law.is_some_and(|other| other != key) {
                return None;
            }
            law = Some(key);
        }
    }
    law.filter(|key| *key != NONE)
}

/// Returns the most that a cache can hit, where its keys are known.
fn kept_likeliest(
    model: &Model,
    cache: u32,
    amounts: &[Amounts],
    reached: &[Vec<u32>],
) -> Option<f64> {
    let key = key_law(model, cache, amounts, reached)?;
    let cache = &model.caches[cache as usize];
    let keys = &model.keys[key as usize];
    let entries = cache.entries as f64 * f64::from(cache.instances);
    Some(most_hits(keys, entries))
}

/// Returns the share of requests that so many entries can answer at most.
pub fn most_hits(keys: &crate::random::Keys, entries: f64) -> f64 {
    let groups = popularity::groups(keys.count(), |rank| keys.probability(rank));
    let mut groups = groups;
    groups.sort_by(|one, other| other.1.total_cmp(&one.1));
    popularity::keep_the_likeliest(&groups, entries).min(1.0)
}

/// Returns the entries that must be kept for a share of requests, at least.
pub fn entries_for(keys: &crate::random::Keys, share: f64) -> f64 {
    let mut groups = popularity::groups(keys.count(), |rank| keys.probability(rank));
    groups.sort_by(|one, other| other.1.total_cmp(&one.1));
    let (mut entries, mut hits) = (0.0, 0.0);
    for (number, probability) in groups {
        let all = number * probability;
        if hits + all >= share {
            let more = entries + (share - hits) / probability.max(f64::MIN_POSITIVE);
            // Whole entries; what rounding adds is none.
            return (more * (1.0 - 1e-9)).ceil();
        }
        entries += number;
        hits += all;
    }
    entries
}

/// Says how posts are counted, if there are any.
fn fan_outs(model: &Model) -> Option<String> {
    let any = model.fan_out_steps.is_empty() && model.gathers.is_empty();
    (!any).then(|| "posts go to the mean number of recipients".to_owned())
}

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

mod assumed;
mod means;
mod times;

pub use assumed::{asked_hit_rate, entries_for, most_hits};

use super::paths;
use super::popularity;
use super::recipients;
use super::traffic::{self, Traffic};
use crate::model::{Cost, Model, NONE, Of, Op, Renew, Size};
use crate::topology::{LoadLine, Shape, Topology};
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
    /// Per start: whether its visits may be pages of a fan-out, whose items are worked on one
    /// after another.
    pages: Vec<bool>,
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
    ///
    /// A rate that is written as people with a `peak_to_mean` is that at their peak.
    pub fn solve(topology: &'a Topology, model: &'a Model, at_peak: bool) -> Option<Planned<'a>> {
        let factor = |line: &LoadLine| match (at_peak, &line.people) {
            (true, _) => peak(&line.shape),
            (false, Some(people)) => 1.0 / people.peak_to_mean,
            (false, None) => 1.0,
        };
        let factors: Vec<f64> = topology.load.iter().map(factor).collect();
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
                let stated = assumed::state(topology, model, unknown, amounts, reached, before);
                unknown.value = stated.0;
                assumed.extend(stated.1);
            }
        })?;
        if let Some(line) = assumed::fan_outs(model) {
            assumed.push(line);
        }
        let mut planned = Planned {
            topology,
            traffic,
            means: Vec::new(),
            pages: Vec::new(),
            times: Vec::new(),
            assumed,
        };
        planned.assumed.sort();
        planned.assumed.dedup();
        planned.means = planned.means();
        planned.pages = planned.pages();
        planned.times = planned.times();
        Some(planned)
    }

    /// Finds the starts of pages: what a fan-out starts, and all that these call.
    fn pages(&self) -> Vec<bool> {
        let mut pages = vec![false; self.traffic.reached.len()];
        loop {
            let before = pages.clone();
            for (start, ops) in self.traffic.reached.iter().enumerate() {
                for op in ops {
                    let cut = matches!(self.model().ops[*op as usize], Op::FanOut { .. });
                    if !cut && !before[start] {
                        continue;
                    }
                    for one in self.traffic.begun_by(self.topology, start, *op) {
                        if let Some(to) = self.traffic.starts.get(&one.entry) {
                            pages[*to] = true;
                        }
                    }
                }
            }
            if pages == before {
                return pages;
            }
        }
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

    /// Lists what bounds the sizes that visits bring, with the items and bytes of such visits.
    pub fn bounded(&self) -> Vec<(Size, f64, f64)> {
        let places = self.traffic.places(|op| matches!(op, Op::Fits { .. }));
        let found = places.into_iter().filter_map(|(start, op)| {
            let Op::Fits { size, .. } = self.model().ops[op as usize] else {
                return None;
            };
            let Means { items, bytes } = self.means[start];
            Some((self.model().sizes[size as usize], items, bytes))
        });
        found.collect()
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
            Cost::UnitsPerItemAnd { unit, factor, each } => {
                let one = bytes / items.max(f64::MIN_POSITIVE);
                (units(one, unit) * f64::from(factor) + f64::from(each)) * items
            }
            Cost::UnitsTogether { unit, factor } => units(bytes, unit) * f64::from(factor),
        }
    }

    /// Returns the servers in use of every group that has some, beside what is only a limit.
    pub fn stations(&self) -> Vec<Busy> {
        let mut found = Vec::new();
        for (index, places) in self.traffic.places_by(traffic::serves) {
            let group = &self.model().groups[index as usize];
            let mut busy = Busy {
                index,
                erlangs: 0.0,
                busiest: 0.0,
            };
            for (start, op) in places {
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
        let places = self.traffic.places_by(traffic::seizes).into_iter();
        let each = places.filter_map(|(index, places)| {
            let instances = self.model().groups[index as usize].instances;
            self.held(index, instances, places)
        });
        each.collect()
    }

    /// Returns the environments of every pool that are in work.
    pub fn pools(&self) -> Vec<Busy> {
        let places = self.traffic.places_by(traffic::warms).into_iter();
        let each = places.filter_map(|(index, places)| self.held(index, 1, places));
        each.collect()
    }

    /// Returns what is kept from an operation on.
    fn held(&self, index: u32, instances: u32, places: Vec<(usize, u32)>) -> Option<Busy> {
        let mut erlangs = 0.0;
        for (start, op) in places {
            let count = self.traffic.count(start, op);
            let during = paths::held(self.model(), op);
            let time = self.time_during(start, &during, &self.times);
            erlangs += self.traffic.rate_of(start, op).per_s * time / count;
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

    /// Returns the share of look-ups of a cache whose keys were filled, or looked up where that
    /// renews them, so lately that they have not expired, if nothing else took them away: per
    /// key a Poisson process against the time to live. `None` without one, or where the keys
    /// are not known.
    pub(super) fn found_alive(&self, cache: u32) -> Option<f64> {
        let model = self.model();
        let constants = &model.caches[cache as usize];
        if constants.ttl == crate::units::Span::MAX {
            return None;
        }
        let keys = &model.keys[self.key_of_cache(cache)? as usize];
        let lives = constants.ttl.as_seconds() + constants.stale.as_seconds();
        let looks_up = |op: &Op| matches!(op, Op::LookUp { cache: of, .. } if *of == cache);
        let places = self.traffic.places(looks_up).into_iter();
        let per_s: f64 = places
            .map(|(start, op)| self.traffic.rate_of(start, op).per_s * self.means[start].items)
            .sum();
        let groups = popularity::groups(keys.count(), |rank| keys.probability(rank));
        let each = groups.iter().map(|(number, probability)| {
            let expected = per_s * probability * lives;
            // From a fill to the first look-up after its end, or to the first gap as long.
            let alive = match constants.renew {
                Renew::Write | Renew::Never => expected / (1.0 + expected),
                Renew::Hit => 1.0 - libm::exp(-expected),
            };
            number * probability * alive
        });
        Some(each.sum::<f64>().min(1.0))
    }

    /// Returns the key law of all look-ups of a cache, where it is one.
    pub fn key_of_cache(&self, cache: u32) -> Option<u32> {
        assumed::key_law(
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

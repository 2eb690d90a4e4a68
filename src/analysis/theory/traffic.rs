//! Traffic equations: how often everything happens, in a design that keeps up.
//!
//! Let vₑ(o) be how often operation o happens per visit that begins at start e (by walking
//! its program), and xₑ the rate at which visits begin there. Then xₑ is what comes from
//! outside, plus Σ xₑ′·vₑ′(o) over the operations o that start somebody at e: Jackson's
//! traffic equations. They are solved by substitution, which ends unless calls go round in
//! circles for ever.
//!
//! Left out: retries, hedges and time-outs; whatever is throttled or shed; branches of which
//! only some are needed are taken to succeed.
//!
//! SOURCE: Jackson, Networks of waiting lines, Operations Research 5(4), 1957.

use super::amounts::{self, Amounts};
use super::unknown::{self, About, Unknown};
use super::{paths, recipients};
use crate::model::{ALL, Delivery, Model, NONE, Op, Outcome};
use crate::random::law::Law;
use crate::topology::{LoadSource, Shape, Topology};
use std::collections::BTreeMap;

/// Passes after which a solution is given up.
const MOST_PASSES: usize = 20_000;
/// What is smaller does not happen.
const NEGLIGIBLE: f64 = 1e-15;
/// Relative change at which rates have settled.
const SETTLED: f64 = 1e-13;
/// Relative difference from which two rates are not the same.
const DIFFERENT: f64 = 1e-7;

/// How visits of a start end.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct End {
    /// Share that is a miss.
    miss: f64,
    /// Share that ends badly.
    bad: f64,
}

/// A rate, and how much is known about it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Rate {
    /// Per second.
    pub(super) per_s: f64,
    /// Whether it rests on an approximation.
    pub(super) approximate: bool,
    /// What it depends on and is not known: an index into `Traffic::unknowns`.
    pub(super) depends_on: Option<usize>,
}

/// Rates at one set of values of what is unknown.
#[derive(Clone, Debug)]
struct Solution {
    /// Per start, by the place in `reached`: times per visit.
    counts: Vec<Vec<f64>>,
    ends: Vec<End>,
    /// Per start: visits per second.
    begun: Vec<f64>,
}

/// The solved equations of a model.
#[derive(Debug)]
pub(super) struct Traffic<'a> {
    pub(super) model: &'a Model,
    /// Starts by address.
    pub(super) starts: BTreeMap<u32, usize>,
    /// Per start: the operations that can follow, sorted.
    pub(super) reached: Vec<Vec<u32>>,
    /// Per start: what visits are about.
    pub(super) amounts: Vec<Amounts>,
    /// What is not known.
    pub(super) unknowns: Vec<Unknown>,
    base: Solution,
    /// With another value of each unknown.
    other: Vec<Solution>,
}

impl<'a> Traffic<'a> {
    /// Solves the equations with a value for everything that is unknown, so that nothing
    /// depends on it any more; `None` if calls go round for ever.
    ///
    /// `factors`: what multiplies the rate of every load line.
    pub(super) fn stated(
        topology: &Topology,
        model: &'a Model,
        factors: &[f64],
        state: impl FnOnce(&mut Vec<Unknown>, &[Amounts], &[Vec<u32>]),
    ) -> Option<Traffic<'a>> {
        let starts = paths::starts(model);
        let reached: Vec<Vec<u32>> = starts.keys().map(|at| paths::reached(model, *at)).collect();
        let amounts = amounts::amounts(model, &starts, &reached);
        let mut unknowns = unknown::unknowns(topology, model, &amounts, &reached);
        state(&mut unknowns, &amounts, &reached);
        let equations = Equations {
            topology,
            model,
            starts: &starts,
            reached: &reached,
            amounts: &amounts,
            factors,
        };
        let base = equations.solve(&unknowns)?;
        Some(Traffic {
            model,
            starts,
            reached,
            amounts,
            unknowns,
            base,
            other: Vec::new(),
        })
    }

    /// Solves the equations; `None` if calls go round for ever.
    pub(super) fn solve(topology: &Topology, model: &'a Model) -> Option<Traffic<'a>> {
        let starts = paths::starts(model);
        let reached: Vec<Vec<u32>> = starts.keys().map(|at| paths::reached(model, *at)).collect();
        let amounts = amounts::amounts(model, &starts, &reached);
        let mut unknowns = unknown::unknowns(topology, model, &amounts, &reached);
        let equations = Equations {
            topology,
            model,
            starts: &starts,
            reached: &reached,
            amounts: &amounts,
            factors: &[],
        };
        let base = equations.solve(&unknowns)?;
        for unknown in &mut unknowns {
            if let About::Cache(cache) = unknown.about {
                // Who misses must fill, and nobody else: else the approximation is about another cache.
                unknown.approximate &= equations.fills_what_it_misses(&base, cache, unknown.value);
            }
        }
        let mut other = Vec::new();
        for changed in 0..unknowns.len() {
            let mut values = unknowns.clone();
            let value = &mut values[changed].value;
            *value += if *value < 0.5 { 0.3 } else { -0.3 };
            other.push(equations.solve(&values)?);
        }
        Some(Traffic {
            model,
            starts,
            reached,
            amounts,
            unknowns,
            base,
            other,
        })
    }

    /// Returns whom an operation starts, and how many a second, for visits of one start.
    pub(super) fn begun_by(&self, topology: &Topology, start: usize, op: u32) -> Vec<Begin> {
        let equations = Equations {
            topology,
            model: self.model,
            starts: &self.starts,
            reached: &self.reached,
            amounts: &self.amounts,
            factors: &[],
        };
        let rate = self.rate_of(start, op).per_s;
        let effect = equations.effect(op, start, &self.base.ends, &self.unknowns);
        let scaled = effect.begins.into_iter().map(|one| Begin {
            times: one.times * rate,
            ..one
        });
        scaled.collect()
    }

    /// Returns the visits that begin at a start [1/s].
    pub(super) fn begun(&self, start: usize) -> f64 {
        self.base.begun[start]
    }

    /// Returns how often an operation happens per visit of a start.
    pub(super) fn count(&self, start: usize, op: u32) -> f64 {
        let place = self.reached[start].binary_search(&op);
        place.map_or(0.0, |place| self.base.counts[start][place])
    }

    /// Whether how often an operation happens per visit rests on something; the unknown.
    pub(super) fn count_depends_on(&self, start: usize, op: u32) -> Option<usize> {
        let place = self.reached[start].binary_search(&op).ok()?;
        let here = self.base.counts[start][place];
        let mut others = self.other.iter();
        others.position(|other| differ(here, other.counts[start][place]))
    }

    /// Returns the share of visits of a start that end badly of themselves.
    pub(super) fn bad(&self, start: usize) -> f64 {
        self.base.ends[start].bad
    }

    /// Returns how often an operation happens for visits of one start.
    pub(super) fn rate_of(&self, start: usize, op: u32) -> Rate {
        let Ok(place) = self.reached[start].binary_search(&op) else {
            return self.rate(|_| 0.0);
        };
        self.rate(|one| one.begun[start] * one.counts[start][place])
    }

    /// Returns the sum of rates over (start, operation).
    pub(super) fn rate_at(&self, places: &[(usize, u32)]) -> Rate {
        self.rate(|one| {
            let each = places.iter().filter_map(|(start, op)| {
                let place = self.reached[*start].binary_search(op).ok()?;
                Some(one.begun[*start] * one.counts[*start][place])
            });
            each.sum()
        })
    }

    fn rate(&self, of: impl Fn(&Solution) -> f64) -> Rate {
        let per_s = of(&self.base);
        let mut rate = Rate {
            per_s,
            approximate: false,
            depends_on: None,
        };
        for (index, other) in self.other.iter().enumerate() {
            if differ(per_s, of(other)) {
                if self.unknowns[index].approximate {
                    rate.approximate = true;
                } else {
                    rate.depends_on.get_or_insert(index);
                }
            }
        }
        rate
    }

    /// Returns all (start, operation) that happen, for the operations that are wanted.
    pub(super) fn places(&self, wanted: impl Fn(&Op) -> bool) -> Vec<(usize, u32)> {
        let mut found = Vec::new();
        for (start, ops) in self.reached.iter().enumerate() {
            for op in ops {
                if wanted(&self.model.ops[*op as usize]) && self.rate_of(start, *op).per_s > 0.0 {
                    found.push((start, *op));
                }
            }
        }
        found
    }

    /// Returns all (start, operation) that happen, by what the operations belong to.
    ///
    /// One pass for all stations, where `places` for each of them would be quadratic.
    pub(super) fn places_by(
        &self,
        of: impl Fn(&Op) -> Option<u32>,
    ) -> BTreeMap<u32, Vec<(usize, u32)>> {
        let mut found: BTreeMap<u32, Vec<(usize, u32)>> = BTreeMap::new();
        for (start, op) in self.places(|op| of(op).is_some()) {
            if let Some(index) = of(&self.model.ops[op as usize]) {
                found.entry(index).or_default().push((start, op));
            }
        }
        found
    }
}

/// Returns the station at which an operation serves.
pub(super) fn serves(op: &Op) -> Option<u32> {
    if let Op::Serve { group, .. } = op {
        Some(*group)
    } else {
        None
    }
}

/// Returns the group of which an operation keeps a server.
pub(super) fn seizes(op: &Op) -> Option<u32> {
    if let Op::Seize { group } = op {
        Some(*group)
    } else {
        None
    }
}

/// Returns the pool from which an operation takes an environment.
pub(super) fn warms(op: &Op) -> Option<u32> {
    if let Op::Warm { pool, .. } = op {
        Some(*pool)
    } else {
        None
    }
}

/// Whether two rates are not the same.
fn differ(one: f64, other: f64) -> bool {
    (one - other).abs() > DIFFERENT * one.abs().max(other.abs())
}

/// What the equations are about.
struct Equations<'a> {
    topology: &'a Topology,
    model: &'a Model,
    starts: &'a BTreeMap<u32, usize>,
    reached: &'a [Vec<u32>],
    amounts: &'a [Amounts],
    /// What multiplies the rate of every load line; 1 where there is none.
    factors: &'a [f64],
}

/// Somebody that an operation starts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Begin {
    /// Where.
    pub(super) entry: u32,
    /// How many.
    pub(super) times: f64,
    /// On which route; `NONE` for what is the same visit's.
    pub(super) route: u32,
}

impl Begin {
    /// Starts something of the same visit.
    fn own(entry: u32, times: f64) -> Begin {
        Begin {
            entry,
            times,
            route: NONE,
        }
    }
}

/// What an operation brings about, per time that it happens.
#[derive(Debug, Default)]
struct Effect {
    /// Operations that follow, and how often.
    goes: Vec<(u32, f64)>,
    /// Starts at which somebody begins, and how many.
    begins: Vec<Begin>,
    end: End,
}

impl Equations<'_> {
    fn solve(&self, unknowns: &[Unknown]) -> Option<Solution> {
        let mut ends = vec![End::default(); self.starts.len()];
        let mut counts = Vec::new();
        for pass in 0.. {
            let walked: Vec<(Vec<f64>, End)> = (0..self.starts.len())
                .map(|start| self.walk(start, &ends, unknowns))
                .collect();
            let change = ends
                .iter()
                .zip(&walked)
                .map(|(old, (_, new))| (old.miss - new.miss).abs().max((old.bad - new.bad).abs()));
            let settled = change.fold(0.0, f64::max) < SETTLED;
            ends = walked.iter().map(|(_, end)| *end).collect();
            counts = walked.into_iter().map(|(count, _)| count).collect();
            if settled {
                break;
            }
            if pass > MOST_PASSES {
                return None;
            }
        }
        let begun = self.begun(&counts, &ends, unknowns)?;
        Some(Solution {
            counts,
            ends,
            begun,
        })
    }

    /// Whether a cache is filled as often as it misses.
    fn fills_what_it_misses(&self, solution: &Solution, cache: u32, misses: f64) -> bool {
        let (mut missed, mut filled) = (0.0, 0.0);
        for (start, ops) in self.reached.iter().enumerate() {
            for (op, count) in ops.iter().zip(&solution.counts[start]) {
                let rate = solution.begun[start] * count;
                let op = self.model.ops[*op as usize];
                if matches!(op, Op::LookUp { cache: of, .. } if of == cache) {
                    missed += rate * misses;
                }
                if matches!(op, Op::Fill { cache: of, .. } if of == cache) {
                    filled += rate;
                }
            }
        }
        !differ(missed, filled)
    }

    /// Walks a visit of a start: how often each operation happens, and how it ends.
    fn walk(&self, start: usize, ends: &[End], unknowns: &[Unknown]) -> (Vec<f64>, End) {
        let ops = &self.reached[start];
        let place = |op: u32| ops.binary_search(&op).unwrap_or_else(|place| place);
        let entry = self.starts.iter().find(|(_, index)| **index == start);
        let mut counts = vec![0.0; ops.len()];
        let mut waiting = vec![0.0; ops.len()];
        if let Some((entry, _)) = entry {
            waiting[place(*entry)] = 1.0;
        }
        let mut end = End::default();
        // Few operations lead back, so that few passes move everything to the end.
        for _ in 0..MOST_PASSES {
            let mut moved = false;
            for at in 0..ops.len() {
                let flow = std::mem::take(&mut waiting[at]);
                if flow < NEGLIGIBLE {
                    continue;
                }
                moved = true;
                counts[at] += flow;
                let effect = self.effect(ops[at], start, ends, unknowns);
                end.miss += flow * effect.end.miss;
                end.bad += flow * effect.end.bad;
                for (next, share) in effect.goes {
                    waiting[place(next)] += flow * share;
                }
            }
            if !moved {
                break;
            }
        }
        (counts, end)
    }

    /// Substitutes rates until they have settled.
    fn begun(&self, counts: &[Vec<f64>], ends: &[End], unknowns: &[Unknown]) -> Option<Vec<f64>> {
        // (from, to, how many per visit of `from`)
        let mut begins = Vec::new();
        for (start, ops) in self.reached.iter().enumerate() {
            for (op, count) in ops.iter().zip(&counts[start]) {
                for one in self.effect(*op, start, ends, unknowns).begins {
                    if let Some(to) = self.starts.get(&one.entry)
                        && count * one.times > 0.0
                    {
                        begins.push((start, *to, count * one.times));
                    }
                }
            }
        }
        let outside = self.outside(unknowns);
        let mut begun = outside.clone();
        for _ in 0..MOST_PASSES {
            let mut next = outside.clone();
            for (from, to, times) in &begins {
                next[*to] += begun[*from] * times;
            }
            let settled = begun
                .iter()
                .zip(&next)
                .all(|(old, new)| (old - new).abs() <= SETTLED * new.abs());
            begun = next;
            if settled {
                return Some(begun);
            }
        }
        None
    }

    /// Returns what comes from outside, per start [1/s].
    fn outside(&self, unknowns: &[Unknown]) -> Vec<f64> {
        let mut outside = vec![0.0; self.starts.len()];
        for (line, load) in self.topology.load.iter().enumerate() {
            let arrivals = match &load.source {
                LoadSource::Rate { per_second, .. } => *per_second,
                LoadSource::Every(gap) => 1e9 / crate::random::mean(gap),
                LoadSource::Clients { .. } | LoadSource::Trace(_) => {
                    value(unknowns, About::Load(line)).unwrap_or(0.0)
                }
            };
            let factor = match &load.shape {
                Shape::Mmpp(states) => mean_factor(states),
                Shape::Flat | Shape::Steps(_) | Shape::Ramp(_) | Shape::Diurnal { .. } => 1.0,
            };
            let entry = self.model.flows[load.flow].entry;
            if let Some(start) = self.starts.get(&entry) {
                let peak = self.factors.get(line).copied().unwrap_or(1.0);
                outside[*start] += arrivals * factor * peak * batch(&load.batch);
            }
        }
        outside
    }

    /// Returns what an operation brings about in a visit of a start.
    fn effect(&self, at: u32, start: usize, ends: &[End], unknowns: &[Unknown]) -> Effect {
        let model = self.model;
        let next = at + 1;
        let on = |target: u32| if target == NONE { next } else { target };
        let mut effect = Effect::default();
        let fork = |target: u32, share: f64| vec![(next, 1.0 - share), (on(target), share)];
        match model.ops[at as usize] {
            Op::Leave { outcome } => {
                effect.end.bad = f64::from(u8::from(outcome != Outcome::Completed));
            }
            Op::Jump { target } => effect.goes = vec![(target, 1.0)],
            Op::Missed => {
                effect.end.miss = 1.0;
                effect.goes = vec![(next, 1.0)];
            }
            Op::Coin { below, target } => effect.goes = fork(target, share32(below)),
            // Nothing is said twice.
            Op::Once { known, .. } => effect.goes = fork(known, 0.0),
            Op::Afford { target, .. } => {
                let paid = value(unknowns, About::Tokens(at)).unwrap_or(1.0);
                effect.goes = fork(target, paid);
            }
            Op::LookUp { cache, miss, .. } => {
                let misses = value(unknowns, About::Cache(cache)).unwrap_or(1.0);
                effect.goes = fork(miss, misses);
            }
            Op::LookUpFixed { below, miss } => {
                let items = self.amounts[start].items.fixed();
                let all_hit = items.map(|items| libm::pow(share32(below), items));
                let several = value(unknowns, About::Several(at));
                effect.goes = fork(
                    miss,
                    several.or(all_hit.map(|hit| 1.0 - hit)).unwrap_or(1.0),
                );
            }
            // Resolvers hold their answers.
            Op::Split { split } | Op::Resolve { split, .. } => {
                let held = matches!(model.ops[at as usize], Op::Resolve { .. });
                let mut last = 0;
                for &(below, target) in &model.splits[split as usize].branches {
                    let to = target + u32::from(held);
                    effect.goes.push((to, share64(below) - share64(last)));
                    last = below;
                }
                // The last branch takes what rounding has left.
                if let Some(branch) = effect.goes.last_mut() {
                    branch.1 += 1.0 - share64(last);
                }
            }
            Op::Call { route } => self.call(&mut effect, route, 1.0, next, ends),
            Op::CallChosen { first } => {
                let balancer = paths::chooser(model, at);
                let shares = balancer.and_then(|one| paths::shares(model, one));
                let routes: Vec<u32> = paths::targets(model, at, first).collect();
                let skew = balancer.and_then(|one| value(unknowns, About::Balancer(one)));
                let skewed = skewed(routes.len(), skew.unwrap_or(0.0));
                for (route, share) in routes.into_iter().zip(shares.unwrap_or(skewed)) {
                    self.call(&mut effect, route, share, next, ends);
                }
            }
            Op::Spawn { entry, .. } => {
                effect.begins = vec![Begin::own(entry, 1.0)];
                effect.goes = vec![(next, 1.0)];
            }
            Op::Fork { fork, on_error } => {
                let fork = &model.forks[fork as usize];
                let entries = fork.entries.iter();
                effect.begins = entries.map(|entry| Begin::own(*entry, 1.0)).collect();
                let good = |entry: &u32| 1.0 - self.end(*entry, ends).bad;
                let bad = if fork.needed == ALL {
                    1.0 - fork.entries.iter().map(good).product::<f64>()
                } else {
                    0.0
                };
                join(&mut effect, next, on_error, bad);
            }
            Op::Each { each, on_error } => {
                let each = &model.loops[each as usize];
                let times = paths::rounds(model, each);
                let times = times.unwrap_or_else(|| self.batch(start, unknowns));
                effect.begins = vec![Begin::own(each.entry, times)];
                let bad = if each.needed == ALL {
                    1.0 - libm::pow(1.0 - self.end(each.entry, ends).bad, times)
                } else {
                    0.0
                };
                join(&mut effect, next, on_error, bad);
            }
            Op::Enqueue { queue, .. } => {
                let queue_of = &model.queues[queue as usize];
                let count = queue_of.deliveries.len();
                let skew = value(unknowns, About::Consumer(queue)).unwrap_or(0.0);
                let skewed = skewed(count, skew);
                for (delivery, share) in queue_of.deliveries.iter().zip(skewed) {
                    let share = share * (1.0 + queue_of.duplicates);
                    self.deliver(&mut effect, at, start, *delivery, share, unknowns);
                }
                effect.goes = vec![(next, 1.0)];
            }
            Op::Append { log, .. } => {
                for delivery in &model.logs[log as usize].deliveries {
                    self.deliver(&mut effect, at, start, *delivery, 1.0, unknowns);
                }
                effect.goes = vec![(next, 1.0)];
            }
            // Environments are warm, what they hold is accepted, all items find tokens and fit.
            Op::Warm { .. }
            | Op::Held { .. }
            | Op::Hold { .. }
            | Op::Delay { .. }
            | Op::Work { .. }
            | Op::Place { .. }
            | Op::Serve { .. }
            | Op::Seize { .. }
            | Op::Release { .. }
            | Op::Admit { .. }
            | Op::Remainder { .. }
            | Op::Fill { .. }
            | Op::Invalidate { .. }
            | Op::Choose { .. }
            | Op::Unchoose { .. }
            | Op::PushCount
            | Op::PopCount
            | Op::Earlier { .. }
            | Op::Keep { .. }
            | Op::Tell { .. }
            | Op::Fits { .. }
            | Op::Replay { .. }
            | Op::Lag { .. }
            | Op::Observe { .. }
            | Op::Commit { .. } => effect.goes = vec![(next, 1.0)],
            Op::FanOut { step } => {
                let step = &model.fan_out_steps[step as usize];
                let pages = recipients::pages(model, step).number;
                effect.begins = vec![Begin::own(step.entry, pages)];
                effect.goes = vec![(next, 1.0)];
            }
            Op::Gather { gather } => {
                let gather = &model.gathers[gather as usize];
                if gather.own != NONE {
                    effect.begins.push(Begin::own(gather.own, 1.0));
                }
                let pulls = recipients::pulls(model, gather).number;
                effect.begins.push(Begin::own(gather.pull, pulls));
                effect.goes = vec![(next, 1.0)];
            }
        }
        effect
    }

    fn end(&self, entry: u32, ends: &[End]) -> End {
        let start = self.starts.get(&entry);
        start.map_or(End::default(), |start| ends[*start])
    }

    /// Adds a call that is made in a share of the cases.
    fn call(&self, effect: &mut Effect, index: u32, share: f64, next: u32, ends: &[End]) {
        let route = &self.model.routes[index as usize];
        let End { miss, bad } = self.end(route.entry, ends);
        effect.begins.push(Begin {
            entry: route.entry,
            times: share,
            route: index,
        });
        let on_miss = if route.on_miss == NONE {
            next
        } else {
            route.on_miss
        };
        effect.goes.push((on_miss, share * miss));
        if route.on_error == NONE {
            effect.end.bad += share * bad;
        } else {
            effect.goes.push((route.on_error, share * bad));
        }
        effect
            .goes
            .push((next, share * (1.0 - miss - bad).max(0.0)));
    }

    /// Adds messages that are handed to a consumer.
    fn deliver(
        &self,
        effect: &mut Effect,
        at: u32,
        start: usize,
        delivery: u32,
        share: f64,
        unknowns: &[Unknown],
    ) {
        let of: &Delivery = &self.model.deliveries[delivery as usize];
        let Some(route) = paths::delivery_route(self.model, at, of) else {
            return;
        };
        let messages = self.amounts[start].items.mean().unwrap_or(1.0);
        let batch = full(of, value(unknowns, About::Batch(delivery)));
        let entry = self.model.routes[route as usize].entry;
        effect.begins.push(Begin {
            entry,
            times: share * of.share * messages / batch,
            route,
        });
    }

    /// Returns how many messages a visit of a start is about, for `each` message.
    fn batch(&self, start: usize, unknowns: &[Unknown]) -> f64 {
        let entries = self.starts.iter().find(|(_, index)| **index == start);
        let Some((entry, _)) = entries else {
            return 1.0;
        };
        for (index, delivery) in (0u32..).zip(&self.model.deliveries) {
            let comes_from = |route: &&u32| {
                **route != NONE && self.model.routes[**route as usize].entry == *entry
            };
            if delivery.routes.iter().any(|route| comes_from(&route)) {
                return full(delivery, value(unknowns, About::Batch(index)));
            }
        }
        // Further in, which delivery it was is lost: let it depend on all of them.
        let all = (0u32..).zip(&self.model.deliveries);
        let made_up = || {
            all.map(|(index, one)| full(one, value(unknowns, About::Batch(index))))
                .sum()
        };
        self.amounts[start].items.mean().unwrap_or_else(made_up)
    }
}

/// Goes on behind a join.
fn join(effect: &mut Effect, next: u32, on_error: u32, bad: f64) {
    effect.goes = vec![(next, 1.0 - bad)];
    if on_error == NONE {
        effect.end.bad = bad;
    } else {
        effect.goes.push((on_error, bad));
    }
}

/// Returns the mean number of messages in a batch.
fn full(delivery: &Delivery, how_full: Option<f64>) -> f64 {
    1.0 + how_full.unwrap_or(0.0) * f64::from(delivery.batch - 1)
}

/// Returns the value of something unknown.
fn value(unknowns: &[Unknown], about: About) -> Option<f64> {
    let found = unknowns.iter().find(|one| one.about == about);
    found.map(|one| one.value)
}

/// Returns shares that are not all alike unless `skew` is 0.
fn skewed(count: usize, skew: f64) -> Vec<f64> {
    let weights: Vec<f64> = (0..count).map(|n| 1.0 + skew * n as f64).collect();
    let total: f64 = weights.iter().sum();
    weights.iter().map(|weight| weight / total).collect()
}

fn share32(threshold: u32) -> f64 {
    f64::from(threshold) / 4_294_967_296.0
}

fn share64(threshold: u64) -> f64 {
    threshold as f64 / 18_446_744_073_709_551_616.0
}

/// Returns the mean number of requests per arrival.
fn batch(law: &Law) -> f64 {
    crate::random::mean(law)
}

/// Returns the mean factor of a modulated load.
fn mean_factor(states: &[(f64, crate::units::Span)]) -> f64 {
    let time: f64 = states.iter().map(|(_, stay)| stay.as_seconds()).sum();
    let mass = states
        .iter()
        .map(|(factor, stay)| factor * stay.as_seconds());
    mass.sum::<f64>() / time
}

//! How often one request may come to a station, and whether several times at once.
//!
//! An upper bound over all ways through the programs, whatever their probability.

use super::paths;
use super::traffic::Traffic;
use crate::model::Op;
use std::collections::{BTreeMap, BTreeSet};

/// Depth of choices at which counting is given up.
const DEEPEST: u32 = 400;

/// Operations that are being counted, and what has been.
#[derive(Debug, Default)]
struct Counted {
    open: BTreeSet<u32>,
    known: BTreeMap<u32, f64>,
}

/// Counts how often one request may come to a station.
pub(super) struct Visits<'a> {
    traffic: &'a Traffic<'a>,
    /// The entries of the flows whose requests may be at several places at once.
    parted: Vec<u32>,
}

impl<'a> Visits<'a> {
    /// Looks which requests may be at several places at once.
    pub(super) fn new(traffic: &'a Traffic<'a>) -> Visits<'a> {
        let entries = traffic.model.flows.iter().map(|flow| flow.entry);
        Visits {
            traffic,
            parted: entries.filter(|entry| parts(traffic, *entry)).collect(),
        }
    }

    /// Whether a request may be at a station several times at once.
    pub(super) fn at_once(&self, group: u32) -> bool {
        self.parted
            .iter()
            .any(|entry| self.most(*entry, group, 0, &mut Counted::default()) > 1.0)
    }

    /// Returns the most visits to a station from an operation on; infinite in a circle.
    fn most(&self, from: u32, group: u32, depth: u32, counted: &mut Counted) -> f64 {
        if let Some(known) = counted.known.get(&from) {
            return *known;
        }
        if depth > DEEPEST || !counted.open.insert(from) {
            return f64::INFINITY;
        }
        let (mut at, mut most) = (from, 0.0);
        let found = loop {
            most += self.here(at, group, depth, counted);
            let next = paths::following(self.traffic.model, at);
            match next.as_slice() {
                [] => break most,
                [only] => at = *only,
                several => {
                    let each = several
                        .iter()
                        .map(|to| self.most(*to, group, depth + 1, counted));
                    break most + each.fold(0.0, f64::max);
                }
            }
        };
        counted.open.remove(&from);
        counted.known.insert(from, found);
        found
    }

    /// Returns the most visits to a station that one operation brings.
    fn here(&self, at: u32, group: u32, depth: u32, counted: &mut Counted) -> f64 {
        let model = self.traffic.model;
        let mut calls = |route: u32| {
            let entry = model.routes[route as usize].entry;
            self.most(entry, group, depth + 1, counted)
        };
        match model.ops[at as usize] {
            Op::Serve { group: of, .. } => f64::from(u8::from(of == group)),
            Op::Call { route } => calls(route),
            Op::CallChosen { first } => {
                let routes = paths::targets(model, at, first);
                routes.map(calls).fold(0.0, f64::max)
            }
            Op::Spawn { entry, .. } => self.most(entry, group, depth + 1, counted),
            Op::Fork { fork, .. } => {
                let entries = model.forks[fork as usize].entries.iter();
                entries
                    .map(|entry| self.most(*entry, group, depth + 1, counted))
                    .sum()
            }
            Op::Each { each, .. } => {
                let each = &model.loops[each as usize];
                let one = self.most(each.entry, group, depth + 1, counted);
                let sampler = model.samplers.get(each.times as usize);
                match sampler.and_then(crate::random::Sampler::constant) {
                    _ if one <= 0.0 => 0.0,
                    Some(times) => one * times as f64,
                    None => f64::INFINITY,
                }
            }
            Op::Enqueue { queue, .. } => {
                let deliveries = &model.queues[queue as usize].deliveries;
                self.delivered(at, deliveries, group, depth, counted)
            }
            Op::Append { log, .. } => {
                let deliveries = &model.logs[log as usize].deliveries;
                self.delivered(at, deliveries, group, depth, counted)
            }
            Op::Delay { .. }
            | Op::Work { .. }
            | Op::Place { .. }
            | Op::Seize { .. }
            | Op::Release { .. }
            | Op::Admit { .. }
            | Op::Remainder { .. }
            | Op::Afford { .. }
            | Op::LookUp { .. }
            | Op::LookUpFixed { .. }
            | Op::Missed
            | Op::Fill { .. }
            | Op::Invalidate { .. }
            | Op::Warm { .. }
            | Op::Coin { .. }
            | Op::Split { .. }
            | Op::Resolve { .. }
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
            | Op::Jump { .. }
            | Op::Leave { .. } => 0.0,
        }
    }

    fn delivered(
        &self,
        at: u32,
        deliveries: &[u32],
        group: u32,
        depth: u32,
        counted: &mut Counted,
    ) -> f64 {
        let model = self.traffic.model;
        let routes = deliveries.iter().filter_map(|delivery| {
            paths::delivery_route(model, at, &model.deliveries[*delivery as usize])
        });
        let routes: Vec<u32> = routes.collect();
        let each = routes.into_iter().map(|route| {
            self.most(
                model.routes[route as usize].entry,
                group,
                depth + 1,
                counted,
            )
        });
        each.sum()
    }
}

/// Whether a request may be at several places at once, from a start on.
fn parts(traffic: &Traffic<'_>, entry: u32) -> bool {
    let model = traffic.model;
    let mut seen = BTreeSet::from([entry]);
    let mut todo = vec![entry];
    while let Some(start) = todo.pop() {
        let Some(index) = traffic.starts.get(&start) else {
            continue;
        };
        for op in &traffic.reached[*index] {
            let next: Vec<u32> = match model.ops[*op as usize] {
                Op::Spawn { .. } | Op::Fork { .. } | Op::Enqueue { .. } | Op::Append { .. } => {
                    return true;
                }
                Op::Each { each, .. } => {
                    let each = &model.loops[each as usize];
                    if each.concurrency != 1 {
                        return true;
                    }
                    vec![each.entry]
                }
                Op::Call { route } => vec![model.routes[route as usize].entry],
                Op::CallChosen { first } => paths::targets(model, *op, first)
                    .map(|route| model.routes[route as usize].entry)
                    .collect(),
                Op::Delay { .. }
                | Op::Work { .. }
                | Op::Place { .. }
                | Op::Serve { .. }
                | Op::Seize { .. }
                | Op::Release { .. }
                | Op::Admit { .. }
                | Op::Remainder { .. }
                | Op::Afford { .. }
                | Op::LookUp { .. }
                | Op::LookUpFixed { .. }
                | Op::Missed
                | Op::Fill { .. }
                | Op::Invalidate { .. }
                | Op::Warm { .. }
                | Op::Coin { .. }
                | Op::Split { .. }
                | Op::Resolve { .. }
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
                | Op::Jump { .. }
                | Op::Leave { .. } => Vec::new(),
            };
            todo.extend(next.into_iter().filter(|entry| seen.insert(*entry)));
        }
    }
    false
}

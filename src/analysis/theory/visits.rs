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
    pub(super) traffic: &'a Traffic<'a>,
}

impl Visits<'_> {
    /// Whether a request may be at a station several times at once.
    pub(super) fn at_once(&self, group: u32) -> bool {
        self.traffic.model.flows.iter().any(|flow| {
            let parts = self.parts(flow.entry, &mut BTreeSet::new());
            parts && self.most(flow.entry, group, 0, &mut Counted::default()) > 1.0
        })
    }

    /// Whether a request may be at several places at once.
    fn parts(&self, start: u32, seen: &mut BTreeSet<u32>) -> bool {
        if !seen.insert(start) {
            return false;
        }
        let model = self.traffic.model;
        let Some(index) = self.traffic.starts.get(&start) else {
            return false;
        };
        self.traffic.reached[*index]
            .iter()
            .any(|op| match model.ops[*op as usize] {
                Op::Spawn { .. } | Op::Fork { .. } | Op::Enqueue { .. } | Op::Append { .. } => true,
                Op::Each { each, .. } => {
                    let each = &model.loops[each as usize];
                    each.concurrency != 1 || self.parts(each.entry, seen)
                }
                Op::Call { route } => self.parts(model.routes[route as usize].entry, seen),
                Op::CallChosen { first } => paths::targets(model, *op, first)
                    .any(|route| self.parts(model.routes[route as usize].entry, seen)),
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
                | Op::Lag { .. }
                | Op::Observe { .. }
                | Op::Commit { .. }
                | Op::Jump { .. }
                | Op::Leave { .. } => false,
            })
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

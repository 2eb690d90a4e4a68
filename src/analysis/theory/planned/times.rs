//! How long visits take if nobody ever waits in a line.

use super::{MOST_PASSES, Means, Planned, SETTLED};
use crate::analysis::theory::{paths, recipients};
use crate::model::{NONE, Op};

impl Planned<'_> {
    /// Works out how long the visits of every start take if they never wait.
    pub(super) fn times(&self) -> Vec<f64> {
        let mut times = vec![0.0; self.traffic.reached.len()];
        for _ in 0..MOST_PASSES {
            let next: Vec<f64> = (0..times.len())
                .map(|start| self.time_during(start, &self.traffic.reached[start], &times))
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

    /// Returns how long a visit that begins at an address takes if it never waits in a line [s].
    pub fn time_of(&self, entry: u32) -> f64 {
        let start = self.traffic.starts.get(&entry);
        start.map_or(0.0, |start| self.times[*start])
    }

    /// Returns the time that a visit of a start spends at some operations [s].
    pub(super) fn time_during(&self, start: usize, ops: &[u32], times: &[f64]) -> f64 {
        let each = ops.iter().map(|op| {
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
            | Op::Spawn { .. }
            | Op::PushCount
            | Op::PopCount
            | Op::Enqueue { .. }
            | Op::Append { .. }
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

    /// Returns the mean time of some work in visits of a start [s].
    pub(super) fn work(&self, start: usize, work: u32) -> f64 {
        let model = self.model();
        let Means { items, bytes } = self.means[start];
        let work = &model.works[work as usize];
        let base = match model.laws.get(work.base as usize) {
            Some(law) if work.base != NONE => crate::random::mean(law),
            Some(_) | None => 0.0,
        };
        // The items of a page are served one after another; a batch is one visit's work.
        let each = if work.each && self.pages[start] {
            items.max(1.0)
        } else {
            1.0
        };
        let more = (items - 1.0).max(0.0) * work.per_item + bytes * work.per_byte;
        (base * work.scale * each + more) / 1e9
    }
}

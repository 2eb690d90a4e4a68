//! Mean times from a start to its end, where every part has a known mean.

use super::answer::Form;
use super::service;
use super::traffic::Traffic;
use crate::model::{Group, Model, NONE, Op};

/// Passes after which a solution is given up.
const MOST_PASSES: usize = 20_000;
/// Relative change at which times have settled.
const SETTLED: f64 = 1e-13;

/// A mean time [s], or why there is none.
pub(super) type Mean = Result<Time, String>;

/// A mean time.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Time {
    /// Seconds.
    pub(super) seconds: f64,
    /// Whether an approximation is part of it.
    pub(super) approximate: bool,
}

/// The mean times of a model.
#[derive(Debug)]
pub(super) struct Latencies<'a> {
    traffic: &'a Traffic<'a>,
    /// Per station group: what is said of it, and its mean service time [s].
    stations: &'a [Option<(Form, f64)>],
    /// Per start, the visit as a whole.
    means: Vec<Mean>,
}

impl<'a> Latencies<'a> {
    /// Works out the mean times of all starts.
    pub(super) fn solve(
        traffic: &'a Traffic<'a>,
        stations: &'a [Option<(Form, f64)>],
    ) -> Latencies<'a> {
        let mut found = Latencies {
            traffic,
            stations,
            means: vec![Ok(Time::default()); traffic.reached.len()],
        };
        for _ in 0..MOST_PASSES {
            let next: Vec<Mean> = (0..traffic.reached.len())
                .map(|start| found.at(start, &traffic.reached[start]))
                .collect();
            let settled = found
                .means
                .iter()
                .zip(&next)
                .all(|(old, new)| match (old, new) {
                    (Ok(old), Ok(new)) => {
                        (old.seconds - new.seconds).abs() <= SETTLED * new.seconds.abs()
                            && old.approximate == new.approximate
                    }
                    (Err(_), Err(_)) => true,
                    (Ok(_), Err(_)) | (Err(_), Ok(_)) => false,
                });
            found.means = next;
            if settled {
                return found;
            }
        }
        let never = || Err("calls go round in circles".to_owned());
        found.means.iter_mut().for_each(|mean| *mean = never());
        found
    }

    /// Returns the mean time of a visit that begins at an address.
    pub(super) fn of(&self, entry: u32) -> Mean {
        match self.traffic.starts.get(&entry) {
            Some(start) => self.means[*start].clone(),
            None => Ok(Time::default()),
        }
    }

    /// Returns the mean time that a visit of a start spends at some operations.
    pub(super) fn at(&self, start: usize, ops: &[u32]) -> Mean {
        let mut sum = Time::default();
        for op in ops {
            let count = self.traffic.count(start, *op);
            if count <= 0.0 {
                continue;
            }
            let one = self.one(start, *op)?;
            if one.seconds <= 0.0 {
                continue;
            }
            if let Some(unknown) = self.traffic.count_depends_on(start, *op) {
                let unknown = &self.traffic.unknowns[unknown];
                if !unknown.approximate {
                    return Err(unknown.words.clone());
                }
                sum.approximate = true;
            }
            sum.seconds += count * one.seconds;
            sum.approximate |= one.approximate;
        }
        Ok(sum)
    }

    /// Returns the mean time of an operation.
    fn one(&self, start: usize, op: u32) -> Mean {
        let model = self.traffic.model;
        let seconds = |seconds: f64| {
            Ok(Time {
                seconds,
                approximate: false,
            })
        };
        match model.ops[op as usize] {
            Op::Delay { time } => seconds(model.samplers[time as usize].mean() / 1e9),
            Op::Work { work } => match service::work(model, work, &self.traffic.amounts[start]) {
                Some(service) => seconds(service.mean),
                None => Err("work depends on sizes that vary".to_owned()),
            },
            Op::Serve { group, work } => self.serve(start, group, work),
            Op::Seize { group } if refuses(&model.groups[group as usize]) => seconds(0.0),
            Op::Seize { group } => Err(format!(
                "servers of `{}` are kept during calls",
                name(model, group)
            )),
            Op::Admit { admission } if model.admissions[admission as usize].wait => {
                Err("visits wait for a rate limit".to_owned())
            }
            Op::LookUp { join: true, .. } => {
                Err("requests wait for one another's fetch".to_owned())
            }
            Op::Call { route } => self.call(route),
            Op::CallChosen { first } => {
                let balancer = super::paths::chooser(model, op);
                let shares = balancer.and_then(|one| super::paths::shares(model, one));
                let Some(shares) = shares else {
                    return Err("a balancer chooses among unequal targets".to_owned());
                };
                let mut sum = Time::default();
                for (route, share) in super::paths::targets(model, op, first).zip(shares) {
                    let one = self.call(route)?;
                    sum.seconds += share * one.seconds;
                    sum.approximate |= one.approximate;
                }
                Ok(sum)
            }
            Op::Fork { .. } => Err("it waits for calls made at the same time".to_owned()),
            Op::Each { each, .. } => {
                let each = &model.loops[each as usize];
                let Some(times) = model.samplers.get(each.times as usize) else {
                    return Err("it handles messages in batches".to_owned());
                };
                let once = times.constant() == Some(1);
                if each.concurrency != 1 && !once {
                    return Err("it waits for calls made at the same time".to_owned());
                }
                let one = self.of(each.entry)?;
                let times = times.constant().map_or(times.mean(), |times| times as f64);
                Ok(Time {
                    seconds: one.seconds * times,
                    ..one
                })
            }
            Op::LookUp { join: false, .. }
            | Op::Admit { .. }
            | Op::Remainder { .. }
            | Op::Afford { .. }
            | Op::Place { .. }
            | Op::Release { .. }
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
            | Op::Leave { .. } => seconds(0.0),
        }
    }

    /// Returns the mean sojourn at a station: its wait, and the visit's own service.
    fn serve(&self, start: usize, group: u32, work: u32) -> Mean {
        let model = self.traffic.model;
        let own = service::work(model, work, &self.traffic.amounts[start]);
        let own = own.ok_or_else(|| "work depends on sizes that vary".to_owned())?;
        let node = name(model, group);
        let Some((form, mean)) = &self.stations[group as usize] else {
            return Err(format!("`{node}` has no closed form"));
        };
        match form {
            Form::Known(answer) => match (answer.mean_wait, answer.mean_sojourn) {
                (Some(wait), _) => Ok(Time {
                    seconds: wait + own.mean,
                    approximate: answer.approximate,
                }),
                // Where servers are shared, times are in proportion to work.
                (None, Some(sojourn)) => Ok(Time {
                    seconds: sojourn * own.mean / mean,
                    approximate: answer.approximate,
                }),
                (None, None) => Err(format!("`{node}` has no closed form")),
            },
            Form::Unstable { .. } => Err(format!("`{node}` is unstable")),
            Form::Load | Form::NoClosedForm(_) => Err(format!("`{node}` has no closed form")),
        }
    }

    /// Returns the mean time of a call: there, the visit, and back.
    fn call(&self, route: u32) -> Mean {
        let model = self.traffic.model;
        let route = &model.routes[route as usize];
        if route.connections != NONE {
            return Err("calls wait for a connection".to_owned());
        }
        if route.way != NONE {
            let way = &model.control.ways[route.way as usize];
            return Err(format!(
                "something is wrong with link `{way}` for some time"
            ));
        }
        let way = if route.latency == NONE {
            0.0
        } else {
            model.samplers[route.latency as usize].mean() / 1e9
        };
        let mut time = self.of(route.entry)?;
        time.seconds += 2.0 * way;
        Ok(time)
    }
}

/// Returns the name of the node of a group.
fn name(model: &Model, group: u32) -> &str {
    &model.nodes[model.groups[group as usize].node as usize].name
}

/// Whether nobody ever waits for a server of a group: who finds none free is refused.
fn refuses(group: &Group) -> bool {
    group.waiting_limit == 0 && !group.blocks
}

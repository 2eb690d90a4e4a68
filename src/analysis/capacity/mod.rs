//! The knee: the highest load that still meets the objectives, and what gives way first.
//!
//! A factor scales the load lines that are asked for; everything else stays, and so do the
//! draws of every request, so that two loads meet the same requests at another pace (common
//! random numbers) and a verdict seldom turns back.
//!
//! 1. `arithmetic` says at which factor each limit is full; the search begins below the first.
//! 2. `bracket` chooses the next load: doubled or halved until one is met and one is missed
//!    for certain, then between the two, at their geometric mean, until they are as near as
//!    asked. Where a load stays undecided, the two ends close in on it from both sides.
//! 3. `level` simulates a load as `run` does, warm-up and all, with further replications
//!    until it is met or missed for certain, or there have been ten times as many.
//!
//! An objective that no load decides is left out, and the search goes on with the others. A load
//! that the engine cannot simulate ends the search upwards; what was found below it stands.
//!
//! SOURCE: bracket and bisection in the logarithm under scaled common arrivals: output-analysis,
//! section 7.
//!
//! Not here: how one load is run (`simulation`), and what is said of it (`report`).

mod arithmetic;
mod bracket;
mod level;

use crate::analysis::looks::Looks;
use crate::analysis::simulation::{Refused, Settings, Watcher};
use crate::metrics::estimate::LEAST_REPLICATIONS;
use crate::report::{
    FirstLimit, Fullest, GivesWay, Knee, Limit, Line, LineUnit, Load, Role, SCHEMA, Stopped,
    Verdict, rounded,
};
use crate::topology::{Amount, LoadLine, LoadSource, Topology};
use bracket::{Bounds, Bracket, Next, Side, Tried};
use level::Level;
use std::collections::BTreeMap;

/// Ratio of two loads, less 1, at which the search ends if nothing else is asked.
pub const TOLERANCE: f64 = 0.02;
/// How far the search goes down from its first load, and up where arithmetic knows no limit.
///
/// CHOICE: six doublings; what is not decided then is not decided by the load.
const BLIND: f64 = 64.0;
/// How far beyond the first limit the search goes.
///
/// CHOICE: at eight times what a limit admits, seven of eight requests are refused or wait.
const BEYOND: f64 = 8.0;

/// Shortest mean time between arrivals of a line with `every` that is tried [ns].
///
/// CHOICE: these times are whole nanoseconds, so that the load is half a per cent off at most.
const SHORTEST_GAP: f64 = 100.0;

/// What is asked.
#[derive(Clone, Debug, PartialEq)]
pub struct Ask {
    /// Load lines to scale; empty: all that can be.
    pub lines: Vec<String>,
    /// Ratio of the two ends of the knee, less 1, at which the search ends; in (0, 1).
    pub tolerance: f64,
    /// Lowest load to try, as a factor > 0; chosen if none.
    pub least: Option<f64>,
    /// Highest load to try, as a factor, more than the least; chosen if none.
    pub most: Option<f64>,
}

impl Default for Ask {
    fn default() -> Ask {
        Ask {
            lines: Vec::new(),
            tolerance: TOLERANCE,
            least: None,
            most: None,
        }
    }
}

/// Why there was no search.
#[derive(Debug)]
pub enum Unsearched {
    /// The topology has no objectives.
    NoObjectives,
    /// There is no load line of this name.
    NoLine(String),
    /// This load line is a trace, which has no amount; none: all of them are.
    Recorded(Option<String>),
    /// So few replications have no interval.
    TooFew(u32),
    /// The least load to try is not below the most; both as chosen or asked.
    Bounds(f64, f64),
    /// A load could not be simulated.
    Load(Refused),
}

/// Searches for the knee of a topology; its load is as it was afterwards.
///
/// # Errors
///
/// There is nothing to search for or by (see [`Unsearched`]), a load could not be simulated,
/// or it was interrupted before one had been judged.
pub fn capacity(
    topology: &mut Topology,
    ask: &Ask,
    settings: &Settings,
    watcher: &dyn Watcher,
) -> Result<Knee, Unsearched> {
    let base = topology.load.clone();
    let found = Search::prepare(topology, &base, ask)
        .and_then(|mut search| search.run(topology, settings, watcher).map(|()| search))
        .map(|search| search.knee(topology));
    topology.load = base;
    found
}

/// The load lines, and which of them are scaled.
struct Scaling<'b> {
    base: &'b [LoadLine],
    scaled: Vec<bool>,
}

impl<'b> Scaling<'b> {
    /// Finds the lines that are asked for.
    fn new(base: &'b [LoadLine], lines: &[String]) -> Result<Scaling<'b>, Unsearched> {
        for name in lines {
            match base.iter().find(|line| line.name == *name) {
                None => return Err(Unsearched::NoLine(name.clone())),
                Some(line) if line.amount().is_none() => {
                    return Err(Unsearched::Recorded(Some(name.clone())));
                }
                Some(_) => {}
            }
        }
        let asked = |line: &LoadLine| lines.is_empty() || lines.contains(&line.name);
        let scaled: Vec<bool> = base
            .iter()
            .map(|line| asked(line) && line.amount().is_some())
            .collect();
        match scaled.contains(&true) {
            true => Ok(Scaling { base, scaled }),
            false => Err(Unsearched::Recorded(None)),
        }
    }

    /// Returns all lines at a factor.
    fn at(&self, factor: f64) -> Vec<LoadLine> {
        let lines = self.base.iter().zip(&self.scaled);
        let at = |(line, scaled): (&LoadLine, &bool)| match line.scaled(factor) {
            Some(other) if *scaled => other,
            Some(_) | None => line.clone(),
        };
        lines.map(at).collect()
    }

    /// Returns the amounts of the scaled lines at a factor, by position.
    fn amounts(&self, factor: f64) -> Vec<(usize, f64)> {
        let lines = self.base.iter().zip(&self.scaled).enumerate();
        let scaled = lines.filter(|(_, (_, scaled))| **scaled);
        let amount = |(index, (line, _)): (usize, (&LoadLine, &bool))| {
            let (amount, _) = line.scaled(factor)?.amount()?;
            Some((index, amount))
        };
        scaled.filter_map(amount).collect()
    }

    /// Returns the highest factor at which times between arrivals are long enough to be told
    /// apart, and the line that it is about; none where no line has such times.
    fn finest(&self) -> Option<(f64, &str)> {
        let scaled = self.base.iter().zip(&self.scaled).filter(|(_, on)| **on);
        let finest = scaled.filter_map(|(line, _)| match (&line.source, line.amount()?) {
            (LoadSource::Every(gap), (_, Amount::PerSecond)) => {
                Some((gap.mean() / SHORTEST_GAP, line.name.as_str()))
            }
            _ => None,
        });
        finest.min_by(|one, other| one.0.total_cmp(&other.0))
    }

    /// Returns the factor nearest to this one that can be had: with one line of whole clients
    /// or requests at once, not every factor is a load.
    fn nearest(&self, factor: f64) -> f64 {
        let scaled = self.base.iter().zip(&self.scaled).filter(|(_, on)| **on);
        let amounts: Vec<_> = scaled.filter_map(|(line, _)| line.amount()).collect();
        match amounts.as_slice() {
            [(amount, Amount::Clients | Amount::AtOnce)] => {
                rounded((amount * factor).round().max(1.0) / amount)
            }
            _ => rounded(factor),
        }
    }
}

/// A search under way.
struct Search<'b> {
    scaling: Scaling<'b>,
    bracket: Bracket,
    levels: Vec<Level>,
    looks: Looks,
    full_at: Vec<crate::report::FullAt>,
    events: u64,
    interrupted: bool,
    stopped: Option<Stopped>,
    notes: Vec<String>,
}

impl<'b> Search<'b> {
    /// Checks what is asked, does the arithmetic and chooses where to begin.
    fn prepare(
        topology: &mut Topology,
        base: &'b [LoadLine],
        ask: &Ask,
    ) -> Result<Search<'b>, Unsearched> {
        if topology.objectives.is_empty() {
            return Err(Unsearched::NoObjectives);
        }
        let replications = topology.run.replications;
        if (replications as usize) < LEAST_REPLICATIONS {
            return Err(Unsearched::TooFew(replications));
        }
        let scaling = Scaling::new(base, &ask.lines)?;
        let full_at =
            arithmetic::full_at(topology, |factor| scaling.at(factor)).map_err(Unsearched::Load)?;
        let first = full_at.first().map(|one| one.factor);
        // What the file says is worth knowing, unless it is more than can be served.
        let start = match first {
            Some(first) if first <= 1.0 => first / 2.0,
            Some(_) | None => 1.0,
        };
        let most = match (ask.most, first) {
            (Some(most), _) => most,
            (None, Some(first)) => (first * BEYOND).max(ask.least.unwrap_or(0.0) * BEYOND),
            (None, None) => BLIND.max(ask.least.unwrap_or(0.0) * BEYOND),
        };
        let mut notes = Vec::new();
        let most = match scaling.finest() {
            Some((finest, line)) if finest < most => {
                notes.push(format!(
                    "times between the arrivals of `{line}` are whole nanoseconds: loads at which they are shorter than {SHORTEST_GAP} ns on average are not tried"
                ));
                finest
            }
            Some(_) | None => most,
        };
        let least = ask.least.unwrap_or(start.min(most) / BLIND);
        let [least, most] = [least, most].map(|factor| scaling.nearest(factor));
        if least >= most {
            return Err(Unsearched::Bounds(least, most));
        }
        let bounds = Bounds {
            least,
            start: scaling.nearest(start.clamp(least, most)),
            most,
            tolerance: ask.tolerance,
        };
        Ok(Search {
            bracket: Bracket::new(bounds, topology.objectives.len()),
            scaling,
            levels: Vec::new(),
            looks: Looks::of(replications),
            full_at,
            events: 0,
            interrupted: false,
            stopped: None,
            notes,
        })
    }

    /// Tries loads until the knee is known as well as asked.
    fn run(
        &mut self,
        topology: &mut Topology,
        settings: &Settings,
        watcher: &dyn Watcher,
    ) -> Result<(), Unsearched> {
        loop {
            let scaling = &self.scaling;
            let distinct = |one: f64, other: f64| scaling.amounts(one) != scaling.amounts(other);
            match self
                .bracket
                .next(|factor| scaling.nearest(factor), distinct)
            {
                Next::Done => return Ok(()),
                Next::LeaveOut(objectives) => self.leave_out(&objectives),
                Next::Try(factor) => {
                    topology.load = self.scaling.at(factor);
                    let found = level::level(
                        topology,
                        factor,
                        &self.bracket,
                        &self.looks,
                        settings,
                        watcher,
                    );
                    match found {
                        Ok(Some(level)) => {
                            self.events += level.report.events;
                            self.bracket.add(level.tried.clone());
                            let at = self.levels.partition_point(|one| one.tried.factor < factor);
                            self.levels.insert(at, level);
                        }
                        Ok(None) | Err(Refused::NothingCounted) if !self.levels.is_empty() => {
                            self.interrupted = true;
                            return Ok(());
                        }
                        Ok(None) => return Err(Unsearched::Load(Refused::NothingCounted)),
                        Err(Refused::Engine(why)) if !self.levels.is_empty() => {
                            if self.stop(factor, &why) {
                                return Ok(());
                            }
                        }
                        Err(why) => return Err(Unsearched::Load(why)),
                    }
                }
            }
        }
    }

    /// Tries no load from this one on, as the engine says why; whether nothing else is left.
    fn stop(&mut self, factor: f64, why: &str) -> bool {
        self.stopped = Some(Stopped {
            factor,
            why: why.lines().next().unwrap_or_default().to_owned(),
        });
        self.bracket.end_at_the_highest();
        factor < self.bracket.bounds().most
    }

    /// Leaves objectives out of the search, and forgets the loads that are open without them.
    fn leave_out(&mut self, objectives: &[usize]) {
        self.bracket.leave_out(objectives);
        let kept: Vec<f64> = self.bracket.tried().map(|one| one.factor).collect();
        self.levels.retain(|level| {
            kept.iter()
                .any(|one| one.total_cmp(&level.tried.factor).is_eq())
        });
    }

    /// Sums the search up.
    fn knee(self, topology: &Topology) -> Knee {
        let (met, missed) = self.bracket.ends();
        let undecided = self.bracket.undecided();
        let objectives = self.limits(topology, missed);
        let loads: Vec<Load> = self.levels.iter().map(|level| self.load(level)).collect();
        let gives_way = missed.and_then(|missed| {
            let find = |factor: Option<f64>| {
                let factor = factor?;
                loads
                    .iter()
                    .find(|load| load.factor.total_cmp(&factor).is_eq())
            };
            Some(gives_way(find(Some(missed))?, find(met), &objectives))
        });
        let bounds = self.bracket.bounds();
        Knee {
            schema: SCHEMA,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            topology: topology.name.clone(),
            variant: topology.variant.clone(),
            seed: topology.run.seed,
            horizon_s: rounded(topology.run.horizon.as_seconds()),
            tolerance: bounds.tolerance,
            least: bounds.least,
            most: bounds.most,
            confidence: rounded(self.looks.confidence()),
            events: self.events,
            interrupted: self.interrupted,
            met,
            missed,
            undecided,
            gives_way,
            lines: self.lines(topology, met, missed),
            objectives,
            loads,
            full_at: self.full_at,
            stopped: self.stopped,
            notes: self.notes,
            ..Knee::default()
        }
        .concluded()
    }

    /// Says what each objective has to do with the load.
    fn limits(&self, topology: &Topology, missed: Option<f64>) -> Vec<Limit> {
        let all = topology.objectives.iter().enumerate();
        let limit = |(index, objective): (usize, &crate::topology::Objective)| {
            let (met, from) = self.bracket.of_objective(index);
            let at = |factor: f64| {
                let same = |one: &&Tried| one.factor.total_cmp(&factor).is_eq();
                let tried = self.bracket.tried().find(same)?;
                let judged = tried.judged.get(index)?;
                // Without an answer there is nothing that it could be met by.
                Some(if judged.unanswered {
                    Verdict::Missed
                } else {
                    judged.verdict
                })
            };
            let role = match self.bracket.is_active(index) {
                true if missed.and_then(at) == Some(Verdict::Missed) => Role::GivesWayFirst,
                true => Role::Holds,
                false if met.is_some() => Role::AsksForMoreLoad,
                false if from.is_some() => Role::MissedAtEveryLoad,
                false => Role::UndecidedAtEveryLoad,
            };
            Limit {
                expression: objective.expression.clone(),
                role,
                met,
                missed: from,
            }
        };
        all.map(limit).collect()
    }

    /// Says what the lines are at the two ends.
    fn lines(&self, topology: &Topology, met: Option<f64>, missed: Option<f64>) -> Vec<Line> {
        let amount = |index: usize, factor: Option<f64>| {
            let amounts = self.scaling.amounts(factor?);
            let found = amounts.iter().find(|(at, _)| *at == index)?;
            Some(rounded(found.1))
        };
        let lines = self
            .scaling
            .base
            .iter()
            .zip(&self.scaling.scaled)
            .enumerate();
        let line = |(index, (line, scaled)): (usize, (&LoadLine, &bool))| Line {
            name: line.name.clone(),
            flow: topology
                .flows
                .get(line.flow)
                .map_or_else(String::new, |flow| flow.name.clone()),
            unit: match line.amount() {
                Some((_, Amount::PerSecond)) => LineUnit::PerSecond,
                Some((_, Amount::Clients)) => LineUnit::Clients,
                Some((_, Amount::AtOnce)) => LineUnit::AtOnce,
                None => LineUnit::Trace,
            },
            amount: line.amount().map(|(amount, _)| rounded(amount)),
            scaled: *scaled,
            met: amount(index, met),
            missed: amount(index, missed),
        };
        lines.map(line).collect()
    }

    /// Returns what is shown of a load.
    fn load(&self, level: &Level) -> Load {
        let report = &level.report;
        let amounts = self.scaling.amounts(level.tried.factor);
        let named = amounts.into_iter().filter_map(|(index, amount)| {
            let line = self.scaling.base.get(index)?;
            Some((line.name.clone(), rounded(amount)))
        });
        let mut objectives = report.objectives.clone();
        for (objective, judged) in objectives.iter_mut().zip(&level.tried.judged) {
            objective.verdict = judged.verdict;
        }
        let rates = report.flows.values();
        let rate: f64 = rates.filter_map(|flow| flow.arrival_rate_per_s.value).sum();
        Load {
            factor: level.tried.factor,
            amounts: named.collect::<BTreeMap<_, _>>(),
            verdict: match self.bracket.side(&level.tried) {
                Side::Met => Verdict::Met,
                Side::Low | Side::High => Verdict::Missed,
                Side::Undecided => Verdict::Undecided,
            },
            replications: report.replications,
            warm_up_s: report.warm_up_s,
            horizon_s: report.horizon_s,
            analysis: report.analysis,
            arrival_rate_per_s: rounded(rate),
            objectives,
            fullest: report
                .nodes
                .iter()
                .find(|(_, node)| node.bottleneck_rank == Some(1))
                .and_then(|(name, node)| {
                    Some(Fullest {
                        node: name.clone(),
                        kind: node.kind.clone(),
                        utilisation: node.utilisation.clone()?,
                    })
                }),
            first_limit: report.first_limit.clone(),
        }
    }
}

/// Says what gives way at a load that is missed, beside one that is met.
fn gives_way(above: &Load, below: Option<&Load>, limits: &[Limit]) -> GivesWay {
    let of = |wanted: Verdict| {
        let all = above.objectives.iter().zip(limits);
        let found = all.filter(|(one, limit)| one.verdict == wanted && limit.role.counts());
        found.map(|(one, _)| one.expression.clone()).collect()
    };
    let same =
        |one: &FirstLimit, other: &FirstLimit| (&one.node, &one.what) == (&other.node, &other.what);
    let known = below.and_then(|load| load.first_limit.as_ref());
    GivesWay {
        objectives: of(Verdict::Missed),
        undecided: of(Verdict::Undecided),
        limit: above
            .first_limit
            .clone()
            .filter(|limit| !known.is_some_and(|known| same(known, limit))),
        fullest: above.fullest.clone(),
    }
}

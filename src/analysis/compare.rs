//! From several topologies to a comparison under common random numbers.
//!
//! All designs run the same replications with the same seed over the same time, and
//! the draws of a request have the same addresses in all of them, so that equal
//! replications meet equal requests and their difference is the designs' own.
//!
//! 1. Slices of arrival are those of all designs together: any of their cuts can be
//!    made in all of them.
//! 2. Every design finds its own warm-up by the rule of `simulation`; the latest
//!    holds for all. If one finds none, and all detect it, the horizon of all is
//!    doubled, at most four times.
//! 3. With a precision, further stages follow until the changes of mean and p99 of
//!    every flow's latency are known that well, relative to the baseline's value.
//!
//! 4. Where the designs differ in the strategy of their audience, the follower threshold at
//!    which these break even is looked for (`break_even`), in the baseline.
//!
//! Not here: the interval itself (`paired`), what is compared (`report`).

use crate::analysis::break_even::sweep;
use crate::analysis::paired::{Paired, confidence, paired};
use crate::analysis::simulation::{
    DOUBLINGS, MOST_REPLICATIONS, Refused, Settings, Simulation, Watcher, double, shown,
};
use crate::metrics::estimate::Why;
use crate::metrics::warm_up::warm_up;
use crate::model::Model;
use crate::report::{
    Analysis, Change, Comparison, Design, Difference, Differs, Estimate as Figure, Metric, SCHEMA,
    Series, Tails, rounded, series, tail,
};
use crate::topology::{Topology, WarmUp};
use crate::units::show;
use std::ops::Range;

/// Why a design that has no such flow, node or metric has no value of it.
const NOT_IN_DESIGN: &str = "not-in-design";
/// Whose precision is asked for, of every flow.
const GOALS: [&str; 2] = ["latency_ms.mean", "latency_ms.p99"];

/// One of the designs to be compared.
#[derive(Debug)]
pub struct Candidate<'a> {
    /// What the comparison calls it: unique.
    pub name: String,
    /// The design.
    pub topology: &'a Topology,
    /// What its file says other than the baseline's.
    pub changes: Vec<Change>,
}

/// Why there is no comparison.
#[derive(Debug)]
pub enum Uncompared {
    /// Fewer than two designs were given.
    TooFew,
    /// Two designs would not be simulated alike.
    Unlike {
        /// What differs, with both values.
        message: String,
        /// The setting that would make them alike: `horizon`, `seed`, `replications`.
        setting: &'static str,
    },
    /// One design could not be simulated.
    Design(usize, Refused),
}

/// Compares designs with the first of them.
///
/// # Errors
///
/// There are fewer than two, they are not simulated alike, one of them cannot be
/// simulated, or it was interrupted before all had finished one replication.
pub fn compare(
    candidates: &[Candidate],
    settings: &Settings,
    watcher: &dyn Watcher,
) -> Result<Comparison, Uncompared> {
    let mut contest = Contest::prepare(candidates, &|_, _| {})?;
    contest.complete(settings, watcher)?;
    let mut comparison = contest.comparison();
    contest.break_even(&mut comparison, settings, watcher);
    Ok(comparison.concluded())
}

/// Compares designs of which something is changed once they are compiled: `change` is given
/// the position of a design and its model. Nothing is concluded from the figures yet; what the
/// slowest requests of the baseline spent their time on is returned as well.
///
/// # Errors
///
/// As [`compare`].
pub(super) fn compare_changed(
    candidates: &[Candidate],
    change: &dyn Fn(usize, &mut Model),
    settings: &Settings,
    watcher: &dyn Watcher,
) -> Result<(Comparison, Tails), Uncompared> {
    let mut contest = Contest::prepare(candidates, change)?;
    if let Some(baseline) = contest.runners.first_mut() {
        baseline.run.follow();
    }
    contest.complete(settings, watcher)?;
    let baseline = contest.runners.first();
    let tails = baseline.map_or_else(Tails::new, |runner| tail(&runner.run.input()));
    Ok((contest.comparison(), tails))
}

/// Requires that two designs are simulated alike.
fn alike(first: &Candidate, other: &Candidate) -> Result<(), Uncompared> {
    let [one, two] = [first, other].map(|candidate| &candidate.topology.run);
    let unlike = |setting: &'static str, values: [String; 2]| {
        let message = format!(
            "`{}` and `{}` are not simulated alike: their `{setting}` is {} and {}",
            first.name, other.name, values[0], values[1]
        );
        Err(Uncompared::Unlike { message, setting })
    };
    if one.horizon != two.horizon {
        let values = [one, two].map(|run| show::duration(run.horizon.0 as f64));
        return unlike("horizon", values);
    }
    if one.seed != two.seed {
        return unlike("seed", [one, two].map(|run| run.seed.to_string()));
    }
    if one.replications != two.replications {
        return unlike(
            "replications",
            [one, two].map(|run| run.replications.to_string()),
        );
    }
    Ok(())
}

/// A design that is being simulated.
struct Runner<'a> {
    run: Simulation<'a>,
    /// Whether its warm-up is detected.
    detects: bool,
    /// Index of the latest beginning that its own settings name, in the common slices.
    latest: usize,
}

impl Runner<'_> {
    /// Returns the cut by its own rule, and whether a steady state was found.
    fn cut(&self) -> (usize, bool) {
        if !self.detects || self.run.analysis == Analysis::Unstable {
            return (self.latest, true);
        }
        let decision = warm_up(&self.run.recordings);
        (decision.cut, decision.found)
    }
}

/// The designs side by side.
struct Contest<'a> {
    candidates: &'a [Candidate<'a>],
    runners: Vec<Runner<'a>>,
    warnings: Vec<String>,
}

impl<'a> Contest<'a> {
    /// Simulates all designs until they are known as well as asked.
    fn complete(&mut self, settings: &Settings, watcher: &dyn Watcher) -> Result<(), Uncompared> {
        self.first_stage(settings, watcher)?;
        if let Some(precision) = settings.precision {
            self.narrow(precision, settings, watcher)?;
        }
        Ok(())
    }

    /// Compiles all designs, changes them or not, and cuts their runs alike.
    fn prepare(
        candidates: &'a [Candidate<'a>],
        change: &dyn Fn(usize, &mut Model),
    ) -> Result<Contest<'a>, Uncompared> {
        let Some((first, others)) = candidates.split_first() else {
            return Err(Uncompared::TooFew);
        };
        if others.is_empty() {
            return Err(Uncompared::TooFew);
        }
        for other in others {
            alike(first, other)?;
        }
        let mut runs = Vec::with_capacity(candidates.len());
        for (index, candidate) in candidates.iter().enumerate() {
            let run = Simulation::prepare(candidate.topology, Vec::new());
            let mut run = run.map_err(|why| Uncompared::Design(index, why))?;
            change(index, &mut run.model);
            runs.push(run);
        }
        let mut slices: Vec<_> = runs
            .iter()
            .flat_map(|run| run.plan.slices.clone())
            .collect();
        slices.sort_unstable();
        slices.dedup();
        let runners = candidates.iter().zip(runs).map(|(candidate, mut run)| {
            let own = std::mem::replace(&mut run.plan.slices, slices.clone());
            let latest = own.last().copied().unwrap_or_default();
            Runner {
                detects: candidate.topology.run.warm_up == WarmUp::Auto && own.len() > 1,
                latest: slices.partition_point(|begin| *begin < latest),
                run,
            }
        });
        Ok(Contest {
            candidates,
            runners: runners.collect(),
            warnings: Vec::new(),
        })
    }

    /// Runs the replications that were asked for, and decides what counts of them.
    fn first_stage(
        &mut self,
        settings: &Settings,
        watcher: &dyn Watcher,
    ) -> Result<(), Uncompared> {
        let Some(candidate) = self.candidates.first() else {
            return Err(Uncompared::TooFew);
        };
        let run = &candidate.topology.run;
        let all_detect = self.runners.iter().all(|runner| runner.detects);
        let mut doublings = 0;
        loop {
            for runner in &mut self.runners {
                runner.run.recordings.clear();
                runner.run.analysis = Analysis::Steady;
            }
            self.stage(0..run.replications, settings, watcher)?;
            let found = self.runners.iter().all(|runner| runner.cut().1);
            if found || self.is_interrupted() || !all_detect || doublings == DOUBLINGS {
                break;
            }
            doublings += 1;
            for runner in &mut self.runners {
                double(&mut runner.run.plan);
            }
        }
        if doublings > 0 {
            self.warnings.push(format!(
                "the horizon of {} was too short to get rid of the start; {} were simulated",
                show::duration(run.horizon.0 as f64),
                self.horizon()
            ));
        }
        self.cut();
        Ok(())
    }

    /// Fixes the latest warm-up for all.
    fn cut(&mut self) {
        let mut latest = 0;
        for index in 0..self.runners.len() {
            let runner = &self.runners[index];
            let (cut, found) = runner.cut();
            if found || self.is_interrupted() {
                latest = latest.max(cut);
                continue;
            }
            self.warnings.push(format!(
                "no steady state of `{}` was found within {}: its start may be part of its figures",
                self.candidates[index].name,
                self.horizon()
            ));
            self.runners[index].run.analysis = Analysis::Terminating;
        }
        for runner in &mut self.runners {
            runner.run.cut = latest;
        }
    }

    /// Runs further stages until the goals are known as well as asked.
    fn narrow(
        &mut self,
        precision: f64,
        settings: &Settings,
        watcher: &dyn Watcher,
    ) -> Result<(), Uncompared> {
        loop {
            let comparison = self.comparison();
            let Some((widest, of)) = widest(&comparison) else {
                return Ok(());
            };
            // In the denominator stands an estimate, not the truth.
            let bound = precision / (1.0 + precision);
            if self.is_interrupted() || widest <= bound {
                return Ok(());
            }
            let done = comparison.replications;
            if done >= MOST_REPLICATIONS {
                let needed = f64::from(done) * (widest / bound).powi(2);
                self.warnings.push(format!(
                    "a precision of {} was not reached: the change in {of} is known to {} after {done} replications; about {} would be needed",
                    show::share(precision),
                    show::share(widest),
                    show::count(needed.ceil()),
                ));
                return Ok(());
            }
            let next = done.saturating_mul(3).div_ceil(2).min(MOST_REPLICATIONS);
            self.stage(done..next, settings, watcher)?;
        }
    }

    /// Runs some replications of all designs and judges whether they are stable.
    fn stage(
        &mut self,
        replications: Range<u32>,
        settings: &Settings,
        watcher: &dyn Watcher,
    ) -> Result<(), Uncompared> {
        for (index, runner) in self.runners.iter_mut().enumerate() {
            let staged = runner.run.stage(replications.clone(), settings, watcher);
            staged.map_err(|why| Uncompared::Design(index, why))?;
        }
        if self.is_interrupted() {
            self.keep_finished();
        }
        for (index, runner) in self.runners.iter_mut().enumerate() {
            if runner.run.recordings.is_empty() {
                return Err(Uncompared::Design(index, Refused::NothingCounted));
            }
            // A further stage must not take back that no steady state was found.
            if runner.run.analysis != Analysis::Terminating {
                runner.run.judge_stability();
            }
        }
        Ok(())
    }

    /// Leaves out the replications that some design has not finished: they are no pairs.
    fn keep_finished(&mut self) {
        let finished = |run: &Simulation| -> Vec<u32> {
            let whole = run.recordings.iter().filter(|one| !one.interrupted);
            whole.map(|one| one.replication).collect()
        };
        let finished: Vec<Vec<u32>> = self.runners.iter().map(|one| finished(&one.run)).collect();
        for runner in &mut self.runners {
            runner.run.recordings.retain(|recording| {
                finished
                    .iter()
                    .all(|numbers| numbers.contains(&recording.replication))
            });
        }
    }

    /// Whether the user ended it early.
    fn is_interrupted(&self) -> bool {
        self.runners.iter().any(|runner| runner.run.interrupted)
    }

    /// Adds where the strategies break even, if the designs differ in that of their audience.
    fn break_even(&self, comparison: &mut Comparison, settings: &Settings, watcher: &dyn Watcher) {
        let strategy = |candidate: &Candidate| {
            let audience = candidate.topology.audience.as_ref();
            audience.map(|audience| audience.strategy)
        };
        let mut strategies = self.candidates.iter().map(strategy);
        let first = strategies.next().flatten();
        let (Some(candidate), Some(runner)) = (self.candidates.first(), self.runners.first())
        else {
            return;
        };
        if first.is_none() || strategies.all(|one| one == first) || self.is_interrupted() {
            return;
        }
        match sweep(candidate.topology, &runner.run, settings, watcher) {
            Ok(Some(found)) => comparison.fan_out = found,
            Ok(None) => comparison.interrupted = true,
            Err(why) => comparison.notes.push(format!(
                "where the strategies break even is not known: {why}"
            )),
        }
    }

    /// Shows the time that was simulated.
    fn horizon(&self) -> String {
        let first = self.runners.first();
        first.map_or(String::new(), |runner| shown(runner.run.plan.horizon))
    }

    /// Pairs what was recorded.
    fn comparison(&self) -> Comparison {
        let measured: Vec<Vec<Series>> = self
            .runners
            .iter()
            .map(|runner| series(&runner.run.input()))
            .collect();
        let confidence = confidence(self.runners.len() - 1);
        let designs = self.candidates.iter().zip(&self.runners);
        let run = self.runners.first().map(|runner| &runner.run);
        let begin = run.and_then(|run| run.plan.slices.get(run.cut));
        let recordings = self.runners.iter().flat_map(|one| &one.run.recordings);
        Comparison {
            schema: SCHEMA,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            designs: designs
                .map(|(candidate, runner)| Design {
                    name: candidate.name.clone(),
                    topology: candidate.topology.name.clone(),
                    variant: candidate.topology.variant.clone(),
                    analysis: runner.run.analysis,
                })
                .collect(),
            seed: run.map_or(0, |run| run.plan.seed),
            replications: run.map_or(0, |run| run.recordings.len() as u32),
            warm_up_s: begin.map_or(0.0, |begin| rounded(begin.as_seconds())),
            horizon_s: run.map_or(0.0, |run| rounded(run.plan.horizon.as_seconds())),
            confidence,
            events: recordings.map(|recording| recording.events).sum(),
            interrupted: self.is_interrupted(),
            differs: self
                .candidates
                .iter()
                .skip(1)
                .map(|candidate| Differs {
                    design: candidate.name.clone(),
                    changes: candidate.changes.clone(),
                })
                .collect(),
            metrics: metrics(&measured, confidence),
            notes: self.warnings.clone(),
            ..Comparison::default()
        }
    }
}

/// Pairs what all designs measured with what the baseline did; what no other design
/// measured is left out.
fn metrics(measured: &[Vec<Series>], confidence: f64) -> Vec<Metric> {
    let Some((baseline, others)) = measured.split_first() else {
        return Vec::new();
    };
    let of = |one: &Series| {
        let same = |other: &&Series| {
            (other.scope, &other.subject, other.metric) == (one.scope, &one.subject, one.metric)
        };
        let found: Vec<Option<&Series>> = others
            .iter()
            .map(|design| design.iter().find(same))
            .collect();
        found.iter().any(Option::is_some).then(|| Metric {
            scope: one.scope,
            subject: one.subject.clone(),
            metric: one.metric.to_owned(),
            label: one.label.to_owned(),
            unit: one.unit,
            values: std::iter::once(&Some(one))
                .chain(&found)
                .map(|series| match series {
                    Some(series) => Figure::from(series.value),
                    None => Figure::none(NOT_IN_DESIGN),
                })
                .collect(),
            differences: found
                .iter()
                .map(|other| difference(one, *other, confidence))
                .collect(),
        })
    };
    baseline.iter().filter_map(of).collect()
}

/// Compares one metric of a design with the baseline's.
fn difference(baseline: &Series, design: Option<&Series>, confidence: f64) -> Difference {
    let Some(design) = design else {
        return without(NOT_IN_DESIGN);
    };
    let lacking = [design.value, baseline.value]
        .iter()
        .find_map(|value| value.why.map(Why::word));
    if let Some(why) = lacking {
        return without(why);
    }
    let pairs = [&baseline.parts, &design.parts];
    if pairs.iter().any(|parts| parts.is_empty()) || pairs[0].len() != pairs[1].len() {
        return without(Why::TooFewSamples.word());
    }
    let found = paired(&baseline.parts, &design.parts, confidence);
    stated(&found, baseline, design)
}

/// States a difference as reports do; half a cell of each histogram is added.
fn stated(found: &Paired, baseline: &Series, design: &Series) -> Difference {
    let hidden = f64::midpoint(baseline.resolution, design.resolution);
    let half_width = found.half_width.map(|half_width| half_width + hidden);
    let detected = half_width.map(|half_width| found.value.abs() > half_width);
    let whole = baseline.value.value.filter(|value| value.abs() > 0.0);
    let relative_half_width = found
        .relative_half_width
        .zip(whole)
        .map(|(half_width, whole)| half_width + hidden / whole.abs());
    // Where the baseline itself is hardly known, a ratio to it may say otherwise than
    // the difference; then there is no ratio to speak of.
    let agrees = |relative: &f64| {
        let apart = relative_half_width.map(|half_width| relative.abs() > half_width);
        whole.is_some() && apart == detected
    };
    let relative = found.relative.filter(agrees);
    Difference {
        value: Some(rounded(found.value)),
        half_width: half_width.map(rounded),
        relative: relative.map(rounded),
        relative_half_width: relative.and(relative_half_width).map(rounded),
        variance_ratio: found.variance_ratio.map(rounded),
        unpaired_replications: found.unpaired,
        detected,
        why: None,
    }
}

/// Returns a difference that has no value.
fn without(why: &str) -> Difference {
    Difference {
        why: Some(why.to_owned()),
        ..Difference::default()
    }
}

/// Returns the goal that is known least, relative to the baseline's value.
fn widest(comparison: &Comparison) -> Option<(f64, String)> {
    let goals = comparison
        .metrics
        .iter()
        .filter(|metric| GOALS.contains(&metric.metric.as_str()));
    let known = goals.flat_map(|metric| {
        metric.differences.iter().filter_map(|difference| {
            difference.relative?;
            let half_width = difference.relative_half_width.unwrap_or(f64::INFINITY);
            Some((
                half_width,
                format!("{} of `{}`", metric.label, metric.subject),
            ))
        })
    });
    known.max_by(|one, other| one.0.total_cmp(&other.0))
}

//! From a topology to a finished run: stages of replications, the warm-up cut, stability.
//!
//! 1. The first stage runs the replications that were asked for.
//! 2. Where the warm-up is to be detected, the cut is found over all of them
//!    (`metrics::warm_up`). If there is none, and nothing grows without end, the
//!    horizon is doubled, at most four times. From then on the cut is fixed.
//! 3. With a precision, further stages of half as many again are run until every
//!    goal is that narrow. Decisions fall at ends of stages only, on recordings in
//!    the order of their numbers, so that threads decide nothing.
//!
//! SOURCE: stages and stopping rule: Chow and Robbins 1965 (output-analysis,
//! section 5); doubling: output-analysis, section 1.

use crate::compile::{compile, is_scheduled, plan};
use crate::cost::{Asked, Pace};
use crate::diagnostic::{Diagnostic, Place};
use crate::engine::{self, Observer};
use crate::metrics::charged::Charges;
use crate::metrics::estimate::{Estimate, Why};
use crate::metrics::recording::Recording;
use crate::metrics::warm_up::{grows, warm_up};
use crate::model::{Following, Model, Plan};
use crate::report::{self, Analysis, Illustration, Input, Report};
use crate::topology::{Topology, WarmUp};
use crate::units::{SimTime, Span, show};
use std::ops::Range;

/// How often a horizon that is too short is doubled.
pub(super) const DOUBLINGS: u32 = 4;
/// Replications after which a precision that is not reached is given up.
///
/// CHOICE: intervals shrink with the root, so ten times narrower than ten replications give.
pub(super) const MOST_REPLICATIONS: u32 = 1_000;
/// Share of the requests that are followed where a report says what the slowest spent their
/// time on.
///
/// CHOICE: a request that is followed takes two to four times the instructions of another, so
/// that a long run takes some hundredths longer.
const FOLLOWED: f64 = 0.01;
/// Requests that are followed at least, if there are so many, and at most.
///
/// CHOICE: of their slowest 1 %, 150 to 300, a share of the time has a standard error of
/// 0.5/√150 = 4 to 0.5/√300 = 3 hundredths at most; ten times as many would tell one digit more.
const FOLLOWED_REQUESTS: (f64, f64) = (15_000.0, 30_000.0);
/// Requests of each flow that are followed at least, if there are so many.
///
/// CHOICE: its slowest 1 % are ten or more, as a report asks for, although some do not complete.
const FOLLOWED_OF_FLOW: f64 = 1_500.0;
/// Replications over which these are spread at most: further ones follow nobody.
///
/// CHOICE: as many as there are by default.
const MOST_FOLLOWED: u32 = 10;

/// How a topology is to be simulated, beside what its file says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// Threads at work, ≥ 1.
    pub threads: usize,
    /// Relative half-width to be reached, in (0, 1); none: one stage.
    pub precision: Option<f64>,
}

/// Somebody who watches the stages of a run, and may end it.
pub trait Watcher: Observer {
    /// Some replications up to a horizon are about to run.
    fn stage(&self, replications: Range<u32>, horizon: SimTime) {
        let _ = (replications, horizon);
    }
}

impl Watcher for engine::Nobody {}

/// Why there is no answer.
#[derive(Debug)]
pub enum Refused {
    /// The topology cannot be compiled.
    Compile(Vec<Diagnostic>),
    /// The engine could not go on: a loop without time, or no threads. A second line says
    /// what helps, where something does.
    Engine(String),
    /// It was interrupted before anything counted.
    NothingCounted,
}

/// Says why the engine could not go on; what helps comes in a second line, where something does.
pub fn stopped(message: &str) -> Diagnostic {
    let (what, help) = match message.split_once('\n') {
        Some((what, help)) => (what, Some(help.to_owned())),
        None => (message, None),
    };
    Diagnostic {
        help,
        ..Diagnostic::error("engine::stopped", Place::Whole, what)
    }
}

/// A finished run, and what counts of it.
#[derive(Debug)]
pub struct Simulation<'a> {
    topology: &'a Topology,
    assumptions: Vec<String>,
    /// What was run.
    pub model: Model,
    /// How it was cut in time.
    pub plan: Plan,
    /// What the replications left, in their order.
    pub recordings: Vec<Recording>,
    /// Index of the first slice that counts.
    pub cut: usize,
    /// Whether there is a steady state.
    pub analysis: Analysis,
    /// Whether the user ended it early.
    pub interrupted: bool,
    unstable_flows: Vec<bool>,
    unstable_nodes: Vec<bool>,
    growth_per_s: Vec<Estimate>,
    warnings: Vec<String>,
}

/// Simulates a topology, and follows some requests to say where the slowest spent their time.
///
/// # Errors
///
/// It cannot be compiled, the engine could not go on, or it was interrupted at once.
pub fn simulate<'a>(
    topology: &'a Topology,
    assumptions: Vec<String>,
    settings: &Settings,
    watcher: &dyn Watcher,
) -> Result<Simulation<'a>, Refused> {
    let mut run = Simulation::prepare(topology, assumptions)?;
    run.follow();
    run.complete(settings, watcher)
}

/// Returns which requests a run follows that says where the slowest spent their time.
pub fn followed(topology: &Topology, model: &Model, plan: &Plan) -> Following {
    let replications = topology.run.replications.min(MOST_FOLLOWED);
    let sources = model.sources.iter();
    let expected = sources.filter_map(|source| source.expected(plan.horizon));
    let expected = expected.sum::<f64>() * f64::from(replications);
    let (least, most) = FOLLOWED_REQUESTS;
    let of_flows = FOLLOWED_OF_FLOW * model.flows.len() as f64;
    let requests = (expected * FOLLOWED).clamp(least, most).max(of_flows);
    Following {
        replications,
        requests: (requests / f64::from(replications.max(1))).ceil() as u32,
    }
}

impl<'a> Simulation<'a> {
    /// Runs what `simulate` does, but follows nobody; further replications may follow.
    pub(super) fn begin(
        topology: &'a Topology,
        settings: &Settings,
        watcher: &dyn Watcher,
    ) -> Result<Simulation<'a>, Refused> {
        Simulation::prepare(topology, Vec::new())?.complete(settings, watcher)
    }

    /// Runs all stages.
    fn complete(
        mut self,
        settings: &Settings,
        watcher: &dyn Watcher,
    ) -> Result<Simulation<'a>, Refused> {
        self.first_stage(settings, watcher)?;
        if let Some(precision) = settings.precision {
            self.narrow(precision, settings, watcher)?;
        }
        Ok(self)
    }

    /// Has the runs to come follow some requests.
    pub(super) fn follow(&mut self) {
        self.plan.following = followed(self.topology, &self.model, &self.plan);
    }

    /// Compiles a topology; nothing has been run yet.
    pub(super) fn prepare(
        topology: &'a Topology,
        assumptions: Vec<String>,
    ) -> Result<Simulation<'a>, Refused> {
        let model = compile(topology).map_err(Refused::Compile)?;
        Ok(Simulation {
            topology,
            assumptions,
            unstable_flows: vec![false; model.flows.len()],
            unstable_nodes: vec![false; model.nodes.len()],
            growth_per_s: Vec::new(),
            model,
            plan: plan(topology),
            recordings: Vec::new(),
            cut: 0,
            analysis: Analysis::Steady,
            interrupted: false,
            warnings: Vec::new(),
        })
    }

    /// Sums the run up.
    pub fn report(&self) -> Report {
        self.report_with(Asked::default())
    }

    /// Sums the run up, with a bill that is asked for in a way of its own.
    pub fn report_with(&self, asked: Asked) -> Report {
        report::build_with(&self.input(), asked)
    }

    /// Collects what pictures of the run need beside its report.
    pub fn illustration(&self) -> Illustration {
        report::illustrate(&self.input())
    }

    /// Returns what figures are made of.
    pub(super) fn input(&self) -> Input<'_> {
        Input {
            topology: self.topology,
            model: &self.model,
            plan: &self.plan,
            recordings: &self.recordings,
            cut: self.cut,
            analysis: self.analysis,
            unstable_flows: self.unstable_flows.clone(),
            unstable_nodes: self.unstable_nodes.clone(),
            growth_per_s: self.growth_per_s.clone(),
            interrupted: self.interrupted,
            assumptions: self.assumptions.clone(),
            warnings: self.warnings.clone(),
        }
    }

    /// Runs the replications that were asked for, and decides what counts of them.
    fn first_stage(&mut self, settings: &Settings, watcher: &dyn Watcher) -> Result<(), Refused> {
        let asked = self.plan.horizon;
        let mut doublings = 0;
        loop {
            self.recordings.clear();
            self.stage(0..self.topology.run.replications, settings, watcher)?;
            self.judge_stability();
            let detects = matches!(self.topology.run.warm_up, WarmUp::Auto)
                && self.plan.slices.len() > 1
                && self.analysis != Analysis::Unstable;
            if !detects {
                self.cut = self.plan.slices.len() - 1;
                break;
            }
            let decision = warm_up(&self.recordings);
            self.cut = decision.cut;
            if decision.found || self.interrupted {
                break;
            }
            if doublings == DOUBLINGS {
                self.analysis = Analysis::Terminating;
                self.cut = 0;
                self.warnings.push(format!(
                    "no steady state was found within {}: the start is part of the figures",
                    shown(self.plan.horizon)
                ));
                break;
            }
            doublings += 1;
            double(&mut self.plan);
        }
        if doublings > 0 {
            self.warnings.push(format!(
                "the horizon of {} was too short to get rid of the start; {} were simulated",
                shown(asked),
                shown(self.plan.horizon)
            ));
        }
        if self.interrupted {
            // A replication that was stopped before the cut has counted nothing.
            let begin = self.plan.slices[self.cut];
            self.recordings
                .retain(|recording| recording.horizon > begin);
            if self.recordings.is_empty() {
                return Err(Refused::NothingCounted);
            }
        }
        Ok(())
    }

    /// Runs further stages until every goal is as narrow as asked.
    fn narrow(
        &mut self,
        precision: f64,
        settings: &Settings,
        watcher: &dyn Watcher,
    ) -> Result<(), Refused> {
        loop {
            let widest = widest(&self.report());
            // In the denominator stands the estimate, not the truth.
            let bound = precision / (1.0 + precision);
            let (Some(widest), false) = (widest, self.interrupted) else {
                return Ok(());
            };
            if widest.relative <= bound {
                return Ok(());
            }
            let done = self.recordings.len() as u32;
            if done >= MOST_REPLICATIONS {
                let needed = f64::from(done) * (widest.relative / bound).powi(2);
                self.warnings.push(format!(
                    "a precision of {} was not reached: {} is known to {} after {done} replications; about {} would be needed",
                    show::share(precision),
                    widest.name,
                    show::share(widest.relative),
                    show::count(needed.ceil()),
                ));
                return Ok(());
            }
            let next = done.saturating_mul(3).div_ceil(2).min(MOST_REPLICATIONS);
            self.further(next, settings, watcher)?;
        }
    }

    /// Runs further replications until there are so many, with the warm-up of the first.
    pub(super) fn further(
        &mut self,
        replications: u32,
        settings: &Settings,
        watcher: &dyn Watcher,
    ) -> Result<(), Refused> {
        let done = self.recordings.len() as u32;
        self.stage(done..replications, settings, watcher)?;
        let begin = self.plan.slices[self.cut];
        self.recordings
            .retain(|recording| recording.horizon > begin);
        self.judge_stability();
        Ok(())
    }

    /// Runs some replications and keeps their recordings.
    pub(super) fn stage(
        &mut self,
        replications: Range<u32>,
        settings: &Settings,
        watcher: &dyn Watcher,
    ) -> Result<(), Refused> {
        watcher.stage(replications.clone(), self.plan.horizon);
        let models = (self.topology, &self.model);
        let found = run_charged(models, &self.plan, replications, settings, watcher)
            .map_err(Refused::Engine)?;
        self.interrupted |= found.iter().any(|recording| recording.interrupted);
        self.recordings.extend(found);
        Ok(())
    }

    /// Says what grows without end; what follows a schedule has no steady state to lose.
    pub(super) fn judge_stability(&mut self) {
        let starts_empty = matches!(self.topology.run.warm_up, WarmUp::Fixed(Span::ZERO));
        if is_scheduled(self.topology) || starts_empty {
            self.analysis = Analysis::Terminating;
            return;
        }
        let bin = self.plan.bin;
        let judge = |series: &dyn Fn(&Recording) -> &[u64]| {
            let series: Vec<&[u64]> = self
                .recordings
                .iter()
                .map(|recording| {
                    let all = series(recording);
                    // The bin after the horizon is not about the run.
                    let within = (recording.horizon.0 / bin.0.max(1)) as usize;
                    &all[..all.len().min(within)]
                })
                .collect();
            grows(&series, bin.0)
        };
        let nodes: Vec<(bool, Estimate)> = (0..self.model.nodes.len())
            .map(|node| judge(&|recording| &recording.nodes[node].inside))
            .collect();
        let flows: Vec<bool> = (0..self.model.flows.len())
            .map(|flow| judge(&|recording| &recording.flows[flow].inside).0)
            .collect();
        self.unstable_nodes = nodes.iter().map(|(grows, _)| *grows).collect();
        self.growth_per_s = nodes.into_iter().map(|(_, growth)| growth).collect();
        self.unstable_flows = flows;
        let unstable = self.unstable_nodes.contains(&true)
            || self.unstable_flows.contains(&true)
            || self.recordings.iter().any(|recording| recording.overflowed);
        if unstable {
            self.analysis = Analysis::Unstable;
        }
    }
}

/// A watcher beside somebody who knows what usage costs.
struct Charging<'a> {
    watcher: &'a dyn Watcher,
    pace: Pace<'a>,
}

impl Observer for Charging<'_> {
    fn progress(&self, replication: u32, at: SimTime) {
        self.watcher.progress(replication, at);
    }

    fn bin_closed(&self, replication: u32, at: SimTime) {
        self.watcher.bin_closed(replication, at);
    }

    fn stop(&self) -> bool {
        self.watcher.stop()
    }

    fn charges(&self) -> Option<&dyn Charges> {
        Some(&self.pace)
    }
}

/// Runs replications of a compiled topology, with what its usage costs.
///
/// # Errors
///
/// That of the first replication that failed, or the reason why no threads could be had.
pub(super) fn run_charged(
    (topology, model): (&Topology, &Model),
    plan: &Plan,
    replications: Range<u32>,
    settings: &Settings,
    watcher: &dyn Watcher,
) -> Result<Vec<Recording>, String> {
    let charging = Charging {
        watcher,
        pace: Pace::new(topology, model),
    };
    engine::run(model, plan, replications, settings.threads, &charging)
}

/// A goal and how well it is known.
struct Known {
    name: String,
    relative: f64,
}

/// Returns the goal that is known least: means and p99 of latencies, and what objectives measure.
fn widest(report: &Report) -> Option<Known> {
    let latencies = report.flows.iter().flat_map(|(name, flow)| {
        [
            (format!("mean latency of `{name}`"), &flow.latency_ms.mean),
            (format!("p99 of `{name}`"), &flow.latency_ms.p99),
        ]
    });
    let objectives = report
        .objectives
        .iter()
        .map(|one| (format!("`{}`", one.expression), &one.measured));
    latencies
        .chain(objectives)
        .filter_map(|(name, of)| {
            let relative = match (of.value, of.half_width) {
                (Some(value), Some(half)) if value.abs() > 0.0 => half / value.abs(),
                // More replications do not make a far quantile of short runs.
                _ if of.why.as_deref() == Some(Why::TooFewSamples.word()) => return None,
                (Some(_), None) => f64::INFINITY,
                (Some(_) | None, _) => return None,
            };
            Some(Known { name, relative })
        })
        .max_by(|one, other| one.relative.total_cmp(&other.relative))
}

/// Doubles everything that is measured in time.
pub(super) fn double(plan: &mut Plan) {
    plan.horizon = SimTime(plan.horizon.0.saturating_mul(2));
    plan.bin = Span(plan.bin.0.saturating_mul(2));
    for begin in &mut plan.slices {
        begin.0 = begin.0.saturating_mul(2);
    }
}

/// Shows an instant as a duration since the start.
pub(super) fn shown(at: SimTime) -> String {
    show::duration(at.0 as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::topology::{LoadRequest, load};

    /// The README.
    const README: &str = include_str!("../../README.md");
    /// Its example of a kind, as the catalogue compiles it for tests.
    const EXAMPLE: &str = include_str!("../component/turnstile.rs");
    /// Where the example is registered.
    const CATALOGUE: &str = include_str!("../component/mod.rs");

    /// Simulates a gate of the README's example kind; requests come evenly.
    fn gate(parameters: &str, per_s: u32) -> Report {
        let text = format!(
            r#"{{ "nodes": {{ "gate": {{ "kind": "turnstile"{parameters} }} }},
                "load": [ {{ "rate": "{per_s}/s", "arrivals": "even" }} ],
                "run": {{ "horizon": "20s", "warm_up": "0s", "replications": 1 }} }}"#
        );
        let (topology, _) = load(&LoadRequest::new(&text, "case.json")).expect("a sound file");
        let settings = Settings {
            threads: 1,
            precision: None,
        };
        let run = simulate(&topology, Vec::new(), &settings, &engine::Nobody);
        run.expect("the run ends").report()
    }

    #[test]
    fn the_kind_that_the_readme_shows_is_one_file_and_one_line() {
        let lines = CATALOGUE.matches("turnstile,").count();

        assert!(README.contains(&format!("```rust\n{EXAMPLE}```\n")));
        assert_eq!(lines, 1, "lines that register it");
    }

    #[test]
    fn the_kind_that_the_readme_shows_runs_and_is_paid() {
        let quiet = gate("", 1);
        let crowded = gate(r#", "gates": 2"#, 5);

        let node = &quiet.nodes["gate"];
        assert_eq!((node.arrived, node.completed), (20, 20));
        let sojourn = node.sojourn_ms.mean.value.expect("a mean");
        assert!((sojourn - 500.0).abs() < 1e-6, "{sojourn} ms");
        let month = quiet.cost.month_usd.value.expect("a sum");
        assert!((month - 0.01 * 2_592_000.0).abs() < 1e-6, "${month}");
        // The last of 100 comes 19.8 s after the first. Two gates, of which the second
        // begins 0.2 s late, have let all through after 25.2 s.
        let longest = crowded.nodes["gate"].sojourn_ms.max.expect("visits");
        assert!((longest - 5_400.0).abs() < 10.0, "{longest} ms");
    }
}

//! CodePipeline: leads changes through stages, one at a time in each.
//!
//! # Model
//! 1. A call is an execution. It begins after `start`, when the change has been seen.
//! 2. Its stages are the flow's steps, or else the links in order. Each is entered by a
//!    `transition`; a stage that ends badly ends the execution.
//! 3. If `mode` is superseded a stage takes one execution at a time, and one may wait for it:
//!    a newer one takes the place of that, which ends there (shed: superseded).
//! 4. If it is queued they wait, first come, first served; if it is parallel none waits. At most
//!    `executions` are inside then, others are throttled
//!    (ConcurrentPipelineExecutionsLimitExceededException).
//!
//! The change of version is a `deployment` of the file, which begins when the file says.
//!
//! # Not modelled
//! - Time-outs of actions and approvals: give a link a `timeout`, which stops nothing. An
//!   approval is a `pause`.
//! - Retries of a stage, and its rollback; transitions that somebody has disabled.
//! - Polling of sources: give `start` a longer time.
//!
//! # Sources
//! CodePipeline user guide (Set or change the pipeline execution mode; Quotas). The limit of
//! executions and prices are recalled; times are estimates. Read 2026-11.

use crate::component::parameter::{
    Basis, Parameters, choice, count, duration_law, factor, milliseconds_p50_p99, parameters,
};
use crate::component::price::{Charge, Price, RECALLED, Tiers, Usage};
use crate::component::{Class, Component, KindInfo, Program, Scope, StationSpec, WorkSpec};
use crate::model::Outcome;
use crate::random::law::Law;
use crate::spec::reader::Object;

/// How executions meet.
const MODES: &str =
    "CodePipeline user guide, Set or change the pipeline execution mode, read 2026-11";
/// Times.
const LATENCY: &str = "practice, 2026-11; no distribution is published, put your own";
/// Executions that may wait for a stage of a superseding pipeline.
///
/// SOURCE: CodePipeline user guide, How pipeline executions work: a newer one replaces one that
/// waits. Read 2026-11.
const WAITING: u32 = 1;

/// What is paid for.
const PRICES: &[Price] = &[MINUTES, ACTIVE];
const MINUTES: Price = Price {
    item: "action execution minutes (V2)",
    unit: "minute",
    usd: Tiers::Flat(0.002),
    free: 100.0,
    basis: Basis::Estimate,
    source: RECALLED,
};
const ACTIVE: Price = Price {
    item: "active pipeline (V1)",
    unit: "month",
    usd: Tiers::Flat(1.0),
    free: 1.0,
    ..MINUTES
};

/// The kind.
pub static INFO: KindInfo = KindInfo {
    kind: "codepipeline",
    class: Class::Programmable,
    summary: "leads changes through stages, one at a time in each",
    model: "begins a while after the change; the flow's steps, or all links in order, are stages, each behind a transition, one \
            execution at a time: a newer one takes the place of one that waits (shed), or they queue, or all run in parallel, at \
            most so many (throttled)",
    not_modelled: "time-outs of actions and approvals, retries and rollbacks of a stage, disabled transitions, polling of sources",
    sources: "CodePipeline user guide (Set or change the pipeline execution mode; Quotas); read 2026-11",
    operations: &[],
    prices: PRICES,
    parameters: CodePipeline::table,
    read: |object| Box::new(CodePipeline::read(object)),
};

/// How executions meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// A newer one takes the place of one that waits.
    Superseded,
    /// They wait for each other.
    Queued,
    /// They run beside each other.
    Parallel,
}

/// Words for it.
const WORDS: &[(&str, Mode)] = &[
    ("superseded", Mode::Superseded),
    ("queued", Mode::Queued),
    ("parallel", Mode::Parallel),
];

/// What is paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// A month.
    V1,
    /// Minutes of actions.
    V2,
}

/// Words for it.
const TYPES: &[(&str, Type)] = &[("v1", Type::V1), ("v2", Type::V2)];

parameters! {
    /// Parameters of a pipeline.
    pub struct CodePipeline {
        /// How executions meet.
        mode: Mode = Mode::Superseded, choice(WORDS), Documented, MODES;
        /// Executions at once, those that wait included, if they queue or run in parallel.
        executions: u32 = 50, count(1..=10_000), Estimate, "CodePipeline user guide, Quotas, recalled 2026-11";
        /// Time from a change until its execution begins.
        start: Law = milliseconds_p50_p99(10_000.0, 40_000.0), duration_law(), Estimate, LATENCY;
        /// Time of the transition into a stage.
        transition: Law = milliseconds_p50_p99(5_000.0, 15_000.0), duration_law(), Estimate, LATENCY;
        /// Type of the pipeline, for the bill.
        pipeline as "type": Type = Type::V2, choice(TYPES), Choice, "queued and parallel executions need it";
        /// Minutes of actions of an execution, for the bill of type V2.
        action_minutes: f64 = 10.0, factor(0.0..=100_000.0), Choice, "a build and a test of some minutes each; put your own";
    }
    check CodePipeline::check
}

impl CodePipeline {
    /// Checks rules between parameters.
    fn check(&mut self, object: &mut Object<'_>) {
        if self.pipeline == Type::V1 && self.mode != Mode::Superseded {
            let message = format!(
                "`mode` of {} must be superseded for a pipeline of type V1",
                object.owner()
            );
            object.error_at("mode", "codepipeline::mode", message);
        }
    }
}

impl Component for CodePipeline {
    fn info(&self) -> &'static KindInfo {
        &INFO
    }

    fn compile(&self, program: &mut Program<'_>) {
        if self.mode != Mode::Superseded {
            program.limit("executions", self.executions, Scope::Node, None, false);
        }
        program.work(&WorkSpec::of(&self.start));
        let superseded = self.mode == Mode::Superseded;
        let line = StationSpec {
            waiting_limit: if superseded { WAITING } else { u32::MAX },
            replaces: superseded,
            when_full: Outcome::Shed,
            ..StationSpec::default()
        };
        let line = (self.mode != Mode::Parallel).then_some(&line);
        program.stages(line, &WorkSpec::of(&self.transition));
    }

    fn charges(&self) -> Vec<Charge> {
        vec![match self.pipeline {
            Type::V1 => Charge::new(&ACTIVE, Usage::Kept(1.0)),
            Type::V2 => Charge::new(&MINUTES, Usage::EachVisit(self.action_minutes)),
        }]
    }
}

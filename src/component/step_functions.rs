//! Step Functions: runs a flow's steps as a workflow, durable (standard) or fast (express).
//!
//! # Model
//! 1. A start takes a token of the bucket that all workflows of the account and type
//!    share; without one it is throttled at once.
//! 2. The start takes its time. A standard workflow then answers: the execution goes on
//!    beside the caller, who does not wait for it. An express workflow is waited for.
//! 3. The flow's steps run, or all links in order are called; each is a state. There is a
//!    transition at the start, one before each state that is run (the iterations of an `each`
//!    and the branches of a `parallel` have their own), and one at the end. A standard one
//!    waits until the account's bucket of transitions holds it (nobody is refused); then it
//!    takes its time. Where they pass `at-once`, all `transitions` do so before the first
//!    step.
//! 4. An execution that takes longer than `timeout` ends as timed out.
//!
//! # Not modelled
//! - Transitions of what a link tries again: a retry of the workflow itself is a `try`. The
//!   bill counts `transitions`, whatever the steps are.
//! - 1,000,000 open executions, history and payload limits, activities and callbacks,
//!   distributed maps (an inline map is an `each` with a `concurrency` of up to 40).
//! - Express workflows that nobody waits for: send to them with `"wait": false`.
//! - What becomes of a standard execution that fails: its caller has gone on.
//!
//! # Sources
//! Step Functions developer guide (Service quotas). Times are estimates. Read 2026-11.

use crate::component::parameter::{
    Basis, Parameters, choice, count, duration_in, duration_law, factor, milliseconds_p50_p99,
    parameters, rate,
};
use crate::component::price::{Charge, MILLION, PRICE_LIST, Price, RECALLED, Tiers, Usage};
use crate::component::{BucketSpec, Class, Component, Compute, KindInfo, Program, Scope, WorkSpec};
use crate::model::Cost;
use crate::random::law::Law;
use crate::spec::reader::Object;
use crate::units::Span;

/// Limits.
const QUOTAS: &str = "Step Functions developer guide, Service quotas: us-east-1, us-west-2 and eu-west-1, read 2026-11";
/// Times.
const LATENCY: &str = "a durable write for each state if standard, 2026-11; put your own";
/// Transitions that the account's bucket gains a second, and holds.
///
/// SOURCE: Step Functions developer guide, Service quotas. Read 2026-11.
const TRANSITIONS: f64 = 5_000.0;

/// Longest execution of an express workflow.
///
/// SOURCE: Step Functions developer guide, Service quotas. Read 2026-11.
const FIVE_MINUTES: Span = Span(300_000_000_000);
/// Longest execution of a standard workflow.
///
/// SOURCE: as above.
const YEAR: Span = Span(31_536_000_000_000_000);

/// What is paid for.
const PRICES: &[Price] = &[PASSED, EXPRESS];
const PASSED: Price = Price {
    item: "state transitions (standard)",
    unit: "transition",
    usd: Tiers::Flat(25.0 / MILLION),
    free: 4_000.0,
    basis: Basis::Estimate,
    source: RECALLED,
};
const EXPRESS: Price = Price {
    item: "executions (express)",
    unit: "execution",
    usd: Tiers::Flat(1.0 / MILLION),
    free: 0.0,
    basis: Basis::Documented,
    source: PRICE_LIST,
};

/// The kind.
pub static INFO: KindInfo = KindInfo {
    kind: "step-functions",
    class: Class::Programmable,
    summary: "runs a flow's steps as a workflow, standard or express",
    model: "a start takes a token of the account, else throttles; standard: answers, and goes on beside the caller; runs the flow's steps or \
            calls all links; waits before each for its transition, which takes its time; ends timed out beyond its time limit",
    not_modelled: "transitions of what a link tries again, open executions, history, activities, distributed maps, express workflows nobody waits for",
    sources: "Step Functions developer guide (Service quotas); read 2026-11",
    operations: &[],
    prices: PRICES,
    parameters: StepFunctions::table,
    read: |object| Box::new(StepFunctions::read(object)),
};

/// Which of the products it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Workflow {
    /// Durable: exactly once, up to a year.
    Standard,
    /// Fast: up to five minutes.
    Express,
}

/// When the transitions of an execution pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Passing {
    /// One at the start, one before each step that is run, one at the end.
    Between,
    /// All that the bill counts, before the first step.
    AtOnce,
}

parameters! {
    /// Parameters of a workflow.
    pub struct StepFunctions {
        /// Standard or express.
        workflow as "type": Workflow = Workflow::Standard, choice(&[("standard", Workflow::Standard), ("express", Workflow::Express)]), Documented, "Step Functions developer guide: standard is the default, read 2026-11";
        /// Starts per time of the account; without it 300/s (standard), 6,000/s (express).
        rate: Option<f64> = None, rate(), Documented, QUOTAS;
        /// Most starts at once; without it 1,300 (standard), 6,000 (express).
        burst: Option<f64> = None, factor(1.0..=1e6), Documented, QUOTAS;
        /// State transitions of one execution, as the bill counts them.
        transitions: u32 = 5, count(1..=100), Choice, "a start, three tasks, an end";
        /// Whether transitions pass between the states, or all at once before the first of them.
        passing: Passing = Passing::Between, choice(&[("between", Passing::Between), ("at-once", Passing::AtOnce)]), Documented, "Step Functions developer guide: every state is entered by a transition, read 2026-11";
        /// Time limit of an execution; without it 5m (express), and none that a run could reach (standard: a year).
        timeout: Option<Span> = None, duration_in(Span(1_000_000_000)..=YEAR), Documented, QUOTAS;
        /// Time of a start until it is answered, or an express workflow begins; without it p50 35ms, p99 150ms (standard), p50 22ms, p99 110ms (express).
        start: Option<Law> = None, duration_law(), Estimate, LATENCY;
        /// Time of one transition; without it p50 30ms, p99 180ms (standard), p50 4ms, p99 30ms (express).
        transition: Option<Law> = None, duration_law(), Estimate, LATENCY;
    }
    check StepFunctions::check
}

impl StepFunctions {
    /// Checks rules between parameters.
    fn check(&mut self, object: &mut Object<'_>) {
        if self.burst.is_some() && self.rate.is_none() {
            object.error_at(
                "burst",
                "limiter::needs-rate",
                format!("`burst` of {} needs a `rate`", object.owner()),
            );
        }
        let express = self.workflow == Workflow::Express;
        if express && self.timeout.is_some_and(|most| most > FIVE_MINUTES) {
            let message = format!(
                "`timeout` of {} must be at most 5m: an express workflow ends then",
                object.owner()
            );
            object.error_at("timeout", "step-functions::timeout", message);
        }
    }

    /// Returns the law given, or the usual one of the type.
    fn time(&self, given: Option<&Law>, standard: (f64, f64), express: (f64, f64)) -> Law {
        let (p50, p99) = match self.workflow {
            Workflow::Standard => standard,
            Workflow::Express => express,
        };
        given.map_or_else(|| milliseconds_p50_p99(p50, p99), Law::clone)
    }

    /// Writes an execution.
    fn execute(&self, program: &mut Program<'_>) {
        let each = self.time(self.transition.as_ref(), (30.0, 180.0), (4.0, 30.0));
        let bucket = (self.workflow == Workflow::Standard).then(|| {
            let spec = BucketSpec::one_second(TRANSITIONS, Scope::Account);
            program.bucket("transitions of the account's workflows", &spec)
        });
        let most = match self.workflow {
            Workflow::Standard => self.timeout,
            Workflow::Express => Some(self.timeout.unwrap_or(FIVE_MINUTES)),
        };
        let compute = Compute {
            station: None,
            blocking: false,
            scale: 1.0,
            alone: Some(Law::Constant(0.0)),
        };
        if self.passing == Passing::Between {
            return program.steps_between(&compute, (bucket, &WorkSpec::of(&each)), most);
        }
        if let Some(bucket) = bucket {
            // A request is smaller than the unit: it costs `transitions`.
            let all = Cost::UnitsPerItem {
                unit: u32::MAX,
                factor: self.transitions as f32,
            };
            program.admit(&[bucket], all, true);
        }
        let passed = Law::Sum(vec![each; self.transitions as usize]);
        program.work(&WorkSpec::of(&passed));
        match most {
            Some(most) => program.steps_within(&compute, most),
            None => program.steps(&compute),
        }
    }
}

impl Component for StepFunctions {
    fn info(&self) -> &'static KindInfo {
        &INFO
    }

    fn compile(&self, program: &mut Program<'_>) {
        let (label, usual_rate, usual_burst) = match self.workflow {
            Workflow::Standard => ("starts of standard workflows", 300.0, 1_300.0),
            Workflow::Express => ("starts of express workflows", 6_000.0, 6_000.0),
        };
        let starts = BucketSpec {
            rate_per_s: self.rate.unwrap_or(usual_rate),
            burst: self.burst.or(self.rate).unwrap_or(usual_burst).max(1.0),
            window: Span::ZERO,
            scope: Scope::Account,
        };
        let starts = program.bucket(label, &starts);
        program.admit(&[starts], Cost::One, false);
        let start = self.time(self.start.as_ref(), (35.0, 150.0), (22.0, 110.0));
        program.work(&WorkSpec::of(&start));
        match self.workflow {
            Workflow::Standard => program.aside(|program| self.execute(program)),
            Workflow::Express => self.execute(program),
        }
    }

    fn charges(&self) -> Vec<Charge> {
        let charge = match self.workflow {
            Workflow::Standard => {
                Charge::new(&PASSED, Usage::EachVisit(f64::from(self.transitions)))
            }
            Workflow::Express => Charge::new(&EXPRESS, Usage::Visits(&[])),
        };
        vec![charge]
    }

    fn unbilled(&self) -> Vec<&'static str> {
        match self.workflow {
            Workflow::Standard => Vec::new(),
            Workflow::Express => vec!["the duration of executions, by their memory"],
        }
    }
}

//! Step Functions: runs a flow's steps as a workflow, durable (standard) or fast (express).
//!
//! # Model
//! 1. A start takes a token of the bucket that all workflows of the account and type
//!    share; without one it is throttled at once.
//!    An input of more than 256 KiB fails before that.
//! 2. The start takes its time. A standard workflow then answers: the execution goes on
//!    beside the caller, who does not wait for it. An express workflow is waited for.
//! 3. The flow's steps run, or all links in order are called; each is a state. There is a
//!    transition at the start, one before each state that is run (the iterations of an `each`
//!    and the branches of a `parallel` have their own), and one at the end. A standard one
//!    waits until the account's bucket of transitions holds it (nobody is refused); then it
//!    takes its time. Where they pass `at-once`, all `transitions` do so before the first
//!    step.
//! 4. An `each` is a map. Inline at most 40 of its iterations are in work at once. Distributed
//!    (`map`; standard only) each iteration is a child execution: it waits until the node may
//!    start another one (100/s if the `children` are standard, 1,000/s if express), takes the
//!    time of a start, and has transitions of its own type, one at its start and one at its end;
//!    at most 10,000 are in work at once. An `each` within a child is inline.
//! 5. An execution that takes longer than `timeout` ends as timed out.
//! 6. With 1,000,000 standard executions open in the account (`open`), a start is throttled
//!    (ExecutionLimitExceeded).
//!
//! # Not modelled
//! - Transitions of what a link tries again: a retry of the workflow itself is a `try`. The
//!   bill counts `transitions`, whatever the steps are, and of express children nothing.
//! - History limits, payloads that grow from state to state, activities and callbacks; of distributed maps the reading of
//!   items, batches (give the `each` fewer iterations), the failures that are tolerated (`join`
//!   says how many must complete), and that children are open executions, too.
//! - A limit on express executions that are open: none is documented.
//! - Express workflows that nobody waits for: send to them with `"wait": false`.
//! - What becomes of a standard execution that fails: its caller has gone on.
//!
//! # Sources
//! Step Functions developer guide (Service quotas). Times are estimates. Read 2026-11.

use crate::component::parameter::{
    Basis, How, Parameters, choice, count, custom, duration_in, duration_law, factor,
    milliseconds_p50_p99, parameters, rate,
};
use crate::component::price::{
    Charge, Inside, MILLION, ON, PRICE_LIST, Price, RECALLED, Tiers, Usage,
};
use crate::component::{
    Ask, BucketId, BucketSpec, Class, Component, Compute, KindInfo, MostBytes, Program, Scope,
    WorkSpec,
};
use crate::model::Cost;
use crate::random::law::Law;
use crate::spec::field::Field;
use crate::spec::reader::Object;
use crate::units::{Span, show};

/// Limits.
const QUOTAS: &str = "Step Functions developer guide, Service quotas: us-east-1, us-west-2 and eu-west-1, read 2026-11";
/// Times.
const LATENCY: &str = "a durable write for each state if standard, 2026-11; put your own";
/// Transitions that the account's bucket gains a second, and holds.
///
/// SOURCE: Step Functions developer guide, Service quotas. Read 2026-11.
const TRANSITIONS: f64 = 5_000.0;

/// Standard executions of the account that are open at once.
///
/// SOURCE: Step Functions developer guide, Service quotas: 1,000,000. Read 2026-11.
const OPEN: u32 = 1_000_000;
/// Iterations of an inline map that are in work at once.
///
/// SOURCE: Step Functions developer guide, Map state: up to 40. Read 2026-11.
const INLINE: u32 = 40;
/// Child executions of a distributed map that are in work at once.
///
/// SOURCE: Step Functions developer guide, Service quotas: 10,000. Read 2026-11.
const CHILDREN: u32 = 10_000;

/// Longest execution of an express workflow.
///
/// SOURCE: Step Functions developer guide, Service quotas. Read 2026-11.
const FIVE_MINUTES: Span = Span(300_000_000_000);
/// Longest execution of a standard workflow.
///
/// SOURCE: as above.
const YEAR: Span = Span(31_536_000_000_000_000);

/// Bytes of the input of an execution.
///
/// SOURCE: Step Functions developer guide, Service quotas: 256 KiB. Read 2026-11.
const MOST_BYTES: u64 = 256 << 10;

/// What is paid for.
const PRICES: &[Price] = &[PASSED, EXPRESS, DURATION];
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

const DURATION: Price = Price {
    item: "duration of executions (express)",
    unit: "GiB-hour",
    usd: Tiers::Steps(&[(1_000.0, 0.06), (5_000.0, 0.03), (ON, 0.016_42)]),
    ..EXPRESS
};
/// What the memory of an execution is rounded up to [bytes].
///
/// SOURCE: Step Functions pricing, by Infracost's golden outputs: chunks of 64 MB. Read 2026-11.
const CHUNK: u64 = 64 << 20;
/// Most memory of an execution that can be given [bytes].
const MOST_MEMORY: u64 = 10 << 30;
/// What rounding up to 100 ms adds to an execution on average [ns].
///
/// SOURCE: as above. ESTIMATE: times are spread evenly over the last step.
const ROUNDING_NS: f64 = 50e6;

/// Reads the memory of an execution [bytes].
fn memory() -> How<u64> {
    let read = |field: &Field<'_>| {
        let bytes = field.size()?;
        if (1..=MOST_MEMORY).contains(&bytes) {
            return Some(bytes);
        }
        field.out_of_range("1B", "10GiB")
    };
    custom("size", "1B to 10GiB", read, |bytes: &u64| {
        show::size(*bytes as f64)
    })
}

/// The kind.
pub static INFO: KindInfo = KindInfo {
    kind: "step-functions",
    class: Class::Programmable,
    summary: "runs a flow's steps as a workflow, standard or express",
    model: "a start takes a token of the account, else throttles; standard: answers, and goes on beside the caller; runs the flow's steps or \
            calls all links; waits before each for its transition, which takes its time; an `each` is an inline map, or a distributed one whose \
            children wait to be started; ends timed out beyond its time limit; with too many open throttles",
    not_modelled: "transitions of what a link tries again, history, activities, items and batches of distributed maps, their children as open executions, express workflows nobody waits for",
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

/// How an `each` is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Map {
    /// Within the execution.
    Inline,
    /// As executions of its own.
    Distributed,
}

/// Words for the types.
const TYPES: &[(&str, Workflow)] = &[
    ("standard", Workflow::Standard),
    ("express", Workflow::Express),
];

parameters! {
    /// Parameters of a workflow.
    pub struct StepFunctions {
        /// Standard or express.
        workflow as "type": Workflow = Workflow::Standard, choice(TYPES), Documented, "Step Functions developer guide: standard is the default, read 2026-11";
        /// Starts per time of the account; without it 300/s (standard), 6,000/s (express).
        rate: Option<f64> = None, rate(), Documented, QUOTAS;
        /// Most starts at once; without it 1,300 (standard), 6,000 (express).
        burst: Option<f64> = None, factor(1.0..=1e6), Documented, QUOTAS;
        /// State transitions of one execution, as the bill counts them.
        transitions: u32 = 5, count(1..=100), Choice, "a start, three tasks, an end";
        /// Whether transitions pass between the states, or all at once before the first of them.
        passing: Passing = Passing::Between, choice(&[("between", Passing::Between), ("at-once", Passing::AtOnce)]), Documented, "Step Functions developer guide: every state is entered by a transition, read 2026-11";
        /// Standard executions of the account that are open at once; standard only, without it 1,000,000.
        open: Option<u32> = None, count(1..=10_000_000), Documented, QUOTAS;
        /// How an `each` is run; an express workflow knows inline only.
        map: Map = Map::Inline, choice(&[("inline", Map::Inline), ("distributed", Map::Distributed)]), Documented, "Step Functions developer guide, Map state: inline is the default, read 2026-11";
        /// Iterations of an `each` that are in work at once; without it 40 (inline), 10,000 (distributed).
        map_concurrency: Option<u32> = None, count(1..=CHILDREN), Documented, QUOTAS;
        /// Type of the child executions; distributed only, without it standard.
        children: Option<Workflow> = None, choice(TYPES), Documented, "Step Functions developer guide, Map state in distributed mode: standard is the default, read 2026-11";
        /// Child executions that are started per time, of all maps of the node; without it 100/s (standard children), 1,000/s (express).
        dispatch: Option<f64> = None, rate(), Documented, QUOTAS;
        /// Time limit of an execution; without it 5m (express), and none that a run could reach (standard: a year).
        timeout: Option<Span> = None, duration_in(Span(1_000_000_000)..=YEAR), Documented, QUOTAS;
        /// Memory of one execution of an express workflow, for the bill, which counts whole 64MiB; express only, without it 64MiB.
        memory: Option<u64> = None, memory(), Choice, "a small workflow: its definition, maps and payload make it larger";
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
        let distributed = self.map == Map::Distributed;
        if distributed && express {
            let message = format!(
                "`map` of {} must be `inline`: an express workflow knows no other",
                object.owner()
            );
            object.error_at("map", "step-functions::map", message);
        }
        let foreign: &[&str] = match (express, distributed) {
            (true, _) => &["open", "children", "dispatch"],
            (false, false) => &["children", "dispatch", "memory"],
            (false, true) => &["memory"],
        };
        for key in foreign.iter().filter(|key| object.has(key)) {
            let message = format!(
                "`{key}` does not apply to {}: it is of {}",
                object.owner(),
                match *key {
                    "open" => "standard workflows",
                    "memory" => "express workflows",
                    _ => "distributed maps",
                }
            );
            object.error_at(key, "step-functions::map", message);
        }
        if !distributed && self.map_concurrency.is_some_and(|most| most > INLINE) {
            let message = format!(
                "`map_concurrency` of {} must be at most {INLINE}: its map is inline",
                object.owner()
            );
            object.error_at("map_concurrency", "step-functions::map", message);
        }
        if express && self.timeout.is_some_and(|most| most > FIVE_MINUTES) {
            let message = format!(
                "`timeout` of {} must be at most 5m: an express workflow ends then",
                object.owner()
            );
            object.error_at("timeout", "step-functions::timeout", message);
        }
    }

    /// Returns the time of a start of a type.
    fn start(&self, of: Workflow) -> Law {
        let (p50, p99) = match of {
            Workflow::Standard => (35.0, 150.0),
            Workflow::Express => (22.0, 110.0),
        };
        let given = self.start.as_ref();
        given.map_or_else(|| milliseconds_p50_p99(p50, p99), Law::clone)
    }

    /// Returns the time of a transition of a type, and the bucket in which it waits.
    fn transition(&self, program: &mut Program<'_>, of: Workflow) -> (Option<BucketId>, Law) {
        let (p50, p99) = match of {
            Workflow::Standard => (30.0, 180.0),
            Workflow::Express => (4.0, 30.0),
        };
        let given = self.transition.as_ref();
        let each = given.map_or_else(|| milliseconds_p50_p99(p50, p99), Law::clone);
        let bucket = (of == Workflow::Standard).then(|| {
            let spec = BucketSpec::one_second(TRANSITIONS, Scope::Account);
            program.bucket("transitions of the account's workflows", &spec)
        });
        (bucket, each)
    }

    /// Says how an `each` of the steps that follow is run.
    fn map(&self, program: &mut Program<'_>) {
        if self.map == Map::Inline {
            return program.map(self.map_concurrency.unwrap_or(INLINE));
        }
        let children = self.children.unwrap_or(Workflow::Standard);
        let usual = match children {
            Workflow::Standard => 100.0,
            Workflow::Express => 1_000.0,
        };
        let spec = BucketSpec::paced(self.dispatch.unwrap_or(usual), Scope::Node);
        let dispatch = program.bucket("starts of child executions", &spec);
        let start = self.start(children);
        let (bucket, each) = self.transition(program, children);
        let each = WorkSpec::of(&each);
        program.map_of_children(
            (self.map_concurrency.unwrap_or(CHILDREN), INLINE),
            (dispatch, &WorkSpec::of(&start)),
            (self.passing == Passing::Between).then_some((bucket, &each)),
        );
    }

    /// Writes an execution.
    fn execute(&self, program: &mut Program<'_>) {
        self.map(program);
        let (bucket, each) = self.transition(program, self.workflow);
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
        if self.workflow == Workflow::Standard {
            program.limit_beside(
                "open executions of standard workflows",
                self.open.unwrap_or(OPEN),
            );
        }
        program.work(&WorkSpec::of(&self.start(self.workflow)));
        match self.workflow {
            Workflow::Standard => program.aside(|program| self.execute(program)),
            Workflow::Express => self.execute(program),
        }
    }

    fn most_bytes(&self, _op: &str, _ask: &Ask) -> Option<MostBytes> {
        Some(MostBytes::call(MOST_BYTES))
    }

    fn charges(&self) -> Vec<Charge> {
        match self.workflow {
            Workflow::Standard => {
                let passed = Usage::EachVisit(f64::from(self.transitions));
                vec![Charge::new(&PASSED, passed)]
            }
            Workflow::Express => {
                let chunks = self.memory.unwrap_or(CHUNK).div_ceil(CHUNK).max(1);
                // Who is throttled takes no time; the others begin after the start.
                let executions = Inside {
                    each: (chunks * CHUNK) as f64 / 1_073_741_824.0 / 3_600.0,
                    before_ns: self.start(Workflow::Express).mean(),
                    rounding_ns: ROUNDING_NS,
                };
                vec![
                    Charge::new(&EXPRESS, Usage::Visits(&[])),
                    Charge::new(&DURATION, Usage::Inside(executions)),
                ]
            }
        }
    }

    fn unbilled(&self) -> Vec<&'static str> {
        match self.workflow {
            Workflow::Standard if self.map == Map::Distributed => {
                vec!["child executions, beyond what `transitions` counts"]
            }
            Workflow::Standard | Workflow::Express => Vec::new(),
        }
    }
}

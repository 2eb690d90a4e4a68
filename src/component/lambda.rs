//! Lambda: a function whose environments serve one request each and are created on demand.
//!
//! # Model
//! 1. The invocation takes `overhead`, then passes the gates in turn; who finds one
//!    closed is throttled at once (429), as nothing waits: requests per second (10 for
//!    each unit of concurrency), the function's reserved concurrency or else the pool
//!    that all other functions of the account share, which is what reservations leave, and,
//!    for a new environment, the function's rate of starts.
//!    An invocation of more than 6 MiB, or 1 MiB if nobody waits for it, fails before that.
//! 2. An idle environment is taken, the last used first; else one is created: placement
//!    and download of the code, the runtime's init, and the cost of a first call.
//! 3. The flow's steps run, or `compute` and then all links in order. The environment
//!    is kept throughout. A processor's share is memory / 1,769 MiB of a vCPU, so
//!    that compute takes longer below that. After `timeout` the visit ends (timed out)
//!    and its environment with it; calls that are under way go on unheard.
//! 4. The environment is idle until its `keep_alive` is over, and ends at its `lifetime`.
//! 5. A `send`, and a copy from a topic, bus or bucket, is asynchronous: the sender is told
//!    after `accept` that it is kept, and it is invoked `dispatch` later (of a copy that is in
//!    the lag of its sender). If it ends badly it is tried twice more, after one and
//!    two minutes; if it is throttled, after 1 s and longer pauses up to 5 min, for 6 h.
//! 6. Deliveries of a queue begin with `pollers` at once. While all have a batch and more
//!    waits, there are 5 more each second; while the queue is empty and nothing is in work
//!    they go back as fast, to 2. With `provisioned_pollers` there are 10 for each of them,
//!    and 1,000 more a minute.
//! 7. A batch that ends badly comes back whole, or, with the link's `partial`, only with the
//!    messages whose own steps ended badly (of a stream: from the first of them on). Links
//!    of streams have `bisect`, `attempts` and `max_age` besides.
//! 8. With `provisioned_scaling` the environments that are kept ready follow the share of them that
//!    is in use: what is above them finds others, or a cold start. New ones come two minutes
//!    after they are asked for, and no change is made meanwhile.
//! 9. A `deployment` lets an alias shift invocations from one version to the next: of each it
//!    is drawn which version it meets. Versions have environments of their own, in which the
//!    first invocations start cold, and share the function's concurrency, its rates and its
//!    queue. They differ by `slow`, `fail`, and by what the deployment's `set` says of memory,
//!    runtime, compute, times of a start and time-out.
//!
//! # Not modelled
//! - What memory that a version sets costs more or less; versions with provisioned concurrency,
//!   which no deployment may change; requests of one client that stay with one version.
//! - What provisioned concurrency of one function takes from the pool of the others, if
//!   nothing is reserved for it.
//! - A VPC, SnapStart, extensions, the init that follows a crash, more than one vCPU for
//!   one request.
//! - Bytes and calls of a provisioned poller (1 MB and 10 a second).
//! - The way of a `send` to the front end: the sender waits for `accept` only, and is told that
//!   what is too large is kept; it fails behind that, and is tried again. Sizes of answers, and of
//!   batches of messages, which are cut there.
//!
//! # Sources
//! Lambda developer guide (Quotas; Scaling behavior; Execution environment; Provisioned
//! concurrency). Init: maxday/lambda-perf, daily cold starts of hello-world functions,
//! 2026-06-23 to 2026-08-22. Overhead, placement and keep-alive are estimates. Read 2026-11.

use crate::component::parameter::{
    Basis, Parameters, choice, count, custom, duration_in, duration_law, duration_or_unlimited,
    milliseconds_p50_p99, parameters, share,
};
use crate::component::price::{
    Charge, DATA_OUT, Environments, MILLION, ON, PRICE_LIST, Price, Tiers, Usage,
};
use crate::component::purchase::{ON_DEMAND, PLANS, Purchase};
use crate::component::release::Platform;
use crate::component::secret::{Secret, secret};
use crate::component::supply::{READY, UnitDefaults, UnitScaling, unit_scaling};
use crate::component::{
    Accepting, Access, Ask, BucketSpec, Class, Component, Compute, KindInfo, MostBytes, PoolSpec,
    Program, RetryDefaults, Scope, WorkSpec,
};
use crate::mechanism::pollers;
use crate::model::{Backoff, Cost};
use crate::random::law::Law;
use crate::spec::field::Field;
use crate::spec::reader::Object;
use crate::units::{Span, show};

/// Measured cold starts.
const INIT: &str = "maxday/lambda-perf, hello world, zip on x86-64, 2026-06-23 to 2026-08-22";
/// Memory that comes with one vCPU [MiB].
///
/// SOURCE: Lambda developer guide, Memory: 1,769 MB is one vCPU. Read 2026-11.
const MEBIBYTES_PER_VCPU: f64 = 1_769.0;
/// Requests per second for each unit of concurrency.
///
/// SOURCE: Lambda developer guide, Quotas. Read 2026-11.
const REQUESTS_PER_CONCURRENCY: f64 = 10.0;
/// New environments of a function: at once, and per second after that.
///
/// SOURCE: Lambda developer guide, Scaling behavior: 1,000 every 10 s. Read 2026-11.
const STARTS: (f64, f64) = (1_000.0, 100.0);
/// Further deliveries of a queue at once, per second.
///
/// SOURCE: Lambda developer guide, Scaling for SQS event source mappings: 300 a minute.
/// Read 2026-11.
const MORE_POLLERS: f64 = 5.0;
/// Attempts of an asynchronous invocation: in all, and where they are throttled.
///
/// SOURCE: Lambda developer guide, Asynchronous invocation: two more after an error, after
/// one minute and two; after a throttle up to 6 h, with pauses from 1 s to 5 min, which
/// are 9 to 256 s (511 s in all) and 70 of 300 s. Read 2026-11.
const ATTEMPTS: (u32, u32) = (3, 80);
/// Deliveries of a queue that remain possible while it is empty.
///
/// SOURCE: Lambda developer guide, Scaling for SQS event source mappings. Read 2026-11.
/// CHOICE: they go back as fast as they came; the guide does not say how fast.
const IDLE_POLLERS: u32 = 2;
/// Deliveries at once of an event poller that is provisioned.
///
/// SOURCE: Lambda developer guide, Provisioned mode for SQS event source mappings. Read
/// 2026-11.
const OF_A_POLLER: u32 = 10;
/// The most event pollers of a queue in provisioned mode, where none are given.
///
/// SOURCE: as above. Read 2026-11.
const MOST_PROVISIONED: u32 = 200;
/// Further deliveries per second in provisioned mode.
///
/// SOURCE: as above: 1,000 a minute. Read 2026-11.
const MORE_PROVISIONED: f64 = 1_000.0 / 60.0;
/// Provisioned mode.
const PROVISIONED_MODE: &str = "Lambda developer guide, Provisioned mode for SQS event source mappings: none until it is set, at most 200, read 2026-11";
/// How provisioned concurrency follows its use.
///
/// SOURCE: Application Auto Scaling user guide, target tracking: three points above the target, and
/// fifteen below nine tenths of it (the observed shape of its alarms). Lambda developer guide,
/// Provisioned concurrency: 6,000 environments a minute. ESTIMATE: they are ready two minutes
/// after they are asked for, and metrics are a minute old. Read 2026-11.
const SCALING: UnitDefaults = UnitDefaults {
    breaches: 3,
    delay: Span(60_000_000_000),
    start_up: Span(120_000_000_000),
    each: Span(10_000_000),
    low: |target| 0.9 * target,
    decreases: None,
};
/// Most time that a function may take.
///
/// SOURCE: Lambda developer guide, Quotas: 900 s. Read 2026-11.
const LONGEST: Span = Span(900_000_000_000);
/// Concurrency that cannot be reserved.
///
/// SOURCE: Lambda developer guide, Configuring reserved concurrency. Read 2026-11.
const UNRESERVED: u32 = 100;
/// Most deliveries at once to a function behind a queue.
///
/// SOURCE: Lambda developer guide, Scaling for SQS event source mappings: 1,250. Read 2026-11.
const POLLERS: u32 = 1_250;
/// What belongs to a version; all else is the function's, the account's or the bill's.
///
/// SOURCE: Lambda developer guide, Manage Lambda function versions. Read 2026-11.
const OF_A_VERSION: &[&str] = &[
    "memory",
    "runtime",
    "compute",
    "overhead",
    "placement",
    "init",
    "keep_alive",
    "lifetime",
    "timeout",
];
/// One mebibyte.
const MEBIBYTE: u64 = 1 << 20;

/// Bytes of an invocation that is waited for, and of one that is not.
///
/// SOURCE: Lambda developer guide, Quotas: 6 MB and 1 MB. Read 2026-11.
const MOST_SYNCHRONOUS: u64 = 6 << 20;
const MOST_ASYNCHRONOUS: u64 = 1 << 20;

/// What is paid for.
const PRICES: &[Price] = &[REQUESTS, DURATION, RESERVED, PROVISIONED, DATA_OUT];
const REQUESTS: Price = Price {
    item: "requests",
    unit: "request",
    usd: Tiers::Flat(0.2 / MILLION),
    free: MILLION,
    basis: Basis::Documented,
    source: PRICE_LIST,
};
const DURATION: Price = Price {
    item: "duration (x86)",
    unit: "GiB-s",
    usd: Tiers::Steps(&[
        (6_000.0 * MILLION, 0.000_016_666_7),
        (15_000.0 * MILLION, 0.000_015),
        (ON, 0.000_013_333_4),
    ]),
    free: 400_000.0,
    ..REQUESTS
};
const RESERVED: Price = Price {
    item: "provisioned concurrency (x86)",
    unit: "GiB-hour",
    usd: Tiers::Flat(0.000_004_166_7 * 3_600.0),
    free: 0.0,
    ..REQUESTS
};
const PROVISIONED: Price = Price {
    item: "duration on provisioned (x86)",
    unit: "GiB-s",
    usd: Tiers::Flat(0.000_009_722_2),
    free: 0.0,
    ..REQUESTS
};

/// The kind.
pub static INFO: KindInfo = KindInfo {
    kind: "lambda",
    class: Class::Programmable,
    summary: "a function; its environments serve one request each, made on demand",
    model: "takes the overhead of an invocation; passes rate and concurrency, else throttles; takes an idle \
            environment or creates one (cold start); runs the flow's steps at memory/1769 of a vCPU, within its time-out; \
            keeps the environment idle for a while; what is sent or copied is kept, done later and tried again",
    not_modelled: "what memory of a version costs more or less, versions with provisioned concurrency, what that takes from others, VPC, SnapStart, bytes of provisioned pollers",
    sources: "Lambda developer guide (Quotas; Scaling behavior; Execution environment; Provisioned concurrency); maxday/lambda-perf, 2026-06 to 2026-08; read 2026-11",
    operations: &[],
    prices: PRICES,
    parameters: Lambda::table,
    read: |object| Box::new(Lambda::read(object)),
};

/// What runs in the environment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Runtime {
    /// Median of init [ms].
    init_p50: f64,
    /// 99 % quantile of init [ms].
    init_p99: f64,
    /// What the first call takes longer, with 128, 256, 512 and 1,024 MiB [ms].
    first_call: [f64; 4],
}

/// Makes a runtime of its figures.
const fn runtime(init_p50: f64, init_p99: f64, first_call: [f64; 4]) -> Runtime {
    Runtime {
        init_p50,
        init_p99,
        first_call,
    }
}

/// SOURCE: maxday/lambda-perf, hello-world functions, zip on x86-64, about 2,340 cold
/// starts each, 2026-06-23 to 2026-08-22.
const RUNTIMES: &[(&str, Runtime)] = &[
    ("nodejs22", NODE_22),
    ("nodejs24", runtime(136.9, 208.2, [17.3, 5.2, 3.5, 3.4])),
    ("python3.13", runtime(86.8, 188.8, [2.3, 2.1, 2.1, 2.2])),
    ("python3.14", runtime(112.3, 269.0, [2.3, 2.0, 2.0, 2.0])),
    ("java21", runtime(240.4, 616.5, [96.9, 35.1, 32.0, 6.8])),
    ("java25", runtime(191.7, 495.0, [244.7, 95.2, 25.6, 10.2])),
    (
        "dotnet8",
        runtime(254.1, 655.0, [716.9, 355.6, 164.0, 74.4]),
    ),
    (
        "dotnet10",
        runtime(255.8, 703.0, [795.6, 387.5, 180.9, 80.3]),
    ),
    ("ruby3.4", runtime(225.8, 469.9, [12.0, 2.6, 2.6, 2.5])),
    ("go", runtime(50.1, 71.4, [1.6, 1.5, 1.5, 1.5])),
    ("rust", runtime(15.9, 49.2, [1.3, 1.3, 1.3, 1.4])),
];
/// The runtime where none is given.
const NODE_22: Runtime = runtime(142.3, 204.2, [12.3, 3.4, 3.4, 3.4]);

/// Reads the memory [MiB].
fn memory() -> crate::component::parameter::How<u64> {
    let read = |field: &Field<'_>| {
        let bytes = field.size()?;
        if (128 * MEBIBYTE..=10_240 * MEBIBYTE).contains(&bytes) {
            return Some(bytes / MEBIBYTE);
        }
        field.out_of_range("128MiB", "10240MiB")
    };
    custom("size", "128MiB to 10240MiB", read, |mebibytes: &u64| {
        show::size((*mebibytes * MEBIBYTE) as f64)
    })
}

parameters! {
    /// Parameters of a function.
    pub struct Lambda {
        /// Memory, and with it the share of a processor.
        memory: u64 = 512, memory(), Choice, "a common size; the vendor's own default is the least, 128MiB";
        /// What runs in the environment.
        runtime: Runtime = NODE_22, choice(RUNTIMES), Measured, INIT;
        /// How duration and provisioned concurrency are bought, for the bill.
        purchase: Purchase = Purchase::OnDemand, choice(PLANS), Choice, ON_DEMAND;
        /// Share of the list price that `purchase` saves; needed where it is not on demand.
        discount: Option<f64> = None, share(), Choice, "none is known that would be usual";
        /// Work of a request for which the flow gives no steps, on one full vCPU.
        compute: Law = milliseconds_p50_p99(3.0, 12.0), duration_law(), Choice, "a small handler";
        /// Time of an invocation before the function runs.
        overhead: Law = milliseconds_p50_p99(6.0, 30.0), duration_law(), Estimate, "front end, routing and placement of a warm call, 2026-11; no distribution is published";
        /// Time from the decision to create an environment until its init begins.
        placement: Law = milliseconds_p50_p99(110.0, 450.0), duration_law(), Estimate, "placement and download of a zip file, 2026-11; the vendor gives only 0.1 s to over 1 s for all of a cold start";
        /// Init and first call of an environment; without it those of the runtime.
        init: Option<Law> = None, duration_law(), Measured, INIT;
        /// How long an idle environment is kept.
        keep_alive: Law = Law::Uniform { low: 300e9, high: 900e9 }, duration_law(), Estimate, "5 to 15 minutes as commonly observed, 2026-11; the vendor gives no figure";
        /// Age at which an environment is replaced, as soon as it is idle; those that are always ready stay.
        lifetime: Span = Span(7_200_000_000_000), duration_or_unlimited(), Estimate, "about two hours as commonly observed, 2026-11; the vendor gives no figure";
        /// The function's own time limit.
        timeout: Span = LONGEST, duration_in(Span(1_000_000)..=LONGEST), Choice, "the most there is (Lambda developer guide, Quotas, read 2026-11); a new function is given 3 s";
        /// Time until a sender is told that an asynchronous invocation is kept.
        accept: Law = milliseconds_p50_p99(12.0, 60.0), duration_law(), Estimate, "an Invoke of type Event until its answer, 2026-11; no distribution is published";
        /// Time that it is kept until it is invoked, if nothing holds it up.
        dispatch: Law = milliseconds_p50_p99(50.0, 500.0), duration_law(), Estimate, "an internal queue without congestion, 2026-11; no distribution is published";
        /// Deliveries of a queue at once, at the start of the run; 5 more each second while it is not enough, and fewer again, to 2, while the queue is empty.
        pollers: u32 = 5, count(1..=POLLERS), Documented, "Lambda developer guide, Scaling for SQS event source mappings, read 2026-11";
        /// Event pollers that are provisioned for each queue: the fewest that there are, of 10 deliveries at once each; without it `pollers`.
        provisioned_pollers: Option<u32> = None, count(1..=200), Documented, PROVISIONED_MODE;
        /// The most event pollers of a queue that they grow to; with `provisioned_pollers`, and without it 200.
        most_pollers: Option<u32> = None, count(1..=10_000), Documented, PROVISIONED_MODE;
        /// Concurrency that is kept for the function, and its most; without it the account's.
        reserved_concurrency: Option<u32> = None, count(1..=1_000_000), Documented, "Lambda developer guide, Reserved concurrency: none until it is set, read 2026-11";
        /// Environments that are always ready; more are created on demand.
        provisioned_concurrency: u32 = 0, count(0..=1_000_000), Documented, "Lambda developer guide, Provisioned concurrency: none until it is set, read 2026-11";
        /// How `provisioned_concurrency` follows its use.
        provisioned_scaling: Option<UnitScaling> = None, unit_scaling(), Choice, "a fixed number";
        /// Secret that an environment reads before its first invocation, and keeps.
        secret: Option<Secret> = None, secret(), Choice, "none is read";
    }
    check Lambda::check
}

impl Lambda {
    /// Checks rules between parameters.
    fn check(&mut self, object: &mut Object<'_>) {
        self.purchase.check(self.discount, &[], object);
        self.check_pollers(object);
        if self.secret.is_some() && self.provisioned_scaling.is_some() {
            let message = format!(
                "{} reads a `secret`, so that its environments must not follow `provisioned_scaling`: nobody invokes those that are made ready",
                object.owner()
            );
            object.error_at("secret", "lambda::secret", message);
        }
        if let (Some(reserved), Some(scaling)) =
            (self.reserved_concurrency, &self.provisioned_scaling)
            && scaling.most() > reserved
        {
            let message = format!(
                "`max` in `provisioned_scaling` of {} must be at most its `reserved_concurrency`, {reserved}, got {}",
                object.owner(),
                scaling.most()
            );
            object.error_at("provisioned_scaling", "lambda::provisioned", message);
        }
        if let Some(reserved) = self.reserved_concurrency
            && self.provisioned_concurrency > reserved
        {
            object.error_at(
                "provisioned_concurrency",
                "lambda::provisioned",
                format!(
                    "`provisioned_concurrency` of {} must be at most its `reserved_concurrency`, {reserved}, got {}",
                    object.owner(),
                    self.provisioned_concurrency
                ),
            );
        }
    }

    /// Returns the environments that are kept ready at the start.
    fn provisioned(&self) -> u32 {
        let said = self.provisioned_concurrency;
        let scaling = self.provisioned_scaling.as_ref();
        scaling.map_or(said, |scaling| scaling.start(said))
    }

    /// Returns the most event pollers of a queue in provisioned mode.
    fn grown_pollers(&self) -> u32 {
        self.most_pollers.unwrap_or(MOST_PROVISIONED)
    }

    /// Checks how deliveries of queues begin.
    fn check_pollers(&self, object: &mut Object<'_>) {
        let Some(least) = self.provisioned_pollers else {
            if object.has("most_pollers") {
                let message = format!(
                    "`most_pollers` of {} needs `provisioned_pollers`",
                    object.owner()
                );
                object.error_at("most_pollers", "lambda::pollers", message);
            }
            return;
        };
        if object.has("pollers") {
            let message = format!(
                "`pollers` of {} does not apply: `provisioned_pollers` takes its place",
                object.owner()
            );
            object.error_at("pollers", "lambda::pollers", message);
        }
        let most = self.grown_pollers();
        if most < least {
            let message = format!(
                "`most_pollers` of {} must be at least its `provisioned_pollers`, {least}, got {most}",
                object.owner()
            );
            object.error_at("most_pollers", "lambda::pollers", message);
        }
    }

    /// Returns what a cold start adds.
    fn cold_start(&self) -> Law {
        let runtime = &self.runtime;
        let size = match self.memory {
            0..=255 => 0,
            256..=511 => 1,
            512..=1_023 => 2,
            _ => 3,
        };
        let mut parts = vec![self.placement.clone()];
        match &self.init {
            Some(init) => parts.push(init.clone()),
            None => {
                parts.push(milliseconds_p50_p99(runtime.init_p50, runtime.init_p99));
                parts.push(Law::Constant(runtime.first_call[size] * 1e6));
            }
        }
        Law::Sum(parts)
    }
}

/// Returns the concurrency that functions share for which none is reserved.
pub(super) fn unreserved(program: &mut Program<'_>) -> u32 {
    let account = program.account();
    let (all, reserved) = (account.function_concurrency, account.reserved_functions);
    if reserved > all.saturating_sub(UNRESERVED) && reserved > 0 {
        let message = format!(
            "functions reserve {reserved} of the {all} that the account may have inside at once, of which \
             {UNRESERVED} must not be reserved"
        );
        program.refuse("lambda::reserved", message);
    }
    all.saturating_sub(reserved).max(1)
}

impl Component for Lambda {
    fn info(&self) -> &'static KindInfo {
        &INFO
    }

    fn compile(&self, program: &mut Program<'_>) {
        program.work(&WorkSpec::of(&self.overhead));
        let (most, scope) = match self.reserved_concurrency {
            Some(reserved) => (reserved, Scope::Node),
            None => (unreserved(program), Scope::Account),
        };
        let per_s = f64::from(most) * REQUESTS_PER_CONCURRENCY;
        // ESTIMATE: the cap is kept as one second of its rate.
        let cap = BucketSpec {
            rate_per_s: per_s,
            burst: per_s,
            window: Span::ZERO,
            scope,
        };
        let requests = program.bucket("requests per unit of concurrency", &cap);
        program.admit(&[requests], Cost::One, false);
        program.limit("concurrency of functions", most, scope, None, false);
        let pool = program.pool(
            "environments",
            &PoolSpec {
                cold_start: Some(self.cold_start()),
                keep_alive: self.keep_alive.clone(),
                last_used: true,
                most,
                start_rate: STARTS.1,
                start_burst: STARTS.0,
                provisioned: self.provisioned(),
                lifetime: self.lifetime,
            },
        );
        if let Some(scaling) = &self.provisioned_scaling {
            program.supply_ready(pool, scaling, SCALING);
        }
        match &self.secret {
            Some(secret) => secret.of_environment(program, pool),
            None => program.environment(pool, None, &|_| {}),
        }
        let compute = Compute {
            station: None,
            blocking: false,
            scale: (MEBIBYTES_PER_VCPU / self.memory as f64).max(1.0),
            alone: Some(self.compute.clone()),
        };
        program.steps_within(&compute, self.timeout);
    }

    fn platform(&self) -> Option<Platform> {
        Some(Platform::Functions)
    }

    fn versions(&self) -> &'static [&'static str] {
        match self.provisioned() {
            0 => OF_A_VERSION,
            _ => &[],
        }
    }

    fn follows_schedule(&self) -> bool {
        let scaling = self.provisioned_scaling.as_ref();
        scaling.is_some_and(|scaling| !scaling.schedule.is_empty())
    }

    fn most_bytes(&self, _op: &str, ask: &Ask) -> Option<MostBytes> {
        Some(MostBytes::call(match ask.access {
            Access::Send => MOST_ASYNCHRONOUS,
            Access::Read | Access::Write | Access::Call => MOST_SYNCHRONOUS,
        }))
    }

    fn charges(&self) -> Vec<Charge> {
        let gibibytes = self.memory as f64 / 1024.0;
        let on_demand = Environments {
            each: gibibytes,
            provisioned: self.provisioned(),
            supply: READY,
            of_provisioned: false,
            // Init is charged, what comes before it is not.
            free_start_ns: self.placement.mean(),
            before_ns: self.overhead.mean(),
            // Times are rounded up to whole milliseconds.
            rounding_ns: 500_000.0,
        };
        let discount = self.purchase.discount(self.discount, &[]);
        let mut charges = vec![
            Charge::new(&REQUESTS, Usage::Visits(&[])),
            Charge::new(&DURATION, Usage::Environments(on_demand)).at(discount),
            Charge::new(&DATA_OUT, Usage::Replies),
        ];
        if self.provisioned() > 0 {
            let provisioned = Environments {
                of_provisioned: true,
                ..on_demand
            };
            let reserved = Usage::Supplied {
                what: READY,
                units: f64::from(self.provisioned()),
                each: gibibytes,
            };
            let provisioned = Usage::Environments(provisioned);
            charges.push(Charge::new(&RESERVED, reserved).at(discount));
            charges.push(Charge::new(&PROVISIONED, provisioned).at(discount));
        }
        charges
    }

    fn room(&self) -> u32 {
        match self.provisioned_pollers {
            Some(_) => self.grown_pollers() * OF_A_POLLER,
            None => POLLERS,
        }
    }

    fn pollers(&self) -> Option<pollers::Rules> {
        Some(match self.provisioned_pollers {
            Some(least) => pollers::Rules {
                start: least * OF_A_POLLER,
                least: least * OF_A_POLLER,
                most: self.grown_pollers() * OF_A_POLLER,
                per_s: MORE_PROVISIONED,
            },
            None => pollers::Rules {
                start: self.pollers,
                least: IDLE_POLLERS.min(self.pollers),
                most: POLLERS,
                per_s: MORE_POLLERS,
            },
        })
    }

    fn unbilled(&self) -> Vec<&'static str> {
        match self.provisioned_pollers {
            Some(_) => vec!["event pollers that are provisioned"],
            None => Vec::new(),
        }
    }

    fn asks(&self) -> Option<&str> {
        self.secret.as_ref()?.asks()
    }

    fn reserves(&self) -> u32 {
        self.reserved_concurrency.unwrap_or(0)
    }

    fn accepts(&self) -> Option<Accepting> {
        Some(Accepting {
            time: self.accept.clone(),
            wait: self.dispatch.clone(),
            retry: RetryDefaults {
                attempts: ATTEMPTS.0,
                backoff: Backoff::Exponential,
                base: Law::Constant(60e9),
                cap: Span(300_000_000_000),
                factor: 2.0,
                at_once: 0,
                steady: 0,
            },
            throttled: (ATTEMPTS.1, Law::Constant(1e9)),
        })
    }
}

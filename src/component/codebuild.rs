//! CodeBuild: builds of a project, so many at once; the others wait.
//!
//! # Model
//! 1. A call is a build. With `concurrency` builds in work it waits, first come, first served;
//!    with five times as many waiting it is refused at once (throttled:
//!    AccountLimitExceededException). Who has waited for `queued_timeout` is given up (timed out).
//! 2. It takes a place for the provisioning of its environment and the time of the `build`.
//! 3. A share of the builds (`failure`) ends as failed.
//!
//! A change of version that follows a build is a `deployment` of the file, which begins when
//! the file says; a `codedeploy` node says how it goes on.
//!
//! # Not modelled
//! - The time-out of a build, an hour: give the calling link a `timeout`, which stops nothing.
//! - Projects that share the account's builds of one compute type; batches of builds; caches of
//!   dependencies; reserved fleets, but by `provisioning` and `concurrency` of their own.
//!
//! # Sources
//! CodeBuild user guide (Quotas), recalled; prices by Infracost's golden outputs. Provisioning
//! is an estimate. Read 2026-11.

use crate::component::parameter::{
    Basis, Parameters, choice, count, duration, duration_law, milliseconds_p50_p99, parameters,
    share,
};
use crate::component::price::{Charge, PRICE_LIST, Price, Tiers, Usage};
use crate::component::{Class, Component, KindInfo, Program, StationSpec, WorkSpec};
use crate::model::Outcome;
use crate::random::law::Law;
use crate::units::Span;

/// Limits.
const QUOTAS: &str = "CodeBuild user guide, Quotas, recalled 2026-11";
/// Times of provisioning.
const PROVISIONING: &str = "no figure is published, 2026-11: a median of 25 s (p99 60 s) for small and 30 s (80 s) for larger Linux environments";
/// Builds that may wait for each that may run.
///
/// SOURCE: CodeBuild user guide, Quotas: five times the limit of concurrent builds, recalled. 2026-11.
const WAITING: u32 = 5;
/// Free minutes of a month.
const FREE_MINUTES: f64 = 100.0;

/// What is paid for.
const PRICES: &[Price] = &[SMALL, MEDIUM, LARGE];
const SMALL: Price = Price {
    item: "build minutes (general1.small)",
    unit: "minute",
    usd: Tiers::Flat(0.005),
    free: FREE_MINUTES,
    basis: Basis::Documented,
    source: PRICE_LIST,
};
const MEDIUM: Price = Price {
    item: "build minutes (general1.medium)",
    usd: Tiers::Flat(0.01),
    free: 0.0,
    ..SMALL
};
const LARGE: Price = Price {
    item: "build minutes (general1.large)",
    usd: Tiers::Flat(0.02),
    ..MEDIUM
};

/// The kind.
pub static INFO: KindInfo = KindInfo {
    kind: "codebuild",
    class: Class::Leaf,
    summary: "builds of a project, so many at once; the others wait",
    model: "waits for one of the concurrent builds, up to a time, and throttles if five times as many wait; takes it for \
            provisioning and build; a share fails",
    not_modelled: "the time-out of a build, projects that share a limit, batches, caches",
    sources: "CodeBuild user guide (Quotas), recalled; read 2026-11",
    operations: &[],
    prices: PRICES,
    parameters: CodeBuild::table,
    read: |object| Box::new(CodeBuild::read(object)),
};

/// What a build runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    /// 2 vCPU.
    Small,
    /// 4 vCPU.
    Medium,
    /// 8 vCPU.
    Large,
}

/// Words for it.
const SIZES: &[(&str, Size)] = &[
    ("small", Size::Small),
    ("medium", Size::Medium),
    ("large", Size::Large),
];

parameters! {
    /// Parameters of a project's builds.
    pub struct CodeBuild {
        /// What a build runs on, general-purpose Linux; it decides provisioning and price.
        compute: Size = Size::Small, choice(SIZES), Choice, "the smallest";
        /// Builds at once; without it 60, and 1 in a new account.
        concurrency: Option<u32> = None, count(1..=10_000), Documented, QUOTAS;
        /// Longest wait for one of them.
        queued_timeout: Span = Span(28_800_000_000_000), duration(), Documented, QUOTAS;
        /// Time until the environment of a build is there; without it that of the `compute`.
        provisioning: Option<Law> = None, duration_law(), Estimate, PROVISIONING;
        /// Time of the build itself.
        build: Law = milliseconds_p50_p99(180_000.0, 600_000.0), duration_law(), Choice, "three minutes of fetching, compiling and testing; put your own";
        /// Share of builds that fail.
        failure: f64 = 0.0, share(), Choice, "none until it is said";
    }
}

impl CodeBuild {
    /// Returns the time that a build takes its place for.
    fn time(&self) -> Law {
        let usual = match self.compute {
            Size::Small => milliseconds_p50_p99(25_000.0, 60_000.0),
            Size::Medium | Size::Large => milliseconds_p50_p99(30_000.0, 80_000.0),
        };
        let provisioning = self.provisioning.clone().unwrap_or(usual);
        Law::Sum(vec![provisioning, self.build.clone()])
    }
}

impl CodeBuild {
    /// Returns the minutes that a build pays for, on average: whole ones.
    fn minutes(&self) -> f64 {
        let minutes = self.time().mean() / 60e9;
        let is_constant = |law: &Option<Law>| matches!(law, Some(Law::Constant(_)));
        match is_constant(&self.provisioning) && is_constant(&Some(self.build.clone())) {
            true => minutes.ceil(),
            // ESTIMATE: times are spread evenly over the last minute.
            false => minutes + 0.5,
        }
    }
}

impl Component for CodeBuild {
    fn info(&self) -> &'static KindInfo {
        &INFO
    }

    fn compile(&self, program: &mut Program<'_>) {
        let concurrency = self.concurrency.unwrap_or(program.account().builds);
        let builds = StationSpec {
            servers: concurrency,
            waiting_limit: concurrency.saturating_mul(WAITING),
            when_full: Outcome::Throttled,
            max_wait: Some(Law::Constant(self.queued_timeout.0 as f64)),
            ..StationSpec::default()
        };
        let builds = program.station("builds", &builds);
        program.serve(builds, &WorkSpec::of(&self.time()));
        program.fail(self.failure);
    }

    fn charges(&self) -> Vec<Charge> {
        let price = match self.compute {
            Size::Small => &SMALL,
            Size::Medium => &MEDIUM,
            Size::Large => &LARGE,
        };
        let minutes = self.minutes();
        vec![Charge::new(price, Usage::EachVisit(minutes))]
    }

    fn unbilled(&self) -> Vec<&'static str> {
        vec!["that builds which were given up while they waited cost nothing"]
    }
}

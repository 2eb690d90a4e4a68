//! CodeDeploy: brings another version to servers, tasks or functions.
//!
//! # Model
//! 1. Who names it by `by` in `deployments` is carried out as `configuration` says. Servers are
//!    replaced in batches: one, half of them (rounded down) or all at a time, each out for
//!    `install`. New tasks are started beside the old ones, and versions of a function stand
//!    side by side: a canary shifts a tenth of the calls, and all others some minutes later, a
//!    linear one a tenth every so many minutes; a shift of a function holds after `shift`.
//! 2. An alarm of the deployment's `rollback_on` is acted upon after `rollback`. Tasks and
//!    functions get their calls back in one step; servers are installed anew.
//! 3. A node has one deployment at a time; a later one begins when it is over.
//! 4. A call is a deployment of its own, as a pipeline waits for it: it takes the time of the
//!    configuration, for `hosts` servers. While one is in work in this group, the node, or
//!    `concurrency` in the account, it is throttled (DeploymentLimitExceededException).
//! 5. A share of the calls (`failure`) ends as failed.
//!
//! # Not modelled
//! - That a call changes a version: the deployments of the file do, at their times.
//! - Servers that fail to install: fewest healthy hosts, and what becomes of the others.
//! - Hooks of the life cycle; blue/green of servers; the old tasks' wait before they end; how
//!   long a shift between tasks takes in a deployment of the file.
//! - Configurations of one's own: give the deployment a `strategy` instead of `by`.
//!
//! # Sources
//! CodeDeploy user guide (Working with deployment configurations; CodeDeploy quotas). Times
//! are estimates. Read 2026-11.

use crate::component::parameter::{
    Parameters, choice, count, duration_law, milliseconds_p50_p99, parameters, share,
};
use crate::component::price::Price;
use crate::component::release::{Platform, Release};
use crate::component::{Class, Component, KindInfo, Program, Scope, WorkSpec};
use crate::model::control::{Batch, Strategy};
use crate::random::law::Law;
use crate::units::Span;

/// Limits.
const QUOTAS: &str = "CodeDeploy user guide, CodeDeploy quotas, recalled 2026-11";
/// Configurations.
const CONFIGURATIONS: &str = "CodeDeploy user guide, Working with deployment configurations: that of servers where none is said, read 2026-11";
/// Deployments to one group at once.
///
/// SOURCE: CodeDeploy user guide, CodeDeploy quotas. Read 2026-11.
const OF_A_GROUP: u32 = 1;
/// Share of the calls that a canary begins with, and that a linear configuration adds.
///
/// SOURCE: CodeDeploy user guide, Working with deployment configurations. Read 2026-11.
const TENTH: f64 = 0.1;
/// One minute.
const MINUTE: Span = Span(60_000_000_000);

/// What is paid for: nothing.
///
/// SOURCE: deployments to EC2, ECS and Lambda are at no charge, CodeDeploy pricing, recalled. 2026-11.
const PRICES: &[Price] = &[];

/// The kind.
pub static INFO: KindInfo = KindInfo {
    kind: "codedeploy",
    class: Class::Leaf,
    summary: "brings another version to servers, tasks or functions",
    model: "a deployment of the file that names it replaces batches or shifts calls as the configuration says, and is taken back \
            a while after an alarm; a call takes the time of a deployment, one at a time in the group, else throttles; a share fails",
    not_modelled: "that a call changes a version, servers that fail to install, hooks, blue/green of servers, configurations of one's own",
    sources: "CodeDeploy user guide (Working with deployment configurations; CodeDeploy quotas); read 2026-11",
    operations: &[],
    prices: PRICES,
    parameters: CodeDeploy::table,
    read: |object| Box::new(CodeDeploy::read(object)),
};

/// How versions change over, and on what.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Configuration {
    platform: Platform,
    strategy: Strategy,
}

/// Makes a configuration of servers.
const fn servers(batch: Batch) -> Configuration {
    let pause = Span::ZERO;
    Configuration {
        platform: Platform::Servers,
        strategy: Strategy::Rolling { batch, pause },
    }
}

/// Makes a configuration that shifts a tenth, and the others after so many minutes.
const fn canary(platform: Platform, minutes: u64) -> Configuration {
    let strategy = Strategy::Canary {
        share: TENTH,
        length: Span(minutes * MINUTE.0),
    };
    Configuration { platform, strategy }
}

/// Makes a configuration that shifts a tenth every so many minutes.
const fn linear(platform: Platform, minutes: u64) -> Configuration {
    let strategy = Strategy::Linear {
        share: TENTH,
        every: Span(minutes * MINUTE.0),
    };
    Configuration { platform, strategy }
}

/// Makes a configuration that shifts all calls in one step.
const fn at_once(platform: Platform) -> Configuration {
    Configuration {
        platform,
        strategy: Strategy::BlueGreen,
    }
}

/// All servers at the same time.
const ALL: Configuration = Configuration {
    platform: Platform::Servers,
    strategy: Strategy::AllAtOnce,
};

/// The predefined configurations; their names, in other letters, behind `CodeDeployDefault.`.
///
/// SOURCE: CodeDeploy user guide, Working with deployment configurations. Read 2026-11.
const KNOWN: &[(&str, Configuration)] = &[
    ("all-at-once", ALL),
    ("half-at-a-time", servers(Batch::Half)),
    ("one-at-a-time", servers(Batch::One)),
    ("ecs-all-at-once", at_once(Platform::Containers)),
    (
        "ecs-canary-10-percent-5-minutes",
        canary(Platform::Containers, 5),
    ),
    (
        "ecs-canary-10-percent-15-minutes",
        canary(Platform::Containers, 15),
    ),
    (
        "ecs-linear-10-percent-every-1-minute",
        linear(Platform::Containers, 1),
    ),
    (
        "ecs-linear-10-percent-every-3-minutes",
        linear(Platform::Containers, 3),
    ),
    ("lambda-all-at-once", at_once(Platform::Functions)),
    (
        "lambda-canary-10-percent-5-minutes",
        canary(Platform::Functions, 5),
    ),
    (
        "lambda-canary-10-percent-10-minutes",
        canary(Platform::Functions, 10),
    ),
    (
        "lambda-canary-10-percent-15-minutes",
        canary(Platform::Functions, 15),
    ),
    (
        "lambda-canary-10-percent-30-minutes",
        canary(Platform::Functions, 30),
    ),
    (
        "lambda-linear-10-percent-every-1-minute",
        linear(Platform::Functions, 1),
    ),
    (
        "lambda-linear-10-percent-every-2-minutes",
        linear(Platform::Functions, 2),
    ),
    (
        "lambda-linear-10-percent-every-3-minutes",
        linear(Platform::Functions, 3),
    ),
    (
        "lambda-linear-10-percent-every-10-minutes",
        linear(Platform::Functions, 10),
    ),
];

parameters! {
    /// Parameters of a deployment group.
    pub struct CodeDeploy {
        /// How versions change over, and on what.
        configuration: Configuration = servers(Batch::One), choice(KNOWN), Documented, CONFIGURATIONS;
        /// Servers, or tasks, of a deployment that is called; the deployments of the file have those of their node.
        hosts: u32 = 3, count(1..=1_000), Choice, "a small group, put your own";
        /// Time until a server runs the new version, or new tasks do of a deployment that is called.
        install: Law = milliseconds_p50_p99(60_000.0, 180_000.0), duration_law(), Estimate, "practice, 2026-11; no distribution is published, put your own";
        /// Time until a change of the calls' shares holds; without it 1.5 s (p99 6 s) of functions, 4 s (15 s) of containers.
        shift: Option<Law> = None, duration_law(), Estimate, "practice, 2026-11; no distribution is published, put your own";
        /// Time from an alarm until a deployment is taken back.
        rollback: Law = milliseconds_p50_p99(20_000.0, 60_000.0), duration_law(), Estimate, "alarms are asked for every 30 s, 2026-11; no distribution is published";
        /// Deployments of the account at once.
        concurrency: u32 = 1_000, count(1..=100_000), Documented, QUOTAS;
        /// Share of the calls that fail.
        failure: f64 = 0.0, share(), Choice, "none until it is said";
    }
}

impl CodeDeploy {
    /// Returns how long a change of the calls' shares takes.
    fn shift(&self) -> Law {
        let usual = match self.configuration.platform {
            Platform::Functions => milliseconds_p50_p99(1_500.0, 6_000.0),
            Platform::Servers | Platform::Containers => milliseconds_p50_p99(4_000.0, 15_000.0),
        };
        self.shift.clone().unwrap_or(usual)
    }

    /// Returns what passes while calls are shifted: changes of their shares, and what lies between.
    fn shifts(&self) -> Law {
        let shift = self.shift();
        let parts = match self.configuration.strategy {
            Strategy::AllAtOnce | Strategy::BlueGreen | Strategy::Rolling { .. } => vec![shift],
            Strategy::Canary { length, .. } => {
                vec![shift.clone(), Law::Constant(length.0 as f64), shift]
            }
            Strategy::Linear { share, every } => {
                let changes = (1.0 / share - 1e-9).ceil();
                let between = Law::Constant(every.0 as f64 * (changes - 1.0));
                let mut parts = vec![shift; changes as usize];
                parts.push(between);
                parts
            }
        };
        Law::Sum(parts)
    }

    /// Writes that some hosts get the new version at the same time, and that all are waited for.
    fn install(&self, program: &mut Program<'_>, hosts: u32) {
        let install = WorkSpec::of(&self.install);
        match hosts {
            1 => program.work(&install),
            _ => program.at_once(hosts, |program| program.work(&install)),
        }
    }
}

impl Component for CodeDeploy {
    fn info(&self) -> &'static KindInfo {
        &INFO
    }

    fn compile(&self, program: &mut Program<'_>) {
        let scope = Scope::Account;
        program.limit(
            "deployments of the group",
            OF_A_GROUP,
            Scope::Node,
            None,
            false,
        );
        program.limit(
            "deployments of the account",
            self.concurrency,
            scope,
            None,
            false,
        );
        match (self.configuration.platform, self.configuration.strategy) {
            (Platform::Servers, Strategy::Rolling { batch, .. }) => {
                let (mut left, batch) = (self.hosts, batch.of(self.hosts));
                while left > 0 {
                    self.install(program, batch.min(left));
                    left -= batch.min(left);
                }
            }
            (Platform::Servers, _) => self.install(program, self.hosts),
            (Platform::Containers, _) => {
                self.install(program, self.hosts);
                program.work(&WorkSpec::of(&self.shifts()));
            }
            (Platform::Functions, _) => program.work(&WorkSpec::of(&self.shifts())),
        }
        program.fail(self.failure);
    }

    fn releases(&self) -> Option<Release> {
        let platform = self.configuration.platform;
        Some(Release {
            platform,
            strategy: self.configuration.strategy,
            start_up: match platform {
                Platform::Servers => Some(self.install.clone()),
                Platform::Containers => None,
                Platform::Functions => Some(self.shift()),
            },
            rollback: self.rollback.clone(),
        })
    }

    fn unbilled(&self) -> Vec<&'static str> {
        vec!["updates of servers outside of EC2"]
    }
}

//! A balancer: hands every call on to one of its links and their copies.
//!
//! # Model
//! The links that match the call are the targets; the policy chooses among all
//! copies behind them, by the balancer's own counts of calls outstanding.
//! With `health`, a copy that has been out for `failures` checks in a row gets no calls until
//! it was well for `successes`; links that stand by get some while nobody else is well, and
//! if nobody is at all, all others get them as if they were.
//!
//! # Not modelled
//! Any time or limit of its own; checks that take time, or fail because a copy is slow or its
//! calls fail: a copy is out only by a fault.
//!
//! # Sources
//! Defaults: round robin is what most balancers begin with; two choices are the
//! classical number (Mitzenmacher 2001).

use crate::component::health::HealthSpec;
use crate::component::parameter::{
    POLICIES, Parameters, choice, count, duration, object, parameters,
};
use crate::component::{BalancerSpec, Class, Component, KindInfo, Program};
use crate::mechanism::health::Health;
use crate::model::Policy;
use crate::units::Span;

/// How it looks where nothing else is said.
///
/// CHOICE: as often as most balancers do.
const OWN: Health = Health {
    every: Span(10_000_000_000),
    failures: 2,
    successes: 2,
};

/// The kind.
pub static INFO: KindInfo = KindInfo {
    kind: "balancer",
    class: Class::Forwarding,
    summary: "hands every call on to one of its links and their copies",
    model: "chooses among the copies behind the links that match, by policy and its own counts; with health checks among those that are not known to be out",
    not_modelled: "any time or limit of its own, health checks that fail for want of speed or by chance, for a link, or for visits that fail",
    sources: super::SOURCES,
    operations: super::PLAIN,
    prices: &[],
    parameters: PlainBalancer::table,
    read: |object| Box::new(PlainBalancer::read(object)),
};

parameters! {
    /// Parameters of a balancer.
    pub struct PlainBalancer {
        /// How it chooses.
        policy: Policy = Policy::RoundRobin, choice(POLICIES), Choice, "what most balancers begin with";
        /// Candidates looked at, for `choices`.
        choices: u32 = 2, count(1..=1_000), Choice, "two choices already bring most of the gain";
        /// Which of equally good candidates is taken: any, or the first.
        ties: bool = false, choice(&[("random", false), ("first", true)]), Choice, "no candidate is preferred";
        /// How old the counts of calls outstanding may be.
        refresh: Span = Span::ZERO, duration(), Choice, "one balancer knows its own counts";
        /// Health checks; what they do not say is every 10s, and 2 in a row. Without them no copy is
        /// ever held to be out.
        health: Option<HealthSpec> = None, object::<HealthSpec>(), Choice, "nobody looks";
    }
}

impl Component for PlainBalancer {
    fn info(&self) -> &'static KindInfo {
        &INFO
    }

    fn health(&self) -> Option<Health> {
        Some(self.health.as_ref()?.or(OWN))
    }

    fn has_reserve(&self) -> bool {
        self.health.is_some()
    }

    fn compile(&self, program: &mut Program<'_>) {
        program.balance(BalancerSpec {
            choices: self.choices,
            first_of_ties: self.ties,
            refresh: self.refresh,
            ..BalancerSpec::of(self.policy)
        });
    }
}

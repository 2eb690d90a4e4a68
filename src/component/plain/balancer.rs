//! A balancer: hands every call on to one of its links and their copies.
//!
//! # Model
//! The links that match the call are the targets; the policy chooses among all
//! copies behind them, by the balancer's own counts of calls outstanding.
//!
//! # Not modelled
//! Any time or limit of its own. Health checks are refused.
//!
//! # Sources
//! Defaults: round robin is what most balancers begin with; two choices are the
//! classical number (Mitzenmacher 2001).

use crate::component::parameter::{
    POLICIES, Parameters, choice, count, duration, not_yet, parameters,
};
use crate::component::{BalancerSpec, Class, Component, KindInfo, Program};
use crate::model::Policy;
use crate::units::Span;

/// The kind.
pub static INFO: KindInfo = KindInfo {
    kind: "balancer",
    class: Class::Forwarding,
    summary: "hands every call on to one of its links and their copies",
    model: "chooses among the copies behind the links that match, by policy and its own counts",
    not_modelled: "any time or limit of its own, health checks",
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
        /// Health checks.
        health: Option<()> = None, not_yet("object"), Choice, "all targets are healthy";
    }
}

impl Component for PlainBalancer {
    fn info(&self) -> &'static KindInfo {
        &INFO
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

//! Calls → routes: to whom, how far, and whose policy holds.
//!
//! A property of the step holds over the link's, the link's over the kind's.

use super::hash::site;
use super::transfer::Transfer;
use super::writer::{Edge, Key, Writer};
use crate::component::build::{Build, Owner, Quantity, Table, index, threshold64};
use crate::component::{Access, Ask, CallDefaults, Class, RetryDefaults};
use crate::diagnostic::Place;
use crate::model::{
    self, Backoff, CountFrom, Discipline, INHERITED, NONE, OnRoom, Outcome, Pick, Route,
};
use crate::random::law::Law;
use crate::topology::{self, Bad, CallPolicy};
use crate::units::Span;

/// Where the size of one item comes from.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Bytes<'a> {
    /// The step says it.
    Law(&'a Law),
    /// The callee's item; from the client, the flow's request.
    Item,
    /// The size in force at the caller.
    Inherited,
}

/// A call that is to become a route.
#[derive(Clone, Debug)]
pub(crate) struct Plan<'a, 't> {
    /// The link it takes.
    pub(crate) edge: Edge<'t>,
    /// What the callee is asked.
    pub(crate) ask: Ask,
    /// Items in the call.
    pub(crate) count: CountFrom,
    /// Size of one item.
    pub(crate) bytes: Bytes<'a>,
    /// Key law drawn for it, or `NONE`.
    pub(crate) key: u32,
    /// Policy of the step.
    pub(crate) policy: Option<&'a CallPolicy>,
    /// Where it was written.
    pub(crate) place: &'a Place,
    /// Who hears that the callee has room.
    pub(crate) on_room: OnRoom,
}

/// The policy that holds for a call.
#[derive(Debug)]
struct Policy<'a> {
    /// What the step says.
    step: Option<&'a CallPolicy>,
    /// What the link says.
    link: Option<&'a CallPolicy>,
    /// What the caller's kind does.
    kind: CallDefaults,
}

impl<'a> Policy<'a> {
    /// Returns the first of step and link that says something.
    fn said<T>(&self, part: impl Fn(&'a CallPolicy) -> Option<T>) -> Option<T> {
        self.step
            .and_then(&part)
            .or_else(|| self.link.and_then(&part))
    }
}

/// A route that nothing has been said about.
pub(crate) fn blank(row: u32, site: u32) -> Route {
    Route {
        entry: NONE,
        row,
        link: NONE,
        strand: false,
        site,
        latency: NONE,
        cuttable: false,
        loss: 0,
        timeout: Span::MAX,
        deadline: false,
        cancel: false,
        retry: NONE,
        hedge_after: Span::MAX,
        hedge_most: 0,
        breaker: NONE,
        connections: NONE,
        key: NONE,
        count: CountFrom::One,
        bytes: NONE,
        on_miss: NONE,
        on_error: NONE,
        late: NONE,
        again: false,
        op: NONE,
        priority: 255,
        on_room: OnRoom::Nobody,
        same_copy: false,
        way: NONE,
    }
}

impl<'t> Writer<'t> {
    /// Returns the address of the next call of the program to a callee.
    pub(crate) fn next_site(&mut self, build: &Build, to: u32) -> u32 {
        let number = self.calls.entry(to).or_insert(0);
        let site = site(&self.caller, &build.model.nodes[to as usize].name, *number);
        *number += 1;
        site
    }

    /// Writes a route, and lists the callee's program.
    pub(crate) fn route(&mut self, build: &mut Build, plan: &Plan<'_, 't>) -> u32 {
        let Edge { from, to, link } = plan.edge;
        let mut ask = plan.ask.clone();
        ask.several &= plan.count != CountFrom::One && self.parts_items(to);
        ask.large = self.is_large(build, plan);
        let bytes = self.bytes(build, plan);
        let site = self.next_site(build, to);
        let mut route = blank(NONE, site);
        route.link = self.link(build, from, to, false);
        route.count = plan.count;
        route.key = plan.key;
        route.bytes = bytes;
        route.loss = link.map_or(0, |link| threshold64(link.loss));
        route.again = self.is_round(from, to);
        route.on_room = plan.on_room;
        self.policy(build, plan, &mut route);
        let program = match self.transfers.get(&(from, to)) {
            Some(node) => {
                let transfer = Transfer {
                    node: *node,
                    name: build.model.nodes[*node as usize].name.clone(),
                    from,
                    ask,
                };
                route.row = self.row(build, transfer.node, self.flow);
                self.program(Key::Transfer(transfer))
            }
            None => {
                self.distance(build, plan.edge, plan.place, &mut route);
                route.op = plan.ask.operation;
                route.row = self.row(build, to, self.flow);
                self.program(Key::Visit(ask))
            }
        };
        let at = index(build.model.routes.len());
        build.model.routes.push(route);
        self.unresolved.push((at, program));
        at
    }

    /// Returns the sampler of an item's size.
    fn bytes(&self, build: &mut Build, plan: &Plan<'_, 't>) -> u32 {
        let law = match plan.bytes {
            Bytes::Inherited => return INHERITED,
            Bytes::Law(law) => Some(law.clone()),
            Bytes::Item => {
                let component = self.component(plan.ask.node);
                let item = component.and_then(|component| component.item());
                if item.is_none() && plan.edge.from == self.client {
                    // The request has its size already, maybe from a trace.
                    return INHERITED;
                }
                item
            }
        };
        build.sampler_or_none(Quantity::Size, law.as_ref())
    }

    /// Writes the route of a strand (`try`), which never leaves the node.
    pub(crate) fn strand_route(
        &mut self,
        build: &mut Build,
        timeout: Option<Span>,
        retry: Option<&topology::Retry>,
    ) -> u32 {
        let site = self.next_site(build, self.node);
        let mut route = blank(build.row(), site);
        route.strand = true;
        route.same_copy = true;
        route.timeout = timeout.unwrap_or(Span::MAX);
        route.count = CountFrom::Inherited;
        route.bytes = INHERITED;
        if let Some(retry) = retry {
            let edge = self.edge(self.node, self.node);
            let copies = self.most_copies(self.node);
            route.retry = retry_of(build, edge, retry, copies);
        }
        let at = index(build.model.routes.len());
        build.model.routes.push(route);
        at
    }

    /// Sets what the caller does: time-outs, attempts, hedges, breaker, connections.
    fn policy(&self, build: &mut Build, plan: &Plan<'_, 't>, route: &mut Route) {
        let edge = plan.edge;
        let caller = self.component(edge.from);
        let policy = Policy {
            step: plan.policy,
            link: edge.link.map(|link| &link.call),
            kind: caller.map_or_else(CallDefaults::default, |component| {
                component.calls_to(&self.graph_node(edge.to).name)
            }),
        };
        let timeout = policy.said(|said| said.timeout).or(policy.kind.timeout);
        route.timeout = timeout.unwrap_or(Span::MAX);
        route.deadline = policy.said(|said| said.deadline).unwrap_or(false);
        route.cancel = policy.said(|said| said.cancel).unwrap_or(false);
        let copies = self.most_copies(edge.from);
        // What nobody waits for is the callee's to repeat, if it keeps it.
        let kept = self.component(edge.to).and_then(|one| one.accepts());
        let kept = kept.filter(|_| plan.ask.access == Access::Send);
        let said = policy.said(|said| said.retry.as_ref());
        route.retry = match (said, kept, &policy.kind.retry) {
            (Some(retry), _, _) => retry_of(build, edge, retry, copies),
            (None, Some(kept), _) => kind_retry(build, &kept.retry, Some(&kept.throttled)),
            (None, None, Some(retry)) => kind_retry(build, retry, None),
            (None, None, None) => NONE,
        };
        if let Some(hedge) = policy.said(|said| said.hedge) {
            route.hedge_after = hedge.after;
            route.hedge_most = hedge.most;
        }
        if let Some(breaker) = policy.said(|said| said.breaker) {
            route.breaker = breaker_of(build, edge, &breaker);
        }
        let connections = policy
            .said(|said| said.connections)
            .or(policy.kind.connections);
        if let Some(connections) = connections {
            route.connections = connections_of(build, edge, copies, connections);
        }
        if route.loss > 0 && route.timeout == Span::MAX {
            let message = format!(
                "link `{}->{}` loses messages, so calls over it need a `timeout`",
                build.model.nodes[edge.from as usize].name,
                build.model.nodes[edge.to as usize].name
            );
            let place = edge.link.map_or(plan.place, |link| &link.place);
            Writer::refuse(build, "link::loss-needs-timeout", place, message);
        }
    }
}

/// Writes a retry policy.
fn retry_of(build: &mut Build, edge: Edge<'_>, retry: &topology::Retry, copies: u32) -> u32 {
    if retry.attempts <= 1 {
        return NONE;
    }
    let base = build.sampler(Quantity::Time, &retry.base);
    let throttled = retry.base_throttled.as_ref();
    let base_throttled = throttled.map_or(base, |law| build.sampler(Quantity::Time, law));
    let budget = retry.budget.as_ref();
    let budget = budget.map_or(NONE, |budget| budget_of(build, edge, budget));
    let pace = if retry.adaptive {
        pace_of(build, edge, copies)
    } else {
        NONE
    };
    let on = retry
        .on
        .iter()
        .fold(0, |bits, bad| bits | 1 << (outcome(*bad) as u8));
    let at = index(build.model.retries.len());
    build.model.retries.push(model::Retry {
        attempts: retry.attempts,
        attempts_throttled: retry.attempts,
        backoff: match retry.backoff {
            topology::Backoff::Fixed => Backoff::Fixed,
            topology::Backoff::Exponential => Backoff::Exponential,
            topology::Backoff::FullJitter => Backoff::FullJitter,
            topology::Backoff::EqualJitter => Backoff::EqualJitter,
            topology::Backoff::Decorrelated => Backoff::Decorrelated,
        },
        base,
        base_throttled,
        cap: retry.cap,
        factor: retry.factor,
        jitter: retry.jitter,
        at_once: 0,
        steady: 0,
        on,
        budget,
        pace,
    });
    at
}

/// Returns the rate limits of the copies of a calling node towards a link.
fn pace_of(build: &mut Build, edge: Edge<'_>, copies: u32) -> u32 {
    let owner = Owner::Node(edge.from);
    let label = edge.to.to_string();
    if let Some(known) = build.labelled(Table::Paces, owner.clone(), &label) {
        return known;
    }
    let paces = &mut build.model.paces;
    let at = index(paces.len());
    let first = paces.last().map_or(0, |last| last.first + last.copies);
    paces.push(model::Pace {
        node: edge.from,
        first,
        copies,
    });
    build.label(Table::Paces, owner, &label, at);
    at
}

/// Writes a kind's own retry policy: all bad outcomes are tried again; `throttled`:
/// attempts and base pause after that outcome, if they differ.
pub(super) fn kind_retry(
    build: &mut Build,
    retry: &RetryDefaults,
    throttled: Option<&(u32, Law)>,
) -> u32 {
    if retry.attempts <= 1 {
        return NONE;
    }
    let base = build.sampler(Quantity::Time, &retry.base);
    let base_throttled = throttled.map_or(base, |(_, law)| build.sampler(Quantity::Time, law));
    let bad = [
        Outcome::Throttled,
        Outcome::Shed,
        Outcome::TimedOut,
        Outcome::Failed,
    ];
    let at = index(build.model.retries.len());
    build.model.retries.push(model::Retry {
        attempts: retry.attempts,
        attempts_throttled: throttled.map_or(retry.attempts, |(attempts, _)| *attempts),
        backoff: retry.backoff,
        base,
        base_throttled,
        cap: retry.cap,
        factor: retry.factor,
        jitter: 0.0,
        at_once: retry.at_once,
        steady: retry.steady,
        on: bad.iter().fold(0, |bits, one| bits | 1 << (*one as u8)),
        budget: NONE,
        pace: NONE,
    });
    at
}

/// Returns the retry budget of a calling node and link.
fn budget_of(build: &mut Build, edge: Edge<'_>, budget: &topology::Budget) -> u32 {
    let owner = Owner::Node(edge.from);
    let label = format!("{} {budget:?}", edge.to);
    if let Some(known) = build.labelled(Table::Budgets, owner.clone(), &label) {
        return known;
    }
    let at = index(build.model.budgets.len());
    build.model.budgets.push(model::Budget {
        tokens: budget.tokens,
        cost: budget.cost,
        cost_throttled: budget.cost_throttled.unwrap_or(budget.cost),
        earn: budget.earn,
        on_call: budget.earn_on_call,
    });
    build.label(Table::Budgets, owner, &label, at);
    at
}

/// Returns the breaker of a calling node and link.
fn breaker_of(build: &mut Build, edge: Edge<'_>, breaker: &topology::Breaker) -> u32 {
    let owner = Owner::Node(edge.from);
    let label = format!("{} {breaker:?}", edge.to);
    if let Some(known) = build.labelled(Table::Breakers, owner.clone(), &label) {
        return known;
    }
    let at = index(build.model.breakers.len());
    build.model.breakers.push(model::Breaker {
        failures: breaker.failures,
        window: breaker.window,
        least_calls: breaker.least_calls,
        open: breaker.open,
        probes: breaker.probes,
    });
    build.label(Table::Breakers, owner, &label, at);
    at
}

/// Returns the connection pools of the copies of a caller.
fn connections_of(build: &mut Build, edge: Edge<'_>, copies: u32, most: u32) -> u32 {
    let owner = Owner::Node(edge.from);
    let label = format!("connections {} {most}", edge.to);
    if let Some(known) = build.labelled(Table::Groups, owner.clone(), &label) {
        return known;
    }
    let groups = &mut build.model.groups;
    let at = index(groups.len());
    let first = groups.last().map_or(0, |last| last.first + last.instances);
    groups.push(model::Group {
        node: edge.from,
        instances: copies,
        first,
        servers: most,
        discipline: Discipline::Fifo,
        waiting_limit: u32::MAX,
        when_full: Outcome::Shed,
        blocks: false,
        replaces: false,
        max_wait: NONE,
        planned: false,
        codel: (Span::ZERO, Span::ZERO),
        pick: Pick::Inherited,
        limit: true,
        handed: false,
        varies: false,
        credit: None,
    });
    build.label(Table::Groups, owner, &label, at);
    at
}

/// Returns the outcome that a bad one is in the model.
fn outcome(bad: Bad) -> Outcome {
    match bad {
        Bad::Throttled => Outcome::Throttled,
        Bad::Shed => Outcome::Shed,
        Bad::TimedOut => Outcome::TimedOut,
        Bad::Failed => Outcome::Failed,
    }
}

/// Whether an answer of a node of this class may be a miss.
pub(crate) fn may_miss(class: Option<Class>) -> bool {
    match class {
        Some(Class::Cache | Class::Forwarding | Class::Limiter) => true,
        Some(
            Class::Programmable
            | Class::Queue
            | Class::Log
            | Class::Topic
            | Class::Store
            | Class::Leaf,
        )
        | None => false,
    }
}

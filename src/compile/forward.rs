//! Handing a call on: which links take it, and which of them gets it.
//!
//! Links that stand by follow the others where somebody looks whether those are well.

use super::call::{Bytes, Plan, may_miss};
use super::step::{Body, Patch};
use super::writer::{Edge, Writer, matches, operation};
use crate::component::build::{Build, Owner, Table, index, threshold64};
use crate::component::{Ask, BalancerSpec, Forward};
use crate::model::{self, CountFrom, NONE, Op, Target};
use crate::topology::Role;

impl<'t> Writer<'t> {
    /// Returns the links that take a call: those whose `match` names it, else those
    /// without `match`.
    pub(crate) fn candidates(&self, ask: &Ask) -> Vec<Edge<'t>> {
        let first = self.component(ask.node).and_then(|one| one.asks());
        let primary = self
            .edges(ask.node)
            .into_iter()
            .filter_map(|edge| Some((edge, edge.link?)))
            .filter(|(edge, link)| link.role == Role::Primary && edge.to != self.client)
            .filter(|(edge, _)| first.is_none_or(|first| self.graph_node(edge.to).name != first));
        let (mut named, mut open) = (Vec::new(), Vec::new());
        for (edge, link) in primary {
            match matches(link, ask) {
                Some(true) => named.push(edge),
                Some(false) => {}
                None => open.push(edge),
            }
        }
        if named.is_empty() { open } else { named }
    }

    /// Returns the links that stand by for a call.
    fn standbys(&self, ask: &Ask) -> Vec<Edge<'t>> {
        let links = self.edges(ask.node).into_iter();
        let links = links.filter(|edge| {
            let link = edge.link.filter(|link| link.role == Role::Standby);
            link.is_some_and(|link| matches(link, ask) != Some(false))
        });
        links.collect()
    }

    /// Writes a call of one of the links that take it.
    pub(crate) fn hand_on(
        &mut self,
        build: &mut Build,
        ask: &Ask,
        how: &Forward,
        transparent: bool,
    ) {
        let mut candidates = self.candidates(ask);
        if !candidates.is_empty() {
            candidates.extend(self.standbys(ask));
        }
        match (candidates.as_slice(), how) {
            ([], _) => self.no_link(build, ask),
            ([only], Forward::ByWeight) => self.hand_to(build, ask, *only, transparent),
            ([only], Forward::Balance(spec)) if self.copies(only.to) == 1 && !spec.own_zone => {
                self.hand_to(build, ask, *only, transparent);
            }
            (all, Forward::Resolved { .. }) => {
                self.resolved(build, ask, all, how, transparent);
            }
            (all, Forward::Nearest | Forward::ByOrigin(_)) => {
                self.by_origin(build, ask, all, how, transparent);
            }
            (several, Forward::ByWeight) => self.split(build, ask, several, transparent),
            (several, Forward::Balance(spec)) => {
                self.balance_by_zone(build, ask, several, *spec, transparent);
            }
        }
    }

    /// Says that a call has nowhere to go.
    fn no_link(&self, build: &mut Build, ask: &Ask) {
        let node = self.graph_node(ask.node);
        let flow = &self.topology.flows[ask.flow as usize].name;
        let endpoint = match &ask.endpoint {
            Some(endpoint) => format!(" at endpoint `{endpoint}`"),
            None => String::new(),
        };
        let message = format!(
            "no link of node `{}` takes flow `{flow}`{endpoint}",
            node.name
        );
        Writer::refuse(build, "node::no-link", &node.place, message);
    }

    /// Returns the copies behind a node.
    fn copies(&self, to: u32) -> u32 {
        self.most_copies(to)
    }

    /// Writes the call of one link.
    pub(super) fn hand_to(
        &mut self,
        build: &mut Build,
        ask: &Ask,
        edge: Edge<'t>,
        transparent: bool,
    ) {
        let route = self.onward(build, ask, edge, transparent);
        build.emit(Op::Call { route });
        self.pass_miss(build, edge, route, transparent);
    }

    /// Lets a miss of the callee be a miss of the node, and go on behind the call.
    fn pass_miss(&mut self, build: &Build, edge: Edge<'t>, route: u32, transparent: bool) {
        if transparent && may_miss(self.class(edge.to)) {
            let next = Some(build.here());
            self.aside(Patch::Miss(route), Body::Missed, false, next);
        }
    }

    /// Writes the route of a call that is handed on.
    fn onward(&mut self, build: &mut Build, ask: &Ask, edge: Edge<'t>, transparent: bool) -> u32 {
        let place = match edge.link {
            Some(link) => &link.place,
            None => &self.graph_node(ask.node).place,
        };
        let plan = Plan {
            edge,
            ask: Ask {
                node: edge.to,
                flow: ask.flow,
                endpoint: ask.endpoint.clone(),
                access: ask.access,
                op: ask.op.clone(),
                operation: operation(self.component(edge.to), ask.op.as_deref(), ask.access),
                consistent: ask.consistent,
                cacheable: ask.cacheable,
                // A cache that fetches deals with the misses of those behind it.
                handles_miss: transparent && ask.handles_miss,
                delivered: false,
                several: ask.several,
                replica: false,
                large: false,
            },
            count: CountFrom::Inherited,
            bytes: Bytes::Inherited,
            key: NONE,
            policy: None,
            place,
            on_room: self.onward_room(edge.to),
        };
        self.route(build, &plan)
    }

    /// Writes a choice by weight.
    fn split(&mut self, build: &mut Build, ask: &Ask, edges: &[Edge<'t>], transparent: bool) {
        let weights: Vec<f64> = edges.iter().map(|edge| weight(*edge)).collect();
        let split = self.open_split(build, &weights);
        let mut jumps = Vec::new();
        for (at, edge) in edges.iter().enumerate() {
            Writer::enter_branch(build, split, at);
            self.hand_to(build, ask, *edge, transparent);
            jumps.push(build.jump());
        }
        for jump in jumps {
            build.land(jump);
        }
    }

    /// Writes a choice by weight that resolvers keep: each branch begins with what asking takes.
    fn resolved(
        &mut self,
        build: &mut Build,
        ask: &Ask,
        edges: &[Edge<'t>],
        how: &Forward,
        transparent: bool,
    ) {
        let Forward::Resolved {
            resolvers: count,
            ttl,
            query,
        } = *how
        else {
            return;
        };
        let owner = Owner::Node(ask.node);
        let targets: Vec<String> = edges.iter().map(|edge| edge.to.to_string()).collect();
        let label = targets.join(",");
        let known = build.labelled(Table::Resolvers, owner.clone(), &label);
        let resolvers = known.unwrap_or_else(|| {
            let at = index(build.model.resolvers.len());
            build.model.resolvers.push(model::Resolvers { count, ttl });
            build.label(Table::Resolvers, owner, &label, at);
            at
        });
        let weights: Vec<f64> = edges.iter().map(|edge| weight(*edge)).collect();
        let split = Writer::answers(build, &weights);
        build.emit(Op::Resolve { resolvers, split });
        let mut jumps = Vec::new();
        for (at, edge) in edges.iter().enumerate() {
            Writer::enter_branch(build, split, at);
            build.emit(Op::Work { work: query });
            self.hand_to(build, ask, *edge, transparent);
            jumps.push(build.jump());
        }
        for jump in jumps {
            build.land(jump);
        }
    }

    /// Writes the choice of a balancer's node, by name any of them, and what that chooses.
    fn balance_by_zone(
        &mut self,
        build: &mut Build,
        ask: &Ask,
        edges: &[Edge<'t>],
        spec: BalancerSpec,
        transparent: bool,
    ) {
        if spec.zones == 1 {
            return self.balance(build, ask, edges, (spec, 0), transparent);
        }
        if spec.own_zone && !self.fills_zones(build, ask, edges, spec.zones) {
            return;
        }
        let parts = vec![1.0; spec.zones as usize];
        let split = self.open_split(build, &parts);
        let mut jumps = Vec::new();
        for zone in 0..spec.zones {
            Writer::enter_branch(build, split, zone as usize);
            self.balance(build, ask, edges, (spec, zone), transparent);
            jumps.push(build.jump());
        }
        for jump in jumps {
            build.land(jump);
        }
    }

    /// Whether every zone has a copy at all times; if not, says so.
    fn fills_zones(&self, build: &mut Build, ask: &Ask, edges: &[Edge<'t>], zones: u32) -> bool {
        let fewest = edges.iter().map(|edge| self.fewest_copies(edge.to)).max();
        let node = self.graph_node(ask.node);
        let moves = edges.iter().find(|edge| self.is_deployed(edge.to));
        let message = if fewest.unwrap_or(0) < zones {
            format!(
                "without `cross_zone`, node `{}` needs a copy in each of its {zones} zones behind one of its links",
                node.name
            )
        } else if let Some(edge) = moves {
            format!(
                "without `cross_zone`, node `{}` cannot follow the deployment of `{}`: it does not say in which zones copies are replaced",
                node.name,
                self.graph_node(edge.to).name
            )
        } else {
            return true;
        };
        Writer::refuse(build, "balancer::zones", &node.place, message);
        false
    }

    /// Writes a choice by weight of branches that follow; `enter_branch` says where.
    pub(super) fn open_split(&self, build: &mut Build, weights: &[f64]) -> u32 {
        let split = Writer::answers(build, weights);
        build.emit(Op::Split { split });
        split
    }

    /// Declares a choice by weight.
    fn answers(build: &mut Build, weights: &[f64]) -> u32 {
        let total: f64 = weights.iter().sum();
        let split = index(build.model.splits.len());
        let mut sum = 0.0;
        let branches = weights.iter().map(|weight| {
            sum += weight;
            (threshold64(sum / total), NONE)
        });
        let branches = branches.collect();
        build.model.splits.push(model::Split {
            branches,
            alias: NONE,
        });
        split
    }

    /// Lets a branch of a choice begin here.
    pub(super) fn enter_branch(build: &mut Build, split: u32, branch: usize) {
        let here = build.here();
        build.model.splits[split as usize].branches[branch].1 = here;
    }

    /// Writes a balancer's choice among links and their copies, at one of its nodes.
    fn balance(
        &mut self,
        build: &mut Build,
        ask: &Ask,
        edges: &[Edge<'t>],
        (spec, zone): (BalancerSpec, u32),
        transparent: bool,
    ) {
        let owner = Owner::Node(ask.node);
        let targets: Vec<String> = edges.iter().map(|edge| edge.to.to_string()).collect();
        let label = format!("{zone}:{}", targets.join(","));
        let known = build.labelled(Table::Balancers, owner.clone(), &label);
        let balancer = known.unwrap_or_else(|| {
            let at = index(build.model.balancers.len());
            build.model.balancers.push(model::Balancer {
                node: ask.node,
                policy: spec.policy,
                choices: spec.choices,
                first_of_ties: spec.first_of_ties,
                refresh: spec.refresh,
                slow_start: spec.slow_start,
                zone: spec.own_zone.then_some((zone, spec.zones)),
                targets: edges
                    .iter()
                    .map(|edge| Target {
                        node: edge.to,
                        copies: self.copies(edge.to),
                        weight: weight(*edge),
                    })
                    .collect(),
                reserve: index(edges.iter().filter(|edge| stands_by(**edge)).count()),
            });
            build.label(Table::Balancers, owner, &label, at);
            at
        });
        let first = index(build.model.routes.len());
        for edge in edges {
            self.onward(build, ask, *edge, transparent);
        }
        build.emit(Op::Choose { balancer });
        build.emit(Op::CallChosen { first });
        for (at, edge) in edges.iter().enumerate() {
            self.pass_miss(build, *edge, first + index(at), transparent);
        }
        build.emit(Op::Unchoose { balancer });
    }
}

/// Whether a link leads to somebody who stands by.
fn stands_by(edge: Edge<'_>) -> bool {
    edge.link.is_some_and(|link| link.role == Role::Standby)
}

/// Returns the weight of a link.
fn weight(edge: Edge<'_>) -> f64 {
    edge.link.map_or(1.0, |link| link.weight)
}

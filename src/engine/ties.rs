//! What ties nodes together: which links may lie between two parts of a run.
//!
//! A link is *free* if it alone connects its ends: its floor is at least
//! `CUTTABLE_FLOOR`, and everything that crosses it is a call and its one answer,
//! with whatever time-outs, retries, budgets, breakers and connections the caller
//! keeps on its own side. All else ties its ends: shorter links, hedges and calls
//! that are cancelled (the callee is asked before its answer is there), calls by a
//! node some of whose steps end by a `try` of their own, deliveries of queues and
//! logs, and mechanisms that two nodes share. A model with fan-outs, with look-ups of
//! several keys in one call or calls of which a part comes again, with stations that keep their callers' servers while they
//! are full, or with anything that watches or changes the whole (alarms, scaling,
//! deployments, outages) is tied as a whole.
//!
//! Freedom is a matter of the model alone, so that it shows in the order of events
//! alike however a run is cut (ENGINE.md sections 3 and 12).

use crate::model::{Admission, CountFrom, Model, NONE, Of, Op, Route};
use crate::units::Span;

/// Tells of every route whether its ends may lie in different parts.
pub(crate) fn free_routes(model: &Model) -> Vec<bool> {
    let mut free: Vec<bool> = model.routes.iter().map(is_plain).collect();
    if is_tied_as_a_whole(model) {
        free.fill(false);
        return free;
    }
    let callers = callers(model);
    let mut tries = vec![false; model.rows.len()];
    for (op, site) in model.ops.iter().zip(&model.sites) {
        if let Op::Call { route } = *op {
            let route = &model.routes[route as usize];
            tries[site.row as usize] |= route.strand && route.timeout != Span::MAX;
        }
    }
    for (free, caller) in free.iter_mut().zip(&callers) {
        *free &= caller.is_some_and(|row| !tries[row as usize]);
    }
    for delivery in &model.deliveries {
        for &route in delivery.routes.iter().filter(|&&route| route != NONE) {
            free[route as usize] = false;
        }
    }
    free
}

/// Whether a route is a call over a long link with one answer to each attempt.
fn is_plain(route: &Route) -> bool {
    route.cuttable && !route.strand && !route.cancel && route.hedge_after == Span::MAX
}

/// Whether something reaches across the whole model.
fn is_tied_as_a_whole(model: &Model) -> bool {
    let several = |route: &Route| matches!(route.count, CountFrom::Drawn(_));
    let several = model.routes.iter().any(several)
        || model.loops.iter().any(|one| one.cut != 0)
        || model.deliveries.iter().any(|one| one.batch > 1);
    !model.control.is_empty()
        || !model.memories.is_empty()
        || !model.archives.is_empty()
        || model.groups.iter().any(|group| group.blocks)
        || !model.fan_out_steps.is_empty()
        || !model.gathers.is_empty()
        || several && !(model.caches.is_empty() && model.batches.is_empty())
}

/// Returns the row that calls over each route, if exactly one does.
fn callers(model: &Model) -> Vec<Option<u32>> {
    let mut callers = vec![None; model.routes.len()];
    let mut several = vec![false; model.routes.len()];
    for (pc, (op, site)) in model.ops.iter().zip(&model.sites).enumerate() {
        for route in routes_of(model, pc, *op) {
            let caller = callers[route as usize].replace(site.row);
            several[route as usize] |= caller.is_some_and(|row| row != site.row);
        }
    }
    for (caller, several) in callers.iter_mut().zip(several) {
        if several {
            *caller = None;
        }
    }
    callers
}

/// Returns the routes over which an operation may call.
fn routes_of(model: &Model, pc: usize, op: Op) -> std::ops::Range<u32> {
    if let Op::Call { route } = op {
        return route..route + 1;
    }
    let Op::CallChosen { first } = op else {
        return 0..0;
    };
    // It calls what the choice before it has chosen.
    let choice = model.ops[..pc].iter().rev().find_map(|op| {
        if let Op::Choose { balancer } = op {
            Some(*balancer)
        } else {
            None
        }
    });
    let targets = choice.map_or(0, |one| model.balancers[one as usize].targets.len());
    first..first + targets as u32
}

/// What of a model may lie in different parts.
#[derive(Clone, Debug)]
pub(crate) struct Ties {
    /// Per node: the first node of those that it must lie with.
    pub(crate) component: Vec<u32>,
    /// The component with the clients, where requests enter and leave.
    pub(crate) home: u32,
    /// Free routes: between which components.
    pub(crate) links: Vec<FreeLink>,
    /// Per route: the node that calls over it, or `NONE`.
    pub(crate) route_from: Vec<u32>,
    /// Per link of the model: the node that counts what passes it, or `NONE`.
    pub(crate) link_from: Vec<u32>,
}

/// A free route, as a link between components.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FreeLink {
    /// Component of the caller.
    pub(crate) from: u32,
    /// Component of the callee.
    pub(crate) to: u32,
    /// Least latency, there and back [ns].
    pub(crate) floor: u64,
    /// Link whose tally it is, or `NONE`.
    pub(crate) link: u32,
}

/// Sets that are joined, by their least members.
struct Sets(Vec<u32>);

impl Sets {
    fn find(&self, mut one: u32) -> u32 {
        while self.0[one as usize] != one {
            one = self.0[one as usize];
        }
        one
    }

    fn join(&mut self, one: u32, other: u32) {
        let (one, other) = (self.find(one), self.find(other));
        self.0[one.max(other) as usize] = one.min(other);
    }
}

impl Ties {
    /// Finds what must lie together.
    pub(crate) fn of(model: &Model) -> Ties {
        let free = free_routes(model);
        let node_of = |row: u32| model.rows[row as usize].node;
        let callers = callers(model);
        let route_from: Vec<u32> = callers
            .iter()
            .map(|caller| caller.map_or(NONE, node_of))
            .collect();
        let mut link_from = vec![NONE; model.links.len()];
        for (route, &from) in model.routes.iter().zip(&route_from) {
            if route.link != NONE && from != NONE {
                link_from[route.link as usize] = from;
            }
        }
        let mut sets = Sets((0..model.nodes.len() as u32).collect());
        if is_tied_as_a_whole(model) {
            for node in 1..model.nodes.len() as u32 {
                sets.join(0, node);
            }
        }
        let clients = model.flows.iter().map(|flow| {
            let site = &model.sites[flow.entry as usize];
            node_of(site.row)
        });
        let clients: Vec<u32> = clients.collect();
        for &client in &clients {
            sets.join(clients[0], client);
        }
        let mut paying = std::collections::BTreeMap::new();
        for (pc, (op, site)) in model.ops.iter().zip(&model.sites).enumerate() {
            let node = node_of(site.row);
            for owner in owners(model, op) {
                sets.join(node, owner);
            }
            for id in routes_of(model, pc, *op) {
                let route = &model.routes[id as usize];
                if !free[id as usize] {
                    sets.join(node, node_of(route.row));
                }
                for account in accounts(model, route) {
                    let other = *paying.entry(account).or_insert(node);
                    sets.join(node, other);
                }
            }
        }
        for (queue, deliveries) in model
            .queues
            .iter()
            .map(|queue| (queue.node, &queue.deliveries))
            .chain(model.logs.iter().map(|log| (log.node, &log.deliveries)))
        {
            for &delivery in deliveries {
                sets.join(queue, model.deliveries[delivery as usize].from);
            }
        }
        for queue in &model.queues {
            if let Some(dead) = model.deliveries.get(queue.dead_letter as usize) {
                sets.join(queue.node, dead.from);
            }
        }
        for delivery in &model.deliveries {
            if delivery.link != NONE {
                link_from[delivery.link as usize] = delivery.from;
            }
            for &route in delivery.routes.iter().filter(|&&route| route != NONE) {
                sets.join(delivery.from, node_of(model.routes[route as usize].row));
            }
        }
        let component: Vec<u32> = (0..model.nodes.len() as u32)
            .map(|node| sets.find(node))
            .collect();
        let links = (0..model.routes.len())
            .filter(|&id| free[id])
            .map(|id| {
                let route = &model.routes[id];
                FreeLink {
                    from: component[route_from[id] as usize],
                    to: component[node_of(route.row) as usize],
                    floor: model.samplers[route.latency as usize].floor(),
                    link: route.link,
                }
            })
            .filter(|link| link.from != link.to)
            .collect();
        Ties {
            home: clients.first().map_or(0, |&node| component[node as usize]),
            component,
            links,
            route_from,
            link_from,
        }
    }
}

/// Returns the nodes whose state an operation touches.
fn owners(model: &Model, op: &Op) -> Vec<u32> {
    match *op {
        Op::Serve { group, .. } | Op::Seize { group } | Op::Release { group } => {
            vec![model.groups[group as usize].node]
        }
        Op::Admit { admission } | Op::Afford { admission, .. } => {
            payees(model, &model.admissions[admission as usize])
        }
        Op::Place { partition } => splitters(model, partition).collect(),
        Op::LookUp { cache, .. } | Op::Fill { cache, .. } | Op::Invalidate { cache } => {
            vec![model.caches[cache as usize].node]
        }
        Op::Warm { pool, .. } => vec![model.pools[pool as usize].node],
        Op::Choose { balancer } | Op::Unchoose { balancer } => {
            vec![model.balancers[balancer as usize].node]
        }
        Op::Enqueue { queue, .. } => vec![model.queues[queue as usize].node],
        Op::Append { log, .. } => vec![model.logs[log as usize].node],
        Op::Held { credential, .. } | Op::Hold { credential, .. } => {
            vec![model.credentials[credential as usize].node]
        }
        Op::Once { memory, .. } => vec![model.memories[memory as usize].node],
        Op::Keep { archive, .. } | Op::Replay { archive, .. } => {
            vec![model.archives[archive as usize].node]
        }
        Op::Observe { node } | Op::Commit { node, .. } => vec![node],
        // Resolvers and what copies have to do again are kept where they are asked.
        Op::Resolve { .. }
        | Op::Tell { .. }
        | Op::Fits { .. }
        | Op::Lag { .. }
        | Op::Earlier { .. }
        | Op::Remainder { .. }
        | Op::Delay { .. }
        | Op::Work { .. }
        | Op::LookUpFixed { .. }
        | Op::Missed
        | Op::Coin { .. }
        | Op::Split { .. }
        | Op::CallChosen { .. }
        | Op::Call { .. }
        | Op::Spawn { .. }
        | Op::Fork { .. }
        | Op::Each { .. }
        | Op::FanOut { .. }
        | Op::Gather { .. }
        | Op::PushCount
        | Op::PopCount
        | Op::Jump { .. }
        | Op::Leave { .. } => Vec::new(),
    }
}

/// Returns the nodes at whose limits an admission is paid, and that split what it looks at.
fn payees(model: &Model, admission: &Admission) -> Vec<u32> {
    let tolls = admission.tolls.iter();
    tolls
        .flat_map(|toll| {
            let partition = match toll.of {
                Of::Partition(partition) => partition,
                Of::One | Of::Instance => NONE,
            };
            let payee = model.buckets[toll.bucket as usize].node;
            splitters(model, partition).chain([payee])
        })
        .collect()
}

/// Returns the nodes whose limits, when they are hot, split a rule's partitions.
fn splitters(model: &Model, partition: u32) -> impl Iterator<Item = u32> {
    let rule = model.partitions.get(partition as usize);
    let splits = rule.is_some_and(|rule| rule.splits.is_some());
    let buckets = model.buckets.iter();
    buckets
        .filter(move |bucket| splits && bucket.heats == partition)
        .map(|bucket| bucket.node)
}

/// Returns what the callers over a route share: kind and number of each account.
fn accounts(model: &Model, route: &Route) -> Vec<(u8, u32)> {
    let retry = model.retries.get(route.retry as usize);
    let accounts = [
        (0, route.breaker),
        (1, route.connections),
        (2, retry.map_or(NONE, |retry| retry.budget)),
        (3, retry.map_or(NONE, |retry| retry.pace)),
    ];
    accounts
        .into_iter()
        .filter(|account| account.1 != NONE)
        .collect()
}

//! Messages: copies of a topic, streams of a store, consumers of queues and logs.

use super::call::{Bytes, Plan};
use super::step::{Body, Patch};
use super::writer::{Edge, Writer, matches, operation};
use crate::component::build::{Build, Owner, Quantity, Table, index};
use crate::component::program::Wanted;
use crate::component::{Access, Ask, Class, Component, DeliveryDefaults, ReadLimit, Scope};
use crate::mechanism::pollers;
use crate::model::{self, CountFrom, NONE, Of, OnRoom, Op, Toll};
use crate::topology::{Link, Match, Role};
use crate::units::Span;

impl<'t> Writer<'t> {
    /// Writes a detached message for every link to a node that is wanted, if it takes what
    /// just happened.
    pub(crate) fn send_copies(&mut self, build: &mut Build, ask: &Ask, wanted: Wanted<'_>) {
        let dead_letter = self.dead_letter(build, ask.node);
        for (edge, link) in self.edges_of(ask.node, Role::Primary) {
            let to = self.graph_node(edge.to);
            let name = &to.name;
            if !wanted(name) || edge.to == self.client || !self.produces(ask, edge, link) {
                continue;
            }
            let delivers = self
                .component(ask.node)
                .map(|one| one.delivers_to(name, to.kind));
            let delivers = delivers.unwrap_or_default();
            let replica_lag = delivers.replica_lag.filter(|_| self.is_replication(edge));
            let lag = replica_lag.or(delivers.lag);
            let lag = build.sampler_or_none(Quantity::Time, lag.as_ref());
            if is_read(link) || delivers.ordered && !self.is_replication(edge) {
                self.stream(build, ask, edge, lag);
                continue;
            }
            let route = self.message(build, ask, (edge, link), true);
            if let Some((dead, dead_link)) = dead_letter {
                let given_up = self.message(build, ask, (dead, dead_link), true);
                let body = Body::Route(given_up, 1.0, (NONE, NONE));
                self.aside(Patch::Error(route), body, false, None);
            }
            let told = self.paid_link(build, edge, route);
            let body = Body::Route(route, link.delivery.share, (lag, told));
            self.detach(build, body, false);
        }
    }

    /// Returns the link of a route whose messages the bill asks for, or `NONE`.
    fn paid_link(&self, build: &Build, edge: Edge<'t>, route: u32) -> u32 {
        let to = self.graph_node(edge.to);
        let component = self.component(edge.from);
        let paid = component.is_some_and(|one| !one.charges_to(&to.name, to.kind).is_empty());
        if paid {
            build.model.routes[route as usize].link
        } else {
            NONE
        }
    }

    /// Returns how many messages of what was asked are sent, on average.
    pub(crate) fn copies_sent(&self, ask: &Ask, wanted: Wanted<'_>) -> f64 {
        let links = self.edges_of(ask.node, Role::Primary);
        let sent = links.iter().filter(|(edge, link)| {
            edge.to != self.client
                && wanted(&self.graph_node(edge.to).name)
                && self.produces(ask, *edge, link)
        });
        sent.map(|(_, link)| link.delivery.share).sum()
    }

    /// Whether a link from a node that takes messages leads to one of some name.
    pub(crate) fn has_consumer(&self, node: u32, name: &str) -> bool {
        let links = self.edges_of(node, Role::Primary);
        links
            .iter()
            .any(|(edge, _)| self.graph_node(edge.to).name == name)
    }

    /// Returns the links of a node that take messages.
    pub(crate) fn consumers_of(&self, node: u32) -> u32 {
        index(self.edges_of(node, Role::Primary).len())
    }

    /// Whether a link leads from a store to one of the same kind.
    fn is_replication(&self, edge: Edge<'t>) -> bool {
        let kind = |node: u32| self.component(node).map(Component::kind);
        self.class(edge.from) == Some(Class::Store) && kind(edge.from) == kind(edge.to)
    }

    /// Whether a link takes a message of what was asked.
    ///
    /// What came from a store of the same kind goes no further to another one: whoever
    /// writes tells all of them.
    fn produces(&self, ask: &Ask, edge: Edge<'t>, link: &Link) -> bool {
        if ask.replica && self.is_replication(edge) {
            return false;
        }
        let component = self.component(ask.node);
        let name = component.and_then(|component| {
            let at = ask.operation()?;
            Some(component.info().operations[at].name)
        });
        let ops = link.delivery.ops.as_ref();
        let op = ops.is_none_or(|ops| name.is_some_and(|name| ops.iter().any(|op| op == name)));
        op && matches(link, ask).unwrap_or(true)
    }

    /// Returns the links of a node in some role, with their properties.
    fn edges_of(&self, node: u32, role: Role) -> Vec<(Edge<'t>, &'t Link)> {
        self.edges(node)
            .into_iter()
            .filter_map(|edge| Some((edge, edge.link?)))
            .filter(|(_, link)| link.role == role)
            .collect()
    }

    /// Returns the link that gets what a node gives up.
    fn dead_letter(&self, build: &mut Build, node: u32) -> Option<(Edge<'t>, &'t Link)> {
        let links = self.edges_of(node, Role::DeadLetter);
        if let Some((_, second)) = links.get(1) {
            let name = &self.graph_node(node).name;
            let message = format!("node `{name}` has more than one dead-letter link");
            Writer::refuse(build, "link::two-dead-letters", &second.place, message);
        }
        links.first().copied()
    }

    /// Writes the route of a message; `copy`: nobody keeps it until it is done.
    fn message(
        &mut self,
        build: &mut Build,
        ask: &Ask,
        (edge, link): (Edge<'t>, &'t Link),
        copy: bool,
    ) -> u32 {
        let left = copy
            && self
                .component(edge.from)
                .is_some_and(|one| one.delivers().leaves)
            && self
                .component(edge.to)
                .is_some_and(|one| one.accepts().is_some());
        let access = match self.class(edge.to) {
            _ if left => Access::Send,
            Some(Class::Queue | Class::Log | Class::Topic) => Access::Send,
            Some(Class::Store | Class::Cache) => Access::Write,
            Some(Class::Programmable | Class::Forwarding | Class::Limiter | Class::Leaf) | None => {
                Access::Call
            }
        };
        // To a store of the same kind it is a replica of the same operation.
        let source = self.component(ask.node);
        let target = self.component(edge.to);
        let same = source.map(|one| one.kind()) == target.map(|one| one.kind());
        let name = source
            .filter(|_| same)
            .and_then(|one| Some(one.info().operations[ask.operation()?].name));
        let plan = Plan {
            edge,
            ask: Ask {
                endpoint: ask.endpoint.clone(),
                op: name.map(str::to_owned),
                cacheable: true,
                delivered: true,
                several: true,
                replica: self.is_replication(edge),
                ..Ask::new(edge.to, ask.flow, access, operation(target, name, access))
            },
            count: CountFrom::Inherited,
            bytes: Bytes::Inherited,
            key: NONE,
            policy: None,
            place: &link.place,
            on_room: OnRoom::Nobody,
        };
        self.route(build, &plan)
    }

    /// Writes a message into the hidden log of a link, which batches, after a time.
    fn stream(&mut self, build: &mut Build, ask: &Ask, edge: Edge<'t>, lag: u32) {
        let owner = Owner::Node(ask.node);
        let label = format!("stream {}", edge.to);
        let known = build.labelled(Table::Logs, owner.clone(), &label);
        let log = known.unwrap_or_else(|| {
            let node = &build.model.nodes[ask.node as usize];
            let partition = build.model.partitions.get(node.partition as usize);
            let partitions = partition.map_or(1, |partition| partition.count);
            let at = index(build.model.logs.len());
            build.model.logs.push(model::Log {
                node: ask.node,
                partitions,
                retention: Span::MAX,
                deliveries: Vec::new(),
                max_receives: u32::MAX,
                dead_letter: NONE,
            });
            build.label(Table::Logs, owner, &label, at);
            at
        });
        let delivery = self.delivery(build, ask, edge, 1);
        let deliveries = &mut build.model.logs[log as usize].deliveries;
        if !deliveries.contains(&delivery) {
            deliveries.push(delivery);
        }
        if let Some((edge, _)) = self.dead_letter(build, ask.node) {
            let delivery = self.delivery(build, ask, edge, u32::MAX);
            build.model.logs[log as usize].dead_letter = delivery;
        }
        let about = self.about(ask);
        if lag == NONE {
            build.emit(Op::Append { log, about });
        } else {
            self.detach(build, Body::Append(log, about, lag), false);
        }
    }

    /// Registers the consumers of a message queue for a flow.
    pub(crate) fn register_queue(&mut self, build: &mut Build, ask: &Ask, queue: u32) {
        for (edge, _) in self.edges_of(ask.node, Role::Primary) {
            let room = self.component(edge.to).map_or(u32::MAX, |one| one.room());
            let delivery = self.delivery(build, ask, edge, room);
            let deliveries = &mut build.model.queues[queue as usize].deliveries;
            if !deliveries.contains(&delivery) {
                deliveries.push(delivery);
            }
        }
        if let Some((edge, _)) = self.dead_letter(build, ask.node) {
            let delivery = self.delivery(build, ask, edge, u32::MAX);
            build.model.queues[queue as usize].dead_letter = delivery;
        }
    }

    /// Registers the consumer groups of a log for a flow.
    pub(crate) fn register_log(&mut self, build: &mut Build, ask: &Ask, log: u32) {
        for (edge, _) in self.edges_of(ask.node, Role::Primary) {
            let delivery = self.delivery(build, ask, edge, 1);
            let deliveries = &mut build.model.logs[log as usize].deliveries;
            if !deliveries.contains(&delivery) {
                deliveries.push(delivery);
            }
        }
        if let Some((edge, _)) = self.dead_letter(build, ask.node) {
            let delivery = self.delivery(build, ask, edge, u32::MAX);
            build.model.logs[log as usize].dead_letter = delivery;
        }
    }

    /// Returns the delivery over a link, with a route for the asked flow.
    fn delivery(&mut self, build: &mut Build, ask: &Ask, edge: Edge<'t>, room: u32) -> u32 {
        let Some(link) = edge.link else {
            unreachable!("messages only take links that were written");
        };
        let ends = (edge.from, edge.to);
        let at = match self.deliveries.get(&ends) {
            Some(known) => *known,
            None => {
                let at = self.new_delivery(build, edge, link, room);
                self.deliveries.insert(ends, at);
                at
            }
        };
        if matches(link, ask) == Some(false) {
            return at;
        }
        let about = self.about(ask) as usize;
        let known = &mut build.model.deliveries[at as usize].routes;
        if known.len() <= about {
            known.resize(about + 1, NONE);
        }
        if known[about] == NONE {
            let route = self.message(build, ask, (edge, link), false);
            build.model.deliveries[at as usize].routes[about] = route;
        }
        at
    }

    /// Writes a delivery without routes.
    fn new_delivery(&mut self, build: &mut Build, edge: Edge<'t>, link: &Link, room: u32) -> u32 {
        let defaults = self
            .component(edge.from)
            .map_or_else(DeliveryDefaults::default, |one| one.delivers());
        // What a store sends has waited before it came into the link's log.
        let lag = defaults
            .lag
            .filter(|_| self.class(edge.from) != Some(Class::Store));
        let lag = build.sampler_or_none(Quantity::Time, lag.as_ref());
        let flows = link.matches.iter().flatten().filter_map(|one| match one {
            Match::Flow(flow) => Some(index(*flow)),
            Match::Endpoint(_) => None,
        });
        let tolls = defaults
            .reads
            .iter()
            .map(|limit| Writer::toll(build, edge, limit))
            .collect();
        // Without a bound of its own it takes as much as the copies that there are.
        let bounded = link.delivery.concurrency.or(defaults.concurrency).is_some();
        let queue = self.class(edge.from) == Some(Class::Queue);
        let (elastic, start, most) = match self.rooms.get(&edge.to) {
            Some(&(start, most)) if queue && !bounded => (edge.to, start, most),
            Some(_) | None => (NONE, 1, 1),
        };
        let room_of_all = (room / start.max(1)).saturating_mul(most);
        let concurrency = link
            .delivery
            .concurrency
            .or(defaults.concurrency)
            .unwrap_or(room_of_all)
            .max(1);
        // The consumer's own way of taking up messages of a queue.
        let pollers = self.component(edge.to).and_then(|one| one.pollers());
        let pollers = pollers.filter(|_| queue).map(|rules| pollers::Rules {
            start: rules.start.min(concurrency),
            least: rules.least.min(concurrency),
            most: rules.most.min(concurrency),
            ..rules
        });
        let delivery = model::Delivery {
            routes: Vec::new(),
            link: self.link(build, edge.from, edge.to, false),
            from: edge.from,
            share: link.delivery.share,
            batch: link.delivery.batch.unwrap_or(defaults.batch).max(1),
            window: if link.delivery.window > Span::ZERO {
                link.delivery.window
            } else {
                defaults.window
            },
            concurrency,
            poll: link.delivery.poll.unwrap_or(Span(defaults.poll_ns)),
            lag,
            pollers,
            partial: link.delivery.partial,
            bisect: link.delivery.bisect,
            attempts: link.delivery.attempts.unwrap_or(u32::MAX),
            max_age: link.delivery.max_age.unwrap_or(Span::MAX),
            flows: flows.collect(),
            tolls,
            elastic,
            room_of_a_copy: room / start.max(1),
        };
        let at = index(build.model.deliveries.len());
        build.model.deliveries.push(delivery);
        at
    }

    /// Declares the buckets of a rate of handing over, and what a delivery pays there.
    fn toll(build: &mut Build, edge: Edge<'t>, limit: &ReadLimit) -> Toll {
        let label = if limit.each_consumer {
            format!("{} of consumer {}", limit.label, edge.to)
        } else {
            limit.label.to_owned()
        };
        let owner = match limit.bucket.scope {
            Scope::Node | Scope::Instance(_) => Owner::Node(edge.from),
            Scope::Account => Owner::Account,
        };
        let (count, of) = match limit.bucket.scope {
            Scope::Instance(count) => (count, Of::Instance),
            Scope::Node | Scope::Account => (1, Of::One),
        };
        let known = build.labelled(Table::Buckets, owner.clone(), &label);
        let bucket = known.unwrap_or_else(|| {
            let first = index(build.model.buckets.len());
            for _ in 0..count {
                build.model.buckets.push(model::Bucket {
                    node: edge.from,
                    name: limit.label.to_owned(),
                    rate_per_s: limit.bucket.rate_per_s,
                    burst: limit.bucket.burst,
                    tokens: limit.bucket.burst,
                    window: limit.bucket.window,
                    growth: None,
                    heats: NONE,
                    supplied: false,
                });
            }
            build.label(Table::Buckets, owner, &label, first);
            first
        });
        Toll {
            bucket,
            of,
            cost: limit.cost,
        }
    }
}

/// Whether a link asks that the changes of a store be read as a log, in batches; a batch of
/// one is what there is without.
fn is_read(link: &Link) -> bool {
    let delivery = &link.delivery;
    delivery.batch.is_some_and(|batch| batch > 1)
        || delivery.concurrency.is_some()
        || delivery.window > Span::ZERO
        || delivery.partial
        || delivery.bisect
        || delivery.attempts.is_some()
        || delivery.max_age.is_some()
}

//! What two compiled forms of a design have in common, where one of its nodes has other parameters.
//!
//! A run can go on with the other form if it is made of the same: programs, stations, buckets,
//! routes. Then it is in numbers alone that they differ, and only in those that the engine looks
//! up anew, or sets where it keeps them (`engine::change`). Every table of a model is named
//! here, so that none is forgotten.
//!
//! The other form knows the laws, works and admissions of the first one, so that what is the
//! same in both has the same number in both.

use crate::model::{Admission, Bucket, Cache, Delivery, Eviction, Group, Log, Model, NONE};
use crate::model::{Op, Partition, Pool, Queue, Route, Split};
use crate::units::Span;
use std::fmt::Debug;

/// How two forms differ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Difference {
    /// They do.
    pub(super) any: bool,
    /// Not only in numbers that can change while the system runs.
    pub(super) fixed: bool,
}

impl Difference {
    /// Compares what can change.
    fn number<T: PartialEq>(&mut self, one: T, other: T) {
        self.any |= one != other;
    }

    /// Compares what cannot change.
    fn fixed(&mut self, same: bool) {
        self.any |= !same;
        self.fixed |= !same;
    }

    /// The same, of what can only be written down.
    fn written(&mut self, one: &impl Debug, other: &impl Debug) {
        self.fixed(format!("{one:?}") == format!("{other:?}"));
    }

    /// Compares two tables entry by entry.
    fn table<T>(&mut self, one: &[T], other: &[T], of: impl Fn(&mut Difference, &T, &T)) {
        self.fixed(one.len() == other.len());
        for (one, other) in one.iter().zip(other) {
            of(self, one, other);
        }
    }
}

/// Compares two forms, before anything is drawn of them.
pub(super) fn compare(one: &Model, other: &Model) -> Difference {
    let mut found = Difference::default();
    let Model {
        ops,
        sites,
        nodes,
        flows,
        rows,
        links,
        routes,
        groups,
        works: _,
        buckets,
        admissions: _,
        batches,
        sizes,
        caches,
        pools,
        balancers,
        resolvers,
        queues,
        logs,
        memories,
        credentials,
        archives,
        deliveries,
        forks,
        loops,
        cuts,
        splits,
        fan_outs,
        fan_out_steps,
        gathers,
        // These come of what the node is in, and not of its parameters.
        population: _,
        users_base: _,
        retries,
        budgets,
        breakers,
        paces,
        partitions,
        samplers: _,
        laws: _,
        keys: _,
        sources: _,
        control,
        altered: _,
        needs_ordinal: _,
    } = one;
    found.table(ops, &other.ops, |found, a, b| {
        operation(found, (one, *a), (other, *b));
    });
    found.written(sites, &other.sites);
    found.written(nodes, &other.nodes);
    found.written(flows, &other.flows);
    found.fixed(*rows == other.rows);
    found.written(links, &other.links);
    found.table(routes, &other.routes, route);
    found.table(groups, &other.groups, |found, a, b| group(found, one, a, b));
    found.table(buckets, &other.buckets, bucket);
    found.fixed(*batches == other.batches);
    found.table(sizes, &other.sizes, |found, a, b| {
        found.fixed(a.node == b.node);
        found.number((a.item, a.call), (b.item, b.call));
    });
    found.table(caches, &other.caches, cache);
    found.table(pools, &other.pools, |found, a, b| pool(found, one, a, b));
    found.written(balancers, &other.balancers);
    found.written(resolvers, &other.resolvers);
    found.table(queues, &other.queues, queue);
    found.table(logs, &other.logs, log);
    found.written(memories, &other.memories);
    found.written(credentials, &other.credentials);
    found.written(archives, &other.archives);
    found.table(deliveries, &other.deliveries, |found, a, b| {
        delivery(found, one, a, b);
    });
    found.written(forks, &other.forks);
    found.written(loops, &other.loops);
    found.fixed(*cuts == other.cuts);
    found.table(splits, &other.splits, split);
    found.written(fan_outs, &other.fan_outs);
    found.written(fan_out_steps, &other.fan_out_steps);
    found.written(gathers, &other.gathers);
    found.written(retries, &other.retries);
    found.written(budgets, &other.budgets);
    found.written(breakers, &other.breakers);
    found.written(paces, &other.paces);
    found.table(partitions, &other.partitions, partition);
    found.written(control, &other.control);
    found
}

/// Compares what a visit does: what is drawn may change, and prices, but no way that it takes.
fn operation(found: &mut Difference, (one, a): (&Model, Op), (other, b): (&Model, Op)) {
    #[allow(
        clippy::wildcard_enum_match_arm,
        reason = "every other operation is as it is"
    )]
    match (a, b) {
        (Op::Delay { time: a }, Op::Delay { time: b })
        | (Op::Work { work: a }, Op::Work { work: b }) => found.number(a, b),
        (Op::Serve { group, work: a }, Op::Serve { group: at, work: b }) => {
            found.number(a, b);
            found.fixed(group == at);
        }
        (Op::LookUpFixed { below: a, miss }, Op::LookUpFixed { below: b, miss: to }) => {
            found.number(a, b);
            found.fixed(miss == to);
        }
        (
            Op::Coin { below: a, target },
            Op::Coin {
                below: b,
                target: to,
            },
        ) => {
            found.number(a, b);
            found.fixed(target == to);
        }
        (Op::Admit { admission: a }, Op::Admit { admission: b }) => {
            admission(
                found,
                &one.admissions[a as usize],
                &other.admissions[b as usize],
            );
        }
        (
            Op::Afford {
                admission: a,
                target,
            },
            Op::Afford {
                admission: b,
                target: to,
            },
        ) => {
            admission(
                found,
                &one.admissions[a as usize],
                &other.admissions[b as usize],
            );
            found.fixed(target == to);
        }
        (a, b) => found.fixed(a == b),
    }
}

/// Compares passages through token buckets: prices may change.
fn admission(found: &mut Difference, one: &Admission, other: &Admission) {
    found.table(&one.tolls, &other.tolls, |found, a, b| {
        found.fixed((a.bucket, a.of) == (b.bucket, b.of));
        found.number(a.cost, b.cost);
    });
    found.number(one.meter, other.meter);
    let rest = |one: &Admission| Admission {
        tolls: Vec::new(),
        meter: None,
        ..one.clone()
    };
    found.fixed(rest(one) == rest(other));
}

/// Compares calls: a time-out may become another one.
fn route(found: &mut Difference, one: &Route, other: &Route) {
    found.number(one.timeout, other.timeout);
    found.fixed((one.timeout == Span::MAX) == (other.timeout == Span::MAX));
    let rest = Route {
        timeout: one.timeout,
        ..other.clone()
    };
    found.written(one, &rest);
}

/// Compares stations: servers, places and patience may change, unless something else sets them.
fn group(found: &mut Difference, model: &Model, one: &Group, other: &Group) {
    found.number(
        (one.waiting_limit, one.max_wait, one.when_full),
        (other.waiting_limit, other.max_wait, other.when_full),
    );
    if one.servers != other.servers {
        let mut elastic = model.control.elastic.iter();
        let set = one.varies
            || one.credit.is_some()
            || elastic.any(|elastic| elastic.node == one.node && !one.limit);
        found.any = true;
        found.fixed |= set || one.servers == u32::MAX || other.servers == u32::MAX;
    }
    let rest = Group {
        servers: one.servers,
        waiting_limit: one.waiting_limit,
        max_wait: one.max_wait,
        when_full: one.when_full,
        planned: one.planned,
        ..other.clone()
    };
    found.written(one, &rest);
}

/// Compares token buckets: rate and burst may change, unless the limit follows something.
fn bucket(found: &mut Difference, one: &Bucket, other: &Bucket) {
    let same = |a: f64, b: f64| a.to_bits() == b.to_bits();
    let limit = same(one.rate_per_s, other.rate_per_s) && same(one.burst, other.burst);
    let follows = one.growth.is_some() || one.supplied || one.heats != NONE;
    found.any |= !limit;
    found.fixed |= !limit && follows;
    // What is there at the start does not change later.
    found.fixed(!limit || same(one.tokens, other.tokens));
    let rest = Bucket {
        rate_per_s: one.rate_per_s,
        burst: one.burst,
        tokens: one.tokens,
        ..other.clone()
    };
    found.written(one, &rest);
}

/// Compares caches: how much they hold and for how long may change.
fn cache(found: &mut Difference, one: &Cache, other: &Cache) {
    let size = |one: &Cache| (one.entries, one.bytes);
    found.number(size(one), size(other));
    // Its parts are cut out of the whole once.
    found.fixed(one.policy != Eviction::TinyLfu || size(one) == size(other));
    let life = |one: &Cache| (one.ttl, one.stale);
    found.number(life(one), life(other));
    let rest = Cache {
        entries: one.entries,
        bytes: one.bytes,
        ttl: one.ttl,
        stale: one.stale,
        ..other.clone()
    };
    found.written(one, &rest);
}

/// Compares pools of environments: all may change but which idle one is taken.
fn pool(found: &mut Difference, model: &Model, one: &Pool, other: &Pool) {
    let times = |one: &Pool| (one.cold_start, one.keep_alive, one.lifetime);
    found.number(times(one), times(other));
    let starts = |one: &Pool| (one.start_rate, one.start_burst);
    found.number(starts(one), starts(other));
    found.number(one.most, other.most);
    if one.provisioned != other.provisioned {
        let mut supplies = model.control.supplies.iter();
        found.any = true;
        found.fixed |= supplies.any(|supply| supply.node == one.node);
    }
    found.fixed((one.node, one.last_used) == (other.node, other.last_used));
}

/// Compares message queues: all may change but their order.
fn queue(found: &mut Difference, one: &Queue, other: &Queue) {
    let rules = |one: &Queue| {
        (
            one.visibility,
            one.max_receives,
            one.retention,
            one.in_flight,
        )
    };
    found.number(rules(one), rules(other));
    found.number(one.duplicates, other.duplicates);
    let rest = Queue {
        visibility: one.visibility,
        max_receives: one.max_receives,
        retention: one.retention,
        in_flight: one.in_flight,
        duplicates: one.duplicates,
        ..other.clone()
    };
    found.written(one, &rest);
}

/// Compares logs: how long and how often they keep something may change.
fn log(found: &mut Difference, one: &Log, other: &Log) {
    let rules = |one: &Log| (one.retention, one.max_receives);
    found.number(rules(one), rules(other));
    let rest = Log {
        retention: one.retention,
        max_receives: one.max_receives,
        ..other.clone()
    };
    found.written(one, &rest);
}

/// Compares deliveries: how many there are at once may change where nothing else sets it.
fn delivery(found: &mut Difference, model: &Model, one: &Delivery, other: &Delivery) {
    if one.concurrency != other.concurrency {
        let of_queue = |one: &Delivery| model.nodes[one.from as usize].queue != NONE;
        found.any = true;
        found.fixed |= one.pollers.is_some() || one.elastic != NONE || !of_queue(one);
    }
    let rest = Delivery {
        concurrency: one.concurrency,
        ..other.clone()
    };
    found.written(one, &rest);
}

/// Compares weighted jumps: weights may change.
fn split(found: &mut Difference, one: &Split, other: &Split) {
    found.fixed(one.alias == other.alias);
    found.table(&one.branches, &other.branches, |found, a, b| {
        found.number(a.0, b.0);
        found.fixed(a.1 == b.1);
    });
}

/// Compares partitioning rules: weights may change.
fn partition(found: &mut Difference, one: &Partition, other: &Partition) {
    found.number(&one.weights, &other.weights);
    found.fixed(one.weights.is_empty() == other.weights.is_empty());
    let rest = Partition {
        weights: one.weights.clone(),
        ..other.clone()
    };
    found.written(one, &rest);
}

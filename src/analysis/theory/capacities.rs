//! Everything of a model that can be full: stations, limits, environments, token buckets.

use super::answer::{Answer, Form};
use super::erlang;
use super::latency::Latencies;
use super::paths;
use super::service;
use super::station;
use super::streams::{Stream, Streams};
use super::traffic::{self, Rate, Traffic};
use super::visits::Visits;
use crate::model::{Cost, Group, Model, NONE, Of, Op, PartitionBy, Pick};
use std::collections::BTreeSet;

/// What has a capacity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// Servers with a waiting line.
    Station,
    /// A limit on visits inside at once.
    Limit,
    /// Execution environments.
    Environments,
    /// A token bucket, by name.
    Bucket(String),
}

/// Something that can be full, and what theory says of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Capacity {
    /// The node.
    pub node: String,
    /// What of it.
    pub what: What,
    /// Servers, places or environments of one copy; absent: unlimited. Tokens a second of a bucket.
    pub servers: Option<f64>,
    /// Equal copies or partitions.
    pub copies: u32,
    /// Visits a second over all copies (tokens of a bucket); absent: not known.
    pub rate_per_s: Option<f64>,
    /// Whether the rate rests on an approximation.
    pub approximate_rate: bool,
    /// Offered load over all copies [erlangs].
    pub offered_load: Option<f64>,
    /// Offered load over capacity; 1 and more cannot be served.
    pub utilisation: Option<f64>,
    /// What follows.
    pub form: Form,
}

/// A station, and the mean service time that was used.
#[derive(Debug)]
pub(super) struct Station {
    pub(super) capacity: Capacity,
    /// Seconds.
    pub(super) service_mean: f64,
}

/// Begins the capacity of a group.
fn begin(model: &Model, group: &Group, what: What, rate: Rate) -> Capacity {
    // Where copies come and go, those at the start.
    let mut elastic = model.control.elastic.iter();
    let elastic = elastic.find(|one| one.node == group.node && !group.limit);
    Capacity {
        node: model.nodes[group.node as usize].name.clone(),
        what,
        servers: (group.servers != u32::MAX).then(|| f64::from(group.servers)),
        copies: elastic.map_or(group.instances, |one| one.start),
        rate_per_s: rate.depends_on.is_none().then_some(rate.per_s),
        approximate_rate: rate.approximate,
        offered_load: None,
        utilisation: None,
        form: Form::NoClosedForm(String::new()),
    }
}

/// Returns what is said of every station group at which work is done; by group.
pub(super) fn stations(traffic: &Traffic<'_>, streams: &Streams) -> Vec<Option<Station>> {
    let visits = Visits::new(traffic);
    let mut places = traffic.places_by(traffic::serves);
    (0u32..)
        .zip(&traffic.model.groups)
        .map(|(index, group)| {
            let places = places.remove(&index)?;
            one_station(traffic, streams, &visits, (index, group), &places)
        })
        .collect()
}

fn one_station(
    traffic: &Traffic<'_>,
    streams: &Streams,
    visits: &Visits<'_>,
    (index, group): (u32, &Group),
    places: &[(usize, u32)],
) -> Option<Station> {
    let model = traffic.model;
    let rate = traffic.rate_at(places);
    let mut capacity = begin(model, group, What::Station, rate);
    let Some(service) = service::of_station(traffic, places) else {
        capacity.form = Form::NoClosedForm("its work depends on sizes that vary".to_owned());
        return Some(Station {
            capacity,
            service_mean: 0.0,
        });
    };
    let service_mean = service.mean;
    if service_mean <= 0.0 {
        return None;
    }
    if let Some(unknown) = rate.depends_on {
        capacity.form = Form::NoClosedForm(traffic.unknowns[unknown].words.clone());
        return Some(Station {
            capacity,
            service_mean,
        });
    }
    let copies = f64::from(group.instances);
    let load = rate.per_s * service_mean;
    capacity.offered_load = Some(load);
    if let Some(why) = changes(model, group.node) {
        capacity.form = Form::NoClosedForm(why.to_owned());
        return Some(Station {
            capacity,
            service_mean,
        });
    }
    // In the long run servers are as fast as what they earn pays for.
    let speed = group.credit.map_or(1.0, |credit| credit.share);
    capacity.utilisation = (capacity.servers).map(|servers| load / servers / copies / speed);
    let mut arrivals = streams.together(places);
    if visits.at_once(index) && arrivals == Stream::Poisson {
        arrivals = Stream::Broken("a request may come to it several times at once".to_owned());
    }
    if let (Stream::Renewal(_), true) = (&arrivals, group.instances > 1) {
        arrivals = Stream::Broken("arrivals are not Poisson and spread over copies".to_owned());
    }
    capacity.form = match uneven(model, traffic, group, places) {
        Some(why) => Form::NoClosedForm(why),
        None => station::form(group, rate.per_s / copies, &service, &arrivals),
    };
    if let Form::Unstable { grows_per_s } = &mut capacity.form {
        *grows_per_s *= copies;
    }
    if let Form::Known(answer) = &mut capacity.form {
        answer.approximate |= rate.approximate;
    }
    Some(Station {
        capacity,
        service_mean,
    })
}

/// Says what changes about the servers of a node during a run, if something does.
fn changes(model: &Model, node: u32) -> Option<&'static str> {
    let control = &model.control;
    for faults in control.all_faults() {
        if faults.outages.iter().any(|outage| outage.node == node) {
            return Some("the node is out for some time");
        }
        if faults.pauses.iter().any(|pause| pause.node == node) {
            return Some("the node stands still for some time");
        }
        if faults.impairments.iter().any(|one| one.node == node) {
            return Some("the node is slow, or its visits fail, for some time");
        }
    }
    let elastic = control.elastic.iter().position(|one| one.node == node)?;
    Some(match control.elastic[elastic].scaling {
        Some(_) => "the number of its copies follows the load",
        None => "its copies change their version",
    })
}

/// Says why the copies of a group are not loaded alike, if they may not be.
fn uneven(
    model: &Model,
    traffic: &Traffic<'_>,
    group: &Group,
    places: &[(usize, u32)],
) -> Option<String> {
    if group.varies {
        return Some("its servers and their speed follow the load".to_owned());
    }
    if group.credit.is_some() {
        return Some("its servers are slower once they have used up their credits".to_owned());
    }
    let Pick::Partition(rule) = group.pick else {
        return None;
    };
    let rule = &model.partitions[rule as usize];
    if rule.count <= 1 || group.instances <= 1 {
        return None;
    }
    let even = match rule.by {
        PartitionBy::Random => rule.weights.is_empty(),
        // Without a key: uniform at random.
        PartitionBy::Hash => places
            .iter()
            .all(|(start, _)| traffic.amounts[*start].key.fixed() == Some(f64::from(NONE))),
        PartitionBy::Modulo | PartitionBy::Key => false,
    };
    (!even).then(|| "its partitions are loaded as keys happen to spread".to_owned())
}

/// Returns what is said of groups of which a server is kept during calls, by index.
pub(super) fn limits(
    traffic: &Traffic<'_>,
    streams: &Streams,
    latencies: &Latencies<'_>,
) -> Vec<(u32, Capacity)> {
    let model = traffic.model;
    let mut found = Vec::new();
    for (index, places) in traffic.places_by(traffic::seizes) {
        let group = &model.groups[index as usize];
        let rate = traffic.rate_at(&places);
        let what = if group.limit {
            What::Limit
        } else {
            What::Station
        };
        let mut capacity = begin(model, group, what, rate);
        capacity.node = holders(model, &places);
        let uneven = uneven(model, traffic, group, &places);
        capacity.form = match held(traffic, latencies, &places) {
            _ if rate.depends_on.is_some() => {
                let unknown = rate.depends_on.unwrap_or(0);
                Form::NoClosedForm(traffic.unknowns[unknown].words.clone())
            }
            Err(why) => Form::NoClosedForm(why),
            Ok(load) => {
                let copies = f64::from(group.instances);
                capacity.offered_load = Some(load);
                capacity.utilisation = capacity.servers.map(|servers| load / servers / copies);
                match (uneven, streams.together(&places)) {
                    (Some(why), _) | (None, Stream::Broken(why)) => Form::NoClosedForm(why),
                    (None, Stream::Poisson)
                        if group.waiting_limit == 0
                            && !group.blocks
                            && independent(traffic, &places) =>
                    {
                        let servers = group.servers;
                        Form::Known(Answer {
                            refused: Some(erlang::b(servers, load / copies)),
                            approximate: rate.approximate,
                            ..Answer::exact(&format!("M/G/{servers}/{servers} (Erlang B)"))
                        })
                    }
                    (
                        None,
                        Stream::Poisson | Stream::Nothing | Stream::Renewal(_) | Stream::Chosen(_),
                    ) => Form::NoClosedForm("visits keep their place while they wait".to_owned()),
                }
            }
        };
        found.push((index, capacity));
    }
    found
}

/// Returns the names of the nodes that hold servers of a group: a limit may be shared.
fn holders(model: &Model, places: &[(usize, u32)]) -> String {
    let rows = places.iter().map(|(_, op)| model.sites[*op as usize].row);
    let names: BTreeSet<&str> = rows
        .map(|row| model.rows[row as usize].node as usize)
        .map(|node| model.nodes[node].name.as_str())
        .collect();
    names.into_iter().collect::<Vec<_>>().join(", ")
}

/// Returns the offered load of places that are held from some operations on [erlangs].
fn held(
    traffic: &Traffic<'_>,
    latencies: &Latencies<'_>,
    places: &[(usize, u32)],
) -> Result<f64, String> {
    let mut load = 0.0;
    for (start, op) in places {
        let during = paths::held(traffic.model, *op);
        let time = latencies.at(*start, &during)?;
        // Times are per visit of the start, of which some may not come this far.
        let share = traffic.count(*start, *op);
        load += traffic.rate_of(*start, *op).per_s * time.seconds / share;
    }
    Ok(load)
}

/// Whether nothing behind some operations waits for anybody: times are independent draws.
fn independent(traffic: &Traffic<'_>, places: &[(usize, u32)]) -> bool {
    let mut seen = BTreeSet::new();
    let mut todo: Vec<(usize, u32)> = places.to_vec();
    while let Some((start, after)) = todo.pop() {
        for op in traffic.reached[start].iter().filter(|op| **op > after) {
            let entries: Vec<u32> = match traffic.model.ops[*op as usize] {
                Op::Serve { group, .. } | Op::Seize { group } => {
                    if traffic.model.groups[group as usize].servers != u32::MAX {
                        return false;
                    }
                    Vec::new()
                }
                Op::Admit { .. }
                | Op::Afford { .. }
                | Op::Resolve { .. }
                | Op::LookUp { .. }
                | Op::Warm { .. } => {
                    return false;
                }
                Op::Call { route } => vec![traffic.model.routes[route as usize].entry],
                Op::CallChosen { first } => super::paths::targets(traffic.model, *op, first)
                    .map(|route| traffic.model.routes[route as usize].entry)
                    .collect(),
                Op::Fork { .. } | Op::Each { .. } => return false,
                Op::Delay { .. }
                | Op::Work { .. }
                | Op::Place { .. }
                | Op::Release { .. }
                | Op::Remainder { .. }
                | Op::LookUpFixed { .. }
                | Op::Missed
                | Op::Fill { .. }
                | Op::Invalidate { .. }
                | Op::Coin { .. }
                | Op::Split { .. }
                | Op::Choose { .. }
                | Op::Unchoose { .. }
                | Op::Spawn { .. }
                | Op::PushCount
                | Op::PopCount
                | Op::Enqueue { .. }
                | Op::Append { .. }
                | Op::FanOut { .. }
                | Op::Gather { .. }
                | Op::Once { .. }
                | Op::Held { .. }
                | Op::Hold { .. }
                | Op::Earlier { .. }
                | Op::Keep { .. }
                | Op::Tell { .. }
                | Op::Fits { .. }
                | Op::Replay { .. }
                | Op::Lag { .. }
                | Op::Observe { .. }
                | Op::Commit { .. }
                | Op::Jump { .. }
                | Op::Leave { .. } => Vec::new(),
            };
            for entry in entries {
                if let Some(called) = traffic.starts.get(&entry)
                    && seen.insert(*called)
                {
                    // From its very first operation on.
                    todo.push((*called, 0));
                    if *traffic.reached[*called].first().unwrap_or(&1) == 0 {
                        return false;
                    }
                }
            }
        }
    }
    true
}

/// Returns what is said of pools of environments: how many are busy in the mean.
pub(super) fn pools(traffic: &Traffic<'_>, latencies: &Latencies<'_>) -> Vec<Capacity> {
    let model = traffic.model;
    let mut found = Vec::new();
    for (index, places) in traffic.places_by(traffic::warms) {
        let pool = &model.pools[index as usize];
        let rate = traffic.rate_at(&places);
        let load = match held(traffic, latencies, &places) {
            _ if rate.depends_on.is_some() => {
                Err(traffic.unknowns[rate.depends_on.unwrap_or(0)].words.clone())
            }
            held => held,
        };
        let servers = (pool.most != u32::MAX).then(|| f64::from(pool.most));
        let utilisation = load.as_ref().ok().zip(servers);
        found.push(Capacity {
            node: model.nodes[pool.node as usize].name.clone(),
            what: What::Environments,
            servers,
            copies: 1,
            rate_per_s: rate.depends_on.is_none().then_some(rate.per_s),
            approximate_rate: rate.approximate,
            offered_load: load.as_ref().ok().copied(),
            utilisation: utilisation.map(|(load, servers)| load / servers),
            // What else there is to ask is about cold starts.
            form: load.err().map_or(Form::Load, Form::NoClosedForm),
        });
    }
    found
}

/// Returns what is said of token buckets, by index; limits that grow are taken as they
/// are at the start.
pub(super) fn buckets(traffic: &Traffic<'_>) -> Vec<(u32, Capacity)> {
    let model = traffic.model;
    let mut used: Vec<Option<Result<f64, String>>> = vec![None; model.buckets.len()];
    let mut approximate = vec![false; model.buckets.len()];
    for (start, op) in traffic.places(|op| matches!(op, Op::Admit { .. })) {
        let Op::Admit { admission } = model.ops[op as usize] else {
            continue;
        };
        for toll in &model.admissions[admission as usize].tolls {
            let bucket = toll.bucket as usize;
            let rate = traffic.rate_of(start, op);
            let spent = match (cost(traffic, start, toll.cost), rate.depends_on) {
                _ if toll.of != Of::One => {
                    Err("each partition has its own, and keys decide".to_owned())
                }
                (_, Some(unknown)) => Err(traffic.unknowns[unknown].words.clone()),
                (None, None) => Err("its price depends on sizes that vary".to_owned()),
                (Some(cost), None) => Ok(rate.per_s * cost),
            };
            approximate[bucket] |= rate.approximate;
            used[bucket] = Some(match (used[bucket].take(), spent) {
                (Some(Err(why)), _) | (_, Err(why)) => Err(why),
                (before, Ok(spent)) => Ok(spent + before.and_then(Result::ok).unwrap_or(0.0)),
            });
        }
    }
    let all = (0u32..).zip(&model.buckets).zip(used).zip(approximate);
    let mut found = Vec::new();
    for (((index, bucket), used), approximate) in all {
        let Some(used) = used else { continue };
        let tokens = used.as_ref().ok().copied();
        let utilisation = tokens.map(|tokens| tokens / bucket.rate_per_s);
        let form = match (&used, utilisation) {
            (Err(why), _) => Form::NoClosedForm(why.clone()),
            // In the long run everything above the rate is refused.
            (Ok(_), Some(busy)) if busy > 1.0 => Form::Known(Answer {
                refused: Some(1.0 - 1.0 / busy),
                ..Answer::close("what is above the rate")
            }),
            (Ok(_), _) => Form::Load,
        };
        let capacity = Capacity {
            node: model.nodes[bucket.node as usize].name.clone(),
            what: What::Bucket(bucket.name.clone()),
            servers: Some(bucket.rate_per_s),
            copies: 1,
            rate_per_s: tokens,
            approximate_rate: approximate,
            offered_load: None,
            utilisation,
            form,
        };
        found.push((index, capacity));
    }
    found
}

/// Returns what a visit pays, if it is always the same.
fn cost(traffic: &Traffic<'_>, start: usize, cost: Cost) -> Option<f64> {
    let amounts = &traffic.amounts[start];
    match cost {
        Cost::One => Some(1.0),
        Cost::Items => amounts.items.mean(),
        Cost::Bytes { factor } => Some(amounts.bytes.mean()? * f64::from(factor)),
        Cost::UnitsPerItem { unit, factor } => {
            let items = amounts.items.fixed()?;
            let one = amounts.bytes.fixed()? / items;
            Some((one / f64::from(unit)).ceil().max(1.0) * f64::from(factor) * items)
        }
        Cost::UnitsPerItemAnd { unit, factor, each } => {
            let items = amounts.items.fixed()?;
            let one = amounts.bytes.fixed()? / items;
            let units = (one / f64::from(unit)).ceil().max(1.0);
            Some((units * f64::from(factor) + f64::from(each)) * items)
        }
        Cost::UnitsTogether { unit, factor } => {
            let units = (amounts.bytes.fixed()? / f64::from(unit)).ceil();
            Some(units.max(1.0) * f64::from(factor))
        }
    }
}

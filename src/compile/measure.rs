//! What an alarm or a step watches: from the measure that it names to a metric of the loop.
//!
//! Not here: alarms themselves (`control`), and how a measure is written (`topology`).

use crate::component::build::{Build, index};
use crate::model::control::{
    BAD, Book, BookedTime, Charged, Count, FanOutCount, FlowCount, LinkCount, Metric, NodeCount,
    Reading, State, Statistic, Time, Whom,
};
use crate::model::{Model, NONE, Node, Outcome};
use crate::topology::{self, Bound, Objective, Subject, Topology};

/// Returns whose measure an objective is about, and which; nothing if it cannot be watched.
pub(super) fn metric(
    build: &Build,
    (topology, objective): (&Topology, &Objective),
) -> Option<(Whom, Metric)> {
    let model = &build.model;
    let whom = match &objective.subject {
        Subject::Flow(name) => {
            let found = model.flows.iter().position(|flow| flow.name == *name);
            Whom::Flow(index(found?))
        }
        Subject::Node(name) => {
            let found = model.nodes.iter().position(|node| node.name == *name);
            Whom::Node(index(found?))
        }
        Subject::Link(name) => {
            let found = model.links.iter().position(|link| link.name == *name);
            Whom::Link(index(found?))
        }
        Subject::FanOut(name) => {
            let found = model.fan_outs.iter().position(|one| one.name == *name);
            Whom::FanOut(index(found?))
        }
        Subject::Cost => Whom::Run,
        Subject::Recovery => return None,
    };
    let statistic = match objective.statistic {
        None | Some(topology::Statistic::Mean) => Statistic::Mean,
        Some(topology::Statistic::Sd) => Statistic::Sd,
        Some(topology::Statistic::Max) => Statistic::Max,
        Some(topology::Statistic::Quantile(p)) => Statistic::Quantile(p),
    };
    let state = |state: State| {
        let over_time = statistic == Statistic::Mean;
        let servers = match (whom, state) {
            (Whom::Node(node), State::Utilisation | State::Servers) => {
                has_servers(build, node) || follow_use(build, node)
            }
            (Whom::Node(node), State::Line | State::Copies) => {
                model.nodes[node as usize].group != NONE
            }
            (
                Whom::Flow(_) | Whom::Node(_) | Whom::Link(_) | Whom::FanOut(_) | Whom::Run,
                State::Inside
                | State::InsidePerCopy
                | State::Line
                | State::LinePerCopy
                | State::Utilisation
                | State::Copies
                | State::Servers,
            ) => true,
        };
        (over_time && servers).then_some(Metric::State(state))
    };
    let reading = match objective.value {
        Bound::Number(_) => Some(Reading::Count),
        Bound::Share(_) => Some(Reading::Share),
        Bound::PerSecond(_) => Some(Reading::PerSecond),
        Bound::Milliseconds(_) | Bound::UsdPerMonth(_) | Bound::UsdPerMillion(_) => None,
    };
    let ended = |which: u8| Some(Metric::Ended(which, reading?));
    let one = |outcome: Outcome| ended(1 << outcome as u8);
    let charged = match objective.value {
        Bound::UsdPerMonth(_) => Some(Charged::Month),
        Bound::UsdPerMillion(_) => Some(Charged::Million),
        Bound::Milliseconds(_) | Bound::Number(_) | Bound::PerSecond(_) | Bound::Share(_) => None,
    };
    if let Some(how) = charged {
        return Some((whom, Metric::Charged(how)));
    }
    if let Some(book) = book(model, (topology, objective), (whom, reading, statistic)) {
        return Some((whom, Metric::Booked(book)));
    }
    match whom {
        Whom::Flow(_) | Whom::Node(_) => {}
        Whom::Link(_) | Whom::FanOut(_) | Whom::Run => return None,
    }
    let metric = match (objective.quantity.as_str(), whom) {
        ("latency", Whom::Flow(_)) | ("sojourn", Whom::Node(_)) => {
            Some(Metric::Time(Time::Sojourn, statistic))
        }
        ("waiting", Whom::Node(_)) => Some(Metric::Time(Time::Waiting, statistic)),
        ("inside", _) => state(State::Inside),
        ("line", Whom::Node(_)) => state(State::Line),
        ("utilisation", Whom::Node(_)) => state(State::Utilisation),
        ("copies", Whom::Node(_)) => state(State::Copies),
        ("servers", Whom::Node(_)) => state(State::Servers),
        // Every attempt that reaches a node is a visit.
        ("arrived" | "attempts", _) => reading
            .filter(|reading| *reading != Reading::Share)
            .map(Metric::Arrived),
        // Without a bound on its latency, all that completed is good.
        ("completed" | "goodput", _) => one(Outcome::Completed),
        ("throttled", _) => one(Outcome::Throttled),
        ("shed", _) => one(Outcome::Shed),
        ("timed_out", _) => one(Outcome::TimedOut),
        ("failed", _) => one(Outcome::Failed),
        ("errors", _) => ended(BAD),
        _ => None,
    };
    Some((whom, metric?))
}

/// Returns what is read off the books for an objective, if that is how it is watched.
fn book(
    model: &Model,
    (topology, objective): (&Topology, &Objective),
    (whom, reading, statistic): (Whom, Option<Reading>, Statistic),
) -> Option<Book> {
    let quantity = objective.quantity.as_str();
    let timed = |what: BookedTime| {
        // The books know the greatest of the whole run only.
        (statistic != Statistic::Max).then_some(Book::Timed(what, statistic))
    };
    let counted = |count: Count| Some(Book::Counted(count, reading?));
    // What is no part of anything.
    let whole = |count: Count| counted(count).filter(|_| reading != Some(Reading::Share));
    let line = (statistic == Statistic::Mean).then_some(Book::Line);
    match whom {
        Whom::Flow(flow) => {
            let bound_ms = topology.latency_bound_ms(&model.flows[flow as usize].name);
            let whole = |what: FlowCount| whole(Count::Flow(what));
            match (quantity, bound_ms) {
                ("goodput", Some(bound)) => Some(Book::Within((bound * 1e6) as u64, reading?)),
                ("settled", _) => timed(BookedTime::Settled),
                ("latency_all", _) => timed(BookedTime::LatencyAll),
                ("attempts", _) => counted(Count::Flow(FlowCount::Attempts)),
                ("retried", _) => counted(Count::Flow(FlowCount::Retried)),
                ("bytes_in", _) => whole(FlowCount::BytesIn),
                ("bytes_out", _) => whole(FlowCount::BytesOut),
                _ => None,
            }
        }
        Whom::Node(node) => {
            let this = &model.nodes[node as usize];
            let has = |id: fn(&Node) -> u32| id(this) != NONE;
            let queues = has(|node| node.queue) || has(|node| node.log);
            let counted = |what: NodeCount| counted(Count::Node(what));
            let whole = |what: NodeCount| whole(Count::Node(what));
            let stale = NodeCount::Stale {
                of_all: model.has_replicas(node),
            };
            match quantity {
                "service" => timed(BookedTime::Service),
                "iterator_age" if has(|node| node.log) => timed(BookedTime::IteratorAge),
                "hit_rate" if this.looks_up => {
                    Some(Book::Counted(Count::Node(NodeCount::Hits), Reading::Share))
                }
                "hits" if this.looks_up => counted(NodeCount::Hits),
                "misses" if this.looks_up => counted(NodeCount::Misses),
                "joined" if this.looks_up => counted(NodeCount::Joined),
                "stale" if this.looks_up => counted(stale),
                "cold_starts" if has(|node| node.pool) => counted(NodeCount::ColdStarts),
                "waited" => counted(NodeCount::Waited),
                "orphaned" => counted(NodeCount::Orphaned),
                "dead_lettered" if queues => whole(NodeCount::DeadLettered),
                "duplicates" if has(|node| node.queue) => whole(NodeCount::Duplicates),
                "line" if queues => line,
                _ => None,
            }
        }
        Whom::Link(link) => {
            let delivers = model.links[link as usize].delivers;
            let counted = |what: LinkCount| counted(Count::Link(what));
            let whole = |what: LinkCount| whole(Count::Link(what));
            let ended = |outcome: Outcome| counted(LinkCount::Ended(1 << outcome as u8));
            match quantity {
                "latency" => timed(BookedTime::Latency),
                "lag" if delivers => timed(BookedTime::Lag),
                "attempts" => counted(LinkCount::Attempts),
                "arrived" => whole(LinkCount::Arrived),
                "hedged" => counted(LinkCount::Hedged),
                "refused" => counted(LinkCount::Refused),
                "breaker_opened" => whole(LinkCount::Opened),
                "completed" | "goodput" => ended(Outcome::Completed),
                "throttled" => ended(Outcome::Throttled),
                "shed" => ended(Outcome::Shed),
                "timed_out" => ended(Outcome::TimedOut),
                "failed" => ended(Outcome::Failed),
                "errors" => counted(LinkCount::Ended(BAD)),
                _ => None,
            }
        }
        Whom::FanOut(fan_out) => {
            let this = &model.fan_outs[fan_out as usize];
            let gathered = !this.readers.is_empty();
            let counted = |what: FanOutCount| counted(Count::FanOut(what));
            let whole = |what: FanOutCount| whole(Count::FanOut(what));
            match quantity {
                "first" => timed(BookedTime::First),
                "reach50" => timed(BookedTime::Reach50),
                "reach99" => timed(BookedTime::Reach99),
                "last" => timed(BookedTime::Last),
                "delivery" => timed(BookedTime::Delivery),
                "staleness" if gathered => timed(BookedTime::Staleness),
                "posts" => whole(FanOutCount::Posts),
                "pulled" => counted(FanOutCount::Pulled),
                "deliveries" => whole(FanOutCount::Deliveries),
                "dropped" => counted(FanOutCount::Dropped),
                "duplicates" => counted(FanOutCount::Duplicates),
                "reads" if gathered => whole(FanOutCount::Reads),
                "visits" => whole(FanOutCount::Visits),
                "throttled" => counted(FanOutCount::Throttled),
                "backlog" => line,
                _ => None,
            }
        }
        Whom::Run => None,
    }
}

/// Whether a node has servers whose number follows their use.
fn follow_use(build: &Build, node: u32) -> bool {
    let group = build.model.nodes[node as usize].group;
    let group = build.model.groups.get(group as usize);
    group.is_some_and(|group| group.varies)
}

/// Whether a node has servers that are limited.
pub(super) fn has_servers(build: &Build, node: u32) -> bool {
    let group = build.model.nodes[node as usize].group;
    group != NONE && {
        let group = &build.model.groups[group as usize];
        group.servers != u32::MAX && !group.limit && !group.varies
    }
}

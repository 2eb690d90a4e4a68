//! One run cut into parts gives the bytes of one that is not, however it is cut.
//!
//! Whole recordings are compared, not only what reports show of them. Random graphs have
//! constant times in round numbers, so that most events share their instant with
//! others.

use crate::journeys::{first_difference, row, serverless, tiers};
use crate::known::harness::prepare;
use kneepoint::engine::{self, Cut, Load, Nobody};
use kneepoint::metrics::recording::Recording;
use kneepoint::model::Following;
use std::fmt::Write;

/// Everything that was recorded, as text, without what is no result.
pub(crate) fn shown(mut recording: Recording) -> String {
    recording.queue_events = 0;
    recording.split = None;
    format!("{recording:?}")
}

/// A stream of words: splitmix64.
pub(crate) struct Words(pub(crate) u64);

impl Words {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ word >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ word >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ word >> 31
    }

    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    pub(crate) fn one_of<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        choices[self.below(choices.len() as u64) as usize]
    }
}

/// A random graph: a chain that everything hangs on, and calls ahead.
fn graph(seed: u64) -> String {
    let mut words = Words(seed);
    let count = 4 + words.below(6);
    let (mut nodes, mut links) = (String::new(), String::new());
    for node in 0..count {
        let kind = match words.below(6) {
            0 => format!(
                r#""kind": "cache", "hit_rate": 0.{}, "service_time": "200us""#,
                1 + words.below(8)
            ),
            1 => r#""kind": "delay", "time": "300us""#.to_owned(),
            2 => format!(
                r#""kind": "limiter", "rate": "{}/s", "burst": 5"#,
                300 + words.below(600)
            ),
            _ => format!(
                r#""kind": "station", "servers": {}, {} "service_time": {}"#,
                1 + words.below(4),
                words.one_of(&["", r#""waiting_limit": 3,"#, r#""io": "blocking","#]),
                words.one_of(&[
                    r#""1ms""#,
                    r#""500us""#,
                    r#"{ "exponential": "1ms" }"#,
                    r#""2ms""#
                ])
            ),
        };
        let _ = write!(
            nodes,
            r#"{}"n{node}": {{ {kind} }}"#,
            if node == 0 { "" } else { ", " }
        );
        for to in node + 1..count {
            if to > node + 1 && words.below(4) > 0 {
                continue;
            }
            let _ = write!(
                links,
                r#", {{ "from": "n{node}", "to": "n{to}", "latency": {}{} }}"#,
                words.one_of(&[
                    r#""200us""#,
                    r#""500us""#,
                    r#""1ms""#,
                    r#""1ms""#,
                    r#""20us""#,
                    r#"{ "lognormal": { "p50": "500us", "p99": "2ms" } }"#
                ]),
                words.one_of(&[
                    "",
                    r#", "timeout": "4ms""#,
                    r#", "timeout": "8ms", "retry": { "attempts": 3, "backoff": "fixed", "base": "1ms" }"#,
                    r#", "timeout": "5ms", "retry": { "attempts": 4, "base": "2ms", "budget": { "tokens": 20, "cost": 1, "earn": 0.1, "earn_on": "success" } }"#,
                    r#", "timeout": "6ms", "hedge": { "after": "3ms" }"#
                ])
            );
        }
    }
    format!(
        r#"{{ "nodes": {{ {nodes} }}, "links": [ {{ "from": "client", "to": "n0", "latency": "1ms" }}{links} ],
              "flows": {{ "main": {{ "enter": "n0" }} }},
              "load": [ {{ "rate": "{}/s", "arrivals": "{}" }} ],
              "run": {{ "horizon": "2s", "warm_up": "500ms", "replications": 1, "seed": {seed}, "record": 50 }} }}"#,
        300 + words.below(700),
        words.one_of(&["poisson", "even"])
    )
}

/// Cuts at random into so many parts, and shakes them on demand.
fn random_cut(model: &kneepoint::model::Model, parts: usize, seed: u64, shaken: bool) -> Cut {
    let mut words = Words(seed);
    let mut cut = Cut::by(model, parts, |_| words.below(parts as u64) as usize);
    cut.shaken = shaken.then_some(seed);
    cut
}

/// Follows nobody, some requests or all of them.
fn followed(seed: u64) -> Following {
    let requests = [0, 200, u32::MAX][(seed % 3) as usize];
    Following {
        replications: 1,
        requests,
    }
}

/// Cuts random graphs in all ways; in three tests, so that the last of them does not run alone.
fn give_the_same_bytes_in_any_parts(seeds: std::ops::Range<u64>) {
    let mut crossed = 0;
    for seed in seeds {
        let text = graph(seed);
        let (model, mut plan, _) = prepare(&text);
        plan.following = followed(seed);
        let whole = shown(engine::run_one(&model, &plan, 0, &Nobody).expect("it ends"));
        for (parts, shaken) in [(2, false), (2, true), (3, true), (4, false), (8, true)] {
            let cut = random_cut(&model, parts, seed * 31 + parts as u64, shaken);
            crossed += usize::from(cut.distances.iter().any(|&distance| distance != u64::MAX));
            let split = engine::run_in_parts(&model, &plan, 0, &cut, &Nobody).expect("it ends");
            assert!(
                whole == shown(split),
                "{parts} parts, shaken: {shaken}, {:?}, record something else than one:\n{text}",
                cut.part_of
            );
        }
    }
    assert!(crossed > 30, "only {crossed} cuts had a link across");
}

#[test]
fn random_graphs_give_the_same_bytes_in_any_parts() {
    give_the_same_bytes_in_any_parts(0..10);
}

#[test]
fn other_random_graphs_give_the_same_bytes_in_any_parts() {
    give_the_same_bytes_in_any_parts(10..20);
}

#[test]
fn more_random_graphs_give_the_same_bytes_in_any_parts() {
    give_the_same_bytes_in_any_parts(20..30);
}

/// Cuts models whose requests go on journeys in all ways, with nobody followed.
fn journeys_give_the_same_bytes_in_any_parts(texts: impl Iterator<Item = String>) {
    let mut crossed = 0;
    for (seed, text) in (0u64..).zip(texts) {
        let (model, plan, _) = prepare(&text);
        let whole = shown(engine::run_one(&model, &plan, 0, &Nobody).expect("it ends"));
        for (parts, shaken) in [(2, false), (2, true), (5, true)] {
            let cut = random_cut(&model, parts, seed * 31 + parts as u64, shaken);
            crossed += usize::from(cut.distances.iter().any(|&distance| distance != u64::MAX));
            let split = shown(engine::run_in_parts(&model, &plan, 0, &cut, &Nobody).expect("ends"));
            assert!(
                whole == split,
                "{parts} parts, shaken: {shaken}, {:?}:\n{}\n{text}",
                cut.part_of,
                first_difference(&whole, &split)
            );
        }
    }
    assert!(crossed > 30, "only {crossed} cuts had a link across");
}

#[test]
fn rows_give_the_same_bytes_in_any_parts() {
    let texts = (0..40).map(|seed| row(seed, seed % 2 == 0));
    journeys_give_the_same_bytes_in_any_parts(texts);
}

#[test]
fn tiers_give_the_same_bytes_in_any_parts() {
    journeys_give_the_same_bytes_in_any_parts((1_000..1_060).map(tiers));
}

#[test]
fn serverless_designs_give_the_same_bytes_in_any_parts() {
    journeys_give_the_same_bytes_in_any_parts((2_000..2_150).map(serverless));
}

#[test]
fn calls_to_another_part_are_answered_in_time_or_given_up_and_answered_late() {
    // So many of all calls, half of which go to `b`, are made again: every one of these, where
    // the way alone takes too long.
    for (policy, repeats) in [
        (r#""timeout": "8ms""#, 0.02..0.25),
        (r#""timeout": "8ms", "deadline": true"#, 0.02..0.25),
        (r#""timeout": "900us""#, 0.49..0.51),
    ] {
        let (model, plan, _) = prepare(&format!(
            r#"{{ "nodes": {{ "a": {{ "kind": "station", "servers": 8, "service_time": "1ms" }},
                             "b": {{ "kind": "station", "servers": 3, "service_time": {{ "exponential": "3ms" }} }} }},
                 "links": [ {{ "from": "a", "to": "b", "latency": "1ms", "retry": {{ "attempts": 2, "base": "1ms" }}, {policy} }} ],
                 "load": [ {{ "rate": "400/s" }} ],
                 "run": {{ "horizon": "5s", "warm_up": "1s", "replications": 1 }} }}"#
        ));
        let whole = engine::run_one(&model, &plan, 0, &Nobody).expect("it ends");
        let cut = Cut::by(&model, 2, |name| usize::from(name == "b"));
        assert!(cut.distances.iter().any(|&distance| distance != u64::MAX));

        let split = engine::run_in_parts(&model, &plan, 0, &cut, &Nobody).expect("it ends");

        let links = split.links.iter().flat_map(|link| &link.slices);
        let (calls, attempts) = links.fold((0, 0), |(calls, attempts), slice| {
            (calls + slice.tally.arrived, attempts + slice.attempts)
        });
        let share = attempts as f64 / calls as f64 - 1.0;
        assert!(
            repeats.contains(&share),
            "{policy}: {share} of {calls} calls"
        );
        let (whole, split) = (shown(whole), shown(split));
        assert!(whole == split, "{}", first_difference(&whole, &split));
    }
}

/// Everything that ties its ends, with long links between.
const RICH: &str = r#"{
    "nodes": {
        "gate": { "kind": "limiter", "rate": "900/s", "burst": 50 },
        "lb": { "kind": "balancer", "policy": "choices" },
        "app": { "kind": "station", "copies": 4, "servers": 2, "io": "blocking" },
        "hot": { "kind": "cache", "cache": { "policy": "lru", "entries": 300, "ttl": "5s" } },
        "db": { "kind": "station", "servers": 8, "service_time": { "gamma": { "mean": "6ms", "cv": 1.5 } },
                "waiting_limit": 100 },
        "jobs": { "kind": "queue", "visibility": "2s", "max_receives": 3 },
        "worker": { "kind": "pool", "cold_start": "50ms", "keep_alive": "1s" },
        "store": { "kind": "station", "servers": 2, "service_time": "1ms" },
        "dead": { "kind": "queue" } },
    "links": [
        { "from": "client", "to": "gate", "latency": "1ms", "timeout": "40ms", "retry": { "attempts": 2, "base": "5ms" } },
        { "from": "gate", "to": "lb", "latency": "500us" },
        { "from": "lb", "to": "app", "latency": "500us" },
        { "from": "app", "to": "hot", "latency": "250us" },
        { "from": "hot", "to": "db", "latency": "250us" },
        { "from": "app", "to": "db", "timeout": "60ms", "latency": "1ms", "hedge": { "after": "20ms" },
          "retry": { "attempts": 3, "base": "5ms", "budget": { "tokens": 20, "cost": 1, "earn": 0.1, "earn_on": "success" } } },
        { "from": "app", "to": "jobs", "latency": "1ms" },
        { "from": "jobs", "to": "worker", "latency": "1ms", "batch": 1 },
        { "from": "worker", "to": "store", "latency": "1ms", "timeout": "2ms", "retry": { "attempts": 2, "base": "1ms" } },
        { "from": "jobs", "to": "dead", "role": "dead-letter" } ],
    "flows": { "main": { "enter": "gate", "key": { "zipf": { "exponent": 1, "count": 1000 } }, "at": {
        "app": [ { "compute": { "exponential": "4ms" } },
                 { "parallel": [ [ { "read": "hot" } ], [ { "read": "db" } ] ] },
                 { "choose": [ { "weight": 2, "do": [ { "send": "jobs" } ] }, { "weight": 8, "do": [] } ] } ],
        "worker": [ { "compute": { "lognormal": { "mean": "10ms", "cv": 2 } } }, { "call": "store" }, { "fail": 0.1 } ] } } },
    "load": [ { "rate": "800/s" }, { "name": "closed", "clients": 20, "think": { "exponential": "100ms" } } ],
    "run": { "horizon": "4s", "warm_up": "1s", "replications": 1, "seed": 5, "record": 100 } }"#;

#[test]
fn what_ties_its_ends_is_never_cut() {
    let (model, mut plan, _) = prepare(RICH);
    plan.following = followed(2);
    let whole = shown(engine::run_one(&model, &plan, 0, &Nobody).expect("it ends"));

    for (parts, seed) in [(2, 1), (3, 2), (8, 3), (8, 4)] {
        let cut = random_cut(&model, parts, seed, true);
        let split = engine::run_in_parts(&model, &plan, 0, &cut, &Nobody).expect("it ends");

        assert!(
            whole == shown(split),
            "{:?} record something else",
            cut.part_of
        );
    }
    let part = |cut: &Cut, name: &str| {
        let node = model.nodes.iter().position(|node| node.name == name);
        cut.part_of[node.expect("a node of that name")]
    };
    let cut = Cut::by(&model, 8, |name| {
        name.len() + name.bytes().map(usize::from).sum::<usize>()
    });
    // A hedge ties app and db, a delivery jobs and worker; the rest are plain calls.
    assert_eq!(part(&cut, "app"), part(&cut, "db"));
    assert_eq!(part(&cut, "jobs"), part(&cut, "worker"));
    assert!(cut.distances.iter().any(|&distance| distance != u64::MAX));
}

#[test]
#[should_panic(expected = "a letter for")]
fn a_wrong_distance_is_caught() {
    let (model, plan, _) = prepare(
        r#"{ "nodes": { "a": { "kind": "station", "service_time": "1ms" },
                        "b": { "kind": "station", "service_time": "1ms" } },
             "links": [ { "from": "client", "to": "a", "latency": "1ms" }, { "from": "a", "to": "b", "latency": "1ms" } ],
             "load": [ { "rate": "500/s", "arrivals": "even" } ],
             "run": { "horizon": "2s", "replications": 1 } }"#,
    );
    let mut cut = Cut::by(&model, 2, |name| usize::from(name == "b"));
    for distance in cut
        .distances
        .iter_mut()
        .filter(|distance| **distance != u64::MAX)
    {
        *distance *= 1000;
    }

    let _ = engine::run_in_parts(&model, &plan, 0, &cut, &Nobody);
}

/// Two stations in line, with a latency between them; it takes `rate` requests a second.
fn two_in_line(rate: u64, latency: &str, horizon: &str) -> String {
    format!(
        r#"{{ "nodes": {{ "a": {{ "kind": "station", "servers": {rate}, "service_time": "1ms" }},
                         "b": {{ "kind": "station", "servers": {rate}, "service_time": {{ "exponential": "1ms" }} }} }},
             "links": [ {{ "from": "a", "to": "b", "latency": "{latency}" }} ],
             "load": [ {{ "rate": "{rate}/s" }} ],
             "run": {{ "horizon": "{horizon}", "replications": 1 }} }}"#
    )
}

/// What is expected of a run whose nodes have so many events a second each.
fn load(model: &kneepoint::model::Model, events: &[(&str, f64)], calls: f64) -> Load {
    let of = |name: &str| {
        let known = events.iter().find(|(node, _)| *node == name);
        known.map_or(0.0, |(_, events)| *events)
    };
    Load {
        nodes: model.nodes.iter().map(|node| of(&node.name)).collect(),
        links: vec![calls; model.links.len()],
        elapsed: 1e9,
    }
}

#[test]
fn a_run_is_cut_where_each_part_has_enough_to_do_between_meetings() {
    let cut = |rate: u64, latency: &str, events: &[(&str, f64)], calls: f64, threads| {
        let (model, _, _) = prepare(&two_in_line(rate, latency, "1s"));
        Cut::best(&model, &load(&model, events, calls), threads)
    };
    let even = [("client", 1e6), ("a", 3e6), ("b", 4e6)];

    // 1,000 events of each part in the 250 us that it may run ahead.
    let best = cut(1000, "250us", &even, 1e6, 2).expect("it pays");
    assert_eq!(best.parts, 2);
    let latency = |cut: &Cut| cut.distances.iter().copied().min();
    assert_eq!(latency(&best), Some(250_000));
    // Half of all events are those of `b`.
    assert!((best.bound - 2.0).abs() < 1e-9, "bound {}", best.bound);
    // Ten events each: meeting costs more than is won.
    let few = even.map(|(node, events)| (node, events / 100.0));
    assert!(cut(1000, "250us", &few, 1e4, 2).is_none());
    // The same work with a hundred times the latency pays again.
    assert!(cut(1000, "25ms", &few, 1e4, 2).is_some());
    // All the work at one node cannot be divided.
    let uneven = [("client", 1e5), ("a", 1e5), ("b", 8e6)];
    assert!(cut(1000, "250us", &uneven, 1e5, 2).is_none());
    // Letters cost more than either part has to do.
    assert!(cut(1000, "250us", &even, 2e7, 2).is_none());
    // One thread is none too many.
    assert!(cut(1000, "250us", &even, 1e6, 1).is_none());
    // Links under a tenth of a millisecond are never cut.
    assert!(cut(1000, "50us", &even, 1e6, 2).is_none());
}

#[test]
fn threads_that_are_left_over_do_not_show_in_a_single_run() {
    let (model, mut plan, _) = prepare(&two_in_line(200_000, "1ms", "1500ms"));
    plan.following = followed(1);
    let run = |threads| {
        let mut ran = engine::run(&model, &plan, 0..1, threads, &Nobody).expect("it ends");
        shown(ran.pop().expect("one replication"))
    };

    let alone = run(1);

    assert!(alone == run(2), "two threads show");
    assert!(alone == run(5), "five threads show");
}

/// Two tables on demand whose limits grow and whose partitions split while they run.
const GROWING: &str = r#"{
    "nodes": {
        "app": { "kind": "ecs", "tasks": 6, "cpu": 4 },
        "orders": { "kind": "dynamodb", "warm_write": "1200/s", "warm_read": "2000/s", "growth_after": "1s",
                    "split_after": "1s", "partitions": 2 },
        "stock": { "kind": "dynamodb", "warm_write": "1000/s", "warm_read": "1500/s", "growth_after": "2s",
                   "split_after": "1s", "partitions": 2 } },
    "links": [
        { "from": "client", "to": "app", "latency": "2ms" },
        { "from": "app", "to": "orders", "latency": "1ms", "timeout": "200ms", "retry": { "attempts": 2, "base": "10ms" } },
        { "from": "app", "to": "stock", "latency": "1ms", "timeout": "200ms", "retry": "none" } ],
    "flows": { "main": { "enter": "app", "key": { "zipf": { "exponent": 0.5, "count": 10000 } }, "at": {
        "app": [ { "compute": "1ms" }, { "write": "orders" }, { "try": [ { "read": "stock" }, { "write": "stock" } ], "on_error": [] } ] } } },
    "load": [ { "rate": "2500/s" } ],
    "run": { "horizon": "6s", "warm_up": "1s", "replications": 1, "seed": 9 } }"#;

#[test]
fn limits_that_grow_and_partitions_that_split_lie_with_who_pays_there() {
    let (model, mut plan, _) = prepare(GROWING);
    plan.following = followed(2);
    let whole = engine::run_one(&model, &plan, 0, &Nobody).expect("it ends");
    let refused = |recording: &Recording| {
        let counts = recording.nodes.iter().flat_map(|node| &node.refusals);
        counts.map(|(_, count)| count).sum::<u64>()
    };
    // Until it has grown the load is too much.
    assert!(refused(&whole) > 100, "refused {}", refused(&whole));
    let whole = shown(whole);

    for (parts, shaken) in [(2, false), (2, true), (3, true)] {
        let mut names = std::collections::BTreeMap::new();
        let mut cut = Cut::by(&model, parts, |name| {
            let next = names.len();
            *names.entry(name.to_owned()).or_insert(next)
        });
        cut.shaken = shaken.then_some(parts as u64);
        assert!(cut.distances.iter().any(|&distance| distance != u64::MAX));
        let split = engine::run_in_parts(&model, &plan, 0, &cut, &Nobody).expect("it ends");
        assert!(
            whole == shown(split),
            "{:?} record something else",
            cut.part_of
        );
    }
}

//! Requests that pass along a row give the bytes that visits of every node give.
//!
//! Requests that are listed one by one are replayed visit by visit, so that listing all of them
//! tells what is to come out; those that are followed are as well, by the general way, and what
//! their time is made of adds up to their latency. Constant times in round numbers have most events share their
//! instant with others; short lines, misses, time-outs and calls beside the row have journeys
//! end in their middle.

use crate::known::harness::prepare;
use crate::parts::{Words, shown};
use kneepoint::engine::{self, Nobody};
use kneepoint::metrics::recording::{Recording, RequestRecord};
use kneepoint::model::{Following, Outcome};
use std::fmt::Write;

/// A row of nodes at random; `plain`: of stations that nobody is refused at, over constant links.
pub(crate) fn row(seed: u64, plain: bool) -> String {
    let mut words = Words(seed);
    let count = 1 + words.below(9);
    let (mut nodes, mut links) = (String::new(), String::new());
    for node in 0..count {
        let kind = match words.below(if plain { 4 } else { 9 }) {
            0..4 => format!(
                r#""kind": "station", "servers": {}, "service_time": {}"#,
                1 + words.below(4),
                words.one_of(&[
                    r#""1ms""#,
                    r#""500us""#,
                    r#"{ "exponential": "1ms" }"#,
                    r#""250us""#
                ])
            ),
            4 => r#""kind": "delay", "time": "300us""#.to_owned(),
            5 => r#""kind": "cache", "hit_rate": 0.3, "service_time": "200us""#.to_owned(),
            6 => r#""kind": "station", "servers": 1, "waiting_limit": 2, "service_time": "1ms""#
                .to_owned(),
            7 => r#""kind": "station", "servers": 3, "io": "blocking", "service_time": "1ms""#
                .to_owned(),
            _ => r#""kind": "limiter", "rate": "400/s", "burst": 5"#.to_owned(),
        };
        let _ = write!(
            nodes,
            r#"{}"n{node}": {{ {kind} }}"#,
            if node == 0 { "" } else { ", " }
        );
        if node + 1 < count {
            let (latency, policy) = if plain {
                (r#""250us""#, "")
            } else {
                (
                    words.one_of(&[
                        r#""250us""#,
                        r#""1ms""#,
                        r#""1ms""#,
                        r#""20us""#,
                        r#"{ "lognormal": { "p50": "500us", "p99": "2ms" } }"#,
                    ]),
                    words.one_of(&["", "", "", r#", "timeout": "6ms""#]),
                )
            };
            let _ = write!(
                links,
                r#", {{ "from": "n{node}", "to": "n{}", "latency": {latency}{policy} }}"#,
                node + 1
            );
        }
    }
    format!(
        r#"{{ "nodes": {{ {nodes} }}, "links": [ {{ "from": "client", "to": "n0", "latency": "1ms" }}{links} ],
              "flows": {{ "main": {{ "enter": "n0" }} }},
              "load": [ {{ "rate": "{}/s", "arrivals": "{}" }} ],
              "run": {{ "horizon": "2s", "warm_up": "500ms", "replications": 1, "seed": {seed} }} }}"#,
        300 + words.below(700),
        words.one_of(&["poisson", "even"])
    )
}

/// An application that calls others at random, behind tiers that pass on, at random.
pub(crate) fn tiers(seed: u64) -> String {
    let mut words = Words(seed);
    let latency = |words: &mut Words| {
        words.one_of(&[
            "",
            "",
            r#", "latency": "20us""#,
            r#", "latency": "250us""#,
            r#", "latency": "1ms""#,
        ])
    };
    let policy = |words: &mut Words| {
        words.one_of(&[
            "",
            "",
            "",
            r#", "timeout": "4ms""#,
            r#", "timeout": "8ms", "retry": { "attempts": 3, "backoff": "fixed", "base": "1ms" }"#,
            r#", "timeout": "20ms", "deadline": true"#,
        ])
    };
    let edge = words.one_of(&[
        r#""kind": "cache", "hit_rate": 0.4, "service_time": "500us""#,
        r#""kind": "delay", "time": "300us""#,
        r#""kind": "station", "servers": 2, "service_time": "250us""#,
        r#""kind": "station", "servers": 4, "io": "blocking", "service_time": "250us""#,
    ]);
    let middle = words.one_of(&[
        r#""kind": "delay", "time": "100us""#,
        r#""kind": "limiter", "rate": "700/s", "burst": 10"#,
        r#""kind": "station", "partitions": { "count": 3, "by": "hash" }, "service_time": "500us""#,
    ]);
    let app = format!(
        r#""kind": "station", "servers": {}, "io": "{}""#,
        2 + words.below(8),
        words.one_of(&["blocking", "blocking", "async"])
    );
    let hot = words.one_of(&[
        r#""kind": "station", "partitions": { "count": 4, "by": "random" }, "service_time": "300us""#,
        r#""kind": "station", "partitions": { "count": 4, "by": "hash" }, "service_time": { "exponential": "400us" }"#,
        r#""kind": "station", "partitions": { "count": 3, "by": "key" }, "service_time": "250us", "waiting_limit": 2"#,
        r#""kind": "cache", "hit_rate": 0.6, "servers": 2, "service_time": "250us""#,
    ]);
    let db = words.one_of(&[
        r#""kind": "external", "time": { "lognormal": { "p50": "2ms", "sigma": 1 } }, "rate": "300/s", "burst": 5"#,
        r#""kind": "external", "time": "1ms""#,
        r#""kind": "station", "servers": 3, "service_time": "2ms", "io": "blocking""#,
        r#""kind": "station", "servers": 2, "service_time": { "exponential": "2ms" }"#,
    ]);
    let compute = words.one_of(&[
        r#"{ "compute": "1ms" }"#,
        r#"{ "compute": { "lognormal": { "mean": "2ms", "sigma": 0.5 } } }"#,
        r#"{ "pause": "500us" }, { "compute": "500us" }"#,
    ]);
    let calls = words.one_of(&[
        r#"{ "read": "hot" }, { "choose": [ { "weight": 6, "do": [] }, { "weight": 4, "do": [ { "read": "db" } ] } ] }"#,
        r#"{ "read": "hot" }, { "read": "db" }, { "compute": "250us" }"#,
        r#"{ "read": "hot" }, { "pause": "1ms" }, { "read": "hot" }"#,
        r#"{ "try": [ { "read": "db" } ], "timeout": "3ms", "on_error": [ { "read": "hot" } ] }"#,
        r#"{ "parallel": [ [ { "read": "db" } ], [ { "read": "hot" } ] ] }, { "read": "hot" }"#,
    ]);
    let on_miss = words.one_of(&[
        r#"{ "read": "hot", "on_miss": [ { "read": "db" } ] }"#,
        r#"{ "read": "hot", "on_miss": [ { "read": "db" }, { "write": "hot", "wait": false } ] }"#,
    ]);
    let steps = if hot.contains("hit_rate") && words.below(3) > 0 {
        on_miss
    } else {
        calls
    };
    let [first, second, third, fourth, fifth] = [0; 5].map(|_| latency(&mut words));
    let [above, below, beside] = [0; 3].map(|_| policy(&mut words));
    format!(
        r#"{{ "nodes": {{ "edge": {{ {edge} }}, "middle": {{ {middle} }}, "app": {{ {app} }},
                "hot": {{ {hot} }}, "db": {{ {db} }} }},
              "links": [ {{ "from": "client", "to": "edge"{first}{above} }},
                {{ "from": "edge", "to": "middle"{second} }},
                {{ "from": "middle", "to": "app"{third}{below} }},
                {{ "from": "app", "to": "hot"{fourth} }},
                {{ "from": "app", "to": "db"{fifth}{beside} }} ],
              "flows": {{ "main": {{ "enter": "edge", "key": {{ "zipf": {{ "exponent": 0.9, "count": 1000 }} }},
                "at": {{ "app": [ {compute}, {steps} ] }} }} }},
              "load": [ {{ "rate": "{}/s", "arrivals": "{}" }} ],
              "run": {{ "horizon": "2s", "warm_up": "500ms", "replications": 1, "seed": {seed} }} }}"#,
        300 + words.below(700),
        words.one_of(&["poisson", "even"])
    )
}

/// Returns where two recordings begin to differ.
pub(crate) fn first_difference(one: &str, other: &str) -> String {
    let differs = one.bytes().zip(other.bytes()).position(|(a, b)| a != b);
    let from = differs.unwrap_or(0).saturating_sub(300);
    let shown = |text: &str| text.chars().skip(from).take(400).collect::<String>();
    format!("one: …{}\nother: …{}", shown(one), shown(other))
}

fn gives_what_visits_give(text: &str) {
    let (model, mut plan, _) = prepare(text);
    let [journeys, visits] = [0, u32::MAX].map(|listed| {
        plan.record = listed;
        let mut recording = engine::run_one(&model, &plan, 0, &Nobody).expect("it ends");
        assert_eq!(recording.requests.is_empty(), listed == 0);
        recording.requests.clear();
        shown(recording)
    });
    assert!(
        journeys == visits,
        "journeys record something else than visits:\n{}\n{text}",
        first_difference(&journeys, &visits)
    );
    for requests in [u32::MAX, 100] {
        plan.record = u32::MAX;
        plan.following = Following {
            replications: 1,
            requests,
        };
        let mut recording = engine::run_one(&model, &plan, 0, &Nobody).expect("it ends");
        are_accounted_for(&recording, requests);
        recording.followed.clear();
        recording.requests.clear();
        let followed = shown(recording);
        assert!(
            followed == visits,
            "followed requests record something else than visits:\n{}\n{text}",
            first_difference(&followed, &visits)
        );
    }
}

/// Requires that what passed followed requests is their latency, and that all are there that
/// were listed, or about so many.
fn are_accounted_for(recording: &Recording, wanted: u32) {
    let completed = |one: &&RequestRecord| {
        one.outcome == Some(Outcome::Completed) && one.arrived < recording.horizon
    };
    let latency = |one: &RequestRecord| one.left.expect("it has left").since(one.arrived).0;
    let listed = recording.requests.iter().filter(completed);
    let mut listed: Vec<_> = listed.map(|one| (one.arrived, latency(one))).collect();
    listed.sort_unstable();
    let mut followed: Vec<_> = Vec::new();
    for one in &recording.followed {
        let sum: u64 = one.stretches.iter().map(|stretch| stretch.ns).sum();
        assert_eq!(sum, one.latency, "the parts of {one:?}");
        followed.push((one.arrived, one.latency));
    }
    followed.sort_unstable();
    if wanted == u32::MAX {
        assert_eq!(followed, listed);
        return;
    }
    assert!(followed.iter().all(|one| listed.contains(one)));
    assert!(followed.len() <= 2 * wanted as usize);
}

#[test]
fn rows_of_stations_give_what_visits_give() {
    for seed in 0..30 {
        gives_what_visits_give(&row(seed, true));
    }
}

#[test]
fn tiers_give_what_visits_give() {
    for seed in 1_000..1_150 {
        gives_what_visits_give(&tiers(seed));
    }
}

#[test]
fn rows_of_anything_give_what_visits_give() {
    for seed in 100..200 {
        gives_what_visits_give(&row(seed, false));
    }
}

#[test]
fn rows_on_their_way_at_the_end_give_what_visits_give() {
    // Longer than a run goes on for those that are still inside.
    for (first, second) in [("5s", "1ms"), ("1ms", "5s")] {
        gives_what_visits_give(&format!(
            r#"{{ "nodes": {{ "a": {{ "kind": "station", "service_time": "1ms" }},
                              "b": {{ "kind": "station", "service_time": "1ms" }} }},
                 "links": [ {{ "from": "client", "to": "a", "latency": "{first}" }},
                            {{ "from": "a", "to": "b", "latency": "{second}" }} ],
                 "load": [ {{ "rate": "200/s" }} ], "run": {{ "horizon": "1s" }} }}"#
        ));
    }
}

/// A serverless design with a cache of keys at random: environments and limits that suffice or do
/// not, tables that throttle and split, streams, work that nobody waits for.
pub(crate) fn serverless(seed: u64) -> String {
    let mut words = Words(seed);
    let edge = words.one_of(&[
        r#""kind": "cloudfront", "hit_rate": 0.3"#,
        r#""kind": "delay", "time": "300us""#,
        r#""kind": "cache", "hit_rate": 0.2, "service_time": "200us""#,
    ]);
    let api = words.one_of(&[
        r#""kind": "api-gateway", "type": "http""#,
        r#""kind": "api-gateway", "type": "rest""#,
        r#""kind": "delay", "time": "100us""#,
    ]);
    let room = words.one_of(&[
        "",
        "",
        r#", "provisioned_concurrency": 4"#,
        r#", "reserved_concurrency": 3"#,
        r#", "provisioned_concurrency": 2, "reserved_concurrency": 5, "keep_alive": "5ms""#,
    ]);
    let memory = words.one_of(&["512MiB", "1769MiB"]);
    let cache = words.one_of(&[
        r#""policy": "lru", "entries": 50, "ttl": "1h""#,
        r#""policy": "lru", "entries": 200, "ttl": "20ms""#,
        r#""policy": "random", "entries": 20"#,
        r#""policy": "fifo", "entries": 1000, "warm": 1"#,
        r#""policy": "lru", "bytes": "20kB""#,
    ]);
    let table = words.one_of(&[
        r#""billing": "on-demand""#,
        r#""billing": "on-demand", "partitions": 3"#,
        r#""billing": "provisioned", "rcu": 100, "wcu": 50"#,
        r#""billing": "provisioned", "rcu": 1000, "wcu": 500, "partitions": 2"#,
    ]);
    let compute = words.one_of(&[
        r#"{ "compute": { "lognormal": { "p50": "2ms", "p99": "9ms" } } }"#,
        r#"{ "compute": "3ms" }, { "pause": "1ms" }"#,
    ]);
    let read = words.one_of(&[
        r#"{ "read": "hot", "on_miss": [ { "read": "urls" }, { "write": "hot", "wait": false } ] }"#,
        r#"{ "read": "hot", "on_miss": [ { "read": "urls" }, { "write": "hot" } ] }"#,
        r#"{ "read": "hot", "on_miss": [ { "read": "urls", "consistent": true } ] }, { "compute": "1ms" }"#,
        r#"{ "read": "urls" }, { "write": "urls" }"#,
    ]);
    let tell = words.one_of(&[
        "",
        r#", { "send": "clicks", "bytes": "200B", "wait": false }"#,
        r#", { "send": "clicks", "bytes": "30kB" }"#,
        r#", { "send": "jobs", "wait": false }"#,
        r#", { "send": "jobs" }, { "compute": "1ms" }"#,
        r#", { "write": "urls", "wait": false }"#,
    ]);
    let policy = words.one_of(&[
        "",
        "",
        r#", "timeout": "4ms""#,
        r#", "timeout": "30ms", "retry": { "attempts": 3, "backoff": "full-jitter", "base": "2ms" }"#,
    ]);
    let above = words.one_of(&["", "", r#", "timeout": "12ms""#]);
    let [first, second, third] =
        [0; 3].map(|_| words.one_of(&["", r#", "latency": "250us""#, r#", "latency": "1ms""#]));
    // Batches tie a design with caches as a whole.
    let batch = words.one_of(&["1", "1", "10"]);
    format!(
        r#"{{ "nodes": {{ "edge": {{ {edge} }}, "api": {{ {api} }},
                "app": {{ "kind": "lambda", "memory": "{memory}"{room} }},
                "hot": {{ "kind": "elasticache-redis", "shards": {}, "cache": {{ {cache} }} }},
                "urls": {{ "kind": "dynamodb", {table}, "item": "500B" }},
                "clicks": {{ "kind": "kinesis", "shards": 1 }},
                "jobs": {{ "kind": "sqs" }},
                "count": {{ "kind": "delay", "time": "1ms" }} }},
              "links": [ {{ "from": "edge", "to": "api"{above} }}, {{ "from": "api", "to": "app"{first} }},
                {{ "from": "app", "to": "hot"{second} }}, {{ "from": "app", "to": "urls"{third}{policy} }},
                "app -> clicks", "app -> jobs", {{ "from": "jobs", "to": "count", "batch": {batch} }}, {{ "from": "clicks", "to": "count", "batch": {batch}, "window": "50ms" }} ],
              "flows": {{ "main": {{ "enter": "edge", "bytes": "2kB",
                "key": {{ "zipf": {{ "exponent": 0.9, "count": 1000 }} }},
                "at": {{ "app": [ {compute}, {read}{tell} ] }} }} }},
              "load": [ {{ "rate": "{}/s", "arrivals": "{}" }} ],
              "run": {{ "horizon": "1s", "warm_up": "200ms", "replications": 1, "seed": {seed} }} }}"#,
        1 + words.below(3),
        200 + words.below(900),
        words.one_of(&["poisson", "even"])
    )
}

#[test]
fn serverless_designs_give_what_visits_give() {
    for seed in 2_000..2_120 {
        gives_what_visits_give(&serverless(seed));
    }
}

/// A station or two to which clients come at once, at random: in batches, changed meanwhile or
/// from the start, with draws that are made with the arrival, and such that cannot be.
fn direct(seed: u64) -> String {
    let mut words = Words(seed);
    let service = words.one_of(&[
        r#""1ms""#,
        r#"{ "exponential": "1ms" }"#,
        r#"{ "lognormal": { "mean": "1ms", "sigma": 0.8 } }"#,
        r#"{ "sequence": ["1ms", "2ms", "100us"] }"#,
        r#"{ "mixture": [ { "weight": 3, "of": "500us" }, { "weight": 1, "of": { "exponential": "2ms" } } ] }"#,
    ]);
    let (second, link) = if words.below(2) == 0 {
        ("", "")
    } else {
        (
            r#", "b": { "kind": "station", "servers": 2, "service_time": { "exponential": "1ms" } }"#,
            r#""links": [ "a -> b" ],"#,
        )
    };
    let fault = words.one_of(&[
        "",
        "",
        r#""faults": [ { "at": "0s", "for": "1s", "change": "a", "to": { "service_time": "500us" } } ],"#,
        r#""faults": [ { "at": "700ms", "for": "500ms", "change": "a", "to": { "service_time": "3ms" } } ],"#,
    ]);
    let load = words.one_of(&[
        r#""rate": "900/s""#,
        r#""rate": "300/s", "batch": { "uniform": [0, 4] }"#,
        r#""rate": "800/s", "arrivals": "even""#,
        r#""every": { "exponential": "2ms" }"#,
        r#""rate": "500/s", "shape": { "mmpp": [ [0.5, "100ms"], [2, "50ms"] ] }"#,
    ]);
    format!(
        r#"{{ "nodes": {{ "a": {{ "kind": "station", "servers": {}, "waiting_limit": {}, "service_time": {service} }}{second} }},
              {link} {fault}
              "load": [ {{ {load} }}, {{ "name": "more", "rate": "150/s" }} ],
              "run": {{ "horizon": "2s", "warm_up": "500ms", "replications": 1, "seed": {seed} }} }}"#,
        1 + words.below(3),
        words.one_of(&["5", "1000"]),
    )
}

#[test]
fn direct_requests_give_what_visits_give() {
    for seed in 3_000..3_100 {
        gives_what_visits_give(&direct(seed));
    }
}

//! Requests that pass along a row give the bytes that visits of every node give.
//!
//! Requests that are listed one by one are replayed visit by visit, so that listing all of them
//! tells what is to come out. Constant times in round numbers have most events share their
//! instant with others; short lines, misses, time-outs and calls beside the row have journeys
//! end in their middle.

use crate::known::harness::prepare;
use crate::parts::{Words, shown};
use kneepoint::engine::{self, Nobody};
use std::fmt::Write;

/// A row of nodes at random; `plain`: of stations that nobody is refused at, over constant links.
fn row(seed: u64, plain: bool) -> String {
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
        "journeys record something else than visits:\n{text}"
    );
}

#[test]
fn rows_of_stations_give_what_visits_give() {
    for seed in 0..30 {
        gives_what_visits_give(&row(seed, true));
    }
}

#[test]
fn rows_of_anything_give_what_visits_give() {
    for seed in 100..200 {
        gives_what_visits_give(&row(seed, false));
    }
}

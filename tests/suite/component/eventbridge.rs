//! EventBridge: the account's events, targets that match, invocations that wait, retries.

use super::{about, admitted, counted, flood, recovers, storm};
use crate::known::harness::run;
use kneepoint::model::Outcome;

/// Keys that spread evenly.
const EVEN: &str = r#"{ "uniform": [1, 1000000] }"#;

#[test]
fn events_are_admitted_by_number_and_calls_whole() {
    let nodes = r#""bus": { "kind": "eventbridge", "rate": "100/s" }"#;

    let single = flood(nodes, "", r#"{ "send": "bus" }"#, EVEN, 300, 10);
    let ten = flood(
        nodes,
        "",
        r#"{ "send": "bus", "count": 10 }"#,
        EVEN,
        300,
        10,
    );

    about("events", admitted(&single, "bus"), 100.0 * 11.0);
    about("calls of ten", admitted(&ten, "bus"), 10.0 * 11.0);
}

#[test]
fn the_limit_is_that_of_the_account_and_comes_back() {
    let nodes = r#""bus": { "kind": "eventbridge" }"#;

    let one = flood(nodes, "", r#"{ "send": "bus" }"#, EVEN, 30_000, 1);
    let after = storm(nodes, "", r#"{ "send": "bus" }"#, 20_000, 1_000);

    // 10,000 at the start and 10,000/s up to the last arrival.
    about(
        "a second",
        admitted(&one, "bus"),
        10_000.0 + 10_000.0 * 29_999.0 / 30_000.0,
    );
    recovers(&after, Outcome::Throttled);
}

#[test]
fn every_target_gets_what_matches_after_the_time_of_delivery() {
    let text = r#"{ "nodes": { "bus": { "kind": "eventbridge", "put": "10ms", "delivery": "60ms" },
            "all": { "kind": "delay", "time": "5ms" }, "orders": { "kind": "delay" }, "part": { "kind": "delay" } },
        "links": [ { "from": "bus", "to": "all", "latency": "0s" }, { "from": "bus", "to": "orders", "match": [ "order" ], "latency": "0s" },
                   { "from": "bus", "to": "part", "share": 0.25, "latency": "0s" } ],
        "flows": { "order": { "at": { "client": [ { "send": "bus" } ] } }, "visit": { "at": { "client": [ { "send": "bus" } ] } } },
        "load": [ { "flow": "order", "rate": "100/s", "arrivals": "even", "stop": "10s" }, { "flow": "visit", "rate": "300/s", "arrivals": "even", "stop": "10s" } ],
        "run": { "horizon": "12s", "warm_up": "0s", "replications": 1 } }"#;

    let run = run(text);

    let arrived = |node: &str| counted(&run, node, |s| s.tally.arrived);
    assert_eq!((arrived("all"), arrived("orders")), (4_000, 1_000));
    // 4,000 coins: 3.29 deviations of √(n p q) = 27.4.
    assert!(arrived("part").abs_diff(1_000) <= 90, "{}", arrived("part"));
    let latency = run.latency_mean_ms("order").value.expect("a mean");
    assert!((latency - 10.0).abs() < 1e-6, "the call: {latency} ms");
    let settled = run.of_flow("order", |f| {
        f.settled.sum as f64 / f.settled.count as f64 / 1e6
    })[0];
    assert!(
        (settled - 75.0).abs() < 1e-3,
        "to the end of the slowest: {settled} ms"
    );
}

#[test]
fn invocations_above_the_limit_wait_and_nothing_is_lost() {
    let nodes = r#""bus": { "kind": "eventbridge", "invocations": "300/s", "delivery": "0s" },
                   "a": { "kind": "delay" }, "b": { "kind": "delay" }, "c": { "kind": "delay" }"#;
    let links = r#""bus -> a", "bus -> b", "bus -> c""#;

    let run = flood(nodes, links, r#"{ "send": "bus" }"#, EVEN, 200, 10);

    assert_eq!(counted(&run, "bus", |s| s.tally.of(Outcome::Throttled)), 0);
    // 300 invocations at once and 300/s, three an event: 100 + 100/s.
    for node in ["a", "b", "c"] {
        let arrived = counted(&run, node, |s| s.tally.arrived);
        assert!(arrived.abs_diff(1_100) <= 15, "{node}: {arrived}");
    }
}

#[test]
fn a_target_that_fails_is_tried_again_until_it_does_not() {
    let text = r#"{ "nodes": { "bus": { "kind": "eventbridge" }, "sick": { "kind": "external", "failure": 0.3 } },
        "links": [ "bus -> sick" ],
        "flows": { "main": { "at": { "client": [ { "send": "bus" } ] } } },
        "load": [ { "rate": "100/s", "arrivals": "even", "stop": "10s" } ],
        "run": { "horizon": "1200s", "warm_up": "0s", "replications": 1 } }"#;

    let run = run(text);

    let done = counted(&run, "sick", |s| s.tally.of(Outcome::Completed));
    let tried = counted(&run, "sick", |s| s.tally.arrived) as f64;
    assert_eq!(done, 1_000);
    // Geometric: 1/0.7 each; 3.29 deviations of √(n q)/p.
    let tolerance = 3.29 * (1_000.0_f64 * 0.3).sqrt() / 0.7;
    assert!((tried - 1_000.0 / 0.7).abs() <= tolerance, "{tried}");
}

#[test]
fn what_is_given_up_goes_to_the_dead_letters() {
    let text = r#"{ "nodes": { "bus": { "kind": "eventbridge", "delivery": "0s" }, "sick": { "kind": "external", "failure": 1 }, "dead": { "kind": "delay" } },
        "links": [ { "from": "bus", "to": "sick", "retry": { "attempts": 3, "backoff": "fixed", "base": "1s" } }, { "from": "bus", "to": "dead", "role": "dead-letter" } ],
        "flows": { "main": { "at": { "client": [ { "send": "bus" } ] } } },
        "load": [ { "rate": "10/s", "arrivals": "even", "stop": "5s" } ],
        "run": { "horizon": "20s", "warm_up": "0s", "replications": 1 } }"#;

    let run = run(text);

    assert_eq!(counted(&run, "sick", |s| s.tally.arrived), 150);
    assert_eq!(counted(&run, "dead", |s| s.tally.arrived), 50);
}

//! ALB: turns, counts, weights, its own time, the idle time-out.

use super::{counted, flood};
use crate::known::harness::run;
use kneepoint::model::Outcome;

/// Keys that spread evenly.
const EVEN: &str = r#"{ "uniform": [1, 1000000] }"#;

#[test]
fn round_robin_deals_evenly_over_links_and_copies() {
    let nodes = r#""lb": { "kind": "alb", "time": "0s" },
                   "a": { "kind": "ecs", "tasks": 3, "compute": "1ms" }, "b": { "kind": "delay" }"#;

    let run = flood(
        nodes,
        r#""lb -> a", "lb -> b""#,
        r#"{ "call": "lb" }"#,
        EVEN,
        100,
        8,
    );

    assert_eq!(counted(&run, "a", |s| s.tally.arrived), 600);
    assert_eq!(counted(&run, "b", |s| s.tally.arrived), 200);
}

#[test]
fn weights_split_at_random() {
    let nodes = r#""lb": { "kind": "alb", "policy": "weighted" }, "a": { "kind": "delay" }, "b": { "kind": "delay" }"#;
    let links =
        r#"{ "from": "lb", "to": "a", "weight": 9 }, { "from": "lb", "to": "b", "weight": 1 }"#;

    let run = flood(nodes, links, r#"{ "call": "lb" }"#, EVEN, 1_000, 20);

    let few = counted(&run, "b", |s| s.tally.arrived) as f64;
    // 20,000 coins: 3.29 deviations of √(n p q) = 42.4 on either side.
    assert!((few - 2_000.0).abs() < 140.0, "{few}");
}

#[test]
fn least_outstanding_spares_the_slow_target() {
    let nodes = r#""lb": { "kind": "alb", "policy": "least-outstanding", "time": "0s" },
                   "slow": { "kind": "delay", "time": "900ms" }, "fast": { "kind": "delay", "time": "100ms" }"#;

    let run = flood(
        nodes,
        r#""lb -> slow", "lb -> fast""#,
        r#"{ "call": "lb" }"#,
        EVEN,
        200,
        40,
    );

    // Equal numbers outstanding by Little's law: rates as the reciprocals of the times.
    let slow = counted(&run, "slow", |s| s.tally.arrived) as f64;
    assert!((slow / 8_000.0 - 0.1).abs() < 0.01, "{slow} of 8000");
}

#[test]
fn a_target_that_is_late_is_given_up_and_goes_on() {
    let text = r#"{ "nodes": { "lb": { "kind": "alb", "timeout": "1s" }, "stuck": { "kind": "delay", "time": "3s" } },
        "links": [ "lb -> stuck" ], "flows": { "main": { "enter": "lb" } },
        "load": [ { "rate": "10/s", "arrivals": "even", "stop": "2s" }, { "name": "last", "rate": "10/s", "start": "9s" } ],
        "run": { "horizon": "10s", "warm_up": "0s", "replications": 1 } }"#;

    let run = run(text);

    let completed = run.of_flow("main", |s| s.tally.of(Outcome::Completed) as f64);
    assert_eq!(completed, [0.0]);
    assert!(counted(&run, "stuck", |s| s.orphaned) >= 20);
    assert_eq!(counted(&run, "stuck", |s| s.tally.of(Outcome::TimedOut)), 0);
}

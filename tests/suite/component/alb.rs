//! ALB: turns, counts, weights, its own time, the idle time-out.

use super::{counted, flood};
use crate::known::harness::{Run, run};
use kneepoint::model::Outcome;

/// Keys that spread evenly.
const EVEN: &str = r#"{ "uniform": [1, 1000000] }"#;

/// Visits that came to one copy of a node.
fn at_copy(run: &Run, node: &str, copy: usize) -> f64 {
    let record = &run.recordings[0].nodes[run.node(node)];
    record.instances[copy].arrived as f64
}

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

#[test]
fn a_new_task_gets_a_share_of_its_turns_that_grows() {
    let text = r#"{ "nodes": { "lb": { "kind": "alb", "time": "0s", "slow_start": "100s" },
            "app": { "kind": "ecs", "tasks": 2, "compute": "1ms",
                     "scaling": { "min": 2, "max": 3, "start_up": "0s", "schedule": [ { "at": "10s", "min": 3 } ] } } },
        "links": [ "lb -> app" ], "flows": { "main": { "enter": "lb" } },
        "load": [ { "rate": "100/s", "arrivals": "even" } ],
        "run": { "horizon": "110s", "warm_up": "10s", "replications": 1 } }"#;

    let with = run(text);
    let without = run(&text.replace(r#", "slow_start": "100s""#, ""));

    // λT·(1 − 2·ln(3/2)) of λT = 10,000 calls with a slow start; a third without.
    let newest = |run: &Run| at_copy(run, "app", 2);
    let exact = 10_000.0 * (1.0 - 2.0 * 1.5f64.ln());
    assert!(
        (newest(&with) - exact).abs() < 5.0,
        "{}, not {exact}",
        newest(&with)
    );
    assert!((newest(&without) - 10_000.0 / 3.0).abs() < 5.0);
}

#[test]
fn a_zone_with_one_target_overloads_it_without_cross_zone() {
    let nodes = r#""lb": { "kind": "alb", "time": "0s", "zones": 2, "cross_zone": false },
                   "app": { "kind": "ecs", "tasks": 3, "compute": "1ms" }"#;
    let deal = |nodes: &str| {
        let run = flood(
            nodes,
            r#""lb -> app""#,
            r#"{ "call": "lb" }"#,
            EVEN,
            1_000,
            20,
        );
        at_copy(&run, "app", 1)
    };

    let own = deal(nodes);
    let cross = deal(&nodes.replace(r#", "cross_zone": false"#, ""));

    // Tasks 0 and 2 lie in one zone, task 1 alone in the other, which half of 20,000 coins
    // choose: 3.29 deviations of √(n/4) = 70.7 on either side.
    assert!((own - 10_000.0).abs() < 233.0, "{own}");
    // Each node deals its half in turn: a third in all, but for a turn of either.
    assert!((cross - 20_000.0 / 3.0).abs() < 2.0, "{cross}");
}

#[test]
fn a_balancer_that_is_short_of_capacity_refuses_until_it_has_grown() {
    let text = r#"{ "nodes": { "lb": { "kind": "alb", "time": "0s", "warm": "100/s", "growth_after": "30s" }, "app": { "kind": "delay" } },
        "links": [ "lb -> app" ], "flows": { "main": { "enter": "lb" } },
        "load": [ { "rate": "150/s", "arrivals": "even" } ],
        "run": { "horizon": "60s", "warm_up": "0s", "replications": 1 } }"#;

    let run = run(text);

    // It serves 100 a second, and one second more at first, until a slot of one second and
    // the 30 s behind it are over; then 150.
    let refused = counted(&run, "lb", |s| s.tally.of(Outcome::Throttled));
    let exact = 50.0 * 31.0 - 100.0;
    assert!(
        (refused as f64 - exact).abs() < 60.0,
        "{refused}, not {exact}"
    );
}

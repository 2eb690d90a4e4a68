//! Step Functions: starts, transitions that wait, who waits for whom.

use super::{about, admitted, counted, flood, recovers, said, storm};
use crate::known::harness::run;
use kneepoint::model::Outcome;

/// Keys that spread evenly.
const EVEN: &str = r#"{ "uniform": [1, 1000000] }"#;

#[test]
fn starts_of_each_type_have_a_limit_of_their_own() {
    let nodes = r#""flow": { "kind": "step-functions" }"#;
    let express = r#""flow": { "kind": "step-functions", "type": "express", "start": "0s", "transition": "0s" }"#;

    let standard = flood(nodes, "", r#"{ "call": "flow" }"#, EVEN, 1_000, 4);
    let express = flood(express, "", r#"{ "call": "flow" }"#, EVEN, 20_000, 1);

    about(
        "standard",
        admitted(&standard, "flow"),
        1_300.0 + 300.0 * 3.999,
    );
    about("express", admitted(&express, "flow"), 6_000.0 + 6_000.0);
}

#[test]
fn refused_starts_end_with_the_storm() {
    let nodes = r#""flow": { "kind": "step-functions", "rate": "100/s", "burst": 20 }"#;

    let run = storm(nodes, "", r#"{ "call": "flow" }"#, 500, 95);

    recovers(&run, Outcome::Throttled);
}

#[test]
fn a_standard_workflow_goes_on_beside_its_caller_and_an_express_one_is_waited_for() {
    for (kind, latency_ms, settled_ms) in [("standard", 30.0, 130.0), ("express", 130.0, 130.0)] {
        let nodes = format!(
            r#""flow": {{ "kind": "step-functions", "type": "{kind}", "start": "30ms", "transitions": 4, "passing": "at-once", "transition": "20ms" }}, "task": {{ "kind": "delay", "time": "20ms" }}"#
        );
        let link = r#"{ "from": "flow", "to": "task", "latency": "0s" }"#;

        let run = flood(&nodes, link, r#"{ "call": "flow" }"#, EVEN, 10, 10);

        let latency = run.latency_mean_ms("main").value.expect("a mean");
        let settled = run.of_flow("main", |f| {
            f.settled.sum as f64 / f.settled.count as f64 / 1e6
        })[0];
        assert!((latency - latency_ms).abs() < 1e-3, "{kind}: {latency} ms");
        assert!((settled - settled_ms).abs() < 1e-3, "{kind}: {settled} ms");
        // The last may begin after the end of counting.
        let begun = counted(&run, "task", |s| s.tally.of(Outcome::Completed));
        assert!((99..=100).contains(&begun), "{kind}: {begun}");
    }
}

#[test]
fn transitions_above_the_limit_wait_and_nobody_is_refused() {
    let nodes = r#""flow": { "kind": "step-functions", "start": "0s", "transitions": 100, "passing": "at-once", "transition": "0s" }, "task": { "kind": "delay" }"#;

    let run = flood(
        nodes,
        r#""flow -> task""#,
        r#"{ "call": "flow" }"#,
        EVEN,
        100,
        10,
    );

    assert_eq!(counted(&run, "flow", |s| s.tally.of(Outcome::Throttled)), 0);
    // 5,000 transitions at once and 5,000/s: 50 executions and 50/s.
    let begun = counted(&run, "task", |s| s.tally.arrived);
    assert!(begun.abs_diff(550) <= 2, "{begun}");
}

/// Seconds until an execution of some steps is done, whose transitions take 100 ms each.
fn settled_s(parameters: &str, steps: &str) -> f64 {
    let text = format!(
        r#"{{ "nodes": {{ "flow": {{ "kind": "step-functions", "start": "0s", "transition": "100ms"{parameters} }}, "task": {{ "kind": "delay", "time": "1s" }} }},
        "links": [ {{ "from": "flow", "to": "task", "latency": "0s" }} ],
        "flows": {{ "main": {{ "at": {{ "client": [ {{ "call": "flow" }} ], "flow": [ {steps} ] }} }} }},
        "load": [ {{ "trace": {{ "times": [ "0s" ] }} }} ],
        "run": {{ "horizon": "200s", "warm_up": "0s", "replications": 1 }} }}"#
    );
    let run = run(&text);
    run.of_flow("main", |f| f.settled.sum as f64 / 1e9)[0]
}

#[test]
fn every_state_has_its_transition() {
    let line = r#"{ "call": "task" }, { "pause": "2s" }, { "call": "task" }"#;
    let map = r#"{ "each": 6, "concurrency": 2, "do": [ { "call": "task" } ] }"#;
    let branches =
        r#"{ "parallel": [ [ { "call": "task" }, { "call": "task" } ], [ { "call": "task" } ] ] }"#;

    // At the start, before each of three states, and at the end.
    assert!((settled_s("", line) - 4.5).abs() < 1e-6);
    // The start, the map, three rounds of a transition and a task, the end.
    assert!((settled_s("", map) - (0.3 + 3.0 * 1.1)).abs() < 1e-6);
    // The start, the fork, two tasks in the longer branch, the end.
    assert!((settled_s("", branches) - (0.3 + 2.0 * 1.1)).abs() < 1e-6);
    // All at once.
    assert!(
        (settled_s(r#", "transitions": 7, "passing": "at-once""#, line) - (0.7 + 4.0)).abs() < 1e-6
    );
}

#[test]
fn an_execution_ends_at_its_time_limit() {
    let slow = r#"{ "pause": "400s" }"#;
    let ended = |parameters: &str, outcome| {
        let text = format!(
            r#"{{ "nodes": {{ "flow": {{ "kind": "step-functions", "type": "express", "start": "0s", "transition": "0s"{parameters} }} }},
            "flows": {{ "main": {{ "at": {{ "client": [ {{ "call": "flow" }} ], "flow": [ {slow} ] }} }} }},
            "load": [ {{ "trace": {{ "times": [ "0s" ] }} }} ],
            "run": {{ "horizon": "1000s", "warm_up": "0s", "replications": 1 }} }}"#
        );
        let run = run(&text);
        let latency = run.of_node("flow", |s| s.sojourn.sum as f64 / 1e9)[0];
        (counted(&run, "flow", |s| s.tally.of(outcome)), latency)
    };

    assert_eq!(ended("", Outcome::TimedOut), (1, 300.0));
    assert_eq!(ended(r#", "timeout": "20s""#, Outcome::TimedOut), (1, 20.0));
    let found = said(r#""kind": "step-functions", "type": "express", "timeout": "6m""#);
    assert!(found.contains("must be at most 5m"), "{found}");
}

#[test]
fn starts_above_the_open_executions_are_refused_until_one_ends() {
    // One start a second; executions take 10 s, and their callers wait for none. Five are open at
    // 4 s, so those of 5 s to 9 s are refused: of the starts of ten seconds each five are taken.
    let text = r#"{ "nodes": { "flow": { "kind": "step-functions", "start": "0s", "transition": "0s", "open": 5 } },
        "flows": { "main": { "at": { "client": [ { "call": "flow" } ], "flow": [ { "pause": "9.5s" } ] } } },
        "load": [ { "every": "1s" } ],
        "run": { "horizon": "100s", "warm_up": "0s", "replications": 1 } }"#;

    let run = run(text);

    assert_eq!(
        counted(&run, "flow", |s| s.tally.of(Outcome::Completed)),
        50
    );
    assert_eq!(
        counted(&run, "flow", |s| s.tally.of(Outcome::Throttled)),
        50
    );
    // Who is answered has been so at once, long before his execution ends.
    let latency = run.of_flow("main", |f| f.latency.max as f64)[0];
    let settled = run.of_flow("main", |f| f.settled.max as f64 / 1e9)[0];
    assert!(latency < 1.0, "{latency} ns");
    assert!((settled - 9.5).abs() < 1e-6, "{settled} s");
}

#[test]
fn what_an_execution_starts_beside_itself_does_not_free_its_place() {
    let text = r#"{ "nodes": { "flow": { "kind": "step-functions", "start": "0s", "transition": "0s", "open": 1 },
            "task": { "kind": "delay", "time": "1ms" } },
        "links": [ "flow -> task" ],
        "flows": { "main": { "at": { "client": [ { "call": "flow" } ],
            "flow": [ { "call": "task", "wait": false }, { "pause": "9.5s" } ] } } },
        "load": [ { "every": "1s" } ],
        "run": { "horizon": "100s", "warm_up": "0s", "replications": 1 } }"#;

    let run = run(text);

    assert_eq!(
        counted(&run, "flow", |s| s.tally.of(Outcome::Completed)),
        10
    );
}

#[test]
fn an_inline_map_runs_forty_iterations_at_once() {
    let map = r#"{ "each": 100, "do": [ { "call": "task" } ] }"#;

    // The start, the map, three rounds of a transition and a task of a second, the end.
    assert!((settled_s("", map) - (0.3 + 3.0 * 1.1)).abs() < 1e-6);
    assert!((settled_s(r#", "map_concurrency": 20"#, map) - (0.3 + 5.0 * 1.1)).abs() < 1e-6);
    let found = said(r#""kind": "step-functions", "map_concurrency": 41"#);
    assert!(found.contains("must be at most 40"), "{found}");
}

/// Seconds of a distributed map: every child takes a second and no time besides.
fn distributed_s(parameters: &str, children: u32) -> f64 {
    let map = format!(r#"{{ "each": {children}, "do": [ {{ "call": "task" }} ] }}"#);
    run_of(parameters, &map)
}

/// Seconds until an execution of some steps is done, whose maps are distributed.
fn run_of(parameters: &str, steps: &str) -> f64 {
    let text = format!(
        r#"{{ "nodes": {{ "flow": {{ "kind": "step-functions", "start": "0s", "transition": "0s", "map": "distributed"{parameters} }},
            "task": {{ "kind": "delay", "time": "1s" }} }},
        "links": [ {{ "from": "flow", "to": "task", "latency": "0s" }} ],
        "flows": {{ "main": {{ "at": {{ "client": [ {{ "call": "flow" }} ],
            "flow": [ {steps} ] }} }} }},
        "load": [ {{ "trace": {{ "times": [ "0s" ] }} }} ],
        "run": {{ "horizon": "200s", "warm_up": "0s", "replications": 1 }} }}"#
    );
    run(&text).of_flow("main", |f| f.settled.sum as f64 / 1e9)[0]
}

#[test]
fn a_distributed_map_takes_as_long_as_its_starts_or_its_rounds() {
    // Bound by its starts, N children of a second: (N − 1) / rate + 1. Bound by C in work, those that
    // follow start when those before them end: ⌊(N − 1) / C⌋ + ((N − 1) mod C) / rate + 1.
    let starts = |children: f64, rate: f64| (children - 1.0) / rate + 1.0;
    let close = |found: f64, expected: f64| {
        assert!(
            (found - expected).abs() < 1e-6,
            "{found} s, not {expected} s"
        );
    };

    close(distributed_s("", 2_000), starts(2_000.0, 100.0));
    close(
        distributed_s(r#", "children": "express""#, 2_000),
        starts(2_000.0, 1_000.0),
    );
    close(
        distributed_s(r#", "map_concurrency": 10"#, 95),
        9.0 + 0.04 + 1.0,
    );
    // A start a millisecond and 10,000 in work: the second round begins as the first one ends.
    close(
        distributed_s(r#", "children": "express", "dispatch": "20k/s""#, 15_000),
        1.0 + 4_999.0 / 20_000.0 + 1.0,
    );
}

#[test]
fn a_child_has_a_start_and_transitions_of_its_own_type() {
    let map = r#"{ "each": 1, "do": [ { "call": "task" }, { "each": 80, "do": [ { "call": "task" } ] } ] }"#;
    let between = r#", "map": "distributed", "children": "express", "dispatch": "1M/s""#;

    // Of the parent: the start, the map, the end. Of the child: the start, the task, the map within it,
    // two rounds of forty, each with a transition, and the end.
    let found = settled_s(between, map);

    assert!(
        (found - (0.3 + 0.1 + 1.1 + 0.1 + 2.0 * 1.1 + 0.1)).abs() < 1e-6,
        "{found} s"
    );
    // Transitions of standard children share the account's bucket: 5,000 at once, then 5,000/s. Of
    // 10,000 children with three each, and three of the parent, the last passes after 25,003 / 5,000 s.
    let many = |parameters: &str| {
        run_of(
            parameters,
            r#"{ "each": 10000, "do": [ { "pause": "0s" } ] }"#,
        )
    };
    let standard = many(r#", "dispatch": "1M/s""#);
    let express = many(r#", "dispatch": "1M/s", "children": "express""#);
    // The pause is a state as well: three transitions each.
    assert!((standard - 25_003.0 / 5_000.0).abs() < 0.02, "{standard} s");
    assert!(express < 0.02, "{express} s");
}

#[test]
fn maps_are_distributed_in_standard_workflows_only() {
    let express = said(r#""kind": "step-functions", "type": "express", "map": "distributed""#);
    let inline = said(r#""kind": "step-functions", "dispatch": "10/s""#);

    assert!(express.contains("must be `inline`"), "{express}");
    assert!(inline.contains("distributed maps"), "{inline}");
}

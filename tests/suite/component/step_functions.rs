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

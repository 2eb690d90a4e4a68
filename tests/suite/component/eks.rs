//! EKS: processors of pods, full lines, pods that find no room.

use super::{counted, flood, recovers, said, storm};
use crate::known::harness::run;
use kneepoint::model::Outcome;

/// Keys that spread evenly.
const EVEN: &str = r#"{ "uniform": [1, 1000000] }"#;

#[test]
fn capacity_is_pods_times_processors() {
    let completed = |parameters: &str| {
        let nodes = format!(
            r#""lb": {{ "kind": "alb", "time": "0s" }}, "app": {{ "kind": "eks", "compute": "10ms", "waiting_limit": 5, {parameters} }}"#
        );
        let run = flood(
            &nodes,
            r#""lb -> app""#,
            r#"{ "call": "lb" }"#,
            EVEN,
            2_000,
            10,
        );
        counted(&run, "app", |s| s.tally.of(Outcome::Completed))
    };

    // A processor does 100 a second; what waits at the end is done after it.
    let eight = completed(r#""pods": 4, "cpu": 2"#);
    let half = completed(r#""pods": 4, "cpu": 0.5"#);

    assert!(eight.abs_diff(8_000 + 20) <= 5, "{eight}");
    assert!(half.abs_diff(2_000 + 20) <= 5, "{half}");
}

#[test]
fn a_full_line_sheds_and_is_empty_again() {
    let nodes = r#""app": { "kind": "eks", "pods": 1, "compute": "10ms", "waiting_limit": 20 }"#;

    let run = storm(nodes, "", r#"{ "call": "app" }"#, 500, 80);

    recovers(&run, Outcome::Shed);
}

#[test]
fn pods_that_find_no_room_are_refused() {
    let found = said(r#""kind": "eks", "pods": 10, "cpu": 1.5, "nodes": 4, "node": "m7g.xlarge""#);

    assert_eq!(
        found,
        "`pods` of node `it` must be at most 8, got 10: 4 nodes of 4 vCPU have no room for more of 1.5 vCPU"
    );
    assert_eq!(
        said(r#""kind": "eks", "pods": 8, "cpu": 1.5, "nodes": 4, "node": "m7g.xlarge""#),
        ""
    );
    // No more than 110 on a node, however small they are.
    assert!(said(r#""kind": "eks", "pods": 111, "cpu": 0.01, "nodes": 1"#).contains("at most 110"));
    assert_eq!(
        said(r#""kind": "eks", "node": "m7g.large""#),
        "`node` of node `it` needs `nodes` or `node_start`"
    );
}

#[test]
fn pods_are_pending_until_a_node_has_started() {
    // Two pods of 1 vCPU lie on a node of 2. At 10 s four more need two nodes, which take 60 s; a pod
    // takes 2 s. At 100 s all of them go and their nodes with them, so that one pod more at 120 s
    // waits for a node again.
    let text = r#"{ "nodes": { "app": { "kind": "eks", "pods": 2, "node": "m7g.large", "node_start": "60s",
            "scaling": { "min": 2, "max": 6, "schedule": [ { "at": "10s", "min": 6 },
                { "at": "100s", "min": 2, "max": 2 }, { "at": "120s", "min": 3, "max": 6 } ] } } },
        "load": [ { "every": "10s", "start": "5s" } ],
        "run": { "horizon": "200s", "warm_up": "0s", "replications": 1 } }"#;
    let run = run(text);

    let copies = run.recordings[0].nodes[run.node("app")].copies.as_ref();
    let up = copies.expect("copies").up[0] as f64 / 1e9;
    let exact = 2.0 * 200.0 + 4.0 * (100.0 - 72.0) + (200.0 - 182.0);
    assert!((up - exact).abs() < 1e-6, "{up} of {exact}");
}

#[test]
fn bounds_of_scaling_that_find_no_room_are_refused() {
    let said_of = |more: &str| {
        said(&format!(
            r#""kind": "eks", "pods": 2, "cpu": 1.5, "node": "m7g.xlarge", {more}"#
        ))
    };
    let scaling = r#""scaling": { "max": 6, "track": { "utilisation": 0.5 },
                       "schedule": [ { "at": "10s", "max": 12 } ] }"#;

    let fixed = said_of(&format!(r#""nodes": 4, {scaling}"#));
    let enough = said_of(&format!(r#""nodes": 6, {scaling}"#));
    let growing = said_of(&format!(r#""node_start": "60s", {scaling}"#));

    assert_eq!(
        fixed,
        "`scaling` of node `it` must be at most 8 pods, got 12: 4 nodes of 4 vCPU have no room for more of 1.5 vCPU; \
         with `node_start` in place of `nodes` they wait for another node"
    );
    assert_eq!((enough.as_str(), growing.as_str()), ("", ""));
}

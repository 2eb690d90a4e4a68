//! CloudFront: the distribution's quota, hits and misses, one fetch for all, what passes.

use super::{about, admitted, counted, flood};
use crate::known::harness::run;
use kneepoint::model::Outcome;

/// Keys that spread evenly.
const EVEN: &str = r#"{ "uniform": [1, 1000000] }"#;

#[test]
fn a_distribution_admits_its_quota() {
    let nodes =
        r#""edge": { "kind": "cloudfront", "rate": "500/s", "time": "1ms", "hit_rate": 1 }"#;

    let run = flood(nodes, "", r#"{ "call": "edge" }"#, EVEN, 800, 10);

    // One second of the quota is there at the start.
    about("admitted", admitted(&run, "edge"), 500.0 * 11.0);
    assert!(counted(&run, "edge", |s| s.tally.of(Outcome::Throttled)) > 0);
}

#[test]
fn only_misses_reach_the_origin() {
    let nodes = r#""edge": { "kind": "cloudfront", "hit_rate": 0.75, "time": "1ms" }, "origin": { "kind": "delay" }"#;

    let run = flood(
        nodes,
        r#""edge -> origin""#,
        r#"{ "call": "edge" }"#,
        EVEN,
        1_000,
        20,
    );

    let fetched = counted(&run, "origin", |s| s.tally.arrived) as f64;
    // 20,000 coins: 3.29 deviations of √(n p q) = 61.2 on either side.
    assert!((fetched - 5_000.0).abs() < 201.0, "{fetched} fetches");
}

#[test]
fn all_who_miss_a_key_meanwhile_wait_for_one_fetch() {
    let nodes = r#""edge": { "kind": "cloudfront", "time": "0s", "fetch": "0s", "cache": { "entries": 10 } },
                   "origin": { "kind": "delay", "time": "500ms" }"#;
    let one_key = r#"{ "uniform": [7, 7] }"#;

    let run = flood(
        nodes,
        r#""edge -> origin""#,
        r#"{ "call": "edge" }"#,
        one_key,
        100,
        2,
    );

    assert_eq!(counted(&run, "origin", |s| s.tally.arrived), 1);
    assert_eq!(counted(&run, "edge", |s| s.misses), 1);
    assert_eq!(
        counted(&run, "edge", |s| s.joined),
        49,
        "those of half a second"
    );
}

#[test]
fn what_is_not_cacheable_passes_and_an_origin_that_is_late_is_given_up() {
    let text = r#"{ "nodes": {
            "edge": { "kind": "cloudfront", "hit_rate": 1, "time": "0s", "fetch": "0s", "timeout": "2s" },
            "origin": { "kind": "delay", "time": "3s" } },
        "links": [ "edge -> origin" ],
        "flows": { "main": { "enter": "edge", "cacheable": false } },
        "load": [ { "rate": "10/s", "arrivals": "even", "stop": "5s" } ],
        "run": { "horizon": "20s", "warm_up": "0s", "replications": 1 } }"#;

    let run = run(text);

    assert_eq!(counted(&run, "origin", |s| s.tally.arrived), 50);
    let flow = run.of_flow("main", |slice| slice.tally.of(Outcome::TimedOut) as f64)[0];
    assert_eq!(flow, 50.0, "the client sees the time-out of the edge");
}

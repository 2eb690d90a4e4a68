//! CloudFront: the distribution's quota, hits and misses, one fetch for all, what passes.

use super::{about, admitted, counted, flood, said};
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

#[test]
fn every_edge_fetches_for_itself_and_every_regional_cache_once() {
    // 50 keys, asked for often enough that all locations see all of them.
    let fetched = |tiers: &str| {
        let nodes = format!(
            r#""edge": {{ "kind": "cloudfront", "time": "0s", "fetch": "0s", "cache": {{}}{tiers} }}, "origin": {{ "kind": "delay" }}"#
        );
        let step = r#"{ "call": "edge" }"#;
        let run = flood(
            &nodes,
            r#""edge -> origin""#,
            step,
            r#"{ "uniform": [1, 50] }"#,
            2_000,
            10,
        );
        let misses = counted(&run, "edge", |s| s.misses);
        assert_eq!(
            misses + counted(&run, "edge", |s| s.hits + s.joined),
            20_000,
            "a request is looked up once for the node"
        );
        (misses, counted(&run, "origin", |s| s.tally.arrived))
    };

    assert_eq!(fetched(""), (50, 50));
    assert_eq!(fetched(r#", "edges": 4"#), (200, 200));
    assert_eq!(fetched(r#", "edges": 4, "regional": {}"#), (200, 50));
    assert_eq!(
        fetched(r#", "edges": 4, "regional": {}, "regional_caches": 2"#),
        (200, 100)
    );
}

#[test]
fn a_regional_cache_takes_time_and_spares_the_origin() {
    let nodes = r#""edge": { "kind": "cloudfront", "hit_rate": 0.75, "regional_hit_rate": 0.5, "regional_time": "40ms", "time": "1ms", "fetch": "0s" },
                   "origin": { "kind": "delay", "time": "200ms" }"#;

    let run = flood(
        nodes,
        r#"{ "from": "edge", "to": "origin", "latency": "0s" }"#,
        r#"{ "call": "edge" }"#,
        EVEN,
        1_000,
        40,
    );

    // 40,000 times two coins: 3.29 deviations of √(n p q) = 66.1 on either side.
    let fetched = counted(&run, "origin", |s| s.tally.arrived) as f64;
    assert!((fetched - 5_000.0).abs() < 218.0, "{fetched} fetches");
    let misses = counted(&run, "edge", |s| s.misses) as f64;
    assert!(
        (misses - 10_000.0).abs() < 285.0,
        "{misses} misses at the edge"
    );
    let mean = run.latency_mean_ms("main").value.expect("a mean");
    let expected = 1.0 + (misses * 40.0 + fetched * 200.0) / 40_000.0;
    assert!((mean - expected).abs() < 0.2, "{mean} ms, not {expected}");
}

#[test]
fn all_edges_of_a_region_wait_for_one_fetch() {
    // One key; 100 requests a second at 20 edges, and an origin that takes half a second.
    let nodes = r#""edge": { "kind": "cloudfront", "time": "0s", "fetch": "0s", "regional_time": "0s", "edges": 20, "cache": {}, "regional": {} },
                   "origin": { "kind": "delay", "time": "500ms" }"#;

    let run = flood(
        nodes,
        r#"{ "from": "edge", "to": "origin", "latency": "0s" }"#,
        r#"{ "call": "edge" }"#,
        r#"{ "uniform": [7, 7] }"#,
        1_000,
        2,
    );

    assert_eq!(counted(&run, "origin", |s| s.tally.arrived), 1);
    assert_eq!(counted(&run, "edge", |s| s.misses), 20, "one of every edge");
    let slowest = run.of_flow("main", |s| s.latency.max as f64 / 1e6)[0];
    assert!((slowest - 500.0).abs() < 1e-6, "{slowest} ms");
    let completed = run.of_flow("main", |s| s.tally.of(Outcome::Completed) as f64)[0];
    assert_eq!(completed, 2_000.0);
}

#[test]
fn tiers_need_what_they_lie_behind() {
    let edges = said(r#""kind": "cloudfront", "edges": 3"#);
    let time = said(r#""kind": "cloudfront", "regional_time": "3ms""#);

    assert!(edges.contains("needs `cache`"), "{edges}");
    assert!(time.contains("needs `regional`"), "{time}");
}

#[test]
fn an_expired_regional_entry_is_renewed_beside_the_visit_that_gets_it() {
    // One key, every 100 ms. The edge misses once a second or so; the regional entry expires
    // under every third of these misses, is served, and fetched anew.
    let nodes = r#""edge": { "kind": "cloudfront", "time": "0s", "fetch": "0s", "regional_time": "0s",
                             "cache": { "entries": 10, "ttl": "980ms" },
                             "regional": { "entries": 10, "ttl": "1980ms", "stale": "1s" } },
                   "origin": { "kind": "delay", "time": "50ms" }"#;

    let run = flood(
        nodes,
        r#""edge -> origin""#,
        r#"{ "call": "edge" }"#,
        r#"{ "uniform": [7, 7] }"#,
        10,
        10,
    );

    // Misses after 0, 1.1, 2.1, … 9.1 s; fetches after 0, 2.1, 5.1 and 8.1 s.
    assert_eq!(counted(&run, "edge", |s| s.misses), 10);
    assert_eq!(counted(&run, "origin", |s| s.tally.arrived), 4);
    let failed = counted(&run, "edge", |s| s.tally.of(Outcome::Failed));
    assert_eq!(failed, 0);
}

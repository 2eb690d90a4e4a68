//! Memcached: threads of nodes, hot keys, what a node holds, cache-aside.

use super::{counted, flood, said};
use crate::known::harness::Run;

/// Keys that spread evenly.
const EVEN: &str = r#"{ "uniform": [1, 1000000] }"#;
/// One key for all.
const HOT: &str = r#"{ "uniform": [7, 7] }"#;

/// Longest wait at the nodes [s].
fn longest_wait(run: &Run) -> f64 {
    run.of_node("hot", |slice| slice.waiting.max as f64)[0] / 1e9
}

#[test]
fn a_node_has_a_thread_for_each_processor() {
    let waited = |parameters: &str| {
        let nodes = format!(
            r#""hot": {{ "kind": "elasticache-memcached", "command": "1ms", "copy": "0s", {parameters} }}"#
        );
        longest_wait(&flood(&nodes, "", r#"{ "read": "hot" }"#, EVEN, 3_000, 4))
    };

    // The last of 12,000 waits for what has come since: n × (S/c − 1/λ).
    let two = waited(r#""type": "cache.m7g.large""#);
    let four = waited(r#""type": "cache.m7g.xlarge""#);

    assert!(
        (two - 11_999.0 * (0.5e-3 - 1.0 / 3_000.0)).abs() < 1e-3,
        "{two} s"
    );
    assert!(four < 1e-9, "{four} s");
}

#[test]
fn more_nodes_help_many_keys_but_not_one() {
    let nodes = r#""hot": { "kind": "elasticache-memcached", "nodes": 4, "command": "100us", "copy": "0s" }"#;

    let one = flood(nodes, "", r#"{ "read": "hot" }"#, HOT, 30_000, 1);
    let many = flood(nodes, "", r#"{ "read": "hot" }"#, EVEN, 30_000, 1);

    let behind = 29_999.0 * (50e-6 - 1.0 / 30_000.0);
    assert!(
        (longest_wait(&one) - behind).abs() < 1e-3,
        "{}",
        longest_wait(&one)
    );
    assert!(longest_wait(&many) < 5e-3, "{}", longest_wait(&many));
}

#[test]
fn commands_take_what_they_are_made_of() {
    // 0.15 µs per KiB copied, beside the command and its further keys.
    for (step, expected_us) in [
        (r#"{ "read": "hot" }"#, 5.15),
        (r#"{ "read": "hot", "count": 10 }"#, 5.0 + 9.0 + 1.5),
        (r#"{ "write": "hot", "bytes": "4KiB" }"#, 5.6),
        (r#"{ "write": "hot", "op": "delete" }"#, 5.0),
    ] {
        let run = flood(
            r#""hot": { "kind": "elasticache-memcached" }"#,
            "",
            step,
            EVEN,
            100,
            1,
        );

        let count = counted(&run, "hot", |slice| slice.service.count);
        let sum_ns = run.of_node("hot", |slice| slice.service.sum as f64)[0];
        let found_us = sum_ns / count as f64 / 1e3;
        assert!(
            (found_us - expected_us).abs() < 0.002,
            "{step}: {found_us} µs, expected {expected_us} µs"
        );
    }
}

#[test]
fn what_does_not_fit_is_missed_and_fetched_again() {
    let fetched = |entries: u32| {
        let nodes = format!(
            r#""hot": {{ "kind": "elasticache-memcached", "nodes": 2, "cache": {{ "entries": {entries}, "warm": 1 }} }}, "db": {{ "kind": "delay" }}"#
        );
        let keys = r#"{ "uniform": [1, 1000] }"#;
        let run = flood(
            &nodes,
            r#""hot -> db""#,
            r#"{ "read": "hot" }"#,
            keys,
            1_000,
            20,
        );
        counted(&run, "db", |slice| slice.tally.arrived)
    };

    // All keys are alike, so that a list of C of them hits with C/N; however they fall
    // on the two nodes, 2 × 100 of 1,000 are there. 3.29 deviations of √(n p q) = 56.6.
    let few = fetched(100);
    assert!(few.abs_diff(16_000) <= 187, "{few}");
    assert_eq!(fetched(600), 0);
}

#[test]
fn the_caller_deals_with_misses_if_it_says_how() {
    let nodes = r#""app": { "kind": "station", "servers": "unlimited" }, "hot": { "kind": "elasticache-memcached", "hit_rate": 0 }, "db": { "kind": "delay" }"#;
    let step = r#"{ "read": "hot", "on_miss": [ { "call": "db" }, { "write": "hot" } ] }"#;

    let run = flood(
        &nodes.replace(
            r#""app": { "kind": "station", "servers": "unlimited" }, "#,
            "",
        ),
        "",
        step,
        EVEN,
        100,
        2,
    );

    assert_eq!(counted(&run, "db", |s| s.tally.arrived), 200);
    assert_eq!(counted(&run, "hot", |s| s.tally.arrived), 400);
    assert!(
        said(r#""kind": "elasticache-memcached", "type": "m7g.large""#).contains("cache.m7g.large")
    );
}

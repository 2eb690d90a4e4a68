//! Redis: one command at a time per shard, hot keys, replicas, cache-aside.

use super::{counted, flood};
use crate::known::harness::{Run, near, run};
use kneepoint::model::Outcome;

/// Executor time of a `get` of 1 KiB: socket work, command, copy [s].
const GET: f64 = 13.65e-6;
/// One key for all.
const HOT: &str = r#"{ "uniform": [7, 7] }"#;
/// Keys that spread evenly.
const EVEN: &str = r#"{ "uniform": [1, 1000000] }"#;

/// Longest wait at the shards [s].
fn longest_wait(run: &Run) -> f64 {
    run.of_node("hot", |slice| slice.waiting.max as f64)[0] / 1e9
}

#[test]
fn a_shard_waits_as_one_server_with_fixed_service() {
    // M/D/1: mean wait ρS / (2(1 − ρ)) with ρ = 0.7.
    let text = format!(
        r#"{{ "nodes": {{ "hot": {{ "kind": "elasticache-redis" }} }},
            "flows": {{ "main": {{ "at": {{ "client": [ {{ "read": "hot" }} ] }} }} }},
            "load": [ {{ "rate": "{}/s" }} ],
            "run": {{ "horizon": "3s", "warm_up": "500ms", "interval": "500ms", "replications": 10 }} }}"#,
        0.7 / GET
    );

    let run = run(&text);

    let wait = 0.7 * GET / 0.6 * 1e3;
    near(
        "redis wait [ms]",
        run.node_mean_ms("hot", |s| &s.waiting),
        wait,
        0.02,
    );
}

#[test]
fn commands_take_what_they_are_made_of() {
    // Socket 11.5 µs and 0.15 µs per KiB copied, beside the command's own time.
    for (step, expected_us) in [
        (r#"{ "read": "hot" }"#, 11.5 + 2.0 + 0.15),
        (
            r#"{ "read": "hot", "count": 10 }"#,
            11.5 + 2.0 + 9.0 * 0.6 + 1.5,
        ),
        (
            r#"{ "read": "hot", "op": "range", "count": 20, "bytes": "256B" }"#,
            11.5 + 3.0 + 20.0 * 0.15 + 0.75,
        ),
        (
            r#"{ "write": "hot", "count": 16, "bytes": "64B" }"#,
            11.5 + 16.0 * 2.5 + 0.15,
        ),
        (
            r#"{ "write": "hot", "op": "zadd", "bytes": "1KiB" }"#,
            11.5 + 5.0 + 0.15,
        ),
        (r#"{ "write": "hot", "op": "delete" }"#, 11.5 + 2.5),
    ] {
        let run = flood(
            r#""hot": { "kind": "elasticache-redis" }"#,
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
fn a_hot_key_stays_on_one_shard() {
    let nodes = r#""hot": { "kind": "elasticache-redis", "shards": 4 }"#;

    let hot = flood(nodes, "", r#"{ "read": "hot" }"#, HOT, 100_000, 1);
    let even = flood(nodes, "", r#"{ "read": "hot" }"#, EVEN, 100_000, 1);

    // The last of 100,000 waits for what has come since: n × (S − 1/λ).
    let behind = 99_999.0 * (GET - 1e-5);
    assert!(
        (longest_wait(&hot) - behind).abs() < 1e-6,
        "{}",
        longest_wait(&hot)
    );
    assert!(
        longest_wait(&even) < 1e-3,
        "four shards keep up: {}",
        longest_wait(&even)
    );
}

#[test]
fn replicas_take_the_reads_that_need_not_be_consistent() {
    let nodes = r#""hot": { "kind": "elasticache-redis", "replicas": 2 }"#;

    let reads = flood(nodes, "", r#"{ "read": "hot" }"#, HOT, 140_000, 1);
    let strong = flood(
        nodes,
        "",
        r#"{ "read": "hot", "consistent": true }"#,
        HOT,
        140_000,
        1,
    );

    // Two executors keep up with 140,000/s, one falls behind by n × (S − 1/λ).
    assert!(longest_wait(&reads) < 5e-3, "{}", longest_wait(&reads));
    let behind = 139_999.0 * (GET - 1.0 / 140e3);
    assert!(
        (longest_wait(&strong) - behind).abs() < 1e-6,
        "{}",
        longest_wait(&strong)
    );
    let stations = &reads.recordings[0].nodes[reads.node("hot")].instances;
    let arrived: Vec<u64> = stations.iter().map(|one| one.arrived).collect();
    assert_eq!((arrived.len(), arrived[0]), (3, 0), "{arrived:?}");
    // A fair coin for 140,000: six standard deviations are 1,123.
    assert!(arrived[1].abs_diff(70_000) < 1_123, "{arrived:?}");
}

#[test]
fn misses_are_the_callers_and_deletes_take_out() {
    let step = r#"
        { "read": "hot", "on_miss": [ { "pause": "1ms" }, { "write": "hot" } ] },
        { "read": "hot" },
        { "write": "hot", "op": "delete" },
        { "read": "hot", "on_miss": [] }"#;
    let nodes =
        r#""hot": { "kind": "elasticache-redis", "shards": 3, "cache": { "entries": 100 } }"#;

    let run = flood(nodes, "", step, HOT, 1, 10);

    let counts = (
        counted(&run, "hot", |slice| slice.hits),
        counted(&run, "hot", |slice| slice.misses),
        counted(&run, "hot", |slice| slice.tally.arrived),
    );
    let requests = counts.0;
    assert!((9..=10).contains(&requests), "{requests} requests");
    // Per request: a miss, its write, a hit, the delete, a miss.
    assert_eq!(counts, (requests, 2 * requests, 5 * requests));
}

#[test]
fn a_miss_goes_down_the_link_and_is_set() {
    let nodes = r#""hot": { "kind": "elasticache-redis", "hit_rate": 0 }, "db": { "kind": "delay", "time": "1ms" }"#;

    let run = flood(
        nodes,
        r#""hot -> db""#,
        r#"{ "read": "hot" }"#,
        EVEN,
        100,
        2,
    );

    let visits = counted(&run, "hot", |slice| slice.service.count);
    assert!(counted(&run, "db", |slice| slice.tally.arrived) >= 199);
    let sum_us = run.of_node("hot", |slice| slice.service.sum as f64)[0] / 1e3;
    // A get that finds nothing, and the set of what came up.
    let expected_us = 13.65 + 11.5 + 2.5 + 0.15;
    let found_us = sum_us / visits as f64;
    assert!(
        (found_us - expected_us).abs() < 0.002,
        "{found_us} µs, expected {expected_us} µs"
    );
}

#[test]
fn warm_shards_hold_their_own_keys_and_replicas_answer_from_them() {
    // 1,000 keys over four shards: 250 each, and room for 350.
    let nodes = r#""hot": { "kind": "elasticache-redis", "shards": 4, "replicas": 1,
        "cache": { "entries": 350, "warm": 1 } }"#;
    let keys = r#"{ "uniform": [1, 1000] }"#;

    let run = flood(nodes, "", r#"{ "read": "hot" }"#, keys, 10_000, 1);

    assert_eq!(counted(&run, "hot", |slice| slice.misses), 0);
    assert!(counted(&run, "hot", |slice| slice.hits) >= 9_999);
}

/// How 1,000 writes of 1 KiB to different keys end at a node of 10 KiB.
fn filled(parameters: &str, ttl: &str) -> [u64; 2] {
    let nodes = format!(
        r#""r": {{ "kind": "elasticache-redis", "cache": {{ "bytes": "10KiB"{ttl} }} {parameters} }}"#
    );
    let keys = r#"{ "sequence": [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20] }"#;
    let run = super::flood(&nodes, "", r#"{ "write": "r" }"#, keys, 1_000, 1);
    [Outcome::Completed, Outcome::Failed]
        .map(|outcome| super::counted(&run, "r", |s| s.tally.of(outcome)))
}

#[test]
fn a_full_node_whose_keys_have_no_ttl_fails_writes_by_default() {
    // Ten keys fit; each of the twenty comes fifty times.
    assert_eq!(filled("", ""), [500, 500]);
    assert_eq!(filled("", r#", "ttl": "1h""#), [1_000, 0]);
    assert_eq!(filled(r#", "memory_policy": "allkeys""#, ""), [1_000, 0]);
    assert_eq!(
        filled(r#", "memory_policy": "noeviction""#, r#", "ttl": "1h""#),
        [500, 500]
    );
}

#[test]
fn what_a_full_node_does_not_keep_is_fetched_again() {
    let nodes = r#""r": { "kind": "elasticache-redis", "cache": { "entries": 10 } }, "store": { "kind": "delay" }"#;
    let keys = r#"{ "sequence": [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20] }"#;

    let run = super::flood(
        nodes,
        r#""r -> store""#,
        r#"{ "read": "r" }"#,
        keys,
        1_000,
        1,
    );

    assert_eq!(
        super::counted(&run, "r", |s| s.tally.of(Outcome::Completed)),
        1_000
    );
    // Ten keys miss once, ten others always.
    assert_eq!(super::counted(&run, "r", |s| s.misses), 10 + 500);
}

#[test]
fn a_publish_costs_the_executor_for_every_subscriber() {
    let nodes = r#""r": { "kind": "elasticache-redis", "item": "1KiB" }"#;
    let even = r#"{ "uniform": [1, 1000000] }"#;
    let step = r#"{ "write": "r", "op": "publish", "count": 1000 }"#;

    let run = super::flood(nodes, "", step, even, 1, 10);

    let service = run.of_node("r", |s| s.service.sum as f64 / s.service.count as f64)[0];
    // Socket, the command, and 1.5 us and a copy of a KiB for each.
    assert!(
        (service - (11_500.0 + 2_500.0 + 1_000.0 * 1_650.0)).abs() < 1.0,
        "{service}"
    );
}

#[test]
fn replicas_apply_every_write_without_socket_work() {
    let nodes =
        r#""r": { "kind": "elasticache-redis", "shards": 1, "replicas": 2, "item": "1KiB" }"#;
    let even = r#"{ "uniform": [1, 1000000] }"#;

    let run = super::flood(nodes, "", r#"{ "write": "r" }"#, even, 1_000, 1);

    let instances = &run.recordings[0].nodes[run.node("r")].instances;
    let busy: Vec<f64> = instances
        .iter()
        .map(|one| one.busy_area as f64 / 1_000.0)
        .collect();
    let expected = [11_500.0 + 2_650.0, 2_650.0, 2_650.0];
    for (found, expected) in busy.iter().zip(expected) {
        assert!((found / expected - 1.0).abs() < 0.005, "{busy:?}");
    }
}

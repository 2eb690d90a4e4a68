//! S3: request rates of partitions, transfers, hot prefixes, events.

use super::{about, admitted, counted, flood};
use crate::known::harness::run;
use kneepoint::model::Outcome;

/// Keys that spread evenly.
const EVEN: &str = r#"{ "uniform": [1, 1000000] }"#;

#[test]
fn a_partition_admits_3500_writes_and_5500_reads() {
    let nodes = r#""s": { "kind": "s3", "get": "1ms", "put": "1ms" }"#;

    let writes = flood(nodes, "", r#"{ "write": "s" }"#, EVEN, 5_000, 4);
    let reads = flood(nodes, "", r#"{ "read": "s" }"#, EVEN, 8_000, 4);

    about("writes", admitted(&writes, "s"), 3_500.0 * 5.0);
    about("reads", admitted(&reads, "s"), 5_500.0 * 5.0);
}

#[test]
fn reads_and_writes_are_metered_apart() {
    let nodes = r#""s": { "kind": "s3", "get": "1ms", "put": "1ms" }"#;

    let run = flood(
        nodes,
        "",
        r#"{ "read": "s" }, { "write": "s" }"#,
        EVEN,
        3_400,
        3,
    );

    assert_eq!(counted(&run, "s", |s| s.tally.of(Outcome::Throttled)), 0);
}

#[test]
fn bytes_take_their_time_over_one_connection() {
    let nodes =
        r#""s": { "kind": "s3", "get": "20ms", "put": "40ms", "head": "15ms", "list": "60ms" }"#;
    for (step, expected_ms) in [
        (r#"{ "read": "s", "bytes": "9MB" }"#, 20.0 + 100.0),
        (r#"{ "write": "s", "bytes": "900kB" }"#, 40.0 + 10.0),
        (r#"{ "read": "s", "op": "head", "bytes": "9MB" }"#, 15.0),
        (r#"{ "read": "s", "op": "list", "count": 1000 }"#, 60.0),
    ] {
        let run = flood(nodes, "", step, EVEN, 10, 4);

        let found = run.latency_mean_ms("main").value.expect("a mean");
        assert!(
            (found - expected_ms).abs() < 1e-3,
            "{step}: {found} ms, expected {expected_ms} ms"
        );
    }
}

#[test]
fn a_hot_prefix_throttles_while_the_rest_is_idle() {
    let nodes = r#""s": { "kind": "s3", "put": "1ms",
        "partitions": { "by": "random", "weights": [ 9, 1, 0 ] } }"#;

    let run = flood(nodes, "", r#"{ "write": "s" }"#, EVEN, 5_000, 4);

    let parts = &run.recordings[0].nodes[run.node("s")].instances;
    // 4,500/s come to the first: 3,500 at the start and 3,500/s, with 20,000 × 0.9
    // arrivals; six standard deviations of those are 255.
    let first = parts[0].arrived - parts[0].throttled;
    assert!(first.abs_diff(17_500) <= 255, "{first}");
    assert!(
        parts[0].throttled > 0 && parts[1].throttled == 0,
        "{parts:?}"
    );
    assert_eq!(parts[2].arrived, 0);
}

#[test]
fn a_thousand_objects_are_deleted_at_once() {
    let nodes = r#""s": { "kind": "s3", "delete": "1ms" }"#;

    let run = flood(
        nodes,
        "",
        r#"{ "write": "s", "op": "delete", "count": 2500 }"#,
        EVEN,
        10,
        2,
    );

    let requests = run.of_flow("main", |flow| flow.tally.arrived as f64)[0] as u64;
    assert_eq!(counted(&run, "s", |s| s.tally.arrived), 3 * requests);
}

#[test]
fn writes_are_announced_after_their_lag() {
    let text = r#"{ "nodes": { "s": { "kind": "s3", "put": "10ms", "item": "9kB", "notification": "2s" },
                               "thumbs": { "kind": "delay", "time": "50ms" } },
        "links": [ "s -> thumbs" ],
        "flows": { "main": { "at": { "client": [ { "write": "s" }, { "read": "s", "op": "head" } ] } } },
        "load": [ { "rate": "10/s", "arrivals": "even", "stop": "5s" } ],
        "run": { "horizon": "20s", "warm_up": "0s", "replications": 1 } }"#;

    let run = run(text);

    let requests = run.of_flow("main", |flow| flow.tally.arrived as f64)[0] as u64;
    assert_eq!(counted(&run, "thumbs", |s| s.tally.arrived), requests);
    let settled = run.of_flow("main", |flow| {
        flow.settled.sum as f64 / flow.settled.count as f64
    })[0];
    // Put and transfer, then lag and consumer; the head is done long before.
    assert!((settled / 1e6 - 2_060.1).abs() < 1e-3, "{settled} ns");
}

#[test]
fn a_partition_that_stays_hot_splits_and_then_admits_twice_as_much() {
    let nodes =
        r#""b": { "kind": "s3", "write_rate": "100/s", "split_after": "10s", "put": "0s" }"#;
    let even = r#"{ "uniform": [1, 1000000] }"#;
    let admit = |seconds| {
        super::admitted(
            &super::flood(nodes, "", r#"{ "write": "b" }"#, even, 500, seconds),
            "b",
        )
    };

    // 100 at the start and 100/s; from 10 s on there is a second partition, which begins full.
    super::about("one", admit(9), 100.0 + 900.0);
    // A token more or less for each on either side of the split.
    let two = admit(19) as f64 - (100.0 + 1_000.0 + 100.0 + 9.0 * 200.0);
    assert!(two.abs() <= 4.0, "{two}");
}

#[test]
fn ranges_and_parts_share_the_bytes_and_take_tokens_of_their_own() {
    // 90 MB over ten connections of 90 MB/s take 100 ms instead of 1 s.
    for (step, expected_ms, requests) in [
        (
            r#"{ "read": "s", "bytes": "90MB" }"#,
            15.0 + 20.0 + 100.0,
            11.0,
        ),
        (
            r#"{ "write": "s", "bytes": "90MB" }"#,
            40.0 + (40.0 + 100.0) + 40.0,
            12.0,
        ),
        (
            r#"{ "read": "s", "op": "head", "bytes": "90MB" }"#,
            15.0,
            1.0,
        ),
    ] {
        let nodes =
            r#""s": { "kind": "s3", "ranges": 10, "get": "20ms", "put": "40ms", "head": "15ms" }"#;
        let calm = flood(nodes, "", step, EVEN, 10, 4);
        // Not one token comes back while the burst of one second lasts.
        let few = nodes.replace(
            r#""ranges""#,
            r#""read_rate": "0.001/s", "write_rate": "0.001/s", "ranges""#,
        );
        let poor = flood(&few, "", step, EVEN, 10, 4);

        let found = calm.latency_mean_ms("main").value.expect("a mean");
        assert!(
            (found - expected_ms).abs() < 1e-3,
            "{step}: {found} ms, expected {expected_ms} ms"
        );
        let completed = counted(&poor, "s", |s| s.tally.of(Outcome::Completed));
        assert_eq!(completed, u64::from(requests < 1.5), "{step}");
    }
}

/// An archive that is read, restored and read again, by the same request.
fn archive(parameters: &str) -> crate::known::harness::Run {
    run(&format!(
        r#"{{ "nodes": {{ "s": {{ "kind": "s3", {parameters} "get": "20ms", "bandwidth": "1GB/s" }} }},
            "flows": {{ "main": {{ "key": {EVEN}, "at": {{ "client": [
                {{ "read": "s", "bytes": "0B", "on_error": [ {{ "read": "s", "op": "restore" }}, {{ "read": "s", "bytes": "0B" }} ] }} ] }} }} }},
            "load": [ {{ "rate": "1/min", "arrivals": "even", "stop": "5m" }} ],
            "run": {{ "horizon": "60h", "warm_up": "0s", "replications": 1 }} }}"#
    ))
}

#[test]
fn an_archived_object_is_read_after_it_was_restored() {
    for (parameters, low_h, high_h) in [
        (r#""class": "glacier-flexible","#, 3.0, 5.0),
        (
            r#""class": "glacier-flexible", "tier": "expedited","#,
            1.0 / 60.0,
            5.0 / 60.0,
        ),
        (r#""class": "glacier-flexible", "tier": "bulk","#, 5.0, 12.0),
        (r#""class": "glacier-deep-archive","#, 12.0, 12.0),
        (
            r#""class": "glacier-deep-archive", "tier": "bulk","#,
            48.0,
            48.0,
        ),
    ] {
        let run = archive(parameters);

        let hours = run.latency_mean_ms("main").value.expect("a mean") / 3_600_000.0;
        assert!(
            (low_h..=high_h + 0.001).contains(&hours),
            "{parameters} {hours} h"
        );
        let failed = counted(&run, "s", |s| s.tally.of(Outcome::Failed));
        let completed = counted(&run, "s", |s| s.tally.of(Outcome::Completed));
        assert_eq!((failed, completed), (5, 10), "{parameters}");
    }
}

#[test]
fn an_archive_read_at_once_takes_a_little_longer_and_a_deep_one_has_no_haste() {
    let instant = flood(
        r#""s": { "kind": "s3", "class": "glacier-instant" }"#,
        "",
        r#"{ "read": "s", "op": "get", "bytes": "0B" }"#,
        EVEN,
        500,
        20,
    );
    let found = instant.latency_mean_ms("main").value.expect("a mean");
    // A lognormal law through 25 ms and 150 ms at p99: σ = ln(6)/2.326, mean 25·exp(σ²/2);
    // its deviation is mean·√(exp(σ²) − 1), over √10,000 draws, 3.29 on either side.
    let sigma = 6.0f64.ln() / 2.326_348;
    let mean = 25.0 * (sigma * sigma / 2.0).exp();
    let error = 3.29 * mean * (sigma * sigma).exp_m1().sqrt() / 100.0;
    assert!(
        (found - mean).abs() < error,
        "{found}, not {mean} ± {error}"
    );

    assert_eq!(
        super::said(r#""kind": "s3", "class": "glacier-deep-archive", "tier": "expedited""#),
        "node `it` cannot be restored \"expedited\": not from the deepest archive"
    );
    assert_eq!(
        super::said(r#""kind": "s3", "tier": "bulk""#),
        "`tier` of node `it` needs an archive as its `class`"
    );
}

#[test]
fn another_bucket_repeats_a_write_after_the_time_of_replication() {
    let text = r#"{ "nodes": { "s": { "kind": "s3", "put": "10ms", "item": "9kB", "notification": "2s", "replication": "15s" },
                               "copy": { "kind": "s3", "put": "20ms", "item": "9kB" } },
        "links": [ { "from": "s", "to": "copy", "latency": "0s" } ],
        "flows": { "main": { "at": { "client": [ { "write": "s" } ] } } },
        "load": [ { "rate": "10/s", "arrivals": "even", "stop": "5s" } ],
        "run": { "horizon": "40s", "warm_up": "0s", "replications": 1 } }"#;

    let run = run(text);

    let settled = run.of_flow("main", |flow| {
        flow.settled.sum as f64 / flow.settled.count as f64
    })[0];
    // Both puts, both transfers of 0.1 ms, and the lag between them.
    assert!((settled / 1e6 - 15_030.2).abs() < 1e-3, "{settled} ns");
}

//! Aurora: connections of classes, storage without a rate, readers, the commit of a quorum, a second
//! region.

use super::{counted, exactly, flood, recovers, said, storm};
use crate::known::harness::run;
use kneepoint::metrics::estimate;
use kneepoint::model::Outcome;

/// Keys that spread evenly.
const EVEN: &str = r#"{ "uniform": [1, 1000000] }"#;

#[test]
fn a_small_class_has_90_connections() {
    // Each is kept for a second: 90 a second.
    let nodes = r#""db": { "kind": "aurora", "engine": "mysql", "class": "db.t3.medium", "overhead": "0s", "get_cpu": "0s", "hit_rate": 0, "page": "1s" }"#;

    let run = flood(nodes, "", r#"{ "read": "db" }"#, EVEN, 200, 5);

    let done = counted(&run, "db", |s| s.tally.of(Outcome::Completed));
    let refused = counted(&run, "db", |s| s.tally.of(Outcome::Throttled));
    assert!(done.abs_diff(450) <= 2, "{done}");
    assert!((done + refused).abs_diff(1_000) <= 1, "{refused}");
}

#[test]
fn refusals_end_with_the_storm() {
    let nodes =
        r#""db": { "kind": "aurora", "connections": 10, "overhead": "0s", "get_cpu": "1ms" }"#;

    let run = storm(nodes, "", r#"{ "read": "db" }"#, 4_000, 1_500);

    recovers(&run, Outcome::Throttled);
}

#[test]
fn storage_has_no_rate_but_processors_do() {
    let reads = |cpu: &str| {
        let nodes = format!(
            r#""db": {{ "kind": "aurora", "class": "db.r6g.large", "connections": 10000, "overhead": "0s", "get_cpu": "{cpu}", "hit_rate": 0, "page": "1ms" }}"#
        );
        let run = flood(&nodes, "", r#"{ "read": "db" }"#, EVEN, 20_000, 1);
        (
            counted(&run, "db", |s| s.waited),
            run.of_node("db", |s| s.waiting.max as f64)[0] / 1e9,
        )
    };

    let (waited, _) = reads("0s");
    let (_, longest) = reads("120us");

    assert_eq!(waited, 0);
    // Two processors do 16,667/s: the last of 20,000 waits for 3,333 × 60 µs.
    assert!((longest - 0.2).abs() < 1e-3, "{longest} s");
}

#[test]
fn readers_take_reads_and_the_writer_all_writes() {
    let nodes = r#""db": { "kind": "aurora", "replicas": 3, "connections": 40, "overhead": "0s", "get_cpu": "1ms", "write_cpu": "1ms", "hit_rate": 1, "commit": "0s" }"#;
    let done = |step: &str| {
        let run = flood(nodes, "", step, EVEN, 12_000, 1);
        counted(&run, "db", |s| s.tally.of(Outcome::Completed))
    };

    let (reads, writes) = (done(r#"{ "read": "db" }"#), done(r#"{ "write": "db" }"#));

    // Two processors each, 1,000/s each, and the 40 inside at the end.
    assert!(reads.abs_diff(6_120) <= 40, "{reads}");
    assert!(writes.abs_diff(2_040) <= 3, "{writes}");
}

#[test]
fn a_write_is_done_when_the_quorum_has_it() {
    let nodes =
        r#""db": { "kind": "aurora", "overhead": "1ms", "write_cpu": "1ms", "commit": "3ms" }"#;

    let run = flood(
        nodes,
        "",
        r#"{ "write": "db", "op": "update" }"#,
        EVEN,
        10,
        4,
    );

    let found = run.latency_mean_ms("main").value.expect("a mean");
    assert!((found - 5.0).abs() < 1e-4, "{found} ms");
    assert!(said(r#""kind": "aurora", "class": "db.m7g.large""#).contains("instance class"));
}

#[test]
fn a_reader_knows_of_a_write_after_its_lag() {
    let old = |pause: &str, strong: &str| {
        let nodes = r#""db": { "kind": "aurora", "replicas": 1, "lag": "50ms", "overhead": "0s", "get_cpu": "0s" }"#;
        let steps = format!(
            r#"{{ "write": "db" }}, {{ "pause": "{pause}" }}, {{ "read": "db" {strong} }}"#
        );
        let run = flood(nodes, "", &steps, r#"{ "uniform": [1, 1000000] }"#, 10, 4);
        counted(&run, "db", |s| s.stale)
    };

    // The read of the last of 40 requests comes after the end.
    assert_eq!(old("49ms", ""), 39);
    assert_eq!(old("51ms", ""), 0);
    assert_eq!(old("0s", r#", "consistent": true"#), 0);
}

#[test]
fn a_lost_region_loses_what_the_second_one_has_not_got() {
    // 200 writes a second are on their way for an exponential time of 500 ms: M/G/∞ with 100, of
    // which the oldest is (ln 100 + γ) · 500 ms old.
    let text = r#"{ "nodes": { "db": { "kind": "aurora", "replicas": 1, "overhead": "0s", "write_cpu": "10us", "commit": "1ms",
                                       "global": { "lag": { "exponential": "500ms" }, "takeover": "10s" } } },
        "flows": { "main": { "key": { "uniform": [1, 1000000] }, "at": { "client": [ { "write": "db" } ] } } },
        "load": [ { "rate": "200/s" } ], "faults": [ { "at": "30s", "failover": "db" } ],
        "run": { "horizon": "60s", "warm_up": "0s", "replications": 20 } }"#;

    let run = run(text);

    let of = |what: &dyn Fn(&kneepoint::metrics::recording::NodeRecord) -> f64| {
        let nodes = run.recordings.iter().map(|one| &one.nodes[run.node("db")]);
        estimate::mean(&nodes.map(what).collect::<Vec<f64>>())
    };
    exactly("aurora.lost", of(&|node| node.lost_writes as f64), 100.0);
    let oldest = (100.0_f64.ln() + 0.577_215_664_9) * 0.5;
    exactly(
        "aurora.rpo",
        of(&|node| node.oldest_lost.as_seconds()),
        oldest,
    );
    // Ten seconds of writes fail, and none after that.
    let failed = run.of_node("db", |s| s.tally.of(Outcome::Failed) as f64);
    exactly("aurora.takeover", estimate::mean(&failed), 2_000.0);
}

#[test]
fn a_failover_within_a_region_loses_nothing() {
    let text = r#"{ "nodes": { "db": { "kind": "aurora", "replicas": 1 } },
        "flows": { "main": { "at": { "client": [ { "write": "db" } ] } } },
        "load": [ { "rate": "200/s" } ], "faults": [ { "at": "5s", "failover": "db" } ],
        "run": { "horizon": "10s", "warm_up": "0s", "replications": 1 } }"#;

    let run = run(text);

    assert_eq!(run.recordings[0].nodes[run.node("db")].lost_writes, 0);
}

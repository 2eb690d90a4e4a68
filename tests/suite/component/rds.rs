//! RDS: processors, connections, storage operations, replicas, what a write is made of.

use super::{counted, exactly, flood, recovers, said, storm};
use crate::known::harness::run;
use kneepoint::model::Outcome;

/// Keys that spread evenly.
const EVEN: &str = r#"{ "uniform": [1, 1000000] }"#;
/// A database of two processors, unless it has another class, on which a read takes 1 ms of one of them and nothing else.
const PLAIN: &str =
    r#""kind": "rds", "overhead": "0s", "get_cpu": "1ms", "hit_rate": 1, "page": "0s""#;

/// Reads that a database answered of 6,000/s for two seconds.
fn answered(parameters: &str, step: &str) -> u64 {
    let nodes = format!(r#""db": {{ {PLAIN}, "connections": 50, {parameters} }}"#);
    let run = flood(&nodes, "", step, EVEN, 6_000, 2);
    let node = run.node("db");
    assert!(
        counted(&run, "db", |s| s.tally.of(Outcome::Throttled)) > 0,
        "{node}"
    );
    counted(&run, "db", |s| s.tally.of(Outcome::Completed))
}

#[test]
fn capacity_is_that_of_its_processors() {
    // 1,000/s each, and the 50 that are inside at the end.
    let two = answered(r#""replicas": 0"#, r#"{ "read": "db" }"#);
    let four = answered(r#""class": "db.m7g.xlarge""#, r#"{ "read": "db" }"#);

    // A processor may be in the middle of a read at either end.
    assert!(two.abs_diff(4_050) <= 5, "{two}");
    assert!(four.abs_diff(8_050) <= 8, "{four}");
}

#[test]
fn replicas_take_the_reads_that_need_not_be_consistent() {
    let reads = answered(r#""replicas": 2"#, r#"{ "read": "db" }"#);
    let strong = answered(
        r#""replicas": 2"#,
        r#"{ "read": "db", "consistent": true }"#,
    );

    // Both replicas are busy but for the first moments: 50 arrivals of either.
    assert!(reads.abs_diff(8_100) <= 30, "{reads}");
    assert!(strong.abs_diff(4_050) <= 3, "{strong}");
}

#[test]
fn too_many_connections_are_refused_and_free_ones_are_taken_again() {
    let nodes = format!(r#""db": {{ {PLAIN}, "connections": 20 }}"#);

    let run = storm(&nodes, "", r#"{ "read": "db" }"#, 4_000, 1_500);

    recovers(&run, Outcome::Throttled);
}

#[test]
fn storage_operations_wait_as_one_server_with_fixed_service() {
    // M/D/1: mean wait ρ / (2μ(1 − ρ)) with ρ = 0.7 and μ = 1,000/s.
    let text = r#"{ "nodes": { "db": { "kind": "rds", "overhead": "0s", "get_cpu": "0s", "hit_rate": 0, "page": "0s", "iops": "1k/s" } },
        "flows": { "main": { "at": { "client": [ { "read": "db" } ] } } },
        "load": [ { "rate": "700/s" } ],
        "run": { "horizon": "40s", "warm_up": "2s", "interval": "2s", "replications": 20 } }"#;

    let run = run(text);

    let wait_ms = 0.7 / (2.0 * 1_000.0 * 0.3) * 1e3;
    exactly(
        "rds storage wait [ms]",
        run.node_mean_ms("db", |s| &s.waiting),
        wait_ms,
    );
}

#[test]
fn a_write_takes_processor_storage_and_commit() {
    let nodes = r#""db": { "kind": "rds", "overhead": "0s", "write_cpu": "1ms", "row_cpu": "10us", "iops": "3k/s", "commit": "5ms" }"#;

    let one = flood(nodes, "", r#"{ "write": "db" }"#, EVEN, 10, 4);
    let ten = flood(
        nodes,
        "",
        r#"{ "write": "db", "op": "insert", "count": 10 }"#,
        EVEN,
        10,
        4,
    );

    let found =
        |run: &crate::known::harness::Run| run.latency_mean_ms("main").value.expect("a mean");
    assert!((found(&one) - 6.0).abs() < 1e-4, "{} ms", found(&one));
    // Nine more rows: 90 µs of a processor, and nine storage operations of 1/3 ms.
    assert!((found(&ten) - 9.09).abs() < 1e-4, "{} ms", found(&ten));
}

#[test]
fn a_condition_fails_if_the_row_has_changed() {
    let text = r#"{ "nodes": { "db": { "kind": "rds" } }, "keys": { "row": { "uniform": [7, 7] } },
        "flows": { "a": { "key": "row", "at": { "client": [ { "read": "db" }, { "pause": "2s" }, { "write": "db", "op": "conditional" } ] } },
                   "b": { "key": "row", "at": { "client": [ { "write": "db" } ] } } },
        "load": [ { "flow": "a", "trace": { "times": [ "0s", "10s" ] } }, { "flow": "b", "trace": { "times": [ "1s" ] } } ],
        "run": { "horizon": "20s", "warm_up": "0s", "replications": 1 } }"#;

    let run = run(text);

    let ended = |outcome| run.of_flow("a", |s| s.tally.of(outcome) as f64)[0];
    assert_eq!(
        (ended(Outcome::Failed), ended(Outcome::Completed)),
        (1.0, 1.0)
    );
}

#[test]
fn classes_that_are_not_offered_are_refused() {
    let found = said(r#""kind": "rds", "class": "m7g.large""#);

    assert_eq!(
        found,
        "`class` of node `it` must be an instance class such as `db.t4g.medium` or `db.m7g.large`, got `m7g.large`"
    );
    assert_eq!(said(r#""kind": "rds", "class": "db.r7g.4xlarge""#), "");
    assert!(!said(r#""kind": "rds", "class": "db.m6g.medium""#).is_empty());
}

#[test]
fn a_proxy_lets_callers_wait_for_connections() {
    let ended = |parameters: &str| {
        let nodes = format!(
            r#""db": {{ "kind": "rds", "overhead": "0s", "get_cpu": "100ms", "hit_rate": 1, "connections": 2, "proxy_time": "0s", {parameters} }}"#
        );
        let even = r#"{ "uniform": [1, 1000000] }"#;
        let run = super::flood(&nodes, "", r#"{ "read": "db" }"#, even, 36, 1);
        [Outcome::Completed, Outcome::Throttled, Outcome::TimedOut]
            .map(|outcome| super::counted(&run, "db", |s| s.tally.of(outcome)))
    };

    let without = ended(r#""proxy": false"#);
    let with = ended(r#""proxy": true"#);
    let impatient = ended(r#""proxy": true, "proxy_wait": "120ms""#);

    // Two connections, each for 100 ms: 20/s of the 36/s that come for a second.
    assert!(without[0] <= 22 && without[1] >= 14, "{without:?}");
    assert_eq!(with, [36, 0, 0]);
    assert!(impatient[1] == 0 && impatient[2] > 0, "{impatient:?}");
    assert_eq!(impatient.iter().sum::<u64>(), 36);
}

#[test]
fn replicas_do_every_write_again() {
    let nodes = r#""db": { "kind": "rds", "replicas": 2, "write_cpu": "300us", "replay_cpu": "150us", "row_cpu": "0s" }"#;
    let even = r#"{ "uniform": [1, 1000000] }"#;

    let run = super::flood(nodes, "", r#"{ "write": "db" }"#, even, 100, 10);

    let instances = &run.recordings[0].nodes[run.node("db")].instances;
    let busy = |at: usize| instances[at].busy_area as f64 / 1e6;
    // Of 1,000 writes, what is done in the time that counts; the last are under way.
    for (instance, each_ms) in [(0, 0.3), (1, 0.15), (2, 0.15)] {
        let expected = 1_000.0 * each_ms;
        assert!(
            (busy(instance) / expected - 1.0).abs() < 0.01,
            "{instance}: {}",
            busy(instance)
        );
    }
}

#[test]
fn a_replica_gives_old_answers_to_the_share_that_its_lag_makes() {
    // 100 writes a second to ten keys, of which a replica hears after 50 ms on average.
    let text = r#"{ "nodes": { "db": { "kind": "rds", "class": "db.m7g.4xlarge", "replicas": 2, "iops": "1M/s",
            "lag": { "exponential": "50ms" }, "replay_cpu": "0s", "write_cpu": "0s", "get_cpu": "0s" } },
        "keys": { "row": { "uniform": [1, 10] } },
        "flows": { "write": { "key": "row", "at": { "client": [ { "write": "db" } ] } },
                   "read": { "key": "row", "at": { "client": [ { "read": "db" } ] } },
                   "strong": { "key": "row", "at": { "client": [ { "read": "db", "consistent": true } ] } } },
        "load": [ { "flow": "write", "rate": "100/s" }, { "flow": "read", "rate": "200/s" }, { "flow": "strong", "rate": "50/s" } ],
        "run": { "horizon": "22s", "warm_up": "2s", "replications": 20 } }"#;

    let run = run(text);

    // M/G/∞: writes of a key outstanding at a copy are Poisson with the mean 10 · 0.05.
    // Consistent reads go to the primary, and are never old.
    let expected = 200.0 * (1.0 - (-0.5f64).exp());
    exactly("old answers", run.node_rate("db", |s| s.stale), expected);
}

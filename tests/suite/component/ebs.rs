//! EBS: operations and bytes that wait, savings that run out, types.

use super::{counted, exactly, flood, said};
use crate::known::harness::run;
use kneepoint::model::Outcome;

/// Keys that spread evenly.
const EVEN: &str = r#"{ "uniform": [1, 1000000] }"#;

/// Operations of 16 KiB that a volume did of 10,000/s for two seconds, before the end.
fn done(parameters: &str, step: &str) -> u64 {
    let nodes = format!(
        r#""disk": {{ "kind": "ebs", "time": "0s", {parameters} }}, "after": {{ "kind": "delay" }}"#
    );
    let steps = format!(r#"{step}, {{ "call": "after" }}"#);
    let run = flood(&nodes, "", &steps, EVEN, 10_000, 2);
    let refused = counted(&run, "disk", |s| s.tally.of(Outcome::Throttled));
    assert_eq!(refused, 0);
    counted(&run, "after", |s| s.tally.arrived)
}

#[test]
fn operations_wait_for_their_rate_and_large_ones_for_their_bytes() {
    for (parameters, step, per_s) in [
        (r#""type": "gp3""#, r#"{ "read": "disk" }"#, 3_000.0),
        (
            r#""type": "gp3", "iops": "6k/s""#,
            r#"{ "write": "disk" }"#,
            6_000.0,
        ),
        (
            r#""type": "io2", "iops": "5k/s""#,
            r#"{ "read": "disk" }"#,
            5_000.0,
        ),
        // 125 MiB/s, and 500 MiB/s.
        (
            r#""type": "gp3""#,
            r#"{ "read": "disk", "bytes": "1MiB" }"#,
            125.0,
        ),
        (
            r#""type": "gp3", "throughput": "524288000B/s""#,
            r#"{ "read": "disk", "bytes": "256KiB" }"#,
            2_000.0,
        ),
        // 500 KiB are two operations.
        (
            r#""type": "io2", "iops": "1k/s""#,
            r#"{ "read": "disk", "bytes": "500KiB" }"#,
            500.0,
        ),
    ] {
        let found = done(parameters, step) as f64;

        assert!(
            (found - 2.0 * per_s).abs() <= 3.0,
            "{parameters} {step}: {found}"
        );
    }
}

#[test]
fn operations_wait_as_at_one_server_with_fixed_service() {
    // M/D/1: mean wait ρ / (2μ(1 − ρ)) with ρ = 0.8 and μ = 1,000/s.
    let text = r#"{ "nodes": { "disk": { "kind": "ebs", "iops": "1k/s", "throughput": "100GB/s" } },
        "flows": { "main": { "at": { "client": [ { "read": "disk" } ] } } },
        "load": [ { "rate": "800/s" } ],
        "run": { "horizon": "60s", "warm_up": "5s", "interval": "5s", "replications": 20 } }"#;

    let run = run(text);

    let wait_ms = 0.8 / (2.0 * 1_000.0 * 0.2) * 1e3;
    exactly(
        "ebs wait [ms]",
        run.node_mean_ms("disk", |s| &s.waiting),
        wait_ms,
    );
}

#[test]
fn savings_of_gp2_last_as_long_as_the_guide_says() {
    // 100 GiB gain 300/s and do 3,000/s: savings last credits ÷ 2,700 seconds, which is
    // 2,000 s of all 5,400,000, and 1 s of a 2,000th of them.
    let full = done(
        r#""type": "gp2", "size": "100GiB", "credits": 0.0005"#,
        r#"{ "read": "disk" }"#,
    );
    let none = done(
        r#""type": "gp2", "size": "100GiB", "credits": 0"#,
        r#"{ "read": "disk" }"#,
    );
    let large = done(
        r#""type": "gp2", "size": "2000GiB""#,
        r#"{ "read": "disk", "bytes": "1KiB" }"#,
    );

    assert!(full.abs_diff(3_000 + 300) <= 3, "{full}");
    assert!(none.abs_diff(600) <= 3, "{none}");
    assert!(large.abs_diff(12_000) <= 3, "{large}");
}

#[test]
fn disks_save_up_bytes() {
    // 1 TiB: 250 MiB/s with savings, and 40 MiB/s without.
    let full = done(
        r#""type": "st1", "size": "1024GiB""#,
        r#"{ "read": "disk", "bytes": "1MiB" }"#,
    );
    let none = done(
        r#""type": "st1", "size": "1024GiB", "credits": 0"#,
        r#"{ "read": "disk", "bytes": "1MiB" }"#,
    );

    assert!(full.abs_diff(500) <= 2, "{full}");
    assert!(none.abs_diff(80) <= 2, "{none}");
}

#[test]
fn parameters_of_other_types_are_refused() {
    assert_eq!(
        said(r#""kind": "ebs", "type": "gp2", "iops": "5k/s""#),
        "`iops` does not apply to node `it`, a gp2 volume"
    );
    assert!(said(r#""kind": "ebs", "credits": 0.5"#).contains("a gp3 volume"));
}

//! EFS: rates of operations, savings of bytes, reads that count a third.

use super::{counted, flood, said};
use kneepoint::model::Outcome;

/// Keys that spread evenly.
const EVEN: &str = r#"{ "uniform": [1, 1000000] }"#;

/// Operations that a file system did of some per second for two seconds, before the end.
fn done(parameters: &str, step: &str, per_s: u32) -> u64 {
    let nodes = format!(
        r#""files": {{ "kind": "efs", "read": "0s", "write": "0s", "open": "0s", {parameters} }}, "after": {{ "kind": "delay" }}"#
    );
    let steps = format!(r#"{step}, {{ "call": "after" }}"#);
    let run = flood(&nodes, "", &steps, EVEN, per_s, 2);
    let refused = counted(&run, "files", |s| s.tally.of(Outcome::Throttled));
    assert_eq!(refused, 0);
    counted(&run, "after", |s| s.tally.arrived)
}

#[test]
fn operations_wait_for_their_rate() {
    let written = done(r#""mode": "elastic""#, r#"{ "write": "files" }"#, 80_000);
    let read = done(r#""reads": "5k/s""#, r#"{ "read": "files" }"#, 10_000);

    assert!(written.abs_diff(100_000) <= 3, "{written}");
    assert!(read.abs_diff(10_000) <= 3, "{read}");
}

#[test]
fn without_savings_a_small_file_system_does_a_mebibyte_a_second() {
    let write = r#"{ "write": "files", "bytes": "64KiB" }"#;
    let read = r#"{ "read": "files", "bytes": "64KiB" }"#;
    let none = r#""mode": "bursting", "stored": "1GiB", "credits": 0"#;
    let all = r#""mode": "bursting", "stored": "1GiB""#;

    // 16 writes to the mebibyte; reads count a third; 100 MiB/s with savings.
    for (parameters, step, expected) in [
        (none, write, 32),
        (none, read, 96),
        (all, write, 3_200),
        (all, read, 9_600),
    ] {
        let found = done(parameters, step, 7_000);

        assert!(
            found.abs_diff(expected) <= 3,
            "{parameters} {step}: {found}, expected {expected}"
        );
    }
}

#[test]
fn more_stored_is_more_throughput() {
    // 2 TiB gain 100 MiB/s.
    let found = done(
        r#""mode": "bursting", "stored": "2048GiB", "credits": 0"#,
        r#"{ "write": "files", "bytes": "1MiB" }"#,
        500,
    );

    assert!(found.abs_diff(200) <= 2, "{found}");
}

#[test]
fn a_small_operation_counts_as_four_kibibytes() {
    // 256 of them to the mebibyte, whatever they carry.
    let found = done(
        r#""mode": "bursting", "stored": "1GiB", "credits": 0"#,
        r#"{ "write": "files", "bytes": "100B" }"#,
        1_000,
    );

    assert!(found.abs_diff(512) <= 3, "{found}");
    assert_eq!(
        said(r#""kind": "efs", "stored": "5GiB""#),
        "`stored` does not apply to node `it`, whose mode is elastic"
    );
}

#[test]
fn bought_throughput_is_all_that_there_is_unless_more_is_gained() {
    let write = r#"{ "write": "files", "bytes": "64KiB" }"#;
    let read = r#"{ "read": "files", "bytes": "64KiB" }"#;
    let small = r#""mode": "provisioned", "throughput": "10MiB/s", "stored": "1GiB""#;
    let large = r#""mode": "provisioned", "throughput": "10MiB/s", "stored": "1024GiB""#;

    // 160 writes a second, reads count a third; of a tebibyte 50 MiB/s are gained.
    for (parameters, step, expected) in [
        (small, write, 320),
        (small, read, 960),
        (large, write, 1_600),
    ] {
        let found = done(parameters, step, 7_000);

        assert!(
            found.abs_diff(expected) <= 3,
            "{parameters} {step}: {found}, expected {expected}"
        );
    }
    assert_eq!(
        said(r#""kind": "efs", "mode": "provisioned""#),
        "node `it` is provisioned and needs `throughput`"
    );
}

//! Firehose: three rates, pieces by size and by age, what a store gets.

use super::{about, admitted, counted, flood, recovers, storm};
use kneepoint::model::Outcome;

/// Keys that spread evenly.
const EVEN: &str = r#"{ "uniform": [1, 1000000] }"#;

#[test]
fn records_calls_and_bytes_are_limited_apart() {
    for (parameters, step, expected) in [
        (r#""calls": "100/s""#, r#"{ "send": "in" }"#, 100.0),
        (
            r#""records": "1k/s""#,
            r#"{ "send": "in", "count": 20 }"#,
            50.0,
        ),
        (
            r#""bytes": "100KiB/s""#,
            r#"{ "send": "in", "bytes": "2KiB" }"#,
            50.0,
        ),
    ] {
        let nodes = format!(r#""in": {{ "kind": "firehose", {parameters} }}"#);

        let run = flood(&nodes, "", step, EVEN, 400, 10);

        about(parameters, admitted(&run, "in"), expected * 11.0);
    }
}

#[test]
fn a_refused_stream_takes_in_again() {
    let nodes = r#""in": { "kind": "firehose", "calls": "200/s" }"#;

    let run = storm(nodes, "", r#"{ "send": "in" }"#, 1_000, 190);

    recovers(&run, Outcome::Throttled);
}

#[test]
fn a_full_buffer_is_one_write_of_all_its_bytes() {
    let nodes = r#""in": { "kind": "firehose", "put": "0s", "buffer": "1MiB" }, "lake": { "kind": "s3", "put": "40ms" }"#;

    let run = flood(
        nodes,
        r#""in -> lake""#,
        r#"{ "send": "in" }"#,
        EVEN,
        1_024,
        10,
    );

    // A buffer holds 1,024 records of 1 KiB: one each second.
    let pieces = counted(&run, "lake", |s| s.service.count);
    assert!(pieces.abs_diff(10) <= 1, "{pieces}");
    let each_ms = run.of_node("lake", |s| s.service.sum as f64)[0] / pieces as f64 / 1e6;
    let expected = 40.0 + 1_048_576.0 / 90e6 * 1e3;
    assert!(
        (each_ms - expected).abs() < 1e-3,
        "{each_ms} ms, expected {expected} ms"
    );
}

#[test]
fn a_buffer_that_does_not_fill_is_written_when_its_interval_is_over() {
    let nodes = r#""in": { "kind": "firehose", "put": "0s", "interval": "10s" }, "lake": { "kind": "s3", "put": "0s", "bandwidth": "100TB/s" }"#;

    let run = flood(
        nodes,
        r#"{ "from": "in", "to": "lake", "latency": "0s" }"#,
        r#"{ "send": "in" }"#,
        EVEN,
        10,
        100,
    );

    // Ten records a second: a buffer begins with one, and the next comes 100 ms after it is over.
    let pieces = counted(&run, "lake", |s| s.tally.arrived);
    assert!((9..=10).contains(&pieces), "{pieces}");
    let settled = run.of_flow("main", |f| f.settled.max as f64)[0] / 1e9;
    assert!((settled - 10.0).abs() < 0.001, "{settled} s");
}

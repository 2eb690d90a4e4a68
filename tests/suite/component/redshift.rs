//! Redshift: slots, connections, results that are kept, the commit queue.

use super::{counted, flood, recovers, storm};
use kneepoint::model::Outcome;

/// Keys that spread evenly.
const EVEN: &str = r#"{ "uniform": [1, 1000000] }"#;

#[test]
fn queries_wait_for_slots() {
    let longest = |slots: u32| {
        let nodes = format!(r#""dw": {{ "kind": "redshift", "slots": {slots}, "query": "1s" }}"#);
        let run = flood(&nodes, "", r#"{ "read": "dw" }"#, EVEN, 8, 20);
        assert_eq!(counted(&run, "dw", |s| s.tally.of(Outcome::Throttled)), 0);
        run.of_node("dw", |s| s.waiting.max as f64)[0] / 1e9
    };

    // Each slot takes every fifth query, one a second: they fall behind by 1 − 5/8 s each
    // time, and the last of 160 is the 32nd of its slot.
    let five = longest(5);
    assert!((five - 31.0 * 0.375).abs() < 1e-6, "{five} s");
    assert!(longest(10) < 1e-9);
}

#[test]
fn connections_are_refused_above_their_number() {
    let nodes = r#""dw": { "kind": "redshift", "connections": 20, "query": "100ms" }"#;

    let run = storm(nodes, "", r#"{ "read": "dw" }"#, 200, 45);

    recovers(&run, Outcome::Throttled);
}

#[test]
fn single_rows_queue_for_the_commit_and_many_rows_do_not_help_it_much() {
    let nodes = r#""dw": { "kind": "redshift", "insert": "80ms", "connections": 100 }"#;

    let rows = flood(nodes, "", r#"{ "write": "dw" }"#, EVEN, 50, 10);
    let bulk = flood(
        nodes,
        "",
        r#"{ "write": "dw", "count": 1001 }"#,
        EVEN,
        50,
        10,
    );

    // 12.5/s, and 10/s with 20 ms for a thousand more rows; 100 are inside at the end.
    let done = |run| counted(run, "dw", |s| s.tally.of(Outcome::Completed));
    assert!(done(&rows).abs_diff(225) <= 2, "{}", done(&rows));
    assert!(done(&bulk).abs_diff(200) <= 2, "{}", done(&bulk));
}

#[test]
fn results_that_are_kept_need_no_slot() {
    let nodes = r#""dw": { "kind": "redshift", "slots": 1, "query": "1s", "cached": "20ms", "hit_rate": 1 }"#;

    let run = flood(nodes, "", r#"{ "read": "dw" }"#, EVEN, 100, 5);

    let found = run.latency_mean_ms("main").value.expect("a mean");
    assert!((found - 20.0).abs() < 1e-6, "{found} ms");
}

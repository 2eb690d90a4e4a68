//! OpenSearch: threads of pools, lines that are full, bulk.

use super::{counted, flood, recovers, said, storm};
use kneepoint::model::Outcome;

/// Keys that spread evenly.
const EVEN: &str = r#"{ "uniform": [1, 1000000] }"#;

/// Calls that ten seconds of 2,000/s completed on one node of two processors.
fn completed(parameters: &str, step: &str) -> u64 {
    let nodes = format!(
        r#""find": {{ "kind": "opensearch", "nodes": 1, "search": "10ms", "index": "10ms", {parameters} }}"#
    );
    let run = flood(&nodes, "", step, EVEN, 2_000, 10);
    assert!(counted(&run, "find", |s| s.tally.of(Outcome::Throttled)) > 0);
    counted(&run, "find", |s| s.tally.of(Outcome::Completed))
}

#[test]
fn pools_have_threads_by_processors_and_lines_of_their_own() {
    // ⌊1.5 × 2⌋ + 1 threads search and two write, 100/s each; the line is done afterwards.
    let searched = completed(r#""search_limit": 1000"#, r#"{ "read": "find" }"#);
    let written = completed(r#""write_limit": 500"#, r#"{ "write": "find" }"#);
    let larger = completed(r#""type": "m7g.xlarge.search""#, r#"{ "read": "find" }"#);

    assert!(searched.abs_diff(4_000 + 1_000) <= 4, "{searched}");
    assert!(written.abs_diff(2_000 + 500) <= 2, "{written}");
    assert!(larger.abs_diff(7_000 + 1_000) <= 7, "{larger}");
}

#[test]
fn searches_do_not_wait_for_writes() {
    let nodes = r#""find": { "kind": "opensearch", "nodes": 1, "search": "1ms", "index": "1s" }"#;
    let steps = r#"{ "write": "find", "wait": false }, { "read": "find" }"#;

    let run = flood(nodes, "", steps, EVEN, 100, 10);

    let found = run.latency_mean_ms("main").value.expect("a mean");
    assert!((found - 1.0).abs() < 1e-6, "{found} ms");
}

#[test]
fn a_full_line_is_refused_until_it_is_empty() {
    let nodes =
        r#""find": { "kind": "opensearch", "nodes": 1, "search": "10ms", "search_limit": 50 }"#;

    let run = storm(nodes, "", r#"{ "read": "find" }"#, 1_000, 350);

    recovers(&run, Outcome::Throttled);
}

#[test]
fn a_bulk_is_one_call_with_a_time_for_every_document() {
    let nodes = r#""find": { "kind": "opensearch", "index": "8ms" }"#;

    let run = flood(
        nodes,
        "",
        r#"{ "write": "find", "count": 1000 }"#,
        EVEN,
        1,
        5,
    );

    let found = run.latency_mean_ms("main").value.expect("a mean");
    assert!((found - (8.0 + 999.0 * 0.112)).abs() < 1e-6, "{found} ms");
    assert!(said(r#""kind": "opensearch", "type": "m7g.large""#).contains("m7g.large.search"));
}

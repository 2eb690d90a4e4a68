//! OpenSearch: threads of pools, lines that are full, bulk.

use super::{counted, exactly, flood, recovers, said, storm};
use crate::known::harness::run;
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

#[test]
fn a_search_ends_with_the_slowest_of_its_shards() {
    let text = |shards: u32| {
        format!(
            r#"{{ "nodes": {{ "find": {{ "kind": "opensearch", "nodes": 80, "type": "m7g.xlarge.search", "shards": {shards}, "search": {{ "exponential": "10ms" }} }} }},
                "flows": {{ "main": {{ "at": {{ "client": [ {{ "read": "find" }} ] }} }} }},
                "load": [ {{ "rate": "20/s" }} ],
                "run": {{ "horizon": "100s", "warm_up": "0s", "replications": 20 }} }}"#
        )
    };

    // Hardly anybody waits: of n exponential times the longest has the mean (1/μ)·Hₙ.
    for (shards, harmonic) in [(1, 1.0), (5, 137.0 / 60.0), (10, 7381.0 / 2520.0)] {
        let run = run(&text(shards));

        exactly(
            &format!("{shards} shards"),
            run.latency_mean_ms("main"),
            10.0 * harmonic,
        );
    }
}

#[test]
fn a_shard_that_is_refused_throttles_the_search() {
    // Four threads and no line: of six shards at one node two are refused.
    let nodes = r#""find": { "kind": "opensearch", "nodes": 1, "search": "10ms", "search_limit": 0, "shards": 6 }"#;

    let run = flood(nodes, "", r#"{ "read": "find" }"#, EVEN, 10, 4);

    assert_eq!(
        counted(&run, "find", |s| s.tally.of(Outcome::Throttled)),
        40
    );
}

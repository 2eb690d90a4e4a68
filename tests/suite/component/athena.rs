//! Athena: submissions, active queries, bytes scanned.

use super::{about, admitted, flood, recovers, storm};
use kneepoint::model::Outcome;

/// Keys that spread evenly.
const EVEN: &str = r#"{ "uniform": [1, 1000000] }"#;

#[test]
fn submissions_have_a_rate_and_a_burst() {
    let nodes = r#""sql": { "kind": "athena", "query": "1s", "item": "0B" }"#;

    let run = flood(nodes, "", r#"{ "read": "sql" }"#, EVEN, 100, 10);

    about("submissions", admitted(&run, "sql"), 80.0 + 20.0 * 9.99);
}

#[test]
fn active_queries_are_counted_too() {
    let nodes = r#""sql": { "kind": "athena", "rate": "1k/s", "burst": 1000, "active": 200, "query": "1s", "item": "0B" }"#;

    let run = flood(nodes, "", r#"{ "read": "sql" }"#, EVEN, 500, 10);

    // 200 at once, each for a second.
    let found = admitted(&run, "sql");
    assert!(found.abs_diff(2_000) <= 3, "{found}");
}

#[test]
fn dashboards_that_refresh_together_are_refused_for_a_while() {
    let run = storm(
        r#""sql": { "kind": "athena" }"#,
        "",
        r#"{ "read": "sql" }"#,
        300,
        15,
    );

    recovers(&run, Outcome::Throttled);
}

#[test]
fn a_query_takes_longer_the_more_it_scans() {
    let nodes = r#""sql": { "kind": "athena", "query": "1500ms" }"#;
    for (step, expected) in [
        (r#"{ "read": "sql" }"#, 1_700.0),
        (r#"{ "read": "sql", "bytes": "50GB" }"#, 11_500.0),
    ] {
        let run = flood(nodes, "", step, EVEN, 1, 20);

        let found = run.latency_mean_ms("main").value.expect("a mean");
        assert!((found - expected).abs() < 1e-3, "{step}: {found} ms");
    }
}

#[test]
fn nodes_agree_on_the_active_queries_of_the_account() {
    let text = r#"{ "nodes": { "day": { "kind": "athena" }, "night": { "kind": "athena", "active": 20 } },
        "flows": { "main": { "at": { "client": [ { "read": "day" }, { "read": "night" } ] } } },
        "load": [ { "rate": "1/s" } ] }"#;
    let request = kneepoint::topology::LoadRequest::new(text, "case.json");

    let (topology, _) = kneepoint::topology::load(&request).expect("it can be read");
    let found = kneepoint::compile::compile(&topology).expect_err("it is refused");

    assert_eq!(
        found[0].message,
        "nodes `day` and `night` state different limits for the active queries, which they share"
    );
}

//! Secrets Manager: rates of reads and writes, and the KMS requests that reads are.

use super::{about, admitted, flood, recovers, storm};
use crate::known::harness::run;
use kneepoint::model::Outcome;

/// Keys that spread evenly.
const EVEN: &str = r#"{ "uniform": [1, 1000000] }"#;

#[test]
fn reads_and_writes_have_rates_of_their_own() {
    let nodes = r#""secrets": { "kind": "secrets-manager", "get": "0s", "put": "0s" }"#;

    let reads = flood(nodes, "", r#"{ "read": "secrets" }"#, EVEN, 30_000, 1);
    let writes = flood(nodes, "", r#"{ "write": "secrets" }"#, EVEN, 200, 10);

    about(
        "reads",
        admitted(&reads, "secrets"),
        10_000.0 + 10_000.0 * 29_999.0 / 30_000.0,
    );
    about("writes", admitted(&writes, "secrets"), 50.0 * 11.0);
}

#[test]
fn a_read_is_a_request_to_kms_of_the_same_account() {
    let text = r#"{ "nodes": { "secrets": { "kind": "secrets-manager", "symmetric": "100/s" }, "keys": { "kind": "kms", "symmetric": "100/s" } },
        "flows": { "secret": { "at": { "client": [ { "read": "secrets" } ] } }, "key": { "at": { "client": [ { "call": "keys" } ] } } },
        "load": [ { "flow": "secret", "rate": "90/s", "arrivals": "even" }, { "flow": "key", "rate": "90/s", "arrivals": "even" } ],
        "run": { "horizon": "10s", "warm_up": "0s", "replications": 1 } }"#;

    let run = run(text);

    let completed =
        |flow: &str| run.of_flow(flow, |s| s.tally.of(Outcome::Completed) as f64)[0] as u64;
    about("both", completed("secret") + completed("key"), 1_000.0);
}

#[test]
fn a_fleet_that_has_started_reads_again() {
    let nodes = r#""secrets": { "kind": "secrets-manager", "reads": "100/s" }"#;

    let run = storm(nodes, "", r#"{ "read": "secrets" }"#, 1_000, 95);

    recovers(&run, Outcome::Throttled);
}

#[test]
fn a_cache_in_between_asks_once() {
    let nodes = r#""kept": { "kind": "cache", "cache": { "ttl": "1h" } }, "secrets": { "kind": "secrets-manager" }"#;

    let run = flood(
        nodes,
        r#""kept -> secrets""#,
        r#"{ "read": "kept" }"#,
        r#"{ "uniform": [7, 7] }"#,
        10,
        60,
    );

    assert_eq!(admitted(&run, "secrets"), 1);
}

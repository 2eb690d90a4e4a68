//! DAX: items and results, their five minutes, writes that go through, reads that pass.

use super::{counted, flood};
use crate::known::harness::{Run, run};
use kneepoint::model::Outcome;

/// One key for all.
const HOT: &str = r#"{ "uniform": [7, 7] }"#;

/// Calls that reach the table when the client does some steps on one key ten times a second.
fn reached(parameters: &str, steps: &str, seconds: u32) -> u64 {
    let nodes =
        format!(r#""dax": {{ "kind": "dax" {parameters} }}, "table": {{ "kind": "dynamodb" }}"#);
    let run = flood(&nodes, r#""dax -> table""#, steps, HOT, 10, seconds);
    counted(&run, "table", |s| s.tally.arrived)
}

#[test]
fn an_item_is_fetched_every_five_minutes() {
    let read = r#"{ "read": "dax" }"#;

    // At 0, 300 and 600 s.
    assert_eq!(reached("", read, 620), 3);
    assert_eq!(reached(r#", "cache": { "ttl": "10s" }"#, read, 95), 10);
}

#[test]
fn consistent_reads_and_transactions_pass_through() {
    let strong = reached("", r#"{ "read": "dax", "consistent": true }"#, 10);
    let transaction = reached("", r#"{ "read": "dax", "op": "transact-get" }"#, 10);

    assert_eq!((strong, transaction), (100, 100));
}

#[test]
fn a_write_leaves_its_item_but_results_do_not_learn_of_it() {
    // What is written first is there when it is read; results are fetched once.
    let items = reached("", r#"{ "write": "dax" }, { "read": "dax" }"#, 10);
    let results = reached(
        "",
        r#"{ "write": "dax" }, { "read": "dax", "op": "query" }"#,
        10,
    );
    let deleted = reached(
        "",
        r#"{ "write": "dax", "op": "delete" }, { "read": "dax" }"#,
        10,
    );

    assert_eq!(items, 100);
    assert_eq!(results, 101);
    assert_eq!(deleted, 200);
}

#[test]
fn a_full_cache_passes_misses_on_and_the_table_throttles_them() {
    let many = r#"{ "uniform": [1, 1000000] }"#;
    let nodes = r#""dax": { "kind": "dax", "cache": { "entries": 10 } }, "table": { "kind": "dynamodb", "billing": "provisioned", "rcu": 50, "wcu": 1 }"#;
    let flows = |run: &Run| run.of_flow("main", |s| s.tally.of(Outcome::Throttled) as f64)[0];

    let cold = flood(
        nodes,
        r#""dax -> table""#,
        r#"{ "read": "dax" }"#,
        many,
        500,
        4,
    );
    let hot = flood(
        nodes,
        r#""dax -> table""#,
        r#"{ "read": "dax" }"#,
        HOT,
        500,
        4,
    );

    // 50 units at the start and 50/s; a read is half a unit. About one in 10^5 is a hit.
    let refused = flows(&cold);
    assert!((refused - (2_000.0 - 500.0)).abs() <= 3.0, "{refused}");
    assert_eq!(flows(&hot), 0.0);
}

#[test]
fn it_recovers_with_the_table() {
    let text = r#"{ "nodes": { "dax": { "kind": "dax", "hit_rate": 0.5 }, "table": { "kind": "dynamodb", "billing": "provisioned", "rcu": 50, "wcu": 1 } },
        "links": [ "dax -> table" ],
        "flows": { "storm": { "at": { "client": [ { "read": "dax" } ] } }, "calm": { "at": { "client": [ { "read": "dax" } ] } } },
        "load": [ { "flow": "storm", "rate": "1k/s", "stop": "2s" }, { "flow": "calm", "rate": "50/s", "start": "6s" } ],
        "run": { "horizon": "10s", "warm_up": "0s", "replications": 1 } }"#;

    let run = run(text);

    super::recovers(&run, Outcome::Throttled);
    let hits = counted(&run, "dax", |s| s.hits) as f64;
    let misses = counted(&run, "dax", |s| s.misses) as f64;
    // Coins: 3.29 deviations of √(n/4) on either side.
    assert!(
        (hits - misses).abs() / 2.0 <= 3.29 * (hits + misses).sqrt() / 2.0,
        "{hits} and {misses}"
    );
}

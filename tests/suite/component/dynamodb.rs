//! DynamoDB: units to the letter, the bank, hot partitions, conditions, streams.

use super::{about, admitted, counted, flood};
use crate::known::harness::{Run, run};
use kneepoint::model::Outcome;

/// Keys that spread evenly.
const EVEN: &str = r#"{ "uniform": [1, 1000000] }"#;
/// One key for all.
const HOT: &str = r#"{ "uniform": [7, 7] }"#;

/// A provisioned table with so many units of either sort, whose bank holds one second.
fn table(units: u32) -> String {
    format!(
        r#""t": {{ "kind": "dynamodb", "billing": "provisioned", "rcu": {units}, "wcu": {units},
                   "get": "1ms", "put": "1ms", "query": "1ms" }}"#
    )
}

#[test]
fn operations_pay_their_units_exactly() {
    // 100 at the start and 100/s for 4 s, over the units of one call.
    for (step, units) in [
        (r#"{ "read": "t", "bytes": "4096B" }"#, 0.5),
        (r#"{ "read": "t", "bytes": "4097B" }"#, 1.0),
        (
            r#"{ "read": "t", "bytes": "4097B", "consistent": true }"#,
            2.0,
        ),
        (
            r#"{ "read": "t", "bytes": "500B", "count": 10, "consistent": true }"#,
            10.0,
        ),
        (
            r#"{ "read": "t", "op": "query", "bytes": "500B", "count": 10, "consistent": true }"#,
            2.0,
        ),
        (
            r#"{ "read": "t", "op": "query", "bytes": "500B", "count": 10 }"#,
            1.0,
        ),
        (
            r#"{ "read": "t", "op": "transact-get", "bytes": "1KiB", "count": 3 }"#,
            6.0,
        ),
        (r#"{ "write": "t", "bytes": "1024B" }"#, 1.0),
        (r#"{ "write": "t", "bytes": "1025B" }"#, 2.0),
        (r#"{ "write": "t", "bytes": "1500B", "count": 25 }"#, 50.0),
        (
            r#"{ "write": "t", "op": "transact-write", "bytes": "100B", "count": 3 }"#,
            6.0,
        ),
        (r#"{ "write": "t", "op": "delete", "bytes": "3KiB" }"#, 3.0),
    ] {
        let run = flood(&table(100), "", step, EVEN, 2_000, 4);

        about(step, admitted(&run, "t"), 500.0 / units);
    }
}

#[test]
fn a_provisioned_table_admits_its_rate() {
    // DESIGN's `stats`: 200 units, items of two units each, offered 300/s.
    let run = flood(
        &table(200),
        "",
        r#"{ "write": "t", "bytes": "1500B" }"#,
        EVEN,
        300,
        20,
    );

    about(
        "admitted",
        admitted(&run, "t"),
        (200.0 + 200.0 * 20.0) / 2.0,
    );
    let node = run.node("t");
    let refusals = &run.recordings[0].nodes[node].refusals;
    let names: Vec<&str> = refusals
        .iter()
        .map(|(bucket, _)| run.model.buckets[*bucket as usize].name.as_str())
        .collect();
    assert_eq!(names, ["table write units"]);
}

/// Writes at 100/s to a table of 10 units, from `start` on.
fn late(start: u32, bank: &str) -> Run {
    run(&format!(
        r#"{{ "nodes": {{ "t": {{ "kind": "dynamodb", "billing": "provisioned", "rcu": 10, "wcu": 10, {bank} "put": "1ms" }} }},
            "flows": {{ "main": {{ "at": {{ "client": [ {{ "write": "t" }} ] }} }} }},
            "load": [ {{ "rate": "100/s", "arrivals": "even", "start": "{start}s" }} ],
            "run": {{ "horizon": "{}s", "warm_up": "0s", "replications": 1 }} }}"#,
        start + 60
    ))
}

#[test]
fn unused_units_are_banked_for_five_minutes() {
    let first = |run: &Run| {
        let at = run.recordings[0].nodes[run.node("t")].first_throttled;
        at.expect("a refusal").as_seconds()
    };

    // 10 at the start, 10/s meanwhile; then 90/s more go than come.
    let after_100_s = first(&late(100, ""));
    let after_an_hour = first(&late(3_600, ""));
    let full = first(&late(0, r#""banked": "5m","#));
    let shallow = first(&late(100, r#""bank": "60s","#));

    assert!(
        (after_100_s - 100.0 - 1_010.0 / 90.0).abs() < 0.05,
        "{after_100_s}"
    );
    assert!(
        (after_an_hour - 3_600.0 - 3_000.0 / 90.0).abs() < 0.05,
        "{after_an_hour}"
    );
    assert!((full - 3_000.0 / 90.0).abs() < 0.05, "{full}");
    assert!((shallow - 100.0 - 600.0 / 90.0).abs() < 0.05, "{shallow}");
}

#[test]
fn a_hot_key_gets_no_more_than_its_partition() {
    let nodes = r#""t": { "kind": "dynamodb", "put": "1ms" }"#;

    let hot = flood(nodes, "", r#"{ "write": "t" }"#, HOT, 2_000, 5);
    let even = flood(nodes, "", r#"{ "write": "t" }"#, EVEN, 2_000, 5);

    about(
        "one partition",
        admitted(&hot, "t"),
        1_000.0 + 5.0 * 1_000.0,
    );
    assert_eq!(counted(&even, "t", |s| s.tally.of(Outcome::Throttled)), 0);
    assert_eq!(even.recordings[0].nodes[even.node("t")].instances.len(), 4);
}

#[test]
fn an_on_demand_table_begins_with_4000_writes() {
    // Many partitions, so that only the table refuses.
    let nodes = r#""t": { "kind": "dynamodb", "partitions": 64, "put": "1ms" }"#;

    let run = flood(nodes, "", r#"{ "write": "t" }"#, EVEN, 6_000, 4);

    about("table", admitted(&run, "t"), 4_000.0 + 4.0 * 4_000.0);
}

#[test]
fn a_failed_condition_has_paid() {
    // One write unit a second. `a` reads, `b` writes at 1 s, so that a's condition
    // fails at 2 s; it takes the unit that c, at 2.1 s, does not find.
    let text = |op: &str| {
        format!(
            r#"{{ "nodes": {{ "t": {{ "kind": "dynamodb", "billing": "provisioned", "rcu": 10, "wcu": 1,
                    "bank": "1s", "get": "1ms", "put": "1ms", "conditional": "1ms" }} }},
                "keys": {{ "row": {HOT} }},
                "flows": {{
                    "a": {{ "key": "row", "at": {{ "client": [ {{ "read": "t" }}, {{ "pause": "2010ms" }}, {op} ] }} }},
                    "b": {{ "key": "row", "at": {{ "client": [ {{ "write": "t" }} ] }} }},
                    "c": {{ "key": "row", "at": {{ "client": [ {{ "write": "t" }} ] }} }} }},
                "load": [ {{ "flow": "a", "trace": {{ "times": [ "0s" ] }} }},
                          {{ "flow": "b", "trace": {{ "times": [ "1s" ] }} }},
                          {{ "flow": "c", "trace": {{ "times": [ "2100ms" ] }} }} ],
                "run": {{ "horizon": "4s", "warm_up": "0s", "replications": 1 }} }}"#
        )
    };

    let failing = run(&text(r#"{ "write": "t", "op": "conditional" }"#));
    let without = run(&text(r#"{ "read": "t" }"#));

    assert_eq!(counted(&failing, "t", |s| s.tally.of(Outcome::Failed)), 1);
    assert_eq!(
        counted(&failing, "t", |s| s.tally.of(Outcome::Throttled)),
        1
    );
    assert_eq!(
        counted(&without, "t", |s| s.tally.of(Outcome::Throttled)),
        0
    );
}

#[test]
fn a_stream_carries_every_completed_write() {
    let nodes = r#""t": { "kind": "dynamodb", "put": "1ms", "stream": "200ms", "partitions": 1 },
                   "seen": { "kind": "delay", "time": "1ms" }, "batches": { "kind": "delay" }"#;
    let links = r#""t -> seen", { "from": "t", "to": "batches", "batch": 10, "ops": [ "put" ] }"#;
    let step = r#"{ "write": "t" }, { "write": "t", "op": "update" }, { "read": "t" }"#;

    let run = flood(nodes, links, step, EVEN, 100, 10);

    let written = counted(&run, "t", |s| s.tally.of(Outcome::Completed)) / 3 * 2;
    let seen = counted(&run, "seen", |s| s.tally.arrived);
    // What was written in the last 200 ms is still under way.
    assert!(
        seen <= written && seen + 45 >= written,
        "{seen} of {written}"
    );
    let puts = run.recordings[0].links.iter().zip(&run.model.links);
    let puts = puts.filter(|(_, link)| link.name == "t->batches");
    let handed: u64 = puts.map(|(link, _)| link.slices[0].lag.count).sum();
    assert!(
        handed <= written / 2 && handed + 60 >= written / 2,
        "{handed} of {}",
        written / 2
    );
}

#[test]
fn provisioned_tables_need_units() {
    use kneepoint::topology::{LoadRequest, load};
    for (parameters, code) in [
        (r#""billing": "provisioned", "rcu": 5"#, "key::missing"),
        (r#""rcu": 5"#, "dynamodb::billing"),
        (
            r#""billing": "provisioned", "rcu": 5, "wcu": 5, "bank": "10s", "banked": "20s""#,
            "dynamodb::banked",
        ),
    ] {
        let text = format!(
            r#"{{ "nodes": {{ "t": {{ "kind": "dynamodb", {parameters} }} }}, "load": [ {{ "rate": "1/s" }} ] }}"#
        );

        let found = load(&LoadRequest::new(&text, "case.json"))
            .err()
            .unwrap_or_default();

        assert!(
            found.iter().any(|one| one.code == code),
            "{parameters}: {found:?}"
        );
    }
}

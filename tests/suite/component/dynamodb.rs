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
    let instances = &even.recordings[0].nodes[even.node("t")].instances;
    assert_eq!(instances.iter().filter(|one| one.arrived > 0).count(), 4);
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
fn a_stream_hands_over_one_batch_a_partition_at_once() {
    // 60 writes come at once; their one partition hands over one every 100 ms.
    let nodes = r#""t": { "kind": "dynamodb", "put": "0s", "stream": "0s", "partitions": 1 },
                   "seen": { "kind": "delay", "time": "100ms" }"#;
    let text = |link: &str| {
        format!(
            r#"{{ "nodes": {{ {nodes} }}, "links": [ {link} ],
                 "flows": {{ "main": {{ "key": {EVEN}, "at": {{ "client": [ {{ "write": "t" }} ] }} }} }},
                 "load": [ {{ "every": "1h", "batch": 60 }} ],
                 "run": {{ "horizon": "7s", "warm_up": "0s", "replications": 1 }} }}"#
        )
    };
    let seen = |link: &str| {
        let run = run(&text(link));
        let visits = counted(&run, "seen", |s| s.tally.of(Outcome::Completed));
        let last = run.of_flow("main", |flow| flow.settled.max as f64 / 1e6)[0].round() as u64;
        (visits, last, format!("{:?}", run.recordings))
    };

    let plain = seen(r#""t -> seen""#);
    let one = seen(r#"{ "from": "t", "to": "seen", "batch": 1 }"#);
    let ten = seen(r#"{ "from": "t", "to": "seen", "batch": 10 }"#);

    // The first batch goes as soon as there is a record.
    assert_eq!((plain.0, plain.1), (60, 6_000));
    assert_eq!((ten.0, ten.1), (7, 700));
    assert!(plain.2 == one.2, "one a batch is what there is without");
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

/// Writes that a table without chance admitted, by second of the run.
fn admitted_by_second(parameters: &str, key: &str, per_s: u32, seconds: u32) -> Vec<u64> {
    let nodes = format!(r#""t": {{ "kind": "dynamodb", "put": "0s", {parameters} }}"#);
    let text = format!(
        r#"{{ "nodes": {{ {nodes} }}, "flows": {{ "main": {{ "key": {key}, "at": {{ "client": [ {{ "write": "t" }} ] }} }} }},
            "load": [ {{ "rate": "{per_s}/s", "arrivals": "even" }} ],
            "run": {{ "horizon": "{seconds}s", "warm_up": "0s", "replications": 1, "interval": "1s" }} }}"#
    );
    let run = run(&text);
    let node = run.node("t");
    let throttled = &run.recordings[0].nodes[node].throttled;
    let per_bin = throttled.len() / seconds as usize;
    throttled
        .chunks(per_bin)
        .map(|second| u64::from(per_s) - second.iter().sum::<u64>())
        .collect()
}

#[test]
fn an_on_demand_table_serves_twice_its_peak_after_the_time_of_growth() {
    let table = r#""growth_after": "30s", "partitions": 64, "warm_write""#;

    let grown = admitted_by_second(&format!(r#"{table}: "100/s""#), EVEN, 1_000, 70);
    let idle = admitted_by_second(&format!(r#"{table}: "600/s""#), EVEN, 200, 40);

    // The first slot of 1 s admits the burst as well, 200 in all: twice that from 31 s on.
    about("before", grown[20], 100.0);
    // The slot may have lacked a token, which counts twice, and again.
    for (second, limit) in [(40, 400.0), (66, 800.0)] {
        let found = grown[second] as f64;
        assert!((found / limit - 1.0).abs() < 0.01, "{second}: {found}");
    }
    assert_eq!(idle.iter().sum::<u64>(), 8_000, "less than was warm");
}

#[test]
fn a_partition_that_stays_hot_splits_but_one_key_does_not() {
    let parameters = r#""partitions": 1, "partition_write": "100/s", "split_after": "10s""#;

    let even = admitted_by_second(parameters, EVEN, 1_000, 30);
    let one = admitted_by_second(parameters, HOT, 1_000, 60);

    // Ten hot slots of 1 s end at 10 s; each further split takes as long again. Each
    // partition may give a token on either side of a second.
    for (second, partitions) in [(8, 1), (18, 2), (28, 4)] {
        let (found, expected) = (even[second] as i64, 100 * partitions);
        assert!((found - expected).abs() <= partitions, "{second}: {found}");
    }
    about("one key after a split", one[15], 100.0);
    // The partition that it moves to with a split begins full; no more than six times.
    let all: u64 = one.iter().sum();
    assert!((6_100..=6_701).contains(&all), "{all}");
}

#[test]
fn a_partition_that_has_grown_to_10_gb_splits() {
    let table = |growth: &str| {
        format!(
            r#""t": {{ "kind": "dynamodb", "billing": "provisioned", "rcu": 1, "wcu": 20000, "partitions": 1, "put": "1ms", "stored": "9.99GB"{growth} }}"#
        )
    };
    let put = r#"{ "write": "t", "op": "put", "bytes": "100kB" }"#;
    let admit = |growth: &str| admitted(&flood(&table(growth), "", put, EVEN, 15, 20), "t");

    // An item of 100 kB is 98 units: a partition takes 1,000 at once and 1,000 a second. The
    // hundredth item is the last of 10 MB, at 8.8 s; then two halves take all of 15 a second.
    let split = admit(r#", "growth": 1"#);
    let expected = 100.0 + 15.0 * (20.0 - 8.8);
    assert!((split as f64 - expected).abs() <= 2.0, "{split}");
    about("nothing is new", admit(""), 21_000.0 / 98.0);
    // Of half of it, not of all, is 10 MB reached at 200 items, 18.6 s.
    let half = admit(r#", "growth": 0.5"#);
    let expected = 200.0 + 15.0 * (20.0 - 18.6);
    assert!((half as f64 - expected).abs() <= 2.0, "{half}");
}

#[test]
fn an_index_without_units_throttles_the_table() {
    let nodes = |index: &str| {
        format!(
            r#""t": {{ "kind": "dynamodb", "billing": "provisioned", "rcu": 1000, "wcu": 1000, "put": "1ms", {index} }}"#
        )
    };
    let write = r#"{ "write": "t", "bytes": "3KiB" }"#;
    let admit =
        |index: &str, per_s| admitted(&flood(&nodes(index), "", write, EVEN, per_s, 5), "t");

    // The table has 3 units for each of 333/s.
    about("without", admit(r#""banked": "1s""#, 1_000), 6_000.0 / 3.0);
    about(
        "all projected",
        admit(r#""index": { "rcu": 1, "wcu": 300 }"#, 1_000),
        6.0 * 300.0 / 3.0,
    );
    about(
        "keys only, written twice",
        admit(
            r#""index": { "rcu": 1, "wcu": 300, "item": "100B", "writes": 2 }"#,
            1_000,
        ),
        6.0 * 300.0 / 2.0,
    );
    let run = flood(
        &nodes(r#""index": { "rcu": 1, "wcu": 300 }"#),
        "",
        write,
        EVEN,
        1_000,
        5,
    );
    let refusals = &run.recordings[0].nodes[run.node("t")].refusals;
    let named = refusals
        .iter()
        .map(|(bucket, _)| run.model.buckets[*bucket as usize].name.as_str());
    assert_eq!(named.collect::<Vec<_>>(), ["index write units"]);
}

#[test]
fn an_index_takes_the_units_of_its_table() {
    for (parameters, said) in [
        (
            r#""kind": "dynamodb", "index": { "wcu": 5 }"#,
            "the `index` of node `it`, which is on-demand, takes no `wcu`",
        ),
        (
            r#""kind": "dynamodb", "billing": "provisioned", "rcu": 1, "wcu": 1, "index": { "wcu": 5 }"#,
            "the `index` of node `it`, which is provisioned, needs `rcu`",
        ),
    ] {
        assert_eq!(super::said(parameters), said);
    }
}

/// Units that the calls of a table paid.
fn paid(run: &Run, node: &str) -> f64 {
    let at = run.node(node);
    let rows = run.model.rows.iter().zip(&run.recordings[0].rows);
    let of_node = rows.filter(|(row, _)| row.node as usize == at);
    let units: u128 = of_node
        .flat_map(|(_, record)| record.by_op.iter().flatten())
        .map(|op| op.units)
        .sum();
    units as f64 / 1e12
}

#[test]
fn items_of_a_batch_pay_one_by_one() {
    // 100 units at the start and 100/s for 4 s, in whole items, of which every item takes
    // what it finds; nothing is tried again.
    for (step, units) in [
        (
            r#"{ "read": "t", "bytes": "500B", "count": 10, "consistent": true }"#,
            500.0,
        ),
        (r#"{ "write": "t", "bytes": "1500B", "count": 25 }"#, 500.0),
        (r#"{ "write": "t", "op": "delete", "count": 7 }"#, 500.0),
    ] {
        let nodes = table(100).replace(r#""get""#, r#""batch_rounds": 1, "get""#);
        let run = flood(&nodes, "", step, EVEN, 2_000, 4);

        let found = paid(&run, "t");
        assert!((found - units).abs() <= 2.0, "{step}: {found}, not {units}");
    }
}

/// One batch of 25 items of a unit each, at a table that holds 10 and gains 10 a second.
fn one_batch(rounds: u32) -> Run {
    run(&format!(
        r#"{{ "nodes": {{ "t": {{ "kind": "dynamodb", "billing": "provisioned", "rcu": 10, "wcu": 10,
                "bank": "1s", "put": "1ms", "put_each": "0s", "batch_rounds": {rounds}, "batch_pause": "1s", "stream": "1ms" }},
                "seen": {{ "kind": "dynamodb" }} }},
            "links": [ {{ "from": "t", "to": "seen" }}, {{ "from": "client", "to": "t", "retry": "none" }} ],
            "flows": {{ "main": {{ "at": {{ "client": [ {{ "write": "t", "count": 25 }} ] }} }} }},
            "load": [ {{ "rate": "1/s", "arrivals": "even", "start": "5s", "stop": "6s" }} ],
            "run": {{ "horizon": "20s", "warm_up": "0s", "replications": 1 }} }}"#
    ))
}

#[test]
fn what_a_batch_leaves_unprocessed_is_sent_again_until_it_has_passed() {
    let run = one_batch(4);

    // 10 at once; 10 more after a pause of 1 s; the last 5 after 2 s: three calls of 1 ms.
    let mean = run.latency_mean_ms("main").value.expect("a mean");
    assert!((mean - 3_003.0).abs() < 1e-6, "{mean}");
    assert!((paid(&run, "t") - 25.0).abs() < 1e-9);
    assert!((paid(&run, "seen") - 25.0).abs() < 1e-9, "in the stream");
}

#[test]
fn a_batch_that_is_given_up_has_written_a_part() {
    let run = one_batch(2);

    assert_eq!(counted(&run, "t", |s| s.tally.of(Outcome::Throttled)), 1);
    assert!((paid(&run, "t") - 20.0).abs() < 1e-9);
    assert!((paid(&run, "seen") - 20.0).abs() < 1e-9, "in the stream");
}

#[test]
fn a_batch_spreads_over_partitions() {
    // 100 reads of a unit each, over four partitions that hold 60 each: 25 come to each,
    // with a deviation of √(100·¼·¾) = 4.3. At a partition of one key, 60 pass.
    let batch = |key: &str| {
        let nodes = r#""t": { "kind": "dynamodb", "partitions": 4, "partition_read": "60/s", "batch_rounds": 1, "get": "1ms" }"#;
        let step = r#"{ "read": "t", "count": 100, "consistent": true }"#;
        let run = flood(nodes, "", step, key, 1, 1);
        paid(&run, "t")
    };

    assert!((batch(EVEN) - 100.0).abs() < 1e-9);
    assert!((batch(HOT) - 60.0).abs() < 1e-9);
}

#[test]
fn the_poorest_of_several_indexes_throttles_the_table() {
    let nodes = |indexes: &str| {
        format!(
            r#""t": {{ "kind": "dynamodb", "billing": "provisioned", "rcu": 1000, "wcu": 1000, "put": "1ms", {indexes} }}"#
        )
    };
    let run = |indexes: &str| flood(&nodes(indexes), "", r#"{ "write": "t" }"#, EVEN, 2_000, 5);

    let three = run(
        r#""index": { "rcu": 1, "wcu": 500 }, "indexes": [ { "rcu": 1, "wcu": 200 }, { "rcu": 1, "wcu": 800 } ]"#,
    );
    about("the second", admitted(&three, "t"), 6.0 * 200.0);
    let refusals = &three.recordings[0].nodes[three.node("t")].refusals;
    let named = refusals
        .iter()
        .map(|(bucket, _)| three.model.buckets[*bucket as usize].name.as_str());
    assert_eq!(named.collect::<Vec<_>>(), ["index 2 write units"]);

    // Three units of the table for a write: the item, and one in each of two local indexes.
    let local = run(r#""local_indexes": 2"#);
    about("local", admitted(&local, "t"), 6.0 * 1_000.0 / 3.0);
}

#[test]
fn items_that_expire_go_into_the_stream_as_deletes() {
    // A hundred items, deleted 100 s and 50 s after they were put; the write units pay for puts only.
    let deleted = |horizon: &str| {
        let text = format!(
            r#"{{ "nodes": {{ "t": {{ "kind": "dynamodb", "put": "0s", "stream": "0s", "ttl": "100s", "expiry": "50s" }},
                             "all": {{ "kind": "delay" }}, "gone": {{ "kind": "delay" }} }},
            "links": [ "t -> all", {{ "from": "t", "to": "gone", "ops": [ "delete" ] }} ],
            "flows": {{ "main": {{ "at": {{ "client": [ {{ "write": "t" }} ] }} }} }},
            "load": [ {{ "rate": "10/s", "arrivals": "even", "stop": "10s" }} ],
            "run": {{ "horizon": "{horizon}", "warm_up": "0s", "replications": 1 }} }}"#
        );
        let run = run(&text);
        let arrived = |node| counted(&run, node, |s| s.tally.arrived);
        (arrived("t"), arrived("all"), arrived("gone"))
    };

    assert_eq!(deleted("149s"), (100, 100, 0));
    assert_eq!(deleted("155.05s"), (100, 151, 51));
    assert_eq!(deleted("200s"), (100, 200, 100));
}

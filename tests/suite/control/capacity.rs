//! Capacity in units that follows the load, against schedules that can be computed by hand.

use crate::known::harness::{Run, run_on};
use kneepoint::compile::compile;
use kneepoint::model::Outcome;
use kneepoint::topology::{LoadRequest, load};

/// Ends in a way, of all visits of a node.
fn ended(run: &Run, node: &str, outcome: Outcome) -> f64 {
    run.of_node(node, |slice| slice.tally.of(outcome) as f64)[0]
}

/// Unit-seconds of a supply in the whole run.
fn unit_seconds(run: &Run, supply: usize) -> f64 {
    let units = &run.recordings[0].supplies[supply].units;
    units.iter().sum::<u128>() as f64 / 1e9
}

/// A table of 100 write units for a flood of 1,000 writes a second.
fn table(scaling: &str, load: &str, horizon: u32) -> Run {
    let text = format!(
        r#"{{ "nodes": {{ "items": {{ "kind": "dynamodb", "billing": "provisioned", "wcu": 100, "rcu": 1,
                "bank": "1s", "put": "1ms", "wcu_scaling": {scaling} }} }},
            "flows": {{ "main": {{ "key": {{ "uniform": [1, 1000000] }},
                "at": {{ "client": [ {{ "write": "items", "bytes": "1KiB" }} ] }} }} }},
            "load": [ {load} ],
            "run": {{ "horizon": "{horizon}s", "warm_up": "0s", "replications": 1, "interval": "10s" }} }}"#
    );
    run_on(&text, 1)
}

#[test]
fn an_index_follows_what_is_written_to_it_by_itself() {
    // The table has more than enough; its index has 100 units for 1,000 writes a second, so that
    // it goes through the steps of a table that lacks them (below).
    let text = r#"{ "nodes": { "items": { "kind": "dynamodb", "billing": "provisioned", "wcu": 5000, "rcu": 1,
            "bank": "1s", "put": "1ms",
            "index": { "wcu": 100, "rcu": 1, "wcu_scaling": { "max": 10000, "track": { "utilisation": 0.7 } } } } },
        "flows": { "main": { "key": { "uniform": [1, 1000000] },
            "at": { "client": [ { "write": "items", "bytes": "1KiB" } ] } } },
        "load": [ { "rate": "1000/s", "arrivals": "even" } ],
        "run": { "horizon": "900s", "warm_up": "0s", "replications": 1, "interval": "10s" } }"#;

    let run = run_on(text, 1);

    let record = &run.recordings[0].supplies[0];
    assert_eq!(record.first.map(|at| at.as_seconds()), Some(270.0));
    assert_eq!(
        (record.range, record.changes),
        ((100, 356), 8),
        "{record:?}"
    );
    let admitted = ended(&run, "items", Outcome::Completed);
    let units = unit_seconds(&run, 0);
    assert!(
        (admitted - units - 100.0).abs() <= 5.0,
        "{admitted} of {units}"
    );
}

#[test]
fn a_flood_is_followed_by_steps_of_one_over_the_target() {
    // What is throttled uses nothing, so that all of 100 units are used: 143 = ⌈100 / 0.7⌉ after two
    // minutes, 90 s for the metric and 60 s for the change.
    let run = table(
        r#"{ "max": 10000, "track": { "utilisation": 0.7 } }"#,
        r#"{ "rate": "1000/s", "arrivals": "even" }"#,
        900,
    );

    let record = &run.recordings[0].supplies[0];
    // The first decision is at 210 s, in force at 270 s. The minute [240, 300] is decided at 390 s: half
    // of it was of 100 units, half of 143; ⌈121.5 / 0.7⌉ = 174. So it goes on: ⌈143 / 0.7⌉ = 205,
    // ⌈158.5 / 0.7⌉ = 227, ⌈189.5 / 0.7⌉ = 271, ⌈205 / 0.7⌉ = 293, ⌈216 / 0.7⌉ = 309, ⌈249 / 0.7⌉ = 356.
    assert_eq!(record.first.map(|at| at.as_seconds()), Some(270.0));
    assert_eq!(
        (record.range, record.changes),
        ((100, 356), 8),
        "{record:?}"
    );
    let in_force = [
        (270.0, 100.0),
        (180.0, 143.0),
        (60.0, 174.0),
        (120.0, 205.0),
        (60.0, 227.0),
        (60.0, 271.0),
        (60.0, 293.0),
        (60.0, 309.0),
        (30.0, 356.0),
    ];
    let units: f64 = in_force
        .iter()
        .map(|(seconds, units)| seconds * units)
        .sum();
    assert_eq!(unit_seconds(&run, 0), units);
    // Admitted is what was there: one second of it at the start, and the rate.
    let admitted = ended(&run, "items", Outcome::Completed);
    assert!(
        (admitted - units - 100.0).abs() <= 5.0,
        "{admitted} of {units}"
    );
}

#[test]
fn units_are_removed_after_fifteen_low_minutes_and_four_times_a_day_at_will() {
    // 30 of 100 units are used, 30 %: below 70 % less 20 points. The fifteenth point ends at
    // 900 s: ⌈30 / 0.7⌉ = 43 in force at 1,050 s, and they are used to 70 % for good.
    let run = table(
        r#"{ "max": 100, "track": { "utilisation": 0.7 } }"#,
        r#"{ "rate": "30/s", "arrivals": "even" }"#,
        3000,
    );

    assert_eq!(unit_seconds(&run, 0), 1_050.0 * 100.0 + 1_950.0 * 43.0);
    assert_eq!(ended(&run, "items", Outcome::Throttled), 0.0);

    // A minimum that falls every ten minutes, with one low point enough: 50, 25, 13, 7 and then
    // only an hour after the last of them, 4.
    let entries: Vec<String> = [50, 25, 13, 7, 4]
        .iter()
        .enumerate()
        .map(|(at, min)| format!(r#"{{ "at": "{}s", "min": {min} }}"#, 600 * at))
        .collect();
    let scaling = format!(
        r#"{{ "min": 100, "max": 100, "track": {{ "utilisation": 0.7 }}, "in_breaches": 1, "delay": "0s",
              "start_up": "0s", "schedule": [ {} ] }}"#,
        entries.join(", ")
    );
    let run = table(&scaling, r#"{ "rate": "1/s", "arrivals": "even" }"#, 7200);

    let record = &run.recordings[0].supplies[0];
    assert_eq!((record.range, record.changes), ((4, 100), 5));
    // Decided at 60, 600, 1,200, 1,800 s, and 5,400 s.
    let units = 60.0 * 100.0 + 540.0 * 50.0 + 600.0 * (25.0 + 13.0) + 3_600.0 * 7.0 + 1_800.0 * 4.0;
    assert_eq!(unit_seconds(&run, 0), units);
}

#[test]
fn environments_kept_ready_follow_their_use() {
    // 8 of 10 are in use, 80 % for a target of 50 %: at the third point, which ends at 180 s and is
    // a minute old at 240 s, 16 are asked for. They are there 120 s and six times 10 ms later.
    let text = r#"{ "nodes": { "fn": { "kind": "lambda", "memory": "1769MiB", "overhead": "0s", "provisioned_concurrency": 10,
            "provisioned_scaling": { "max": 40, "track": { "utilisation": 0.5 } } } },
        "flows": { "main": { "at": { "fn": [ { "compute": "800ms" } ] } } },
        "load": [ { "rate": "10/s", "arrivals": "even" } ],
        "run": { "horizon": "600s", "warm_up": "0s", "replications": 1, "interval": "10s" } }"#;
    let run = run_on(text, 1);

    let record = &run.recordings[0].supplies[0];
    assert_eq!((record.range, record.changes), ((10, 16), 1), "{record:?}");
    assert_eq!(unit_seconds(&run, 0), 7_439.64);
    assert_eq!(run.of_node("fn", |slice| slice.cold_starts as f64), [0.0]);
    let used = record.used.iter().sum::<u128>() as f64 / 1e9;
    assert!((used - 8.0 * 600.0).abs() < 8.0, "{used}");
}

#[test]
fn a_stream_on_demand_doubles_each_time_that_it_was_full_for_so_long() {
    // Four shards of 1 MB/s in a flood of 16 MB/s of even keys: full, all split after 100 s.
    let text = r#"{ "nodes": { "clicks": { "kind": "kinesis", "mode": "on-demand", "split_after": "100s", "put": "1ms" } },
        "flows": { "main": { "key": { "uniform": [1, 1000000] },
            "at": { "client": [ { "send": "clicks", "bytes": "100kB" } ] } } },
        "load": [ { "rate": "160/s", "arrivals": "even" } ],
        "run": { "horizon": "200s", "warm_up": "0s", "replications": 1, "interval": "10s" } }"#;
    let run = run_on(text, 1);

    // 4 MB/s until 100 s; then every half of a shard has a shard's rate.
    let admitted = ended(&run, "clicks", Outcome::Completed);
    let exact = (4.0 * 100.0 + 8.0 * 100.0 + 4.0 + 4.0) * 10.0;
    assert!(
        (admitted / exact - 1.0).abs() < 0.02,
        "{admitted} of {exact}"
    );
    let shards = &run.recordings[0].nodes[run.node("clicks")].instances;
    assert_eq!(shards.iter().filter(|shard| shard.arrived > 0).count(), 8);
}

#[test]
fn records_of_a_key_are_read_in_order_when_their_shard_splits() {
    // One consumer takes 50 ms for a record, 200 of them come a second: the backlog of a shard
    // that has split has to be read first. What is read is at most 20 a second of a shard,
    // and the new shards are not read while the old ones have more than they had then.
    let text = r#"{ "nodes": { "clicks": { "kind": "kinesis", "mode": "on-demand", "warm": "1MB/s", "split_after": "20s",
            "put": "1ms", "propagation": "0s" }, "slow": { "kind": "delay", "time": "50ms" } },
        "links": [ { "from": "clicks", "to": "slow", "batch": 1 } ],
        "flows": { "main": { "key": { "uniform": [1, 1000] },
            "at": { "client": [ { "send": "clicks", "bytes": "5kB" } ] } } },
        "load": [ { "rate": "150/s", "arrivals": "even" } ],
        "run": { "horizon": "60s", "warm_up": "0s", "replications": 1, "interval": "10s" } }"#;
    let run = run_on(text, 1);

    // 150 records a second of 5 kB are 750 kB/s: the shard splits at 20 s with 3,000 records, of which
    // 400 are read. Until 60 s it reads 800 more of its own, and the new shard none.
    let read = ended(&run, "slow", Outcome::Completed);
    assert!((read - 1_200.0).abs() <= 2.0, "{read}");
}

#[test]
fn serverless_capacity_grows_by_a_tenth_of_itself() {
    // A closed load of far more than half a unit: an eighth of a vCPU does 125 of 1 ms a second.
    let text = r#"{ "nodes": { "db": { "kind": "aurora", "serverless": { "max": 16 }, "hit_rate": 1, "overhead": "0s",
            "get_cpu": "10ms" } },
        "flows": { "main": { "at": { "client": [ { "read": "db", "op": "get" } ] } } },
        "load": [ { "clients": 64, "think": "0s" } ],
        "run": { "horizon": "60s", "warm_up": "0s", "replications": 1, "interval": "1s" } }"#;
    let run = run_on(text, 1);

    // Halves of a unit after n seconds: ⌊1.1ⁿ⌋ up to 32. All of them are used.
    let halves = |second: i32| 1.1f64.powi(second).min(32.0).floor();
    let exact: f64 = (0..60).map(halves).sum();
    assert_eq!(unit_seconds(&run, 0), exact);
    let record = &run.recordings[0].supplies[0];
    assert_eq!(record.range, (1, 32));
    // Eight halves are a processor: 100 reads of 10 ms a second. What is in service when the speed
    // changes goes on as it began: 80 ms at the slowest, once a second at most.
    let reads = ended(&run, "db", Outcome::Completed);
    let work = exact / 8.0 * 100.0;
    assert!((reads / work - 1.0).abs() < 0.02, "{reads} of {work}");
}

#[test]
fn alarms_watch_servers_that_follow_their_use() {
    // As above: ⌊1.1ⁿ⌋ eighths of a server after n seconds, up to 32, and all of them are used.
    let text = r#"{ "nodes": { "db": { "kind": "aurora", "serverless": { "max": 16 }, "hit_rate": 1, "overhead": "0s",
            "get_cpu": "10ms" } },
        "flows": { "main": { "at": { "client": [ { "read": "db", "op": "get" } ] } } },
        "alarms": {
            "a-few":   { "when": "db servers > 3.2", "period": "10s", "breaches": 1, "delay": "0s" },
            "b-busy":  { "when": "db utilisation > 98%", "period": "7s", "breaches": 1, "delay": "0s" },
            "c-never": { "when": "db utilisation < 98%", "period": "7s", "breaches": 1, "delay": "0s" },
            "d-more":  { "when": "db servers > 3.3", "period": "10s", "breaches": 1, "delay": "0s" } },
        "load": [ { "clients": 64, "think": "0s" } ],
        "run": { "horizon": "60s", "warm_up": "0s", "replications": 1, "interval": "1s" } }"#;
    let run = run_on(text, 1);

    let fired = |alarm: usize| {
        let fired = &run.recordings[0].alarms[alarm].fired;
        fired.iter().map(|at| at.as_seconds()).collect::<Vec<f64>>()
    };
    // From 30 s to 40 s there are 259 eighth-server-seconds, 3.24 on average; then four.
    let halves: f64 = (30..40).map(|n| 1.1f64.powi(n).min(32.0).floor()).sum();
    assert_eq!(halves, 259.0);
    assert_eq!((fired(0), fired(3)), (vec![40.0], vec![50.0]));
    assert_eq!((fired(1), fired(2)), (vec![7.0], Vec::new()));
}

/// The codes of what is wrong with a node.
fn refused(node: &str) -> Vec<&'static str> {
    let text = format!(
        r#"{{ "nodes": {{ "n": {{ {node} }} }}, "flows": {{ "main": {{ "at": {{ "client": [ {{ "write": "n" }} ] }} }} }},
            "load": [ {{ "rate": "1/s" }} ] }}"#
    );
    let found = match load(&LoadRequest::new(&text, "case.json")) {
        Ok((topology, _)) => compile(&topology).expect_err("it is refused"),
        Err(found) => found,
    };
    found.iter().map(|one| one.code).collect()
}

#[test]
fn what_does_not_fit_is_refused() {
    let table =
        r#""kind": "dynamodb", "billing": "provisioned", "wcu": 10, "rcu": 10, "wcu_scaling":"#;
    let cases = [
        (
            r#"{ "max": 20, "track": { "requests": "5/s" } }"#,
            "scaling::units",
        ),
        (
            r#"{ "max": 20, "track": { "utilisation": 0.95 } }"#,
            "dynamodb::target",
        ),
        (r#"{ "max": 20 }"#, "scaling::idle"),
        (
            r#"{ "min": 30, "max": 20, "track": { "utilisation": 0.7 } }"#,
            "scaling::bounds",
        ),
        (r#"{ "track": { "utilisation": 0.7 } }"#, "key::missing"),
    ];
    for (scaling, code) in cases {
        assert_eq!(refused(&format!("{table} {scaling}")), [code], "{scaling}");
    }
    assert_eq!(
        refused(
            r#""kind": "dynamodb", "wcu_scaling": { "max": 20, "track": { "utilisation": 0.7 } }"#
        ),
        ["dynamodb::billing"]
    );
    assert_eq!(
        refused(r#""kind": "aurora", "serverless": { "max": 0.7 }"#),
        ["aurora::units"]
    );
    assert_eq!(
        refused(r#""kind": "aurora", "class": "db.r6g.large", "serverless": { "max": 4 }"#),
        ["aurora::serverless"]
    );
}

//! Kinesis: records and bytes of a shard, hot keys, propagation, order.

use super::{about, admitted, counted, exactly, flood, said};
use crate::known::harness::{Run, run};
use kneepoint::model::Outcome;

/// Keys that spread evenly.
const EVEN: &str = r#"{ "uniform": [1, 1000000] }"#;
/// One key for all.
const HOT: &str = r#"{ "uniform": [7, 7] }"#;

#[test]
fn a_shard_admits_1000_records_a_second() {
    let nodes = r#""clicks": { "kind": "kinesis", "put": "1ms" }"#;

    let single = flood(
        nodes,
        "",
        r#"{ "send": "clicks", "bytes": "100B" }"#,
        EVEN,
        2_000,
        5,
    );
    let batches = flood(
        nodes,
        "",
        r#"{ "send": "clicks", "bytes": "100B", "count": 20 }"#,
        EVEN,
        100,
        5,
    );

    about("single", admitted(&single, "clicks"), 1_000.0 * 6.0);
    about(
        "calls of 20",
        admitted(&batches, "clicks"),
        1_000.0 * 6.0 / 20.0,
    );
}

#[test]
fn a_shard_admits_one_megabyte_a_second() {
    let nodes = r#""clicks": { "kind": "kinesis", "put": "1ms" }"#;

    let run = flood(
        nodes,
        "",
        r#"{ "send": "clicks", "bytes": "5kB" }"#,
        EVEN,
        400,
        5,
    );

    about("records of 5 kB", admitted(&run, "clicks"), 1e6 * 6.0 / 5e3);
}

#[test]
fn a_call_that_is_refused_for_its_bytes_pays_no_records() {
    // 20 records a second suffice for 15 small ones and the few large ones that pass.
    let text = r#"{ "nodes": { "clicks": { "kind": "kinesis", "put": "1ms", "shard_records": "20/s" } },
        "flows": { "large": { "at": { "client": [ { "send": "clicks", "bytes": "600kB" } ] } },
                   "small": { "at": { "client": [ { "send": "clicks", "bytes": "10B" } ] } } },
        "load": [ { "flow": "large", "rate": "20/s", "arrivals": "even" },
                  { "flow": "small", "rate": "15/s", "arrivals": "even" } ],
        "run": { "horizon": "30s", "warm_up": "0s", "replications": 1 } }"#;

    let run = run(text);

    let throttled = |flow: &str| run.of_flow(flow, |s| s.tally.of(Outcome::Throttled) as f64)[0];
    // 1 MB at the start and 1 MB/s, less the small ones' 4,500 bytes.
    let passed = (1e6 * 31.0 - 4_500.0) / 600e3;
    assert!(
        (600.0 - throttled("large") - passed).abs() <= 2.0,
        "{}",
        throttled("large")
    );
    assert_eq!(throttled("small") as u64, 0);
}

#[test]
fn a_hot_key_throttles_its_shard_while_the_stream_is_idle() {
    let nodes = r#""clicks": { "kind": "kinesis", "shards": 4, "put": "1ms" }"#;

    let hot = flood(nodes, "", r#"{ "send": "clicks" }"#, HOT, 2_000, 5);
    let even = flood(nodes, "", r#"{ "send": "clicks" }"#, EVEN, 2_000, 5);

    // Records of 1 KiB: the bytes bind, 976.6 a second.
    about("hot", admitted(&hot, "clicks"), 6e6 / 1_024.0);
    assert_eq!(
        counted(&even, "clicks", |s| s.tally.of(Outcome::Throttled)),
        0
    );
}

#[test]
fn records_are_read_after_their_propagation_by_every_consumer() {
    let nodes = r#""clicks": { "kind": "kinesis", "shards": 2, "put": "5ms", "propagation": "70ms" },
                   "a": { "kind": "delay" }, "b": { "kind": "delay", "time": "1ms" }"#;
    let links = r#"{ "from": "clicks", "to": "a", "batch": 1 }, "clicks -> b""#;

    let run = flood(nodes, links, r#"{ "send": "clicks" }"#, EVEN, 50, 10);

    for link in ["clicks->a", "clicks->b"] {
        let count = run.of_link(link, |link| link.lag.count as f64)[0];
        assert!(count >= 495.0, "{link}: {count} of 500 records");
    }
    let lag = run.of_link("clicks->a", |link| {
        link.lag.sum as f64 / link.lag.count as f64
    })[0];
    assert!(
        (lag - 70e6).abs() < 1.0,
        "{lag} ns from the acknowledgement"
    );
    let calls = run.latency_mean_ms("main").value.expect("a mean");
    assert!(
        (calls - 5.0).abs() < 1e-6,
        "the producer does not wait: {calls} ms"
    );
}

#[test]
fn a_batch_that_fails_holds_its_shard() {
    let nodes = r#""clicks": { "kind": "kinesis", "put": "1ms", "propagation": "0s" },
                   "sick": { "kind": "external", "time": "1ms", "failure": 1 }"#;
    let links = r#"{ "from": "clicks", "to": "sick", "batch": 10 }"#;

    let run = flood(nodes, links, r#"{ "send": "clicks" }"#, EVEN, 10, 10);

    // Again and again, 100 ms after each failure; nothing overtakes the first record.
    let tries = counted(&run, "sick", |s| s.tally.of(Outcome::Failed));
    about("tries", tries, 10.0 / 0.101);
    assert_eq!(counted(&run, "sick", |s| s.tally.of(Outcome::Completed)), 0);
}

/// Records that each of three consumers has dealt with, of 900 a second of 1 kB over ten seconds.
fn read_by_three(consumers: &str) -> Run {
    let nodes = format!(
        r#""clicks": {{ "kind": "kinesis", "consumers": "{consumers}", "put": "1ms", "propagation": "0s" }},
           "a": {{ "kind": "delay" }}, "b": {{ "kind": "delay" }}, "c": {{ "kind": "delay" }}"#
    );
    flood(
        &nodes,
        r#""clicks -> a", "clicks -> b", "clicks -> c""#,
        r#"{ "send": "clicks", "bytes": "1kB" }"#,
        EVEN,
        900,
        10,
    )
}

/// Greatest age of what was read [s].
fn oldest(run: &Run, node: &str) -> f64 {
    let ages = &run.recordings[0].nodes[run.node(node)].iterator_age;
    ages.iter().map(|age| age.max).max().unwrap_or(0) as f64 / 1e9
}

#[test]
fn consumers_share_what_a_shard_gives_out_unless_each_has_its_own() {
    let (shared, enhanced) = (read_by_three("shared"), read_by_three("enhanced"));

    // 2.7 MB/s asked for, 2 MB/s given, and as much at once: 7,333 of 9,000 records each.
    let read = |run: &Run| {
        ["a", "b", "c"]
            .map(|node| run.of_link(&format!("clicks->{node}"), |link| link.lag.count as f64)[0])
    };
    let all: f64 = read(&shared).iter().sum();
    let slack = 3.0 * 100.0;
    assert!((all - 22_000.0).abs() <= slack, "{all} records read");
    // What was sent at 22/27 of the time, but for the batch at hand.
    let age = oldest(&shared, "clicks");
    let behind = 10.0 - 22_000.0 / 2_700.0;
    assert!((age - behind).abs() <= 0.2, "{age} s behind, not {behind}");
    for count in read(&enhanced) {
        assert!(count >= 8_999.0, "{count} of 9,000 records");
    }
    assert!(oldest(&enhanced, "clicks") < 0.01);
}

#[test]
fn a_shard_gives_out_like_a_single_server_with_a_fixed_time() {
    // M/D/1 at 0.6: a record is one second of the rate, and waits ρ/(2μ(1−ρ)).
    let text = r#"{ "nodes": { "clicks": { "kind": "kinesis", "shard_reads": "1kB/s", "put": "1ms", "propagation": "0s" }, "a": { "kind": "delay" } },
        "links": [ { "from": "clicks", "to": "a", "batch": 1, "concurrency": 1000 } ],
        "flows": { "main": { "key": { "uniform": [7, 7] }, "at": { "client": [ { "send": "clicks", "bytes": "1kB" } ] } } },
        "load": [ { "rate": "0.6/s" } ],
        "run": { "horizon": "20000s", "warm_up": "1000s", "interval": "1000s", "replications": 20 } }"#;

    let run = run(text);

    let sums = run.of_link("clicks->a", |link| link.lag.sum as f64 / 1e9);
    let counts = run.of_link("clicks->a", |link| link.lag.count as f64);
    let lag = kneepoint::metrics::estimate::ratio(&sums, &counts);
    exactly("kinesis.reads", lag, 0.6 / (2.0 * 0.4));
}

#[test]
fn who_shares_with_more_reads_later() {
    let lag = |consumers: &str, others: &str, links: &str| {
        let nodes = format!(
            r#""clicks": {{ "kind": "kinesis", "consumers": "{consumers}", "put": "1ms" }}, "a": {{ "kind": "delay" }}{others}"#
        );
        let links = format!(r#""clicks -> a"{links}"#);
        let run = flood(&nodes, &links, r#"{ "send": "clicks" }"#, EVEN, 20, 10);
        run.of_link("clicks->a", |link| {
            link.lag.sum as f64 / link.lag.count as f64
        })[0]
    };
    let (other, link) = (r#", "b": { "kind": "delay" }"#, r#", "clicks -> b""#);

    assert!((lag("shared", "", "") - 200e6).abs() < 1.0);
    assert!((lag("shared", other, link) - 400e6).abs() < 1.0);
    assert!((lag("enhanced", other, link) - 70e6).abs() < 1.0);
}

#[test]
fn on_demand_a_stream_begins_with_four_megabytes_a_second_and_one_key_with_one() {
    let nodes = r#""clicks": { "kind": "kinesis", "mode": "on-demand", "put": "1ms" }"#;
    let step = r#"{ "send": "clicks", "bytes": "10kB" }"#;

    let over = flood(nodes, "", step, EVEN, 1_000, 10);
    let hot = flood(nodes, "", step, HOT, 300, 5);

    // 100 records a second of each of four shards, and as many at once; keys spread but
    // not evenly, and no shard sees less than it takes.
    let taken = admitted(&over, "clicks");
    assert!(taken.abs_diff(4_400) <= 6, "all shards: {taken}");
    about("one key", admitted(&hot, "clicks"), 100.0 * 6.0);
}

#[test]
fn on_demand_has_no_shards_to_ask_for() {
    let message = said(r#""kind": "kinesis", "mode": "on-demand", "shards": 2"#);

    assert!(message.contains("`shards` does not apply"), "{message}");
}

#[test]
fn twice_the_shards_take_in_twice_as_much_once_the_change_is_over() {
    let nodes = r#""clicks": { "kind": "kinesis", "put": "1ms", "resharding": [ { "at": "5s", "shards": 2, "takes": "2s" } ] }"#;

    let run = flood(
        nodes,
        "",
        r#"{ "send": "clicks", "bytes": "100B" }"#,
        EVEN,
        2_000,
        12,
    );

    // One shard with a second of its rate at once for 7 s; then two, of which each sees half.
    about(
        "admitted",
        admitted(&run, "clicks"),
        1_000.0 + 7_000.0 + 2_000.0 * 5.0,
    );
}

#[test]
fn half_the_shards_take_in_half_as_much() {
    let nodes = r#""clicks": { "kind": "kinesis", "shards": 2, "put": "1ms", "resharding": [ { "at": "2s", "shards": 1, "takes": "3s" } ] }"#;

    let run = flood(
        nodes,
        "",
        r#"{ "send": "clicks", "bytes": "100B" }"#,
        EVEN,
        2_000,
        10,
    );

    // The one that is new has a second of its rate at once as well.
    about(
        "admitted",
        admitted(&run, "clicks"),
        2_000.0 * 5.0 + 1_000.0 * 6.0,
    );
}

/// Records that are read in ten seconds, 20 a second of some keys, 100 ms each.
fn read_across(key: &str) -> f64 {
    let nodes = r#""clicks": { "kind": "kinesis", "put": "1ms", "propagation": "200ms", "resharding": [ { "at": "5s", "shards": 2, "takes": "0s" } ] },
        "slow": { "kind": "delay", "time": "100ms" }"#;
    let links = r#"{ "from": "clicks", "to": "slow", "batch": 1, "latency": "0s" }"#;
    let run = flood(nodes, links, r#"{ "send": "clicks" }"#, key, 20, 10);
    counted(&run, "slow", |s| s.tally.of(Outcome::Completed)) as f64
}

#[test]
fn a_new_shard_is_read_when_the_old_one_has_been() {
    // One at a time from 0.201 s on: the old shard holds 100, which take until 10.2 s, and
    // nobody reads the new ones before.
    let (one, many) = (read_across(HOT), read_across(EVEN));

    assert!((one - 97.0).abs() <= 1.0, "one key: {one}");
    assert!((many - 97.0).abs() <= 1.0, "many keys: {many}");
}

#[test]
fn what_update_shard_count_refuses_is_refused() {
    let refused = |changes: &str| {
        said(&format!(
            r#""kind": "kinesis", "shards": 5, "resharding": [ {changes} ]"#
        ))
    };

    assert_eq!(refused(r#"{ "at": "1m", "shards": 10 }"#), "");
    assert!(refused(r#"{ "at": "1m", "shards": 11 }"#).contains("at most double"));
    assert!(refused(r#"{ "at": "1m", "shards": 2 }"#).contains("at least half"));
    let soon = r#"{ "at": "1m", "shards": 10 }, { "at": "5m", "shards": 20 }"#;
    assert!(refused(soon).contains("before the change to 10 is over"));
    let often: Vec<String> = (0..11)
        .map(|hour| format!(r#"{{ "at": "{hour}h", "shards": {} }}"#, 5 + hour))
        .collect();
    assert!(refused(&often.join(", ")).contains("more than 10 times"));
    assert!(refused(r#"{ "at": "1m" }"#).contains("needs `shards`"));
}

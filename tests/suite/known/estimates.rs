//! Known answers of the capacity estimate: arithmetic from users and requests, without a run.

use kneepoint::analysis::estimate::{Estimate, estimate};
use kneepoint::compile::compile;
use kneepoint::topology::{LoadRequest, load};

/// Does the arithmetic of a topology.
fn estimated(text: &str) -> Estimate {
    let (topology, _) = load(&LoadRequest::new(text, "case.json")).expect("a topology");
    let model = compile(&topology).expect("it compiles");
    estimate(&topology, &model).expect("calls end")
}

/// Requires a figure to be the known one, within a relative tolerance.
#[track_caller]
fn gives(id: &str, found: f64, expected: f64, relative: f64) {
    println!("known {id:<44} expected {expected:>14.6e} found {found:>14.6e}");
    assert!(
        (found - expected).abs() <= relative * expected.abs(),
        "{id}: expected {expected}, found {found}"
    );
}

#[test]
fn b08_posts_and_timelines() {
    let found = estimated(
        r#"{ "nodes": { "api": { "kind": "station", "servers": "unlimited" },
                        "timelines": { "kind": "station", "servers": "unlimited", "service_time": "1ms" } },
             "links": [ "api -> timelines" ],
             "audience": { "users": "10M", "followers": 75 },
             "flows": { "post": { "enter": "api", "key": "author", "at": { "api": [
               { "fan_out": "home", "batch": 50, "do": [ { "write": "timelines" } ] } ] } } },
             "load": [ { "rate": "400M/day" } ] }"#,
    );

    let home = &found.fan_outs[0];
    gives("B08.posts_per_s", home.posts_per_s, 4_629.629_63, 1e-6);
    let a_day = home.per_s * 86_400.0;
    gives("B08.timeline_inserts_per_day", a_day, 3e10, 1e-6);
    gives(
        "B08.timeline_inserts_per_s",
        home.per_s,
        347_222.222_2,
        1e-6,
    );
    // Two pages a post.
    gives(
        "B08 pages",
        found.visits["timelines"],
        2.0 * 4_629.629_63,
        1e-6,
    );
}

#[test]
fn c01_url_shortener() {
    let found = estimated(
        r#"{ "nodes": { "app": { "kind": "station", "servers": "unlimited" },
                        "hot": { "kind": "cache", "cache": { "entries": "50M" } },
                        "urls": { "kind": "dynamodb", "item": "500B" } },
             "links": [ "app -> hot", "app -> urls" ],
             "flows": {
               "redirect": { "enter": "app", "key": { "zipf": { "exponent": 0.9, "count": "100M" } }, "at": { "app": [
                 { "read": "hot", "on_miss": [ { "read": "urls" }, { "write": "hot", "wait": false } ] } ] } },
               "shorten": { "enter": "app", "at": { "app": [ { "write": "urls" } ] } } },
             "load": [ { "flow": "redirect", "rate": "1B/month" }, { "flow": "shorten", "rate": "100M/month" } ],
             "objectives": [ "hot hit_rate >= 80%" ],
             "estimate": { "keep": "1800d", "codes": { "node": "urls", "alphabet": 62, "length": 7 } } }"#,
    );

    let flow = |name: &str| found.flows.iter().find(|flow| flow.flow == name).unwrap();
    gives("C01.writes", flow("shorten").per_s, 38.580_246_91, 1e-9);
    gives("C01.reads", flow("redirect").per_s, 385.802_469_1, 1e-9);
    let urls = &found.stores[0];
    gives(
        "C01.database_reads_at_80pct_hit",
        urls.reads_per_s,
        77.160_493_83,
        1e-8,
    );
    let month = urls.new_bytes_per_s * 30.0 * 86_400.0 / 1e9;
    gives("C01.storage_per_month", month, 50.0, 1e-9);
    let kept = urls.kept.expect("the file says how long");
    gives("C01.storage_5_years", kept.bytes / 1e12, 3.0, 1e-9);
    gives("C01.records_after_5_years", kept.items, 6e9, 0.0);
    let codes = found.codes.expect("the file has codes");
    gives("C01.code_space", codes.space, 3_521_614_606_208.0, 0.0);
    let used = codes.used.expect("the file says how long") / codes.space;
    gives(
        "C01.share_of_code_space_used",
        used,
        0.001_703_763_947,
        1e-9,
    );
}

#[test]
fn c02_feed() {
    let found = estimated(
        r#"{ "nodes": { "api": { "kind": "station", "servers": "unlimited" },
                        "posts": { "kind": "dynamodb", "item": "500B" } },
             "links": [ "api -> posts" ],
             "flows": { "post": { "enter": "api", "at": { "api": [ { "write": "posts" } ] } },
                        "read": { "enter": "api", "at": { "api": [ { "read": "posts" } ] } } },
             "load": [ { "flow": "post", "rate": "100M/day" },
                       { "flow": "read", "rate": { "users": "50M", "per_user": "10/day" } } ] }"#,
    );

    gives("C02.posts", found.flows[0].per_s, 1_157.407_407, 1e-9);
    gives(
        "C02.timeline_reads",
        found.flows[1].per_s,
        5_787.037_037,
        1e-9,
    );
    let day = found.stores[0].new_bytes_per_s * 86_400.0 / 1e9;
    gives("C02.storage_per_day", day, 50.0, 1e-9);
}

#[test]
fn c03_a_bill_among_users() {
    let found = estimated(
        r#"{ "nodes": { "api": { "kind": "station", "service_time": "1ms" } },
             "load": [ { "rate": "1/s" } ],
             "estimate": { "users": "50M", "costs": {
               "compute": "$2000/month", "fan-out": "$500/month", "table": "$1000/month",
               "cache": "$3000/month", "media": "$500/month", "cdn": "$1000/month" } } }"#,
    );

    let bill = &found.bill;
    gives(
        "C03.total",
        bill.stated_usd.expect("it is stated"),
        8_000.0,
        0.0,
    );
    let user = bill.stated_user_usd.expect("there are users");
    gives("C03.per_user", user, 0.000_16, 1e-9);
}

#[test]
fn c04_calls_of_an_api() {
    let found = estimated(
        r#"{ "nodes": { "api": { "kind": "api-gateway", "type": "rest" }, "back": { "kind": "external" } },
             "links": [ "api -> back" ],
             "load": [ { "rate": "1.1B/month" } ],
             "objectives": [ "api cost < $35/month" ] }"#,
    );

    let lines = found.bill.lines.iter();
    let calls = lines
        .filter(|line| line.item.contains("calls"))
        .map(|line| line.usd)
        .sum();
    gives("C04.monthly", calls, 3_271.1, 1e-9);
    let bought = &found.bill.bought[0];
    gives("C04.calls_bought_by_35_USD", bought.quantity, 1e7, 0.0);
    gives("C04 calls", bought.used, 1.1e9, 1e-9);
}

#[test]
fn c05_timelines_that_are_kept() {
    let found = estimated(
        r#"{ "nodes": { "api": { "kind": "station", "servers": "unlimited" },
                        "timelines": { "kind": "cache", "cache": { "entries": "1M" } } },
             "links": [ "api -> timelines" ],
             "flows": { "read": { "enter": "api", "key": { "uniform": [ 1, 50000000 ] },
                                  "at": { "api": [ { "read": "timelines" } ] } } },
             "load": [ { "rate": { "users": "50M", "per_user": "10/day" } } ],
             "objectives": [ "timelines hit_rate >= 95%" ] }"#,
    );

    let cache = &found.caches[0];
    gives("C05.hit_ratio", cache.most_hit_rate, 0.02, 1e-6);
    let needed = cache.entries_for_asked.expect("an objective asks");
    gives(
        "C05.users_that_must_be_cached_for_95pct",
        needed,
        47_500_000.0,
        0.0,
    );
}

#[test]
fn c06_in_series_and_in_parallel() {
    let serial = estimated(
        r#"{ "nodes": { "a": { "kind": "station", "service_time": "1ms" }, "b": { "kind": "station", "service_time": "1ms" },
                        "c": { "kind": "station", "service_time": "1ms" }, "d": { "kind": "station", "service_time": "1ms" },
                        "e": { "kind": "station", "service_time": "1ms" } },
             "links": [ "a -> b -> c -> d -> e" ], "load": [ { "rate": "1/s" } ],
             "estimate": { "availability": { "a": 0.9999, "b": 0.9999, "c": 0.9999, "d": 0.9999, "e": 0.9999 } } }"#,
    );
    let parallel = estimated(
        r#"{ "nodes": { "a": { "kind": "station", "service_time": "1ms", "copies": 2 } },
             "load": [ { "rate": "1/s" } ], "estimate": { "availability": { "a": 0.999 } } }"#,
    );

    let serial = &serial.availability[0];
    gives("C06.a_serial", serial.share, 0.999_500_1, 1e-7);
    gives(
        "C06.a_minutes_down_per_30_days",
        serial.minutes_down(),
        21.595_680_43,
        1e-8,
    );
    let parallel = parallel.availability[0].share;
    gives("C06.b_parallel", parallel, 0.999_999, 1e-9);
}

#[test]
fn people_at_their_peak_are_billed_at_their_mean() {
    let found = estimated(
        r#"{ "nodes": { "app": { "kind": "delay" }, "db": { "kind": "dynamodb" } },
             "links": [ "app -> db" ],
             "flows": { "main": { "enter": "app", "at": { "app": [ { "write": "db", "bytes": "500B" } ] } } },
             "load": [ { "rate": { "users": "1M", "per_user": "10/day", "peak_to_mean": 3 } } ],
             "estimate": { "keep": "30d" } }"#,
    );

    let flow = &found.flows[0];
    gives("requests a day", flow.per_s * 86_400.0, 1e7, 1e-9);
    gives("at the peak", flow.peak_per_s, 3e7 / 86_400.0, 1e-9);
    let store = &found.stores[0];
    gives("new items a day", store.new_per_s * 86_400.0, 1e7, 1e-9);
    gives(
        "kept bytes",
        store.kept.map_or(0.0, |kept| kept.bytes),
        1.5e11,
        1e-9,
    );
    let writes = found.bill.lines.iter().find(|line| line.node == "db");
    // A write of at most 1 KiB is a unit.
    gives(
        "units a month",
        writes.map_or(0.0, |line| line.quantity),
        3e8,
        1e-9,
    );
    let quota = found
        .quotas
        .iter()
        .find(|one| one.node == "db" && one.used > 0.0);
    let quota = quota.expect("the table has a limit");
    gives(
        "peak over mean of a quota",
        quota.peak / quota.used,
        3.0,
        1e-9,
    );
}

#[test]
fn a_cache_hits_no_more_than_its_entries_allow_whatever_is_asked() {
    // A million of fifty million keys that are asked for alike: one in fifty.
    let found = estimated(
        r#"{ "nodes": { "app": { "kind": "delay" },
                        "hot": { "kind": "elasticache-redis", "cache": { "entries": "1M" } },
                        "db": { "kind": "dynamodb" } },
             "links": [ "app -> hot", "app -> db" ],
             "flows": { "r": { "enter": "app", "key": { "uniform": [1, 50000000] }, "at": { "app": [
               { "read": "hot", "on_miss": [ { "read": "db" }, { "write": "hot" } ] } ] } } },
             "load": [ { "rate": "1k/s" } ],
             "objectives": [ "hot hit_rate > 95%" ] }"#,
    );

    gives("reads of the table", found.visits["db"], 980.0, 1e-9);
    let words = "`hot` hits 2% of its look-ups, which is all that its entries allow";
    assert!(
        found.assumed.iter().any(|one| one == words),
        "{:?}",
        found.assumed
    );
}

#[test]
fn entries_expire_between_look_ups() {
    // A key is asked for every 500 s and lives 300 s from its fill: of 1 + 0.6 look-ups in a
    // cycle 0.6 find it.
    let found = estimated(
        r#"{ "nodes": { "app": { "kind": "delay" }, "near": { "kind": "dax" }, "db": { "kind": "dynamodb" } },
             "links": [ "app -> near -> db" ],
             "flows": { "v": { "enter": "app", "key": { "uniform": [1, 1000000] },
               "at": { "app": [ { "read": "near" } ] } } },
             "load": [ { "rate": "2k/s" } ] }"#,
    );

    gives(
        "reads of the table",
        found.visits["db"],
        2_000.0 / 1.6,
        1e-9,
    );
}

#[test]
fn a_burstable_instance_has_its_baseline_in_the_long_run() {
    let found = estimated(
        r#"{ "nodes": { "app": { "kind": "ec2", "type": "t3.micro", "credit_mode": "standard", "instances": 1, "compute": "10ms" } },
             "load": [ { "rate": "100/s" } ] }"#,
    );

    // Two vCPU, 10 % of each; one is asked for.
    let servers = &found.quotas[0];
    assert_eq!(
        (servers.node.as_str(), servers.name.as_str()),
        ("app", "servers at the baseline")
    );
    gives("servers", servers.limit, 0.2, 1e-9);
    gives("asked for", servers.share(), 5.0, 1e-9);
}

/// What a node pays for something a month, in its unit.
#[track_caller]
fn quantity(found: &Estimate, node: &str, item: &str) -> f64 {
    let mut lines = found.bill.lines.iter();
    let line = lines.find(|line| line.node == node && line.item.starts_with(item));
    line.unwrap_or_else(|| panic!("{node} pays nothing for {item}"))
        .quantity
}

#[test]
fn replies_are_paid_for_behind_what_only_says_where_to_go() {
    let found = estimated(
        r#"{ "nodes": { "dns": { "kind": "route53" }, "edge": { "kind": "cloudfront" }, "static": { "kind": "s3" } },
             "links": [ "dns -> edge -> static" ],
             "flows": { "asset": { "enter": "dns", "reply": "60KiB" } },
             "load": [ { "rate": "100/s" } ] }"#,
    );

    let gib = 100.0 * 60.0 * 1_024.0 * 2_592_000.0 / 1_073_741_824.0;
    gives("data out", quantity(&found, "edge", "data out"), gib, 1e-9);
}

#[test]
fn a_batch_is_the_work_of_one_visit() {
    // Full batches of 100, five a second; 10 ms each, rounded up by half a millisecond.
    let found = estimated(
        r#"{ "nodes": { "app": { "kind": "delay" }, "views": { "kind": "log" },
                        "tally": { "kind": "lambda", "memory": "1769MiB", "compute": "10ms" } },
             "links": [ "app -> views", { "from": "views", "to": "tally", "batch": 100, "window": "10s" } ],
             "flows": { "v": { "enter": "app", "at": { "app": [ { "send": "views" } ] } } },
             "load": [ { "rate": "500/s" } ] }"#,
    );

    gives(
        "requests",
        quantity(&found, "tally", "requests"),
        5.0 * 2_592_000.0,
        1e-9,
    );
    let time = quantity(&found, "tally", "duration") / quantity(&found, "tally", "requests");
    gives("duration of one", time, 0.0105 * 1_769.0 / 1_024.0, 1e-6);
}

#[test]
fn a_proxy_is_paid_for_by_the_processors_behind_it() {
    // Two vCPU of the primary and two of a replica; the standby is not behind it.
    let found = estimated(
        r#"{ "nodes": { "db": { "kind": "rds", "proxy": true, "multi_az": true, "replicas": 1 } },
             "load": [ { "rate": "10/s" } ] }"#,
    );

    gives(
        "vCPU-hours",
        quantity(&found, "db", "proxy"),
        4.0 * 720.0,
        1e-9,
    );
}

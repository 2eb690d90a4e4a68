//! Caches with keys, and what a fixed hit rate does to latency.

use super::harness::{Run, near, run, within};
use kneepoint::metrics::estimate::{self, Estimate};
use kneepoint::metrics::recording::RowSlice;

/// A cache `c` on its own under a key law.
fn cache(parameters: &str, key: &str, rate: u32, horizon: u32, warm_up: u32) -> String {
    format!(
        r#"{{ "nodes": {{ "c": {{ "kind": "cache", "cache": {{ {parameters} }} }} }},
            "flows": {{ "main": {{ "enter": "c", "key": {key} }} }},
            "load": [ {{ "rate": "{rate}/s" }} ],
            "run": {{ "horizon": "{horizon}s", "warm_up": "{warm_up}s" }} }}"#
    )
}

/// Share of a cache's look-ups.
fn share(run: &Run, node: &str, count: impl Fn(&RowSlice) -> u64) -> Estimate {
    let all = run.of_node(node, |slice| {
        (slice.hits + slice.misses + slice.joined) as f64
    });
    estimate::ratio(&run.of_node(node, |slice| count(slice) as f64), &all)
}

#[test]
fn a32_small_caches() {
    let key = r#"{ "weights": [ 1, 0.5, 0.3333333333333333, 0.25, 0.2 ] }"#;
    for (policy, id, expected) in [
        ("lru", "A32.lru_hit_ratio", 0.518_884_563_8),
        ("fifo", "A32.fifo_hit_ratio", 0.503_649_635),
        ("random", "A32.random_replacement_hit_ratio", 0.503_649_635),
    ] {
        let parameters = format!(r#""policy": "{policy}", "entries": 2"#);
        let run = run(&cache(&parameters, key, 1000, 550, 50));

        let found = share(&run, "c", |slice| slice.hits);
        within(id, found, expected, 0.002);
    }
}

#[test]
fn a33_zipf() {
    let key = r#"{ "zipf": { "exponent": 0.8, "count": 10000 } }"#;
    let run = run(&cache(
        r#""policy": "lru", "entries": 1000"#,
        key,
        1000,
        600,
        100,
    ));

    let found = share(&run, "c", |slice| slice.hits);
    within("A33.lru_hit_ratio", found, 0.436_487_125, 0.003);
}

#[test]
fn a34_one_key_that_expires() {
    let key = r#"{ "uniform": [1, 1] }"#;
    let hits = |parameters: &str| {
        let run = run(&cache(parameters, key, 2, 110_000, 10_000));
        share(&run, "c", |slice| slice.hits)
    };

    let kept = hits(r#""policy": "lru", "entries": 10, "ttl": "3s", "renew": "never""#);
    within("A34.a_hit_ratio", kept, 0.857_142_857_1, 0.003);
    let renewed = hits(r#""policy": "lru", "entries": 10, "ttl": "3s", "renew": "hit""#);
    within("A34.b_hit_ratio", renewed, 0.997_521_247_8, 0.001);
}

#[test]
fn a34_requests_join_a_fetch() {
    let text = r#"{ "nodes": {
            "c": { "kind": "cache", "cache": { "policy": "lru", "entries": 10, "ttl": "3s",
                                               "coalesce": true } },
            "origin": { "kind": "delay", "time": "500ms" } },
        "links": [ "c -> origin" ],
        "flows": { "main": { "enter": "c", "key": { "uniform": [1, 1] } } },
        "load": [ { "rate": "2/s" } ],
        "run": { "horizon": "110000s", "warm_up": "10000s" } }"#;
    let run = run(text);

    within(
        "A34.c_immediate_hit_ratio",
        share(&run, "c", |s| s.hits),
        0.75,
        0.003,
    );
    near(
        "A34.c_joined_fraction",
        share(&run, "c", |s| s.joined),
        0.125,
        0.02,
    );
    let calls = estimate::ratio(
        &run.of_node("origin", |slice| slice.tally.arrived as f64),
        &run.of_flow("main", |slice| slice.tally.arrived as f64),
    );
    near("A34.c_origin_calls_per_request", calls, 0.125, 0.02);
}

#[test]
fn a35_keys_that_expire() {
    let text = r#"{ "nodes": {
            "c": { "kind": "cache", "cache": { "policy": "lru", "entries": 1000, "ttl": "60s" } },
            "origin": { "kind": "delay" } },
        "links": [ "c -> origin" ],
        "flows": { "main": { "enter": "c", "key": { "zipf": { "exponent": 1, "count": 1000 } } } },
        "load": [ { "rate": "100/s" } ],
        "run": { "horizon": "2200s", "warm_up": "200s" } }"#;
    let run = run(text);

    within(
        "A35.hit_ratio",
        share(&run, "c", |s| s.hits),
        0.891_856_200_9,
        0.003,
    );
    let rate = run.node_rate("origin", |slice| slice.tally.arrived);
    near("A35.origin_rate", rate, 10.814_379_91, 0.02);
}

#[test]
fn a36_beladys_anomaly() {
    for (id, policy, entries, misses) in [
        ("A36.fifo_3_slots", "fifo", 3, 9),
        ("A36.fifo_4_slots", "fifo", 4, 10),
        ("A36.lru_3_slots", "lru", 3, 10),
        ("A36.lru_4_slots", "lru", 4, 8),
    ] {
        let text = format!(
            r#"{{ "nodes": {{ "c": {{ "kind": "cache",
                    "cache": {{ "policy": "{policy}", "entries": {entries} }} }} }},
                "flows": {{ "main": {{ "enter": "c", "key": {{ "uniform": [1, 5] }} }} }},
                "load": [ {{ "trace": {{
                    "times": [ "1s", "2s", "3s", "4s", "5s", "6s", "7s", "8s", "9s", "10s", "11s", "12s" ],
                    "keys": [ 1, 2, 3, 4, 1, 2, 5, 1, 2, 3, 4, 5 ] }} }} ],
                "run": {{ "horizon": "20s", "replications": 1 }} }}"#
        );
        let run = run(&text);

        let found = run.of_node("c", |slice| slice.misses as f64)[0] as u64;
        assert_eq!(found, misses, "{id}");
    }
}

#[test]
fn a37_cache_aside() {
    let text = r#"{ "nodes": {
            "c": { "kind": "cache", "hit_rate": 0.8, "service_time": "1ms" },
            "db": { "kind": "delay", "time": { "exponential": "10ms" } } },
        "links": [ "c -> db" ],
        "load": [ { "rate": "385.8/s" } ],
        "run": { "horizon": "600s", "warm_up": "0s" } }"#;
    let run = run(text);

    near("A37.mean", run.latency_mean_ms("main"), 3.0, 0.01);
    near("A37.p50", run.latency_ms("main", 0.5), 1.0, 0.01);
    near("A37.p90", run.latency_ms("main", 0.9), 7.931_471_806, 0.02);
    near("A37.p99", run.latency_ms("main", 0.99), 30.957_322_74, 0.02);
    near(
        "A37.p99.9",
        run.latency_ms("main", 0.999),
        53.983_173_67,
        0.03,
    );
    let rate = run.node_rate("db", |slice| slice.tally.arrived);
    near("A37.database_rate_at_385.8_per_s", rate, 77.16, 0.01);
}

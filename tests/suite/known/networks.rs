//! Networks of stations: open, with feedback, and closed.

use super::harness::{ended, near, run};
use kneepoint::model::Outcome;

#[test]
fn a20_tandem() {
    let text = r#"{ "nodes": {
            "a": { "kind": "station", "service_time": { "exponential": "10ms" } },
            "b": { "kind": "station", "service_time": { "exponential": "8ms" } },
            "c": { "kind": "station", "service_time": { "exponential": "12ms" } } },
        "links": [ "a -> b -> c" ],
        "load": [ { "rate": "60/s" } ],
        "run": { "horizon": "9200s", "warm_up": "840s" } }"#;
    let run = run(text);

    near(
        "A20.mean_response",
        run.latency_mean_ms("main"),
        83.241_758_24,
        0.02,
    );
    near(
        "A20.response_p50",
        run.latency_ms("main", 0.5),
        72.204_591_25,
        0.02,
    );
    near(
        "A20.response_p99",
        run.latency_ms("main", 0.99),
        253.327_214_4,
        0.03,
    );
    near(
        "A20.response_p99.9",
        run.latency_ms("main", 0.999),
        352.507_533_2,
        0.05,
    );
}

#[test]
fn a21_feedback() {
    // A station that calls back: every visit must draw anew, or nobody ever leaves.
    let text = r#"{ "nodes": {
            "w": { "kind": "station" }, "a": { "kind": "station" }, "d": { "kind": "station" } },
        "links": [ "w -> a", "w -> d", "a -> w", "a -> d", "d -> w" ],
        "flows": { "main": { "enter": "w", "at": {
            "w": [ { "compute": { "exponential": "12ms" } },
                   { "choose": [ { "weight": 0.8, "do": [ { "call": "a" } ] },
                                 { "weight": 0.2, "do": [ { "call": "d" } ] } ] } ],
            "a": [ { "compute": { "exponential": "8ms" } },
                   { "choose": [ { "weight": 0.25, "do": [ { "call": "w" } ] },
                                 { "weight": 0.25, "do": [ { "call": "d" } ] },
                                 { "weight": 0.5, "do": [] } ] } ],
            "d": [ { "compute": { "exponential": "15ms" } },
                   { "choose": [ { "weight": 0.1, "do": [ { "call": "w" } ] },
                                 { "weight": 0.9, "do": [] } ] } ] } } },
        "load": [ { "rate": "40/s" } ],
        "run": { "horizon": "6600s", "warm_up": "600s" } }"#;
    let run = run(text);

    let rate = |node| run.node_rate(node, |slice| slice.tally.arrived);
    near("A21.throughput_W", rate("w"), 52.631_578_95, 0.01);
    near("A21.throughput_A", rate("a"), 42.105_263_16, 0.01);
    near("A21.throughput_D", rate("d"), 21.052_631_58, 0.01);
    near(
        "A21.mean_in_system",
        run.inside("main"),
        2.683_760_684,
        0.02,
    );
    near(
        "A21.mean_end_to_end_response",
        run.latency_mean_ms("main"),
        67.094_017_09,
        0.02,
    );
}

#[test]
fn a22_closed_interactive_system() {
    for (users, throughput, response) in [
        (1, ("A22.N1_throughput", 0.1), ("A22.N1_response", 6.0)),
        (
            2,
            ("A22.N2_throughput", 0.175_438_596_5),
            ("A22.N2_response", 7.4),
        ),
        (
            5,
            ("A22.N5_throughput", 0.289_751_847_7),
            ("A22.N5_response", 13.256_145_35),
        ),
        (
            10,
            ("A22.N10_throughput", 0.328_193_238_2),
            ("A22.N10_response", 26.469_853_84),
        ),
        (
            20,
            ("A22.N20_throughput", 0.333_246_512_2),
            ("A22.N20_response", 56.015_631_87),
        ),
    ] {
        let text = format!(
            r#"{{ "nodes": {{
                    "cpu": {{ "kind": "station", "service_time": {{ "exponential": "125ms" }} }},
                    "a": {{ "kind": "station", "service_time": {{ "exponential": "300ms" }} }},
                    "b": {{ "kind": "station", "service_time": {{ "exponential": "200ms" }} }} }},
                "flows": {{ "main": {{ "at": {{ "client": [
                    {{ "each": {{ "geometric": {{ "mean": 16 }} }}, "concurrency": 1, "do": [
                        {{ "call": "cpu" }},
                        {{ "choose": [ {{ "weight": 10, "do": [ {{ "call": "a" }} ] }},
                                       {{ "weight": 5, "do": [ {{ "call": "b" }} ] }},
                                       {{ "weight": 1, "do": [] }} ] }} ] }} ] }} }} }},
                "load": [ {{ "clients": {users}, "think": {{ "exponential": "4s" }} }} ],
                "run": {{ "horizon": "{}s", "warm_up": "2000s", "replications": 20 }} }}"#,
            2_000 + if users <= 2 { 60_000 } else { 30_000 }
        );
        let run = run(&text);

        let rate = run.flow_rate("main", |slice| slice.tally.arrived);
        near(throughput.0, rate, throughput.1, 0.015);
        let mean = run.latency_mean_ms("main").scaled(1e-3);
        near(response.0, mean, response.1, 0.015);
        if users == 10 {
            let inside = run.node_average("a", |slice| slice.inside_area);
            near("A22.N10_mean_at_disk_A", inside, 6.450_181_007, 0.02);
        }
    }
}

#[test]
fn a23_machine_repair() {
    let text = r#"{ "nodes": { "q": { "kind": "station", "service_time": { "exponential": "10ms" } } },
        "load": [ { "clients": 12, "think": { "exponential": "90ms" } } ],
        "run": { "horizon": "2200s", "warm_up": "200s" } }"#;
    let run = run(text);

    let rate = run.flow_rate("main", |slice| slice.tally.arrived);
    near("A23.throughput", rate, 91.691_338_85, 0.01);
    near(
        "A23.mean_response",
        run.latency_mean_ms("main"),
        40.873_866_06,
        0.015,
    );
    near(
        "A23.utilisation",
        run.node_average("q", |s| s.busy_area),
        0.916_913_388_5,
        0.01,
    );
}

#[test]
fn a24_ring() {
    let text = r#"{ "nodes": {
            "a": { "kind": "station", "service_time": { "exponential": "10ms" } },
            "b": { "kind": "station", "service_time": { "exponential": "15ms" } },
            "c": { "kind": "station", "service_time": { "exponential": "20ms" } } },
        "flows": { "main": { "at": {
            "client": [ { "call": "a" }, { "call": "b" }, { "call": "c" } ] } } },
        "load": [ { "clients": 5 } ],
        "run": { "horizon": "4400s", "warm_up": "400s" } }"#;
    let run = run(text);

    let rate = run.flow_rate("main", |slice| slice.tally.arrived);
    near("A24.cycle_throughput", rate, 44.521_337_95, 0.01);
    let inside = run.node_average("c", |slice| slice.inside_area);
    near("A24.mean_at_station_3", inside, 2.770_143_351, 0.015);
    let busy = run.node_average("a", |slice| slice.busy_area);
    near("A24.utilisation_station_1", busy, 0.445_213_379_5, 0.01);
}

#[test]
fn a25_engset() {
    // Probes without work see what the sources do not: the share of time that all is busy.
    let text = r#"{ "nodes": { "q": { "kind": "station", "servers": 4, "waiting_limit": 0 } },
        "flows": { "main": { "enter": "q", "at": { "q": [ { "compute": { "exponential": "1s" } } ] } },
                   "probe": { "enter": "q", "at": { "q": [ { "compute": "0s" } ] } } },
        "load": [ { "flow": "main", "clients": 10, "think": { "exponential": "4s" } },
                  { "flow": "probe", "rate": "2/s" } ],
        "run": { "horizon": "66000s", "warm_up": "6000s" } }"#;
    let run = run(text);

    let blocked = |flow| run.flow_share(flow, |slice| slice.tally.of(Outcome::Shed));
    near(
        "A25.time_congestion",
        blocked("probe"),
        0.091_066_782_31,
        0.03,
    );
    near(
        "A25.blocked_fraction_of_requests",
        blocked("main"),
        0.067_379_679_14,
        0.03,
    );
}

#[test]
fn a43_littles_law_and_flow_balance() {
    let text = r#"{ "nodes": {
            "a": { "kind": "station", "servers": 2, "service_time": { "exponential": "15ms" } },
            "b": { "kind": "station", "service_time": { "exponential": "8ms" }, "waiting_limit": 20 } },
        "links": [ "a -> b" ],
        "load": [ { "rate": "100/s" } ],
        "run": { "horizon": "1100s", "warm_up": "100s" } }"#;
    let run = run(text);

    let one = |id: &str, inside: f64, rate: f64, mean_ms: f64| {
        let ratio = inside / (rate * mean_ms / 1e3);
        println!("known {id:<44} expected {:>14.6} found {ratio:>14.6}", 1.0);
        assert!((ratio - 1.0).abs() < 0.005, "{id}: {ratio}");
    };
    for node in ["a", "b"] {
        one(
            "A43.L_over_lambda_W",
            run.node_average(node, |s| s.inside_area).value.unwrap(),
            run.node_rate(node, |s| s.tally.arrived).value.unwrap(),
            run.node_mean_ms(node, |s| &s.sojourn).value.unwrap(),
        );
    }
    one(
        "A43.L_over_lambda_W",
        run.inside("main").value.unwrap(),
        run.flow_rate("main", |s| s.tally.arrived).value.unwrap(),
        run.latency_all_mean_ms("main").value.unwrap(),
    );
    // Whoever arrived is counted under an outcome, to the last request.
    for recording in &run.recordings {
        let slices = recording.flows.iter().flat_map(|flow| &flow.slices);
        let rows = recording.rows.iter().flat_map(|row| &row.slices);
        let tallies = slices.map(|s| s.tally).chain(rows.map(|s| s.tally));
        for tally in tallies {
            assert_eq!(
                tally.inside(),
                0,
                "A43.arrivals_minus_departures_minus_in_system"
            );
        }
    }
}

#[test]
fn a46_redirects() {
    let text = r#"{ "nodes": {
            "gateway": { "kind": "delay", "time": "5ms" },
            "function": { "kind": "delay", "time": { "exponential": "20ms" } },
            "cache": { "kind": "cache", "hit_rate": 0.8, "servers": 1,
                       "service_time": { "exponential": "1ms" } },
            "table": { "kind": "delay", "time": { "exponential": "5ms" } } },
        "links": [ "gateway -> function -> cache -> table" ],
        "load": [ { "rate": "1B/month" } ],
        "run": { "horizon": "1500s", "warm_up": "140s" } }"#;
    let run = run(text);

    near(
        "A46.mean_response",
        run.latency_mean_ms("main"),
        27.628_140_7,
        0.01,
    );
    near(
        "A46.cache_utilisation",
        run.node_average("cache", |s| s.busy_area),
        0.385_8,
        0.01,
    );
    near(
        "A46.table_rate",
        run.node_rate("table", |s| s.tally.arrived),
        77.16,
        0.01,
    );
    // The function is left with the answer from below; its own time is the delay.
    let below = |node| run.node_average(node, |s| s.inside_area).value.unwrap();
    let concurrency = below("function") - below("cache");
    assert!(
        (concurrency / 7.716_04 - 1.0).abs() < 0.01,
        "A46.function_concurrency: {concurrency}"
    );
    near(
        "A46.response_p50",
        run.latency_ms("main", 0.5),
        21.712_581_15,
        0.01,
    );
    near(
        "A46.response_p95",
        run.latency_ms("main", 0.95),
        67.903_523_27,
        0.015,
    );
    near(
        "A46.response_p99",
        run.latency_ms("main", 0.99),
        100.092_416_4,
        0.02,
    );
    near(
        "A46.response_p99.9",
        run.latency_ms("main", 0.999),
        146.144_119_3,
        0.04,
    );
    let served = run.node_rate("cache", |s| ended(s, Outcome::Completed));
    near("A46.arrivals", served, 385.802, 0.01);
}

//! Exact schedules: every instant is known.

use super::harness::{run, run_on};
use kneepoint::units::SimTime;

#[test]
fn a44_two_servers() {
    let text = r#"{ "nodes": { "q": { "kind": "station", "servers": 2,
            "service_time": { "sequence": [ "3s", "1s", "2s", "2s", "1s", "1s" ] } } },
        "load": [ { "trace": { "times": [ "0s", "0s", "0s", "1s", "2s", "2s" ] } } ],
        "run": { "horizon": "10s", "replications": 1, "record": 6 } }"#;
    let run = run(text);

    let left: Vec<u64> = run.recordings[0]
        .requests
        .iter()
        .map(|request| request.left.map_or(0, |at| at.0))
        .collect();
    let seconds = |at: u64| at * 1_000_000_000;
    for (nth, (id, expected)) in [
        ("A44.completion_1", 3),
        ("A44.completion_2", 1),
        ("A44.completion_3", 3),
        ("A44.completion_4", 5),
        ("A44.completion_5", 4),
        ("A44.completion_6", 5),
    ]
    .into_iter()
    .enumerate()
    {
        assert_eq!(left[nth], seconds(expected), "{id}");
    }
    let latency = run.of_flow("main", |slice| slice.latency.sum as f64)[0];
    assert!(
        (latency / 6e9 - 16.0 / 6.0).abs() < 1e-9,
        "A44.mean_response: {latency}"
    );
    let longest = run.of_node("q", |slice| slice.waiting.max as f64)[0];
    assert!(
        (longest / 1e9 - 2.0).abs() < 1e-9,
        "A44.max_wait: {longest}"
    );
}

#[test]
fn b06_coordinated_omission() {
    // 10 000 answers in 1 ms, then what is left of the stall, for another 10 000.
    let stalled: Vec<String> = (0..10_000)
        .map(|n| format!(r#""{}ms""#, 100_000 - 10 * n))
        .collect();
    let quick = vec![r#""1ms""#; 10_000].join(",");
    let text = format!(
        r#"{{ "nodes": {{ "s": {{ "kind": "delay", "time": {{ "sequence": [ {quick}, {} ] }} }} }},
            "load": [ {{ "every": "10ms" }} ],
            "run": {{ "horizon": "200s", "warm_up": "0s", "replications": 1 }} }}"#,
        stalled.join(",")
    );
    let run = run_on(&text, 1);

    let slice = &run.recordings[0].flows[0].slices[0];
    assert_eq!(slice.latency.count, 20_000);
    let mean = slice.latency.sum as f64 / 20_000.0 / 1e9;
    assert!((mean - 25.0).abs() < 0.25, "B06.mean: {mean}");
    let quantile = |p: f64| run.quantile_s("main", p);
    assert!(
        (quantile(0.5) - 0.001).abs() < 0.02,
        "B06.p50: {}",
        quantile(0.5)
    );
    assert!(
        (quantile(0.75) / 50.0 - 1.0).abs() < 0.01,
        "B06.p75: {}",
        quantile(0.75)
    );
    assert!(
        (quantile(0.99) / 98.0 - 1.0).abs() < 0.01,
        "B06.p99: {}",
        quantile(0.99)
    );
    assert!(
        (quantile(0.9999) / 99.98 - 1.0).abs() < 0.002,
        "B06.p99.99: {}",
        quantile(0.9999)
    );
    assert_eq!(SimTime(slice.latency.max).as_seconds(), 100.0, "B06.max");
}

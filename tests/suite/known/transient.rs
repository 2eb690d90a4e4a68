//! The number in a system, bin by bin: at an instant over many short replications, and
//! how often it is great over a few long ones.

use super::harness::{near, prepare};
use kneepoint::engine;
use kneepoint::metrics::estimate;

/// Replications of an ensemble.
const REPLICATIONS: u32 = 34_000;

/// Checks the mean number at node `q` at instants, over replications of a topology
/// whose bins are of `bin_ms`: the instant lies between two of them.
fn at_instants(text: &str, bin_ms: usize, expected: &[(&str, usize, f64)]) {
    let (model, plan, _) = prepare(text);
    let mut numbers = vec![Vec::new(); expected.len()];
    for first in (0..REPLICATIONS).step_by(400) {
        let threads = std::thread::available_parallelism().map_or(1, |n| n.get());
        let range = first..first + 400;
        let recordings =
            engine::run(&model, &plan, range, threads, &engine::Nobody).expect("the run ends");
        for recording in &recordings {
            assert_eq!(recording.bin_ns, bin_ms as u64 * 1_000_000);
            let node = model
                .nodes
                .iter()
                .position(|node| node.name == "q")
                .expect("a node");
            let inside = &recording.nodes[node].inside;
            for (values, (_, at_ms, _)) in numbers.iter_mut().zip(expected) {
                let bin = at_ms / bin_ms;
                let area = inside[bin - 1] + inside[bin];
                values.push(area as f64 / (2 * recording.bin_ns) as f64);
            }
        }
    }
    for (values, (id, _, mean)) in numbers.iter().zip(expected) {
        near(id, estimate::mean(values), *mean, 0.03);
    }
}

#[test]
fn a18_start_up_from_empty() {
    let text = r#"{ "nodes": { "q": { "kind": "station", "service_time": { "exponential": "10ms" } } },
        "load": [ { "rate": "80/s" } ],
        "run": { "horizon": "2002ms", "warm_up": "0s", "interval": "20ms" } }"#;
    let instants = [
        ("A18.mean_in_system_at_20ms", 20, 0.877_583_833_3),
        ("A18.mean_in_system_at_100ms", 100, 2.030_281_564),
        ("A18.mean_in_system_at_500ms", 500, 3.405_038_978),
        ("A18.mean_in_system_at_2000ms", 2000, 3.962_982_277),
    ];

    at_instants(text, 2, &instants);
}

#[test]
fn a19_overload_pulse() {
    let text = r#"{ "nodes": { "q": { "kind": "station", "service_time": { "exponential": "10ms" } } },
        "load": [ { "rate": "50/s", "shape": { "steps": [ ["0s", 3], ["1s", 1] ] } } ],
        "run": { "horizon": "4005ms", "warm_up": "0s", "interval": "50ms" } }"#;
    let instants = [
        ("A19.mean_in_system_at_1500ms", 1500, 27.485_953_88),
        ("A19.mean_in_system_at_2000ms", 2000, 9.249_766_883),
        ("A19.mean_in_system_at_4000ms", 4000, 1.000_427_103),
    ];
    at_instants(text, 5, &instants);

    // The peak is a corner: bins of half a millisecond on both sides of it.
    let text = &text.replace("4005ms", "1005ms").replace("50ms", "10ms");
    at_instants(
        text,
        1,
        &[("A19.mean_in_system_at_1000ms", 1000, 51.999_494_93)],
    );
}

/// Bins of 2 ms, in which the number hardly ever changes more than once.
const BIN_NS: u64 = 2_000_000;

#[test]
fn a17_mmpp_is_often_crowded() {
    // 500 replications of 180 s after 20 s, five million requests. A bin in which the number
    // passes from 9 to 10 or back counts by which of the two lasted longer: no bias.
    let text = r#"{ "nodes": { "q": { "kind": "station", "service_time": { "exponential": "10ms" } } },
        "load": [ { "rate": "60/s", "shape": { "mmpp": [ [1.5, "200ms"], [0.5, "200ms"] ] } } ],
        "run": { "horizon": "200s", "warm_up": "0s", "interval": "20ms" } }"#;
    let (model, plan, _) = prepare(text);
    let node = model.nodes.iter().position(|node| node.name == "q");
    let node = node.expect("a node");
    let threads = std::thread::available_parallelism().map_or(1, |n| n.get());
    let mut shares = Vec::new();
    for first in (0..500).step_by(10) {
        let recordings = engine::run(&model, &plan, first..first + 10, threads, &engine::Nobody)
            .expect("the run ends");
        for recording in &recordings {
            assert_eq!(recording.bin_ns, BIN_NS);
            let bins = &recording.nodes[node].inside[10_000..100_000];
            let crowded = bins.iter().filter(|area| 2 * **area > 19 * BIN_NS).count();
            shares.push(crowded as f64 / bins.len() as f64);
        }
    }

    let found = estimate::mean(&shares);
    near(
        "A17.prob_more_than_9_in_system",
        found,
        0.050_059_094_01,
        0.04,
    );
}

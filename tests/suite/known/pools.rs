//! Pools of execution environments.

use super::harness::{Run, near, run};
use kneepoint::metrics::estimate::{self, Estimate};
use kneepoint::metrics::recording::NodeRecord;

/// Time average of an area of the pool `f` in the measured slice.
fn average(run: &Run, area: impl Fn(&NodeRecord) -> u128) -> Estimate {
    let node = run.node("f");
    let areas: Vec<f64> = run
        .recordings
        .iter()
        .map(|recording| area(&recording.nodes[node]) as f64 / 1e9 / run.measured_s)
        .collect();
    estimate::mean(&areas)
}

#[test]
fn a38_keep_alive() {
    let text = r#"{ "nodes": { "f": { "kind": "pool", "service_time": { "exponential": "1s" },
                                      "keep_alive": "30s", "reuse": "last-used" } },
        "load": [ { "rate": "5/s" } ],
        "run": { "horizon": "55000s", "warm_up": "5000s" } }"#;
    let run = run(text);

    let cold = run.node_share("f", |slice| slice.cold_starts);
    near("A38.cold_start_fraction", cold, 0.008_554_043_596, 0.05);
    let busy = run.node_average("f", |slice| slice.busy_area);
    near("A38.mean_busy_instances", busy, 5.0, 0.01);
    let idle = average(&run, |node| *node.idle_area.last().expect("a slice"));
    near("A38.mean_idle_instances", idle, 6.585_917_958, 0.02);
}

#[test]
fn b02_simfaas() {
    let text = r#"{ "nodes": { "f": { "kind": "pool", "service_time": { "exponential": "1.991s" },
                                      "cold_service_time": { "exponential": "2.244s" },
                                      "keep_alive": "600s", "reuse": "newest" } },
        "load": [ { "rate": "0.9/s" } ],
        "run": { "horizon": "1010000s", "warm_up": "10000s" } }"#;
    let run = run(text);

    let cold = run.node_share("f", |slice| slice.cold_starts);
    near("B02.cold_start_fraction", cold, 0.00135, 0.1);
    let environments = average(&run, |node| *node.environment_area.last().expect("a slice"));
    near("B02.mean_instances", environments, 7.67, 0.03);
    let busy = run.node_average("f", |slice| slice.busy_area);
    near("B02.mean_running", busy, 1.79, 0.01);
    let node = run.node("f");
    let ended = run
        .recordings
        .iter()
        .map(|recording| recording.nodes[node].environments_ended);
    let (counts, lives): (Vec<f64>, Vec<f64>) = ended
        .map(|(count, life)| (count as f64, life as f64 / 1e9))
        .unzip();
    near(
        "B02.mean_instance_life",
        estimate::ratio(&lives, &counts),
        6330.0,
        0.08,
    );
}

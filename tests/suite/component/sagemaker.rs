//! SageMaker: workers of instances, waits that end, accelerators.

use super::{counted, exactly, flood, recovers, said, storm};
use crate::known::harness::run;
use kneepoint::model::Outcome;

/// Keys that spread evenly.
const EVEN: &str = r#"{ "uniform": [1, 1000000] }"#;

#[test]
fn an_instance_has_a_worker_for_each_processor() {
    // M/M/2 with ρ = 0.7: Erlang's C, over cμ − λ.
    let text = r#"{ "nodes": { "model": { "kind": "sagemaker", "instances": 1, "overhead": "0s", "model": { "exponential": "10ms" } } },
        "load": [ { "rate": "140/s" } ],
        "run": { "horizon": "150s", "warm_up": "10s", "interval": "10s", "replications": 20 } }"#;
    let (a, c) = (1.4_f64, 2.0);
    let b = (1..=2).fold(1.0, |b, k| a * b / (f64::from(k) + a * b));
    let waits = b / (1.0 - a / c * (1.0 - b));

    let run = run(text);

    let wait_ms = waits / (200.0 - 140.0) * 1e3;
    exactly(
        "sagemaker wait [ms]",
        run.node_mean_ms("model", |s| &s.waiting),
        wait_ms,
    );
}

#[test]
fn who_waits_too_long_is_given_up_and_a_backlog_goes() {
    let nodes = r#""model": { "kind": "sagemaker", "instances": 1, "workers": 1, "overhead": "0s", "model": "10ms", "timeout": "500ms" }"#;

    let run = storm(nodes, "", r#"{ "call": "model" }"#, 400, 90);

    recovers(&run, Outcome::TimedOut);
    assert_eq!(
        counted(&run, "model", |s| s.tally.of(Outcome::Throttled)),
        0
    );
}

#[test]
fn capacity_is_instances_times_workers() {
    let done = |parameters: &str| {
        let nodes = format!(
            r#""model": {{ "kind": "sagemaker", "overhead": "0s", "model": "10ms", "timeout": "100ms", {parameters} }}"#
        );
        let run = flood(&nodes, "", r#"{ "call": "model" }"#, EVEN, 2_000, 10);
        counted(&run, "model", |s| s.tally.of(Outcome::Completed))
    };

    // 100/s each, and a tenth of a second of waiting.
    let eight = done(r#""instances": 2, "type": "ml.m5.xlarge""#);
    let one_each = done(r#""instances": 2, "type": "ml.g5.xlarge", "workers": 1"#);

    assert!(eight.abs_diff(8_000 + 80) <= 16, "{eight}");
    assert!(one_each.abs_diff(2_000 + 20) <= 4, "{one_each}");
    assert!(said(r#""kind": "sagemaker", "type": "m5.large""#).contains("ml.m5.large"));
}

#[test]
fn a_serverless_endpoint_begins_cold_and_throttles_above_its_concurrency() {
    let nodes = r#""model": { "kind": "sagemaker", "mode": "serverless", "concurrency": 10, "overhead": "0s", "cold_start": "4s", "model": "50ms" }"#;

    let run = flood(nodes, "", r#"{ "call": "model" }"#, EVEN, 100, 20);

    // Ten find an environment, which are ready after 4.05 s; then 5 of 10 are in use.
    let throttled = counted(&run, "model", |s| s.tally.of(Outcome::Throttled));
    assert!(throttled.abs_diff(400 - 5) <= 6, "{throttled}");
    let slowest = run.of_flow("main", |s| s.latency.max as f64 / 1e6)[0];
    assert!((slowest - 4_050.0).abs() < 1e-6, "{slowest} ms");
    assert_eq!(counted(&run, "model", |s| s.cold_starts), 10);
}

#[test]
fn a_serverless_endpoint_is_warm_after_the_storm() {
    let nodes = r#""model": { "kind": "sagemaker", "mode": "serverless", "concurrency": 20, "overhead": "0s", "cold_start": "1s", "model": "50ms" }"#;

    let run = storm(nodes, "", r#"{ "call": "model" }"#, 500, 300);

    recovers(&run, Outcome::Throttled);
}

#[test]
fn parameters_of_the_other_endpoint_are_refused() {
    let message = said(r#""kind": "sagemaker", "mode": "serverless", "instances": 3"#);

    assert!(message.contains("only a real-time endpoint"), "{message}");
}

//! Lambda@Edge: the region's concurrency and rate, cold starts, memory.

use super::{about, admitted, counted, flood, recovers};
use crate::known::harness::run;
use kneepoint::model::Outcome;

/// Keys that spread evenly.
const EVEN: &str = r#"{ "uniform": [1, 1000000] }"#;
/// A function without chance: nothing but its handler takes time.
const PLAIN: &str =
    r#""kind": "lambda-at-edge", "memory": "1769MiB", "overhead": "0s", "cold_start": "0s""#;

/// A function beside a regional one that shares the region's concurrency of ten.
fn beside(edge: u32, regional: u32) -> crate::known::harness::Run {
    run(&format!(
        r#"{{ "nodes": {{ "edge": {{ {PLAIN}, "compute": "1s" }},
                          "api": {{ "kind": "lambda", "memory": "1769MiB", "overhead": "0s", "placement": "0s", "init": "0s", "compute": "1s" }} }},
            "account": {{ "lambda_concurrency": 10 }},
            "flows": {{ "x": {{ "enter": "edge" }}, "y": {{ "enter": "api" }} }},
            "load": [ {{ "flow": "x", "rate": "{edge}/s", "arrivals": "even" }}, {{ "flow": "y", "rate": "{regional}/s", "arrivals": "even" }} ],
            "run": {{ "horizon": "10s", "warm_up": "0s", "replications": 1 }} }}"#
    ))
}

#[test]
fn functions_of_a_region_share_its_concurrency() {
    let run = beside(30, 30);

    // Ten at once, each for a second.
    let together = admitted(&run, "edge") + admitted(&run, "api");
    assert!(together.abs_diff(100) <= 2, "{together}");
}

#[test]
fn a_short_function_meets_ten_requests_a_second_for_each_unit_of_concurrency() {
    let text = format!(
        r#"{{ "nodes": {{ "edge": {{ {PLAIN}, "compute": "1ms" }} }}, "account": {{ "lambda_concurrency": 20 }},
            "load": [ {{ "rate": "500/s", "arrivals": "even", "stop": "10s" }} ],
            "run": {{ "horizon": "10s", "warm_up": "0s", "replications": 1 }} }}"#
    );

    let run = run(&text);

    about("admitted", admitted(&run, "edge"), 200.0 * 11.0);
}

#[test]
fn a_cold_start_comes_once_and_memory_shares_the_processor() {
    let nodes = r#""edge": { "kind": "lambda-at-edge", "memory": "128MiB", "overhead": "10ms", "cold_start": "260ms", "compute": "1ms" }"#;

    let run = flood(nodes, "", r#"{ "call": "edge" }"#, EVEN, 1, 10);

    assert_eq!(counted(&run, "edge", |s| s.cold_starts), 1);
    let sum_ms = run.of_node("edge", |s| s.sojourn.sum as f64 / 1e6)[0];
    let expected = 260.0 + 10.0 * (10.0 + 1769.0 / 128.0);
    assert!(
        (sum_ms - expected).abs() < 1e-3,
        "{sum_ms} ms, expected {expected} ms"
    );
}

#[test]
fn refusals_end_with_the_storm() {
    let text = format!(
        r#"{{ "nodes": {{ "edge": {{ {PLAIN}, "compute": "100ms" }} }}, "account": {{ "lambda_concurrency": 10 }},
            "flows": {{ "storm": {{ "enter": "edge" }}, "calm": {{ "enter": "edge" }} }},
            "load": [ {{ "flow": "storm", "rate": "500/s", "arrivals": "even", "stop": "2s" }}, {{ "flow": "calm", "rate": "90/s", "arrivals": "even", "start": "6s" }} ],
            "run": {{ "horizon": "10s", "warm_up": "0s", "replications": 1 }} }}"#
    );

    recovers(&run(&text), Outcome::Throttled);
}

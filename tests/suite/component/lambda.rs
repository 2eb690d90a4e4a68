//! Lambda: concurrency, rate, starts, cold starts, the share of a processor, consumers.

use super::{about, admitted, counted, flood};
use crate::known::harness::{run, within};
use kneepoint::model::Outcome;

/// Keys that spread evenly.
const EVEN: &str = r#"{ "uniform": [1, 1000000] }"#;
/// A function without chance: nothing but its handler takes time.
const PLAIN: &str =
    r#""kind": "lambda", "memory": "1769MiB", "overhead": "0s", "placement": "0s", "init": "0s""#;

#[test]
fn functions_share_the_concurrency_of_the_account() {
    // M/G/c/c with 12 erlangs on 10 places: what two functions lose is Erlang's B.
    let text = format!(
        r#"{{ "nodes": {{ "a": {{ {PLAIN}, "compute": {{ "gamma": {{ "mean": "100ms", "cv": 0.5 }} }} }}, "b": {{ {PLAIN}, "compute": {{ "exponential": "100ms" }} }} }},
        "account": {{ "lambda_concurrency": 10, "api_gateway_rate": "10k/s" }},
        "flows": {{ "x": {{ "enter": "a" }}, "y": {{ "enter": "b" }} }},
        "load": [ {{ "flow": "x", "rate": "30/s" }}, {{ "flow": "y", "rate": "30/s" }} ],
        "run": {{ "horizon": "400s", "warm_up": "10s", "replications": 20 }} }}"#
    );
    let erlang_b = (1..=10).fold(1.0, |b, k| 6.0 * b / (f64::from(k) + 6.0 * b));

    let run = run(&text);

    // 20 replications: the 99.9 % interval is 3.883 / 2.093 times that of 95 %.
    for node in ["a", "b"] {
        let mut lost = run.node_share(node, |s| s.tally.of(Outcome::Throttled));
        lost.half_width = lost.half_width.map(|half| half * 3.883 / 2.093);
        within(node, lost, erlang_b, lost.half_width.expect("an interval"));
    }
}

#[test]
fn reserved_concurrency_bounds_a_function_and_nothing_waits() {
    let nodes = format!(r#""f": {{ {PLAIN}, "compute": "1s", "reserved_concurrency": 5 }}"#);

    let run = flood(&nodes, "", r#"{ "call": "f" }"#, EVEN, 100, 10);

    // Five at once, each for a second; the last five end after the load.
    about("admitted", admitted(&run, "f"), 50.0);
    assert_eq!(counted(&run, "f", |s| s.waited), 0);
}

#[test]
fn a_short_function_meets_ten_requests_a_second_for_each_unit_of_concurrency() {
    let nodes = format!(r#""f": {{ {PLAIN}, "compute": "1ms", "reserved_concurrency": 20 }}"#);

    let run = flood(&nodes, "", r#"{ "call": "f" }"#, EVEN, 500, 10);

    about("admitted", admitted(&run, "f"), 200.0 * 11.0);
}

#[test]
fn new_environments_start_at_a_limited_rate() {
    // 3,000 at once, each for 10 s: 1,000 start at once, then 100 more each second.
    let text = format!(
        r#"{{ "nodes": {{ "f": {{ {PLAIN}, "compute": "10s" }} }}, "account": {{ "lambda_concurrency": 5000 }},
        "load": [ {{ "every": "1h", "batch": 3000 }}, {{ "name": "more", "rate": "1k/s", "arrivals": "even", "stop": "5s" }} ],
        "run": {{ "horizon": "30s", "warm_up": "0s", "replications": 1 }} }}"#
    );

    let run = run(&text);

    about(
        "cold starts",
        counted(&run, "f", |s| s.cold_starts),
        1_500.0,
    );
    about("admitted", admitted(&run, "f"), 1_500.0);
}

#[test]
fn a_cold_start_takes_what_the_runtime_takes_and_memory_shares_the_processor() {
    let sojourn = |parameters: &str| {
        let nodes = format!(
            r#""f": {{ "kind": "lambda", "overhead": "0s", "placement": "100ms", "compute": "10ms", {parameters} }}"#
        );
        let run = flood(&nodes, "", r#"{ "call": "f" }"#, EVEN, 1, 2);
        assert_eq!(
            counted(&run, "f", |s| s.cold_starts),
            u64::from(!parameters.contains("provisioned"))
        );
        run.of_node("f", |s| s.sojourn.sum as f64 / 1e6)[0]
    };

    let full = sojourn(r#""memory": "1769MiB", "init": "50ms""#);
    let half = sojourn(r#""memory": "884MiB", "init": "50ms""#);
    let ready = sojourn(r#""memory": "1769MiB", "init": "50ms", "provisioned_concurrency": 1"#);

    assert!((full - 170.0).abs() < 1e-6, "one cold and one warm: {full}");
    assert!(
        (half - 150.0 - 20.0 * 1769.0 / 884.0).abs() < 1e-3,
        "{half}"
    );
    assert!((ready - 20.0).abs() < 1e-6, "{ready}");
}

#[test]
fn a_queue_hands_over_no_more_than_the_link_allows() {
    let nodes = format!(
        r#""jobs": {{ "kind": "sqs", "send": "0s", "lag": "0s", "duplicates": 0 }}, "f": {{ {PLAIN}, "compute": "1s" }}"#
    );
    let links = r#"{ "from": "jobs", "to": "f", "batch": 1, "concurrency": 4, "latency": "0s" }"#;

    let run = flood(&nodes, links, r#"{ "send": "jobs" }"#, EVEN, 10, 10);

    assert_eq!(counted(&run, "f", |s| s.tally.of(Outcome::Throttled)), 0);
    let most = run.recordings[0].nodes[run.node("f")]
        .inside
        .iter()
        .max()
        .copied();
    // Areas per bin of 10 ms: four inside throughout.
    assert_eq!(most, Some(4 * 10_000_000));
}

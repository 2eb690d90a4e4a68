//! X-Ray: who is sampled, what that takes, segments that the account has no tokens for.

use super::{about, admitted, counted, exactly, flood, recovers};
use crate::known::harness::run;
use kneepoint::model::Outcome;

/// Keys that spread evenly.
const EVEN: &str = r#"{ "uniform": [1, 1000000] }"#;

/// Sampled traces a second of Poisson requests, as their times tell them apart: 1 s if
/// sampled, nothing if not.
fn sampled(parameters: &str, per_s: f64) -> kneepoint::metrics::estimate::Estimate {
    let text = format!(
        r#"{{ "nodes": {{ "traces": {{ "kind": "x-ray", "sampled": "1s", "unsampled": "0s"{parameters} }} }},
            "flows": {{ "main": {{ "at": {{ "client": [ {{ "write": "traces" }} ] }} }} }},
            "load": [ {{ "rate": "{per_s}/s" }} ],
            "run": {{ "horizon": "1010s", "warm_up": "10s", "replications": 20 }} }}"#
    );
    let run = run(&text);
    let values = run.of_flow("main", |s| s.latency.sum as f64 / 1e9 / run.measured_s);
    kneepoint::metrics::estimate::mean(&values)
}

#[test]
fn a_reservoir_of_one_and_a_share_of_the_rest_are_sampled() {
    // Of N Poisson requests in a second: E min(N, 1) = 1 − e^−λ, and 5 % of the others.
    for per_s in [0.5, 3.0, 40.0_f64] {
        let first = 1.0 - f64::exp(-per_s);
        let expected = first + 0.05 * (per_s - first);

        exactly("x-ray.sampled", sampled("", per_s), expected);
    }
}

#[test]
fn all_are_sampled_if_the_share_is_one() {
    exactly("x-ray.all", sampled(r#", "rate": 1"#, 20.0), 20.0);
}

#[test]
fn segments_beyond_the_account_are_lost_and_their_callers_go_on() {
    let nodes = r#""traces": { "kind": "x-ray", "rate": 1, "sampled": "1ms" }"#;

    // 5 segments each: 520 traces a second, and as many at the start.
    let refused = flood(
        nodes,
        "",
        r#"{ "write": "traces", "count": 5 }"#,
        EVEN,
        1_000,
        10,
    );
    let ignored = flood(
        nodes,
        "",
        r#"{ "write": "traces", "count": 5, "on_error": [] }"#,
        EVEN,
        1_000,
        10,
    );

    about("traces", admitted(&refused, "traces"), 520.0 * 11.0);
    assert_eq!(
        admitted(&ignored, "traces"),
        admitted(&refused, "traces"),
        "the loss is the same"
    );
    let bad = ignored.of_flow("main", |s| s.tally.of(Outcome::Throttled) as f64)[0];
    assert_eq!(bad, 0.0, "and the callers go on");
}

#[test]
fn losses_end_with_the_storm() {
    let text = r#"{ "nodes": { "traces": { "kind": "x-ray", "rate": 1 } },
        "flows": { "storm": { "at": { "client": [ { "write": "traces", "count": 10 } ] } }, "calm": { "at": { "client": [ { "write": "traces", "count": 10 } ] } } },
        "load": [ { "flow": "storm", "rate": "1000/s", "arrivals": "even", "stop": "2s" }, { "flow": "calm", "rate": "250/s", "arrivals": "even", "start": "6s" } ],
        "run": { "horizon": "10s", "warm_up": "0s", "replications": 1 } }"#;

    recovers(&run(text), Outcome::Throttled);
}

#[test]
fn unsampled_requests_take_no_segments() {
    // 5 % of 20,000 requests of two segments: 2,000 of 2,600 segments a second.
    let nodes = r#""traces": { "kind": "x-ray" }"#;

    let run = flood(
        nodes,
        "",
        r#"{ "write": "traces", "count": 2 }"#,
        EVEN,
        20_000,
        3,
    );

    assert_eq!(
        counted(&run, "traces", |s| s.tally.of(Outcome::Throttled)),
        0
    );
}

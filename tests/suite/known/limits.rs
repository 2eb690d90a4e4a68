//! Token buckets.

use super::harness::{ended, near, run};
use kneepoint::metrics::estimate::Estimate;
use kneepoint::model::Outcome;

#[test]
fn a30_admission() {
    let text = r#"{ "nodes": { "limit": { "kind": "limiter", "rate": "100/s", "burst": 10 } },
        "load": [ { "rate": "120/s" } ],
        "run": { "horizon": "4400s", "warm_up": "400s" } }"#;
    let run = run(text);

    let refused = run.node_share("limit", |s| ended(s, Outcome::Throttled));
    near("A30.reject_fraction", refused, 0.170_910_768_5, 0.02);
    let rate = run.node_rate("limit", |s| ended(s, Outcome::Completed));
    near("A30.accepted_rate", rate, 99.490_707_78, 0.01);
}

#[test]
fn a31_burst() {
    let text = r#"{ "nodes": { "limit": { "kind": "limiter", "rate": "100/s", "burst": 30000 } },
        "load": [ { "every": "2500us" } ],
        "run": { "horizon": "200s", "warm_up": "0s", "interval": "10s", "replications": 1 } }"#;
    let run = run(text);
    let exact = |value| Estimate {
        value: Some(value),
        half_width: None,
        why: None,
    };

    let first = run.recordings[0].nodes[run.node("limit")]
        .first_throttled
        .expect("a refusal");
    near(
        "A31.first_rejection_time",
        exact(first.as_seconds()),
        100.0,
        0.005,
    );
    let accepted = run.of_node("limit", |s| ended(s, Outcome::Completed) as f64)[0];
    near(
        "A31.accepted_in_first_200s",
        exact(accepted),
        50_000.0,
        0.003,
    );
    // Bins of 1 s: the last 90 of them.
    let late: u64 = run.recordings[0].flows[0].completed[110..200].iter().sum();
    let rate = exact(late as f64 / 90.0);
    near("A31.steady_accept_rate_after_exhaustion", rate, 100.0, 0.01);
}

//! CodeBuild: builds at once, those that wait, those that are refused, and those that fail.

use super::{exactly, said};
use crate::known::harness::run;
use crate::support::billed;
use kneepoint::cost::Asked;
use kneepoint::model::Outcome;

#[test]
fn five_wait_for_each_that_builds_and_the_others_are_throttled() {
    // One a second; two at once of 9.9 s each begin at 0.5 s and 1.5 s, 10.4 s and 11.4 s, and so on: 12 have
    // begun when the last comes at 59.5 s, and ten wait.
    let text = r#"{ "nodes": { "ci": { "kind": "codebuild", "concurrency": 2, "provisioning": "4.9s", "build": "5s" } },
        "flows": { "main": { "at": { "client": [ { "call": "ci" } ] } } },
        "load": [ { "every": "1s", "start": "500ms", "stop": "60s" } ],
        "run": { "horizon": "300s", "warm_up": "0s", "replications": 1 } }"#;
    let run = run(text);

    let of = |outcome| run.of_node("ci", |slice| slice.tally.of(outcome) as f64)[0];
    assert_eq!(
        (of(Outcome::Throttled), of(Outcome::Completed)),
        (38.0, 22.0)
    );
}

#[test]
fn who_waits_too_long_is_given_up() {
    // The second waits 10 s for the first, and gives up after 4 s.
    let text = r#"{ "nodes": { "ci": { "kind": "codebuild", "concurrency": 1, "queued_timeout": "4s",
            "provisioning": "0s", "build": "10s" } },
        "flows": { "main": { "at": { "client": [ { "call": "ci" } ] } } },
        "load": [ { "every": "1000s", "batch": 2 } ],
        "run": { "horizon": "100s", "warm_up": "0s", "replications": 1 } }"#;
    let run = run(text);

    let of = |outcome| run.of_node("ci", |slice| slice.tally.of(outcome) as f64)[0];
    assert_eq!((of(Outcome::TimedOut), of(Outcome::Completed)), (1.0, 1.0));
}

/// Probabilities of n inside, of three servers and fifteen places at λ = 2.4, μ = 1 a minute.
fn probabilities() -> Vec<f64> {
    let mut weights = vec![1.0];
    for n in 1..=18 {
        weights.push(weights[n - 1] * 2.4 / n.min(3) as f64);
    }
    let sum: f64 = weights.iter().sum();
    weights.iter().map(|weight| weight / sum).collect()
}

#[test]
fn builds_wait_as_at_a_station_of_many_servers() {
    // M/M/3/18: Lq = Σ (n − 3) pₙ, and a share p₁₈ is refused.
    let text = r#"{ "nodes": { "ci": { "kind": "codebuild", "concurrency": 3, "provisioning": "0s",
            "build": { "exponential": "60s" } } },
        "flows": { "main": { "at": { "client": [ { "call": "ci" } ] } } },
        "load": [ { "rate": "2.4/min" } ],
        "run": { "horizon": "200h", "warm_up": "10h", "replications": 20 } }"#;
    let run = run(text);

    let exact = probabilities();
    let line: f64 = (4..=18).map(|n| (n - 3) as f64 * exact[n]).sum();
    exactly(
        "line",
        run.node_average("ci", |slice| slice.waiting_area),
        line,
    );
    let refused = run.node_share("ci", |slice| slice.tally.of(Outcome::Throttled));
    exactly("refused", refused, exact[18]);
}

#[test]
fn a_share_of_the_builds_fails_and_minutes_are_paid() {
    let text = r#"{ "nodes": { "ci": { "kind": "codebuild", "concurrency": 100, "provisioning": "60s", "build": "2m",
            "failure": 1 } },
        "flows": { "main": { "at": { "client": [ { "call": "ci" } ] } } },
        "load": [ { "rate": "1/min", "arrivals": "even" } ],
        "run": { "horizon": "100m", "warm_up": "0s", "replications": 1 } }"#;

    let report = billed(text, &[], Asked::default());

    let node = &report.nodes["ci"];
    assert_eq!((node.failed, node.completed), (node.arrived, 0));
    // Three whole minutes: 43,200 builds a month.
    let usd = 43_200.0 * 3.0 * 0.005;
    let found = report.cost.lines[0].usd;
    assert!((found / usd - 1.0).abs() < 1e-5, "{found} of {usd}");
    assert!(said(r#""kind": "codebuild", "concurrency": 0"#).contains("concurrency"));
}

//! CodePipeline: executions that supersede each other, that queue, that run beside each other.

use super::{exactly, said};
use crate::known::harness::{Run, run, run_on};
use crate::support::billed;
use kneepoint::cost::Asked;
use kneepoint::model::Outcome;

/// A pipeline of stages with exponential times [s], at so many changes a minute.
fn pipeline(parameters: &str, stages: &[f64], per_minute: f64) -> Run {
    let stages: Vec<String> = stages
        .iter()
        .map(|mean| format!(r#"{{ "compute": {{ "exponential": "{mean}s" }} }}"#))
        .collect();
    run(&format!(
        r#"{{ "nodes": {{ "it": {{ "kind": "codepipeline", "start": "0s", "transition": "0s", {parameters} }} }},
            "flows": {{ "main": {{ "at": {{ "it": [ {} ] }} }} }},
            "load": [ {{ "rate": "{per_minute}/min" }} ],
            "run": {{ "horizon": "110h", "warm_up": "10h", "replications": 20 }} }}"#,
        stages.join(", ")
    ))
}

#[test]
fn a_newer_change_takes_the_place_of_the_one_that_waits() {
    // How many are inside is as at M/M/1 with one place to wait, whoever of two goes: with ρ = 3/4
    // p₂ = ρ² / (1 + ρ + ρ²) is the share that is superseded, and the mean line.
    let run = pipeline(r#""mode": "superseded""#, &[60.0], 0.75);

    let rho = 0.75;
    let full = rho * rho / (1.0 + rho + rho * rho);
    let superseded = run.node_share("it", |slice| slice.tally.of(Outcome::Shed));
    exactly("codepipeline.superseded", superseded, full);
    let line = run.node_average("it", |slice| slice.waiting_area);
    exactly("codepipeline.line", line, full);
}

#[test]
fn stages_of_a_queueing_pipeline_are_a_tandem() {
    // M/M/1 → M/M/1: 1 / (μ₁ − λ) + 1 / (μ₂ − λ), of 1, 2 and 0.5 a minute.
    let run = pipeline(
        r#""mode": "queued", "executions": 10000"#,
        &[60.0, 30.0],
        0.5,
    );

    let minutes = 1.0 / (1.0 - 0.5) + 1.0 / (2.0 - 0.5);
    let found = run.node_mean_ms("it", |slice| &slice.sojourn);
    exactly("codepipeline.queued", found, minutes * 60e3);
}

#[test]
fn beyond_its_executions_a_parallel_pipeline_throttles() {
    // M/G/3/3: Erlang's B of three minutes at 0.5 a minute, by two stages of half of that each.
    let run = pipeline(r#""mode": "parallel", "executions": 3"#, &[90.0, 90.0], 0.5);

    let offered = 1.5;
    let blocked = (1..=3).fold(1.0, |b, k| offered * b / (k as f64 + offered * b));
    let found = run.node_share("it", |slice| slice.tally.of(Outcome::Throttled));
    exactly("codepipeline.parallel", found, blocked);
}

/// Changes at 0 s, 10 s and 20 s into a pipeline that calls a build of 60 s and then a test of 30 s.
fn three_changes(parameters: &str, failure: f64) -> Run {
    let text = format!(
        r#"{{ "nodes": {{ "it": {{ "kind": "codepipeline", "start": "1s", "transition": "2s", {parameters} }},
                "build": {{ "kind": "codebuild", "provisioning": "10s", "build": "50s", "failure": {failure} }},
                "test": {{ "kind": "codebuild", "provisioning": "10s", "build": "20s" }} }},
            "links": [ {{ "from": "it", "to": "build", "latency": "0s" }}, {{ "from": "it", "to": "test", "latency": "0s" }} ],
            "load": [ {{ "trace": {{ "times": [ "0s", "10s", "20s" ] }} }} ],
            "run": {{ "horizon": "10m", "replications": 1, "record": 3 }} }}"#
    );
    run_on(&text, 1)
}

/// When each of the changes left [s], and how.
fn left(run: &Run) -> Vec<(f64, Outcome)> {
    let requests = run.recordings[0].requests.iter();
    let ended = requests.map(|one| {
        let left = one.left.expect("it left").as_seconds();
        (left, one.outcome.expect("an outcome"))
    });
    ended.collect()
}

#[test]
fn links_in_order_are_stages() {
    use Outcome::{Completed, Shed};

    // The first: 1 + 2 + 60 + 2 + 30. The second waits for the build from 13 s on, and is superseded at
    // 23 s by the third, which builds from 63 s to 123 s.
    let superseded = three_changes(r#""mode": "superseded""#, 0.0);
    let expected = [(95.0, Completed), (23.0, Shed), (155.0, Completed)];
    assert_eq!(left(&superseded), expected);
    // The third builds from 123 s to 183 s.
    let queued = three_changes(r#""mode": "queued""#, 0.0);
    let expected = [(95.0, Completed), (155.0, Completed), (215.0, Completed)];
    assert_eq!(left(&queued), expected);
    let parallel = three_changes(r#""mode": "parallel""#, 0.0);
    let expected = [(95.0, Completed), (105.0, Completed), (115.0, Completed)];
    assert_eq!(left(&parallel), expected);
}

#[test]
fn a_stage_that_fails_ends_the_execution_and_is_free_again() {
    use Outcome::Failed;

    let queued = three_changes(r#""mode": "queued""#, 1.0);

    let expected = [(63.0, Failed), (123.0, Failed), (183.0, Failed)];
    assert_eq!(left(&queued), expected);
}

#[test]
fn minutes_are_paid_or_months() {
    let month = |parameters: &str| {
        let text = format!(
            r#"{{ "nodes": {{ "it": {{ "kind": "codepipeline", {parameters} }} }},
                "flows": {{ "main": {{ "at": {{ "it": [ {{ "compute": "1s" }} ] }} }} }},
                "load": [ {{ "rate": "1/min", "arrivals": "even" }} ],
                "run": {{ "horizon": "100m", "warm_up": "0s", "replications": 1 }} }}"#
        );
        billed(&text, &[], Asked::default()).cost.lines[0].usd
    };

    // 43,200 executions a month.
    let minutes = month(r#""mode": "parallel", "action_minutes": 4"#);
    assert!(
        (minutes / (43_200.0 * 4.0 * 0.002) - 1.0).abs() < 1e-5,
        "{minutes}"
    );
    assert!((month(r#""type": "v1""#) - 1.0).abs() < 1e-12);
    let found = said(r#""kind": "codepipeline", "type": "v1", "mode": "queued""#);
    assert!(found.contains("`mode`"), "{found}");
}

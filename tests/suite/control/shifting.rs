//! Versions side by side: the share of each at every step, and what a mixture of them takes.

use crate::known::harness::{Run, run, run_on};
use crate::{component::exactly, support};
use kneepoint::model::Outcome;
use kneepoint::units::SimTime;

/// A function whose invocations take 10 ms at the first version; no time but that of compute passes.
fn shifting(load: &str, deployments: &str, alarms: &str, run: &str) -> String {
    format!(
        r#"{{ "nodes": {{ "f": {{ "kind": "lambda", "memory": "1769MiB", "compute": "10ms", "overhead": "0s",
                "placement": "0s", "init": "0s", "reserved_concurrency": 900 }} }},
            "load": [ {{ {load} }} ], "alarms": {{ {alarms} }}, "deployments": [ {deployments} ],
            "run": {{ {run} }} }}"#
    )
}

/// Seconds of start, end and return of a deployment.
fn turns(run: &Run, deployment: usize) -> [Option<f64>; 3] {
    let record = run.recordings[0].deployments[deployment];
    [record.started, record.finished, record.rolled_back]
        .map(|at| at.map(|at: SimTime| at.as_seconds()))
}

/// Errors of the flow from one second to another.
fn errors(run: &Run, from: usize, until: usize) -> f64 {
    let bins = &run.recordings[0].flows[0].errors;
    bins[from * 10..until * 10].iter().sum::<u64>() as f64
}

#[test]
fn a_linear_shift_adds_the_same_share_at_every_step() {
    // The new version fails, so that errors are its visits: 1,000 visits in each step of ten seconds.
    let text = shifting(
        r#""every": "10ms", "start": "5ms""#,
        r#"{ "at": "10s", "deploy": "f", "strategy": { "linear": { "share": 0.1, "every": "10s" } }, "version": { "fail": 1 } }"#,
        "",
        r#""horizon": "120s", "replications": 1, "interval": "1s""#,
    );
    let run = run_on(&text, 1);

    assert_eq!(errors(&run, 0, 10), 0.0);
    for step in 1..10 {
        let share = step as f64 / 10.0;
        let found = errors(&run, 10 * step, 10 * step + 10);
        // 99.9 % of the sums of 1,000 coins lie within 3.29 standard deviations.
        let within = 3.29 * (1_000.0 * share * (1.0 - share)).sqrt();
        assert!((found - 1_000.0 * share).abs() < within, "{share}: {found}");
    }
    assert_eq!(errors(&run, 100, 119), 1_900.0, "all of them from then on");
    assert_eq!(turns(&run, 0), [Some(10.0), Some(100.0), None]);
}

#[test]
fn latency_is_a_mixture_of_both_versions() {
    // Less than a full processor takes longer by the missing part of it.
    let text = shifting(
        r#""rate": "20/s""#,
        r#"{ "at": "0s", "deploy": "f", "strategy": { "canary": { "share": 0.3, "for": "1h" } },
             "version": { "slow": 1.5, "set": { "compute": "20ms", "memory": "1024MiB" } } }"#,
        "",
        r#""horizon": "400s", "warm_up": "10s", "replications": 20"#,
    );
    let run = run(&text);

    let new = 20.0 * 1.5 * 1769.0 / 1024.0;
    exactly(
        "lambda.mixture",
        run.latency_mean_ms("main"),
        0.7 * 10.0 + 0.3 * new,
    );
}

#[test]
fn versions_share_the_concurrency_of_the_function() {
    // M/G/5/5, insensitive to the law: Erlang's B of λ (0.6 × 100 ms + 0.4 × 250 ms).
    let text = r#"{ "nodes": { "f": { "kind": "lambda", "memory": "1769MiB", "compute": "100ms", "overhead": "0s",
                "placement": "0s", "init": "0s", "reserved_concurrency": 5 } },
            "load": [ { "rate": "25/s" } ],
            "deployments": [ { "at": "0s", "deploy": "f", "strategy": { "canary": { "share": 0.4, "for": "1h" } },
                "version": { "set": { "compute": { "exponential": "250ms" } } } } ],
            "run": { "horizon": "1010s", "warm_up": "10s", "replications": 20 } }"#;
    let run = run(text);

    let offered = 25.0 * (0.6 * 0.1 + 0.4 * 0.25);
    let blocked = (1..=5).fold(1.0, |b, k| offered * b / (k as f64 + offered * b));
    exactly(
        "lambda.shared",
        run.node_share("f", |slice| slice.tally.of(Outcome::Throttled)),
        blocked,
    );
}

#[test]
fn every_version_starts_its_own_environments_cold() {
    // One call a second, which the one environment of a version serves.
    let text = shifting(
        r#""every": "1s", "start": "500ms""#,
        r#"{ "at": "20s", "deploy": "f", "strategy": "all-at-once", "start_up": "2s" },
           { "at": "40s", "deploy": "f", "strategy": "all-at-once" }"#,
        "",
        r#""horizon": "60s", "warm_up": "0s", "replications": 1"#,
    );
    let run = run_on(&text, 1);

    assert_eq!(run.of_node("f", |slice| slice.cold_starts as f64), [3.0]);
    assert_eq!(turns(&run, 0), [Some(20.0), Some(22.0), None]);
    assert_eq!(turns(&run, 1), [Some(40.0), Some(40.0), None]);
}

#[test]
fn an_alarm_shifts_all_visits_back_in_one_step() {
    let text = shifting(
        r#""every": "10ms", "start": "5ms""#,
        r#"{ "at": "10s", "deploy": "f", "strategy": { "canary": { "share": 0.5, "for": "1m" } }, "version": { "fail": 1 },
             "rollback_on": [ "errors" ] }"#,
        r#""errors": { "when": "f errors > 5%", "period": "2s", "breaches": 2, "delay": "1s" }"#,
        r#""horizon": "60s", "replications": 1, "interval": "1s""#,
    );
    let run = run_on(&text, 1);

    // The periods from 10 s and from 12 s show it; the second is a second old at 15 s.
    assert_eq!(turns(&run, 0), [Some(10.0), None, Some(15.0)]);
    let found = errors(&run, 10, 15);
    assert!(
        (found - 250.0).abs() < 3.29 * 500_f64.sqrt() / 2.0,
        "{found} of 500"
    );
    assert_eq!(errors(&run, 15, 60), 0.0);
}

#[test]
fn deployments_of_a_node_come_one_after_the_other() {
    // The second and the third wait until the first is over, and come in the order of their times.
    let text = shifting(
        r#""every": "1s""#,
        r#"{ "name": "one", "at": "10s", "deploy": "f", "strategy": { "canary": { "share": 0.5, "for": "30s" } } },
           { "name": "two", "at": "20s", "deploy": "f", "strategy": { "canary": { "share": 0.5, "for": "10s" } } },
           { "name": "three", "at": "15s", "deploy": "f", "strategy": "all-at-once", "start_up": "3s" }"#,
        "",
        r#""horizon": "60s", "warm_up": "0s", "replications": 1"#,
    );
    let run = run_on(&text, 1);

    assert_eq!(turns(&run, 0), [Some(10.0), Some(40.0), None]);
    assert_eq!(turns(&run, 2), [Some(40.0), Some(43.0), None]);
    assert_eq!(turns(&run, 1), [Some(43.0), Some(53.0), None]);
}

#[test]
fn copies_are_replaced_by_one_deployment_at_a_time() {
    let text = r#"{ "nodes": { "app": { "kind": "station", "copies": 2, "service_time": "10ms" } },
            "load": [ { "every": "100ms", "start": "50ms" } ],
            "deployments": [ { "at": "10s", "deploy": "app", "start_up": "5s" },
                             { "at": "12s", "deploy": "app", "start_up": "5s", "version": { "slow": 3 } } ],
            "run": { "horizon": "40s", "replications": 1 } }"#;
    let run = run_on(text, 1);

    assert_eq!(turns(&run, 0), [Some(10.0), Some(15.0), None]);
    assert_eq!(turns(&run, 1), [Some(15.0), Some(20.0), None]);
    let copies = run.recordings[0].nodes[run.node("app")].copies.as_ref();
    assert_eq!(copies.expect("copies").most, 4);
    let served = run.of_node("app", |slice| slice.service.sum as f64)[0];
    assert_eq!(served, 200.0 * 10e6 + 200.0 * 30e6);
}

#[test]
fn the_bill_says_that_it_knows_the_first_version_alone() {
    let text = shifting(
        r#""rate": "10/s""#,
        r#"{ "at": "10s", "deploy": "f", "version": { "set": { "memory": "3GiB" } } }"#,
        "",
        r#""horizon": "60s", "replications": 2"#,
    );
    let report = support::billed(&text, &[], kneepoint::cost::Asked::default());

    let said = "`f`: what the parameters change that a deployment sets";
    assert!(
        report.cost.left_out.iter().any(|one| one == said),
        "{:?}",
        report.cost.left_out
    );
}

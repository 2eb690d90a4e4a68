//! CodeDeploy: deployments as configurations say, and calls that take as long.

use super::{exactly, said};
use crate::known::harness::{Run, run, run_on};
use kneepoint::model::Outcome;
use kneepoint::topology::{LoadRequest, load};
use kneepoint::units::SimTime;

/// A deployment at 10 s, carried out by a node, of one of five servers and of a function.
fn deployed(by: &str, node: &str, more: &str) -> Run {
    let text = format!(
        r#"{{ "nodes": {{ "app": {{ "kind": "station", "copies": 5, "service_time": "10ms" }},
                "f": {{ "kind": "lambda" }}, "tasks": {{ "kind": "ecs", "tasks": 2 }},
                "by": {{ "kind": "codedeploy", {by} }} }},
            "links": [ "app -> f", "app -> tasks" ],
            "load": [ {{ "every": "100ms", "start": "50ms" }} ],
            "alarms": {{ "errors": {{ "when": "app errors > 5%", "period": "2s", "breaches": 1 }} }},
            "deployments": [ {{ "at": "10s", "deploy": "{node}", "by": "by" {more} }} ],
            "run": {{ "horizon": "20m", "replications": 1 }} }}"#
    );
    run_on(&text, 1)
}

/// Seconds of start, end and return of the deployment.
fn turns(run: &Run) -> [Option<f64>; 3] {
    let record = run.recordings[0].deployments[0];
    [record.started, record.finished, record.rolled_back]
        .map(|at| at.map(|at: SimTime| at.as_seconds()))
}

/// Outcomes and mean time [s] of calls.
fn called(parameters: &str, load: &str) -> Run {
    run(&format!(
        r#"{{ "nodes": {{ "cd": {{ "kind": "codedeploy", {parameters} }} }},
            "flows": {{ "main": {{ "at": {{ "client": [ {{ "call": "cd" }} ] }} }} }},
            "load": [ {{ {load} }} ],
            "run": {{ "horizon": "100h", "warm_up": "0s", "replications": 20 }} }}"#
    ))
}

#[test]
fn servers_are_replaced_one_at_a_time_by_halves_or_all_at_once() {
    // Batches of 1; of 2, 2 and 1; of 5.
    for (configuration, batches) in [
        ("one-at-a-time", 5.0),
        ("half-at-a-time", 3.0),
        ("all-at-once", 1.0),
    ] {
        let by = format!(r#""configuration": "{configuration}", "install": "4s""#);
        let run = deployed(&by, "app", "");

        let end = Some(10.0 + 4.0 * batches);
        assert_eq!(turns(&run), [Some(10.0), end, None], "{configuration}");
        let copies = run.recordings[0].nodes[run.node("app")].copies.as_ref();
        let up = copies.expect("copies").up[0];
        let out = 5 * 1_200_000_000_000 - up;
        assert_eq!(out, 5 * 4_000_000_000, "{configuration}");
    }
}

#[test]
fn calls_are_shifted_as_the_names_say() {
    for (node, configuration, minutes) in [
        ("f", "lambda-all-at-once", 0.0),
        ("f", "lambda-canary-10-percent-5-minutes", 5.0),
        ("f", "lambda-canary-10-percent-10-minutes", 10.0),
        ("f", "lambda-canary-10-percent-15-minutes", 15.0),
        ("f", "lambda-linear-10-percent-every-1-minute", 9.0),
        ("f", "lambda-linear-10-percent-every-2-minutes", 18.0),
        ("tasks", "ecs-all-at-once", 0.0),
        ("tasks", "ecs-canary-10-percent-5-minutes", 5.0),
        ("tasks", "ecs-canary-10-percent-15-minutes", 15.0),
        ("tasks", "ecs-linear-10-percent-every-1-minute", 9.0),
    ] {
        let by = format!(r#""configuration": "{configuration}", "shift": "2s""#);
        let run = deployed(&by, node, r#", "start_up": "3s""#);

        let end = Some(13.0 + 60.0 * minutes);
        assert_eq!(turns(&run), [Some(10.0), end, None], "{configuration}");
    }
}

#[test]
fn without_a_start_up_a_shift_of_a_function_takes_its_own_time_and_tasks_theirs() {
    let of_functions = deployed(
        r#""configuration": "lambda-all-at-once", "shift": "2s""#,
        "f",
        "",
    );
    let of_tasks = deployed(
        r#""configuration": "ecs-all-at-once", "shift": "2s""#,
        "tasks",
        "",
    );

    assert_eq!(turns(&of_functions)[1], Some(12.0));
    assert_eq!(turns(&of_tasks)[1], Some(10.0 + 38.0));
}

#[test]
fn an_alarm_takes_a_deployment_back_after_a_while() {
    // A server of five fails from 14 s on, which shows in the period to 16 s; 3 s later it is
    // stopped, as is the next one that began meanwhile at 14 s and would be ready at 18 s.
    let run = deployed(
        r#""install": "4s", "rollback": "3s""#,
        "app",
        r#", "version": { "fail": 1 }, "rollback_on": [ "errors" ]"#,
    );

    assert_eq!(turns(&run), [Some(10.0), None, Some(19.0)]);
    let late = run.recordings[0].flows[0].errors.iter().skip(16);
    let failed: u64 = late.sum();
    assert_eq!(failed, 0, "nothing fails from 19.2 s on");
}

#[test]
fn a_call_takes_as_long_as_a_deployment() {
    for (parameters, seconds) in [
        (r#""hosts": 5, "install": "4s""#, 20.0),
        (
            r#""hosts": 5, "install": "4s", "configuration": "half-at-a-time""#,
            12.0,
        ),
        (
            r#""shift": "2s", "configuration": "lambda-canary-10-percent-5-minutes""#,
            304.0,
        ),
        (
            r#""shift": "2s", "configuration": "lambda-linear-10-percent-every-1-minute""#,
            560.0,
        ),
        (
            r#""install": "9s", "shift": "2s", "configuration": "ecs-canary-10-percent-5-minutes""#,
            313.0,
        ),
    ] {
        let run = called(parameters, r#""every": "1000s""#);

        let service = run.node_mean_ms("cd", |slice| &slice.sojourn);
        let found = service.value.expect("a mean") / 1e3;
        assert!((found - seconds).abs() < 1e-9, "{parameters}: {found}");
    }
}

#[test]
fn all_servers_at_once_are_waited_for() {
    // The slowest of four exponential times: 60 s × (1 + 1/2 + 1/3 + 1/4).
    let run = called(
        r#""hosts": 4, "configuration": "all-at-once", "install": { "exponential": "60s" }"#,
        r#""every": "2000s""#,
    );

    let slowest = 60e3 * (1.0 + 1.0 / 2.0 + 1.0 / 3.0 + 1.0 / 4.0);
    let found = run.node_mean_ms("cd", |slice| &slice.sojourn);
    exactly("codedeploy.all", found, slowest);
}

#[test]
fn a_group_takes_one_deployment_at_a_time() {
    // M/G/1/1: a share of λS / (1 + λS) is refused.
    let run = called(
        r#""hosts": 1, "install": { "exponential": "60s" }"#,
        r#""rate": "0.5/min""#,
    );

    let refused = run.node_share("cd", |slice| slice.tally.of(Outcome::Throttled));
    exactly("codedeploy.group", refused, 0.5 / 1.5);
}

#[test]
fn the_account_takes_so_many_deployments_and_a_share_fails() {
    // Ten groups, of which seven may deploy at once; of those all fail.
    let groups: Vec<String> = (0..10)
        .map(|group| format!(r#""g{group}": {{ "kind": "codedeploy", "concurrency": 7, "install": "9s", "failure": 1 }}"#))
        .collect();
    let calls: Vec<String> = (0..10)
        .map(|group| format!(r#"[ {{ "call": "g{group}", "on_error": [] }} ]"#))
        .collect();
    let run = run_on(
        &format!(
            r#"{{ "nodes": {{ {} }}, "flows": {{ "main": {{ "at": {{ "client": [ {{ "parallel": [ {} ] }} ] }} }} }},
                "load": [ {{ "every": "100s" }} ], "run": {{ "horizon": "1000s", "warm_up": "0s", "replications": 1 }} }}"#,
            groups.join(", "),
            calls.join(", ")
        ),
        1,
    );

    let all = |outcome| -> f64 {
        let each = (0..10).map(|group| {
            run.of_node(&format!("g{group}"), |slice| slice.tally.of(outcome) as f64)[0]
        });
        each.sum()
    };
    let rounds = run.of_flow("main", |slice| slice.tally.arrived as f64)[0];
    assert_eq!(
        (all(Outcome::Failed), all(Outcome::Throttled)),
        (7.0 * rounds, 3.0 * rounds)
    );
}

#[test]
fn what_does_not_fit_is_refused() {
    let refused = |by: &str, node: &str, more: &str| {
        let text = format!(
            r#"{{ "nodes": {{ "app": {{ "kind": "eks", "pods": 2 }}, "f": {{ "kind": "lambda" }},
                    "by": {{ "kind": "codedeploy", "configuration": "{by}" }} }},
                "links": [ "app -> f" ], "load": [ {{ "rate": "1/s" }} ], "flows": {{ "main": {{ "enter": "app" }} }},
                "deployments": [ {{ "at": "1s", "deploy": "{node}" {more} }} ] }}"#
        );
        let found = load(&LoadRequest::new(&text, "case.json")).expect_err("mistakes");
        let messages: Vec<&str> = found.iter().map(|one| one.message.as_str()).collect();
        messages.join("; ")
    };
    let says = |message: &str, by: &str, node: &str, more: &str| {
        let found = refused(by, node, more);
        assert!(found.contains(message), "{found}");
    };

    let by = r#", "by": "by""#;
    says("node `by` deploys to servers", "one-at-a-time", "f", by);
    says(
        "node `by` deploys to containers",
        "ecs-all-at-once",
        "app",
        by,
    );
    let other = r#", "by": "app""#;
    says(
        "node `app` carries no deployments out",
        "one-at-a-time",
        "f",
        other,
    );
    let both = r#", "by": "by", "strategy": "all-at-once""#;
    says("both `by` and `strategy`", "lambda-all-at-once", "f", both);
    says("nothing reaches node `by`", "lambda-all-at-once", "f", "");
    assert!(said(r#""kind": "codedeploy", "configuration": "canary""#).contains("configuration"));
}

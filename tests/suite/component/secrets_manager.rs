//! Secrets Manager: rates of reads and writes, and the KMS requests that reads are.

use super::{about, admitted, counted, flood, recovers, said, storm};
use crate::known::harness::{Run, run};
use kneepoint::model::Outcome;
use kneepoint::topology::{LoadRequest, load};

/// Keys that spread evenly.
const EVEN: &str = r#"{ "uniform": [1, 1000000] }"#;

#[test]
fn reads_and_writes_have_rates_of_their_own() {
    let nodes = r#""secrets": { "kind": "secrets-manager", "get": "0s", "put": "0s" }"#;

    let reads = flood(nodes, "", r#"{ "read": "secrets" }"#, EVEN, 30_000, 1);
    let writes = flood(nodes, "", r#"{ "write": "secrets" }"#, EVEN, 200, 10);

    about(
        "reads",
        admitted(&reads, "secrets"),
        10_000.0 + 10_000.0 * 29_999.0 / 30_000.0,
    );
    about("writes", admitted(&writes, "secrets"), 50.0 * 11.0);
}

#[test]
fn a_read_is_a_request_to_kms_of_the_same_account() {
    let text = r#"{ "nodes": { "secrets": { "kind": "secrets-manager", "symmetric": "100/s" }, "keys": { "kind": "kms", "symmetric": "100/s" } },
        "flows": { "secret": { "at": { "client": [ { "read": "secrets" } ] } }, "key": { "at": { "client": [ { "call": "keys" } ] } } },
        "load": [ { "flow": "secret", "rate": "90/s", "arrivals": "even" }, { "flow": "key", "rate": "90/s", "arrivals": "even" } ],
        "run": { "horizon": "10s", "warm_up": "0s", "replications": 1 } }"#;

    let run = run(text);

    let completed =
        |flow: &str| run.of_flow(flow, |s| s.tally.of(Outcome::Completed) as f64)[0] as u64;
    about("both", completed("secret") + completed("key"), 1_000.0);
}

#[test]
fn a_fleet_that_has_started_reads_again() {
    let nodes = r#""secrets": { "kind": "secrets-manager", "reads": "100/s" }"#;

    let run = storm(nodes, "", r#"{ "read": "secrets" }"#, 1_000, 95);

    recovers(&run, Outcome::Throttled);
}

#[test]
fn a_cache_in_between_asks_once() {
    let nodes = r#""kept": { "kind": "cache", "cache": { "ttl": "1h" } }, "secrets": { "kind": "secrets-manager" }"#;

    let run = flood(
        nodes,
        r#""kept -> secrets""#,
        r#"{ "read": "kept" }"#,
        r#"{ "uniform": [7, 7] }"#,
        10,
        60,
    );

    assert_eq!(admitted(&run, "secrets"), 1);
}

/// Ten tasks that are called in turn, 100 times a second and each of them 10 times, and whose
/// secret changes after ten seconds of thirty.
fn rotated(secret: &str, rotation: &str) -> Run {
    run(&format!(
        r#"{{ "nodes": {{ "lb": {{ "kind": "balancer" }},
              "api": {{ "kind": "ecs", "tasks": 10, "launch": "ec2", "compute": "0s", "secret": {{ "from": "vault", "attempt": "5ms"{secret} }} }},
              "vault": {{ "kind": "secrets-manager", "get": "1ms", "rotation": {{ "at": "10.005s"{rotation} }} }} }},
            "links": [ "lb -> api", {{ "from": "api", "to": "vault", "latency": "0s" }} ],
            "flows": {{ "main": {{ "at": {{ "client": [ {{ "call": "lb" }} ] }} }} }},
            "load": [ {{ "rate": "100/s", "arrivals": "even" }} ],
            "run": {{ "horizon": "30s", "warm_up": "0s", "replications": 1 }} }}"#
    ))
}

/// Reads that were answered, and visits that failed at the tasks.
fn reads_and_failures(run: &Run) -> (u64, u64) {
    let failed = counted(run, "api", |s| s.tally.of(Outcome::Failed));
    (admitted(run, "vault"), failed)
}

#[test]
fn after_a_rotation_every_copy_is_denied_once_and_reads_anew() {
    // Nobody's secret is older than a week in half a minute, but for what chance has it.
    let run = rotated(r#", "ttl": "7d""#, r#", "window": "0s""#);

    assert_eq!(reads_and_failures(&run), (10, 0));
    // The call in vain and the read are on top for these ten of 3,000.
    let latency = run.latency_mean_ms("main").value.expect("a mean");
    let expected = 10.0 * 6.0 / 3_000.0;
    assert!((latency - expected).abs() < 1e-3, "{latency} ms");
}

#[test]
fn within_the_window_who_reads_gets_the_old_one_and_fails() {
    let run = rotated(r#", "ttl": "7d""#, r#", "window": "2s""#);

    // All 200 that come in these two seconds read and fail; then each task reads once.
    let (reads, failures) = reads_and_failures(&run);
    assert!(failures.abs_diff(200) <= 2, "{failures}");
    assert_eq!(reads, failures + 10);
}

#[test]
fn a_client_that_does_not_refresh_fails_until_its_secret_is_too_old() {
    let run = rotated(r#", "ttl": "4s", "denied": "fail""#, r#", "window": "0s""#);

    // Every task reads each 4 s, and fails from the change to its next read: half of them on
    // average, an even spread of ten over 4 s, whose sum has a standard deviation of 3.65 s.
    let (reads, failures) = reads_and_failures(&run);
    assert!((65..=80).contains(&reads), "{reads} reads in 30 s");
    let expected = 10.0 * 10.0 * 2.0;
    assert!(
        (failures as f64 - expected).abs() < 3.3 * 36.5,
        "{failures} failures"
    );
}

#[test]
fn with_two_users_nobody_is_denied() {
    let rotation = r#", "window": "2s", "strategy": "alternating-users""#;

    let run = rotated(r#", "ttl": "7d""#, rotation);

    assert_eq!(reads_and_failures(&run), (0, 0));
}

#[test]
fn an_environment_reads_its_secret_before_its_first_invocation() {
    let text = r#"{ "nodes": {
          "api": { "kind": "lambda", "memory": "1769MiB", "overhead": "0s", "placement": "100ms", "init": "50ms", "compute": "1ms", "keep_alive": "1h", "secret": { "from": "vault" } },
          "vault": { "kind": "secrets-manager", "get": "20ms" } },
        "links": [ { "from": "api", "to": "vault", "latency": "0s" } ],
        "flows": { "main": { "at": { "client": [ { "call": "api" } ] } } },
        "load": [ { "rate": "2/s", "arrivals": "even" } ],
        "run": { "horizon": "10s", "warm_up": "0s", "replications": 1 } }"#;

    let run = run(text);

    assert_eq!(admitted(&run, "vault"), 1);
    let latency = run.latency_mean_ms("main").value.expect("a mean");
    let visits = counted(&run, "api", |s| s.tally.arrived) as f64;
    let expected = 1.0 + 170.0 / visits;
    assert!((latency - expected).abs() < 1e-6, "{latency} ms");
}

/// A thousand tasks more at 10 s, which take 5 s to boot and read at `reads` a second.
fn scaled(reads: &str, retry: &str) -> Run {
    run(&format!(
        r#"{{ "nodes": {{ "lb": {{ "kind": "balancer" }},
              "api": {{ "kind": "ecs", "tasks": 1, "launch": "ec2", "compute": "1ms", "secret": {{ "from": "vault", "ttl": "7d" }},
                 "scaling": {{ "min": 1, "max": 1001, "start_up": "5s", "schedule": [ {{ "at": "10s", "min": 1001 }} ] }} }},
              "vault": {{ "kind": "secrets-manager", "get": "10ms", "reads": "{reads}" }} }},
            "links": [ "lb -> api", {{ "from": "api", "to": "vault", "latency": "0s"{retry} }} ],
            "flows": {{ "main": {{ "at": {{ "client": [ {{ "call": "lb" }} ] }} }} }},
            "load": [ {{ "rate": "1/s" }} ],
            "run": {{ "horizon": "60s", "warm_up": "0s", "replications": 1 }} }}"#
    ))
}

/// Time of readiness of all copies together, from when each was ready to the end [copy × s].
fn up(run: &Run) -> f64 {
    let record = &run.recordings[0].nodes[run.node("api")].copies;
    let up = &record.as_ref().expect("copies that come and go").up;
    up.iter().sum::<u128>() as f64 / 1e9
}

#[test]
fn a_scale_out_reads_as_fast_as_the_account_allows() {
    let free = scaled("10000/s", "");
    // One second of the rate at once; the others come again every 10 ms, as often as it takes.
    let bound = scaled(
        "100/s",
        r#", "retry": { "attempts": 100000, "backoff": "fixed", "base": "10ms" }"#,
    );

    assert!((up(&free) - 60.0 - 1_000.0 * 44.99).abs() < 1e-3);
    // The i-th of the others finds its token i hundredths of a second later, and asks at most
    // two pauses after that.
    let waited = 0.01 * 900.0 * 901.0 / 2.0;
    let late = 60.0 + 1_000.0 * 44.99 - waited - up(&bound);
    assert!((-1e-3..=900.0 * 0.02).contains(&late), "{late} s");
    assert_eq!(admitted(&bound, "vault"), 1_000);
}

#[test]
fn a_start_that_cannot_read_is_made_again() {
    let run = scaled("100/s", r#", "retry": { "attempts": 1 }"#);

    // A hundred at once, and as many again five seconds later: the bucket keeps no more.
    let rounds = (0..10).map(|round| 100.0 * (44.99 - 5.0 * f64::from(round)));
    let expected = 60.0 + rounds.filter(|left| *left > 0.0).sum::<f64>();
    assert!((up(&run) - expected).abs() < 1e-3, "{}", up(&run));
    let refused = counted(&run, "vault", |s| s.tally.of(Outcome::Throttled));
    assert_eq!(
        refused,
        (1..10).map(|round| 1_000 - 100 * round).sum::<u64>()
    );
}

#[test]
fn a_deployment_ends_when_its_copies_have_read() {
    let text = r#"{ "nodes": { "lb": { "kind": "balancer" },
          "api": { "kind": "ecs", "tasks": 300, "launch": "ec2", "compute": "1ms", "secret": { "from": "vault", "ttl": "7d" } },
          "vault": { "kind": "secrets-manager", "get": "10ms", "reads": "100/s" } },
        "links": [ "lb -> api", { "from": "api", "to": "vault", "latency": "0s", "retry": { "attempts": 1000, "backoff": "fixed", "base": "10ms" } } ],
        "flows": { "main": { "at": { "client": [ { "call": "lb" } ] } } },
        "deployments": [ { "at": "10s", "deploy": "api", "strategy": "blue-green", "start_up": "5s" } ],
        "load": [ { "rate": "100/s" } ],
        "run": { "horizon": "30s", "warm_up": "0s", "replications": 1 } }"#;

    let run = run(text);

    // A hundred read at once, the others in two seconds; it looks ten times a second.
    let finished = run.recordings[0].deployments[0].finished;
    let finished = finished.expect("it ends").0 as f64 / 1e9;
    assert!((17.0..=17.2).contains(&finished), "{finished} s");
    assert_eq!(counted(&run, "api", |s| s.tally.of(Outcome::Failed)), 0);
}

#[test]
fn a_secret_has_to_be_kept_somewhere() {
    let message = said(r#""kind": "lambda", "secret": {}"#);

    assert!(message.contains("needs `from`"), "{message}");
}

#[test]
fn a_secret_is_kept_by_a_node_of_the_kind() {
    let text = r#"{ "nodes": { "api": { "kind": "lambda", "secret": { "from": "db" } }, "db": { "kind": "external" } },
        "links": [ "api -> db" ],
        "flows": { "main": { "at": { "client": [ { "call": "api" } ] } } }, "load": [ { "rate": "1/s" } ] }"#;
    let topology = load(&LoadRequest::new(text, "case.json"))
        .expect("it is sound")
        .0;

    let found = kneepoint::compile::compile(&topology).expect_err("a mistake");

    assert!(
        found[0]
            .message
            .contains("kept by `db`: that has to be a secrets-manager"),
        "{}",
        found[0].message
    );
}

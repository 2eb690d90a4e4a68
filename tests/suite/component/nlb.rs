//! NLB: a key's copy for life, any rate, the idle time-out.

use super::{counted, flood};
use crate::known::harness::{Run, run};
use kneepoint::model::Outcome;

/// What two targets, of three copies and of one, got.
fn shares(key: &str) -> (u64, u64) {
    let nodes = r#""lb": { "kind": "nlb", "time": "0s" },
                   "a": { "kind": "ec2", "instances": 3, "compute": "0s" }, "b": { "kind": "delay" }"#;
    let run = flood(
        nodes,
        r#""lb -> a", "lb -> b""#,
        r#"{ "call": "lb" }"#,
        key,
        1_000,
        20,
    );
    let arrived = |node: &str| counted(&run, node, |s| s.tally.arrived);
    (arrived("a"), arrived("b"))
}

#[test]
fn a_key_comes_to_one_copy_and_many_keys_to_all() {
    let (one_a, one_b) = shares(r#"{ "uniform": [7, 7] }"#);
    let (many_a, many_b) = shares(r#"{ "uniform": [1, 1000000] }"#);

    assert_eq!((one_a.min(one_b), one_a + one_b), (0, 20_000));
    assert_eq!(many_a + many_b, 20_000);
    // 20,000 coins of a quarter: 3.29 deviations of √(n p q) = 61.2 on either side.
    assert!(many_b.abs_diff(5_000) <= 202, "{many_b}");
}

#[test]
fn a_hot_connection_keeps_its_copy_busy_while_the_others_idle() {
    let nodes = r#""lb": { "kind": "nlb", "time": "0s" },
                   "web": { "kind": "ec2", "type": "m7g.large", "instances": 4, "compute": "1ms", "waiting_limit": 10 }"#;
    let done = |key: &str| -> u64 {
        let run = flood(
            nodes,
            r#""lb -> web""#,
            r#"{ "call": "lb" }"#,
            key,
            4_000,
            2,
        );
        counted(&run, "web", |s| s.tally.of(Outcome::Completed))
    };

    // One of four copies: two processors of 1,000/s each, and the line at the end.
    let hot = done(r#"{ "uniform": [7, 7] }"#);
    assert!(hot.abs_diff(4_000 + 12) <= 3, "{hot}");
    assert!(done(r#"{ "uniform": [1, 1000000] }"#) > 7_900);
}

#[test]
fn it_admits_any_rate_and_adds_its_time() {
    let nodes = r#""lb": { "kind": "nlb", "time": "100us" }, "end": { "kind": "delay" }"#;

    let run = flood(
        nodes,
        r#""lb -> end""#,
        r#"{ "call": "lb" }"#,
        "5",
        100_000,
        1,
    );

    assert_eq!(
        counted(&run, "lb", |s| s.tally.of(Outcome::Completed)),
        100_000
    );
    let found = run.latency_mean_ms("main").value.expect("a mean");
    assert!((found - 0.1).abs() < 1e-6, "{found} ms");
}

#[test]
fn a_silent_connection_is_given_up() {
    let silent = |timeout: &str| -> Run {
        run(&format!(
            r#"{{ "nodes": {{ "lb": {{ "kind": "nlb" {timeout} }}, "stuck": {{ "kind": "delay", "time": "100s" }} }},
                "links": [ "lb -> stuck" ], "load": [ {{ "rate": "1/s", "arrivals": "even", "stop": "5s" }} ],
                "run": {{ "horizon": "200s", "warm_up": "0s", "replications": 1 }} }}"#
        ))
    };
    let completed = |run: &Run| run.of_flow("main", |s| s.tally.of(Outcome::Completed) as f64)[0];

    assert_eq!(completed(&silent(r#", "timeout": "60s""#)), 0.0);
    assert_eq!(completed(&silent("")), 5.0, "350 s by default");
}

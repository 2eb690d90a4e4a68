//! ECS: processors of tasks, parts of a processor, threads, full lines, sizes.

use super::{about, counted, flood};
use kneepoint::model::Outcome;
use kneepoint::topology::{LoadRequest, load};

/// Keys that spread evenly.
const EVEN: &str = r#"{ "uniform": [1, 1000000] }"#;

/// Returns how many visits a service completed in ten seconds of more than it can do.
fn completed(parameters: &str) -> u64 {
    let nodes = format!(
        r#""lb": {{ "kind": "alb", "time": "0s" }}, "app": {{ "kind": "ecs", "launch": "ec2", "compute": "10ms", "waiting_limit": 5, {parameters} }}"#
    );
    let run = flood(
        &nodes,
        r#""lb -> app""#,
        r#"{ "call": "lb" }"#,
        EVEN,
        2_000,
        10,
    );
    assert!(
        counted(&run, "app", |s| s.tally.of(Outcome::Shed)) > 0,
        "its line is full"
    );
    counted(&run, "app", |s| s.tally.of(Outcome::Completed))
}

#[test]
fn capacity_is_tasks_times_processors() {
    // A processor does 100 a second; what waits at the end is done after it.
    about(
        "2 × 4",
        completed(r#""tasks": 2, "cpu": 4"#),
        8_000.0 + 10.0,
    );
    about("1 × 1", completed(r#""tasks": 1, "cpu": 1"#), 1_000.0 + 5.0);
}

#[test]
fn half_a_processor_takes_twice_as_long() {
    about("½", completed(r#""tasks": 1, "cpu": 0.5"#), 500.0 + 5.0);
    // Two processors at three quarters each.
    about("1½", completed(r#""tasks": 1, "cpu": 1.5"#), 1_500.0 + 5.0);
}

#[test]
fn threads_are_kept_while_a_call_is_out() {
    let run = |io: &str| {
        let nodes = format!(
            r#""app": {{ "kind": "ecs", "tasks": 1, "compute": "1ms", "waiting_limit": 0, {io} }}, "db": {{ "kind": "delay", "time": "1s" }}"#
        );
        let run = flood(
            &nodes,
            r#"{ "from": "app", "to": "db", "latency": "0s" }"#,
            r#"{ "call": "app" }"#,
            EVEN,
            100,
            10,
        );
        counted(&run, "app", |s| s.tally.of(Outcome::Shed))
    };

    let blocking = run(r#""io": "blocking", "threads": 20"#);
    let free = run(r#""io": "async""#);

    // Of 100 a second 20 threads take about 20 for a second each.
    assert!((780..=800).contains(&blocking), "{blocking} shed");
    assert_eq!(free, 0);
}

#[test]
fn fargate_offers_fixed_sizes() {
    let found = |parameters: &str| {
        let text = format!(
            r#"{{ "nodes": {{ "app": {{ "kind": "ecs", {parameters} }} }}, "load": [ {{ "rate": "1/s" }} ] }}"#
        );
        match load(&LoadRequest::new(&text, "case.json")) {
            Ok(_) => "sound".to_owned(),
            Err(found) => found[0].message.clone(),
        }
    };

    assert_eq!(
        found(r#""cpu": 3"#),
        "`cpu` of node `app` must be 0.25, 0.5, 1, 2, 4, 8 or 16 on Fargate, got 3"
    );
    assert!(found(r#""cpu": 1, "memory": "1GiB""#).contains("between 2GiB and 8GiB with 1 vCPU"));
    assert_eq!(
        found(r#""launch": "ec2", "cpu": 3, "memory": "1GiB""#),
        "sound"
    );
    assert_eq!(found(r#""cpu": 4, "memory": "30GiB""#), "sound");
}

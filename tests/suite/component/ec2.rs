//! EC2: processors of instances, threads, full lines, types.

use super::{counted, exactly, flood, recovers, said, storm};
use crate::known::harness::{Run, run};
use kneepoint::metrics::estimate;
use kneepoint::model::Outcome;

/// Keys that spread evenly.
const EVEN: &str = r#"{ "uniform": [1, 1000000] }"#;

#[test]
fn capacity_is_instances_times_processors() {
    let completed = |parameters: &str| {
        let nodes = format!(
            r#""lb": {{ "kind": "alb", "time": "0s" }}, "web": {{ "kind": "ec2", "compute": "10ms", "waiting_limit": 5, {parameters} }}"#
        );
        let run = flood(
            &nodes,
            r#""lb -> web""#,
            r#"{ "call": "lb" }"#,
            EVEN,
            4_000,
            5,
        );
        counted(&run, "web", |s| s.tally.of(Outcome::Completed))
    };

    // A processor does 100 a second; what waits at the end is done after it.
    let two_by_four = completed(r#""instances": 2, "type": "c7g.xlarge""#);
    let five_by_one = completed(r#""instances": 5, "type": "m7g.medium""#);

    assert!(two_by_four.abs_diff(4_000 + 10) <= 3, "{two_by_four}");
    assert!(five_by_one.abs_diff(2_500 + 25) <= 6, "{five_by_one}");
}

#[test]
fn a_full_line_sheds_and_is_empty_again() {
    let nodes = r#""web": { "kind": "ec2", "type": "t4g.micro", "instances": 1, "compute": "10ms", "waiting_limit": 20 }"#;

    let run = storm(nodes, "", r#"{ "call": "web" }"#, 1_000, 150);

    recovers(&run, Outcome::Shed);
}

#[test]
fn threads_are_kept_while_a_call_is_out() {
    let shed = |io: &str| {
        let nodes = format!(
            r#""web": {{ "kind": "ec2", "instances": 1, "compute": "1ms", "waiting_limit": 0, {io} }}, "db": {{ "kind": "delay", "time": "1s" }}"#
        );
        let link = r#"{ "from": "web", "to": "db", "latency": "0s" }"#;
        let run = flood(&nodes, link, r#"{ "call": "web" }"#, EVEN, 100, 10);
        counted(&run, "web", |s| s.tally.of(Outcome::Shed))
    };

    let blocking = shed(r#""io": "blocking", "threads": 20"#);
    let free = shed(r#""io": "async""#);

    // Of 100 a second 20 threads take about 20 for a second each.
    assert!((780..=800).contains(&blocking), "{blocking} shed");
    assert_eq!(free, 0);
}

#[test]
fn types_are_known_by_name() {
    assert_eq!(
        said(r#""kind": "ec2", "type": "m9z.huge""#),
        "`type` of node `it` must be an instance type such as `t4g.medium` or `m7g.large`, got `m9z.huge`"
    );
    assert_eq!(said(r#""kind": "ec2", "type": "m7i.48xlarge""#), "");
    assert!(said(r#""kind": "ec2", "threads": 5"#).contains("its `io` is async"));
}

#[test]
fn a_standard_t_type_does_its_baseline_when_its_credits_are_used_up() {
    let even = r#"{ "uniform": [1, 1000000] }"#;
    let done = |parameters: &str| {
        let nodes = format!(
            r#""app": {{ "kind": "ec2", "type": "t3.micro", "instances": 1, "compute": "10ms", {parameters} }}, "after": {{ "kind": "delay" }}"#
        );
        let run = super::flood(
            &nodes,
            r#""app -> after""#,
            r#"{ "call": "app" }"#,
            even,
            500,
            10,
        );
        super::counted(&run, "after", |s| s.tally.arrived) as f64
    };

    let unlimited = done(r#""credit_mode": "unlimited""#);
    let none = done(r#""credit_mode": "standard""#);
    let some = done(r#""credit_mode": "standard", "credits": 0.0001"#);

    // 10 s of 2 vCPUs; a tenth of them; and 0.0001 × 24 h × 0.2 vCPU on top. Two may be under way.
    assert!((unlimited - 2_000.0).abs() <= 2.0, "{unlimited}");
    assert!((none - 200.0).abs() <= 2.0, "{none}");
    assert!((some - 200.0 - 172.8).abs() <= 3.0, "{some}");
}

#[test]
fn credits_belong_to_t_types() {
    for (parameters, found) in [
        (
            r#""kind": "ec2", "credit_mode": "standard""#,
            "`credit_mode` does not apply to node `it`, which is no T type",
        ),
        (
            r#""kind": "ec2", "type": "t3.micro", "credits": 0.5"#,
            "`credits` does not apply to node `it`: only standard T types spend them",
        ),
    ] {
        assert_eq!(super::said(parameters), found);
    }
}

/// Ten spot instances that are taken back at a rate, and another is started for each at once.
fn spot(rate: &str, steps: &str, load: &str, horizon: &str) -> Run {
    run(&format!(
        r#"{{ "nodes": {{ "app": {{ "kind": "ec2", "purchase": "spot", "instances": 10, "interruptions": "{rate}",
                "scaling": {{ "min": 10, "max": 10, "start_up": "0s", "schedule": [ {{ "at": "1s", "min": 10 }} ] }} }} }},
        "flows": {{ "main": {{ "enter": "app", "at": {{ "app": [ {steps} ] }} }} }},
        "load": [ {load} ],
        "run": {{ "horizon": "{horizon}", "warm_up": "0s", "replications": 20 }} }}"#
    ))
}

#[test]
fn spot_instances_are_taken_back_one_by_one_and_short_visits_do_not_notice() {
    // Ten times 36 an hour, for 1,000 s: a Poisson number with mean 100.
    let run = spot(
        "36/h",
        r#"{ "compute": "10ms" }"#,
        r#"{ "rate": "50/s" }"#,
        "1000s",
    );

    let taken: Vec<f64> = run
        .recordings
        .iter()
        .map(|one| one.nodes[run.node("app")].reclaimed as f64)
        .collect();
    exactly("ec2.spot", estimate::mean(&taken), 100.0);
    let failed = run.of_node("app", |s| s.tally.of(Outcome::Failed) as f64);
    assert_eq!(failed.iter().sum::<f64>(), 0.0, "two minutes are enough");
}

#[test]
fn what_lasts_longer_than_the_notice_fails_with_the_instance() {
    // 200 s long: it fails if its instance gets notice in the first 80 s: 1 − exp(−80 s · 3.6/h).
    let run = spot(
        "3.6/h",
        r#"{ "compute": "1ms" }, { "pause": "200s" }"#,
        r#"{ "rate": "2/s", "stop": "3000s" }"#,
        "3300s",
    );

    let failed = run.of_node("app", |s| s.tally.of(Outcome::Failed) as f64);
    let all = run.of_node("app", |s| s.tally.arrived as f64);
    exactly(
        "ec2.spot-failed",
        estimate::ratio(&failed, &all),
        1.0 - (-0.08_f64).exp(),
    );
}

/// Spot instances in pools that are taken back as a whole 6 times an hour; others are ready after
/// 200 s, when those before them are gone. Share of the visits that find none.
fn pooled(instances: u32, pools: u32) -> (Run, estimate::Estimate) {
    let run = run(&format!(
        r#"{{ "nodes": {{ "app": {{ "kind": "ec2", "purchase": "spot", "instances": {instances}, "pools": {pools}, "pool_interruptions": "6/h",
                "scaling": {{ "min": {instances}, "max": {instances}, "start_up": "200s", "schedule": [ {{ "at": "1s", "min": {instances} }} ] }} }} }},
        "flows": {{ "main": {{ "enter": "app", "at": {{ "app": [ {{ "compute": "1ms" }} ] }} }} }},
        "load": [ {{ "rate": "0.2/s" }} ],
        "run": {{ "horizon": "100000s", "warm_up": "20000s", "replications": 20 }} }}"#
    ));
    let failed = run.of_node("app", |s| s.tally.of(Outcome::Failed) as f64);
    let all = run.of_node("app", |s| s.tally.arrived as f64);
    (run, estimate::ratio(&failed, &all))
}

#[test]
fn a_capacity_pool_is_taken_back_as_a_whole() {
    // It is up for an exponential time of mean 600 s and down for 200 s, in turn: a quarter of the
    // time. Two pools are down together a quarter of a quarter.
    let down = 200.0 / (600.0 + 200.0);
    let (one, share) = pooled(4, 1);
    exactly("ec2.pool", share, down);
    exactly("ec2.two-pools", pooled(2, 2).1, down * down);

    // All four of them at once, each time.
    for recording in &one.recordings {
        let taken = recording.nodes[one.node("app")].reclaimed;
        assert!(taken > 0 && taken.is_multiple_of(4), "{taken}");
    }
}

#[test]
fn only_spot_instances_of_a_group_are_interrupted() {
    let message = said(r#""kind": "ec2", "interruptions": "1/h""#);

    assert!(
        message.contains("needs `purchase` to be `spot`"),
        "{message}"
    );
    let message = said(r#""kind": "ec2", "pool_interruptions": "1/h""#);
    assert!(message.contains("`pool_interruptions` of"), "{message}");
    let message = said(r#""kind": "ec2", "pools": 2"#);
    assert!(message.contains("needs `pool_interruptions`"), "{message}");
}

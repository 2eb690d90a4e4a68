//! Deployments and outages, against exact schedules.

use crate::known::harness::{Run, run_on};
use kneepoint::model::Outcome;
use kneepoint::units::SimTime;

/// One visit every 100 ms to four copies, of which some change their version at 10 s.
fn deploying(deployment: &str, alarms: &str) -> Run {
    let text = format!(
        r#"{{ "nodes": {{ "lb": {{ "kind": "balancer", "policy": "round-robin" }},
                "app": {{ "kind": "station", "copies": 4, "service_time": "10ms" }} }},
            "links": [ "lb -> app" ], "load": [ {{ "every": "100ms", "start": "50ms" }} ],
            "alarms": {{ {alarms} }},
            "deployments": [ {{ "at": "10s", "deploy": "app", "start_up": "5s", {deployment} }} ],
            "run": {{ "horizon": "60s", "replications": 1, "interval": "1s" }} }}"#
    );
    run_on(&text, 1)
}

/// Visits of the node that ended so, in the whole run.
fn ended(run: &Run, outcome: Outcome) -> u64 {
    run.of_node("app", |slice| slice.tally.of(outcome) as f64)[0] as u64
}

/// Seconds of start, end and return of the deployment.
fn turns(run: &Run) -> [Option<f64>; 3] {
    let record = run.recordings[0].deployments[0];
    [record.started, record.finished, record.rolled_back]
        .map(|at| at.map(|at: SimTime| at.as_seconds()))
}

#[test]
fn all_at_once_refuses_while_the_copies_start() {
    let run = deploying(r#""strategy": "all-at-once""#, "");

    // From 10 s to 15 s nothing serves: 50 visits.
    assert_eq!(ended(&run, Outcome::Failed), 50);
    assert_eq!(turns(&run), [Some(10.0), Some(15.0), None]);
}

#[test]
fn blue_green_refuses_nobody_and_doubles_the_copies() {
    let run = deploying(r#""version": { "slow": 3 }"#, "");

    assert_eq!(ended(&run, Outcome::Failed), 0);
    assert_eq!(turns(&run), [Some(10.0), Some(15.0), None]);
    let copies = run.recordings[0].nodes[run.node("app")].copies.as_ref();
    let copies = copies.expect("copies");
    assert_eq!(copies.most, 8);
    // Eight from 10 s to 15 s.
    assert_eq!(copies.existing[0], (4 * 60 + 4 * 5) * 1_000_000_000);
    // 150 visits of 10 ms, then 450 of 30 ms.
    let served = run.of_node("app", |slice| slice.service.sum as f64)[0];
    assert_eq!(served, 150.0 * 10e6 + 450.0 * 30e6);
}

#[test]
fn rolling_replaces_batch_by_batch() {
    let run = deploying(
        r#""strategy": { "rolling": { "batch": 0.5, "pause": "2s" } }"#,
        "",
    );

    // Two copies at 10 s, ready at 15 s; two more at 17 s, ready at 22 s.
    assert_eq!(turns(&run), [Some(10.0), Some(22.0), None]);
    assert_eq!(ended(&run, Outcome::Failed), 0);
    let copies = run.recordings[0].nodes[run.node("app")].copies.as_ref();
    let up: u128 = copies.expect("copies").up[0];
    assert_eq!(up, (4 * 60 - 2 * 5 - 2 * 5) * 1_000_000_000);
}

#[test]
fn a_canary_takes_its_share_of_the_visits() {
    let run = deploying(
        r#""strategy": { "canary": { "share": 0.2, "for": "20s" } }, "version": { "fail": 1 }"#,
        "",
    );

    // From 15 s to 35 s a fifth of 200 visits fails, then all of 250 do. The share is a coin:
    // 99.9 % of its sums lie within 3.29 √(200 × 0.2 × 0.8) = 19 of 40.
    let failed = ended(&run, Outcome::Failed) as f64 - 250.0;
    assert!((failed - 40.0).abs() < 19.0, "{failed}");
    assert_eq!(turns(&run), [Some(10.0), Some(35.0), None]);
}

#[test]
fn an_alarm_takes_a_canary_back_at_once() {
    let run = deploying(
        r#""strategy": { "linear": { "share": 0.5, "every": "10s" } }, "version": { "fail": 1 },
           "rollback_on": [ "errors" ]"#,
        r#""errors": { "when": "app errors > 5%", "period": "2s", "breaches": 2, "delay": "1s" }"#,
    );

    // From 15 s on a half fails. The periods from 14 s and from 16 s both show it; the
    // second is over at 18 s and a second old at 19 s. Nothing fails any more then.
    assert_eq!(turns(&run), [Some(10.0), None, Some(19.0)]);
    let failed = ended(&run, Outcome::Failed);
    // 99.9 % of the sums of 40 coins lie within 3.29 √(40 / 4) = 10 of 20.
    assert!((10..=30).contains(&failed), "{failed} of 40 visits");
    let late: u64 = run.recordings[0].flows[0].errors.iter().skip(190).sum();
    assert_eq!(late, 0);
}

#[test]
fn a_rolling_deployment_is_taken_back_by_starting_the_old_version() {
    let run = deploying(
        r#""strategy": { "rolling": { "batch": 0.5, "pause": "20s" } }, "version": { "fail": 1 },
           "rollback_on": [ "errors" ]"#,
        r#""errors": { "when": "app errors > 5%", "period": "2s", "breaches": 1 }"#,
    );

    // Half of the copies fail from 15 s on, which shows at 16 s; the two that replace them
    // are ready at 21 s. Until then the other two serve.
    assert_eq!(turns(&run), [Some(10.0), None, Some(16.0)]);
    // Two rounds of four, and two more visits.
    let failed = ended(&run, Outcome::Failed);
    assert!((4..=6).contains(&failed), "{failed}");
    let copies = run.recordings[0].nodes[run.node("app")].copies.as_ref();
    let bins = &copies.expect("copies").up_by_bin;
    let at = |second: usize| bins[second * 10..second * 10 + 10].iter().sum::<u64>();
    assert_eq!(at(18), 2_000_000_000);
    assert_eq!(at(21), 4_000_000_000);
}

#[test]
fn a_node_that_scales_waits_for_its_deployment() {
    // Four copies from 5 s on, replaced from 10 s to 15 s; that six are wanted at 12 s waits until then.
    let text = r#"{ "nodes": { "lb": { "kind": "balancer", "policy": "round-robin" },
            "app": { "kind": "station", "copies": 2, "service_time": "10ms",
                "scaling": { "min": 2, "max": 8, "schedule": [ { "at": "5s", "min": 4 }, { "at": "12s", "min": 6 } ] } } },
        "links": [ "lb -> app" ], "load": [ { "every": "100ms", "start": "50ms" } ],
        "deployments": [ { "at": "10s", "deploy": "app", "start_up": "5s", "version": { "slow": 2 } } ],
        "run": { "horizon": "60s", "replications": 1, "interval": "1s" } }"#;
    let run = run_on(text, 1);

    assert_eq!(turns(&run), [Some(10.0), Some(15.0), None]);
    assert_eq!(ended(&run, Outcome::Failed), 0);
    let copies = run.recordings[0].nodes[run.node("app")].copies.as_ref();
    let copies = copies.expect("copies");
    let seconds = |area: u128| area as f64 / 1e9;
    assert_eq!(seconds(copies.up[0]), 2.0 * 5.0 + 4.0 * 10.0 + 6.0 * 45.0);
    assert_eq!(
        seconds(copies.existing[0]),
        2.0 * 5.0 + 4.0 * 5.0 + 8.0 * 5.0 + 6.0 * 45.0
    );
    // All copies, those that scaling has added too, run the new version.
    let served = run.of_node("app", |slice| slice.service.sum as f64)[0];
    assert_eq!(served, 150.0 * 10e6 + 450.0 * 20e6);
}

#[test]
fn a_failover_fails_what_is_inside_and_refuses_what_comes() {
    // Reads of 300 ms, one each 100 ms: 3 are inside at any time but the first.
    let text = r#"{ "nodes": { "db": { "kind": "rds", "multi_az": true, "hit_rate": 1,
            "overhead": "300ms", "get_cpu": "1us" } },
        "flows": { "main": { "at": { "client": [ { "read": "db", "op": "get" } ] } } },
        "load": [ { "every": "100ms", "start": "50ms" } ],
        "faults": [ { "at": "10s", "for": "5s", "failover": "db" } ],
        "run": { "horizon": "20s", "replications": 1 } }"#;
    let run = run_on(text, 1);

    let failed = run.of_node("db", |slice| slice.tally.of(Outcome::Failed) as f64)[0];
    assert_eq!(failed, 3.0 + 50.0);
    let completed = run.of_flow("main", |slice| slice.tally.of(Outcome::Completed) as f64)[0];
    assert_eq!(completed, 200.0 - 53.0);
}

#[test]
fn a_failover_takes_the_primary_out_and_leaves_the_readers() {
    // One read and one write each 100 ms, of 10 ms each; none is inside at 10 s.
    let text = |node: &str| {
        format!(
            r#"{{ "nodes": {{ "db": {{ {node} }} }},
            "flows": {{ "read":   {{ "at": {{ "client": [ {{ "read": "db" }} ] }} }},
                       "strong": {{ "at": {{ "client": [ {{ "read": "db", "consistent": true }} ] }} }},
                       "write":  {{ "at": {{ "client": [ {{ "write": "db" }} ] }} }} }},
            "load": [ {{ "flow": "read", "every": "100ms", "start": "50ms" }},
                      {{ "flow": "strong", "every": "100ms", "start": "50ms" }},
                      {{ "flow": "write", "every": "100ms", "start": "50ms" }} ],
            "faults": [ {{ "at": "10s", "for": "5s", "failover": "db" }} ],
            "run": {{ "horizon": "20s", "replications": 1 }} }}"#
        )
    };
    for node in [
        r#""kind": "rds", "multi_az": true, "replicas": 2, "overhead": "5ms""#,
        r#""kind": "aurora", "replicas": 1, "overhead": "5ms""#,
        r#""kind": "elasticache-redis", "shards": 3, "replicas": 1"#,
    ] {
        let run = run_on(&text(node), 1);

        let failed = |flow: &str| run.of_flow(flow, |slice| slice.tally.of(Outcome::Failed) as f64);
        assert_eq!(failed("read"), [0.0], "{node}");
        assert_eq!(failed("strong"), [50.0], "{node}");
        assert_eq!(failed("write"), [50.0], "{node}");
    }
}

#[test]
fn waiting_and_served_visits_fail_with_their_node() {
    // Far more than its processors can do: they wait in line when it goes out.
    let text = r#"{ "nodes": { "db": { "kind": "rds", "multi_az": true, "hit_rate": 1, "overhead": "0ms",
            "get_cpu": "40ms", "connections": 10 } },
        "flows": { "main": { "at": { "client": [ { "read": "db", "op": "get" } ] } } },
        "load": [ { "rate": "200/s" } ],
        "faults": [ { "at": "10s", "for": "1s", "failover": "db" } ],
        "run": { "horizon": "20s", "replications": 5 } }"#;
    let run = run_on(text, 2);

    for recording in &run.recordings {
        let flow = &recording.flows[0].slices[0].tally;
        assert_eq!(flow.inside(), 0);
        assert!(flow.of(Outcome::Failed) >= 150, "{flow:?}");
    }
}

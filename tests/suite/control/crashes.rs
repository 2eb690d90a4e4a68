//! Crashes of nodes, copies and places; who notices them, and who stands by. Nodes that are slow
//! or fail.

use crate::known::harness::{Run, prepare, run_on};
use kneepoint::diagnostic::Place;
use kneepoint::model::Outcome;
use kneepoint::topology::{LoadRequest, load};

/// What a node or flow counted, by outcome.
fn failed(run: &Run, node: &str) -> f64 {
    run.of_node(node, |slice| slice.tally.of(Outcome::Failed) as f64)[0]
}

fn arrived(run: &Run, node: &str) -> f64 {
    run.of_node(node, |slice| slice.tally.arrived as f64)[0]
}

fn flow_failed(run: &Run) -> f64 {
    run.of_flow("main", |slice| slice.tally.of(Outcome::Failed) as f64)[0]
}

/// 100 requests a second for 40 s, 5 ms after every hundredth; each takes 1 ms.
fn text(nodes: &str, links: &str, rest: &str) -> String {
    format!(
        r#"{{ "nodes": {{ {nodes} }}, "links": [ {links} ],
              "flows": {{ "main": {{ "enter": "lb" }} }},
              "load": [ {{ "every": "10ms", "start": "5ms" }} ], {rest},
              "run": {{ "horizon": "40s", "warm_up": "0s", "replications": 1 }} }}"#
    )
}

/// A station of four copies.
const APP: &str =
    r#""app": { "kind": "station", "copies": 4, "servers": 8, "service_time": "1ms" }"#;

#[test]
fn a_copy_that_is_out_gets_its_turns_until_that_is_noticed() {
    let run = |health: &str| {
        let nodes = format!(r#""lb": {{ "kind": "balancer"{health} }}, {APP}"#);
        let faults = r#""faults": [ { "at": "10s", "for": "15s", "crash": "app", "copies": 1 } ]"#;
        run_on(&text(&nodes, r#""lb -> app""#, faults), 1)
    };

    // Every fourth request of 15 s fails; checks at 10 s, 12 s and 14 s do, and those at 26 s
    // and 28 s do not.
    let blind = run("");
    let sees = run(r#", "health": { "every": "2s", "failures": 3, "successes": 2 }"#);

    assert_eq!((failed(&blind, "app"), flow_failed(&blind)), (375.0, 375.0));
    assert_eq!((failed(&sees, "app"), flow_failed(&sees)), (100.0, 100.0));
    // The first copy has a quarter of all turns but those of 14 s.
    let first = &sees.recordings[0].nodes[sees.node("app")].instances[0];
    let turns = first.arrived as f64;
    assert!((turns - 26.0 * 25.0).abs() <= 1.0, "{turns}");
}

#[test]
fn whoever_does_not_choose_meets_copies_at_random() {
    // Twice as many as the tolerance would allow if one in four were not out.
    let nodes = format!(r#""lb": {{ "kind": "delay" }}, {APP}"#);
    let faults = r#""faults": [ { "at": "0s", "crash": "app", "share": 0.25 } ]"#;

    let run = run_on(&text(&nodes, r#""lb -> app""#, faults), 1);

    // Binomial with 4,000 trials: 99.9 % lie within 3.29 deviations.
    let failed = failed(&run, "app");
    assert!(
        (failed - 1_000.0).abs() < 3.29 * (4_000.0 * 0.25 * 0.75_f64).sqrt(),
        "{failed}"
    );
}

#[test]
fn work_is_slow_for_as_long_as_the_fault_lasts() {
    let run = |fault: &str| {
        let nodes = r#""lb": { "kind": "delay", "time": "10ms" }"#;
        let run = run_on(&text(nodes, "", &format!(r#""faults": [ {fault} ]"#)), 1);
        run.of_flow("main", |slice| slice.latency.sum as f64 / 1e6)[0]
    };

    // 1,000 requests come in 10 s.
    let slow = r#"{ "at": "10s", "for": "10s", "slow": "lb", "factor": 3 }"#;
    assert_eq!(run(slow), 3_000.0 * 10.0 + 1_000.0 * 30.0);
    let longer = r#"{ "at": "30s", "slow": "lb", "by": "5ms" }"#;
    assert_eq!(run(longer), 3_000.0 * 10.0 + 1_000.0 * 15.0);
    // Two at once: first the factors, then what is longer.
    let both = format!(r#"{slow}, {{ "at": "15s", "for": "10s", "slow": "lb", "by": "5ms" }}"#);
    assert_eq!(run(&both), 2_500.0 * 10.0 + 500.0 * (30.0 + 35.0 + 15.0));
}

#[test]
fn a_share_of_the_visits_fails_after_its_work() {
    let nodes = r#""lb": { "kind": "station", "servers": 9, "service_time": "10ms" }"#;
    let fault = r#""faults": [ { "at": "10s", "for": "20s", "fail": "lb", "share": 0.2 },
                               { "at": "10s", "for": "20s", "fail": "lb", "share": 0.5 } ]"#;

    let run = run_on(&text(nodes, "", fault), 1);

    // Each of 2,000 fails with 1 − 0.8 × 0.5 = 0.6; 99.9 % lie within 3.29 deviations.
    let failed = failed(&run, "lb");
    assert!(
        (failed - 1_200.0).abs() < 3.29 * (2_000.0 * 0.6 * 0.4_f64).sqrt(),
        "{failed}"
    );
    assert_eq!(
        run.of_node("lb", |slice| slice.service.sum as f64 / 1e6),
        [40_000.0]
    );
}

#[test]
fn what_is_inside_fails_and_what_comes_is_refused() {
    let nodes =
        r#""lb": { "kind": "station", "servers": 1, "service_time": "35ms", "waiting_limit": 5 }"#;
    let faults = r#""faults": [ { "at": "10s", "for": "1s", "crash": "lb" } ]"#;

    let run = run_on(&text(nodes, "", faults), 1);

    // One is served and five wait, for much more comes than is served; then 100 come.
    assert_eq!(failed(&run, "lb"), 6.0 + 100.0);
}

#[test]
fn who_stands_by_takes_over_once_nobody_else_is_well() {
    let nodes = format!(
        r#""lb": {{ "kind": "balancer", "policy": "random", "health": {{ "every": "1s", "failures": 2, "successes": 3 }} }},
           {APP}, "spare": {{ "kind": "station", "copies": 2, "service_time": "1ms" }}"#
    );
    let links = r#""lb -> app", { "from": "lb", "to": "spare", "role": "standby" }"#;
    let run = |faults: &str| {
        run_on(
            &text(&nodes, links, &format!(r#""faults": [ {faults} ]"#)),
            1,
        )
    };

    let well = run(r#"{ "at": "10s", "for": "5s", "crash": "app", "copies": 3 }"#);
    assert_eq!(arrived(&well, "spare"), 0.0, "one copy is well");

    // Noticed at 11 s, and over at 17 s: checks at 15 s, 16 s and 17 s are well.
    let lost = run(r#"{ "at": "10s", "for": "5s", "crash": "app" }"#);
    assert_eq!(
        (arrived(&lost, "spare"), flow_failed(&lost)),
        (600.0, 100.0)
    );

    // Nobody is well from 21 s on: the others are tried.
    let both = run(r#"{ "at": "10s", "crash": "app" }, { "at": "20s", "crash": "spare" }"#);
    assert_eq!(arrived(&both, "spare"), 1_000.0);
    assert_eq!(flow_failed(&both), 100.0 + 100.0 + 1_900.0);
}

#[test]
fn a_balancer_sees_through_those_that_only_hand_on() {
    // Behind `near` everybody is out from 10 s on; it is itself well.
    let nodes = format!(
        r#""lb": {{ "kind": "balancer", "health": {{ "every": "1s", "failures": 1 }} }}, "near": {{ "kind": "alb", "time": "0s" }},
           {APP}, "far": {{ "kind": "delay" }}"#
    );
    let links = r#"{ "from": "lb", "to": "near", "latency": "0s" }, { "from": "near", "to": "app", "latency": "0s" },
                   { "from": "lb", "to": "far", "role": "standby" }"#;
    let faults = r#""faults": [ { "at": "9500ms", "crash": "app" } ]"#;

    let run = run_on(&text(&nodes, links, faults), 1);

    assert_eq!((flow_failed(&run), arrived(&run, "far")), (50.0, 3_000.0));
}

#[test]
fn what_a_crashed_visit_asked_for_goes_on_unseen() {
    // At 10 s two visits wait for `db`, one before and one after its first attempt, and one
    // has two branches there; their own calls go on, and what they hold is given back.
    let nodes = r#""lb": { "kind": "delay" }, "db": { "kind": "station", "servers": 64, "service_time": "300ms" }"#;
    let steps = r#"[ { "parallel": [ [ { "call": "db" } ], [ { "pause": "100ms" }, { "call": "db" } ] ] },
                     { "call": "db", "timeout": "200ms", "retry": { "attempts": 3, "backoff": "fixed", "base": "100ms" } } ]"#;
    let text = format!(
        r#"{{ "nodes": {{ {nodes} }}, "links": [ {{ "from": "lb", "to": "db", "connections": 40 }} ],
              "flows": {{ "main": {{ "enter": "lb", "at": {{ "lb": {steps} }} }} }},
              "load": [ {{ "every": "50ms", "start": "5ms" }} ],
              "faults": [ {{ "at": "10s", "for": "1s", "crash": "lb" }} ],
              "run": {{ "horizon": "20s", "warm_up": "0s", "replications": 1 }} }}"#
    );

    let run = run_on(&text, 1);

    // All fail by their time-outs after 1.2 s, but for those that came from 8.8 s to 11 s. Each
    // made two calls, and three attempts of another.
    let flow = |outcome| run.of_flow("main", |slice| slice.tally.of(outcome) as f64)[0];
    assert_eq!(
        (flow(Outcome::TimedOut), flow(Outcome::Failed)),
        (356.0, 44.0)
    );
    // 24 are in the middle of it at 10 s, and 24 others at 20 s, after which nothing is counted.
    let unfinished: u64 = (0..24).map(|nth| attempts_by(45 + 50 * nth)).sum();
    let whole = 356.0 - 24.0;
    assert_eq!(arrived(&run, "db"), whole * 5.0 + 2.0 * unfinished as f64);
    // Whatever came there was served, and nothing is inside in the end.
    let served = run.of_node("db", |slice| slice.tally.of(Outcome::Completed) as f64);
    assert_eq!(served[0], arrived(&run, "db"));
}

/// Calls that a visit of the test above has made by its age [ms].
fn attempts_by(age: u64) -> u64 {
    // Two branches from 0 and 100 ms on, joined at 400 ms; attempts at 400, 700 and 1000 ms.
    let times = [0, 100, 400, 700, 1_000];
    times.iter().filter(|at| **at < age).count() as u64
}

#[test]
fn a_zone_takes_its_copies_with_it_and_a_region_all() {
    let nodes = |copies: u32| {
        format!(
            r#""lb": {{ "kind": "balancer" }}, "app": {{ "kind": "station", "copies": {copies}, "servers": 8, "service_time": "1ms" }},
               "db": {{ "kind": "delay" }}, "other": {{ "kind": "delay" }}"#
        )
    };
    let run = |copies: u32, place: &str| {
        let rest = format!(
            r#""placement": {{ "nodes": {{ "db": "us-east-1b", "other": "eu-west-1" }} }},
               "faults": [ {{ "at": "10s", "for": "6s", "crash": "{place}" }} ]"#
        );
        run_on(
            &text(
                &nodes(copies),
                r#""lb -> app", "app -> db", "app -> other""#,
                &rest,
            ),
            1,
        )
    };

    // Copies 1, 4 and 7 of nine lie in the second of three zones; so does `db`, which others call.
    let zone = run(9, "us-east-1b");
    assert_eq!(arrived(&zone, "app"), 4_000.0);
    assert_eq!(
        (failed(&zone, "db"), arrived(&zone, "db")),
        (400.0, 3_800.0)
    );
    assert_eq!(flow_failed(&zone), 600.0);
    // A node of one copy and of several zones goes on.
    assert_eq!(arrived(&run(1, "us-east-1b"), "db"), 4_000.0);
    // `lb` itself is out.
    let region = run(9, "us-east-1");
    assert_eq!(
        (failed(&region, "lb"), arrived(&region, "other")),
        (600.0, 3_400.0)
    );
    assert_eq!(flow_failed(&run(9, "eu-west-1")), 600.0);
}

#[test]
fn a_region_takes_all_its_zones_with_it_wherever_else_a_node_lies() {
    let run = |places: &str, crash: &str| {
        let rest = format!(
            r#""placement": {{ "nodes": {{ "app": {places} }} }},
               "faults": [ {{ "at": "10s", "for": "6s", "crash": "{crash}" }} ]"#
        );
        let nodes = r#""lb": { "kind": "balancer" },
            "app": { "kind": "station", "copies": 6, "servers": 8, "service_time": "1ms" }"#;
        run_on(&text(nodes, r#""lb -> app""#, &rest), 1)
    };
    let two = r#"[ "us-east-1a", "eu-west-1a", "us-east-1b" ]"#;

    // Of the 600 that come the copies in those places get theirs in turn.
    let of_zone = flow_failed(&run(two, "eu-west-1a"));
    let of_region = flow_failed(&run(two, "eu-west-1"));
    assert_eq!((of_zone, of_region), (200.0, 200.0));
    let others = r#"[ "eu-west-1a", "eu-west-1b", "ap-south-1a" ]"#;
    assert_eq!(flow_failed(&run(others, "eu-west-1")), 400.0);
}

#[test]
fn copies_that_scaling_counts_crash_as_well() {
    let nodes = r#""lb": { "kind": "balancer", "health": { "every": "1s", "failures": 1, "successes": 1 } },
        "app": { "kind": "station", "copies": 2, "servers": 8, "service_time": "1ms",
                 "scaling": { "min": 2, "max": 4, "schedule": [ { "at": "20s", "min": 4 } ], "start_up": "0s" } }"#;
    let faults = r#""faults": [ { "at": "10500ms", "for": "20s", "crash": "app", "copies": 1 } ]"#;

    let run = run_on(&text(nodes, r#""lb -> app""#, faults), 1);

    // Half of what comes in half a second; the new copies do not bring the first one back.
    assert_eq!(failed(&run, "app"), 25.0);
}

#[test]
fn a_crash_is_refused_where_nothing_could_crash() {
    let design = |place: &str| {
        text(
            r#""lb": { "kind": "log" }, "app": { "kind": "delay" }"#,
            r#""lb -> app""#,
            &format!(r#""faults": [ {{ "at": "10s", "crash": "{place}" }} ]"#),
        )
    };
    let nowhere = design("ap-south-1");
    let (topology, _) = load(&LoadRequest::new(&nowhere, "case.json")).expect("a topology");
    let found = kneepoint::compile::compile(&topology).expect_err("it is refused");
    assert_eq!(found[0].code, "fault::nothing-there", "{found:?}");
    // It is about the fault, and not about a node.
    let of_fault = nowhere.find(r#""crash""#).expect("it is there");
    assert!(
        matches!(&found[0].place, Place::File(range) if range.contains(&of_fault)),
        "{found:?}"
    );
    // A log goes out with its region.
    let (model, _, _) = prepare(&design("us-east-1"));
    assert_eq!(model.control.faults.outages.len(), 2);
    // A balancer without faults notices nothing.
    let nodes = format!(r#""lb": {{ "kind": "balancer", "health": {{}} }}, {APP}"#);
    let (model, _, _) = prepare(&text(&nodes, r#""lb -> app""#, r#""faults": []"#));
    assert!(model.control.is_empty());
}

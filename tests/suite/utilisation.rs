//! Utilisation: busy time of the servers that are a node's own, whatever else takes time there;
//! and the line of what keeps messages.

use crate::support::{billed, with_input};
use kneepoint::cost::Asked;
use kneepoint::report::{Node, Report};

/// Simulates calls of a node that come evenly, `rate` a second for ten seconds.
fn called(node: &str, rate: u32) -> Report {
    billed(
        &format!(
            r#"{{ "nodes": {{ "it": {{ {node} }} }},
                 "flows": {{ "main": {{ "key": {{ "uniform": [1, 1000] }}, "enter": "it" }} }},
                 "load": [ {{ "rate": "{rate}/s", "arrivals": "even" }} ],
                 "run": {{ "horizon": "10s", "warm_up": "0s", "replications": 1 }} }}"#
        ),
        &[],
        Asked::default(),
    )
}

fn utilisation(node: &Node) -> f64 {
    let value = node.utilisation.as_ref().and_then(|of| of.value);
    value.expect("its servers are limited")
}

#[test]
fn only_the_own_servers_of_a_node_are_its_utilisation() {
    // Work of a constant time, so that rate × time ÷ servers is exact but for the visits at
    // either end of the ten seconds.
    let cases = [
        // Two processors; protocol and pages of storage are no servers.
        (r#""kind": "rds", "get_cpu": "2ms""#, 500, 0.5),
        (
            r#""kind": "rds", "get_cpu": "2ms", "multi_az": true, "hit_rate": 0"#,
            500,
            0.5,
        ),
        // The threads hold visits; the processors work for them.
        (
            r#""kind": "ec2", "instances": 1, "type": "m7g.large", "io": "blocking", "threads": 10, "compute": "10ms""#,
            100,
            0.1,
        ),
        (
            r#""kind": "ecs", "tasks": 1, "cpu": 1, "io": "blocking", "threads": 10, "compute": "5ms""#,
            100,
            0.05,
        ),
        // Two servers that its visits share.
        (
            r#""kind": "station", "servers": 2, "discipline": "processor-sharing", "service_time": "5ms""#,
            100,
            0.25,
        ),
    ];
    for (node, rate, expected) in cases {
        let report = called(node, rate);

        let found = utilisation(&report.nodes["it"]);
        let ends = 2.0 / f64::from(rate * 10);
        assert!(
            (found / expected - 1.0).abs() <= ends,
            "{node}: expected {expected}, found {found}"
        );
    }
}

#[test]
fn servers_that_are_shared_are_busy_all_the_time_under_overload() {
    // Load 1.2: from the first visit on there is one.
    let node = r#""kind": "station", "discipline": "processor-sharing", "service_time": "12ms""#;

    let report = called(node, 100);

    let it = &report.nodes["it"];
    let found = utilisation(it);
    assert!((0.99..=1.0).contains(&found), "{found}");
    // Inside is who is served and who waits for a share.
    let of = |figure: &kneepoint::report::Estimate| figure.value.expect("a value");
    let (inside, busy, line) = (of(&it.inside_mean), of(&it.busy_mean), of(&it.waiting_mean));
    assert!(
        (inside - busy - line).abs() < 1e-3 * inside,
        "{inside} {busy} {line}"
    );
}

/// A consumer that takes ten messages a second of a hundred.
fn messages(kind: &str) -> String {
    format!(
        r#"{{ "nodes": {{ "app": {{ "kind": "delay" }}, "q": {{ "kind": "{kind}" }},
                        "w": {{ "kind": "station", "service_time": "100ms" }} }},
             "links": [ "app -> q", "q -> w" ],
             "flows": {{ "main": {{ "enter": "app", "at": {{ "app": [ {{ "send": "q" }} ] }} }} }},
             "load": [ {{ "rate": "100/s", "arrivals": "even" }} ],
             "objectives": [ "q line max < 10", "q line mean < 10", "q line max < 4k" ],
             "run": {{ "horizon": "20s", "warm_up": "0s", "replications": 1 }} }}"#
    )
}

#[test]
fn the_line_of_a_queue_or_log_is_what_nobody_has_taken_yet() {
    for kind in ["queue", "log"] {
        let report = billed(&messages(kind), &[], Asked::default());

        // 90 more wait every second; the area of a triangle.
        let q = &report.nodes["q"];
        assert!(
            q.waiting_max.abs_diff(1_800) <= 12,
            "{kind}: {}",
            q.waiting_max
        );
        let mean = q.waiting_mean.value.expect("a value");
        assert!((mean / 900.0 - 1.0).abs() < 0.02, "{kind}: {mean}");
        let last = report.timeline.nodes["q"].line.last().copied();
        let last = last.expect("a point");
        assert!((last / 1_800.0 - 1.0).abs() < 0.02, "{kind}: {last}");
        let verdicts: Vec<String> = report
            .objectives
            .iter()
            .map(|one| format!("{:?}", one.verdict))
            .collect();
        assert_eq!(verdicts, ["Missed", "Missed", "Met"], "{kind}");
    }
}

#[test]
fn a_message_that_is_refused_at_once_does_not_come_back_at_once() {
    let text = r#"{ "nodes": { "app": { "kind": "delay" }, "q": { "kind": "queue" },
                        "w": { "kind": "station", "service_time": "1ms" },
                        "db": { "kind": "external", "rate": "5/s", "burst": 1 } },
             "links": [ "app -> q", "q -> w", "w -> db" ],
             "flows": { "main": { "enter": "app", "at": { "app": [ { "send": "q" } ], "w": [ { "call": "db" } ] } } },
             "load": [ { "rate": "20/s", "arrivals": "even" } ],
             "run": { "horizon": "10s", "warm_up": "0s", "replications": 1 } }"#;

    let report = billed(text, &[], Asked::default());

    // Five a second get through, and the first at once; nobody who waits asks more than
    // ten times a second.
    let db = &report.nodes["db"];
    assert!(db.completed.abs_diff(50) <= 2, "{}", db.completed);
    assert!(db.arrived < 200 * 10 * 10, "{}", db.arrived);
}

#[test]
fn a_loop_without_time_says_what_helps() {
    let text = r#"{ "nodes": { "it": { "kind": "delay" } }, "load": [ { "clients": 1 } ],
                    "run": { "horizon": "1s", "warm_up": "0s", "replications": 1 } }"#;

    let ran = with_input(&["run", "-"], text);

    assert_eq!(ran.status, 2);
    for words in [
        "error[engine::stopped]: more than ten million events at 0 s",
        "again and again without time passing",
        "help: give what repeats it some time",
    ] {
        assert!(ran.stderr.contains(words), "{}", ran.stderr);
    }
}

#[test]
fn the_limit_that_refused_most_is_named() {
    // Of 120/s the concurrency lets 10/s through; its rate of 100/s refuses a few beside.
    let text = r#"{ "nodes": { "w": { "kind": "lambda", "compute": "1s", "memory": "1769MiB", "reserved_concurrency": 10 } },
                    "load": [ { "rate": "120/s", "arrivals": "even" } ],
                    "run": { "horizon": "30s", "warm_up": "0s", "replications": 1 } }"#;

    let report = billed(text, &[], Asked::default());

    let notes = report.notes.join("\n");
    assert!(notes.contains("all of its 10 places were taken"), "{notes}");
}

#[test]
fn what_is_not_in_a_bill_is_said_where_nothing_has_a_price() {
    let text = r#"{ "nodes": { "db": { "kind": "rds", "class": "db.r8g.large" } }, "load": [ { "rate": "10/s" } ],
                    "run": { "horizon": "5s", "warm_up": "0s", "replications": 1 } }"#;

    let ran = with_input(&["cost", "-"], text);

    assert!(
        ran.stdout.contains("Nothing in this topology has a price."),
        "{}",
        ran.stdout
    );
    assert!(
        ran.stdout.contains("not in the bill: `db`: "),
        "{}",
        ran.stdout
    );
}

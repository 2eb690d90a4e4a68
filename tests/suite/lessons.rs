//! Shipped designs whose variants differ in a lesson: objectives that tell them apart.

use crate::support::{kneepoint, with_input};

/// Returns the verdicts of a variant of a shipped topology, by objective.
fn verdicts(name: &str, variant: Option<&str>) -> Vec<(String, String)> {
    let mut arguments = vec!["run", name, "--output", "json", "--replications", "5"];
    if let Some(variant) = variant {
        arguments.extend(["--variant", variant]);
    }
    let ended = kneepoint(&arguments);
    let report: serde_json::Value = serde_json::from_str(&ended.stdout).expect("it is JSON");
    let objectives = report["objectives"].as_array().expect("objectives");
    let text = |value: &serde_json::Value| value.as_str().expect("a text").to_owned();
    objectives
        .iter()
        .map(|one| (text(&one["expression"]), text(&one["verdict"])))
        .collect()
}

/// Returns what is missed.
fn missed(name: &str, variant: Option<&str>) -> Vec<String> {
    let all = verdicts(name, variant).into_iter();
    let missed = all.filter(|(_, verdict)| verdict != "met");
    missed.map(|(expression, _)| expression).collect()
}

#[test]
fn celebrities_break_a_fan_out_on_write() {
    assert!(missed("twitter-feed", Some("hybrid")).is_empty());
    assert!(missed("twitter-feed", Some("read")).is_empty());
    assert_eq!(
        missed("twitter-feed", Some("write")),
        ["timelines waiting p99.9 < 1ms", "home backlog max < 100k"]
    );
}

#[test]
fn a_minute_after_the_loss_a_cluster_is_well_and_a_standby_is_not() {
    let orders = ["order errors < 10%", "order errors < 0.1% from 3m"];

    assert_eq!(missed("database-failover", None), orders);
    assert!(missed("database-failover", Some("cluster")).is_empty());
    assert_eq!(missed("database-failover", Some("region")), orders[..1]);
}

#[test]
fn a_consumer_that_saturates_lets_its_queue_wait() {
    let notes = |text: &str| {
        let ended = with_input(&["run", "-", "--output", "json"], text);
        let report: serde_json::Value = serde_json::from_str(&ended.stdout).expect("it is JSON");
        let notes = report["notes"].as_array().expect("notes").clone();
        let mut said = notes.iter().filter_map(serde_json::Value::as_str);
        said.find(|note| note.contains("saturates"))
            .map(str::to_owned)
    };
    let served = r#""w": { "kind": "station", "servers": 2, "service_time": "100ms" }"#;
    let rest = r#""load": [ { "rate": "40/s" } ], "run": { "horizon": "20s", "warm_up": "5s", "replications": 1 }"#;

    let behind = notes(&format!(
        r#"{{ "nodes": {{ "jobs": {{ "kind": "queue" }}, {served} }}, "links": [ "jobs -> w" ], {rest} }}"#
    ));
    let alone = notes(&format!(r#"{{ "nodes": {{ {served} }}, {rest} }}"#));

    assert_eq!(
        behind.as_deref(),
        Some(
            "`w` saturates: its 2 servers are busy 100% of the time, and what it has no room for waits in `jobs`"
        )
    );
    let alone = alone.expect("a note");
    assert!(alone.contains("and a visit waits"), "{alone}");
}

#[test]
fn a_zone_is_missed_for_as_long_as_nobody_notices() {
    let soon = "main errors < 5% from 2m until 3m";

    assert_eq!(missed("zone-outage", None), [soon]);
    assert!(missed("zone-outage", Some("eager")).is_empty());
    assert!(missed("zone-outage", Some("try-again")).is_empty());
    assert_eq!(
        missed("zone-outage", Some("lean")),
        [soon, "main errors < 0.1% from 3m", "main p99 < 200ms"]
    );
}

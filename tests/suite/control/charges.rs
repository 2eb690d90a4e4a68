//! Alarms on costs fire in the period whose usage, at its price, comes to more than they allow.

use kneepoint::analysis::simulation::{Settings, simulate};
use kneepoint::engine::Nobody;
use kneepoint::report::Report;
use kneepoint::topology::{LoadRequest, load};

/// Simulates a design with everything that a bill needs.
fn report(text: &str) -> Report {
    let (topology, _) = load(&LoadRequest::new(text, "case.json")).expect("a sound file");
    let settings = Settings {
        threads: 1,
        precision: None,
    };
    let run = simulate(&topology, Vec::new(), &settings, &Nobody);
    run.expect("the run ends").report()
}

/// When an alarm fired first and was over last [s].
fn changes(report: &Report, name: &str) -> (Option<f64>, Option<f64>) {
    let mut alarms = report.alarms.iter();
    let alarm = alarms
        .find(|alarm| alarm.name == name)
        .expect("an alarm of that name");
    (alarm.fired_s, alarm.cleared_s)
}

#[test]
fn a_cost_alarm_fires_at_the_pace_of_its_period() {
    // Calls at $0.01 a thousand: 10 a second are 25,920,000 a month of 30 days, $259.2, and 20 a
    // second $518.4; a million of them cost $10 at any pace. From 30 s until 60 s there are 20.
    let report = report(
        r#"{ "nodes": { "metrics": { "kind": "cloudwatch" } },
            "flows": { "tell": { "at": { "client": [ { "write": "metrics" } ] } } },
            "load": [ { "rate": "10/s", "arrivals": "even", "shape": { "steps": [ ["0s", 1], ["30s", 2], ["60s", 1] ] } } ],
            "alarms": {
                "dear":    { "when": "cost > $500/month", "period": "10s", "breaches": 1 },
                "node":    { "when": "metrics cost > $500/month", "period": "10s", "breaches": 1 },
                "million": { "when": "cost > $9.99/million", "period": "10s", "breaches": 1 },
                "most":    { "when": "cost > $530/month", "period": "10s", "breaches": 1 } },
            "run": { "horizon": "90s", "warm_up": "0s", "replications": 1 } }"#,
    );

    assert_eq!(changes(&report, "dear"), (Some(40.0), Some(70.0)));
    assert_eq!(changes(&report, "node"), (Some(40.0), Some(70.0)));
    assert_eq!(changes(&report, "million"), (Some(10.0), None));
    assert_eq!(changes(&report, "most"), (None, None));
}

#[test]
fn a_cost_alarm_counts_the_hours_of_copies_that_come_and_go() {
    // Of a machine at $0.0416 an hour a month is $29.952. A third one is wanted from 30 s on, and
    // paid from its start, long before it takes visits.
    let report = report(
        r#"{ "nodes": { "web": { "kind": "ec2", "type": "t3.medium", "instances": 2,
                "scaling": { "min": 2, "max": 3, "schedule": [ { "at": "30s", "min": 3, "max": 3 } ] } } },
            "load": [ { "rate": "1/s" } ],
            "alarms": {
                "two":   { "when": "web cost > $59/month", "period": "10s", "breaches": 1 },
                "three": { "when": "web cost > $89/month", "period": "10s", "breaches": 1 },
                "more":  { "when": "web cost > $91/month", "period": "10s", "breaches": 1 } },
            "run": { "horizon": "60s", "warm_up": "0s", "replications": 1 } }"#,
    );

    assert_eq!(changes(&report, "two"), (Some(10.0), None));
    assert_eq!(changes(&report, "three"), (Some(40.0), None));
    assert_eq!(changes(&report, "more"), (None, None));
}

#[test]
fn a_cost_alarm_counts_the_time_of_environments() {
    // From 20 s on one environment of 1,769 MiB works all the time: 1,769 / 1,024 GiB-seconds a second
    // at $0.0000166667 are $74.63 a month, half a per cent more as every 100 ms are rounded up by 0.5 ms
    // on average; ten requests a second at $0.20 a million are $5.18: $80.19 in all.
    let report = report(
        r#"{ "nodes": { "fn": { "kind": "lambda", "memory": "1769MiB", "compute": "100ms", "overhead": "0s",
                "placement": "0s", "init": "0s" } },
            "flows": { "call": { "enter": "fn", "bytes": "1B", "reply": "1B" } },
            "load": [ { "rate": "10/s", "arrivals": "even", "start": "20s" } ],
            "alarms": {
                "idle": { "when": "cost > $0/month", "period": "10s", "breaches": 1 },
                "work": { "when": "fn cost > $79.5/month", "period": "10s", "breaches": 1 },
                "more": { "when": "fn cost > $81/month", "period": "10s", "breaches": 1 } },
            "run": { "horizon": "60s", "warm_up": "0s", "replications": 1 } }"#,
    );

    assert_eq!(changes(&report, "idle"), (Some(30.0), None));
    assert_eq!(changes(&report, "work").0, Some(30.0));
    assert_eq!(changes(&report, "more"), (None, None));
}

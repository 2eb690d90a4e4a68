//! CloudWatch: rates of the account, delays until data can be seen, what streams get.

use super::{about, admitted, counted, flood, recovers, storm};
use crate::known::harness::run;
use kneepoint::model::Outcome;

/// Keys that spread evenly.
const EVEN: &str = r#"{ "uniform": [1, 1000000] }"#;

#[test]
fn one_call_a_request_meets_the_rate_and_a_call_of_many_values_does_not() {
    let nodes = r#""seen": { "kind": "cloudwatch" }"#;
    let single = r#"{ "write": "seen", "op": "put-metric-data" }"#;
    let many = r#"{ "write": "seen", "op": "put-metric-data", "count": 20 }"#;

    let each = flood(nodes, "", single, EVEN, 1_000, 10);
    let gathered = flood(nodes, "", many, EVEN, 50, 10);

    about("calls", admitted(&each, "seen"), 500.0 * 11.0);
    assert_eq!(
        counted(&gathered, "seen", |s| s.tally.of(Outcome::Throttled)),
        0
    );
}

#[test]
fn refusals_end_with_the_storm() {
    let nodes = r#""seen": { "kind": "cloudwatch" }"#;

    let run = storm(nodes, "", r#"{ "write": "seen" }"#, 5_000, 400);

    recovers(&run, Outcome::Throttled);
}

#[test]
fn operations_and_nodes_of_the_account_share_by_operation() {
    let text = r#"{ "nodes": { "a": { "kind": "cloudwatch" }, "b": { "kind": "cloudwatch" } },
        "flows": { "metrics": { "at": { "client": [ { "write": "a" }, { "write": "b" } ] } },
                   "logs": { "at": { "client": [ { "write": "a", "op": "put-log-events" } ] } } },
        "load": [ { "flow": "metrics", "rate": "400/s", "arrivals": "even" }, { "flow": "logs", "rate": "4000/s", "arrivals": "even" } ],
        "run": { "horizon": "10s", "warm_up": "0s", "replications": 1 } }"#;

    let run = run(text);

    let refused = |flow: &str| run.of_flow(flow, |s| s.tally.of(Outcome::Throttled) as f64)[0];
    assert!(
        refused("metrics") > 0.0,
        "800 calls a second of one account"
    );
    assert_eq!(refused("logs"), 0.0);
}

#[test]
fn data_is_seen_after_its_delay_and_streams_get_what_they_ask_for() {
    let text = r#"{ "nodes": { "seen": { "kind": "cloudwatch", "put": "10ms", "log": "20ms", "metric_delay": "5s", "log_delay": "3s" },
                               "stream": { "kind": "delay" }, "filter": { "kind": "delay" } },
        "links": [ { "from": "seen", "to": "stream", "ops": [ "put-metric-data" ], "latency": "0s" },
                   { "from": "seen", "to": "filter", "ops": [ "put-log-events" ], "latency": "0s" } ],
        "flows": { "metric": { "at": { "client": [ { "write": "seen" } ] } },
                   "log": { "at": { "client": [ { "write": "seen", "op": "put-log-events" } ] } },
                   "look": { "at": { "client": [ { "read": "seen" } ] } } },
        "load": [ { "flow": "metric", "rate": "10/s", "arrivals": "even", "stop": "10s" }, { "flow": "log", "rate": "20/s", "arrivals": "even", "stop": "10s" },
                  { "flow": "look", "rate": "5/s", "arrivals": "even", "stop": "10s" } ],
        "run": { "horizon": "20s", "warm_up": "0s", "replications": 1 } }"#;

    let run = run(text);

    let arrived = |node: &str| counted(&run, node, |s| s.tally.arrived);
    assert_eq!((arrived("stream"), arrived("filter")), (100, 200));
    let settled = |flow: &str| {
        run.of_flow(flow, |f| {
            f.settled.sum as f64 / f.settled.count as f64 / 1e6
        })[0]
    };
    assert!((settled("metric") - 5_010.0).abs() < 1e-3);
    assert!((settled("log") - 3_020.0).abs() < 1e-3);
    let latency = run.latency_mean_ms("metric").value.expect("a mean");
    assert!((latency - 10.0).abs() < 1e-6, "the call: {latency} ms");
}

#[test]
fn data_is_seen_without_anybody_looking() {
    let nodes = r#""seen": { "kind": "cloudwatch", "put": "10ms", "metric_delay": "5s" }"#;

    let run = flood(nodes, "", r#"{ "write": "seen" }"#, EVEN, 10, 20);

    let settled = run.of_flow("main", |f| f.settled.max as f64 / 1e6)[0];
    assert!((settled - 5_010.0).abs() < 1e-3, "{settled} ms");
}

//! API Gateway: the account's bucket, stages, the cache of a REST API, the integration's time-out.

use super::{about, admitted, counted, flood};
use crate::known::harness::{near, run};
use kneepoint::model::Outcome;

#[test]
fn apis_share_the_bucket_of_the_account() {
    let text = r#"{ "nodes": { "one": { "kind": "api-gateway", "time": "0s" }, "other": { "kind": "api-gateway", "type": "rest", "time": "0s" },
                               "work": { "kind": "delay" } },
        "links": [ "one -> work", "other -> work" ],
        "flows": { "a": { "enter": "one" }, "b": { "enter": "other" } },
        "load": [ { "flow": "a", "rate": "8k/s", "arrivals": "even", "stop": "2s" }, { "flow": "b", "rate": "8k/s", "arrivals": "even", "stop": "2s" } ],
        "run": { "horizon": "2s", "warm_up": "0s", "replications": 1 } }"#;

    let run = run(text);

    // The account's defaults: 10,000/s and a burst of 5,000, up to the last arrival.
    let last = 2.0 - 1.0 / 8_000.0;
    about(
        "both",
        admitted(&run, "one") + admitted(&run, "other"),
        5_000.0 + 10_000.0 * last,
    );
    assert_eq!(
        run.of_flow("a", |s| s.tally.of(Outcome::Throttled) as f64)[0] as u64,
        counted(&run, "one", |s| s.tally.of(Outcome::Throttled))
    );
}

#[test]
fn a_stage_has_its_own_limit_and_a_quota_may_be_raised() {
    let text = |account: &str| {
        format!(
            r#"{{ "nodes": {{ "api": {{ "kind": "api-gateway", "rate": "50/s", "burst": 10 }}, "work": {{ "kind": "delay" }} }},
            "links": [ "api -> work" ], "account": {account},
            "load": [ {{ "rate": "100/s", "arrivals": "even", "stop": "10s" }} ],
            "run": {{ "horizon": "10s", "warm_up": "0s", "replications": 1 }} }}"#
        )
    };

    let stage = run(&text("{}"));
    let account = run(&text(
        r#"{ "api_gateway_rate": "20/s", "api_gateway_burst": 5 }"#,
    ));

    about("stage", admitted(&stage, "api"), 510.0);
    about("account", admitted(&account, "api"), 205.0);
}

#[test]
fn a_rest_api_answers_from_its_cache() {
    let nodes = r#""api": { "kind": "api-gateway", "type": "rest", "time": "0s", "cache": { "entries": 100 } }, "work": { "kind": "delay" }"#;

    let run = flood(
        nodes,
        r#""api -> work""#,
        r#"{ "call": "api" }"#,
        r#"{ "uniform": [7, 7] }"#,
        10,
        620,
    );

    // Entries live for 300 s: fetched at 0, 300 and 600 s.
    assert_eq!(counted(&run, "work", |s| s.tally.arrived), 3);
}

#[test]
fn an_integration_that_is_late_is_given_up_after_its_limit() {
    let late = |kind: &str| {
        let run = run(&format!(
            r#"{{ "nodes": {{ "api": {{ "kind": "api-gateway", "type": "{kind}", "time": "0s" }},
                             "work": {{ "kind": "delay", "time": "29500ms" }} }},
                "links": [ {{ "from": "api", "to": "work", "latency": "0s" }} ],
                "load": [ {{ "rate": "10/s", "arrivals": "even", "stop": "1s" }} ],
                "run": {{ "horizon": "60s", "warm_up": "0s", "replications": 1 }} }}"#
        ));
        run.of_flow("main", |s| s.tally.of(Outcome::TimedOut) as f64)[0]
    };

    assert_eq!(late("rest"), 10.0, "29 s");
    assert_eq!(late("http"), 0.0, "30 s");
}

#[test]
fn a_websocket_api_pushes_without_a_link() {
    let text = r#"{ "nodes": {
            "socket": { "kind": "api-gateway", "type": "websocket", "time": "2ms", "push": "7ms" },
            "app": { "kind": "station", "servers": "unlimited", "service_time": "0s" } },
        "links": [ { "from": "socket", "to": "app", "latency": "0s" }, { "from": "app", "to": "socket", "latency": "0s" } ],
        "flows": { "say": { "enter": "socket", "at": { "app": [ { "write": "socket" } ] } } },
        "load": [ { "rate": "100/s", "arrivals": "even", "stop": "10s" } ],
        "run": { "horizon": "10s", "warm_up": "0s", "replications": 5 } }"#;

    let run = run(text);

    // In by the gateway, and out again as a push.
    near("websocket.say", run.latency_mean_ms("say"), 9.0, 1e-9);
    assert_eq!(counted(&run, "socket", |s| s.tally.arrived), 2 * 1_000);
    assert_eq!(counted(&run, "app", |s| s.tally.arrived), 1_000);
}

#[test]
fn new_connections_have_a_bucket_of_their_own() {
    let text = r#"{ "nodes": { "socket": { "kind": "api-gateway", "type": "websocket", "connects": "50/s", "time": "0s" },
                               "app": { "kind": "station", "servers": "unlimited", "service_time": "0s" } },
        "links": [ "socket -> app" ],
        "flows": { "open": { "enter": "socket/connect", "at": { "app/connect": [ { "compute": "0s" } ] } }, "say": { "enter": "socket" } },
        "load": [ { "flow": "open", "rate": "100/s", "arrivals": "even", "stop": "10s" },
                  { "flow": "say", "rate": "100/s", "arrivals": "even", "stop": "10s" } ],
        "run": { "horizon": "10s", "warm_up": "0s", "replications": 1 } }"#;

    let run = run(text);

    let said = run.of_flow("say", |s| s.tally.of(Outcome::Completed) as f64)[0] as u64;
    assert_eq!(said, 1_000);
    about(
        "opened",
        admitted(&run, "socket") - said,
        50.0 * (1.0 + 10.0 - 1.0 / 100.0),
    );
}

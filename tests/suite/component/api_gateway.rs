//! API Gateway: the account's bucket, stages, the cache of a REST API, the integration's
//! time-out, authorizers, connections that are cut.

use super::{about, admitted, counted, flood, said};
use crate::known::harness::{Run, near, run};
use kneepoint::metrics::estimate;
use kneepoint::model::Outcome;
use kneepoint::topology::{LoadRequest, load};

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
    // The way to the client is gone one way, by a push and not by an answer.
    let far = text.replace(
        r#""links": [ "#,
        r#""links": [ { "from": "socket", "to": "client", "latency": "40ms" }, "#,
    );
    near(
        "websocket.far",
        crate::known::harness::run(&far).latency_mean_ms("say"),
        49.0,
        1e-9,
    );
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

/// An API that asks before it hands on.
fn guarded(kind: &str, authorizer: &str, auth: &str, load: &str, run_for: &str) -> Run {
    let open = match load.contains("open") {
        true => {
            r#", "open": { "enter": "api/connect", "at": { "work/connect": [ { "compute": "0s" } ] } }"#
        }
        false => "",
    };
    run(&format!(
        r#"{{ "nodes": {{ "api": {{ "kind": "api-gateway", "type": "{kind}", "time": "0s", "authorizer": {authorizer} }},
                         "auth": {{ {auth} }}, "work": {{ "kind": "delay" }} }},
        "links": [ {{ "from": "api", "to": "auth", "latency": "0s" }}, {{ "from": "api", "to": "work", "latency": "0s" }} ],
        "flows": {{ "main": {{ "enter": "api", "key": {{ "uniform": [1, 100] }} }}{open} }},
        "load": [ {load} ],
        "run": {{ {run_for} }} }}"#
    ))
}

#[test]
fn an_authorizer_is_asked_once_while_its_answer_is_known() {
    // A hundred callers at 0.5/s each. An answer is known for T = 10 s, and the next call after
    // that asks: 1/(1 + λT) of them.
    let known = r#"{ "to": "auth", "ttl": "10s", "time": "0s" }"#;
    let load = r#"{ "flow": "main", "rate": "50/s" }"#;
    let steady = r#""horizon": "600s", "warm_up": "60s", "replications": 20"#;

    let once = guarded("http", known, r#""kind": "delay""#, load, steady);
    let always = guarded(
        "http",
        &known.replace("10s", "0s"),
        r#""kind": "delay""#,
        load,
        steady,
    );

    let arrived = |run: &Run, node: &str| run.of_node(node, |s| s.tally.arrived as f64);
    let asked = estimate::ratio(&arrived(&once, "auth"), &arrived(&once, "api"));
    super::exactly("authorizer.asked", asked, 1.0 / 6.0);
    assert_eq!(arrived(&once, "work"), arrived(&once, "api"));
    assert_eq!(arrived(&always, "auth"), arrived(&always, "api"));
}

#[test]
fn without_an_answer_nothing_is_handed_on() {
    let asks = r#"{ "to": "auth", "time": "0s" }"#;
    let load = r#"{ "flow": "main", "rate": "100/s", "arrivals": "even" }"#;
    let ten = r#""horizon": "10s", "warm_up": "0s", "replications": 1"#;

    let run = guarded(
        "rest",
        asks,
        r#""kind": "external", "failure": 1"#,
        load,
        ten,
    );

    assert_eq!(counted(&run, "auth", |s| s.tally.arrived), 1_000);
    assert_eq!(counted(&run, "work", |s| s.tally.arrived), 0);
    let failed = run.of_flow("main", |s| s.tally.of(Outcome::Failed) as f64)[0];
    assert_eq!(failed, 1_000.0);
}

#[test]
fn a_websocket_api_asks_when_a_client_connects() {
    let asks = r#"{ "to": "auth", "ttl": "0s", "time": "0s" }"#;
    let load = r#"{ "flow": "main", "rate": "100/s", "arrivals": "even" },
                  { "flow": "open", "rate": "10/s", "arrivals": "even" }"#;
    let ten = r#""horizon": "10s", "warm_up": "0s", "replications": 1"#;

    let run = guarded("websocket", asks, r#""kind": "delay""#, load, ten);

    assert_eq!(counted(&run, "auth", |s| s.tally.arrived), 100);
    assert_eq!(counted(&run, "work", |s| s.tally.arrived), 1_100);
}

#[test]
fn a_token_that_the_gateway_checks_itself_only_takes_time() {
    let text = r#"{ "nodes": { "api": { "kind": "api-gateway", "time": "3ms", "authorizer": { "time": "2ms" } }, "work": { "kind": "delay" } },
        "links": [ { "from": "api", "to": "work", "latency": "0s" } ], "flows": { "main": { "enter": "api" } },
        "load": [ { "rate": "10/s", "arrivals": "even" } ], "run": { "horizon": "10s", "warm_up": "0s", "replications": 5 } }"#;

    near(
        "authorizer.jwt",
        run(text).latency_mean_ms("main"),
        5.0,
        1e-9,
    );
}

#[test]
fn an_authorizer_without_a_link_is_refused() {
    let text = r#"{ "nodes": { "api": { "kind": "api-gateway", "authorizer": { "to": "nobody" } }, "work": { "kind": "delay" } },
        "links": [ "api -> work" ], "flows": { "main": { "enter": "api" } }, "load": [ { "rate": "1/s" } ] }"#;

    let (topology, _) = load(&LoadRequest::new(text, "case.json")).expect("a topology");
    let found = kneepoint::compile::compile(&topology).expect_err("a mistake");

    assert!(
        found[0]
            .message
            .contains("asks `nobody`, to which it has no link"),
        "{}",
        found[0].message
    );
}

/// Clients that connect and stay, at a load, for some time.
fn connected(parameters: &str, load: &str, run_for: &str) -> Run {
    run(&format!(
        r#"{{ "nodes": {{ "socket": {{ "kind": "api-gateway", "type": "websocket", "time": "0s", {parameters} }}, "app": {{ "kind": "delay" }} }},
        "links": [ {{ "from": "socket", "to": "app", "latency": "0s" }} ],
        "flows": {{ "open": {{ "enter": "socket/connect", "at": {{ "app/connect": [ {{ "compute": "0s" }} ] }} }} }},
        "load": [ {load} ],
        "run": {{ {run_for} }} }}"#
    ))
}

#[test]
fn a_connection_is_cut_after_two_hours_and_a_quiet_one_after_ten_minutes() {
    let opened = |parameters: &str, horizon: &str| {
        let run = connected(
            &format!(r#""session": "100h", "reconnect": "1s"{parameters}"#),
            r#"{ "every": "1000h", "batch": 10 }"#,
            &format!(r#""horizon": "{horizon}", "warm_up": "0s", "replications": 1"#),
        );
        assert_eq!(run.of_flow("open", |s| s.settled.max as f64)[0], 0.0);
        let arrived = |node| counted(&run, node, |s| s.tally.arrived);
        assert_eq!(arrived("app"), arrived("socket"), "each by the integration");
        arrived("socket")
    };

    // At 0, 7,201 and 14,402 s; at 0, 601, 1,202, … 3,005 s.
    assert_eq!(opened("", "7200s"), 10);
    assert_eq!(opened("", "14403s"), 30);
    assert_eq!(opened(r#", "quiet": 1"#, "3600s"), 60);
}

#[test]
fn clients_that_would_stay_longer_connect_as_often_as_they_are_cut() {
    // Sessions are exponential with a mean of 2 h: cut with probability 1/e, and 1/(1 − 1/e)
    // connections each.
    let run = connected(
        r#""session": { "exponential": "2h" }"#,
        r#"{ "rate": "1/s", "stop": "1000s" }"#,
        r#""horizon": "60h", "warm_up": "0s", "replications": 20"#,
    );

    let each = estimate::ratio(
        &run.of_node("socket", |s| s.tally.arrived as f64),
        &run.of_flow("open", |s| s.tally.arrived as f64),
    );
    super::exactly(
        "websocket.connections",
        each,
        1.0 / (1.0 - (-1.0_f64).exp()),
    );
}

#[test]
fn clients_that_were_cut_together_come_back_one_burst_after_the_other() {
    // 30 at once and 30 a second at most. Those of 0 s connect again at 7,204 s, when 40 a second
    // have come anew for four: they find few tokens, and try until they have one.
    let run = connected(
        r#""connects": "30/s", "session": "100h", "reconnect": "4s""#,
        r#"{ "every": "1000h", "batch": 30 },
           { "name": "anew", "rate": "40/s", "arrivals": "even", "start": "7200s", "stop": "7210s" }"#,
        r#""horizon": "7800s", "warm_up": "0s", "replications": 1"#,
    );

    let refused = counted(&run, "socket", |s| s.tally.of(Outcome::Throttled));
    let open = counted(&run, "app", |s| s.tally.of(Outcome::Completed));
    let lost = run.of_flow("open", |s| s.tally.of(Outcome::Throttled) as f64)[0] as u64;
    assert!(refused > lost, "some that come back are refused: {refused}");
    assert_eq!(open, 30 + 400 - lost + 30, "and all of them come back");
}

#[test]
fn only_connections_that_are_followed_can_be_quiet() {
    let message = said(r#""kind": "api-gateway", "type": "websocket", "quiet": 0.5"#);

    assert!(message.contains("needs a `session`"), "{message}");
}

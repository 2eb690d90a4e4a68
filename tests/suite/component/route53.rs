//! Route 53: resolvers that remember, weights, times.

use super::{counted, flood, said};
use crate::known::harness::{Run, run};
use kneepoint::model::Outcome;
use kneepoint::topology::{LoadRequest, load};

/// Keys that spread evenly.
const EVEN: &str = r#"{ "uniform": [1, 1000000] }"#;

/// The share of 20,000 requests whose resolver held the answer.
fn held(parameters: &str) -> f64 {
    let nodes =
        format!(r#""dns": {{ "kind": "route53", {parameters} }}, "end": {{ "kind": "delay" }}"#);
    let run = flood(
        &nodes,
        r#""dns -> end""#,
        r#"{ "call": "dns" }"#,
        EVEN,
        1_000,
        20,
    );
    assert_eq!(
        counted(&run, "dns", |s| s.tally.of(Outcome::Completed)),
        20_000
    );
    counted(&run, "dns", |s| s.hits) as f64 / 20_000.0
}

#[test]
fn a_resolver_holds_what_it_is_asked_often_enough() {
    // λT/(1 + λT); 3.29 deviations of √(h(1 − h)/n) on either side.
    for (parameters, expected) in [
        (r#""ttl": "60s", "resolver_rate": "1/s""#, 60.0 / 61.0),
        (r#""ttl": "10s", "resolver_rate": "6/min""#, 0.5),
        (r#""ttl": "0s""#, 0.0),
        (r#""hit_rate": 0.9"#, 0.9),
    ] {
        let found = held(parameters);

        let tolerance = 3.29 * (expected * (1.0 - expected) / 20_000.0_f64).sqrt();
        assert!(
            (found - expected).abs() <= tolerance,
            "{parameters}: {found}"
        );
    }
}

#[test]
fn only_what_is_forgotten_asks_the_name_server() {
    let mean_ms = |hit_rate: u32| {
        let nodes = format!(
            r#""dns": {{ "kind": "route53", "hit_rate": {hit_rate}, "resolver": "2ms", "query": "20ms" }}, "end": {{ "kind": "delay" }}"#
        );
        let link = r#"{ "from": "dns", "to": "end", "latency": "0s" }"#;
        let run = flood(&nodes, link, r#"{ "call": "dns" }"#, EVEN, 100, 2);
        run.latency_mean_ms("main").value.expect("a mean")
    };

    assert!((mean_ms(1) - 2.0).abs() < 1e-6);
    assert!((mean_ms(0) - 22.0).abs() < 1e-6);
}

#[test]
fn weighted_records_split_at_random() {
    let nodes = r#""dns": { "kind": "route53" }, "blue": { "kind": "delay" }, "green": { "kind": "delay" }"#;
    let links = r#"{ "from": "dns", "to": "blue", "weight": 9 }, { "from": "dns", "to": "green", "weight": 1 }"#;

    let run = flood(nodes, links, r#"{ "call": "dns" }"#, EVEN, 1_000, 20);

    // 20,000 coins: 3.29 deviations of √(n p q) = 42.4 on either side.
    let few = counted(&run, "green", |s| s.tally.arrived);
    assert!(few.abs_diff(2_000) <= 140, "{few}");
}

#[test]
fn a_hit_rate_excludes_what_it_would_follow_from() {
    let found = said(r#""kind": "route53", "hit_rate": 0.9, "ttl": "60s""#);

    assert_eq!(found, "node `it` has both `hit_rate` and `ttl`");
}

/// Three quarters of the clients in Europe, one in America, and an API in either.
fn two_regions(dns: &str) -> Run {
    run(&format!(
        r#"{{ "nodes": {{ "dns": {{ "kind": "route53", "hit_rate": 1, "resolver": "2ms", {dns} }},
                "eu": {{ "kind": "ecs", "compute": "1ms", "tasks": 8 }}, "us": {{ "kind": "ecs", "compute": "1ms", "tasks": 8 }} }},
            "links": [ "dns -> us", "dns -> eu" ],
            "placement": {{ "nodes": {{ "eu": "eu-west-1", "us": "us-east-1" }},
                "latency": {{ "same-zone": "500us", "other-zone": "500us", "us-east-1 eu-west-1": "40ms" }} }},
            "flows": {{ "main": {{ "enter": "dns" }} }},
            "load": [ {{ "rate": "1000/s", "arrivals": "even", "from": {{ "eu-west-1": 3, "us-east-1": 1 }} }} ],
            "run": {{ "horizon": "20s", "warm_up": "0s", "replications": 1 }} }}"#
    ))
}

/// Requests that came to the API in America, and the mean latency [ms].
fn to_america(dns: &str) -> (f64, f64) {
    let run = two_regions(dns);
    let mean = run.latency_mean_ms("main").value.expect("a mean");
    let came = counted(&run, "us", |s| s.tally.arrived);
    (came as f64, mean)
}

#[test]
fn latency_records_send_everybody_to_the_nearest() {
    let (came, mean) = to_america(r#""policy": "latency""#);

    // A quarter of 20,000 coins: 3.29 deviations of √(n p q) = 61.2 on either side.
    assert!((came - 5_000.0).abs() < 202.0, "{came}");
    // Resolver 2 ms, there and back 0.5 ms each, and 1 ms of work on a server of many.
    assert!((mean - 4.0).abs() < 0.01, "{mean}");
}

#[test]
fn geolocation_records_send_places_where_the_table_says() {
    // Europe to America, against all sense, and the others to Europe: all cross the ocean.
    let (came, mean) =
        to_america(r#""policy": "geolocation", "locations": { "eu": "us", "*": "eu" }"#);

    assert!((came - 15_000.0).abs() < 202.0, "{came}");
    assert!((mean - 83.0).abs() < 0.01, "{mean}");
}

#[test]
fn weighted_records_know_no_places() {
    let (came, mean) = to_america(r#""policy": "weighted""#);

    // Half of 20,000 coins, 3.29 · √(n/4) on either side. Each way is drawn anew: half of
    // all ways cross, 2 + 1 + 2·(0.5·0.5 + 0.5·40) ms; the deviation of one latency is below
    // 39.5 ms, so that of the mean is below 0.28 ms.
    assert!((came - 10_000.0).abs() < 233.0, "{came}");
    assert!((mean - 43.5).abs() < 0.92, "{mean}");
}

#[test]
fn a_place_without_an_answer_is_refused() {
    let text = r#"{ "nodes": { "dns": { "kind": "route53", "policy": "geolocation", "locations": { "eu": "api" } }, "api": { "kind": "ecs" } },
        "links": [ "dns -> api" ], "flows": { "main": { "enter": "dns" } },
        "load": [ { "rate": "1/s", "from": "us-east-1" } ] }"#;

    let (topology, _) = load(&LoadRequest::new(text, "case.json")).expect("it loads");
    let found = kneepoint::compile::compile(&topology).expect_err("it is refused");

    assert_eq!(
        found[0].message,
        "node `dns` has no answer for `us-east-1`: give `locations` a \"*\""
    );
}

#[test]
fn resolvers_hold_an_answer_until_its_time_is_over() {
    let nodes = r#""dns": { "kind": "route53", "resolvers": 50, "ttl": "100ms", "resolver": "0s" }, "end": { "kind": "delay" }"#;

    let run = flood(
        nodes,
        r#""dns -> end""#,
        r#"{ "call": "dns" }"#,
        EVEN,
        1_000,
        20,
    );

    // Of the 99 requests within 100 ms each asks the same resolver with 1/50: of m = 1.98 + 1
    // requests m find the answer. In 20,000/2.98 cycles the binomial number deviates by 1.39,
    // the share by 1.39/2.98²/√6,711 = 0.0019; 3.29 of them.
    let found = counted(&run, "dns", |s| s.hits) as f64 / 20_000.0;
    assert!((found - 1.98 / 2.98).abs() < 0.0064, "{found}");
}

#[test]
fn all_who_ask_one_resolver_go_the_same_way_until_the_ttl_is_over() {
    let nodes = r#""dns": { "kind": "route53", "resolvers": 1, "ttl": "1s", "resolver": "0s", "query": "0s" },
                   "blue": { "kind": "delay" }, "green": { "kind": "delay" }"#;
    let links = r#""dns -> blue", "dns -> green""#;

    let run = flood(nodes, links, r#"{ "call": "dns" }"#, EVEN, 100, 40);

    // Forty answers for a hundred requests each.
    let blue = counted(&run, "blue", |s| s.tally.arrived);
    assert_eq!(counted(&run, "dns", |s| s.misses), 40);
    assert_eq!(blue % 100, 0, "{blue}");
    // 3.29 deviations of √(40/4) answers on either side.
    assert!(blue.abs_diff(2_000) <= 1_040, "{blue}");
}

//! Route 53: resolvers that remember, weights, times.

use super::{counted, flood, said};
use kneepoint::model::Outcome;

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

//! NAT gateway: source ports, its time, silent connections.

use super::{admitted, counted, flood, recovers};
use crate::known::harness::run;
use kneepoint::model::Outcome;

/// Keys that spread evenly.
const EVEN: &str = r#"{ "uniform": [1, 1000000] }"#;

#[test]
fn an_address_has_55000_ports_to_a_destination() {
    let inside = |addresses: u32| {
        let nodes = format!(
            r#""out": {{ "kind": "nat-gateway", "addresses": {addresses} }}, "bank": {{ "kind": "delay", "time": "10s" }}"#
        );
        let run = flood(
            &nodes,
            r#""out -> bank""#,
            r#"{ "call": "out" }"#,
            EVEN,
            80_000,
            1,
        );
        admitted(&run, "out")
    };

    // Nobody is back within the second.
    assert_eq!(inside(1), 55_000);
    assert_eq!(inside(2), 80_000);
}

#[test]
fn ports_come_back_with_the_answers() {
    // 55,000 of 100,000 find a port; after five seconds all have answered.
    let text = r#"{ "nodes": { "out": { "kind": "nat-gateway" }, "bank": { "kind": "delay", "time": "5s" } },
        "links": [ "out -> bank" ],
        "flows": { "storm": { "enter": "out" }, "calm": { "enter": "out" } },
        "load": [ { "flow": "storm", "rate": "50k/s", "arrivals": "even", "stop": "2s" }, { "flow": "calm", "rate": "1k/s", "arrivals": "even", "start": "8s" } ],
        "run": { "horizon": "10s", "warm_up": "0s", "replications": 1 } }"#;

    recovers(&run(text), Outcome::Throttled);
}

#[test]
fn it_adds_its_time_and_gives_silent_connections_up() {
    let run = |time: &str| {
        let nodes = format!(
            r#""out": {{ "kind": "nat-gateway", "time": "1ms", "timeout": "2s" }}, "far": {{ "kind": "delay", "time": "{time}" }}"#
        );
        let link = r#"{ "from": "out", "to": "far", "latency": "0s" }"#;
        flood(&nodes, link, r#"{ "call": "out" }"#, EVEN, 10, 5)
    };

    let (quick, slow) = (run("1s"), run("3s"));

    let mean = quick
        .node_mean_ms("out", |s| &s.sojourn)
        .value
        .expect("a mean");
    assert!((mean - 1_001.0).abs() < 1e-6, "{mean} ms");
    let given_up = slow.of_flow("main", |s| s.tally.of(Outcome::TimedOut) as f64)[0];
    assert_eq!(
        given_up,
        slow.of_flow("main", |s| s.tally.arrived as f64)[0]
    );
    assert_eq!(counted(&slow, "out", |s| s.tally.of(Outcome::Throttled)), 0);
}

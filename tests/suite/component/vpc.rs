//! VPC: bytes that wait for an interface of their zone, silent connections, ways without limits.

use super::{about, counted, exactly, flood, said};
use crate::known::harness::run;
use kneepoint::model::Outcome;

/// Keys that spread evenly.
const EVEN: &str = r#"{ "uniform": [1, 1000000] }"#;

#[test]
fn bytes_pass_an_interface_at_its_bandwidth_and_nothing_is_refused() {
    // 10 Gbit/s are 1,250 calls of 1 MB a second: 2,000 a second come.
    let nodes =
        r#""way": { "kind": "vpc", "zones": 1, "time": "0s" }, "store": { "kind": "delay" }"#;

    let run = flood(
        nodes,
        r#""way -> store""#,
        r#"{ "write": "way", "bytes": "1MB" }"#,
        EVEN,
        2_000,
        2,
    );

    about(
        "calls through",
        counted(&run, "store", |s| s.tally.arrived),
        2_500.0,
    );
    assert_eq!(counted(&run, "way", |s| s.tally.of(Outcome::Throttled)), 0);
}

#[test]
fn what_waited_has_passed_a_while_after_the_storm() {
    // 100 MB in two seconds over 10 MB/s: the last of them has passed at 10 s.
    let text = r#"{ "nodes": { "way": { "kind": "vpc", "zones": 1, "bandwidth": "10MB/s", "time": "0s" }, "store": { "kind": "delay" } },
        "links": [ { "from": "way", "to": "store", "latency": "0s" } ],
        "flows": { "storm": { "at": { "client": [ { "write": "way", "bytes": "1MB" } ] } }, "calm": { "at": { "client": [ { "write": "way", "bytes": "1MB" } ] } } },
        "load": [ { "flow": "storm", "rate": "50/s", "arrivals": "even", "stop": "2s" }, { "flow": "calm", "rate": "5/s", "arrivals": "even", "start": "11s" } ],
        "run": { "horizon": "15s", "warm_up": "0s", "replications": 1 } }"#;

    let run = run(text);

    let last = run.of_flow("storm", |s| s.latency.max as f64 / 1e9)[0];
    // Sent at 1.98 s.
    assert!((last - (10.0 - 1.98)).abs() < 0.02, "{last} s");
    let calm = run.latency_mean_ms("calm").value.expect("a mean");
    assert!((calm - 100.0).abs() < 0.1, "the time of 1 MB: {calm} ms");
}

#[test]
fn a_zone_is_a_single_server_with_a_fixed_time() {
    // M/D/1 at 0.6 in each of two zones: the wait is ρ/(2μ(1−ρ)), and the bytes pass.
    let text = r#"{ "nodes": { "way": { "kind": "vpc", "zones": 2, "bandwidth": "1MB/s", "time": "0s" }, "store": { "kind": "delay" } },
        "links": [ { "from": "way", "to": "store", "latency": "0s" } ],
        "flows": { "main": { "at": { "client": [ { "write": "way", "bytes": "10kB" } ] } } },
        "load": [ { "rate": "120/s" } ],
        "run": { "horizon": "600s", "warm_up": "60s", "replications": 20 } }"#;

    let run = run(text);

    exactly(
        "vpc.interface",
        run.latency_mean_ms("main"),
        0.6 * 10.0 / (2.0 * 0.4) + 10.0,
    );
}

#[test]
fn only_an_interface_endpoint_gives_silent_connections_up() {
    let given_up = |way: &str| {
        let text = format!(
            r#"{{ "nodes": {{ "way": {{ "kind": "vpc", "type": "{way}" }}, "far": {{ "kind": "delay", "time": "400s" }} }},
                "links": [ "way -> far" ],
                "flows": {{ "main": {{ "enter": "way" }} }},
                "load": [ {{ "rate": "1/s", "arrivals": "even", "stop": "5s" }} ],
                "run": {{ "horizon": "500s", "warm_up": "0s", "replications": 1 }} }}"#
        );
        run(&text).of_flow("main", |s| s.tally.of(Outcome::TimedOut) as f64)[0]
    };

    assert_eq!(given_up("interface-endpoint"), 5.0);
    assert_eq!(given_up("transit-gateway"), 0.0);
    assert_eq!(given_up("peering"), 0.0);
}

#[test]
fn zones_belong_to_interface_endpoints() {
    let message = said(r#""kind": "vpc", "type": "peering", "zones": 3"#);

    assert!(message.contains("`zones` does not apply"), "{message}");
}

//! One file per kind: its capacity is reached, its limits refuse, one edge.

mod alb;
mod api_gateway;
mod cloudfront;
mod dynamodb;
mod ecs;
mod elasticache_redis;
mod kinesis;
mod lambda;
mod registry;
mod s3;
mod sns;
mod sqs;

use crate::known::harness::{Run, run};
use kneepoint::metrics::recording::RowSlice;

/// Simulates one replication of some nodes and links under an even load of one client
/// step, from the start, with all that arrives counted.
fn flood(nodes: &str, links: &str, step: &str, key: &str, per_s: u32, seconds: u32) -> Run {
    run(&format!(
        r#"{{ "nodes": {{ {nodes} }}, "links": [ {links} ],
            "flows": {{ "main": {{ "key": {key}, "at": {{ "client": [ {step} ] }} }} }},
            "load": [ {{ "rate": "{per_s}/s", "arrivals": "even", "stop": "{seconds}s" }} ],
            "run": {{ "horizon": "{seconds}s", "warm_up": "0s", "replications": 1 }} }}"#
    ))
}

/// What a node counted in the only replication.
fn counted(run: &Run, node: &str, count: impl Fn(&RowSlice) -> u64) -> u64 {
    run.of_node(node, |slice| count(slice) as f64)[0] as u64
}

/// Visits that a node did not throttle.
fn admitted(run: &Run, node: &str) -> u64 {
    let throttled = kneepoint::model::Outcome::Throttled;
    counted(run, node, |slice| {
        slice.tally.arrived - slice.tally.of(throttled)
    })
}

/// Requires a count that closed arithmetic gives, but for the visit at either end.
#[track_caller]
fn about(what: &str, found: u64, expected: f64) {
    assert!(
        (found as f64 - expected).abs() <= 1.5,
        "{what}: expected {expected}, found {found}"
    );
}

//! One file per kind: its capacity is reached, its limits refuse, one edge.

mod alb;
mod api_gateway;
mod athena;
mod aurora;
mod buckets;
mod buckets_of_stores;
mod cloudfront;
mod cloudwatch;
mod codebuild;
#[allow(clippy::float_cmp, reason = "these values are exact")]
mod codedeploy;
#[allow(clippy::float_cmp, reason = "these values are exact")]
mod codepipeline;
mod cognito;
mod dax;
mod dynamodb;
mod ebs;
mod ec2;
mod ecs;
mod efs;
mod eks;
mod elastic_beanstalk;
mod elasticache_memcached;
mod elasticache_redis;
mod eventbridge;
mod every_bucket;
mod firehose;
mod iam;
mod kinesis;
mod kms;
mod lambda;
mod lambda_at_edge;
mod nat_gateway;
mod nlb;
mod opensearch;
mod rds;
mod redshift;
mod registry;
mod rekognition;
mod route53;
mod s3;
mod sagemaker;
mod secrets_manager;
mod sns;
mod sqs;
mod step_functions;
mod vpc;
mod x_ray;

use crate::known::harness::{Run, run, within};
use kneepoint::metrics::estimate::Estimate;
use kneepoint::metrics::recording::RowSlice;
use kneepoint::model::Outcome;
use kneepoint::topology::{LoadRequest, load};

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

/// Simulates an overload of `storm` for two seconds and, from the sixth second to the
/// tenth, `calm`, both of the same client step.
fn storm(nodes: &str, links: &str, step: &str, storm_per_s: u32, calm_per_s: u32) -> Run {
    run(&format!(
        r#"{{ "nodes": {{ {nodes} }}, "links": [ {links} ],
            "flows": {{ "storm": {{ "at": {{ "client": [ {step} ] }} }}, "calm": {{ "at": {{ "client": [ {step} ] }} }} }},
            "load": [ {{ "flow": "storm", "rate": "{storm_per_s}/s", "arrivals": "even", "stop": "2s" }},
                      {{ "flow": "calm", "rate": "{calm_per_s}/s", "arrivals": "even", "start": "6s", "stop": "10s" }} ],
            "run": {{ "horizon": "10s", "warm_up": "0s", "replications": 1 }} }}"#
    ))
}

/// Requires that a storm was refused in some way, and that nothing of it is left for the calm after it.
#[track_caller]
fn recovers(run: &Run, refusal: Outcome) {
    let ended = |flow: &str, outcome| run.of_flow(flow, |s| s.tally.of(outcome) as f64)[0];
    assert!(ended("storm", refusal) > 0.0, "nothing was {refusal:?}");
    assert_eq!(
        ended("calm", Outcome::Completed),
        run.of_flow("calm", |s| s.tally.arrived as f64)[0],
        "the calm after the storm"
    );
}

/// Requires an exact value within the 99.9 % interval of 20 replications.
#[track_caller]
pub(crate) fn exactly(id: &str, mut found: Estimate, expected: f64) {
    // Student's t with 19 degrees of freedom: 3.883 for 99.9 %, 2.093 for 95 %.
    let half = found.half_width.expect("an interval") * 3.883 / 2.093;
    found.half_width = Some(half);
    within(id, found, expected, half);
}

/// What is said about a node with some parameters; empty if it is sound.
fn said(parameters: &str) -> String {
    let text = format!(
        r#"{{ "nodes": {{ "it": {{ {parameters} }} }}, "load": [ {{ "rate": "1/s" }} ] }}"#
    );
    match load(&LoadRequest::new(&text, "case.json")) {
        Ok(_) => String::new(),
        Err(found) => found[0].message.clone(),
    }
}

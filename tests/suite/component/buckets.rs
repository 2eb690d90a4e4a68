//! Every token bucket of the kinds of network, messaging, security, operations and machine
//! learning, and of the plain kinds.
//!
//! One table holds what the documentation says, without a look at the kinds' defaults:
//! the rate and the burst of each bucket, and a step that meets it. After a spike at the
//! start that takes all that the bucket holds,
//!
//! - so much of the spike has passed as the burst allows;
//! - 99 % of the rate passes whole;
//! - of 101 % of the rate, no more and no less than the rate passes.

use std::collections::BTreeSet;

use crate::known::harness::{Run, prepare, run};
use kneepoint::component::{Access, Class, find};
use kneepoint::model::Outcome;

/// A bucket, as the documentation describes it.
struct Bucket {
    /// Kind, and parameters beside it.
    kind: &'static str,
    parameters: &'static str,
    /// Step of the client that meets it.
    step: &'static str,
    /// Name of the bucket in the model.
    name: &'static str,
    /// Tokens per second, and most tokens.
    rate: f64,
    burst: f64,
    /// Tokens of one such step.
    cost: f64,
    /// Whether it counts in seconds that begin whole.
    windowed: bool,
}

/// A bucket that holds one second of its rate; a step costs a token.
const fn bucket(kind: &'static str, step: &'static str, name: &'static str, rate: f64) -> Bucket {
    Bucket {
        kind,
        parameters: "",
        step,
        name,
        rate,
        burst: rate,
        cost: 1.0,
        windowed: false,
    }
}

/// All of them.
const BUCKETS: &[Bucket] = &[
    Bucket {
        parameters: r#", "rate": "1k/s""#,
        ..bucket("limiter", r#"{ "call": "it" }"#, "rate", 1_000.0)
    },
    Bucket {
        parameters: r#", "rate": "1k/s""#,
        ..bucket("external", r#"{ "call": "it" }"#, "rate", 1_000.0)
    },
    // Warmed up for so much; it grows minutes later.
    Bucket {
        parameters: r#", "warm": "1k/s""#,
        ..bucket("alb", r#"{ "call": "it" }"#, "capacity", 1_000.0)
    },
    bucket(
        "cloudfront",
        r#"{ "call": "it" }"#,
        "requests of the distribution",
        250_000.0,
    ),
    Bucket {
        burst: 5_000.0,
        ..bucket(
            "api-gateway",
            r#"{ "call": "it" }"#,
            "requests of the account's APIs",
            10_000.0,
        )
    },
    Bucket {
        parameters: r#", "rate": "200/s", "burst": 50"#,
        burst: 50.0,
        ..bucket(
            "api-gateway",
            r#"{ "call": "it" }"#,
            "requests of the stage",
            200.0,
        )
    },
    Bucket {
        parameters: r#", "type": "websocket""#,
        ..bucket(
            "api-gateway",
            r#"{ "call": "it/connect" }"#,
            "new connections of the account",
            500.0,
        )
    },
    Bucket {
        parameters: r#", "type": "fifo""#,
        ..bucket("sqs", r#"{ "send": "it" }"#, "calls", 300.0)
    },
    bucket(
        "sns",
        r#"{ "send": "it" }"#,
        "messages of the account's topics",
        30_000.0,
    ),
    Bucket {
        parameters: r#", "type": "fifo", "group_rate": "10k/s""#,
        ..bucket(
            "sns",
            r#"{ "send": "it" }"#,
            "messages of the topic",
            3_000.0,
        )
    },
    Bucket {
        parameters: r#", "type": "fifo""#,
        ..bucket("sns", r#"{ "send": "it" }"#, "messages of a group", 300.0)
    },
    bucket(
        "kinesis",
        r#"{ "send": "it", "bytes": "1B" }"#,
        "shard records",
        1_000.0,
    ),
    Bucket {
        cost: 5_000.0,
        ..bucket(
            "kinesis",
            r#"{ "send": "it", "bytes": "5kB" }"#,
            "shard bytes",
            1e6,
        )
    },
    Bucket {
        cost: 500.0,
        ..bucket(
            "firehose",
            r#"{ "send": "it", "bytes": "1B", "count": 500 }"#,
            "records",
            500_000.0,
        )
    },
    bucket(
        "firehose",
        r#"{ "send": "it", "bytes": "1B" }"#,
        "calls",
        2_000.0,
    ),
    Bucket {
        cost: 10_240.0,
        ..bucket(
            "firehose",
            r#"{ "send": "it", "bytes": "10KiB" }"#,
            "bytes",
            5_242_880.0,
        )
    },
    bucket(
        "eventbridge",
        r#"{ "send": "it" }"#,
        "events of the account's buses",
        10_000.0,
    ),
    bucket(
        "iam",
        r#"{ "call": "it", "op": "assume-role" }"#,
        "STS calls",
        600.0,
    ),
    bucket(
        "cognito",
        r#"{ "call": "it", "op": "sign-in" }"#,
        "authentications",
        120.0,
    ),
    bucket(
        "cognito",
        r#"{ "call": "it", "op": "sign-up" }"#,
        "creations of users",
        50.0,
    ),
    bucket(
        "cognito",
        r#"{ "call": "it", "op": "recover" }"#,
        "recoveries of accounts",
        30.0,
    ),
    bucket(
        "cognito",
        r#"{ "call": "it", "op": "federate" }"#,
        "federated sign-ins",
        25.0,
    ),
    bucket(
        "cognito",
        r#"{ "call": "it", "op": "get-user" }"#,
        "reads of users",
        120.0,
    ),
    bucket(
        "cognito",
        r#"{ "call": "it", "op": "update-user" }"#,
        "updates of users",
        25.0,
    ),
    bucket(
        "secrets-manager",
        r#"{ "read": "it" }"#,
        "reads of secrets",
        10_000.0,
    ),
    bucket(
        "secrets-manager",
        r#"{ "write": "it" }"#,
        "writes of secrets",
        50.0,
    ),
    Bucket {
        windowed: true,
        ..bucket(
            "kms",
            r#"{ "call": "it", "op": "decrypt" }"#,
            "symmetric requests to KMS",
            100_000.0,
        )
    },
    Bucket {
        windowed: true,
        ..bucket(
            "kms",
            r#"{ "call": "it", "op": "sign" }"#,
            "signing requests to KMS",
            1_000.0,
        )
    },
    bucket(
        "rekognition",
        r#"{ "call": "it", "op": "detect-labels" }"#,
        "calls to detect-labels",
        50.0,
    ),
    bucket(
        "rekognition",
        r#"{ "call": "it", "op": "detect-moderation-labels" }"#,
        "calls to detect-moderation-labels",
        50.0,
    ),
    bucket(
        "rekognition",
        r#"{ "call": "it", "op": "detect-text" }"#,
        "calls to detect-text",
        50.0,
    ),
    bucket(
        "rekognition",
        r#"{ "call": "it", "op": "search-faces" }"#,
        "calls to search-faces",
        50.0,
    ),
    bucket(
        "rekognition",
        r#"{ "call": "it", "op": "detect-faces" }"#,
        "calls to detect-faces",
        100.0,
    ),
    bucket(
        "rekognition",
        r#"{ "call": "it", "op": "compare-faces" }"#,
        "calls to compare-faces",
        100.0,
    ),
    bucket(
        "cloudwatch",
        r#"{ "write": "it", "op": "put-metric-data" }"#,
        "calls of put-metric-data",
        500.0,
    ),
    bucket(
        "cloudwatch",
        r#"{ "write": "it", "op": "put-log-events" }"#,
        "calls of put-log-events",
        5_000.0,
    ),
    bucket(
        "cloudwatch",
        r#"{ "read": "it", "op": "get-metric-data" }"#,
        "calls of get-metric-data",
        500.0,
    ),
    Bucket {
        parameters: r#", "rate": 1"#,
        cost: 50.0,
        ..bucket(
            "x-ray",
            r#"{ "write": "it", "count": 50 }"#,
            "segments of the account",
            2_600.0,
        )
    },
];

/// Buckets of which nobody is throttled, tested apart, and one that is met by way of another kind.
const ELSEWHERE: &[(&str, &str)] = &[
    ("eventbridge", "invocations of the account's targets"),
    ("cognito", "answers to challenges"),
    ("kinesis", "bytes read of a shard"),
    ("secrets-manager", "symmetric requests to KMS"),
    ("sqs", "receives"),
    ("vpc", "bandwidth"),
    ("x-ray", "reservoir of traces"),
];

/// The kinds of these groups.
pub(super) const KINDS: &[&str] = &[
    "cloudfront",
    "route53",
    "alb",
    "nlb",
    "nat-gateway",
    "vpc",
    "api-gateway",
    "sqs",
    "sns",
    "kinesis",
    "firehose",
    "eventbridge",
    "iam",
    "cognito",
    "secrets-manager",
    "kms",
    "cloudwatch",
    "x-ray",
    "codebuild",
    "codedeploy",
    "codepipeline",
    "sagemaker",
    "rekognition",
];

/// Kinds and names of what the table, or a test apart, is about.
pub(super) fn listed() -> BTreeSet<(&'static str, &'static str)> {
    let rows = BUCKETS.iter().map(|bucket| (bucket.kind, bucket.name));
    rows.chain(ELSEWHERE.iter().copied()).collect()
}

/// Nodes and links of a bucket's topology.
pub(super) fn nodes(kind: &str, parameters: &str) -> String {
    let class = find(kind).map(|info| info.class);
    let (end, link) = match class {
        Some(
            Class::Forwarding
            | Class::Cache
            | Class::Limiter
            | Class::Topic
            | Class::Queue
            | Class::Log,
        ) => (r#", "end": { "kind": "delay" }"#, r#""it -> end""#),
        _ => ("", ""),
    };
    format!(r#""nodes": {{ "it": {{ "kind": "{kind}"{parameters} }}{end} }}, "links": [ {link} ]"#)
}

/// What a flow does: the client's step, and what its endpoint, if it has one, asks for.
pub(super) fn steps(step: &str) -> String {
    let end = match step.contains("/connect") {
        true => r#", "end/connect": [ { "compute": "0s" } ]"#,
        false => "",
    };
    format!(r#""at": {{ "client": [ {step} ]{end} }}"#)
}

/// Simulates a spike of twice the burst at the start, and a share of the rate from when
/// the bucket is empty on: the time of it too [s].
fn loaded(bucket: &Bucket, share: f64) -> (Run, f64) {
    let visits_per_s = bucket.rate / bucket.cost;
    // Long enough for one in a hundred to be several; the first comes when there is a token.
    let (start, seconds) = match bucket.windowed {
        true => (1.0, 3.0),
        false => (1.0 / visits_per_s, (500.0 / visits_per_s).max(1.0)),
    };
    let head = nodes(bucket.kind, bucket.parameters);
    let steps = steps(bucket.step);
    let text = format!(
        r#"{{ {head}, "keys": {{ "k": {{ "uniform": [7, 7] }} }},
            "flows": {{ "spike": {{ "key": "k", {steps} }}, "even": {{ "key": "k", {steps} }} }},
            "load": [ {{ "flow": "spike", "every": "1h", "batch": {} }},
                      {{ "flow": "even", "rate": "{}/s", "arrivals": "even", "start": "{}ns", "stop": "{}ns" }} ],
            "run": {{ "horizon": "{}ns", "warm_up": "0s", "replications": 1 }} }}"#,
        (2.0 * bucket.burst / bucket.cost).ceil(),
        visits_per_s * share,
        (start * 1e9).ceil(),
        ((start + seconds) * 1e9).ceil(),
        ((start + seconds) * 1e9).ceil(),
    );
    (run(&text), seconds)
}

/// Visits of a flow, and how many of them were not throttled.
fn passed(run: &Run, flow: &str) -> (f64, f64) {
    let arrived = run.of_flow(flow, |slice| slice.tally.arrived as f64)[0];
    let throttled = run.of_flow(flow, |slice| slice.tally.of(Outcome::Throttled) as f64)[0];
    (arrived, arrived - throttled)
}

#[test]
fn every_bucket_admits_its_burst_and_throttles_at_its_rate() {
    for bucket in BUCKETS {
        let what = format!("{}: {}", bucket.kind, bucket.name);
        let (below, _) = loaded(bucket, 0.99);
        let (above, seconds) = loaded(bucket, 1.01);

        let (offered, admitted) = passed(&below, "even");
        assert_eq!(admitted, offered, "99 % of the rate of {what}");
        let (_, admitted) = passed(&below, "spike");
        let burst = (bucket.burst / bucket.cost).floor();
        assert!(
            (admitted - burst).abs() <= 1.0,
            "burst of {what}: {admitted}, not {burst}"
        );
        let (offered, admitted) = passed(&above, "even");
        let whole = bucket.rate / bucket.cost * seconds;
        assert!(
            offered - admitted >= 3.0,
            "101 % of the rate of {what} passes"
        );
        assert!(
            (admitted - whole).abs() <= 2.0,
            "{admitted} of {offered} pass {what} in {seconds} s, not {whole}"
        );
    }
}

#[test]
fn the_table_names_every_bucket_of_these_kinds() {
    let mut found = BTreeSet::new();
    let mut note = |kind: &'static str, parameters: &str, step: &str| {
        let (head, steps) = (nodes(kind, parameters), steps(step));
        let text = format!(
            r#"{{ {head}, "flows": {{ "main": {{ {steps} }} }}, "load": [ {{ "rate": "1/s" }} ] }}"#
        );
        let (model, ..) = prepare(&text);
        for bucket in model.buckets {
            found.insert((kind, bucket.name));
        }
    };
    for &kind in KINDS {
        let info = find(kind).unwrap_or_else(|| panic!("no kind {kind}"));
        for operation in info.operations {
            let verb = match operation.access {
                Access::Read => "read",
                Access::Write => "write",
                Access::Call => "call",
                Access::Send => "send",
            };
            let op = operation.name;
            note(kind, "", &format!(r#"{{ "{verb}": "it", "op": "{op}" }}"#));
        }
        if info.operations.is_empty() {
            note(kind, "", r#"{ "call": "it" }"#);
        }
    }
    for bucket in BUCKETS {
        note(bucket.kind, bucket.parameters, bucket.step);
    }

    let found: BTreeSet<_> = found
        .iter()
        .map(|(kind, name)| (*kind, name.as_str()))
        .collect();
    assert_eq!(found, listed(), "buckets found, and buckets listed");
}

#[test]
fn invocations_of_targets_wait_for_their_documented_rate() {
    // Three targets: 6,250 events at once, and 6,250 a second.
    let text = r#"{ "nodes": { "it": { "kind": "eventbridge", "put": "0s", "delivery": "0s" },
                               "a": { "kind": "delay" }, "b": { "kind": "delay" }, "c": { "kind": "delay" } },
        "links": [ "it -> a", "it -> b", "it -> c" ],
        "flows": { "main": { "at": { "client": [ { "send": "it" } ] } } },
        "load": [ { "every": "1h", "batch": 10000 } ],
        "run": { "horizon": "500ms", "warm_up": "0s", "replications": 1 } }"#;

    let run = run(text);

    for node in ["a", "b", "c"] {
        super::about(
            node,
            super::counted(&run, node, |slice| slice.tally.arrived),
            6_250.0 * 1.5,
        );
    }
}

//! What is too large is refused: by every kind that bounds it, at its documented size.
//!
//! One table holds what the documentation says, without a look at the kinds' own numbers.

use crate::known::harness::{Run, prepare, run};
use crate::support::{MONTH, billed};
use kneepoint::analysis::estimate::{Quota, Unit, estimate};
use kneepoint::compile::compile;
use kneepoint::cost::Asked;
use kneepoint::model::{Op, Outcome};
use kneepoint::topology::{LoadRequest, load};

/// One kibibyte, and one mebibyte.
const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;

/// A bound: kind and parameters, step up to its size, and how many bytes are the most.
const BOUNDS: &[(&str, &str, u64)] = &[
    (r#""dynamodb""#, r#""write": "it""#, 400 * KIB),
    (
        r#""dynamodb""#,
        r#""write": "it", "op": "update""#,
        400 * KIB,
    ),
    (
        r#""dynamodb""#,
        r#""write": "it", "op": "transact-write", "count": 20"#,
        4 * MIB / 20,
    ),
    (r#""sqs""#, r#""send": "it""#, MIB),
    (r#""sqs""#, r#""send": "it", "count": 8"#, MIB / 8),
    (r#""sns""#, r#""send": "it""#, 256 * KIB),
    (r#""eventbridge""#, r#""send": "it", "count": 4"#, MIB / 4),
    (
        r#""kinesis", "shard_bytes": "100MB/s""#,
        r#""send": "it""#,
        10 * MIB,
    ),
    (r#""firehose""#, r#""send": "it""#, 1_000 * KIB),
    (r#""firehose""#, r#""send": "it", "count": 8"#, 4 * MIB / 8),
    (r#""kms""#, r#""call": "it", "op": "encrypt""#, 4 * KIB),
    (r#""lambda""#, r#""call": "it""#, 6 * MIB),
    (
        r#""api-gateway", "type": "http""#,
        r#""call": "it""#,
        10 * MIB,
    ),
    (
        r#""api-gateway", "type": "websocket""#,
        r#""call": "it""#,
        128 * KIB,
    ),
    (r#""step-functions""#, r#""call": "it""#, 256 * KIB),
    (r#""secrets-manager""#, r#""write": "it""#, 64 * KIB),
    (r#""s3""#, r#""write": "it""#, 5 << 30),
    (r#""s3", "ranges": 2"#, r#""write": "it""#, 10 << 30),
];

/// Ten requests that bring so many bytes, one a second.
fn text(kind: &str, step: &str, bytes: &str) -> String {
    format!(
        r#"{{ "nodes": {{ "it": {{ "kind": {kind} }}, "sink": {{ "kind": "delay", "time": "1ms" }} }},
             "links": [ "it -> sink" ],
             "flows": {{ "main": {{ "key": {{ "uniform": [1, 1000000] }}, "at": {{ "client": [ {{ {step}, "bytes": {bytes} }} ] }} }} }},
             "load": [ {{ "rate": "1/s", "arrivals": "even" }} ],
             "run": {{ "horizon": "10s", "warm_up": "0s", "replications": 1 }} }}"#
    )
    // Leaves have no links.
    .replace(
        r#""links": [ "it -> sink" ],"#,
        if kind.contains("kms") || kind.contains("secrets") {
            ""
        } else {
            r#""links": [ "it -> sink" ],"#
        },
    )
    .replace(
        r#", "sink": { "kind": "delay", "time": "1ms" }"#,
        if kind.contains("kms") || kind.contains("secrets") {
            ""
        } else {
            r#", "sink": { "kind": "delay", "time": "1ms" }"#
        },
    )
}

/// Visits of a node that arrived, and that failed.
fn failed(run: &Run, node: &str) -> (f64, f64) {
    let arrived = run.of_node(node, |slice| slice.tally.arrived as f64);
    let failed = run.of_node(node, |slice| slice.tally.of(Outcome::Failed) as f64);
    (arrived.iter().sum(), failed.iter().sum())
}

/// Operations of a model that compare sizes.
fn comparisons(text: &str) -> usize {
    let (model, ..) = prepare(text);
    let fits = |op: &&Op| matches!(op, Op::Fits { .. });
    model.ops.iter().filter(fits).count()
}

#[test]
fn every_bound_takes_its_size_and_refuses_one_byte_more() {
    for (kind, step, most) in BOUNDS {
        let at = |bytes: u64| text(kind, step, &format!(r#""{bytes}B""#));
        let what = format!("{kind} {step} {most}");

        assert_eq!(comparisons(&at(*most)), 0, "{what}: nothing to compare");
        assert_eq!(failed(&run(&at(*most)), "it").1, 0.0, "{what}");
        let (arrived, refused) = failed(&run(&at(most + 1)), "it");
        assert!(arrived >= 9.0, "{what}: {arrived} arrived");
        assert_eq!(refused, arrived, "{what} and one byte");
    }
}

#[test]
fn of_drawn_sizes_the_share_above_the_bound_is_refused() {
    // Exponential with a mean of 200 KiB: e^(−400 / 200) of the items are too large.
    let nodes = r#""it": { "kind": "dynamodb", "put": "1ms", "warm_write": "1M/s", "partition_write": "1M/s" }"#;
    let text = format!(
        r#"{{ "nodes": {{ {nodes} }},
             "flows": {{ "main": {{ "key": {{ "uniform": [1, 1000000] }}, "at": {{ "client": [ {{ "write": "it", "bytes": {{ "exponential": "200KiB" }} }} ] }} }} }},
             "load": [ {{ "rate": "1k/s" }} ],
             "run": {{ "horizon": "20s", "warm_up": "0s", "replications": 1 }} }}"#
    );

    let report = billed(&text, &[], Asked::default());
    let (arrived, refused) = failed(&run(&text), "it");

    let share = (-2.0_f64).exp();
    let deviation = (share * (1.0 - share) / arrived).sqrt();
    let found = refused / arrived;
    assert!((found - share).abs() < 3.29 * deviation, "{found}");
    let note = "because they brought more than it takes: 400KiB an item";
    let notes = report.notes.join("\n");
    assert!(notes.contains(note), "{notes}");
    assert!(notes.contains("`it` failed 13."), "{notes}");
}

#[test]
fn what_is_refused_pays_nothing() {
    let bill = |bytes: &str| {
        let text = text(r#""dynamodb", "put": "1ms""#, r#""write": "it""#, bytes);
        billed(&text, &[], Asked::default()).cost.month_usd.value
    };

    // 400 units of 1 KiB for each of a request a second.
    let paid = bill(r#""400KiB""#).expect("a bill");
    assert!(
        (paid / (MONTH * 400.0 * 0.625e-6) - 1.0).abs() < 1e-5,
        "{paid}"
    );
    assert_eq!(bill(r#""401KiB""#), Some(0.0));
}

#[test]
fn a_size_that_cannot_be_exceeded_leaves_programs_as_they_are() {
    let queue = |bytes: &str| text(r#""sqs""#, r#""send": "it""#, bytes);

    assert_eq!(comparisons(&queue(r#"{ "exponential": "1KiB" }"#)), 0);
    // e^(−1024 / 64) of them, and 21 means are the largest of a thousand million.
    assert_eq!(comparisons(&queue(r#"{ "exponential": "64KiB" }"#)), 1);
    assert_eq!(comparisons(&queue(r#"{ "uniform": ["1KiB", "1MiB"] }"#)), 0);
}

#[test]
fn a_request_is_compared_where_it_is_handed_on() {
    // 7 MiB pass the gateway, and not the function behind it; a client's upload elsewhere.
    let text = |bytes: &str| {
        format!(
            r#"{{ "nodes": {{ "api": {{ "kind": "api-gateway" }}, "f": {{ "kind": "lambda" }} }},
                 "links": [ "api -> f" ],
                 "flows": {{ "main": {{ "enter": "api", "bytes": "{bytes}" }} }},
                 "load": [ {{ "rate": "1/s", "arrivals": "even" }} ],
                 "run": {{ "horizon": "10s", "warm_up": "0s", "replications": 1 }} }}"#
        )
    };
    let fits = run(&text("6MiB"));
    let large = run(&text("7MiB"));
    let larger = run(&text("11MiB"));

    assert_eq!(comparisons(&text("6MiB")), 0);
    assert_eq!(comparisons(&text("7MiB")), 1);
    assert_eq!(failed(&fits, "f").1, 0.0);
    let (arrived, refused) = failed(&large, "f");
    assert_eq!(refused, arrived);
    assert!(arrived >= 9.0, "{arrived}");
    assert_eq!(failed(&larger, "f"), (0.0, 0.0), "nothing comes through");
}

#[test]
fn what_a_bucket_tells_is_no_larger_for_its_objects() {
    let text = r#"{ "nodes": { "b": { "kind": "s3" }, "q": { "kind": "sqs" }, "f": { "kind": "lambda" } },
             "links": [ "b -> q", "q -> f" ],
             "flows": { "main": { "at": { "client": [ { "write": "b", "bytes": "20MiB" } ] } } },
             "load": [ { "rate": "1/s", "arrivals": "even" } ],
             "run": { "horizon": "10s", "warm_up": "0s", "replications": 1 } }"#;

    assert_eq!(comparisons(text), 0);
}

/// The limits of a topology at which a node is looked at.
fn limits(text: &str, node: &str) -> Vec<Quota> {
    let (topology, _) = load(&LoadRequest::new(text, "case.json")).expect("a topology");
    let model = compile(&topology).expect("it compiles");
    let found = estimate(&topology, &model).expect("calls end");
    let quotas = found.quotas.into_iter();
    quotas.filter(|one| one.node == node).collect()
}

#[test]
fn check_compares_sizes_that_may_be_refused() {
    let of = |bytes: &str| limits(&text(r#""sns""#, r#""send": "it""#, bytes), "it");
    let sizes = |quotas: &[Quota]| {
        let sizes = quotas.iter().filter(|one| one.unit == Unit::Bytes);
        sizes.map(|one| (one.peak, one.limit)).collect::<Vec<_>>()
    };

    assert_eq!(sizes(&of(r#""256KiB""#)), []);
    assert_eq!(sizes(&of(r#""320KiB""#)), [(327_680.0, 262_144.0)]);
}

#[test]
fn check_counts_the_messages_in_flight() {
    // 100 messages a second in batches of ten, each for two seconds: 200, but consumers have
    // room for at most so many deliveries of ten.
    let with = |more: &str| {
        let text = format!(
            r#"{{ "nodes": {{ "q": {{ "kind": "sqs", "in_flight": 1000, "duplicates": 0 }}, "w": {{ "kind": "delay", "time": "2s" }} }},
                 "links": [ {{ "from": "q", "to": "w", "latency": "0s", "batch": 1{more} }} ],
                 "flows": {{ "main": {{ "at": {{ "client": [ {{ "send": "q" }} ] }} }} }},
                 "load": [ {{ "rate": "100/s" }} ], "run": {{ "horizon": "10s" }} }}"#
        );
        let mut found = limits(&text, "q").into_iter();
        let found = found.find(|one| one.name == "messages in flight");
        found.expect("a row")
    };

    let free = with("");
    assert!((free.peak - 200.0).abs() < 1e-6, "{free:?}");
    assert_eq!((free.limit, free.key), (1_000.0, Some("in_flight")));
    let few = with(r#", "concurrency": 50"#);
    assert!((few.peak - 50.0).abs() < 1e-6, "{few:?}");
}

#[test]
fn no_shipped_topology_compares_a_size_in_vain() {
    for (name, text) in kneepoint::cli::SHIPPED {
        let expected = usize::from(*name == "item-limit");
        assert_eq!(comparisons(text), expected, "{name}");
    }
}

//! Every token bucket of compute, storage, databases and caches: it admits its burst and
//! its rate, refuses or delays nothing below it, and recovers.

use std::collections::BTreeSet;

use super::{about, counted, flood, recovers, storm};
use crate::known::harness::prepare;
use kneepoint::component::{Access, find};
use kneepoint::model::Outcome;
use kneepoint::topology::{LoadRequest, load};

/// Kinds whose buckets all have a row.
pub(super) const KINDS: &[&str] = &[
    "ec2",
    "ecs",
    "eks",
    "elastic-beanstalk",
    "lambda",
    "lambda-at-edge",
    "step-functions",
    "s3",
    "ebs",
    "efs",
    "rds",
    "aurora",
    "dynamodb",
    "dax",
    "opensearch",
    "redshift",
    "athena",
    "elasticache-redis",
    "elasticache-memcached",
];

/// Keys that spread evenly.
const EVEN: &str = r#"{ "uniform": [1, 1000000] }"#;
/// One key for all.
const HOT: &str = r#"{ "uniform": [7, 7] }"#;

/// One bucket, and visits that no other limit of the kind stops before it does.
struct Row {
    kind: &'static str,
    parameters: &'static str,
    /// What the client does; `after` is called behind it, or by it over a link.
    step: &'static str,
    key: &'static str,
    bucket: &'static str,
    /// Documented tokens per second, and tokens at the start.
    rate: f64,
    burst: f64,
    /// Tokens that a visit pays.
    price: f64,
    /// Whether a visit that finds too few waits, instead of being throttled.
    waits: bool,
}

/// A row of visits that pay one token each.
const fn row(
    kind: &'static str,
    parameters: &'static str,
    step: &'static str,
    bucket: &'static str,
    (rate, burst): (f64, f64),
) -> Row {
    Row {
        kind,
        parameters,
        step,
        key: EVEN,
        bucket,
        rate,
        burst,
        price: 1.0,
        waits: false,
    }
}

/// A row of visits that wait.
const fn waits(row: Row) -> Row {
    Row { waits: true, ..row }
}

/// A row whose visits pay so much.
const fn priced(price: f64, row: Row) -> Row {
    Row { price, ..row }
}

/// A row whose visits are all about one key.
const fn hot(row: Row) -> Row {
    Row { key: HOT, ..row }
}

const MEBIBYTE: f64 = 1_048_576.0;
const CALL: &str = r#"{ "call": "it" }"#;
const READ: &str = r#"{ "read": "it" }"#;
const STRONG: &str = r#"{ "read": "it", "consistent": true }"#;
const QUERY: &str = r#"{ "read": "it", "op": "query-index" }"#;
const WRITE: &str = r#"{ "write": "it" }"#;
/// A table that bought so much, and an index of it with less.
const INDEXED: &str = r#""billing": "provisioned", "rcu": 2000, "wcu": 2000, "partitions": 64, "get": "0s", "put": "0s", "query": "0s", "index": { "rcu": 500, "wcu": 400, "partitions": 8 }"#;
const NARROW: &str =
    r#""partitions": 64, "put": "0s", "query": "0s", "index": { "partitions": 1 }"#;

/// All buckets; rates and bursts are those of the vendor's documents.
const ROWS: &[Row] = &[
    row(
        "lambda",
        r#""overhead": "0s", "placement": "0s", "init": "0s", "compute": "1us""#,
        CALL,
        "requests per unit of concurrency",
        (10_000.0, 10_000.0),
    ),
    row(
        "lambda-at-edge",
        r#""overhead": "0s", "cold_start": "0s", "compute": "1us""#,
        CALL,
        "requests per unit of concurrency",
        (10_000.0, 10_000.0),
    ),
    row(
        "step-functions",
        r#""start": "0s", "transition": "0s""#,
        CALL,
        "starts of standard workflows",
        (300.0, 1_300.0),
    ),
    row(
        "step-functions",
        r#""type": "express", "start": "0s", "transition": "0s""#,
        CALL,
        "starts of express workflows",
        (6_000.0, 6_000.0),
    ),
    priced(
        50.0,
        waits(row(
            "step-functions",
            r#""start": "0s", "transition": "0s", "rate": "10k/s", "transitions": 50, "passing": "at-once""#,
            CALL,
            "transitions of the account's workflows",
            (5_000.0, 5_000.0),
        )),
    ),
    row(
        "s3",
        r#""get": "0s", "bandwidth": "1000GB/s""#,
        READ,
        "partition reads",
        (5_500.0, 5_500.0),
    ),
    row(
        "s3",
        r#""put": "0s", "bandwidth": "1000GB/s""#,
        WRITE,
        "partition writes",
        (3_500.0, 3_500.0),
    ),
    waits(row(
        "ebs",
        r#""time": "0s""#,
        READ,
        "operations",
        (3_000.0, 1.0),
    )),
    waits(row(
        "ebs",
        // 540 of 5,400,000 are saved.
        r#""type": "gp2", "time": "0s", "credits": 0.0001"#,
        READ,
        "saved operations",
        (300.0, 540.0),
    )),
    priced(
        MEBIBYTE,
        waits(row(
            "ebs",
            r#""time": "0s", "item": "1MiB""#,
            WRITE,
            "bytes",
            (125.0 * MEBIBYTE, 1.0),
        )),
    ),
    priced(
        MEBIBYTE,
        waits(row(
            "ebs",
            r#""type": "st1", "size": "1TiB", "time": "0s", "item": "1MiB", "credits": 0"#,
            READ,
            "saved bytes",
            (40.0 * MEBIBYTE, 0.0),
        )),
    ),
    waits(row(
        "efs",
        r#""read": "0s""#,
        READ,
        "reads",
        (250_000.0, 1.0),
    )),
    waits(row(
        "efs",
        r#""write": "0s""#,
        WRITE,
        "writes",
        (50_000.0, 1.0),
    )),
    priced(
        MEBIBYTE,
        waits(row(
            "efs",
            r#""mode": "bursting", "write": "0s", "item": "1MiB""#,
            WRITE,
            "bytes",
            (100.0 * MEBIBYTE, 1.0),
        )),
    ),
    priced(
        MEBIBYTE,
        waits(row(
            "efs",
            r#""mode": "bursting", "stored": "1TiB", "write": "0s", "item": "1MiB", "credits": 0"#,
            WRITE,
            "saved bytes",
            (50.0 * MEBIBYTE, 0.0),
        )),
    ),
    waits(row(
        "rds",
        r#""overhead": "0s", "write_cpu": "0s", "row_cpu": "0s", "commit": "0s", "connections": 100000"#,
        WRITE,
        "storage operations",
        (3_000.0, 1.0),
    )),
    row(
        "dynamodb",
        r#""partitions": 64, "put": "0s""#,
        WRITE,
        "table write units",
        (4_000.0, 4_000.0),
    ),
    row(
        "dynamodb",
        r#""partitions": 64, "get_consistent": "0s""#,
        STRONG,
        "table read units",
        (12_000.0, 12_000.0),
    ),
    row(
        "dynamodb",
        r#""billing": "provisioned", "rcu": 10, "wcu": 200, "put": "0s""#,
        WRITE,
        "table write units",
        (200.0, 200.0),
    ),
    row(
        "dynamodb",
        r#""billing": "provisioned", "rcu": 100, "wcu": 10, "banked": "20s", "get_consistent": "0s""#,
        STRONG,
        "table read units",
        (100.0, 2_000.0),
    ),
    hot(row(
        "dynamodb",
        r#""put": "0s""#,
        WRITE,
        "partition write units",
        (1_000.0, 1_000.0),
    )),
    hot(row(
        "dynamodb",
        r#""get_consistent": "0s""#,
        STRONG,
        "partition read units",
        (3_000.0, 3_000.0),
    )),
    row(
        "dynamodb",
        INDEXED,
        WRITE,
        "index write units",
        (400.0, 400.0),
    ),
    priced(
        0.5,
        row(
            "dynamodb",
            INDEXED,
            QUERY,
            "index read units",
            (500.0, 500.0),
        ),
    ),
    row(
        "dynamodb",
        NARROW,
        WRITE,
        "index partition write units",
        (1_000.0, 1_000.0),
    ),
    priced(
        0.5,
        row(
            "dynamodb",
            NARROW,
            QUERY,
            "index partition read units",
            (3_000.0, 3_000.0),
        ),
    ),
    row(
        "athena",
        r#""query": "0s", "item": "1B""#,
        READ,
        "submissions of queries",
        (20.0, 80.0),
    ),
];

/// Kinds and names of what the table is about.
pub(super) fn listed() -> BTreeSet<(&'static str, &'static str)> {
    ROWS.iter().map(|row| (row.kind, row.bucket)).collect()
}

impl Row {
    /// The node, and one that counts who has passed.
    fn nodes(&self) -> String {
        let (kind, parameters) = (self.kind, self.parameters);
        format!(r#""it": {{ "kind": "{kind}", {parameters} }}, "after": {{ "kind": "delay" }}"#)
    }

    /// The link to who counts, if the node makes calls of its own.
    fn links(&self) -> &'static str {
        if self.step == CALL {
            r#""it -> after""#
        } else {
            ""
        }
    }

    /// What the client does.
    fn steps(&self) -> String {
        if self.step == CALL {
            return self.step.to_owned();
        }
        format!(r#"{}, {{ "call": "after" }}"#, self.step)
    }

    /// Who has passed of so many visits a second, for some seconds; and who was throttled.
    fn passed(&self, per_s: f64, seconds: u32) -> (u64, u64) {
        let (nodes, steps) = (self.nodes(), self.steps());
        let run = flood(
            &nodes,
            self.links(),
            &steps,
            self.key,
            per_s as u32,
            seconds,
        );
        let throttled = counted(&run, "it", |s| s.tally.of(Outcome::Throttled));
        (counted(&run, "after", |s| s.tally.arrived), throttled)
    }

    fn name(&self) -> String {
        format!("{}: {} with {}", self.kind, self.bucket, self.parameters)
    }
}

#[test]
fn an_overload_gets_the_burst_and_the_rate_and_no_more() {
    for row in ROWS {
        let seconds = 2;

        let offered = 2.0 * row.rate.max(row.burst) / row.price;
        let (passed, throttled) = row.passed(offered, seconds);

        let expected = (row.burst + row.rate * f64::from(seconds)) / row.price;
        about(&row.name(), passed, expected);
        assert_eq!(throttled > 0, !row.waits, "{}", row.name());
    }
}

#[test]
fn nothing_is_refused_or_delayed_just_below_the_rate() {
    for row in ROWS {
        let per_s = (0.99 * row.rate / row.price).floor();

        let (passed, throttled) = row.passed(per_s, 5);

        assert_eq!(throttled, 0, "{}", row.name());
        about(&row.name(), passed, per_s * 5.0);
    }
}

#[test]
fn a_storm_is_throttled_and_the_calm_after_it_is_not() {
    for row in ROWS.iter().filter(|row| !row.waits && row.key == EVEN) {
        let (storm_per_s, calm_per_s) = (row.rate + row.burst, 0.9 * row.rate);
        let [storm_per_s, calm_per_s] =
            [storm_per_s, calm_per_s].map(|rate| (rate / row.price) as u32);

        let run = storm(
            &row.nodes(),
            row.links(),
            &row.steps(),
            storm_per_s,
            calm_per_s,
        );

        recovers(&run, Outcome::Throttled);
    }
}

/// Names of the buckets that a kind has with some parameters, over all its operations.
fn buckets(kind: &str, parameters: &str) -> BTreeSet<String> {
    let info = find(kind).expect("a kind");
    let mut steps = vec![r#"{ "call": "it" }"#.to_owned()];
    for operation in info.operations {
        let verb = match operation.access {
            Access::Read => "read",
            Access::Write => "write",
            Access::Call => "call",
            Access::Send => "send",
        };
        steps.push(format!(
            r#"{{ "{verb}": "it", "op": "{}" }}"#,
            operation.name
        ));
    }
    let mut found = BTreeSet::new();
    for step in steps {
        let text = format!(
            r#"{{ "nodes": {{ "it": {{ "kind": "{kind}"{parameters} }} }},
                "flows": {{ "main": {{ "at": {{ "client": [ {step} ] }} }} }}, "load": [ {{ "rate": "1/s" }} ] }}"#
        );
        // An operation may need what these parameters do not give (an index).
        let Ok((topology, _)) = load(&LoadRequest::new(&text, "case.json")) else {
            continue;
        };
        if kneepoint::compile::compile(&topology).is_err() {
            continue;
        }
        let (model, _, _) = prepare(&text);
        found.extend(model.buckets.iter().map(|bucket| bucket.name.clone()));
    }
    found
}

#[test]
fn every_bucket_of_every_kind_has_a_row() {
    for kind in KINDS {
        let rows = || ROWS.iter().filter(|row| row.kind == *kind);
        let sets = rows().map(|row| format!(", {}", row.parameters));
        let declared: BTreeSet<String> = sets
            .chain([String::new()])
            .flat_map(|parameters| buckets(kind, &parameters))
            .collect();

        let tested: BTreeSet<String> = rows().map(|row| row.bucket.to_owned()).collect();

        assert_eq!(declared, tested, "{kind}");
    }
}

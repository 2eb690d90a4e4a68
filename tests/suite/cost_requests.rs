//! The bill of kinds that are paid by the request, against bills made by hand.
//!
//! A month has 30 days: 2,592,000 seconds, 720 hours. Arrivals are even. Prices are those
//! of us-east-1 that the kinds' own files name.

use crate::support::package;
use kneepoint::analysis::simulation::{Settings, simulate};
use kneepoint::engine::Nobody;
use kneepoint::report::{CostLine, Report};
use kneepoint::topology::{LoadRequest, load};

/// Seconds of a month.
const MONTH: f64 = 2_592_000.0;
/// Bytes of a gibibyte.
const GIBIBYTE: f64 = 1_073_741_824.0;

/// Simulates a topology.
fn report(text: &str, sets: &[&str]) -> Report {
    let sets: Vec<String> = sets.iter().map(|set| (*set).to_owned()).collect();
    let mut request = LoadRequest::new(text, "case.json");
    request.sets = &sets;
    let (topology, _) = match load(&request) {
        Ok(loaded) => loaded,
        Err(found) => panic!(
            "{}",
            kneepoint::diagnostic::render(&found, "case.json", text, false)
        ),
    };
    let settings = Settings {
        threads: 2,
        precision: None,
    };
    let run = simulate(&topology, Vec::new(), &settings, &Nobody).expect("the run ends");
    run.report_with(false)
}

/// Nodes and links under an even load that enters at `n`: 2 KiB in, 8 KiB out.
fn entering(nodes: &str, links: &str, rate: u32) -> Report {
    report(
        &format!(
            r#"{{ "nodes": {{ {nodes} }}, "links": [ {links} ],
                "flows": {{ "main": {{ "enter": "n", "bytes": "2KiB", "reply": "8KiB" }} }},
                "load": [ {{ "rate": "{rate}/s", "arrivals": "even" }} ],
                "run": {{ "horizon": "10s", "warm_up": "0s", "replications": 1 }} }}"#
        ),
        &[],
    )
}

/// Nodes and links under an even load of a client's steps.
fn stepping(nodes: &str, links: &str, steps: &str, rate: u32) -> Report {
    report(
        &format!(
            r#"{{ "nodes": {{ {nodes} }}, "links": [ {links} ],
                "flows": {{ "main": {{ "at": {{ "client": [ {steps} ] }} }} }},
                "load": [ {{ "rate": "{rate}/s", "arrivals": "even" }} ],
                "run": {{ "horizon": "10s", "warm_up": "0s", "replications": 1 }} }}"#
        ),
        &[],
    )
}

/// The line of a node and item.
fn line<'r>(report: &'r Report, node: &str, item: &str) -> &'r CostLine {
    let lines = &report.cost.lines;
    let mut found = lines.iter().filter(|line| line.node == node);
    let found = found.find(|line| line.item == item);
    found.unwrap_or_else(|| panic!("no line `{item}` of `{node}` in {lines:#?}"))
}

/// Requires a value up to a share of it.
#[track_caller]
fn within(what: &str, found: f64, expected: f64, share: f64) {
    assert!(
        (found - expected).abs() <= share * expected.abs(),
        "{what}: {found}, by hand {expected}"
    );
}

/// Requires an amount of node `n`; figures of a report have six digits.
#[track_caller]
fn costs(report: &Report, item: &str, usd: f64) {
    within(item, line(report, "n", item).usd, usd, 1e-5);
}

/// Requires that no kind lacks prices.
#[track_caller]
fn knows_all_prices(report: &Report) {
    let left_out = &report.cost.left_out;
    let unpriced = left_out.iter().any(|one| one.contains("has no prices yet"));
    assert!(!unpriced, "{left_out:#?}");
}

#[test]
fn a_name_pays_its_zone_and_the_queries_that_no_resolver_answers() {
    let usual = entering(
        r#""n": { "kind": "route53", "hit_rate": 0 }, "o": { "kind": "delay" }"#,
        r#""n -> o""#,
        1_000,
    );
    let held = entering(
        r#""n": { "kind": "route53", "hit_rate": 1 }, "o": { "kind": "delay" }"#,
        r#""n -> o""#,
        100,
    );

    // 2,592 million queries: a thousand at $0.40, the rest at $0.20.
    costs(&usual, "hosted zone", 0.5);
    costs(
        &usual,
        "standard queries",
        400.0 + (1_000.0 * MONTH / 1e6 - 1_000.0) * 0.2,
    );
    assert_eq!(held.cost.lines.len(), 1, "{:#?}", held.cost.lines);
}

/// A name in front of a distribution.
const NAMED: &str = r#"{ "nodes": { "n": { "kind": "route53" }, "e": { "kind": "cloudfront", "hit_rate": 1 }, "o": { "kind": "delay" } },
    "links": [ "n -> e", "e -> o" ],
    "flows": { "main": { "enter": "n", "bytes": "2KiB", "reply": "8KiB" } },
    "load": [ { "rate": "100/s", "arrivals": "even" } ],
    "run": { "horizon": "10s", "warm_up": "0s", "replications": 1 } }"#;

#[test]
fn what_lies_behind_a_name_pays_for_replies() {
    let report = report(NAMED, &[]);

    let out = 100.0 * MONTH * 8.0 * 1024.0 / GIBIBYTE;
    // The replies that are still under way at the end are not counted.
    within(
        "data out",
        line(&report, "e", "data out of the edge").usd,
        out * 0.085,
        2e-3,
    );
    let left_out = &report.cost.left_out;
    assert!(
        left_out.iter().all(|one| !one.contains("data out")),
        "{left_out:#?}"
    );
}

#[test]
fn all_that_lie_behind_a_name_share_the_replies() {
    let report = report(
        r#"{ "nodes": { "n": { "kind": "route53" }, "a": { "kind": "alb" }, "b": { "kind": "api-gateway" }, "o": { "kind": "delay" } },
            "links": [ { "from": "n", "to": "a", "weight": 3 }, "n -> b", "a -> o", "b -> o" ],
            "flows": { "main": { "enter": "n", "reply": "8KiB" } },
            "load": [ { "rate": "1000/s", "arrivals": "even" } ],
            "run": { "horizon": "10s", "warm_up": "0s", "replications": 1 } }"#,
        &[],
    );
    let out = ["a", "b"].map(|node| line(&report, node, "data out").quantity);

    // All of it together; three quarters of 10,000 draws, at 99.9 %: 3.29 √(pq/n).
    let all = 1_000.0 * MONTH * 8.0 * 1024.0 / GIBIBYTE;
    within("all", out[0] + out[1], all, 2e-3);
    let spread = 3.29 * (0.75 * 0.25 / 10_000.0_f64).sqrt();
    within("a's", out[0] / (out[0] + out[1]), 0.75, spread / 0.75);
}

#[test]
fn the_three_tiers_bill_the_transfer_of_their_edge() {
    let text = std::fs::read_to_string(package("topologies/three-tier-web.json")).expect("a file");
    let sets = [
        "run.horizon=200ms",
        "run.warm_up=100ms",
        "run.replications=1",
    ];
    let report = report(&text, &sets);

    // 400M assets of 60 KiB a day alone.
    let assets = 400e6 * 30.0 * 60.0 * 1024.0 / GIBIBYTE;
    let out = line(&report, "edge", "data out of the edge").quantity;
    assert!(out > assets * 0.9, "{out} GiB, {assets} of assets alone");
    let left_out = &report.cost.left_out;
    assert!(
        left_out.iter().all(|one| !one.contains("data out")),
        "{left_out:#?}"
    );
}

#[test]
fn credentials_cost_nothing_and_leave_no_gap_in_the_bill() {
    let report = stepping(r#""n": { "kind": "iam" }"#, "", r#"{ "call": "n" }"#, 10);

    knows_all_prices(&report);
    assert!(report.cost.lines.is_empty());
    assert_eq!(report.cost.month_usd.value, Some(0.0));
}

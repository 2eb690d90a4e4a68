//! The bill of kinds that are paid by the request, against bills made by hand.
//!
//! A month has 30 days: 2,592,000 seconds, 720 hours. Arrivals are even. Prices are those
//! of us-east-1 that the kinds' own files name.

use crate::support::{GIBIBYTE, MONTH, billed, package};
use kneepoint::cost::Asked;
use kneepoint::report::{CostLine, Report, Verdict};

/// Simulates a topology.
fn report(text: &str, sets: &[&str]) -> Report {
    billed(text, sets, Asked::default())
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

#[test]
fn topics_and_buses_pay_chunks_of_every_message() {
    let step = r#"{ "send": "n", "count": 2, "bytes": "65KiB" }"#;
    let w = r#""w": { "kind": "delay" }"#;
    let topic = stepping(
        &format!(r#""n": {{ "kind": "sns" }}, {w}"#),
        r#""n -> w""#,
        step,
        10,
    );
    let bus = stepping(
        &format!(r#""n": {{ "kind": "eventbridge" }}, {w}"#),
        r#""n -> w""#,
        step,
        10,
    );

    // Two messages of two chunks each, however many subscribe.
    let chunks = 10.0 * MONTH * 4.0;
    costs(
        &topic,
        "messages published, in chunks of 64 KiB",
        chunks * 0.5e-6,
    );
    costs(&bus, "custom events, in chunks of 64 KiB", chunks * 1e-6);
    knows_all_prices(&topic);
}

/// A topic with a subscription of some kind, parameters besides, two messages of 65 KiB a call.
fn topic(parameters: &str, to: &str, link: &str) -> Report {
    stepping(
        &format!(r#""n": {{ "kind": "sns"{parameters} }}, "w": {{ {to} }}"#),
        &format!(r#"{{ "from": "n", "to": "w", "latency": "0s"{link} }}"#),
        r#"{ "send": "n", "count": 2, "bytes": "65KiB" }"#,
        20,
    )
}

#[test]
fn a_topic_pays_every_delivery_by_its_protocol() {
    let lag = r#", "publish": "1ms", "lag": "1ms""#;
    let by = |protocol: &str, item: &str, each: f64| {
        let parameters = format!(r#"{lag}, "protocol": "{protocol}", "rate": "1000/s""#);
        let report = topic(&parameters, r#""kind": "delay", "time": "1ms""#, "");

        // Two messages a call, one copy of each; the last call may be under way.
        within(
            item,
            line(&report, "n", item).usd,
            20.0 * MONTH * 2.0 * each,
            6e-3,
        );
    };
    by("http", "deliveries by HTTP", 0.6e-6);
    by("push", "deliveries by mobile push", 0.5e-6);

    let sms = |rate: &str| {
        let parameters = format!(r#"{lag}, "protocol": "sms", "delivery_rate": "{rate}""#);
        let report = topic(&parameters, r#""kind": "delay", "time": "1ms""#, "");
        line(&report, "n", "deliveries by SMS, to the United States").usd
    };
    within("sms", sms("1000/s"), 40.0 * MONTH * 0.006_45, 6e-3);
    // Ten seconds of 5/s, and the second that the bucket holds, of the 400 that are sent.
    within("paced", sms("5/s") / sms("1000/s"), 52.5 / 400.0, 0.06);

    let fire = topic(lag, r#""kind": "firehose""#, "");
    let queue = topic(lag, r#""kind": "sqs""#, "");
    let firehose = line(&fire, "n", "deliveries to Firehose").usd;
    within("firehose", firehose, 40.0 * MONTH * 0.19e-6, 6e-3);
    let items = queue.cost.lines.iter().filter(|line| line.node == "n");
    assert_eq!(items.count(), 1, "deliveries to a queue are free");
}

#[test]
fn a_topic_pays_a_share_where_a_link_takes_a_share() {
    let lag = r#", "publish": "1ms", "lag": "1ms", "protocol": "email", "delivery_rate": "1000/s""#;
    let all = topic(lag, r#""kind": "delay", "time": "1ms""#, "");
    let some = topic(
        lag,
        r#""kind": "delay", "time": "1ms""#,
        r#", "share": 0.25"#,
    );

    let usd = |report: &Report| line(report, "n", "deliveries by e-mail").usd;
    within("all", usd(&all), 40.0 * MONTH * 2e-5, 6e-3);
    // Of 200 calls a quarter: within 3.29 standard deviations of its share.
    let (share, deviation) = (usd(&some) / usd(&all), (0.25 * 0.75 / 200.0_f64).sqrt());
    assert!((share - 0.25).abs() < 3.29 * deviation, "{share}");
}

#[test]
fn a_fifo_topic_pays_messages_and_bytes_in_and_out() {
    let report = stepping(
        r#""n": { "kind": "sns", "type": "fifo", "publish": "1ms", "lag": "1ms" },
           "one": { "kind": "sqs", "type": "fifo" }, "two": { "kind": "sqs", "type": "fifo" }"#,
        r#""n -> one", "n -> two""#,
        r#"{ "send": "n", "bytes": "64KiB" }"#,
        20,
    );

    let (month, gibibytes) = (20.0 * MONTH, 20.0 * MONTH / 16_384.0);
    costs(&report, "messages published to FIFO topics", month * 0.3e-6);
    costs(&report, "bytes published to FIFO topics", gibibytes * 0.017);
    let close = |item: &str, usd: f64| within(item, line(&report, "n", item).usd, usd, 6e-3);
    close("deliveries of FIFO topics", month * 2.0 * 0.01e-6);
    close("bytes delivered by FIFO topics", gibibytes * 2.0 * 0.001);
    let names = report.cost.lines.iter().filter(|line| line.node == "n");
    assert_eq!(names.count(), 4, "the two queues share their lines");
}

#[test]
fn a_call_of_an_http_api_pays_every_512_kib() {
    let of = |bytes: &str| {
        let report = report(
            &format!(
                r#"{{ "nodes": {{ "n": {{ "kind": "api-gateway", "type": "http", "time": "1ms" }}, "o": {{ "kind": "delay", "time": "1ms" }} }},
                    "links": [ {{ "from": "n", "to": "o", "latency": "0s" }} ],
                    "flows": {{ "main": {{ "enter": "n", "bytes": "{bytes}" }} }},
                    "load": [ {{ "rate": "20/s", "arrivals": "even" }} ],
                    "run": {{ "horizon": "10s", "warm_up": "0s", "replications": 1 }} }}"#
            ),
            &[],
        );
        line(&report, "n", "HTTP API calls").usd
    };

    within("one", of("512KiB"), 20.0 * MONTH * 1e-6, 1e-5);
    within("three", of("1025KiB"), 20.0 * MONTH * 3.0 * 1e-6, 1e-5);
}

#[test]
fn a_network_load_balancer_pays_its_hours_and_its_bytes() {
    let report = entering(
        r#""n": { "kind": "nlb", "time": "1us" }, "o": { "kind": "delay" }"#,
        r#"{ "from": "n", "to": "o", "latency": "0s" }"#,
        100,
    );

    let gibibytes = 100.0 * MONTH * 10.0 * 1024.0 / GIBIBYTE;
    costs(&report, "network load balancer", 720.0 * 0.0225);
    within(
        "bytes",
        line(&report, "n", "capacity units, by bytes").usd,
        gibibytes * 0.006,
        1e-3,
    );
}

#[test]
fn a_way_out_pays_its_hours_and_all_that_passes() {
    let report = entering(
        r#""n": { "kind": "nat-gateway", "time": "1us" }, "o": { "kind": "delay" }"#,
        r#"{ "from": "n", "to": "o", "latency": "0s" }"#,
        100,
    );

    let gibibytes = 100.0 * MONTH * 10.0 * 1024.0 / GIBIBYTE;
    costs(&report, "NAT gateway", 720.0 * 0.045);
    within(
        "bytes",
        line(&report, "n", "data processed").usd,
        gibibytes * 0.045,
        1e-3,
    );
}

#[test]
fn keys_and_secrets_pay_by_the_month_and_by_the_request() {
    let keys = stepping(
        r#""n": { "kind": "kms" }"#,
        "",
        r#"{ "call": "n", "op": "encrypt" }, { "call": "n", "op": "generate-data-key" }, { "call": "n", "op": "sign" }"#,
        10,
    );
    let secrets = stepping(
        r#""n": { "kind": "secrets-manager" }"#,
        "",
        r#"{ "read": "n" }, { "write": "n" }"#,
        10,
    );

    // Times of 10 to 100 ms: up to a per cent of the last calls is not made yet.
    let requests = 10.0 * MONTH;
    costs(&keys, "key", 1.0);
    costs(&secrets, "secret", 0.4);
    let close = |report: &Report, item: &str, usd: f64| {
        within(item, line(report, "n", item).usd, usd, 0.03);
    };
    close(&keys, "symmetric requests", requests * 2.0 * 0.03e-4);
    close(&keys, "signing requests", requests * 0.15e-4);
    close(&secrets, "calls", requests * 2.0 * 0.05e-4);
}

#[test]
fn images_pay_tier_by_tier() {
    let report = stepping(
        r#""n": { "kind": "rekognition" }"#,
        "",
        r#"{ "call": "n", "op": "detect-labels" }"#,
        20,
    );

    // 51.84M images: 1M, 4M, 30M and the rest.
    let rest = 20.0 * MONTH - 35e6;
    costs(
        &report,
        "images",
        1_000.0 + 4e6 * 0.0008 + 30e6 * 0.0006 + rest * 0.00025,
    );
    assert_eq!(line(&report, "n", "images").price_basis, "estimate");
}

#[test]
fn a_firehose_pays_every_record_in_steps_of_5_kib() {
    let report = stepping(
        r#""n": { "kind": "firehose" }, "w": { "kind": "delay" }"#,
        r#""n -> w""#,
        r#"{ "send": "n", "count": 3, "bytes": "6KiB" }"#,
        10,
    );

    // Three records of 10 KiB.
    costs(
        &report,
        "data ingested, in steps of 5 KiB a record",
        10.0 * MONTH * 30.0 / (1024.0 * 1024.0) * 0.029,
    );
}

#[test]
fn a_function_at_the_edge_pays_requests_and_time() {
    let report = report(
        r#"{ "nodes": { "n": { "kind": "lambda-at-edge", "memory": "1769MiB", "compute": "100ms", "overhead": "5ms",
                "cold_start": "0s", "keep_alive": "1h" } },
            "load": [ { "rate": "100/s", "arrivals": "even" } ],
            "run": { "horizon": "11s", "warm_up": "1s", "replications": 1 } }"#,
        &[],
    );

    // One vCPU: 100 ms of work and half a millisecond of rounding.
    costs(&report, "requests at the edge", 100.0 * MONTH * 0.6e-6);
    costs(
        &report,
        "duration at the edge",
        100.0 * MONTH * 0.1005 * 1769.0 / 1024.0 * 5.001e-5,
    );
}

#[test]
fn workflows_pay_transitions_or_executions() {
    let with = |more: &str| {
        let node = format!(r#""n": {{ "kind": "step-functions", "transitions": 7{more} }}"#);
        stepping(&node, "", r#"{ "call": "n" }"#, 10)
    };

    costs(
        &with(""),
        "state transitions (standard)",
        10.0 * MONTH * 7.0 * 25e-6,
    );
    costs(
        &with(r#", "type": "express""#),
        "executions (express)",
        10.0 * MONTH * 1e-6,
    );
}

#[test]
fn an_express_workflow_pays_the_time_of_its_executions_by_their_memory() {
    let with = |more: &str| {
        let report = report(
            &format!(
                r#"{{ "nodes": {{ "n": {{ "kind": "step-functions", "type": "express", "start": "20ms", "transition": "5ms"{more} }} }},
                    "flows": {{ "main": {{ "at": {{ "client": [ {{ "call": "n" }} ], "n": [ {{ "pause": "190ms" }} ] }} }} }},
                    "load": [ {{ "rate": "50/s", "arrivals": "even" }} ],
                    "run": {{ "horizon": "11s", "warm_up": "1s", "replications": 1 }} }}"#
            ),
            &[],
        );
        let left_out = report.cost.left_out.join(" ");
        assert!(!left_out.contains("`n`:"), "all of it is priced");
        line(&report, "n", "duration of executions (express)").usd
    };

    // A start is not charged. Three transitions and the pause are 205 ms, and rounding adds
    // 50 ms on average.
    let hours = 50.0 * MONTH * 0.255 / 3_600.0;
    within("least", with(""), hours / 16.0 * 0.06, 1e-5);
    // 65 MiB count as 128 MiB; beyond a thousand GiB-hours they cost half.
    let more = hours / 8.0;
    let usd = 1_000.0 * 0.06 + (more - 1_000.0) * 0.03;
    within("more", with(r#", "memory": "65MiB""#), usd, 1e-5);
}

#[test]
fn a_build_pays_whole_minutes() {
    let with = |build: &str| {
        let node = format!(
            r#""n": {{ "kind": "codebuild", "concurrency": 1000, "provisioning": "20s", "build": {build} }}"#
        );
        let report = stepping(&node, "", r#"{ "call": "n" }"#, 1);
        line(&report, "n", "build minutes (general1.small)").usd / (MONTH * 0.005)
    };

    within("two minutes", with(r#""100s""#), 2.0, 1e-5);
    within("and a second", with(r#""101s""#), 3.0, 1e-5);
    // A law adds half a minute.
    within(
        "spread",
        with(r#"{ "uniform": ["40s", "100s"] }"#),
        2.0,
        1e-5,
    );
}

#[test]
fn user_pools_pay_by_the_user() {
    let with = |more: &str| {
        let node = format!(r#""n": {{ "kind": "cognito"{more} }}"#);
        stepping(&node, "", r#"{ "call": "n" }"#, 10)
    };
    let known = with(r#", "active_users": 50000"#);
    let unknown = with("");

    costs(
        &known,
        "users active in a month (Essentials)",
        50_000.0 * 0.015,
    );
    assert!(unknown.cost.lines.is_empty());
    let left_out = &unknown.cost.left_out;
    let says = |what: &str| left_out.iter().any(|one| one.contains(what));
    assert!(
        says("`active_users`") && !says("no prices yet"),
        "{left_out:#?}"
    );
}

#[test]
fn deployments_share_one_cluster_and_meet_no_bound_without_their_nodes() {
    let report = report(
        r#"{ "nodes": { "a": { "kind": "eks" }, "b": { "kind": "eks", "cpu": 4 }, "u": { "kind": "cognito" } },
            "links": [ "a -> b" ], "load": [ { "flow": "main", "rate": "10/s" }, { "flow": "other", "rate": "10/s" } ],
            "flows": { "main": { "enter": "a" }, "other": { "at": { "client": [ { "call": "u" } ] } } },
            "objectives": [ "a cost < $1000/month", "b cost < $1000/month", "u cost < $1000/month", "b cost > $1/month" ],
            "run": { "horizon": "2s", "warm_up": "0s", "replications": 5 } }"#,
        &[],
    );
    let item = "cluster, shared by its deployments";

    for node in ["a", "b"] {
        within(node, line(&report, node, item).usd, 720.0 * 0.1 / 2.0, 1e-5);
    }
    let verdicts: Vec<Verdict> = report.objectives.iter().map(|one| one.verdict).collect();
    let [met, undecided] = [Verdict::Met, Verdict::Undecided];
    // Nothing is known of nodes that hold a pod of four processors.
    assert_eq!(verdicts, [met, undecided, undecided, met]);
    within(
        "a node",
        line(&report, "a", "instance m7g.large").usd,
        720.0 * 0.0816,
        1e-5,
    );
}

#[test]
fn a_way_between_networks_pays_its_hours_and_what_passes() {
    let way = |how: &str| {
        entering(
            &format!(
                r#""n": {{ "kind": "vpc", "type": "{how}", "time": "1us" }}, "o": {{ "kind": "delay" }}"#
            ),
            r#"{ "from": "n", "to": "o", "latency": "0s" }"#,
            100,
        )
    };
    let gibibytes = 100.0 * MONTH * 10.0 * 1024.0 / GIBIBYTE;
    let passes = |report: &Report, item: &str, usd: f64| {
        within(item, line(report, "n", item).usd, usd, 1e-3);
    };

    let endpoint = way("interface-endpoint");
    costs(&endpoint, "interface endpoint", 2.0 * 720.0 * 0.01);
    passes(&endpoint, "data through the endpoint", gibibytes * 0.01);
    let transit = way("transit-gateway");
    costs(
        &transit,
        "attachments to the transit gateway",
        2.0 * 720.0 * 0.05,
    );
    passes(
        &transit,
        "data through the transit gateway",
        gibibytes * 0.02,
    );
    for (free, item) in [
        ("gateway-endpoint", "data through the gateway endpoint"),
        ("peering", "data between networks, in one zone"),
    ] {
        let report = way(free);
        passes(&report, item, 0.0);
        knows_all_prices(&report);
    }
}

#[test]
fn metrics_logs_and_traces_pay_for_what_is_told() {
    let watched = stepping(
        r#""n": { "kind": "cloudwatch", "metrics": 12000 }"#,
        "",
        r#"{ "write": "n", "op": "put-metric-data" }, { "write": "n", "op": "put-log-events", "bytes": "2KiB" },
            { "read": "n", "op": "get-metric-data", "count": 3 }"#,
        10,
    );
    let traced = stepping(
        r#""n": { "kind": "x-ray", "rate": 1 }"#,
        "",
        r#"{ "write": "n" }"#,
        10,
    );

    // Calls follow one another: up to 3 % of the last are not made yet.
    let requests = 10.0 * MONTH;
    let close = |item: &str, usd: f64| {
        within(item, line(&watched, "n", item).usd, usd, 0.03);
    };
    costs(&watched, "custom metrics", 10_000.0 * 0.3 + 2_000.0 * 0.1);
    close("calls of put-metric-data", requests * 0.01e-3);
    close("log events taken in", requests * 2_048.0 / GIBIBYTE * 0.5);
    close("metrics read by get-metric-data", requests * 3.0 * 0.01e-3);
    costs(&traced, "traces recorded", requests * 5e-6);
}

#[test]
fn an_archive_pays_by_its_tier_for_what_is_restored() {
    let restoring = |class: &str| {
        stepping(
            &format!(r#""n": {{ "kind": "s3", "class": {class}, "restore": "1s" }}"#),
            "",
            r#"{ "write": "n", "op": "put", "bytes": "1MiB" }, { "call": "n", "op": "restore", "bytes": "1MiB" }"#,
            2,
        )
    };
    let requests = 2.0 * MONTH;
    let gibibytes = requests / 1_024.0;

    let flexible = restoring(r#""glacier-flexible""#);
    costs(
        &flexible,
        "puts and lists (Glacier Flexible)",
        requests * 3e-5,
    );
    costs(&flexible, "restores (Glacier Flexible)", requests * 3e-5);
    costs(
        &flexible,
        "bytes restored (Glacier Flexible)",
        gibibytes * 0.01,
    );
    let expedited = restoring(r#""glacier-flexible", "tier": "expedited""#);
    costs(
        &expedited,
        "restores, expedited (Glacier Flexible)",
        requests * 0.01,
    );
    costs(
        &expedited,
        "bytes restored, expedited (Glacier Flexible)",
        gibibytes * 0.03,
    );
    let bulk = restoring(r#""glacier-flexible", "tier": "bulk""#);
    let lines = &bulk.cost.lines;
    assert!(lines.iter().all(|line| !line.item.contains("restore")));
    let deep = restoring(r#""glacier-deep-archive""#);
    costs(
        &deep,
        "puts and lists (Glacier Deep Archive)",
        requests * 5e-5,
    );
    costs(&deep, "restores (Glacier Deep Archive)", requests * 1e-4);
    costs(
        &deep,
        "bytes restored (Glacier Deep Archive)",
        gibibytes * 0.02,
    );
    let bulk = restoring(r#""glacier-deep-archive", "tier": "bulk""#);
    costs(
        &bulk,
        "restores, bulk (Glacier Deep Archive)",
        requests * 2.5e-5,
    );
    costs(
        &bulk,
        "bytes restored, bulk (Glacier Deep Archive)",
        gibibytes * 0.0025,
    );
}

#[test]
fn connections_pay_for_the_minutes_until_they_end_or_are_cut() {
    let opening = |session: &str| {
        let text = format!(
            r#"{{ "nodes": {{ "n": {{ "kind": "api-gateway", "type": "websocket", "session": {session} }}, "o": {{ "kind": "delay" }} }},
                "links": [ "n -> o" ],
                "flows": {{ "main": {{ "enter": "n/connect", "at": {{ "o/connect": [ {{ "compute": "0s" }} ] }} }} }},
                "load": [ {{ "rate": "10/s", "arrivals": "even" }} ],
                "run": {{ "horizon": "10s", "warm_up": "0s", "replications": 1 }} }}"#
        );
        report(&text, &[])
    };
    let opened = 10.0 * MONTH;

    // Half an hour; two hours of three; of an exponential mean of an hour, 1 − e⁻² of it.
    let minutes = |report: &Report, minutes: f64, share: f64| {
        let usd = line(report, "n", "minutes of WebSocket connections").usd;
        within("minutes", usd, opened * minutes * 0.25e-6, share);
    };
    minutes(&opening(r#""30m""#), 30.0, 1e-5);
    minutes(&opening(r#""3h""#), 120.0, 1e-5);
    let mean = 60.0 * (1.0 - (-2f64).exp());
    minutes(&opening(r#"{ "exponential": "1h" }"#), mean, 1e-3);
}

#[test]
fn a_bus_with_replays_pays_its_archive_and_what_it_sends_again() {
    let report = stepping(
        r#""n": { "kind": "eventbridge", "replays": [ { "at": "8s", "from": "1s", "to": "5s" } ] }, "o": { "kind": "delay" }"#,
        r#""n -> o""#,
        r#"{ "send": "n", "bytes": "1KiB" }"#,
        100,
    );

    let gibibytes = 100.0 * MONTH / 1_048_576.0;
    costs(&report, "events taken into the archive", gibibytes * 0.1);
    // What the first month adds lies there for half of it on average.
    costs(&report, "archive", gibibytes / 2.0 * 0.023);
    costs(
        &report,
        "events replayed, in chunks of 64 KiB",
        400.0 * 1e-6,
    );
}

//! Write, read and hybrid side by side: where they break even, and what is said of it.

use kneepoint::analysis::compare::{Candidate, compare};
use kneepoint::analysis::simulation::Settings;
use kneepoint::diagnostic;
use kneepoint::engine::Nobody;
use kneepoint::metrics::estimate::student;
use kneepoint::report::{self, BreakEven, Comparison};
use kneepoint::topology::{LoadRequest, Topology, load};

/// A feed whose pushes and pulls are stations of known service: 20 us a delivery, 30 us a pull.
/// An account reads ten times as often as it posts, follows 50 and has about 50 followers.
const FEED: &str = r#"{
    "nodes": { "app": { "kind": "delay", "time": "1ms" },
               "lists": { "kind": "station", "servers": 64, "service_time": { "exponential": "20us" } },
               "posts": { "kind": "station", "servers": 64, "service_time": { "exponential": "30us" } } },
    "links": [ "app -> lists", "app -> posts" ],
    "audience": { "users": "1M", "followers": { "pareto": { "exponent": 1.4, "min": 15, "max": "100k" } },
                  "followees": 50 },
    "flows": {
        "post": { "enter": "app", "key": "author", "at": { "app": [
            { "fan_out": "feed", "batch": 100, "concurrency": 8, "do": [ { "write": "lists" } ] } ] } },
        "read": { "enter": "app/read", "key": "reader", "at": { "app/read": [
            { "gather": "feed", "own": [ { "read": "lists" } ], "pull": [ { "read": "posts" } ] } ] } } },
    "load": [ { "flow": "post", "rate": "500/s" }, { "flow": "read", "rate": "500/s" } ],
    "objectives": [ "feed last p99 < 100ms", "read p99 < 20ms" ],
    "run": { "horizon": "3s", "warm_up": "200ms", "replications": 5 },
    "variants": { "read": { "audience": { "strategy": "read" } },
                  "hybrid": { "audience": { "strategy": { "hybrid": { "threshold": 1000 } } } } } }"#;

/// Reads a variant of a topology, with options.
fn topology(text: &str, variant: Option<&str>, sets: &[&str]) -> Topology {
    let sets: Vec<String> = sets.iter().map(|set| (*set).to_owned()).collect();
    let mut request = LoadRequest::new(text, "case.json");
    request.variant = variant;
    request.sets = &sets;
    match load(&request) {
        Ok((topology, _)) => topology,
        Err(found) => panic!("{}", diagnostic::render(&found, "case.json", text, false)),
    }
}

/// Compares the file itself, which writes, with two of its variants.
fn compared(text: &str, sets: &[&str], threads: usize) -> Comparison {
    let names = [None, Some("read"), Some("hybrid")];
    let topologies = names.map(|name| topology(text, name, sets));
    let candidates: Vec<Candidate> = topologies
        .iter()
        .zip(["write", "read", "hybrid"])
        .map(|(topology, name)| Candidate {
            name: name.to_owned(),
            topology,
            changes: Vec::new(),
        })
        .collect();
    let settings = Settings {
        threads,
        precision: None,
    };
    compare(&candidates, &settings, &Nobody).expect("they can be compared")
}

/// Returns where the feed breaks even.
fn break_even(comparison: &Comparison) -> &BreakEven {
    comparison.fan_out.get("feed").expect("strategies differ")
}

#[test]
fn the_break_even_threshold_is_stable_over_twenty_seeds() {
    let seed = |seed: u32| format!("run.seed={seed}");
    let found: Vec<f64> = (1..=20)
        .map(|number| {
            let comparison = compared(FEED, &[&seed(number)], 2);
            let one = break_even(&comparison);
            one.break_even_followers.value.expect("a threshold")
        })
        .collect();

    let mean = found.iter().sum::<f64>() / found.len() as f64;
    println!("break-even at {mean:.1} followers: {found:.0?}");
    for one in &found {
        assert!(
            (one / mean - 1.0).abs() < 0.1,
            "{one} is not within 10 % of {mean}"
        );
    }
}

#[test]
fn the_break_even_threshold_is_the_one_of_the_formula() {
    // Pushing: a delivery is 20 us at `lists`, nothing else. Pulling: 30 us at `posts`. With
    // followers F by a bounded Pareto law of exponent a, the share G of follows below τ is where
    // both are equal: G·p·h = (1 − G)·r·l.
    let comparison = compared(FEED, &["run.replications=10"], 2);
    let one = break_even(&comparison);

    let (a, low, high) = (1.4f64, 15.0f64, 100_000.0f64);
    let ratio = low / high;
    let mean = a * low / (a - 1.0) * (1.0 - ratio.powf(a - 1.0)) / (1.0 - ratio.powf(a));
    // How often was posted and read is as in the runs: chance in it is the same for all strategies.
    let rate = |flow: &str| {
        let of_flow =
            |one: &&report::Metric| one.subject == flow && one.metric == "throughput_per_s";
        let metric = comparison.metrics.iter().find(of_flow);
        let value = metric.and_then(|metric| metric.values[0].value);
        value.expect("the flow has a throughput")
    };
    let (push, pull) = (rate("post") * mean * 20e-6, rate("read") * 50.0 * 30e-6);
    let below = pull / (push + pull);
    // Share of follows below τ: (low^(1−a) − τ^(1−a)) / (low^(1−a) − high^(1−a)).
    let ends = [low, high].map(|end| end.powf(1.0 - a));
    let exact = (ends[0] - below * (ends[0] - ends[1])).powf(1.0 / (1.0 - a));

    let found = &one.break_even_followers;
    let (value, half) = (
        found.value.expect("a value"),
        found.half_width.expect("ten runs"),
    );
    println!(
        "break-even at {value:.1} ± {half:.1}, formula {}, exact {exact:.1}",
        one.formula.cost_followers
    );
    // From 95 % to 99.9 %, with nine degrees.
    let wider = half * student(9.0, 0.999) / student(9.0, 0.95);
    assert!(
        (value - exact).abs() < wider,
        "{value} ± {wider} instead of {exact}"
    );
    assert!(half < 0.1 * exact, "± {half} says nothing");
    assert!((one.formula.cost_followers / exact - 1.0).abs() < 0.05);
    assert!(
        (one.per_delivery_us / 20.0 - 1.0).abs() < 0.02,
        "{}",
        one.per_delivery_us
    );
    assert!(
        (one.per_pull_us / 30.0 - 1.0).abs() < 0.02,
        "{}",
        one.per_pull_us
    );
    // Pushing rises with the threshold, pulling falls.
    for pair in one.sweep.windows(2) {
        assert!(pair[0].push_busy.value < pair[1].push_busy.value);
        assert!(pair[0].pull_busy.value > pair[1].pull_busy.value);
    }
    let busy = |point: Option<&kneepoint::report::Threshold>, pushing: bool| {
        let point = point.expect("a sweep has ends");
        let of = if pushing {
            &point.push_busy
        } else {
            &point.pull_busy
        };
        of.value.expect("it is known")
    };
    assert!((busy(one.sweep.last(), true) / push - 1.0).abs() < 0.03);
    assert!((busy(one.sweep.first(), false) / pull - 1.0).abs() < 0.03);
}

#[test]
fn latency_and_burst_have_their_formulas() {
    // 64 servers, of which reads and misses take nearly none: F·20 us/64 in 100 ms are 320 000.
    let comparison = compared(FEED, &["run.replications=5"], 2);
    let one = break_even(&comparison);

    let formula = &one.formula;
    assert_eq!(formula.freshness_ms, Some(100.0));
    let reached = formula
        .latency_followers
        .expect("an objective and a station");
    assert!((reached / 320_000.0 - 1.0).abs() < 0.05, "{reached}");
    let spare = formula.spare_ms.expect("an objective of the reads");
    assert!((10.0..20.0).contains(&spare), "{spare}");
    let burst = formula.burst_followers.expect("reads come to the lists");
    assert!(
        (burst / reached / (spare / 100.0) - 1.0).abs() < 1e-3,
        "{burst}"
    );
}

#[test]
fn strategies_can_be_read_aloud_in_every_form() {
    let comparison = compared(FEED, &[], 2);

    let text = report::comparison_text(&comparison);
    let csv = report::comparison_csv(&comparison);
    let markdown = report::comparison_markdown(&comparison);
    for part in [
        "STRATEGY feed",
        "read p99 ms",
        "post p99 ms",
        "p99 last delivery",
        "staleness",
        "deliveries per post",
        "WHO PUSHES feed",
        "nobody pushes",
        "are as much work at",
        "choose write for authors with fewer than",
    ] {
        assert!(text.contains(part), "no {part:?} in\n{text}");
    }
    for row in [
        "fan_out,feed,last_ms.p99,ms,write,",
        "fan_out,feed,break_even_followers,1,,",
        "fan_out,feed,formula.latency_followers,1,,",
        "fan_out,feed,sweep.all.push_busy,1,,",
    ] {
        assert!(csv.contains(row), "no {row:?} in\n{csv}");
    }
    assert!(
        markdown.contains("| strategy feed | write | read | hybrid |"),
        "{markdown}"
    );
    let again: Comparison = serde_json::from_str(&comparison.to_json()).expect("its own JSON");
    assert_eq!(again, comparison);
}

#[test]
fn threads_do_not_change_where_strategies_break_even() {
    let bytes = |threads| compared(FEED, &["run.horizon=1s"], threads).to_json();

    assert!(
        bytes(1) == bytes(8),
        "eight threads find otherwise than one"
    );
}

#[test]
fn designs_of_one_strategy_have_no_threshold_to_look_for() {
    let designs = [
        topology(FEED, None, &["run.horizon=1s"]),
        topology(FEED, None, &["run.horizon=1s", "nodes.lists.servers=32"]),
    ];
    let candidates = designs.each_ref().map(|topology| Candidate {
        name: topology.name.clone(),
        topology,
        changes: Vec::new(),
    });
    let settings = Settings {
        threads: 2,
        precision: None,
    };

    let comparison = compare(&candidates, &settings, &Nobody).expect("they can be compared");

    assert!(comparison.fan_out.is_empty());
    assert!(!report::comparison_text(&comparison).contains("STRATEGY"));
    let of_fan_out = |one: &&report::Metric| one.scope == report::Scope::FanOut;
    assert!(comparison.metrics.iter().any(|one| of_fan_out(&one)));
}

/// A feed of kinds that have prices; reads are metered at DynamoDB, and too many for its table.
const PRICED: &str = r#"{
    "nodes": { "app": { "kind": "lambda" },
               "feed": { "kind": "dynamodb", "billing": "provisioned", "wcu": 2000, "rcu": 200 } },
    "links": [ "app -> feed" ],
    "audience": { "users": "10k", "followers": 20, "followees": 20 },
    "flows": {
        "post": { "enter": "app", "key": "author", "at": { "app": [
            { "fan_out": "home", "batch": 20, "do": [ { "write": "feed" } ] } ] } },
        "read": { "enter": "app/read", "key": "reader", "at": { "app/read": [
            { "gather": "home", "own": [ { "read": "feed", "op": "query", "count": 20 } ], "pull": [ { "read": "feed" } ] } ] } } },
    "load": [ { "flow": "post", "rate": "20/s" }, { "flow": "read", "rate": "800/s" } ],
    "run": { "horizon": "10s", "warm_up": "0s", "replications": 5, "seed": 3 } }"#;

#[test]
fn the_report_says_what_posts_and_reads_cost_and_what_refused_them() {
    let ended = |form: &str| {
        let arguments = ["run", "-", "--output", form, "--no-progress"];
        crate::support::with_input(&arguments, PRICED).stdout
    };
    let report: report::Report = serde_json::from_str(&ended("json")).expect("a report");
    let home = &report.fan_out["home"];

    let value = |estimate: &Option<report::Estimate>| {
        estimate.as_ref().and_then(|one| one.value).expect("a cost")
    };
    let (post, read) = (&report.cost.flows["post"], &report.cost.flows["read"]);
    let usd = |flow: &report::FlowCost| flow.month_usd.value.expect("a cost");
    let both = (usd(post) + usd(read)) / (post.requests + read.requests) * 1e6;
    assert!((value(&home.cost_per_million_usd) / both - 1.0).abs() < 1e-4);
    assert_eq!(
        home.cost_per_million_posts_usd
            .as_ref()
            .map(|one| one.value),
        Some(post.per_million_usd.value)
    );
    assert_eq!(
        home.cost_per_million_reads_usd
            .as_ref()
            .map(|one| one.value),
        Some(read.per_million_usd.value)
    );
    assert!(
        home.cost_per_million_usd
            .as_ref()
            .is_some_and(|one| one.half_width.is_some())
    );
    // Both flows visit both nodes, and only the table refuses.
    assert_eq!(
        home.throttled,
        report.nodes["feed"].throttled + report.nodes["app"].throttled
    );
    assert_eq!(
        home.visits,
        report.nodes["feed"].arrived + report.nodes["app"].arrived
    );
    assert!(home.throttled > 0);
    let text = ended("text");
    for part in [
        "POSTS AND READS",
        "throttled %",
        "$/M posts",
        "$/M reads",
        "backlog over 10s",
    ] {
        assert!(text.contains(part), "no {part:?} in\n{text}");
    }
    let markdown = ended("md");
    assert!(
        markdown.contains("| posts and reads | throttled % | $/M posts |"),
        "{markdown}"
    );
    let csv = ended("csv");
    for row in [
        "fan_out,home,cost_per_million_usd,",
        "fan_out,home,throttled_share,",
        "fan_out,home,buckets.0.posts,",
        "fan_out,home,buckets.0.last_ms.mean,",
        "fan_out,home,backlog.0,",
        "fan_out,home,backlog.9.9,",
    ] {
        assert!(csv.contains(row), "no {row:?}");
    }
    assert_eq!(report.timeline.fan_outs["home"].backlog.len(), 100);
}

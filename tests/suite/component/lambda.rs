//! Lambda: concurrency, rate, starts, cold starts, the share of a processor, consumers.

use super::{about, admitted, counted, flood};
use crate::known::harness::{run, within};
use crate::support::with_input;
use kneepoint::model::Outcome;

/// Keys that spread evenly.
const EVEN: &str = r#"{ "uniform": [1, 1000000] }"#;
/// A function without chance: nothing but its handler takes time.
const PLAIN: &str =
    r#""kind": "lambda", "memory": "1769MiB", "overhead": "0s", "placement": "0s", "init": "0s""#;

#[test]
fn functions_share_the_concurrency_of_the_account() {
    // M/G/c/c with 12 erlangs on 10 places: what two functions lose is Erlang's B.
    let text = format!(
        r#"{{ "nodes": {{ "a": {{ {PLAIN}, "compute": {{ "gamma": {{ "mean": "100ms", "cv": 0.5 }} }} }}, "b": {{ {PLAIN}, "compute": {{ "exponential": "100ms" }} }} }},
        "account": {{ "lambda_concurrency": 10, "api_gateway_rate": "10k/s" }},
        "flows": {{ "x": {{ "enter": "a" }}, "y": {{ "enter": "b" }} }},
        "load": [ {{ "flow": "x", "rate": "30/s" }}, {{ "flow": "y", "rate": "30/s" }} ],
        "run": {{ "horizon": "400s", "warm_up": "10s", "replications": 20 }} }}"#
    );
    let erlang_b = (1..=10).fold(1.0, |b, k| 6.0 * b / (f64::from(k) + 6.0 * b));

    let run = run(&text);

    // 20 replications: the 99.9 % interval is 3.883 / 2.093 times that of 95 %.
    for node in ["a", "b"] {
        let mut lost = run.node_share(node, |s| s.tally.of(Outcome::Throttled));
        lost.half_width = lost.half_width.map(|half| half * 3.883 / 2.093);
        within(node, lost, erlang_b, lost.half_width.expect("an interval"));
    }
}

#[test]
fn reserved_concurrency_bounds_a_function_and_nothing_waits() {
    let nodes = format!(r#""f": {{ {PLAIN}, "compute": "1s", "reserved_concurrency": 5 }}"#);

    let run = flood(&nodes, "", r#"{ "call": "f" }"#, EVEN, 100, 10);

    // Five at once, each for a second; the last five end after the load.
    about("admitted", admitted(&run, "f"), 50.0);
    assert_eq!(counted(&run, "f", |s| s.waited), 0);
}

#[test]
fn a_short_function_meets_ten_requests_a_second_for_each_unit_of_concurrency() {
    let nodes = format!(r#""f": {{ {PLAIN}, "compute": "1ms", "reserved_concurrency": 20 }}"#);

    let run = flood(&nodes, "", r#"{ "call": "f" }"#, EVEN, 500, 10);

    about("admitted", admitted(&run, "f"), 200.0 * 11.0);
}

#[test]
fn new_environments_start_at_a_limited_rate() {
    // 3,000 at once, each for 10 s: 1,000 start at once, then 100 more each second.
    let text = format!(
        r#"{{ "nodes": {{ "f": {{ {PLAIN}, "compute": "10s" }} }}, "account": {{ "lambda_concurrency": 5000 }},
        "load": [ {{ "every": "1h", "batch": 3000 }}, {{ "name": "more", "rate": "1k/s", "arrivals": "even", "stop": "5s" }} ],
        "run": {{ "horizon": "30s", "warm_up": "0s", "replications": 1 }} }}"#
    );

    let run = run(&text);

    about(
        "cold starts",
        counted(&run, "f", |s| s.cold_starts),
        1_500.0,
    );
    about("admitted", admitted(&run, "f"), 1_500.0);
}

#[test]
fn a_cold_start_takes_what_the_runtime_takes_and_memory_shares_the_processor() {
    let sojourn = |parameters: &str| {
        let nodes = format!(
            r#""f": {{ "kind": "lambda", "overhead": "0s", "placement": "100ms", "compute": "10ms", {parameters} }}"#
        );
        let run = flood(&nodes, "", r#"{ "call": "f" }"#, EVEN, 1, 2);
        assert_eq!(
            counted(&run, "f", |s| s.cold_starts),
            u64::from(!parameters.contains("provisioned"))
        );
        run.of_node("f", |s| s.sojourn.sum as f64 / 1e6)[0]
    };

    let full = sojourn(r#""memory": "1769MiB", "init": "50ms""#);
    let half = sojourn(r#""memory": "884MiB", "init": "50ms""#);
    let ready = sojourn(r#""memory": "1769MiB", "init": "50ms", "provisioned_concurrency": 1"#);

    assert!((full - 170.0).abs() < 1e-6, "one cold and one warm: {full}");
    assert!(
        (half - 150.0 - 20.0 * 1769.0 / 884.0).abs() < 1e-3,
        "{half}"
    );
    assert!((ready - 20.0).abs() < 1e-6, "{ready}");
}

#[test]
fn a_queue_hands_over_no_more_than_the_link_allows() {
    let nodes = format!(
        r#""jobs": {{ "kind": "sqs", "send": "0s", "lag": "0s", "duplicates": 0 }}, "f": {{ {PLAIN}, "compute": "1s" }}"#
    );
    let links = r#"{ "from": "jobs", "to": "f", "batch": 1, "concurrency": 4, "latency": "0s" }"#;

    let run = flood(&nodes, links, r#"{ "send": "jobs" }"#, EVEN, 10, 10);

    assert_eq!(counted(&run, "f", |s| s.tally.of(Outcome::Throttled)), 0);
    let most = run.recordings[0].nodes[run.node("f")]
        .inside
        .iter()
        .max()
        .copied();
    // Areas per bin of 10 ms: four inside throughout.
    assert_eq!(most, Some(4 * 10_000_000));
}

#[test]
fn a_function_that_takes_too_long_is_ended_with_its_environment() {
    let nodes = |timeout: &str| format!(r#""f": {{ {PLAIN}, "compute": "900ms"{timeout} }}"#);

    let late = flood(
        &nodes(r#", "timeout": "400ms""#),
        "",
        r#"{ "call": "f" }"#,
        EVEN,
        1,
        10,
    );
    let soon = flood(
        &nodes(r#", "timeout": "1100ms""#),
        "",
        r#"{ "call": "f" }"#,
        EVEN,
        1,
        10,
    );
    let never = flood(&nodes(""), "", r#"{ "call": "f" }"#, EVEN, 1, 10);

    let ended =
        |run: &crate::known::harness::Run, outcome| counted(run, "f", |s| s.tally.of(outcome));
    assert_eq!(ended(&late, Outcome::TimedOut), 10);
    assert_eq!(counted(&late, "f", |s| s.cold_starts), 10);
    let sojourn = late.of_node("f", |s| s.sojourn.sum as f64 / 1e9)[0];
    assert!((sojourn - 4.0).abs() < 1e-6, "{sojourn}");
    for run in [&soon, &never] {
        assert_eq!(ended(run, Outcome::Completed), 10);
        assert_eq!(counted(run, "f", |s| s.cold_starts), 1);
    }
}

#[test]
fn what_is_sent_is_done_later_and_tried_again_after_errors() {
    // It fails always: at once, a minute later, and two minutes after that.
    let text = format!(
        r#"{{ "nodes": {{ "f": {{ {PLAIN}, "accept": "7ms", "dispatch": "30ms" }} }},
        "flows": {{ "main": {{ "at": {{ "client": [ {{ "send": "f" }} ], "f": [ {{ "compute": "1s" }}, {{ "fail": 1 }} ] }} }} }},
        "load": [ {{ "trace": {{ "times": [ "0s" ] }} }} ],
        "run": {{ "horizon": "400s", "warm_up": "0s", "replications": 1 }} }}"#
    );

    let run = run(&text);

    assert_eq!(counted(&run, "f", |s| s.tally.of(Outcome::Failed)), 3);
    let latency = run.of_flow("main", |s| s.latency.sum as f64 / 1e6)[0];
    assert!((latency - 7.0).abs() < 1e-6, "{latency}");
    assert_eq!(
        run.of_flow("main", |s| s.tally.of(Outcome::Completed) as f64),
        [1.0]
    );
    let settled = run.of_flow("main", |s| s.settled.sum as f64 / 1e9)[0];
    assert!((settled - (3.0 + 180.037)).abs() < 1e-6, "{settled}");
}

#[test]
fn what_is_sent_too_fast_is_throttled_and_done_in_the_end() {
    // One at a time, each for 1 s: 20 that are sent at once are all done, with pauses that double.
    let text = format!(
        r#"{{ "nodes": {{ "f": {{ {PLAIN}, "compute": "100ms", "reserved_concurrency": 1 }} }},
        "flows": {{ "main": {{ "at": {{ "client": [ {{ "send": "f" }} ] }} }} }},
        "load": [ {{ "rate": "5/s", "arrivals": "even", "stop": "4s" }}, {{ "name": "more", "trace": {{ "times": [ "50ms", "60ms", "70ms" ] }} }} ],
        "run": {{ "horizon": "1000s", "warm_up": "0s", "replications": 1 }} }}"#
    );

    let run = run(&text);

    let ended = |outcome| counted(&run, "f", |s| s.tally.of(outcome));
    assert!(ended(Outcome::Throttled) >= 3, "some found it busy");
    assert_eq!(ended(Outcome::Completed), 23, "and were done later");
}

#[test]
fn a_queue_is_taken_up_by_more_and_more_deliveries() {
    let nodes = |pollers: &str| {
        format!(
            r#""jobs": {{ "kind": "sqs", "send": "0s", "lag": "0s", "duplicates": 0 }}, "f": {{ {PLAIN}, "compute": "1s"{pollers} }}"#
        )
    };
    let links = r#"{ "from": "jobs", "to": "f", "batch": 1, "latency": "0s" }"#;
    let begun = |pollers: &str| {
        let run = flood(
            &nodes(pollers),
            links,
            r#"{ "send": "jobs", "count": 10 }"#,
            EVEN,
            100,
            10,
        );
        let inside = run.recordings[0].nodes[run.node("f")].inside.clone();
        // Areas per bin of 10 ms.
        inside[inside.len() / 2 - 1] as f64 / 1e7
    };

    let usual = begun("");
    let prepared = begun(r#", "pollers": 200"#);

    // 5 at the start and 5 more each second, at 5 s; one of them may be on its way.
    assert!((usual - 30.0).abs() <= 1.5, "{usual}");
    // 200 of them have all they can do after 0.2 s.
    assert!((prepared - 224.0).abs() <= 1.5, "{prepared}");
}

/// Visits inside a function behind a queue, at an instant; 1,000 messages of 1 s each come
/// at once, and again after 200 s.
fn inside_at(parameters: &str, second: f64) -> f64 {
    let text = format!(
        r#"{{ "nodes": {{ "jobs": {{ "kind": "sqs", "send": "0s", "lag": "0s", "duplicates": 0 }}, "f": {{ {PLAIN}, "compute": "1s"{parameters} }} }},
        "links": [ {{ "from": "jobs", "to": "f", "batch": 1, "latency": "0s" }} ],
        "flows": {{ "main": {{ "at": {{ "client": [ {{ "each": 100, "do": [ {{ "send": "jobs", "count": 10 }} ] }} ] }} }} }},
        "load": [ {{ "trace": {{ "times": [ "0s", "200s" ] }} }} ],
        "run": {{ "horizon": "220s", "warm_up": "0s", "replications": 1 }} }}"#
    );
    let run = run(&text);
    let inside = &run.recordings[0].nodes[run.node("f")].inside;
    // Areas per bin of a thousandth of the run.
    let bin = 0.22;
    inside[(second / bin) as usize] as f64 / (bin * 1e9)
}

#[test]
fn deliveries_go_back_while_the_queue_is_empty() {
    let first = inside_at("", 10.0);
    let again = inside_at("", 205.1);

    // 5 and 5 more each second; idle since the 20th second, 2 are left, and 5 more each second.
    assert!((first - 55.0).abs() <= 1.5, "{first}");
    assert!((again - (2.0 + 25.5)).abs() <= 1.5, "{again}");
}

#[test]
fn provisioned_pollers_are_there_at_once_and_more_come_faster() {
    let provisioned = r#", "provisioned_pollers": 3, "most_pollers": 8"#;

    let begun = inside_at(provisioned, 0.5);
    let grown = inside_at(provisioned, 1.4);
    let most = inside_at(provisioned, 4.0);
    let again = inside_at(provisioned, 200.3);

    // 10 deliveries each, and 1,000 more a minute.
    assert!((begun - (30.0 + 8.3)).abs() <= 2.5, "{begun}");
    assert!((grown - (30.0 + 23.3)).abs() <= 2.5, "{grown}");
    assert!((most - 80.0).abs() <= 1.5, "{most}");
    assert!((again - (30.0 + 5.0)).abs() <= 2.5, "{again}");
}

#[test]
fn what_is_reserved_for_one_function_is_taken_from_the_others() {
    let started = |account: u32, reserved: &str| {
        let text = format!(
            r#"{{ "nodes": {{ "a": {{ {PLAIN}, "compute": "10s"{reserved} }}, "b": {{ {PLAIN}, "compute": "10s" }} }},
            "account": {{ "lambda_concurrency": {account} }},
            "flows": {{ "x": {{ "enter": "a" }}, "y": {{ "enter": "b" }} }},
            "load": [ {{ "flow": "x", "rate": "1/s", "stop": "1ms" }}, {{ "flow": "y", "rate": "300/s", "arrivals": "even", "stop": "1s" }} ],
            "run": {{ "horizon": "2s", "warm_up": "0s", "replications": 1 }} }}"#
        );
        let run = run(&text);
        admitted(&run, "b")
    };

    assert_eq!(started(240, ""), 240);
    assert_eq!(started(240, r#", "reserved_concurrency": 40"#), 200);
}

#[test]
fn some_of_the_account_must_stay_unreserved() {
    let text = r#"{ "nodes": { "f": { "kind": "lambda", "reserved_concurrency": 901 }, "g": { "kind": "lambda" } },
        "links": [ "f -> g" ], "load": [ { "rate": "1/s" } ] }"#;

    let found = with_input(&["check", "-"], text);

    assert_eq!(found.status, 2, "{}", found.stderr);
    let expected = "functions reserve 901 of the 1000 that the account may have inside at once, \
                    of which 100 must not be reserved";
    assert!(found.stderr.contains(expected), "{}", found.stderr);
}

#[test]
fn an_environment_is_replaced_at_its_age() {
    let text = |lifetime: &str| {
        format!(
            r#"{{ "nodes": {{ "f": {{ {PLAIN}, "compute": "100ms"{lifetime} }} }},
            "load": [ {{ "rate": "10/min", "arrivals": "even" }} ],
            "run": {{ "horizon": "10h", "warm_up": "0s", "replications": 1 }} }}"#
        )
    };

    let usual = run(&text(""));
    let short = run(&text(r#", "lifetime": "1h""#));

    // Never idle for long; a start every two hours, or every hour.
    assert_eq!(counted(&usual, "f", |s| s.cold_starts), 5);
    assert_eq!(counted(&short, "f", |s| s.cold_starts), 10);
}

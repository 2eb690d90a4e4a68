//! EventBridge: the account's events, targets that match, invocations that wait, retries.

use super::{about, admitted, counted, flood, recovers, said, storm};
use crate::known::harness::{Run, run};
use kneepoint::model::Outcome;

/// Keys that spread evenly.
const EVEN: &str = r#"{ "uniform": [1, 1000000] }"#;

/// A bus in front of a queue that counts its events.
fn counting(parameters: &str) -> (String, &'static str) {
    let nodes = format!(
        r#""bus": {{ "kind": "eventbridge", "put": "0s", "delivery": "0s", {parameters} }},
           "jobs": {{ "kind": "sqs", "duplicates": 0, "send": "0s", "lag": "0s" }}, "work": {{ "kind": "delay" }}"#
    );
    (nodes, r#""bus -> jobs", "jobs -> work""#)
}

/// Events that came to the queue.
fn events(run: &Run) -> u64 {
    let record = run.recordings[0].nodes[run.node("jobs")].queue;
    record.expect("a queue").sent
}

#[test]
fn events_are_admitted_one_by_one_whatever_calls_they_come_in() {
    let (nodes, links) = counting(r#""rate": "100/s""#);
    let single = flood(&nodes, links, r#"{ "send": "bus" }"#, EVEN, 300, 10);
    let ten = flood(
        &nodes,
        links,
        r#"{ "send": "bus", "count": 10 }"#,
        EVEN,
        300,
        10,
    );

    about("calls of one", events(&single), 100.0 * 11.0);
    about("calls of ten", events(&ten), 100.0 * 11.0);
    // The burst is ten whole calls; then a token is there for one event of every third.
    let whole = counted(&ten, "bus", |s| s.tally.of(Outcome::Completed));
    assert_eq!(whole, 10);
}

#[test]
fn events_that_find_no_token_are_sent_again_alone() {
    // Three calls of ten: ten, ten and five pass, and five 200 ms later, when there are as many.
    let run = |rounds: u32| {
        let (nodes, links) = counting(&format!(
            r#""rate": "25/s", "batch_rounds": {rounds}, "batch_pause": "200ms""#
        ));
        run(&format!(
            r#"{{ "nodes": {{ {nodes} }}, "links": [ {links} ],
                "flows": {{ "main": {{ "at": {{ "client": [ {{ "send": "bus", "count": 10 }} ] }} }} }},
                "load": [ {{ "every": "1h", "batch": 3 }} ],
                "run": {{ "horizon": "10s", "warm_up": "0s", "replications": 1 }} }}"#
        ))
    };
    let (once, twice) = (run(1), run(2));

    let ended = |run: &Run, outcome| counted(run, "bus", |s| s.tally.of(outcome));
    assert_eq!(
        (events(&once), ended(&once, Outcome::Throttled)),
        (25, 1),
        "what is left is lost"
    );
    assert_eq!((events(&twice), ended(&twice, Outcome::Completed)), (30, 3));
    assert_eq!(twice.of_flow("main", |f| f.latency.max as f64)[0], 200e6);
}

#[test]
fn a_call_of_which_one_event_passed_at_first_sends_the_others_again() {
    // Ten, ten and one pass of three calls of ten; half a second later there are ten tokens for nine.
    let (nodes, links) = counting(r#""rate": "21/s", "batch_rounds": 2, "batch_pause": "500ms""#);
    let run = run(&format!(
        r#"{{ "nodes": {{ {nodes} }}, "links": [ {links} ],
            "flows": {{ "main": {{ "at": {{ "client": [ {{ "send": "bus", "count": 10 }} ] }} }} }},
            "load": [ {{ "every": "1h", "batch": 3 }} ],
            "run": {{ "horizon": "10s", "warm_up": "0s", "replications": 1 }} }}"#
    ));

    assert_eq!(events(&run), 30);
    assert_eq!(counted(&run, "bus", |s| s.tally.of(Outcome::Completed)), 3);
}

#[test]
fn a_call_that_is_tried_again_sends_what_was_left_of_it() {
    // Of three calls of ten, twenty-five events pass. The third is tried again 200 ms later with the
    // five that were left, when as many tokens are there; or it counts as answered, and they are lost.
    let run = |parameters: &str, rate: u32| {
        let (nodes, links) = counting(&format!(r#""rate": "{rate}/s"{parameters}"#));
        run(&format!(
            r#"{{ "nodes": {{ {nodes} }},
                "links": [ {links}, {{ "from": "client", "to": "bus", "latency": "0s", "retry": {{ "attempts": 9, "backoff": "fixed", "base": "200ms" }} }} ],
                "flows": {{ "main": {{ "at": {{ "client": [ {{ "send": "bus", "count": 10 }} ] }} }} }},
                "load": [ {{ "every": "1h", "batch": 3 }} ],
                "run": {{ "horizon": "10s", "warm_up": "0s", "replications": 1 }} }}"#
        ))
    };
    let (alone, ignored) = (run("", 25), run(r#", "failed_entries": "ignored""#, 25));
    // At ten a second one call passes at once. The other two are tried every 200 ms, when there are two
    // tokens, which events of the second take until it is done at 1 s, and then those of the third.
    let slow = run("", 10);

    let ended = |run: &Run, outcome| counted(run, "bus", |s| s.tally.of(outcome));
    assert_eq!(events(&alone), 30);
    assert_eq!(
        (
            ended(&alone, Outcome::Completed),
            ended(&alone, Outcome::Throttled)
        ),
        (3, 1)
    );
    assert_eq!(alone.of_flow("main", |f| f.latency.max as f64)[0], 200e6);
    assert_eq!(events(&ignored), 25);
    assert_eq!(
        (
            ended(&ignored, Outcome::Completed),
            ended(&ignored, Outcome::Throttled)
        ),
        (3, 0)
    );
    // The ninth attempt is at 1.6 s: eight times two tokens.
    assert_eq!(events(&slow), 10 + 16);
}

/// A thousand events, ten a second, of which some are replayed; what has come to the target.
fn replayed(replays: &str, horizon: &str) -> u64 {
    let text = format!(
        r#"{{ "nodes": {{ "bus": {{ "kind": "eventbridge", "put": "0s", "delivery": "0s", "replays": [ {replays} ] }},
                         "all": {{ "kind": "delay" }} }},
            "links": [ {{ "from": "bus", "to": "all", "latency": "0s" }} ],
            "flows": {{ "a": {{ "at": {{ "client": [ {{ "send": "bus" }} ] }} }}, "b": {{ "at": {{ "client": [ {{ "send": "bus" }} ] }} }} }},
            "load": [ {{ "flow": "a", "rate": "5/s", "arrivals": "even", "stop": "100s" }},
                      {{ "flow": "b", "rate": "5/s", "arrivals": "even", "start": "100ms", "stop": "100s" }} ],
            "run": {{ "horizon": "{horizon}", "warm_up": "0s", "replications": 1 }} }}"#
    );
    counted(&run(&text), "all", |s| s.tally.arrived)
}

#[test]
fn a_replay_sends_the_events_of_its_window_again_at_its_time_and_rate() {
    let paced = r#"{ "at": "200s", "from": "10s", "to": "60s", "rate": "5/s" }"#;

    assert_eq!(replayed(paced, "199s"), 1_000, "before it begins");
    // One at 200 s and five a second; the five hundredth at 299.8 s.
    assert_eq!(replayed(paced, "250.1s"), 1_000 + 251);
    assert_eq!(replayed(paced, "400s"), 1_000 + 500);
    // Without a rate as fast as the bus takes events: 500 in 50 ms.
    let fast = r#"{ "at": "200s", "from": "10s", "to": "60s" }"#;
    assert_eq!(replayed(fast, "200.0251s"), 1_000 + 251);
    assert_eq!(replayed(fast, "201s"), 1_000 + 500);
}

#[test]
fn replays_do_not_see_each_other_and_archive_nothing() {
    // All of the first minute, twice at once, and then all that ever came.
    let two = r#"{ "at": "200s", "to": "60s" }, { "at": "200s", "to": "60s" }, { "at": "300s" }"#;

    assert_eq!(replayed(two, "400s"), 1_000 + 600 + 600 + 1_000);
}

#[test]
fn a_replay_is_beside_the_limit_of_calls_and_waits_for_invocations() {
    // 400 events within 4 s, whose replay at 100/s finds 20 invocations a second: 20 at once,
    // and 20 a second from then on.
    let text = r#"{ "nodes": { "bus": { "kind": "eventbridge", "put": "0s", "delivery": "0s", "rate": "100/s", "invocations": "20/s",
                                        "replays": [ { "at": "100s", "rate": "100/s" } ] },
                               "all": { "kind": "delay" } },
        "links": [ "bus -> all" ],
        "flows": { "main": { "at": { "client": [ { "send": "bus" } ] } } },
        "load": [ { "rate": "100/s", "arrivals": "even", "stop": "4s" }, { "name": "later", "rate": "100/s", "arrivals": "even", "start": "100s", "stop": "101s" } ],
        "run": { "horizon": "105.01s", "warm_up": "0s", "replications": 1 } }"#;

    let run = run(text);

    assert_eq!(counted(&run, "bus", |s| s.tally.of(Outcome::Throttled)), 0);
    about(
        "invocations",
        counted(&run, "all", |s| s.tally.arrived),
        400.0 + 20.0 * 6.0,
    );
}

#[test]
fn a_replay_before_its_window_is_over_is_refused() {
    let early =
        said(r#""kind": "eventbridge", "replays": [ { "at": "1m", "from": "10s", "to": "2m" } ]"#);
    let never = said(r#""kind": "eventbridge", "replays": [ { "from": "10s" } ]"#);

    assert!(early.contains("`to` no later than `at`"), "{early}");
    assert!(never.contains("`at`"), "{never}");
}

#[test]
fn the_limit_is_that_of_the_account_and_comes_back() {
    let nodes = r#""bus": { "kind": "eventbridge" }"#;

    let one = flood(nodes, "", r#"{ "send": "bus" }"#, EVEN, 30_000, 1);
    let after = storm(nodes, "", r#"{ "send": "bus" }"#, 20_000, 1_000);

    // 10,000 at the start and 10,000/s up to the last arrival.
    about(
        "a second",
        admitted(&one, "bus"),
        10_000.0 + 10_000.0 * 29_999.0 / 30_000.0,
    );
    recovers(&after, Outcome::Throttled);
}

#[test]
fn every_target_gets_what_matches_after_the_time_of_delivery() {
    let text = r#"{ "nodes": { "bus": { "kind": "eventbridge", "put": "10ms", "delivery": "60ms" },
            "all": { "kind": "delay", "time": "5ms" }, "orders": { "kind": "delay" }, "part": { "kind": "delay" } },
        "links": [ { "from": "bus", "to": "all", "latency": "0s" }, { "from": "bus", "to": "orders", "match": [ "order" ], "latency": "0s" },
                   { "from": "bus", "to": "part", "share": 0.25, "latency": "0s" } ],
        "flows": { "order": { "at": { "client": [ { "send": "bus" } ] } }, "visit": { "at": { "client": [ { "send": "bus" } ] } } },
        "load": [ { "flow": "order", "rate": "100/s", "arrivals": "even", "stop": "10s" }, { "flow": "visit", "rate": "300/s", "arrivals": "even", "stop": "10s" } ],
        "run": { "horizon": "12s", "warm_up": "0s", "replications": 1 } }"#;

    let run = run(text);

    let arrived = |node: &str| counted(&run, node, |s| s.tally.arrived);
    assert_eq!((arrived("all"), arrived("orders")), (4_000, 1_000));
    // 4,000 coins: 3.29 deviations of √(n p q) = 27.4.
    assert!(arrived("part").abs_diff(1_000) <= 90, "{}", arrived("part"));
    let latency = run.latency_mean_ms("order").value.expect("a mean");
    assert!((latency - 10.0).abs() < 1e-6, "the call: {latency} ms");
    let settled = run.of_flow("order", |f| {
        f.settled.sum as f64 / f.settled.count as f64 / 1e6
    })[0];
    assert!(
        (settled - 75.0).abs() < 1e-3,
        "to the end of the slowest: {settled} ms"
    );
}

#[test]
fn invocations_above_the_limit_wait_and_nothing_is_lost() {
    let nodes = r#""bus": { "kind": "eventbridge", "invocations": "300/s", "delivery": "0s" },
                   "a": { "kind": "delay" }, "b": { "kind": "delay" }, "c": { "kind": "delay" }"#;
    let links = r#""bus -> a", "bus -> b", "bus -> c""#;

    let run = flood(nodes, links, r#"{ "send": "bus" }"#, EVEN, 200, 10);

    assert_eq!(counted(&run, "bus", |s| s.tally.of(Outcome::Throttled)), 0);
    // 300 invocations at once and 300/s, three an event: 100 + 100/s.
    for node in ["a", "b", "c"] {
        let arrived = counted(&run, node, |s| s.tally.arrived);
        assert!(arrived.abs_diff(1_100) <= 15, "{node}: {arrived}");
    }
}

#[test]
fn a_target_that_fails_is_tried_again_until_it_does_not() {
    let text = r#"{ "nodes": { "bus": { "kind": "eventbridge" }, "sick": { "kind": "external", "failure": 0.3 } },
        "links": [ "bus -> sick" ],
        "flows": { "main": { "at": { "client": [ { "send": "bus" } ] } } },
        "load": [ { "rate": "100/s", "arrivals": "even", "stop": "10s" } ],
        "run": { "horizon": "1200s", "warm_up": "0s", "replications": 1 } }"#;

    let run = run(text);

    let done = counted(&run, "sick", |s| s.tally.of(Outcome::Completed));
    let tried = counted(&run, "sick", |s| s.tally.arrived) as f64;
    assert_eq!(done, 1_000);
    // Geometric: 1/0.7 each; 3.29 deviations of √(n q)/p.
    let tolerance = 3.29 * (1_000.0_f64 * 0.3).sqrt() / 0.7;
    assert!((tried - 1_000.0 / 0.7).abs() <= tolerance, "{tried}");
}

#[test]
fn what_is_given_up_goes_to_the_dead_letters() {
    let text = r#"{ "nodes": { "bus": { "kind": "eventbridge", "delivery": "0s" }, "sick": { "kind": "external", "failure": 1 }, "dead": { "kind": "delay" } },
        "links": [ { "from": "bus", "to": "sick", "retry": { "attempts": 3, "backoff": "fixed", "base": "1s" } }, { "from": "bus", "to": "dead", "role": "dead-letter" } ],
        "flows": { "main": { "at": { "client": [ { "send": "bus" } ] } } },
        "load": [ { "rate": "10/s", "arrivals": "even", "stop": "5s" } ],
        "run": { "horizon": "20s", "warm_up": "0s", "replications": 1 } }"#;

    let run = run(text);

    assert_eq!(counted(&run, "sick", |s| s.tally.arrived), 150);
    assert_eq!(counted(&run, "dead", |s| s.tally.arrived), 50);
}

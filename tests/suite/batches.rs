//! What of a batch comes back: single messages, halves, what is too old, what was throttled.

use crate::calls::{arrived, at, ends, link};
use crate::component::exactly;
use crate::known::harness::{Run, run};
use kneepoint::metrics::estimate::{Estimate, mean};
use kneepoint::model::Outcome;

/// How often a message is received until it is done, where each fails with probability 0.3
/// and eight of them are delivered together.
fn receives(link: &str, join: &str) -> Estimate {
    let run = run(&format!(
        r#"{{ "nodes": {{ "jobs": {{ "kind": "queue" }}, "w": {{ "kind": "delay", "time": "1ms" }} }},
            "links": [ {{ "from": "jobs", "to": "w", "batch": 4{link} }} ],
            "flows": {{ "main": {{ "at": {{ "client": [ {{ "send": "jobs", "count": 4 }} ],
              "w": [ {{ "each": "message", "do": [ {{ "fail": 0.3 }} ], "join": "{join}" }} ] }} }} }},
            "load": [ {{ "rate": "1/s", "arrivals": "even" }} ],
            "run": {{ "horizon": "300s", "warm_up": "0s", "replications": 20 }} }}"#
    ));
    let node = run.node("jobs");
    let found = run.recordings.iter().map(|recording| {
        let queue = recording.nodes[node].queue.expect("a queue");
        queue.receives as f64 / queue.sent as f64
    });
    mean(&found.collect::<Vec<f64>>())
}

#[test]
fn only_the_messages_that_failed_come_back() {
    let whole = receives("", "all");
    let partial = receives(r#", "partial": true"#, "settled");

    // Geometric: until all four pass together, or until one passes.
    exactly("whole batches", whole, 0.7_f64.powi(-4));
    exactly("single messages", partial, 1.0 / 0.7);
}

/// Eight records that are read together, of which the fourth can never be handed on: its
/// key has used its tokens up.
fn poisoned(properties: &str, join: &str) -> Run {
    at(
        &[0; 8],
        &format!(
            r#""nodes": {{ "log": {{ "kind": "log" }}, "w": {{ "kind": "delay", "time": "10ms" }}, "dead": {{ "kind": "delay" }},
                           "store": {{ "kind": "limiter", "rate": "1/h", "burst": 100, "partitions": {{ "count": 16, "by": "modulo" }} }} }},
               "links": [ {{ "from": "log", "to": "w", "batch": 100, "window": "1s"{properties} }},
                          {{ "from": "log", "to": "dead", "role": "dead-letter" }}, "w -> store" ],
               "flows": {{ "main": {{
                 "key": {{ "sequence": [ 1, 2, 3, 4, 5, 6, 7, 8 ] }},
                 "at": {{ "client": [ {{ "each": {{ "sequence": [ 0, 0, 0, 100, 0, 0, 0, 0 ] }}, "do": [ {{ "call": "store" }} ] }}, {{ "send": "log" }} ],
                          "w": [ {{ "each": "message", "do": [ {{ "call": "store" }} ], "join": "{join}" }} ] }} }} }}"#
        ),
    )
}

/// Messages that the log gave up.
fn given_up(run: &Run) -> u64 {
    run.recordings[0].nodes[run.node("log")].given_up
}

#[test]
fn halves_find_the_one_record_that_fails() {
    let run = poisoned(r#", "bisect": true, "attempts": 1"#, "all");

    // 8, 4, 2 and 1 fail; one half of each is done: 1 + 2 × log₂ 8 deliveries.
    assert_eq!(arrived(&run, "w"), 7);
    assert_eq!(link(&run, "log->w", |l| l.tally.of(Outcome::Completed)), 3);
    assert_eq!((given_up(&run), arrived(&run, "dead")), (1, 1));
    assert_eq!(ends(&run).len(), 8, "all have settled");
}

#[test]
fn without_halves_all_records_are_given_up_with_it() {
    let run = poisoned(r#", "attempts": 3"#, "all");

    assert_eq!(arrived(&run, "w"), 3);
    assert_eq!((given_up(&run), arrived(&run, "dead")), (8, 8));
}

#[test]
fn what_came_before_a_record_that_failed_is_done() {
    let run = poisoned(r#", "partial": true, "attempts": 2"#, "settled");

    // Three are done; the fourth fails again in front of the others.
    assert_eq!(arrived(&run, "w"), 2);
    assert_eq!((given_up(&run), arrived(&run, "dead")), (5, 5));
    // The first delivery begins after the window of a second, the other after a pause.
    let settled: Vec<u64> = ends(&run).iter().map(|end| end.2).collect();
    assert_eq!(settled, [1010, 1010, 1010, 1120, 1120, 1120, 1120, 1120]);
}

#[test]
fn what_is_too_old_is_given_up_instead_of_being_delivered() {
    let young = poisoned(r#", "max_age": "1150ms""#, "all");
    let old = poisoned(r#", "max_age": "500ms""#, "all");

    // Delivered after 1 s and 1.11 s; after 1.22 s they would be too old.
    assert_eq!((arrived(&young, "w"), given_up(&young)), (2, 8));
    assert_eq!((arrived(&old, "w"), given_up(&old)), (0, 8));
}

#[test]
fn a_consumer_that_is_too_busy_has_not_tried() {
    let run = at(
        &[0],
        r#""nodes": { "log": { "kind": "log" }, "w": { "kind": "limiter", "concurrency": 1 }, "slow": { "kind": "delay", "time": "5s" } },
           "links": [ { "from": "log", "to": "w", "attempts": 2 }, "w -> slow" ],
           "flows": { "main": { "at": { "client": [ { "call": "w", "wait": false }, { "pause": "1s" }, { "send": "log" } ] } } }"#,
    );

    // Refused every 100 ms from 1 s until 5 s, and done then.
    assert!(link(&run, "log->w", |l| l.tally.of(Outcome::Throttled)) > 30);
    assert_eq!(link(&run, "log->w", |l| l.tally.of(Outcome::Completed)), 1);
    assert_eq!(given_up(&run), 0);
}

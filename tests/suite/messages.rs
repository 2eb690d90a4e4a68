//! What queues and logs give up, what messages are about, and calls that are cut.

use crate::calls::{arrived, at, ends, link, queue};
use crate::support::with_input;

/// Two requests that append two messages each, to a reader that always fails after 10 ms.
fn failing(nodes: &str, links: &str) -> crate::known::harness::Run {
    at(
        &[0, 50],
        &format!(
            r#""nodes": {{ "log": {{ "kind": "log", "max_receives": 3 }},
                           "r": {{ "kind": "external", "time": "10ms", "failure": 1 }} {nodes} }},
               "links": [ {{ "from": "log", "to": "r", "batch": 2 }} {links} ],
               "flows": {{ "main": {{ "at": {{ "client": [ {{ "send": "log", "count": 2 }} ] }} }} }}"#
        ),
    )
}

#[test]
fn a_batch_that_fails_too_often_becomes_dead_letters() {
    let run = failing(
        r#", "dead": { "kind": "delay", "time": "1s" }"#,
        r#", { "from": "log", "to": "dead", "role": "dead-letter" }"#,
    );

    // Tried at 0, 110 and 220 ms, given up at 230 ms; the next at 230, 340 and 450 ms.
    let settled: Vec<u64> = ends(&run).iter().map(|end| end.2).collect();
    assert_eq!(settled, [1230, 1460]);
    assert_eq!(arrived(&run, "r"), 6, "three deliveries of two batches");
    assert_eq!(arrived(&run, "dead"), 4, "its messages, one by one");
    assert_eq!(run.recordings[0].nodes[run.node("log")].given_up, 4);
}

#[test]
fn without_a_dead_letter_link_a_log_drops_what_it_gives_up() {
    let run = failing("", "");

    let settled: Vec<u64> = ends(&run).iter().map(|end| end.2).collect();
    assert_eq!(settled, [230, 460]);
    assert_eq!(run.recordings[0].nodes[run.node("log")].given_up, 4);
}

#[test]
fn a_filter_holds_for_every_delivery_of_a_batch() {
    // Half of the messages pass; those that do not are done with, whatever becomes of others.
    let run = at(
        &[0, 1000, 2000, 3000],
        r#""nodes": { "log": { "kind": "log", "max_receives": 2 },
                      "r": { "kind": "external", "time": "10ms", "failure": 1 } },
           "links": [ { "from": "log", "to": "r", "batch": 100, "share": 0.5 } ],
           "flows": { "main": { "at": { "client": [ { "send": "log", "count": 100 } ] } } }"#,
    );

    let given_up = run.recordings[0].nodes[run.node("log")].given_up;
    // Binomial of 400 and a half: 3.29 deviations of 10.
    assert!((given_up as f64 - 200.0).abs() < 33.0, "{given_up}");
    assert_eq!(arrived(&run, "r"), 8, "two deliveries of four batches");
}

const ENDPOINTS: &str = r#""flows": { "main": { "at": {
        "client": [ { "send": "q/x", "count": 2 }, { "send": "q/y" }, { "send": "q/x" } ],
        "w/x": [ { "pause": "10ms" }, { "call": "a" } ],
        "w/y": [ { "pause": "30ms" }, { "call": "b" } ] } } }"#;

#[test]
fn messages_of_a_queue_are_handled_at_their_endpoints() {
    let run = at(
        &[0],
        &format!(
            r#""nodes": {{ "q": {{ "kind": "queue" }}, "w": {{ "kind": "station", "servers": 9 }},
                           "a": {{ "kind": "delay" }}, "b": {{ "kind": "delay" }} }},
               "links": [ {{ "from": "q", "to": "w", "batch": 10 }}, "w -> a", "w -> b" ], {ENDPOINTS}"#
        ),
    );

    assert_eq!(ends(&run)[0].2, 30);
    assert_eq!(
        (arrived(&run, "a"), arrived(&run, "b")),
        (2, 1),
        "one a batch"
    );
}

#[test]
fn a_batch_of_a_log_ends_where_the_endpoint_changes() {
    let run = at(
        &[0],
        &format!(
            r#""nodes": {{ "q": {{ "kind": "log" }}, "w": {{ "kind": "station", "servers": 9 }},
                           "a": {{ "kind": "delay" }}, "b": {{ "kind": "delay" }} }},
               "links": [ {{ "from": "q", "to": "w", "batch": 10 }}, "w -> a", "w -> b" ], {ENDPOINTS}"#
        ),
    );

    // Two for x until 10 ms, one for y until 40 ms, and one for x, in order.
    assert_eq!(ends(&run)[0].2, 50);
    assert_eq!((arrived(&run, "a"), arrived(&run, "b")), (2, 1));
    assert_eq!(link(&run, "q->w", |slice| slice.attempts), 3);
}

#[test]
fn a_topic_copies_to_the_links_of_an_endpoint() {
    let run = at(
        &[0],
        r#""nodes": { "t": { "kind": "topic" }, "a": { "kind": "delay" }, "b": { "kind": "delay" } },
           "links": [ { "from": "t", "to": "a", "match": [ "/x" ] }, { "from": "t", "to": "b", "match": [ "/y" ] } ],
           "flows": { "main": { "at": { "client": [ { "send": "t/x" }, { "send": "t/y" }, { "send": "t/y" } ] } } }"#,
    );

    assert_eq!((arrived(&run, "a"), arrived(&run, "b")), (1, 2));
}

#[test]
fn a_topic_hands_what_it_gives_up_to_its_dead_letter_link() {
    let run = at(
        &[0, 10],
        r#""nodes": { "t": { "kind": "topic" }, "w": { "kind": "external", "time": "10ms", "failure": 1 },
                      "dead": { "kind": "delay" } },
           "links": [ "t -> w", { "from": "t", "to": "dead", "role": "dead-letter" } ],
           "flows": { "main": { "at": { "client": [ { "send": "t" } ] } } }"#,
    );

    assert_eq!((arrived(&run, "w"), arrived(&run, "dead")), (2, 2));
}

#[test]
fn a_count_that_varies_is_cut_into_calls_of_as_many_as_one_takes() {
    // SendMessageBatch takes ten: three calls for 25, one for 10, one for 7, one for 1.
    let run = at(
        &[0, 1000, 2000, 3000],
        r#""nodes": { "q": { "kind": "sqs" } },
           "flows": { "main": { "at": { "client": [
               { "send": "q", "count": { "sequence": [ 25, 10, 7, 1 ] } } ] } } }"#,
    );

    assert_eq!(arrived(&run, "q"), 6);
    assert_eq!(queue(&run, "q").sent, 43);
}

#[test]
fn what_is_cut_is_said_in_the_report() {
    let text = r#"{ "nodes": { "q": { "kind": "sqs" } },
        "flows": { "main": { "at": { "client": [ { "send": "q", "count": { "uniform": [ 1, 25 ] } } ] } } },
        "load": [ { "rate": "10/s" } ], "run": { "horizon": "10s", "warm_up": "0s" } }"#;

    let ran = with_input(&["run", "-", "--output", "json"], text);

    let note = "calls of `q` by `client` with more than 10 items were cut into several at once";
    assert!(ran.stdout.contains(note), "{}", ran.stdout);
}

#[test]
fn every_copy_behind_a_bandwidth_gets_its_turn() {
    let arrivals = [0, 100, 200, 300, 400, 500];
    let run = at(
        &arrivals,
        r#""nodes": { "lb": { "kind": "balancer" },
                      "app": { "kind": "station", "copies": 3, "service_time": "5ms" } },
           "links": [ { "from": "lb", "to": "app", "bandwidth": "1MB/s" } ],
           "flows": { "main": { "bytes": "10kB", "reply": "20kB" } }"#,
    );

    // 10 ms there, 5 ms at work, 20 ms back.
    let left: Vec<u64> = ends(&run).iter().map(|end| end.1).collect();
    assert_eq!(left, arrivals.map(|at| at + 35));
    let copies = &run.recordings[0].nodes[run.node("app")].instances;
    let each: Vec<u64> = copies.iter().map(|one| one.arrived).collect();
    assert_eq!(each, [2, 2, 2], "round robin reaches the copies");
}

#[test]
fn stores_of_one_kind_repeat_what_they_write_and_do_not_pass_it_on() {
    let run = at(
        &[0, 50],
        r#""nodes": { "here": { "kind": "dynamodb" }, "there": { "kind": "dynamodb" },
                      "third": { "kind": "dynamodb" }, "seen": { "kind": "delay" } },
           "links": [ "here -> there", "there -> here", "here -> third", "there -> third",
                      "there -> seen" ],
           "flows": { "main": { "at": { "client": [
                { "write": "here" }, { "write": "there" }, { "read": "here" } ] } } }"#,
    );

    assert_eq!(arrived(&run, "here"), 2 + 2 + 2, "written, repeated, read");
    assert_eq!(arrived(&run, "there"), 2 + 2);
    assert_eq!(arrived(&run, "third"), 2 + 2);
    assert_eq!(arrived(&run, "seen"), 2 + 2, "a stream has all of them");
}

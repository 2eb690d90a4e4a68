//! SQS: calls of FIFO queues, messages in flight, visibility, dead letters, lag.

use super::{about, admitted, counted, flood};
use crate::known::harness::{Run, near, run};
use kneepoint::metrics::recording::QueueRecord;
use kneepoint::model::Outcome;

/// Keys that spread evenly.
const EVEN: &str = r#"{ "uniform": [1, 1000000] }"#;
/// One key for all.
const HOT: &str = r#"{ "uniform": [7, 7] }"#;

fn record(run: &Run) -> QueueRecord {
    run.recordings[0].nodes[run.node("jobs")]
        .queue
        .expect("a queue")
}

#[test]
fn a_fifo_queue_admits_300_calls_a_second() {
    let nodes = r#""jobs": { "kind": "sqs", "type": "fifo", "send": "1ms", "send_each": "0s", "lag": "0s" }"#;

    let single = flood(nodes, "", r#"{ "send": "jobs" }"#, EVEN, 400, 10);
    let batches = flood(
        nodes,
        "",
        r#"{ "send": "jobs", "count": 10 }"#,
        EVEN,
        400,
        10,
    );

    about("calls", admitted(&single, "jobs"), 300.0 * 11.0);
    about("calls of 10", admitted(&batches, "jobs"), 300.0 * 11.0);
    let sent = record(&batches).sent;
    assert!(sent.abs_diff(33_000) <= 20, "ten messages a call: {sent}");
}

#[test]
fn high_throughput_helps_many_groups_but_not_one() {
    let nodes =
        r#""jobs": { "kind": "sqs", "type": "fifo", "high_throughput": true, "send": "1ms" }"#;

    let many = flood(nodes, "", r#"{ "send": "jobs" }"#, EVEN, 10_000, 2);
    let one = flood(nodes, "", r#"{ "send": "jobs" }"#, HOT, 1_000, 5);

    assert_eq!(
        counted(&many, "jobs", |s| s.tally.of(Outcome::Throttled)),
        0
    );
    about("one group", admitted(&one, "jobs"), 300.0 * 6.0);
}

#[test]
fn a_standard_queue_admits_all_and_bounds_what_is_in_flight() {
    let nodes = r#""jobs": { "kind": "sqs", "send": "1ms", "lag": "0s", "in_flight": 50, "duplicates": 0 },
                   "slow": { "kind": "delay", "time": "1s" }"#;
    let links = r#"{ "from": "jobs", "to": "slow", "batch": 1 }"#;

    let run = flood(nodes, links, r#"{ "send": "jobs" }"#, EVEN, 100, 20);

    assert_eq!(counted(&run, "jobs", |s| s.tally.of(Outcome::Throttled)), 0);
    // 50 in flight for 1 s each: 50 a second, of which the last are still at work.
    let done = counted(&run, "slow", |s| s.tally.of(Outcome::Completed));
    about("done in 20 s", done, 950.0);
}

#[test]
fn a_message_that_fails_comes_back_and_ends_as_a_dead_letter() {
    let text = r#"{ "nodes": {
            "jobs": { "kind": "sqs", "send": "1ms", "lag": "0s", "visibility": "10s", "max_receives": 3, "duplicates": 0 },
            "sick": { "kind": "external", "time": "10ms", "failure": 1 },
            "dead": { "kind": "delay" } },
        "links": [ { "from": "jobs", "to": "sick", "batch": 1 }, { "from": "jobs", "to": "dead", "role": "dead-letter" } ],
        "flows": { "main": { "at": { "client": [ { "send": "jobs" } ] } } },
        "load": [ { "rate": "10/s", "arrivals": "even", "stop": "2s" } ],
        "run": { "horizon": "60s", "warm_up": "0s", "replications": 1 } }"#;

    let run = run(text);

    let QueueRecord {
        sent,
        receives,
        dead_lettered,
        ..
    } = record(&run);
    assert!(sent >= 19, "{sent}");
    assert_eq!((receives, dead_lettered), (3 * sent, sent));
    assert_eq!(counted(&run, "dead", |s| s.tally.arrived), sent);
    // Acknowledged at 1 ms, received then and 10 and 20 s later, given up after 30 s.
    let settled = run.of_flow("main", |flow| flow.settled.max as f64)[0];
    let count = run.of_flow("main", |flow| flow.settled.count as f64)[0];
    assert_eq!(count as u64, sent);
    assert!((settled / 1e9 - 30.001).abs() < 1e-3, "{settled} ns");
}

#[test]
fn a_consumer_slower_than_the_visibility_gets_messages_twice() {
    let nodes = r#""jobs": { "kind": "sqs", "send": "1ms", "lag": "0s", "visibility": "5s", "duplicates": 0 },
                   "slow": { "kind": "delay", "time": "8s" }"#;
    let links = r#"{ "from": "jobs", "to": "slow", "batch": 1 }"#;

    let run = flood(nodes, links, r#"{ "send": "jobs" }"#, EVEN, 2, 30);

    // Received at 0 and 5 s; deleted by neither before 13 s, when it comes a third time at 10 s.
    let found = record(&run);
    assert!(found.receives > 3 * found.deleted / 2, "{found:?}");
}

#[test]
fn messages_of_a_fifo_group_come_one_after_the_other() {
    let consumer = r#""work": { "kind": "delay", "time": "100ms" }"#;
    let links = r#"{ "from": "jobs", "to": "work", "batch": 1 }"#;
    let nodes = |order: &str| {
        format!(
            r#""jobs": {{ "kind": "sqs", "type": "{order}", "send": "1ms", "lag": "0s" }}, {consumer}"#
        )
    };

    let fifo = flood(&nodes("fifo"), links, r#"{ "send": "jobs" }"#, HOT, 50, 10);
    let standard = flood(
        &nodes("standard"),
        links,
        r#"{ "send": "jobs" }"#,
        HOT,
        50,
        10,
    );

    about(
        "in order",
        counted(&fifo, "work", |s| s.tally.of(Outcome::Completed)),
        99.0,
    );
    assert!(counted(&standard, "work", |s| s.tally.of(Outcome::Completed)) > 490);
}

#[test]
fn the_consumer_starts_after_the_measured_lag() {
    let text = r#"{ "nodes": { "jobs": { "kind": "sqs", "send": "1ms" }, "work": { "kind": "delay" } },
        "links": [ { "from": "jobs", "to": "work", "batch": 1 } ],
        "flows": { "main": { "at": { "client": [ { "send": "jobs" } ] } } },
        "load": [ { "rate": "200/s" } ],
        "run": { "horizon": "200s", "warm_up": "10s", "interval": "10s", "replications": 10 } }"#;

    let run = run(text);

    // The mean of the lognormal law with median 16.2 ms and p99 105 ms.
    let sigma = f64::ln(105.0 / 16.2) / 2.326_347_874;
    let mean = 16.2 * f64::exp(sigma * sigma / 2.0);
    let sums = run.of_link("jobs->work", |link| link.lag.sum as f64 / 1e6);
    let counts = run.of_link("jobs->work", |link| link.lag.count as f64);
    near(
        "sqs lag [ms]",
        kneepoint::metrics::estimate::ratio(&sums, &counts),
        mean,
        0.02,
    );
}

#[test]
fn a_consumer_that_polls_waits_half_an_interval_on_average() {
    let nodes = r#""jobs": { "kind": "sqs", "send": "1ms", "lag": "0s", "duplicates": 0 }, "work": { "kind": "delay" }"#;
    let links = r#"{ "from": "jobs", "to": "work", "batch": 1, "poll": "1s" }"#;

    let run = flood(nodes, links, r#"{ "send": "jobs" }"#, EVEN, 10, 1_000);

    let lag = run.of_link("jobs->work", |link| {
        link.lag.sum as f64 / link.lag.count as f64
    })[0];
    // Ten arrivals a second, even: ages 0.05, 0.15, … but for the phase of the poll.
    assert!((lag / 1e9 - 0.5).abs() <= 0.051, "{lag} ns");
}

#[test]
fn a_fifo_queue_is_received_from_300_times_a_second_and_fuller_batches_help() {
    let nodes = r#""jobs": { "kind": "sqs", "type": "fifo", "send": "1ms", "send_each": "0s", "lag": "0s" }, "work": { "kind": "delay" }"#;
    let done = |batch: u32| {
        let links = format!(r#"{{ "from": "jobs", "to": "work", "batch": {batch} }}"#);
        let step = r#"{ "send": "jobs", "count": 10 }"#;
        let run = flood(nodes, &links, step, EVEN, 200, 10);
        let found = record(&run);
        assert_eq!(found.backlog_end + found.deleted, found.sent, "{found:?}");
        (found.deleted, found.sent)
    };

    let ((single, _), (ten, sent)) = (done(1), done(10));

    // 2,000 messages a second come. One by one: 300 at once, and 300 a second.
    about("one by one", single, 300.0 * 11.0);
    assert!(
        ten.abs_diff(sent) <= 20,
        "{ten} of {sent} in batches of ten"
    );
}

#[test]
fn receives_catch_up_once_the_storm_is_over() {
    let text = r#"{ "nodes": { "jobs": { "kind": "sqs", "type": "fifo", "send": "1ms", "send_each": "0s", "lag": "0s" }, "work": { "kind": "delay" } },
        "links": [ { "from": "jobs", "to": "work", "batch": 1 } ],
        "flows": { "main": { "key": { "uniform": [1, 1000000] }, "at": { "client": [ { "send": "jobs", "count": 10 } ] } } },
        "load": [ { "rate": "200/s", "arrivals": "even", "stop": "3s" } ],
        "run": { "horizon": "25s", "warm_up": "0s", "replications": 1 } }"#;

    let run = run(text);

    let found = record(&run);
    assert_eq!((found.deleted, found.backlog_end), (found.sent, 0));
    // 6,000 messages, 300 of them at once, and 300 a second.
    let drained = found.drained.expect("nothing is left").as_seconds();
    assert!((drained - 19.0).abs() < 0.1, "empty after {drained} s");
}

#[test]
fn a_delay_hides_new_messages() {
    let nodes = r#""jobs": { "kind": "sqs", "send": "1ms", "lag": "10ms", "delay": "5s", "duplicates": 0 }, "work": { "kind": "delay" }"#;
    let links = r#"{ "from": "jobs", "to": "work", "batch": 1, "latency": "0s" }"#;

    let run = flood(nodes, links, r#"{ "send": "jobs" }"#, EVEN, 10, 20);

    let lag = run.of_link("jobs->work", |link| {
        link.lag.sum as f64 / link.lag.count as f64
    })[0];
    assert!(
        (lag - 5.01e9).abs() < 1.0,
        "{lag} ns from the acknowledgement"
    );
}

/// Messages to a FIFO queue whose calls may take longer than their caller waits.
fn impatient(queue: &str, send: &str, steps: &str, load: &str, replications: u32) -> Run {
    let (api, link) = match steps.contains("api") {
        true => (r#", "api": { "kind": "delay" }"#, r#", "api -> jobs""#),
        false => ("", ""),
    };
    run(&format!(
        r#"{{ "nodes": {{ "jobs": {{ "kind": "sqs", "type": "fifo", "rate": "1k/s", "lag": "0s", "send": {send}{queue} }},
                         "work": {{ "kind": "delay" }}{api} }},
            "links": [ {{ "from": "jobs", "to": "work", "batch": 1 }}{link} ],
            "flows": {{ "main": {{ "key": {EVEN}, "at": {steps} }} }},
            "load": [ {load} ],
            "run": {{ "horizon": "1000s", "warm_up": "0s", "replications": {replications} }} }}"#
    ))
}

/// Messages delivered, and requests, in each replication.
fn deliveries(run: &Run) -> (Vec<f64>, Vec<f64>) {
    (
        run.of_node("work", |s| s.tally.arrived as f64),
        run.of_flow("main", |f| f.tally.arrived as f64),
    )
}

#[test]
fn what_is_sent_again_because_an_answer_was_late_is_delivered_once() {
    // The time of a call is exponential, and the caller gives up after −ln 0.3 of its mean: with
    // probability p = 0.3 it sends again. A message is sent 1/(1 − p) times.
    let steps = r#"{ "client": [ { "send": "jobs", "timeout": "12.0397280ms",
        "retry": { "attempts": 40, "backoff": "fixed", "base": "0s" } } ] }"#;
    let load = r#"{ "rate": "50/s", "stop": "100s" }"#;
    let send = r#"{ "exponential": "10ms" }"#;

    let once = impatient("", send, steps, load, 20);
    let always = impatient(r#", "deduplicates": false"#, send, steps, load, 20);

    let (delivered, requests) = deliveries(&once);
    assert_eq!(delivered, requests, "each message once");
    let (delivered, requests) = deliveries(&always);
    let each = kneepoint::metrics::estimate::ratio(&delivered, &requests);
    super::exactly("sqs.resent", each, 1.0 / 0.7);
}

#[test]
fn a_message_is_known_for_five_minutes_from_when_it_was_accepted() {
    // Attempts at 0, 200 and 400 s are accepted 250 s later each: the second is 200 s behind the
    // first, and the third 400 s.
    let steps = r#"{ "client": [ { "send": "jobs", "timeout": "200s",
        "retry": { "attempts": 3, "backoff": "fixed", "base": "0s" } } ] }"#;

    let run = impatient(
        "",
        r#""250s""#,
        steps,
        r#"{ "trace": { "times": [ "0s" ] } }"#,
        1,
    );

    assert_eq!(deliveries(&run).0, [2.0]);
    assert_eq!(counted(&run, "jobs", |s| s.tally.arrived), 3);
}

#[test]
fn every_attempt_says_the_same_and_every_step_and_round_another() {
    // Every call is sent twice: it takes 10 ms, and its caller waits 6 ms.
    let once = r#""retry": { "attempts": 2, "backoff": "fixed", "base": "0s" } }"#;
    let send = format!(r#"{{ "send": "jobs", "timeout": "6ms", {once}"#);
    let delivered = |steps: &str| {
        let run = impatient(
            "",
            r#""10ms""#,
            steps,
            r#"{ "trace": { "times": [ "0s" ] } }"#,
            1,
        );
        (
            deliveries(&run).0[0],
            counted(&run, "jobs", |s| s.tally.arrived),
        )
    };
    let on_error = send.replace("\"retry\"", "\"on_error\": [], \"retry\"");

    let steps = format!(r#"{{ "client": [ {on_error}, {on_error} ] }}"#);
    assert_eq!(delivered(&steps), (2.0, 4), "two steps");
    let steps = format!(r#"{{ "client": [ {{ "each": 3, "do": [ {on_error} ] }} ] }}"#);
    assert_eq!(delivered(&steps), (3.0, 6), "three rounds");
    let steps =
        format!(r#"{{ "client": [ {{ "parallel": [ [ {on_error} ], [ {on_error} ] ] }} ] }}"#);
    assert_eq!(delivered(&steps), (2.0, 4), "two branches");
    // The caller of the caller tries again too: the same message four times.
    let steps = format!(r#"{{ "client": [ {{ "call": "api", {once} ], "api": [ {send} ] }}"#);
    assert_eq!(delivered(&steps), (1.0, 4), "attempts of attempts");
    let steps = format!(r#"{{ "client": [ {{ "try": [ {send} ], "timeout": "20ms", {once} ] }}"#);
    assert_eq!(delivered(&steps), (1.0, 4), "attempts of a part");
}

#[test]
fn only_a_fifo_queue_knows_what_it_was_sent() {
    let message = super::said(r#""kind": "sqs", "deduplicates": true"#);

    assert!(message.contains("only a FIFO queue has it"), "{message}");
}

#[test]
fn pages_of_a_post_are_different_messages() {
    let run = run(r#"{ "nodes": {
            "api": { "kind": "station", "servers": 64 },
            "pages": { "kind": "sqs", "type": "fifo", "partitions": 8, "rate": "100k/s" },
            "workers": { "kind": "station", "servers": 32 },
            "timelines": { "kind": "station", "partitions": 16, "service_time": "10us" } },
        "links": [ "api -> pages", { "from": "pages", "to": "workers", "batch": 1 }, "workers -> timelines" ],
        "audience": { "users": "1M", "followers": 5000 },
        "flows": { "post": { "enter": "api", "key": "author", "at": {
            "api": [ { "fan_out": "feed", "batch": 100, "do": [ { "send": "pages" } ] } ],
            "workers": [ { "fan_out": "feed", "of": "page", "batch": 100, "do": [ { "write": "timelines" } ] } ] } } },
        "load": [ { "every": "10s" } ],
        "run": { "horizon": "50s", "warm_up": "0s", "replications": 1 } }"#);

    let posts = counted(&run, "api", |s| s.tally.arrived);
    let queue = run.recordings[0].nodes[run.node("pages")].queue;
    assert_eq!(queue.expect("a queue").sent, posts * 50, "50 pages each");
}

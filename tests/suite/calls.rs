//! Calls, joins and messages on schedules small enough to work out by hand.

use crate::known::harness::{Run, near, run as run_text, run_on};
use kneepoint::metrics::estimate::Estimate;
use kneepoint::metrics::recording::{LinkSlice, QueueRecord, RowSlice};
use kneepoint::model::Outcome;

/// One replication with requests at these instants [ms]; the rest of the topology as written.
pub(crate) fn at(arrivals: &[u64], parts: &str) -> Run {
    let times: Vec<String> = arrivals.iter().map(|ms| format!(r#""{ms}ms""#)).collect();
    let text = format!(
        r#"{{ {parts}, "load": [ {{ "trace": {{ "times": [ {} ] }} }} ],
            "run": {{ "horizon": "60s", "warm_up": "0s", "replications": 1, "record": 100 }} }}"#,
        times.join(", ")
    );
    run_on(&text, 1)
}

/// How each request ended: outcome, and when it left and had settled [ms].
pub(crate) fn ends(run: &Run) -> Vec<(Outcome, u64, u64)> {
    let ms = |at: Option<kneepoint::units::SimTime>| at.expect("it ended").0 / 1_000_000;
    let requests = run.recordings[0].requests.iter();
    requests
        .map(|one| {
            (
                one.outcome.expect("an outcome"),
                ms(one.left),
                ms(one.settled),
            )
        })
        .collect()
}

fn node(run: &Run, name: &str, value: impl Fn(&RowSlice) -> u64) -> u64 {
    run.of_node(name, |slice| value(slice) as f64)[0] as u64
}

pub(crate) fn link(run: &Run, name: &str, value: impl Fn(&LinkSlice) -> u64) -> u64 {
    run.of_link(name, |slice| value(slice) as f64)[0] as u64
}

pub(crate) fn arrived(run: &Run, name: &str) -> u64 {
    node(run, name, |slice| slice.tally.arrived)
}

pub(crate) fn queue(run: &Run, name: &str) -> QueueRecord {
    run.recordings[0].nodes[run.node(name)]
        .queue
        .expect("a queue")
}

use Outcome::{Completed, Failed, Throttled, TimedOut};

#[test]
fn a_late_reply_is_nobodys() {
    let run = at(
        &[0],
        r#""nodes": { "s": { "kind": "delay", "time": "150ms" } },
           "links": [ { "from": "client", "to": "s", "timeout": "100ms" } ]"#,
    );

    assert_eq!(ends(&run), [(TimedOut, 100, 150)]);
    assert_eq!(node(&run, "s", |slice| slice.tally.of(Completed)), 1);
    assert_eq!(node(&run, "s", |slice| slice.orphaned), 1);
    assert_eq!(link(&run, "client->s", |slice| slice.tally.of(TimedOut)), 1);
}

#[test]
fn a_reply_at_its_deadline_is_in_time() {
    let run = at(
        &[0],
        r#""nodes": { "s": { "kind": "delay", "time": "80ms" } },
           "links": [ { "from": "client", "to": "s", "timeout": "100ms", "latency": "10ms" } ]"#,
    );
    assert_eq!(ends(&run), [(Completed, 100, 100)]);

    // The same behind a line: the second is done at 100 ms, the third at 150 ms.
    let run = at(
        &[0, 0, 0],
        r#""nodes": { "s": { "kind": "station", "service_time": "50ms" } },
           "links": [ { "from": "client", "to": "s", "timeout": "100ms" } ]"#,
    );
    let expected = [
        (Completed, 50, 50),
        (Completed, 100, 100),
        (TimedOut, 100, 150),
    ];
    assert_eq!(ends(&run), expected);
    assert_eq!(node(&run, "s", |slice| slice.orphaned), 1);
}

#[test]
fn a_reply_one_nanosecond_late_is_late() {
    let run = at(
        &[0],
        r#""nodes": { "s": { "kind": "delay", "time": "100000001ns" } },
           "links": [ { "from": "client", "to": "s", "timeout": "100ms" } ]"#,
    );
    assert_eq!(ends(&run)[0].0, TimedOut);
    assert_eq!(
        run.recordings[0].requests[0].settled.map(|at| at.0),
        Some(100_000_001)
    );
}

#[test]
fn every_attempt_has_its_own_time_out() {
    let run = at(
        &[0],
        r#""nodes": { "s": { "kind": "delay", "time": "150ms" } },
           "links": [ { "from": "client", "to": "s", "timeout": "100ms",
                        "retry": { "attempts": 3, "backoff": "fixed", "base": "0s" } } ]"#,
    );

    assert_eq!(ends(&run), [(TimedOut, 300, 350)]);
    assert_eq!(arrived(&run, "s"), 3);
    assert_eq!(node(&run, "s", |slice| slice.orphaned), 3);
    let counts = link(&run, "client->s", |slice| {
        slice.tally.arrived * 100 + slice.attempts
    });
    assert_eq!(counts, 103);
}

#[test]
fn refusals_come_again_after_their_pauses() {
    // The second asks at 0, 400, 800 and 1200 ms; there is a token from 1000 ms on.
    let run = at(
        &[0, 0],
        r#""nodes": { "s": { "kind": "limiter", "rate": "1/s", "burst": 1 } },
           "links": [ { "from": "client", "to": "s",
                        "retry": { "attempts": 4, "backoff": "fixed", "base": "400ms" } } ]"#,
    );
    assert_eq!(ends(&run), [(Completed, 0, 0), (Completed, 1200, 1200)]);
    assert_eq!(node(&run, "s", |slice| slice.tally.of(Throttled)), 3);
    assert_eq!(link(&run, "client->s", |slice| slice.attempts), 5);

    // With one attempt less it gives up at its last refusal.
    let run = at(
        &[0, 0],
        r#""nodes": { "s": { "kind": "limiter", "rate": "1/s", "burst": 1 } },
           "links": [ { "from": "client", "to": "s",
                        "retry": { "attempts": 3, "backoff": "exponential", "base": "100ms" } } ]"#,
    );
    assert_eq!(ends(&run), [(Completed, 0, 0), (Throttled, 300, 300)]);
}

/// A call that alternates between two nodes, hedged after 50 ms.
fn hedged(a: &str, b: &str) -> Run {
    at(
        &[0],
        &format!(
            r#""nodes": {{ "lb": {{ "kind": "balancer" }}, "a": {{ "kind": "external", {a} }},
                          "b": {{ "kind": "external", {b} }} }},
               "links": [ {{ "from": "client", "to": "lb", "hedge": {{ "after": "50ms" }},
                            "retry": {{ "attempts": 2, "backoff": "fixed", "base": "10ms" }} }},
                          "lb -> a", "lb -> b" ]"#
        ),
    )
}

#[test]
fn the_first_answer_of_a_hedged_call_wins() {
    let run = hedged(r#""time": "300ms""#, r#""time": "20ms""#);

    assert_eq!(ends(&run), [(Completed, 70, 300)]);
    assert_eq!(link(&run, "client->lb", |slice| slice.attempts), 2);
    assert_eq!(link(&run, "client->lb", |slice| slice.hedged), 1);
    assert_eq!(node(&run, "a", |slice| slice.tally.of(Completed)), 1);
    assert_eq!(node(&run, "lb", |slice| slice.orphaned), 1);
}

#[test]
fn a_failure_is_set_aside_while_the_hedge_is_out() {
    let run = hedged(r#""time": "100ms", "failure": 1"#, r#""time": "200ms""#);

    assert_eq!(ends(&run), [(Completed, 250, 250)]);
    assert_eq!(link(&run, "client->lb", |slice| slice.attempts), 2);
}

#[test]
fn when_both_have_failed_it_is_tried_again() {
    let run = hedged(
        r#""time": "100ms", "failure": 1"#,
        r#""time": "200ms", "failure": 1"#,
    );

    // Fails at 100 ms and 250 ms; again at 260 ms, over a, until 360 ms.
    assert_eq!(ends(&run), [(Failed, 360, 360)]);
    assert_eq!(link(&run, "client->lb", |slice| slice.attempts), 3);
    assert_eq!((arrived(&run, "a"), arrived(&run, "b")), (2, 1));
}

#[test]
fn an_answer_before_the_hedge_needs_none() {
    let run = hedged(r#""time": "50ms""#, r#""time": "1ms""#);

    assert_eq!(ends(&run), [(Completed, 50, 50)]);
    assert_eq!(link(&run, "client->lb", |slice| slice.hedged), 0);
}

#[test]
fn the_time_of_a_try_ends_its_steps() {
    let nodes = r#""nodes": { "s": { "kind": "delay", "time": "150ms" },
                              "t": { "kind": "delay", "time": "20ms" } }"#;
    let client = |steps: &str| {
        at(
            &[0],
            &format!(r#"{nodes}, "flows": {{ "main": {{ "at": {{ "client": [ {steps} ] }} }} }}"#),
        )
    };

    let run = client(
        r#"{ "try": [ { "call": "s" }, { "call": "t" } ], "timeout": "100ms", "on_error": [ { "call": "t" } ] }"#,
    );
    assert_eq!(ends(&run), [(Completed, 120, 150)]);
    assert_eq!((arrived(&run, "s"), arrived(&run, "t")), (1, 1));
    assert_eq!(node(&run, "s", |slice| slice.orphaned), 1);
    assert_eq!(link(&run, "client->s", |slice| slice.tally.of(TimedOut)), 1);

    let run = client(
        r#"{ "try": [ { "call": "s" } ], "timeout": "100ms",
             "retry": { "attempts": 2, "backoff": "fixed", "base": "50ms" } }, { "call": "t" }"#,
    );
    assert_eq!(ends(&run), [(TimedOut, 250, 300)]);
    assert_eq!((arrived(&run, "s"), arrived(&run, "t")), (2, 0));

    // Over during a pause: the rest is not done.
    let run = client(
        r#"{ "try": [ { "call": "t" }, { "pause": "100ms" }, { "call": "s" } ], "timeout": "60ms",
             "on_error": [] }, { "call": "t" }"#,
    );
    assert_eq!(ends(&run), [(Completed, 80, 120)]);
    assert_eq!((arrived(&run, "s"), arrived(&run, "t")), (0, 2));
}

/// Three branches of 10, 20 and 30 ms, of which some fail.
fn joined(join: &str, fail: [u8; 3]) -> Run {
    at(
        &[0],
        &format!(
            r#""nodes": {{ "a": {{ "kind": "external", "time": "10ms", "failure": {} }},
                          "b": {{ "kind": "external", "time": "20ms", "failure": {} }},
                          "c": {{ "kind": "external", "time": "30ms", "failure": {} }} }},
               "flows": {{ "main": {{ "at": {{ "client": [
                   {{ "parallel": [ [ {{ "call": "a" }} ], [ {{ "call": "b" }} ], [ {{ "call": "c" }} ] ],
                      "join": {join} }} ] }} }} }}"#,
            fail[0], fail[1], fail[2]
        ),
    )
}

#[test]
fn a_join_waits_for_as_many_as_it_says() {
    for (join, fail, expected) in [
        (r#""all""#, [0, 0, 0], (Completed, 30, 30)),
        (r#""any""#, [0, 0, 0], (Completed, 10, 30)),
        ("2", [0, 0, 0], (Completed, 20, 30)),
        ("2", [1, 0, 0], (Completed, 30, 30)),
        // Two of two left have failed: 2 of 3 is impossible from then on.
        ("2", [1, 1, 0], (Failed, 20, 30)),
        (r#""all""#, [1, 0, 0], (Failed, 10, 30)),
        (r#""any""#, [1, 1, 1], (Failed, 30, 30)),
        (r#""settled""#, [1, 1, 1], (Completed, 30, 30)),
    ] {
        assert_eq!(
            ends(&joined(join, fail)),
            [expected],
            "join {join} of {fail:?}"
        );
    }
}

#[test]
fn nobody_waits_for_a_call_that_says_so() {
    let run = at(
        &[0],
        r#""nodes": { "slow": { "kind": "delay", "time": "100ms" }, "fast": { "kind": "delay", "time": "10ms" } },
           "flows": { "main": { "at": { "client": [ { "call": "slow", "wait": false }, { "call": "fast" } ] } } }"#,
    );

    assert_eq!(ends(&run), [(Completed, 10, 100)]);
}

#[test]
fn an_empty_budget_ends_retries() {
    let run = at(
        &[0, 1000],
        r#""nodes": { "s": { "kind": "external", "time": "10ms", "failure": 1 } },
           "links": [ { "from": "client", "to": "s",
               "retry": { "attempts": 10, "backoff": "fixed", "base": "5ms",
                          "budget": { "tokens": 2, "cost": 1, "earn": 0.5, "earn_on": "call" } } } ]"#,
    );

    // Three attempts empty it; the second request earns half a token, too little.
    assert_eq!(ends(&run), [(Failed, 40, 40), (Failed, 1010, 1010)]);
    assert_eq!(arrived(&run, "s"), 4);
}

const BREAKER: &str = r#""breaker": { "failures": 0.6, "window": "10s", "least_calls": 2, "open": "1s", "probes": 1 }"#;

#[test]
fn a_breaker_opens_probes_and_closes() {
    // One token a second: completed, refused, refused (opens until 1200), two held
    // off, the probe completes, and one more refusal is too few to open it again.
    let run = at(
        &[0, 100, 200, 300, 400, 1500, 1550],
        &format!(
            r#""nodes": {{ "s": {{ "kind": "limiter", "rate": "1/s", "burst": 1 }} }},
               "links": [ {{ "from": "client", "to": "s", {BREAKER} }} ]"#
        ),
    );

    assert_eq!(arrived(&run, "s"), 5);
    assert_eq!(link(&run, "client->s", |slice| slice.refused), 2);
    assert_eq!(node(&run, "s", |slice| slice.tally.of(Throttled)), 3);
    let outcomes: Vec<Outcome> = ends(&run).iter().map(|end| end.0).collect();
    let expected = [
        Completed, Throttled, Throttled, Throttled, Throttled, Completed, Throttled,
    ];
    assert_eq!(outcomes, expected);
    assert_eq!(run.recordings[0].links[0].breaker_opened, 1);
}

#[test]
fn a_probe_that_fails_opens_a_breaker_again() {
    let run = at(
        &[0, 100, 500, 1200, 1500, 2300],
        &format!(
            r#""nodes": {{ "s": {{ "kind": "external", "time": "10ms", "failure": 1 }} }},
               "links": [ {{ "from": "client", "to": "s", {BREAKER} }} ]"#
        ),
    );

    // Open from 110 and from 1210 ms; the probes are those of 1200 and 2300 ms.
    assert_eq!(arrived(&run, "s"), 4);
    assert_eq!(link(&run, "client->s", |slice| slice.refused), 2);
}

#[test]
fn a_retry_that_cannot_be_paid_for_is_no_probe() {
    // The second fails at 1210 ms, when the breaker is half open; its retry has no token.
    let run = at(
        &[0, 10, 20, 2000],
        &format!(
            r#""nodes": {{ "lb": {{ "kind": "balancer" }},
                          "a": {{ "kind": "external", "time": "10ms", "failure": 1 }},
                          "b": {{ "kind": "external", "time": "1200ms", "failure": 1 }} }},
               "links": [ {{ "from": "client", "to": "lb", {BREAKER},
                            "retry": {{ "attempts": 2, "backoff": "fixed", "base": "1ms",
                                       "budget": {{ "tokens": 0.5, "cost": 1, "earn": 0, "earn_on": "call" }} }} }},
                          "lb -> a", "lb -> b" ]"#
        ),
    );

    assert_eq!(arrived(&run, "lb"), 4);
    assert_eq!(link(&run, "client->lb", |slice| slice.refused), 0);
}

#[test]
fn calls_wait_for_a_connection() {
    let run = at(
        &[0, 0, 0],
        r#""nodes": { "app": { "kind": "delay" }, "db": { "kind": "delay", "time": "100ms" } },
           "links": [ { "from": "app", "to": "db", "connections": 2 } ]"#,
    );

    let expected = [
        (Completed, 100, 100),
        (Completed, 100, 100),
        (Completed, 200, 200),
    ];
    assert_eq!(ends(&run), expected);
}

#[test]
fn blocking_keeps_the_server_during_a_call() {
    let parts = |io: &str| {
        format!(
            r#""nodes": {{ "app": {{ "kind": "station", "io": "{io}" }},
                          "db": {{ "kind": "delay", "time": "50ms" }} }},
               "links": [ "app -> db" ],
               "flows": {{ "main": {{ "enter": "app", "at": {{
                   "app": [ {{ "compute": "10ms" }}, {{ "call": "db" }} ] }} }} }}"#
        )
    };

    let blocking = at(&[0, 0], &parts("blocking"));
    assert_eq!(
        ends(&blocking),
        [(Completed, 60, 60), (Completed, 120, 120)]
    );
    let area = |value: fn(&RowSlice) -> u128| {
        (blocking.of_node("app", |slice| value(slice) as f64)[0] / 1e6).round() as u64
    };
    assert_eq!(area(|slice| slice.busy_area), 120);
    assert_eq!(area(|slice| slice.blocked_area), 100);
    assert_eq!(area(|slice| slice.waiting_area), 60);

    let free = at(&[0, 0], &parts("async"));
    assert_eq!(ends(&free), [(Completed, 60, 60), (Completed, 70, 70)]);
}

#[test]
fn a_message_that_nobody_can_process_is_dead_in_the_end() {
    let run = at(
        &[0],
        r#""nodes": { "q": { "kind": "queue", "visibility": "100ms", "max_receives": 3 },
                      "w": { "kind": "external", "time": "10ms", "failure": 1 },
                      "dead": { "kind": "queue" } },
           "links": [ "q -> w", { "from": "q", "to": "dead", "role": "dead-letter" } ],
           "flows": { "main": { "at": { "client": [ { "send": "q" } ] } } }"#,
    );

    // Received at 0, 100 and 200 ms; given up when it would be there again at 300 ms.
    let q = queue(&run, "q");
    assert_eq!(
        (q.sent, q.receives, q.deleted, q.dead_lettered),
        (1, 3, 0, 1)
    );
    assert_eq!(arrived(&run, "w"), 3);
    assert_eq!(queue(&run, "dead").sent, 1);
    // It lies there: its request has left, but not settled.
    let request = run.recordings[0].requests[0];
    assert_eq!(request.left.map(|at| at.0), Some(0));
    assert_eq!(request.settled, None);
}

#[test]
fn work_longer_than_the_visibility_time_out_is_done_twice() {
    let run = at(
        &[0],
        r#""nodes": { "q": { "kind": "queue", "visibility": "100ms", "max_receives": 2 },
                      "w": { "kind": "delay", "time": "150ms" } },
           "links": [ "q -> w" ],
           "flows": { "main": { "at": { "client": [ { "send": "q" } ] } } }"#,
    );

    let q = queue(&run, "q");
    assert_eq!(arrived(&run, "w"), 2);
    assert_eq!((q.sent, q.receives), (1, 2));
    assert_eq!(q.deleted + q.dead_lettered, 1);
}

#[test]
fn batches_wait_for_their_window() {
    let run = at(
        &[0, 0, 0, 0, 0],
        r#""nodes": { "q": { "kind": "queue" }, "w": { "kind": "delay", "time": "10ms" } },
           "links": [ { "from": "q", "to": "w", "batch": 3, "window": "1s" } ],
           "flows": { "main": { "at": { "client": [ { "send": "q" } ] } } }"#,
    );

    let settled: Vec<u64> = ends(&run).iter().map(|end| end.2).collect();
    assert_eq!(settled, [10, 10, 10, 1010, 1010]);
    assert_eq!(queue(&run, "q").deliveries, 2);
}

#[test]
fn a_queue_hands_over_as_fast_as_it_may() {
    let run = at(
        &[0, 0, 0],
        r#""nodes": { "q": { "kind": "queue" }, "w": { "kind": "delay", "time": "100ms" } },
           "links": [ { "from": "q", "to": "w", "concurrency": 1 } ],
           "flows": { "main": { "at": { "client": [ { "send": "q" } ] } } }"#,
    );

    let settled: Vec<u64> = ends(&run).iter().map(|end| end.2).collect();
    assert_eq!(settled, [100, 200, 300]);
}

/// Requests that append to a log, whose reader takes 100 ms a batch.
fn logged(arrivals: &[u64], delivery: &str) -> Vec<u64> {
    let run = at(
        arrivals,
        &format!(
            r#""nodes": {{ "log": {{ "kind": "log" }}, "r": {{ "kind": "delay", "time": "100ms" }} }},
               "links": [ {{ "from": "log", "to": "r", {delivery} }} ],
               "flows": {{ "main": {{ "at": {{ "client": [ {{ "send": "log" }} ] }} }} }}"#
        ),
    );
    ends(&run).iter().map(|end| end.2).collect()
}

#[test]
fn a_log_is_read_in_order() {
    // The first at once; what came meanwhile in batches of two, one after another.
    let arrivals = [0, 10, 20, 30];
    assert_eq!(logged(&arrivals, r#""batch": 2"#), [100, 200, 200, 300]);
    // Two batches at once.
    let two = logged(&arrivals, r#""batch": 1, "concurrency": 2"#);
    assert_eq!(two, [100, 110, 200, 210]);
    // The first waits 50 ms for others, and all but the last come.
    let window = logged(&[0, 10, 20, 80], r#""batch": 10, "window": "50ms""#);
    assert_eq!(window[..3], [150, 150, 150]);
    assert!(window[3] >= 250, "{window:?}");
}

#[test]
fn a_poll_looks_at_fixed_moments() {
    let settled = logged(&[0, 3300], r#""batch": 10, "poll": "1s""#);

    assert_eq!((settled[1] - settled[0]) % 1000, 0, "{settled:?}");
    assert!(settled[0] <= 1100 && settled[1] <= 4400, "{settled:?}");
}

#[test]
fn a_delivery_lasts_from_the_hand_over_whatever_its_consumer_calls() {
    // 700 ms and a call of 100 ms.
    let run = run_text(
        r#"{ "nodes": { "jobs": { "kind": "queue" }, "app": { "kind": "station", "servers": 100 },
                        "store": { "kind": "delay", "time": "100ms" } },
            "links": [ "jobs -> app", "app -> store" ],
            "flows": { "main": { "at": { "client": [ { "send": "jobs" } ],
                                         "app": [ { "pause": "700ms" }, { "call": "store" } ] } } },
            "load": [ { "rate": "20/s" } ],
            "run": { "horizon": "20s", "warm_up": "0s", "replications": 1 } }"#,
    );

    let (sum, count) = (
        run.of_link("jobs->app", |slice| slice.latency.sum as f64)[0],
        link(&run, "jobs->app", |slice| slice.latency.count),
    );
    near(
        "delivery.lasts",
        Estimate::exact(sum / count as f64 / 1e6),
        800.0,
        1e-9,
    );
}

#[test]
fn what_the_consumer_of_a_batch_sends_on_belongs_to_its_flow() {
    // The flow before it in the alphabet has no way to `end`.
    let text = r#"{ "nodes": { "in": { "kind": "log" }, "work": { "kind": "delay" }, "out": { "kind": "queue" }, "end": { "kind": "delay" }, "other": { "kind": "delay" } },
        "links": [ { "from": "in", "to": "work", "batch": 5 }, "work -> out", "out -> end" ],
        "flows": { "a": { "enter": "other" },
                   "b": { "at": { "client": [ { "send": "in", "count": 5 } ], "work": [ { "send": "out", "count": 3 } ] } } },
        "load": [ { "flow": "a", "rate": "1/s" }, { "flow": "b", "rate": "10/s", "arrivals": "even", "stop": "10s" } ],
        "run": { "horizon": "20s", "warm_up": "0s", "replications": 1 } }"#;

    let run = run_on(text, 1);

    let arrived = |node: &str| run.of_node(node, |s| s.tally.arrived as f64)[0];
    assert_eq!((arrived("work"), arrived("end")), (100.0, 300.0));
}

#[test]
fn keys_in_sequence_go_by_the_number_of_the_request() {
    // Of a hundred requests for ten keys in turn, the first ten miss.
    let text = r#"{ "nodes": { "c": { "kind": "cache", "cache": { "entries": 100 } }, "d": { "kind": "delay" } },
        "links": [ "c -> d" ],
        "flows": { "main": { "key": { "sequence": [1, 2, 3, 4, 5, 6, 7, 8, 9, 10] } } },
        "load": [ { "rate": "10/s", "arrivals": "even", "stop": "10s" } ],
        "run": { "horizon": "20s", "warm_up": "0s", "replications": 1 } }"#;

    let run = run_on(text, 1);

    assert_eq!(run.of_node("d", |s| s.tally.arrived as f64), [10.0]);
}

#[test]
fn a_call_that_ends_badly_is_outstanding_no_more() {
    // The first of equals is chosen, and no call is open when the next one comes: all go
    // to `a`, although it throttles all but one.
    let text = r#"{ "nodes": {
            "lb": { "kind": "balancer", "policy": "least-outstanding", "ties": "first" },
            "a": { "kind": "limiter", "rate": "1/h", "burst": 1 },
            "b": { "kind": "limiter", "rate": "1/h", "burst": 1 } },
        "links": [ "lb -> a", "lb -> b" ],
        "load": [ { "every": "100ms" } ],
        "run": { "horizon": "10s", "warm_up": "0s", "replications": 1 } }"#;
    let run = crate::known::harness::run_on(text, 1);

    let throttled = run.of_node("a", |slice| slice.tally.of(Outcome::Throttled) as f64);
    assert!((throttled[0] - 99.0).abs() < 0.5, "{throttled:?}");
}

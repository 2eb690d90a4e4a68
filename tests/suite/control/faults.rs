//! Faults of links and caches, pauses, and faults that come again: against what follows exactly,
//! or with what probability.

use crate::known::harness::{Run, prepare, run, run_on};
use crate::support::with_input;
use kneepoint::compile;
use kneepoint::diagnostic::Place;
use kneepoint::metrics::estimate;
use kneepoint::model::Outcome;
use kneepoint::topology::{LoadRequest, load};

/// 100 requests a second for 40 s, 5 ms after every hundredth.
pub(super) fn text(nodes: &str, links: &str, rest: &str) -> String {
    format!(
        r#"{{ "nodes": {{ {nodes} }}, "links": [ {links} ],
              "flows": {{ "main": {{ "enter": "lb" }} }},
              "load": [ {{ "every": "10ms", "start": "5ms" }} ], "faults": [ {rest} ],
              "run": {{ "horizon": "40s", "warm_up": "0s", "replications": 1 }} }}"#
    )
}

/// When they come [s].
fn arrivals() -> impl Iterator<Item = f64> {
    (0..4_000).map(|nth| 0.005 + 0.01 * f64::from(nth))
}

/// Sum of the latencies of completed requests [ms].
fn latencies(run: &Run) -> f64 {
    run.of_flow("main", |slice| slice.latency.sum as f64 / 1e6)[0]
}

fn ended(run: &Run, outcome: Outcome) -> f64 {
    run.of_flow("main", |slice| slice.tally.of(outcome) as f64)[0]
}

/// Whether a sum of times [ms] is what it is to be, but for what adding fractions costs.
fn assert_sum(found: f64, expected: f64) {
    assert!((found - expected).abs() < 1e-3, "{found} is not {expected}");
}

// ---- crashes ----------------------------------------------------------------

#[test]
fn who_shares_servers_fails_with_its_node() {
    // 134 come in 40 s, every 300 ms from 50 ms on.
    let run = |faults: &str| {
        let text = format!(
            r#"{{ "nodes": {{ "a": {{ "kind": "station", "discipline": "processor-sharing", "service_time": "100ms" }} }},
                  "load": [ {{ "every": "300ms", "start": "50ms" }} ], "faults": [ {faults} ],
                  "run": {{ "horizon": "40s", "warm_up": "0s", "replications": 1 }} }}"#
        );
        run_on(&text, 1)
    };

    // That at 9.95 s is inside; three come.
    let crashed = run(r#"{ "at": "10s", "for": "1s", "crash": "a" }"#);
    assert_eq!(ended(&crashed, Outcome::Failed), 4.0);
    assert_sum(latencies(&crashed), 130.0 * 100.0);
    let busy = crashed.of_node("a", |slice| slice.busy_area as f64 / 1e6)[0];
    // The one that fails has had 50 ms, and the last one has as much after the horizon.
    assert_sum(busy, 130.0 * 100.0 + 50.0 - 50.0);
    // Of those that stand still since 9 s, 20 of them, none goes on; four come.
    let stood = run(
        r#"{ "at": "9s", "for": "11s", "pause": "a" }, { "at": "15s", "for": "1s", "crash": "a" }"#,
    );
    assert_eq!(ended(&stood, Outcome::Failed), 24.0);
}

// ---- links ------------------------------------------------------------------

#[test]
fn each_way_over_a_slow_link_takes_so_much_longer() {
    let run = |link: &str, fault: &str| {
        let nodes = r#""lb": { "kind": "delay" }, "db": { "kind": "delay", "time": "10ms" }"#;
        let link = format!(r#"{{ "from": "lb", "to": "db", "latency": "4ms" {link} }}"#);
        latencies(&run_on(&text(nodes, &link, fault), 1))
    };
    let by = r#"{ "at": "10s", "for": "10s", "slow": "lb->db", "by": "5ms" }"#;
    let factor = r#"{ "at": "10s", "for": "10s", "slow": "lb -> db", "factor": 3 }"#;
    let whole = 4_000.0 * 18.0;

    assert_sum(run("", ""), whole);
    // 1,000 set out in that time, and 999 answers: that to the last one before it, but not
    // those to the last two in it, which are 19 ms or 22 ms on their way and at work.
    assert_sum(run("", by), whole + 1_999.0 * 5.0);
    assert_sum(run("", factor), whole + 1_999.0 * 8.0);
    // Both at once: first the factor, then what is longer. The answers lie 27 ms later.
    let both = format!("{by}, {factor}");
    assert_sum(run("", &both), whole + (1_000.0 + 998.0) * 13.0);
    // Behind a bandwidth it is as slow; 1 KiB there and 2 KiB back take 3 µs.
    let narrow = r#", "bandwidth": "1GiB/s""#;
    let slower = run(narrow, by) - run(narrow, "");
    assert_sum(slower, 1_999.0 * 5.0);
}

#[test]
fn what_is_to_cross_a_link_that_holds_waits_until_it_is_over() {
    let nodes = r#""lb": { "kind": "delay" }, "db": { "kind": "delay", "time": "10ms" }"#;
    let link = r#"{ "from": "lb", "to": "db", "latency": "4ms" }"#;
    let fault = r#"{ "at": "10s", "for": "10s", "pause": "lb->db" }"#;

    let run = run_on(&text(nodes, link, fault), 1);

    let held = |t: f64| if (10.0..20.0).contains(&t) { 20.0 } else { t };
    let expected = arrivals().map(|t| held(held(t) + 0.014) + 0.004 - t);
    assert_sum(latencies(&run), expected.sum::<f64>() * 1e3);
}

#[test]
fn what_a_link_holds_for_good_is_known_by_its_time_out() {
    let nodes = r#""lb": { "kind": "delay" }, "db": { "kind": "delay", "time": "10ms" }"#;
    let link = r#"{ "from": "lb", "to": "db", "latency": "4ms", "timeout": "100ms" }"#;
    let fault = r#"{ "at": "10s", "pause": "lb->db" }"#;

    let run = run_on(&text(nodes, link, fault), 1);

    // An answer to one that set out before is held as well.
    assert_eq!(ended(&run, Outcome::TimedOut), 3_001.0);
    assert_eq!(ended(&run, Outcome::Completed), 999.0);
    let lost = run.of_link("lb->db", |slice| slice.lost as f64);
    assert_eq!(lost, [0.0], "it is not lost");
}

/// Calls over a link with so many attempts, a part of which is lost.
fn lossy(attempts: u32, loss: f64, fault: &str) -> Run {
    let nodes = r#""lb": { "kind": "delay" }, "db": { "kind": "delay", "time": "1ms" }"#;
    let link = format!(
        r#"{{ "from": "lb", "to": "db", "timeout": "5ms", "loss": {loss},
              "retry": {{ "attempts": {attempts}, "backoff": "fixed", "base": "0s" }} }}"#
    );
    run_on(&text(nodes, &link, fault), 1)
}

#[test]
fn all_that_is_sent_over_a_lossy_link_vanishes() {
    let run = lossy(3, 0.0, r#"{ "at": "10s", "for": "10s", "lose": "lb->db" }"#);

    // The last of the tries of the one at 9.995 s would be after 10 s, but its first is well.
    assert_eq!(ended(&run, Outcome::TimedOut), 999.0);
    let of = |count: fn(&kneepoint::metrics::recording::LinkSlice) -> u64| {
        run.of_link("lb->db", |slice| count(slice) as f64)[0]
    };
    // The last one in it loses its first try at 19.995 s; the second one is at 20 s.
    assert_eq!(of(|link| link.lost), 999.0 * 3.0 + 1.0);
    assert_eq!(of(|link| link.attempts), 3_000.0 + 999.0 * 3.0 + 2.0);
    let arrived = run.of_node("db", |slice| slice.tally.arrived as f64);
    assert_eq!(arrived, [3_001.0]);
}

#[test]
fn a_share_is_lost_at_every_attempt() {
    // p = 1 − 0.75 × 0.6 with the link's own; n = 3. Attempts are geometric, cut at n.
    let run = lossy(3, 0.25, r#"{ "at": "0s", "lose": "lb->db", "share": 0.4 }"#);
    let (p, requests) = (0.55_f64, 4_000.0);

    let lost = p.powi(3);
    let sd = (requests * lost * (1.0 - lost)).sqrt();
    let found = ended(&run, Outcome::TimedOut);
    assert!((found - requests * lost).abs() < 3.29 * sd, "{found}");
    let mean = 1.0 + p + p * p;
    let square = (1.0 - p) + 4.0 * p * (1.0 - p) + 9.0 * p * p;
    let sd = (requests * (square - mean * mean)).sqrt();
    let found = run.of_link("lb->db", |slice| slice.attempts as f64)[0];
    assert!((found - requests * mean).abs() < 3.29 * sd, "{found}");
}

// ---- caches -----------------------------------------------------------------

/// A cache for all of 200 keys that are equally likely, asked 1,000 times a second for 2 s.
fn cached(warm: f64, fault: &str, horizon: &str) -> Run {
    let text = format!(
        r#"{{ "nodes": {{ "c": {{ "kind": "cache", "cache": {{ "policy": "lru", "entries": 200, "warm": {warm} }} }} }},
              "flows": {{ "main": {{ "enter": "c", "key": {{ "uniform": [1, 200] }} }} }},
              "load": [ {{ "every": "1ms", "start": "500us" }} ], "faults": [ {fault} ],
              "run": {{ "horizon": "{horizon}", "warm_up": "0s", "replications": 20 }} }}"#
    );
    run(&text)
}

#[test]
fn a_flushed_cache_is_as_cold_as_at_the_start() {
    let misses = |run: &Run| run.of_node("c", |slice| slice.misses as f64);

    let warm = cached(1.0, "", "2s");
    let cold = cached(0.0, "", "2s");
    let flushed = cached(1.0, r#"{ "at": "0s", "flush": "c" }"#, "2s");
    assert!(misses(&warm).iter().all(|misses| *misses == 0.0));
    assert_eq!(misses(&flushed), misses(&cold));

    // In the middle: of n look-ups after it one misses for each key that occurs among them,
    // (1 − (1 − 1/N)^n) N on average.
    let (n, keys) = (200.0_f64, 200.0_f64);
    let later = cached(1.0, r#"{ "at": "1s", "flush": "c" }"#, "1200ms");
    let found = misses(&later);
    let none = |keys_out: f64| (1.0 - keys_out / keys).powf(n);
    let mean = keys * (1.0 - none(1.0));
    let variance =
        keys * (keys - 1.0) * none(2.0) + keys * none(1.0) - keys * keys * none(1.0).powi(2);
    let average = found.iter().sum::<f64>() / 20.0;
    assert!(
        (average - mean).abs() < 3.29 * (variance / 20.0).sqrt(),
        "{average} is not {mean}"
    );
}

// ---- pauses -----------------------------------------------------------------

/// When visits that come at these times have been served by one server, which stands still from
/// 10 s to 20 s [s].
fn served(arrivals: impl Iterator<Item = f64>, service: f64) -> Vec<(f64, f64)> {
    let worked = |t: f64| t.min(10.0) + (t - 20.0).max(0.0);
    let mut free = 0.0_f64;
    let mut done = Vec::new();
    for at in arrivals {
        free = free.max(worked(at)) + service;
        done.push((at, if free > 10.0 { free + 10.0 } else { free }));
    }
    done
}

#[test]
fn a_server_that_stands_still_goes_on_where_it_was() {
    let run_with = |service: &str, more: &str| {
        let nodes = format!(r#""lb": {{ "kind": "station", "service_time": "{service}" {more} }}"#);
        let fault = r#"{ "at": "10s", "for": "10s", "pause": "lb" }"#;
        run_on(&text(&nodes, "", fault), 1)
    };
    let sum = |service: f64| {
        let done = served(arrivals(), service).into_iter();
        done.map(|(at, done)| (done - at) * 1e3).sum::<f64>()
    };
    let max = |run: &Run| run.recordings[0].nodes[run.node("lb")].waiting_max;

    // 1,000 come in 10 s: one is at the server and the others wait. They are gone 1,000 / (250 −
    // 100) s after it.
    let run = run_with("4ms", "");
    assert_sum(latencies(&run), sum(0.004));
    assert_eq!(max(&run), 999);
    let mut late = served(arrivals(), 0.004).into_iter().skip(1_000);
    let drained = late.find(|(at, done)| done - at < 0.0041 && *at > 20.0);
    let drained = drained.map_or(0.0, |(at, _)| at - 20.0);
    assert!((drained - 1_000.0 / 150.0).abs() < 0.02, "{drained}");
    // One is in the middle of it at 10 s.
    assert_sum(latencies(&run_with("7ms", "")), sum(0.007));
    assert_sum(
        run_with("7ms", "").of_node("lb", |slice| slice.service.sum as f64 / 1e6)[0],
        4_000.0 * 7.0,
    );
    // A server that is held from the first step to the last stands still as well.
    assert_sum(
        latencies(&run_with("7ms", r#", "io": "blocking""#)),
        sum(0.007),
    );
    // A line that is full is full.
    let bounded = run_with("4ms", r#", "waiting_limit": 99"#);
    assert_eq!(ended(&bounded, Outcome::Shed), 900.0);
}

#[test]
fn servers_that_are_shared_stand_still_as_well() {
    // One request a second: at 10 s one has 0.6 s of its 1.1 s left, and 10 more come.
    let nodes = r#""lb": { "kind": "station", "discipline": "processor-sharing", "service_time": "1100ms" }"#;
    let text = format!(
        r#"{{ "nodes": {{ {nodes} }}, "load": [ {{ "every": "2s", "start": "500ms", "stop": "20s" }} ],
              "faults": [ {{ "at": "9s", "for": "10s", "pause": "lb" }} ],
              "run": {{ "horizon": "40s", "warm_up": "0s", "replications": 1 }} }}"#
    );

    let run = run_on(&text, 1);

    // Those at 0.5, 2.5, 4.5 and 6.5 s are alone. That at 8.5 s has 0.6 s left when those at
    // 10.5 to 18.5 s, five of them, join it at 19 s: 3.6 s later each has had 0.6 s, and the five
    // have 0.5 s left: 2.5 s. So they end at 22.6 s and 25.1 s, if nobody else comes.
    let alone = 4.0 * 1.1;
    let joined = [10.5, 12.5, 14.5, 16.5, 18.5].map(|at| 25.1 - at);
    let expected = alone + (22.6 - 8.5) + joined.iter().sum::<f64>();
    assert_sum(latencies(&run), expected * 1e3);
}

#[test]
fn work_without_a_server_takes_so_much_longer() {
    let nodes = r#""lb": { "kind": "delay", "time": "30ms" }"#;
    let run = |fault: &str| latencies(&run_on(&text(nodes, "", fault), 1));
    let expected = |until: f64| {
        let one = |at: f64| {
            if (10.0..until).contains(&at) {
                until - at + 0.03
            } else if (9.97..10.0).contains(&at) {
                0.03 + until - 10.0
            } else {
                0.03
            }
        };
        arrivals().map(one).sum::<f64>() * 1e3
    };

    let once = r#"{ "at": "10s", "for": "10s", "pause": "lb" }"#;
    assert_sum(run(once), expected(20.0));
    // Two that overlap are one.
    let longer = format!(r#"{once}, {{ "at": "15s", "for": "10s", "pause": "lb" }}"#);
    assert_sum(run(&longer), expected(25.0));
}

#[test]
fn a_caller_that_stands_still_hears_answers_and_time_outs_afterwards() {
    // `lb` calls `db`, which takes 50 ms, and then does 10 ms of work.
    let nodes = r#""lb": { "kind": "delay" }, "db": { "kind": "delay", "time": "50ms" }"#;
    let text = |timeout: &str| {
        format!(
            r#"{{ "nodes": {{ {nodes} }}, "links": [ {{ "from": "lb", "to": "db" {timeout} }} ],
              "flows": {{ "main": {{ "enter": "lb", "at": {{ "lb": [ {{ "call": "db" }}, {{ "compute": "10ms" }} ] }} }} }},
              "load": [ {{ "every": "10ms", "start": "5ms" }} ],
              "faults": [ {{ "at": "10s", "for": "10s", "pause": "lb" }} ],
              "run": {{ "horizon": "40s", "warm_up": "0s", "replications": 1 }} }}"#
        )
    };
    let held = |t: f64| if (10.0..20.0).contains(&t) { 20.0 } else { t };
    let end = |answered: f64| {
        let end = held(answered) + 0.01;
        // What was begun before takes longer.
        if end > 10.0 && answered < 10.0 {
            end + 10.0
        } else {
            end
        }
    };

    let run = run_on(&text(""), 1);
    let expected = arrivals().map(|t| end(held(t) + 0.05) - t);
    assert_sum(latencies(&run), expected.sum::<f64>() * 1e3);

    // A time-out of 20 ms that falls into the pause is noticed after it.
    let run = run_on(&text(r#", "timeout": "20ms""#), 1);
    let all = run.of_flow("main", |slice| slice.latency_bad.sum as f64 / 1e6)[0];
    let expected = arrivals().map(|t| held(held(t) + 0.02) - t);
    assert_eq!(ended(&run, Outcome::TimedOut), 4_000.0);
    assert_sum(all, expected.sum::<f64>() * 1e3);
}

#[test]
fn a_copy_that_stands_still_keeps_its_turns_waiting_until_that_is_noticed() {
    let run = |health: &str| {
        let nodes = format!(
            r#""lb": {{ "kind": "balancer"{health} }},
               "app": {{ "kind": "station", "copies": 4, "servers": 8, "service_time": "1ms" }}"#
        );
        let fault = r#"{ "at": "10s", "for": "15s", "pause": "app", "copies": 1 }"#;
        run_on(&text(&nodes, r#""lb -> app""#, fault), 1)
    };
    let waited = |run: &Run| run.of_node("app", |slice| slice.waited as f64)[0];

    // Every fourth of 15 s, but for the eight at the servers, and two that come while the others
    // are served, 8 every ms; checks at 10, 12 and 14 s.
    let blind = run("");
    let sees = run(r#", "health": { "every": "2s", "failures": 3, "successes": 2 }"#);

    assert_eq!(waited(&blind), 375.0 - 8.0 + 2.0);
    assert_eq!(waited(&sees), 100.0 - 8.0);
    assert_eq!(ended(&blind, Outcome::Completed), 4_000.0);
}

#[test]
fn who_crashes_while_it_stands_still_fails() {
    let nodes = r#""lb": { "kind": "station", "service_time": "4ms" }"#;
    let faults = r#"{ "at": "10s", "for": "10s", "pause": "lb" },
                    { "at": "15s", "for": "1s", "crash": "lb" }"#;

    let run = run_on(&text(nodes, "", faults), 1);

    // Those of 5 s are inside, and those of a second come.
    assert_eq!(ended(&run, Outcome::Failed), 600.0);
    assert_eq!(ended(&run, Outcome::Completed), 3_400.0);
    let service = run.of_node("lb", |slice| slice.service.sum as f64 / 1e6)[0];
    assert_sum(service, 3_400.0 * 4.0);
}

/// Runs a sender, and a queue or topic `q` with a consumer `w`.
fn messages(kind: &str, fault: &str) -> Run {
    let nodes = format!(
        r#""lb": {{ "kind": "delay" }}, "q": {{ "kind": "{kind}" }},
           "w": {{ "kind": "station", "servers": 2000, "service_time": "1ms" }}"#
    );
    run_on(&text(&nodes, r#""lb -> q -> w""#, fault), 1)
}

#[test]
fn queues_and_topics_that_are_out_refuse_what_comes() {
    for kind in ["queue", "topic"] {
        let run = messages(kind, r#"{ "at": "10s", "for": "10s", "crash": "q" }"#);
        let failed = run.of_node("q", |slice| slice.tally.of(Outcome::Failed) as f64);
        let arrived = run.of_node("w", |slice| slice.tally.arrived as f64);
        assert_eq!((failed[0], arrived[0]), (1_000.0, 3_000.0), "{kind}");
        assert_eq!(ended(&run, Outcome::Failed), 1_000.0, "{kind}");

        let run = messages(kind, r#"{ "at": "10s", "for": "10s", "pause": "q" }"#);
        let arrived = run.of_node("w", |slice| slice.tally.arrived as f64);
        assert_eq!(arrived, [4_000.0], "{kind}");
        let waits = arrivals().filter(|at| (10.0..20.0).contains(at));
        assert_sum(latencies(&run), waits.map(|at| (20.0 - at) * 1e3).sum());
    }
}

#[test]
fn what_a_queue_cannot_hand_over_waits_there() {
    // Twice as long as the queue is out; what is in it then is handed over afterwards.
    let held = messages("queue", r#"{ "at": "10s", "for": "10s", "pause": "q->w" }"#);

    let lag = held.of_link("q->w", |slice| slice.lag.sum as f64 / 1e6)[0];
    let waits = arrivals().filter(|at| (10.0..20.0).contains(at));
    assert_sum(lag, waits.map(|at| (20.0 - at) * 1e3).sum());
    let queue = held.recordings[0].nodes[held.node("q")].queue;
    assert_eq!(queue.expect("a queue").backlog_max, 1_000);
    assert_sum(latencies(&held), 0.0);

    // A consumer that is busy finds the messages that came before a crash after it.
    let nodes = r#""lb": { "kind": "delay" }, "q": { "kind": "queue" },
                   "w": { "kind": "station", "service_time": "15ms" }"#;
    let crash = r#"{ "at": "10s", "for": "10s", "crash": "q" }"#;
    let run = run_on(&text(nodes, r#""lb -> q -> w""#, crash), 1);
    // 667 are taken before it, every 15 ms from 5 ms on; the next at 20 s, when 333 are left, and
    // 2,000 more come: by 40 s are taken 1,334 of them.
    let arrived = run.of_node("w", |slice| slice.tally.arrived as f64);
    assert_eq!(arrived, [667.0 + 1_334.0]);
}

// ---- again and again --------------------------------------------------------

/// One request a second to `a`, which is out at random, for 20,000 s.
fn often(rest: &str, replications: u32) -> String {
    format!(
        r#"{{ "nodes": {{ "a": {{ "kind": "delay" }}, "b": {{ "kind": "delay" }} }},
              "flows": {{ "main": {{ "enter": "a" }}, "other": {{ "enter": "b" }} }},
              "load": [ {{ "every": "1s", "flow": "main" }}, {{ "every": "7s", "flow": "other" }} ],
              "faults": [ {{ "every": {{ "exponential": "60s" }}, "for": {{ "exponential": "20s" }}, "crash": "a" }} {rest} ],
              "run": {{ "horizon": "20000s", "warm_up": "0s", "replications": {replications} }} }}"#
    )
}

#[test]
fn a_node_that_fails_again_and_again_is_available_for_its_share_of_the_time() {
    let run = run(&often("", 8));

    let completed = run.of_flow("main", |slice| slice.tally.of(Outcome::Completed) as f64);
    let available = completed.iter().sum::<f64>() / (8.0 * 20_000.0);
    // Alternating renewal: 60 / (60 + 20), with variance 2 (60 × 20)² / (80³ T).
    let variance = 2.0 * (60.0_f64 * 20.0).powi(2) / (80.0_f64.powi(3) * 160_000.0);
    assert!(
        (available - 0.75).abs() < 3.29 * variance.sqrt(),
        "{available}"
    );
    // Replications differ.
    let interval = estimate::mean(&completed);
    assert!(interval.half_width.is_some_and(|half| half > 0.0));
}

#[test]
fn a_fault_that_comes_again_draws_for_itself_alone() {
    let failed = |rest: &str, threads: usize| {
        let run = run_on(&often(rest, 2), threads);
        run.of_flow("main", |slice| slice.tally.of(Outcome::Failed) as f64)
    };
    let other = r#", { "every": { "exponential": "30s" }, "for": "5s", "crash": "b" }"#;

    let alone = failed("", 1);
    assert_eq!(alone, failed(other, 1));
    assert_eq!(alone, failed(other, 2));
    // A second one on the same node draws for itself.
    let twice =
        r#", { "every": { "exponential": "60s" }, "for": { "exponential": "20s" }, "crash": "a" }"#;
    assert!(failed(twice, 1)[0] > 1.3 * alone[0]);
}

#[test]
fn what_comes_again_after_the_same_time_is_what_the_file_could_have_listed() {
    let nodes = r#""lb": { "kind": "balancer", "health": { "every": "1s", "failures": 2, "successes": 2 } },
                   "app": { "kind": "station", "copies": 4, "service_time": "8ms" }"#;
    let link = r#"{ "from": "lb", "to": "app", "latency": "1ms", "timeout": "2s" }"#;
    for fault in [
        r#""crash": "app", "copies": 2"#,
        r#""pause": "app", "share": 0.5"#,
        r#""slow": "app", "factor": 2"#,
        r#""slow": "lb->app", "by": "3ms""#,
        r#""lose": "lb->app", "share": 0.5"#,
        r#""pause": "lb->app""#,
    ] {
        let recorded = |faults: &str| {
            let run = run_on(&text(nodes, link, faults), 1);
            format!("{:?}", run.recordings)
        };
        let again = recorded(&format!(r#"{{ "every": "10s", "for": "5s", {fault} }}"#));
        let listed = [10, 25, 40, 55, 70];
        let listed = listed.map(|at| format!(r#"{{ "at": "{at}s", "for": "5s", {fault} }}"#));
        assert!(again == recorded(&listed.join(", ")), "{fault}");
    }
}

// ---- reports ----------------------------------------------------------------

#[test]
fn reports_say_what_went_wrong_and_when_all_was_well_again() {
    let text = r#"{
        "nodes": { "app": { "kind": "station", "servers": 4, "service_time": "1ms" },
                   "c": { "kind": "cache", "cache": { "entries": 50, "warm": 1 } },
                   "db": { "kind": "delay", "time": "30ms" } },
        "links": [ { "from": "app", "to": "c", "latency": "1ms", "timeout": "1s" }, "c -> db" ],
        "flows": { "main": { "enter": "app", "key": { "uniform": [1, 50] } } },
        "load": [ { "every": "10ms" } ],
        "faults": [ { "at": "10s", "for": "2s", "slow": "app->c", "by": "9ms" },
                    { "at": "10s", "for": "2s", "lose": "app->c", "share": 0.25 },
                    { "at": "10s", "for": "1s", "pause": "app->c" },
                    { "at": "11s", "for": "500ms", "pause": "app" },
                    { "at": "15s", "flush": "c" },
                    { "every": { "exponential": "1d" }, "for": { "exponential": "5m" }, "crash": "db" } ],
        "objectives": [ "main p99 < 25ms", "recovery < 5s" ],
        "variants": { "calm": { "faults": { "lose app->c": null, "slow app->c": { "by": "1ms" }, "flush c": null } } },
        "run": { "horizon": "30s", "interval": "1s", "warm_up": "0s", "replications": 2, "seed": 5 } }"#;
    let report = |variant: &[&str]| {
        let mut arguments = vec!["run", "-", "--output", "json"];
        arguments.extend(variant);
        let ended = with_input(&arguments, text);
        let report: serde_json::Value = serde_json::from_str(&ended.stdout).expect(&ended.stderr);
        let notes = report["notes"].as_array().expect("notes").clone();
        let notes = notes
            .iter()
            .filter_map(|note| note.as_str().map(str::to_owned));
        let recovery = report["objectives"][1].clone();
        (notes.collect::<Vec<String>>(), recovery)
    };

    let (notes, recovery) = report(&[]);

    for expected in [
        "each way over `app->c` took 9ms longer from 10s to 12s",
        "25% of the attempts over `app->c` were lost from 10s to 12s",
        "all that was to cross `app->c` waited from 10s to 11s",
        "`app` was paused from 11s to 11.5s: all that was there waited",
        "`c` lost all entries at 15s",
        "`crash db` did not come in 2 replications of 30s; in the long run it goes on for 0.346% \
         of the time: too seldom to call anything met; `--horizon` or `--replications` show more \
         of it",
        "`recovery` is measured from the end of the last fault with an `at`: of those that come \
         again and again none is the last",
    ] {
        assert!(notes.iter().any(|note| note == expected), "{notes:#?}");
    }
    assert!(!notes.iter().any(|note| note.contains("again and again,")));
    // From the flush on: 50 keys are there again, but for few, after some seconds.
    assert_eq!(recovery["verdict"], "met", "{recovery}");
    let (notes, _) = report(&["--variant", "calm"]);
    assert!(notes.iter().any(|note| note.contains("took 1ms longer")));
    assert!(!notes.iter().any(|note| note.contains("lost")));
}

#[test]
fn slowness_without_bound_stays_without_bound() {
    // Seven times a hundred years are more than there is.
    let slow = r#"{ "at": "10s", "for": "10s", "slow": "lb", "by": "36500d" }"#;
    let nodes = r#""lb": { "kind": "station", "servers": "unlimited", "service_time": "1ms" }"#;

    let run = run_on(&text(nodes, "", &[slow; 7].join(", ")), 1);

    assert_eq!(ended(&run, Outcome::Completed), 3_000.0);
    assert_sum(latencies(&run), 3_000.0);
}

#[test]
fn faults_that_mean_nothing_there_are_refused() {
    let nodes = r#""lb": { "kind": "delay" }, "app": { "kind": "station", "service_time": "1ms" },
                   "fixed": { "kind": "cache", "hit_rate": 0.5 },
                   "small": { "kind": "ec2", "type": "t3.micro", "credit_mode": "standard" },
                   "outer": { "kind": "external" }, "even": { "kind": "balancer" }"#;
    let links =
        r#""lb -> app", "lb -> fixed", "lb -> small", "lb -> outer", "lb -> even", "even -> app""#;
    for (fault, code) in [
        (r#""at": "1s", "flush": "app""#, "fault::no-entries"),
        (r#""at": "1s", "flush": "fixed""#, "fault::no-entries"),
        (
            r#""at": "1s", "lose": "lb->app""#,
            "fault::lose-needs-timeout",
        ),
        (
            r#""at": "1s", "slow": "lb->app", "factor": 2"#,
            "fault::no-latency",
        ),
        (r#""at": "1s", "pause": "small""#, "fault::no-pause"),
        (
            r#""at": "1s", "slow": "outer", "factor": 2"#,
            "fault::no-work",
        ),
        (
            r#""at": "1s", "fail": "even", "share": 1"#,
            "fault::no-work",
        ),
        (
            r#""every": "1ns", "for": "0s", "crash": "app""#,
            "fault::too-often",
        ),
    ] {
        let text = text(nodes, links, &format!("{{ {fault} }}"));
        let (topology, _) = load(&LoadRequest::new(&text, "case.json")).expect("a topology");

        let found = compile::compile(&topology).expect_err("it is refused");

        assert_eq!(found[0].code, code, "{found:?}");
        let of_fault = text.find(fault).expect("it is there");
        assert!(
            matches!(&found[0].place, Place::File(range) if range.contains(&of_fault)),
            "{found:?}"
        );
    }
    // What is well is not watched.
    let (model, _, _) = prepare(&text(nodes, links, ""));
    assert!(model.control.is_empty());
}

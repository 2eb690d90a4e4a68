//! Faults of what delivers: logs that are out or stand still, and deliveries that are lost, against
//! what follows exactly or with what probability.

use crate::known::harness::{Run, run_on};
use crate::support::with_input;
use kneepoint::model::Outcome;

/// Messages every 10 ms from 5 ms on until `stop` over a node to `app`.
fn text(from: &str, app: &str, link: &str, (stop, faults): (&str, &str)) -> String {
    format!(
        r#"{{ "nodes": {{ "jobs": {{ {from} }}, "app": {{ {app} }} }},
              "links": [ {{ "from": "jobs", "to": "app" {link} }} ],
              "flows": {{ "main": {{ "enter": "jobs" }} }},
              "load": [ {{ "every": "10ms", "start": "5ms", "stop": "{stop}" }} ], "faults": [ {faults} ],
              "run": {{ "horizon": "40s", "warm_up": "0s", "replications": 1 }} }}"#
    )
}

const LOG: &str = r#""kind": "log""#;

/// Sum of the times from appends to deliveries [ms].
fn lags(run: &Run) -> f64 {
    run.of_link("jobs->app", |slice| slice.lag.sum as f64 / 1e6)[0]
}

fn lost(run: &Run) -> f64 {
    run.of_link("jobs->app", |slice| slice.lost as f64)[0]
}

fn of_flow(run: &Run, outcome: Outcome) -> f64 {
    run.of_flow("main", |slice| slice.tally.of(outcome) as f64)[0]
}

/// Messages that visits at the consumer have completed.
fn consumed(run: &Run) -> f64 {
    run.of_node("app", |slice| slice.tally.of(Outcome::Completed) as f64)[0]
}

fn assert_sum(found: f64, expected: f64) {
    assert!((found - expected).abs() < 1e-3, "{found} is not {expected}");
}

/// Sum of the times from appends to deliveries [ms] if one is delivered after the other, each of
/// which takes `work`, and none from 10 s to 20 s.
fn in_order(appended: impl Iterator<Item = f64>, work: f64) -> f64 {
    let (mut free, mut sum) = (0.0_f64, 0.0);
    for at in appended {
        let held = |t: f64| {
            if (10.0..20.0 - 1e-9).contains(&t) {
                20.0
            } else {
                t
            }
        };
        let begins = held(free.max(at));
        sum += begins - at;
        free = begins + work;
    }
    sum * 1e3
}

/// When messages come until an instant [s].
fn arrivals(stop: f64) -> impl Iterator<Item = f64> {
    let all = (0..4_000).map(|nth| 0.005 + 0.01 * f64::from(nth));
    all.take_while(move |at| *at < stop)
}

#[test]
fn a_log_that_stands_still_takes_nothing_and_hands_nothing_over() {
    let app = r#""kind": "delay", "time": "12ms""#;
    let run = |fault: &str| {
        let fault = format!(r#"{{ "at": "10s", "for": "10s", "pause": {fault} }}"#);
        run_on(&text(LOG, app, "", ("15s", &fault)), 1)
    };

    // Who appends waits until it goes on.
    let paused = run(r#""jobs""#);
    let held = |t: f64| if t >= 10.0 { 20.0 } else { t };
    assert_sum(lags(&paused), in_order(arrivals(15.0).map(held), 0.012));
    let waited = paused.of_flow("main", |slice| slice.latency.sum as f64 / 1e6)[0];
    assert_sum(
        waited,
        arrivals(15.0).map(|t| held(t) - t).sum::<f64>() * 1e3,
    );
    // Of the link alone: it appends as ever.
    let paused = run(r#""jobs->app""#);
    assert_sum(lags(&paused), in_order(arrivals(15.0), 0.012));
    assert_eq!(of_flow(&paused, Outcome::Completed), 1_500.0);
    assert_eq!(consumed(&paused), 1_500.0);
}

#[test]
fn a_log_that_is_out_refuses_and_keeps_what_it_has() {
    let app = r#""kind": "delay", "time": "15ms""#;
    let fault = r#"{ "at": "10s", "for": "10s", "crash": "jobs" }"#;

    let run = run_on(&text(LOG, app, "", ("15s", fault)), 1);

    assert_eq!(of_flow(&run, Outcome::Failed), 500.0);
    assert_eq!(of_flow(&run, Outcome::Completed), 1_000.0);
    assert_sum(lags(&run), in_order(arrivals(10.0), 0.015));
    assert_eq!(consumed(&run), 1_000.0);
}

#[test]
fn what_failed_is_tried_again_when_the_log_is_back() {
    // One message at 9.5 s, whose work ends at 10.5 s and fails.
    let run = |faults: &str| {
        let fails = r#"{ "at": "10s", "for": "1s", "fail": "app", "share": 1 }"#;
        let text = format!(
            r#"{{ "nodes": {{ "jobs": {{ "kind": "log" }}, "app": {{ "kind": "delay", "time": "1s" }} }},
                  "links": [ "jobs -> app" ], "flows": {{ "main": {{ "enter": "jobs" }} }},
                  "load": [ {{ "every": "1h", "start": "9500ms" }} ], "faults": [ {fails} {faults} ],
                  "run": {{ "horizon": "40s", "warm_up": "0s", "replications": 1 }} }}"#
        );
        lags(&run_on(&text, 1))
    };

    // After the pause of 100 ms; at 20 s; at 25 s, as it stands still then.
    assert_sum(run(""), 1_100.0);
    let out = r#", { "at": "10200ms", "until": 0, "crash": "jobs" }"#;
    let out = out.replace(r#""until": 0"#, r#""for": "9800ms""#);
    assert_sum(run(&out), 10_500.0);
    let still = r#", { "at": "15s", "for": "10s", "pause": "jobs" }"#;
    assert_sum(run(&format!("{out}{still}")), 15_500.0);
    // For good: never.
    let good = r#", { "at": "10200ms", "crash": "jobs" }"#;
    assert_sum(run(good), 0.0);
}

#[test]
fn what_a_queue_loses_is_there_again_after_its_visibility() {
    let run = |link: &str, (share, at, visibility): (f64, &str, &str), load: &str| {
        let queue = format!(r#""kind": "queue", "visibility": "{visibility}""#);
        let fault = format!(r#"{{ {at}, "lose": "jobs->app", "share": {share} }}"#);
        let text = text(
            &queue,
            r#""kind": "delay", "time": "1ms""#,
            link,
            ("30s", &fault),
        );
        run_on(&text.replace(r#""every": "10ms", "start": "5ms""#, load), 1)
    };
    let within = r#""at": "10s", "for": "10s""#;
    let seldom = r#""every": "1s", "start": "500ms""#;

    // Those of 10.5 s and 11.5 s are lost every 2 s, five times each, and so on.
    let all = run("", (1.0, within, "2s"), seldom);
    assert_eq!(lost(&all), f64::from(2 * (5 + 4 + 3 + 2 + 1)));
    assert_eq!(consumed(&all), 30.0);
    let queue = all.recordings[0].nodes[all.node("jobs")].queue.unwrap();
    assert_eq!((queue.receives, queue.deleted), (30 + 30, 30));
    // One at a time: the place is kept until it is there again.
    let one = run(r#", "concurrency": 1"#, (1.0, within, "2s"), seldom);
    assert_eq!((lost(&one), consumed(&one)), (5.0, 30.0));
    // A share of all: each is lost as often as tails come before heads.
    let some = run(
        "",
        (0.3, r#""at": "0s""#, "50ms"),
        r#""every": "10ms", "start": "5ms""#,
    );
    let (n, p) = (3_000.0_f64, 0.3_f64);
    let mean = n * p / (1.0 - p);
    let sd = n.sqrt() * p.sqrt() / (1.0 - p);
    assert!(
        (lost(&some) - mean).abs() < 3.29 * sd,
        "{} is not {mean}",
        lost(&some)
    );
    assert_eq!(consumed(&some), n);
}

#[test]
fn what_a_log_loses_is_read_again() {
    let fault = r#"{ "at": "10s", "for": "10s", "lose": "jobs->app" }"#;
    let app = r#""kind": "delay", "time": "0s""#;

    let run = run_on(&text(LOG, app, "", ("25s", fault)), 1);

    // That of 10.005 s every 100 ms, a hundred times; all others wait behind it.
    assert_eq!(lost(&run), 100.0);
    assert_eq!(consumed(&run), 2_500.0);
    let held = arrivals(25.0).map(|t| {
        if (10.0..20.005).contains(&t) {
            20.005 - t
        } else {
            0.0
        }
    });
    assert_sum(lags(&run), held.sum::<f64>() * 1e3);
}

#[test]
fn nobody_learns_of_what_a_topic_loses() {
    let fault = r#"{ "at": "10s", "for": "10s", "lose": "jobs->app" }"#;
    let app = r#""kind": "delay", "time": "1ms""#;

    let run = run_on(&text(r#""kind": "topic""#, app, "", ("40s", fault)), 1);

    assert_eq!((lost(&run), consumed(&run)), (1_000.0, 3_000.0));
    assert_eq!(of_flow(&run, Outcome::Completed), 4_000.0);
    let settled = run.of_flow("main", |slice| slice.settled.count as f64);
    assert_eq!(settled, [4_000.0], "nothing is waited for");
}

#[test]
fn losses_that_nobody_would_ever_notice_are_refused() {
    let check = |from: &str, links: &str, fault: &str| {
        let text = text(
            from,
            r#""kind": "delay", "time": "1ms""#,
            "",
            ("40s", fault),
        );
        let text = text.replace(r#"{ "from": "jobs", "to": "app"  }"#, links);
        let text = text.replace(
            r#""nodes": {"#,
            r#""nodes": { "dead": { "kind": "queue" }, "#,
        );
        let ended = with_input(&["check", "-"], &text);
        assert_eq!(ended.status, 2, "{}", ended.stderr);
        ended.stderr
    };
    let links = r#""jobs -> app", { "from": "jobs", "to": "dead", "role": "dead-letter" }"#;

    let found = check(
        r#""kind": "queue""#,
        links,
        r#"{ "at": "1s", "lose": "jobs->app" }"#,
    );
    assert!(found.contains("fault::lose-needs-visibility"), "{found}");
    let given_up = r#""kind": "queue", "visibility": "1s", "max_receives": 2"#;
    for verb in [r#""lose": "jobs->dead""#, r#""pause": "jobs->dead""#] {
        let found = check(given_up, links, &format!(r#"{{ "at": "1s", {verb} }}"#));
        assert!(found.contains("takes what node `jobs` gives up"), "{found}");
    }
}

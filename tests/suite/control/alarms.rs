//! Alarms fire at instants that can be computed by hand.

use crate::known::harness::{Run, run_on};
use kneepoint::compile::compile;
use kneepoint::topology::{LoadRequest, load};
use kneepoint::units::SimTime;

/// Seconds at which an alarm fired and at which it was over.
fn changes(run: &Run, nth: usize) -> (Vec<f64>, Vec<f64>) {
    let seconds = |times: &[SimTime]| times.iter().map(|at| at.as_seconds()).collect();
    let alarm = &run.recordings[0].alarms[nth];
    (seconds(&alarm.fired), seconds(&alarm.cleared))
}

#[test]
fn an_alarm_on_errors_fires_when_the_last_of_its_periods_is_known() {
    // One request each second; those from 20 s until 40 s find the only place taken by a
    // long one and are shed. Periods of 5 s from 20 s on are all bad: the third is over at
    // 35 s and 2 s old at 37 s. From 40 s on all is well: the first good period is over
    // at 45 s.
    let mut times = vec!["\"19.5s\"".to_owned()];
    times.extend((0..60).map(|second| format!("\"{}ms\"", 1000 * second)));
    times.sort_by_key(|text| {
        let text = text.trim_matches('"');
        if text.ends_with("ms") {
            text.trim_end_matches("ms").parse::<u64>().expect("ms")
        } else {
            19_500
        }
    });
    let mut services = vec!["\"1ms\""; 20];
    services.push("\"20s\"");
    services.extend(vec!["\"1ms\""; 41]);
    let text = format!(
        r#"{{ "nodes": {{ "q": {{ "kind": "station", "waiting_limit": 0,
                "service_time": {{ "sequence": [ {} ] }} }} }},
            "load": [ {{ "trace": {{ "times": [ {} ] }} }} ],
            "alarms": {{
                "errors": {{ "when": "main errors > 50%", "period": "5s", "breaches": 3, "delay": "2s" }},
                "busy":   {{ "when": "q utilisation >= 99%", "period": "5s", "breaches": 1 }},
                "silent": {{ "when": "q arrived < 1", "period": "5s", "breaches": 1 }} }},
            "run": {{ "horizon": "70s", "replications": 1 }} }}"#,
        services.join(", "),
        times.join(", ")
    );
    let run = run_on(&text, 1);

    // Sorted by name: busy, errors, silent.
    assert_eq!(changes(&run, 0), (vec![25.0], vec![40.0]));
    assert_eq!(changes(&run, 1), (vec![37.0], vec![47.0]));
    assert_eq!(changes(&run, 2), (vec![65.0], vec![]));
}

#[test]
fn what_the_books_keep_is_watched_as_well() {
    // One call a second over the link; those from 20 s until 40 s find the only place taken and are
    // shed. Ten-second periods: all calls of [20, 30) and [30, 40) are bad, at 30 s and 40 s.
    // The call that begins at 19.5 s ends at 39.5 s, after 20 s.
    let text = r#"{ "nodes": { "app": { "kind": "balancer" },
            "q": { "kind": "station", "waiting_limit": 0, "service_time": { "sequence": [ SERVICES ] } } },
        "links": [ { "from": "app", "to": "q", "latency": "0s", "retry": "none" } ],
        "load": [ { "trace": { "times": [ TIMES ] } } ],
        "alarms": {
            "bad":  { "when": "app->q errors > 85%", "period": "10s", "breaches": 1 },
            "few":  { "when": "app->q arrived < 10", "period": "10s", "breaches": 1 },
            "slow": { "when": "app->q mean > 1s", "period": "10s", "breaches": 1, "missing": "not-breaching" },
            "tail": { "when": "q service p99 > 10s", "period": "10s", "breaches": 1, "missing": "not-breaching" },
            "work": { "when": "app->q attempts < 1/s", "period": "10s", "breaches": 1 } },
        "run": { "horizon": "75s", "replications": 1 } }"#;
    let mut times: Vec<u64> = (0..60).map(|second| 1000 * second).collect();
    times.insert(20, 19_500);
    let times: Vec<String> = times.iter().map(|at| format!("\"{at}ms\"")).collect();
    let mut services = vec!["\"1ms\""; 61];
    services[20] = "\"20s\"";
    let text = text
        .replace("TIMES", &times.join(", "))
        .replace("SERVICES", &services.join(", "));
    let run = run_on(&text, 1);

    // Sorted by name. In [30, 40) nine calls of 31 s to 39 s are shed, as is that of 30 s, and the long
    // one completes: 10 of 11.
    assert_eq!(changes(&run, 0), (vec![30.0], vec![50.0]));
    assert_eq!(changes(&run, 1), (vec![70.0], vec![]));
    // Only the long call ended well in [30, 40): its mean is 20 s.
    assert_eq!(changes(&run, 2), (vec![40.0], vec![50.0]));
    assert_eq!(changes(&run, 3), (vec![40.0], vec![50.0]));
    assert_eq!(changes(&run, 4), (vec![70.0], vec![]));
}

#[test]
fn hit_rates_and_waiting_messages_are_watched() {
    // The first look-up of each of 10 keys misses: keys come in turn, one a second, for 10 s. Messages
    // come at one a second and are taken from 0 s on at one every two seconds.
    let text = r#"{ "nodes": { "hot": { "kind": "cache", "cache": { "entries": 100 } },
            "jobs": { "kind": "queue" }, "worker": { "kind": "station", "service_time": "2s" },
            "fn": { "kind": "pool", "cold_start": "1ms", "keep_alive": "10s", "service_time": "1ms" } },
        "links": [ "jobs -> worker" ],
        "flows": {
            "look": { "key": { "uniform": [1, 1] }, "at": { "client": [ { "read": "hot" } ] } },
            "send": { "at": { "client": [ { "send": "jobs" } ] } },
            "call": { "enter": "fn" } },
        "load": [ { "flow": "look", "every": "1s", "start": "500ms" },
                  { "flow": "send", "every": "1s", "start": "500ms", "stop": "30s" },
                  { "flow": "call", "every": "1s", "start": "500ms" } ],
        "alarms": {
            "cold":    { "when": "fn cold_starts >= 1", "period": "5s", "breaches": 1 },
            "missing": { "when": "hot hit_rate < 90%", "period": "5s", "breaches": 1 },
            "waiting": { "when": "jobs line > 9", "period": "5s", "breaches": 1 } },
        "run": { "horizon": "90s", "replications": 1 } }"#;
    let run = run_on(text, 1);

    // One cold start and one miss, in the first five seconds: of 5 look-ups 4 hit.
    assert_eq!(changes(&run, 0), (vec![5.0], vec![10.0]));
    assert_eq!(changes(&run, 1), (vec![5.0], vec![10.0]));
    // At 5n seconds 5n have come, and one was taken at 0.5 s and every two seconds: at 20 s 20 − 10, at
    // 30 s 30 − 15; at 40 s 30 − 20 = 10, at 45 s 30 − 23.
    assert_eq!(changes(&run, 2), (vec![20.0], vec![45.0]));
}

#[test]
fn a_step_may_watch_a_queue_that_feeds_its_node() {
    // As above, and from the sixth waiting message on there are two more workers: at 10 s five wait,
    // at 15 s seven or eight.
    let text = r#"{ "nodes": { "jobs": { "kind": "queue" },
            "worker": { "kind": "station", "service_time": "2s",
                "scaling": { "max": 3, "steps": [ { "when": "jobs line > 5", "add": 2 } ],
                             "period": "5s", "breaches": 1, "delay": "0s" } } },
        "links": [ "jobs -> worker" ],
        "flows": { "send": { "at": { "client": [ { "send": "jobs" } ] } } },
        "load": [ { "every": "1s", "start": "500ms" } ],
        "run": { "horizon": "40s", "warm_up": "0s", "replications": 1 } }"#;
    let run = run_on(text, 1);

    let copies = run.recordings[0].nodes[run.node("worker")].copies.as_ref();
    let up = copies.expect("copies").up[0];
    assert_eq!(up, (40 + 2 * (40 - 15)) * 1_000_000_000);
}

#[test]
fn fan_outs_are_watched() {
    // A post a second, 0.5 s late, until 20 s: two pages of five recipients, one after the other, of
    // 100 ms each. So of every post the first five are reached after 100 ms and the others after 200 ms.
    let text = r#"{ "nodes": { "app": { "kind": "delay", "time": "0s" }, "lists": { "kind": "delay", "time": "100ms" } },
        "links": [ { "from": "app", "to": "lists", "latency": "0s" } ],
        "flows": { "post": { "enter": "app", "at": { "app": [
            { "fan_out": "feed", "recipients": 10, "batch": 5, "do": [ { "write": "lists" } ] } ] } } },
        "load": [ { "every": "1s", "start": "500ms", "stop": "20s" } ],
        "alarms": {
            "backlog": { "when": "feed backlog > 0", "period": "600ms", "breaches": 1 },
            "first":   { "when": "feed first < 101ms", "period": "5s", "breaches": 1 },
            "last":    { "when": "feed last p99 > 199ms", "period": "5s", "breaches": 1, "missing": "not-breaching" },
            "later":   { "when": "feed last > 201ms", "period": "5s", "breaches": 1 },
            "mean":    { "when": "feed delivery > 149ms", "period": "5s", "breaches": 1, "missing": "not-breaching" },
            "posts":   { "when": "feed posts >= 5", "period": "5s", "breaches": 1 },
            "silent":  { "when": "feed deliveries < 10/s", "period": "5s", "breaches": 1 },
            "visits":  { "when": "feed visits >= 15", "period": "5s", "breaches": 1 } },
        "run": { "horizon": "40s", "replications": 1 } }"#;
    let run = run_on(text, 1);

    // The first end of a period that lies in a post's 200 ms is 0.6 s, the next one 1.2 s.
    let (fired, cleared) = changes(&run, 0);
    assert_eq!((fired[0], cleared[0]), (0.6, 1.2));
    assert_eq!(changes(&run, 1), (vec![5.0], vec![]));
    assert_eq!(changes(&run, 2), (vec![5.0], vec![25.0]));
    assert_eq!(changes(&run, 3), (vec![], vec![]));
    assert_eq!(changes(&run, 4), (vec![5.0], vec![25.0]));
    assert_eq!(changes(&run, 5), (vec![5.0], vec![25.0]));
    assert_eq!(changes(&run, 6), (vec![25.0], vec![]));
    // A visit at `app` and two pages.
    assert_eq!(changes(&run, 7), (vec![5.0], vec![25.0]));
}

#[test]
fn watching_a_station_changes_nothing_about_it() {
    let text = |alarms: &str| {
        format!(
            r#"{{ "nodes": {{ "a": {{ "kind": "station", "servers": 2, "copies": 2, "waiting_limit": 20,
                    "service_time": {{ "exponential": "20ms" }} }},
                "b": {{ "kind": "station", "service_time": {{ "exponential": "4ms" }} }} }},
            "links": [ "a -> b" ], {alarms}
            "load": [ {{ "rate": "180/s" }} ],
            "run": {{ "horizon": "30s", "warm_up": "5s", "replications": 2 }} }}"#
        )
    };
    let plain = run_on(&text(""), 1);
    let watched = run_on(
        &text(
            r#""alarms": { "busy": { "when": "a utilisation > 90%", "period": "700ms" },
                           "slow": { "when": "main p99 > 1s", "period": "300ms" } },"#,
        ),
        1,
    );

    for (one, other) in plain.recordings.iter().zip(&watched.recordings) {
        let shown = |run: &kneepoint::metrics::recording::Recording| {
            format!("{:?} {:?} {:?}", run.flows, run.rows, run.nodes)
        };
        assert!(
            shown(one) == shown(other),
            "a watched station did something else"
        );
    }
}

#[test]
fn what_is_not_kept_by_time_cannot_be_watched() {
    let text = r#"{ "nodes": { "q": { "kind": "delay", "time": "1ms" } }, "load": [ { "rate": "1/s" } ],
        "alarms": { "cold": { "when": "q cold_starts > 1" }, "busy": { "when": "q utilisation > 50%" } } }"#;
    let (topology, _) = load(&LoadRequest::new(text, "case.json")).expect("it is valid");

    let found = compile(&topology).expect_err("neither can be watched");

    let codes: Vec<&str> = found.iter().map(|one| one.code).collect();
    assert_eq!(codes, ["watch::measure"; 2]);
}

//! Parameters that change for some time: against what follows exactly for each of them, and
//! against files that have them from the start.

use crate::known::harness::{Run, near, run_on};
use crate::support::with_input;
use kneepoint::metrics::estimate::Estimate;
use kneepoint::model::Outcome;
use kneepoint::report::Report;
use serde_json::Value;

/// One node, its load and its faults, for 40 s without a warm-up.
fn text(node: &str, load: &str, faults: &str) -> String {
    format!(
        r#"{{ "nodes": {{ "a": {{ {node} }} }}, "load": [ {load} ], "faults": [ {faults} ],
              "run": {{ "horizon": "40s", "warm_up": "0s", "replications": 1 }} }}"#
    )
}

/// 100 requests a second, 5 ms after every hundredth.
const STEADY: &str = r#"{ "every": "10ms", "start": "5ms" }"#;

/// Runs one node under steady load.
fn steady(node: &str, faults: &str) -> Run {
    run_on(&text(node, STEADY, faults), 1)
}

fn ended(run: &Run, outcome: Outcome) -> f64 {
    run.of_flow("main", |slice| slice.tally.of(outcome) as f64)[0]
}

/// Sum of the latencies of completed requests [ms].
fn latencies(run: &Run) -> f64 {
    run.of_flow("main", |slice| slice.latency.sum as f64 / 1e6)[0]
}

fn assert_sum(found: f64, expected: f64) {
    assert!((found - expected).abs() < 1e-3, "{found} is not {expected}");
}

/// Returns what a run reports.
fn report(text: &str) -> Value {
    let ended = with_input(&["run", "-", "--output", "json"], text);
    serde_json::from_str(&ended.stdout).expect(&ended.stderr)
}

/// Requires that two runs report the same of flows, nodes, links and time.
#[track_caller]
fn assert_same(one: &str, other: &str) {
    let (one, other) = (report(one), report(other));
    for part in ["flows", "nodes", "links", "timeline"] {
        assert_eq!(one.get(part), other.get(part), "{part}");
    }
    assert!(one["flows"]["main"]["arrived"].as_u64().unwrap() > 100);
}

// ---- token buckets ------------------------------------------------------------

#[test]
fn a_bucket_earns_at_the_rate_of_each_time() {
    let node = r#""kind": "limiter", "rate": "10/s", "burst": 5"#;
    let run = steady(
        node,
        r#"{ "at": "10s", "for": "10s", "change": "a", "to": { "rate": "50/s", "burst": 20 } }"#,
    );

    // Each time more is asked for than there is. Of 5 + 10 × 9.995 tokens 104 are whole, and
    // 1 is there at 10 s; of 1 + 50 × 9.995 there are 500, and 1 at 20 s; 1 + 10 × 19.995 then.
    assert_eq!(ended(&run, Outcome::Completed), 104.0 + 500.0 + 200.0);
    assert_eq!(ended(&run, Outcome::Throttled), 4_000.0 - 804.0);
}

#[test]
fn a_bucket_keeps_no_more_than_its_burst_at_the_time() {
    let node = r#""kind": "limiter", "rate": "10/s", "burst": 5"#;
    let load = |at: &str| {
        format!(
            r#"{{ "every": "100s", "start": "7s", "batch": 50 }},
                    {{ "name": "later", "every": "100s", "start": "{at}", "batch": 50 }}"#
        )
    };
    let admitted = |at: &str| {
        let faults =
            r#"{ "at": "5s", "for": "5s", "change": "a", "to": { "rate": "1/s", "burst": 2 } }"#;
        ended(
            &run_on(&text(node, &load(at), faults), 1),
            Outcome::Completed,
        )
    };

    // 2 of 5 are left at 5 s. From 7 s on one a second, up to 2; from 10 s on ten, up to 5.
    assert_eq!(admitted("10100ms"), 2.0 + 3.0);
    assert_eq!(admitted("17s"), 2.0 + 5.0);
    assert_eq!(admitted("8500ms"), 2.0 + 1.0);
}

#[test]
fn a_window_admits_what_it_may_at_the_time() {
    let node = r#""kind": "limiter", "rate": "20/s", "window": "1s""#;
    let run = steady(
        node,
        r#"{ "at": "10500ms", "for": "10s", "change": "a", "to": { "rate": "60/s" } }"#,
    );

    // That from 10 s on admits 20 before the change, and 40 after it; in that from 20 s on 50
    // come before its end, when more than 20 have passed.
    assert_eq!(
        ended(&run, Outcome::Completed),
        20.0 * 10.0 + 60.0 + 9.0 * 60.0 + 50.0 + 19.0 * 20.0
    );
}

// ---- stations -----------------------------------------------------------------

/// What becomes of visits every 10 ms from 5 ms on until `stop` [ms] at a station of constant
/// service, whose servers and places change: latencies of the completed [ms], and how many were
/// shed.
///
/// Something happens every 5 ms only: first parameters change, then services end, then visits come.
fn line(service: u32, stop: u32, of: impl Fn(u32) -> (usize, usize)) -> (f64, f64) {
    let (mut waiting, mut busy): (Vec<u32>, Vec<(u32, u32)>) = (Vec::new(), Vec::new());
    let (mut sum, mut shed) = (0.0, 0.0);
    for now in (0..100_000).step_by(5) {
        let (servers, places) = of(now);
        let begin = |waiting: &mut Vec<u32>, busy: &mut Vec<(u32, u32)>| {
            while busy.len() < servers && !waiting.is_empty() {
                busy.push((now + service, waiting.remove(0)));
            }
        };
        begin(&mut waiting, &mut busy);
        for (_, came) in busy.iter().filter(|(end, _)| *end == now) {
            sum += f64::from(now - came);
        }
        busy.retain(|(end, _)| *end != now);
        begin(&mut waiting, &mut busy);
        if now % 10 == 5 && now < stop {
            if busy.len() < servers || waiting.len() < places {
                waiting.push(now);
            } else {
                shed += 1.0;
            }
            begin(&mut waiting, &mut busy);
        }
    }
    assert!(busy.is_empty() && waiting.is_empty());
    (sum, shed)
}

#[test]
fn servers_and_places_of_a_line_change() {
    const ANY: usize = usize::MAX;
    let check =
        |own: &str, to: &str, stop: u32, (then, else_): ((usize, usize), (usize, usize))| {
            let node = format!(r#""kind": "station", "service_time": "15ms", {own}"#);
            let load = format!(r#"{{ "every": "10ms", "start": "5ms", "stop": "{stop}ms" }}"#);
            let faults = format!(r#"{{ "at": "10s", "for": "4s", "change": "a", "to": {to} }}"#);
            let run = run_on(&text(&node, &load, &faults), 1);
            let expected = line(15, stop, |now| {
                if (10_000..14_000).contains(&now) {
                    then
                } else {
                    else_
                }
            });
            assert_sum(latencies(&run), expected.0);
            assert_eq!(ended(&run, Outcome::Shed), expected.1);
            expected
        };

    // Fewer: one of the two who are served at 10 s leaves without a successor.
    let (sum, _) = check(
        r#""servers": 2"#,
        r#"{ "servers": 1 }"#,
        40_000,
        ((1, ANY), (2, ANY)),
    );
    assert!(sum > 4_000.0 * 100.0, "the line is long: {sum}");
    // More: those who have waited since the start are let in.
    check(
        r#""servers": 1"#,
        r#"{ "servers": 3 }"#,
        20_000,
        ((3, ANY), (1, ANY)),
    );
    // Places: whoever is in the line stays there.
    let own = r#""servers": 2, "waiting_limit": 10"#;
    let both = r#"{ "servers": 1, "waiting_limit": 2 }"#;
    let (_, shed) = check(own, both, 40_000, ((1, 2), (2, 10)));
    assert!(shed > 100.0, "{shed}");
    let own = r#""servers": 1, "waiting_limit": 3"#;
    check(own, r#"{ "waiting_limit": 12 }"#, 40_000, ((1, 12), (1, 3)));
}

#[test]
fn who_shares_servers_gets_more_of_them_at_once() {
    let run = |to: &str| {
        let node = r#""kind": "station", "discipline": "processor-sharing", "service_time": "6s""#;
        let load = r#"{ "every": "1s", "start": "1s", "stop": "3500ms" }"#;
        let faults = format!(r#"{{ "at": "4s", "for": "6s", "change": "a", "to": {to} }}"#);
        latencies(&run_on(&text(node, load, &faults), 1))
    };

    // They come at 1, 2 and 3 s and have had 1 + 1/2 + 1/3, 1/2 + 1/3 and 1/3 of their 6 s at 4 s.
    // Each has a server for 6 s from then on: the first is over at 8 1/6 s, the second at
    // 9 1/6 s, the third at 9 2/3 s.
    let ends = [8.0 + 1.0 / 6.0, 9.0 + 1.0 / 6.0, 9.0 + 2.0 / 3.0];
    assert_sum(
        run(r#"{ "servers": 3 }"#),
        (ends.iter().sum::<f64>() - 6.0) * 1e3,
    );
    // Two for three of them: each has 4 s more by 10 s, and a third of one server then. The
    // first has had 5 5/6 s, the second 4 5/6 s, the third 4 1/3 s.
    let first = 10.0 + 3.0 / 6.0;
    let second = first + 2.0 * (6.0 - (4.0 + 5.0 / 6.0) - 1.0 / 6.0);
    let third = second + (6.0 - (4.0 + 1.0 / 3.0) - 1.0 / 6.0 - 1.0);
    assert_sum(
        run(r#"{ "servers": 2 }"#),
        (first + second + third - 6.0) * 1e3,
    );
}

#[test]
fn each_half_of_a_run_is_as_its_servers_make_it() {
    // M/M/2 and M/M/3 at 1.5 Erlang; Lq of Erlang C.
    let text = r#"{ "nodes": { "a": { "kind": "station", "servers": 2, "service_time": { "exponential": "10ms" } } },
        "load": [ { "rate": "150/s" } ],
        "faults": [ { "at": "600s", "change": "a", "to": { "servers": 3 } } ],
        "objectives": [ "a line < 10 from 24s until 600s", "a line < 10 from 624s until 1200s",
                        "a utilisation < 100% from 24s until 600s", "a utilisation < 100% from 624s until 1200s",
                        "a servers < 9 from 0s until 600s", "a servers < 9 from 600s until 1200s" ],
        "run": { "horizon": "1200s", "warm_up": "0s", "replications": 10 } }"#;

    let found: Report = serde_json::from_value(report(text)).expect("a report");

    let measured = |index: usize| {
        let measured = &found.objectives[index].measured;
        Estimate {
            value: measured.value,
            half_width: measured.half_width,
            why: None,
        }
    };
    near(
        "M/M/2, then M/M/3: first line",
        measured(0),
        1.928_571,
        0.06,
    );
    near(
        "M/M/2, then M/M/3: second line",
        measured(1),
        0.236_842,
        0.06,
    );
    near("M/M/2, then M/M/3: first use", measured(2), 0.75, 0.01);
    near("M/M/2, then M/M/3: second use", measured(3), 0.5, 0.01);
    assert_eq!(
        (measured(4).value, measured(5).value),
        (Some(2.0), Some(3.0))
    );
    // 1.5 of 2.5 on average.
    let node = &found.nodes["a"];
    assert_eq!(node.servers.as_ref().and_then(|one| one.value), Some(2.5));
    let used = node.utilisation.as_ref().and_then(|one| one.value).unwrap();
    assert!((used - 0.6).abs() < 0.01, "{used}");
    let servers = &found.timeline.nodes["a"].servers;
    let points = servers.len();
    assert_eq!((servers[0], servers[points - 1]), (2.0, 3.0));
    assert!(
        found
            .notes
            .iter()
            .any(|one| one == "`a` had `servers` 3 from 10m on"),
        "{:?}",
        found.notes
    );
}

#[test]
fn an_alarm_sees_the_servers_that_there_are() {
    let text = r#"{ "nodes": { "a": { "kind": "station", "service_time": "5ms" } },
        "load": [ { "every": "10ms", "start": "5ms" } ],
        "alarms": { "busy": { "when": "a utilisation > 40%", "period": "10s", "breaches": 1, "of": 1 },
                    "many": { "when": "a servers > 1.5", "period": "10s", "breaches": 1, "of": 1 } },
        "faults": [ { "at": "20s", "for": "20s", "change": "a", "to": { "servers": 2 } } ],
        "run": { "horizon": "80s", "warm_up": "0s", "replications": 1 } }"#;

    let found: Report = serde_json::from_value(report(text)).expect("a report");

    let of = |name: &str| {
        let alarm = found.alarms.iter().find(|one| one.name == name).unwrap();
        (alarm.fired_s, alarm.times)
    };
    // Half of one server, a quarter of two.
    assert_eq!(of("busy"), (Some(10.0), 2));
    assert_eq!(of("many"), (Some(30.0), 1));
}

// ---- work, look-ups, environments, messages -------------------------------------

#[test]
fn work_takes_the_time_of_when_it_is_begun() {
    let fault = r#"{ "at": "10s", "for": "10s", "change": "a", "to": { "service_time": "5ms" } }"#;
    let station = r#""kind": "station", "service_time": "2ms""#;

    let run = steady(station, fault);
    assert_sum(latencies(&run), 4_000.0 * 2.0 + 1_000.0 * 3.0);

    // Again and again, every 10 s for 5 s: from 10, 25 and 40 s on.
    let again = fault.replace(
        r#""at": "10s", "for": "10s""#,
        r#""every": "10s", "for": "5s""#,
    );
    let run = steady(station, &again);
    assert_sum(latencies(&run), 4_000.0 * 2.0 + 1_000.0 * 3.0);
}

#[test]
fn later_changes_of_a_file_are_laid_over_earlier_ones() {
    let node = r#""kind": "station", "service_time": "2ms", "waiting_limit": 0"#;
    // 20 s of 5 ms, within which 10 s of 4 ms; 5 s in which a line is too long for a batch of 2.
    let faults = r#"{ "at": "10s", "for": "20s", "change": "a", "to": { "service_time": "5ms", "waiting_limit": 1 } },
                    { "name": "n", "at": "15s", "for": "10s", "change": "a", "to": { "service_time": "4ms" } },
                    { "name": "m", "at": "20s", "for": "20s", "change": "a", "to": { "waiting_limit": 0 } }"#;
    let load = r#"{ "every": "10ms", "start": "5ms", "batch": 2 }"#;

    let run = run_on(&text(node, load, faults), 1);

    // One waits for the other from 10 to 20 s.
    let alone = 2_000.0 * 2.0 + 1_000.0 * 5.0 + 1_000.0 * 4.0;
    let second = 500.0 * 10.0 + 500.0 * 8.0;
    assert_sum(latencies(&run), alone + second);
    assert_eq!(ended(&run, Outcome::Shed), 3_000.0);
}

#[test]
fn a_fixed_hit_rate_is_that_of_the_time() {
    let node = r#""kind": "cache", "hit_rate": 0.8"#;
    let fault = r#"{ "at": "10s", "for": "20s", "change": "a", "to": { "hit_rate": 0.3 } }"#;
    let run = run_on(
        &text(node, r#"{ "every": "1ms", "start": "500us" }"#, fault),
        1,
    );

    // 20,000 of each.
    let hits = run.of_node("a", |slice| slice.hits as f64)[0];
    let (mean, n) = (20_000.0 * (0.8 + 0.3), 20_000.0);
    let sd = f64::sqrt(n * (0.8 * 0.2 + 0.3 * 0.7));
    assert!((hits - mean).abs() < 3.29 * sd, "{hits} is not {mean}");
}

/// Requests for 8 keys in turn at a cache that forgets the one used longest ago.
fn in_turn(cache: &str, to: &str) -> f64 {
    let text = format!(
        r#"{{ "nodes": {{ "a": {{ "kind": "cache", "cache": {{ "policy": "lru", {cache} }} }} }},
              "flows": {{ "main": {{ "enter": "a", "key": {{ "sequence": [1, 2, 3, 4, 5, 6, 7, 8] }} }} }},
              "load": [ {STEADY} ],
              "faults": [ {{ "at": "10s", "for": "10s", "change": "a", "to": {{ "cache": {to} }} }} ],
              "run": {{ "horizon": "40s", "warm_up": "0s", "replications": 1 }} }}"#
    );
    let run = run_on(&text, 1);
    run.of_node("a", |slice| slice.misses as f64)[0]
}

#[test]
fn a_cache_holds_as_much_and_as_long_as_it_may_at_the_time() {
    // 8 miss at first. With room for 4 each of 1,000 does, as the keys come in turn; with room
    // for 10 again the 4 that are gone.
    assert_eq!(
        in_turn(r#""entries": 10"#, r#"{ "entries": 4 }"#),
        8.0 + 1_000.0 + 4.0
    );
    // A key comes again after 80 ms. What was written for a minute stays for a minute.
    assert_eq!(in_turn(r#""ttl": "1m""#, r#"{ "ttl": "50ms" }"#), 8.0);
    // Each is written for 79 ms, then for a minute, of which there is no end in the run.
    assert_eq!(
        in_turn(r#""ttl": "79ms""#, r#"{ "ttl": "1m" }"#),
        1_000.0 + 8.0
    );
    // The same for 15 s: the 187th look-up after that, from 24.965 s on, is the last hit of each.
    assert_eq!(
        in_turn(r#""ttl": "79ms""#, r#"{ "ttl": "15s" }"#),
        1_000.0 + 8.0 + 1_496.0
    );
}

#[test]
fn environments_are_as_many_and_last_as_long_as_they_may_at_the_time() {
    let pool = |own: &str, every: &str, to: &str| {
        let node = format!(
            r#""kind": "pool", "service_time": "1s", "cold_start": "0s", "keep_alive": "1h", {own}"#
        );
        let load = format!(r#"{{ "every": "{every}", "start": "50ms" }}"#);
        let fault = format!(r#"{{ "at": "10s", "for": "10s", "change": "a", "to": {to} }}"#);
        run_on(&text(&node, &load, &fault), 1)
    };

    // Ten are offered in a second: five of them for 30 s and eight for 10 s are taken, and
    // those three that are there at 20 s go on.
    let run = pool(r#""max": 5"#, "100ms", r#"{ "max": 8 }"#);
    assert_eq!(ended(&run, Outcome::Completed), 30.0 * 5.0 + 10.0 * 8.0);
    // One after the other, with 2 s between them: kept for 1 s none is there any more, kept for
    // an hour each is. Those that are back at 10.05, 13.05, 16.05 and 19.05 s are kept for 1 s.
    let run = pool(r#""max": 5"#, "3s", r#"{ "keep_alive": "1s" }"#);
    let cold = run.of_node("a", |slice| slice.cold_starts as f64)[0];
    assert_eq!(cold, 1.0 + 4.0);
}

#[test]
fn a_message_is_hidden_for_as_long_as_was_said_when_it_was_received() {
    let text = r#"{ "nodes": { "in": { "kind": "queue", "visibility": "10s" }, "a": { "kind": "delay", "time": "2500ms" } },
        "links": [ { "from": "in", "to": "a", "concurrency": 10 } ],
        "flows": { "main": { "enter": "in" } },
        "load": [ { "every": "5s", "start": "500ms" } ],
        "faults": [ { "at": "10s", "for": "10s", "change": "in", "to": { "visibility": "1s" } } ],
        "run": { "horizon": "40s", "warm_up": "0s", "replications": 1 } }"#;

    let run = run_on(text, 1);

    // Eight come. Those at 10.5 s and 15.5 s are there again every second, as their work takes
    // longer, until they are received for 10 s: at 20.5 s.
    let queue = run.recordings[0].nodes[run.node("in")].queue.unwrap();
    assert_eq!((queue.sent, queue.receives), (8, 6 + 11 + 6));
    assert_eq!(queue.deleted, 8);
}

// ---- as a file that has them -------------------------------------------------

#[test]
fn a_change_from_the_start_is_a_file_that_has_it() {
    let load = r#"{ "rate": "150/s" }"#;
    let key = r#""flows": { "main": { "enter": "a", "key": { "zipf": { "exponent": 1, "count": 500 } } } },"#;
    for (kind, own, to) in [
        (
            r#""kind": "station""#,
            r#""servers": 1, "service_time": { "exponential": "9ms" }"#,
            r#""servers": 3, "service_time": { "exponential": "18ms" }"#,
        ),
        (
            r#""kind": "limiter""#,
            r#""rate": "100/s", "burst": 10"#,
            r#""rate": "120/s", "burst": 300"#,
        ),
        (
            r#""kind": "cache""#,
            r#""cache": { "entries": 50, "warm": 1 }"#,
            r#""cache": { "entries": 200, "warm": 1 }"#,
        ),
        (
            r#""kind": "pool", "service_time": { "exponential": "100ms" }, "cold_start": "1s""#,
            r#""max": 5, "keep_alive": "1s""#,
            r#""max": 12, "keep_alive": "10s""#,
        ),
        (
            r#""kind": "lambda""#,
            r#""reserved_concurrency": 2"#,
            r#""reserved_concurrency": 4, "memory": "512MB""#,
        ),
        (
            r#""kind": "rds", "class": "db.m7g.large""#,
            r#""connections": 2"#,
            r#""connections": 40, "get_cpu": "7ms""#,
        ),
    ] {
        let file = |parameters: &str, faults: &str| {
            let node = format!("{kind}, {parameters}");
            text(&node, load, faults).replace(r#""load""#, &format!(r#"{key} "load""#))
        };
        let fault = |to: &str| format!(r#"{{ "at": "0s", "change": "a", "to": {{ {to} }} }}"#);
        assert_same(&file(own, &fault(to)), &file(to, ""));
        // One that changes nothing leaves all as it is.
        let nothing =
            format!(r#"{{ "at": "5s", "for": "10s", "change": "a", "to": {{ {own} }} }}"#);
        assert_same(&file(own, &nothing), &file(own, ""));
    }
}

// ---- what cannot be -------------------------------------------------------------

#[test]
fn what_cannot_change_is_refused_at_its_key() {
    let refused = |node: &str, to: &str| {
        let fault = format!(r#"{{ "at": "10s", "change": "a", "to": {to} }}"#);
        let ended = with_input(&["check", "-"], &text(node, STEADY, &fault));
        assert_eq!(ended.status, 2, "{}", ended.stderr);
        ended.stderr
    };
    let station = r#""kind": "station", "service_time": "5ms""#;

    let found = refused(station, r#"{ "servers": 2, "discipline": "lifo" }"#);
    assert!(
        found.contains("`discipline` of node `a` cannot change while the system runs"),
        "{found}"
    );
    assert!(!found.contains("`servers` of node `a` cannot"), "{found}");
    assert!(
        found.contains("of this node can change `service_time`, `servers`, `waiting_limit`, `when_full` and `max_wait`"),
        "{found}"
    );
    let found = refused(station, r#"{ "copies": 2 }"#);
    assert!(
        found.contains("`copies` of node `a` cannot change"),
        "{found}"
    );
    // A key of an object is meant, and not all of it.
    let cache = r#""kind": "cache", "cache": { "entries": 9 }"#;
    let found = refused(cache, r#"{ "cache": { "entries": 4, "policy": "lfu" } }"#);
    assert!(
        found.contains("`cache.policy` of node `a` cannot change"),
        "{found}"
    );
    assert!(found.contains("`cache.entries`"), "{found}");
    // What is for the bill alone.
    let found = refused(r#""kind": "s3""#, r#"{ "stored": "5TB" }"#);
    assert!(
        found.contains("`stored` of node `a` makes no difference"),
        "{found}"
    );
    // What is wrong by itself is said as of any node.
    let found = refused(station, r#"{ "servrs": 2 }"#);
    assert!(found.contains("did you mean `servers`?"), "{found}");
    let found = refused(station, r#"{ "servers": 0 }"#);
    assert!(
        found.contains("`servers` of node `a` with its change must be"),
        "{found}"
    );
    let found = refused(station, r#"{ "kind": "delay" }"#);
    assert!(found.contains("cannot make it another kind"), "{found}");
    let found = refused(station, "{}");
    assert!(found.contains("must not be empty"), "{found}");
}

#[test]
fn so_many_sets_of_changes_are_refused() {
    let one = |number: u32| {
        format!(
            r#"{{ "name": "f{number}", "every": "10s", "for": "1s", "change": "a", "to": {{ "rate": "{number}/s" }} }}"#
        )
    };
    let check = |count: u32| {
        let faults: Vec<String> = (1..=count).map(one).collect();
        let node = r#""kind": "limiter", "rate": "100/s""#;
        with_input(&["check", "-"], &text(node, STEADY, &faults.join(", ")))
    };

    assert_eq!(check(6).status, 0);
    let found = check(7);
    assert_eq!(found.status, 2);
    assert!(
        found.stderr.contains("fault::too-many-changes"),
        "{}",
        found.stderr
    );
}

#[test]
fn recovery_counts_from_the_end_of_a_change() {
    let node = r#""kind": "station", "service_time": "5ms""#;
    let text = text(
        node,
        STEADY,
        r#"{ "at": "10s", "for": "1s", "change": "a", "to": { "service_time": "15ms" } }"#,
    );
    let text = text.replace(
        r#""run""#,
        r#""objectives": [ "main mean < 6ms", "recovery < 5s" ], "run""#,
    );

    let found: Report = serde_json::from_value(report(&text)).expect("a report");

    // 100 of 15 ms have come in 1 s: 500 ms of work are left, of which 5 ms are done every 10 ms.
    let measured = found.objectives[1].measured.value.unwrap();
    assert!((900.0..=1_600.0).contains(&measured), "{measured}");
}

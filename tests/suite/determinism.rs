//! Equal inputs give equal bytes, however the work was split.

use crate::known::harness::run_on;

/// A bit of everything: retries, hedges, caches, joins, queues, logs, pools, limits.
const RICH: &str = r#"{
    "nodes": {
        "gate": { "kind": "limiter", "rate": "900/s", "burst": 50 },
        "lb": { "kind": "balancer", "policy": "choices" },
        "app": { "kind": "station", "copies": 4, "servers": 2, "io": "blocking" },
        "hot": { "kind": "cache", "cache": { "policy": "lru", "entries": 300, "ttl": "5s" } },
        "db": { "kind": "station", "servers": 8, "service_time": { "gamma": { "mean": "6ms", "cv": 1.5 } },
                "waiting_limit": 100 },
        "jobs": { "kind": "queue", "visibility": "2s", "max_receives": 3 },
        "worker": { "kind": "pool", "cold_start": "50ms", "keep_alive": "1s" },
        "events": { "kind": "log", "partitions": 3 },
        "reader": { "kind": "delay", "time": { "exponential": "5ms" } },
        "dead": { "kind": "queue" } },
    "links": [ "gate -> lb -> app", "app -> hot -> db",
        { "from": "app", "to": "db", "timeout": "60ms", "hedge": { "after": "20ms" },
          "retry": { "attempts": 3, "base": "5ms", "budget": { "tokens": 20, "cost": 1, "earn": 0.1, "earn_on": "success" } } },
        "app -> jobs", "app -> events",
        { "from": "jobs", "to": "worker", "batch": 5, "window": "100ms" },
        { "from": "jobs", "to": "dead", "role": "dead-letter" },
        { "from": "events", "to": "reader", "batch": 10 } ],
    "flows": { "main": { "enter": "gate", "key": { "zipf": { "exponent": 1, "count": 1000 } }, "at": {
        "app": [ { "compute": { "exponential": "4ms" } },
                 { "parallel": [ [ { "read": "hot" } ], [ { "read": "db" } ] ] },
                 { "choose": [ { "weight": 1, "do": [ { "send": "jobs" } ] },
                               { "weight": 1, "do": [ { "send": "events", "wait": false } ] },
                               { "weight": 8, "do": [] } ] } ],
        "worker": [ { "compute": { "lognormal": { "mean": "10ms", "cv": 2 } } }, { "fail": 0.1 } ] } } },
    "load": [ { "rate": "800/s" } ],
    "run": { "horizon": "10s", "warm_up": "1s", "replications": 6, "seed": SEED, "record": 100 } }"#;

/// Everything that was recorded, as text.
fn recorded(seed: u32, threads: usize) -> String {
    let run = run_on(&RICH.replace("SEED", &seed.to_string()), threads);
    format!("{:?}", run.recordings)
}

#[test]
fn any_number_of_threads_records_the_same() {
    let one = recorded(1, 1);

    assert!(
        one == recorded(1, 2),
        "two threads record something else than one"
    );
    assert!(
        one == recorded(1, 8),
        "eight threads record something else than one"
    );
}

#[test]
fn a_seed_is_a_run() {
    let first = recorded(7, 2);

    assert!(
        first == recorded(7, 2),
        "the same seed records something else"
    );
    assert!(first != recorded(8, 2), "another seed records the same");
}

#[test]
fn replications_differ() {
    let run = run_on(&RICH.replace("SEED", "1"), 1);

    let mut sums: Vec<u128> = run
        .recordings
        .iter()
        .map(|r| r.flows[0].slices[1].latency.sum)
        .collect();
    sums.sort_unstable();
    sums.dedup();
    assert_eq!(sums.len(), 6);
}

/// Calls that run without a place of their own as long as nothing makes them wait: stations
/// that tell beforehand, full lines, time-outs, deadlines, look-ups, coins and delays in a row.
const PLAIN: &str = r#"{
    "nodes": {
        "edge": { "kind": "cache", "hit_rate": 0.5, "service_time": "1ms" },
        "way": { "kind": "delay", "time": { "exponential": "2ms" } },
        "full": { "kind": "station", "servers": 3, "waiting_limit": 4,
                  "service_time": { "exponential": "4ms" } },
        "slow": { "kind": "station", "servers": 2, "service_time": { "gamma": { "mean": "5ms", "cv": 2 } } },
        "far": { "kind": "external", "time": { "exponential": "3ms" }, "failure": 0.1 },
        "alone": { "kind": "station", "service_time": { "exponential": "1ms" } } },
    "links": [ "client -> edge", "edge -> way", "client -> full", "client -> alone",
        { "from": "way", "to": "full", "timeout": "9ms", "deadline": true, "retry": { "attempts": 3, "base": "2ms" } },
        { "from": "way", "to": "slow", "timeout": "12ms" },
        { "from": "way", "to": "far", "latency": "20us" } ],
    "flows": {
        "long": { "enter": "edge", "at": { "way": [
            { "read": "full" }, { "read": "slow" }, { "read": "far" } ] } },
        "short": { "enter": "full" },
        "single": { "enter": "alone" } },
    "load": [ { "flow": "long", "rate": "500/s" }, { "flow": "short", "rate": "200/s" },
              { "flow": "single", "rate": "800/s" } ],ALARMS
    "run": { "horizon": "8s", "warm_up": "1s", "replications": 2, "seed": 3 } }"#;

#[test]
fn a_watched_run_records_what_an_unwatched_one_does() {
    // Whoever watches makes every visit take a place, and every departure wait for its time.
    let alarms =
        r#" "alarms": { "busy": { "when": "alone utilisation > 99.9%", "period": "300ms" } },"#;
    let [unwatched, watched] =
        ["", alarms].map(|alarms| run_on(&PLAIN.replace("ALARMS", alarms), 1));

    for (one, other) in unwatched.recordings.iter().zip(&watched.recordings) {
        let figures = |run: &kneepoint::metrics::recording::Recording| {
            format!(
                "{:?} {:?} {:?} {:?}",
                run.flows, run.rows, run.links, run.nodes
            )
        };
        assert!(
            one.rows
                .iter()
                .any(|row| row.slices.iter().any(|slice| slice.waited > 0))
        );
        assert_eq!(figures(one), figures(other));
    }
}

//! Whatever watches and changes a run: the same bytes with any number of threads.

use crate::known::harness::run_on;

/// Scaling, alarms, a canary that may be taken back, a shift between versions, and a failover.
const ALL: &str = r#"{
    "nodes": {
        "lb": { "kind": "balancer", "policy": "least-outstanding" },
        "app": { "kind": "station", "copies": 2, "servers": 2, "io": "blocking",
                 "scaling": { "max": 6, "track": { "concurrency": 2 }, "period": "1s", "breaches": 1,
                              "in_breaches": 3, "in_cooldown": "2s", "delay": "500ms", "start_up": "700ms" } },
        "api": { "kind": "station", "copies": 3 },
        "fn": { "kind": "lambda" },
        "db": { "kind": "aurora", "replicas": 1 } },
    "links": [ "lb -> app", { "from": "app", "to": "api", "timeout": "100ms", "retry": { "attempts": 3, "base": "5ms" } },
               "api -> db", "api -> fn" ],
    "flows": { "main": { "enter": "lb", "at": {
        "app": [ { "compute": { "exponential": "4ms" } }, { "call": "api" } ],
        "api": [ { "compute": { "exponential": "6ms" } }, { "read": "db" }, { "call": "fn" } ] } } },
    "load": [ { "rate": "150/s", "shape": { "steps": [ [ "0s", 1 ], [ "5s", 3 ], [ "9s", 0.5 ] ] } } ],
    "alarms": { "errors": { "when": "api errors > 2%", "period": "500ms", "breaches": 2, "of": 3 } },
    "deployments": [ { "at": "4s", "deploy": "api", "strategy": { "canary": { "share": 0.3, "for": "3s" } },
                       "version": { "slow": 1.5, "fail": 0.05 }, "start_up": "500ms", "rollback_on": [ "errors" ] },
                     { "at": "5s", "deploy": "fn", "strategy": { "linear": { "share": 0.2, "every": "1s" } },
                       "version": { "set": { "memory": "1GiB", "runtime": "java21" } } } ],
    "faults": [ { "at": "10s", "for": "1s", "failover": "db" } ],
    "run": { "horizon": "14s", "replications": 6, "record": 50 } }"#;

#[test]
fn threads_do_not_change_what_is_watched_and_changed() {
    let recorded = |threads| format!("{:?}", run_on(ALL, threads).recordings);
    let one = recorded(1);

    assert!(one == recorded(2), "two threads record something else");
    assert!(one.contains("fired: [SimTime("), "the alarm fires");
}

//! Traces: every visit of a request with its times, of a bounded number of requests.

use crate::known::harness::{prepare, run_on};
use crate::support::billed;
use kneepoint::cost::Asked;
use kneepoint::report::Trace;
use kneepoint::{engine, model};

/// Traces of a topology's first replication.
fn traces(text: &str) -> Vec<Trace> {
    billed(text, &[], Asked::default()).traces
}

/// An application that is entered, what it does, and what it needs beside the tracing of all requests.
fn application(nodes: &str, links: &str, steps: &str, load: &str) -> String {
    format!(
        r#"{{ "nodes": {{ "app": {{ "kind": "station" }}, {nodes},
                "traces": {{ "kind": "x-ray", "rate": 1, "sampled": "1ms" }} }},
            "links": [ {links} {{ "from": "app", "to": "traces", "latency": "0s" }} ],
            "flows": {{ "main": {{ "enter": "app", "at": {{ "app": [ {steps} {{ "write": "traces" }} ] }} }} }},
            "load": [ {{ {load} }} ],
            "run": {{ "horizon": "10s", "warm_up": "0s", "replications": 1 }} }}"#
    )
}

/// Node, caller, attempt, beginning and end [ms after the arrival] of each visit.
fn told(trace: &Trace) -> Vec<(&str, Option<u32>, u32, f64, f64)> {
    let since = |at: f64| ((at - trace.arrived_s) * 1e6).round() / 1e3;
    let visits = trace.visits.iter();
    visits
        .map(|one| {
            let end = one.end_s.map_or(f64::NAN, since);
            (
                one.node.as_str(),
                one.parent,
                one.attempt,
                since(one.start_s),
                end,
            )
        })
        .collect()
}

#[test]
fn a_trace_holds_every_visit_with_its_caller_and_its_times() {
    let text = application(
        r#""db": { "kind": "delay", "time": "20ms" }, "index": { "kind": "station", "service_time": "4ms" }"#,
        r#"{ "from": "app", "to": "db", "latency": "1ms" }, "db -> index","#,
        r#"{ "compute": "5ms" }, { "call": "db" },"#,
        r#""every": "1s", "start": "500ms""#,
    );
    let text = text.replace(
        r#""kind": "delay", "time": "20ms""#,
        r#""kind": "station", "service_time": "20ms""#,
    );

    let found = traces(&text);

    assert_eq!(found.len(), 10);
    let first = &found[0];
    // Of equals the first. Five, one there, 20 and 4, one back, one for the trace.
    assert_eq!(
        (first.ordinal, first.arrived_s, first.latency_ms),
        (1, 0.5, 32.0)
    );
    let expected = [
        ("app", None, 1, 0.0, 32.0),
        ("db", Some(0), 1, 6.0, 30.0),
        ("index", Some(1), 1, 26.0, 30.0),
        ("traces", Some(0), 1, 31.0, 32.0),
    ];
    assert_eq!(told(first), expected);
    assert_eq!(first.longest_at.as_deref(), Some("db"));
    assert_eq!(first.visits[1].service_ms, 20.0);
    assert_eq!(first.visits[3].op.as_deref(), Some("put"));
    assert_eq!(first.visits[3].outcome.as_deref(), Some("completed"));
}

#[test]
fn attempts_are_counted_call_by_call() {
    // Each of two iterations calls twice, as 20 ms are more than its time-out; both attempts go on.
    let text = application(
        r#""db": { "kind": "station", "servers": 100, "service_time": "20ms" }"#,
        r#"{ "from": "app", "to": "db", "timeout": "10ms", "retry": { "attempts": 2, "base": "0s" } },"#,
        r#"{ "each": 2, "concurrency": 1, "join": "settled", "do": [ { "call": "db" } ] },"#,
        r#""every": "20s", "start": "1s""#,
    );

    let found = traces(&text);

    let expected = [
        ("app", None, 1, 0.0, 41.0),
        ("db", Some(0), 1, 0.0, 20.0),
        ("db", Some(0), 2, 10.0, 30.0),
        ("db", Some(0), 1, 20.0, 40.0),
        ("db", Some(0), 2, 30.0, 50.0),
        ("traces", Some(0), 1, 40.0, 41.0),
    ];
    assert_eq!(told(&found[0]), expected);
}

#[test]
fn what_goes_on_after_the_answer_belongs_to_the_trace() {
    let text = application(
        r#""line": { "kind": "queue" }, "worker": { "kind": "station", "service_time": "50ms" }"#,
        r#"{ "from": "app", "to": "line", "latency": "0s" }, { "from": "line", "to": "worker", "latency": "0s" },"#,
        r#"{ "send": "line" },"#,
        r#""every": "20s", "start": "1s""#,
    );

    let found = traces(&text);

    assert_eq!(found[0].latency_ms, 1.0);
    let worker = told(&found[0]).into_iter().find(|one| one.0 == "worker");
    assert_eq!(worker, Some(("worker", None, 1, 0.0, 50.0)));
}

#[test]
fn the_slowest_twenty_are_kept_and_two_hundred_visits_of_each() {
    let text = application(
        r#""db": { "kind": "station", "servers": 1000, "service_time": { "exponential": "20ms" } }"#,
        r#"{ "from": "app", "to": "db", "latency": "0s" },"#,
        r#"{ "each": 300, "do": [ { "call": "db" } ] },"#,
        r#""every": "100ms", "start": "50ms""#,
    );
    let text = text.replace(
        r#""replications": 1"#,
        r#""replications": 1, "record": 1000"#,
    );

    let report = billed(&text, &[], Asked::default());

    let found = &report.traces;
    assert_eq!(found.len(), 20);
    for trace in found {
        assert_eq!((trace.visits.len(), trace.left_out), (200, 102));
    }
    let mut all: Vec<f64> = report
        .requests
        .iter()
        .filter_map(|one| Some(one.left_s? - one.arrived_s))
        .collect();
    all.sort_by(|one, other| other.total_cmp(one));
    for (trace, latency) in found.iter().zip(all) {
        assert!(
            (trace.latency_ms / latency / 1e3 - 1.0).abs() < 1e-5,
            "{latency} s"
        );
    }
    let said = "the report holds traces of the 20 slowest of 100 requests that were sampled in replication 0, warm-up included";
    assert!(
        report.notes.iter().any(|note| note == said),
        "{:?}",
        report.notes
    );
}

#[test]
fn who_is_not_sampled_leaves_no_trace() {
    // One a second of the ten that come, as the reservoir says.
    let text = application(
        r#""db": { "kind": "station", "service_time": "1ms" }"#,
        r#""app -> db","#,
        r#"{ "call": "db" },"#,
        r#""every": "100ms", "start": "50ms""#,
    );
    let text = text.replace(r#""rate": 1"#, r#""rate": 0"#);

    let found = traces(&text);

    let mut ordinals: Vec<u64> = found.iter().map(|trace| trace.ordinal).collect();
    ordinals.sort_unstable();
    let first_of_each_second = (0..10).map(|second| 10 * second + 1);
    assert_eq!(ordinals, first_of_each_second.collect::<Vec<u64>>());
}

#[test]
fn nothing_is_noted_without_a_node_that_samples() {
    let text = r#"{ "nodes": { "app": { "kind": "station", "service_time": "1ms" } }, "load": [ { "rate": "10/s" } ] }"#;

    let (model, plan, _) = prepare(text);
    let recording = engine::run_one(&model, &plan, 0, &engine::Nobody).expect("the run ends");

    assert!(model.control.is_empty(), "nothing watches");
    assert_eq!((recording.traces.len(), recording.traced), (0, 0));
}

#[test]
fn threads_do_not_change_the_traces() {
    let text = application(
        r#""db": { "kind": "station", "servers": 2, "service_time": { "exponential": "20ms" } }"#,
        r#"{ "from": "app", "to": "db", "timeout": "50ms", "retry": { "attempts": 3, "base": "5ms" } },"#,
        r#"{ "call": "db", "on_error": [] },"#,
        r#""rate": "90/s""#,
    );
    let text = text.replace(r#""replications": 1"#, r#""replications": 3"#);

    let recorded = |threads| format!("{:?}", run_on(&text, threads).recordings);
    let one = recorded(1);

    assert!(one == recorded(2), "two threads record something else");
    assert!(one.contains("attempt: 3"), "some call is made three times");
    let run = run_on(&text, 2);
    let outcome = |trace: &kneepoint::metrics::trace::TraceRecord| trace.outcome;
    let outcomes = run.recordings[0].traces.iter().map(outcome);
    assert!(
        outcomes
            .into_iter()
            .any(|one| one == model::Outcome::Completed)
    );
    assert!(
        run.recordings[1].traces.is_empty(),
        "of the first replication alone"
    );
}

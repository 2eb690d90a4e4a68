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

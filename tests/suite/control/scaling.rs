//! Copies that follow the load, against hand-computed sequences and closed forms.

use crate::known::harness::{Run, run_on};
use kneepoint::metrics::estimate;

/// Copies in service in each second of replication 0, from the area of its bins.
fn copies_by_second(run: &Run, node: &str) -> Vec<f64> {
    let recording = &run.recordings[0];
    let record = recording.nodes[run.node(node)].copies.as_ref();
    let bins = &record.expect("copies come and go").up_by_bin;
    let each = (1_000_000_000 / recording.bin_ns) as usize;
    let seconds = bins.chunks(each);
    seconds
        .map(|bins| bins.iter().sum::<u64>() as f64 / 1e9)
        .collect()
}

/// A line of copies of one server, loaded evenly.
fn fleet(scaling: &str, load: &str, horizon: u32) -> String {
    format!(
        r#"{{ "nodes": {{ "lb": {{ "kind": "balancer", "policy": "round-robin" }},
                "app": {{ "kind": "station", "copies": 2, "service_time": "100ms", "scaling": {scaling} }} }},
            "links": [ "lb -> app" ], "load": [ {load} ],
            "run": {{ "horizon": "{horizon}s", "warm_up": "0s", "replications": 1, "interval": "1s" }} }}"#
    )
}

#[test]
fn a_target_is_tracked_by_proportion_after_delay_and_start_up() {
    // 16 a second of 100 ms keep 1.6 of 2 servers busy: 80 % for a target of 40 %. The
    // second point above it ends at 20 s and is 3 s old at 23 s: ⌈1.6 / 0.4⌉ = 4 copies.
    // The two new ones are ready at 30 s. With 1.6 busy of 4 the target is met exactly.
    let run = run_on(
        &fleet(
            r#"{ "max": 10, "track": { "utilisation": 0.4 }, "period": "10s", "breaches": 2,
                 "delay": "3s", "start_up": "7s" }"#,
            r#"{ "every": "62.5ms" }"#,
            120,
        ),
        1,
    );

    let copies = copies_by_second(&run, "app");
    assert!(
        copies[..30].iter().all(|copies| *copies == 2.0),
        "{copies:?}"
    );
    assert!(
        copies[30..].iter().all(|copies| *copies == 4.0),
        "{copies:?}"
    );
    // They exist, and are paid for, from 23 s on.
    let record = run.recordings[0].nodes[run.node("app")].copies.as_ref();
    let existing = record.expect("copies").existing[0];
    assert_eq!(existing, (2 * 120 + 2 * (120 - 23)) * 1_000_000_000);
}

#[test]
fn copies_are_removed_after_more_low_points_and_drain() {
    // 4 a second keep 0.4 of 8 servers busy: 5 % for a target of 40 %. The fourth low
    // point ends at 20 s: ⌈0.4 / 0.4⌉ = 1 copy. Nothing is in service at a whole second.
    let run = run_on(
        &fleet(
            r#"{ "min": 1, "max": 8, "track": { "utilisation": 0.4 }, "period": "5s",
                 "in_breaches": 4, "delay": "0s", "in_cooldown": "0s" }"#,
            r#"{ "every": "250ms", "start": "10ms" }"#,
            60,
        )
        .replace(r#""copies": 2"#, r#""copies": 8"#),
        1,
    );

    let copies = copies_by_second(&run, "app");
    assert!(
        copies[..20].iter().all(|copies| *copies == 8.0),
        "{copies:?}"
    );
    assert!(
        copies[20..].iter().all(|copies| *copies == 1.0),
        "{copies:?}"
    );
    let slices = run.of_node("app", |slice| slice.tally.inside() as f64);
    assert_eq!(slices, [0.0]);
}

#[test]
fn steps_add_the_larger_and_a_schedule_moves_the_bounds() {
    // From 0 s on 2 servers are busy all the time: one step adds 1 at 5 s, in service at once,
    // and may not again before 25 s; at 12 s the schedule asks for 5.
    let run = run_on(
        &fleet(
            r#"{ "min": 2, "max": 6, "steps": [ { "when": "utilisation > 50%", "add": 1 } ],
                 "schedule": [ { "at": "12s", "min": 5 } ], "period": "5s", "breaches": 1,
                 "delay": "0s", "cooldown": "20s" }"#,
            r#"{ "every": "10ms" }"#,
            40,
        ),
        1,
    );

    let copies = copies_by_second(&run, "app");
    let expected = [(0, 2.0), (5, 3.0), (12, 5.0), (25, 6.0), (39, 6.0)];
    for (second, count) in expected {
        assert_eq!(copies[second], count, "at {second} s: {copies:?}");
    }
    assert_eq!(copies[11], 3.0);
}

#[test]
fn starts_may_vary() {
    // 1,000 copies are started at 10 s and take 10 to 20 s, evenly: ready at 25 s on average, with a
    // standard deviation of 10 s / √12 = 2.9 s. 99.9 % of means lie within 3.29 × 2.9 / √1000 = 0.3 s.
    let text = r#"{ "nodes": { "app": { "kind": "station", "service_time": "1ms", "scaling": { "max": 1001,
            "schedule": [ { "at": "10s", "min": 1001 } ], "start_up": { "uniform": [ "10s", "20s" ] } } } },
        "load": [ { "rate": "1/s" } ],
        "run": { "horizon": "60s", "warm_up": "0s", "replications": 1 } }"#;
    let run = run_on(text, 1);

    let copies = run.recordings[0].nodes[run.node("app")].copies.as_ref();
    let up = copies.expect("copies").up[0] as f64 / 1e9;
    let ready = 60.0 - (up - 60.0) / 1_000.0;
    assert!((ready - 25.0).abs() < 0.3, "{ready} s");
}

#[test]
fn fargate_starts_a_hundred_tasks_at_once_and_twenty_a_second() {
    // 300 tasks are wanted at 10 s: 100 start at once, the kth of the others k / 20 s later, and each
    // takes 38 s.
    let text = r#"{ "nodes": { "app": { "kind": "ecs", "tasks": 2, "scaling": { "max": 302,
            "schedule": [ { "at": "10s", "min": 302 } ] } } },
        "load": [ { "rate": "1/s" } ],
        "run": { "horizon": "80s", "warm_up": "0s", "replications": 1 } }"#;
    let run = run_on(text, 1);

    let copies = run.recordings[0].nodes[run.node("app")].copies.as_ref();
    let up = copies.expect("copies").up[0] as f64 / 1e9;
    let later: f64 = (1..=200).map(|k| 32.0 - f64::from(k) / 20.0).sum();
    assert!((up - (160.0 + 3_200.0 + later)).abs() < 1e-6, "{up}");
}

#[test]
fn a_fleet_that_has_settled_is_a_random_split_over_as_many_stations() {
    // After the start it stays at ⌈6.4 / 0.8⌉ = 8 copies: bounds that meet. Behind a random
    // choice each is M/M/1 with ρ = 0.8: a mean sojourn of 50 ms / (1 − 0.8) = 250 ms.
    let text = r#"{ "nodes": { "app": { "kind": "station", "copies": 2, "service_time": { "exponential": "50ms" },
            "scaling": { "min": 8, "max": 8, "track": { "utilisation": 0.8 }, "period": "10s" } } },
        "load": [ { "rate": "128/s" } ],
        "run": { "horizon": "400s", "warm_up": "40s", "replications": 20 } }"#;
    let run = run_on(text, 2);

    let sojourn = run.node_mean_ms("app", |slice| &slice.sojourn);
    let (value, half) = (
        sojourn.value.expect("a mean"),
        sojourn.half_width.expect("20"),
    );
    // 99.9 % instead of 95 % of Student's law with 19 degrees of freedom.
    let tolerance = half * 3.883 / 2.093;
    assert!((value - 250.0).abs() < tolerance, "{value} ± {tolerance}");
    let busy = run.node_average("app", |slice| slice.busy_area);
    assert!((busy.value.expect("busy") - 6.4).abs() < 0.1, "{busy:?}");
}

#[test]
fn consumers_take_as_much_as_the_copies_that_there_are() {
    // 100 messages of 1 s each at once: 1 copy takes 1 at a time; from 10 s on 4 do.
    let text = r#"{ "nodes": { "jobs": { "kind": "queue" },
            "worker": { "kind": "station", "service_time": "1s",
                "scaling": { "max": 4, "schedule": [ { "at": "10s", "min": 4 } ] } } },
        "links": [ "jobs -> worker" ],
        "load": [ { "every": "1000s", "batch": 100 } ],
        "run": { "horizon": "60s", "warm_up": "0s", "replications": 1, "interval": "1s" } }"#;
    let run = run_on(text, 1);

    let inside = &run.recordings[0].nodes[run.node("worker")].inside;
    let at = |second: usize| inside[second * 10..second * 10 + 10].iter().sum::<u64>();
    assert_eq!([at(0), at(9)], [1_000_000_000; 2]);
    assert_eq!([at(10), at(25)], [4_000_000_000; 2]);
}

#[test]
fn requests_per_copy_are_tracked_within_the_target() {
    // 90 a second for a target of 20 a second and copy: ⌈90 / 20⌉ = 5 copies.
    let text = r#"{ "nodes": { "app": { "kind": "station", "service_time": "1ms",
            "scaling": { "max": 9, "track": { "requests": "20/s" }, "period": "5s", "breaches": 1, "delay": "0s" } } },
        "load": [ { "rate": "90/s", "arrivals": "even" } ],
        "run": { "horizon": "100s", "warm_up": "20s", "replications": 5 } }"#;
    let run = run_on(text, 1);

    let counts: Vec<f64> = run
        .recordings
        .iter()
        .map(|recording| {
            let copies = recording.nodes[run.node("app")].copies.as_ref();
            copies.expect("copies").up[1] as f64 / 80e9
        })
        .collect();
    let mean = estimate::mean(&counts);
    assert_eq!(mean.value, Some(5.0), "{counts:?}");
}

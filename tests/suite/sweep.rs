//! Sweeps: every combination once, as `run` would have it, and shown in every form.

use crate::support::{Ended, kneepoint, with_input};
use kneepoint::analysis::simulation::{Refused, Settings, Watcher, simulate};
use kneepoint::analysis::sweep::{Combination, sweep};
use kneepoint::diagnostic;
use kneepoint::engine::{Nobody, Observer};
use kneepoint::metrics::estimate::student;
use kneepoint::report::{Sweep, Varied, Verdict};
use kneepoint::topology::{LoadRequest, Topology, load};
use kneepoint::units::SimTime;
use std::ops::Range;
use std::sync::atomic::{AtomicU32, Ordering};

/// An M/M/1 with a bounded p99.
const QUEUE: &str = r#"{ "nodes": { "q": { "kind": "station", "service_time": { "exponential": "10ms" } } },
    "load": [ { "rate": "50/s" } ], "objectives": [ "main mean < 40ms" ],
    "run": { "horizon": "110s", "warm_up": "10s", "replications": 20, "seed": 1 } }"#;

/// Reads a topology with options.
fn topology(text: &str, sets: &[String]) -> Topology {
    let mut request = LoadRequest::new(text, "case.json");
    request.sets = sets;
    match load(&request) {
        Ok((topology, _)) => topology,
        Err(found) => panic!("{}", diagnostic::render(&found, "case.json", text, false)),
    }
}

/// Sweeps one path over some values.
fn swept(
    path: &str,
    values: &[&str],
    threads: usize,
    watcher: &dyn Watcher,
) -> Result<Sweep, (usize, Refused)> {
    let settings = Settings {
        threads,
        precision: None,
    };
    let values: Vec<String> = values.iter().map(|value| (*value).to_owned()).collect();
    let designs: Vec<Topology> = values
        .iter()
        .map(|value| topology(QUEUE, &[format!("{path}={value}")]))
        .collect();
    let combinations: Vec<Combination> = designs
        .iter()
        .zip(&values)
        .map(|(topology, value)| Combination {
            values: vec![value.clone()],
            topology,
        })
        .collect();
    let parameters = vec![Varied {
        path: path.to_owned(),
        values,
    }];
    sweep(parameters, &combinations, &settings, watcher)
}

const RATES: [&str; 4] = ["20/s", "40/s", "60/s", "90/s"];

#[test]
fn every_point_is_where_its_formula_says() {
    // Mean sojourn of an M/M/1: 1/(μ − λ).
    let found = swept("load.main.rate", &RATES, 2, &Nobody).expect("it runs");

    let wider = student(19.0, 0.999) / student(19.0, 0.95);
    for (point, rate) in found.points.iter().zip([20.0, 40.0, 60.0, 90.0]) {
        let exact = 1e3 / (100.0 - rate);
        let measured = &point.measured[0].value;
        let (value, half) = (
            measured.value.unwrap(),
            measured.half_width.unwrap() * wider,
        );
        println!("{rate}/s: exact {exact}, found {value} ± {half}");
        assert!((value - exact).abs() <= half, "{rate}/s: {value} ± {half}");
    }
    let verdicts: Vec<_> = found.points.iter().map(|point| point.verdict).collect();
    assert_eq!(verdicts[0], Some(Verdict::Met));
    assert_eq!(verdicts[3], Some(Verdict::Missed));
}

#[test]
fn a_point_is_what_a_run_of_it_is() {
    let found = swept("load.main.rate", &RATES, 2, &Nobody).expect("it runs");
    let alone = topology(QUEUE, &["load.main.rate=60/s".to_owned()]);
    let settings = Settings {
        threads: 1,
        precision: None,
    };

    let report = simulate(&alone, Vec::new(), &settings, &Nobody)
        .expect("it runs")
        .report();

    let point = &found.points[2];
    assert_eq!(point.measured[0].value, report.objectives[0].measured);
    assert_eq!(point.warm_up_s, report.warm_up_s);
}

#[test]
fn threads_do_not_change_a_sweep() {
    let bytes = |threads| {
        swept("load.main.rate", &RATES, threads, &Nobody)
            .expect("it runs")
            .to_json()
    };

    assert!(
        bytes(1) == bytes(8),
        "eight threads sweep otherwise than one"
    );
}

/// Stops in the third stage.
#[derive(Default)]
struct Impatient(AtomicU32);

impl Observer for Impatient {
    fn stop(&self) -> bool {
        self.0.load(Ordering::Relaxed) == 3
    }
}

impl Watcher for Impatient {
    fn stage(&self, _: Range<u32>, _: SimTime) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn an_interrupted_sweep_keeps_the_points_that_were_finished() {
    let found = swept("load.main.rate", &RATES, 1, &Impatient::default()).expect("two ran");

    assert!(found.interrupted);
    assert_eq!((found.points.len(), found.asked), (2, 4));
    assert!(
        found.notes[0].starts_with("interrupted: 2 of 4 points"),
        "{:?}",
        found.notes
    );
}

/// Sweeps from standard input, over a short time.
fn piped(text: &str, options: &[&str]) -> Ended {
    let fixed = ["sweep", "-", "--horizon", "20s", "--replications", "5"];
    with_input(&[&fixed, options].concat(), text)
}

const TWO: [&str; 4] = [
    "--vary",
    "nodes.q.servers=1..3",
    "--vary",
    "load.main.rate=50/s,150/s",
];

#[test]
fn the_text_has_a_row_per_point_and_a_map_of_two_parameters() {
    let one = piped(QUEUE, &TWO[..2]);
    let two = piped(QUEUE, &TWO);

    for ended in [&one, &two] {
        assert_eq!(ended.status, 0, "{}", ended.stderr);
        let wide = ended.stdout.lines().find(|line| line.chars().count() > 100);
        assert_eq!(wide, None);
    }
    let text = &two.stdout;
    assert!(
        text.starts_with("stdin: all objectives are met at 5 of 6 points\n"),
        "{text}"
    );
    let header = text
        .lines()
        .find(|line| line.starts_with("nodes.q.servers"));
    let words: Vec<&str> = header.expect("a table").split_whitespace().collect();
    assert_eq!(words[..2], ["nodes.q.servers", "load.main.rate"]);
    assert!(
        text.contains("main mean < 40ms by load.main.rate"),
        "{text}"
    );
    assert!(text.contains("░ "), "{text}");
    assert!(!one.stdout.contains("░ "), "{}", one.stdout);
}

#[test]
fn every_form_of_a_sweep_is_printed() {
    let form = |form: &str| piped(QUEUE, &[&TWO[..], &["--output", form]].concat()).stdout;
    let (json, csv, md) = (form("json"), form("csv"), form("md"));

    let sweep: Sweep = serde_json::from_str(&json).expect("it is a sweep");
    assert_eq!((sweep.schema, sweep.digest.len()), (1, 64));
    assert_eq!(sweep.to_json(), json);
    let values: Vec<String> = sweep
        .points
        .iter()
        .map(|point| point.values.join(" "))
        .collect();
    assert_eq!(
        values,
        [
            "1 50/s", "1 150/s", "2 50/s", "2 150/s", "3 50/s", "3 150/s"
        ]
    );
    assert!(
        csv.starts_with("nodes.q.servers,load.main.rate,measure,unit,value,"),
        "{csv}"
    );
    assert_eq!(csv.lines().count(), 7, "{csv}");
    assert!(
        md.contains("\n| nodes.q.servers | load.main.rate | main mean &lt; 40ms |"),
        "{md}"
    );
}

#[test]
fn a_design_without_objectives_is_swept_by_its_headline_figures() {
    let ended = piped(
        QUEUE,
        &["--set", "objectives=[]", "--vary", "nodes.q.servers=1,2"],
    );

    assert_eq!(ended.status, 0, "{}", ended.stderr);
    assert!(
        ended.stdout.starts_with("stdin: 2 points\n"),
        "{}",
        ended.stdout
    );
    assert!(ended.stdout.contains("main p99 ms"), "{}", ended.stdout);
}

#[test]
fn what_is_measured_may_be_varied_itself() {
    let vary = r#"objectives=["main p90 < 200ms"],["main mean < 40ms"],["main mean < 40ms","main p90 < 200ms"]"#;
    let form = |form: &str| piped(QUEUE, &["--vary", vary, "--output", form]).stdout;

    let sweep: Sweep = serde_json::from_str(&form("json")).expect("it is a sweep");

    let names: Vec<&str> = sweep.measures.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, ["main p90 < 200ms", "main mean < 40ms"]);
    let value = |point: usize, measure: usize| sweep.points[point].measured[measure].value.value;
    assert_eq!((value(0, 1), value(1, 0)), (None, None));
    // All points meet the same requests.
    assert!(value(0, 0).is_some() && value(0, 0) == value(2, 0));
    assert!(value(1, 1).is_some() && value(1, 1) == value(2, 1));
    assert!(value(0, 0) > value(1, 1));
    assert_eq!(form("csv").lines().count(), 1 + 4);
    assert!(sweep.notes.iter().any(|note| note.contains("`–` marks")));
    // Objectives and none.
    let ended = piped(QUEUE, &["--vary", r#"objectives=[],["main mean < 40ms"]"#]);
    assert!(ended.stdout.contains("main p99 ms"), "{}", ended.stdout);
    assert!(
        ended.stdout.contains("main mean < 40ms"),
        "{}",
        ended.stdout
    );
}

#[test]
fn a_sweep_that_cannot_be_made_exits_2_and_says_what_to_write() {
    for (ended, expected) in [
        (
            kneepoint(&["sweep", "single-server"]),
            "--vary <PATH=VALUES>",
        ),
        (
            piped(QUEUE, &["--vary", "nodes.q.servers"]),
            "nodes.app.servers=2..10",
        ),
        (
            piped(QUEUE, &["--vary", "nodes.q.severs=1..2"]),
            "--vary nodes.q.severs=1\n = help: did you mean `servers`",
        ),
        (
            piped(QUEUE, &["--vary", "nodes.q.servers=1,0"]),
            "\nwith nodes.q.servers=0\n",
        ),
        (
            piped(QUEUE, &["--vary", "nodes.q.kind=station,delay"]),
            "\nwith nodes.q.kind=delay\n",
        ),
        (
            piped(QUEUE, &["--vary", "a=1..2", "--vary", "a=3..4"]),
            "`a` is varied twice",
        ),
        (
            piped(QUEUE, &["--vary", "a=1..99", "--vary", "b=1..99"]),
            "at most 1000 points, got 9801",
        ),
    ] {
        assert_eq!(ended.status, 2, "{}", ended.stderr);
        assert_eq!(ended.stdout, "");
        assert!(ended.stderr.contains(expected), "{}", ended.stderr);
    }
}

//! Comparisons: what is paired, what it saves, what is said where nothing differs.

use crate::support::{Ended, kneepoint, with_input};
use kneepoint::analysis::compare::{Candidate, Uncompared, compare};
use kneepoint::analysis::simulation::{Settings, Watcher, simulate};
use kneepoint::diagnostic;
use kneepoint::engine::{Nobody, Observer};
use kneepoint::metrics::estimate::student;
use kneepoint::report::{Comparison, Difference, Scope};
use kneepoint::topology::{LoadRequest, Topology, load};
use kneepoint::units::SimTime;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

/// A balanced pool of eight, and the same with one more server.
const POOL: &str = r#"{ "nodes": {
        "lb": { "kind": "balancer", "policy": "least-outstanding" },
        "app": { "kind": "station", "copies": 8, "servers": 1, "service_time": { "exponential": "10ms" } } },
    "links": [ "lb -> app" ], "load": [ { "rate": "500/s" } ],
    "run": { "horizon": "60s", "warm_up": "5s", "replications": 20, "seed": 1 },
    "variants": { "nine": { "nodes": { "app": { "copies": 9 } } },
                  "ten": { "nodes": { "app": { "copies": 10 } } },
                  "over": { "load": { "main": { "rate": "1000/s" } } } } }"#;

/// Threads of these tests.
const ALL: Settings = Settings {
    threads: 2,
    precision: None,
};

/// Reads a topology with a variant and options.
fn topology(text: &str, variant: Option<&str>, sets: &[&str]) -> Topology {
    let sets: Vec<String> = sets.iter().map(|set| (*set).to_owned()).collect();
    let mut request = LoadRequest::new(text, "case.json");
    request.variant = variant;
    request.sets = &sets;
    match load(&request) {
        Ok((topology, _)) => topology,
        Err(found) => panic!("{}", diagnostic::render(&found, "case.json", text, false)),
    }
}

/// Returns designs under the names a, b, c.
fn candidates(topologies: &[Topology]) -> Vec<Candidate<'_>> {
    let candidate = |(topology, name): (_, char)| Candidate {
        name: name.to_string(),
        topology,
        changes: Vec::new(),
    };
    topologies.iter().zip('a'..).map(candidate).collect()
}

/// Compares designs.
fn compared(topologies: &[Topology], settings: &Settings) -> Comparison {
    compare(&candidates(topologies), settings, &Nobody).expect("they can be compared")
}

/// Returns the first difference of a metric of the flow `main`.
fn of_main<'c>(comparison: &'c Comparison, metric: &str) -> &'c Difference {
    let found = comparison
        .metrics
        .iter()
        .find(|one| one.scope == Scope::Flow && one.subject == "main" && one.metric == metric);
    &found.expect("main has the metric").differences[0]
}

#[test]
fn one_more_server_needs_a_quarter_of_the_runs_of_an_unpaired_comparison() {
    // What is asked is a ratio of variances, and 20 replications know that of p99 (about
    // 0.2, by three seeds) to a third only; 200 know it to a tenth. The p99.9 is left
    // out: few requests make it, and they are not the same ones in both (about 0.27).
    let many = ["run.replications=200"];
    let designs = [
        topology(POOL, None, &many),
        topology(POOL, Some("nine"), &many),
    ];

    let comparison = compared(&designs, &ALL);

    for metric in [
        "latency_ms.mean",
        "latency_ms.p50",
        "latency_ms.p95",
        "latency_ms.p99",
    ] {
        let found = of_main(&comparison, metric);
        let unpaired = found.unpaired_replications.expect("both designs vary");
        println!(
            "{metric}: {} paired replications are as good as {unpaired} unpaired (variance ratio {:?})",
            comparison.replications, found.variance_ratio
        );
        assert!(
            unpaired >= 4 * u64::from(comparison.replications),
            "{metric}: {unpaired}"
        );
        assert_eq!(found.detected, Some(true), "{metric}");
    }
}

#[test]
fn four_times_the_independent_runs_tell_no_more_than_paired_ones() {
    // The same claim without the formula: the second design with a seed of its own.
    let designs = [topology(POOL, None, &[]), topology(POOL, Some("nine"), &[])];
    let more = ["run.replications=80"];
    let apart = [
        topology(POOL, None, &more),
        topology(POOL, Some("nine"), &[more[0], "run.seed=2"]),
    ];

    let paired = of_main(&compared(&designs, &ALL), "latency_ms.mean").clone();
    let half_widths = apart.each_ref().map(|design| {
        let run = simulate(design, Vec::new(), &ALL, &Nobody).expect("it runs");
        let mean = run.report().flows["main"].latency_ms.mean.clone();
        mean.half_width.expect("80 replications have an interval")
    });

    // Welch: the squares of standard errors add up; t(79) stands on both sides.
    let unpaired = half_widths
        .map(|half| half * half)
        .iter()
        .sum::<f64>()
        .sqrt();
    let half_width = paired.half_width.expect("20 replications have an interval");
    println!("paired ± {half_width}, unpaired ± {unpaired}");
    assert!(
        half_width <= unpaired,
        "paired ± {half_width}, unpaired ± {unpaired}"
    );
}

#[test]
fn a_topology_does_not_differ_from_itself() {
    let designs = [topology(POOL, None, &[]), topology(POOL, None, &[])];

    let comparison = compared(&designs, &ALL);

    assert!(!comparison.metrics.is_empty());
    for metric in &comparison.metrics {
        let difference = &metric.differences[0];
        let name = format!("{} {}", metric.subject, metric.metric);
        assert_eq!(metric.values[0], metric.values[1], "{name}");
        if difference.why.is_none() {
            assert_eq!(difference.value, Some(0.0), "{name}");
            assert_eq!(difference.detected, Some(false), "{name}");
        }
    }
    assert_eq!(
        comparison.findings,
        ["no difference detected between `b` and `a` in p99, throughput and errors of `main`"]
    );
}

#[test]
fn two_mm1_differ_by_what_theory_says() {
    // Mean sojourn 1/(μ − λ), p-quantile −ln(1 − p)/(μ − λ): μ = 100/s, λ = 50/s and 70/s.
    let text = r#"{ "nodes": { "q": { "kind": "station", "service_time": { "exponential": "10ms" } } },
        "load": [ { "rate": "50/s" } ],
        "run": { "horizon": "400s", "warm_up": "20s", "replications": 20, "seed": 1 } }"#;
    let designs = [
        topology(text, None, &[]),
        topology(text, None, &["load.main.rate=70/s"]),
    ];
    let quantile = |p: f64| -(1.0_f64 - p).ln() * (1000.0 / 30.0 - 1000.0 / 50.0);

    let comparison = compared(&designs, &ALL);

    for (metric, expected) in [
        ("latency_ms.mean", 1000.0 / 30.0 - 1000.0 / 50.0),
        ("latency_ms.p50", quantile(0.5)),
        ("latency_ms.p95", quantile(0.95)),
        ("latency_ms.p99", quantile(0.99)),
        ("throughput_per_s", 20.0),
    ] {
        let found = of_main(&comparison, metric);
        let value = found.value.expect("it is steady");
        // From 95 % to 99.9 %, with 19 degrees.
        let wider = student(19.0, 0.999) / student(19.0, 0.95);
        let half_width = found.half_width.expect("there are 20 replications") * wider;
        println!("{metric}: expected {expected}, found {value} ± {half_width}");
        assert!(
            (value - expected).abs() <= half_width,
            "{metric}: {value} ± {half_width}"
        );
        assert!(
            half_width < expected / 4.0,
            "{metric}: ± {half_width} says nothing"
        );
    }
}

#[test]
fn threads_do_not_change_a_comparison() {
    let short = ["run.horizon=20s"];
    let designs = [
        topology(POOL, None, &short),
        topology(POOL, Some("nine"), &short),
    ];
    let bytes = |threads| {
        let settings = Settings {
            threads,
            precision: Some(0.05),
        };
        compared(&designs, &settings).to_json()
    };

    assert!(
        bytes(1) == bytes(8),
        "eight threads compare otherwise than one"
    );
}

#[test]
fn one_cut_and_joint_intervals_for_several_designs() {
    let auto = r#"run.warm_up="auto""#;
    let designs = [
        topology(POOL, None, &[auto]),
        topology(POOL, Some("nine"), &["run.warm_up=7s"]),
        topology(POOL, Some("ten"), &[auto]),
    ];

    let comparison = compared(&designs, &ALL);

    // The pools are steady within seconds, so the fixed warm-up is the latest.
    assert_eq!(comparison.warm_up_s, 7.0);
    assert_eq!(comparison.confidence, 0.975);
    assert!(
        comparison
            .metrics
            .iter()
            .all(|one| one.values.len() == 3 && one.differences.len() == 2)
    );
}

#[test]
fn what_grows_without_end_has_no_value_and_says_why() {
    let designs = [topology(POOL, None, &[]), topology(POOL, Some("over"), &[])];

    let comparison = compared(&designs, &ALL);

    let mean = of_main(&comparison, "latency_ms.mean");
    assert_eq!((mean.value, mean.why.as_deref()), (None, Some("unstable")));
    assert_eq!(
        comparison.findings,
        ["`b` and `a` cannot be told apart in `main`: unstable"]
    );
}

#[test]
fn a_precision_runs_until_changes_are_known_that_well() {
    let short = ["run.horizon=10s", "run.warm_up=1s", "run.replications=10"];
    let designs = [
        topology(POOL, None, &short),
        topology(POOL, Some("nine"), &short),
    ];
    let settings = Settings {
        threads: 2,
        precision: Some(0.01),
    };

    let comparison = compared(&designs, &settings);

    let found = of_main(&comparison, "latency_ms.p99");
    let reached = found.relative_half_width.expect("the baseline is known");
    assert!(comparison.replications > 10, "{}", comparison.replications);
    assert!(reached <= 0.01, "{reached}");
}

#[test]
fn designs_that_are_not_run_alike_are_refused() {
    let designs = [
        topology(POOL, None, &[]),
        topology(POOL, None, &["run.horizon=2m"]),
    ];

    let found = compare(&candidates(&designs), &ALL, &Nobody);

    let Err(Uncompared::Unlike { message, setting }) = found else {
        panic!("{found:?}");
    };
    assert_eq!(setting, "horizon");
    assert_eq!(
        message,
        "`a` and `b` are not simulated alike: their `horizon` is 1m and 2m"
    );
}

/// Stops while the second design is in its seventh replication.
#[derive(Default)]
struct Impatient {
    stages: AtomicU32,
    stop: AtomicBool,
}

impl Observer for Impatient {
    fn bin_closed(&self, replication: u32, _: SimTime) {
        if self.stages.load(Ordering::Relaxed) == 2 && replication == 6 {
            self.stop.store(true, Ordering::Relaxed);
        }
    }

    fn stop(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}

impl Watcher for Impatient {
    fn stage(&self, _: Range<u32>, _: SimTime) {
        self.stages.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn an_interrupted_comparison_counts_what_all_designs_have_finished() {
    let designs = [topology(POOL, None, &[]), topology(POOL, Some("nine"), &[])];
    let settings = Settings {
        threads: 1,
        precision: None,
    };

    let found = compare(&candidates(&designs), &settings, &Impatient::default());

    let comparison = found.expect("six replications are finished");
    assert!(comparison.interrupted);
    assert_eq!(comparison.replications, 6);
    assert!(
        comparison.notes[0].starts_with("interrupted: 6 replications"),
        "{:?}",
        comparison.notes
    );
}

/// Compares the variants of `POOL` from standard input, over a short time.
fn variants(names: &str, options: &[&str]) -> Ended {
    let fixed = [
        "compare",
        "-",
        "--variants",
        names,
        "--horizon",
        "20s",
        "--threads",
        "2",
    ];
    with_input(&[&fixed, options].concat(), POOL)
}

#[test]
fn the_text_says_what_differs_by_how_much_and_what_that_means() {
    let two = variants("base,nine", &[]);
    let three = variants("base,nine,ten", &[]);

    for ended in [&two, &three] {
        assert_eq!(ended.status, 0, "{}", ended.stderr);
        assert_eq!(ended.stderr, "");
        let wide = ended.stdout.lines().find(|line| line.chars().count() > 100);
        assert_eq!(wide, None);
    }
    let text = &two.stdout;
    assert!(text.starts_with("`nine` compared with `base`\n"), "{text}");
    assert!(
        text.contains("\n    ~ nodes.app.copies: 8 -> 9\n"),
        "{text}"
    );
    assert!(text.contains("no difference detected"), "{text}");
    assert!(text.contains("\n`nine` lowers p99 of `main` by "), "{text}");
    assert!(text.contains("common random numbers helped"), "{text}");
    assert!(three.stdout.contains("97.5 % interval"), "{}", three.stdout);
    assert!(three.stdout.contains("(Bonferroni)"), "{}", three.stdout);
}

#[test]
fn every_form_of_a_comparison_is_printed() {
    let json = variants("base,nine", &["--output", "json"]).stdout;
    let csv = variants("base,nine", &["--output", "csv"]).stdout;
    let md = variants("base,nine", &["--output", "md"]).stdout;

    let comparison: Comparison = serde_json::from_str(&json).expect("it is a comparison");
    let names: Vec<&str> = comparison
        .designs
        .iter()
        .map(|one| one.name.as_str())
        .collect();
    assert_eq!(comparison.schema, 1);
    assert_eq!(names, ["base", "nine"]);
    assert_eq!(comparison.differs[0].changes[0].path, "nodes.app.copies");
    assert_eq!(comparison.digest.len(), 64);
    assert!(
        csv.starts_with("scope,subject,metric,unit,design,value,"),
        "{csv}"
    );
    assert!(csv.contains("\nflow,main,latency_ms.p99,ms,nine,"), "{csv}");
    assert!(md.contains("\n| p99 ms | "), "{md}");
}

#[test]
fn files_are_compared_too_and_options_hold_for_all() {
    let ended = kneepoint(&[
        "compare",
        "single-server",
        "single-server",
        "--horizon",
        "20s",
        "--seed",
        "7",
        "--set",
        "load.main.rate=60/s",
    ]);

    assert_eq!(ended.status, 0, "{}", ended.stderr);
    let text = &ended.stdout;
    assert!(
        text.contains("`single-server (2)` compared with `single-server`"),
        "{text}"
    );
    assert!(text.contains("nothing: the files say the same"), "{text}");
    assert!(text.contains("seed 7"), "{text}");
    assert!(
        !text.contains("lowers") && !text.contains("raises"),
        "{text}"
    );
}

#[test]
fn a_comparison_that_cannot_be_made_exits_2_and_says_what_to_write() {
    let alone = kneepoint(&["compare", "single-server"]);
    let both = kneepoint(&[
        "compare",
        "single-server",
        "single-server",
        "--variants",
        "base,x",
    ]);
    let unknown = kneepoint(&["compare", "single-server", "--variants", "base,two-server"]);
    let option = kneepoint(&[
        "compare",
        "single-server",
        "single-server",
        "--variant",
        "three",
    ]);
    let unlike = with_input(
        &["compare", "single-server", "-", "--no-progress"],
        r#"{ "nodes": { "q": { "kind": "station" } }, "load": [ { "rate": "9/s" } ] }"#,
    );

    for (ended, expected) in [
        (&alone, "needs two designs, got `single-server` alone"),
        (&both, "`--variants` are those of one file, got 2 files"),
        (&unknown, "did you mean `two-servers`?"),
        (&option, "there is no variant `three`"),
        (&unlike, "their `horizon` is 2m and 1m"),
    ] {
        assert_eq!(ended.status, 2, "{}", ended.stderr);
        assert_eq!(ended.stdout, "");
        assert!(ended.stderr.contains(expected), "{}", ended.stderr);
    }
    assert!(
        unlike.stderr.contains("`--horizon 60s`"),
        "{}",
        unlike.stderr
    );
}

#[cfg(unix)]
#[test]
fn a_comparison_stopped_before_anything_counted_exits_105() {
    let child = std::process::Command::new(env!("CARGO_BIN_EXE_kneepoint"))
        .args(["compare", "single-server", "--variants", "base,two-servers"])
        .args(["--horizon", "300d", "--threads", "1"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("the program starts");
    std::thread::sleep(std::time::Duration::from_millis(1500));

    let sent = std::process::Command::new("sh")
        .args(["-c", &format!("kill -INT {}", child.id())])
        .status()
        .expect("a signal can be sent");
    let ended = child.wait_with_output().expect("the program ends");

    assert!(sent.success());
    assert_eq!(ended.status.code(), Some(105));
    assert_eq!(
        String::from_utf8_lossy(&ended.stderr),
        "interrupted before anything was counted\n"
    );
}

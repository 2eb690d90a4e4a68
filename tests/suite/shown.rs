//! How the text of a run is shown: percentiles, unit of time, length.

use crate::support::{Ended, kneepoint};

/// Runs a short design with options.
fn run(options: &[&str]) -> Ended {
    let fixed = [
        "run",
        "single-server",
        "--horizon",
        "10s",
        "--warm-up",
        "1s",
    ];
    kneepoint(&[&fixed[..], options].concat())
}

/// Returns the words of the line of a text that begins with some.
fn words(text: &str, begins: &str) -> Vec<String> {
    let line = text
        .lines()
        .find(|line| line.trim_start().starts_with(begins));
    let line = line.unwrap_or_else(|| panic!("no line begins with `{begins}`: {text}"));
    line.split_whitespace().map(str::to_owned).collect()
}

#[test]
fn percentiles_are_shown_as_asked_for() {
    let usual = run(&[]);
    let asked = run(&["--percentiles", "90,50"]);

    assert_eq!(
        words(&usual.stdout, "LATENCY")[2..],
        ["mean", "p50", "p95", "p99", "p99.9", "max", "count"].map(str::to_owned)[..]
    );
    assert_eq!(
        words(&asked.stdout, "LATENCY")[2..],
        ["mean", "p90", "p50", "max", "count"].map(str::to_owned)[..]
    );
}

#[test]
fn a_percentile_that_no_report_keeps_is_refused() {
    let ended = run(&["--percentiles", "50,97"]);

    assert_eq!(ended.status, 2);
    assert!(ended.stderr.contains("'97'"), "{}", ended.stderr);
    assert!(
        ended.stderr.contains("50, 90, 95, 99, 99.9, 99.99"),
        "{}",
        ended.stderr
    );
}

#[test]
fn times_are_shown_in_the_unit_asked_for() {
    let milliseconds = run(&["--time-unit", "ms"]);
    let seconds = run(&["--time-unit", "s"]);

    assert_eq!(words(&milliseconds.stdout, "LATENCY")[1], "ms");
    assert_eq!(words(&seconds.stdout, "LATENCY")[1], "s");
    assert!(
        seconds.stdout.contains("sojourn p99 s"),
        "{}",
        seconds.stdout
    );
    let mean = |ended: &Ended| -> f64 {
        let words = words(&ended.stdout, "main  ");
        words[1].parse().expect("a number")
    };
    let (short, long) = (mean(&seconds) * 1e3, mean(&milliseconds));
    assert!(
        (short - long).abs() <= long * 0.01,
        "{short} ms and {long} ms"
    );
}

#[test]
fn the_brief_form_is_a_few_lines() {
    let ended = kneepoint(&["run", "database-failover", "--replications", "2", "--brief"]);

    assert_eq!(ended.status, 99, "{}", ended.stderr);
    let lines: Vec<&str> = ended.stdout.lines().collect();
    assert!(lines.len() < 16, "{}", ended.stdout);
    assert!(
        lines[0].starts_with("database-failover · 6m simulated"),
        "{}",
        lines[0]
    );
    assert!(
        ended.stdout.contains("of 4 objectives met\n"),
        "{}",
        ended.stdout
    );
    assert!(
        ended.stdout.contains("\n  ✗ order errors < 10%: "),
        "{}",
        ended.stdout
    );
    assert!(
        ended.stdout.contains("\norder: offered 2"),
        "{}",
        ended.stdout
    );
    assert!(ended.stdout.contains("\n  failed 2"), "{}", ended.stdout);
    assert!(
        ended.stdout.contains("\ndata (rds): in "),
        "{}",
        ended.stdout
    );
    // What means nothing for a kind is left out, and so is what did not happen.
    assert!(!ended.stdout.contains('–'), "{}", ended.stdout);
    assert!(!ended.stdout.contains("throttled 0"), "{}", ended.stdout);
}

#[test]
fn the_brief_form_takes_percentiles_and_unit() {
    let ended = run(&["--brief", "--percentiles", "90", "--time-unit", "s"]);

    let line = words(&ended.stdout, "main: offered");
    assert_eq!(line[line.len() - 3], "p90", "{}", ended.stdout);
    assert_eq!(line[line.len() - 1], "s", "{}", ended.stdout);
}

#[test]
fn what_is_about_text_is_refused_elsewhere() {
    for option in [
        &["--brief"][..],
        &["--percentiles", "50"],
        &["--time-unit", "ms"],
    ] {
        let ended = run(&[option, &["--output", "json"]].concat());

        assert_eq!(ended.status, 2, "{option:?}");
        assert!(ended.stderr.contains(option[0]), "{}", ended.stderr);
        assert!(ended.stderr.contains("about the text"), "{}", ended.stderr);
    }
}

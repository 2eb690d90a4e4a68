//! The program from outside: flags, streams, exit status.

use crate::support::{Ended, kneepoint, package, with_input};
use kneepoint::cli::SHIPPED;
use std::process::{Command, Stdio};

/// A small topology that is met.
const MET: &str = r#"{ "nodes": { "q": { "kind": "station", "service_time": { "exponential": "1ms" } } },
  "load": [ { "rate": "100/s" } ], "objectives": [ "main p50 < 10s" ],
  "run": { "horizon": "20s", "replications": 5 } }"#;

/// Runs `MET` from standard input with more options.
fn run_met(options: &[&str]) -> Ended {
    with_input(&[&["run", "-"], options].concat(), MET)
}

#[test]
fn help_fits_one_screen_and_ends_with_examples() {
    let verbs = [
        "run",
        "check",
        "cost",
        "capacity",
        "size",
        "sweep",
        "explain",
        "compare",
        "services",
        "list",
        "new",
        "import",
        "graph",
        #[cfg(feature = "serve")]
        "serve",
        "schema",
        "completions",
    ];
    let pages = verbs.map(|verb| (verb, kneepoint(&[verb, "--help"])));

    for (verb, page) in pages.iter().chain([&("kneepoint", kneepoint(&["--help"]))]) {
        assert_eq!(page.status, 0, "{verb}");
        assert!(page.stdout.lines().count() <= 60, "{verb}: {}", page.stdout);
        assert!(
            page.stdout.contains("Examples:\n"),
            "{verb}: {}",
            page.stdout
        );
        let wide = page.stdout.lines().find(|line| line.chars().count() > 100);
        assert_eq!(wide, None, "{verb}");
    }
}

#[test]
fn a_missing_file_exits_2_and_prints_no_result() {
    let ended = kneepoint(&["run", "no/such/file.json"]);

    assert_eq!(ended.status, 2);
    assert_eq!(ended.stdout, "");
    assert!(
        ended
            .stderr
            .starts_with("error: there is no file `no/such/file.json`"),
        "{}",
        ended.stderr
    );
}

#[test]
fn an_unknown_name_is_told_the_nearest() {
    let run = kneepoint(&["singel-server"]);
    let new = kneepoint(&["new", "singel-server"]);
    let kind = kneepoint(&["services", "statoin"]);
    let verb = kneepoint(&["grph", "single-server"]);

    for ended in [&run, &new, &kind, &verb] {
        assert_eq!(ended.status, 2, "{}", ended.stderr);
    }
    assert!(
        run.stderr.contains("did you mean `single-server`?"),
        "{}",
        run.stderr
    );
    assert!(
        new.stderr.contains("did you mean `single-server`?"),
        "{}",
        new.stderr
    );
    assert!(
        kind.stderr.contains("did you mean `station`?"),
        "{}",
        kind.stderr
    );
    assert!(verb.stderr.contains("'graph'"), "{}", verb.stderr);
}

#[test]
fn a_broken_file_exits_2_with_its_diagnostics_on_standard_error() {
    let ended = with_input(
        &["run", "-"],
        r#"{ "nodes": { "a": { "kind": "statoin" } } }"#,
    );

    assert_eq!(ended.status, 2);
    assert_eq!(ended.stdout, "");
    assert!(ended.stderr.contains("<stdin>:1:"), "{}", ended.stderr);
    assert!(
        ended.stderr.contains("nothing was simulated"),
        "{}",
        ended.stderr
    );
}

#[test]
fn a_wrong_option_exits_2_and_names_what_is_accepted() {
    let horizon = kneepoint(&["run", "single-server", "--horizon", "60"]);
    let precision = kneepoint(&["run", "single-server", "--precision", "3"]);
    let set = kneepoint(&["run", "single-server", "--set", "nodes.server.severs=2"]);

    assert_eq!([horizon.status, precision.status, set.status], [2, 2, 2]);
    assert!(
        horizon.stderr.contains("it has no unit"),
        "{}",
        horizon.stderr
    );
    assert!(
        precision.stderr.contains("`2%` or `0.02`"),
        "{}",
        precision.stderr
    );
    assert!(
        set.stderr.contains("did you mean `servers`"),
        "{}",
        set.stderr
    );
    assert!(
        set.stderr.contains("--set nodes.server.severs=2"),
        "{}",
        set.stderr
    );
}

#[test]
fn the_exit_status_follows_the_verdicts() {
    let met = run_met(&[]);
    let missed = run_met(&["--set", r#"objectives=["main p50 < 1us"]"#]);

    assert_eq!(met.status, 0, "{}", met.stderr);
    assert_eq!(missed.status, 99, "{}", missed.stderr);
    assert!(met.stdout.contains("✓ main p50 < 10s"), "{}", met.stdout);
    assert!(
        missed.stdout.contains("✗ main p50 < 1us"),
        "{}",
        missed.stdout
    );
}

#[test]
fn results_go_to_standard_output_and_timing_to_standard_error() {
    let plain = run_met(&[]);
    let timed = run_met(&["--timing"]);

    assert_eq!(plain.stderr, "");
    assert!(timed.stderr.contains(" wall "), "{}", timed.stderr);
    assert_eq!(plain.stdout, timed.stdout);
}

#[test]
fn a_file_alone_is_run() {
    let short = kneepoint(&["single-server", "--horizon", "5s"]);
    let long = kneepoint(&["run", "single-server", "--horizon", "5s"]);

    assert_eq!(short.stdout, long.stdout);
    assert!(!short.stdout.is_empty(), "{}", short.stderr);
}

#[test]
fn every_form_of_output_is_printed() {
    let json = run_met(&["--output", "json"]).stdout;
    let csv = run_met(&["--output", "csv"]).stdout;
    let md = run_met(&["--output", "md"]).stdout;
    let junit = run_met(&["--output", "junit"]).stdout;

    let report: serde_json::Value = serde_json::from_str(&json).expect("it is JSON");
    assert!(
        report["flows"]["main"]["latency_ms"]["p50"]["value"].is_number(),
        "{json}"
    );
    assert!(
        csv.starts_with("scope,name,metric,value,half_width\n"),
        "{csv}"
    );
    assert!(csv.contains("flow,main,latency_ms.p50,"), "{csv}");
    assert!(md.contains("| main p50 &lt; 10s |"), "{md}");
    assert!(
        junit.contains("<testcase classname=\"stdin\" name=\"main p50 &lt; 10s\"/>"),
        "{junit}"
    );
}

#[test]
fn an_output_file_that_cannot_be_written_is_found_out_before_the_run() {
    let ended = run_met(&["--out", "no/such/directory/report.txt", "--horizon", "100d"]);

    assert_eq!(ended.status, 2);
    assert!(
        ended.stderr.contains("cannot be written"),
        "{}",
        ended.stderr
    );
}

#[test]
fn nothing_is_coloured_in_a_pipe_unless_asked_for() {
    let plain = run_met(&[]);
    let coloured = run_met(&["--color", "always"]);

    assert!(!plain.stdout.contains('\u{1b}'));
    assert!(
        coloured.stdout.contains("\u{1b}[32m✓\u{1b}[0m"),
        "{}",
        coloured.stdout
    );
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_kneepoint"))
        .arg("schema")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");

    drop(child.stdout.take());
    let ended = child.wait_with_output().expect("the program ends");

    assert_eq!(ended.status.code(), Some(0));
    assert_eq!(String::from_utf8_lossy(&ended.stderr), "");
}

#[cfg(unix)]
#[test]
fn ctrl_c_prints_the_partial_result_and_exits_105() {
    let child = Command::new(env!("CARGO_BIN_EXE_kneepoint"))
        .args([
            "run",
            "single-server",
            "--horizon",
            "300d",
            "--replications",
            "5",
        ])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    std::thread::sleep(std::time::Duration::from_millis(1500));

    let sent = Command::new("sh")
        .args(["-c", &format!("kill -INT {}", child.id())])
        .status()
        .expect("a signal can be sent");
    let ended = child.wait_with_output().expect("the program ends");

    assert!(sent.success());
    let stdout = String::from_utf8_lossy(&ended.stdout);
    assert_eq!(
        ended.status.code(),
        Some(105),
        "{}",
        String::from_utf8_lossy(&ended.stderr)
    );
    assert!(stdout.contains("interrupted"), "{stdout}");
}

#[test]
fn the_program_carries_every_file_of_topologies() {
    let mut files: Vec<String> = std::fs::read_dir(package("topologies"))
        .expect("there are topologies")
        .map(|entry| entry.expect("the entry can be read").path())
        .filter(|path| path.extension().is_some_and(|end| end == "json"))
        .filter_map(|path| Some(path.file_stem()?.to_string_lossy().into_owned()))
        .collect();
    files.sort();

    let carried: Vec<&str> = SHIPPED.iter().map(|(name, _)| *name).collect();

    assert_eq!(
        carried, files,
        "the list in src/cli/shipped.rs and the directory differ"
    );
}

#[test]
fn a_shipped_topology_is_listed_checked_drawn_and_copied() {
    for (name, text) in SHIPPED {
        let list = kneepoint(&["list"]);
        let check = kneepoint(&["check", name]);
        let copy = kneepoint(&["new", name, "-"]);

        assert!(list.stdout.contains(name), "{name}");
        assert_eq!(check.status, 0, "{name}: {}", check.stderr);
        assert_eq!(&copy.stdout, text, "{name}");
        for format in ["dot", "mermaid", "svg"] {
            let drawn = kneepoint(&["graph", name, "--format", format]);
            assert_eq!(drawn.status, 0, "{name} as {format}: {}", drawn.stderr);
        }
    }
}

#[test]
fn new_does_not_overwrite() {
    let ended = kneepoint(&["new", "single-server", "Cargo.toml"]);

    assert_eq!(ended.status, 2);
    assert!(ended.stderr.contains("exists already"), "{}", ended.stderr);
}

#[test]
fn completions_exist_for_every_shell() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let ended = kneepoint(&["completions", shell]);

        assert_eq!(ended.status, 0, "{shell}");
        assert!(ended.stdout.contains("kneepoint"), "{shell}");
    }
}

#[test]
fn services_tell_defaults_with_basis_and_what_is_not_modelled() {
    let all = kneepoint(&["services"]);
    let one = kneepoint(&["services", "station"]);

    assert!(all.stdout.contains("\nlimiter "), "{}", all.stdout);
    assert!(one.stdout.contains("Not modelled\n"), "{}", one.stdout);
    assert!(
        one.stdout
            .contains("default: 1  [choice: the plainest station]"),
        "{}",
        one.stdout
    );
}

/// Returns the text with all white space made one space, so that line breaks do not matter.
fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn check_says_what_theory_knows_of_four_servers() {
    let ended = kneepoint(&[
        "check",
        "single-server",
        "--set",
        "nodes.server.servers=4",
        "--set",
        "load.main.rate=320/s",
    ]);

    assert_eq!(ended.status, 0, "{}", ended.stderr);
    let text = flat(&ended.stdout);
    // SOURCE: Erlang C of 3.2 erlangs on 4 servers; the p99 solves P(T > t) = 0.01.
    for figure in [
        "320/s, 3.2 erlangs on 4 servers, utilisation 0.800",
        "Erlang C",
        "probability of waiting 0.5964",
        "mean wait 7.455 ms",
        "mean sojourn 17.455 ms",
        "p99 sojourn 68.932 ms",
        "bottleneck: server, full at 1.25 times this load",
        "flow main: mean latency 17.455 ms",
    ] {
        assert!(text.contains(figure), "`{figure}` is not in {text}");
    }
}

#[test]
fn check_gives_no_quantile_of_what_is_unstable() {
    let ended = kneepoint(&["check", "single-server", "--set", "load.main.rate=120/s"]);

    assert_eq!(ended.status, 0, "{}", ended.stderr);
    let text = flat(&ended.stdout);
    assert!(
        text.contains("utilisation 1.200; unstable: its line grows by 20/s"),
        "{text}"
    );
    assert!(!text.contains("p99 sojourn"), "{text}");
    assert!(text.contains("flow main: no closed form"), "{text}");
}

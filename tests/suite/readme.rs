//! The README tells the truth: its commands print what stands under them.
//!
//! In a ```console block a line that begins with `$ ` is a command, the lines up to
//! the next one (or the end) are its standard output; `…` alone stands for lines
//! left out. `KNEEPOINT_BLESS=1` writes the output anew.

use crate::support::{README, blessing, compare, kneepoint, package};

/// A command of the README with what stands under it.
struct Shown {
    command: String,
    output: Vec<String>,
}

/// Returns the README.
fn readme() -> String {
    std::fs::read_to_string(package("README.md")).expect("there is a README")
}

/// Parts the README into text that stays and commands that are run: (text before, commands).
fn blocks(text: &str) -> Vec<(Vec<String>, Vec<Shown>)> {
    let mut blocks = vec![(Vec::new(), Vec::new())];
    let mut inside = false;
    for line in text.lines() {
        let (before, commands): &mut (Vec<String>, Vec<Shown>) =
            blocks.last_mut().expect("there is one");
        if inside && line == "```" {
            inside = false;
            blocks.push((vec![line.to_owned()], Vec::new()));
        } else if inside && line.starts_with("$ ") {
            let command = line.trim_start_matches("$ ").to_owned();
            commands.push(Shown {
                command,
                output: Vec::new(),
            });
        } else if inside {
            let last = commands.last_mut().expect("output follows a command");
            last.output.push(line.to_owned());
        } else {
            before.push(line.to_owned());
            inside = line == "```console";
        }
    }
    blocks
}

/// Runs a command as the README writes it; only the program itself can be called.
fn run(command: &str) -> String {
    let words: Vec<&str> = command.split_whitespace().collect();
    let arguments = match words.as_slice() {
        ["kneepoint", arguments @ ..] => arguments,
        ["cargo", "run", "--release", "--", arguments @ ..] => arguments,
        _ => panic!("the README shows output of `{command}`, which the test cannot run"),
    };
    let ended = kneepoint(arguments);
    assert!(
        matches!(ended.status, 0 | 99),
        "`{command}`: {}",
        ended.stderr
    );
    ended.stdout
}

#[test]
fn the_commands_of_the_readme_print_what_it_shows() {
    let _held = README.lock().expect("no test failed while writing");
    let mut found = String::new();
    for (before, commands) in blocks(&readme()) {
        for line in before {
            found.push_str(&format!("{line}\n"));
        }
        for shown in commands {
            found.push_str(&format!("$ {}\n", shown.command));
            let printed = run(&shown.command);
            if abbreviates(&shown.output, &printed) {
                shown
                    .output
                    .iter()
                    .for_each(|line| found.push_str(&format!("{line}\n")));
            } else {
                found.push_str(&printed);
            }
        }
    }

    compare(&package("README.md"), &found);
}

/// Whether lines with `…` in them are what was printed, with something left out.
fn abbreviates(shown: &[String], printed: &str) -> bool {
    if !shown.iter().any(|line| line == "…") {
        return false;
    }
    let mut rest = printed.lines();
    let mut skipping = false;
    for line in shown {
        if line == "…" {
            skipping = true;
        } else if skipping {
            if !rest.any(|printed| printed == line) {
                return false;
            }
            skipping = false;
        } else if rest.next() != Some(line) {
            return false;
        }
    }
    skipping || rest.next().is_none()
}

#[test]
fn the_readme_names_the_commands_that_ci_runs() {
    let ci = std::fs::read_to_string(package(".ci/run")).expect("there is a .ci/run");
    let text = readme();
    // The program that the tests have built says the same as an optimised one.
    for (told, run) in [
        (
            "cargo run --release -- run url-shortener",
            "/debug/kneepoint\" run url-shortener",
        ),
        ("cargo test", "cargo test"),
    ] {
        assert!(text.contains(told), "README: {told}");
        assert!(ci.contains(run), ".ci/run: {run}");
    }
}

#[test]
fn output_may_be_abbreviated() {
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();

    assert!(abbreviates(&lines("a\n…\nd"), "a\nb\nc\nd\n"));
    assert!(abbreviates(&lines("a\n…"), "a\nb\n"));
    assert!(!abbreviates(&lines("a\n…\ne"), "a\nb\nd\n"));
    assert!(!abbreviates(&lines("a\nb"), "a\nb\n"));
    assert!(!blessing() || abbreviates(&lines("…"), "a\n"));
}

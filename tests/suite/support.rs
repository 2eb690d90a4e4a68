//! What several tests need: the built program, and blessed files.

use kneepoint::analysis::simulation::{Settings, simulate};
use kneepoint::cost::Asked;
use kneepoint::engine::Nobody;
use kneepoint::report::Report;
use kneepoint::topology::{LoadRequest, load};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;

/// Held by whoever rewrites the README: two tests own parts of it.
pub(crate) static README: Mutex<()> = Mutex::new(());

/// How the program ended, and what it printed.
#[derive(Debug)]
pub(crate) struct Ended {
    /// Exit status.
    pub(crate) status: i32,
    /// Standard output.
    pub(crate) stdout: String,
    /// Standard error.
    pub(crate) stderr: String,
}

/// Returns a path of the package.
pub(crate) fn package(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Runs the program in the package's directory.
pub(crate) fn kneepoint(arguments: &[&str]) -> Ended {
    with_input(arguments, "")
}

/// Runs the program with something on standard input.
pub(crate) fn with_input(arguments: &[&str], input: &str) -> Ended {
    let mut child = Command::new(env!("CARGO_BIN_EXE_kneepoint"))
        .args(arguments)
        .current_dir(package(""))
        .env("NO_COLOR", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut stdin = child.stdin.take().expect("standard input is piped");
    // A program that does not read its input may be gone already.
    let _ = stdin.write_all(input.as_bytes());
    drop(stdin);
    let output = child.wait_with_output().expect("the program ends");
    Ended {
        status: output.status.code().expect("the program was not killed"),
        stdout: String::from_utf8(output.stdout).expect("results are UTF-8"),
        stderr: String::from_utf8(output.stderr).expect("messages are UTF-8"),
    }
}

/// Whether files are to be rewritten instead of compared.
pub(crate) fn blessing() -> bool {
    std::env::var_os("KNEEPOINT_BLESS").is_some_and(|value| value == "1")
}

/// Compares a text with a file of the package, or rewrites the file.
pub(crate) fn compare(path: &Path, found: &str) {
    if blessing() {
        if let Some(directory) = path.parent() {
            std::fs::create_dir_all(directory).expect("the directory can be made");
        }
        std::fs::write(path, found).expect("the file can be written");
        return;
    }
    let expected = std::fs::read_to_string(path).unwrap_or_default();
    if found == expected {
        return;
    }
    let differing = found
        .lines()
        .zip(expected.lines())
        .position(|(found, expected)| found != expected)
        .unwrap_or_else(|| found.lines().count().min(expected.lines().count()));
    panic!(
        "{} differs from line {} on; KNEEPOINT_BLESS=1 rewrites it\n expected: {}\n found:    {}",
        path.display(),
        differing + 1,
        expected.lines().nth(differing).unwrap_or("(end)"),
        found.lines().nth(differing).unwrap_or("(end)"),
    );
}

/// Seconds of a month of 30 days, as a bill counts.
pub(crate) const MONTH: f64 = 2_592_000.0;
/// Bytes of a gibibyte.
pub(crate) const GIBIBYTE: f64 = 1_073_741_824.0;

/// Simulates a topology with options, and makes the bill that is asked for.
pub(crate) fn billed(text: &str, sets: &[&str], asked: Asked) -> Report {
    let sets: Vec<String> = sets.iter().map(|set| (*set).to_owned()).collect();
    let mut request = LoadRequest::new(text, "case.json");
    request.sets = &sets;
    let (topology, _) = match load(&request) {
        Ok(loaded) => loaded,
        Err(found) => panic!(
            "{}",
            kneepoint::diagnostic::render(&found, "case.json", text, false)
        ),
    };
    let settings = Settings {
        threads: 2,
        precision: None,
    };
    let run = simulate(&topology, Vec::new(), &settings, &Nobody).expect("the run ends");
    run.report_with(asked)
}

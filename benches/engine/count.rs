//! Instructions per request under callgrind: they do not drift with the machine.

use super::workload::Workload;
use std::process::Command;

/// Requests of the shorter of the two runs; the longer one has twice as many.
const REQUESTS: u64 = 50_000;

/// Counts the instructions of the engine per request, by the difference of two runs.
///
/// # Errors
///
/// Says what is missing, or what valgrind said.
pub(crate) fn per_request(workload: &Workload, followed: bool) -> Result<f64, String> {
    // Posts of a fan-out come ten times a second: a fifth of a second is two of them.
    let requests = REQUESTS.max((workload.rate / 5.0) as u64);
    let short = instructions(workload, requests, followed)?;
    let long = instructions(workload, 2 * requests, followed)?;
    Ok((long - short) / requests as f64)
}

fn instructions(workload: &Workload, requests: u64, followed: bool) -> Result<f64, String> {
    let this = std::env::current_exe().map_err(|error| error.to_string())?;
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(this)
        .args(["--once", workload.name, &requests.to_string()])
        .args(followed.then_some("--followed"))
        .output()
        .map_err(|error| format!("instructions are not counted: valgrind: {error}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    said.lines()
        .find_map(|line| line.split_once("Collected :"))
        .and_then(|(_, count)| count.trim().parse().ok())
        .ok_or_else(|| format!("instructions are not counted: valgrind said\n{said}"))
}

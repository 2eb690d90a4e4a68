//! The engine against hand-specialised loops and other simulation crates, on one thread.
//!
//! ```text
//! cargo bench --bench engine                              all workloads, side by side
//! cargo bench --bench engine -- cache-aside tandem        some of them
//! cargo bench --bench engine -- --threads                 replications on one and two threads
//! cargo bench --bench engine -- --parts                   one run on one and two threads
//! cargo bench --bench engine -- --parts 1000000 250us     the same at one rate and latency
//! cargo bench --bench engine -- --count                   instructions per request (valgrind)
//! cargo bench --bench engine -- --count --followed        the same, each request followed
//! cargo bench --bench engine -- --once cache-aside 500000 one run of the engine, for a profiler
//! ```
//!
//! The engine records all that its report needs, a loop only the latencies of
//! requests. Both programs alternate; simulated figures stand beside the times.

#![allow(clippy::print_stdout, reason = "a bench prints its table")]

mod count;
mod loops;
#[path = "../measure/mod.rs"]
mod measure;
mod parts;
mod peers;
mod workload;

use measure::{ROUNDS, Samples, in_earnest, timed};
use parts::Figures;
use peers::{PEERS, Row};
use workload::{WORKLOADS, Workload, figures};

fn main() -> Result<(), String> {
    let arguments: Vec<String> = std::env::args()
        .skip(1)
        .filter(|argument| argument != "--bench")
        .collect();
    let mut names: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match names.first() {
        Some(&"--once") => return once(&names[1..]),
        Some(&"--count") => {
            names.remove(0);
            let followed = names.first() == Some(&"--followed");
            if followed {
                names.remove(0);
            }
            for workload in chosen(&names)? {
                let count = count::per_request(workload, followed)?;
                println!("{:<18} {count:>8.0} instructions/request", workload.name);
            }
            return Ok(());
        }
        _ => {}
    }
    let (requests, rounds) = if in_earnest() {
        (1e6, ROUNDS)
    } else {
        (2e4, 1)
    };
    if names.first() == Some(&"--threads") {
        names.remove(0);
        for workload in chosen(&names)? {
            on_two_threads(workload, requests, rounds)?;
        }
        return Ok(());
    }
    if names.first() == Some(&"--parts") {
        let (rates, hops) = (names.get(1), names.get(2));
        for rate in ["10000", "100000", "1000000", "5000000"] {
            for hop in ["50us", "250us", "1ms"] {
                if rates.is_none_or(|&only| only == rate) && hops.is_none_or(|&only| only == hop) {
                    in_parts(rate, hop, requests, rounds)?;
                }
            }
        }
        return Ok(());
    }
    println!(
        "{:<18} {:>9} {:>9} {:>7} {:>13} {:>10}   {:<22} {:<22} exact",
        "ns/request",
        "engine",
        "by hand",
        "ratio",
        "(range)",
        "M req/s",
        "engine: mean, p99",
        "by hand"
    );
    for workload in chosen(&names)? {
        side_by_side(workload, requests, rounds)?;
    }
    for workload in chosen(&names)? {
        if let Some(row) = workload.row {
            beside_peers(workload, row, requests, rounds)?;
        }
    }
    Ok(())
}

/// Returns the workloads that are named; all, if none is.
fn chosen(names: &[&str]) -> Result<Vec<&'static Workload>, String> {
    if names.is_empty() {
        return Ok(WORKLOADS.iter().collect());
    }
    names.iter().map(|name| find(name)).collect()
}

fn find(name: &str) -> Result<&'static Workload, String> {
    let known = WORKLOADS.map(|workload| workload.name).join(", ");
    WORKLOADS
        .iter()
        .find(|workload| workload.name == name)
        .ok_or_else(|| format!("no workload `{name}`; there are {known}"))
}

/// Runs the engine once.
fn once(arguments: &[&str]) -> Result<(), String> {
    let ([name, requests] | [name, requests, _]) = arguments else {
        return Err("--once takes a workload and a number of requests".to_owned());
    };
    let followed = match arguments.get(2) {
        None => false,
        Some(&"--followed") => true,
        Some(other) => return Err(format!("`{other}` is no option of --once")),
    };
    let requests: f64 = requests
        .parse()
        .map_err(|_| format!("`{requests}` is no number of requests"))?;
    let workload = find(name)?;
    let mut ready = workload.ready(workload.horizon(requests))?;
    if followed {
        ready.follow();
    }
    let recording = ready.run(0)?;
    println!(
        "{name}: {:?}, {:.3} events and {:.3} queued events a request",
        figures(&recording),
        recording.events as f64 / requests,
        recording.queue_events as f64 / requests
    );
    Ok(())
}

/// Runs both programs in turn and prints a line.
fn side_by_side(workload: &Workload, requests: f64, rounds: usize) -> Result<(), String> {
    let horizon = workload.horizon(requests);
    let ready = workload.ready(horizon)?;
    let (mut ours, mut theirs) = (Samples::default(), Samples::default());
    let mut last: (Option<Figures>, Option<Figures>) = (None, None);
    // The first round warms up and does not count.
    for round in 0..=rounds as u32 {
        let (recording, ns) = timed(|| ready.run(round));
        let found = figures(&recording?);
        last.0 = Some(found);
        if round > 0 {
            ours.push(ns / found.requests as f64);
        }
        if let Some(by_hand) = workload.by_hand {
            let (found, ns) = timed(|| by_hand(horizon, u64::from(round)));
            last.1 = Some(found);
            if round > 0 {
                theirs.push(ns / found.requests as f64);
            }
        }
    }
    let shown = |found: Option<Figures>| {
        found.map_or("-".to_owned(), |f| {
            format!("{:.3} ms, {:.2} ms", f.mean_ms, f.p99_ms)
        })
    };
    let (by_hand, ratio, range) = if workload.by_hand.is_some() {
        let ratios = ours.over(&theirs);
        let (least, most) = ratios.range();
        (
            format!("{:.0}", theirs.median()),
            format!("{:.2}", ratios.median()),
            format!("({least:.2}..{most:.2})"),
        )
    } else {
        ("-".to_owned(), "-".to_owned(), "-".to_owned())
    };
    println!(
        "{:<18} {:>9.0} {by_hand:>9} {ratio:>7} {range:>13} {:>10.2}   {:<22} {:<22} {}",
        workload.name,
        ours.median(),
        1e3 / ours.median(),
        shown(last.0),
        shown(last.1),
        workload.exact.map_or("-".to_owned(), |(mean, p99)| format!(
            "{mean:.3} ms, {p99:.2} ms"
        )),
    );
    Ok(())
}

/// Runs the engine and the programs for other crates in turn, and prints a line for each crate.
///
/// # Errors
///
/// What the programs say; and if a crate gives another mean than the engine.
fn beside_peers(
    workload: &Workload,
    row: &Row,
    requests: f64,
    rounds: usize,
) -> Result<(), String> {
    let horizon = workload.horizon(requests);
    let ready = workload.ready(horizon)?;
    let mut ours = (Samples::default(), Vec::new());
    let mut theirs = PEERS.map(|_| (Samples::default(), Vec::new()));
    for round in 0..=rounds as u32 {
        let (recording, ns) = timed(|| ready.run(round));
        let found = figures(&recording?);
        ours.1.push(found.mean_ms);
        // The first round warms up: its time does not count.
        if round > 0 {
            ours.0.push(ns / found.requests as f64);
        }
        for ((_, program), (samples, means)) in PEERS.iter().zip(&mut theirs) {
            let (found, ns) = timed(|| program(row, horizon, u64::from(round)));
            let found = found?;
            means.push(found.mean_ms);
            if round > 0 {
                samples.push(ns / found.requests as f64);
            }
        }
    }
    for ((name, _), (samples, means)) in PEERS.iter().zip(&theirs) {
        peers::agree(name, &ours.1, means)?;
        let ratios = samples.over(&ours.0);
        let (least, most) = ratios.range();
        println!(
            "{:<18} {name}: {:.0} ns/request, {:.2} times the engine's {:.0} ({least:.2}..{most:.2}); mean {:.3} ms, the engine's {:.3} ms",
            workload.name,
            samples.median(),
            ratios.median(),
            ours.0.median(),
            means.iter().sum::<f64>() / means.len() as f64,
            ours.1.iter().sum::<f64>() / ours.1.len() as f64,
        );
    }
    Ok(())
}

/// Runs replications on one thread and on two in turn, and prints a line.
fn on_two_threads(workload: &Workload, requests: f64, rounds: usize) -> Result<(), String> {
    const REPLICATIONS: u32 = 8;
    let ready = workload.ready(workload.horizon(requests / f64::from(REPLICATIONS)))?;
    let (mut one, mut two) = (Samples::default(), Samples::default());
    for round in 0..=rounds as u32 {
        let mut seen = Vec::new();
        for (threads, samples) in [(1, &mut one), (2, &mut two)] {
            let (recordings, ns) = timed(|| ready.run_all(REPLICATIONS, threads));
            seen.push(recordings?.iter().map(|one| one.events).sum::<u64>());
            // The first round warms up and does not count.
            if round > 0 {
                samples.push(ns);
            }
        }
        if seen[0] != seen[1] {
            return Err(format!("{}: the threads show in a result", workload.name));
        }
    }
    let gain = one.over(&two);
    let (least, most) = gain.range();
    println!(
        "{:<18} {REPLICATIONS} replications on two threads: {:.2} times one thread ({least:.2}..{most:.2})",
        workload.name,
        gain.median()
    );
    Ok(())
}

/// Runs one replication on one thread and on two in turn, and prints a line.
fn in_parts(rate: &str, hop: &str, requests: f64, rounds: usize) -> Result<(), String> {
    // Less is not worth cutting.
    const LONGER: f64 = 4.0;
    let rate: f64 = rate.parse().map_err(|_| format!("{rate} is not a rate"))?;
    let horizon = (LONGER * requests / rate * 1e9) as u64;
    let ready = workload::three_tiers("three-tier", rate, hop, horizon)?;
    let (mut one, mut two) = (Samples::default(), Samples::default());
    let mut shown = "not cut".to_owned();
    for round in 0..=rounds as u32 {
        let mut seen = Vec::new();
        for (threads, samples) in [(1, &mut one), (2, &mut two)] {
            let (recordings, ns) = timed(|| ready.run_all(1, threads));
            let recordings = recordings?;
            let recording = recordings.first().ok_or("no replication was run")?;
            seen.push((recording.events, figures(recording).mean_ms.to_bits()));
            if let Some(split) = recording.split {
                shown = format!(
                    "{} parts, {:.0} events a round, at most {:.1} times",
                    split.parts,
                    recording.events as f64 / split.rounds.max(1) as f64,
                    split.bound
                );
            }
            // The first round warms up and does not count.
            if round > 0 {
                samples.push(ns);
            }
        }
        if seen[0] != seen[1] {
            return Err(format!("{rate}/s, {hop}: the threads show in a result"));
        }
    }
    let gain = one.over(&two);
    let (least, most) = gain.range();
    println!(
        "{rate:>8}/s, hops of {hop:>5}: two threads {:.2} times one ({least:.2}..{most:.2}), {shown}",
        gain.median()
    );
    Ok(())
}

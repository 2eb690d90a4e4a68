//! Where pushing posts and pulling them are as much work: a sweep of the follower threshold.
//!
//! Under the hybrid strategy with threshold τ, authors with fewer than τ followers push
//! their posts and all others are pulled. The more authors push, the more work posting is and
//! the less reading is, so the two cross at one τ: there they break even. *Work* is time in
//! service, of servers held or, where a store has none, of the time that it takes; what does not
//! depend on τ cancels, as differences are taken under common random numbers. Cold starts are
//! left out: which request meets one is chance, and moves with everything.
//!
//! Runs at a geometric grid of thresholds measure what a delivery and a pull cost: between two
//! neighbours τ < τ', posting differs by the deliveries of authors from τ to τ' followers, and
//! reading by the pulls of the same accounts, so that
//!
//! ```text
//! h = Σ Δ(work of posting) / Σ Δ(deliveries)      l = Σ Δ(work of reading) / Σ Δ(pulls)
//! ```
//!
//! over the replications are the costs in that class (ratio estimators). How *many* deliveries
//! and pulls a class has is not measured but known: the follower law says it (`Population`). So
//! no rare author of many followers has to be waited for, a coarse grid loses nothing, and
//! some ten thousand requests a replication are enough:
//!
//! ```text
//! write(τ) = posts/s · Σ h · (mean deliveries to the class)     classes below τ
//! read(τ)  = reads/s · Σ l · (mean pulls of the class)          classes from τ on
//! ```
//!
//! Within a class both follow the law rank by rank, and the crossing is found among the ranks
//! by bisection. Its interval is the jackknife's, on the logarithm; how often is posted and read
//! is as it was in the runs of the comparison, and chance in that is not in the interval. The
//! cost form of the formula beside it (push iff p·h < r·l) has one h and one l, from the two
//! ends of the sweep.
//!
//! SOURCE: Silberstein et al., “Feeding Frenzy”, SIGMOD 2010 (push or pull per edge); ratio
//! estimation with known totals and jackknife: Cochran, “Sampling Techniques”.
//!
//! Here is the sweep; `crossing` finds the threshold.
//!
//! Not here: how the comparison is run (`compare`), and what is said of it (`report`).

mod crossing;

use crate::analysis::simulation::{Settings, Simulation, Watcher, run_charged};
use crate::compile::{compile_under, is_scheduled};
use crate::metrics::distribution::Distribution;
use crate::metrics::estimate::{LEAST_REPLICATIONS, quantile};
use crate::metrics::recording::{Recording, RowSlice};
use crate::model::{Model, Plan};
use crate::random::Population;
use crate::report::{BreakEven, Estimate};
use crate::topology::{Strategy, Topology};
use crate::units::{SimTime, Span};
use crossing::Known;
use std::collections::BTreeMap;

/// Requests of a replication of the sweep, where nothing follows a schedule.
///
/// CHOICE: costs are then known to about one per cent, and the sweep of a large feed takes less
/// than a run of a minute.
const REQUESTS: f64 = 10_000.0;
/// Most replications of the sweep; where something follows a schedule, which takes the whole
/// time, there are no more than an interval needs.
const MOST_REPLICATIONS: usize = 10;
/// Fewest thresholds between the two ends, else the grid is made finer.
const LEAST_THRESHOLDS: usize = 4;
/// Bins of a run: how often it asks whether to stop.
const BINS: u64 = 10;
/// Digits of histograms of latencies.
const DIGITS: u8 = 3;

/// A fan-out whose threshold is swept.
struct Target {
    fan_out: usize,
    posts: Vec<u32>,
    reads: Vec<u32>,
}

/// What one replication at one threshold did, of one target.
#[derive(Clone, Copy, Default)]
struct Seen {
    /// Work of posting [ns].
    write: f64,
    /// Work of reading [ns].
    read: f64,
    deliveries: f64,
    pulls: f64,
    posts: f64,
    reads: f64,
}

/// One threshold, of one target.
struct Point {
    /// Authors with fewer followers push; `u64::MAX`: all.
    threshold: u64,
    seen: Vec<Seen>,
    delivery_p99_ms: Estimate,
    read_p99_ms: Estimate,
    /// Work of posting by node, over the replications [ns].
    by_node: Vec<f64>,
    /// Share of its servers that each node has free; none where they have no limit.
    free: Vec<Option<f64>>,
    /// Whether reads come to each node.
    read_at: Vec<bool>,
}

/// Sweeps the threshold of a topology; fan-outs of which nothing can be said are left out, and
/// nothing is found if the user ended it early.
///
/// `run` is the finished run of the same topology: it says how often is posted and read.
///
/// # Errors
///
/// Says why there is no sweep.
pub(super) fn sweep(
    topology: &Topology,
    run: &Simulation,
    settings: &Settings,
    watcher: &dyn Watcher,
) -> Result<Option<BTreeMap<String, BreakEven>>, String> {
    let mut found = BTreeMap::new();
    let Some(population) = &run.model.population else {
        return Ok(Some(found));
    };
    let targets = targets(&run.model);
    if targets.is_empty() {
        return Ok(Some(found));
    }
    let plan = short(topology, run);
    let most = match is_scheduled(topology) {
        true => LEAST_REPLICATIONS,
        false => MOST_REPLICATIONS,
    };
    let replications = run.recordings.len().min(most) as u32;
    let mut points: Vec<Vec<Point>> = targets.iter().map(|_| Vec::new()).collect();
    for threshold in grid(population) {
        // Where nobody pushes a reader's own list is still read: that is no pull.
        let model = compile_under(topology, Strategy::Hybrid(threshold))
            .map_err(|_| "it cannot be compiled with another threshold".to_owned())?;
        watcher.stage(0..replications, plan.horizon);
        let models = (topology, &model);
        let recordings = run_charged(models, &plan, 0..replications, settings, watcher)?;
        if recordings.iter().any(|recording| recording.interrupted) {
            return Ok(None);
        }
        for (target, points) in targets.iter().zip(&mut points) {
            points.push(point(target, threshold, &model, &recordings));
        }
    }
    for (target, points) in targets.iter().zip(&points) {
        let known = Known::new(target, population, run, points);
        if let Some(one) = known.break_even(topology, run) {
            let name = run.model.fan_outs[target.fan_out].name.clone();
            found.insert(name, one);
        }
    }
    Ok(Some(found))
}

/// Lists the fan-outs that a threshold switches and whose posts and reads can be told apart.
fn targets(model: &Model) -> Vec<Target> {
    let all = model.fan_outs.iter().enumerate();
    let used = |flow: &u32| {
        let uses =
            |one: &crate::model::FanOut| one.flows.contains(flow) || one.readers.contains(flow);
        model.fan_outs.iter().filter(|one| uses(one)).count()
    };
    all.filter(|(_, one)| {
        let apart = one.flows.iter().all(|flow| !one.readers.contains(flow));
        let mut flows = one.flows.iter().chain(&one.readers);
        let alone = flows.all(|flow| used(flow) == 1);
        one.switched && one.among > 0.0 && !one.readers.is_empty() && apart && alone
    })
    .map(|(fan_out, one)| Target {
        fan_out,
        posts: one.flows.clone(),
        reads: one.readers.clone(),
    })
    .collect()
}

/// Returns a plan for so many requests, with the warm-up of the run before them.
fn short(topology: &Topology, run: &Simulation) -> Plan {
    let begin = run.plan.slices.get(run.cut).map_or(0, |begin| begin.0);
    let mut horizon = run.plan.horizon.0;
    if !is_scheduled(topology) {
        let arrived: u64 = run
            .recordings
            .iter()
            .flat_map(|recording| &recording.flows)
            .flat_map(|flow| flow.slices.iter().map(|slice| slice.tally.arrived))
            .sum();
        let time: f64 = run.recordings.iter().map(|one| one.horizon.0 as f64).sum();
        let needed = REQUESTS * time / (arrived.max(1) as f64);
        horizon = horizon.min(begin.saturating_add(needed as u64).max(1));
    }
    let mut slices = vec![SimTime::ZERO];
    if begin > 0 && begin < horizon {
        slices.push(SimTime(begin));
    }
    let bin = horizon.div_ceil(BINS).max(1);
    Plan {
        seed: run.plan.seed,
        horizon: SimTime(horizon),
        slices,
        bin: Span(bin),
        bins: horizon.div_ceil(bin) as u32,
        bins_per_interval: 1,
        record: 0,
        following: crate::model::Following::NOBODY,
    }
}

/// Returns the thresholds of the sweep, ascending: nobody pushes, powers of ten (or 1 and 3
/// times these) that part the accounts, all push.
fn grid(population: &Population) -> Vec<u64> {
    let inside = |threshold: &u64| {
        let above = population.at_least(*threshold);
        above > 0 && above < population.users()
    };
    let decades = (0..=9).map(|power| 10u64.pow(power));
    let mut grid: Vec<u64> = decades.clone().skip(2).filter(inside).collect();
    if grid.len() < LEAST_THRESHOLDS {
        let finer = decades.flat_map(|power| [power, 3 * power]);
        grid = finer.filter(inside).collect();
    }
    grid.insert(0, 0);
    grid.push(u64::MAX);
    grid
}

/// Sums up what the replications at one threshold did.
fn point(target: &Target, threshold: u64, model: &Model, recordings: &[Recording]) -> Point {
    let seen = recordings.iter().map(|recording| {
        let (mut write, mut read) = (0.0, 0.0);
        for (row, record) in model.rows.iter().zip(&recording.rows) {
            let work = record.slices.last().map_or(0.0, work);
            if target.posts.contains(&row.flow) {
                write += work;
            } else if target.reads.contains(&row.flow) {
                read += work;
            }
        }
        let mut seen = Seen {
            write,
            read,
            ..Seen::default()
        };
        if let Some(slice) = recording.fan_outs[target.fan_out].slices.last() {
            // As work counts when it is done, so do deliveries.
            seen.deliveries = slice.reached as f64;
            seen.pulls = slice.pulls as f64;
            seen.posts = slice.posts as f64;
            seen.reads = slice.reads as f64;
        }
        seen
    });
    let deliveries = |recording: &Recording| {
        let slice = recording.fan_outs[target.fan_out].slices.last();
        let times: Vec<_> = slice.iter().map(|slice| &slice.delivery).collect();
        Distribution::of_bulk(&times, DIGITS)
    };
    let latencies = |recording: &Recording| {
        let last = recording.slices.len().saturating_sub(1);
        latency(recording, &target.reads, last)
    };
    let p99 = |parts: Vec<Distribution>| Estimate::from(quantile(&parts, 0.99).scaled(1e-6));
    let mut by_node = vec![0.0; model.nodes.len()];
    let mut busy = vec![0.0; model.nodes.len()];
    let mut read_at = vec![false; model.nodes.len()];
    let mut time = 0.0;
    for recording in recordings {
        let begin = recording.slices.last().map_or(0, |begin| begin.0);
        time += recording.horizon.0.saturating_sub(begin) as f64;
        for (row, record) in model.rows.iter().zip(&recording.rows) {
            let Some(slice) = record.slices.last() else {
                continue;
            };
            let node = row.node as usize;
            busy[node] += slice.busy_area as f64;
            if target.posts.contains(&row.flow) {
                by_node[node] += work(slice);
            }
            read_at[node] |= target.reads.contains(&row.flow) && slice.tally.arrived > 0;
        }
    }
    let free = busy.iter().enumerate().map(|(node, busy)| {
        let servers = model.servers(node)?;
        Some((servers - busy / time.max(1.0)).max(0.0))
    });
    Point {
        threshold,
        free: free.collect(),
        seen: seen.collect(),
        delivery_p99_ms: p99(recordings.iter().map(deliveries).collect()),
        read_p99_ms: p99(recordings.iter().map(latencies).collect()),
        by_node,
        read_at,
    }
}

/// Returns the work of the visits of a row [ns].
fn work(slice: &RowSlice) -> f64 {
    slice.service.sum.saturating_sub(slice.cold_ns) as f64
}

/// Returns the latency of completed requests of some flows, from a slice on.
fn latency(recording: &Recording, flows: &[u32], from: usize) -> Distribution {
    let slices = flows.iter().flat_map(|flow| {
        let slices = &recording.flows[*flow as usize].slices;
        slices.get(from..).unwrap_or(&[])
    });
    Distribution::of(slices.map(|slice| &slice.latency), DIGITS)
}

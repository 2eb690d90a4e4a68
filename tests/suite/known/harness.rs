//! From a topology's text to figures with intervals.

use kneepoint::metrics::distribution::Distribution;
use kneepoint::metrics::estimate::{self, Estimate};
use kneepoint::metrics::recording::{FlowSlice, LinkSlice, Recording, RowSlice, Times};
use kneepoint::model::{Model, Outcome, Plan};
use kneepoint::topology::{LoadRequest, load};
use kneepoint::{compile, diagnostic, engine};

/// A finished run.
pub(crate) struct Run {
    pub(crate) model: Model,
    pub(crate) recordings: Vec<Recording>,
    pub(crate) measured_s: f64,
}

/// Reads and compiles a topology: model, plan and number of replications.
pub(crate) fn prepare(text: &str) -> (Model, Plan, u32) {
    let (topology, _) = match load(&LoadRequest::new(text, "case.json")) {
        Ok(loaded) => loaded,
        Err(found) => panic!("{}", diagnostic::render(&found, "case.json", text, false)),
    };
    let model = match compile::compile(&topology) {
        Ok(model) => model,
        Err(found) => panic!("{}", diagnostic::render(&found, "case.json", text, false)),
    };
    (model, compile::plan(&topology), topology.run.replications)
}

/// Simulates a topology; the last slice of arrival is measured.
pub(crate) fn run(text: &str) -> Run {
    let threads = std::thread::available_parallelism().map_or(1, |n| n.get());
    run_on(text, threads)
}

/// Simulates a topology with so many threads.
pub(crate) fn run_on(text: &str, threads: usize) -> Run {
    let (model, plan, replications) = prepare(text);
    let recordings = engine::run(&model, &plan, 0..replications, threads, &engine::Nobody)
        .expect("the run ends");
    let cut = plan.slices.last().expect("there is a slice").as_seconds();
    Run {
        model,
        recordings,
        measured_s: plan.horizon.as_seconds() - cut,
    }
}

impl Run {
    pub(crate) fn node(&self, name: &str) -> usize {
        self.model
            .nodes
            .iter()
            .position(|node| node.name == name)
            .expect("a node of that name")
    }

    pub(crate) fn flow(&self, name: &str) -> usize {
        self.model
            .flows
            .iter()
            .position(|flow| flow.name == name)
            .expect("a flow of that name")
    }

    /// One value per replication, summed over the rows of a node.
    pub(crate) fn of_node(&self, name: &str, value: impl Fn(&RowSlice) -> f64) -> Vec<f64> {
        let node = self.node(name);
        self.recordings
            .iter()
            .map(|recording| {
                let rows = self.model.rows.iter().zip(&recording.rows);
                rows.filter(|(row, _)| row.node as usize == node)
                    .map(|(_, record)| value(record.slices.last().expect("a slice")))
                    .sum()
            })
            .collect()
    }

    /// One value per replication of a flow.
    pub(crate) fn of_flow(&self, name: &str, value: impl Fn(&FlowSlice) -> f64) -> Vec<f64> {
        let flow = self.flow(name);
        self.recordings
            .iter()
            .map(|recording| value(recording.flows[flow].slices.last().expect("a slice")))
            .collect()
    }

    /// One value per replication of a link.
    pub(crate) fn of_link(&self, name: &str, value: impl Fn(&LinkSlice) -> f64) -> Vec<f64> {
        let link = self
            .model
            .links
            .iter()
            .position(|link| link.name == name)
            .expect("a link of that name");
        self.recordings
            .iter()
            .map(|recording| value(recording.links[link].slices.last().expect("a slice")))
            .collect()
    }

    /// Mean of a time of a node [ms].
    pub(crate) fn node_mean_ms(&self, name: &str, times: impl Fn(&RowSlice) -> &Times) -> Estimate {
        let sums = self.of_node(name, |slice| times(slice).sum as f64 / 1e6);
        estimate::ratio(
            &sums,
            &self.of_node(name, |slice| times(slice).count as f64),
        )
    }

    /// Time average of an area of a node.
    pub(crate) fn node_average(&self, name: &str, area: impl Fn(&RowSlice) -> u128) -> Estimate {
        let values: Vec<f64> = self
            .of_node(name, |slice| area(slice) as f64 / 1e9)
            .iter()
            .map(|area| area / self.measured_s)
            .collect();
        estimate::mean(&values)
    }

    /// Events per second at a node.
    pub(crate) fn node_rate(&self, name: &str, count: impl Fn(&RowSlice) -> u64) -> Estimate {
        let values: Vec<f64> = self
            .of_node(name, |slice| count(slice) as f64)
            .iter()
            .map(|count| count / self.measured_s)
            .collect();
        estimate::mean(&values)
    }

    /// Share of a node's visits.
    pub(crate) fn node_share(&self, name: &str, count: impl Fn(&RowSlice) -> u64) -> Estimate {
        estimate::ratio(
            &self.of_node(name, |slice| count(slice) as f64),
            &self.of_node(name, |slice| slice.tally.arrived as f64),
        )
    }

    fn parts(&self, of: impl Fn(&Recording) -> Vec<Times>, digits: u8) -> Vec<Distribution> {
        self.recordings
            .iter()
            .map(|recording| Distribution::of(of(recording).iter(), digits))
            .collect()
    }

    /// Quantile of a time of a node [ms].
    pub(crate) fn node_quantile_ms(
        &self,
        name: &str,
        p: f64,
        times: impl Fn(&RowSlice) -> &Times,
    ) -> Estimate {
        let node = self.node(name);
        let parts = self.parts(
            |recording| {
                let rows = self.model.rows.iter().zip(&recording.rows);
                rows.filter(|(row, _)| row.node as usize == node)
                    .map(|(_, record)| times(record.slices.last().expect("a slice")).clone())
                    .collect()
            },
            3,
        );
        estimate::quantile(&parts, p).scaled(1e-6)
    }

    fn latencies(&self, name: &str, all: bool) -> Vec<Distribution> {
        let flow = self.flow(name);
        self.parts(
            |recording| {
                let slice = recording.flows[flow].slices.last().expect("a slice");
                let mut times = vec![slice.latency.clone()];
                if all {
                    times.push(slice.latency_bad.clone());
                }
                times
            },
            3,
        )
    }

    /// Latency quantile of completed requests [ms].
    pub(crate) fn latency_ms(&self, flow: &str, p: f64) -> Estimate {
        estimate::quantile(&self.latencies(flow, false), p).scaled(1e-6)
    }

    /// Latency quantile of all requests [ms].
    pub(crate) fn latency_all_ms(&self, flow: &str, p: f64) -> Estimate {
        estimate::quantile(&self.latencies(flow, true), p).scaled(1e-6)
    }

    /// Latency quantile of completed requests [s], however few there are.
    pub(crate) fn quantile_s(&self, flow: &str, p: f64) -> f64 {
        Distribution::merged(&self.latencies(flow, false)).quantile_ns(p) as f64 / 1e9
    }

    /// Mean latency of completed requests [ms].
    pub(crate) fn latency_mean_ms(&self, flow: &str) -> Estimate {
        estimate::ratio(
            &self.of_flow(flow, |slice| slice.latency.sum as f64 / 1e6),
            &self.of_flow(flow, |slice| slice.latency.count as f64),
        )
    }

    /// Mean latency of all requests [ms].
    pub(crate) fn latency_all_mean_ms(&self, flow: &str) -> Estimate {
        estimate::ratio(
            &self.of_flow(flow, |s| (s.latency.sum + s.latency_bad.sum) as f64 / 1e6),
            &self.of_flow(flow, |s| (s.latency.count + s.latency_bad.count) as f64),
        )
    }

    /// Standard deviation of the latency of completed requests [ms].
    pub(crate) fn latency_sd_ms(&self, flow: &str) -> f64 {
        Distribution::merged(&self.latencies(flow, false)).sd_ns() / 1e6
    }

    /// Standard deviation of a time of a node [ms].
    pub(crate) fn node_rms_ms(&self, name: &str, times: impl Fn(&RowSlice) -> &Times) -> Estimate {
        let squares = self.of_node(name, |slice| times(slice).squares as f64 / 1e12);
        let mean = estimate::ratio(&squares, &self.of_node(name, |s| times(s).count as f64));
        let rms = mean.value.map(f64::sqrt);
        Estimate {
            value: rms,
            half_width: mean
                .half_width
                .zip(rms)
                .map(|(half, rms)| half / (2.0 * rms)),
            why: mean.why,
        }
    }

    /// Time average of the requests of a flow inside.
    pub(crate) fn inside(&self, flow: &str) -> Estimate {
        let values: Vec<f64> = self
            .of_flow(flow, |slice| slice.inside_area as f64 / 1e9)
            .iter()
            .map(|area| area / self.measured_s)
            .collect();
        estimate::mean(&values)
    }

    /// Requests of a flow per second.
    pub(crate) fn flow_rate(&self, flow: &str, count: impl Fn(&FlowSlice) -> u64) -> Estimate {
        let values: Vec<f64> = self
            .of_flow(flow, |slice| count(slice) as f64)
            .iter()
            .map(|count| count / self.measured_s)
            .collect();
        estimate::mean(&values)
    }

    /// Share of a flow's requests.
    pub(crate) fn flow_share(&self, flow: &str, count: impl Fn(&FlowSlice) -> u64) -> Estimate {
        estimate::ratio(
            &self.of_flow(flow, |slice| count(slice) as f64),
            &self.of_flow(flow, |slice| slice.tally.arrived as f64),
        )
    }
}

/// Requires a known answer: the estimate lies within the stated tolerance, and its
/// interval is narrow enough for that to mean something.
#[track_caller]
pub(crate) fn within(id: &str, found: Estimate, expected: f64, tolerance: f64) {
    let widest = if is_listed(id) {
        SCATTER * tolerance / 2.0
    } else {
        tolerance
    };
    narrow(id, found, expected, tolerance, widest);
}

/// How far a half-width of ten replications may lie above its expectation by chance:
/// √(χ²(9; 0.999) / 9).
const SCATTER: f64 = 1.76;

/// Whether a case is of the validation list, which asks for half-widths under half of its
/// tolerances.
fn is_listed(id: &str) -> bool {
    match id.as_bytes() {
        [b'A' | b'B', number @ ..] => number.first().is_some_and(u8::is_ascii_digit),
        _ => false,
    }
}

/// The same with a bound on the half-width of its own.
#[track_caller]
pub(crate) fn narrow(id: &str, found: Estimate, expected: f64, tolerance: f64, widest: f64) {
    let value = found.value.unwrap_or(f64::NAN);
    let half_width = found.half_width.unwrap_or(f64::NAN);
    println!(
        "known {id:<44} expected {expected:>14.6} found {value:>14.6} ± {half_width:.6} (tolerance {tolerance:.6})"
    );
    assert!(
        (value - expected).abs() <= tolerance,
        "{id}: expected {expected} ± {tolerance}, found {value} ± {half_width}"
    );
    assert!(
        half_width <= widest || half_width.is_nan(),
        "{id}: the interval ± {half_width} is wider than {widest}, for a tolerance of {tolerance}"
    );
}

/// A tolerance relative to the expected value.
#[track_caller]
pub(crate) fn near(id: &str, found: Estimate, expected: f64, relative: f64) {
    within(id, found, expected, relative * expected.abs());
}

/// How many visits ended like this.
pub(crate) fn ended(slice: &RowSlice, outcome: Outcome) -> u64 {
    slice.tally.of(outcome)
}

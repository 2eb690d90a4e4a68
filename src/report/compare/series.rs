//! What is compared: a list of metrics, and what each replication measured of them.
//!
//! To compare something more, add a line to `FLOW`, `NODE` or `FAN_OUT`: the report's name of
//! the metric, the name for people, the unit, and how it is measured.
//!
//! Where a flow or node grows without end, nothing of it has a value: its figures
//! would be about the length of the run.

use super::{Scope, Unit};
use crate::cost::Asked;
use crate::metrics::distribution::Distribution;
use crate::metrics::estimate::{self, Estimate, Why, quantile_of, ratio, share};
use crate::metrics::recording::{RowSlice, Tally, Times};
use crate::model::{NONE, Outcome};
use crate::report::accounting;
use crate::report::build::Input;
use crate::report::changed::servers_up;
use crate::report::fan_outs::{
    bill, bills, counts, deliveries, per_million, post_times, posts_and_reads, visits,
};
use crate::report::flows::{self, bound_ms, good};
use crate::report::nodes::{self, ages};
use crate::report::sums::{Counted, bad};
use crate::report::timeline::servers;

/// What one design measured of one metric.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// What has it.
    pub scope: Scope,
    /// Its name.
    pub subject: String,
    /// As the report calls it.
    pub metric: &'static str,
    /// As people call it.
    pub label: &'static str,
    /// Unit of value, parts and resolution.
    pub unit: Unit,
    /// Over all replications.
    pub value: Estimate,
    /// One per replication, in their order; empty where one of them has none.
    pub parts: Vec<f64>,
    /// Width of the histogram's cell at the value; 0 where there is no histogram.
    pub resolution: f64,
}

/// A metric that is compared.
struct Line {
    metric: &'static str,
    label: &'static str,
    unit: Unit,
    /// Measures it for the flow, node or fan-out of an index; `None` where it does not apply.
    measure: fn(&Counted, usize) -> Option<Measured>,
}

/// Makes a line of the lists.
const fn line(
    metric: &'static str,
    label: &'static str,
    unit: Unit,
    measure: fn(&Counted, usize) -> Option<Measured>,
) -> Line {
    Line {
        metric,
        label,
        unit,
        measure,
    }
}

/// What is compared of flows.
const FLOW: &[Line] = &[
    line(
        "latency_ms.mean",
        "mean latency",
        Unit::Milliseconds,
        |c, f| mean(&latency(c, f)),
    ),
    line("latency_ms.p50", "p50", Unit::Milliseconds, |c, f| {
        quantile(&latency(c, f), 0.5)
    }),
    line("latency_ms.p95", "p95", Unit::Milliseconds, |c, f| {
        quantile(&latency(c, f), 0.95)
    }),
    line("latency_ms.p99", "p99", Unit::Milliseconds, |c, f| {
        quantile(&latency(c, f), 0.99)
    }),
    line("latency_ms.p99_9", "p99.9", Unit::Milliseconds, |c, f| {
        quantile(&latency(c, f), 0.999)
    }),
    line("throughput_per_s", "throughput", Unit::PerSecond, |c, f| {
        per_second(c, &of_flow(c, f, |tally| tally.of(Outcome::Completed)))
    }),
    line("goodput_per_s", "goodput", Unit::PerSecond, |c, f| {
        // Without an objective it is the throughput once more.
        bound_ms(c, f).and_then(|_| per_second(c, &good(c, f)))
    }),
    line("error_share", "errors", Unit::Share, |c, f| {
        flow_share(c, f, bad)
    }),
    line("throttled_share", "throttled", Unit::Share, |c, f| {
        flow_share(c, f, |tally| tally.of(Outcome::Throttled))
    }),
    line("shed_share", "shed", Unit::Share, |c, f| {
        flow_share(c, f, |tally| tally.of(Outcome::Shed))
    }),
    line("timed_out_share", "timed out", Unit::Share, |c, f| {
        flow_share(c, f, |tally| tally.of(Outcome::TimedOut))
    }),
    line("failed_share", "failed", Unit::Share, |c, f| {
        flow_share(c, f, |tally| tally.of(Outcome::Failed))
    }),
    line(
        "attempts_per_request",
        "attempts per request",
        Unit::Number,
        |c, f| {
            let attempts = c.flow(f, |slice| slice.attempts);
            parted(&attempts, &of_flow(c, f, |tally| tally.arrived), 1.0)
        },
    ),
];

/// What is compared of nodes.
const NODE: &[Line] = &[
    line("arrival_rate_per_s", "visits", Unit::PerSecond, |c, n| {
        per_second(c, &of_node(c, n, |tally| tally.arrived))
    }),
    line("utilisation", "utilisation", Unit::Share, |c, n| {
        if let Some(up) = servers_up(c, n) {
            return parted(&rows(c, n, |slice| slice.busy_area), &up, 1.0);
        }
        let servers = servers(c.input.model, n)?;
        parted(
            &rows(c, n, |slice| slice.busy_area),
            &c.measured_ns,
            1.0 / servers,
        )
    }),
    line("waiting_mean", "waiting line", Unit::Number, |c, n| {
        parted(&rows(c, n, |slice| slice.waiting_area), &c.measured_ns, 1.0)
    }),
    line("waiting_ms.p99", "p99 wait", Unit::Milliseconds, |c, n| {
        quantile(&times(c, n, |slice| &slice.waiting), 0.99)
    }),
    line(
        "sojourn_ms.mean",
        "mean sojourn",
        Unit::Milliseconds,
        |c, n| mean(&times(c, n, |slice| &slice.sojourn)),
    ),
    line(
        "sojourn_ms.p99",
        "p99 sojourn",
        Unit::Milliseconds,
        |c, n| quantile(&times(c, n, |slice| &slice.sojourn), 0.99),
    ),
    line("hit_rate", "hit rate", Unit::Share, |c, n| {
        let looks_up = c.input.model.nodes[n].looks_up;
        let all = || rows(c, n, |slice| slice.hits + slice.misses + slice.joined);
        looks_up.then(|| shared(&rows(c, n, |slice| slice.hits), &all()))?
    }),
    line("throttled_share", "throttled", Unit::Share, |c, n| {
        node_share(c, n, |tally| tally.of(Outcome::Throttled))
    }),
    line("shed_share", "shed", Unit::Share, |c, n| {
        node_share(c, n, |tally| tally.of(Outcome::Shed))
    }),
    line("timed_out_share", "timed out", Unit::Share, |c, n| {
        node_share(c, n, |tally| tally.of(Outcome::TimedOut))
    }),
    line("error_share", "errors", Unit::Share, |c, n| {
        node_share(c, n, bad)
    }),
    line("cold_start_share", "cold starts", Unit::Share, |c, n| {
        let has_pool = c.input.model.nodes[n].pool != NONE;
        let all = || of_node(c, n, |tally| tally.arrived);
        has_pool.then(|| shared(&rows(c, n, |slice| slice.cold_starts), &all()))?
    }),
    line(
        "iterator_age_ms.p99",
        "p99 iterator age",
        Unit::Milliseconds,
        |c, n| {
            let has_log = c.input.model.nodes[n].log != NONE;
            has_log.then(|| quantile(&ages(c, n), 0.99))?
        },
    ),
];

/// What is compared of fan-outs.
const FAN_OUT: &[Line] = &[
    line(
        "first_ms.mean",
        "first delivery",
        Unit::Milliseconds,
        |c, i| mean(&post_times(c, i, &|slice| &slice.first)),
    ),
    line(
        "reach_50_ms.mean",
        "50 % reached",
        Unit::Milliseconds,
        |c, i| mean(&post_times(c, i, &|slice| &slice.reach_50)),
    ),
    line(
        "reach_99_ms.mean",
        "99 % reached",
        Unit::Milliseconds,
        |c, i| mean(&post_times(c, i, &|slice| &slice.reach_99)),
    ),
    line(
        "last_ms.mean",
        "mean last delivery",
        Unit::Milliseconds,
        |c, i| mean(&post_times(c, i, &|slice| &slice.last)),
    ),
    line(
        "last_ms.p99",
        "p99 last delivery",
        Unit::Milliseconds,
        |c, i| quantile(&post_times(c, i, &|slice| &slice.last), 0.99),
    ),
    line(
        "delivery_ms.p99",
        "p99 delivery",
        Unit::Milliseconds,
        |c, i| quantile(&deliveries(c, i), 0.99),
    ),
    line(
        "staleness_ms.mean",
        "mean staleness",
        Unit::Milliseconds,
        |c, i| staleness(c, i).map(|parts| mean(&parts))?,
    ),
    line(
        "staleness_ms.p99",
        "p99 staleness",
        Unit::Milliseconds,
        |c, i| staleness(c, i).map(|parts| quantile(&parts, 0.99))?,
    ),
    line(
        "amplification",
        "deliveries per post",
        Unit::Number,
        |c, i| {
            let posts = counts(c, i, |slice| slice.posts);
            parted(&counts(c, i, |slice| slice.delivered), &posts, 1.0)
        },
    ),
    line("pulls_per_read", "pulls per read", Unit::Number, |c, i| {
        let reads = counts(c, i, |slice| slice.reads);
        parted(&counts(c, i, |slice| slice.pulls), &reads, 1.0)
    }),
    line("throttled_share", "throttled", Unit::Share, |c, i| {
        let tallies = visits(c, i);
        let of = |count: fn(&Tally) -> u64| -> Vec<f64> {
            tallies.iter().map(|tally| count(tally) as f64).collect()
        };
        let throttled = of(|tally| tally.of(Outcome::Throttled));
        shared(&throttled, &of(|tally| tally.arrived))
    }),
    line(
        "cost_per_million_posts_usd",
        "cost per million posts",
        Unit::Dollars,
        |c, i| cost(c, &c.input.model.fan_outs[i].flows),
    ),
    line(
        "cost_per_million_reads_usd",
        "cost per million reads",
        Unit::Dollars,
        |c, i| cost(c, &c.input.model.fan_outs[i].readers),
    ),
    line(
        "cost_per_million_usd",
        "cost per million posts and reads",
        Unit::Dollars,
        |c, i| cost(c, &posts_and_reads(&c.input.model.fan_outs[i])),
    ),
];

/// Returns the staleness that readers saw, per replication, where something is known of it.
fn staleness(counted: &Counted, index: usize) -> Option<Vec<Distribution>> {
    let this = &counted.input.model.fan_outs[index];
    let known = !this.readers.is_empty() && this.among > 0.0;
    known.then(|| post_times(counted, index, &|slice| &slice.staleness))
}

/// Measures what a million requests of some flows use [US dollars].
fn cost(counted: &Counted, flows: &[u32]) -> Option<Measured> {
    let asked = Asked::default();
    let all = bill(
        counted,
        counted.input.recordings,
        asked.free_tier,
        asked.months,
    );
    let each = bills(counted, asked);
    let (value, parts) = per_million((&all, &each), flows)?;
    let whole = parts.len() == counted.input.recordings.len();
    Some(Measured {
        value,
        parts: if whole { parts } else { Vec::new() },
        resolution: 0.0,
    })
}

/// Measures everything that is compared, per replication: flows, nodes, then fan-outs, each in
/// the order of the model and of the lists.
///
/// # Panics
///
/// If the books of a replication do not close: the engine lost or invented a visit.
pub fn series(input: &Input) -> Vec<Series> {
    accounting::check(input);
    let counted = Counted::new(input);
    // A run that ended at the limit of live visits says nothing about the long run.
    let overflowed = input
        .recordings
        .iter()
        .any(|recording| recording.overflowed);
    let mut found = Vec::new();
    for (index, flow) in input.model.flows.iter().enumerate() {
        let unstable = overflowed || flows::is_unstable(&counted, index);
        measure(
            &counted,
            Scope::Flow,
            (index, &flow.name),
            unstable,
            &mut found,
        );
    }
    for (index, node) in input.model.nodes.iter().enumerate() {
        if !node.hidden {
            let unstable = overflowed || nodes::is_unstable(&counted, index);
            measure(
                &counted,
                Scope::Node,
                (index, &node.name),
                unstable,
                &mut found,
            );
        }
    }
    for (index, fan_out) in input.model.fan_outs.iter().enumerate() {
        let flows = posts_and_reads(fan_out);
        let unstable = |flow: &u32| flows::is_unstable(&counted, *flow as usize);
        let unstable = overflowed || flows.iter().any(unstable);
        let who = (index, fan_out.name.as_str());
        measure(&counted, Scope::FanOut, who, unstable, &mut found);
    }
    found
}

/// Measures everything of one flow, node or fan-out.
fn measure(
    counted: &Counted,
    scope: Scope,
    (index, name): (usize, &str),
    unstable: bool,
    found: &mut Vec<Series>,
) {
    let lines = match scope {
        Scope::Flow => FLOW,
        Scope::Node => NODE,
        Scope::FanOut => FAN_OUT,
    };
    for line in lines {
        let Some(measured) = (line.measure)(counted, index) else {
            continue;
        };
        let measured = if unstable {
            Measured::none(Why::Unstable)
        } else {
            measured
        };
        found.push(Series {
            scope,
            subject: name.to_owned(),
            metric: line.metric,
            label: line.label,
            unit: line.unit,
            value: measured.value,
            parts: measured.parts,
            resolution: measured.resolution,
        });
    }
}

/// A figure over all replications and of each.
struct Measured {
    value: Estimate,
    parts: Vec<f64>,
    resolution: f64,
}

impl Measured {
    /// Returns a figure without a value.
    fn none(why: Why) -> Measured {
        Measured {
            value: Estimate::none(why),
            parts: Vec::new(),
            resolution: 0.0,
        }
    }
}

/// Measures a ratio of sums, times a factor.
fn parted(above: &[f64], below: &[f64], factor: f64) -> Option<Measured> {
    Some(of_ratio(ratio(above, below), above, below, factor))
}

/// Measures a share.
fn shared(above: &[f64], below: &[f64]) -> Option<Measured> {
    Some(of_ratio(share(above, below, None), above, below, 1.0))
}

/// Joins a ratio with those of the replications.
fn of_ratio(value: Estimate, above: &[f64], below: &[f64], factor: f64) -> Measured {
    let whole = below.iter().all(|&below| below > 0.0);
    let parts = above.iter().zip(below);
    Measured {
        value: value.scaled(factor),
        parts: if whole {
            parts.map(|(above, below)| above / below * factor).collect()
        } else {
            Vec::new()
        },
        resolution: 0.0,
    }
}

/// Measures a rate from counts.
fn per_second(counted: &Counted, counts: &[f64]) -> Option<Measured> {
    parted(counts, &counted.measured_ns, 1e9)
}

/// Measures a mean time [ms].
fn mean(parts: &[Distribution]) -> Option<Measured> {
    let sums: Vec<f64> = parts.iter().map(|part| part.sum as f64).collect();
    let counts: Vec<f64> = parts.iter().map(|part| part.count as f64).collect();
    parted(&sums, &counts, 1e-6)
}

/// Measures a quantile of times [ms].
fn quantile(parts: &[Distribution], p: f64) -> Option<Measured> {
    let all = Distribution::merged(parts);
    let value: estimate::Estimate = quantile_of(parts, &all, p);
    if value.value.is_none() {
        return Some(Measured {
            value,
            parts: Vec::new(),
            resolution: 0.0,
        });
    }
    Some(Measured {
        value: value.scaled(1e-6),
        parts: parts
            .iter()
            .map(|part| part.quantile_ns(p) as f64 / 1e6)
            .collect(),
        resolution: all.cell_width_ns(all.quantile_ns(p)) as f64 / 1e6,
    })
}

/// Returns the latency of completed requests, per replication.
fn latency(counted: &Counted, flow: usize) -> Vec<Distribution> {
    counted.flow_times(flow, |slice| vec![&slice.latency])
}

/// Returns times of a node, per replication.
fn times(counted: &Counted, node: usize, of: fn(&RowSlice) -> &Times) -> Vec<Distribution> {
    counted.row_times(&counted.rows_of(node), of)
}

/// Sums something of a node, per replication.
fn rows<T: Into<u128>>(counted: &Counted, node: usize, of: fn(&RowSlice) -> T) -> Vec<f64> {
    counted.rows(&counted.rows_of(node), of)
}

/// Counts requests of a flow, per replication.
fn of_flow(counted: &Counted, flow: usize, of: fn(&Tally) -> u64) -> Vec<f64> {
    let tallies = counted.flow_tallies(flow);
    tallies.iter().map(|tally| of(tally) as f64).collect()
}

/// Counts visits of a node, per replication.
fn of_node(counted: &Counted, node: usize, of: fn(&Tally) -> u64) -> Vec<f64> {
    let tallies = counted.row_tallies(&counted.rows_of(node));
    tallies.iter().map(|tally| of(tally) as f64).collect()
}

/// Measures a share of a flow's requests.
fn flow_share(counted: &Counted, flow: usize, of: fn(&Tally) -> u64) -> Option<Measured> {
    shared(
        &of_flow(counted, flow, of),
        &of_flow(counted, flow, |tally| tally.arrived),
    )
}

/// Measures a share of a node's visits.
fn node_share(counted: &Counted, node: usize, of: fn(&Tally) -> u64) -> Option<Measured> {
    shared(
        &of_node(counted, node, of),
        &of_node(counted, node, |tally| tally.arrived),
    )
}

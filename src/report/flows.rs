//! Flows: what clients saw.

use super::estimate::Quantiles;
use super::sums::{Counted, Tallied, seconds, total};
use super::{Analysis, Flow};
use crate::metrics::estimate::{mean, ratio};
use crate::metrics::recording::{FlowSlice, Times};
use crate::model::Outcome;

/// Sums up a flow.
pub(super) fn flow(counted: &Counted, flow: usize) -> Flow {
    let input = counted.input;
    let unstable = is_unstable(counted, flow);
    let all = Tallied::of(counted, &counted.flow_tallies(flow));
    let attempts = counted.flow(flow, |slice| slice.attempts);
    let retried = counted.flow(flow, |slice| slice.retried);
    let times =
        |of: fn(&FlowSlice) -> Vec<&Times>| Quantiles::of(&counted.flow_times(flow, of), unstable);
    let first_error = counted.each(|recording| recording.flows[flow].first_error);
    let last_left = counted.each(|recording| recording.flows[flow].last_left.as_seconds());
    let inside_max = counted.each(|recording| recording.flows[flow].inside_max);
    Flow {
        arrived: all.total.arrived,
        completed: all.total.of(Outcome::Completed),
        throttled: all.total.of(Outcome::Throttled),
        shed: all.total.of(Outcome::Shed),
        timed_out: all.total.of(Outcome::TimedOut),
        failed: all.total.of(Outcome::Failed),
        inside: all.total.inside(),
        attempts: total(&attempts),
        completed_share: all.share(Outcome::Completed),
        throttled_share: all.share(Outcome::Throttled),
        shed_share: all.share(Outcome::Shed),
        timed_out_share: all.share(Outcome::TimedOut),
        failed_share: all.share(Outcome::Failed),
        error_share: all.errors.clone(),
        arrival_rate_per_s: counted.per_second(&all.arrived),
        throughput_per_s: counted.per_second(&all.completed),
        goodput_per_s: counted.per_second(&good(counted, flow)),
        latency_ms: times(|slice| vec![&slice.latency]),
        latency_all_ms: times(|slice| vec![&slice.latency, &slice.latency_bad]),
        settled_ms: times(|slice| vec![&slice.settled]),
        inside_mean: counted.over_time(&counted.flow(flow, |slice| slice.inside_area)),
        inside_max: inside_max.into_iter().max().unwrap_or(0),
        attempts_per_request: ratio(&attempts, &all.arrived).into(),
        retried_share: counted.share(&retried, &all.arrived),
        first_error_s: first_error.into_iter().flatten().min().map(seconds),
        last_left_s: mean(&last_left).into(),
        bytes_in: total(&counted.flow(flow, |slice| slice.bytes_in)),
        bytes_out: total(&counted.flow(flow, |slice| slice.bytes_out)),
        unstable: (input.analysis != Analysis::Terminating).then_some(unstable),
    }
}

/// Whether what is inside a flow grows without end.
pub(super) fn is_unstable(counted: &Counted, flow: usize) -> bool {
    let input = counted.input;
    input.analysis != Analysis::Terminating
        && input.unstable_flows.get(flow).copied().unwrap_or(false)
}

/// Returns how many requests completed within the tightest latency objective of
/// their flow, per replication; all that completed if it has none.
pub(super) fn good(counted: &Counted, flow: usize) -> Vec<f64> {
    let bound_ms = bound_ms(counted, flow);
    let latency = counted.flow_times(flow, |slice| vec![&slice.latency]);
    latency
        .iter()
        .map(|part| {
            let within = bound_ms.map_or(1.0, |bound| part.share_at_most((bound * 1e6) as u64));
            (part.count as f64 * within).round()
        })
        .collect()
}

/// Returns the tightest bound on the latency of a flow [ms], if an objective has one.
pub(super) fn bound_ms(counted: &Counted, flow: usize) -> Option<f64> {
    let name = &counted.input.model.flows[flow].name;
    counted.input.topology.latency_bound_ms(name)
}

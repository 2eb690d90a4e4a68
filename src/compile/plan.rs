//! How a run is cut in time: slices of arrival, bins, points of the timeline.

use crate::model::{Following, Plan};
use crate::topology::{LoadSource, Shape, Topology, WarmUp};
use crate::units::{SimTime, Span};

/// Beginnings of the slices in percent of the horizon, where the warm-up is detected.
///
/// CHOICE: close together at the start, where most warm-ups end (ENGINE.md section 8).
const SLICES_PERCENT: [u64; 8] = [0, 2, 4, 8, 15, 25, 37, 50];
/// Bins per point of the timeline.
const BINS_PER_INTERVAL: u32 = 10;

/// Returns how runs of a topology are cut in time.
pub fn plan(topology: &Topology) -> Plan {
    let run = &topology.run;
    let horizon = run.horizon.0;
    let slices = match run.warm_up {
        WarmUp::Auto if is_scheduled(topology) => vec![SimTime::ZERO],
        WarmUp::Auto => SLICES_PERCENT
            .iter()
            .map(|percent| SimTime((u128::from(horizon) * u128::from(*percent) / 100) as u64))
            .collect(),
        WarmUp::Fixed(Span(0)) => vec![SimTime::ZERO],
        WarmUp::Fixed(length) => vec![SimTime::ZERO, SimTime(length.0)],
    };
    let bin = run.interval.0.div_ceil(u64::from(BINS_PER_INTERVAL)).max(1);
    let bins = horizon.div_ceil(bin).max(1);
    Plan {
        seed: run.seed,
        horizon: SimTime(horizon),
        slices,
        bin: Span(bin),
        bins: u32::try_from(bins).unwrap_or(u32::MAX),
        bins_per_interval: BINS_PER_INTERVAL,
        record: run.record,
        following: Following::NOBODY,
    }
}

/// Whether something follows a schedule, so that there is no steady state to wait for.
pub(crate) fn is_scheduled(topology: &Topology) -> bool {
    let components = topology.graph.node_weights();
    let mut scalings = components.filter_map(|node| node.component.as_ref()?.scaling());
    let scheduled = scalings.any(|scaling| !scaling.schedule.is_empty());
    let mut components = topology.graph.node_weights();
    let supplied = components.any(|node| {
        let component = node.component.as_ref();
        component.is_some_and(|one| one.follows_schedule())
    });
    let changes = supplied || !topology.faults.is_empty() || !topology.deployments.is_empty();
    scheduled
        || changes
        || topology.load.iter().any(|line| {
            let trace = match line.source {
                LoadSource::Trace(_) => true,
                LoadSource::Rate { .. } | LoadSource::Every(_) | LoadSource::Clients { .. } => {
                    false
                }
            };
            let shaped = match line.shape {
                Shape::Flat | Shape::Mmpp(_) => false,
                Shape::Steps(_) | Shape::Ramp(_) | Shape::Diurnal { .. } => true,
            };
            trace || shaped || line.start > SimTime::ZERO || line.stop < SimTime::NEVER
        })
}

//! At which load every limit is full, by the arithmetic of the capacity estimate.
//!
//! What a limit is asked for grows along a straight line with the load, or not at all; two
//! loads say which line. Means, nothing waits and nothing is refused.

use crate::analysis::estimate::{Quota, estimate};
use crate::analysis::simulation::Refused;
use crate::compile::compile;
use crate::report::{FullAt, rounded};
use crate::topology::{LoadLine, Topology};

/// Growth, as a share, below which what is asked does not depend on the load.
const LEAST_GROWTH: f64 = 1e-6;

/// Lists when limits are full, the first first; nothing where calls go round for ever.
///
/// # Errors
///
/// The topology cannot be compiled.
pub(super) fn full_at(
    topology: &mut Topology,
    lines: impl Fn(f64) -> Vec<LoadLine>,
) -> Result<Vec<FullAt>, Refused> {
    let [once, twice] = [quotas(topology, lines(1.0))?, quotas(topology, lines(2.0))?];
    let mut found: Vec<FullAt> = once
        .iter()
        .filter_map(|one| {
            let same = |other: &&Quota| (&one.node, &one.name) == (&other.node, &other.name);
            let growth = twice.iter().find(same)?.peak - one.peak;
            if growth <= LEAST_GROWTH * one.peak {
                return None;
            }
            let factor = 1.0 + (one.limit - one.peak) / growth;
            (factor > 0.0 && factor.is_finite()).then(|| FullAt {
                node: one.node.clone(),
                kind: one.kind.to_owned(),
                limit: one.name.clone(),
                factor: rounded(factor),
            })
        })
        .collect();
    found.sort_by(|one, other| {
        let first = one.factor.total_cmp(&other.factor);
        first.then_with(|| (&one.node, &one.limit).cmp(&(&other.node, &other.limit)))
    });
    Ok(found)
}

/// Returns what limits are asked for under a load.
fn quotas(topology: &mut Topology, load: Vec<LoadLine>) -> Result<Vec<Quota>, Refused> {
    topology.load = load;
    let model = compile(topology).map_err(Refused::Compile)?;
    Ok(estimate(topology, &model).map_or_else(Vec::new, |estimate| estimate.quotas))
}

//! Whether somebody is told when something goes wrong.

use super::{Design, Finding, Rule};
use crate::component::is_plain;
use crate::units::show;

/// Finds designs of real kinds without an alarm.
pub(super) fn findings(design: &Design<'_>) -> Vec<Finding> {
    let nodes = design.topology.graph.node_weights();
    let real = nodes.filter(|node| node.component.is_some() && !is_plain(node.kind));
    let requests: f64 = design.estimate.flows.iter().map(|flow| flow.per_s).sum();
    let watched = !design.topology.alarms.is_empty();
    if watched || real.count() == 0 || requests <= 0.0 {
        return Vec::new();
    }
    // The first thing that ought to be watched.
    let nearest = design.estimate.quotas.first().map_or(String::new(), |one| {
        format!(
            "; `{}` is nearest to a limit ({}), at {}",
            one.node,
            one.name,
            show::share(one.share())
        )
    });
    vec![Finding {
        rule: Rule::NoAlarm,
        subject: design.topology.name.clone(),
        message: format!(
            "nobody is told if the {} that come in fail{nearest}",
            show::rate(requests)
        ),
    }]
}

//! What is paid for whatever the load, and hardly used.

use super::{Design, Finding, Rule};
use crate::units::show;

/// Least cost of a month that is worth a word [US dollars].
///
/// CHOICE: an hour of somebody's work.
const LEAST_USD: f64 = 100.0;
/// Share of its fullest limit below which a node is hardly used.
const HARDLY: f64 = 0.1;
/// Share that a node may well be used at the peak.
///
/// CHOICE: waiting lines begin to grow steeply beyond it.
const WELL: f64 = 0.6;
/// Copies that stay, so that one may fail.
const SPARE: f64 = 2.0;

/// Finds nodes that are far too large.
pub(super) fn findings(design: &Design<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    // A mean says nothing about what comes all at once.
    let bursts = design.planned.delivered_to();
    for node in design.topology.graph.node_weights() {
        let lines = design.estimate.bill.lines.iter();
        let standing: f64 = lines
            .filter(|line| line.node == node.name && line.standing)
            .map(|line| line.usd)
            .sum();
        let Some(used) = design.fullest(&node.name) else {
            continue;
        };
        let copies = node
            .component
            .as_ref()
            .map_or(1, |component| component.copies());
        let quotas = design.estimate.quotas.iter();
        let instances = quotas
            .filter(|one| one.node == node.name)
            .map(|one| one.instances)
            .fold(copies, u32::max);
        let least = if instances > 1 {
            SPARE / f64::from(instances)
        } else {
            1.0
        };
        let enough = (used / WELL).max(least).min(1.0);
        if bursts.contains(&node.name) || standing < LEAST_USD || used >= HARDLY || enough > 0.5 {
            continue;
        }
        found.push(Finding {
            rule: Rule::OverEngineered,
            subject: node.name.clone(),
            message: format!(
                "${} a month for what is {} used at the peak; ${} would buy enough for {}",
                show::count(standing.round()),
                show::share(used),
                show::count((standing * enough).round()),
                show::share(WELL)
            ),
        });
    }
    found
}
